/* exec: graph -> plan -> run over blocks of rows.
 *
 * A plan computes some nodes of a graph. It goes over the rows in as many passes as its sums over
 * rows depend on each other (usually one): a block's columns come into cache once, forward and
 * backward are done, then the next block. Sums over rows: 16 lanes inside a leaf of 1,024 rows
 * counted by absolute row, then a binary tree over leaves - the same bits for every block height
 * and executor.
 */
#ifndef DESCEND_EXEC_H
#define DESCEND_EXEC_H

#include "../data/data.h"
#include "../graph/graph.h"

enum { EXEC_LEAF_ROWS = 1024, EXEC_LANES = 16 };

/* What the numbers of rows, and what is made of them, are. Parameters and results are doubles in
 * either case, and so is what sums over rows hold of complete leaves. */
typedef enum Precision { PRECISION_F64, PRECISION_F32 } Precision;

/* The instruction set of the inner loops; the bits are the same. */
typedef enum Isa { ISA_BEST, ISA_PLAIN, ISA_AVX2, ISA_AVX512 } Isa;

typedef enum Executor {
    EXECUTOR_AUTO,
    EXECUTOR_REFERENCE,  /* a plain loop, row by row, for tests */
    EXECUTOR_INTERPRETED, /* vectors over a block of rows */
    EXECUTOR_COMPILED     /* emitted C; AUTO turns to it in the background, when it pays */
} Executor;

typedef struct PlanOptions {
    Executor executor;
    size_t block_rows;   /* 0: chosen so that a block's values stay in cache */
    size_t memory_limit; /* bytes of workspace; 0: none */
    size_t kept;         /* numbers a row that are there at once, before some are made twice; 0: as
                            many as stay in cache */
    Pool *pool;          /* the threads that share a pass over the rows; NULL: the caller alone */
    bool few_rows;       /* for passes he is alone all the same */
    Precision precision;
    Isa isa;             /* one that the processor has */
    bool profile;        /* every step is timed */
    const char *cache;   /* folder of compiled modules, which must outlive the plan; NULL: none */
} PlanOptions;

typedef struct Plan Plan;

/* Plans the outputs (any nodes). The graph must outlive the plan. The workspace is allocated here,
 * once. */
Status exec_plan(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                 const PlanOptions *options, Plan **plan, Error *error);
void exec_free(Plan *plan);

/* The rows of one evaluation: row r of column c is columns[c][first + r]. Rows are counted from
 * 'first'. 'floats', the same rounded, is what plans in single precision read; where it is given,
 * faults and kinks are looked for in that precision. */
typedef struct Rows {
    const double *const *columns;
    size_t first, count; /* count 0: a program without rows */
    const float *const *floats;
} Rows;

/* Shown the outputs that have rows, block by block: values[k] is output k, element e of row r at
 * values[k][e * stride + r]; NULL for outputs without rows.
 *
 * Without 'join' the blocks come in order, one after the other. With it, threads take parts of
 * EXEC_VISIT_ROWS rows each: 'block' is told the number of a set, below 'sets' (at least 1) times
 * the pool's workers, which has one part at a time, whose blocks come in order; and 'join' is
 * called, one at a time, in the order of the parts, when a part is done: what the visitor makes
 * cannot depend on the number of threads. Several sets a worker let it go on before its turn. */
enum { EXEC_VISIT_ROWS = 16384, EXEC_VISIT_SETS = 4 };
typedef struct RowVisitor {
    Status (*block)(void *context, size_t set, size_t first_row, size_t n_rows,
                    const double *const *values, size_t stride);
    Status (*join)(void *context, size_t set);
    void *context;
    size_t sets; /* of each worker, up to EXEC_VISIT_SETS; with 'join' */
} RowVisitor;

/* 'parameters' is the flat vector. results[k] receives output k: its elements; for an output with
 * rows element e of row r at results[k][e * rows->count + r] (must not overlap the columns), or
 * NULL to leave it to the visitor. 'visitor' may be NULL. Allocates nothing. Non-finite values are
 * ordinary results. */
Status exec_run(Plan *plan, const double *parameters, const Rows *rows, double *const *results,
                const RowVisitor *visitor);

/* Where a value that is not finite was born. */
typedef struct Fault {
    NodeId node; /* its inputs are finite, its value is not; never in an arm not taken */
    bool has_row;
    size_t row; /* from 0, counted from rows->first */
    double value;
    size_t n_operands; /* up to 3 */
    double operands[3];
} Fault;
/* Replays the evaluation of 'output' in a checked, slow way. False when everything is finite (or
 * memory ended). */
