/* What is told of the processes on the screen, and what is foretold. */
#include <math.h>

#include "model/base/num.h"
#include "tui/app_internal.h"
#include "tui/events.h"

/* The window reaches as far beyond the records as a forecast needs, in steps, so that it
 * does not move with every new one. */
#define ROOM_STEPS 3
#define ROOM_LEAST_PART 16

void app_refresh_told(struct app *app)
{
    if (app->has_told || !app->has_data)
        return;
    /* What comes after the last record is told at the end of a recording. Of what goes on
     * it is told when it is. */
    told_build(&app->told, app->session, &app->lane, app->clock.from_ns,
               app->live.is_live ? INT64_MAX : app->clock.to_ns);
    if (app->live_time.is_frozen)
        app->told.count = told_known(&app->told, app->clock.to_ns);
    app->has_told = true;
}

/* Everything about the last thing told that fits into a line. */
static void say_told(struct app *app, const struct told *told)
{
    const struct event *e = told->event;

    events_choose(app, told);
    app_say(app, severity_role(e->severity), "%s: %s%s%s: %s", severity_name(e->severity),
            event_kind_name(e->kind), e->has_series ? " of " : "",
            e->has_series ? metric_name(&app->session->metrics, e->metric) : "",
            e->message);
}

void app_go_to_told(struct app *app, const struct told *told)
{
    struct process *p = told->event->process;
    int64_t known_ns = told->known_ns;

    if (!told->is_shown && p) {
        app_choose(app, p);
        app_refresh_told(app);
    }
    app_seek(app, known_ns);
    say_told(app, told);
}

void app_step_finding(struct app *app, bool next, enum severity least)
{
    int64_t at_ns = app->clock.position_ns;
    const struct told *told = next ? told_next(&app->told, at_ns, least)
                                   : told_previous(&app->told, at_ns, least);

    if (told) {
        app_seek(app, told->known_ns);
        say_told(app, told);
        return;
    }
    app_say(app, ROLE_TEXT, "no %s %s", next ? "later" : "earlier",
            least >= SEVERITY_WARNING ? "warning" : "finding");
}

static const struct process *process_at(const struct app *app, int64_t time_ns)
{
    const struct lane_entry *now = lane_at(&app->lane, time_ns);

    return now ? now->process : NULL;
}

/* Nothing is foretold of the dead, nor without a limit; and until all rows were looked
 * at, what was foretold last is not what holds at the end. */
static const struct forecast *forecast_of(const struct app *app, const struct process *p,
                                          int64_t at_ns)
{
    const struct forecast *f;

    if (!p || app->is_watching || (p->has_end && p->end_ns <= at_ns))
        return NULL;
    f = forecast_at(&p->forecasts, at_ns);
    return f && f->limit_bytes > 0 && f->need_bytes > 0 && f->eta_s >= 0 ? f : NULL;
}

const struct forecast *app_forecast(const struct app *app)
{
    return forecast_of(app, process_at(app, app->clock.position_ns), app_known_ns(app));
}

int64_t app_room_ns(const struct app *app)
{
    const struct process *p = process_at(app, INT64_MAX);
    const struct forecast *f = forecast_of(app, p, INT64_MAX);
    int part = ROOM_LEAST_PART;
    double wanted_ns, whole_ns;

    /* Where the need is over the limit already, there is nothing left to draw. */
    if (!f || f->need_bytes >= f->limit_bytes)
        return 0;
    whole_ns = (double)num_sat_sub_i64(app->clock.to_ns, app->clock.from_ns);
    wanted_ns = isfinite(f->eta_high_s) ? f->eta_high_s : 2 * f->eta_s;
    wanted_ns = 1.1 * wanted_ns * (double)NS_PER_S +
                (double)num_sat_sub_i64(f->as_of_ns, app->clock.to_ns);
    for (int i = 1; i < ROOM_STEPS && wanted_ns > whole_ns / part; i++)
        part /= 2;
    return num_i64_of_double(whole_ns / part);
}
