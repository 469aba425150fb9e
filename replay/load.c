#include "replay/load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "model/base/mem.h"
#include "model/units.h"
#include "replay/recognise.h"

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

/* The next piece of it, or the file itself. */
static void begin_reading(struct load *l)
{
    struct log_piece *piece;

    while ((piece = pieces_current(&l->pieces)) && piece->unreadable) {
        struct err err = {0};

        pieces_locate(piece, &err);
        stream_damage(l->stream, &err);
        pieces_next(&l->pieces);
    }
    l->reading = piece ? &piece->input : &l->input;
    l->is_settled = false;
}

/* What is written once and whole has no older pieces: "heap-20261121.pb" is another
 * profile beside "heap.pb". */
static void find_pieces(struct load *l, struct stream_options *options)
{
    struct recognised r =
        recognise_file(l->source->path, options->format, options->pattern);

    if (r.is_packed || (r.kind != FILE_LOG && r.kind != FILE_UNKNOWN))
        return;
    options->is_patient = true;
    if (r.kind == FILE_LOG)
        options->format = r.format;
    pieces_open(&l->pieces, l->source->path, l->dev, l->ino);
    l->pieces_bytes = pieces_size_bytes(&l->pieces);
}

static void identify(struct load *l, bool is_followed)
{
    struct stat st;

    if (l->input.fd < 0 || !l->input.is_regular || fstat(l->input.fd, &st) != 0)
        return;
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    /* What was redirected to us has no name to look for it again. */
    l->is_followed = is_followed && strcmp(l->source->path, "-") != 0;
}

struct load *load_create(struct session *session, struct source *source,
                         const struct load_options *options)
{
    const struct intake_options taking = {.format = options->format,
                                          .pattern = options->pattern,
                                          .transcript = options->transcript};
    struct stream_options streaming = {
        .format = options->format, .pattern = options->pattern, .pid = -1};
    struct load *l = mem_alloc(sizeof *l);
    struct err err = {0};

    l->session = session;
    l->source = source;
    l->reading = &l->input;
    if (!input_open(&l->input, source->path, &err))
        give_up(l, err.reason);
    else
        l->buffer = mem_alloc(DECODE_PIECE_BYTES);
    source->has_mtime = l->input.has_mtime;
    source->mtime_ns = l->input.mtime_ns;
    streaming.reference_ns = reference_of(source);
    if (!l->is_done && l->input.is_regular && reel_load_knows(l->input.fd)) {
        l->reel = reel_load_create(session, source, options->watch, &taking, &err);
        if (!l->reel)
            give_up(l, err.reason);
        return l;
    }
    if (!l->is_done)
        identify(l, options->is_followed);
    if (l->is_followed && !source->is_member)
        find_pieces(l, &streaming);
    l->stream = stream_create(session, source, &streaming);
    if (!l->is_done)
        begin_reading(l);
    return l;
}

void load_leave_out(struct load *l, const struct load *other)
{
    if (!pieces_current(&l->pieces) || !other->input.is_regular || l->is_settled)
        return;
    l->pieces_bytes -= pieces_drop(&l->pieces, other->dev, other->ino);
    begin_reading(l);
}

void load_close(struct load *l)
{
    prefetch_stop(l->prefetch);
    l->prefetch = NULL;
    if (!l->goes_on) {
        stream_destroy(l->stream);
        l->stream = NULL;
    }
    reel_load_destroy(l->reel);
    l->reel = NULL;
    pieces_close(&l->pieces);
    l->reading = &l->input;
    input_close(&l->input);
    free(l->buffer);
    l->buffer = NULL;
}

void load_destroy(struct load *l)
{
    if (!l)
        return;
    load_close(l);
    stream_destroy(l->stream);
    free(l);
}

/* Names the compression, and starts the thread where it pays. */
static enum input_result settle(struct load *l, struct err *err)
{
    enum input_result result = input_sniff(l->reading, err);
    const struct input *in = l->reading;

    if (result != INPUT_BYTES)
        return result;
    l->is_settled = true;
    for (unsigned i = in == &l->input ? in->depth : 0; i-- > 0;) {
        if (strcmp(in->stages[i].ops->name, "utf-16") == 0)
            l->source->wrapping = in->stages[i].ops->name;
        else
            l->source->compression = in->stages[i].ops->name;
    }
    if (in->depth && in->is_regular)
        l->prefetch = prefetch_start(l->reading);
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
    result = input_read(l->reading, l->buffer, DECODE_PIECE_BYTES, &got, err);
    if (result == INPUT_BYTES)
        *block = (struct slice){l->buffer, got};
    return result;
}

/* In a folder lies much that is no log; of what is named alone something is expected. */
static bool can_go_on(struct load *l)
{
    bool is_hoped_for = !l->source->is_member;

    if (!l->is_followed || l->input.depth)
        return false;
    switch (stream_pause(l->stream)) {
    case STREAM_OVER:
        break;
    case STREAM_NEW:
        return is_hoped_for;
    case STREAM_LOG:
        return is_hoped_for || l->source->records > 0;
    }
    return false;
}

static void finish(struct load *l)
{
    l->goes_on = can_go_on(l);
    if (!l->goes_on)
        stream_finish(l->stream);
    l->is_done = true;
}

void load_let_go(struct load *l)
{
    if (!l->goes_on)
        return;
    stream_finish(l->stream);
    stream_destroy(l->stream);
    l->stream = NULL;
    l->goes_on = false;
}

/* A damaged one ends in half a line, which must not become one with the next. */
static void end_piece(struct load *l, struct err *damage)
{
    if (damage) {
        pieces_locate(pieces_current(&l->pieces), damage);
        stream_damage(l->stream, damage);
        stream_feed(l->stream, SLICE("\n"));
    }
    prefetch_stop(l->prefetch);
    l->prefetch = NULL;
    l->pieces_done_bytes += l->reading->size_bytes;
    pieces_next(&l->pieces);
    begin_reading(l);
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
        if (l->reading != &l->input) {
            end_piece(l, &err);
            break;
        }
        stream_damage(l->stream, &err);
        l->is_followed = false;
        finish(l);
        break;
    case INPUT_END:
        if (l->reading != &l->input)
            end_piece(l, NULL);
        else
            finish(l);
        break;
    }
    return l->is_done ? LOAD_DONE : LOAD_MORE;
}

uint64_t load_bytes_done(const struct load *l)
{
    const struct input *own = &l->input;
    uint64_t done = l->pieces_done_bytes +
                    atomic_load_explicit(&own->consumed_bytes, memory_order_relaxed);

    if (l->reading != own)
        done += atomic_load_explicit(&l->reading->consumed_bytes, memory_order_relaxed);
    return done;
}

uint64_t load_bytes_total(const struct load *l)
{
    return l->pieces_bytes + l->input.size_bytes;
}
