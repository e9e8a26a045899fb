/* What happened on a walk, in one name, with the figures that show it. The name says what was wrong
 * with the walk, not with the ground: a narrow valley walked at a good rate is 'good'. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>
#include <string.h>

enum {
    HAPPENED_DIGITS = 4,
    HAPPENED_FINE = 7,
    HAPPENED_FEW = 8 /* rounds: too few to tell how they go */
};
static const double HAPPENED_SMALL = 20;  /* times below the largest rate: too small */
static const double HAPPENED_SLOW = 3;    /* rounds a digit: fewer are fast, whatever he does */
static const double HAPPENED_TWICE = 2;   /* the rounds of the best rate */
static const double HAPPENED_FAR = 3;     /* times the rounds walked are still to go */
static const double HAPPENED_STILL = 0.01; /* of the fall so far: the loss gets no lower */
static const double HAPPENED_ABOVE = 0.01; /* of the loss: so far above the bottom is not there */
static const double HAPPENED_FELL = 0.5;  /* of the loss at the start: it was worth the way */
static const double HAPPENED_CHANCE = 0.05, HAPPENED_HARDLY = 0.8; /* of the mean's loss */
static const double HAPPENED_SHARE = 5e-5, HAPPENED_ROWS = 1000; /* rows for the mean's loss */
static const double HAPPENED_ALWAYS = 0.99; /* of the rounds */
static const double HAPPENED_BETTER = 0.9; /* of the rounds: worth telling */
static const double HAPPENED_ENDLESS = 1e9; /* rounds a digit */
static const double HAPPENED_CHANCY = 1.5; /* times the slope of all rows: a batch's */
static const double HAPPENED_THERE = 1e-6; /* of the fall so far: he is at the bottom */
static const double HAPPENED_FASTER = 1000; /* times the slope of the start, downhill */
static const double HAPPENED_FLAT = 0.01; /* of the loss, for going on as far as he is */

/* What the name is found from. */
typedef struct Scene {
    const Problem *problem;
    const WalkFacts *facts;
    const Pace *pace;
    Verdict verdict;
    Ground ground;
    bool arrived; /* by its verdict */
    double rate;  /* the same in every round; else NaN */
    Baseline baseline;
    Happening *out;
} Scene;

static NumberText happened_number(double value) {
    return number_round(value, HAPPENED_DIGITS);
}

static bool happened_is(const Scene *scene, Happened name, Message why) {
    scene->out->name = name;
    scene->out->why = why;
    return true;
}

bool diagnose_falls(const WalkFacts *facts) {
    bool up = facts->fault_point && !(facts->stop_value < 0);
    bool lower = facts->loss < facts->start_loss && !up;
    bool guarded = facts->rate_measured && !facts->batches;
    return !facts->first_order || guarded || lower;
}

double diagnose_rounds_a_digit(const WalkFacts *facts) {
    double shrunk = facts->slope / facts->start_slope;
    if (!(shrunk < 1) || facts->steps == 0) return INFINITY;
    return (double)facts->steps * vm_log(10) / -vm_log(shrunk);
}

/* ---- ends that say it themselves ------------------------------------------------------------- */

static bool happened_flew(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    double limit = scene->pace->limit;
    if (!facts->takes_rate || isnan(facts->first_rate))
        return happened_is(scene, HAPPENED_FLEW_OFF, message_make(MSG_HAPPENED_FLEW_SOMEHOW, NULL));
    if (limit < facts->first_rate * (1 - 1e-6) && isfinite(facts->first_rate / limit))
        return happened_is(scene, HAPPENED_FLEW_OFF,
                           message_make(MSG_HAPPENED_FLEW_LIMIT,
                                        happened_number(facts->first_rate).s,
                                        happened_number(facts->first_rate / limit).s,
                                        happened_number(limit).s, NULL));
    return happened_is(scene, HAPPENED_FLEW_OFF,
                       message_make(MSG_HAPPENED_FLEW, happened_number(facts->first_rate).s,
                                    NULL));
}

static bool happened_overstepped(const Scene *scene) {
    return happened_is(scene, HAPPENED_TOO_LARGE, message_make(MSG_HAPPENED_OVERSTEPPED,
                                                               happened_number(
                                                                   scene->facts->last_step).s,
                                                               NULL));
}

