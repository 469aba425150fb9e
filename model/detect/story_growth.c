/* Stories of what grows. */
#include <math.h>
#include <string.h>

#include "model/base/num.h"
#include "model/detect/evidence.h"
#include "model/detect/story.h"
#include "model/detect/story_internal.h"
#include "model/detect/story_teller.h"

static const char *plus_minus(const struct teller *t)
{
    return t->ascii ? "+/-" : "±";
}

/* What grows, how fast, since when, how sure. */
struct trend {
    uint32_t metric;
    int64_t since_ns;
    double slope_per_s, r2; /* NaN = unknown */
    bool is_over;
    int64_t end_ns;
};

static struct trend trend_of(const struct event *e, const struct forecast *f,
                             int64_t at_ns)
{
    struct trend trend = {
        .metric = e->metric,
        .since_ns = e->time_ns,
        .slope_per_s = e->slope_per_s,
        .r2 = NAN,
        .is_over = story_is_over(e, at_ns),
        .end_ns = e->end_ns,
    };

    (void)evidence_number(e, "r2", &trend.r2);
    if (f && f->metric == e->metric && !trend.is_over) {
        trend.since_ns = f->onset_ns;
        trend.slope_per_s = f->slope_per_s;
        trend.r2 = f->fit_r2;
    }
    return trend;
}

/* From here on a straight line says all there is to say of the growth. */
#define STEADY_R2 0.95

static void put_fit(const struct teller *t, struct text *out, double r2)
{
    if (!isfinite(r2))
        return;
    /* No fit is without a fault: 0.999, not 1. */
    text_printf(out, "%s, R%s %.*f", r2 >= STEADY_R2 ? ", steady" : "",
                t->ascii ? "2" : "²", r2 >= 0.995 ? 3 : 2, fmin(r2, 0.999));
}

static void put_subject(const struct teller *t, uint32_t metric, struct text *out)
{
    const char *brief = t->is_brief ? story_brief_subject(metric) : NULL;

    if (brief)
        text_put_str(out, brief);
    else
        story_put_subject(t->session, metric, t->ascii, out);
}

static const char *verb_of(const struct trend *trend, bool is_past)
{
    if (is_past)
        return "grew";
    return story_is_plural(trend->metric) ? "grow" : "grows";
}

static void put_trend(struct teller *t, const struct trend *trend, bool is_past)
{
    struct text *out = teller_clause(t, 1);
    enum unit unit = metric_unit(&t->session->metrics, trend->metric);
    char rate[STORY_RATE_TEXT];

    put_subject(t, trend->metric, out);
    if (!t->is_brief || trend->is_over)
        text_printf(out, " %s", verb_of(trend, is_past || trend->is_over));
    if (isfinite(trend->slope_per_s))
        text_printf(out, " %s%s", t->is_brief && !trend->is_over ? "+" : "",
                    story_rate(rate, trend->slope_per_s, unit, t->ascii));
    text_put_str(out, trend->is_over ? " from " : " since ");
    teller_put_offset(t, out, trend->since_ns);
    if (trend->is_over) {
        text_put_str(out, " to ");
        teller_put_offset(t, out, trend->end_ns);
    }
    if (!t->is_brief)
        put_fit(t, out, trend->r2);
    if (trend->is_over && !t->is_brief)
        text_put_str(out, ", and no more since then");
}

/* Where it leads: figures of the forecast of now, else of the event, as of then. */
struct end {
    bool has;
    bool is_thrash;
    double limit_bytes, need_bytes;      /* NaN = unknown */
    double eta_s, eta_low_s, eta_high_s; /* from now on */
};

static struct end end_of_forecast(const struct teller *t, const struct forecast *f)
{
    double passed_s = teller_seconds(f->as_of_ns, t->now_ns);

