#include "model/detect/online_words.h"

#include <math.h>

/* A quantity that reads well is at least so much. */
static double readable(enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
    case UNIT_BYTES_PER_S:
        return 1024;
    case UNIT_NS:
        return (double)NS_PER_US;
    case UNIT_RATIO:
        return 0.001;
    default:
        return 1;
    }
}

struct pace {
    double seconds;
    const char *name;
};

/* The shortest time in which the slope makes something that reads well. */
static const struct pace *pace_of(double slope_per_s, enum unit unit)
{
    static const struct pace paces[] = {
        {1, "a second"}, {60, "a minute"}, {3600, "an hour"}};
    size_t i = 0;

    while (i + 1 < COUNT_OF(paces) &&
           fabs(slope_per_s) * paces[i].seconds < readable(unit))
        i++;
    return &paces[i];
}

static void put_slope(struct text *out, double slope_per_s, enum unit unit)
{
    char number[UNIT_TEXT];
    const struct pace *pace = pace_of(slope_per_s, unit);

    text_printf(out, "%s %s",
                unit_format(number, fabs(slope_per_s) * pace->seconds, unit, false),
                pace->name);
}

/* Is the slope worth a word beside the other? */
static bool is_flat(double slope, double beside)
{
    return fabs(slope) < 0.1 * fabs(beside);
}

static void put_turn(struct text *out, const char *what, enum unit unit,
                     const struct inflection *f)
{
    const char *now = f->slope_per_s > 0 ? "grow" : "fall";
    bool was_flat = is_flat(f->slope_before, f->slope_per_s);

    if (is_flat(f->slope_per_s, f->slope_before)) {
        text_printf(out, "%s stops %s (it was ", what,
                    f->slope_before > 0 ? "growing" : "falling");
        put_slope(out, f->slope_before, unit);
        text_put_str(out, ")");
        return;
    }
    if (was_flat || (f->slope_before > 0) != (f->slope_per_s > 0)) {
        text_printf(out, "%s begins to %s by ", what, now);
        put_slope(out, f->slope_per_s, unit);
        return;
    }
    text_printf(out, "%s %ss %s, by ", what, now,
                fabs(f->slope_per_s) > fabs(f->slope_before) ? "faster" : "slower");
    put_slope(out, f->slope_per_s, unit);
    text_put_str(out, " after ");
    put_slope(out, f->slope_before, unit);
}

static void put_step(struct text *out, const char *what, enum unit unit,
                     const struct inflection *f)
{
    char before[UNIT_TEXT], after[UNIT_TEXT];

    text_printf(out, "%s %s%s from %s to %s", what,
                f->after > f->before ? "steps" : "drops", f->is_return ? " back" : "",
                unit_format(before, f->before, unit, false),
                unit_format(after, f->after, unit, false));
}

static void put_spike(struct text *out, const char *what, enum unit unit,
                      const struct inflection *f)
{
    char level[UNIT_TEXT], peak[UNIT_TEXT];

    text_printf(out, "%s %s to %s and is back at %s", what,
                f->after > f->before ? "jumps" : "falls",
                unit_format(peak, f->after, unit, false),
                unit_format(level, f->before, unit, false));
}

void online_words(struct text *out, const char *what, enum unit unit,
                  const struct inflection *found)
{
    bool is_more = found->after > found->before;
    double ratio = is_more ? found->after / found->before : found->before / found->after;

    switch (found->kind) {
    case EVENT_LEVEL_SHIFT:
        put_step(out, what, unit, found);
        return;
    case EVENT_SLOPE_CHANGE:
        put_turn(out, what, unit, found);
        return;
    case EVENT_SPIKE:
        put_spike(out, what, unit, found);
        return;
    default:
        if (ratio < 100)
            text_printf(out, "%s: its spread %s %.3g times", what,
                        is_more ? "grows" : "shrinks", ratio);
        else
            text_printf(out, "%s %s", what,
                        is_more ? "begins to vary" : "no longer varies");
    }
}
