/* The lines beside the gc lines, of every era, and the order in which they are handed on.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "parsers/gctrace.h"
#include "tests/unit/collect.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"

TestSuite(godebug, .fini = test_abort_on_leak);

#define GC(n)                                                                            \
    "gc " #n " @0.00" #n "s 9%: 0.078+0.66+0.060 ms clock, 0.15+0.54/0.049/0.51+0.12 "   \
    "ms cpu, 4->5->2 MB, 5 MB goal, 2 P\n"

struct told {
    struct text text; /* a line for each record, in the order they came */
    struct diag diag;
};

static const char *tell_cycle(void *user, const struct gc_cycle *c)
{
    struct told *t = user;

    text_printf(&t->text, "gc %u%s\n", c->number, c->is_partial ? " partial" : "");
    return NULL;
}

static const char *tell_sample(void *user, const struct sample *s)
{
    struct told *t = user;

    collect_put_sample(&t->text, s);
    text_put_char(&t->text, '\n');
    return NULL;
}

static const char *tell_notice(void *user, const struct notice *n)
{
    struct told *t = user;

    collect_put_notice(&t->text, n);
    text_put_char(&t->text, '\n');
    return NULL;
}

static void tell(struct told *t, const char *text)
{
    struct sink sink = {
        .user = t, .gc_cycle = tell_cycle, .sample = tell_sample, .notice = tell_notice};
    struct slice in = test_exact_copy(text, strlen(text));
    void *state = mem_alloc(gctrace_parser.state_bytes);
    struct err err;

    *t = (struct told){0};
    cr_assert(gctrace_parser.open(state, &sink, &t->diag));
    cr_assert(gctrace_parser.feed(state, in, &err));
    cr_assert(gctrace_parser.finish(state, &err));
    gctrace_parser.close(state);
    free(state);
    test_free(in);
}

struct row {
    const char *in, *want;
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct told t;

        tell(&t, rows[i].in);
        cr_expect_str_eq(text_str(&t.text), rows[i].want, "%s gives %s", rows[i].in,
                         text_str(&t.text));
        cr_expect_eq(t.diag.skipped, 0, "%s: %s", rows[i].in, t.diag.kept[0].reason);
        text_finish(&t.text);
    }
}

#define START_1_9                                                                        \
    "pacer: assist ratio=+2.820698e+001 (scan 40 MB in 55->56 MB) workers=2+0\n"
#define START_1_9_IS                                                                     \
    "x.pacer.assist_ratio=28.20698 x.pacer.scan.estimate(bytes)=41943040 "               \
    "x.pacer.workers.dedicated(count)=2 x.pacer.workers.fraction(ratio)=0"
#define OLD_END(delta)                                                                   \
    "pacer: H_m_prev=30190064 h_t=+9.500000e-001 H_T=58176924 h_a=+9.478350e-001 "       \
    "H_a=58805264 h_g=+1.000000e+000 H_g=60380128 u_a=+4.375000e-001 "                   \
    "u_g=+2.500000e-001 W_a=17524632 goal" delta "=+5.000000e-002 actual" delta          \
    "=-2.164977e-003 u_a/u_g=+1.727269e+000\n"
#define OLD_END_IS                                                                       \
    "x.pacer.live_prev(bytes)=30190064 x.pacer.trigger_ratio=0.95 "                      \
    "x.pacer.trigger(bytes)=58176924 x.pacer.live_end_ratio=0.947835 "                   \
    "x.pacer.live_end(bytes)=58805264 x.pacer.goal_ratio=1 "                             \
    "x.pacer.goal(bytes)=60380128 "                                                      \
    "x.pacer.cpu_percent=43.75 x.pacer.cpu_goal_percent=25 "                             \
    "x.pacer.scan.total(bytes)=17524632 x.pacer.goal_error=0.05 "                        \
    "x.pacer.actual_error=-0.002164977 x.pacer.goal_delta(bytes)=-1574864"
#define NEW_END(delta, ratio)                                                            \
    "pacer: 64% CPU (25 exp.) for 309808+2152+151594 B work (151594 B exp.) in 4030464 " \
    "B -> 4882432 B (" delta "goal -84442, cons/mark " ratio ")"
