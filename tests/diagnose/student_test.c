/* Student's t quantiles against values computed with mpmath at 30 digits
 * (tests/reference/student.py). */
#include "../../src/diagnose/diagnose.h"
#include "../check.h"

TEST(quantiles) {
    static const struct {
        double p, nu, t;
    } KNOWN[] = {
#include "../reference/student.inc"
    };
    for (size_t k = 0; k < sizeof KNOWN / sizeof KNOWN[0]; k++)
        CHECK_NEAR(diagnose_student_quantile(KNOWN[k].p, KNOWN[k].nu), KNOWN[k].t, 1e-12);
    CHECK(isnan(diagnose_student_quantile(0.975, 0)));
    CHECK(isnan(diagnose_student_quantile(0.5, 3)));
}

TEST_MAIN(quantiles)