bool exec_find_fault(const Graph *graph, NodeId output, const double *parameters, const Rows *rows,
                     Fault *fault);
/* How many rows (or 1) stand exactly on a kink of abs, max, min, sign, norm... at these parameters,
 * and the first such node: for the report. */
size_t exec_count_kinks(const Graph *graph, NodeId output, const double *parameters,
                        const Rows *rows, NodeId *first);

typedef enum CodeState {
    CODE_UNTRIED,     /* it did not pay yet, or nobody wants it */
    CODE_BUILDING,
    CODE_USED,
    CODE_NO_COMPILER,
    CODE_NOT_EMITTED, /* this plan has none: quantiles, thousands of steps */
    CODE_FAILED       /* the compiler, or a place for its files */
} CodeState;

typedef struct PlanFacts {
    size_t steps, passes, block_rows, workspace_bytes, threads;
    const char *executor; /* "interpreted" */
    CodeState code;
} PlanFacts;
PlanFacts exec_facts(const Plan *plan);
/* How many share the work over these rows: one where they are few. */
size_t exec_threads(const Plan *plan, const Rows *rows);

/* profile.c: where the time went, of plans made with 'profile'. */
typedef enum ExecClock {
    EXEC_CLOCK_ONCE,    /* what has no rows, before the pass */
    EXEC_CLOCK_CODE,    /* all steps, as emitted code */
    EXEC_CLOCK_OUTPUTS, /* rows that are shown to somebody */
    EXEC_CLOCK_STEPS    /* one step */
} ExecClock;
typedef struct ProfileLine {
    ExecClock kind;
    size_t pass;    /* from 1 */
    double seconds; /* of all threads together */
} ProfileLine;
typedef struct PlanProfile {
    double runs, rows, seconds; /* rows: over all runs; seconds: as a clock on the wall tells */
    double bytes, operations;   /* columns that were read; a function such as exp counts as one */
} PlanProfile;
PlanProfile exec_profile(const Plan *plan);
/* Line k; of a step 'what' receives its stable text. False past the end. */
bool exec_profile_line(const Plan *plan, size_t k, ProfileLine *line, Text *what);
/* limits.c: bytes that memory gives a second, and multiplications and additions that the
 * processors make, with the pool's threads. Takes a good part of a second; NaN: no memory. */
void exec_limits(Pool *pool, Precision precision, double *read, double *operations);

/* Stable text for 'show --stage plan'. */
void exec_dump(const Plan *plan, Text *out);

/* Longer plans are not emitted: compilers take too long. */
enum { EXEC_EMIT_STEPS = 4000 };

/* emit.c: the plan as the text of a C module that does the same work with the same bits.
 *
 * The module has for each pass P, counted from 0,
 *     void descend_once_P(const real *const *base)
 *         the steps without rows, before the pass;
 *     void descend_rows_P(const real *const *base, Sum *sums, size_t n)
 *         one block of n <= ROWS rows that begins at a multiple of 16 rows of a leaf.
 * base[0] are the values without rows (it is written through), base[1] the block, base[2] the
 * parameters, base[3 + c] column c at the block's first row, then the columns of stacks. The block
 * holds slot s of row r at base[1][s * ROWS + r]: of each value with rows element e is slot
 * first + e. sums[k] is the pass's fold k: row r of the block goes to
 * lanes[element * 16 + r % 16]; closing leaves is the caller's.
 */
/* ROWS of the module; 0: this plan is not emitted (quantiles, thousands of steps). */
size_t exec_emit_rows(const Plan *plan);
/* The whole module; false when it is not emitted, or memory ended. */
bool exec_emit(const Plan *plan, Text *out);
/* Its parts, for many plans in one module: the head once, then functions NAME_once_P, NAME_rows_P.
 */
void exec_emit_head(Precision precision, bool functions, Text *out); /* with vmath pasted, or not */
bool exec_emit_plan(const Plan *plan, const char *name, Text *out);
/* The head with those functions alone that 'body' calls. */
bool exec_emit_head_for(Precision precision, const char *body, Text *out);
/* Stable text for 'show --stage c'. */
void exec_dump_code(const Plan *plan, Text *out);

/* step_loop.c: a rule (a plan over the parameters as its rows) walking on an objective without rows
 * (its outputs: loss, then the slope by each of the n numbers), as one compiled loop. NULL: they
 * cannot be walked so, or there is no compiler. The plans must outlive it. */
