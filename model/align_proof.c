/*
 * What proves that two processes of different sources are one: the same collection, or
 * counters that only one run can have.
 */
#include <math.h>

#include "model/align_internal.h"
#include "model/base/num.h"

/* Of the compared values, at least so many in a hundred lie between the other's. */
#define BETWEEN_PERCENT 90
/* Time stamps cut down to milliseconds, and snapshots that take a moment. */
#define BETWEEN_SLACK_NS (INT64_C(5) * NS_PER_MS)
/* While sources are still being read. */
#define BETWEEN_SURE ((size_t)5)
/* LastGC as Prometheus gives it, in seconds as a double. */
#define SAME_GC_NS 1000.0

struct agreement {
    size_t pairs, between;
    size_t metrics; /* counters that both have, at a common time */
};

static bool is_wall(const struct track *t)
{
    return t->clock == CLOCK_WALL;
}

static bool wall_series(const struct session *s, const struct process *p, uint32_t metric,
                        struct series *out)
{
    return session_series(s, p, metric, out) && is_wall(out->track) &&
           out->track->subject == SUBJECT_PROCESS;
}

/* Does a's counter at `time_ns` have to be about `value`? Unknown outside its span. */
static bool lies_between(const struct series *a, int64_t time_ns, double value,
                         struct agreement *agreement)
{
    const struct table *t = a->track->table;
    size_t low = table_lower_bound(t, num_sat_sub_i64(time_ns, BETWEEN_SLACK_NS));
    size_t high = table_lower_bound(t, num_sat_add_i64(time_ns, BETWEEN_SLACK_NS));
    double before, after;
    size_t row;

    if (!table_cell_before(t, a->column, low, &row, &before) ||
        !table_cell_from(t, a->column, high, &row, &after))
        return false;
    agreement->pairs++;
    agreement->between += value >= before && value <= after;
    return true;
}

/* Each value of b against a. */
static void compare_counter(const struct series *a, const struct series *b,
                            struct agreement *agreement)
{
    const struct table *t = b->track->table;
    size_t first = table_first_row(t), rows = table_row_count(t);
    size_t step = (rows - first) / ALIGN_SAMPLES + 1;
    bool any = false;

    for (size_t row = first; row < rows; row += step) {
        double value;

        if (table_cell(t, b->column, row, &value))
            any |= lies_between(a, table_row_time(t, row), value, agreement);
    }
    agreement->metrics += any;
}

bool align_counters_agree(const struct session *s, const struct process *p,
                          const struct process *q)
{
    static const uint32_t metrics[] = {METRIC_ALLOC_TOTAL, METRIC_ALLOC_MALLOCS};
    struct agreement a = {0};

    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        struct series x, y;

        if (!wall_series(s, p, metrics[i], &x) || !wall_series(s, q, metrics[i], &y) ||
            x.track->source == y.track->source)
            continue;
        compare_counter(&x, &y, &a);
        compare_counter(&y, &x, &a);
    }
    if (align_is_strict(s) && a.pairs < BETWEEN_SURE)
        return false;
    return a.pairs >= 2 && a.metrics >= 2 && a.between * 100 >= a.pairs * BETWEEN_PERCENT;
}

/* The first row of a series that only grows at or above a value. */
static size_t first_not_below(const struct series *a, double value)
{
    const struct table *t = a->track->table;
    size_t low = table_first_row(t), high = table_row_count(t);

    while (low < high) {
        size_t mid = low + (high - low) / 2, row;
        double at;

        if (table_cell_before(t, a->column, mid + 1, &row, &at) && at >= value)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* The row whose LastGC is `value`, or just below; LastGC grows with the rows. */
static bool has_last_gc(const struct series *series, double value)
{
    const struct table *t = series->track->table;
    size_t low = first_not_below(series, value - SAME_GC_NS);

    for (size_t row = low; row < table_row_count(t) && row < low + 2; row++) {
        double at;

        if (table_cell(t, series->column, row, &at) && fabs(at - value) <= SAME_GC_NS)
            return true;
    }
    return false;
}

bool align_shares_last_gc(const struct session *s, const struct process *p,
                          const struct process *q)
{
    struct series a, b;
    uint32_t metric;
    size_t first, rows, step;

    if (!metric_find(&s->metrics, SLICE("LastGC"), &metric) ||
        !session_series(s, p, metric, &a) || !session_series(s, q, metric, &b) ||
        a.track->source == b.track->source)
        return false;
    rows = table_row_count(b.track->table);
    first = table_first_row(b.track->table);
    step = (rows - first) / ALIGN_SAMPLES + 1;
    for (size_t row = first; row < rows; row += step) {
        double value;

        if (table_cell(b.track->table, b.column, row, &value) && value > 0 &&
            has_last_gc(&a, value))
            return true;
    }
    return false;
}

/* Go collects at least this often, so a snapshot is no older than its LastGC and this. */
#define SNAPSHOT_LATE_NS (INT64_C(120) * NS_PER_S)

/*
 * A snapshot that knows its last collection but not its own moment: between which rows of
 * the other do its counters lie? Both have to lie in the same place, soon after.
 */
bool align_is_moment_of(const struct session *s, const struct process *p,
                        const struct process *q)
{
    struct series total, mallocs, one_total, one_mallocs;
    double value, count, before, after;
    int64_t at_ns, found_ns;
    size_t row, low, high;

    if (!wall_series(s, p, METRIC_ALLOC_TOTAL, &total) ||
        !wall_series(s, p, METRIC_ALLOC_MALLOCS, &mallocs) ||
        !wall_series(s, q, METRIC_ALLOC_TOTAL, &one_total) ||
        !wall_series(s, q, METRIC_ALLOC_MALLOCS, &one_mallocs) ||
        total.track != mallocs.track ||
        !series_value_at(&one_total, INT64_MAX, &value, &at_ns) ||
        !series_value_at(&one_mallocs, INT64_MAX, &count, &at_ns))
        return false;
    row = first_not_below(&total, value);
    if (row == 0 ||
        !table_cell_before(mallocs.track->table, mallocs.column, row, &low, &before) ||
        !table_cell_from(mallocs.track->table, mallocs.column, row, &high, &after))
        return false;
    found_ns = table_row_time(total.track->table, high);
    return count >= before && count <= after &&
           found_ns >= num_sat_sub_i64(at_ns, BETWEEN_SLACK_NS) &&
           num_sat_sub_i64(found_ns, at_ns) <= SNAPSHOT_LATE_NS;
}
