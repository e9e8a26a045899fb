/* Dead and saturated units: by hand on small tables, against a net in plain C, and against slopes,
 * which are exactly 0 on all ways into a dead unit. */
#include "problem.h"

#include "../../src/base/base.h"

#define TABLE "x=1,2,3 v=-1,0,1 y=2,4,6"

typedef struct UnitCase {
    const char *formula;
    double x[8];
    size_t units, dead, saturated;
    const char *where;
} UnitCase;

static const UnitCase unit_cases[] = {
    {"y ~ max(0, a*x + b)", {1, 0}, 1, 0, 0, ""},
    {"y ~ max(0, a*x + b)", {-1, 0}, 1, 1, 0, "a*x + b"},
    {"y ~ max(0, a*x + b)", {-1, 1}, 1, 1, 0, "a*x + b"},   /* at most 0: still no slope */
    {"y ~ max(a*x + b, 0)", {-1, 1}, 1, 0, 0, ""},          /* but here the first one has it */
    {"y ~ max(a*x + b, 0)", {-1, 0.5}, 1, 1, 0, "a*x + b"},
    {"y ~ max(0, a*x + b)", {-1, 1.5}, 1, 0, 0, ""},        /* alive in one row */
    {"y ~ c + relu(a*x + b)", {0, -1, 0}, 1, 1, 0, "a*x + b"},
    {"y ~ where(a*x > 0, a*x, 0) + b", {-1, 0}, 1, 1, 0, "a*x"},
    {"y ~ where(a*x > 0, a*x, 0) + b", {1, 0}, 1, 0, 0, ""},
    {"y ~ leaky_relu(a*x, 0.01) + b", {-1, 0}, 0, 0, 0, ""}, /* the other arm has a slope */
    {"y ~ elu(a*x) + b", {-1, 0}, 0, 0, 0, ""},
    {"y ~ silu(a*x) + b", {100, 0}, 0, 0, 0, ""},
    {"y ~ softplus(a*x) + b", {-100, 0}, 0, 0, 0, ""},
    {"y ~ max(0, 2*x)*a + b", {1, 0}, 0, 0, 0, ""},          /* of data alone */
    {"y ~ x*max(0, a) + b", {-1, 0}, 0, 0, 0, ""},           /* of parameters alone */
    {"y ~ a*tanh(b*x)", {1, 8}, 1, 0, 1, "b*x"},
    {"y ~ a*tanh(b*x)", {1, 7}, 1, 0, 0, ""},
    {"y ~ a*tanh(b*x)", {1, -8}, 1, 0, 1, "b*x"},
    {"y ~ a*tanh(b*v)", {1, 80}, 1, 0, 0, ""},               /* a row stands at 0 */
    {"y ~ a*sigmoid(b*x)", {1, 15}, 1, 0, 0, ""},
    {"y ~ a*sigmoid(b*x)", {1, 15.3}, 1, 0, 1, "b*x"},
    {"y ~ a*relu(-b*x) + c*tanh(d*x)", {1, 1, 1, 9}, 2, 1, 1, "-b*x; d*x"},
    {"y ~ a*x; h = relu(b*x)", {1, -1}, 0, 0, 0, ""},        /* the loss does not know of it */
    {"y ~ a*x + detach(relu(b*x))", {1, -1}, 0, 0, 0, ""},
    {"w^2 + relu(w)", {-1}, 0, 0, 0, ""},                    /* no rows */
};

TEST(by_hand) {
    for (size_t k = 0; k < COUNT_OF(unit_cases); k++) {
        const UnitCase *c = &unit_cases[k];
        Opened opened = opened_open(c->formula, TABLE, NULL);
        UnitCount count = {0};
        CHECK_INT(diagnose_units(opened.problem, c->x, &count), STATUS_OK);
        if (count.units != c->units || count.dead != c->dead || count.saturated != c->saturated)
            printf("%s at %g, %g\n", c->formula, c->x[0], c->x[1]);
        CHECK_INT(count.units, c->units);
        CHECK_INT(count.dead, c->dead);
        CHECK_INT(count.saturated, c->saturated);
        CHECK_TEXT(text_string(&count.where), c->where);
        text_free(&count.where);
        opened_close(&opened);
    }
}

