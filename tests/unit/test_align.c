/* Sources of one process on one clock, and others kept apart. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/align.h"
#include "model/ingest.h"
#include "parsers/gctrace.h"
#include "parsers/memstats.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(align, .fini = test_abort_on_leak);

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

/* Every recording in traces/ that has both. */
static const struct {
    const char *gctrace, *memstats, *truth;
} recordings[] = {
#define RECORDING(name, log, mem)                                                        \
    {                                                                                    \
        name "/gctrace.log" log, name "/memstats.ndjson" mem, name "/truth.json"         \
    }
    RECORDING("anyjson", ".gz", ".xz"),   RECORDING("append", ".xz", ".zst"),
    RECORDING("burst", ".lz4", ".gz"),    RECORDING("daily", ".zst", ".xz"),
    RECORDING("diurnal", ".gz", ".zst"),  RECORDING("goroutines", ".xz", ".gz"),
    RECORDING("hotkey", "", ""),          RECORDING("lateleak", "", ".zst"),
    RECORDING("leak", "", ".gz"),         RECORDING("steady", ".gz", ".gz"),
    RECORDING("step", ".zst", ".gz"),     RECORDING("thrash", ".zst", ".lz4"),
    RECORDING("traffic", ".lz4", ".zst"), RECORDING("warmup", ".zst", ".gz"),
#undef RECORDING
};

static const struct track *log_track(const struct session *s)
{
    for (size_t i = 0; i < s->process_count; i++) {
        for (size_t k = 0; k < s->processes[i]->track_count; k++) {
            const struct track *t = s->processes[i]->tracks[k];

            if (strcmp(t->source->format, "gctrace") == 0)
                return t;
        }
    }
    return NULL;
}

/* "started": when the service's main began, after the runtime had been set up. */
static int64_t started_ns(const char *name)
{
    struct slice text = trace_plain(name);
    const char *key = "\"started\": \"";
    char copy[4096];
    const char *at;
    int64_t ns = 0;

    cr_assert_lt(text.len, sizeof copy);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    at = strstr(copy, key);
    cr_assert(at, "%s", name);
    at += strlen(key);
    cr_assert(unit_parse_rfc3339(slice_of(at, strcspn(at, "\"")), &ns), "%s", at);
    test_free(text);
    return ns;
}

/* The clock's zero is when the runtime was set up: before main began, but not long. */
static void expect_zero(const char *name, int64_t early_ns, int64_t limit_ns)
{
    cr_expect(early_ns >= 0 && early_ns < limit_ns, "%s: %.3f ms", name,
              (double)early_ns / 1e6);
}

static void expect_matched(const struct session *s, size_t i)
{
    const struct track *log = log_track(s);
    const char *name = recordings[i].gctrace;

    cr_assert_eq(s->process_count, 1, "%s", name);
    cr_expect(s->has_wall && log->clock == CLOCK_MATCHED, "%s", name);
    expect_zero(name, started_ns(recordings[i].truth) - log->origin_ns,
                strstr(name, "lateleak") ? 5 * MS : 100 * MS);
}

Test(align, recordings_by_their_snapshots)
{
    for (size_t i = 0; i < COUNT_OF(recordings); i++) {
        int64_t origin_ns[2];

        for (unsigned order = 0; order < 2; order++) {
            struct session *s = session_create();

            (void)session_add_trace(s, order ? recordings[i].memstats
                                             : recordings[i].gctrace);
            (void)session_add_trace(s, order ? recordings[i].gctrace
                                             : recordings[i].memstats);
            align_session(s);
            expect_matched(s, i);
            origin_ns[order] = log_track(s)->origin_ns;
            align_session(s);
            cr_expect_eq(log_track(s)->origin_ns, origin_ns[order], "again");
            session_destroy(s);
        }
        cr_expect_eq(origin_ns[0], origin_ns[1], "the order tells nothing");
    }
}

/* LastGC travels as a double, which counts today's nanoseconds in steps of 256. */
static bool is_near(int64_t a, int64_t b)
{
    return a - b <= 256 && b - a <= 256;
}

struct feed {
    struct ingest *in;
    void *state;
};

static void feed_open(struct feed *f, struct session *s)
{
    struct source *source = session_add_source(s, "mem");

    source->format = memstats_parser.name;
    f->in = ingest_create(s, source);
    f->state = calloc(1, memstats_parser.state_bytes);
    cr_assert(f->state &&
              memstats_parser.open(f->state, ingest_sink(f->in), &source->diag));
}

