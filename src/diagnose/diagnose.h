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

/* ---- singular.c, factor.c -------------------------------------------------------------------- */

/* Of a (n x n, column major), which becomes A V: the singular values in no order, and V. */
void diagnose_singular(double *a, size_t n, double *values, double *v);

/* What the R of a fit's Jacobian says about its parameters. Matrices are column major. */
typedef struct FitFactor {
    size_t n, m;      /* parameters; those of them that were added as columns */
    double *jacobian; /* n x n: R of all parameters, which the caller fills */
    size_t *index;    /* m: which parameter */
    double *scale;    /* m: the length of its column */
    bool *dropped;    /* m: left out, so that the others are independent */
    double *r;        /* m x m: of the columns, scaled to length one; dropped ones are 0 */
    double *inverse;  /* m x m: of r; dropped ones are 0 */
    size_t nullity;   /* directions along which the residuals do not change, */
    double *null;     /* m x nullity: orthonormal, in scaled parameters */
    double smallest;  /* singular value that is not zero */
    double rss;       /* made finer together with R; else 0 */
} FitFactor;
Status diagnose_factor_new(size_t n, FitFactor *factor);
void diagnose_factor_column(FitFactor *factor, size_t parameter, double length);
/* After all columns were added. With an objective (else NULL) R is made finer at x where columns
 * are nearly dependent and it can be. */
Status diagnose_factor(FitFactor *factor, const Objective *objective, const double *x);
void diagnose_factor_free(FitFactor *factor);
size_t diagnose_factor_rank(const FitFactor *factor);
/* Of the inverse of r'r. */
double diagnose_factor_entry(const FitFactor *factor, size_t a, size_t b);
/* How far a row (n slopes) pulls its own fitted value: the diagonal of the hat matrix. */
double diagnose_factor_leverage(const FitFactor *factor, const double *slopes);
/* Of the projection on the directions without effect. */
/* The greatest part of the slopes along a direction without effect, against their size. */
double diagnose_factor_adrift(const FitFactor *factor, const double *slopes);
double diagnose_factor_share(const FitFactor *factor, size_t a, size_t b);

/* ---- statistics.c ---------------------------------------------------------------------------- */

typedef struct DownRow {
    size_t row;          /* from 0 */
    double value, weight; /* of the left side */
} DownRow;

typedef struct FitStatistics {
    size_t n;
    double rss, sd; /* residual sum of squares, its standard deviation sqrt(rss / degrees) */
    double rows;    /* residuals whose weight is not 0 */
    double rank;    /* free parameters; at a lowest point those that are determined */
    double degrees; /* rows - rank; may be <= 0 */
    bool too_few;   /* rows for so many parameters */
    double *errors, *low, *high; /* n each: standard error, 95 % interval; NaN where unavailable */
    double *t, *p; /* n each: of 'the parameter is 0'; NaN also where its bounds exclude that */
    double *correlation;         /* n x n; NaN where unavailable */
    MessageId *unavailable;      /* n: why there is no error; MSG_NONE */
    bool absolute; /* errors of measurement were given: they alone make the errors of parameters */
    bool robust;   /* --loss; rss and sd are those of the residuals as they are */
    double unit;   /* standard deviation that the errors of the parameters take for a residual's */
    DownRow *down_rows; /* robust: those that count less than half, the least first */
    size_t n_down_rows;
    size_t *group; /* n: tied parameters have that of the first one among them; others n */
    FitFactor factor;
    bool exact, arrived;
    MessageId none; /* why there are no errors at all; MSG_NONE */
} FitStatistics;

/* At x, from the R of the scaled Jacobian (linear approximation; Bates and Watts 1988,
 * section 2.3). arrived: x is the bottom of a valley; elsewhere there are no errors. Intervals are
 * Student's t with 'degrees', or normal where errors are absolute. */
/* The variance of the sum of slope[i] * parameter i, where residuals have variance 1: g' (J'J)^- g.
 * NaN where the data do not determine that sum. Parameters that are held or stand at a bound count
 * as known; tied ones do no harm: what they do together is determined. */
