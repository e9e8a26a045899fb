/* verb_tour: the chapter, page by page. The pages are text (src/cli/tour/LANGUAGE.txt); their
 * commands are run by this very program, their questions asked only where somebody can answer. */
#include "cli.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

extern const char *const cli_tour_texts[]; /* name and text in turn, by tools/embed */

enum { TOUR_WORDS = 64, TOUR_LINE = 1024, TOUR_ANSWER = 200 };

typedef struct TourLine {
    char mark; /* '$', '?', '!', '-', '+', or ' ' for prose */
    const char *text;
    size_t length;
} TourLine;

typedef struct TourReader {
    Cli *cli;
    bool asking;            /* somebody can answer */
    const char *page, *end; /* of the page that is told */
    size_t number, count;
    bool leaving; /* he has seen enough, or nobody reads any more */
} TourReader;

/* ---- the text ------------------------------------------------------------------------------- */

static const char *tour_text(const char *language) {
    for (size_t k = 0; cli_tour_texts[k]; k += 2)
        if (strcmp(cli_tour_texts[k], language) == 0) return cli_tour_texts[k + 1];
    return "";
}

/* The next page's title at or behind 'at', or the end of the text. */
static const char *tour_find_page(const char *at) {
    while (*at && strncmp(at, "== ", 3) != 0) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return at;
}

static const char *tour_next_line(const char *at, TourLine *line) {
    line->text = at;
    line->length = strcspn(at, "\n");
    line->mark = ' ';
    if (line->length >= 1 && strchr("$?!+-", *at) && (at[1] == ' ' || line->length == 1)) {
        line->mark = *at;
        line->text += line->length == 1 ? 1 : 2;
        line->length -= line->length == 1 ? 1 : 2;
    }
    at += strcspn(at, "\n");
    return at + (*at == '\n');
}

/* All lines of the page with this mark. */
static void tour_lines(const TourReader *reader, char mark) {
    Text *out = &reader->cli->out;
    TourLine line;
    for (const char *at = reader->page; at < reader->end;) {
        at = tour_next_line(at, &line);
        if (line.mark != mark) continue;
        text_add_bytes(out, line.text, line.length);
        text_add_char(out, '\n');
    }
}

/* ---- commands ------------------------------------------------------------------------------- */

/* Words as a shell would part them: blanks, 'single quotes'. Returns how many. */
static int tour_split(char *line, char **words) {
    int count = 0;
    while (count < TOUR_WORDS) {
        while (*line == ' ') line++;
        if (!*line) break;
        char *to = line;
        words[count++] = line;
        for (bool quoted = false; *line && (quoted || *line != ' '); line++) {
            if (*line == '\'') quoted = !quoted;
            else *to++ = *line;
        }
        if (*line) line++;
        *to = '\0';
    }
    return count;
}

static void tour_run(TourReader *reader, const TourLine *line) {
    char copy[TOUR_LINE], *words[TOUR_WORDS];
    Cli inner = {.style = reader->cli->style, .inside = true};
    text_add(&reader->cli->out, "$ ");
    text_add_bytes(&reader->cli->out, line->text, line->length);
    text_add_char(&reader->cli->out, '\n');
    if (line->length >= sizeof copy) return;
    memcpy(copy, line->text, line->length);
    copy[line->length] = '\0';
    int count = tour_split(copy, words);
    if (count > 1) cli_run(&inner, count - 1, words + 1);
    text_add(&reader->cli->out, text_string(&inner.out));
    reader->cli->out.failed = reader->cli->out.failed || inner.out.failed;
    text_free(&inner.out);
}

/* ---- answers -------------------------------------------------------------------------------- */

/* One line from standard input, its full-width digits and signs made ASCII, without blanks around.
 * False at the end of input. */
