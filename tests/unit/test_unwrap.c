/* Wrapped logs: what comes out is what was put in. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "model/base/text.h"
#include "parsers/unwrap.h"
#include "parsers/unwrap_pattern.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(unwrap, .fini = test_abort_on_leak);

/* 2026-11-21T12:00:00Z */
static const struct unwrap_options options = {NULL, INT64_C(1795262400000000000)};

/* All that came out: "source|scope|pid|stamp|text|line@offset". */
struct output {
    struct text all, lines; /* …; and as a parser would see them */
    size_t count;
    struct diag diag;
};

static void take(void *user, const struct unwrap_line *l)
{
    struct output *o = user;

    text_put(&o->all, l->source);
    text_put_char(&o->all, '|');
    text_put(&o->all, l->scope);
    text_printf(&o->all, "|%lld|", (long long)l->pid);
    text_put(&o->all, l->stamp);
    text_put_char(&o->all, '|');
    text_put(&o->all, l->text);
    text_printf(&o->all, "|%llu@%llu%s\n", (unsigned long long)l->line,
                (unsigned long long)l->offset_bytes, l->is_foreign ? " foreign" : "");
    text_put(&o->lines, l->text);
    text_put_char(&o->lines, '\n');
    o->count++;
}

static void output_finish(struct output *o)
{
    text_finish(&o->all);
    text_finish(&o->lines);
    *o = (struct output){0};
}

static struct output unwrap_with(const struct unwrap_plan *plan,
                                 const struct unwrap_options *how, struct slice in,
                                 size_t first, size_t rest)
{
    struct output o = {0};
    struct unwrap *u = unwrap_create(plan, how, take, &o, &o.diag);

    while (in.len) {
        struct slice part = slice_first(in, first);
        struct slice piece = test_exact_copy(part.ptr, part.len);

        unwrap_feed(u, piece);
        test_free(piece);
        in = slice_after(in, part.len);
        first = rest;
    }
    unwrap_finish(u);
    unwrap_destroy(u);
    return o;
}

static struct output unwrap_text(struct slice in, const char **name)
{
    struct unwrap_plan plan;

    *name = "none";
    if (unwrap_probe(in, true, &options, &plan) != PROBE_CERTAIN)
        return (struct output){0};
    *name = unwrap_name(&plan);
    return unwrap_with(&plan, &options, in, SIZE_MAX, SIZE_MAX);
}

#define CUSTOM "(?<time>[^|]*)\\|(?<source>[^|]*)\\|[A-Z]*\\|"

static const struct {
    const char *file, *wrapping, *source, *first_stamp;
    int64_t pid;
} files[] = {
    {"docker-json.log", "docker", "", "2026-11-21T02:03:57.007000114Z", -1},
    {"cri-partial.log", "cri", "", "2026-11-21T02:03:57.007000114Z", -1},
    {"journald.json", "journald-json", "api", "2026-11-21T02:03:57.007000Z", 4711},
    {"journald.export", "journald-export", "api", "2026-11-21T02:03:57.007000Z", 4711},
    {"journald-short.log", "syslog", "api", "2026-11-21T02:03:57Z", 4711},
    {"journald-precise.log", "journald", "api", "2026-11-21T02:03:57.007000Z", 4711},
    {"journald-iso.log", "journald", "api", "2026-11-21T03:03:57+0100", 4711},
    {"journald-full.log", "journald", "api", "2026-11-21 03:03:57 CET", 4711},
    {"syslog-5424.log", "syslog", "api", "2026-11-21T02:03:57.007000Z", 4711},
    {"klog.log", "klog", "", "2026-11-21T02:03:57.007000Z", -1},
    {"zap.json", "json", "", "2026-11-21T02:03:57.007000Z", -1},
    {"slog.json", "json", "", "2026-11-21T02:03:57.007000114Z", -1},
    {"fluentbit.json", "json", "api-7d9/api", "2026-11-21T02:03:57.007Z", -1},
    {"gcp.json", "json", "api-7d9/api", "2026-11-21T02:03:57.007000114Z", -1},
    {"logcli.jsonl", "json", "api-7d9/api", "2026-11-21T02:03:57.007000114Z", -1},
    {"logcli.txt", "logcli", "api-7d9/api", "2026-11-21T02:03:57.007Z", -1},
    {"kubectl.log", "kubectl", "api-7d9/api", "2026-11-21T02:03:57.007000114Z", -1},
    {"compose.log", "compose", "api-1", "", -1},
    {"custom.log", "prefix", "api", "2026-11-21T02:03:57.007000Z", -1},
};

