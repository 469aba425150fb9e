#include "replay/offer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/fetch.h"
#include "replay/http_plan.h"

/* A service that has just begun opens its ports first. */
#define FIRST_LOOK_NS NS_PER_S

/* This machine answers at once, or is too busy to be asked for what nobody asked for. */
#define ANSWER_NS (2 * NS_PER_S)
#define ANSWER_BYTES_MAX ((size_t)8 << 20)

/* Of one process; more is a proxy of others. */
#define PORTS_MAX 32
/* More waiting to be asked, or standing, is nothing that anybody would look through. */
#define OFFERS_MAX 256

static const char *const paths[] = {"/debug/vars", "/debug/pprof/", "/metrics"};
enum { PATH_VARS, PATH_PPROF, PATH_METRICS, PATHS };

/* A port (or, port 0, a log) that was looked at already. */
struct seen {
    int64_t pid;
    struct procwatch_port where;
    bool is_asked;
};

struct offers {
    const struct live_context *context;
    struct offers_options options;
    struct fetcher *fetcher; /* NULL: this build has no HTTP */
    struct fetch *asking;
    struct loop_timer *timer;
    const struct procwatch **processes;
    size_t process_count, process_capacity;
    struct seen *seen;
    size_t seen_count, seen_capacity;
    struct seen asked; /* while it is asked */
    size_t path;       /* … for this */
    struct offer *list;
    size_t count, capacity;
};

static void free_offer(struct offer *offer)
{
    free(offer->source);
    free(offer->words);
}

/* Takes both texts. */
static void add_offer(struct offers *o, int64_t pid, struct text *source,
                      struct text *words)
{
    if (o->count == OFFERS_MAX) {
        text_finish(source);
        text_finish(words);
        return;
    }
    o->list = mem_grow(o->list, &o->capacity, o->count + 1, sizeof *o->list);
    o->list[o->count] = (struct offer){
        .pid = pid,
        .source = mem_dup_text(text_str(source)),
        .words = mem_dup_text(text_str(words)),
    };
    o->count++;
    text_finish(source);
    text_finish(words);
    if (o->options.on_offer)
        o->options.on_offer(o->options.user, &o->list[o->count - 1]);
}

static void put_origin(struct text *t, const struct procwatch_port *where)
{
    text_printf(t, "http://%s:%u", where->host, where->port);
}

static void offer_service(struct offers *o)
{
    struct text source = {0}, words = {0};

    put_origin(&source, &o->asked.where);
    text_printf(&words, "pid:%lld serves %s%s", (long long)o->asked.pid,
                text_str(&source), paths[o->path]);
    add_offer(o, o->asked.pid, &source, &words);
}

static bool holds(struct slice body, struct slice part)
{
    while (body.len >= part.len) {
        const char *at = memchr(body.ptr, part.ptr[0], body.len);

        if (!at)
            return false;
        body = slice_after(body, (size_t)(at - body.ptr));
        if (slice_starts(body, part))
            return true;
        body = slice_after(body, 1);
    }
    return false;
}

/* Some servers answer whatever they are asked for with one and the same page. */
static bool is_expected(size_t path, struct slice body)
{
    if (path == PATH_VARS)
        return http_looks_like_vars(body);
    if (path == PATH_METRICS)
        return http_looks_like_metrics(body);
    return holds(body, SLICE("/debug/pprof")) && holds(body, SLICE("goroutine"));
}

static void ask_next(struct offers *o);

static void on_answer(void *user, const struct fetch_answer *answer);

static void ask(struct offers *o)
{
    struct text url = {0};

    put_origin(&url, &o->asked.where);
    text_put_str(&url, paths[o->path]);
    o->asking = fetch_get(o->fetcher, text_str(&url), ANSWER_NS, on_answer, o);
    text_finish(&url);
}

/* What speaks no HTTP is left alone from then on. */
static void on_answer(void *user, const struct fetch_answer *answer)
{
    struct offers *o = user;

    o->asking = NULL;
    if (answer->is_ok && is_expected(o->path, answer->body)) {
        if (!o->options.has_port(o->options.user, o->asked.pid, o->asked.where.port))
            offer_service(o);
    } else if (answer->status != 0 && o->path + 1 < PATHS) {
        o->path++;
        ask(o);
        return;
    }
    ask_next(o);
}

static void ask_next(struct offers *o)
{
    for (size_t i = 0; !o->asking && i < o->seen_count; i++) {
        struct seen *s = &o->seen[i];

        if (s->is_asked)
            continue;
        s->is_asked = true;
        o->asked = *s;
        o->path = PATH_VARS;
        ask(o);
    }
}

static bool is_watched(const struct offers *o, int64_t pid)
{
    for (size_t i = 0; i < o->process_count; i++) {
        if (procwatch_pid(o->processes[i]) == pid)
            return true;
    }
    return false;
}

static void drop_offer(struct offers *o, size_t at)
{
    free_offer(&o->list[at]);
    o->count--;
    memmove(o->list + at, o->list + at + 1, (o->count - at) * sizeof *o->list);
}

