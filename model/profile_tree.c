#include "model/profile_tree.h"

#include <stdlib.h>

#include "model/base/mem.h"

void profile_tree_init(struct profile_tree *t)
{
    *t = (struct profile_tree){0};
    t->nodes = mem_grow(NULL, &t->capacity, 1, sizeof *t->nodes);
    t->nodes[0] = (struct profile_node){0, 0, 0};
    t->count = 1;
}

void profile_tree_finish(struct profile_tree *t)
{
    free(t->nodes);
    free(t->slots);
    *t = (struct profile_tree){0};
}

size_t profile_tree_bytes(const struct profile_tree *t)
{
    return t->capacity * sizeof *t->nodes + t->slot_count * sizeof *t->slots;
}

/* Where the table lies is mixed in: no input can know it. */
static size_t slot_of(const struct profile_tree *t, uint32_t parent, uint32_t frame)
{
    uint64_t key = ((uint64_t)parent << 32 | frame) ^
                   (uint64_t)(uintptr_t)t->slots * UINT64_C(0x9e3779b97f4a7c15);

    key = (key ^ (key >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    key = (key ^ (key >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)(key ^ (key >> 32)) & (t->slot_count - 1);
}

uint32_t profile_tree_find(const struct profile_tree *t, uint32_t parent, uint32_t frame)
{
    size_t at;

    if (t->slot_count == 0)
        return 0;
    for (at = slot_of(t, parent, frame); t->slots[at] != 0;
         at = (at + 1) & (t->slot_count - 1)) {
        const struct profile_node *node = &t->nodes[t->slots[at]];

        if (node->parent == parent && (node->frame & ~PROFILE_REPEATS) == frame)
            return t->slots[at];
    }
    return 0;
}

static void put_slot(struct profile_tree *t, uint32_t number)
{
    const struct profile_node *node = &t->nodes[number];
    size_t at = slot_of(t, node->parent, node->frame & ~PROFILE_REPEATS);

    while (t->slots[at] != 0)
        at = (at + 1) & (t->slot_count - 1);
    t->slots[at] = number;
}

static void grow_slots(struct profile_tree *t)
{
    uint32_t *old = t->slots;
    size_t count = t->slot_count;

    t->slot_count = count ? count * 2 : 64;
    t->slots = mem_alloc_array(t->slot_count, sizeof *t->slots);
    mem_wish_huge(t->slots, t->slot_count * sizeof *t->slots);
    for (size_t i = 0; i < count; i++) {
        if (old[i] != 0)
            put_slot(t, old[i]);
    }
    free(old);
}

uint32_t profile_tree_add(struct profile_tree *t, uint32_t parent, uint32_t frame,
                          bool repeats)
{
    uint32_t number = (uint32_t)t->count;

    t->nodes = mem_grow_huge(t->nodes, &t->capacity, t->count + 1, sizeof *t->nodes);
    t->nodes[t->count++] =
        (struct profile_node){parent, frame | (repeats ? PROFILE_REPEATS : 0), 0};
    if (t->nodes[parent].child == 0) {
        t->nodes[parent].child = number;
        return number;
    }
    if (t->slots_used * 2 >= t->slot_count)
        grow_slots(t);
    put_slot(t, number);
    t->slots_used++;
    return number;
}
