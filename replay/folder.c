#include "replay/folder.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/folder_internal.h"
#include "replay/folder_list.h"
#include "replay/tail.h"
#include "replay/tail_internal.h"

#define LOOK_EVERY_NS NS_PER_S
/* Names come in bursts, and a look lists all of them. */
#define SETTLE_NS (100 * NS_PER_MS)

/* Each has a file open, of which a process may have 1,024. */
#define LOGS_MAX 256
/* A log that is gone for so long is not waited for any more. */
#define GONE_NS (600 * NS_PER_S)

struct folder {
    const struct live_context *context;
    struct folder_options options;
    char *path;
    struct members members;
    struct tail_watch watch;
    struct loop_fd *watched;
    struct loop_timer *timer;
    size_t log_count;
    bool has_looked;
    uint32_t own_source; /* 0: nothing is wrong */
    char trouble[120];
};

bool folder_is(const char *path)
{
    struct stat st;

    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "" takes it back. */
static void tell_trouble(struct folder *f, const char *reason)
{
    struct slice text = slice_first(slice_str(reason), sizeof f->trouble - 1);

    if (slice_eq(slice_str(f->trouble), text))
        return;
    if (text.len)
        memcpy(f->trouble, text.ptr, text.len);
    f->trouble[text.len] = '\0';
    if (!f->own_source)
        f->own_source = f->context->add_source(f->context->user, f->path, 0, -1);
    live_give(f->context, f->own_source, text.len ? ENTRY_TROUBLE : ENTRY_END, 0, text);
    if (text.len == 0)
        f->own_source = 0;
}

static void follow(struct folder *f, struct member *m)
{
    /* What was read elsewhere is known. */
    const struct tail_options options = {
        .is_continued = folder_print_is_kept(&m->print, m->path),
        .from_bytes = m->print.end_bytes,
        .dev = m->dev,
        .ino = m->ino,
    };
    struct err err;

    /* Tried again when it changes: one may have gone by then. */
    if (f->log_count == LOGS_MAX)
        return;
    m->tail = tail_start(f->context, m->path, &options, &err);
    if (!m->tail)
        return;
    f->log_count++;
    m->state = MEMBER_FOLLOWED;
}

/* What it is, now that it has changed. */
static void look_into(struct folder *f, struct member *m)
{
    struct recognised r;
    struct member *log;

    if (members_log_of(&f->members, m, false)) {
        m->state = MEMBER_PIECE;
        return;
    }
    r = recognise_file(m->path, NULL, NULL);
    m->kind = r.kind;
    m->is_due = r.kind == FILE_DOCUMENT || (r.kind == FILE_LOG && r.is_packed);
    if (r.kind != FILE_LOG)
        return;
    /* The log that was rotated just now is empty, and this is its history. */
    log = members_log_of(&f->members, m, true);
    if (log && log->state == MEMBER_WAITING && log->kind == FILE_UNKNOWN) {
        follow(f, log);
        if (log->state == MEMBER_FOLLOWED) {
            m->state = MEMBER_PIECE;
            m->is_due = false;
        }
    } else if (!r.is_packed) {
        follow(f, m);
    }
}

/* Logs before what may turn out to be older pieces of them. */
static void look_into_changed(struct folder *f)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < f->members.count; i++) {
            struct member *m = &f->members.list[i];

            if (m->state != MEMBER_WAITING || !m->is_changed)
                continue;
            if (pass == 0 && members_log_of(&f->members, m, true))
                continue;
            m->is_changed = false;
            look_into(f, m);
        }
    }
}

static void give_document(struct folder *f, struct member *m)
{
    struct text bytes = {0};
    const char *trouble = NULL;

    m->is_due = false;
    /* Samples in a format of documents, one behind the other: those were given. */
    if (folder_print_is_kept(&m->print, m->path))
        return;
    if (!m->source)
        m->source = f->context->add_source(f->context->user, m->path, 0, -1);
    m->print = folder_print_of(m->path);
    if (!folder_read_whole(m->path, &bytes))
        trouble = strerror(errno);
    else if (bytes.len > ENTRY_BYTES_MAX)
        trouble = "is larger than 64 MiB";
    if (trouble)
        live_give(f->context, m->source, ENTRY_TROUBLE, 0, slice_str(trouble));
    else
        live_give(f->context, m->source, ENTRY_DATA, 0, slice_of(bytes.ptr, bytes.len));
    text_finish(&bytes);
}

