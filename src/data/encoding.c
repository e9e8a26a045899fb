/* encoding: the bytes of a file -> UTF-8 text, copied only where they are something else.
 *
 * UTF-16 is known by its mark, or by the zero bytes beside plain characters. GB18030 (and so GBK
 * and GB2312) has no mark: text that is not UTF-8 is taken for it when most of its characters are
 * common Chinese ones. Digits and separators are the same bytes in both, so a wrong guess could
 * change words, never numbers. */
#include "data.h"

#include <string.h>

#ifdef DESCEND_ICONV
#include <iconv.h>
#endif

static Status data_not_encoded(const char *name, long line, const char *encoding, Error *error) {
    error_set(error, STATUS_INPUT, MSG_DATA_BAD_ENCODING, encoding, NULL);
    error_file(error, name, line, 0);
    error_remedy(error, MSG_DATA_BAD_ENCODING_REMEDY, NULL);
    return STATUS_INPUT;
}

/* ---- UTF-16 ---------------------------------------------------------------------------------- */

typedef struct DataUtf16 {
    const unsigned char *at, *limit;
    size_t low, high; /* which byte of a pair holds which half */
    char *out;        /* NULL: only measured */
    size_t length;
    long line; /* of 'at' */
} DataUtf16;

static uint32_t data_utf16_unit(const DataUtf16 *utf16, size_t k) {
    return (uint32_t)utf16->at[2 * k + utf16->high] << 8 | utf16->at[2 * k + utf16->low];
}

/* Without a mark: most of the first characters have a zero half, always the same one, and those are
 * characters of a text. */
static bool data_utf16_plain(DataUtf16 utf16) {
    enum { SAMPLE = 2048 };
    size_t units = (size_t)(utf16.limit - utf16.at) / 2, plain = 0, other = 0;
    if (units > SAMPLE) units = SAMPLE;
    for (size_t k = 0; k < units; k++) {
        uint32_t unit = data_utf16_unit(&utf16, k);
        if (unit < 0x20 && unit != '\t' && unit != '\n' && unit != '\r') return false;
        plain += unit < 0x100;
        other += (unit & 0xFF) == 0;
    }
    return units > 1 && plain * 2 > units && other * 3 < plain;
}

static bool data_is_utf16(const char *bytes, size_t length, DataUtf16 *utf16) {
    const unsigned char *start = (const unsigned char *)bytes;
    *utf16 = (DataUtf16){.at = start, .limit = start + length, .high = 1, .line = 1};
    bool little = length >= 2 && start[0] == 0xFF && start[1] == 0xFE;
    bool big = length >= 2 && start[0] == 0xFE && start[1] == 0xFF;
    if (little || big) utf16->at += 2;
    else if (data_utf16_plain(*utf16)) return true;
    if (little) return true;
    utf16->low = 1;
    utf16->high = 0;
    return big || data_utf16_plain(*utf16);
}

/* Takes the character at 'at', which is beyond ASCII; false when it is half a one. */
static bool data_utf16_take(DataUtf16 *utf16, uint32_t code) {
    char bytes[4];
    bool pair = (code & 0xF800) == 0xD800;
    if (pair) {
        uint32_t second = utf16->limit - utf16->at < 4 ? 0 : data_utf16_unit(utf16, 1);
        if (code >= 0xDC00 || (second & 0xFC00) != 0xDC00) return false;
        code = 0x10000 + ((code & 0x3FF) << 10 | (second & 0x3FF));
    }
    int count = unicode_encode(code, bytes);
    if (utf16->out) memcpy(utf16->out + utf16->length, bytes, (size_t)count);
    utf16->length += (size_t)count;
    utf16->at += pair ? 4 : 2;
    return true;
}

/* False at a half of a character without the other. */
static bool data_utf16_run(DataUtf16 *utf16) {
    bool returned = false; /* the character before was a CR */
    while (utf16->limit - utf16->at >= 2) {
        uint32_t code = data_utf16_unit(utf16, 0);
        if (code < 0x80) {
            if (utf16->out) utf16->out[utf16->length] = (char)code;
            utf16->length++;
            utf16->at += 2;
        } else if (!data_utf16_take(utf16, code)) {
            return false;
        }
        utf16->line += code == '\r' || (code == '\n' && !returned);
        returned = code == '\r';
    }
    return utf16->at == utf16->limit;
}

static Status data_from_utf16(const char *name, DataUtf16 utf16, DataText *text, Error *error) {
    DataUtf16 measured = utf16;
    text->encoding = "UTF-16";
    if (!data_utf16_run(&measured))
        return data_not_encoded(name, measured.line, text->encoding, error);
    utf16.out = text->made = memory_new(measured.length + 1, 1);
    if (!text->made) return error_memory(error);
    data_utf16_run(&utf16);
    text->text = text->made;
    text->length = measured.length;
    return STATUS_OK;
}

/* ---- GB18030 --------------------------------------------------------------------------------- */

