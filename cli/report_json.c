/*
 * The report as JSON. Its keys are public: scripts read them.
 */
#include <math.h>

#include "cli/report_findings.h"
#include "cli/report_internal.h"
#include "cli/report_profiles.h"
#include "cli/report_values.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/verdict.h"

static struct json_object *of_span(const struct report *r)
{
    struct json_object *span = json_object_new_object();
    /* The window ends one past the last record; a single record lasts no time. */
    int64_t last_ns = r->to_ns > r->from_ns ? r->to_ns - 1 : r->to_ns;

    value_put(span, "t", value_wall(r, r->from_ns));
    value_put(span, "offset_s", value_offset(r, r->from_ns));
    value_put(span, "duration_s", value_seconds(num_sat_sub_i64(last_ns, r->from_ns)));
    return span;
}

static struct json_object *of_errors(const struct source *source)
{
    struct json_object *errors = json_object_new_array();

    if (source->unreadable) {
        struct json_object *error = json_object_new_object();

        value_put(error, "reason", value_text(source->unreadable));
        (void)json_object_array_add(errors, error);
    }
    for (unsigned i = 0; i < source->diag.kept_count; i++) {
        const struct diag_entry *e = &source->diag.kept[i];
        struct json_object *error = json_object_new_object();

        if (e->line)
            value_put(error, "line", json_object_new_uint64(e->line));
        else
            value_put(error, "offset", json_object_new_uint64(e->offset_bytes));
        value_put(error, "reason", value_text(e->reason));
        (void)json_object_array_add(errors, error);
    }
    return errors;
}

static void put_reason(struct json_object *reasons, const char *text, uint64_t count)
{
    struct json_object *reason = json_object_new_object();

    value_put(reason, "reason", value_text(text));
    value_put(reason, "count", json_object_new_uint64(count));
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

        value_put(object, "path", value_text(source->path));
        value_put(object, "format", value_text(source->format));
        value_put(object, "compression", value_text(source->compression));
        value_put(object, "wrapping", value_text(source->wrapping));
        value_put(object, "readable", json_object_new_boolean(!source->unreadable));
        value_put(object, "records", json_object_new_uint64(source->records));
        value_put(object, "skipped", json_object_new_uint64(source->diag.skipped));
        value_put(object, "errors", of_errors(source));
        value_put(object, "reasons", of_reasons(source));
        value_put(object, "clock", value_text(clock_kind_name(clock)));
        if (source->trouble)
            value_put(object, "trouble", value_text(source->trouble));
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

        value_put(object, "id", json_object_new_uint64(p->id));
        value_put(object, "name", value_text(p->name));
        value_put(object, "go_version", value_text(process_go_version(p)));
        value_put(object, "pid", p->pid < 0 ? NULL : json_object_new_int64(p->pid));
        value_put(object, "from_s", has_span ? value_offset(r, from_ns) : NULL);
        value_put(object, "to_s", has_span ? value_offset(r, to_ns) : NULL);
        value_put(object, "end", value_text(process_end_name(p->end)));
        value_put(object, "clock", value_text(clock_kind_name(report_process_clock(p))));
        report_put_finding_keys(r, p, object);
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

    value_put(object, "name", value_text(series->name));
    value_put(object, "process", json_object_new_uint64(series->process->id));
    value_put(object, "unit", value_text(unit_name(series->unit)));
    value_put(object, "points", json_object_new_uint64(sum.points));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        value_put(object, rows[i].key, sum.points ? value_double(rows[i].value) : NULL);
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
    value_put(limit, "bytes", value_double(r->session->limit_bytes));
    value_put(limit, "source", value_text(r->session->limit_source));
    return limit;
}

void report_put_json(const struct report *r, struct text *t)
{
    struct json_object *root = json_object_new_object();

    value_put(root, "schema", json_object_new_string("heapreel.report/1"));
    value_put(root, "verdict", value_text(verdict_name(report_verdict(r))));
    value_put(root, "span", of_span(r));
    value_put(root, "limit", of_limit(r));
    value_put(root, "sources", of_sources(r));
    value_put(root, "processes", of_processes(r));
    value_put(root, "series", of_all_series(r));
    value_put(root, "events", report_events_json(r));
    value_put(root, "forecast", report_forecast_json(r));
    value_put(root, "postmortem", report_postmortem_json(r));
    value_put(root, "profiles", report_profiles_json(r));
    text_put_str(t, json_object_to_json_string_ext(
                        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    text_put_char(t, '\n');
    (void)json_object_put(root);
}
