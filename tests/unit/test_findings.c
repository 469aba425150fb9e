/* Findings and forecasts on the screen: what is told, and only from when it was known. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/align.h"
#include "model/ingest.h"
#include "tests/unit/app_screen.h"
#include "tests/unit/support.h"
#include "tui/app.h"
#include "tui/keys.h"

TestSuite(findings, .fini = test_abort_on_leak);

#define MIB(n) ((double)(n)*1048576.0)

static struct gc_cycle cycle(uint32_t number, double live_mib)
{
    return (struct gc_cycle){.number = number,
                             .era = "1.18+",
                             .has_start = true,
                             .start_ns = number * NS_PER_S,
                             .cpu_percent = 1,
                             .sweepterm_ns = 1e4,
                             .mark_ns = 1e6,
                             .markterm_ns = 1e4,
                             .pause_ns = 2e4,
                             .wall_ns = 1.02e6,
                             .cpu_stw_ns = 2e4,
                             .cpu_assist_ns = 1e5,
                             .cpu_dedicated_ns = 1e6,
                             .heap_start = MIB(2 * live_mib),
                             .heap_end = MIB(2 * live_mib),
                             .heap_live = MIB(live_mib),
                             .heap_goal = MIB(2 * live_mib),
                             .stacks = NAN,
                             .globals = NAN,
                             .procs = 2,
                             .objects = NAN,
                             .mallocs = NAN,
                             .frees = NAN,
                             .goroutines = NAN};
}

/* What a test looks at: cycles a second apart, 20 MiB of live heap up to the fiftieth and
 * `after` from there on; times count from the first cycle. */
struct scene {
    struct session *session;
    struct app *app;
    struct text screen;
    int64_t zero_ns;
};

static void start(struct scene *f, double after)
{
    struct session *s = session_create();
    struct ingest *in = ingest_create(s, session_add_source(s, "logs/app.log"));
    const struct sink *sink = ingest_sink(in);
    int64_t to_ns;

    for (uint32_t i = 1; i <= 101; i++) {
        /* A little spread, or every value would be a change. */
        struct gc_cycle c = cycle(i, (i <= 50 ? 20 : after) + (i * 7 % 5) / 10.0);

        sink->gc_cycle(sink->user, &c);
    }
    ingest_destroy(in);
    align_session(s);
    *f = (struct scene){.session = s};
    cr_assert(session_span(s, &f->zero_ns, &to_ns));
    f->app = app_create(s);
}

static void stop(struct scene *f)
{
    text_finish(&f->screen);
    app_destroy(f->app);
    session_destroy(f->session);
}

static struct finding finding(const struct scene *f, enum event_kind kind,
                              enum severity severity, int began_s, int told_s)
{
    struct finding finding =
        finding_of(kind, severity, f->session->processes[0],
                   f->zero_ns + began_s * NS_PER_S, f->zero_ns + told_s * NS_PER_S);

    finding.has_series = true;
    finding.metric = METRIC_HEAP_LIVE;
    finding.message = SLICE("it keeps growing");
    return finding;
}

static void find(struct scene *f, enum event_kind kind, enum severity severity,
                 int began_s, int told_s)
{
    struct finding found = finding(f, kind, severity, began_s, told_s);

    cr_assert(session_add_finding(f->session, &found));
}

/* 1 MiB/s from now on, `need` MiB at the next peak, a limit of 100 MiB. */
static void foretell(struct scene *f, int as_of_s, double need_mib, bool is_over)
{
    double eta_s = 100 - need_mib;
    struct forecast forecast = {.as_of_ns = f->zero_ns + as_of_s * NS_PER_S,
                                .onset_ns = f->zero_ns,
                                .is_over = is_over,
                                .metric = METRIC_HEAP_LIVE,
                                .need_bytes = MIB(need_mib),
                                .need_slope_per_s = MIB(1),
                                .limit_bytes = MIB(100),
                                .limit_source = "--limit",
                                .eta_s = eta_s,
                                .eta_low_s = eta_s * 0.8,
                                .eta_high_s = eta_s * 1.5};

    forecast_log_add(&f->session->processes[0]->forecasts, &forecast);
    f->session->revision++;
}

