/* One JSON object of Kubernetes or Docker. */
#include <math.h>
#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/json.h"
#include "parsers/kubernetes_internal.h"

#define PATH_BYTES 160

/* The keys that lead to a value, with dots between; elements of an array have none. */
struct walk {
    struct kube_object *object;
    char path[PATH_BYTES];
    size_t len;
    size_t base[LIMIT_JSON_DEPTH + 2]; /* the length without the keys of that depth */
    bool is_array[LIMIT_JSON_DEPTH + 2];
    bool is_too_long;
    struct kube_container container; /* the one whose object is open */
};

static void clear_container(struct kube_container *c)
{
    *c = (struct kube_container){.limit_bytes = NAN, .restarts = NAN, .pid = -1};
}

/* "resources.limits.memory" of a path in a container's object; false elsewhere. */
static bool in_container(struct slice path, struct slice *rest)
{
    static const struct slice fronts[] = {
        SLICE_INIT("spec.containers"),
        SLICE_INIT("spec.initContainers"),
        SLICE_INIT("status.containerStatuses"),
        SLICE_INIT("status.initContainerStatuses"),
        SLICE_INIT("status.ephemeralContainerStatuses"),
    };

    for (size_t i = 0; i < COUNT_OF(fronts); i++) {
        if (!slice_starts(path, fronts[i]))
            continue;
        if (path.len == fronts[i].len) {
            *rest = slice_after(path, path.len);
            return true;
        }
        if (path.ptr[fronts[i].len] == '.') {
            *rest = slice_after(path, fronts[i].len + 1);
            return true;
        }
    }
    return false;
}

/* The spec comes before the status as a rule, and names what it says of each. */
static void merge_container(struct walk *w, struct slice path)
{
    const struct kube_container *from = &w->container;
    struct kube_container *to;

    if (from->name.len == 0)
        return;
    to = kube_pod_container(&w->object->pod, kube_name_slice(&from->name));
    if (!to)
        return;
    if (!isnan(from->limit_bytes))
        to->limit_bytes = from->limit_bytes;
    if (!slice_starts(path, SLICE("status.")))
        return;
    to->has_status = true;
    to->restarts = from->restarts;
    to->now = from->now;
    to->last = from->last;
}

static void take_end(struct kube_end *end, struct slice key, enum json_kind kind,
                     struct slice text)
{
    double code;

    if (slice_starts(key, SLICE("running."))) {
        return;
    } else if (slice_starts(key, SLICE("terminated."))) {
        end->is_there = true;
        key = slice_after(key, sizeof "terminated." - 1);
    } else {
        return;
    }
    if (slice_eq(key, SLICE("reason")) && kind == JSON_STRING) {
        kube_name_set(&end->reason, text);
        end->is_oom_killed = slice_eq(text, SLICE("OOMKilled"));
    } else if (slice_eq(key, SLICE("startedAt"))) {
        (void)kube_time_parse(&end->started, text);
    } else if (slice_eq(key, SLICE("finishedAt"))) {
        (void)kube_time_parse(&end->finished, text);
    } else if (slice_eq(key, SLICE("exitCode")) && num_parse_double(text, &code) &&
               code >= -65536 && code <= 65536) {
        end->has_exit_code = true;
        end->exit_code = (int64_t)code;
    }
}

static void take_in_container(struct kube_container *c, struct slice key,
                              enum json_kind kind, struct slice text)
{
    double number;

    if (slice_eq(key, SLICE("name")) && kind == JSON_STRING) {
        kube_name_set(&c->name, text);
    } else if (slice_eq(key, SLICE("resources.limits.memory"))) {
        (void)kube_quantity(text, &c->limit_bytes);
    } else if (slice_eq(key, SLICE("restartCount"))) {
        if (num_parse_double(text, &number) && isfinite(number))
            c->restarts = number;
    } else if (slice_starts(key, SLICE("state."))) {
        take_end(&c->now, slice_after(key, 6), kind, text);
    } else if (slice_starts(key, SLICE("lastState."))) {
        take_end(&c->last, slice_after(key, 10), kind, text);
    }
}