double diagnose_variance(const FitStatistics *fit, const double *slope);
/* So many standard errors to each side make a 95 % interval. */
double diagnose_interval_quantile(const FitStatistics *fit);
Status diagnose_statistics(const Problem *problem, const double *x, bool exact, bool arrived,
                           FitStatistics *fit);
void diagnose_statistics_free(FitStatistics *fit);

/* ---- m_estimator.c --------------------------------------------------------------------------- */

/* Fills factor and down_rows at x; degrees are known. */
Status diagnose_robust(const Problem *problem, const double *x, FitStatistics *fit);

/* ---- derived.c ------------------------------------------------------------------------------- */

typedef struct DerivedValue {
    char *name, *words; /* "b"; "b = 2*a" */
    double value, error; /* error: NaN where unavailable */
} DerivedValue;

/* What was set to something made of parameters alone, at x, with the errors that 'fit' gives. The
 * list is there to be freed also on failure. */
Status diagnose_derived(const Problem *problem, const double *x, const FitStatistics *fit,
                        DerivedValue **values, size_t *count);
void diagnose_derived_free(DerivedValue *values, size_t count);

/* ---- scatter.c ------------------------------------------------------------------------------- */

/* Where the errors come from, and whether the scatter of the points agrees with those given. */
Message diagnose_scatter(const Problem *problem, const FitStatistics *fit);
/* ---- combination.c, redundancy.c ------------------------------------------------------------- */

/* Several parameters that only make one quantity together: its slopes by them, up to a factor, and
 * their values, at two points. */
typedef struct Combination {
    size_t n;
    const char *const *name;
    const double *slope[2], *value[2];
} Combination;
/* Writes what they make, 'a*exp(b)'; false when it is none of the forms known here. */
bool diagnose_combination(const Combination *combination, Text *out);
/* A note for each group of tied parameters: what is determined, and which ones to fix. */
Status diagnose_redundancy(Problem *problem, const double *x, const FitStatistics *fit,
                           Notes *notes);
/* Notes on pairs that are determined, but hardly apart. */
void diagnose_exchangeable(const Problem *problem, const FitStatistics *fit, Notes *notes);

/* ---- quality.c ------------------------------------------------------------------------------- */

/* How good a fit is; NaN where not available. By the conventions of R: the scatter is normal with
 * an unknown standard deviation, which counts as one parameter more; weights are inverse
 * variances, up to a factor. */
typedef struct FitQuality {
    double left_squares; /* of the left side about its (weighted) mean; one '~' alone */
    double r_squared, adjusted_r_squared; /* against that mean: below 0 is possible */
    double log_likelihood, aic, aicc, bic;
} FitQuality;
Status diagnose_quality(Problem *problem, const double *x, const FitStatistics *fit,
                        FitQuality *quality);

/* ---- residuals.c ----------------------------------------------------------------------------- */

enum { RESIDUALS_OUTLIERS = 3, RESIDUALS_INFLUENCE = 5, RESIDUALS_DEGREES = 4 };

typedef struct RowFacts {
    size_t row; /* from 0 */
    double residual, studentized, p; /* studentized without the row itself; p by Bonferroni */
    double leverage, cook;           /* Cook's distance */
} RowFacts;

typedef enum ResidualState {
    RESIDUALS_NONE,     /* exact, not arrived, several '~' */
    RESIDUALS_FEW_ROWS, /* fewer than RESIDUALS_DEGREES degrees of freedom */
    RESIDUALS_MANY_ROWS, /* it would take too long */
    RESIDUALS_TESTED
} ResidualState;

/* What the residuals say about the formula; NaN where not available. */
typedef struct FitResiduals {
    ResidualState state;
    bool constant; /* the formula holds a constant: one of its directions lifts all rows alike */
    double f, f_above, f_below, f_p;     /* against that constant alone */
    double runs, runs_expected, runs_p;  /* of signs, along the one column or the fitted value */
    double spread, spread_slope, spread_p; /* Breusch and Pagan, in Koenker's form */
    RowFacts outliers[RESIDUALS_OUTLIERS], influence[RESIDUALS_INFLUENCE];
    size_t n_outliers, n_influence;
} FitResiduals;
Status diagnose_residuals(Problem *problem, const double *x, const FitStatistics *fit,
                          const FitQuality *quality, FitResiduals *residuals);