#define NEW_END_IS                                                                       \
    "x.pacer.cpu_percent=64 x.pacer.cpu_goal_percent=25 "                                \
    "x.pacer.scan.heap(bytes)=309808 "                                                   \
    "x.pacer.scan.stacks(bytes)=2152 x.pacer.scan.globals(bytes)=151594 "                \
    "x.pacer.scan.total(bytes)=463554 x.pacer.scan.expected(bytes)=151594 "              \
    "x.pacer.trigger(bytes)=4030464 x.pacer.live_end(bytes)=4882432 "                    \
    "x.pacer.goal_delta(bytes)=-84442"

static const struct row pacer_rows[] = {
    {START_1_9 GC(1), "gc 1\nsample pacer process cycle=0 " START_1_9_IS "\n"},
    {"pacer: assist ratio=+5.289955e+000 (scan 209 MB in 777->796 MB) "
     "workers=6++2.500000e-001\n" GC(1),
     "gc 1\nsample pacer process cycle=0 x.pacer.assist_ratio=5.289955 "
     "x.pacer.scan.estimate(bytes)=219152384 x.pacer.workers.dedicated(count)=6 "
     "x.pacer.workers.fraction(ratio)=0.25\n"},
    {"pacer: assist ratio=1.7283971004482997e-14 (scan 3 MB in 165->8532210231536 MB) "
     "workers=0+0.25\n" GC(1),
     "gc 1\nsample pacer process cycle=0 x.pacer.assist_ratio=1.7283971004482997e-14 "
     "x.pacer.scan.estimate(bytes)=3145728 x.pacer.workers.dedicated(count)=0 "
     "x.pacer.workers.fraction(ratio)=0.25\n"},
    /* No number at all is left out. */
    {"pacer: assist ratio=+Inf (scan 0 MB in 3->4 MB) workers=0+NaN\n" GC(1),
     "gc 1\nsample pacer process cycle=0 x.pacer.scan.estimate(bytes)=0 "
     "x.pacer.workers.dedicated(count)=0\n"},
    {START_1_9 OLD_END("\xce\x94") GC(1),
     "gc 1\nsample pacer process cycle=0 " START_1_9_IS " " OLD_END_IS "\n"},
    {OLD_END("?") GC(1), "gc 1\nsample pacer process cycle=0 " OLD_END_IS "\n"},
    {OLD_END("\\u0394") GC(1), "gc 1\nsample pacer process cycle=0 " OLD_END_IS "\n"},
    {OLD_END("") GC(1), "gc 1\nsample pacer process cycle=0 " OLD_END_IS "\n"},
    {NEW_END("\xe2\x88\x86", "+7.804277e-001") "[controller reset]\n" GC(1),
     "gc 1\nsample pacer process cycle=0 " NEW_END_IS " x.pacer.cons_mark=0.7804277\n"},
    {NEW_END("\xe2\x88\x86", "3.7737902880701633") "\r\n" GC(1),
     "gc 1\nsample pacer process cycle=0 " NEW_END_IS
     " x.pacer.cons_mark=3.7737902880701633\n"},
    {NEW_END("\\u2206", "1e-05") "\n" GC(1),
     "gc 1\nsample pacer process cycle=0 " NEW_END_IS " x.pacer.cons_mark=0.00001\n"},
    {NEW_END("???", "NaN") "\n" GC(1),
     "gc 1\nsample pacer process cycle=0 " NEW_END_IS "\n"},
    {GC(1) "pacer: sweep done at heap size 433MB; allocated 34MB during sweep; swept "
           "99747 "
           "pages at +2.519551e-004 pages/byte\n",
     "gc 1\nsample sweep process cycle=0 x.pacer.sweep.heap(bytes)=454033408 "
     "x.pacer.sweep.allocated(bytes)=35651584 x.pacer.sweep.pages(count)=99747 "
     "x.pacer.sweep.pages_per_byte=0.0002519551\n"},
    {GC(1) "pacer: sweep done at heap size 2MB; allocated 1MB of spans; swept 7 pages\n",
     "gc 1\nsample sweep process cycle=0 x.pacer.sweep.heap(bytes)=2097152 "
     "x.pacer.sweep.allocated(bytes)=1048576 x.pacer.sweep.pages(count)=7\n"},
};

