/* Reports that are mixed, damaged, without their front, or huge. */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "model/base/mem.h"
#include "parsers/kernel_log.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(kernel_log_reports, .fini = test_abort_on_leak);

static struct collected parse(const struct text *in)
{
    struct slice text = test_exact_copy(in->ptr, in->len);
    struct collected c;

    collect(&c, &kernel_log_parser, text, PIECES_WHOLE);
    test_free(text);
    return c;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

#define REPORT_LINES 128

struct report {
    struct slice lines[REPORT_LINES]; /* without the stamp */
    size_t count;
};

/* The two reports of one recording; their programs, and so most lines, have one name. */
static void split_reports(struct slice in, struct report out[2])
{
    struct report *r = NULL;
    size_t next = 0;

    while (in.len) {
        const char *end = memchr(in.ptr, '\n', in.len);
        struct slice line = slice_first(in, (size_t)(end - in.ptr));
        const char *text = memchr(line.ptr, ']', line.len);

        in = slice_after(in, line.len + 1);
        cr_assert(text);
        line = slice_after(line, (size_t)(text - line.ptr) + 2);
        if (line.len > 20 && memcmp(line.ptr + 3, " invoked", 8) == 0) {
            cr_assert(next < 2);
            r = &out[next++];
        }
        cr_assert(r && r->count < REPORT_LINES);
        r->lines[r->count++] = line;
    }
    cr_assert_eq(next, 2);
}

/* Without the time of each, which differs between the runs. */
static struct text untimed(const struct collected *c)
{
    struct text t = {0};
    const char *p = text_str(&c->others);

    for (;;) {
        const char *time = strstr(p, "boot=");

        if (!time)
            break;
        text_put(&t, slice_of(p, (size_t)(time - p)));
        p = time + strcspn(time, " \n");
    }
    text_put_str(&t, p);
    return t;
}

static void put_line(struct text *t, struct slice line, int caller, unsigned us)
{
    text_printf(t, "[   30.%06u]", us);
    if (caller)
        text_printf(t, "[  T%d]", caller);
    text_put_char(t, ' ');
    text_put(t, line);
    text_put_char(t, '\n');
}

/* turns: bit i of the i-th line says whose it is; both keep their order. */
static struct text mix(const struct report r[2], bool has_caller, uint64_t seed)
{
    struct text t = {0};
    size_t at[2] = {0, 0};
    unsigned us = 0;
    size_t turn = 0;

    while (at[0] < r[0].count || at[1] < r[1].count) {
        size_t who = seed ? test_random_below(&seed, 2) : turn++ % 2;

        if (at[who] == r[who].count)
            who = !who;
        put_line(&t, r[who].lines[at[who]++], has_caller ? 100 + (int)who : 0, us++);
    }
    return t;
}

static void expect_both(const struct report r[2], bool has_caller, uint64_t seed)
{
    struct report swapped[2] = {r[1], r[0]};
    struct text apart = {0}, mixed, want, got, want_swapped;
    struct collected a, m, b;

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < r[i].count; k++)
            put_line(&apart, r[i].lines[k], 0, (unsigned)k);
    }
    a = parse(&apart);
    text_clear(&apart);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < swapped[i].count; k++)
            put_line(&apart, swapped[i].lines[k], 0, (unsigned)k);
    }
    b = parse(&apart);
    mixed = mix(r, has_caller, seed);
    m = parse(&mixed);
    want = untimed(&a);
    want_swapped = untimed(&b);
    got = untimed(&m);
    cr_expect_eq(m.diag.skipped, 0, "seed %" PRIu64, seed);
    cr_expect(strcmp(text_str(&got), text_str(&want)) == 0 ||
                  strcmp(text_str(&got), text_str(&want_swapped)) == 0,
              "seed %" PRIu64 ":\n%s\nnot\n%s", seed, text_str(&got), text_str(&want));
    text_finish(&apart);
    text_finish(&mixed);
    text_finish(&want);
    text_finish(&want_swapped);
    text_finish(&got);
    collected_finish(&a);
    collected_finish(&b);
    collected_finish(&m);
}

