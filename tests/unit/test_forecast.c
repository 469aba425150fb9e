/* What was foretold at each moment, and what detectors' words are called. */
#include <assert.h>
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/forecast.h"
#include "model/session.h"
#include "tests/unit/made.h"
#include "tests/unit/support.h"

TestSuite(forecast, .fini = test_abort_on_leak);

static void add(struct forecast_log *log, int64_t as_of_ns, double eta_s, bool is_over)
{
    forecast_log_add(log, &(struct forecast){
                              .as_of_ns = as_of_ns, .eta_s = eta_s, .is_over = is_over});
}

/* Growth foretold at 10, 20 and 30, over at 40, a new one from 60 on. */
static const struct {
    int64_t at_ns;
    double eta_s; /* 0: nothing foretold */
} looked_up[] = {
    {INT64_MIN, 0}, {9, 0},  {10, 100}, {19, 100}, {20, 80}, {30, 60},       {39, 60},
    {40, 0},        {59, 0}, {60, 500}, {61, 500}, {70, 7},  {INT64_MAX, 7},
};

Test(forecast, of_a_moment)
{
    struct forecast_log log = {0};

    cr_expect_null(forecast_at(&log, 0));
    add(&log, 10, 100, false);
    add(&log, 20, 80, false);
    add(&log, 30, 60, false);
    add(&log, 40, 0, true);
    add(&log, 60, 500, false);
    /* Two of the same moment: the later one knew more. */
    add(&log, 70, 8, false);
    add(&log, 70, 7, false);
    for (size_t i = 0; i < COUNT_OF(looked_up); i++) {
        const struct forecast *f = forecast_at(&log, looked_up[i].at_ns);

        cr_expect_eq(f != NULL, looked_up[i].eta_s > 0, "row %zu", i);
        cr_expect(!f || f->eta_s == looked_up[i].eta_s, "row %zu", i);
    }
    forecast_log_finish(&log);
    cr_expect_null(forecast_at(&log, 30));
}

/* However many come: bounded, in order, the newest there and dense, the past sparser the
 * older it is. */
static const size_t amounts[] = {
    1, FORECASTS_MAX - 1, FORECASTS_MAX, FORECASTS_MAX + 1, 2 * FORECASTS_MAX + 3, 50000,
};

Test(forecast, thinning_keeps_order_and_the_newest)
{
    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        struct forecast_log log = {0};
        size_t widest = 0;

        for (size_t k = 0; k < amounts[i]; k++) {
            const struct forecast *f;

            add(&log, (int64_t)k, (double)k, false);
            f = forecast_at(&log, (int64_t)k);
            cr_assert(f && f->eta_s == (double)k, "%zu of %zu", k, amounts[i]);
        }
        cr_expect_leq(log.count, FORECASTS_MAX);
        cr_expect_leq(log.capacity, 2 * FORECASTS_MAX);
        cr_expect(amounts[i] > FORECASTS_MAX || log.count == amounts[i], "none lost");
        for (size_t k = 1; k < log.count; k++) {
            size_t gap = (size_t)(log.items[k].as_of_ns - log.items[k - 1].as_of_ns);

            cr_expect(log.items[k].as_of_ns > log.items[k - 1].as_of_ns);
            if (log.count - k < FORECASTS_MAX / 4)
                widest = gap > widest ? gap : widest;
        }
        cr_expect(amounts[i] == 1 || log.count > FORECASTS_MAX / 2);
        cr_expect_leq(widest, 2, "%zu: gap of %zu", amounts[i], widest);
        forecast_log_finish(&log);
    }
}

Test(forecast, ends_have_names)
{
    cr_expect_str_eq(forecast_end_name(FORECAST_KILL), "oom-kill");
    cr_expect_str_eq(forecast_end_name(FORECAST_THRASH), "gc-thrash");
}