static struct unwrap_options options_for(const char *wrapping)
{
    struct unwrap_options how = options;
    struct err err;

    if (strcmp(wrapping, "prefix") == 0)
        how.pattern = unwrap_pattern_create(CUSTOM, &err);
    return how;
}

static void put_cycles(struct text *t, const struct collected *c)
{
    for (size_t i = 0; i < c->cycle_count; i++) {
        struct gc_cycle cycle = c->cycles[i];

        cycle.stamp = STAMP_NONE;
        cycle.stamp_ns = cycle.stamp_step_ns = 0;
        collect_put_cycle(t, &cycle);
        text_put_char(t, '\n');
    }
}

/* The canonical lines, as the loader hands them to a parser. */
static struct text canonical(const struct unwrap_plan *plan,
                             const struct unwrap_options *how, struct slice in);

struct canon {
    struct text *t;
};

static void take_canonical(void *user, const struct unwrap_line *l)
{
    struct canon *c = user;

    if (l->stamp.len) {
        text_put(c->t, l->stamp);
        text_put_char(c->t, ' ');
    }
    text_put(c->t, l->text);
    text_put_char(c->t, '\n');
}

static struct text canonical(const struct unwrap_plan *plan,
                             const struct unwrap_options *how, struct slice in)
{
    struct text t = {0};
    struct canon c = {&t};
    struct unwrap *u = unwrap_create(plan, how, take_canonical, &c, NULL);

    unwrap_feed(u, in);
    unwrap_finish(u);
    unwrap_destroy(u);
    return t;
}

/* Without what only the order of lines tells. */
static void expect_cycles(const char *file, struct slice text, const struct text *want)
{
    struct collected got;
    struct text cycles = {0};

    collect(&got, parser_find(SLICE("gctrace")), text, PIECES_WHOLE);
    put_cycles(&cycles, &got);
    cr_expect_str_eq(text_str(&cycles), text_str(want), "%s", file);
    cr_expect_eq(got.diag.skipped, 0, "%s", file);
    text_finish(&cycles);
    collected_finish(&got);
}

Test(unwrap, every_wrapping_gives_the_bare_cycles)
{
    struct slice bare = trace_plain("wrapped/bare.log");
    struct collected c;
    struct text want = {0};

    collect(&c, parser_find(SLICE("gctrace")), bare, PIECES_WHOLE);
    put_cycles(&want, &c);
    cr_assert_eq(c.cycle_count, 7);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct unwrap_options how = options_for(files[i].wrapping);
        char path[TRACE_PATH], head[128];
        struct unwrap_plan plan;
        struct slice in;
        struct text text;
        struct output o;

        if (strcmp(files[i].wrapping, "prefix") == 0 && !how.pattern)
            continue; /* built without PCRE2 */
        (void)snprintf(path, sizeof path, "wrapped/%s", files[i].file);
        in = trace_plain(path);
        cr_assert_eq(unwrap_probe(in, true, &how, &plan), PROBE_CERTAIN, "%s", path);
        cr_expect_str_eq(unwrap_name(&plan), files[i].wrapping, "%s", path);
        text = canonical(&plan, &how, in);
        expect_cycles(path, slice_of(text.ptr, text.len), &want);
        o = unwrap_with(&plan, &how, in, SIZE_MAX, SIZE_MAX);
        cr_expect_eq(o.diag.skipped, 0, "%s", path);
        (void)snprintf(head, sizeof head, "|%lld|%s|pacer: ", (long long)files[i].pid,
                       files[i].first_stamp);
        cr_expect(strstr(text_str(&o.all), head), "%s: no %s in %.200s", path, head,
                  text_str(&o.all));
        (void)snprintf(head, sizeof head, "\n%s|", files[i].source);
        cr_expect(strstr(text_str(&o.all), head), "%s: not of %s", path, files[i].source);
        cr_expect(o.count >= 34, "%s: %zu", path, o.count);
        output_finish(&o);
        text_finish(&text);
        test_free(in);
        unwrap_pattern_destroy((struct unwrap_pattern *)(uintptr_t)how.pattern);
    }
    text_finish(&want);
    collected_finish(&c);
    test_free(bare);
}

