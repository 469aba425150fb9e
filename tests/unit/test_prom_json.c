#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "parsers/limits.h"
#include "parsers/prom_json.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(prom_json, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&prom_json_parser, in);
}

#define ANSWER(type, result)                                                             \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result   \
    "}}"

static const struct {
    const char *in, *want;
} rows[] = {
    {ANSWER("matrix",
            "[{\"metric\":{\"__name__\":\"go_goroutines\",\"job\":\"api\",\"instance\":"
            "\"h:1\"},\"values\":[[1435781430.781,\"1\"],[1435781445.781,\"2.5\"]]},"
            "{\"metric\":{\"__name__\":\"up\"},\"values\":[[1435781430,\"1\"]]}]"),
     "sample prometheus go_goroutines process instance=api/h:1 wall=1435781430781000000 "
     "program=h:1 sched.goroutines=1\n"
     "sample prometheus go_goroutines process instance=api/h:1 wall=1435781445781000000 "
     "program=h:1 sched.goroutines=2.5\n"
     "sample prometheus up process wall=1435781430000000000 x.up=1\n"},
    {ANSWER("vector", "[{\"metric\":{},\"value\":[1435781430.781,\"7\"]}]"),
     "sample prometheus value process wall=1435781430781000000 x.value=7\n"},
    {ANSWER("vector", "[{\"metric\":{\"code\":\"5\\u00302\",\"p\":\"a\\\"b\\\\c\\nd\"},"
                      "\"value\":[1435781430.781,\"7\"]}]"),
     "sample prometheus {code=\"502\",p=\"a\\\"b\\\\c\\nd\"} process "
     "wall=1435781430781000000 x.{code=\"502\",p=\"a\\\"b\\\\c\\nd\"}=7\n"},
    {ANSWER("vector", "[{\"metric\":{\"pod\":\"a\"},\"value\":[1435781430,\"7\"]}]"),
     "sample prometheus {pod=\"a\"} process instance=a wall=1435781430000000000 "
     "program=a x.{pod=\"a\"}=7\n"},
    {ANSWER("scalar", "[1435781430.781,\"42\"]"),
     "sample prometheus scalar process wall=1435781430781000000 x.scalar=42\n"},
    {ANSWER("string", "[1435781430.781,\"hello\"]"), ""},
    {ANSWER("matrix", "[]"), ""},
    {ANSWER("vector",
            "[{\"metric\":{\"__name__\":\"a\"},\"value\":[1435781430,\"NaN\"]},"
            "{\"metric\":{\"__name__\":\"b\"},\"value\":[1435781430,\"+Inf\"]},"
            "{\"metric\":{\"__name__\":\"c\"},\"value\":[1435781430,\"-1e3\"]}]"),
     "sample prometheus c process wall=1435781430000000000 x.c=-1000\n"},
    /* Two series that would be one of ours: the second keeps its name. */
    {ANSWER(
         "vector",
         "[{\"metric\":{\"__name__\":\"go_threads\",\"a\":\"1\"},\"value\":[1435781430,"
         "\"1\"]},{\"metric\":{\"__name__\":\"go_threads\",\"a\":\"2\"},\"value\":"
         "[1435781430,\"2\"]}]"),
     "sample prometheus go_threads{a=\"1\"} process wall=1435781430000000000 "
     "sched.threads=1\n"
     "sample prometheus go_threads{a=\"2\"} process wall=1435781430000000000 "
     "x.go_threads{a=\"2\"}(count)=2\n"},
    /* Exports, answers one after another, in an array; blanks anywhere. */
    {"{\"metric\":{\"__name__\":\"up\"},\"values\":[1,null,2],\"timestamps\":"
     "[1435781430781,1435781445781,1435781460781]}\n"
     "{\"metric\":{\"__name__\":\"up\"},\"values\":[3],\"timestamps\":[1435781475781]}\n",
     "sample prometheus up process wall=1435781430781000000 x.up=1\n"
     "sample prometheus up process wall=1435781460781000000 x.up=2\n"
     "sample prometheus up process wall=1435781475781000000 x.up=3\n"},
    {"{\"timestamps\":[1435781430781],\"values\":[1],\"metric\":{\"__name__\":\"up\"}}",
     "sample prometheus up process wall=1435781430781000000 x.up=1\n"},
    {"[" ANSWER("scalar", "[1435781430,\"1\"]") ",\n" ANSWER("scalar",
                                                             "[1435781431,\"2\"]") "]",
     "sample prometheus scalar process wall=1435781430000000000 x.scalar=1\n"
     "sample prometheus scalar process wall=1435781431000000000 x.scalar=2\n"},
    {"{ \"status\" : \"success\" ,\r\n\t\"data\" : { \"result\" : [ { \"metric\" : { "
     "\"__name__\" : \"up\" } , \"value\" : [ 1435781430 , \"1\" ] } ] } }",
     "sample prometheus up process wall=1435781430000000000 x.up=1\n"},
    /* What we do not know means nothing. */
    {"{\"status\":\"success\",\"stats\":{\"metric\":{\"__name__\":\"no\"},\"values\":[[1,"
     "2]"
     "]},\"data\":{\"result\":[{\"metric\":{\"__name__\":\"up\"},\"more\":[[1,[2]],{}],"
     "\"value\":[1435781430,\"1\"]}]},\"infos\":[\"x\"]}",
     "sample prometheus up process wall=1435781430000000000 x.up=1\n"},
};

