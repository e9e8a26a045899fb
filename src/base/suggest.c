/* suggest: the name that a person probably meant. */
#include "base.h"

#include <string.h>

enum { SUGGEST_LONGEST = 96 }; /* characters; longer names are only compared for equality */

/* Decodes a name; malformed bytes count as characters. Returns the number, or -1 if too long. */
static int suggest_decode(const char *text, uint32_t codes[SUGGEST_LONGEST]) {
    const char *limit = text + strlen(text);
    int count = 0;
    while (text < limit) {
        if (count == SUGGEST_LONGEST) return -1;
        int length = unicode_decode(text, limit, &codes[count]);
        if (length == 0) {
            codes[count] = (unsigned char)*text;
            length = 1;
        }
        text += length;
        count++;
    }
    return count;
}

static int suggest_min(int a, int b) {
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table, the oldest for transpositions. */
int suggest_distance(const char *a, const char *b, int limit) {
    uint32_t x[SUGGEST_LONGEST], y[SUGGEST_LONGEST];
    int rows[3][SUGGEST_LONGEST + 1];
    if (strcmp(a, b) == 0) return 0;
    int n = suggest_decode(a, x), m = suggest_decode(b, y);
    if (n < 0 || m < 0 || n - m > limit || m - n > limit) return limit + 1;
    for (int j = 0; j <= m; j++) rows[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        int best = row[0] = i;
        for (int j = 1; j <= m; j++) {
            int cost = above[j - 1] + (x[i - 1] != y[j - 1]);
            cost = suggest_min(cost, suggest_min(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                cost = suggest_min(cost, older[j - 2] + 1);
            row[j] = cost;
            best = suggest_min(best, cost);
        }
        if (best > limit) return limit + 1;
    }
    return suggest_min(rows[n % 3][m], limit + 1);
}

const char *suggest_nearest(const char *name, const char *const *names, size_t count) {
    uint32_t codes[SUGGEST_LONGEST];
    int length = suggest_decode(name, codes);
    int best = length <= 3 ? 1 : 2;
    if (best >= length) best = length - 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count && best >= 0; i++) {
        int distance = suggest_distance(name, names[i], best);
        if (distance > best) continue;
        nearest = names[i];
        best = distance - 1; /* only a nearer one replaces it: the first of equals wins */
    }
    return nearest;
}