Test(godebug, pacer)
{
    expect_rows(pacer_rows, COUNT_OF(pacer_rows));
}

static const struct row scavenger_rows[] = {
    {GC(1) "scav 8 KiB work, 32064 KiB total, 50% util\n", /* 1.14, 1.19 */
     "gc 1\nsample scav process cycle=0 x.scav.work(bytes)=8192 "
     "x.scav.returned(bytes)=32833536 x.scav.util(ratio)=0.5\n"},
    {GC(1) "scav 21 32864 KiB work, 64928 KiB total, 95% util (forced)\n", /* 1.15 */
     "gc 1\nsample scav process cycle=0 x.scav.work(bytes)=33652736 "
     "x.scav.returned(bytes)=66486272 x.scav.util(ratio)=0.95\n"},
    {GC(1) "scav 128 KiB work (bg), 22792 KiB work (eager), 36208 KiB now, 93% util "
           "(forced)\n",
     "gc 1\nsample scav process cycle=0 x.scav.work(bytes)=23470080 "
     "x.scav.work.bg(bytes)=131072 x.scav.work.eager(bytes)=23339008 "
     "x.scav.returned(bytes)=37076992 x.scav.util(ratio)=0.93\n"},
    /* 1.6, and debug.FreeOSMemory. */
    {GC(1) "scvg-1: 17 MB released\n"
           "scvg-1: inuse: 18, idle: 43, sys: 62, released: 37, consumed: 24 (MB)\n",
     "gc 1\nsample scvg process cycle=0 heap.inuse=18874368 heap.idle=45088768 "
     "heap.sys=65011712 heap.released=38797312 x.scvg.consumed(bytes)=25165824 "
     "x.scav.work(bytes)=17825792\n"},
    /* 1.13 says the same again and again; the development of 1.14 in KB. */
    {GC(1) "scvg: inuse: 1, idle: 2, sys: 3, released: 4, consumed: 5 (MB)\n"
           "scvg: 0 MB released\n"
           "scvg: inuse: 1, idle: 2, sys: 3, released: 4, consumed: 5 (MB)\n"
           "scvg: 8 KB released\n"
           "forced scvg: inuse: 1, idle: 2, sys: 3, released: 4, consumed: 5 (MB)\n" GC(
               2) "scvg: inuse: 1, idle: 2, sys: 3, released: 4, consumed: 5 (MB)\n",
     "gc 1\nsample scvg process cycle=0 heap.inuse=1048576 heap.idle=2097152 "
     "heap.sys=3145728 heap.released=4194304 x.scvg.consumed(bytes)=5242880\n"
     "sample scvg process cycle=0 heap.inuse=1048576 heap.idle=2097152 "
     "heap.sys=3145728 heap.released=4194304 x.scvg.consumed(bytes)=5242880 "
     "x.scav.work(bytes)=8192\n"
     "gc 2\nsample scvg process cycle=0 heap.inuse=1048576 heap.idle=2097152 "
     "heap.sys=3145728 heap.released=4194304 x.scvg.consumed(bytes)=5242880\n"},
};

Test(godebug, scavenger)
{
    expect_rows(scavenger_rows, COUNT_OF(scavenger_rows));
}

#define QUEUES_IS " x.sched.runqueue.local(count)="

