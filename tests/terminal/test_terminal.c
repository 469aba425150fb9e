/*
 * The real program on a real terminal: HEAPREEL names it, HEAPREEL_TRACES the traces.
 */
#define _DEFAULT_SOURCE 1

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "tests/terminal/session.h"

TestSuite(terminal, .timeout = 60);

static const char *trace(const char *name)
{
    static char path[4096];
    const char *traces = getenv("HEAPREEL_TRACES");

    (void)snprintf(path, sizeof path, "%s/%s", traces ? traces : "traces", name);
    return path;
}

static struct program dashboard(void)
{
    return (struct program){.argv = {terminal_heapreel(), "open",
                                     trace("lateleak/gctrace.log"), "--limit=320MiB",
                                     NULL},
                            .input = -1};
}

Test(terminal, plays_zooms_resizes_and_quits)
{
    struct program p = dashboard();
    struct terminal t;

    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "+0:30.40 / 0:30.40");
    EXPECT_SHOWS(&t, "limit 320 MiB");
    cr_expect(t.is_alternate && t.is_cursor_hidden);
    terminal_type(&t, " ");
    EXPECT_SHOWS(&t, "\u25b6 \u00d71");
    terminal_type(&t, ">>>>>");
    EXPECT_SHOWS(&t, "\u25b6 \u00d732");
    EXPECT_SHOWS(&t, "\u2016 \u00d732 100 %");
    terminal_type(&t, "b+10s\r");
    EXPECT_SHOWS(&t, "+0:10.00 / 0:30.40");
    terminal_type(&t, "++++");
    EXPECT_SHOWS(&t, "+0:09.5");
    terminal_type(&t, "\033OC"); /* right */
    EXPECT_SHOWS(&t, "+0:10.01 / 0:30.40");
    terminal_resize(&t, 120, 40);
    EXPECT_SHOWS(&t, "Allocation \u2500");
    terminal_resize(&t, 60, 18);
    cr_expect(terminal_lacks(&t, "Pause \u2500"), "%s", terminal_text(&t));
    terminal_type(&t, "?");
    EXPECT_SHOWS(&t, "play, pause");
    terminal_type(&t, "q");
    cr_expect(terminal_lacks(&t, "play, pause"));
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    terminal_finish(&t);
}

Test(terminal, play_starts_at_the_beginning)
{
    struct program p = dashboard();
    struct terminal t;

    p.argv[2] = trace("lateleak");
    p.argv[3] = "--play";
    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "▶ ×1");
    terminal_type(&t, " ");
    EXPECT_SHOWS(&t, "‖ ×1"); /* at its end, Space would have started over */
    cr_expect(!strstr(terminal_text(&t), "100 %"), "%s", terminal_text(&t));
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    terminal_finish(&t);
}

Test(terminal, ctrl_c_quits)
{
    struct program p = dashboard();
    struct terminal t;

    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "limit 320 MiB");
    terminal_type(&t, "\003");
    terminal_expect_end(&t, 0);
    terminal_finish(&t);
}

Test(terminal, too_small_is_said_and_passes)
{
    struct program p = dashboard();
    struct terminal t;

    terminal_start(&t, &p, 20, 5);
    EXPECT_SHOWS(&t, "40x10 needed");
    terminal_resize(&t, 1, 1);
    terminal_resize(&t, 80, 24);
    EXPECT_SHOWS(&t, "limit 320 MiB");
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    terminal_finish(&t);
}

Test(terminal, suspends_and_resumes)
{
    struct program p = dashboard();
    struct terminal t;

    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "limit 320 MiB");
    for (int i = 0; i < 2; i++) {
        terminal_type(&t, "\032");
        cr_assert(terminal_stopped(&t), "did not stop");
        cr_expect(terminal_is_restored(&t), "stopped with the terminal in its hands");
        terminal_continue(&t);
        EXPECT_SHOWS(&t, "limit 320 MiB");
        cr_expect(t.is_alternate && t.is_cursor_hidden);
    }
    /* Stopped where it could not tidy up; the shell may have written anything. */
    (void)kill(t.program, SIGSTOP);
    cr_assert(terminal_stopped(&t), "did not stop");
    terminal_resize(&t, 100, 30);
    terminal_continue(&t);
    EXPECT_SHOWS(&t, "q quit");
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    terminal_finish(&t);
}

Test(terminal, is_restored_after_any_signal)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGABRT, SIGSEGV,
                                  SIGBUS,  SIGFPE, SIGILL,  SIGQUIT};

    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        struct program p = dashboard();
        struct terminal t;
        int status = 0;

        terminal_start(&t, &p, 80, 24);
        EXPECT_SHOWS(&t, "limit 320 MiB");
        (void)kill(t.program, signals[i]);
        cr_assert(terminal_ended(&t, &status), "signal %d: did not end", signals[i]);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signals[i],
                  "signal %d: status %x", signals[i], (unsigned)status);
        cr_expect(terminal_is_restored(&t), "signal %d", signals[i]);
        terminal_finish(&t);
    }
}

Test(terminal, keys_come_from_the_terminal_when_data_is_piped_in)
{
    struct program p = {.argv = {terminal_heapreel(), "-", NULL}};
    struct terminal t;

    p.input = open(trace("lateleak/gctrace.log"), O_RDONLY);
    cr_assert_geq(p.input, 0);
    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "standard input");
    EXPECT_SHOWS(&t, "/ 0:30.40");
    terminal_type(&t, "g");
    EXPECT_SHOWS(&t, "+0:00.00 / 0:30.40");
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    (void)close(p.input);
    terminal_finish(&t);
}

