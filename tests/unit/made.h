/* Sessions made by hand: a process whose series are straight lines, what was found of it
 * and what befell it. */
#ifndef TESTS_UNIT_MADE_H
#define TESTS_UNIT_MADE_H

#include "model/session.h"

#define MADE_S INT64_C(1000000000)
#define MADE_MIB 1048576.0

/* A series: what it is at 0 s, and how much more each second from `since_s` on. */
struct made_line {
    uint32_t metric;
    double start, per_s;
    int64_t since_s;
};

/* One process with a row a second from 0 s to seconds - 1. */
struct session *made_session(const struct made_line *lines, size_t count, size_t seconds);

/* A finding of severity and kind of the first process, for session_add_finding. */
struct finding made_finding(const struct session *s, enum event_kind kind,
                            enum severity severity, uint32_t metric, int64_t began_s,
                            int64_t detected_s);

/* The kernel's kill of the first process; more can be set in what it returns. */
struct event *made_kill(struct session *s, int64_t at_s, double limit_bytes,
                        double rss_bytes);

/* A kill with those facts (numbers of that name) and tasks. */
struct event *made_kill_with(struct session *s, int64_t at_s,
                             const struct notice *notice);

#endif
