/* BFGS and L-BFGS from the standard starts of 15 well-known functions, and how many evaluations
 * SciPy's need on the way to a slope of 1e-9 (tests/reference/scipy_bfgs.py). */
#include "../check.h"
#include "problems.h"

/* Evaluations of SciPy's method on all functions together. */
static long scipy_total(int column) {
    char line[200];
    long total = 0;
    FILE *file = fopen("tests/reference/scipy_bfgs.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        long dense, limited;
        double loss;
        if (sscanf(line, "%ld %lf %ld", &dense, &loss, &limited) == 3)
            total += column == 0 ? dense : limited;
    }
    if (file) fclose(file);
    return total;
}

static void functions_with(const Method *method, double slope_bound, int scipy_column) {
    long long total = 0;
    for (size_t k = 0; k < COUNT_OF(test_problems); k++) {
        const TestProblem *problem = &test_problems[k];
        ProblemContext context = {.problem = problem};
        Objective objective = problem_objective(&context);
        double x[PROBLEM_MAX], gradient[PROBLEM_MAX], start_slope, loss;
        StepReport report = {0};
        objective.loss_gradient(&context, problem->start, &loss, gradient);
        start_slope = optim_norm(gradient, problem->n);
        context.calls = 0;
        Reason reason = problem_run(method, &objective, problem->start, 10000, x, &report);
        printf("%-6s %-18s reason %2d  steps %3lld  evaluations %3lld  loss - minimum %10.3g  "
               "slope/start %8.2g\n",
               method->name, problem->name, (int)reason, report.step, report.evaluations,
               report.loss - problem->minimum, report.slope / start_slope);
        CHECK(reason > 0);
        CHECK_INT(report.evaluations, context.calls);
        bool lowest = fabs(report.loss - problem->minimum) <= 1e-10;
        bool bottom = report.slope < slope_bound * start_slope;
        CHECK(lowest || (!problem->one_valley && bottom));
        total += report.evaluations;
    }
    printf("%s: %lld evaluations in all, SciPy %ld\n", method->name, total,
           scipy_total(scipy_column));
    CHECK((double)total <= 1.2 * (double)scipy_total(scipy_column));
}

TEST(bfgs_reaches_the_minima) {
    functions_with(&optim_bfgs, 1e-8, 0);
}

TEST(lbfgs_reaches_the_minima) {
    functions_with(&optim_lbfgs, 1e-8, 1);
}

TEST_MAIN(bfgs_reaches_the_minima, lbfgs_reaches_the_minima)
