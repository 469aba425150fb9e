/* Verdicts in plain words: sentences, their short form, whom they name, advice. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "model/align.h"
#include "model/base/compiler.h"
#include "model/base/text.h"
#include "model/detect/advice.h"
#include "model/detect/story.h"
#include "tests/unit/made.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"

TestSuite(story, .fini = test_abort_on_leak);

#define MIB MADE_MIB
#define S MADE_S
#define END INT64_MAX

static void expect_story(const struct session *s, int64_t at_ns, bool ascii,
                         const char *want)
{
    struct text got = {0};

    story_put_verdict(s, s->processes[0], at_ns, ascii, &got);
    cr_expect_str_eq(text_str(&got), want, "\n got: %s\nwant: %s", text_str(&got), want);
    text_finish(&got);
}

static void expect_brief(const struct session *s, int width, const char *want)
{
    struct text got = {0};

    story_put_brief(s, s->processes[0], END, width, false, NULL, &got);
    cr_expect_str_eq(text_str(&got), want, "%d\n got: %s\nwant: %s", width,
                     text_str(&got), want);
    text_finish(&got);
}

/* 50 MiB, from 20 s on 11.8 MiB more each second; the collector takes 1.2 %. */
static const struct made_line leaking[] = {
    {METRIC_HEAP_LIVE, 50 * MIB, 11.8 * MIB, 20},
    {METRIC_GC_CPU_FRACTION, 0.012, 0, 0},
};

static struct session *leak_of(enum event_kind kind, enum severity severity)
{
    struct session *s = made_session(leaking, COUNT_OF(leaking), 31);
    struct finding f = made_finding(s, kind, severity, METRIC_HEAP_LIVE, 20, 24);

    f.slope_per_s = 11.8 * MIB;
    finding_number(&f, "r2", 0.991);
    (void)session_add_finding(s, &f);
    return s;
}

static void foretell(struct session *s, int64_t as_of_s, double eta_s, double low_s,
                     double high_s)
{
    const struct forecast f = {
        .as_of_ns = as_of_s * S,
        .onset_ns = 20 * S,
        .end = FORECAST_KILL,
        .metric = METRIC_HEAP_LIVE,
        .level = 168 * MIB,
        .slope_per_s = 11.8 * MIB,
        .slope_low = 11 * MIB,
        .slope_high = 12 * MIB,
        .fit_r2 = 0.991,
        .need_bytes = 287 * MIB,
        .limit_bytes = 320 * MIB,
        .limit_source = "cgroup",
        .eta_s = eta_s,
        .eta_low_s = low_s,
        .eta_high_s = high_s,
    };

    forecast_log_add(&s->processes[0]->forecasts, &f);
}

Test(story, leak_without_a_limit)
{
    struct session *s = leak_of(EVENT_LEAK, SEVERITY_WARNING);

    expect_story(s, END, false,
                 "live heap grows 11.8 MiB/s since +0:20.0, steady, R² 0.99; no limit is "
                 "known to measure it against; GC share unchanged at 1.2 %: not pressure "
                 "but retention");
    s->limit_bytes = 320 * MIB;
    expect_story(s, END, true,
                 "live heap grows 11.8 MiB/s since +0:20.0, steady, R2 0.99; GC share "
                 "unchanged at 1.2 %: not pressure but retention");
    session_destroy(s);
}

Test(story, pre_oom_with_a_forecast)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);

    foretell(s, 26, 18, 15, 21);
    foretell(s, 30, 14, 11, 17);
    expect_story(s, END, false,
                 "live heap grows 11.8 MiB/s since +0:20.0, steady, R² 0.99; next peak "
                 "(287 MiB now) reaches the 320 MiB limit in 14 s ± 3.0 s; GC share "
                 "unchanged at 1.2 %: not pressure but retention");
    expect_story(s, END, true,
                 "live heap grows 11.8 MiB/s since +0:20.0, steady, R2 0.99; next peak "
                 "(287 MiB now) reaches the 320 MiB limit in 14 s +/- 3.0 s; GC share "
                 "unchanged at 1.2 %: not pressure but retention");
    session_destroy(s);
}