/* Its number may be given to another, which is asked anew. */
static void forget_ended(struct offers *o)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->seen_count; i++) {
        if (is_watched(o, o->seen[i].pid))
            o->seen[kept++] = o->seen[i];
    }
    o->seen_count = kept;
    for (size_t i = o->count; i-- > 0;) {
        if (!is_watched(o, o->list[i].pid))
            drop_offer(o, i);
    }
}

/* False where it was seen before. */
static bool see(struct offers *o, int64_t pid, const struct procwatch_port *where)
{
    for (size_t i = 0; i < o->seen_count; i++) {
        if (o->seen[i].pid == pid && o->seen[i].where.port == where->port)
            return false;
    }
    if (o->seen_count == OFFERS_MAX)
        return false;
    o->seen = mem_grow(o->seen, &o->seen_capacity, o->seen_count + 1, sizeof *o->seen);
    o->seen[o->seen_count++] = (struct seen){.pid = pid, .where = *where};
    return true;
}

/* Takes both; `source` may be NULL: there is no such log. */
static void offer_log(struct offers *o, const struct procwatch *p, char *source,
                      struct text *words)
{
    const struct procwatch_port none = {0};
    struct text copy = {0};

    if (!source || !see(o, procwatch_pid(p), &none)) {
        text_finish(words);
        free(source);
        return;
    }
    o->seen[o->seen_count - 1].is_asked = true;
    text_put_str(&copy, source);
    if (o->options.has_log(o->options.user, source)) {
        text_finish(&copy);
        text_finish(words);
    } else {
        add_offer(o, procwatch_pid(p), &copy, words);
    }
    free(source);
}

/* A file, or the journal. */
static void look_at_log(struct offers *o, const struct procwatch *p)
{
    char *path = procwatch_log(p), *unit = path ? NULL : procwatch_unit(p);
    struct text words = {0}, source = {0};

    text_printf(&words, "pid:%lld writes its log to ", (long long)procwatch_pid(p));
    if (path && access(path, R_OK) == 0) {
        text_put_safe(&words, slice_str(path));
        text_put_str(&source, path);
    } else if (unit) {
        text_put_str(&source, "journal:");
        text_put_str(&source, unit);
        text_put_safe(&words, slice_of(source.ptr, source.len));
    }
    offer_log(o, p, source.len ? mem_dup_text(text_str(&source)) : NULL, &words);
    text_finish(&source);
    free(path);
    free(unit);
}

static void look_at_ports(struct offers *o, const struct procwatch *p)
{
    struct procwatch_port ports[PORTS_MAX];
    size_t count = o->fetcher ? procwatch_ports(p, ports, PORTS_MAX) : 0;

    for (size_t i = 0; i < count; i++) {
        if (!o->options.has_port(o->options.user, procwatch_pid(p), ports[i].port))
            (void)see(o, procwatch_pid(p), &ports[i]);
    }
}

static void look(void *user, int64_t now_ns)
{
    struct offers *o = user;

    forget_ended(o);
    for (size_t i = 0; i < o->process_count; i++) {
        if (procwatch_pid(o->processes[i]) < 0)
            continue;
        look_at_ports(o, o->processes[i]);
        look_at_log(o, o->processes[i]);
    }
    ask_next(o);
    loop_arm(o->timer, num_sat_add_i64(now_ns, OFFER_LOOK_NS));
}

struct offers *offers_create(const struct live_context *context,
                             const struct offers_options *options)
{
    const struct fetch_options fetch = {
        .connect_timeout_ns = ANSWER_NS,
        .bytes_max = ANSWER_BYTES_MAX,
        .is_anonymous = true,
    };
    struct offers *o = mem_alloc(sizeof *o);
    struct err ignored = {0};

    o->context = context;
    o->options = *options;
    o->fetcher =
        fetcher_create(context->loop, context->now_ns, context->user, &fetch, &ignored);
    o->timer = loop_add_timer(context->loop, look, o);
    return o;
}

void offers_destroy(struct offers *o)
{
    if (!o)
        return;
    fetcher_destroy(o->fetcher);
    loop_remove_timer(o->context->loop, o->timer);
    for (size_t i = 0; i < o->count; i++)
        free_offer(&o->list[i]);
    free(o->list);
    free(o->seen);
    free(o->processes);
    free(o);
}

void offers_watch(struct offers *o, const struct procwatch *process)
{
    o->processes = mem_grow(o->processes, &o->process_capacity, o->process_count + 1,
                            sizeof *o->processes);
    o->processes[o->process_count++] = process;
    loop_arm(o->timer, num_sat_add_i64(live_now_ns(o->context), FIRST_LOOK_NS));
}

const struct offer *offers_first(const struct offers *o)
{
    return o->count ? &o->list[0] : NULL;
}

void offers_drop_first(struct offers *o)
{
    if (o->count)
        drop_offer(o, 0);
}