static void expect_splits(const char *name, const struct unwrap_plan *plan,
                          struct slice in)
{
    struct output whole = unwrap_with(plan, &options, in, SIZE_MAX, SIZE_MAX), cut;

    for (size_t first = 1; first < in.len; first += 1 + in.len / 4000) {
        cut = unwrap_with(plan, &options, in, first, SIZE_MAX);
        cr_expect_str_eq(text_str(&cut.all), text_str(&whole.all), "%s at %zu", name,
                         first);
        cr_expect_eq(cut.diag.skipped, whole.diag.skipped, "%s at %zu", name, first);
        output_finish(&cut);
    }
    for (size_t size = 1; size < 100; size = size * 3 + 1) {
        cut = unwrap_with(plan, &options, in, size, size);
        cr_expect_str_eq(text_str(&cut.all), text_str(&whole.all), "%s by %zu", name,
                         size);
        output_finish(&cut);
    }
    output_finish(&whole);
}

Test(unwrap, splits, .timeout = 100)
{
    for (size_t i = 0; i + 1 < COUNT_OF(files); i++) {
        char path[TRACE_PATH];
        struct unwrap_plan plan;
        struct slice in, part;

        (void)snprintf(path, sizeof path, "wrapped/%s", files[i].file);
        in = trace_plain(path);
        cr_assert_eq(unwrap_probe(in, true, &options, &plan), PROBE_CERTAIN);
        part = slice_first(in, 4000);
        expect_splits(path, &plan, part);
        test_free(in);
    }
}

