/* Problems for the measured rate, with their starts: test_functions.csv, NIST's sets. */
#ifndef DESCEND_TESTS_PROBLEMS_H
#define DESCEND_TESTS_PROBLEMS_H

#include "../../include/descend.h"
#include "../check.h"
#include "functions.h"
#include "nist.h"

#include <stdlib.h>

enum { NAMES_MOST = 9, LINE = 4000 };

/* A problem: where it starts, and under which names. */
typedef struct Task {
    const char *name;
    descend_model *model;
    descend_table *table;
    size_t n;
    char names[NAMES_MOST][8];
    double start[NAMES_MOST];
} Task;

static descend_walk *open_task(const Task *task, const char *method, const char *rate,
                               const char *steps) {
    descend_error *error = NULL;
    descend_walk *walk = descend_walk_open(task->model, task->table, &error);
    CHECK(walk != NULL);
    for (size_t i = 0; i < task->n; i++)
        descend_walk_start(walk, task->names[i], &task->start[i], 1, &error);
    descend_walk_set(walk, "optimizer", method, &error);
    descend_walk_set(walk, "threads", "1", &error);
    if (rate) descend_walk_set(walk, "rate", rate, &error);
    if (steps) descend_walk_set(walk, "steps", steps, &error);
    if (descend_walk_prepare(walk, &error) != DESCEND_OK)
        printf("%s: %s\n", task->name, descend_error_text(error, "en"));
    descend_error_free(error);
    return walk;
}

enum { METHODS_COUNT = 6 };
static const char *const METHODS[METHODS_COUNT] = {"gd",   "momentum", "nesterov",
                                                   "adam", "rmsprop",  "adagrad"};

/* ---- the problems ---------------------------------------------------------------------------- */

typedef void Visit(const Task *task, const char *method);

static size_t starts(const char *text, Task *task) {
    size_t count = numbers(text, task->start, NAMES_MOST);
    for (size_t k = 0; k < count; k++)
        snprintf(task->names[k], sizeof task->names[k], "x%zu", k + 1);
    return count;
}

static void visit_model(Task *task, const char *formula, const char *path, Visit *visit,
                        const char *method) {
    descend_error *error = NULL;
    task->model = descend_model_parse(formula, &error);
    task->table = path ? descend_table_read(path, NULL, task->model, NULL, &error) : NULL;
    CHECK(task->model && (task->table || !path));
    if (task->model && (task->table || !path)) visit(task, method);
    descend_table_free(task->table);
    descend_model_free(task->model);
    descend_error_free(error);
}

/* 'form' has a place for the formula. */
static void each_function(const char *form, Visit *visit, const char *method) {
    char path[1000], line[LINE], formula[2 * LINE];
    snprintf(path, sizeof path, "%s/test_functions.csv", getenv("SHARED_DATA"));
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        char *fields[FIELDS];
        if (split(line, fields) < FIELDS - 1 || strcmp(fields[0], "name") == 0) continue;
        Task task = {.name = fields[0]};
        task.n = starts(fields[3], &task);
        snprintf(formula, sizeof formula, "%s(%s)", form, fields[2]);
        visit_model(&task, formula, NULL, visit, method);
    }
    if (file) fclose(file);
}

static const char *const NAMES[] = {"Bennett5", "Chwirut1", "Chwirut2", "DanWood",  "Eckerle4",
                                    "Gauss1",   "Gauss2",   "Gauss3",   "Lanczos2", "Lanczos3",
                                    "MGH17",    "Misra1a",  "Misra1b",  "Misra1c",  "Misra1d",
                                    "Rat42",    "Roszman1", "Thurber"};

static void nist_start(const char *folder, const Nist *set, int start, Visit *visit,
                       const char *method) {
    char path[1000], formula[NIST_TEXT + 60], name[60];
    Task task = {.name = name, .n = set->n};
    snprintf(path, sizeof path, "%s/%s.csv", folder, set->name);
    snprintf(formula, sizeof formula, "%s ~ %s", set->response, set->model);
    snprintf(name, sizeof name, "%s %d", set->name, start + 1);
    for (size_t i = 0; i < set->n; i++) {
        snprintf(task.names[i], sizeof task.names[i], "%s", set->parameters[i]);
        task.start[i] = set->start[start][i];
    }
    visit_model(&task, formula, path, visit, method);
}

static void each_nist(Visit *visit, const char *method) {
    char folder[900], path[1000];
    snprintf(folder, sizeof folder, "%s/nist_nonlinear", getenv("SHARED_DATA"));
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++) {
        Nist set;
        int read = nist_read(folder, NAMES[k], &set);
        CHECK(read);
        for (int start = 0; read && start < 2; start++)
            nist_start(folder, &set, start, visit, method);
    }
    Task norris = {.name = "Norris", .n = 2, .names = {"a", "b"}};
    snprintf(path, sizeof path, "%s/nist_linear/Norris.csv", getenv("SHARED_DATA"));
    visit_model(&norris, "y ~ a + b*x", path, visit, method);
    Task line = {.name = "NoInt1", .n = 1, .names = {"a"}};
    snprintf(path, sizeof path, "%s/nist_linear/NoInt1.csv", getenv("SHARED_DATA"));
    visit_model(&line, "y ~ a*x", path, visit, method);
}

#endif
