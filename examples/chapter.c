/* The chapter's table by the library: w^2 from 10, three steps with rate 0.1.
 *
 *     cc chapter.c -ldescend -lm        installed: $(pkg-config --cflags --libs descend)
 *     cc chapter.c descend.c -lm        with the one-file build
 */
#include <descend.h>
#include <stdio.h>

static int explain(descend_error *error) {
    fprintf(stderr, "%s\n", descend_error_text(error, "en"));
    descend_error_free(error);
    return 1;
}

int main(void) {
    descend_error *error = NULL;
    descend_model *model = descend_model_parse("w^2", &error);
    if (!model) return explain(error);
    descend_walk *walk = descend_walk_open(model, NULL, &error);
    if (!walk || descend_walk_argument(walk, "w=10", &error) < 0 ||
        descend_walk_set(walk, "rate", "0.1", &error) < 0 ||
        descend_walk_set(walk, "steps", "3", &error) < 0)
        return explain(error);

    descend_event event;
    descend_status status;
    printf("%5s %8s %8s %8s\n", "round", "where", "slope", "lands");
    do {
        status = descend_walk_step(walk, &event, &error);
        if (status < 0) return explain(error);
        printf("%5lld %8g %8g %8g\n", event.step, event.at[0], event.gradient[0], event.next[0]);
    } while (status == DESCEND_RUNNING);

    printf("%s: %s\n", descend_verdict_name(descend_walk_verdict(walk)),
           descend_walk_text(walk, "reason", "en"));
    printf("digest %016llx\n", (unsigned long long)descend_walk_digest(walk));
    descend_walk_free(walk);
    descend_model_free(model);
    return 0;
}
