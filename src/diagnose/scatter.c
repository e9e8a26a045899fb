/* What sets the errors of a fit: the scatter of the points, or errors that were measured; and then
 * whether the two agree. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>

/* Beyond this many standard deviations of chi-square it is no chance: 1 % on each side. */
static const double SCATTER_CHANCE = 2.326;

/* Chi-square with that many degrees of freedom as a standard normal deviation (Wilson and Hilferty,
 * Proc. Nat. Acad. Sci. 17, 1931, 684): its cube root is nearly normal. */
static double scatter_deviation(double chi_square, double degrees) {
    double width = 2 / (9 * degrees);
    return (vm_cbrt(chi_square / degrees) - (1 - width)) / sqrt(width);
}

static Message scatter_absolute(const char *columns, double chi_square, double degrees) {
    NumberText chi = number_round(chi_square, 4), free = number_text(degrees);
    if (!isfinite(chi_square) || degrees <= 0)
        return message_make(MSG_SCATTER_UNTESTED, columns, chi.s, NULL);
    double reduced = chi_square / degrees, z = scatter_deviation(chi_square, degrees);
    NumberText each = number_round(reduced, 3);
    if (fabs(z) <= SCATTER_CHANCE)
        return message_make(MSG_SCATTER_AGREES, columns, chi.s, free.s, each.s, NULL);
    MessageId id = z > 0 ? MSG_SCATTER_LARGE : MSG_SCATTER_SMALL;
    return message_make(id, columns, chi.s, free.s, each.s, number_round(sqrt(reduced), 2).s, NULL);
}

Message diagnose_scatter(const Problem *problem, const FitStatistics *fit) {
    const char *columns = train_graph(problem)->errors;
    if (fit->absolute) return scatter_absolute(columns ? columns : "", fit->rss, fit->degrees);
    if (fit->robust) return message_make(MSG_SCATTER_ROBUST, NULL);
    if (!isfinite(fit->sd) || fit->exact) return message_make(MSG_NONE, NULL);
    return message_make(MSG_SCATTER_SCALED, number_round(fit->sd, 4).s, NULL);
}
