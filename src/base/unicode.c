/* unicode: characters of UTF-8 text, their columns in a terminal, and the NFC form of names. */
#include "base.h"

#include <string.h>

typedef struct UnicodeRange {
    uint32_t first, last;
} UnicodeRange;

typedef struct UnicodeClass {
    uint32_t first;
    uint8_t more, class; /* 'more' characters after the first share the combining class */
} UnicodeClass;

typedef struct UnicodePair {
    uint32_t code, first, second; /* code = first + second; second 0: first alone */
} UnicodePair;

/* Sorted by code. Pairs both split and join; splits only split. */
#include "unicode_table.inc"

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

int unicode_decode(const char *text, const char *limit, uint32_t *code) {
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (text >= limit) return 0;
    unsigned char lead = (unsigned char)*text;
    int length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 0 || lead > 0xF4 || limit - text < length) return 0;
    uint32_t value = length == 1 ? lead : lead & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xC0) != 0x80) return 0;
        value = value << 6 | (byte & 0x3F);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest[length] || value > 0x10FFFF || surrogate) return 0;
    *code = value;
    return length;
}

int unicode_encode(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    int length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)((0xF00u >> length & 0xFF) | code);
    return length;
}

/* ---- properties ------------------------------------------------------------------------------ */

static bool unicode_within(const UnicodeRange *ranges, size_t count, uint32_t code) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > ranges[middle].last)
            low = middle + 1;
        else if (code < ranges[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

bool unicode_letter(uint32_t code) {
    if (code < 0x80) return (code | 32) - 'a' < 26 || code == '_';
    return unicode_within(unicode_letters, COUNT_OF(unicode_letters), code);
}

bool unicode_name(uint32_t code) {
    if (code - '0' < 10) return true;
    return unicode_letter(code) || unicode_within(unicode_marks, COUNT_OF(unicode_marks), code);
}

int unicode_width(uint32_t code) {
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return 0;
    if (code < 0x300) return 1;
    if (unicode_within(unicode_narrow, COUNT_OF(unicode_narrow), code)) return 0;
    return unicode_within(unicode_wide, COUNT_OF(unicode_wide), code) ? 2 : 1;
}

int unicode_columns(const char *text, size_t length) {
    const char *limit = text + length;
    int columns = 0;
    while (text < limit) {
        uint32_t code = '?';
        int step = unicode_decode(text, limit, &code);
        columns += unicode_width(code);
        text += step ? step : 1;
    }
    return columns;
}

/* Characters that command the terminal, or turn the direction of the text around them. */
static bool unicode_control(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

int unicode_show(const char *text, const char *limit, char out[4], int *length) {
    enum { REPLACEMENT = 0xFFFD };
    uint32_t code = REPLACEMENT;
    int step = unicode_decode(text, limit, &code);
    if (code == '\t' || code == '\n' || code == '\r') code = ' ';
    if (unicode_control(code)) code = REPLACEMENT;
    *length = unicode_encode(code, out);
    return step ? step : 1;
}

/* ---- normalisation (UAX 15) ------------------------------------------------------------------ */

enum {
    HANGUL_FIRST = 0xAC00,
    HANGUL_COUNT = 11172,
    HANGUL_LEAD = 0x1100,
    HANGUL_LEADS = 19,
    HANGUL_VOWEL = 0x1161,
    HANGUL_VOWELS = 21,
    HANGUL_TAIL = 0x11A7, /* one before the first tail: 'no tail' */
    HANGUL_TAILS = 28
};

static int unicode_class(uint32_t code) {
    size_t low = 0, high = COUNT_OF(unicode_classes);
    while (low < high) {
        size_t middle = (low + high) / 2;
        const UnicodeClass *row = &unicode_classes[middle];
        if (code > row->first + row->more)
            low = middle + 1;
        else if (code < row->first)
            high = middle;
        else
            return row->class;
    }
    return 0;
}

static const UnicodePair *unicode_find(const UnicodePair *pairs, size_t count, uint32_t code) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > pairs[middle].code)
            low = middle + 1;
        else if (code < pairs[middle].code)
            high = middle;
        else
            return &pairs[middle];
    }
    return NULL;
}

/* Decomposes fully, in order; at most 4 characters. Returns how many. */
static size_t unicode_split(uint32_t code, uint32_t out[4]) {
    if (code - HANGUL_FIRST < HANGUL_COUNT) {
        uint32_t index = code - HANGUL_FIRST, tail = index % HANGUL_TAILS;
        out[0] = HANGUL_LEAD + index / (HANGUL_VOWELS * HANGUL_TAILS);
        out[1] = HANGUL_VOWEL + index / HANGUL_TAILS % HANGUL_VOWELS;
        out[2] = HANGUL_TAIL + tail;
        return tail ? 3 : 2;
    }
    uint32_t seconds[3];
    size_t count = 0, waiting = 0;
    for (;;) {
        const UnicodePair *pair = unicode_find(unicode_pairs, COUNT_OF(unicode_pairs), code);
        if (!pair) pair = unicode_find(unicode_splits, COUNT_OF(unicode_splits), code);
        if (!pair) break;
        code = pair->first;
        if (pair->second && waiting < COUNT_OF(seconds)) seconds[waiting++] = pair->second;
    }
    out[count++] = code;
    while (waiting > 0) out[count++] = seconds[--waiting];
    return count;
}

