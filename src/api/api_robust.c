/* --loss: the scale, where nobody gave one, and what a robust fit tells besides its estimates. */
#include "api.h"

#include <math.h>
#include <string.h>

/* The fits for it go the quickest way: the bits are the same on all. */
static Status robust_find_scale(descend_walk *walk, const Table *table, Error *error) {
    BuildOptions plain = walk->build;
    ProblemOptions options = {.threads = walk->problem_options.threads};
    double tuning = train_graph(walk->problem)->tuning;
    RobustTask task = {walk->model->ast, table,          &walk->build, options,
                       &walk->options,   tuning, error};
    Problem *squares = NULL;
    plain.loss = NULL;
    TRY(train_problem_open(walk->model->ast, table, &plain, &options, &squares, error));
    Status status = train_robust_scatter(&task, squares, walk->start, &walk->scatter);
    train_problem_close(squares);
    walk->build.loss_scale = tuning * walk->scatter;
    return status;
}

/* Errors of measurement are the scale themselves. */
Status api_robust(descend_walk *walk, Error *error) {
    const Table *table = walk->table ? walk->table->table : NULL;
    if (!walk->build.loss || walk->build.loss_scale > 0 || walk->build.n_errors > 0)
        return STATUS_OK;
    TRY(robust_find_scale(walk, table, error));
    train_problem_close(walk->problem);
    walk->problem = NULL;
    return train_problem_open(walk->model->ast, table, &walk->build, &walk->problem_options,
                              &walk->problem, error);
}

double api_loss_scale(const descend_walk *walk) {
    const Graph *graph = walk->problem ? train_graph(walk->problem) : NULL;
    if (!graph || graph->raw == NODE_NONE) return NAN;
    return walk->build.loss_scale > 0 ? walk->build.loss_scale : graph->tuning;
}

/* 'loss huber: residuals beyond 0.23 (1.345 times their scatter) count less; ...' */
const char *api_loss_text(descend_walk *walk, const FitStatistics *fit, const char *language) {
    if (!fit || !fit->robust) return "";
    NumberText bend = number_round(api_loss_scale(walk), 4);
    NumberText down = number_integer((long long)fit->n_down_rows);
    NumberText rows = number_integer((long long)train_rows(walk->problem).count);
    Message message;
    if (walk->scatter > 0) {
        Text how = {0};
        text_format(&how, "%s * %s", number_round(train_graph(walk->problem)->tuning, 6).s,
                    number_round(walk->scatter, 4).s);
        message = message_make(MSG_API_LOSS_FOUND, walk->build.loss, bend.s, text_string(&how),
                               down.s, rows.s, NULL);
        text_free(&how);
    } else {
        message = message_make(MSG_API_LOSS_GIVEN, walk->build.loss, bend.s, down.s, rows.s, NULL);
    }
    return api_render(&walk->text, &message, language);
}

/* The k-th row that counts less than half. */
int api_down_row(descend_walk *walk, const FitStatistics *fit, size_t k, descend_down_row *row) {
    if (!fit || k >= fit->n_down_rows) return 0;
    const Table *table = train_table(walk->problem);
    const DownRow *down = &fit->down_rows[k];
    text_clear(&walk->text);
    diagnose_node_words(train_graph(walk->problem), train_graph(walk->problem)->left, &walk->text);
    *row = (descend_down_row){.row = (long)down->row + 1,
                              .line = table && table->lines ? table->lines[down->row] : 0,
                              .left = text_string(&walk->text),
                              .value = down->value,
                              .weight = down->weight};
    return 1;
}
