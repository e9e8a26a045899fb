/* models: fits by the name of a model. The user's own are looked for first - NAME.model.descend in
 * the folder one is in, NAME.descend in the folder DESCEND_MODELS -, then those carried inside. */
#include "cli.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_NAMES = 400 };
static const char models_here[] = ".model.descend", models_there[] = ".descend";

/* ---- one model ------------------------------------------------------------------------------- */

/* A name as the files have it: 'michaelis-menten' is michaelis_menten. False: no such name. */
static bool models_word(const char *word, Text *name) {
    if (!*word || *word == '-' || strpbrk(word, "./+*^~<>()[]@=?;,:'\"` \t\n")) return false;
    for (; *word; word++) text_add_char(name, *word == '-' ? '_' : *word);
    return !name->failed;
}

static bool models_is_model(const char *text) {
    descend_model *model = descend_model_parse(text, NULL);
    bool named = descend_model_name(model) != NULL;
    descend_model_free(model);
    return named;
}

/* The file of a model of the user's own; false: there is none. */
static bool models_file(const char *name, Text *path) {
    const char *folder = getenv("DESCEND_MODELS");
    text_clear(path);
    text_format(path, "%s%s", name, models_here);
    if (!path->failed && file_exists(text_string(path))) return true;
    text_clear(path);
    if (!folder || !*folder) return false;
    text_format(path, "%s/%s%s", folder, name, models_there);
    return !path->failed && file_exists(text_string(path));
}

bool cli_find_model(const char *word, const char **ready, Text *path) {
    Text name = {0};
    *ready = NULL;
    bool found = models_word(word, &name);
    if (found && !models_file(text_string(&name), path)) {
        text_clear(path);
        *ready = descend_ready_text(text_string(&name));
        found = *ready && models_is_model(*ready);
    }
    text_free(&name);
    return found;
}

bool cli_is_model(const char *word) {
    Text path = {0};
    const char *ready;
    bool found = cli_find_model(word, &ready, &path);
    text_free(&path);
    return found;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* A name in a list, and what is told of it. */
typedef struct ModelsItem {
    char *name, *kind, *about;
} ModelsItem;

typedef struct ModelsList {
    const char *language;
    ModelsItem *items;
    size_t count, capacity;
    bool failed;
} ModelsList;

static char *models_copy(ModelsList *list, const char *text) {
    Text copy = {0};
    text_add(&copy, text);
    if (copy.length == 0) text_add_char(&copy, '\0');
    char *made = text_take(&copy);
    list->failed = list->failed || !made;
    return made;
}

/* Takes the model's words and frees both; a rule, or a text that cannot be read, is no model. */
static void models_add(ModelsList *list, const char *name, descend_model *model,
                       descend_error *error) {
    if (error && descend_error_status(error) == DESCEND_NO_MEMORY) list->failed = true;
    descend_error_free(error);
    bool room = memory_reserve(&list->items, &list->capacity, list->count + 1, sizeof(ModelsItem));
    list->failed = list->failed || !room;
    if (descend_model_name(model) && room) {
        ModelsItem *item = &list->items[list->count++];
        item->name = models_copy(list, name);
        item->kind = models_copy(list, descend_model_about(model, "kind"));
        const char *about = descend_model_about(model, list->language);
        item->about = models_copy(list, *about ? about : descend_model_about(model, "en"));
    }
    descend_model_free(model);
}

static int models_by_name(const void *a, const void *b) {
    return strcmp(((const ModelsItem *)a)->name, ((const ModelsItem *)b)->name);
}

/* The texts in a folder whose names end so, in the order of their names. */
static void models_add_folder(ModelsList *list, const char *folder, const char *end) {
    DIR *directory = opendir(folder);
    size_t first = list->count;
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!cli_ends_with(entry->d_name, end) || list->count >= MODELS_NAMES) continue;
        Text path = {0}, name = {0};
        text_format(&path, "%s/%s", folder, entry->d_name);
        text_add_bytes(&name, entry->d_name, strlen(entry->d_name) - strlen(end));
        descend_error *error = NULL;
        descend_model *model = descend_model_read(text_string(&path), &error);
        models_add(list, text_string(&name), model, error);
        list->failed = list->failed || path.failed || name.failed;
        text_free(&path);
        text_free(&name);
    }
    closedir(directory);
    if (!list->failed && list->count > first)
        qsort(list->items + first, list->count - first, sizeof *list->items, models_by_name);
}

