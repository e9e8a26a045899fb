/* A network written in the language against PyTorch's first 100 losses, from the same weights and
 * batches (tests/reference/pytorch_mlp.py), in double. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

static void path_of(char *path, size_t size, const char *name) {
    snprintf(path, size, "%s/tests/api/mlp/%s", getenv("SOURCE") ? getenv("SOURCE") : ".", name);
}

static double worst(const char *optimizer, const char *rate, const char *file) {
    char model_path[1000], table_path[1000], losses_path[1000], line[100];
    path_of(model_path, sizeof model_path, "network.descend");
    path_of(table_path, sizeof table_path, "table.csv");
    path_of(losses_path, sizeof losses_path, file);
    descend_error *error = NULL;
    descend_model *model = descend_model_read(model_path, &error);
    descend_table *table = descend_table_read(table_path, NULL, model, NULL, &error);
    descend_walk *walk = model && table ? descend_walk_open(model, table, &error) : NULL;
    const char *settings[][2] = {
        {"optimizer", optimizer}, {"rate", rate}, {"batch", "32"}, {"steps", "100"}};
    for (size_t k = 0; walk && k < 4; k++)
        CHECK_INT(descend_walk_set(walk, settings[k][0], settings[k][1], &error), DESCEND_OK);
    FILE *losses = fopen(losses_path, "r");
    descend_event event;
    double most = 0;
    for (int k = 0; walk && k < 100 && fgets(line, sizeof line, losses); k++) {
        if (descend_walk_step(walk, &event, &error) < 0) break;
        double want = strtod(line, NULL);
        most = fmax(most, fabs(event.loss - want) / fabs(want));
    }
    if (error) printf("%s\n", descend_error_text(error, "en"));
    CHECK(error == NULL && walk && event.step == 100);
    fclose(losses);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
    return most;
}

TEST(first_hundred_losses) {
    double gd = worst("gd", "0.1", "gd.txt"), adam = worst("adam", "0.01", "adam.txt");
    printf("greatest relative difference: gd %.2e, adam %.2e\n", gd, adam);
    CHECK(gd <= 1e-9);
    CHECK(adam <= 1e-9);
}

TEST_MAIN(first_hundred_losses)
