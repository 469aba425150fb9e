#include <criterion/criterion.h>

#include "parsers/gctrace.h"
#include "tests/unit/collect.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"

TestSuite(gctrace, .fini = test_abort_on_leak);

/* The first record of the text, or "" when there is none. */
static void expect_record(const char *in, const char *want)
{
    struct slice text = test_exact_copy(in, strlen(in));
    struct collected c;
    struct text got = {0};

    collect(&c, &gctrace_parser, text, PIECES_WHOLE);
    if (c.cycle_count)
        collect_put_cycle(&got, &c.cycles[0]);
    cr_expect_str_eq(text_str(&got), want, "%s\n  gives %s\n  not   %s", in,
                     text_str(&got), want);
    cr_expect_leq(c.cycle_count, (size_t)1, "%s", in);
    text_finish(&got);
    collected_finish(&c);
    test_free(text);
}

#define MIB "1048576"

/* 1.6 to 1.17, and what follows from it. */
#define CLOCK "0.045+1.2+0.10 ms clock, "
#define CPU "0.36+0.16/2.7/9.9+16 ms cpu, "
#define TIMES                                                                            \
    " sweepterm_ns=45000 mark_ns=1200000 markterm_ns=100000 pause_ns=145000"             \
    " wall_ns=1345000 cpu_stw_ns=16360000 cpu_assist_ns=160000"                          \
    " cpu_dedicated_ns=2700000 cpu_idle_ns=9900000"
#define HEAP " heap_start=4194304 heap_end=5242880 heap_live=1048576"
#define GOAL " heap_goal=6291456"
#define ORDINARY "gc 7 @1.002s 3%: " CLOCK CPU "4->5->1 MB, 6 MB goal, 8 P"
#define ORDINARY_IS "start_ns=1002000000 cpu_percent=3" TIMES HEAP GOAL

static const struct {
    const char *in, *want;
} eras[] = {
    {"gc14(2): 1+1+0 ms 10 -> 5 MB 58439 -> 8912 (573381-564469) objects 184 handoff\n",
     "gc 14 go1.0 pause_ns=2000000 wall_ns=2000000 heap_start=10485760 heap_live=5242880"
     " procs=2 objects=8912 mallocs=573381 frees=564469"},
    {"gc13(2): 48+24+2 ms, 263 -> 124 MB 1891444 -> 938285 (6426929-5488644) objects, "
     "1(8) handoff, 3(11016) steal, 21/2/0 yields\n",
     "gc 13 go1.1-1.2 pause_ns=74000000 wall_ns=74000000 heap_start=275775488"
     " heap_live=130023424 procs=2 objects=938285 mallocs=6426929 frees=5488644"},
    {"gc1(1): 5+0+186+0 us, 0 -> 0 MB, 18 (19-1) objects, 0/0/0 sweeps, 0(0) handoff, "
     "0(0) steal, 0/0/0 yields\n",
     "gc 1 go1.3 pause_ns=191000 wall_ns=191000 heap_start=0 heap_goal=0 procs=1"
     " objects=18 mallocs=19 frees=1"},
    {"gc328(8): 0+0+6000+1000 us, 26 -> 53 MB, 563714 (315404589-314840875) objects, 8 "
     "goroutines, 50830/3782/0 sweeps, 44(1713) handoff, 16(47) steal, 230/8/0 yields\n",
     "gc 328 go1.4 pause_ns=7000000 wall_ns=7000000 heap_start=27262976"
     " heap_goal=55574528 procs=8 objects=563714 mallocs=315404589 frees=314840875"
     " goroutines=8"},
    {"gc 88 @3.243s 9%: 0.040+16+1.0+5.9+0.34 ms clock, 0.16+16+0+18/5.7/11+1.3 ms cpu, "
     "32->33->19 MB, 33 MB goal, 4 P\n",
     "gc 88 go1.5 start_ns=3243000000 cpu_percent=9 sweepterm_ns=40000 mark_ns=22900000"
     " markterm_ns=340000 pause_ns=380000 wall_ns=23280000 cpu_stw_ns=1460000"
     " cpu_assist_ns=18000000 cpu_dedicated_ns=21700000 cpu_idle_ns=11000000"
     " heap_start=33554432 heap_end=34603008 heap_live=19922944 heap_goal=34603008"
     " procs=4"},
    /* runtime.GC() of 1.5 stopped the world throughout: all phases are pause. */
    {"gc 553 @65.881s 14%: 3.2+1+2+3+7.4 ms clock, 25+0+0+15/0.002/0+59 ms cpu, "
     "883->883->862 MB, 883 MB goal, 8 P (forced)\n",
     "gc 553 go1.5 start_ns=65881000000 cpu_percent=14 sweepterm_ns=3200000"
     " mark_ns=6000000 markterm_ns=7400000 pause_ns=16600000 wall_ns=16600000"
     " cpu_stw_ns=84000000 cpu_assist_ns=15000000 cpu_dedicated_ns=2000 cpu_idle_ns=0"
     " heap_start=925892608 heap_end=925892608 heap_live=903872512 heap_goal=925892608"
     " procs=8 forced"},
    {"gc #88 @3.243s 9%: 0.040+16+1.0+5.9+0.34 ms clock, 0.16+16+0+18/5.7/11+1.3 ms cpu, "
     "32->33->19 MB, 33 MB goal, 4 P\n",
     "gc 88 go1.5 start_ns=3243000000 cpu_percent=9 sweepterm_ns=40000 mark_ns=22900000"
     " markterm_ns=340000 pause_ns=380000 wall_ns=23280000 cpu_stw_ns=1460000"
     " cpu_assist_ns=18000000 cpu_dedicated_ns=21700000 cpu_idle_ns=11000000"
     " heap_start=33554432 heap_end=34603008 heap_live=19922944 heap_goal=34603008"
     " procs=4"},
    {"gc 763 @77536.239s 1%: 0.11+2192+0.75 ms clock, 0.92+9269/4379/3243+6.0 ms cpu, "
     "6370->6390->3298 MB, 6533 MB goal, 8 P\n",
     "gc 763 go1.6-1.17 start_ns=77536239000000 cpu_percent=1 sweepterm_ns=110000"
     " mark_ns=2192000000 markterm_ns=750000 pause_ns=860000 wall_ns=2192860000"
     " cpu_stw_ns=6920000 cpu_assist_ns=9269000000 cpu_dedicated_ns=4379000000"
     " cpu_idle_ns=3243000000 heap_start=6679429120 heap_end=6700400640"
     " heap_live=3458203648 heap_goal=6850347008 procs=8"},
    {ORDINARY "\n", "gc 7 go1.6-1.17 " ORDINARY_IS " procs=8"},
    {ORDINARY " (forced)\n", "gc 7 go1.6-1.17 " ORDINARY_IS " procs=8 forced"},
    {"gc 7 @1.002s 3%: " CLOCK CPU
     "4->5->1 MB, 6 MB goal, 2 MB stacks, 1 MB globals, 8 P\n",
     "gc 7 go1.18+ " ORDINARY_IS " stacks=2097152 globals=" MIB " procs=8"},
    {"gc 7 @1.002s 3% (checking for goroutine leaks): " CLOCK CPU
     "4->5->1 MB, 6 MB goal, 2 MB stacks, 1 MB globals, 8 P (forced)\n",
     "gc 7 go1.26+ " ORDINARY_IS " stacks=2097152 globals=" MIB
     " procs=8 forced leak-check"},
};

