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

/* The ready texts (update rules): "adam" -> the very text that runs, NULL if unknown; k-th name. */
DESCEND_API const char *descend_ready_text(const char *name);
DESCEND_API const char *descend_ready_name(size_t k);
/* The text of a function that is written in the language itself ("relu", "standardize"), for
 * descend_free; NULL if unknown. */
DESCEND_API char *descend_function_text(const char *name);

/* ---- tables ---------------------------------------------------------------------------------- */

/* Reads CSV, TSV or blank-separated text in UTF-8, UTF-16 or GB18030 ("-": standard input); notes
 * say what was found (descend_table_note). na, for missing values: "refuse" (or NULL), "drop",
 * "mean". With a model, only the columns that it names (and 'role', such as that of the weights, or
 * NULL) must be complete; without one, all. */
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
/* Options as on the command line, without the dashes: rate (an expression, or "measured",
 * "measured*0.4": from the curvature at the start), optimizer, until, steps, epochs, batch,
 * gradient (exact, probe), restarts, seed, executor (auto, reference, interpreted, compiled),
 * threads, precision (f64, f32), weight, drop, cache (the absolute path of a folder, or off: where
 * compiled formulas are kept; off unless set), profile (on, off).
 * Only before the first step. */
DESCEND_API descend_status descend_walk_set(descend_walk *walk, const char *option,
                                            const char *value, descend_error **error);
/* An argument as on the command line: "w=10", "w=0..5", "w=1,0..5". */
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
 * for; of fits: residual_sum_of_squares residual_standard_deviation degrees_of_freedom
 * rows. */
DESCEND_API double descend_walk_number(const descend_walk *walk, const char *key);
/* Texts by key, "" when there is none: method executor precision (English names); and sentences:
 * reason (why it ended, with its two numbers), advice (the options to add or change,
 * '--rate 0.5': the command makes a line to type of them), method_sentence (names the method and
 * how to walk as in the chapter), names ('columns: ...; parameters: ...'), story (what the steps
 * did), pace (a short word for a walk beside others: 'too small', 'good', 'swinging', 'flying off',
 * ...). */
DESCEND_API const char *descend_walk_text(descend_walk *walk, const char *key,
                                          const char *language);
DESCEND_API const char *descend_walk_note(descend_walk *walk, size_t k, const char *language);
/* 64-bit digest of steps, loss, parameters, walk and rule state. */
DESCEND_API uint64_t descend_walk_digest(const descend_walk *walk);

/* Fits: n_parameters values each, NaN where not available; 'correlation' is n x n. Keys:
 * standard_errors, confidence_low, confidence_high, correlation. */
DESCEND_API descend_status descend_walk_vector(const descend_walk *walk, const char *key,
                                               double *values, size_t count);
/* Why parameter i has no standard error; "" when it has one. */
DESCEND_API const char *descend_walk_unavailable(descend_walk *walk, size_t i,
                                                 const char *language);
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
/* For plots: the one column on the right of '~', or -1; and the right side over given values of it.
 */
DESCEND_API int descend_walk_curve_column(const descend_walk *walk);
DESCEND_API descend_status descend_walk_curve(descend_walk *walk, const double *x, double *y,
                                              size_t n, descend_error **error);
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
