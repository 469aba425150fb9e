#include <criterion/criterion.h>

#include "parsers/memstats.h"
#include "parsers/runtime_metrics.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(runtime_metrics, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&runtime_metrics_parser, in);
}

#define UNTIMED "sample runtime-metrics process unknown=0 "
#define TIMED "sample runtime-metrics process wall=1795224952000000000 "

static const struct {
    const char *in, *want;
    unsigned skipped;
} rows[] = {
    {"{\"/gc/heap/live:bytes\":123}", UNTIMED "heap.live=123\n", 0},
    {"{\"time\":\"2026-11-21T01:35:52Z\",\"metrics\":{\"/gc/heap/live:bytes\":\"123\"}}",
     TIMED "heap.live=123\n", 0},
    {"{\"/gc/heap/live:bytes\":1,\"ts\":1795224952}\n{\"/gc/heap/live:bytes\":2}",
     TIMED "heap.live=1\n" UNTIMED "heap.live=2\n", 0},
    /* Sentinels. */
    {"{\"/gc/gomemlimit:bytes\":9223372036854775807,\"/gc/gogc:percent\":"
     "18446744073709551615,\"/gc/heap/goal:bytes\":8946670875744465709,"
     "\"/sched/gomaxprocs:threads\":2}",
     UNTIMED "sched.procs=2\n", 0},
    {"{\"/gc/gomemlimit:bytes\":1048576,\"/gc/gogc:percent\":100}",
     UNTIMED "mem.gomemlimit=1048576 x.gc/gogc:percent=100\n", 0},
    /* Units and names without a place of their own. */
    {"{\"/sync/mutex/wait/total:seconds\":0.5,\"/cpu/classes/idle:cpu-seconds\":2,"
     "\"/gc/scan/heap:bytes\":7,\"/cgo/go-to-c-calls:calls\":3}",
     UNTIMED "x.sync/mutex/wait/total:seconds(ns)=500000000 "
             "x.cpu/classes/idle:cpu-seconds(ns)=2000000000 "
             "x.gc/scan/heap:bytes(bytes)=7 x.cgo/go-to-c-calls:calls(count)=3\n",
     0},
    /* Sums. */
    {"{\"/memory/classes/heap/objects:bytes\":10,\"/memory/classes/heap/unused:bytes\":"
     "2,\"/memory/classes/heap/free:bytes\":3,\"/memory/classes/heap/released:bytes\":4}",
     UNTIMED "heap.alloc=10 x.memory/classes/heap/unused:bytes(bytes)=2 "
             "x.memory/classes/heap/free:bytes(bytes)=3 heap.released=4 heap.inuse=12 "
             "heap.idle=7 heap.sys=19\n",
     0},
    /* Histograms. */
    {"{\"/gc/pauses:seconds\":{\"Counts\":[0,98,2],\"Buckets\":[0,1e-6,2e-6,\"+Inf\"]}}",
     UNTIMED "x.gc/pauses.count(count)=100 x.gc/pauses.p99(ns)=2000\n", 0},
    {"{\"/gc/pauses:seconds\":{\"counts\":[1,99],\"buckets\":[null,1e-6,2e-6]}}",
     UNTIMED "x.gc/pauses.count(count)=100 x.gc/pauses.p99(ns)=2000\n", 0},
    {"{\"/gc/pauses:seconds\":{\"Counts\":[0],\"Buckets\":[0,1]}}",
     UNTIMED "x.gc/pauses.count(count)=0\n", 0},
    {"{\"/gc/pauses:seconds\":{\"Counts\":[1,2],\"Buckets\":[0,1]},"
     "\"/sched/goroutines:goroutines\":9}",
     UNTIMED "sched.goroutines=9\n", 0},
    /* Objects that only their writer knows: numbers without the metric's unit. */
    {"{\"/gc/pauses:seconds\":{\"counts\":[0,3,1],\"n\":32},"
     "\"/gc/heap/live:bytes\":{\"kind\":\"uint64\",\"value\":7,\"age\":2}}",
     UNTIMED "x.gc/pauses.n=32 heap.live=7 x.gc/heap/live.age=2\n", 0},
    {"[{\"name\":\"/gc/pauses:seconds\",\"value\":{\"n\":32}}]",
     UNTIMED "x.gc/pauses.n=32\n", 0},
    /* Pairs: a name that comes again begins the next sample. */
    {"[{\"name\":\"/gc/heap/live:bytes\",\"value\":1},{\"value\":2,\"name\":"
     "\"/sched/goroutines:goroutines\"}]",
     UNTIMED "heap.live=1 sched.goroutines=2\n", 0},
    {"{\"name\":\"/gc/heap/live:bytes\",\"value\":1}\n{\"name\":"
     "\"/gc/heap/live:bytes\",\"value\":2}\n",
     UNTIMED "heap.live=1\n" UNTIMED "heap.live=2\n", 0},
    {"{\"time\":1795224952,\"samples\":[{\"Name\":\"/gc/heap/live:bytes\",\"Value\":1},"
     "{\"Name\":\"/gc/pauses:seconds\",\"Value\":{\"Counts\":[4],\"Buckets\":[0,1]}}]}",
     TIMED "heap.live=1 x.gc/pauses.count(count)=4 x.gc/pauses.p99(ns)=1000000000\n", 0},
    /* Lines. */
    {"/gc/heap/live:bytes: 1\n/sched/goroutines:goroutines 2\n",
     UNTIMED "heap.live=1 sched.goroutines=2\n", 0},
    {"/gc/heap/live:bytes=1\n/gc/heap/live:bytes = 2\n",
     UNTIMED "heap.live=1\n" UNTIMED "heap.live=2\n", 0},
    {"2026-11-21T01:35:52Z\n/gc/heap/live:bytes: 1\n2026-11-21T01:35:52Z\n"
     "/sched/goroutines:goroutines: 2\n",
     TIMED "heap.live=1\n" TIMED "sched.goroutines=2\n", 0},
    {"2026/11/21 01:35:52 /gc/heap/live:bytes: 1.5e3\n", TIMED "heap.live=1500\n", 0},
    {"/gc/heap/live:bytes: x\n/gc/heap/live:bytes: 1\nhello\n", UNTIMED "heap.live=1\n",
     2},
    {"/gc/pauses:seconds: &{[0 1] [0 1 2]}\n/gc/heap/live:bytes: 1\n",
     UNTIMED "heap.live=1\n", 1},
    {"/gc/heap/live:bytes: 1\n/gc/pauses:seconds: [0 3 1]\n/sched/latencies:seconds: [0]"
     "\n/gc/heap/live:bytes: 2\n/gc/pauses:seconds: [0 3 1]\n",
     UNTIMED "heap.live=1\n" UNTIMED "heap.live=2\n", 1},
    /* Of no use. */
    {"{\"a\":1}", "", 1},
    {"{\"/gc/heap/live:bytes\":1,}\n{\"/gc/heap/live:bytes\":2}\n",
     UNTIMED "heap.live=2\n", 1},
    {"{\"/gc/heap/live:bytes\":1\n{\"/gc/heap/live:bytes\":2}\n", UNTIMED "heap.live=2\n",
     1},
};

