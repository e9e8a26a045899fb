/* Branches and kinks: the arm not taken contributes no value, no slope and no NaN, also when
 * arms nest, share parts with the outside, hold vectors or rows, and when the gradient is
 * differentiated again. */
#include "helper.h"

typedef struct Branch {
    const char *formula, *data;
    double at[3], slope[3], curvature[3]; /* curvature: the Hessian times (1, 1, 1) */
} Branch;

static void check_branch(const Branch *branch) {
    Built built;
    Text text = {0};
    Status status = built_open(&built, branch->formula, branch->data, NULL);
    if (status != STATUS_OK || !built_slopes(&built, branch->at)) {
        error_render(&built.error, LANGUAGE_EN, &text);
        printf("%s\n%s\n", branch->formula, text_string(&text));
        CHECK(false);
    }
    for (size_t k = 0; built.graph && k < built.graph->n_scalars && k < 3; k++) {
        double room = 1e-14;
        bool slope =
            fabs(built.slope[k] - branch->slope[k]) <= room * fmax(1, fabs(branch->slope[k]));
        bool curve = fabs(built.curvature[k] - branch->curvature[k]) <=
                     room * fmax(1, fabs(branch->curvature[k]));
        if (slope && curve) continue;
        printf("%s at %g %g: slope %.17g (%.17g), curvature %.17g (%.17g)\n", branch->formula,
               branch->at[0], branch->at[1], built.slope[k], branch->slope[k], built.curvature[k],
               branch->curvature[k]);
        CHECK(false);
    }
    text_free(&text);
    built_close(&built);
}

#define EXP1 2.718281828459045

static const Branch branches[] = {
    {"x <= 0 ? 0 : x*sqrt(x)", NULL, {0}, {0}, {0}},
    {"x <= 0 ? 0 : x*sqrt(x)", NULL, {-3}, {0}, {0}},
    {"x <= 0 ? 0 : x*sqrt(x)", NULL, {4}, {3}, {0.375}},
    {"where(x >= 0, x, sqrt(-x))", NULL, {1}, {1}, {0}},
    {"where(x >= 0, x, sqrt(-x))", NULL, {0}, {1}, {0}},
    {"where(x >= 0, x, sqrt(-x))", NULL, {-4}, {-0.25}, {-1.0 / 32}},
    /* nested, and an arm that is itself a branch on the same condition */
    {"x > 0 ? (x > 1 ? log(x) : sqrt(x)) : (x < -1 ? log(-x) : x^2)", NULL, {-2}, {-0.5}, {-0.25}},
    {"x > 0 ? (x > 1 ? log(x) : sqrt(x)) : (x < -1 ? log(-x) : x^2)", NULL, {0}, {0}, {2}},
    {"x > 0 ? (x > 1 ? log(x) : sqrt(x)) : (x < 0 ? 1/x : x^2)", NULL, {4}, {0.25}, {-1.0 / 16}},
    /* a part set before and used in arms only */
    {"s = sqrt(x); where(x > 0, s, 0)", NULL, {0}, {0}, {0}},
    {"s = sqrt(x); where(x > 0, s, 0)", NULL, {-1}, {0}, {0}},
    {"s = sqrt(x); where(x > 0, s, 0) + where(x > 1, 2*s, x)", NULL, {0}, {1}, {0}},
    {"s = sqrt(x); where(x > 0, s, 0) + where(x > 1, 2*s, x)", NULL, {4}, {0.75}, {-3.0 / 32}},
    {"s = log(x); t = s^2; where(x > 0, t, 0) + where(x > 2, s, 0)", NULL, {0}, {0}, {0}},
    /* used in both arms: the mask must not go */
    {"s = exp(x); where(x > 0, s, -s)", NULL, {0}, {-1}, {-1}},
    {"s = exp(x); where(x > 0, s, -s)", NULL, {1}, {EXP1}, {EXP1}},
    /* shared with the condition */
    {"where(sqrt(x) > 0, sqrt(x), 0)", NULL, {0}, {0}, {0}},
    {"where(log(x) > 0, log(x)^2, 0)", NULL, {0}, {0}, {0}},
    {"where(log(x) > 0, log(x)^2, 0)", NULL, {-1}, {0}, {0}},
    {"where(log(x) > 0, log(x)^2, 0)", NULL, {EXP1}, {2 / EXP1}, {0}},
    /* the same part in two arms of different conditions, and outside */
    {"where(x > 0, sqrt(x), 0) + where(x > 0, 2*sqrt(x), 0)", NULL, {0}, {0}, {0}},
    {"where(x > 0, 1/x, 0)*y + where(y > 0, 1/y, 0)*x", NULL, {0, 2}, {0.5, 0}, {-0.25, -0.25}},
    {"(x > 0 ? x^2 : 0) + x^2", NULL, {3}, {12}, {4}},
    {"(x > 0 ? x^2 : 0) + x^2", NULL, {-3}, {-6}, {2}},
    /* arms that overflow or divide by zero */
    {"where(abs(x) < 1, x, exp(1000*x))", NULL, {0.5}, {1}, {0}},
    {"where(x == 0, 1, sin(x)/x)", NULL, {0}, {0}, {0}},
    /* vectors: elementwise arms, and parts of another shape inside them */
    {"sum(where([x, y] > 0, sqrt([x, y]), 0))", NULL, {0, 4}, {0, 0.25}, {0, -1.0 / 32}},
    {"v = [x, y]; sum(where(v > 0, v*log(sum(v)), 0))", NULL, {-2, -3}, {0, 0}, {0, 0}},
    {"v = [x, y]; sum(where(v > 0, v*sqrt(x*y), 0))", NULL, {0, 0}, {0, 0}, {0, 0}},
    {"where(x > 0, sum([x, y]^2)*log(x), y)", NULL, {0, 1}, {0, 1}, {0, 0}},
    {"norm([x, y])", NULL, {0, 0}, {0, 0}, {0, 0}},
    {"norm([x, y])", NULL, {3, 4}, {0.6, 0.8}, {(16 - 12) / 125.0, (9 - 12) / 125.0}},
    {"v = [log(x), y]; sum(where([x, y] > 0, v, 0))", NULL, {0, 4}, {0, 1}, {0, 0}},
    {"v = [log(x), y]; sum(where([x, y] > 0, v^2, 0))", NULL, {-1, 4}, {0, 8}, {0, 2}},
    {"v = [log(x), y][1..2]; sum(where([x, y] > 0, v^2, 0))", NULL, {0, 4}, {0, 8}, {0, 2}},
    {"v = [[log(x), 1], [1, y]]; sum(where([[x], [y]] > 0, v, 0))", NULL, {0, 4}, {0, 1}, {0, 0}},
    {"s = sqrt(x); sum(where([x, 0] > 0, s*[1, 2], 0))", NULL, {0}, {0}, {0}},
    {"v = sqrt([x, y]); sum(where([x, y] > 0, sum(v), 1))",
     NULL,
     {1, 4},
     {1, 0.5},
     {-0.5, -0.0625}},
    {"v = sqrt([x, y]); sum(where([x - 9, y - 9] > 0, v @ v, 1))", NULL, {0, 4}, {0, 0}, {0, 0}},
    {"sum(where(a > 0, sqrt(a), [1, c]))", NULL, {4, 3}, {0.5, 0}, {-0.0625, 0}},
    {"minimize sum(where(a > 0, a*x, [1, c]))", "x=1,3", {4, 3}, {4, 0}, {0, 0}},
    {"minimize sum(where(a > x, a*x, [x, c]))", "x=1,3", {2, 3}, {1, 0.5}, {0, 0}},
    /* rows: some rows take the arm, or none */
    {"minimize where(u > 0, w*sqrt(u), w^2)", "u=-1,4", {3}, {4}, {1}},
    {"minimize where(u > 0, sqrt(w)*u, u)", "u=-1,-2", {0}, {0}, {0}},
    {"minimize where(u > 0, sqrt(w)*u, w)", "u=-1,-2", {0}, {1}, {0}},
    {"minimize where(u > 5, log(w)*u, w^2*u)", "u=2,4", {-3}, {-18}, {6}},
    {"minimize where(u > 3, log(w)*u, w^2*u)", "u=2,4", {1}, {4}, {0}},
    {"minimize where(w > 0, where(u > 0, log(w)*u, 0), w)", "u=-2,4", {-1}, {1}, {0}},
    {"s = log(w); minimize where(u > 0, s*u, 0) + where(u < -5, s, 0)", "u=-1,-2", {0}, {0}, {0}},
};

