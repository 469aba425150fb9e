/*
 * Inflection points of one series, found while it comes in: level shifts, slope changes,
 * changes of spread, spikes. What is said at a point rests on the points up to then.
 *
 * How. Spikes are taken out first (spike.h). A test of the mean (level.h), measured
 * against the series's own wandering at every scale (scales.h), wakes on any change, a
 * ramp hardly later than a jump. Awake, it looks again an eighth later, and then decides
 * on the stretch since the last change (online_past.h) whether it was a jump, a kink
 * (kink.h) or nothing that lasted. The spread has a test of its own (spread.h).
 *
 * How sure. A statistic h, in squared deviations, is called a change above
 * 2 log(points in a week at the pace at which they come) + 10: about one false alarm a
 * week. A series that alarms again and again raises its own bound for a while.
 *
 * Which axis. Levels, spread and spikes go by points, since what matters is how many were
 * seen (collections come at any pace); slopes go by time, since a leak does.
 *
 * Invariance. a * y + b changes nothing but the figures said in y's unit, unless `least`
 * or `least_share` is set.
 */
#ifndef MODEL_DETECT_ONLINE_H
#define MODEL_DETECT_ONLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/detect/level.h"
#include "model/detect/online_past.h"
#include "model/detect/scales.h"
#include "model/detect/spike.h"
#include "model/detect/spread.h"
#include "model/event.h"

struct online_options {
    double least;       /* smaller differences are not worth telling */
    double least_share; /* … nor such as are a smaller share of the level */
    bool is_log;        /* judged by the logarithm; values at or below 0 are ignored */
    double run_points;  /* points between two false alarms; 0: a week of them */
};

struct inflection {
    enum event_kind kind; /* level-shift, slope-change, variance-change, spike */
    int64_t began_ns, detected_ns;
    /* Levels; of a slope change those at its onset and now; of a spread its mean distance
     * between neighbours; of a spike the level and the spike. */
    double before, after;
    double slope_before, slope_per_s; /* NaN but of a slope change */
    double confidence;                /* 0..1 */
    double statistic, threshold;      /* squared deviations; of a spike deviations */
    double sigma;                     /* of one point */
    double points_before, points;     /* that it rests on, before and after the onset */
    bool is_return; /* a step to a level between such as steps led to before */
};

/* Plain, some 13 KiB, no allocation; zero-initialised by online_init. */
struct online {
    struct online_options options;
    struct spike spike;
    struct past past; /* seconds after begin_ns, values less `zero` */
    struct scales noise;
    struct level level; /* of what is left without the slope */
    struct spread spread;
    int64_t begin_ns, last_ns;
    double zero, quantum;
    double last;  /* value, as it came (or its logarithm) */
    double slope; /* that the series follows; 0 unless is_line */
    bool is_line;
    bool is_settled;  /* the start-up is over */
    uint64_t from;    /* points before the present stretch */
    uint64_t look_at; /* the second look; 0: asleep */
    unsigned looks;
    uint64_t spread_at; /* the same for the spread, in its blocks */
    double level_told;  /* the level that the last word was about, less `zero` */
    bool has_level_told;
    double known_low, known_high; /* levels that told steps led from and to */
    bool has_known;
    double bound; /* without widening */
    double wide;  /* how much wider, since it alarmed; 0: not */
};

void online_init(struct online *o, const struct online_options *options);

/* Beyond this values are ignored: their squares would be no numbers any more. */
#define ONLINE_VALUE_MAX 1e100

/* The next point, in the order of time; value finite. True with *out filled when it
 * shows an inflection. */
bool online_add(struct online *o, int64_t time_ns, double value, struct inflection *out);

#endif