/* The character made of two, or 0. */
static uint32_t unicode_join(uint32_t first, uint32_t second) {
    uint32_t lead = first - HANGUL_LEAD, vowel = second - HANGUL_VOWEL;
    if (lead < HANGUL_LEADS && vowel < HANGUL_VOWELS)
        return HANGUL_FIRST + (lead * HANGUL_VOWELS + vowel) * HANGUL_TAILS;
    uint32_t syllable = first - HANGUL_FIRST, tail = second - HANGUL_TAIL;
    if (syllable < HANGUL_COUNT && syllable % HANGUL_TAILS == 0 && tail - 1 < HANGUL_TAILS - 1)
        return first + tail;
    for (size_t i = 0; i < COUNT_OF(unicode_pairs); i++)
        if (unicode_pairs[i].first == first && unicode_pairs[i].second == second)
            return unicode_pairs[i].code;
    return 0;
}

/* Sorts each run of combining marks by class, keeping the order of equals. No text that means
 * something has a run of more than 30 (the Stream-Safe Text Format): the bound keeps it linear. */
static void unicode_order(uint32_t *codes, uint8_t *classes, size_t count) {
    enum { LONGEST_RUN = 60 };
    for (size_t i = 1; i < count; i++) {
        uint32_t code = codes[i];
        uint8_t class = classes[i];
        size_t j = i;
        for (; class && j > 0 && i - j < LONGEST_RUN && classes[j - 1] > class; j--) {
            codes[j] = codes[j - 1];
            classes[j] = classes[j - 1];
        }
        codes[j] = code;
        classes[j] = class;
    }
}

/* Joins marks with the starter before them, in place; returns the new number of characters. */
static size_t unicode_compose(uint32_t *codes, uint8_t *classes, size_t count) {
    size_t kept = 0, starter = SIZE_MAX;
    int last = 0; /* class of the last character kept after the starter */
    for (size_t i = 0; i < count; i++) {
        bool reaches = starter != SIZE_MAX && (kept == starter + 1 || last < classes[i]);
        uint32_t joined = reaches ? unicode_join(codes[starter], codes[i]) : 0;
        if (joined) {
            codes[starter] = joined;
            continue;
        }
        if (classes[i] == 0) starter = kept;
        last = classes[i];
        classes[kept] = classes[i];
        codes[kept++] = codes[i];
    }
    return kept;
}

/* No text below U+0300 changes, nor do the common ideographs and Hangul syllables. */
static bool unicode_stays(uint32_t code) {
    return code < 0x300 || (code >= 0x3400 && code <= 0x9FFF) || code - HANGUL_FIRST < HANGUL_COUNT;
}

/* Counts the characters after decomposition; false when the text is malformed. */
static bool unicode_measure(const char *text, const char *limit, size_t *count, bool *stays) {
    *count = 0;
    *stays = true;
    while (text < limit) {
        uint32_t code, parts[4];
        int step = unicode_decode(text, limit, &code);
        if (step == 0) return false;
        *count += unicode_split(code, parts);
        *stays = *stays && unicode_stays(code);
        text += step;
    }
    return true;
}

const char *unicode_nfc(Arena *arena, const char *text, size_t length) {
    const char *limit = text + length;
    size_t room, count = 0, used = 0;
    bool stays;
    if (!unicode_measure(text, limit, &room, &stays)) return NULL;
    if (stays) return arena_copy(arena, text, length);
    uint32_t *codes = arena_alloc(arena, room, sizeof *codes);
    uint8_t *classes = arena_alloc(arena, room, sizeof *classes);
    char *out = arena_alloc(arena, room * 4 + 1, 1);
    if (!codes || !classes || !out) return NULL;
    while (text < limit) {
        uint32_t code;
        text += unicode_decode(text, limit, &code);
        count += unicode_split(code, codes + count);
    }
    for (size_t i = 0; i < count; i++) classes[i] = (uint8_t)unicode_class(codes[i]);
    unicode_order(codes, classes, count);
    count = unicode_compose(codes, classes, count);
    for (size_t i = 0; i < count; i++) used += (size_t)unicode_encode(codes[i], out + used);
    out[used] = '\0';
    return out;
}