/* Ever steeper downhill. */
static bool happened_falls_faster(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    double fell = facts->start_loss - facts->loss;
    bool faster = scene->pace->along < 0 && facts->slope > HAPPENED_FASTER * facts->start_slope;
    return faster && fell > 2 * fabs(facts->start_loss);
}

/* A slope that is the same everywhere has no end. */
static bool happened_slants(const Scene *scene) {
    const Graph *graph = train_graph(scene->problem);
    const Pace *pace = scene->pace;
    return pace->high == 0 && pace->low == 0 && scene->facts->slope > 0 &&
           diagnose_quadratic(graph, graph->loss);
}

/* Every round began higher than the one before, and never on the other side of a valley. */
static bool happened_climbs(const WalkFacts *facts) {
    bool higher = facts->loss > facts->start_loss && facts->rises >= facts->flip_chances;
    bool turned = facts->sign_flips > 0 || facts->batches || facts->restarted;
    return facts->reason == REASON_UPHILL ||
           (facts->first_order && facts->steps > 1 && higher && !turned);
}

static bool happened_by_end(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    Message none = {0};
    if (happened_climbs(facts)) return happened_is(scene, HAPPENED_UPHILL, none);
    bool falls = scene->verdict == VERDICT_DIVERGED && diagnose_falls(facts);
    if (scene->out->ran_off || falls || happened_falls_faster(scene) || happened_slants(scene))
        return happened_is(scene, HAPPENED_NO_BOTTOM, none);
    if (scene->verdict == VERDICT_DIVERGED) return happened_flew(scene);
    if (scene->verdict != VERDICT_NON_FINITE) return false;
    bool began = isfinite(facts->start_loss) && isfinite(facts->start_slope);
    if (!began || !facts->first_order || facts->steps < 1)
        return happened_is(scene, HAPPENED_NOT_A_NUMBER, none);
    return facts->before_last_loss > facts->start_loss ? happened_flew(scene)
                                                       : happened_overstepped(scene);
}

/* ---- where the loss goes --------------------------------------------------------------------- */

/* Nor any nearer to the bottom, where that can be told. */
static bool happened_gets_no_lower(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    double total = fabs(facts->start_loss - facts->loss), fell = facts->early_loss - facts->loss;
    double near = isfinite(scene->pace->fall) ? scene->pace->fall : 0.1 * fabs(facts->loss);
    return fell <= near && fell <= HAPPENED_STILL * total;
}

/* ---- flat ground ----------------------------------------------------------------------------- */

/* By how much the loss would fall if he went on as far as he is from 0, or came. */
static double happened_reach(const Scene *scene, double *gradient) {
    const Objective *objective = train_exact_objective(scene->problem);
    const WalkFacts *facts = scene->facts;
    double loss, reach = 0;
    if (objective->loss_gradient(objective->context, facts->values, &loss, gradient) != STATUS_OK)
        return NAN;
    for (size_t i = 0; i < objective->n; i++) {
        double far = fmax(fabs(facts->values[i]), fabs(facts->start[i]));
        bool held = optim_held(objective, facts->values, gradient, i);
        if (!held) reach += fabs(gradient[i]) * (far > 0 ? far : 1);
    }
    return reach;
}

static bool happened_stands_flat(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    size_t n = train_objective(scene->problem)->n;
    double size = fabs(facts->loss), fell = facts->early_loss - facts->loss;
    if (scene->pace->along > 0 || isnan(scene->pace->along)) return false;
    if (fell > HAPPENED_FLAT * size || size == 0) return false;
    double *gradient = memory_new(n + 1, sizeof *gradient);
    double reach = gradient ? happened_reach(scene, gradient) : NAN;
    memory_free(gradient);
    return reach <= HAPPENED_FLAT * size;
}

/* The slope died away where the ground is no bottom, and not far below the start. */
static bool happened_no_bottom(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    double fell = facts->start_loss - facts->loss;
    if (facts->reason == REASON_SLOPE && scene->pace->high <= 0 && facts->steps > 0 &&
        fell < HAPPENED_FELL * fabs(facts->start_loss))
        return diagnose_ground(scene->problem, facts->values) != GROUND_BOTTOM;
    return false;
}

