#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/limits.h"
#include "parsers/memstats.h"
#include "parsers/metric_names.h"
#include "parsers/prometheus.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(prometheus, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&prometheus_parser, in);
}

#define WALL "wall=1795224984732000000"
#define LATER "wall=1795224984982000000"

static const struct {
    const char *in, *want;
} rows[] = {
    /* Names of ours, whatever the order; one scrape, one record. */
    {"go_memstats_heap_alloc_bytes 1.7518624e+07\ngo_goroutines 33\n",
     "sample prometheus process unknown=0 heap.alloc=17518624 sched.goroutines=33\n"},
    {"go_goroutines 9 1795224984732\ngo_threads 3 1795224984732\n"
     "go_goroutines 8 1795224984982\ngo_threads 4 1795224984982\n",
     "sample prometheus process " WALL " sched.goroutines=9 sched.threads=3\n"
     "sample prometheus process " LATER " sched.goroutines=8 sched.threads=4\n"},
    /* Without stamps a scrape ends where its first series comes again. */
    {"a 1\nb_total 2\na 3\nb_total 4\n",
     "sample prometheus process unknown=0 x.a=1 x.b_total=2\n"
     "sample prometheus process unknown=0 x.a=3 x.b_total=4\n"},
    {"a 1\n# EOF\nb 2\n# EOF\n", "sample prometheus process unknown=0 x.a=1\n"
                                 "sample prometheus process unknown=0 x.b=2\n"},
    {"a 1\na 2\na 3\n", "sample prometheus process unknown=0 x.a=1\n"
                        "sample prometheus process unknown=0 x.a=2\n"
                        "sample prometheus process unknown=0 x.a=3\n"},
    /* The better known of two names; a second series of one name keeps its labels. */
    {"go_memstats_alloc_bytes 1\ngo_memstats_heap_alloc_bytes 2\n"
     "go_memory_classes_heap_objects_bytes 3\n",
     "sample prometheus process unknown=0 heap.alloc=2\n"},
    {"go_memstats_alloc_bytes 1\n", "sample prometheus process unknown=0 heap.alloc=1\n"},
    {"go_goroutines{app=\"a\"} 1\ngo_goroutines{app=\"b\"} 2\n",
     "sample prometheus process unknown=0 sched.goroutines=1 "
     "x.go_goroutines{app=\"b\"}(count)=2\n"},
    /* What is no limit and no goal; 0 where there was no cycle yet. */
    {"go_gc_gomemlimit_bytes 9.223372036854776e+18\ngo_memstats_next_gc_bytes "
     "1.8446744073709552e+19\ngo_memstats_last_gc_time_seconds 0\ngo_threads 1\n",
     "sample prometheus process unknown=0 sched.threads=1\n"},
    {"go_gc_gomemlimit_bytes 5.36870912e+08\ngo_memstats_next_gc_bytes 4194304\n"
     "go_memstats_last_gc_time_seconds 1.5e+09\n",
     "sample prometheus process unknown=0 mem.gomemlimit=536870912 heap.goal=4194304 "
     "x.LastGC(ns since 1970)=1500000000000000000\n"},
    /* The version is no figure. */
    {"go_info{version=\"go1.26.8\"} 1\ngo_threads 5\n",
     "sample prometheus process unknown=0 go=go1.26.8 sched.threads=5\n"},
    /* Labels, escapes, blanks, quoted names. */
    {"http_requests_total{code=\"200\",path=\"a\\\\b\\\"c\\nd\"} 4\n",
     "sample prometheus process unknown=0 "
     "x.http_requests_total{code=\"200\",path=\"a\\\\b\\\"c\\nd\"}=4\n"},
    {"x { a = \"1\" , b=\"2\", } 4  \r\n",
     "sample prometheus process unknown=0 x.x{a=\"1\",b=\"2\"}=4\n"},
    {"\tx{}\t4\t1795224984732\t\n", "sample prometheus process " WALL " x.x=4\n"},
    {"{\"my.metric\",a=\"b\"} 1\n",
     "sample prometheus process unknown=0 x.my.metric{a=\"b\"}=1\n"},
    {"{a=\"b\",\"my.metric\"} 1\n",
     "sample prometheus process unknown=0 x.my.metric{a=\"b\"}=1\n"},
    {"x{\"a.b\"=\"c\"} 1\n", "sample prometheus process unknown=0 x.x{a.b=\"c\"}=1\n"},
    /* Missing values. */
    {"a NaN\nb +Inf\nc -Inf\nd nan\ne 1\nf infinity\n",
     "sample prometheus process unknown=0 x.e=1\n"},
    /* Time stamps: ms, s, s with a fraction, of a double; from the start. */
    {"a 1 1795224984.732\n", "sample prometheus process " WALL " x.a=1\n"},
    {"a 1 1795224984\n", "sample prometheus process wall=1795224984000000000 x.a=1\n"},
    {"a 1 1.795224984e+09\n",
     "sample prometheus process wall=1795224984000000000 x.a=1\n"},
    {"a 1 1726839813.016396789\n",
     "sample prometheus process wall=1726839813016396789 x.a=1\n"},
    {"a 1 12.5\n", "sample prometheus process process=12500000000 x.a=1\n"},
    /* Histograms keep sum and count; _created is a time. */
    {"h_bucket{le=\"0.1\"} 3\nh_bucket{le=\"+Inf\"} 4\nh_sum 2.5\nh_count 4\n"
     "h_created 1.7e9\n",
     "sample prometheus process unknown=0 x.h_sum=2.5 x.h_count=4\n"},
    {"# TYPE x_created gauge\nx_created 5\nwater_bucket 3\n",
     "sample prometheus process unknown=0 x.x_created=5 x.water_bucket=3\n"},
    /* Whose it is. */
    {"go_threads{pod=\"api-1\",namespace=\"shop\",cluster=\"eu\"} 1\n"
     "go_threads{pod=\"api-2\",namespace=\"shop\",cluster=\"eu\"} 2\n"
     "up{job=\"x\",instance=\"h:1\"} 1\n",
     "sample prometheus process instance=shop/api-1 unknown=0 program=shop/api-1 "
     "sched.threads=1\n"
     "sample prometheus process instance=shop/api-2 unknown=0 program=shop/api-2 "
     "sched.threads=2\n"
     "sample prometheus process instance=x/h:1 unknown=0 program=h:1 x.up=1\n"},
    /* A container and the process in it have one name, whatever else a server adds. */
    {"go_threads{pod=\"p\",container=\"api\",namespace=\"n\",job=\"j\"} 1\n"
     "go_threads{pod=\"p\",container=\"side\",namespace=\"n\",job=\"j\"} 2\n"
     "go_threads{pod=\"p\",container=\"api\",namespace=\"m\",job=\"j\"} 3\n"
     "container_memory_usage_bytes{pod=\"p\",namespace=\"n\",container=\"api\",job="
     "\"k\"} 20\n",
     "sample prometheus process instance=n/p/api/j unknown=0 program=n/p/api "
     "sched.threads=1\n"
     "sample prometheus process instance=n/p/side/j unknown=0 program=n/p/side "
     "sched.threads=2\n"
     "sample prometheus process instance=m/p/api/j unknown=0 program=m/p/api "
     "sched.threads=3\n"
     "sample prometheus cgroup instance=n/p/api unknown=0 program=n/p/api "
     "mem.cgroup=20\n"},
    {"rpc_total{service=\"uniform\"} 1\n",
     "sample prometheus process unknown=0 x.rpc_total{service=\"uniform\"}=1\n"},
    /* Federation: metric by metric, several processes in each. */
    {"go_threads{instance=\"a\"} 1 1795224984732\n"
     "go_threads{instance=\"b\"} 2 1795224984732\n"
     "go_goroutines{instance=\"a\"} 3 1795224984732\n"
     "go_goroutines{instance=\"b\"} 4 1795224984732\n",
     "sample prometheus process instance=a " WALL
     " program=a sched.threads=1 sched.goroutines=3\n"
     "sample prometheus process instance=b " WALL
     " program=b sched.threads=2 sched.goroutines=4\n"},
    /* An export: series by series, each with all its times. */
    {"go_threads 1 1795224984732\ngo_threads 2 1795224984982\n"
     "b 3 1795224984732\nb 4 1795224984982\n",
     "sample prometheus go_threads process " WALL " sched.threads=1\n"
     "sample prometheus go_threads process " LATER " sched.threads=2\n"
     "sample prometheus b process " WALL " x.b=3\n"
     "sample prometheus b process " LATER " x.b=4\n"},
    /* Some lines of a scrape have stamps: it was one moment. */
    {"machine_cpu_cores 8\ncontainer_memory_cache{name=\"c\"} 1 1795224984732\n",
     "sample prometheus host " WALL " x.machine_cpu_cores=8\n"
     "sample prometheus cgroup instance=c " WALL
     " program=c x.container_memory_cache(bytes)=1\n"},
    /* cAdvisor's levels: of a pod with named containers only these. */
    {"container_memory_usage_bytes{pod=\"p\",namespace=\"n\",container=\"\"} 30\n"
     "container_memory_usage_bytes{pod=\"p\",namespace=\"n\",container=\"POD\"} 1\n"
     "container_memory_usage_bytes{pod=\"p\",namespace=\"n\",container=\"api\"} 20\n"
     "container_spec_memory_limit_bytes{pod=\"p\",namespace=\"n\",container=\"api\"} 64\n"
     "container_spec_memory_limit_bytes{pod=\"q\",namespace=\"n\",container=\"api\"} 0\n"
     "container_memory_usage_bytes{id=\"/\"} 99\n"
     "container_memory_usage_bytes{id=\"/pod2\",pod=\"r\",namespace=\"n\"} 7\n",
     "sample prometheus cgroup instance=n/p/api unknown=0 program=n/p/api mem.cgroup=20 "
     "mem.limit=64\n"
     "sample prometheus cgroup instance=/ unknown=0 program=/ mem.cgroup=99\n"
     "sample prometheus cgroup instance=n/r unknown=0 mem.cgroup=7\n"},
    {"kube_pod_container_resource_limits{namespace=\"n\",pod=\"p\",container=\"api\","
     "resource=\"memory\",unit=\"byte\"} 64\nkube_pod_created{namespace=\"n\",pod=\"p\"} "
     "1.7e9\n",
     "sample prometheus cgroup instance=n/p/api unknown=0 program=n/p/api mem.limit=64\n"
     "sample prometheus cgroup instance=n/p unknown=0 x.kube_pod_created=1700000000\n"},
    {"redis_memory_used_bytes 7\nnode_load1 0.5\nfoo_ratio 1\n",
     "sample prometheus neighbour unknown=0 x.redis_memory_used_bytes(bytes)=7\n"
     "sample prometheus host unknown=0 x.node_load1=0.5\n"
     "sample prometheus process unknown=0 x.foo_ratio(ratio)=1\n"},
    /* Without memstats names, what the classes add up to. */
    {"go_memory_classes_heap_free_bytes 1\ngo_memory_classes_heap_objects_bytes 20\n"
     "go_memory_classes_heap_released_bytes 300\ngo_memory_classes_heap_unused_bytes "
     "4000\n",
     "sample prometheus process unknown=0 x.go_memory_classes_heap_free_bytes(bytes)=1 "
     "heap.alloc=20 heap.released=300 x.go_memory_classes_heap_unused_bytes(bytes)=4000 "
     "heap.inuse=4020 heap.idle=301 heap.sys=4321\n"},
};

