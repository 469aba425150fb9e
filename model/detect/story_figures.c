/* Figures of a story that come from the rows themselves. */
#include <math.h>
#include <stdlib.h>

#include "model/base/num.h"
#include "model/detect/line.h"
#include "model/detect/story_teller.h"

bool teller_last(const struct teller *t, uint32_t metric, int64_t at_ns, double *value)
{
    struct series series;
    int64_t value_ns;

    return session_series(t->session, t->process, metric, &series) &&
           series_value_at(&series, at_ns, value, &value_ns);
}

/* Rows of a span, or as many of them, evenly spread, as are looked at. */
struct rows {
    size_t from, to, step;
};

static struct rows rows_between(const struct series *series, int64_t from_ns,
                                int64_t to_ns)
{
    const struct table *table = series->track->table;
    struct rows rows = {.to = table_row_count(table)};

    rows.from =
        table_lower_bound(table, num_sat_sub_i64(from_ns, series->track->origin_ns));
    if (to_ns != INT64_MAX)
        rows.to = table_lower_bound(table,
                                    num_sat_sub_i64(to_ns + 1, series->track->origin_ns));
    rows.step = rows.to > rows.from ? 1 + (rows.to - rows.from) / TELLER_LOOKS : 1;
    return rows;
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

bool teller_recent(const struct teller *t, uint32_t metric, int64_t at_ns, double *value)
{
    double values[TELLER_RECENT];
    struct series series;
    size_t row, count = 0;

    if (!session_series(t->session, t->process, metric, &series))
        return false;
    row = rows_between(&series, INT64_MIN, at_ns).to;
    while (count < TELLER_RECENT && table_cell_before(series.track->table, series.column,
                                                      row, &row, &values[count]))
        count++;
    if (count == 0)
        return false;
    qsort(values, count, sizeof *values, compare_doubles);
    *value = values[count / 2];
    return true;
}

bool teller_middle(const struct teller *t, uint32_t metric, int64_t from_ns,
                   int64_t to_ns, double *value)
{
    double values[TELLER_LOOKS];
    struct series series;
    struct rows rows;
    size_t count = 0;

    if (!session_series(t->session, t->process, metric, &series))
        return false;
    rows = rows_between(&series, from_ns, to_ns);
    for (size_t row = rows.from; row < rows.to; row += rows.step)
        count += table_cell(series.track->table, series.column, row, &values[count]);
    if (count < TELLER_LOOKS_MIN)
        return false;
    qsort(values, count, sizeof *values, compare_doubles);
    *value = values[count / 2];
    return true;
}

bool teller_slope(const struct teller *t, uint32_t metric, int64_t from_ns, int64_t to_ns,
                  double *per_s)
{
    struct line line = {0};
    struct series series;
    struct rows rows;
    double slope;

    if (!session_series(t->session, t->process, metric, &series))
        return false;
    rows = rows_between(&series, from_ns, to_ns);
    for (size_t row = rows.from; row < rows.to; row += rows.step) {
        int64_t at_ns = num_sat_add_i64(table_row_time(series.track->table, row),
                                        series.track->origin_ns);
        double value;

        if (table_cell(series.track->table, series.column, row, &value))
            line_add(&line, teller_seconds(from_ns, at_ns), value);
    }
    slope = line_slope(&line, TELLER_LOOKS_MIN);
    if (isnan(slope))
        return false;
    *per_s = slope;
    return true;
}
