/*
 * How early a leak is told, how well the time that is left, and how often something is
 * told of a service that is well: on simulated services, beside the usual alerts.
 *
 *   bench_growth [healthy days] [leaks of each kind] [rows of the cost]
 *
 * Seeds are fixed; README.md says what the columns mean.
 */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/growth.h"
#include "model/detect/inflections.h"
#include "model/detect/pressure.h"
#include "model/detect/watch.h"
#include "tests/bench/service.h"
#include "tests/bench/usual.h"

#define SEED UINT64_C(20261121)
#define DAY_S 86400.0
#define HOUR_S 3600.0

/* The runs of a shape are so many days long, in turn: the first day is the hardest, as no
 * wave has been seen yet. */
static const int run_days[] = {1, 2, 4};

static const double gogcs[] = {100, 50, 200};

/* 0: a row a cycle. */
static const double healthy_paces[] = {0, 1, 5, 15};
static const double leak_paces[] = {0, 1, 15};
static const char *const leak_pace_names[] = {"each cycle", "1 s", "15 s"};

/* An array that grows, and its quantiles. */

struct list {
    double *items;
    size_t count, capacity;
};

static void list_add(struct list *s, double value)
{
    if (isnan(value))
        return;
    s->items = mem_grow(s->items, &s->capacity, s->count + 1, sizeof *s->items);
    s->items[s->count++] = value;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double list_quantile(struct list *s, double share)
{
    if (s->count == 0)
        return NAN;
    qsort(s->items, s->count, sizeof *s->items, compare);
    return s->items[(size_t)(share * (double)(s->count - 1) + 0.5)];
}

static double list_mean(const struct list *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->count; i++)
        sum += s->items[i];
    return s->count ? sum / (double)s->count : NAN;
}

/* One figure of a column; where there is none a dash. */
static void put(int width, double value, int decimals, const char *unit)
{
    char text[32] = "-";

    if (!isnan(value))
        (void)snprintf(text, sizeof text, "%.*f%s", decimals, value, unit);
    printf(" %*s", width, text);
}

static void put_bias(int width, double percent)
{
    char text[32] = "-";

    if (!isnan(percent))
        (void)snprintf(text, sizeof text, "%+.1f %%", percent);
    printf(" %*s", width, text);
}

static void look_at_all(struct session *s)
{
    struct watch *w = watch_create(s, NULL);

    while (watch_advance(w, SIZE_MAX))
        continue;
    watch_destroy(w);
}

/* Healthy days. */

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
        .gogc = gogcs[(size_t)(run / 2) % COUNT_OF(gogcs)],
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
        look_at_all(s);
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

/* Leaks. */

enum leak_kind { LEAK_FLAT, LEAK_WAVES, LEAK_SPELLS, LEAK_START, LEAK_KINDS };
static const char *const leak_names[LEAK_KINDS] = {"from a flat base", "under waves",
                                                   "under spells", "from the start"};

#define QUARTERS 3

struct leak_run {
    enum leak_kind kind;
    int pace;
    double gogc, onset_s, died_s;
    int early;     /* alarms before the onset */
    double told_s; /* NaN: not */
    double lead, onset_error;
    double eta;             /* error when told, a share of what was left */
    double is_inside;       /* 0 or 1 */
    double halves;          /* the error in half-widths of the interval */
    double later[QUARTERS]; /* error at 25, 50, 75 % of the way */
    double inside_log;      /* the share of all forecasts whose interval was right */
    struct usual_told usual[USUALS];
};

