/* diagnose: what a finished walk means - statistics of fits, curvature and the rate's limit, the
 * slope checked by foot, the god's-eye view, and the words of the report. */
#ifndef DESCEND_DIAGNOSE_H
#define DESCEND_DIAGNOSE_H

#include "../train/train.h"

/* ---- student.c ------------------------------------------------------------------------------- */

/* Quantile of Student's t with nu degrees of freedom, 0.5 < p < 1 (inverts the incomplete beta
 * function: Abramowitz and Stegun 26.5.8, 26.7.1), to about 14 digits. */
double diagnose_student_quantile(double p, double nu);

/* ---- statistics.c ---------------------------------------------------------------------------- */

typedef struct FitStatistics {
    size_t n;
    double rss, sd; /* residual sum of squares, its standard deviation sqrt(rss / degrees) */
    double degrees; /* rows - free parameters; may be <= 0 */
    double *errors, *low, *high; /* n each: standard error, 95 % interval; NaN where unavailable */
    double *correlation;         /* n x n; NaN where unavailable */
    MessageId *unavailable;      /* n: why there is no error; MSG_NONE */
    size_t *partner;             /* n: the parameter it is tied with, else n */
    bool exact;
    MessageId none; /* why there are no errors at all; MSG_NONE */
} FitStatistics;

/* At x, from the R of the scaled Jacobian (linear approximation; Bates and Watts 1988,
 * section 2.3). arrived: x is the bottom of a valley; elsewhere there are no errors. */
Status diagnose_statistics(const Problem *problem, const double *x, bool exact, bool arrived,
                           FitStatistics *fit);
void diagnose_statistics_free(FitStatistics *fit);

/* ---- intervals.c: 95 % intervals by other ways than the linear one of FitStatistics ---------- */

typedef enum IntervalKind { INTERVAL_LINEAR, INTERVAL_PROFILE, INTERVAL_BOOTSTRAP } IntervalKind;

typedef struct IntervalOptions {
    IntervalKind kind;
    size_t replicates; /* of the bootstrap */
    uint64_t seed;
    size_t threads;         /* 0: one for each processor; the bits do not depend on it */
    const atomic_int *stop; /* not zero: ends it; or NULL */
} IntervalOptions;

typedef struct Intervals {
    IntervalOptions options;
    const Problem *problem;
    const FitStatistics *fit;
    size_t n;
    double *x;              /* n: the estimates */
    double *low, *high;     /* n: NaN where there is none, infinite where it is open */
    double *errors;         /* n: standard errors by the bootstrap, else NaN */
    size_t used, not_converged, undetermined; /* of the replicates */
    double share;           /* of the work, done so far */
    bool done;
    Notes notes;
    struct Ends *ends;
    struct Resample *resample;
} Intervals;

/* x: where the walk ended; fit: its statistics, NULL where the loss is no sum of squares. Both
 * must outlive the intervals. A kind that is not linear. */
Status diagnose_intervals_open(const Problem *problem, const double *x, const FitStatistics *fit,
                               const IntervalOptions *options, Intervals **out, Error *error);
/* A part of the work: until intervals->done. Being stopped is no failure, but an end with a note;
 * what is known by then stays. */
Status diagnose_intervals_step(Intervals *intervals, Error *error);
void diagnose_intervals_close(Intervals *intervals);

/* Shared by the three files: */
/* The parameter has an interval: its errors are known, or it stands at a bound. */
bool interval_wanted(const Intervals *intervals, size_t i);
bool interval_stopped(const Intervals *intervals);
/* Levenberg and Marquardt's walk from 'start' to 'end' (n). It is over, too, when a round lowers
 * the sum of squares by less than 'enough' of it; with 'enough' < 0 only the method says so. */
Status interval_walk(const Intervals *intervals, const Objective *objective, const double *start,
                     double enough, double *end, double *rss, bool *arrived, Error *error);
/* Adds a note about the parameters for which which[i] holds; none: no note. 'more' may be NULL. */
void interval_note(Intervals *intervals, MessageId id, const bool *which, const char *more);

/* ---- interval_profile.c: where the re-minimised sum of squares has risen by t^2 -------------- */

Status interval_profile_open(Intervals *intervals, Error *error);
Status interval_profile_step(Intervals *intervals, Error *error);
void interval_profile_close(Intervals *intervals);

/* ---- interval_bootstrap.c: how the estimates scatter when rows are drawn anew ---------------- */

Status interval_bootstrap_open(Intervals *intervals, Error *error);
Status interval_bootstrap_step(Intervals *intervals, Error *error);
void interval_bootstrap_close(Intervals *intervals);

