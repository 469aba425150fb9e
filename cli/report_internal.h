/*
 * What the two shapes of a report, text and JSON, share.
 */
#ifndef CLI_REPORT_INTERNAL_H
#define CLI_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "model/session.h"

struct text;

struct report {
    const struct options *options;
    const struct session *session;
    bool has_records;
    int64_t origin_ns;      /* the session's first record; offsets count from here */
    int64_t from_ns, to_ns; /* the window [from, to), inside the session's span */
    int width_cols;
    bool is_utf8;
    bool is_colored;
};

void report_put_text(const struct report *r, struct text *t);

/* One object and a line feed. */
void report_put_json(const struct report *r, struct text *t);

/*
 * The events inside the window, and those whose time nobody knows, in order of time; an
 * array for free(). What several inputs tell is there once.
 */
const struct event **report_events(const struct report *r, size_t *count);

/* What to look at next; static text, NULL where there is nothing to say. */
const char *report_advice(const struct event *e);

/* Digits after the point that offsets of this session need. */
int report_offset_decimals(const struct report *r);

/* How a source's records came to their place in time: the clock of its tracks, the
 * worst where they differ; CLOCK_NONE for a source that gave none. */
enum clock_kind report_source_clock(const struct session *s, const struct source *source);

/* The best clock of any source of the process: the one that its others are tied to. */
enum clock_kind report_process_clock(const struct process *p);

#endif
