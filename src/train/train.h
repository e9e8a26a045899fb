/* train: model + data + method -> walk: rounds, events, restarts, digest. */
#ifndef DESCEND_TRAIN_H
#define DESCEND_TRAIN_H

#include "../optim/optim.h"

#include <stdatomic.h>

/* ---- objective.c: a graph and its table as an Objective -------------------------------------- */

typedef struct Problem Problem;

typedef struct ProblemOptions {
    Executor executor;
    size_t threads; /* that share the passes over many rows; 0: one for each processor */
    Precision precision; /* of loss and slope; what is reported is computed in double */
    const char *cache; /* see PlanOptions */
    bool profile;
    bool probe;     /* the gradient is felt with the foot: no exact slope, no least squares */
} ProblemOptions;

/* Ast, table (may be NULL) and what the build options point to must outlive the problem. */
Status train_problem_open(const Ast *ast, const Table *table, const BuildOptions *build,
                          const ProblemOptions *options, Problem **problem, Error *error);
void train_problem_close(Problem *problem);
const Objective *train_objective(const Problem *problem);
/* The same with the exact slope, also where the walk feels it by probe. */
const Objective *train_exact_objective(const Problem *problem);
/* Why a plan made after opening failed. */
const Error *train_late_error(const Problem *problem);
Graph *train_graph(const Problem *problem);
const Table *train_table(const Problem *problem);
/* Nodes of the gradient by parameter (n_parameters of the graph), for 'show' and 'slope'. */
Status train_gradient_nodes(Problem *problem, const NodeId **nodes);
/* The rows that evaluations go over: all by default, or a batch. */
Rows train_rows(const Problem *problem);
void train_use_rows(Problem *problem, size_t first, size_t count);
const char *train_executor_name(const Problem *problem);
Precision train_precision(const Problem *problem);
size_t train_threads(const Problem *problem); /* that shared the work */
/* The plans made so far, k from 0, with a word for each ("gradient", "loss", "residuals", ...);
 * NULL past the end. */
const Plan *train_plan(const Problem *problem, size_t k, const char **name);
size_t train_workspace(const Problem *problem); /* bytes of all of them */
/* See exec_limits. */
void train_limits(const Problem *problem, double *read, double *operations);
Executor train_executor(const Problem *problem);
const char *train_cache(const Problem *problem);
/* The plan of loss and slope where there are no rows, in double; else NULL. */
const Plan *train_lone_plan(Problem *problem);
CodeState train_code_state(const Problem *problem);
/* The feet of the newest gradient by probe, n of them; NULL with an exact gradient. */
const Foot *train_feet(const Problem *problem);
/* The plan of loss and gradient, as text. */
Status train_dump_plan(Problem *problem, Text *out);
/* The same as C, without the functions that are pasted in front; one line where it has none. */
Status train_dump_code(Problem *problem, Text *out);
/* Left, right or residual side of the first '~' for each row of the table. */
typedef enum FitSide { SIDE_LEFT, SIDE_RIGHT, SIDE_RESIDUAL } FitSide;
Status train_fit_rows(Problem *problem, const double *x, FitSide side, const Rows *rows,
                      double *values);

/* The largest residual of the first '~', and what rounding of its left side allows (4 units in the
 * last place). Untouched on failure. */
void train_exactness(const Problem *problem, const double *x, double *residual, double *room);

/* ---- curve.c --------------------------------------------------------------------------------- */

/* The one column that the right side of the first '~' depends on; -1 when there are more or none,
 * when it holds statistics over the rows, or when the column is one of categories. */
enum { CURVE_NONE = -1, CURVE_NO_MEMORY = -2 };
int train_curve_column(const Problem *problem);
/* The right side over given values of that column. */
Status train_curve(Problem *problem, const double *x, const double *column, double *values,
                   size_t n);

/* ---- slopes.c -------------------------------------------------------------------------------- */

/* A number and its slope by each scalar parameter, of the rows in order. */
typedef void (*TrainSlopeVisitor)(void *context, size_t row, double value, const double *slope);
/* Of a node that has rows, in double precision. */
Status train_slopes(Problem *problem, NodeId of, const double *x, const Rows *rows,
                    TrainSlopeVisitor visit, void *context);
/* Of the right side of the first '~': over n values of its one column, or (column NULL) over the
 * rows of the table. */
Status train_curve_slopes(Problem *problem, const double *x, const double *column, size_t n,
                          TrainSlopeVisitor visit, void *context);

/* ---- walk.c ---------------------------------------------------------------------------------- */

typedef struct WalkOptions {
    const char *optimizer; /* a name, or the text of a rule (it holds a '='); NULL: chosen */
    const char *rate;      /* expression; NULL: the method's own */
    bool rate_measured;    /* nobody gave 'rate': it was measured */
    const char *until;
    long long steps;  /* 0: default */
    long long epochs; /* 0: not given */
    long long batch;  /* rows; 0: all */
    long restarts;
    uint64_t seed;
    const atomic_int *stop; /* not zero: the walk ends after the round it is in; or NULL */
} WalkOptions;

