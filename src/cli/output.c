/* output: the report goes to standard output as a whole, refusals and warnings to standard
 * error. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { OUTPUT_DIGITS = 7 };

const char *cli_text(const Cli *cli, MessageId id) {
    return message_template(id, cli->style.language);
}

const char *cli_language(const Cli *cli) {
    return cli->style.language == LANGUAGE_ZH ? "zh" : "en";
}

NumberText cli_number(double value) { return number_round(value, OUTPUT_DIGITS); }

void cli_say(Cli *cli, MessageId id, ...) {
    va_list list;
    va_start(list, id);
    Message message = message_make_list(id, list);
    va_end(list);
    message_render(&message, cli->style.language, &cli->out);
    text_add_char(&cli->out, '\n');
}

void cli_line(Cli *cli, const char *text) {
    if (!text[0]) return;
    text_add(&cli->out, text);
    text_add_char(&cli->out, '\n');
}

/* ---- standard error ------------------------------------------------------------------------- */

static void output_complain(const Cli *cli, const char *text) {
    Text line = {0};
    text_add(&line, cli_text(cli, MSG_CLI_PREFIX));
    text_add(&line, text);
    text_add_char(&line, '\n');
    /* There is no place left to tell that standard error is closed. */
    (void)file_write_all(STDERR_FILENO, text_string(&line), line.length);
    text_free(&line);
}

void cli_warn(const Cli *cli, const char *text) {
    if (text[0]) output_complain(cli, text);
}

static void output_failed(const Cli *cli, int number) {
    Error error;
    Text text = {0};
    if (number == EPIPE) return; /* the reader has read enough */
    error_set(&error, STATUS_IO, MSG_CLI_OUTPUT_FAILED,
              number == ENOSPC ? message_word(MSG_FILE_NO_SPACE).s : strerror(number), NULL);
    error_render(&error, cli->style.language, &text);
    output_complain(cli, text_string(&text));
    text_free(&text);
}

bool cli_flush(Cli *cli) {
    if (cli->out.failed) {
        output_complain(cli, cli_text(cli, MSG_NO_MEMORY));
        text_free(&cli->out);
        return false;
    }
    Status status = file_write_all(STDOUT_FILENO, text_string(&cli->out), cli->out.length);
    if (status != STATUS_OK) output_failed(cli, errno);
    text_clear(&cli->out);
    return status == STATUS_OK;
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void output_render(const Cli *cli, MessageId id, const Message *message, Text *out) {
    if (id != MSG_NONE) message_render(message, cli->style.language, out);
}

static const char *output_or_null(const char *text) { return text[0] ? text : NULL; }

static void output_json_place(ViewJson *json, const char *key, long place) {
    if (place > 0) view_json_integer(json, key, place);
    else view_json_text(json, key, NULL);
}

static void output_json_error(Cli *cli, const char *text, const char *file, long line, long column,
                              const char *remedy) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    view_json_open(&json, "error", '{');
    view_json_text(&json, "text", text);
    view_json_text(&json, "file", output_or_null(file));
    output_json_place(&json, "line", line);
    output_json_place(&json, "column", column);
    view_json_text(&json, "remedy", output_or_null(remedy));
    view_json_close(&json, '}');
    view_json_close(&json, '}');
}

static void output_json_refusal(Cli *cli) {
    const char *language = cli_language(cli);
    if (cli->refusal) {
        descend_error *error = cli->refusal;
        Text sentence = {0};
        text_add(&sentence, descend_error_sentence(error, language));
        output_json_error(cli, text_string(&sentence), descend_error_file(error),
                          descend_error_line(error), descend_error_column(error),
                          descend_error_remedy(error, language));
        text_free(&sentence);
        return;
    }
    const Error *error = &cli->error;
    Text what = {0}, remedy = {0};
    output_render(cli, error->what.id, &error->what, &what);
    output_render(cli, error->remedy.id, &error->remedy, &remedy);
    output_json_error(cli, text_string(&what), error_about_file(error), error->line, error->column,
                      text_string(&remedy));
    text_free(&what);
    text_free(&remedy);
}

static void output_plain_refusal(Cli *cli) {
    Text text = {0};
    if (cli->refusal) text_add(&text, descend_error_text(cli->refusal, cli_language(cli)));
    else error_render(&cli->error, cli->style.language, &text);
    output_complain(cli, text_string(&text));
    text_free(&text);
}

int cli_refused(Cli *cli) {
    text_clear(&cli->out);
    if (cli->json) output_json_refusal(cli);
    else output_plain_refusal(cli);
    descend_error_free(cli->refusal);
    cli->refusal = NULL;
    memset(&cli->error, 0, sizeof cli->error);
    return CLI_EXIT_REFUSED;
}

/* ---- the reader ----------------------------------------------------------------------------- */

static const char *output_locale(const char *category) {
    const char *const names[] = {"LC_ALL", category, "LANG"};
    for (size_t k = 0; k < COUNT_OF(names); k++) {
        const char *value = getenv(names[k]);
        if (value && value[0]) return value;
    }
    return "";
}

static bool output_has_unicode(void) {
    const char *locale = output_locale("LC_CTYPE");
    return strstr(locale, "UTF-8") || strstr(locale, "utf8") || strstr(locale, "UTF8") ||
           strstr(locale, "utf-8");
}

static int output_size(const char *variable, int measured, int otherwise) {
    const char *value = getenv(variable);
    double number;
    if (value && number_read(value, value + strlen(value), &number) && number >= 20 &&
        number <= 1000)
        return (int)number;
    return measured >= 20 ? measured : otherwise;
}

void cli_cache_folder(Text *folder) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && cache[0] == '/')
        text_format(folder, "%s/descend", cache);
    else if (home && home[0] == '/')
        text_format(folder, "%s/.cache/descend", home);
}

void cli_absolute_path(const char *path, Text *out) {
    char folder[4096];
    if (path[0] != '/' && getcwd(folder, sizeof folder)) text_format(out, "%s/", folder);
    text_add(out, path);
}

void cli_style_from_environment(Cli *cli) {
    const char *wish = getenv("DESCEND_LANG");
    struct winsize size = {0};
    ViewStyle *style = &cli->style;
    style->language = language_of(wish && wish[0] ? wish : output_locale("LC_MESSAGES"));
    style->terminal = isatty(STDOUT_FILENO);
    style->unicode = output_has_unicode();
    if (style->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) size.ws_row = 0;
    style->columns = style->terminal ? output_size("COLUMNS", size.ws_col, 80) : 80;
    style->rows = style->terminal ? output_size("LINES", size.ws_row, 24) : 24;
}
