/*
 * The dashboard on live sources, on a real terminal: HEAPREEL names the program,
 * HEAPREEL_SERVICE a Go service where there was a Go to build it.
 */
#define _GNU_SOURCE 1 /* nftw */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "replay/reel.h"
#include "tests/terminal/session.h"

#define PATH_TEXT 256

static char folder[PATH_TEXT];

static void begin(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/heapreel-live-XXXXXX");
    cr_assert(mkdtemp(folder));
    (void)setenv("XDG_STATE_HOME", folder, 1);
    (void)unsetenv("GODEBUG");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void end(void)
{
    cr_assert_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TestSuite(live_terminal, .init = begin, .fini = end, .timeout = 120);

static void expect_end(struct terminal *t, int wanted_status)
{
    terminal_expect_end(t, wanted_status);
    terminal_finish(t);
}

static void put_cycles(int fd, int from, int to)
{
    for (int i = from; i <= to; i++)
        (void)dprintf(fd,
                      "gc %d @%d.%03ds 1%%: 0.1+0.5+0.1 ms clock, 0.2+0.1/0.2/0.3+0.2 ms "
                      "cpu, %d->%d->%d MB, %d MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
                      i, i / 10, i % 10 * 100, 100 + i, 100 + i, 50 + i, 110 + i);
}

static int append_to(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    cr_assert_geq(fd, 0);
    return fd;
}

static const char *in_folder(const char *name)
{
    static char path[2 * PATH_TEXT];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

Test(live_terminal, a_log_is_followed_through_its_rotation)
{
    const char *path = in_folder("app.log");
    struct program p = {.argv = {terminal_heapreel(), path, NULL}, .input = -1};
    char old[2 * PATH_TEXT + 2];
    struct terminal t;
    int fd = append_to(path);

    put_cycles(fd, 1, 20);
    terminal_start(&t, &p, 100, 24);
    EXPECT_SHOWS(&t, "gc #20");
    put_cycles(fd, 21, 25);
    EXPECT_SHOWS(&t, "gc #25");
    (void)snprintf(old, sizeof old, "%s.1", path);
    cr_assert_eq(rename(path, old), 0);
    put_cycles(fd, 26, 26);
    (void)close(fd);
    fd = append_to(path);
    put_cycles(fd, 27, 30);
    EXPECT_SHOWS(&t, "gc #30");
    (void)close(fd);
    terminal_type(&t, "q");
    expect_end(&t, 0);
}

Test(live_terminal, a_pipe_is_read_as_it_comes)
{
    const char *path = in_folder("pipe");
    char command[5 * PATH_TEXT];
    struct program p = {.argv = {"sh", "-c", command, NULL}, .input = -1};
    struct terminal t;
    int fd;

    cr_assert_eq(mkfifo(path, 0600), 0);
    (void)snprintf(command, sizeof command, "cat '%s' | '%s' -", path,
                   terminal_heapreel());
    terminal_start(&t, &p, 100, 24);
    EXPECT_SHOWS(&t, "waiting");
    fd = append_to(path);
    put_cycles(fd, 1, 3);
    EXPECT_SHOWS(&t, "gc #3");
    put_cycles(fd, 4, 9);
    EXPECT_SHOWS(&t, "gc #9");
    (void)close(fd);
    EXPECT_LACKS(&t, "live  ");
    terminal_type(&t, "q");
    expect_end(&t, 0);
}

Test(live_terminal, an_empty_log_is_waited_for)
{
    const char *path = in_folder("app.log");
    struct program p = {.argv = {terminal_heapreel(), path, NULL}, .input = -1};
    struct terminal t;
    int fd = append_to(path);

    terminal_start(&t, &p, 100, 24);
    EXPECT_SHOWS(&t, "waiting");
    (void)dprintf(fd, "server starting\n");
    put_cycles(fd, 1, 4);
    EXPECT_SHOWS(&t, "gc #4");
    (void)close(fd);
    terminal_type(&t, "q");
    expect_end(&t, 0);
}

Test(live_terminal, what_cannot_be_reached_is_said)
{
    struct program p = {.argv = {terminal_heapreel(), "http://127.0.0.1:1", NULL},
                        .input = -1};
    struct terminal t;

    terminal_start(&t, &p, 100, 24);
    EXPECT_SHOWS(&t, "127.0.0.1:1");
    EXPECT_SHOWS(&t, "Connection refused");
    terminal_type(&t, "q");
    expect_end(&t, 0);
}

Test(live_terminal, a_child_speaks_in_a_pane_and_is_stopped)
{
    struct program p = {
        .argv = {terminal_heapreel(), "run", "--", "sh", "-c",
                 "echo here I am; read x || echo no input; exec sleep 1000", NULL},
        .input = -1};
    struct terminal t;

    terminal_start(&t, &p, 120, 40);
    EXPECT_SHOWS(&t, "here I am");
    EXPECT_SHOWS(&t, "no input");
    terminal_type(&t, "q");
    EXPECT_SHOWS(&t, "q again");
    terminal_type(&t, "q");
    expect_end(&t, 128 + SIGTERM);
}

Test(live_terminal, a_child_that_ends_leaves_its_story)
{
    struct program p = {
        .argv = {terminal_heapreel(), "run", "--", "sh", "-c", "exit 7", NULL},
        .input = -1};
    struct terminal t;

    terminal_start(&t, &p, 120, 40);
    EXPECT_SHOWS(&t, "exit 7");
    terminal_type(&t, "q");
    expect_end(&t, 7);
}

/* The one recording in the folder for them has its end. */
static bool is_recording_whole(void)
{
    char pattern[2 * PATH_TEXT];
    struct err err = {0};
    struct reel_reader *reader;
    glob_t found;
    bool is_whole;

    (void)snprintf(pattern, sizeof pattern, "%s/heapreel/*.reel", folder);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
    cr_assert_eq(found.gl_pathc, 1);
    reader = reel_open(found.gl_pathv[0], &err);
    cr_assert(reader, "%s: %s", found.gl_pathv[0], err.reason);
    globfree(&found);
    is_whole = !reel_reader_span(reader).is_torn;
    reel_reader_close(reader);
    return is_whole;
}

static void start_recording(struct terminal *t, int *fd)
{
    const char *path = in_folder("app.log");
    struct program p = {.argv = {terminal_heapreel(), path, NULL}, .input = -1};

    *fd = append_to(path);
    put_cycles(*fd, 1, 5);
    terminal_start(t, &p, 120, 30);
    EXPECT_SHOWS(t, "gc #5");
    put_cycles(*fd, 6, 6);
    EXPECT_SHOWS(t, "gc #6");
    terminal_type(t, "R");
    EXPECT_SHOWS(t, "rec ");
    put_cycles(*fd, 7, 9);
    EXPECT_SHOWS(t, "gc #9");
}

Test(live_terminal, a_key_records_and_stops)
{
    struct terminal t;
    int fd;

    start_recording(&t, &fd);
    terminal_type(&t, "R");
    EXPECT_SHOWS(&t, "recorded: ");
    cr_expect(is_recording_whole());
    (void)close(fd);
    terminal_type(&t, "q");
    expect_end(&t, 0);
}

Test(live_terminal, quitting_ends_the_recording)
{
    struct terminal t;
    int fd;

    start_recording(&t, &fd);
    (void)close(fd);
    terminal_type(&t, "q");
    expect_end(&t, 0);
    cr_expect(is_recording_whole());
}

Test(live_terminal, a_terminal_that_goes_away_ends_the_recording)
{
    struct terminal t;
    int fd, status = 0;

    start_recording(&t, &fd);
    (void)close(fd);
    (void)kill(t.program, SIGHUP);
    cr_assert(terminal_ended(&t, &status), "did not end");
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP, "%x", (unsigned)status);
    terminal_finish(&t);
    cr_expect(is_recording_whole());
}

/* What a key asked for is in files as well. */
static size_t count_files(const char *pattern)
{
    char path[2 * PATH_TEXT];
    size_t count = 0;
    glob_t found;

    (void)snprintf(path, sizeof path, "%s/heapreel/%s", folder, pattern);
    if (glob(path, 0, NULL, &found) == 0) {
        count = found.gl_pathc;
        globfree(&found);
    }
    return count;
}

Test(live_terminal, a_service_is_watched_and_asked)
{
    const char *service = getenv("HEAPREEL_SERVICE");
    struct program p = {.argv = {terminal_heapreel(), "run", "--", service, NULL},
                        .input = -1};
    struct terminal t;

    if (!service || !*service)
        cr_skip_test("no go, so no service to watch");
    terminal_start(&t, &p, 160, 50);
    EXPECT_SHOWS(&t, "listening");
    EXPECT_SHOWS(&t, "o adds");
    terminal_type(&t, "o");
    EXPECT_SHOWS(&t, "Goroutines");
    terminal_type(&t, "H");
    EXPECT_SHOWS(&t, "-goroutine.txt");
    terminal_type(&t, "X\b1\r");
    EXPECT_SHOWS(&t, "-trace.out");
    cr_expect_eq(count_files("*-heap.pb.gz"), 1);
    cr_expect_eq(count_files("*-allocs.pb.gz"), 1);
    terminal_type(&t, "qq");
    expect_end(&t, 128 + SIGTERM);
}
