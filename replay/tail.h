/*
 * A log that grows, followed by its name as `tail -F` does: renamed and created anew,
 * truncated in place, gone for a while, a symbolic link that is switched.
 *
 * A stream of one source. What the file holds when it is first opened is history, read in
 * slices from the loop so that others get their turn. A file that is replaced is read to
 * its end before the new one is begun; then, and after a truncation, comes a CUT. While
 * it cannot be read there is one TROUBLE.
 *
 * inotify wakes it where there is one; besides it looks once a second, which is all there
 * is on network file systems. A named pipe or standard input ("-") ends when its writers
 * have gone; a named pipe then waits for the next.
 */
#ifndef REPLAY_TAIL_H
#define REPLAY_TAIL_H

#include "model/base/err.h"
#include "replay/live_source.h"

struct tail;

struct tail_options {
    bool skips_history; /* begin at the end */
};

/* A file need not be there yet. NULL, with the reason, for a folder or a terminal. */
struct tail *tail_start(const struct live_context *context, const char *path,
                        const struct tail_options *options, struct err *err);
void tail_stop(struct tail *t);

/* Is what was there at the start all given? */
bool tail_is_caught_up(const struct tail *t);

#endif
