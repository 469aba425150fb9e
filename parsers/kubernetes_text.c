/* kubectl describe pod, and the events that it and get events print. */
#include <math.h>

#include "model/base/num.h"
#include "parsers/kubernetes_internal.h"
#include "parsers/moment_text.h"
#include "parsers/stamp.h"

static size_t indent_of(struct slice line)
{
    size_t len = 0;

    while (len < line.len && line.ptr[len] == ' ')
        len++;
    return len;
}

/* "Last State:     Terminated" */
static bool split(struct slice line, struct slice *key, struct slice *value)
{
    const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
    size_t len = colon ? (size_t)(colon - line.ptr) : 0;

    *key = slice_first(line, len);
    if (!colon || (len + 1 < line.len && line.ptr[len + 1] != ' '))
        return false;
    *value = text_trim(slice_after(line, len + 1));
    return len > 0;
}

static void give_pod(struct kubernetes *k)
{
    struct kube_describe *d = &k->describe;
    const char *reason =
        d->has_pod ? kube_pod_give(&d->pod, &k->seen, k->text.sink) : NULL;

    if (reason)
        diag_skip(k->text.diag, d->offset_bytes, d->line, (struct slice){0}, reason);
    kube_pod_clear(&d->pod);
    d->container = NULL;
    d->end = NULL;
    d->has_pod = d->in_containers = d->in_limits = false;
}

/* Keys at the margin are the pod's, and begin its parts. */
static const char *take_pod_key(struct kubernetes *k, struct slice key,
                                struct slice value)
{
    struct kube_describe *d = &k->describe;
    struct kube_time t = {0};

    d->container = NULL;
    d->end = NULL;
    d->in_limits = false;
    d->in_containers =
        slice_ends(key, SLICE("Containers")) && value.len == 0; /* Init, Ephemeral */
    if (slice_eq(key, SLICE("Namespace"))) {
        kube_name_set(&d->pod.ns, value);
    } else if (slice_eq(key, SLICE("Node"))) {
        const char *slash = value.len ? memchr(value.ptr, '/', value.len) : NULL;

        kube_name_set(&d->pod.node,
                      slash ? slice_first(value, (size_t)(slash - value.ptr)) : value);
    } else if (slice_eq(key, SLICE("Reason"))) {
        kube_name_set(&d->pod.reason, value);
    } else if (slice_eq(key, SLICE("Message"))) {
        kube_text_set(&d->pod.message, value);
    } else if (slice_eq(key, SLICE("Start Time"))) {
        if (!kube_time_parse(&t, value))
            return "malformed time";
        kube_time_note(&d->pod, &t);
    }
    return NULL;
}

static const char *take_container_key(struct kube_describe *d, struct slice key,
                                      struct slice value)
{
    struct kube_container *c = d->container;
    uint64_t count;

    d->end = NULL;
    d->in_limits = slice_eq(key, SLICE("Limits"));
    if (slice_eq(key, SLICE("State")) || slice_eq(key, SLICE("Last State"))) {
        d->end = key.ptr[0] == 'S' ? &c->now : &c->last;
        d->end->is_there = slice_eq(value, SLICE("Terminated"));
    } else if (slice_eq(key, SLICE("Restart Count"))) {
        if (!num_parse_u64(value, &count))
            return "malformed number";
        c->restarts = (double)count;
    }
    return NULL;
}

static const char *take_end_key(struct kube_describe *d, struct slice key,
                                struct slice value)
{
    struct kube_end *end = d->end;
    double code;

    if (slice_eq(key, SLICE("Reason"))) {
        kube_name_set(&end->reason, value);
        end->is_oom_killed = slice_eq(value, SLICE("OOMKilled"));
    } else if (slice_eq(key, SLICE("Exit Code"))) {
        if (!num_parse_double(value, &code) || !(fabs(code) <= 65536))
            return "malformed exit code";
        end->has_exit_code = true;
        end->exit_code = (int64_t)code;
    } else if (slice_eq(key, SLICE("Started"))) {
        if (!kube_time_parse(&end->started, value))
            return "malformed time";
        kube_time_note(&d->pod, &end->started);
    } else if (slice_eq(key, SLICE("Finished"))) {
        if (!kube_time_parse(&end->finished, value))
            return "malformed time";
        kube_time_note(&d->pod, &end->finished);
    }
    return NULL;
}

