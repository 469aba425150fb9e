#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "parsers/csv.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(csv, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&csv_parser, in);
}

static const struct {
    const char *in, *want;
} rows[] = {
    {"t,heap.alloc,goroutines\n1795224984,5,6\n1795224985,7,8\n",
     "sample csv process wall=1795224984000000000 heap.alloc=5 sched.goroutines=6\n"
     "sample csv process wall=1795224985000000000 heap.alloc=7 sched.goroutines=8\n"},
    /* Separators, quotes, blanks, line ends, an order mark, a hint for a spreadsheet. */
    {"\xef\xbb\xbfsep=;\r\nTime;\"queue, depth\";NextGC\r\n"
     "2026-11-21 01:36:24;1,5;9\r\n2026-11-21T01:36:25Z; 2 ;\r\n",
     "sample csv process wall=1795224984000000000 x.queue, depth=1.5 heap.goal=9\n"
     "sample csv process wall=1795224985000000000 x.queue, depth=2\n"},
    {"# made by hand\nts\ta\tb\n1795224984732\t1\t2\n\n",
     "sample csv process wall=1795224984732000000 x.a=1 x.b=2\n"},
    {"time,\"a \"\"b\"\"\"\n1795224984732000,\"1\"\n",
     "sample csv process wall=1795224984732000000 x.a \"b\"=1\n"},
    /* Times of every kind. */
    {"time,a\n1795224984.5,1\n1795224984732000001,2\n2026-11-21T02:36:24+01:00,3\n"
     "2026-11-21,4\n12.25,5\n0,6\n",
     "sample csv process wall=1795224984500000000 x.a=1\n"
     "sample csv process wall=1795224984732000001 x.a=2\n"
     "sample csv process wall=1795224984000000000 x.a=3\n"
     "sample csv process wall=1795219200000000000 x.a=4\n"
     "sample csv process process=12250000000 x.a=5\n"
     "sample csv process process=0 x.a=6\n"},
    {"a,b\n1,2\n", "sample csv process unknown=0 x.a=1 x.b=2\n"},
    /* Missing values; a row of nothing else is none. */
    {"t,a,b\n1,NaN,2\n2,,null\n3,1,\n", "sample csv process process=1000000000 x.b=2\n"
                                        "sample csv process process=3000000000 x.a=1\n"},
    /* Names of Prometheus and MemStats, with what they mean. */
    {"t,go_memstats_next_gc_bytes,NextGC,LastGC,\"x_total{a=\"\"b\"\"}\"\n"
     "1,1.8446744073709552e19,4194304,1795224984732000000,3\n",
     "sample csv process process=1000000000 heap.goal=4194304 x.LastGC(ns since "
     "1970)=1795224984732000000 x.x_total{a=\"b\"}=3\n"},
    /* Who it is of; columns of text. */
    {"time,pod,pid,state,HeapAlloc\n1,api-1,77,ok,5\n1,api-2,78,ok,6\n",
     "sample csv process instance=api-1 process=1000000000 pid=77 heap.alloc=5\n"
     "sample csv process instance=api-2 process=1000000000 pid=78 heap.alloc=6\n"},
    /* One value a row. */
    {"t,offset_s,process,series,value\n2026-11-21T01:36:24Z,0,1,heap.live,5\n"
     "2026-11-21T01:36:24Z,0,1,x.queue,6\n,1.5,2,heap.live,7\n",
     "sample csv heap.live process instance=1 wall=1795224984000000000 heap.live=5\n"
     "sample csv x.queue process instance=1 wall=1795224984000000000 x.queue=6\n"
     "sample csv heap.live process instance=2 process=1500000000 heap.live=7\n"},
    /* Grafana's wide form. */
    {"Time,\"go_memstats_heap_alloc_bytes{pod=\"\"a\"\"}\",x,"
     "\"go_memstats_heap_alloc_bytes{pod=\"\"b\"\"}\","
     "\"go_goroutines{pod=\"\"a\"\"}\",\"q{pod=\"\"a\"\",k=\"\"v\"\"}\"\n"
     "1,10,20,30,40,50\n2,,21,31,,\n",
     "sample csv process process=1000000000 x.x=20\n"
     "sample csv process instance=a process=1000000000 program=a heap.alloc=10 "
     "sched.goroutines=40 x.q{k=\"v\"}=50\n"
     "sample csv process instance=b process=1000000000 program=b heap.alloc=30\n"
     "sample csv process process=2000000000 x.x=21\n"
     "sample csv process instance=b process=2000000000 program=b heap.alloc=31\n"},
    {"t,go_threads{a=\"1\"},go_threads{a=\"2\"}\n1,2,3\n",
     "sample csv process process=1000000000 sched.threads=2 "
     "x.go_threads{a=\"2\"}(count)=3\n"},
    /* Sizes, in a column of bytes or of nothing else. */
    {"t,heap.alloc,cache,other\n1,100 MiB,1.5GB,5\n2,101 MiB,2GB,6\n",
     "sample csv process process=1000000000 heap.alloc=104857600 "
     "x.cache(bytes)=1610612736 x.other=5\n"
     "sample csv process process=2000000000 heap.alloc=105906176 "
     "x.cache(bytes)=2147483648 x.other=6\n"},
    {"time,metric,value\n1,a,2\n1,b,\n",
     "sample csv a process process=1000000000 x.a=2\n"},
};

