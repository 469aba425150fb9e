/* What a log was before it is followed: its rotations, and what was read elsewhere. */
#define _XOPEN_SOURCE 700 /* truncate */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/units.h"
#include "tests/unit/pack.h"
#include "tests/unit/support.h"
#include "tests/unit/tail_bench.h"

TestSuite(tail_history, .fini = test_abort_on_leak, .timeout = 60);

static void put_packed(struct tail_bench *b, const char *name, const char *how,
                       const char *text, size_t cut_bytes)
{
    struct slice packed = pack_find(how)->pack(slice_str(text));

    tail_put(b, name, 0, slice_first(packed, packed.len - cut_bytes));
    test_free(packed);
}

Test(tail_history, rotations_come_first_and_are_no_cut)
{
    struct tail_bench b;

    tail_bench_init(&b);
    put_packed(&b, "log.3.gz", "gzip", "one\ntwo\n", 0);
    /* Rotated in the middle of a line, both times. */
    tail_append(&b, "log.2", "three\nfo");
    tail_append(&b, "log.1", "ur\nfi");
    tail_append(&b, "log", "ve\n");
    tail_append(&b, "other.1", "of no interest\n");
    tail_follow(&b, "log", false);
    TAIL_EXPECT(&b, "[old]one\ntwo\nthree\nfour\nfive\n");
    cr_expect(tail_is_caught_up(b.tail));
    tail_append(&b, "log", "six\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]six\n");
    /* They move on when it is rotated again, and are no news. */
    tail_move(&b, "log.2", "log.4");
    tail_move(&b, "log.1", "log.2");
    tail_move(&b, "log", "log.1");
    tail_append(&b, "log", "seven\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]seven\n");
    tail_bench_finish(&b);
}

Test(tail_history, is_not_caught_up_before_it_is_given)
{
    struct tail_bench b;
    struct err err;

    tail_bench_init(&b);
    tail_append(&b, "log.1", "one\n");
    tail_append(&b, "log", "");
    b.tail = tail_start(&b.context, tail_path(&b, "log"), NULL, &err);
    cr_assert(b.tail);
    cr_expect_not(tail_is_caught_up(b.tail));
    tail_run_due(&b);
    cr_expect(tail_is_caught_up(b.tail));
    TAIL_EXPECT(&b, "[old]one\n");
    tail_bench_finish(&b);
}

Test(tail_history, a_damaged_rotation_costs_itself_alone)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log.3", "one\n");
    put_packed(&b, "log.2.gz", "gzip", "two\nthree\n", 9);
    tail_append(&b, "log.1", "four\n");
    tail_append(&b, "log", "five\n");
    tail_follow(&b, "log", false);
    cr_expect(slice_starts(slice_str(text_str(&b.got)), SLICE("[old]one\n")), "%s",
              text_str(&b.got));
    cr_expect(strstr(text_str(&b.got), "\nfour\nfive\n[trouble]log.2.gz: "), "%s",
              text_str(&b.got));
    text_clear(&b.got);
    tail_append(&b, "log", "six\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]six\n");
    tail_bench_finish(&b);
}

Test(tail_history, of_a_log_that_is_not_there_yet)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log.1", "one\n");
    tail_follow(&b, "log", false);
    TAIL_EXPECT(&b, "[old]one\n[trouble]does not exist yet");
    tail_append(&b, "log", "two\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]two\n");
    tail_bench_finish(&b);
}

/* "app-20261120.json" is a rotation of "app.json" if that is a log. */
Test(tail_history, a_document_has_none)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "mem-20261120.json", "{\"HeapAlloc\": 1,\n\"Sys\": 2}");
    tail_append(&b, "mem.json", "{\"HeapAlloc\": 3,\n\"Sys\": 4}");
    tail_follow(&b, "mem.json", false);
    TAIL_EXPECT(&b, "[old]{\"HeapAlloc\": 3,\n\"Sys\": 4}");
    tail_bench_finish(&b);
    tail_bench_init(&b);
    tail_append(&b, "mem-20261120.json", "{\"HeapAlloc\":1,\"Sys\":2}\n");
    tail_append(&b, "mem.json", "{\"HeapAlloc\":3,\"Sys\":4}\n");
    tail_follow(&b, "mem.json", false);
    TAIL_EXPECT(&b, "[old]{\"HeapAlloc\":1,\"Sys\":2}\n{\"HeapAlloc\":3,\"Sys\":4}\n");
    tail_bench_finish(&b);
}

Test(tail_history, goes_on_where_somebody_else_stopped)
{
    struct tail_options options;
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log.1", "zero\n");
    tail_append(&b, "log", "one\ntw");
    options = tail_read_until(&b, "log", 6);
    tail_append(&b, "log", "o\n");
    tail_go_on(&b, "log", &options);
    TAIL_EXPECT(&b, "[new]o\n");
    cr_expect(tail_is_caught_up(b.tail));
    tail_append(&b, "log", "three\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]three\n");
    tail_bench_finish(&b);
}

Test(tail_history, what_was_read_was_truncated_since)
{
    struct tail_options options;
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\ntwo\n");
    options = tail_read_until(&b, "log", 8);
    tail_put(&b, "log", O_TRUNC, SLICE("three\n"));
    tail_go_on(&b, "log", &options);
    TAIL_EXPECT(&b, "[cut][new]three\n");
    tail_bench_finish(&b);
}

Test(tail_history, what_was_read_was_replaced_since)
{
    struct tail_options options;
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    options = tail_read_until(&b, "log", 4);
    tail_append(&b, "next", "two\nthree\n");
    tail_move(&b, "next", "log");
    tail_go_on(&b, "log", &options);
    TAIL_EXPECT(&b, "[cut][new]two\nthree\n");
    tail_bench_finish(&b);
}

/* Its last lines are in the piece that it has become. */
Test(tail_history, what_was_read_was_rotated_since)
{
    struct tail_options options;
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    options = tail_read_until(&b, "log", 4);
    tail_append(&b, "log", "two\n");
    tail_move(&b, "log", "log.1");
    tail_append(&b, "log", "three\n");
    tail_go_on(&b, "log", &options);
    TAIL_EXPECT(&b, "[new]two\n[cut][new]three\n");
    tail_bench_finish(&b);
}

Test(tail_history, what_was_read_is_gone)
{
    struct tail_options options;
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    options = tail_read_until(&b, "log", 4);
    cr_assert_eq(unlink(tail_path(&b, "log")), 0);
    tail_go_on(&b, "log", &options);
    tail_look(&b);
    TAIL_EXPECT(&b, "[trouble]is gone");
    tail_append(&b, "log", "two\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]two\n");
    tail_bench_finish(&b);
}
