/* What the memory went to when it ended, and what follows from it. */
#include <math.h>

#include "model/base/num.h"
#include "model/detect/evidence.h"
#include "model/detect/postmortem_internal.h"

static double known_or(double value, double otherwise)
{
    return isnan(value) ? otherwise : value;
}

static double positive(double value)
{
    return value > 0 ? value : 0;
}

static double evidence_or_nan(const struct event *e, const char *name)
{
    double value;

    return evidence_number(e, name, &value) ? value : NAN;
}

/* Only some of them may be known: NaN where none is. */
static double sum_of_last(const struct session *s, const struct postmortem *m,
                          const uint32_t *metrics, size_t count)
{
    double sum = NAN;

    for (size_t i = 0; i < count; i++) {
        double value = postmortem_last(s, m, metrics[i]);

        if (!isnan(value))
            sum = known_or(sum, 0) + value;
    }
    return sum;
}

static double take_heap(const struct session *s, const struct postmortem *m)
{
    static const uint32_t metrics[] = {METRIC_HEAP_INUSE, METRIC_HEAP_ALLOC,
                                       METRIC_HEAP_GOAL, METRIC_HEAP_END};

    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        double value = postmortem_last(s, m, metrics[i]);

        if (!isnan(value))
            return value;
    }
    return NAN;
}

/* A fifth of the window holds a few cycles as a rule: the least that was allocated then
 * lay near the bottom of the sawtooth. */
#define FLOOR_SHARE 5

static double estimate_live(const struct session *s, const struct postmortem *m)
{
    int64_t span_ns = num_sat_sub_i64(m->end_ns, m->from_ns);
    struct series series;
    struct span_values v;

    if (!session_series(s, m->process, METRIC_HEAP_ALLOC, &series))
        return NAN;
    v = series_span(&series, num_sat_sub_i64(m->end_ns, span_ns / FLOOR_SHARE),
                    num_sat_add_i64(m->end_ns, 1));
    return v.has ? v.min : NAN;
}

static void take_go(const struct session *s, struct postmortem *m)
{
    static const uint32_t structures[] = {METRIC_MSPAN_INUSE, METRIC_MCACHE_INUSE,
                                          METRIC_BUCKHASH_SYS, METRIC_GC_SYS,
                                          METRIC_OTHER_SYS};
    double heap = take_heap(s, m), live = postmortem_last(s, m, METRIC_HEAP_LIVE);
    double idle = postmortem_last(s, m, METRIC_HEAP_IDLE);
    double released = postmortem_last(s, m, METRIC_HEAP_RELEASED);

    m->is_live_estimated = isnan(live);
    if (m->is_live_estimated)
        live = estimate_live(s, m);
    m->parts[PART_LIVE] = live;
    m->parts[PART_GARBAGE] = isnan(live) ? heap : positive(heap - live);
    m->parts[PART_FREE] = positive(idle - released);
    if (isnan(idle) || isnan(released))
        m->parts[PART_FREE] = NAN;
    m->parts[PART_STACKS] = postmortem_last(s, m, METRIC_STACK_INUSE);
    if (isnan(m->parts[PART_STACKS]))
        m->parts[PART_STACKS] = postmortem_last(s, m, METRIC_X_GCTRACE_STACKS);
    m->parts[PART_RUNTIME] = sum_of_last(s, m, structures, COUNT_OF(structures));
}

static double sum_of(const struct postmortem *m, enum postmortem_part from,
                     enum postmortem_part to)
{
    double sum = 0;

    for (enum postmortem_part i = from; i <= to; i++)
        sum += known_or(m->parts[i], 0);
    return sum;
}

/* Heap that Go counts need not be resident yet: the last part to be touched gives. */
static void fit_into(struct postmortem *m, double rss)
{
    static const enum postmortem_part giving[] = {PART_FREE, PART_GARBAGE};
    double over = sum_of(m, PART_LIVE, PART_RUNTIME) - rss;

    for (size_t i = 0; i < COUNT_OF(giving) && over > 0; i++) {
        double *part = &m->parts[giving[i]];
        double given = known_or(*part, 0) < over ? known_or(*part, 0) : over;

        if (given > 0) {
            *part -= given;
            over -= given;
        }
    }
}

/* When the series last had a value; false where it never had one. */
static bool last_moment(const struct session *s, const struct postmortem *m,
                        uint32_t metric, int64_t *at_ns)
{
    struct series series;
    double value;

    return session_series(s, m->process, metric, &series) &&
           series_value_at(&series, m->end_ns, &value, at_ns);
}

/*
 * Where only a log of collections tells of the heap, what was allocated between the last
 * one and the last look at resident memory is in no record: an estimate, and never more
 * than there is to explain.
 */
static double allocated_since(const struct session *s, const struct postmortem *m,
                              double most)
{
    double rate = postmortem_last(s, m, METRIC_ALLOC_RATE), bytes;
    int64_t heap_ns, seen_ns;

    if (!isnan(postmortem_last(s, m, METRIC_HEAP_INUSE)) ||
        !isnan(postmortem_last(s, m, METRIC_HEAP_ALLOC)) || !(rate > 0) ||
        !last_moment(s, m, METRIC_HEAP_LIVE, &heap_ns) ||
        !last_moment(s, m, METRIC_MEM_RSS, &seen_ns) || seen_ns <= heap_ns)
        return NAN;
    bytes = rate * (double)num_sat_sub_i64(seen_ns, heap_ns) / (double)NS_PER_S;
    return bytes < most ? bytes : most;
}