Test(kernel_log_reports, line_by_line)
{
    struct slice in = trace_plain("upload/dmesg.txt");
    struct report r[2] = {0};

    split_reports(in, r);
    expect_both(r, false, 0);
    expect_both(r, true, 0);
    for (uint64_t seed = 1; seed <= 200; seed++)
        expect_both(r, true, seed);
    test_free(in);
}

/* Nothing tells whose a line is, and no order is kept: each kill is there once, with its
 * own pid, cgroup and sizes. */
Test(kernel_log_reports, mixed_at_random)
{
    struct slice in = trace_plain("upload/dmesg.txt");
    struct report r[2] = {0};

    split_reports(in, r);
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct text mixed = mix(r, false, seed);
        struct collected c = parse(&mixed);
        const char *text = text_str(&c.others);

        cr_expect_eq(c.other_count, 2, "seed %" PRIu64, seed);
        cr_expect(strstr(text, " pid=10421 program=lab instance=/lab-10414 "),
                  "seed %" PRIu64 ": %s", seed, text);
        cr_expect(strstr(text, " pid=11729 program=lab instance=/lab-11722 "),
                  "seed %" PRIu64 ": %s", seed, text);
        cr_expect(strstr(text, " rss=425639936 ") && strstr(text, " rss=543199232 "),
                  "seed %" PRIu64 ": %s", seed, text);
        text_finish(&mixed);
        collected_finish(&c);
    }
    test_free(in);
}

#define TRIGGER                                                                          \
    "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
#define USAGE "memory: usage 8kB, limit 12kB, failcnt 3\n"
#define SUMMARY                                                                          \
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"      \
    "oom_memcg=/g,task_memcg=/g/t,task=b,pid=9,uid=5\n"
#define KILL(pid)                                                                        \
    "Memory cgroup out of memory: Killed process " pid                                   \
    " (b) total-vm:16kB, anon-rss:4kB, file-rss:8kB, shmem-rss:0kB, UID:5 "              \
    "pgtables:4kB oom_score_adj:0\n"
#define ALL_OF_IT                                                                        \
    "notice oom-killed unknown=0 pid=9 program=b instance=/g/t limit=12288 rss=12288 "   \
    "message=the kernel killed b (pid 9): a cgroup above its own, /g, was at its limit " \
    "of 12.0 KiB; resident 12.0 KiB, 4.00 KiB of it anonymous; it was a that asked for " \
    "more constraint=CONSTRAINT_MEMCG trigger=a cgroup=/g usage_bytes=8192 failcnt=3"

