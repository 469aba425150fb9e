/*
 * One sample line of the Prometheus text format 0.0.4 or of OpenMetrics 1.0, taken apart:
 *
 *   name{label="value",…} value [timestamp] [# {…} exemplar]
 *   {"name.in quotes",label="value"} value
 *
 * Source: prometheus/docs exposition_formats.md and OpenMetrics 1.0 "ABNF"; names in
 * quotes are Prometheus 3 (UTF-8 names). Blanks and tabs may stand between the parts, and
 * behind them.
 *
 * Lifetime: all slices borrow the line.
 * Errors: a reason (static text) and the place in the line that it is about.
 */
#ifndef PARSERS_PROMETHEUS_LINE_H
#define PARSERS_PROMETHEUS_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/base/text.h"
#include "model/record.h"
#include "parsers/limits.h"

struct prometheus_label {
    struct slice name, value; /* still escaped as they stand between their quotes */
};

struct prometheus_labels {
    struct prometheus_label items[LIMIT_PROMETHEUS_LABELS];
    size_t count;
};

struct prometheus_line {
    struct slice key;  /* name and labels as written: the same bytes, the same series */
    struct slice name; /* still escaped where it is quoted */
    struct slice value, stamp; /* tokens; stamp may be empty */
    bool has_exemplar;
};

/* NULL, or why it is no sample; *at is where. */
const char *prometheus_line_parse(struct slice line, struct prometheus_line *out,
                                  struct prometheus_labels *labels, const char **at);

/* What follows name and labels. */
const char *prometheus_line_rest(struct slice rest, struct prometheus_line *out,
                                 const char **at);

/* A Go float: also "nan", "+Inf" and "infinity" in any case. */
bool prometheus_value(struct slice token, double *value);

/*
 * Milliseconds in the text format, seconds in OpenMetrics and the HTTP API; which it is
 * shows in the size (2001 to 2969). Small numbers count from the process's start, as
 * exports of sessions without a wall clock do. False for what is none of these.
 */
bool prometheus_stamp(struct slice token, enum moment_kind *kind, int64_t *time_ns);

/* Appends a name or value with \\, \" and \n undone. */
void prometheus_unescape(struct text *t, struct slice escaped);

/* A name that needs no quotes. */
bool prometheus_is_name(struct slice name);

#endif
