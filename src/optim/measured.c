/* measured: the rate of first-order rules, felt by the walker himself.
 *
 * Scales. Each parameter has a factor, one over the curvature felt by it (scales.c), at the start
 * and again after 1, 2, 4, 8, ... rounds: so that units do not matter, and that a start that tells
 * nothing about the valley is forgotten.
 *
 * Plain descent. The rate is measured in every round from the last step s and the change y of the
 * slope along it, s's / s'y over scaled parameters: one over the curvature met on the way (Barzilai
 * and Borwein 1988, the longer of their two). It is rounded to eight bits, in units of one over the
 * greatest curvature: rates that differ by rounding errors part ways sooner or later, and the same
 * walk in other units would take other rounds. Where the slope did not grow along the step, the
 * next one is four times as long.
 *
 * Rules of lengths (adam, rmsprop, adagrad). They divide the slope by the size that slopes had, so
 * that their rate is a length. Over parameters divided by the roots of the scales the first step is
 * as long as plain descent's on the average. From then on the rate is multiplied by what the last
 * step should have been times as long, had it led to where the slope along it is 0: plain
 * descent's rate is the same, as one over the curvature. So steps shrink towards the bottom though
 * the text knows no shorter ones, and grow again as what the rule remembers of steep slopes makes
 * them short. adam rolls on: it takes the root of 1 - beta1 of that (between 0.2 and 0.4 all is
 * alike; the whole leaves 21 of 53 walks behind instead of 4), and changes it by four times at most
 * (else units change the rounds by up to 20 %; rmsprop and adagrad want their leaps). Rejected
 * twice, it starts from rest.
 *
 * Rules that gather speed (momentum, Nesterov's). Their first step from rest is as long as plain
 * descent's; the rate stays until the scales are felt again, but for rejections, which halve it.
 * When the last step has come to lead up, what was rolled so far is forgotten (O'Donoghue and
 * Candes 2015).
 *
 * Why it is safe. A step is taken only if the loss lands below the largest of the last ten, by a
 * part of what the slope promises (Grippo, Lampariello and Lucidi 1986; Raydan 1997; with bounds
 * Birgin, Martinez and Raydan 2000); else the same round tries again with a smaller rate. So no
 * loss is above that of the start but for rounding, and nothing that is not finite is stepped on.
 *
 * The end. What the slope promises, g_i^2 over the curvature by i and added up, has the unit of the
 * loss: it is compared with that of the start, and with how far the loss has fallen. Below the
 * noise of the loss the walk goes on for some rounds by the slope alone, then ends.
 *
 * Where it does not hold. A fixed rate that is too large for the start may be thrown over a ridge
 * into a lower valley, or by luck onto a tip where the slope jumps; this one walks on down. Leaving
 * a saddle takes hundreds of rounds, as it does at the best fixed rate. A loss that falls for ever
 * has no scale: its walk ends when a number is infinite. Rules that a user types keep the rate in
 * their text; so does adamw, which is pulled to 0 as strongly as its rate is large, away from where
 * the loss is least: judged by the loss it stalls. Rounds over parts of the rows keep the rate of
 * the start, as their losses cannot be compared: they may fly off; lengths keep that of the text.
 * A fixed momentum of 0.9 does not make up for valleys that stay narrow after scaling; there a rate
 * found by hindsight is up to some seven times as fast. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "optim.h"

enum {
    MEASURED_LOSSES = 10, /* the largest of so many must be undercut */
    MEASURED_NOISY = 20,  /* rounds that promise less than the loss can show */
    MEASURED_IDLE = 100,  /* rounds without a loss or a slope lower than any before */
    MEASURED_TRIES = 3,   /* rejections until the noise of the loss is measured */
    MEASURED_STEPS = 8,   /* bits of a rate; */
    MEASURED_LENGTHS = 4  /* of a length */
};
static const double MEASURED_PART = 1e-4;   /* of the promise that must be kept */
static const double MEASURED_GROWTH = 4;    /* of the rate, where the ground bends down; */
static const double MEASURED_LEAP = 1000;   /* at most, by measurement */
static const double MEASURED_LITTLE = 1e-12; /* of the loss and of how far it has fallen */
static const double MEASURED_SLOPE = 1e-8;  /* of that of the start: arrived, where */
static const double MEASURED_GAIN = 1e-16;  /* of how far the loss has fallen is still to be had */

