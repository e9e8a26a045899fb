/* Memory, arenas, text and hashes. */
#include "../../src/base/base.h"
#include "../check.h"

#include <limits.h>

TEST(sizes_do_not_wrap) {
    size_t result = 7;
    CHECK(memory_multiply(0, SIZE_MAX, &result) && result == 0);
    CHECK(memory_multiply(SIZE_MAX, 1, &result) && result == SIZE_MAX);
    CHECK(!memory_multiply(SIZE_MAX / 2 + 1, 2, &result));
    CHECK(memory_add(SIZE_MAX, 0, &result) && result == SIZE_MAX);
    CHECK(!memory_add(SIZE_MAX, 1, &result));
    CHECK(memory_new(SIZE_MAX, 2) == NULL);
    CHECK(memory_resize(NULL, SIZE_MAX, 2) == NULL);
    void *nothing = memory_new(0, 8);
    CHECK(nothing != NULL);
    memory_free(nothing);
    memory_free(NULL);
}

TEST(reserve_grows_and_keeps) {
    int *items = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        if (!memory_reserve(&items, &capacity, i + 1, sizeof *items)) break;
        items[i] = (int)i;
    }
    for (int i = 0; i < 1000; i++) CHECK_INT(items[i], i);
    CHECK(capacity >= 1000 && capacity < 2000);
    CHECK(!memory_reserve(&items, &capacity, SIZE_MAX, sizeof *items));
    CHECK_INT(items[999], 999);
    memory_free(items);
}

TEST(arena_pieces_are_apart) {
    Arena arena = {0};
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(&arena, i * 37 % 5000, 1);
        CHECK(pieces[i] != NULL && (uintptr_t)pieces[i] % 16 == 0);
        for (size_t k = 0; k < i * 37 % 5000; k++) CHECK(pieces[i][k] == 0);
        memset(pieces[i], (int)(i & 255), i * 37 % 5000);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 37 % 5000; k++) CHECK(pieces[i][k] == (i & 255));
    CHECK_TEXT(arena_copy(&arena, "abcdef", 3), "abc");
    CHECK_TEXT(arena_copy(&arena, "", 0), "");
    CHECK(!arena.failed);
    CHECK(arena_alloc(&arena, SIZE_MAX, 1) == NULL && arena.failed);
    CHECK(arena_alloc(&arena, SIZE_MAX / 4, 8) == NULL);
    arena_free(&arena);
    CHECK(!arena.failed && arena.chunks == NULL);
    arena_free(&arena);
}

TEST(text_grows) {
    Text text = {0};
    CHECK_TEXT(text_string(&text), "");
    for (int i = 0; i < 500; i++) text_add(&text, "ab");
    text_add_repeat(&text, 'c', 3);
    text_add_char(&text, '!');
    text_add_integer(&text, -42);
    text_add_number(&text, 0.1);
    CHECK_INT(text.length, 1000 + 4 + 3 + 3);
    CHECK_TEXT(text_string(&text) + 998, "abccc!-420.1");
    text_clear(&text);
    CHECK_TEXT(text_string(&text), "");
    text_add(&text, "again");
    char *taken = text_take(&text);
    CHECK_TEXT(taken, "again");
    CHECK(text.data == NULL && text.length == 0);
    memory_free(taken);
    taken = text_take(&text);
    CHECK_TEXT(taken, "");
    memory_free(taken);
    text_free(&text);
}

/* The same format and arguments through text_format and snprintf. */
#define CHECK_FORMAT(...)                                                                          \
    do {                                                                                           \
        Text text = {0};                                                                           \
        char want[256];                                                                            \
        text_format(&text, __VA_ARGS__);                                                           \
        snprintf(want, sizeof want, __VA_ARGS__);                                                  \
        CHECK_TEXT(text_string(&text), want);                                                      \
        text_free(&text);                                                                          \
    } while (0)

TEST(format_as_printf) {
    CHECK_FORMAT("plain");
    CHECK_FORMAT("%s and %s", "one", "");
    CHECK_FORMAT("[%8s] [%-8s] [%.2s] [%-6.3s] [%.*s]", "abc", "abc", "abc", "abcdef", 2, "xyz");
    CHECK_FORMAT("%d %d %d", 0, INT_MAX, INT_MIN);
    CHECK_FORMAT("%ld %lld %lld", LONG_MIN, LLONG_MAX, LLONG_MIN);
    CHECK_FORMAT("%zu %u %lu %llu", SIZE_MAX, UINT_MAX, ULONG_MAX, ULLONG_MAX);
    CHECK_FORMAT("[%5d] [%-5d] [%05d] [%05d] [%2d]", 42, 42, 42, -42, 12345);
    CHECK_FORMAT("[%*d] [%*d]", 6, 7, -6, 7);
    CHECK_FORMAT("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
    CHECK_FORMAT("100%% %s", "sure");
    CHECK_FORMAT("%03u|%3zu|%-4zu|", 7u, (size_t)5, (size_t)6);
}

/* Fowler, Noll and Vo's own test values. */
TEST(hash_known_answers) {
    static const struct {
        const char *text;
        uint64_t value;
    } rows[] = {{"", 0xcbf29ce484222325u},
                {"a", 0xaf63dc4c8601ec8cu},
                {"b", 0xaf63df4c8601f1a5u},
                {"foobar", 0x85944171f73967e8u},
                {"chongo was here!\n", 0x46810940eff5f915u}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Hash hash = hash_start();
        hash_bytes(&hash, rows[i].text, strlen(rows[i].text));
        CHECK(hash.value == rows[i].value);
    }
}

static uint64_t hash_of(double value) {
    Hash hash = hash_start();
    hash_double(&hash, value);
    return hash.value;
}

TEST(hash_of_numbers) {
    static const unsigned char bytes[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    Hash a = hash_start(), b = hash_start();
    hash_bytes(&a, bytes, 8);
    hash_u64(&b, 0x0102030405060708u);
    CHECK(a.value == b.value);
    CHECK(hash_of((double)NAN) == hash_of(-(double)NAN));
    CHECK(hash_of(0.0) != hash_of(-0.0));
    CHECK(hash_of(1.0) != hash_of(2.0));
}

TEST_MAIN(sizes_do_not_wrap, reserve_grows_and_keeps, arena_pieces_are_apart, text_grows,
          format_as_printf, hash_known_answers, hash_of_numbers)