/* One line, or a few, and what becomes of them. */
static const struct {
    const char *in, *wrapping, *out;
} lines[] = {
    /* Docker. */
    {"{\"log\":\"3-\\u003e4 \\u2206 \\\"q\\\" \\\\\\n\",\"stream\":\"stdout\",\"time\":"
     "\"2026-11-21T02:03:57.5Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:57.5Z|3->4 ∆ \"q\" \\|1@0\n"},
    {"{\"log\":\"a\\r\\n\",\"stream\":\"stderr\",\"attrs\":{\"tag\":\"x\"},\"time\":"
     "\"2026-11-21T02:03:57Z\"}\r\n",
     "docker", "||-1|2026-11-21T02:03:57Z|a|1@0\n"},
    {"{\"log\":\"\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:57Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:57Z||1@0\n"},
    /* Parts of two streams at once; the last one's time. */
    {"{\"log\":\"gc \",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:57Z\"}\n"
     "{\"log\":\"hel\",\"stream\":\"stdout\",\"time\":\"2026-11-21T02:03:58Z\"}\n"
     "{\"log\":\"1 @\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:59Z\"}\n"
     "{\"log\":\"lo\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T02:04:00Z\"}\n",
     "docker",
     "||-1|2026-11-21T02:03:59Z|gc 1 @|1@0\n||-1|2026-11-21T02:04:00Z|hello|2@62\n"},
    /* Nothing ends with a newline: then it means nothing. */
    {"{\"log\":\"a\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:57Z\"}\n"
     "{\"log\":\"b\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:58Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:57Z|a|1@0\n||-1|2026-11-21T02:03:58Z|b|2@60\n"},
    /* Docker around klog, around a plain stamp, around JSON of the application. */
    {"{\"log\":\"I1121 02:03:57.1  1 a.go:7] gc 1 @0\\n\",\"stream\":\"stderr\","
     "\"time\":\"2026-11-21T02:03:58Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:58Z|gc 1 @0|1@0\n"},
    {"{\"log\":\"2026/11/21 02:03:57 gc 1 @0\\n\",\"stream\":\"stderr\","
     "\"time\":\"2026-11-21T02:03:58Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:58Z|gc 1 @0|1@0\n"},
    {"{\"log\":\"2026/11/21 02:03:57 5 items\\n\",\"stream\":\"stderr\","
     "\"time\":\"2026-11-21T02:03:58Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:58Z|2026/11/21 02:03:57 5 items|1@0\n"},
    {"{\"log\":\"{\\\"level\\\":\\\"info\\\",\\\"msg\\\":\\\"gc 1 -\\\\u003e\\\"}\\n\","
     "\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:58Z\"}\n",
     "docker", "||-1|2026-11-21T02:03:58Z|gc 1 ->|1@0\n"},
    /* Syslog around Docker. */
    {"<30>1 2026-11-21T02:03:57Z n shipper 7 - - "
     "{\"log\":\"gc 1\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:56Z\"}\n",
     "syslog", "shipper|n|7|2026-11-21T02:03:57Z|gc 1|1@0\n"},
    /* CRI. */
    {"2026-11-21T02:03:57.123456789Z stdout F \n"
     "2026-11-21T02:03:57.123456789Z stdout F\n"
     "2026-11-21T02:03:57+01:00 stderr P:x a\n2026-11-21T02:03:58Z stderr F b\n",
     "cri",
     "||-1|2026-11-21T02:03:57.123456789Z||1@0\n"
     "||-1|2026-11-21T02:03:57.123456789Z||2@41\n"
     "||-1|2026-11-21T02:03:58Z|ab|3@81\n"},
    {"2026-11-21T02:03:57Z stderr P never ended\n", "cri",
     "||-1|2026-11-21T02:03:57Z|never ended|1@0\n"},
    /* The journal. */
    {"{\"MESSAGE\":[103,99,32,255,10,120],\"__REALTIME_TIMESTAMP\":\"1795226637000001\","
     "\"_PID\":\"1\",\"_COMM\":\"c\",\"SYSLOG_IDENTIFIER\":\"id\"}\n",
     "journald-json",
     "id||1|2026-11-21T02:03:57.000001Z|gc \xff|1@0\n"
     "id||1|2026-11-21T02:03:57.000001Z|x|1@0\n"},
    {"{\"CONTAINER_NAME\":\"web\",\"MESSAGE\":\"x\",\"__REALTIME_TIMESTAMP\":"
     "\"1795226637000001\",\"_PID\":\"9\",\"SYSLOG_IDENTIFIER\":\"dockerd\"}\n",
     "journald-json", "web||-1|2026-11-21T02:03:57.000001Z|x|1@0\n"},
    {"__CURSOR=a\n__REALTIME_TIMESTAMP=1795226637000001\n_PID=3\n_COMM=c\nMESSAGE=m\n\n"
     "__CURSOR=b\nMESSAGE\n\3\0\0\0\0\0\0\0a\nb\n\n",
     "journald-export", ""},
    {"Nov 21 02:03:57 n kernel: [ 12.5] Out of memory\n    and more\n", "syslog",
     "kernel|n|-1|2026-11-21T02:03:57Z|[ 12.5] Out of memory|1@0\n"
     "||-1||    and more|2@48 foreign\n"},
    {"Dec  1 02:03:57 n a[1]: x\n", "syslog", "a|n|1|2025-12-01T02:03:57Z|x|1@0\n"},
    {"Feb 29 02:03:57 n a[1]: x\n", "syslog", "a|n|1|2024-02-29T02:03:57Z|x|1@0\n"},
    {"1795226637.000001 n a[1]: x\n", "journald",
     "a|n|1|2026-11-21T02:03:57.000001Z|x|1@0\n"},
    {"<34>Nov 21 02:03:57 n su: x\n", "syslog", "su|n|-1|2026-11-21T02:03:57Z|x|1@0\n"},
    {"57 <34>1 - n - - - - \xef\xbb\xbfx\n", "syslog", "|n|-1||x|1@0\n"},
    {"<34>1 2026-11-21T02:03:57.003Z n app 12 ID [a b=\"]\\\"\"][c] x y\n", "syslog",
     "app|n|12|2026-11-21T02:03:57.003Z|x y|1@0\n"},
    /* Fields of loggers and shippers. */
    {"{\"severity\":\"INFO\",\"time\":1795226637123,\"message\":\"gc 1\"}\n", "json",
     "||-1|2026-11-21T02:03:57.123Z|gc 1|1@0\n"},
    {"{\"L\":\"INFO\",\"ts\":1.795226637e9,\"msg\":\"gc 1\"}\n", "json",
     "||-1|2026-11-21T02:03:57.000000Z|gc 1|1@0\n"},
    {"{\"level\":\"info\",\"ts\":1795226637.25,\"msg\":\"5 items\",\"n\":5}\n", "json",
     "||-1|2026-11-21T02:03:57.25Z|{\"level\":\"info\",\"ts\":1795226637.25,"
     "\"msg\":\"5 items\",\"n\":5}|1@0\n"},
    {"{\"_source\":{\"@timestamp\":\"2026-11-21T02:03:57Z\",\"message\":\"x\","
     "\"kubernetes\":{\"pod\":{\"name\":\"p\"},\"container\":{\"name\":\"c\"}}}}\n",
     "json", "p/c||-1|2026-11-21T02:03:57Z|x|1@0\n"},
    {"{\"message\":\"a\\ud83d\\ude00b\\ud83dc\\q\\u12\",\"timestamp\":"
     "\"2026-11-21T02:03:57Z\",\"logStream\":\"s\"}\n",
     "json", "||-1|2026-11-21T02:03:57Z|a😀b\\ud83dc\\q\\u12|1@0\n"},
    /* Logs one behind the other: each line as what it plainly is. */
    {"[pod/a/x] one\n{\"log\":\"two\\n\",\"stream\":\"stderr\",\"time\":"
     "\"2026-11-21T02:03:57Z\"}\n[pod/a/x] 2026-11-21T02:03:58Z {\"log\":5}\n",
     "kubectl",
     "a/x||-1||one|1@0\n||-1|2026-11-21T02:03:57Z|two|2@14\n"
     "a/x||-1|2026-11-21T02:03:58Z|{\"log\":5}|3@78\n"},
    {"{\"log\":\"a\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:57Z\"}\n"
     "{\"log\":\"b\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:57Z\"}\n"
     "2026-11-21T02:03:59Z stderr F c\n"
     "{\"MESSAGE\":\"m\",\"__REALTIME_TIMESTAMP\":\"1795226637000001\"}\n"
     "2026-11-21T02:03:59Z what else\n",
     "docker",
     "||-1|2026-11-21T02:03:57Z|a|1@0\n||-1|2026-11-21T02:03:57Z|b|2@62\n"
     "||-1|2026-11-21T02:03:59Z|c|3@124\n||-1|2026-11-21T02:03:57.000001Z|m|4@156\n"
     "||-1||2026-11-21T02:03:59Z what else|5@214 foreign\n"},
    /* kubectl and compose without times. */
    {"[pod/a/x] one\n[pod/b/x] two\n", "kubectl",
     "a/x||-1||one|1@0\nb/x||-1||two|2@14\n"},
    {"\033[36mweb-1  |\033[0m one\n\033[33mdb-1   |\033[0m two\nweb-1  | \n", "compose",
     "web-1||-1||one|1@0\ndb-1||-1||two|2@22\nweb-1||-1|||3@44\n"},
};

