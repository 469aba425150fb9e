/*
 * The series that an answer is telling of: its labels as they come, then what it is.
 *
 * Owns all. Bounds: LIMIT_PROMETHEUS_LABELS, LIMIT_PROMETHEUS_KEY_BYTES a series,
 * LIMIT_PROMETHEUS_SERIES of those whose names are remembered.
 */
#ifndef PARSERS_PROM_JSON_SERIES_H
#define PARSERS_PROM_JSON_SERIES_H

#include <stdbool.h>

#include "model/record.h"
#include "parsers/intern.h"
#include "parsers/prometheus_series.h"

struct prom_json_part {
    size_t at_bytes, len;
};

/* Zero-initialise. */
struct prom_json_series {
    struct prometheus_series series;
    struct metric_name metric;
    struct text shape;
    bool is_known;
    /* The labels so far: names and values by turns, in `bytes`. */
    struct text bytes;
    struct prom_json_part parts[2 * LIMIT_PROMETHEUS_LABELS];
    size_t part_count;
    struct prom_json_part name;
    bool has_too_many;
    /* Which series of an instance has a quantity of the catalogue: the first. */
    struct intern quantities, names;
    uint32_t *owners;
    size_t owner_capacity;
};

/* Forgets the series. */
void prom_json_series_clear(struct prom_json_series *s);

/* A label, both raw as JSON has them. */
void prom_json_series_label(struct prom_json_series *s, struct slice name,
                            struct slice value);

/* All labels are there: NULL, or why the series cannot be used. */
const char *prom_json_series_settle(struct prom_json_series *s);

/* A series of that name, without labels. */
void prom_json_series_name(struct prom_json_series *s, struct slice name);

/* One point of the series: NULL, or why not. */
const char *prom_json_series_put(const struct prom_json_series *s,
                                 const struct sink *sink, double value,
                                 enum moment_kind kind, int64_t time_ns);
void prom_json_series_finish(struct prom_json_series *s);

#endif