static const struct {
    const char *in;
    const char *want; /* one of the records holds this */
    size_t records, skipped;
} reports[] = {
    {TRIGGER USAGE SUMMARY KILL("9"), ALL_OF_IT, 1, 0},
    /* The ring buffer has lost the front, ever more of it. */
    {USAGE SUMMARY KILL("9"), " limit=12288 ", 1, 0},
    {SUMMARY KILL("9"), " instance=/g/t ", 1, 0},
    /* … or the middle, or the end. */
    {TRIGGER SUMMARY KILL("9"), " trigger=a cgroup=/g ", 1, 0},
    {TRIGGER USAGE KILL("9"), " limit=12288 ", 1, 0},
    {TRIGGER USAGE SUMMARY,
     "the kernel chose to kill b (pid 9): a cgroup above its own, /g, was at its limit "
     "of "
     "12.0 KiB; it was a that asked for more; the line of the kill itself is missing",
     1, 1},
    {TRIGGER USAGE, "sample kernel-log cgroup unknown=0 mem.cgroup=8192 mem.limit=12288",
     1, 1},
    {TRIGGER SUMMARY "oom_reaper: reaped process 9 (b), now anon-rss:0kB\n",
     " pid=9 program=b instance=/g/t ", 1, 0},
    /* A group, killed as one. */
    {TRIGGER USAGE SUMMARY KILL("9") "Tasks in /g are going to be killed due to "
                                     "memory.oom.group set\n" KILL("10") KILL("11"),
     " pid=11 program=b instance=/g limit=12288 ", 3, 0},
    /* Stack, blanks, other programs' lines in between. */
    {TRIGGER "CPU: 1 PID: 77 Comm: a Not tainted 5.10\nCall Trace:\n ? x+0x1\n\n"
             "usb 1-1: new device\n" USAGE "eth0: link up\n" SUMMARY "x\n" KILL("9"),
     " trigger=a trigger_pid=77 ", 1, 0},
    {"Pid: 77, comm: a Not tainted 2.6.32\n" TRIGGER "Pid: 77, comm: a Not tainted\n"
     "Task in /g/t killed as a result of limit of /g\n" USAGE KILL("9"),
     " trigger=a trigger_pid=77 cgroup=/g ", 1, 0},
    /* No limit is no limit. */
    {TRIGGER "memory: usage 8kB, limit 9007199254740988kB, failcnt 3\n" SUMMARY KILL("9"),
     " instance=/g/t rss=12288 ", 1, 0},
    /* Pages of 64 KiB, told by total_vm; rows without a header; a name with blanks. */
    {TRIGGER "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n"
             "[    9]     5     9        4        3      1        0             0 b c\n"
             "[   10]     5     8       40        1      1        0         -1000 d\n"
             "Memory cgroup out of memory: Killed process 9 (b c) total-vm:256kB, "
             "anon-rss:192kB, file-rss:0kB\n",
     " page_bytes=65536 tasks=2 task:9:b c:196608 task:8:d:65536", 1, 0},
    /* The same limit is told by v2's lines. */
    {TRIGGER USAGE
     "swap: usage 4kB, limit 8kB, failcnt 0\nMemory cgroup stats for /g:\n"
     "anon 4096\n     file 8192\nkernel 123\nunknown_key 7\n" SUMMARY KILL("9"),
     " swap_usage_bytes=4096 swap_limit_bytes=8192 memcg_anon_bytes=4096 "
     "memcg_file_bytes=8192 memcg_kernel_bytes=123 total_vm_bytes=16384",
     1, 0},
    /* A record of /dev/kmsg, many lines in one. */
    {"4,1,30745678,-;" TRIGGER "4,2,30745679,-;Memory cgroup stats for /g:\n"
     "4,3,30745680,-;anon 4096\\x0afile 8192\\x0akernel 123\n SUBSYSTEM=x\n"
     "4,4,30745681,-;" SUMMARY "4,5,30745682,-;" KILL("9"),
     " memcg_anon_bytes=4096 memcg_file_bytes=8192 memcg_kernel_bytes=123 ", 1, 0},
    /* A report of minutes ago does not get the lines of the next. */
    {"[    1.000000] " TRIGGER "[  100.000000] " TRIGGER "[  100.000001] " USAGE
     "[  100.000002] " KILL("9"),
     " limit=12288 ", 1, 1},
    /* One clock for the whole of an input. */
    {"2017-12-07T00:05:14Z h kernel: [    4.000000] " KILL("9") "[    5.000000] " KILL(
         "8"),
     "notice oom-killed wall=1512605115000000000 pid=8 ", 2, 0},
    {"2017-12-07T00:05:14Z h kernel: " KILL("9") "[    5.000000] " KILL("8"),
     "notice oom-killed unknown=0 pid=8 ", 2, 0},
    /* A machine-wide kill in the midst of a cgroup's report. */
    {TRIGGER USAGE "Out of memory: Killed process 3 (z) total-vm:4kB, anon-rss:4kB, "
                   "file-rss:0kB\n" SUMMARY KILL("9"),
     "the kernel killed z (pid 3): the machine ran out of memory", 2, 0},
};

Test(kernel_log_reports, whole_and_in_part)
{
    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        struct text in = {0};
        struct collected c;

        text_put_str(&in, reports[i].in);
        c = parse(&in);
        cr_expect(strstr(text_str(&c.others), reports[i].want), "%s\ngives\n%s\nnot\n%s",
                  reports[i].in, text_str(&c.others), reports[i].want);
        cr_expect_eq(c.other_count, reports[i].records, "%s: %s", reports[i].in,
                     text_str(&c.others));
        cr_expect_eq(c.diag.skipped, reports[i].skipped, "%s", reports[i].in);
        collected_finish(&c);
        text_finish(&in);
    }
}