static const struct row sched_rows[] = {
    {"SCHED 1004ms: gomaxprocs=4 idleprocs=1 threads=9 idlethreads=3 runqueue=2 [0 3 1 "
     "0]\n", /* 1.4 */
     "sample sched process process=1004000000 sched.procs=4 x.sched.idleprocs(count)=1 "
     "sched.threads=9 x.sched.idlethreads(count)=3 x.sched.runqueue(count)=2" QUEUES_IS
     "4\n"},
    {"SCHED 0ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=1 idlethreads=2 "
     "runqueue=0 [0 0]\n", /* 1.15 */
     "sample sched process process=0 sched.procs=2 x.sched.idleprocs(count)=1 "
     "sched.threads=4 x.sched.spinning(count)=1 x.sched.idlethreads(count)=2 "
     "x.sched.runqueue(count)=0" QUEUES_IS "0\n"},
    {"SCHED 25ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0 needspinning=1 "
     "idlethreads=1 runqueue=3 [ 1 6 ] schedticks=[ 0 4 ]\n", /* 1.25 */
     "sample sched process process=25000000 sched.procs=2 x.sched.idleprocs(count)=0 "
     "sched.threads=4 x.sched.spinning(count)=0 x.sched.needspinning(count)=1 "
     "x.sched.idlethreads(count)=1 x.sched.runqueue(count)=3" QUEUES_IS "7\n"},
    /* The runtime lets a gc line in between any two of its words. */
    {"SCHED 25ms: gomaxprocs=" GC(
         1) "2 idleprocs=0 threads=4 spinningthreads=0 idlethreads=1 runqueue=3 [1 6]\n",
     "gc 1\nsample sched process process=25000000 sched.procs=2 "
     "x.sched.idleprocs(count)=0 sched.threads=4 x.sched.spinning(count)=0 "
     "x.sched.idlethreads(count)=1 x.sched.runqueue(count)=3" QUEUES_IS "7\n"},
    {"SCHED 25ms: gomaxprocs=2 idleprocs=0 threads=4 idlethreads=1 runqueue=3 [1 " GC(
         1) "6]\n",
     "gc 1\nsample sched process process=25000000 sched.procs=2 "
     "x.sched.idleprocs(count)=0 sched.threads=4 x.sched.idlethreads(count)=1 "
     "x.sched.runqueue(count)=3" QUEUES_IS "7\n"},
    /* The second process of a log says this before its own gc 1. */
    {GC(1) "SCHED 50ms: gomaxprocs=2 idleprocs=0 threads=4 idlethreads=1 runqueue=3 [1]\n"
           "SCHED 0ms: gomaxprocs=2 idleprocs=0 threads=4 idlethreads=1 runqueue=4 "
           "[1]\n" GC(1),
     "gc 1\nsample sched process process=50000000 sched.procs=2 "
     "x.sched.idleprocs(count)=0 sched.threads=4 x.sched.idlethreads(count)=1 "
     "x.sched.runqueue(count)=3" QUEUES_IS
     "1\ngc 1\nsample sched process process=0 sched.procs=2 x.sched.idleprocs(count)=0 "
     "sched.threads=4 x.sched.idlethreads(count)=1 x.sched.runqueue(count)=4" QUEUES_IS
     "1\n"},
};

Test(godebug, scheduler)
{
    expect_rows(sched_rows, COUNT_OF(sched_rows));
}

/* Of the goroutines one is idle, one dead; 4100 is 4, being scanned. */
Test(godebug, scheduler_details)
{
    static const char in[] =
        "SCHED 48ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0 needspinning=1 "
        "idlethreads=1 runqueue=5 gcwaiting=false nmidlelocked=0 stopwait=0 "
        "sysmonwait=false\n"
        "  P0: status=1 schedtick=299 syscalltick=0 m=0 runqsize=2 gfreecnt=0 "
        "timerslen=0\n"
        "  P1: status=1 schedtick=131 syscalltick=0 m=2 runqsize=1 gfreecnt=0 "
        "timerslen=0\n" GC(
            1) "an application's line\n"
               "  M3: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 "
               "spinning=false blocked=true lockedg=nil\n"
               "  G1: status=4(GC assist marking) m=2 lockedm=nil\n"
               "  G2: status=4100(force gc (idle)) m=nil lockedm=nil\n"
               "  G3: status=4100(GC assist wait) m=nil lockedm=nil\n"
               "  G4: status=4(GC worker (idle)) m=nil lockedm=nil\n"
               "  G5: status=4(GC worker (active)) m=0 lockedm=nil\n"
               "  G6: status=6() m=nil lockedm=nil\n"
               "  G7: status=0() m=nil lockedm=nil\n"
               "  G8: status=2(GC assist wait) m=3 lockedm=nil\n";
    static const char want[] =
        "gc 1\nsample sched process process=48000000 sched.procs=2 "
        "x.sched.idleprocs(count)=0 sched.threads=4 x.sched.spinning(count)=0 "
        "x.sched.needspinning(count)=1 x.sched.idlethreads(count)=1 "
        "x.sched.runqueue(count)=5 x.sched.runqueue.local(count)=3 sched.goroutines=6 "
        "x.sched.waiting.gc_assist(count)=2 x.sched.waiting.gc_sweep(count)=0 "
        "x.sched.waiting.gc_scavenge(count)=0 x.sched.waiting.gc_worker_idle(count)=1 "
        "x.sched.waiting.gc_cycle(count)=0 x.sched.waiting.gc(count)=0 "
        "x.sched.waiting.finalizer(count)=0 x.sched.waiting.cleanup(count)=0\n";

    expect_rows(&(struct row){in, want}, 1);
}

