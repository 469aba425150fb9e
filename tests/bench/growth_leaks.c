/*
 * How early a leak is told, and how well the time that is left.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "tests/bench/growth_parts.h"
#include "tests/bench/service.h"
#include "tests/bench/usual.h"

/* 0: a row a cycle. */
static const double leak_paces[] = {0, 1, 15};
static const char *const leak_pace_names[] = {"each cycle", "1 s", "15 s"};

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
        .gogc = gogcs[(size_t)run % GOGCS],
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
        watch_all(s);
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
    list_finish(&f->lead);
    list_finish(&f->onset);
    list_finish(&f->eta);
    list_finish(&f->eta_abs);
    list_finish(&f->inside);
    list_finish(&f->halves);
    list_finish(&f->log);
    for (int q = 0; q < QUARTERS; q++)
        list_finish(&f->later[q]);
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
    put_figure(6, f.runs ? 100.0 * f.told / f.runs : NAN, 0, " %");
    put_figure(5, list_quantile(&f.lead, 0.5), 2, "");
    put_figure(5, list_quantile(&f.lead, 0.1), 2, "");
    put_figure(6, list_quantile(&f.onset, 0.5), 1, " %");
    put_figure(6, list_quantile(&f.eta_abs, 0.5), 1, " %");
    put_bias(7, list_quantile(&f.eta, 0.5));
    for (int q = 0; q < QUARTERS; q++)
        put_figure(6, list_quantile(&f.later[q], 0.5), 1, " %");
    put_figure(6, list_mean(&f.inside), 0, " %");
    put_figure(6, list_mean(&f.log), 0, " %");
    put_figure(6, list_quantile(&f.halves, 0.8), 2, "");
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
    for (size_t i = 0; i < GOGCS; i++) {
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
    put_figure(8, 100.0 * told / (double)count, 0, " %");
    put_figure(8, list_quantile(&lead, 0.5), 2, "");
    put_figure(8, list_quantile(&lead, 0.1), 2, "");
    put_figure(10, 100.0 * with_false / (double)count, 0, " %");
    printf("\n");
    list_finish(&lead);
}

void leaks_put(int each)
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
