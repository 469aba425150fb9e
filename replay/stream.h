/*
 * The bytes of one source on their way into the session: recognised, unwrapped, parsed.
 * Decoded bytes come in, cut anywhere; where they come from is somebody else's business.
 *
 * What is read live carries the time of its arrival. A line of a GC trace that has no
 * time stamp of its own gets that one in front, as a container's log would have it, so
 * that the process has a wall clock; other formats know their times, or are documents.
 */
#ifndef REPLAY_STREAM_H
#define REPLAY_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"
#include "model/session.h"
#include "parsers/unwrap.h"

struct parser_ops;
struct stream;

struct stream_options {
    const struct parser_ops *format;      /* NULL: recognise it */
    const struct unwrap_pattern *pattern; /* NULL: find out what wraps it */
    int64_t reference_ns; /* Unix time: stamps without a year are the last before it */
    bool is_live;         /* never given up: what is no known format may be a log of which
                             the interesting lines are still to come */
    bool is_patient;      /* … where it is text */
    int64_t pid;          /* of the process that writes it; -1 = unknown */
};

/* Session and source must outlive it. */
struct stream *stream_create(struct session *session, struct source *source,
                             const struct stream_options *options);
void stream_destroy(struct stream *s);

/* What was read as a file goes on as a live source. */
void stream_set_live(struct stream *s);

/* Which process writes it is only known now. */
void stream_set_pid(struct stream *s, int64_t pid);

/* Takes bytes; a NUL hole in front of everything is passed over. */
void stream_feed(struct stream *s, struct slice bytes);

/* … that arrived just now. */
void stream_feed_live(struct stream *s, struct slice bytes, int64_t arrival_unix_ns);

enum stream_rest {
    STREAM_OVER, /* to be finished: a document, or nothing that can be read */
    STREAM_NEW,  /* text, in which nothing is known yet, or no byte */
    STREAM_LOG,
};

/* The input ended for now: what is there is taken, but half a line at the end. */
enum stream_rest stream_pause(struct stream *s);

/*
 * A log was replaced or truncated: half a line is one, a NUL hole in front of what
 * follows is passed over, and its lines go on with the process that the last ones were
 * of, unless they say otherwise. False where it is no log: what follows is another
 * content.
 */
MUST_USE bool stream_cut(struct stream *s);

/* The input could not be read or unpacked further. */
void stream_damage(struct stream *s, const struct err *err);

/* The input ended: what is left is taken, and it is said what it was if it was nothing.
 */
void stream_finish(struct stream *s);

/* Nothing more can be made of its bytes. */
bool stream_is_dead(const struct stream *s);

#endif