static const char *take_key(struct kubernetes *k, size_t indent, struct slice key,
                            struct slice value)
{
    struct kube_describe *d = &k->describe;

    if (indent == 0)
        return take_pod_key(k, key, value);
    if (!d->in_containers)
        return NULL;
    if (indent == 2) {
        d->container = kube_pod_container(&d->pod, key);
        d->end = NULL;
        d->in_limits = false;
        return d->container ? NULL : "more containers than one pod may have";
    }
    if (!d->container)
        return NULL;
    if (indent == 4)
        return take_container_key(d, key, value);
    if (indent == 6 && d->end)
        return take_end_key(d, key, value);
    if (indent == 6 && d->in_limits && slice_eq(key, SLICE("memory")) &&
        !kube_quantity(value, &d->container->limit_bytes))
        return "malformed quantity";
    return NULL;
}

/* The next column: kubectl sets them off by two blanks at least. */
static struct slice next_column(struct slice *line)
{
    struct slice column;
    size_t len = 0;

    *line = text_trim(*line);
    while (len < line->len &&
           !(line->ptr[len] == ' ' && len + 1 < line->len && line->ptr[len + 1] == ' '))
        len++;
    column = slice_first(*line, len);
    *line = slice_after(*line, len);
    return column;
}

/*
 * "2m3s   Warning   OOMKilling   node/node-a   Memory cgroup out of memory: …" of get
 * events, maybe with the namespace in front; "Warning  OOMKilling  2m3s  kernel-monitor
 * Memory cgroup …" of describe. The message is all that is left, blanks and all.
 */
#define COLUMNS_MAX 8
static bool take_event(struct kubernetes *k, struct slice line, uint64_t offset_bytes,
                       uint64_t number)
{
    struct kube_event e = {.time = {false, 0}};
    struct slice columns[COLUMNS_MAX], rest = line, message;
    size_t count = 0, at = 0, behind;
    const char *reason;

    while (count < COLUMNS_MAX && rest.len)
        columns[count++] = next_column(&rest);
    while (at < count && !slice_eq(columns[at], SLICE("Warning")))
        at++;
    behind = at == 0 ? 4 : at + 3;
    if (behind >= count)
        return false;
    message = slice_after(line, (size_t)(columns[behind].ptr - line.ptr));
    if (!kube_event_matters(columns[at + 1], message))
        return false;
    kube_name_set(&e.reason, columns[at + 1]);
    kube_text_set(&e.message, message);
    kube_name_set(&e.object,
                  at == 0 ? kube_name_slice(&k->describe.pod.name) : columns[at + 2]);
    if (at > 1)
        kube_name_set(&e.ns, columns[0]);
    /* An age as a rule, a time where somebody chose the columns. */
    if (at > 0)
        (void)kube_time_parse(&e.time, columns[at - 1]);
    reason = kube_event_give(&e, &k->seen, k->text.sink);
    if (reason)
        diag_skip(k->text.diag, offset_bytes, number, columns[at + 1], reason);
    return true;
}

void kube_text_line(void *state, const struct text_line *line)
{
    struct kubernetes *k = state;
    struct kube_describe *d = &k->describe;
    size_t indent = indent_of(line->text);
    struct slice text = text_trim(line->text), key, value;
    const char *reason;

    if (text.len == 0 || take_event(k, text, line->offset_bytes, line->number) ||
        !split(text, &key, &value))
        return;
    if (indent == 0 && slice_eq(key, SLICE("Name"))) {
        give_pod(k);
        d->has_pod = true;
        d->offset_bytes = line->offset_bytes;
        d->line = line->number;
        kube_name_set(&d->pod.name, value);
        return;
    }
    reason = take_key(k, indent, key, value);
    if (reason)
        diag_skip(k->text.diag, line->offset_bytes, line->number, text, reason);
}

void kube_text_finish(struct kubernetes *k)
{
    give_pod(k);
}
