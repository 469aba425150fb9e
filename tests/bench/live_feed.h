/*
 * A made-up Go service, second by second: what it answers at /debug/vars, what /proc and
 * its cgroup say of it, and its GC trace. Waves, noise, a collection in two of three
 * seconds, at moments as irregular as real ones: runs are told apart by them.
 *
 * Source of the document's form: a recorded /debug/vars, whose numbers are replaced.
 */
#ifndef TESTS_BENCH_LIVE_FEED_H
#define TESTS_BENCH_LIVE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/text.h"

#define LIVE_FEED_PAUSES 256 /* runtime.MemStats keeps so many */

/* A number of the recorded document that is replaced. */
struct live_feed_hole {
    size_t from, to;
    unsigned field;
};

struct live_feed {
    struct text form; /* the recorded document */
    struct live_feed_hole holes[64];
    size_t hole_count;
    uint64_t dice;
    int64_t unix_ns;  /* now */
    int64_t uptime_s; /* of the process */
    int64_t pid;
    double live, heap, total, mallocs, pause_ns;
    uint64_t cycle;
    bool has_collected;     /* in this second … */
    int64_t collected_ns;   /* … or before: Unix time when the last one ended */
    int64_t collected_s_ns; /* … began, after the process's start */
    char pauses[LIVE_FEED_PAUSES][24], ends[LIVE_FEED_PAUSES][24];
};

/* False where the recorded document cannot be read. */
MUST_USE bool live_feed_init(struct live_feed *f, const char *form_path, int64_t unix_ns);
void live_feed_finish(struct live_feed *f);

void live_feed_restart(struct live_feed *f); /* another process, from its beginning */
void live_feed_second(struct live_feed *f);  /* one passes */

/* Of now; each replaces what is in *out. */
void live_feed_vars(const struct live_feed *f, struct text *out);
void live_feed_process(const struct live_feed *f, struct text *out);
void live_feed_cgroup(const struct live_feed *f, struct text *out);
void live_feed_trace(const struct live_feed *f, struct text *out);

#endif
