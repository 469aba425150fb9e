#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/num.h"
#include "tests/unit/support.h"
#include "tui/axis.h"
#include "tui/chart.h"
#include "tui/view.h"

TestSuite(axis, .fini = test_abort_on_leak);
TestSuite(view, .fini = test_abort_on_leak);
TestSuite(chart, .fini = test_abort_on_leak);

#define MIB(n) ((double)(n)*1048576.0)

static const struct {
    double max;
    enum unit unit;
    int steps_max;
    double step, top;
} axes[] = {
    {MIB(331), UNIT_BYTES, 5, MIB(128), MIB(384)},
    {MIB(320), UNIT_BYTES, 4, MIB(80), MIB(320)},
    {MIB(95), UNIT_BYTES, 1, MIB(100), MIB(100)},
    {0, UNIT_BYTES, 4, 256, 1024},
    {NAN, UNIT_BYTES, 1, 1024, 1024},
    {3.7, UNIT_COUNT, 4, 1, 4},
    {2.1e6, UNIT_NS, 1, 3e6, 3e6},
    {2.1e6, UNIT_NS, 3, 1e6, 3e6},
    {0.577, UNIT_RATIO, 2, 0.5, 1},
};

Test(axis, is_round)
{
    for (size_t i = 0; i < COUNT_OF(axes); i++) {
        struct axis a = axis_of(axes[i].max, axes[i].unit, axes[i].steps_max);

        cr_expect(fabs(a.step - axes[i].step) <= 1e-9 * a.step &&
                      fabs(a.top - axes[i].top) <= 1e-9 * a.top,
                  "%g in %d: step %g top %g", axes[i].max, axes[i].steps_max, a.step,
                  a.top);
    }
}

Test(axis, has_room_for_everything)
{
    uint64_t seed = 11;

    for (int i = 0; i < 20000; i++) {
        double max = ldexp(1, (int)test_random_below(&seed, 1000) - 100) *
                     (double)test_random_below(&seed, 1000);
        enum unit unit = (enum unit)test_random_below(&seed, UNIT_KINDS);
        int steps_max = 1 + (int)test_random_below(&seed, 20);
        struct axis a = axis_of(max, unit, steps_max);

        cr_assert(a.steps >= 1 && a.steps <= steps_max, "%g: %d steps", max, a.steps);
        cr_assert(a.top > 0 && (a.top >= max * (1 - 1e-6) || max >= 1e300), "%g: top %g",
                  max, a.top);
    }
    cr_expect(axis_of(INFINITY, UNIT_NS, 3).steps >= 1);
}

Test(axis, counts_time_as_people_do)
{
    static const struct {
        int64_t span_ns;
        int pieces;
        int64_t step_ns;
        int decimals;
    } rows[] = {
        {31 * NS_PER_S, 7, 5 * NS_PER_S, 0},
        {2400 * NS_PER_S, 6, 600 * NS_PER_S, 0},
        {NS_PER_S, 4, 500 * NS_PER_MS, 1},
        {100000, 5, 50000, 5},
        {86400 * 3 * NS_PER_S, 4, 86400 * NS_PER_S, 0},
        {0, 3, 1, 9},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t step_ns = axis_time_step(rows[i].span_ns, rows[i].pieces);

        cr_expect_eq(step_ns, rows[i].step_ns, "row %zu: %lld", i, (long long)step_ns);
        cr_expect_eq(axis_time_decimals(step_ns), rows[i].decimals, "row %zu", i);
    }
    cr_expect_gt(axis_time_step(INT64_MAX, 1), 0);
}

Test(view, zooming_keeps_the_anchor)
{
    struct view v = {0};
    int64_t anchor_ns = 700 * NS_PER_S;
    int before;

    view_set_bounds(&v, 0, 1000 * NS_PER_S);
    before = view_column_of(&v, anchor_ns, 100);
    for (int i = 0; i < 60; i++) {
        view_zoom(&v, true, anchor_ns);
        cr_expect(abs(view_column_of(&v, anchor_ns, 100) - before) <= 1, "step %d", i);
        cr_expect(view_span(&v) >= VIEW_LEAST_NS);
    }
    for (int i = 0; i < 60; i++)
        view_zoom(&v, false, anchor_ns);
    cr_expect(!v.is_zoomed && v.from_ns == 0 && v.to_ns == 1000 * NS_PER_S + 1);
}

