/* The processes of a live session: who serves what, what could be a source as well, and
 * the program that was started. */
#define _GNU_SOURCE /* memmem */

#include <string.h>
#include <sys/stat.h>

#include "model/base/text.h"
#include "replay/go_program.h"
#include "replay/live_internal.h"
#include "replay/offer.h"
#include "replay/procwatch.h"
#include "replay/tail.h"

/* Whoever listens there, among those that are watched. */
int64_t live_owner(void *user, int64_t known, unsigned port, const char *unix_socket)
{
    const struct live *l = user;

    for (size_t i = 0; known >= 0 && i < l->started_count; i++) {
        if (l->started[i].process && procwatch_pid(l->started[i].process) == known)
            return known;
    }
    for (size_t i = 0; i < l->started_count; i++) {
        if (l->started[i].process &&
            procwatch_listens(l->started[i].process, port, unix_socket))
            return procwatch_pid(l->started[i].process);
    }
    return -1;
}

/* A script that becomes the service (exec) is one only then. */
static void judge_child(struct live *l, struct started *s)
{
    struct text path = {0};
    bool may_be;

    if (s->shared_from == s->shared_to || child_end(s->child).has_ended)
        return;
    text_printf(&path, "/proc/%lld/exe", (long long)child_pid(s->child));
    may_be = go_program_may_be(text_str(&path));
    text_finish(&path);
    for (uint32_t i = s->shared_from; may_be && i < s->shared_to; i++) {
        const struct entry e = {
            .kind = ENTRY_SOURCE,
            .flags = ENTRY_IS_STREAM,
            .source = i,
            .time_ns = live_unix_ns(l),
            .pid = child_pid(s->child),
            .bytes = slice_str(l->names[i - 1]),
        };

        if (l->names[i - 1])
            l->context.take(l, &e);
    }
    if (may_be)
        s->shared_from = s->shared_to;
}

/* The cycles that a log held before may be of a process of before. */
void live_note_growth(struct live *l, const struct entry *e)
{
    for (size_t i = 0; l->offers && i < l->started_count; i++) {
        struct started *s = &l->started[i];

        if (s->tail && !s->has_cycle && tail_source(s->tail) == e->source)
            s->has_cycle = slice_starts(e->bytes, SLICE("gc ")) ||
                           memmem(e->bytes.ptr, e->bytes.len, "\ngc ", 4);
    }
}

static bool is_written_by(const struct tail *t, int64_t pid)
{
    struct text path = {0};
    struct stat st;
    bool is_it;

    text_printf(&path, "/proc/%lld/fd/2", (long long)pid);
    is_it = stat(text_str(&path), &st) == 0 && tail_is_at(t, st.st_dev, st.st_ino);
    text_finish(&path);
    return is_it;
}

static void judge_log(struct live *l, struct started *s)
{
    struct entry e = {.kind = ENTRY_SOURCE, .flags = ENTRY_IS_STREAM, .pid = -1};

    if (!s->has_cycle)
        return;
    s->has_cycle = false;
    for (size_t i = 0; i < l->started_count; i++) {
        const struct procwatch *process = l->started[i].process;
        int64_t pid = process ? procwatch_pid(process) : -1;

        if (pid >= 0 && is_written_by(s->tail, pid))
            e.pid = pid;
    }
    if (e.pid < 0 || e.pid == s->writer)
        return;
    s->writer = e.pid;
    e.source = tail_source(s->tail);
    e.time_ns = live_unix_ns(l);
    e.bytes = slice_str(l->names[e.source - 1]);
    l->context.take(l, &e);
}

void live_judge(struct live *l, struct started *s)
{
    if (s->child)
        judge_child(l, s);
    if (s->tail)
        judge_log(l, s);
}

static bool has_port(void *user, int64_t pid, unsigned port)
{
    const struct live *l = user;

    for (size_t i = 0; i < l->started_count; i++) {
        if (l->started[i].http && http_is_of(l->started[i].http, pid, port))
            return true;
    }
    return false;
}

static bool has_log(void *user, const char *source)
{
    const struct live *l = user;
    struct stat log, other;

    for (uint32_t i = 0; i < l->source_count; i++) {
        if (l->names[i] && strcmp(l->names[i], source) == 0)
            return true;
    }
    for (uint32_t i = 0; stat(source, &log) == 0 && i < l->source_count; i++) {
        if (l->names[i] && stat(l->names[i], &other) == 0 && log.st_dev == other.st_dev &&
            log.st_ino == other.st_ino)
            return true;
    }
    return false;
}

static void tell_offer(void *user, const struct offer *offer)
{
    const struct live *l = user;

    if (l->options.on_offer)
        l->options.on_offer(l->options.user, offer->words);
}

/* A process that is looked at may have more to give. */
void live_add_process(struct live *l, struct procwatch *process, bool lasts)
{
    const struct offers_options options = {
        .has_port = has_port,
        .has_log = has_log,
        .on_offer = tell_offer,
        .user = l,
    };
    struct started *s = live_add_started(l);

    s->process = process;
    s->lasts = lasts;
    if (!l->offers)
        l->offers = offers_create(&l->context, &options);
    offers_watch(l->offers, process);
}

/* One that has ended already is nothing to look at. */
static void watch_child(struct live *l, const struct child *child)
{
    struct procwatch *process;
    struct text name = {0};
    struct err ignored = {0};

    text_printf(&name, "pid:%lld", (long long)child_pid(child));
    process =
        procwatch_start(&l->context, text_str(&name), l->options.period_ns, "", &ignored);
    text_finish(&name);
    if (process)
        live_add_process(l, process, false);
}

struct child *live_add_child(struct live *l, char *const *argv,
                             const struct child_options *options, struct err *err)
{
    const uint32_t from = l->source_count + 1;
    struct started *s;
    struct child *child;

    l->source_flags = ENTRY_IS_SHARED;
    child = child_start(&l->context, argv, options, err);
    l->source_flags = 0;
    if (!child)
        return NULL;
    s = live_add_started(l);
    s->child = child;
    s->shared_from = from;
    s->shared_to = l->source_count + 1;
    judge_child(l, s);
    watch_child(l, child);
    return child;
}

const char *live_offer(const struct live *l)
{
    const struct offer *offer = l->offers ? offers_first(l->offers) : NULL;

    return offer ? offer->words : NULL;
}

bool live_take_offer(struct live *l, struct err *err)
{
    const struct offer *offer = l->offers ? offers_first(l->offers) : NULL;
    bool ok;

    if (!offer) {
        err_set(err, 0, 0, "nothing is offered");
        return false;
    }
    ok = live_add(l, offer->source, err);
    offers_drop_first(l->offers);
    return ok;
}
