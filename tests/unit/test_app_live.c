/* The dashboard on a session that goes on: what users read, as records come. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/retention.h"
#include "model/units.h"
#include "replay/transcript.h"
#include "tests/unit/app_screen.h"
#include "tests/unit/made.h"
#include "tests/unit/support.h"
#include "tui/app.h"
#include "tui/keys.h"

TestSuite(app_live, .fini = test_abort_on_leak);

/* 2026-11-21T12:00:00Z: when the first record of the made-up service came. */
#define NOON_NS (INT64_C(1795262400) * NS_PER_S)

static const struct made_line lines[] = {
    {METRIC_HEAP_ALLOC, 40 * MADE_MIB, 0, 0},
    {METRIC_MEM_RSS, 80 * MADE_MIB, 0, 0},
    {METRIC_SCHED_GOROUTINES, 12, 0, 0},
};

struct scene {
    struct session *session;
    struct app *app;
    struct app_live live;
    struct transcript *transcript;
    struct text screen;
    int64_t seconds; /* records so far, one a second */
};

/* A service of which so many seconds were seen when the screen came up. */
static struct scene start(size_t seconds)
{
    struct scene f = {.seconds = (int64_t)seconds};

    if (seconds) {
        f.session = made_session(lines, COUNT_OF(lines), seconds);
        f.session->processes[0]->tracks[0]->origin_ns = NOON_NS;
    } else {
        f.session = session_create();
    }
    f.session->has_wall = f.session->is_streamed = true;
    f.transcript = transcript_create();
    f.app = app_create(f.session);
    f.live = (struct app_live){.is_live = true, .transcript = f.transcript};
    f.live.now_unix_ns = NOON_NS + (int64_t)(seconds ? seconds - 1 : 0) * NS_PER_S;
    app_set_live(f.app, &f.live);
    return f;
}

static void stop(struct scene *f)
{
    text_finish(&f->screen);
    app_destroy(f->app);
    transcript_destroy(f->transcript);
    session_destroy(f->session);
}

/* So many seconds pass, in which a record comes each second, or nothing does. */
static void pass(struct scene *f, int seconds, bool has_records)
{
    struct table *table = has_records ? f->session->processes[0]->tracks[0]->table : NULL;
    const double values[] = {44 * MADE_MIB, 90 * MADE_MIB, 13};

    for (int i = 0; i < seconds; i++) {
        f->live.now_unix_ns += NS_PER_S;
        if (table) {
            table_append(table, f->live.now_unix_ns - NOON_NS, values);
            f->session->revision++;
        }
        app_refresh(f->app);
        app_set_live(f->app, &f->live);
    }
}

static void press(struct scene *f, const char *keys)
{
    app_press(f->app, keys);
}

static const char *screen_as(struct scene *f, int cols, int rows, enum charset charset)
{
    return app_screen(f->app, cols, rows, charset, &f->screen);
}

static const char *screen(struct scene *f)
{
    return screen_as(f, 80, 24, CHARSET_BRAILLE);
}

#define SHOWS(scene, want)                                                               \
    do {                                                                                 \
        const char *got_ = screen(scene);                                                \
        cr_expect(strstr(got_, want), "no \"%s\" in\n%s", want, got_);                   \
    } while (0)
#define HIDES(scene, not_wanted)                                                         \
    do {                                                                                 \
        const char *got_ = screen(scene);                                                \
        cr_expect_not(strstr(got_, not_wanted), "\"%s\" in\n%s", not_wanted, got_);      \
    } while (0)

Test(app_live, time_goes_on_whether_or_not_records_come)
{
    struct scene f = start(60);

    SHOWS(&f, "12:00:59.00Z  +0:59.00 / 0:59.00  ● live");
    pass(&f, 5, true);
    SHOWS(&f, "12:01:04.00Z  +1:04.00 / 1:04.00  ● live");
    pass(&f, 5, false);
    SHOWS(&f, "12:01:09.00Z  +1:09.00 / 1:09.00  ● live");
    HIDES(&f, "nothing came");
    pass(&f, 200, false);
    SHOWS(&f, "nothing came for 3m25s");
    pass(&f, 1, true);
    HIDES(&f, "nothing came");
    stop(&f);
}

