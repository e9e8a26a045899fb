/* graph: syntax tree + columns -> nodes in topological order, with shapes, gradients as more
 * nodes, simplification at creation, a verifier and stable text.
 *
 * A program is written for one row. Each node is either one value for each row (NODE_ROWS) or one
 * value for all; the OP_ROW_* operators lead from the first to the second. A node without
 * NODE_ROWS used by one with it is repeated for each row, silently. Shapes are the shape of one
 * row's value.
 *
 * Branches are regions: the nodes of an arm of 'where' that are not shared with the outside live
 * in a region of their own, below the region of the SELECT. A node's inputs lie in its own region
 * or in one around it; only the arms of the SELECT that owns a region are read from outside. An
 * adjoint that leaves a region is wrapped in the same 'where', so that the arm not taken
 * contributes no value, no slope and no NaN, and this holds again when the gradient is
 * differentiated.
 * */
#ifndef DESCEND_GRAPH_H
#define DESCEND_GRAPH_H

#include "../data/data.h"
#include "../lang/lang.h"
#include "../op/op.h"

typedef uint32_t NodeId; /* index into Graph.nodes */
enum { NODE_NONE = 0 };  /* node 0 is a dummy */
enum { SHAPE_RANK = 4 };

typedef struct Shape {
    uint32_t rank; /* 0: a number */
    uint32_t dim[SHAPE_RANK];
} Shape;

enum NodeFlags {
    NODE_ROWS = 1,  /* one value for each row */
    NODE_PARAMS = 2 /* depends on parameters */
};

typedef union NodeAux {
    double value;                /* CONST */
    uint32_t index;              /* COLUMN, PARAM */
    int32_t exponent;            /* POWI */
    uint32_t axes;               /* reductions, BROADCAST: one bit an axis */
    uint32_t axis[SHAPE_RANK];   /* TRANSPOSE */
    uint32_t offset[SHAPE_RANK]; /* SLICE, PAD */
} NodeAux;

typedef struct Node {
    Op op;
    uint32_t flags;
    uint32_t region; /* 0: the outermost */
    uint32_t first_input, n_inputs; /* into Graph.inputs */
    Shape shape;
    NodeAux aux;
    Span span; /* the words it comes from (of an adjoint: those of the node differentiated) */
} Node;

/* The arm of a 'where': read only where 'condition' is 'taken'. */
typedef struct Region {
    uint32_t parent;
    NodeId condition;
    bool taken;       /* true: the arm for condition != 0 */
    /* The same guards less those whose condition has rows (nodes without rows go there), and less
     * those whose condition is no single number. */
    uint32_t rowless, scalar;
} Region;

typedef enum StartKind {
    START_DRAWN,  /* nobody said: normal(0, 1) by the seed, or uniform within finite bounds */
    START_VALUE,  /* start_a, for all elements; or start_values where set */
    START_NORMAL, /* mean start_a, deviation start_b */
    START_UNIFORM /* start_a to start_b */
} StartKind;

/* What was said about one element of a parameter: k[oak]=3. */
typedef struct ElementStart {
    size_t element;
    bool has_start, has_bounds;
    double start, low, high;
} ElementStart;

/* A column of numbers read as categories: its distinct values, sorted, count from 1. As a column of
 * the graph it comes behind those of the table. */
typedef struct GraphGroup {
    uint32_t of;          /* the column of the table */
    const double *codes;  /* of each row */
    const double *values; /* of each class */
    const char *const *classes;
    size_t n_classes;
} GraphGroup;

typedef struct Parameter {
    const char *name; /* "b", "dense.1.W" */
    Shape shape;
    size_t offset, count; /* its elements within the flat vector */
    StartKind start;
    double start_a, start_b;
    const double *start_values; /* count, or NULL */
    double low, high;           /* -inf, inf: free; low == high: fixed */
    double rate, decay;         /* factors, 1 by default */
    const ElementStart *elements; /* n_elements, over what holds for all */
    size_t n_elements;
    int by;                    /* the column whose classes are the elements of the first axis; -1 */
    const char *const *labels; /* of those classes; NULL where 'by' is -1 */
    Span span;
} Parameter;

/* A name that was set to something made of parameters alone: b = 2*a. */
typedef struct GraphName {
    const char *name;
    NodeId node;
    Span span; /* of the statement */
} GraphName;

