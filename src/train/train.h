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
/* The same formula once more, in double and interpreted, over 'table': columns like those of the
 * first, which may change later (then train_forget). Statistics over rows are those of now. */
Status train_problem_again(const Problem *problem, const Table *table, size_t threads,
                           Problem **again, Error *error);
void train_forget(Problem *problem);
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

/* The same row by row, in order. */
typedef void (*SideVisitor)(void *context, size_t row, double left, double right);
Status train_side_rows(Problem *problem, const double *x, SideVisitor visitor, void *context);
/* Each row of every residual that has rows, in order, residuals beside each other: its value, with
 * the root of its weight, and its slopes by all n scalars, which last for the call. */
typedef void (*ResidualVisitor)(void *context, size_t residual, size_t row, double value,
                                const double *slopes);
Status train_residual_rows(Problem *problem, const double *x, ResidualVisitor visitor,
                           void *context);
/* Of each row; NULL: all are 1. */
const double *train_weights(const Problem *problem);
/* What the square of each row of the first '~' counts at x: its weight, or one over the variance
 * that measured errors give it. */
Status train_row_weights(Problem *problem, const double *x, double *weights);

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
    bool rate_measured;    /* without 'rate': rules that can measure theirs do */
    bool rate_part;        /* nobody gave 'rate': it is a part of what was measured at the start */
    const char *until;
    long long steps;  /* 0: default */
    long long epochs; /* 0: not given */
    long long batch;  /* rows; 0: all */
    long restarts;
    long searched; /* walks that were made before, to find the start (see train_seed) */
    bool unwatched; /* nobody will ask what happened on the way */
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
    long long flip_chances; /* rounds looked at, and compared with the one before (watch.c): */
    long long sign_flips;   /* of these those whose slope pointed against that one, */
    long long rises;        /* and those that began higher */
    double early_loss;  /* some round's between a quarter and a half of the way; NaN: too few */
    double late_loss;   /* the newest round's; both: with batches the mean of an epoch */
    double batch_slope; /* root mean square of the slopes that the batches of the last epoch felt */
    double stop_value, stop_bound;      /* the two numbers behind the reason */
    double seconds;
    const double *start, *values; /* n; values: where he stands, or the last finite place */
    const double *previous;       /* n: where he stood a round before */
    const bool *felt;             /* n: its slope was not exactly 0 in some round */
    bool watched;
    const char *method, *until, *rate;
    long restarts; /* done so far */
    bool restarted; /* he stands where one of them ended; what rounds did is of the first walk */
    long searched; /* walks before this one */
    size_t valleys;
    bool chosen; /* neither rate nor optimizer was given */
    bool first_order, user_rate, user_steps, default_limit;
    bool rate_measured, rate_part; /* as it walks; a part of that of the start */
    bool scaled;                   /* and the parameters have scales of their own */
    double own_rate; /* the default in the text of the rule; NaN: it has none */
    bool takes_rate; /* its text uses one */
    bool batches; /* a round sees a part of the rows: so many */
    long long batch;
    long long max_steps, epochs; /* epochs 0: the limit was given in steps */
    bool faulty; /* a value was not finite: fault, at fault_point */
    bool fault_in_slope; /* the loss itself is finite there */
    Fault fault;
    const double *fault_point; /* n: where loss or slope were not finite; NULL: they always were */
} WalkFacts;
void train_walk_facts(const Walk *walk, WalkFacts *facts);
const Walker *train_walker(const Walk *walk);
bool train_walk_valley(const Walk *walk, size_t k, Valley *valley);
uint64_t train_walk_digest(const Walk *walk);

/* ---- seed.c: a fit's start values where nobody gave them ------------------------------------- */

/* What the sum of squares is looked at for: itself, or a sum close to it (see train_plain_problem),
 * whose walk then starts from the end of the best one. For a robust loss the best has the smallest
 * sum of sizes of residuals. */
typedef enum SeedAim { SEED_FOR_SQUARES, SEED_FOR_X_ERRORS, SEED_FOR_ROBUST } SeedAim;

typedef struct SeedReport {
    bool used;
    bool linear;    /* the formula is linear in every parameter */
    bool squares;   /* they are those of least squares, for a sum that is not quite that */
    size_t solved;  /* scalars in which the formula is linear: solved for, not looked for */
    size_t scanned; /* parameters that nobody gave, the others */
    long tries;     /* places looked at; */
    long found;     /* the one that won, from 1 */
    long walks;     /* the best of them, walked to the end */
    long together;  /* walks that ended where the lowest did */
    double runner_up; /* sum of squares of the next valley over that of the lowest; NaN: none */
} SeedReport;
/* True when a walk with these options takes Levenberg and Marquardt's way and some start is open.
 */
