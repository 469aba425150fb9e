/*
 * What the members of a MemStats object are called, in every spelling, and where their
 * values go.
 *
 * Source: type MemStats in runtime/mstats.go (1.15 to 1.27); rss_bytes, goroutines and
 * cmdline are what recorders and expvar add.
 */
#ifndef PARSERS_MEMSTATS_FIELDS_H
#define PARSERS_MEMSTATS_FIELDS_H

#include <stddef.h>

#include "model/base/slice.h"

enum memstats_kind {
    MEMSTATS_DOUBLE, /* at `offset` in struct mem_snapshot */
    MEMSTATS_ALLOC,  /* "Alloc", the same as HeapAlloc */
    MEMSTATS_NUM_GC,
    MEMSTATS_LAST_GC,
    MEMSTATS_EXTRA, /* under Go's name, however it is spelt */
    MEMSTATS_PAUSE_NS,
    MEMSTATS_PAUSE_END,
    MEMSTATS_IGNORED, /* BySize, and the two booleans */
    MEMSTATS_CMDLINE,
    MEMSTATS_TIME,
    MEMSTATS_OTHER, /* whatever else an application adds */
};

struct memstats_field {
    struct slice name; /* as Go writes it */
    enum memstats_kind kind;
    size_t offset;
};

/* Never NULL: what is no field of MemStats is one of kind MEMSTATS_OTHER, without name.
 */
const struct memstats_field *memstats_field(struct slice key);

#endif