static void press(struct scene *f, const char *keys)
{
    app_press(f->app, keys);
}

static const char *draw(struct scene *f, int cols, int rows, enum charset charset)
{
    return app_screen(f->app, cols, rows, charset, &f->screen);
}

#define EXPECT_SHOWS(f, what)                                                            \
    cr_expect(strstr(draw(f, 120, 40, CHARSET_BRAILLE), what), "no \"%s\" in\n%s", what, \
              text_str(&(f)->screen))
#define EXPECT_LACKS(f, what)                                                            \
    cr_expect(!strstr(draw(f, 120, 40, CHARSET_BRAILLE), what), "\"%s\" in\n%s", what,   \
              text_str(&(f)->screen))

Test(findings, show_from_when_they_were_told)
{
    struct scene f;

    start(&f, 20);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 30, 60);
    press(&f, "b+59s<Enter>");
    EXPECT_LACKS(&f, "leak");
    EXPECT_LACKS(&f, "LEAK");
    EXPECT_LACKS(&f, "keeps growing");
    EXPECT_SHOWS(&f, " healthy ");
    press(&f, "6");
    EXPECT_LACKS(&f, "leak");
    EXPECT_SHOWS(&f, "1 told later");
    press(&f, "1b+60s<Enter>");
    EXPECT_SHOWS(&f, "▲ leak");
    EXPECT_SHOWS(&f, "▲ LEAK");
    EXPECT_SHOWS(&f, "keeps growing");
    EXPECT_SHOWS(&f, "told +1:00.00");
    EXPECT_LACKS(&f, " healthy ");
    press(&f, "6");
    EXPECT_SHOWS(&f, "keeps growing");
    stop(&f);
}

/* What was found, and the second line's word for it with its sign, which is no colour's
 * matter. */
static const struct {
    enum event_kind kind;
    enum severity severity;
    const char *want, *want_ascii;
} verdicts[] = {
    {EVENT_LEAK, SEVERITY_WARNING, "▲ LEAK", "^ LEAK"},
    {EVENT_PRE_OOM, SEVERITY_CRITICAL, "■ PRE-OOM", "* PRE-OOM"},
    {EVENT_GC_PRESSURE, SEVERITY_WARNING, "▲ PRESSURE", "^ PRESSURE"},
    {EVENT_GC_THRASH, SEVERITY_CRITICAL, "■ PRESSURE", "* PRESSURE"},
    {EVENT_OOM_KILLED, SEVERITY_CRITICAL, "■ OOM-KILLED", "* OOM-KILLED"},
    {EVENT_LEVEL_SHIFT, SEVERITY_NOTICE, " healthy ", " healthy "},
    {EVENT_LEAK, SEVERITY_NOTICE, " healthy ", " healthy "},
};

Test(findings, come_to_a_verdict)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        struct scene f;

        start(&f, 20);
        find(&f, verdicts[i].kind, verdicts[i].severity, 30, 60);
        EXPECT_SHOWS(&f, verdicts[i].want);
        cr_expect(strstr(draw(&f, 80, 24, CHARSET_ASCII), verdicts[i].want_ascii),
                  "row %zu: %s", i, text_str(&f.screen));
        stop(&f);
    }
}

Test(findings, nothing_is_called_healthy_unseen)
{
    struct scene f;

    start(&f, 20);
    app_set_watched(f.app, 0.43);
    EXPECT_SHOWS(&f, "watching 43 %");
    EXPECT_LACKS(&f, "healthy");
    cr_expect_not(app_is_dirty(f.app));
    app_set_watched(f.app, 1);
    cr_expect(app_is_dirty(f.app));
    EXPECT_LACKS(&f, "watching");
    EXPECT_SHOWS(&f, " healthy ");
    stop(&f);
}

