#include "model/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/pool.h"
#include "model/pyramid.h"

/* Chunks hold 64, 64, 128, 256, … rows up to this, and this from then on. */
#define CHUNK_ROWS_MAX ((size_t)8192)
#define CHUNK_ROWS_MAX_LOG2 13
#define CHUNK_ROWS_MIN_LOG2 6

/* Columns of a chunk would all start on the same cache set if their distance were a
 * power of two; appending a row would then evict its own lines. */
#define CHUNK_STAGGER_BYTES ((size_t)64)

struct column {
    uint32_t metric;
    double **chunks; /* NULL where the column has no value in a chunk */
    size_t chunk_capacity;
    size_t points; /* in whole blocks */
    struct pyramid pyramid;
};

struct table {
    struct pool pool;
    struct column *columns;
    size_t column_count, column_capacity;
    double **current; /* each column's newest chunk, or NULL */
    size_t current_capacity;
    int64_t **times;
    size_t times_capacity;
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

unsigned table_column(struct table *t, uint32_t metric)
{
    unsigned found;
    struct column *c;

    if (table_find_column(t, metric, &found))
        return found;
    t->columns =
        mem_grow(t->columns, &t->column_capacity, t->column_count + 1, sizeof *t->columns);
    t->current =
        mem_grow(t->current, &t->current_capacity, t->column_count + 1, sizeof *t->current);
    c = &t->columns[t->column_count];
    *c = (struct column){.metric = metric};
    c->chunks = mem_grow(NULL, &c->chunk_capacity, t->chunk_count + 1, sizeof *c->chunks);
    for (size_t i = 0; i < t->chunk_count; i++)
        c->chunks[i] = NULL;
    t->current[t->column_count] = NULL;
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

    t->times = mem_grow(t->times, &t->times_capacity, t->chunk_count + 1, sizeof *t->times);
    t->times[t->chunk_count] =
        pool_alloc(&t->pool, rows * sizeof(int64_t) + CHUNK_STAGGER_BYTES);
    for (size_t i = 0; i < t->column_count; i++) {
        struct column *c = &t->columns[i];

        c->chunks = mem_grow(c->chunks, &c->chunk_capacity, t->chunk_count + 1,
                             sizeof *c->chunks);
        c->chunks[t->chunk_count] = NULL;
        t->current[i] = NULL;
    }
    t->chunk_count++;
    t->chunk_first_row = t->row_count;
    t->chunk_end_row = t->row_count + rows;
}

/* The column's first value in this chunk: the rows before it are missing. */
static NO_INLINE void add_column_chunk(struct table *t, size_t column, size_t index)
{
    size_t rows = t->chunk_end_row - t->chunk_first_row;
    double *cells = pool_alloc(&t->pool, rows * sizeof(double) + CHUNK_STAGGER_BYTES);

    for (size_t i = 0; i < index; i++)
        cells[i] = NAN;
    t->columns[column].chunks[t->chunk_count - 1] = cells;
    t->current[column] = cells;
}

/* Comparisons with a missing cell (NaN) are false, so it changes neither end. */
static struct extent extent_of(const double *cells, size_t count)
{
    struct extent a = extent_empty(), b = a;

