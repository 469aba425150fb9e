/*
 * Processes of different sources that are one.
 *
 * What proves it, strongest first: the same LastGC, to the nanosecond; counters that
 * only grow (TotalAlloc, Mallocs), each value of one source lying between the values
 * that the other has before and after; the same pid at the same time. What has no such
 * figure (a profile, a cgroup, a kernel's view) goes to the only Go process that lived
 * at its time, and stays by itself where there are several.
 */
#include <stdlib.h>
#include <string.h>

#include "model/align_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"

/* A profile is taken while the process runs; files and clocks are a little off. */
#define LIFE_SLACK_NS (INT64_C(2) * NS_PER_S)

bool align_is_ring(const struct track *t)
{
    return table_column_count(t->table) == 1 &&
           table_column_metric(t->table, 0) == METRIC_GC_PAUSE;
}

/* Neither started twice from one source: two runs in one log are two runs. */
static bool share_a_source(const struct process *p, const struct process *q)
{
    for (size_t i = 0; i < p->track_count; i++) {
        for (size_t k = 0; k < q->track_count; k++) {
            if (p->tracks[i]->source == q->tracks[k]->source)
                return true;
        }
    }
    return false;
}

/* The span of the rows alone, a little wider; false where nothing tells the time. */
static bool life_of(const struct process *p, int64_t *from_ns, int64_t *to_ns)
{
    bool placed = false;

    for (size_t i = 0; i < p->track_count; i++)
        placed |= align_is_placed(p->tracks[i]);
    if (!placed || !process_span(p, from_ns, to_ns))
        return false;
    *from_ns = num_sat_sub_i64(*from_ns, LIFE_SLACK_NS);
    *to_ns = num_sat_add_i64(*to_ns, LIFE_SLACK_NS);
    return true;
}

static bool lived_together(const struct process *p, const struct process *q)
{
    int64_t from, to, other_from, other_to;

    return life_of(p, &from, &to) && life_of(q, &other_from, &other_to) &&
           from <= other_to && other_from <= to;
}

static bool have_same_pid(const struct process *p, const struct process *q)
{
    return p->pid >= 0 && p->pid == q->pid && lived_together(p, q);
}

static enum subject subject_of(const struct process *p)
{
    return p->track_count ? p->tracks[0]->subject : SUBJECT_PROCESS;
}

/* Does any of its tables hold what only a Go runtime says? */
bool align_is_go(const struct session *s, const struct process *p)
{
    static const uint32_t metrics[] = {METRIC_GC_CYCLES, METRIC_HEAP_ALLOC,
                                       METRIC_ALLOC_TOTAL, METRIC_HEAP_INUSE,
                                       METRIC_HEAP_LIVE};
    struct series series;

    if (subject_of(p) != SUBJECT_PROCESS)
        return false;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (session_series(s, p, metrics[i], &series))
            return true;
    }
    return false;
}

typedef bool same_process(const struct session *s, const struct process *p,
                          const struct process *q);

static bool are_proven(const struct session *s, const struct process *p,
                       const struct process *q)
{
    return align_is_pair_active(s, p, q) && subject_of(p) == subject_of(q) &&
           !share_a_source(p, q) &&
           (align_shares_last_gc(s, p, q) || have_same_pid(p, q) ||
            align_counters_agree(s, p, q));
}

static void join_all(struct session *s, same_process *same)
{
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

        if (align_is_over(s, p))
            continue;
        for (size_t k = i + 1; k < s->process_count;) {
            if (same(s, p, s->processes[k]))
                session_join(s, p, s->processes[k]);
            else
                k++;
        }
    }
}

/* Where a path's file name begins. */
static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static bool share_a_folder(const struct process *p, const struct process *q)
{
    const char *a = p->tracks[0]->source->path, *b = q->tracks[0]->source->path;
    size_t len = folder_len(a);

    return len == folder_len(b) && strncmp(a, b, len) == 0;
}

