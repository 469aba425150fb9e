#include "model/detect/growth.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/growth_internal.h"

/* What a service does in its first seconds is starting. */
#define EVIDENCE_LEAST_S 3.0
#define EVIDENCE_FROM_START_S 4.5
#define EVIDENCE_BLOCKS 6

/* A leak that no limit makes urgent can wait until it has lasted. */
#define LEAK_EVIDENCE_S 6.0
/* … and where nothing was seen before it, it may be a cache that fills. */
#define LEAK_FROM_START_S 32.0
#define LEAK_BLOCKS 12
#define LEAK_Z 6.0

#define GROWTH_Z 5.0
/* The second look comes when that much more was seen. */
#define SECOND_LOOK 0.1
#define STEP_GAIN 1.25
#define STEP_RHO 0.5
/* Of what it is now; less is noise to whoever has to act. */
#define GROWN_SHARE 0.05
/* A leak that no limit makes urgent can wait, the less it has grown the longer: it has to
 * be 1 + LEAK_GROWN * sqrt(LEAK_GROWN_S / seconds) times what it was. Sixfold after half
 * a minute, twofold after a quarter of an hour: the flanks of waves, which are straight
 * as well, are less steep. Where what came before was flat, and no trough, a fifth will
 * do. */
#define LEAK_GROWN 5.0
#define LEAK_GROWN_FLAT 1.0
#define LEAK_GROWN_S 30.0
#define FLAT_SHARE 0.15

#define BASELINE_SHARE (1.0 / 3)

/* Where a ramp bends, half a standard error is granted it: more, and every warm-up would
 * be a leak for as long as it is young. */
#define BENEFIT 0.5

/* The second half is slower than the first. */
#define LEVELLING_Z 1.0

/* A leak's line explains that much of it; a staircase of deploys looks like one from
 * afar. */
#define LEAK_R2 0.9

/* A baseline that long makes a growth more than a service that starts. */
#define BASELINE_KNOWN 1.5
/* … and one that short is none. */
#define BASELINE_NONE 0.1

/* The share of the past that may have been as high, a burst or two, and by how much of
 * the past's range the new height has to be above it. */
#define BEFORE_SHARE 0.02
#define BEFORE_MARGIN 0.1

/* A straight line is not much worse than a cubic. */
#define STRAIGHT 2.0
/* Slopes of the two halves. */
#define HALVES_LEAST 0.5
#define STEADY_LEAST 0.6
#define STEADY_MOST 1.7
/* Faster and faster, beyond chance: the flank of a wave, or nobody knows what. */
#define SPEEDING 1.2
#define SPEEDING_Z 3.0

/* A floor that is mostly this ramp foretells better than what is used. */
#define FLOOR_R2 0.7

/* What a forecast is wrong by though the fit is good: overheads, load, the cycle in which
 * it happens. */
#define ETA_MODEL 0.2

/* Once there are so many bins, only every fourth is worth a look: what began in the last
 * few of a thousand is no leak yet. */
#define LOOK_BINS 1024
#define LOOK_LEVEL 2

/* A goal so far beyond the limit is no matter of what exactly the overheads are. */
#define GOAL_BEYOND 1.1
#define FILL_EVERY_S 1.0

/* A new height is more than noise on a level that is kept. */
#define NEW_HEIGHT 0.02

/* An 80 % interval of a normal distribution. */
#define Z80 1.2816

/* A forecast is made anew when the evidence has grown by that share. */
#define FORECAST_SHARE (1.0 / 48)

static const struct role_info roles[GROWTH_ROLES] = {
    [ROLE_LIVE] = {.is_floor = true, .leaks = true, .least = 1048576},
    [ROLE_GOAL] = {.is_floor = true, .leaks = true, .least = 2097152},
    [ROLE_FLOOR] = {.is_floor = true, .leaks = true, .least = 2097152},
    [ROLE_USAGE] = {.is_usage = true, .leaks = false, .least = 4194304},
    [ROLE_GOROUTINES] = {.leaks = true, .least = 100},
    [ROLE_STACKS] = {.leaks = true, .least = 16777216},
    [ROLE_OFFHEAP] = {.leaks = true, .least = 33554432},
};

struct growth *growth_create(struct session *s, struct process *p)
{
    struct growth *g = mem_alloc(sizeof *g);

    g->session = s;
    g->process = p;
    needs_init(&g->needs, s);
    for (unsigned i = 0; i < GROWTH_ROLES; i++)
        g->followed[i].role = i;
    return g;
}

