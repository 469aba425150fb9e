/* The end of time in a live session, and the window that follows it. */
#include "model/base/num.h"
#include "replay/transcript.h"
#include "tui/app_internal.h"
#include "tui/severity.h"

/* A window that follows shows the last ten minutes, once there is more. */
#define WINDOW_NS (600 * NS_PER_S)

/* Go's runtime collects every two minutes even where nothing is allocated: who says
 * nothing for longer says nothing at all. */
#define SILENCE_NS (150 * NS_PER_S)

/* Time by itself moves the picture about once a second: a little less, or a clock that
 * ticks a little fast would have it jump by two now and then. */
#define STEP_NS (900 * NS_PER_MS)

/* What the last trace lasted is asked for again. */
#define TRACE_SECONDS 5

int64_t app_end_ns(struct app *app, int64_t newest_ns)
{
    struct live_time *t = &app->live_time;
    int64_t behind_ns;

    if (t->is_frozen)
        return app->clock.to_ns;
    if (!app->live.is_live || !app->session->has_wall)
        return newest_ns;
    /* Records that were old when they came (a log's stamps of another time zone, a clock
     * that is wrong) would leave the window empty: the end stays as far ahead of them as
     * it was. */
    if (newest_ns != t->newest_ns) {
        behind_ns = num_sat_sub_i64(t->now_ns, newest_ns);
        t->behind_ns = behind_ns > WINDOW_NS ? behind_ns : 0;
        t->newest_ns = newest_ns;
    }
    behind_ns = num_sat_sub_i64(t->now_ns, t->behind_ns);
    return newest_ns > behind_ns ? newest_ns : behind_ns;
}

int64_t app_silence_ns(const struct app *app)
{
    int64_t silence_ns;

    if (!app->live.is_live || !app->clock.is_following || !app->session->has_wall ||
        !app->lane.count || app->lane.entries[app->lane.count - 1].process->has_end)
        return 0;
    silence_ns = num_sat_sub_i64(app->clock.to_ns, app->live_time.newest_ns);
    return silence_ns > SILENCE_NS ? silence_ns : 0;
}

/* INT64_MIN: none is known. */
static int64_t first_size(const struct session *s, const struct process *p)
{
    static const uint32_t metrics[] = {METRIC_HEAP_ALLOC, METRIC_HEAP_INUSE,
                                       METRIC_HEAP_START, METRIC_HEAP_LIVE,
                                       METRIC_MEM_RSS};
    int64_t first_ns = INT64_MAX;

    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        struct series series;
        struct span_values values;

        if (!session_series(s, p, metrics[i], &series))
            continue;
        values = series_span(&series, INT64_MIN, INT64_MAX);
        if (values.has && values.first_ns < first_ns)
            first_ns = values.first_ns;
    }
    return first_ns < INT64_MAX ? first_ns : INT64_MIN;
}

/* A service tells of its last pauses, some of which were long before anybody looked: a
 * window that shows them all has next to nothing in it. */
void app_find_sizes(struct app *app)
{
    int64_t *sizes_ns = &app->live_time.sizes_ns;

    *sizes_ns = INT64_MIN;
    for (size_t i = 0; app->live.is_live && i < app->lane.count && *sizes_ns == INT64_MIN;
         i++)
        *sizes_ns = first_size(app->session, app->lane.entries[i].process);
}

/* Where the usual window that follows begins at the earliest. */
static int64_t usual_start(const struct app *app)
{
    int64_t from_ns = app->clock.from_ns, sizes_ns = app->live_time.sizes_ns;

    return sizes_ns > from_ns && sizes_ns < app->clock.to_ns ? sizes_ns : from_ns;
}

/* Does a forecast need room behind the end, it gets up to a quarter of the window. */
void app_follow(struct app *app)
{
    struct live_time *t = &app->live_time;
    int64_t wanted_ns = t->window_ns ? t->window_ns : WINDOW_NS;
    int64_t start_ns = t->window_ns ? app->clock.from_ns : usual_start(app);
    int64_t whole_ns = num_sat_sub_i64(app->clock.to_ns, start_ns), room_ns, end_ns;

    if (!app->live.is_live || !app->clock.is_following)
        return;
    if (whole_ns <= wanted_ns && start_ns == app->clock.from_ns) {
        view_reset(&app->view);
        return;
    }
    room_ns = app_room_ns(app);
    if (room_ns > wanted_ns / 4)
        room_ns = wanted_ns / 4;
    if (whole_ns < wanted_ns)
        wanted_ns = num_sat_add_i64(whole_ns, room_ns + 1);
    end_ns = num_sat_add_i64(app->clock.to_ns, room_ns + 1);
    view_set_window(&app->view, num_sat_sub_i64(end_ns, wanted_ns), end_ns);
    if (!t->window_ns)
        t->usual_ns = view_span(&app->view);
}