Test(app_live, nothing_is_drawn_that_did_not_change)
{
    struct scene f = start(60);

    (void)screen(&f);
    f.live.now_unix_ns += 300 * NS_PER_MS;
    app_refresh(f.app);
    app_set_live(f.app, &f.live);
    cr_expect_not(app_is_dirty(f.app), "less than a second");
    f.live.now_unix_ns += 700 * NS_PER_MS;
    app_set_live(f.app, &f.live);
    cr_expect(app_is_dirty(f.app));
    (void)screen(&f);
    f.live.recording = "app.reel";
    app_set_live(f.app, &f.live);
    cr_expect(app_is_dirty(f.app), "what was asked for is seen at once");
    stop(&f);
}

Test(app_live, the_window_is_the_last_ten_minutes)
{
    struct scene f = start(595);

    SHOWS(&f, "┬+0:00──");
    pass(&f, 300, true);
    SHOWS(&f, "+14:54.00 / 14:54.00  ● live");
    HIDES(&f, "┬+4:00");
    SHOWS(&f, "┬+6:00");
    press(&f, "0");
    SHOWS(&f, "┬+0:00");
    pass(&f, 1, true);
    SHOWS(&f, "┬+0:00");
    SHOWS(&f, "● live");
    stop(&f);
}

Test(app_live, zooming_keeps_following)
{
    struct scene f = start(120);

    press(&f, "++");
    pass(&f, 60, true);
    SHOWS(&f, "● live");
    HIDES(&f, "┬+0:00");
    press(&f, "0");
    pass(&f, 1, true);
    SHOWS(&f, "● live");
    stop(&f);
}

Test(app_live, seeking_stops_following)
{
    static const char *const back[] = {"F", "G", "<End>"};

    for (size_t i = 0; i < COUNT_OF(back); i++) {
        struct scene f = start(60);

        press(&f, "b+10s<Enter>");
        pass(&f, 30, true);
        SHOWS(&f, "+0:10.00 / 1:29.00  ‖ ×1");
        press(&f, back[i]);
        SHOWS(&f, "+1:29.00 / 1:29.00  ● live");
        pass(&f, 1, true);
        SHOWS(&f, "+1:30.00 / 1:30.00  ● live");
        stop(&f);
    }
}

Test(app_live, space_pauses_and_goes_on)
{
    struct scene f = start(60);

    press(&f, " ");
    pass(&f, 10, true);
    SHOWS(&f, "+0:59.00 / 1:09.00  ‖ ×1");
    press(&f, ">>> ");
    app_tick(f.app, 0);
    app_tick(f.app, 100 * NS_PER_S);
    SHOWS(&f, "● live"); /* a replay that caught up goes on */
    stop(&f);
}

Test(app_live, frozen_is_frozen)
{
    struct scene f = start(60);
    struct text before = {0};
    struct finding found;

    press(&f, "=");
    SHOWS(&f, "+0:59.00 / 0:59.00  ‖ frozen");
    SHOWS(&f, "= catch up");
    text_put_str(&before, screen_as(&f, 200, 50, CHARSET_BRAILLE));
    pass(&f, 30, true);
    found =
        made_finding(f.session, EVENT_LEAK, SEVERITY_CRITICAL, METRIC_HEAP_ALLOC, 5, 8);
    found.began_ns = NOON_NS + 70 * NS_PER_S;
    found.detected_ns = NOON_NS + 80 * NS_PER_S;
    cr_assert(session_add_finding(f.session, &found));
    pass(&f, 5, true);
    cr_expect_not(app_is_dirty(f.app));
    cr_expect_str_eq(screen_as(&f, 200, 50, CHARSET_BRAILLE), text_str(&before));
    /* What was told is made anew by detectors; nothing may still point to it. */
    session_drop_findings(f.session);
    press(&f, "e");
    cr_assert(session_add_finding(f.session, &found));
    press(&f, "=");
    SHOWS(&f, "+1:34.00 / 1:34.00  ● live");
    SHOWS(&f, "LEAK");
    pass(&f, 1, true);
    SHOWS(&f, "● live");
    text_finish(&before);
    stop(&f);
}

