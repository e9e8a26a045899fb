/* What the formula itself says about its parameters: in which it is linear, and of which unit they
 * are in those of the columns. */
#include "helper.h"

static const char DATA[] = "x=1,2,3 y=4,5,6 t=1,3,2";

static void open(Built *built, const char *formula) {
    BuildOptions options = {0};
    if (built_open(built, formula, DATA, &options) != STATUS_OK) CHECK_FAIL(formula);
}

/* The names of the linear parameters, in order. */
static void linear(const char *formula, const char *want) {
    Built built;
    bool found[HELP_PARAMETERS];
    Text names = {0};
    open(&built, formula);
    CHECK_INT(graph_linear_parameters(built.graph, built.graph->residuals,
                                      built.graph->n_residuals, found), STATUS_OK);
    for (size_t k = 0; k < built.graph->n_parameters; k++)
        if (found[k]) text_format(&names, "%s ", built.graph->parameters[k].name);
    if (strcmp(text_string(&names), want) != 0) printf("  %s: %s\n", formula, text_string(&names));
    CHECK_TEXT(text_string(&names), want);
    text_free(&names);
    built_close(&built);
}

TEST(linear_parameters) {
    linear("y ~ a*x + b", "a b ");
    linear("y ~ a*exp(-b*x) + c", "a c ");
    linear("y ~ (a + b*x)/(1 + c*x)", "a b ");
    linear("y ~ a*b*x", "a ");
    linear("y ~ (a + b)*(c + x)", "a b ");
    linear("y ~ a*x^b", "a ");
    linear("y ~ a^2*x + b", "b ");
    linear("y ~ exp(a*x)/(b + c*x)", "");
    linear("y ~ where(x > 2, a*x, b)", "a b ");
    linear("y ~ where(x > a, b, c)", "b c ");
    linear("log(y) ~ a + b*log(x)", "a b ");
    linear("y ~ a - b*x - atan(c/(x - d))/pi", "a b ");
    linear("b = 2*a; y ~ a*x + b", "a ");
    linear("param w[2]; y ~ w @ [x, t] + b", "w b ");
    linear("param w[3]; y ~ w[x] + exp(v*t)", "w ");
}

/* Powers of x, y, t in the unit of the parameter of that name. */
static void unit(const char *formula, const char *name, double x, double y, double t) {
    Built built;
    double exponents[HELP_PARAMETERS * 3];
    bool known = false;
    open(&built, formula);
    const Graph *graph = built.graph;
    CHECK_INT(graph_units(graph, graph->residuals, graph->n_residuals, exponents), STATUS_OK);
    for (size_t k = 0; k < graph->n_parameters; k++) {
        if (strcmp(graph->parameters[k].name, name) != 0) continue;
        known = true;
        CHECK_NEAR(exponents[3 * k], x, 1e-12);
        CHECK_NEAR(exponents[3 * k + 1], y, 1e-12);
        CHECK_NEAR(exponents[3 * k + 2], t, 1e-12);
    }
    if (!known) CHECK_FAIL(name);
    built_close(&built);
}

TEST(units) {
    unit("y ~ a*x + b", "a", -1, 1, 0);
    unit("y ~ a*x + b", "b", 0, 1, 0);
    unit("y ~ a*exp(-b*x) + c", "b", -1, 0, 0);
    unit("y ~ a*exp(-(x - m)^2/(2*s^2))", "m", 1, 0, 0);
    unit("y ~ a*exp(-(x - m)^2/(2*s^2))", "s", 1, 0, 0);
    unit("y ~ exp(-a*x)/(b + c*x)", "c", -1, -1, 0);
    unit("y ~ v*x/(k + x)", "k", 1, 0, 0);
    unit("y ~ a*sin(w*t + p)", "w", 0, 0, -1);
    unit("y ~ a*sin(w*t + p)", "p", 0, 0, 0);
    unit("y ~ sqrt(a*x)", "a", -1, 2, 0);
    unit("y ~ a*x*t + b*x^2", "b", -2, 1, 0);
    unit("y ~ a*x^n", "n", 0, 0, 0);
    unit("y ~ a*(x + 1)", "a", -1, 1, 0); /* the contradiction is left out */
    unit("y ~ where(x > s, a, b)", "s", 1, 0, 0);
    unit("y ~ max(a, b*x)", "b", -1, 1, 0);
    unit("y ~ a*b*x", "b", 0, 0, 0); /* nothing tells them apart: the first gets it all */
    unit("y ~ a*b*x", "a", -1, 1, 0);
}

TEST_MAIN(linear_parameters, units)
