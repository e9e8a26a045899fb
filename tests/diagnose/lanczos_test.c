/* Both ends of the curvature of quadratics whose spectrum is known. */
#include "../../src/diagnose/diagnose.h"
#include "../check.h"


enum { MANY = 1000 };

/* (I - 2uu') diag(d) (I - 2uu'), u of length 1: the eigenvalues are d. */
typedef struct Known {
    size_t n;
    double d[MANY], u[MANY];
    long products;
} Known;

static void known_mirror(const Known *known, double *v) {
    double part = 0;
    for (size_t i = 0; i < known->n; i++) part += known->u[i] * v[i];
    for (size_t i = 0; i < known->n; i++) v[i] -= 2 * part * known->u[i];
}

static Status known_product(void *context, const double *x, const double *v, double *product) {
    Known *known = context;
    (void)x;
    known->products++;
    memcpy(product, v, known->n * sizeof *v);
    known_mirror(known, product);
    for (size_t i = 0; i < known->n; i++) product[i] *= known->d[i];
    known_mirror(known, product);
    return STATUS_OK;
}

static Objective known_objective(Known *known, size_t n) {
    double length = 0;
    *known = (Known){.n = n};
    for (size_t i = 0; i < n; i++) {
        known->u[i] = random_normal(random_key(7, "u"), i);
        length += known->u[i] * known->u[i];
    }
    for (size_t i = 0; i < n; i++) known->u[i] /= sqrt(length);
    return (Objective){.n = n, .context = known, .hessian_vector = known_product};
}

static void check_ends(const Objective *objective, double low, double high, double within) {
    static double x[MANY];
    Spectrum spectrum;
    CHECK_INT(diagnose_spectrum(objective, x, &spectrum), STATUS_OK);
    CHECK_NEAR(spectrum.low.value, low, within);
    CHECK_NEAR(spectrum.high.value, high, within);
    CHECK(spectrum.low.settled && spectrum.high.settled);
    for (int k = 0; spectrum.storage && k < 2; k++) { /* H v = value v */
        const SpectrumEnd *end = k ? &spectrum.high : &spectrum.low;
        double product[MANY], off = 0;
        objective->hessian_vector(objective->context, x, end->vector, product);
        for (size_t i = 0; i < objective->n; i++)
            off += fabs(product[i] - end->value * end->vector[i]);
        CHECK(off <= 1e-3 * fabs(high) * sqrt((double)objective->n));
        CHECK_NEAR(optim_norm(end->vector, objective->n), 1, 1e-6);
    }
    diagnose_spectrum_free(&spectrum);
}

/* 1, 2, ..., 1000. */
TEST(a_thousand_parameters_even) {
    static Known known;
    Objective objective = known_objective(&known, MANY);
    for (size_t i = 0; i < MANY; i++) known.d[i] = (double)(i + 1);
    check_ends(&objective, 1, 1000, 0.01);
    CHECK(known.products < 310);
}

/* A cloud from 1 to 2 with one far above and one far below. */
TEST(a_thousand_parameters_with_two_apart) {
    static Known known;
    Objective objective = known_objective(&known, MANY);
    for (size_t i = 0; i < MANY; i++) known.d[i] = 1 + (double)i / MANY;
    known.d[10] = 5000;
    known.d[20] = 0.02;
    check_ends(&objective, 0.02, 5000, 1e-6);
    CHECK(known.products < 100);
    known.d[20] = -3;
    check_ends(&objective, -3, 5000, 1e-6);
}

/* Three values alone: the space of the products is soon exhausted. */
TEST(few_different_values) {
    static Known known;
    Objective objective = known_objective(&known, 200);
    for (size_t i = 0; i < 200; i++) known.d[i] = i % 3 == 0 ? 4 : i % 3 == 1 ? 1 : 9;
    check_ends(&objective, 1, 9, 1e-9);
    for (size_t i = 0; i < 200; i++) known.d[i] = 2;
    check_ends(&objective, 2, 2, 1e-9);
}

