/* The words of a report: verdict, reason, story, and what to type next. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_RESTARTS = 20, WORDS_DIGITS = 7, WORDS_CHECKED = 1000, WORDS_FEW_STEPS = 5 };
static const double WORDS_SMALL_SLOPE =
    1e-8; /* against the start: the bottom, for a walk of asked length */
static const double WORDS_FAR = 100, WORDS_STRIDE = 1e-3; /* of a walk that runs off */
static const double WORDS_SADDLE = 1e5;   /* numbers that may be gone over to see it */
static const double WORDS_ABYSS = 1e8;    /* times the loss of the start, below 0, */
static const double WORDS_STEEP = 1e-6;   /* and a slope of this part of the start's: no bottom */
static const double WORDS_BLOWN_UP = 10; /* times the loss of the start: flown off */

/* What the sentences are made from. */
typedef struct Tale {
    const Problem *problem;
    const Walk *walk;
    const Graph *graph;
    WalkFacts facts;
    Ground ground; /* where it matters: the slope was zero from the start, or by some parameter */
    Pace pace;
    Words *words;
} Tale;

static NumberText words_number(double value) {
    return number_round(value, WORDS_DIGITS);
}

/* ---- verdict --------------------------------------------------------------------------------- */

static bool words_flown(const WalkFacts *facts) {
    double size = fmax(fabs(facts->start_loss), 1e-300);
    return facts->first_order && facts->loss > WORDS_BLOWN_UP * size && facts->steps > 1;
}

static Verdict words_verdict(const WalkFacts *facts) {
    switch (facts->reason) {
        case REASON_RUNNING:
            return VERDICT_RUNNING;
        case REASON_SLOPE:
        case REASON_STEP:
        case REASON_ROUNDING:
        case REASON_EXACT:
        case REASON_UNTIL:
            return VERDICT_CONVERGED;
        case REASON_STEPS_DONE:
            if (words_flown(facts)) return VERDICT_DIVERGED;
            return facts->slope <= WORDS_SMALL_SLOPE * facts->start_slope ? VERDICT_CONVERGED
                                                                          : VERDICT_STEP_LIMIT;
        case REASON_STEP_LIMIT:
            return words_flown(facts) ? VERDICT_DIVERGED : VERDICT_STEP_LIMIT;
        case REASON_DIVERGED:
        case REASON_UPHILL:
            return VERDICT_DIVERGED;
        case REASON_NON_FINITE:
            return VERDICT_NON_FINITE;
        case REASON_STALLED:
            return VERDICT_STALLED;
        case REASON_OSCILLATING:
            return VERDICT_OSCILLATING;
        case REASON_INTERRUPTED:
            return VERDICT_INTERRUPTED;
    }
    return VERDICT_RUNNING;
}

/* The slope was zero before the first step, so none was made. */
static bool words_never_moved(const WalkFacts *facts) {
    return facts->start_slope == 0 && facts->first_step == 0;
}

/* A polynomial of degree two that is no sum of squares may have no bottom: cheap to see. */
static bool words_may_be_saddle(const Tale *tale) {
    const Graph *graph = tale->graph;
    double n = (double)graph->n_scalars, rows = (double)train_rows(tale->problem).count;
    bool arrived = tale->words->verdict == VERDICT_CONVERGED &&
                   tale->facts.reason != REASON_UNTIL && !graph->least_squares;
    return arrived && n * (rows + n) < WORDS_SADDLE && diagnose_quadratic(graph, graph->loss);
}

/* A slope of zero may also be a top or a saddle: where the walk could not know, look. */
static void words_look_around(Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    bool look = words_never_moved(facts) || words_may_be_saddle(tale);
    for (size_t i = 0; i < tale->graph->n_scalars; i++) look = look || !facts->felt[i];
    if (look && isfinite(facts->loss)) tale->ground = diagnose_ground(tale->problem, facts->values);
}

/* The slope died away while he still made long strides, far from where he began: the ground falls
 * for ever, only less and less (exp(-w), 1/(1 + w^2)). */