/* A table of ten thousand tasks: the greatest are kept, in order, and all are counted. */
Test(kernel_log_reports, bounded_table)
{
    struct text in = {0};
    struct collected c;
    uint64_t seed = 1;

    text_put_str(&in, TRIGGER "[  pid  ]   uid  tgid total_vm      rss name\n");
    for (unsigned i = 0; i < 10000; i++)
        text_printf(&in, "[%7u] 0 %u 9 %zu p%u\n", i + 10, i + 10,
                    1 + test_random_below(&seed, 1000000), i);
    text_put_str(&in, "[      9] 5 9 4 1000001 b\n" SUMMARY KILL("9"));
    c = parse(&in);
    cr_expect(strstr(text_str(&c.others), " tasks=10001 task:9:b:4096004096 "));
    cr_expect_eq(count_of(text_str(&c.others), " task:"), LIMIT_OOM_TASKS);
    collected_finish(&c);
    text_finish(&in);
}

/* More open reports than there is room for: the oldest are told as cut off. */
Test(kernel_log_reports, many_open)
{
    struct text in = {0};
    struct collected c;

    for (int i = 0; i < 100; i++)
        text_printf(&in, "p%d invoked oom-killer: gfp_mask=0\n", i);
    text_put_str(&in, SUMMARY KILL("9"));
    c = parse(&in);
    cr_expect_eq(c.diag.skipped, 99, "%" PRIu64, c.diag.skipped);
    cr_expect_eq(c.other_count, 1);
    cr_expect_eq(c.diag.kept[0].line, 1);
    cr_expect_str_eq(c.diag.kept[0].reason,
                     "report of the OOM killer without its kill line");
    collected_finish(&c);
    text_finish(&in);
}

/* A report is given up in the end, and lines are not looked at any more. */
Test(kernel_log_reports, gives_up)
{
    struct text in = {0};
    struct collected c;

    text_put_str(&in, TRIGGER);
    for (unsigned i = 0; i <= LIMIT_OOM_FOREIGN_LINES; i++)
        text_put_str(&in, "usb 1-1: new device\n");
    text_put_str(&in, USAGE SUMMARY KILL("9"));
    c = parse(&in);
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect(strstr(text_str(&c.others), " limit=12288 "));
    cr_expect_not(strstr(text_str(&c.others), " trigger=a "));
    collected_finish(&c);
    text_finish(&in);
}

/* Lines over a megabyte are some program's. */
Test(kernel_log_reports, long_lines)
{
    struct text in = {0};
    struct collected c;

    text_repeat(&in, "oom Killed process 3 (a) ", LIMIT_LINE_BYTES / 10);
    text_put_str(&in, "\n" TRIGGER);
    text_repeat(&in, "x", LIMIT_LINE_BYTES + 2 * LIMIT_LINE_TAIL_BYTES);
    text_put_str(&in, "\n" SUMMARY KILL("9"));
    c = parse(&in);
    cr_expect_eq(c.other_count, 1, "%s", text_str(&c.others));
    cr_expect(strstr(text_str(&c.others), " trigger=a "));
    collected_finish(&c);
    text_finish(&in);
}

static const char *const damaged[] = {
    "kernel/public-linux6.11-global-oom.log",        "kernel/public-k8s-memcg-oom.log",
    "kernel/issue-k8s56891-linux3.10-memcg-oom.log", "upload/dmesg.txt",
    "kernel/issue-ltp-linux5.8-memcg-oom.log",       "kernel/issue-systemd-oomd.log",
};

/* Cut off anywhere, a log keeps the kills before: whole lines that are there count. */
Test(kernel_log_reports, every_truncation)
{
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct slice in = trace_plain(damaged[i]);

        for (size_t len = 0; len < in.len; len++) {
            struct text part = {0};
            struct collected c;
            size_t kills;

            text_put(&part, slice_first(in, len));
            kills = count_of(text_str(&part), "Killed process ");
            c = parse(&part);
            /* The last one may be cut off in front of its name. */
            cr_expect(c.other_count + 1 >= kills, "%s, %zu bytes: %zu of %zu", damaged[i],
                      len, c.other_count, kills);
            cr_expect(c.diag.errors == 0);
            collected_finish(&c);
            text_finish(&part);
        }
        test_free(in);
    }
}

