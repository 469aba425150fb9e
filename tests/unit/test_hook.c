/* Commands that are really run, watched on a loop. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/hook.h"
#include "tests/unit/support.h"

TestSuite(hook, .fini = test_abort_on_leak, .timeout = 60);

#define PATIENCE_NS (20 * NS_PER_S)
/* More than a pipe holds. */
#define LONG_BYTES ((size_t)1 << 20)

struct fixture {
    char folder[32];
    struct loop *loop;
    struct hook *hook;
    int64_t now_ns; /* made up; -1: the real one */
    struct text command, ends;
    size_t end_count;
};

static int64_t real_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int64_t fixture_now(void *user)
{
    const struct fixture *f = user;

    return f->now_ns < 0 ? real_ns() : f->now_ns;
}

static void note_end(void *user, const char *failure)
{
    struct fixture *f = user;

    f->end_count++;
    text_printf(&f->ends, "%s;", failure ? failure : "well");
}

/* $D in the command is the test's folder. */
static void begin(struct fixture *f, const char *command)
{
    struct hook_options options = {.now_ns = fixture_now, .on_end = note_end, .user = f};

    (void)signal(SIGPIPE, SIG_IGN);
    *f = (struct fixture){.now_ns = NS_PER_S, .folder = "/tmp/heapreel-hook-XXXXXX"};
    cr_assert(mkdtemp(f->folder));
    text_printf(&f->command, "D=%s; %s", f->folder, command);
    options.command = text_str(&f->command);
    f->loop = loop_create();
    f->hook = hook_create(f->loop, &options);
}

static void finish(struct fixture *f)
{
    static const char *const names[] = {"out", "pid", "go"};

    hook_destroy(f->hook);
    loop_destroy(f->loop);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct text path = {0};

        text_printf(&path, "%s/%s", f->folder, names[i]);
        (void)unlink(text_str(&path));
        text_finish(&path);
    }
    cr_expect_eq(rmdir(f->folder), 0);
    text_finish(&f->command);
    text_finish(&f->ends);
}

static void run(struct fixture *f, const char *event, struct slice input)
{
    struct err err = {0};

    cr_assert(hook_run(f->hook, event, input, &err), "%s", err.reason);
}

static bool read_file(const struct fixture *f, const char *name, struct text *out)
{
    struct text path = {0};
    char buffer[4096];
    FILE *file;
    size_t got;

    text_printf(&path, "%s/%s", f->folder, name);
    file = fopen(text_str(&path), "rb");
    text_finish(&path);
    text_clear(out);
    if (!file)
        return false;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        text_put(out, slice_of(buffer, got));
    (void)fclose(file);
    return true;
}

