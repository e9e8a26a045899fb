/* The emitted loop of emit_walk.c, compiled and called. */
#include "exec.h"

typedef long long (*WalkFunction)(const double *, const double *, const double *, double *,
                                  double *, double *, double *, long long);

struct StepLoop {
    const Plan *objective, *rule;
    Module *module;
    WalkFunction run;
};

static bool loop_compile(StepLoop *loop, const StepShape *shape, const char *cache) {
    Text body = {0}, text = {0};
    union {
        void *address;
        WalkFunction function;
    } both = {NULL};
    text_add(&body, "\n");
    bool good = exec_emit_walk(loop->objective, loop->rule, shape->n, shape->n_settings,
                               shape->n_columns, &body) &&
                exec_emit_head_for(PRECISION_F64, text_string(&body), &text);
    text_add_bytes(&text, text_string(&body), body.length);
    if (good && !text.failed)
        loop->module = exec_module_start(text_string(&text), text.length, cache, true);
    if (loop->module && exec_module_poll(loop->module, true) == MODULE_READY)
        both.address = exec_module_symbol(loop->module, "descend_walk");
    loop->run = both.function;
    text_free(&body);
    text_free(&text);
    return loop->run != NULL;
}

StepLoop *exec_step_loop(const Plan *objective, const Plan *rule, const StepShape *shape,
                         const char *cache) {
    StepLoop *loop = memory_new(1, sizeof *loop);
    if (!loop) return NULL;
    loop->objective = objective;
    loop->rule = rule;
    if (exec_walk_possible(objective, rule, shape->n) && loop_compile(loop, shape, cache))
        return loop;
    exec_step_loop_free(loop);
    return NULL;
}

long long exec_step_loop_run(StepLoop *loop, const double *settings, double *x, double *slope,
                             double *columns, double *record, long long steps) {
    return loop->run(loop->objective->work, loop->rule->work, settings, x, slope, columns, record,
                     steps);
}

void exec_step_loop_free(StepLoop *loop) {
    if (!loop) return;
    exec_module_free(loop->module);
    memory_free(loop);
}