void growth_destroy(struct growth *g)
{
    if (!g)
        return;
    for (unsigned i = 0; i < GROWTH_ROLES; i++)
        trail_finish(&g->followed[i].trail);
    free(g->blocks);
    free(g);
}

/* Has the series been there before the onset, for more than a moment? A wave's next crest
 * may be a little higher than its last. */
static bool was_before(const struct growth *g, size_t count, const struct ramp *r)
{
    double least = INFINITY, most = -INFINITY, high = 0, all = 0, height;
    size_t n = 0;

    for (; n < count && g->blocks[n].to < r->onset; n++) {
        least = fmin(least, g->blocks[n].y);
        most = fmax(most, g->blocks[n].y);
    }
    height = r->recent_min - (n ? BEFORE_MARGIN * (most - least) : 0);
    for (size_t i = 0; i < n; i++) {
        all += g->blocks[i].count;
        high += g->blocks[i].max >= height ? g->blocks[i].count : 0;
    }
    return high > BEFORE_SHARE * all;
}

/* Where a growth ends whose second half brought less than its first: each further half as
 * much less again. INFINITY where it does not slow down. */
static double asymptote(const struct ramp *r)
{
    double half = (r->end - r->onset) / 2, ratio;

    ratio = (r->late + BENEFIT * r->halves_se) / r->early;
    if (!(ratio < 1))
        return INFINITY;
    return r->now + fmax(0, r->late) * half * ratio / (1 - ratio);
}

/* Was nothing flat seen before it? */
static bool is_from_start(const struct ramp *r)
{
    return r->before < BASELINE_SHARE * (r->end - r->onset);
}

/* A step explains it as well, and what the ramp leaves is no noise. */
static bool is_step(const struct ramp *r)
{
    return r->step_gain <= 1 || (r->step_gain <= STEP_GAIN && r->rho >= STEP_RHO);
}

static bool is_growth(const struct followed *f, const struct ramp *r)
{
    double seen = r->end - r->onset, grown = r->slope * seen;

    return seen >= (is_from_start(r) ? EVIDENCE_FROM_START_S : EVIDENCE_LEAST_S) &&
           r->blocks >= EVIDENCE_BLOCKS && r->z >= GROWTH_Z && !is_step(r) &&
           r->early > 0 && r->late >= HALVES_LEAST * r->early &&
           grown >= GROWN_SHARE * r->now && grown >= roles[f->role].least;
}

static bool is_flat_before(const struct ramp *r)
{
    return r->flat_range <= FLAT_SHARE * r->slope * (r->end - r->onset);
}

static bool is_speeding(const struct ramp *r)
{
    return r->late > SPEEDING * r->early &&
           r->late - r->early > SPEEDING_Z * r->halves_se;
}

static bool is_leak(const struct followed *f, const struct ramp *r)
{
    double seen = r->end - r->onset;
    bool from_start = is_from_start(r);
    bool is_flat = !from_start && is_flat_before(r);
    double times =
        1 + (is_flat ? LEAK_GROWN_FLAT : LEAK_GROWN) * sqrt(LEAK_GROWN_S / seen);

    return roles[f->role].leaks && r->blocks >= LEAK_BLOCKS && r->z >= LEAK_Z &&
           r->r2 >= LEAK_R2 &&
           seen >= (from_start ? LEAK_FROM_START_S : LEAK_EVIDENCE_S) &&
           r->now >= times * fmax(r->level, roles[f->role].least) &&
           r->late >= STEADY_LEAST * r->early && r->late <= STEADY_MOST * r->early &&
           !is_speeding(r) && r->smooth_gain <= STRAIGHT;
}

/* The ETA with the slope moved by `sigmas` of its error. */
static double eta_at(const struct growth *g, const struct followed *f,
                     const struct ramp *r, double limit, double sigmas)
{
    double slope = r->slope + sigmas * r->slope_se;
    double ratio = needs_goal_per_live(&g->needs);
    double now = r->now + (sigmas > 0 ? r->noise : sigmas < 0 ? -r->noise : 0);

    if (slope <= 0 || isnan(limit))
        return INFINITY;
    if (roles[f->role].is_usage)
        return fmax(0, limit - now) / slope;
    if (f->role == ROLE_GOAL)
        return needs_eta(&g->needs, now / ratio, slope / ratio, limit);
    return needs_eta(&g->needs, now, slope, limit);
}