/* Also what is at the very end, where no column is behind it. */
Test(view, zooming_keeps_the_last_moment)
{
    for (int64_t last_ns = NS_PER_S; last_ns < NS_PER_S + 64; last_ns++) {
        struct view v = {0};

        view_set_bounds(&v, 0, last_ns);
        for (int i = 0; i < 8; i++) {
            view_zoom(&v, true, last_ns);
            cr_expect_eq(v.to_ns, last_ns + 1, "%lld, step %d", (long long)last_ns, i);
        }
    }
}

/* Whatever is done to it, the window lies within the bounds. */
Test(view, stays_inside)
{
    uint64_t seed = 3;

    for (int round = 0; round < 2000; round++) {
        struct view v = {0};
        int64_t a = (int64_t)test_random(&seed), b = (int64_t)test_random(&seed);

        view_set_bounds(&v, a < b ? a : b, a < b ? b : a);
        for (int i = 0; i < 30; i++) {
            switch (test_random_below(&seed, 5)) {
            case 0:
                view_zoom(&v, true, (int64_t)test_random(&seed));
                break;
            case 1:
                view_zoom(&v, false, (int64_t)test_random(&seed));
                break;
            case 2:
                view_pan(&v, test_random_below(&seed, 2) == 0);
                break;
            case 3:
                view_reveal(&v, (int64_t)test_random(&seed));
                break;
            default:
                view_set_window(&v, (int64_t)test_random(&seed),
                                (int64_t)test_random(&seed));
                break;
            }
            cr_assert(v.from_ns >= v.first_ns && v.to_ns <= v.end_ns &&
                          v.from_ns < v.to_ns,
                      "seed 3, round %d", round);
        }
    }
}

Test(view, columns_and_times_are_inverse)
{
    struct view v = {0};

    view_set_bounds(&v, INT64_C(1795224952465034164), INT64_C(1795224983465034164));
    for (int n = 1; n < 700; n += 13)
        for (int k = 0; k < n; k++) {
            cr_expect_eq(view_column_of(&v, view_time_at(&v, k, n), n), k);
            cr_expect_eq(view_column_of(&v, view_time_at(&v, k + 1, n) - 1, n), k);
        }
    cr_expect_eq(view_column_of(&v, INT64_MIN, 10), -1);
    cr_expect_eq(view_column_of(&v, INT64_MAX, 10), 10);
}

/* A session of one process and one table with one column of heap.alloc. */
static struct session *session_of(const double *values, const int64_t *times,
                                  size_t count, struct plot_parts *parts)
{
    struct session *s = session_create();
    struct track *t = session_add_process(s, session_add_source(s, "test"));

    (void)table_column(t->table, METRIC_HEAP_ALLOC, 0);
    for (size_t i = 0; i < count; i++)
        table_append(t->table, times[i], &values[i]);
    cr_assert(session_series(s, s->processes[0], METRIC_HEAP_ALLOC, &parts->series[0]));
    parts->count = 1;
    return s;
}

/* Every pixel column knows the least, greatest, first and last of its rows. */
Test(chart, keeps_minima_and_maxima)
{
    enum { ROWS = 20000, WIDTH = 173 };
    double *values = calloc(ROWS, sizeof *values);
    int64_t *times = calloc(ROWS, sizeof *times), at = 0;
    struct plot_parts parts;
    struct rowmaps maps = {0};
    struct plot plot = {0};
    struct view v = {0};
    struct session *s;
    uint64_t seed = 77;

    for (int i = 0; i < ROWS; i++) {
        at += (int64_t)test_random_below(&seed, 2 * NS_PER_MS);
        times[i] = at;
        values[i] = (double)test_random_below(&seed, 1000000);
    }
    s = session_of(values, times, ROWS, &parts);
    view_set_bounds(&v, times[0], at);
    for (int zoom = 0; zoom < 12; zoom++) {
        plot_begin(&plot, PLOT_LINE, WIDTH);
        plot_add(&plot, &parts, &v, &maps);
        plot_end(&plot);
        for (int k = 0, row = 0; k < WIDTH; k++) {
            struct plot_column want = {.min = INFINITY, .max = -INFINITY};
            const struct plot_column *got = &plot.columns[k];

            for (row = 0; row < ROWS; row++) {
                if (view_column_of(&v, times[row], 1) != 0 ||
                    times[row] < view_time_at(&v, k, WIDTH) ||
                    times[row] >= view_time_at(&v, k + 1, WIDTH))
                    continue;
                want.first = want.has ? want.first : values[row];
                want.has = true;
                want.last = values[row];
                want.min = fmin(want.min, values[row]);
                want.max = fmax(want.max, values[row]);
            }
            cr_assert_eq(got->has, want.has, "zoom %d column %d", zoom, k);
            cr_assert(!want.has || (got->min == want.min && got->max == want.max &&
                                    got->first == want.first && got->last == want.last),
                      "zoom %d column %d", zoom, k);
        }
        view_zoom(&v, true, times[ROWS / 3]);
    }
    plot_finish(&plot);
    rowmaps_finish(&maps);
    session_destroy(s);
    free(values);
    free(times);
}