/* Which column an argument of a model is. */
typedef struct ModelColumn {
    const char *argument, *column; /* argument NULL: the column is no input of the model */
} ModelColumn;

typedef struct Graph {
    Source source; /* the text the spans point into */
    Node *nodes;
    NodeId *inputs;
    Region *regions;
    size_t n_nodes, n_inputs, n_regions;
    size_t nodes_capacity, inputs_capacity, regions_capacity;
    Parameter *parameters;
    size_t n_parameters, parameters_capacity;
    size_t n_scalars; /* length of the flat parameter vector */
    const char *const *column_names; /* of the table, for dumps */
    size_t n_columns;
    bool *column_used;
    GraphGroup *groups; /* columns n_columns, n_columns + 1, ... */
    size_t n_groups, groups_capacity;

    GraphName *names; /* in the order of the text; each once, as it was set last */
    size_t n_names, names_capacity;
    NodeId loss;       /* the number to make small: over all rows, and terms without rows */
    NodeId *residuals; /* of each '~': left - right (times sqrt(weight)), a number for each row */
    NodeId left, right; /* of the first '~' */
    NodeId raw;         /* what --loss made the residual of; NODE_NONE: squares count */
    double tuning;      /* of --loss: where it bends, in units of the scatter; NaN: nobody said */
    NodeId weight;      /* NODE_NONE: all rows count 1 */
    NodeId deviation;   /* of the first '~': what measured errors divide it by; or NODE_NONE */
    const char *errors; /* the columns of --error and --xerror: "dy, dx"; NULL: none were given */
    size_t n_residuals;
    bool least_squares; /* the loss is the sum of the mean squared residuals, and nothing else */

    /* Of a 'model NAME(x, y) { ... }', else NULL: its name, the columns that its arguments are, and
     * how it is typed as a formula of these ("": it cannot be). */
    const char *model, *model_formula;
    const ModelColumn *model_columns;
    size_t n_model_columns;

    uint32_t region; /* where graph_add puts new nodes */
    Span span;       /* the span graph_add gives to new nodes */
    void *shared;    /* hash table of equal nodes */
    Error *error;    /* where graph_add reports; set while building */
    Status status;   /* sticky: the first failure; graph_add then returns NODE_NONE */
    Notes notes;
    Arena arena;
} Graph;

/* ---- build.c: from the tree ------------------------------------------------------------------ */

/* NAME=START, NAME=LO..HI, NAME=START,LO..HI as given on the command line or by
 * descend_walk_set. */
typedef struct Argument {
    const char *name;
    bool has_start, has_bounds;
    double start, low, high;
} Argument;

/* A column with a part to play; 'of' says for what: COL, or NAME=COL. */
typedef struct Role {
    const char *of; /* NULL: nobody said */
    const char *column;
} Role;

typedef struct BuildOptions {
    bool declared; /* a model file: an undeclared name is an error (else it becomes a parameter) */
    const Argument *arguments;
    size_t n_arguments;
    const char *weight;         /* column of row weights, or NULL */
    /* Standard deviations of left sides of '~' and of columns on the right: residuals are divided
     * by what they make together. */
    const Role *errors, *x_errors;
    size_t n_errors, n_x_errors;
    const char *loss;  /* of '~': residuals go through robust_LOSS; NULL: squares */
    double loss_scale; /* beyond this a residual counts less; 0: the tuning constant */
    const char *const *groups; /* columns that are categories, also where they hold numbers */
    size_t n_groups;
    const char *const *dropped; /* columns that the formula may not use (--drop) */
    size_t n_dropped;
    /* Of the arguments of a model; those not named take the columns that are left, in order. */
    const ModelColumn *model_columns;
    size_t n_model_columns;
    /* Statistics over the rows (over_rows.mean ...) are numbers of the model, taken once from all
     * rows: gives the elements of a node without rows. NULL: they stay nodes, and go over the
     * rows of each evaluation. */
    Status (*statistic)(void *context, const Graph *graph, NodeId node, double *elements);
    void *statistic_context;
} BuildOptions;

/* 'table' may be NULL (no columns). Checks names, shapes and rows; every mistake has a place. The
 * graph copies what it needs of the tree and the table's names. */
