/* How the ground lies where the slope is zero: a bottom, a top or saddle, or level. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum {
    GROUND_PARAMETERS = 100, /* more are not looked at: that many second derivatives each */
    GROUND_FEET = 20,        /* nor walked round: two losses each */
    GROUND_ROWS = 1 << 13    /* that feet are put on */
};
static const double GROUND_ROUNDING = 1e-12; /* of the greatest curvature: as good as level */
static const double GROUND_FOOT = 1e-3;      /* how far a foot is put, times 1 + |x| */

/* Exact second derivatives, column by column; held parameters stay out of it (their rows and
 * columns are zero). */
static Status ground_hessian(const Objective *objective, const double *x, const bool *held,
                             double *unit, double *hessian) {
    size_t n = objective->n;
    for (size_t j = 0; j < n; j++) {
        double *column = hessian + j * n;
        if (held[j]) continue;
        memset(unit, 0, n * sizeof *unit);
        unit[j] = 1;
        TRY(objective->hessian_vector(objective->context, x, unit, column));
        for (size_t i = 0; i < n; i++)
            if (held[i]) column[i] = 0;
    }
    return STATUS_OK;
}

static size_t ground_greatest_pivot(const double *matrix, size_t n, const bool *done) {
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (!done[i] && (best == n || fabs(matrix[i * n + i]) > fabs(matrix[best * n + best])))
            best = i;
    return best;
}

static double ground_greatest(const double *matrix, size_t n, const bool *done) {
    double greatest = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            if (!done[i] && !done[j]) greatest = fmax(greatest, fabs(matrix[j * n + i]));
    return greatest;
}

/* Symmetric elimination with the greatest pivot on the diagonal: a negative pivot, or nothing on
 * the diagonal but something beside it, means that the ground falls away somewhere. */
static Ground ground_eliminate(double *matrix, size_t n, bool *done) {
    double level = GROUND_ROUNDING * ground_greatest(matrix, n, done);
    for (size_t round = 0; round < n; round++) {
        size_t p = ground_greatest_pivot(matrix, n, done);
        if (p == n) break;
        double pivot = matrix[p * n + p], rest = ground_greatest(matrix, n, done);
        if (rest <= level) return GROUND_LEVEL;
        if (pivot < 0 || pivot < GROUND_ROUNDING * rest) return GROUND_FALLS;
        done[p] = true;
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++)
                if (!done[i] && !done[j])
                    matrix[j * n + i] -= matrix[p * n + i] * matrix[j * n + p] / pivot;
    }
    return GROUND_BOTTOM;
}

/* Units of the parameters out of the way: ones (or zeros) on the diagonal. */
static void ground_scale(double *matrix, size_t n, double *scale) {
    for (size_t i = 0; i < n; i++) {
        double size = sqrt(fabs(matrix[i * n + i]));
        scale[i] = size > 0 ? size : 1;
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) matrix[j * n + i] /= scale[i] * scale[j];
}

static Ground ground_judge(double *hessian, size_t n, bool *held, double *scale) {
    if (!optim_finite(hessian, n * n)) return GROUND_UNKNOWN;
    ground_scale(hessian, n, scale);
    return ground_eliminate(hessian, n, held);
}

/* Where second derivatives tell nothing, a foot is put to both sides along each parameter. A fall
 * that the slope itself foretells is none. */
static Ground ground_by_foot(const Objective *objective, const double *x, const double *gradient,
                             double loss, double *point) {
    bool level = false;
    memcpy(point, x, objective->n * sizeof *point);
    for (size_t i = 0; i < objective->n; i++) {
        for (int side = -1; side <= 1; side += 2) {
            double felt = NAN;
            point[i] = x[i] + side * GROUND_FOOT * (1 + fabs(x[i]));
            optim_project(objective, point);
            if (point[i] == x[i]) continue;
            if (objective->loss_gradient(objective->context, point, &felt, NULL) != STATUS_OK)
                return GROUND_UNKNOWN;
            double foretold = 2 * fabs(gradient[i] * (point[i] - x[i]));
            if (felt < loss - foretold - GROUND_ROUNDING * fabs(loss)) return GROUND_FALLS;
            if (felt == loss) level = true;
        }
        point[i] = x[i];
    }
    return level ? GROUND_LEVEL : GROUND_BOTTOM;
}

/* hessian: n x n, work: 2 n. */
static Ground ground_look(const Objective *objective, const double *x, double *hessian,
                          double *work, bool *held) {
    size_t n = objective->n;
    double *gradient = work, *scratch = work + n, loss;
    if (objective->loss_gradient(objective->context, x, &loss, gradient) != STATUS_OK)
        return GROUND_UNKNOWN;
    for (size_t i = 0; i < n; i++) held[i] = optim_held(objective, x, gradient, i);
    if (ground_hessian(objective, x, held, scratch, hessian) != STATUS_OK) return GROUND_UNKNOWN;
    Ground ground = ground_judge(hessian, n, held, scratch);
    if (ground != GROUND_LEVEL) return ground;
    return ground_by_foot(objective, x, gradient, loss, scratch);
}

Ground diagnose_ground(const Problem *problem, const double *x) {
    const Objective *objective = train_exact_objective(problem);
    size_t n = objective->n;
    if (n == 0 || n > GROUND_PARAMETERS || !objective->hessian_vector) return GROUND_UNKNOWN;
    double *hessian = memory_new(n * n, sizeof *hessian), *work = memory_new(2 * n, sizeof *work);
    bool *held = memory_new(n, sizeof *held);
    Ground ground = GROUND_UNKNOWN;
    if (hessian && work && held) ground = ground_look(objective, x, hessian, work, held);
    memory_free(hessian);
    memory_free(work);
    memory_free(held);
    return ground;
}

static bool ground_foot_falls(const Objective *objective, const double *x) {
    size_t n = objective->n;
    double loss, *work = memory_new(2 * n + 1, sizeof *work);
    bool falls = false;
    if (work && objective->loss_gradient(objective->context, x, &loss, work) == STATUS_OK)
        falls = ground_by_foot(objective, x, work, loss, work + n) == GROUND_FALLS;
    memory_free(work);
    return falls;
}

/* Feet only: at an end the slope is nearly zero, and curvature there is no promise. Of many rows
 * some are felt: all of them would take as long as the walk itself. */
bool diagnose_terrace(const Problem *problem, const double *x) {
    Problem *own = (Problem *)problem; /* it is given back as it was */
    const Table *table = train_table(own);
    size_t sample = table && table->n_rows > GROUND_ROWS ? GROUND_ROWS : 0;
    Rows before;
    Sample part;
    if (train_exact_objective(problem)->n > GROUND_FEET) return false;
    if (diagnose_look(own, sample, 1, &before, &part) != STATUS_OK) return false;
    bool falls = ground_foot_falls(train_exact_objective(problem), x);
    diagnose_look_back(own, &before, &part);
    return falls;
}