static bool words_ran_off(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    size_t n = tale->graph->n_scalars;
    double far = optim_largest(facts->values, n), near = optim_largest(facts->start, n);
    bool striding = facts->last_step > WORDS_STRIDE * far && facts->steps > WORDS_FEW_STEPS;
    return striding && far > WORDS_FAR * (1 + near) &&
           !diagnose_quadratic(tale->graph, tale->graph->loss);
}

/* No step can be told from the one before any more, so far down is he. */
static bool words_fell_for_ever(const WalkFacts *facts) {
    bool deep = facts->loss < -WORDS_ABYSS * (1 + fabs(facts->start_loss));
    return deep && facts->slope > WORDS_STEEP * facts->start_slope;
}

/* Ends that only look like an arrival. */
static bool words_not_arrived(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    if (facts->reason == REASON_UNTIL || facts->reason == REASON_EXACT) return false;
    if (tale->ground == GROUND_FALLS || words_ran_off(tale)) return true;
    if (words_fell_for_ever(facts)) return true;
    if (words_never_moved(facts)) return tale->ground != GROUND_BOTTOM;
    return facts->reason == REASON_ROUNDING && facts->slope > facts->start_slope;
}

/* ---- method ---------------------------------------------------------------------------------- */

static MessageId words_measured(const WalkFacts *facts) {
    bool doubling =
        strcmp(facts->method, "momentum") == 0 || strcmp(facts->method, "nesterov") == 0;
    if (facts->batches) return facts->scaled ? MSG_METHOD_BATCHES_SCALED : MSG_METHOD_MEASURED_PART;
    if (doubling) return facts->scaled ? MSG_METHOD_DOUBLING_SCALED : MSG_METHOD_DOUBLING;
    return facts->scaled ? MSG_METHOD_MEASURED_SCALED : MSG_METHOD_MEASURED;
}

static void words_method(Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    if (facts->rate)
        tale->words->method =
            message_make(facts->rate_part ? MSG_METHOD_MEASURED_PART : MSG_METHOD_RATE,
                         facts->method, facts->rate, NULL);
    else if (facts->rate_measured)
        tale->words->method = message_make(words_measured(facts), facts->method,
                                           number_round(facts->first_rate, 3).s, NULL);
    else if (facts->first_order && !isnan(facts->own_rate))
        tale->words->method =
            message_make(MSG_METHOD_OWN_RATE, facts->method, words_number(facts->own_rate).s, NULL);
    else if (!facts->chosen)
        tale->words->method = message_make(MSG_METHOD_GIVEN, facts->method, NULL);
    else
        tale->words->method = message_make(MSG_METHOD_CHOSEN, facts->method, NULL);
}

/* ---- reason ---------------------------------------------------------------------------------- */

/* How many rounds until the slope is WORDS_SMALL_SLOPE of that of the start, if it goes on
 * shrinking as it did; infinite when it does not shrink. */
static double words_rounds_needed(const WalkFacts *facts) {
    double shrunk = facts->slope / facts->start_slope;
    if (!(shrunk < 1) || facts->steps == 0) return INFINITY;
    return vm_log(WORDS_SMALL_SLOPE) / vm_log1p(shrunk - 1) * (double)facts->steps;
}

static void words_pace_left(Tale *tale, Message *sentence) {
    double rounds = words_rounds_needed(&tale->facts);
    if (tale->facts.batches) {
        if (isfinite(tale->pace.fall))
            *sentence = message_make(MSG_WHY_ABOVE, number_round(tale->pace.fall, 3).s, NULL);
        return;
    }
    if (isfinite(rounds))
        *sentence = message_make(MSG_WHY_PACE, number_round(rounds, 2).s, NULL);
    else
        *sentence = message_make(MSG_WHY_PACE_NEVER, NULL);
}

/* A rate that was given as the limit itself may differ from it by rounding. */
static double words_above(double rate) {
    return rate * (1 + 1e-6);
}

/* Where a rate below the limit failed too, the curvature at the start has nothing to say. */
static void words_limit(Tale *tale, Message *sentence) {
    Words *words = tale->words;
    if (words->rate_limit <= words_above(tale->facts.first_rate))
        *sentence = message_make(MSG_WHY_RATE_LIMIT, words_number(words->rate_limit).s, NULL);
}