static bool happened_on_plateau(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    bool stuck = facts->first_step == 0 && facts->first_rate > 0 && !(scene->pace->along > 0);
    bool level = scene->verdict == VERDICT_STALLED &&
                 (scene->ground == GROUND_FALLS || facts->start_slope == 0 || stuck);
    bool falls = scene->ground == GROUND_FALLS;
    bool worth = facts->start_loss - facts->loss >= HAPPENED_FELL * fabs(facts->start_loss);
    bool flat = (level || scene->out->terrace) && (falls || !worth || facts->start_slope == 0);
    if (!flat && scene->arrived) flat = happened_no_bottom(scene);
    bool own = facts->first_order && !facts->restarted;
    if (!flat && !scene->arrived && own) flat = happened_stands_flat(scene);
    if (!flat) return false;
    return happened_is(scene, HAPPENED_PLATEAU,
                       message_make(falls ? MSG_HAPPENED_SADDLE : MSG_HAPPENED_PLATEAU,
                                    happened_number(facts->slope).s,
                                    number_round(facts->loss, 7).s, NULL));
}

/* ---- networks, and formulas that explain nothing --------------------------------------------- */

/* Half of the units and more say the same in every row, and it shows. */
static bool happened_dead(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    const Baseline *baseline = &scene->baseline;
    UnitCount count = {0};
    bool well = baseline->known && baseline->loss < HAPPENED_FELL * baseline->mean_loss;
    if (well || !isfinite(facts->loss)) return false;
    if (diagnose_units((Problem *)scene->problem, facts->values, &count) != STATUS_OK) return false;
    size_t silent = count.dead + (baseline->known ? count.saturated : 0);
    bool dead = silent > 0 && 2 * silent >= count.units;
    if (dead)
        happened_is(scene, HAPPENED_DEAD_UNITS,
                    message_make(MSG_HAPPENED_DEAD_UNITS, number_integer((long long)silent).s,
                                 number_integer((long long)count.units).s,
                                 text_string(&count.where), NULL));
    text_free(&count.where);
    return dead;
}

static bool happened_explains_nothing(const Scene *scene) {
    const Baseline *baseline = &scene->baseline;
    double residual = NAN, room = NAN;
    bool by_chance = baseline->p > HAPPENED_CHANCE &&
                     baseline->loss > HAPPENED_HARDLY * baseline->mean_loss;
    if (!baseline->known || !(baseline->loss >= baseline->mean_loss || by_chance)) return false;
    if (train_graph(scene->problem)->least_squares)
        train_exactness(scene->problem, scene->facts->values, &residual, &room);
    if (residual <= room) return false; /* an exact fit of a constant */
    if (!scene->arrived && !happened_gets_no_lower(scene)) return false;
    if (scene->pace->fall > HAPPENED_ABOVE * fabs(scene->facts->loss)) return false;
    bool worse = isnan(baseline->p) || baseline->loss >= baseline->mean_loss;
    MessageId why = worse ? MSG_HAPPENED_NO_BETTER : MSG_HAPPENED_NO_BETTER_CHANCE;
    return happened_is(scene, HAPPENED_NO_BETTER,
                       message_make(why, happened_number(baseline->loss).s,
                                    happened_number(baseline->mean_loss).s,
                                    number_round(baseline->p, 2).s, NULL));
}

/* ---- batches --------------------------------------------------------------------------------- */

/* As low as the batches let him get, and that is not low. */
static bool happened_noisy(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    const Pace *pace = scene->pace;
    double total = facts->start_loss - facts->late_loss;
    if (!facts->batches || scene->arrived) return false;
    if (!(facts->early_loss - facts->late_loss <= 2 * HAPPENED_STILL * fabs(total))) return false;
    if (!(pace->fall > HAPPENED_ABOVE * fabs(facts->loss))) return false;
    if (!(facts->batch_slope > HAPPENED_CHANCY * facts->slope))
        return happened_is(scene, HAPPENED_NOISE,
                           message_make(MSG_HAPPENED_NOISE_ABOVE, happened_number(pace->fall).s,
                                        NULL));
    return happened_is(scene, HAPPENED_NOISE,
                       message_make(MSG_HAPPENED_NOISE, happened_number(facts->batch_slope).s,
                                    happened_number(facts->slope).s,
                                    happened_number(pace->fall).s, NULL));
}

/* ---- rates ----------------------------------------------------------------------------------- */

