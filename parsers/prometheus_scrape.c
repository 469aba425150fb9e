#include "parsers/prometheus_scrape.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "parsers/limits.h"

#define SHAPE "prometheus"

/* A scrape ends where one of its first series comes again. Not any: exporters do give a
 * series twice, and a cut in the middle would halve every moment. */
#define LEAD_RANKS 8u

#define NO_SLOT UINT32_MAX

void prometheus_scrape_open(struct prometheus_scrape *s, const struct sink *sink,
                            struct diag *diag)
{
    s->sink = sink;
    s->diag = diag;
    s->keys.max_bytes = LIMIT_PROMETHEUS_KEYS_BYTES;
    s->keys.max_count = LIMIT_PROMETHEUS_SERIES;
    s->instances.max_bytes = LIMIT_PROMETHEUS_KEYS_BYTES;
    s->instances.max_count = LIMIT_PROMETHEUS_INSTANCES;
    s->last = s->guess = PROMETHEUS_NO_SERIES;
    s->number = 1;
}

void prometheus_scrape_close(struct prometheus_scrape *s)
{
    for (size_t i = 0; i < s->group_count; i++)
        free(s->groups[i].values);
    free(s->groups);
    free(s->entries);
    free(s->waiting);
    intern_finish(&s->keys);
    intern_finish(&s->instances);
    prometheus_series_finish(&s->series);
    text_finish(&s->shape);
    pool_finish(&s->strings);
}

uint32_t prometheus_scrape_find(struct prometheus_scrape *s, struct slice key)
{
    uint32_t found = intern_find(&s->keys, key.ptr, key.len);

    return found == INTERN_NONE ? PROMETHEUS_NO_SERIES : found;
}

static void skip(struct prometheus_scrape *s, const char *reason)
{
    diag_skip(s->diag, s->place.offset_bytes, s->place.line, s->place.text, reason);
}

static struct slice keep_text(struct prometheus_scrape *s, const struct text *t)
{
    char *copy;

    if (t->len == 0)
        return (struct slice){0};
    copy = pool_alloc(&s->strings, t->len);
    memcpy(copy, t->ptr, t->len);
    return slice_of(copy, t->len);
}

static bool has_bit(const uint64_t *bits, uint32_t metric)
{
    return bits[metric / 64] >> metric % 64 & 1;
}

static void set_bit(uint64_t *bits, uint32_t metric)
{
    bits[metric / 64] |= UINT64_C(1) << metric % 64;
}

static bool is_same_pod(const struct prometheus_group *a,
                        const struct prometheus_group *b)
{
    return a->level != PROMETHEUS_LEVEL_NONE && b->level != PROMETHEUS_LEVEL_NONE &&
           a->instance.ptr && b->instance.ptr &&
           slice_eq(slice_first(a->instance, a->pod_bytes),
                    slice_first(b->instance, b->pod_bytes));
}

/* A pod's own level repeats what its containers say. */
static void cover_outer_levels(struct prometheus_scrape *s,
                               struct prometheus_group *added)
{
    for (size_t i = 0; i < s->group_count; i++) {
        struct prometheus_group *g = &s->groups[i];

        if (g == added || !is_same_pod(g, added))
            continue;
        if (added->level == PROMETHEUS_LEVEL_NAMED && g->level == PROMETHEUS_LEVEL_OUTER)
            g->is_covered = true;
        else if (added->level == PROMETHEUS_LEVEL_OUTER &&
                 g->level == PROMETHEUS_LEVEL_NAMED)
            added->is_covered = true;
    }
}

