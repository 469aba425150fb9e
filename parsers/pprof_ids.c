#include "parsers/pprof_ids.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/limits.h"

struct pprof_id {
    uint64_t id;
    uint32_t index; /* + 1; 0 = free */
};

/* Ids below this get a place in the array in any case, and above it as long as a
 * quarter of the array is in use. */
#define DENSE_MIN 65536
#define DENSE_SPREAD 4

void pprof_ids_finish(struct pprof_ids *ids)
{
    free(ids->dense);
    free(ids->slots);
    *ids = (struct pprof_ids){0};
}

/*
 * The finaliser of splitmix64, since addresses differ in few bits. Where the table lies
 * in memory is mixed in, which the kernel chooses: an input cannot be made of ids that
 * all fall into one place.
 */
static size_t hash_of(const struct pprof_ids *ids, uint64_t id)
{
    id ^= (uint64_t)(uintptr_t)ids->slots * UINT64_C(0x9e3779b97f4a7c15);
    id = (id ^ (id >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    id = (id ^ (id >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(id ^ (id >> 31));
}

static struct pprof_id *find_slot(const struct pprof_ids *ids, uint64_t id)
{
    size_t at = hash_of(ids, id) & (ids->slot_count - 1);

    while (ids->slots[at].index != 0 && ids->slots[at].id != id)
        at = (at + 1) & (ids->slot_count - 1);
    return &ids->slots[at];
}

static void grow_slots(struct pprof_ids *ids)
{
    struct pprof_id *old = ids->slots;
    size_t count = ids->slot_count;

    ids->slot_count = count ? count * 2 : 64;
    ids->slots = mem_alloc_array(ids->slot_count, sizeof *ids->slots);
    for (size_t i = 0; i < count; i++) {
        if (old[i].index != 0)
            *find_slot(ids, old[i].id) = old[i];
    }
    free(old);
}

static void grow_dense(struct pprof_ids *ids, uint64_t id)
{
    ids->dense =
        mem_grow(ids->dense, &ids->dense_capacity, (size_t)id + 1, sizeof *ids->dense);
    memset(ids->dense + ids->dense_count, 0,
           (ids->dense_capacity - ids->dense_count) * sizeof *ids->dense);
    ids->dense_count = ids->dense_capacity;
}

uint32_t pprof_ids_add(struct pprof_ids *ids, uint64_t id)
{
    struct pprof_id *slot;

    /* It may have been too far off for the array when it came first. */
    if (ids->slots_used > 0) {
        slot = find_slot(ids, id);
        if (slot->index != 0)
            return slot->index - 1;
    }
    if (ids->count >= LIMIT_PPROF_IDS)
        return PPROF_NO_INDEX;
    if (id < DENSE_MIN || id / DENSE_SPREAD < ids->count) {
        if (id >= ids->dense_count)
            grow_dense(ids, id);
        ids->dense[id] = ++ids->count;
        return ids->count - 1;
    }
    if (ids->slots_used * 2 >= ids->slot_count)
        grow_slots(ids);
    slot = find_slot(ids, id);
    *slot = (struct pprof_id){id, ++ids->count};
    ids->slots_used++;
    return ids->count - 1;
}
