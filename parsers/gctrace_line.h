/*
 * The whole grammar of the gctrace line of Go 1.5 to 1.27, one token at a time, so
 * that a line that other output was written into can be picked up where it broke.
 *
 * Source: gcMarkTermination in runtime/mgc.go. The runtime writes the line with 35 to
 * 45 write(2) calls, a number or a literal each, and whatever else holds the
 * descriptor may write between any two of them:
 *
 *   gc 1 @0.013s 3%: 0.072+1.1+0.043 ms clock, 0.14+0.332026/11/21 02:03:57 request
 *   /0.50/0.14+0.086 ms cpu, 3->4->1 MB, 4 MB goal, 2 P
 *
 * So a record breaks only between tokens, and goes on at the start of a later line
 * with the token that was due. A number that ran into the digits of foreign text ends
 * where its own format does (fmtNSAsMS prints two significant digits, @ has three
 * decimals) or where a date begins.
 *
 * Shapes. Phases are three, or five (1.5: their middle three are the mark; all of a
 * forced cycle's stop the world). Any ", N words" between goal and P, and any words
 * in parentheses before ":" and after P, are read over. Numbers beyond their field's
 * range leave the field missing and set `has_bad_number`; a goal of 2^42 MB or more
 * means "no goal" and is missing without that.
 */
#ifndef PARSERS_GCTRACE_LINE_H
#define PARSERS_GCTRACE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/record.h"

enum gctrace_section {
    GCTRACE_NUMBER, /* gc N */
    GCTRACE_START,  /* @S */
    GCTRACE_PERCENT,
    GCTRACE_COLON, /* behind "%": words in parentheses, then ": " */
    GCTRACE_CLOCK,
    GCTRACE_CPU,
    GCTRACE_HEAP,
    GCTRACE_GROUPS, /* goal, stacks, globals, P */
    GCTRACE_DONE,
};

#define GCTRACE_PHASES_MAX 5
#define GCTRACE_CPU_MAX 7
#define GCTRACE_GROUPS_MAX 16 /* extra ", N words" of versions to come */

/* A record in the making. */
struct gctrace_record {
    struct gc_cycle cycle;
    enum gctrace_section section;
    bool wants_number; /* else: what comes behind it */
    bool has_bad_number;
    double number; /* the last one, until its unit tells what it is */
    double clock[GCTRACE_PHASES_MAX], cpu[GCTRACE_CPU_MAX], heap[3];
    unsigned clock_count, cpu_count, heap_count, group_count;
    unsigned token_count; /* numbers and separators so far */
};

enum gctrace_step {
    GCTRACE_COMPLETE, /* *text is behind the line's own part */
    GCTRACE_TORN,     /* the text ended, or something foreign stands at *text */
    GCTRACE_REFUSED,  /* this is no gctrace line */
};

/* *text stands at "gc ". Moves it on as far as the record goes. */
enum gctrace_step gctrace_record_begin(struct gctrace_record *r, struct slice *text);

/*
 * *text is the start of a later line. False, and nothing changed, when the record does
 * not go on here; else true with *step what came of it.
 */
bool gctrace_record_resume(struct gctrace_record *r, struct slice *text,
                           enum gctrace_step *step);

/*
 * Fills what follows from the rest; a record that is not complete becomes a partial
 * one. False when not even number and time are there.
 */
bool gctrace_record_finish(struct gctrace_record *r);

#endif