/* At a moment of the replay what was known then: the older forecast, two seconds old. */
Test(story, is_causal)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);

    foretell(s, 26, 18, 15, 21);
    foretell(s, 30, 14, 11, 17);
    expect_story(s, 28 * S, false,
                 "live heap grows 11.8 MiB/s since +0:20.0, steady, R² 0.99; next peak "
                 "(287 MiB now) reaches the 320 MiB limit in 16 s ± 3.0 s; GC share "
                 "unchanged at 1.2 %: not pressure but retention");
    expect_story(s, 24 * S - 1, false,
                 "nothing grows beyond load and warm-up; live heap 61.8 MiB; GC 1.2 % of "
                 "the CPU");
    session_destroy(s);
}

static const struct {
    const char *name;
    double eta_s, low_s, high_s;
    const char *want;
} intervals[] = {
    {"even", 100, 80, 125, "in 1m40s ± 22 s"},
    {"long on one side", 100, 90, 200, "in 1m40s (80 %: 1m30s to 3m20s)"},
    {"open", 100, 60, INFINITY, "in 1m40s (80 %: not before 1m00s)"},
    {"near", 4.13, 3.4, 4.8, "in 4.1 s ± 0.7 s"},
    {"days", 3 * 86400 + 7200, 2 * 86400, 4 * 86400, "in 3d02h ± 1d00h"},
};

Test(story, intervals)
{
    for (size_t i = 0; i < COUNT_OF(intervals); i++) {
        struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);
        struct text got = {0};

        foretell(s, 30, intervals[i].eta_s, intervals[i].low_s, intervals[i].high_s);
        story_put_verdict(s, s->processes[0], END, false, &got);
        cr_expect(strstr(text_str(&got), intervals[i].want), "%s: %s", intervals[i].name,
                  text_str(&got));
        text_finish(&got);
        session_destroy(s);
    }
}

Test(story, where_the_limit_is_reached)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);
    struct text got = {0};

    foretell(s, 30, 0, 0, 1);
    story_put_verdict(s, s->processes[0], END, false, &got);
    cr_expect(
        strstr(text_str(&got), "; next peak (287 MiB now) is at the 320 MiB limit;"),
        "%s", text_str(&got));
    text_finish(&got);
    session_destroy(s);
}

Test(story, thrash_ahead)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);
    struct text got = {0};

    foretell(s, 30, 14, 11, 17);
    s->processes[0]->forecasts.items[0].end = FORECAST_THRASH;
    story_put_verdict(s, s->processes[0], END, false, &got);
    cr_expect(strstr(text_str(&got),
                     "; live heap reaches GOMEMLIMIT of 320 MiB in 14 s ± "
                     "3.0 s, and collections then run back to back;"),
              "%s", text_str(&got));
    text_finish(&got);
    session_destroy(s);
}

/* Without a log of forecasts the event's own figures, as long as they are of the future.
 */
Test(story, the_event_tells_its_end)
{
    struct session *s = made_session(leaking, 1, 31);
    struct finding f =
        made_finding(s, EVENT_PRE_OOM, SEVERITY_CRITICAL, METRIC_HEAP_LIVE, 20, 24);

    f.slope_per_s = 11.8 * MIB;
    finding_number(&f, "eta_s", 10);
    finding_number(&f, "eta_low_s", 9);
    finding_number(&f, "eta_high_s", 11);
    finding_number(&f, "limit_bytes", 320 * MIB);
    (void)session_add_finding(s, &f);
    expect_story(
        s, 25 * S, false,
        "live heap grows 11.8 MiB/s since +0:20.0; next peak reaches the 320 MiB "
        "limit in 9.0 s ± 1.0 s");
    s->limit_bytes = 320 * MIB;
    expect_story(
        s, 35 * S, false,
        "live heap grows 11.8 MiB/s since +0:20.0; next peak reaches the 320 MiB "
        "limit in 4.0 s ± 1.0 s");
    session_destroy(s);
}

Test(story, growth_that_ended)
{
    struct session *s = leak_of(EVENT_LEAK, SEVERITY_WARNING);

    event_close(s->findings[0], 27 * S);
    expect_story(
        s, END, false,
        "live heap grew 11.8 MiB/s from +0:20.0 to +0:27.0, steady, R² 0.99, and "
        "no more since then");
    expect_brief(s, 60, "live heap grew 11.8 MiB/s from +0:20.0 to +0:27.0");
    session_destroy(s);
}

