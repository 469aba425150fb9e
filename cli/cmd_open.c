#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/screen.h"
#include "model/detect/watch.h"
#include "model/units.h"
#include "replay/loader.h"
#include "tui/app.h"
#include "tui/term.h"

/* Loading and watching give way to the keyboard this often. */
#define SLICE_NS (8 * NS_PER_MS)

/* So few rows that the clock is not looked at too late. */
#define WATCH_ROWS 256

/* While something moves, the screen is drawn this often. */
#define FRAME_NS (33 * NS_PER_MS)

struct dashboard {
    const struct options *options;
    struct session *session;
    struct loader *loader;
    struct watch *watch;
    struct app *app;
    struct canvas canvas;
    int64_t drawn_ns; /* when the last frame was; 0: never */
    bool is_loading;
    bool is_watching; /* there may be rows that no detector has seen */
    bool is_done;
    int status;
};

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void finish(struct dashboard *d, int status)
{
    d->is_done = true;
    d->status = status;
}

/* Everything is read: time arguments can be resolved now, and a replay can start. */
static void loaded(struct dashboard *d)
{
    int64_t from_ns, to_ns;

    d->is_loading = false;
    if (!session_span(d->session, &from_ns, &to_ns)) {
        finish(d, common_status(d->session));
        return;
    }
    /* A message needs the terminal back first. */
    if (!screen_can_start(d->options, d->session))
        term_close();
    if (!screen_start(d->options, d->session, d->app))
        finish(d, EXIT_USAGE);
    else if (d->options->is_play)
        app_play(d->app, now_ns());
}

/* Has detectors look at what was loaded. They are not asked while more comes in than can
 * be loaded: what is read anew is placed anew, and they would begin again and again. */
static void look(struct dashboard *d)
{
    int64_t start_ns = now_ns();

    do
        d->is_watching = watch_advance(d->watch, WATCH_ROWS);
    while (d->is_watching && now_ns() - start_ns < SLICE_NS);
    app_set_watched(d->app, d->is_watching ? watch_progress(d->watch) : 1);
    app_refresh(d->app);
}

static void load(struct dashboard *d)
{
    bool has_more = loader_step(d->loader, SLICE_NS);

    d->is_watching = true;
    app_refresh(d->app);
    app_set_progress(d->app, loader_progress(d->loader));
    if (has_more)
        return;
    /* At once, so that no frame calls healthy what was not looked at. */
    look(d);
    loaded(d);
}

static void draw(struct dashboard *d)
{
    int cols, rows;

    term_size(&cols, &rows);
    if (cols != d->canvas.cols || rows != d->canvas.rows)
        canvas_resize(&d->canvas, cols, rows);
    app_draw(d->app, &d->canvas);
    term_draw(&d->canvas);
    d->drawn_ns = now_ns();
}

static void take_keys(struct dashboard *d)
{
    uint32_t key;

    while (!d->is_done && term_read_key(&key)) {
        app_tick(d->app, now_ns());
        app_key(d->app, key);
        switch (app_take_request(d->app)) {
        case APP_QUIT:
            finish(d, common_status(d->session));
            break;
        case APP_REDRAW:
            term_forget();
            draw(d);
            break;
        case APP_SUSPEND:
            term_suspend();
            draw(d);
            break;
        case APP_NOTHING:
            break;
        }
    }
}

static void take_events(struct dashboard *d)
{
    unsigned events = term_take_events();

    if (events & TERM_TERMINATE)
        term_die();
    if (events & TERM_SUSPEND)
        term_suspend();
    if (events & TERM_INTERRUPT)
        finish(d, common_status(d->session));
    else if (events & (TERM_RESIZED | TERM_CONTINUED | TERM_SUSPEND))
        draw(d);
}

/* How long poll may sleep: until the next frame, or for ever while nothing moves. */
static int timeout_ms(const struct dashboard *d)
{
    int64_t left_ns = d->drawn_ns + FRAME_NS - now_ns();
    int frame_ms = left_ns > 0 ? (int)(left_ns / NS_PER_MS) + 1 : 0;

    if (d->is_watching || (d->is_loading && loader_poll_fd(d->loader) < 0))
        return 0;
    if (app_frame_ms(d->app) >= 0 || app_is_dirty(d->app))
        return frame_ms;
    return -1;
}

/* Sleeps until there is something to do; false when the terminal is gone. */
static bool wait_for_work(struct dashboard *d, bool *has_input)
{
    struct pollfd fds[3] = {{.fd = term_key_fd(), .events = POLLIN},
                            {.fd = term_signal_fd(), .events = POLLIN},
                            {.fd = -1, .events = POLLIN}};

    if (d->is_loading)
        fds[2].fd = loader_poll_fd(d->loader);
    if (poll(fds, 3, timeout_ms(d)) < 0 && errno != EINTR)
        return false;
    *has_input = fds[2].fd < 0 || fds[2].revents != 0;
    return (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

static bool frame_is_due(const struct dashboard *d)
{
    return app_is_dirty(d->app) &&
           (d->drawn_ns == 0 || !(d->is_loading || d->is_watching) ||
            now_ns() - d->drawn_ns >= FRAME_NS);
}

static void run(struct dashboard *d)
{
    bool has_input = true;

    while (!d->is_done) {
        if (d->is_loading && has_input)
            load(d);
        else if (d->is_watching)
            look(d);
        app_tick(d->app, now_ns());
        if (!d->is_done && frame_is_due(d))
            draw(d);
        if (d->is_done)
            break;
        if (!wait_for_work(d, &has_input))
            finish(d, EXIT_OK);
        take_events(d);
        take_keys(d);
    }
}

static int open_dashboard(const struct options *o, struct session *s, struct loader *l,
                          struct watch *watch)
{
    struct dashboard d = {.options = o, .session = s, .loader = l, .is_loading = true};
    struct err err = {0};
    struct term_options options = {.wants_colour = o->color != COLOR_NEVER,
                                   .charset = charset_of_environment(common_is_utf8())};

    if (!term_open(&options, &err)) {
        common_complain("%s; try heapreel report", err.reason);
        return EXIT_USAGE;
    }
    d.canvas.charset = options.charset;
    d.app = app_create(s);
    d.watch = watch;
    app_set_progress(d.app, (struct loader_progress){0});
    run(&d);
    term_close();
    app_destroy(d.app);
    canvas_finish(&d.canvas);
    return d.status;
}

int cmd_open(const struct options *o)
{
    struct loader_options loading = {.format = o->format, .pattern = o->pattern};
    struct session *s;
    struct loader *l;
    int status;

    if (!screen_view_exists(o))
        return EXIT_USAGE;
    if (!isatty(STDOUT_FILENO)) {
        common_complain("standard output is not a terminal; try heapreel report");
        return EXIT_USAGE;
    }
    s = common_session(o);
    loading.watch = watch_create(s, o->rules);
    l = loader_create(s, &loading);
    for (size_t i = 0; i < o->source_count; i++)
        loader_add(l, o->sources[i]);
    status = open_dashboard(o, s, l, loading.watch);
    loader_destroy(l);
    watch_destroy(loading.watch);
    if (status != EXIT_USAGE)
        common_report_damage(o, s);
    session_destroy(s);
    return status;
}
