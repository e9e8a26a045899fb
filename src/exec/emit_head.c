/* What stands in front of emitted plans: types, sums, and the functions of vmath - of these only
 * what the plans call, so that compilers have little to read. */
#include "exec.h"

#include <string.h>

extern const char *const op_vmath_texts[]; /* by tools/embed: the tables, then the functions */

/* A text without the lines that include our own files: those are pasted too. */
static void emit_paste(const char *text, Text *out) {
    static const char include[] = "#include \"";
    for (const char *end; *text; text = end) {
        end = strchr(text, '\n');
        end = end ? end + 1 : text + strlen(text);
        if (strncmp(text, include, sizeof include - 1) != 0)
            text_add_bytes(out, text, (size_t)(end - text));
    }
}

/* Tables, functions; then, for floats, their functions and what makes them meant. */
static void emit_functions(Precision precision, Text *out) {
    size_t count = precision == PRECISION_F32 ? 4 : 2;
    for (size_t k = 0; k < count; k++) emit_paste(op_vmath_texts[2 * k + 1], out);
}

/* The lanes of a sum as vectors of 64 bytes: told so, compilers keep them in registers. */
static void emit_sum_vectors(Text *out) {
    text_add(out,
             "#if defined(__GNUC__)\n"
             "typedef real Vector __attribute__((vector_size(64), aligned(sizeof(real)),"
             " may_alias));\n"
             "INLINE void sum_add(real *lanes, const real *v, size_t n) {\n"
             "    size_t whole = n / 16 * 16;\n"
             "    for (size_t k = 0; k < 16; k += 64 / sizeof(real)) {\n"
             "        Vector s = *(Vector *)(lanes + k);\n"
             "        for (size_t r = 0; r < whole; r += 16) s += *(const Vector *)(v + r + k);\n"
             "        *(Vector *)(lanes + k) = s;\n"
             "    }\n"
             "    for (size_t i = 0; whole + i < n; i++) lanes[i] = lanes[i] + v[whole + i];\n"
             "}\n"
             "#else\n");
}

static void emit_sums(Text *out) {
    static const char *const names[] = {"add", "least", "greatest"};
    static const char *const joins[] = {"lanes[i] + v[r + i]", "vm_min(lanes[i], v[r + i])",
                                        "vm_max(lanes[i], v[r + i])"};
    emit_sum_vectors(out);
    for (size_t k = 0; k < COUNT_OF(names); k++) {
        text_format(out,
                    "INLINE void sum_%s(real *lanes, const real *v, size_t n) {\n"
                    "    for (size_t r = 0; r < n; r += 16)\n"
                    "        for (size_t i = 0; i < 16 && r + i < n; i++) lanes[i] = %s;\n"
                    "}\n%s",
                    names[k], joins[k], k == 0 ? "#endif\n" : "");
    }
}