Test(app_live, a_recorded_session_has_none_of_it)
{
    static const char *const keys[] = {"R", "H", "X", "o"};
    struct scene f = start(60);

    f.live.is_live = false;
    f.live.transcript = NULL;
    app_set_live(f.app, &f.live);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        press(&f, keys[i]);
        SHOWS(&f, "only a live session can do that");
        cr_expect_eq(app_take_request(f.app), APP_NOTHING);
    }
    press(&f, "9");
    SHOWS(&f, "there is no log");
    press(&f, "=?");
    (void)screen_as(&f, 80, 60, CHARSET_BRAILLE);
    cr_expect_not(strstr(text_str(&f.screen), "hold the picture still"));
    press(&f, "q");
    HIDES(&f, "R record");
    HIDES(&f, "● live");
    stop(&f);
}

Test(app_live, keys_ask_for_what_they_say)
{
    struct scene f = start(60);

    SHOWS(&f, "R record  = freeze");
    press(&f, "R");
    cr_expect_eq(app_take_request(f.app), APP_RECORD);
    press(&f, "H");
    SHOWS(&f, "no service here serves /debug/pprof/");
    press(&f, "o");
    SHOWS(&f, "there is no source to add");
    f.live.has_profiles = true;
    f.live.offer = "pid:7 serves http://127.0.0.1:6060/debug/vars";
    app_set_live(f.app, &f.live);
    press(&f, "x");
    SHOWS(&f, "pid:7 serves http://127.0.0.1:6060/debug/vars (o adds it)");
    cr_expect(strstr(screen_as(&f, 60, 24, CHARSET_ASCII), "o adds a source"));
    SHOWS(&f, "H profiles  X trace  o add");
    press(&f, "H");
    cr_expect_eq(app_take_request(f.app), APP_PROFILES);
    press(&f, "o");
    cr_expect_eq(app_take_request(f.app), APP_ADD_OFFER);
    press(&f, "X");
    SHOWS(&f, "trace for how many seconds: 5");
    press(&f, "<Enter>");
    cr_expect_eq(app_take_request(f.app), APP_TRACE);
    cr_expect_eq(app_trace_seconds(f.app), 5);
    press(&f, "X<Backspace>30<Enter>");
    cr_expect_eq(app_take_request(f.app), APP_TRACE);
    cr_expect_eq(app_trace_seconds(f.app), 30);
    press(&f, "X2"); /* in place of what is proposed */
    SHOWS(&f, "trace for how many seconds: 2 ");
    press(&f, "0<Enter>");
    cr_expect_eq(app_take_request(f.app), APP_TRACE);
    cr_expect_eq(app_trace_seconds(f.app), 20);
    press(&f, "X<Backspace>5<Enter>"); /* who edits it keeps it */
    cr_expect_eq(app_take_request(f.app), APP_TRACE);
    cr_expect_eq(app_trace_seconds(f.app), 25);
    press(&f, "X30<Enter>");
    cr_expect_eq(app_take_request(f.app), APP_TRACE);
    press(&f, "X<Enter>");
    cr_expect_eq(app_take_request(f.app), APP_TRACE);
    press(&f, "X61<Enter>");
    SHOWS(&f, "1 to 60");
    press(&f, "X0<Enter>");
    cr_expect_eq(app_take_request(f.app), APP_NO_TRACE);
    press(&f, "X<Esc>");
    cr_expect_eq(app_take_request(f.app), APP_NOTHING);
    cr_expect_eq(app_trace_seconds(f.app), 30);
    stop(&f);
}

