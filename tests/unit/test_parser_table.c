/* Which of the formats some bytes are. */
#include <criterion/criterion.h>

#include "parsers/limits.h"
#include "parsers/parser.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(parser_table, .fini = test_abort_on_leak);

static const char *name_of(const struct parser_ops *ops)
{
    return ops ? ops->name : "none";
}

Test(parser_table, rows_are_complete)
{
    for (size_t i = 0; parser_table[i]; i++) {
        const struct parser_ops *ops = parser_table[i];

        cr_expect(ops->name && ops->about && ops->sign && ops->example, "row %zu", i);
        cr_expect_eq(parser_find(slice_str(ops->name)), ops);
        cr_expect(ops->state_bytes > 0 && ops->probe && ops->open && ops->feed &&
                      ops->finish && ops->close,
                  "%s", ops->name);
    }
    cr_expect_null(parser_find(SLICE("gctrac")));
    cr_expect_null(parser_find(SLICE("")));
}

Test(parser_table, a_state_may_be_closed_unopened)
{
    for (size_t i = 0; parser_table[i]; i++) {
        void *state = calloc(1, parser_table[i]->state_bytes);

        cr_assert(state);
        parser_table[i]->close(state);
        free(state);
    }
}

#define GC "gc 7 @1.002s 3%: "
#define MEM "{\"HeapAlloc\":5,\"Sys\":7}\n"

static const struct {
    const char *in;
    bool is_whole;
    const char *want;
    bool need_more;
} rows[] = {
    {"", true, "none", false},
    {"", false, "none", true},
    {"hello\n", false, "none", true},
    {"hello\n", true, "none", false},
    {GC, true, "gctrace", false},
    {GC, false, "gctrace", false},
    {MEM, false, "memstats", false},
    {"{\"Heap", false, "none", true},
    {MEM GC, true, "memstats", false},
    /* JSON log lines around a trace. */
    {"{\"level\":\"info\"}\n" GC, true, "gctrace", false},
    {"{\"level\":\"info\"}\n" MEM GC, true, "gctrace", false},
    {"{\"level\":\"info\"}\n" MEM, true, "memstats", false},
    {"{\"level\":\"info\"}\n" MEM, false, "none", true},
    {"{\"cmdline\":[\"x\"],\"memstats\":" MEM "}", true, "memstats", false},
    {"{\"event\":1}\n", true, "none", false},
};

Test(parser_table, the_surest_answer)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice in = test_exact_copy(rows[i].in, strlen(rows[i].in));
        bool need_more = !rows[i].need_more;

        cr_expect_str_eq(name_of(parser_probe(in, rows[i].is_whole, &need_more)),
                         rows[i].want, "%s", rows[i].in);
        cr_expect_eq(need_more, rows[i].need_more, "%s", rows[i].in);
        test_free(in);
    }
}

/* However much other output comes first, nobody waits for ever. */
Test(parser_table, decides_within_the_limit)
{
    static const char fillers[] = "x\n{ \0\x01[";

    for (size_t i = 0; i + 1 < sizeof fillers; i++) {
        char *bytes = malloc(LIMIT_PROBE_BYTES);
        bool need_more = true;

        cr_assert(bytes);
        memset(bytes, fillers[i], LIMIT_PROBE_BYTES);
        (void)parser_probe(slice_of(bytes, LIMIT_PROBE_BYTES), false, &need_more);
        cr_expect_not(need_more, "\\x%02x", (unsigned char)fillers[i]);
        free(bytes);
    }
}

