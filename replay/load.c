#include "replay/load.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/base/mem.h"
#include "model/units.h"

static void give_up(struct load *l, const char *reason)
{
    l->source->unreadable = mem_dup_text(reason);
    l->is_done = true;
    l->session->revision++;
}

/* What stamps without a year are before: the file's last change, or now. */
static int64_t reference_of(const struct source *source)
{
    struct timespec now;

    if (source->has_mtime)
        return source->mtime_ns;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct load *load_create(struct session *session, struct source *source,
                         const struct parser_ops *format,
                         const struct unwrap_pattern *pattern, struct watch *watch)
{
    const struct intake_options taking = {format, pattern};
    struct load *l = mem_alloc(sizeof *l);
    struct stream_options options = {.format = format, .pattern = pattern, .pid = -1};
    struct err err = {0};

    l->session = session;
    l->source = source;
    if (!input_open(&l->input, source->path, &err))
        give_up(l, err.reason);
    else
        l->buffer = mem_alloc(DECODE_PIECE_BYTES);
    source->has_mtime = l->input.has_mtime;
    source->mtime_ns = l->input.mtime_ns;
    options.reference_ns = reference_of(source);
    if (!l->is_done && l->input.is_regular && reel_load_knows(l->input.fd)) {
        l->reel = reel_load_create(session, source, watch, &taking, &err);
        if (!l->reel)
            give_up(l, err.reason);
        return l;
    }
    l->stream = stream_create(session, source, &options);
    return l;
}

void load_close(struct load *l)
{
    prefetch_stop(l->prefetch);
    stream_destroy(l->stream);
    reel_load_destroy(l->reel);
    l->reel = NULL;
    input_close(&l->input);
    free(l->buffer);
    l->prefetch = NULL;
    l->stream = NULL;
    l->buffer = NULL;
}

void load_destroy(struct load *l)
{
    if (!l)
        return;
    load_close(l);
    free(l);
}

/* Names the compression, and starts the thread where it pays. */
static enum input_result settle(struct load *l, struct err *err)
{
    enum input_result result = input_sniff(&l->input, err);
    const struct input *in = &l->input;

    if (result != INPUT_BYTES)
        return result;
    l->is_settled = true;
    for (unsigned i = in->depth; i-- > 0;) {
        if (strcmp(in->stages[i].ops->name, "utf-16") == 0)
            l->source->wrapping = in->stages[i].ops->name;
        else
            l->source->compression = in->stages[i].ops->name;
    }
    if (in->depth && in->is_regular)
        l->prefetch = prefetch_start(&l->input);
    return INPUT_BYTES;
}

static enum input_result next_block(struct load *l, int64_t wait_ns, struct slice *block,
                                    struct err *err)
{
    enum input_result result = INPUT_BYTES;
    size_t got;

    *block = (struct slice){0};
    if (!l->is_settled)
        result = settle(l, err);
    if (result != INPUT_BYTES)
        return result;
    if (l->prefetch)
        return prefetch_next(l->prefetch, wait_ns, block, err);
    result = input_read(&l->input, l->buffer, DECODE_PIECE_BYTES, &got, err);
    if (result == INPUT_BYTES)
        *block = (struct slice){l->buffer, got};
    return result;
}

static void finish(struct load *l)
{
    stream_finish(l->stream);
    l->is_done = true;
}

static enum load_result step_reel(struct load *l)
{
    uint64_t offset_bytes = l->input.size_bytes;

    l->is_done = !reel_load_step(l->reel, &offset_bytes);
    atomic_store_explicit(&l->input.consumed_bytes, offset_bytes, memory_order_relaxed);
    return l->is_done ? LOAD_DONE : LOAD_MORE;
}

enum load_result load_step(struct load *l, int64_t wait_ns)
{
    struct slice block;
    struct err err = {0};

    if (l->is_done)
        return LOAD_DONE;
    if (l->reel)
        return step_reel(l);
    switch (next_block(l, wait_ns, &block, &err)) {
    case INPUT_BYTES:
        stream_feed(l->stream, block);
        l->is_done = stream_is_dead(l->stream);
        break;
    case INPUT_WAIT:
        return LOAD_WAITING;
    case INPUT_ERROR:
        stream_damage(l->stream, &err);
        finish(l);
        break;
    case INPUT_END:
        finish(l);
        break;
    }
    return l->is_done ? LOAD_DONE : LOAD_MORE;
}
