#include "replay/live.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/procwatch.h"
#include "replay/reel.h"
#include "replay/tail.h"

/* Detectors look, and what was recorded reaches the disk, this often. */
#define BEAT_NS NS_PER_S

/* What was started, to be stopped. */
struct started {
    struct tail *tail;
    struct http *http;
    struct procwatch *process;
    struct child *child;
    bool lasts; /* waits for what comes: a server, a process of some name */
};

struct live {
    struct intake *intake;
    struct live_options options;
    struct loop *loop;
    struct loop_timer *beat;
    struct live_context context;
    struct started *started;
    size_t started_count, started_capacity;
    char **names; /* of the sources, by number - 1; NULL: it has ended */
    unsigned *flags;
    int64_t *pids;
    uint32_t source_count;
    size_t name_capacity, flag_capacity, pid_capacity;
    bool has_new; /* something came since the last beat */
    struct reel_writer *reel;
    struct text reel_trouble;
};

static void stop_reel(struct live *l, const struct err *why)
{
    struct err ignored = {0};

    text_clear(&l->reel_trouble);
    text_put_str(&l->reel_trouble, why->reason);
    (void)reel_close(l->reel, &ignored);
    l->reel = NULL;
}

static void take(void *user, const struct entry *e)
{
    struct live *l = user;
    struct err err = {0};

    l->has_new = true;
    if (e->kind == ENTRY_END && e->source && e->source <= l->source_count) {
        free(l->names[e->source - 1]);
        l->names[e->source - 1] = NULL;
    }
    if (e->kind == ENTRY_TROUBLE && l->options.on_trouble && e->source &&
        e->source <= l->source_count && l->names[e->source - 1])
        l->options.on_trouble(l->options.user, l->names[e->source - 1], e->bytes);
    if (l->reel && !reel_write(l->reel, e, &err))
        stop_reel(l, &err);
    if (l->intake)
        intake_take(l->intake, e);
}

static struct entry source_entry(const struct live *l, uint32_t number)
{
    return (struct entry){
        .kind = ENTRY_SOURCE,
        .flags = l->flags[number - 1],
        .source = number,
        .time_ns = live_now_ns(&l->context) + l->context.unix_offset_ns,
        .pid = l->pids[number - 1],
        .bytes = slice_str(l->names[number - 1]),
    };
}

static uint32_t add_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct live *l = user;
    size_t need = (size_t)l->source_count + 1;
    struct entry e;

    l->names = mem_grow(l->names, &l->name_capacity, need, sizeof *l->names);
    l->flags = mem_grow(l->flags, &l->flag_capacity, need, sizeof *l->flags);
    l->pids = mem_grow(l->pids, &l->pid_capacity, need, sizeof *l->pids);
    l->names[l->source_count] = mem_dup_text(name);
    l->flags[l->source_count] = flags;
    l->pids[l->source_count] = pid;
    e = source_entry(l, ++l->source_count);
    take(l, &e);
    return l->source_count;
}

static int64_t context_now(void *user)
{
    const struct live *l = user;

    return l->options.now_ns(l->options.user);
}

static void flush_reel(struct live *l)
{
    struct err err = {0};

    if (l->reel && !reel_flush(l->reel, &err))
        stop_reel(l, &err);
}

/* A quiet session's recording does not grow. */
static void give_beat(struct live *l)
{
    if (l->has_new)
        live_give(&l->context, 0, ENTRY_BEAT, 0, SLICE(""));
    l->has_new = false;
    flush_reel(l);
}

static void beat_due(void *user, int64_t now_ns)
{
    struct live *l = user;

    give_beat(l);
    loop_arm(l->beat, now_ns + BEAT_NS);
}

struct live *live_create(struct intake *intake, const struct live_options *options)
{
    struct live *l = mem_alloc(sizeof *l);

    l->intake = intake;
    l->options = *options;
    l->loop = loop_create();
    l->context = (struct live_context){
        .loop = l->loop,
        .now_ns = context_now,
        .add_source = add_source,
        .take = take,
        .user = l,
    };
    l->context.unix_offset_ns = options->unix_ns - context_now(l);
    l->beat = loop_add_timer(l->loop, beat_due, l);
    loop_arm(l->beat, context_now(l) + BEAT_NS);
    return l;
}

static void stop(struct started *s)
{
    if (s->tail)
        tail_stop(s->tail);
    if (s->http)
        http_stop(s->http);
    if (s->process)
        procwatch_stop(s->process);
    if (s->child)
        child_stop(s->child);
}

