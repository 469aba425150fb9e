#include <criterion/criterion.h>

#include "parsers/gcstats.h"
#include "parsers/memstats.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(gcstats, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&gcstats_parser, in);
}

/* The ends, oldest first, as date(1) turns the file's times into Unix ns. */
static const struct {
    const char *name, *want;
} files[] = {
    {"memstats/gen-go1.15-gcstats.json",
     "mem last_gc_ns=1795225470491899625 num_gc=5 x.PauseTotalNs=2653945"
     " x.LastGC=1795225470491899648"
     " pause@1795225470298437423=203772 pause@1795225470314706053=1998493"
     " pause@1795225470354060995=239820 pause@1795225470441365333=129590"
     " pause@1795225470491899625=82270\n"},
    {"memstats/gen-go1.19-gcstats.json",
     "mem last_gc_ns=1795225524104859730 num_gc=5 x.PauseTotalNs=1018131"
     " x.LastGC=1795225524104859648"
     " pause@1795225523940741802=50780 pause@1795225523957352832=555531"
     " pause@1795225523989482990=143700 pause@1795225524064505117=157310"
     " pause@1795225524104859730=110810\n"},
    {"memstats/gen-go1.24-gcstats.json",
     "mem last_gc_ns=1795225782263052486 num_gc=4 x.PauseTotalNs=1985362"
     " x.LastGC=1795225782263052544"
     " pause@1795225782063030292=1426602 pause@1795225782093760948=100511"
     " pause@1795225782176758569=378090 pause@1795225782263052486=80159\n"},
    {"memstats/gen-go1.27-gcstats.json",
     "mem last_gc_ns=1795225948927634812 num_gc=5 x.PauseTotalNs=768022"
     " x.LastGC=1795225948927634688"
     " pause@1795225948809778278=164191 pause@1795225948819302595=211430"
     " pause@1795225948838622640=142550 pause@1795225948886709847=168161"
     " pause@1795225948927634812=81690\n"},
};

Test(gcstats, real_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i].name);
        struct collected c = parse(in);

        cr_expect_eq(gcstats_parser.probe(in, true), PROBE_CERTAIN, "%s", files[i].name);
        cr_expect_eq(memstats_parser.probe(in, true), PROBE_NO, "%s", files[i].name);
        cr_expect_str_eq(text_str(&c.snapshots), files[i].want, "%s: %s", files[i].name,
                         text_str(&c.snapshots));
        cr_expect_eq(c.diag.skipped, 0, "%s", files[i].name);
        collected_finish(&c);
        test_free(in);
    }
}

static const struct {
    const char *in, *want, *reason;
} rows[] = {
    /* Before the first cycle. */
    {"{\"LastGC\":\"1970-01-01T00:00:00Z\",\"NumGC\":0,\"PauseTotal\":0,\"Pause\":[],"
     "\"PauseEnd\":[],\"PauseQuantiles\":null}",
     "mem num_gc=0 x.PauseTotalNs=0\n", NULL},
    {"{\"time\":\"2026-11-21T01:35:52Z\",\"num_gc\":1,\"pause_total\":5,\"pause\":[5],"
     "\"pause_end\":[\"2026-11-21T01:35:51Z\"]}",
     "mem time_ns=1795224952000000000 num_gc=1 x.PauseTotalNs=5"
     " pause@1795224951000000000=5\n",
     NULL},
    {"{\"NumGC\":2,\"Pause\":[5,6],\"PauseEnd\":[\"2026-11-21T01:35:51Z\"]}", "",
     "Pause and PauseEnd of different lengths"},
    {"{\"NumGC\":1,\"Pause\":[5],\"PauseEnd\":[\"soon\"]}", "", "malformed time"},
    {"{\"NumGC\":1,\"Pause\":[-5],\"PauseEnd\":[]}", "", "malformed number"},
    {"{\"NumGC\":-1}", "", "malformed number"},
    {"{\"time\":\"soon\",\"NumGC\":1}", "", "malformed time"},
    {"{\"NumGC\":1,\"LastGC\":true}", "", "malformed time"},
    {"{\"a\":1}", "", "no GCStats in this object"},
    {"{\"NumGC\":1,}", "", "expected a key"},
    {"{\"NumGC\":1", "", "cut off in the middle"},
};

Test(gcstats, odd_shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct collected c = parse(slice_str(rows[i].in));

        cr_expect_str_eq(text_str(&c.snapshots), rows[i].want, "%s gives %s", rows[i].in,
                         text_str(&c.snapshots));
        cr_expect_eq(c.diag.skipped, rows[i].reason != NULL, "%s", rows[i].in);
        if (rows[i].reason)
            cr_expect_str_eq(c.diag.kept[0].reason, rows[i].reason, "%s", rows[i].in);
        collected_finish(&c);
    }
}

Test(gcstats, every_truncation)
{
    struct slice in = trace_plain(files[0].name);

    for (struct damage d = damage_cut(&gcstats_parser, in, 1, in.len - 3);
         damage_next(&d);) {
        cr_expect_eq(d.c.snapshot_count, 0, "%zu bytes", d.at);
        cr_expect_eq(d.c.diag.skipped, 1, "%zu bytes", d.at);
    }
    test_free(in);
}

/* The same pauses as MemStats of the same process has, each once. */
Test(gcstats, agrees_with_memstats)
{
    struct session *s = session_create();
    struct series series;
    struct summary a, b;

    (void)session_add_trace(s, "memstats/gen-go1.15-gcstats.json");
    (void)session_add_trace(s, "memstats/gen-go1.15-memstats.json");
    cr_assert_eq(s->process_count, 2);
    cr_assert(session_series(s, s->processes[0], METRIC_GC_PAUSE, &series));
    a = series_summary(&series);
    cr_assert(session_series(s, s->processes[1], METRIC_GC_PAUSE, &series));
    b = series_summary(&series);
    cr_expect_eq(a.points, 5);
    cr_expect_eq(a.points, b.points);
    cr_expect_eq(a.mean, b.mean);
    cr_expect_eq(a.max, b.max);
    session_destroy(s);
}