typedef struct StepLoop StepLoop;
typedef struct StepShape {
    size_t n, n_settings, n_columns; /* parameters; what the rule's plan reads */
} StepShape;
StepLoop *exec_step_loop(const Plan *objective, const Plan *rule, const StepShape *shape,
                         const char *cache);
/* The steps that were made: see emit_walk.c, which also says what 'record' holds. */
long long exec_step_loop_run(StepLoop *loop, const double *settings, double *x, double *slope,
                             double *columns, double *record, long long steps);
void exec_step_loop_free(StepLoop *loop);

/* ---- private to src/exec --------------------------------------------------------------------- */

/* needs.c: which nodes the outputs need, and when. A value of level k can be computed when k passes
 * over the rows are done (a node with rows: in pass k, and again in any later pass that reads it).
 */
typedef struct Needs {
    NodeId *nodes; /* ascending, so inputs come first */
    size_t count;
    uint32_t *level; /* by node id; NEEDS_NOT: not needed */
    uint32_t top;    /* the highest level */
} Needs;
#define NEEDS_NOT UINT32_MAX
bool exec_needs(const Graph *graph, const NodeId *outputs, size_t n_outputs, Needs *needs);
void exec_needs_free(Needs *needs);

/* kernels.c: out[r] = op(a[r], b[r], c[r]) for n numbers; bit k of 'singles' says that operand k is
 * one number for all r. No kernel where the operator is not elementwise, or all operands are
 * single. */
typedef void (*Kernel)(void *restrict out, const void *a, const void *b, const void *c, size_t n,
                       int exponent);
/* 'count' elements of n rows each; strides count elements. */
typedef void (*WalkLoop)(void *restrict out, size_t out_stride, const void *restrict in,
                         size_t in_stride, size_t count, size_t n);

/* The inner loops for one type of number on one instruction set. */
typedef struct Kernels {
    size_t size; /* bytes of a number */
    const Kernel (*elementwise)[8];
    Kernel power;       /* OP_POWI */
    Kernel exponential; /* OP_EXP */
    void (*fill)(void *out, double value, size_t n);
    void (*spread)(void *restrict out, const void *restrict value, size_t n); /* one number */
    void (*widen)(double *restrict out, const void *restrict in, size_t n);
    void (*narrow)(void *restrict out, const double *restrict in, size_t n);
    WalkLoop walk_copy, walk_add, walk_least, walk_greatest;
    void (*product_add)(void *restrict sum, const void *restrict a, bool a_rows,
                        const void *restrict b, bool b_rows, size_t n);
    /* The next n rows go to the lanes from 'lane' on, in turn. */
    void (*fold_add)(void *restrict lanes, const void *restrict values, size_t lane, size_t n);
    void (*fold_product)(void *restrict lanes, const void *restrict a, const void *restrict b,
                         bool b_rows, size_t lane, size_t n);
    void (*fold_least)(void *restrict lanes, const void *restrict values, size_t lane, size_t n);
    void (*fold_greatest)(void *restrict lanes, const void *restrict values, size_t lane,
                          size_t n);
    void (*fold_row)(void *restrict lanes, const void *restrict values, size_t stride,
                     size_t count);
    double (*fold_lanes)(Op op, void *lanes, double neutral);
} Kernels;
const char *exec_instructions(void); /* the set that is chosen: avx512, avx2, plain */
/* NULL: this processor or build has no such set. */
const Kernels *exec_kernels(Precision precision, Isa isa);
const Kernels *exec_kernels_avx2(Precision precision);
const Kernels *exec_kernels_avx512(Precision precision);

/* rowsum.c: what an OP_ROW_* node gathers, element by element. */
enum { FOLD_LEVELS = 32 }; /* of the tree over leaves: enough for 2^42 rows */
typedef struct Fold {
    const Kernels *kernels;
    Op op;
    size_t elements;
    void *memory;    /* of lanes and levels */
    void *lanes;     /* [element][EXEC_LANES]: of the leaf in hand; neutral between evaluations */
    double *levels;  /* ROW_SUM: [level][element], complete subtrees of 2^level leaves; least and
                        greatest: [element], of all complete leaves */
    uint64_t leaves; /* complete leaves so far: its bits say which levels are in use */
    size_t rows;     /* fed so far */
    double *kept;    /* ROW_QUANTILE: [element][row of the evaluation] */
    size_t total;    /* rows of the evaluation */
    size_t first;    /* the evaluation's row that is fed first: a whole number of leaves */
    size_t kept_capacity; /* 0: 'kept' belongs to another fold */
    bool open, bad; /* between start and finish; a look-up outside its range was scattered */
} Fold;
bool exec_fold_size(Op op, size_t elements, size_t size, size_t *bytes); /* false: overflow */
bool exec_fold_new(Fold *fold, Op op, size_t elements, const Kernels *kernels);
void exec_fold_free(Fold *fold);
/* 'rows' is the count of the evaluation; only ROW_QUANTILE may need memory, when it grew. */
bool exec_fold_start(Fold *fold, size_t rows);
/* The next n rows, values[e * n + r]. */
void exec_fold_feed(Fold *fold, const void *values, size_t n);
/* As feeding SCATTER's result: zeros, with values[e * n + r] at index[r] of the first axis;
 * operands without rows have a row stride of 0. */