Test(app_live, the_header_tells_of_recording_and_trouble)
{
    struct scene f = start(60);

    (void)session_add_source(f.session, "/var/log/app.log");
    (void)session_add_source(f.session, "http://127.0.0.1:6060");
    f.live.recording = "/home/me/app.reel";
    f.live.recorded_bytes = 1258291;
    pass(&f, 1, true);
    SHOWS(&f, "● rec app.reel 1.20 MiB\n");
    SHOWS(&f, "R stop recording");
    cr_expect(strstr(screen_as(&f, 80, 24, CHARSET_ASCII), "* rec app.reel 1.20 MiB\n"));
    cr_expect(strstr(screen_as(&f, 80, 24, CHARSET_ASCII), "* live\n"));
    cr_expect(strstr(screen_as(&f, 60, 24, CHARSET_BRAILLE), " ● rec\n"), "%s",
              text_str(&f.screen));
    source_set_trouble(f.session->sources[1], SLICE("is gone"), f.live.now_unix_ns);
    pass(&f, 12, true);
    SHOWS(&f, "app.log: is gone, 12 s");
    source_set_trouble(f.session->sources[2], SLICE("connection \033[31mrefused"),
                       f.live.now_unix_ns);
    pass(&f, 60, true);
    cr_expect(strstr(screen_as(&f, 200, 50, CHARSET_BRAILLE),
                     "app.log: is gone, 1m12s (and 1 more)"));
    source_set_trouble(f.session->sources[1], SLICE(""), 0);
    (void)screen_as(&f, 200, 50, CHARSET_BRAILLE);
    cr_expect(strstr(text_str(&f.screen), "connection \\x1b[31mrefused, 1m00s"), "%s",
              text_str(&f.screen));
    stop(&f);
}

/* In 80 columns, while it is recorded under the name that a key gives. */
Test(app_live, trouble_is_told_with_its_reason)
{
    struct scene f = start(60);

    (void)session_add_source(f.session, "http://127.0.0.1:6060");
    f.live.recording = "/home/me/2026-11-21T12-00-00Z.reel";
    f.live.recorded_bytes = 1258291;
    pass(&f, 1, true);
    SHOWS(&f, "● rec 1.20 MiB\n");
    source_set_trouble(f.session->sources[1], SLICE("cannot connect: connection refused"),
                       f.live.now_unix_ns);
    pass(&f, 12, true);
    SHOWS(&f, "healthy · 127.0.0.1:6060: cannot connect: connection refused, 12 s");
    SHOWS(&f, "● rec");
    source_set_trouble(f.session->sources[1],
                       SLICE("cannot connect: no route to the host that was given"),
                       f.live.now_unix_ns);
    pass(&f, 60, true);
    (void)screen_as(&f, 70, 24, CHARSET_BRAILLE);
    cr_expect(strstr(text_str(&f.screen),
                     "healthy · 127.0.0.1:6060: cannot connect: no route to…, 1m00s"),
              "%s", text_str(&f.screen));
    stop(&f);
}

