/* diagnose: what a finished walk means - statistics of fits, curvature and the rate's limit, the
 * slope checked by foot, the god's-eye view, and the words of the report. */
#ifndef DESCEND_DIAGNOSE_H
#define DESCEND_DIAGNOSE_H

#include "../train/train.h"

/* ---- distribution.c -------------------------------------------------------------------------- */

/* To 12 digits and more, also where they are 1e-300; NaN where nothing is defined. */
double diagnose_student_p(double t, double nu); /* P(|T| > |t|) */
double diagnose_student_cdf(double t, double nu);
double diagnose_student_quantile(double p, double nu); /* 0.5 < p < 1 */
double diagnose_f_tail(double f, double above, double below); /* P(F > f) */
double diagnose_chi_square_tail(double x, double degrees);    /* P(X > x) */
double diagnose_normal_cdf(double z);

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
} FitStatistics;

/* At x, from the R of the scaled Jacobian (linear approximation; Bates and Watts 1988,
 * section 2.3). arrived: x is the bottom of a valley; elsewhere there are no errors. */
Status diagnose_statistics(const Problem *problem, const double *x, bool exact, bool arrived,
                           FitStatistics *fit);
void diagnose_statistics_free(FitStatistics *fit);

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
