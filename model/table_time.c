/* When rows were, and which row was when. */
#include <assert.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/table_internal.h"

#define FAN (TABLE_FAR_ROWS / PYRAMID_BLOCK_ROWS)

static void index_add(struct time_index *index, int64_t time_ns)
{
    index->times =
        mem_grow(index->times, &index->capacity, index->count + 1, sizeof *index->times);
    index->times[index->count++] = time_ns;
}

void table_index_block(struct table *t, size_t first_row, int64_t time_ns)
{
    index_add(&t->near_index, time_ns);
    if (first_row % TABLE_FAR_ROWS == 0)
        index_add(&t->far_index, time_ns);
}

void table_index_forget(struct table *t, size_t before_block)
{
    struct time_index *index = &t->near_index;
    size_t gone = before_block - index->first;

    assert(before_block % FAN == 0 && gone <= index->count);
    index->count -= gone;
    memmove(index->times, index->times + gone, index->count * sizeof *index->times);
    index->first = before_block;
}

/* The end of the near index, as a block. */
static size_t near_end(const struct table *t)
{
    return t->near_index.first + t->near_index.count;
}

/* When the block began; it need not be whole if its rows are there. */
static int64_t block_time(const struct table *t, size_t block)
{
    size_t row = block * PYRAMID_BLOCK_ROWS;

    if (row >= t->first_row)
        return *time_of(t, row);
    if (block >= t->near_index.first)
        return t->near_index.times[block - t->near_index.first];
    return t->far_index.times[block / FAN];
}

/* A retired row: evenly between where its block and the next one begin. */
static int64_t time_between(const struct table *t, size_t row)
{
    size_t block = row / PYRAMID_BLOCK_ROWS, next = block + 1, rows, within;
    uint64_t from_ns, apart_ns; /* unsigned: may be the whole range of times apart */

    if (block < t->near_index.first) {
        block -= block % FAN;
        next = block + FAN;
    }
    rows = (next - block) * PYRAMID_BLOCK_ROWS;
    within = row - block * PYRAMID_BLOCK_ROWS;
    from_ns = (uint64_t)block_time(t, block);
    apart_ns = (uint64_t)block_time(t, next) - from_ns;
    return (int64_t)(from_ns + apart_ns / rows * within +
                     apart_ns % rows * within / rows);
}

int64_t table_row_time(const struct table *t, size_t row)
{
    assert(row < t->row_count);
    if (UNLIKELY(row < t->first_row))
        return time_between(t, row);
    return *time_of(t, row);
}

/* The first of times[low, high) at or after the time; high where there is none. */
static size_t search(const int64_t *times, size_t low, size_t high, int64_t time_ns)
{
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (times[mid] < time_ns)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The last of the far blocks, or of the finished near ones, that begins before the time;
 * the first where none does. */
static size_t far_block(const struct table *t, int64_t time_ns)
{
    size_t found = search(t->far_index.times, 0, t->far_index.count, time_ns);

    return found ? found - 1 : 0;
}

static size_t near_block(const struct table *t, int64_t time_ns)
{
    const struct time_index *index = &t->near_index;
    size_t low = far_block(t, time_ns) * FAN, high, found;

    if (low < index->first)
        return low; /* the far block is all that is known */
    low -= index->first;
    high = low + FAN < index->count ? low + FAN : index->count;
    found = search(index->times, low, high, time_ns);
    return found ? found - 1 + index->first : index->first;
}

/* As search; no chunk ends between the rows. */
static size_t search_rows(const struct table *t, size_t first, size_t count,
                          int64_t time_ns)
{
    return first + search(time_of(t, first), 0, count, time_ns);
}

/* As search_rows, of rows whose times are only known by their block's. */
static NO_INLINE size_t search_retired(const struct table *t, size_t first, size_t count,
                                       int64_t time_ns)
{
    size_t low = first, high = first + count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (time_between(t, mid) < time_ns)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

size_t table_lower_bound(const struct table *t, int64_t time_ns)
{
    size_t tail = near_end(t) * PYRAMID_BLOCK_ROWS; /* not in the index yet */
    size_t block;

    if (t->row_count == 0)
        return 0;
    if (tail < t->row_count && (tail == 0 || table_row_time(t, tail) < time_ns))
        return search_rows(t, tail, t->row_count - tail, time_ns);
    block = near_block(t, time_ns);
    if (UNLIKELY(block * PYRAMID_BLOCK_ROWS < t->first_row))
        return search_retired(
            t, block * PYRAMID_BLOCK_ROWS,
            (block < t->near_index.first ? FAN : 1) * PYRAMID_BLOCK_ROWS, time_ns);
    return search_rows(t, block * PYRAMID_BLOCK_ROWS, PYRAMID_BLOCK_ROWS, time_ns);
}

size_t table_lower_block(const struct table *t, int64_t time_ns, bool far)
{
    return far ? far_block(t, time_ns) * TABLE_FAR_ROWS
               : near_block(t, time_ns) * PYRAMID_BLOCK_ROWS;
}