static const struct row other_rows[] = {
    /* The timer's cycle is the one after the line. */
    {GC(1) "GC forced\n" GC(2) GC(3) "GC forced\r\n" GC(4)
         GC(1) "scvg7: GC forced\n" GC(2),
     "gc 1\ngc 2\nsample forced process cycle=0 x.gc.periodic(cycles)=1\ngc 3\ngc 4\n"
     "sample forced process cycle=0 x.gc.periodic(cycles)=2\ngc 1\ngc 2\n"
     "sample forced process cycle=0 x.gc.periodic(cycles)=1\n"},
    {"init internal/godebug @0.45 ms, 0.11 ms clock, 10384 bytes, 164 allocs\n"
     "init syscall @0.58 ms, 0.005 ms clock, 768 bytes, 5 allocs\n"
     "init internal/bytealg @0 ms, 0 ms clock, 8 bytes, 1 allocs\n",
     "sample init process process=560000 x.init.bytes(bytes)=10384 "
     "x.init.allocs(objects)=164\n"
     "sample init process process=585000 x.init.bytes(bytes)=11152 "
     "x.init.allocs(objects)=169\n"
     "sample init process process=0 x.init.bytes(bytes)=8 x.init.allocs(objects)=1\n"},
    {GC(1) "checkfinalizers: queue: 3 finalizers + 12 cleanups\n",
     "gc 1\nsample finalizers process cycle=0 x.finalizers.queued(count)=3 "
     "x.cleanups.queued(count)=12\n"},
    {GC(1) "scan: total 16568 objs\nscan: class 8B 6 objs\n",
     "gc 1\nsample scan process cycle=0 x.scan.total_objs(objects)=16568\n"},
    {GC(1) "scan: total 369+16216+0=16585 objs, 985+0=985 spans\n",
     "gc 1\nsample scan process cycle=0 x.scan.total_objs(objects)=16585 "
     "x.scan.spans(count)=985\n"},
};

Test(godebug, others)
{
    expect_rows(other_rows, COUNT_OF(other_rows));
}

/* Whatever stands in front of a line is put there by others. */
Test(godebug, behind_prefixes)
{
    static const char *const fronts[] = {"2026-11-21T02:29:09.439332000Z stderr F ",
                                         "2026/11/21 02:03:57.853114 ",
                                         "[2026-11-21 02:03:57] ",
                                         "Nov 21 02:03:57 host prog[1]: ",
                                         "worker-7  | ",
                                         "Benchmark_x-8           "};

    for (size_t i = 0; i < COUNT_OF(fronts); i++) {
        struct text in = {0};
        struct told t;

        text_printf(&in, "%s%s%sscav 8 KiB work, 32064 KiB total, 50%% util\n%s%s%s%s",
                    fronts[i], GC(1), fronts[i], fronts[i], START_1_9, fronts[i], GC(2));
        tell(&t, text_str(&in));
        cr_expect_str_eq(text_str(&t.text),
                         "gc 1\nsample scav process cycle=0 x.scav.work(bytes)=8192 "
                         "x.scav.returned(bytes)=32833536 x.scav.util(ratio)=0.5\n"
                         "gc 2\nsample pacer process cycle=0 " START_1_9_IS "\n",
                         "%s: %s", fronts[i], text_str(&t.text));
        text_finish(&t.text);
        text_finish(&in);
    }
}