void app_keep_window(struct app *app)
{
    struct live_time *t = &app->live_time;
    int64_t whole_ns = num_sat_sub_i64(app->clock.to_ns, app->clock.from_ns);
    bool is_usual = whole_ns <= WINDOW_NS && usual_start(app) == app->clock.from_ns;

    if (app->view.is_zoomed)
        t->window_ns = view_span(&app->view);
    else
        t->window_ns = is_usual ? 0 : INT64_MAX;
}

void app_resume(struct app *app)
{
    struct live_time *t = &app->live_time;

    /* The usual one grows until it is that long. */
    if (app->view.is_zoomed && (t->window_ns || view_span(&app->view) != t->usual_ns))
        t->window_ns = view_span(&app->view);
    clock_set_following(&app->clock, true);
    app_follow(app);
}

/* Nothing but the end of time has moved. */
static void move_end(struct app *app)
{
    struct live_time *t = &app->live_time;
    int64_t from_ns = app->clock.from_ns;

    t->now_ns = app->live.now_unix_ns;
    app->is_dirty = true;
    if (!app->has_data || !app->session->has_wall)
        return;
    clock_set_span(&app->clock, from_ns, app_end_ns(app, t->newest_ns));
    view_set_bounds(&app->view, from_ns,
                    num_sat_add_i64(app->clock.to_ns, app_room_ns(app)));
    app_follow(app);
}

void app_freeze(struct app *app, bool freeze)
{
    struct live_time *t = &app->live_time;

    if (freeze) {
        t->was_following = app->clock.is_following;
        move_end(app);
    }
    t->is_frozen = freeze;
    if (freeze)
        return;
    t->now_ns = app->live.now_unix_ns;
    app->revision = app->session->revision;
    if (t->was_following)
        clock_set_following(&app->clock, true);
    app_rebuild(app);
}

static void begin(struct app *app)
{
    app->live_time.now_ns = app->live.now_unix_ns;
    /* Who was told where to stand (--at) stays there. */
    if (!app->has_data || app->clock.position_ns >= app->clock.to_ns)
        clock_set_following(&app->clock, true);
    app_rebuild(app);
    app->is_dirty = true;
}

static void end(struct app *app)
{
    bool was_at_end = app->clock.position_ns >= app->clock.to_ns;

    app->live_time = (struct live_time){0};
    clock_set_following(&app->clock, false);
    app->revision = app->session->revision;
    app_rebuild(app);
    if (was_at_end)
        clock_seek(&app->clock, app->clock.to_ns);
    app->is_dirty = true;
}

/* What is there or not, apart from how much of it. */
static unsigned facts(const struct app_live *live)
{
    return (unsigned)live->is_live | (unsigned)(live->recording != NULL) << 1 |
           (unsigned)live->has_profiles << 2 | (unsigned)(live->offer != NULL) << 3 |
           (unsigned)(live->child != NULL) << 4;
}

static void look_at_log(struct app *app)
{
    uint64_t end_line = app->live.transcript ? transcript_end(app->live.transcript) : 0;
    bool is_shown = app->shown == VIEW_LOG || app->live.child || !app->live.is_live;

    if (app->log.seen_end == end_line || app->live_time.is_frozen)
        return;
    app->log.seen_end = end_line;
    app->is_dirty |= is_shown;
}

void app_set_live(struct app *app, const struct app_live *live)
{
    bool was_live = app->live.is_live;

    if (facts(live) != facts(&app->live))
        app->is_dirty = true;
    app->live = *live;
    if (!live->is_live)
        app->live = (struct app_live){.transcript = live->transcript};
    look_at_log(app);
    if (live->is_live && !was_live)
        begin(app);
    else if (!live->is_live && was_live)
        end(app);
    else if (live->is_live && !app->live_time.is_frozen &&
             num_sat_sub_i64(live->now_unix_ns, app->live_time.now_ns) >= STEP_NS)
        move_end(app);
}

void app_tell(struct app *app, enum severity severity, const char *text)
{
    app_say(app, severity_role(severity), "%s", text);
    app->is_dirty = true;
}

unsigned app_trace_seconds(const struct app *app)
{
    return app->trace_seconds ? app->trace_seconds : TRACE_SECONDS;
}