Test(kernel_log_reports, bit_flips)
{
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct slice in = trace_plain(damaged[i]);

        for (uint64_t seed = 1; seed <= 300; seed++) {
            struct slice bad = test_exact_copy(in.ptr, in.len);
            struct collected c;
            uint64_t random = seed;
            size_t flips = 1 + test_random_below(&random, 8);

            while (flips--)
                (void)damage_flip_bit(bad, 0, &random);
            collect(&c, &kernel_log_parser, bad, PIECES_WHOLE);
            /* A flip makes at most one kill of two halves, or loses one. */
            cr_expect(c.other_count <= 12, "%s, seed %" PRIu64, damaged[i], seed);
            collected_finish(&c);
            test_free(bad);
        }
        test_free(in);
    }
}

static const char *take_notice(void *user, const struct notice *n)
{
    *(struct notice *)user = *n;
    return NULL;
}

/* syslog writes no year: the last in which the date is not after the file's last change.
 */
static const struct {
    const char *front;
    int64_t mtime_s, want_s;
} years[] = {
    {"Dec  7 00:05:14 h kernel: ", 1512605200, 1512605114},
    {"Dec  7 00:05:14 h kernel: ", 1512605114, 1512605114},
    /* A clock that runs ahead, a zone: a day is let pass. */
    {"Dec  7 00:05:14 h kernel: ", 1512605114 - 80000, 1512605114},
    {"Dec  7 00:05:14 h kernel: ", 1512605114 - 100000, 1512605114 - 366 * 86400 + 86400},
    {"Jan  1 00:00:00 h kernel: ", 1514764799, 1514764800},
    {"Dec 31 23:59:59 h kernel: ", 1514764800, 1514764799},
};

Test(kernel_log_reports, year_of_syslog)
{
    for (size_t i = 0; i < COUNT_OF(years); i++) {
        struct notice got = {0};
        struct sink sink = {.user = &got,
                            .notice = take_notice,
                            .has_mtime = true,
                            .mtime_ns = years[i].mtime_s * NS_PER_S};
        struct diag diag = {0};
        struct err err;
        struct text in = {0};
        void *state = mem_alloc(kernel_log_parser.state_bytes);

        text_printf(&in, "%s" KILL("9"), years[i].front);
        cr_assert(kernel_log_parser.open(state, &sink, &diag));
        cr_expect(kernel_log_parser.feed(state, slice_of(in.ptr, in.len), &err));
        cr_expect(kernel_log_parser.finish(state, &err));
        cr_expect_eq(got.time_kind, MOMENT_WALL);
        cr_expect_eq(got.time_ns, years[i].want_s * NS_PER_S, "%s %" PRId64 ": %" PRId64,
                     years[i].front, years[i].mtime_s, got.time_ns / NS_PER_S);
        kernel_log_parser.close(state);
        free(state);
        text_finish(&in);
    }
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"", true, PROBE_NO},
    {"hello\n", false, PROBE_NEED_MORE},
    {"hello\n", true, PROBE_NO},
    {"\x7f"
     "ELF\x02\x01",
     false, PROBE_NO},
    {"{\"a\":1}\n", false, PROBE_NO},
    {"# HELP x\n", false, PROBE_NO},
    {TRIGGER, false, PROBE_CERTAIN},
    {SUMMARY, false, PROBE_CERTAIN},
    {KILL("9"), false, PROBE_CERTAIN},
    {USAGE, false, PROBE_LIKELY},
    {"[    0.000000] Linux version 6.1.0\n", false, PROBE_LIKELY},
    {"Nov 21 06:45:27 h kernel: usb 1-1: new device\n", false, PROBE_LIKELY},
    {"[    1.000000] usb 1-1: new device\n", true, PROBE_LIKELY},
    {"[    1.000000] usb 1-1: new device\nx\n", true, PROBE_NO},
    {"gc 1 @0.013s 3%: 0.072+1.1+0.043 ms clock\n", true, PROBE_NO},
    {"x app: Killed process 12 (worker)\n", true, PROBE_NO},
    /* A Go program's log that tells of a kill is the program's first. */
    {KILL("9") "gc 1 @0.013s 3%: 0.072+1.1+0.043 ms clock, 0.14+0.33/0.50/0.14+0.086 ms "
               "cpu, 3->4->1 MB, 4 MB goal, 2 P\n",
     true, PROBE_LIKELY},
};

Test(kernel_log_reports, is_recognised)
{
    expect_probes(&kernel_log_parser, probes, COUNT_OF(probes));
}
