/*
 * Processes of different sources that are one.
 *
 * What proves it, strongest first: the same LastGC, to the nanosecond; counters that
 * only grow (TotalAlloc, Mallocs), each value of one source lying between the values
 * that the other has before and after; the same pid at the same time. What has no such
 * figure (a profile, a cgroup, a kernel's view) goes to the only Go process that lived
 * at its time, and stays by itself where there are several.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/align_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"

/* Of the compared values, at least so many in a hundred lie between the other's. */
#define BETWEEN_PERCENT 90
/* Time stamps cut down to milliseconds, and snapshots that take a moment. */
#define BETWEEN_SLACK_NS (INT64_C(5) * NS_PER_MS)
/* While sources are still being read. */
#define BETWEEN_SURE ((size_t)5)
/* LastGC as Prometheus gives it, in seconds as a double. */
#define SAME_GC_NS 1000.0
/* A profile is taken while the process runs; files and clocks are a little off. */
#define LIFE_SLACK_NS (INT64_C(2) * NS_PER_S)

struct agreement {
    size_t pairs, between;
    size_t metrics; /* counters that both have, at a common time */
};

bool align_is_ring(const struct track *t)
{
    return table_column_count(t->table) == 1 &&
           table_column_metric(t->table, 0) == METRIC_GC_PAUSE;
}

static bool is_wall(const struct track *t)
{
    return t->clock == CLOCK_WALL;
}

static bool wall_series(const struct session *s, const struct process *p, uint32_t metric,
                        struct series *out)
{
    return session_series(s, p, metric, out) && is_wall(out->track) &&
           out->track->subject == SUBJECT_PROCESS;
}

/* Does a's counter at `time_ns` have to be about `value`? Unknown outside its span. */
static bool lies_between(const struct series *a, int64_t time_ns, double value,
                         struct agreement *agreement)
{
    const struct table *t = a->track->table;
    size_t low = table_lower_bound(t, num_sat_sub_i64(time_ns, BETWEEN_SLACK_NS));
    size_t high = table_lower_bound(t, num_sat_add_i64(time_ns, BETWEEN_SLACK_NS));
    double before, after;
    size_t row;

    if (!table_cell_before(t, a->column, low, &row, &before) ||
        !table_cell_from(t, a->column, high, &row, &after))
        return false;
    agreement->pairs++;
    agreement->between += value >= before && value <= after;
    return true;
}

/* Each value of b against a. */
static void compare_counter(const struct series *a, const struct series *b,
                            struct agreement *agreement)
{
    const struct table *t = b->track->table;
    size_t rows = table_row_count(t), step = rows / ALIGN_SAMPLES + 1;
    bool any = false;

    for (size_t row = 0; row < rows; row += step) {
        double value;

        if (table_cell(t, b->column, row, &value))
            any |= lies_between(a, table_row_time(t, row), value, agreement);
    }
    agreement->metrics += any;
}

static bool counters_agree(const struct session *s, const struct process *p,
                           const struct process *q)
{
    static const uint32_t metrics[] = {METRIC_ALLOC_TOTAL, METRIC_ALLOC_MALLOCS};
    struct agreement a = {0};

    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        struct series x, y;

        if (!wall_series(s, p, metrics[i], &x) || !wall_series(s, q, metrics[i], &y) ||
            x.track->source == y.track->source)
            continue;
        compare_counter(&x, &y, &a);
        compare_counter(&y, &x, &a);
    }
    if (s->is_loading && a.pairs < BETWEEN_SURE)
        return false;
    return a.pairs >= 2 && a.metrics >= 2 && a.between * 100 >= a.pairs * BETWEEN_PERCENT;
}

/* The first row of a series that only grows at or above a value. */
static size_t first_not_below(const struct series *a, double value)
{
    const struct table *t = a->track->table;
    size_t low = 0, high = table_row_count(t);

    while (low < high) {
        size_t mid = low + (high - low) / 2, row;
        double at;

        if (table_cell_before(t, a->column, mid + 1, &row, &at) && at >= value)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* The row whose LastGC is `value`, or just below; LastGC grows with the rows. */
static bool has_last_gc(const struct series *series, double value)
{
    const struct table *t = series->track->table;
    size_t low = first_not_below(series, value - SAME_GC_NS);

    for (size_t row = low; row < table_row_count(t) && row < low + 2; row++) {
        double at;

        if (table_cell(t, series->column, row, &at) && fabs(at - value) <= SAME_GC_NS)
            return true;
    }
    return false;
}

static bool shares_last_gc(const struct session *s, const struct process *p,
                           const struct process *q)
{
    struct series a, b;
    uint32_t metric;
    size_t rows, step;

    if (!metric_find(&s->metrics, SLICE("LastGC"), &metric) ||
        !session_series(s, p, metric, &a) || !session_series(s, q, metric, &b) ||
        a.track->source == b.track->source)
        return false;
    rows = table_row_count(b.track->table);
    step = rows / ALIGN_SAMPLES + 1;
    for (size_t row = 0; row < rows; row += step) {
        double value;

        if (table_cell(b.track->table, b.column, row, &value) && value > 0 &&
            has_last_gc(&a, value))
            return true;
    }
    return false;
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
static bool is_go(const struct session *s, const struct process *p)
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
    return subject_of(p) == subject_of(q) && !share_a_source(p, q) &&
           (shares_last_gc(s, p, q) || have_same_pid(p, q) || counters_agree(s, p, q));
}

static void join_all(struct session *s, same_process *same)
{
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

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
        if (!is_go(s, s->processes[i]))
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

    return subject != SUBJECT_HOST && subject != SUBJECT_NEIGHBOUR && !is_go(s, q);
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

/* Go collects at least this often, so a snapshot is no older than its LastGC and this. */
#define SNAPSHOT_LATE_NS (INT64_C(120) * NS_PER_S)

/*
 * A snapshot that knows its last collection but not its own moment: between which rows of
 * the other do its counters lie? Both have to lie in the same place, soon after.
 */
static bool is_moment_of(const struct session *s, const struct process *p,
                         const struct process *q)
{
    struct series total, mallocs, one_total, one_mallocs;
    double value, count, before, after;
    int64_t at_ns, found_ns;
    size_t row, low, high;

    if (!wall_series(s, p, METRIC_ALLOC_TOTAL, &total) ||
        !wall_series(s, p, METRIC_ALLOC_MALLOCS, &mallocs) ||
        !wall_series(s, q, METRIC_ALLOC_TOTAL, &one_total) ||
        !wall_series(s, q, METRIC_ALLOC_MALLOCS, &one_mallocs) ||
        total.track != mallocs.track ||
        !series_value_at(&one_total, INT64_MAX, &value, &at_ns) ||
        !series_value_at(&one_mallocs, INT64_MAX, &count, &at_ns))
        return false;
    row = first_not_below(&total, value);
    if (row == 0 ||
        !table_cell_before(mallocs.track->table, mallocs.column, row, &low, &before) ||
        !table_cell_from(mallocs.track->table, mallocs.column, row, &high, &after))
        return false;
    found_ns = table_row_time(total.track->table, high);
    return count >= before && count <= after &&
           found_ns >= num_sat_sub_i64(at_ns, BETWEEN_SLACK_NS) &&
           num_sat_sub_i64(found_ns, at_ns) <= SNAPSHOT_LATE_NS;
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
                !is_moment_of(s, p, q))
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
    if (s->is_loading)
        return;
    join_snapshots(s);
    give_to_owners(s);
    join_all(s, are_saved_together);
    give_to_owners(s);
}