static const char *data_skip_ascii(const char *at, const char *limit) {
    uint64_t eight;
    for (; limit - at >= 8; at += 8) {
        memcpy(&eight, at, 8);
        if (eight & 0x8080808080808080u) break;
    }
    while (at < limit && !(*at & 0x80)) at++;
    return at;
}

static bool data_is_utf8(const char *at, const char *limit) {
    for (;;) {
        uint32_t code;
        at = data_skip_ascii(at, limit);
        if (at == limit) return true;
        int step = unicode_decode(at, limit, &code);
        if (step == 0) return false;
        at += step;
    }
}

#ifdef DESCEND_ICONV

/* What stands beside a character. */
static bool data_gb_letter(const unsigned char *at) {
    return (*at | 32) >= 'a' && (*at | 32) <= 'z';
}

static bool data_gb_word(const unsigned char *at) {
    return *at >= 0x80 || data_gb_letter(at);
}

/* Bytes of the character at 'at', which is no ASCII; 1 when they make none. */
static size_t data_gb_length(const unsigned char *at, const unsigned char *limit) {
    if (limit - at < 2 || at[0] == 0x80 || at[0] == 0xFF) return 1;
    if (at[1] >= 0x40 && at[1] != 0x7F && at[1] != 0xFF) return 2;
    bool four = limit - at >= 4 && at[1] >= '0' && at[1] <= '9' && at[2] > 0x80 && at[2] < 0xFF &&
                at[3] >= '0' && at[3] <= '9';
    return four ? 4 : 1;
}

/* Punctuation, full-width and Greek letters, and the 3755 characters of the first level, but not
 * between Latin letters: there two bytes are rather two letters with accents. Of the second level
 * (names of elements, say) those that stand alone: Cyrillic words are made of such pairs. */
static bool data_gb_common(const unsigned char *at, const unsigned char *start,
                           const unsigned char *limit) {
    bool second = at[0] >= 0xD8 && at[0] <= 0xF7, first = at[0] >= 0xB0 && !second;
    bool before = at > start, behind = limit - at > 2;
    if (at[1] < 0xA1 || at[0] > 0xF7) return false;
    if (second) return !(before && data_gb_word(at - 1)) && !(behind && data_gb_word(at + 2));
    if (!first && at[0] > 0xA3 && at[0] != 0xA6) return false;
    return at[0] >= 0xA1 && !(before && behind && data_gb_letter(at - 1) && data_gb_letter(at + 2));
}

/* '*room': bytes that the text takes as UTF-8, at most. */
static bool data_like_gb18030(const char *text, const char *end, size_t *room) {
    const unsigned char *start = (const unsigned char *)text, *limit = (const unsigned char *)end;
    size_t common = 0, other = 0;
    *room = (size_t)(limit - start);
    for (const unsigned char *at = start; at < limit;) {
        at = (const unsigned char *)data_skip_ascii((const char *)at, end);
        if (at == limit) break;
        size_t length = data_gb_length(at, limit);
        bool known = length == 2 && data_gb_common(at, start, limit);
        common += known;
        other += !known;
        *room += length == 2;
        at += length;
    }
    return common > other;
}

static Status data_from_gb18030(const char *name, const char *bytes, size_t length, DataText *text,
                                Error *error) {
    size_t room, left = length;
    if (!data_like_gb18030(bytes, bytes + length, &room)) return STATUS_OK;
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1) return STATUS_OK;
    size_t free_room = room;
    char *in = (char *)bytes, *out = text->made = memory_new(room + 1, 1);
    bool good = out && iconv(converter, &in, &left, &out, &free_room) != (size_t)-1;
    iconv_close(converter);
    if (!text->made) return error_memory(error);
    text->encoding = "GB18030";
    text->text = text->made;
    text->length = room - free_room;
    if (good) return STATUS_OK;
    return data_not_encoded(name, data_line_at(bytes, in), text->encoding, error);
}

#else

/* Where the C library cannot convert, names and words that are not UTF-8 are refused as they come
 * up. */
static Status data_from_gb18030(const char *name, const char *bytes, size_t length, DataText *text,
                                Error *error) {
    (void)name, (void)bytes, (void)length, (void)text, (void)error;
    return STATUS_OK;
}

#endif

/* ---- the whole ------------------------------------------------------------------------------- */

Status data_decode(const char *name, const char *bytes, size_t length, DataText *text,
                   Error *error) {
    DataUtf16 utf16;
    *text = (DataText){.text = bytes, .length = length};
    TRY(data_check_format(name, bytes, length, error));
    bool wide = data_is_utf16(bytes, length, &utf16);
    if (!wide) TRY(data_check_zeros(name, bytes, length, error));
    if (!wide && data_is_utf8(bytes, bytes + length)) return STATUS_OK;
    Status status = wide ? data_from_utf16(name, utf16, text, error)
                         : data_from_gb18030(name, bytes, length, text, error);
    if (status == STATUS_OK && text->made)
        status = data_check_format(name, text->text, text->length, error);
    if (status == STATUS_OK) status = data_check_zeros(name, text->text, text->length, error);
    if (status != STATUS_OK) {
        memory_free(text->made);
        text->made = NULL;
    }
    return status;
}