Test(prom_json, rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&prom_json_parser, "", rows[i].in, rows[i].want, 0);
}

#define UP(t, v) "{\"metric\":{\"__name__\":\"up\"},\"value\":[" t ",\"" v "\"]}"
#define UP_IS(v) "x.up=" v "\n"

static const struct {
    const char *in, *reason;
    uint64_t offset_bytes;
    size_t kept; /* samples */
} faults[] = {
    {ANSWER("matrix", "[{\"metric\":{\"__name__\":\"up\"},\"values\":[[1435781430,\"1\"],"
                      "[1435781431,\"x\"],[\"\",\"2\"],[1435781433,\"3\"]]}]"),
     "point that is no time and number", 115, 2},
    {ANSWER("matrix",
            "[{\"values\":[[1435781430,\"1\"],[1435781431,\"2\"]],\"metric\":{}}]"),
     "values in front of their metric", 71, 0},
    {ANSWER("matrix", "[{\"metric\":{},\"histograms\":[[1435781430,{\"count\":\"1\"}],"
                      "[1435781431,{\"count\":\"1\"}]]}]"),
     "native histogram: has no one value", 87, 0},
    {"{\"status\":\"success\",\"warnings\":[\"partial\"],\"data\":{\"result\":[" UP(
         "1435781430", "1") "]}}",
     "warning of the server", 32, 1},
    /* Broken JSON: the next series is found again, and what follows it. */
    {"{\"data\":{\"result\":[" UP("1435781430", "1") ",{\"metric\":{\"a\":b}," UP(
         "1435781431", "2") "," UP("1435781432", "3") "]}}",
     "malformed value", 88, 3},
    {"{\"data\":{\"result\":[" UP("1435781430", "1") "}}," UP("1435781431", "2") "]}}",
     "unexpected closing bracket", 72, 2},
    {"{\"metric\":{\"__name__\":\"up\"},\"values\":[1,2],\"timestamps\":[1435781430781]}",
     "as many values as times were expected", 71, 1},
    {"{\"data\":{\"result\":[" UP("1435781430", "1") ",{\"metric\":{\"a\":\"b\nc\"}}," UP(
         "1435781431", "2") "]}}",
     "string without its closing quote", 88, 2},
    {"{\"data\":{\"result\":[" UP("1435781430", "1"), "ends in the middle of a value", 72,
     1},
};

Test(prom_json, faults_are_located)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct collected c = parse(slice_str(faults[i].in));
        const struct diag_entry *e = &c.diag.kept[0];

        cr_expect_geq(c.diag.skipped, 1, "%s", faults[i].in);
        cr_expect_str_eq(e->reason, faults[i].reason, "%s: %s", faults[i].in, e->reason);
        cr_expect_eq(e->offset_bytes, faults[i].offset_bytes, "%s: %llu", faults[i].in,
                     (unsigned long long)e->offset_bytes);
        cr_expect_eq(c.other_count, faults[i].kept, "%s gives\n%s", faults[i].in,
                     text_str(&c.others));
        collected_finish(&c);
    }
}

Test(prom_json, an_error_is_told_in_the_servers_words)
{
    struct slice in = trace_plain("prometheus/query-error.json");
    struct collected c = parse(in);

    cr_expect_eq(c.diag.errors, 1);
    cr_expect_str_eq(c.diag.kept[0].reason,
                     "answer of the server: bad_data: invalid parameter \"query\": 1:19: "
                     "parse error: unexpected end of input inside braces",
                     "%s", c.diag.kept[0].reason);
    cr_expect_eq(c.other_count, 0);
    collected_finish(&c);
    test_free(in);
}

/* As the text of the same recording says it (hotkey's last moments are in metrics.prom).
 */
static const struct {
    const char *name;
    size_t samples;
    uint64_t skipped;
    const char *has[3];
} files[] = {
    {"prometheus/upload-query_range.json",
     160,
     0,
     {"sample prometheus go_memstats_heap_alloc_bytes process "
      "instance=upload/10.0.0.7:9090 wall=1795225015481000000 program=10.0.0.7:9090 "
      "heap.alloc=54904776\n",
      " wall=1795225015481000000 program=10.0.0.7:9090 heap.goal=59757810\n",
      " wall=1795225015481000000 program=10.0.0.7:9090 mem.rss=223510528\n"}},
    {"prometheus/upload-query.json", 15, 1, {" sched.goroutines="}},
    {"prometheus/upload-export.ndjson",
     160,
     0,
     {" wall=1795225015481000000 program=10.0.0.7:9090 heap.alloc=54904776\n",
      " wall=1795225015481000000 program=10.0.0.7:9090 mem.rss=223510528\n"}},
};

