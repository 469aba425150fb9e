/*
 * The last lines that streams gave, as they were printed: what a service says of itself
 * stands beside what it does. Bounded; the oldest lines go.
 *
 * Text is as it came, not sanitised; a line's end ("\n", "\r\n") is not part of it, and
 * one that is longer than TRANSCRIPT_LINE_BYTES is cut.
 */
#ifndef REPLAY_TRANSCRIPT_H
#define REPLAY_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

#define TRANSCRIPT_BYTES ((size_t)1 << 20) /* of all lines */
#define TRANSCRIPT_LINES ((size_t)8192)
#define TRANSCRIPT_LINE_BYTES ((size_t)2048)

struct transcript;

struct transcript_line {
    uint32_t source;   /* its index in the session */
    int64_t time_ns;   /* Unix time when its first byte came */
    struct slice text; /* valid until the next transcript_take */
};

struct transcript *transcript_create(void);
void transcript_destroy(struct transcript *t);

/* The next bytes of a stream, cut anywhere. Lines of several streams do not mix. */
void transcript_take(struct transcript *t, uint32_t source, int64_t time_ns,
                     struct slice bytes);

/* What follows begins anew (a log was replaced, a stream ended): half a line is one. */
void transcript_cut(struct transcript *t, uint32_t source);

/* Lines are numbered from the first that ever came: those from `first` to `end`-1 are
 * still there. A line that is not finished yet counts once it is. */
uint64_t transcript_first(const struct transcript *t);
uint64_t transcript_end(const struct transcript *t);
struct transcript_line transcript_line(const struct transcript *t, uint64_t number);

/* The number of the first line that came later than the time. */
uint64_t transcript_after(const struct transcript *t, int64_t time_ns);

#endif