/* Two-sided, of 'runs' runs of signs among 'above' and 'below' (Wald and Wolfowitz 1940). */
double diagnose_runs_p(double above, double below, double runs);
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

/* ---- lanczos.c ------------------------------------------------------------------------------- */

typedef struct SpectrumEnd {
    double value;
    double *vector; /* n: its direction, of length 1 */
    bool settled;   /* to 1 % and better; else the true end may lie beyond */
} SpectrumEnd;
/* The least and the greatest eigenvalue of the exact second derivative. Parameters that are held
 * do not take part; those with a factor of the rate are measured in the unit that makes it 1. */
typedef struct Spectrum {
    SpectrumEnd low, high; /* NaN: not available, or not finite */
    size_t count;          /* parameters that take part */
    double *storage;
} Spectrum;
Status diagnose_spectrum(const Objective *objective, const double *x, Spectrum *spectrum);
/* With many parameters after so many products of the second derivative and a vector at most. */
Status diagnose_spectrum_within(const Objective *objective, const double *x, size_t rounds,
                                Spectrum *spectrum);
void diagnose_spectrum_free(Spectrum *spectrum);

/* ---- curvature.c ----------------------------------------------------------------------------- */

/* The greatest curvature (eigenvalue of the exact second derivative, by absolute value) at x; NaN
 * when it is not available. */
double diagnose_curvature(const Problem *problem, const double *x);
/* The largest rate that plain descent (or momentum 'beta', Nesterov's or not) survives at x: 2 /
 * curvature for beta 0; NaN where the curvature is not positive or the rule is another. */
double diagnose_rate_limit(const Problem *problem, const Walker *walker, const double *x);
/* That rate times the curvature: 2 for plain descent; NaN for rules of which it is not known. */
double diagnose_limit_factor(const Walker *walker);
/* True when the loss is a polynomial of degree two at most in the parameters: one valley, or none.
 */
bool diagnose_quadratic(const Graph *graph, NodeId loss);

/* ---- pace.c ---------------------------------------------------------------------------------- */

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

/* NaN where it is not known: with methods that are no rules, all is. */
typedef struct Pace {
    double momentum, limit_factor;
    bool looks_ahead;           /* Nesterov's rule */
    double limit, end_limit;    /* the largest rate that works at the start; at the end */
    double low, high;           /* least and greatest curvature at the end, or, where he flew off,
                                 * at the start; */
    double best, best_rounds;   /* the fastest rate there, and its rounds for one more digit */
    double along;               /* curvature along the slope at the end */
    double distance, fall;      /* to the bottom of the parabola that fits there */
} Pace;
void diagnose_pace_none(Pace *pace);
/* Costs a hundredth of what the walk took, or as long as a blink; after a bad end longer. */
Status diagnose_pace(const Problem *problem, const Walk *walk, Verdict verdict, Pace *pace);
/* Rounds for one more digit at a rate, where the walk ended: in the slowest direction, and in the
 * steepest. Infinite: never. */
double diagnose_pace_rounds(const Pace *pace, double rate);
double diagnose_pace_swing(const Pace *pace, double rate);
/* Of plain descent at its best rate there; NaN: not known. */
double diagnose_plain_rounds(const Pace *pace);

/* ---- doctor.c -------------------------------------------------------------------------------- */

