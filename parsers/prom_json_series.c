#include "parsers/prom_json_series.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/json_value.h"
#include "parsers/limits.h"

void prom_json_series_clear(struct prom_json_series *s)
{
    s->is_known = s->has_too_many = false;
    s->part_count = 0;
    s->name = (struct prom_json_part){0};
    text_clear(&s->bytes);
}

/* Escaped as in the text format, in which prometheus_series.h wants it. */
static struct prom_json_part add_part(struct prom_json_series *s, struct slice raw)
{
    char plain[LIMIT_PROMETHEUS_KEY_BYTES];
    struct slice text = json_unescape(raw, plain, sizeof plain);
    struct prom_json_part part = {s->bytes.len, 0};

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '\\' || c == '"' || c == '\n')
            text_put_char(&s->bytes, '\\');
        text_put_char(&s->bytes, c == '\n' ? 'n' : c);
    }
    part.len = s->bytes.len - part.at_bytes;
    return part;
}

void prom_json_series_label(struct prom_json_series *s, struct slice name,
                            struct slice value)
{
    if (s->bytes.len + name.len + value.len > LIMIT_PROMETHEUS_KEY_BYTES ||
        s->part_count == 2 * (size_t)LIMIT_PROMETHEUS_LABELS) {
        s->has_too_many = true;
    } else if (slice_eq(name, SLICE("__name__"))) {
        s->name = add_part(s, value);
    } else {
        s->parts[s->part_count++] = add_part(s, name);
        s->parts[s->part_count++] = add_part(s, value);
    }
}

static struct slice slice_of_part(const struct prom_json_series *s,
                                  const struct prom_json_part *part)
{
    return slice_of(s->bytes.ptr ? s->bytes.ptr + part->at_bytes : "", part->len);
}

/* A quantity of the catalogue belongs to the first series of an instance that has it:
 * one with other labels that we do not know keeps its own name. */
static void settle_owner(struct prom_json_series *s)
{
    struct slice full = {s->series.full.ptr, s->series.full.len};
    uint32_t quantity, name;

    s->metric = s->series.metric;
    if (s->metric.metric == METRIC_COUNT)
        return;
    text_clear(&s->shape);
    text_printf(&s->shape, "%u %d %d ", (unsigned)s->metric.metric,
                (int)s->series.subject, s->metric.is_second);
    text_put(&s->shape, slice_of(s->series.instance.ptr, s->series.instance.len));
    quantity = intern_put(&s->quantities, s->shape.ptr, s->shape.len);
    name = intern_put(&s->names, full.ptr, full.len);
    if (quantity != INTERN_NONE && quantity >= s->owner_capacity) {
        size_t had = s->owner_capacity;

        s->owners = mem_grow(s->owners, &s->owner_capacity, (size_t)quantity + 1,
                             sizeof *s->owners);
        for (; had < s->owner_capacity; had++)
            s->owners[had] = INTERN_NONE;
    }
    if (quantity != INTERN_NONE && s->owners[quantity] == INTERN_NONE)
        s->owners[quantity] = name;
    if (quantity == INTERN_NONE || name == INTERN_NONE || s->owners[quantity] != name)
        s->metric = (struct metric_name){
            .metric = METRIC_COUNT, .name = full, .unit = s->metric.unit, .scale = 1};
}

static void settle(struct prom_json_series *s, struct slice name,
                   const struct prometheus_labels *labels)
{
    s->quantities.max_bytes = s->names.max_bytes = LIMIT_PROMETHEUS_KEYS_BYTES;
    s->quantities.max_count = s->names.max_count = LIMIT_PROMETHEUS_SERIES;
    /* Nobody asks for buckets by accident: here they are figures like any. */
    prometheus_series_set(&s->series, name, labels, true);
    settle_owner(s);
    text_clear(&s->shape);
    text_put_str(&s->shape, "prometheus ");
    text_put(&s->shape, slice_of(s->series.full.ptr, s->series.full.len));
    s->is_known = true;
}

const char *prom_json_series_settle(struct prom_json_series *s)
{
    struct prometheus_labels labels = {.count = s->part_count / 2};
    struct slice name = slice_of_part(s, &s->name);

    if (s->has_too_many)
        return "more or longer labels than a series may have";
    for (size_t i = 0; i < labels.count; i++) {
        labels.items[i].name = slice_of_part(s, &s->parts[2 * i]);
        labels.items[i].value = slice_of_part(s, &s->parts[2 * i + 1]);
    }
    settle(s, name.len || labels.count ? name : SLICE("value"), &labels);
    return NULL;
}

void prom_json_series_name(struct prom_json_series *s, struct slice name)
{
    const struct prometheus_labels labels = {.count = 0};

    settle(s, name, &labels);
}

const char *prom_json_series_put(const struct prom_json_series *s,
                                 const struct sink *sink, double value,
                                 enum moment_kind kind, int64_t time_ns)
{
    struct sample_value v = {s->metric.metric, s->metric.name, s->metric.unit,
                             metric_name_value(&s->metric, value)};
    struct sample sample = sample_empty();

    if (isnan(v.value) || s->series.version.len)
        return NULL;
    sample.shape = slice_of(s->shape.ptr, s->shape.len);
    sample.subject = s->series.subject;
    sample.instance = slice_of(s->series.instance.ptr, s->series.instance.len);
    sample.program = slice_of(s->series.program.ptr, s->series.program.len);
    sample.time_kind = kind;
    sample.time_ns = time_ns;
    sample.values = &v;
    sample.count = 1;
    return sink->sample(sink->user, &sample);
}

void prom_json_series_finish(struct prom_json_series *s)
{
    prometheus_series_finish(&s->series);
    text_finish(&s->shape);
    text_finish(&s->bytes);
    intern_finish(&s->quantities);
    intern_finish(&s->names);
    free(s->owners);
}