static bool is_only_by_file_time(const struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        if (p->tracks[i]->clock != CLOCK_FILE && p->tracks[i]->clock != CLOCK_NONE)
            return false;
    }
    return true;
}

/* "lab" and "lab", "lab" and "/usr/bin/lab"; a name that nobody gave fits any. */
static bool names_fit(const struct process *p, const struct process *q)
{
    return !p->name || !q->name || strcmp(p->name, q->name) == 0;
}

struct owners {
    struct process **list;
    size_t count, capacity;
};

static struct owners find_owners(const struct session *s)
{
    struct owners o = {0};

    for (size_t i = 0; i < s->process_count; i++) {
        if (!align_is_go(s, s->processes[i]))
            continue;
        o.list = mem_grow(o.list, &o.capacity, o.count + 1, sizeof *o.list);
        o.list[o.count++] = s->processes[i];
    }
    return o;
}

/* A process's own file (/proc/PID/status) says who it is, and not when. */
static bool could_be_another(const struct process *p, const struct process *q)
{
    return subject_of(q) == SUBJECT_PROCESS && q->pid >= 0 && is_only_by_file_time(q) &&
           !(p->name && q->name && strcmp(p->name, q->name) == 0);
}

static bool can_own(const struct process *p, const struct process *q)
{
    if (could_be_another(p, q))
        return false;
    return lived_together(p, q) || (is_only_by_file_time(q) && share_a_folder(p, q));
}

/* The Go process that q's figures can only be about, by its name if need be; NULL where
 * several could be. */
static struct process *only_owner(const struct owners *o, const struct process *q)
{
    struct process *found = NULL, *named = NULL;
    unsigned count = 0, named_count = 0;

    for (size_t i = 0; i < o->count; i++) {
        struct process *p = o->list[i];

        if (!can_own(p, q))
            continue;
        found = p;
        count++;
        if (p->name && q->name && strcmp(p->name, q->name) == 0) {
            named = p;
            named_count++;
        }
    }
    if (named_count)
        return named_count == 1 ? named : NULL;
    return count == 1 ? found : NULL;
}

static bool wants_owner(const struct session *s, const struct process *q)
{
    enum subject subject = subject_of(q);

    return subject != SUBJECT_HOST && subject != SUBJECT_NEIGHBOUR && !align_is_go(s, q);
}

/* Profiles, cgroups, the kernel's files: whose are they? */
static void give_to_owners(struct session *s)
{
    struct owners owners = find_owners(s);

    for (size_t i = 0; owners.count && i < s->process_count;) {
        struct process *q = s->processes[i];
        struct process *owner = wants_owner(s, q) ? only_owner(&owners, q) : NULL;

        if (owner)
            session_join(s, owner, q);
        else
            i++;
    }
    free(owners.list);
}

/* Each of its tables has one row: files that were saved once each. */
static bool is_snapshot(const struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        if (table_row_count(p->tracks[i]->table) > 1 && !align_is_ring(p->tracks[i]))
            return false;
    }
    return true;
}

/* Lone snapshots go to the only process whose counters passed theirs. */
static void join_snapshots(struct session *s)
{
    for (size_t i = 0; i < s->process_count;) {
        struct process *q = s->processes[i], *found = NULL;
        unsigned count = 0;

        for (size_t k = 0; is_snapshot(q) && k < s->process_count; k++) {
            struct process *p = s->processes[k];

            if (p == q || is_snapshot(p) || share_a_source(p, q) ||
                !align_is_moment_of(s, p, q))
                continue;
            found = p;
            count++;
        }
        if (count == 1)
            session_join(s, found, q);
        else
            i++;
    }
}

/* The first and the last value of a counter, and when. */
struct counter {
    bool has;
    double first, last;
    int64_t first_ns, last_ns;
};

