/*
 * The report as JSON. Its keys are public: scripts read them.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_profiles.h"
#include "model/base/num.h"
#include "model/base/num_format.h"
#include "model/base/text.h"

static void put(struct json_object *object, const char *key, struct json_object *value)
{
    (void)json_object_object_add(object, key, value);
}

/* NULL is null. Untrusted text becomes valid, harmless UTF-8 first. */
static struct json_object *of_text(const char *text)
{
    struct text safe = {0};
    struct json_object *value;

    if (!text)
        return NULL;
    text_put_safe(&safe, slice_str(text));
    value = json_object_new_string_len(text_str(&safe), (int)safe.len);
    text_finish(&safe);
    return value;
}

static struct json_object *of_double(double value)
{
    char text[NUM_TEXT];

    if (!isfinite(value))
        return NULL;
    (void)num_format_double(text, value);
    return json_object_new_double_s(value, text);
}

static struct json_object *of_seconds(int64_t ns)
{
    char text[NUM_TEXT];

    (void)num_format_seconds(text, ns);
    return json_object_new_double_s((double)ns / (double)NS_PER_S, text);
}

static struct json_object *of_offset(const struct report *r, int64_t ns)
{
    return of_seconds(num_sat_sub_i64(ns, r->origin_ns));
}

static struct json_object *of_wall(const struct report *r, int64_t ns)
{
    char text[UNIT_RFC3339_TEXT];

    if (!r->session->has_wall || !r->has_records)
        return NULL;
    return json_object_new_string(unit_format_rfc3339(text, ns));
}

static struct json_object *of_span(const struct report *r)
{
    struct json_object *span = json_object_new_object();
    /* The window ends one past the last record; a single record lasts no time. */
    int64_t last_ns = r->to_ns > r->from_ns ? r->to_ns - 1 : r->to_ns;

    put(span, "t", of_wall(r, r->from_ns));
    put(span, "offset_s", of_offset(r, r->from_ns));
    put(span, "duration_s", of_seconds(num_sat_sub_i64(last_ns, r->from_ns)));
    return span;
}

static struct json_object *of_errors(const struct source *source)
{
    struct json_object *errors = json_object_new_array();

    if (source->unreadable) {
        struct json_object *error = json_object_new_object();

        put(error, "reason", of_text(source->unreadable));
        (void)json_object_array_add(errors, error);
    }
    for (unsigned i = 0; i < source->diag.kept_count; i++) {
        const struct diag_entry *e = &source->diag.kept[i];
        struct json_object *error = json_object_new_object();

        if (e->line)
            put(error, "line", json_object_new_uint64(e->line));
        else
            put(error, "offset", json_object_new_uint64(e->offset_bytes));
        put(error, "reason", of_text(e->reason));
        (void)json_object_array_add(errors, error);
    }
    return errors;
}

static void put_reason(struct json_object *reasons, const char *text, uint64_t count)
{
    struct json_object *reason = json_object_new_object();

    put(reason, "reason", of_text(text));
    put(reason, "count", json_object_new_uint64(count));
    (void)json_object_array_add(reasons, reason);
}

/* Every reason with its count, since "errors" keeps only the first few. */
static struct json_object *of_reasons(const struct source *source)
{
    struct json_object *reasons = json_object_new_array();

    if (source->unreadable)
        put_reason(reasons, source->unreadable, 1);
    for (unsigned i = 0; i < source->diag.reason_count; i++) {
        const struct diag_reason *r = &source->diag.reasons[i];

        put_reason(reasons, r->reason, r->count);
    }
    return reasons;
}

static struct json_object *of_sources(const struct report *r)
{
    struct json_object *sources = json_object_new_array();

    for (size_t i = 0; i < r->session->source_count; i++) {
        const struct source *source = r->session->sources[i];
        enum clock_kind clock = report_source_clock(r->session, source);
        struct json_object *object = json_object_new_object();

        put(object, "path", of_text(source->path));
        put(object, "format", of_text(source->format));
        put(object, "compression", of_text(source->compression));
        put(object, "wrapping", of_text(source->wrapping));
        put(object, "readable", json_object_new_boolean(!source->unreadable));
        put(object, "records", json_object_new_uint64(source->records));
        put(object, "skipped", json_object_new_uint64(source->diag.skipped));
        put(object, "errors", of_errors(source));
        put(object, "reasons", of_reasons(source));
        put(object, "clock", of_text(clock_kind_name(clock)));
        (void)json_object_array_add(sources, object);
    }
    return sources;
}

static struct json_object *of_processes(const struct report *r)
{
    struct json_object *processes = json_object_new_array();

    for (size_t i = 0; i < r->session->process_count; i++) {
        const struct process *p = r->session->processes[i];
        struct json_object *object = json_object_new_object();
        int64_t from_ns, to_ns;
        bool has_span = process_span(p, &from_ns, &to_ns);

        put(object, "id", json_object_new_uint64(p->id));
        put(object, "name", of_text(p->name));
        put(object, "go_version", of_text(process_go_version(p)));
        put(object, "pid", p->pid < 0 ? NULL : json_object_new_int64(p->pid));
        put(object, "from_s", has_span ? of_offset(r, from_ns) : NULL);
        put(object, "to_s", has_span ? of_offset(r, to_ns) : NULL);
        put(object, "end", of_text(process_end_name(p->end)));
        put(object, "clock", of_text(clock_kind_name(report_process_clock(p))));
        (void)json_object_array_add(processes, object);
    }
    return processes;
}

