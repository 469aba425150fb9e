#include "model/profile_names.h"

#include <stdbool.h>
#include <stdlib.h>
#define XXH_INLINE_ALL /* most keys are short: a call would cost as much as the hash */
#include <xxhash.h>

#include "model/base/mem.h"

/* Where the table lies is chosen by the kernel, so no input can be made of texts that all
 * fall into one place. */
static uint64_t seed_of(const struct profile_index *x)
{
    return (uint64_t)(uintptr_t)x;
}

static void put_slot(struct profile_index *x, struct profile_slot slot)
{
    size_t at = slot.hash & (x->slot_count - 1);

    while (x->slots[at].number != 0)
        at = (at + 1) & (x->slot_count - 1);
    x->slots[at] = slot;
}

static void grow(struct profile_index *x)
{
    struct profile_slot *old = x->slots;
    size_t count = x->slot_count;

    if (x->used * 4 < count * 3)
        return;
    x->slot_count = count ? count * 2 : 64;
    x->slots = mem_alloc_array(x->slot_count, sizeof *x->slots);
    for (size_t i = 0; i < count; i++) {
        if (old[i].number != 0)
            put_slot(x, old[i]);
    }
    free(old);
}

static void add_number(struct profile_index *x, uint32_t hash, size_t number)
{
    grow(x);
    put_slot(x, (struct profile_slot){hash, (uint32_t)number + 1});
    x->used++;
}

/* The next number with this hash, or 0 at the end; *at starts as the hash. */
static uint32_t next_number(const struct profile_index *x, uint32_t hash, size_t *at)
{
    if (x->slot_count == 0)
        return 0;
    for (;;) {
        const struct profile_slot *slot = &x->slots[*at & (x->slot_count - 1)];

        *at = *at + 1;
        if (slot->number == 0 || slot->hash == hash)
            return slot->number;
    }
}

struct slice profile_texts_at(const struct profile_texts *t, uint32_t number)
{
    uint64_t from = number ? t->ends[number - 1] : 0;

    return slice_of(t->bytes + from, (size_t)(t->ends[number] - from));
}

uint32_t profile_texts_add(struct profile_texts *t, struct slice text)
{
    uint32_t hash =
        (uint32_t)XXH3_64bits_withSeed(text.ptr, text.len, seed_of(&t->index));
    size_t at = hash;
    uint32_t number;

    while ((number = next_number(&t->index, hash, &at)) != 0) {
        if (slice_eq(profile_texts_at(t, number - 1), text))
            return number - 1;
    }
    t->bytes = mem_grow(t->bytes, &t->capacity, t->len + text.len, 1);
    if (text.len)
        memcpy(t->bytes + t->len, text.ptr, text.len);
    t->len += text.len;
    t->ends = mem_grow(t->ends, &t->ends_capacity, t->count + 1, sizeof *t->ends);
    t->ends[t->count] = t->len;
    add_number(&t->index, hash, t->count);
    return (uint32_t)t->count++;
}

static size_t index_bytes(const struct profile_index *x)
{
    return x->slot_count * sizeof *x->slots;
}

size_t profile_texts_bytes(const struct profile_texts *t)
{
    return t->capacity + t->ends_capacity * sizeof *t->ends + index_bytes(&t->index);
}

void profile_texts_finish(struct profile_texts *t)
{
    free(t->bytes);
    free(t->ends);
    free(t->index.slots);
    *t = (struct profile_texts){0};
}

static bool is_same(const struct profile_key *x, const struct profile_key *y)
{
    return x->a == y->a && x->b == y->b && x->c == y->c;
}

uint32_t profile_keys_add(struct profile_keys *k, struct profile_key key)
{
    uint32_t hash = (uint32_t)XXH3_64bits_withSeed(&key, sizeof key, seed_of(&k->index));
    size_t at = hash;
    uint32_t number;

    while ((number = next_number(&k->index, hash, &at)) != 0) {
        if (is_same(&k->keys[number - 1], &key))
            return number - 1;
    }
    k->keys = mem_grow(k->keys, &k->capacity, k->count + 1, sizeof *k->keys);
    k->keys[k->count] = key;
    add_number(&k->index, hash, k->count);
    return (uint32_t)k->count++;
}

size_t profile_keys_bytes(const struct profile_keys *k)
{
    return k->capacity * sizeof *k->keys + index_bytes(&k->index);
}

void profile_keys_finish(struct profile_keys *k)
{
    free(k->keys);
    free(k->index.slots);
    *k = (struct profile_keys){0};
}