/* What was shown is dead: that it was healthy is not the first thing to say. */
Test(app_live, who_has_ended_is_not_called_healthy)
{
    static const struct {
        const char *how, *want;
    } rows[] = {
        {"pid 7 has exited: signal 9",
         " ■ ENDED  signal 9, 12 s ago · healthy until then"},
        {"exit 2", " ■ ENDED  exit 2, 12 s ago · healthy until then"},
        {"exit 0", "ENDED  exit 0, 12 s ago · healthy until then"},
        {"pid 7 has exited", "ENDED  12 s ago · healthy until then"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene f = start(60);

        f.live.recording = "/home/me/2026-11-21T12-00-00Z.reel";
        session_end_process(f.session, f.session->sources[0], -1, slice_str(rows[i].how),
                            false, f.live.now_unix_ns);
        source_set_trouble(f.session->sources[0], slice_str(rows[i].how),
                           f.live.now_unix_ns);
        pass(&f, 12, false);
        SHOWS(&f, rows[i].want);
        HIDES(&f, "has exited");
        SHOWS(&f, "/ 1:11.00  ■ ended");
        (void)session_add_source(f.session, "http://127.0.0.1:6060");
        source_set_trouble(f.session->sources[1], SLICE("refused"), f.live.now_unix_ns);
        pass(&f, 1, false);
        cr_expect(strstr(screen_as(&f, 120, 24, CHARSET_BRAILLE),
                         "until then · 127.0.0.1:6060: refused, 1 s"),
                  "%s", text_str(&f.screen));
        press(&f, "b+10s<Enter>");
        HIDES(&f, "ENDED");
        SHOWS(&f, "healthy");
        stop(&f);
    }
}

/* A service tells of pauses that were long before anybody looked. */
Test(app_live, the_window_begins_where_sizes_do)
{
    struct scene f = start(0);
    const double old[] = {100000, NAN}, polled[] = {NAN, 40 * MADE_MIB};
    struct track *track = session_add_process(
        f.session, session_add_source(f.session, "http://127.0.0.1:6060"));
    struct table *table = track->table;

    (void)table_column(table, METRIC_GC_PAUSE, 0);
    (void)table_column(table, METRIC_HEAP_ALLOC, 0);
    track->origin_ns = NOON_NS;
    for (int i = 0; i < 9; i++)
        table_append(table, i * 30 * NS_PER_S, old);
    for (int i = 0; i < 20; i++)
        table_append(table, (300 + i) * NS_PER_S, polled);
    f.session->revision++;
    f.live.now_unix_ns = NOON_NS + 319 * NS_PER_S;
    app_set_live(f.app, &f.live);
    app_refresh(f.app);
    SHOWS(&f, "+5:19.00 / 5:19.00  ● live");
    SHOWS(&f, "┬+5:00");
    HIDES(&f, "┬+2:00");
    press(&f, "0");
    SHOWS(&f, "┬+0:00");
    press(&f, "+++-----");
    SHOWS(&f, "┬+0:00");
    stop(&f);
}

Test(app_live, the_verdict_comes_first)
{
    struct scene f = start(60);
    struct finding found =
        made_finding(f.session, EVENT_LEAK, SEVERITY_CRITICAL, METRIC_HEAP_ALLOC, 5, 8);

    found.began_ns += NOON_NS;
    found.detected_ns += NOON_NS;
    cr_assert(session_add_finding(f.session, &found));
    (void)session_add_source(f.session, "/var/log/app.log");
    source_set_trouble(f.session->sources[1], SLICE("is gone"), f.live.now_unix_ns);
    f.live.recording = "app.reel";
    pass(&f, 1, true);
    SHOWS(&f, "\n ■ LEAK");
    SHOWS(&f, "● rec app.reel");
    SHOWS(&f, "app.log: is gone, 1 s");
    source_set_trouble(f.session->sources[1], SLICE(""), 0);
    pass(&f, 180, false);
    SHOWS(&f, "\n ■ LEAK");
    SHOWS(&f, "nothing came for 3m00s");
    source_set_trouble(f.session->sources[1], SLICE("is gone"), f.live.now_unix_ns);
    for (int cols = 64; cols > 40; cols--)
        cr_expect(strstr(screen_as(&f, cols, 24, CHARSET_ASCII), "\n * LEAK"), "%s",
                  text_str(&f.screen));
    cr_expect(strstr(screen_as(&f, 60, 24, CHARSET_BRAILLE), "1 in trouble"), "%s",
              text_str(&f.screen));
    stop(&f);
}

Test(app_live, what_is_waited_for)
{
    struct scene f = start(0);

    (void)session_add_source(f.session, "http://127.0.0.1:6060");
    (void)session_add_source(f.session, "/var/log/app.log");
    source_set_trouble(f.session->sources[0], SLICE("connection refused"),
                       f.live.now_unix_ns);
    pass(&f, 12, false);
    SHOWS(&f, "waiting for data\n");
    SHOWS(&f, "connection refused, 12 s");
    SHOWS(&f, "/var/log/app.log");
    SHOWS(&f, "nothing yet");
    source_set_trouble(f.session->sources[0],
                       SLICE("no answer to GET /debug/vars within five seconds; is it a "
                             "service of Go with expvar in it?"),
                       f.live.now_unix_ns);
    SHOWS(&f, "no answer to GET /debug/vars within");
    SHOWS(&f, "   with expvar in it?, 0 s");
    press(&f, "=");
    SHOWS(&f, "nothing has come");
    press(&f, "9");
    SHOWS(&f, "nothing was printed yet");
    press(&f, "1?");
    SHOWS(&f, "play, pause");
    press(&f, "qq");
    cr_expect_eq(app_take_request(f.app), APP_QUIT);
    stop(&f);
}

static void print(struct scene *f, uint32_t source, int64_t second, const char *text)
{
    transcript_take(f->transcript, source, NOON_NS + second * NS_PER_S, slice_str(text));
    transcript_take(f->transcript, source, NOON_NS + second * NS_PER_S, SLICE("\n"));
}

Test(app_live, the_log_goes_with_the_playhead)
{
    struct scene f = start(60);

    for (int i = 0; i < 50; i++) {
        char line[32];

        (void)snprintf(line, sizeof line, "line of second %d", i);
        print(&f, 0, i, line);
    }
    press(&f, "9");
    SHOWS(&f, "line of second 49");
    SHOWS(&f, "line of second 31");
    HIDES(&f, "line of second 30");
    HIDES(&f, "made  line"); /* there is one source only */
    press(&f, "k");
    HIDES(&f, "line of second 49");
    SHOWS(&f, "1 more below");
    print(&f, 0, 59, "later");
    HIDES(&f, "later"); /* it stays where it was scrolled to */
    press(&f, "G");
    SHOWS(&f, "later");
    press(&f, "g");
    SHOWS(&f, "line of second 0 ");
    press(&f, "<PageDown>");
    SHOWS(&f, "line of second 19");
    press(&f, "Gb+20s<Enter>");
    SHOWS(&f, "line of second 20");
    HIDES(&f, "line of second 21");
    SHOWS(&f, "30 printed later");
    press(&f, "q");
    SHOWS(&f, "Heap");
    stop(&f);
}

Test(app_live, long_lines_of_the_log_are_wrapped)
{
    struct scene f = start(60);
    struct text longest = {0};

    print(&f, 0, 1, "the first line");
    for (int i = 0; i < 30; i++) {
        char line[200];

        (void)snprintf(line, sizeof line,
                       "gc %d @1.000s 1%%: 0.010+1.2+0.005 ms clock, "
                       "0.020+0.3/1.0/0.2+0.010 ms cpu, 4->5->3 MB, 6 MB goal, end %d",
                       i, i);
        print(&f, 0, 2 + i, line);
    }
    press(&f, "9");
    SHOWS(&f, "gc 29 @1.000s");
    SHOWS(&f, "goal, end 29");
    SHOWS(&f, "goal, end 20");
    HIDES(&f, "gc 20 @1.000s");
    press(&f, "k");
    HIDES(&f, "end 29");
    SHOWS(&f, "goal, end 28");
    press(&f, "g");
    SHOWS(&f, "the first line");
    SHOWS(&f, "gc 0 @1.000s");
    SHOWS(&f, "goal, end 8");
    press(&f, "<PageDown>");
    SHOWS(&f, "gc 9 @1.000s");
    SHOWS(&f, "goal, end 17");
    HIDES(&f, "goal, end 18");
    press(&f, "<PageUp>");
    SHOWS(&f, "the first line");
    /* One that is longer than a page can be seen as well, as far as it is shown. */
    for (int i = 0; i < 2000; i++)
        text_put_char(&longest, (char)('a' + i % 26));
    print(&f, 0, 50, text_str(&longest));
    press(&f, "G");
    SHOWS(&f, "abcdefghijklm");
    SHOWS(&f, "…");
    (void)screen_as(&f, 40, 10, CHARSET_ASCII);
    cr_expect(strstr(text_str(&f.screen), "|abcdefghijklm"), "%s", text_str(&f.screen));
    text_finish(&longest);
    stop(&f);
}

Test(app_live, the_log_obeys_no_escapes)
{
    struct scene f = start(60);

    (void)session_add_source(f.session, "/var/log/other.log");
    print(&f, 0, 1, "\033[1;31mred\033[0m \033]0;title\007 \xff \033[2J");
    print(&f, 1, 2, "another");
    press(&f, "9");
    SHOWS(&f, "made  red \\x1b]0;title\\x07 \\xff \\x1b[2J");
    SHOWS(&f, "other.log  another");
    cr_assert(app_set_view(f.app, "overview"));
    cr_assert(app_set_view(f.app, "log"));
    SHOWS(&f, "another");
    stop(&f);
}

Test(app_live, a_program_is_stopped_by_the_second_q)
{
    static const char *const keys[] = {"q", "<F10>"};

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct scene f = start(60);

        f.live.child = "./server";
        app_set_live(f.app, &f.live);
        print(&f, 0, 1, "listening");
        HIDES(&f, "listening"); /* no room */
        cr_expect(strstr(screen_as(&f, 80, 30, CHARSET_BRAILLE), "\n listening"), "%s",
                  text_str(&f.screen));
        cr_expect(strstr(screen_as(&f, 200, 50, CHARSET_BRAILLE), "─ server ─"));
        press(&f, keys[i]);
        SHOWS(&f, "q again stops ./server");
        cr_expect_eq(app_take_request(f.app), APP_NOTHING);
        press(&f, "+");
        press(&f, keys[i]);
        cr_expect_eq(app_take_request(f.app), APP_NOTHING, "it was something else");
        press(&f, keys[i]);
        cr_expect_eq(app_take_request(f.app), APP_QUIT);
        stop(&f);
    }
}

