/* Profiles of a session: interned stacks, sums, tops, and their totals as series. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "model/profile_rows.h"
#include "model/session.h"
#include "parsers/pprof.h"
#include "tests/unit/proto_text.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"

TestSuite(profile, .fini = test_abort_on_leak);

/* "NAME flat cum; …" */
static void put_top(struct text *t, const struct session *s, const struct profile *p,
                    const char *type, size_t count)
{
    struct profile_entry top[16];
    size_t index = p->default_type, used;

    if (type)
        cr_assert(profile_find_type(s->profiles, p, slice_str(type), &index), "%s", type);
    used = profile_top(s->profiles, p, index, top, count);
    for (size_t i = 0; i < used; i++) {
        text_put_str(t, i ? "; " : "");
        text_put_safe(t, profile_symbol_name(s->profiles, top[i].symbol));
        text_printf(t, " %" PRId64 " %" PRId64, top[i].flat, top[i].cum);
    }
}

/* As `go tool pprof -top -unit=B -nodefraction=0` (Go 1.26.8) prints them. */
static const struct {
    const char *file, *type, *want;
} tops[] = {
    {"pprof/gen-go1.26-heap.pb.gz", "inuse_space",
     "main.mk 36178632 36178632; "
     "runtime/trace.(*traceMultiplexer).startLocked 3017943 3017943; "
     "runtime/pprof.StartCPUProfile 1212696 1212696; main.main.func1 0 36178632"},
    {"pprof/parca-alloc_space_delta.pb.gz", "inuse_space",
     "github.com/segmentio/parquet-go.newIndexedColumnBuffer 195181317 195181317; "
     "bytes.makeSlice 169887595 169887595; "
     "github.com/segmentio/parquet-go.newOptionalColumnBuffer 113913953 113913953; "
     "github.com/segmentio/parquet-go.newColumnBuffer[...] 105504604 105504604"},
    {"pprof/pprofutils-anon.out.pprof", NULL,
     "hawaii-spaghetti-lactose 7770000000 7770000000; "
     "runtime.mallocgc 4870000000 12350000000; "
     "equal-lithium-venus 4300000000 4320000000; nuts-west-early 3360000000 3520000000"},
};

Test(profile, tops_are_those_of_go)
{
    for (size_t i = 0; i < COUNT_OF(tops); i++) {
        struct session *s = session_create();
        struct text got = {0};

        (void)session_add_trace(s, tops[i].file);
        cr_assert_eq(profile_store_count(s->profiles), 1);
        put_top(&got, s, profile_store_at(s->profiles, 0), tops[i].type, 4);
        cr_expect_str_eq(text_str(&got), tops[i].want, "%s", tops[i].file);
        text_finish(&got);
        session_destroy(s);
    }
}

#define TYPES "1{1:1 2:2} "
#define STRINGS "6\"\" 6\"space\" 6\"bytes\" 6\"f\" 6\"g\" 6\"h\" 6\"/usr/bin/app\" "
#define FUNCTIONS "5{1:1 2:3} 5{1:2 2:4} 5{1:3 2:5} "
#define LOCATIONS                                                                        \
    "4{1:1 3:9 4{1:1 2:1}} 4{1:2 3:9 4{1:2 2:2}} 4{1:3 3:9 4{1:3 2:3}} "                 \
    "4{1:4 3:9 4{1:1 2:4} 4{1:2 2:5}} 4{1:5 2:1 3:99} 4{1:6 3:77} 3{1:1 5:6} "

static const struct {
    const char *name, *samples, *want;
    size_t rows;
} sums[] = {
    {"leaf first", "2{1:[1 2 3] 2:5}", "f 5 5; g 0 5; h 0 5", 1},
    {"a stack twice, of objects of two sizes",
     "2{1:[1 2] 2:5 3{1:2 3:8}} 2{1:[1 2] 2:7 3{1:2 3:16}}", "f 12 12; g 0 12", 1},
    {"what calls itself counts once", "2{1:[1 2 1 2 1] 2:5} 2{1:[1] 2:1}", "f 6 6; g 0 5",
     2},
    {"… from one stack to the next", "2{1:[2 1] 2:5} 2{1:[1 2] 2:7} 2{1:[1 2 1] 2:9}",
     "f 16 21; g 5 21", 3},
    {"an inlined call is a frame", "2{1:[4 3] 2:5}", "f 5 5; g 0 5; h 0 5", 1},
    {"lines of a function are one", "2{1:[1] 2:5} 2{1:[4] 2:6}", "f 11 11; g 0 6", 2},
    {"zeros are no rows", "2{1:[1] 2:0} 2{1:[2] 2:5}", "g 5 5", 1},
    {"what cancels out is none", "2{1:[1] 2:5} 2{1:[1] 2:-5} 2{1:[2] 2:1}", "g 1 1", 1},
    {"less than nothing", "2{1:[1 2] 2:-50} 2{1:[2] 2:20}", "f -50 -50; g 20 -30", 2},
    {"no function: its file, else unknown", "2{1:[5] 2:5} 2{1:[6] 2:4}",
     "[app] 5 5; <unknown> 4 4", 2},
    {"no stack at all", "2{2:5}", "", 1},
    {"nothing", "", "", 0},
};

