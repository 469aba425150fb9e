/* Lines of 200 MB: memory stays bounded, and records around them are not lost. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "parsers/gctrace.h"
#include "parsers/limits.h"
#include "parsers/memstats.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"

TestSuite(gctrace_long, .fini = test_abort_on_leak);

#define LONG_BYTES ((size_t)200 << 20)
#define PIECE_BYTES ((size_t)1 << 20)
#define REST                                                                             \
    " @1.002s 3%: 0.045+1.2+0.10 ms clock, 0.36+0.16/2.7/9.9+16 ms cpu, 4->5->1 MB, 6 "  \
    "MB "                                                                                \
    "goal, 8 P"

struct feeder {
    const struct parser_ops *ops;
    void *state;
    struct diag diag;
    uint32_t numbers[8]; /* of the records that came */
    bool is_partial[8];
    size_t count;
};

static const char *take(void *user, const struct gc_cycle *c)
{
    struct feeder *f = user;

    cr_assert_lt(f->count, COUNT_OF(f->numbers));
    f->is_partial[f->count] = c->is_partial;
    f->numbers[f->count++] = c->number;
    return NULL;
}

static const char *take_snapshot(void *user, const struct mem_snapshot *s)
{
    struct feeder *f = user;

    cr_assert_lt(f->count, COUNT_OF(f->numbers));
    f->numbers[f->count++] = s->num_gc;
    return NULL;
}

static void put(struct feeder *f, const char *text)
{
    struct err err;

    cr_assert(f->ops->feed(f->state, slice_str(text), &err));
}

static void put_filler(struct feeder *f, char filler, size_t bytes)
{
    char *piece = malloc(PIECE_BYTES);
    struct err err;

    cr_assert(piece);
    memset(piece, filler, PIECE_BYTES);
    for (; bytes; bytes -= bytes < PIECE_BYTES ? bytes : PIECE_BYTES)
        cr_assert(f->ops->feed(f->state, slice_first(slice_of(piece, PIECE_BYTES), bytes),
                               &err));
    free(piece);
}

static long peak_kib(void)
{
    struct rusage use;

    (void)getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

/* Runs `script` with a parser of its own; the peak may grow by what lines.h promises, and
 * by `more_kib`. */
static void with_parser(struct feeder *f, const struct parser_ops *ops, long more_kib,
                        void (*script)(struct feeder *))
{
    struct sink sink = {.user = f, .gc_cycle = take, .mem_snapshot = take_snapshot};
    long before = peak_kib();
    struct err err;

    *f = (struct feeder){.ops = ops, .state = calloc(1, ops->state_bytes)};
    cr_assert(f->state && ops->open(f->state, &sink, &f->diag));
    script(f);
    cr_assert(ops->finish(f->state, &err));
    ops->close(f->state);
    free(f->state);
    cr_expect_lt(peak_kib() - before, (16 << 10) + more_kib, "%ld KiB",
                 peak_kib() - before);
}

static void around(struct feeder *f)
{
    put(f, "gc 1" REST "\n");
    put(f, "dump: gc 2" REST " ");
    put_filler(f, 'x', LONG_BYTES);
    put(f, "gc 3" REST "\ngc 4" REST "\n");
}

Test(gctrace_long, records_before_in_and_behind)
{
    struct feeder f;

    with_parser(&f, &gctrace_parser, 0, around);
    cr_assert_eq(f.count, 4);
    for (uint32_t i = 0; i < 4; i++)
        cr_expect(f.numbers[i] == i + 1 && !f.is_partial[i], "record %u is gc %u", i,
                  f.numbers[i]);
    cr_expect_eq(f.diag.skipped, 1);
    cr_expect_str_eq(f.diag.kept[0].reason,
                     "line over 1 MiB: its middle was not looked at");
    cr_expect_eq(f.diag.kept[0].line, 2);
}

/* The hole of a file truncated in place, with the next record behind it. */
static void hole(struct feeder *f)
{
    put_filler(f, '\0', LONG_BYTES);
    put(f, "gc 9" REST "\n");
}

Test(gctrace_long, a_hole)
{
    struct feeder f;

    with_parser(&f, &gctrace_parser, 0, hole);
    cr_assert_eq(f.count, 1);
    cr_expect_eq(f.numbers[0], 9);
}

static void no_end(struct feeder *f)
{
    put_filler(f, 'y', LONG_BYTES + 12345);
    put(f, "gc 5" REST);
}

Test(gctrace_long, without_a_newline_at_the_end)
{
    struct feeder f;

    with_parser(&f, &gctrace_parser, 0, no_end);
    cr_assert_eq(f.count, 1);
    cr_expect_eq(f.numbers[0], 5);
}

/* A record that the edge of what is kept goes through is a torn one, or, where nothing
 * is left out behind it, whole. */
static void expect_edge(size_t more)
{
    size_t len = strlen("gc 1" REST);

    for (size_t at = 0; at <= len; at++) {
        struct text t = {0};
        struct collected c;

        text_repeat(&t, "x", LIMIT_LINE_BYTES - at);
        text_put_str(&t, "gc 1" REST);
        text_repeat(&t, "x", more);
        text_put_str(&t, "\ngc 2" REST "\n");
        collect(&c, &gctrace_parser, slice_of(t.ptr, t.len), PIECES_WHOLE);
        cr_expect(c.cycle_count >= 1 && c.cycle_count <= 2, "%zu, %zu", at, more);
        cr_expect_eq(c.cycles[c.cycle_count - 1].number, 2, "%zu, %zu", at, more);
        cr_expect_gt(c.cycle_count + c.diag.skipped, 1, "%zu, %zu", at, more);
        collected_finish(&c);
        text_finish(&t);
    }
}

Test(gctrace_long, at_the_edge)
{
    expect_edge(0);
    expect_edge(100000);
}

static void snapshots(struct feeder *f)
{
    put(f, "{\"HeapAlloc\":1,\"Sys\":2,\"NumGC\":1}\n{\"x\":\"");
    put_filler(f, 'z', LONG_BYTES);
    put(f, "\",\"HeapAlloc\":1,\"Sys\":2,\"NumGC\":2}\n{\"HeapAlloc\":1,\"Sys\":2,"
           "\"NumGC\":3}");
}

Test(gctrace_long, snapshots_around_a_long_line)
{
    struct feeder f;

    /* An object is put together in a buffer that doubles: the old and the new one. */
    with_parser(&f, &memstats_parser, 3 * (LIMIT_JSON_OBJECT_BYTES >> 10), snapshots);
    cr_assert_eq(f.count, 2);
    cr_expect(f.numbers[0] == 1 && f.numbers[1] == 3);
    cr_expect_eq(f.diag.skipped, 1);
    cr_expect_eq(f.diag.kept[0].line, 2);
}
