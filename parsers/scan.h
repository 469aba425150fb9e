/*
 * Searching bytes at memory speed. Ordinary log lines outnumber ours a hundred to one,
 * so finding the next line that may be ours is what loading a log costs.
 */
#ifndef PARSERS_SCAN_H
#define PARSERS_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* What the Go runtime's lines begin with. */
enum scan_mark {
    SCAN_NONE,
    SCAN_GC,          /* "gc" and a blank or a digit */
    SCAN_PACER,       /* "pacer: " */
    SCAN_SCAV,        /* "scav " */
    SCAN_SCVG,        /* "scvg" */
    SCAN_SCHED,       /* "SCHED " */
    SCAN_GC_FORCED,   /* "GC forced" */
    SCAN_SCAN,        /* "scan: total " */
    SCAN_FINALIZERS,  /* "checkfinalizers: " */
    SCAN_INIT,        /* "init ", and " @" behind the word that follows */
    SCAN_RUNTIME,     /* "runtime: " */
    SCAN_FATAL_ERROR, /* "fatal error: " */
    SCAN_PANIC,       /* "panic: " */
};

/*
 * The first place in [p, end) where one of those begins, all of it before `end`; `end`
 * and SCAN_NONE when there is none. Adds the newlines passed on the way to *newlines.
 *
 * First by the pair of bytes that tells it (scan_pairs.h), which lies a few bytes
 * into it.
 */
const char *scan_mark(const char *p, const char *end, uint64_t *newlines,
                      enum scan_mark *mark);

/* The start of the line that `at` is in: behind the last newline in [from, at). */
const char *scan_line_start(const char *from, const char *at);

/* The newline that ends the line at p, or `end`. */
const char *scan_line_end(const char *p, const char *end);

#endif
