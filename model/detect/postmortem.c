#include "model/detect/postmortem.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/base/num.h"
#include "model/detect/evidence.h"
#include "model/detect/line.h"
#include "model/detect/postmortem_internal.h"
#include "model/detect/story_internal.h"

/* "The last minutes": longer only tells how it was while all was well. */
#define WINDOW_NS (INT64_C(300) * NS_PER_S)

/* So few values have no slope worth telling. */
#define SLOPE_POINTS_MIN 4

/* The one with the most to tell: of a kernel's table of tasks and a container's status
 * the former. */
static const struct event *find_death(const struct session *s, const struct process *p)
{
    const struct event *death = NULL;

    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = s->events[i];

        if (e->process != p || e->echo_of || !verdict_is_starved(e))
            continue;
        if (!death || e->evidence_count > death->evidence_count)
            death = e;
    }
    return death;
}

double postmortem_last(const struct session *s, const struct postmortem *m,
                       uint32_t metric)
{
    struct series series;
    int64_t value_ns;
    double value;

    if (!session_series(s, m->process, metric, &series) ||
        !series_value_at(&series, m->end_ns, &value, &value_ns))
        return NAN;
    return value;
}

static void set_window(const struct session *s, struct postmortem *m)
{
    const struct event *growth;
    int64_t from_ns, to_ns, life_ns;

    if (!process_span(m->process, &from_ns, &to_ns))
        from_ns = to_ns = m->end_ns;
    m->end_ns = m->death->has_time ? m->death->time_ns : to_ns;
    growth = story_growth(s, m->process, m->end_ns);
    life_ns = num_sat_sub_i64(m->end_ns, from_ns);
    m->from_ns =
        num_sat_sub_i64(m->end_ns, life_ns / 2 < WINDOW_NS ? life_ns / 2 : WINDOW_NS);
    if (!growth)
        return;
    /* All of the growth, where that is not longer than the last minutes. */
    m->from_ns = num_sat_sub_i64(m->end_ns, WINDOW_NS);
    if (growth->time_ns > m->from_ns)
        m->from_ns = growth->time_ns;
}

static bool find_trend(const struct session *s, const struct postmortem *m,
                       uint32_t metric, struct postmortem_trend *out)
{
    struct series series;
    struct line line = {0}; /* times count from the window's end */
    size_t row, rows;
    int64_t origin_ns;

    if (!session_series(s, m->process, metric, &series))
        return false;
    origin_ns = series.track->origin_ns;
    row = table_lower_bound(series.track->table, num_sat_sub_i64(m->from_ns, origin_ns));
    rows = table_row_count(series.track->table);
    *out = (struct postmortem_trend){.metric = metric};
    for (; row < rows; row++) {
        int64_t at_ns =
            num_sat_add_i64(table_row_time(series.track->table, row), origin_ns);
        double value;

        if (at_ns > m->end_ns)
            break;
        if (!table_cell(series.track->table, series.column, row, &value))
            continue;
        if (line.n == 0)
            out->first = value;
        out->last = value;
        line_add(&line, (double)num_sat_sub_i64(at_ns, m->end_ns) / (double)NS_PER_S,
                 value);
    }
    out->slope_per_s = line_slope(&line, SLOPE_POINTS_MIN);
    return line.n > 0;
}

static void find_trends(const struct session *s, struct postmortem *m)
{
    static const uint32_t metrics[] = {
        METRIC_HEAP_LIVE,       METRIC_HEAP_INUSE,       METRIC_HEAP_GOAL,
        METRIC_MEM_RSS,         METRIC_MEM_CGROUP,       METRIC_MEM_OFFHEAP,
        METRIC_STACK_INUSE,     METRIC_SCHED_GOROUTINES, METRIC_ALLOC_RATE,
        METRIC_GC_CPU_FRACTION,
    };

    static_assert(COUNT_OF(metrics) == POSTMORTEM_TRENDS, "room for all");
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (find_trend(s, m, metrics[i], &m->trends[m->trend_count]))
            m->trend_count++;
    }
}

const struct postmortem_trend *postmortem_trend_of(const struct postmortem *m,
                                                   uint32_t metric)
{
    for (size_t i = 0; i < m->trend_count; i++) {
        if (m->trends[i].metric == metric)
            return &m->trends[i];
    }
    return NULL;
}

static void find_limit(const struct session *s, struct postmortem *m)
{
    const char *constraint = evidence_text(m->death, "constraint");

    m->is_host_wide = constraint && (strcmp(constraint, "CONSTRAINT_NONE") == 0 ||
                                     strcmp(constraint, "CONSTRAINT_CPUSET") == 0 ||
                                     strcmp(constraint, "CONSTRAINT_MEMORY_POLICY") == 0);
    m->limit_bytes = m->death->limit_bytes;
    if (isnan(m->limit_bytes) && !m->is_host_wide)
        m->limit_bytes = postmortem_last(s, m, METRIC_MEM_LIMIT);
    if (isnan(m->limit_bytes) && !m->is_host_wide)
        m->limit_bytes = s->limit_bytes;
}

bool postmortem_find(const struct session *s, const struct process *p,
                     struct postmortem *out)
{
    const struct event *death = find_death(s, p);

    if (!death)
        return false;
    *out = (struct postmortem){.process = p, .death = death};
    set_window(s, out);
    find_limit(s, out);
    find_trends(s, out);
    postmortem_take_apart(s, out);
    out->blame = blame_find(s, p, PROFILE_HEAP, out->from_ns, out->end_ns);
    out->warning = story_warning(s, p, out->end_ns);
    out->cause = postmortem_judge(s, out);
    return true;
}
