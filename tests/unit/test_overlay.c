/* What charts show beside their curves: marks of findings, the cone, segments. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/unit/support.h"
#include "tui/chart.h"
#include "tui/segments.h"

TestSuite(overlay, .fini = test_abort_on_leak);
TestSuite(segments, .fini = test_abort_on_leak);

#define COLS 69 /* 60 of them for curves */
#define ROWS 12
#define WIDTH 120 /* pixel columns */

/* A chart of a level curve at 50, a hundred seconds wide. */
struct scene {
    struct plot plot;
    struct view view;
    struct chart chart;
    struct text screen;
};

static void start(struct scene *s)
{
    *s = (struct scene){0};
    view_set_bounds(&s->view, 0, 100 * NS_PER_S - 1);
    plot_begin(&s->plot, PLOT_LINE, WIDTH);
    for (int i = 0; i < WIDTH; i++)
        s->plot.columns[i] = (struct plot_column){true, i == 0, 50, 50, 50, 50};
    plot_end(&s->plot);
    s->chart = (struct chart){.title = "T",
                              .unit = UNIT_COUNT,
                              .curves = {{&s->plot, ROLE_IN_USE, false}},
                              .curve_count = 1,
                              .peak_value = -1,
                              .limit = NAN,
                              .playhead = -1,
                              .visible = WIDTH,
                              .view = &s->view,
                              .empty = ""};
}

static const char *draw(struct scene *s, enum charset charset)
{
    struct canvas c = {.charset = charset};
    struct raster raster = {0};

    canvas_resize(&c, COLS, ROWS);
    chart_draw(&s->chart, &c, (struct rect){0, 0, COLS, ROWS}, &raster);
    text_clear(&s->screen);
    canvas_to_text(&c, NULL, &s->screen);
    raster_finish(&raster);
    canvas_finish(&c);
    return text_str(&s->screen);
}

static void stop(struct scene *s)
{
    plot_finish(&s->plot);
    text_finish(&s->screen);
}

static const char *last_line(const char *screen)
{
    const char *line = screen, *next;

    while ((next = strchr(line, '\n')) && next[1] != '\0')
        line = next + 1;
    return line;
}

static const struct {
    struct chart_mark marks[3];
    size_t count;
    const char *want; /* the lower frame */
} feet[] = {
    {{{0}}, 0, "╰───────┬+0:00────────────┬+0:30────────────┬+1:00────────────┬+1:30╯\n"},
    {{{60, 80, SEVERITY_WARNING, "leak"}},
     1,
     "╰───────┬+0:00────────────┬+0:30──────▲ leak ───▵─────────────┬+1:30╯\n"},
    /* No room to the right of it. */
    {{{116, 118, SEVERITY_CRITICAL, "pre-oom"}},
     1,
     "╰───────┬+0:00────────────┬+0:30────────────┬+1:00─────── pre-oom ▲▵╯\n"},
    /* What is said twice over is there once; milder ones give way to the times. */
    {{{4, 30, SEVERITY_NOTICE, "spike"}, {14, 30, SEVERITY_NOTICE, "spike"}},
     2,
     "╰───────┬+0:00─▴ spike ───┬+0:30────────────┬+1:00────────────┬+1:30╯\n"},
    /* Of one cell the worst, and where it began rather than where it was told. */
    {{{90, 100, SEVERITY_WARNING, "leak"},
      {90, 90, SEVERITY_NOTICE, "spike"},
      {100, 101, SEVERITY_CRITICAL, "pre-oom"}},
     3,
     "╰───────┬+0:00────────────┬+0:30─────────────── leak ▲────▲───┬+1:30╯\n"},
    {{{-1, 60, SEVERITY_WARNING, "leak"}},
     1,
     "╰───────┬+0:00────────────┬+0:30──────▵─────┬+1:00────────────┬+1:30╯\n"},
    {{{-1, 120, SEVERITY_WARNING, "leak"}},
     1,
     "╰───────┬+0:00────────────┬+0:30────────────┬+1:00────────────┬+1:30╯\n"},
};

