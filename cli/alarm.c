#include "cli/alarm.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alarm_told.h"
#include "cli/common.h"
#include "cli/report_findings.h"
#include "cli/report_internal.h"
#include "cli/report_values.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"

#define HOUR_NS (INT64_C(3600) * NS_PER_S)
/* Of a process: the line is for a webhook, and a process of the recorder has a handful.
 */
#define SOURCES_TOLD 64

struct alarm {
    struct alarm_options options;
    struct alarm_told told;
    size_t event_count; /* of those that inputs told, so many were seen */
    uint64_t revision;  /* of the session then */
    bool is_begun;      /* looked at least once */
    bool has_captured;  /* and when: */
    int64_t captured_ns;
    bool has_run[EVENT_KINDS];
    int64_t run_ns[EVENT_KINDS];
    int64_t runs_ns[ALARM_HOOKS_AN_HOUR]; /* a ring of the last ones */
    size_t run_count;
    uint64_t held_back; /* since the last one that was not */
};

static void put_kinds(struct text *t)
{
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        text_put_str(t, kind ? ", " : "");
        text_put_str(t, event_kind_name((enum event_kind)kind));
    }
}

static bool refuse_kind(struct slice name)
{
    struct text kinds = {0};

    put_kinds(&kinds);
    common_complain("--on knows no kind '%.*s'; the kinds are %s", (int)name.len,
                    name.len ? name.ptr : "", text_str(&kinds));
    text_finish(&kinds);
    return false;
}

bool alarm_read_kinds(struct options *o)
{
    struct slice rest = slice_str(o->on ? o->on : "leak,pre-oom,gc-pressure");

    o->on_kinds = 0;
    for (;;) {
        const char *comma = rest.len ? memchr(rest.ptr, ',', rest.len) : NULL;
        struct slice name = comma ? slice_of(rest.ptr, (size_t)(comma - rest.ptr)) : rest;
        enum event_kind kind = event_kind_of(name);

        if (kind == EVENT_KINDS)
            return refuse_kind(name);
        o->on_kinds |= UINT32_C(1) << kind;
        if (!comma)
            return true;
        rest = slice_after(rest, name.len + 1);
    }
}

struct alarm *alarm_create(const struct alarm_options *options)
{
    struct alarm *a = mem_alloc(sizeof *a);

    a->options = *options;
    return a;
}

void alarm_destroy(struct alarm *a)
{
    if (!a)
        return;
    alarm_told_finish(&a->told);
    free(a);
}

static void say(const struct alarm *a, const char *line)
{
    if (a->options.say && !a->options.options->is_quiet)
        a->options.say(a->options.user, line);
}

/* "+0:12.345 warning leak heap.live: …": when it was known, and what. */
static void say_event(const struct alarm *a, const struct report *r,
                      const struct event *e)
{
    char at[UNIT_TEXT] = "?";
    struct text line = {0};

    if (!a->options.options->is_verbose && e->severity < SEVERITY_WARNING)
        return;
    if (e->has_time)
        (void)unit_format_offset(at, num_sat_sub_i64(event_known_ns(e), r->origin_ns), 3);
    text_printf(&line, "%s %s %s", at, severity_name(e->severity),
                event_kind_name(e->kind));
    if (e->has_series)
        text_printf(&line, " %s", metric_name(&r->session->metrics, e->metric));
    if (e->process && r->session->process_count > 1)
        text_printf(&line, " #%u", e->process->id);
    text_printf(&line, ": %s", e->message ? e->message : "");
    say(a, text_str(&line));
    text_finish(&line);
}

static bool is_among(const struct process *p, size_t track)
{
    for (size_t i = 0; i < track; i++) {
        if (p->tracks[i]->source == p->tracks[track]->source)
            return true;
    }
    return false;
}

static struct json_object *of_sources(const struct event *e)
{
    struct json_object *sources = json_object_new_array();
    const struct process *p = e->process;

    if (!p && e->source)
        (void)json_object_array_add(sources, value_text(e->source->path));
    for (size_t i = 0; p && i < p->track_count && i < SOURCES_TOLD; i++) {
        if (!is_among(p, i))
            (void)json_object_array_add(sources, value_text(p->tracks[i]->source->path));
    }
    return sources;
}

static struct json_object *of_process(const struct process *p)
{
    struct json_object *object;

