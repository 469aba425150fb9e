/*
 * The collector works too hard: `gc-pressure`, and `gc-thrash` where it does so against
 * Go's soft limit.
 *
 * Judged by spells of PRESSURE_SPELL_NS, several of which have to agree: a cycle that the
 * machine kept waiting looks as dear as real pressure does. Of a spell count
 * - GC's share of the CPU: the median cost of its cycles times their number (gctrace), or
 *   what GCCPUFraction grew by (MemStats);
 * - cycles a second: counted, or allocation over the room between floor and goal;
 * - both against what was allocated: a service under twice the load collects twice as
 *   often, and that is no trouble. Dearer for the same allocation is.
 */
#ifndef MODEL_DETECT_PRESSURE_H
#define MODEL_DETECT_PRESSURE_H

#include "model/detect/feed.h"
#include "model/session.h"

#define PRESSURE_SPELL_NS (INT64_C(2) * NS_PER_S)

struct pressure;

struct pressure *pressure_create(struct session *s, struct process *p);
void pressure_row(struct pressure *p, const struct feed_row *row);
void pressure_destroy(struct pressure *p);

#endif
