/*
 * The least and the greatest value of a column, for every PYRAMID_BLOCK_ROWS rows and
 * for every PYRAMID_FAN of those, and so on up. Costs two doubles in 64 rows, or 3 %
 * of the column.
 */
#ifndef MODEL_PYRAMID_H
#define MODEL_PYRAMID_H

#include <stdbool.h>
#include <stddef.h>

#include "model/table.h"

#define PYRAMID_BLOCK_ROWS ((size_t)64)
#define PYRAMID_FAN_LOG2 4
#define PYRAMID_LEVELS 8 /* 64 × 16^7 rows: more than memory holds */

/* Zero-initialise. Blocks that were never added are empty. */
struct pyramid {
    struct extent *levels[PYRAMID_LEVELS];
    size_t counts[PYRAMID_LEVELS];
    size_t capacities[PYRAMID_LEVELS];
};

void pyramid_finish(struct pyramid *p);

/* The extent with no value in it: merging it changes nothing. */
struct extent extent_empty(void);
void extent_merge(struct extent *into, struct extent other);

/* Blocks come in order; one that is empty need not come at all. */
void pyramid_add(struct pyramid *p, size_t block, struct extent extent);

/* Merges blocks [from, to) into *out. */
void pyramid_merge(const struct pyramid *p, size_t from, size_t to, struct extent *out);

size_t pyramid_memory_bytes(const struct pyramid *p);

#endif