void exec_fold_scatter(Fold *fold, const void *values, size_t value_stride, size_t part,
                       const void *index, size_t index_stride, size_t n);
/* The next n rows, of one leaf, are in the lanes already. */
void exec_fold_advance(Fold *fold, size_t n);
/* 'probability' counts for ROW_QUANTILE. */
void exec_fold_finish(Fold *fold, double probability, double *out);
/* A part of the evaluation that begins at 'first': fed apart from what comes before it, then joined
 * to it. Parts are joined in order; each but the last has 2^k leaves, with one k for all. */
void exec_fold_part(Fold *part, const Fold *whole, size_t first);
void exec_fold_join(Fold *whole, Fold *part);

/* Where a step finds a value. It is read at base[base] + offset bytes + element * (rows of the
 * block); a scattered one is spread over the columns base[base], base[base + 1], ... Element e of
 * the step's result reads element (e / repeat) % period. */
enum { FRAME_WORK, FRAME_ROWS, FRAME_PARAMETERS, FRAME_COLUMNS }; /* column c: FRAME_COLUMNS + c */
typedef struct Operand {
    uint32_t base;
    uint32_t element; /* first one, of a value with rows */
    size_t offset;    /* numbers while planning, then bytes */
    uint32_t repeat, period; /* 1 and the number of elements: as it lies; period 1: one number */
    bool rows;               /* [element][row of the block]; else [element] */
    bool scattered;
} Operand;

/* An operand's elements one after the other, as the result's need them. */
typedef struct Cursor {
    const char *at, *start;
    const char *const *columns; /* of a scattered operand, else NULL */
    size_t unit;                /* bytes an element */
    uint32_t repeat, period, repeated, element;
    bool rows;
} Cursor;
void exec_cursor_next(Cursor *cursor);

typedef struct Frame {
    const Kernels *kernels;
    const char **base;
    Fold *folds;  /* of the pass */
    size_t n;     /* rows of this block */
    size_t pitch; /* bytes from one element of a value with rows to the next: n numbers */
} Frame;

/* How elements move between two values: four nested loops over 'dim'. */
typedef struct StrideWalk {
    size_t dim[SHAPE_RANK], in[SHAPE_RANK], out[SHAPE_RANK], in_start, out_start;
} StrideWalk;

/* stride.c: the walk of BROADCAST, TRANSPOSE, SLICE, PAD and the reductions. */
StrideWalk exec_stride_walk(const Graph *graph, NodeId node);

/* tape.c: the values of a row that a pass makes, item by item, and in which order. */
typedef struct Tape {
    Arena arena;
    size_t count;
    size_t *first;   /* item i reads the items input[first[i]] to input[first[i + 1] - 1] */
    uint32_t *input; /* they stand before it */
    size_t *numbers; /* that it makes; 0: they have no place */
    bool *again;     /* it may be made a second time */
    bool *shown;     /* it is read when all is made */
    uint32_t *order; /* items, some twice */
    size_t n_order;
    bool cut;    /* some are made later or twice, so that fewer are there at once */
    size_t peak; /* numbers that are there at once, at most */
    uint32_t *until; /* by place in the order: the last place that reads what is made there */
} Tape;
#define TAPE_SHOWN UINT32_MAX
bool exec_tape_new(Tape *tape, size_t count, size_t inputs); /* to be filled; false: no memory */
/* Finds order, lives and peak. Where more than so many numbers would be there at once, some are
 * made twice. False: no memory. */
bool exec_tape_order(Tape *tape, size_t numbers);
void exec_tape_free(Tape *tape);