/* The public names, which rules and reports use. */
static const struct {
    enum event_kind kind;
    const char *name;
} kinds[] = {
    {EVENT_OOM_KILLED, "oom-killed"},
    {EVENT_FATAL, "fatal"},
    {EVENT_RESTART, "restart"},
    {EVENT_FORCED_GC, "forced-gc"},
    {EVENT_LEVEL_SHIFT, "level-shift"},
    {EVENT_SLOPE_CHANGE, "slope-change"},
    {EVENT_VARIANCE_CHANGE, "variance-change"},
    {EVENT_SPIKE, "spike"},
    {EVENT_LEAK, "leak"},
    {EVENT_PRE_OOM, "pre-oom"},
    {EVENT_GC_PRESSURE, "gc-pressure"},
    {EVENT_GC_THRASH, "gc-thrash"},
    {EVENT_GOAL_FROZEN, "goal-frozen"},
    {EVENT_HEAP_SPIKE, "heap-spike"},
    {EVENT_PAUSE_OUTLIER, "pause-outlier"},
    {EVENT_ASSIST_SPIKE, "assist-spike"},
    {EVENT_GOROUTINE_GROWTH, "goroutine-growth"},
    {EVENT_OFFHEAP_GROWTH, "offheap-growth"},
    {EVENT_FRAGMENTATION, "fragmentation"},
    {EVENT_RULE, "rule"},
};
static_assert(COUNT_OF(kinds) == EVENT_KINDS, "a row for each kind");

static const char *const no_kinds[] = {"",        "lea",  "leaks", "Leak",
                                       "pre_oom", "oom ", "rule:", "pre-oom\n"};

Test(event_kind, names_and_kinds_are_one)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct slice name = test_exact_copy(kinds[i].name, strlen(kinds[i].name));

        cr_expect_str_eq(event_kind_name(kinds[i].kind), kinds[i].name);
        cr_expect_eq(event_kind_of(name), kinds[i].kind, "%s", kinds[i].name);
        test_free(name);
    }
    for (size_t i = 0; i < COUNT_OF(no_kinds); i++)
        cr_expect_eq(event_kind_of(slice_str(no_kinds[i])), EVENT_KINDS, "\"%s\"",
                     no_kinds[i]);
    cr_expect_eq(event_kind_of((struct slice){0}), EVENT_KINDS);
    cr_expect_str_eq(severity_name(SEVERITY_INFO), "info");
    cr_expect_str_eq(severity_name(SEVERITY_CRITICAL), "critical");
}

static const struct made_line flat[] = {{METRIC_HEAP_LIVE, 50 * MADE_MIB, 0, 0}};

/* What a detector says becomes an event of its own, texts and all. */
Test(finding, becomes_an_event)
{
    struct session *s = made_session(flat, COUNT_OF(flat), 10);
    struct slice message = test_exact_copy("grows", 5), limit = test_exact_copy("x", 1);
    struct finding f = finding_of(EVENT_LEAK, SEVERITY_WARNING, s->processes[0], 9, 4);
    struct event *e;

    cr_expect_eq(f.began_ns, 4, "nothing begins after it was found");
    cr_expect(isnan(f.before) && isnan(f.after) && isnan(f.slope_per_s) && !f.has_series);
    f.message = message;
    finding_number(&f, "eta_s", 12.5);
    finding_text(&f, "limit_source", limit);
    e = session_add_finding(s, &f);
    test_free(message);
    test_free(limit);
    cr_assert(e);
    cr_expect_null(e->source, "nobody told it");
    cr_expect_str_eq(e->message, "grows");
    cr_assert_eq(e->evidence_count, 2);
    cr_expect_str_eq(e->evidence[0].name, "eta_s");
    cr_expect_eq(e->evidence[0].number, 12.5);
    cr_expect_str_eq(e->evidence[1].text, "x");
    cr_expect_eq(event_known_ns(e), 4);
    cr_expect(!e->has_end);
    event_close(e, 7);
    cr_expect(e->has_end && e->end_ns == 7);
    session_destroy(s);
}

/* Side notes give way to warnings, and those have an end as well. */
Test(finding, are_bounded)
{
    struct session *s = made_session(flat, COUNT_OF(flat), 10);
    struct finding note =
        made_finding(s, EVENT_SPIKE, SEVERITY_NOTICE, METRIC_HEAP_LIVE, 1, 2);
    struct finding warning =
        made_finding(s, EVENT_LEAK, SEVERITY_WARNING, METRIC_HEAP_LIVE, 1, 2);

    for (size_t i = 0; i < SESSION_FINDINGS_MAX; i++)
        cr_assert(session_add_finding(s, &note));
    cr_expect_null(session_add_finding(s, &note));
    for (size_t i = 0; i < SESSION_FINDINGS_MAX; i++)
        cr_assert(session_add_finding(s, &warning));
    cr_expect_null(session_add_finding(s, &warning));
    cr_expect_eq(s->finding_count, 2 * SESSION_FINDINGS_MAX);
    session_drop_findings(s);
    cr_expect_eq(session_event_count(s), 0);
    cr_expect(session_add_finding(s, &note));
    session_destroy(s);
}