static bool happened_swings(const WalkFacts *facts) {
    return facts->flip_chances > 0 && 2 * facts->sign_flips > facts->flip_chances;
}

/* Where he ended, or, where that is not known, where he began. */
static double happened_limit(const Pace *pace) {
    return isfinite(pace->end_limit) ? pace->end_limit : pace->limit;
}

static bool happened_is_there(const Scene *scene) {
    double total = fabs(scene->facts->start_loss - scene->facts->loss);
    return scene->pace->fall <= HAPPENED_THERE * total;
}

/* He may rise above the start at first, and come down: then it was no fault of the rate. */
static bool happened_gets_nowhere(const Scene *scene, bool above) {
    const WalkFacts *facts = scene->facts;
    bool below = scene->rate < happened_limit(scene->pace); /* then turning round is zig-zag */
    bool restless = !below && (4 * facts->rises > facts->flip_chances || happened_swings(facts));
    bool settles = facts->last_rate < facts->first_rate / 2;
    bool mostly = 2 * facts->rises > facts->flip_chances;
    bool higher = facts->loss > facts->start_loss && (above || mostly);
    if (higher) return true;
    if (facts->steps < HAPPENED_FEW && !above) return false;
    return (above || (restless && !settles)) && happened_gets_no_lower(scene);
}

static bool happened_too_large(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    bool guarded = facts->rate_measured || facts->batches; /* by measuring; by nobody */
    double limit = happened_limit(scene->pace);
    bool above = scene->rate >= limit * (1 - 1e-6);
    if (scene->verdict != VERDICT_OSCILLATING) {
        if (guarded || scene->arrived || happened_is_there(scene)) return false;
        if (!happened_gets_nowhere(scene, above)) return false;
    }
    if (above)
        return happened_is(scene, HAPPENED_TOO_LARGE,
                           message_make(MSG_HAPPENED_LARGE_LIMIT,
                                        number_round(scene->rate, HAPPENED_FINE).s,
                                        number_round(limit, HAPPENED_FINE).s, NULL));
    return happened_is(scene, HAPPENED_TOO_LARGE,
                       message_make(MSG_HAPPENED_LARGE, number_integer(facts->rises).s,
                                    number_integer(facts->flip_chances).s,
                                    happened_number(facts->loss).s, NULL));
}

/* Back and forth in the steepest direction is what takes the rounds. */
static bool happened_zigzag(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    const Pace *pace = scene->pace;
    if (facts->batches || isnan(scene->rate) || !happened_swings(facts)) return false;
    double swing = diagnose_pace_swing(pace, scene->rate);
    double rounds = diagnose_pace_rounds(pace, scene->rate);
    if (isfinite(pace->best) && isfinite(rounds)) {
        if (scene->rate <= pace->best || swing < HAPPENED_SLOW ||
            rounds < HAPPENED_TWICE * pace->best_rounds)
            return false;
        return happened_is(scene, HAPPENED_ZIGZAG,
                           message_make(MSG_HAPPENED_ZIGZAG_BEST,
                                        number_integer(facts->sign_flips).s,
                                        number_integer(facts->flip_chances).s,
                                        happened_number(rounds).s, happened_number(pace->best).s,
                                        happened_number(pace->best_rounds).s, NULL));
    }
    if (pace->high > 0 && swing < HAPPENED_SLOW) return false;
    /* Rules of which nothing is known turn round for reasons of their own. */
    double plain = fmax(HAPPENED_TWICE * diagnose_plain_rounds(pace), HAPPENED_SLOW);
    bool slow = pace->low > 0 && diagnose_rounds_a_digit(facts) > plain;
    bool known = isfinite(pace->limit_factor) && isfinite(rounds);
    bool always = (double)facts->sign_flips >= HAPPENED_ALWAYS * (double)facts->flip_chances;
    if (!known && (!slow || (!always && (scene->arrived || happened_is_there(scene)))))
        return false;
    return happened_is(scene, HAPPENED_ZIGZAG,
                       message_make(MSG_HAPPENED_ZIGZAG, number_integer(facts->sign_flips).s,
                                    number_integer(facts->flip_chances).s, NULL));
}

