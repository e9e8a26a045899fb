/* descend: formula -> exact gradient -> lowest point -> why, and what next.
 *
 * Text in, numbers out: the language (docs/language.md) is the interface. All types are opaque;
 * there are no globals; the library prints nothing and never exits. Independent objects may be used
 * in independent threads; one object by one thread at a time (descend_walk_stop alone may be called
 * from anywhere, also from a signal handler).
 *
 * Errors: functions that can fail take 'descend_error **error' as their last argument (NULL: not
 * wanted). On failure they return NULL or a status below zero and set *error, which the caller
 * frees. Languages are "en" and "zh" (NULL: English). Strings returned as 'const char *' belong to
 * the object and live until it is freed or the same function is called on it again.
 *
 * Numbers are IEEE doubles; the same calls give the same bits on every machine.
 */
#ifndef DESCEND_H
#define DESCEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DESCEND_API
#if defined(__GNUC__)
#define DESCEND_API __attribute__((visibility("default")))
#else
#define DESCEND_API
#endif
#endif

typedef struct descend_error descend_error;
typedef struct descend_model descend_model;
typedef struct descend_table descend_table;
typedef struct descend_walk descend_walk;
typedef struct descend_slope descend_slope;
typedef struct descend_bisect descend_bisect;
typedef struct descend_doctor descend_doctor;

typedef enum descend_status {
    DESCEND_OK = 0,
    DESCEND_RUNNING = 1, /* descend_walk_step: go on */
    DESCEND_DONE = 2,    /* the walk has ended: ask for its verdict */
    DESCEND_INPUT = -1,  /* text, data or options are wrong */
    DESCEND_NO_MEMORY = -2,
    DESCEND_IO = -3,
    DESCEND_MISUSE = -4 /* the call does not fit the object's state */
} descend_status;

/* "0.1.0" */
DESCEND_API const char *descend_version(void);

/* ---- errors ------------------------------------------------------------------------------------
 */

DESCEND_API descend_status descend_error_status(const descend_error *error);
/* The whole: place, sentence, the line with a caret, remedy. Several lines, no newline at the end.
 */
DESCEND_API const char *descend_error_text(descend_error *error, const char *language);
/* The sentence alone, and the remedy alone ("" when there is none). */
DESCEND_API const char *descend_error_sentence(descend_error *error, const char *language);
DESCEND_API const char *descend_error_remedy(descend_error *error, const char *language);
DESCEND_API const char *descend_error_file(const descend_error *error); /* "" when there is none */
DESCEND_API long descend_error_line(const descend_error *error);        /* from 1; 0: none */
DESCEND_API long descend_error_column(const descend_error *error);
DESCEND_API void descend_error_free(descend_error *error);

/* ---- models: text in the language ------------------------------------------------------------ */

/* A one-line formula ('w^2', 'y ~ a*x + b'): names that are neither set nor columns become
 * parameters. */
DESCEND_API descend_model *descend_model_parse(const char *formula, descend_error **error);
/* A model file: every parameter is declared. "-" reads standard input (as a one-line formula may
 * be). */
DESCEND_API descend_model *descend_model_read(const char *path, descend_error **error);
DESCEND_API int descend_model_is_fit(const descend_model *model); /* it holds a '~' */
/* What was noticed while reading (full-width signs): k-th note, NULL past the end. */
DESCEND_API const char *descend_model_note(descend_model *model, size_t k, const char *language);
DESCEND_API void descend_model_free(descend_model *model);

/* Does the name of an argument ("w=10", "w=0..5") stand in the text? */
DESCEND_API int descend_model_takes(const descend_model *model, const char *argument);

/* A text may hold one model with a name: 'model gaussian(x, y) { param ...; y ~ ... }'. Its inputs
 * are columns of the table: those that descend_model_column (or descend_walk_argument, 'x=time')
 * chooses; the others take the columns of numbers that are left, in their order. The name, and the
 * k-th input: NULL when there is none. */