static void models_add_own(ModelsList *list) {
    const char *folder = getenv("DESCEND_MODELS");
    models_add_folder(list, ".", models_here);
    if (folder && *folder) models_add_folder(list, folder, models_there);
}

static void models_add_ready(ModelsList *list) {
    const char *name;
    for (size_t k = 0; (name = descend_ready_name(k)); k++) {
        descend_error *error = NULL;
        descend_model *model = descend_model_parse(descend_ready_text(name), &error);
        models_add(list, name, model, error);
    }
}

static void models_free(ModelsList *list) {
    for (size_t k = 0; k < list->count; k++) {
        memory_free(list->items[k].name);
        memory_free(list->items[k].kind);
        memory_free(list->items[k].about);
    }
    memory_free(list->items);
}

bool cli_nearest_model(const char *word, char *near, size_t size) {
    const char *names[MODELS_NAMES + 100], *nearest = NULL;
    ModelsList list = {.language = "en"};
    models_add_own(&list);
    models_add_ready(&list);
    size_t count = list.failed ? 0 : list.count;
    for (size_t k = 0; k < count && k < COUNT_OF(names); k++) names[k] = list.items[k].name;
    nearest = suggest_nearest(word, names, count < COUNT_OF(names) ? count : COUNT_OF(names));
    bool found = nearest && strlen(nearest) < size;
    if (found) memcpy(near, nearest, strlen(nearest) + 1);
    models_free(&list);
    return found;
}

/* ---- the list that 'show' prints ------------------------------------------------------------- */

static const struct {
    const char *name;
    MessageId words;
} models_kinds[] = {
    {"line", MSG_CLI_KIND_LINE},
    {"power", MSG_CLI_KIND_POWER},
    {"peak", MSG_CLI_KIND_PEAK},
    {"decay", MSG_CLI_KIND_DECAY},
    {"growth", MSG_CLI_KIND_GROWTH},
    {"saturation", MSG_CLI_KIND_SATURATION},
    {"oscillation", MSG_CLI_KIND_OSCILLATION},
    {"dose", MSG_CLI_KIND_DOSE},
    {"pharmacokinetics", MSG_CLI_KIND_PHARMACOKINETICS},
    {"physics", MSG_CLI_KIND_PHYSICS},
    {"chemistry", MSG_CLI_KIND_CHEMISTRY},
};

/* Its place in models_kinds; COUNT_OF(models_kinds): of none of these. */
static size_t models_kind(const ModelsItem *item) {
    size_t k = 0;
    while (k < COUNT_OF(models_kinds) && strcmp(item->kind, models_kinds[k].name) != 0) k++;
    return k;
}

static void models_print_one(Cli *cli, const ModelsItem *item, int width) {
    int columns = unicode_columns(item->name, strlen(item->name));
    text_format(&cli->out, "  %s", item->name);
    if (*item->about) text_add_repeat(&cli->out, ' ', (size_t)(width - columns) + 2);
    text_add(&cli->out, item->about);
    text_add_char(&cli->out, '\n');
}

/* The models from..to of one kind (MODELS_NAMES: of any) under a heading, if there are any. */
static void models_print(Cli *cli, const ModelsList *list, size_t from, size_t to, size_t kind,
                         MessageId heading) {
    int width = 0;
    bool any = false;
    for (size_t k = from; k < to; k++) {
        int columns = unicode_columns(list->items[k].name, strlen(list->items[k].name));
        if (columns > width) width = columns;
    }
    for (size_t k = from; k < to; k++) {
        if (kind != MODELS_NAMES && models_kind(&list->items[k]) != kind) continue;
        if (!any) text_add_char(&cli->out, '\n');
        if (!any) cli_say(cli, heading, NULL);
        any = true;
        models_print_one(cli, &list->items[k], width);
    }
}

void cli_list_models(Cli *cli) {
    ModelsList list = {.language = cli_language(cli)};
    models_add_own(&list);
    size_t own = list.count;
    models_add_ready(&list);
    cli->out.failed = cli->out.failed || list.failed;
    if (!list.failed) models_print(cli, &list, 0, own, MODELS_NAMES, MSG_CLI_KIND_OWN);
    for (size_t k = 0; !list.failed && k <= COUNT_OF(models_kinds); k++)
        models_print(cli, &list, own, list.count, k,
                     k < COUNT_OF(models_kinds) ? models_kinds[k].words : MSG_CLI_KIND_OTHER);
    models_free(&list);
}