Test(unwrap, lines)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const char *name;
        struct output o;

        if (lines[i].out[0] == '\0')
            continue;
        o = unwrap_text(slice_str(lines[i].in), &name);
        cr_expect_str_eq(name, lines[i].wrapping, "%s", lines[i].in);
        cr_expect_str_eq(text_str(&o.all), lines[i].out, "%s:\n%s", lines[i].in,
                         text_str(&o.all));
        output_finish(&o);
    }
}

Test(unwrap, a_journal_export)
{
    static const char in[] =
        "__CURSOR=a\n__REALTIME_TIMESTAMP=1795226637000001\n_PID=3\n_COMM=c\n"
        "MESSAGE=m\n\n__CURSOR=b\nMESSAGE\n\3\0\0\0\0\0\0\0a\nb\n_HOSTNAME=h\n\n";
    const char *name;
    struct output o = unwrap_text(slice_of(in, sizeof in - 1), &name);

    cr_expect_str_eq(name, "journald-export");
    cr_expect_str_eq(text_str(&o.all),
                     "c||3|2026-11-21T02:03:57.000001Z|m|0@0\n"
                     "|h|-1||a|0@75\n|h|-1||b|0@75\n",
                     "%s", text_str(&o.all));
    output_finish(&o);
}

/* A length that lies costs an entry or two, not the ones behind it. */
Test(unwrap, a_journal_export_with_damage)
{
    static const struct {
        struct slice field;
        const char *reason;
    } damage[] = {
        {SLICE_INIT("X\n\xff\0\0\0\0\0\0\0ab\n"),
         "journal field with a length that runs into the next entry"},
        {SLICE_INIT("X\n\xff\xff\xff\xff\xff\xff\xff\xff"
                    "ab\n"),
         "journal field with a length out of range"},
        {SLICE_INIT("X\n\1\0\0\0\0\0\0\0ab\n"), "journal field without an end"},
        {SLICE_INIT("not a field\n"), "journal entry with a line that is no field"},
    };

    for (size_t i = 0; i < COUNT_OF(damage); i++) {
        struct text in = {0};
        const char *name;
        struct output o;

        text_put_str(&in, "__CURSOR=a\nMESSAGE=first\n\n__CURSOR=b\nMESSAGE=bad\n");
        text_put(&in, damage[i].field);
        text_put_str(&in, "\n__CURSOR=c\nMESSAGE=last\n\n");
        o = unwrap_text(slice_of(in.ptr, in.len), &name);
        cr_expect_str_eq(text_str(&o.lines), "first\nlast\n", "%s: %s", damage[i].reason,
                         text_str(&o.lines));
        cr_expect_eq(o.diag.skipped, 1);
        cr_expect_str_eq(o.diag.kept[0].reason, damage[i].reason);
        cr_expect_eq(o.diag.kept[0].offset_bytes, 26, "%llu",
                     (unsigned long long)o.diag.kept[0].offset_bytes);
        output_finish(&o);
        text_finish(&in);
    }
}