DESCEND_API const char *descend_model_name(const descend_model *model);
DESCEND_API const char *descend_model_argument(const descend_model *model, size_t k);
DESCEND_API const char *descend_model_text(const descend_model *model); /* as it was given */
/* What the comment at its head says: "en" and "zh", a line about it in that language; any other key
 * the lines '# KEY: ...' (kind, source, ...). "" when there is none. */
DESCEND_API const char *descend_model_about(descend_model *model, const char *key);
/* For all walks with this model: the input is that column. Input NULL: the column is none of its
 * inputs (as those of weights and of the walk's option 'drop' are not). */
DESCEND_API descend_status descend_model_column(descend_model *model, const char *argument,
                                                const char *column, descend_error **error);

/* The ready texts (update rules, then models): "adam" -> the very text that runs, NULL if unknown;
 * k-th name. */
DESCEND_API const char *descend_ready_text(const char *name);
DESCEND_API const char *descend_ready_name(size_t k);
/* The text of a function that is written in the language itself ("relu", "standardize"), for
 * descend_free; NULL if unknown. */
DESCEND_API char *descend_function_text(const char *name);

/* ---- tables ---------------------------------------------------------------------------------- */

/* Reads CSV, TSV or blank-separated text in UTF-8, UTF-16 or GB18030 ("-": standard input); notes
 * say what was found (descend_table_note). na, for missing values: "refuse" (or NULL), "drop",
 * "mean". With a model, only the columns that it names (and those in 'role',
 * separated by commas, such as that of the weights; or NULL) must be complete; without one, all. */
DESCEND_API descend_table *descend_table_read(const char *path, const char *na,
                                              const descend_model *model, const char *role,
                                              descend_error **error);
/* 'x=1,2,3 y=2,4,5' */
DESCEND_API descend_table *descend_table_parse(const char *literal, descend_error **error);
/* True when the text is a literal table. */
DESCEND_API int descend_table_is_literal(const char *text);
/* Columns in the caller's memory: not copied, must outlive the table. */
DESCEND_API descend_table *descend_table_columns(size_t n_columns, const char *const *names,
                                                 const double *const *values, size_t n_rows,
                                                 descend_error **error);
DESCEND_API size_t descend_table_row_count(const descend_table *table);
DESCEND_API size_t descend_table_column_count(const descend_table *table);
DESCEND_API const char *descend_table_column_name(const descend_table *table, size_t column);
/* The 's' of a header 'time (s)' or 'time [s]', or of a row of units below it; NULL: none. A
 * formula may call the column 'time' too, where no other one is called so. */
DESCEND_API const char *descend_table_column_unit(const descend_table *table, size_t column);
DESCEND_API const double *descend_table_column(const descend_table *table, size_t column);
/* The word behind a value of a column of categories; "" in other columns. */
DESCEND_API const char *descend_table_word(const descend_table *table, size_t column, size_t row);
DESCEND_API const char *descend_table_note(descend_table *table, size_t k, const char *language);
DESCEND_API void descend_table_free(descend_table *table);

/* ---- walks ----------------------------------------------------------------------------------- */

typedef enum descend_verdict {
    DESCEND_VERDICT_RUNNING,
    DESCEND_VERDICT_CONVERGED,
    DESCEND_VERDICT_STEP_LIMIT,
    DESCEND_VERDICT_STOPPED_EARLY, /* by the rows kept for validation: training, not yet */
    DESCEND_VERDICT_STALLED,
    DESCEND_VERDICT_OSCILLATING,
    DESCEND_VERDICT_DIVERGED,
    DESCEND_VERDICT_NON_FINITE,
    DESCEND_VERDICT_INTERRUPTED
} descend_verdict;

typedef struct descend_foot {
    double left, right, left_loss, right_loss; /* where the foot was put, and what was felt */
    double slope,
        noise; /* (right_loss - left_loss) / (right - left), and how far that may be off */
} descend_foot;

/* One finished round. Arrays have n_parameters items and live until the next call on the walk. */
typedef struct descend_event {
    long long step; /* from 1 */
    long long evaluations;
    long restart; /* 0: the walk from the given start; then each call makes one whole walk more */
    double loss;  /* where he stood: at 'at' */
    double slope; /* norm of the gradient there */
    double rate;
    double next_loss; /* at 'next' where it is already known, else NaN */
    double seconds;
    size_t n_parameters;
    const double *at, *gradient, *next;
    const descend_foot *feet; /* with gradient=probe, else NULL */
} descend_event;

