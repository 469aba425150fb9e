#include "parsers/pause_ring.h"

unsigned pause_ring_unroll(const struct pause_ring *ring, uint32_t num_gc,
                           struct pause_ring *list)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < PAUSE_RING; i++) {
        uint32_t at = (num_gc + i) % PAUSE_RING;

        if (ring->end_ns[at] <= 0)
            continue;
        list->ns[count] = ring->ns[at];
        list->end_ns[count] = ring->end_ns[at];
        count++;
    }
    return count;
}