/* slots.c: places of buffers that live for a while. */
enum { SLOT_CLASSES = 1024 };
typedef struct SlotPool {
    size_t *offset; /* by slot id, from 1 */
    uint32_t *next; /* by slot id: the next free one of its class */
    uint32_t *class_of;
    size_t count, capacity, next_capacity, class_capacity;
    uint32_t free_head[SLOT_CLASSES];
    size_t top; /* numbers in all */
    bool failed;
} SlotPool;
uint32_t exec_slot_take(SlotPool *pool, size_t elements); /* slot id; 0: failed */
void exec_slot_give(SlotPool *pool, uint32_t slot);
void exec_slot_reset(SlotPool *pool); /* all are free, top is 0 */
void exec_slot_free(SlotPool *pool);

typedef struct Step Step;
struct Step {
    void (*run)(const Step *step, const Frame *frame);
    Kernel kernel;
    size_t out; /* place: numbers while planning, then bytes */
    size_t elements;
    Operand in[3];
    union {
        const StrideWalk *walk;
        Operand *stack;
        size_t fold;       /* ROW_*: its place among those of the pass */
        size_t product[3]; /* MATMUL: [I,K] @ [K,J] */
        size_t n_parts;    /* GATHER, SCATTER: length of the first axis */
    } extra;
    NodeId node;
    int32_t exponent;
    Op op, fused; /* ROW_SUM: the operator whose result is fed without being made, or ROW_SUM */
    uint32_t n_inputs; /* STACK: length of extra.stack */
    bool rows;         /* the result has rows */
};

/* interp.c: chooses the function that runs the step, by its operator and operands. */
void exec_step_choose(Step *step, const Kernels *kernels);
void exec_step_run(const Step *steps, size_t count, const Frame *frame);
/* Steps without rows, element by element: 'count' of them from 'first' on, for one thread. */
bool exec_step_divides(const Step *step);
void exec_step_part(const Step *step, const Frame *frame, size_t first, size_t count);
static inline const void *exec_operand(const Operand *operand, const Frame *frame) {
    return frame->base[operand->base] + operand->offset + operand->element * frame->pitch;
}
Cursor exec_cursor(const Operand *operand, const Frame *frame);

/* rowsum.c: as feeding the product of a and b, at least one of which has rows. */
void exec_fold_product(Fold *fold, Cursor a, Cursor b, size_t n);

typedef struct PlanFold {
    Op op;
    size_t elements;
    Operand probability;
    size_t out;
    NodeId node;
} PlanFold;

typedef struct PlanPass {
    Step *singles; /* without rows, before the pass */
    size_t n_singles;
    Step *steps; /* for each block */
    size_t n_steps;
    PlanFold *folds; /* finished after the last block */
    size_t n_folds;
    size_t row_elements; /* numbers that the steps make for one row */
    Fold *whole;         /* the state of each fold */
    Fold **parts; /* [worker][set][fold], where several threads share the pass; else NULL */
} PlanPass;

/* What one thread needs for its blocks. */
typedef struct Worker {
    const char **base;
    void *rows;            /* the block */
    const double **values; /* of the outputs in a block, for the visitor, */
    double *shown;         /* and where they lie as doubles, when the block has floats */
} Worker;

typedef struct Replay Replay;
typedef struct Join Join;

/* The functions of an emitted module, for a plan that runs them instead of its steps. */
typedef struct CodeSum {
    void *lanes;
    bool bad;
} CodeSum;
typedef struct PassCode {
    void (*once)(const void *const *base);
    void (*rows)(const void *const *base, CodeSum *sums, size_t n);
} PassCode;
typedef struct PlanCode {
    PassCode *passes; /* as many as the plan has */
    size_t rows;      /* exec_emit_rows: the height of the block */
    CodeSum **sums;   /* [worker]: as many as the largest pass has folds */
    void *blocks;     /* of all workers */
} PlanCode;
/* cache.c: compiled modules kept between runs. 'folder' is an absolute path. */
bool exec_cache_ready(const char *folder); /* it is there (or was made), and the user's alone */
bool exec_cache_find(const char *folder, uint64_t key, Text *path); /* a whole entry */
void exec_cache_add(const char *folder, uint64_t key, const char *object);
void exec_cache_tidy(const char *folder); /* so that it does not grow without end */

/* compile.c: C text -> functions, by the system's compiler or from the cache (NULL: none). */
typedef struct Module Module;
typedef enum ModuleState { MODULE_BUILDING, MODULE_READY, MODULE_NONE } ModuleState;
bool exec_module_possible(void); /* there is a compiler */
bool exec_compiler(Text *path);  /* its path; stays empty where there is none */
/* NULL: it cannot be had, or is not in the cache and shall not be built. */
Module *exec_module_start(const char *text, size_t length, const char *cache, bool build);
ModuleState exec_module_poll(Module *module, bool wait);
void *exec_module_symbol(const Module *module, const char *name);
void exec_module_free(Module *module);

