/* Live sources that tell of one process, and those that only look alike. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "model/session.h"
#include "model/units.h"
#include "replay/intake.h"
#include "tests/unit/support.h"

TestSuite(align_live, .fini = test_abort_on_leak);

#define START_NS (INT64_C(1795224984) * NS_PER_S)

struct fixture {
    struct session *session;
    struct intake *intake;
    int64_t now_ns;
};

static struct fixture begin(void)
{
    const struct intake_options options = {0};
    struct fixture f = {.session = session_create(), .now_ns = START_NS};

    f.session->is_streamed = true;
    f.intake = intake_create(f.session, NULL, &options);
    return f;
}

static void finish(struct fixture *f)
{
    intake_destroy(f->intake);
    session_destroy(f->session);
}

static void give(struct fixture *f, enum entry_kind kind, uint32_t source, int64_t pid,
                 const char *text)
{
    const struct entry e = {.kind = kind,
                            .source = source,
                            .time_ns = f->now_ns,
                            .pid = pid,
                            .bytes = slice_str(text)};

    intake_take(f->intake, &e);
}

static void add(struct fixture *f, uint32_t source, int64_t pid, const char *name)
{
    give(f, ENTRY_SOURCE, source, pid, name);
}

static void beat(struct fixture *f)
{
    give(f, ENTRY_BEAT, 0, -1, "");
    f->now_ns += NS_PER_S;
}

/* What /debug/vars says of a program that has allocated so much. */
static void put_vars(struct fixture *f, uint32_t source, unsigned total)
{
    char text[400];

    (void)snprintf(text, sizeof text,
                   "{\"cmdline\": [\"/usr/bin/api\"], \"memstats\": {\"Alloc\": 4194304, "
                   "\"TotalAlloc\": %u, \"Sys\": 9000000, \"Mallocs\": %u, \"Frees\": 1, "
                   "\"HeapAlloc\": 4194304, \"HeapSys\": 8388608, \"NumGC\": 0}}\n",
                   total, total / 100);
    give(f, ENTRY_DATA, source, -1, text);
}

static void put_metrics(struct fixture *f, uint32_t source, unsigned total)
{
    char text[400];

    (void)snprintf(text, sizeof text,
                   "# TYPE go_memstats_alloc_bytes_total counter\n"
                   "go_memstats_alloc_bytes_total %u\n"
                   "# TYPE go_memstats_mallocs_total counter\n"
                   "go_memstats_mallocs_total %u\n"
                   "# TYPE process_resident_memory_bytes gauge\n"
                   "process_resident_memory_bytes 1.5e+07\n",
                   total, total / 100);
    give(f, ENTRY_DATA, source, -1, text);
}

static void put_status(struct fixture *f, uint32_t source, int pid)
{
    char text[400];

    (void)snprintf(text, sizeof text,
                   "==> /proc/%d/status <==\nName:\tapi\nPid:\t%d\nVmRSS:\t   15000 kB\n"
                   "Threads:\t5\n",
                   pid, pid);
    give(f, ENTRY_DATA, source, -1, text);
}

static void put_cgroup(struct fixture *f, uint32_t source)
{
    give(f, ENTRY_DATA, source, -1,
         "==> /sys/fs/cgroup/api/memory.current <==\n20000000\n"
         "==> /sys/fs/cgroup/api/memory.max <==\n90000000\n");
}

/* "7: heap.alloc mem.rss\n8: mem.rss\n", of all processes. */
static const char *told(const struct fixture *f)
{
    static const uint32_t metrics[] = {METRIC_HEAP_ALLOC, METRIC_MEM_RSS,
                                       METRIC_MEM_CGROUP};
    static char out[512];
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < f->session->process_count; i++) {
        const struct process *p = f->session->processes[i];

        len += (size_t)snprintf(out + len, sizeof out - len, "%lld:", (long long)p->pid);
        for (size_t k = 0; k < sizeof metrics / sizeof *metrics; k++) {
            struct series series;

            if (session_series(f->session, p, metrics[k], &series))
                len += (size_t)snprintf(out + len, sizeof out - len, " %s", series.name);
        }
        len += (size_t)snprintf(out + len, sizeof out - len, "\n");
    }
    return out;
}

