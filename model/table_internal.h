/* What table.c, table_time.c and table_retire.c share. */
#ifndef MODEL_TABLE_INTERNAL_H
#define MODEL_TABLE_INTERNAL_H

#include "model/base/pool.h"
#include "model/cells.h"
#include "model/pyramid.h"
#include "model/table.h"

/* Chunks hold 64, 64, 128, 256, … rows up to this, and this from then on. Half
 * an hour of rows a second: what a table keeps beyond what it was asked to. */
#define CHUNK_ROWS_MAX ((size_t)2048)
#define CHUNK_ROWS_MAX_LOG2 11
#define CHUNK_ROWS_MIN_LOG2 6

/* Columns of a chunk would all start on the same cache set if their distance were a
 * power of two; appending a row would then evict its own lines. So chunks of cells
 * have room for these rows more than they use. */
#define CHUNK_STAGGER_ROWS ((size_t)16)

struct column {
    uint32_t metric;
    struct cells_step step;
    struct cells
        *chunks; /* from table.first_chunk on; but the newest, in table.current */
    size_t chunk_capacity;
    size_t points; /* in whole blocks */
    struct pyramid pyramid;
};

/* What appending a row touches, side by side. */
struct current {
    struct cells cells;
    struct cells_step step;
};

struct time_index {
    int64_t *times;
    size_t first; /* the block of times[0] */
    size_t count, capacity;
};

struct table {
    struct pool pool;
    struct column *columns;
    size_t column_count, column_capacity;
    struct current *current; /* each column's newest chunk */
    size_t current_capacity;
    int64_t **times; /* of each chunk from first_chunk on */
    size_t times_capacity;
    /* The times of every 64th and of every 1,024th row once more, side by side: a search
     * through the rows themselves fetches a cold page at every step. Of retired rows they
     * are all that is left, of the oldest the far one alone. */
    struct time_index near_index, far_index;
    size_t chunk_count; /* retired ones too */
    size_t first_chunk; /* that is not retired … */
    size_t first_row;   /* … and its first row */
    size_t row_count;
    size_t chunk_first_row; /* of the newest chunk */
    size_t chunk_end_row;
    int64_t last_time_ns;
    bool is_forgotten; /* the newest chunk holds the times of its last block alone, from
                        * chunk_first_row on, until a row is appended */
};

struct place {
    size_t chunk, index;
};

static inline unsigned log2_of(size_t x)
{
    unsigned n = 0;

    while (x >>= 1)
        n++;
    return n;
}

static inline size_t chunk_first(size_t chunk)
{
    const size_t ramp = CHUNK_ROWS_MAX_LOG2 - CHUNK_ROWS_MIN_LOG2;

    if (chunk == 0)
        return 0;
    if (chunk <= ramp)
        return (size_t)1 << (chunk + CHUNK_ROWS_MIN_LOG2 - 1);
    return (chunk - ramp) << CHUNK_ROWS_MAX_LOG2;
}

static inline struct place place_of(size_t row)
{
    size_t chunk;

    if (row >= CHUNK_ROWS_MAX)
        return (struct place){(row >> CHUNK_ROWS_MAX_LOG2) + CHUNK_ROWS_MAX_LOG2 -
                                  CHUNK_ROWS_MIN_LOG2,
                              row & (CHUNK_ROWS_MAX - 1)};
    if (row < PYRAMID_BLOCK_ROWS)
        return (struct place){0, row};
    chunk = log2_of(row) - CHUNK_ROWS_MIN_LOG2 + 1;
    return (struct place){chunk, row - chunk_first(chunk)};
}

/* The times of a chunk that is not retired. */
static inline int64_t *chunk_times(const struct table *t, size_t chunk)
{
    return t->times[chunk - t->first_chunk];
}

/* The time of a row that is not retired. */
static inline int64_t *time_of(const struct table *t, size_t row)
{
    const struct place at = place_of(row);

    return &chunk_times(
        t, at.chunk)[UNLIKELY(t->is_forgotten) ? row - t->chunk_first_row : at.index];
}

/* A forgotten table goes on. */
void table_revive(struct table *t);

/* The 64 rows from `first_row` on are all there; so begins their block. */
void table_index_block(struct table *t, size_t first_row, int64_t time_ns);

/* Forgets the near blocks before that one, which begins a far one. */
void table_index_forget(struct table *t, size_t before_block);

#endif
