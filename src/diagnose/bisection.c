/* The god's-eye view: bisection on the slope, which has to know a bracket. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

Status diagnose_bisect_open(const Problem *problem, const double *x, size_t parameter, double low,
                            double high, Bisection *bisection) {
    size_t n = train_objective(problem)->n;
    *bisection = (Bisection){.problem = problem,
                             .point = memory_new(n + 1, sizeof(double)),
                             .gradient = memory_new(n + 1, sizeof(double)),
                             .parameter = parameter,
                             .low = low,
                             .high = high,
                             .answer = NAN};
    if (!bisection->point || !bisection->gradient) {
        diagnose_bisect_close(bisection);
        return STATUS_MEMORY;
    }
    memcpy(bisection->point, x, n * sizeof *x);
    return STATUS_OK;
}

void diagnose_bisect_close(Bisection *bisection) {
    memory_free(bisection->point);
    memory_free(bisection->gradient);
    *bisection = (Bisection){0};
}

static const double BISECT_ENOUGH =
    1e-10; /* width of the bracket, in units of the place (at least 1) */

static Status bisect_feel(Bisection *bisection, double place, double *slope) {
    const Objective *objective = train_exact_objective(bisection->problem);
    double loss = 0;
    bisection->point[bisection->parameter] = place;
    TRY(objective->loss_gradient(objective->context, bisection->point, &loss, bisection->gradient));
    *slope = bisection->gradient[bisection->parameter];
    bisection->evaluations++;
    return STATUS_OK;
}

static void bisect_found(Bisection *bisection, double place) {
    bisection->done = bisection->found = true;
    bisection->answer = place;
}

/* The ends: a zero there is the answer; equal signs hold none. */
static void bisect_judge_ends(Bisection *bisection) {
    if (bisection->slope_low == 0)
        bisect_found(bisection, bisection->low);
    else if (bisection->slope_high == 0)
        bisect_found(bisection, bisection->high);
    else if (!(bisection->slope_low < 0 && bisection->slope_high > 0) &&
             !(bisection->slope_low > 0 && bisection->slope_high < 0))
        bisection->done = true;
}

static void bisect_halve(Bisection *bisection, double middle, double slope) {
    if (slope == 0) {
        bisect_found(bisection, middle);
    } else if (isnan(slope)) {
        bisection->done = true;
    } else if ((slope < 0) == (bisection->slope_low < 0)) {
        bisection->low = middle;
        bisection->slope_low = slope;
    } else {
        bisection->high = middle;
        bisection->slope_high = slope;
    }
    double width = bisection->high - bisection->low, size = fmax(1, fabs(middle));
    if (!bisection->done && !(width > BISECT_ENOUGH * size))
        bisect_found(bisection, fabs(bisection->slope_low) < fabs(bisection->slope_high)
                                    ? bisection->low
                                    : bisection->high);
}

Status diagnose_bisect_step(Bisection *bisection, double *middle, double *slope) {
    if (bisection->evaluations == 0) {
        *middle = bisection->low;
        TRY(bisect_feel(bisection, bisection->low, slope));
        bisection->slope_low = *slope;
    } else if (bisection->evaluations == 1) {
        *middle = bisection->high;
        TRY(bisect_feel(bisection, bisection->high, slope));
        bisection->slope_high = *slope;
        bisect_judge_ends(bisection);
    } else {
        *middle = bisection->low + (bisection->high - bisection->low) / 2;
        TRY(bisect_feel(bisection, *middle, slope));
        bisect_halve(bisection, *middle, *slope);
    }
    return STATUS_OK;
}

void diagnose_bisect_sentence(const Bisection *bisection, Message *sentence) {
    if (!bisection->done)
        *sentence = message_make(MSG_BISECT_RUNNING, NULL);
    else if (bisection->found)
        *sentence = message_make(MSG_BISECT_FOUND, number_round(bisection->answer, 10).s,
                                 number_integer(bisection->evaluations).s, NULL);
    else
        *sentence = message_make(MSG_BISECT_NOTHING, number_round(bisection->low, 7).s,
                                 number_round(bisection->high, 7).s,
                                 number_round(bisection->slope_low, 7).s,
                                 number_round(bisection->slope_high, 7).s, NULL);
}