/* docker inspect: one container, with keys of its own. */
static void take_docker(struct kube_object *o, struct slice path, enum json_kind kind,
                        struct slice text)
{
    struct kube_container *c = &o->pod.containers[0];
    double number;
    bool is_number = kind == JSON_NUMBER && num_parse_double(text, &number);

    if (slice_eq(path, SLICE("State.OOMKilled"))) {
        o->has_oom_flag = true;
        c->now.is_oom_killed = kind == JSON_TRUE;
    } else if (slice_eq(path, SLICE("State.Running"))) {
        o->is_running = kind == JSON_TRUE;
    } else if (slice_eq(path, SLICE("State.ExitCode")) && is_number &&
               fabs(number) <= 65536) {
        c->now.has_exit_code = true;
        c->now.exit_code = (int64_t)number;
    } else if (slice_eq(path, SLICE("State.StartedAt"))) {
        (void)kube_time_parse(&c->now.started, text);
        kube_time_note(&o->pod, &c->now.started);
    } else if (slice_eq(path, SLICE("State.FinishedAt"))) {
        c->now.is_there = kube_time_parse(&c->now.finished, text);
        kube_time_note(&o->pod, &c->now.finished);
    } else if (slice_eq(path, SLICE("Name")) && kind == JSON_STRING) {
        kube_name_set(&c->name, slice_after(text, slice_starts(text, SLICE("/"))));
    } else if (slice_eq(path, SLICE("RestartCount")) && is_number) {
        c->restarts = number;
    } else if (slice_eq(path, SLICE("HostConfig.Memory")) && is_number && number > 0) {
        c->limit_bytes = number;
    }
}

static const struct name_field {
    struct slice path;
    size_t offset;
} name_fields[] = {
    {SLICE_INIT("kind"), offsetof(struct kube_object, kind)},
    {SLICE_INIT("metadata.name"), offsetof(struct kube_object, pod.name)},
    {SLICE_INIT("metadata.namespace"), offsetof(struct kube_object, pod.ns)},
    {SLICE_INIT("spec.nodeName"), offsetof(struct kube_object, pod.node)},
    {SLICE_INIT("status.reason"), offsetof(struct kube_object, pod.reason)},
    {SLICE_INIT("reason"), offsetof(struct kube_object, event.reason)},
    {SLICE_INIT("involvedObject.name"), offsetof(struct kube_object, event.object)},
    {SLICE_INIT("regarding.name"), offsetof(struct kube_object, event.object)},
    {SLICE_INIT("involvedObject.namespace"), offsetof(struct kube_object, event.ns)},
    {SLICE_INIT("regarding.namespace"), offsetof(struct kube_object, event.ns)},
};

static void take_event_time(struct kube_event *e, struct slice path, struct slice text)
{
    struct kube_time t = {0};
    bool is_one = slice_eq(path, SLICE("lastTimestamp")) ||
                  slice_eq(path, SLICE("eventTime")) ||
                  slice_eq(path, SLICE("deprecatedLastTimestamp")) ||
                  slice_eq(path, SLICE("firstTimestamp"));

    /* The newest of them: an event that came again is one object. */
    if (is_one && kube_time_parse(&t, text) && (!e->time.is_known || t.ns > e->time.ns))
        e->time = t;
}

static void take_pod_time(struct kube_pod *p, struct slice path, struct slice text)
{
    struct kube_time t = {0};
    bool is_one = slice_eq(path, SLICE("metadata.creationTimestamp")) ||
                  (slice_starts(path, SLICE("status.")) &&
                   (slice_ends(path, SLICE("At")) || slice_ends(path, SLICE("Time"))));

    if (is_one && kube_time_parse(&t, text))
        kube_time_note(p, &t);
}

