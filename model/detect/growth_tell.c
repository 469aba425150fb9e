/* What growth says of itself: events and their evidence. */
#include <math.h>

#include "model/base/text.h"
#include "model/detect/growth_internal.h"
#include "model/units.h"

static const char *name_of(uint32_t metric)
{
    switch (metric) {
    case METRIC_HEAP_LIVE:
        return "live heap";
    case METRIC_HEAP_GOAL:
        return "next-GC goal";
    case METRIC_HEAP_END:
        return "peak heap";
    case METRIC_HEAP_ALLOC:
        return "heap floor";
    case METRIC_MEM_RSS:
        return "resident memory";
    case METRIC_MEM_CGROUP:
        return "cgroup memory";
    case METRIC_STACK_INUSE:
    case METRIC_X_GCTRACE_STACKS:
        return "stack memory";
    case METRIC_MEM_OFFHEAP:
        return "off-heap memory";
    case METRIC_SCHED_GOROUTINES:
        return "goroutines";
    default:
        return "memory";
    }
}

static void put_rate(struct text *t, const struct followed *f, double slope)
{
    char text[UNIT_TEXT];

    if (f->metric == METRIC_SCHED_GOROUTINES)
        text_printf(t, "%s grow %.3g a second", name_of(f->metric), slope);
    else
        text_printf(t, "%s grows %s", name_of(f->metric),
                    unit_format(text, slope, UNIT_BYTES_PER_S, true));
}

static const char *seconds(char out[UNIT_TEXT], double s)
{
    return isfinite(s) && s < 1e9 ? unit_format_duration(out, (int64_t)(s * 1e9))
                                  : "never";
}

static void put_end(struct text *t, const struct forecast *c)
{
    char limit[UNIT_TEXT], eta[UNIT_TEXT], low[UNIT_TEXT], high[UNIT_TEXT];

    text_printf(t, "the next peak reaches the %s limit in %s (80 %%: %s to %s): ",
                unit_format(limit, c->limit_bytes, UNIT_BYTES, true),
                seconds(eta, c->eta_s), seconds(low, c->eta_low_s),
                seconds(high, c->eta_high_s));
}

static void put_forecast(struct finding *e, const struct forecast *c)
{
    finding_number(e, "need_bytes", c->need_bytes);
    finding_number(e, "limit_bytes", c->limit_bytes);
    finding_text(e, "limit_source", slice_str(c->limit_source));
    finding_text(e, "end", slice_str(forecast_end_name(c->end)));
    finding_number(e, "eta_s", c->eta_s);
    finding_number(e, "eta_low_s", c->eta_low_s);
    finding_number(e, "eta_high_s", c->eta_high_s);
}

static void put_evidence(struct finding *e, const struct ramp *r,
                         const struct forecast *c)
{
    finding_number(e, "slope_per_s", r->slope);
    finding_number(e, "slope_low", r->slope - 1.2816 * r->slope_se);
    finding_number(e, "slope_high", r->slope + 1.2816 * r->slope_se);
    finding_number(e, "z", r->z);
    finding_number(e, "r2", r->r2);
    finding_number(e, "evidence_s", r->end - r->onset);
    finding_number(e, "baseline_s", r->before);
    finding_number(e, "late_over_early", r->late / r->early);
    finding_number(e, "straightness", r->smooth_gain);
    finding_number(e, "step_gain", r->step_gain);
    finding_number(e, "level", r->now);
    if (c)
        put_forecast(e, c);
}

void growth_raise(struct growth *g, struct alarm *alarm, struct followed *f,
                  const struct ramp *r, const struct forecast *c)
{
    struct finding e = finding_of(c ? EVENT_PRE_OOM : EVENT_LEAK,
                                  c ? SEVERITY_CRITICAL : SEVERITY_WARNING, g->process,
                                  trail_time(&f->trail, r->onset), f->heard_ns);
    struct text message = {0};

    if (c)
        put_end(&message, c);
    put_rate(&message, f, r->slope);
    if (!c)
        text_put_str(&message, r->r2 > 0.97 ? ", steadily" : "");
    e.message = slice_of(text_str(&message), message.len);
    e.has_series = true;
    e.metric = f->metric;
    e.before = r->level;
    e.after = r->now;
    e.slope_per_s = r->slope;
    e.confidence = fmin(0.99, 1 - 1 / r->z);
    put_evidence(&e, r, c);
    *alarm = (struct alarm){
        .is_open = true,
        .role = f->role,
        .event = session_add_finding(g->session, &e),
        .onset = r->onset,
        .level = r->level,
        .high = r->now,
        .high_at = r->end,
        .forecast_at = r->end,
    };
    if (c)
        forecast_log_add(&g->process->forecasts, c);
    text_finish(&message);
}

void growth_raise_goal(struct growth *g, struct followed *f, double goal,
                       const struct forecast *c)
{
    struct finding e = finding_of(EVENT_PRE_OOM, SEVERITY_CRITICAL, g->process,
                                  c->as_of_ns, c->as_of_ns);
    char heap[UNIT_TEXT], limit[UNIT_TEXT], eta[UNIT_TEXT];
    struct text message = {0};

    text_printf(&message,
                "the next collection starts at %s, beyond the %s limit: at this rate of "
                "allocation the limit is reached in %s",
                unit_format(heap, goal, UNIT_BYTES, true),
                unit_format(limit, c->limit_bytes, UNIT_BYTES, true),
                seconds(eta, c->eta_s));
    e.message = slice_of(text_str(&message), message.len);
    e.has_series = true;
    e.metric = f->metric;
    e.after = f->role == ROLE_LIVE ? g->needs.live : goal;
    e.confidence = 0.9;
    finding_number(&e, "next_goal_bytes", goal);
    put_forecast(&e, c);
    g->pre_oom = (struct alarm){
        .is_open = true,
        .is_by_goal = true,
        .role = f->role,
        .event = session_add_finding(g->session, &e),
        .onset = trail_seconds(&f->trail, c->as_of_ns),
        .high_at = trail_seconds(&f->trail, c->as_of_ns),
        .forecast_at = trail_seconds(&f->trail, c->as_of_ns),
    };
    forecast_log_add(&g->process->forecasts, c);
    text_finish(&message);
}

void growth_close(struct growth *g, struct alarm *alarm, struct followed *f)
{
    alarm->is_open = false;
    if (alarm->event)
        event_close(alarm->event, f->heard_ns);
    /* Nothing is foretold any more, unless another alarm foretells. */
    if (alarm == &g->pre_oom || (f->role <= ROLE_FLOOR && !g->pre_oom.is_open))
        forecast_log_add(&g->process->forecasts,
                         &(struct forecast){.as_of_ns = f->heard_ns, .is_over = true});
    g->session->revision++;
}
