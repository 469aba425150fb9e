#include "replay/load.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "parsers/limits.h"

#define FOREIGN_SHOWN 16 /* bytes of something unknown that its message shows */

static void give_up(struct load *l, const char *reason)
{
    free(l->source->unreadable);
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
                         const struct unwrap_pattern *pattern)
{
    struct load *l = mem_alloc(sizeof *l);
    struct err err = {0};

    l->session = session;
    l->source = source;
    l->format = format;
    if (!input_open(&l->input, source->path, &err))
        give_up(l, err.reason);
    else
        l->buffer = mem_alloc(DECODE_PIECE_BYTES);
    source->has_mtime = l->input.has_mtime;
    source->mtime_ns = l->input.mtime_ns;
    l->unwrapping.pattern = pattern;
    l->unwrapping.reference_ns = reference_of(source);
    return l;
}

void load_close(struct load *l)
{
    prefetch_stop(l->prefetch);
    if (l->state)
        l->format->close(l->state);
    free(l->state);
    ingest_destroy(l->ingest);
    unwrap_destroy(l->unwrap);
    channels_destroy(l->channels);
    input_close(&l->input);
    text_finish(&l->head);
    free(l->buffer);
    l->prefetch = NULL;
    l->state = NULL;
    l->ingest = NULL;
    l->unwrap = NULL;
    l->channels = NULL;
    l->buffer = NULL;
}

void load_destroy(struct load *l)
{
    if (!l)
        return;
    load_close(l);
    free(l);
}

static void start_parser(struct load *l)
{
    l->source->format = l->format->name;
    l->ingest = ingest_create(l->session, l->source);
    l->state = mem_alloc(l->format->state_bytes);
    if (!l->format->open(l->state, ingest_sink(l->ingest), &l->source->diag))
        give_up(l, "its parser could not be started");
}

static void note_damage(struct load *l, const struct err *err)
{
    diag_error(&l->source->diag, err);
    l->session->revision++;
}

static void feed(struct load *l, struct slice bytes)
{
    struct err err = {0};

    if (l->unwrap) {
        unwrap_feed(l->unwrap, bytes);
        channels_flush(l->channels);
    } else if (bytes.len && !l->format->feed(l->state, bytes, &err)) {
        note_damage(l, &err);
        l->is_done = true;
    }
}

static void name_unknown(struct load *l)
{
    struct slice head = {l->head.ptr, l->head.len};
    const char *foreign = parser_name_foreign(head);
    struct text reason = {0};

    if (head.len == 0 && l->source->diag.errors == 0) {
        text_put_str(&reason, l->has_hole ? "holds nothing but NUL bytes" : "is empty");
    } else if (head.len == 0) {
        text_put_str(&reason, "nothing in it could be unpacked");
    } else if (foreign) {
        text_printf(&reason, "is %s", foreign);
    } else {
        text_put_str(&reason, "is in no format that heapreel knows; it begins with \"");
        text_put_safe(&reason, slice_first(head, FOREIGN_SHOWN));
        text_put_str(&reason, "\"");
    }
    l->source->is_foreign = l->source->diag.errors == 0;
    give_up(l, text_str(&reason));
    text_finish(&reason);
}

/* A log that was truncated in place, under a writer that kept its offset, begins with a
 * hole. It may be larger than any head, so it is not kept. */
static struct slice skip_hole(struct load *l, struct slice bytes)
{
    while (l->head.len == 0 && bytes.len && bytes.ptr[0] == '\0') {
        bytes = slice_after(bytes, 1);
        l->has_hole = true;
    }
    return bytes;
}

static void start_unwrapping(struct load *l, const struct unwrap_plan *plan)
{
    l->source->wrapping = unwrap_name(plan);
    l->channels = channels_create(l->session, l->source, l->format);
    l->unwrap =
        unwrap_create(plan, &l->unwrapping, channels_take, l->channels, &l->source->diag);
}

/* What the bytes collected so far are, if they are enough to say. */
static void look_at(struct load *l, struct slice head, bool is_whole)
{
    struct unwrap_plan plan;
    bool need_more = false;

    switch (unwrap_probe(head, is_whole, &l->unwrapping, &plan)) {
    case PROBE_NO:
        break;
    case PROBE_NEED_MORE:
        return;
    case PROBE_LIKELY:
    case PROBE_CERTAIN:
        start_unwrapping(l, &plan);
        feed(l, head);
        return;
    }
    if (!l->format)
        l->format = parser_probe(head, is_whole, &need_more);
    if (l->format) {
        start_parser(l);
        if (!l->is_done)
            feed(l, head);
    } else if (is_whole || !need_more) {
        name_unknown(l);
    }
}

/* Collects the head until it is known what it is. */
static void recognise(struct load *l, struct slice bytes, bool is_whole)
{
    static const struct slice utf8_mark = {"\xef\xbb\xbf", 3};
    struct slice head;

    text_put(&l->head, skip_hole(l, bytes));
    head = (struct slice){l->head.ptr, l->head.len};
    if (slice_starts(head, utf8_mark))
        head = slice_after(head, utf8_mark.len);
    look_at(l, head, is_whole);
    if (l->state || l->unwrap)
        text_finish(&l->head);
}

static void finish_parsing(struct load *l)
{
    struct err err = {0};

    if (l->unwrap) {
        unwrap_finish(l->unwrap);
        channels_finish(l->channels);
    } else if (!l->format->finish(l->state, &err)) {
        note_damage(l, &err);
    }
}

static void finish(struct load *l)
{
    if (!l->state && !l->unwrap && !l->is_done)
        recognise(l, (struct slice){0}, true);
    if (l->is_done)
        return;
    finish_parsing(l);
    l->source->is_foreign = l->source->records == 0 && l->source->diag.errors == 0;
    if (l->source->records == 0)
        give_up(l, "has no record that heapreel knows");
    l->is_done = true;
    l->session->revision++;
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

enum load_result load_step(struct load *l, int64_t wait_ns)
{
    struct slice block;
    struct err err = {0};

    if (l->is_done)
        return LOAD_DONE;
    switch (next_block(l, wait_ns, &block, &err)) {
    case INPUT_BYTES:
        if (l->state || l->unwrap)
            feed(l, block);
        else
            recognise(l, block, false);
        break;
    case INPUT_WAIT:
        return LOAD_WAITING;
    case INPUT_ERROR:
        note_damage(l, &err);
        finish(l);
        break;
    case INPUT_END:
        finish(l);
        break;
    }
    return l->is_done ? LOAD_DONE : LOAD_MORE;
}
