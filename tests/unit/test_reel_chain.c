/* Recordings that follow each other tell what one would have told. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "model/units.h"
#include "replay/loader.h"
#include "replay/recording.h"
#include "replay/transcript.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(reel_chain, .fini = test_abort_on_leak);

#define T0 (INT64_C(1795276800) * NS_PER_S) /* 2026-11-21T16:00:00Z */
#define S(n) (T0 + (int64_t)(n)*NS_PER_S)
#define URL "http://127.0.0.1:6060/debug/vars"
#define LIMIT_BYTES (1024.0 * 1024 * 1024)

struct scratch {
    char folder[64], whole[96], cut[96];
};

static void scratch_init(struct scratch *s)
{
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/heapreel-chain-XXXXXX");
    cr_assert(mkdtemp(s->folder));
    (void)snprintf(s->whole, sizeof s->whole, "%s/whole.reel", s->folder);
    (void)snprintf(s->cut, sizeof s->cut, "%s/cut.reel", s->folder);
}

/* The paths of its files whose names begin so, the last first: the order in which they
 * are named must not matter. */
static size_t paths_of(const struct scratch *s, const char *start, char *paths[],
                       size_t max)
{
    DIR *dir = opendir(s->folder);
    const struct dirent *entry;
    size_t count = 0;

    cr_assert(dir);
    while ((entry = readdir(dir))) {
        struct text path = {0};
        size_t at = count;

        if (entry->d_name[0] == '.' ||
            !slice_starts(slice_str(entry->d_name), slice_str(start)))
            continue;
        cr_assert_lt(count, max);
        text_printf(&path, "%s/%s", s->folder, entry->d_name);
        for (; at > 0 && strcmp(paths[at - 1], path.ptr) < 0; at--)
            paths[at] = paths[at - 1];
        paths[at] = path.ptr;
        count++;
    }
    (void)closedir(dir);
    return count;
}

static void scratch_finish(struct scratch *s)
{
    char *paths[64];
    size_t count = paths_of(s, "", paths, COUNT_OF(paths));

    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(unlink(paths[i]), 0);
        free(paths[i]);
    }
    cr_assert_eq(rmdir(s->folder), 0);
}

static void give(struct recording *r, enum entry_kind kind, unsigned flags,
                 unsigned source, int64_t time_ns, struct slice bytes)
{
    const struct entry e = {.kind = kind,
                            .flags = flags,
                            .source = source,
                            .time_ns = time_ns,
                            .pid = -1,
                            .bytes = bytes};

    recording_take(r, &e);
}

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    struct slice line = {rest->ptr, end ? (size_t)(end - rest->ptr) + 1 : rest->len};

    *rest = slice_after(*rest, line.len);
    return line;
}

/* When a line of the trace was written: "gc 1 @0.053s …"; as the line before otherwise.
 */
static int64_t time_of(struct slice line, int64_t before_ns)
{
    const char *at = line.len ? memchr(line.ptr, '@', line.len) : NULL;
    struct slice number;
    double seconds;

    if (!at)
        return before_ns;
    number = slice_after(line, (size_t)(at - line.ptr) + 1);
    return num_take_double(&number, &seconds) ? T0 + num_i64_of_double(seconds * 1e9)
                                              : before_ns;
}

/* A service that leaks, as its log and its address tell of it; looked at once a second.
 */
static void give_service(struct recording *r)
{
    struct slice log = trace_plain("lateleak/gctrace.log"), log_rest = log;
    struct slice vars = trace_plain("lateleak/memstats.ndjson.zst"), vars_rest = vars;
    struct slice line = take_line(&log_rest);
    int64_t line_ns = T0, now_ns = T0;

    give(r, ENTRY_SOURCE, ENTRY_IS_STREAM, 1, T0, SLICE("app.log"));
    give(r, ENTRY_SOURCE, 0, 2, T0, SLICE(URL));
    give(r, ENTRY_SOURCE, 0, 3, T0, SLICE("pid:7"));
    for (int i = 0; vars_rest.len > 0; i++) {
        now_ns = S(i);
        for (; line.len > 0 && (line_ns = time_of(line, line_ns)) <= now_ns;
             line = take_line(&log_rest))
            give(r, ENTRY_DATA, 0, 1, line_ns, line);
        give(r, ENTRY_DATA, 0, 2, now_ns, take_line(&vars_rest));
        if (i == 20)
            give(r, ENTRY_END, 0, 3, now_ns, SLICE("gone"));
        give(r, ENTRY_BEAT, 0, 0, now_ns, SLICE(""));
        recording_flush(r, now_ns);
    }
    test_free(log);
    test_free(vars);
}

