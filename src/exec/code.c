/* A plan that runs emitted functions instead of its steps, from the moment they are there. */
#include "exec.h"

enum { CODE_ALIGN = 128 };

/* Seconds of work before the cache is asked, and before the compiler is started. */
static const double code_patience_cache = 0.005, code_patience = 0.2;

/* Numbers that are worth asking the cache for before the first run. */
enum { CODE_LARGE = 1 << 22 };

/* Blocks of the module's height, one for each worker. */
static bool code_allocate_blocks(Plan *plan, PlanCode *code) {
    size_t bytes, all;
    if (!memory_multiply(plan->row_numbers, code->rows, &bytes) ||
        !memory_multiply(bytes, plan->kernels->size, &bytes) ||
        !memory_add(bytes, CODE_ALIGN, &bytes))
        return false;
    bytes -= bytes % CODE_ALIGN;
    if (!memory_multiply(bytes, plan->n_workers, &all) || !memory_add(all, CODE_ALIGN, &all))
        return false;
    code->blocks = memory_new(all, 1);
    if (!code->blocks) return false;
    size_t past = (uintptr_t)code->blocks % CODE_ALIGN;
    char *first = (char *)code->blocks + (past ? CODE_ALIGN - past : 0);
    for (size_t w = 0; w < plan->n_workers; w++)
        plan->workers[w].base[FRAME_ROWS] = first + w * bytes;
    plan->workspace_bytes += all;
    return true;
}

/* Where rows are shown as doubles: a block's height has changed. */
static bool code_allocate_shown(Plan *plan, const PlanCode *code) {
    size_t count;
    if (!memory_multiply(plan->shown, code->rows, &count)) return false;
    for (size_t w = 0; w < plan->n_workers; w++) {
        double *shown = arena_alloc(&plan->arena, count, sizeof *shown);
        if (!shown) return false;
        plan->workers[w].shown = shown;
    }
    return true;
}

static bool code_allocate_sums(Plan *plan, PlanCode *code) {
    size_t most = 0;
    for (size_t p = 0; p < plan->n_passes; p++)
        if (plan->passes[p].n_folds > most) most = plan->passes[p].n_folds;
    code->sums = arena_alloc(&plan->arena, plan->n_workers, sizeof *code->sums);
    for (size_t w = 0; code->sums && w < plan->n_workers; w++)
        code->sums[w] = exec_alloc_apart(&plan->arena, most, sizeof **code->sums);
    return !plan->arena.failed;
}

Status exec_use_code(Plan *plan, const PassCode *passes) {
    PlanCode *code = arena_alloc(&plan->arena, 1, sizeof *code);
    if (!code) return STATUS_MEMORY;
    code->rows = exec_emit_rows(plan);
    code->passes = arena_alloc(&plan->arena, plan->n_passes, sizeof *code->passes);
    if (code->rows == 0 || !code->passes || !code_allocate_sums(plan, code) ||
        !code_allocate_shown(plan, code) || !code_allocate_blocks(plan, code))
        return STATUS_MEMORY;
    for (size_t p = 0; p < plan->n_passes; p++) code->passes[p] = passes[p];
    plan->code = code;
    return STATUS_OK;
}

/* ---- in the background ----------------------------------------------------------------------- */

/* Without 'build': only when the module is in the cache. */
static CodeState code_start(Plan *plan, bool build) {
    Text text = {0};
    CodeState state = CODE_BUILDING;
    const char *cache = plan->cache;
    if (exec_emit_rows(plan) == 0 || !exec_emit(plan, &text))
        state = CODE_NOT_EMITTED;
    else if (!exec_module_possible())
        state = build ? CODE_NO_COMPILER : CODE_UNTRIED;
    else if (!(plan->module = exec_module_start(text_string(&text), text.length, cache, build)))
        state = build ? CODE_FAILED : CODE_UNTRIED;
    text_free(&text);
    return state;
}

typedef void (*CodeFunction)(void);

static CodeFunction code_function(const Plan *plan, const char *kind, size_t pass) {
    Text name = {0};
    union {
        void *address;
        CodeFunction function;
    } both;
    text_format(&name, "descend_%s_%zu", kind, pass);
    both.address = exec_module_symbol(plan->module, text_string(&name));
    text_free(&name);
    return both.function;
}

static bool code_take(Plan *plan) {
    PassCode *passes = memory_new(plan->n_passes, sizeof *passes);
    bool good = passes != NULL;
    for (size_t p = 0; good && p < plan->n_passes; p++) {
        CodeFunction once = code_function(plan, "once", p), rows = code_function(plan, "rows", p);
        good = once && rows;
        passes[p].once = (void (*)(const void *const *))once;
        passes[p].rows = (void (*)(const void *const *, CodeSum *, size_t))rows;
    }
    good = good && exec_use_code(plan, passes) == STATUS_OK;
    memory_free(passes);
    return good;
}

static void code_poll(Plan *plan, bool wait) {
    ModuleState state = exec_module_poll(plan->module, wait);
    if (state == MODULE_BUILDING) return;
    plan->code_state = state == MODULE_READY && code_take(plan) ? CODE_USED : CODE_FAILED;
}

static bool code_is_large(const Plan *plan, const Rows *rows) {
    double numbers = 0;
    for (size_t p = 0; p < plan->n_passes; p++) numbers += (double)plan->passes[p].row_elements;
    return numbers * (double)rows->count > CODE_LARGE;
}

void exec_code_turn(Plan *plan, const Rows *rows) {
    if (plan->executor != EXECUTOR_AUTO) return;
    if (plan->code_state == CODE_UNTRIED && plan->spent > code_patience)
        plan->code_state = code_start(plan, true);
    if (plan->code_state == CODE_UNTRIED && plan->cache && !plan->cache_asked &&
        (plan->spent > code_patience_cache || code_is_large(plan, rows))) {
        plan->code_state = code_start(plan, false);
        plan->cache_asked = true;
    }
    if (plan->code_state == CODE_BUILDING) code_poll(plan, false);
}

Status exec_code_wait(Plan *plan, Error *error) {
    plan->code_state = code_start(plan, true);
    if (plan->code_state == CODE_BUILDING) code_poll(plan, true);
    if (plan->code) return STATUS_OK;
    error_set(error, STATUS_INPUT, MSG_EXEC_NOT_COMPILED, NULL);
    error_remedy(error, MSG_EXEC_NOT_COMPILED_REMEDY, NULL);
    return STATUS_INPUT;
}

void exec_code_free(Plan *plan) {
    if (plan->code) memory_free(plan->code->blocks);
    exec_module_free(plan->module);
}
