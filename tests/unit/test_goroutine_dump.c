#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "parsers/goroutine_dump.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(goroutine_dump, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    struct collected c;

    collect(&c, &goroutine_dump_parser, in, PIECES_WHOLE);
    return c;
}

/* Read off the files by hand. */
static const struct {
    const char *name, *sample, *stack;
} files[] = {
    {"gen-go1.15-goroutine.debug2.txt",
     "sched.goroutines=3 x.goroutines.running(count)=1 "
     "x.goroutines.select_no_cases(count)=1 x.goroutines.sleep(count)=1\n",
     " 1 @ 0|time.Sleep runtime/time.go:188 0|main.main.func3 "
     "command-line-arguments/c.go:95\n"},
    {"gen-go1.26-goroutine.debug2.txt",
     "sched.goroutines=3 x.goroutines.running(count)=1 "
     "x.goroutines.select_no_cases(count)=1 x.goroutines.sleep(count)=1\n",
     " 1 @ 0|main.main.func2 ./c.go:94\n"},
    {"gen-go1.27-goroutine.debug2.txt",
     "sched.goroutines=3 x.goroutines.running(count)=1 x.goroutines.sleep(count)=1 "
     "x.goroutines.select_no_cases(count)=1\n",
     " 1 @ 0|runtime/pprof.writeGoroutineStacks runtime/pprof/pprof.go:816 "
     "0|runtime/pprof.writeGoroutine runtime/pprof/pprof.go:779 "
     "0|runtime/pprof.(*Profile).WriteTo runtime/pprof/pprof.go:405 "
     "0|main.main.func8 ./c.go:101 0|main.save ./c.go:62 0|main.main ./c.go:101\n"},
    {"gen-go1.27-goroutineleak.debug2.txt",
     "sched.goroutines=5 x.goroutines.running(count)=1 "
     "x.goroutines.chan_send(count)=3 x.goroutines.sleep(count)=1 "
     "x.goroutines.leaked(count)=3\n",
     " 3 @ 0|main.main.func1 ./gl.go:12\n"},
    {"gen-go1.26-goroutines-tracebacklabels.debug2.txt",
     "sched.goroutines=5 x.goroutines.running(count)=1 "
     "x.goroutines.chan_send(count)=3 x.goroutines.sleep(count)=1 "
     "x.goroutines.leaked(count)=3\n",
     " 1 @ 0|time.Sleep runtime/time.go:363 0|main.main.func2.1 ./gl.go:14\n"},
    {"gen-go1.27-goroutines-tracebacklabels.debug2.txt",
     "sched.goroutines=5 x.goroutines.running(count)=1 "
     "x.goroutines.chan_send(count)=3 x.goroutines.sleep(count)=1 "
     "x.goroutines.leaked(count)=3\n",
     " 3 @ 0|main.main.func1 ./gl.go:12\n"},
};

Test(goroutine_dump, real_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[TRACE_PATH];
        struct slice in;
        struct collected c;
        const char *others;

        (void)snprintf(path, sizeof path, "profiles-text/%s", files[i].name);
        in = trace_plain(path);
        c = parse(in);
        others = text_str(&c.others);
        cr_expect_eq(goroutine_dump_parser.probe(in, true), PROBE_CERTAIN, "%s", path);
        cr_expect_eq(c.other_count, 2, "%s", path);
        cr_expect(strstr(others, files[i].sample), "%s: %s", path, others);
        cr_expect(strstr(others, files[i].stack), "%s: %s", path, others);
        cr_expect_eq(c.diag.skipped, 0, "%s", path);
        collected_finish(&c);
        test_free(in);
    }
}

#define STACK "main.f(0x1, {0x2, 0x3})\n\t/a b/x.go:5 +0x1\n\n"
#define PROFILE "profile goroutine duration_ns=0 period=1 *goroutine/count\n"
#define SAMPLE "sample goroutines process unknown=0 sched.goroutines="

