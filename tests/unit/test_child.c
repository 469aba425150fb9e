/* Programs that are really started: /bin/sh, watched on a loop. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/child.h"
#include "tests/unit/support.h"

TestSuite(child, .fini = test_abort_on_leak, .timeout = 60);

enum { ERR = 1, OUT = 2 }; /* the numbers of the sources, in the order of their coming */

struct watcher {
    struct live_context context;
    struct child *child;
    int64_t now_ns; /* made up: timers go by it and descriptors by themselves */
    uint32_t source_count;
    int64_t pid;
    char names[3][64];
    struct text data[3], ends[3];
    size_t end_count[3];
    bool is_late;             /* data after an END */
    size_t longest, count[3]; /* of DATA */
};

static int64_t watcher_now(void *user)
{
    return ((struct watcher *)user)->now_ns;
}

static uint32_t watcher_add(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct watcher *w = user;

    cr_assert_lt(w->source_count, 2);
    cr_expect_eq(flags, ENTRY_IS_STREAM);
    w->source_count++;
    w->pid = pid;
    (void)snprintf(w->names[w->source_count], sizeof w->names[0], "%s", name);
    return w->source_count;
}

static void watcher_take(void *user, const struct entry *e)
{
    struct watcher *w = user;

    cr_assert(e->source == ERR || e->source == OUT);
    if (e->kind == ENTRY_DATA) {
        w->is_late = w->is_late || w->end_count[e->source] > 0;
        w->count[e->source]++;
        w->longest = e->bytes.len > w->longest ? e->bytes.len : w->longest;
        text_put(&w->data[e->source], e->bytes);
    } else {
        cr_expect_eq(e->kind, ENTRY_END);
        w->end_count[e->source]++;
        text_put(&w->ends[e->source], e->bytes);
    }
}

static void watcher_start(struct watcher *w, const char *script, bool passes_through)
{
    char shell[] = "/bin/sh", option[] = "-c";
    char *const argv[] = {shell, option, (char *)(uintptr_t)script, NULL};
    const struct child_options options = {.passes_through = passes_through};
    struct err err = {0};

    *w = (struct watcher){.now_ns = NS_PER_S};
    w->context = (struct live_context){
        .loop = loop_create(),
        .now_ns = watcher_now,
        .add_source = watcher_add,
        .take = watcher_take,
        .user = w,
    };
    w->child = child_start(&w->context, argv, &options, &err);
    cr_assert(w->child, "%s", err.reason);
}

static int64_t real_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* A turn of the loop. The made-up clock moves over a stream's rest and over nothing more.
 */
static void watcher_turn(struct watcher *w)
{
    const int64_t rest_ns = 10 * NS_PER_MS;
    struct loop *loop = w->context.loop;
    const bool is_resting = loop_next_ns(loop) <= w->now_ns + rest_ns;

    cr_assert(loop_poll(loop, is_resting ? 0 : 20 * NS_PER_MS));
    if (loop_next_ns(loop) > w->now_ns + rest_ns)
        return;
    w->now_ns += rest_ns;
    loop_run_timers(loop, w->now_ns);
}