/* ---- curvature.c ----------------------------------------------------------------------------- */

/* The greatest curvature (eigenvalue of the exact second derivative, by absolute value) at x, by
 * the power method; NaN when it is not available or did not settle. */
double diagnose_curvature(const Problem *problem, const double *x);
/* The largest rate that plain descent (or momentum 'beta', Nesterov's or not) survives at x: 2 /
 * curvature for beta 0; NaN where the curvature is not positive or the rule is another. */
double diagnose_rate_limit(const Problem *problem, const Walker *walker, const double *x);
/* True when the loss is a polynomial of degree two at most in the parameters: one valley, or none.
 */
bool diagnose_quadratic(const Graph *graph, NodeId loss);

/* ---- ground.c -------------------------------------------------------------------------------- */

typedef enum Ground {
    GROUND_UNKNOWN, /* too many parameters, or no second derivatives */
    GROUND_BOTTOM,  /* it rises to all sides */
    GROUND_LEVEL,   /* it falls to no side, but does not rise to all */
    GROUND_FALLS    /* a top or a saddle, if the slope is zero */
} Ground;
/* How the ground lies at x, by exact second derivatives. */
Ground diagnose_ground(const Problem *problem, const double *x);
/* True when a small step along some parameter leads lower than x by more than the slope foretells:
 * an end that is no bottom. False also with many parameters. */
bool diagnose_terrace(const Problem *problem, const double *x);

/* ---- words.c --------------------------------------------------------------------------------- */

typedef enum Verdict {
    VERDICT_RUNNING,
    VERDICT_CONVERGED,
    VERDICT_STEP_LIMIT,
    VERDICT_STOPPED_EARLY,
    VERDICT_STALLED,
    VERDICT_OSCILLATING,
    VERDICT_DIVERGED,
    VERDICT_NON_FINITE,
    VERDICT_INTERRUPTED
} Verdict;

enum { WORDS_SENTENCES = 6, WORDS_ADVICE = 96 };
typedef struct Words {
    Verdict verdict;
    Message method, reason[2], story[2], pace;
    double rate_limit;         /* at the start; NaN */
    char advice[WORDS_ADVICE]; /* options to add or change: "--rate 0.5"; "" */
    Notes notes;
} Words;

/* Everything a report says about the walk as it stands. */
Status diagnose_words(const Problem *problem, const Walk *walk, Words *words);
/* Its verdict alone, which takes a part of the time. */
Verdict diagnose_verdict(const Problem *problem, const Walk *walk);
void diagnose_words_free(Words *words);

/* ---- remarks.c ------------------------------------------------------------------------------- */

/* Where a number broke, parameters without effect, bounds, kinks. */
void diagnose_notes(const Problem *problem, const WalkFacts *facts, Ground ground, Notes *notes);

/* ---- blame.c --------------------------------------------------------------------------------- */

/* Where a number broke (facts->fault), of what it was made there, and what to do about it. */
void diagnose_fault(const Problem *problem, const WalkFacts *facts, Notes *notes);
/* A node of the loss in the user's own words, where they are one short expression; else as a
 * formula. */
void diagnose_node_words(const Graph *graph, NodeId id, Text *out);

/* ---- slope.c --------------------------------------------------------------------------------- */

typedef struct SlopeCheck {
    size_t n;
    double *exact;
    Foot *feet;
    bool *agrees;
    bool directions; /* the next three are known: two parameters and more */
    double best_fall, best_angle, straight_fall;
    size_t worst; /* the parameter that disagrees most; n: all agree */
    NodeId kink;  /* on which x stands, where some slope differs from that of the feet; or NONE */
} SlopeCheck;
Status diagnose_slope(const Problem *problem, const double *x, SlopeCheck *check);
void diagnose_slope_free(SlopeCheck *check);

/* ---- bisection.c ----------------------------------------------------------------------------- */

typedef struct Bisection {
    const Problem *problem;
    double *point, *gradient; /* n each */
    size_t parameter;
    double low, high, slope_low, slope_high;
    long evaluations;
    bool done, found;
    double answer;
} Bisection;
Status diagnose_bisect_open(const Problem *problem, const double *x, size_t parameter, double low,
                            double high, Bisection *bisection);
/* One slope felt: the ends first, then the middle of the bracket. */
Status diagnose_bisect_step(Bisection *bisection, double *middle, double *slope);
void diagnose_bisect_sentence(const Bisection *bisection, Message *sentence);
void diagnose_bisect_close(Bisection *bisection);

#endif
