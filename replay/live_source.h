/*
 * What every live source is given: the loop that it lives on, the time, and where its
 * entries go. A source never touches the session, the screen or a recording.
 */
#ifndef REPLAY_LIVE_SOURCE_H
#define REPLAY_LIVE_SOURCE_H

#include <stdint.h>

#include "replay/entry.h"
#include "replay/loop.h"

/* Outlives the sources. */
struct live_context {
    struct loop *loop;
    int64_t (*now_ns)(void *user); /* monotonic; also while the machine sleeps */
    int64_t unix_offset_ns;        /* Unix time = now_ns + this; settled once a session */
    /* Makes a source and gives the SOURCE entry; returns its number. */
    uint32_t (*add_source)(void *user, const char *name, unsigned flags, int64_t pid);
    entry_taker *take;
    void *user; /* of all three */
};

static inline int64_t live_now_ns(const struct live_context *c)
{
    return c->now_ns(c->user);
}

/* An entry of a source that happened now. */
static inline void live_give(const struct live_context *c, uint32_t source,
                             enum entry_kind kind, unsigned flags, struct slice bytes)
{
    const struct entry e = {
        .kind = kind,
        .flags = flags,
        .source = source,
        .time_ns = live_now_ns(c) + c->unix_offset_ns,
        .pid = -1,
        .bytes = bytes,
    };

    c->take(c->user, &e);
}

#endif
