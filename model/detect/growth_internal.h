/* What growth.c and growth_tell.c share. */
#ifndef MODEL_DETECT_GROWTH_INTERNAL_H
#define MODEL_DETECT_GROWTH_INTERNAL_H

#include "model/detect/floor.h"
#include "model/detect/growth.h"
#include "model/detect/needs.h"
#include "model/detect/ramp.h"
#include "model/detect/trail.h"

enum growth_role {
    ROLE_LIVE,
    ROLE_GOAL,
    ROLE_FLOOR, /* where neither is known */
    ROLE_USAGE,
    ROLE_GOROUTINES,
    ROLE_STACKS,
    ROLE_OFFHEAP,
    GROWTH_ROLES,
};

struct role_info {
    bool is_floor; /* the next peak is a multiple of it */
    bool is_usage; /* it is what the limit is about */
    bool leaks;    /* it may be called a leak where no limit is near */
    double least;  /* growth below that is not worth a word */
};

/* Seen once; an alarm needs a second look. Seconds of the trail. */
struct suspicion {
    bool is_set;
    double at, onset;
};

struct alarm {
    bool is_open;
    bool is_by_goal; /* the goal itself is beyond the limit, growing or not */
    enum growth_role role;
    struct event *event;  /* NULL: the session had no room */
    double onset, level;  /* where it began */
    double high, high_at; /* the highest since, and when */
    double forecast_at;
};

struct followed {
    enum growth_role role;
    uint32_t metric;
    int64_t heard_ns;
    struct trail trail;
    struct suspicion oom, leak;
    struct alarm alarm; /* `leak` */
};

struct growth {
    struct session *session;
    struct process *process;
    struct needs needs;
    struct floor_finder floor;
    struct followed followed[GROWTH_ROLES];
    struct alarm pre_oom; /* one a process, whatever grows */
    unsigned usage_rank;  /* of the series that usage is read from; 0 = none yet */
    struct block *blocks; /* scratch: TRAIL_BLOCKS_MAX */
};

/* Opens the alarm and tells the session: `pre-oom` where there is a forecast, else
 * `leak`. */
void growth_raise(struct growth *g, struct alarm *alarm, struct followed *f,
                  const struct ramp *r, const struct forecast *c);
/* `pre-oom` since the next goal is beyond the limit. */
void growth_raise_goal(struct growth *g, struct followed *f, double goal,
                       const struct forecast *c);
void growth_close(struct growth *g, struct alarm *alarm, struct followed *f);

#endif