/* Until the condition holds; 20 s are for ever. */
#define POLL_UNTIL(w, condition)                                                         \
    do {                                                                                 \
        const int64_t until_ns = real_ns() + 20 * NS_PER_S;                              \
        while (!(condition)) {                                                           \
            cr_assert(real_ns() < until_ns, "not in time: %s", #condition);              \
            watcher_turn(w);                                                             \
        }                                                                                \
    } while (0)

static void watcher_run(struct watcher *w, const char *script)
{
    watcher_start(w, script, false);
    POLL_UNTIL(w, child_end(w->child).has_ended);
}

/* Where there is no pidfd the made-up clock has to move. */
static void watcher_run_with_timers(struct watcher *w)
{
    for (int64_t until_ns = real_ns() + 20 * NS_PER_S; !child_end(w->child).has_ended;) {
        cr_assert_lt(real_ns(), until_ns);
        cr_assert(loop_poll(w->context.loop, NS_PER_MS));
        w->now_ns += 100 * NS_PER_MS;
        loop_run_timers(w->context.loop, w->now_ns);
    }
}

static void watcher_finish(struct watcher *w)
{
    cr_expect_not(w->is_late);
    child_stop(w->child);
    loop_destroy(w->context.loop);
    for (size_t i = 0; i < COUNT_OF(w->data); i++) {
        text_finish(&w->data[i]);
        text_finish(&w->ends[i]);
    }
}

static void expect_run_of(const char *script, bool passes_through, const char *err,
                          const char *out, const char *end, int status)
{
    struct watcher w;

    watcher_start(&w, script, passes_through);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    cr_expect_str_eq(text_str(&w.data[ERR]), err, "%s: %s", script,
                     text_str(&w.data[ERR]));
    cr_expect_str_eq(text_str(&w.data[OUT]), out, "%s: %s", script,
                     text_str(&w.data[OUT]));
    cr_expect_str_eq(text_str(&w.ends[ERR]), end, "%s: %s", script,
                     text_str(&w.ends[ERR]));
    cr_expect_eq(w.end_count[ERR], 1, "%s", script);
    cr_expect_eq(w.end_count[OUT], 1, "%s", script);
    cr_expect_eq(child_end(w.child).status, status, "%s", script);
    cr_expect_not(child_end(w.child).is_oom_killed);
    cr_expect_eq(loop_next_ns(w.context.loop), INT64_MAX, "a timer is left");
    watcher_finish(&w);
}

static void expect_run(const char *script, const char *err, const char *out,
                       const char *end, int status)
{
    expect_run_of(script, false, err, out, end, status);
}

Test(child, streams_are_kept_apart)
{
    struct watcher w;

    watcher_run(&w, "printf 'a\\nb'; printf 'c\\0d' >&2");
    cr_expect_str_eq(w.names[ERR], "sh stderr");
    cr_expect_str_eq(w.names[OUT], "sh stdout");
    cr_expect_eq(w.pid, child_pid(w.child));
    cr_expect(slice_eq(slice_of(w.data[ERR].ptr, w.data[ERR].len), SLICE("c\0d")));
    cr_expect_str_eq(text_str(&w.data[OUT]), "a\nb");
    watcher_finish(&w);
}

Test(child, ends)
{
    expect_run("exit 0", "", "", "exit 0", 0);
    expect_run("echo x; exit 7", "", "x\n", "exit 7", 7);
    expect_run("kill -9 $$", "", "", "killed by signal 9 (Killed)", 137);
    expect_run("kill -TERM $$", "", "", "killed by signal 15 (Terminated)", 143);
    /* Its streams may end before it does. */
    expect_run("exec >&- 2>&-; sleep 0.05; exit 3", "", "", "exit 3", 3);
    expect_run("no-such-command-here 2>/dev/null", "", "", "exit 127", 127);
}

Test(child, no_such_program)
{
    static const struct {
        const char *name, *reason;
    } rows[] = {
        {"/nonexistent/server", "/nonexistent/server: No such file or directory"},
        {"no-such-program-anywhere",
         "no-such-program-anywhere: No such file or directory"},
        {"/tmp", "/tmp: Permission denied"},
    };
    struct watcher w;

    watcher_run(&w, ":");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *const argv[] = {(char *)(uintptr_t)rows[i].name, NULL};
        struct err err = {0};

        cr_expect_not(
            child_start(&w.context, argv, &(struct child_options){false}, &err));
        cr_expect_str_eq(err.reason, rows[i].reason, "%s", err.reason);
    }
    watcher_finish(&w);
}

Test(child, much_output_comes_whole_and_in_slices)
{
    struct watcher w;

    /* 5 MB on each, in turns, as fast as they are taken. */
    watcher_run(&w, "i=0; while [ $i -lt 50 ]; do i=$((i + 1));"
                    " head -c 100000 /dev/zero | tr '\\0' o;"
                    " head -c 100000 /dev/zero | tr '\\0' e >&2; done; echo end");
    cr_expect_eq(w.data[ERR].len, 5000000);
    cr_expect_eq(w.data[OUT].len, 5000004);
    cr_expect_eq(strspn(text_str(&w.data[ERR]), "e"), 5000000);
    cr_expect_eq(strspn(text_str(&w.data[OUT]), "o"), 5000000);
    cr_expect_leq(w.longest, 65536);
    watcher_finish(&w);
}