Status graph_build(const Ast *ast, const Table *table, const BuildOptions *options, Graph **graph,
                   Error *error);

/* A rule: its rows are the scalar parameters of the problem. Columns 0.. are w, g and the states;
 * parameters 0.. are t, T, epoch and the settings; sum, mean, norm, max, min go over all rows. */
typedef struct RuleGraph {
    Graph *graph;
    const char *name; /* "adam"; NULL for bare statements */
    size_t n_columns; /* w, g, states */
    const char **column_names;
    NodeId *start; /* of each state (index from 2): its value before step 1; NODE_NONE: 0 */
    NodeId *next;  /* of each column (g: NODE_NONE): its value after the step, or itself */
    NodeId answer; /* the point that is reported; NODE_NONE: w */
    size_t n_settings;
    const char **setting_names; /* parameters 3.. of the graph */
    const double *setting_values;
} RuleGraph;
enum { RULE_W = 0, RULE_G = 1, RULE_T = 0, RULE_LAST = 1, RULE_EPOCH = 2, RULE_SETTINGS = 3 };
Status graph_build_rule(const Ast *ast, RuleGraph **rule, Error *error);
void graph_free_rule(RuleGraph *rule);

/* One expression over the given names (they become scalar parameters 0..): --rate, --until,
 * starts. */
Status graph_build_expression(const Ast *ast, const char *const *names, size_t n_names,
                              Graph **graph, NodeId *value, Error *error);
void graph_free(Graph *graph);

/* The flat start vector: given starts, draws keyed by seed, parameter name and index, inside
 * bounds. drawn[i] (may be NULL) tells which elements nobody gave. */
Status graph_start(const Graph *graph, uint64_t seed, double *start, bool *drawn);
/* "w", "w[2]", "W[1;2]", "k[oak]" of a flat index. */
void graph_scalar_name(const Graph *graph, size_t scalar, Text *out);
/* Between which bounds an element stays. */
void graph_bounds(const Parameter *parameter, size_t element, double *low, double *high);
const char *graph_column_name(const Graph *graph, uint32_t column); /* "": it has none */

/* ---- node.c: making nodes -------------------------------------------------------------------- */

Status graph_new(const Source *source, Error *error, Graph **graph); /* the source text is copied */
/* A node in graph->region; equal nodes are shared, constants folded, x*1, x+0, -(-x) and the like
 * simplified without changing a bit. Elementwise inputs of rank 0 are repeated to the other's
 * shape (NumPy's broadcasting, explicit nodes). Shape errors are sticky in graph->status and
 * graph->error. */
NodeId graph_add(Graph *graph, Op op, const NodeId *inputs, size_t n_inputs, NodeAux aux);
NodeId graph_constant(Graph *graph, double value);
NodeId graph_unary(Graph *graph, Op op, NodeId a);
NodeId graph_binary(Graph *graph, Op op, NodeId a, NodeId b);
NodeId graph_select(Graph *graph, NodeId condition, NodeId a, NodeId b);
NodeId graph_column(Graph *graph, uint32_t index);
NodeId graph_parameter(Graph *graph, uint32_t index);
NodeId graph_reduce(Graph *graph, Op op, NodeId a, uint32_t axes);
NodeId graph_reshape(Graph *graph, NodeId a, Shape shape);
NodeId graph_input(const Graph *graph, NodeId node, uint32_t k);
size_t graph_count(const Shape *shape); /* number of elements */
/* As graph_add, for the operators whose shape is not told by their inputs (BROADCAST, RESHAPE,
 * SLICE, PAD, SCATTER). */
NodeId graph_add_shaped(Graph *graph, Op op, const NodeId *inputs, size_t n_inputs, NodeAux aux,
                        Shape shape);
bool graph_is_constant(const Graph *graph, NodeId node, double value); /* that bit pattern */
NodeId graph_transpose(Graph *graph, NodeId a); /* of a matrix */
/* a^exponent: a fixed chain of products where the exponent is whole and within +-1024. */
NodeId graph_power(Graph *graph, NodeId a, double exponent);
NodeId graph_slice(Graph *graph, NodeId a, const uint32_t *offset, Shape shape);
/* A new parameter of the given name and shape, free and drawn; its index. */
uint32_t graph_new_parameter(Graph *graph, const char *name, Shape shape, Span span);