#define POLL_UNTIL(f, condition)                                                         \
    do {                                                                                 \
        const int64_t until_ns = real_ns() + PATIENCE_NS;                                \
        while (!(condition)) {                                                           \
            cr_assert(real_ns() < until_ns, "not in time: %s", #condition);              \
            cr_assert(loop_poll((f)->loop, 20 * NS_PER_MS));                             \
        }                                                                                \
    } while (0)

static void expect_file(const struct fixture *f, const char *content)
{
    struct text got = {0};

    cr_expect(read_file(f, "out", &got));
    cr_expect_str_eq(text_str(&got), content);
    text_finish(&got);
}

Test(hook, gets_the_line_and_the_kind)
{
    struct fixture f;

    begin(&f, "{ echo $HEAPREEL_EVENT; cat; } > $D/out");
    run(&f, "pre-oom", SLICE("{\"schema\":1}\n"));
    cr_expect_eq(hook_running(f.hook), 1);
    POLL_UNTIL(&f, f.end_count == 1);
    cr_expect_str_eq(text_str(&f.ends), "well;");
    cr_expect_eq(hook_running(f.hook), 0);
    expect_file(&f, "pre-oom\n{\"schema\":1}\n");
    finish(&f);
}

Test(hook, gets_what_no_pipe_holds)
{
    char *input = mem_alloc(LONG_BYTES);
    struct fixture f;

    memset(input, 'x', LONG_BYTES);
    begin(&f, "wc -c | tr -d ' ' > $D/out");
    run(&f, "leak", slice_of(input, LONG_BYTES));
    POLL_UNTIL(&f, f.end_count == 1);
    cr_expect_str_eq(text_str(&f.ends), "well;");
    expect_file(&f, "1048576\n");
    finish(&f);
    free(input);
}

Test(hook, may_leave_its_input_unread)
{
    char *input = mem_alloc(LONG_BYTES);
    struct fixture f;

    memset(input, 'x', LONG_BYTES);
    begin(&f, "true");
    run(&f, "leak", slice_of(input, LONG_BYTES));
    POLL_UNTIL(&f, f.end_count == 1);
    cr_expect_str_eq(text_str(&f.ends), "well;");
    finish(&f);
    free(input);
}

Test(hook, tells_how_it_failed)
{
    static const struct {
        const char *command, *how;
    } rows[] = {
        {"exit 3", "exit 3;"},
        {"no-such-command-here 2> /dev/null", "exit 127;"},
        {"kill -TERM $$", "signal 15, Terminated;"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fixture f;

        begin(&f, rows[i].command);
        run(&f, "leak", SLICE("{}\n"));
        POLL_UNTIL(&f, f.end_count == 1);
        cr_expect_str_eq(text_str(&f.ends), rows[i].how, "%s: %s", rows[i].command,
                         text_str(&f.ends));
        finish(&f);
    }
}

/* What the shell started is killed with it: its process group is gone. */
Test(hook, is_killed_when_it_hangs)
{
    struct fixture f;
    struct text pid = {0};

    begin(&f, "echo $$ > $D/pid; sleep 1000 & wait");
    run(&f, "leak", SLICE("{}\n"));
    POLL_UNTIL(&f, read_file(&f, "pid", &pid) && pid.len > 1);
    f.now_ns += HOOK_TIMEOUT_NS - NS_PER_S;
    loop_run_timers(f.loop, f.now_ns);
    cr_assert(loop_poll(f.loop, 0));
    cr_expect_eq(f.end_count, 0);
    f.now_ns += NS_PER_S;
    loop_run_timers(f.loop, f.now_ns);
    POLL_UNTIL(&f, f.end_count == 1);
    cr_expect_str_eq(text_str(&f.ends), "killed after 60 s;");
    text_finish(&pid);
    finish(&f);
}

Test(hook, only_so_many_at_once)
{
    struct fixture f;
    struct err err = {0};
    struct text go = {0};
    FILE *file;

    begin(&f, "cat > /dev/null; until [ -e $D/go ]; do sleep 0.01; done");
    for (size_t i = 0; i < HOOK_RUNS_MAX; i++)
        run(&f, "leak", SLICE("{}\n"));
    cr_expect_eq(hook_running(f.hook), HOOK_RUNS_MAX);
    cr_expect_not(hook_run(f.hook, "leak", SLICE("{}\n"), &err));
    cr_expect_str_eq(err.reason, "4 of them are still running");
    text_printf(&go, "%s/go", f.folder);
    file = fopen(text_str(&go), "wb");
    cr_assert(file);
    (void)fclose(file);
    POLL_UNTIL(&f, f.end_count == HOOK_RUNS_MAX);
    run(&f, "leak", SLICE("{}\n"));
    POLL_UNTIL(&f, f.end_count == HOOK_RUNS_MAX + 1);
    text_finish(&go);
    finish(&f);
}

Test(hook, is_waited_for_at_the_end)
{
    struct fixture f;

    begin(&f, "sleep 0.2; cat > $D/out");
    f.now_ns = -1;
    run(&f, "leak", SLICE("late\n"));
    hook_wait(f.hook, PATIENCE_NS);
    cr_expect_eq(f.end_count, 1);
    expect_file(&f, "late\n");
    finish(&f);
}

Test(hook, is_not_waited_for_for_ever)
{
    struct fixture f;
    int64_t before_ns = real_ns();

    begin(&f, "sleep 1000");
    f.now_ns = -1;
    run(&f, "leak", SLICE("{}\n"));
    hook_wait(f.hook, 100 * NS_PER_MS);
    cr_expect_eq(hook_running(f.hook), 1);
    cr_expect_lt(real_ns() - before_ns, PATIENCE_NS);
    finish(&f); /* kills it, or the folder's test would wait */
}
