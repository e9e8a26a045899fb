/* BFGS and L-BFGS from the standard starts of 15 well-known functions. */
#include "../check.h"
#include "problems.h"

static void functions_with(const Method *method, double slope_bound) {
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
    }
}

TEST(bfgs_reaches_the_minima) {
    functions_with(&optim_bfgs, 1e-8);
}

TEST(lbfgs_reaches_the_minima) {
    functions_with(&optim_lbfgs, 1e-8);
}

TEST_MAIN(bfgs_reaches_the_minima, lbfgs_reaches_the_minima)