static uint32_t find_group(struct prometheus_scrape *s)
{
    const struct prometheus_series *series = &s->series;
    struct text *key = &s->shape;
    struct prometheus_group *g;
    uint32_t number;

    text_clear(key);
    text_put_char(key, (char)('0' + (int)series->subject));
    text_put_char(key, series->level == PROMETHEUS_LEVEL_OUTER ? '-' : ' ');
    text_put(key, slice_of(series->instance.ptr, series->instance.len));
    number = intern_put(&s->instances, key->ptr, key->len);
    if (number == INTERN_NONE || number < s->group_count)
        return number;
    s->groups =
        mem_grow(s->groups, &s->group_capacity, s->group_count + 1, sizeof *s->groups);
    g = &s->groups[s->group_count++];
    *g = (struct prometheus_group){
        .instance = keep_text(s, &series->instance),
        .subject = series->subject,
        .level = series->level,
        .pod_bytes = series->pod_bytes,
    };
    if (g->level != PROMETHEUS_LEVEL_NONE)
        cover_outer_levels(s, g);
    return number;
}

/* Two names of one quantity: the better known is kept. Two series of one name, with
 * labels that we do not know: the second keeps its own name. */
static void settle_name(struct prometheus_group *g, struct prometheus_entry *e)
{
    uint32_t metric = e->metric.metric;

    if (metric == METRIC_COUNT)
        return;
    if (e->metric.is_second) {
        e->is_left_out |= has_bit(g->firsts, metric) || has_bit(g->seconds, metric);
        set_bit(g->seconds, metric);
    } else if (has_bit(g->firsts, metric)) {
        e->metric.metric = METRIC_COUNT;
        e->metric.name = e->full;
    } else {
        set_bit(g->firsts, metric);
    }
}

static void add_entry(struct prometheus_scrape *s, uint32_t group, uint32_t number)
{
    const struct prometheus_series *series = &s->series;
    struct prometheus_group *g = &s->groups[group];
    struct prometheus_entry *e;

    s->entries =
        mem_grow(s->entries, &s->entry_capacity, (size_t)number + 1, sizeof *s->entries);
    e = &s->entries[number];
    *e = (struct prometheus_entry){
        .metric = series->metric,
        .group = group,
        .next = PROMETHEUS_NO_SERIES,
        .slot = NO_SLOT,
        .class = prometheus_class_of(slice_of(series->name.ptr, series->name.len)),
        .is_left_out = series->is_left_out,
        .is_version = series->version.len > 0,
    };
    if (e->is_left_out)
        return;
    e->full = keep_text(s, &series->full);
    if (e->metric.metric == METRIC_COUNT &&
        slice_eq(e->metric.name, slice_of(series->full.ptr, series->full.len)))
        e->metric.name = e->full;
    settle_name(g, e);
    if (g->program.len == 0)
        g->program = keep_text(s, &series->program);
    if (e->is_version)
        g->go_version = keep_text(s, &series->version);
}

uint32_t prometheus_scrape_add(struct prometheus_scrape *s,
                               const struct prometheus_line *line,
                               const struct prometheus_labels *labels, bool is_declared)
{
    uint32_t group, number;

    if (line->key.len > LIMIT_PROMETHEUS_KEY_BYTES) {
        skip(s, "name and labels over 16 KiB");
        return PROMETHEUS_NO_SERIES;
    }
    prometheus_series_set(&s->series, line->name, labels, is_declared);
    group = find_group(s);
    if (group == INTERN_NONE) {
        skip(s, "more processes and containers than one input may tell of");
        return PROMETHEUS_NO_SERIES;
    }
    number = intern_put(&s->keys, line->key.ptr, line->key.len);
    if (number == INTERN_NONE) {
        skip(s, "more series than one input may have");
        return PROMETHEUS_NO_SERIES;
    }
    add_entry(s, group, number);
    return number;
}

static void hand_on(struct prometheus_scrape *s, const struct prometheus_group *g,
                    struct slice shape, const struct sample_value *values, size_t count,
                    enum moment_kind kind, int64_t time_ns)
{
    struct sample sample = sample_empty();
    const char *reason;

    sample.shape = shape;
    sample.subject = g->subject;
    sample.instance = g->instance;
    sample.program = g->program;
    sample.go_version = g->go_version;
    sample.time_kind = kind;
    sample.time_ns = time_ns;
    sample.values = values;
    sample.count = count;
    reason = s->sink->sample(s->sink->user, &sample);
    if (reason)
        skip(s, reason);
}

