#include "replay/intake.h"

#include <stdlib.h>

#include "model/align.h"
#include "model/base/mem.h"
#include "model/detect/watch.h"
#include "replay/document.h"
#include "replay/stream.h"

/* A service has a handful of sources; a fleet's recording some hundreds. More is damage.
 */
#define SOURCES_MAX 65536

struct fed {
    struct source *source; /* NULL: never declared */
    bool is_stream;
    int64_t pid;
    struct stream *stream;
    struct documents *documents;
};

struct intake {
    struct session *session;
    struct watch *watch;
    struct intake_options options;
    struct fed *fed; /* indexed by the source's number */
    size_t count, capacity;
};

struct intake *intake_create(struct session *session, struct watch *watch,
                             const struct intake_options *options)
{
    struct intake *in = mem_alloc(sizeof *in);

    in->session = session;
    in->watch = watch;
    in->options = *options;
    return in;
}

static void close_fed(struct fed *f)
{
    stream_destroy(f->stream);
    documents_destroy(f->documents);
    f->stream = NULL;
    f->documents = NULL;
}

void intake_destroy(struct intake *in)
{
    if (!in)
        return;
    for (size_t i = 0; i < in->count; i++)
        close_fed(&in->fed[i]);
    free(in->fed);
    free(in);
}

static struct fed *find(struct intake *in, uint32_t number)
{
    return number < in->count && in->fed[number].source ? &in->fed[number] : NULL;
}

static void declare(struct intake *in, const struct entry *e)
{
    struct fed *f;
    char *name;

    if (e->source >= SOURCES_MAX || find(in, e->source))
        return; /* a part of a recording tells of its sources again */
    in->fed = mem_grow(in->fed, &in->capacity, (size_t)e->source + 1, sizeof *in->fed);
    while (in->count <= e->source)
        in->fed[in->count++] = (struct fed){0};
    f = &in->fed[e->source];
    name = mem_dup_slice(e->bytes);
    f->source = session_add_source(in->session, name);
    f->is_stream = (e->flags & ENTRY_IS_STREAM) != 0;
    f->pid = e->pid;
    free(name);
}

static void take_stream(struct intake *in, struct fed *f, const struct entry *e)
{
    if (!f->stream) {
        const struct stream_options options = {
            .format = in->options.format,
            .pattern = in->options.pattern,
            .reference_ns = e->time_ns,
            .is_live = true,
            .pid = f->pid,
        };

        f->stream = stream_create(in->session, f->source, &options);
    }
    if (e->flags & ENTRY_IS_HISTORY)
        stream_feed(f->stream, e->bytes);
    else
        stream_feed_live(f->stream, e->bytes, e->time_ns);
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
        f->documents = documents_create(in->session, f->source, f->pid);
    documents_take(f->documents, e->bytes, e->time_ns);
}

/* What follows begins anew; that the old one may have held nothing is no fault. */
static void cut(struct intake *in, const struct entry *e)
{
    struct fed *f = find(in, e->source);

    if (!f || !f->stream)
        return;
    stream_finish(f->stream);
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
        stream_finish(f->stream);
        source_forgive(f->source);
    }
    close_fed(f);
    if (e->bytes.len)
        session_end_process(in->session, f->source, e->bytes,
                            (e->flags & ENTRY_IS_OOM_KILL) != 0, e->time_ns);
    source_set_trouble(f->source, e->bytes, e->time_ns);
}

static void beat(struct intake *in)
{
    align_session(in->session);
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
        if (in->fed[i].stream && !stream_is_dead(in->fed[i].stream))
            stream_finish(in->fed[i].stream);
    }
    beat(in);
}