static Message words_rounds_message(MessageId id, const WalkFacts *facts) {
    return message_make(id, number_integer(facts->steps).s, words_number(facts->slope).s,
                        words_number(facts->start_slope).s, NULL);
}

static Message words_oscillating(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    if (tale->graph->n_scalars != 1)
        return message_make(MSG_WHY_OSCILLATING, words_number(facts->loss).s,
                            words_number(facts->start_loss).s, NULL);
    return message_make(MSG_WHY_OSCILLATING_ONE, words_number(facts->previous[0]).s,
                        words_number(facts->values[0]).s, words_number(facts->loss).s,
                        words_number(facts->start_loss).s, NULL);
}

/* How well the loss is known at the end. */
static double words_noise(const Tale *tale) {
    const Objective *objective = train_objective(tale->problem);
    double *trial = memory_new(objective->n + 1, sizeof *trial), noise = NAN;
    long long evaluations = 0;
    if (!trial || optim_loss_noise(objective, tale->facts.values, tale->facts.loss, trial, &noise,
                                   &evaluations) != STATUS_OK)
        noise = NAN;
    memory_free(trial);
    return noise;
}

/* The loss as fitters know it: the sum of squares. */
static NumberText words_squares(const Tale *tale, double loss) {
    return words_number(loss / train_objective(tale->problem)->loss_scale);
}

static Message words_exact(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    double residual = NAN, room = NAN;
    train_exactness(tale->problem, facts->values, &residual, &room);
    return message_make(MSG_WHY_EXACT, number_round(residual, 3).s, number_round(room, 3).s,
                        words_squares(tale, facts->start_loss).s,
                        words_squares(tale, facts->loss).s, NULL);
}

static Message words_step(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    NumberText value = number_round(facts->stop_value, 3);
    NumberText bound = number_round(facts->stop_bound, 3);
    bool squares = tale->graph->least_squares && tale->graph->raw == NODE_NONE;
    if (squares && facts->stop_value == 0)
        return message_make(MSG_WHY_NO_STEP_FIT, words_squares(tale, facts->start_loss).s,
                            words_squares(tale, facts->loss).s, NULL);
    if (squares)
        return message_make(MSG_WHY_STEP_FIT, value.s, bound.s,
                            words_squares(tale, facts->start_loss).s,
                            words_squares(tale, facts->loss).s, NULL);
    if (facts->stop_value == 0)
        return message_make(MSG_WHY_NO_STEP, words_number(facts->start_loss).s,
                            words_number(facts->loss).s, NULL);
    return message_make(MSG_WHY_STEP, value.s, bound.s, words_number(facts->start_loss).s,
                        words_number(facts->loss).s, NULL);
}

/* The slope is 0 because bounds are in its way. */
static bool words_pushed(const Tale *tale) {
    const Objective *objective = train_exact_objective(tale->problem);
    double loss, *slope = memory_new(objective->n + 1, sizeof *slope);
    bool known = slope && objective->low &&
                 objective->loss_gradient(objective->context, tale->facts.values, &loss, slope) ==
                     STATUS_OK;
    bool pushed = known && optim_norm(slope, objective->n) > 0;
    memory_free(slope);
    return pushed;
}

