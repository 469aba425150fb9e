/*
 * One file on its way into the session: opened, unpacked, handed to its stream.
 */
#ifndef REPLAY_LOAD_H
#define REPLAY_LOAD_H

#include "replay/input.h"
#include "replay/prefetch.h"
#include "replay/reel_load.h"
#include "replay/stream.h"

struct load {
    struct session *session;
    struct source *source;
    struct input input;
    struct prefetch *prefetch; /* NULL: read directly */
    bool is_settled;           /* compression is known, prefetch is started if at all */
    struct stream *stream;
    struct reel_load *reel; /* instead of a stream; NULL: it is none */
    char *buffer;
    bool is_done;
};

/* `format` NULL: recognise it; `pattern` NULL: find out what wraps it; `watch` is what a
 * recording has look when the live session did. A source that
 * cannot be opened is done at once. */
struct load *load_create(struct session *session, struct source *source,
                         const struct parser_ops *format,
                         const struct unwrap_pattern *pattern, struct watch *watch);
void load_destroy(struct load *l);

/* Of one that is done: gives back all that reading took, which for a folder of a
 * thousand files is most of the memory. */
void load_close(struct load *l);

enum load_result { LOAD_MORE, LOAD_WAITING, LOAD_DONE };

/* Takes one block; waits at most `wait_ns` for a thread that reads ahead. */
enum load_result load_step(struct load *l, int64_t wait_ns);

#endif