static void take_resident(const struct session *s, struct postmortem *m)
{
    double seen = postmortem_last(s, m, METRIC_MEM_RSS), go;

    m->rss_bytes = known_or(m->death->rss_bytes, seen);
    /* Go's own last words: what it had from the system. */
    if (isnan(m->rss_bytes) && isnan(seen))
        m->rss_bytes = evidence_or_nan(m->death, "in_use_bytes");
    if (isnan(m->rss_bytes))
        return;
    fit_into(m, known_or(seen, m->rss_bytes));
    go = sum_of(m, PART_LIVE, PART_RUNTIME);
    if (!isnan(seen)) {
        m->parts[PART_SINCE] = allocated_since(s, m, positive(seen - go));
        m->parts[PART_OFFHEAP] = positive(seen - go - known_or(m->parts[PART_SINCE], 0));
        m->parts[PART_UNSEEN] = positive(m->rss_bytes - seen);
    } else {
        m->parts[PART_UNSEEN] = positive(m->rss_bytes - go);
    }
}

/* The kernel's table of tasks, the victim's own row left out. */
static void take_neighbours(struct postmortem *m)
{
    const struct event *e = m->death;
    double sum = 0;

    if (e->task_count == 0)
        return;
    for (size_t i = 0; i < e->task_count; i++) {
        const struct event_task *task = &e->tasks[i];

        if (task->pid == e->pid || !(task->rss_bytes > 0))
            continue;
        sum += task->rss_bytes;
        if (!m->neighbour || task->rss_bytes > m->neighbour->rss_bytes)
            m->neighbour = task;
    }
    m->parts[PART_NEIGHBOURS] = sum;
}

static void take_cgroup(const struct session *s, struct postmortem *m)
{
    const struct event *e = m->death;

    m->cgroup_bytes = evidence_or_nan(e, "usage_bytes");
    if (isnan(m->cgroup_bytes) && !m->is_host_wide)
        m->cgroup_bytes = postmortem_last(s, m, METRIC_MEM_CGROUP);
    m->parts[PART_PAGE_CACHE] = evidence_or_nan(e, "memcg_file_bytes");
    m->parts[PART_KERNEL] = evidence_or_nan(e, "memcg_kernel_bytes");
    if (m->is_host_wide) {
        m->total_bytes = evidence_or_nan(e, "host_ram_bytes");
        m->parts[PART_PAGE_CACHE] = evidence_or_nan(e, "host_active_file_bytes") +
                                    evidence_or_nan(e, "host_inactive_file_bytes");
        m->parts[PART_KERNEL] = evidence_or_nan(e, "host_slab_unreclaimable_bytes");
        return;
    }
    m->total_bytes = known_or(m->cgroup_bytes, m->rss_bytes);
    /* Memory that is shared counts in resident memory, and once in the cgroup. */
    if (m->rss_bytes > m->total_bytes)
        m->total_bytes = m->rss_bytes;
}

void postmortem_take_apart(const struct session *s, struct postmortem *m)
{
    for (size_t i = 0; i < PART_KINDS; i++)
        m->parts[i] = NAN;
    take_go(s, m);
    take_resident(s, m);
    take_neighbours(m);
    take_cgroup(s, m);
    if (isnan(m->total_bytes))
        m->total_bytes = sum_of(m, PART_LIVE, PART_KERNEL);
    if (m->total_bytes <= 0)
        m->total_bytes = NAN;
}

/* Who grew by so much of the whole in the last minutes grew for good. */
#define GROWTH_SHARE 0.1

static bool has_grown(const struct postmortem *m, uint32_t metric)
{
    const struct postmortem_trend *trend = postmortem_trend_of(m, metric);
    double window_s = (double)num_sat_sub_i64(m->end_ns, m->from_ns) / (double)NS_PER_S;

    return trend && trend->slope_per_s * window_s > GROWTH_SHARE * m->total_bytes;
}

/* Of the heap: is it what lives, or what the collector let pile up on it? */
static enum postmortem_cause judge_heap(const struct session *s,
                                        const struct postmortem *m)
{
    double live = known_or(m->parts[PART_LIVE], 0);
    double rest = known_or(m->parts[PART_GARBAGE], 0) + known_or(m->parts[PART_FREE], 0);
    bool is_told = m->warning && m->warning->metric == METRIC_HEAP_LIVE;

    (void)s;
    if (is_told || has_grown(m, METRIC_HEAP_LIVE) || live >= rest)
        return CAUSE_LIVE_HEAP;
    return CAUSE_GARBAGE;
}

enum postmortem_cause postmortem_judge(const struct session *s,
                                       const struct postmortem *m)
{
    const struct {
        enum postmortem_cause cause;
        double bytes;
    } groups[] = {
        {CAUSE_LIVE_HEAP, sum_of(m, PART_LIVE, PART_FREE)},
        {CAUSE_STACKS, known_or(m->parts[PART_STACKS], 0)},
        {CAUSE_OFFHEAP, known_or(m->parts[PART_OFFHEAP], 0)},
        {CAUSE_PAGE_CACHE, known_or(m->parts[PART_PAGE_CACHE], 0)},
        {CAUSE_KERNEL, known_or(m->parts[PART_KERNEL], 0)},
        {CAUSE_NEIGHBOUR, known_or(m->parts[PART_NEIGHBOURS], 0)},
    };
    size_t most = 0;

    for (size_t i = 1; i < COUNT_OF(groups); i++) {
        if (groups[i].bytes > groups[most].bytes)
            most = i;
    }
    /* Nothing that is known explains even a quarter: it would be a guess. */
    if (!(groups[most].bytes >= m->total_bytes / 4))
        return CAUSE_UNKNOWN;
    return most == 0 ? judge_heap(s, m) : groups[most].cause;
}
