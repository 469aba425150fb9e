#include <criterion/criterion.h>
#include <math.h>

#include "parsers/limits.h"
#include "parsers/memstats.h"
#include "tests/unit/collect.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(memstats, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&memstats_parser, in);
}

/* What Go 1.26 writes, with what a recorder adds. */
static const char full[] =
    "{\"Alloc\":62017696,\"TotalAlloc\":68327648,\"Sys\":71731480,\"Lookups\":0,"
    "\"Mallocs\":2671,\"Frees\":824,\"HeapAlloc\":62017697,\"HeapSys\":66715648,"
    "\"HeapIdle\":4194304,\"HeapInuse\":62521344,\"HeapReleased\":4194305,"
    "\"HeapObjects\":1847,\"StackInuse\":393216,\"StackSys\":393217,\"MSpanInuse\":"
    "122400,"
    "\"MSpanSys\":130560,\"MCacheInuse\":4592,\"MCacheSys\":16072,\"BuckHashSys\":"
    "1445038,"
    "\"GCSys\":2429696,\"OtherSys\":601250,\"NextGC\":101814530,"
    "\"LastGC\":1795224952465034164,\"PauseTotalNs\":21850319,\"NumGC\":5,"
    "\"NumForcedGC\":1,"
    "\"GCCPUFraction\":5.1e-7,\"EnableGC\":true,\"DebugGC\":false,"
    "\"BySize\":[{\"Size\":0,\"Mallocs\":0,\"Frees\":0},{\"Size\":8,\"Mallocs\":3,"
    "\"Frees\":1}],\"goroutines\":4,\"rss_bytes\":69332992,"
    "\"time\":\"2026-11-21T01:35:52.558113183Z\"}\n";

Test(memstats, all_fields)
{
    struct collected c = parse(slice_str(full));

    cr_expect_str_eq(
        text_str(&c.snapshots),
        "mem time_ns=1795224952558113183 last_gc_ns=1795224952465034164 num_gc=5"
        " heap_alloc=62017697 heap_inuse=62521344 heap_idle=4194304 heap_released=4194305"
        " heap_sys=66715648 heap_objects=1847 next_gc=101814530 total_alloc=68327648"
        " mallocs=2671 frees=824 stack_inuse=393216 stack_sys=393217 mspan_inuse=122400"
        " mcache_inuse=4592 buckhash_sys=1445038 gc_sys=2429696 other_sys=601250"
        " sys=71731480 num_forced_gc=1 rss=69332992 goroutines=4 x.Lookups=0"
        " x.MSpanSys=130560 x.MCacheSys=16072 x.LastGC=1795224952465034240"
        " x.PauseTotalNs=21850319 x.GCCPUFraction=5.1e-07\n",
        "%s", text_str(&c.snapshots));
    cr_expect_eq(c.diag.skipped, 0);
    collected_finish(&c);
}

#define LEAST "\"HeapAlloc\":1,\"Sys\":2"
#define LEAST_IS "heap_alloc=1 sys=2"

