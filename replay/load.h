/*
 * One file on its way into the session: opened, unpacked, handed to its stream. Before a
 * log that is to be followed its rotations are read into the same stream; places in it
 * are then counted from the front of the oldest.
 */
#ifndef REPLAY_LOAD_H
#define REPLAY_LOAD_H

#include "replay/input.h"
#include "replay/pieces.h"
#include "replay/prefetch.h"
#include "replay/reel_load.h"
#include "replay/stream.h"

struct load {
    struct session *session;
    struct source *source;
    struct input input;
    dev_t dev; /* of a regular file */
    ino_t ino;
    struct pieces pieces;  /* to be read first */
    struct input *reading; /* one of theirs, or its own */
    uint64_t pieces_bytes, pieces_done_bytes;
    struct prefetch *prefetch; /* NULL: read directly */
    bool is_settled;           /* compression is known, prefetch is started if at all */
    struct stream *stream;
    struct reel_load *reel; /* instead of a stream; NULL: it is none */
    char *buffer;
    bool is_followed; /* it shall be, if it can */
    bool goes_on;     /* … and can: its stream waits for more */
    bool is_done;
};

struct load_options {
    const struct parser_ops *format;      /* NULL: recognise it */
    const struct unwrap_pattern *pattern; /* NULL: find out what wraps it */
    struct watch *watch; /* what a recording has look when the live session did */
    struct transcript *transcript; /* of a recording's streams; NULL: nobody reads it */
    bool is_followed;
};

/* A source that cannot be opened is done at once. */
struct load *load_create(struct session *session, struct source *source,
                         const struct load_options *options);
void load_destroy(struct load *l);

/* Of one that is done: gives back all that reading took, which for a folder of a
 * thousand files is most of the memory; not the stream of one that goes on. */
void load_close(struct load *l);

/* That file is a source of its own, and no older piece of this one. */
void load_leave_out(struct load *l, const struct load *other);

/* One that could go on does not: its input has ended. */
void load_let_go(struct load *l);

enum load_result { LOAD_MORE, LOAD_WAITING, LOAD_DONE };

/* Takes one block; waits at most `wait_ns` for a thread that reads ahead. */
enum load_result load_step(struct load *l, int64_t wait_ns);

/* Of the files as they are, compressed or not; of a pipe the total is 0. */
uint64_t load_bytes_done(const struct load *l);
uint64_t load_bytes_total(const struct load *l);

#endif