/* Takes out what came under a second name before the first was known. */
static void drop_seconds(struct prometheus_group *g)
{
    size_t kept = 0;

    for (unsigned i = 0; i < g->second_count; i++) {
        struct sample_value *v = &g->values[g->second_slots[i]];

        if (has_bit(g->firsts, v->metric))
            v->value = NAN;
    }
    for (size_t i = 0; i < g->count; i++) {
        if (!isnan(g->values[i].value))
            g->values[kept++] = g->values[i];
    }
    g->count = kept;
}

static void push(struct prometheus_group *g, struct sample_value value)
{
    if (g->count == g->capacity)
        g->values = mem_grow(g->values, &g->capacity, g->count + 1, sizeof *g->values);
    g->values[g->count++] = value;
}

/* Only what nobody told: the exporter's own figures are of one moment. */
static void add_derived(struct prometheus_group *g)
{
    struct sample_value derived[PROMETHEUS_DERIVED_MAX];
    size_t count = prometheus_classes_derive(&g->classes, derived);

    for (size_t i = 0; i < count; i++) {
        if (!has_bit(g->firsts, derived[i].metric) &&
            !has_bit(g->seconds, derived[i].metric))
            push(g, derived[i]);
    }
    g->classes.has = 0;
}

static void end_moment(struct prometheus_scrape *s, struct prometheus_group *g)
{
    enum moment_kind kind = g->time_kind;
    int64_t time_ns = g->time_ns;

    if (g->second_count)
        drop_seconds(g);
    if (g->classes.has)
        add_derived(g);
    /* In one scrape some have stamps and others none: it was the same moment. */
    if (kind == MOMENT_UNKNOWN && s->has_stamp) {
        kind = MOMENT_WALL;
        time_ns = s->stamp_ns;
    }
    if (g->count && !g->is_covered)
        hand_on(s, g, SLICE(SHAPE), g->values, g->count, kind, time_ns);
    g->count = 0;
    g->second_count = 0;
    g->moment = 0;
}

void prometheus_scrape_end(struct prometheus_scrape *s)
{
    for (size_t i = 0; i < s->waiting_count; i++) {
        struct prometheus_group *g = &s->groups[s->waiting[i]];

        if (g->moment)
            end_moment(s, g);
        g->is_waiting = false;
    }
    s->waiting_count = 0;
    s->number++;
    s->rank = 0;
    s->has_stamp = false;
}

/* A series that comes with one time after another has a table of its own. */
static void put_alone(struct prometheus_scrape *s, const struct prometheus_entry *e,
                      double value, enum moment_kind kind, int64_t time_ns)
{
    const struct prometheus_group *g = &s->groups[e->group];
    struct sample_value v = {e->metric.metric, e->metric.name, e->metric.unit, value};

    if (isnan(value) || g->is_covered || e->is_version ||
        (e->metric.is_second && has_bit(g->firsts, e->metric.metric)))
        return;
    text_clear(&s->shape);
    text_put_str(&s->shape, SHAPE " ");
    text_put(&s->shape, e->full);
    hand_on(s, g, slice_of(s->shape.ptr, s->shape.len), &v, 1, kind, time_ns);
}

/* Its value before this one waits among its group's, as the last: it goes alone, too. */
static void set_alone(struct prometheus_scrape *s, struct prometheus_entry *e)
{
    struct prometheus_group *g = &s->groups[e->group];

    e->is_alone = true;
    if (g->count == 0 || e->slot != g->count - 1 || e->moment != g->moment)
        return;
    if (g->second_count && g->second_slots[g->second_count - 1] == e->slot)
        g->second_count--;
    g->count--;
    put_alone(s, e, g->values[g->count].value, g->time_kind, g->time_ns);
}

static void start_moment(struct prometheus_scrape *s, uint32_t group,
                         enum moment_kind kind, int64_t time_ns)
{
    struct prometheus_group *g = &s->groups[group];

