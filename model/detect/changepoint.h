/*
 * Change points of a finished series: where its level, its slope or its spread is another
 * one from there on. It looks at the whole series, unlike the causal detectors.
 *
 * Method. Optimal partitioning into segments that are a level or a straight line with
 * noise of their own, under three dozen settings of penalty and noise floor at once, half
 * of them with the penalty raised by the correlation of what is left, read forwards and
 * backwards, with a wave that repeats and without it; a point stands when half of all
 * agree about it, and none does when noise with a memory explains the series as well. A
 * series of more than 2048 samples is searched as 1024 means, and by jumps of the mean at
 * full resolution. Sources: Killick et al. 2012 (PELT), van den Burg and Williams, arXiv
 * 2003.06222 (how single settings fail), arXiv 2606.18377 (voting), Eichinger and Kirch
 * 2018 (MOSUM).
 *
 * Shapes. Values may be anything; NaN and infinities are missing values, which take no
 * part. With several dimensions the points are common to all of them. An index counts
 * from 0, and a change point is the first sample of the new segment. The result is the
 * same for a * y + b (a not 0) and, mirrored, for the series read backwards, but for
 * rounding.
 *
 * Lifetime. The input is only borrowed. changepoint_finish frees what the result holds;
 * a zeroed result is allowed.
 *
 * Cost. A copy of the values (8 bytes each) and up to 40 MB beside; 0.2 to 0.5 s for
 * 2048 samples, 0.1 s and 100 ns a sample for longer series.
 */
#ifndef MODEL_DETECT_CHANGEPOINT_H
#define MODEL_DETECT_CHANGEPOINT_H

#include <stddef.h>

struct cp_input {
    const double *values; /* dims columns of n each, column by column; NaN = missing */
    size_t n, dims;
};

enum cp_kind { CP_LEVEL, CP_SLOPE, CP_SPREAD, CP_KINDS };

struct cp_point {
    size_t at;         /* 1 to n - 1 */
    enum cp_kind kind; /* what changed most */
    double confidence; /* share of the settings that agree, 0 to 1 */
};

struct cp_segment {
    size_t from, to; /* half-open */
    double mean;     /* of the values; NaN when none is there */
    double slope;    /* of the straight line through them, per sample */
    double noise;    /* standard deviation around that line */
};

struct cp_result {
    struct cp_point *points; /* in order */
    size_t point_count;
    /* Of segment s in dimension d: segments[s * dims + d]. point_count + 1 segments, none
     * where n is 0. */
    struct cp_segment *segments;
    size_t segment_count; /* segments in time, whatever dims is */
    size_t *spikes;       /* single samples far off their neighbours, in order */
    size_t spike_count;
};

void changepoint_find(const struct cp_input *in, struct cp_result *out);
void changepoint_finish(struct cp_result *out);

/* "level-shift", "slope-change", "variance-change". */
const char *changepoint_kind_name(enum cp_kind kind);

#endif