/* The same, but as slow as it has been of late: the flank of a wave bends. */
static double eta_by_latest(const struct growth *g, const struct followed *f,
                            const struct ramp *r, double limit)
{
    struct ramp slower = *r;

    slower.slope = fmin(r->slope, r->latest + BENEFIT * r->latest_se);
    return eta_at(g, f, &slower, limit, 0);
}

/* Does it need more than the limit once it has levelled off? */
static bool goes_beyond(const struct growth *g, const struct followed *f,
                        const struct ramp *r, double limit)
{
    double end = asymptote(r);

    if (isinf(end))
        return true;
    if (roles[f->role].is_usage)
        return end >= limit;
    if (f->role == ROLE_GOAL)
        end /= needs_goal_per_live(&g->needs);
    return isfinite(needs_eta(&g->needs, end, 0, limit));
}

/* Warm-up: slower in its second half, and it will stay where there is room for it. */
static bool is_levelling(const struct growth *g, const struct followed *f,
                         const struct ramp *r)
{
    if (r->late - r->early > -LEVELLING_Z * r->halves_se)
        return false;
    return isnan(needs_limit(&g->needs)) || !goes_beyond(g, f, r, needs_limit(&g->needs));
}

static size_t all_blocks(struct growth *g, const struct followed *f)
{
    return trail_recent(&f->trail, trail_top(&f->trail), g->blocks, TRAIL_BLOCKS_MAX);
}

static struct forecast foretell(const struct growth *g, const struct followed *f,
                                const struct ramp *r, double limit)
{
    struct forecast c = {
        .as_of_ns = trail_time(&f->trail, r->end),
        .onset_ns = trail_time(&f->trail, r->onset),
        .end = FORECAST_KILL,
        .metric = f->metric,
        .level = r->now,
        .slope_per_s = r->slope,
        .slope_low = r->slope - Z80 * r->slope_se,
        .slope_high = r->slope + Z80 * r->slope_se,
        .fit_r2 = r->r2,
        .need_bytes = roles[f->role].is_usage ? r->now : needs_at_peak(&g->needs),
        .limit_bytes = limit,
        .limit_source = needs_limit_source(&g->needs),
        .eta_s = eta_at(g, f, r, limit, 0),
        .eta_low_s = eta_at(g, f, r, limit, Z80) * (1 - ETA_MODEL),
        .eta_high_s = eta_at(g, f, r, limit, -Z80) * (1 + ETA_MODEL),
    };

    c.need_slope_per_s =
        r->slope * (f->role == ROLE_LIVE ? needs_goal_per_live(&g->needs) : 1);
    return c;
}

static double thrash_eta(const struct growth *g, double live, double slope)
{
    double room = needs_soft_limit(&g->needs) - needs_overhead(&g->needs);

    return slope > 0 ? fmax(0, room - live) / slope : INFINITY;
}

/* Under Go's soft limit nobody is killed, but once all of it lives the collector runs
 * back to back, for hours: the other end, where it comes first. */
static void foretell_thrash(const struct growth *g, const struct followed *f,
                            const struct ramp *r, struct forecast *c)
{
    double per = f->role == ROLE_GOAL ? needs_goal_per_live(&g->needs) : 1;
    double eta_s = thrash_eta(g, r->now / per, r->slope / per);
    double wide = Z80 * r->slope_se;

    if (!roles[f->role].is_floor || isinf(needs_soft_limit(&g->needs)) ||
        eta_s > c->eta_s)
        return;
    c->end = FORECAST_THRASH;
    c->limit_bytes = needs_soft_limit(&g->needs);
    c->limit_source = "gomemlimit";
    c->eta_s = eta_s;
    c->eta_low_s = thrash_eta(g, (r->now + r->noise) / per, (r->slope + wide) / per) *
                   (1 - ETA_MODEL);
    c->eta_high_s = thrash_eta(g, (r->now - r->noise) / per, (r->slope - wide) / per) *
                    (1 + ETA_MODEL);
}

/*
 * What is used rises in teeth; when it reaches the limit depends on the floor below them
 * and on the cycles to come. So where the floor grows as well, since about the same
 * time, it foretells. False where it does not.
 */