Test(story, goroutines_before_the_heap_that_they_hold)
{
    struct session *s = leak_of(EVENT_LEAK, SEVERITY_WARNING);
    struct finding f =
        made_finding(s, EVENT_LEAK, SEVERITY_WARNING, METRIC_SCHED_GOROUTINES, 11, 23);

    s->limit_bytes = 320 * MIB;
    f.slope_per_s = 0.05;
    (void)session_add_finding(s, &f);
    expect_story(s, END, false,
                 "goroutines grow 3/min since +0:11.0; GC share unchanged at 1.2 %: not "
                 "pressure but retention");
    /* A pre-oom goes before a leak all the same, and names what grows beside it. */
    f = made_finding(s, EVENT_PRE_OOM, SEVERITY_CRITICAL, METRIC_MEM_RSS, 20, 25);
    f.slope_per_s = 20 * MIB;
    (void)session_add_finding(s, &f);
    expect_story(s, END, false,
                 "resident memory grows 20.0 MiB/s since +0:20.0; of it live heap 11.8 "
                 "MiB/s; goroutines grow 3/min as well; GC share unchanged at 1.2 %: not "
                 "pressure but retention");
    session_destroy(s);
}

Test(story, pressure_as_well)
{
    static const struct made_line lines[] = {
        {METRIC_HEAP_LIVE, 50 * MIB, 1 * MIB, 20},
        {METRIC_GC_CPU_FRACTION, 0.02, 0.05, 20},
    };
    struct session *s = made_session(lines, COUNT_OF(lines), 31);
    struct finding f =
        made_finding(s, EVENT_LEAK, SEVERITY_WARNING, METRIC_HEAP_LIVE, 20, 24);

    s->limit_bytes = 320 * MIB;
    f.slope_per_s = MIB;
    (void)session_add_finding(s, &f);
    expect_story(s, END, false,
                 "live heap grows 1.00 MiB/s since +0:20.0; GC share 2.0 % to 27.0 %: "
                 "pressure as well");
    session_destroy(s);
}

Test(story, pressure)
{
    static const struct made_line lines[] = {{METRIC_HEAP_LIVE, 110 * MIB, 0, 0}};
    struct session *s = made_session(lines, COUNT_OF(lines), 60);
    struct finding f = made_finding(s, EVENT_GC_PRESSURE, SEVERITY_WARNING,
                                    METRIC_GC_CPU_FRACTION, 15, 18);
    struct event *first;

    finding_number(&f, "gc_cpu_fraction", 0.35);
    finding_number(&f, "gc_cpu_fraction_before", 0.02);
    finding_number(&f, "cycles_per_s", 41);
    finding_number(&f, "cycles_per_s_before", 2);
    finding_number(&f, "assist_share", 0.3);
    first = session_add_finding(s, &f);
    expect_story(
        s, END, false,
        "GC takes 35.0 % of the CPU since +0:15.0 (2.0 % before); 41 cycles/s (2 "
        "before); 30.0 % of marking by assists; live heap 110 MiB as before: "
        "pressure, not retention");
    expect_brief(s, 80,
                 "GC takes 35.0 % of the CPU since +0:15.0 · 41 cycles/s · live "
                 "heap 110 MiB");
    event_close(first, 30 * S);
    f.began_ns = 40 * S;
    f.detected_ns = 42 * S;
    event_close(session_add_finding(s, &f), 50 * S);
    expect_story(
        s, END, false,
        "GC took 35.0 % of the CPU from +0:40.0 to +0:50.0 (2.0 % before); 41 "
        "cycles/s (2 before); 30.0 % of marking by assists; live heap 110 MiB as "
        "before: pressure, not retention; the 2nd time");
    session_destroy(s);
}

Test(story, thrash)
{
    static const struct made_line lines[] = {{METRIC_HEAP_LIVE, 60 * MIB, 1 * MIB, 0}};
    struct session *s = made_session(lines, COUNT_OF(lines), 51);
    struct finding f =
        made_finding(s, EVENT_GC_THRASH, SEVERITY_CRITICAL, METRIC_COUNT, 40, 45);

    finding_number(&f, "limit_bytes", 112 * MIB);
    finding_number(&f, "gc_cpu_fraction", 0.5);
    (void)session_add_finding(s, &f);
    expect_story(
        s, END, false,
        "GC takes 50.0 % of the CPU since +0:40.0; live heap 108 MiB, too near to "
        "GOMEMLIMIT (112 MiB)");
    session_destroy(s);
}

