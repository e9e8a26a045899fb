/* The doctor: curvature and rates at a walk's start; and what the machine is. */
#include "api.h"

#include <math.h>
#include <string.h>

struct descend_doctor {
    descend_walk *walk;
    size_t sample;
    Doctor doctor;
    bool ranged;
    RateRange range;
    Text text;
};

descend_doctor *descend_doctor_open(descend_walk *walk, size_t sample, descend_error **error) {
    if (api_prepare(walk, error) != DESCEND_OK) return NULL;
    descend_doctor *doctor = memory_new(1, sizeof *doctor);
    if (!doctor) {
        api_no_memory(error);
        return NULL;
    }
    doctor->walk = walk;
    doctor->sample = sample;
    Status status = diagnose_doctor(walk->problem, walk->start, sample, walk->options.seed,
                                    &doctor->doctor);
    if (status == STATUS_OK) return doctor;
    memory_free(doctor);
    if (status == STATUS_MEMORY) api_no_memory(error);
    else api_fail(error, train_late_error(walk->problem));
    return NULL;
}

void descend_doctor_free(descend_doctor *doctor) {
    if (!doctor) return;
    diagnose_doctor_free(&doctor->doctor);
    text_free(&doctor->text);
    memory_free(doctor);
}

double descend_doctor_number(const descend_doctor *doctor, const char *key) {
    if (!doctor || !key) return NAN;
    const Doctor *known = &doctor->doctor;
    const RateRange *range = &doctor->range;
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"curvature_max", known->spectrum.high.value},
                   {"curvature_min", known->spectrum.low.value},
                   {"condition_number", known->condition},
                   {"rate_limit", known->limit},
                   {"rate_zigzag", known->zigzag},
                   {"rate_best", known->best},
                   {"rounds_best", known->best_rounds},
                   {"rounds_zigzag", known->zigzag_rounds},
                   {"momentum_best", known->momentum},
                   {"momentum_rate", known->momentum_rate},
                   {"momentum_limit", known->momentum_limit},
                   {"momentum_rounds", known->momentum_rounds},
                   {"rows", (double)known->rows},
                   {"bottom", known->bottom},
                   {"start_loss", doctor->ranged ? range->start_loss : NAN},
                   {"range_lowest", doctor->ranged ? range->lowest : NAN},
                   {"range_largest", doctor->ranged ? range->largest : NAN},
                   {"range_steepest_low", doctor->ranged ? range->steepest_low : NAN},
                   {"range_steepest_high", doctor->ranged ? range->steepest_high : NAN},
                   {"range_broken", doctor->ranged ? (double)range->broken : NAN}};
    for (size_t k = 0; k < COUNT_OF(numbers); k++)
        if (strcmp(key, numbers[k].key) == 0) return numbers[k].value;
    return NAN;
}

static const char *doctor_diagnosis(descend_doctor *doctor, const char *language) {
    const Message *words = doctor->doctor.diagnosis;
    text_clear(&doctor->text);
    for (size_t k = 0; k < COUNT_OF(doctor->doctor.diagnosis) && words[k].id; k++) {
        if (k) text_add_char(&doctor->text, '\n');
        message_render(&words[k], language_of(language), &doctor->text);
    }
    return text_string(&doctor->text);
}

const char *descend_doctor_text(descend_doctor *doctor, const char *key, const char *language) {
    if (!doctor || !key) return "";
    const Doctor *known = &doctor->doctor;
    if (strcmp(key, "diagnosis") == 0) return doctor_diagnosis(doctor, language);
    if (strcmp(key, "advice") == 0) return text_string(&known->advice);
    if (strcmp(key, "steep") == 0) return text_string(&known->steep);
    if (strcmp(key, "flat") == 0) return text_string(&known->flat);
    return strcmp(key, "standardized") == 0 ? text_string(&known->standardized) : "";
}

descend_status descend_doctor_range(descend_doctor *doctor, descend_error **error) {
    Error inside = {0};
    if (!doctor) return api_null(error, "doctor");
    descend_walk *walk = doctor->walk;
    Status status = diagnose_rate_range(walk->problem, &walk->options, walk->start,
                                        doctor->doctor.limit, doctor->sample, &doctor->range,
                                        &inside);
    doctor->ranged = status == STATUS_OK;
    if (status == STATUS_OK) return DESCEND_OK;
    return status == STATUS_MEMORY ? api_no_memory(error) : api_fail(error, &inside);
}

int descend_doctor_rate(const descend_doctor *doctor, size_t k, descend_rate *rate) {
    if (!doctor || !doctor->ranged || k >= RANGE_RATES || !rate) return 0;
    const RateRange *range = &doctor->range;
    *rate = (descend_rate){range->rate[k], range->loss[k], range->log_rate[k], range->log_loss[k]};
    return 1;
}

/* ---- the machine ----------------------------------------------------------------------------- */

char *descend_machine_text(const char *key) {
    Text text = {0};
    if (key && strcmp(key, "instructions") == 0) text_add(&text, exec_instructions());
    if (key && strcmp(key, "compiler") == 0) exec_compiler(&text);
    text_add(&text, "");
    return text_take(&text);
}

descend_status descend_machine_limits(double *read, double *operations) {
    double bytes, numbers;
    Pool *pool = pool_new(pool_processors());
    if (!pool) return DESCEND_NO_MEMORY;
    exec_limits(pool, PRECISION_F64, &bytes, &numbers);
    pool_free(pool);
    if (read) *read = bytes;
    if (operations) *operations = numbers;
    return DESCEND_OK;
}
