/* linesearch: how far to go along a direction.
 *
 * Accepts a point that is low enough (Armijo) and where the slope has flattened (weak Wolfe). Near
 * a minimum, differences of the loss drown in rounding while the gradient is still exact: there
 * the approximate Wolfe conditions of Hager and Zhang (SIAM J. Optim. 16, 2005) decide, by slopes
 * alone, for points that are not higher than the noise of the loss. Trials come from cubic
 * interpolation (Nocedal and Wright, 2nd ed., eq. 3.59), kept away from the ends of the bracket. A
 * trial that is not finite is a wall: the step gets shorter. */
#include <float.h>
#include <math.h>

#include "optim.h"

static const double line_decrease = 1e-4;  /* part of the promised decrease that must come true */
static const double line_flattening = 0.9; /* part of the slope that may be left */
enum { LINE_TRIALS = 80 };

typedef struct LinePoint {
    double length, loss, slope;
    bool known; /* false: no such point yet, or its loss is not finite */
} LinePoint;

typedef struct LineBracket {
    LinePoint low, before; /* the best point that is low enough, and the one before it */
    double limit;          /* the bracket's other end; infinite while there is none */
    LinePoint high;        /* the point at 'limit' when it is finite */
    double width;          /* of the bracket two trials ago */
    int trials, walls;     /* walls: met in a row */
} LineBracket;

static void line_move(const LineSearch *search, double length) {
    const Objective *objective = search->objective;
    for (size_t i = 0; i < objective->n; i++) {
        double x = search->x[i], d = search->direction[i], next = x + length * d;
        if (objective->low && d < 0 &&
            (next < objective->low[i] || (objective->low[i] - x) / d <= length))
            next = objective->low[i];
        if (objective->high && d > 0 &&
            (next > objective->high[i] || (objective->high[i] - x) / d <= length))
            next = objective->high[i];
        search->trial[i] = next;
    }
}

static Status line_try(LineSearch *search, double length, LinePoint *point) {
    const Objective *objective = search->objective;
    line_move(search, length);
    search->evaluations++;
    point->length = length;
    TRY(objective->loss_gradient(objective->context, search->trial, &point->loss,
                                 search->gradient));
    point->slope = optim_dot(search->gradient, search->direction, objective->n);
    point->known = isfinite(point->loss) && isfinite(point->slope) &&
                   optim_finite(search->gradient, objective->n);
    return STATUS_OK;
}

static bool line_low_enough(const LineSearch *search, const LinePoint *point) {
    double decrease = line_decrease * search->slope;
    if (point->loss <= search->loss + point->length * decrease) return true;
    return point->loss <= search->loss + search->noise &&
           point->slope <= (2 * line_decrease - 1) * search->slope;
}

/* Minimum of the cubic (or, where losses cannot be told apart, of the parabola) through two points
 * with their slopes; NaN if it has none. */
static double line_interpolate(const LinePoint *a, const LinePoint *b, double noise) {
    double width = b->length - a->length;
    if (fabs(b->loss - a->loss) <= noise)
        return a->length - a->slope * (width / (b->slope - a->slope));
    double theta = 3 * ((a->loss - b->loss) / width) + a->slope + b->slope;
    double scale = fmax(fabs(theta), fmax(fabs(a->slope), fabs(b->slope)));
    double square = (theta / scale) * (theta / scale) - (a->slope / scale) * (b->slope / scale);
    if (!(square >= 0)) return NAN;
    double root = scale * sqrt(square);
    return b->length - width * ((b->slope + root - theta) / (b->slope - a->slope + 2 * root));
}

/* No upper end yet: go on, as far as the last two points suggest, by 2 to 10 times. */
static double line_extrapolate(const LineSearch *search, const LineBracket *bracket) {
    const LinePoint *a = &bracket->before, *b = &bracket->low;
    double least = b->length * 2, most = b->length * 10, next = most;
    if (b->slope > a->slope) next = line_interpolate(a, b, search->noise);
    if (!(next > least)) next = isnan(next) ? most : least;
    if (next > most) next = most;
    return fmin(next, search->longest);
}

static double line_shrink(const LineSearch *search, LineBracket *bracket) {
    double low = bracket->low.length, width = bracket->limit - low, next;
    if (!bracket->high.known) /* away from a wall quickly, and carefully back to it */
        return low + width * (bracket->walls > 4 ? 0.01 : bracket->walls > 0 ? 0.2 : 0.5);
    next = line_interpolate(&bracket->low, &bracket->high, search->noise);
    bool slow = width > 0.66 * bracket->width;
    if (bracket->trials % 2 == 0) bracket->width = width;
    if (slow && bracket->trials % 2 == 0) return low + 0.5 * width;
    if (!(next > low + 0.01 * width)) next = isnan(next) ? low + 0.5 * width : low + 0.01 * width;
    if (next > low + 0.99 * width) next = low + 0.99 * width;
    return next;
}

