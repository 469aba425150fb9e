/*
 * Whom events befell, and when; how processes ended.
 *
 * A kernel log counts from the machine's boot, which no other source knows. So a kill in
 * it is laid to the process that it fits (the same pid; else the same name and limit, and
 * memory near what it had at the end), at the moment of that process's last record; one
 * such kill then places the rest of its log.
 */
#include <math.h>
#include <stddef.h>

#include "model/align_internal.h"
#include "model/base/num.h"
#include "model/source_time.h"

/* The kernel's name of a process has at most so many bytes. */
#define COMM_BYTES 15
/* A kill with a time of its own lies this near to the process's last record: the
 * longest usual distance between samples. */
#define DEATH_BEFORE_NS (INT64_C(5) * NS_PER_S)
#define DEATH_AFTER_NS (INT64_C(90) * NS_PER_S)
/* At its last record a process that was killed for memory had at least this share of
 * what it had when killed (recordings: 0.73 half a second before). */
#define DEATH_SHARE 0.7
/* … and no more than so much of it: memory goes up until then. */
#define DEATH_MOST 1.2

static bool is_called(const struct process *p, const struct event *e)
{
    struct slice name, comm;

    if (!p->name || !e->program)
        return true; /* nothing speaks against it */
    name = slice_base_name(slice_str(p->name));
    comm = slice_str(e->program);
    return slice_eq(slice_first(name, COMM_BYTES), slice_first(comm, COMM_BYTES));
}

static bool last_value(const struct session *s, const struct process *p, uint32_t metric,
                       double *value)
{
    struct series series;
    struct span_values span;

    if (!session_series(s, p, metric, &series))
        return false;
    span = series_span(&series, INT64_MIN, INT64_MAX);
    *value = span.last;
    return span.has;
}

static bool has_its_limit(const struct session *s, const struct process *p,
                          const struct event *e)
{
    double limit;

    return isnan(e->limit_bytes) || !last_value(s, p, METRIC_MEM_LIMIT, &limit) ||
           fabs(limit - e->limit_bytes) <= limit / 1000;
}

/* What it had at the end, by the best figure there is. */
static bool last_memory(const struct session *s, const struct process *p, double *bytes)
{
    static const uint32_t metrics[] = {METRIC_MEM_RSS, METRIC_MEM_CGROUP, METRIC_MEM_SYS,
                                       METRIC_HEAP_INUSE, METRIC_HEAP_END};
    double best = 0, value;
    bool has = false;

    /* Of RSS and the cgroup's use the later sample is the greater, as a rule. */
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (i >= 2 && has)
            break;
        if (last_value(s, p, metrics[i], &value)) {
            best = !has || value > best ? value : best;
            has = true;
        }
    }
    *bytes = best;
    return has;
}

static bool had_its_memory(const struct session *s, const struct process *p,
                           const struct event *e)
{
    double bytes;

    return isnan(e->rss_bytes) || !last_memory(s, p, &bytes) ||
           (bytes >= e->rss_bytes * DEATH_SHARE && bytes <= e->rss_bytes * DEATH_MOST);
}

static bool fits(const struct session *s, const struct process *p, const struct event *e)
{
    if (p->track_count == 0 || p->tracks[0]->subject == SUBJECT_HOST)
        return false;
    if (p->pid >= 0 && e->pid >= 0)
        return p->pid == e->pid;
    return is_called(p, e) && has_its_limit(s, p, e) && had_its_memory(s, p, e);
}

/* The last record that a process itself can have written, not its cgroup. */
static bool last_record(const struct process *p, int64_t *to_ns)
{
    bool has = false;

    for (size_t i = 0; i < p->track_count; i++) {
        const struct track *t = p->tracks[i];
        size_t rows = table_row_count(t->table);
        int64_t at_ns;

        if (rows == 0 || (t->subject != SUBJECT_PROCESS && p->track_count > 1) ||
            !align_is_placed(t))
            continue;
        at_ns = num_sat_add_i64(table_row_time(t->table, rows - 1), t->origin_ns);
        *to_ns = !has || at_ns > *to_ns ? at_ns : *to_ns;
        has = true;
    }
    return has || process_span(p, &(int64_t){0}, to_ns);
}

static bool has_own_time(const struct event *e)
{
    return e->stated_kind == MOMENT_WALL;
}

static bool is_near(const struct process *p, const struct event *e)
{
    int64_t to_ns;

    if (!has_own_time(e))
        return true;
    return last_record(p, &to_ns) &&
           num_sat_sub_i64(e->stated_ns, to_ns) <= DEATH_AFTER_NS &&
           num_sat_sub_i64(to_ns, e->stated_ns) <= DEATH_BEFORE_NS;
}

