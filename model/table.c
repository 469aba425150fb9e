#include "model/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/table_internal.h"

struct table *table_create(void)
{
    return mem_alloc(sizeof(struct table));
}

void table_destroy(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->column_count; i++) {
        pyramid_finish(&t->columns[i].pyramid);
        free(t->columns[i].chunks);
    }
    free(t->columns);
    free(t->current);
    free(t->times);
    free(t->near_index.times);
    free(t->far_index.times);
    pool_finish(&t->pool);
    free(t);
}

bool table_find_column(const struct table *t, uint32_t metric, unsigned *column)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].metric == metric) {
            *column = (unsigned)i;
            return true;
        }
    }
    return false;
}

static const struct cells cells_missing = {.kind = CELLS_SAME, .same = NAN};

unsigned table_column(struct table *t, uint32_t metric, double step)
{
    unsigned found;
    struct column *c;
    size_t chunks;

    if (table_find_column(t, metric, &found))
        return found;
    t->columns = mem_grow(t->columns, &t->column_capacity, t->column_count + 1,
                          sizeof *t->columns);
    t->current = mem_grow(t->current, &t->current_capacity, t->column_count + 1,
                          sizeof *t->current);
    c = &t->columns[t->column_count];
    *c = (struct column){.metric = metric, .step = {step, step > 0 ? 1 / step : 0}};
    chunks = t->chunk_count - t->first_chunk;
    c->chunks = mem_grow(NULL, &c->chunk_capacity, chunks + 1, sizeof *c->chunks);
    for (size_t i = 0; i < chunks; i++)
        c->chunks[i] = cells_missing;
    pyramid_retire(&c->pyramid, t->first_row / PYRAMID_BLOCK_ROWS);
    t->current[t->column_count] = (struct current){cells_missing, c->step};
    return (unsigned)t->column_count++;
}

unsigned table_column_count(const struct table *t)
{
    return (unsigned)t->column_count;
}

uint32_t table_column_metric(const struct table *t, unsigned column)
{
    assert(column < t->column_count);
    return t->columns[column].metric;
}

static void add_chunk(struct table *t)
{
    size_t rows = chunk_first(t->chunk_count + 1) - chunk_first(t->chunk_count);
    size_t chunks = t->chunk_count - t->first_chunk;

    t->pool.age = t->chunk_count;
    t->times = mem_grow(t->times, &t->times_capacity, chunks + 1, sizeof *t->times);
    t->times[chunks] =
        pool_alloc(&t->pool, (rows + CHUNK_STAGGER_ROWS) * sizeof(int64_t));
    for (size_t i = 0; i < t->column_count; i++) {
        struct column *c = &t->columns[i];

        c->chunks =
            mem_grow(c->chunks, &c->chunk_capacity, chunks + 1, sizeof *c->chunks);
        if (chunks)
            c->chunks[chunks - 1] = t->current[i].cells;
        t->current[i].cells = cells_missing;
    }
    t->chunk_count++;
    t->chunk_first_row = t->row_count;
    t->chunk_end_row = t->row_count + rows;
}

static const struct cells *cells_at(const struct table *t, unsigned column, size_t chunk)
{
    return chunk + 1 == t->chunk_count
               ? &t->current[column].cells
               : &t->columns[column].chunks[chunk - t->first_chunk];
}

static NO_INLINE void finish_block(struct table *t)
{
    size_t first = t->row_count - PYRAMID_BLOCK_ROWS;
    size_t index = first - t->chunk_first_row;

    table_index_block(t, first, chunk_times(t, t->chunk_count - 1)[index]);

    for (size_t i = 0; i < t->column_count; i++) {
        struct column *c = &t->columns[i];
        const struct cells *cells = &t->current[i].cells;
        struct extent extent = cells_extent(cells, index, PYRAMID_BLOCK_ROWS, &c->step);

        if (extent.min > extent.max)
            continue;
        c->points += cells_present(cells, index, PYRAMID_BLOCK_ROWS);
        pyramid_add(&c->pyramid, first / PYRAMID_BLOCK_ROWS, extent);
    }
}

void table_append(struct table *t, int64_t time_ns, const double *values)
{
    size_t index, capacity;

    if (UNLIKELY(t->is_forgotten))
        table_revive(t);
    if (t->row_count == t->chunk_end_row)
        add_chunk(t);
    index = t->row_count - t->chunk_first_row;
    capacity = t->chunk_end_row - t->chunk_first_row + CHUNK_STAGGER_ROWS;
    if (t->row_count && time_ns < t->last_time_ns)
        time_ns = t->last_time_ns;
    chunk_times(t, t->chunk_count - 1)[index] = time_ns;
    t->last_time_ns = time_ns;
    for (size_t i = 0; i < t->column_count; i++)
        cells_put(&t->current[i].cells, &t->pool, capacity, index, values[i],
                  &t->current[i].step);
    t->row_count++;
    if (t->row_count % PYRAMID_BLOCK_ROWS == 0)
        finish_block(t);
}