/* Rules whose steps do not tell their curvature: by how far they have come. */
static bool happened_creeps(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    double step = fmax(facts->first_step, facts->last_step), rounds = scene->pace->distance / step;
    if (scene->arrived || facts->steps < HAPPENED_FEW || isfinite(scene->pace->limit_factor))
        return false;
    if (!(rounds > HAPPENED_FAR * (double)facts->steps) || facts->rises * 4 > facts->flip_chances)
        return false;
    double rate = fmax(facts->first_rate, facts->last_rate);
    scene->out->better = rate * rounds / (double)facts->max_steps * 10;
    return happened_is(scene, HAPPENED_TOO_SMALL,
                       message_make(MSG_HAPPENED_CREEPS, happened_number(step).s,
                                    number_round(rounds, 2).s, NULL));
}

static bool happened_far_below(const Scene *scene, double rate, double limit) {
    const Pace *pace = scene->pace;
    double rounds = diagnose_pace_rounds(pace, rate), times = limit / rate;
    if (!isfinite(times)) return happened_is(scene, HAPPENED_TOO_SMALL, (Message){0});
    if (isfinite(rounds) && isfinite(pace->best_rounds) && isfinite(scene->rate))
        return happened_is(scene, HAPPENED_TOO_SMALL,
                           message_make(MSG_HAPPENED_SMALL_ROUNDS, happened_number(rate).s,
                                        number_round(times, 2).s, happened_number(limit).s,
                                        number_round(rounds, 3).s,
                                        number_round(pace->best_rounds, 3).s, NULL));
    return happened_is(scene, HAPPENED_TOO_SMALL,
                       message_make(MSG_HAPPENED_SMALL, happened_number(rate).s,
                                    number_round(times, 2).s, happened_number(limit).s, NULL));
}

/* The largest rate on the way counts. */
static bool happened_too_small(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    const Pace *pace = scene->pace;
    double start = pace->limit, end = pace->end_limit;
    double limit = end < start || isnan(start) ? end : start;
    double rate = fmax(facts->first_rate, facts->last_rate);
    double plain = limit / pace->limit_factor * 2; /* of plain descent */
    bool far = !(pace->fall < HAPPENED_ABOVE * fabs(facts->start_loss - facts->loss));
    if (facts->rate_measured) return false;
    if (happened_creeps(scene)) return true;
    if (rate == 0) return happened_is(scene, HAPPENED_TOO_SMALL, (Message){0});
    if (!(rate / (1 - pace->momentum) < plain / HAPPENED_SMALL)) return false;
    if ((facts->batches || isnan(scene->rate)) && (scene->arrived || !far)) return false;
    return happened_far_below(scene, rate, limit);
}

/* Nothing moved any more, though the slope is not small. */
static bool happened_stuck(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    bool first = facts->first_order && !facts->rate_measured && !facts->restarted;
    if (scene->verdict != VERDICT_STALLED) return false;
    if (first && (facts->last_rate < 1e-3 * facts->first_rate || facts->first_step == 0))
        return happened_is(scene, HAPPENED_TOO_SMALL, (Message){0});
    Ground ground = diagnose_ground(scene->problem, facts->values);
    if (ground != GROUND_FALLS && ground != GROUND_LEVEL) return false; /* a kink, as deep as any */
    return happened_is(scene, HAPPENED_PLATEAU, (Message){0});
}

/* ---- nothing wrong --------------------------------------------------------------------------- */

static bool happened_good(const Scene *scene) {
    const WalkFacts *facts = scene->facts;
    const Graph *graph = train_graph(scene->problem);
    double best = scene->pace->best_rounds, rounds = diagnose_rounds_a_digit(facts);
    bool countable = facts->first_order && !facts->restarted && !facts->batches;
    bool known = isfinite(scene->rate) && isfinite(best) && diagnose_quadratic(graph, graph->loss);
    /* Those walked are too few at first, and too many where he stood still in the end. */
    if (known) rounds = diagnose_pace_rounds(scene->pace, scene->rate);
    if (!countable || rounds <= 1 || !(rounds < HAPPENED_ENDLESS))
        return happened_is(scene, HAPPENED_GOOD, (Message){0});
    if (known && best < HAPPENED_BETTER * rounds)
        return happened_is(scene, HAPPENED_GOOD,
                           message_make(MSG_HAPPENED_GOOD_BEST, number_round(rounds, 3).s,
                                        number_round(best, 3).s,
                                        happened_number(scene->pace->best).s, NULL));
    return happened_is(scene, HAPPENED_GOOD,
                       message_make(MSG_HAPPENED_GOOD_ROUNDS, number_round(rounds, 3).s, NULL));
}

