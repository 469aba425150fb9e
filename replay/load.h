/*
 * One source on its way into the session: opened, unpacked, recognised, parsed.
 */
#ifndef REPLAY_LOAD_H
#define REPLAY_LOAD_H

#include "model/base/text.h"
#include "model/ingest.h"
#include "parsers/parser.h"
#include "replay/input.h"
#include "replay/prefetch.h"

struct load {
    struct session *session;
    struct source *source;
    struct input input;
    struct prefetch *prefetch; /* NULL: read directly */
    bool is_settled;           /* compression is known, prefetch is started if at all */
    const struct parser_ops *format;
    struct ingest *ingest;
    void *state;      /* of the parser */
    struct text head; /* until the format is known */
    bool has_hole;    /* NULs in front of it were passed over */
    char *buffer;
    bool is_done;
};

/* `format` NULL: recognise it. A source that cannot be opened is done at once. */
struct load *load_create(struct session *session, struct source *source,
                         const struct parser_ops *format);
void load_destroy(struct load *l);

enum load_result { LOAD_MORE, LOAD_WAITING, LOAD_DONE };

/* Takes one block; waits at most `wait_ns` for a thread that reads ahead. */
enum load_result load_step(struct load *l, int64_t wait_ns);

#endif
