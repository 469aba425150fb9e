/*
 * The MemStats that Go writes below the records of /debug/pprof/heap?debug=1: lines
 * "# Name = value" behind a line "# runtime.MemStats".
 *
 * Source: writeHeapInternal in runtime/pprof/pprof.go (1.15 to 1.27). "Stack", "MSpan"
 * and "MCache" have two values, in use and from the system; PauseNs and PauseEnd are
 * rings of 256 in brackets; MaxRSS is the greatest RSS so far, on Unix.
 *
 * Lifetime: what heap_text_footer_settle returns is valid until the next begin.
 */
#ifndef PARSERS_HEAP_TEXT_FOOTER_H
#define PARSERS_HEAP_TEXT_FOOTER_H

#include <stdbool.h>

#include "model/record.h"
#include "parsers/pause_ring.h"

#define HEAP_TEXT_EXTRAS 16 /* more than Go has lines without a place of their own */

struct heap_text_footer {
    struct mem_snapshot snapshot;
    double alloc; /* "Alloc", the same as HeapAlloc */
    struct snapshot_extra extra[HEAP_TEXT_EXTRAS];
    struct pause_ring ring, list; /* as it comes; in the order of time */
    unsigned pause_count, pause_end_count;
};

void heap_text_footer_begin(struct heap_text_footer *f);

/* Takes a line; NULL, or why it is of no use. Foreign names are no fault. */
const char *heap_text_footer_take(struct heap_text_footer *f, struct slice line);

/* The snapshot, or NULL where the lines do not make one. */
const struct mem_snapshot *heap_text_footer_settle(struct heap_text_footer *f);

#endif
