/*
 * The recording of a session: entries into a .reel, from when it begins until it ends,
 * the disk is full, or the session is over.
 *
 * One that is told to keep a limit (replay/keep.h) is cut into several files. Each tells
 * of the sources again and has its own seek table, so that it reads by itself, and the
 * next entry is the next file's first: nothing is lost between them.
 *
 * Lifetime. It lives as long as the session, since what it is given before it begins is
 * what it then knows of the sources.
 */
#ifndef REPLAY_RECORDING_H
#define REPLAY_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/err.h"
#include "replay/entry.h"
#include "replay/keep.h"

struct recording;

struct recording *recording_create(void);
/* One that has not ended ends, whatever becomes of it; one of which nothing has reached
 * the disk yet never was, and what it would have replaced is still there. NULL: nothing.
 */
void recording_destroy(struct recording *r);

/* What is given from now on is written. False with the reason in err. */
bool recording_begin(struct recording *r, const char *path, const struct keep *keep,
                     int64_t now_unix_ns, struct err *err);
/* False when the end could not be written. Nothing where it has not begun. */
bool recording_end(struct recording *r, struct err *err);

void recording_take(struct recording *r, const struct entry *e);

/* What was given so far reaches the disk, and what is too old is dropped. */
void recording_flush(struct recording *r, int64_t now_unix_ns);

/* Where it is written now; NULL: it is not. */
const char *recording_path(const struct recording *r);

/* By the one that is being written, or the last that was: of all its files, compressed,
 * and once it has ended with their seek tables. */
uint64_t recording_bytes(const struct recording *r);

/* Why it stopped by itself; NULL: it did not. */
const char *recording_trouble(const struct recording *r);

#endif