static Message words_reason_converged(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    NumberText loss = words_number(facts->loss), start = words_number(facts->start_loss);
    switch (facts->reason) {
        case REASON_SLOPE:
            if (words_never_moved(facts))
                return message_make(words_pushed(tale) ? MSG_WHY_BOUND_START : MSG_WHY_BOTTOM_START,
                                    loss.s, NULL);
            if (facts->start_slope == 0)
                return message_make(MSG_WHY_SLOPE_ESCAPED, words_number(facts->slope).s,
                                    words_number(facts->stop_bound).s, start.s, loss.s, NULL);
            if (facts->scaled)
                return message_make(MSG_WHY_SLOPE_SCALED, words_number(facts->stop_value).s,
                                    words_number(facts->stop_bound / WORDS_SMALL_SLOPE).s,
                                    words_number(facts->stop_bound).s, NULL);
            if (facts->slope > facts->stop_bound) /* the last step overshot, as momentum does */
                return message_make(MSG_WHY_SLOPE_ROUND, words_number(facts->stop_value).s,
                                    words_number(facts->start_slope).s,
                                    words_number(facts->stop_bound).s, NULL);
            return message_make(MSG_WHY_SLOPE, words_number(facts->slope).s,
                                words_number(facts->start_slope).s,
                                words_number(facts->stop_bound).s, NULL);
        case REASON_STEP:
            return words_step(tale);
        case REASON_EXACT:
            return words_exact(tale);
        case REASON_UNTIL:
            return message_make(MSG_WHY_UNTIL, facts->until ? facts->until : "",
                                number_integer(facts->steps).s, start.s, loss.s, NULL);
        case REASON_STEPS_DONE:
            return words_rounds_message(MSG_WHY_STEPS_BOTTOM, facts);
        default:
            return message_make(MSG_WHY_ROUNDING, number_round(words_noise(tale), 2).s,
                                words_number(facts->slope).s, words_number(facts->start_slope).s,
                                NULL);
    }
}

/* A schedule that took the rate away before he arrived. */
static bool words_rate_vanished(const WalkFacts *facts) {
    bool follows = facts->first_order && !facts->rate_measured;
    return follows && facts->last_rate < 1e-3 * facts->first_rate;
}

static bool words_is_single(const Tale *tale) {
    return train_precision(tale->problem) == PRECISION_F32;
}

/* Nothing moves though the slope is not small: does the loss do what the slope says? */
static Message words_stuck(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    Message message = message_make(MSG_WHY_STALLED, words_number(facts->slope).s,
                                   words_number(facts->start_slope).s, NULL);
    SlopeCheck check;
    Text name = {0};
    if (words_is_single(tale))
        return message_make(MSG_WHY_STALLED_SINGLE, words_number(facts->slope).s,
                            words_number(facts->start_slope).s, NULL);
    if (tale->graph->n_scalars > WORDS_CHECKED) return message;
    if (diagnose_slope(tale->problem, facts->values, &check) != STATUS_OK) return message;
    size_t i = check.worst;
    if (i < check.n && isfinite(check.feet[i].slope)) {
        graph_scalar_name(tale->graph, i, &name);
        message =
            message_make(MSG_WHY_STALLED_SLOPE, text_string(&name), words_number(check.exact[i]).s,
                         words_number(check.feet[i].slope).s, NULL);
    }
    text_free(&name);
    diagnose_slope_free(&check);
    return message;
}

/* Nothing moves though the slope is not small: was it the rate that shrank away? */
static Message words_stalled(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    NumberText slope = words_number(facts->slope), start = words_number(facts->start_slope);
    if (words_fell_for_ever(facts))
        return message_make(MSG_WHY_FALLS, words_number(facts->start_loss).s,
                            words_number(facts->loss).s, NULL);
    if (tale->ground == GROUND_FALLS) return message_make(MSG_WHY_SADDLE, slope.s, start.s, NULL);
    if (words_never_moved(facts))
        return message_make(MSG_WHY_LEVEL, words_number(facts->loss).s, NULL);
    if (words_ran_off(tale))
        return message_make(MSG_WHY_RAN_OFF, words_number(facts->last_step).s,
                            words_number(facts->start_loss).s, words_number(facts->loss).s, NULL);
    if (!words_rate_vanished(facts)) return words_stuck(tale);
    return message_make(MSG_WHY_STALLED_RATE, words_number(facts->first_rate).s,
                        words_number(facts->last_rate).s, slope.s, start.s, NULL);
}