Test(prom_json, sample_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i].name);
        struct collected c = parse(in);

        cr_expect_eq(c.other_count, files[i].samples, "%s: %zu", files[i].name,
                     c.other_count);
        cr_expect_eq(c.diag.skipped, files[i].skipped, "%s", files[i].name);
        for (size_t k = 0; k < COUNT_OF(files[i].has) && files[i].has[k]; k++)
            cr_expect(strstr(text_str(&c.others), files[i].has[k]), "%s: no %s",
                      files[i].name, files[i].has[k]);
        collected_finish(&c);
        test_free(in);
    }
}

/* Range and export tell the same points. */
Test(prom_json, forms_agree)
{
    struct slice a = trace_plain("prometheus/upload-query_range.json");
    struct slice b = trace_plain("prometheus/upload-export.ndjson");
    struct collected range = parse(a), export = parse(b);

    cr_expect_str_eq(text_str(&range.others), text_str(&export.others));
    collected_finish(&range);
    collected_finish(&export);
    test_free(a);
    test_free(b);
}

/* Cut at any byte: a fault at the end, and every whole point before it. */
Test(prom_json, truncated_anywhere)
{
    struct slice in = trace_plain("prometheus/upload-query_range.json");
    struct collected whole = parse(in);

    for (struct damage d = damage_cut(&prom_json_parser, in, 0, in.len); damage_next(&d);
         d.step = 7) {
        cr_expect(
            strncmp(text_str(&d.c.others), text_str(&whole.others), d.c.others.len) == 0,
            "%zu bytes", d.at);
        cr_expect_geq(d.c.other_count + 12, d.at * 160 / in.len, "%zu bytes: %zu", d.at,
                      d.c.other_count);
        cr_expect(d.at == 0 || d.c.diag.skipped == 1, "%zu bytes", d.at);
    }
    collected_finish(&whole);
    test_free(in);
}

/* A flipped bit costs at most the series that it is in, and the one that is looked for.
 */
Test(prom_json, flipped_bits)
{
    struct slice in = trace_plain("prometheus/upload-query_range.json");
    uint64_t seed = 20261121;

    for (struct damage d = damage_flip(&prom_json_parser, in, 70, 1500, &seed);
         damage_next(&d);) {
        cr_expect_geq(d.c.other_count, 79, "bit at %zu: %zu", d.at, d.c.other_count);
    }
    test_free(in);
}

Test(prom_json, hostile)
{
    struct text in = {0};
    struct collected c;

    text_repeat(&in, "[", 100000);
    text_put_str(&in, UP("1435781430", "1") "{\"metric\":{\"x\":\"");
    text_repeat(&in, "y", 3 * LIMIT_PROM_JSON_TOKEN_BYTES);
    text_put_str(&in, "\"},\"value\":[1435781430,\"1\"]}{\"metric\":{");
    for (unsigned i = 0; i < 2 * LIMIT_PROMETHEUS_LABELS; i++)
        text_printf(&in, "\"l%u\":\"v\",", i);
    text_put_str(&in, "\"z\":\"\"},\"value\":[1435781430,\"1\"]}" UP("1435781431", "2"));
    collect(&c, &prom_json_parser, slice_of(in.ptr, in.len), PIECES_WHOLE);
    cr_expect_eq(c.other_count, 2, "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 3, "%llu", (unsigned long long)c.diag.skipped);
    collected_finish(&c);
    text_finish(&in);
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"{\"status\":\"succ", false, PROBE_NEED_MORE},
    {ANSWER("matrix", "["), false, PROBE_CERTAIN},
    {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"x\"}", true,
     PROBE_CERTAIN},
    {"{\"metric\":{\"__name__\":\"up\"},\"values\":[1],\"timestamps\":[2]}", true,
     PROBE_CERTAIN},
    {"30,\"1\"]]},{\"metric\":{\"__name__\":\"up\"},\"values\":[[1,\"2\"]]}]}}", true,
     PROBE_LIKELY},
    {"{\"HeapAlloc\":1,\"Sys\":2}", true, PROBE_NO},
    {"{\"kind\":\"Pod\",\"status\":{\"phase\":\"Running\"}}", true, PROBE_NO},
    {"{\"log\":\"gc 1\",\"stream\":\"stderr\"}", true, PROBE_NO},
    {"gc 1 @", false, PROBE_NO},
};

Test(prom_json, is_recognised)
{
    expect_probes(&prom_json_parser, probes, COUNT_OF(probes));
}
