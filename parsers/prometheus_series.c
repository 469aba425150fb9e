#include "parsers/prometheus_series.h"

#include <stdlib.h>

#include "model/base/compiler.h"

static struct slice slice_of_text(const struct text *t)
{
    return slice_of(t->ptr, t->len);
}

#define POD_LABELS 3 /* of identity: they name a container */

static const struct slice identity[] = {
    SLICE_INIT("namespace"), SLICE_INIT("pod"),      SLICE_INIT("container"),
    SLICE_INIT("job"),       SLICE_INIT("instance"), SLICE_INIT("service"),
};

/* What else a server or the kubelet says of a container, on each of its series. */
static const struct slice container_labels[] = {
    SLICE_INIT("namespace"), SLICE_INIT("pod"),          SLICE_INIT("pod_name"),
    SLICE_INIT("container"), SLICE_INIT("job"),          SLICE_INIT("container_name"),
    SLICE_INIT("instance"),  SLICE_INIT("service"),      SLICE_INIT("id"),
    SLICE_INIT("image"),     SLICE_INIT("name"),         SLICE_INIT("node"),
    SLICE_INIT("endpoint"),  SLICE_INIT("metrics_path"), SLICE_INIT("zone_name"),
    SLICE_INIT("uid"),
};

static const struct prometheus_label *find(const struct prometheus_labels *labels,
                                           struct slice name)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (slice_eq(labels->items[i].name, name) && labels->items[i].value.len)
            return &labels->items[i];
    }
    return NULL;
}

static bool is_among(const struct slice *list, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(list[i], name))
            return true;
    }
    return false;
}

/* Adds the label's value to the instance; false when there is no such label. */
static bool add_part(struct prometheus_series *s, const struct prometheus_label *label)
{
    if (!label)
        return false;
    if (s->instance.len)
        text_put_char(&s->instance, '/');
    prometheus_unescape(&s->instance, label->value);
    return true;
}

static const struct prometheus_label *first_of(const struct prometheus_labels *labels,
                                               const struct slice *names, size_t count)
{
    const struct prometheus_label *label = NULL;

    for (size_t i = 0; i < count && !label; i++)
        label = find(labels, names[i]);
    return label;
}

static void set_program(struct prometheus_series *s, const struct prometheus_label *label)
{
    if (label)
        prometheus_unescape(&s->program, label->value);
}

static void identify_container(struct prometheus_series *s,
                               const struct prometheus_labels *labels)
{
    static const struct slice pods[] = {SLICE_INIT("pod"), SLICE_INIT("pod_name")};
    static const struct slice containers[] = {SLICE_INIT("container"),
                                              SLICE_INIT("container_name")};
    static const struct slice others[] = {SLICE_INIT("name"), SLICE_INIT("id")};
    const struct prometheus_label *container = first_of(labels, containers, 2);
    bool is_pod;

    (void)add_part(s, find(labels, SLICE("namespace")));
    is_pod = add_part(s, first_of(labels, pods, 2));
    s->pod_bytes = s->instance.len;
    if (is_pod) {
        bool is_named = container && !slice_eq(container->value, SLICE("POD"));

        if (slice_starts(slice_of_text(&s->name), SLICE("container_")))
            s->level = is_named ? PROMETHEUS_LEVEL_NAMED : PROMETHEUS_LEVEL_OUTER;
        (void)add_part(s, container);
        if (is_named)
            text_put(&s->program, slice_of_text(&s->instance));
    } else if (!add_part(s, container)) {
        const struct prometheus_label *other = first_of(labels, others, 2);

        (void)add_part(s, other);
        set_program(s, other);
    }
}

static bool is_targeted(const struct prometheus_series *s,
                        const struct prometheus_labels *labels)
{
    struct slice name = slice_of_text(&s->name);

    return slice_starts(name, SLICE("go_")) || slice_starts(name, SLICE("process_")) ||
           find(labels, SLICE("pod")) ||
           (find(labels, SLICE("job")) && find(labels, SLICE("instance")));
}

/* A process in a pod is called as its container is: the two are about the same. */
static void identify_process(struct prometheus_series *s,
                             const struct prometheus_labels *labels)
{
    static const struct slice programs[] = {
        SLICE_INIT("instance"),
        SLICE_INIT("service"),
        SLICE_INIT("job"),
        SLICE_INIT("container"),
    };
    bool is_pod = find(labels, SLICE("pod")) != NULL;

    for (size_t i = 0; i < COUNT_OF(identity); i++) {
        (void)add_part(s, find(labels, identity[i]));
        if (is_pod && i + 1 == POD_LABELS)
            text_put(&s->program, slice_of_text(&s->instance));
    }
    if (!is_pod)
        set_program(s, first_of(labels, programs, COUNT_OF(programs)));
}

