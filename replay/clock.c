#include "replay/clock.h"

#include <assert.h>

#include "model/base/compiler.h"
#include "model/base/num.h"

/* Positions move in eighths of a nanosecond of recording, so that the slowest speed
 * loses nothing and a change of speed keeps what was left over. */
#define EIGHTHS_LOG2 (-CLOCK_SPEED_LOG2_MIN)
#define EIGHTHS_MASK ((INT64_C(1) << EIGHTHS_LOG2) - 1)

/* Longer than this between two ticks runs past the end of time at full speed. */
#define ELAPSED_MAX (INT64_MAX >> (CLOCK_SPEED_LOG2_MAX + EIGHTHS_LOG2 + 1))

void clock_init(struct clock *c)
{
    *c = (struct clock){0};
}

static int64_t clamp(const struct clock *c, int64_t position_ns)
{
    if (position_ns < c->from_ns)
        return c->from_ns;
    return position_ns > c->to_ns ? c->to_ns : position_ns;
}

void clock_set_span(struct clock *c, int64_t from_ns, int64_t to_ns)
{
    int64_t offset_ns = num_sat_sub_i64(c->position_ns, c->from_ns);

    c->from_ns = from_ns;
    c->to_ns = to_ns < from_ns ? from_ns : to_ns;
    if (c->is_following)
        c->position_ns = c->to_ns;
    /* A source that knows the wall clock moves the whole session to another century:
     * the playhead keeps its place in the recording. */
    if (c->position_ns < c->from_ns || c->position_ns > c->to_ns)
        c->position_ns = clamp(c, num_sat_add_i64(c->from_ns, offset_ns));
}

void clock_tick(struct clock *c, int64_t real_ns)
{
    int64_t elapsed_ns = num_sat_sub_i64(real_ns, c->last_real_ns);
    int64_t eighths;

    c->last_real_ns = real_ns;
    if (!c->is_playing || elapsed_ns <= 0)
        return;
    if (elapsed_ns > ELAPSED_MAX)
        elapsed_ns = ELAPSED_MAX;
    eighths =
        c->carry_ns_log2 + elapsed_ns * (INT64_C(1) << (c->speed_log2 + EIGHTHS_LOG2));
    c->carry_ns_log2 = eighths & EIGHTHS_MASK;
    c->position_ns = num_sat_add_i64(c->position_ns, eighths >> EIGHTHS_LOG2);
    if (c->position_ns >= c->to_ns) {
        c->position_ns = c->to_ns;
        c->carry_ns_log2 = 0;
        c->is_playing = false;
    }
}

void clock_rebase(struct clock *c, int64_t real_ns)
{
    c->last_real_ns = real_ns;
}

void clock_toggle_play(struct clock *c, int64_t real_ns)
{
    c->is_playing = !c->is_playing;
    c->last_real_ns = real_ns;
    c->carry_ns_log2 = 0;
    if (!c->is_playing)
        return;
    c->is_following = false;
    if (c->position_ns >= c->to_ns)
        c->position_ns = c->from_ns;
}

void clock_seek(struct clock *c, int64_t position_ns)
{
    c->is_following = false;
    c->carry_ns_log2 = 0;
    c->position_ns = clamp(c, position_ns);
}

void clock_set_following(struct clock *c, bool follow)
{
    c->is_following = follow;
    if (!follow)
        return;
    c->is_playing = false;
    c->carry_ns_log2 = 0;
    c->position_ns = c->to_ns;
}

void clock_faster(struct clock *c)
{
    if (c->speed_log2 < CLOCK_SPEED_LOG2_MAX)
        c->speed_log2++;
}

void clock_slower(struct clock *c)
{
    if (c->speed_log2 > CLOCK_SPEED_LOG2_MIN)
        c->speed_log2--;
}

const char *clock_speed_name(const struct clock *c, bool ascii)
{
    static const char *const names[][2] = {
        {"×1/8", "x1/8"}, {"×1/4", "x1/4"},   {"×1/2", "x1/2"},   {"×1", "x1"},
        {"×2", "x2"},     {"×4", "x4"},       {"×8", "x8"},       {"×16", "x16"},
        {"×32", "x32"},   {"×64", "x64"},     {"×128", "x128"},   {"×256", "x256"},
        {"×512", "x512"}, {"×1024", "x1024"}, {"×2048", "x2048"}, {"×4096", "x4096"},
    };
    static_assert(COUNT_OF(names) == CLOCK_SPEED_LOG2_MAX - CLOCK_SPEED_LOG2_MIN + 1,
                  "a name for each speed");

    assert(c->speed_log2 >= CLOCK_SPEED_LOG2_MIN &&
           c->speed_log2 <= CLOCK_SPEED_LOG2_MAX);
    return names[c->speed_log2 - CLOCK_SPEED_LOG2_MIN][ascii];
}

double clock_speed(const struct clock *c)
{
    double eighths = (double)(INT64_C(1) << (c->speed_log2 + EIGHTHS_LOG2));

    return eighths / (double)(1 << EIGHTHS_LOG2);
}