static struct json_object *of_one_series(const struct report *r,
                                         const struct series *series)
{
    struct summary sum = series_summary_span(series, r->from_ns, r->to_ns);
    const struct {
        const char *key;
        double value;
    } rows[] = {
        {"first", sum.first}, {"last", sum.last}, {"min", sum.min}, {"max", sum.max},
        {"mean", sum.mean},   {"p50", sum.p50},   {"p99", sum.p99},
    };
    struct json_object *object = json_object_new_object();

    put(object, "name", of_text(series->name));
    put(object, "process", json_object_new_uint64(series->process->id));
    put(object, "unit", of_text(unit_name(series->unit)));
    put(object, "points", json_object_new_uint64(sum.points));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        put(object, rows[i].key, sum.points ? of_double(rows[i].value) : NULL);
    return object;
}

static struct json_object *of_all_series(const struct report *r)
{
    struct json_object *all = json_object_new_array();

    for (size_t i = 0; i < r->session->process_count; i++) {
        struct series series;

        for (uint32_t next = 0;
             session_next_series(r->session, r->session->processes[i], &next, &series);)
            (void)json_object_array_add(all, of_one_series(r, &series));
    }
    return all;
}

static struct json_object *of_limit(const struct report *r)
{
    struct json_object *limit;

    if (isnan(r->session->limit_bytes))
        return NULL;
    limit = json_object_new_object();
    put(limit, "bytes", of_double(r->session->limit_bytes));
    put(limit, "source", of_text(r->session->limit_source));
    return limit;
}

/* The other inputs that told the same. */
static struct json_object *of_echoes(const struct report *r, const struct event *e)
{
    struct json_object *paths = json_object_new_array();

    for (size_t i = 0; i < r->session->event_count; i++) {
        const struct event *echo = r->session->events[i];

        if (echo->echo_of == e)
            (void)json_object_array_add(paths, of_text(echo->source->path));
    }
    return paths;
}

static struct json_object *of_evidence(const struct event *e)
{
    struct json_object *evidence = json_object_new_object(), *tasks;

    for (size_t i = 0; i < e->evidence_count; i++) {
        const struct evidence *item = &e->evidence[i];

        put(evidence, item->name,
            item->text ? of_text(item->text) : of_double(item->number));
    }
    if (e->task_count == 0)
        return evidence;
    tasks = json_object_new_array();
    for (size_t i = 0; i < e->task_count; i++) {
        struct json_object *task = json_object_new_object();

        put(task, "pid", json_object_new_int64(e->tasks[i].pid));
        put(task, "name", of_text(e->tasks[i].name));
        put(task, "rss_bytes", of_double(e->tasks[i].rss_bytes));
        (void)json_object_array_add(tasks, task);
    }
    put(evidence, "tasks", tasks);
    return evidence;
}

static struct json_object *of_event(const struct report *r, const struct event *e)
{
    struct json_object *object = json_object_new_object();

    put(object, "kind", of_text(event_kind_name(e->kind)));
    put(object, "severity", of_text(severity_name(e->severity)));
    put(object, "process", e->process ? json_object_new_uint64(e->process->id) : NULL);
    put(object, "source", of_text(e->source->path));
    put(object, "also_told_by", of_echoes(r, e));
    put(object, "series", NULL);
    put(object, "t", e->has_time ? of_wall(r, e->time_ns) : NULL);
    put(object, "offset_s", e->has_time ? of_offset(r, e->time_ns) : NULL);
    put(object, "detected_s", e->has_time ? of_offset(r, e->time_ns) : NULL);
    put(object, "end_s", NULL);
    put(object, "before", NULL);
    put(object, "after", NULL);
    put(object, "slope_per_s", NULL);
    put(object, "confidence", of_double(e->confidence));
    put(object, "rule", NULL);
    put(object, "message", of_text(e->message));
    put(object, "advice", of_text(report_advice(e)));
    put(object, "evidence", of_evidence(e));
    return object;
}

static struct json_object *of_events(const struct report *r)
{
    struct json_object *events = json_object_new_array();
    size_t count;
    const struct event **list = report_events(r, &count);

    for (size_t i = 0; i < count; i++)
        (void)json_object_array_add(events, of_event(r, list[i]));
    free(list);
    return events;
}

void report_put_json(const struct report *r, struct text *t)
{
    struct json_object *root = json_object_new_object();

    put(root, "schema", json_object_new_string("heapreel.report/1"));
    /* Nothing judges the session yet, and no verdict is not "healthy". */
    put(root, "verdict", NULL);
    put(root, "span", of_span(r));
    put(root, "limit", of_limit(r));
    put(root, "sources", of_sources(r));
    put(root, "processes", of_processes(r));
    put(root, "series", of_all_series(r));
    put(root, "events", of_events(r));
    put(root, "forecast", NULL);
    put(root, "profiles", report_profiles_json(r));
    text_put_str(t, json_object_to_json_string_ext(
                        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    text_put_char(t, '\n');
    (void)json_object_put(root);
}
