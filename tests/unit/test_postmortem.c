/* What a process that died for want of memory had, and whose it was. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/align.h"
#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/detect/postmortem.h"
#include "tests/unit/made.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"

TestSuite(postmortem, .fini = test_abort_on_leak);

#define MIB MADE_MIB
#define S MADE_S

static void expect_conclusion(const struct session *s, const struct postmortem *m,
                              const char *want)
{
    struct text got = {0};

    postmortem_put_conclusion(s, m, false, &got);
    cr_expect_str_eq(text_str(&got), want, "\n got: %s\nwant: %s", text_str(&got), want);
    text_finish(&got);
}

/* A row a second up to 60 s, and a kill there at a limit of 500 MiB with 495 MiB. */
static const struct row {
    const char *name;
    double live, live_per_s, inuse, stacks, rss, goroutines; /* MiB, but goroutines */
    double file, kernel, neighbour;                          /* MiB; NaN = not told */
    enum postmortem_cause cause;
    const char *conclusion;
} rows[] = {
    {"a leak", 60, 4, 200, 1, 480, 10, 1, 2, NAN, CAUSE_LIVE_HEAP,
     "Go's heap: of the 500 MiB limit 296 MiB lived at the last collection, growing 4.00 "
     "MiB/s in the last 30 s"},
    {"what GOGC lets pile up", 150, 0, 470, 1, 480, 10, 1, 2, NAN, CAUSE_GARBAGE,
     "Go's heap, but not what lives: of the 500 MiB limit only 150 MiB lived, and 320 "
     "MiB "
     "was garbage and free heap, as GOGC lets it pile up"},
    {"a heap too large, and steady", 300, 0, 470, 1, 480, 10, 1, 2, NAN, CAUSE_LIVE_HEAP,
     "Go's heap: of the 500 MiB limit 300 MiB lived at the last collection, and 170 MiB "
     "was garbage not yet collected"},
    {"stacks", 50, 0, 100, 340, 480, 105000, 1, 2, NAN, CAUSE_STACKS,
     "goroutines' stacks: of the 500 MiB limit 340 MiB, of 105 k goroutines"},
    {"off the heap", 20, 0, 40, 1, 480, 10, 1, 2, NAN, CAUSE_OFFHEAP,
     "memory off Go's heap: of the 500 MiB limit 439 MiB is nothing that Go knows of "
     "(cgo, "
     "mmap, threads); its heap had 40.0 MiB"},
    {"the page cache", 20, 0, 40, 1, 60, 10, 400, 2, NAN, CAUSE_PAGE_CACHE,
     "the page cache: of the 500 MiB limit 400 MiB; this process had 75.0 MiB"},
    {"the kernel", 20, 0, 40, 1, 60, 10, 1, 400, NAN, CAUSE_KERNEL,
     "the kernel's own memory for the cgroup: of the 500 MiB limit 400 MiB; this process "
     "had 75.0 MiB"},
    {"a neighbour", 20, 0, 40, 1, 60, 10, 1, 2, 420, CAUSE_NEIGHBOUR,
     "a neighbour in the cgroup: of the 500 MiB limit 420 MiB, most of it of red\\x1bis "
     "(pid 7, 420 MiB); this process had 75.0 MiB"},
};

static struct session *session_of_row(const struct row *row)
{
    const struct made_line lines[] = {
        {METRIC_HEAP_LIVE, row->live * MIB, row->live_per_s * MIB, 0},
        {METRIC_HEAP_INUSE, row->inuse * MIB, 0, 0},
        {METRIC_STACK_INUSE, row->stacks * MIB, 0, 0},
        {METRIC_MEM_RSS, row->rss * MIB, 0, 0},
        {METRIC_SCHED_GOROUTINES, row->goroutines, 0, 0},
    };
    const struct fact facts[] = {
        {"memcg_file_bytes", false, row->file * MIB, {0}},
        {"memcg_kernel_bytes", false, row->kernel * MIB, {0}},
        {"usage_bytes", false, 500 * MIB, {0}},
    };
    const struct notice_task tasks[] = {
        {7, SLICE_INIT("red\x1bis"), row->neighbour * MIB},
        {42, SLICE_INIT("lab"), (row->rss + 15) * MIB},
    };
    struct session *s = made_session(lines, COUNT_OF(lines), 60);
    struct notice notice = notice_empty(EVENT_OOM_KILLED);