Test(story, killed)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);

    foretell(s, 26, 6, 5, 7);
    (void)made_kill(s, 31, 320 * MIB, NAN);
    expect_story(s, END, false,
                 "killed for want of memory at its 320 MiB limit at +0:31.0; told 7.0 s "
                 "before; live heap grew 11.8 MiB/s since +0:20.0, steady, R² 0.99; GC "
                 "share unchanged at 1.2 %: not pressure but retention");
    expect_brief(s, 120,
                 "killed at its 320 MiB limit, +0:31.0 · told 7.0 s before · live "
                 "heap +11.8 MiB/s since +0:20.0");
    session_destroy(s);
    s = made_session(leaking, COUNT_OF(leaking), 31);
    (void)made_kill(s, 31, NAN, NAN);
    expect_story(s, END, false,
                 "killed for want of memory at +0:31.0; nothing foretold it");
    session_destroy(s);
    /* A leak was told, and no limit known to measure it against. */
    s = leak_of(EVENT_LEAK, SEVERITY_WARNING);
    (void)made_kill(s, 31, NAN, NAN);
    expect_story(
        s, END, false,
        "killed for want of memory at +0:31.0; growth told 7.0 s before; live "
        "heap grew 11.8 MiB/s since +0:20.0, steady, R² 0.99; GC share unchanged "
        "at 1.2 %: not pressure but retention");
    session_destroy(s);
}

/* Waves over a leak: each alarm was over before the next, and the kill came after all. */
Test(story, killed_after_waves)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);

    event_close(s->findings[0], 26 * S);
    (void)made_kill(s, 31, 320 * MIB, NAN);
    expect_story(s, END, false,
                 "killed for want of memory at its 320 MiB limit at +0:31.0; told 7.0 s "
                 "before; live heap grew from 50.0 MiB to 144 MiB since +0:20.0");
    session_destroy(s);
}

Test(story, other_deaths)
{
    struct session *s = made_session(leaking, COUNT_OF(leaking), 20);
    struct notice notice = notice_empty(EVENT_FATAL);

    notice.message = SLICE("concurrent map writes\x1b[2J in goroutine 10");
    (void)made_kill_with(s, 19, &notice);
    expect_story(s, END, false,
                 "ended with a fatal error, not for want of memory: concurrent map "
                 "writes\\x1b[2J in goroutine 10; nothing grows beyond load and warm-up; "
                 "live heap 50.0 MiB; "
                 "GC 1.2 % of the CPU");
    session_destroy(s);
    s = made_session(leaking, COUNT_OF(leaking), 20);
    notice.message = SLICE("Go runtime: out of memory: cannot allocate");
    (void)made_kill_with(s, 19, &notice);
    expect_story(s, END, false, "out of memory at +0:19.0; nothing foretold it");
    session_destroy(s);
}

Test(story, health)
{
    static const struct made_line lines[] = {
        {METRIC_HEAP_LIVE, 50 * MIB, 0, 0},
        {METRIC_MEM_RSS, 90 * MIB, 1 * MIB, 50},
        {METRIC_GC_CPU_FRACTION, 0.01, 0, 0},
    };
    struct session *s = made_session(lines, COUNT_OF(lines), 61);

    s->limit_bytes = 320 * MIB;
    expect_story(s, END, false,
                 "nothing grows beyond load and warm-up; live heap 50.0 MiB; resident "
                 "memory at most 100 MiB of the 320 MiB limit; GC 1.0 % of the CPU");
    expect_brief(s, 80,
                 "live heap 50.0 MiB · resident memory 100 MiB of 320 MiB · GC 1.0 "
                 "% of the CPU");
    expect_brief(s, 60, "live heap 50.0 MiB · resident memory 100 MiB of 320 MiB");
    session_destroy(s);
    s = made_session(lines, COUNT_OF(lines), 3);
    expect_story(s, END, false, "too little to tell: 3 records");
    session_destroy(s);
}

