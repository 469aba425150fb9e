/* How a Go process died, as its log tells it. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "parsers/gctrace.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(godebug_fatal, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&gctrace_parser, in);
}

static void expect_told(const char *name, struct slice in, const char *want)
{
    struct collected c = parse(in);
    struct text line = {0};

    if (*want)
        text_printf(&line, "%s\n", want);
    cr_expect_str_eq(text_str(&c.others), text_str(&line), "%s: %s", name,
                     text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 0, "%s: %s", name, c.diag.kept[0].reason);
    text_finish(&line);
    collected_finish(&c);
}

static const struct {
    const char *name, *want;
} files[] = {
    {"oom/gen-go1.15-oom-gctrace.log",
     "notice fatal cycle=0 message=Go runtime: out of memory: cannot allocate "
     "16777216-byte block (1543274496 in use) error=out of memory goroutine=1 "
     "goroutine_state=running function=main.main file=command-line-arguments/d.go:42 "
     "requested_bytes=16777216 in_use_bytes=1543274496"},
    {"oom/gen-go1.19-oom-gctrace.log",
     "notice fatal cycle=0 message=Go runtime: out of memory: cannot allocate "
     "16777216-byte block (1530691584 in use) error=out of memory goroutine=1 "
     "goroutine_state=running function=main.main file=./d.go:42 "
     "requested_bytes=16777216 in_use_bytes=1530691584"},
    {"oom/gen-go1.24-oom-gctrace.log",
     "notice fatal cycle=0 message=Go runtime: out of memory: cannot allocate "
     "16777216-byte block (993787904 in use) error=out of memory goroutine=1 "
     "goroutine_state=running function=main.main file=./d.go:42 "
     "requested_bytes=16777216 in_use_bytes=993787904"},
    {"oom/gen-go1.27-oom-gctrace.log",
     "notice fatal cycle=0 message=Go runtime: out of memory: cannot allocate "
     "16777216-byte block (943456256 in use) error=out of memory goroutine=1 "
     "goroutine_state=running function=main.main file=./d.go:42 "
     "requested_bytes=16777216 in_use_bytes=943456256"},
    {"oom/gen-go1.15-stack-overflow.log",
     "notice fatal cycle=0 message=stack overflow in goroutine 1: main.deep error=stack "
     "overflow goroutine=1 goroutine_state=running function=main.deep "
     "file=command-line-arguments/d.go:16 limit_bytes=8388608"},
    {"oom/gen-go1.27-stack-overflow.log",
     "notice fatal cycle=0 message=stack overflow in goroutine 1: main.deep error=stack "
     "overflow goroutine=1 goroutine_state=running function=main.deep file=./d.go:16 "
     "limit_bytes=8388608"},
    {"oom/gen-go1.24-concurrent-map-writes.log",
     "notice fatal cycle=0 message=concurrent map writes in goroutine 10: "
     "main.main.func1 error=concurrent map writes goroutine=10 goroutine_state=running "
     "function=main.main.func1 file=./d.go:35"},
    {"oom/gen-go1.27-page-summary-startup.log",
     "notice fatal cycle=0 message=Go runtime: failed to reserve page summary memory "
     "error=failed to reserve page summary memory"},
    {"oom/issue-go-oom-variants.log",
     "notice fatal cycle=0 message=Go runtime: out of memory: cannot allocate "
     "597164032-byte block (3379036160 in use) error=out of memory "
     "requested_bytes=597164032 in_use_bytes=3379036160\n"
     "notice fatal cycle=0 message=Go runtime: out of memory: cannot allocate "
     "-8410442019078995968-byte block error=runtime: out of memory "
     "requested_bytes=1.0036302054630556e+19\n"
     "notice fatal cycle=0 message=Go runtime: VirtualAlloc of 299704320 bytes failed "
     "with errno=1455 error=out of memory requested_bytes=299704320"},
};

Test(godebug_fatal, files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i].name);

        expect_told(files[i].name, in, files[i].want);
        cr_expect_eq(gctrace_parser.probe(in, true), PROBE_CERTAIN, "%s", files[i].name);
        test_free(in);
    }
}

#define STACK                                                                            \
    "panic({0x4a3560?, 0xc000012018?})\n\truntime/panic.go:770 +0x132\n"                 \
    "main.(*server).handle(0xc000010120, {0x4b8f4c, 0x3})\n"                             \
    "\t/srv/app/server.go:88 +0x1d fp=0xc000064c58 sp=0xc000064c50 pc=0x461de0\n"
#define STACK_IS "function=main.(*server).handle file=/srv/app/server.go:88"

static const struct {
    const char *name, *in, *want;
} rows[] = {
    {"panic", "panic: boom\n\ngoroutine 34 [running]:\n" STACK,
     "notice fatal cycle=0 message=panic: boom in goroutine 34: main.(*server).handle "
     "error=boom goroutine=34 goroutine_state=running " STACK_IS},
    {"panic again, with a signal",
     "panic: first [recovered]\n\tpanic: second\n[signal SIGSEGV: segmentation violation "
     "code=0x1 addr=0x0 pc=0x49b92a]\n\ngoroutine 1 [running]:\n" STACK,
     "notice fatal cycle=0 message=panic: first [recovered] in goroutine 1: "
     "main.(*server).handle error=first [recovered] goroutine=1 "
     "goroutine_state=running " STACK_IS},
    {"a panic that was recovered and printed",
     "panic: boom\ngoroutine 34 [running]:\nruntime/debug.Stack()\n\tx.go:1 "
     "+0x5e\n" STACK,
     ""},
    {"the same with an empty line",
     "panic: boom\n\ngoroutine 34 [running]:\nruntime/debug.Stack()\n\tx.go:1 "
     "+0x5e\n" STACK,
     ""},
    {"stamps and carriage returns",
     "2026-11-21T02:29:09.5Z fatal error: all goroutines are asleep - deadlock!\r\n"
     "2026-11-21T02:29:09.5Z \r\n"
     "2026-11-21T02:29:09.5Z goroutine 1 [chan receive, 2 minutes]:\r\n"
     "2026-11-21T02:29:09.5Z main.wait(...)\r\n"
     "2026-11-21T02:29:09.5Z \t/srv/a.go:7\r\n",
     "notice fatal wall=1795228149500000000 message=all goroutines are asleep - "
     "deadlock! "
     "in goroutine 1: main.wait error=all goroutines are asleep - deadlock! goroutine=1 "
     "goroutine_state=chan receive, 2 minutes function=main.wait file=/srv/a.go:7"},
    {"labels",
     "fatal error: concurrent map read and map write\n\n"
     "goroutine 21 gp=0xc1 m=2 mp=0xc2 [sleep labels:{\"route\": \"/v1\"}]:\n" STACK,
     "notice fatal cycle=0 message=concurrent map read and map write in goroutine 21: "
     "main.(*server).handle error=concurrent map read and map write goroutine=21 "
     "goroutine_state=sleep labels:{\"route\": \"/v1\"} " STACK_IS},
    {"threads",
     "runtime: program exceeds 10000-thread limit\nfatal error: thread exhaustion\n",
     "notice fatal cycle=0 message=Go runtime: thread exhaustion error=thread exhaustion "
     "limit_threads=10000"},
    {"an error of ours that the runtime's dump proves",
     "fatal error: something new\n\nruntime stack:\nruntime.throw({0x1, 0x2})\n",
     "notice fatal cycle=0 message=Go runtime: something new error=something new"},
    {"a goroutine of the runtime alone",
     "fatal error: concurrent map writes\n\ngoroutine 5 [running]:\n"
     "runtime.throw({0x1, 0x2})\n\truntime/panic.go:1 +0x2\ncreated by main.main\n",
     "notice fatal cycle=0 message=concurrent map writes in goroutine 5 error=concurrent "
     "map writes goroutine=5 goroutine_state=running"},
    {"cut off behind the error", "fatal error: stack overflow",
     "notice fatal cycle=0 message=Go runtime: stack overflow error=stack overflow"},
    {"cut off before the error",
     "runtime: goroutine stack exceeds 1000000000-byte limit\n",
     "notice fatal cycle=0 message=Go runtime: goroutine stack exceeds 1000000000-byte "
     "limit error=goroutine stack exceeds 1000000000-byte limit limit_bytes=1000000000"},
    {"text of an application", "upload failed: out of memory\nfatal error: no disk\n",
     ""},
};

Test(godebug_fatal, shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_told(rows[i].name, slice_str(rows[i].in), rows[i].want);
}

/* What follows the frame at fault is not kept, and does not become another death. */
Test(godebug_fatal, long_dumps_and_long_names)
{
    struct text in = {0};
    struct collected c;

    text_put_str(&in,
                 "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\nmain.");
    text_repeat(&in, "x", 5000);
    text_put_str(&in, "(0x1)\n\t/a.go:1 +0x2\n\n");
    for (int i = 0; i < 20000; i++)
        text_printf(&in, "goroutine %d [select]:\nmain.f()\n\t/a.go:1 +0x2\n\n", i);
    c = parse(slice_of(in.ptr, in.len));
    cr_expect_eq(c.other_count, 1);
    cr_expect(strstr(text_str(&c.others), "goroutine 7: main.xxx"), "%s",
              text_str(&c.others));
    cr_expect_lt(c.others.len, 1000);
    collected_finish(&c);
    text_finish(&in);
}

