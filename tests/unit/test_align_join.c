/* Which sources are of one process, and whom the kernel killed. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "model/align.h"
#include "model/ingest.h"
#include "tests/unit/support.h"

TestSuite(align_join, .fini = test_abort_on_leak);

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)
#define T0 (INT64_C(1795224984) * S)
#define MIB 1048576.0

struct bench {
    struct session *session;
    struct ingest *ingests[8];
    size_t count;
};

static const struct sink *open_source(struct bench *b, const char *path)
{
    struct source *source = session_add_source(b->session, path);

    b->ingests[b->count] = ingest_create(b->session, source);
    return ingest_sink(b->ingests[b->count++]);
}

static struct bench bench_open(void)
{
    return (struct bench){.session = session_create()};
}

static void bench_close(struct bench *b)
{
    for (size_t i = 0; i < b->count; i++)
        ingest_destroy(b->ingests[i]);
    session_destroy(b->session);
}

/* A service that allocates `rate` bytes a second from `start` on. */
static void put_counters(const struct sink *sink, int64_t time_ns, double start,
                         double rate)
{
    double total = start + rate * (double)(time_ns - T0) / (double)S;
    const struct sample_value values[] = {
        {METRIC_ALLOC_TOTAL, {0}, UNIT_BYTES, total},
        {METRIC_ALLOC_MALLOCS, {0}, UNIT_OBJECTS, floor(total / 100)},
        {METRIC_MEM_RSS, {0}, UNIT_BYTES, 300 * MIB},
    };
    struct sample sample = sample_empty();

    sample.shape = SLICE("prometheus");
    sample.time_kind = MOMENT_WALL;
    sample.time_ns = time_ns;
    sample.values = values;
    sample.count = COUNT_OF(values);
    cr_assert_null(sink->sample(sink->user, &sample));
}

static void put_cgroup(const struct sink *sink, int64_t time_ns, double use, double limit)
{
    const struct sample_value values[] = {
        {METRIC_MEM_CGROUP, {0}, UNIT_BYTES, use},
        {METRIC_MEM_LIMIT, {0}, UNIT_BYTES, limit},
    };
    struct sample sample = sample_empty();

    sample.shape = SLICE("cgroup");
    sample.subject = SUBJECT_CGROUP;
    sample.time_kind = MOMENT_WALL;
    sample.time_ns = time_ns;
    sample.values = values;
    sample.count = COUNT_OF(values);
    cr_assert_null(sink->sample(sink->user, &sample));
}

static void put_kill(const struct sink *sink, enum moment_kind kind, int64_t time_ns,
                     int64_t pid, double limit, double rss)
{
    struct notice notice = notice_empty(EVENT_OOM_KILLED);

    notice.time_kind = kind;
    notice.time_ns = time_ns;
    notice.pid = pid;
    notice.program = SLICE("lab");
    notice.limit_bytes = limit;
    notice.rss_bytes = rss;
    notice.message = SLICE("killed");
    cr_assert_null(sink->notice(sink->user, &notice));
}

/* One service, scraped by two at different times: one process. */
Test(align_join, counters_of_one_service)
{
    struct bench b = bench_open();
    const struct sink *often = open_source(&b, "a"), *rarely = open_source(&b, "b");

    for (int i = 0; i < 100; i++)
        put_counters(often, T0 + i * S, 5e6, 1e6);
    for (int i = 1; i < 7; i++)
        put_counters(rarely, T0 + i * 15 * S + 370 * MS, 5e6, 1e6);
    align_session(b.session);
    cr_expect_eq(b.session->process_count, 1);
    bench_close(&b);
}

/* Its twin under the same load started a little later: two processes. */
Test(align_join, counters_of_twins)
{
    struct bench b = bench_open();
    const struct sink *one = open_source(&b, "a"), *other = open_source(&b, "b");

    for (int i = 0; i < 100; i++) {
        put_counters(one, T0 + i * S, 5e6, 1e6);
        put_counters(other, T0 + i * S + 300 * MS, 1e6, 1e6);
    }
    align_session(b.session);
    cr_expect_eq(b.session->process_count, 2);
    bench_close(&b);
}

/* Counters that fall begin another run, and what both say stays apart. */
Test(align_join, a_restart_is_another_process)
{
    struct bench b = bench_open();
    const struct sink *sink = open_source(&b, "a");
    int64_t from, to;

    for (int i = 0; i < 10; i++)
        put_counters(sink, T0 + i * S, 5e6, 1e6);
    for (int i = 10; i < 20; i++)
        put_counters(sink, T0 + i * S, -9e6, 1e6);
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 2);
    cr_assert(process_span(b.session->processes[1], &from, &to));
    cr_expect_eq(from, T0 + 10 * S);
    cr_expect_eq(to, T0 + 19 * S);
    bench_close(&b);
}