/* At every width it fits; when it will be over goes before everything else. */
Test(story, brief_fits)
{
    struct session *s = leak_of(EVENT_PRE_OOM, SEVERITY_CRITICAL);

    foretell(s, 30, 14, 11, 17);
    for (int width = 0; width <= 140; width++) {
        for (int ascii = 0; ascii < 2; ascii++) {
            struct text got = {0};

            story_put_brief(s, s->processes[0], END, width, ascii, NULL, &got);
            cr_expect_leq(text_cells(text_str(&got)), width, "%s", text_str(&got));
            cr_expect(width < 34 || strstr(text_str(&got), "peak at 320 MiB in 14 s"),
                      "%d: %s", width, text_str(&got));
            for (size_t i = 0; ascii && i < got.len; i++)
                cr_expect(got.ptr[i] > 0, "%s", text_str(&got));
            text_finish(&got);
        }
    }
    expect_brief(s, 120,
                 "live heap +11.8 MiB/s since +0:20.0 · peak at 320 MiB in 14 s ± "
                 "3.0 s · GC share flat: retention");
    expect_brief(s, 80,
                 "live heap +11.8 MiB/s since +0:20.0 · peak at 320 MiB in 14 s ± "
                 "3.0 s");
    expect_brief(s, 40, "peak at 320 MiB in 14 s ± 3.0 s");
    session_destroy(s);
}

/* A series that an input named. */
Test(story, names_pass_the_gate)
{
    struct session *s = made_session(leaking, COUNT_OF(leaking), 31);
    struct finding f =
        made_finding(s, EVENT_LEAK, SEVERITY_WARNING, METRIC_HEAP_LIVE, 20, 24);
    /* A title, a bell, and U+202E, which as a literal would mislead the reader here. */
    static const char hostile[] = {'q', '\x1b', ']',    '0',    ';',
                                   'x', '\x07', '\xe2', '\x80', '\xae'};
    struct text got = {0};
    uint32_t metric;

    cr_assert(metric_register(&s->metrics, slice_of(hostile, sizeof hostile), UNIT_COUNT,
                              &metric));
    f.metric = metric;
    f.slope_per_s = 3;
    (void)session_add_finding(s, &f);
    story_put_verdict(s, s->processes[0], END, false, &got);
    cr_expect(strstr(text_str(&got), "x.q\\x1b]0;x\\x07\\u{202e} grows 3/s since"), "%s",
              text_str(&got));
    text_finish(&got);
    session_destroy(s);
}

static const struct {
    double per_s;
    enum unit unit;
    const char *want;
} rates[] = {
    {11.8 * MIB, UNIT_BYTES, "11.8 MiB/s"},
    {2048, UNIT_BYTES, "2.00 KiB/s"},
    {512, UNIT_BYTES, "30.0 KiB/min"},
    {2, UNIT_BYTES, "7.03 KiB/h"},
    {0, UNIT_BYTES, "0 B/h"},
    {426, UNIT_COUNT, "426/s"},
    {0.05, UNIT_COUNT, "3/min"},
    {0.001, UNIT_COUNT, "3.60/h"},
    {-0.05, UNIT_COUNT, "3/min"},
};

Test(story, rates)
{
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        char got[STORY_RATE_TEXT];

        cr_expect_str_eq(story_rate(got, rates[i].per_s, rates[i].unit, false),
                         rates[i].want, "row %zu: %s", i, got);
    }
}

/* Real heap profiles. */

static struct session *recording(const char *folder, const char *const *names,
                                 size_t count)
{
    struct session *s = session_create();

    for (size_t i = 0; i < count; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)session_add_trace(s, path);
    }
    align_session(s);
    return s;
}

static const char *const upload_files[] = {
    "memstats.ndjson.zst", "heap-000.pb.gz", "heap-001.pb.gz",
    "heap-002.pb.gz",      "heap-003.pb.gz",
};

/* `go tool pprof -top -cum -unit=B -diff_base=heap-001.pb.gz heap-003.pb.gz` has
 * 92,845,924 for main.upload.func1, all of it allocated by io.ReadAll. */
