/* view_json: one JSON value, written from the front to the back. */
#include "view.h"

#include <math.h>
#include <string.h>

static void json_quote(Text *out, const char *value) {
    static const char hex[] = "0123456789abcdef";
    const char *limit = value + strlen(value);
    text_add_char(out, '"');
    while (value < limit) {
        uint32_t code;
        int length = unicode_decode(value, limit, &code);
        unsigned char byte = (unsigned char)*value;
        if (length == 0) text_add(out, "\xef\xbf\xbd");
        else if (byte == '"' || byte == '\\') text_format(out, "\\%c", byte);
        else if (byte == '\n') text_add(out, "\\n");
        else if (byte == '\t') text_add(out, "\\t");
        else if (byte < 0x20 || byte == 0x7f)
            text_format(out, "\\u00%c%c", hex[byte >> 4], hex[byte & 15]);
        else text_add_bytes(out, value, (size_t)length);
        value += length ? length : 1;
    }
    text_add_char(out, '"');
}

/* The comma, line and key in front of a value. */
static void json_begin(ViewJson *json, const char *key) {
    if (json->started) text_add_char(json->out, ',');
    if (json->depth == 1) text_add(json->out, "\n  ");
    else if (json->started) text_add_char(json->out, ' ');
    if (key) {
        json_quote(json->out, key);
        text_add(json->out, ": ");
    }
    json->started = true;
}

void view_json_open(ViewJson *json, const char *key, char bracket) {
    if (json->depth > 0) json_begin(json, key);
    text_add_char(json->out, bracket);
    json->depth++;
    json->started = false;
}

void view_json_close(ViewJson *json, char bracket) {
    json->depth--;
    if (json->depth == 0 && json->started) text_add_char(json->out, '\n');
    text_add_char(json->out, bracket);
    if (json->depth == 0) text_add_char(json->out, '\n');
    json->started = true;
}

void view_json_number(ViewJson *json, const char *key, double value) {
    json_begin(json, key);
    text_add(json->out, isfinite(value) ? number_text(value).s : "null");
}

void view_json_integer(ViewJson *json, const char *key, long long value) {
    json_begin(json, key);
    text_add_integer(json->out, value);
}

void view_json_text(ViewJson *json, const char *key, const char *value) {
    json_begin(json, key);
    if (value) json_quote(json->out, value);
    else text_add(json->out, "null");
}