static void put_service(struct bench *b, double use)
{
    const struct sink *sink = open_source(b, "x/metrics.prom");
    const struct sink *cgroup = open_source(b, "x/cgroup.ndjson");

    for (int i = 0; i <= 40; i++) {
        put_counters(sink, T0 + i * S, 5e6, 1e6);
        put_cgroup(cgroup, T0 + i * S + 120 * MS, use, 512 * MIB);
    }
}

Test(align_join, cgroup_belongs_to_the_only_service)
{
    struct bench b = bench_open();
    struct series series;

    put_service(&b, 100 * MIB);
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 1);
    cr_expect(
        session_series(b.session, b.session->processes[0], METRIC_MEM_CGROUP, &series));
    cr_expect_eq(b.session->limit_bytes, 512 * MIB);
    cr_expect_str_eq(b.session->limit_source, "cgroup");
    bench_close(&b);
}

/* A log that counts from the boot: the kill of the same limit is the one, at the last
 * record; the kill of another limit before it keeps its distance. */
Test(align_join, killed_at_the_last_record)
{
    struct bench b = bench_open();
    const struct sink *kernel = open_source(&b, "x/dmesg.txt");
    const struct process *p;
    const struct event *const *e;

    put_kill(kernel, MOMENT_BOOT, 1277 * S, 10421, 400 * MIB, 390 * MIB);
    put_kill(kernel, MOMENT_BOOT, 1295 * S, 11729, 512 * MIB, 500 * MIB);
    put_service(&b, 450 * MIB);
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 1);
    p = b.session->processes[0];
    e = (const struct event *const *)b.session->events;
    cr_expect_eq(p->end, END_OOM_KILLED);
    cr_expect_eq(p->pid, 11729);
    cr_expect_eq(e[1]->process, p);
    cr_expect_eq(e[1]->time_ns, T0 + 40 * S);
    cr_expect_eq(e[1]->severity, SEVERITY_CRITICAL);
    cr_expect_eq(e[1]->confidence, 1.0);
    cr_expect_null(e[0]->process);
    cr_expect_eq(e[0]->time_ns, T0 + 22 * S);
    cr_expect_eq(e[0]->severity, SEVERITY_NOTICE);
    bench_close(&b);
}

/* Two kills that fit: the last it is, and how sure that is. */
Test(align_join, two_kills_that_fit)
{
    struct bench b = bench_open();
    const struct sink *kernel = open_source(&b, "x/dmesg.txt");

    put_kill(kernel, MOMENT_BOOT, 6307 * S, 4099, 512 * MIB, 500 * MIB);
    put_kill(kernel, MOMENT_BOOT, 6504 * S, 4091, 512 * MIB, 500 * MIB);
    put_service(&b, 450 * MIB);
    align_session(b.session);
    cr_expect_eq(b.session->processes[0]->pid, 4091);
    cr_expect_eq(b.session->events[1]->confidence, 0.5);
    cr_expect_null(b.session->events[0]->process);
    bench_close(&b);
}

/* It had 100 MiB in a cgroup of 512: whoever was killed there, it was not this one. */
Test(align_join, not_killed_far_below_the_limit)
{
    struct bench b = bench_open();
    const struct sink *kernel = open_source(&b, "x/dmesg.txt");
    const struct sink *quiet = open_source(&b, "x/metrics.prom");

    put_kill(kernel, MOMENT_BOOT, 6307 * S, 4099, 512 * MIB, 510 * MIB);
    for (int i = 0; i <= 40; i++)
        put_counters(quiet, T0 + i * S, 5e6, 1e6); /* 300 MiB resident */
    align_session(b.session);
    cr_expect_eq(b.session->processes[0]->end, END_UNKNOWN);
    cr_expect_null(b.session->events[0]->process);
    bench_close(&b);
}

/* With a wall clock the kill is where the log says, or it is somebody else's. */
Test(align_join, kill_with_a_wall_clock)
{
    static const struct {
        int64_t time_ns;
        enum process_end end;
    } rows[] = {
        {T0 + 40 * S + 420 * MS, END_OOM_KILLED},
        {T0 + 55 * S, END_OOM_KILLED},
        {T0 + 20 * S, END_UNKNOWN},
        {T0 + 3600 * S, END_UNKNOWN},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench b = bench_open();
        const struct sink *kernel = open_source(&b, "x/dmesg.txt");
        int64_t from, to;

        put_kill(kernel, MOMENT_WALL, rows[i].time_ns, 11729, 512 * MIB, 500 * MIB);
        put_service(&b, 450 * MIB);
        align_session(b.session);
        cr_expect_eq(b.session->processes[0]->end, rows[i].end, "row %zu", i);
        cr_assert(process_span(b.session->processes[0], &from, &to));
        if (rows[i].end == END_OOM_KILLED)
            cr_expect_eq(to, rows[i].time_ns, "row %zu", i);
        bench_close(&b);
    }
}