static void feed_close(struct feed *f)
{
    memstats_parser.close(f->state);
    free(f->state);
    ingest_destroy(f->in);
}

/* Aligned after every snapshot, as while loading. Returns the snapshot after which the
 * two were taken for one process, 0 for never. */
static size_t joined_after(const char *gctrace, struct slice memstats)
{
    struct session *s = session_create();
    struct feed f;
    size_t snapshot = 0, joined = 0;

    (void)session_add_trace(s, gctrace);
    feed_open(&f, s);
    s->is_loading = true;
    while (memstats.len && !joined) {
        const char *end = memchr(memstats.ptr, '\n', memstats.len);
        size_t len = end ? (size_t)(end - memstats.ptr) + 1 : memstats.len;
        struct err err;

        cr_assert(memstats_parser.feed(f.state, slice_first(memstats, len), &err));
        memstats = slice_after(memstats, len);
        snapshot++;
        if (snapshot < 100 || memstats.len == 0)
            align_session(s);
        joined = s->process_count == 1 ? snapshot : 0;
    }
    s->is_loading = false;
    align_session(s);
    if (!joined && s->process_count == 1)
        joined = snapshot;
    feed_close(&f);
    session_destroy(s);
    return joined;
}

/* Many of them are the same service under the same load: their first cycles come at much
 * the same times. */
Test(align, strangers_are_kept_apart)
{
    for (size_t k = 0; k < COUNT_OF(recordings); k++) {
        struct slice memstats = trace_plain(recordings[k].memstats);

        for (size_t i = 0; i < COUNT_OF(recordings); i++) {
            size_t after = joined_after(recordings[i].gctrace, memstats);

            if (i == k)
                cr_expect(after > 0, "%s", recordings[i].gctrace);
            else
                cr_expect_eq(after, 0, "%s and %s: joined after %zu",
                             recordings[i].gctrace, recordings[k].memstats, after);
        }
        test_free(memstats);
    }
}

#define LINE(n, at)                                                                      \
    "gc " #n " @" at                                                                     \
    "s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2 MB, 4 MB goal, 4 P\n"
#define SNAPSHOT(n, last)                                                                \
    "{\"HeapAlloc\":1,\"Sys\":2,\"NumGC\":" #n ",\"LastGC\":" last ",\"TotalAlloc\":" #n \
    "}\n"
#define LOG                                                                              \
    LINE(1, "1.000") LINE(2, "2.000") LINE(3, "3.000") LINE(4, "4.000") LINE(5, "5.000")

static const struct {
    const char *what, *log, *memstats;
    size_t processes;
    enum clock_kind clock;
    int64_t origin_ns; /* of the log */
} rows[] = {
    {"one snapshot is enough where there are no more", LOG,
     SNAPSHOT(3, "1795262403013000000"), 1, CLOCK_MATCHED, INT64_C(1795262400) * S},
    {"the least estimate is the best", LOG,
     SNAPSHOT(2, "1795262402013700000") SNAPSHOT(3, "1795262403013200000")
         SNAPSHOT(4, "1795262404013900000"),
     1, CLOCK_MATCHED, INT64_C(1795262400) * S + 200000},
    {"two that disagree", LOG,
     SNAPSHOT(2, "1795262402013000000") SNAPSHOT(3, "1795262403513000000"), 2,
     CLOCK_PROCESS, INT64_C(1795262402013000000)},
    {"cycles that the log has not", LOG, SNAPSHOT(9, "1795262403013000000"), 2,
     CLOCK_PROCESS, INT64_C(1795262403013000000)},
    {"its own stamps, where nothing matches",
     "2026-11-21T12:00:01.500Z " LINE(1, "1.000"), SNAPSHOT(9, "1795262403013000000"), 2,
     CLOCK_STAMPS, INT64_C(1795262400) * S + 487 * MS + 999999},
    {"a match is better than stamps", "2026-11-21T12:00:01.500Z " LINE(1, "1.000"),
     SNAPSHOT(1, "1795262401013000000"), 1, CLOCK_MATCHED, INT64_C(1795262400) * S},
};