struct Measured {
    const Objective *objective;
    size_t n;
    double reach;     /* of the rule: see MeasuredSettings */
    bool gathers;     /* speed: not plain descent */
    bool lengths;     /* its steps do not grow with the slope */
    double part;      /* of what seems the right length */
    bool all_steps;   /* no end of its own */
    bool parts;       /* rounds see a part of the rows: scales and rate are those of the start */
    double *storage;
    double *factor;   /* n: of each parameter's rate, the user's included */
    double *start;    /* n: slope at the start, 0 where held */
    double *at, *slope; /* n each: where the last round began */
    double *gradient; /* n: at the newest trial */
    double *spare;    /* n */
    double *length, *unit; /* n each, of rules of lengths: factors of the rate; of the slopes */
    double base;      /* one over the greatest curvature over scaled parameters; 0: not known */
    double flat;      /* least curvature of a parameter: that of factor 1 */
    double grain;     /* the first rate: the unit of its roundings */
    double rate, loss, trial_loss, start_loss;
    double noise, felt; /* of the loss: at least; where it was felt */
    double losses[MEASURED_LOSSES];
    double end_value, end_bound;
    long long rounds;
    bool known;       /* 'gradient' and 'trial_loss' are those of where he stands */
    bool turned;      /* the last step has come to lead up */
    bool stuck;       /* no step from here lands lower */
    double lowest, flattest; /* of the loss; of what the slope promised */
    int tries, noisy, idle;
};

/* ---- opening --------------------------------------------------------------------------------- */

static Status measured_scale(Measured *measured, const double *x, const double *gradient) {
    double greatest, flat = measured->flat, *factor = measured->spare;
    bool again = measured->rounds > 0;
    const double *given = measured->objective->rate;
    for (size_t i = 0; again && i < measured->n; i++)
        factor[i] = measured->factor[i] / (given && given[i] > 0 ? given[i] : 1);
    TRY(optim_scales(measured->objective, x, gradient, again, factor, &flat, &greatest));
    if (!(greatest > 0) || !isfinite(1 / greatest)) return STATUS_OK; /* those of before stay */
    memcpy(measured->factor, factor, measured->n * sizeof *factor);
    if (again) measured->grain *= sqrt(measured->flat / flat);
    measured->base = 1 / greatest;
    measured->flat = flat;
    return STATUS_OK;
}

/* Of a rule of lengths: the root of the scale. The user's factor is in it only once. */
static double measured_length(const Measured *measured, size_t i) {
    const double *given = measured->objective->rate;
    return sqrt(measured->factor[i] * (given ? given[i] : 1));
}

static Status measured_begin(Measured *measured, const double *x) {
    const Objective *objective = measured->objective;
    for (size_t i = 0; i < measured->n; i++)
        measured->factor[i] = objective->rate ? objective->rate[i] : 1;
    TRY(objective->loss_gradient(objective->context, x, &measured->trial_loss,
                                 measured->gradient));
    measured->known = !measured->parts;
    measured->start_loss = measured->trial_loss;
    for (size_t i = 0; i < measured->n; i++)
        measured->start[i] =
            optim_held(objective, x, measured->gradient, i) ? 0 : measured->gradient[i];
    if (!isfinite(measured->trial_loss) || !optim_finite(measured->gradient, measured->n))
        return STATUS_OK;
    return measured_scale(measured, x, measured->gradient);
}

/* The first step of a rule of lengths: as long in every scaled parameter as plain descent's is on
 * the average. */
static double measured_first_length(const Measured *measured, const double *slope) {
    double sum = 0;
    for (size_t i = 0; i < measured->n; i++) sum += sqrt(measured->factor[i]) * fabs(slope[i]);
    return measured->base * (sum / (double)measured->n) / measured->reach;
}

/* Slopes are handed to it in units in which the largest is 1 at the start, over scaled parameters:
 * what its text adds to them, lest it divide by 0, is then as little for all. */
