#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include "tests/unit/tail_bench.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/units.h"

static int64_t bench_now(void *user)
{
    return ((struct tail_bench *)user)->now_ns;
}

static uint32_t bench_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct tail_bench *b = user;

    cr_expect(flags & ENTRY_IS_STREAM, "%s", name);
    cr_expect_eq(pid, -1);
    b->kind = "";
    return 7;
}

static void bench_take(void *user, const struct entry *e)
{
    struct tail_bench *b = user;
    const char *kind = e->kind == ENTRY_CUT          ? "[cut]"
                       : e->kind == ENTRY_TROUBLE    ? "[trouble]"
                       : e->kind == ENTRY_END        ? "[end]"
                       : e->flags & ENTRY_IS_HISTORY ? "[old]"
                                                     : "[new]";

    cr_expect_eq(e->source, 7);
    cr_expect_eq(e->time_ns, b->now_ns + 1000);
    if (e->kind != ENTRY_DATA || kind != b->kind)
        text_put_str(&b->got, kind);
    b->kind = kind;
    text_put(&b->got, e->bytes);
}

const char *tail_path(struct tail_bench *b, const char *name)
{
    (void)snprintf(b->path, sizeof b->path, "%s/%s", b->folder, name);
    return b->path;
}

void tail_bench_init(struct tail_bench *b)
{
    *b = (struct tail_bench){.folder = "/tmp/heapreel-tail-XXXXXX", .now_ns = 5000};
    cr_assert(mkdtemp(b->folder));
    b->loop = loop_create();
    b->context = (struct live_context){.loop = b->loop,
                                       .now_ns = bench_now,
                                       .unix_offset_ns = 1000,
                                       .add_source = bench_source,
                                       .take = bench_take,
                                       .user = b};
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void tail_bench_finish(struct tail_bench *b)
{
    tail_stop(b->tail);
    loop_destroy(b->loop);
    text_finish(&b->got);
    (void)nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void tail_run_due(struct tail_bench *b)
{
    while (loop_next_ns(b->loop) <= b->now_ns)
        loop_run_timers(b->loop, b->now_ns);
}

void tail_look(struct tail_bench *b)
{
    b->now_ns += NS_PER_S + NS_PER_MS;
    tail_run_due(b);
}

void tail_put(struct tail_bench *b, const char *name, int flags, struct slice bytes)
{
    int fd = open(tail_path(b, name), O_WRONLY | O_CREAT | flags, 0600);

    cr_assert_geq(fd, 0, "%s", b->path);
    cr_assert_eq(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    cr_assert_eq(close(fd), 0);
}

void tail_append(struct tail_bench *b, const char *name, const char *text)
{
    tail_put(b, name, O_APPEND, slice_str(text));
}

void tail_move(struct tail_bench *b, const char *from, const char *to)
{
    char old[128];

    (void)snprintf(old, sizeof old, "%s", tail_path(b, from));
    cr_assert_eq(rename(old, tail_path(b, to)), 0);
}

struct tail_options tail_read_until(struct tail_bench *b, const char *name,
                                    uint64_t bytes)
{
    struct stat st;

    cr_assert_eq(stat(tail_path(b, name), &st), 0, "%s", name);
    return (struct tail_options){true, bytes, st.st_dev, st.st_ino};
}

void tail_go_on(struct tail_bench *b, const char *name,
                const struct tail_options *options)
{
    struct err err = {0};

    b->tail = tail_start(&b->context, tail_path(b, name), options, &err);
    cr_assert(b->tail, "%s", err.reason);
    tail_run_due(b);
}

void tail_follow(struct tail_bench *b, const char *name, bool is_continued)
{
    struct stat st;
    struct tail_options options = {0};

    if (is_continued && stat(tail_path(b, name), &st) == 0)
        options = tail_read_until(b, name, (uint64_t)st.st_size);
    tail_go_on(b, name, &options);
}

void tail_expect_got(struct tail_bench *b, const char *want, int line)
{
    cr_expect_str_eq(text_str(&b->got), want, "line %d: got \"%s\", want \"%s\"", line,
                     text_str(&b->got), want);
    text_clear(&b->got);
    b->kind = "";
}
