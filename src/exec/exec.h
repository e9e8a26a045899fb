/* exec: graph -> plan -> run over blocks of rows.
 *
 * A plan computes some nodes of a graph. It goes over the rows in as many passes as its sums over rows
 * depend on each other (usually one): a block's columns come into cache once, forward and backward
 * are done, then the next block. Sums over rows: 16 lanes inside a leaf of 1,024 rows counted by
 * absolute row, then a binary tree over leaves - the same bits for every block height and executor.
 */
#ifndef DESCEND_EXEC_H
#define DESCEND_EXEC_H

#include "../data/data.h"
#include "../graph/graph.h"

enum { EXEC_LEAF_ROWS = 1024, EXEC_LANES = 16 };

typedef enum Executor {
    EXECUTOR_AUTO,
    EXECUTOR_REFERENCE,  /* a plain loop, row by row, for tests */
    EXECUTOR_INTERPRETED /* vectors over a block of rows */
} Executor;

typedef struct PlanOptions {
    Executor executor;
    size_t block_rows;   /* 0: chosen so that a block's values stay in cache */
    size_t memory_limit; /* bytes of workspace; 0: none */
} PlanOptions;

typedef struct Plan Plan;

/* Plans the outputs (any nodes). The graph must outlive the plan. The workspace is allocated here, once. */
Status exec_plan(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                 const PlanOptions *options, Plan **plan, Error *error);
void exec_free(Plan *plan);

/* The rows of one evaluation: row r of column c is columns[c][first + r]. Rows are counted from 'first'. */
typedef struct Rows {
    const double *const *columns;
    size_t first, count; /* count 0: a program without rows */
} Rows;

/* Called for each block in order with the outputs that have rows: values[k] is output k, element e of
 * row r at values[k][e * stride + r]; NULL for outputs without rows. */
typedef struct RowVisitor {
    Status (*block)(void *context, size_t first_row, size_t n_rows, const double *const *values,
                    size_t stride);
    void *context;
} RowVisitor;

/* 'parameters' is the flat vector. results[k] receives output k: its elements; for an output with rows
 * element e of row r at results[k][e * rows->count + r] (must not overlap the columns), or NULL to leave
 * it to the visitor. 'visitor' may be NULL. Allocates nothing. Non-finite values are ordinary results. */
Status exec_run(Plan *plan, const double *parameters, const Rows *rows, double *const *results,
                const RowVisitor *visitor);

/* Where a value that is not finite was born. */
typedef struct Fault {
    NodeId node;       /* its inputs are finite, its value is not; never in an arm not taken */
    bool has_row;
    size_t row;        /* from 0, counted from rows->first */
    double value;
    size_t n_operands; /* up to 3 */
    double operands[3];
} Fault;
/* Replays the evaluation of 'output' in a checked, slow way. False when everything is finite (or memory
 * ended). */
bool exec_find_fault(const Graph *graph, NodeId output, const double *parameters, const Rows *rows,
                     Fault *fault);
/* How many rows (or 1) stand exactly on a kink of abs, max, min, sign, norm... at these parameters, and
 * the first such node: for the report. */
size_t exec_count_kinks(const Graph *graph, NodeId output, const double *parameters, const Rows *rows,
                        NodeId *first);

typedef struct PlanFacts {
    size_t steps, passes, block_rows, workspace_bytes;
    const char *executor; /* "interpreted" */
} PlanFacts;
PlanFacts exec_facts(const Plan *plan);
/* Stable text for 'show --stage plan'. */
void exec_dump(const Plan *plan, Text *out);

#endif
