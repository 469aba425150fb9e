/* Post-mortems as JSON. Their keys are public: scripts read them. */
#include <math.h>

#include "cli/report_findings.h"
#include "cli/report_internal.h"
#include "cli/report_values.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/postmortem.h"

static struct json_object *of_parts(const struct postmortem *m)
{
    struct json_object *parts = json_object_new_array();

    for (enum postmortem_part i = 0; i < PART_KINDS; i++) {
        struct json_object *part;

        if (isnan(m->parts[i]))
            continue;
        part = json_object_new_object();
        value_put(part, "name", value_text(postmortem_part_name(i)));
        value_put(part, "bytes", value_double(m->parts[i]));
        value_put(part, "share", value_double(m->parts[i] / m->total_bytes));
        (void)json_object_array_add(parts, part);
    }
    return parts;
}

static struct json_object *of_trends(const struct report *r, const struct postmortem *m)
{
    struct json_object *trends = json_object_new_array();

    for (size_t i = 0; i < m->trend_count; i++) {
        const struct postmortem_trend *trend = &m->trends[i];
        struct json_object *object = json_object_new_object();

        value_put(object, "series",
                  value_text(metric_name(&r->session->metrics, trend->metric)));
        value_put(object, "first", value_double(trend->first));
        value_put(object, "last", value_double(trend->last));
        value_put(object, "slope_per_s", value_double(trend->slope_per_s));
        (void)json_object_array_add(trends, object);
    }
    return trends;
}

static struct json_object *of_blame(const struct report *r, const struct blame *blame)
{
    struct json_object *object;

    if (!blame->has)
        return NULL;
    object = json_object_new_object();
    value_put(object, "function",
              value_slice(profile_symbol_name(r->session->profiles, blame->symbol)));
    value_put(object, "bytes", value_double(blame->amount));
    value_put(object, "share", value_double(blame->share));
    value_put(object, "of", value_text(blame->is_growth ? "growth" : "heap"));
    return object;
}

static struct json_object *of_warning(const struct postmortem *m)
{
    return m->warning ? value_seconds(num_sat_sub_i64(m->end_ns, m->warning->detected_ns))
                      : NULL;
}

static struct json_object *of_postmortem(const struct report *r,
                                         const struct postmortem *m)
{
    struct json_object *object = json_object_new_object();
    struct text conclusion = {0};

    postmortem_put_conclusion(r->session, m, false, &conclusion);
    value_put(object, "process", json_object_new_uint64(m->process->id));
    value_put(object, "kind", value_text(event_kind_name(m->death->kind)));
    value_put(object, "t", value_wall(r, m->end_ns));
    value_put(object, "offset_s", value_offset(r, m->end_ns));
    value_put(object, "cause", value_text(postmortem_cause_name(m->cause)));
    value_put(object, "conclusion", value_text(text_str(&conclusion)));
    value_put(object, "advice", value_text(postmortem_advice(m->cause)));
    value_put(object, "limit_bytes", value_double(m->limit_bytes));
    value_put(object, "cgroup_bytes", value_double(m->cgroup_bytes));
    value_put(object, "rss_bytes", value_double(m->rss_bytes));
    value_put(object, "used_bytes", value_double(m->total_bytes));
    value_put(object, "parts", of_parts(m));
    value_put(object, "window_s", value_seconds(num_sat_sub_i64(m->end_ns, m->from_ns)));
    value_put(object, "trends", of_trends(r, m));
    value_put(object, "blame", of_blame(r, &m->blame));
    value_put(object, "told_before_s", of_warning(m));
    text_finish(&conclusion);
    return object;
}

struct json_object *report_postmortem_json(const struct report *r)
{
    struct json_object *all = json_object_new_array();

    for (size_t i = 0; i < r->session->process_count; i++) {
        struct postmortem m;

        if (postmortem_find(r->session, r->session->processes[i], &m) &&
            m.end_ns <= r->at_ns)
            (void)json_object_array_add(all, of_postmortem(r, &m));
    }
    return all;
}
