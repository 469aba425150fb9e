/* MemStats snapshots as rows: restarts, the pause ring, what is derived. */
#include <criterion/criterion.h>

#include "model/align.h"
#include "model/base/text.h"
#include "model/ingest.h"
#include "parsers/memstats.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(ingest_mem, .fini = test_abort_on_leak);

static const char two_runs[] =
    "{\"time\":\"2026-11-21T12:00:00Z\",\"HeapAlloc\":10,\"Sys\":100,\"TotalAlloc\":1000,"
    "\"Mallocs\":50,\"NumGC\":3,\"Queue\":7,\"CacheSys\":1,\"WaitNs\":2}\n"
    "{\"time\":\"2026-11-21T12:00:02Z\",\"HeapAlloc\":20,\"Sys\":100,\"TotalAlloc\":5000,"
    "\"Mallocs\":60,\"NumGC\":4,\"Late\":9,\"Queue\":8}\n"
    /* No time of its own: the last collection's is a lower bound. */
    "{\"LastGC\":1795262403000000000,\"HeapAlloc\":25,\"Sys\":100,\"TotalAlloc\":5500,"
    "\"Mallocs\":60,\"NumGC\":4}\n"
    "{\"HeapAlloc\":25,\"Sys\":100,\"TotalAlloc\":5500,\"Mallocs\":60}\n"
    /* The counters fell: another process. */
    "{\"time\":\"2026-11-21T12:00:10Z\",\"HeapAlloc\":5,\"Sys\":90,\"TotalAlloc\":40,"
    "\"Mallocs\":6,\"NumGC\":1}\n"
    "{\"time\":\"2026-11-21T12:00:11Z\",\"HeapAlloc\":6,\"Sys\":90,\"TotalAlloc\":140,"
    "\"Mallocs\":7,\"NumGC\":0}\n";

static const struct {
    size_t process;
    const char *series, *values;
} values[] = {
    {0, "heap.alloc", "10 20 25"},
    {0, "mem.sys", "100 100 100"},
    {0, "alloc.rate", "- 2000 -"},
    /* the third says no time of its own */ {0, "gc.cycles", "3 4 4"},
    {0, "x.Queue", "7 8 -"},
    {0, "x.Late", "- 9 -"},
    {0, "x.CacheSys", "1 - -"},
    {0, "heap.goal", "- - -"},
    {1, "heap.alloc", "5"},
    {1, "alloc.rate", "-"},
    {2, "heap.alloc", "6"},
    {2, "gc.cycles", "0"},
};

Test(ingest_mem, rows_and_restarts)
{
    struct session *s = session_create();
    struct source *source =
        session_add_text(s, "mem", &memstats_parser, slice_str(two_runs));
    char got[SERIES_TEXT];

    cr_assert_eq(s->process_count, 3);
    cr_expect_eq(source->records, 5);
    cr_expect_eq(source->diag.skipped, 1);
    cr_expect_str_eq(source->diag.kept[0].reason,
                     "snapshot has neither a time nor a LastGC");
    cr_expect_eq(source->diag.kept[0].line, 4);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        cr_expect_str_eq(
            process_values(got, s, s->processes[values[i].process], values[i].series, 50),
            values[i].values, "process %zu, %s: %s", values[i].process, values[i].series,
            got);
    session_destroy(s);
}

/* Nothing says when: as old as the file, a second apart, the last being the newest. */
Test(ingest_mem, files_without_times)
{
    static const char in[] = "{\"HeapAlloc\":1,\"Sys\":9}\n{\"HeapAlloc\":2,\"Sys\":9}\n"
                             "{\"HeapAlloc\":3,\"Sys\":9}\n";
    struct session *s = session_create();
    struct source *source =
        session_add_text(s, "mem-20261121-120000.json", &memstats_parser, slice_str(in));
    int64_t from_ns, to_ns;

    cr_expect_eq(source->diag.skipped, 0, "%s", source->diag.kept[0].reason);
    cr_assert_eq(s->process_count, 1);
    cr_expect_eq(s->processes[0]->tracks[0]->clock, CLOCK_FILE);
    align_session(s);
    cr_assert(session_span(s, &from_ns, &to_ns));
    cr_expect_eq(to_ns, unit_unix_ns(2026, 11, 21, 12 * 3600 * NS_PER_S));
    cr_expect_eq(to_ns - from_ns, 2 * NS_PER_S);
    session_destroy(s);
}

