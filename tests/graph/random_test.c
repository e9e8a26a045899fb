/* Random formulas - arithmetic, functions, branches in branches, names, vectors, rows - against
 * central differences of their values, first and second; and the graph stays whole. */
#include "helper.h"

typedef struct Writer {
    RandomKey key;
    uint64_t drawn;
    Text text;
    int names; /* set so far: t1, t2, ... */
} Writer;

static size_t below(Writer *writer, size_t n) {
    return (size_t)(random_uniform(writer->key, writer->drawn++) * (double)n);
}

static void write_number(Writer *writer, int depth);

static void write_call(Writer *writer, const char *before, int arguments, const char *after,
                       int depth) {
    text_add(&writer->text, before);
    for (int k = 0; k < arguments; k++) {
        if (k > 0) text_add(&writer->text, ", ");
        write_number(writer, depth - 1);
    }
    text_add(&writer->text, after);
}

static void write_leaf(Writer *writer) {
    static const char *const leaves[] = {"a", "b", "c", "x", "u", "1.5", "-0.75", "2"};
    if (writer->names > 0 && below(writer, 3) == 0)
        text_format(&writer->text, "t%d", (int)below(writer, (size_t)writer->names) + 1);
    else text_add(&writer->text, leaves[below(writer, COUNT_OF(leaves))]);
}

static void write_binary(Writer *writer, const char *sign, int depth) {
    text_add_char(&writer->text, '(');
    write_number(writer, depth - 1);
    text_add(&writer->text, sign);
    write_number(writer, depth - 1);
    text_add_char(&writer->text, ')');
}

static void write_where(Writer *writer, int depth) {
    text_add(&writer->text, "where(");
    write_number(writer, depth - 1);
    text_add(&writer->text, below(writer, 2) ? " > " : " <= ");
    write_number(writer, depth - 2);
    text_add(&writer->text, ", ");
    write_number(writer, depth - 1);
    text_add(&writer->text, ", ");
    write_number(writer, depth - 1);
    text_add_char(&writer->text, ')');
}

static void write_number(Writer *writer, int depth) {
    static const char *const functions[] = {
        "sin(",        "tanh(", "exp(0.3*", "sigmoid(", "sqrt(0.3 + ",
        "log(0.7 + ", "abs(",  "atan(",    "relu(",    "softplus("};
    if (depth <= 0) {
        write_leaf(writer);
        return;
    }
    switch (below(writer, 12)) {
    case 0: write_binary(writer, " + ", depth); break;
    case 1: write_binary(writer, " - 1.1*", depth); break;
    case 2:
    case 3: write_binary(writer, "*", depth); break;
    case 4: write_call(writer, "1/(0.3 + ", 1, ")", depth); break;
    case 5:
    case 6:
        write_call(writer, functions[below(writer, COUNT_OF(functions))], 1, ")", depth);
        break;
    case 7: write_call(writer, "(", 1, below(writer, 2) ? ")^2" : ")^3", depth); break;
    case 8: write_where(writer, depth); break;
    case 9: write_call(writer, "sum([", 3, "]*[a, 2, x])", depth - 1); break;
    case 10: write_call(writer, "[", 2, "][2]", depth); break;
    default: write_call(writer, below(writer, 2) ? "max(" : "hypot(", 2, ")", depth); break;
    }
}

static void write_formula(Writer *writer, uint64_t seed) {
    *writer = (Writer){.key = random_key(seed, "formula")};
    int names = (int)below(writer, 4);
    for (int k = 1; k <= names; k++) {
        text_format(&writer->text, "t%d = ", k);
        write_number(writer, 3);
        text_add(&writer->text, "\n");
        writer->names = k;
    }
    text_add(&writer->text, "minimize 0*a + 0*b + 0*c + ");
    write_number(writer, 5);
    text_add(&writer->text, "\nminimize ");
    write_number(writer, 2);
}

/* The value of one output at p + step along e_k, and its central difference with a bound on its
 * error. */
static bool difference(const Graph *graph, NodeId of, const Rows *rows, const double *at, size_t k,
                       double *slope, double *doubt) {
    double value[6], moved[3], coarse, fine;
    static const double steps[6] = {-2e-4, 2e-4, -1e-4, 1e-4, -5e-5, 5e-5};
    for (int s = 0; s < 6; s++) {
        memcpy(moved, at, sizeof moved);
        moved[k] += steps[s];
        if (!evaluate(graph, &of, 1, moved, rows, &value[s]) || !isfinite(value[s])) return false;
    }
    coarse = (value[1] - value[0]) / 4e-4;
    fine = (value[3] - value[2]) / 2e-4;
    *slope = (4 * fine - coarse) / 3;
    double finest = (value[5] - value[4]) / 1e-4, better = (4 * finest - fine) / 3;
    *doubt = fabs(better - *slope) * 20 + fabs(fine - coarse) * 0.01 +
             1e-9 * (fabs(value[0]) + fabs(*slope) + 1);
    return true;
}

typedef struct Count {
    int formulas, slopes, smooth;
} Count;

