/* The slope checked: exact against the foot, and against 360 directions. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>
#include <string.h>

enum { SLOPE_DIRECTIONS = 360 };

static Status slope_allocate(size_t n, SlopeCheck *check) {
    *check = (SlopeCheck){.n = n, .worst = n};
    check->exact = memory_new(n + 1, sizeof(double));
    check->feet = memory_new(n + 1, sizeof(Foot));
    check->agrees = memory_new(n + 1, sizeof(bool));
    return check->exact && check->feet && check->agrees ? STATUS_OK : STATUS_MEMORY;
}

void diagnose_slope_free(SlopeCheck *check) {
    memory_free(check->exact);
    memory_free(check->feet);
    memory_free(check->agrees);
    *check = (SlopeCheck){0};
}

/* On a kink the formula takes one of the slopes beside it, and each foot feels its own side. */
static bool slope_beside_kink(const Foot *foot, double x, double loss, double exact) {
    double left = (loss - foot->left_loss) / (x - foot->left);
    double right = (foot->right_loss - loss) / (foot->right - x);
    return exact >= fmin(left, right) - foot->noise && exact <= fmax(left, right) + foot->noise;
}

static void slope_compare(const Problem *problem, const double *x, double loss,
                          SlopeCheck *check) {
    Rows rows = train_rows(problem);
    const Graph *graph = train_graph(problem);
    bool looked = false;
    for (size_t i = 0; i < check->n; i++) {
        const Foot *foot = &check->feet[i];
        check->agrees[i] = fabs(check->exact[i] - foot->slope) <= foot->noise;
        if (check->agrees[i]) continue;
        if (!looked) exec_count_kinks(graph, graph->loss, x, &rows, &check->kink);
        looked = true;
        check->agrees[i] =
            check->kink != NODE_NONE && slope_beside_kink(foot, x[i], loss, check->exact[i]);
    }
}

static void slope_find_worst(SlopeCheck *check) {
    double most = 0;
    for (size_t i = 0; i < check->n; i++) {
        double off = fabs(check->exact[i] - check->feet[i].slope), noise = check->feet[i].noise;
        double excess = check->agrees[i] ? 0 : noise > 0 ? off / noise : INFINITY;
        if (!check->agrees[i] && (check->worst == check->n || !(excess <= most))) {
            most = excess;
            check->worst = i;
        }
    }
}

/* The plane of the gradient and of a second direction, perpendicular to it. */
static bool slope_plane(const double *gradient, size_t n, double *along, double *across) {
    double length = optim_norm(gradient, n);
    if (!(length > 0) || !isfinite(length)) return false;
    size_t smallest = 0;
    for (size_t i = 0; i < n; i++) {
        along[i] = gradient[i] / length;
        if (fabs(along[i]) < fabs(along[smallest])) smallest = i;
    }
    double dot = along[smallest];
    for (size_t i = 0; i < n; i++) across[i] = (i == smallest ? 1 : 0) - dot * along[i];
    double rest = optim_norm(across, n);
    for (size_t i = 0; i < n; i++) across[i] /= rest;
    return true;
}

/* How far the loss falls over one small step at an angle from the negative gradient. */
static double slope_fall(const Objective *objective, const double *x, double loss, double step,
                         double degrees, const double *along, const double *across, double *point) {
    double radians = degrees * (3.14159265358979323846 / 180), next = NAN;
    double cosine = vm_cos(radians), sine = vm_sin(radians);
    for (size_t i = 0; i < objective->n; i++)
        point[i] = x[i] - step * (cosine * along[i] + sine * across[i]);
    if (objective->loss_gradient(objective->context, point, &next, NULL) != STATUS_OK) return NAN;
    return loss - next;
}

static void slope_directions(const Objective *objective, const double *x, double loss,
                             SlopeCheck *check, double *work) {
    size_t n = check->n;
    double *along = work, *across = work + n, *point = work + 2 * n, scale = 1;
    if (n < 2 || !slope_plane(check->exact, n, along, across)) return;
    for (size_t i = 0; i < n; i++) scale = fmax(scale, fabs(x[i]));
    double step = 1e-5 * scale;
    check->straight_fall = slope_fall(objective, x, loss, step, 0, along, across, point);
    check->best_fall = check->straight_fall;
    for (int k = 1; k < SLOPE_DIRECTIONS; k++) {
        double degrees = 360.0 / SLOPE_DIRECTIONS * k;
        double fall = slope_fall(objective, x, loss, step, degrees, along, across, point);
        if (!(fall > check->best_fall)) continue;
        check->best_fall = fall;
        check->best_angle = degrees <= 180 ? degrees : 360 - degrees;
    }
    check->directions = isfinite(check->straight_fall);
}

Status diagnose_slope(const Problem *problem, const double *x, SlopeCheck *check) {
    const Objective *objective = train_exact_objective(problem);
    double loss = 0;
    long long evaluations = 0;
    Status status = slope_allocate(objective->n, check);
    double *work = memory_new(3 * objective->n + 1, sizeof *work);
    if (!work) status = STATUS_MEMORY;
    if (status == STATUS_OK)
        status = objective->loss_gradient(objective->context, x, &loss, check->exact);
    if (status == STATUS_OK) status = probe_gradient(objective, x, NULL, check->feet, &evaluations);
    if (status == STATUS_OK) {
        slope_compare(problem, x, loss, check);
        slope_find_worst(check);
        slope_directions(objective, x, loss, check, work);
    }
    memory_free(work);
    if (status != STATUS_OK) diagnose_slope_free(check);
    return status;
}
