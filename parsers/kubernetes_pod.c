/* What a pod or an event tells, as samples and notices. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "parsers/kubernetes_internal.h"
#include "parsers/moment_text.h"

#define KILLED 137 /* 128 + SIGKILL */

void kube_name_set(struct kube_name *n, struct slice text)
{
    n->len = text.len < KUBE_NAME_MAX ? text.len : KUBE_NAME_MAX;
    if (n->len)
        memcpy(n->bytes, text.ptr, n->len);
}

/* The escapes that kubectl's JSON has in messages; others stay as they are. */
void kube_text_set(struct kube_text *t, struct slice text)
{
    t->len = 0;
    for (size_t i = 0; i < text.len && t->len < KUBE_TEXT_MAX; i++) {
        char c = text.ptr[i];

        if (c == '\\' && i + 1 < text.len && text.ptr[i + 1] != 'u') {
            c = text.ptr[++i];
            c = c == 'n' || c == 't' || c == 'r' ? ' ' : c;
        }
        t->bytes[t->len++] = c;
    }
    while (t->len && t->bytes[t->len - 1] == ' ')
        t->len--;
}

static void clear_container(struct kube_container *c)
{
    *c = (struct kube_container){.limit_bytes = NAN, .restarts = NAN, .pid = -1};
}

void kube_pod_clear(struct kube_pod *p)
{
    p->ns.len = p->name.len = p->node.len = p->reason.len = p->message.len = 0;
    p->count = 0;
    p->is_full = false;
    p->newest.is_known = false;
    clear_container(&p->containers[0]);
}

struct kube_container *kube_pod_container(struct kube_pod *p, struct slice name)
{
    struct kube_container *c;

    name = slice_first(name, KUBE_NAME_MAX);
    for (size_t i = 0; i < p->count; i++) {
        if (slice_eq(kube_name_slice(&p->containers[i].name), name))
            return &p->containers[i];
    }
    if (p->count == LIMIT_KUBERNETES_CONTAINERS) {
        p->is_full = true;
        return NULL;
    }
    c = &p->containers[p->count++];
    clear_container(c);
    kube_name_set(&c->name, name);
    return c;
}

void kube_time_note(struct kube_pod *p, const struct kube_time *t)
{
    if (t->is_known && (!p->newest.is_known || t->ns > p->newest.ns))
        p->newest = *t;
}

/* Year 1 (Docker) and 1970 stand for "never". */
bool kube_time_parse(struct kube_time *t, struct slice text)
{
    t->is_known = moment_parse(text, &t->ns) && t->ns > 0;
    return t->is_known;
}

bool kube_quantity(struct slice text, double *bytes)
{
    static const struct {
        struct slice suffix;
        double scale;
    } suffixes[] = {
        {SLICE_INIT("Ki"), 1024.0},       {SLICE_INIT("Mi"), 1048576.0},
        {SLICE_INIT("Gi"), 1073741824.0}, {SLICE_INIT("Ti"), 1099511627776.0},
        {SLICE_INIT("Pi"), 0x1p50},       {SLICE_INIT("m"), 1e-3},
        {SLICE_INIT("k"), 1e3},           {SLICE_INIT("M"), 1e6},
        {SLICE_INIT("G"), 1e9},           {SLICE_INIT("T"), 1e12},
        {SLICE_INIT("P"), 1e15},
    };
    double scale = 1, value;

    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        if (slice_ends(text, suffixes[i].suffix)) {
            scale = suffixes[i].scale;
            text.len -= suffixes[i].suffix.len;
            break;
        }
    }
    if (!num_parse_double(text, &value) || !(value > 0) || !isfinite(value * scale))
        return false;
    *bytes = value * scale;
    return true;
}

/* Moves *text behind `word`; false where it is not there. */
static bool find_behind(struct slice *text, struct slice word)
{
    for (struct slice at = *text; at.len >= word.len; at = slice_after(at, 1)) {
        if (slice_starts(at, word)) {
            *text = slice_after(at, word.len);
            return true;
        }
    }
    return false;
}

/* FNV-1a */
static uint64_t hash_of(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_new(struct kube_seen *seen, const struct notice *n, int64_t mark)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    hash = hash_of(hash, n->instance.ptr, n->instance.len);
    hash = hash_of(hash, &n->kind, sizeof n->kind);
    hash = hash_of(hash, &mark, sizeof mark);
    for (size_t i = 0; i < LIMIT_KUBERNETES_ENDS; i++) {
        if (seen->hashes[i] == hash)
            return false;
    }
    seen->hashes[seen->next] = hash;
    seen->next = (seen->next + 1) % LIMIT_KUBERNETES_ENDS;
    return true;
}

static void put_instance(struct text *t, const struct kube_pod *p,
                         const struct kube_container *c)
{
    if (p->ns.len) {
        text_put(t, kube_name_slice(&p->ns));
        text_put_char(t, '/');
    }
    text_put(t, kube_name_slice(&p->name));
    if (c) {
        text_put_str(t, p->name.len ? "/" : "");
        text_put(t, kube_name_slice(&c->name));
    }
}

