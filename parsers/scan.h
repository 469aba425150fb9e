/*
 * Searching bytes at memory speed. Ordinary log lines outnumber ours a hundred to one,
 * so finding the next line that may be ours is what loading a log costs.
 */
#ifndef PARSERS_SCAN_H
#define PARSERS_SCAN_H

#include <stddef.h>
#include <stdint.h>

/*
 * The first place in [p, end) that holds "gc" and then a blank or a digit, all three
 * before `end`; `end` when there is none. Adds the newlines passed on the way to
 * *newlines.
 */
const char *scan_gc(const char *p, const char *end, uint64_t *newlines);

/* The start of the line that `at` is in: behind the last newline in [from, at). */
const char *scan_line_start(const char *from, const char *at);

/* The newline that ends the line at p, or `end`. */
const char *scan_line_end(const char *p, const char *end);

#endif
