/*
 * The older pieces of a log that is rotated: "app.log" has "app.log.1", "app.log.2.gz",
 * "app.log-20261120.zst", "app-20261120.log" beside it.
 */
#ifndef REPLAY_ROTATION_H
#define REPLAY_ROTATION_H

#include <stdbool.h>
#include <stddef.h>

struct rotations {
    char **paths; /* oldest first */
    size_t count;
};

/* Is that the path of such a piece of this log? */
bool rotation_is_piece(const char *path, const char *log);

/* Those that are there now, at most ROTATIONS_MAX, the youngest of them. */
#define ROTATIONS_MAX 64
struct rotations rotations_find(const char *path);
void rotations_finish(struct rotations *r);

#endif
