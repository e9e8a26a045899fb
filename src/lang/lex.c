/* lex: text -> tokens with spans.
 *
 * Full-width forms and mathematical signs are read as their ASCII twins as they are met; the text
 * is never rewritten, so every span points into what the user typed. Names are interned: equal
 * names are equal pointers. The first failure is kept; from then on only TOKEN_END comes, so that
 * the parser unwinds by itself.
 */
#include "lang.h"

#include <math.h>
#include <string.h>

/* ---- failures -------------------------------------------------------------------------------- */

void lang_lex_refuse(Lexer *lexer, Span span, MessageId what, MessageId remedy, const char *a,
                     const char *b) {
    if (lexer->status != STATUS_OK) return;
    lexer->status = error_set(lexer->error, STATUS_INPUT, what, a, b, NULL);
    if (remedy != MSG_NONE) error_remedy(lexer->error, remedy, a, b, NULL);
    error_place(lexer->error, &lexer->source, span);
}

static void lex_memory(Lexer *lexer) {
    if (lexer->status == STATUS_OK) lexer->status = error_memory(lexer->error);
}

LangWords lang_lex_words(const Lexer *lexer, Span span) {
    LangWords words = {{0}};
    size_t length = span.end - span.start;
    if (length >= sizeof words.s) length = sizeof words.s - 1;
    memcpy(words.s, lexer->source.text + span.start, length);
    return words;
}

/* ---- characters ------------------------------------------------------------------------------ */

typedef struct LexTwin {
    uint32_t code;
    const char *ascii;
} LexTwin;

enum { LEX_ROOT = 0x221A, LEX_PI = 0x3C0 };

/* Signs of mathematics that have a twin in ASCII. */
static const LexTwin lex_twins[] = {
    {0xB7, "*"},    {0xD7, "*"},        {0xF7, "/"},    {LEX_PI, "pi"},
    {0x2212, "-"},  {0x22C5, "*"},      {0x2260, "!="}, {0x2264, "<="},
    {0x2265, ">="}, {LEX_ROOT, "sqrt"}, {0x3000, " "},
};

static const char *lex_twin(uint32_t code) {
    for (size_t i = 0; i < COUNT_OF(lex_twins); i++)
        if (lex_twins[i].code == code) return lex_twins[i].ascii;
    return NULL;
}

static bool lex_full_width(uint32_t code) {
    return code >= 0xFF01 && code <= 0xFF5E;
}

/* The character at 'at', read as ASCII where a single ASCII character is its twin. Returns its
 * length in bytes, 0 at the end or where the text is malformed. */
static int lex_char(const Lexer *lexer, size_t at, uint32_t *code) {
    const char *text = lexer->source.text + at;
    *code = 0;
    if (at < lexer->source.length && (unsigned char)*text < 0x80) {
        *code = (unsigned char)*text;
        return 1;
    }
    int length = unicode_decode(text, lexer->source.text + lexer->source.length, code);
    if (length == 0) return 0;
    if (lex_full_width(*code)) {
        *code -= 0xFEE0;
    } else {
        const char *twin = lex_twin(*code);
        if (twin && twin[1] == '\0') *code = (unsigned char)twin[0];
    }
    return length;
}

static Span lex_span(size_t start, size_t end) {
    return (Span){(uint32_t)start, (uint32_t)end};
}

/* One note for the whole text: the first character that was read as its twin. */
static void lex_note_twins(Lexer *lexer, Span span) {
    const char *limit = lexer->source.text + span.end;
    if (lexer->notes->count > 0) return;
    for (const char *at = lexer->source.text + span.start; at < limit;) {
        uint32_t code;
        int length = unicode_decode(at, limit, &code);
        if (length == 0) return;
        const char *twin = code < 0x80 ? NULL : lex_twin(code);
        char ascii[2] = {(char)(code - 0xFEE0), '\0'};
        if (lex_full_width(code)) twin = ascii;
        if (code == LEX_PI && span.end - span.start > 2) twin = NULL; /* only a letter of a name */
        if (twin) {
            size_t start = (size_t)(at - lexer->source.text);
            Span place = lex_span(start, start + (size_t)length);
            LangWords words = lang_lex_words(lexer, place);
            Error *note = notes_add(lexer->notes);
            error_set(note, STATUS_OK, MSG_LANG_TWIN, words.s, twin, NULL);
            error_place(note, &lexer->source, place);
            return;
        }
        at += length;
    }
}

