#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/text.h"
#include "model/detect/rule.h"
#include "model/session.h"
#include "tests/unit/support.h"

TestSuite(rule_watch, .fini = test_abort_on_leak);

#define S(n) ((int64_t)((n) * (double)NS_PER_S))

/* A process, a set with one rule and its watch. */
struct bench {
    struct session *session;
    struct process *process;
    struct rule_set *set;
    struct rule_watch *watch;
};

static struct bench start(struct rule_text rule)
{
    struct bench b = {.session = session_create(), .set = rule_set_create()};
    struct rule_error err;

    b.process =
        session_add_process(b.session, session_add_source(b.session, "a.log"))->process;
    if (rule.keys[RULE_NAME].len == 0)
        rule.keys[RULE_NAME] = SLICE("r");
    cr_assert(rule_set_add(b.set, &rule, &err), "%s", err.reason);
    b.watch = rule_watch_create(b.set, b.session, b.process);
    return b;
}

static struct bench start_when(const char *when)
{
    return start((struct rule_text){.keys = {[RULE_WHEN] = slice_str(when)}});
}

static void stop(struct bench *b)
{
    rule_watch_destroy(b->watch);
    rule_set_destroy(b->set);
    session_destroy(b->session);
}

static uint32_t metric_of(struct session *s, struct slice name)
{
    uint32_t metric;

    for (metric = 0; metric < METRIC_COUNT; metric++) {
        if (slice_eq(name, slice_str(metric_info(metric)->name)))
            return metric;
    }
    cr_assert(metric_register(&s->metrics, slice_after(name, 2), UNIT_NONE, &metric));
    return metric;
}

/* Rows as text: "0 heap.alloc=5 gc.pause=3e9; 1 heap.alloc=6". */
static void feed(struct bench *b, const char *rows)
{
    char *copy = strdup(rows), *outer = NULL, *inner = NULL;

    for (char *row = strtok_r(copy, ";", &outer); row;
         row = strtok_r(NULL, ";", &outer)) {
        struct feed_value values[8];
        struct feed_row out = {.values = values};
        char *word = strtok_r(row, " ", &inner);

        out.time_ns = S(strtod(word, NULL));
        while ((word = strtok_r(NULL, " ", &inner)) != NULL) {
            char *equals = strrchr(word, '=');
            struct slice name = slice_of(word, (size_t)(equals - word));

            values[out.count++] = (struct feed_value){metric_of(b->session, name),
                                                      strtod(equals + 1, NULL)};
        }
        rule_watch_row(b->watch, &out);
    }
    free(copy);
}

static void feed_one(struct bench *b, double time_s, uint32_t metric, double value)
{
    struct feed_value v = {metric, value};

    rule_watch_row(b->watch, &(struct feed_row){S(time_s), &v, 1});
}

/* Each event as "began-told" or "began-told-ended", in seconds. */
static const char *events_of(char out[256], const struct session *s)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < s->finding_count && len < 200; i++) {
        const struct event *e = s->findings[i];

        len += (size_t)snprintf(out + len, 256 - len, "%s%g-%g", i ? " " : "",
                                (double)e->time_ns / 1e9, (double)e->detected_ns / 1e9);
        if (e->has_end)
            len += (size_t)snprintf(out + len, 256 - len, "-%g", (double)e->end_ns / 1e9);
    }
    return out;
}