Test(prometheus, rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&prometheus_parser, "", rows[i].in, rows[i].want, 0);
}

static const struct {
    const char *in, *want, *reason;
    uint64_t line, offset_bytes;
    bool is_error;
} faults[] = {
    {"a 1\n9b 2\nc 3\n", "x.a=1 x.c=3", "malformed metric name", 2, 4, false},
    {"a 1\nb-c 2\nc 3\n", "x.a=1 x.c=3", "malformed metric name", 2, 5, false},
    {"a 1\nb{c=\"d} 2\nc 3\n", "x.a=1 x.c=3", "label without its closing quote", 2, 8,
     false},
    {"a 1\nb{c=\"d\" 2\nc 3\n", "x.a=1 x.c=3", "expected , or } behind a label", 2, 12,
     false},
    {"a 1\nb{c} 2\nc 3\n", "x.a=1 x.c=3", "expected = behind a label name", 2, 7, false},
    {"a 1\nb{=\"c\"} 2\nc 3\n", "x.a=1 x.c=3", "expected a label name", 2, 6, false},
    {"a 1\nb{c=d} 2\nc 3\n", "x.a=1 x.c=3", "expected a label value in quotes", 2, 8,
     false},
    {"a 1\nb\nc 3\n", "x.a=1 x.c=3", "sample without a value", 2, 5, false},
    {"a 1\nb 2x\nc 3\n", "x.a=1 x.c=3", "malformed number", 2, 6, false},
    {"a 1\nb 2 yesterday\nc 3\n", "x.a=1 x.c=3", "malformed time stamp", 2, 8, false},
    {"a 1\nb 2 99999999999\nc 3\n", "x.a=1 x.c=3", "malformed time stamp", 2, 8, false},
    {"a 1\nb 2 1795224984732 5\nc 3\n", "x.a=1 x.c=3", "text behind the sample", 2, 22,
     false},
    {"a 1\nb 2\nb 3\nc 3\n", "x.a=1 x.b=2 x.c=3", "the same sample twice", 3, 8, false},
    /* Who knows how the number goes on? */
    {"a 1\nc 3\nb 1.7518", "x.a=1 x.c=3", "last line without its end", 3, 10, false},
    {"# UNIT a seconds\na 1\nc 3\n", "x.a=1 x.c=3",
     "OpenMetrics ends without # EOF: cut off", 4, 25, true},
};

