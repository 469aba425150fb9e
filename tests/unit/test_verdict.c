/* One word for a process: the worst that was known of it by a moment. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/base/compiler.h"
#include "model/detect/verdict.h"
#include "tests/unit/made.h"
#include "tests/unit/support.h"

TestSuite(verdict, .fini = test_abort_on_leak);

static const struct made_line lines[] = {{METRIC_HEAP_LIVE, 50 * MADE_MIB, 0, 0}};

static const struct {
    enum event_kind kind;
    enum severity severity;
    enum verdict want;
} found[] = {
    {EVENT_PRE_OOM, SEVERITY_CRITICAL, VERDICT_PRE_OOM},
    {EVENT_PRE_OOM, SEVERITY_NOTICE, VERDICT_HEALTHY},
    {EVENT_LEAK, SEVERITY_WARNING, VERDICT_LEAK},
    {EVENT_LEAK, SEVERITY_INFO, VERDICT_HEALTHY},
    {EVENT_GOROUTINE_GROWTH, SEVERITY_WARNING, VERDICT_LEAK},
    {EVENT_GOROUTINE_GROWTH, SEVERITY_NOTICE, VERDICT_HEALTHY},
    {EVENT_OFFHEAP_GROWTH, SEVERITY_WARNING, VERDICT_LEAK},
    {EVENT_GC_PRESSURE, SEVERITY_WARNING, VERDICT_PRESSURE},
    {EVENT_GC_THRASH, SEVERITY_CRITICAL, VERDICT_PRESSURE},
    {EVENT_ASSIST_SPIKE, SEVERITY_WARNING, VERDICT_PRESSURE},
    {EVENT_LEVEL_SHIFT, SEVERITY_NOTICE, VERDICT_HEALTHY},
    {EVENT_SPIKE, SEVERITY_WARNING, VERDICT_HEALTHY},
    {EVENT_RULE, SEVERITY_CRITICAL, VERDICT_HEALTHY},
};

Test(verdict, of_findings)
{
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        struct session *s = made_session(lines, COUNT_OF(lines), 60);
        struct finding f =
            made_finding(s, found[i].kind, found[i].severity, METRIC_HEAP_LIVE, 10, 20);
        const struct event *e = session_add_finding(s, &f), *because;
        enum verdict got = verdict_of_process(s, s->processes[0], INT64_MAX, &because);

        cr_expect_eq(got, found[i].want, "row %zu: %s", i, verdict_name(got));
        cr_expect(because == (got == VERDICT_HEALTHY ? NULL : e), "row %zu", i);
        cr_expect_eq(verdict_of_session(s, INT64_MAX, &because), got, "row %zu", i);
        /* Began at 10 s, but nobody knew before 20 s. */
        got = verdict_of_process(s, s->processes[0], 20 * MADE_S - 1, &because);
        cr_expect_eq(got, VERDICT_HEALTHY, "row %zu: %s", i, verdict_name(got));
        got = verdict_of_process(s, s->processes[0], 20 * MADE_S, &because);
        cr_expect_eq(got, found[i].want, "row %zu: %s", i, verdict_name(got));
        session_destroy(s);
    }
}

Test(verdict, worsens_as_time_goes_on)
{
    struct session *s = made_session(lines, COUNT_OF(lines), 60);
    struct finding f = made_finding(s, EVENT_LEAK, SEVERITY_WARNING, 0, 10, 20);
    static const struct {
        int64_t at_s;
        enum verdict want;
    } rows[] = {{0, VERDICT_HEALTHY},    {19, VERDICT_HEALTHY}, {20, VERDICT_LEAK},
                {29, VERDICT_LEAK},      {30, VERDICT_PRE_OOM}, {49, VERDICT_PRE_OOM},
                {50, VERDICT_OOM_KILLED}};
    const struct event *because;

    (void)session_add_finding(s, &f);
    f = made_finding(s, EVENT_PRE_OOM, SEVERITY_CRITICAL, 0, 10, 30);
    (void)session_add_finding(s, &f);
    (void)made_kill(s, 50, 320 * MADE_MIB, NAN);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(
            verdict_of_process(s, s->processes[0], rows[i].at_s * MADE_S, &because),
            rows[i].want, "at %lld s", (long long)rows[i].at_s);
    session_destroy(s);
}

static const struct {
    enum event_kind kind;
    const char *message;
    bool is_starved;
} deaths[] = {
    {EVENT_OOM_KILLED, "the kernel killed lab", true},
    {EVENT_FATAL, "Go runtime: out of memory: cannot allocate 16777216-byte block", true},
    {EVENT_FATAL, "Go runtime: failed to reserve page summary memory", true},
    {EVENT_FATAL, "concurrent map writes in goroutine 10", false},
    {EVENT_FATAL, "stack overflow in goroutine 1: main.deep", false},
    {EVENT_RESTART, "restart", false},
};

Test(verdict, of_deaths)
{
    for (size_t i = 0; i < COUNT_OF(deaths); i++) {
        struct session *s = made_session(lines, COUNT_OF(lines), 60);
        struct notice notice = notice_empty(deaths[i].kind);
        const struct event *because;

        notice.message = slice_str(deaths[i].message);
        (void)made_kill_with(s, 50, &notice);
        cr_expect_eq(verdict_is_starved(s->events[0]), deaths[i].is_starved, "%s",
                     deaths[i].message);
        cr_expect_eq(verdict_of_session(s, INT64_MAX, &because),
                     deaths[i].is_starved ? VERDICT_OOM_KILLED : VERDICT_HEALTHY, "%s",
                     deaths[i].message);
        session_destroy(s);
    }
}

Test(verdict, echoes_and_strangers)
{
    struct session *s = made_session(lines, COUNT_OF(lines), 60);
    struct event *kill = made_kill(s, 50, NAN, NAN), *echo = made_kill(s, 40, NAN, NAN);
    const struct event *because;

    echo->echo_of = kill;
    cr_expect_eq(verdict_of_process(s, s->processes[0], 45 * MADE_S, &because),
                 VERDICT_HEALTHY, "an echo tells nothing of its own");
    /* A kernel log by itself: nobody of the session was killed, somebody was. */
    kill->process = NULL;
    cr_expect_eq(verdict_of_process(s, s->processes[0], INT64_MAX, &because),
                 VERDICT_HEALTHY);
    cr_expect_eq(verdict_of_session(s, INT64_MAX, &because), VERDICT_OOM_KILLED);
    cr_expect(because == kill);
    /* … and where the session's processes lived on, it was another one: a notice. */
    kill->severity = SEVERITY_NOTICE;
    cr_expect_eq(verdict_of_session(s, INT64_MAX, &because), VERDICT_HEALTHY);
    session_destroy(s);
}