Test(runtime_metrics, shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&runtime_metrics_parser, "", rows[i].in, rows[i].want,
                      rows[i].skipped);
}

static const struct probe_row probes[] = {
    {"{\"/gc/heap/live:bytes\":123}", true, PROBE_CERTAIN},
    {"[\n{\n\"name\": \"/gc/heap/live:bytes\",", false, PROBE_CERTAIN},
    {"{\"a\":1}\n{\"/gc/heap/live:bytes\":123}\n", true, PROBE_LIKELY},
    {"{\"time\":\"2026", false, PROBE_NEED_MORE},
    {"{\"path\":\"/gc/heap\"}", true, PROBE_NO},
    {"/gc/heap/live:bytes: 1\n", true, PROBE_CERTAIN},
    {"2026-11-21T01:35:52Z\n/gc/heap/live:bytes: 1\n", true, PROBE_CERTAIN},
    {"started\n/gc/heap/live:bytes: 1\n", true, PROBE_LIKELY},
    {"/gc/heap/live:bytes: 1", false, PROBE_NO},
    {"GET /gc/heap:bytes 200\n", true, PROBE_NO},
    {"", true, PROBE_NO},
};

Test(runtime_metrics, is_recognised)
{
    expect_probes(&runtime_metrics_parser, probes, COUNT_OF(probes));
}