Test(prometheus, faults_are_located)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct collected c = parse(slice_str(faults[i].in));
        const struct diag_entry *e = &c.diag.kept[0];

        cr_expect(strstr(text_str(&c.others), faults[i].want), "%s gives\n%s",
                  faults[i].in, text_str(&c.others));
        cr_expect_eq(c.ok, !faults[i].is_error, "%s", faults[i].in);
        if (!faults[i].is_error) {
            cr_expect_eq(c.diag.skipped, 1, "%s", faults[i].in);
            cr_expect_str_eq(e->reason, faults[i].reason, "%s: %s", faults[i].in,
                             e->reason);
            cr_expect_eq(e->line, faults[i].line, "%s: %llu", faults[i].in,
                         (unsigned long long)e->line);
            cr_expect_eq(e->offset_bytes, faults[i].offset_bytes, "%s: %llu",
                         faults[i].in, (unsigned long long)e->offset_bytes);
        }
        collected_finish(&c);
    }
}

/* The last line has its end where its stamp is that of the lines before it. */
Test(prometheus, last_line_with_a_whole_stamp_is_taken)
{
    struct collected c = parse(SLICE("a 1 1795224984732\nb 2 1795224984732"));

    cr_expect_str_eq(text_str(&c.others),
                     "sample prometheus process " WALL " x.a=1 x.b=2\n");
    cr_expect_eq(c.diag.skipped, 0);
    collected_finish(&c);
}

