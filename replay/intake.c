#include "replay/intake.h"

#include <stdlib.h>
#include <string.h>

#include "model/align.h"
#include "model/base/mem.h"
#include "model/detect/watch.h"
#include "replay/document.h"
#include "replay/services.h"
#include "replay/stream.h"
#include "replay/transcript.h"
#include "replay/unpack.h"

/* A service has a handful of sources; a fleet's recording some hundreds. More is damage.
 */
#define SOURCES_MAX 65536

struct fed {
    struct source *source; /* NULL: never declared */
    bool is_stream, is_shared;
    int64_t pid;
    struct stream *stream;
    struct unpack *unpack; /* NULL: of documents, or it goes on with an adopted one */
    struct documents *documents;
    struct ingest_service *service; /* of documents that others complete; or NULL */
};

/* A log that was read to its end, until somebody follows it. */
struct adopted {
    struct source *source;
    struct stream *stream; /* NULL: it was claimed */
};

struct intake {
    struct session *session;
    struct watch *watch;
    struct intake_options options;
    struct fed *fed; /* indexed by the source's number */
    size_t count, capacity;
    struct services *services;
    struct adopted *adopted;
    size_t adopted_count, adopted_capacity;
};

struct intake *intake_create(struct session *session, struct watch *watch,
                             const struct intake_options *options)
{
    struct intake *in = mem_alloc(sizeof *in);

    in->session = session;
    in->watch = watch;
    in->options = *options;
    in->services = services_create();
    return in;
}

static void close_fed(struct fed *f)
{
    stream_destroy(f->stream);
    unpack_destroy(f->unpack);
    documents_destroy(f->documents);
    f->stream = NULL;
    f->unpack = NULL;
    f->documents = NULL;
}

void intake_destroy(struct intake *in)
{
    if (!in)
        return;
    for (size_t i = 0; i < in->count; i++)
        close_fed(&in->fed[i]);
    for (size_t i = 0; i < in->adopted_count; i++)
        stream_destroy(in->adopted[i].stream);
    services_destroy(in->services);
    free(in->adopted);
    free(in->fed);
    free(in);
}

static struct fed *find(struct intake *in, uint32_t number)
{
    return number < in->count && in->fed[number].source ? &in->fed[number] : NULL;
}

void intake_adopt(struct intake *in, struct source *source, struct stream *stream)
{
    in->adopted = mem_grow(in->adopted, &in->adopted_capacity, in->adopted_count + 1,
                           sizeof *in->adopted);
    stream_set_live(stream);
    in->adopted[in->adopted_count++] = (struct adopted){source, stream};
}

bool intake_knows(const struct intake *in, const char *name)
{
    for (size_t i = 0; i < in->session->source_count; i++) {
        if (strcmp(in->session->sources[i]->path, name) == 0)
            return true;
    }
    return false;
}

/* False where it is no log that was adopted. */
static bool claim(struct intake *in, struct fed *f, struct slice name)
{
    for (size_t i = 0; f->is_stream && i < in->adopted_count; i++) {
        struct adopted *a = &in->adopted[i];

        if (!a->stream || !slice_eq(slice_str(a->source->path), name))
            continue;
        f->source = a->source;
        f->stream = a->stream;
        a->stream = NULL;
        return true;
    }
    return false;
}

/* A part of a recording tells of its sources again, mostly with nothing new. */
static void declare_again(struct fed *f, const struct entry *e)
{
    const bool is_shared = (e->flags & ENTRY_IS_SHARED) != 0;

    if (e->pid < 0 || (e->pid == f->pid && is_shared == f->is_shared))
        return;
    f->pid = e->pid;
    f->is_shared = is_shared;
    if (f->documents)
        documents_set_pid(f->documents, f->pid);
    if (f->stream && !f->is_shared)
        stream_set_pid(f->stream, f->pid);
}

static void declare(struct intake *in, const struct entry *e)
{
    struct fed *f = find(in, e->source);
    char *name;

    if (f)
        declare_again(f, e);
    if (f || e->source >= SOURCES_MAX)
        return;
    in->fed = mem_grow(in->fed, &in->capacity, (size_t)e->source + 1, sizeof *in->fed);
    while (in->count <= e->source)
        in->fed[in->count++] = (struct fed){0};
    f = &in->fed[e->source];
    f->is_stream = (e->flags & ENTRY_IS_STREAM) != 0;
    f->is_shared = (e->flags & ENTRY_IS_SHARED) != 0;
    f->pid = e->pid;
    f->service = f->is_stream ? NULL : services_of(in->services, e->bytes);
    if (claim(in, f, e->bytes))
        return;
    name = mem_dup_slice(e->bytes);
    f->source = session_add_source(in->session, name);
    free(name);
}

