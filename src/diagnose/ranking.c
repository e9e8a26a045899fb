/* ranking: which of several formulas the same measurements speak for, and which only follows their
 * noise (Burnham and Anderson 2002, chapter 2). */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>

static const double RANKING_CLOSE = 2; /* AICc apart: about as well supported */
static const double RANKING_CLEAR = 10; /* practically no support */
static const double RANKING_APART = 0.01; /* errors that differ by less are called equal */
static const double RANKING_PI = 3.14159265358979323846;

/* The variance counts as a parameter; 'log_weights' is the sum over the rows. */
static void ranking_criteria(RankEntry *entry, double log_weights) {
    double n = entry->rows, k = entry->parameters + 1;
    double likelihood = -n / 2 * (vm_log(2 * RANKING_PI * entry->rss / n) + 1) + log_weights / 2;
    double aic = 2 * k - 2 * likelihood;
    entry->bic = k * vm_log(n) - 2 * likelihood;
    entry->aicc = n - k - 1 > 0 ? aic + 2 * k * (k + 1) / (n - k - 1) : NAN;
    if (!isfinite(entry->aicc)) entry->aicc = NAN;
    if (!isfinite(entry->bic)) entry->bic = NAN;
}

/* What four units in the last place of each value come to: less than this is rounding, by which
 * formulas must not be told apart. */
static double ranking_rounding(double value) {
    double size = fabs(value), unit = 4 * (nextafter(size, INFINITY) - size);
    return unit * unit;
}

void diagnose_rank_entry(const double *left, const double *weights, size_t n, RankEntry *entry) {
    double total = 0, mean = 0, spread = 0, log_weights = 0, rounding = 0;
    entry->rows = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = weights ? weights[i] : 1;
        if (weight <= 0) continue;
        entry->rows++;
        total += weight;
        mean += weight * left[i];
        log_weights += weights ? vm_log(weight) : 0;
        rounding += weight * ranking_rounding(left[i]);
    }
    mean /= total;
    for (size_t i = 0; i < n; i++)
        spread += (weights ? weights[i] : 1) * (left[i] - mean) * (left[i] - mean);
    if (entry->exact) entry->rss = rounding;
    if (entry->exact) entry->left_out = sqrt(rounding / total);
    entry->r_squared = spread > 0 ? 1 - entry->rss / spread : NAN;
    ranking_criteria(entry, log_weights);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Those with a finite number first. */
static int ranking_compare_numbers(double a, double b) {
    bool one = isfinite(a), other = isfinite(b);
    if (one != other) return one ? -1 : 1;
    return !one || a == b ? 0 : a < b ? -1 : 1;
}

static bool ranking_before(const RankEntry *a, const RankEntry *b) {
    int order = ranking_compare_numbers(a->aicc, b->aicc);
    if (order == 0) order = ranking_compare_numbers(a->parameters, b->parameters);
    if (order == 0) order = ranking_compare_numbers(a->rss, b->rss);
    return order < 0;
}

static void ranking_sort(RankEntry *entries, size_t n) {
    for (size_t i = 1; i < n; i++) {
        RankEntry entry = entries[i];
        size_t at = i;
        for (; at > 0 && ranking_before(&entry, &entries[at - 1]); at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

static void ranking_weigh(RankEntry *entries, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool judged = isfinite(entries[i].aicc);
        entries[i].weight = judged ? vm_exp((entries[0].aicc - entries[i].aicc) / 2) : 0;
        sum += entries[i].weight;
    }
    for (size_t i = 0; i < n; i++) entries[i].weight = sum > 0 ? entries[i].weight / sum : NAN;
}

/* ---- words ----------------------------------------------------------------------------------- */

static NumberText ranking_number(const RankEntry *entry) {
    return number_integer((long long)entry->walk + 1);
}

static Message ranking_sentence(const RankEntry *entries, size_t n) {
    NumberText first = ranking_number(&entries[0]);
    if (!isfinite(entries[0].aicc)) return message_make(MSG_RANK_NONE, NULL);
    if (n < 2 || !isfinite(entries[1].aicc)) return message_make(MSG_RANK_ALONE, first.s, NULL);
    NumberText second = ranking_number(&entries[1]);
    double apart = entries[1].aicc - entries[0].aicc;
    NumberText words = number_round(apart, 3);
    if (apart < RANKING_CLOSE)
        return message_make(MSG_RANK_CLOSE, first.s, second.s, words.s, NULL);
    if (apart >= RANKING_CLEAR)
        return message_make(MSG_RANK_CLEAR, first.s, second.s, words.s, NULL);
    return message_make(MSG_RANK_BETTER, first.s, second.s, words.s,
                        number_round(vm_exp(apart / 2), 2).s, NULL);
}

static bool ranking_worse(const RankEntry *a, const RankEntry *b) {
    return a->left_out > b->left_out * (1 + RANKING_APART);
}

/* The lowest sum of squares, but bought with parameters that unseen rows do not pay for. */
static void ranking_note_noise(const RankEntry *entries, size_t n, Notes *notes) {
    const RankEntry *first = &entries[0], *lowest = first;
    for (size_t i = 1; i < n; i++)
        if (entries[i].rss < lowest->rss) lowest = &entries[i];
    if (lowest == first || lowest->parameters <= first->parameters) return;
    if (lowest->aicc - first->aicc < RANKING_CLOSE) return; /* it is said already */
    if (ranking_worse(lowest, first))
        error_set(notes_add(notes), STATUS_OK, MSG_RANK_NOISE, ranking_number(lowest).s,
                  number_round(lowest->left_out, 4).s, number_round(first->left_out, 4).s,
                  ranking_number(first).s, NULL);
    else
        error_set(notes_add(notes), STATUS_OK, MSG_RANK_PRICE, ranking_number(lowest).s,
                  number_text(lowest->parameters).s, ranking_number(first).s,
                  number_text(first->parameters).s, NULL);
}

static void ranking_note_left_out(const RankEntry *entries, size_t n, Notes *notes) {
    const RankEntry *best = &entries[0];
    for (size_t i = 1; i < n; i++)
        if (entries[i].left_out < best->left_out) best = &entries[i];
    if (ranking_worse(&entries[0], best))
        error_set(notes_add(notes), STATUS_OK, MSG_RANK_LEFT_OUT, ranking_number(best).s,
                  number_round(best->left_out, 4).s, number_round(entries[0].left_out, 4).s, NULL);
}

static void ranking_note_one(const RankEntry *entry, Notes *notes) {
    NumberText number = ranking_number(entry);
    if (!entry->arrived)
        error_set(notes_add(notes), STATUS_OK, MSG_RANK_NOT_THERE, number.s, NULL);
    if (entry->rows < 2 * entry->parameters + 1)
        error_set(notes_add(notes), STATUS_OK, MSG_RANK_FEW_ROWS, number.s,
                  number_text(entry->parameters).s, number_text(entry->rows).s, NULL);
}

void diagnose_rank(RankEntry *entries, size_t n, Message *sentence, Notes *notes) {
    ranking_sort(entries, n);
    ranking_weigh(entries, n);
    *sentence = ranking_sentence(entries, n);
    ranking_note_noise(entries, n, notes);
    ranking_note_left_out(entries, n, notes);
    for (size_t i = 0; i < n; i++) ranking_note_one(&entries[i], notes);
}