/* How many values there are, and what some of them are. */
struct tally {
    size_t values, samples;
    struct text text;
};

static const char *count_sample(void *user, const struct sample *s)
{
    struct tally *t = user;

    t->samples++;
    t->values += s->count;
    for (size_t i = 0; i < s->count; i++)
        cr_assert(isfinite(s->values[i].value));
    collect_put_sample(&t->text, s);
    text_put_char(&t->text, '\n');
    return NULL;
}

static struct tally tally_of(const char *name, struct diag *diag)
{
    struct tally t = {0};
    const struct sink sink = {.user = &t, .sample = count_sample};
    struct slice in = trace_plain(name);
    void *state = mem_alloc(prometheus_parser.state_bytes);
    struct err err;

    cr_assert(prometheus_parser.open(state, &sink, diag));
    cr_assert(prometheus_parser.feed(state, in, &err));
    cr_assert(prometheus_parser.finish(state, &err), "%s: %s", name, err.reason);
    prometheus_parser.close(state);
    free(state);
    test_free(in);
    return t;
}

/* `values`: lines that are no comment, bucket, _created, go_info, NaN or infinity, less
 * second names of one quantity; counted with a script of a few lines. */
static const struct {
    const char *name;
    size_t values, samples;
    const char *has[8];
} files[] = {
    {"prometheus/prometheus-promtestdata.txt",
     262,
     1,
     {" gc.cycles=99 ", " sched.goroutines=33 ", " heap.alloc=17518624 ",
      " alloc.total=830622960 ", " heap.released=0 ", " heap.goal=20335270 ",
      " x.LastGC(ns since 1970)=148439555861664",
      " x.go_gc_duration_seconds{quantile=\"0.25\"}=7.424100000000001e-05 "}},
    {"prometheus/prometheus-promtestdata.nometa.txt", 262, 1, {" mem.sys=32205048 "}},
    {"prometheus/prometheus-alltypes.237mfs.prom.txt.zst",
     839,
     1,
     {" heap.live=58791024 ", " heap.alloc=83523288 ", " mem.gomemlimit=903676723 ",
      " gc.cycles=190932 ", " sched.procs=1 ", " go=go1.23.4 ",
      " x.go_gc_pauses_seconds_sum=20.343611904000003 ", " mem.rss=172822528 "}},
    {"prometheus/prometheus-omtestdata.txt",
     23,
     1,
     {" x.rpc_requests_total{service=\"exponential\"}=22 ",
      " x.rpc_durations_histogram_seconds_sum=-8.452185437166741e-05 "}},
    {"prometheus/prometheus-1histogram.om.txt",
     6,
     1,
     {" x.golang_manual_histogram_seconds_sum{address=\"0.0.0.0\",generation=\"20\","
      "port=\"5001\"}=10 "}},
    {"prometheus/prometheus-metrics-test.prom",
     13,
     1,
     {" go=go1.17 ", " gc.cycles=232 ",
      " x.prometheus_tsdb_compaction_chunk_size_bytes_sum(bytes)=3886707 "}},
    {"prometheus/node_exporter-e2e-output.txt.zst",
     3027,
     2,
     {" x.node_memory_MemTotal_bytes(bytes)=3831959552 ", " x.node_vmstat_oom_kill=0 ",
      " x.node_pressure_memory_waiting_seconds_total=0 "}},
    {"prometheus/cadvisor-prometheus_metrics.txt.zst",
     287,
     2,
     {"cgroup instance=testcontaineralias wall=1395066363000000000 "
      "program=testcontaineralias ",
      " mem.cgroup=8 ", " x.container_memory_rss(bytes)=15 ",
      " x.container_memory_numa_pages{node=\"0\",scope=\"container\",type=\"file\"}"
      "=16649 "}},
};

