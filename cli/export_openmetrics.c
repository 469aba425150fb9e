/*
 * The OpenMetrics text format, for `promtool tsdb create-blocks-from openmetrics` and
 * its like.
 *
 * Source: OpenMetrics 1.0, sections "ABNF" and "Types": a family's lines stand
 * together; its name ends with its unit; a counter's samples end with "_total"; times
 * are seconds and grow; "# EOF" ends it. Base units: seconds, bytes, ratios.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/common.h"
#include "cli/export_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/num_format.h"

/* Longer names come from inputs only, and are told apart by a number then. */
#define FAMILY_BYTES 128

#define EXACT_MAX 9007199254740992.0

struct families {
    char (*names)[FAMILY_BYTES];
    size_t count, capacity;
};

static const char *unit_suffix(enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
        return "bytes";
    case UNIT_BYTES_PER_S:
        return "bytes_per_second";
    case UNIT_NS:
    case UNIT_UNIX_NS:
        return "seconds";
    case UNIT_RATIO:
        return "ratio";
    case UNIT_OBJECTS:
        return "objects";
    case UNIT_CYCLES:
        return "cycles";
    default:
        return "";
    }
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "heap.live" and "bytes" make "heap_live_bytes"; `number` tells apart names that
 * differ only in what the format does not allow. */
static void make_name(char out[FAMILY_BYTES], const char *name, const char *unit,
                      bool is_counter, unsigned number)
{
    struct slice stem = slice_str(name);
    size_t len = 0, room = FAMILY_BYTES - 40;
    char told_apart[16] = "";

    if (is_counter && slice_ends(stem, SLICE(".total")))
        stem.len -= strlen(".total");
    for (size_t i = 0; i < stem.len && len < room; i++)
        out[len++] = is_name_char(stem.ptr[i]) ? stem.ptr[i] : '_';
    if (number > 0)
        (void)snprintf(told_apart, sizeof told_apart, "_%u", number);
    if (number == 0 && (!*unit || slice_ends(slice_of(out, len), slice_str(unit))))
        unit = "";
    (void)snprintf(out + len, FAMILY_BYTES - len, "%s%s%s", told_apart, *unit ? "_" : "",
                   unit);
}

static bool is_taken(const struct families *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->names[i], name) == 0)
            return true;
    }
    return false;
}

static const char *add_family(struct families *f, const char *name, enum unit unit,
                              bool is_counter)
{
    char made[FAMILY_BYTES];
    unsigned number = 0;

    do
        make_name(made, name, unit_suffix(unit), is_counter, number++);
    while (is_taken(f, made));
    f->names = mem_grow(f->names, &f->capacity, f->count + 1, sizeof *f->names);
    memcpy(f->names[f->count], made, sizeof made);
    return f->names[f->count++];
}

static void put_head(struct text *t, const char *family, const struct series *series)
{
    const char *unit = unit_suffix(series->unit);

    text_printf(t, "# TYPE %s %s\n", family,
                common_is_counter(series->metric) ? "counter" : "gauge");
    if (*unit)
        text_printf(t, "# UNIT %s %s\n", family, unit);
    if (series->metric < METRIC_COUNT)
        text_printf(t, "# HELP %s %s\n", family, metric_info(series->metric)->about);
}

static size_t format_value(char out[NUM_TEXT], double value, enum unit unit)
{
    if (unit != UNIT_NS && unit != UNIT_UNIX_NS)
        return num_format_double(out, value);
    if (fabs(value) <= EXACT_MAX && value == nearbyint(value))
        return num_format_seconds(out, (int64_t)value);
    return num_format_double(out, value / 1e9);
}

static bool put_points(struct export *e, const char *family, const struct series *series,
                       uint64_t *dropped)
{
    const struct table *table = series->track->table;
    /* Without a wall clock session time may start anywhere; ours starts at zero. */
    int64_t zero_ns = e->session->has_wall ? 0 : e->origin_ns, last_ns = INT64_MIN;
    size_t row, end;
    struct text front = {0};
    bool ok = true;

    text_printf(&front, "%s%s{process=\"%u\"} ", family,
                common_is_counter(series->metric) ? "_total" : "", series->process->id);
    export_rows(e, series->track, &row, &end);
    for (; ok && row < end; row++) {
        int64_t time_ns =
            num_sat_add_i64(table_row_time(table, row), series->track->origin_ns);
        char number[NUM_TEXT];
        double value;

        if (!table_cell(table, series->column, row, &value))
            continue;
        if (time_ns == last_ns) {
            ++*dropped;
            continue;
        }
        last_ns = time_ns;
        text_put(&e->out, slice_of(front.ptr, front.len));
        text_put(&e->out, slice_of(number, format_value(number, value, series->unit)));
        text_put_char(&e->out, ' ');
        num_format_seconds(number, num_sat_sub_i64(time_ns, zero_ns));
        text_put_str(&e->out, number);
        text_put_char(&e->out, '\n');
        ok = export_flush(e, false);
    }
    text_finish(&front);
    return ok;
}

static bool put_family(struct export *e, struct families *f, uint32_t metric,
                       uint64_t *dropped)
{
    const char *family = NULL;

    for (size_t i = 0; i < e->session->process_count; i++) {
        struct series series;

        if (!session_series(e->session, e->session->processes[i], metric, &series))
            continue;
        if (!family) {
            family = add_family(f, series.name, series.unit, common_is_counter(metric));
            put_head(&e->out, family, &series);
        }
        if (!put_points(e, family, &series, dropped))
            return false;
    }
    return true;
}

bool export_openmetrics(struct export *e, uint64_t *dropped)
{
    uint32_t count = METRIC_COUNT + (uint32_t)e->session->metrics.count;
    struct families families = {0};
    bool ok = true;

    for (uint32_t metric = 0; ok && metric < count; metric++)
        ok = put_family(e, &families, metric, dropped);
    text_put_str(&e->out, "# EOF\n");
    ok = ok && export_flush(e, true);
    free(families.names);
    return ok;
}