void exec_emit_head(Precision precision, bool functions, Text *out) {
    text_add(out, "#ifndef ONCE\n#define ONCE static\n#endif\n");
    text_add(out, "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n\n");
    if (functions)
        emit_functions(precision, out);
    else
        text_add(out, "/* Here stand src/op/vmath_tables.inc and src/op/vmath.h. */\n");
    text_format(out, "\ntypedef %s real;\n", precision == PRECISION_F32 ? "float" : "double");
    text_add(out, "typedef struct Sum {\n    real *lanes;\n    _Bool bad;\n} Sum;\n"
                  "typedef struct Part {\n    size_t base, offset;\n    _Bool rows;\n} Part;\n\n"
                  "#define ROW_LOOP for (size_t r = 0; r < n; r++)\n"
                  "#if defined(__GNUC__)\n"
                  "#define INLINE __attribute__((always_inline)) static inline\n"
                  "#define RARE __attribute__((cold, noinline)) static\n"
                  "#define CALLED __attribute__((noinline)) static\n"
                  "#define FETCH(at) __builtin_prefetch((at), 0, 3)\n"
                  "#else\n"
                  "#define INLINE static inline\n"
                  "#define RARE static\n"
                  "#define CALLED static\n"
                  "#define FETCH(at) ((void)(at))\n"
                  "#endif\n"
                  "#define LINE (64 / sizeof(real))\n"
                  "#define SOME(k, first, count, all) \\\n"
                  "    for (size_t k = (first); k < (first) + (count) && k < (all); k++)\n"
                  "#define AT(column, ahead) (base[column] + from + (ahead))\n"
                  "#define ASK_LINES(columns, ahead, first, count, all) \\\n"
                  "    SOME(k, first, count, all) \\\n"
                  "    FETCH(AT(columns[k / (STRIP / LINE)], ahead) + k % (STRIP / LINE) * LINE)\n"
                  "#define ASK_COLUMNS(columns, ahead, first, count, all) \\\n"
                  "    SOME(k, first, count, all) \\\n"
                  "    for (size_t r = 0; r < STRIP; r += LINE) FETCH(AT(columns[k], ahead) + r)\n"
                  "#define PIECE_OF(rest) ((rest) < PIECE ? (rest) : PIECE)\n"
                  "#if defined(__clang__)\n"
                  "#pragma clang diagnostic ignored \"-Wpass-failed\"\n"
                  "#define EACH_ROW _Pragma(\"clang loop vectorize(assume_safety)\") ROW_LOOP\n"
                  "#elif defined(__GNUC__)\n"
                  "#define EACH_ROW _Pragma(\"GCC ivdep\") ROW_LOOP\n"
                  "#else\n"
                  "#define EACH_ROW ROW_LOOP\n"
                  "#endif\n\n"
                  "static inline _Bool look_up(real index, size_t count, size_t *at) {\n"
                  "    if (!(index >= 1 && index <= (real)count && index == vm_floor(index)))\n"
                  "        return 0;\n"
                  "    *at = (size_t)index - 1;\n"
                  "    return 1;\n"
                  "}\n");
    emit_sums(out);
    exec_emit_block_functions(precision, out);
}

/* ---- what is needed of it -------------------------------------------------------------------- */

/* A function or table of the head; or a name that stands for another one. */
typedef struct HeadItem {
    const char *name, *text;
    size_t name_length, length;
    bool needed, read; /* read: what it names is marked */
    size_t next;       /* of its bucket, from 1; 0: none */
} HeadItem;

enum { HEAD_BUCKETS = 256 };

typedef struct HeadItems {
    HeadItem *items;
    size_t count, capacity;
    size_t first[HEAD_BUCKETS]; /* items by their names, from 1 */
    bool failed;
} HeadItems;

static size_t head_bucket(const char *name, size_t length) {
    unsigned char middle = (unsigned char)name[length / 2], last = (unsigned char)name[length - 1];
    return (length + 7u * middle + 31u * last) % HEAD_BUCKETS;
}

static bool head_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *head_line_end(const char *at) {
    const char *end = strchr(at, '\n');
    return end ? end + 1 : at + strlen(at);
}

static bool head_begins(const char *line, const char *word) {
    return strncmp(line, word, strlen(word)) == 0;
}

/* Functions and tables begin with these; all else is kept as it is. */
static bool head_is_item(const char *line) {
    return head_begins(line, "static ") || head_begins(line, "INLINE ") ||
           head_begins(line, "CALLED ") || head_begins(line, "ONCE ");
}

/* "#define vm_exp vmf_exp" */
static bool head_is_alias(const char *line) {
    return head_begins(line, "#define vm_");
}

/* A table goes up to a semicolon at the end of a line; a function is one line, or ends with the
 * line that begins with '}'. */
static const char *head_item_end(const char *line) {
    const char *end = head_line_end(line), *equals = memchr(line, '=', (size_t)(end - line));
    const char *brace = memchr(line, '(', (size_t)(end - line));
    bool table = equals && (!brace || equals < brace);
    if (!table && end[-2] == '}') return end;
    while (*end && (table ? end[-2] != ';' : *end != '}')) end = head_line_end(end);
    return table ? end : head_line_end(end);
}