/* The first and the second piece wake us; the rest, when it has gathered. */
Test(child, small_pieces_are_taken_together)
{
    struct watcher w;
    siginfo_t info;

    watcher_start(&w, "i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); printf 12345; done",
                  false);
    POLL_UNTIL(&w, w.count[OUT] >= 1);
    while (loop_next_ns(w.context.loop) == INT64_MAX)
        cr_assert(loop_poll(w.context.loop, 20 * NS_PER_MS));
    cr_assert_leq(w.count[OUT], 2);
    /* It rests, and all the while the child writes; or we were late, and it is dead. */
    if (loop_next_ns(w.context.loop) == w.now_ns + 10 * NS_PER_MS)
        cr_assert_eq(waitid(P_PID, (id_t)child_pid(w.child), &info, WEXITED | WNOWAIT),
                     0);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    cr_expect_eq(w.data[OUT].len, 10000);
    cr_expect_leq(w.count[OUT], 3);
    watcher_finish(&w);
}

/* An answer now and then is passed on as it comes. */
Test(child, a_piece_now_and_then_does_not_wait)
{
    struct watcher w;
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(fcntl(ends[1], F_SETFD, FD_CLOEXEC), 0);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    watcher_start(&w, "while read -r line; do printf %s $line; done; exit 1", true);
    for (size_t i = 1; i <= 5; i++) {
        cr_assert_eq(write(ends[1], "x\n", 2), 2);
        POLL_UNTIL(&w, w.data[OUT].len == i);
        cr_expect_eq(loop_next_ns(w.context.loop), INT64_MAX, "it rests after %zu", i);
        w.now_ns += 2 * NS_PER_MS;
    }
    (void)close(ends[1]);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    watcher_finish(&w);
}

/* Nobody reads at all, and it still comes to its end. */
Test(child, its_pipes_hold_much)
{
    struct watcher w;
    siginfo_t info;

    watcher_start(&w, "head -c 900000 /dev/zero; head -c 900000 /dev/zero >&2", false);
    cr_assert_eq(waitid(P_PID, (id_t)child_pid(w.child), &info, WEXITED | WNOWAIT), 0);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    cr_expect_eq(w.data[OUT].len, 900000);
    cr_expect_eq(w.data[ERR].len, 900000);
    watcher_finish(&w);
}

Test(child, signals_reach_it)
{
    struct watcher w;

    watcher_start(&w,
                  "trap 'echo hup' HUP; trap 'echo bye; exit 5' TERM; echo ready;"
                  " while :; do sleep 0.01; done",
                  false);
    POLL_UNTIL(&w, strcmp(text_str(&w.data[OUT]), "ready\n") == 0);
    child_signal(w.child, SIGHUP);
    POLL_UNTIL(&w, strcmp(text_str(&w.data[OUT]), "ready\nhup\n") == 0);
    cr_expect_not(child_end(w.child).has_ended);
    child_signal(w.child, SIGTERM);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    cr_expect_str_eq(text_str(&w.data[OUT]), "ready\nhup\nbye\n");
    cr_expect_str_eq(text_str(&w.ends[ERR]), "exit 5");
    child_signal(w.child, SIGKILL); /* nobody: it is gone */
    watcher_finish(&w);
}

/* What we block or ignore is not the child's; a HUP that nohup ignores is. */
Test(child, signals_are_as_the_program_expects_them)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    expect_run("kill -TERM $$; exit 1", "", "", "killed by signal 15 (Terminated)", 143);
    expect_run("kill -INT $$; exit 1", "", "", "killed by signal 2 (Interrupt)", 130);
    expect_run("kill -PIPE $$; exit 1", "", "", "killed by signal 13 (Broken pipe)", 141);
    (void)signal(SIGHUP, SIG_IGN);
    expect_run("kill -HUP $$; exit 1", "", "", "exit 1", 1);
}

/* It may be gone before a pidfd can be had of it. */
Test(child, status_that_the_kernel_threw_away)
{
    struct watcher w;

    (void)signal(SIGCHLD, SIG_IGN);
    watcher_start(&w, "echo x; exit 3", false);
    watcher_run_with_timers(&w);
    cr_expect_str_eq(text_str(&w.data[OUT]), "x\n");
    cr_expect_str_eq(text_str(&w.ends[ERR]), "ended; its exit status is not known");
    cr_expect_eq(child_end(w.child).status, 1);
    watcher_finish(&w);
}

Test(child, godebug_is_extended_and_the_rest_is_ours)
{
    cr_assert_eq(setenv("GODEBUG", "madvdontneed=1", 1), 0);
    cr_assert_eq(setenv("CHILD_TEST", "kept", 1), 0);
    expect_run("echo $GODEBUG $CHILD_TEST; env | grep -c ^GODEBUG=", "",
               "madvdontneed=1,gctrace=1 kept\n1\n", "exit 0", 0);
    cr_assert_eq(unsetenv("GODEBUG"), 0);
    expect_run("echo $GODEBUG", "", "gctrace=1\n", "exit 0", 0);
}