static Message words_not_finite(const WalkFacts *facts) {
    NumberText steps = number_integer(facts->steps), loss = words_number(facts->loss);
    NumberText start = words_number(facts->start_loss), slope = words_number(facts->start_slope);
    if (!isfinite(facts->start_loss)) return message_make(MSG_WHY_NON_FINITE_START, start.s, NULL);
    if (!isfinite(facts->start_slope))
        return message_make(MSG_WHY_NON_FINITE_START_SLOPE, start.s, slope.s, NULL);
    return message_make(facts->fault_in_slope ? MSG_WHY_NON_FINITE_SLOPE : MSG_WHY_NON_FINITE,
                        steps.s, loss.s, start.s, NULL);
}

static Message words_reason_failed(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    NumberText steps = number_integer(facts->steps), loss = words_number(facts->loss);
    NumberText start = words_number(facts->start_loss);
    if (facts->reason == REASON_UPHILL)
        return message_make(MSG_WHY_UPHILL, start.s, words_number(facts->before_last_loss).s, NULL);
    switch (tale->words->verdict) {
        case VERDICT_STEP_LIMIT:
            return words_rounds_message(facts->user_steps ? MSG_WHY_STEPS_DONE : MSG_WHY_STEP_LIMIT,
                                        facts);
        case VERDICT_DIVERGED:
            if (diagnose_falls(facts) && facts->loss == facts->start_loss)
                return message_make(MSG_WHY_FALLS_AT_ONCE, start.s, NULL);
            if (diagnose_falls(facts)) return message_make(MSG_WHY_FALLS, start.s, loss.s, NULL);
            return message_make(facts->fault_point ? MSG_WHY_OVERFLOW : MSG_WHY_DIVERGED, steps.s,
                                loss.s, start.s, NULL);
        case VERDICT_NON_FINITE:
            return words_not_finite(facts);
        case VERDICT_STALLED:
            return words_stalled(tale);
        case VERDICT_OSCILLATING:
            return words_oscillating(tale);
        default:
            if (facts->restarts > 0)
                return message_make(MSG_WHY_INTERRUPTED_RESTART, number_integer(facts->restarts).s,
                                    loss.s, start.s, NULL);
            return message_make(MSG_WHY_INTERRUPTED, steps.s, loss.s, start.s, NULL);
    }
}

/* One bowl, a proven only valley, or a valley among others. */
static void words_valley(Tale *tale, Message *sentence) {
    const WalkFacts *facts = &tale->facts;
    if (tale->graph->n_scalars == 0 || facts->reason == REASON_EXACT) return;
    bool bowl = diagnose_quadratic(tale->graph, tale->graph->loss);
    if (facts->reason == REASON_UNTIL && !bowl) return; /* he may stand halfway down */
    if (bowl) {
        *sentence = message_make(MSG_WHY_ONLY_VALLEY, NULL);
    } else if (facts->restarts > 0) {
        *sentence = message_make(MSG_WHY_VALLEYS, number_integer((long long)facts->valleys).s,
                                 number_integer(facts->restarts + 1).s, NULL);
    } else if (facts->searched > 0) {
        *sentence = message_make(MSG_WHY_SEARCHED, number_integer(facts->searched).s, NULL);
    } else {
        bool terrace = diagnose_terrace(tale->problem, facts->values);
        *sentence = message_make(terrace ? MSG_WHY_TERRACE : MSG_WHY_VALLEY,
                                 number_integer(WORDS_RESTARTS).s, NULL);
    }
}

static bool words_wants_limit(const Words *words) {
    return words->verdict == VERDICT_DIVERGED || words->verdict == VERDICT_OSCILLATING ||
           words->verdict == VERDICT_NON_FINITE;
}

/* He was thrown far out: not downhill for ever, nor uphill from the first step. */
static bool words_threw(const Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    Verdict verdict = tale->words->verdict;
    if (!facts->first_order || facts->reason == REASON_UPHILL) return false;
    return verdict == VERDICT_DIVERGED ? !diagnose_falls(facts)
                                       : verdict == VERDICT_NON_FINITE && words_flown(facts);
}

