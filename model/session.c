#include "model/session.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"

/* Longer than any that the Go project ever gave. */
#define VERSION_BYTES 64

const char *clock_kind_name(enum clock_kind kind)
{
    static const char *const names[] = {
        [CLOCK_NONE] = "none",       [CLOCK_PROCESS] = "process",
        [CLOCK_FILE] = "file",       [CLOCK_START] = "start",
        [CLOCK_STAMPS] = "stamps",   [CLOCK_FITTED] = "fitted",
        [CLOCK_MATCHED] = "matched", [CLOCK_WALL] = "wall",
    };

    return names[kind];
}

const char *process_end_name(enum process_end end)
{
    static const char *const names[] = {
        [END_RUNNING] = "running",       [END_EXIT] = "exit",
        [END_OOM_KILLED] = "oom-killed", [END_FATAL] = "fatal",
        [END_UNKNOWN] = "unknown",
    };

    return names[end];
}

struct session *session_create(void)
{
    struct session *s = mem_alloc(sizeof *s);

    s->limit_bytes = NAN;
    s->profiles = profile_store_create();
    return s;
}

static void destroy_processes(struct process **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < list[i]->track_count; k++) {
            table_destroy(list[i]->tracks[k]->table);
            free(list[i]->tracks[k]);
        }
        free(list[i]->tracks);
        forecast_log_finish(&list[i]->forecasts);
        free(list[i]->exact_version);
        free(list[i]->name);
        free(list[i]);
    }
    free(list);
}

void session_destroy(struct session *s)
{
    if (!s)
        return;
    session_drop_findings(s);
    free(s->findings);
    destroy_processes(s->processes, s->process_count);
    destroy_processes(s->joined, s->joined_count);
    for (size_t i = 0; i < s->source_count; i++) {
        free(s->sources[i]->path);
        free(s->sources[i]->unreadable);
        free(s->sources[i]->trouble);
        free(s->sources[i]);
    }
    free(s->sources);
    for (size_t i = 0; i < s->event_count; i++)
        event_destroy(s->events[i]);
    free(s->events);
    profile_store_destroy(s->profiles);
    metric_registry_finish(&s->metrics);
    free(s);
}

struct source *session_add_source(struct session *s, const char *path)
{
    struct source *source = mem_alloc(sizeof *source);

    source->path = mem_dup_text(path);
    source->compression = "none";
    source->wrapping = "none";
    source->index = (uint32_t)s->source_count;
    s->sources = mem_grow(s->sources, &s->source_capacity, s->source_count + 1,
                          sizeof *s->sources);
    s->sources[s->source_count++] = source;
    s->revision++;
    return source;
}

bool source_has_failed(const struct source *source)
{
    return source->unreadable && !(source->is_member && source->is_foreign);
}

struct event *session_add_finding(struct session *s, const struct finding *finding)
{
    if (s->finding_count >= SESSION_FINDINGS_MAX && finding->severity < SEVERITY_WARNING)
        return NULL;
    if (s->finding_count == 2 * SESSION_FINDINGS_MAX)
        return NULL;
    s->findings = mem_grow(s->findings, &s->finding_capacity, s->finding_count + 1,
                           sizeof *s->findings);
    s->findings[s->finding_count] = event_of_finding(finding);
    s->revision++;
    return s->findings[s->finding_count++];
}

void session_drop_findings(struct session *s)
{
    for (size_t i = 0; i < s->finding_count; i++)
        event_destroy(s->findings[i]);
    s->finding_count = 0;
    for (size_t i = 0; i < s->process_count; i++)
        forecast_log_finish(&s->processes[i]->forecasts);
    s->revision++;
}

void session_drop_findings_of(struct session *s, struct process *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->finding_count; i++) {
        if (s->findings[i]->process == p)
            event_destroy(s->findings[i]);
        else
            s->findings[kept++] = s->findings[i];
    }
    s->finding_count = kept;
    forecast_log_finish(&p->forecasts);
    s->revision++;
}

size_t session_event_count(const struct session *s)
{
    return s->event_count + s->finding_count;
}

struct event *session_event(const struct session *s, size_t i)
{
    return i < s->event_count ? s->events[i] : s->findings[i - s->event_count];
}

struct event *session_add_event(struct session *s, const struct source *source,
                                const struct notice *notice)
{
    struct event *event;

    if (s->event_count == SESSION_EVENTS_MAX)
        return NULL;
    event = event_create(notice);
    event->source = source;
    s->events =
        mem_grow(s->events, &s->event_capacity, s->event_count + 1, sizeof *s->events);
    s->events[s->event_count++] = event;
    s->revision++;
    return event;
}

static void name_once(char **name, struct slice text)
{
    if (!*name && text.len)
        *name = mem_dup_slice(text);
}

void process_name(struct process *p, struct slice name)
{
    name_once(&p->name, name);
}

/* "go1.26.8", "devel go1.27-abcdef": nothing that a screen would have to be kept from. */
static bool is_version(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '+' && c != '_' &&
            c != ' ')
            return false;
    }
    return text.len > 0 && text.len <= VERSION_BYTES;
}

void process_version(struct process *p, struct slice version)
{
    if (is_version(version))
        name_once(&p->exact_version, version);
}

