/*
 * Jump or kink: which of the two a stretch of a series holds, and where.
 *
 * Both have three figures and a place, so the sums of squares that they leave may be
 * compared as they are: a jump is two levels, a kink a level (or the line that was known
 * before) that turns into a line at the place. The idea of telling them apart by
 * statistics of the same data is that of FLOC (arXiv 2503.05270); it keeps running sums
 * of two windows, here all places on a list of blocks (online_past.h) are tried, which is
 * as cheap since it happens only when something changed.
 *
 * Shapes. Slopes are a second. Sums of squares are over points, what blocks hold within
 * counts as nothing.
 */
#ifndef MODEL_DETECT_KINK_H
#define MODEL_DETECT_KINK_H

#include <stdbool.h>

#include "model/detect/online_past.h"

struct fit {
    double left;         /* sum of squares that it leaves */
    unsigned at;         /* first block after the change; 0: there is none */
    double time_s;       /* of the change */
    double before;       /* value just before it */
    double after;        /* just after a jump; at the end of the stretch after a kink */
    double slope_before; /* a second */
    double slope;
};

struct fits {
    struct fit level, line;             /* one mean, one line, over all */
    struct fit jump;                    /* two means, or two parallel lines */
    struct fit kink;                    /* a mean or a line, and from it another line */
    double points_before, points_after; /* of the jump */
};

/*
 * Fits all to a list of blocks with least_before points before the change at least and
 * least_after behind it. `is_line`: it ran along a line before. False where no change has
 * room.
 */
bool kink_fit(const struct past_span *spans, unsigned count, bool is_line,
              double least_before, double least_after, struct fits *out);

#endif