Test(app_live, when_it_ends_the_rest_can_be_read)
{
    struct scene f = start(60);

    print(&f, 0, 3, "the last words");
    press(&f, "=");
    pass(&f, 10, true);
    f.live.is_live = false;
    app_set_live(f.app, &f.live);
    SHOWS(&f, "+1:09.00 / 1:09.00  ‖ ×1 100 %");
    SHOWS(&f, "9 log  Space play");
    press(&f, "9");
    SHOWS(&f, "the last words");
    stop(&f);
}

/* Of what is older than an hour or so only extremes are kept. */
Test(app_live, the_retired_past_can_be_seen)
{
    const struct retention keep = {600 * NS_PER_S, 8};
    struct scene f = start(20000);

    retention_apply(f.session, &keep, f.live.now_unix_ns);
    cr_assert_gt(table_first_row(f.session->processes[0]->tracks[0]->table), 10000);
    pass(&f, 1, true);
    SHOWS(&f, "+5:33:20.00 / 5:33:20.00  ● live");
    press(&f, "0");
    (void)screen(&f);
    press(&f, "b+1h<Enter>++++");
    SHOWS(&f, "+1:00:00.00 / 5:33:20.00  ‖ ×1");
    SHOWS(&f, "40M┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉");
    retention_apply(f.session, &keep, f.live.now_unix_ns + 300 * NS_PER_S);
    press(&f, "tTeS<Enter>");
    (void)screen_as(&f, 200, 50, CHARSET_BRAILLE);
    press(&f, "G");
    SHOWS(&f, "● live");
    stop(&f);
}