Test(align_live, what_one_address_serves)
{
    struct fixture f = begin();

    add(&f, 1, -1, "http://a:6060/debug/vars");
    add(&f, 2, -1, "http://a:6060/metrics");
    put_vars(&f, 1, 5000000);
    put_metrics(&f, 2, 5100000);
    beat(&f);
    cr_expect_str_eq(told(&f), "-1: heap.alloc mem.rss\n");
    finish(&f);
}

/* Two ports, two prefixes of a proxy, and a page that is asked with a query. */
Test(align_live, other_addresses_are_others)
{
    static const char *const names[] = {
        "http://a:6060/debug/vars", "http://a:6061/debug/vars",
        "http://a:6060/one/debug/vars", "https://a:6060/debug/vars",
        "http://a:6060/debug/vars?of=2"};
    struct fixture f = begin();

    for (uint32_t i = 0; i < 5; i++) {
        add(&f, i + 1, -1, names[i]);
        put_vars(&f, i + 1, 5000000);
    }
    beat(&f);
    cr_expect_eq(f.session->process_count, 5, "%s", told(&f));
    finish(&f);
}

/* One of its pages tells of the restart, the other's counters did not fall. */
Test(align_live, all_of_a_service_restarts_at_once)
{
    struct fixture f = begin();

    add(&f, 1, -1, "unix:/run/api:/debug/vars");
    add(&f, 2, -1, "unix:/run/api:/metrics");
    for (unsigned i = 0; i < 4; i++) {
        put_vars(&f, 1, 5000000 + i);
        beat(&f);
    }
    put_metrics(&f, 2, 5000010);
    put_vars(&f, 1, 100000);
    put_metrics(&f, 2, 6000000);
    beat(&f);
    cr_expect_str_eq(told(&f), "-1: heap.alloc mem.rss\n-1: heap.alloc mem.rss\n");
    cr_expect_eq(f.session->event_count, 1); /* told once */
    finish(&f);
}

Test(align_live, a_process_and_its_cgroup)
{
    struct fixture f = begin();

    add(&f, 1, 7, "pid:7");
    put_status(&f, 1, 7);
    add(&f, 2, 7, "pid:7 cgroup");
    put_cgroup(&f, 2);
    add(&f, 3, 8, "pid:8");
    put_status(&f, 3, 8);
    add(&f, 4, 8, "pid:8 cgroup");
    put_cgroup(&f, 4);
    beat(&f);
    cr_expect_str_eq(told(&f), "7: mem.rss mem.cgroup\n8: mem.rss mem.cgroup\n");
    finish(&f);
}

/* The number of one that has ended, given to another. */
Test(align_live, a_number_is_given_again)
{
    struct fixture f = begin();

    add(&f, 1, 7, "pid:7");
    put_status(&f, 1, 7);
    beat(&f);
    give(&f, ENTRY_END, 1, -1, "pid 7 is gone");
    f.now_ns += 3600 * NS_PER_S;
    add(&f, 2, 7, "pid:7");
    put_status(&f, 2, 7);
    beat(&f);
    cr_expect_str_eq(told(&f), "7: mem.rss\n7: mem.rss\n");
    finish(&f);
}

#define PANIC                                                                            \
    "panic: assignment to entry in nil map\n\ngoroutine 7 [running]:\n"                  \
    "main.crash()\n\t/src/main.go:12 +0x1d\n"

/* A log that a process of that number writes (-1: nobody knows which), and what it says
 * while it is looked at, or said before. */
static void give_panic(struct fixture *f, uint32_t source, int64_t pid, unsigned flags)
{
    const struct entry declared = {.kind = ENTRY_SOURCE,
                                   .flags = ENTRY_IS_STREAM,
                                   .source = source,
                                   .time_ns = f->now_ns,
                                   .pid = pid,
                                   .bytes = SLICE("stderr.log")};
    const struct entry words = {.kind = ENTRY_DATA,
                                .flags = flags,
                                .source = source,
                                .time_ns = f->now_ns,
                                .pid = -1,
                                .bytes = slice_str(PANIC)};

    intake_take(f->intake, &declared);
    intake_take(f->intake, &words);
    give(f, ENTRY_END, source, -1, "exit 2");
}

