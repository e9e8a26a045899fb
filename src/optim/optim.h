/* optim: objective + method -> next parameters, and when to stop.
 *
 * Methods know no graph: they see an Objective, so each is tested on closed-form functions.
 * First-order rules are text in the language (src/optim/rules/NAME.descend), run by the engine over
 * the flat vector of parameters; methods that need several evaluations a round are C.
 */
#ifndef DESCEND_OPTIM_H
#define DESCEND_OPTIM_H

#include "../base/base.h"
#include "../exec/exec.h"

/* What is made small. Vectors have length n. Every function may return a Status other than OK
 * (interrupted, memory), which ends the walk and is forwarded; non-finite losses are ordinary
 * values. */
typedef struct Objective {
    size_t n;
    const double *low, *high;   /* bounds, or NULL: free; low[i] == high[i]: fixed */
    const double *rate, *decay; /* factors of each parameter for rules, or NULL: 1 */
    Pool *pool; /* threads for rules over many parameters; NULL: the caller alone */
    void *context;
    /* gradient may be NULL (only the loss is wanted). */
    Status (*loss_gradient)(void *context, const double *x, double *loss, double *gradient);
    /* For sums of squares, else NULL: with J the Jacobian of the residuals r at x, J = Q R, gives R
     * (n x n, column major, upper triangle, zeros below), Q'r (n) and rss = r'r. r_matrix and qtr
     * may be NULL: only rss. The loss of loss_gradient is loss_scale * rss. */
    Status (*least_squares)(void *context, const double *x, double *r_matrix, double *qtr,
                            double *rss);
    double loss_scale;
    size_t n_residuals;
    /* A place near the end of the way from x, if *found: least squares look there first; or NULL.
     */
    Status (*foresee)(void *context, const double *x, double *next, bool *found);
    /* Where all residuals are linear and a triangle in twofold numbers can be had, else NULL: the
     * step to the least r'r (n), and the inverse of R of the columns in 'index', each over its
     * scale (m x m, column major), with r'r. *good stays false where R has lost its rank even so.
     */
    Status (*fine_step)(void *context, const double *x, double *step, bool *good);
    Status (*fine_inverse)(void *context, const double *x, const size_t *index,
                           const double *scale, size_t m, double *inverse, double *rss,
                           bool *good);
    const bool *linear; /* n: residuals are linear in all of these together; or NULL */
    /* Exact second derivative times v, or NULL. */
    Status (*hessian_vector)(void *context, const double *x, const double *v, double *product);
    /* True when every residual at x is within 4 units in the last place of its measured value; or
     * NULL. */
    bool (*exact)(void *context, const double *x);
} Objective;

/* Positive: an end one may be content with. Negative: an end that needs a word. */
typedef enum Reason {
    REASON_RUNNING = 0,
    REASON_SLOPE = 1,       /* the slope is small against that of the start */
    REASON_STEP,            /* the (Gauss-Newton) step is below the accuracy of double */
    REASON_ROUNDING,        /* the loss cannot change any more: rounding */
    REASON_EXACT,           /* every residual is zero to rounding */
    REASON_UNTIL,           /* the user's test holds */
    REASON_STEPS_DONE,      /* the steps that the user asked for are done */
    REASON_STEP_LIMIT = -1, /* the default limit */
    REASON_DIVERGED = -2,
    REASON_NON_FINITE = -3,
    REASON_STALLED = -4, /* nothing moves though the slope is not small */
    REASON_OSCILLATING = -5,
    REASON_INTERRUPTED = -6,
    REASON_UPHILL = -7 /* the rule walks up the slope */
} Reason;

typedef struct StepReport {
    long long step;              /* from 1 */
    long long evaluations;       /* so far: loss, or loss with gradient; second derivatives apart */
    double loss, slope;          /* at 'at'; slope: norm of the gradient projected on the bounds */
    double rate;                 /* step length factor that was used */
    double next_loss;            /* loss at 'next' where the method knows it, else NaN */
    bool finite;                 /* loss, slope and each element of the gradient */
    bool moved;                  /* false: the method ended without a step; next is at */
    double end_value, end_bound; /* behind a method's own end (SLOPE: slope and its bound; STEP:
                                  * greatest relative step and its bound); else NaN */
    const double *at, *gradient, *next; /* valid until the next step */
    const double *before; /* rules: the place of the round before, where the loss at 'at' or its
                           * slope is not finite; else NULL */
} StepReport;

