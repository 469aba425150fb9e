#include "model/detect/needs.h"

#include <math.h>

#include "model/base/compiler.h"

/* GOGC=100, which nearly every service runs with; where the live heap is told as well,
 * the goal says what it is. */
#define GOAL_PER_LIVE 2.0
#define GOAL_PER_LIVE_MIN 1.02
#define GOAL_PER_LIVE_MAX 11.0

/* Code, the runtime's tables and arenas of a small service that tells nothing of them. */
#define OVERHEAD_UNKNOWN (8.0 * 1048576)

/* In use over allocated; more is the moment after a collection, not fragmentation. */
#define PER_BYTE_MAX 1.15

/* The allocation rate is smoothed over about that long. */
#define RATE_S 5.0

/* The goal of any GOGC from 40 on is at least 1.4 times the live heap. A goal closer to
 * it, and close to the limit, is one that GOMEMLIMIT holds down. */
#define GOAL_HELD_DOWN 0.72
#define GOAL_NEAR_LIMIT 0.8
#define SAMPLES_HELD_DOWN 20

/* Not all that is allocated is resident: what is about to die may be a little beyond. */
#define BEYOND 1.06

/* Limits from here on are "none", as the kernel says it. */
#define NO_LIMIT 1e17

/* Cycles that are gone through one by one; beyond, they are short against the way. */
#define CYCLES_MAX 4096

void needs_init(struct needs *n, const struct session *s)
{
    *n = (struct needs){
        .live = NAN,
        .goal = NAN,
        .alloc = NAN,
        .peak = NAN,
        .inuse = NAN,
        .sys = NAN,
        .heap_sys = NAN,
        .released = NAN,
        .rss = NAN,
        .stacks = NAN,
        .globals = NAN,
        .alloc_rate = NAN,
        .given = NAN,
        .cgroup = NAN,
        .gomemlimit = NAN,
        .last_live = NAN,
    };
    if (s->is_limit_given)
        n->given = s->limit_bytes;
}

static double limit_or_none(double limit)
{
    return limit > 0 && limit < NO_LIMIT ? limit : NAN;
}

double needs_limit(const struct needs *n)
{
    return isnan(n->given) || n->is_given_soft ? n->cgroup : n->given;
}

const char *needs_limit_source(const struct needs *n)
{
    return isnan(n->given) || n->is_given_soft ? "cgroup" : "--limit";
}

/* Does the process live with the limit that was given? */
static void judge_given(struct needs *n)
{
    bool is_near = n->goal >= GOAL_NEAR_LIMIT * n->given;

    if (isnan(n->given) || n->is_given_soft)
        return;
    if (n->alloc >= GOAL_HELD_DOWN * n->goal && is_near)
        n->high_samples++;
    else
        n->high_samples = 0;
    n->is_given_soft = n->rss > n->given || n->alloc > BEYOND * n->given ||
                       n->peak > BEYOND * n->given ||
                       (n->goal < n->last_live / GOAL_HELD_DOWN && is_near) ||
                       n->high_samples >= SAMPLES_HELD_DOWN;
}

static void take_rate(struct needs *n, double rate, int64_t time_ns)
{
    double seconds = (double)(time_ns - n->rate_ns) / (double)NS_PER_S, weight;

    weight = seconds / (seconds + RATE_S);
    n->alloc_rate =
        isnan(n->alloc_rate) ? rate : n->alloc_rate + weight * (rate - n->alloc_rate);
    n->rate_ns = time_ns;
}

static bool take_figure(struct needs *n, uint32_t metric, double value)
{
    switch (metric) {
    case METRIC_HEAP_LIVE:
        n->live = value;
        return true;
    case METRIC_HEAP_GOAL:
        n->goal = value;
        return true;
    case METRIC_HEAP_ALLOC:
        n->alloc = value;
        return true;
    case METRIC_HEAP_END:
        n->peak = value;
        return true;
    case METRIC_HEAP_INUSE:
        n->inuse = value;
        return true;
    case METRIC_MEM_SYS:
        n->sys = value;
        return true;
    case METRIC_HEAP_SYS:
        n->heap_sys = value;
        return true;
    case METRIC_HEAP_RELEASED:
        n->released = value;
        return true;
    case METRIC_MEM_RSS:
        n->rss = value;
        return true;
    case METRIC_X_GCTRACE_STACKS:
        n->stacks = value;
        return true;
    case METRIC_X_GCTRACE_GLOBALS:
        n->globals = value;
        return true;
    default:
        return false;
    }
}