/* Model and table (NULL: none) must outlive the walk. Nothing is checked yet but memory. */
DESCEND_API descend_walk *descend_walk_open(descend_model *model, descend_table *table,
                                            descend_error **error);
/* Options as on the command line, without the dashes: rate (an expression; "measured": as it
 * walks, the default of gd, momentum, nesterov, adam, rmsprop and adagrad; "measured*0.4": that
 * part of half of the largest that works at the start, in all rounds), optimizer, until, steps,
 * epochs, batch, gradient (exact, probe), restarts, seed, executor (auto, reference, interpreted,
 * compiled), threads, precision (f64, f32), loss, weight, error, xerror, group, drop, cache (the
 * absolute path of a folder, or off: where compiled formulas are kept; off unless set), profile
 * (on, off), intervals (linear, profile, bootstrap, bootstrap:N), watch (off: no word on what
 * happened). Only before the first step. */
DESCEND_API descend_status descend_walk_set(descend_walk *walk, const char *option,
                                            const char *value, descend_error **error);
/* An argument as on the command line: "w=10", "w=0..5", "w=1,0..5"; of a model with inputs also
 * "x=time". */
DESCEND_API descend_status descend_walk_argument(descend_walk *walk, const char *argument,
                                                 descend_error **error);
/* A start for all elements of a parameter, in order. */
DESCEND_API descend_status descend_walk_start(descend_walk *walk, const char *name,
                                              const double *values, size_t count,
                                              descend_error **error);
/* Builds and checks everything (the first step does it otherwise). */
DESCEND_API descend_status descend_walk_prepare(descend_walk *walk, descend_error **error);
/* One round: DESCEND_RUNNING with *event (may be NULL), DESCEND_DONE when the walk has ended (the
 * event is the last round's; further calls change nothing), or an error. */
DESCEND_API descend_status descend_walk_step(descend_walk *walk, descend_event *event,
                                             descend_error **error);
/* All rounds, restarts included, without events. */
DESCEND_API descend_status descend_walk_run(descend_walk *walk, descend_error **error);
/* The walk ends 'interrupted' after the round it is in. Safe in a signal handler. */
DESCEND_API void descend_walk_stop(descend_walk *walk);
DESCEND_API void descend_walk_free(descend_walk *walk);

/* The four strokes of one round, the same bits as descend_walk_step (methods in C, such as BFGS,
 * have no such strokes: DESCEND_MISUSE). */
DESCEND_API descend_status descend_walk_forward(descend_walk *walk, descend_error **error);
DESCEND_API descend_status descend_walk_loss(descend_walk *walk, double *loss,
                                             descend_error **error);
DESCEND_API descend_status descend_walk_backward(descend_walk *walk, descend_error **error);
DESCEND_API descend_status descend_walk_update(descend_walk *walk, descend_error **error);

/* ---- what a walk knows ----------------------------------------------------------------------- */

DESCEND_API size_t descend_walk_parameter_count(const descend_walk *walk); /* scalars */
DESCEND_API const char *descend_walk_parameter_name(const descend_walk *walk,
                                                    size_t i); /* "w[2]" */
/* Parameters as declared: name, rank and dimensions of the k-th (NULL past the end). */
DESCEND_API const char *descend_walk_block_name(const descend_walk *walk, size_t k);
DESCEND_API size_t descend_walk_block_shape(const descend_walk *walk, size_t k, size_t dims[4]);
/* Where the first axis of the k-th goes over groups: the i-th group, from 0; NULL past the end, or
 * where there are none. */
DESCEND_API const char *descend_walk_block_label(const descend_walk *walk, size_t k, size_t i);
/* A parameter's elements, in order; the values the walk would report now. */
DESCEND_API descend_status descend_walk_get(const descend_walk *walk, const char *name,
                                            double *values, size_t count);