typedef struct MethodSettings {
    const char *name;    /* "gd", "adam", "bfgs", "lbfgs", "lm", or NULL: chosen by the objective */
    const char *text;    /* the text of a rule, instead of a name; or NULL */
    const char *rate;    /* expression over t, T, epoch; NULL: the rule's own default */
    long long last_step; /* T */
    const char *const *settings; /* NAME=VALUE overrides of a rule's settings, by name and value */
    const double *setting_values;
    size_t n_settings;
    bool measured;  /* without 'rate': rules that can measure theirs do (measured.c) */
    bool all_steps; /* a measured rate ends no walk */
    bool parts;     /* rounds see a part of the rows each: what is measured is that of the start */
} MethodSettings;

typedef struct Walker Walker;

/* start is copied. Refuses unknown names (with the nearest), constant rates that are not > 0. */
Status optim_open(const Objective *objective, const MethodSettings *settings, const double *start,
                  Walker **walker, Error *error);
/* One round: feels the slope at the current point and takes one step. 'reason' is REASON_RUNNING,
 * or why the method itself is done (then report->next is where it stands). The first call reports
 * the start. A method that finds itself at its end without a step says so by report->moved = false:
 * then 'at' and 'next' are the same point, 'step' is the number of steps taken before (0 at the
 * start), and loss, slope and gradient are those of the end. Do not call again after an end. */
Status optim_step(Walker *walker, StepReport *report, Reason *reason, Error *error);
/* Where the method would have its user stand: x, or the rule's answer (averages). */
const double *optim_answer(const Walker *walker);
/* The raw point and rule state, for digests and checkpoints: count arrays of n values. */
size_t optim_state(const Walker *walker, const double **arrays, size_t capacity);
const char *optim_method_name(const Walker *walker); /* "bfgs", "gd", "rule" */
bool optim_is_first_order(const Walker *walker);
bool optim_is_measured(const Walker *walker); /* its rate (measured.c) */
bool optim_ends_itself(const Walker *walker); /* the tests of stop.c for rules do not apply */
/* The measured rate, and the greatest factor of a parameter's rate over the least. */
double optim_measured_rate(const Walker *walker, double *spread);
bool optim_is_least_squares(const Walker *walker); /* asks for R and Q'r, not for the gradient */
double optim_setting(const Walker *walker, const char *name); /* "beta1": NaN if there is none */
void optim_epoch(Walker *walker, long long epoch);            /* for schedules: epoch from 1 */
void optim_close(Walker *walker);

/* A rule's plan and its numbers as they stand, for those who walk many of its rounds in one go;
 * false for other methods and for schedules. columns[k * n + i]. */
typedef struct RuleView {
    const Plan *plan;
    double *parameters, *columns;
    size_t n_settings, n_columns;
} RuleView;
bool optim_rule_view(Walker *walker, RuleView *view);
void optim_rule_advance(Walker *walker, long long rounds); /* so many were walked */

/* The ready rules: text by name ("adam"), and the k-th name (NULL past the end). */
const char *optim_rule_text(const char *name);
const char *optim_rule_name(size_t k);
/* The methods in C, k-th name (NULL past the end). */
const char *optim_native_name(size_t k);

/* ---- stop.c: one struct, one place ----------------------------------------------------------- */

typedef struct StopSettings {
    bool
        first_order; /* optim_is_first_order: the tests below apply; the methods in C have their own
                      */
    long long max_steps; /* when reached: STEPS_DONE if the user gave it, else STEP_LIMIT */
    bool user_steps; /* walk them all while numbers are finite: no other test of ours ends the walk
                      */
    bool user_rate;  /* a fixed rate by the user: the tests for swinging and flying off apply */
    const char *until; /* expression over loss, slope, change, t, seconds; NULL: none */
} StopSettings;

typedef struct Stop Stop;
Status stop_open(const StopSettings *settings, size_t n, Stop **stop, Error *error);
/* Looks at one finished round (after optim_step); REASON_RUNNING to go on. seconds since the start.
 */
Reason stop_check(Stop *stop, const StepReport *report, double seconds);
bool stop_asks_seconds(const Stop *stop); /* else they may be anything */
/* The two numbers behind the verdict, e.g. slope and its bound: 'what < bound'. */
void stop_numbers(const Stop *stop, double *value, double *bound);
void stop_close(Stop *stop);
/* Rounds walked in one go: what is noted of each passes through 'record' (exec/emit_walk.c). */
void stop_begin_stretch(const Stop *stop, double *record);
void stop_note_stretch(Stop *stop, const double *record, long long rounds);

/* ---- probe.c: the slope felt with the foot --------------------------------------------------- */

