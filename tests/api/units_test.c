/* Units of a table's columns, as a program sees them. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

TEST(units_of_columns) {
    char path[1000];
    const char *scratch = getenv("SCRATCH");
    snprintf(path, sizeof path, "%s/units.csv", scratch ? scratch : "/tmp");
    FILE *file = fopen(path, "w");
    if (!file) return;
    fputs("time (s),signal,n\n,mV,\n1,2,3\n2,4,5\n", file);
    fclose(file);
    descend_model *model = descend_model_parse("signal ~ a*time", NULL);
    descend_table *table = descend_table_read(path, NULL, model, NULL, NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    CHECK(table != NULL);
    CHECK_TEXT(descend_table_column_name(table, 0), "time (s)");
    CHECK_TEXT(descend_table_column_unit(table, 0), "s");
    CHECK_TEXT(descend_table_column_unit(table, 1), "mV");
    CHECK(!descend_table_column_unit(table, 2) && !descend_table_column_unit(table, 3));
    CHECK(!descend_table_column_unit(NULL, 0));
    CHECK_INT(descend_table_row_count(table), 2);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_NEAR(descend_walk_values(walk)[0], 2, 1e-14);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST_MAIN(units_of_columns)
