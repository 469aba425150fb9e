#include "model/detect/pressure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/needs.h"
#include "model/units.h"

/* Cycles of a spell whose costs are kept for the median; more are alike. */
#define COSTS_MAX 256

/* Spells that are remembered, and how many of them have to agree. */
#define SPELLS 4
#define SPELLS_AGREE 3

/* Bounds on any service. A collector that runs all the time takes a quarter of the CPU
 * (gcBackgroundUtilization in runtime/mgcpacer.go); a service that gives it a twentieth
 * pays more for garbage than for most of its packages. */
#define SHARE_HIGH 0.05
/* A heap that small is collected often for next to nothing: 4 MiB is the least goal. */
#define CYCLES_HIGH 40.0
#define GOAL_SMALL (12.0 * 1048576)

/* Against its own history: dearer by that for the same allocation, SPELLS_DEAR in a row,
 * and not for nothing: a hundredth of the CPU, and CPU seconds for each byte allocated
 * that no heap of plain buffers costs (0.12 s for 1 GB; 0.01 to 0.02 s where the heap
 * holds few pointers). */
#define DEARER 1.4
#define SPELLS_DEAR 2
#define SHARE_NOTABLE 0.008
#define COST_NOTABLE 1.2e-10
#define SPELLS_OF_HISTORY 2
/* Where the log does not say how many processors share the work. */
#define PROCS_UNKNOWN 2.0

/* While a service starts nothing is usual. */
#define STARTING_NS (INT64_C(2) * NS_PER_S)

/* An episode is over when it stays away for that many spells. */
#define SPELLS_QUIET 6

/* So close to the soft limit that is what the collector runs against. */
#define AT_LIMIT 0.85

/* No GOGC that anybody sets puts the goal so close to what lives: a limit does. */
#define GOAL_AT_LIVE 1.1

/* What one or two cycles cost says little. */
#define CYCLES_TELLING 3.0

/* History moves by that much of itself a spell: a median that follows, robustly. */
#define HISTORY_STEP 0.05

struct spell {
    bool is_high, is_dear; /* by the bounds; against its history */
    double share, cycles_per_s, assist_share;
};

struct pressure {
    struct session *session;
    struct process *process;
    struct needs needs;
    bool has_start;
    int64_t start_ns; /* of the process, as far as is seen */
    int64_t spell_ns; /* where the open spell began */

    /* The open spell. */
    double costs[COSTS_MAX]; /* CPU seconds of a cycle over the processors */
    size_t cost_count;
    double cycles, assist, assist_points;
    double alloc, alloc_points, floor, last_goal;
    double first_cycles, last_cycles; /* the counter */
    double first_cpu, last_cpu;       /* GCCPUFraction times the age */
    double interval_ns, fraction;     /* of the row at hand */
    double procs;

    struct spell spells[SPELLS];
    size_t spell_count;
    double usual_cost;  /* share over allocation rate; 0 = not yet */
    double usual_share; /* … */
    double usual_cycles;
    unsigned history;
    bool is_open;
    struct event *event;
    unsigned quiet;
};

static void begin_spell(struct pressure *p, int64_t time_ns)
{
    p->spell_ns = time_ns;
    p->cost_count = 0;
    p->cycles = p->assist = p->assist_points = 0;
    p->alloc = p->alloc_points = 0;
    p->floor = NAN;
    p->first_cycles = p->last_cycles;
    p->first_cpu = p->last_cpu;
}

struct pressure *pressure_create(struct session *s, struct process *process)
{
    struct pressure *p = mem_alloc(sizeof *p);

    p->session = s;
    p->process = process;
    needs_init(&p->needs, s);
    p->last_cycles = p->last_cpu = NAN;
    p->procs = PROCS_UNKNOWN;
    return p;
}

