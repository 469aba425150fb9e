/*
 * Lines that other output was written into. The runtime writes a gc line with one
 * write(2) a token, so the tests break it between any two of them.
 */
#include <criterion/criterion.h>

#include "parsers/gctrace.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"

TestSuite(gctrace_torn, .fini = test_abort_on_leak);

/* "|" stands where one write ends and the next begins. */
static const char *const lines[] = {
    "gc |12| @|0.306|s |3|%|: |0.32|+|1.1|+|0.075| ms clock, "
    "|0.65|+|0.10|/|0.20|/|0.39|+|0.15"
    "| ms cpu, |3|->|4|->|1| MB, |4| MB goal, |0| MB stacks, |0| MB globals, |2| P|\n",
    "gc |763| @|77536.239|s |1|%|: |0.11|+|2192|+|0.75| ms clock, "
    "|0.92|+|9269|/|4379|/|3243|+"
    "|6.0| ms cpu, |6370|->|6390|->|3298| MB, |6533| MB goal, |8| P|\n",
    "gc |88| @|3.243|s |9|%|: |0.040|+|16|+|1.0|+|5.9|+|0.34| ms clock, "
    "|0.16|+|16|+|0|+|18|/"
    "|5.7|/|11|+|1.3| ms cpu, |32|->|33|->|19| MB, |33| MB goal, |4| P|\n",
    "gc |1| @|0.006|s |2|%| (checking for goroutine leaks)|: |0|+|10|+|0.001| ms clock, "
    "|0|+|0"
    "|/|99|/|0|+|0.10| ms cpu, |0|->|0|->|0| MB, |8532210231536| MB goal, |0| MB stacks, "
    "|0| MB globals, |2| P|\n",
};

static struct text without_bars(const char *line)
{
    struct text t = {0};

    for (; *line; line++)
        if (*line != '|')
            text_put_char(&t, *line);
    return t;
}

/* The line with `cut` in the place of its `boundary`-th bar; false when it has fewer. */
static bool put_torn(struct text *t, const char *line, size_t boundary, const char *cut)
{
    size_t bar = 0;

    for (; *line; line++) {
        if (*line != '|')
            text_put_char(t, *line);
        else if (bar++ == boundary)
            text_put_str(t, cut);
    }
    return boundary < bar;
}

static struct collected parse(const char *in)
{
    struct slice text = test_exact_copy(in, strlen(in));
    struct collected c;

    collect(&c, &gctrace_parser, text, PIECES_WHOLE);
    test_free(text);
    return c;
}

static bool same_figures(const struct gc_cycle *a, const struct gc_cycle *b)
{
    struct gc_cycle x = *a, y = *b;
    struct text s = {0}, t = {0};
    bool same;

    x.stamp = y.stamp = STAMP_NONE;
    collect_put_cycle(&s, &x);
    collect_put_cycle(&t, &y);
    same = strcmp(text_str(&s), text_str(&t)) == 0;
    text_finish(&s);
    text_finish(&t);
    return same;
}

/* The wanted record is whole, and one of `records`. */
static void expect_whole(const char *in, const struct gc_cycle *want, size_t records)
{
    struct collected c = parse(in);
    size_t found = 0;

    cr_expect_eq(c.cycle_count, records, "%s gives %zu records", in, c.cycle_count);
    cr_expect_eq(c.diag.skipped, 0, "%s: %s", in, c.diag.kept[0].reason);
    for (size_t i = 0; i < c.cycle_count; i++)
        found += same_figures(&c.cycles[i], want);
    cr_expect_eq(found, 1, "%s", in);
    collected_finish(&c);
}

/* Tears each line at each boundary. */
static void tear_everywhere(const char *cut, size_t records)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct text whole = without_bars(lines[i]), torn = {0};
        struct collected c = parse(text_str(&whole));

        cr_assert_eq(c.cycle_count, 1, "%s", lines[i]);
        for (size_t bar = 0; put_torn(&torn, lines[i], bar, cut); bar++) {
            expect_whole(text_str(&torn), &c.cycles[0], records);
            text_clear(&torn);
        }
        collected_finish(&c);
        text_finish(&whole);
        text_finish(&torn);
    }
}

#define LOG                                                                              \
    "2026/11/21 02:03:57.853114 worker=0 request handled id=23 status=200 dur=23us\n"
#define JSON                                                                             \
    "{\"level\":\"info\",\"msg\":\"refresh 23\",\"ts\":\"2026-11-21T02:03:57.8531Z\"}\n"

/* A date's digits follow the number's own without a gap: "0.33" + "2026/11/21 …". */
Test(gctrace_torn, by_a_log_line)
{
    tear_everywhere(LOG, 1);
    tear_everywhere("2026-11-21T02:03:57.853Z INFO request handled\n", 1);
    tear_everywhere("2026-11-21 02:03:57,853 request handled\n", 1);
}

Test(gctrace_torn, by_a_json_line)
{
    tear_everywhere(JSON, 1);
}