static const struct {
    const char *in, *want;
} rows[] = {
    {"{" LEAST "}", "mem " LEAST_IS},
    {"{\"Alloc\":1,\"HeapSys\":2}", "mem heap_alloc=1 heap_sys=2"},
    {" { \"HeapAlloc\" : 1 , \"Sys\" : 2 } \r\n", "mem " LEAST_IS},
    {"\n\n \t\r\n{" LEAST "}\n\n", "mem " LEAST_IS},
    {"{\"time\":\"2026-11-21T02:36:12+01:00\"," LEAST "}",
     "mem time_ns=1795224972000000000 " LEAST_IS},
    {"{" LEAST ",\"NextGC\":18446744073709551615}", "mem " LEAST_IS},
    {"{" LEAST ",\"NextGC\":8951420113243123456}", "mem " LEAST_IS},
    {"{" LEAST ",\"NextGC\":4611686018427387904}", "mem " LEAST_IS},
    {"{" LEAST ",\"NextGC\":4611686018427387392}",
     "mem heap_alloc=1 next_gc=4611686018427387392 sys=2"},
    {"{" LEAST ",\"LastGC\":0}", "mem " LEAST_IS " x.LastGC=0"},
    {"{" LEAST ",\"LastGC\":9223372036854775807}",
     "mem last_gc_ns=9223372036854775807 " LEAST_IS " x.LastGC=9.223372036854776e+18"},
    {"{" LEAST ",\"LastGC\":9223372036854775808}",
     "mem " LEAST_IS " x.LastGC=9.223372036854776e+18"},
    {"{" LEAST ",\"NumGC\":4294967295}", "mem num_gc=4294967295 " LEAST_IS},
    {"{" LEAST ",\"NumGC\":4294967296}", "mem " LEAST_IS},
    {"{" LEAST ",\"NumGC\":-1}", "mem " LEAST_IS},
    {"{\"queue depth\":7.5," LEAST ",\"neg\":-3}",
     "mem " LEAST_IS " x.queue depth=7.5 x.neg=-3"},
    {"{" LEAST
     ",\"s\":\"text\",\"b\":true,\"n\":null,\"o\":{\"HeapAlloc\":9},\"a\":[1,[2]]}",
     "mem " LEAST_IS " x.o.HeapAlloc=9"},
    /* The ring is of no use; what follows it still is. */
    {"{\"PauseNs\":[1,2,3],\"PauseEnd\":[4,5,6],\"NumGC\":3," LEAST "}",
     "mem num_gc=3 " LEAST_IS},
    {"{\"PauseNs\":[null,[1],{\"a\":2}],\"NumGC\":3," LEAST "}",
     "mem num_gc=3 " LEAST_IS},
    {"{\"PauseNs\":[],\"PauseEnd\":[\"x\"],\"NumGC\":3," LEAST "}",
     "mem num_gc=3 " LEAST_IS},
    {"{\"PauseNs\":5,\"NumGC\":3," LEAST "}", "mem num_gc=3 " LEAST_IS " x.PauseNs=5"},
};

Test(memstats, odd_shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct collected c = parse(slice_str(rows[i].in));
        struct text want = {0};

        text_printf(&want, "%s\n", rows[i].want);
        cr_expect_str_eq(text_str(&c.snapshots), text_str(&want), "%s gives %s",
                         rows[i].in, text_str(&c.snapshots));
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", rows[i].in, c.diag.kept[0].reason);
        text_finish(&want);
        collected_finish(&c);
    }
}

/* NULs are the hole that a file truncated in place leaves in front of what follows. */
Test(memstats, behind_a_hole)
{
    static const char in[] = "\0\0\0\0{" LEAST "}\n\0\0\n{" LEAST "}\n";
    struct collected c = parse(slice_of(in, sizeof in - 1));

    cr_expect_eq(c.snapshot_count, 2);
    cr_expect_eq(c.diag.skipped, 0, "%s", c.diag.kept[0].reason);
    collected_finish(&c);
}

/* Each stands between two good lines, which it does not cost. */
static const struct {
    const char *in, *reason;
    uint64_t at; /* bytes into the line */
} bad[] = {
    {"hello", "expected a JSON object", 0},
    {"[1]", "expected a JSON object", 1},
    {"{\"a\":1}", "no MemStats in this object", 7},
    {"{\"HeapAlloc\":1}", "no MemStats in this object", 15},
    {"{\"Sys\":1}", "no MemStats in this object", 9},
    {"{" LEAST ",\"HeapSys\":12", "cut off in the middle", 35},
    {"{" LEAST ",\"HeapSys\":1-2}", "malformed number", 37},
    {"{" LEAST ",\"HeapSys\":1e999}", "malformed number", 39},
    {"{" LEAST ",\"time\":\"yesterday\"}", "malformed time", 42},
    {"{" LEAST ",}", "expected a key", 23},
    {"{" LEAST ",\"PauseNs\":[1,2}", "bracket without its partner", 37},
};

