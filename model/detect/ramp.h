/*
 * Flat, then growing: does a run of blocks look like the beginning of a leak?
 *
 * The model is a continuous kink, y = level up to the onset and level + slope * (t -
 * onset) from there, by least squares over every block boundary as the onset. Around it
 * stand the questions that tell a leak from everything else that rises: would a step
 * explain it better (a deploy, a cache loaded), does it level off (warm-up), is it bent
 * (the flank of a wave), has the level been this high before (a wave seen already)?
 *
 * Noise. Residuals of blocks stand in for the long-run variance: a block averages out
 * what is correlated inside it, and what is left between neighbours widens the error by
 * sqrt((1 + rho) / (1 - rho)).
 */
#ifndef MODEL_DETECT_RAMP_H
#define MODEL_DETECT_RAMP_H

#include <stdbool.h>
#include <stddef.h>

#include "model/detect/trail.h"

struct ramp {
    double onset, end; /* seconds of the trail; end: the last bin */
    double level;      /* before, or where it began */
    double slope;      /* per second since the onset */
    double slope_se;   /* with the noise's correlation in it */
    double z;          /* slope over that */
    double rho;        /* how alike neighbouring residuals are: near 1, it is no noise */
    double noise;      /* standard deviation of a block about the fit */
    double r2;         /* of the growing part */
    double blocks;     /* how many blocks the growing part has */
    double before;     /* seconds of the flat part that were looked at … */
    double flat_range; /* … and how far its blocks are apart, but for its first tenth */
    double step_gain;  /* residual of the best step over that of the kink: > 1: no step */
    double early, late; /* slopes of the two halves of the growing part … */
    double halves_se;   /* … and the standard error of their difference, … */
    double latest;      /* of its last quarter, of RAMP_BLOCKS_LATEST at least … */
    double gap;         /* seconds between the last two blocks */
    double latest_se;   /* … these by the noise about the kink or a cubic,
                           whichever is less: a bend is no noise */
    double smooth_gain; /* residual of the kink over that of a cubic: about 1: straight */
    double now;         /* what the fit says of `end` */
    double recent_min;  /* of the blocks of the last quarter */
};

/* The growing part has at least that many blocks. */
#define RAMP_BLOCKS_LEAST 5
#define RAMP_BLOCKS_LATEST 6

/* False where nothing grows. blocks: at most TRAIL_BLOCKS_MAX. */
bool ramp_fit(const struct block *blocks, size_t count, struct ramp *out);

/* As above with the onset given (an alarm's, followed on). */
bool ramp_follow(const struct block *blocks, size_t count, double onset,
                 struct ramp *out);

#endif