DESCEND_API const double *descend_walk_values(const descend_walk *walk); /* all scalars */
DESCEND_API const double *descend_walk_starts(const descend_walk *walk);
DESCEND_API int descend_walk_was_drawn(const descend_walk *walk, size_t i); /* start by the seed */

DESCEND_API descend_verdict descend_walk_verdict(const descend_walk *walk);
DESCEND_API const char *descend_verdict_name(descend_verdict verdict); /* "converged" */
/* Numbers by key, NaN when not available: loss start_loss steps evaluations gradient_norm seconds
 * seed threads rate_limit; workspace_bytes (of all plans); with profile=on read_limit (bytes a
 * second) and operation_limit (multiplications and additions a second), measured when first asked
 * for. Of fits:
 * - start_tries start_walks: places that were looked at for start values, walks from the best of
 *   them; runner_up: the sum of squares of the next valley that they met over that of the lowest;
 * - residual_sum_of_squares (of residuals divided by their errors, where there are some)
 *   residual_standard_deviation rows degrees_of_freedom (rows that have a weight, less determined
 *   parameters); with measured errors chi_square reduced_chi_square; with a robust loss loss_scale,
 *   where it bends; leave_one_out_error (of rows that the fit has not seen, each left out in turn,
 *   in linear approximation: the root of their weighted mean square; computed when asked for);
 * - r_squared adjusted_r_squared (against the weighted mean of the left side: may be below 0),
 *   log_likelihood aic aicc bic (as R has them: normal scatter, whose sigma counts as a parameter
 *   unless errors were measured);
 * - f_statistic f_above f_below f_p: against a constant alone, where the formula holds one: its two
 *   degrees of freedom and its p;
 * - of the residuals, along the one column on the right or else the fitted value: runs
 *   runs_expected runs_p (of their signs), spread spread_slope spread_p (Breusch and Pagan's test
 *   in Koenker's form; slope above 0: the scatter grows);
 * - of the bootstrap, when it is done: bootstrap_replicates, of these bootstrap_used
 *   bootstrap_not_converged bootstrap_undetermined. */
DESCEND_API double descend_walk_number(const descend_walk *walk, const char *key);
/* Texts by key, "" when there is none. English words: method executor precision intervals (of which
 * kind), residual_tests (tested; few_rows: too few to tell; many_rows: it would take too long),
 * errors_are (of fits: absolute, scaled), loss_function (squares, huber, ...), happened (what was
 * wrong with the walk: good too_small zig_zag too_large flew_off limited_by_noise plateau
 * dead_units no_better_than_the_mean uphill no_lowest_point not_a_number; none with watch=off).
 * Sentences: reason (why it ended, with its two numbers), happened_word (happened as a report says
 * it), happened_because (the figures that show it), advice (the options to add or change,
 * '--rate 0.5': the command makes a line to type of them), method_sentence (names the method and
 * how to walk as in the chapter), starts (how start values that nobody gave were found), names
 * ('columns: ...; parameters: ...'), model (its name) and formula (it as it would be typed over
 * these columns), story (what the steps did), scatter (what sets the errors), loss (a robust one),
 * pace (a short word for a walk beside others: 'too small', 'good', 'zig-zag', 'flew off', ...). */
DESCEND_API const char *descend_walk_text(descend_walk *walk, const char *key,
                                          const char *language);
DESCEND_API const char *descend_walk_note(descend_walk *walk, size_t k, const char *language);
/* 64-bit digest of steps, loss, parameters, walk and rule state. */
DESCEND_API uint64_t descend_walk_digest(const descend_walk *walk);

/* Fits: n_parameters values each, NaN where not available; 'correlation' is n x n. Keys:
 * standard_errors, confidence_low, confidence_high, correlation, t_values and p_values (of 'the
 * parameter is 0', where its bounds allow that); bootstrap_errors, with intervals=bootstrap. Ends
 * of intervals are of the kind that was asked for, calculated when first asked for; an infinite one
 * is open: the data set no limit there. */
DESCEND_API descend_status descend_walk_vector(const descend_walk *walk, const char *key,
                                               double *values, size_t count);