static const struct {
    const char *when;
    const char *rows;
    const char *events;
} told[] = {
    {"heap.alloc > 5", "0 heap.alloc=5;1 heap.alloc=6;2 heap.alloc=7", "1-1"},
    {"heap.alloc >= 5", "0 heap.alloc=5", "0-0"},
    {"heap.alloc < 5", "0 heap.alloc=5;1 heap.alloc=4", "1-1"},
    {"heap.alloc <= 5", "0 heap.alloc=6;1 heap.alloc=5", "1-1"},
    {"heap.alloc == 5", "0 heap.alloc=6;1 heap.alloc=5", "1-1"},
    {"heap.alloc != 5", "0 heap.alloc=5;1 heap.alloc=6", "1-1"},
    {"not heap.alloc > 5", "0 heap.alloc=6;1 heap.alloc=5", "1-1"},
    /* what binds how */
    {"heap.alloc - 1 - 1 > 1", "0 heap.alloc=3;1 heap.alloc=4", "1-1"},
    {"heap.alloc / 2 / 2 == 2", "0 heap.alloc=2;1 heap.alloc=8", "1-1"},
    {"1 + heap.alloc * 2 == 7", "0 heap.alloc=2.5;1 heap.alloc=3", "1-1"},
    {"-heap.alloc + 5 < 0", "0 heap.alloc=5;1 heap.alloc=6", "1-1"},
    {"heap.alloc > 5 or heap.live > 5 and heap.goal > 5",
     "0 heap.live=6 heap.goal=1;1 heap.alloc=6", "1-1"},
    {"not heap.alloc > 5 and heap.live > 5", "0 heap.alloc=1 heap.live=6", "0-0"},
    /* units: series of times are in ns */
    {"gc.pause > 100ms", "0 gc.pause=1e8;1 gc.pause=100000001", "1-1"},
    {"heap.alloc > 1MiB", "0 heap.alloc=1048576;1 heap.alloc=1048577", "1-1"},
    {"gc.assist.share > 85%", "0 gc.assist.share=0.85;1 gc.assist.share=0.86", "1-1"},
    {"gc.pause / gc.interval > 50%", "0 gc.pause=4 gc.interval=9;1 gc.pause=5", "1-1"},
    /* what is missing makes nothing true */
    {"heap.alloc > 5", "0 heap.live=9", ""},
    {"not heap.alloc > 5", "0 heap.live=9", ""},
    {"heap.alloc > 5 and not heap.live > 5", "0 heap.alloc=9", ""},
    {"heap.alloc > 5 or heap.live > 5", "0 heap.alloc=9", "0-0"},
    {"heap.alloc / heap.live > 5", "0 heap.alloc=9 heap.live=0", ""},
    {"heap.alloc > 95% * limit", "0 heap.alloc=1e18", ""},
    {"heap.alloc + heap.live > 8", "0 heap.alloc=4;1 heap.live=5", "1-1"},
    /* … nor what is stale */
    {"heap.alloc + heap.live > 8", "0 heap.alloc=4;301 heap.live=5", ""},
    {"heap.alloc + heap.live > 8", "0 heap.alloc=4;400 heap.alloc=4;901 heap.live=5",
     "901-901"},
    /* for */
    {"heap.alloc > 5 for 3 samples",
     "0 heap.alloc=6;1 heap.alloc=6;2 heap.alloc=1;3 heap.alloc=6;4 heap.alloc=6;"
     "5 heap.live=1;6 heap.alloc=6",
     "3-6"},
    {"heap.alloc > 5 for 3s",
     "0 heap.alloc=6;1 heap.alloc=6;2 heap.alloc=1;3 heap.alloc=6;5 heap.alloc=6;"
     "6 heap.live=1;7 heap.alloc=6",
     "3-7"},
    {"(heap.alloc > 5 for 2 samples) and heap.live > 5",
     "0 heap.alloc=6 heap.live=9;1 heap.alloc=6;2 heap.live=6", "1-1"},
    {"not (heap.alloc > 5 for 2 samples)", "0 heap.alloc=6;1 heap.alloc=6", "0-0"},
    /* nobody looked: an hour between two samples says nothing of it */
    {"heap.alloc > 5 for 1m", "0 heap.alloc=6;1 heap.alloc=6;3600 heap.alloc=6", ""},
    /* functions */
    {"delta(heap.alloc) > 5", "0 heap.alloc=1;1 heap.alloc=6;2 heap.alloc=12", "2-2"},
    {"rate(heap.alloc) > 5", "0 heap.alloc=0;2 heap.alloc=10;4 heap.alloc=21", "4-4"},
    {"rate(heap.alloc) > 5B/s", "0 heap.alloc=0;2 heap.alloc=10;4 heap.alloc=21", "4-4"},
    {"rate(gc.cpu.stw over 2s) > 500ms/s", "0 gc.cpu.stw=0;2 gc.cpu.stw=1000000001",
     "2-2"},
    {"delta(heap.alloc over 2 samples) == 0",
     "0 heap.alloc=1;1 heap.alloc=6;2 heap.alloc=1", "2-2"},
    {"max(heap.goal over 3 samples) == min(heap.goal over 3 samples)",
     "0 heap.goal=1;1 heap.goal=6;2 heap.goal=6;3 heap.goal=6", "3-3"},
    {"mean(heap.alloc over 2 samples) > 5",
     "0 heap.alloc=9;1 heap.alloc=1;2 heap.alloc=10", "2-2"},
    {"heap.alloc > 2 * quantile(1, heap.alloc over 2 samples)",
     "0 heap.alloc=1;1 heap.alloc=3;2 heap.alloc=6;3 heap.alloc=13", "3-3"},
    {"min(heap.alloc over 10s) > 5", "0 heap.alloc=6;5 heap.alloc=6;9 heap.alloc=6", ""},
    {"min(heap.alloc over 10s) > 5", "0 heap.alloc=6;5 heap.alloc=6;10 heap.alloc=6",
     "10-10"},
    {"delta(min(heap.alloc over 2 samples) over 1 sample) > 1",
     "0 heap.alloc=1;1 heap.alloc=9;2 heap.alloc=5;3 heap.alloc=7", "2-2"},
    /* names that inputs bring, with labels or without */
    {"x.up == 0", "0 x.up=1;1 x.up=0", "1-1"},
    {"x.up == 0", "0 x.upper=0;1 x.up{a=\"b\"}=0", "1-1"},
    {"x.up == 0", "0 x.up{a=\"b\"}=1;1 x.up{a=\"c\"}=0;2 x.up{a=\"b\"}=0", "2-2"},
    {"x.up{a=\"c\"} == 0", "0 x.up{a=\"b\"}=0;1 x.up{a=\"c\"}=0", "1-1"},
    {"'x.up(s)' == 0", "0 x.up(s)=0", "0-0"},
};