bool train_seed_wanted(const Problem *problem, const WalkOptions *options, const bool *open);
/* Start values for a sum of squares where open[i] (n). The others keep theirs: they are what the
 * user knows. Linear ones are solved for by QR (variable projection: Golub and Pereyra, 1973) at
 * places scanned in the units that the formula gives to the others; the best places are walked on
 * to the end of their valleys. All draws are keyed by the seed; no bit depends on threads. */
Status train_seed(Problem *problem, SeedAim aim, const WalkOptions *options, const bool *open,
                  double *start, SeedReport *report);

/* ---- floats.c: columns in single precision --------------------------------------------------- */

typedef struct Floats {
    float **columns; /* NULL: those that are not read. NULL altogether: double precision */
    void *piece;     /* all of them */
} Floats;
/* The columns that the graph reads, rounded; STATUS_MEMORY. */
Status floats_open(const Graph *graph, const double *const *columns, size_t n_columns, size_t rows,
                   Floats *floats);
void floats_close(Floats *floats);

/* ---- sample.c: a part of the rows, for what need not see all --------------------------------- */

/* The newest loss and gradient: x, loss, gradient one after the other. */
typedef struct Memo {
    double *x;
    size_t first, count; /* of the rows */
} Memo;

typedef struct Sample {
    const double **columns; /* NULL: all rows were few enough */
    Floats floats;
    Memo memo; /* of the problem, meanwhile */
    double *values;
    size_t n_columns, rows;
} Sample;
/* From now on the problem evaluates at most 'most' rows, one drawn from each of as many equal
 * parts of the table, until the sample is closed. */
Status sample_open(Problem *problem, size_t most, uint64_t seed, Sample *sample);
/* The same for what must be quick and need not be fair to each row: runs of rows, one from each of
 * equal parts. Where the rows are not at least twice as many, sample->columns stays NULL. */
Status sample_open_runs(Problem *problem, size_t most, Sample *sample);
void sample_close(Problem *problem, Sample *sample);

/* ---- foresee.c: the end, as some of the rows see it ------------------------------------------ */

/* *found: 'next' (n) is where a walk from x ends over some of the rows; only of many rows. */
Status foresee_end(Problem *problem, const double *x, double *next, bool *found);

/* ---- robust.c: --loss ------------------------------------------------------------------------ */

/* What the problems of such a fit are made of. */
typedef struct RobustTask {
    const Ast *ast;
    const Table *table;
    const BuildOptions *build;
    ProblemOptions options;
    const WalkOptions *walk;
    double tuning; /* where the loss bends, in units of the scatter */
    Error *error;
} RobustTask;

/* The scatter of the residuals about the fit whose loss bends at tuning * scatter. 'plain': the
 * same problem with squares. */
Status train_robust_scatter(const RobustTask *task, Problem *plain, const double *start,
                            double *scatter);
/* Of each row: its residual as it is, the slope of the loss by it and the slope of that; and its
 * left side. */
Status train_robust_rows(const Problem *problem, const double *x, double *residual, double *psi,
                         double *slope, double *left);
/* The problem with squares for its loss and without errors of x, opened when first asked for; NULL:
 * no memory. */
Problem *train_plain_problem(const Problem *problem);

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
void jacobian_forget(Jacobian *jacobian); /* the rows have changed */
/* What is known changes places with what was set aside. */
void jacobian_set_aside(Jacobian *jacobian);
/* See train_residual_rows. */
Status jacobian_rows(Jacobian *jacobian, const double *x, const Rows *rows,
                     ResidualVisitor visitor, void *context);
void jacobian_close(Jacobian *jacobian);

/* ---- fine.c: the triangle of a linear fit in twofold numbers --------------------------------- */

typedef struct Fine Fine;
/* *fine stays NULL where it cannot be had: several residuals, vectors, very many rows. */
Status fine_open(Graph *graph, const Rows *rows, Fine **fine, Error *error);
bool fine_step(Fine *fine, const double *x, const Rows *rows, double *step);
bool fine_inverse(Fine *fine, const double *x, const Rows *rows, const size_t *index,
                  const double *scale, size_t m, double *inverse, double *rss);
void fine_close(Fine *fine);

/* ---- objective.c and seed.c share ------------------------------------------------------------ */

