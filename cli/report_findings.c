/*
 * What was found, as JSON: events, the forecast, each process's verdict. Its keys are
 * public: scripts read them.
 */
#include "cli/report_findings.h"

#include <stdlib.h>

#include "cli/report_internal.h"
#include "cli/report_values.h"
#include "model/base/text.h"
#include "model/detect/advice.h"
#include "model/detect/story.h"
#include "model/detect/verdict.h"

/* The other inputs that told the same. */
static struct json_object *of_echoes(const struct report *r, const struct event *e)
{
    struct json_object *paths = json_object_new_array();

    for (size_t i = 0; i < r->session->event_count; i++) {
        const struct event *echo = r->session->events[i];

        if (echo->echo_of == e)
            (void)json_object_array_add(paths, value_text(echo->source->path));
    }
    return paths;
}

static struct json_object *of_tasks(const struct event *e)
{
    struct json_object *tasks = json_object_new_array();

    for (size_t i = 0; i < e->task_count; i++) {
        struct json_object *task = json_object_new_object();

        value_put(task, "pid", json_object_new_int64(e->tasks[i].pid));
        value_put(task, "name", value_text(e->tasks[i].name));
        value_put(task, "rss_bytes", value_double(e->tasks[i].rss_bytes));
        (void)json_object_array_add(tasks, task);
    }
    return tasks;
}

static struct json_object *of_evidence(const struct event *e)
{
    struct json_object *evidence = json_object_new_object();

    for (size_t i = 0; i < e->evidence_count; i++) {
        const struct evidence *item = &e->evidence[i];

        value_put(evidence, item->name,
                  item->text ? value_text(item->text) : value_double(item->number));
    }
    if (e->task_count > 0)
        value_put(evidence, "tasks", of_tasks(e));
    return evidence;
}

static struct json_object *of_metric(const struct report *r, uint32_t metric)
{
    return value_text(metric_name(&r->session->metrics, metric));
}

struct json_object *report_event_json(const struct report *r, const struct event *e)
{
    struct json_object *object = json_object_new_object();

    value_put(object, "kind", value_text(event_kind_name(e->kind)));
    value_put(object, "severity", value_text(severity_name(e->severity)));
    value_put(object, "process",
              e->process ? json_object_new_uint64(e->process->id) : NULL);
    value_put(object, "source", e->source ? value_text(e->source->path) : NULL);
    value_put(object, "also_told_by", of_echoes(r, e));
    value_put(object, "series", e->has_series ? of_metric(r, e->metric) : NULL);
    value_put(object, "t", e->has_time ? value_wall(r, e->time_ns) : NULL);
    value_put(object, "offset_s", e->has_time ? value_offset(r, e->time_ns) : NULL);
    value_put(object, "detected_s",
              e->has_time ? value_offset(r, event_known_ns(e)) : NULL);
    value_put(object, "end_s", e->has_end ? value_offset(r, e->end_ns) : NULL);
    value_put(object, "before", value_double(e->before));
    value_put(object, "after", value_double(e->after));
    value_put(object, "slope_per_s", value_double(e->slope_per_s));
    value_put(object, "confidence", value_double(e->confidence));
    value_put(object, "rule", value_text(e->rule));
    value_put(object, "message", value_text(e->message));
    value_put(object, "advice", value_text(event_advice(e)));
    value_put(object, "evidence", of_evidence(e));
    return object;
}

struct json_object *report_events_json(const struct report *r)
{
    struct json_object *events = json_object_new_array();
    size_t count;
    const struct event **list = report_events(r, &count);

    for (size_t i = 0; i < count; i++)
        (void)json_object_array_add(events, report_event_json(r, list[i]));
    free(list);
    return events;
}

struct json_object *report_forecast_json(const struct report *r)
{
    const struct process *p = report_worst(r);
    const struct forecast *f = report_forecast(r, p);
    struct json_object *object;

    if (!f)
        return NULL;
    object = json_object_new_object();
    value_put(object, "process", json_object_new_uint64(p->id));
    value_put(object, "series", of_metric(r, f->metric));
    value_put(object, "limit_bytes", value_double(f->limit_bytes));
    value_put(object, "limit_source", value_text(f->limit_source));
    value_put(object, "end", value_text(forecast_end_name(f->end)));
    value_put(object, "eta_s", value_double(f->eta_s));
    value_put(object, "eta_low_s", value_double(f->eta_low_s));
    value_put(object, "eta_high_s", value_double(f->eta_high_s));
    value_put(object, "as_of_s", value_offset(r, f->as_of_ns));
    value_put(object, "onset_s", value_offset(r, f->onset_ns));
    value_put(object, "level", value_double(f->level));
    value_put(object, "need_bytes", value_double(f->need_bytes));
    value_put(object, "slope_per_s", value_double(f->slope_per_s));
    value_put(object, "slope_low_per_s", value_double(f->slope_low));
    value_put(object, "slope_high_per_s", value_double(f->slope_high));
    value_put(object, "need_slope_per_s", value_double(f->need_slope_per_s));
    value_put(object, "r2", value_double(f->fit_r2));
    return object;
}

void report_put_finding_keys(const struct report *r, const struct process *p,
                             struct json_object *object)
{
    const struct event *because;
    enum verdict verdict = verdict_of_process(r->session, p, r->at_ns, &because);
    struct text story = {0};

    story_put_verdict(r->session, p, r->at_ns, false, &story);
    value_put(object, "verdict", value_text(verdict_name(verdict)));
    value_put(object, "story", value_text(text_str(&story)));
    text_finish(&story);
}