static const char *const not_wrapped[] = {
    "",
    "\n\n",
    "gc 1 @0.003s 18%: 0.18+0.78+0.061 ms clock\n",
    "2026-11-21T02:03:57Z gc 1 @0.003s\n",
    "2026-11-21T02:03:57Z INFO server: started\n2026-11-21T02:03:58Z WARN db: slow\n",
    "2026-11-21T02:03:57Z node server: started\n",
    "Nov 21 02:03:57 INFO server: started\n",
    "name | value\n",
    "{\"time\":\"2026-11-21T02:03:57Z\",\"memory.usage_in_bytes\":5}\n",
    "{\"HeapAlloc\":1,\"Sys\":2,\"LastGC\":5}\n",
    "{\"message\":\"text alone\"}\n",
    "{\"metric\":{\"__name__\":\"up\"},\"values\":[1],\"timestamps\":[1795226637000]}\n",
    "{\"log\":{\"level\":\"x\"},\"time\":1795226637}\n",
    "{\"log\":\"unterminated\n",
    "[1234.5] Out of memory\n",
    "[pod/x] gc 1\n",
    "I0230 02:03:57 no klog\n",
    "-- Journal begins at Mon 2026-11-02 10:00:00 UTC. --\n",
};

Test(unwrap, what_is_not_wrapped)
{
    for (size_t i = 0; i < COUNT_OF(not_wrapped); i++) {
        struct slice in = test_exact_copy(not_wrapped[i], strlen(not_wrapped[i]));
        struct unwrap_plan plan;

        cr_expect_eq(unwrap_probe(in, true, &options, &plan), PROBE_NO, "%s as %s",
                     not_wrapped[i], unwrap_name(&plan));
        test_free(in);
    }
}

static void visit_raw(const char *name, void *user)
{
    struct slice in;
    struct unwrap_plan plan;

    (void)user;
    if (strncmp(name, "wrapped/", 8) == 0 || strstr(name, "-cri.log") ||
        strncmp(name, "kernel/", 7) == 0)
        return;
    in = trace_plain(name);
    cr_expect_eq(unwrap_probe(slice_first(in, LIMIT_PROBE_BYTES), true, &options, &plan),
                 PROBE_NO, "%s as %s", name, unwrap_name(&plan));
    test_free(in);
}

Test(unwrap, bare_traces_stay_as_they_are)
{
    trace_each(visit_raw, NULL);
}

/* A service that logs JSON has the runtime's lines, whole or torn, in between. */
Test(unwrap, raw_lines_between_json)
{
    static const char in[] =
        "{\"level\":\"info\",\"ts\":\"2026-11-21T02:03:57Z\",\"msg\":\"a\"}\n"
        "gc 1 @0.1s 3%: 0.{\"level\":\"info\",\"msg\":\"b\"}\n"
        "{\"level\":\"info\",\"ts\":\"2026-11-21T02:03:58Z\",\"msg\":\"5 c\"}\n";
    const char *name;
    struct output o = unwrap_text(slice_str(in), &name);

    cr_expect_str_eq(name, "json");
    cr_expect_str_eq(text_str(&o.lines), in, "nothing is lost: %s", text_str(&o.lines));
    cr_expect(strstr(text_str(&o.all), "||-1|2026-11-21T02:03:58Z|{"));
    cr_expect_eq(o.diag.skipped, 0);
    output_finish(&o);
}

