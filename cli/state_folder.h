/*
 * Where goes what a key asked for: $XDG_STATE_HOME/heapreel, as the XDG base directory
 * specification has it (~/.local/state where that is not set).
 */
#ifndef CLI_STATE_FOLDER_H
#define CLI_STATE_FOLDER_H

#include <stdint.h>

#include "model/base/err.h"
#include "model/base/slice.h"

/* The path of a file of that moment ("20261121T160000.123Z" and the suffix); to free. The
 * folder is there. NULL with the reason. */
char *state_folder_path(int64_t unix_ns, const char *suffix, struct err *err);

/* What a service answered, in a file of its own, named for what it is ("…-heap.pb.gz",
 * "…-goroutine.txt"): its path, to free. NULL with the reason. */
char *state_folder_save(int64_t unix_ns, const char *source, struct slice document,
                        struct err *err);

#endif
