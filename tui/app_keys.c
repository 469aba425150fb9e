/* What keys do to the dashboard. */
#include "model/base/num.h"
#include "tui/app_internal.h"
#include "tui/events.h"

/* The table of the shown process with the most rows: its rows are the steps. */
static const struct track *finest_track(const struct process *p)
{
    const struct track *best = p->tracks[0];

    for (size_t i = 1; i < p->track_count; i++)
        if (table_row_count(p->tracks[i]->table) > table_row_count(best->table))
            best = p->tracks[i];
    return best;
}

/* GC cycles where the process has them, otherwise the rows of its finest table. */
static const struct track *stepping_track(const struct app *app, const struct process *p)
{
    struct series s;

    if (session_series(app->session, p, METRIC_HEAP_START, &s))
        return s.track;
    return finest_track(p);
}

static bool row_time(const struct app *app, const struct lane_entry *entry, bool later,
                     int64_t *time_ns)
{
    const struct track *t = stepping_track(app, entry->process);
    int64_t at_ns = num_sat_sub_i64(app->clock.position_ns, t->origin_ns);
    size_t row = table_lower_bound(t->table, later ? num_sat_add_i64(at_ns, 1) : at_ns);

    if (later ? row >= table_row_count(t->table) : row == 0)
        return false;
    *time_ns =
        num_sat_add_i64(table_row_time(t->table, later ? row : row - 1), t->origin_ns);
    return true;
}

static void step_cycle(struct app *app, bool later)
{
    int64_t time_ns;

    for (size_t i = 0; i < app->lane.count; i++) {
        size_t k = later ? i : app->lane.count - 1 - i;

        if (row_time(app, &app->lane.entries[k], later, &time_ns)) {
            app_seek(app, time_ns);
            return;
        }
    }
    app_seek(app, later ? app->clock.to_ns : app->clock.from_ns);
}

static void step_time(struct app *app, int hundredths)
{
    int64_t step_ns = view_span(&app->view) / 100;

    if (step_ns < 1)
        step_ns = 1;
    app_seek(app, num_sat_add_i64(app->clock.position_ns, step_ns * hundredths));
}

static void choose_process(struct app *app, bool next)
{
    const struct session *s = app->session;
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    const struct process *current =
        app->chosen ? app->chosen : (now ? now->process : NULL);
    size_t count = s->process_count, index = 0;
    int64_t from_ns, to_ns;

    if (count < 2) {
        app_say(app, ROLE_WARNING, "there is only one process");
        return;
    }
    while (index + 1 < count && s->processes[index] != current)
        index++;
    app_choose(app,
               s->processes[next ? (index + 1) % count : (index + count - 1) % count]);
    if (process_span(app->chosen, &from_ns, &to_ns) &&
        (app->clock.position_ns < from_ns || app->clock.position_ns > to_ns))
        app_seek(app, to_ns);
}

static void move_focus(struct app *app, bool next)
{
    enum panel_id ids[PANEL_COUNT];
    unsigned count = app_panels(app, ids);

    if (app->is_focus_shown)
        app->focus = (app->focus + (next ? 1 : count - 1)) % count;
    else
        app->focus = next ? 1 % count : count - 1;
    app->is_focus_shown = true;
}

static void quit(struct app *app)
{
    if (app_may_quit(app))
        app->request = APP_QUIT;
}

static void back(struct app *app, bool may_quit)
{
    if (app->has_help)
        app->has_help = false;
    else if (app->shown != VIEW_OVERVIEW)
        app->shown = VIEW_OVERVIEW;
    else if (app->is_enlarged)
        app->is_enlarged = false;
    else if (may_quit)
        quit(app);
    else
        app->is_focus_shown = false;
}

static void do_time_action(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_PLAY:
        clock_toggle_play(&app->clock, app->real_ns);
        view_reveal(&app->view, app->clock.position_ns);
        break;
    case ACTION_FASTER:
        clock_faster(&app->clock);
        break;
    case ACTION_SLOWER:
        clock_slower(&app->clock);
        break;
    case ACTION_NEXT_CYCLE:
    case ACTION_PREVIOUS_CYCLE:
        step_cycle(app, action == ACTION_NEXT_CYCLE);
        break;
    case ACTION_LATER:
        step_time(app, 1);
        break;
    case ACTION_EARLIER:
        step_time(app, -1);
        break;
    case ACTION_MUCH_LATER:
        step_time(app, 10);
        break;
    case ACTION_MUCH_EARLIER:
        step_time(app, -10);
        break;
    case ACTION_START:
        app_seek(app, app->clock.from_ns);
        break;
    case ACTION_END:
        app_seek(app, app->clock.to_ns);
        break;
    case ACTION_FOLLOW:
        clock_set_following(&app->clock, !app->clock.is_following);
        view_reveal(&app->view, app->clock.position_ns);
        break;
    default:
        break;
    }
}

static void do_finding_action(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_NEXT_FINDING:
    case ACTION_PREVIOUS_FINDING:
        app_step_finding(app, action == ACTION_NEXT_FINDING, SEVERITY_INFO);
        break;
    case ACTION_NEXT_WARNING:
    case ACTION_PREVIOUS_WARNING:
        app_step_finding(app, action == ACTION_NEXT_WARNING, SEVERITY_WARNING);
        break;
    case ACTION_SEGMENTS:
        app->has_segments = !app->has_segments;
        break;
    case ACTION_FILTER:
        events_filter(app);
        break;
    case ACTION_VIEW_OVERVIEW:
    case ACTION_VIEW_EVENTS:
        app->shown = action == ACTION_VIEW_EVENTS ? VIEW_EVENTS : VIEW_OVERVIEW;
        break;
    default:
        break;
    }
}