    g->moment = ++s->moments;
    g->time_kind = kind;
    g->time_ns = time_ns;
    if (g->is_waiting)
        return;
    g->is_waiting = true;
    s->waiting = mem_grow(s->waiting, &s->waiting_capacity, s->waiting_count + 1,
                          sizeof *s->waiting);
    s->waiting[s->waiting_count++] = group;
}

/* The group's moment is that of the sample. */
static void settle_moment(struct prometheus_scrape *s, uint32_t group,
                          enum moment_kind kind, int64_t time_ns)
{
    struct prometheus_group *g = &s->groups[group];

    if (g->moment && kind != MOMENT_UNKNOWN && g->time_kind == MOMENT_UNKNOWN) {
        g->time_kind = kind; /* what came without a stamp is of the same moment */
        g->time_ns = time_ns;
    }
    if (g->moment && kind != MOMENT_UNKNOWN &&
        (g->time_kind != kind || g->time_ns != time_ns))
        end_moment(s, g);
    if (!g->moment)
        start_moment(s, group, kind, time_ns);
}

static void put_value(struct prometheus_group *g, struct prometheus_entry *e,
                      double value)
{
    e->slot = NO_SLOT;
    if (e->class != PROMETHEUS_CLASSES && !isnan(value))
        prometheus_classes_set(&g->classes, e->class, value);
    if (isnan(value) || e->is_left_out || e->is_version)
        return;
    if (e->metric.is_second) {
        if (has_bit(g->firsts, e->metric.metric) ||
            g->second_count == PROMETHEUS_SECONDS_MAX)
            return;
        g->second_slots[g->second_count++] = (uint32_t)g->count;
    }
    e->slot = (uint32_t)g->count;
    push(g,
         (struct sample_value){e->metric.metric, e->metric.name, e->metric.unit, value});
}

/* Does the series' coming again mean that a new scrape has begun? */
static bool begins_scrape(const struct prometheus_scrape *s,
                          const struct prometheus_entry *e, bool is_next,
                          enum moment_kind kind, int64_t time_ns)
{
    if (e->scrape != s->number || e->rank >= LEAD_RANKS)
        return false;
    if (kind != MOMENT_UNKNOWN)
        return e->time_ns != time_ns;
    return !is_next || s->rank == 1;
}

/* The series is one of the scrape; and the guess for the next line is made. */
static void note_seen(struct prometheus_scrape *s, uint32_t series, int64_t time_ns)
{
    struct prometheus_entry *e = &s->entries[series];

    if (e->scrape != s->number) {
        e->scrape = s->number;
        e->rank = s->rank++;
    }
    e->time_ns = time_ns;
    if (s->last != PROMETHEUS_NO_SERIES)
        s->entries[s->last].next = series;
    s->last = series;
    s->guess = e->next;
}

void prometheus_scrape_put(struct prometheus_scrape *s, uint32_t series, double value,
                           enum moment_kind kind, int64_t time_ns)
{
    struct prometheus_entry *e = &s->entries[series];
    struct prometheus_group *g = &s->groups[e->group];
    bool is_next = series == s->last;

    if (!e->is_left_out)
        value = metric_name_value(&e->metric, value);
    if (kind != MOMENT_UNKNOWN && is_next && e->time_ns != time_ns && !e->is_left_out)
        set_alone(s, e);
    if (e->is_alone) {
        note_seen(s, series, time_ns);
        put_alone(s, e, value, kind, time_ns);
        return;
    }
    if (begins_scrape(s, e, is_next, kind, time_ns))
        prometheus_scrape_end(s);
    if (kind == MOMENT_WALL && (!s->has_stamp || time_ns > s->stamp_ns)) {
        s->has_stamp = true;
        s->stamp_ns = time_ns;
    }
    settle_moment(s, e->group, kind, time_ns);
    note_seen(s, series, time_ns);
    if (e->moment == g->moment) {
        skip(s, "the same sample twice");
        return;
    }
    e->moment = g->moment;
    put_value(g, e, value);
}