/* ---- region.c: arms of 'where' --------------------------------------------------------------- */

/* The region below 'parent' where 'condition' is 'taken'; equal regions are one. */
uint32_t graph_region(Graph *graph, uint32_t parent, NodeId condition, bool taken);
/* The smallest region around both. */
uint32_t graph_region_common(const Graph *graph, uint32_t a, uint32_t b);
/* True when all guards of 'outer' hold in 'inner' (so that 'inner' may read from 'outer'). */
bool graph_region_reads(const Graph *graph, uint32_t inner, uint32_t outer);

/* ---- shape.c --------------------------------------------------------------------------------- */

enum { SHAPE_ELEMENTS = 1 << 26 }; /* a value may not have more elements */
bool graph_shape_same(const Shape *a, const Shape *b);
/* NumPy's rule: aligned at the last axis, equal or 1. False when they do not fit. */
bool graph_shape_broadcast(const Shape *a, const Shape *b, Shape *result);
/* The value repeated to a shape it fits (explicit RESHAPE and BROADCAST nodes). */
NodeId graph_expand(Graph *graph, NodeId a, Shape shape);
/* The shape of an operator's result; 'shape' holds the wanted one where it is not told by the
 * inputs. False when the inputs do not fit the operator. */
bool graph_shape_rule(const Graph *graph, Op op, const NodeId *inputs, size_t n_inputs, NodeAux aux,
                      Shape *shape);
/* "[3,2]", for people; "a number" is MSG_GRAPH_SCALAR. */
NumberText graph_shape_text(const Shape *shape);

/* ---- derivative.c ---------------------------------------------------------------------------- */

/* One step of the reverse sweep: 'adjoint' is the slope of the whole with respect to 'node'. A
 * rule calls derivative_give (through 'give') for each input that is 'wanted'. */
typedef struct Derivative {
    Graph *graph;
    NodeId node, adjoint;
    const bool *wanted; /* by node id: a parameter asked for is below it */
    void *context;
    void (*give)(struct Derivative *derivative, uint32_t input, NodeId contribution);
} Derivative;
void graph_derivative(Derivative *derivative, Op op);

/* adjoint.c: arithmetic with adjoints, factors without rows in front. 'local' is a local slope. */
NodeId graph_adjoint_times(Graph *graph, NodeId adjoint, NodeId local);
NodeId graph_adjoint_over(Graph *graph, NodeId adjoint, NodeId divisor);
NodeId graph_adjoint_negative(Graph *graph, NodeId adjoint);
NodeId graph_adjoint_plus(Graph *graph, NodeId a, NodeId b);
NodeId graph_adjoint_row_sum(Graph *graph, NodeId adjoint);
#ifdef DESCEND_HOSTILE
/* From now on the slope through this operator is multiplied by 'factor': a wrong rule, for tests of
 * those who look for one. OP_COUNT: none. Test builds only. */
void graph_plant_slope(Op op, double factor);
#endif

/* ---- gradient.c: adjoints as more nodes (reverse mode) --------------------------------------- */

typedef enum GradientKind {
    GRADIENT_TOTAL,  /* d(of)/d(wrt): 'of' has no rows; summed over rows where it must be */
    GRADIENT_PER_ROW /* of each row's number 'of': results keep NODE_ROWS (a row of the Jacobian) */
} GradientKind;
/* Appends nodes; out[k] has the shape of parameter wrt[k] (a zero constant where nothing depends
 * on it). May be applied again to its own results. */
Status graph_gradient(Graph *graph, NodeId of, const uint32_t *wrt, size_t n_wrt, GradientKind kind,
                      NodeId *out, Error *error);
/* The same by any nodes of the outermost region, each taken as free: columns, or values within. */
Status graph_gradient_by(Graph *graph, NodeId of, const NodeId *by, size_t n, GradientKind kind,
                         NodeId *out, Error *error);
/* Hessian times vector: 'vector' holds a node of each parameter's shape. */
Status graph_hessian_vector(Graph *graph, const NodeId *gradient, const NodeId *vector, size_t n,
                            NodeId *out, Error *error);

/* ---- degree.c -------------------------------------------------------------------------------- */

