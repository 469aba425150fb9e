/* Which of a process's events a story is about. */
#include "model/detect/story_internal.h"

bool story_is_over(const struct event *e, int64_t at_ns)
{
    return e->has_end && e->end_ns <= at_ns;
}

/* Of two series that grow the one that says more of why. */
static int series_rank(const struct event *e)
{
    switch (e->has_series ? e->metric : METRIC_COUNT) {
    case METRIC_SCHED_GOROUTINES:
        return 4;
    case METRIC_MEM_OFFHEAP:
        return 3;
    case METRIC_HEAP_LIVE:
        return 2;
    case METRIC_MEM_RSS:
    case METRIC_MEM_CGROUP:
        return 0;
    default:
        return 1;
    }
}

#define SERIES_RANKS 5

static int growth_rank(const struct event *e)
{
    switch (e->kind) {
    case EVENT_PRE_OOM:
        return 3 * SERIES_RANKS + series_rank(e);
    case EVENT_LEAK:
        return 2 * SERIES_RANKS + series_rank(e);
    case EVENT_GOROUTINE_GROWTH:
    case EVENT_OFFHEAP_GROWTH:
        return SERIES_RANKS + series_rank(e);
    default:
        return 0;
    }
}

static int pressure_rank(const struct event *e)
{
    switch (e->kind) {
    case EVENT_GC_THRASH:
        return 3;
    case EVENT_GC_PRESSURE:
        return 2;
    case EVENT_ASSIST_SPIKE:
    case EVENT_PAUSE_OUTLIER:
    case EVENT_GOAL_FROZEN:
        return 1;
    default:
        return 0;
    }
}

static bool is_known(const struct event *e, const struct process *p, int64_t at_ns)
{
    return e->process == p && !e->echo_of && event_known_ns(e) <= at_ns &&
           e->severity >= SEVERITY_WARNING;
}

static const struct event *choose(const struct session *s, const struct process *p,
                                  int64_t at_ns, int (*rank_of)(const struct event *))
{
    const struct event *best = NULL;

    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);
        int rank = 0, more;

        if (!is_known(e, p, at_ns) || rank_of(e) == 0)
            continue;
        more = best ? story_is_over(best, at_ns) - story_is_over(e, at_ns) : 1;
        /* What goes on counts before what was worse and is over; of what is over the
         * latest. */
        if (best && !story_is_over(e, at_ns))
            rank = rank_of(e) - rank_of(best);
        if (more > 0 || (more == 0 && rank > 0) ||
            (more == 0 && rank == 0 && event_known_ns(e) >= event_known_ns(best)))
            best = e;
    }
    return best;
}

const struct event *story_growth(const struct session *s, const struct process *p,
                                 int64_t at_ns)
{
    return choose(s, p, at_ns, growth_rank);
}

bool story_first_onset(const struct session *s, const struct process *p, int64_t at_ns,
                       int64_t *onset_ns)
{
    bool has = false;

    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        if (!is_known(e, p, at_ns) || growth_rank(e) == 0 ||
            (has && e->time_ns > *onset_ns))
            continue;
        has = true;
        *onset_ns = e->time_ns;
    }
    return has;
}

const struct event *story_growth_of(const struct session *s, const struct process *p,
                                    uint32_t metric, int64_t at_ns)
{
    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        if (is_known(e, p, at_ns) && growth_rank(e) > 0 && e->has_series &&
            e->metric == metric && !story_is_over(e, at_ns))
            return e;
    }
    return NULL;
}

const struct event *story_pressure(const struct session *s, const struct process *p,
                                   int64_t at_ns)
{
    return choose(s, p, at_ns, pressure_rank);
}

size_t story_count(const struct session *s, const struct process *p, enum event_kind kind,
                   int64_t at_ns)
{
    size_t count = 0;

    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        count += e->kind == kind && is_known(e, p, at_ns);
    }
    return count;
}

const struct event *story_warning(const struct session *s, const struct process *p,
                                  int64_t before_ns)
{
    const struct event *first = NULL;

    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        if (e->kind == EVENT_PRE_OOM && is_known(e, p, before_ns) &&
            (!first || event_known_ns(e) < event_known_ns(first)))
            first = e;
    }
    return first;
}