Test(prometheus, sample_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct diag diag = {0};
        struct tally t = tally_of(files[i].name, &diag);

        cr_expect_eq(t.values, files[i].values, "%s: %zu", files[i].name, t.values);
        cr_expect_eq(t.samples, files[i].samples, "%s: %zu", files[i].name, t.samples);
        cr_expect_eq(diag.skipped, 0, "%s: %s", files[i].name, diag.kept[0].reason);
        for (size_t k = 0; k < COUNT_OF(files[i].has) && files[i].has[k]; k++)
            cr_expect(strstr(text_str(&t.text), files[i].has[k]), "%s: no%s",
                      files[i].name, files[i].has[k]);
        text_finish(&t.text);
    }
}

/* MemStats and Prometheus of one recording. */
struct moments {
    int64_t time_ms[512];
    double values[512][METRIC_COUNT];
    size_t count;
};

static const char *keep_sample(void *user, const struct sample *s)
{
    struct moments *m = user;

    cr_assert_lt(m->count, COUNT_OF(m->time_ms));
    cr_assert_eq(s->time_kind, MOMENT_WALL);
    m->time_ms[m->count] = s->time_ns / NS_PER_MS;
    for (size_t i = 0; i < METRIC_COUNT; i++)
        m->values[m->count][i] = NAN;
    for (size_t i = 0; i < s->count; i++) {
        cr_assert_lt(s->values[i].metric, METRIC_COUNT);
        m->values[m->count][s->values[i].metric] = s->values[i].value;
    }
    m->count++;
    return NULL;
}