/* ---- names ------------------------------------------------------------------------------------
 */

static const struct LexWord {
    const char *text;
    Word word;
} lex_words[] = {
    {"data", WORD_DATA},
    {"param", WORD_PARAM},
    {"state", WORD_STATE},
    {"predict", WORD_PREDICT},
    {"def", WORD_DEF},
    {"model", WORD_MODEL},
    {"rule", WORD_RULE},
    {"for", WORD_FOR},
    {"minimize", WORD_MINIMIZE},
    {"answer", WORD_ANSWER},
    {"in", WORD_IN},
    {"rate", WORD_RATE},
    {"decay", WORD_DECAY},
    {"where", WORD_WHERE},
    {"inf", WORD_INF},
    {"and", WORD_AND},
    {"or", WORD_OR},
    {"not", WORD_NOT},
    {"if", WORD_FOREIGN},
    {"else", WORD_FOREIGN},
    {"elif", WORD_FOREIGN},
    {"while", WORD_FOREIGN},
    {"return", WORD_FOREIGN},
    {"let", WORD_FOREIGN},
    {"lambda", WORD_FOREIGN},
    {"function", WORD_FOREIGN},
    {"maximize", WORD_FOREIGN},
    {"maximise", WORD_FOREIGN},
    {"minimise", WORD_FOREIGN},
};

static Word lex_word(const char *name) {
    for (size_t i = 0; i < COUNT_OF(lex_words); i++)
        if (lex_words[i].text[0] == name[0] && strcmp(lex_words[i].text, name) == 0)
            return lex_words[i].word;
    return WORD_NONE;
}