/* The first collection brings the time: one process nevertheless. */
Test(ingest_mem, times_from_the_first_collection_on)
{
    static const char in[] =
        "{\"HeapAlloc\":1,\"Sys\":9,\"TotalAlloc\":5,\"LastGC\":0,\"NumGC\":0}\n"
        "{\"HeapAlloc\":2,\"Sys\":9,\"TotalAlloc\":6,\"LastGC\":1795262403000000000,"
        "\"NumGC\":1}\n";
    struct session *s = session_create();
    struct source *source = session_add_text(s, "mem", &memstats_parser, slice_str(in));

    cr_expect_eq(source->diag.skipped, 0, "%s", source->diag.kept[0].reason);
    cr_expect_eq(s->process_count, 1);
    cr_expect_eq(s->processes[0]->track_count, 2);
    cr_expect_eq(s->processes[0]->tracks[0]->clock, CLOCK_NONE);
    cr_expect_eq(s->processes[0]->tracks[1]->clock, CLOCK_WALL);
    session_destroy(s);
}

/* NumGC has 32 bits: what goes on at 0 is no restart while the other counters grow. */
Test(ingest_mem, num_gc_wraps)
{
    static const char in[] =
        "{\"ts\":1795262400,\"HeapAlloc\":1,\"Sys\":9,\"TotalAlloc\":5,\"NumGC\":"
        "4294967295}\n"
        "{\"ts\":1795262401,\"HeapAlloc\":1,\"Sys\":9,\"TotalAlloc\":6,\"NumGC\":2}\n"
        "{\"ts\":1795262402,\"HeapAlloc\":1,\"Sys\":9,\"TotalAlloc\":7,\"NumGC\":3}\n"
        "{\"ts\":1795262403,\"HeapAlloc\":1,\"Sys\":9,\"TotalAlloc\":8,\"NumGC\":1}\n";
    struct session *s = session_create();
    char got[SERIES_TEXT];

    (void)session_add_text(s, "mem", &memstats_parser, slice_str(in));
    cr_assert_eq(s->process_count, 2);
    cr_expect_str_eq(process_values(got, s, s->processes[0], "gc.cycles", 9),
                     "4294967295 4294967298 4294967299", "%s", got);
    session_destroy(s);
}

Test(ingest_mem, program_and_offheap)
{
    static const char in[] =
        "{\"cmdline\":[\"/usr/bin/"
        "service\",\"-x\"],\"memstats\":{\"HeapAlloc\":1,\"Sys\":90,"
        "\"HeapReleased\":20,\"LastGC\":1795262403000000000},\"rss_bytes\":100}";
    struct session *s = session_create();
    char got[SERIES_TEXT];

    (void)session_add_text(s, "mem", &memstats_parser, slice_str(in));
    cr_assert_eq(s->process_count, 1);
    cr_expect_str_eq(s->processes[0]->name, "service");
    cr_expect_str_eq(process_values(got, s, s->processes[0], "mem.offheap", 9), "30",
                     "%s", got);
    session_destroy(s);
}

static const struct {
    const char *name;
    enum unit unit;
} units[] = {{"Queue", UNIT_NONE},
             {"CacheSys", UNIT_BYTES},
             {"WaitNs", UNIT_NS},
             {"LastGC", UNIT_UNIX_NS}};

Test(ingest_mem, extras_have_units)
{
    struct session *s = session_create();

    (void)session_add_text(s, "mem", &memstats_parser, slice_str(two_runs));
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        uint32_t metric;

        cr_assert(metric_find(&s->metrics, slice_str(units[i].name), &metric), "%s",
                  units[i].name);
        cr_expect_eq(metric_unit(&s->metrics, metric), units[i].unit, "%s",
                     units[i].name);
    }
    session_destroy(s);
}

/* A snapshot after `cycles` collections, the i-th of them ending at second i and taking
 * i us. */
static void put_snapshot(struct text *t, unsigned cycles)
{
    uint64_t ring[2][256] = {{0}};

    for (unsigned i = 1; i <= cycles; i++) {
        ring[0][(i + 255) % 256] = i * 1000;
        ring[1][(i + 255) % 256] =
            UINT64_C(1795262400000000000) + i * UINT64_C(1000000000);
    }
    text_printf(t, "{\"HeapAlloc\":1,\"Sys\":2,\"NumGC\":%u,\"LastGC\":%llu", cycles,
                1795262400000000000ull + cycles * 1000000000ull);
    for (unsigned k = 0; k < 2; k++) {
        text_printf(t, ",\"%s\":[", k ? "PauseEnd" : "PauseNs");
        for (unsigned i = 0; i < 256; i++)
            text_printf(t, "%s%llu", i ? "," : "", (unsigned long long)ring[k][i]);
        text_put_str(t, "]");
    }
    text_put_str(t, "}\n");
}

/* The machine's clock was set back by ten seconds between two snapshots: cycles are
 * counted, not times. */