Test(csv, rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&csv_parser, "", rows[i].in, rows[i].want, 0);
}

static const struct {
    const char *in, *reason;
    uint64_t line, offset_bytes;
    size_t kept;
} faults[] = {
    {"t,a\n1,2\n2,x\n3,4\n", "malformed number", 3, 10, 2},
    {"t,a,b\n1,2,3\n2,x,4\n3,4,5\n", "malformed number", 3, 14, 3},
    {"t,a\n1,2\nyesterday,3\n3,4\n", "malformed time", 3, 8, 2},
    {"t,a\n1,2\n,3\n3,4\n", "row without a time", 3, 8, 2},
    {"t,a\n1,2\n2\n3,4\n", "fewer fields than columns", 3, 8, 2},
    {"t,a\n1,2\n2,3,4\n3,4\n", "more fields than columns", 3, 8, 3},
    {"t,a,b\n1,2,3\n2,3\n3,4,5\n", "fewer fields than columns", 3, 12, 3},
    {"t,a,b\n1,2,3\n2,3", "fewer fields than columns", 3, 12, 1},
    /* Text in front of a column's first number. */
    {"t,a,b\n1,unknown,3\n2,2,4\n", "malformed number", 2, 8, 2},
    {"t,a,b\n1,\"1,000\",3\n2,2,4\n", "malformed number", 2, 9, 2},
    {"t,a\n1,x\n2,5\n", "malformed number", 2, 6, 1},
    {"t,a\n1,1e999\n2,5\n", "number too large", 2, 6, 1},
    {"t,a\n1,5 MiB\n2,6\n3,x\n", "malformed number", 4, 18, 2},
    {"t,a\n1,5\n2,6 MiB\n", "malformed number", 3, 10, 1},
    {"t,a\n1,2\n2,\"3\n3,4\n", "field without its closing quote", 3, 8, 2},
    {"series,value\na,1\n,2\nb,3\n", "row without the name of its series", 3, 17, 2},
    {"a\n1\nt,a\n1,2\n", "a header of one column", 1, 0, 1},
};

Test(csv, faults_are_located)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct collected c = parse(slice_str(faults[i].in));
        const struct diag_entry *e = &c.diag.kept[0];

        cr_expect_geq(c.diag.skipped, 1, "%s", faults[i].in);
        cr_expect_str_eq(e->reason, faults[i].reason, "%s: %s", faults[i].in, e->reason);
        cr_expect_eq(e->line, faults[i].line, "%s", faults[i].in);
        cr_expect_eq(e->offset_bytes, faults[i].offset_bytes, "%s: %llu", faults[i].in,
                     (unsigned long long)e->offset_bytes);
        cr_expect_eq(c.other_count, faults[i].kept, "%s gives\n%s", faults[i].in,
                     text_str(&c.others));
        collected_finish(&c);
    }
}