static void begin_stream(struct intake *in, struct fed *f, int64_t time_ns)
{
    const struct stream_options options = {
        .format = in->options.format,
        .pattern = in->options.pattern,
        .reference_ns = time_ns,
        .is_live = true,
        .pid = f->is_shared ? -1 : f->pid,
    };

    f->stream = stream_create(in->session, f->source, &options);
    f->unpack = unpack_create();
}

/* What came in one entry, on its way through unpacking. */
struct piece {
    struct intake *in;
    struct fed *fed;
    const struct entry *entry;
};

static void take_unpacked(void *user, struct slice bytes)
{
    const struct piece *p = user;
    const struct entry *e = p->entry;

    if (e->flags & ENTRY_IS_HISTORY)
        stream_feed(p->fed->stream, bytes);
    else
        stream_feed_live(p->fed->stream, bytes, e->time_ns);
    if (p->in->options.transcript)
        transcript_take(p->in->options.transcript, p->fed->source->index, e->time_ns,
                        bytes);
}

static void take_stream(struct intake *in, struct fed *f, const struct entry *e)
{
    struct piece piece = {in, f, e};
    struct err err = {0};

    /* What it holds already is no younger than now. */
    if ((e->flags & ENTRY_IS_HISTORY) && !f->source->has_mtime) {
        f->source->has_mtime = true;
        f->source->mtime_ns = e->time_ns;
    }
    if (!f->stream)
        begin_stream(in, f, e->time_ns);
    if (!f->unpack) {
        take_unpacked(&piece, e->bytes);
        return;
    }
    if (!unpack_feed(f->unpack, e->bytes, take_unpacked, &piece, &err))
        stream_damage(f->stream, &err);
    f->source->compression = unpack_name(f->unpack);
}

/* Half a line is one, and so is half a head. */
static void finish_stream(struct intake *in, struct fed *f, const struct entry *e)
{
    struct piece piece = {in, f, e};
    struct err err = {0};

    if (f->unpack && !unpack_finish(f->unpack, take_unpacked, &piece, &err))
        stream_damage(f->stream, &err);
    if (in->options.transcript)
        transcript_cut(in->options.transcript, f->source->index);
    stream_finish(f->stream);
}

static void take_data(struct intake *in, const struct entry *e)
{
    struct fed *f = find(in, e->source);

    if (!f)
        return;
    source_set_trouble(f->source, SLICE(""), e->time_ns);
    if (f->is_stream) {
        take_stream(in, f, e);
        return;
    }
    if (!f->documents)
        f->documents = documents_create(in->session, f->source, f->service, f->pid);
    documents_take(f->documents, e->bytes, e->time_ns);
}

static bool is_compressed(const struct fed *f)
{
    return f->unpack && strcmp(unpack_name(f->unpack), "none") != 0;
}

/* What follows begins anew; that the old one may have held nothing is no fault. */
static void cut(struct intake *in, const struct entry *e)
{
    struct fed *f = find(in, e->source);

    if (!f || !f->stream)
        return;
    if (in->options.transcript)
        transcript_cut(in->options.transcript, f->source->index);
    /* Compressed bytes are never appended to. */
    if (!is_compressed(f) && stream_cut(f->stream))
        return;
    finish_stream(in, f, e);
    source_forgive(f->source);
    close_fed(f);
}

static void trouble(struct intake *in, const struct entry *e)
{
    struct fed *f = find(in, e->source);

    if (!f)
        return;
    source_set_trouble(f->source, e->bytes, e->time_ns);
    session_add_gap(in->session, f->source, e->time_ns);
}

static void end(struct intake *in, const struct entry *e)
{
    struct fed *f = find(in, e->source);

    if (!f)
        return;
    if (f->stream) {
        finish_stream(in, f, e);
        source_forgive(f->source);
    }
    close_fed(f);
    if (e->bytes.len)
        session_end_process(in->session, f->source, f->pid, e->bytes,
                            (e->flags & ENTRY_IS_OOM_KILL) != 0, e->time_ns);
    source_set_trouble(f->source, e->bytes, e->time_ns);
}

static void beat(struct intake *in)
{
    align_session(in->session);
    in->session->revision++; /* what is shown may have moved */
    if (in->watch)
        watch_catch_up(in->watch);
}

void intake_take(struct intake *in, const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_SOURCE:
        declare(in, e);
        break;
    case ENTRY_DATA:
        take_data(in, e);
        break;
    case ENTRY_CUT:
        cut(in, e);
        break;
    case ENTRY_TROUBLE:
        trouble(in, e);
        break;
    case ENTRY_END:
        end(in, e);
        break;
    case ENTRY_BEAT:
        beat(in);
        break;
    case ENTRY_NOTE:
        break;
    }
}

void intake_finish(struct intake *in)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct entry last = {.source = (uint32_t)i, .flags = ENTRY_IS_HISTORY};

        if (!in->fed[i].stream || stream_is_dead(in->fed[i].stream))
            continue;
        finish_stream(in, &in->fed[i], &last);
        source_forgive(in->fed[i].source); /* the recorder was killed, or goes on */
    }
    beat(in);
}
