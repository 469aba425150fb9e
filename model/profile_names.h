/*
 * Texts, functions and frames, each kept once and carried as numbers.
 */
#ifndef MODEL_PROFILE_NAMES_H
#define MODEL_PROFILE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

/* A hash table of numbers of things that lie elsewhere: open addressing. */
struct profile_slot {
    uint32_t hash;
    uint32_t number; /* + 1; 0 = free */
};

struct profile_index {
    struct profile_slot *slots; /* a power of two of them, at most 3/4 full */
    size_t slot_count, used;
};

/* Texts. Zero-initialise. */
struct profile_texts {
    char *bytes;
    uint64_t *ends;
    size_t len, capacity, count, ends_capacity;
    struct profile_index index;
};

uint32_t profile_texts_add(struct profile_texts *t, struct slice text);
struct slice profile_texts_at(const struct profile_texts *t, uint32_t number);
size_t profile_texts_bytes(const struct profile_texts *t);
void profile_texts_finish(struct profile_texts *t);

/* Pairs and triples of numbers. Zero-initialise. */
struct profile_key {
    uint32_t a, b;
    uint64_t c;
};

struct profile_keys {
    struct profile_key *keys;
    size_t count, capacity;
    struct profile_index index;
};

uint32_t profile_keys_add(struct profile_keys *k, struct profile_key key);
size_t profile_keys_bytes(const struct profile_keys *k);
void profile_keys_finish(struct profile_keys *k);

#endif
