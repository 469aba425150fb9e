/* Old rows lose their cells; the pyramid goes on knowing what they were. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/table_internal.h"

/* A table that is retired from is a live one: it holds an hour or so, and what it gives
 * back it gives back in pieces of this size. */
#define LIVE_SLAB_BYTES ((size_t)256 << 10)

/* The first chunk, of those after the retired ones, that does not end before the time. */
static size_t first_kept(const struct table *t, int64_t before_ns)
{
    size_t chunk = t->first_chunk;

    while (chunk + 1 < t->chunk_count) {
        size_t rows = chunk_first(chunk + 1) - chunk_first(chunk);

        if (chunk_times(t, chunk)[rows - 1] >= before_ns)
            break;
        chunk++;
    }
    return chunk;
}

/* Takes the chunks before that one off the lists. */
static void drop_chunks(struct table *t, size_t before)
{
    size_t gone = before - t->first_chunk, left = t->chunk_count - before;

    memmove(t->times, t->times + gone, left * sizeof *t->times);
    for (size_t i = 0; i < t->column_count; i++) {
        struct cells *chunks = t->columns[i].chunks;

        /* The newest is not on the list. */
        memmove(chunks, chunks + gone, (left - 1) * sizeof *chunks);
    }
    t->first_chunk = before;
    t->first_row = chunk_first(before);
    pool_release(&t->pool, before);
}

/* As far back as the finest level of the pyramid goes. */
static void drop_times(struct table *t)
{
    const size_t fan = TABLE_FAR_ROWS / PYRAMID_BLOCK_ROWS;
    const struct time_index *index = &t->near_index;
    size_t before = t->first_row / PYRAMID_BLOCK_ROWS;

    if (index->count < PYRAMID_LEVEL_MAX)
        return;
    if (before > index->first + index->count - PYRAMID_LEVEL_KEPT)
        before = index->first + index->count - PYRAMID_LEVEL_KEPT;
    before -= before % fan;
    if (before > index->first)
        table_index_forget(t, before);
}

void table_retire(struct table *t, int64_t before_ns)
{
    size_t chunk;

    if (t->is_forgotten)
        return;
    chunk = first_kept(t, before_ns);
    t->pool.slab_max = LIVE_SLAB_BYTES;
    if (chunk == t->first_chunk)
        return;
    drop_chunks(t, chunk);
    drop_times(t);
    for (size_t i = 0; i < t->column_count; i++)
        pyramid_retire(&t->columns[i].pyramid, t->first_row / PYRAMID_BLOCK_ROWS);
}

/* Times before the last far block that has begun are known by far blocks alone. */
static void drop_near_times(struct table *t)
{
    const size_t fan = TABLE_FAR_ROWS / PYRAMID_BLOCK_ROWS;
    struct time_index *index = &t->near_index;
    size_t end = index->first + index->count;

    if (end && (end - 1) / fan * fan > index->first)
        table_index_forget(t, (end - 1) / fan * fan);
    if (index->count) {
        int64_t *fitting = mem_alloc_array(index->count, sizeof *fitting);

        memcpy(fitting, index->times, index->count * sizeof *fitting);
        free(index->times);
        index->times = fitting;
        index->capacity = index->count;
    }
}

static void forget_column(struct table *t, size_t i, size_t blocks)
{
    struct column *c = &t->columns[i];

    free(c->chunks);
    c->chunks = NULL;
    c->chunk_capacity = 0;
    c->points = 0;
    pyramid_finish(&c->pyramid);
    pyramid_retire(&c->pyramid, blocks);
    t->current[i].cells = (struct cells){.kind = CELLS_SAME, .same = NAN};
}

void table_forget(struct table *t)
{
    const size_t block = PYRAMID_BLOCK_ROWS;
    struct pool pool = {.slab_max = PYRAMID_BLOCK_ROWS * sizeof(int64_t)};
    size_t first, count;
    int64_t *times;

    if (t->row_count == 0 || t->is_forgotten)
        return;
    first = (t->row_count - 1) / block * block;
    count = t->row_count - first;
    times = pool_alloc(&pool, count * sizeof *times);
    memcpy(times, time_of(t, first), count * sizeof *times);
    pool_finish(&t->pool);
    t->pool = pool;
    t->times[0] = times;
    t->first_chunk = t->chunk_count - 1;
    t->first_row = t->chunk_first_row = first;
    t->is_forgotten = true;
    drop_near_times(t);
    for (size_t i = 0; i < t->column_count; i++)
        forget_column(t, i, first / block);
}

bool table_is_forgotten(const struct table *t)
{
    return t->is_forgotten || t->row_count == 0;
}

void table_revive(struct table *t)
{
    const size_t begin = chunk_first(t->chunk_count - 1);
    const size_t rows = chunk_first(t->chunk_count) - begin;
    const size_t count = t->row_count - t->chunk_first_row;
    int64_t *times;

    t->pool.slab_max = LIVE_SLAB_BYTES;
    times = pool_alloc(&t->pool, (rows + CHUNK_STAGGER_ROWS) * sizeof *times);
    memcpy(times + (t->chunk_first_row - begin), t->times[0], count * sizeof *times);
    t->times[0] = times;
    t->chunk_first_row = begin;
    t->is_forgotten = false;
}

size_t table_first_row(const struct table *t)
{
    return t->first_row;
}
