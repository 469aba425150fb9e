#include "replay/reel_chain.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "replay/log_resume.h"

/* As many as an intake takes. */
#define SOURCES_MAX 65536

#define NOT_RECORDED "was not recorded"

/* A source of the intake; its number there is its place, counted from 1. */
struct known {
    char *name;
    size_t name_len;
    unsigned flags;
    int64_t pid;
    bool has_ended;
    bool is_told;          /* of, in this recording */
    struct log_resume log; /* of a stream */
};

struct reel_chain {
    struct intake *intake;
    unsigned users, left; /* left: of them, those whose end has not come */
    bool has_begun;
    int64_t created_ns, last_ns;
    struct known *known;
    size_t count, capacity;
    uint32_t *numbers; /* by a recording's number: the intake's; 0: not told of */
    size_t number_count, number_capacity;
};

struct reel_chain *reel_chain_create(struct session *session, struct watch *watch,
                                     const struct intake_options *options)
{
    struct reel_chain *c = mem_alloc(sizeof *c);

    c->intake = intake_create(session, watch, options);
    c->users = c->left = 1;
    return c;
}

void reel_chain_join(struct reel_chain *c)
{
    c->users++;
    c->left++;
}

void reel_chain_leave(struct reel_chain *c)
{
    if (!c || --c->users > 0)
        return;
    intake_destroy(c->intake);
    for (size_t i = 0; i < c->count; i++) {
        log_resume_finish(&c->known[i].log);
        free(c->known[i].name);
    }
    free(c->known);
    free(c->numbers);
    free(c);
}

static void give(struct reel_chain *c, const struct known *k, enum entry_kind kind,
                 unsigned flags, struct slice bytes)
{
    const struct entry e = {
        .kind = kind,
        .flags = flags,
        .source = (uint32_t)(k - c->known) + 1,
        .time_ns = c->last_ns,
        .pid = -1,
        .bytes = bytes,
    };

    intake_take(c->intake, &e);
}

/* Goes on with the log where it was read to. is_sure: that it cannot come any more, where
 * it is not there. */
static void settle_log(struct reel_chain *c, struct known *k, bool is_sure)
{
    struct slice rest = slice_of(text_str(&k->log.held), k->log.held.len);
    bool is_found;

    if (!k->log.is_waiting)
        return;
    is_found = log_resume_find(&k->log, &rest);
    if (!is_found && !is_sure)
        return;
    k->log.is_waiting = false;
    if (!is_found) {
        log_resume_forget(&k->log);
        give(c, k, ENTRY_CUT, 0, SLICE(""));
    }
    if (rest.len > 0)
        give(c, k, ENTRY_DATA, ENTRY_IS_HISTORY, rest);
    log_resume_passed(&k->log, rest);
    text_finish(&k->log.held);
}

static void settle_logs(struct reel_chain *c, bool is_sure)
{
    for (size_t i = 0; i < c->count; i++)
        settle_log(c, &c->known[i], is_sure);
}

/* What was told of in the recording before is alive, but nobody looked for a while. */
static void leave_gap(struct reel_chain *c)
{
    settle_logs(c, true);
    for (size_t i = 0; i < c->count; i++) {
        struct known *k = &c->known[i];
        bool is_looked_at = k->is_told && !k->has_ended;

        k->is_told = false;
        if (!is_looked_at)
            continue;
        if (!(k->flags & ENTRY_IS_STREAM))
            give(c, k, ENTRY_TROUBLE, 0, SLICE(NOT_RECORDED));
        else if (!log_resume_wait(&k->log))
            give(c, k, ENTRY_CUT, 0, SLICE(""));
    }
}

void reel_chain_begin(struct reel_chain *c, int64_t created_ns)
{
    if (c->has_begun && c->created_ns != created_ns) {
        leave_gap(c);
        c->number_count = 0;
    }
    c->has_begun = true;
    c->created_ns = created_ns;
}

static uint32_t number_of(const struct reel_chain *c, uint32_t number)
{
    return number < c->number_count ? c->numbers[number] : 0;
}

static void set_number(struct reel_chain *c, uint32_t number, uint32_t to)
{
    c->numbers =
        mem_grow(c->numbers, &c->number_capacity, (size_t)number + 1, sizeof *c->numbers);
    while (c->number_count <= number)
        c->numbers[c->number_count++] = 0;
    c->numbers[number] = to;
}

/* Behind an address there may be another process by now, as in one recording; a stream is
 * that of its process. */
static bool is_same(const struct known *k, const struct entry *e)
{
    bool is_stream = k->flags & ENTRY_IS_STREAM;

    return !k->has_ended && !k->is_told && k->flags == e->flags &&
           (!is_stream || k->pid == e->pid || k->pid < 0 || e->pid < 0) &&
           slice_eq(slice_of(k->name, k->name_len), e->bytes);
}

static uint32_t find_or_add(struct reel_chain *c, const struct entry *e)
{
    for (size_t i = 0; i < c->count; i++) {
        if (is_same(&c->known[i], e))
            return (uint32_t)i + 1;
    }
    c->known = mem_grow(c->known, &c->capacity, c->count + 1, sizeof *c->known);
    c->known[c->count++] = (struct known){
        .name = mem_dup_slice(e->bytes),
        .name_len = e->bytes.len,
        .flags = e->flags,
        .pid = e->pid,
    };
    return (uint32_t)c->count;
}

/* Where the entry goes; false where it is of a source that was never told of. */
static bool readdress(struct reel_chain *c, struct entry *e)
{
    uint32_t number = number_of(c, e->source);
    struct known *k;

    if (e->source == 0)
        return true;
    if (number == 0) {
        if (e->kind != ENTRY_SOURCE || e->source >= SOURCES_MAX ||
            c->count + 1 >= SOURCES_MAX)
            return false;
        number = find_or_add(c, e);
        set_number(c, e->source, number);
    }
    e->source = number;
    k = &c->known[number - 1];
    k->is_told = true;
    if (e->kind == ENTRY_SOURCE && e->pid >= 0)
        k->pid = e->pid;
    if (e->kind == ENTRY_END)
        k->has_ended = true;
    return true;
}

/* Of a stream: is it kept back? */
static bool is_held(struct reel_chain *c, struct known *k, const struct entry *e)
{
    if (k->log.is_waiting && e->kind != ENTRY_SOURCE) {
        if (e->kind == ENTRY_DATA && (e->flags & ENTRY_IS_HISTORY) &&
            log_resume_hold(&k->log, e->bytes))
            return true;
        settle_log(c, k, true);
    }
    if (e->kind == ENTRY_CUT)
        log_resume_forget(&k->log);
    /* Only where there is a recording that could read it again. */
    if (e->kind == ENTRY_DATA && c->users > 1)
        log_resume_passed(&k->log, e->bytes);
    return false;
}

void reel_chain_take(struct reel_chain *c, const struct entry *e)
{
    struct entry mine = *e;
    struct known *k;

    c->last_ns = e->time_ns;
    if (!readdress(c, &mine))
        return;
    if (mine.source == 0) {
        settle_logs(c, false);
    } else {
        k = &c->known[mine.source - 1];
        if ((k->flags & ENTRY_IS_STREAM) && is_held(c, k, &mine))
            return;
    }
    intake_take(c->intake, &mine);
}

void reel_chain_end(struct reel_chain *c)
{
    if (--c->left > 0)
        return;
    settle_logs(c, true);
    intake_finish(c->intake);
}