    return (struct end){
        .has = isfinite(f->limit_bytes) && isfinite(f->eta_s),
        .is_thrash = f->end == FORECAST_THRASH,
        .limit_bytes = f->limit_bytes,
        .need_bytes = f->need_bytes,
        .eta_s = f->eta_s - passed_s,
        .eta_low_s = f->eta_low_s - passed_s,
        .eta_high_s = f->eta_high_s - passed_s,
    };
}

static struct end end_of_event(const struct teller *t, const struct event *e)
{
    double passed_s = teller_seconds(e->detected_ns, t->now_ns);
    const char *kind = evidence_text(e, "end");
    struct end end = {.limit_bytes = NAN, .need_bytes = NAN};

    end.has = evidence_number(e, "eta_s", &end.eta_s) &&
              evidence_number(e, "limit_bytes", &end.limit_bytes);
    end.is_thrash = kind && strcmp(kind, forecast_end_name(FORECAST_THRASH)) == 0;
    end.eta_low_s = end.eta_high_s = NAN;
    (void)evidence_number(e, "eta_low_s", &end.eta_low_s);
    (void)evidence_number(e, "eta_high_s", &end.eta_high_s);
    end.eta_s -= passed_s;
    end.eta_low_s -= passed_s;
    end.eta_high_s -= passed_s;
    /* What was foretold for a moment that has passed says nothing of now. */
    end.has = end.has && end.eta_s > 0;
    return end;
}

/* An interval of so little has no sides worth telling apart. */
#define NARROW 0.1

/* "14 s ± 3 s"; where one side of the interval is much longer, both ends of it. */
static void put_eta(const struct teller *t, struct text *out, const struct end *end)
{
    double early_s = end->eta_s - end->eta_low_s, late_s = end->eta_high_s - end->eta_s;
    char eta[UNIT_TEXT], low[UNIT_TEXT], high[UNIT_TEXT];

    text_put_str(out, story_seconds(eta, end->eta_s));
    if (!isfinite(early_s) || isnan(late_s))
        return;
    if (early_s + late_s <= NARROW * end->eta_s ||
        (late_s <= 2 * early_s && early_s <= 2 * late_s))
        text_printf(out, " %s %s", plus_minus(t),
                    story_seconds(high, (early_s + late_s) / 2));
    else if (isfinite(late_s))
        text_printf(out, " (80 %%: %s to %s)", story_seconds(low, end->eta_low_s),
                    story_seconds(high, end->eta_high_s));
    else
        text_printf(out, " (80 %%: not before %s)", story_seconds(low, end->eta_low_s));
}

static void put_limit(const struct teller *t, struct text *out, const struct end *end)
{
    if (!t->is_brief)
        text_put_str(out, end->is_thrash ? "GOMEMLIMIT of " : "the ");
    teller_put_bytes(t, out, end->limit_bytes);
    if (!t->is_brief && !end->is_thrash)
        text_put_str(out, " limit");
}

/* "peak at 320 MiB in 14 s ± 3 s". */
static void put_brief_end(struct teller *t, const struct end *end)
{
    struct text *out = teller_clause(t, 0);

    text_put_str(out, end->is_thrash ? "live heap at " : "peak at ");
    put_limit(t, out, end);
    text_put_str(out, end->eta_s > 0 ? " in " : " now");
    if (end->eta_s > 0)
        put_eta(t, out, end);
}

static void put_end(struct teller *t, const struct end *end)
{
    struct text *out = teller_clause(t, 0);

    text_put_str(out, end->is_thrash ? "live heap" : "next peak");
    if (!end->is_thrash && isfinite(end->need_bytes)) {
        text_put_str(out, " (");
        teller_put_bytes(t, out, end->need_bytes);
        text_put_str(out, " now)");
    }
    text_put_str(out, end->eta_s > 0 ? " reaches " : " is at ");
    put_limit(t, out, end);
    if (end->eta_s > 0) {
        text_put_str(out, " in ");
        put_eta(t, out, end);
    }
    if (end->is_thrash)
        text_put_str(out, ", and collections then run back to back");
}