/* Names that differ in their last characters lie close in the hash: its high bits spread them. */
static size_t lex_slot(uint64_t hash, size_t size) {
    return (hash * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (size - 1);
}

static bool lex_slots_grow(Lexer *lexer) {
    size_t size = lexer->n_slots ? 2 * lexer->n_slots : 64;
    uint32_t *slots = memory_new(size, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < lexer->n_names; i++) {
        size_t slot = lex_slot(lexer->names[i].hash, size);
        while (slots[slot]) slot = (slot + 1) & (size - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    memory_free(lexer->slots);
    lexer->slots = slots;
    lexer->n_slots = size;
    return true;
}

/* The one copy of a name; NULL when memory ended. */
static const LexName *lex_intern(Lexer *lexer, const char *text, size_t length) {
    if (2 * (lexer->n_names + 1) > lexer->n_slots && !lex_slots_grow(lexer)) return NULL;
    Hash hash = hash_start();
    hash_bytes(&hash, text, length);
    size_t slot = lex_slot(hash.value, lexer->n_slots);
    for (; lexer->slots[slot]; slot = (slot + 1) & (lexer->n_slots - 1)) {
        const LexName *name = &lexer->names[lexer->slots[slot] - 1];
        bool equal = name->hash == hash.value && strncmp(name->text, text, length) == 0;
        if (equal && name->text[length] == '\0') return name;
    }
    char *copy = arena_copy(lexer->arena, text, length);
    bool room =
        memory_reserve(&lexer->names, &lexer->names_capacity, lexer->n_names + 1, sizeof(LexName));
    if (!copy || !room) return NULL;
    lexer->names[lexer->n_names++] = (LexName){copy, hash.value, lex_word(copy)};
    lexer->slots[slot] = (uint32_t)lexer->n_names;
    return &lexer->names[lexer->n_names - 1];
}

/* Sets the token's name from a span: plain ASCII at once, anything else through its NFC form. */
static void lex_set_name(Lexer *lexer, Token *token, const char *text, size_t length, bool quoted) {
    bool ascii = true;
    for (size_t i = 0; i < length; i++) ascii = ascii && (unsigned char)text[i] < 0x80;
    if (!ascii) {
        text = unicode_nfc(lexer->arena, text, length);
        length = text ? strlen(text) : 0;
    }
    const LexName *name = text ? lex_intern(lexer, text, length) : NULL;
    if (!name) {
        lex_memory(lexer);
        return;
    }
    token->name = name->text;
    token->quoted = quoted;
    token->word = quoted ? WORD_NONE : name->word;
}

/* Where the letters, marks and digits from 'at' end. */
static size_t lex_name_end(const Lexer *lexer, size_t at, bool *twins) {
    for (;;) {
        uint32_t code;
        int length = lex_char(lexer, at, &code);
        if (length == 0 || !unicode_name(code)) return at;
        *twins = *twins || (length > 1 && code < 0x80);
        at += (size_t)length;
    }
}

static bool lex_starts_name(const Lexer *lexer, size_t at) {
    uint32_t code;
    return lex_char(lexer, at, &code) > 0 && unicode_letter(code);
}

/* The text of a span with twins replaced. */
static void lex_plain(const Lexer *lexer, Span span, Text *out) {
    for (size_t at = span.start; at < span.end;) {
        uint32_t code;
        char bytes[4];
        int length = lex_char(lexer, at, &code);
        if (length == 0) return;
        text_add_bytes(out, bytes, (size_t)unicode_encode(code, bytes));
        at += (size_t)length;
    }
}

/* name { '.' name }, without blanks. */
static void lex_name(Lexer *lexer, Token *token) {
    bool twins = false;
    size_t start = lexer->at, end = lex_name_end(lexer, start, &twins);
    const char *text = lexer->source.text;
    while (end + 1 < lexer->source.length && text[end] == '.' && lex_starts_name(lexer, end + 1)) {
        end = lex_name_end(lexer, end + 1, &twins);
        token->dotted = true;
    }
    token->kind = TOKEN_NAME;
    token->span = lex_span(start, end);
    lexer->at = end;
    if (twins) {
        Text plain = {0};
        lex_plain(lexer, token->span, &plain);
        if (plain.failed)
            lex_memory(lexer);
        else
            lex_set_name(lexer, token, text_string(&plain), plain.length, false);
        text_free(&plain);
    } else if (end - start == 2 && memcmp(text + start, "\xcf\x80", 2) == 0) {
        lex_set_name(lexer, token, "pi", 2, false);
    } else {
        lex_set_name(lexer, token, text + start, end - start, false);
    }
    if (token->word == WORD_AND) token->kind = TOKEN_AND;
    if (token->word == WORD_OR) token->kind = TOKEN_OR;
    if (token->word == WORD_NOT) token->kind = TOKEN_NOT;
}

/* ---- quotes ------------------------------------------------------------------------------------
 */

/* Where the text quoted by 'quote' ends (its closing quote), or the end of the line. */
static size_t lex_quote_end(Lexer *lexer, size_t at, uint32_t quote, int *closed) {
    for (*closed = 0;;) {
        uint32_t code;
        int length = lex_char(lexer, at, &code);
        if (length == 0 && at < lexer->source.length) {
            lang_lex_refuse(lexer, lex_span(at, at + 1), MSG_LANG_NOT_UTF8,
                            MSG_LANG_NOT_UTF8_REMEDY, NULL, NULL);
            return at;
        }
        if (length == 0 || code == '\n') return at;
        if (code == quote) {
            *closed = length;
            return at;
        }
        at += (size_t)length;
    }
}

static void lex_quoted(Lexer *lexer, Token *token, uint32_t quote, int opening) {
    int closed;
    size_t start = lexer->at, from = start + (size_t)opening;
    size_t to = lex_quote_end(lexer, from, quote, &closed);
    bool name = quote == '`';
    token->kind = name ? TOKEN_NAME : TOKEN_STRING;
    token->span = lex_span(start, to + (size_t)closed);
    lexer->at = token->span.end;
    if (lexer->status != STATUS_OK) return;
    if (!closed) {
        lang_lex_refuse(lexer, lex_span(start, from), MSG_LANG_QUOTE_OPEN,
                        MSG_LANG_QUOTE_OPEN_REMEDY, name ? "`" : "\"", NULL);
    } else if (name && from == to) {
        lang_lex_refuse(lexer, token->span, MSG_LANG_NAME_EMPTY, MSG_LANG_NAME_EMPTY_REMEDY, NULL,
                        NULL);
    } else if (memchr(lexer->source.text + from, '\0', to - from)) {
        lang_lex_refuse(lexer, token->span, MSG_LANG_CONTROL, MSG_LANG_CONTROL_REMEDY, NULL, NULL);
    } else {
        lex_set_name(lexer, token, lexer->source.text + from, to - from, true);
    }
}

/* ---- numbers ------------------------------------------------------------------------------------
 */

static bool lex_digit(const Lexer *lexer, size_t at) {
    uint32_t code;
    return lex_char(lexer, at, &code) > 0 && code >= '0' && code <= '9';
}

/* Where the characters that may belong to a number end: digits, letters, '.' (never '..'), and a
 * sign after an exponent's letter. */
static size_t lex_number_reach(const Lexer *lexer, size_t at, bool *twins) {
    uint32_t code, next, before = 0;
    for (;;) {
        int length = lex_char(lexer, at, &code);
        if (length == 0) return at;
        bool sign = (code == '+' || code == '-') && strchr("eEpP", (int)before) && before;
        bool dots = code == '.' && lex_char(lexer, at + (size_t)length, &next) && next == '.';
        bool part = code < 0x80 && (code == '.' || sign || (unicode_name(code) && code != '_'));
        if (!part || dots) return at;
        *twins = *twins || length > 1;
        before = code;
        at += (size_t)length;
    }
}

/* Bytes of the source that the first 'count' plain characters take. */
static size_t lex_skip_chars(const Lexer *lexer, size_t at, size_t count) {
    uint32_t code;
    for (; count > 0; count--) at += (size_t)lex_char(lexer, at, &code);
    return at;
}

/* '1_000' and '1.2.3': what would have been meant as one number. */
static void lex_number_tail(Lexer *lexer, const Token *token) {
    uint32_t code;
    int length = lex_char(lexer, lexer->at, &code);
    if (length == 0) return;
    size_t after = lexer->at + (size_t)length;
    if (code == '_' && lex_digit(lexer, after)) {
        bool twins = false;
        Span span = lex_span(token->span.start, lex_name_end(lexer, lexer->at, &twins));
        LangWords words = lang_lex_words(lexer, span);
        char digits[sizeof words.s];
        size_t n = 0;
        for (const char *c = words.s; *c; c++)
            if (*c != '_') digits[n++] = *c;
        digits[n] = '\0';
        lang_lex_refuse(lexer, span, MSG_LANG_NUMBER_GROUPS, MSG_LANG_WRITE, digits, NULL);
    } else if (code == '.' && lex_digit(lexer, after)) {
        bool twins = false;
        Span span = lex_span(token->span.start, lex_number_reach(lexer, lexer->at, &twins));
        LangWords words = lang_lex_words(lexer, span);
        lang_lex_refuse(lexer, span, MSG_LANG_NUMBER_DOTS, MSG_LANG_NUMBER_DOTS_REMEDY, words.s,
                        NULL);
    }
}

static void lex_number(Lexer *lexer, Token *token) {
    bool twins = false;
    size_t start = lexer->at, reach = lex_number_reach(lexer, start, &twins);
    Text plain = {0};
    const char *text = lexer->source.text + start, *limit = lexer->source.text + reach, *end;
    if (twins) {
        lex_plain(lexer, lex_span(start, reach), &plain);
        text = text_string(&plain);
        limit = text + plain.length;
    }
    if (plain.failed) {
        lex_memory(lexer);
    } else {
        number_parse(text, limit, &end, &token->number);
        lexer->at = twins ? lex_skip_chars(lexer, start, (size_t)(end - text))
                          : start + (size_t)(end - text);
    }
    text_free(&plain);
    token->kind = TOKEN_NUMBER;
    token->span = lex_span(start, lexer->at);
    if (lexer->status == STATUS_OK && isinf(token->number))
        lang_lex_refuse(lexer, token->span, MSG_LANG_NUMBER_LARGE, MSG_LANG_NUMBER_LARGE_REMEDY,
                        lang_lex_words(lexer, token->span).s, NULL);
    lex_number_tail(lexer, token);
}

/* ---- signs ----------------------------------------------------------------------------------- */

/* TOKEN_END: not a sign of the language; 'remedy' tells what to write, with 'write' as its {2}. */
typedef struct LexSign {
    const char *text;
    TokenKind kind;
    MessageId remedy;
    const char *write;
} LexSign;

static const LexSign lex_long_signs[] = {
    {"===", TOKEN_END, MSG_LANG_WRITE_TWIN, "=="},
    {"!==", TOKEN_END, MSG_LANG_WRITE_TWIN, "!="},
    {"...", TOKEN_END, MSG_LANG_WRITE_TWIN, ".."},
    {"**", TOKEN_END, MSG_LANG_WRITE_TWIN, "^"},
    {"&&", TOKEN_END, MSG_LANG_WRITE_TWIN, "and"},
    {"||", TOKEN_END, MSG_LANG_WRITE_TWIN, "or"},
    {"<>", TOKEN_END, MSG_LANG_WRITE_TWIN, "!="},
    {"~=", TOKEN_END, MSG_LANG_WRITE_TWIN, "!="},
    {"=<", TOKEN_END, MSG_LANG_WRITE_TWIN, "<="},
    {"=>", TOKEN_END, MSG_LANG_WRITE_TWIN, ">="},
    {":=", TOKEN_END, MSG_LANG_WRITE_TWIN, "="},
    {"=~", TOKEN_END, MSG_LANG_WRITE_TWIN, "~"},
    {"//", TOKEN_END, MSG_LANG_FLOOR_REMEDY, NULL},
    {"+=", TOKEN_END, MSG_LANG_UPDATE_REMEDY, "+"},
    {"-=", TOKEN_END, MSG_LANG_UPDATE_REMEDY, "-"},
    {"*=", TOKEN_END, MSG_LANG_UPDATE_REMEDY, "*"},
    {"/=", TOKEN_END, MSG_LANG_UPDATE_REMEDY, "/"},
    {"^=", TOKEN_END, MSG_LANG_UPDATE_REMEDY, "^"},
    {"==", TOKEN_EQ, MSG_NONE, NULL},
    {"!=", TOKEN_NE, MSG_NONE, NULL},
    {"<=", TOKEN_LE, MSG_NONE, NULL},
    {">=", TOKEN_GE, MSG_NONE, NULL},
    {"..", TOKEN_RANGE, MSG_NONE, NULL},
};

static const LexSign lex_short_signs[] = {
    {"+", TOKEN_ADD, MSG_NONE, NULL},
    {"-", TOKEN_SUB, MSG_NONE, NULL},
    {"*", TOKEN_MUL, MSG_NONE, NULL},
    {"/", TOKEN_DIV, MSG_NONE, NULL},
    {"(", TOKEN_PAREN, MSG_NONE, NULL},
    {")", TOKEN_PAREN_END, MSG_NONE, NULL},
    {"^", TOKEN_POW, MSG_NONE, NULL},
    {",", TOKEN_COMMA, MSG_NONE, NULL},
    {"=", TOKEN_SET, MSG_NONE, NULL},
    {"~", TOKEN_FIT, MSG_NONE, NULL},
    {"@", TOKEN_MATMUL, MSG_NONE, NULL},
    {"<", TOKEN_LT, MSG_NONE, NULL},
    {">", TOKEN_GT, MSG_NONE, NULL},
    {"[", TOKEN_BRACKET, MSG_NONE, NULL},
    {"]", TOKEN_BRACKET_END, MSG_NONE, NULL},
    {"{", TOKEN_BRACE, MSG_NONE, NULL},
    {"}", TOKEN_BRACE_END, MSG_NONE, NULL},
    {"?", TOKEN_QUESTION, MSG_NONE, NULL},
    {":", TOKEN_COLON, MSG_NONE, NULL},
    {";", TOKEN_LINE, MSG_NONE, NULL},
    {"%", TOKEN_END, MSG_LANG_PERCENT_REMEDY, NULL},
    {"!", TOKEN_END, MSG_LANG_BANG_REMEDY, NULL},
    {"&", TOKEN_END, MSG_LANG_WRITE_TWIN, "and"},
    {"|", TOKEN_END, MSG_LANG_BAR_REMEDY, NULL},
    {"'", TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL},
    {".", TOKEN_END, MSG_LANG_DOT_REMEDY, NULL},
};

/* Signs beyond ASCII: those with a twin of two characters, and some that people type for others. */
static const struct LexMark {
    uint32_t code;
    TokenKind kind;
    MessageId remedy;
    const char *write;
} lex_marks[] = {
    {LEX_ROOT, TOKEN_ROOT, MSG_NONE, NULL},
    {0x2260, TOKEN_NE, MSG_NONE, NULL},
    {0x2264, TOKEN_LE, MSG_NONE, NULL},
    {0x2265, TOKEN_GE, MSG_NONE, NULL},
    {0x201C, TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL}, /* curly quotes */
    {0x201D, TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL},
    {0x2018, TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL},
    {0x2019, TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL},
    {0x221E, TOKEN_END, MSG_LANG_INFINITY_REMEDY, NULL},
    {0xB2, TOKEN_END, MSG_LANG_WRITE_TWIN, "^2"}, /* superscripts */
    {0xB3, TOKEN_END, MSG_LANG_WRITE_TWIN, "^3"},
    {0xB9, TOKEN_END, MSG_LANG_WRITE_TWIN, "^1"},
    {0x2070, TOKEN_END, MSG_LANG_WRITE_TWIN, "^0"},
    {0x2074, TOKEN_END, MSG_LANG_WRITE_TWIN, "^4"},
    {0x2075, TOKEN_END, MSG_LANG_WRITE_TWIN, "^5"},
    {0x2076, TOKEN_END, MSG_LANG_WRITE_TWIN, "^6"},
    {0x2077, TOKEN_END, MSG_LANG_WRITE_TWIN, "^7"},
    {0x2078, TOKEN_END, MSG_LANG_WRITE_TWIN, "^8"},
    {0x2079, TOKEN_END, MSG_LANG_WRITE_TWIN, "^9"},
    {0x207B, TOKEN_END, MSG_LANG_WRITE_TWIN, "^-1"},
    {0x2010, TOKEN_END, MSG_LANG_WRITE_TWIN, "-"}, /* hyphen and dashes */
    {0x2013, TOKEN_END, MSG_LANG_WRITE_TWIN, "-"},
    {0x2014, TOKEN_END, MSG_LANG_WRITE_TWIN, "-"},
    {0x2022, TOKEN_END, MSG_LANG_WRITE_TWIN, "*"},
    {0x2217, TOKEN_END, MSG_LANG_WRITE_TWIN, "*"},
    {0x2215, TOKEN_END, MSG_LANG_WRITE_TWIN, "/"},
    {0x2227, TOKEN_END, MSG_LANG_WRITE_TWIN, "and"},
    {0x2228, TOKEN_END, MSG_LANG_WRITE_TWIN, "or"},
    {0xAC, TOKEN_END, MSG_LANG_WRITE_TWIN, "not"},
    {0x2211, TOKEN_END, MSG_LANG_WRITE_TWIN, "sum(...)"},
    {0x2026, TOKEN_END, MSG_LANG_WRITE_TWIN, ".."},
    {0x2248, TOKEN_END, MSG_LANG_WRITE_TWIN, "~"},
    {0x300C, TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL}, /* corner brackets quote, too */
    {0x300D, TOKEN_END, MSG_LANG_QUOTES_REMEDY, NULL},
    {0x3001, TOKEN_END, MSG_LANG_WRITE_TWIN, ","}, /* Chinese punctuation */
    {0x3002, TOKEN_END, MSG_LANG_WRITE_TWIN, ";"},
    {0x3010, TOKEN_END, MSG_LANG_WRITE_TWIN, "["},
    {0x3011, TOKEN_END, MSG_LANG_WRITE_TWIN, "]"},
};

static bool lex_invisible(uint32_t code) {
    return (code >= 0x200B && code <= 0x200F) || code == 0x2060 || code == 0xFEFF || code == 0xAD;
}

/* A character that begins no token. */
static void lex_unknown(Lexer *lexer, uint32_t code, Span span) {
    char hex[] = "U+000000";
    int digits = code > 0xFFFF ? 6 : 4;
    for (int i = 0; i < digits; i++) hex[1 + digits - i] = "0123456789ABCDEF"[code >> (4 * i) & 15];
    hex[2 + digits] = '\0';
    LangWords words = lang_lex_words(lexer, span);
    if (lex_invisible(code))
        lang_lex_refuse(lexer, span, MSG_LANG_INVISIBLE, MSG_LANG_INVISIBLE_REMEDY, hex, NULL);
    else if (code < 0x20 || code == 0x7F || (code >= 0x80 && code < 0xA0))
        lang_lex_refuse(lexer, span, MSG_LANG_CONTROL, MSG_LANG_CONTROL_REMEDY, hex, NULL);
    else
        lang_lex_refuse(lexer, span, MSG_LANG_CHARACTER, MSG_LANG_CHARACTER_REMEDY, words.s, hex);
}

static void lex_mark(Lexer *lexer, Token *token, uint32_t code) {
    for (size_t i = 0; i < COUNT_OF(lex_marks); i++) {
        if (lex_marks[i].code != code) continue;
        token->kind = lex_marks[i].kind;
        if (token->kind == TOKEN_END)
            lang_lex_refuse(lexer, token->span, MSG_LANG_SIGN, lex_marks[i].remedy,
                            lang_lex_words(lexer, token->span).s, lex_marks[i].write);
        if (token->kind == TOKEN_ROOT) lex_set_name(lexer, token, "sqrt", 4, false);
        return;
    }
    lex_unknown(lexer, code, token->span);
}

/* Bytes that the sign takes at the current place, or 0 if other characters stand there. */
static size_t lex_match(const Lexer *lexer, const char *sign) {
    size_t at = lexer->at;
    for (; *sign; sign++) {
        uint32_t code;
        int length = lex_char(lexer, at, &code);
        if (length == 0 || code != (unsigned char)*sign) return 0;
        at += (size_t)length;
    }
    return at - lexer->at;
}

static bool lex_try_sign(Lexer *lexer, Token *token, const LexSign *sign) {
    size_t length = lex_match(lexer, sign->text);
    if (length == 0) return false;
    token->kind = sign->kind;
    token->span = lex_span(lexer->at, lexer->at + length);
    lexer->at = token->span.end;
    if (sign->kind == TOKEN_END)
        lang_lex_refuse(lexer, token->span, MSG_LANG_SIGN, sign->remedy, sign->text, sign->write);
    return true;
}

static void lex_sign(Lexer *lexer, Token *token, uint32_t code, int length) {
    uint32_t second = 0;
    lex_char(lexer, lexer->at + (size_t)length, &second);
    bool maybe_long = second != 0 && second < 0x80 && strchr("=*&|><~/.", (int)second);
    if (maybe_long)
        for (size_t i = 0; i < COUNT_OF(lex_long_signs); i++)
            if (lex_try_sign(lexer, token, &lex_long_signs[i])) return;
    for (size_t i = 0; i < COUNT_OF(lex_short_signs); i++)
        if (code == (unsigned char)lex_short_signs[i].text[0]) {
            lex_try_sign(lexer, token, &lex_short_signs[i]);
            return;
        }
    token->span = lex_span(lexer->at, lexer->at + (size_t)length);
    lexer->at = token->span.end;
    lex_mark(lexer, token, code);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* After these a newline ends nothing. */
static bool lex_continues(TokenKind last) {
    return last >= TOKEN_AND && last <= TOKEN_RANGE;
}

static void lex_skip_comment(Lexer *lexer) {
    const char *from = lexer->source.text + lexer->at;
    const char *end = memchr(from, '\n', lexer->source.length - lexer->at);
    lexer->at = end ? (size_t)(end - lexer->source.text) : lexer->source.length;
}

/* Skips blanks, comments and newlines that end nothing; true at one that ends a statement. */
static bool lex_skip_blanks(Lexer *lexer, Token *token) {
    for (;;) {
        uint32_t code;
        int length = lex_char(lexer, lexer->at, &code);
        bool line = code == '\n' || code == '\r';
        if (length == 0) return false;
        if (code == '#') {
            lex_skip_comment(lexer);
            continue;
        }
        if (!line && code != ' ' && code != '\t' && code != '\f' && code != 0xA0) return false;
        Span span = lex_span(lexer->at, lexer->at + (size_t)length);
        lexer->at = span.end;
        if (length == 3) lex_note_twins(lexer, span);
        if (!line) continue;
        token->line_before = true;
        if (lexer->brackets == 0 && !lex_continues(lexer->last)) {
            token->kind = TOKEN_LINE;
            token->span = span;
            return true;
        }
    }
}

static void lex_count_brackets(Lexer *lexer, TokenKind kind) {
    if (kind == TOKEN_PAREN || kind == TOKEN_BRACKET) lexer->brackets++;
    if (kind == TOKEN_PAREN_END || kind == TOKEN_BRACKET_END)
        lexer->brackets -= lexer->brackets > 0;
    if (kind == TOKEN_BRACE || kind == TOKEN_BRACE_END) lexer->brackets = 0;
}

static void lex_token(Lexer *lexer, Token *token) {
    uint32_t code;
    int length = lex_char(lexer, lexer->at, &code);
    token->span = lex_span(lexer->at, lexer->at);
    if (length == 0) {
        if (lexer->at < lexer->source.length)
            lang_lex_refuse(lexer, lex_span(lexer->at, lexer->at + 1), MSG_LANG_NOT_UTF8,
                            MSG_LANG_NOT_UTF8_REMEDY, NULL, NULL);
        return;
    }
    bool digit = code >= '0' && code <= '9';
    if (digit || (code == '.' && lex_digit(lexer, lexer->at + (size_t)length)))
        lex_number(lexer, token);
    else if (unicode_letter(code))
        lex_name(lexer, token);
    else if (code != '`' && code != '"')
        lex_sign(lexer, token, code, length);
    else {
        lex_quoted(lexer, token, code, length);
        return;
    }
    lex_note_twins(lexer, token->span);
}

Token lang_lex_next(Lexer *lexer) {
    Token token = {.kind = TOKEN_END};
    if (lexer->status == STATUS_OK && !lex_skip_blanks(lexer, &token)) lex_token(lexer, &token);
    if (lexer->status != STATUS_OK) {
        uint32_t end = (uint32_t)lexer->source.length;
        return (Token){.kind = TOKEN_END, .span = {end, end}};
    }
    lex_count_brackets(lexer, token.kind);
    lexer->last = token.kind;
    return token;
}

uint32_t lang_lex_follows(const Lexer *lexer) {
    size_t at = lexer->at;
    for (;;) {
        uint32_t code;
        int length = lex_char(lexer, at, &code);
        if (length == 0) return 0;
        if (code != ' ' && code != '\t' && code != 0xA0) return code;
        at += (size_t)length;
    }
}

void lang_lex_open(Lexer *lexer, Source source, Arena *arena, Notes *notes, Error *error) {
    *lexer = (Lexer){.source = source, .arena = arena, .notes = notes, .error = error};
    if (source.length >= 3 && memcmp(source.text, "\xef\xbb\xbf", 3) == 0) lexer->at = 3;
    lexer->last = TOKEN_LINE;
}

void lang_lex_close(Lexer *lexer) {
    memory_free(lexer->names);
    memory_free(lexer->slots);
    lexer->names = NULL;
    lexer->slots = NULL;
}