/* Intervals that take their time (intervals=profile, bootstrap), piece by piece:
 * DESCEND_RUNNING with the share done so far (0 to 1), DESCEND_DONE when they are known. After the
 * end of the walk; descend_walk_stop ends them too. Those who do not mind waiting need not call
 * this. What there is to say about them comes with the notes, afterwards. share may be NULL. */
DESCEND_API descend_status descend_walk_intervals(descend_walk *walk, double *share,
                                                  descend_error **error);
/* Why parameter i has no standard error; "" when it has one. */
DESCEND_API const char *descend_walk_unavailable(descend_walk *walk, size_t i,
                                                 const char *language);
/* Fits with a robust loss: rows that count less than half, the least first; 0 past the end. */
typedef struct descend_down_row {
    long row, line;      /* from 1; line in the file, 0: none */
    const char *left;    /* the left side in words: "y"; valid until the next call */
    double value;        /* its value in that row */
    double weight;       /* below 0.5 */
} descend_down_row;
DESCEND_API int descend_walk_down_row(descend_walk *walk, size_t k, descend_down_row *row);
/* Fits: names that the formula sets to something made of parameters alone ('b = 2*a; y ~ ...'):
 * line k from 0; 0 past the end. Texts are valid until the walk goes on. */
typedef struct descend_derived {
    const char *name;  /* "b", or "b[2]" of an element */
    const char *words; /* "b = 2*a" */
    double value, standard_error; /* by the delta method; NaN when not available */
} descend_derived;
DESCEND_API int descend_walk_derived(descend_walk *walk, size_t k, descend_derived *derived);
/* Rows that stand out, k from 0; 0 past the end. "outliers": up to 3 whose p is below 0.05, the
 * farthest first; "influence": the 5 that pull the fit most. */
typedef struct descend_row_facts {
    size_t row; /* of the table, from 1 */
    long line;  /* in its file, from 1; 0: none */
    double residual;
    double studentized, p; /* by the scatter of the other rows; p times the number of rows */
    double leverage, cook; /* Cook's distance */
} descend_row_facts;
DESCEND_API int descend_walk_row_facts(descend_walk *walk, const char *key, size_t k,
                                       descend_row_facts *facts);
/* One number for each row of the table at the current parameters: "left", "right", "residual". */
DESCEND_API descend_status descend_walk_rows(descend_walk *walk, const char *key, double *values,
                                             size_t n_rows, descend_error **error);
/* Where the time went, with profile=on: the plans that were used, each as a whole and then step by
 * step. Line k from 0; 0 past the end. Texts are valid until the next call. */
typedef struct descend_profile {
    const char *plan; /* gradient, loss, residuals, sides, curvature */
    const char *step; /* as 'show --stage plan' has it; or once, compiled, outputs; "": the whole */
    int pass;         /* over the rows, from 1 */
    double seconds;   /* of all threads together; of the whole: on the wall */
    /* Of the whole: evaluations; rows in all of them; bytes of columns that were read; operations,
     * a function such as exp counting as one. */
    double runs, rows, bytes, operations;
} descend_profile;
DESCEND_API int descend_walk_profile(descend_walk *walk, size_t k, descend_profile *line);
/* For plots: the one column on the right of '~' (-1: none or several, or one of categories; -2:
 * memory ended); and the right side over given values of it. */
DESCEND_API int descend_walk_curve_column(const descend_walk *walk);
DESCEND_API descend_status descend_walk_curve(descend_walk *walk, const double *x, double *y,
                                              size_t n, descend_error **error);
/* How far a fit's curve can be trusted. n values each, NULL where not wanted. */
typedef struct descend_band {
    double *fitted;                           /* the right side of the (first) '~' */
    double *standard_error;                   /* of it, by the delta method, exact slopes */
    double *confidence_low, *confidence_high; /* 95 % interval of the curve, at each point alone */
    double *prediction_low, *prediction_high; /* 95 % interval of one more measurement there */
} descend_band;
/* At n values of the one column on the right side (see descend_walk_curve_column), where a new
 * measurement has weight 1; or with x NULL at the n rows of the table, with their weights. All but
 * 'fitted' is NaN where there is no band: everywhere, if descend_walk_band_unavailable says why,
 * and at points about which the data say nothing. Parameters that are tied with each other have no
 * errors of their own, but the curve has; those that are held or at a bound count as known. */