static struct service leak_service(enum leak_kind kind, int pace, int run,
                                   uint64_t *state)
{
    double least_s = fmax(60, 20 * leak_paces[pace]);
    double lasts_s = service_log_between(state, least_s, 12 * HOUR_S), at_death;
    struct service w = {
        .shape = kind == LEAK_WAVES    ? SHAPE_DAILY
                 : kind == LEAK_SPELLS ? SHAPE_SPELLS
                                       : SHAPE_FLAT,
        .pace_s = leak_paces[pace],
        .limit = service_log_between(state, 128 * SERVICE_MIB, 8192 * SERVICE_MIB),
        .gogc = gogcs[(size_t)run % COUNT_OF(gogcs)],
        .cycle_s = service_log_between(state, 0.3, fmin(fmax(lasts_s / 60, 0.4), 20)),
        .noise = service_between(state, 0.01, 0.04),
        .noise_s = service_log_between(state, 1, 10),
        .swing = kind == LEAK_WAVES ? 0.1 : 0.15,
        .period_s = lasts_s / service_between(state, 2, 8),
        .overhead = service_between(state, 4, 14) * SERVICE_MIB,
        .per_byte = service_between(state, 1.01, 1.08),
        .onset_s = lasts_s * service_between(state, 0.5, 3),
    };

    if (kind == LEAK_SPELLS)
        w.period_s = lasts_s / 15;
    if (kind == LEAK_START)
        w.onset_s = 0;
    at_death = (w.limit - w.overhead) / w.per_byte / (1 + w.gogc / 100);
    w.level = at_death * service_between(state, 0.3, 0.6);
    w.leak_per_s = (at_death - w.level) / lasts_s;
    w.length_s = w.onset_s + 2 * lasts_s;
    w.seed = *state;
    return w;
}

static double left_of(const struct forecast *c, double died_s)
{
    return died_s - (double)c->as_of_ns * 1e-9;
}

static bool is_inside(const struct forecast *c, double died_s)
{
    double left = left_of(c, died_s);

    return c->eta_low_s <= left && left <= c->eta_high_s;
}

static void judge_first(struct leak_run *r, const struct forecast *c)
{
    double left = left_of(c, r->died_s), half;

    half = left > c->eta_s ? c->eta_high_s - c->eta_s : c->eta_s - c->eta_low_s;
    r->eta = c->eta_s / left - 1;
    r->is_inside = is_inside(c, r->died_s);
    r->halves = fabs(left - c->eta_s) / half;
}

static void judge_forecasts(struct leak_run *r, const struct forecast_log *log)
{
    double inside = 0, count = 0;

    for (size_t i = 0; i < log->count; i++) {
        const struct forecast *c = &log->items[i];

        if (c->is_over || c->as_of_ns < (int64_t)(r->onset_s * 1e9))
            continue;
        if (count == 0)
            judge_first(r, c);
        inside += is_inside(c, r->died_s);
        count++;
    }
    if (count > 0)
        r->inside_log = inside / count;
    for (int q = 0; q < QUARTERS; q++) {
        double at_s = r->onset_s + (q + 1) * 0.25 * (r->died_s - r->onset_s);
        const struct forecast *c = forecast_at(log, (int64_t)(at_s * 1e9));

        if (c)
            r->later[q] = (c->eta_s - left_of(c, at_s)) / (r->died_s - at_s) - 1;
    }
}

static void judge_leak(struct leak_run *r, const struct session *s)
{
    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];
        double at_s = (double)e->detected_ns * 1e-9;

        if (e->severity < SEVERITY_WARNING)
            continue;
        if (at_s < r->onset_s) {
            r->early++;
        } else if (e->kind == EVENT_PRE_OOM && isnan(r->told_s)) {
            r->told_s = at_s;
            r->lead = (r->died_s - at_s) / (r->died_s - r->onset_s);
            r->onset_error = fabs((double)e->time_ns * 1e-9 - r->onset_s) / r->died_s;
        }
    }
    if (!isnan(r->told_s))
        judge_forecasts(r, &s->processes[0]->forecasts);
}

static bool leak_run(enum leak_kind kind, int pace, int run, uint64_t *state,
                     struct leak_run *r)
{
    struct service w = leak_service(kind, pace, run, state);
    struct session *s = session_create();
    bool is_dead;