/* Where two fit, the better one has to be this much better to be it. */
#define CLEARLY 0.02

/* Who may still speak is laid nothing to but what names it: a kill that only looks like
 * its own could be another's. */
static bool may_be_dead(const struct session *s, const struct process *p,
                        const struct event *e)
{
    return !s->is_streamed || (p->pid >= 0 && p->pid == e->pid) ||
           (has_own_time(e) && align_is_silent(p));
}

/* How well the event fits the process, 0 … 2: the very limit, and the memory it had. */
static double fit_of(const struct session *s, const struct process *p,
                     const struct event *e)
{
    double limit, bytes, fit = 0;

    if (!isnan(e->limit_bytes) && last_value(s, p, METRIC_MEM_LIMIT, &limit))
        fit += 1;
    if (!isnan(e->rss_bytes) && last_memory(s, p, &bytes) && bytes > 0)
        fit += bytes < e->rss_bytes ? bytes / e->rss_bytes : e->rss_bytes / bytes;
    return fit;
}

/* The process that the event fits best; NULL where none does, or two equally well. */
static struct process *victim_of(const struct session *s, const struct event *e)
{
    struct process *found = NULL;
    double best = -1, second = -1;

    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];
        double fit;

        if (p->end == END_OOM_KILLED || p->end == END_FATAL || !fits(s, p, e) ||
            !is_near(p, e) || !may_be_dead(s, p, e))
            continue;
        fit = fit_of(s, p, e);
        if (fit > best) {
            second = best;
            best = fit;
            found = p;
        } else if (fit > second) {
            second = fit;
        }
    }
    return second >= 0 && best - second < CLEARLY ? NULL : found;
}

static void settle_death(struct event *e, struct process *p)
{
    int64_t last_ns;

    e->process = p;
    p->end = END_OOM_KILLED;
    if (p->pid < 0)
        p->pid = e->pid;
    if (!p->name && e->program)
        process_name(p, slice_str(e->program));
    if (!last_record(p, &last_ns))
        return;
    e->has_time = true;
    e->time_ns = has_own_time(e) ? e->stated_ns : last_ns;
    p->has_end = true;
    p->end_ns = e->time_ns;
}

/* Kills of the same log that fit as well: a host's log tells of many services. */
static unsigned rivals_of(const struct session *s, const struct event *e,
                          const struct process *p)
{
    unsigned count = 0;

    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *other = s->events[i];

        count += other != e && other->kind == EVENT_OOM_KILLED &&
                 other->source == e->source && !other->process && fits(s, p, other) &&
                 is_near(p, other);
    }
    return count;
}

/* The kill that ended a process. */
static struct event *death_of(const struct session *s, const struct process *p)
{
    for (size_t i = 0; i < s->event_count; i++) {
        struct event *e = s->events[i];

        if (e->kind == EVENT_OOM_KILLED && e->process == p && !e->echo_of)
            return e;
    }
    return NULL;
}

/* Is this the same kill, out of another input: the kernel's ring buffer and the journal,
 * a pod's status? */
static bool is_echo(const struct session *s, const struct event *e,
                    const struct event *first)
{
    if (e->source == first->source)
        return false;
    if (e->pid >= 0 && first->pid >= 0)
        return e->pid == first->pid && is_called(first->process, e);
    return fits(s, first->process, e) && is_near(first->process, e);
}

/* A wall clock beats the moment of the last record. */
static void take_moment(struct event *first, const struct event *echo)
{
    int64_t late_ns = num_sat_sub_i64(echo->stated_ns, first->time_ns);

    if (has_own_time(first) || !has_own_time(echo) || late_ns < 0 ||
        late_ns > DEATH_AFTER_NS)
        return;
    first->time_ns = echo->stated_ns;
    first->process->end_ns = echo->stated_ns;
}

static bool settle_echo(struct session *s, struct event *e)
{
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];
        struct event *first = p->end == END_OOM_KILLED ? death_of(s, p) : NULL;

        if (!first || !is_echo(s, e, first))
            continue;
        e->echo_of = first;
        e->process = p;
        e->has_time = true;
        e->time_ns = has_own_time(e) ? e->stated_ns : first->time_ns;
        take_moment(first, e);
        return true;
    }
    return false;
}

static void settle_kill(struct session *s, struct event *e)
{
    struct process *p;

    if (settle_echo(s, e))
        return;
    p = victim_of(s, e);
    if (!p)
        return;
    e->confidence =
        p->pid >= 0 && p->pid == e->pid ? 1 : 1.0 / (double)(1 + rivals_of(s, e, p));
    settle_death(e, p);
}