Test(gctrace_torn, by_nothing_but_a_newline)
{
    tear_everywhere("\n", 1);
    tear_everywhere("\r\n", 1);
}

Test(gctrace_torn, by_several_lines)
{
    tear_everywhere(LOG JSON LOG "\n" LOG "panic: not really\n" JSON, 1);
}

/* A container runtime stamps each of the halves. */
Test(gctrace_torn, by_a_log_shipper)
{
    tear_everywhere("\n2026-11-21T02:29:09.439332000Z stderr F ", 1);
}

/* The other line is whole and comes first. */
Test(gctrace_torn, by_another_process)
{
    tear_everywhere(
        "gc 3 @9.876s 4%: 0.018+1.3+0.076 ms clock, 0.054+0.35/1.0/3.0+0.22 ms "
        "cpu, 7->8->5 MB, 9 MB goal, 16 P\n",
        2);
}

/* The rest of the line that the record breaks off in, then `count` lines more. */
static void put_lines(struct text *t, size_t count)
{
    text_put_str(t, LOG);
    for (size_t i = 0; i < count; i++)
        text_put_str(t, JSON);
}

#define FIRST                                                                            \
    "gc 5 @1.000s 3%: 0.32+1.1+0.075 ms clock, 0.65+0.10/0.20/0.39+0.15 ms cpu, "
#define SECOND "3->4->1 MB, 4 MB goal, 8 P\n"
#define FIRST_IS                                                                         \
    "gc 5 start_ns=1000000000 cpu_percent=3 sweepterm_ns=320000 mark_ns=1100000"         \
    " markterm_ns=75000 pause_ns=395000 wall_ns=1495000 cpu_stw_ns=800000"               \
    " cpu_assist_ns=100000 cpu_dedicated_ns=200000 cpu_idle_ns=390000"

static void expect_partial(const char *in, const char *want, const char *reason,
                           uint64_t line, uint64_t offset_bytes)
{
    struct collected c = parse(in);
    struct text got = {0};

    for (size_t i = 0; i < c.cycle_count; i++)
        collect_put_cycle(&got, &c.cycles[i]);
    cr_expect_str_eq(text_str(&got), want, "%s gives %s", in, text_str(&got));
    expect_fault(&c.diag, in, reason, line, offset_bytes);
    text_finish(&got);
    collected_finish(&c);
}

Test(gctrace_torn, is_waited_for_and_then_given_up)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, "one\n" FIRST);
    put_lines(&t, LIMIT_GLUED_LINES);
    text_put_str(&t, SECOND);
    c = parse(text_str(&t));
    cr_expect(c.cycle_count == 1 && !c.cycles[0].is_partial, "50 lines are waited for");
    cr_expect_eq(c.diag.skipped, 0);
    collected_finish(&c);

    text_clear(&t);
    text_put_str(&t, "one\n" FIRST);
    put_lines(&t, LIMIT_GLUED_LINES + 1);
    text_put_str(&t, SECOND);
    expect_partial(text_str(&t), FIRST_IS " partial",
                   "gc record cut off: its rest is missing", 2, 4);
    text_finish(&t);
}

static const struct {
    const char *in, *want, *reason;
} cut_off[] = {
    {FIRST, FIRST_IS " partial", "gc record cut off: its rest is missing"},
    {FIRST "3->4->1 MB, 4 MB goal",
     FIRST_IS " heap_start=3145728 heap_end=4194304"
              " heap_live=1048576 partial",
     "gc record cut off: its rest is missing"},
    {"gc 5 @1.000s 3", "gc 5 start_ns=1000000000 partial",
     "gc record cut off: its rest is missing"},
    {"gc 5 @1.000s 3%: 0.32+1.1+0.0", "gc 5 start_ns=1000000000 cpu_percent=3 partial",
     "gc record cut off: its rest is missing"},
    {"gc 5 @1.0", "", "gc record without a time"},
    {"gc 5 @", "", "gc record without a time"},
    {"gc 5", "", "gc record without a time"},
    {"gc ", "", "gc record without a time"},
};

Test(gctrace_torn, at_the_end_of_the_input)
{
    for (size_t i = 0; i < COUNT_OF(cut_off); i++)
        expect_partial(cut_off[i].in, cut_off[i].want, cut_off[i].reason, 1, 0);
}

Test(gctrace_torn, is_superseded)
{
    struct collected c =
        parse(FIRST LOG "gc 6 @1.100s 3%: 0.1+1+0.1 ms clock, 0+0/0/0+0 ms "
                        "cpu, 4->4->2 MB, 4 MB goal, 8 P\n");

    cr_expect_eq(c.cycle_count, 2);
    cr_expect(c.cycles[0].number == 5 && c.cycles[0].is_partial, "the older one first");
    cr_expect(c.cycles[1].number == 6 && !c.cycles[1].is_partial);
    cr_expect_eq(c.diag.skipped, 1);
    collected_finish(&c);
}