Test(align, by_hand)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct session *s = session_create();
        const struct track *log;

        (void)session_add_text(s, "log", &gctrace_parser, slice_str(rows[i].log));
        (void)session_add_text(s, "mem", &memstats_parser, slice_str(rows[i].memstats));
        align_session(s);
        log = log_track(s);
        cr_expect_eq(s->process_count, rows[i].processes, "%s", rows[i].what);
        cr_expect_eq(log->clock, rows[i].clock, "%s: %s", rows[i].what,
                     clock_kind_name(log->clock));
        cr_expect(is_near(log->origin_ns, rows[i].origin_ns), "%s: %lld", rows[i].what,
                  (long long)log->origin_ns);
        cr_expect(s->has_wall, "%s", rows[i].what);
        session_destroy(s);
    }
}

/* Of stamps in front of lines the earliest end counts, of those above lines the latest:
 * the line is older than the one and not older than the other. */
static const struct {
    const char *what, *log;
    int64_t origin_ns;
} stamped[] = {
    {"own, whole seconds",
     "2026-11-21T12:00:01Z " LINE(1, "1.000") "2026-11-21T12:00:02Z " LINE(2, "2.000"),
     INT64_C(1795262400) * S + 987 * MS - 1},
    {"own, the second is closer",
     "2026-11-21T12:00:01.9Z " LINE(1, "1.000") "2026-11-21T12:00:02.1Z " LINE(2,
                                                                               "2.000"),
     INT64_C(1795262400) * S + 187 * MS - 1},
    {"above",
     "2026-11-21T12:00:01Z x\n" LINE(1, "1.000") "2026-11-21T12:00:02.1Z x\n" LINE(
         2, "2.000"),
     INT64_C(1795262400) * S + 87 * MS},
    {"own is better than above",
     "2026-11-21T12:00:05Z x\n" LINE(1, "1.000") "2026-11-21T12:00:02.1Z " LINE(2,
                                                                                "2.000"),
     INT64_C(1795262400) * S + 187 * MS - 1},
};

Test(align, stamps)
{
    for (size_t i = 0; i < COUNT_OF(stamped); i++) {
        struct session *s = session_create();

        (void)session_add_text(s, "log", &gctrace_parser, slice_str(stamped[i].log));
        align_session(s);
        cr_expect_eq(log_track(s)->clock, CLOCK_STAMPS, "%s", stamped[i].what);
        cr_expect_eq(log_track(s)->origin_ns, stamped[i].origin_ns, "%s: %lld",
                     stamped[i].what, (long long)log_track(s)->origin_ns);
        session_destroy(s);
    }
}

/* Two processes of one log, the second one from its first cycle on: it began when the
 * log had been running for 2.013 s. */
Test(align, start_of_a_log_without_a_clock)
{
    struct session *s = session_create();
    int64_t from_ns, to_ns;

    (void)session_add_text(s, "log", &gctrace_parser,
                           SLICE(LINE(1, "1.000") LINE(2, "2.000") LINE(1, "0.500")));
    align_session(s);
    cr_expect_not(s->has_wall);
    cr_assert_eq(s->process_count, 2);
    cr_expect_eq(s->processes[0]->tracks[0]->origin_ns, 0);
    cr_expect_eq(s->processes[1]->tracks[0]->origin_ns, 2013 * MS);
    s->has_start = true;
    s->start_ns = INT64_C(1795262400) * S;
    align_session(s);
    cr_expect(s->has_wall);
    cr_expect(session_span(s, &from_ns, &to_ns));
    cr_expect_eq(from_ns, INT64_C(1795262401) * S);
    cr_expect_eq(to_ns, INT64_C(1795262402) * S + 513 * MS);
    cr_expect_eq(s->processes[1]->tracks[0]->clock, CLOCK_START);
    session_destroy(s);
}

/* A restart without stamps in a log whose first run a snapshot places. */
Test(align, neighbours_tell_where_the_rest_stands)
{
    struct session *s = session_create();

    (void)session_add_text(s, "log", &gctrace_parser, SLICE(LOG LINE(1, "0.500")));
    (void)session_add_text(s, "mem", &memstats_parser,
                           SLICE(SNAPSHOT(2, "1795262402013000000")));
    align_session(s);
    cr_assert_eq(s->process_count, 2);
    cr_expect(is_near(s->processes[1]->tracks[0]->origin_ns,
                      INT64_C(1795262400) * S + 5013 * MS),
              "%lld", (long long)s->processes[1]->tracks[0]->origin_ns);
    session_destroy(s);
}