    notice.limit_bytes = 500 * MIB;
    notice.rss_bytes = (row->rss + 15) * MIB;
    notice.message = SLICE("the kernel killed lab");
    notice.facts = facts;
    notice.fact_count = COUNT_OF(facts);
    notice.pid = 42;
    notice.tasks = tasks;
    notice.task_count = isnan(row->neighbour) ? 0 : COUNT_OF(tasks);
    (void)made_kill_with(s, 60, &notice);
    return s;
}

Test(postmortem, causes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct session *s = session_of_row(&rows[i]);
        struct postmortem m;
        double sum = 0;

        cr_assert(postmortem_find(s, s->processes[0], &m), "%s", rows[i].name);
        cr_expect_eq(m.cause, rows[i].cause, "%s: %s", rows[i].name,
                     postmortem_cause_name(m.cause));
        expect_conclusion(s, &m, rows[i].conclusion);
        for (size_t k = 0; k < PART_KINDS; k++)
            sum += isnan(m.parts[k]) ? 0 : m.parts[k];
        cr_expect_leq(sum, m.total_bytes * 1.02, "%s: %g of %g", rows[i].name, sum / MIB,
                      m.total_bytes / MIB);
        /* What came between the last record and the end is told apart. */
        cr_expect_float_eq(m.parts[PART_UNSEEN], 15 * MIB, 1, "%s", rows[i].name);
        cr_expect(*postmortem_advice(m.cause), "%s", rows[i].name);
        session_destroy(s);
    }
}

Test(postmortem, host_wide)
{
    struct row row = rows[7];
    struct session *s = session_of_row(&row);
    struct event *kill = s->events[0];
    struct postmortem m;

    /* The same table of tasks, but the whole machine was full. */
    kill->limit_bytes = NAN;
    kill->evidence[2].name = "host_ram_bytes";
    kill->evidence[0].name = "constraint";
    kill->evidence[0].text = mem_dup_text("CONSTRAINT_NONE");
    cr_assert(postmortem_find(s, s->processes[0], &m));
    cr_expect(m.is_host_wide);
    expect_conclusion(
        s, &m,
        "others on the host: of the 500 MiB of the host 420 MiB, most of it "
        "of red\\x1bis (pid 7, 420 MiB); this process had 75.0 MiB");
    session_destroy(s);
}

Test(postmortem, of_the_living_there_is_none)
{
    static const struct made_line lines[] = {{METRIC_HEAP_LIVE, 50 * MIB, 0, 0}};
    struct session *s = made_session(lines, 1, 60);
    struct notice notice = notice_empty(EVENT_FATAL);
    struct postmortem m;

    cr_expect_not(postmortem_find(s, s->processes[0], &m));
    notice.message = SLICE("stack overflow in goroutine 1");
    (void)made_kill_with(s, 59, &notice);
    cr_expect_not(postmortem_find(s, s->processes[0], &m), "not for want of memory");
    session_destroy(s);
}

/* Nothing but what the kernel says, or nothing at all: no guesses, no crash. */
Test(postmortem, little_is_known)
{
    static const struct made_line lines[] = {{METRIC_GC_CYCLES, 1, 1, 0}};
    struct session *s = made_session(lines, 1, 1);
    struct postmortem m;

    (void)made_kill(s, 5, NAN, NAN);
    cr_assert(postmortem_find(s, s->processes[0], &m));
    cr_expect_eq(m.cause, CAUSE_UNKNOWN);
    expect_conclusion(s, &m, "these sources do not tell what the memory went to");
    s->events[0]->rss_bytes = 300 * MIB;
    cr_assert(postmortem_find(s, s->processes[0], &m));
    expect_conclusion(
        s, &m,
        "these sources do not tell what the memory went to; this process had 300 MiB");
    session_destroy(s);
}

/* The heap at its last collection, and resident memory until some seconds later. */
static struct session *session_of_log(double rss_mib)
{
    static const struct made_line log[] = {{METRIC_HEAP_LIVE, 60 * MIB, 0, 0},
                                           {METRIC_HEAP_GOAL, 62 * MIB, 0, 0},
                                           {METRIC_ALLOC_RATE, 8 * MIB, 0, 0}};
    struct session *s = made_session(log, COUNT_OF(log), 54);
    struct track *t =
        session_add_track(s, s->processes[0], session_add_source(s, "proc"));

