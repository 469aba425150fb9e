/* Old rows lose their cells; the pyramid goes on knowing what they were. */
#include <string.h>

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
    size_t chunk = first_kept(t, before_ns);

    t->pool.slab_max = LIVE_SLAB_BYTES;
    if (chunk == t->first_chunk)
        return;
    drop_chunks(t, chunk);
    drop_times(t);
    for (size_t i = 0; i < t->column_count; i++)
        pyramid_retire(&t->columns[i].pyramid, t->first_row / PYRAMID_BLOCK_ROWS);
}

size_t table_first_row(const struct table *t)
{
    return t->first_row;
}
