/*
 * The least and the greatest value of a column, for every PYRAMID_BLOCK_ROWS rows and
 * for every PYRAMID_FAN of those, and so on up. Costs two doubles in 64 rows, or 3 %
 * of the column.
 *
 * Of a column that runs for ever each level forgets its oldest part, once that is of
 * retired rows and the level is long; the level above goes on knowing it. So a column
 * takes at most some 32 KiB a level, and there is a level more with every sixteenfold.
 */
#ifndef MODEL_PYRAMID_H
#define MODEL_PYRAMID_H

#include <stdbool.h>
#include <stddef.h>

#include "model/table.h"

#define PYRAMID_BLOCK_ROWS ((size_t)64)
#define PYRAMID_FAN_LOG2 4
#define PYRAMID_LEVELS 8 /* 64 × 16^7 rows: more than memory holds */

/* A level of retired rows that reaches the first forgets down to the second: a day of
 * rows a second at its finest, and more blocks than a chart has columns at each level. */
#define PYRAMID_LEVEL_MAX ((size_t)2048)
#define PYRAMID_LEVEL_KEPT ((size_t)1536)

struct pyramid_levels;

/* Zero-initialise. Blocks that were never added are empty. */
struct pyramid {
    struct pyramid_levels *known; /* NULL while there is no block: of a tiny table */
    size_t retired_blocks; /* those before it may be known by a higher level alone */
};

void pyramid_finish(struct pyramid *p);

/* The extent with no value in it: merging it changes nothing. */
struct extent extent_empty(void);
void extent_merge(struct extent *into, struct extent other);

/* Blocks come in order; one that is empty need not come at all. */
void pyramid_add(struct pyramid *p, size_t block, struct extent extent);

/* Nobody asks for less than a higher level's blocks before that one any more. */
void pyramid_retire(struct pyramid *p, size_t before_block);

/* Merges blocks [from, to) into *out; where they are known by a higher level alone, all
 * of its blocks that they lie in. */
void pyramid_merge(const struct pyramid *p, size_t from, size_t to, struct extent *out);

size_t pyramid_memory_bytes(const struct pyramid *p);

#endif
