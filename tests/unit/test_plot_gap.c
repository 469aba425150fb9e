/* Where a curve breaks, since its source was silent. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/session.h"
#include "model/units.h"
#include "tests/unit/support.h"
#include "tui/plot.h"

TestSuite(plot_gap, .fini = test_abort_on_leak);

/* So many values a second apart, as long a silence, which is told of at its end, as when
 * a request times out, and values again. */
static struct session *silent_session(int count, struct plot_parts *parts)
{
    const double none = NAN, some = 5;
    struct session *s = session_create();
    struct track *t = session_add_process(s, session_add_source(s, "test"));

    (void)table_column(t->table, METRIC_HEAP_ALLOC, 0);
    for (int i = 0; i < count; i++)
        table_append(t->table, i * NS_PER_S, &some);
    table_append(t->table, 2 * count * NS_PER_S, &none);
    t->has_gaps = true;
    for (int i = 0; i < count; i++)
        table_append(t->table, (2 * count + 1 + i) * NS_PER_S, &some);
    cr_assert(session_series(s, s->processes[0], METRIC_HEAP_ALLOC, &parts->series[0]));
    parts->count = 1;
    return s;
}

/* How many of the pixel columns begin anew; and 100 where the curve comes in from the
 * left. */
static int gaps_of(const struct plot_parts *parts, int64_t from_ns, int64_t to_ns,
                   int width)
{
    struct rowmaps maps = {0};
    struct plot plot = {0};
    struct view v = {0};
    int gaps = 0;

    view_set_bounds(&v, 0, 100000 * NS_PER_S);
    view_set_window(&v, from_ns, to_ns);
    plot_begin(&plot, PLOT_LINE, width);
    plot_add(&plot, parts, &v, &maps);
    plot_end(&plot);
    for (size_t k = 1; k < plot.count; k++)
        gaps += plot.columns[k].has && plot.columns[k].is_gap;
    gaps += plot.has_left ? 100 : 0;
    plot_finish(&plot);
    rowmaps_finish(&maps);
    return gaps;
}

Test(plot_gap, a_silence_is_a_gap_at_any_zoom)
{
    struct plot_parts parts;
    struct session *s = silent_session(9, &parts);

    for (int width = 3; width < 300; width++)
        cr_expect_eq(gaps_of(&parts, 0, 27 * NS_PER_S, width), 1, "%d", width);
    /* A window that begins in the hole: nothing comes in from the left. */
    for (int64_t from_s = 9; from_s < 19; from_s++)
        cr_expect_lt(gaps_of(&parts, from_s * NS_PER_S, 27 * NS_PER_S, 50), 100, "%d",
                     (int)from_s);
    session_destroy(s);
}

/* A column of the same table that has a value now and then is joined as ever. */
Test(plot_gap, a_silence_breaks_no_sparse_curve_elsewhere)
{
    struct plot_parts parts;
    struct session *s = silent_session(9, &parts);
    struct track *t = s->processes[0]->tracks[0];
    unsigned column = table_column(t->table, METRIC_GC_PAUSE, 0);

    for (int i = 0; i < 40; i++) {
        double row[2] = {5, i % 10 == 0 ? 7 : NAN};

        table_append(t->table, (28 + i) * NS_PER_S, row);
    }
    parts.series[0].column = column;
    cr_expect_eq(gaps_of(&parts, 28 * NS_PER_S, 68 * NS_PER_S, 160), 0);
    session_destroy(s);
}

/* Where a column's bounds are whole blocks of rows, the hole lies within one of them. */
Test(plot_gap, a_silence_is_a_gap_among_many_rows)
{
    struct plot_parts parts;
    struct session *s = silent_session(12345, &parts);

    for (int width = 9; width < 100; width++)
        cr_expect_eq(gaps_of(&parts, 0, 3 * 12345 * NS_PER_S, width), 1, "%d", width);
    session_destroy(s);
}
