#include "tui/segments.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/changepoint.h"

/* Means of as many stretches of rows as SEGMENT_BLOCKS allows. */
struct blocks {
    double values[SEGMENT_BLOCKS];
    int64_t times[SEGMENT_BLOCKS];
    size_t count;
};

/* Of a stretch with more rows than this, only as many are looked at. */
#define BLOCK_ROWS 64

/* The mean of the values in [from, to); false where there are none. */
static bool mean_of(const struct series *series, size_t from, size_t to, double *mean,
                    int64_t *time_ns)
{
    const struct table *table = series->track->table;
    double sum = 0, at = 0, value;
    int64_t first_ns = table_row_time(table, from);
    size_t count = 0, step = (to - from) / BLOCK_ROWS + 1;

    for (size_t row = from; row < to; row += step) {
        if (!table_cell(table, series->column, row, &value))
            continue;
        sum += value;
        at += (double)num_sat_sub_i64(table_row_time(table, row), first_ns);
        count++;
    }
    if (count == 0)
        return false;
    *mean = sum / (double)count;
    *time_ns = num_sat_add_i64(num_sat_add_i64(first_ns, series->track->origin_ns),
                               num_i64_of_double(at / (double)count));
    return true;
}

static void take_blocks(struct blocks *b, const struct series *series, size_t rows)
{
    size_t count = rows < SEGMENT_BLOCKS ? rows : SEGMENT_BLOCKS;

    for (size_t i = 0; i < count; i++) {
        /* In two parts, so that a product of rows cannot overflow. */
        size_t from = rows / count * i + rows % count * i / count;
        size_t to = rows / count * (i + 1) + rows % count * (i + 1) / count;

        if (mean_of(series, from, to, &b->values[b->count], &b->times[b->count]))
            b->count++;
    }
}

static void take_segments(struct segments *s, const struct blocks *b)
{
    struct cp_input in = {.values = b->values, .n = b->count, .dims = 1};
    struct cp_result found = {0};

    changepoint_find(&in, &found);
    for (size_t i = 0; i < found.segment_count; i++) {
        const struct cp_segment *from = &found.segments[i];
        double half = from->slope * (double)(from->to - from->from - 1) / 2;

        if (from->to <= from->from || isnan(from->mean))
            continue;
        s->items = mem_grow(s->items, &s->capacity, s->count + 1, sizeof *s->items);
        s->items[s->count++] = (struct segment){
            .from_ns = b->times[from->from],
            .to_ns = b->times[from->to - 1],
            .from = from->mean - half,
            .to = from->mean + half,
            .noise = from->noise,
        };
    }
    changepoint_finish(&found);
}

void segments_refresh(struct segments *s, const struct series *series)
{
    const struct table *table = series->track->table;
    size_t rows = table_row_count(table);
    struct blocks *blocks;

    if (s->table == table && s->column == series->column &&
        s->origin_ns == series->track->origin_ns && rows >= s->rows &&
        rows - s->rows <= s->rows / 16)
        return;
    s->table = table;
    s->column = series->column;
    s->origin_ns = series->track->origin_ns;
    s->rows = rows;
    s->count = 0;
    blocks = mem_alloc(sizeof *blocks);
    take_blocks(blocks, series, rows);
    take_segments(s, blocks);
    free(blocks);
}

void segments_finish(struct segments *s)
{
    free(s->items);
    *s = (struct segments){0};
}

const struct segment *segments_at(const struct segments *s, int64_t time_ns)
{
    const struct segment *found = NULL;

    for (size_t i = 0; i < s->count && s->items[i].from_ns <= time_ns; i++)
        found = &s->items[i];
    return found;
}