struct Problem {
    const Ast *ast;
    const Table *table;
    BuildOptions build;
    ProblemOptions options;
    Graph *graph;
    Graph *second; /* the graph once more, with the vector of Hessian-vector products */
    Objective objective, bare;
    NodeId *gradient; /* of each parameter */
    const double **columns;
    Floats floats;
    double *low, *high, *rate, *decay;
    bool *linear; /* of each scalar; NULL: none is */
    double *flat;     /* 2 n: parameters and vector, for Hessian-vector products */
    double **results; /* of the longest plan: 1 + parameters */
    Plan *loss_plan, *gradient_plan, *side_plan, *hessian_plan;
    Jacobian *jacobian;
    Fine *fine; /* NULL: not asked for yet, or not to be had */
    bool fine_tried;
    Memo memo;
    Foot *feet;
    Pool *pool; /* NULL: one thread */
    Problem *plain; /* see train_plain_problem */
    Rows rows;
    Error *error; /* where plans are reported: the caller's while opening, then 'late' */
    Error late;
};

/* Other columns, and rows of them, from now on. */
void train_set_columns(Problem *problem, const double **columns, const Floats *floats,
                       size_t first, size_t count);

/* ---- seed_space.c: what is scanned for start values ------------------------------------------ */

typedef enum SeedKind {
    SEED_SIZE,      /* any number of about that size, of either sign */
    SEED_OFFSET,    /* added to something with rows: so that they cancel somewhere */
    SEED_PHASE,     /* an angle */
    SEED_FREQUENCY, /* turns per unit of a column, */
    SEED_PERIOD     /* or units of a column per turn */
} SeedKind;

typedef struct SeedAxis {
    uint32_t parameter; /* all elements of it alike */
    SeedKind kind;
    double scale, low, high; /* its natural size; its bounds */
    double typical;          /* SIZE: draws lie around this part of the scale */
    double sign;             /* OFFSET: against what it is added to */
    double range[2];         /* OFFSET: least and greatest of what it is added to */
} SeedAxis;

typedef struct SeedSpace {
    Problem *problem;
    size_t n; /* scalars */
    SeedAxis *axes;
    size_t n_axes;
    bool *held;      /* n: not solved for */
    size_t n_linear; /* scalars that are */
    Plan *offsets; /* of the OFFSET axes in turn: least and greatest */
    double **ranges; /* where they go */
    double turns;    /* the most turns that the rows can show */
    RandomKey key;
} SeedSpace;

Status seed_space_open(Problem *problem, uint64_t seed, const bool *open, SeedSpace *space);
void seed_space_close(SeedSpace *space);
/* The k-th place of the scan: values on all axes of x, the rest stays. */
Status seed_space_draw(SeedSpace *space, uint64_t k, double *x);
/* How many values an axis is tried at while the others stay, and the k-th of them beside 'now'. */
size_t seed_space_stops(const SeedSpace *space, size_t axis);
double seed_space_stop(const SeedSpace *space, size_t axis, size_t k, double now);
void seed_space_put(const SeedSpace *space, size_t axis, double value, double *x);
double seed_space_at(const SeedSpace *space, size_t axis, const double *x);

/* ---- watch.c --------------------------------------------------------------------------------- */

typedef struct Watch {
    double last_loss;
    double recent_loss; /* at the newest power of two */
    double sum_loss, sum_squares; /* of the epoch so far: losses, squares of slopes; */
    long long batches;            /* and rounds */
} Watch;

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
    double *loop_saved; /* a stretch's settings; columns and slope before it, and behind it */
    bool loop_failed; /* or has come to the end of its way */
    bool asked_steps; /* --steps or --epochs was given */
    bool begun;       /* at least one round was reported */
    bool first_done;  /* the walk from the given start has ended */
    StepReport report;
    double *start, *values, *previous, *slope_before, *work, *fault_point; /* n each */
    bool *drawn, *felt;
    WalkFacts facts;
    Watch watch;
    long restarts_done;
    Valley *valleys; /* lowest first */
    size_t n_valleys, valleys_capacity;
};

/* Loss and slope where a walk ended, as its method feels them. */
Status walk_feel_end(const Walk *walk, const Walker *walker, const double *x, double *loss,
                     double *gradient);
double walk_seconds(const Walk *walk);
long long walk_steps_per_epoch(const Walk *walk);
/* Notes a round for those who will explain the walk: its steps, which every report tells, and what
 * WalkOptions.unwatched leaves out; and, at the end, what was not noted in every round. */
void watch_step(Walk *walk, const StepReport *report);
void watch_round(Walk *walk, const StepReport *report);
void watch_end(Walk *walk);
/* Rounds that may be walked in one go, so that none is missed which watch.c wants to see. */
long long watch_left(const Walk *walk);
bool walk_stopped(const Walk *walk);

/* ---- restarts.c ------------------------------------------------------------------------------ */
/* Are restarts still to come? A stop before the last of them: the whole was interrupted. */
bool restart_goes_on(Walk *walk);
/* Notes the valley of the walk from the given start. */
Status restart_note_first(Walk *walk);
/* One whole walk from another start. */
Status restart_step(Walk *walk, StepReport *report, long *restart, Reason *reason, Error *error);

#endif