/* A lost gc line must not melt two cycles into one. */
static const struct row order_rows[] = {
    {START_1_9 OLD_END("?") START_1_9 GC(2),
     "sample pacer process unknown=0 " START_1_9_IS " " OLD_END_IS
     "\ngc 2\nsample pacer process cycle=0 " START_1_9_IS "\n"},
    {GC(1) START_1_9 OLD_END("?") OLD_END("?"),
     "gc 1\nsample pacer process cycle=0 " START_1_9_IS " " OLD_END_IS
     "\nsample pacer process cycle=0 " OLD_END_IS "\n"},
    /* Without any gc line at all: by the log's stamps, or one after the other. */
    {"2026-11-21T02:29:09Z scav 8 KiB work, 32064 KiB total, 50% util\n",
     "sample scav process wall=1795228149000000000 x.scav.work(bytes)=8192 "
     "x.scav.returned(bytes)=32833536 x.scav.util(ratio)=0.5\n"},
    {"scav 8 KiB work, 32064 KiB total, 50% util\n",
     "sample scav process unknown=0 x.scav.work(bytes)=8192 "
     "x.scav.returned(bytes)=32833536 x.scav.util(ratio)=0.5\n"},
    /* What came before the first of them belongs to it. */
    {"2026-11-21T02:29:09Z scav 8 KiB work, 32064 KiB total, 50% util\n" GC(1),
     "gc 1\nsample scav process cycle=0 x.scav.work(bytes)=8192 "
     "x.scav.returned(bytes)=32833536 x.scav.util(ratio)=0.5\n"},
};

Test(godebug, order)
{
    struct row first = order_rows[0];

    /* Handed over before there is a gc record, it waits for one as well. */
    first.want = "gc 2\nsample pacer process cycle=0 " START_1_9_IS " " OLD_END_IS
                 "\nsample pacer process cycle=0 " START_1_9_IS "\n";
    expect_rows(&first, 1);
    expect_rows(order_rows + 1, COUNT_OF(order_rows) - 1);
}

/* More than may wait: the log has no gc lines, and all of them go by its stamps. */
Test(godebug, a_log_of_its_own)
{
    struct text in = {0};
    struct told t;
    const char *at;
    size_t count = 0;

    for (int i = 0; i < 20; i++)
        text_printf(
            &in, "2026-11-21T02:29:%02dZ scav 8 KiB work, 320 KiB total, 50%% util\n", i);
    tell(&t, text_str(&in));
    for (at = text_str(&t.text); (at = strstr(at, "wall=")); at++)
        count++;
    cr_expect_eq(count, 20, "%s", text_str(&t.text));
    text_finish(&t.text);
    text_finish(&in);
}

/* Prose that begins with one of the words, and lines that only look alike. */
static const char *const prose[] = {
    "pacer: warming up",
    "scav engers of the sea",
    "scav 5 crates, 7 KiB total",
    "scvg is what it was called",
    "scvg7 is what it was called",
    "scvgx: 3 MB released",
    "SCHED is a word",
    "the GC forced us to",
    "GC forced us to",
    "init web @home",
    "scan: totally lost",
    "checkfinalizers: found leaks",
    "runtime: goroutine pool started",
    "panic: but nobody died",
    "recovered from panic: x",
    "main.c:1:10: fatal error: x.h: No such file or directory",
    "fatal error: cannot open database",
    "upload failed: out of memory: cannot allocate 5-byte block",
};