/* Lines that happen to begin with what a waiting record wants next. */
static const struct {
    const char *front, *foreign, *back;
} lures[] = {
    {"gc 5 @1.000s 3%: 0.32+1.1+0.075 ms clock, 0.65+0.10", "/usr/bin/env: not found\n",
     "/0.20/0.39+0.15 ms cpu, " SECOND},
    {"gc 5 @1.000s 3%: 0.32+1.1+0.075 ms clock, 0.65+0.10/", "12 requests in flight\n",
     "0.20/0.39+0.15 ms cpu, " SECOND},
    {"gc 5 @1.000s 3%: 0.32", "+ set -x\n",
     "+1.1+0.075 ms clock, 0.65+0.10/0.20/0.39+0.15 ms cpu, " SECOND},
    {FIRST "3", "->here it goes\n", "->4->1 MB, 4 MB goal, 8 P\n"},
    {FIRST "3->4->1 MB, 4 MB goal, 8", " indented text, and more\n", " P\n"},
    {"gc 5 @1.000s 3%", " (in parentheses) as ever\n",
     ": 0.32+1.1+0.075 ms clock, 0.65+0.10/0.20/0.39+0.15 ms cpu, " SECOND},
    {"gc 5 @1.000s 3%", ": no such file\n",
     ": 0.32+1.1+0.075 ms clock, 0.65+0.10/0.20/0.39+0.15 ms cpu, " SECOND},
};

Test(gctrace_torn, is_not_lured)
{
    struct collected whole = parse(FIRST SECOND);

    for (size_t i = 0; i < COUNT_OF(lures); i++) {
        struct text t = {0};

        text_printf(&t, "%s" LOG "%s%s", lures[i].front, lures[i].foreign, lures[i].back);
        expect_whole(text_str(&t), &whole.cycles[0], 1);
        text_finish(&t);
    }
    collected_finish(&whole);
}

/* Copies tokens up to the `end`-th bar. */
static void put_tokens(struct text *t, const char **from, size_t *bar, size_t end)
{
    for (; **from && *bar < end; ++*from) {
        if (**from == '|')
            ++*bar;
        else
            text_put_char(t, **from);
    }
}

static size_t count_bars(const char *line)
{
    size_t bars = 0;

    for (; *line; line++)
        bars += *line == '|';
    return bars;
}

/* One line up to its bar i, the other one up to j, then the rest of each, then a line
 * that nothing happened to. How many of the two come out whole? */
static size_t interleave(size_t i, size_t j, const struct gc_cycle *a,
                         const struct gc_cycle *b)
{
    const char *p = lines[0], *q = lines[1];
    size_t p_bar = 0, q_bar = 0, whole = 0;
    struct text t = {0};
    struct collected c;

    put_tokens(&t, &p, &p_bar, i);
    put_tokens(&t, &q, &q_bar, j);
    put_tokens(&t, &p, &p_bar, SIZE_MAX);
    put_tokens(&t, &q, &q_bar, SIZE_MAX);
    text_put_str(
        &t, "gc 31 @9.000s 3%: 0.1+1+0.1 ms clock, 0+0/0/0+0 ms cpu, 4->4->2 MB, 4 MB "
            "goal, 8 P\n");
    c = parse(text_str(&t));
    for (size_t k = 0; k < c.cycle_count; k++)
        whole += same_figures(&c.cycles[k], a) || same_figures(&c.cycles[k], b);
    cr_expect(c.cycle_count >= 1 && c.cycle_count <= 3, "%s gives %zu records",
              text_str(&t), c.cycle_count);
    cr_expect(whole + c.diag.skipped >= 1 || c.cycle_count == 3, "%s", text_str(&t));
    if (i + 1 < count_bars(lines[0]) && j + 1 < count_bars(lines[1])) {
        size_t after = 0;

        for (size_t k = 0; k < c.cycle_count; k++)
            after += c.cycles[k].number == 31 && !c.cycles[k].is_partial;
        cr_expect_eq(after, 1, "the line behind %s", text_str(&t));
    }
    collected_finish(&c);
    text_finish(&t);
    return whole;
}

/* Whose token it is cannot always be told: where both records wait for the same one,
 * or where digits ran into digits. Half of all places come out right, and none costs
 * the next line. */
Test(gctrace_torn, two_processes_within_a_line)
{
    struct text a = without_bars(lines[0]), b = without_bars(lines[1]);
    struct collected x = parse(text_str(&a)), y = parse(text_str(&b));
    size_t all = 0, both = 0;

    for (size_t i = 1; i < count_bars(lines[0]); i++) {
        for (size_t j = 1; j < count_bars(lines[1]); j++, all++)
            both += interleave(i, j, &x.cycles[0], &y.cycles[0]) == 2;
    }
    cr_expect_geq(both * 2, all, "%zu of %zu", both, all);
    collected_finish(&x);
    collected_finish(&y);
    text_finish(&a);
    text_finish(&b);
}
