/*
 * How early a leak is told, how well the time that is left, and how often something is
 * told of a service that is well: on simulated services, beside the usual alerts.
 *
 *   bench_growth [leaks of each kind] [healthy days] [rows of the cost]
 *
 * Seeds are fixed; README.md says what the columns mean.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "tests/bench/growth_parts.h"
#include "tests/bench/service.h"
#include "tests/bench/usual.h"

#define DAY_S 86400.0

/* The runs of a shape are so many days long, in turn: the first day is the hardest, as no
 * wave has been seen yet. */
static const int run_days[] = {1, 2, 4};

/* 0: a row a cycle. */
static const double healthy_paces[] = {0, 1, 5, 15};

struct healthy {
    double days;
    int alarms[EVENT_KINDS], all, notices, runs, runs_with;
    bool has_died; /* the simulation's fault: it was not healthy */
    struct usual_told usual[USUALS];
};

static struct service healthy_service(enum service_shape shape, int run, uint64_t *state)
{
    static const struct {
        double swing_low, swing_high, period_low, period_high;
    } of[SERVICE_SHAPES] = {
        [SHAPE_FLAT] = {0, 0, 1, 1},
        [SHAPE_DAILY] = {0.1, 0.3, DAY_S, DAY_S},
        [SHAPE_SPELLS] = {0.1, 0.5, 300, 2 * HOUR_S},
        [SHAPE_WARMUP] = {0.5, 0.9, 30, 2 * HOUR_S},
        [SHAPE_STEPS] = {0.1, 0.4, 1, 1},
        [SHAPE_RESTARTS] = {0.5, 0.9, 20, 600},
        [SHAPE_BURSTS] = {0.3, 1.5, 10, 300},
        [SHAPE_WALK] = {0.2, 0.4, HOUR_S, 6 * HOUR_S},
        [SHAPE_FILLING] = {0.6, 0.9, 600, 6 * HOUR_S},
    };
    struct service w = {
        .shape = shape,
        .pace_s = healthy_paces[(size_t)run % COUNT_OF(healthy_paces)],
        .length_s = run_days[(size_t)run % COUNT_OF(run_days)] * DAY_S,
        .level = service_log_between(state, 20 * SERVICE_MIB, 1024 * SERVICE_MIB),
        .gogc = gogcs[(size_t)(run / 2) % GOGCS],
        .cycle_s = service_log_between(state, 2, 30),
        .noise = service_between(state, 0.01, 0.05),
        .noise_s = service_log_between(state, 1, 120),
        .swing = service_between(state, of[shape].swing_low, of[shape].swing_high),
        .period_s =
            service_log_between(state, of[shape].period_low, of[shape].period_high),
        .overhead = service_between(state, 4, 14) * SERVICE_MIB,
        .per_byte = service_between(state, 1.01, 1.08),
    };
    bool falls =
        shape == SHAPE_WARMUP || shape == SHAPE_RESTARTS || shape == SHAPE_FILLING;
    double most = w.level * (1 + (falls ? 0 : 1.3 * w.swing)) * (1 + 5 * w.noise);

    most = most * (1 + w.gogc / 100) * w.per_byte + w.overhead;
    w.limit = most / service_between(state, 0.5, 0.95);
    w.seed = *state;
    return w;
}

static void count_alarms(const struct session *s, struct healthy *h)
{
    int before = h->all;

    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        if (e->severity < SEVERITY_WARNING) {
            h->notices += e->severity == SEVERITY_NOTICE;
            continue;
        }
        h->alarms[e->kind]++;
        h->all++;
    }
    h->runs++;
    h->runs_with += h->all > before;
}

static struct healthy healthy_days(enum service_shape shape, double days)
{
    struct healthy h = {0};
    uint64_t state = SEED + 1000 * (uint64_t)shape;