static struct counter counter_of(const struct session *s, const struct process *p,
                                 uint32_t metric)
{
    struct counter c = {0};
    struct span_values span;
    struct series series;

    if (!session_series(s, p, metric, &series))
        return c;
    /* Of several lone rows session_series gives one: look at all of them. */
    for (size_t i = 0; i < p->track_count; i++) {
        series.track = p->tracks[i];
        if (!table_find_column(series.track->table, metric, &series.column))
            continue;
        span = series_span(&series, INT64_MIN, INT64_MAX);
        if (!span.has)
            continue;
        if (!c.has || span.first_ns < c.first_ns) {
            c.first = span.first;
            c.first_ns = span.first_ns;
        }
        if (!c.has || span.last_ns > c.last_ns) {
            c.last = span.last;
            c.last_ns = span.last_ns;
        }
        c.has = true;
    }
    return c;
}

static bool never_falls(const struct session *s, const struct process *p,
                        const struct process *q, uint32_t metric)
{
    struct counter a = counter_of(s, p, metric), b = counter_of(s, q, metric);

    if (!a.has || !b.has)
        return true;
    if (a.first_ns > b.last_ns)
        return a.first >= b.last;
    return b.first_ns < a.last_ns || b.first >= a.last;
}

/* Could the later one be the earlier one, some time after? Each collection ends but
 * once. */
static bool could_go_on(const struct session *s, const struct process *p,
                        const struct process *q)
{
    static const struct slice totals[] = {
        SLICE_INIT("LastGC"),
        SLICE_INIT("PauseTotalNs"),
        SLICE_INIT("profile.heap.alloc_space"),
        SLICE_INIT("profile.allocs.alloc_space"),
    };
    static const uint32_t metrics[] = {METRIC_ALLOC_TOTAL, METRIC_ALLOC_MALLOCS,
                                       METRIC_GC_CYCLES};
    uint32_t metric;

    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (!never_falls(s, p, q, metrics[i]))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(totals); i++) {
        if (metric_find(&s->metrics, totals[i], &metric) && !never_falls(s, p, q, metric))
            return false;
    }
    return true;
}

/* "heap-000.pb.gz" and "heap-017.pb.gz": all but the digits is the same. */
static bool are_named_alike(const char *a, const char *b)
{
    a += folder_len(a);
    b += folder_len(b);
    for (;;) {
        while (*a >= '0' && *a <= '9')
            a++;
        while (*b >= '0' && *b <= '9')
            b++;
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

/* The files of a cgroup's folder are named after what they hold. */
static bool are_files_alike(const struct process *p, const struct process *q)
{
    const struct source *a = p->tracks[0]->source, *b = q->tracks[0]->source;

    return subject_of(p) == SUBJECT_CGROUP ||
           (a->format == b->format && are_named_alike(a->path, b->path));
}

/* What is saved one by one into a folder is a process's days, not years. */
#define SAVED_APART_NS (INT64_C(30) * 86400 * NS_PER_S)

static bool are_near(const struct process *p, const struct process *q)
{
    int64_t from, to, other_from, other_to;

    return !life_of(p, &from, &to) || !life_of(q, &other_from, &other_to) ||
           (num_sat_sub_i64(from, other_to) <= SAVED_APART_NS &&
            num_sat_sub_i64(other_from, to) <= SAVED_APART_NS);
}

/* heap-000.pb.gz, heap-001.pb.gz …: one program's, saved one by one into a folder. */
static bool are_saved_together(const struct session *s, const struct process *p,
                               const struct process *q)
{
    return subject_of(p) == subject_of(q) && is_snapshot(q) && share_a_folder(p, q) &&
           !share_a_source(p, q) && names_fit(p, q) && (p->pid < 0 || q->pid < 0) &&
           are_files_alike(p, q) && are_near(p, q) && could_go_on(s, p, q);
}

void align_join(struct session *s)
{
    join_all(s, are_proven);
    align_words(s);
    if (align_is_strict(s))
        return;
    join_snapshots(s);
    give_to_owners(s);
    join_all(s, are_saved_together);
    give_to_owners(s);
}
