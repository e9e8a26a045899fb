/* The 15 functions of test_functions.csv: from each standard start the default method reaches the
 * listed minimum (value to 1e-10) or the bottom of a valley (slope below 1e-8 of that at the
 * start); --restarts finds the lowest of all. */
#include "../../include/descend.h"
#include "../check.h"
#include "functions.h"

#include <stdlib.h>

enum { LINE = 4000 };

typedef struct Case {
    const char *name, *formula;
    size_t n;
    double start[8], box[16], minimum;
} Case;

static descend_walk *open_walk(descend_model *model, const Case *test, int box) {
    descend_error *error = NULL;
    descend_walk *walk = descend_walk_open(model, NULL, &error);
    for (size_t i = 0; walk && i < test->n; i++) {
        char argument[200];
        if (box)
            snprintf(argument, sizeof argument, "x%zu=%.17g,%.17g..%.17g", i + 1, test->start[i],
                     test->box[2 * i], test->box[2 * i + 1]);
        else
            snprintf(argument, sizeof argument, "x%zu=%.17g", i + 1, test->start[i]);
        CHECK_INT(descend_walk_argument(walk, argument, &error), DESCEND_OK);
    }
    return walk;
}

static void from_start(descend_model *model, const Case *test) {
    descend_error *error = NULL;
    int box = strcmp(test->name, "McCormick") == 0; /* outside its box it has lower values */
    descend_walk *walk = open_walk(model, test, box);
    descend_event first;
    descend_status status = descend_walk_step(walk, &first, &error);
    CHECK(status > 0);
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    double loss = descend_walk_number(walk, "loss");
    double slope = descend_walk_number(walk, "gradient_norm") / first.slope;
    int minimum = fabs(loss - test->minimum) <= 1e-10, valley = slope < 1e-8;
    printf("%-18s %-10s loss %.3e above the minimum, slope ratio %.1e, %.0f evaluations\n",
           test->name, descend_verdict_name(descend_walk_verdict(walk)), loss - test->minimum,
           slope, descend_walk_number(walk, "evaluations"));
    CHECK(minimum || valley);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    descend_walk_free(walk);
    descend_error_free(error);
}

static void with_restarts(descend_model *model, const Case *test) {
    descend_error *error = NULL;
    descend_walk *walk = open_walk(model, test, 1);
    descend_walk_set(walk, "restarts", "100", &error);
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    double off = descend_walk_number(walk, "loss") - test->minimum;
    if (!(fabs(off) <= 1e-10))
        printf("%s with restarts: %.3e above the minimum\n", test->name, off);
    CHECK(fabs(off) <= 1e-10);
    descend_walk_free(walk);
    descend_error_free(error);
}

static void each(void (*run)(descend_model *, const Case *)) {
    char path[1000], line[LINE];
    snprintf(path, sizeof path, "%s/test_functions.csv", getenv("SHARED_DATA"));
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    size_t count = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *fields[FIELDS];
        if (split(line, fields) < FIELDS - 1 || strcmp(fields[0], "name") == 0) continue;
        Case test = {.name = fields[0], .formula = fields[2], .n = (size_t)atoi(fields[1])};
        numbers(fields[3], test.start, 8);
        numbers(fields[9], test.box, 16);
        test.minimum = strtod(fields[7], NULL);
        descend_error *error = NULL;
        descend_model *model = descend_model_parse(test.formula, &error);
        CHECK(model != NULL);
        if (model) run(model, &test);
        descend_model_free(model);
        descend_error_free(error);
        count++;
    }
    if (file) fclose(file);
    CHECK_INT(count, 15);
}

TEST(standard_starts) {
    each(from_start);
}

TEST(restarts_find_the_lowest) {
    each(with_restarts);
}

int main(void) {
    void (*const tests[])(void) = {standard_starts, restarts_find_the_lowest};
    if (!getenv("SHARED_DATA")) {
        printf("skipped: test_functions.csv (SHARED_DATA) is not here\n");
        return 77;
    }
    return check_run("standard_starts, restarts_find_the_lowest", tests, 2);
}