typedef struct Foot {
    double left, right; /* where the foot is put */
    double left_loss, right_loss;
    double slope, noise; /* central difference, and how far it may be off (rounding, curvature) */
} Foot;
/* Central differences with a step chosen for each parameter (about cbrt(eps) of its scale, then
 * adapted to the measured third derivative and rounding). feet may be NULL; gradient may be NULL.
 */
Status probe_gradient(const Objective *objective, const double *x, double *gradient, Foot *feet,
                      long long *evaluations);
Status probe_one(const Objective *objective, double *x, size_t i, Foot *foot,
                 long long *evaluations);

/* ---- qr.c: streamed QR of a tall matrix (Householder): the same bits however rows are cut ---- */

typedef struct Qr Qr;
Qr *qr_new(size_t n_columns); /* NULL: memory */
void qr_reset(Qr *qr);
void qr_add(Qr *qr, const double *row, double residual); /* n values: one row of [J r] */
/* Rows at once: n columns of J, then the residual, all times 'weight'. Value k of row i lies at
 * columns[k][i * strides[k]]; stride 0: the same in all rows. */
void qr_rows(Qr *qr, const double *const *columns, const size_t *strides, double weight,
             size_t n_rows);
/* The rows of 'into', then those of 'from', which has as many columns and stays as it is. */
void qr_join(Qr *into, const Qr *from);
/* Column-major n x n, n, r'r; r_matrix and qtr may be NULL. */
void qr_finish(Qr *qr, double *r_matrix, double *qtr, double *rss);
void qr_free(Qr *qr);

/* ---- linear_system.c: min |R p + Q'r| over what is not held, in scaled variables z ----------- */

typedef struct LinearSystem {
    size_t n, free, rank;
    size_t *column; /* of the k-th free variable, in order of pivots */
    double *matrix; /* n x free, column major: after factoring upper triangular */
    double *right;  /* n: -Q'r, then with the reflections applied */
    double *damped; /* n x n scratch: triangle of the damped problem */
    double *damped_right, *extra, *z, *w;
} LinearSystem;
bool optim_system_open(LinearSystem *system, size_t n); /* false: memory */
void optim_system_close(LinearSystem *system);
/* Columns of R, each times its unit, but for those that are held. */
void optim_system_load(LinearSystem *system, const double *r, const double *qtr, const double *unit,
                       const bool *held);
void optim_system_factor(LinearSystem *system);
/* z of the undamped problem; what the Jacobian does not determine stays 0. */
void optim_system_solve(LinearSystem *system);
/* Norm of A'c: the slope of r'r/2 in scaled variables. */
double optim_system_slope(LinearSystem *system);
/* Damping for which |z| is within a tenth of the radius (More's iteration); z holds that step. */
double optim_system_damping(LinearSystem *system, double radius, double lambda);

/* ---- projection.c: variable projection ------------------------------------------------------- */

typedef struct Projection {
    Objective inner;        /* over the parameters that are not linear */
    const Objective *outer; /* over all */
    size_t n, n_linear;
    size_t *order;   /* the linear ones, then those of 'inner' */
    double *x;       /* n: the newest point, its linear parameters the best for the others */
    double *storage, *r, *qtr, *row, *low, *high, *size, *step;
    bool known; /* r and qtr are finite, and reordered: those of the newest point */
    Qr *qr;
    long long evaluations; /* of 'outer' */
} Projection;
bool optim_projection_open(Projection *projection, const Objective *outer); /* false: memory */
void optim_projection_start(Projection *projection, const double *x);
/* r'r where projection->x stands, and its slope (n, or NULL). */
Status optim_projection_stand(Projection *projection, double *slope, double *rss);
/* Moves the linear parameters of projection->x to where r'r is least; NaN: it is not finite.
 * 'slope' (n, or NULL) receives the slope of r'r where they stood, and *before r'r there. */
Status optim_project_linear(Projection *projection, double *slope, double *before, double *rss);
void optim_projection_close(Projection *projection);

/* ---- twofold.c: numbers of two doubles ------------------------------------------------------- */

typedef struct Twofold {
    double value, rest; /* their sum; |rest| is half a unit in the last place of value at most */
} Twofold;
Twofold twofold_of(double a);
Twofold twofold_negative(Twofold a);
Twofold twofold_add(Twofold a, Twofold b);
Twofold twofold_subtract(Twofold a, Twofold b);
Twofold twofold_multiply(Twofold a, Twofold b);
Twofold twofold_divide(Twofold a, Twofold b);
Twofold twofold_root(Twofold a);
Twofold twofold_power(Twofold a, int exponent);

