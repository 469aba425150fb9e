/*
 * Byte strings, each once, numbered from 0 in the order of their first appearance. Of
 * whatever makes up a profile (names, functions, stacks) a key is its bytes, so one
 * table knows them all.
 *
 * Lifetime: the table owns copies; what intern_get returns is valid until the next
 * intern_put.
 *
 * Errors: a table that has reached its bounds refuses new keys and still finds the old
 * ones.
 */
#ifndef PARSERS_INTERN_H
#define PARSERS_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

#define INTERN_NONE UINT32_MAX

struct intern_entry {
    uint64_t at_bytes; /* of the key in `bytes` */
    uint32_t len;
    uint32_t hash;
};

/* Zero-initialise, with `max_bytes` and `max_count` set. */
struct intern {
    size_t max_bytes; /* of all keys together */
    uint32_t max_count;
    char *bytes;
    size_t len, capacity;
    struct intern_entry *entries;
    size_t count, entry_capacity;
    uint32_t *slots; /* entry + 1, or 0; the number of slots is a power of two */
    size_t slot_count;
};

/* The key's number, given now where it is new; INTERN_NONE when it does not fit. */
uint32_t intern_put(struct intern *t, const void *key, size_t len);

/* The number of a key that is there, or INTERN_NONE. */
uint32_t intern_find(const struct intern *t, const void *key, size_t len);

struct slice intern_get(const struct intern *t, uint32_t number);

/* Forgets the keys, and what memory a large input took; keeps the bounds. */
void intern_clear(struct intern *t);
void intern_finish(struct intern *t);

#endif