/* True when no double lies between the ends for any parameter. */
static bool line_exhausted(const LineSearch *search, const LineBracket *bracket) {
    if (!isfinite(bracket->limit)) return false;
    for (size_t i = 0; i < search->objective->n; i++) {
        double x = search->x[i], d = search->direction[i];
        if (d == 0) continue;
        double middle =
            x + (bracket->low.length + 0.5 * (bracket->limit - bracket->low.length)) * d;
        if (middle != x + bracket->low.length * d && middle != x + bracket->limit * d) return false;
    }
    return true;
}

/* Out of trials: the best point so far, if it is better than the start. */
static Status line_settle(LineSearch *search, const LineBracket *bracket) {
    LinePoint point = {0};
    search->end = LINE_FAILED;
    search->length = 0;
    if (!bracket->low.known || !(bracket->low.loss < search->loss)) return STATUS_OK;
    TRY(line_try(search, bracket->low.length, &point));
    search->length = point.length;
    search->trial_loss = point.loss;
    search->end = LINE_SHORT;
    return STATUS_OK;
}

static Status line_accept(LineSearch *search, const LinePoint *point) {
    search->length = point->length;
    search->trial_loss = point->loss;
    search->end = LINE_FOUND;
    return STATUS_OK;
}

Status optim_line_search(LineSearch *search) {
    LineBracket bracket = {.limit = INFINITY, .width = INFINITY};
    double length = fmin(search->first, search->longest);
    bracket.low = (LinePoint){.loss = search->loss, .slope = search->slope};
    search->evaluations = 0;
    for (; bracket.trials < LINE_TRIALS && !line_exhausted(search, &bracket); bracket.trials++) {
        LinePoint point = {0};
        TRY(line_try(search, length, &point));
        if (point.loss < 0 && isinf(point.loss)) {
            search->end = LINE_UNBOUNDED;
            return STATUS_OK;
        }
        if (!point.known || !line_low_enough(search, &point)) {
            bracket.limit = length;
            bracket.high = point;
            bracket.walls = point.known ? 0 : bracket.walls + 1;
        } else if (point.slope >= line_flattening * search->slope || length >= search->longest) {
            return line_accept(search, &point);
        } else {
            bracket.before = bracket.low;
            bracket.low = point;
            bracket.walls = 0;
        }
        if (isfinite(bracket.limit))
            length = line_shrink(search, &bracket);
        else
            length = line_extrapolate(search, &bracket);
        if (!isfinite(length)) break;
    }
    return line_settle(search, &bracket);
}

/* ---- after a failure ------------------------------------------------------------------------- */

Status optim_loss_noise(const Objective *objective, const double *x, double loss, double *trial,
                        double *noise, long long *evaluations) {
    *noise = 4 * DBL_EPSILON * fabs(loss);
    for (int k = -3; k <= 3; k++) {
        double value;
        if (k == 0) continue;
        for (size_t i = 0; i < objective->n; i++) {
            double ulps = (i % 2 ? -k : k) * 2 * DBL_EPSILON;
            trial[i] = x[i] + ulps * fabs(x[i]);
        }
        optim_project(objective, trial);
        ++*evaluations;
        TRY(objective->loss_gradient(objective->context, trial, &value, NULL));
        if (isfinite(value) && fabs(value - loss) > *noise) *noise = fabs(value - loss);
    }
    return STATUS_OK;
}

/* Loss at x + length * direction minus the loss at x, for a length of either sign. */
static Status line_difference(const Objective *objective, const double *x, double loss,
                              const double *direction, double length, double *trial, double *change,
                              long long *evaluations) {
    double value;
    for (size_t i = 0; i < objective->n; i++) trial[i] = x[i] + length * direction[i];
    optim_project(objective, trial);
    ++*evaluations;
    TRY(objective->loss_gradient(objective->context, trial, &value, NULL));
    *change = value - loss;
    return STATUS_OK;
}

Status optim_gradient_agrees(const Objective *objective, const double *x, double loss,
                             const double *direction, double slope, double noise, double *trial,
                             bool *agrees, long long *evaluations) {
    /* The shortest length at which the promised change stands clear of the noise. */
    double length = 16 * noise / fabs(slope), reach = optim_largest(x, objective->n);
    double right, left, error;
    *agrees = true;
    if (length * optim_largest(direction, objective->n) > 0.01 * fmax(reach, 1e-3))
        return STATUS_OK;
    if (length * optim_largest(direction, objective->n) < 16 * DBL_EPSILON * reach)
        length = 16 * DBL_EPSILON * reach / optim_largest(direction, objective->n);
    TRY(line_difference(objective, x, loss, direction, length, trial, &right, evaluations));
    TRY(line_difference(objective, x, loss, direction, -length, trial, &left, evaluations));
    if (!isfinite(right) || !isfinite(left)) return STATUS_OK;
    right /= length;
    left /= -length;
    error = 2 * noise / length + 0.05 * fabs(slope);
    *agrees = slope >= fmin(left, right) - error && slope <= fmax(left, right) + error;
    return STATUS_OK;
}