/* The real program's dump says what its MemStats of the same moment say. (Of its first
 * moment the heap's spans were still being freed.) */
static const char *const same[] = {
    "heap.alloc",  "heap.inuse",   "heap.idle",   "heap.released", "heap.sys",
    "mem.sys",     "heap.objects", "alloc.total", "alloc.mallocs", "alloc.frees",
    "stack.inuse", "stack.sys",    "mspan.inuse", "mcache.inuse",  "buckhash.sys",
    "gc.sys",      "other.sys",    "gc.cycles",   "gc.forced",
};

static double last_of(const struct session *s, const struct process *p, const char *name)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        struct series series;

        if (strcmp(metric_info((uint32_t)i)->name, name) == 0 &&
            session_series(s, p, (uint32_t)i, &series))
            return series_summary(&series).last;
    }
    return -1;
}

static void expect_agreement(const char *dump)
{
    struct session *s = session_create();
    struct source *source = session_add_trace(s, dump);

    cr_expect_str_eq(source->format, "runtime-metrics", "%s", dump);
    cr_expect_eq(source->diag.skipped, 0, "%s: %s", dump, source->diag.kept[0].reason);
    (void)session_add_trace(s, "memstats/gen-go1.26-runtime-metrics-memstats.ndjson");
    cr_assert_eq(s->process_count, 2, "%s", dump);
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        double a = last_of(s, s->processes[0], same[i]);

        cr_expect_geq(a, 0, "%s: %s", dump, same[i]);
        cr_expect_eq(a, last_of(s, s->processes[1], same[i]), "%s: %s is %g", dump,
                     same[i], a);
    }
    cr_expect_eq(last_of(s, s->processes[0], "heap.live"), 6692528, "%s", dump);
    cr_expect_eq(last_of(s, s->processes[0], "sched.goroutines"), 8, "%s", dump);
    session_destroy(s);
}

Test(runtime_metrics, agrees_with_memstats)
{
    expect_agreement("memstats/gen-go1.26-runtime-metrics.ndjson");
    expect_agreement("memstats/gen-go1.26-runtime-metrics-pairs.json");
    expect_agreement("memstats/gen-go1.26-runtime-metrics.txt");
}

Test(runtime_metrics, every_truncation)
{
    struct slice in = slice_str("{\"time\":\"2026-11-21T01:35:52Z\","
                                "\"/gc/pauses:seconds\":{\"Counts\":[1,99],\"Buckets\":"
                                "[\"-Inf\",1e-6,2e-6]},\"/gc/heap/live:bytes\":7}");

    for (struct damage d = damage_cut(&runtime_metrics_parser, in, 1, in.len);
         damage_next(&d);) {
        cr_expect_eq(d.c.other_count, 0, "%zu bytes", d.at);
        cr_expect_eq(d.c.diag.skipped, 1, "%zu bytes", d.at);
    }
}

/* More names and buckets than any real program has. */
Test(runtime_metrics, is_bounded)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, "{\"/gc/pauses:seconds\":{\"Counts\":[0");
    text_repeat(&t, ",1", 100000);
    text_put_str(&t, "],\"Buckets\":[0");
    text_repeat(&t, ",1", 100001);
    text_put_str(&t, "]}");
    for (unsigned i = 0; i < 5000; i++)
        text_printf(&t, ",\"/gc/n%u:bytes\":1", i);
    text_put_str(&t, "}");
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.other_count, 1);
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect_str_eq(c.diag.kept[0].reason,
                     "too many different names: some values left out");
    collected_finish(&c);
    text_finish(&t);
}