/* code.c: compiles, now or in the background; see exec_code_turn. */
Status exec_code_wait(Plan *plan, Error *error);
/* Before a run: starts the compiler when the plan has run for long enough, or looks for functions
 * that were made before, and takes them when they are ready. Whatever fails, the steps go on. */
void exec_code_turn(Plan *plan, const Rows *rows);
void exec_code_free(Plan *plan);

/* code.c: from the next run on; 'passes' is copied, the functions must stay. */
Status exec_use_code(Plan *plan, const PassCode *passes);

typedef struct Profile {
    PlanProfile totals;
    double **clocks; /* of each worker: the steps of each pass, then the other kinds */
    size_t n_clocks;
} Profile;
bool exec_profile_new(Plan *plan);
/* The first clock of that kind; NULL: nothing is timed. */
double *exec_clock(const Plan *plan, size_t worker, const PlanPass *pass, ExecClock which);
double exec_profile_row_operations(const Plan *plan);
double exec_seconds(void);
/* facts.c: one step, without an end of line. */
void exec_dump_step(const Plan *plan, const Step *step, Text *out);

struct Plan {
    const Graph *graph;
    Executor executor;
    NodeId *outputs;
    Operand *places; /* of the outputs */
    size_t *sizes;   /* their elements */
    size_t n_outputs;
    PlanPass *passes;
    Step *fixed; /* what is the same in every evaluation: computed once, by exec_plan */
    size_t n_fixed;
    size_t n_passes;   /* the last one may have no block steps */
    bool lone;         /* none goes over rows */
    bool short_rows;   /* few rows are one block without sums, such as a rule's */
    size_t visit_pass; /* in which the outputs with rows are complete; SIZE_MAX: none has rows */
    size_t block_rows, n_steps, workspace_bytes;
    size_t place_rows; /* numbers from one place of the block to the next */
    size_t row_numbers, single_numbers; /* numbers held for each row of a block, and once */
    size_t row_count;                   /* offset of OP_ROW_COUNT in work; SIZE_MAX: not used */
    uint32_t *columns;                  /* that are read, */
    uint32_t *column_base;              /* and where their place is aimed at */
    size_t n_columns, n_base;
    const Kernels *kernels;
    Pool *pool;
    Worker *workers;
    size_t n_workers, n_sets; /* sets of sums for each worker */
    Join *join;               /* NULL: one worker */
    Precision precision;
    float *parameters; /* in single precision */
    size_t n_parameters;
    double *sums; /* of one fold, before they are rounded to single precision */
    size_t shown; /* numbers a row of all outputs with rows */
    void *work;   /* values without rows */
    void *memory; /* what 'work' and the blocks were aligned in */
    const double **values; /* of a row, by the reference executor */
    Replay *replay;        /* EXECUTOR_REFERENCE */
    PlanCode *code;        /* NULL: the steps are interpreted */
    Module *module;        /* that 'code' is in, or will be */
    Profile *profile; /* NULL: nothing is timed */
    const char *cache;
    CodeState code_state;
    bool cache_asked; /* whether the module is there already */
    double spent; /* seconds in runs over rows, until the compiler is started */
    Arena arena;
};

/* join.c: sums of the parts that threads share. */
Join *exec_join_new(Plan *plan); /* in the plan's arena; NULL: no memory */
void exec_join_start(const Plan *plan, const PlanPass *pass, const RowVisitor *visitor);
/* Sums for the worker's part, and when they are complete. */
size_t exec_join_take(const Plan *plan, size_t worker, size_t part); /* a set */
Fold *exec_join_folds(const Plan *plan, const PlanPass *pass, size_t worker, size_t set);
void exec_join_done(const Plan *plan, size_t worker, size_t set, size_t part);
Status exec_join_status(const Plan *plan); /* of the visitor's joins */