Test(profile, sums)
{
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        struct session *s = session_create();
        struct text in = {0}, got = {0};
        const struct profile *p;
        struct slice bytes;

        text_printf(&in, TYPES "%s " LOCATIONS FUNCTIONS STRINGS, sums[i].samples);
        bytes = proto_of_text(text_str(&in));
        (void)session_add_text(s, "x", &pprof_parser, bytes);
        cr_assert_eq(profile_store_count(s->profiles), 1, "%s", sums[i].name);
        p = profile_store_at(s->profiles, 0);
        put_top(&got, s, p, NULL, 10);
        cr_expect_str_eq(text_str(&got), sums[i].want, "%s", sums[i].name);
        cr_expect_eq(p->row_count, sums[i].rows, "%s", sums[i].name);
        test_free(bytes);
        text_finish(&in);
        text_finish(&got);
        session_destroy(s);
    }
}

/* The same profile again costs its values and nothing else. */
Test(profile, stacks_are_there_once)
{
    struct session *s = session_create();
    size_t nodes, symbols, bytes;
    const struct profile *first, *second;

    (void)session_add_trace(s, "pprof/ddtrace-stress-failure.before.pprof.zst");
    nodes = profile_node_count(s->profiles);
    symbols = profile_symbol_count(s->profiles);
    bytes = profile_store_bytes(s->profiles);
    (void)session_add_trace(s, "pprof/ddtrace-stress-failure.before.pprof.zst");
    cr_expect_eq(profile_node_count(s->profiles), nodes);
    cr_expect_eq(profile_symbol_count(s->profiles), symbols);
    first = profile_store_at(s->profiles, 0);
    second = profile_store_at(s->profiles, 1);
    cr_expect_eq(profile_store_bytes(s->profiles) - bytes, profile_bytes(second));
    cr_expect_eq(first->rows_bytes, second->rows_bytes);
    cr_expect_arr_eq(first->rows, second->rows, first->rows_bytes);
    /* 14,458 samples of four values each, on 4,532 different stacks. */
    cr_expect_leq(profile_bytes(second), 40000, "%zu", profile_bytes(second));
    cr_expect_eq(second->sample_count, 14458);
    session_destroy(s);
}

/* Rows add up to the totals, nodes ascend and parents lie below them. */
static void check_profile(const struct profile_store *store, const struct profile *p)
{
    struct profile_rows rows = profile_rows(p);
    int64_t totals[PROFILE_TYPES_MAX] = {0};
    size_t count = 0;
    uint32_t last = 0;

    while (profile_rows_next(&rows)) {
        cr_expect(count == 0 || rows.node > last);
        cr_expect_lt(rows.node, p->nodes_end);
        for (uint32_t node = rows.node; node != PROFILE_ROOT;) {
            cr_assert_lt(profile_node_parent(store, node), node);
            node = profile_node_parent(store, node);
        }
        for (size_t i = 0; i < p->type_count; i++)
            totals[i] += rows.values[i];
        last = rows.node;
        count++;
    }
    cr_expect_eq(count, p->row_count);
    cr_expect_arr_eq(totals, p->totals, p->type_count * sizeof *totals);
}

static const char *const many[] = {
    "pprof/parca-many-1644509272337470000.pb.gz",
    "pprof/parca-many-1644509275338070000.pb.gz",
    "pprof/parca-many-1644509278338696000.pb.gz",
    "pprof/parca-alloc_objects.pb.gz",
    "pprof/parca-alloc_space_delta.pb.gz",
    "pprof/pprofutils-anon.out.pprof",
    "pprof/gen-go1.27-goroutineleak.pb.gz",
    "pprof/gen-go1.15-heap-delta.pb.gz",
};