/* A leak without an end in sight: because no limit is known? */
static void put_no_limit(struct teller *t)
{
    static const uint32_t limits[] = {METRIC_MEM_LIMIT, METRIC_MEM_GOMEMLIMIT};
    struct series series;

    if (t->is_brief || !isnan(t->session->limit_bytes))
        return;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        if (session_series(t->session, t->process, limits[i], &series))
            return;
    }
    text_put_str(teller_clause(t, 4), "no limit is known to measure it against");
}

/* So much more of the CPU is no longer "unchanged". */
#define SHARE_RISE 2.0
#define SHARE_RISE_MIN 0.05

/* The collector's share of the CPU before the growth, and since: the detector's figures,
 * else what the rows say. */
static bool find_shares(const struct teller *t, const struct event *e, double *before,
                        double *now)
{
    if (evidence_number(e, "gc_cpu_fraction_before", before) &&
        (evidence_number(e, "gc_cpu_fraction_now", now) ||
         evidence_number(e, "gc_cpu_fraction", now)))
        return true;
    return teller_middle(t, METRIC_GC_CPU_FRACTION, INT64_MIN, e->time_ns, before) &&
           teller_middle(t, METRIC_GC_CPU_FRACTION, e->time_ns, t->at_ns, now);
}

/* Does the collector work harder than before? If not, what is there is kept. */
static void put_cause(struct teller *t, const struct event *e)
{
    double before, now;
    char was[UNIT_TEXT], is[UNIT_TEXT];
    struct text *out;

    if (!find_shares(t, e, &before, &now))
        return;
    out = teller_clause(t, 3);
    (void)unit_format(was, before, UNIT_RATIO, t->ascii);
    (void)unit_format(is, now, UNIT_RATIO, t->ascii);
    if (now > before * SHARE_RISE && now - before > SHARE_RISE_MIN)
        text_printf(out, "GC share %s%s%s: pressure as well", was,
                    t->is_brief ? "-" : " to ", is);
    else if (t->is_brief)
        text_put_str(out, "GC share flat: retention");
    else
        text_printf(out, "GC share unchanged at %s: not pressure but retention", is);
}

/* Less than that of the whole's growth is no reason for it. */
#define REASON_SHARE 0.15

/* Which kind of the memory in it grows? */
static void put_inside(struct teller *t, const struct trend *trend)
{
    static const uint32_t kinds[] = {METRIC_HEAP_LIVE, METRIC_MEM_OFFHEAP,
                                     METRIC_STACK_INUSE};
    bool is_all = trend->metric == METRIC_MEM_RSS || trend->metric == METRIC_MEM_CGROUP;
    bool is_heap = trend->metric == METRIC_HEAP_GOAL || trend->metric == METRIC_HEAP_END;
    size_t count = is_all ? COUNT_OF(kinds) : is_heap ? 1 : 0;
    double most = trend->slope_per_s * REASON_SHARE, slope;
    uint32_t metric = METRIC_COUNT;
    char rate[STORY_RATE_TEXT];
    struct text *out;

    if (trend->is_over)
        return;
    for (size_t i = 0; i < count; i++) {
        if (teller_slope(t, kinds[i], trend->since_ns, t->at_ns, &slope) &&
            slope > most) {
            most = slope;
            metric = kinds[i];
        }
    }
    if (metric == METRIC_COUNT)
        return;
    out = teller_clause(t, 2);
    text_put_str(out, t->is_brief ? "" : "of it ");
    put_subject(t, metric, out);
    text_printf(out, " %s%s", t->is_brief ? "+" : "",
                story_rate(rate, most, UNIT_BYTES, t->ascii));
}

/* What holds memory by growing in number says more of the cause than the memory. */
static void put_company(struct teller *t, const struct event *e)
{
    const struct event *other =
        story_growth_of(t->session, t->process, METRIC_SCHED_GOROUTINES, t->at_ns);
    char rate[STORY_RATE_TEXT];

    if (!other || other == e || e->metric == METRIC_SCHED_GOROUTINES)
        return;
    text_printf(teller_clause(t, 2), "goroutines %s%s%s", t->is_brief ? "+" : "grow ",
                story_rate(rate, other->slope_per_s, UNIT_COUNT, t->ascii),
                t->is_brief ? "" : " as well");
}