/* Another process is worse off than the one that is shown. */
Test(findings, of_others_are_pointed_to)
{
    struct scene f;
    struct finding found;
    struct track *t;

    start(&f, 20);
    t = session_add_process(f.session, session_add_source(f.session, "b.log"));
    (void)table_column(t->table, METRIC_HEAP_ALLOC, 0);
    t->origin_ns = f.zero_ns;
    table_append(t->table, 0, &(double){1});
    table_append(t->table, 100 * NS_PER_S, &(double){1});
    found = finding(&f, EVENT_PRE_OOM, SEVERITY_CRITICAL, 30, 60);
    found.process = f.session->processes[1];
    cr_assert(session_add_finding(f.session, &found));
    EXPECT_SHOWS(&f, "process 2: pre-oom");
    EXPECT_LACKS(&f, "▲ pre-oom");
    press(&f, "e");
    EXPECT_SHOWS(&f, "no later finding");
    press(&f, "6<Enter>");
    EXPECT_SHOWS(&f, "process 2/2");
    EXPECT_SHOWS(&f, "▲ pre-oom");
    EXPECT_SHOWS(&f, "+1:00.00 / 1:40.00");
    stop(&f);
}

static const struct {
    const char *keys;
    const char *want, *message;
} moves[] = {
    {"ge", "+0:25.00 / ", "notice: level-shift of heap.live: it keeps growing"},
    {"gee", "+1:00.00 / ", "critical: pre-oom of heap.live: it keeps growing"},
    {"geee", "+1:20.00 / ", "info: spike of heap.live"},
    {"geeee", "+1:20.00 / ", "no later finding"},
    {"gE", "+0:00.00 / ", "no earlier finding"},
    {"E", "+1:20.00 / ", "info: spike"},
    {"EEE", "+0:25.00 / ", "notice: level-shift"},
    {"gw", "+1:00.00 / ", "critical: pre-oom"},
    {"gww", "+1:00.00 / ", "no later warning"},
    {"W", "+1:00.00 / ", "critical: pre-oom"},
    {"6W", "+1:00.00 / ", "critical: pre-oom"},
    {"++++++gw", "+1:00.00", "critical: pre-oom"},
};

Test(findings, keys_go_from_one_to_the_next)
{
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        struct scene f;
        const char *got;

        start(&f, 20);
        find(&f, EVENT_LEVEL_SHIFT, SEVERITY_NOTICE, 20, 25);
        find(&f, EVENT_LEAK, SEVERITY_WARNING, 30, 60);
        find(&f, EVENT_PRE_OOM, SEVERITY_CRITICAL, 30, 60);
        find(&f, EVENT_SPIKE, SEVERITY_INFO, 80, 80);
        press(&f, moves[i].keys);
        got = draw(&f, 80, 24, CHARSET_BRAILLE);
        cr_expect(strstr(got, moves[i].want) && strstr(got, moves[i].message),
                  "keys \"%s\": no \"%s\" or \"%s\" in\n%s", moves[i].keys, moves[i].want,
                  moves[i].message, got);
        stop(&f);
    }
}

Test(findings, list_is_chosen_from)
{
    struct scene f;

    start(&f, 20);
    for (int i = 0; i < 60; i++)
        find(&f, i % 20 == 7 ? EVENT_LEAK : EVENT_SPIKE,
             i % 20 == 7 ? SEVERITY_WARNING : SEVERITY_NOTICE, i, i);
    press(&f, "6");
    EXPECT_SHOWS(&f, "▸ +0:59.00");
    press(&f, "k");
    EXPECT_SHOWS(&f, "▸ +0:58.00");
    press(&f, "gjj");
    EXPECT_SHOWS(&f, "▸ +0:02.00");
    EXPECT_LACKS(&f, "+0:59.00 ");
    press(&f, "<PageDown><PageDown><PageDown><PageDown><PageDown>");
    EXPECT_SHOWS(&f, "▸ +0:59.00");
    press(&f, "<Home><End><Up>");
    EXPECT_SHOWS(&f, "▸ +0:58.00");
    press(&f, "&");
    EXPECT_SHOWS(&f, "warnings and worse");
    EXPECT_SHOWS(&f, "▸ +0:47.00");
    EXPECT_LACKS(&f, "spike");
    press(&f, "k<Enter>");
    EXPECT_SHOWS(&f, "+0:27.00 / 1:40.00");
    EXPECT_SHOWS(&f, "╭─ Heap");
    press(&f, "6&&");
    EXPECT_SHOWS(&f, "│▸ +0:27.00");
    EXPECT_SHOWS(&f, "all · 32 told later");
    press(&f, "q");
    cr_expect_eq(app_take_request(f.app), APP_NOTHING);
    EXPECT_SHOWS(&f, "╭─ Heap");
    stop(&f);
}