    if (!p)
        return NULL;
    object = json_object_new_object();
    value_put(object, "id", json_object_new_uint64(p->id));
    value_put(object, "pid", p->pid < 0 ? NULL : json_object_new_int64(p->pid));
    value_put(object, "name", value_text(p->name));
    value_put(object, "go_version", value_text(process_go_version(p)));
    return object;
}

/* One line: a hook reads it as it reads any line. */
static void put_json(const struct alarm *a, const struct report *r, struct text *t,
                     const struct event *e)
{
    struct json_object *root = json_object_new_object();

    value_put(root, "schema", json_object_new_string("heapreel.event/1"));
    value_put(root, "recording", value_text(a->options.options->output));
    value_put(root, "sources", of_sources(e));
    value_put(root, "process", of_process(e->process));
    value_put(root, "held_back", json_object_new_uint64(a->held_back));
    value_put(root, "event", report_event_json(r, e));
    text_put_str(t, json_object_to_json_string_ext(
                        root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    text_put_char(t, '\n');
    (void)json_object_put(root);
}

static void capture(struct alarm *a, const struct event *e, int64_t now_ns)
{
    struct text line = {0};

    if (!a->options.capture ||
        (a->has_captured && now_ns - a->captured_ns < ALARM_CAPTURE_GAP_NS) ||
        a->options.capture(a->options.user) == 0)
        return;
    a->has_captured = true;
    a->captured_ns = now_ns;
    text_printf(&line, "%s: profiles and goroutines are captured",
                event_kind_name(e->kind));
    say(a, text_str(&line));
    text_finish(&line);
}

static bool may_run(const struct alarm *a, enum event_kind kind, int64_t now_ns)
{
    size_t oldest = a->run_count % ALARM_HOOKS_AN_HOUR;

    if (a->has_run[kind] && now_ns - a->run_ns[kind] < ALARM_HOOK_GAP_NS)
        return false;
    return a->run_count < ALARM_HOOKS_AN_HOUR || now_ns - a->runs_ns[oldest] >= HOUR_NS;
}

static void hold_back(struct alarm *a, const struct event *e)
{
    struct text line = {0};

    if (a->held_back++ > 0)
        return;
    text_printf(&line,
                "%s: --exec is held back: it runs once a minute for a kind, %d times "
                "an hour and %s",
                event_kind_name(e->kind), ALARM_HOOKS_AN_HOUR,
                "not while others still run");
    say(a, text_str(&line));
    text_finish(&line);
}

static void run_hook(struct alarm *a, const struct report *r, const struct event *e,
                     int64_t now_ns)
{
    struct text json = {0};

    if (!a->options.run_hook)
        return;
    put_json(a, r, &json, e);
    if (may_run(a, e->kind, now_ns) &&
        a->options.run_hook(a->options.user, event_kind_name(e->kind),
                            slice_of(json.ptr, json.len))) {
        a->has_run[e->kind] = true;
        a->run_ns[e->kind] = now_ns;
        a->runs_ns[a->run_count++ % ALARM_HOOKS_AN_HOUR] = now_ns;
        a->held_back = 0;
    } else {
        hold_back(a, e);
    }
    text_finish(&json);
}

static void tell(struct alarm *a, const struct report *r, const struct event *e,
                 bool has_history, int64_t now_ns)
{
    if (has_history || e->echo_of ||
        (e->has_time && r->session->has_wall && event_known_ns(e) < a->options.since_ns))
        return;
    say_event(a, r, e);
    if (!(a->options.options->on_kinds & UINT32_C(1) << e->kind))
        return;
    capture(a, e, now_ns);
    run_hook(a, r, e, now_ns);
}

void alarm_look(struct alarm *a, bool has_history, int64_t now_ns)
{
    const struct session *s = a->options.session;
    struct report r;

    if ((a->is_begun && a->revision == s->revision) ||
        !report_begin(&r, a->options.options, s))
        return;
    a->is_begun = true;
    a->revision = s->revision;
    for (; a->event_count < s->event_count; a->event_count++)
        tell(a, &r, s->events[a->event_count], has_history, now_ns);
    alarm_told_settle(&a->told, s);
    for (size_t i = 0; i < s->finding_count; i++) {
        if (alarm_told_add(&a->told, s->findings[i]))
            tell(a, &r, s->findings[i], has_history, now_ns);
    }
}
