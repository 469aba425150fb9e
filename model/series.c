#include "model/session.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/pyramid.h"

/* A rate out of exact counts is worth more points of another. */
#define EXACT_WEIGHT 32

/* How much the source's word counts. */
static size_t weight_of(const struct table *t, uint32_t metric, unsigned column)
{
    size_t points = table_column_points(t, column);
    unsigned total;

    if (metric == METRIC_ALLOC_RATE && table_find_column(t, METRIC_ALLOC_TOTAL, &total))
        return points * EXACT_WEIGHT;
    return points;
}

bool session_series(const struct session *s, const struct process *p, uint32_t metric,
                    struct series *out)
{
    size_t best = 0;

    for (size_t i = 0; i < p->track_count; i++) {
        unsigned column;
        size_t weight;

        if (!table_find_column(p->tracks[i]->table, metric, &column))
            continue;
        weight = weight_of(p->tracks[i]->table, metric, column);
        if (weight > best) {
            best = weight;
            *out = (struct series){p, p->tracks[i], column, metric, UNIT_NONE, NULL};
        }
    }
    if (best == 0)
        return false;
    out->unit = metric_unit(&s->metrics, metric);
    out->name = metric_name(&s->metrics, metric);
    return true;
}

bool session_next_series(const struct session *s, const struct process *p, uint32_t *next,
                         struct series *out)
{
    uint32_t end = METRIC_COUNT + (uint32_t)s->metrics.count;

    while (*next < end) {
        if (session_series(s, p, (*next)++, out))
            return true;
    }
    return false;
}

static int64_t to_session(const struct series *s, size_t row)
{
    return num_sat_add_i64(table_row_time(s->track->table, row), s->track->origin_ns);
}

static size_t row_at(const struct series *s, int64_t session_ns)
{
    return table_lower_bound(s->track->table,
                             num_sat_sub_i64(session_ns, s->track->origin_ns));
}

/* The greatest value of the retired block that the row is in: what stands for its cell.
 */
static bool retired_value(const struct series *s, size_t row, double *value)
{
    struct extent extent;

    if (row >= table_first_row(s->track->table) ||
        !table_extent(s->track->table, s->column, row, row + 1, &extent))
        return false;
    *value = extent.max;
    return true;
}

struct span_values series_span(const struct series *s, int64_t from_ns, int64_t to_ns)
{
    const struct table *t = s->track->table;
    size_t from = row_at(s, from_ns), to = row_at(s, to_ns), row;
    struct span_values v = {0};
    struct extent extent;

    if (!table_extent(t, s->column, from, to, &extent))
        return v;
    v.has = true;
    v.min = extent.min;
    v.max = extent.max;
    v.first = v.last = extent.min; /* where the seek below gives up */
    v.first_ns = from_ns;
    v.last_ns = to_ns;
    if (table_cell_from(t, s->column, from, &row, &v.first))
        v.first_ns = to_session(s, row);
    else
        (void)retired_value(s, from, &v.first);
    if (table_cell_before(t, s->column, to, &row, &v.last))
        v.last_ns = to_session(s, row);
    else
        (void)retired_value(s, to - 1, &v.last);
    return v;
}

bool series_greatest(const struct series *s, int64_t from_ns, int64_t to_ns,
                     double *value, int64_t *at_ns)
{
    const struct table *t = s->track->table;
    size_t from = row_at(s, from_ns), to = row_at(s, to_ns);
    struct extent all, half;

    if (!table_extent(t, s->column, from, to, &all))
        return false;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;

        if (table_extent(t, s->column, from, middle, &half) && half.max >= all.max)
            to = middle;
        else
            from = middle;
    }
    *value = all.max;
    *at_ns = to_session(s, from);
    return true;
}

/* The nearest retired block before the row that has a value, as far as a seek goes. */
static bool retired_before(const struct series *s, size_t end, size_t *row, double *value)
{
    size_t first = table_first_row(s->track->table);
    size_t stop = end > TABLE_SEEK_ROWS ? end - TABLE_SEEK_ROWS : 0;

    for (size_t at = end < first ? end : first; at > stop;
         at = (at - 1) / PYRAMID_BLOCK_ROWS * PYRAMID_BLOCK_ROWS) {
        if (retired_value(s, at - 1, value)) {
            *row = at - 1;
            return true;
        }
    }
    return false;
}

