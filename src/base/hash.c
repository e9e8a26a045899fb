/* hash: FNV-1a, 64 bits (Fowler, Noll, Vo). */
#include "base.h"

#include <string.h>

Hash hash_start(void) {
    return (Hash){UINT64_C(0xcbf29ce484222325)};
}

static uint64_t hash_byte(uint64_t value, uint8_t byte) {
    return (value ^ byte) * UINT64_C(0x100000001b3);
}

void hash_bytes(Hash *hash, const void *bytes, size_t length) {
    const uint8_t *b = bytes;
    uint64_t value = hash->value;
    for (size_t i = 0; i < length; i++) value = hash_byte(value, b[i]);
    hash->value = value;
}

void hash_u64(Hash *hash, uint64_t value) {
    for (int i = 0; i < 8; i++) hash->value = hash_byte(hash->value, (uint8_t)(value >> (8 * i)));
}

void hash_double(Hash *hash, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) bits = UINT64_C(0x7ff8000000000000);
    hash_u64(hash, bits);
}
