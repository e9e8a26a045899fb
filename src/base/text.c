/* text: growable text that remembers whether memory ended. */
#include "base.h"

#include <stdarg.h>
#include <string.h>

static bool text_room(Text *text, size_t more) {
    size_t need;
    if (text->failed) return false;
    if (!memory_add(text->length, more, &need) || !memory_add(need, 1, &need) ||
        !memory_reserve(&text->data, &text->capacity, need, 1)) {
        text->failed = true;
        return false;
    }
    return true;
}

void text_add_bytes(Text *text, const char *bytes, size_t length) {
    if (!text_room(text, length)) return;
    if (length) memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(Text *text, const char *string) {
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(Text *text, char c) {
    text_add_bytes(text, &c, 1);
}

void text_add_repeat(Text *text, char c, size_t count) {
    if (!text_room(text, count)) return;
    memset(text->data + text->length, c, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void text_add_integer(Text *text, long long value) {
    text_add(text, number_integer(value).s);
}

void text_add_number(Text *text, double value) {
    text_add(text, number_text(value).s);
}

/* ---- text_format ----------------------------------------------------------------------------- */

typedef struct TextField {
    bool left, zero;
    int width, precision; /* precision -1: none */
    int longs;            /* number of 'l' */
    bool is_size;         /* 'z' */
} TextField;

static void text_add_field(Text *text, const TextField *field, const char *bytes, size_t length) {
    size_t width = field->width > 0 ? (size_t)field->width : 0;
    size_t blanks = width > length ? width - length : 0;
    if (!field->left && field->zero && length && bytes[0] == '-') {
        text_add_char(text, '-');
        bytes++, length--;
    }
    if (!field->left) text_add_repeat(text, field->zero ? '0' : ' ', blanks);
    text_add_bytes(text, bytes, length);
    if (field->left) text_add_repeat(text, ' ', blanks);
}

static void text_add_unsigned(Text *text, const TextField *field, unsigned long long value) {
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    text_add_field(text, field, digits + at, sizeof digits - at);
}

static int text_read_count(const char **at, va_list *list) {
    int count = 0;
    if (**at == '*') {
        (*at)++;
        return va_arg(*list, int);
    }
    while (**at >= '0' && **at <= '9' && count < 100000) count = count * 10 + (*(*at)++ - '0');
    return count;
}

/* Reads flags, width, precision and length; '*at' stands on the conversion letter after it. */
static TextField text_read_field(const char **at, va_list *list) {
    TextField field = {.precision = -1};
    for (;; (*at)++) {
        if (**at == '-')
            field.left = true;
        else if (**at == '0')
            field.zero = true;
        else
            break;
    }
    field.width = text_read_count(at, list);
    if (field.width < 0) {
        field.left = true;
        field.width = field.width < -100000 ? 100000 : -field.width;
    }
    if (**at == '.') {
        (*at)++;
        field.precision = text_read_count(at, list);
    }
    for (; **at == 'l' || **at == 'z'; (*at)++) {
        if (**at == 'z')
            field.is_size = true;
        else
            field.longs++;
    }
    return field;
}

static void text_add_string(Text *text, TextField field, const char *string) {
    size_t length = 0;
    size_t limit = field.precision < 0 ? SIZE_MAX : (size_t)field.precision;
    while (length < limit && string[length]) length++;
    field.zero = false;
    text_add_field(text, &field, string, length);
}

static void text_convert(Text *text, char letter, TextField field, va_list *list) {
    char c;
    NumberText number;
    switch (letter) {
        case 's':
            text_add_string(text, field, va_arg(*list, const char *));
            break;
        case 'd':
            number = number_integer(field.longs > 1    ? va_arg(*list, long long)
                                    : field.longs == 1 ? va_arg(*list, long)
                                                       : va_arg(*list, int));
            text_add_field(text, &field, number.s, strlen(number.s));
            break;
        case 'u':
            text_add_unsigned(text, &field,
                              field.is_size      ? va_arg(*list, size_t)
                              : field.longs > 1  ? va_arg(*list, unsigned long long)
                              : field.longs == 1 ? va_arg(*list, unsigned long)
                                                 : va_arg(*list, unsigned));
            break;
        case 'c':
            c = (char)va_arg(*list, int);
            text_add_field(text, &field, &c, 1);
            break;
        default:
            text_add_char(text, letter);
            break; /* %% */
    }
}

void text_format(Text *text, const char *format, ...) {
    va_list list;
    va_start(list, format);
    while (*format) {
        size_t plain = 0;
        while (format[plain] && format[plain] != '%') plain++;
        text_add_bytes(text, format, plain);
        format += plain;
        if (!*format || !*++format) break;
        TextField field = text_read_field(&format, &list);
        if (!*format) break;
        text_convert(text, *format++, field, &list);
    }
    va_end(list);
}

/* ---- taking it out --------------------------------------------------------------------------- */

const char *text_string(const Text *text) {
    return text->data ? text->data : "";
}

char *text_take(Text *text) {
    text_add_bytes(text, "", 0);
    char *data = text->data;
    if (text->failed) {
        text_free(text);
        return NULL;
    }
    *text = (Text){0};
    return data;
}

void text_clear(Text *text) {
    text->length = 0;
    text->failed = false;
    if (text->data) text->data[0] = '\0';
}

void text_free(Text *text) {
    memory_free(text->data);
    *text = (Text){0};
}
