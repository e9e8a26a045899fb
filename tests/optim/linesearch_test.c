/* The line search on the functions of More and Thuente (ACM TOMS 20, 1994) and on walls. */
#include "../check.h"
#include "problems.h"

static double line_convex(double a) {
    const double b = 0.01;
    if (a <= 1 - b) return 1 - a;
    if (a >= 1 + b) return a - 1;
    return (a - 1) * (a - 1) / (2 * b) + b / 2;
}

static double line_convex_slope(double a) {
    const double b = 0.01;
    if (a <= 1 - b) return -1;
    return a >= 1 + b ? 1 : (a - 1) / b;
}

static double yanai(double a, double b1, double b2, double *slope) {
    double g1 = sqrt(1 + b1 * b1) - b1, g2 = sqrt(1 + b2 * b2) - b2;
    double p = sqrt((1 - a) * (1 - a) + b2 * b2), q = sqrt(a * a + b1 * b1);
    *slope = -g1 * (1 - a) / p + g2 * a / q;
    return g1 * p + g2 * q;
}

/* Number in the paper; loss and slope at a. */
static double more_thuente(int number, double a, double *slope) {
    const double pi = 3.14159265358979323846, l = 39;
    double s = a + 0.004;
    switch (number) {
        case 1:
            *slope = (a * a - 2) / ((a * a + 2) * (a * a + 2));
            return -a / (a * a + 2);
        case 2:
            *slope = 5 * s * s * s * s - 8 * s * s * s;
            return s * s * s * s * s - 2 * s * s * s * s;
        case 3:
            *slope = line_convex_slope(a) + 0.99 * cos(l * pi / 2 * a);
            return line_convex(a) + 2 * 0.99 / (l * pi) * sin(l * pi / 2 * a);
        case 4:
            return yanai(a, 0.001, 0.001, slope);
        case 5:
            return yanai(a, 0.01, 0.001, slope);
        case 6:
            return yanai(a, 0.001, 0.01, slope);
        case 7: /* a wall at 2, with the lowest point just before it */
            *slope = a < 2 ? -1 + 1e-3 / (2 - a) : NAN;
            return a < 2 ? -a - 1e-3 * log(2 - a) : NAN;
        case 8: /* infinitely high beyond 1e-3 */
            *slope = a <= 1e-3 ? 2 * (a - 1e-4) : INFINITY;
            return a <= 1e-3 ? (a - 1e-4) * (a - 1e-4) : INFINITY;
        case 9:
            *slope = a < 0.3 ? -1 : 2;
            return a < 0.3 ? -a : 2 * a - 0.9; /* a kink at 0.3 */
        case 12: /* a slope that is no number beyond 0.5, where the loss still falls */
            *slope = a < 0.5 ? -1 : NAN;
            return -a;
        case 10:
            *slope = -1;
            return -a; /* falls for ever */
        default:
            *slope = -1;
            return a * a + 1e-300; /* a gradient that lies */
    }
}

static Status line_objective(void *context, const double *x, double *loss, double *gradient) {
    double slope;
    *loss = more_thuente(*(int *)context, x[0], &slope);
    if (gradient) gradient[0] = slope;
    return STATUS_OK;
}

static LineSearch search_line(int *number, double first, double *trial, double *gradient) {
    static const double x = 0, direction = 1;
    static Objective objective;
    objective = (Objective){.n = 1, .context = number, .loss_gradient = line_objective};
    LineSearch search = {.objective = &objective,
                         .x = &x,
                         .direction = &direction,
                         .first = first,
                         .longest = INFINITY,
                         .trial = trial,
                         .gradient = gradient};
    search.loss = more_thuente(*number, 0, &search.slope);
    CHECK(optim_line_search(&search) == STATUS_OK);
    return search;
}

TEST(more_thuente_functions) {
    for (int number = 1; number <= 6; number++)
        for (double first = 1e-3; first <= 1e3; first *= 100) {
            double trial, gradient, slope, start_slope;
            double start = more_thuente(number, 0, &start_slope);
            LineSearch search = search_line(&number, first, &trial, &gradient);
            double loss = more_thuente(number, search.length, &slope);
            CHECK_INT(search.end, LINE_FOUND);
            CHECK(search.evaluations <= 14);
            CHECK(trial == search.length && gradient == slope && loss == search.trial_loss);
            CHECK(loss <= start + 1e-4 * search.length * start_slope ||
                  (loss <= start && slope <= (2e-4 - 1) * start_slope));
            CHECK(slope >= 0.9 * start_slope);
        }
}

TEST(walls_shorten_the_step) {
    for (int number = 7; number <= 8; number++)
        for (double first = 1e-6; first <= 1e12; first *= 1000) {
            double trial, gradient;
            LineSearch search = search_line(&number, first, &trial, &gradient);
            CHECK_INT(search.end, LINE_FOUND);
            CHECK(isfinite(search.trial_loss) && isfinite(gradient));
        }
}

TEST(slopes_that_are_no_numbers_are_walls) {
    int number = 12;
    double trial, gradient;
    LineSearch search = search_line(&number, 2, &trial, &gradient);
    CHECK_INT(search.end, LINE_SHORT);
    CHECK(gradient == -1 && trial < 0.5 && trial > 0.499);
}

TEST(kinks_end_at_the_kink) {
    int number = 9;
    double trial, gradient;
    LineSearch search = search_line(&number, 1, &trial, &gradient);
    CHECK(search.end == LINE_FOUND || search.end == LINE_SHORT);
    CHECK_NEAR(trial, 0.3, 0.2);
    CHECK(search.trial_loss < 0);
}

TEST(falling_for_ever_and_lies) {
    int number = 10;
    double trial, gradient;
    LineSearch search = search_line(&number, 1, &trial, &gradient);
    CHECK(search.end == LINE_SHORT || search.end == LINE_UNBOUNDED);
    CHECK(search.trial_loss < -1e20);
    number = 11;
    search = search_line(&number, 1, &trial, &gradient);
    CHECK_INT(search.end, LINE_FAILED);
}

TEST_MAIN(more_thuente_functions, walls_shorten_the_step, slopes_that_are_no_numbers_are_walls,
          kinks_end_at_the_kink, falling_for_ever_and_lies)