/* The kernel's word first, it knows most; of a log from the last to the first, since logs
 * are fetched after the death that they explain. */
static void settle_kills(struct session *s)
{
    for (int by_kernel = 1; by_kernel >= 0; by_kernel--) {
        for (size_t i = s->event_count; i-- > 0;) {
            struct event *e = s->events[i];

            if (e->kind == EVENT_OOM_KILLED && !e->process && (e->pid >= 0) == by_kernel)
                settle_kill(s, e);
        }
    }
}

/* One event of a log whose moment is known places the others of that log. */
static void place_by_neighbour(struct session *s, struct event *e)
{
    for (size_t i = s->event_count; i-- > 0;) {
        const struct event *known = s->events[i];

        if (known->source != e->source || known->stated_kind != MOMENT_BOOT ||
            !known->process || !known->has_time)
            continue;
        e->has_time = true;
        e->time_ns = num_sat_add_i64(known->time_ns,
                                     num_sat_sub_i64(e->stated_ns, known->stated_ns));
        return;
    }
}

static void place_event(struct session *s, struct event *e)
{
    switch ((enum moment_kind)e->stated_kind) {
    case MOMENT_WALL:
        e->has_time = true;
        e->time_ns = e->stated_ns;
        break;
    case MOMENT_CYCLE:
    case MOMENT_PROCESS:
        e->has_time = e->track != NULL;
        if (e->track)
            e->time_ns = num_sat_add_i64(e->track->origin_ns, e->stated_ns);
        break;
    case MOMENT_UNKNOWN:
        if (!e->process)
            e->has_time = source_time(e->source, &e->time_ns);
        break;
    case MOMENT_BOOT:
        if (s->process_count == 0) { /* the log's own clock is all there is */
            e->has_time = true;
            e->time_ns = e->stated_ns;
        } else if (!e->process) {
            place_by_neighbour(s, e);
        }
        break;
    }
}

/* What befell nobody whom the other sources know is worth a line, no alarm. */
static void settle_severity(const struct session *s, struct event *e)
{
    if (e->kind == EVENT_OOM_KILLED)
        e->severity =
            e->process || s->process_count == 0 ? SEVERITY_CRITICAL : SEVERITY_NOTICE;
}

/* The runtime's last words come after all else that it wrote, whatever the steps of the
 * stamps in front of them. */
static void end_by_fatal(struct event *e)
{
    int64_t last_ns;

    if (e->kind != EVENT_FATAL || !e->process || !e->has_time)
        return;
    if (last_record(e->process, &last_ns) && e->time_ns < last_ns)
        e->time_ns = last_ns;
    e->process->has_end = true;
    e->process->end_ns = e->time_ns;
}

static void note_wall(struct session *s, const struct event *e)
{
    if (e->has_time && e->stated_kind == MOMENT_WALL && s->process_count == 0)
        s->has_wall = true;
}

void align_deaths(struct session *s)
{
    /* Of a live session's recording as it did there. */
    if (!s->is_loading || s->is_streamed)
        settle_kills(s);
    for (size_t i = 0; i < s->event_count; i++) {
        place_event(s, s->events[i]);
        settle_severity(s, s->events[i]);
        end_by_fatal(s->events[i]);
        note_wall(s, s->events[i]);
    }
}

static void take_limit(struct session *s, double bytes, const char *source)
{
    s->limit_bytes = bytes;
    s->limit_source = source;
}

/* The Go process with the most rows, else the process with the most: whose picture is
 * shown. Another's limit says nothing of it. */
static const struct process *main_process(const struct session *s)
{
    const struct process *best = NULL;
    bool best_is_go = false;

    for (size_t i = 0; i < s->process_count; i++) {
        const struct process *p = s->processes[i];
        bool go = align_is_go(s, p);

        if (!best || go > best_is_go ||
            (go == best_is_go && process_rows(p) > process_rows(best))) {
            best = p;
            best_is_go = go;
        }
    }
    return best;
}

/* The cgroup's own word, else what the kernel or Kubernetes said, else Go's limit. */
void align_limit(struct session *s)
{
    const struct process *p;
    double bytes;

    if (s->is_limit_given)
        return;
    p = main_process(s);
    if (!p)
        return;
    if (last_value(s, p, METRIC_MEM_LIMIT, &bytes)) {
        take_limit(s, bytes, "cgroup");
        return;
    }
    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = s->events[i];

        if (e->process == p && !isnan(e->limit_bytes)) {
            take_limit(s, e->limit_bytes, "kernel log");
            return;
        }
    }
    if (last_value(s, p, METRIC_MEM_GOMEMLIMIT, &bytes))
        take_limit(s, bytes, "GOMEMLIMIT");
}