static void record(struct recording *r, const char *path, const struct keep *keep,
                   int64_t now_ns)
{
    struct err err = {0};

    cr_assert(recording_begin(r, path, keep, now_ns, &err), "%s", err.reason);
}

static void finish(struct recording *r)
{
    struct err err = {0};

    cr_assert_null(recording_trouble(r));
    cr_assert(recording_end(r, &err), "%s", err.reason);
    recording_destroy(r);
}

/* `log` NULL: nobody reads what streams printed. */
static struct session *load_log(char *const paths[], size_t count, struct transcript *log)
{
    struct session *s = session_create();
    struct loader_options options = {.transcript = log};
    struct loader *l;

    s->limit_bytes = LIMIT_BYTES;
    s->limit_source = "--limit";
    s->is_limit_given = true;
    options.watch = watch_create(s, NULL);
    l = loader_create(s, &options);
    for (size_t i = 0; i < count; i++)
        loader_add(l, paths[i]);
    while (loader_step(l, INT64_MAX))
        continue;
    loader_destroy(l);
    watch_catch_up(options.watch);
    watch_destroy(options.watch);
    return s;
}

static struct session *load(char *const paths[], size_t count)
{
    return load_log(paths, count, NULL);
}

static void put_events(struct text *t, struct event *const events[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct event *e = events[i];

        text_printf(t, "%d at %lld, known %lld, metric %u: %s\n", (int)e->kind,
                    (long long)e->time_ns, (long long)event_known_ns(e), e->metric,
                    e->message ? e->message : "");
    }
}

/* All that a report is made of. */
static void put_session(struct text *t, const struct session *s)
{
    for (size_t i = 0; i < s->process_count; i++) {
        const struct process *p = s->processes[i];

        text_printf(t, "process %u, pid %lld, %s:", p->id, (long long)p->pid,
                    p->exact_version ? p->exact_version : "?");
        for (size_t j = 0; j < p->track_count; j++)
            text_printf(t, " %zu rows of %s", table_row_count(p->tracks[j]->table),
                        p->tracks[j]->source->path);
        text_put_char(t, '\n');
    }
    put_events(t, s->events, s->event_count);
    put_events(t, s->findings, s->finding_count);
}

Test(reel_chain, cut_or_whole_is_the_same)
{
    const struct keep all = {0};
    struct scratch s;
    struct recording *r = recording_create();
    struct session *session;
    struct text whole = {0}, cut = {0};
    struct keep keep;
    char *paths[64], *path;
    size_t count;

    scratch_init(&s);
    record(r, s.whole, &all, T0);
    give_service(r);
    /* All of it may stay: nothing is dropped, only cut. */
    keep = (struct keep){.bytes = recording_bytes(r) * 2};
    finish(r);
    r = recording_create();
    record(r, s.cut, &keep, T0);
    give_service(r);
    finish(r);

    path = s.whole;
    session = load(&path, 1);
    cr_expect(session->is_streamed);
    cr_expect_gt(session->finding_count, 1);
    put_session(&whole, session);
    session_destroy(session);

    count = paths_of(&s, "cut.", paths, COUNT_OF(paths));
    cr_expect_geq(count, 4, "%zu files", count);
    session = load(paths, count);
    cr_expect(session->is_streamed);
    put_session(&cut, session);
    session_destroy(session);
    cr_expect_str_eq(text_str(&cut), text_str(&whole));

    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    text_finish(&cut);
    text_finish(&whole);
    scratch_finish(&s);
}

/* Ten documents, one a second. */
static void give_documents(struct recording *r, unsigned source, const char *name,
                           int from, int to)
{
    struct slice vars = trace_plain("lateleak/memstats.ndjson.zst"), rest = vars;

    give(r, ENTRY_SOURCE, 0, source, S(from), slice_str(name));
    for (int i = 0; i < to; i++) {
        struct slice line = take_line(&rest);

        if (i < from)
            continue;
        give(r, ENTRY_DATA, 0, source, S(i), line);
        give(r, ENTRY_BEAT, 0, 0, S(i), SLICE(""));
        recording_flush(r, S(i));
    }
    test_free(vars);
}

static size_t rows_of(const struct process *p)
{
    size_t count = 0;

    for (size_t i = 0; i < p->track_count; i++)
        count += table_row_count(p->tracks[i]->table);
    return count;
}