bool series_value_at(const struct series *s, int64_t time_ns, double *value,
                     int64_t *value_ns)
{
    size_t end =
        time_ns == INT64_MAX ? table_row_count(s->track->table) : row_at(s, time_ns + 1);
    size_t row;

    if (!table_cell_before(s->track->table, s->column, end, &row, value) &&
        !retired_before(s, end, &row, value))
        return false;
    *value_ns = to_session(s, row);
    return true;
}

static void swap(double *a, double *b)
{
    double t = *a;

    *a = *b;
    *b = t;
}

static double median_of_three(double a, double b, double c)
{
    double low = a < b ? a : b, high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}

static size_t draw(uint64_t *dice, size_t low, size_t high)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return low + (size_t)((*dice >> 32) % (high - low + 1));
}

/*
 * Puts the value that a full sort would put at `rank` there, with nothing greater
 * before and nothing less behind it. Linear, where sorting ten million values of
 * every series would take longer than reading the file did. The pivots' places are
 * drawn, so that no order of the input is the bad one.
 */
static void select_rank(double *v, size_t count, size_t rank)
{
    size_t low = 0, high = count - 1;
    uint64_t dice = 0x9e3779b97f4a7c15;

    while (low < high) {
        double pivot =
            median_of_three(v[draw(&dice, low, high)], v[draw(&dice, low, high)],
                            v[draw(&dice, low, high)]);
        size_t i = low, j = high;

        for (;;) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&v[i++], &v[j--]);
        }
        /* Everything up to j is at most the pivot, all behind it at least that. */
        if (i == j && v[i] < pivot)
            j = i;
        if (rank <= j && j < high)
            high = j;
        else if (rank > j)
            low = j + 1;
        else
            high--; /* the pivot is the greatest and stands last */
    }
}

/* Nearest rank: the value that a share q of all are at or below. */
static double quantile(double *values, size_t count, double q)
{
    size_t rank = (size_t)ceil(q * (double)count);

    rank = rank ? rank - 1 : 0;
    select_rank(values, count, rank);
    return values[rank];
}

struct summary series_summary(const struct series *s)
{
    return series_summary_span(s, INT64_MIN, INT64_MAX);
}

/* The values of rows [from, to), a list for free(); where there is none that is not
 * retired, the greatest of each block. */
static double *values_of(const struct series *s, size_t from, size_t to, size_t *count)
{
    const size_t block = PYRAMID_BLOCK_ROWS;
    const struct table *t = s->track->table;
    size_t first = table_first_row(t), start = from > first ? from : first;
    size_t end = to < first ? to : first; /* of the retired ones */
    size_t cells = to > start ? to - start : 0;
    size_t blocks = end > from ? (end - from) / block + 2 : 0;
    double *values =
        mem_alloc_array((cells > blocks ? cells : blocks) + 1, sizeof *values);

    *count = 0;
    for (size_t row = start; row < to; row++)
        *count += table_cell(t, s->column, row, &values[*count]);
    if (*count)
        return values;
    for (size_t row = from; row < end; row = (row / block + 1) * block)
        *count += retired_value(s, row, &values[*count]);
    return values;
}

struct summary series_summary_span(const struct series *s, int64_t from_ns, int64_t to_ns)
{
    const struct table *t = s->track->table;
    size_t from = row_at(s, from_ns);
    size_t to = to_ns == INT64_MAX ? table_row_count(t) : row_at(s, to_ns);
    struct summary sum = {0};
    double *values = values_of(s, from, to, &sum.points);
    struct extent extent;
    double total = 0;

    if (sum.points) {
        for (size_t i = 0; i < sum.points; i++)
            total += values[i];
        sum.first = values[0];
        sum.last = values[sum.points - 1];
        sum.mean = total / (double)sum.points;
        (void)table_extent(t, s->column, from, to, &extent);
        sum.min = extent.min;
        sum.max = extent.max;
        sum.p50 = quantile(values, sum.points, 0.50);
        sum.p99 = quantile(values, sum.points, 0.99);
    }
    if (from == 0 && to == table_row_count(t))
        sum.points = table_column_points(t, s->column);
    free(values);
    return sum;
}