    for (size_t i = 0; i + 1 < count; i += 2) {
        a.min = cells[i] < a.min ? cells[i] : a.min;
        a.max = cells[i] > a.max ? cells[i] : a.max;
        b.min = cells[i + 1] < b.min ? cells[i + 1] : b.min;
        b.max = cells[i + 1] > b.max ? cells[i + 1] : b.max;
    }
    if (count & 1) {
        double last = cells[count - 1];

        a.min = last < a.min ? last : a.min;
        a.max = last > a.max ? last : a.max;
    }
    extent_merge(&a, b);
    return a;
}

static size_t count_present(const double *cells, size_t count)
{
    size_t present = 0;

    for (size_t i = 0; i < count; i++)
        present += cells[i] == cells[i];
    return present;
}

static NO_INLINE void finish_block(struct table *t)
{
    size_t first = t->row_count - PYRAMID_BLOCK_ROWS;
    size_t index = first - t->chunk_first_row;

    for (size_t i = 0; i < t->column_count; i++) {
        struct column *c = &t->columns[i];
        struct extent extent;

        if (!t->current[i])
            continue;
        extent = extent_of(t->current[i] + index, PYRAMID_BLOCK_ROWS);
        c->points += count_present(t->current[i] + index, PYRAMID_BLOCK_ROWS);
        if (extent.min <= extent.max)
            pyramid_add(&c->pyramid, first / PYRAMID_BLOCK_ROWS, extent);
    }
}

void table_append(struct table *t, int64_t time_ns, const double *values)
{
    size_t index;

    if (t->row_count == t->chunk_end_row)
        add_chunk(t);
    index = t->row_count - t->chunk_first_row;
    if (t->row_count && time_ns < t->last_time_ns)
        time_ns = t->last_time_ns;
    t->times[t->chunk_count - 1][index] = time_ns;
    t->last_time_ns = time_ns;
    for (size_t i = 0; i < t->column_count; i++) {
        double v = values[i];

        v = v - v == 0 ? v : NAN; /* an infinity has no place on a chart */
        if (LIKELY(t->current[i] != NULL)) {
            t->current[i][index] = v;
        } else if (v == v) {
            add_column_chunk(t, i, index);
            t->current[i][index] = v;
        }
    }
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
    const double *cells;

    assert(column < t->column_count && row < t->row_count);
    cells = t->columns[column].chunks[at.chunk];
    if (!cells || cells[at.index] != cells[at.index])
        return false;
    *value = cells[at.index];
    return true;
}

size_t table_column_points(const struct table *t, unsigned column)
{
    size_t tail = t->row_count % PYRAMID_BLOCK_ROWS, points;

    assert(column < t->column_count);
    points = t->columns[column].points;
    if (tail && t->current[column])
        points += count_present(
            t->current[column] + (t->row_count - tail - t->chunk_first_row), tail);
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
    bytes += t->column_capacity * sizeof *t->columns;
    for (size_t i = 0; i < t->column_count; i++)
        bytes += pyramid_memory_bytes(&t->columns[i].pyramid) +
                 t->columns[i].chunk_capacity * sizeof(double *);
    return bytes;
}

/* The chunk that holds the first row at or after the time, or the last chunk. */
static size_t chunk_at(const struct table *t, int64_t time_ns)
{
    size_t low = 0, high = t->chunk_count - 1;

    while (low < high) {
        size_t mid = low + (high - low + 1) / 2;

        if (t->times[mid][0] < time_ns)
            low = mid;
        else
            high = mid - 1;
    }
    return low;
}

size_t table_lower_bound(const struct table *t, int64_t time_ns)
{
    size_t chunk, first, low = 0, high;

    if (t->row_count == 0)
        return 0;
    chunk = chunk_at(t, time_ns);
    first = chunk_first(chunk);
    high = chunk_first(chunk + 1) < t->row_count ? chunk_first(chunk + 1) : t->row_count;
    high -= first;
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (t->times[chunk][mid] < time_ns)
            low = mid + 1;
        else
            high = mid;
    }
    return first + low;
}

/* Rows [from, to) of one block. */
static void merge_rows(const struct table *t, unsigned column, size_t from, size_t to,
                       struct extent *out)
{
    struct place at = place_of(from);
    const double *cells = t->columns[column].chunks[at.chunk];

    if (cells && from < to)
        extent_merge(out, extent_of(cells + at.index, to - from));
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

bool table_cell_before(const struct table *t, unsigned column, size_t row, size_t *found_row,
                       double *value)
{
    size_t stop = row > TABLE_SEEK_ROWS ? row - TABLE_SEEK_ROWS : 0;

    while (row > stop) {
        if (table_cell(t, column, --row, value)) {
            *found_row = row;
            return true;
        }
    }
    return false;
}

bool table_cell_from(const struct table *t, unsigned column, size_t row, size_t *found_row,
                     double *value)
{
    size_t stop = t->row_count - row > TABLE_SEEK_ROWS ? row + TABLE_SEEK_ROWS : t->row_count;

    for (; row < stop; row++) {
        if (table_cell(t, column, row, value)) {
            *found_row = row;
            return true;
        }
    }
    return false;
}