/* Each cell that was lost counts, not just the first. */
Test(csv, every_bad_cell_counts)
{
    struct collected c = parse(SLICE("t,a\n1,x\n2,y\n3,\n4,5\n5,z\n"));

    cr_expect_eq(c.other_count, 1, "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 3);
    cr_expect_eq(c.diag.kept[0].line, 2);
    cr_expect_eq(c.diag.kept[2].line, 6);
    collected_finish(&c);
}

Test(csv, sample_files)
{
    struct slice in = trace_plain("prometheus/upload-wide.csv");
    struct collected c = parse(in);

    cr_expect_eq(c.other_count, 40);
    cr_expect_eq(c.diag.skipped, 0);
    cr_expect(strstr(text_str(&c.others),
                     "sample csv process wall=1795225015481000000 heap.alloc=54904776 "
                     "heap.goal=59757810 sched.goroutines=49 mem.rss=223510528\n"));
    collected_finish(&c);
    test_free(in);
}

/* What `export --format=csv` wrote of a log reads back as the log itself. */
Test(csv, export_reads_back)
{
    static const char *const series[] = {
        "heap.live", "heap.goal",       "heap.start",       "gc.pause",
        "gc.cycles", "gc.cpu.fraction", "x.gctrace.stacks",
    };
    struct session *log = session_create(), *csv = session_create();
    struct source *of_log = session_add_trace(log, "hotkey/gctrace.log");
    struct source *of_csv = session_add_trace(csv, "prometheus/hotkey-export.csv");

    cr_assert_eq(log->process_count, 1);
    cr_assert_eq(csv->process_count, 1);
    cr_expect_eq(of_csv->diag.skipped, 0);
    cr_expect_gt(of_log->records, 0);
    for (size_t i = 0; i < COUNT_OF(series); i++) {
        char want[SERIES_TEXT], got[SERIES_TEXT];

        process_values(want, log, log->processes[0], series[i], 100);
        process_values(got, csv, csv->processes[0], series[i], 100);
        cr_expect_str_eq(got, want, "%s", series[i]);
    }
    session_destroy(log);
    session_destroy(csv);
}

Test(csv, truncated_anywhere)
{
    struct slice in = trace_plain("prometheus/upload-wide.csv");
    struct collected whole = parse(in);

    for (struct damage d = damage_cut(&csv_parser, in, 0, in.len); damage_next(&d);) {
        const char *last =
            text_str(&d.c.others) + (d.c.others.len ? d.c.others.len - 1 : 0);

        while (last > text_str(&d.c.others) && last[-1] != '\n')
            last--;
        /* All but the row that was cut, whose last number may be. */
        cr_expect(strncmp(text_str(&d.c.others), text_str(&whole.others),
                          (size_t)(last - text_str(&d.c.others))) == 0,
                  "%zu bytes", d.at);
    }
    collected_finish(&whole);
    test_free(in);
}

Test(csv, hostile)
{
    struct text in = {0};
    struct collected c;

    text_put_str(&in, "a");
    for (unsigned i = 0; i < LIMIT_CSV_COLUMNS; i++)
        text_put_str(&in, ",b");
    text_put_str(&in, "\nt,");
    text_repeat(&in, "n", LIMIT_CSV_NAME_BYTES + 1);
    text_put_str(&in, "\nt,a\n1,");
    text_repeat(&in, "1", 2 * LIMIT_LINE_BYTES);
    text_put_str(&in, "\n2,3\n3,");
    text_repeat(&in, "1", 2000);
    text_put_str(&in, "\n");
    collect(&c, &csv_parser, slice_of(in.ptr, in.len), PIECES_WHOLE);
    cr_expect_eq(c.other_count, 1, "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 4, "%llu", (unsigned long long)c.diag.skipped);
    collected_finish(&c);
    text_finish(&in);
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"time,a,b\n", false, PROBE_NEED_MORE},
    {"time,a,b\n", true, PROBE_NO},
    {"time,a,b\n1,2,3\n", true, PROBE_CERTAIN},
    {"time;a\n1;2\n2;3\n3;4\n", false, PROBE_CERTAIN},
    {"a\tb\n1\t2\n", true, PROBE_LIKELY},
    {"t,offset_s,process,series,value\n2026-11-21T01:36:24Z,0,1,heap.live,5\n", true,
     PROBE_CERTAIN},
    /* Names that could be anything, over what can only be a table. */
    {"time,p99 (ms),goroutines\n1,2,3\n", true, PROBE_CERTAIN},
    {"time,heap [MiB],a=b,x?,100\n1,2,3,4,5\n", true, PROBE_CERTAIN},
    {"time,share of all requests that were slow\n1,2\n", true, PROBE_CERTAIN},
    {"heap [MiB],x?\n1,2\n2,3\n", true, PROBE_LIKELY},
    {"time,p99 (m", false, PROBE_NEED_MORE},
    {"time,heap.alloc\n1,100 MiB\n", true, PROBE_CERTAIN},
    {"(a, b)\n1, two\n", true, PROBE_NO},
    {"really?, 5\n1, 2\n", true, PROBE_NO},
    {"f(a, b) = 5, c\n1, 2\n", true, PROBE_NO},
    {"<a, b>\n1, 2\n", true, PROBE_NO},
    {"[1, 2]\n1, 2\n", true, PROBE_NO},
    /* Prose, logs, lists of words, numbers without names. */
    {"Dear all, this is, as you know, a letter.\nYours, 5\n", true, PROBE_NO},
    {"started, ok\nlistening, port 8080\nready, now\n", true, PROBE_NO},
    {"2026-11-21 01:02:03,INFO,5\n2026-11-21 01:02:04,INFO,6\n", true, PROBE_NO},
    {"1,2,3\n4,5,6\n", true, PROBE_NO},
    {"name,colour\nann,red\nbob,blue\n", true, PROBE_NO},
    {"gc 1 @0.013s 3%: 0.072+1.1+0.043 ms clock, 0.14+0.33/0.5 ms cpu, 3->4->1 MB\n",
     true, PROBE_NO},
    {"{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":3}\n", true, PROBE_NO},
    {"go_threads 7\ngo_goroutines 5\n", true, PROBE_NO},
    {"SCHED 0ms: gomaxprocs=2 idleprocs=0 threads=3\n", true, PROBE_NO},
};

Test(csv, is_recognised)
{
    expect_probes(&csv_parser, probes, COUNT_OF(probes));
}

/* No recording of another format is taken for a table. */
static void visit_trace(const char *name, void *user)
{
    struct slice in, head;

    (void)user;
    if (strstr(name, ".csv"))
        return;
    in = trace_plain(name);
    head = slice_first(in, LIMIT_PROBE_BYTES);
    cr_expect_lt(csv_parser.probe(head, in.len <= head.len), PROBE_LIKELY, "%s", name);
    test_free(in);
}

Test(csv, takes_nothing_else)
{
    trace_each(visit_trace, NULL);
}