Test(story, blames_who_keeps_it)
{
    struct session *s = recording("upload", upload_files, COUNT_OF(upload_files));
    const struct process *p = s->processes[0];
    int64_t from_ns, to_ns;
    struct blame blame;

    cr_assert_eq(s->process_count, 1);
    cr_assert(process_span(p, &from_ns, &to_ns));
    blame = blame_find(s, p, PROFILE_HEAP, from_ns + 26 * S, END);
    cr_assert(blame.has);
    cr_expect(blame.is_growth);
    cr_expect(slice_eq(profile_symbol_name(s->profiles, blame.symbol),
                       SLICE("main.upload.func1")));
    cr_expect_gt(blame.share, 0.9);
    cr_expect_eq(blame.amount, 92845924, "%.0f", blame.amount);
    /* Causal: by then no profile had been taken since the growth began. */
    cr_expect_not(blame_find(s, p, PROFILE_HEAP, from_ns + 26 * S, from_ns + 28 * S).has);
    cr_expect_not(blame_find(s, p, PROFILE_GOROUTINE, from_ns + 26 * S, END).has);
    session_destroy(s);
}

static const char *const lateleak_files[] = {"memstats.ndjson.zst", "heap-000.pb.gz",
                                             "heap-001.pb.gz", "heap-002.pb.gz"};

Test(story, names_the_leak)
{
    struct session *s = recording("lateleak", lateleak_files, COUNT_OF(lateleak_files));
    struct process *p = s->processes[0];
    int64_t from_ns, to_ns;
    struct finding f;
    struct text got = {0};

    cr_assert_eq(s->process_count, 1);
    cr_assert(process_span(p, &from_ns, &to_ns));
    f = finding_of(EVENT_LEAK, SEVERITY_WARNING, p, from_ns + 20 * S, from_ns + 24 * S);
    f.has_series = true;
    f.metric = METRIC_HEAP_GOAL;
    f.slope_per_s = 24 * MIB;
    (void)session_add_finding(s, &f);
    story_put_verdict(s, p, END, false, &got);
    cr_expect(strstr(text_str(&got), "see `main.lateLeak` ("), "%s", text_str(&got));
    text_clear(&got);
    story_put_verdict(s, p, from_ns + 25 * S, false, &got);
    cr_expect_not(strstr(text_str(&got), "lateLeak"), "not known yet: %s",
                  text_str(&got));
    text_finish(&got);
    session_destroy(s);
}

/* With one profile alone: who holds the heap, which is not who grew. */
Test(story, one_profile)
{
    static const char *const files[] = {"memstats.ndjson.zst", "heap-002.pb.gz"};
    struct session *s = recording("lateleak", files, COUNT_OF(files));
    int64_t from_ns, to_ns;
    struct blame blame;

    cr_assert(process_span(s->processes[0], &from_ns, &to_ns));
    blame = blame_find(s, s->processes[0], PROFILE_HEAP, from_ns + 20 * S, END);
    cr_assert(blame.has);
    cr_expect_not(blame.is_growth);
    cr_expect(blame.share > 0.6, "%g", blame.share);
    session_destroy(s);
}

Test(story, memo_gives_the_same)
{
    struct session *s = recording("upload", upload_files, COUNT_OF(upload_files));
    const struct process *p = s->processes[0];
    struct blame_memo memo = {0};
    uint64_t seed = 4;
    int64_t from_ns, to_ns;

    cr_assert(process_span(p, &from_ns, &to_ns));
    for (size_t i = 0; i < 200; i++) {
        int64_t at_ns = from_ns + (int64_t)test_random_below(&seed, 45) * S;
        int64_t onset_ns = from_ns + (int64_t)test_random_below(&seed, 3) * 10 * S;
        struct blame want = blame_find(s, p, PROFILE_HEAP, onset_ns, at_ns);
        struct blame got = blame_recall(&memo, s, p, PROFILE_HEAP, onset_ns, at_ns);

        cr_expect_eq(got.has, want.has, "round %zu", i);
        cr_expect(!want.has || (got.symbol == want.symbol && got.share == want.share),
                  "round %zu", i);
    }
    session_destroy(s);
}

Test(story, advice)
{
    struct session *s = made_session(leaking, COUNT_OF(leaking), 31);

    for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
        struct finding f =
            made_finding(s, kind, SEVERITY_CRITICAL, METRIC_HEAP_LIVE, 1, 2);
        const char *advice = event_advice(session_add_finding(s, &f));

        if (kind == EVENT_RULE || kind == EVENT_RESTART ||
            kind == EVENT_VARIANCE_CHANGE || kind == EVENT_SPIKE)
            continue;
        cr_expect(advice && *advice, "%s", event_kind_name(kind));
        f.advice = SLICE("ask Anna");
        cr_expect_str_eq(event_advice(session_add_finding(s, &f)), "ask Anna");
    }
    session_destroy(s);
}

