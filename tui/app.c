#include "tui/app_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "tui/events.h"

/* While something moves: 30 frames a second, as smooth as cells can show. */
#define FRAME_MS 33

/* A smaller screen says so instead of showing scraps. */
#define LEAST_COLS 40
#define LEAST_ROWS 10

const char *const app_views[] = {
    [VIEW_OVERVIEW] = "overview", [VIEW_EVENTS] = "events", [VIEW_LOG] = "log", NULL};

bool app_set_view(struct app *app, const char *name)
{
    for (size_t i = 0; app_views[i]; i++) {
        if (strcmp(name, app_views[i]) == 0) {
            app->shown = (enum app_view)i;
            app->is_dirty = true;
            return true;
        }
    }
    return false;
}

struct app *app_create(struct session *session)
{
    struct app *app = mem_alloc(sizeof *app);

    app->session = session;
    clock_init(&app->clock);
    app->is_dirty = true;
    app_refresh(app);
    return app;
}

void app_destroy(struct app *app)
{
    if (!app)
        return;
    for (size_t i = 0; i < PANEL_COUNT; i++)
        panel_finish(&app->panels[i]);
    rowmaps_finish(&app->rowmaps);
    raster_finish(&app->raster);
    told_finish(&app->told);
    free(app->list.rows);
    free(app->marks);
    segments_finish(&app->segments);
    free(app->pieces);
    free(app);
}

void app_rebuild(struct app *app)
{
    int64_t from_ns, to_ns;
    bool is_first = !app->has_data;

    app->has_data = session_span(app->session, &from_ns, &to_ns);
    if (!app->has_data)
        return;
    app->zero_ns = from_ns;
    lane_build(&app->lane, app->session, app->chosen);
    if (app->lane.count > 0) {
        from_ns = app->lane.entries[0].from_ns;
        to_ns = app->lane.entries[app->lane.count - 1].to_ns;
    }
    to_ns = app_end_ns(app, to_ns);
    clock_set_span(&app->clock, from_ns, to_ns);
    view_set_bounds(&app->view, from_ns, num_sat_add_i64(to_ns, app_room_ns(app)));
    app->has_told = false;
    app_find_sizes(app);
    /* The end is what somebody who opens the log of a dead service wants to see. */
    if (is_first && !app->clock.is_following)
        clock_seek(&app->clock, to_ns);
    if (app->clock.is_following)
        view_reveal(&app->view, app->clock.position_ns);
    app_follow(app);
    app->is_dirty = true;
}

void app_refresh(struct app *app)
{
    if (app->has_data && app->revision == app->session->revision)
        return;
    app->revision = app->session->revision;
    /* A frozen picture stays; but what it was told may be gone. */
    if (app->live_time.is_frozen)
        app->has_told = false;
    else
        app_rebuild(app);
}

void app_set_progress(struct app *app, struct loader_progress progress)
{
    bool was_loading = app->is_loading;

    if (was_loading != !progress.done || app->progress.bytes_done != progress.bytes_done)
        app->is_dirty = true;
    app->is_loading = !progress.done;
    app->progress = progress;
    if (app->is_loading && !was_loading)
        clock_set_following(&app->clock, true);
    if (!app->is_loading && was_loading && app->clock.is_following && !app->live.is_live)
        clock_seek(&app->clock, app->clock.to_ns);
}

void app_set_watched(struct app *app, double share)
{
    bool is_watching = share < 1;

    if (app->is_watching == is_watching && !(share > app->watched + 0.001))
        return;
    app->is_watching = is_watching;
    app->watched = share;
    if (app->live_time.is_frozen)
        return;
    app_rebuild(app);
    app->is_dirty = true;
}

void app_say(struct app *app, enum role role, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(app->message, sizeof app->message, format, args);
    va_end(args);
    app->message_role = role;
}

int64_t app_known_ns(const struct app *app)
{
    if (app->live_time.is_frozen)
        return app->clock.position_ns;
    return app->clock.position_ns >= app->clock.to_ns ? INT64_MAX
                                                      : app->clock.position_ns;
}

void app_set_speed(struct app *app, int speed_log2)
{
    app->clock.speed_log2 = speed_log2;
    app->is_dirty = true;
}