Test(memstats, bad_lines_are_skipped_and_counted)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text t = {0};
        struct collected c;
        const char *good = "{" LEAST ",\"LastGC\":7}\n";

        text_printf(&t, "%s%s\n%s", good, bad[i].in, good);
        c = parse(slice_of(t.ptr, t.len));
        cr_expect_eq(c.snapshot_count, 2, "%s", bad[i].in);
        expect_fault(&c.diag, bad[i].in, bad[i].reason, 2, strlen(good) + bad[i].at);
        collected_finish(&c);
        text_finish(&t);
    }
}

Test(memstats, every_truncation)
{
    for (size_t len = 0; len < sizeof full - 2; len++) {
        struct text t = {0};
        struct collected c;

        text_put_str(&t, full);
        text_put(&t, slice_of(full, len));
        c = parse(slice_of(t.ptr, t.len));
        cr_expect_eq(c.snapshot_count, 1, "%zu bytes", len);
        cr_expect_eq(c.diag.skipped, len > 0, "%zu bytes", len);
        collected_finish(&c);
        text_finish(&t);
    }
}

Test(memstats, deep_nesting_and_large_objects)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, "{" LEAST ",\"a\":");
    text_repeat(&t, "[", 2000);
    text_put_str(&t, "\n{" LEAST "}\n{" LEAST ",\"a\":\"");
    text_repeat(&t, "x", 2 * LIMIT_LINE_BYTES);
    text_put_str(&t, "\"}\n{" LEAST "}\n{\"a\":\"");
    text_repeat(&t, "x", LIMIT_JSON_OBJECT_BYTES);
    text_put_str(&t, "\"}\n{" LEAST "}");
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.snapshot_count, 4);
    cr_expect_eq(c.diag.skipped, 2);
    cr_expect_str_eq(c.diag.kept[0].reason, "JSON nested too deep");
    cr_expect_str_eq(c.diag.kept[1].reason, "JSON object over 8 MiB");
    cr_expect_eq(c.diag.kept[1].line, 5);
    collected_finish(&c);
    text_finish(&t);
}

/* More names than a record has room for: the rest is not silently gone. */
Test(memstats, too_many_extras)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, "{" LEAST);
    for (unsigned i = 0; i < SNAPSHOT_EXTRA_MAX + 1; i++)
        text_printf(&t, ",\"n%u\":%u", i, i);
    text_put_str(&t, "}\n");
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.snapshot_count, 1);
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect(strstr(text_str(&c.snapshots), " x.n255=255"));
    collected_finish(&c);
    text_finish(&t);
}

#define MEM "mem heap_alloc=1 sys=2"

