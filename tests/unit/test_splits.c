/*
 * However an input is cut into pieces, every parser hands on the same records in the
 * same order and finds the same faults in the same places.
 */
#include <criterion/criterion.h>

#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(splits, .fini = test_abort_on_leak);

static void expect_same(const char *name, const struct parser_ops *ops, struct slice in,
                        const struct collected *whole, struct pieces pieces)
{
    struct collected cut;
    char why[COLLECT_WHY];

    collect(&cut, ops, in, pieces);
    cr_expect(collected_same(whole, &cut, why),
              "%s of %s, pieces %zu, %zu, seed %llu: %s", ops->name, name, pieces.first,
              pieces.rest, (unsigned long long)pieces.seed, why);
    collected_finish(&cut);
}

static void cut_everywhere(const char *name, const struct parser_ops *ops,
                           struct slice in)
{
    struct collected whole;

    collect(&whole, ops, in, PIECES_WHOLE);
    for (size_t first = 1; first < in.len; first++)
        expect_same(name, ops, in, &whole, (struct pieces){first, SIZE_MAX, 0});
    collected_finish(&whole);
}

static void cut_small(const char *name, const struct parser_ops *ops, struct slice in)
{
    static const size_t sizes[] = {1, 2, 3, 7, 100, 4096};
    struct collected whole;

    collect(&whole, ops, in, PIECES_WHOLE);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        expect_same(name, ops, in, &whole, (struct pieces){sizes[i], sizes[i], 0});
    for (uint64_t seed = 1; seed <= 5; seed++)
        expect_same(name, ops, in, &whole, (struct pieces){1, 600, seed});
    collected_finish(&whole);
}

/* Quadratic, so only what is small. */
#define EVERYWHERE_BYTES 3500
/* Of what another format's parser has to get along with, the front will do. */
#define FOREIGN_BYTES 1200

static void cut_foreign(const char *name, const struct parser_ops *ops, struct slice in)
{
    struct slice head = slice_first(in, FOREIGN_BYTES);
    struct collected whole;

    collect(&whole, ops, head, PIECES_WHOLE);
    expect_same(name, ops, head, &whole, (struct pieces){1, 1, 0});
    expect_same(name, ops, head, &whole, (struct pieces){1, 100, 1});
    collected_finish(&whole);
}

static void visit_file(const char *name, void *user)
{
    const struct parser_ops *own;
    struct slice in;
    bool need_more;

    (void)user;
    if (strstr(name, "truth.json"))
        return;
    in = trace_plain(name);
    own = parser_probe(slice_first(in, LIMIT_PROBE_BYTES), true, &need_more);
    for (size_t i = 0; parser_table[i]; i++) {
        if (parser_table[i] != own)
            cut_foreign(name, parser_table[i], in);
        else if (in.len <= EVERYWHERE_BYTES)
            cut_everywhere(name, parser_table[i], in);
        if (parser_table[i] == own && in.len <= 200000)
            cut_small(name, parser_table[i], in);
    }
    test_free(in);
}

Test(splits, each_trace_with_each_parser)
{
    trace_each(visit_file, NULL);
}

/* The head of each larger file, cut off in the middle of a line, at every byte. */
static void visit_head(const char *name, void *user)
{
    static const char *const wanted[] = {
        "lateleak/memstats.ndjson.zst", "gctrace/gen-go1.26-crashloop-cri.log",
        "gctrace/gen-go1.26-interleaved-stderr.log", "gctrace/gcvis-go15_stderr.log",
        "gctrace/gen-go1.15-interleaved-stderr.log"};

    (void)user;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct slice in, part;

        if (strcmp(name, wanted[i]) != 0)
            continue;
        in = trace_plain(name);
        part = slice_first(slice_after(in, in.len / 3), EVERYWHERE_BYTES);
        for (size_t k = 0; parser_table[k]; k++)
            cut_everywhere(name, parser_table[k], part);
        test_free(in);
    }
}

Test(splits, heads_of_larger_traces)
{
    trace_each(visit_head, NULL);
}

static const char torn[] =
    "2026/11/21 02:03:57.85 first\r\n"
    "gc 1 @0.013s 3%: 0.072+1.1+0.043 ms clock, 0.14+0.332026/11/21 02:03:57.853114 "
    "worker\n"
    "{\"level\":\"info\"}\n"
    "/0.50/0.14+0.086 ms cpu, 3->4->gc 3 @9.876s 4%: 0.018+1.3+0.076 ms clock, "
    "0.054+0.35/1.0/3.0+0.22 ms cpu, 7->8->5 MB, 9 MB goal, 16 P\r\n"
    "1 MB, 4 MB goal, 2 P\n"
    "\0\0\0gc14(2): 1+1+0 ms 10 -> 5 MB 58439 -> 8912 (573381-564469) objects 184 "
    "handoff\n"
    "2026-11-21T02:29:09.439332000Z stderr P gc 7 @2.0\n"
    "{\"HeapAlloc\":5,\"Sys\":7,\"LastGC\":9,\"a\\\"b\":[1,{\"c\":2}]}\n"
    "{\"HeapAlloc\":5,\"Sys\":7,\"time\":\"2026-11-21T02:29:09Z\"\n"
    "\n"
    "{\"HeapAlloc\":99999999999999999999,\"Sys\":18446744073709551615,\"LastGC\":9} x\n"
    "gc 4 @9.9";

Test(splits, damage_of_every_kind)
{
    for (size_t i = 0; parser_table[i]; i++) {
        cut_everywhere("damage", parser_table[i], slice_of(torn, sizeof torn - 1));
        cut_small("damage", parser_table[i], slice_of(torn, sizeof torn - 1));
    }
}