    *r = (struct leak_run){
        .kind = kind,
        .pace = pace,
        .gogc = w.gogc,
        .onset_s = w.onset_s,
        .told_s = NAN,
        .lead = 0,
        .onset_error = NAN,
        .eta = NAN,
        .is_inside = NAN,
        .halves = NAN,
        .later = {NAN, NAN, NAN},
        .inside_log = NAN,
    };
    for (int i = 0; i < USUALS; i++)
        r->usual[i].first_s = NAN;
    is_dead = service_run(&w, s, &r->died_s);
    if (is_dead) {
        look_at_all(s);
        judge_leak(r, s);
        usual_watch(s->processes[0]->tracks[0], w.limit, fmin(HOUR_S, r->died_s / 8),
                    w.onset_s, r->usual);
    }
    session_destroy(s);
    service_uniform(state);
    return is_dead;
}

typedef bool (*leak_filter)(const struct leak_run *r, int which);

struct leak_figures {
    int runs, told, early;
    struct list lead, onset, eta, eta_abs, inside, halves, later[QUARTERS], log;
};

static void gather(struct leak_figures *f, const struct leak_run *r)
{
    f->runs++;
    f->told += !isnan(r->told_s);
    f->early += r->early;
    list_add(&f->lead, r->lead);
    list_add(&f->onset, 100 * r->onset_error);
    list_add(&f->eta, 100 * r->eta);
    list_add(&f->eta_abs, 100 * fabs(r->eta));
    list_add(&f->inside, 100 * r->is_inside);
    list_add(&f->halves, r->halves);
    list_add(&f->log, 100 * r->inside_log);
    for (int q = 0; q < QUARTERS; q++)
        list_add(&f->later[q], 100 * fabs(r->later[q]));
}

static void figures_finish(struct leak_figures *f)
{
    free(f->lead.items);
    free(f->onset.items);
    free(f->eta.items);
    free(f->eta_abs.items);
    free(f->inside.items);
    free(f->halves.items);
    free(f->log.items);
    for (int q = 0; q < QUARTERS; q++)
        free(f->later[q].items);
}

static void put_leaks_row(const char *name, const struct leak_run *runs, size_t count,
                          leak_filter is_one, int which)
{
    struct leak_figures f = {0};

    for (size_t i = 0; i < count; i++) {
        if (is_one(&runs[i], which))
            gather(&f, &runs[i]);
    }
    printf("%-18s %5d %6d", name, f.runs, f.early);
    put(6, f.runs ? 100.0 * f.told / f.runs : NAN, 0, " %");
    put(5, list_quantile(&f.lead, 0.5), 2, "");
    put(5, list_quantile(&f.lead, 0.1), 2, "");
    put(6, list_quantile(&f.onset, 0.5), 1, " %");
    put(6, list_quantile(&f.eta_abs, 0.5), 1, " %");
    put_bias(7, list_quantile(&f.eta, 0.5));
    for (int q = 0; q < QUARTERS; q++)
        put(6, list_quantile(&f.later[q], 0.5), 1, " %");
    put(6, list_mean(&f.inside), 0, " %");
    put(6, list_mean(&f.log), 0, " %");
    put(6, list_quantile(&f.halves, 0.8), 2, "");
    printf("\n");
    figures_finish(&f);
}

static void put_leaks_head(void)
{
    printf("%-18s %5s %6s %6s %5s %5s %6s %6s %7s %6s %6s %6s %6s %6s %6s\n", "", "runs",
           "false", "told", "lead", "lead", "onset", "ETA", "ETA", "at", "at", "at", "in",
           "in 80%", "x half");
    printf("%-18s %5s %6s %6s %5s %5s %6s %6s %7s %6s %6s %6s %6s %6s %6s\n", "", "", "",
           "", "med.", "10 %", "error", "error", "bias", "25 %", "50 %", "75 %", "80 %",
           "later", "80 %");
}

static bool is_kind(const struct leak_run *r, int which)
{
    return (int)r->kind == which;
}

static bool is_pace(const struct leak_run *r, int which)
{
    return r->pace == which;
}

static bool is_gogc(const struct leak_run *r, int which)
{
    return (int)r->gogc == which;
}

