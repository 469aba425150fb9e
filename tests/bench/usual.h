/*
 * The alerts that people have, to be put beside ours: a share of the limit is used; the
 * line of the last hour reaches it within four; the floor rises by the test of Mann and
 * Kendall, alone or with Sen's slope that reaches the limit within four hours.
 *
 * They look at RSS, or where only a GC trace is at the goal and OVERHEAD for the rest;
 * the floor is the least of each thirtieth of an hour.
 */
#ifndef TESTS_BENCH_USUAL_H
#define TESTS_BENCH_USUAL_H

#include "model/session.h"

enum usual {
    USUAL_80,
    USUAL_90,
    USUAL_LINE,
    USUAL_TREND,
    USUAL_SEN,
    USUALS,
};
const char *usual_name(enum usual usual);

struct usual_told {
    int alarms;     /* how often it was raised, after not being so for a minute … */
    int early;      /* … of these before the onset */
    double first_s; /* the first one from the onset on; NaN: none */
};

/*
 * Adds what they say of a process, minute by minute. hour_s is what they take for an
 * hour: a run of a minute has none. onset_s: INFINITY where nothing leaks.
 */
void usual_watch(const struct track *track, double limit, double hour_s, double onset_s,
                 struct usual_told told[USUALS]);

#endif
