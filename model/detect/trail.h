/*
 * A trail: a series' whole past in bounded memory, finer the younger it is.
 *
 * Shapes. Points fall into bins of TRAIL_BIN_NS; each bin that has any is one
 * observation, however many points there are in it, so that a burst of collections weighs
 * no more than the second that it took. Bins merge pairwise into blocks of 2, 4, 8 … as
 * they age; of each size the TRAIL_KEPT youngest are kept. So a moment's age is known to
 * about one part in TRAIL_KEPT, which is all that a question like "growing since when?"
 * needs, and a month takes twenty levels.
 *
 * Blocks keep centred moments (means and sums of products about them): a fit over any run
 * of blocks is exact, as if over the bins themselves, though 10^9 bytes squared would
 * have eaten the digits.
 */
#ifndef MODEL_DETECT_TRAIL_H
#define MODEL_DETECT_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAIL_BIN_NS INT64_C(125000000)
#define TRAIL_KEPT 32
#define TRAIL_LEVELS 40

/* A run of bins. Times are seconds since the trail's first point. */
struct block {
    double count; /* bins */
    double t, y;  /* means */
    double ctt, cty, cyy;
    double from, to; /* the first and the last bin */
    double min, max; /* of bins */
};

/* Both together; either may be empty (count 0). */
struct block block_join(const struct block *a, const struct block *b);

struct trail_level {
    struct block *blocks; /* oldest first; TRAIL_KEPT + 1; NULL: none yet */
    unsigned count;
};

/* Zero-initialise. */
struct trail {
    struct trail_level levels[TRAIL_LEVELS];
    uint64_t bins; /* closed ones */
    bool has_first;
    int64_t first_ns;
    int64_t bin; /* which one is open */
    double bin_t, bin_y, bin_points;
};

/* True when the point opened a new bin: worth another look. */
bool trail_add(struct trail *t, int64_t time_ns, double value);
void trail_finish(struct trail *t);

/*
 * The youngest blocks, oldest first, the open bin last: those of the levels up to `level`
 * and no older ones. Returns how many; at most `room`.
 */
size_t trail_recent(const struct trail *t, unsigned level, struct block *out,
                    size_t room);
#define TRAIL_BLOCKS_MAX (TRAIL_LEVELS * TRAIL_KEPT + 1)

/* The highest level that has blocks. */
unsigned trail_top(const struct trail *t);

/*
 * Up to which level a look is due now. Each bin the youngest blocks are worth one, every
 * second bin those twice as old as well, and so on: the cost of looking does not depend
 * on how long the trail is.
 */
unsigned trail_due(const struct trail *t);

double trail_seconds(const struct trail *t, int64_t time_ns);
int64_t trail_time(const struct trail *t, double seconds);

#endif
