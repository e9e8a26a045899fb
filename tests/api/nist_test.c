/* The 18 nonlinear sets of NIST's StRD, from both certified starts, with default settings: 9
 * correct digits in each parameter against the minimiser in 60-digit arithmetic, 4 in each
 * certified standard error. */
#include "../../include/descend.h"
#include "../check.h"
#include "nist.h"

static double digits(double got, double want) {
    if (got == want) return 17;
    double off = fabs(got - want) / fabs(want);
    return off < 1 ? -log10(off) : 0;
}

typedef struct Outcome {
    double parameters, errors, rss;
    double steps;
    int converged;
} Outcome;

static Outcome measure(const Nist *set, const descend_walk *walk) {
    double errors[NIST_PARAMETERS];
    Outcome out = {.parameters = 17, .errors = 17};
    descend_walk_vector(walk, "standard_errors", errors, set->n);
    for (size_t i = 0; i < set->n; i++) {
        double value = NAN;
        descend_walk_get(walk, set->parameters[i], &value, 1);
        size_t at = 0;
        while (strcmp(descend_walk_parameter_name(walk, at), set->parameters[i])) at++;
        out.parameters = fmin(out.parameters, digits(value, set->minimiser[i]));
        out.errors = fmin(out.errors, digits(errors[at], set->errors[i]));
    }
    out.rss = digits(descend_walk_number(walk, "residual_sum_of_squares"), set->rss);
    out.steps = descend_walk_number(walk, "steps");
    out.converged = descend_walk_verdict(walk) == DESCEND_VERDICT_CONVERGED;
    return out;
}

static void one_run(const char *folder, const Nist *set, int start) {
    char path[1000], formula[NIST_TEXT + 60], argument[80];
    descend_error *error = NULL;
    snprintf(path, sizeof path, "%s/%s.csv", folder, set->name);
    snprintf(formula, sizeof formula, "%s ~ %s", set->response, set->model);
    descend_model *model = descend_model_parse(formula, &error);
    descend_table *table = descend_table_read(path, NULL, model, NULL, &error);
    descend_walk *walk = model && table ? descend_walk_open(model, table, &error) : NULL;
    for (size_t i = 0; walk && i < set->n; i++) {
        snprintf(argument, sizeof argument, "%s=%.17g", set->parameters[i], set->start[start][i]);
        CHECK_INT(descend_walk_argument(walk, argument, &error), DESCEND_OK);
    }
    if (walk && descend_walk_run(walk, &error) == DESCEND_OK) {
        Outcome out = measure(set, walk);
        printf("%-9s start %d: %4.1f digits, errors %4.1f, rss %4.1f, %3.0f rounds, %s\n",
               set->name, start + 1, out.parameters, out.errors, out.rss, out.steps,
               descend_verdict_name(descend_walk_verdict(walk)));
        CHECK(out.converged);
        CHECK(out.parameters >= 9);
        CHECK(out.errors >= 4);
        CHECK(out.rss >= 9);
    } else {
        printf("%s: %s\n", set->name, descend_error_text(error, "en"));
        CHECK(0);
    }
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
}

static const char *const NAMES[] = {"Bennett5", "Chwirut1", "Chwirut2", "DanWood",  "Eckerle4",
                                    "Gauss1",   "Gauss2",   "Gauss3",   "Lanczos2", "Lanczos3",
                                    "MGH17",    "Misra1a",  "Misra1b",  "Misra1c",  "Misra1d",
                                    "Rat42",    "Roszman1", "Thurber"};

TEST(nist_nonlinear) {
    char folder[900];
    snprintf(folder, sizeof folder, "%s/nist_nonlinear", getenv("SHARED_DATA"));
    for (size_t k = 0; k < sizeof NAMES / sizeof NAMES[0]; k++) {
        Nist set;
        int read = nist_read(folder, NAMES[k], &set);
        CHECK(read);
        for (int start = 0; read && start < 2; start++) one_run(folder, &set, start);
    }
}

/* Nobody gives a start: digits of the sum of squares that is found, and which seed found it. */
static double free_run(const char *folder, const Nist *set, const char *seed) {
    char path[1000], formula[NIST_TEXT + 60];
    descend_error *error = NULL;
    double found = 0;
    snprintf(path, sizeof path, "%s/%s.csv", folder, set->name);
    snprintf(formula, sizeof formula, "%s ~ %s", set->response, set->model);
    descend_model *model = descend_model_parse(formula, &error);
    descend_table *table = descend_table_read(path, NULL, model, NULL, &error);
    descend_walk *walk = model && table ? descend_walk_open(model, table, &error) : NULL;
    if (walk) descend_walk_set(walk, "seed", seed, &error);
    if (walk && descend_walk_run(walk, &error) == DESCEND_OK) {
        found = digits(descend_walk_number(walk, "residual_sum_of_squares"), set->rss);
        if (found < 9)
            printf("%s without starts, seed %s: %s, sum of squares %.10g, not %.10g\n", set->name,
                   seed, descend_verdict_name(descend_walk_verdict(walk)),
                   descend_walk_number(walk, "residual_sum_of_squares"), set->rss);
    }
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
    return found;
}

TEST(nist_without_starts) {
    static const char *const SEEDS[] = {"1", "2", "3"};
    char folder[900];
    snprintf(folder, sizeof folder, "%s/nist_nonlinear", getenv("SHARED_DATA"));
    for (size_t s = 0; s < sizeof SEEDS / sizeof SEEDS[0]; s++) {
        int reached = 0;
        for (size_t k = 0; k < sizeof NAMES / sizeof NAMES[0]; k++) {
            Nist set;
            if (nist_read(folder, NAMES[k], &set))
                reached += free_run(folder, &set, SEEDS[s]) >= 9;
        }
        printf("without starts, seed %s: %d of 18\n", SEEDS[s], reached);
        CHECK(reached >= 17);
    }
}

static const char *const check_names = "nist_nonlinear, nist_without_starts";

int main(void) {
    void (*const tests[])(void) = {nist_nonlinear, nist_without_starts};
    if (!getenv("SHARED_DATA")) {
        printf("skipped: the tables of NIST (SHARED_DATA) are not here\n");
        return 77;
    }
    return check_run(check_names, tests, 2);
}