static void words_reason(Tale *tale) {
    Words *words = tale->words;
    if (words->verdict == VERDICT_CONVERGED) {
        words->reason[0] = words_reason_converged(tale);
        words_valley(tale, &words->reason[1]);
        return;
    }
    words->reason[0] = words_reason_failed(tale);
    bool rising = tale->facts.loss > tale->facts.start_loss;
    if (words->verdict == VERDICT_STEP_LIMIT) words_pace_left(tale, &words->reason[1]);
    if (words->verdict == VERDICT_STEP_LIMIT && rising) words_limit(tale, &words->reason[1]);
    if (words_threw(tale) &&
        diagnose_flight_words(tale->problem, &tale->facts, words->reason + 1) != STATUS_OK)
        words->notes.failed = true;
    if (words_wants_limit(words) && tale->facts.reason != REASON_UPHILL)
        words_limit(tale, &words->reason[3]);
}

/* ---- story ----------------------------------------------------------------------------------- */

static bool words_plain(const WalkFacts *facts) {
    return strcmp(facts->method, "gd") == 0 && !facts->batches;
}

static Message words_steps_story(const WalkFacts *facts) {
    NumberText first = words_number(facts->first_step), last = words_number(facts->last_step);
    if (facts->first_step == 0 && facts->last_step == 0) return message_make(MSG_STORY_NONE, NULL);
    if (fabs(facts->last_step - facts->first_step) <= 1e-9 * facts->first_step)
        return message_make(MSG_STORY_SAME, first.s, NULL);
    if (facts->last_step > facts->first_step) {
        bool outward =
            facts->first_order && !facts->batches && facts->before_last_loss > facts->start_loss;
        return message_make(outward ? MSG_STORY_GREW : MSG_STORY_GREW_QUIETLY, first.s, last.s,
                            NULL);
    }
    if (facts->first_rate == facts->last_rate) /* only plain steps are rate times slope */
        return message_make(words_plain(facts) ? MSG_STORY_SHRANK : MSG_STORY_SHRANK_QUIETLY,
                            first.s, last.s, NULL);
    return message_make(MSG_STORY_SHRANK_RATE, first.s, last.s, words_number(facts->first_rate).s,
                        words_number(facts->last_rate).s, NULL);
}

static bool words_swings(const WalkFacts *facts) {
    return facts->flip_chances > 0 && 2 * facts->sign_flips > facts->flip_chances;
}

static void words_story(Tale *tale) {
    const WalkFacts *facts = &tale->facts;
    Words *words = tale->words;
    bool stuck = words->verdict == VERDICT_NON_FINITE && facts->first_step == 0;
    if (facts->steps == 0 || stuck) return;
    words->story[0] = words_steps_story(facts);
    if (facts->first_order && words_swings(facts))
        words->story[1] = message_make(MSG_STORY_FLIPS, number_integer(facts->sign_flips).s,
                                       number_integer(facts->flip_chances).s, NULL);
}

/* A rate that fell on the way, as the skilled walk, perhaps a little too soon. */
static MessageId words_pace_id(const Tale *tale) {
    Happened name = tale->words->happening.name;
    bool falling = tale->facts.last_rate < tale->facts.first_rate / 2;
    bool rested = name == HAPPENED_TOO_SMALL && tale->words->verdict == VERDICT_STALLED;
    bool rule = tale->facts.first_order && !tale->facts.rate_measured;
    if ((name == HAPPENED_GOOD || rested) && rule && falling) return MSG_PACE_SCHEDULE;
    return diagnose_happened_word(name);
}

/* ---- advice ---------------------------------------------------------------------------------- */

static bool words_advise_rate(Tale *tale) {
    Words *words = tale->words;
    /* Without curvature nothing says that it was the rate that broke a number. */
    if (!tale->facts.first_order) return false;
    if (words->verdict == VERDICT_NON_FINITE && isnan(words->rate_limit)) return false;
    return diagnose_retry(tale->graph, &tale->facts, &tale->pace, words->advice);
}

static void words_advise_steps(Words *words, const WalkFacts *facts) {
    long long given = facts->epochs ? facts->epochs : facts->max_steps;
    snprintf(words->advice, sizeof words->advice, "--%s %s", facts->epochs ? "epochs" : "steps",
             number_integer(10 * given).s);
}