static void check_formula(uint64_t seed, Count *count) {
    static const char data[] = "x=-0.6,0.4,1.3,2.2 u=0.9,-1.6,0.2,0.5";
    Writer writer;
    Built built;
    const double *columns[2];
    double at[3], slope, doubt;
    write_formula(&writer, seed);
    Status status = built_open(&built, text_string(&writer.text), data, NULL);
    if (status != STATUS_OK) {
        Text text = {0};
        error_render(&built.error, LANGUAGE_EN, &text);
        printf("%s\n%s\n", text_string(&writer.text), text_string(&text));
        text_free(&text);
        CHECK(false);
    }
    for (uint64_t k = 0; k < 3; k++) at[k] = 1.5 * random_normal(writer.key, 1000 + k);
    if (status == STATUS_OK) {
        if (!built_slopes(&built, at)) {
            Text text = {0};
            error_render(&built.error, LANGUAGE_EN, &text);
            printf("%s\n%s\n", text_string(&writer.text), text_string(&text));
            text_free(&text);
            CHECK(false);
        }
        Rows rows = built_rows(&built, columns);
        Fault fault; /* infinities on the way (1/0 within atan) have no slope; in arms not taken
                      * they are no fault */
        bool faulty = exec_find_fault(built.graph, built.graph->loss, at, &rows, &fault);
        count->formulas += !faulty;
        for (size_t k = 0; k < 3 && !faulty; k++) {
            bool finite = difference(built.graph, built.graph->loss, &rows, at, k, &slope, &doubt);
            if (!finite || !(doubt < 1e-4 * (1 + fabs(slope)))) continue; /* at a kink */
            count->slopes++;
            if (!(fabs(built.slope[k] - slope) <= doubt)) {
                printf("seed %zu\n%s\nd/d%s at %.6g %.6g %.6g: %.15g, not %.15g +- %g\n",
                       (size_t)seed, text_string(&writer.text), built.graph->parameters[k].name,
                       at[0], at[1], at[2], built.slope[k], slope, doubt);
                CHECK(false);
            }
            count->smooth += doubt < 1e-7 * (1 + fabs(slope));
        }
        /* the Hessian times ones against differences of the slopes, where those are smooth */
        for (size_t k = 0; k < 3 && !faulty; k++) {
            double sum = 0, doubts = 0;
            bool finite = true;
            for (size_t i = 0; i < 3 && finite; i++) {
                finite = difference(built.graph, built.gradient[k], &rows, at, i, &slope, &doubt);
                sum += slope;
                doubts += doubt;
            }
            if (!finite || !(doubts < 1e-4 * (1 + fabs(sum)))) continue;
            if (fabs(built.curvature[k] - sum) <= doubts) continue;
            printf("seed %zu\n%s\nsecond by %s: %.15g, not %.15g +- %g\n", (size_t)seed,
                   text_string(&writer.text), built.graph->parameters[k].name, built.curvature[k],
                   sum, doubts);
            CHECK(false);
        }
    }
    built_close(&built);
    text_free(&writer.text);
}

/* The rows of the Jacobian, times the residuals, add up to the gradient of the mean square. */
static int check_rows(uint64_t seed) {
    static const char data[] = "x=-0.6,0.4,1.3,2.2 u=0.9,-1.6,0.2,0.5";
    enum { ROWS = 4 };
    Writer writer = {.key = random_key(seed, "fit")};
    Built built;
    const double *columns[2];
    double at[3], residual[ROWS], total[3], row[ROWS];
    uint32_t wrt[3] = {0, 1, 2};
    NodeId jacobian[3];
    int checked = 0;
    text_add(&writer.text, "t1 = ");
    write_number(&writer, 3);
    writer.names = 1;
    text_add(&writer.text, "\nu ~ x + 0*a + 0*b + 0*c + ");
    write_number(&writer, 5);
    CHECK_INT(built_open(&built, text_string(&writer.text), data, NULL), STATUS_OK);
    Graph *graph = built.graph;
    Rows rows = built_rows(&built, columns);
    for (uint64_t k = 0; k < 3; k++) at[k] = random_normal(writer.key, 1000 + k);
    CHECK_INT(graph_gradient(graph, graph->loss, wrt, 3, GRADIENT_TOTAL, built.gradient, NULL), 0);
    CHECK_INT(graph_gradient(graph, graph->residuals[0], wrt, 3, GRADIENT_PER_ROW, jacobian, NULL),
              0);
    CHECK_INT(graph_verify(graph, NULL), STATUS_OK);
    CHECK(graph->least_squares && graph->n_residuals == 1);
    CHECK(evaluate(graph, graph->residuals, 1, at, &rows, residual));
    CHECK(evaluate(graph, built.gradient, 3, at, &rows, total));
    for (int k = 0; k < 3; k++) {
        double sum = 0, size = 0;
        bool has_rows = graph->nodes[jacobian[k]].flags & NODE_ROWS;
        CHECK(evaluate(graph, &jacobian[k], 1, at, &rows, row));
        for (int r = 0; r < ROWS; r++) {
            sum += 2 * residual[r] * row[has_rows ? r : 0] / ROWS;
            size += fabs(2 * residual[r] * row[has_rows ? r : 0] / ROWS);
        }
        if (!isfinite(sum)) continue;
        checked++;
        if (fabs(sum - total[k]) <= 1e-11 * (size + 1)) continue;
        printf("seed %zu\n%s\nby %s: rows %.17g, total %.17g\n", (size_t)seed,
               text_string(&writer.text), graph->parameters[k].name, sum, total[k]);
        CHECK(false);
    }
    built_close(&built);
    text_free(&writer.text);
    return checked;
}

TEST(random_fits) {
    int checked = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) checked += check_rows(seed);
    printf("%d slopes by rows and in all\n", checked);
    CHECK(checked > 800);
}

TEST(random_formulas) {
    Count count = {0};
    const char *seeds = getenv("SEEDS");
    uint64_t n = seeds ? (uint64_t)atoll(seeds) : 400;
    for (uint64_t seed = 1; seed <= n; seed++) check_formula(seed, &count);
    printf("%d formulas, %d slopes, %d of them to 1e-7\n", count.formulas, count.slopes,
           count.smooth);
    CHECK(count.slopes > count.formulas && count.smooth > count.slopes / 2);
}

TEST_MAIN(random_formulas, random_fits)
