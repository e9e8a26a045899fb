/* Reads the JSON files beside the NIST tables: just the fields the tests need. */
#ifndef DESCEND_TEST_NIST_H
#define DESCEND_TEST_NIST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NIST_PARAMETERS = 9, NIST_TEXT = 400 };

typedef struct Nist {
    char name[40], model[NIST_TEXT], response[40];
    char parameters[NIST_PARAMETERS][8];
    size_t n;
    double start[2][NIST_PARAMETERS], minimiser[NIST_PARAMETERS], errors[NIST_PARAMETERS];
    double certified[NIST_PARAMETERS], rss, sd;
} Nist;

static char *nist_file(const char *folder, const char *name, const char *ending) {
    char path[1000];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = calloc(1, 200000);
    size_t length = fread(text, 1, 199999, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static const char *nist_field(const char *json, const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(json, quoted);
    return at ? at + strlen(quoted) : "";
}

static void nist_text(const char *json, const char *key, char *out, size_t size) {
    const char *open = strchr(nist_field(json, key), '"');
    size_t length = open ? strcspn(open + 1, "\"") : 0;
    if (length >= size) length = size - 1;
    if (open) memcpy(out, open + 1, length);
    out[length] = '\0';
}

static size_t nist_numbers(const char *json, const char *key, double *out) {
    const char *at = strchr(nist_field(json, key), '[');
    size_t count = 0;
    while (at && *at != ']' && count < NIST_PARAMETERS) {
        char *end;
        out[count++] = strtod(at + 1, &end);
        at = end + strcspn(end, ",]");
    }
    return count;
}

static int nist_read(const char *folder, const char *name, Nist *set) {
    char *json = nist_file(folder, name, ".json");
    if (!json) return 0;
    memset(set, 0, sizeof *set);
    snprintf(set->name, sizeof set->name, "%s", name);
    nist_text(json, "model", set->model, sizeof set->model);
    nist_text(json, "response", set->response, sizeof set->response);
    set->n = nist_numbers(json, "start1", set->start[0]);
    nist_numbers(json, "start2", set->start[1]);
    nist_numbers(json, "certified", set->certified);
    nist_numbers(json, "certified_standard_errors", set->errors);
    nist_numbers(json, "minimiser_recomputed", set->minimiser);
    set->rss = strtod(nist_field(json, "residual_sum_of_squares"), NULL);
    set->sd = strtod(nist_field(json, "residual_standard_deviation"), NULL);
    for (size_t i = 0; i < set->n; i++)
        snprintf(set->parameters[i], sizeof set->parameters[i], "b%zu", i + 1);
    free(json);
    return 1;
}

#endif