/* With thousands of rows a column, rows may count to a neighbour within an eighth of a
 * column; but all count, and neighbours are joined at heights that both have. */
Test(chart, many_rows_lose_no_extreme)
{
    enum { ROWS = 200000, WIDTH = 12 };
    double *values = calloc(ROWS, sizeof *values);
    int64_t *times = calloc(ROWS, sizeof *times);
    uint64_t seed = 19;

    for (int i = 0; i < ROWS; i++) {
        times[i] = i * NS_PER_MS;
        values[i] = (double)test_random_below(&seed, 1000) + (i > ROWS / 2 ? 5000 : 0);
    }
    for (int at = 0; at < ROWS; at += 4999) {
        struct plot_parts parts;
        struct rowmaps maps = {0};
        struct plot plot = {0};
        struct view v = {0};
        struct session *s;
        double usual = values[at], least = INFINITY;
        int64_t span_ns = ROWS * NS_PER_MS / WIDTH;
        int hits = 0;

        values[at] = 1e6 + at;
        s = session_of(values, times, ROWS, &parts);
        view_set_bounds(&v, times[0], times[ROWS - 1]);
        plot_begin(&plot, PLOT_LINE, WIDTH);
        plot_add(&plot, &parts, &v, &maps);
        plot_end(&plot);
        for (int k = 0; k < WIDTH; k++) {
            const struct plot_column *c = &plot.columns[k];

            cr_assert(c->has && c->first >= c->min && c->first <= c->max &&
                      c->last >= c->min && c->last <= c->max);
            least = fmin(least, c->min);
            if (c->max < 1e6 + at)
                continue;
            hits++;
            cr_expect(times[at] >= view_time_at(&v, k, WIDTH) - span_ns / 8 &&
                          times[at] < view_time_at(&v, k + 1, WIDTH) + span_ns / 8,
                      "row %d in column %d", at, k);
        }
        cr_expect_eq(hits, 1, "row %d", at);
        cr_expect_lt(least, 10);
        plot_finish(&plot);
        rowmaps_finish(&maps);
        session_destroy(s);
        values[at] = usual;
    }
    free(values);
    free(times);
}

