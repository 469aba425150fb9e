/*
 * One source on its way into the session: opened, unpacked, unwrapped, recognised,
 * parsed. What is in no wrapping goes from the reader's buffer to the parser.
 */
#ifndef REPLAY_LOAD_H
#define REPLAY_LOAD_H

#include "model/base/text.h"
#include "model/ingest.h"
#include "parsers/parser.h"
#include "parsers/unwrap.h"
#include "replay/channel.h"
#include "replay/input.h"
#include "replay/prefetch.h"

struct load {
    struct session *session;
    struct source *source;
    struct input input;
    struct prefetch *prefetch; /* NULL: read directly */
    bool is_settled;           /* compression is known, prefetch is started if at all */
    const struct parser_ops *format;
    struct unwrap_options unwrapping;
    struct unwrap *unwrap;     /* NULL: not wrapped, as far as is known … */
    struct channels *channels; /* … else where its lines go */
    struct ingest *ingest;
    void *state;      /* of the parser */
    struct text head; /* until the format is known */
    bool has_hole;    /* NULs in front of it were passed over */
    char *buffer;
    bool is_done;
};

/* `format` NULL: recognise it; `pattern` NULL: find out what wraps it. A source that
 * cannot be opened is done at once. */
struct load *load_create(struct session *session, struct source *source,
                         const struct parser_ops *format,
                         const struct unwrap_pattern *pattern);
void load_destroy(struct load *l);

/* Of one that is done: gives back all that reading took, which for a folder of a
 * thousand files is most of the memory. */
void load_close(struct load *l);

enum load_result { LOAD_MORE, LOAD_WAITING, LOAD_DONE };

/* Takes one block; waits at most `wait_ns` for a thread that reads ahead. */
enum load_result load_step(struct load *l, int64_t wait_ns);

#endif
