/* Logs that are rotated under the reader's feet: nothing lost, nothing twice. */
#define _XOPEN_SOURCE 700 /* symlink, truncate */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/units.h"
#include "tests/unit/support.h"
#include "tests/unit/tail_bench.h"

TestSuite(tail_rotated, .fini = test_abort_on_leak, .timeout = 60);

Test(tail_rotated, truncated)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\ntwo\n");
    tail_follow(&b, "log", false);
    TAIL_EXPECT(&b, "[old]one\ntwo\n");
    cr_assert_eq(truncate(tail_path(&b, "log"), 0), 0);
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut]");
    tail_append(&b, "log", "three\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]three\n");
    tail_put(&b, "log", O_TRUNC, SLICE("4\n"));
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]4\n");
    /* Between two looks as large as before, and larger. */
    tail_put(&b, "log", O_TRUNC, SLICE("5\n"));
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]5\n");
    tail_put(&b, "log", O_TRUNC, SLICE("six\nseven\n"));
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]six\nseven\n");
    tail_bench_finish(&b);
}

Test(tail_rotated, a_hole_left_by_a_writer_that_does_not_append)
{
    struct tail_bench b;
    char *line = mem_alloc(1 << 20);
    int fd;

    tail_bench_init(&b);
    memset(line, 'x', 1 << 20);
    fd = open(tail_path(&b, "log"), O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(write(fd, line, 1 << 20), 1 << 20);
    tail_follow(&b, "log", true);
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(write(fd, "after\n", 6), 6);
    tail_look(&b);
    /* Of the hole at most a block, whose NULs end the text here. */
    cr_expect_lt(b.got.len, 70000);
    cr_expect(slice_ends(slice_of(b.got.ptr, b.got.len), SLICE("after\n")));
    cr_expect(slice_starts(slice_of(b.got.ptr, b.got.len), SLICE("[cut][new]")));
    (void)close(fd);
    free(line);
    tail_bench_finish(&b);
}

Test(tail_rotated, renamed_and_created_loses_nothing)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    tail_follow(&b, "log", false);
    TAIL_EXPECT(&b, "[old]one\n");
    tail_append(&b, "log", "two\n");
    tail_move(&b, "log", "log.1");
    tail_append(&b, "log", "");
    /* The writer has not yet been told. */
    tail_append(&b, "log.1", "three\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]two\nthree\n");
    tail_append(&b, "log.1", "four\n");
    tail_append(&b, "log", "five\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]four\n[cut][new]five\n");
    tail_append(&b, "log.1", "of no interest\n");
    tail_append(&b, "log", "six\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]six\n");
    tail_bench_finish(&b);
}

Test(tail_rotated, replaced_by_an_empty_file_that_stays_empty)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    tail_follow(&b, "log", true);
    tail_move(&b, "log", "log.1");
    tail_append(&b, "log", "");
    for (int i = 0; i < 12; i++)
        tail_look(&b);
    TAIL_EXPECT(&b, "[cut]");
    tail_bench_finish(&b);
}

Test(tail_rotated, replaced_in_one_step)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    tail_follow(&b, "log", true);
    tail_append(&b, "log", "two\n");
    tail_append(&b, "other", "three\n");
    tail_move(&b, "other", "log");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]two\n[cut][new]three\n");
    tail_bench_finish(&b);
}

Test(tail_rotated, gone_for_a_while)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    tail_follow(&b, "log", true);
    tail_append(&b, "log", "two\n");
    cr_assert_eq(unlink(tail_path(&b, "log")), 0);
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]two\n");
    tail_look(&b);
    tail_look(&b);
    TAIL_EXPECT(&b, "[trouble]is gone");
    tail_append(&b, "log", "three\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]three\n");
    cr_assert_eq(unlink(tail_path(&b, "log")), 0);
    tail_look(&b);
    tail_append(&b, "log", "four\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]four\n");
    tail_bench_finish(&b);
}

/* As Kubernetes switches what it mounts: log -> data/log, data -> v1. */
Test(tail_rotated, symbolic_link_switched)
{
    struct tail_bench b;

    tail_bench_init(&b);
    cr_assert_eq(mkdir(tail_path(&b, "v1"), 0700), 0);
    cr_assert_eq(mkdir(tail_path(&b, "v2"), 0700), 0);
    cr_assert_eq(symlink("v1", tail_path(&b, "data")), 0);
    cr_assert_eq(symlink("data/log", tail_path(&b, "log")), 0);
    tail_append(&b, "v1/log", "one\n");
    tail_append(&b, "v2/log", "three\n");
    tail_follow(&b, "log", false);
    tail_append(&b, "v1/log", "two\n");
    cr_assert_eq(symlink("v2", tail_path(&b, "data.new")), 0);
    tail_move(&b, "data.new", "data");
    tail_look(&b);
    TAIL_EXPECT(&b, "[old]one\n[new]two\n[cut][new]three\n");
    tail_append(&b, "log", "four\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]four\n");
    tail_bench_finish(&b);
}

Test(tail_rotated, unreadable_for_a_while)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    tail_follow(&b, "log", true);
    /* A folder in its place: root may read every file. */
    tail_move(&b, "log", "log.1");
    cr_assert_eq(mkdir(tail_path(&b, "log"), 0700), 0);
    tail_append(&b, "log.1", "two\n");
    tail_look(&b);
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]two\n[trouble]is a folder");
    cr_assert_eq(rmdir(tail_path(&b, "log")), 0);
    tail_append(&b, "log", "three\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[cut][new]three\n");
    tail_bench_finish(&b);
}

Test(tail_rotated, a_loop_of_links_cannot_be_read)
{
    struct tail_bench b;

    tail_bench_init(&b);
    cr_assert_eq(symlink("log", tail_path(&b, "log")), 0);
    tail_follow(&b, "log", false);
    tail_look(&b);
    TAIL_EXPECT(&b, "[trouble]Too many levels of symbolic links");
    cr_assert_eq(unlink(tail_path(&b, "log")), 0);
    tail_append(&b, "log", "one\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[old]one\n");
    tail_bench_finish(&b);
}

/* Whatever happens between two looks: each line once, in its order. */
Test(tail_rotated, any_rotations_lose_nothing)
{
    uint64_t seed = 11;
    struct text want = {0}, lines = {0};
    struct tail_bench b;
    int number = 0;

    tail_bench_init(&b);
    tail_append(&b, "log", "");
    tail_follow(&b, "log", false);
    for (int round = 0; round < 300; round++) {
        for (size_t n = test_random_below(&seed, 4) + 1; n > 0; n--) {
            text_clear(&lines);
            text_printf(&lines, "line %d\n", number++);
            text_put_str(&want, text_str(&lines));
            tail_append(&b, "log", text_str(&lines));
        }
        tail_look(&b);
        switch (test_random_below(&seed, 5)) {
        case 0:
            tail_move(&b, "log", "log.1");
            break;
        case 1:
            cr_assert_eq(truncate(tail_path(&b, "log"), 0), 0);
            break;
        case 2:
            cr_assert_eq(unlink(tail_path(&b, "log")), 0);
            break;
        default:
            break;
        }
    }
    text_clear(&lines);
    for (size_t i = 0; i < b.got.len; i++) {
        if (b.got.ptr[i] == '[') /* [new], [cut] */
            i += 4;
        else
            text_put_char(&lines, b.got.ptr[i]);
    }
    cr_expect_str_eq(text_str(&lines), text_str(&want), "seed 11");
    text_finish(&lines);
    text_finish(&want);
    tail_bench_finish(&b);
}
