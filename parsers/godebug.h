/*
 * The lines that GODEBUG settings put beside the gc lines of a log, of Go 1.0 to 1.27,
 * and the runtime's fatal errors (gofatal.h). Part of the parser gctrace, which finds
 * them (scan.h) and keeps the gc records.
 *
 * Sources: runtime/mgcpacer.go (gcpacertrace=1), mgcscavenge.go and mheap.go
 * (scavtrace=1; up to 1.13 scvg lines under gctrace=1), proc.go (schedtrace=MS,
 * scheddetail=1, "GC forced", inittrace=1), mgcmark.go (gctrace=2), mfinal.go
 * (checkfinalizers=1); read at 1.4, 1.9, 1.15, 1.19, 1.21 and 1.24 to 1.27.
 *
 * Shapes, as samples of the process; memory in bytes, "MB" and "KiB" of the runtime being
 * MiB and KiB:
 *   pacer       one a cycle, at that cycle: pacer.assist_ratio, pacer.trigger, …
 *   sweep       pacer.sweep.heap, .allocated, .pages, .pages_per_byte
 *   scav        scav.work (since the line before; also .bg and .eager), scav.returned,
 *               scav.util
 *   scvg        heap.inuse, heap.idle, heap.sys, heap.released, scvg.consumed, scav.work
 *   sched       sched.procs, sched.threads, sched.idleprocs, … at the line's own time;
 *               with scheddetail sched.goroutines and sched.waiting.REASON
 *   forced      gc.periodic: cycles that the two-minute timer began
 *   init        init.bytes, init.allocs so far
 *   finalizers  finalizers.queued, cleanups.queued
 *   scan        scan.total_objs, scan.spans
 *
 * A line that belongs to a cycle is printed before the cycle's own, so it waits for that.
 * Memory is fixed.
 *
 * Errors: a line that begins as one of these and goes on otherwise is counted where it
 * breaks; prose that only begins with the same word is left alone.
 */
#ifndef PARSERS_GODEBUG_H
#define PARSERS_GODEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/diag.h"
#include "model/record.h"
#include "parsers/gofatal.h"
#include "parsers/limits.h"
#include "parsers/scan.h"

/* A line of the log, and where it stands. */
struct godebug_line {
    struct slice text; /* without its newline */
    uint64_t offset_bytes, number;
    bool is_start; /* false: the front of this line is gone */
};

#define GODEBUG_FIGURES 24

/* Values of one sample; their names are static. */
struct godebug_figures {
    struct sample_value values[GODEBUG_FIGURES];
    unsigned count;
};

struct godebug_place {
    uint64_t offset_bytes, line;
    bool has_stamp;
    int64_t stamp_ns;
};

/* A sample that is not handed on yet. */
struct godebug_held {
    const char *shape; /* NULL: none */
    struct godebug_figures figures;
    struct godebug_place place;
};

struct godebug_scvg {
    double work; /* released since the last line of figures; NaN: no such line */
    double last[5];
    bool has_last; /* … of the same cycle */
};

struct godebug_sched {
    struct godebug_held held; /* the first of a process whose gc lines are to come */
    int64_t held_ns;
    int64_t last_ms; /* -1 before the first */
    /* A header that a gc line landed in. */
    char torn[LIMIT_SCHED_LINE_BYTES];
    size_t torn_len;
    /* scheddetail: the table under a header, until it ends. */
    bool is_detail;
    unsigned foreign_lines;
    struct godebug_held table;
    int64_t table_ns;
    double goroutines, local_queue;
    double waiting[8];
    struct godebug_place place; /* of the header */
};

struct godebug {
    const struct sink *sink;
    struct diag *diag;
    bool has_cycle; /* a gc record was handed on */
    bool is_alone;  /* it seems there are none */
    bool is_busy;   /* the next one concerns us: something waits for it, or counts it */
    struct godebug_held early[LIMIT_EARLY_SAMPLES];
    unsigned early_count;
    struct godebug_held pacer;
    bool pacer_has_start, pacer_has_end; /* which of a cycle's two lines it holds */
    double periodic;                     /* of the process */
    bool has_periodic;                   /* the next cycle is one more */
    struct godebug_place periodic_place;
    double init_bytes, init_allocs;
    int64_t init_ns;
    struct godebug_scvg scvg;
    struct godebug_sched sched;
    struct gofatal fatal;
};

/* Of a zeroed state. */
void godebug_open(struct godebug *g, const struct sink *sink, struct diag *diag);

/*
 * `at` is the part of the line from the mark on. Returns what is left of the line, which
 * is shorter.
 */
struct slice godebug_take(struct godebug *g, const struct godebug_line *line,
                          enum scan_mark mark, struct slice at);

/* Does godebug_line have to see each line that follows? */
static inline bool godebug_wants_lines(const struct godebug *g)
{
    return g->fatal.stage != GOFATAL_NONE || g->sched.is_detail || g->sched.torn_len > 0;
}

void godebug_line(struct godebug *g, const struct godebug_line *line);

/* Where is_busy is set: a gc record is about to be handed on, and was. One flag, since
 * each gc line of a log of nothing else pays for every look at it. */
void godebug_before_cycle(struct godebug *g);
void godebug_after_cycle(struct godebug *g, uint32_t number);

void godebug_finish(struct godebug *g);

#endif