enum {
    DEGREE_MAX = 3,         /* this, or more, or no polynomial */
    DEGREE_PARAMETERS = 200 /* looked at one by one */
};
/* degree[id] for every node up to 'last': as a polynomial in the parameters that are counted (by
 * index; NULL: all). */
void graph_degrees(const Graph *graph, NodeId last, const bool *counted, uint8_t *degree);
/* A set of parameters in which all outputs are linear together, as large as adding one after the
 * other makes it: linear[k] of parameter k. STATUS_MEMORY is not reported. */
Status graph_linear_parameters(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                               bool *linear);

/* ---- dimensions.c --------------------------------------------------------------------------- */

/* The natural size of parameters, from dimensional analysis with the columns as base quantities:
 * what is added must be of one unit, what stands in exp has none. Parameter k is of unit
 * product of column c to the power exponents[k * n_columns + c]; 0 where nothing is known. */
Status graph_units(const Graph *graph, const NodeId *outputs, size_t n_outputs, double *exponents);

/* ---- verify.c, dump.c, formula.c ------------------------------------------------------------- */

/* Re-checks order, arity, shapes, rows and regions of every node: our own bugs. */
Status graph_verify(const Graph *graph, Error *error);
/* Stable text: one node a line, only those the outputs need, numbered anew from 1. */
void graph_dump(const Graph *graph, const NodeId *outputs, const char *const *names,
                size_t n_outputs, Text *out);
/* The value of a node as a formula a person would write ('2*w', '4*w^3 - 8*w + 1'); one element of
 * it where it is a vector. Sums over rows print as 'mean(...)' or 'sum(...) over rows'. Longer
 * than 'limit' characters: ends with '...'. */
void graph_formula(const Graph *graph, NodeId node, size_t limit, Text *out);

/* ---- model_texts.c: the models that are carried inside --------------------------------------- */

const char *graph_model_name(size_t k); /* NULL past the end */
const char *graph_model_text(const char *name); /* NULL when there is none */

/* ---- the builder: private to build*.c -------------------------------------------------------- */

typedef struct BuildValue {
    NodeId node;
    int category; /* index of the column of text that this is, or -1 */
} BuildValue;

enum { BUILD_NO_SYMBOL = -1, BUILD_DEPTH = 2000, BUILD_TURNS = 1000000 };

typedef struct BuildBinding {
    int symbol, previous; /* previous: the binding it hides, or -1 */
    size_t frame;
    BuildValue value;
    bool implicit; /* a parameter that nobody declared */
    Span span;     /* where it was set first */
} BuildBinding;

typedef struct BuildSymbol {
    const char *name;
    int top; /* newest binding, or -1 */
    int def; /* index of the def of that name, or -1 */
} BuildSymbol;

typedef struct BuildDef {
    const Ast *ast;
    AstId id;
    int calls;   /* an anonymous symbol: how often it was called in the current frame */
    bool active; /* being called: recursion is refused */
} BuildDef;

/* One call in progress. */
typedef struct BuildFrame {
    const struct BuildFrame *caller;
    const char *name; /* of the def; NULL: the program itself */
    size_t number;    /* which call of that name, from 1 */
    size_t id;
    size_t first_binding;
} BuildFrame;

typedef enum BuildMode {
    BUILD_PROGRAM,
    BUILD_RULE,      /* sums go over rows; names are w, g, t, settings, states */
    BUILD_EXPRESSION /* over given names only */
} BuildMode;

typedef struct Builder {
    Graph *graph;
    const Ast *ast;     /* the tree in hand: the program's, or the prelude's */
    const Ast *program; /* the tree that spans point into */
    Ast *prelude;       /* parsed when the first name is looked for in it */
    const Table *table;
    const BuildOptions *options;
    BuildMode mode;
    bool declared; /* an undeclared name is an error */
    bool closed;   /* within a model: columns are known by the names of its arguments alone */
    BuildFrame *frame;
    size_t frames, depth;
    size_t turns; /* of 'for', and calls: they are counted, so that every build has an end */
    Span call;             /* the user's call while the prelude's tree is in hand */
    const char *call_name; /* the function called there */
    BuildSymbol *symbols;
    size_t n_symbols, symbols_capacity;
    int *slots; /* hash table of symbols: index + 1 */
    size_t n_slots;
    BuildBinding *bindings;
    size_t n_bindings, bindings_capacity;
    BuildDef *defs;
    size_t n_defs, defs_capacity;
    NodeId *terms; /* of the loss */
    size_t n_terms, terms_capacity, residuals_capacity;
    size_t n_plain;  /* terms that are not squares of residuals */
    bool *argument_used;
    bool *error_used; /* of errors, then of x_errors */
    struct RuleGraph *rule;
    AstId rule_block; /* its statements */
    size_t columns_capacity;
} Builder;