void pressure_destroy(struct pressure *p)
{
    free(p);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* NaN where nothing tells. */
static double share_of(struct pressure *p, double seconds)
{
    double cpu;

    if (p->cost_count)
        return median(p->costs, p->cost_count) * p->cycles / seconds;
    cpu = p->last_cpu - p->first_cpu;
    return isnan(cpu) ? NAN : fmax(0, cpu) / seconds;
}

static double cycles_of(const struct pressure *p, double seconds)
{
    double room = p->last_goal - p->floor;

    if (p->cycles > 0)
        return p->cycles / seconds;
    if (!isnan(p->last_cycles - p->first_cycles))
        return (p->last_cycles - p->first_cycles) / seconds;
    if (p->alloc_points > 0 && room > 0)
        return p->alloc / p->alloc_points / room;
    return NAN;
}

static void learn(double *usual, double value)
{
    if (*usual <= 0)
        *usual = value;
    else
        *usual *= value > *usual ? 1 + HISTORY_STEP : 1 - HISTORY_STEP;
}

static bool is_dear(const struct pressure *p, double share, double cost)
{
    return p->history >= SPELLS_OF_HISTORY && share >= SHARE_NOTABLE &&
           cost * p->procs >= COST_NOTABLE && cost >= DEARER * p->usual_cost;
}

static struct spell judge(struct pressure *p, double seconds)
{
    struct spell s = {
        .share = share_of(p, seconds),
        .cycles_per_s = cycles_of(p, seconds),
        .assist_share = p->assist_points > 0 ? p->assist / p->assist_points : NAN,
    };
    double rate = p->alloc_points > 0 ? p->alloc / p->alloc_points : NAN;
    double cost = rate > 0 ? s.share / rate : NAN;

    s.is_high = s.share >= SHARE_HIGH ||
                (s.cycles_per_s >= CYCLES_HIGH && p->last_goal >= GOAL_SMALL);
    s.is_dear = is_dear(p, s.share, cost) && !(s.cycles_per_s * seconds < CYCLES_TELLING);
    if (s.is_high || s.is_dear)
        return s;
    if (cost > 0) {
        learn(&p->usual_cost, cost);
        learn(&p->usual_share, s.share);
        p->history++;
    }
    if (s.cycles_per_s > 0)
        learn(&p->usual_cycles, s.cycles_per_s);
    return s;
}

/* Does the collector run against Go's soft limit? */
static bool is_thrash(const struct pressure *p)
{
    double soft = p->needs.is_given_soft ? p->needs.given : p->needs.gomemlimit;

    return p->needs.goal >= AT_LIMIT * soft || p->needs.live >= AT_LIMIT * soft ||
           p->needs.goal <= GOAL_AT_LIVE * p->needs.live;
}

static void add_evidence(struct finding *f, const char *name, double value)
{
    if (isfinite(value))
        finding_number(f, name, value);
}

static void put_message(const struct pressure *p, const struct spell *s, bool is_thrash,
                        struct text *t)
{
    char share[UNIT_TEXT];

    if (!isnan(s->share))
        text_printf(t, "GC takes %s of the CPU",
                    unit_format(share, s->share, UNIT_RATIO, true));
    else
        text_put_str(t, "GC runs");
    if (s->cycles_per_s > 0)
        text_printf(t, " in %.3g cycles a second", s->cycles_per_s);
    if (p->usual_share > 0 && s->share > 1.5 * p->usual_share)
        text_printf(t, ", before it was %s",
                    unit_format(share, p->usual_share, UNIT_RATIO, true));
    else if (p->usual_cycles > 0 && s->cycles_per_s > 1.5 * p->usual_cycles)
        text_printf(t, ", before there were %.3g", p->usual_cycles);
    if (is_thrash)
        text_put_str(t, ": back to back against the memory limit");
}

static bool is_pressed(const struct spell *s)
{
    return s->is_high || s->is_dear;
}

/* Of the spells that agreed, the one that says most. */
static struct spell typical(const struct pressure *p)
{
    struct spell s = p->spells[0];

    for (size_t i = 1; i < p->spell_count; i++) {
        if (is_pressed(&p->spells[i]) &&
            !(is_pressed(&s) && p->spells[i].share < s.share))
            s = p->spells[i];
    }
    return s;
}

/* When the spells that agreed began. */
static int64_t first_pressed(const struct pressure *p, int64_t now_ns)
{
    size_t first = 0;

    while (!is_pressed(&p->spells[first]))
        first++;
    return num_sat_sub_i64(now_ns, (int64_t)(p->spell_count - first) * PRESSURE_SPELL_NS);
}

static void raise_alarm(struct pressure *p, int64_t now_ns)
{
    struct spell s = typical(p);
    bool thrash = is_thrash(p);
    int64_t began_ns = first_pressed(p, now_ns);
    struct finding f =
        finding_of(thrash ? EVENT_GC_THRASH : EVENT_GC_PRESSURE, SEVERITY_WARNING,
                   p->process, began_ns > p->start_ns ? began_ns : p->start_ns, now_ns);
    struct text message = {0};

    put_message(p, &s, thrash, &message);
    f.message = slice_of(text_str(&message), message.len);
    f.has_series = true;
    f.metric = isnan(s.share) ? METRIC_ALLOC_RATE : METRIC_GC_CPU_FRACTION;
    f.before = isnan(s.share) || p->usual_share <= 0 ? NAN : p->usual_share;
    f.after = s.share;
    f.confidence = 0.9;
    add_evidence(&f, "gc_cpu_fraction", s.share);
    add_evidence(&f, "gc_cpu_fraction_before", p->usual_share > 0 ? p->usual_share : NAN);
    add_evidence(&f, "cycles_per_s", s.cycles_per_s);
    add_evidence(&f, "cycles_per_s_before", p->usual_cycles > 0 ? p->usual_cycles : NAN);
    add_evidence(&f, "assist_share", s.assist_share);
    p->event = session_add_finding(p->session, &f);
    p->is_open = true;
    text_finish(&message);
}

/* Do enough of the last spells agree? */
static bool is_alarm(const struct pressure *p)
{
    unsigned high = 0, dear = 0;

    for (size_t i = 0; i < p->spell_count; i++) {
        high += p->spells[i].is_high;
        dear = is_pressed(&p->spells[i]) ? dear + 1 : 0;
    }
    return high >= SPELLS_AGREE || dear >= SPELLS_DEAR;
}

static void end_spell(struct pressure *p, int64_t now_ns)
{
    double seconds = (double)num_sat_sub_i64(now_ns, p->spell_ns) / (double)NS_PER_S;
    struct spell s = judge(p, seconds);

    if (p->spell_count == SPELLS) {
        memmove(p->spells, p->spells + 1, (SPELLS - 1) * sizeof *p->spells);
        p->spell_count--;
    }
    p->spells[p->spell_count++] = s;
    p->quiet = is_pressed(&s) ? 0 : p->quiet + 1;
    if (!p->is_open && is_pressed(&s) && is_alarm(p)) {
        raise_alarm(p, now_ns);
    } else if (p->is_open && p->quiet >= SPELLS_QUIET) {
        p->is_open = false;
        if (p->event)
            event_close(p->event, now_ns);
        p->session->revision++;
    }
}

static bool is_cpu_fraction(const struct pressure *p, uint32_t metric)
{
    static const char *const names[] = {"x.GCCPUFraction",
                                        "x.go_memstats_gc_cpu_fraction"};
    const char *name = metric_name(&p->session->metrics, metric);

    return strcmp(name, names[0]) == 0 || strcmp(name, names[1]) == 0;
}

static void take_counter(double *first, double *last, double value)
{
    /* A new process, or the first value. */
    if (isnan(*first) || value < *last)
        *first = value;
    *last = value;
}

static void take_value(struct pressure *p, const struct feed_value *v, int64_t time_ns)
{
    double age_s = (double)num_sat_sub_i64(time_ns, p->start_ns) / (double)NS_PER_S;

    switch (v->metric) {
    case METRIC_GC_INTERVAL:
        p->interval_ns = v->value;
        break;
    case METRIC_GC_CPU_FRACTION:
        p->fraction = v->value;
        break;
    case METRIC_GC_ASSIST_SHARE:
        p->assist += v->value;
        p->assist_points++;
        break;
    case METRIC_GC_CYCLES:
        take_counter(&p->first_cycles, &p->last_cycles, v->value);
        break;
    case METRIC_ALLOC_RATE:
        p->alloc += v->value;
        p->alloc_points++;
        break;
    case METRIC_HEAP_ALLOC:
    case METRIC_HEAP_LIVE:
        p->floor = isnan(p->floor) ? v->value : fmin(p->floor, v->value);
        break;
    case METRIC_SCHED_PROCS:
        p->procs = v->value > 0 ? v->value : PROCS_UNKNOWN;
        break;
    case METRIC_HEAP_GOAL:
        p->last_goal = v->value;
        break;
    default:
        if (v->metric >= METRIC_COUNT && is_cpu_fraction(p, v->metric))
            take_counter(&p->first_cpu, &p->last_cpu, v->value * age_s);
        break;
    }
}

static void take_cycle(struct pressure *p)
{
    double cost = p->fraction * p->interval_ns / (double)NS_PER_S;

    if (isnan(cost))
        return;
    p->cycles++;
    if (p->cost_count < COSTS_MAX)
        p->costs[p->cost_count++] = cost;
}

void pressure_row(struct pressure *p, const struct feed_row *row)
{
    if (!p->has_start) {
        p->has_start = true;
        p->start_ns = row->time_ns;
        begin_spell(p, num_sat_add_i64(row->time_ns, STARTING_NS));
    }
    needs_row(&p->needs, row);
    p->interval_ns = p->fraction = NAN;
    for (size_t i = 0; i < row->count; i++)
        take_value(p, &row->values[i], row->time_ns);
    if (row->time_ns < p->spell_ns) {
        /* Still starting: only the counters matter. */
        begin_spell(p, p->spell_ns);
        return;
    }
    take_cycle(p);
    if (num_sat_sub_i64(row->time_ns, p->spell_ns) >= PRESSURE_SPELL_NS) {
        end_spell(p, row->time_ns);
        begin_spell(p, row->time_ns);
    }
}