static const struct {
    const char *in, *want;
} rows[] = {
    {"goroutine 5 [chan receive, 3 minutes, locked to thread]:\n" STACK,
     SAMPLE "1 x.goroutines.chan_receive(count)=1 x.goroutines.wait.max(ns)="
            "180000000000\n" PROFILE " 1 @ 0|main.f /a b/x.go:5\n"},
    {"goroutine 5 gp=0xc000004380 m=2 mp=0xc000046808 [running]:\n"
     "main.f(...)\n\tC:/x.go:5 +0x1 fp=0x10 sp=0x20 pc=0x4a\n"
     "runtime.goexit({})\n\truntime/asm.s:1 +0x1 fp=0x10 sp=0x20 pc=0x4b\n",
     SAMPLE "1 x.goroutines.running(count)=1\n" PROFILE
            " 1 @ 4a|main.f C:/x.go:5 4b|runtime.goexit runtime/asm.s:1\n"},
    {"goroutine 5 gp=0x1 m=nil [GC worker (idle)]:\n" STACK, SAMPLE
     "1 x.goroutines.gc_worker_idle(count)=1\n" PROFILE " 1 @ 0|main.f /a b/x.go:5\n"},
    {"goroutine 5 [select (durable), synctest bubble 1]:\n" STACK
     "goroutine 6 [select (scan) (durable)]:\n" STACK,
     SAMPLE "2 x.goroutines.select(count)=2\n" PROFILE " 2 @ 0|main.f /a b/x.go:5\n"},
    {"goroutine 21 [sleep] {route: /v1, tenant: \"a b]\"}:\n" STACK
     "goroutine 22 [sleep labels:{\"route\": \"/v1\"}]:\n" STACK,
     SAMPLE "2 x.goroutines.sleep(count)=2\n" PROFILE " 2 @ 0|main.f /a b/x.go:5\n"},
    /* A thread's own stack, what surrounds a panic, frames left out, no place. */
    {"panic: boom\n\ngoroutine 1 [running]:\npanic({0x1?, 0x2?})\n"
     "main.(*T[...]).g(...)\n\tx.go:7\n...additional frames elided...\n"
     "created by main.main in goroutine 1\n\tx.go:99 +0x1\n\n"
     "goroutine 0 [idle]:\n" STACK "rax 0x0\nexit status 2\n",
     SAMPLE "1 x.goroutines.running(count)=1\n" PROFILE
            " 1 @ 0|panic :0 0|main.(*T[...]).g x.go:7\n"},
    {"goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n",
     SAMPLE "1 x.goroutines.running(count)=1\n" PROFILE " 1 @\n"},
    {"goroutine 1 [syscall]:\nnon-Go function\n\tpc=0x7f\n", SAMPLE
     "1 x.goroutines.syscall(count)=1\n" PROFILE " 1 @ 0|non-Go function pc=0x7f:0\n"},
    /* The same goroutine again: another dump. */
    {"goroutine 1 [running]:\n" STACK "goroutine 2 [sleep]:\n" STACK
     "goroutine 1 [sleep]:\n" STACK,
     SAMPLE "2 x.goroutines.running(count)=1 x.goroutines.sleep(count)=1\n" PROFILE
            " 2 @ 0|main.f /a b/x.go:5\n" SAMPLE "1 x.goroutines.sleep(count)=1\n" PROFILE
            " 1 @ 0|main.f /a b/x.go:5\n"},
};

Test(goroutine_dump, shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&goroutine_dump_parser, "", rows[i].in, rows[i].want, 0);
}

static const char *const bad[] = {
    "goroutine 3 [running",  "goroutine 3 []:",    "goroutine 3 gp=0x1 m=2:",
    "goroutine 3 [running]", "goroutine 3 gp=[a:",
};

Test(goroutine_dump, bad_headers_are_skipped_and_counted)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text t = {0};
        struct collected c;

        text_printf(&t,
                    "goroutine 1 [sleep]:\n" STACK "%s\n" STACK
                    "goroutine 2 [sleep]:\n" STACK,
                    bad[i]);
        c = parse(slice_of(t.ptr, t.len));
        cr_expect(strstr(text_str(&c.others), " 2 @ 0|main.f /a b/x.go:5\n"), "%s",
                  bad[i]);
        cr_expect_eq(c.diag.skipped, 1, "%s", bad[i]);
        cr_expect_str_eq(c.diag.kept[0].reason, "malformed goroutine header", "%s",
                         bad[i]);
        cr_expect_eq(c.diag.kept[0].line, 5, "%s", bad[i]);
        collected_finish(&c);
        text_finish(&t);
    }
}

Test(goroutine_dump, every_truncation)
{
    struct slice in = trace_plain("profiles-text/gen-go1.27-goroutineleak.debug2.txt");

    for (struct damage d = damage_cut(&goroutine_dump_parser, in, 0, in.len);
         damage_next(&d);) {
        cr_expect(d.c.ok && d.c.diag.skipped <= 1, "%zu bytes", d.at);
        cr_expect_eq(d.c.other_count, d.at < 22 ? 0 : 2, "%zu bytes", d.at);
    }
    test_free(in);
}

/* More states than the runtime has words: counted together. */
Test(goroutine_dump, states_are_bounded)
{
    struct text t = {0};
    struct collected c;

    for (unsigned i = 0; i < LIMIT_GOROUTINE_STATES + 3; i++)
        text_printf(&t, "goroutine %u [state %u]:\n", i + 1, i);
    text_put_str(&t, "goroutine 999 [\x1b[31m\xff");
    text_repeat(&t, "y", 1000);
    text_put_str(&t, "]:\n");
    c = parse(slice_of(t.ptr, t.len));
    cr_expect(strstr(text_str(&c.others), " x.goroutines.other_states(count)=4\n"), "%s",
              text_str(&c.others));
    collected_finish(&c);
    text_finish(&t);
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"gorout", false, PROBE_NEED_MORE},
    {"goroutine 1 [run", false, PROBE_NEED_MORE},
    {"goroutine 1 [running]:\n", false, PROBE_CERTAIN},
    {"goroutine 1 gp=0x1 m=0 mp=0x2 [running]:\n", false, PROBE_CERTAIN},
    {"goroutine profile: total 3\n", false, PROBE_NO},
    {"goroutine 1 is stuck\n", false, PROBE_NO},
    {"panic: boom\n\ngoroutine 1 [running]:\n", false, PROBE_LIKELY},
    {"fatal error: x\n", false, PROBE_NO},
};

Test(goroutine_dump, is_recognised)
{
    expect_probes(&goroutine_dump_parser, probes, COUNT_OF(probes));
}