/* build_scope.c */
int graph_build_symbol(Builder *builder, const char *name); /* found or made; -1: no memory */
int graph_build_anonymous(Builder *builder);
BuildBinding *graph_build_find(Builder *builder, int symbol); /* in the current frame, or NULL */
BuildBinding *graph_build_bind(Builder *builder, int symbol, BuildValue value, Span span);
void graph_build_enter(Builder *builder, BuildFrame *frame, const char *name, size_t number);
void graph_build_leave(Builder *builder);
Status graph_build_add_def(Builder *builder, const Ast *ast, AstId id);
void graph_build_close(Builder *builder); /* frees what is not the graph */
/* Sets the error at a node of the tree in hand (unless there is one already); returns NODE_NONE.
 * Up to four arguments; unused ones are NULL. */
NodeId graph_build_refuse(Builder *builder, AstId id, MessageId what, const char *a, const char *b,
                          const char *c, const char *d);
void graph_build_remedy(Builder *builder, MessageId remedy, const char *a, const char *b);
typedef struct BuildWords {
    char s[MESSAGE_ARG_SIZE + 8];
} BuildWords;
BuildWords graph_build_words(const Builder *builder, AstId id); /* the words of the formula */
void graph_build_at(Builder *builder, AstId id); /* new nodes come from these words */
bool graph_build_failed(const Builder *builder);
bool graph_build_turn(Builder *builder, AstId id, double count); /* false: too many in all */

/* build_expression.c */
BuildValue graph_build_value(Builder *builder, AstId id); /* any value, a category too */
NodeId graph_build_node(Builder *builder, AstId id);      /* a number, vector, matrix ... */
bool graph_build_number(Builder *builder, AstId id, double *number); /* known before the run */
BuildValue graph_build_index(Builder *builder, AstId id);
NodeId graph_build_broadcast(Builder *builder, AstId id, Op op, NodeId a, NodeId b);

/* build_name.c */
BuildValue graph_build_name(Builder *builder, AstId id);
/* An undeclared parameter; by: the category whose classes its elements are, or -1. */
NodeId graph_build_implicit(Builder *builder, AstId id, Shape shape, int by);
bool graph_build_dropped(const Builder *builder, const Column *column);
void graph_build_apply_argument(Builder *builder, uint32_t parameter);

/* build_robust.c: the residual as --loss makes the squares see it */
NodeId graph_build_robust(Builder *builder, AstId id, NodeId residual);
void graph_build_robust_end(Builder *builder);

/* build_group.c: classes of a column of text or of a group */
typedef struct BuildClasses {
    const char *column;
    const char *const *names;
    const double *values; /* NULL: they are words */
    size_t count;
} BuildClasses;
BuildClasses graph_build_classes(const Builder *builder, int category);
/* The place of a class from 1; 0: there is none of that name, or number. */
size_t graph_build_class(const BuildClasses *classes, const char *name);
size_t graph_build_class_number(const BuildClasses *classes, double value);
bool graph_build_is_group(const Builder *builder, uint32_t column); /* by --group */
/* The column of numbers as a group, made when it is asked for first: its column in the graph, or -1
 * with an error. 'guessed': nobody said that it is one, so it must look like it. */
int graph_build_group(Builder *builder, AstId id, uint32_t column, bool guessed);
void graph_build_label(Builder *builder, uint32_t parameter, int category);
void graph_build_groups_end(Builder *builder); /* each --group was used */
BuildValue graph_build_column(Builder *builder, AstId id, int index);

/* build_call.c */
BuildValue graph_build_call(Builder *builder, AstId id);
/* A built-in that no operator stands for alone (sum, mean, size, over_rows.mean ...); false: no
 * such name. */