/* What each file of traces/ is, by the first of these that its name has. */
static const struct {
    const char *part, *want;
} told[] = {
    {"README", NULL},
    {"truth.json", "none"},
    {"pprof/sums.txt", NULL},
    {"adjacent/issue-redis", "redis"},
    {"cgroup/v2/memory.pressure", "psi"},
    {"cgroup/", "cgroup"},
    {"proc/procfs-pressure", "psi"},
    {"proc/", "proc"},
    {"kernel/", "kernel-log"},
    {"dmesg", "kernel-log"},
    {"kubernetes/", "kubernetes"},
    {"wrapped/", NULL}, /* taken off before a parser sees it */
    {"cgroup.ndjson", "cgroup"},
    {"metrics.prom", "prometheus"},
    {"prometheus/query", "prometheus-json"},
    {"prometheus/upload-query", "prometheus-json"},
    {"prometheus/upload-export", "prometheus-json"},
    {".csv", "csv"},
    {"prometheus/", "prometheus"},
    {"gcstats", "gcstats"},
    {"runtime-metrics-memstats", "memstats"},
    {"runtime-metrics", "runtime-metrics"},
    {"memstats", "memstats"},
    {"profiles-text/pprof-cppbench.thread", "none"},
    {"profiles-text/pprof-go.godoc.thread", "count-text"},
    {"profiles-text/pprof-java", "java-heapz"},
    {"bcc-memleak", "memleak"},
    {"goroutine.debug1", "count-text"},
    {"goroutineleak.debug1", "count-text"},
    {".debug2.txt", "goroutines"},
    {".pb.gz", "pprof"},
    {"pprof/", "pprof"},
    {"profiles-text/", "heap-text"},
    {"/heap-00", "heap-text"},
    {"gctrace", "gctrace"},
    {"oom/", "gctrace"},
    {"scvg", "gctrace"},
};

static void visit_file(const char *name, void *user)
{
    struct slice in;
    bool need_more;
    size_t i = 0;

    (void)user;
    while (i < COUNT_OF(told) && !strstr(name, told[i].part))
        i++;
    if (i < COUNT_OF(told) && !told[i].want)
        return;
    in = trace_plain(name);
    cr_expect_str_eq(name_of(parser_probe(in, true, &need_more)),
                     i < COUNT_OF(told) ? told[i].want : "gctrace", "%s", name);
    test_free(in);
}

Test(parser_table, traces_are_recognised)
{
    trace_each(visit_file, NULL);
}

static const struct {
    struct slice head;
    const char *name;
} foreign[] = {
    {SLICE_INIT("\x7f"
                "ELF\x02\x01"),
     "an ELF binary or core dump"},
    {SLICE_INIT("PK\x03\x04"), "a zip archive"},
    {SLICE_INIT("BZh9"), "bzip2, which is not read"},
    {SLICE_INIT("--- threadz 1 ---\n"), "a list of threads, which is not about memory"},
    {SLICE_INIT("--- contentionz 1 ---\n"),
     "a contention profile, which is not about memory"},
    {SLICE_INIT("--- mutex:\ncycles/second=1\n"),
     "a mutex profile, which is not about memory"},
    {SLICE_INIT("go 1.26 trace\0\0\0\x01"),
     "a Go execution trace, which is not read yet"},
    {SLICE_INIT("go 1.5 trace\0\0\0\0"), "a Go execution trace, which is not read yet"},
    {SLICE_INIT("go1.7 heap dump\n"), "a heap dump of runtime/debug, which is not read"},
    {SLICE_INIT("go1.26.8 linux/amd64\n"), NULL},
    {SLICE_INIT("404 page not found\n"), "an HTTP error text"},
    {SLICE_INIT("Unknown profile\n"), "an HTTP error text"},
    {SLICE_INIT("seconds and debug params are incompatible\n"), "an HTTP error text"},
    {SLICE_INIT("\n<!DOCTYPE html>\n"), "an HTML page"},
    {SLICE_INIT("<html><body>"), "an HTML page"},
    {SLICE_INIT("<HTML>"), "an HTML page"},
    {SLICE_INIT("\x7f"
                "EL"),
     NULL},
    {SLICE_INIT(""), NULL},
};

Test(parser_table, names_what_it_does_not_read)
{
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        const char *got = parser_name_foreign(foreign[i].head);

        cr_expect_str_eq(got ? got : "none", foreign[i].name ? foreign[i].name : "none",
                         "row %zu", i);
    }
}
