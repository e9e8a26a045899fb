/* probe: the slope felt with the foot, by central differences.
 *
 * A wide step suffers from curvature, a narrow one from rounding. Both errors are measured, not
 * assumed: curvature by halving the step, rounding by how far the loss moves when its arguments
 * move by a few units in the last place. A wide stride (a hundredth of the parameter) is taken when
 * a narrow one confirms it within their bounds; else the step follows the greater of the two
 * errors. */
#include <float.h>
#include <math.h>

#include "optim.h"

static const double probe_wide = 0.01;     /* of the parameter's size */
static const double probe_narrow = 6.1e-6; /* about the cube root of DBL_EPSILON */
enum { PROBE_TURNS = 6 };

typedef struct Probe {
    const Objective *objective;
    double *x;
    size_t i;
    double centre, noise; /* x[i]; noise of the loss */
    long long *evaluations;
} Probe;

static Status probe_loss(Probe *probe, double at, double *loss) {
    const Objective *objective = probe->objective;
    probe->x[probe->i] = at;
    ++*probe->evaluations;
    Status status = objective->loss_gradient(objective->context, probe->x, loss, NULL);
    probe->x[probe->i] = probe->centre;
    return status;
}

static Status probe_stride(Probe *probe, double step, Foot *foot) {
    const Objective *objective = probe->objective;
    size_t i = probe->i;
    foot->left = probe->centre - step;
    foot->right = probe->centre + step;
    if (objective->low && foot->left < objective->low[i]) foot->left = objective->low[i];
    if (objective->high && foot->right > objective->high[i]) foot->right = objective->high[i];
    TRY(probe_loss(probe, foot->left, &foot->left_loss));
    TRY(probe_loss(probe, foot->right, &foot->right_loss));
    foot->slope = (foot->right_loss - foot->left_loss) / (foot->right - foot->left);
    foot->noise = 2 * probe->noise / (foot->right - foot->left);
    return STATUS_OK;
}

/* A stride and one of half its width. 'foot' is the wider; its noise bounds both errors. */
static Status probe_pair(Probe *probe, double step, Foot *foot, double *bend) {
    Foot half;
    TRY(probe_stride(probe, step, foot));
    TRY(probe_stride(probe, 0.5 * step, &half));
    /* The error of the wider is 4/3 of the difference for a smooth loss, and twice it where one
     * foot had to stay inside a bound. */
    *bend = 3 * fabs(foot->slope - half.slope);
    foot->noise = 2 * foot->noise + *bend;
    if (!isfinite(foot->slope) || !isfinite(foot->noise)) foot->noise = INFINITY;
    return STATUS_OK;
}

static bool probe_confirms(const Foot *a, const Foot *b) {
    return fabs(a->slope - b->slope) <= a->noise + b->noise;
}

/* From the narrow stride on: narrower while curvature (or a wall) spoils it, wider while rounding
 * does. */
static Status probe_adapt(Probe *probe, double step, double bend, Foot *foot) {
    for (int turn = 0; turn < PROBE_TURNS && !(foot->noise <= 1e-4 * fabs(foot->slope)); turn++) {
        bool curved = !isfinite(foot->noise) || bend > 0.5 * foot->noise;
        Foot other;
        step = curved ? step / 30 : step * 10;
        if (probe->centre + step == probe->centre) break;
        TRY(probe_pair(probe, step, &other, &bend));
        /* A narrower stride that contradicts a bent one is nearer the truth; a wider one is not. */
        bool agrees = probe_confirms(foot, &other), better = other.noise < foot->noise;
        if (!curved && !(better && agrees)) break;
        if (better || !agrees) *foot = other;
    }
    return STATUS_OK;
}

static double probe_size(const Probe *probe) {
    const Objective *objective = probe->objective;
    double size = probe->centre != 0 ? fabs(probe->centre) : 1;
    if (objective->low && objective->high)
        size = fmin(size, objective->high[probe->i] - objective->low[probe->i]);
    return size;
}

static Status probe_feel(Probe *probe, Foot *foot) {
    double size = probe_size(probe), bend, wide_bend;
    Foot wide, narrow;
    if (size == 0) { /* fixed by its bounds: there is nothing to feel */
        *foot = (Foot){.left = probe->centre, .right = probe->centre, .noise = INFINITY};
        TRY(probe_loss(probe, probe->centre, &foot->left_loss));
        foot->right_loss = foot->left_loss;
        return STATUS_OK;
    }
    TRY(probe_pair(probe, probe_wide * size, &wide, &wide_bend));
    TRY(probe_pair(probe, probe_narrow * size, &narrow, &bend));
    *foot = narrow;
    /* A narrow stride that is bent itself can confirm nothing: its waves may be narrower still. */
    if (wide.noise <= narrow.noise && bend <= 0.5 * narrow.noise &&
        probe_confirms(&wide, &narrow)) {
        *foot = wide;
        return STATUS_OK;
    }
    return probe_adapt(probe, probe_narrow * size, bend, foot);
}

/* Noise of the loss around x, with room for what seven samples did not show. */
static Status probe_noise(const Objective *objective, const double *x, double *noise,
                          long long *evaluations) {
    double loss, *trial = memory_new(objective->n, sizeof(double));
    if (!trial) return STATUS_MEMORY;
    ++*evaluations;
    Status status = objective->loss_gradient(objective->context, x, &loss, NULL);
    if (status == STATUS_OK && isfinite(loss))
        status = optim_loss_noise(objective, x, loss, trial, noise, evaluations);
    if (status == STATUS_OK) *noise = isfinite(loss) ? 4 * *noise + DBL_MIN : INFINITY;
    memory_free(trial);
    return status;
}

Status probe_one(const Objective *objective, double *x, size_t i, Foot *foot,
                 long long *evaluations) {
    Probe probe = {objective, x, i, x[i], 0, evaluations};
    TRY(probe_noise(objective, x, &probe.noise, evaluations));
    return probe_feel(&probe, foot);
}

Status probe_gradient(const Objective *objective, const double *x, double *gradient, Foot *feet,
                      long long *evaluations) {
    size_t n = objective->n;
    double noise = 0, *work = memory_new(n, sizeof(double));
    if (!work) return STATUS_MEMORY;
    for (size_t i = 0; i < n; i++) work[i] = x[i];
    Status status = probe_noise(objective, x, &noise, evaluations);
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        Probe probe = {objective, work, i, work[i], noise, evaluations};
        Foot foot;
        status = probe_feel(&probe, &foot);
        if (gradient) gradient[i] = foot.slope;
        if (feet) feet[i] = foot;
    }
    memory_free(work);
    return status;
}