/* emit_group.c: which steps of a pass become one loop over the rows. */
#define EMIT_NONE UINT32_MAX
typedef struct EmitStep {
    uint32_t loop;     /* in which of the group's loops, or after which */
    uint32_t fold;     /* KIND_ROWS: its number in the pass */
    uint32_t from[3];  /* the step of the same group whose value operand k is */
    uint32_t input[3]; /* else its number among the group's inputs */
    bool call;         /* made for a whole block by a call after the loop, */
    uint32_t partner;  /* which makes this later step as well, */
    bool served;       /* or is not needed: an earlier one makes it */
    bool stored;       /* in the block: read after the group */
    bool kept;         /* in an array of its own: read in a later loop, or by a call */
} EmitStep;
typedef struct EmitGroup {
    size_t first, end; /* steps; one that is not 'fused' is alone */
    size_t elements;
    uint32_t loops, inputs, arrays;
    bool fused;
} EmitGroup;
typedef struct EmitPass {
    const Plan *plan;
    const PlanPass *pass;
    EmitStep *steps;
    EmitGroup *groups;
    size_t n_groups;
    uint32_t *writer; /* by slot: the step that wrote it last */
    size_t slots;     /* that are written, in all */
} EmitPass;
bool exec_emit_group(const Plan *plan, size_t pass, EmitPass *made);
void exec_emit_group_free(EmitPass *pass);
bool exec_emit_in_block(const Operand *operand);
size_t exec_emit_slot(const Plan *plan, size_t offset); /* of an offset into work */
bool exec_emit_light(Op op); /* so short that it stands in the loop; else it has a block function */

/* emit_fetch.c: when the columns of a pass are asked for. */
enum {
    EMIT_STRIP = 64, /* rows that are gone through together: some vectors of any machine */
    EMIT_PIECE = 16  /* rows between which columns are asked for */
};
typedef struct EmitFetch {
    const char *name;    /* of the table of columns */
    const char *unit;    /* what is asked for: lines, or columns of a strip */
    size_t units, share; /* of a strip in all, and of a slot; 0: there are no calls */
    size_t next;         /* slot */
    size_t ahead;        /* rows */
    bool pieces;         /* there are slots within calls */
    bool within;         /* the calls of exp ask, and no other */
    bool at_start;       /* all is asked for when a strip begins */
} EmitFetch;
void exec_emit_fetch_open(EmitFetch *fetch, const EmitPass *pass, const char *name, Text *out);
void exec_emit_fetch_start(const EmitFetch *fetch, Text *out);
/* The next slot; or, in a loop, 'count' of them, of which 'which' is the text of the number. */
void exec_emit_fetch_slot(EmitFetch *fetch, const char *which, size_t count, Text *out);
/* Within a call of exp: the columns that it asks for, as its last two arguments. */
void exec_emit_fetch_within(EmitFetch *fetch, Text *out);

/* emit_step.c: steps that are not fused, as loops over elements with the rows innermost. */
void exec_emit_step(const PlanPass *pass, const Plan *plan, const Step *step, uint32_t fold,
                    Text *out);
/* Where an element of an operand begins; 'index' is the text of its number. */
void exec_emit_place(const Plan *plan, const Operand *operand, const char *index, Text *out);
/* The operator's value, its operands being 'names'. */
void exec_emit_value(const Step *step, Op op, const char *const *names, Text *out);
void exec_emit_block_functions(Precision precision, Text *out);
void exec_emit_block_name(Op op, Text *out);

/* emit_walk.c */
bool exec_walk_possible(const Plan *objective, const Plan *rule, size_t n);
bool exec_emit_walk(const Plan *objective, const Plan *rule, size_t n, size_t n_settings,
                    size_t n_columns, Text *out);

/* reference.c: one row at a time, every needed value kept. */
struct Replay {
    const Graph *graph;
    Precision precision; /* single: every number is a float, kept in a double */
    Needs needs;
    size_t *offset; /* by node, into 'values' */
    double *values; /* of the row in hand, and those without rows */
    Fold *folds;    /* by place in needs.nodes; used for OP_ROW_* */
    float *fed; /* what a fold is fed in single precision */
    const double *parameters;
    const Rows *rows;
    size_t bytes;
};
Status exec_replay_new(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                       const PlanOptions *options, Replay **replay, Error *error);
void exec_replay_free(Replay *replay);
/* Everything without rows. */
Status exec_replay_start(Replay *replay, const double *parameters, const Rows *rows);
/* After exec_replay_start: the values of one row. */
void exec_replay_row(Replay *replay, size_t row);
const double *exec_replay_value(const Replay *replay, NodeId node);
/* The input's element that an element of a SHAPE node with one input shows; false: none (PAD's
 * zeros). */
bool exec_replay_source(const Replay *replay, NodeId id, size_t element, size_t *from);
/* The element of a reduction's result that an element of its input goes to. */
size_t exec_replay_target(const Replay *replay, NodeId id, size_t element);
Status exec_replay_outputs(Plan *plan, const double *parameters, const Rows *rows,
                           double *const *results, const RowVisitor *visitor);