Test(child, standard_input_and_folder_are_ours)
{
    int ends[2];
    char folder[] = "/tmp/child_XXXXXX", want[64];

    cr_assert(mkdtemp(folder));
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], "typed\n", 6), 6);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    (void)close(ends[1]);
    cr_assert_eq(chdir(folder), 0);
    (void)snprintf(want, sizeof want, "typed\n%s\n", folder);
    /* The keys are the dashboard's where it has the terminal. */
    expect_run("cat; pwd", "", want + strlen("typed\n"), "exit 0", 0);
    expect_run_of("cat; pwd", true, "", want, "exit 0", 0);
    cr_assert_eq(rmdir(folder), 0);
}

/* Nothing of ours but 0, 1 and 2, and they do not claim not to block. */
Test(child, descriptors)
{
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* those of the test's own runner */
    expect_run("ls /proc/self/fd | wc -l", "", "4\n", "exit 0", 0);
    expect_run("grep flags /proc/self/fdinfo/1 /proc/self/fdinfo/2 | grep -c '0.*1$'", "",
               "2\n", "exit 0", 0);
}

/* Without a pidfd (here: no descriptor left for it) the timer asks. */
Test(child, without_pidfd)
{
    struct rlimit limit;
    struct watcher w;
    const int lowest = dup(STDERR_FILENO);

    cr_assert_geq(lowest, 0);
    (void)close(lowest);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    /* Room for four ends of two pipes, if nothing above `lowest` is open. */
    for (int fd = lowest; fd < lowest + 64; fd++)
        (void)close(fd);
    limit.rlim_cur = (rlim_t)lowest + 4;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    watcher_start(&w, "echo x; exit 4", false);
    cr_expect_eq(loop_next_ns(w.context.loop), w.now_ns + 100 * NS_PER_MS);
    watcher_run_with_timers(&w);
    cr_expect_str_eq(text_str(&w.data[OUT]), "x\n");
    cr_expect_str_eq(text_str(&w.ends[ERR]), "exit 4");
    watcher_finish(&w);
}

/* A grandchild keeps the pipes open for longer than anybody waits. */
Test(child, grandchild_keeps_the_pipes)
{
    struct watcher w;
    int64_t dead_ns;

    watcher_start(&w, "sleep 100 & echo $!; exit 6", false);
    POLL_UNTIL(&w, loop_next_ns(w.context.loop) != INT64_MAX);
    dead_ns = w.now_ns;
    cr_expect_eq(loop_next_ns(w.context.loop), dead_ns + 500 * NS_PER_MS);
    loop_run_timers(w.context.loop, dead_ns + 499 * NS_PER_MS);
    cr_expect_not(child_end(w.child).has_ended);
    cr_expect_eq(w.end_count[ERR] + w.end_count[OUT], 0);
    loop_run_timers(w.context.loop, dead_ns + 500 * NS_PER_MS);
    cr_expect(child_end(w.child).has_ended);
    cr_expect_eq(child_end(w.child).status, 6);
    cr_expect_str_eq(text_str(&w.ends[ERR]), "exit 6");
    {
        uint64_t pid;

        cr_assert_gt(w.data[OUT].len, 1);
        cr_assert(num_parse_u64(slice_of(w.data[OUT].ptr, w.data[OUT].len - 1), &pid));
        cr_expect_eq(kill((pid_t)pid, SIGKILL), 0, "we do not kill it");
    }
    watcher_finish(&w);
}

/* The last bytes of a child that nobody had a turn to read are taken with the grace. */
Test(child, last_bytes_are_taken_before_the_grace_ends)
{
    struct watcher w;
    siginfo_t info;

    watcher_start(&w,
                  "head -c 60000 /dev/zero | tr '\\0' z; { sleep 100 & } ; echo $! >&2;"
                  " exit 0",
                  false);
    /* The loop stands still until everything has happened. */
    cr_assert_eq(waitid(P_PID, (id_t)child_pid(w.child), &info, WEXITED | WNOWAIT), 0);
    POLL_UNTIL(&w, loop_next_ns(w.context.loop) != INT64_MAX);
    loop_run_timers(w.context.loop, w.now_ns + NS_PER_S);
    cr_expect(child_end(w.child).has_ended);
    cr_expect_eq(w.data[OUT].len, 60000);
    {
        uint64_t pid;

        cr_assert(num_parse_u64(slice_of(w.data[ERR].ptr, w.data[ERR].len - 1), &pid));
        (void)kill((pid_t)pid, SIGKILL);
    }
    watcher_finish(&w);
}