Test(gctrace, every_era)
{
    for (size_t i = 0; i < COUNT_OF(eras); i++)
        expect_record(eras[i].in, eras[i].want);
}

#define WITH_GOAL(goal)                                                                  \
    "gc 7 @1.002s 3%: " CLOCK CPU "4->5->1 MB, " goal " MB goal, 8 P\n"
#define WITHOUT_GOAL                                                                     \
    "gc 7 go1.6-1.17 start_ns=1002000000 cpu_percent=3" TIMES HEAP " procs=8"

static const struct {
    const char *in, *want;
} goals[] = {
    {WITH_GOAL("17592186044415"), WITHOUT_GOAL}, /* up to 1.18 */
    {WITH_GOAL("8796093022193"), WITHOUT_GOAL},  /* 1.19 */
    {WITH_GOAL("8532210231536"), WITHOUT_GOAL},  /* from 1.21 on, about */
    {WITH_GOAL("4398046511104"), WITHOUT_GOAL},  /* 2^42 */
    {WITH_GOAL("18446744073709551615"), WITHOUT_GOAL},
    {WITH_GOAL("4398046511103"),
     "gc 7 go1.6-1.17 start_ns=1002000000 cpu_percent=3" TIMES HEAP
     " heap_goal=4611686018426339328 procs=8"},
    {WITH_GOAL("0"), "gc 7 go1.6-1.17 start_ns=1002000000 cpu_percent=3" TIMES HEAP
                     " heap_goal=0 procs=8"},
};

Test(gctrace, no_goal)
{
    for (size_t i = 0; i < COUNT_OF(goals); i++)
        expect_record(goals[i].in, goals[i].want);
}

#define GROUPS(between)                                                                  \
    "gc 7 @1.002s 3%: " CLOCK CPU "4->5->1 MB, 6 MB goal, " between "8 P"
#define GROUPS_ARE "gc 7 go1.6-1.17 " ORDINARY_IS " procs=8"