Test(terminal, keys_are_answered_while_input_is_awaited)
{
    static const char line[] =
        "gc 1 @0.008s 31%: 11+0.81+0.018 ms clock, 22+0.15/0.69/0+0.037 ms cpu, "
        "3->3->3 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";
    struct program p = {.argv = {terminal_heapreel(), "-", NULL}};
    struct terminal t;
    int pipe_fds[2];

    cr_assert_eq(pipe(pipe_fds), 0);
    (void)fcntl(pipe_fds[1], F_SETFD, FD_CLOEXEC);
    p.input = pipe_fds[0];
    terminal_start(&t, &p, 80, 24);
    (void)close(pipe_fds[0]);
    terminal_type(&t, "?");
    EXPECT_SHOWS(&t, "play, pause");
    terminal_type(&t, "q");
    cr_expect(terminal_lacks(&t, "play, pause"));
    (void)!write(pipe_fds[1], line, sizeof line - 1);
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    (void)close(pipe_fds[1]);
    terminal_finish(&t);
}

Test(terminal, findings_are_told_and_gone_to)
{
    struct program p = dashboard();
    struct terminal t;

    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "\u25a0 PRE-OOM");
    terminal_type(&t, "gw");
    EXPECT_SHOWS(&t, "critical: pre-oom");
    EXPECT_SHOWS(&t, "need ");
    terminal_type(&t, "6");
    EXPECT_SHOWS(&t, "What happened");
    EXPECT_SHOWS(&t, "told later");
    terminal_type(&t, "g\r");
    EXPECT_SHOWS(&t, "\u256d\u2500 Heap");
    terminal_type(&t, "S");
    EXPECT_SHOWS(&t, "segment ");
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    terminal_finish(&t);
}

/* Somebody else writes the log, and has not come to its end. */
Test(terminal, findings_come_while_input_is_awaited)
{
    struct program p = {.argv = {terminal_heapreel(), "-", "--limit=320MiB", NULL}};
    struct terminal t;
    char bytes[65536];
    int pipe_fds[2], log = open(trace("lateleak/gctrace.log"), O_RDONLY);
    ssize_t len = read(log, bytes, sizeof bytes);

    cr_assert(len > 0 && (size_t)len < sizeof bytes);
    (void)close(log);
    cr_assert_eq(pipe(pipe_fds), 0);
    (void)fcntl(pipe_fds[1], F_SETFD, FD_CLOEXEC);
    p.input = pipe_fds[0];
    terminal_start(&t, &p, 80, 24);
    (void)close(pipe_fds[0]);
    cr_assert_eq(write(pipe_fds[1], bytes, (size_t)len / 2), len / 2);
    EXPECT_SHOWS(&t, "+0:1");
    cr_expect(!strstr(terminal_text(&t), "PRE-OOM"), "%s", terminal_text(&t));
    cr_assert_eq(write(pipe_fds[1], bytes + len / 2, (size_t)(len - len / 2)),
                 len - len / 2);
    EXPECT_SHOWS(&t, "PRE-OOM");
    terminal_type(&t, "q");
    terminal_expect_end(&t, 0);
    (void)close(pipe_fds[1]);
    terminal_finish(&t);
}

static const struct {
    const char *term;
    const char *want;
} unfit[] = {
    {"dumb", "cannot show the dashboard"},
    {"no-such-terminal", "cannot show the dashboard"},
    {"", "cannot show the dashboard"},
};

Test(terminal, one_that_is_not_fit_is_refused)
{
    for (size_t i = 0; i < COUNT_OF(unfit); i++) {
        struct program p = dashboard();
        struct terminal t;

        p.term = unfit[i].term;
        terminal_start(&t, &p, 80, 24);
        EXPECT_SHOWS(&t, unfit[i].want);
        terminal_expect_end(&t, 2);
        terminal_finish(&t);
    }
}

static const struct {
    const char *command;
    const char *want;
    int status;
} commands[] = {
    {"\"$HEAPREEL\" \"$HEAPREEL_TRACES/lateleak/gctrace.log\" | cat",
     "standard output is not a terminal", 0},
    {"\"$HEAPREEL\" \"$HEAPREEL_TRACES/lateleak/gctrace.log\" >/dev/null",
     "standard output is not a terminal", 2},
    {"\"$HEAPREEL\" --view=nope \"$HEAPREEL_TRACES/lateleak/gctrace.log\"",
     "there is: overview", 2},
    {"\"$HEAPREEL\" /nowhere/to/be/found.log", "No such file", 3},
    {"\"$HEAPREEL\" --at=12:00 --format=gctrace "
     "\"$HEAPREEL_TRACES/gctrace/public-go118-go-test-many-processes.log\"",
     "no source knows the wall clock", 2},
};

Test(terminal, refusals_leave_it_alone)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        struct program p = {.argv = {"/bin/sh", "-c", commands[i].command, NULL},
                            .input = -1};
        struct terminal t;

        terminal_start(&t, &p, 120, 24);
        EXPECT_SHOWS(&t, commands[i].want);
        terminal_expect_end(&t, commands[i].status);
        terminal_finish(&t);
    }
}

Test(terminal, hanging_up_ends_the_program)
{
    struct program p = dashboard();
    struct terminal t;

    terminal_start(&t, &p, 80, 24);
    EXPECT_SHOWS(&t, "limit 320 MiB");
    (void)close(t.fd);
    (void)close(t.tty);
    for (int i = 0; i < 100 && kill(t.program, 0) == 0; i++)
        (void)usleep(50000);
    cr_expect_neq(kill(t.program, 0), 0, "still runs");
    t.fd = t.tty = -1;
    terminal_finish(&t);
}
