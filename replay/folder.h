/*
 * A folder of logs and profiles, watched with the folders below it: new files join.
 *
 * A log becomes a source of its own that is followed (replay/tail.h), with its rotations
 * as history; they and what it is renamed to do not join as others. A document (a
 * profile, what is compressed) becomes a source of documents: it is given when it has not
 * changed from one look to the next, and again when it was replaced or written anew. What
 * is in no known format does not join until it is; recordings do not.
 *
 * inotify wakes it for the folder itself; besides it looks once a second, which is all
 * there is for the folders below. What cannot be done has the folder's own name as a
 * source, with its TROUBLE.
 */
#ifndef REPLAY_FOLDER_H
#define REPLAY_FOLDER_H

#include <stdbool.h>

#include "model/base/err.h"
#include "replay/live_source.h"

struct folder;

struct folder_options {
    /* Was it read elsewhere, before this begins? It joins when it grows … NULL: none was.
     */
    bool (*is_read)(void *user, const char *path);
    /* … unless it is followed already. NULL: none is. */
    bool (*is_followed)(void *user, const char *path);
    void *user;
};

/* NULL with the reason where it is no folder that can be read. `options` NULL: none. */
struct folder *folder_start(const struct live_context *context, const char *path,
                            const struct folder_options *options, struct err *err);
void folder_stop(struct folder *f);

/* Is it a folder? Not of "-". */
bool folder_is(const char *path);

#endif
