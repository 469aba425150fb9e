#include "parsers/kubernetes.h"

#include "model/base/compiler.h"
#include "parsers/kubernetes_internal.h"

#define PROBE_LINES 400u

static uint64_t count_newlines(struct slice s)
{
    uint64_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == '\n';
    return count;
}

/* A broken object still tells what stands before the damage. */
static const char *give_object(struct kubernetes *k)
{
    struct kube_object *o = &k->object;
    struct slice kind = kube_name_slice(&o->kind),
                 message = slice_of(o->event.message.bytes, o->event.message.len);

    if (slice_eq(kind, SLICE("Pod")) || o->has_oom_flag)
        return kube_pod_give(&o->pod, &k->seen, k->text.sink);
    if (slice_eq(kind, SLICE("Event")) &&
        kube_event_matters(kube_name_slice(&o->event.reason), message))
        return kube_event_give(&o->event, &k->seen, k->text.sink);
    return NULL;
}

static void take_frame(void *user, const struct kube_frame *frame)
{
    struct kubernetes *k = user;
    size_t at = 0;
    const char *reason = NULL, *fault = NULL;
    struct slice before;

    if (frame->bytes.len) {
        reason = kube_object_read(&k->object, frame->bytes, &at);
        fault = give_object(k);
    }
    if (frame->reason) {
        reason = frame->reason;
        at = 0;
    }
    reason = reason ? reason : fault;
    if (!reason)
        return;
    before = slice_first(frame->bytes, at);
    diag_skip(k->text.diag, frame->offset_bytes + at,
              frame->line + count_newlines(before),
              at < frame->bytes.len ? slice_after(frame->bytes, at) : (struct slice){0},
              reason);
}

static bool kubernetes_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct kubernetes *k = state;

    text_parser_open(&k->text, sink, diag, kube_text_line);
    k->frames.column = -1;
    kube_pod_clear(&k->describe.pod);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0';
}

/* JSON or text: the first byte that is no blank tells. */
static bool kubernetes_feed(void *state, struct slice bytes, struct err *err)
{
    struct kubernetes *k = state;

    for (size_t i = 0; !k->is_decided && i < bytes.len; i++) {
        k->is_decided = !is_blank(bytes.ptr[i]);
        k->is_text = bytes.ptr[i] != '{' && bytes.ptr[i] != '[';
    }
    /* Blanks before that move either's place. */
    if (!k->is_decided || !k->is_text)
        kube_frames_feed(&k->frames, bytes, take_frame, k);
    return k->is_decided && !k->is_text ? true : text_parser_feed(state, bytes, err);
}

static bool kubernetes_finish(void *state, struct err *err)
{
    struct kubernetes *k = state;

    (void)err;
    if (k->is_text) {
        text_parser_finish(&k->text);
        kube_text_finish(k);
    } else {
        kube_frames_finish(&k->frames, take_frame, k);
    }
    return true;
}

static void kubernetes_close(void *state)
{
    struct kubernetes *k = state;

    text_parser_close(&k->text);
    kube_frames_close(&k->frames);
}

/* Does `"key": "value"` stand here, with or without blanks? An empty value: any. */
static bool has_pair(struct slice head, struct slice key, struct slice value)
{
    const char *p = head.ptr, *end = p + head.len;

    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        struct slice at = slice_of(p + 1, (size_t)(end - p) - 1);

        p++;
        if (!slice_starts(at, key))
            continue;
        at = slice_after(at, key.len);
        if (!slice_starts(at, SLICE("\"")))
            continue;
        at = slice_after(at, 1);
        while (at.len && (is_blank(at.ptr[0]) || at.ptr[0] == ':'))
            at = slice_after(at, 1);
        if (slice_starts(at, value))
            return true;
    }
    return false;
}

static enum probe probe_json(struct slice head, bool may_grow)
{
    static const struct slice kinds[] = {SLICE_INIT("\"Pod\""), SLICE_INIT("\"Event\"")};

    if (has_pair(head, SLICE("apiVersion"), SLICE("\""))) {
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
            if (has_pair(head, SLICE("kind"), kinds[i]))
                return PROBE_CERTAIN;
        }
    }
    if (has_pair(head, SLICE("OOMKilled"), SLICE("")) &&
        has_pair(head, SLICE("State"), SLICE("{")))
        return PROBE_CERTAIN;
    return may_grow ? PROBE_NEED_MORE : PROBE_NO;
}

struct text_look {
    bool has_name, has_namespace, has_containers, has_node, has_columns, has_event;
};

static bool has_word(struct slice line, struct slice word)
{
    for (; line.len >= word.len; line = slice_after(line, 1)) {
        if (slice_starts(line, word))
            return true;
    }
    return false;
}

static void look_at(struct text_look *l, struct slice line)
{
    if (slice_starts(line, SLICE("Name:   ")))
        l->has_name = true;
    else if (slice_starts(line, SLICE("Namespace:  ")))
        l->has_namespace = l->has_name;
    else if (slice_starts(line, SLICE("Containers:")))
        l->has_containers = l->has_namespace;
    else if (slice_starts(line, SLICE("Node:  ")))
        l->has_node = l->has_namespace;
    else if (has_word(line, SLICE("LAST SEEN ")) && has_word(line, SLICE(" REASON ")))
        l->has_columns = true;
    else if (has_word(line, SLICE(" Warning  ")) || slice_starts(line, SLICE("Warning ")))
        l->has_event = l->has_event || has_word(line, SLICE("  OOMKilling ")) ||
                       has_word(line, SLICE("  SystemOOM "));
}

static enum probe probe_text(struct slice head, bool may_grow)
{
    struct text_look l = {0};
    unsigned lines = 0;

    while (head.len && lines++ < PROBE_LINES) {
        look_at(&l, text_line_first(head, &head));
        if (lines == 8 && !l.has_name && !l.has_columns && !l.has_event)
            may_grow = false;
    }
    if (l.has_containers || (l.has_columns && l.has_event))
        return PROBE_CERTAIN;
    if (l.has_node || l.has_event)
        return PROBE_LIKELY;
    return may_grow && (l.has_name || l.has_columns) ? PROBE_NEED_MORE : PROBE_NO;
}

static enum probe kubernetes_probe(struct slice head, bool is_whole)
{
    bool may_grow = !is_whole && head.len < LIMIT_PROBE_BYTES;

    while (head.len && is_blank(head.ptr[0]))
        head = slice_after(head, 1);
    if (head.len == 0)
        return may_grow ? PROBE_NEED_MORE : PROBE_NO;
    if (head.ptr[0] == '{' || head.ptr[0] == '[')
        return probe_json(head, may_grow);
    return probe_text(head, may_grow);
}

const struct parser_ops kubernetes_parser = {
    .name = "kubernetes",
    .about = "how containers ended: kubectl get/describe pod, events; docker inspect",
    .sign = "JSON with \"kind\": \"Pod\" or \"Event\", or with \"OOMKilled\"; text with "
            "\"Name:\", \"Namespace:\" and \"Containers:\"",
    .example = "    Last State:     Terminated",
    .state_bytes = sizeof(struct kubernetes),
    .probe = kubernetes_probe,
    .open = kubernetes_open,
    .feed = kubernetes_feed,
    .finish = kubernetes_finish,
    .close = kubernetes_close,
};