TEST(arms) {
    for (size_t k = 0; k < COUNT_OF(branches); k++) check_branch(&branches[k]);
}

/* One side of every kink, fixed in docs/language.md. */
static const Branch kinks[] = {
    {"abs(x)", NULL, {0}, {0}, {0}},
    {"abs(x)", NULL, {-2}, {-1}, {0}},
    {"sign(x)*x", NULL, {0}, {0}, {0}},
    {"max(x, y)", NULL, {1, 1}, {1, 0}, {0, 0}},
    {"min(x, y)", NULL, {1, 1}, {1, 0}, {0, 0}},
    {"max(y, x)", NULL, {1, 1}, {1, 0}, {0, 0}},
    {"max(x, y, z)", NULL, {1, 2, 2}, {0, 1, 0}, {0}},
    {"max([x, y, z])", NULL, {1, 2, 2}, {0, 1, 0}, {0}},
    {"min([x, y, z])", NULL, {1, 0, 0}, {0, 1, 0}, {0}},
    {"max([x, y, z])^2", NULL, {1, 3, 2}, {0, 6, 0}, {0, 2, 0}},
    {"relu(x)", NULL, {0}, {0}, {0}},
    {"relu(x)", NULL, {2}, {1}, {0}},
    {"hypot(x, y)", NULL, {0, 0}, {0, 0}, {0, 0}},
    {"floor(x)*x", NULL, {2}, {2}, {0}},
    {"(x > 1)*x", NULL, {2}, {1}, {0}},
    {"detach(x)*x", NULL, {3}, {3}, {0}},
    {"x^0", NULL, {0}, {0}, {0}},
    {"x^1", NULL, {0}, {1}, {0}},
    {"x^2", NULL, {0}, {0}, {2}},
    {"x^y", NULL, {0, 2}, {0, 0}, {2, 0}},
    {"2^x", NULL, {3}, {8 * 0.6931471805599453}, {8 * 0.6931471805599453 * 0.6931471805599453}},
    {"0*x", NULL, {3}, {0}, {0}},
    {"clamp(x, 0, 1)*y", NULL, {0, 2}, {2, 0}, {1, 1}},
    {"cross_entropy([x, y], 1)", NULL, {0, 0}, {-0.5, 0.5}, {0, 0}},
    {"huber(x, 1)", NULL, {0.5}, {0.5}, {1}},
    {"huber(x, 1)", NULL, {-3}, {-1}, {0}},
};

TEST(corners) {
    for (size_t k = 0; k < COUNT_OF(kinks); k++) check_branch(&kinks[k]);
}

TEST_MAIN(arms, corners)