/* R and Q'right, row after row. */
typedef struct TwofoldTriangle {
    size_t n;
    Twofold *r;   /* (n + 1) x (n + 1), row major; the last column is Q'right */
    Twofold *row; /* n + 1: the one to be added */
} TwofoldTriangle;
bool twofold_triangle_open(TwofoldTriangle *triangle, size_t n); /* false: memory */
void twofold_triangle_close(TwofoldTriangle *triangle);
void twofold_triangle_add(TwofoldTriangle *triangle);
/* x with R x = Q'right (n); the inverse of R (n x n, column major). False: R has lost its rank. */
bool twofold_triangle_solve(TwofoldTriangle *triangle, double *x);
bool twofold_triangle_invert(TwofoldTriangle *triangle, double *inverse);

/* ==== inside this folder ====================================================================== */

/* ---- the methods in C: one row each in walker.c ---------------------------------------------- */

typedef struct Method {
    const char *name;
    bool needs_least_squares;
    Status (*open)(const Objective *objective, const double *start, void **method);
    Status (*step)(void *method, StepReport *report, Reason *reason);
    const double *(*answer)(const void *method);
    size_t (*state)(const void *method, const double **arrays, size_t capacity);
    void (*close)(void *method);
} Method;
extern const Method optim_bfgs, optim_lbfgs, optim_marquardt, optim_separable;

/* ---- vector.c -------------------------------------------------------------------------------- */

double optim_dot(const double *a, const double *b, size_t n);
double optim_norm(const double *a, size_t n);    /* without overflow or underflow */
double optim_largest(const double *a, size_t n); /* greatest |a|; NaN if one is */
double optim_distance(const double *a, const double *b, size_t n); /* greatest |a - b|; no NaN */
bool optim_finite(const double *a, size_t n);
/* Moves x into the bounds. */
void optim_project(const Objective *objective, double *x);
/* True where x stands at a bound and the slope pushes it out, or where nothing may move. */
bool optim_held(const Objective *objective, const double *x, const double *gradient, size_t i);
/* Norm of the gradient over what is not held. */
double optim_slope(const Objective *objective, const double *x, const double *gradient);
/* Fills loss, slope, step size and points of a report. next == at: the method did not move. */
void optim_report(StepReport *report, const Objective *objective, const double *at,
                  const double *gradient, const double *next);

/* ---- linesearch.c ---------------------------------------------------------------------------- */

typedef enum LineEnd {
    LINE_FOUND,  /* the loss fell enough and the slope flattened enough (or a bound was reached) */
    LINE_SHORT,  /* the loss fell; the slope did not flatten (a kink, or out of patience) */
    LINE_FAILED, /* no lower point was found */
    LINE_UNBOUNDED /* the loss falls to minus infinity */
} LineEnd;

typedef struct LineSearch {
    const Objective *objective;
    const double *x, *direction;
    double loss, slope;       /* at x, along direction: slope < 0 */
    double first, longest;    /* first trial; 'longest' is where a bound is met (may be infinite) */
    double noise;             /* the loss is not trusted below this */
    double *trial, *gradient; /* n each: the point that was found, and its gradient */
    double length, trial_loss;
    long long evaluations; /* made by this search */
    LineEnd end;
} LineSearch;
Status optim_line_search(LineSearch *search);
/* How far the loss at x differs at neighbours a few units in the last place away: its noise, at
 * least that of one rounding. 'trial' is scratch. */
Status optim_loss_noise(const Objective *objective, const double *x, double loss, double *trial,
                        double *noise, long long *evaluations);
/* After a search along the steepest descent failed. True: the gradient agrees with the loss as far
 * as its noise lets us see (or the point is a kink whose slopes enclose it). False: it does not. */
Status optim_gradient_agrees(const Objective *objective, const double *x, double loss,
                             const double *direction, double slope, double noise, double *trial,
                             bool *agrees, long long *evaluations);

/* ---- bfgs.c, lbfgs.c: what the walk learned about curvature ---------------------------------- */

typedef struct Curvature {
    void *(*open)(size_t n); /* NULL: memory */
    void (*reset)(void *curvature);
    /* direction = -H gradient over what is not held; held elements become 0. */
    void (*direction)(void *curvature, const double *gradient, const bool *held, double *direction);
    /* step and change of the gradient, zero where held. */
    void (*learn)(void *curvature, const double *step, const double *change, double product);
    bool (*fresh)(const void *curvature); /* nothing learned since reset: H is the identity */
    size_t (*state)(const void *curvature, const double **arrays, size_t capacity);
    void (*close)(void *curvature);
} Curvature;
extern const Curvature optim_dense_curvature, optim_limited_curvature;

