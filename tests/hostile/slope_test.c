/* The slope check: no false alarm on a correct gradient of 10,000 parameters; a term that is 3 %
 * off, planted into the derivative rule of one operator, is named. */
#include "../../include/descend.h"
#include "../../src/graph/graph.h"
#include "../check.h"

/* %d: how many parameters but two */
static const char MODEL[] = "param w[%d] = normal(0, 1)\n"
                            "param v = 0.3\n"
                            "param u = -2\n"
                            "minimize sum(w^4) + sum(w^2)*v + sin(v)*u + exp(u)";

/* The sentence of the check; 1 if all slopes agree. */
static int check_slope(int count, char *sentence, size_t size) {
    char text_of_model[400];
    descend_error *error = NULL;
    snprintf(text_of_model, sizeof text_of_model, MODEL, count - 2);
    descend_model *model = descend_model_parse(text_of_model, &error);
    descend_walk *walk = model ? descend_walk_open(model, NULL, &error) : NULL;
    descend_slope *slope = walk ? descend_slope_open(walk, &error) : NULL;
    const char *text = "";
    CHECK(slope != NULL);
    if (error) printf("%s\n", descend_error_text(error, "en"));
    CHECK_INT(walk ? descend_walk_parameter_count(walk) : 0, count);
    int agrees = slope && descend_slope_verdict(slope, "en", &text);
    snprintf(sentence, size, "%s", text);
    descend_slope_free(slope);
    descend_walk_free(walk);
    descend_model_free(model);
    descend_error_free(error);
    return agrees;
}

TEST(correct_gradient_passes) {
    char sentence[400];
    CHECK(check_slope(10000, sentence, sizeof sentence));
    printf("%s\n", sentence);
}

TEST(wrong_terms_are_named) {
    static const struct {
        Op op;
        const char *name;
    } PLANTED[] = {{OP_SIN, "'v'"}, {OP_EXP, "'u'"}};
    for (size_t k = 0; k < sizeof PLANTED / sizeof PLANTED[0]; k++) {
        char sentence[400];
        graph_plant_slope(PLANTED[k].op, 1.03);
        CHECK(!check_slope(2000, sentence, sizeof sentence));
        printf("%s\n", sentence);
        CHECK(strstr(sentence, PLANTED[k].name) != NULL);
    }
    graph_plant_slope(OP_COUNT, 1);
}

TEST_MAIN(correct_gradient_passes, wrong_terms_are_named)
