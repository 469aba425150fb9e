#include "replay/reel_load.h"

#include <stdlib.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "replay/reel.h"

/* So much is taken before others get their turn. */
#define STEP_BYTES ((size_t)1 << 20)
#define STEP_ENTRIES 1024

#define HEAD_BYTES 64

struct reel_load {
    struct session *session;
    struct source *source;
    struct reel_reader *reader;
    struct intake *intake;
};

bool reel_load_knows(int fd)
{
    char head[HEAD_BYTES];
    ssize_t got = pread(fd, head, sizeof head, 0);

    return got > 0 && reel_is(slice_of(head, (size_t)got));
}

struct reel_load *reel_load_create(struct session *session, struct source *source,
                                   struct watch *watch,
                                   const struct intake_options *options, struct err *err)
{
    struct reel_reader *reader = reel_open(source->path, err);
    struct reel_load *l;

    if (!reader)
        return NULL;
    l = mem_alloc(sizeof *l);
    l->session = session;
    l->source = source;
    l->reader = reader;
    l->intake = intake_create(session, watch, options);
    source->format = "reel";
    source->compression = "zstd";
    return l;
}

void reel_load_destroy(struct reel_load *l)
{
    if (!l)
        return;
    reel_reader_close(l->reader);
    intake_destroy(l->intake);
    free(l);
}

bool reel_load_step(struct reel_load *l, uint64_t *offset_bytes)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < STEP_ENTRIES && bytes < STEP_BYTES; i++) {
        struct err err = {0};
        struct entry e;

        switch (reel_next(l->reader, &e, &err)) {
        case REEL_ENTRY:
            intake_take(l->intake, &e);
            l->source->records++;
            bytes += e.bytes.len;
            break;
        case REEL_DAMAGED:
            diag_error(&l->source->diag, &err);
            break;
        case REEL_END:
            intake_finish(l->intake);
            return false;
        }
    }
    *offset_bytes = reel_reader_offset(l->reader);
    return true;
}
