/* What is found out about a finished walk, while the n-th allocation fails, for every n: 'no
 * memory', or the same result. Without failing allocations (see the build 'hostile') each is asked
 * once. */
#include "problem.h"

#define TABLE "x=1,2,3,4 y=2,4,6,9 b=0,1,0,1"

static void fail_nth(long n) {
#ifdef DESCEND_HOSTILE
    memory_fail_nth(n);
#else
    (void)n;
#endif
}

/* Asks about a walk of two parameters that stand at 'x'; true when the answer is whole. */
typedef Status (*Question)(Problem *problem, const double *x, bool *whole);

static Status ask_units(Problem *problem, const double *x, bool *whole) {
    UnitCount count = {0};
    Status status = diagnose_units(problem, x, &count);
    *whole = count.units == 2 && count.dead == 1 && count.where.length > 0;
    text_free(&count.where);
    return status;
}

static Status ask_baseline(Problem *problem, const double *x, bool *whole) {
    Baseline baseline;
    Status status = diagnose_baseline(problem, x, 0, &baseline);
    *whole = baseline.known && isfinite(baseline.p);
    return status;
}

static Status ask_flight(Problem *problem, const double *x, bool *whole) {
    double start[2] = {0, 0};
    WalkFacts facts = {.start = start, .values = x};
    Flight flight;
    Status status = diagnose_flight(problem, &facts, &flight);
    *whole = flight.known && flight.term.length > 0;
    diagnose_flight_free(&flight);
    return status;
}

static void ask_always(const char *formula, Question question) {
    double x[2] = {-3, 0.5};
    bool done = false;
    for (long n = 1; !done && n < 10000; n++) {
        Opened opened = opened_open(formula, TABLE, NULL);
        bool whole = false;
        fail_nth(n);
        Status status = question(opened.problem, x, &whole);
        fail_nth(0);
        CHECK(status == STATUS_MEMORY || (status == STATUS_OK && whole));
        done = status == STATUS_OK;
        opened_close(&opened);
    }
    CHECK(done);
}

TEST(units) { ask_always("y ~ relu(p*x) + tanh(q*x)", ask_units); }
TEST(squares) { ask_always("y ~ 0*p + q*x + q^2*x^3 + p", ask_baseline); }
TEST(log_losses) { ask_always("logistic_loss(p*x + q, b)", ask_baseline); }
TEST(flights) { ask_always("y ~ p*x + exp(q*x)", ask_flight); }

TEST_MAIN(units, squares, log_losses, flights)