Test(findings, are_told_in_full)
{
    struct scene f;
    struct finding found;

    start(&f, 20);
    found = finding(&f, EVENT_PRE_OOM, SEVERITY_CRITICAL, 30, 60);
    found.before = MIB(20);
    found.after = MIB(50);
    found.slope_per_s = MIB(1);
    found.confidence = 0.97;
    found.rule = SLICE("my rule");
    found.advice = SLICE("restart it, \033[31mthen think; and a long text that needs "
                         "more than the one line that it has at its disposal here, so "
                         "that some of it goes to the next");
    finding_number(&found, "need_bytes", MIB(48));
    finding_number(&found, "gc_cpu_fraction_now", 0.021);
    finding_number(&found, "nothing", NAN);
    finding_text(&found, "limit_source", SLICE("--limit"));
    event_close(session_add_finding(f.session, &found), f.zero_ns + 90 * NS_PER_S);
    press(&f, "6");
    EXPECT_SHOWS(&f, "began +0:30.00 · told +1:00.00 · over since +1:30.00 · "
                     "confidence 0.97");
    EXPECT_SHOWS(&f, "heap.live · before 20.0 MiB · after 50.0 MiB · slope 1.00 MiB/s");
    EXPECT_SHOWS(&f, "rule      my rule");
    EXPECT_SHOWS(&f, "restart it, \\x1b[31mthen think");
    EXPECT_SHOWS(&f, "\u2502           disposal here, so");
    EXPECT_SHOWS(&f, "need_bytes 48.0 MiB · gc_cpu_fraction_now 2.1 % · limit_source "
                     "--limit");
    EXPECT_LACKS(&f, "nothing");
    press(&f, "b+80s<Enter>");
    EXPECT_LACKS(&f, "over since");
    stop(&f);
}

Test(findings, from_an_input_are_made_safe)
{
    struct scene f;
    struct finding found;

    start(&f, 20);
    found = finding(&f, EVENT_LEAK, SEVERITY_WARNING, 30, 60);
    found.message = SLICE("\033]0;x\007 \xff\xc3 \xc2\x9b");
    cr_assert(session_add_finding(f.session, &found));
    for (int i = 0; i < 3; i++) {
        static const char *const keys[] = {"", "W", "6"};

        press(&f, keys[i]);
        (void)draw(&f, 120, 40, CHARSET_BRAILLE);
        cr_expect_null(strpbrk(text_str(&f.screen), "\033\007\xff"));
        cr_expect_null(strstr(text_str(&f.screen), "\xc2\x9b"));
    }
    stop(&f);
}

/* Detectors began anew: what was chosen is gone. */
Test(findings, may_be_forgotten)
{
    struct scene f;

    start(&f, 20);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 30, 60);
    find(&f, EVENT_PRE_OOM, SEVERITY_CRITICAL, 30, 60);
    press(&f, "6kE");
    (void)draw(&f, 120, 40, CHARSET_BRAILLE);
    session_drop_findings(f.session);
    app_refresh(f.app);
    press(&f, "jkE<Enter>6");
    EXPECT_LACKS(&f, "pre-oom");
    find(&f, EVENT_SPIKE, SEVERITY_NOTICE, 1, 2);
    app_refresh(f.app);
    press(&f, "GG");
    EXPECT_SHOWS(&f, "spike");
    stop(&f);
}

