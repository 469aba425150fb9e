/*
 * The pieces that a series is made of: where its level, slope or spread is another one
 * from there on. Seen from the end of the recording, so a piece may be known here long
 * before any watcher could tell.
 *
 * Cost. What is asked for the first time, or of a series that has grown by a sixteenth,
 * takes a look at no more than SEGMENT_BLOCKS means, a tenth of a second; all else
 * nothing.
 */
#ifndef TUI_SEGMENTS_H
#define TUI_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/session.h"

#define SEGMENT_BLOCKS 512

struct segment {
    int64_t from_ns, to_ns; /* session time of its first and last value */
    double from, to;        /* heights of its line there */
    double noise;           /* standard deviation around it */
};

/* Zero-initialise. */
struct segments {
    const struct table *table; /* whose series it is; NULL: none yet */
    unsigned column;
    size_t rows;
    int64_t origin_ns;
    struct segment *items;
    size_t count, capacity;
};

void segments_refresh(struct segments *s, const struct series *series);
void segments_finish(struct segments *s);

/* The piece of that moment, NULL where there is none. */
const struct segment *segments_at(const struct segments *s, int64_t time_ns);

#endif