Test(ingest_mem, pauses_over_a_clock_step)
{
    struct session *s = session_create();
    struct mem_snapshot snapshot = mem_snapshot_empty();
    struct ingest *in = ingest_create(s, session_add_source(s, "mem"));
    const struct sink *sink = ingest_sink(in);
    double pauses[] = {1000, 2000, 3000, 4000};
    int64_t ends[] = {100 * NS_PER_S, 101 * NS_PER_S, 92 * NS_PER_S, 93 * NS_PER_S};
    char got[SERIES_TEXT];

    snapshot.has_time = snapshot.has_num_gc = true;
    snapshot.time_ns = 102 * NS_PER_S;
    snapshot.pause_ns = pauses;
    snapshot.pause_end_ns = ends;
    for (unsigned n = 2; n <= 4; n++) {
        snapshot.num_gc = snapshot.pause_count = n;
        cr_expect_null(sink->mem_snapshot(sink->user, &snapshot));
        cr_expect_null(sink->mem_snapshot(sink->user, &snapshot));
    }
    cr_expect_str_eq(process_values(got, s, s->processes[0], "gc.pause", 9),
                     "1000 2000 3000 4000", "%s", got);
    ingest_destroy(in);
    session_destroy(s);
}

/* Overlapping rings, one that ran past 256, one that lost some, the same one again. */
Test(ingest_mem, each_pause_once)
{
    static const unsigned cycles[] = {2, 2, 5, 256, 257, 300, 1000, 1001};
    struct session *s = session_create();
    struct text t = {0};
    const struct process *p;
    const struct table *pauses = NULL;
    double pause, before = 0;

    for (size_t i = 0; i < COUNT_OF(cycles); i++)
        put_snapshot(&t, cycles[i]);
    (void)session_add_text(s, "mem", &memstats_parser, slice_of(t.ptr, t.len));
    cr_assert_eq(s->process_count, 1);
    p = s->processes[0];
    for (size_t i = 0; i < p->track_count; i++) {
        if (table_column_metric(p->tracks[i]->table, 0) == METRIC_GC_PAUSE)
            pauses = p->tracks[i]->table;
    }
    cr_assert_not_null(pauses);
    /* 1 … 300 and 745 … 1001 */
    cr_expect_eq(table_row_count(pauses), 300 + 257, "%zu", table_row_count(pauses));
    for (size_t i = 0; i < table_row_count(pauses); i++) {
        cr_assert(table_cell(pauses, 0, i, &pause));
        cr_expect_eq(pause, i < 300 ? (double)(i + 1) * 1000 : (double)(i + 445) * 1000,
                     "row %zu: %g", i, pause);
        cr_expect_eq(table_row_time(pauses, i),
                     INT64_C(1795262400000000000) + (int64_t)(pause / 1000) * 1000000000);
        cr_expect_gt(pause, before);
        before = pause;
    }
    text_finish(&t);
    session_destroy(s);
}

static const char *const real_rings[] = {
    "memstats/gen-go1.15-memstats.json", "memstats/gen-go1.19-memstats.json",
    "memstats/gen-go1.24-memstats.json", "memstats/gen-go1.27-memstats.json"};

/* PauseTotalNs is the sum of them all while no more than the ring holds were made. */
Test(ingest_mem, real_pauses_add_up)
{
    for (size_t i = 0; i < COUNT_OF(real_rings); i++) {
        struct session *s = session_create();
        struct slice one = trace_plain(real_rings[i]);
        struct text twice = {0};
        struct series series;
        struct summary sum;
        uint32_t metric;
        double total;

        text_put(&twice, one);
        text_put_str(&twice, "\n");
        text_put(&twice, one);
        (void)session_add_text(s, "mem", &memstats_parser,
                               slice_of(twice.ptr, twice.len));
        cr_assert_eq(s->process_count, 1, "%s", real_rings[i]);
        cr_assert(session_series(s, s->processes[0], METRIC_GC_PAUSE, &series));
        sum = series_summary(&series);
        cr_assert(metric_find(&s->metrics, SLICE("PauseTotalNs"), &metric));
        cr_assert(session_series(s, s->processes[0], metric, &series));
        total = series_summary(&series).last;
        cr_expect_eq(sum.mean * (double)sum.points, total, "%s: %g not %g", real_rings[i],
                     sum.mean * (double)sum.points, total);
        text_finish(&twice);
        test_free(one);
        session_destroy(s);
    }
}

/* An input that invents names without end does not grow the session without end. */
Test(ingest_mem, names_are_limited)
{
    struct session *s = session_create();
    struct text t = {0};
    struct source *source;

    for (unsigned i = 0; i < METRIC_EXTRA_MAX + 8; i += 8) {
        text_put_str(&t, "{\"HeapAlloc\":1,\"Sys\":2,\"LastGC\":5");
        for (unsigned k = 0; k < 8; k++)
            text_printf(&t, ",\"n%u\":1", i + k);
        text_put_str(&t, "}\n");
    }
    source = session_add_text(s, "mem", &memstats_parser, slice_of(t.ptr, t.len));
    cr_expect_eq(s->metrics.count, METRIC_EXTRA_MAX);
    cr_expect_eq(source->records, METRIC_EXTRA_MAX / 8 + 1);
    cr_expect_eq(source->diag.skipped, 2, "%llu",
                 (unsigned long long)source->diag.skipped);
    text_finish(&t);
    session_destroy(s);
}