/* ---- newton.c ------------------------------------------------------------------------------- */

/* The step -H^-1 gradient from exact second derivatives (objective->hessian_vector), H made
 * positive definite by a shift where it is not; 0 where held, and everywhere when there is no such
 * step. 'work' holds n * (n + 2) values. */
Status optim_newton_direction(const Objective *objective, const double *x, const double *gradient,
                              const bool *held, double *work, double *direction);
/* *falls: the ground is curved downwards along 'direction', both ways. */
Status optim_falling_direction(const Objective *objective, const double *x, const bool *held,
                               double *work, double *direction, bool *falls);

/* ---- scales.c -------------------------------------------------------------------------------- */

/* Factors of the parameters' rates (n), the largest 1, times those of the user: one over the
 * curvature felt at x; *flat: the least of these. *greatest: curvature over parameters scaled by
 * them; NaN where it is not known, then the factors are the user's. again: 'factor' holds those of
 * a place before, without the user's, and *flat its least (0: curvatures that are
 * not felt again may seem greater than before). */
Status optim_scales(const Objective *objective, const double *x, const double *gradient, bool again,
                    double *factor, double *flat, double *greatest);

/* ---- measured.c: the rate of a rule, measured as it walks ------------------------------------ */

typedef struct MeasuredSettings {
    bool gathers;     /* speed; else its step is rate times slope */
    double part;      /* or a length, whatever the slope: how much is taken of what seems right;
                       * else 0 */
    double reach;     /* the first step from rest, at a rate and a slope of 1 */
    double otherwise; /* the rate, where no curvature is felt */
    bool all_steps, parts; /* see MethodSettings */
} MeasuredSettings;

typedef enum MeasuredTrial {
    MEASURED_TAKEN,
    MEASURED_AGAIN,  /* once more, with the rate as it is now */
    MEASURED_AFRESH, /* the same, the states as they were at the start */
    MEASURED_STAYS   /* no step is to be had */
} MeasuredTrial;

typedef struct Measured Measured;
/* *measured is to be closed even after a failure. */
Status measured_open(const Objective *objective, const MeasuredSettings *settings, const double *x,
                     Measured **measured);
const double *measured_factors(const Measured *measured); /* of the round; n */
/* What the rule is to see of the slope in this round; not scaled: the slope itself. */
void measured_slopes(const Measured *measured, double *slopes, bool scaled);
double measured_rate(const Measured *measured);
double measured_rate_now(const Measured *measured, double *spread); /* see optim_measured_rate */
bool measured_ends(const Measured *measured); /* see optim_ends_itself */
/* Loss and slope at x, where the round begins. */
Status measured_feel(Measured *measured, const double *x, double *loss, double *gradient,
                     long long *evaluations);
/* Settles factors and rate of the round; *reason: why there is none. */
Status measured_start_round(Measured *measured, const double *x, double loss,
                            const double *gradient, long long *evaluations, Reason *reason);
bool measured_turned(const Measured *measured); /* the states are to be forgotten */
/* Judges where the rule would go. */
Status measured_try(Measured *measured, const double *trial, long long *evaluations,
                    MeasuredTrial *verdict, Reason *reason);
/* Completes the report of a round that was walked; of an end. */
void measured_end_round(Measured *measured, StepReport *report);
void measured_end(const Measured *measured, StepReport *report);
void measured_close(Measured *measured);

/* ---- rule.c: update rules as text ------------------------------------------------------------ */

typedef struct Rule Rule;
Status optim_rule_open(const Objective *objective, const MethodSettings *settings, const char *text,
                       const double *start, Rule **rule, Error *error);
Status optim_rule_step(Rule *rule, StepReport *report, Reason *reason);
const double *optim_rule_answer(const Rule *rule);
size_t optim_rule_state(const Rule *rule, const double **arrays, size_t capacity);
const char *optim_rule_own_name(const Rule *rule); /* NULL for bare statements */
double optim_rule_setting(const Rule *rule, const char *name);
const Measured *optim_rule_measured(const Rule *rule); /* or NULL */
void optim_rule_epoch(Rule *rule, long long epoch);
bool optim_rule_own_view(Rule *rule, RuleView *view);
void optim_rule_own_advance(Rule *rule, long long rounds);
void optim_rule_close(Rule *rule);

#endif