/* It died before its first collection: its log has no record of its own. */
Test(align_live, who_only_left_last_words)
{
    struct fixture f = begin();

    add(&f, 1, 7, "pid:7");
    put_status(&f, 1, 7);
    add(&f, 2, 8, "pid:8");
    put_status(&f, 2, 8);
    beat(&f);
    beat(&f);
    give_panic(&f, 3, 8, 0);
    beat(&f);
    cr_expect_str_eq(told(&f), "7: mem.rss\n8: mem.rss\n");
    cr_expect_eq(f.session->processes[0]->end, END_UNKNOWN);
    cr_expect_eq(f.session->processes[1]->end, END_FATAL);
    give(&f, ENTRY_END, 2, 8, "pid 8 is gone");
    beat(&f);
    cr_expect_eq(f.session->processes[1]->end, END_FATAL, "why it went is known");
    finish(&f);
}

/* Whose log it is, is told by who went as it was written. */
Test(align_live, last_words_of_nobody_known)
{
    struct fixture f = begin();

    add(&f, 1, 7, "pid:7");
    put_status(&f, 1, 7);
    add(&f, 2, 8, "pid:8");
    put_status(&f, 2, 8);
    give_panic(&f, 3, -1, 0);
    beat(&f);
    cr_expect_eq(f.session->process_count, 3, "both are alive: %s", told(&f));
    give(&f, ENTRY_END, 2, 8, "pid 8 is gone");
    beat(&f);
    cr_expect_str_eq(told(&f), "7: mem.rss\n8: mem.rss\n");
    cr_expect_eq(f.session->processes[1]->end, END_FATAL);
    finish(&f);
}