/* Whether the axis goes on behind the records, which end at 1:40. */
static bool has_room(struct scene *f)
{
    return strstr(draw(f, 120, 40, CHARSET_BRAILLE), "+1:30────────────────────") != NULL;
}

Test(findings, forecast_is_drawn_while_it_holds)
{
    struct scene f;

    start(&f, 35);
    foretell(&f, 70, 50, false);
    foretell(&f, 90, 80, false);
    press(&f, "b+69s<Enter>");
    EXPECT_LACKS(&f, "next peak");
    press(&f, "b+70s<Enter>");
    EXPECT_SHOWS(&f, "need 50.0 MiB at next peak");
    EXPECT_SHOWS(&f, "limit 100 MiB");
    press(&f, "G");
    EXPECT_SHOWS(&f, "need 80.0 MiB at next peak");
    cr_expect(has_room(&f), "%s", text_str(&f.screen));
    press(&f, "b+95s<Enter>");
    cr_expect(has_room(&f), "it stays while the playhead moves");
    foretell(&f, 95, 80, true);
    EXPECT_LACKS(&f, "next peak");
    cr_expect_not(has_room(&f), "%s", text_str(&f.screen));
    stop(&f);
}

Test(findings, nothing_is_foretold_of_the_dead_nor_unseen)
{
    struct scene f;

    start(&f, 35);
    foretell(&f, 90, 80, false);
    app_set_watched(f.app, 0.9);
    EXPECT_LACKS(&f, "next peak");
    cr_expect_not(has_room(&f));
    app_set_watched(f.app, 1);
    cr_expect(has_room(&f), "%s", text_str(&f.screen));
    f.session->processes[0]->has_end = true;
    f.session->processes[0]->end_ns = f.zero_ns + 100 * NS_PER_S;
    f.session->revision++;
    EXPECT_LACKS(&f, "next peak");
    cr_expect_not(has_room(&f));
    press(&f, "h");
    EXPECT_SHOWS(&f, "next peak");
    stop(&f);
}

Test(findings, segments_come_when_asked_for)
{
    struct scene f;

    start(&f, 60);
    EXPECT_LACKS(&f, "segment ");
    press(&f, "S");
    EXPECT_SHOWS(&f, "segment 60.2 MiB ± 14");
    press(&f, "b+20s<Enter>");
    EXPECT_SHOWS(&f, "segment 20.2 MiB ± 14");
    press(&f, "<Tab>");
    EXPECT_LACKS(&f, "segment 20.2 MiB");
    press(&f, "<S-Tab>S");
    EXPECT_LACKS(&f, "segment ");
    stop(&f);
}

Test(findings, any_size_and_any_keys_are_survived)
{
    static const char keys[] = "eEwW16&SjkgG+-0[]tTq \r\t?pb5%";
    struct scene f;
    uint64_t seed = 7;

    start(&f, 60);
    for (int i = 0; i < 40; i++) {
        find(&f, (enum event_kind)(i % EVENT_KINDS), (enum severity)(i % 4), i, i + 10);
        f.session->findings[i]->metric = (uint32_t)(i % METRIC_COUNT);
        foretell(&f, 20 + i, 40 + i, i % 11 == 10);
    }
    for (int i = 0; i < 2000; i++) {
        uint32_t key = (unsigned char)keys[test_random_below(&seed, sizeof keys - 1)];
        int cols = 1 + (int)test_random_below(&seed, 230);
        int rows = 1 + (int)test_random_below(&seed, 70);

        app_key(f.app, key == '\r' ? (uint32_t)KEYCODE_ENTER : key);
        app_tick(f.app, (int64_t)i * 100 * NS_PER_MS);
        (void)draw(&f, cols, rows, (enum charset)test_random_below(&seed, 3));
    }
    (void)draw(&f, 20, 5, CHARSET_BRAILLE);
    stop(&f);
}