/* The kernel's log by its boot clock, and the pod's status by the wall clock: one kill,
 * at the moment that the status gives. */
Test(align_join, told_twice)
{
    struct bench b = bench_open();
    const struct sink *kernel = open_source(&b, "x/dmesg.txt");
    const struct sink *pod = open_source(&b, "x/pod.json");

    put_kill(pod, MOMENT_WALL, T0 + 41 * S, -1, 512 * MIB, NAN);
    put_kill(kernel, MOMENT_BOOT, 1295 * S, 11729, 512 * MIB, 500 * MIB);
    put_service(&b, 450 * MIB);
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 1);
    cr_expect_eq(b.session->events[0]->echo_of, b.session->events[1]);
    cr_expect_eq(b.session->events[1]->process, b.session->processes[0]);
    cr_expect_eq(b.session->events[1]->time_ns, T0 + 41 * S);
    cr_expect_eq(b.session->processes[0]->end_ns, T0 + 41 * S);
    cr_expect_eq(b.session->processes[0]->pid, 11729);
    bench_close(&b);
}

/* Two services alive, and one cgroup that could be of either: the kill befell what was at
 * its limit, and neither service is guessed. */
Test(align_join, the_cgroup_that_was_full)
{
    struct bench b = bench_open();
    const struct sink *other = open_source(&b, "x/other.prom");
    const struct sink *kernel = open_source(&b, "x/dmesg.txt");
    struct series series;

    put_service(&b, 500 * MIB);
    for (int i = 0; i <= 40; i++)
        put_counters(other, T0 + i * S, 1e9, 7e6);
    put_kill(kernel, MOMENT_BOOT, 1295 * S, 11729, 512 * MIB, 500 * MIB);
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 3);
    cr_assert_not_null(b.session->events[0]->process);
    cr_expect(session_series(b.session, b.session->events[0]->process, METRIC_MEM_LIMIT,
                             &series));
    cr_expect_not(session_series(b.session, b.session->events[0]->process,
                                 METRIC_ALLOC_TOTAL, &series));
    bench_close(&b);
}

/* Two services that had as much: nobody is guessed. Where one had more, it is that one.
 */
Test(align_join, the_better_of_two_victims)
{
    for (int more = 0; more < 2; more++) {
        struct bench b = bench_open();
        const struct sink *one = open_source(&b, "x/one.prom");
        const struct sink *other = open_source(&b, "x/other.prom");
        const struct sink *kernel = open_source(&b, "x/dmesg.txt");
        const struct sample_value rss = {METRIC_MEM_RSS, {0}, UNIT_BYTES, 400 * MIB};
        struct sample sample = sample_empty();

        for (int i = 0; i <= 40; i++) {
            put_counters(one, T0 + i * S, 5e6, 1e6);
            put_counters(other, T0 + i * S, 1e9, 7e6);
        }
        sample.shape = SLICE("prometheus");
        sample.time_kind = MOMENT_WALL;
        sample.time_ns = T0 + 41 * S;
        sample.values = &rss;
        sample.count = 1;
        if (more)
            cr_assert_null(other->sample(other->user, &sample));
        put_kill(kernel, MOMENT_BOOT, 1295 * S, 11729, NAN, 420 * MIB);
        align_session(b.session);
        cr_expect_eq(b.session->events[0]->process, more ? b.session->processes[1] : NULL,
                     "%d", more);
        bench_close(&b);
    }
}

/* A limit measures its own process, not the one that is shown. */
Test(align_join, the_limit_of_another)
{
    struct bench b = bench_open();
    const struct sink *sink = open_source(&b, "x/metrics.prom");
    const struct sink *pod = open_source(&b, "x/pod.json");

    for (int i = 0; i <= 40; i++)
        put_counters(sink, T0 + i * S, 5e6, 1e6);
    put_cgroup(pod, T0 - 86400 * S, 60 * MIB, 64 * MIB);
    align_session(b.session);
    cr_expect_eq(b.session->process_count, 2);
    cr_expect(isnan(b.session->limit_bytes));
    bench_close(&b);
}

static void put_profile_total(struct bench *b, const char *path, int64_t time_ns,
                              double alloc_space)
{
    const struct sink *sink = open_source(b, path);
    const struct sample_value values[] = {
        {METRIC_COUNT, SLICE("profile.heap.alloc_space"), UNIT_BYTES, alloc_space},
    };
    struct sample sample = sample_empty();

    sample.shape = SLICE("profile");
    sample.time_kind = MOMENT_WALL;
    sample.time_ns = time_ns;
    sample.values = values;
    sample.count = 1;
    cr_assert_null(sink->sample(sink->user, &sample));
}

