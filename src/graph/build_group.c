/* Groups: a column whose values are categories. Text is one by itself; a column of numbers becomes
 * one by --group, or by standing as the index of a name that nobody declared: a[Tree]. */
#include "graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_CLASSES = 1000 }; /* a column that nobody called a group has at most so many */

/* ---- classes --------------------------------------------------------------------------------- */

BuildClasses graph_build_classes(const Builder *builder, int category) {
    const Graph *graph = builder->graph;
    size_t index = (size_t)category;
    if (index >= graph->n_columns) {
        const GraphGroup *group = &graph->groups[index - graph->n_columns];
        return (BuildClasses){.column = graph->column_names[group->of],
                              .names = group->classes,
                              .values = group->values,
                              .count = group->n_classes};
    }
    const Column *column = &builder->table->columns[index];
    return (BuildClasses){
        .column = column->name, .names = column->classes, .count = column->n_classes};
}

size_t graph_build_class(const BuildClasses *classes, const char *name) {
    for (size_t k = 0; k < classes->count; k++)
        if (strcmp(classes->names[k], name) == 0) return k + 1;
    return 0;
}

size_t graph_build_class_number(const BuildClasses *classes, double value) {
    for (size_t k = 0; classes->values && k < classes->count; k++)
        if (classes->values[k] == value) return k + 1;
    return classes->values ? 0 : graph_build_class(classes, number_text(value).s);
}

/* ---- groups of numbers ----------------------------------------------------------------------- */

static int group_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The distinct values, sorted; their count. */
static size_t group_distinct(double *values, size_t n) {
    size_t count = 0;
    qsort(values, n, sizeof *values, group_compare);
    for (size_t k = 0; k < n; k++)
        if (count == 0 || values[k] != values[count - 1]) values[count++] = values[k];
    return count;
}

static size_t group_place(const GraphGroup *group, double value) {
    size_t low = 0, high = group->n_classes;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (group->values[middle] <= value) low = middle;
        else high = middle;
    }
    return low + 1;
}

static void group_refuse(Builder *builder, AstId id, const char *name, double missing,
                         size_t classes) {
    NumberText count = number_integer((long long)classes);
    if (isnan(missing))
        graph_build_refuse(builder, id, MSG_BUILD_GROUP_MISSING, name, NULL, NULL, NULL);
    else {
        graph_build_refuse(builder, id, MSG_BUILD_GROUP_MANY, name, count.s, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_GROUP_MANY_REMEDY, name, NULL);
    }
}

static bool group_fill(Builder *builder, GraphGroup *group, const double *column, size_t n) {
    Arena *arena = &builder->graph->arena;
    double *codes = arena_alloc(arena, n, sizeof *codes);
    const char **names = arena_alloc(arena, group->n_classes, sizeof *names);
    for (size_t r = 0; codes && r < n; r++) codes[r] = (double)group_place(group, column[r]);
    for (size_t k = 0; names && k < group->n_classes; k++) {
        NumberText word = number_text(group->values[k]);
        names[k] = arena_copy(arena, word.s, strlen(word.s));
    }
    group->codes = codes;
    group->classes = names;
    return !arena->failed;
}

static bool group_make(Builder *builder, AstId id, bool guessed, GraphGroup *group) {
    const Column *column = &builder->table->columns[group->of];
    size_t n = builder->table->n_rows;
    double *values = arena_alloc(&builder->graph->arena, n, sizeof *values), missing = 0;
    if (!values) return false;
    for (size_t r = 0; r < n; r++) {
        values[r] = column->values[r];
        if (isnan(values[r])) missing = values[r];
    }
    group->n_classes = isnan(missing) ? 0 : group_distinct(values, n);
    group->values = values;
    bool many = guessed && (group->n_classes > GROUP_CLASSES || group->n_classes > n / 2);
    if (isnan(missing) || many) {
        group_refuse(builder, id, column->name, missing, group->n_classes);
        return false;
    }
    return group_fill(builder, group, column->values, n);
}

bool graph_build_is_group(const Builder *builder, uint32_t column) {
    const BuildOptions *options = builder->options;
    for (size_t k = 0; k < options->n_groups; k++)
        if (strcmp(options->groups[k], builder->graph->column_names[column]) == 0) return true;
    return false;
}

int graph_build_group(Builder *builder, AstId id, uint32_t column, bool guessed) {
    Graph *graph = builder->graph;
    for (size_t k = 0; k < graph->n_groups; k++)
        if (graph->groups[k].of == column) return (int)(graph->n_columns + k);
    GraphGroup group = {.of = column};
    bool room = memory_reserve(&graph->groups, &graph->groups_capacity, graph->n_groups + 1,
                               sizeof group);
    if (room && group_make(builder, id, guessed, &group)) {
        graph->groups[graph->n_groups++] = group;
        return (int)(graph->n_columns + graph->n_groups - 1);
    }
    if (!graph_build_failed(builder)) graph->status = error_memory(graph->error);
    return -1;
}

/* ---- parameters with an element for each class ----------------------------------------------- */

void graph_build_label(Builder *builder, uint32_t parameter, int category) {
    Graph *graph = builder->graph;
    BuildClasses classes = graph_build_classes(builder, category);
    const char **labels = arena_alloc(&graph->arena, classes.count + 1, sizeof *labels);
    for (size_t k = 0; labels && k < classes.count; k++)
        labels[k] = arena_copy(&graph->arena, classes.names[k], strlen(classes.names[k]));
    if (graph->arena.failed) {
        graph->status = error_memory(graph->error);
        return;
    }
    graph->parameters[parameter].by = category;
    graph->parameters[parameter].labels = labels;
}

/* A column is used as a group where it is read as one; text always is. */
static bool group_is_used(const Builder *builder, uint32_t column) {
    const Graph *graph = builder->graph;
    bool used = builder->table->columns[column].type == COLUMN_CATEGORY &&
                graph->column_used[column];
    for (size_t k = 0; k < graph->n_groups; k++) used = used || graph->groups[k].of == column;
    return used;
}

void graph_build_groups_end(Builder *builder) {
    const BuildOptions *options = builder->options;
    Graph *graph = builder->graph;
    for (size_t k = 0; k < options->n_groups && !graph_build_failed(builder); k++) {
        const char *name = options->groups[k];
        int column = builder->table ? data_find(builder->table, name) : -1;
        if (column < 0) {
            graph_build_no_column(builder, name);
        } else if (!group_is_used(builder, (uint32_t)column)) {
            graph->status =
                error_set(graph->error, STATUS_INPUT, MSG_BUILD_GROUP_UNUSED, name, NULL);
            error_remedy(graph->error, MSG_BUILD_GROUP_UNUSED_REMEDY, name, NULL);
        }
    }
}
