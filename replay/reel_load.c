#include "replay/reel_load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "replay/reel.h"
#include "replay/reel_chain.h"
#include "replay/reel_format.h"

/* So much is taken before others get their turn. */
#define STEP_BYTES ((size_t)1 << 20)
#define STEP_ENTRIES 1024

#define HEAD_BYTES 64

/* Enough to tell whose recording it is; a fleet's has hundreds of sources. */
#define NAMES_MAX 64

struct reel_load {
    struct source *source;
    struct reel_reader *reader; /* NULL: not opened yet, or over */
    struct reel_span span;
    char *names[NAMES_MAX]; /* of the sources at its front */
    size_t name_count;
    struct reel_chain *chain;
    bool has_follower;
    bool is_skipped;
    bool has_data;    /* something of what was recorded could be read */
    int64_t begin_ns; /* where to begin */
};

bool reel_load_knows(int fd)
{
    char head[HEAD_BYTES];
    ssize_t got = pread(fd, head, sizeof head, 0);

    return got > 0 && reel_is(slice_of(head, (size_t)got));
}

/* Who is told of before anything else is. */
static void read_names(struct reel_load *l, struct reel_reader *reader)
{
    struct err ignored = {0};
    struct entry e;

    while (l->name_count < NAMES_MAX && reel_next(reader, &e, &ignored) == REEL_ENTRY &&
           e.kind == ENTRY_SOURCE)
        l->names[l->name_count++] = mem_dup_slice(e.bytes);
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
    l->source = source;
    l->begin_ns = INT64_MIN;
    l->span = reel_reader_span(reader);
    l->chain = reel_chain_create(session, watch, options);
    read_names(l, reader);
    /* A reader takes megabytes, and a folder may have hundreds of recordings. */
    reel_reader_close(reader);
    source->format = "reel";
    source->compression = "zstd";
    source->part_count = l->span.part_count;
    return l;
}

void reel_load_destroy(struct reel_load *l)
{
    if (!l)
        return;
    reel_reader_close(l->reader);
    reel_chain_leave(l->chain);
    for (size_t i = 0; i < l->name_count; i++)
        free(l->names[i]);
    free(l);
}

int reel_load_compare(const struct reel_load *a, const struct reel_load *b)
{
    if (a->span.from_ns != b->span.from_ns)
        return a->span.from_ns < b->span.from_ns ? -1 : 1;
    return a->span.to_ns < b->span.to_ns ? -1 : a->span.to_ns > b->span.to_ns;
}

static bool has_name(const struct reel_load *l, const char *name)
{
    for (size_t i = 0; i < l->name_count; i++) {
        if (strcmp(l->names[i], name) == 0)
            return true;
    }
    return false;
}

static bool follows(const struct reel_load *l, const struct reel_load *before)
{
    bool is_akin = l->span.created_ns == before->span.created_ns;

    for (size_t i = 0; i < l->name_count; i++)
        is_akin = is_akin || has_name(before, l->names[i]);
    return is_akin && !before->has_follower && before->span.to_ns <= l->span.from_ns;
}

/* The last one before it that it follows; NULL: none. */
static struct reel_load *find_before(struct reel_load *const loads[], size_t index)
{
    for (size_t i = index; i > 0; i--) {
        if (follows(loads[index], loads[i - 1]))
            return loads[i - 1];
    }
    return NULL;
}

size_t reel_load_chain(struct reel_load *const loads[], size_t count)
{
    size_t chains = count;

    for (size_t i = 0; i < count; i++) {
        struct reel_load *before = find_before(loads, i);

        if (!before)
            continue;
        before->has_follower = true;
        reel_chain_leave(loads[i]->chain);
        loads[i]->chain = before->chain;
        reel_chain_join(before->chain);
        chains--;
    }
    return chains;
}

struct reel_load_span reel_load_span(struct reel_load *const loads[], size_t count)
{
    struct reel_load_span span = {INT64_MAX, INT64_MIN, 0};

    for (size_t i = 0; i < count; i++) {
        const struct reel_span *s = &loads[i]->span;

        span.from_ns = s->from_ns < span.from_ns ? s->from_ns : span.from_ns;
        span.to_ns = s->to_ns > span.to_ns ? s->to_ns : span.to_ns;
        span.bytes += s->size_bytes;
    }
    return span;
}

void reel_load_skip(struct reel_load *const loads[], size_t count, int64_t before_ns)
{
    for (size_t i = 0; i < count; i++) {
        loads[i]->begin_ns = before_ns;
        loads[i]->is_skipped = i + 1 < count && loads[i]->span.to_ns < before_ns;
    }
}

static bool begin(struct reel_load *l)
{
    struct err err = {0};

    if (l->is_skipped)
        return false;
    l->reader = reel_open(l->source->path, &err);
    if (!l->reader) {
        diag_error(&l->source->diag, &err); /* gone meanwhile */
        return false;
    }
    if (l->begin_ns > l->span.from_ns)
        reel_seek(l->reader, l->begin_ns);
    reel_chain_begin(l->chain, l->span.created_ns);
    return true;
}

/* That it is a recording could be told, and nothing more. One that was killed at once is
 * no more than its head. */
static void finish(struct reel_load *l)
{
    bool is_lost = l->source->lost_parts > 0 ||
                   (l->span.part_count == 0 && l->span.size_bytes > REEL_HEAD_BYTES);

    if (!l->has_data && is_lost && !l->source->unreadable)
        l->source->unreadable =
            mem_dup_text("the recording is damaged: nothing of it could be read");
    reel_chain_end(l->chain);
}

bool reel_load_step(struct reel_load *l, uint64_t *offset_bytes)
{
    size_t bytes = 0;

    if (!l->reader && !begin(l)) {
        reel_chain_end(l->chain);
        return false;
    }
    for (unsigned i = 0; i < STEP_ENTRIES && bytes < STEP_BYTES; i++) {
        struct err err = {0};
        struct entry e;

        switch (reel_next(l->reader, &e, &err)) {
        case REEL_ENTRY:
            reel_chain_take(l->chain, &e);
            l->source->records++;
            l->has_data = l->has_data || e.kind == ENTRY_DATA;
            bytes += e.bytes.len;
            break;
        case REEL_DAMAGED:
            diag_error(&l->source->diag, &err);
            /* A part may be told of twice: of what is strange in it, and of damage. */
            if (l->source->lost_parts < l->source->part_count)
                l->source->lost_parts++;
            break;
        case REEL_END:
            finish(l);
            return false;
        }
    }
    *offset_bytes = reel_reader_offset(l->reader);
    return true;
}
