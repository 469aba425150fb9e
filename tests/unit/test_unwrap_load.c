/* Wrapped logs from files into a session: sources come apart, faults are where they
 * were. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/text.h"
#include "parsers/limits.h"
#include "parsers/unwrap_pattern.h"
#include "replay/loader.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(unwrap_load, .fini = test_abort_on_leak);

#define MTIME INT64_C(1795262400) /* 2026-11-21T12:00:00Z */

/* A file of these bytes, last changed at MTIME, read to its end. */
static struct session *load_with(struct slice bytes, const struct loader_options *options)
{
    char folder[] = "/tmp/heapreel-test-XXXXXX", path[64];
    const struct timespec times[] = {{MTIME, 0}, {MTIME, 0}};
    struct session *s = session_create();
    struct loader *l = loader_create(s, options);
    FILE *f;

    cr_assert(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/log", folder);
    f = fopen(path, "wb");
    cr_assert(f);
    cr_assert_eq(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    cr_assert_eq(fclose(f), 0);
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    loader_add(l, path);
    while (loader_step(l, INT64_MAX))
        ;
    loader_destroy(l);
    (void)remove(path);
    (void)remove(folder);
    return s;
}

static struct session *load(struct slice bytes)
{
    static const struct loader_options any = {0};

    return load_with(bytes, &any);
}

static struct session *load_text(const struct text *t)
{
    return load(slice_of(t->ptr, t->len));
}

static void put_gc(struct text *t, int n)
{
    text_printf(t,
                "gc %d @%d.000s 1%%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, %d->%d->%d MB, "
                "4 MB goal, 4 P\n",
                n, n, n + 3, n + 4, n + 2);
}

static const struct process *process_named(const struct session *s, const char *name)
{
    for (size_t i = 0; i < s->process_count; i++) {
        if (s->processes[i]->name && strcmp(s->processes[i]->name, name) == 0)
            return s->processes[i];
    }
    return NULL;
}

static void expect_values(const struct session *s, const char *process,
                          const char *series, const char *want)
{
    const struct process *p = process_named(s, process);
    char values[SERIES_TEXT];

    cr_assert(p, "no process %s", process);
    cr_expect_str_eq(process_values(values, s, p, series, 100), want, "%s of %s", series,
                     process);
}

/* Three pods in turn, each with cycles of its own and the same numbers. */
Test(unwrap_load, pods_come_apart)
{
    struct text t = {0};
    struct session *s;

    for (int n = 1; n <= 4; n++) {
        for (int pod = 0; pod < 3; pod++) {
            text_printf(&t, "[pod/api-%c/api] 2026-11-21T02:03:%02d.5Z ", 'a' + pod, n);
            put_gc(&t, n + 10 * pod);
        }
    }
    s = load_text(&t);
    cr_expect_str_eq(s->sources[0]->wrapping, "kubectl");
    cr_expect_str_eq(s->sources[0]->format, "gctrace");
    cr_expect_eq(s->source_count, 1);
    cr_expect_eq(s->sources[0]->records, 12);
    cr_expect_eq(s->process_count, 3);
    expect_values(s, "api-a/api", "gc.cycles", "1 2 3 4");
    expect_values(s, "api-b/api", "gc.cycles", "11 12 13 14");
    expect_values(s, "api-c/api", "gc.cycles", "21 22 23 24");
    cr_expect(s->has_wall, "the collector's times place them");
    session_destroy(s);
    text_finish(&t);
}

/* Units and pids of a journal are different processes; the kernel is one of them. */
Test(unwrap_load, a_journal_with_several_programs)
{
    struct text t = {0};
    struct session *s;

    for (int n = 1; n <= 3; n++) {
        text_printf(&t, "Nov 21 02:03:%02d node api[7]: ", n);
        put_gc(&t, n);
        text_printf(&t, "Nov 21 02:03:%02d node api[8]: ", n);
        put_gc(&t, n + 5);
        text_printf(&t, "Nov 21 02:03:%02d node sshd[9]: session opened\n", n);
    }
    s = load_text(&t);
    cr_expect_str_eq(s->sources[0]->wrapping, "syslog");
    cr_expect_eq(s->sources[0]->records, 6);
    cr_assert_eq(s->process_count, 2);
    cr_expect(s->processes[0]->pid == 7 && s->processes[1]->pid == 8);
    cr_expect_str_eq(s->processes[0]->name, "api");
    cr_expect_str_eq(s->processes[1]->name, "api");
    cr_expect(s->has_wall);
    session_destroy(s);
    text_finish(&t);
}

/* Stamps without a year: of the file's. */
Test(unwrap_load, the_year_of_the_file)
{
    struct text t = {0};
    struct session *s;
    int64_t from_ns, to_ns;

    text_put_str(&t, "Dec 31 23:59:58 node api[7]: ");
    put_gc(&t, 1);
    text_put_str(&t, "Jan  1 00:00:00 node api[7]: ");
    put_gc(&t, 3);
    s = load_text(&t);
    cr_assert(session_span(s, &from_ns, &to_ns));
    cr_expect_eq(to_ns - from_ns, INT64_C(2000000000));
    /* 2026-01-01T00:00:00Z, less than a second later. */
    cr_expect(to_ns >= INT64_C(1767225599000000000) &&
                  to_ns <= INT64_C(1767225601000000000),
              "%lld", (long long)to_ns);
    cr_expect(s->sources[0]->has_mtime &&
              s->sources[0]->mtime_ns == MTIME * INT64_C(1000000000));
    session_destroy(s);
    text_finish(&t);
}

/* A fault is told at its line in the wrapped log, behind joined lines and others'. */
Test(unwrap_load, faults_are_where_they_were)
{
    struct text t = {0};
    struct session *s;
    uint64_t offset = 0;
    const struct diag *d;

    for (int n = 1; n <= 3000; n++) {
        text_printf(&t, "[pod/a/x] 2026-11-21T02:03:57Z %s",
                    n == 2500 ? "" : "chatter\n");
        if (n == 2500) {
            offset = t.len - strlen("[pod/a/x] 2026-11-21T02:03:57Z ");
            text_put_str(&t, "gc 5 @1.000s 1%: 99999999999999999999+10+2 ms clock, "
                             "4+8/20/4+8 ms cpu, 4->5->2 MB, 4 MB goal, 4 P\n");
        }
        text_put_str(&t, "[pod/b/x] 2026-11-21T02:03:57Z ");
        put_gc(&t, n);
    }
    s = load_text(&t);
    d = &s->sources[0]->diag;
    cr_assert_eq(d->kept_count, 1, "%u", d->kept_count);
    cr_expect_eq(d->kept[0].line, 4999, "%llu", (unsigned long long)d->kept[0].line);
    cr_expect_eq(d->kept[0].offset_bytes, offset);
    session_destroy(s);
    text_finish(&t);
    /* Docker's parts: the line where the whole one began. */
    text_put_str(&t, "{\"log\":\"hello\\n\",\"stream\":\"stderr\",\"time\":"
                     "\"2026-11-21T02:03:57Z\"}\n"
                     "{\"log\":\"gc 5 @1.000s 1%: 9999999999\",\"stream\":\"stderr\","
                     "\"time\":\"2026-11-21T02:03:57Z\"}\n"
                     "{\"log\":\"9999999999+10+2 ms clock, 4+8/20/4+8 ms cpu, "
                     "4-\\u003e5-\\u003e2 MB, 4 MB goal, 4 P\\n\",\"stream\":\"stderr\","
                     "\"time\":\"2026-11-21T02:03:57Z\"}\n");
    s = load_text(&t);
    d = &s->sources[0]->diag;
    cr_assert_eq(d->kept_count, 1, "%u", d->kept_count);
    cr_expect_eq(d->kept[0].line, 2);
    session_destroy(s);
    text_finish(&t);
}

/* The runtime's own lines between the application's JSON get their times from it. */
Test(unwrap_load, raw_lines_between_json)
{
    struct text t = {0};
    struct session *s;

    put_gc(&t, 1);
    for (int n = 2; n <= 9; n++) {
        for (int k = 0; k < 3; k++)
            text_printf(&t,
                        "{\"time\":\"2026-11-21T02:03:%02dZ\",\"level\":\"INFO\",\"msg\":"
                        "\"%d items\",\"host\":\"h\"}\n",
                        n, k);
        put_gc(&t, n);
    }
    s = load_text(&t);
    cr_expect_str_eq(s->sources[0]->wrapping, "json");
    cr_expect_eq(s->sources[0]->records, 9);
    cr_assert_eq(s->process_count, 1, "what came before the first name is the same");
    cr_expect_str_eq(s->processes[0]->name, "h");
    cr_expect(s->has_wall);
    cr_expect_eq(s->sources[0]->diag.skipped, 0);
    session_destroy(s);
    text_finish(&t);
}

static void put_docker_gc(struct text *t, int n)
{
    text_printf(t,
                "{\"log\":\"gc %d @%d.000s 1%%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, "
                "%d-\\u003e%d-\\u003e%d MB, 4 MB goal, 4 P\\n\",\"stream\":\"stderr\","
                "\"time\":\"2026-11-21T02:03:%02dZ\"}\n",
                n, n, n + 3, n + 4, n + 2, n);
}

/* What a service says first may be longer than the head, and than any line. */
Test(unwrap_load, a_first_line_over_the_head)
{
    static const struct {
        size_t bytes;
        uint64_t skipped;
    } rows[] = {{300000, 0}, {(size_t)3 << 20, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text t = {0};
        struct session *s;

        text_put_str(&t, "{\"log\":\"");
        text_repeat(&t, "x", rows[i].bytes);
        text_put_str(&t, "\\n\",\"stream\":\"stderr\",\"time\":"
                         "\"2026-11-21T02:03:00Z\"}\n");
        for (int n = 1; n <= 5; n++)
            put_docker_gc(&t, n);
        s = load_text(&t);
        cr_expect_str_eq(s->sources[0]->wrapping, "docker");
        cr_assert_str_eq(s->sources[0]->format, "gctrace");
        cr_expect_eq(s->sources[0]->records, 5);
        cr_expect_eq(s->sources[0]->diag.skipped, rows[i].skipped);
        session_destroy(s);
        text_finish(&t);
    }
}

/* kubectl's log and then Docker's: another wrapping, another process. */
Test(unwrap_load, two_logs_in_one_file)
{
    struct text t = {0};
    struct session *s;

    for (int n = 1; n <= 5; n++) {
        text_printf(&t, "[pod/a/x] 2026-11-21T02:02:%02dZ ", n);
        put_gc(&t, n);
    }
    for (int n = 1; n <= 4; n++)
        put_docker_gc(&t, n);
    s = load_text(&t);
    cr_expect_str_eq(s->sources[0]->wrapping, "kubectl");
    cr_expect_eq(s->sources[0]->records, 9);
    cr_expect_eq(s->sources[0]->diag.skipped, 0);
    cr_expect_eq(s->process_count, 2);
    expect_values(s, "a/x", "gc.cycles", "1 2 3 4 5");
    session_destroy(s);
    text_finish(&t);
}

/* Other formats inside: found behind the stamp or without it. */
Test(unwrap_load, memstats_in_docker)
{
    struct text t = {0};
    struct session *s;

    for (int n = 1; n <= 3; n++)
        text_printf(
            &t,
            "{\"log\":\"{\\\"HeapAlloc\\\":%d,\\\"Sys\\\":9,\\\"LastGC\\\":%d}\\n\","
            "\"stream\":\"stdout\",\"time\":\"2026-11-21T02:03:%02dZ\"}\n",
            n, n, n);
    s = load_text(&t);
    cr_expect_str_eq(s->sources[0]->wrapping, "docker");
    cr_expect_str_eq(s->sources[0]->format, "memstats");
    cr_expect_eq(s->sources[0]->records, 3);
    session_destroy(s);
    text_finish(&t);
}

/* More sources than are followed at one time: each is read all the same. */
Test(unwrap_load, a_hundred_thousand_sources, .timeout = 100)
{
    struct text t = {0};
    struct session *s;

    for (int n = 1; n <= 100000; n++)
        text_printf(&t, "[pod/p%d/x] 2026-11-21T02:03:57Z hello\n", n);
    text_put_str(&t, "[pod/last/x] 2026-11-21T02:03:57Z ");
    put_gc(&t, 1);
    s = load_text(&t);
    cr_expect_eq(s->sources[0]->records, 1);
    cr_expect_eq(s->process_count, 1);
    session_destroy(s);
    text_finish(&t);
}

Test(unwrap_load, nothing_in_the_wrapping)
{
    struct session *s = load(SLICE("2026-11-21T02:03:57Z stderr F hello\n"));

    cr_expect_str_eq(s->sources[0]->unreadable, "has no record that heapreel knows");
    cr_expect_str_eq(s->sources[0]->wrapping, "cri");
    cr_expect(s->sources[0]->is_foreign);
    session_destroy(s);
}

/* Every file of traces/wrapped as a whole program would read it. */
Test(unwrap_load, each_wrapped_trace)
{
    static const struct {
        const char *file;
        bool has_wall;
    } files[] = {
        {"wrapped/docker-json.log", true},    {"wrapped/cri-partial.log", true},
        {"wrapped/journald.json", true},      {"wrapped/journald.export", true},
        {"wrapped/journald-short.log", true}, {"wrapped/syslog-5424.log", true},
        {"wrapped/klog.log", true},           {"wrapped/zap.json", true},
        {"wrapped/slog.json", true},          {"wrapped/gcp.json", true},
        {"wrapped/fluentbit.json", true},     {"wrapped/kubectl.log", true},
        {"wrapped/logcli.txt", true},         {"wrapped/compose.log", false},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct slice in = trace_plain(files[i].file);
        struct session *s = load(in);
        char values[SERIES_TEXT];

        cr_assert_eq(s->process_count, 1, "%s", files[i].file);
        cr_expect_str_eq(process_values(values, s, s->processes[0], "heap.live", 100),
                         "2097152 4194304 2097152 2097152 5242880 4194304 5242880",
                         "%s: %s", files[i].file, values);
        cr_expect_eq(s->has_wall, files[i].has_wall, "%s", files[i].file);
        cr_expect_eq(s->sources[0]->diag.skipped, 0, "%s", files[i].file);
        session_destroy(s);
        test_free(in);
    }
}

Test(unwrap_load, a_prefix_of_ones_own)
{
    struct slice in = trace_plain("wrapped/custom.log");
    struct err err = {0};
    struct loader_options options = {0};
    struct session *s;

    options.pattern =
        unwrap_pattern_create("(?<time>[^|]*)\\|(?<source>[^|]*)\\|[A-Z]*\\|", &err);
    if (!options.pattern)
        cr_skip_test("%s", err.reason);
    s = load_with(in, &options);
    cr_expect_str_eq(s->sources[0]->wrapping, "prefix");
    cr_assert_eq(s->process_count, 1);
    cr_expect_str_eq(s->processes[0]->name, "api");
    cr_expect(s->has_wall);
    session_destroy(s);
    unwrap_pattern_destroy((struct unwrap_pattern *)(uintptr_t)options.pattern);
    test_free(in);
}
