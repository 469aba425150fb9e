/*
 * A point in time as people type it: on the command line (--from, --to, --at) and in
 * the dashboard's prompt.
 *
 *   2026-11-21T01:37:31.12Z   RFC 3339; a blank may stand for the T, and where no zone
 *                             is written it is UTC, as in the stamps of logs
 *   14:03  14:03:05.5         that time of day, the first one inside the recording
 *   +90s  1h30m               after the recording's start
 *   +0:27.40  +1:02:10.5  +3d04:05:06
 *                             the same, as the screen shows offsets. Without the sign
 *                             only where it cannot be a time of day: 0:27, 12:27.40
 *   -5m  -0:30                before its end
 *   50%                       that far into it
 */
#ifndef REPLAY_TIME_ARG_H
#define REPLAY_TIME_ARG_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

enum time_kind {
    TIME_UNSET,
    TIME_ABSOLUTE,    /* ns: Unix time */
    TIME_OF_DAY,      /* ns: since midnight UTC */
    TIME_AFTER_START, /* ns: since the start */
    TIME_BEFORE_END,  /* ns: back from the end */
    TIME_PERMILLION,  /* ns: share of the span, 1,000,000 = all */
};

/* Zeroed: not given. */
struct time_arg {
    enum time_kind kind;
    int64_t ns;
};

/* False, *out untouched, when the text is none of the above. */
MUST_USE bool time_arg_parse(struct slice text, struct time_arg *out);

/*
 * The session time meant within the span [from_ns, to_ns]; not clamped to it. False
 * for wall-clock kinds where the session knows no wall clock, and for TIME_UNSET.
 */
MUST_USE bool time_arg_resolve(const struct time_arg *arg, int64_t from_ns, int64_t to_ns,
                               bool has_wall, int64_t *out_ns);

#endif