static const char *give_sample(const struct kube_pod *p, const struct kube_container *c,
                               struct slice instance, const struct sink *sink)
{
    struct sample_value values[2];
    struct sample sample = sample_empty();
    size_t count = 0;

    if (!isnan(c->limit_bytes))
        values[count++] = (struct sample_value){
            .metric = METRIC_MEM_LIMIT, .unit = UNIT_BYTES, .value = c->limit_bytes};
    if (!isnan(c->restarts))
        values[count++] = (struct sample_value){.metric = METRIC_COUNT,
                                                .name = SLICE("kubernetes.restarts"),
                                                .unit = UNIT_COUNT,
                                                .value = c->restarts};
    if (count == 0)
        return NULL;
    sample.shape = SLICE("kubernetes");
    sample.subject = SUBJECT_CGROUP;
    sample.instance = instance;
    sample.program = kube_name_slice(&c->name);
    sample.time_kind = p->newest.is_known ? MOMENT_WALL : MOMENT_UNKNOWN;
    sample.time_ns = p->newest.is_known ? p->newest.ns : 0;
    sample.values = values;
    sample.count = count;
    return sink->sample(sink->user, &sample);
}

static void put_message(struct text *t, const struct kube_pod *p,
                        const struct kube_container *c, const struct kube_end *end)
{
    char size[UNIT_TEXT];

    text_put_str(t, "container ");
    text_put(t, kube_name_slice(&c->name));
    if (p->name.len) {
        text_put_str(t, " of pod ");
        put_instance(t, p, NULL);
    }
    text_put_str(t, end->is_oom_killed ? " was killed for want of memory" : " ended");
    if (end->is_oom_killed && !isnan(c->limit_bytes))
        text_printf(t, " at its limit of %s",
                    unit_format(size, c->limit_bytes, UNIT_BYTES, true));
    if (end->reason.len) {
        text_put_str(t, ": ");
        text_put(t, kube_name_slice(&end->reason));
    }
    if (end->has_exit_code)
        text_printf(t, ", exit code %" PRId64, end->exit_code);
    if (!end->is_oom_killed && end->has_exit_code && end->exit_code == KILLED)
        text_put_str(t, ", which an OOM kill of a child, a failed probe and kill -9 "
                        "can all be");
    if (c->restarts > 0)
        text_printf(t, "; restarts so far: %.0f", c->restarts);
}

#define FACTS_MAX 6
static size_t put_facts(struct fact facts[FACTS_MAX], const struct kube_pod *p,
                        const struct kube_container *c, const struct kube_end *end,
                        char started[UNIT_RFC3339_TEXT])
{
    size_t count = 0;

    if (end->has_exit_code)
        facts[count++] =
            (struct fact){.name = "exit_code", .number = (double)end->exit_code};
    if (end->reason.len)
        facts[count++] = (struct fact){
            .name = "reason", .is_text = true, .text = kube_name_slice(&end->reason)};
    if (!isnan(c->restarts))
        facts[count++] = (struct fact){.name = "restarts", .number = c->restarts};
    if (end->started.is_known)
        facts[count++] = (struct fact){
            .name = "started_at",
            .is_text = true,
            .text = slice_str(unit_format_rfc3339(started, end->started.ns))};
    if (p->node.len)
        facts[count++] = (struct fact){
            .name = "node", .is_text = true, .text = kube_name_slice(&p->node)};
    return count;
}

/* A job that is done is no news; all else that ended is. */
static bool is_news(const struct kube_container *c, const struct kube_end *end)
{
    return end->is_there && (end->is_oom_killed || end == &c->last || c->restarts > 0 ||
                             (end->has_exit_code && end->exit_code != 0));
}

static const char *give_end(const struct kube_pod *p, const struct kube_container *c,
                            const struct kube_end *end, struct slice instance,
                            struct kube_seen *seen, const struct sink *sink)
{
    struct notice n = notice_empty(end->is_oom_killed ? EVENT_OOM_KILLED : EVENT_RESTART);
    struct fact facts[FACTS_MAX];
    char started[UNIT_RFC3339_TEXT];
    struct text message = {0};
    const char *reason = NULL;

    if (!is_news(c, end))
        return NULL;
    put_message(&message, p, c, end);
    n.time_kind = end->finished.is_known ? MOMENT_WALL : MOMENT_UNKNOWN;
    n.time_ns = end->finished.is_known ? end->finished.ns : 0;
    n.program = kube_name_slice(&c->name);
    n.instance = instance;
    n.limit_bytes = c->limit_bytes;
    n.message = slice_of(message.ptr, message.len);
    n.facts = facts;
    n.fact_count = put_facts(facts, p, c, end, started);
    if (n.time_kind != MOMENT_WALL || is_new(seen, &n, n.time_ns))
        reason = sink->notice(sink->user, &n);
    text_finish(&message);
    return reason;
}