Test(rule_watch, tells)
{
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        struct bench b = start_when(told[i].when);
        char events[256];

        feed(&b, told[i].rows);
        cr_expect_str_eq(events_of(events, b.session), told[i].events, "%s, %s: %s",
                         told[i].when, told[i].rows, events);
        stop(&b);
    }
}

/* It ends when it was otherwise for ten seconds and five samples, as known by then. */
Test(rule_watch, ends_after_calm)
{
    struct bench b = start_when("heap.alloc > 5");
    char events[256];

    feed(&b,
         "0 heap.alloc=6;1 heap.alloc=1;4 heap.alloc=1;7 heap.alloc=1;10 heap.alloc=1");
    cr_expect_str_eq(events_of(events, b.session), "0-0", "%s", events);
    feed(&b, "11 heap.alloc=1");
    cr_expect_str_eq(events_of(events, b.session), "0-0-11", "%s", events);
    stop(&b);
}

Test(rule_watch, ends_as_its_clear_says)
{
    struct bench b = start(
        (struct rule_text){.keys = {[RULE_WHEN] = SLICE("heap.alloc > 10 for 3 samples"),
                                    [RULE_CLEAR] = SLICE("heap.alloc < 5")}});
    char events[256];

    for (int i = 0; i < 100; i++)
        feed_one(&b, i, METRIC_HEAP_ALLOC, 11);
    for (int i = 100; i < 200; i++)
        feed_one(&b, i, METRIC_HEAP_ALLOC, 7);
    cr_expect_str_eq(events_of(events, b.session), "0-2", "%s", events);
    for (int i = 200; i < 211; i++)
        feed_one(&b, i, METRIC_HEAP_ALLOC, 4);
    cr_expect_str_eq(events_of(events, b.session), "0-2-210", "%s", events);
    stop(&b);
}

Test(rule_watch, clear_has_a_for_of_its_own)
{
    struct bench b = start(
        (struct rule_text){.keys = {[RULE_WHEN] = SLICE("heap.alloc > 10"),
                                    [RULE_CLEAR] = SLICE("heap.alloc < 5 for 1m")}});
    char events[256];

    feed_one(&b, 0, METRIC_HEAP_ALLOC, 11);
    for (int i = 1; i < 100; i++)
        feed_one(&b, i, METRIC_HEAP_ALLOC, 4);
    cr_expect_str_eq(events_of(events, b.session), "0-0-61", "%s", events);
    stop(&b);
}

