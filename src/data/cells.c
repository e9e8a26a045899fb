/* cells: what one cell of a table is, by its look. */
#include "data.h"

#include <math.h>
#include <string.h>

/* Compares without case with one of the words, each followed by a bar: "na|n/a|". */
static bool data_is_one_of(const char *start, const char *end, const char *words) {
    size_t length = (size_t)(end - start);
    for (const char *word = words; *word;) {
        size_t size = strcspn(word, "|"), i = 0;
        while (size == length && i < size) {
            char c = start[i] >= 'A' && start[i] <= 'Z' ? (char)(start[i] | 32) : start[i];
            if (c != word[i]) break;
            i++;
        }
        if (size == length && i == size) return true;
        word += size + 1;
    }
    return false;
}

/* Reads exactly 'count' digits; -1 when they are not there. */
static int data_read_digits(const char **at, const char *end, int count) {
    int value = 0;
    for (; count > 0; count--, (*at)++) {
        if (*at >= end || **at < '0' || **at > '9') return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool data_skip(const char **at, const char *end, char c) {
    if (*at >= end || **at != c) return false;
    (*at)++;
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar, by counting years from March. */
static double data_days(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    return 365.0 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int data_month_length(int year, int month) {
    static const char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return lengths[month - 1] + (month == 2 && leap);
}

/* T12:00, T12:00:00, T12:00:00.5, with a blank for T, and a Z or nothing at the end. */
static bool data_read_time(const char *at, const char *end, double *days) {
    if (!data_skip(&at, end, 'T') && !data_skip(&at, end, ' ')) return false;
    int hour = data_read_digits(&at, end, 2);
    if (hour < 0 || hour > 23 || !data_skip(&at, end, ':')) return false;
    int minute = data_read_digits(&at, end, 2);
    if (minute < 0 || minute > 59) return false;
    double seconds = 0;
    if (data_skip(&at, end, ':')) {
        const char *start = at;
        int whole = data_read_digits(&at, end, 2);
        if (whole < 0 || whole > 60) return false;
        if (at < end && *at == '.')
            number_parse(start, end, &at, &seconds);
        else
            seconds = whole;
    }
    data_skip(&at, end, 'Z');
    *days += (hour * 3600 + minute * 60 + seconds) / 86400;
    return at == end;
}

static bool data_read_date(const char *at, const char *end, double *days) {
    int year = data_read_digits(&at, end, 4);
    if (year < 1 || !data_skip(&at, end, '-')) return false;
    int month = data_read_digits(&at, end, 2);
    if (month < 1 || month > 12 || !data_skip(&at, end, '-')) return false;
    int day = data_read_digits(&at, end, 2);
    if (day < 1 || day > data_month_length(year, month)) return false;
    *days = data_days(year, month, day);
    return at == end || data_read_time(at, end, days);
}

/* A number with one decimal comma: read with a point in its place. */
static bool data_read_comma(const char *start, const char *end, double *value) {
    char copy[128];
    size_t length = (size_t)(end - start);
    const char *comma = memchr(start, ',', length);
    if (!comma || length > sizeof copy) return false;
    memcpy(copy, start, length);
    copy[comma - start] = '.';
    return number_read(copy, copy + length, value);
}

DataValue data_classify(const char *start, const char *end, DataComma comma) {
    DataValue value = {.kind = DATA_NUMBER};
    if (start == end || data_is_one_of(start, end, "na|n/a|nan|null|?|-|.|#n/a|")) {
        value.kind = DATA_MISSING;
        value.value = (double)NAN;
        return value;
    }
    if (number_read(start, end, &value.value)) {
        value.point = memchr(start, '.', (size_t)(end - start)) != NULL;
        return value;
    }
    if (comma == DATA_COMMA_READ && data_read_comma(start, end, &value.value)) {
        value.comma = true;
        return value;
    }
    value.value = 0;
    if (data_is_one_of(start, end, "true|yes|")) value.value = 1;
    if (value.value > 0 || data_is_one_of(start, end, "false|no|"))
        value.kind = DATA_FLAG;
    else if (data_read_date(start, end, &value.value))
        value.kind = DATA_DATE;
    else
        value.kind = DATA_TEXT;
    if (value.kind == DATA_TEXT) value.value = 0;
    return value;
}
