#include "tests/bench/service.h"

#include <math.h>

#include "model/base/compiler.h"

#define TAU 6.28318530717958647692
#define GOAL_LEAST (4 * SERVICE_MIB)

/* The shapes' state is brought up to date that often at least. */
#define STEP_MOST_S 60.0

/* Pages are given back to the kernel over about that long. */
#define SCAVENGE_S 120.0

static const char *const shape_names[SERVICE_SHAPES] = {
    "flat",
    "daily wave",
    "busy and quiet spells",
    "warm-up",
    "deploys, other levels",
    "deploys, restarts",
    "bursts",
    "bounded random walk",
    "cache filling evenly",
};

const char *service_shape_name(enum service_shape shape)
{
    return shape_names[shape];
}

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

double service_uniform(uint64_t *state)
{
    return ((double)(next(state) >> 11) + 0.5) * 0x1p-53;
}

double service_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(service_uniform(state)));

    return radius * cos(TAU * service_uniform(state));
}

double service_between(uint64_t *state, double low, double high)
{
    return low + (high - low) * service_uniform(state);
}

double service_log_between(uint64_t *state, double low, double high)
{
    return exp(service_between(state, log(low), log(high)));
}

static double exponential(uint64_t *state, double mean)
{
    return -mean * log(service_uniform(state));
}

struct state {
    const struct service *what;
    uint64_t random;
    double t;
    double noise, load_noise;   /* with variance 1 */
    double phase;               /* of the waves */
    double offset, aim;         /* of the level, as a share of it */
    double change_s, restart_s; /* when the next of it comes */
    double live, heap, goal, last_goal;
    double allocated, sampled_allocated, cycle_began, cycle_s;
    double resident; /* in use at the last peaks */
    double cycles, sample_s;
};

/* The shape's part of the level, as a share of it, at t. */
static double shape_at(const struct state *s)
{
    const struct service *w = s->what;
    double age = s->t - s->restart_s;

    switch (w->shape) {
    case SHAPE_DAILY:
        return w->swing * (sin(TAU * s->t / w->period_s + s->phase) +
                           0.25 * sin(2 * TAU * s->t / w->period_s + 2.3 * s->phase));
    case SHAPE_WARMUP:
    case SHAPE_RESTARTS:
        return -w->swing * exp(-age / w->period_s);
    case SHAPE_FILLING:
        return -w->swing * fmax(0, 1 - age / w->period_s);
    default:
        return s->offset;
    }
}

/* What happens at change_s. */
static void change(struct state *s)
{
    const struct service *w = s->what;

    switch (w->shape) {
    case SHAPE_SPELLS:
        s->aim = s->aim > 0 ? 0 : w->swing * service_between(&s->random, 0.5, 1);
        s->change_s = s->t + exponential(&s->random, w->period_s);
        break;
    case SHAPE_STEPS:
        s->offset = s->aim = w->swing * service_between(&s->random, -1, 1);
        s->change_s = s->t + exponential(&s->random, 5 * 3600);
        break;
    case SHAPE_BURSTS:
        s->aim = s->aim > 0 ? 0 : w->swing * service_between(&s->random, 0.3, 1);
        s->offset = s->aim;
        s->change_s = s->t + exponential(&s->random, s->aim > 0 ? w->period_s : 1800);
        break;
    default:
        s->change_s = INFINITY;
        break;
    }
}

static double rate_now(const struct state *s)
{
    const struct service *w = s->what;

    return w->level * w->gogc / 100 / w->cycle_s * (1 + shape_at(s)) *
           exp(0.15 * s->load_noise);
}

static void pass(struct state *s, double seconds)
{
    const struct service *w = s->what;
    double rho = exp(-seconds / w->noise_s), load_rho = exp(-seconds / 10);
    double rate = rate_now(s);

    s->noise = rho * s->noise + sqrt(1 - rho * rho) * service_normal(&s->random);
    s->load_noise = load_rho * s->load_noise +
                    sqrt(1 - load_rho * load_rho) * service_normal(&s->random);
    if (w->shape == SHAPE_SPELLS)
        s->offset += (s->aim - s->offset) * (1 - exp(-seconds / 30));
    if (w->shape == SHAPE_WALK) {
        s->offset += w->swing * sqrt(seconds / w->period_s) * service_normal(&s->random);
        if (fabs(s->offset) > w->swing)
            s->offset = copysign(2 * w->swing, s->offset) - s->offset;
    }
    s->heap += rate * seconds;
    s->allocated += rate * seconds;
    s->t += seconds;
    s->resident = fmax(s->heap * w->per_byte, s->resident * exp(-seconds / SCAVENGE_S));
    if (s->t >= s->change_s)
        change(s);
}

static double lives(const struct state *s)
{
    const struct service *w = s->what;
    double level = w->level * (1 + shape_at(s)) * (1 + w->noise * s->noise);

    return fmax(level, SERVICE_MIB / 2) + w->leak_per_s * fmax(0, s->t - w->onset_s);
}

static void collect(struct state *s)
{
    s->live = lives(s);
    s->last_goal = s->goal;
    s->goal = fmax(GOAL_LEAST, s->live * (1 + s->what->gogc / 100));
    s->cycle_s = s->t - s->cycle_began;
    s->cycle_began = s->t;
    s->cycles++;
}