/* Its sources are numbered anew, and are the same all the same. */
Test(reel_chain, a_recorder_that_was_started_again_goes_on)
{
    const struct keep keep = {.ns = 3600 * NS_PER_S};
    struct scratch s;
    struct session *session;
    struct recording *r = recording_create();
    char *paths[8];
    size_t count;

    scratch_init(&s);
    record(r, s.cut, &keep, S(0));
    give(r, ENTRY_SOURCE, 0, 1, S(0), SLICE("pid:7"));
    give_documents(r, 2, URL, 0, 30);
    finish(r);
    r = recording_create();
    record(r, s.cut, &keep, S(60));
    give_documents(r, 1, URL, 60, 100);
    finish(r);

    count = paths_of(&s, "cut.", paths, COUNT_OF(paths));
    cr_assert_eq(count, 2);
    session = load(paths, count);
    cr_expect(session->is_streamed);
    cr_expect_eq(session->process_count, 1);
    /* 70 documents, and a gap between them. */
    cr_expect_eq(rows_of(session->processes[0]), 71);
    /* The two files, the address, and the process that is gone. */
    cr_expect_eq(session->source_count, 4);
    for (size_t i = 0; i < session->source_count; i++)
        cr_expect_eq(session->sources[i]->diag.reason_count, 0);
    session_destroy(session);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    scratch_finish(&s);
}

/* Two services that were recorded at the same time remain two. */
Test(reel_chain, what_overlaps_does_not_follow)
{
    const struct keep all = {0};
    struct scratch s;
    struct session *session;
    struct recording *r;
    char *paths[8];
    size_t count;

    scratch_init(&s);
    r = recording_create();
    record(r, s.cut, &all, S(0));
    give_documents(r, 1, URL, 0, 40);
    finish(r);
    r = recording_create();
    record(r, s.whole, &all, S(20));
    give_documents(r, 1, URL, 20, 50);
    finish(r);

    count = paths_of(&s, "", paths, COUNT_OF(paths));
    cr_assert_eq(count, 2);
    session = load(paths, count);
    cr_expect(!session->is_streamed);
    cr_expect_eq(session->source_count, 4);
    session_destroy(session);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    scratch_finish(&s);
}

/* A file a quarter of an hour, two hours of them. */
static size_t record_hours(const struct scratch *s, char *paths[], size_t max)
{
    const struct keep keep = {.ns = 120 * 60 * NS_PER_S};
    struct recording *r = recording_create();
    struct slice vars = trace_plain("lateleak/memstats.ndjson.zst"), rest = vars;

    record(r, s->cut, &keep, T0);
    give(r, ENTRY_SOURCE, 0, 1, T0, SLICE(URL));
    for (int i = 0; i < 120; i++) {
        give(r, ENTRY_DATA, 0, 1, S(i * 60), take_line(&rest));
        give(r, ENTRY_BEAT, 0, 0, S(i * 60), SLICE(""));
        recording_flush(r, S(i * 60));
    }
    finish(r);
    test_free(vars);
    return paths_of(s, "cut.", paths, max);
}

/* How many minutes of them are read, and whether the loader says from when on. */
static size_t minutes_read(char *const paths[], size_t count, const char *from,
                           uint64_t above_bytes, int64_t *before_ns)
{
    struct loader_options options = {.seek_above_bytes = above_bytes};
    struct session *s = session_create();
    struct loader *l;
    bool has_skipped;
    size_t rows;

    cr_assert(time_arg_parse(slice_str(from), &options.from));
    l = loader_create(s, &options);
    for (size_t i = 0; i < count; i++)
        loader_add(l, paths[i]);
    while (loader_step(l, INT64_MAX))
        continue;
    has_skipped = loader_has_skipped(l, before_ns);
    cr_expect_eq(has_skipped, *before_ns != 0);
    loader_destroy(l);
    cr_assert_eq(s->process_count, 1);
    rows = rows_of(s->processes[0]);
    session_destroy(s);
    return rows;
}

/* Of what is large, an hour before --from is enough; of all else everything is read. */
Test(reel_chain, the_front_of_a_large_one_is_not_read)
{
    struct scratch s;
    char *paths[16];
    size_t count;
    int64_t before_ns;

    scratch_init(&s);
    count = record_hours(&s, paths, COUNT_OF(paths));
    cr_expect_eq(count, 8);
    /* The last minute is the 119th; 5 min before it, and an hour. */
    cr_expect_eq(minutes_read(paths, count, "-5m", 1, &before_ns), 120 - 54);
    cr_expect_eq(before_ns, S(54 * 60));
    cr_expect_eq(minutes_read(paths, count, "2026-11-21T17:31:30Z", 1, &before_ns),
                 120 - 31);
    cr_expect_eq(minutes_read(paths, count, "17:31:30", 1, &before_ns), 120 - 31);
    cr_expect_eq(minutes_read(paths, count, "-5m", 0, &before_ns), 120);
    cr_expect_eq(before_ns, 0);
    cr_expect_eq(minutes_read(paths, count, "+1h54m", 1, &before_ns), 120);
    cr_expect_eq(minutes_read(paths, count, "95%", 1, &before_ns), 120);
    cr_expect_eq(minutes_read(paths, count, "-2h", 1, &before_ns), 120);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    scratch_finish(&s);
}