void live_destroy(struct live *l)
{
    struct err ignored = {0};

    if (!l)
        return;
    for (size_t i = 0; i < l->started_count; i++)
        stop(&l->started[i]);
    for (uint32_t i = 0; i < l->source_count; i++)
        free(l->names[i]);
    (void)reel_close(l->reel, &ignored);
    loop_remove_timer(l->loop, l->beat);
    loop_destroy(l->loop);
    text_finish(&l->reel_trouble);
    free(l->names);
    free(l->flags);
    free(l->pids);
    free(l->started);
    free(l);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_url(const char *spelling)
{
    return starts(spelling, "http://") || starts(spelling, "https://") ||
           starts(spelling, "unix:");
}

static bool is_process(const char *spelling)
{
    return starts(spelling, "pid:") || starts(spelling, "name:");
}

bool live_is_source(const char *spelling)
{
    return is_url(spelling) || is_process(spelling);
}

static struct started *add_started(struct live *l)
{
    l->started = mem_grow(l->started, &l->started_capacity, l->started_count + 1,
                          sizeof *l->started);
    l->started[l->started_count] = (struct started){0};
    return &l->started[l->started_count++];
}

bool live_add(struct live *l, const char *spelling, struct err *err)
{
    const struct tail_options whole = {0};
    struct started s = {0};

    if (is_url(spelling))
        s.http = http_start(&l->context, spelling, &l->options.http, err);
    else if (is_process(spelling))
        s.process = procwatch_start(&l->context, spelling, l->options.period_ns, "", err);
    else
        s.tail = tail_start(&l->context, spelling, &whole, err);
    if (!s.http && !s.process && !s.tail)
        return false;
    s.lasts = s.http || starts(spelling, "name:");
    *add_started(l) = s;
    return true;
}

struct child *live_add_child(struct live *l, char *const *argv,
                             const struct child_options *options, struct err *err)
{
    struct child *child = child_start(&l->context, argv, options, err);

    if (child)
        add_started(l)->child = child;
    return child;
}

/* A recording that begins later than the session has to know its sources. */
static bool write_sources(struct live *l, struct err *err)
{
    for (uint32_t number = 1; number <= l->source_count; number++) {
        struct entry e;

        if (!l->names[number - 1])
            continue;
        e = source_entry(l, number);
        if (!reel_write(l->reel, &e, err))
            return false;
    }
    return true;
}

bool live_record(struct live *l, const char *path, struct err *err)
{
    text_clear(&l->reel_trouble);
    l->reel =
        reel_create(path, live_now_ns(&l->context) + l->context.unix_offset_ns, err);
    if (!l->reel)
        return false;
    if (write_sources(l, err))
        return true;
    stop_reel(l, err);
    return false;
}

bool live_stop_recording(struct live *l, struct err *err)
{
    bool ok = reel_close(l->reel, err);

    l->reel = NULL;
    return ok;
}

uint64_t live_recorded_bytes(const struct live *l)
{
    return l->reel ? reel_bytes_written(l->reel) : 0;
}

const char *live_recording_trouble(const struct live *l)
{
    return l->reel_trouble.len ? l->reel_trouble.ptr : NULL;
}

bool live_step(struct live *l, int64_t timeout_ns)
{
    int64_t next_ns = loop_next_ns(l->loop), wait_ns = next_ns - context_now(l);

    wait_ns = wait_ns < 0 ? 0 : wait_ns;
    if (timeout_ns >= 0 && wait_ns > timeout_ns)
        wait_ns = timeout_ns;
    if (!loop_poll(l->loop, wait_ns))
        return false;
    loop_run_timers(l->loop, context_now(l));
    return true;
}

struct loop *live_loop(struct live *l)
{
    return l->loop;
}

bool live_is_over(const struct live *l)
{
    for (size_t i = 0; i < l->started_count; i++) {
        if (l->started[i].lasts)
            return false;
    }
    for (uint32_t i = 0; i < l->source_count; i++) {
        if (l->names[i])
            return false;
    }
    return true;
}

bool live_finish(struct live *l, struct err *err)
{
    give_beat(l);
    if (l->reel_trouble.len) {
        err_set(err, 0, 0, "%s", l->reel_trouble.ptr);
        return false;
    }
    return !l->reel || live_stop_recording(l, err);
}