Test(profile, rows_add_up)
{
    struct session *s = session_create();

    for (size_t i = 0; i < COUNT_OF(many); i++)
        (void)session_add_trace(s, many[i]);
    cr_assert_eq(profile_store_count(s->profiles), COUNT_OF(many));
    for (size_t i = 0; i < COUNT_OF(many); i++)
        check_profile(s->profiles, profile_store_at(s->profiles, i));
    session_destroy(s);
}

/* Any values, in any number of types, come back as they were. */
Test(profile, rows_come_back)
{
    static const int64_t values[] = {0, 1, -1, 63, 64, INT64_MAX, INT64_MIN, 1 << 20, 0};

    for (size_t types = 1; types <= COUNT_OF(values); types++) {
        struct profile_encoder e = {.type_count = types};
        struct profile p = {.type_count = types};
        struct profile_rows rows;

        for (uint32_t node = 0; node < 2000; node += 1 + node / 3)
            profile_encode(&e, node, values + (node & 1) * (COUNT_OF(values) - types));
        profile_encode(&e, UINT32_MAX - 1, values);
        p.rows = e.bytes;
        p.rows_bytes = e.len;
        rows = profile_rows(&p);
        for (uint32_t node = 0; node < 2000; node += 1 + node / 3) {
            cr_assert(profile_rows_next(&rows));
            cr_expect_eq(rows.node, node);
            cr_expect_arr_eq(rows.values,
                             values + (node & 1) * (COUNT_OF(values) - types),
                             types * sizeof *values, "%zu types", types);
        }
        cr_assert(profile_rows_next(&rows));
        cr_expect_eq(rows.node, UINT32_MAX - 1);
        cr_expect_not(profile_rows_next(&rows));
        free(e.bytes);
    }
}

/* Files in any order; their own times put them into theirs. */
Test(profile, oldest_first)
{
    struct session *s = session_create();
    const struct profile **list;
    char first[UNIT_RFC3339_TEXT];
    size_t count;

    (void)session_add_trace(s, many[2]);
    (void)session_add_trace(s, many[0]);
    (void)session_add_trace(s, many[1]);
    list = profile_store_list(s->profiles, NULL, &count);
    cr_assert_eq(count, 3);
    unit_format_rfc3339(first, profile_time(list[0]));
    cr_expect(slice_starts(slice_str(first), SLICE("2022-02-10T16:07:52.")), "%s", first);
    cr_expect_lt(profile_time(list[0]), profile_time(list[1]));
    cr_expect_lt(profile_time(list[1]), profile_time(list[2]));
    cr_expect_eq(list[0], profile_store_at(s->profiles, 1));
    free(list);
    list = profile_store_list(s->profiles, s->processes[0], &count);
    cr_expect_eq(count, 1);
    free(list);
    session_destroy(s);
}

Test(profile, totals_are_series)
{
    struct session *s = session_create();
    char got[SERIES_TEXT];

    (void)session_add_trace(s, "pprof/gen-go1.26-heap.pb.gz");
    cr_assert_eq(s->process_count, 1);
    cr_expect_str_eq(s->processes[0]->name, "ingest-1.26");
    cr_expect_eq(s->processes[0]->tracks[0]->clock, CLOCK_WALL);
    process_values(got, s, s->processes[0], "x.profile.heap.inuse_space", 9);
    cr_expect_str_eq(got, "40409271");
    process_values(got, s, s->processes[0], "x.profile.heap.alloc_objects", 9);
    cr_expect_str_eq(got, "698825");
    session_destroy(s);
}

/* No time inside: the file's name has to tell, or nothing does. */
Test(profile, time_of_the_file)
{
    struct slice in = proto_of_text(TYPES "2{1:[1] 2:5} " LOCATIONS FUNCTIONS STRINGS);
    struct session *s = session_create();

    (void)session_add_text(s, "heap-20261121-013624.pb", &pprof_parser, in);
    (void)session_add_text(s, "heap.pb", &pprof_parser, in);
    cr_assert_eq(s->process_count, 2);
    cr_expect_eq(s->processes[0]->tracks[0]->clock, CLOCK_FILE);
    cr_expect_eq(s->processes[1]->tracks[0]->clock, CLOCK_NONE);
    cr_expect_str_eq(s->processes[0]->name, "app");
    test_free(in);
    session_destroy(s);
}