    (void)table_column(t->table, METRIC_MEM_RSS, 0);
    for (int64_t i = 0; i < 60; i++) {
        double rss = rss_mib * MIB;

        table_append(t->table, i * S, &rss);
    }
    (void)made_kill(s, 60, 150 * MIB, rss_mib * MIB);
    return s;
}

/* Only a log of collections knows of the heap: what it had allocated since the last one
 * is not memory off the heap. */
Test(postmortem, allocated_since_the_last_collection)
{
    struct session *s = session_of_log(140);
    struct postmortem m;

    cr_assert(postmortem_find(s, s->processes[0], &m));
    cr_expect_eq(m.parts[PART_SINCE], 48 * MIB, "6 s of 8 MiB");
    cr_expect_eq(m.parts[PART_OFFHEAP], (140 - 62 - 48) * MIB);
    cr_expect_eq(m.cause, CAUSE_LIVE_HEAP);
    expect_conclusion(s, &m,
                      "Go's heap: of the 150 MiB limit 60.0 MiB lived at the last "
                      "collection, and 2.00 MiB was garbage not yet collected, and about "
                      "48.0 MiB was allocated since then");
    session_destroy(s);
    /* Never more than there is to explain. */
    s = session_of_log(100);
    cr_assert(postmortem_find(s, s->processes[0], &m));
    cr_expect_eq(m.parts[PART_SINCE], 38 * MIB);
    cr_expect_eq(m.parts[PART_OFFHEAP], 0);
    session_destroy(s);
}

/* The last 18 s of a real leak of 12 MiB/s (truth.json: from 20.0 s on). */
Test(postmortem, lateleak)
{
    static const char *const files[] = {
        "lateleak/gctrace.log",    "lateleak/memstats.ndjson.zst",
        "lateleak/cgroup.ndjson",  "lateleak/dmesg.txt",
        "lateleak/heap-000.pb.gz", "lateleak/heap-001.pb.gz",
        "lateleak/heap-002.pb.gz"};
    struct session *s = session_create();
    struct postmortem m;
    double sum = 0;

    for (size_t i = 0; i < COUNT_OF(files); i++)
        (void)session_add_trace(s, files[i]);
    align_session(s);
    cr_assert_eq(s->process_count, 1);
    cr_assert(postmortem_find(s, s->processes[0], &m));
    cr_expect_eq(m.cause, CAUSE_LIVE_HEAP);
    cr_expect_eq(m.limit_bytes, 320 * MIB);
    cr_expect_eq(m.cgroup_bytes, 320 * MIB, "usage of the kernel log");
    cr_expect_eq(m.parts[PART_LIVE], 183 * MIB, "the last line of the log");
    for (size_t k = 0; k < PART_KINDS; k++)
        sum += isnan(m.parts[k]) ? 0 : m.parts[k];
    cr_expect_float_eq(sum / m.total_bytes, 1, 0.02);
    cr_assert(m.blame.has);
    cr_expect(slice_eq(profile_symbol_name(s->profiles, m.blame.symbol),
                       SLICE("main.lateLeak")));
    session_destroy(s);
}

/* Whatever figures the sources give: a conclusion, and no part out of nothing. */
Test(postmortem, any_figures)
{
    static const double numbers[] = {0,    -1,    1e300,    -1e300,    NAN,
                                     1e18, 1e-30, 20 * MIB, 490 * MIB, -50 * MIB};
    uint64_t seed = 20261121;

    for (size_t round = 0; round < 400; round++) {
        struct row row = rows[round % COUNT_OF(rows)];
        double *figures[] = {&row.live,   &row.live_per_s, &row.inuse,
                             &row.stacks, &row.rss,        &row.goroutines,
                             &row.file,   &row.kernel,     &row.neighbour};
        struct session *s;
        struct postmortem m;
        struct text got = {0};

        for (size_t i = 0; i < COUNT_OF(figures); i++)
            *figures[i] = numbers[test_random_below(&seed, COUNT_OF(numbers))];
        s = session_of_row(&row);
        s->events[0]->limit_bytes = numbers[test_random_below(&seed, COUNT_OF(numbers))];
        cr_assert(postmortem_find(s, s->processes[0], &m), "round %zu", round);
        postmortem_put_conclusion(s, &m, round & 1, &got);
        cr_expect_gt(got.len, 0, "round %zu", round);
        cr_expect(isnan(m.total_bytes) || m.total_bytes > 0, "round %zu", round);
        text_finish(&got);
        session_destroy(s);
    }
}