void app_play(struct app *app, int64_t real_ns)
{
    app->real_ns = real_ns;
    if (!app->clock.is_playing)
        clock_toggle_play(&app->clock, app->real_ns);
    app->is_dirty = true;
}

void app_set_window(struct app *app, int64_t from_ns, int64_t to_ns)
{
    if (app->live.is_live)
        clock_set_following(&app->clock, false);
    view_set_window(&app->view, from_ns, to_ns);
    if (app->clock.position_ns < app->view.from_ns ||
        app->clock.position_ns >= app->view.to_ns)
        clock_seek(&app->clock, app->view.to_ns - 1);
    app->is_dirty = true;
}

void app_seek(struct app *app, int64_t position_ns)
{
    clock_seek(&app->clock, position_ns);
    view_reveal(&app->view, app->clock.position_ns);
}

bool app_go_to(struct app *app, const struct time_arg *at)
{
    int64_t time_ns, from_ns, to_ns;

    /* Offsets count from the session's first record, as every time on the screen. */
    if (!app->has_data || !session_span(app->session, &from_ns, &to_ns) ||
        !time_arg_resolve(at, from_ns, to_ns, app->session->has_wall, &time_ns))
        return false;
    app_seek(app, time_ns);
    app->is_dirty = true;
    return true;
}

unsigned app_panels(const struct app *app, enum panel_id out[PANEL_COUNT])
{
    unsigned count = 0;
    const struct lane *lane = &app->lane;
    const struct process *p = app->chosen ? app->chosen : NULL;

    if (!p && lane->count)
        p = lane_busiest(app->session);
    out[count++] = PANEL_HEAP;
    for (enum panel_id id = PANEL_HEAP + 1; p && id < PANEL_COUNT; id++)
        if (panel_has_data(id, app->session, p))
            out[count++] = id;
    return count;
}

void app_choose(struct app *app, struct process *p)
{
    app->chosen = p;
    app_rebuild(app);
}

void app_tick(struct app *app, int64_t real_ns)
{
    int64_t before_ns = app->clock.position_ns;
    bool was_playing = app->clock.is_playing;

    app->real_ns = real_ns;
    clock_tick(&app->clock, real_ns);
    if (was_playing)
        view_reveal(&app->view, app->clock.position_ns);
    /* A replay that has caught up with what goes on goes on with it. */
    if (was_playing && !app->clock.is_playing && app->live.is_live)
        app_resume(app);
    if (app->clock.position_ns != before_ns || app->clock.is_playing != was_playing)
        app->is_dirty = true;
}

int app_frame_ms(const struct app *app)
{
    return app->clock.is_playing ? FRAME_MS : -1;
}

bool app_is_dirty(const struct app *app)
{
    return app->is_dirty;
}

enum app_request app_take_request(struct app *app)
{
    enum app_request request = app->request;

    app->request = APP_NOTHING;
    return request;
}

static void draw_too_small(struct canvas *c)
{
    /* Two lines, so that even half a screen shows it. */
    (void)canvas_put(c, 0, 0, ROLE_TEXT, 0, "terminal too small:");
    (void)canvas_putf(c, 0, 1, ROLE_TEXT, 0, "%dx%d needed", LEAST_COLS, LEAST_ROWS);
}

void app_draw(struct app *app, struct canvas *c)
{
    app->is_dirty = false;
    app_refresh(app);
    app_refresh_told(app);
    canvas_clear(c);
    if (c->cols < LEAST_COLS || c->rows < LEAST_ROWS) {
        draw_too_small(c);
        return;
    }
    header_draw(app, c, (struct rect){0, 0, c->cols, 2});
    if (app->shown == VIEW_LOG)
        log_draw(app, c, (struct rect){0, 2, c->cols, c->rows - 3});
    else if (app_is_list(app))
        events_draw(app, c, (struct rect){0, 2, c->cols, c->rows - 3});
    else
        overview_draw(app, c, (struct rect){0, 2, c->cols, c->rows - 3});
    footer_draw(app, c, (struct rect){0, c->rows - 1, c->cols, 1});
    if (app->has_help)
        help_draw(app, c);
}