Test(unwrap, broken_json_is_counted_and_passes)
{
    static const char good[] =
        "{\"log\":\"x\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:03:57Z\"}\n";
    struct text in = {0};
    const char *name;
    struct output o;

    text_put_str(&in, good);
    text_put_str(&in, "{\"log\":\"gc 1 @{\"log\":\"y\"}\n");
    text_put_str(&in, good);
    o = unwrap_text(slice_of(in.ptr, in.len), &name);
    cr_expect_str_eq(text_str(&o.lines), "x\n{\"log\":\"gc 1 @{\"log\":\"y\"}\nx\n");
    cr_expect_eq(o.diag.skipped, 1);
    cr_expect_eq(o.diag.kept[0].line, 2);
    cr_expect_eq(o.diag.kept[0].offset_bytes, sizeof good - 1);
    output_finish(&o);
    text_finish(&in);
}

/* Nothing grows without bound: parts of 2 MB, a thousand streams of parts. */
Test(unwrap, parts_are_bounded)
{
    struct text in = {0};
    struct output o;
    const char *name;

    for (int i = 0; i < 100; i++) {
        text_put_str(&in, "2026-11-21T02:03:57Z stderr P ");
        text_repeat(&in, "x", 16384);
        text_put_char(&in, '\n');
    }
    text_put_str(&in, "2026-11-21T02:03:57Z stderr F \n");
    o = unwrap_text(slice_of(in.ptr, in.len), &name);
    cr_expect_str_eq(name, "cri");
    cr_expect_eq(o.count, 2);
    cr_expect_eq(o.lines.len, 100u * 16384 + 2);
    cr_expect_eq(o.diag.skipped, 1);
    cr_expect_str_eq(o.diag.kept[0].reason, "line in parts over 1 MiB: cut");
    output_finish(&o);
    text_clear(&in);
    for (int i = 0; i < 1000; i++)
        text_printf(&in,
                    "<30>1 2026-11-21T02:03:57Z n a%d 7 - - {\"log\":\"%d%s\",\"stream\":"
                    "\"stderr\",\"time\":\"2026-11-21T02:03:56Z\"}\n",
                    i, i, i ? "" : "\\n");
    o = unwrap_text(slice_of(in.ptr, in.len), &name);
    cr_expect_eq(o.count, 1000, "each came out: %zu", o.count);
    output_finish(&o);
    text_finish(&in);
}

Test(unwrap, a_line_over_the_limit)
{
    struct text in = {0};
    struct output o;
    const char *name;

    text_put_str(&in, "2026-11-21T02:03:57Z stderr F a\n2026-11-21T02:03:57Z stderr F ");
    text_repeat(&in, "x", (size_t)2 << 20);
    text_put_str(&in, "\n2026-11-21T02:03:57Z stderr F b\n");
    o = unwrap_text(slice_of(in.ptr, in.len), &name);
    cr_expect_eq(o.diag.skipped, 1);
    cr_expect_eq(o.diag.kept[0].line, 2);
    cr_expect(strstr(text_str(&o.all), "|b|3@"));
    cr_expect_leq(o.lines.len, (size_t)LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES + 8);
    output_finish(&o);
    text_finish(&in);
}

/* What the head begins with, where that is all there is of the first line. */
Test(unwrap, a_first_line_over_the_head)
{
    static const struct {
        const char *front, *want;
        enum probe answer;
    } rows[] = {
        {"{\"log\":\"", "docker", PROBE_CERTAIN},
        {"{\"stream\":\"stderr\", \"log\": \"", "docker", PROBE_CERTAIN},
        {"{\"_PID\":\"7\",\"log\":\"", "none", PROBE_NO},
        {"{\"__CURSOR\":\"c\",\"_PID\":\"7\",\"MESSAGE\":\"", "journald-json",
         PROBE_CERTAIN},
        {"{\"MESSAGE\":\"", "journald-json", PROBE_CERTAIN},
        {"2026-11-21T02:03:57Z stderr F ", "cri", PROBE_CERTAIN},
        {"{\"log\":[\"", "none", PROBE_NO},
        {"{\"message\":\"", "none", PROBE_NO},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text in = {0};
        struct unwrap_plan plan;

        text_put_str(&in, rows[i].front);
        text_repeat(&in, "x", 2 * (size_t)LIMIT_PROBE_BYTES);
        cr_expect_eq(unwrap_probe(slice_of(in.ptr, in.len), false, &options, &plan),
                     rows[i].answer, "%s", rows[i].front);
        cr_expect_str_eq(unwrap_name(&plan), rows[i].want, "%s", rows[i].front);
        text_finish(&in);
    }
}