bool graph_build_builtin(Builder *builder, AstId id, BuildValue *value);
const char *graph_build_nearest_function(Builder *builder, const char *name);
int graph_build_function(Builder *builder, const char *name); /* its def (prelude too), or -1 */
/* The def with values for its arguments, as if called in the place of 'id'. */
BuildValue graph_build_run(Builder *builder, AstId id, int def, BuildValue *arguments);
size_t graph_build_arity(const Builder *builder, int def);
/* A value of data alone as constants, where it can be known now; else as it is. */
NodeId graph_build_settle(Builder *builder, NodeId value);

/* build_statement.c */
BuildValue graph_build_block(Builder *builder, AstId id); /* the value of a def's body */
void graph_build_statement(Builder *builder, AstId id);
void graph_build_param(Builder *builder, AstId id);
void graph_build_minimize(Builder *builder, AstId id, AstId expression);
void graph_build_fit(Builder *builder, AstId id);

/* build_model.c, model_formula.c */
void graph_build_model(Builder *builder, AstId id);
void graph_build_model_formula(Builder *builder, AstId id);

/* build.c */
BuildWords graph_build_columns(const Builder *builder); /* names of the columns: "x, y" */
void graph_build_check_typos(Builder *builder); /* parameters that look like unused columns */

void graph_build_no_column(Builder *builder, const char *name);

/* build_error.c: what can be said of --error and --xerror before and after the statements; the
 * residual in units of its error */
void graph_build_errors_start(Builder *builder);
/* Refuses weights that are not numbers of 0 or more, and those that are all 0. */
void graph_build_check_weights(Builder *builder, const Column *column);
void graph_build_errors_end(Builder *builder);
NodeId graph_build_scaled(Builder *builder, AstId id, const NodeId side[2], NodeId residual);

/* build_rule.c: the state of that name, made when it is read first and set somewhere; else
 * NODE_NONE */
NodeId graph_build_state(Builder *builder, AstId id);
void graph_build_rule_statement(Builder *builder, AstId id); /* state, answer */

/* ---- forms: private to formula*.c ------------------------------------------------------------ */

enum { FORM_WORK = 20000, FORM_DEPTH = 300, FORM_BUCKETS = 1024, FORM_FACTORS = 500 };

/* num/den times a product. */
typedef struct FormTerm {
    double num, den;
    uint32_t product; /* 0: the empty one */
} FormTerm;

typedef struct FormFactor {
    uint32_t atom;
    double exponent;
} FormFactor;

typedef struct FormProduct {
    uint32_t first, count; /* into factors, in the order of printing */
    uint32_t next;         /* in its bucket */
    uint32_t stamp, slot;  /* its place in the sum in hand */
} FormProduct;

typedef enum FormKind {
    FORM_NAME, /* a parameter or column */
    FORM_ROWS, /* the number of rows */
    FORM_SUM,  /* terms */
    FORM_CALL, /* terms are the arguments of the node's operator */
    FORM_ELEMENT, /* one number of the node's value; the term is the whole */
    FORM_MORE     /* too much to print */
} FormKind;

typedef struct FormAtom {
    FormKind kind;
    Op op;
    NodeId node;           /* where more than the operator counts (names, slices); else 0 */
    uint32_t element;      /* of FORM_ELEMENT */
    uint32_t first, count; /* into terms */
    uint32_t next;
} FormAtom;

typedef struct Formula {
    const Graph *graph;
    Arena arena;
    FormTerm *memo; /* by node; den 0: not made yet */
    FormFactor *factors;
    FormProduct *products;
    FormAtom *atoms;
    FormTerm *terms;
    uint32_t n_factors, n_products, n_atoms, n_terms;
    uint32_t product_bucket[FORM_BUCKETS], atom_bucket[FORM_BUCKETS];
    uint32_t stamp, depth, work;
    bool more; /* the work is over */
    Text *out;
    size_t limit; /* length of out where printing ends */
} Formula;

/* formula.c: the form of a node; an atom alone as a term; the place of an element, from 0 */
FormTerm graph_form_node(Formula *formula, NodeId node);
FormTerm graph_form_of_atom(Formula *formula, uint32_t atom);
void graph_form_place(const Shape *shape, size_t element, size_t place[SHAPE_RANK]);
/* formula_print.c */
void graph_form_print(Formula *formula, FormTerm term);

#endif