/* What versions to come may add, and what shippers do to a line. */
static const struct {
    const char *in, *want;
} shapes[] = {
    {GROUPS("3 MB arenas, ") "\n", GROUPS_ARE},
    {GROUPS("3 MB arenas, 12 widgets of some kind, 0 x, ") "\n", GROUPS_ARE},
    {ORDINARY " (forced) (something new)\n", GROUPS_ARE " forced"},
    {ORDINARY " (something new) (forced)\n", GROUPS_ARE " forced"},
    {"gc 7 @1.002s 3% (a) (b): " CLOCK CPU "4->5->1 MB, 6 MB goal, 8 P\n", GROUPS_ARE},
    {ORDINARY "\r\n", GROUPS_ARE},
    {ORDINARY, GROUPS_ARE},
    {ORDINARY " and more text\n", GROUPS_ARE},
    {"Benchmark_addSlice/#00-8           " ORDINARY "\n", GROUPS_ARE},
    {"2026/11/21 02:03:57.851039 work" ORDINARY "\n",
     GROUPS_ARE " own=1795226637851039000/1000"},
    {"\x1b[31mERR\x1b[0m \xff\xfe " ORDINARY "\n", GROUPS_ARE},
    {"\n\n\n" ORDINARY "\n\n", GROUPS_ARE},
    /* Milliseconds are two digits: 9.9 and 10 are neighbours, 0 is under 1 us. */
    {"gc 1 @0.000s 0%: 0+10+9.9 ms clock, 0+0/0/0+0 ms cpu, 0->0->0 MB, 0 MB goal, 1 P\n",
     "gc 1 go1.6-1.17 start_ns=0 cpu_percent=0 sweepterm_ns=0 mark_ns=10000000"
     " markterm_ns=9900000 pause_ns=9900000 wall_ns=19900000 cpu_stw_ns=0 cpu_assist_ns=0"
     " cpu_dedicated_ns=0 cpu_idle_ns=0 heap_start=0 heap_end=0 heap_live=0 heap_goal=0"
     " procs=1"},
};

Test(gctrace, odd_shapes)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        expect_record(shapes[i].in, shapes[i].want);
}

#define STAMPED(front) front ORDINARY "\n"
#define ABOVE(line) line "\n" ORDINARY "\n"
#define WITH_STAMP(stamp) "gc 7 go1.6-1.17 " ORDINARY_IS " procs=8 " stamp

static const struct {
    const char *in, *want;
} stamps[] = {
    {STAMPED("2026-11-21T02:29:09Z "), WITH_STAMP("own=1795228149000000000/1000000000")},
    {STAMPED("2026-11-21T02:29:09.439332123Z "), WITH_STAMP("own=1795228149439332123/1")},
    {STAMPED("2026-11-21T02:29:09.439+01:00 "),
     WITH_STAMP("own=1795224549439000000/1000000")},
    {STAMPED("2026-11-21 02:29:09,439 -0130 "),
     WITH_STAMP("own=1795233549439000000/1000000")},
    {STAMPED("[2026-11-21 02:29:09] "), WITH_STAMP("own=1795228149000000000/1000000000")},
    {STAMPED("<6>2026-11-21 02:29:09 "),
     WITH_STAMP("own=1795228149000000000/1000000000")},
    {STAMPED("2026/11/21 02:29:09.439332 "), WITH_STAMP("own=1795228149439332000/1000")},
    {STAMPED("2026-11-21T02:29:09.4Z stderr F "),
     WITH_STAMP("own=1795228149400000000/100000000")},
    {ABOVE("2026/11/21 02:29:09 request handled"),
     WITH_STAMP("before=1795228149000000000/1000000000")},
    {ABOVE("2026-11-21T02:29:09Z\r"),
     WITH_STAMP("before=1795228149000000000/1000000000")},
    /* Only the line right above says something. */
    {ABOVE("2026/11/21 02:29:09 request\nno stamp here"), GROUPS_ARE},
    {ABOVE("2026/11/21 02:29:09 request\n"), GROUPS_ARE},
    {STAMPED("2026-13-21T02:29:09Z "), GROUPS_ARE},
    {STAMPED("2026-11-21T24:29:09Z "), GROUPS_ARE},
    {STAMPED("at 2026-11-21T02:29:09Z "), GROUPS_ARE},
};

Test(gctrace, time_stamps)
{
    for (size_t i = 0; i < COUNT_OF(stamps); i++)
        expect_record(stamps[i].in, stamps[i].want);
}

#define FRONT "gc 7 @1.002s 3%: "
#define BACK "4->5->1 MB, 6 MB goal, 8 P\n"