/* However much of it is there, it is one death at most, and the good part is kept. */
static void truncate_everywhere(const char *name)
{
    struct slice in = trace_plain(name);

    for (struct damage d = damage_cut(&gctrace_parser, slice_first(in, 3999), 0,
                                      slice_first(in, 3999).len + 1);
         damage_next(&d);)
        cr_expect_leq(d.c.other_count, 1, "%s, %zu bytes: %s", name, d.at,
                      text_str(&d.c.others));
    test_free(in);
}

Test(godebug_fatal, every_truncation)
{
    truncate_everywhere("oom/gen-go1.15-oom-gctrace.log");
    truncate_everywhere("oom/gen-go1.24-concurrent-map-writes.log");
    truncate_everywhere("oom/gen-go1.27-stack-overflow.log");
}

/* Bits turned at random: whatever comes of it, it comes however the log is cut. */
static void flip_bits(const char *name, uint64_t seed)
{
    struct slice in = trace_plain(name);
    struct slice bad = test_exact_copy(in.ptr, in.len);
    uint64_t dice = seed;
    struct collected whole, cut;
    char why[COLLECT_WHY];

    for (int i = 0; i < 20; i++)
        (void)damage_flip_bit(bad, 0, &dice);
    collect(&whole, &gctrace_parser, bad, PIECES_WHOLE);
    collect(&cut, &gctrace_parser, bad, (struct pieces){1, 300, seed});
    cr_expect(collected_same(&whole, &cut, why), "%s, seed %llu: %s", name,
              (unsigned long long)seed, why);
    collected_finish(&whole);
    collected_finish(&cut);
    test_free(bad);
    test_free(in);
}

Test(godebug_fatal, bit_flips)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        flip_bits("oom/gen-go1.27-oom-gctrace.log", seed);
        flip_bits("oom/gen-go1.24-concurrent-map-writes.log", seed);
        flip_bits("gctrace/gen-go1.26-gctrace-scav-pacer.log", seed);
        flip_bits("gctrace/gen-go1.27-scheddetail.log", seed);
        flip_bits("gctrace/gen-go1.15-gctrace-scav-pacer.log", seed);
    }
}