/* What is around a snapshot, and how many there are. */
static const struct {
    const char *in, *want;
    unsigned skipped;
} dresses[] = {
    /* One after another, with and without blanks; arrays. */
    {"{" LEAST "}{" LEAST "} {" LEAST "}", MEM "\n" MEM "\n" MEM "\n", 0},
    {"[{" LEAST "},{" LEAST "}]", MEM "\n" MEM "\n", 0},
    {"[\n  {\n    \"HeapAlloc\": 1,\n    \"Sys\": 2\n  },\n  {\n    \"HeapAlloc\": 1,\n"
     "    \"Sys\": 2\n  }\n]\n",
     MEM "\n" MEM "\n", 0},
    {"[]", "", 0},
    /* One of them broken. */
    {"[{" LEAST "},{" LEAST "]},{" LEAST "}]", MEM "\n" MEM "\n", 1},
    {"[{" LEAST "},{" LEAST ",},{" LEAST "}]", MEM "\n" MEM "\n", 1},
    {"[{" LEAST "},{" LEAST, MEM "\n", 1},
    {"[{" LEAST "}", MEM "\n", 1},
    {"{\n  \"HeapAlloc\": 1,\n  \"Sys\": 2,\n  \"BySize\": [\n    {\"Size\": 8\n{" LEAST
     "}\n",
     MEM "\n", 1},
    {"{" LEAST "} trailing\n{" LEAST "}", MEM "\n" MEM "\n", 1},
    /* Spelt otherwise. */
    {"{\"heap_alloc\":1,\"sys\":2,\"m_span_sys\":5,\"next_gc\":7,\"num_gc\":3}",
     "mem num_gc=3 heap_alloc=1 next_gc=7 sys=2 x.MSpanSys=5\n", 0},
    {"{\"heapAlloc\":\"1\",\"sys\":\"2\",\"lastGC\":\"1795224952465034164\"}",
     "mem last_gc_ns=1795224952465034164 heap_alloc=1 sys=2 "
     "x.LastGC=1795224952465034240\n",
     0},
    {"{\"heapalloc\":1,\"heapsys\":2,\"gccpufraction\":0.5}",
     "mem heap_alloc=1 heap_sys=2 x.GCCPUFraction=0.5\n", 0},
    /* Times. */
    {"{\"ts\":1795224952.5," LEAST "}", "mem time_ns=1795224952500000000 " LEAST_IS "\n",
     0},
    {"{\"timestamp\":1795224952500," LEAST "}",
     "mem time_ns=1795224952500000000 " LEAST_IS "\n", 0},
    {"{\"ts\":1795224952500001," LEAST "}",
     "mem time_ns=1795224952500001000 " LEAST_IS "\n", 0},
    {"{\"ts\":1795224952500000001," LEAST "}",
     "mem time_ns=1795224952500000001 " LEAST_IS "\n", 0},
    {"{\"ts\":1.7952249525e9," LEAST "}",
     "mem time_ns=1795224952500000000 " LEAST_IS "\n", 0},
    {"{\"@timestamp\":\"2026-11-21T01:35:52.5Z\"," LEAST "}",
     "mem time_ns=1795224952500000000 " LEAST_IS "\n", 0},
    {"{\"time\":12.5," LEAST "}", "mem " LEAST_IS " x.time=12.5\n", 0},
    {"2026/11/21 01:35:52.5 mem: {" LEAST "}\n",
     "mem time_ns=1795224952500000000 " LEAST_IS "\n", 0},
    {"2026/11/21 01:35:52.5 started\n2026-11-21T01:35:53Z INFO {" LEAST "}\n",
     "mem time_ns=1795224953000000000 " LEAST_IS "\n", 1},
    {"2026/11/21 01:35:52 {" LEAST ",\n2026/11/21 01:35:53 {" LEAST "}\n",
     "mem time_ns=1795224953000000000 " LEAST_IS "\n", 1},
    /* One level down. */
    {"{\"time\":\"2026-11-21T01:35:52Z\",\"stats\":{" LEAST ",\"Lookups\":3},\"q\":4}",
     "mem time_ns=1795224952000000000 " LEAST_IS " x.Lookups=3 x.q=4\n", 0},
    {"{\"a\":{\"b\":{\"n\":1,\"HeapAlloc\":7,\"Sys\":8}}}",
     "mem heap_alloc=7 sys=8 x.n=1\n", 0},
    {"{\"cmdline\":[\"/bin/a\\u0062c\",\"-x\"],\"memstats\":{" LEAST
     "},\"pool\":{\"size\":3,\"by\":{\"kind\":4,\"t\":\"x\"}},\"sys\":\"linux\",\"v\":"
     "\"7\"}",
     "mem " LEAST_IS " program=/bin/abc x.pool.size=3 x.pool.by.kind=4\n", 0},
    {"{\"memstats\":{" LEAST "},\"old\":{\"HeapAlloc\":3,\"Sys\":4}}",
     "mem " LEAST_IS " x.old.HeapAlloc=3 x.old.Sys=4\n", 0},
    /* What an application's own variable spoils: in front, behind, with brackets. */
    {"{\n\"bad\": NaN,\n\"memstats\": {" LEAST "},\n\"q\": 1\n}\n", "mem " LEAST_IS "\n",
     1},
    {"{\n\"memstats\": {" LEAST "},\n\"z\": he said\n}\n", "mem " LEAST_IS "\n", 1},
    {"{\n\"bad\": ],\n\"memstats\": {" LEAST "},\n\"q\": 1\n}\n", "mem " LEAST_IS "\n",
     1},
    {"{\n\"bad\": 5\",\n\"memstats\": {" LEAST "},\n\"q\": 1\n}\n", "mem " LEAST_IS "\n",
     1},
};