/* What cannot be used, or not all of it: counted with its place, the rest kept. */
static const struct {
    const char *in, *want, *reason;
    uint64_t line, offset_bytes;
} damaged[] = {
    {"x\n" FRONT "18446744073709+1.2+0.10 ms clock, " CPU BACK,
     "gc 7 go1.6-1.17 start_ns=1002000000 cpu_percent=3 mark_ns=1200000 "
     "markterm_ns=100000"
     " cpu_stw_ns=16360000 cpu_assist_ns=160000 cpu_dedicated_ns=2700000"
     " cpu_idle_ns=9900000" HEAP GOAL " procs=8",
     "number out of range", 2, 2},
    {FRONT CLOCK CPU "99999999999999999999->5->1 MB, 6 MB goal, 8 P\n",
     "gc 7 go1.6-1.17 start_ns=1002000000 cpu_percent=3" TIMES
     " heap_end=5242880 heap_live=1048576" GOAL " procs=8",
     "number out of range", 1, 0},
    {FRONT CLOCK CPU "4->5->1 MB, 6 MB goal, 4294967296 P\n",
     "gc 7 go1.6-1.17 " ORDINARY_IS, "number out of range", 1, 0},
    {"gc 4294967296 @1.002s 3%: " CLOCK CPU BACK, "",
     "gc record whose number or time is out of range", 1, 0},
    {"gc 0 @1.002s 3%: " CLOCK CPU BACK, "",
     "gc record whose number or time is out of range", 1, 0},
    {"gc 7 @4000000001.000s 3%: " CLOCK CPU BACK, "",
     "gc record whose number or time is out of range", 1, 0},
    {"a\nb\ngc14(2): 1+1+0 ms 10 -> 5 MB 58439\n", "", "expected \" -> \"", 3, 38},
    {"gc14(2): 1+1+0 ms 99999999999999999999 -> 5 MB\n", "", "number too large", 1, 18},
    {"gc14(2): 1+1+", "", "expected a number", 1, 13},
    {"gc4294967296(2): 1+1+0 ms 10 -> 5 MB\n", "", "number too large", 1, 2},
};

Test(gctrace, numbers_beyond_their_range)
{
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct slice text = test_exact_copy(damaged[i].in, strlen(damaged[i].in));
        struct collected c;

        expect_record(damaged[i].in, damaged[i].want);
        collect(&c, &gctrace_parser, text, PIECES_WHOLE);
        cr_expect_eq(c.diag.skipped, 1, "%s", damaged[i].in);
        cr_expect_str_eq(c.diag.kept[0].reason, damaged[i].reason, "%s", damaged[i].in);
        cr_expect_eq(c.diag.kept[0].line, damaged[i].line, "%s", damaged[i].in);
        cr_expect_eq(c.diag.kept[0].offset_bytes, damaged[i].offset_bytes, "%s: %llu",
                     damaged[i].in, (unsigned long long)c.diag.kept[0].offset_bytes);
        collected_finish(&c);
        test_free(text);
    }
}

/* Other people's lines with our letters in them: no record, and no fault either. */
static const char *const prose[] = {
    "gc",
    "the gc \n",
    "gc 12 objects freed\n",
    "gc 5.\n",
    "gc 5, and then 6\n",
    "the gc 5) case\n",
    "GC forced\n",
    "logc 7 times\n",
    "gc1 is the first\n",
    "gc12\n",
    "abcgc 5\n",
    "scvg-1: inuse: 4, idle: 1, sys: 6, released: 0, consumed: 6 (MB)\n",
    "scvg: 8 KB released\n",
    "scav 1 KiB work (bg), 0 KiB work (eager), 2 KiB now, 90% util\n",
    "pacer: assist ratio=+1.884413e+000 (scan 0 MB in 3->4 MB) workers=0+0\n",
    "SCHED 25ms: gomaxprocs=2 idleprocs=2 threads=5 gcwaiting=0\n",
    "{\"gc \":1}\n",
    "checkfinalizers: queue: 1 finalizers + 0 cleanups\n",
};

Test(gctrace, leaves_prose_alone)
{
    for (size_t i = 0; i < COUNT_OF(prose); i++) {
        struct slice text = test_exact_copy(prose[i], strlen(prose[i]));
        struct collected c;

        collect(&c, &gctrace_parser, text, PIECES_WHOLE);
        cr_expect_eq(c.cycle_count, 0, "%s", prose[i]);
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", prose[i], c.diag.kept[0].reason);
        collected_finish(&c);
        test_free(text);
    }
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"hello\n", false, PROBE_NEED_MORE},
    {"hello\n", true, PROBE_NO},
    {ORDINARY "\n", false, PROBE_CERTAIN},
    {"hello " ORDINARY, true, PROBE_CERTAIN},
    {"gc1(1): 5+0+186+0 us", false, PROBE_CERTAIN},
    {"gc 7 @1.002s 3", true, PROBE_CERTAIN},
    {"gc 7 objects", true, PROBE_NO},
    {"\x01\x02\x03\x04\x05\x06" ORDINARY, true, PROBE_NO},
};

Test(gctrace, is_recognised)
{
    expect_probes(&gctrace_parser, probes, COUNT_OF(probes));
}