/* Which of live heap and goal a row tells; together they are a line of gctrace. */
static void take_cycle(struct needs *n, const struct feed_row *row)
{
    bool has_live = false, has_goal = false;

    for (size_t i = 0; i < row->count; i++) {
        has_live = has_live || row->values[i].metric == METRIC_HEAP_LIVE;
        has_goal = has_goal || row->values[i].metric == METRIC_HEAP_GOAL;
    }
    if (has_live)
        n->last_live = n->live;
    if (has_live || has_goal)
        n->is_goal_past = has_live && has_goal;
}

void needs_row(struct needs *n, const struct feed_row *row)
{
    take_cycle(n, row);
    for (size_t i = 0; i < row->count; i++) {
        const struct feed_value *v = &row->values[i];

        if (take_figure(n, v->metric, v->value))
            continue;
        if (v->metric == METRIC_ALLOC_RATE)
            take_rate(n, v->value, row->time_ns);
        else if (v->metric == METRIC_MEM_LIMIT)
            n->cgroup = limit_or_none(v->value);
        else if (v->metric == METRIC_MEM_GOMEMLIMIT)
            n->gomemlimit = limit_or_none(v->value);
    }
    judge_given(n);
}

static double or_zero(double value)
{
    return isnan(value) ? 0 : value;
}

double needs_overhead(const struct needs *n)
{
    double known = n->sys - n->heap_sys;

    if (isnan(known))
        return OVERHEAD_UNKNOWN + or_zero(n->stacks) + or_zero(n->globals);
    return known + fmax(0, or_zero(n->rss - (n->sys - n->released)));
}

double needs_per_byte(const struct needs *n)
{
    double ratio = n->inuse / n->alloc;

    return isnan(ratio) ? 1 : fmin(fmax(ratio, 1), PER_BYTE_MAX);
}

double needs_at_peak(const struct needs *n)
{
    return n->goal * needs_per_byte(n) + needs_overhead(n);
}

double needs_goal_per_live(const struct needs *n)
{
    double ratio = n->goal / (n->is_goal_past ? n->last_live : n->live);

    return ratio >= GOAL_PER_LIVE_MIN && ratio <= GOAL_PER_LIVE_MAX ? ratio
                                                                    : GOAL_PER_LIVE;
}

double needs_soft_limit(const struct needs *n)
{
    double given = n->is_given_soft ? n->given : INFINITY;

    return isnan(n->gomemlimit) ? given : fmin(given, n->gomemlimit);
}

/* The goal for that much of a live heap: held down by the soft limit, but not below what
 * lives. */
static double goal_for(const struct needs *n, double ratio, double live)
{
    return fmax(fmin(ratio * live, needs_soft_limit(n)), GOAL_PER_LIVE_MIN * live);
}

/* The limit in bytes of allocated heap. */
static double room_for_heap(const struct needs *n, double limit)
{
    return (limit - needs_overhead(n)) / needs_per_byte(n);
}

double needs_next_goal(const struct needs *n)
{
    return n->is_goal_past ? NAN : n->goal;
}

double needs_fill(const struct needs *n, double limit)
{
    double heap = isnan(n->alloc) ? n->live : n->alloc;

    return n->alloc_rate > 0 ? fmax(0, room_for_heap(n, limit) - heap) / n->alloc_rate
                             : INFINITY;
}

double needs_eta(const struct needs *n, double live, double slope, double limit)
{
    double room = room_for_heap(n, limit), ratio = needs_goal_per_live(n);
    double rate = fmax(n->alloc_rate, slope), t = 0, heap,
           goal = goal_for(n, ratio, live);

    /* Between collections the heap stands somewhere above the floor. */
    heap = isnan(n->alloc) ? live : fmin(fmax(n->alloc, live), goal);
    if (!isnan(n->goal) && n->goal > heap && n->goal < 1.5 * goal)
        goal = n->goal;
    if (slope <= 0)
        return goal >= room && rate > 0 ? fmax(0, room - heap) / rate : INFINITY;
    if (isnan(n->alloc_rate))
        return fmax(0, room / ratio - live) / slope;
    for (int i = 0; i < CYCLES_MAX; i++) {
        if (goal >= room)
            return t + fmax(0, room - heap) / rate;
        t += (goal - heap) / rate;
        heap = live + slope * t;
        goal = goal_for(n, ratio, heap);
    }
    return t + fmax(0, room / ratio - heap) / slope;
}