Test(overlay, marks_stand_in_the_lower_frame)
{
    for (size_t i = 0; i < COUNT_OF(feet); i++) {
        struct scene s;
        const char *got;

        start(&s);
        s.chart.marks = feet[i].marks;
        s.chart.mark_count = feet[i].count;
        got = last_line(draw(&s, CHARSET_BRAILLE));
        cr_expect(strstr(got, feet[i].want), "row %zu:\nwant %s\ngot  %s", i,
                  feet[i].want, got);
        stop(&s);
    }
}

/* However many there are, curves stay as they are and some times stay legible. */
Test(overlay, marks_hide_nothing)
{
    struct chart_mark marks[WIDTH];
    struct scene s;
    struct text before = {0};
    const char *got;

    start(&s);
    got = draw(&s, CHARSET_BRAILLE);
    text_put(&before, slice_of(got, (size_t)(last_line(got) - got)));
    for (int i = 0; i < WIDTH; i++)
        marks[i] = (struct chart_mark){i, i + 5, SEVERITY_NOTICE, "level-shift"};
    s.chart.marks = marks;
    s.chart.mark_count = WIDTH;
    got = draw(&s, CHARSET_BRAILLE);
    cr_expect_eq(strncmp(got, text_str(&before), before.len), 0, "%s", got);
    cr_expect(strstr(got, "▴┬+0:30▴▴"), "%s", got);
    text_finish(&before);
    stop(&s);
}

Test(overlay, marks_are_legible_in_ascii)
{
    /* A cell is one pixel column there. */
    const struct chart_mark marks[] = {{30, 40, SEVERITY_WARNING, "leak"},
                                       {10, 10, SEVERITY_NOTICE, "spike"}};
    struct scene s;
    const char *got;

    start(&s);
    s.chart.marks = marks;
    s.chart.mark_count = COUNT_OF(marks);
    got = draw(&s, CHARSET_ASCII);
    cr_expect(strstr(got, "^ leak ---'--"), "%s", got);
    for (const char *p = got; *p; p++)
        cr_assert(*p == '\n' || (*p >= ' ' && *p <= '~'), "%s", got);
    stop(&s);
}

static struct chart_cone cone(double low_x, double mid_x, double high_x)
{
    return (struct chart_cone){.has = true,
                               .from_x = 60,
                               .from = 65,
                               .low_x = low_x,
                               .mid_x = mid_x,
                               .high_x = high_x,
                               .limit = 90};
}

/* The cell of the screen at a column of the plot, in its row from the top. */
static uint32_t cell_at(const char *screen, int row, int col)
{
    uint32_t point = 0;

    for (; row > 0; row--)
        screen = strchr(screen, '\n') + 1;
    for (col += 9; col > 0; col--)
        screen += text_decode(slice_str(screen), &point);
    return point;
}

/* How many cells of a column of the plot are not blank, the curve's aside. */
static int drawn(const char *screen, int col)
{
    int count = 0;

    for (int row = 1; row < ROWS - 1; row++)
        count += cell_at(screen, row, col) != ' ' && cell_at(screen, row, col) != 0x2502;
    return count;
}

Test(overlay, cone_leads_from_the_playhead_to_the_limit)
{
    struct scene s;
    const char *got;

    start(&s);
    s.chart.playhead = 60;
    s.chart.limit = 90;
    s.chart.cone = cone(80, 90, 110);
    got = draw(&s, CHARSET_BRAILLE);
    cr_expect(strstr(got, "limit 90"), "%s", got);
    cr_expect_eq(drawn(got, 20), 2, "before the playhead: the curve and the limit\n%s",
                 got);
    cr_expect_geq(drawn(got, 34), 3, "the cone\n%s", got);
    cr_expect_eq(drawn(got, 58), 2, "past the limit nothing is foretold\n%s", got);
    s.chart.cone = cone(80, 1e12, INFINITY);
    got = draw(&s, CHARSET_BRAILLE);
    cr_expect_geq(drawn(got, 58), 3, "it may never come to that\n%s", got);
    s.chart.cone.has = false;
    got = draw(&s, CHARSET_BRAILLE);
    cr_expect_eq(drawn(got, 34), 2, "%s", got);
    stop(&s);
}

