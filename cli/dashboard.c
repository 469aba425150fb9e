#include "cli/dashboard.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/live_screen.h"
#include "cli/screen.h"
#include "model/base/mem.h"
#include "model/detect/watch.h"
#include "model/units.h"
#include "replay/loader.h"
#include "replay/loop.h"
#include "tui/app.h"
#include "tui/term.h"

/* Loading and watching give way to the keyboard this often. */
#define SLICE_NS (8 * NS_PER_MS)

/* So few rows that the clock is not looked at too late. */
#define WATCH_ROWS 256

/* While something moves, the screen is drawn this often. */
#define FRAME_NS (33 * NS_PER_MS)

/* … and this often for what comes from live sources: a log may have a line a
 * millisecond. */
#define LIVE_FRAME_NS (200 * NS_PER_MS)

struct dashboard {
    const struct options *options;
    struct session *session;
    struct loader *loader;
    struct watch *watch;
    struct live_screen *live;
    struct app *app;
    struct canvas canvas;
    int64_t drawn_ns;  /* when the last frame was; 0: never */
    uint64_t revision; /* of the session when the app last looked at it */
    bool is_loading;
    bool is_watching; /* there may be rows that no detector has seen */
    bool is_done;
    bool has_hung_up; /* the terminal is gone */
    int signal;       /* that ended it; 0: none */
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

static void show(struct dashboard *d)
{
    live_screen_show(d->live, d->app);
    if (d->revision == d->session->revision)
        return;
    d->revision = d->session->revision;
    app_refresh(d->app);
}

/* Everything is read: time arguments can be resolved now, and a replay can start. */
static void loaded(struct dashboard *d)
{
    int64_t from_ns, to_ns;
    bool has_data = session_span(d->session, &from_ns, &to_ns);

    d->is_loading = false;
    live_screen_begin(d->live, d->loader);
    show(d);
    if (!has_data && live_screen_is_live(d->live))
        return;
    if (!has_data) {
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
        enum app_request request;

        app_tick(d->app, now_ns());
        app_key(d->app, key);
        request = app_take_request(d->app);
        switch (request) {
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
        case APP_RECORD:
        case APP_PROFILES:
        case APP_TRACE:
        case APP_NO_TRACE:
        case APP_ADD_OFFER:
            live_screen_answer(d->live, d->app, request);
            break;
        }
    }
}

static void take_events(struct dashboard *d)
{
    unsigned events = term_take_events();

    if (events & TERM_TERMINATE) {
        d->signal = term_fatal_signal();
        finish(d, EXIT_OK);
    }
    if (events & TERM_SUSPEND)
        term_suspend();
    if (events & TERM_INTERRUPT)
        finish(d, common_status(d->session));
    else if (events & (TERM_RESIZED | TERM_CONTINUED | TERM_SUSPEND))
        draw(d);
}

static bool is_busy(const struct dashboard *d)
{
    return d->is_loading || d->is_watching;
}

static bool frame_is_due(const struct dashboard *d)
{
    return app_is_dirty(d->app) &&
           (d->drawn_ns == 0 || !is_busy(d) || now_ns() - d->drawn_ns >= FRAME_NS);
}

/* What came from live sources is shown when a frame of it is due. */
static int64_t show_live(struct dashboard *d)
{
    int64_t left_ns = d->drawn_ns + LIVE_FRAME_NS - now_ns();

    if (d->revision != d->session->revision && left_ns > 0)
        return left_ns;
    show(d);
    return -1;
}

/* How long the loop may sleep: until the next frame, or as long as nothing comes. */
static int64_t sleep_ns(const struct dashboard *d, int64_t live_ns)
{
    int64_t left_ns = d->drawn_ns + FRAME_NS - now_ns();

    if (app_frame_ms(d->app) >= 0 || app_is_dirty(d->app))
        return left_ns > 0 ? left_ns : 0;
    return live_ns;
}

static void run(struct dashboard *d)
{
    while (!d->is_done) {
        int64_t live_ns = -1;

        if (d->is_loading)
            load(d);
        else if (d->is_watching)
            look(d);
        else
            live_ns = show_live(d);
        app_tick(d->app, now_ns());
        if (!d->is_done && frame_is_due(d))
            draw(d);
        if (d->is_done)
            break;
        /* What is live waits until the rest is loaded: it goes on from there. */
        if (!is_busy(d) &&
            (!live_step(live_screen_session(d->live), sleep_ns(d, live_ns)) ||
             d->has_hung_up))
            finish(d, EXIT_OK);
        take_events(d);
        take_keys(d);
    }
}

/* Keys and signals are taken after each turn of the loop, which they only end. */
static void wake(void *user, short events)
{
    struct dashboard *d = user;

    if (events & (POLLHUP | POLLERR | POLLNVAL))
        d->has_hung_up = true;
}

/* False after a message. */
static bool open_screen(struct dashboard *d)
{
    struct err err = {0};
    struct term_options options = {.wants_colour = d->options->color != COLOR_NEVER,
                                   .charset = charset_of_environment(common_is_utf8())};

    if (!term_open(&options, &err)) {
        common_complain("%s; try heapreel report", err.reason);
        return false;
    }
    d->canvas.charset = options.charset;
    d->app = app_create(d->session);
    if (d->is_loading)
        app_set_progress(d->app, (struct loader_progress){0});
    return true;
}

static void show_screen(struct dashboard *d)
{
    struct loop *loop = live_loop(live_screen_session(d->live));
    struct loop_fd *keys = loop_add_fd(loop, term_key_fd(), POLLIN, wake, d);
    struct loop_fd *signals = loop_add_fd(loop, term_signal_fd(), POLLIN, wake, d);

    if (!d->is_loading) {
        live_screen_begin(d->live, d->loader);
        show(d);
    }
    /* The view exists: that was asked before. */
    if (d->is_loading || !d->options->view || app_set_view(d->app, d->options->view))
        run(d);
    loop_remove_fd(loop, keys);
    loop_remove_fd(loop, signals);
    term_close();
}

/* False after a message. Files are loaded, the rest begins to give. */
static bool add_sources(struct dashboard *d)
{
    const struct options *o = d->options;
    bool has_live = false;

    if (o->output && !live_screen_record(d->live, o->output))
        return false;
    if (o->command == COMMAND_RUN)
        return live_screen_run(d->live);
    for (size_t i = 0; i < o->source_count; i++)
        has_live |= live_screen_takes(o->sources[i]);
    for (size_t i = 0; i < o->source_count; i++) {
        /* A log may begin later than the service beside it; alone it is a typing error.
         */
        if (!live_screen_takes(o->sources[i]) &&
            !(has_live && access(o->sources[i], F_OK) != 0)) {
            loader_add(d->loader, o->sources[i]);
            d->is_loading = true;
        } else if (!live_screen_add(d->live, o->sources[i])) {
            return false;
        }
    }
    return true;
}

static void close_dashboard(struct dashboard *d)
{
    const bool was_shown = d->app != NULL;

    app_destroy(d->app);
    loader_destroy(d->loader); /* which writes into the transcript of the other */
    live_screen_destroy(d->live);
    watch_destroy(d->watch);
    if (was_shown && d->status != EXIT_USAGE)
        common_report_damage(d->options, d->session);
    session_destroy(d->session);
    canvas_finish(&d->canvas);
}

int dashboard(const struct options *o)
{
    struct loader_options loading = {.format = o->format,
                                     .pattern = o->pattern,
                                     .is_followed = true,
                                     .from = o->from,
                                     .to = o->to};
    struct dashboard d = {.options = o, .status = EXIT_UNREADABLE};

    d.session = common_session(o);
    d.watch = watch_create(d.session, o->rules);
    d.live = live_screen_create(o, d.session, d.watch);
    loading.watch = d.watch;
    loading.transcript = live_screen_transcript(d.live);
    d.loader = loader_create(d.session, &loading);
    if (add_sources(&d)) {
        d.status = EXIT_USAGE;
        if (open_screen(&d)) {
            show_screen(&d);
            d.status = live_screen_end(d.live, d.signal, d.status);
        }
    }
    close_dashboard(&d);
    if (d.signal)
        term_die();
    return d.status;
}
