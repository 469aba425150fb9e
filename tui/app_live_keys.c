/* The keys that live sessions have, and what they make of others. */
#include <stdio.h>

#include "model/base/num.h"
#include "tui/app_internal.h"

/* As long as a service is asked to trace itself at most: it costs memory there. */
#define TRACE_SECONDS_MAX 60

bool app_has_key(const struct app *app, const struct key_row *key)
{
    return !key->is_live || app->live.is_live ||
           (key->action == ACTION_VIEW_LOG && log_exists(app));
}

bool app_may_quit(struct app *app)
{
    if (!app->live.child || app->is_quit_asked)
        return true;
    app->is_quit_asked = true;
    app_say(app, ROLE_WARNING, "q again stops %s", app->live.child);
    return false;
}

static void ask_for_trace(struct app *app)
{
    app->has_prompt = true;
    app->prompt_kind = PROMPT_TRACE;
    app->is_prompt_preset = true;
    app->prompt_len =
        (size_t)snprintf(app->prompt, sizeof app->prompt, "%u", app_trace_seconds(app));
}

void app_live_prompt(struct app *app)
{
    uint64_t seconds;

    if (!num_parse_u64(slice_of(app->prompt, app->prompt_len), &seconds) ||
        seconds > TRACE_SECONDS_MAX) {
        app_say(app, ROLE_WARNING, "not so many seconds: 1 to %d, or 0 to break off",
                TRACE_SECONDS_MAX);
        return;
    }
    if (seconds == 0) {
        app->request = APP_NO_TRACE;
        return;
    }
    app->trace_seconds = (unsigned)seconds;
    app->request = APP_TRACE;
}

/* Why a key of live sessions does nothing here; NULL: it does. */
static const char *hindrance(const struct app *app, enum action action)
{
    if (!app->live.is_live)
        return "only a live session can do that; here nothing more comes";
    switch (action) {
    case ACTION_PROFILES:
    case ACTION_TRACE:
        return app->live.has_profiles ? NULL : "no service here serves /debug/pprof/";
    case ACTION_ADD_OFFER:
        return app->live.offer ? NULL : "there is no source to add";
    case ACTION_FREEZE:
        return app->has_data ? NULL : "nothing has come that could be frozen";
    default:
        return NULL;
    }
}

static void do_live_key(struct app *app, enum action action)
{
    const char *why = hindrance(app, action);

    if (why) {
        app_say(app, ROLE_WARNING, "%s", why);
        return;
    }
    switch (action) {
    case ACTION_RECORD:
        app->request = APP_RECORD;
        break;
    case ACTION_PROFILES:
        app->request = APP_PROFILES;
        break;
    case ACTION_TRACE:
        ask_for_trace(app);
        break;
    case ACTION_ADD_OFFER:
        app->request = APP_ADD_OFFER;
        break;
    default:
        app_freeze(app, !app->live_time.is_frozen);
        break;
    }
}

static void show_log(struct app *app)
{
    if (log_exists(app))
        app->shown = VIEW_LOG;
    else
        app_say(app, ROLE_WARNING,
                "there is no log: live sessions and their recordings have one");
}

/* Playing from the end would begin anew, hours ago. */
static bool pause_or_go_on(struct app *app)
{
    if (app->clock.is_following)
        clock_set_following(&app->clock, false);
    else if (!app->clock.is_playing && app->clock.position_ns >= app->clock.to_ns)
        app_resume(app);
    else
        return false;
    return true;
}

static void zoom(struct app *app, bool in)
{
    view_zoom(&app->view, in, app->clock.position_ns);
    if (!app->clock.is_following)
        return;
    app_keep_window(app);
    app_follow(app);
}

static bool do_time_key(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_PLAY:
        return pause_or_go_on(app);
    case ACTION_END:
        app_resume(app);
        return true;
    case ACTION_FOLLOW:
        if (app->clock.is_following)
            return false;
        app_resume(app);
        return true;
    case ACTION_ZOOM_IN:
    case ACTION_ZOOM_OUT:
        zoom(app, action == ACTION_ZOOM_IN);
        return true;
    case ACTION_ZOOM_RESET:
        app->live_time.window_ns = INT64_MAX;
        view_reset(&app->view);
        return true;
    case ACTION_PAN_EARLIER:
    case ACTION_PAN_LATER:
        /* A window that was moved by hand stays. */
        if (app->view.is_zoomed)
            clock_set_following(&app->clock, false);
        return false;
    default:
        return false;
    }
}

bool app_live_action(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_RECORD:
    case ACTION_PROFILES:
    case ACTION_TRACE:
    case ACTION_ADD_OFFER:
    case ACTION_FREEZE:
        do_live_key(app, action);
        return true;
    case ACTION_VIEW_LOG:
        show_log(app);
        return true;
    case ACTION_VIEW_OVERVIEW:
        app->shown = VIEW_OVERVIEW;
        return true;
    default:
        return app->live.is_live && app->has_data && do_time_key(app, action);
    }
}