/* Columns of bars by their heights; 0: no bar. */
static const struct {
    const char *name;
    double heights[60];
    double scale;
} bars[] = {
    {"one outlier", {90, 1, 2, 3, 2, 1, 2, 3, 1, 2}, 3},
    {"not three times the next", {9, 1, 2, 3, 2, 1, 2, 3, 1, 2}, 9},
    {"two are more than two in a hundred", {90, 80, 2, 3, 2, 1, 2, 3, 1, 2}, 90},
    {"a handful of bars", {90, 1, 2, 3}, 90},
    {"the others are nothing", {90, -1, -1, -1, -1, -1, -1, -1, -1, -1}, 90},
    {"all the same", {5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, 5},
};

static void make_bars(struct plot *plot, const double *heights, size_t count,
                      size_t width)
{
    plot_begin(plot, PLOT_BARS, (int)width);
    for (size_t k = 0; k < count; k++) {
        double height = heights[k] < 0 ? 0 : heights[k]; /* a bar of no height */

        plot->columns[k] =
            (struct plot_column){heights[k] != 0, false, height, height, height, height};
    }
    plot_end(plot);
}

Test(chart, few_bars_do_not_set_the_scale)
{
    struct plot plot = {0};

    for (size_t i = 0; i < COUNT_OF(bars); i++) {
        make_bars(&plot, bars[i].heights, 60, 60);
        cr_expect_eq(plot_bar_scale(&plot), bars[i].scale, "%s: %g", bars[i].name,
                     plot_bar_scale(&plot));
    }
    /* In a chart this wide, three may. */
    make_bars(&plot, bars[2].heights, 60, 150);
    cr_expect_eq(plot_bar_scale(&plot), 3);
    plot_begin(&plot, PLOT_BARS, 60);
    plot_end(&plot);
    cr_expect(isnan(plot_bar_scale(&plot)));
    plot_finish(&plot);
}

static void draw(const struct plot *plot, const struct view *v, struct canvas *c,
                 enum role role)
{
    struct raster raster = {0};
    struct chart chart = {.title = "Test",
                          .unit = UNIT_COUNT,
                          .curves = {{plot, role, false}},
                          .curve_count = 1,
                          .limit = NAN,
                          .peak_value = -1,
                          .playhead = INT32_MAX,
                          .visible = INT32_MAX,
                          .view = v,
                          .empty = "nothing"};

    chart_draw(&chart, c, (struct rect){0, 0, c->cols, c->rows}, &raster);
    raster_finish(&raster);
}

static bool is_drawn(struct canvas *c, int col, int row)
{
    const struct cell *cell = canvas_cell(c, col, row);

    return cell && cell->role == ROLE_IN_USE;
}

/* The least and the greatest value of every pixel column show at their height, in
 * every character set and every kind of curve. */
Test(chart, draws_every_extreme)
{
    static const enum charset charsets[] = {CHARSET_ASCII, CHARSET_BLOCK,
                                            CHARSET_BRAILLE};
    static const int down[][2] = {{3, 3}, {2, 8}, {4, 4}};
    struct view v = {0};
    uint64_t seed = 5;

    view_set_bounds(&v, 0, NS_PER_S);
    for (size_t set = 0; set < COUNT_OF(charsets); set++) {
        for (enum plot_kind kind = PLOT_LINE; kind <= PLOT_BARS; kind++) {
            struct canvas c = {.charset = charsets[set]};
            struct plot plot = {0};
            int rows = 12, across = raster_dots_across(charsets[set]);
            int dots = rows * down[set][kind == PLOT_BARS];

            canvas_resize(&c, 60, rows + 2);
            plot_begin(&plot, kind, chart_width(60, c.charset));
            for (size_t k = 0; k < plot.count; k++) {
                double low = (double)test_random_below(&seed, 500);
                double high = low + (double)test_random_below(&seed, 500);

                plot.columns[k] = (struct plot_column){
                    test_random_below(&seed, 3) > 0, false, low, high, low, high};
            }
            plot.columns[3] = (struct plot_column){true, false, 0, 1000, 0, 1000};
            plot_end(&plot);
            draw(&plot, &v, &c, ROLE_IN_USE);
            for (int k = 0; k < (int)plot.count; k++) {
                const struct plot_column *column = &plot.columns[k];
                int top = (int)(column->max / 1000 * (dots - 1) + 0.5);
                int bottom = (int)(column->min / 1000 * (dots - 1) + 0.5);
                int col = 8 + k / across;

                if (!column->has)
                    continue;
                cr_expect(is_drawn(&c, col, rows - top / (dots / rows)),
                          "set %zu kind %d column %d: max", set, (int)kind, k);
                cr_expect(kind == PLOT_BARS ||
                              is_drawn(&c, col, rows - bottom / (dots / rows)),
                          "set %zu kind %d column %d: min", set, (int)kind, k);
            }
            plot_finish(&plot);
            canvas_finish(&c);
        }
    }
}

/* Zoomed in between two points, the line between them is there. */
Test(chart, joins_points_outside_the_window)
{
    static const double values[] = {100, 300};
    static const int64_t times[] = {0, 1000 * NS_PER_S};
    struct plot_parts parts;
    struct rowmaps maps = {0};
    struct plot plot = {0};
    struct view v = {0};
    struct session *s = session_of(values, times, 2, &parts);

    view_set_bounds(&v, times[0], times[1]);
    view_set_window(&v, 500 * NS_PER_S, 600 * NS_PER_S);
    plot_begin(&plot, PLOT_LINE, 50);
    plot_add(&plot, &parts, &v, &maps);
    plot_end(&plot);
    cr_expect(plot.has_left && fabs(plot.left - 200) < 1e-6, "left %g", plot.left);
    cr_expect(plot.has_right && fabs(plot.right - 220) < 1e-6, "right %g", plot.right);
    cr_expect_not(plot.is_empty);
    plot_finish(&plot);
    rowmaps_finish(&maps);
    session_destroy(s);
}

Test(chart, a_gap_stays_a_gap)
{
    struct canvas c = {.charset = CHARSET_BRAILLE};
    struct plot plot = {0};
    struct view v = {0};

    canvas_resize(&c, 49, 10);
    view_set_bounds(&v, 0, NS_PER_S);
    plot_begin(&plot, PLOT_LINE, 80);
    plot.columns[10] = (struct plot_column){true, false, 5, 5, 5, 5};
    plot.columns[30] = (struct plot_column){true, false, 5, 5, 5, 5};
    plot.columns[60] = (struct plot_column){true, true, 5, 5, 5, 5};
    plot_end(&plot);
    draw(&plot, &v, &c, ROLE_IN_USE);
    cr_expect(is_drawn(&c, 8 + 10, 1), "joined");
    cr_expect_not(is_drawn(&c, 8 + 22, 1), "not joined across the gap");
    plot_finish(&plot);
    canvas_finish(&c);
}

Test(chart, any_size_is_survived)
{
    struct plot plot = {0};
    struct view v = {0};

    view_set_bounds(&v, 0, 0);
    for (int cols = 1; cols < 40; cols++) {
        for (int rows = 1; rows < 12; rows++) {
            struct canvas c = {.charset = CHARSET_BRAILLE};

            canvas_resize(&c, cols, rows);
            plot_begin(&plot, PLOT_BARS, chart_width(cols, c.charset));
            plot.columns[0] = (struct plot_column){true, false, 1, 1, 1, 1};
            plot_end(&plot);
            draw(&plot, &v, &c, ROLE_IN_USE);
            canvas_finish(&c);
        }
    }
    plot_finish(&plot);
}

static uint32_t point_at(struct canvas *c, int col, int row)
{
    const struct cell *cell = canvas_cell(c, col, row);

    return cell && cell->role == ROLE_WARNING ? cell->base : 0;
}

/* A bar above the scale is marked in every character set, unless the chart is whole. */
Test(chart, bars_above_the_scale_are_marked)
{
    static const enum charset charsets[] = {CHARSET_ASCII, CHARSET_BLOCK,
                                            CHARSET_BRAILLE};
    struct view v = {0};

    view_set_bounds(&v, 0, NS_PER_S);
    for (size_t set = 0; set < COUNT_OF(charsets); set++) {
        for (int whole = 0; whole < 2; whole++) {
            struct canvas c = {.charset = charsets[set]};
            struct raster raster = {0};
            struct plot plot = {0};
            struct chart chart = {.title = "Test",
                                  .unit = UNIT_COUNT,
                                  .curves = {{&plot, ROLE_PAUSE, false}},
                                  .curve_count = 1,
                                  .values = {{"max 90 at +0:00.0", "max 90", ROLE_TEXT}},
                                  .value_count = 1,
                                  .limit = NAN,
                                  .playhead = INT32_MAX,
                                  .visible = INT32_MAX,
                                  .is_whole = whole,
                                  .view = &v,
                                  .empty = "nothing"};
            struct text text = {0};

            /* Too narrow for the frame to tell all: it stands beside the mark. */
            canvas_resize(&c, 30, 7);
            make_bars(&plot, bars[0].heights, 10, (size_t)chart_width(30, c.charset));
            chart_draw(&chart, &c, (struct rect){0, 0, 30, 7}, &raster);
            canvas_to_text(&c, NULL, &text);
            cr_expect_eq(point_at(&c, 8, 1),
                         whole ? 0 : (set == 0 ? (uint32_t)'^' : 0x25b2u), "set %zu\n%s",
                         set, text_str(&text));
            cr_expect_eq(strstr(text_str(&text), "max 90 at") != NULL, !whole, "%s",
                         text_str(&text));
            cr_expect(strstr(text_str(&text), "max 90"), "%s", text_str(&text));
            text_finish(&text);
            raster_finish(&raster);
            plot_finish(&plot);
            canvas_finish(&c);
        }
    }
}