size_t table_row_count(const struct table *t)
{
    return t->row_count;
}

bool table_cell(const struct table *t, unsigned column, size_t row, double *value)
{
    struct place at = place_of(row);
    double v;

    assert(column < t->column_count && row < t->row_count);
    if (UNLIKELY(row < t->first_row))
        return false;
    v = cells_get(cells_at(t, column, at.chunk), at.index, &t->columns[column].step);
    if (v != v)
        return false;
    *value = v;
    return true;
}

size_t table_column_points(const struct table *t, unsigned column)
{
    size_t tail = t->row_count % PYRAMID_BLOCK_ROWS, points;

    assert(column < t->column_count);
    points = t->columns[column].points;
    if (tail)
        points += cells_present(&t->current[column].cells,
                                t->row_count - tail - t->chunk_first_row, tail);
    return points;
}

size_t table_stored_numbers(const struct table *t)
{
    size_t numbers = t->row_count;

    for (unsigned i = 0; i < t->column_count; i++)
        numbers += table_column_points(t, i);
    return numbers;
}

size_t table_memory_bytes(const struct table *t)
{
    size_t bytes = sizeof *t + t->pool.total_bytes;

    bytes += t->times_capacity * sizeof *t->times;
    bytes += (t->near_index.capacity + t->far_index.capacity) * sizeof(int64_t);
    bytes += t->column_capacity * sizeof *t->columns;
    bytes += t->current_capacity * sizeof *t->current;
    for (size_t i = 0; i < t->column_count; i++)
        bytes += pyramid_memory_bytes(&t->columns[i].pyramid) +
                 t->columns[i].chunk_capacity * sizeof(struct cells);
    return bytes;
}

/* Rows [from, to) of one block. */
static void merge_rows(const struct table *t, unsigned column, size_t from, size_t to,
                       struct extent *out)
{
    struct place at = place_of(from);

    extent_merge(out, cells_extent(cells_at(t, column, at.chunk), at.index, to - from,
                                   &t->columns[column].step));
}

/* Of retired rows, all blocks that the span touches. Returns where the others begin. */
static size_t merge_retired(const struct table *t, unsigned column, size_t from,
                            size_t to, struct extent *out)
{
    const size_t block = PYRAMID_BLOCK_ROWS;
    size_t end = to < t->first_row ? to : t->first_row;

    pyramid_merge(&t->columns[column].pyramid, from / block, (end + block - 1) / block,
                  out);
    return end;
}

bool table_extent(const struct table *t, unsigned column, size_t from, size_t to,
                  struct extent *out)
{
    const size_t block = PYRAMID_BLOCK_ROWS;
    size_t first_whole, last_whole;

    assert(column < t->column_count && to <= t->row_count);
    *out = extent_empty();
    if (from >= to)
        return false;
    if (UNLIKELY(from < t->first_row)) {
        from = merge_retired(t, column, from, to, out);
        if (from == to)
            return out->min <= out->max;
    }
    first_whole = (from + block - 1) / block;
    last_whole = to / block;
    if (first_whole > last_whole) {
        merge_rows(t, column, from, to, out);
        return out->min <= out->max;
    }
    if (from < first_whole * block)
        merge_rows(t, column, from, first_whole * block, out);
    pyramid_merge(&t->columns[column].pyramid, first_whole, last_whole, out);
    if (last_whole * block < to)
        merge_rows(t, column, last_whole * block, to, out);
    return out->min <= out->max;
}

/* No cell of the block (64 rows, all there) has a value: nothing to look for in it. */
static bool is_void(const struct table *t, unsigned column, size_t block)
{
    struct extent extent = extent_empty();

    pyramid_merge(&t->columns[column].pyramid, block, block + 1, &extent);
    return extent.min > extent.max;
}

bool table_cell_before(const struct table *t, unsigned column, size_t row,
                       size_t *found_row, double *value)
{
    const size_t block = PYRAMID_BLOCK_ROWS;
    size_t stop = row > TABLE_SEEK_ROWS ? row - TABLE_SEEK_ROWS : 0;

    stop = stop > t->first_row ? stop : t->first_row;
    while (row > stop) {
        if (row % block == 0 && row - stop >= block &&
            is_void(t, column, row / block - 1)) {
            row -= block;
            continue;
        }
        if (table_cell(t, column, --row, value)) {
            *found_row = row;
            return true;
        }
    }
    return false;
}

bool table_cell_from(const struct table *t, unsigned column, size_t row,
                     size_t *found_row, double *value)
{
    const size_t block = PYRAMID_BLOCK_ROWS;
    size_t stop =
        t->row_count - row > TABLE_SEEK_ROWS ? row + TABLE_SEEK_ROWS : t->row_count;

    if (row < t->first_row)
        return false; /* the next cell that is there need not be the nearest */
    while (row < stop) {
        if (row % block == 0 && stop - row >= block && is_void(t, column, row / block)) {
            row += block;
            continue;
        }
        if (table_cell(t, column, row, value)) {
            *found_row = row;
            return true;
        }
        row++;
    }
    return false;
}
