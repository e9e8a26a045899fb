/* Edit distances and suggestions. */
#include "../../src/base/base.h"
#include "../check.h"

TEST(distances) {
    CHECK_INT(suggest_distance("", "", 3), 0);
    CHECK_INT(suggest_distance("abc", "abc", 3), 0);
    CHECK_INT(suggest_distance("", "abc", 3), 3);
    CHECK_INT(suggest_distance("kitten", "sitting", 5), 3);
    CHECK_INT(suggest_distance("time", "tmie", 3), 1);
    CHECK_INT(suggest_distance("ca", "abc", 5), 3);
    CHECK_INT(suggest_distance("bta", "beta", 2), 1);
    CHECK_INT(suggest_distance("kitten", "sitting", 2), 3);
    CHECK_INT(suggest_distance("a", "abcdefghij", 2), 3);
    CHECK_INT(suggest_distance("温度", "度温", 2), 1);
    CHECK_INT(suggest_distance("größe", "grosse", 3), 3);
    CHECK_INT(suggest_distance("\xff"
                               "ab",
                               "ab", 2),
              1);
}

/* Against the plain table over bytes, for all pairs of short words of two letters. */
static int plain_distance(const char *a, const char *b) {
    int d[8][8], n = (int)strlen(a), m = (int)strlen(b);
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            d[i][j] = i == 0 ? j : i;
            if (i == 0 || j == 0) continue;
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            bool turned = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (turned && d[i - 2][j - 2] + 1 < best) best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

static void word(int index, char out[8]) {
    int length = index % 5;
    for (int i = 0; i < length; i++) out[i] = (char)('a' + (index / 5 >> i & 1));
    out[length] = '\0';
}

TEST(all_short_words) {
    for (int i = 0; i < 80; i++) {
        for (int j = 0; j < 80; j++) {
            char a[8], b[8];
            word(i, a), word(j, b);
            for (int limit = 0; limit < 4; limit++) {
                int want = plain_distance(a, b);
                CHECK_INT(suggest_distance(a, b, limit), want > limit ? limit + 1 : want);
            }
        }
    }
}

TEST(nearest) {
    static const char *const names[] = {"alpha", "beta", "time", "rate", "x", "yy", "gamma"};
    CHECK_TEXT(suggest_nearest("tmie", names, COUNT_OF(names)), "time");
    CHECK_TEXT(suggest_nearest("bta", names, COUNT_OF(names)), "beta");
    CHECK_TEXT(suggest_nearest("rtae", names, COUNT_OF(names)), "rate");
    CHECK_TEXT(suggest_nearest("gama", names, COUNT_OF(names)), "gamma");
    CHECK_TEXT(suggest_nearest("alfa", names, COUNT_OF(names)), "alpha");
    CHECK_TEXT(suggest_nearest("y", names, COUNT_OF(names)), NULL);
    CHECK_TEXT(suggest_nearest("yx", names, COUNT_OF(names)), "x");
    CHECK_TEXT(suggest_nearest("xyz", names, COUNT_OF(names)), NULL);
    CHECK_TEXT(suggest_nearest("quite_other", names, COUNT_OF(names)), NULL);
    CHECK_TEXT(suggest_nearest("", names, COUNT_OF(names)), NULL);
    CHECK_TEXT(suggest_nearest("beta", NULL, 0), NULL);
    static const char *const equals[] = {"ab1", "ab2"};
    CHECK_TEXT(suggest_nearest("ab", equals, 2), "ab1");
}

TEST(long_names) {
    char longer[300], other[300];
    memset(longer, 'a', 299), memset(other, 'a', 299);
    longer[299] = other[299] = '\0';
    CHECK_INT(suggest_distance(longer, other, 2), 0);
    other[5] = 'b';
    CHECK_INT(suggest_distance(longer, other, 2), 3);
}

TEST_MAIN(distances, all_short_words, nearest, long_names)
