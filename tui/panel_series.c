/* Which chart a finding belongs to, and which of a chart's series stands for it. */
#include <assert.h>

#include "tui/panels.h"

/* By the catalogue; PANEL_HEAP is 0 and stands for whatever is not named here. */
static const unsigned char panels[METRIC_COUNT] = {
    [METRIC_HEAP_OBJECTS] = PANEL_OBJECTS,
    [METRIC_ALLOC_TOTAL] = PANEL_ALLOC,
    [METRIC_ALLOC_RATE] = PANEL_ALLOC,
    [METRIC_ALLOC_MALLOCS] = PANEL_ALLOC,
    [METRIC_ALLOC_FREES] = PANEL_ALLOC,
    [METRIC_STACK_INUSE] = PANEL_RSS,
    [METRIC_STACK_SYS] = PANEL_RSS,
    [METRIC_MSPAN_INUSE] = PANEL_RSS,
    [METRIC_MCACHE_INUSE] = PANEL_RSS,
    [METRIC_BUCKHASH_SYS] = PANEL_RSS,
    [METRIC_GC_SYS] = PANEL_RSS,
    [METRIC_OTHER_SYS] = PANEL_RSS,
    [METRIC_MEM_SYS] = PANEL_RSS,
    [METRIC_MEM_RSS] = PANEL_RSS,
    [METRIC_MEM_CGROUP] = PANEL_RSS,
    [METRIC_MEM_LIMIT] = PANEL_RSS,
    [METRIC_MEM_OFFHEAP] = PANEL_RSS,
    [METRIC_GC_CYCLES] = PANEL_INTERVAL,
    [METRIC_GC_FORCED] = PANEL_INTERVAL,
    [METRIC_GC_INTERVAL] = PANEL_INTERVAL,
    [METRIC_GC_PAUSE] = PANEL_PAUSE,
    [METRIC_GC_STW_SWEEPTERM] = PANEL_PAUSE,
    [METRIC_GC_STW_MARKTERM] = PANEL_PAUSE,
    [METRIC_GC_MARK_WALL] = PANEL_PAUSE,
    [METRIC_GC_CPU_ASSIST] = PANEL_ASSIST,
    [METRIC_GC_ASSIST_SHARE] = PANEL_ASSIST,
    [METRIC_GC_CPU_DEDICATED] = PANEL_SHARE,
    [METRIC_GC_CPU_IDLE] = PANEL_SHARE,
    [METRIC_GC_CPU_STW] = PANEL_SHARE,
    [METRIC_GC_CPU_FRACTION] = PANEL_SHARE,
    [METRIC_SCHED_GOROUTINES] = PANEL_GOROUTINES,
    [METRIC_SCHED_THREADS] = PANEL_GOROUTINES,
    [METRIC_PSI_SOME] = PANEL_RSS,
    [METRIC_PSI_FULL] = PANEL_RSS,
    [METRIC_X_GCTRACE_STACKS] = PANEL_RSS,
    [METRIC_X_GCTRACE_CPU_PERCENT] = PANEL_SHARE,
};

enum panel_id panel_of_metric(uint32_t metric)
{
    return metric < METRIC_COUNT ? (enum panel_id)panels[metric] : PANEL_HEAP;
}

enum panel_id panel_of_event(const struct event *e)
{
    if (e->has_series)
        return panel_of_metric(e->metric);
    switch (e->kind) {
    case EVENT_GC_PRESSURE:
    case EVENT_GC_THRASH:
        return PANEL_SHARE;
    case EVENT_PAUSE_OUTLIER:
        return PANEL_PAUSE;
    case EVENT_ASSIST_SPIKE:
        return PANEL_ASSIST;
    case EVENT_FORCED_GC:
        return PANEL_INTERVAL;
    case EVENT_GOROUTINE_GROWTH:
        return PANEL_GOROUTINES;
    case EVENT_OFFHEAP_GROWTH:
    case EVENT_FRAGMENTATION:
        return PANEL_RSS;
    default:
        return PANEL_HEAP;
    }
}

bool panel_main_series(enum panel_id id, const struct session *s, const struct process *p,
                       struct series *out)
{
    /* The floor tells what a heap does; the sawtooth above it is the collector's. */
    static const uint32_t mains[PANEL_COUNT][3] = {
        [PANEL_HEAP] = {METRIC_HEAP_LIVE, METRIC_HEAP_ALLOC, METRIC_HEAP_INUSE},
        [PANEL_ASSIST] = {METRIC_GC_CPU_ASSIST, METRIC_COUNT},
        [PANEL_PAUSE] = {METRIC_GC_PAUSE, METRIC_COUNT},
        [PANEL_SHARE] = {METRIC_GC_CPU_FRACTION, METRIC_COUNT},
        [PANEL_ALLOC] = {METRIC_ALLOC_RATE, METRIC_COUNT},
        [PANEL_RSS] = {METRIC_MEM_RSS, METRIC_MEM_CGROUP, METRIC_COUNT},
        [PANEL_OBJECTS] = {METRIC_HEAP_OBJECTS, METRIC_COUNT},
        [PANEL_GOROUTINES] = {METRIC_SCHED_GOROUTINES, METRIC_COUNT},
        [PANEL_INTERVAL] = {METRIC_GC_INTERVAL, METRIC_COUNT},
    };

    for (size_t i = 0; i < 3 && mains[id][i] != METRIC_COUNT; i++)
        if (session_series(s, p, mains[id][i], out))
            return true;
    return false;
}