static void do_view_action(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_ZOOM_IN:
    case ACTION_ZOOM_OUT:
        view_zoom(&app->view, action == ACTION_ZOOM_IN, app->clock.position_ns);
        break;
    case ACTION_ZOOM_RESET:
        view_reset(&app->view);
        break;
    case ACTION_PAN_EARLIER:
    case ACTION_PAN_LATER:
        view_pan(&app->view, action == ACTION_PAN_LATER);
        break;
    case ACTION_NEXT_CHART:
    case ACTION_PREVIOUS_CHART:
        move_focus(app, action == ACTION_NEXT_CHART);
        break;
    case ACTION_ENLARGE:
        app->is_enlarged = !app->is_enlarged;
        app->is_focus_shown = true;
        break;
    case ACTION_NEXT_PROCESS:
    case ACTION_PREVIOUS_PROCESS:
        choose_process(app, action == ACTION_NEXT_PROCESS);
        break;
    default:
        break;
    }
}

static void do_action(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_GO_TO:
        app->has_prompt = true;
        app->prompt_kind = PROMPT_TIME;
        app->prompt_len = 0;
        app->is_prompt_preset = false;
        break;
    case ACTION_HELP:
        app->has_help = !app->has_help;
        app->help_row = 0;
        break;
    case ACTION_BACK:
    case ACTION_CLOSE:
        back(app, action == ACTION_BACK);
        break;
    case ACTION_QUIT:
        quit(app);
        break;
    case ACTION_REDRAW:
        app->request = APP_REDRAW;
        break;
    case ACTION_SUSPEND:
        app->request = APP_SUSPEND;
        break;
    default:
        if (!app_live_action(app, action) && app->has_data) {
            do_time_action(app, action);
            do_view_action(app, action);
            do_finding_action(app, action);
        }
        break;
    }
}

static void answer_prompt(struct app *app)
{
    struct time_arg at;

    if (app->prompt_len == 0)
        return;
    if (!time_arg_parse(slice_of(app->prompt, app->prompt_len), &at))
        app_say(app, ROLE_WARNING, "not a time; try 14:03:05, +0:27.5, +90s, -5m, 50%%");
    else if (!app->has_data)
        app_say(app, ROLE_WARNING, "there is nothing to go to yet");
    else if (!app_go_to(app, &at))
        app_say(app, ROLE_WARNING,
                "no wall clock in these sources; try +0:27.5, +90s, -5m, 50%%");
}

static void type_into_prompt(struct app *app, uint32_t key)
{
    if (key < ' ' || key >= 0x7f)
        return;
    if (app->is_prompt_preset)
        app->prompt_len = 0;
    if (app->prompt_len < PROMPT_TEXT - 1)
        app->prompt[app->prompt_len++] = (char)key;
}

static void prompt_key(struct app *app, uint32_t key)
{
    switch (key) {
    case KEYCODE_ENTER:
        app->has_prompt = false;
        if (app->prompt_kind == PROMPT_TRACE)
            app_live_prompt(app);
        else
            answer_prompt(app);
        break;
    case KEYCODE_ESC:
    case KEYCODE_CTRL_C:
        app->has_prompt = false;
        break;
    case KEYCODE_BACKSPACE:
        if (app->prompt_len > 0)
            app->prompt_len--;
        break;
    case KEYCODE_CTRL_Z:
        app->request = APP_SUSPEND;
        break;
    case KEYCODE_CTRL_U:
        app->prompt_len = 0;
        break;
    default:
        type_into_prompt(app, key);
        break;
    }
    app->is_prompt_preset = app->is_prompt_preset && key == KEYCODE_CTRL_Z;
    app->prompt[app->prompt_len] = '\0';
}

/* Keys that move the help page; all others do what they always do, or close it. */
static bool help_key(struct app *app, uint32_t key)
{
    int by = 0;

    if (key == KEYCODE_DOWN || key == 'j')
        by = 1;
    else if (key == KEYCODE_UP || key == 'k')
        by = -1;
    else if (key == KEYCODE_PAGE_DOWN || key == KEYCODE_PAGE_UP)
        by = key == KEYCODE_PAGE_DOWN ? 10 : -10;
    else
        return false;
    app->help_row += by;
    if (app->help_row > help_line_count(app) - 1)
        app->help_row = help_line_count(app) - 1;
    if (app->help_row < 0)
        app->help_row = 0;
    return true;
}

/* Keys of what lies over the charts, or stands in their place. */
static bool view_key(struct app *app, uint32_t key)
{
    if (app->has_help)
        return help_key(app, key);
    if (app->shown == VIEW_LOG)
        return log_key(app, key);
    return app_is_list(app) && events_key(app, key);
}

void app_key(struct app *app, uint32_t key)
{
    enum action action = key_action(key, app->live.is_live);

    app->is_dirty = true;
    app->message[0] = '\0';
    if (action != ACTION_BACK && action != ACTION_QUIT)
        app->is_quit_asked = false;
    /* Of a live session more may have come since the last frame, and what was told of
     * it may be gone. */
    app_refresh(app);
    app_refresh_told(app);
    if (app->has_prompt)
        prompt_key(app, key);
    else if (!view_key(app, key))
        do_action(app, action);
}