static void put_blame(struct teller *t, uint32_t metric, int64_t onset_ns)
{
    enum profile_kind kind =
        metric == METRIC_SCHED_GOROUTINES ? PROFILE_GOROUTINE : PROFILE_HEAP;
    struct blame blame =
        blame_recall(t->memo, t->session, t->process, kind, onset_ns, t->at_ns);
    char share[UNIT_TEXT];
    struct text *out;

    if (!blame.has)
        return;
    out = teller_clause(t, 2);
    text_put_str(out, t->is_brief ? "`" : "see `");
    story_put_name(out, profile_symbol_name(t->session->profiles, blame.symbol),
                   t->ascii);
    text_printf(out, "` %s%s%s%s", t->is_brief ? "" : "(",
                unit_format(share, blame.share, UNIT_RATIO, t->ascii),
                t->is_brief       ? ""
                : blame.is_growth ? " of the growth"
                                  : " of what is held",
                t->is_brief ? "" : ")");
}

static bool is_heap(uint32_t metric)
{
    return metric == METRIC_HEAP_LIVE || metric == METRIC_HEAP_ALLOC ||
           metric == METRIC_HEAP_INUSE || metric == METRIC_HEAP_GOAL ||
           metric == METRIC_HEAP_OBJECTS || metric == METRIC_HEAP_START ||
           metric == METRIC_HEAP_END;
}

/* RSS and the cgroup grow with the heap as a rule: its profile may tell. */
static bool may_blame(uint32_t metric)
{
    return is_heap(metric) || metric == METRIC_SCHED_GOROUTINES ||
           metric == METRIC_MEM_RSS || metric == METRIC_MEM_CGROUP;
}

void teller_growth(struct teller *t, const struct event *e, bool is_past)
{
    const struct forecast *f = forecast_at(&t->process->forecasts, t->at_ns);
    struct trend trend;
    struct end end = {0};

    if (!e->has_series) {
        story_put_name(teller_clause(t, 0), slice_str(e->message), t->ascii);
        return;
    }
    trend = trend_of(e, f, t->at_ns);
    put_trend(t, &trend, is_past);
    put_inside(t, &trend);
    if (!is_past && !trend.is_over) {
        if (f)
            end = end_of_forecast(t, f);
        else if (t->process->forecasts.count == 0)
            end = end_of_event(t, e);
        if (!end.has)
            put_no_limit(t);
        else if (t->is_brief)
            put_brief_end(t, &end);
        else
            put_end(t, &end);
    }
    put_company(t, e);
    if (!trend.is_over)
        put_cause(t, e);
    if (may_blame(trend.metric))
        put_blame(t, trend.metric, trend.since_ns);
}

void teller_waves(struct teller *t)
{
    static const uint32_t metrics[] = {METRIC_HEAP_LIVE, METRIC_HEAP_GOAL,
                                       METRIC_HEAP_INUSE, METRIC_MEM_RSS,
                                       METRIC_MEM_CGROUP};
    int64_t onset_ns;
    double first, last;

    if (!story_first_onset(t->session, t->process, t->at_ns, &onset_ns))
        return;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        struct text *out;

        if (!teller_recent(t, metrics[i], onset_ns, &first) ||
            !teller_recent(t, metrics[i], t->at_ns, &last))
            continue;
        out = teller_clause(t, 1);
        put_subject(t, metrics[i], out);
        text_put_str(out, t->is_brief ? " " : " grew from ");
        teller_put_bytes(t, out, first);
        text_put_str(out, " to ");
        teller_put_bytes(t, out, last);
        text_put_str(out, " since ");
        teller_put_offset(t, out, onset_ns);
        break;
    }
    put_blame(t, METRIC_HEAP_LIVE, onset_ns);
}
