/* The fast path against the whole grammar: what it takes, it takes the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/gctrace_fast.h"
#include "parsers/gctrace_line.h"
#include "parsers/scan.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(gctrace_fast, .fini = test_abort_on_leak);

static bool slowly(struct slice line, struct gc_cycle *cycle, const char **stop)
{
    struct gctrace_record r;

    if (gctrace_record_begin(&r, &line) != GCTRACE_COMPLETE || r.has_bad_number)
        return false;
    *stop = line.ptr;
    *cycle = r.cycle;
    if (!gctrace_record_finish(&r))
        return false;
    *cycle = r.cycle;
    return true;
}

static void expect_same(struct slice own, const struct gc_cycle *fast, uint64_t seed)
{
    struct text a = {0}, b = {0};
    const char *stop = NULL;
    struct gc_cycle slow;

    cr_assert(slowly(own, &slow, &stop), "seed %llu: only fast: %.*s",
              (unsigned long long)seed, (int)own.len, own.ptr);
    collect_put_cycle(&a, fast);
    collect_put_cycle(&b, &slow);
    cr_expect_str_eq(text_str(&a), text_str(&b), "seed %llu: %.*s",
                     (unsigned long long)seed, (int)own.len, own.ptr);
    cr_expect_eq(stop, own.ptr + own.len);
    text_finish(&a);
    text_finish(&b);
}

/* Both on the same bytes, which end where the fast path's room does. True when the fast
 * path took the line. */
static bool compare(struct slice line, uint64_t seed)
{
    char *copy = malloc(GCTRACE_FAST_ROOM);
    struct gc_cycle fast;
    const char *behind, *end;

    cr_assert(copy && line.len <= GCTRACE_FAST_ROOM);
    memset(copy, 'x', GCTRACE_FAST_ROOM);
    memcpy(copy, line.ptr, line.len);
    behind = gctrace_fast(copy, &fast);
    if (behind) {
        end = scan_line_end(copy, copy + GCTRACE_FAST_ROOM);
        cr_expect_eq(behind, end + 1, "seed %llu", (unsigned long long)seed);
        expect_same(slice_of(copy, (size_t)(end - copy)), &fast, seed);
    }
    free(copy);
    return behind != NULL;
}

struct tally {
    size_t lines, fast;
};

static void visit_file(const char *name, void *user)
{
    struct tally *tally = user;
    struct slice all;
    const char *p, *end;
    enum scan_mark mark;
    uint64_t none = 0;

    if (!strstr(name, "gctrace"))
        return;
    all = trace_plain(name);
    end = all.ptr + all.len;
    for (p = scan_mark(all.ptr, end, &none, &mark); p < end;
         p = scan_mark(p + 2, end, &none, &mark)) {
        const char *stop = scan_line_end(p, end);
        struct slice line = {p, (size_t)(stop - p) + (stop < end)}, own;
        struct gc_cycle cycle;

        if (mark != SCAN_GC || p[2] != ' ' || line.len > GCTRACE_FAST_ROOM)
            continue;
        own = slice_first(line, (size_t)(stop - p));
        if (slowly(own, &cycle, &(const char *){NULL}))
            tally->lines++;
        tally->fast += compare(line, 0);
    }
    test_free(all);
}

Test(gctrace_fast, real_lines)
{
    struct tally tally = {0};

    trace_each(visit_file, &tally);
    cr_expect_gt(tally.lines, 10000);
    /* What is left: five phases, no goal, leak checks, torn lines. */
    cr_expect_gt(tally.fast * 100, tally.lines * 95, "%zu of %zu", tally.fast,
                 tally.lines);
}

static void put_ms(struct text *t, uint64_t *seed)
{
    switch (test_random_below(seed, 5)) {
    case 0:
        text_printf(t, "%zu", test_random_below(seed, 10000000));
        break;
    case 1:
        text_printf(t, "%zu.%zu", test_random_below(seed, 10),
                    test_random_below(seed, 10));
        break;
    case 2:
        text_printf(t, "0.%02zu", test_random_below(seed, 100));
        break;
    case 3:
        text_printf(t, "0.%03zu", test_random_below(seed, 100));
        break;
    default:
        text_printf(t, "%zu.%03zu", test_random_below(seed, 2000),
                    test_random_below(seed, 1000));
    }
}

static void put_list(struct text *t, uint64_t *seed, const char *separators)
{
    put_ms(t, seed);
    for (; *separators; separators++) {
        text_put_char(t, *separators);
        put_ms(t, seed);
    }
}

static size_t magnitude(uint64_t *seed)
{
    static const size_t limits[] = {2, 10, 100, 10000, 9999999, 100000000};

    return test_random_below(seed, limits[test_random_below(seed, COUNT_OF(limits))]);
}

static void put_line(struct text *t, uint64_t *seed)
{
    text_printf(t, "gc %zu @%zu.%03zus %zu%%: ", 1 + magnitude(seed), magnitude(seed),
                test_random_below(seed, 1000), test_random_below(seed, 101));
    put_list(t, seed, "++");
    text_put_str(t, " ms clock, ");
    put_list(t, seed, "+//+");
    text_printf(t, " ms cpu, %zu->%zu->%zu MB, %zu MB goal, ", magnitude(seed),
                magnitude(seed), magnitude(seed), magnitude(seed));
    if (test_random_below(seed, 2))
        text_printf(t, "%zu MB stacks, %zu MB globals, ", magnitude(seed),
                    magnitude(seed));
    text_printf(t, "%zu P%s\n", magnitude(seed),
                test_random_below(seed, 8) ? "" : " (forced)");
}

Test(gctrace_fast, random_lines)
{
    uint64_t seed = 1;
    size_t fast = 0, rounds = 200000;

    for (size_t i = 0; i < rounds; i++) {
        uint64_t first = seed;
        struct text t = {0};

        put_line(&t, &seed);
        fast += compare(slice_of(t.ptr, t.len), first);
        text_finish(&t);
    }
    cr_expect_gt(fast, rounds / 10, "%zu", fast);
}

/* A byte changed, put in or taken out: where it is still taken, then as the grammar
 * takes it. */
Test(gctrace_fast, damaged_lines)
{
    static const char bytes[] = "0123456789.+/->% @s\nMBPgc(),\xff\x80\0";
    uint64_t seed = 2;

    for (size_t i = 0; i < 200000; i++) {
        uint64_t first = seed;
        struct text t = {0};
        size_t at;

        put_line(&t, &seed);
        for (size_t n = test_random_below(&seed, 3) + 1; n > 0; n--) {
            at = 3 + test_random_below(&seed, t.len - 3);
            if (test_random_below(&seed, 3) == 0)
                memmove(t.ptr + at, t.ptr + at + 1, t.len - at - 1);
            else
                t.ptr[at] = bytes[test_random_below(&seed, sizeof bytes)];
        }
        (void)compare(slice_of(t.ptr, t.len), first);
        text_finish(&t);
    }
}