const char *process_go_version(const struct process *p)
{
    return p->exact_version ? p->exact_version : p->go_version;
}

static void add_track(struct process *p, struct track *track)
{
    p->tracks =
        mem_grow(p->tracks, &p->track_capacity, p->track_count + 1, sizeof *p->tracks);
    p->tracks[p->track_count++] = track;
    track->process = p;
}

struct track *session_add_track(struct session *s, struct process *p,
                                struct source *source)
{
    struct track *track = mem_alloc(sizeof *track);

    while (p->joined_into)
        p = p->joined_into;
    track->source = source;
    track->table = table_create();
    add_track(p, track);
    s->revision++;
    return track;
}

struct track *session_add_process(struct session *s, struct source *source)
{
    struct process *p;

    if (s->process_count == SESSION_PROCESSES_MAX)
        return NULL;
    p = mem_alloc(sizeof *p);
    p->pid = -1;
    p->end = END_UNKNOWN;
    s->processes = mem_grow(s->processes, &s->process_capacity, s->process_count + 1,
                            sizeof *s->processes);
    s->processes[s->process_count++] = p;
    p->id = (uint32_t)s->process_count;
    return session_add_track(s, p, source);
}

static void close_ids(struct session *s, const struct process *gone)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->process_count; i++) {
        if (s->processes[i] == gone)
            continue;
        s->processes[kept++] = s->processes[i];
        s->processes[kept - 1]->id = (uint32_t)kept;
    }
    s->process_count = kept;
}

static struct event *restart_of(const struct session *s, const struct process *p)
{
    for (size_t i = 0; i < s->event_count; i++) {
        if (s->events[i]->kind == EVENT_RESTART && s->events[i]->process == p)
            return s->events[i];
    }
    return NULL;
}

/* That a process began, its sources tell one by one. */
static void join_events(struct session *s, struct process *into, struct process *from)
{
    struct event *restart = restart_of(s, into);

    for (size_t i = 0; i < s->event_count; i++) {
        struct event *e = s->events[i];

        if (e->process != from)
            continue;
        e->process = into;
        if (restart && e->kind == EVENT_RESTART)
            e->echo_of = restart->echo_of ? restart->echo_of : restart;
    }
}

void session_join(struct session *s, struct process *into, struct process *from)
{
    assert(into != from);
    for (size_t i = 0; i < from->track_count; i++)
        add_track(into, from->tracks[i]);
    from->track_count = 0;
    from->joined_into = into;
    if (!into->go_version)
        into->go_version = from->go_version;
    if (into->pid < 0)
        into->pid = from->pid;
    process_name(into, slice_str(from->name));
    process_version(into, slice_str(from->exact_version));
    /* Who only saw it go does not know why. */
    if (into->end == END_UNKNOWN || (into->end == END_EXIT && from->end != END_UNKNOWN))
        into->end = from->end;
    if (from->has_end && !into->has_end) {
        into->has_end = true;
        into->end_ns = from->end_ns;
    }
    join_events(s, into, from);
    profile_store_move(s->profiles, into, from);
    close_ids(s, from);
    s->joined =
        mem_grow(s->joined, &s->joined_capacity, s->joined_count + 1, sizeof *s->joined);
    s->joined[s->joined_count++] = from;
    s->revision++;
}

static bool track_span(const struct track *t, int64_t *from_ns, int64_t *to_ns)
{
    size_t rows = table_row_count(t->table);

    if (rows == 0)
        return false;
    *from_ns = num_sat_add_i64(table_row_time(t->table, 0), t->origin_ns);
    *to_ns = num_sat_add_i64(table_row_time(t->table, rows - 1), t->origin_ns);
    return true;
}

static void widen(bool *has, int64_t *from, int64_t *to, int64_t more_from,
                  int64_t more_to)
{
    *from = !*has || more_from < *from ? more_from : *from;
    *to = !*has || more_to > *to ? more_to : *to;
    *has = true;
}

bool process_span(const struct process *p, int64_t *from_ns, int64_t *to_ns)
{
    bool has = false;
    int64_t from, to;

    for (size_t i = 0; i < p->track_count; i++) {
        if (track_span(p->tracks[i], &from, &to))
            widen(&has, from_ns, to_ns, from, to);
    }
    if (has && p->has_end && p->end_ns > *to_ns)
        *to_ns = p->end_ns;
    return has;
}

size_t process_rows(const struct process *p)
{
    size_t rows = 0;

    for (size_t i = 0; i < p->track_count; i++)
        rows += table_row_count(p->tracks[i]->table);
    return rows;
}

/* A kernel log by itself: nothing but what happened. */
static bool event_span(const struct session *s, int64_t *from_ns, int64_t *to_ns)
{
    bool has = false;

    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = s->events[i];

        if (e->has_time)
            widen(&has, from_ns, to_ns, e->time_ns, e->time_ns);
    }
    return has;
}

bool session_span(const struct session *s, int64_t *from_ns, int64_t *to_ns)
{
    bool has = false;
    int64_t from, to;

    for (size_t i = 0; i < s->process_count; i++) {
        if (process_span(s->processes[i], &from, &to))
            widen(&has, from_ns, to_ns, from, to);
    }
    return has || event_span(s, from_ns, to_ns);
}