static void take_text(struct kube_object *o, struct slice path, struct slice text)
{
    for (size_t i = 0; i < COUNT_OF(name_fields); i++) {
        if (slice_eq(path, name_fields[i].path))
            kube_name_set((struct kube_name *)(void *)((char *)o + name_fields[i].offset),
                          text);
    }
    if (slice_eq(path, SLICE("status.message")))
        kube_text_set(&o->pod.message, text);
    else if (slice_eq(path, SLICE("message")) || slice_eq(path, SLICE("note")))
        kube_text_set(&o->event.message, text);
    take_event_time(&o->event, path, text);
    take_pod_time(&o->pod, path, text);
}

static struct slice path_of(const struct walk *w)
{
    struct slice path = slice_of(w->path, w->len);

    /* An object of a watch is one level down. */
    return slice_starts(path, SLICE("object.")) ? slice_after(path, 7) : path;
}

static void take_value(struct walk *w, enum json_kind kind, struct slice text)
{
    struct slice path = path_of(w), key;

    if (w->is_too_long)
        return;
    if (in_container(path, &key))
        take_in_container(&w->container, key, kind, text);
    take_docker(w->object, path, kind, text);
    if (kind == JSON_STRING)
        take_text(w->object, path, text);
}

static void set_key(struct walk *w, unsigned depth, struct slice key)
{
    size_t at = w->base[depth];

    w->is_too_long = key.len + 1 > PATH_BYTES - at;
    w->len = at;
    if (w->is_too_long)
        return;
    if (at)
        w->path[w->len++] = '.';
    if (key.len)
        memcpy(w->path + w->len, key.ptr, key.len);
    w->len += key.len;
}

static void enter(struct walk *w, unsigned depth, bool is_array)
{
    struct slice key;

    w->base[depth] = w->len;
    w->is_array[depth] = is_array;
    if (!is_array && in_container(path_of(w), &key) && key.len == 0)
        clear_container(&w->container);
}

static void leave(struct walk *w, unsigned depth)
{
    struct slice path, key;

    w->len = w->base[depth];
    path = path_of(w);
    if (in_container(path, &key) && key.len == 0)
        merge_container(w, path);
}

static void take_token(struct walk *w, struct json *j, enum json_kind kind)
{
    unsigned outer = j->depth - (kind == JSON_OBJECT || kind == JSON_ARRAY);

    switch (kind) {
    case JSON_KEY:
        set_key(w, j->depth, j->text);
        return;
    case JSON_OBJECT_END:
        leave(w, j->depth + 1);
        return;
    case JSON_ARRAY_END:
        w->len = w->base[j->depth + 1];
        return;
    default:
        break;
    }
    if (w->is_array[outer])
        w->len = w->base[outer];
    if (w->is_too_long)
        json_skip(j, kind);
    else if (kind == JSON_OBJECT || kind == JSON_ARRAY)
        enter(w, j->depth, kind == JSON_ARRAY);
    else
        take_value(w, kind, j->text);
}

const char *kube_object_read(struct kube_object *o, struct slice json, size_t *at_bytes)
{
    struct walk w = {.object = o};
    struct json j = json_init(json);
    enum json_kind kind;

    o->kind.len = 0;
    o->has_oom_flag = o->is_running = false;
    o->event = (struct kube_event){.time = {false, 0}};
    kube_pod_clear(&o->pod);
    clear_container(&w.container);
    while ((kind = json_next(&j)) != JSON_END && kind != JSON_ERROR)
        take_token(&w, &j, kind);
    *at_bytes = (size_t)(j.p - json.ptr);
    if (o->has_oom_flag) { /* take_docker filled the first */
        o->pod.count = 1;
        /* What it ended with before it was started again is not kept. */
        if (o->is_running)
            o->pod.containers[0].now.has_exit_code = false;
    }
    return j.reason;
}
