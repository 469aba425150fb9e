/*
 * How long the dashboard takes to draw itself into a canvas of 200×60:
 *
 *   bench_frame FILE ROWS
 *
 * loads until there are that many rows (or the file ends), then draws many frames of
 * each of several kinds. Prints a line of JSON: the rows, and of each kind the first
 * frame, the median, the 99th percentile and the worst in ms. What the terminal then does
 * with the canvas is not part of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/units.h"
#include "tests/bench/timing.h"
#include "tui/app.h"
#include "tui/keys.h"

#define COLS 200
#define ROWS 60
#define FRAMES 400
#define FRAME_NS (33 * NS_PER_MS) /* of real time, while it plays */
#define ZOOM_LEVELS 20
#define LOAD_NS (8 * NS_PER_MS)
#define SPEED_LOG2 12
#define CHARTS 6
#define FINDINGS 4000

struct bench {
    struct session *session;
    struct loader *loader;
    struct app *app;
    struct canvas canvas;
    int64_t from_ns, to_ns; /* the recording */
    int64_t real_ns;
    uint64_t random;
    int64_t took_ns[FRAMES];
};

/* What happens before each frame; `frame` counts from 0. */
typedef void (*before_frame)(struct bench *b, int frame);

/* Of [0, below). A linear congruence; its high bits are the good ones. */
static int64_t pick(struct bench *b, int64_t below)
{
    b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below > 0 ? (int64_t)((b->random >> 16) % (uint64_t)below) : 0;
}

static size_t rows_of(const struct session *s)
{
    size_t rows = 0;

    for (size_t i = 0; i < s->process_count; i++)
        for (size_t k = 0; k < s->processes[i]->track_count; k++)
            rows += table_row_count(s->processes[i]->tracks[k]->table);
    return rows;
}

static void show_all(struct bench *b, int frame)
{
    (void)frame;
    app_set_window(b->app, b->from_ns, b->to_ns + 1);
}

/* Another window each time, down to a millionth of the recording. */
static void zoom(struct bench *b, int frame)
{
    int64_t span_ns = (b->to_ns - b->from_ns) >> (frame % ZOOM_LEVELS);
    int64_t from_ns = b->from_ns + pick(b, b->to_ns - b->from_ns - span_ns);

    app_set_window(b->app, from_ns, from_ns + span_ns);
}

/* The playhead elsewhere in the whole recording: what it stands on changes. */
static void seek(struct bench *b, int frame)
{
    struct time_arg at = {TIME_PERMILLION, pick(b, 1000000)};

    (void)frame;
    if (!app_go_to(b->app, &at))
        abort();
}

/* From the middle on: what lies behind the playhead is drawn, so early on it is little.
 */
static void play(struct bench *b, int frame)
{
    if (frame == 0) {
        struct time_arg middle = {TIME_PERMILLION, 500000};

        show_all(b, 0);
        if (!app_go_to(b->app, &middle))
            abort();
        app_set_speed(b->app, SPEED_LOG2);
        app_play(b->app, b->real_ns);
    }
    b->real_ns += FRAME_NS;
    app_tick(b->app, b->real_ns);
    if (frame == FRAMES - 1)
        app_key(b->app, ' ');
}

/* Rows have arrived, as they do while a file loads or is followed. */
static void grow(struct bench *b, int frame)
{
    if (frame == 0)
        app_key(b->app, '0');
    b->session->revision++;
}

/* One chart that fills the screen, each of them in turn, at changing zooms. */
static void enlarge(struct bench *b, int frame)
{
    if (frame == 0)
        app_key(b->app, KEYCODE_ENTER);
    if (frame % (FRAMES / CHARTS) == 0)
        app_key(b->app, KEYCODE_TAB);
    zoom(b, frame);
    if (frame == FRAMES - 1)
        app_key(b->app, KEYCODE_ENTER);
}

