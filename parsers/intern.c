#include "parsers/intern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

#define SLOTS_LEAST 256u

/* Eight bytes a step: keys are mostly stacks of addresses and long function names. */
static uint32_t hash_of(const char *p, size_t len)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ len;

    while (len) {
        uint64_t word = 0;
        size_t take = len < sizeof word ? len : sizeof word;

        memcpy(&word, p, take);
        h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
        p += take;
        len -= take;
    }
    return (uint32_t)(h ^ h >> 29);
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t find_slot(const struct intern *t, const void *key, size_t len,
                        uint32_t hash)
{
    size_t mask = t->slot_count - 1, i = hash & mask;

    for (; t->slots[i]; i = (i + 1) & mask) {
        const struct intern_entry *e = &t->entries[t->slots[i] - 1];

        if (e->hash == hash && e->len == len &&
            (len == 0 || memcmp(t->bytes + e->at_bytes, key, len) == 0))
            break;
    }
    return i;
}

static void rehash(struct intern *t, size_t slot_count)
{
    free(t->slots);
    t->slots = mem_alloc_array(slot_count, sizeof *t->slots);
    t->slot_count = slot_count;
    for (size_t k = 0; k < t->count; k++) {
        size_t i = t->entries[k].hash & (slot_count - 1);

        while (t->slots[i])
            i = (i + 1) & (slot_count - 1);
        t->slots[i] = (uint32_t)k + 1;
    }
}

uint32_t intern_find(const struct intern *t, const void *key, size_t len)
{
    uint32_t slot;

    if (t->slot_count == 0)
        return INTERN_NONE;
    slot = t->slots[find_slot(t, key, len, hash_of(key, len))];
    return slot ? slot - 1 : INTERN_NONE;
}

uint32_t intern_put(struct intern *t, const void *key, size_t len)
{
    uint32_t hash = hash_of(key, len);
    size_t i;

    if (t->count * 2 >= t->slot_count)
        rehash(t, t->slot_count ? t->slot_count * 2 : SLOTS_LEAST);
    i = find_slot(t, key, len, hash);
    if (t->slots[i])
        return t->slots[i] - 1;
    if (t->count >= t->max_count || len > UINT32_MAX || len > t->max_bytes - t->len)
        return INTERN_NONE;
    t->bytes = mem_grow(t->bytes, &t->capacity, t->len + len, 1);
    t->entries =
        mem_grow(t->entries, &t->entry_capacity, t->count + 1, sizeof *t->entries);
    if (len)
        memcpy(t->bytes + t->len, key, len);
    t->entries[t->count] = (struct intern_entry){t->len, (uint32_t)len, hash};
    t->len += len;
    t->slots[i] = (uint32_t)++t->count;
    return (uint32_t)t->count - 1;
}

struct slice intern_get(const struct intern *t, uint32_t number)
{
    const struct intern_entry *e;

    assert(number < t->count);
    e = &t->entries[number];
    return e->len ? slice_of(t->bytes + e->at_bytes, e->len) : (struct slice){0};
}

void intern_finish(struct intern *t)
{
    free(t->bytes);
    free(t->entries);
    free(t->slots);
    *t = (struct intern){.max_bytes = t->max_bytes, .max_count = t->max_count};
}

/* Small tables are filled again at once by the next profile of the same input. */
#define KEEP_BYTES ((size_t)1 << 20)

void intern_clear(struct intern *t)
{
    if (t->capacity + t->entry_capacity * sizeof *t->entries > KEEP_BYTES) {
        intern_finish(t);
        return;
    }
    if (t->slots)
        memset(t->slots, 0, t->slot_count * sizeof *t->slots);
    t->len = 0;
    t->count = 0;
}
