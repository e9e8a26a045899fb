/* Thousands of random programs, with their slopes and curvatures: all executors give the same bits.
 */
#include "agree.h"
#include "random_graph.h"

enum { RANDOM_GRAPHS = 4000, RANDOM_ROWS = 2500 };

static double random_data[RANDOM_COLUMNS][RANDOM_ROWS + 8];
static const double *random_columns[RANDOM_COLUMNS];
static size_t random_numbers, random_finite;
static Hash random_digest;

static void random_fill(void) {
    RandomKey key = random_key(5, "data");
    for (size_t c = 0; c < RANDOM_COLUMNS; c++) {
        random_columns[c] = random_data[c];
        for (size_t r = 0; r < RANDOM_ROWS + 8; r++) {
            uint64_t at = c * 1000000 + r;
            random_data[c][r] = random_normal(key, at);
            if (c >= RANDOM_INDEX) random_data[c][r] = 1 + floor(random_uniform(key, at) * 2);
        }
    }
    random_data[RANDOM_INDEX + 1][1234] = 1e9; /* one wrong index, late */
}

static void random_check(RandomGraph *r, const NodeId *outputs, size_t n, uint64_t seed) {
    static const size_t counts[] = {0, 1, 5, 16, 100};
    double parameters[64];
    size_t rows = seed % 25 == 0 ? RANDOM_ROWS : counts[seed % 5];
    for (size_t i = 0; i < 64; i++) parameters[i] = random_normal(random_key(seed, "start"), i);
    AgreeCase task = {r->graph, outputs, n, parameters, {random_columns, seed % 8, rows, NULL}};
    char what[40];
    snprintf(what, sizeof what, "graph %llu", (unsigned long long)seed);
    AgreeValues values = agree_check(&task, what);
    for (size_t i = 0; i < values.count; i++) {
        random_finite += isfinite(values.data[i]) != 0;
        hash_double(&random_digest, values.data[i]);
    }
    random_numbers += values.count;
    free(values.data);
}

/* Some nodes, a total, its gradient, and sometimes a Hessian-vector product. */
static size_t random_outputs(RandomGraph *r, uint64_t seed, NodeId *outputs) {
    size_t n = 0, size = 5 + random_graph_below(r, 40);
    for (size_t i = 0; i < size; i++) random_graph_keep(r, random_graph_node(r));
    for (int i = 0; i < 4; i++) outputs[n++] = random_graph_pick(r);
    NodeId total = random_graph_total(r, r->pool[r->count - 1]);
    NodeId *gradient = outputs + n + 1, vector[RANDOM_PARAMETERS];
    outputs[n++] = total;
    if (graph_gradient(r->graph, total, r->parameters, RANDOM_PARAMETERS, GRADIENT_TOTAL, gradient,
                       &r->error) != STATUS_OK)
        return n;
    n += RANDOM_PARAMETERS;
    if (seed % 3) return n;
    for (size_t k = 0; k < RANDOM_PARAMETERS; k++)
        vector[k] = graph_unary(r->graph, OP_COS, graph_parameter(r->graph, r->parameters[k]));
    if (graph_hessian_vector(r->graph, gradient, vector, RANDOM_PARAMETERS, outputs + n,
                             &r->error) == STATUS_OK)
        n += RANDOM_PARAMETERS;
    return n;
}

TEST(random_programs_agree) {
    random_fill();
    random_digest = hash_start();
    for (uint64_t seed = 0; seed < RANDOM_GRAPHS && check_failures < 10; seed++) {
        RandomGraph r;
        NodeId outputs[AGREE_OUTPUTS];
        random_graph_start(&r, seed);
        size_t n = random_outputs(&r, seed, outputs);
        CHECK_INT(r.graph->status, STATUS_OK);
        CHECK_INT(graph_verify(r.graph, &r.error), STATUS_OK);
        if (r.graph->status == STATUS_OK) random_check(&r, outputs, n, seed);
        graph_free(r.graph);
    }
    printf("%zu values, %zu finite, digest %016llx\n", random_numbers, random_finite,
           (unsigned long long)random_digest.value);
    CHECK(random_finite * 2 > random_numbers); /* the programs say something */
}

TEST_MAIN(random_programs_agree)