static bool words_looks_further(const Words *words) {
    return words->reason[1].id == MSG_WHY_VALLEY || words->reason[1].id == MSG_WHY_TERRACE;
}

static void words_advice(Tale *tale) {
    Words *words = tale->words;
    const WalkFacts *facts = &tale->facts;
    bool rising = facts->loss > facts->start_loss && facts->first_rate > words->rate_limit;
    if (facts->reason == REASON_UPHILL) {
        snprintf(words->advice, sizeof words->advice, "--optimizer 'w = w - rate*g'");
    } else if (words->verdict == VERDICT_DIVERGED && diagnose_falls(facts)) {
        return; /* no rate helps */
    } else if (words_wants_limit(words) ||
               (words->verdict == VERDICT_STALLED && words_rate_vanished(facts))) {
        words_advise_rate(tale);
    } else if (words->verdict == VERDICT_STEP_LIMIT) {
        if (!(rising && words_advise_rate(tale))) words_advise_steps(words, facts);
    } else if (words->verdict == VERDICT_STALLED && words_is_single(tale)) {
        snprintf(words->advice, sizeof words->advice, "--precision f64");
    } else if (words_looks_further(words) || words->verdict == VERDICT_STALLED) {
        snprintf(words->advice, sizeof words->advice, "--restarts %d", WORDS_RESTARTS);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void words_settle_verdict(Tale *tale) {
    words_look_around(tale);
    if (tale->words->verdict == VERDICT_CONVERGED && words_not_arrived(tale))
        tale->words->verdict = VERDICT_STALLED;
}

static bool words_ended_badly(const Words *words) {
    return words_wants_limit(words) || words->verdict == VERDICT_STALLED;
}

static void words_happening(Tale *tale) {
    Words *words = tale->words;
    Happening *happening = &words->happening;
    happening->ran_off = words->verdict == VERDICT_STALLED &&
                         (words_ran_off(tale) || words_fell_for_ever(&tale->facts));
    happening->terrace = words->reason[1].id == MSG_WHY_TERRACE;
    diagnose_happened(tale->problem, &tale->facts, &tale->pace, words->verdict, tale->ground,
                      happening);
    words->pace = message_make(words_pace_id(tale), NULL);
}

static void words_of_the_end(Tale *tale) {
    Words *words = tale->words;
    bool watched = tale->facts.watched;
    words_settle_verdict(tale);
    if ((watched || words_ended_badly(words)) &&
        diagnose_pace(tale->problem, tale->walk, words->verdict, &tale->pace) != STATUS_OK)
        words->notes.failed = true;
    words->rate_limit = tale->pace.limit;
    words_reason(tale);
    words_story(tale);
    if (watched) words_happening(tale);
    if (!watched || !diagnose_remedy(tale->graph, &words->happening, &tale->facts,
                                     &tale->pace, words->advice))
        words_advice(tale);
    diagnose_notes(tale->problem, &tale->facts, tale->ground, &words->notes);
}

static Tale words_begin(const Problem *problem, const Walk *walk, Words *words) {
    Tale tale = {.problem = problem, .walk = walk, .graph = train_graph(problem), .words = words};
    *words = (Words){.rate_limit = NAN};
    diagnose_pace_none(&tale.pace);
    train_walk_facts(walk, &tale.facts);
    words->verdict = words_verdict(&tale.facts);
    return tale;
}

Verdict diagnose_verdict(const Problem *problem, const Walk *walk) {
    Words words;
    Tale tale = words_begin(problem, walk, &words);
    if (words.verdict != VERDICT_RUNNING) words_settle_verdict(&tale);
    return words.verdict;
}

Status diagnose_words(const Problem *problem, const Walk *walk, Words *words) {
    Tale tale = words_begin(problem, walk, words);
    words_method(&tale);
    if (words->verdict == VERDICT_RUNNING) return STATUS_OK;
    words_of_the_end(&tale);
    return words->notes.failed ? STATUS_MEMORY : STATUS_OK;
}

void diagnose_words_free(Words *words) {
    notes_free(&words->notes);
    *words = (Words){.rate_limit = NAN};
}
