/*
 * Samples of Prometheus text, line by line, into records of one moment each.
 *
 * A moment is what one identity (process, container, host) said with the same time
 * stamp; without stamps a scrape is one, and it ends where one of the series that it
 * began with comes again, or at # EOF. Within a scrape identities may alternate line by
 * line, so each has its own values, which wait for the end of the moment. Series that
 * come one after another, each with all of its times (as exports of a database do), are
 * tables of their own.
 *
 * Lines of a scrape are those of the scrape before, as a rule: a series is looked for
 * first behind the one that it followed last time, by one comparison of bytes.
 *
 * Bounds: LIMIT_PROMETHEUS_SERIES and …_INSTANCES; a series waits with one value at most.
 * Lifetime: owns all; records are handed on within the calls.
 */
#ifndef PARSERS_PROMETHEUS_SCRAPE_H
#define PARSERS_PROMETHEUS_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/diag.h"
#include "model/base/pool.h"
#include "model/base/slice.h"
#include "model/record.h"
#include "parsers/intern.h"
#include "parsers/prometheus_classes.h"
#include "parsers/prometheus_series.h"

#define PROMETHEUS_NO_SERIES UINT32_MAX

/* Metrics of the catalogue, one bit each. */
#define PROMETHEUS_METRIC_WORDS ((METRIC_COUNT + 63) / 64)

/* More names than any quantity has twice. */
#define PROMETHEUS_SECONDS_MAX 64

struct prometheus_entry {
    struct metric_name metric;
    struct slice full; /* its own name */
    uint32_t group;
    uint32_t next;           /* which series followed it last time */
    uint32_t rank;           /* how many stood before it in the scrape it was seen in */
    uint32_t slot;           /* of its value among its group's; UINT32_MAX: none */
    uint64_t scrape, moment; /* in which it was seen last */
    int64_t time_ns;         /* of its last stamp */
    enum prometheus_class class;
    bool is_left_out, is_version, is_alone;
};

struct prometheus_group {
    struct slice instance, program, go_version;
    enum subject subject;
    enum prometheus_level level;
    size_t pod_bytes;
    bool is_covered; /* a cgroup level of a pod whose containers are told of as well */
    bool is_waiting; /* is in the list of groups with values */
    enum moment_kind time_kind;
    int64_t time_ns;
    uint64_t moment;
    struct sample_value *values;
    size_t count, capacity;
    struct prometheus_classes classes;
    /* Which quantities it has under their first, and under second names. */
    uint64_t firsts[PROMETHEUS_METRIC_WORDS], seconds[PROMETHEUS_METRIC_WORDS];
    uint32_t second_slots[PROMETHEUS_SECONDS_MAX]; /* of the values that wait */
    unsigned second_count;
};

/* Where in the input we are, for what is counted as skipped. */
struct prometheus_place {
    uint64_t offset_bytes, line;
    struct slice text; /* borrowed */
};

struct prometheus_scrape {
    const struct sink *sink;
    struct diag *diag;
    struct prometheus_place place; /* set before each call */
    struct pool strings;
    struct intern keys, instances;
    struct prometheus_series series;  /* scratch */
    struct text shape;                /* scratch */
    struct prometheus_entry *entries; /* by the number of their key */
    size_t entry_capacity;
    struct prometheus_group *groups; /* by the number of their instance */
    size_t group_count, group_capacity;
    uint32_t *waiting;
    size_t waiting_count, waiting_capacity;
    uint32_t last;    /* the series of the line before */
    uint32_t guess;   /* … and of this line, probably */
    uint64_t number;  /* of the scrape, from 1 */
    uint64_t moments; /* so far */
    uint32_t rank;    /* series of this scrape so far */
    bool has_stamp;
    int64_t stamp_ns; /* the latest of this scrape */
};

void prometheus_scrape_open(struct prometheus_scrape *s, const struct sink *sink,
                            struct diag *diag);
void prometheus_scrape_close(struct prometheus_scrape *s);

/* The series with that key, or PROMETHEUS_NO_SERIES. */
uint32_t prometheus_scrape_find(struct prometheus_scrape *s, struct slice key);

/* A new one; PROMETHEUS_NO_SERIES when there are too many. */
uint32_t prometheus_scrape_add(struct prometheus_scrape *s,
                               const struct prometheus_line *line,
                               const struct prometheus_labels *labels, bool is_declared);

/* One sample. */
void prometheus_scrape_put(struct prometheus_scrape *s, uint32_t series, double value,
                           enum moment_kind kind, int64_t time_ns);

/* The scrape is over: hands on all that waits. */
void prometheus_scrape_end(struct prometheus_scrape *s);

/* Should these bytes be the series that is likely next, with a blank behind it: how many
 * bytes name and labels take; else 0. */
static inline size_t prometheus_scrape_guess(const struct prometheus_scrape *s,
                                             const char *p, const char *end)
{
    const struct intern_entry *e;

    if (s->guess == PROMETHEUS_NO_SERIES)
        return 0;
    e = &s->keys.entries[s->guess];
    return (size_t)(end - p) > e->len && p[e->len] == ' ' &&
                   memcmp(p, s->keys.bytes + e->at_bytes, e->len) == 0
               ? e->len
               : 0;
}

#endif
