#include "parsers/figures.h"

#include <math.h>
#include <string.h>

#include "model/base/num.h"

void figures_clear(struct figures *f)
{
    f->count = f->names_len = 0;
    f->is_full = false;
}

static bool is_named(struct slice name, struct slice prefix, struct slice key)
{
    return name.len == prefix.len + key.len && slice_starts(name, prefix) &&
           slice_ends(name, key);
}

size_t figures_find(const struct figures *f, size_t from, uint32_t metric,
                    struct slice prefix, struct slice key)
{
    size_t i = from;

    while (i < f->count &&
           (f->values[i].metric != metric ||
            (metric == METRIC_COUNT && !is_named(f->values[i].name, prefix, key))))
        i++;
    return i;
}

static void add_value(struct figures *f, struct sample_value value)
{
    if (!isfinite(value.value))
        return;
    if (f->count == LIMIT_FIGURES)
        f->is_full = true;
    else
        f->values[f->count++] = value;
}

void figures_put_metric(struct figures *f, enum metric metric, double value)
{
    add_value(f, (struct sample_value){.metric = metric,
                                       .unit = metric_info(metric)->unit,
                                       .value = value});
}

/* An empty name when there is no room. */
static struct slice keep_name(struct figures *f, struct slice prefix, struct slice key)
{
    char *at = f->names + f->names_len;

    if (prefix.len > LIMIT_FIGURE_NAME_BYTES ||
        key.len > LIMIT_FIGURE_NAME_BYTES - prefix.len ||
        prefix.len + key.len > sizeof f->names - f->names_len)
        return (struct slice){0};
    if (prefix.len)
        memcpy(at, prefix.ptr, prefix.len);
    if (key.len)
        memcpy(at + prefix.len, key.ptr, key.len);
    f->names_len += prefix.len + key.len;
    return slice_of(at, prefix.len + key.len);
}

void figures_put(struct figures *f, struct slice prefix, struct slice key, enum unit unit,
                 double value)
{
    struct slice name;

    if (!isfinite(value))
        return;
    name = keep_name(f, prefix, key);
    if (name.len == 0)
        f->is_full = true;
    else
        add_value(f, (struct sample_value){METRIC_COUNT, name, unit, value});
}

void figures_add(struct figures *f, struct slice prefix, struct slice key, enum unit unit,
                 double value)
{
    size_t i = figures_find(f, 0, METRIC_COUNT, prefix, key);

    if (i < f->count)
        f->values[i].value += value;
    else
        figures_put(f, prefix, key, unit, value);
}

bool figures_percent(struct slice digits, double *ratio)
{
    char text[32];

    if (digits.len == 0 || digits.len > sizeof text - 3)
        return false;
    memcpy(text, digits.ptr, digits.len);
    memcpy(text + digits.len, "e-2", 3);
    return num_parse_double(slice_of(text, digits.len + 3), ratio) && isfinite(*ratio);
}

double figures_get_metric(const struct figures *f, enum metric metric)
{
    size_t i = figures_find(f, 0, metric, SLICE(""), SLICE(""));

    return i < f->count ? f->values[i].value : NAN;
}

double figures_get(const struct figures *f, struct slice prefix, struct slice key)
{
    size_t i = figures_find(f, 0, METRIC_COUNT, prefix, key);

    return i < f->count ? f->values[i].value : NAN;
}