typedef struct Walk Walk;

typedef struct Valley {
    double loss;
    double *values; /* n */
    long walks;     /* how many walks ended there */
} Valley;

/* Start vector (n) is copied; drawn[i]: nobody gave start i. The problem must outlive the walk. */
Status train_walk_open(Problem *problem, const WalkOptions *options, const double *start,
                       const bool *drawn, Walk **walk, Error *error);
/* One round (after the first walk: one whole further walk of --restarts). *reason: REASON_RUNNING
 * to go on. */
Status train_walk_step(Walk *walk, StepReport *report, long *restart, Reason *reason, Error *error);
/* Before a round that nobody looks at: may walk many, and leave the last one to it. */
Status train_walk_stretch(Walk *walk);
void train_walk_close(Walk *walk);

/* What a walk remembers for those who explain it. */
typedef struct WalkFacts {
    Reason reason;
    long long steps, evaluations;
    double start_loss, loss;      /* loss at 'values', over all rows */
    double start_slope, slope;    /* at the start; at 'values' */
    double first_step, last_step; /* |next - at|, Euclidean, of the first and last round */
    double first_rate, last_rate;
    double before_last_loss;            /* of the last round's start */
    long long sign_flips, flip_chances; /* rounds whose slope pointed against the one before */
    double stop_value, stop_bound;      /* the two numbers behind the reason */
    double seconds;
    const double *start, *values; /* n; values: where he stands, or the last finite place */
    const double *previous;       /* n: where he stood a round before */
    const bool *felt;             /* n: its slope was not exactly 0 in some round */
    const char *method, *until, *rate;
    long restarts; /* done so far */
    size_t valleys;
    bool chosen; /* neither rate nor optimizer was given */
    bool first_order, user_rate, user_steps, default_limit;
    bool rate_measured;
    double own_rate; /* the default in the text of the rule; NaN: it has none */
    bool batches; /* a round sees a part of the rows */
    long long max_steps, epochs; /* epochs 0: the limit was given in steps */
    bool faulty; /* a value was not finite: fault, at fault_point */
    bool fault_in_slope; /* the loss itself is finite there */
    Fault fault;
    const double *fault_point; /* n */
} WalkFacts;
void train_walk_facts(const Walk *walk, WalkFacts *facts);
const Walker *train_walker(const Walk *walk);
bool train_walk_valley(const Walk *walk, size_t k, Valley *valley);
uint64_t train_walk_digest(const Walk *walk);

/* ==== inside this folder ====================================================================== */

/* ---- jacobian.c: the residuals of a sum of squares and their slopes -------------------------- */

typedef struct Jacobian Jacobian;
/* The plans are made here; graph and options->pool must outlive it. */
Status jacobian_open(Graph *graph, const PlanOptions *options, Jacobian **jacobian, Error *error);
/* R, Q'r and r'r at x (see Objective.least_squares): the same bits for any number of threads and
 * any height of blocks. Residuals without rows are multiplied by 'weight' when others have rows. */
const Plan *jacobian_plan(const Jacobian *jacobian); /* of what has rows, or NULL */
Status jacobian_factors(Jacobian *jacobian, const double *x, const Rows *rows, double weight,
                        double *r_matrix, double *qtr, double *rss);
void jacobian_close(Jacobian *jacobian);

/* ---- walk.c and restarts.c share ------------------------------------------------------------- */

enum { STRETCH_PARAMETERS = 8 };

struct Walk {
    Problem *problem;
    WalkOptions options;
    MethodSettings method;
    Walker *walker;
    Stop *stop;
    size_t n;
    Rows all_rows;
    double started;
    long long max_steps;
    StepLoop *loop; /* see stretch.c */
    double *loop_saved; /* the rule's columns and the slope, before a stretch */
    bool loop_failed; /* or has come to the end of its way */
    bool asked_steps; /* --steps or --epochs was given */
    bool begun;       /* at least one round was reported */
    bool first_done;  /* the walk from the given start has ended */
    StepReport report;
    double *start, *values, *previous, *slope_before, *work, *fault_point; /* n each */
    bool *drawn, *felt;
    WalkFacts facts;
    long restarts_done;
    Valley *valleys; /* lowest first */
    size_t n_valleys, valleys_capacity;
};

/* Loss and slope where a walk ended, as its method feels them. */
Status walk_feel_end(const Walk *walk, const Walker *walker, const double *x, double *loss,
                     double *gradient);
double walk_seconds(const Walk *walk);
bool walk_stopped(const Walk *walk);

/* ---- restarts.c ------------------------------------------------------------------------------ */
bool restart_wanted(const Walk *walk);
/* A stop while restarts were still to come: the whole was interrupted. */
void restart_cut_short(Walk *walk);
/* Notes the valley of the walk from the given start. */
Status restart_note_first(Walk *walk);
/* One whole walk from another start. */
Status restart_step(Walk *walk, StepReport *report, long *restart, Reason *reason, Error *error);

#endif
