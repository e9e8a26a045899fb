/* What the files of src/api share: the insides of the opaque types. */
#ifndef DESCEND_API_INSIDE_H
#define DESCEND_API_INSIDE_H

#include "../../include/descend.h"
#include "../diagnose/diagnose.h"

struct descend_error {
    Error error;
    Text text, sentence, remedy; /* the newest rendering of each */
    bool immortal; /* the one that says that memory has ended */
    bool misuse;   /* the call did not fit, whatever the inside says */
};

/* Which columns the arguments of a model are, as somebody chose. */
typedef struct ModelColumns {
    ModelColumn *items;
    size_t count, capacity;
} ModelColumns;

struct descend_model {
    Ast *ast;
    bool declared; /* a model file: names must be declared */
    ModelColumns columns;
    Arena arena; /* of their names */
    Text text;
};

struct descend_table {
    Table *table;
    Text text;
};

typedef struct WalkStart {
    const char *name;
    const double *values;
    size_t count;
} WalkStart;

struct descend_walk {
    descend_model *model;
    descend_table *table;
    Arena arena; /* option texts, arguments, names */
    WalkOptions options;
    atomic_int stop; /* options.stop points here */
    ProblemOptions problem_options;
    BuildOptions build;
    ModelColumns columns; /* chosen for this walk alone */
    Argument *arguments;
    size_t arguments_capacity;
    WalkStart *starts;
    size_t n_starts, starts_capacity;
    Problem *problem;
    Walk *walk;
    double scatter; /* with a robust loss whose scale was found: of the residuals; else 0 */
    double *start; /* n_scalars */
    bool *drawn;
    SeedReport seed; /* how starts that nobody gave were found */
    char **names; /* n_scalars, made when asked for */
    descend_foot *feet;
    bool ended; /* the words are about the end */
    Words words;
    Notes notes; /* drawn starts */
    FitStatistics fit;
    DerivedValue *derived; /* as the fit stands */
    size_t n_derived;
    bool fit_known, quality_known, residuals_known; /* of the end */
    FitQuality quality;
    FitResiduals residuals;
    Notes fit_notes; /* ties among parameters */
    bool fit_noted;
    IntervalOptions interval_options;
    Intervals *intervals; /* of another kind than linear, once asked for */
    bool limits_known;
    double read_limit, operation_limit;
    int stroke; /* of the four: which one is due */
    double stroke_loss;
    Text text;
};

/* Makes *error (where wanted) and returns the status. */
descend_status api_fail(descend_error **error, const Error *inside);
descend_status api_no_memory(descend_error **error);
descend_status api_misuse(descend_error **error, MessageId id);
/* The same with a sentence that is already made. */
descend_status api_misused(descend_error **error, const Error *inside);
/* A pointer is NULL that must not be: the argument of that name. */
descend_status api_null(descend_error **error, const char *argument);
descend_status api_status(Status status);
const char *api_render(Text *text, const Message *message, const char *language);
const char *api_note(Text *text, const Notes *notes, size_t k, const char *language);

/* api_robust.c: a problem whose loss needs a scale is opened anew with one; where the loss bends
 * (NaN: squares); the sentence about it ("": squares); the k-th row that counts less than half */
Status api_robust(descend_walk *walk, Error *error);
double api_loss_scale(const descend_walk *walk);
const char *api_loss_text(descend_walk *walk, const FitStatistics *fit, const char *language);
int api_down_row(descend_walk *walk, const FitStatistics *fit, size_t k, descend_down_row *row);
/* api_intervals.c */
Status api_option_intervals(descend_walk *walk, const char *option, const char *value,
                            Error *error);
/* Those that were asked for, calculated to the end; *intervals is NULL where the linear ones of
 * the fit stand: by choice, or because the walk goes on. */
descend_status api_intervals(descend_walk *walk, const Intervals **intervals);
bool api_interval_number(const descend_walk *walk, const char *key, double *number);
const char *api_interval_kind(const descend_walk *walk);
/* api_model.c: does the model take a column of that name? */
bool api_is_input(const descend_model *model, const char *name);
/* The refusal of a name that is none; 'value': what was to be its column, and is no number. */
Status api_no_input(const descend_model *model, const char *name, const char *value, Error *error);
Status api_add_column(ModelColumns *columns, Arena *arena, const char *argument,
                      const char *column);
/* The walk's own choices and then the model's become build options. */
Status api_join_columns(descend_walk *walk);
Status api_used_columns(const descend_model *model, const char *role, Arena *arena,
                        ReadOptions *options);

/* api_profile.c */
void api_limits(descend_walk *walk);

/* api_fit.c: statistics where the walk stands (cached once it has ended); NULL: not of a fit. */
const FitStatistics *api_fit(descend_walk *walk);
/* NaN where there is no such number. */
double api_fit_number(descend_walk *walk, const char *key);
/* tested, few_rows, many_rows or "". */
const char *api_residual_tests(descend_walk *walk);
const Notes *api_fit_notes(descend_walk *walk);
void api_fit_free(descend_walk *walk);

/* api_walk.c: everything is built and the first round may begin. */
descend_status api_prepare(descend_walk *walk, descend_error **error);
/* api_report.c: the statistics of the fit as it stands; NULL: it is no least-squares fit, or memory
 * ended. */
const FitStatistics *api_fit(descend_walk *walk);
/* api_band.c: NaN where it is not available. */
double api_left_out(descend_walk *walk, const FitStatistics *fit);
/* api_report.c: what a plan of the walk's problem came to. */
descend_status api_done(const descend_walk *walk, Status status, descend_error **error);
descend_status api_bad_rows(size_t rows, size_t room, descend_error **error);
/* api_report.c: the words about the walk as it stands (cached once it has ended). */
const Words *api_words(descend_walk *walk);

#endif