Test(godebug, prose_is_left_alone)
{
    for (size_t i = 0; i < COUNT_OF(prose); i++) {
        struct text in = {0};
        struct told t;

        text_printf(&in, "%s\n%s%s\nmore\n\n%s", prose[i], GC(1), prose[i], prose[i]);
        tell(&t, text_str(&in));
        cr_expect_str_eq(text_str(&t.text), "gc 1\n", "%s: %s", prose[i],
                         text_str(&t.text));
        cr_expect_eq(t.diag.skipped, 0, "%s: %s", prose[i], t.diag.kept[0].reason);
        text_finish(&t.text);
        text_finish(&in);
    }
}

/* Each between two good lines, which it does not cost. */
static const struct {
    const char *in, *reason;
    uint64_t at; /* bytes into the line */
} bad[] = {
    {"pacer: assist ratio=+2.8206x (scan", "expected \" (scan \"", 27},
    {"pacer: assist ratio= (scan 40 MB", "expected a number", 20},
    {"pacer: 64% CPU (25 exp.) for 309808+2152", "expected \"+\"", 40},
    {"pacer: 64% CPU (25 exp.) for 1+2+3 B work (4 B exp.) in 5 B -> 6 B (a very long "
     "word goal 7",
     "expected \"goal \"", 68},
    {"pacer: H_m_prev=30190064 h_t=+9.500000e-001 H_T=5817692", "expected \" \"", 55},
    {"pacer: sweep done at heap size 99999999999999999999MB", "number too large", 31},
    {"scav 8 KiB work, 32064 KiB to", "expected \" KiB total, \"", 22},
    {"scav 8 KiB work (bg), 22792 Ki", "expected \" KiB work (eager), \"", 27},
    {"scvg: inuse: 1, idle: 2, sys", "expected \", sys: \"", 23},
    {"SCHED 25ms: gomaxprocs=2 idleprocs=0 thr", "expected \"=\"", 40},
    {"SCHED 25ms: gomaxprocs=2026/11/21 02:03:57 x", "expected \" \"", 27},
    {"init os @0.66 ms, 0.027 ms cl", "expected \" ms clock, \"", 23},
    {"checkfinalizers: queue: 3 fin", "expected \" finalizers + \"", 25},
    {"scan: total 1+2=", "expected a number", 16},
};

Test(godebug, damage_is_counted_where_it_is)
{
    static const char good[] = "scav 8 KiB work, 320 KiB total, 50% util\n";

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text in = {0};
        struct told t;

        text_printf(&in, "%s%s\n%s%s", GC(1), bad[i].in, good, GC(2));
        tell(&t, text_str(&in));
        cr_expect_str_eq(text_str(&t.text),
                         "gc 1\nsample scav process cycle=0 x.scav.work(bytes)=8192 "
                         "x.scav.returned(bytes)=327680 x.scav.util(ratio)=0.5\ngc 2\n",
                         "%s: %s", bad[i].in, text_str(&t.text));
        expect_fault(&t.diag, bad[i].in, bad[i].reason, 2, sizeof GC(1) - 1 + bad[i].at);
        text_finish(&t.text);
        text_finish(&in);
    }
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"hello\n", true, PROBE_NO},
    {"hello\n", false, PROBE_NEED_MORE},
    {"hello\nscav 8 KiB work, 320 KiB total, 50% util\n", true, PROBE_CERTAIN},
    {START_1_9, true, PROBE_CERTAIN},
    {"scvg: inuse: 1, idle: 2, sys: 3, released: 4, consumed: 5 (MB)\n", true,
     PROBE_CERTAIN},
    {"SCHED 0ms: gomaxprocs=2 idleprocs=0 threads=4 idlethreads=1 runqueue=4 [1]\n", true,
     PROBE_CERTAIN},
    {"fatal error: concurrent map writes\n", true, PROBE_CERTAIN},
    {"panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3 +0x1d\n", true,
     PROBE_CERTAIN},
    {"goroutine 1 [running]:\nmain.main()\n\t/a.go:3 +0x1d\n", true, PROBE_NO},
    {"pacer: warming up\n", true, PROBE_NO},
    {"fatal error: cannot open database\n", true, PROBE_NO},
};

Test(godebug, is_recognised)
{
    expect_probes(&gctrace_parser, probes, COUNT_OF(probes));
}
