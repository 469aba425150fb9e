/* Files and pipes that grow, byte by byte. */
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

TestSuite(tail, .fini = test_abort_on_leak, .timeout = 60);

Test(tail, history_then_what_is_new)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\ntw");
    tail_follow(&b, "log", false);
    TAIL_EXPECT(&b, "[old]one\ntw");
    cr_expect(tail_is_caught_up(b.tail));
    tail_append(&b, "log", "o\nthr");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]o\nthr");
    tail_append(&b, "log", "ee\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]ee\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "");
    tail_bench_finish(&b);
}

Test(tail, begins_at_the_end)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\n");
    tail_follow(&b, "log", true);
    tail_append(&b, "log", "two\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]two\n");
    tail_bench_finish(&b);
}

Test(tail, waits_for_a_file_that_is_not_there)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_follow(&b, "log", true);
    TAIL_EXPECT(&b, "[trouble]does not exist yet");
    cr_expect(tail_is_caught_up(b.tail));
    tail_look(&b);
    TAIL_EXPECT(&b, "");
    tail_append(&b, "log", "one\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]one\n");
    tail_bench_finish(&b);
}

static void expect_refused(struct tail_bench *b, const char *name, const char *reason)
{
    struct err err = {0};

    cr_expect_null(tail_start(&b->context, tail_path(b, name), NULL, &err), "%s", name);
    cr_expect_str_eq(err.reason, reason);
}

Test(tail, refuses_what_cannot_grow)
{
    struct tail_bench b;

    tail_bench_init(&b);
    expect_refused(&b, ".", "is a folder");
    tail_put(&b, "log.gz", 0, slice_of("\x1f\x8b\x08\0\0\0\0\0", 8));
    expect_refused(&b, "log.gz", "is compressed: nothing can be appended to it");
    tail_put(&b, "log.zst", 0, slice_of("\x28\xb5\x2f\xfd\0\0\0\0", 8));
    expect_refused(&b, "log.zst", "is compressed: nothing can be appended to it");
    TAIL_EXPECT(&b, "");
    tail_bench_finish(&b);
}

static char *random_bytes(size_t len)
{
    uint64_t seed = 5;
    char *bytes = mem_alloc(len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + test_random_below(&seed, 26));
    return bytes;
}

Test(tail, a_burst_is_read_in_slices)
{
    const size_t len = (10u << 20) + 17;
    char *bytes = random_bytes(len);
    struct tail_bench b;
    size_t turns = 0;

    tail_bench_init(&b);
    tail_append(&b, "log", "");
    tail_follow(&b, "log", false);
    tail_put(&b, "log", O_APPEND, slice_of(bytes, len));
    b.now_ns += 2 * NS_PER_S;
    for (; loop_next_ns(b.loop) <= b.now_ns; turns++) {
        size_t before = b.got.len;

        loop_run_timers(b.loop, b.now_ns);
        /* Each of the loop's timers may be called once: here one, for one slice. */
        cr_expect_leq(b.got.len - before, (256u << 10) + strlen("[new]"));
    }
    cr_expect_eq(turns, 41);
    cr_assert_eq(b.got.len, len + strlen("[new]"));
    cr_expect(memcmp(b.got.ptr + strlen("[new]"), bytes, len) == 0);
    free(bytes);
    tail_bench_finish(&b);
}

Test(tail, history_is_caught_up_with_while_the_log_grows)
{
    const size_t len = (600u << 10) + 5;
    char *bytes = random_bytes(len);
    struct tail_bench b;
    struct err err;

    tail_bench_init(&b);
    tail_put(&b, "log", 0, slice_of(bytes, len));
    b.tail = tail_start(&b.context, tail_path(&b, "log"), NULL, &err);
    cr_assert(b.tail);
    cr_expect_not(tail_is_caught_up(b.tail));
    tail_append(&b, "log", "new\n");
    loop_run_timers(b.loop, b.now_ns);
    cr_expect_not(tail_is_caught_up(b.tail));
    tail_run_due(&b);
    cr_expect(tail_is_caught_up(b.tail));
    cr_assert_eq(b.got.len, len + strlen("[old][new]new\n"));
    cr_expect(memcmp(b.got.ptr + strlen("[old]"), bytes, len) == 0);
    cr_expect_str_eq(b.got.ptr + strlen("[old]") + len, "[new]new\n");
    free(bytes);
    tail_bench_finish(&b);
}

/* Polls until so much has come; Criterion's time limit ends what never comes. */
static void poll_for(struct tail_bench *b, const char *want, int line)
{
    while (b->got.len < strlen(want)) {
        cr_assert(loop_poll(b->loop, 20 * NS_PER_MS));
        tail_run_due(b);
    }
    tail_expect_got(b, want, line);
}