/* What a step reads: a part of the value of 'root', which has a place of its own. */
typedef struct PlanUse {
    NodeId root;
    uint32_t element, repeat, period; /* as in Operand */
    bool scattered;                   /* 'root' is a STACK of columns, read where they lie */
} PlanUse;

/* Which repeated values a reader can read where they are repeated from. */
typedef enum PlanReading {
    PLAN_READS_WHOLE,   /* none */
    PLAN_READS_NUMBERS, /* single numbers */
    PLAN_READS_COLUMNS, /* none, but columns may lie apart */
    PLAN_READS_PATTERNS /* all whose kept axes are neighbours; columns may lie apart */
} PlanReading;

/* The nodes of a pass, within Planner.items: first..middle without rows, before it; middle..end in
 * it. */
typedef struct PlanRange {
    size_t first, middle, end;
} PlanRange;

typedef struct Planner {
    const Graph *graph;
    Plan *plan;
    Needs needs;
    /* By node: */
    bool *required;    /* it has a place */
    bool *fixed;       /* the same in every evaluation */
    uint32_t *readers; /* how many read its place, were nothing fused */
    size_t *offset;    /* its place */
    uint32_t *slot;    /* the slot it lies in; 0: none */
    size_t *last;      /* when it is read last: item i without rows reads at 2i+1, a pass ends at
                          2*range.end; with rows: the item */
    uint32_t *wanted;  /* the last pass (from 1) that needs it; PLAN_MADE: and has it by now */
    uint32_t *shown;   /* the pass (from 1) that shows it to somebody */
    uint32_t *visited; /* while a pass is ordered: inputs that were looked at */
    NodeId *path;      /* the same: from a reader down */
    uint32_t *item_of; /* its item in the pass at hand, from 1; 0: none */
    NodeId *items;
    uint32_t *until; /* by item with rows: the last one that reads it, counted from 'middle' */
    size_t n_items, items_capacity, until_capacity;
    size_t kept; /* numbers a row that may be there at once; 0: as many as stay in cache */
    PlanRange *ranges;
    NodeId *stacks; /* of columns, read where they lie, */
    size_t n_stacks, stacks_capacity, n_scattered;
    uint32_t *stack_base; /* and where their places begin (by node; 0: none) */
    SlotPool singles, rows;
    size_t row_steps, row_elements;
} Planner;

static inline const Node *plan_node(const Planner *planner, NodeId id) {
    return &planner->graph->nodes[id];
}

static inline bool plan_has_rows(const Planner *planner, NodeId id) {
    return (plan_node(planner, id)->flags & NODE_ROWS) != 0;
}

static inline OpKind plan_kind(const Planner *planner, NodeId id) {
    return op_info(plan_node(planner, id)->op)->kind;
}

static inline size_t plan_count(const Planner *planner, NodeId id) {
    return graph_count(&plan_node(planner, id)->shape);
}

/* plan_views.c: what a step reads. */
PlanUse exec_plan_use(const Planner *planner, NodeId id, PlanReading reading);
/* The node whose inputs the step of 'id' reads: for sums of a product or a SCATTER that nobody else
 * needs, that one. */
NodeId exec_plan_source(const Planner *planner, NodeId id);
PlanUse exec_plan_input(const Planner *planner, NodeId source, uint32_t k);

/* plan_order.c: fills items, ranges, and when each is read last. False: no memory. */
bool exec_plan_order(Planner *planner);

/* plan_memory.c */
enum { EXEC_APART = 128 }; /* bytes: processors fetch cache lines in pairs */
bool exec_plan_round_up(size_t *bytes); /* to whole lines; false: overflow */
bool exec_plan_fold_bytes(const Plan *plan, size_t *bytes); /* of the sums of one worker */
/* Rows that make so many steps, which make so many numbers of a row, worth their calls. */
size_t exec_plan_worth_rows(size_t steps, size_t numbers);
size_t exec_plan_block_rows(const Plan *plan, size_t steps, size_t numbers);
bool exec_plan_workspace(Plan *plan, size_t *block, size_t *bytes);
/* Places were counted in numbers of one row; now the height of the block is known. */
void exec_plan_settle(Plan *plan);
bool exec_plan_doubles(Plan *plan); /* single precision: where doubles are on their way */
bool exec_plan_workers(Plan *plan, char *blocks, size_t block);
bool exec_plan_parts(Plan *plan);
void exec_plan_free_pass(const Plan *plan, PlanPass *pass);
Status exec_check_memory(size_t bytes, size_t limit, Error *error);
/* Of the arena, on cache lines that nobody else writes to. */
void *exec_alloc_apart(Arena *arena, size_t count, size_t size);

#endif