/* A figure at its bound, up and down every half minute of a day: a handful of events. */
Test(rule_watch, does_not_flap)
{
    struct bench b = start_when("heap.alloc > 5");

    for (int i = 0; i < 86400; i++)
        feed_one(&b, i, METRIC_HEAP_ALLOC, i / 30 % 2 ? 4 : 6);
    cr_expect_leq(b.session->finding_count, 3u, "%zu", b.session->finding_count);
    stop(&b);
    b = start_when("heap.alloc > 5"); /* and with a week of random calm in between */
    {
        uint64_t seed = 7;
        double time_s = 0;

        for (int i = 0; i < 20000; i++) {
            feed_one(&b, time_s, METRIC_HEAP_ALLOC, test_random_below(&seed, 10) ? 4 : 6);
            time_s += (double)test_random_below(&seed, 60);
        }
    }
    cr_expect_leq(b.session->finding_count, 12u, "%zu", b.session->finding_count);
    stop(&b);
}

/* What was known at the time: --limit, else the cgroup's, else Go's. */
Test(rule_watch, limit)
{
    struct bench b = start_when("heap.alloc > limit");
    char events[256];

    b.session->limit_bytes = 1; /* what a kernel log says in the end does not count */
    feed(&b, "0 heap.alloc=9");
    cr_expect_str_eq(events_of(events, b.session), "", "%s", events);
    feed(&b, "1 mem.gomemlimit=9223372036854775807;2 heap.alloc=9");
    cr_expect_str_eq(events_of(events, b.session), "", "%s", events);
    feed(&b, "3 mem.gomemlimit=8;4 mem.limit=20;5 heap.alloc=10");
    cr_expect_str_eq(events_of(events, b.session), "", "%s", events);
    feed(&b, "6 mem.limit=9223372036854771712;7 heap.alloc=9");
    cr_expect_str_eq(events_of(events, b.session), "7-7", "%s", events);
    stop(&b);
    b = start_when("heap.alloc > limit");
    b.session->limit_bytes = 30;
    b.session->is_limit_given = true;
    feed(&b, "0 mem.limit=5;1 heap.alloc=30;2 heap.alloc=31");
    cr_expect_str_eq(events_of(events, b.session), "2-2", "%s", events);
    stop(&b);
}

static double evidence_of(const struct event *e, const char *name)
{
    for (size_t i = 0; i < e->evidence_count; i++) {
        if (strcmp(e->evidence[i].name, name) == 0)
            return e->evidence[i].number;
    }
    return NAN;
}

Test(rule_watch, event_says_all)
{
    struct bench b = start((struct rule_text){
        .keys = {[RULE_NAME] = SLICE("slow"),
                 [RULE_WHEN] = SLICE("gc.pause > 2 * 50ms and heap.alloc > 95% * limit"),
                 [RULE_KIND] = SLICE("pause-outlier"),
                 [RULE_SEVERITY] = SLICE("warning"),
                 [RULE_SERIES] = SLICE("gc.pause"),
                 [RULE_MESSAGE] = SLICE("{gc.pause} ({value} > {bound}) {heap.alloc} of "
                                        "{limit}, {heap.live} {x.n} {"),
                 [RULE_ADVICE] = SLICE("sleep")}});
    const struct event *e;

    feed(&b, "1 mem.limit=104857600 x.n=7;2 gc.pause=2.5e8 heap.alloc=104857600");
    cr_assert_eq(b.session->finding_count, 1u);
    e = b.session->findings[0];
    cr_expect_eq(e->kind, EVENT_PAUSE_OUTLIER);
    cr_expect_eq(e->severity, SEVERITY_WARNING);
    cr_expect_eq(e->process, b.process);
    cr_expect_str_eq(e->rule, "slow");
    cr_expect_str_eq(e->advice, "sleep");
    cr_expect(e->has_series && e->metric == METRIC_GC_PAUSE);
    cr_expect_eq(e->after, 2.5e8);
    cr_expect_str_eq(e->message, "250 ms (250 ms > 100 ms) 100 MiB of 100 MiB, - 7 {",
                     "%s", e->message);
    cr_expect_eq(evidence_of(e, "gc.pause"), 2.5e8);
    cr_expect_eq(evidence_of(e, "heap.alloc"), 104857600);
    cr_expect_eq(evidence_of(e, "limit_bytes"), 104857600);
    cr_expect_eq(evidence_of(e, "value"), 0.25);
    stop(&b);
}