static void measured_units(Measured *measured) {
    double most = 0;
    for (size_t i = 0; i < measured->n; i++) {
        measured->length[i] = measured_length(measured, i);
        most = fmax(most, sqrt(measured->factor[i]) * fabs(measured->start[i]));
    }
    for (size_t i = 0; i < measured->n; i++)
        measured->unit[i] = most >= DBL_MIN ? sqrt(measured->factor[i]) / most : 1;
}

/* From rest, as long a step as plain descent's. A part of the rows may curve more than all of them,
 * and its rounds cannot try: half of that. */
static double measured_first(const Measured *measured) {
    return measured->base / measured->reach / (measured->parts ? 2 : 1);
}

/* The rate from rest; a rule of lengths does not know how short its steps had come to be. */
static void measured_rest(Measured *measured, const double *slope) {
    double first = measured->lengths ? measured_first_length(measured, slope)
                                     : measured_first(measured);
    if (first > 0 && isfinite(first)) measured->rate = first;
}

Status measured_open(const Objective *objective, const MeasuredSettings *settings, const double *x,
                     Measured **out) {
    size_t n = objective->n;
    Measured *measured = *out = memory_new(1, sizeof *measured);
    if (!measured) return STATUS_MEMORY;
    *measured = (Measured){.objective = objective,
                           .n = n,
                           .reach = settings->reach,
                           .gathers = settings->gathers,
                           .part = settings->part,
                           .lengths = settings->part > 0,
                           .all_steps = settings->all_steps,
                           .parts = settings->parts};
    measured->storage = memory_new(8 * n + 1, sizeof(double));
    if (!measured->storage) return STATUS_MEMORY;
    measured->factor = measured->storage;
    measured->start = measured->storage + n;
    measured->at = measured->storage + 2 * n;
    measured->slope = measured->storage + 3 * n;
    measured->gradient = measured->storage + 4 * n;
    measured->spare = measured->storage + 5 * n;
    measured->length = measured->storage + 6 * n;
    measured->unit = measured->storage + 7 * n;
    TRY(measured_begin(measured, x));
    if (measured->lengths) measured_units(measured);
    measured->rate = settings->otherwise;
    measured_rest(measured, measured->start);
    measured->grain = measured->rate;
    return STATUS_OK;
}

void measured_close(Measured *measured) {
    if (!measured) return;
    memory_free(measured->storage);
    memory_free(measured);
}

const double *measured_factors(const Measured *measured) {
    return measured->lengths ? measured->length : measured->factor;
}

void measured_slopes(const Measured *measured, double *slopes, bool scaled) {
    if (!measured->lengths) return;
    for (size_t i = 0; i < measured->n; i++)
        slopes[i] = measured->slope[i] * (scaled ? measured->unit[i] : 1);
}

double measured_rate(const Measured *measured) {
    return measured->rate;
}

bool measured_turned(const Measured *measured) {
    return measured->turned;
}

double measured_rate_now(const Measured *measured, double *spread) {
    double low = INFINITY, high = 0;
    const double *factor = measured_factors(measured);
    for (size_t i = 0; i < measured->n; i++) {
        low = fmin(low, factor[i]);
        high = fmax(high, factor[i]);
    }
    *spread = high > low ? high / low : 1;
    return measured->rate;
}

bool measured_ends(const Measured *measured) {
    return !measured->parts;
}

/* What was rolled so far may lead up. */
static bool measured_rolls(const Measured *measured) {
    return measured->gathers || (measured->lengths && measured->part < 1);
}

/* ---- the rate of a round --------------------------------------------------------------------- */

/* g'Dg. */
static double measured_square(const Measured *measured, const double *gradient) {
    double sum = 0;
    for (size_t i = 0; i < measured->n; i++)
        sum += gradient[i] * measured->factor[i] * gradient[i];
    return sum;
}

/* The same where he stands, over what bounds do not hold. */
static double measured_promise(const Measured *measured, const double *gradient) {
    const Objective *objective = measured->objective;
    if (!objective->low && !objective->high) return measured_square(measured, gradient);
    for (size_t i = 0; i < measured->n; i++) {
        bool held = optim_held(objective, measured->at, gradient, i);
        measured->spare[i] = held ? 0 : gradient[i];
    }
    return measured_square(measured, measured->spare);
}