Test(overlay, cone_is_survived_whatever_it_says)
{
    static const double odd[] = {0,   -1,  60,   1e300,    -1e300,
                                 NAN, 119, 1e-9, INFINITY, -INFINITY};
    struct scene s;
    uint64_t seed = 5;

    start(&s);
    s.chart.playhead = 60;
    for (int i = 0; i < 3000; i++) {
        double *fields[] = {&s.chart.cone.from_x, &s.chart.cone.from,
                            &s.chart.cone.low_x,  &s.chart.cone.mid_x,
                            &s.chart.cone.high_x, &s.chart.cone.limit};

        s.chart.cone.has = true;
        for (size_t k = 0; k < COUNT_OF(fields); k++)
            *fields[k] = odd[test_random_below(&seed, COUNT_OF(odd))];
        s.chart.limit = odd[test_random_below(&seed, COUNT_OF(odd))];
        (void)draw(&s, (enum charset)(i % 3));
    }
    stop(&s);
}

Test(overlay, segments_lie_over_the_curve)
{
    const struct chart_segment segments[] = {{0, 60, 20, 20, 0}, {60, 120, 20, 80, 5}};
    struct scene s;
    const char *got;

    start(&s);
    s.chart.segments = segments;
    s.chart.segment_count = COUNT_OF(segments);
    got = draw(&s, CHARSET_BRAILLE);
    cr_expect_eq(drawn(got, 10), 2, "a level below the curve\n%s", got);
    cr_expect_geq(drawn(got, 36), 2, "on its way up\n%s", got);
    s.chart.is_film = true;
    s.chart.visible = 40;
    got = draw(&s, CHARSET_BRAILLE);
    cr_expect_eq(drawn(got, 10), 2, "%s", got);
    cr_expect_eq(drawn(got, 30), 0, "the film shows no future\n%s", got);
    stop(&s);
}

/* Rows a second apart: 100 up to the middle and `then` from there on; a little noise. */
static struct session *session_of(size_t rows, double then, struct series *out)
{
    struct session *s = session_create();
    struct track *t = session_add_process(s, session_add_source(s, "test"));
    uint64_t seed = 9;

    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    for (size_t i = 0; i < rows; i++) {
        double value =
            (i < rows / 2 ? 100 : then) + (double)test_random_below(&seed, 1000) / 1000;

        table_append(t->table, (int64_t)i * NS_PER_S, &value);
    }
    cr_assert(session_series(s, s->processes[0], METRIC_HEAP_LIVE, out));
    return s;
}

Test(segments, tell_where_a_level_ends)
{
    static const size_t sizes[] = {200, 3000, 100000};

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct series series;
        struct segments found = {0};
        struct session *s = session_of(sizes[i], 200, &series);
        double rows = (double)sizes[i];
        const struct segment *first, *last;

        segments_refresh(&found, &series);
        cr_assert_eq(found.count, 2, "%zu rows: %zu segments", sizes[i], found.count);
        first = segments_at(&found, (int64_t)(0.2 * rows) * NS_PER_S);
        last = segments_at(&found, INT64_MAX);
        cr_assert(first == &found.items[0] && last == &found.items[1]);
        cr_expect_float_eq((double)last->from_ns / (double)NS_PER_S, rows / 2,
                           rows / 500);
        cr_expect_float_eq(first->to, 100.5, 1);
        cr_expect_float_eq(last->to, 200.5, 1);
        cr_expect(last->noise > 0 && last->noise < 1, "noise %g", last->noise);
        cr_expect_null(segments_at(&found, -1));
        segments_finish(&found);
        session_destroy(s);
    }
}

Test(segments, of_little_or_nothing)
{
    for (size_t rows = 2; rows < 6; rows++) {
        struct series series;
        struct segments found = {0};
        struct session *s = session_of(rows, 100, &series);

        segments_refresh(&found, &series);
        cr_expect_leq(found.count, rows);
        segments_finish(&found);
        session_destroy(s);
    }
}