static bool tour_read_answer(char answer[TOUR_ANSWER]) {
    size_t length = 0;
    char c;
    ssize_t got;
    while ((got = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
        if (length + 1 < TOUR_ANSWER) answer[length++] = c;
        if (length < 3 || (unsigned char)answer[length - 3] != 0xEF) continue;
        uint32_t code;
        if (unicode_decode(answer + length - 3, answer + length, &code) == 3 && code >= 0xFF01 &&
            code <= 0xFF5E) {
            answer[length - 3] = (char)(code - 0xFF01 + '!');
            length -= 2;
        }
    }
    while (length > 0 && strchr(" \t\r", answer[length - 1])) length--;
    answer[length] = '\0';
    size_t blanks = strspn(answer, " \t");
    memmove(answer, answer + blanks, length - blanks + 1);
    return got == 1;
}

static bool tour_equal(const char *answer, const char *accepted, size_t length) {
    double mine, right;
    const char *end = answer + strlen(answer);
    if (number_read(answer, end, &mine) && number_read(accepted, accepted + length, &right))
        return fabs(mine - right) <= 1e-3 * fabs(right);
    if (strlen(answer) != length) return false;
    for (size_t k = 0; k < length; k++) {
        char a = answer[k], b = accepted[k];
        if (a >= 'A' && a <= 'Z') a = (char)(a - 'A' + 'a');
        if (a != b) return false;
    }
    return true;
}

static bool tour_accepts(const TourReader *reader, const char *answer) {
    TourLine line;
    for (const char *at = reader->page; at < reader->end;) {
        at = tour_next_line(at, &line);
        if (line.mark != '!') continue;
        const char *limit = line.text + line.length;
        for (const char *one = line.text; one < limit;) {
            const char *bar = memchr(one, '|', (size_t)(limit - one));
            const char *next = bar ? bar + 1 : limit, *end = bar ? bar : limit;
            while (one < end && *one == ' ') one++;
            while (end > one && end[-1] == ' ') end--;
            if (tour_equal(answer, one, (size_t)(end - one))) return true;
            one = next;
        }
    }
    return false;
}

static void tour_flush(TourReader *reader) {
    if (!cli_flush(reader->cli)) reader->leaving = true;
}

static bool tour_ask(TourReader *reader, char answer[TOUR_ANSWER]) {
    text_add(&reader->cli->out, cli_text(reader->cli, MSG_CLI_TOUR_PROMPT));
    tour_flush(reader);
    if (reader->leaving) return false;
    if (!tour_read_answer(answer)) {
        text_add_char(&reader->cli->out, '\n');
        reader->leaving = true;
    }
    if (strcmp(answer, "q") == 0 || strcmp(answer, "Q") == 0) reader->leaving = true;
    return !reader->leaving;
}

/* Right: praise. Wrong: the hint, and once more. Then it is told. */
static void tour_question(TourReader *reader) {
    char answer[TOUR_ANSWER] = "";
    Cli *cli = reader->cli;
    tour_lines(reader, '?');
    for (int attempt = 0; reader->asking && attempt < 2; attempt++) {
        if (!tour_ask(reader, answer)) return;
        if (tour_accepts(reader, answer)) {
            cli_say(cli, MSG_CLI_TOUR_RIGHT, NULL);
            break;
        }
        if (attempt > 0) break;
        cli_say(cli, MSG_CLI_TOUR_WRONG, NULL);
        tour_lines(reader, '-');
    }
    tour_lines(reader, '+');
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void tour_page(TourReader *reader) {
    TourLine line;
    Text *out = &reader->cli->out;
    const char *at = tour_next_line(reader->page, &line);
    text_format(out, "\n[%zu/%zu] ", reader->number, reader->count);
    text_add_bytes(out, line.text + 3, line.length - 3);
    text_add(out, "\n\n");
    while (at < reader->end) {
        at = tour_next_line(at, &line);
        if (line.mark == '$') tour_run(reader, &line);
        if (line.mark != ' ') continue;
        text_add_bytes(out, line.text, line.length);
        text_add_char(out, '\n');
    }
    tour_question(reader);
    if (reader->leaving || !reader->asking || reader->number == reader->count) return;
    char answer[TOUR_ANSWER] = "";
    cli_say(reader->cli, MSG_CLI_TOUR_NEXT, NULL);
    tour_ask(reader, answer);
}

static size_t tour_count(const char *text) {
    size_t count = 0;
    for (const char *at = tour_find_page(text); *at; at = tour_find_page(at + 3)) count++;
    return count;
}

/* Which page to start with: 'tour 4'. 0: a word that is no page. */
static size_t tour_first(const Command *command, size_t count) {
    double number;
    if (command->n_arguments == 0) return 1;
    const char *word = command->arguments[0];
    if (!number_read(word, word + strlen(word), &number) || !(number >= 1) ||
        !(number <= (double)count))
        return 0;
    return (size_t)number;
}

int cli_tour(Cli *cli, const Command *command) {
    const char *text = tour_text(cli_language(cli));
    TourReader reader = {.cli = cli, .count = tour_count(text)};
    size_t first = tour_first(command, reader.count);
    if (first == 0 || command->n_arguments > 1) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_TOUR_NO_PAGE, command->arguments[0],
                  number_integer((long long)reader.count).s, NULL);
        return cli_refused(cli);
    }
    reader.asking = cli->style.terminal && !cli->style.plain && isatty(STDIN_FILENO);
    if (reader.asking) cli_say(cli, MSG_CLI_TOUR_WELCOME, NULL);
    const char *at = tour_find_page(text);
    while (*at && !reader.leaving) {
        reader.page = at;
        reader.end = at = tour_find_page(at + 3);
        if (++reader.number < first) continue;
        tour_page(&reader);
    }
    return CLI_EXIT_DONE;
}