/* To a few bits, in units of the first rate. */
static double measured_round(const Measured *measured, double rate) {
    int power, bits = measured->lengths ? MEASURED_LENGTHS : MEASURED_STEPS;
    double unit = measured->base > 0 ? measured->base : 1;
    if (measured->lengths && measured->grain > 0) unit = measured->grain;
    double part = frexp(rate / unit, &power);
    part = rint(ldexp(part, bits));
    return ldexp(part, power - bits) * unit;
}

/* From the last step, which began at 'at', and the change of the slope. */
static void measured_feel_rate(Measured *measured, const double *x, const double *gradient) {
    double squares = 0, along = 0;
    for (size_t i = 0; i < measured->n; i++) {
        double step = x[i] - measured->at[i];
        if (measured->factor[i] > 0) squares += step / measured->factor[i] * step;
        along += step * (gradient[i] - measured->slope[i]);
    }
    double rate = MEASURED_GROWTH * measured->rate;
    if (along > 0) rate = fmin(squares / along, MEASURED_LEAP * measured->rate);
    rate = measured_round(measured, rate);
    if (rate > 0 && isfinite(rate)) measured->rate = rate;
}

/* How long the last step should have been, by the change of the slope along it, over the scales of
 * now; for plain descent this is the same as above. Of a rule that rolls, the next step goes
 * another way: not too fast. */
static void measured_feel_length(Measured *measured, const double *x, const double *gradient) {
    double promised = 0, along = 0;
    for (size_t i = 0; i < measured->n; i++) {
        double step = x[i] - measured->at[i], length = measured_length(measured, i);
        if (length > 0) promised -= step * measured->slope[i] * (measured->length[i] / length);
        along += step * (gradient[i] - measured->slope[i]);
        measured->length[i] = length;
    }
    double times = MEASURED_GROWTH;
    if (along > 0) times = fmin(measured->part * promised / along, MEASURED_LEAP);
    if (measured_rolls(measured) && times > 0)
        times = fmin(fmax(times, 1 / MEASURED_GROWTH), MEASURED_GROWTH);
    double rate = measured_round(measured, times * measured->rate);
    if (rate > 0 && isfinite(rate)) measured->rate = rate;
}

/* After 1, 2, 4, ... rounds, once that costs no more than the walk so far. */
static bool measured_due(const Measured *measured) {
    long long k = measured->rounds;
    bool of_use = measured->n > 1 || measured->gathers;
    return of_use && k > 0 && (k & (k - 1)) == 0 && 4 * k >= (long long)measured->n;
}

/* The last step leads up by now: what was rolled so far goes the wrong way. */
static bool measured_climbs(const Measured *measured, const double *x, const double *gradient) {
    double along = 0;
    for (size_t i = 0; measured->rounds > 0 && i < measured->n; i++)
        along += gradient[i] * (x[i] - measured->at[i]);
    return along > 0;
}