/* The name in front of the first '(' or '['; of an alias, the second word. */
static void head_name(HeadItem *item, bool alias) {
    const char *end = item->text + (alias ? strlen("#define ") : strcspn(item->text, "([="));
    if (alias) {
        item->name = end;
        while (head_letter(*end)) end++;
    } else {
        while (end > item->text && !head_letter(end[-1])) end--;
        item->name = end;
        while (item->name > item->text && head_letter(item->name[-1])) item->name--;
    }
    item->name_length = (size_t)(end - item->name);
}

static void head_add(HeadItems *all, const char *line, const char *end, bool alias) {
    if (!memory_reserve(&all->items, &all->capacity, all->count + 1, sizeof *all->items)) {
        all->failed = true;
        return;
    }
    HeadItem *item = &all->items[all->count++];
    *item = (HeadItem){.text = line, .length = (size_t)(end - line)};
    head_name(item, alias);
    if (item->name_length == 0) return;
    size_t *first = &all->first[head_bucket(item->name, item->name_length)];
    item->next = *first;
    *first = all->count;
}

static void head_list(HeadItems *all, const char *head) {
    for (const char *line = head, *end; *line; line = end) {
        bool item = head_is_item(line);
        end = item ? head_item_end(line) : head_line_end(line);
        if (item || head_is_alias(line)) head_add(all, line, end, !item);
    }
}

/* Marks what the text names. */
static void head_mark(HeadItems *all, const char *text, size_t length) {
    for (const char *at = text, *limit = text + length; at < limit;) {
        const char *end = at;
        while (end < limit && head_letter(*end)) end++;
        size_t size = (size_t)(end - at);
        bool name = size > 2 && strchr("vsbl", *at); /* vm_, vmf_, sum_, block_, look_up */
        size_t k = name ? all->first[head_bucket(at, size)] : 0;
        for (; k > 0; k = all->items[k - 1].next) {
            HeadItem *item = &all->items[k - 1];
            if (item->name_length == size && memcmp(item->name, at, size) == 0)
                item->needed = true;
        }
        at = size ? end : at + 1;
    }
}

static void head_close(HeadItems *all, const char *body) {
    head_mark(all, body, strlen(body));
    for (bool more = true; more;) {
        more = false;
        for (size_t k = all->count; k-- > 0;) { /* mostly, what is needed stands further up */
            HeadItem *item = &all->items[k];
            if (!item->needed || item->read) continue;
            item->read = more = true;
            head_mark(all, item->text, item->length);
        }
    }
}

/* The head without what is not needed; comments stay. */
static void head_write(const HeadItems *all, const char *head, Text *out) {
    size_t k = 0;
    for (const char *line = head, *end; *line; line = end) {
        bool item = k < all->count && all->items[k].text == line;
        end = item ? line + all->items[k].length : head_line_end(line);
        bool needed = item ? all->items[k++].needed : true;
        if (needed) text_add_bytes(out, line, (size_t)(end - line));
    }
}

static size_t head_calls(const char *body, const char *call) {
    size_t count = 0;
    for (const char *at = body; (at = strstr(at, call)); at += strlen(call)) count++;
    return count;
}

bool exec_emit_head_for(Precision precision, const char *body, Text *out) {
    Text head = {0};
    HeadItems all = {0};
    exec_emit_head(precision, true, &head);
    size_t calls = head_calls(body, "block_exp(") + head_calls(body, "block_exp_ahead(");
    text_format(out, "#define ONCE %s\n", calls > 1 ? "CALLED" : "static");
    head_list(&all, text_string(&head));
    bool good = !head.failed && !all.failed;
    if (good) {
        head_close(&all, body);
        head_write(&all, text_string(&head), out);
    }
    memory_free(all.items);
    text_free(&head);
    return good && !out->failed;
}
