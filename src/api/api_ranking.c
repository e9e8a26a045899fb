/* Several fits of the same measurements beside each other. */
#include "api.h"

#include <math.h>
#include <string.h>

struct descend_ranking {
    RankEntry *entries; /* the best first */
    size_t n;
    Message sentence;
    Notes notes;
    Text text;
};

/* Row by row what the first walk measured: the left side that all must have. */
typedef struct RankingLeft {
    double *values, *other; /* n_rows each */
    size_t n_rows;
    Text words, other_words;
} RankingLeft;

static Status ranking_left(descend_walk *walk, double *values, Text *words) {
    const Graph *graph = train_graph(walk->problem);
    Rows rows = train_rows(walk->problem);
    text_clear(words);
    diagnose_node_words(graph, graph->left, words);
    TRY(train_fit_rows(walk->problem, descend_walk_values(walk), SIDE_LEFT, &rows, values));
    return words->failed ? STATUS_MEMORY : STATUS_OK;
}

/* Errors of one quantity can be compared, those of y and of log(y) cannot. */
static Status ranking_same_left(descend_walk *walk, size_t k, RankingLeft *left, Error *error) {
    const Graph *graph = train_graph(walk->problem);
    NumberText number = number_integer((long long)k + 1);
    Text *words = k == 0 ? &left->words : &left->other_words;
    if (train_rows(walk->problem).count != left->n_rows)
        return error_set(error, STATUS_INPUT, MSG_RANK_ROWS, number.s, NULL);
    TRY(ranking_left(walk, k == 0 ? left->values : left->other, words));
    if (graph->nodes[graph->left].flags & NODE_PARAMS)
        return error_set(error, STATUS_INPUT, MSG_RANK_LEFT_PARAMETERS, number.s,
                         text_string(words), NULL);
    if (k == 0 || memcmp(left->values, left->other, left->n_rows * sizeof *left->values) == 0)
        return STATUS_OK;
    error_set(error, STATUS_INPUT, MSG_RANK_LEFT, text_string(&left->words), number.s,
              text_string(words), NULL);
    error_remedy(error, MSG_RANK_LEFT_REMEDY, NULL);
    return STATUS_INPUT;
}

static Status ranking_add(descend_ranking *ranking, descend_walk *walk, RankingLeft *left,
                          Error *error) {
    size_t k = ranking->n;
    if (!walk || !walk->walk || train_graph(walk->problem)->left == NODE_NONE ||
        !train_exact_objective(walk->problem)->least_squares)
        return error_set(error, STATUS_INPUT, MSG_RANK_NO_FIT,
                         number_integer((long long)k + 1).s, NULL);
    TRY(ranking_same_left(walk, k, left, error));
    const FitStatistics *fit = api_fit(walk);
    if (!fit) return STATUS_MEMORY;
    RankEntry *entry = &ranking->entries[ranking->n++];
    *entry = (RankEntry){
        .walk = k, .rss = fit->rss, .exact = fit->exact, .left_out = api_left_out(walk, fit)};
    entry->parameters =
        (double)train_exact_objective(walk->problem)->n_residuals - fit->degrees;
    entry->arrived = fit->none != MSG_NO_ERROR_NOT_THERE;
    diagnose_rank_entry(left->values, train_weights(walk->problem), left->n_rows, entry);
    if (!fit->absolute) return STATUS_OK;
    entry->r_squared = api_fit_number(walk, "r_squared"); /* with errors that were measured */
    entry->aicc = api_fit_number(walk, "aicc");
    entry->bic = api_fit_number(walk, "bic");
    return STATUS_OK;
}

static Status ranking_fill(descend_ranking *ranking, descend_walk *const *walks, size_t n,
                           Error *error) {
    RankingLeft left = {0};
    left.n_rows = walks[0] && walks[0]->problem ? train_rows(walks[0]->problem).count : 0;
    ranking->entries = memory_new(n, sizeof *ranking->entries);
    left.values = memory_new(left.n_rows + 1, sizeof *left.values);
    left.other = memory_new(left.n_rows + 1, sizeof *left.other);
    bool good = ranking->entries && left.values && left.other;
    Status status = good ? STATUS_OK : STATUS_MEMORY;
    for (size_t k = 0; k < n && status == STATUS_OK; k++)
        status = ranking_add(ranking, walks[k], &left, error);
    if (status == STATUS_OK)
        diagnose_rank(ranking->entries, n, &ranking->sentence, &ranking->notes);
    memory_free(left.values);
    memory_free(left.other);
    text_free(&left.words);
    text_free(&left.other_words);
    return status == STATUS_OK && ranking->notes.failed ? STATUS_MEMORY : status;
}

descend_ranking *descend_ranking_open(descend_walk *const *walks, size_t n,
                                      descend_error **error) {
    Error inside = {0};
    if (!walks || n == 0) {
        api_null(error, "walks");
        return NULL;
    }
    descend_ranking *ranking = memory_new(1, sizeof *ranking);
    Status status = ranking ? ranking_fill(ranking, walks, n, &inside) : STATUS_MEMORY;
    if (status == STATUS_OK) return ranking;
    descend_ranking_free(ranking);
    if (status == STATUS_INPUT) api_fail(error, &inside);
    else api_no_memory(error);
    return NULL;
}

void descend_ranking_free(descend_ranking *ranking) {
    if (!ranking) return;
    memory_free(ranking->entries);
    notes_free(&ranking->notes);
    text_free(&ranking->text);
    memory_free(ranking);
}

int descend_ranking_at(const descend_ranking *ranking, size_t k, descend_rank *rank) {
    if (!ranking || k >= ranking->n || !rank) return 0;
    const RankEntry *entry = &ranking->entries[k];
    *rank = (descend_rank){.walk = entry->walk,
                           .rows = entry->rows,
                           .parameters = entry->parameters,
                           .residual_sum_of_squares = entry->rss,
                           .r_squared = entry->r_squared,
                           .aicc = entry->aicc,
                           .bic = entry->bic,
                           .leave_one_out_error = entry->left_out,
                           .weight = entry->weight};
    return 1;
}

const char *descend_ranking_sentence(descend_ranking *ranking, const char *language) {
    return ranking ? api_render(&ranking->text, &ranking->sentence, language) : "";
}

const char *descend_ranking_note(descend_ranking *ranking, size_t k, const char *language) {
    return ranking ? api_note(&ranking->text, &ranking->notes, k, language) : NULL;
}
