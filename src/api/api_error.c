/* Errors as objects of the public interface. */
#include "api.h"

static descend_error API_NO_MEMORY = {
    .error = {.status = STATUS_MEMORY, .what = {.id = MSG_NO_MEMORY}}, .immortal = true};

descend_status api_status(Status status) {
    switch (status) {
        case STATUS_OK:
            return DESCEND_OK;
        case STATUS_MEMORY:
            return DESCEND_NO_MEMORY;
        case STATUS_IO:
            return DESCEND_IO;
        case STATUS_INPUT:
        case STATUS_INTERRUPTED:
        case STATUS_INTERNAL:
            return DESCEND_INPUT;
    }
    return DESCEND_INPUT;
}

descend_status api_no_memory(descend_error **error) {
    if (error) *error = &API_NO_MEMORY;
    return DESCEND_NO_MEMORY;
}

descend_status api_fail(descend_error **error, const Error *inside) {
    if (inside->status == STATUS_MEMORY) return api_no_memory(error);
    if (error) {
        *error = memory_new(1, sizeof **error);
        if (!*error) return api_no_memory(error);
        (*error)->error = *inside;
    }
    return api_status(inside->status);
}

descend_status api_misused(descend_error **error, const Error *inside) {
    descend_status status = api_fail(error, inside);
    if (status != DESCEND_INPUT) return status;
    if (error) (*error)->misuse = true;
    return DESCEND_MISUSE;
}

descend_status api_misuse(descend_error **error, MessageId id) {
    Error inside = {0};
    error_set(&inside, STATUS_INPUT, id, NULL);
    return api_misused(error, &inside);
}

descend_status api_null(descend_error **error, const char *argument) {
    Error inside = {0};
    error_set(&inside, STATUS_INPUT, MSG_API_NULL, argument, NULL);
    error_remedy(&inside, MSG_API_NULL_REMEDY, NULL);
    return api_misused(error, &inside);
}

const char *api_render(Text *text, const Message *message, const char *language) {
    text_clear(text);
    if (message->id != MSG_NONE) message_render(message, language_of(language), text);
    return text_string(text);
}

const char *api_note(Text *text, const Notes *notes, size_t k, const char *language) {
    if (k >= notes->count) return NULL;
    text_clear(text);
    error_render(&notes->items[k], language_of(language), text);
    return text_string(text);
}

descend_status descend_error_status(const descend_error *error) {
    if (!error) return DESCEND_OK;
    return error->misuse ? DESCEND_MISUSE : api_status(error->error.status);
}

/* The immortal one is shared by all threads: it renders nothing into itself. */
static const char *api_error_fixed(const char *language) {
    return message_template(MSG_NO_MEMORY, language_of(language));
}

const char *descend_error_text(descend_error *error, const char *language) {
    if (!error) return "";
    if (error->immortal) return api_error_fixed(language);
    text_clear(&error->text);
    error_render(&error->error, language_of(language), &error->text);
    return text_string(&error->text);
}

const char *descend_error_sentence(descend_error *error, const char *language) {
    if (!error) return "";
    if (error->immortal) return api_error_fixed(language);
    return api_render(&error->sentence, &error->error.what, language);
}

const char *descend_error_remedy(descend_error *error, const char *language) {
    if (!error || error->immortal) return "";
    return api_render(&error->remedy, &error->error.remedy, language);
}

const char *descend_error_file(const descend_error *error) {
    return error ? error_about_file(&error->error) : "";
}

long descend_error_line(const descend_error *error) {
    return error ? error->error.line : 0;
}

long descend_error_column(const descend_error *error) {
    return error ? error->error.column : 0;
}

void descend_error_free(descend_error *error) {
    if (!error || error->immortal) return;
    text_free(&error->text);
    text_free(&error->sentence);
    text_free(&error->remedy);
    memory_free(error);
}

void descend_free(void *memory) {
    memory_free(memory);
}

const char *descend_version(void) {
    return DESCEND_VERSION;
}