/* A log whose stamps are of another time zone, or a clock that is wrong. */
Test(app_live, old_stamps_leave_no_empty_window)
{
    struct scene f = start(60);

    f.live.is_live = false;
    app_set_live(f.app, &f.live);
    f.live.is_live = true;
    f.live.now_unix_ns += 5 * 3600 * NS_PER_S;
    app_set_live(f.app, &f.live);
    SHOWS(&f, "+0:59.00 / 0:59.00  ● live");
    pass(&f, 10, false);
    SHOWS(&f, "+1:09.00 / 1:09.00  ● live");
    stop(&f);
}

Test(app_live, says_what_it_is_told)
{
    struct scene f = start(60);

    app_tell(f.app, SEVERITY_WARNING, "no space left on \033 device");
    cr_expect(app_is_dirty(f.app));
    SHOWS(&f, "no space left on \\x1b device");
    press(&f, "x");
    HIDES(&f, "no space");
    stop(&f);
}

/* No size of screen may draw outside of it or fail. */
Test(app_live, any_size)
{
    static const enum charset charsets[] = {CHARSET_ASCII, CHARSET_BLOCK,
                                            CHARSET_BRAILLE};
    struct scene scenes[] = {start(60), start(0)};

    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        struct scene *f = &scenes[i];

        (void)session_add_source(f->session, "/var/log/app.log");
        source_set_trouble(f->session->sources[0], SLICE("is gone"), 0);
        f->live.child = f->live.recording = f->live.offer = "a\tlong name 名前";
        for (int line = 0; line < 100; line++)
            print(f, (uint32_t)line % 3, line, "名前 名前 名前 名前 名前 名前 名前");
        app_set_live(f->app, &f->live);
        for (int cols = 1; cols < 130; cols += 7) {
            for (int rows = 1; rows < 60; rows += 3) {
                enum charset charset = charsets[(cols + rows) % 3];

                press(f, "9");
                (void)screen_as(f, cols, rows, charset);
                press(f, "k1");
                (void)screen_as(f, cols, rows, charset);
            }
        }
        stop(f);
    }
}