static Status measured_prepare(Measured *measured, const double *x, const double *gradient) {
    bool due = measured_due(measured);
    if (measured->parts) return STATUS_OK;
    if (due) TRY(measured_scale(measured, x, gradient));
    if (measured->gathers) measured->turned = measured_climbs(measured, x, gradient);
    bool by_step = !measured->gathers || measured->base == 0;
    if (measured->rounds > 0 && measured->lengths) measured_feel_length(measured, x, gradient);
    else if (by_step && measured->rounds > 0) measured_feel_rate(measured, x, gradient);
    if (measured->gathers && due) measured_rest(measured, gradient);
    memcpy(measured->at, x, measured->n * sizeof *x);
    memcpy(measured->slope, gradient, measured->n * sizeof *gradient);
    return STATUS_OK;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Each parameter by itself would gain half of its slope squared over its curvature. */
static double measured_gain(const Measured *measured, double promise) {
    if (measured->base > 0) return promise / measured->flat / 2;
    return measured->rate * (measured->lengths ? sqrt(promise) : promise);
}

static bool measured_arrived(Measured *measured, double promise) {
    double start = sqrt(measured_square(measured, measured->start)), slope = sqrt(promise);
    double fallen = measured->start_loss - measured->loss;
    measured->end_value = slope;
    measured->end_bound = MEASURED_SLOPE * start;
    return slope == 0 || (slope <= measured->end_bound &&
                          measured_gain(measured, promise) <= MEASURED_GAIN * fallen);
}

static double measured_top(const Measured *measured) {
    double top = measured->loss;
    for (long long k = 0; k < MEASURED_LOSSES && k <= measured->rounds; k++)
        top = fmax(top, measured->losses[k]);
    return top;
}

/* Rounds in which neither the loss that must be undercut nor the slope has come lower than ever. */
static bool measured_idles(Measured *measured, double promise) {
    double gain = measured_gain(measured, promise), top = measured_top(measured);
    bool lower = top < measured->lowest - measured->noise;
    bool flatter = gain < measured->flattest / 4;
    bool first = measured->rounds == 0;
    if (first || lower) measured->lowest = top;
    if (first || flatter) measured->flattest = gain;
    measured->idle = first || lower || flatter ? 0 : measured->idle + 1;
    return measured->idle > MEASURED_IDLE;
}

/* Nothing more can be seen in the loss: does it agree with the slope, as far as it can be seen?
 * What made up the loss of the start may still be in it, cancelled but for rounding. */
static Status measured_last_word(Measured *measured, long long *evaluations, Reason *reason) {
    bool agrees = true;
    double noise = fmax(measured->noise, 16 * DBL_EPSILON * fabs(measured->start_loss));
    double *direction = measured->spare, slope = optim_norm(measured->slope, measured->n);
    for (size_t i = 0; i < measured->n; i++) direction[i] = -measured->slope[i] / slope;
    TRY(optim_gradient_agrees(measured->objective, measured->at, measured->loss, direction, -slope,
                              noise, measured->gradient, &agrees, evaluations));
    measured->known = false;
    *reason = agrees ? REASON_ROUNDING : REASON_STALLED;
    return STATUS_OK;
}

static void measured_note_loss(Measured *measured) {
    measured->losses[measured->rounds % MEASURED_LOSSES] = measured->loss;
    measured->noise = fmax(measured->felt, 16 * DBL_EPSILON * fabs(measured->loss));
}

Status measured_start_round(Measured *measured, const double *x, double loss,
                            const double *gradient, long long *evaluations, Reason *reason) {
    *reason = REASON_RUNNING;
    measured->loss = loss;
    measured->tries = 0;
    TRY(measured_prepare(measured, x, gradient));
    if (measured->parts) return STATUS_OK;
    measured_note_loss(measured);
    double promise = measured_promise(measured, gradient);
    double rate = measured->lengths ? measured->base : measured->rate;
    double gain = fmax(rate * promise, measured_gain(measured, promise));
    measured->noisy = gain <= measured->noise ? measured->noisy + 1 : 0;
    bool idles = measured_idles(measured, promise);
    if (measured->all_steps) return STATUS_OK;
    if (measured_arrived(measured, promise)) *reason = REASON_SLOPE;
    else if (measured->noisy > MEASURED_NOISY || idles)
        return measured_last_word(measured, evaluations, reason);
    return STATUS_OK;
}

/* ---- trials ---------------------------------------------------------------------------------- */

/* How far the loss would fall on the way to 'trial', were the ground a plane. */
static double measured_promised(const Measured *measured, const double *trial) {
    double promise = 0;
    for (size_t i = 0; i < measured->n; i++)
        promise -= measured->slope[i] * (trial[i] - measured->at[i]);
    return promise;
}

static bool measured_accepts(const Measured *measured, const double *trial) {
    double top = measured_top(measured), promise = measured_promised(measured, trial);
    if (!isfinite(measured->trial_loss) || !optim_finite(measured->gradient, measured->n))
        return false;
    /* Noise that was felt elsewhere is no leave to climb above the start. */
    double ceiling = measured->start_loss + 16 * DBL_EPSILON * fabs(measured->start_loss);
    return measured->trial_loss <= fmax(ceiling, top) &&
           measured->trial_loss <= top - MEASURED_PART * fmax(promise, 0) + measured->noise;
}

/* Where a parabola through what is known has its lowest point, within a tenth and a half. */
static void measured_shrink(Measured *measured, const double *trial) {
    double promise = measured_promised(measured, trial), part = 0.1;
    if (isfinite(measured->trial_loss))
        part = 0.5 * promise / (measured->trial_loss - measured->loss + promise);
    if (!(part >= 0.1)) part = 0.1;
    if (!(part <= 0.5) || measured->gathers) part = 0.5;
    measured->rate = measured_round(measured, part * measured->rate);
}

/* Noise is felt at neighbours; and a loss that stays the same bit for bit where the slope promises
 * a little does not show that much. */
static Status measured_feel_noise(Measured *measured, const double *trial, long long *evaluations) {
    double promise = measured_promised(measured, trial);
    double size = fabs(measured->loss) + measured->start_loss - measured->loss;
    if (measured->tries == MEASURED_TRIES)
        TRY(optim_loss_noise(measured->objective, measured->at, measured->loss, measured->spare,
                             &measured->felt, evaluations));
    if (measured->trial_loss == measured->loss && promise <= MEASURED_LITTLE * size)
        measured->felt = fmax(measured->felt, promise);
    measured->noise = fmax(measured->noise, measured->felt);
    return STATUS_OK;
}

static bool measured_moved(const Measured *measured, const double *trial) {
    return memcmp(trial, measured->at, measured->n * sizeof *trial) != 0;
}

static Status measured_reject(Measured *measured, const double *trial, long long *evaluations,
                              MeasuredTrial *verdict, Reason *reason) {
    bool moved = measured_moved(measured, trial);
    measured->tries++;
    *verdict = measured_rolls(measured) && measured->tries == 2 ? MEASURED_AFRESH : MEASURED_AGAIN;
    TRY(measured_feel_noise(measured, trial, evaluations));
    measured_shrink(measured, trial);
    if (measured->lengths && *verdict == MEASURED_AFRESH)
        measured_rest(measured, measured->slope);
    if (moved && measured->rate > 0) return STATUS_OK;
    *verdict = MEASURED_STAYS;
    measured->known = false;
    measured->stuck = true;
    if (measured->all_steps) return STATUS_OK;
    return measured_last_word(measured, evaluations, reason);
}

Status measured_try(Measured *measured, const double *trial, long long *evaluations,
                    MeasuredTrial *verdict, Reason *reason) {
    const Objective *objective = measured->objective;
    *verdict = measured->stuck ? MEASURED_STAYS : MEASURED_TAKEN;
    if (measured->parts || measured->stuck) return STATUS_OK;
    ++*evaluations;
    TRY(objective->loss_gradient(objective->context, trial, &measured->trial_loss,
                                 measured->gradient));
    if (measured->trial_loss == -INFINITY) { /* there is no bottom that way */
        *reason = REASON_DIVERGED;
        return STATUS_OK;
    }
    if (!measured_accepts(measured, trial))
        return measured_reject(measured, trial, evaluations, verdict, reason);
    measured->known = true;
    return STATUS_OK;
}

/* ---- between rounds -------------------------------------------------------------------------- */

Status measured_feel(Measured *measured, const double *x, double *loss, double *gradient,
                     long long *evaluations) {
    const Objective *objective = measured->objective;
    if (measured->rounds == 0) ++*evaluations; /* made when the scales were felt */
    if (!measured->known) {
        if (measured->rounds > 0 || measured->parts) ++*evaluations;
        return objective->loss_gradient(objective->context, x, loss, gradient);
    }
    *loss = measured->trial_loss;
    memcpy(gradient, measured->gradient, measured->n * sizeof *gradient);
    return STATUS_OK;
}

void measured_end_round(Measured *measured, StepReport *report) {
    measured->rounds++;
    if (measured->known) report->next_loss = measured->trial_loss;
}

void measured_end(const Measured *measured, StepReport *report) {
    report->end_value = measured->end_value;
    report->end_bound = measured->end_bound;
}