Test(memstats, every_dress)
{
    for (size_t i = 0; i < COUNT_OF(dresses); i++) {
        struct collected c = parse(slice_str(dresses[i].in));

        cr_expect_str_eq(text_str(&c.snapshots), dresses[i].want, "%s gives %s",
                         dresses[i].in, text_str(&c.snapshots));
        cr_expect_eq(c.diag.skipped, dresses[i].skipped, "%s: %llu, %s", dresses[i].in,
                     (unsigned long long)c.diag.skipped, c.diag.kept[0].reason);
        collected_finish(&c);
    }
}

/* /debug/vars of each version: the figures as a JSON library reads them. */
static const struct {
    const char *name, *want;
} vars[] = {
    {"memstats/gen-go1.15-debug_vars.json",
     "mem last_gc_ns=1795225470491899625 num_gc=5 heap_alloc=46992296 "
     "heap_inuse=47955968 heap_idle=18825216 heap_released=10633216 heap_sys=66781184 "
     "heap_objects=468606 next_gc=79425024 total_alloc=62828384 mallocs=668557 "
     "frees=199951 stack_inuse=327680 stack_sys=327680 mspan_inuse=665040 "
     "mcache_inuse=3472 buckhash_sys=1480680 gc_sys=4859104 other_sys=673592 "
     "sys=75056128 num_forced_gc=1 program=./ingest-1.15 "},
    {"memstats/gen-go1.19-debug_vars.json",
     "mem last_gc_ns=1795225524104859730 num_gc=5 heap_alloc=48285864 "
     "heap_inuse=49192960 heap_idle=9265152 heap_released=3014656 heap_sys=58458112 "
     "heap_objects=469088 next_gc=81993192 total_alloc=64099040 mallocs=669047 "
     "frees=199959 stack_inuse=262144 stack_sys=262144 mspan_inuse=702864 "
     "mcache_inuse=2400 buckhash_sys=1483205 gc_sys=9082088 other_sys=629563 "
     "sys=70890760 num_forced_gc=1 program=./ingest-1.19 "},
    {"memstats/gen-go1.24-debug_vars.json",
     "mem last_gc_ns=1795225782263052486 num_gc=4 heap_alloc=48735216 "
     "heap_inuse=50290688 heap_idle=12296192 heap_released=2850816 heap_sys=62586880 "
     "heap_objects=467479 next_gc=84211714 total_alloc=64483896 mallocs=666476 "
     "frees=198997 stack_inuse=327680 stack_sys=327680 mspan_inuse=798240 "
     "mcache_inuse=2416 buckhash_sys=1475573 gc_sys=2802752 other_sys=532539 "
     "sys=68834568 num_forced_gc=1 program=./ingest-1.24 "},
    {"memstats/gen-go1.27-debug_vars.json",
     "mem last_gc_ns=1795225948927634812 num_gc=5 heap_alloc=47303120 "
     "heap_inuse=49618944 heap_idle=17096704 heap_released=6324224 heap_sys=66715648 "
     "heap_objects=469025 next_gc=84246026 total_alloc=63053080 mallocs=668478 "
     "frees=199453 stack_inuse=393216 stack_sys=393216 mspan_inuse=803040 "
     "mcache_inuse=4592 buckhash_sys=1475914 gc_sys=2963696 other_sys=650438 "
     "sys=73308424 num_forced_gc=1 program=./ingest-1.27 "},
};

Test(memstats, debug_vars)
{
    for (size_t i = 0; i < COUNT_OF(vars); i++) {
        struct slice in = trace_plain(vars[i].name);
        struct collected c = parse(in);

        cr_expect_eq(memstats_parser.probe(in, true), PROBE_CERTAIN, "%s", vars[i].name);
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", vars[i].name, c.diag.kept[0].reason);
        cr_expect_eq(c.snapshot_count, 1, "%s", vars[i].name);
        cr_expect(
            slice_starts(slice_str(text_str(&c.snapshots)), slice_str(vars[i].want)),
            "%s: %s", vars[i].name, text_str(&c.snapshots));
        collected_finish(&c);
        test_free(in);
    }
}