static const double lasting_s[] = {0, 600, HOUR_S, 3 * HOUR_S, INFINITY};

static bool is_lasting(const struct leak_run *r, int which)
{
    double lasted_s = r->died_s - r->onset_s;

    return lasted_s >= lasting_s[which] && lasted_s < lasting_s[which + 1];
}

static bool is_any(const struct leak_run *r, int which)
{
    (void)r;
    (void)which;
    return true;
}

static void put_leaks_table(const struct leak_run *runs, size_t count)
{
    static const char *const lasting_names[] = {"below 10 min", "10 min to 1 h",
                                                "1 h to 3 h", "3 h and more"};

    put_leaks_head();
    for (int i = 0; i < LEAK_KINDS; i++)
        put_leaks_row(leak_names[i], runs, count, is_kind, i);
    for (int i = 0; i < (int)COUNT_OF(leak_paces); i++)
        put_leaks_row(leak_pace_names[i], runs, count, is_pace, i);
    for (int i = 0; i < (int)COUNT_OF(lasting_names); i++)
        put_leaks_row(lasting_names[i], runs, count, is_lasting, i);
    for (size_t i = 0; i < COUNT_OF(gogcs); i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "GOGC=%.0f", gogcs[i]);
        put_leaks_row(name, runs, count, is_gogc, (int)gogcs[i]);
    }
    put_leaks_row("all", runs, count, is_any, 0);
}

/* Which < 0: ours. */
static void put_beside(const char *name, const struct leak_run *runs, size_t count,
                       int which)
{
    struct list lead = {0};
    int told = 0, with_false = 0;

    for (size_t i = 0; i < count; i++) {
        const struct leak_run *r = &runs[i];
        double first_s = which < 0 ? r->told_s : r->usual[which].first_s;

        told += !isnan(first_s);
        with_false += (which < 0 ? r->early : r->usual[which].early) > 0;
        list_add(&lead,
                 isnan(first_s) ? 0 : (r->died_s - first_s) / (r->died_s - r->onset_s));
    }
    printf("%-24s", name);
    put(8, 100.0 * told / (double)count, 0, " %");
    put(8, list_quantile(&lead, 0.5), 2, "");
    put(8, list_quantile(&lead, 0.1), 2, "");
    put(10, 100.0 * with_false / (double)count, 0, " %");
    printf("\n");
    free(lead.items);
}

static void put_leaks(int each)
{
    size_t count = 0, room = LEAK_KINDS * COUNT_OF(leak_paces) * (size_t)each;
    struct leak_run *runs = mem_alloc_array(room, sizeof *runs);
    uint64_t state = SEED;

    for (enum leak_kind kind = 0; kind < LEAK_KINDS; kind++) {
        for (int pace = 0; pace < (int)COUNT_OF(leak_paces); pace++) {
            for (int run = 0; run < each; run++)
                count += leak_run(kind, pace, run, &state, &runs[count]);
        }
    }
    printf(
        "\nleaks that end at the limit, after a minute to twelve hours: %zu of %zu runs "
        "died\n",
        count, room);
    put_leaks_table(runs, count);
    printf("\n%-24s %8s %8s %8s %10s\n", "beside it", "told", "lead", "lead 10%",
           "runs with");
    printf("%-24s %8s %8s %8s %10s\n", "", "", "median", "", "a false");
    put_beside("heapreel", runs, count, -1);
    for (int i = 0; i < USUALS; i++)
        put_beside(usual_name((enum usual)i), runs, count, i);
    free(runs);
}

/* Cost. */

/* Of the processor, so that what else runs on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* A run of so many rows, a second each; the limit is too far to be reached. */
static struct session *long_run(int rows, bool grows)
{
    struct session *s = session_create();
    struct service w = {
        .shape = SHAPE_FLAT,
        .pace_s = 1,
        .length_s = rows,
        .level = 200 * SERVICE_MIB,
        .gogc = 100,
        .cycle_s = 5,
        .noise = 0.02,
        .noise_s = 5,
        .overhead = 8 * SERVICE_MIB,
        .per_byte = 1.03,
        .limit = 1e12,
        .leak_per_s = grows ? 1e9 / rows : 0,
        .seed = SEED,
    };

