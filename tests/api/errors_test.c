/* Fits with errors of measurement, groups, tied parameters and robust losses against SciPy,
 * statsmodels and 50-digit arithmetic (tests/reference/errors.py). */
#include "../../include/descend.h"
#include "../check.h"

enum { WORDS = 8, RESULTS = 7 };

typedef struct Known {
    const char *name, *formula, *data;
    const char *options[WORDS], *arguments[WORDS]; /* option, value, ...; "" ends */
    struct {
        const char *name;
        double value, error;
    } results[RESULTS];
    double value_room, error_room, chi_square;
} Known;

static const Known KNOWN[] = {
#include "../reference/errors.inc"
};

typedef struct Fit {
    descend_model *model;
    descend_table *table;
    descend_walk *walk;
    descend_error *error;
} Fit;

static void fit_close(Fit *fit) {
    descend_walk_free(fit->walk);
    descend_table_free(fit->table);
    descend_model_free(fit->model);
    descend_error_free(fit->error);
}

static int fit_run(Fit *fit, const char *formula, const char *data, const char *const *options,
                   const char *const *arguments) {
    *fit = (Fit){0};
    fit->model = descend_model_parse(formula, &fit->error);
    fit->table = descend_table_parse(data, &fit->error);
    fit->walk = descend_walk_open(fit->model, fit->table, &fit->error);
    int good = fit->walk != NULL;
    for (size_t k = 0; good && options[k][0]; k += 2)
        good = descend_walk_set(fit->walk, options[k], options[k + 1], &fit->error) >= 0;
    for (size_t k = 0; good && arguments[k][0]; k++)
        good = descend_walk_argument(fit->walk, arguments[k], &fit->error) >= 0;
    good = good && descend_walk_run(fit->walk, &fit->error) >= 0;
    if (!good) printf("%s\n", descend_error_text(fit->error, "en"));
    CHECK(good);
    return good;
}

/* A parameter, or a name that is set to something made of them. */
static int fit_find(descend_walk *walk, const char *name, double *value, double *error) {
    double errors[32];
    descend_derived derived;
    const char *other;
    size_t n = descend_walk_parameter_count(walk);
    if (n > 32 || descend_walk_vector(walk, "standard_errors", errors, n) < 0) return 0;
    for (size_t i = 0; (other = descend_walk_parameter_name(walk, i)); i++) {
        if (strcmp(other, name) != 0) continue;
        *value = descend_walk_values(walk)[i];
        *error = errors[i];
        return 1;
    }
    for (size_t k = 0; descend_walk_derived(walk, k, &derived); k++) {
        if (strcmp(derived.name, name) != 0) continue;
        *value = derived.value;
        *error = derived.standard_error;
        return 1;
    }
    return 0;
}

static void check_known(const Known *known) {
    Fit fit;
    int before = check_failures;
    if (fit_run(&fit, known->formula, known->data, known->options, known->arguments)) {
        CHECK_INT(descend_walk_verdict(fit.walk), DESCEND_VERDICT_CONVERGED);
        if (!isnan(known->chi_square))
            CHECK_NEAR(descend_walk_number(fit.walk, "chi_square"), known->chi_square,
                       known->error_room);
        for (size_t k = 0; k < RESULTS && known->results[k].name; k++) {
            double value = NAN, error = NAN;
            CHECK(fit_find(fit.walk, known->results[k].name, &value, &error));
            CHECK_NEAR(value, known->results[k].value, known->value_room);
            CHECK_NEAR(error, known->results[k].error, known->error_room);
        }
    }
    if (check_failures > before) printf("in: %s\n", known->name);
    fit_close(&fit);
}

static void check_all(const char *word, int with) {
    for (size_t k = 0; k < sizeof KNOWN / sizeof KNOWN[0]; k++)
        if ((strstr(KNOWN[k].name, word) != NULL) == with) check_known(&KNOWN[k]);
}

TEST(errors_groups_and_ties) { check_all("RLM", 0); }

TEST(robust_losses) { check_all("RLM", 1); }

/* York 1966, from the weights as printed: nine digits of both. */
TEST(york) {
    for (size_t k = 0; k < sizeof KNOWN / sizeof KNOWN[0]; k++) {
        Fit fit;
        double value = 0, error = 0;
        if (!strstr(KNOWN[k].name, "York")) continue;
        fit_run(&fit, KNOWN[k].formula, KNOWN[k].data, KNOWN[k].options, KNOWN[k].arguments);
        CHECK(fit_find(fit.walk, "a", &value, &error));
        CHECK_NEAR(value, 5.47991022, 1e-9);
        CHECK(fit_find(fit.walk, "b", &value, &error));
        CHECK_NEAR(value, -0.480533407, 1e-9);
        fit_close(&fit);
    }
}

/* One value a thousand times too large moves the slope by less than a part in a hundred. */
TEST(one_outlier) {
    static const char *const LOSSES[] = {"huber", "cauchy", "soft_l1"};
    for (size_t k = 0; k < 3; k++) {
        char clean[2000] = "x=", spoilt[2000], ys[900] = "", bad[900] = "";
        const char *options[] = {"loss", LOSSES[k], ""}, *starts[] = {"a=0", "b=0", ""};
        double slope[2] = {0}, error;
        descend_down_row row = {0};
        unsigned state = 12345;
        for (int i = 0; i < 40; i++) {
            state = state * 1103515245u + 12345u;
            double y = 3 + 2 * i + ((state >> 16) % 2001 / 1000.0 - 1);
            size_t at = strlen(clean);
            snprintf(clean + at, sizeof clean - at, "%s%d", i ? "," : "", i);
            snprintf(ys + strlen(ys), 60, "%s%.6f", i ? "," : "", y);
            snprintf(bad + strlen(bad), 60, "%s%.6f", i ? "," : "", i == 30 ? 1000 * y : y);
        }
        snprintf(spoilt, sizeof spoilt, "%s y=%s", clean, bad);
        snprintf(clean + strlen(clean), sizeof clean - strlen(clean), " y=%s", ys);
        for (int turn = 0; turn < 2; turn++) {
            Fit fit;
            if (fit_run(&fit, "y ~ a + b*x", turn ? spoilt : clean, options, starts))
                CHECK(fit_find(fit.walk, "b", &slope[turn], &error));
            if (turn) {
                CHECK(descend_walk_down_row(fit.walk, 0, &row));
                CHECK_INT(row.row, 31);
                CHECK(row.weight < 1e-3);
                CHECK_TEXT(row.left, "y");
            }
            fit_close(&fit);
        }
        CHECK_NEAR(slope[1], slope[0], 0.01);
    }
}

/* Errors may be there for fewer rows than would tell the scatter. */
TEST(absolute_errors_need_no_scatter) {
    Fit fit;
    const char *options[] = {"error", "dy", ""}, *starts[] = {"a=1", "b=0", ""};
    double value = 0, error = 0;
    if (fit_run(&fit, "y ~ a*x + b", "x=1,2 y=2,4 dy=1,1", options, starts)) {
        CHECK(fit_find(fit.walk, "a", &value, &error));
        CHECK_NEAR(error, sqrt(2), 1e-14);
        CHECK_TEXT(descend_walk_text(fit.walk, "errors_are", NULL), "absolute");
    }
    fit_close(&fit);
}

TEST_MAIN(errors_groups_and_ties, robust_losses, york, one_outlier, absolute_errors_need_no_scatter)