/* One bit anywhere costs no more than the snapshot that it is in. */
Test(memstats, flipped_bits)
{
    uint64_t seed = 20261121;

    for (unsigned i = 0; i < 4000; i++) {
        struct text t = {0};
        struct collected c;
        size_t at = (sizeof full - 1) + test_random_below(&seed, sizeof full - 2);
        unsigned bit = (unsigned)test_random_below(&seed, 8);

        for (unsigned k = 0; k < 4; k++)
            text_put_str(&t, full);
        t.ptr[at] = (char)((unsigned char)t.ptr[at] ^ 1u << bit);
        c = parse(slice_of(t.ptr, t.len));
        cr_expect(c.snapshot_count == 3 || c.snapshot_count == 4,
                  "seed 20261121, turn %u: byte %zu, bit %u: %zu", i, at, bit,
                  c.snapshot_count);
        cr_expect(c.snapshot_count == 4 || c.diag.skipped > 0, "turn %u", i);
        cr_expect_leq(c.diag.skipped, 2, "turn %u: %llu", i,
                      (unsigned long long)c.diag.skipped);
        collected_finish(&c);
        text_finish(&t);
    }
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

/* Real snapshots with the whole ring: the pauses in the order of time, as many as there
 * were cycles. */
static const struct {
    const char *name, *last_pause;
} rings[] = {
    {"memstats/gen-go1.15-memstats.json", "num_gc="},
    {"memstats/gen-go1.19-memstats.json", "num_gc="},
    {"memstats/gen-go1.24-memstats.json", "num_gc="},
    {"memstats/gen-go1.27-memstats.json", "num_gc=5 "},
};

Test(memstats, real_rings)
{
    for (size_t i = 0; i < COUNT_OF(rings); i++) {
        struct slice in = trace_plain(rings[i].name);
        struct collected c = parse(in);
        const char *text = text_str(&c.snapshots),
                   *at = strstr(text, rings[i].last_pause);

        cr_expect_eq(memstats_parser.probe(in, true), PROBE_CERTAIN, "%s", rings[i].name);
        cr_expect_eq(c.snapshot_count, 1, "%s", rings[i].name);
        cr_expect_eq(c.diag.skipped, 0, "%s", rings[i].name);
        cr_assert(at, "%s: %s", rings[i].name, text);
        cr_expect_eq(count_of(text, " pause@"), (size_t)(at[7] - '0'), "%s: %s",
                     rings[i].name, text);
        collected_finish(&c);
        test_free(in);
    }
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"", false, PROBE_NEED_MORE},
    {" \r\n", false, PROBE_NEED_MORE},
    {"{" LEAST "}", true, PROBE_CERTAIN},
    {"{" LEAST, false, PROBE_CERTAIN},
    {"{\"a\":1", false, PROBE_NEED_MORE},
    {"{\"a\":1}", true, PROBE_NO},
    {"{\"cmdline\":[],\"memstats\":{" LEAST "}}", true, PROBE_CERTAIN},
    {"{\n\"cmdline\": [],\n\"memstats\": {" LEAST "}\n}", true, PROBE_CERTAIN},
    {"{\n\"cmdline\": [],\n\"mem", false, PROBE_NEED_MORE},
    {"[", false, PROBE_NEED_MORE},
    {"[\n  {\n    \"heap_alloc\": 1,\n    \"heap_sys\": 2", false, PROBE_CERTAIN},
    {"[1]", true, PROBE_NO},
    {"2026/11/21 02:03:57 mem {" LEAST "}\n", true, PROBE_LIKELY},
    /* In a field of another format's line, with its quotes escaped. */
    {"{\"log\":\"{\\\"HeapAlloc\\\":1,\\\"Sys\\\":2}\\n\"}\n", true, PROBE_NO},
    {"gc 1 @", false, PROBE_NO},
    /* A recording whose first line is cut off, or is something else. */
    {"5,\"Sys\":2}\n{" LEAST "}\n", true, PROBE_LIKELY},
    {"{\"schema\":1}\n{" LEAST "}\n", true, PROBE_LIKELY},
};

Test(memstats, is_recognised)
{
    expect_probes(&memstats_parser, probes, COUNT_OF(probes));
}