/* Cut off anywhere, with any bit changed, by any layer: it ends, and holds together. */
Test(unwrap, damage, .timeout = 100)
{
    uint64_t seed = 20261121;

    for (size_t i = 0; i + 1 < COUNT_OF(files); i++) {
        char path[TRACE_PATH];
        struct unwrap_plan plan;
        struct slice in, bad;
        struct output o;

        (void)snprintf(path, sizeof path, "wrapped/%s", files[i].file);
        in = trace_plain(path);
        cr_assert_eq(unwrap_probe(in, true, &options, &plan), PROBE_CERTAIN);
        for (unsigned k = 0; k < 200; k++) {
            bad = test_exact_copy(in.ptr, test_random_below(&seed, in.len) + 1);
            for (unsigned flips = k % 4; flips > 0; flips--)
                ((char *)(uintptr_t)bad.ptr)[test_random_below(&seed, bad.len)] ^=
                    (char)(1 << test_random_below(&seed, 8));
            (void)unwrap_probe(bad, k % 2, &options, &plan);
            plan = unwrap_plan_of(k % 3 ? test_random_below(&seed, 64) : 0);
            o = unwrap_with(&plan, &options, bad, 1 + test_random_below(&seed, 900), 300);
            output_finish(&o);
            test_free(bad);
        }
        test_free(in);
    }
}

Test(unwrap, patterns)
{
    struct unwrap_options how = options;
    struct err err = {0};
    struct unwrap_plan plan;
    struct output o;
    static const char in[] = "[21/Nov/2026] x\nweb 1795226637.5: gc 1\nno match\n"
                             "db Nov 21 02:03:57: y\n";

    how.pattern = unwrap_pattern_create("(?<source>\\w+) (?<time>[\\w .:]+): ", &err);
    if (!how.pattern)
        cr_skip_test("%s", err.reason);
    cr_assert_eq(unwrap_probe(slice_str(in), true, &how, &plan), PROBE_CERTAIN);
    o = unwrap_with(&plan, &how, slice_str(in), SIZE_MAX, SIZE_MAX);
    cr_expect_str_eq(text_str(&o.all),
                     "||-1||[21/Nov/2026] x|1@0 foreign\n"
                     "web||-1|2026-11-21T02:03:57.5Z|gc 1|2@16\n"
                     "||-1||no match|3@39 foreign\n"
                     "db||-1|2026-11-21T02:03:57Z|y|4@48\n",
                     "%s", text_str(&o.all));
    output_finish(&o);
    unwrap_pattern_destroy((struct unwrap_pattern *)(uintptr_t)how.pattern);
}

/* A pattern that backtracks for ever gives up on the line, not on the log. */
Test(unwrap, patterns_that_run_away)
{
    struct unwrap_options how = options;
    struct err err = {0};
    struct unwrap_plan plan;
    struct output o;
    struct text in = {0};

    how.pattern = unwrap_pattern_create("(a+a+)+b: |x: ", &err);
    if (!how.pattern)
        cr_skip_test("%s", err.reason);
    text_put_str(&in, "x: one\n");
    text_repeat(&in, "a", 5000);
    text_put_str(&in, ": \nx: two\n");
    cr_assert_eq(unwrap_probe(slice_of(in.ptr, in.len), true, &how, &plan),
                 PROBE_CERTAIN);
    o = unwrap_with(&plan, &how, slice_of(in.ptr, in.len), SIZE_MAX, SIZE_MAX);
    cr_expect_eq(o.count, 3);
    cr_expect_eq(o.diag.skipped, 1);
    cr_expect_eq(o.diag.kept[0].line, 2);
    output_finish(&o);
    text_finish(&in);
    unwrap_pattern_destroy((struct unwrap_pattern *)(uintptr_t)how.pattern);
}

Test(unwrap, patterns_that_are_none)
{
    struct err err = {0};

    cr_expect_null(unwrap_pattern_create("(?<time>\\d+", &err));
    cr_expect_neq(err.reason[0], '\0');
    cr_expect_null(unwrap_pattern_create("a\\C", &err));
}