/* Profiles saved side by side: those of one service follow each other. */
Test(align_join, two_services_in_one_folder)
{
    struct bench b = bench_open();

    put_profile_total(&b, "x/api-heap-050.pb.gz", T0, 100);
    put_profile_total(&b, "x/api-heap-051.pb.gz", T0 + 10 * S, 200);
    put_profile_total(&b, "x/worker-heap-050.pb.gz", T0 + S, 110);
    put_profile_total(&b, "x/worker-heap-051.pb.gz", T0 + 11 * S, 210);
    align_session(b.session);
    cr_expect_eq(b.session->process_count, 2);
    bench_close(&b);
}

/* The total fell: the process was started anew, or it is another. */
Test(align_join, totals_that_fall)
{
    struct bench b = bench_open();

    put_profile_total(&b, "x/heap-050.pb.gz", T0, 300);
    put_profile_total(&b, "x/heap-051.pb.gz", T0 + 10 * S, 200);
    put_profile_total(&b, "x/heap-052.pb.gz", T0 + 20 * S, 250);
    align_session(b.session);
    cr_expect_eq(b.session->process_count, 2);
    bench_close(&b);
}

/* Files that were saved one by one are rows of one series. */
Test(align_join, saved_one_by_one)
{
    struct bench b = bench_open();
    struct series series;
    uint32_t metric;

    put_profile_total(&b, "x/heap-052.pb.gz", T0 + 20 * S, 300);
    put_profile_total(&b, "x/heap-050.pb.gz", T0, 100);
    put_profile_total(&b, "x/heap-051.pb.gz", T0 + 10 * S, 200);
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 1);
    cr_assert(
        metric_find(&b.session->metrics, SLICE("profile.heap.alloc_space"), &metric));
    cr_assert(session_series(b.session, b.session->processes[0], metric, &series));
    cr_expect_eq(series_summary(&series).points, 3);
    cr_expect_eq(series_summary(&series).first, 100);
    cr_expect_eq(series_summary(&series).last, 300);
    bench_close(&b);
}

/* Once a session has all the names that it holds, a file of new ones has none to show. */
Test(align_join, names_that_found_no_room)
{
    struct bench b = bench_open();
    const struct sample_value value = {METRIC_COUNT, SLICE("one.more"), UNIT_NONE, 1};
    struct sample sample = sample_empty();
    uint32_t metric;

    for (unsigned i = 0; i < METRIC_EXTRA_MAX; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "name%u", i);
        cr_assert(
            metric_register(&b.session->metrics, slice_str(name), UNIT_NONE, &metric));
    }
    sample.shape = SLICE("prometheus");
    sample.time_kind = MOMENT_WALL;
    sample.values = &value;
    sample.count = 1;
    for (int i = 0; i < 2; i++) {
        const struct sink *sink = open_source(&b, i ? "x/2.prom" : "x/1.prom");

        sample.time_ns = T0 + i * S;
        cr_expect_not_null(sink->sample(sink->user, &sample));
    }
    align_session(b.session);
    cr_expect_eq(b.session->process_count, 1);
    bench_close(&b);
}

/* A file without a time, copied hours after the process's end, does not make it live for
 * hours. */
Test(align_join, a_copied_file)
{
    struct bench b = bench_open();
    const struct sink *sink = open_source(&b, "x/metrics.prom");
    const struct sink *lone;
    struct sample sample = sample_empty();
    const struct sample_value value = {METRIC_SCHED_GOROUTINES, {0}, UNIT_COUNT, 7};
    struct source *source = session_add_source(b.session, "x/goroutine.txt");
    int64_t from, to;

    source->has_mtime = true;
    source->mtime_ns = T0 + 7 * 3600 * S;
    b.ingests[b.count] = ingest_create(b.session, source);
    lone = ingest_sink(b.ingests[b.count++]);
    for (int i = 0; i <= 40; i++)
        put_counters(sink, T0 + i * S, 5e6, 1e6);
    sample.shape = SLICE("goroutines");
    sample.values = &value;
    sample.count = 1;
    cr_assert_null(lone->sample(lone->user, &sample));
    align_session(b.session);
    cr_assert_eq(b.session->process_count, 1);
    cr_assert(process_span(b.session->processes[0], &from, &to));
    cr_expect_eq(to, T0 + 40 * S);
    bench_close(&b);
}

/* --limit counts, whatever the sources say. */
Test(align_join, a_given_limit_stays)
{
    struct bench b = bench_open();

    b.session->limit_bytes = 64 * MIB;
    b.session->limit_source = "--limit";
    b.session->is_limit_given = true;
    put_service(&b, 100 * MIB);
    align_session(b.session);
    cr_expect_eq(b.session->limit_bytes, 64 * MIB);
    bench_close(&b);
}
