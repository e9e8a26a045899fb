/* error: the sentence, the place and the remedy, as one plain value. */
#include "base.h"

#include <stdarg.h>
#include <string.h>

Status error_set(Error *error, Status status, MessageId id, ...) {
    if (!error) return status;
    va_list list;
    memset(error, 0, sizeof *error);
    va_start(list, id);
    error->what = message_make_list(id, list);
    va_end(list);
    error->status = status;
    return status;
}

Status error_memory(Error *error) {
    return error_set(error, STATUS_MEMORY, MSG_NO_MEMORY, NULL);
}

void error_label(Error *error, MessageId id, ...) {
    if (!error) return;
    va_list list;
    va_start(list, id);
    error->label = message_make_list(id, list);
    va_end(list);
}

void error_remedy(Error *error, MessageId id, ...) {
    if (!error) return;
    va_list list;
    va_start(list, id);
    error->remedy = message_make_list(id, list);
    va_end(list);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void error_copy_name(Error *error, const char *name) {
    Message shown = message_make(MSG_NONE, name ? name : "", NULL);
    memcpy(error->file, shown.arg[0], sizeof error->file);
}

void error_file(Error *error, const char *file, long line, long column) {
    if (!error) return;
    error_copy_name(error, file);
    error->line = line;
    error->column = column;
    error->excerpt[0] = '\0';
    error->caret = error->caret_length = 0;
}

/* Widest excerpt, in columns, and how far its start lies before the place. */
enum { ERROR_WINDOW = 76, ERROR_BEFORE = 30 };

/* One line of a source, as it is measured and cut for the excerpt. */
typedef struct ErrorLine {
    const char *start, *end; /* the line without its end */
    const char *from, *to;   /* the span, cut to the line */
} ErrorLine;

static ErrorLine error_find_line(const Source *source, Span span) {
    const char *text = source->text, *limit = text + source->length;
    const char *from = span.start < source->length ? text + span.start : limit;
    ErrorLine line = {.start = from, .end = from, .from = from};
    while (line.start > text && line.start[-1] != '\n') line.start--;
    while (line.end < limit && *line.end != '\n') line.end++;
    if (line.end > line.start && line.end[-1] == '\r' && line.from < line.end) line.end--;
    line.to = span.end < source->length ? text + span.end : limit;
    if (line.to > line.end) line.to = line.end;
    if (line.to < line.from) line.to = line.from;
    return line;
}

static int error_shown_columns(const char *at, const char *limit) {
    int columns = 0;
    while (at < limit) {
        char shown[4];
        int length;
        uint32_t code;
        at += unicode_show(at, limit, shown, &length);
        if (unicode_decode(shown, shown + length, &code)) columns += unicode_width(code);
        if (columns > 100000) break;
    }
    return columns;
}

/* Steps back from 'at' over about 'columns' columns, to the start of a character. */
static const char *error_step_back(const char *start, const char *at, int columns) {
    while (at > start && columns > 0) {
        at--;
        while (at > start && ((unsigned char)*at & 0xC0) == 0x80) at--;
        columns -= (unsigned char)*at < 0x80 ? 1 : 2;
    }
    return at;
}

static const char error_ellipsis[] = "\xe2\x80\xa6";

/* Copies the line from 'at' until the window, the buffer or the line ends. */
static void error_fill_excerpt(Error *error, const ErrorLine *line, const char *at) {
    enum { ROOM = ERROR_EXCERPT - sizeof error_ellipsis };
    size_t used = 0;
    int columns = 0;
    if (at > line->start) {
        memcpy(error->excerpt, error_ellipsis, sizeof error_ellipsis);
        used = sizeof error_ellipsis - 1;
        columns = 1;
    }
    while (at < line->end) {
        char shown[4];
        int length;
        uint32_t code;
        int step = unicode_show(at, line->end, shown, &length);
        unicode_decode(shown, shown + length, &code);
        int width = unicode_width(code);
        bool last = at + step >= line->end;
        if (used + (size_t)length > ROOM || columns + width > ERROR_WINDOW - (last ? 0 : 1)) {
            memcpy(error->excerpt + used, error_ellipsis, sizeof error_ellipsis);
            used += sizeof error_ellipsis - 1;
            columns++;
            break;
        }
        if (at <= line->from) {
            error->caret = columns;
            error->caret_length = 0;
        }
        memcpy(error->excerpt + used, shown, (size_t)length);
        used += (size_t)length;
        columns += width;
        at += step;
        if (at <= line->to) error->caret_length = columns - error->caret;
    }
    error->excerpt[used] = '\0';
    if (line->from >= line->end) error->caret = columns;
    if (error->caret_length > columns - error->caret) error->caret_length = columns - error->caret;
    if (error->caret_length < 1) error->caret_length = 1;
}

void error_place(Error *error, const Source *source, Span span) {
    if (!error || !source) return;
    error_file(error, source->name, 0, 0);
    if ((span.start == 0 && span.end == 0) || !source->text) return;
    ErrorLine line = error_find_line(source, span);
    error->line = 1;
    for (const char *at = source->text; at < line.start; at++) error->line += *at == '\n';
    error->column = 1;
    for (const char *at = line.start; at < line.from; at++)
        error->column += ((unsigned char)*at & 0xC0) != 0x80;
    const char *first = line.start;
    if (line.end - line.start > ERROR_WINDOW / 2 &&
        error_shown_columns(line.start, line.end) > ERROR_WINDOW)
        first = error_step_back(line.start, line.from, ERROR_BEFORE);
    error_fill_excerpt(error, &line, first);
}

/* ---- rendering ------------------------------------------------------------------------------- */

static void error_render_place(const Error *error, Text *out) {
    if (!error->file[0]) return;
    text_add(out, error->file);
    if (error->line > 0) text_format(out, ":%ld", error->line);
    if (error->excerpt[0] && error->column > 0) text_format(out, ":%ld", error->column);
    text_add(out, ": ");
}

static void error_render_excerpt(const Error *error, Language language, Text *out) {
    text_format(out, "\n  %s\n", error->excerpt);
    text_add_repeat(out, ' ', (size_t)error->caret + 2);
    text_add_char(out, '^');
    text_add_repeat(out, '~', error->caret_length > 1 ? (size_t)error->caret_length - 1 : 0);
    if (error->label.id == MSG_NONE) return;
    text_add_char(out, ' ');
    message_render(&error->label, language, out);
}

/* A sentence about a whole file names it itself. */
const char *error_about_file(const Error *error) {
    bool whole = error->what.id >= MSG_FILE_CANNOT_READ && error->what.id <= MSG_FILE_TOO_LARGE;
    return error->file[0] || !whole ? error->file : error->what.arg[0];
}

void error_render(const Error *error, Language language, Text *out) {
    error_render_place(error, out);
    message_render(&error->what, language, out);
    bool excerpt = error->caret_length > 0;
    if (excerpt) error_render_excerpt(error, language, out);
    if (error->remedy.id == MSG_NONE) return;
    text_add(out, excerpt ? "\n" : message_template(MSG_REMEDY_OPEN, language));
    message_render(&error->remedy, language, out);
    if (!excerpt) text_add(out, message_template(MSG_REMEDY_CLOSE, language));
}

/* ---- notes ----------------------------------------------------------------------------------- */

Error *notes_add(Notes *notes) {
    if (!memory_reserve(&notes->items, &notes->capacity, notes->count + 1, sizeof(Error))) {
        notes->failed = true;
        return &notes->scratch;
    }
    Error *note = &notes->items[notes->count++];
    memset(note, 0, sizeof *note);
    return note;
}

void notes_free(Notes *notes) {
    memory_free(notes->items);
    memset(notes, 0, sizeof *notes);
}