static const char *keep_snapshot(void *user, const struct mem_snapshot *s)
{
    struct moments *m = user;
    const struct {
        uint32_t metric;
        double value;
    } values[] = {
        {METRIC_HEAP_ALLOC, s->heap_alloc},
        {METRIC_HEAP_INUSE, s->heap_inuse},
        {METRIC_HEAP_IDLE, s->heap_idle},
        {METRIC_HEAP_RELEASED, s->heap_released},
        {METRIC_HEAP_SYS, s->heap_sys},
        {METRIC_HEAP_OBJECTS, s->heap_objects},
        {METRIC_HEAP_GOAL, s->next_gc},
        {METRIC_ALLOC_TOTAL, s->total_alloc},
        {METRIC_ALLOC_MALLOCS, s->mallocs},
        {METRIC_ALLOC_FREES, s->frees},
        {METRIC_STACK_INUSE, s->stack_inuse},
        {METRIC_MEM_SYS, s->sys},
        {METRIC_SCHED_GOROUTINES, s->goroutines},
        {METRIC_MEM_RSS, s->rss},
    };

    cr_assert_lt(m->count, COUNT_OF(m->time_ms));
    m->time_ms[m->count] = s->time_ns / NS_PER_MS;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        m->values[m->count][values[i].metric] = values[i].value;
    m->count++;
    return NULL;
}

static void feed_moments(const struct parser_ops *ops, const char *name,
                         struct moments *m)
{
    const struct sink sink = {
        .user = m, .sample = keep_sample, .mem_snapshot = keep_snapshot};
    struct slice in = trace_plain(name);
    void *state = mem_alloc(ops->state_bytes);
    struct diag diag = {0};
    struct err err;

    cr_assert(ops->open(state, &sink, &diag));
    cr_assert(ops->feed(state, in, &err) && ops->finish(state, &err));
    cr_assert_eq(diag.skipped, 0);
    ops->close(state);
    free(state);
    test_free(in);
}

static const struct {
    const char *prometheus, *memstats;
    size_t moments;
} pairs[] = {
    {"prometheus/leak-metrics.prom.zst", "leak/memstats.ndjson.gz", 72},
    {"prometheus/hotkey-metrics.prom.zst", "hotkey/memstats.ndjson", 36},
    {"lateleak/metrics.prom.zst", "lateleak/memstats.ndjson.zst", 125},
};

/* The recorder looked at the clock and asked for the resident memory once for each of the
 * two files: a millisecond, and a few pages, may lie between. */
#define RSS_APART 65536

static void expect_equal(const char *name, const struct moments *a,
                         const struct moments *b)
{
    for (size_t i = 0; i < a->count; i++) {
        cr_expect_leq(llabs(a->time_ms[i] - b->time_ms[i]), 1, "%s, moment %zu", name, i);
        for (uint32_t k = 0; k < METRIC_COUNT; k++) {
            double apart = fabs(a->values[i][k] - b->values[i][k]);

            if (!isnan(a->values[i][k]))
                cr_expect_leq(apart, k == METRIC_MEM_RSS ? RSS_APART : 0,
                              "%s, moment %zu: %s %g %g", name, i, metric_info(k)->name,
                              a->values[i][k], b->values[i][k]);
        }
    }
}