/* Once more unescaped and escaped, so that what JSON escapes otherwise is the same. */
static void put_label(struct prometheus_series *s, const struct prometheus_label *label)
{
    text_put_char(&s->full, s->full.len > s->name.len ? ',' : '{');
    text_put(&s->full, label->name);
    text_put_str(&s->full, "=\"");
    text_clear(&s->value);
    prometheus_unescape(&s->value, label->value);
    for (size_t i = 0; i < s->value.len; i++) {
        char c = s->value.ptr[i];

        if (c == '\\' || c == '"' || c == '\n')
            text_put_char(&s->full, '\\');
        text_put_char(&s->full, c == '\n' ? 'n' : c);
    }
    text_put_char(&s->full, '"');
}

static bool is_dropped(const struct prometheus_series *s, bool has_identity,
                       struct slice label)
{
    if (s->subject != SUBJECT_CGROUP)
        return has_identity && is_among(identity, COUNT_OF(identity), label);
    /* Here it is the memory's, not the machine's. */
    if (slice_eq(label, SLICE("node")) &&
        slice_ends(slice_of_text(&s->name), SLICE("_numa_pages")))
        return false;
    return is_among(container_labels, COUNT_OF(container_labels), label) ||
           slice_starts(label, SLICE("container_label_")) ||
           slice_starts(label, SLICE("container_env_"));
}

static void put_full(struct prometheus_series *s, const struct prometheus_labels *labels,
                     bool has_identity)
{
    text_put(&s->full, slice_of_text(&s->name));
    /* Of `sum by (pod) (…)` the labels are all the name there is. */
    has_identity = has_identity && s->name.len > 0;
    for (size_t i = 0; i < labels->count; i++) {
        if (!is_dropped(s, has_identity, labels->items[i].name))
            put_label(s, &labels->items[i]);
    }
    if (s->full.len > s->name.len)
        text_put_char(&s->full, '}');
}

/* kube-state-metrics puts all resources under one name. */
static bool is_memory_limit(struct slice name, const struct prometheus_labels *labels)
{
    const struct prometheus_label *resource = find(labels, SLICE("resource"));

    if (slice_eq(name, SLICE("kube_pod_container_resource_limits_memory_bytes")))
        return true;
    return slice_eq(name, SLICE("kube_pod_container_resource_limits")) && resource &&
           slice_eq(resource->value, SLICE("memory"));
}

static void set_metric(struct prometheus_series *s,
                       const struct prometheus_labels *labels)
{
    struct slice name = slice_of_text(&s->name);

    s->metric = metric_name_prometheus(name);
    if (is_memory_limit(name, labels))
        s->metric = (struct metric_name){.metric = METRIC_MEM_LIMIT,
                                         .unit = UNIT_BYTES,
                                         .scale = 1,
                                         .has_none = true,
                                         .zero_none = true,
                                         .is_second = true};
    if (s->metric.metric == METRIC_COUNT && !slice_eq(s->metric.name, SLICE("LastGC")))
        s->metric.name = slice_of_text(&s->full);
}

static bool is_no_figure(const struct prometheus_series *s,
                         const struct prometheus_labels *labels, bool is_declared)
{
    struct slice name = slice_of_text(&s->name);

    if (slice_ends(name, SLICE("_bucket")) && find(labels, SLICE("le")))
        return true;
    return slice_ends(name, SLICE("_created")) && !is_declared &&
           !slice_starts(name, SLICE("kube_"));
}

void prometheus_series_set(struct prometheus_series *s, struct slice name,
                           const struct prometheus_labels *labels, bool is_declared)
{
    const struct prometheus_label *version = find(labels, SLICE("version"));
    bool has_identity;

    text_clear(&s->name);
    text_clear(&s->instance);
    text_clear(&s->program);
    text_clear(&s->version);
    text_clear(&s->full);
    s->pod_bytes = 0;
    s->level = PROMETHEUS_LEVEL_NONE;
    prometheus_unescape(&s->name, name);
    s->subject = metric_name_subject(slice_of_text(&s->name));
    has_identity = is_targeted(s, labels);
    if (s->subject == SUBJECT_CGROUP)
        identify_container(s, labels);
    else if (has_identity)
        identify_process(s, labels);
    put_full(s, labels, has_identity);
    if (slice_eq(slice_of_text(&s->name), SLICE("go_info")) && version)
        prometheus_unescape(&s->version, version->value);
    set_metric(s, labels);
    /* container_scrape_error: what an exporter of containers says of itself. */
    if (s->subject == SUBJECT_CGROUP && s->instance.len == 0 &&
        s->metric.metric == METRIC_COUNT)
        s->subject = SUBJECT_HOST;
    s->is_left_out = is_no_figure(s, labels, is_declared);
}

void prometheus_series_finish(struct prometheus_series *s)
{
    text_finish(&s->name);
    text_finish(&s->instance);
    text_finish(&s->program);
    text_finish(&s->version);
    text_finish(&s->full);
    text_finish(&s->value);
}