static void give_due(struct folder *f, int64_t now_ns)
{
    for (size_t i = 0; i < f->members.count; i++) {
        struct member *m = &f->members.list[i];

        if (m->is_due && m->is_seen && now_ns - m->changed_ns >= LOOK_EVERY_NS)
            give_document(f, m);
    }
}

static bool is_waited_for(const struct member *m, int64_t now_ns)
{
    return m->state == MEMBER_FOLLOWED && (!m->tail || now_ns - m->seen_ns < GONE_NS);
}

static void forget_gone(struct folder *f, int64_t now_ns)
{
    for (size_t i = f->members.count; i-- > 0;) {
        struct member *m = &f->members.list[i];
        uint32_t source = m->tail ? tail_source(m->tail) : m->source;

        if (m->is_seen || is_waited_for(m, now_ns))
            continue;
        f->log_count -= m->tail != NULL;
        tail_stop(m->tail);
        if (source)
            live_give(f->context, source, ENTRY_END, 0, slice_of(NULL, 0));
        members_remove(&f->members, i);
    }
}

/* Of what is there at the start: what was read by somebody else has not changed. */
static void pass_over(struct folder *f)
{
    const struct folder_options *o = &f->options;

    for (size_t i = 0; i < f->members.count; i++) {
        struct member *m = &f->members.list[i];

        if (o->is_followed && o->is_followed(o->user, m->path))
            m->state = MEMBER_FOLLOWED;
        else if (o->is_read && o->is_read(o->user, m->path)) {
            m->print = folder_print_of(m->path);
            m->is_changed = false;
        }
    }
}

/* False: errno says why. */
static bool meet_all(struct folder *f, int64_t now_ns)
{
    struct folder_list list;
    struct stat st;

    if (!folder_list_read(&list, f->path))
        return false;
    members_begin(&f->members);
    for (size_t i = 0; i < list.count; i++) {
        if (stat(list.paths[i], &st) == 0 && S_ISREG(st.st_mode))
            members_meet(&f->members, list.paths[i], &st, now_ns);
    }
    folder_list_finish(&list);
    return true;
}

static void look_at_all(struct folder *f, int64_t now_ns)
{
    if (!meet_all(f, now_ns)) {
        tell_trouble(f, strerror(errno));
        return;
    }
    if (!f->has_looked)
        pass_over(f);
    f->has_looked = true;
    forget_gone(f, now_ns);
    look_into_changed(f);
    give_due(f, now_ns);
    tell_trouble(f,
                 f->log_count == LOGS_MAX ? "256 logs are followed: no more can be" : "");
}

static void watch_folder(struct folder *f)
{
    struct text within = {0};

    text_put_str(&within, f->path);
    text_put_str(&within, "/.");
    tail_watch_folder(&f->watch, text_str(&within));
    text_finish(&within);
}

static void look(void *user, int64_t loop_now_ns)
{
    struct folder *f = user;
    int64_t now_ns = live_now_ns(f->context);

    (void)loop_now_ns;
    if (f->watched) {
        tail_watch_drain(&f->watch);
        loop_set_events(f->watched, POLLIN);
        /* It may be another folder by now. */
        watch_folder(f);
    }
    look_at_all(f, now_ns);
    loop_arm(f->timer, num_sat_add_i64(now_ns, LOOK_EVERY_NS));
}

static void on_watch(void *user, short events)
{
    struct folder *f = user;

    (void)events;
    /* Deaf until then; what is reported meanwhile stays there. */
    loop_set_events(f->watched, 0);
    loop_arm(f->timer, num_sat_add_i64(live_now_ns(f->context), SETTLE_NS));
}

struct folder *folder_start(const struct live_context *context, const char *path,
                            const struct folder_options *options, struct err *err)
{
    struct folder_list list;
    struct folder *f;

    if (!folder_list_read(&list, path)) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return NULL;
    }
    folder_list_finish(&list);
    f = mem_alloc(sizeof *f);
    f->context = context;
    f->options = options ? *options : (struct folder_options){0};
    f->path = mem_dup_text(path);
    f->timer = loop_add_timer(context->loop, look, f);
    tail_watch_init(&f->watch);
    if (f->watch.fd >= 0)
        f->watched = loop_add_fd(context->loop, f->watch.fd, POLLIN, on_watch, f);
    look(f, 0);
    return f;
}

void folder_stop(struct folder *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->members.count; i++)
        tail_stop(f->members.list[i].tail);
    members_finish(&f->members);
    loop_remove_fd(f->context->loop, f->watched);
    loop_remove_timer(f->context->loop, f->timer);
    tail_watch_finish(&f->watch);
    free(f->path);
    free(f);
}