/* The lines [from, to) of a log that a recorder is given at the time, as history first.
 */
static void give_lines(struct recording *r, int from, int to, int history, int64_t now_ns)
{
    struct slice log = trace_plain("lateleak/gctrace.log"), rest = log;

    for (int i = 0; i < to && rest.len > 0; i++) {
        struct slice line = take_line(&rest);

        if (i >= from)
            give(r, ENTRY_DATA, i < history ? ENTRY_IS_HISTORY : 0, 1, now_ns, line);
        if (i == history)
            give(r, ENTRY_BEAT, 0, 0, now_ns, SLICE(""));
    }
    recording_flush(r, now_ns);
    test_free(log);
}

/* The rows of each process of two recordings, one behind the other. */
static void load_both(const struct scratch *s, struct text *rows)
{
    char *paths[8];
    size_t count = paths_of(s, "cut.", paths, COUNT_OF(paths));
    struct session *session;

    cr_assert_eq(count, 2);
    session = load(paths, count);
    for (size_t i = 0; i < session->process_count; i++)
        text_printf(rows, "%zu ", rows_of(session->processes[i]));
    session_destroy(session);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
}

/* The second recorder begins at the front of the log: 12 lines more in the meantime, and
 * then some. Or it was replaced by one that is shorter. */
Test(reel_chain, a_log_that_is_read_twice_is_told_once)
{
    static const struct {
        int from, to, history;
        const char *rows;
    } second[] = {
        /* A line is the service's own in 30, which make no rows. */
        {0, 60, 52, "58 "}, {0, 40, 40, "39 "},  {0, 41, 40, "40 "},
        {0, 41, 41, "40 "}, {45, 50, 50, "44 "}, {0, 20, 20, "39 19 "},
    };

    for (size_t i = 0; i < COUNT_OF(second); i++) {
        const struct keep keep = {.bytes = 1 << 20};
        struct recording *r = recording_create();
        struct scratch s;
        struct text rows = {0};

        scratch_init(&s);
        record(r, s.cut, &keep, S(0));
        give(r, ENTRY_SOURCE, ENTRY_IS_STREAM, 1, S(0), SLICE("app.log"));
        give_lines(r, 0, 40, 40, S(0));
        finish(r);
        r = recording_create();
        record(r, s.cut, &keep, S(60));
        give(r, ENTRY_SOURCE, ENTRY_IS_STREAM, 1, S(60), SLICE("app.log"));
        give_lines(r, second[i].from, second[i].to, second[i].history, S(60));
        finish(r);
        load_both(&s, &rows);
        cr_expect_str_eq(text_str(&rows), second[i].rows, "%zu: %s", i, text_str(&rows));
        text_finish(&rows);
        scratch_finish(&s);
    }
}

/* What a program printed is in its recording, and when. */
Test(reel_chain, what_was_printed_can_be_read_again)
{
    const struct keep all = {0};
    struct scratch s;
    struct recording *r = recording_create();
    struct transcript *log = transcript_create();
    struct session *session;
    struct transcript_line line;
    char *path;

    scratch_init(&s);
    record(r, s.whole, &all, T0);
    give(r, ENTRY_SOURCE, 0, 1, T0, SLICE(URL));
    give(r, ENTRY_SOURCE, ENTRY_IS_STREAM, 2, T0, SLICE("server stderr"));
    give(r, ENTRY_DATA, 0, 2, S(1), SLICE("listening on "));
    give(r, ENTRY_DATA, 0, 1, S(2), SLICE("{}"));
    give(r, ENTRY_DATA, 0, 2, S(3), SLICE(":6060\nfatal: no"));
    give(r, ENTRY_END, 0, 2, S(4), SLICE("exit 2"));
    finish(r);
    path = s.whole;
    session = load_log(&path, 1, log);
    cr_assert_eq(transcript_end(log), 2);
    line = transcript_line(log, 0);
    cr_expect(slice_eq(line.text, SLICE("listening on :6060")));
    cr_expect_eq(line.time_ns, S(1));
    cr_expect_str_eq(session->sources[line.source]->path, "server stderr");
    cr_expect(slice_eq(transcript_line(log, 1).text, SLICE("fatal: no")));
    transcript_destroy(log);
    session_destroy(session);
    scratch_finish(&s);
}