/* Whatever is pressed while whatever happens. */
Test(app_live, any_keys_at_any_time)
{
    static const char *const some[] = {
        "+", "-", "0", "=", "=", "g", "G",       "F",           " ", "[",       "]",
        "e", "W", "S", "p", "1", "6", "9",       "k",           "j", "<Enter>", "<Tab>",
        "?", "q", "h", "t", "T", "X", "<Enter>", "b-5s<Enter>", "R", "<PageUp>"};
    const struct retention keep = {120 * NS_PER_S, 2};
    uint64_t seed = 20261121;
    struct scene f = start(700);

    (void)session_add_source(f.session, "/var/log/app.log");
    f.live.child = "./server";
    for (int i = 0; i < 3000; i++) {
        struct finding found = made_finding(f.session, EVENT_LEAK, SEVERITY_WARNING,
                                            METRIC_HEAP_ALLOC, 0, 0);
        size_t what = test_random_below(&seed, 40);

        press(&f, some[test_random_below(&seed, COUNT_OF(some))]);
        app_tick(f.app, i * 100 * NS_PER_MS);
        found.began_ns = found.detected_ns = f.live.now_unix_ns - NS_PER_S;
        if (what < 10)
            pass(&f, (int)what, what % 3 != 0);
        else if (what == 10)
            (void)session_add_finding(f.session, &found);
        else if (what == 11)
            session_drop_findings(f.session);
        else if (what == 12)
            retention_apply(f.session, &keep, f.live.now_unix_ns);
        else if (what == 13)
            source_set_trouble(f.session->sources[1], SLICE("is gone"),
                               f.live.now_unix_ns);
        else if (what == 14)
            print(&f, (uint32_t)what % 2, i, "a line");
        else if (what == 15)
            f.live.is_live = !f.live.is_live;
        if (what >= 20)
            (void)screen_as(&f, 60 + (int)what * 3, 10 + (int)what, CHARSET_BRAILLE);
        cr_assert(app_frame_ms(f.app) >= -1);
    }
    stop(&f);
}