Test(story, advice_fits_the_series)
{
    struct session *s = made_session(leaking, COUNT_OF(leaking), 31);
    static const struct {
        enum event_kind kind;
        uint32_t metric;
        const char *part;
    } rows[] = {
        {EVENT_LEAK, METRIC_HEAP_LIVE, "-diff_base"},
        {EVENT_LEAK, METRIC_SCHED_GOROUTINES, "goroutine profiles"},
        {EVENT_LEAK, METRIC_MEM_OFFHEAP, "cgo, mmap"},
        {EVENT_PRE_OOM, METRIC_HEAP_LIVE, "while it lives"},
        {EVENT_PRE_OOM, METRIC_SCHED_GOROUTINES, "goroutine profile now"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct finding f =
            made_finding(s, rows[i].kind, SEVERITY_WARNING, rows[i].metric, 1, 2);
        const char *advice = event_advice(session_add_finding(s, &f));

        cr_expect(strstr(advice, rows[i].part), "%s", advice);
    }
    session_destroy(s);
}

static double any_number(uint64_t *seed)
{
    static const double numbers[] = {0,      -1,    1e300,     -1e300,   NAN,
                                     1e-300, 1e18,  INFINITY,  0.5,      320 * MIB,
                                     -0.0,   -1e18, -INFINITY, 4.9e-324, 1};

    return numbers[test_random_below(seed, COUNT_OF(numbers))];
}

static void find_anything(struct session *s, uint64_t *seed)
{
    static const char *const names[] = {
        "r2",          "eta_s",           "eta_low_s",    "eta_high_s",
        "limit_bytes", "gc_cpu_fraction", "cycles_per_s", "gc_cpu_fraction_before"};
    int64_t began_s = (int64_t)test_random_below(seed, 40);
    struct finding f =
        made_finding(s, (enum event_kind)test_random_below(seed, EVENT_KINDS),
                     (enum severity)test_random_below(seed, 4),
                     (uint32_t)test_random_below(seed, METRIC_COUNT + 1), began_s,
                     began_s + (int64_t)test_random_below(seed, 20));
    struct event *e;

    f.slope_per_s = any_number(seed);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (test_random_below(seed, 2))
            finding_number(&f, names[i], any_number(seed));
    }
    e = session_add_finding(s, &f);
    if (test_random_below(seed, 3) == 0)
        event_close(e, f.began_ns + (int64_t)test_random_below(seed, 50) * S);
}

/* Whatever figures there are, a sentence comes of it; its short form fits. */
Test(story, any_figures)
{
    uint64_t seed = 20261121;

    for (size_t round = 0; round < 400; round++) {
        const struct made_line lines[] = {
            {METRIC_HEAP_LIVE, any_number(&seed), any_number(&seed), 5},
            {METRIC_MEM_RSS, any_number(&seed), any_number(&seed), 9},
            {METRIC_GC_CPU_FRACTION, any_number(&seed), any_number(&seed), 0},
        };
        struct session *s = made_session(lines, COUNT_OF(lines), 1 + round % 60);
        int width = (int)test_random_below(&seed, 130);
        int64_t at_ns = (int64_t)test_random_below(&seed, 70) * S;
        struct text got = {0};

        for (size_t i = 0; i < 4; i++)
            find_anything(s, &seed);
        foretell(s, 10, any_number(&seed), any_number(&seed), any_number(&seed));
        if (round % 3 == 0)
            (void)made_kill(s, 50, any_number(&seed), any_number(&seed));
        story_put_verdict(s, s->processes[0], at_ns, round & 1, &got);
        cr_expect_gt(got.len, 0, "round %zu", round);
        text_clear(&got);
        story_put_brief(s, s->processes[0], at_ns, width, round & 1, NULL, &got);
        cr_expect_leq(text_cells(text_str(&got)), width, "round %zu: %s", round,
                      text_str(&got));
        text_finish(&got);
        session_destroy(s);
    }
}