TEST(rows_without_weight_do_not_revive) {
    BuildOptions build = {.weight = "g"};
    Opened opened = opened_open("y ~ max(0, a*x + b)", "x=1,2,3 y=1,1,1 g=0,1,1", &build);
    double x[2] = {-1, 1.5};
    UnitCount count = {0};
    CHECK_INT(diagnose_units(opened.problem, x, &count), STATUS_OK);
    CHECK_INT(count.dead, 1);
    text_free(&count.where);
    opened_close(&opened);
    opened = opened_open("y ~ a*tanh(b*x)", "x=1,2,3 y=1,1,1 g=0,1,1", &build);
    double steep[2] = {1, 4};
    CHECK_INT(diagnose_units(opened.problem, steep, &count), STATUS_OK);
    CHECK_INT(count.saturated, 1);
    text_free(&count.where);
    opened_close(&opened);
}

/* A net of two layers, 3 and 2 units of relu. */
static const char net[] = "param V[3,2]; param c[3]; param W[2,3]; param d[2]; param o[2]\n"
                          "h = relu(V @ [x, v] + c); k = relu(W @ h + d)\n"
                          "y ~ o @ k + 0.1";
enum { NET = 6 + 3 + 6 + 2 + 2, NET_C = 6, NET_D = 15 };

/* The same net in plain C: which of the 5 units are above 0 in some row. */
static void net_alive(const double *x, bool alive[5]) {
    for (int row = 0; row < 3; row++) {
        double in[2] = {row + 1, row - 1}, h[3];
        for (int i = 0; i < 3; i++) {
            double z = x[2 * i] * in[0] + x[2 * i + 1] * in[1] + x[NET_C + i];
            h[i] = z > 0 ? z : 0;
            alive[i] = alive[i] || z > 0;
        }
        for (int i = 0; i < 2; i++) {
            const double *w = x + NET_C + 3 + 3 * i;
            double z = w[0] * h[0] + w[1] * h[1] + w[2] * h[2] + x[NET_D + i];
            alive[3 + i] = alive[3 + i] || z > 0;
        }
    }
}

TEST(as_the_slopes_say) {
    Opened opened = opened_open(net, TABLE, NULL);
    const Objective *objective = train_objective(opened.problem);
    RandomKey key = random_key(1, "units");
    size_t seen[6] = {0};
    for (uint64_t turn = 0; turn < 300; turn++) {
        double x[NET], loss, slope[NET];
        bool alive[5] = {false};
        size_t dead = 0;
        UnitCount count = {0};
        for (size_t i = 0; i < NET; i++) x[i] = random_normal(key, turn * NET + i);
        net_alive(x, alive);
        CHECK_INT(objective->loss_gradient(objective->context, x, &loss, slope), STATUS_OK);
        for (size_t i = 0; i < 5; i++) {
            if (alive[i]) continue;
            dead++;
            CHECK(slope[i < 3 ? NET_C + i : NET_D + i - 3] == 0);
        }
        CHECK_INT(diagnose_units(opened.problem, x, &count), STATUS_OK);
        CHECK_INT(count.units, 5);
        CHECK_INT(count.rows, 3);
        CHECK_INT(count.dead, dead);
        seen[dead]++;
        text_free(&count.where);
    }
    CHECK(seen[0] > 20 && seen[1] > 20 && seen[2] > 20);
    opened_close(&opened);
}

TEST(names_of_elements) {
    Opened opened = opened_open(net, TABLE, NULL);
    double x[NET] = {-1, 0, 1, 0, -1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, -100, 1, 1};
    UnitCount count = {0};
    CHECK_INT(diagnose_units(opened.problem, x, &count), STATUS_OK);
    CHECK_INT(count.dead, 3);
    CHECK_TEXT(text_string(&count.where), "V @ [x, v] + c [1], [3]; W @ h + d [2]");
    text_free(&count.where);
    opened_close(&opened);
}

TEST(many_rows_are_sampled) {
    Text text = {0};
    text_add(&text, "x,y\n");
    for (int r = 0; r < 150000; r++) text_format(&text, "%d,1\n", r % 7 + 1);
    Opened opened = opened_open("y ~ max(0, a*x + b)", text_string(&text), NULL);
    UnitCount count = {0};
    CHECK_INT(diagnose_units(opened.problem, (double[]){-1, 0}, &count), STATUS_OK);
    CHECK_INT(count.dead, 1);
    CHECK_INT(count.rows, 20000);
    CHECK_INT(train_rows(opened.problem).count, 150000);
    text_free(&count.where);
    opened_close(&opened);
    text_free(&text);
}

TEST_MAIN(by_hand, rows_without_weight_do_not_revive, as_the_slopes_say, names_of_elements,
          many_rows_are_sampled)
