/*
 * What the two shapes of a report, text and JSON, share.
 */
#ifndef CLI_REPORT_INTERNAL_H
#define CLI_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "model/base/compiler.h"
#include "model/detect/verdict.h"
#include "model/session.h"

struct text;

struct report {
    const struct options *options;
    const struct session *session;
    bool has_records;
    int64_t origin_ns;      /* the session's first record; offsets count from here */
    int64_t from_ns, to_ns; /* the window [from, to), inside the session's span */
    int64_t at_ns;          /* what was known by then: INT64_MAX, or before --to */
    int width_cols;
    bool is_utf8;
    bool is_colored;
};

void report_put_text(const struct report *r, struct text *t);

/* One object and a line feed. */
void report_put_json(const struct report *r, struct text *t);

/*
 * Sets up a report of the session: its window and its place on the screen. False, after a
 * message, where the window makes no sense.
 */
MUST_USE bool report_begin(struct report *r, const struct options *o,
                           const struct session *s);

/* Prints the report as the options say. */
void report_print(const struct report *r);

/*
 * The events known by the window's end that are inside it or last into it, and those
 * whose time nobody knows, in order of time; an array for free(). What several inputs
 * tell is there once.
 */
const struct event **report_events(const struct report *r, size_t *count);

/* The session's verdict as known by the window's end. */
enum verdict report_verdict(const struct report *r);

/* What is foretold of it; NULL where nothing is that means something. */
const struct forecast *report_forecast(const struct report *r, const struct process *p);

/* The process in the worst state; of equals the one whose end is the nearest, else the
 * latest. NULL where there is none. */
const struct process *report_worst(const struct report *r);

/* Digits after the point that offsets of this session need. */
int report_offset_decimals(const struct report *r);

/* How a source's records came to their place in time: the clock of its tracks, the
 * worst where they differ; CLOCK_NONE for a source that gave none. */
enum clock_kind report_source_clock(const struct session *s, const struct source *source);

/* The best clock of any source of the process: the one that its others are tied to. */
enum clock_kind report_process_clock(const struct process *p);

#endif