static bool foretell_by_floor(struct growth *g, int64_t onset_ns, double limit,
                              struct forecast *out)
{
    enum growth_role role = g->followed[ROLE_LIVE].trail.has_first   ? ROLE_LIVE
                            : g->followed[ROLE_GOAL].trail.has_first ? ROLE_GOAL
                                                                     : ROLE_FLOOR;
    const struct followed *f = &g->followed[role];
    double onset = trail_seconds(&f->trail, onset_ns), seen;
    size_t count, first = 0;
    struct ramp r;

    if (!f->trail.has_first)
        return false;
    count = all_blocks(g, f);
    onset = fmax(onset, g->blocks[0].from);
    seen = g->blocks[count - 1].to - onset;
    while (first < count && g->blocks[first].to < onset - seen)
        first++;
    if (!ramp_follow(g->blocks + first, count - first, onset, &r) || r.z < GROWTH_Z ||
        r.r2 < FLOOR_R2)
        return false;
    *out = foretell(g, f, &r, limit);
    return true;
}

/* The floor's last point may be older than what is known: the rest of the way is shorter.
 */
static void know_now(struct forecast *c, int64_t now_ns)
{
    double passed = (double)num_sat_sub_i64(now_ns, c->as_of_ns) / (double)NS_PER_S;

    c->as_of_ns = now_ns;
    c->eta_s = fmax(0, c->eta_s - passed);
    c->eta_low_s = fmax(0, c->eta_low_s - passed);
    c->eta_high_s = fmax(0, c->eta_high_s - passed);
}

static struct forecast foretell_best(struct growth *g, const struct followed *f,
                                     const struct ramp *r, double limit)
{
    struct forecast c = foretell(g, f, r, limit), by_floor;

    if (roles[f->role].is_usage &&
        foretell_by_floor(g, trail_time(&f->trail, r->onset), limit, &by_floor))
        c = by_floor;
    else
        foretell_thrash(g, f, r, &c);
    know_now(&c, f->heard_ns);
    return c;
}

/* The second look: the same growth, seen again when there is more of it. */
static bool is_confirmed(struct suspicion *s, const struct ramp *r)
{
    double seen = r->end - r->onset;

    if (!s->is_set || r->end - s->at > seen / 2 || fabs(r->onset - s->onset) > seen / 3)
        *s = (struct suspicion){.is_set = true, .at = r->end, .onset = r->onset};
    return r->end - s->at >= SECOND_LOOK * seen;
}

static double horizon_of(const struct ramp *r)
{
    /* The trail's zero is where the process was first seen. */
    double seen = r->end - r->onset;
    bool is_known =
        r->onset >= BASELINE_KNOWN * seen || (r->onset >= seen && is_flat_before(r));

    if (is_known)
        return GROWTH_HORIZON;
    return r->onset <= BASELINE_NONE * seen || is_flat_before(r)
               ? GROWTH_HORIZON_FROM_START
               : GROWTH_HORIZON_UNSURE;
}

static void look_for_oom(struct growth *g, struct followed *f, const struct ramp *r)
{
    double limit = needs_limit(&g->needs), seen = r->end - r->onset, eta_s;
    struct forecast c;

    if (isnan(limit) || g->pre_oom.is_open ||
        !(roles[f->role].is_floor || roles[f->role].is_usage))
        return;
    c = foretell_best(g, f, r, limit);
    eta_s = eta_by_latest(g, f, r, limit);
    if (eta_s > horizon_of(r) * seen || !goes_beyond(g, f, r, limit))
        return;
    /* Where less is left than was seen, and points are rare, there is no time for it. */
    if (is_confirmed(&f->oom, r) || (eta_s <= seen && r->gap >= SECOND_LOOK * seen))
        growth_raise(g, &g->pre_oom, f, r, &c);
}

/* The live heap and its goal are one thing. */
static bool is_told(const struct growth *g, const struct followed *f)
{
    if (!roles[f->role].is_floor)
        return f->alarm.is_open;
    return g->followed[ROLE_LIVE].alarm.is_open || g->followed[ROLE_GOAL].alarm.is_open ||
           g->followed[ROLE_FLOOR].alarm.is_open;
}

static void look_for_leak(struct growth *g, struct followed *f, const struct ramp *r)
{
    if (!is_told(g, f) && is_leak(f, r) && !is_levelling(g, f, r) &&
        is_confirmed(&f->leak, r))
        growth_raise(g, &f->alarm, f, r, NULL);
}

/* What came before has to be looked at for as long as the growth itself; which may then
 * turn out to have begun earlier. */
