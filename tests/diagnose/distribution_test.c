/* Tails and quantiles against values computed with mpmath at 30 digits and more
 * (tests/reference/distribution.py), down to 1e-300. */
#include "../../src/diagnose/diagnose.h"
#include "../check.h"

#define QUANTILE(p, nu, want) CHECK_NEAR(diagnose_student_quantile(p, nu), want, 1e-12);
#define STUDENT(t, nu, want) CHECK_NEAR(diagnose_student_p(t, nu), want, 1e-12);
#define F(f, above, below, want) CHECK_NEAR(diagnose_f_tail(f, above, below), want, 1e-12);
#define CHI(x, degrees, want) CHECK_NEAR(diagnose_chi_square_tail(x, degrees), want, 1e-12);
#define NORMAL(z, want) CHECK_NEAR(diagnose_normal_cdf(z), want, 1e-12);

TEST(known_values) {
#include "../reference/distribution.inc"
}

TEST(ends) {
    CHECK(isnan(diagnose_student_quantile(0.975, 0)));
    CHECK(isnan(diagnose_student_quantile(0.5, 3)));
    CHECK(diagnose_student_p(0, 5) == 1);
    CHECK(diagnose_student_p(INFINITY, 5) == 0);
    CHECK(isnan(diagnose_student_p(NAN, 5)));
    CHECK(isnan(diagnose_student_p(1, 0)));
    CHECK_NEAR(diagnose_student_cdf(-1, 1), 0.25, 1e-14);
    CHECK_NEAR(diagnose_student_cdf(1, 1), 0.75, 1e-14);
    CHECK(diagnose_f_tail(0, 2, 3) == 1);
    CHECK(diagnose_f_tail(INFINITY, 2, 3) == 0);
    CHECK(isnan(diagnose_f_tail(1, 0, 3)));
    CHECK(diagnose_chi_square_tail(0, 1) == 1);
    CHECK(diagnose_chi_square_tail(INFINITY, 1) == 0);
    CHECK(diagnose_normal_cdf(INFINITY) == 1);
    CHECK(diagnose_normal_cdf(-INFINITY) == 0);
}

TEST_MAIN(known_values, ends)