/* ---- all of it ------------------------------------------------------------------------------- */

const char *diagnose_happened_name(Happened name) {
    static const char *const NAMES[] = {
        [HAPPENED_NOTHING] = "",
        [HAPPENED_GOOD] = "good",
        [HAPPENED_TOO_SMALL] = "too_small",
        [HAPPENED_ZIGZAG] = "zig_zag",
        [HAPPENED_TOO_LARGE] = "too_large",
        [HAPPENED_FLEW_OFF] = "flew_off",
        [HAPPENED_NOISE] = "limited_by_noise",
        [HAPPENED_PLATEAU] = "plateau",
        [HAPPENED_DEAD_UNITS] = "dead_units",
        [HAPPENED_NO_BETTER] = "no_better_than_the_mean",
        [HAPPENED_UPHILL] = "uphill",
        [HAPPENED_NO_BOTTOM] = "no_lowest_point",
        [HAPPENED_NOT_A_NUMBER] = "not_a_number",
    };
    return NAMES[name];
}

MessageId diagnose_happened_word(Happened name) {
    static const MessageId WORDS[] = {
        [HAPPENED_NOTHING] = MSG_NONE,
        [HAPPENED_GOOD] = MSG_HAPPENED_WORD_GOOD,
        [HAPPENED_TOO_SMALL] = MSG_HAPPENED_WORD_TOO_SMALL,
        [HAPPENED_ZIGZAG] = MSG_HAPPENED_WORD_ZIGZAG,
        [HAPPENED_TOO_LARGE] = MSG_HAPPENED_WORD_TOO_LARGE,
        [HAPPENED_FLEW_OFF] = MSG_HAPPENED_WORD_FLEW_OFF,
        [HAPPENED_NOISE] = MSG_HAPPENED_WORD_NOISE,
        [HAPPENED_PLATEAU] = MSG_HAPPENED_WORD_PLATEAU,
        [HAPPENED_DEAD_UNITS] = MSG_HAPPENED_WORD_DEAD_UNITS,
        [HAPPENED_NO_BETTER] = MSG_HAPPENED_WORD_NO_BETTER,
        [HAPPENED_UPHILL] = MSG_HAPPENED_WORD_UPHILL,
        [HAPPENED_NO_BOTTOM] = MSG_HAPPENED_WORD_NO_BOTTOM,
        [HAPPENED_NOT_A_NUMBER] = MSG_HAPPENED_WORD_NOT_A_NUMBER,
    };
    return WORDS[name];
}

/* Over a sample where the rows are many against what the walk evaluated. */
static void happened_measure_mean(Scene *scene) {
    Problem *own = (Problem *)scene->problem; /* it is given back as it was */
    const Table *table = train_table(own);
    double rows = table ? (double)table->n_rows : 0;
    double share = fmax(HAPPENED_SHARE * rows * (double)scene->facts->evaluations, HAPPENED_ROWS);
    size_t sample = share < rows ? (size_t)share : 0;
    if (diagnose_baseline(own, scene->facts->values, sample, &scene->baseline) != STATUS_OK)
        scene->baseline.known = false;
}

void diagnose_happened(const Problem *problem, const WalkFacts *facts, const Pace *pace,
                       Verdict verdict, Ground ground, Happening *out) {
    Scene scene = {.problem = problem, .facts = facts, .pace = pace, .verdict = verdict,
                   .ground = ground, .out = out};
    bool constant = facts->first_rate == facts->last_rate && !facts->rate_measured;
    scene.arrived = verdict == VERDICT_CONVERGED;
    scene.rate = facts->first_order && constant ? facts->first_rate : NAN;
    out->better = NAN;
    if (happened_by_end(&scene)) return;
    happened_measure_mean(&scene);
    if (happened_dead(&scene) || happened_on_plateau(&scene) || happened_stuck(&scene)) return;
    bool told = facts->first_order && !facts->restarted;
    bool rate = told && (happened_too_large(&scene) || happened_zigzag(&scene) ||
                         happened_noisy(&scene) || happened_too_small(&scene));
    if (!rate && !happened_explains_nothing(&scene)) happened_good(&scene);
}