static int64_t time_of(double seconds)
{
    return (int64_t)(seconds * 1e9);
}

/* A line of the GC trace: whole MiB, the goal of the cycle that ended. */
static const uint32_t trace_columns[] = {
    METRIC_GC_CYCLES, METRIC_GC_INTERVAL, METRIC_HEAP_START, METRIC_HEAP_END,
    METRIC_HEAP_LIVE, METRIC_HEAP_GOAL,   METRIC_ALLOC_RATE};

static double whole(double bytes)
{
    return floor(bytes / SERVICE_MIB) * SERVICE_MIB;
}

static void put_cycle(struct state *s, struct track *track)
{
    double values[COUNT_OF(trace_columns)] = {
        s->cycles,
        s->cycle_s * 1e9,
        whole(0.98 * s->heap),
        whole(s->heap),
        whole(s->live),
        whole(s->last_goal),
        s->cycle_s > 0 ? (s->allocated - s->sampled_allocated) / s->cycle_s : NAN};

    s->sampled_allocated = s->allocated;
    table_append(track->table, time_of(s->t), values);
}

static const uint32_t sample_columns[] = {
    METRIC_HEAP_ALLOC, METRIC_HEAP_INUSE, METRIC_HEAP_SYS,   METRIC_HEAP_RELEASED,
    METRIC_HEAP_GOAL,  METRIC_MEM_SYS,    METRIC_MEM_RSS,    METRIC_STACK_INUSE,
    METRIC_GC_CYCLES,  METRIC_ALLOC_RATE, METRIC_MEM_OFFHEAP};

static void put_sample(struct state *s, struct track *track)
{
    const struct service *w = s->what;
    double stacks = SERVICE_MIB, sys = s->resident + w->overhead;
    double values[COUNT_OF(sample_columns)] = {s->heap,
                                               s->heap * w->per_byte,
                                               s->resident,
                                               0,
                                               s->goal,
                                               sys,
                                               sys,
                                               stacks,
                                               s->cycles,
                                               (s->allocated - s->sampled_allocated) /
                                                   w->pace_s,
                                               0};

    s->sampled_allocated = s->allocated;
    table_append(track->table, time_of(s->t), values);
}

static struct track *new_process(const struct service *w, struct session *session)
{
    struct source *source =
        session->source_count ? session->sources[0] : session_add_source(session, "made");
    struct track *track = session_add_process(session, source);
    const uint32_t *columns = w->pace_s > 0 ? sample_columns : trace_columns;
    size_t count = w->pace_s > 0 ? COUNT_OF(sample_columns) : COUNT_OF(trace_columns);

    for (size_t i = 0; i < count; i++)
        (void)table_column(track->table, columns[i], 0);
    return track;
}

/* A process begins: the first cycle stands before it. */
static void begin(struct state *s)
{
    s->restart_s = s->t;
    s->live = lives(s);
    s->heap = s->live;
    s->goal = s->last_goal = fmax(GOAL_LEAST, s->live * (1 + s->what->gogc / 100));
    s->cycle_began = s->sample_s = s->t;
    s->cycles = 0;
    s->allocated = s->sampled_allocated = 0;
    s->resident = 0;
}

static void advance(struct state *s, struct track *track, double room)
{
    const struct service *w = s->what;
    double to_goal = fmax(s->goal - s->heap, 1) / rate_now(s);
    double step = fmin(fmin(to_goal, STEP_MOST_S), w->length_s - s->t + 1e-3);
    bool is_sample;

    step = fmin(step, fmax(room - s->heap, 1) / rate_now(s));
    is_sample = w->pace_s > 0 && s->sample_s - s->t <= step;
    if (is_sample)
        step = fmax(0, s->sample_s - s->t);
    pass(s, step);
    if (is_sample) {
        put_sample(s, track);
        s->sample_s += w->pace_s;
    } else if (s->heap >= 0.999999 * s->goal) {
        collect(s);
        if (w->pace_s == 0)
            put_cycle(s, track);
        s->heap = s->live;
    }
}

bool service_run(const struct service *what, struct session *session, double *died_s)
{
    struct state s = {.what = what, .random = what->seed};
    double room = (what->limit - what->overhead) / what->per_byte;
    double restart_s = INFINITY;
    struct track *track = new_process(what, session);

    s.phase = service_between(&s.random, 0, TAU);
    s.change_s = exponential(&s.random, 1800);
    session->limit_bytes = what->limit;
    session->limit_source = "--limit";
    session->is_limit_given = true;
    if (what->shape == SHAPE_RESTARTS)
        restart_s = exponential(&s.random, 6 * 3600);
    begin(&s);
    while (s.t < what->length_s) {
        advance(&s, track, room);
        if (s.heap >= 0.999999 * room) {
            if (died_s)
                *died_s = s.t;
            return true;
        }
        if (s.t >= restart_s) {
            track = new_process(what, session);
            begin(&s);
            restart_s = s.t + 600 + exponential(&s.random, 6 * 3600);
        }
    }
    return false;
}