static bool is_about_memory(struct slice text)
{
    return find_behind(&text, SLICE("memory"));
}

static const char *give_eviction(const struct kube_pod *p, struct kube_seen *seen,
                                 const struct sink *sink)
{
    struct notice n = notice_empty(EVENT_RESTART);
    struct slice message = slice_of(p->message.bytes, p->message.len);
    struct text instance = {0}, words = {0};
    const char *reason = NULL;

    if (!slice_eq(kube_name_slice(&p->reason), SLICE("Evicted")) ||
        !is_about_memory(message))
        return NULL;
    put_instance(&instance, p, NULL);
    text_put_str(&words, "pod ");
    text_put(&words, slice_of(instance.ptr, instance.len));
    text_put_str(&words, " was evicted: ");
    text_put(&words, message);
    n.time_kind = p->newest.is_known ? MOMENT_WALL : MOMENT_UNKNOWN;
    n.time_ns = p->newest.is_known ? p->newest.ns : 0;
    n.program = kube_name_slice(&p->name);
    n.instance = slice_of(instance.ptr, instance.len);
    n.message = slice_of(words.ptr, words.len);
    if (is_new(seen, &n, 0))
        reason = sink->notice(sink->user, &n);
    text_finish(&instance);
    text_finish(&words);
    return reason;
}

const char *kube_pod_give(const struct kube_pod *p, struct kube_seen *seen,
                          const struct sink *sink)
{
    const char *reason = p->is_full ? "more containers than one pod may have" : NULL;
    const char *fault = give_eviction(p, seen, sink);

    reason = reason ? reason : fault;
    for (size_t i = 0; i < p->count; i++) {
        const struct kube_container *c = &p->containers[i];
        struct text instance = {0};
        struct slice name;

        put_instance(&instance, p, c);
        name = slice_of(instance.ptr, instance.len);
        fault = give_sample(p, c, name, sink);
        reason = reason ? reason : fault;
        fault = give_end(p, c, &c->last, name, seen, sink);
        reason = reason ? reason : fault;
        fault = give_end(p, c, &c->now, name, seen, sink);
        reason = reason ? reason : fault;
        text_finish(&instance);
    }
    return reason;
}

bool kube_event_matters(struct slice reason, struct slice message)
{
    return slice_eq(reason, SLICE("OOMKilling")) ||
           slice_eq(reason, SLICE("SystemOOM")) || slice_eq(reason, SLICE("OOMKilled")) ||
           (slice_eq(reason, SLICE("Evicted")) && is_about_memory(message));
}

static struct slice digits_of(struct slice text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
        len++;
    return slice_first(text, len);
}

static void take_pid(struct notice *n, struct slice text)
{
    uint64_t pid;

    if (num_parse_u64(digits_of(text), &pid) && pid <= INT32_MAX)
        n->pid = (int64_t)pid;
}

static struct slice until(struct slice text, char stop)
{
    const char *at = text.len ? memchr(text.ptr, stop, text.len) : NULL;

    return at ? slice_first(text, (size_t)(at - text.ptr)) : text;
}

/* "… Killed process 4711 (cart) total-vm:…", "… victim process: cart, pid: 4711" */
static void find_victim(struct notice *n, struct slice message)
{
    struct slice rest = message;

    if (find_behind(&rest, SLICE("illed process "))) {
        take_pid(n, rest);
        rest = slice_after(rest, digits_of(rest).len);
        if (slice_starts(rest, SLICE(" (")))
            n->program = until(slice_after(rest, 2), ')');
    } else if (find_behind(&rest, SLICE("victim process: "))) {
        n->program = until(rest, ',');
        if (find_behind(&rest, SLICE("pid: ")))
            take_pid(n, rest);
    }
}

const char *kube_event_give(const struct kube_event *e, struct kube_seen *seen,
                            const struct sink *sink)
{
    struct slice reason = kube_name_slice(&e->reason),
                 message = slice_of(e->message.bytes, e->message.len);
    bool is_eviction = slice_eq(reason, SLICE("Evicted"));
    struct notice n = notice_empty(is_eviction ? EVENT_RESTART : EVENT_OOM_KILLED);
    struct fact facts[1];
    struct text instance = {0};
    const char *fault = NULL;

    if (e->ns.len) {
        text_put(&instance, kube_name_slice(&e->ns));
        text_put_char(&instance, '/');
    }
    text_put(&instance, kube_name_slice(&e->object));
    find_victim(&n, message);
    n.time_kind = e->time.is_known ? MOMENT_WALL : MOMENT_UNKNOWN;
    n.time_ns = e->time.is_known ? e->time.ns : 0;
    n.instance = slice_of(instance.ptr, instance.len);
    n.message = message.len ? message : reason;
    facts[0] = (struct fact){.name = "reason", .is_text = true, .text = reason};
    n.facts = facts;
    n.fact_count = 1;
    if (n.pid < 0 || is_new(seen, &n, n.pid))
        fault = sink->notice(sink->user, &n);
    text_finish(&instance);
    return fault;
}
