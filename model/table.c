#include "model/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/pool.h"
#include "model/cells.h"
#include "model/pyramid.h"

/* Chunks hold 64, 64, 128, 256, … rows up to this, and this from then on. */
#define CHUNK_ROWS_MAX ((size_t)8192)
#define CHUNK_ROWS_MAX_LOG2 13
#define CHUNK_ROWS_MIN_LOG2 6

/* Columns of a chunk would all start on the same cache set if their distance were a
 * power of two; appending a row would then evict its own lines. So chunks of cells
 * have room for these rows more than they use. */
#define CHUNK_STAGGER_ROWS ((size_t)16)

struct column {
    uint32_t metric;
    struct cells_step step;
    struct cells *chunks; /* but the newest, which is in table.current */
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
    size_t count, capacity;
};

struct table {
    struct pool pool;
    struct column *columns;
    size_t column_count, column_capacity;
    struct current *current; /* each column's newest chunk */
    size_t current_capacity;
    int64_t **times;
    size_t times_capacity;
    /* The times of every 64th and of every 1,024th row once more, side by side: a search
     * through the rows themselves fetches a cold page at every step. */
    struct time_index near_index, far_index;
    size_t chunk_count;
    size_t row_count;
    size_t chunk_first_row; /* of the newest chunk */
    size_t chunk_end_row;
    int64_t last_time_ns;
};

struct place {
    size_t chunk, index;
};

static unsigned log2_of(size_t x)
{
    unsigned n = 0;

    while (x >>= 1)
        n++;
    return n;
}

static size_t chunk_first(size_t chunk)
{
    const size_t ramp = CHUNK_ROWS_MAX_LOG2 - CHUNK_ROWS_MIN_LOG2;

    if (chunk == 0)
        return 0;
    if (chunk <= ramp)
        return (size_t)1 << (chunk + CHUNK_ROWS_MIN_LOG2 - 1);
    return (chunk - ramp) << CHUNK_ROWS_MAX_LOG2;
}

static struct place place_of(size_t row)
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

    if (table_find_column(t, metric, &found))
        return found;
    t->columns = mem_grow(t->columns, &t->column_capacity, t->column_count + 1,
                          sizeof *t->columns);
    t->current = mem_grow(t->current, &t->current_capacity, t->column_count + 1,
                          sizeof *t->current);
    c = &t->columns[t->column_count];
    *c = (struct column){.metric = metric, .step = {step, step > 0 ? 1 / step : 0}};
    c->chunks = mem_grow(NULL, &c->chunk_capacity, t->chunk_count + 1, sizeof *c->chunks);
    for (size_t i = 0; i < t->chunk_count; i++)
        c->chunks[i] = cells_missing;
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

    t->times =
        mem_grow(t->times, &t->times_capacity, t->chunk_count + 1, sizeof *t->times);
    t->times[t->chunk_count] =
        pool_alloc(&t->pool, (rows + CHUNK_STAGGER_ROWS) * sizeof(int64_t));
    for (size_t i = 0; i < t->column_count; i++) {
        struct column *c = &t->columns[i];

        c->chunks = mem_grow(c->chunks, &c->chunk_capacity, t->chunk_count + 1,
                             sizeof *c->chunks);
        if (t->chunk_count)
            c->chunks[t->chunk_count - 1] = t->current[i].cells;
        t->current[i].cells = cells_missing;
    }
    t->chunk_count++;
    t->chunk_first_row = t->row_count;
    t->chunk_end_row = t->row_count + rows;
}

static const struct cells *cells_at(const struct table *t, unsigned column, size_t chunk)
{
    return chunk + 1 == t->chunk_count ? &t->current[column].cells
                                       : &t->columns[column].chunks[chunk];
}

static void index_add(struct time_index *index, int64_t time_ns)
{
    index->times =
        mem_grow(index->times, &index->capacity, index->count + 1, sizeof *index->times);
    index->times[index->count++] = time_ns;
}

static NO_INLINE void finish_block(struct table *t)
{
    size_t first = t->row_count - PYRAMID_BLOCK_ROWS;
    size_t index = first - t->chunk_first_row;
    int64_t time_ns = t->times[t->chunk_count - 1][index];

    index_add(&t->near_index, time_ns);
    if (first % TABLE_FAR_ROWS == 0)
        index_add(&t->far_index, time_ns);

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

    if (t->row_count == t->chunk_end_row)
        add_chunk(t);
    index = t->row_count - t->chunk_first_row;
    capacity = t->chunk_end_row - t->chunk_first_row + CHUNK_STAGGER_ROWS;
    if (t->row_count && time_ns < t->last_time_ns)
        time_ns = t->last_time_ns;
    t->times[t->chunk_count - 1][index] = time_ns;
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

int64_t table_row_time(const struct table *t, size_t row)
{
    struct place at = place_of(row);

    assert(row < t->row_count);
    return t->times[at.chunk][at.index];
}

bool table_cell(const struct table *t, unsigned column, size_t row, double *value)
{
    struct place at = place_of(row);
    double v;

    assert(column < t->column_count && row < t->row_count);
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
    for (size_t i = 0; i < t->column_count; i++)
        bytes += pyramid_memory_bytes(&t->columns[i].pyramid) +
                 t->columns[i].chunk_capacity * sizeof(struct cells);
    return bytes;
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
    const size_t fan = TABLE_FAR_ROWS / PYRAMID_BLOCK_ROWS;
    size_t low = far_block(t, time_ns) * fan, high = low + fan, found;

    if (high > t->near_index.count)
        high = t->near_index.count;
    found = search(t->near_index.times, low, high, time_ns);
    return found ? found - 1 : 0;
}

/* As search; no chunk ends between the rows. */
static size_t search_rows(const struct table *t, size_t first, size_t count,
                          int64_t time_ns)
{
    struct place at = place_of(first);

    return first + search(&t->times[at.chunk][at.index], 0, count, time_ns);
}

size_t table_lower_bound(const struct table *t, int64_t time_ns)
{
    size_t tail = t->near_index.count * PYRAMID_BLOCK_ROWS; /* not in the index yet */

    if (t->row_count == 0)
        return 0;
    if (tail < t->row_count && (tail == 0 || table_row_time(t, tail) < time_ns))
        return search_rows(t, tail, t->row_count - tail, time_ns);
    return search_rows(t, near_block(t, time_ns) * PYRAMID_BLOCK_ROWS, PYRAMID_BLOCK_ROWS,
                       time_ns);
}

size_t table_lower_block(const struct table *t, int64_t time_ns, bool far)
{
    return far ? far_block(t, time_ns) * TABLE_FAR_ROWS
               : near_block(t, time_ns) * PYRAMID_BLOCK_ROWS;
}

/* Rows [from, to) of one block. */
static void merge_rows(const struct table *t, unsigned column, size_t from, size_t to,
                       struct extent *out)
{
    struct place at = place_of(from);

    extent_merge(out, cells_extent(cells_at(t, column, at.chunk), at.index, to - from,
                                   &t->columns[column].step));
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