TEST(few_parameters) {
    static Known known;
    Objective objective = known_objective(&known, 20);
    for (size_t i = 0; i < 20; i++) known.d[i] = (double)(i + 1) * (i % 2 ? -1 : 1);
    check_ends(&objective, -20, 19, 1e-12);
    objective = known_objective(&known, 1);
    known.d[0] = 2;
    check_ends(&objective, 2, 2, 0);
}

/* Directions without curvature have exactly none. */
TEST(flat_directions) {
    static Known known;
    Objective objective = known_objective(&known, 20);
    for (size_t i = 3; i < 20; i++) known.d[i] = (double)i;
    check_ends(&objective, 0, 19, 1e-12);
    objective = known_objective(&known, 400);
    for (size_t i = 3; i < 400; i++) known.d[i] = 5 + (double)i / 400;
    double x[400] = {0};
    Spectrum spectrum;
    CHECK_INT(diagnose_spectrum(&objective, x, &spectrum), STATUS_OK);
    CHECK_NEAR(spectrum.low.value, 0, 0);
    diagnose_spectrum_free(&spectrum);
}

/* diag(1e-9, 1) times [2 1; 1 2] times the same: the small end keeps its digits. */
static Status graded_product(void *context, const double *x, const double *v, double *product) {
    (void)context;
    (void)x;
    double a = 1e-9 * v[0];
    product[0] = 1e-9 * (2 * a + v[1]);
    product[1] = a + 2 * v[1];
    return STATUS_OK;
}

TEST(parameters_of_different_size) {
    Objective objective = {.n = 2, .hessian_vector = graded_product};
    double x[2] = {0};
    Spectrum spectrum;
    CHECK_INT(diagnose_spectrum(&objective, x, &spectrum), STATUS_OK);
    CHECK_NEAR(spectrum.low.value, 1.5e-18, 1e-12);
    CHECK_NEAR(spectrum.high.value, 2, 1e-12);
    diagnose_spectrum_free(&spectrum);
}

/* Held parameters are left out; factors of the rate make units. */
TEST(held_parameters_and_factors) {
    static Known known;
    double low[3] = {-1, 5, -1}, high[3] = {1, 5, 1}, rate[3] = {1, 1, 4}, x[3] = {0};
    Objective objective = known_objective(&known, 3);
    objective.low = low;
    objective.high = high;
    objective.rate = rate;
    memset(known.u, 0, sizeof known.u);
    known.d[0] = 3, known.d[1] = 1000, known.d[2] = 5;
    Spectrum spectrum;
    CHECK_INT(diagnose_spectrum(&objective, x, &spectrum), STATUS_OK);
    CHECK_INT(spectrum.count, 2);
    CHECK_NEAR(spectrum.low.value, 3, 1e-14);
    CHECK_NEAR(spectrum.high.value, 20, 1e-14);
    CHECK_NEAR(spectrum.high.vector[1], 0, 0);
    diagnose_spectrum_free(&spectrum);
}

static Status broken_product(void *context, const double *x, const double *v, double *product) {
    (void)x;
    for (size_t i = 0; i < *(size_t *)context; i++) product[i] = i == 1 ? NAN : v[i];
    return STATUS_OK;
}

TEST(what_is_not_finite_has_no_ends) {
    static const size_t sizes[] = {3, 300};
    double x[300] = {0};
    for (size_t k = 0; k < 2; k++) {
        size_t n = sizes[k];
        Objective objective = {.n = n, .context = &n, .hessian_vector = broken_product};
        Spectrum spectrum;
        CHECK_INT(diagnose_spectrum(&objective, x, &spectrum), STATUS_OK);
        CHECK(isnan(spectrum.low.value) && isnan(spectrum.high.value));
        diagnose_spectrum_free(&spectrum);
    }
}

TEST_MAIN(a_thousand_parameters_even, a_thousand_parameters_with_two_apart, few_different_values,
          few_parameters, flat_directions, parameters_of_different_size,
          held_parameters_and_factors, what_is_not_finite_has_no_ends)