Test(rule_watch, without_a_message)
{
    struct bench b = start_when("rate(alloc.total) > 20MiB/s");
    const struct event *e;

    feed(&b, "1 alloc.total=0;2 alloc.total=31457280");
    cr_assert_eq(b.session->finding_count, 1u);
    e = b.session->findings[0];
    cr_expect_str_eq(e->message,
                     "rate(alloc.total) > 20MiB/s: 30.0 MiB/s against 20.0 MiB/s", "%s",
                     e->message);
    cr_expect_eq(e->kind, EVENT_RULE);
    cr_expect_eq(e->severity, SEVERITY_NOTICE);
    cr_expect_null(e->advice);
    cr_expect_eq(e->metric, METRIC_ALLOC_TOTAL);
    stop(&b);
}

/* A full session refuses notices; the rule goes on all the same. */
Test(rule_watch, full_session)
{
    struct bench b = start_when("heap.alloc > 5");
    struct finding f = finding_of(EVENT_RULE, SEVERITY_INFO, b.process, 0, 0);

    for (int i = 0; i < SESSION_FINDINGS_MAX; i++)
        (void)session_add_finding(b.session, &f);
    for (int i = 0; i < 100; i++)
        feed_one(&b, i, METRIC_HEAP_ALLOC, i < 3 ? 6 : 1);
    cr_expect_eq(b.session->finding_count, (size_t)SESSION_FINDINGS_MAX);
    stop(&b);
}

static const char *const causal_rules[] = {
    "heap.alloc > 70",
    "heap.alloc > 50 for 3 samples",
    "mean(heap.alloc over 20s) > 55",
    "delta(min(heap.alloc over 10 samples) over 10 samples) > 5",
    "heap.alloc > 1.2 * quantile(0.9, heap.alloc over 50 samples)",
    "rate(heap.alloc over 5s) > 5 or heap.live > 90",
};

/* One step of a random walk of figures and pauses, the same for a seed. */
static void walk(struct bench *b, size_t steps)
{
    uint64_t seed = 11;
    double time_s = 0, value = 50;

    for (size_t i = 0; i < steps; i++) {
        bool is_live = test_random_below(&seed, 3) == 0;

        time_s += (double)test_random_below(&seed, i % 100 ? 3 : 1000);
        value += (double)test_random_below(&seed, 21) - 10;
        value = value < 0 ? 0 : value > 100 ? 100 : value;
        feed_one(b, time_s, is_live ? METRIC_HEAP_LIVE : METRIC_HEAP_ALLOC, value);
    }
}

/* Cut anywhere: the events told by then, and none that was closed later is closed. */
Test(rule_watch, causal)
{
    for (size_t k = 0; k < COUNT_OF(causal_rules); k++) {
        struct bench whole = start_when(causal_rules[k]);
        size_t all;

        walk(&whole, 2000);
        all = whole.session->finding_count;
        cr_expect_gt(all, 0u, "%s", causal_rules[k]);
        for (size_t cut = 0; cut < 2000; cut += 97) {
            struct bench part = start_when(causal_rules[k]);

            walk(&part, cut);
            cr_expect_leq(part.session->finding_count, all);
            for (size_t i = 0; i < part.session->finding_count; i++) {
                const struct event *a = part.session->findings[i],
                                   *e = whole.session->findings[i];

                cr_expect(a->time_ns == e->time_ns && a->detected_ns == e->detected_ns,
                          "%s", causal_rules[k]);
                cr_expect_str_eq(a->message, e->message);
                cr_expect(!a->has_end || a->end_ns == e->end_ns);
            }
            stop(&part);
        }
        stop(&whole);
    }
}

Test(rule_watch, hostile_values)
{
    static const double values[] = {0, -0.0, 1.7e308, -1.7e308, 5e-324, 1, -1};

    for (size_t k = 0; k < COUNT_OF(causal_rules); k++) {
        struct bench b = start_when(causal_rules[k]);
        uint64_t seed = k;

        for (int i = 0; i < 1000; i++) {
            struct feed_value v = {METRIC_HEAP_ALLOC,
                                   values[test_random_below(&seed, COUNT_OF(values))]};

            rule_watch_row(b.watch,
                           &(struct feed_row){i % 9 ? i : INT64_MAX - 1000 + i, &v, 1});
        }
        stop(&b);
    }
}