static bool is_growth_still(const struct growth *g, const struct followed *f,
                            size_t count, struct ramp *r)
{
    size_t first = count;

    while (first && r->before < r->end - r->onset) {
        double from = r->onset - (r->end - r->onset);
        size_t wider = 0;

        while (wider < first && g->blocks[wider].from < from)
            wider++;
        if (wider == first)
            break;
        first = wider;
        if (!ramp_fit(g->blocks + first, count - first, r) || !is_growth(f, r))
            return false;
    }
    return true;
}

/* A new bin: is what is due to be looked at a growth? */
static void look(struct growth *g, struct followed *f)
{
    unsigned due = trail_due(&f->trail);
    const struct block *last;
    struct ramp r;
    size_t count;

    if (f->trail.bins >= LOOK_BINS && due < LOOK_LEVEL)
        return;
    count = trail_recent(&f->trail, due, g->blocks, TRAIL_BLOCKS_MAX);
    last = &g->blocks[count - 1];
    /* Most looks end here: nothing has grown. */
    if (count < EVIDENCE_BLOCKS || last->y - g->blocks[0].y < GROWN_SHARE / 2 * last->y)
        return;
    if (!ramp_fit(g->blocks, count, &r) || !is_growth(f, &r))
        return;
    count = all_blocks(g, f);
    if (was_before(g, count, &r) || !is_growth_still(g, f, count, &r))
        return;
    look_for_oom(g, f, &r);
    look_for_leak(g, f, &r);
}

static void update_forecast(struct growth *g, struct alarm *a, struct followed *f)
{
    double limit = needs_limit(&g->needs), seen;
    struct ramp r;
    struct forecast c;
    size_t count = all_blocks(g, f), first = 0;

    seen = g->blocks[count - 1].to - a->onset;
    if ((isnan(limit) && isinf(needs_soft_limit(&g->needs))) ||
        g->blocks[count - 1].to - a->forecast_at < FORECAST_SHARE * seen)
        return;
    while (first < count && g->blocks[first].to < a->onset - seen)
        first++;
    if (!ramp_follow(g->blocks + first, count - first, a->onset, &r))
        return;
    a->forecast_at = r.end;
    c = foretell_best(g, f, &r, limit);
    forecast_log_add(&g->process->forecasts, &c);
    g->session->revision++;
}

/* Is the growth over: no new height for as long as it lasted, or most of it gone? */
static void follow(struct growth *g, struct alarm *a, struct followed *f)
{
    size_t count = trail_recent(&f->trail, 0, g->blocks, TRAIL_BLOCKS_MAX);
    const struct block *last = &g->blocks[count - 1];
    double lasted;

    if (last->y > a->high + NEW_HEIGHT * (a->high - a->level)) {
        a->high = last->y;
        a->high_at = last->to;
    }
    lasted = a->high_at - a->onset;
    if (last->to - a->high_at < lasted &&
        !(last->y < a->level + (a->high - a->level) / 4 &&
          last->to - a->high_at > lasted / 4))
        return;
    growth_close(g, a, f);
}

static void take(struct growth *g, enum growth_role role, uint32_t metric,
                 int64_t time_ns, double value)
{
    struct followed *f = &g->followed[role];

    f->metric = metric;
    f->heard_ns = time_ns;
    if (!trail_add(&f->trail, time_ns, value))
        return;
    if (!g->blocks)
        g->blocks = mem_alloc_array(TRAIL_BLOCKS_MAX, sizeof *g->blocks);
    if (f->alarm.is_open) {
        /* Of a leak that no limit makes urgent yet it is told as well when it will be. */
        if (roles[role].is_floor && !g->pre_oom.is_open)
            update_forecast(g, &f->alarm, f);
        follow(g, &f->alarm, f);
    }
    if (g->pre_oom.is_open && g->pre_oom.role == role && !g->pre_oom.is_by_goal) {
        update_forecast(g, &g->pre_oom, f);
        follow(g, &g->pre_oom, f);
    }
    look(g, f);
}

/* The way up to a goal that is known is no growth, only the sawtooth's first tooth. */
static double usage_of(const struct growth *g, uint32_t metric, double value)
{
    double need = metric == METRIC_HEAP_END ? g->needs.goal : needs_at_peak(&g->needs);

    return isnan(need) ? value : fmax(value, need);
}