DESCEND_API descend_status descend_walk_band(descend_walk *walk, const double *x, size_t n,
                                             const descend_band *band, descend_error **error);
/* Why there is no band; "" when there is one. */
DESCEND_API const char *descend_walk_band_unavailable(descend_walk *walk, const char *language);
/* Does the formula use this column of its table? */
DESCEND_API int descend_walk_uses_column(const descend_walk *walk, size_t column);
/* Loss and exact gradient at any point; gradient may be NULL. */
DESCEND_API descend_status descend_walk_evaluate(descend_walk *walk, const double *point,
                                                 double *loss, double *gradient,
                                                 descend_error **error);
/* Second derivative at the current point times v (both n_parameters). */
DESCEND_API descend_status descend_walk_hessian_vector(descend_walk *walk, const double *v,
                                                       double *product, descend_error **error);
/* Valleys found by restarts, lowest first: false past the end. values: n_parameters. */
DESCEND_API int descend_walk_valley(const descend_walk *walk, size_t k, double *loss,
                                    double *values, long *walks);
/* Stable text of a stage: ast, graph, gradient, plan, c. Free with descend_free. */
DESCEND_API char *descend_walk_show(descend_walk *walk, const char *stage, descend_error **error);
DESCEND_API void descend_free(void *memory);

/* ---- ranking: several formulas for the same measurements ------------------------------------- */

typedef struct descend_ranking descend_ranking;
typedef struct descend_rank {
    size_t walk; /* its place among those that were given, from 0 */
    double rows; /* of weight above 0 */
    double parameters; /* that the data determine */
    double residual_sum_of_squares, r_squared;
    /* Of the normal likelihood, its variance counted as a parameter (as R does). AICc is NaN where
     * there are hardly more rows than parameters: such formulas come last. */
    double aicc, bic;
    double leave_one_out_error; /* see descend_walk_number; NaN where it is not available */
    double weight; /* of evidence: its share of exp(-AICc/2) (Burnham and Anderson 2002) */
} descend_rank;

/* Ranks fits of one left side over the same rows, the lowest AICc first. Walks that are no plain
 * least squares, or whose left sides differ, are refused. The walks must outlive the ranking only
 * while it is made. */
DESCEND_API descend_ranking *descend_ranking_open(descend_walk *const *walks, size_t n,
                                                  descend_error **error);
/* The k-th best, from 0; false past the end. */
DESCEND_API int descend_ranking_at(const descend_ranking *ranking, size_t k, descend_rank *rank);
/* Which is preferred, and by how much; formulas are counted from 1, as they were given. */
DESCEND_API const char *descend_ranking_sentence(descend_ranking *ranking, const char *language);
/* What else should be known - one that follows the noise, too few rows: k-th, NULL past the end. */
DESCEND_API const char *descend_ranking_note(descend_ranking *ranking, size_t k,
                                             const char *language);
DESCEND_API void descend_ranking_free(descend_ranking *ranking);

/* ---- slope: exact and by the foot, at the walk's start --------------------------------------- */

DESCEND_API descend_slope *descend_slope_open(descend_walk *walk, descend_error **error);
/* The derivative by scalar parameter i as a formula: "2*w". */
DESCEND_API const char *descend_slope_formula(descend_slope *slope, size_t i);
DESCEND_API double descend_slope_exact(const descend_slope *slope, size_t i);
DESCEND_API descend_foot descend_slope_foot(const descend_slope *slope, size_t i);
DESCEND_API int descend_slope_agrees(const descend_slope *slope, size_t i);
/* Two parameters and more: how far the loss falls for a small step along each of 360 directions (in
 * the plane of the gradient): the greatest fall among them, its angle to the negative gradient in
 * degrees, and the fall straight along the negative gradient. False with one parameter. */
DESCEND_API int descend_slope_directions(const descend_slope *slope, double *best_fall,
                                         double *best_angle, double *straight_fall);
/* Does every parameter agree? If not, a sentence names the worst one. */
DESCEND_API int descend_slope_verdict(descend_slope *slope, const char *language,
                                      const char **sentence);
