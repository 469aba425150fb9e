/*
 * Sources into a session, a slice at a time, so that whoever calls stays responsive.
 *
 *   struct loader *l = loader_create(session, &options);
 *   loader_add(l, "app.log"), loader_add(l, "incident/"), loader_add(l, "-")
 *   while (loader_step(l, budget_ns)) …draw, read keys…
 *
 * Each source is decoded in a thread of its own while this one parses: on two cores a
 * compressed log loads in the time that decompression alone takes (see tests/bench).
 * The thread touches nothing but its own file and queue; the session belongs to the
 * caller's thread.
 *
 * Errors. A source that cannot be read at all has `unreadable` set and does not stop
 * the others. Damage is in each source's diag.
 */
#ifndef REPLAY_LOADER_H
#define REPLAY_LOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/session.h"
#include "replay/time_arg.h"

struct loader;
struct parser_ops;
struct stream;
struct transcript;
struct unwrap_pattern;
struct watch;

struct loader_options {
    const struct parser_ops *format;      /* --format; NULL = recognise */
    const struct unwrap_pattern *pattern; /* --prefix; NULL = none; outlives the loader */
    struct watch
        *watch; /* has recordings looked at as they happened; NULL = nobody does */
    struct transcript *transcript; /* of recordings' streams; NULL = nobody reads it */
    /* Logs stay open at their end, to be followed; one that is named (not a folder) has
     * its rotations read before it, into the same source. */
    bool is_followed;
    /* What is looked at later, of a recording (or of several that follow each other) of
     * more than seek_above_bytes (0: LOADER_SEEK_ABOVE_BYTES) and nothing else: what lies
     * more than LOADER_SEEK_AHEAD_NS before `from` is not read. Not for times that count
     * from the session's start. */
    struct time_arg from, to;
    uint64_t seek_above_bytes;
};

/* As much as is read within seconds: then detectors had better know all of it. */
#define LOADER_SEEK_ABOVE_BYTES ((uint64_t)1 << 30)
/* For detectors to know what was usual. */
#define LOADER_SEEK_AHEAD_NS (INT64_C(3600) * 1000000000)

struct loader *loader_create(struct session *session,
                             const struct loader_options *options);
void loader_destroy(struct loader *l);

/* A file, a folder (every file in it and in the folders below), or "-" for standard
 * input. */
void loader_add(struct loader *l, const char *path);

/*
 * Works for about `budget_ns` (checked against the monotonic clock between blocks;
 * INT64_MAX: until done) and returns true while there is more. Never waits for input
 * longer than the budget: loader_poll_fd tells when a pipe has something again.
 */
bool loader_step(struct loader *l, int64_t budget_ns);

struct loader_progress {
    uint64_t bytes_done;  /* of the files as they are, compressed or not */
    uint64_t bytes_total; /* 0 where a pipe makes it unknown */
    bool done;
};
struct loader_progress loader_progress(const struct loader *l);

/* To poll for input along with the keyboard; -1 when there is nothing to wait for. */
int loader_poll_fd(const struct loader *l);

/* A log that was loaded and may grow. */
struct loader_followed {
    struct source *source;
    struct stream *stream; /* the caller's; half a line may wait in it */
    uint64_t offset_bytes; /* what was read of its file … */
    dev_t dev;             /* … which is this one */
    ino_t ino;
};

/*
 * When all is loaded, each log that may grow, once; false: no more. Those are regular,
 * uncompressed files in a format of lines, but no rotations of others; of those that were
 * named also one in which nothing is known yet.
 */
bool loader_take_followed(struct loader *l, struct loader_followed *out);

/* Was something not read, since it lies so long before `from`? */
bool loader_has_skipped(const struct loader *l, int64_t *before_unix_ns);

/* How many sources could not be read at all. */
size_t loader_unreadable_count(const struct loader *l);

#endif