    (void)service_run(&w, s, NULL);
    return s;
}

typedef void *(*detector_create)(struct session *s, struct process *p);

static void *create_growth(struct session *s, struct process *p)
{
    return growth_create(s, p);
}

static void *create_pressure(struct session *s, struct process *p)
{
    return pressure_create(s, p);
}

static void *create_inflections(struct session *s, struct process *p)
{
    return inflections_create(s, p);
}

enum detector { DETECT_GROWTH, DETECT_PRESSURE, DETECT_INFLECTIONS, DETECTORS };

static const struct {
    const char *name;
    detector_create create;
} detectors[DETECTORS] = {
    {"growth", create_growth},
    {"pressure", create_pressure},
    {"inflections", create_inflections},
};

static void detector_row(enum detector which, void *d, const struct feed_row *row)
{
    if (which == DETECT_GROWTH)
        growth_row(d, row);
    else if (which == DETECT_PRESSURE)
        pressure_row(d, row);
    else
        inflections_row(d, row);
}

static void detector_destroy(enum detector which, void *d)
{
    if (which == DETECT_GROWTH)
        growth_destroy(d);
    else if (which == DETECT_PRESSURE)
        pressure_destroy(d);
    else
        inflections_destroy(d);
}

#define COLUMNS_MAX 16

static size_t read_row(const struct table *t, size_t row,
                       struct feed_value values[COLUMNS_MAX])
{
    size_t count = 0;

    for (unsigned i = 0; i < table_column_count(t) && i < COLUMNS_MAX; i++) {
        double value;

        if (table_cell(t, i, row, &value))
            values[count++] = (struct feed_value){table_column_metric(t, i), value};
    }
    return count;
}

/* Bytes that one detector holds at the end of the run; its findings are dropped first. */
static size_t detector_bytes(enum detector which, struct session *s)
{
    const struct table *t = s->processes[0]->tracks[0]->table;
    size_t before = heap_bytes(), after;
    void *d = detectors[which].create(s, s->processes[0]);
    struct feed_value values[COLUMNS_MAX];

    for (size_t row = 0; row < table_row_count(t); row++) {
        struct feed_row r = {.time_ns = table_row_time(t, row), .values = values};

        r.count = read_row(t, row, values);
        detector_row(which, d, &r);
    }
    session_drop_findings(s);
    after = heap_bytes();
    detector_destroy(which, d);
    return after > before ? after - before : 0;
}

static void put_cost(const char *name, int rows, bool grows)
{
    struct session *s = long_run(rows, grows);
    double began_s = cpu_seconds();

    look_at_all(s);
    printf("%-10s %9zu rows of %u series, all detectors %6.0f ns a row", name,
           process_rows(s->processes[0]),
           table_column_count(s->processes[0]->tracks[0]->table),
           (cpu_seconds() - began_s) / rows * 1e9);
    session_drop_findings(s);
    for (enum detector d = 0; d < DETECTORS; d++)
        printf("%s %s %zu", d ? "," : ";", detectors[d].name,
               detector_bytes(d, s) / 1024);
    printf(" KiB\n");
    session_destroy(s);
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
    int days = argument(argc > 1 ? argv[1] : NULL, "HEAPREEL_BENCH_DAYS", 112);
    int leaks = argument(argc > 2 ? argv[2] : NULL, "HEAPREEL_BENCH_LEAKS", 30);
    int rows = argument(argc > 3 ? argv[3] : NULL, "HEAPREEL_BENCH_ROWS", 1000000);

    printf("early warning on simulated services: seed %llu\n", (unsigned long long)SEED);
    put_leaks(leaks);
    put_healthy(days);
    printf("\ncost (processor time), and what one process's detectors hold\n");
    put_cost("flat", rows, false);
    put_cost("growing", rows, true);
    return 0;
}
