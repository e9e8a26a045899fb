/* Statistics over the rows belong to the table: neither a batch nor a curve takes them anew. */
#include "../../include/descend.h"
#include "../check.h"

static const double X[5] = {1, 2, 3, 4, 5}, Y[5] = {2, 1, 4, 3, 7};

static descend_walk *open_walk(descend_model **model, descend_table **table) {
    const char *const names[] = {"x", "y"};
    const double *const values[] = {X, Y};
    *model = descend_model_parse("y ~ w*standardize(x)", NULL);
    *table = descend_table_columns(2, names, values, 5, NULL);
    descend_walk *walk = descend_walk_open(*model, *table, NULL);
    CHECK_INT(descend_walk_argument(walk, "w=1", NULL), DESCEND_OK);
    return walk;
}

static void close_walk(descend_walk *walk, descend_model *model, descend_table *table) {
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

/* Mean 3, standard deviation sqrt(2) of the five rows; the first batch is rows 1 and 2. */
TEST(batches_keep_the_statistics) {
    descend_model *model;
    descend_table *table;
    descend_event event;
    descend_walk *walk = open_walk(&model, &table);
    descend_walk_set(walk, "rate", "0.1", NULL);
    descend_walk_set(walk, "batch", "2", NULL);
    descend_walk_set(walk, "steps", "2", NULL);
    CHECK_INT(descend_walk_step(walk, &event, NULL), DESCEND_RUNNING);
    double first = -2 / sqrt(2) - 2, second = -1 / sqrt(2) - 1;
    CHECK_NEAR(event.loss, (first * first + second * second) / 2, 1e-14);
    close_walk(walk, model, table);
}

TEST(curves_keep_the_statistics) {
    descend_model *model;
    descend_table *table;
    descend_walk *walk = open_walk(&model, &table);
    const double x[3] = {3, 10, -4};
    double y[3] = {0};
    descend_walk_set(walk, "steps", "1", NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_curve_column(walk), 0);
    CHECK_INT(descend_walk_curve(walk, x, y, 3, NULL), DESCEND_OK);
    double w = descend_walk_values(walk)[0];
    for (int k = 0; k < 3; k++) CHECK_NEAR(y[k], w * (x[k] - 3) / sqrt(2), 1e-14);
    close_walk(walk, model, table);
}

TEST_MAIN(batches_keep_the_statistics, curves_keep_the_statistics)
