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
    double degrees; /* rows - free parameters that they determine; may be <= 0 */
    double *errors, *low, *high; /* n each: standard error, 95 % interval; NaN where unavailable */
    double *correlation;         /* n x n; NaN where unavailable */
    MessageId *unavailable;      /* n: why there is no error; MSG_NONE */
    size_t *partner;             /* n: the parameter it is tied with, else n */
    MessageId none;              /* why nothing has an error; MSG_NONE */
    bool exact;
} FitStatistics;

/* At x, from the R of the scaled Jacobian (linear approximation; Bates and Watts 1988,
 * section 2.3). arrived: x is the bottom of a valley; elsewhere there are no errors. */
Status diagnose_statistics(const Problem *problem, const double *x, bool exact, bool arrived,
                           FitStatistics *fit);
void diagnose_statistics_free(FitStatistics *fit);

/* ---- tangent.c: what the data determine ------------------------------------------------------ */

/* The plane that touches all residuals at x, from the R of their Jacobian. Parameters that are held
 * or stand at a bound count as known. */
typedef struct Tangent Tangent;
Status diagnose_tangent(const Problem *problem, const double *x, Tangent **tangent);
/* The variance of the sum of slope[i] * parameter i, where the residuals have variance 1:
 * g' (J'J)^- g. NaN where the data do not determine that sum. Parameters that are tied with each
 * other do no harm: what they do together is determined. */
double diagnose_tangent_variance(Tangent *tangent, const double *slope);
void diagnose_tangent_free(Tangent *tangent);

/* ---- band.c ---------------------------------------------------------------------------------- */

/* n values each, or NULL: not wanted. */
typedef struct Band {
    double *fitted, *error; /* the right side, and its standard error */
    double *confidence_low, *confidence_high; /* 95 %, of the curve, point by point */
    double *prediction_low, *prediction_high; /* 95 %, of one more measurement there */
} Band;
/* Of the right side of the first '~' over n values of its one column, or over the rows of the table
 * (column NULL). Where fit->none says why there are no errors, or the data do not determine the
 * curve, all but 'fitted' are NaN. */
Status diagnose_band(Problem *problem, const double *x, const FitStatistics *fit,
                     const double *column, size_t n, const Band *band);
/* The weights of the rows that are being fitted; NULL: all are 1. */
const double *diagnose_weights(const Problem *problem);
/* The error of rows that the fit has not seen: each is left out in turn (Allen's PRESS, in linear
 * approximation e / (1 - h)). Root of their (weighted) mean square; NaN where it is not available,
 * also where a row alone determines a parameter. */
Status diagnose_left_out(Problem *problem, const double *x, const FitStatistics *fit,
                         double *error);

/* ---- ranking.c ------------------------------------------------------------------------------- */

typedef struct RankEntry {
    size_t walk;       /* its place among those that were given */
    double parameters; /* that the data determine */
    double rss, left_out; /* see diagnose_left_out */
    bool exact, arrived;
    /* made by the two functions below */
    double rows, r_squared, aicc, bic, weight;
} RankEntry;
/* From the n values that were measured, and their weights (NULL: 1). */
void diagnose_rank_entry(const double *left, const double *weights, size_t n, RankEntry *entry);
/* Sorts, the best first, and says which is preferred, and what else should be known. */
void diagnose_rank(RankEntry *entries, size_t n, Message *sentence, Notes *notes);

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