/* Numbers are NaN where the curvature that they need is not positive. */
typedef struct Doctor {
    Spectrum spectrum;
    size_t rows; /* over which it was measured */
    double condition;
    double limit, zigzag, best; /* of plain descent: it flies off, zig-zags, is fastest */
    double best_rounds, zigzag_rounds; /* for one more digit, at the best rate and at 'zigzag' */
    double momentum, momentum_rate, momentum_limit, momentum_rounds; /* the best momentum */
    bool quadratic;    /* the curvature is the same everywhere */
    bool bottom;       /* there may be a lowest point to walk to */
    Text steep, flat;  /* the parameters that make the two ends: "a (x^2), b (x)" */
    Text standardized; /* statements before a linear formula that scale its columns; "" */
    Text advice;       /* options to walk with; "": none, the chosen method */
    Message diagnosis[4];
} Doctor;
/* At x, with 'sample' not 0 over so many of the rows. */
Status diagnose_doctor(Problem *problem, const double *x, size_t sample, uint64_t seed,
                       Doctor *doctor);
void diagnose_doctor_free(Doctor *doctor);
/* All rows of the table, or a sample of them, in the place of the walk's; and back. */
Status diagnose_look(Problem *problem, size_t sample, uint64_t seed, Rows *before, Sample *part);
void diagnose_look_back(Problem *problem, const Rows *before, Sample *part);

/* ---- rate_range.c ---------------------------------------------------------------------------- */

enum { RANGE_RATES = 30 };
typedef struct RateRange {
    double rate[RANGE_RATES], loss[RANGE_RATES]; /* NaN: a number broke */
    double log_rate[RANGE_RATES], log_loss[RANGE_RATES]; /* to base 10, for pictures */
    double start_loss;
    double lowest;  /* the rate that leads lowest; NaN: none leads down */
    double largest; /* the greatest from there on that does not lead up */
    double steepest_low, steepest_high; /* between these the loss falls most per step of the grid */
    int broken;
} RateRange;
/* Around 'limit' (NaN: not known), with the optimizer, batch and seed of 'options'. The problem is
 * afterwards as it was. */
Status diagnose_rate_range(Problem *problem, const WalkOptions *options, const double *start,
                           double limit, size_t sample, RateRange *range, Error *error);

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

/* What happened on a walk, in one name. */
typedef enum Happened {
    HAPPENED_NOTHING, /* it is still running */
    HAPPENED_GOOD,
    HAPPENED_TOO_SMALL, /* the rate */
    HAPPENED_ZIGZAG,    /* he crosses the valley at every step */
    HAPPENED_TOO_LARGE, /* he gets no lower */
    HAPPENED_FLEW_OFF,
    HAPPENED_NOISE,   /* of the batches: no lower than they let him */
    HAPPENED_PLATEAU, /* flat ground that is no bottom */
    HAPPENED_DEAD_UNITS,
    HAPPENED_NO_BETTER, /* than predicting the mean */
    HAPPENED_UPHILL,
    HAPPENED_NO_BOTTOM, /* the loss falls for ever */
    HAPPENED_NOT_A_NUMBER
} Happened;
typedef struct Happening {
    Happened name;
    Message why;           /* the figures that show it */
    bool ran_off, terrace; /* given: the valley runs off; a small step leads lower still */
    double better;         /* a rate, where the steps themselves tell one; NaN */
} Happening;

enum { WORDS_ADVICE = 96 };
typedef struct Words {
    Verdict verdict;
    Message method, reason[4], story[2], pace;
    Happening happening;
    double rate_limit;         /* at the start; NaN */
    char advice[WORDS_ADVICE]; /* options to add or change: "--rate 0.5"; "" */
    Notes notes;
} Words;

/* Everything a report says about the walk as it stands. */
Status diagnose_words(const Problem *problem, const Walk *walk, Words *words);
/* Its verdict alone, which takes a part of the time. */
Verdict diagnose_verdict(const Problem *problem, const Walk *walk);
void diagnose_words_free(Words *words);

/* ---- happened.c, remedy.c -------------------------------------------------------------------- */

void diagnose_happened(const Problem *problem, const WalkFacts *facts, const Pace *pace,
                       Verdict verdict, Ground ground, Happening *out);
