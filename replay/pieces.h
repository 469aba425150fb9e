/*
 * The older pieces of a log that is rotated, opened to be read before the log itself:
 * oldest first, unpacked. Opened all at once, since names move on with the next rotation
 * and an open file does not.
 */
#ifndef REPLAY_PIECES_H
#define REPLAY_PIECES_H

#include <sys/types.h>

#include "replay/input.h"

struct log_piece {
    char *path;
    struct input input;
    char *unreadable; /* why it cannot be opened; NULL: it was */
};

/* Zeroed: no pieces. */
struct pieces {
    struct log_piece *list;
    size_t count;
    size_t at;         /* those before are read */
    char trouble[120]; /* of the last that could not be read; "" = none */
};

/* Of the log at `path`, whose file is dev and ino, so that it is none of its pieces. */
void pieces_open(struct pieces *p, const char *path, dev_t dev, ino_t ino);
void pieces_close(struct pieces *p);

/* The one that is read; NULL: all are. */
struct log_piece *pieces_current(const struct pieces *p);

/* The one that is that file is none of them, unless it is read already: how many bytes it
 * has; 0: there is none. */
uint64_t pieces_drop(struct pieces *p, dev_t dev, ino_t ino);

/* On to the next one; this one is closed. */
void pieces_next(struct pieces *p);

/* … since it cannot be read further: notes the trouble. */
void pieces_fail(struct pieces *p, struct err *err);

/* Puts the piece's name in front of the reason: "app.log.2.gz: truncated". */
void pieces_locate(const struct log_piece *piece, struct err *err);

/* Of all, as they are on disk. */
uint64_t pieces_size_bytes(const struct pieces *p);

#endif