/* What the process uses, from whoever knows it best. */
static bool is_usage(struct growth *g, uint32_t metric)
{
    static const uint32_t known[] = {METRIC_HEAP_END, METRIC_MEM_CGROUP, METRIC_MEM_RSS};
    unsigned rank = 0;

    while (rank < COUNT_OF(known) && known[rank] != metric)
        rank++;
    if (rank == COUNT_OF(known) || rank + 1 < g->usage_rank)
        return false;
    if (rank + 1 > g->usage_rank) {
        /* What another source said is another series. */
        if (!g->pre_oom.is_open || g->pre_oom.role != ROLE_USAGE)
            trail_finish(&g->followed[ROLE_USAGE].trail);
        g->usage_rank = rank + 1;
    }
    return true;
}

static bool is_floor_told(const struct growth *g)
{
    return g->followed[ROLE_LIVE].trail.has_first ||
           g->followed[ROLE_GOAL].trail.has_first;
}

static void take_value(struct growth *g, const struct feed_value *v, int64_t time_ns)
{
    double floor;

    switch (v->metric) {
    case METRIC_HEAP_LIVE:
        take(g, ROLE_LIVE, v->metric, time_ns, v->value);
        break;
    case METRIC_HEAP_GOAL:
        take(g, ROLE_GOAL, v->metric, time_ns, v->value);
        break;
    case METRIC_HEAP_ALLOC:
        if (!is_floor_told(g) && floor_add(&g->floor, v->value, &floor))
            take(g, ROLE_FLOOR, v->metric, time_ns, floor);
        break;
    case METRIC_SCHED_GOROUTINES:
        take(g, ROLE_GOROUTINES, v->metric, time_ns, v->value);
        break;
    case METRIC_X_GCTRACE_STACKS:
    case METRIC_STACK_INUSE:
        take(g, ROLE_STACKS, v->metric, time_ns, v->value);
        break;
    case METRIC_MEM_OFFHEAP:
        take(g, ROLE_OFFHEAP, v->metric, time_ns, v->value);
        break;
    default:
        if (is_usage(g, v->metric))
            take(g, ROLE_USAGE, v->metric, time_ns, usage_of(g, v->metric, v->value));
        break;
    }
}

static struct forecast foretell_fill(const struct growth *g, const struct followed *f,
                                     int64_t now_ns, double goal, double limit)
{
    double eta_s = needs_fill(&g->needs, limit);

    return (struct forecast){
        .as_of_ns = now_ns,
        .onset_ns = now_ns,
        .end = FORECAST_KILL,
        .metric = f->metric,
        .level = goal,
        .fit_r2 = NAN,
        .need_bytes = goal * needs_per_byte(&g->needs) + needs_overhead(&g->needs),
        .limit_bytes = limit,
        .limit_source = needs_limit_source(&g->needs),
        .eta_s = eta_s,
        .eta_low_s = eta_s * (1 - ETA_MODEL),
        .eta_high_s = eta_s * (1 + ETA_MODEL),
    };
}

/*
 * Whatever the heap does otherwise: when the collector will not start before the limit is
 * reached, allocation alone reaches it.
 */
static void look_at_goal(struct growth *g, int64_t now_ns)
{
    double limit = needs_limit(&g->needs), goal = needs_next_goal(&g->needs);
    struct followed *f =
        &g->followed[g->followed[ROLE_LIVE].trail.has_first ? ROLE_LIVE : ROLE_GOAL];
    struct forecast c;

    if (g->pre_oom.is_open && g->pre_oom.is_by_goal && !(goal > limit)) {
        growth_close(g, &g->pre_oom, f);
        return;
    }
    if (!(goal > GOAL_BEYOND * limit) || !f->trail.has_first ||
        (g->pre_oom.is_open && !g->pre_oom.is_by_goal))
        return;
    c = foretell_fill(g, f, now_ns, goal, limit);
    if (!g->pre_oom.is_open) {
        growth_raise_goal(g, f, goal, &c);
    } else if (trail_seconds(&f->trail, now_ns) > g->pre_oom.forecast_at + FILL_EVERY_S) {
        g->pre_oom.forecast_at = trail_seconds(&f->trail, now_ns);
        forecast_log_add(&g->process->forecasts, &c);
    }
}

void growth_row(struct growth *g, const struct feed_row *row)
{
    needs_row(&g->needs, row);
    for (size_t i = 0; i < row->count; i++)
        take_value(g, &row->values[i], row->time_ns);
    look_at_goal(g, row->time_ns);
}
