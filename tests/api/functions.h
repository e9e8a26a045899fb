/* Reading test_functions.csv: fields of a line, numbers of a field. */
#ifndef DESCEND_TEST_FUNCTIONS_H
#define DESCEND_TEST_FUNCTIONS_H

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 12 };

static size_t split(char *line, char *fields[FIELDS]) {
    size_t count = 0;
    for (char *at = line; at && count < FIELDS;) {
        int quoted = *at == '"';
        fields[count++] = at += quoted;
        at += strcspn(at, quoted ? "\"" : ",\n");
        if (quoted && *at) *at++ = '\0';
        at = *at == ',' ? (*at = '\0', at + 1) : NULL;
    }
    return count;
}

/* Numbers of "(1, 2)" or of the k-th interval "[a, b]; [c, d]". */
static size_t numbers(const char *text, double *out, size_t limit) {
    size_t count = 0;
    while (*text && count < limit) {
        char *end;
        double value = strtod(text, &end);
        if (end == text) {
            text++;
            continue;
        }
        out[count++] = value;
        text = end;
    }
    return count;
}

#endif
