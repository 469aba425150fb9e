#include "tui/plot_gap.h"

#include "model/base/num.h"

/* A hole has one such row; among so many others it is looked for. */
#define ROWS_MAX 256

/* The rows of one part whose cells stand next to a moment. */
struct side {
    bool has_before, has_after;
    size_t before, after;
};

static int64_t time_of(const struct series *s, size_t row)
{
    return num_sat_add_i64(table_row_time(s->track->table, row), s->track->origin_ns);
}

static size_t row_at(const struct series *s, int64_t at_ns)
{
    return table_lower_bound(s->track->table,
                             num_sat_sub_i64(at_ns, s->track->origin_ns));
}

static struct side side_of(const struct series *s, int64_t at_ns)
{
    const size_t row = row_at(s, at_ns);
    struct side side = {0};
    double value;

    side.has_before =
        table_cell_before(s->track->table, s->column, row, &side.before, &value);
    side.has_after =
        table_cell_from(s->track->table, s->column, row, &side.after, &value);
    return side;
}

static bool is_row_empty(const struct table *t, size_t row)
{
    double value;

    for (unsigned i = 0; i < table_column_count(t); i++) {
        if (table_cell(t, i, row, &value))
            return false;
    }
    return true;
}

/* A row without a value among [from, to). */
static bool has_hole(const struct table *t, size_t from, size_t to)
{
    from = from > table_first_row(t) ? from : table_first_row(t);
    for (size_t n = 0; from < to && n < ROWS_MAX; n++) {
        if (is_row_empty(t, from++))
            return true;
    }
    return false;
}

bool plot_gap_at(const struct plot_parts *parts, int64_t at_ns, int64_t least_ns)
{
    struct side sides[PLOT_PARTS];
    int64_t before_ns = INT64_MIN, after_ns = INT64_MAX;
    bool has_gaps = false;

    for (size_t i = 0; i < parts->count; i++)
        has_gaps = has_gaps || parts->series[i].track->has_gaps;
    if (!has_gaps)
        return false;
    for (size_t i = 0; i < parts->count; i++) {
        const struct series *s = &parts->series[i];
        int64_t ns;

        sides[i] = side_of(s, at_ns);
        if (sides[i].has_before && (ns = time_of(s, sides[i].before)) > before_ns)
            before_ns = ns;
        if (sides[i].has_after && (ns = time_of(s, sides[i].after)) < after_ns)
            after_ns = ns;
    }
    if (before_ns == INT64_MIN || after_ns == INT64_MAX ||
        num_sat_sub_i64(after_ns, before_ns) < least_ns)
        return false;
    for (size_t i = 0; i < parts->count; i++) {
        const struct series *s = &parts->series[i];
        size_t from, to = sides[i].after, end;

        if (!s->track->has_gaps || !sides[i].has_before || !sides[i].has_after)
            continue;
        from = row_at(s, before_ns);
        from = from > sides[i].before ? from : sides[i].before + 1;
        end = row_at(s, num_sat_add_i64(after_ns, 1));
        if (has_hole(s->track->table, from, to < end ? to : end))
            return true;
    }
    return false;
}
