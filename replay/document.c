#include "replay/document.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/ingest.h"
#include "parsers/decode.h"
#include "parsers/limits.h"
#include "parsers/parser.h"
#include "replay/entry.h"

struct documents {
    struct session *session;
    struct source *source;
    struct ingest *ingest;
    struct text unpacked[2]; /* of one layer, and of the one below it */
};

struct documents *documents_create(struct session *session, struct source *source,
                                   struct ingest_service *service, int64_t pid)
{
    struct documents *d = mem_alloc(sizeof *d);

    d->session = session;
    d->source = source;
    d->ingest = ingest_create(session, source);
    ingest_set_service(d->ingest, service);
    if (pid >= 0)
        ingest_set_pid(d->ingest, pid);
    return d;
}

void documents_set_pid(struct documents *d, int64_t pid)
{
    ingest_set_pid(d->ingest, pid);
}

void documents_destroy(struct documents *d)
{
    if (!d)
        return;
    ingest_destroy(d->ingest);
    text_finish(&d->unpacked[0]);
    text_finish(&d->unpacked[1]);
    free(d);
}

/* A few kilobytes may claim to be terabytes: what is too large is damaged. */
static bool unpack(const struct decoder_ops *ops, struct slice bytes, struct text *into,
                   struct err *err)
{
    struct decoder *decoder = ops->create();
    char *piece = mem_alloc(DECODE_PIECE_BYTES);
    bool ok = true;

    text_clear(into);
    while (ok) {
        size_t got = ops->step(decoder, &bytes, piece, DECODE_PIECE_BYTES, &ok, err);

        if (got == 0)
            break;
        text_put(into, slice_of(piece, got));
        if (into->len > ENTRY_BYTES_MAX) {
            err_set(err, 0, 0, "unpacks to more than %zu MiB", ENTRY_BYTES_MAX >> 20);
            ok = false;
        }
    }
    ok = ok && ops->finish(decoder, err);
    free(piece);
    ops->destroy(decoder);
    return ok;
}

static bool unpack_all(struct documents *d, struct slice *bytes, struct err *err)
{
    for (unsigned layer = 0; layer < LIMIT_DECODE_DEPTH; layer++) {
        const struct decoder_ops *ops = decode_find(*bytes);
        struct text *into = &d->unpacked[layer % 2];

        if (!ops)
            return true;
        if (!unpack(ops, *bytes, into, err))
            return false;
        *bytes = slice_of(into->ptr, into->len);
    }
    return true;
}

static bool parse(struct documents *d, const struct parser_ops *format,
                  struct slice bytes, struct err *err)
{
    void *state = mem_alloc(format->state_bytes);
    bool ok = format->open(state, ingest_sink(d->ingest), &d->source->diag) &&
              format->feed(state, bytes, err) && format->finish(state, err);

    format->close(state);
    free(state);
    return ok;
}

/* What is asked for is no fault of whoever answers: an execution trace is for other
 * tools yet. */
static void name_foreign(struct documents *d, const char *what)
{
    struct text reason = {0};

    if (d->source->unreadable)
        return;
    text_put_str(&reason, "is ");
    text_put_str(&reason, what);
    d->source->unreadable = mem_dup_text(text_str(&reason));
    d->source->is_foreign = d->source->is_member = true;
    text_finish(&reason);
}

void documents_take(struct documents *d, struct slice bytes, int64_t unix_ns)
{
    const struct parser_ops *format;
    struct err err = {0};
    bool need_more, ok = unpack_all(d, &bytes, &err);

    ingest_set_moment(d->ingest, unix_ns);
    if (ok) {
        format = parser_probe(bytes, true, &need_more);
        if (format) {
            if (!d->source->format)
                d->source->format = format->name;
            ok = parse(d, format, bytes, &err);
        } else if (parser_name_foreign(bytes)) {
            name_foreign(d, parser_name_foreign(bytes));
        } else {
            err_set(&err, 0, 0, "an answer in no format that heapreel knows");
            ok = false;
        }
    }
    if (!ok)
        diag_error(&d->source->diag, &err);
    d->session->revision++;
}
