/*
 * What online.c and online_look.c share: figures of the detector's state, and the second
 * look.
 */
#ifndef MODEL_DETECT_ONLINE_INTERNAL_H
#define MODEL_DETECT_ONLINE_INTERNAL_H

#include "model/detect/online.h"

/* A change needs so many points on each side. */
#define ONLINE_LEAST_BEFORE 4.0
#define ONLINE_LEAST_AFTER 4.0

/* Since the first point. */
double online_seconds(const struct online *o, int64_t time_ns);

/* A value of the detector's as its series has it. */
double online_outward(const struct online *o, double value);

/* Is the way from one value to the other worth telling? */
bool online_is_worth(const struct online *o, double from, double to);

/* An alarm was raised: the bound goes up for a while. */
void online_alarmed(struct online *o);

/* What all inflections say; kind, onset and levels are left to the caller. */
void online_fill(const struct online *o, double statistic, double bound, int64_t time_ns,
                 struct inflection *out);

/*
 * What is it that the test of the level woke on? `unrest` is how much noisier it is than
 * usual, as variance. True with *out filled when there is something to tell; else it may
 * have been taken in silently, or is looked at again at o->look_at.
 */
bool online_look(struct online *o, const struct level_change *change, double bound,
                 double unrest, int64_t time_ns, struct inflection *out);

#endif