Test(tail, inotify_wakes_it)
{
    struct tail_bench b;
    int64_t usual_ns;

    tail_bench_init(&b);
    tail_append(&b, "log", "");
    tail_follow(&b, "log", false);
    usual_ns = loop_next_ns(b.loop);
    tail_append(&b, "log", "one\n");
    while (loop_next_ns(b.loop) == usual_ns)
        cr_assert(loop_poll(b.loop, 20 * NS_PER_MS));
    b.now_ns = loop_next_ns(b.loop);
    cr_expect_lt(b.now_ns, usual_ns);
    tail_run_due(&b);
    TAIL_EXPECT(&b, "[new]one\n");
    /* The new file is watched before it is read. */
    tail_move(&b, "log", "log.1");
    tail_append(&b, "log", "");
    tail_look(&b);
    usual_ns = loop_next_ns(b.loop);
    (void)loop_poll(b.loop, 0);
    tail_append(&b, "log", "two\n");
    while (loop_next_ns(b.loop) == usual_ns)
        cr_assert(loop_poll(b.loop, 20 * NS_PER_MS));
    b.now_ns = loop_next_ns(b.loop);
    tail_run_due(&b);
    TAIL_EXPECT(&b, "[cut][new]two\n");
    tail_bench_finish(&b);
}

Test(tail, named_pipe_whose_writers_come_and_go)
{
    struct tail_bench b;
    int fd;

    tail_bench_init(&b);
    cr_assert_eq(mkfifo(tail_path(&b, "pipe"), 0600), 0);
    tail_follow(&b, "pipe", false);
    cr_expect(tail_is_caught_up(b.tail));
    (void)loop_poll(b.loop, 0);
    tail_look(&b);
    TAIL_EXPECT(&b, "");
    for (int i = 0; i < 3; i++) {
        fd = open(tail_path(&b, "pipe"), O_WRONLY | O_NONBLOCK);
        cr_assert_geq(fd, 0);
        cr_assert_eq(write(fd, "one\ntw", 6), 6);
        poll_for(&b, "[new]one\ntw", __LINE__);
        cr_assert_eq(write(fd, "o\n", 2), 2);
        poll_for(&b, "[new]o\n", __LINE__);
        (void)close(fd);
        poll_for(&b, "[cut]", __LINE__);
        /* Nobody there: nothing is ready. */
        (void)loop_poll(b.loop, 0);
        tail_look(&b);
        TAIL_EXPECT(&b, "");
    }
    tail_bench_finish(&b);
}

static void follow_stdin(struct tail_bench *b, int fd)
{
    struct err err = {0};

    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    (void)close(fd);
    b->tail = tail_start(&b->context, "-", NULL, &err);
    cr_assert(b->tail, "%s", err.reason);
    tail_run_due(b);
}

Test(tail, standard_input_is_a_pipe)
{
    struct tail_bench b;
    int ends[2];

    tail_bench_init(&b);
    cr_assert_eq(pipe(ends), 0);
    follow_stdin(&b, ends[0]);
    cr_assert_eq(write(ends[1], "one\n", 4), 4);
    poll_for(&b, "[new]one\n", __LINE__);
    cr_assert_eq(write(ends[1], "two", 3), 3);
    (void)close(ends[1]);
    poll_for(&b, "[new]two[end]", __LINE__);
    tail_look(&b);
    (void)loop_poll(b.loop, 0);
    TAIL_EXPECT(&b, "");
    cr_expect_eq(loop_next_ns(b.loop), INT64_MAX);
    tail_bench_finish(&b);
}

Test(tail, standard_input_is_a_file_that_was_read_from)
{
    struct tail_bench b;
    char head[4];
    int fd;

    tail_bench_init(&b);
    tail_append(&b, "log", "one\ntwo\n");
    fd = open(tail_path(&b, "log"), O_RDONLY);
    cr_assert_eq(read(fd, head, 4), 4);
    follow_stdin(&b, fd);
    TAIL_EXPECT(&b, "[old]two\n");
    tail_move(&b, "log", "log.1");
    tail_append(&b, "log.1", "three\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]three\n");
    tail_bench_finish(&b);
}

Test(tail, the_folder_comes_later)
{
    struct tail_bench b;

    tail_bench_init(&b);
    tail_follow(&b, "logs/log", false);
    TAIL_EXPECT(&b, "[trouble]does not exist yet");
    cr_assert_eq(mkdir(tail_path(&b, "logs"), 0700), 0);
    tail_look(&b);
    TAIL_EXPECT(&b, "");
    tail_append(&b, "logs/log", "one\n");
    tail_look(&b);
    TAIL_EXPECT(&b, "[new]one\n");
    tail_bench_finish(&b);
}