    for (int run = 0; h.days < days; run++) {
        struct service w = healthy_service(shape, run, &state);
        struct session *s = session_create();

        w.length_s = fmin(w.length_s, (days - h.days) * DAY_S);
        h.has_died |= service_run(&w, s, NULL);
        watch_all(s);
        count_alarms(s, &h);
        for (size_t i = 0; i < s->process_count; i++)
            usual_watch(s->processes[i]->tracks[0], w.limit, HOUR_S, INFINITY, h.usual);
        h.days += w.length_s / DAY_S;
        session_destroy(s);
        service_uniform(&state);
    }
    return h;
}

static void put_healthy_row(const char *name, const struct healthy *h)
{
    double weeks = h->days / 7;

    printf("%-22s %5.0f %4d %4d", name, h->days, h->runs, h->runs_with);
    printf(" %6d %8d %6d %6d", h->alarms[EVENT_LEAK], h->alarms[EVENT_PRE_OOM],
           h->alarms[EVENT_GC_PRESSURE] + h->alarms[EVENT_GC_THRASH],
           h->all - h->alarms[EVENT_LEAK] - h->alarms[EVENT_PRE_OOM] -
               h->alarms[EVENT_GC_PRESSURE] - h->alarms[EVENT_GC_THRASH]);
    printf(" %7.2f %8.1f |", h->all / weeks, h->notices / h->days);
    for (int i = 0; i < USUALS; i++)
        printf(" %7.1f", h->usual[i].alarms / weeks);
    printf("%s\n", h->has_died ? " (died: not healthy)" : "");
    (void)fflush(stdout);
}

static void healthy_join(struct healthy *all, const struct healthy *h)
{
    all->days += h->days;
    all->runs += h->runs;
    all->runs_with += h->runs_with;
    all->all += h->all;
    all->notices += h->notices;
    for (int i = 0; i < EVENT_KINDS; i++)
        all->alarms[i] += h->alarms[i];
    for (int i = 0; i < USUALS; i++)
        all->usual[i].alarms += h->usual[i].alarms;
}

static void put_healthy(int days)
{
    struct healthy all = {0};

    printf("\nhealthy days: alarms (warning or critical) by kind, and a week beside the "
           "usual alerts\n");
    printf("%-22s %5s %4s %4s %6s %8s %6s %6s %7s %8s | %7s %7s %7s %7s %7s\n", "",
           "days", "runs", "with", "leak", "pre-oom", "gc", "other", "a week", "notices",
           "80 %", "90 %", "line", "trend", "Sen");
    printf("%-22s %5s %4s %4s %6s %8s %6s %6s %7s %8s | %s\n", "", "", "", "", "", "", "",
           "", "", "a day", "a week");
    for (enum service_shape shape = 0; shape < SHAPE_FILLING; shape++) {
        struct healthy h = healthy_days(shape, ceil(days / (double)SHAPE_FILLING));

        put_healthy_row(service_shape_name(shape), &h);
        healthy_join(&all, &h);
    }
    put_healthy_row("all of these", &all);
    all = healthy_days(SHAPE_FILLING, ceil(days / (double)SHAPE_FILLING));
    put_healthy_row(service_shape_name(SHAPE_FILLING), &all);
    printf("(the last is a leak in all but its end; not among \"all of these\")\n");
}

/* Arguments, else the environment's, else what is usual. */
static int argument(const char *text, const char *variable, int otherwise)
{
    uint64_t value;

    text = text ? text : getenv(variable);
    if (!text || !num_parse_u64(slice_str(text), &value) || value < 1 || value > 10000000)
        return otherwise;
    return (int)value;
}

int main(int argc, char **argv)
{
    int days = argument(argc > 2 ? argv[2] : NULL, "HEAPREEL_BENCH_DAYS", 112);
    int leaks = argument(argc > 1 ? argv[1] : NULL, "HEAPREEL_BENCH_LEAKS", 30);
    int rows = argument(argc > 3 ? argv[3] : NULL, "HEAPREEL_BENCH_ROWS", 1000000);

    printf("early warning on simulated services: seed %llu\n", (unsigned long long)SEED);
    leaks_put(leaks);
    put_healthy(days);
    cost_put(rows);
    return 0;
}
