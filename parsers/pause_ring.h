/*
 * The pauses that the runtime keeps: MemStats' PauseNs and PauseEnd, a ring of the last
 * 256, as a list.
 *
 * Source: ReadMemStats in runtime/mstats.go: the pause of cycle n is at (n+255)%256;
 * slots that no cycle filled yet hold 0.
 */
#ifndef PARSERS_PAUSE_RING_H
#define PARSERS_PAUSE_RING_H

#include <stdint.h>

#define PAUSE_RING 256

struct pause_ring {
    double ns[PAUSE_RING];      /* each pause */
    int64_t end_ns[PAUSE_RING]; /* when it ended; Unix time */
};

/* The pauses oldest first, after `num_gc` cycles (which may have wrapped at 2^32, so the
 * filled slots are those that have an end). Returns how many. */
unsigned pause_ring_unroll(const struct pause_ring *ring, uint32_t num_gc,
                           struct pause_ring *list);

#endif
