/*
 * Growth that does not end by itself: `leak`, `pre-oom`, and the forecasts.
 *
 * What is followed of a process: its floor (live heap after each cycle; the goal, which
 * is a fixed multiple of it, where only samples exist; else the lower envelope of the
 * samples), what it uses (RSS, the cgroup, the heap's peaks), its goroutines and its
 * memory off the heap. Each has a trail, and whenever a new point makes a look worth
 * while, the run of blocks that is due is asked whether it is a ramp (ramp.h).
 *
 * An alarm must survive a second look, needs what RAMP's questions ask (significant, no
 * step, both halves rise, never that high before, not levelling off below the limit), and
 * for `pre-oom` a forecast that ends within GROWTH_HORIZON times what was seen of the
 * growth. So a quick leak is told in seconds and a slow one not before it has shown
 * itself.
 */
#ifndef MODEL_DETECT_GROWTH_H
#define MODEL_DETECT_GROWTH_H

#include "model/detect/feed.h"
#include "model/session.h"

/*
 * `pre-oom` at an ETA of at most that many times the evidence: two thirds of the way to
 * the limit are then still ahead. More buys lead with false alarms on walks and waves;
 * figures in tests/bench/README.md.
 */
#define GROWTH_HORIZON 2.0

/* … and where nothing flat was seen before the growth, which may be a service that fills
 * its caches. */
#define GROWTH_HORIZON_FROM_START 1.2

/* … and where what was before it is short and was not flat: the trough of a wave. */
#define GROWTH_HORIZON_UNSURE 0.8

struct growth;

struct growth *growth_create(struct session *s, struct process *p);
void growth_row(struct growth *g, const struct feed_row *row);
void growth_destroy(struct growth *g);

#endif