const char *diagnose_happened_name(Happened name); /* "too_small" */
MessageId diagnose_happened_word(Happened name);
/* Not flown off: there is no bottom that way. A last step that overflowed upwards was too long. */
bool diagnose_falls(const WalkFacts *facts);
/* That the slope took on the whole way; infinite where it did not shrink. */
double diagnose_rounds_a_digit(const WalkFacts *facts);
/* A rate to try in the place of one that threw him out: one of which it is known that he arrives
 * with it, or one that is measured on the way. */
bool diagnose_retry(const Graph *graph, const WalkFacts *facts, const Pace *pace,
                    char advice[WORDS_ADVICE]);
/* Options against it; false: there are none here. */
bool diagnose_remedy(const Graph *graph, const Happening *happening, const WalkFacts *facts,
                     const Pace *pace, char advice[WORDS_ADVICE]);

/* ---- dead_units.c ---------------------------------------------------------------------------- */

/* Units of relu (max(0, e), max(e, 0), where(e > 0, e, 0)), sigmoid and tanh that depend on the row
 * and on parameters and that the loss feels; not where their input is felt on another way as well
 * (leaky_relu, elu, silu). Each element of a vector or matrix is a unit. */
typedef struct UnitCount {
    size_t units;
    size_t dead;      /* relu's: 0 in every row, and without a slope that could revive them */
    size_t saturated; /* sigmoid's, tanh's: less than 1e-6 of their greatest slope in every row */
    size_t rows;      /* that were looked at: all, or a sample of them where they are many */
    Text where;       /* the inputs of the first ones: "W @ x + b [2], [5]; w*x"; text_free */
} UnitCount;
Status diagnose_units(Problem *problem, const double *x, UnitCount *count);

/* ---- log_loss.c ------------------------------------------------------------------------------ */

typedef struct LogLoss {
    NodeId measured; /* with rows: 0 or 1 (coded), or the class from 1 */
    NodeId model;    /* what it is foretold from: a logit or a probability, or one for each class */
    size_t classes;
    bool coded;
} LogLoss;
/* Is the value of that node, for each row, the log loss of a class? */
bool diagnose_log_loss(const Graph *graph, NodeId id, LogLoss *found);

/* ---- baseline.c ------------------------------------------------------------------------------ */

/* What the best constant would do in the place of the formula: of squares the (weighted) mean of
 * what was measured, element by element of a vector; of log losses the shares of the classes. Known
 * for one '~' and for losses made of squares of 'data - formula' and of log losses alone (terms
 * without rows are left out); not for robust losses, nor where the formula is a constant itself. */
typedef struct Baseline {
    bool known;
    double loss, mean_loss; /* of the formula at x; of the constant */
    /* If the formula explained nothing, of being better by so much: the F test of squares, that of
     * likelihood ratios for two classes. 1 where it is no better; NaN where degrees of freedom run
     * out, as for 'y ~ w*x', and for sums of several kinds. */
    double p;
} Baseline;
/* With 'sample' not 0 over so many of the rows. */
Status diagnose_baseline(Problem *problem, const double *x, size_t sample, Baseline *baseline);

/* ---- flight.c -------------------------------------------------------------------------------- */

/* Of a walk that flew off: what went farthest, from the start to the last place where the loss was
 * finite, or, where that is the start itself, to the place after it. */
typedef struct Flight {
    bool known;       /* something moved */
    size_t parameter; /* scalar: measured in units in which the loss curves alike by each one */
    double from, to;
    Text term; /* the additive term that is largest there, in the user's words; "": none */
    double term_from, term_to; /* its value, in the row where it is largest */
    bool has_row;
    size_t row; /* from 0 */
} Flight;
Status diagnose_flight(const Problem *problem, const WalkFacts *facts, Flight *flight);
void diagnose_flight_free(Flight *flight);
/* The same as sentences: the parameter, the term; empty where they are not known. */
Status diagnose_flight_words(const Problem *problem, const WalkFacts *facts,
                             Message sentences[2]);

/* ---- seed_words.c ---------------------------------------------------------------------------- */

/* How start values were found with that seed, and how the walks from them compare; empty messages
 * where nothing was looked for. */
void diagnose_seed_words(const SeedReport *seed, uint64_t number, Message sentences[2]);

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
