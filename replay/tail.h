/*
 * A log that grows, followed by its name as `tail -F` does: renamed and created anew,
 * truncated in place, gone for a while, a symbolic link that is switched.
 *
 * A stream of one source. What the file holds when it is first opened is history, read in
 * slices from the loop so that others get their turn; before it comes that of the older
 * pieces of a log that is rotated, unpacked. Which of them could not be read is one
 * TROUBLE behind it all. A file that is replaced is read to
 * its end before the new one is begun; then, and after a truncation, comes a CUT. While
 * it cannot be read there is one TROUBLE.
 *
 * inotify wakes it where there is one; besides it looks once a second, which is all there
 * is on network file systems. Standard input ("-") ends when its writers have gone; a
 * named pipe is cut then and waits for the next.
 */
#ifndef REPLAY_TAIL_H
#define REPLAY_TAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/base/err.h"
#include "replay/live_source.h"

struct tail;

/* A log that was read elsewhere: what it held up to from_bytes is known. Where there is
 * another file by now, or less in it, all that it has is new, behind a CUT. */
struct tail_options {
    bool is_continued; /* else the rest counts for nothing */
    uint64_t from_bytes;
    dev_t dev;
    ino_t ino;
};

/* A file need not be there yet. NULL, with the reason, for a folder or a terminal.
 * `options` NULL: none. */
struct tail *tail_start(const struct live_context *context, const char *path,
                        const struct tail_options *options, struct err *err);
void tail_stop(struct tail *t);

/* Is what was there at the start all given? */
bool tail_is_caught_up(const struct tail *t);

/* As it was given. */
const char *tail_name(const struct tail *t);
uint32_t tail_source(const struct tail *t);
/* It reads that file now. */
bool tail_is_at(const struct tail *t, dev_t dev, ino_t ino);

#endif