DESCEND_API void descend_slope_free(descend_slope *slope);

/* ---- doctor: curvature and rates at the walk's start ----------------------------------------- */

/* Measures over 'sample' of the rows, drawn by the walk's seed; 0: all. The walk, which must
 * outlive the doctor, stays as it is, bit for bit. */
DESCEND_API descend_doctor *descend_doctor_open(descend_walk *walk, size_t sample,
                                                descend_error **error);
/* NaN where the curvature that it needs is not positive, or for an unknown key:
 * - curvature_max curvature_min (eigenvalues of the second derivative) condition_number rows
 *   bottom (1: there may be a lowest point to walk to; 0: there is none, or nothing is known);
 * - of plain descent rate_limit (beyond it flies off) rate_zigzag (beyond it swings to and fro)
 *   rate_best, rounds_best rounds_zigzag (for one more digit at the last two);
 * - of momentum (Polyak's heavy ball) momentum_best momentum_rate (together the fastest)
 *   momentum_limit momentum_rounds;
 * - after descend_doctor_range start_loss range_lowest (the rate that led lowest) range_largest
 *   (the greatest that did not lead up) range_steepest_low range_steepest_high (between these the
 *   loss fell most) range_broken (rates at which a number broke). */
DESCEND_API double descend_doctor_number(const descend_doctor *doctor, const char *key);
/* diagnosis: sentences, one a line. advice: options to walk with; "": none, the method that is
 * chosen then. steep, flat: the parameters that make the largest and the smallest curvature, with
 * their slopes: "b (x^2), c (x)". standardized: statements that, before the formula, scale the
 * columns of a linear fit ("x = standardize(x); "), which then reaches the same curves; or "". */
DESCEND_API const char *descend_doctor_text(descend_doctor *doctor, const char *key,
                                            const char *language);
/* Walks a few rounds at each of many rates, from the same start, with the walk's optimizer (gd if
 * none) and batch; then the k-th rate: false past the end. */
DESCEND_API descend_status descend_doctor_range(descend_doctor *doctor, descend_error **error);
typedef struct descend_rate {
    double rate, loss;         /* NaN: a number broke */
    double log_rate, log_loss; /* to base 10; NaN where there is none */
} descend_rate;
DESCEND_API int descend_doctor_rate(const descend_doctor *doctor, size_t k, descend_rate *rate);
DESCEND_API void descend_doctor_free(descend_doctor *doctor);

/* What this library works with here: instructions (avx512, avx2, plain), compiler (its path, "":
 * none). Free with descend_free; NULL: no memory. */
DESCEND_API char *descend_machine_text(const char *key);
/* Bytes a second from memory, multiplications and additions a second; measured, which takes a part
 * of a second. NaN: no memory. */
DESCEND_API descend_status descend_machine_limits(double *read, double *operations);

/* ---- bisect: the god's-eye view, on the slope ------------------------------------------------ */

typedef struct descend_bisect_event {
    long evaluation;      /* slopes felt so far */
    double low, high;     /* the bracket before this evaluation */
    double middle, slope; /* where the slope was felt, and what it was */
} descend_bisect_event;

/* Needs to know a bracket at whose ends the slope has opposite signs. */
DESCEND_API descend_bisect *descend_bisect_open(descend_walk *walk, const char *parameter,
                                                double low, double high, descend_error **error);
/* The first two evaluations are the ends. DESCEND_DONE: found, or the bracket holds no answer. */
DESCEND_API descend_status descend_bisect_step(descend_bisect *bisect, descend_bisect_event *event,
                                               descend_error **error);
/* NaN when the bracket holds no answer; the sentence says so, and what it needed to know. */
DESCEND_API double descend_bisect_answer(const descend_bisect *bisect);
DESCEND_API long descend_bisect_evaluations(const descend_bisect *bisect);
DESCEND_API const char *descend_bisect_sentence(descend_bisect *bisect, const char *language);
DESCEND_API void descend_bisect_free(descend_bisect *bisect);

#ifdef __cplusplus
}
#endif
#endif
