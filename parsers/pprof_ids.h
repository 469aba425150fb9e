/*
 * Ids of a profile (locations, functions, mappings) to indexes, in order of first
 * appearance, be that a definition or a reference.
 *
 * Go and pprof number from 1 on, and those are looked up in an array. Others use
 * addresses or hashes: those go into a hash table, so that an id costs memory for itself
 * and not for its size.
 */
#ifndef PARSERS_PPROF_IDS_H
#define PARSERS_PPROF_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"

/* No index: the map is full. */
#define PPROF_NO_INDEX UINT32_MAX

/* Zero-initialise. Holds LIMIT_PPROF_IDS. */
struct pprof_ids {
    uint32_t *dense; /* index + 1 by id; 0 = not in it */
    size_t dense_count, dense_capacity;
    struct pprof_id *slots; /* a power of two of them, at most half full */
    size_t slot_count, slots_used;
    uint32_t count; /* different ids */
};

void pprof_ids_finish(struct pprof_ids *ids);

uint32_t pprof_ids_add(struct pprof_ids *ids, uint64_t id);

/* The index of the id: a new one, the count until now, when it is new. */
static inline uint32_t pprof_ids_get(struct pprof_ids *ids, uint64_t id)
{
    if (LIKELY(id < ids->dense_count && ids->dense[id] != 0))
        return ids->dense[id] - 1;
    return pprof_ids_add(ids, id);
}

#endif
