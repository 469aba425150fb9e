/*
 * The replay clock: where in the recording the viewer stands, and how fast it moves.
 * Real time is a parameter, so replay, tests and snapshot are exact and never sleep.
 */
#ifndef REPLAY_CLOCK_H
#define REPLAY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Speed is 2^speed_log2: 1/8× to 4096×. */
#define CLOCK_SPEED_LOG2_MIN (-3)
#define CLOCK_SPEED_LOG2_MAX 12

struct clock {
    int64_t from_ns, to_ns; /* the recording's span, session time */
    int64_t position_ns;    /* the playhead */
    int64_t carry_ns_log2;  /* eighths of a ns left over at speeds below 1 */
    int64_t last_real_ns;   /* monotonic time of the last tick or toggle */
    int speed_log2;
    bool is_playing;
    bool is_following; /* the playhead sticks to the newest record */
};

void clock_init(struct clock *c);

/* The span as loading goes on; the playhead stays where it is (or follows). */
void clock_set_span(struct clock *c, int64_t from_ns, int64_t to_ns);

/* Moves the playhead by the real time that passed. Stops playing at the end. */
void clock_tick(struct clock *c, int64_t real_ns);

/* Real time that passed until now does not count: the program was suspended. */
void clock_rebase(struct clock *c, int64_t real_ns);

/* From the end, playing starts over from the beginning. */
void clock_toggle_play(struct clock *c, int64_t real_ns);
void clock_seek(struct clock *c, int64_t position_ns);
void clock_set_following(struct clock *c, bool follow);
void clock_faster(struct clock *c);
void clock_slower(struct clock *c);

/* "×1/8" … "×4096"; ascii: "x1/8". Static text. */
const char *clock_speed_name(const struct clock *c, bool ascii);

/* Recording time per real second: how far the playhead goes. For a frame timer. */
double clock_speed(const struct clock *c);

#endif
