/*
 * The files of a recording that may not grow for ever: `app.reel` is being written, and
 * the finished ones stand beside it, named for when they begin:
 * app.20261121T160000Z.reel, and app.20261121T160000Z_2.reel where that is taken.
 *
 * Those that an earlier recorder of the same name left count as well, and are dropped in
 * their turn. Nothing is ever removed that is not named so and does not begin as a reel.
 */
#ifndef REPLAY_KEEP_H
#define REPLAY_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/err.h"

/* A file is finished at this share of either limit: so much is lost at once when the
 * oldest goes. */
#define KEEP_PIECES 8

struct keep {
    uint64_t bytes; /* of all files together; 0: no limit */
    int64_t ns;     /* no file begins longer ago; 0: no limit */
};

/* The finished ones, as they were found last. */
struct kept {
    uint64_t bytes;
    int64_t oldest_ns; /* when the first begins; INT64_MAX: there is none */
};

/* Renames the finished file. False with the reason. */
MUST_USE bool keep_put_aside(const char *path, int64_t begins_ns, struct err *err);

/* As keep_put_aside for what an earlier recorder, which was killed, left there; nothing
 * where no recording is there. */
MUST_USE bool keep_put_left_aside(const char *path, struct err *err);

/* Looks for finished files, and removes the oldest ones until `current_bytes` and the
 * rest are within the limit, and none begins before its. */
void keep_drop(const char *path, const struct keep *keep, uint64_t current_bytes,
               int64_t now_unix_ns, struct kept *kept);

#endif