/* Our own output, put aside while a child's goes to a pipe. */
struct diversion {
    int number, kept, read_fd;
};

static struct diversion divert(int number)
{
    struct diversion d = {.number = number};
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    d.read_fd = ends[0];
    d.kept = dup(number);
    cr_assert_eq(fcntl(d.kept, F_SETFD, FD_CLOEXEC), 0);
    cr_assert_eq(fcntl(d.read_fd, F_SETFD, FD_CLOEXEC), 0);
    cr_assert_eq(fcntl(d.read_fd, F_SETFL, O_NONBLOCK), 0);
    cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, 65536), 65536);
    cr_assert_eq(dup2(ends[1], number), number);
    (void)close(ends[1]);
    return d;
}

static void drain(const struct diversion *d, struct text *into)
{
    char buffer[4096];
    ssize_t got;

    while ((got = read(d->read_fd, buffer, sizeof buffer)) > 0)
        text_put(into, slice_of(buffer, (size_t)got));
}

static void undivert(struct diversion *d)
{
    cr_assert_eq(dup2(d->kept, d->number), d->number);
    (void)close(d->kept);
    (void)close(d->read_fd);
}

Test(child, output_passes_through)
{
    struct watcher w;
    struct text out = {0}, err = {0};
    struct diversion to_out = divert(STDOUT_FILENO), to_err = divert(STDERR_FILENO);

    watcher_start(&w, "printf 'a\\001b'; echo e >&2; exit 2", true);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    drain(&to_out, &out);
    drain(&to_err, &err);
    undivert(&to_err);
    undivert(&to_out);
    cr_expect_str_eq(text_str(&out), "a\001b");
    cr_expect_str_eq(text_str(&err), "e\n");
    cr_expect_str_eq(text_str(&w.data[OUT]), "a\001b");
    cr_expect_str_eq(text_str(&w.data[ERR]), "e\n");
    text_finish(&out);
    text_finish(&err);
    watcher_finish(&w);
}

/* A reader of ours that stands still: the loop goes on, the child waits, nothing is lost,
 * neither when the grace is over. */
Test(child, output_that_nobody_reads_yet)
{
    struct watcher w;
    struct text out = {0};
    struct diversion to_out = divert(STDOUT_FILENO);

    watcher_start(&w,
                  "head -c 100000 /dev/zero | tr '\\0' q;"
                  " echo done >&2",
                  true);
    POLL_UNTIL(&w, w.data[OUT].len >= 65536);
    POLL_UNTIL(&w, strcmp(text_str(&w.data[ERR]), "done\n") == 0);
    POLL_UNTIL(&w, loop_next_ns(w.context.loop) != INT64_MAX); /* it is dead */
    w.now_ns += NS_PER_S;
    loop_run_timers(w.context.loop, w.now_ns);
    cr_expect_not(child_end(w.child).has_ended);
    POLL_UNTIL(&w, (drain(&to_out, &out), child_end(w.child).has_ended));
    drain(&to_out, &out);
    undivert(&to_out);
    cr_expect_eq(strspn(text_str(&out), "q"), 100000);
    cr_expect_eq(out.len, 100000);
    cr_expect_eq(w.data[OUT].len, 100000);
    text_finish(&out);
    watcher_finish(&w);
}

Test(child, goes_on_when_our_output_is_closed)
{
    struct watcher w;
    struct diversion to_out = divert(STDOUT_FILENO);

    (void)close(to_out.read_fd);
    to_out.read_fd = -1;
    watcher_start(&w, "head -c 300000 /dev/zero; exit 8", true);
    POLL_UNTIL(&w, child_end(w.child).has_ended);
    undivert(&to_out);
    cr_expect_eq(w.data[OUT].len, 300000);
    cr_expect_eq(child_end(w.child).status, 8);
    watcher_finish(&w);
}

Test(child, may_be_forgotten_while_it_runs)
{
    struct watcher w;
    pid_t pid;

    watcher_start(&w, "echo x; exec sleep 100", false);
    POLL_UNTIL(&w, w.data[OUT].len > 0);
    cr_expect_not(child_end(w.child).has_ended);
    pid = child_pid(w.child);
    watcher_finish(&w);
    cr_expect_eq(kill(pid, SIGKILL), 0);
}