Test(prometheus, tells_what_memstats_tell)
{
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct moments *a = mem_alloc(sizeof *a), *b = mem_alloc(sizeof *b);

        feed_moments(&prometheus_parser, pairs[i].prometheus, a);
        feed_moments(&memstats_parser, pairs[i].memstats, b);
        cr_expect_eq(a->count, pairs[i].moments, "%s: %zu", pairs[i].prometheus,
                     a->count);
        cr_expect_eq(b->count, a->count, "%s: %zu", pairs[i].memstats, b->count);
        if (a->count == b->count)
            expect_equal(pairs[i].prometheus, a, b);
        free(a);
        free(b);
    }
}

/* Cut at any byte, the whole lines before it are there, with the values they had. */
Test(prometheus, truncated_anywhere)
{
    static const char text[] =
        "# HELP go_threads x\ngo_threads 12 1795224984732\nb{c=\"d\"} 34 1795224984732\n"
        "go_threads 56 1795224984982\nb{c=\"d\"} 78 1795224984982\n";
    static const char *const possible[] = {" sched.threads=12", " sched.threads=56",
                                           " x.b{c=\"d\"}=34", " x.b{c=\"d\"}=78"};

    for (size_t len = 0; len < sizeof text; len++) {
        struct collected c = parse(slice_of(text, len));
        size_t found = 0, values = 0;

        for (size_t i = 0; i < COUNT_OF(possible); i++)
            found += strstr(text_str(&c.others), possible[i]) != NULL;
        for (const char *p = text_str(&c.others); (p = strchr(p, ' ')); p++)
            values += p[1] == 'x' || strncmp(p + 1, "sched.", 6) == 0;
        cr_expect_eq(found, values, "%zu bytes: %s", len, text_str(&c.others));
        collected_finish(&c);
    }
}

/* One flipped bit spoils one line, or the moment that it belongs to, and no more. */
Test(prometheus, flipped_bits)
{
    struct slice in = trace_plain("prometheus/leak-metrics.prom.zst");
    struct slice text = slice_first(in, 6000);
    uint64_t seed = 4;

    for (struct damage d = damage_flip(&prometheus_parser, text, 0, 2000, &seed);
         damage_next(&d);) {
        size_t lost = 0;

        for (const char *p = text_str(&d.c.others); (p = strstr(p, "heap.alloc=")); p++)
            lost++;
        cr_expect_geq(lost, 6, "bit at %zu: %s", d.at, text_str(&d.c.others));
    }
    test_free(in);
}

/* More series than are followed: the rest is counted, what is known goes on. */
Test(prometheus, too_many_series)
{
    struct text in = {0};
    struct collected c;

    for (unsigned i = 0; i < LIMIT_PROMETHEUS_SERIES + 10; i++)
        text_printf(&in, "a%u_bucket{le=\"1\"} 1\n", i);
    text_put_str(&in, "a0_bucket{le=\"1\"} 1\na9_bucket{le=\"1\"} 1\n");
    collect(&c, &prometheus_parser, slice_of(in.ptr, in.len), PIECES_WHOLE);
    cr_expect_eq(c.diag.skipped, 10, "%llu", (unsigned long long)c.diag.skipped);
    cr_expect_str_eq(c.diag.kept[0].reason, "more series than one input may have");
    collected_finish(&c);
    text_finish(&in);
}