/* More than detectors ever find in an incident, on every chart, with a forecast. */
static void add_findings(struct bench *b)
{
    struct process *p = b->session->processes[0];
    struct forecast forecast = {.as_of_ns = b->from_ns,
                                .need_bytes = 1e8,
                                .limit_bytes = 2e8,
                                .eta_s = 60,
                                .eta_low_s = 40,
                                .eta_high_s = 90};

    forecast_log_add(&p->forecasts, &forecast);
    for (int i = 0; i < FINDINGS; i++) {
        int64_t at_ns = b->from_ns + pick(b, b->to_ns - b->from_ns);
        struct finding f =
            finding_of((enum event_kind)(i % EVENT_KINDS),
                       i % 50 ? SEVERITY_NOTICE : SEVERITY_WARNING, p, at_ns, at_ns);

        f.has_series = true;
        f.metric = (uint32_t)(i % METRIC_COUNT);
        f.message = SLICE("live heap steps from 57.5 MiB to 120 MiB");
        (void)session_add_finding(b->session, &f);
    }
}

/* The playhead elsewhere each time, where much was found. */
static void seek_found(struct bench *b, int frame)
{
    if (frame == 0) {
        add_findings(b);
        show_all(b, 0);
        app_key(b->app, 'S');
        /* Segments are found once for a series; that is no frame's business. */
        app_draw(b->app, &b->canvas);
    }
    seek(b, frame);
}

/* The same as a list, another line chosen each time. */
static void list(struct bench *b, int frame)
{
    app_key(b->app, frame ? 'k' : '6');
    if (frame == FRAMES - 1)
        app_key(b->app, '1');
}

static const struct {
    const char *name;
    before_frame before;
} kinds[] = {
    {"the whole recording", show_all},
    {"playhead moving in it", seek},
    {"zoomed, elsewhere each time", zoom},
    {"playing at 4096x", play},
    {"rows arriving", grow},
    {"one chart enlarged, zoomed", enlarge},
    {"4,000 findings and segments", seek_found},
    {"4,000 findings as a list", list},
};

static int compare_ns(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double ms_of(int64_t ns)
{
    return (double)ns / (double)NS_PER_MS;
}

static void measure(struct bench *b, const char *name, before_frame before)
{
    int64_t first_ns;

    for (int i = 0; i < FRAMES; i++) {
        int64_t start_ns;

        before(b, i);
        start_ns = timing_now_ns();
        app_draw(b->app, &b->canvas);
        b->took_ns[i] = timing_now_ns() - start_ns;
    }
    first_ns = b->took_ns[0];
    qsort(b->took_ns, FRAMES, sizeof b->took_ns[0], compare_ns);
    (void)printf("%s{\"name\": \"%s\", \"first_ms\": %.4f, \"median_ms\": %.4f, "
                 "\"p99_ms\": %.4f, \"worst_ms\": %.4f}",
                 before == kinds[0].before ? "" : ", ", name, ms_of(first_ns),
                 ms_of(b->took_ns[FRAMES / 2]), ms_of(b->took_ns[FRAMES * 99 / 100]),
                 ms_of(b->took_ns[FRAMES - 1]));
}

/* Returns false when the file has nothing to draw. */
static bool load(struct bench *b, const char *path, size_t rows)
{
    const struct loader_options options = {0};

    b->session = session_create();
    b->loader = loader_create(b->session, &options);
    loader_add(b->loader, path);
    while (rows_of(b->session) < rows && loader_step(b->loader, LOAD_NS))
        continue;
    return session_span(b->session, &b->from_ns, &b->to_ns);
}

static void run(struct bench *b)
{
    b->app = app_create(b->session);
    app_set_progress(b->app, (struct loader_progress){.done = true});
    b->canvas.charset = CHARSET_BRAILLE;
    canvas_resize(&b->canvas, COLS, ROWS);
    (void)printf("{\"rows\": %zu, \"frames\": %d, \"kinds\": [", rows_of(b->session),
                 FRAMES);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        measure(b, kinds[i].name, kinds[i].before);
    (void)printf("]}\n");
    canvas_finish(&b->canvas);
    app_destroy(b->app);
}

int main(int argc, char **argv)
{
    struct bench *b = mem_alloc(sizeof *b);
    uint64_t rows;
    int status = 1;

    b->random = 1;
    if (argc != 3 || !num_parse_u64(slice_str(argv[2]), &rows)) {
        (void)fprintf(stderr, "usage: bench_frame FILE ROWS\n");
        free(b);
        return 2;
    }
    if (load(b, argv[1], (size_t)rows)) {
        run(b);
        status = 0;
    }
    loader_destroy(b->loader);
    session_destroy(b->session);
    free(b);
    return status;
}