Test(align_live, last_words_that_could_be_anybodys)
{
    static const struct {
        const char *name;
        unsigned flags;
        int ends;        /* how many processes … */
        int64_t later_s; /* … so long after the words */
    } rows[] = {{"two went", 0, 2, 0},
                {"it went long after", 0, 1, 60},
                {"of somebody before", ENTRY_IS_HISTORY, 1, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f = begin();

        add(&f, 1, 7, "pid:7");
        put_status(&f, 1, 7);
        add(&f, 2, 8, "pid:8");
        put_status(&f, 2, 8);
        give_panic(&f, 3, -1, rows[i].flags);
        beat(&f);
        f.now_ns += rows[i].later_s * NS_PER_S;
        for (int k = 0; k < rows[i].ends; k++)
            give(&f, ENTRY_END, (uint32_t)k + 1, 7 + k, "gone");
        beat(&f);
        cr_expect_str_eq(told(&f), "7: mem.rss\n8: mem.rss\n-1:\n", "%s", rows[i].name);
        finish(&f);
    }
}

Test(align_live, the_service_of_a_process)
{
    struct fixture f = begin();

    add(&f, 1, 7, "pid:7");
    put_status(&f, 1, 7);
    add(&f, 2, 8, "pid:8");
    put_status(&f, 2, 8);
    add(&f, 3, 8, "http://127.0.0.1:6060/debug/vars");
    put_vars(&f, 3, 5000000);
    add(&f, 4, 7, "http://127.0.0.1:6061/debug/vars");
    put_vars(&f, 4, 5000000);
    beat(&f);
    cr_expect_str_eq(told(&f), "7: heap.alloc mem.rss\n8: heap.alloc mem.rss\n");
    finish(&f);
}

/* Who it is may only be known when it has told something. */
Test(align_live, a_pid_that_is_known_later)
{
    struct fixture f = begin();

    add(&f, 1, -1, "http://127.0.0.1:6060/debug/vars");
    put_vars(&f, 1, 5000000);
    beat(&f);
    add(&f, 2, 7, "pid:7");
    put_status(&f, 2, 7);
    beat(&f);
    cr_expect_eq(f.session->process_count, 2);
    add(&f, 1, 7, "http://127.0.0.1:6060/debug/vars");
    put_vars(&f, 1, 5000100);
    beat(&f);
    cr_expect_str_eq(told(&f), "7: heap.alloc mem.rss\n");
    finish(&f);
}

/* Told that it is another, whether its counters fell or not, and whoever says so first.
 */
Test(align_live, a_restart_has_another_pid)
{
    for (int counters_fall = 0; counters_fall < 2; counters_fall++) {
        struct fixture f = begin();

        add(&f, 1, 7, "pid:7");
        put_status(&f, 1, 7);
        add(&f, 2, 7, "http://127.0.0.1:6060/debug/vars");
        put_vars(&f, 2, 5000000);
        add(&f, 3, 7, "http://127.0.0.1:6060/metrics");
        put_metrics(&f, 3, 5000001);
        beat(&f);
        give(&f, ENTRY_END, 1, -1, "pid 7 is gone");
        if (counters_fall) {
            put_vars(&f, 2, 1000);
            beat(&f);
        }
        add(&f, 4, 8, "pid:8");
        put_status(&f, 4, 8);
        add(&f, 2, 8, "http://127.0.0.1:6060/debug/vars");
        add(&f, 3, 8, "http://127.0.0.1:6060/metrics");
        put_vars(&f, 2, counters_fall ? 2000 : 6000000);
        put_metrics(&f, 3, counters_fall ? 2001 : 6000001);
        beat(&f);
        cr_expect_str_eq(told(&f), "7: heap.alloc mem.rss\n8: heap.alloc mem.rss\n");
        finish(&f);
    }
}

/* A restart that nobody gave a number has none. */
Test(align_live, a_pid_is_of_the_first_only)
{
    struct fixture f = begin();

    add(&f, 1, 7, "http://127.0.0.1:6060/debug/vars");
    put_vars(&f, 1, 5000000);
    beat(&f);
    put_vars(&f, 1, 1000);
    beat(&f);
    cr_expect_str_eq(told(&f), "7: heap.alloc\n-1: heap.alloc\n");
    finish(&f);
}

static void put_goroutines(struct fixture *f, uint32_t source)
{
    give(f, ENTRY_DATA, source, -1,
         "goroutine profile: total 3\n3 @ 0x43a1b6 0x44b8b2\n"
         "#\t0x44b8b1\tmain.main+0x31\t/src/main.go:7\n\n");
}

/* A profile has no counters that fall: it goes with the pages that have. */
Test(align_live, profiles_are_of_the_process_that_is)
{
    struct fixture f = begin();

    add(&f, 1, -1, "http://a:6060/debug/vars");
    add(&f, 2, -1, "http://a:6060/debug/pprof/goroutine");
    for (unsigned run = 0; run < 3; run++) {
        put_vars(&f, 1, 5000000 - run * 1000000);
        for (int i = 0; i < 3; i++) {
            put_goroutines(&f, 2);
            beat(&f);
        }
    }
    cr_assert_eq(f.session->process_count, 3, "%s", told(&f));
    for (size_t i = 0; i < 3; i++) {
        const struct process *p = f.session->processes[i];

        cr_expect_eq(p->track_count, 2);
        cr_expect_eq(process_rows(p), 4);
    }
    finish(&f);
}

/* Anything in any order, as a damaged recording may have it. */
Test(align_live, in_any_order)
{
    static const char *const names[] = {
        "http://a:1/debug/vars",
        "http://a:1/metrics",
        "http://a:1/debug/pprof/goroutine",
        "pid:7",
        "pid:7 cgroup",
        "pid:8",
        "pid:8 cgroup",
        "unix:/s:/metrics",
        "app.log",
    };
    uint64_t dice = 1;

    for (int seed = 0; seed < 20; seed++) {
        struct fixture f = begin();

        for (int i = 0; i < 400; i++) {
            const uint32_t source = (uint32_t)(dice >> 20) % 9;
            const unsigned total = 1000u * ((unsigned)(dice >> 30) % 5000);

            dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            switch ((dice >> 40) % 9) {
            case 0:
                give(&f, ENTRY_SOURCE, source, (int64_t)((dice >> 50) % 4) + 5,
                     names[source]);
                break;
            case 1:
                put_vars(&f, source, total);
                break;
            case 2:
                put_metrics(&f, source, total);
                break;
            case 3:
                put_status(&f, source, 7 + (int)((dice >> 50) % 2));
                break;
            case 4:
                put_cgroup(&f, source);
                break;
            case 5:
                put_goroutines(&f, source);
                break;
            case 6:
                give(&f, (dice >> 50) % 8 ? ENTRY_TROUBLE : ENTRY_END, source, -1, "why");
                break;
            case 7:
                give(&f, ENTRY_SOURCE, source, -1, names[source]);
                break;
            default:
                beat(&f);
            }
        }
        intake_finish(f.intake);
        cr_expect_lt(f.session->process_count, 400);
        finish(&f);
    }
}