Test(prometheus, too_many_instances_and_long_names)
{
    struct text in = {0};
    struct collected c;

    for (unsigned i = 0; i < LIMIT_PROMETHEUS_INSTANCES + 3; i++)
        text_printf(&in, "go_threads{instance=\"%u\"} 1\n", i);
    text_put_str(&in, "b{c=\"");
    text_repeat(&in, "x", LIMIT_PROMETHEUS_KEY_BYTES);
    text_put_str(&in, "\"} 1\nb{");
    text_repeat(&in, "a=\"b\",", LIMIT_PROMETHEUS_LABELS + 1);
    text_put_str(&in, "} 1\n# HELP x ");
    text_repeat(&in, "y", 2 * LIMIT_LINE_BYTES);
    text_put_str(&in, "\ngo_goroutines{instance=\"7\"} 5\n");
    collect(&c, &prometheus_parser, slice_of(in.ptr, in.len), PIECES_WHOLE);
    cr_expect_eq(c.diag.skipped, 6, "%llu", (unsigned long long)c.diag.skipped);
    cr_expect(strstr(text_str(&c.others),
                     "instance=7 unknown=0 program=7 sched.threads=1 "
                     "sched.goroutines=5\n"));
    collected_finish(&c);
    text_finish(&in);
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"", true, PROBE_NO},
    {"# HELP go_threads Number\n# TYPE go_threads gauge\ngo_threads 7\n", false,
     PROBE_CERTAIN},
    {"# EOF\n", true, PROBE_CERTAIN},
    {"go_threads 7\n", true, PROBE_LIKELY},
    {"go_threads 7\n", false, PROBE_NEED_MORE},
    {"go_threads 7\ngo_goroutines 5\na{b=\"c\"} 1\n", false, PROBE_CERTAIN},
    {"a 1 1795224984732\nb 1 1795224984732\nc 1 1795224984732\n", false, PROBE_CERTAIN},
    /* memory.stat, /proc/vmstat, memory.events */
    {"anon 1234\nfile 5678\nkernel_stack 9\nslab 3\n", true, PROBE_NO},
    {"low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n", true, PROBE_NO},
    /* Prose, logs, other formats. */
    {"gc 1 @0.013s 3%: 0.072+1.1+0.043 ms clock\n", false, PROBE_NO},
    {"{\"HeapAlloc\":5}\n", true, PROBE_NO},
    {"heap profile: 1: 2 [3: 4] @ heap/1048576\n", true, PROBE_NO},
    {"2026/11/21 02:03:57 listening on 8080\n", false, PROBE_NO},
    {"time,heap.alloc\n1,2\n", true, PROBE_NO},
    /* Damage: cut off in front, HTTP headers. */
    {"_bytes 7\ngo_threads 7\ngo_goroutines 5\na{b=\"c\"} 1\nb{c=\"d\"} 2\n", true,
     PROBE_CERTAIN},
    {"HTTP/1.1 200 OK\nContent-Type: text/plain\n\n# HELP a b\n# TYPE a gauge\na 1\n",
     true, PROBE_LIKELY},
};

Test(prometheus, is_recognised)
{
    expect_probes(&prometheus_parser, probes, COUNT_OF(probes));
}

static const struct {
    const char *name;
    uint32_t metric;
    const char *own;
} names[] = {
    {"heap.alloc", METRIC_HEAP_ALLOC, ""},
    {"HeapAlloc", METRIC_HEAP_ALLOC, ""},
    {"heap_alloc", METRIC_HEAP_ALLOC, ""},
    {"heap-alloc", METRIC_HEAP_ALLOC, ""},
    {"NumGC", METRIC_GC_CYCLES, ""},
    {"rss_bytes", METRIC_MEM_RSS, ""},
    {"go_goroutines", METRIC_SCHED_GOROUTINES, ""},
    {"x.gctrace.stacks", METRIC_X_GCTRACE_STACKS, ""},
    {"x.queue_depth", METRIC_COUNT, "queue_depth"},
    {"x.x.x", METRIC_COUNT, "x.x"},
    {"queue depth", METRIC_COUNT, "queue depth"},
    {"LastGC", METRIC_COUNT, "LastGC"},
    {"x.LastGC", METRIC_COUNT, "LastGC"},
    {"", METRIC_COUNT, ""},
};

Test(prometheus, names_of_any_kind)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct slice in = test_exact_copy(names[i].name, strlen(names[i].name));
        struct metric_name got = metric_name_any(in);

        cr_expect_eq(got.metric, names[i].metric, "%s", names[i].name);
        if (got.metric == METRIC_COUNT)
            cr_expect(slice_eq(got.name, slice_str(names[i].own)), "%s", names[i].name);
        test_free(in);
    }
}
