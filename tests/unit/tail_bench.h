/*
 * A tail on files in a folder of its own, with a made-up clock, and what it gave as text.
 */
#ifndef TESTS_UNIT_TAIL_BENCH_H
#define TESTS_UNIT_TAIL_BENCH_H

#include "model/base/text.h"
#include "replay/tail.h"

/* What came, as text: data as it is, what it was in brackets where that changes. */
struct tail_bench {
    char folder[64], path[128];
    struct loop *loop;
    int64_t now_ns;
    struct live_context context;
    struct text got;
    const char *kind;
    struct tail *tail;
};

/* In the caller's storage; ends the tail and removes the folder. */
void tail_bench_init(struct tail_bench *b);
void tail_bench_finish(struct tail_bench *b);

/* A path in the folder, until the next call. */
const char *tail_path(struct tail_bench *b, const char *name);

/* `flags` as of open(2), besides those that create and write. */
void tail_put(struct tail_bench *b, const char *name, int flags, struct slice bytes);
void tail_append(struct tail_bench *b, const char *name, const char *text);
void tail_move(struct tail_bench *b, const char *from, const char *to);

/* `is_continued`: all that the file holds was read elsewhere. */
void tail_follow(struct tail_bench *b, const char *name, bool is_continued);
void tail_go_on(struct tail_bench *b, const char *name,
                const struct tail_options *options);
/* What tail_go_on wants to know of a file that was read so far. */
struct tail_options tail_read_until(struct tail_bench *b, const char *name,
                                    uint64_t bytes);

/* Every timer that is due now; the next look, without what inotify says. */
void tail_run_due(struct tail_bench *b);
void tail_look(struct tail_bench *b);

/* All that came since the last time. */
void tail_expect_got(struct tail_bench *b, const char *want, int line);
#define TAIL_EXPECT(b, want) tail_expect_got(b, want, __LINE__)

#endif
