/*
 * What a rule's condition is at a moment, given the figures of that moment and what the
 * condition's windows remember.
 */
#ifndef MODEL_DETECT_RULE_EVAL_H
#define MODEL_DETECT_RULE_EVAL_H

#include "model/detect/rule_internal.h"
#include "model/detect/rule_window.h"

struct rule_moment {
    int64_t time_ns;
    const double *values; /* of the rule's series, in bytes and seconds; NaN: missing */
    uint32_t fresh;       /* bit i: series i has a value of this very moment */
    double limit;         /* NaN: unknown */
};

/* What a part of a condition remembers. Zero-initialise. */
struct rule_state {
    struct rule_window window; /* of functions */
    bool is_held;              /* of FOR: it is true … */
    int64_t held_ns;           /* … since then … */
    int64_t held_samples;      /* … for so many */
    bool has_heard;
    int64_t heard_ns, pace_ns; /* the last sample, and how long after the one before */
    double result;             /* as of then */
};

/* The sides of the headline comparison. */
struct rule_sides {
    double value, bound;
};

/* 1 true, 0 false, NaN missing. states has program->states items. */
double rule_eval(const struct rule_program *program, struct rule_state *states,
                 const struct rule_moment *moment, struct rule_sides *sides);

void rule_states_finish(struct rule_state *states, unsigned count);

/* Is what was heard then still of use now? */
bool rule_is_stale(int64_t heard_ns, int64_t pace_ns, int64_t now_ns);

/* Has something been so for long enough? A span of nothing is over at once. */
bool rule_has_held(struct rule_span span, int64_t since_ns, int64_t samples,
                   int64_t now_ns);

#endif
