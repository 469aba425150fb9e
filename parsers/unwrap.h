/*
 * Undoes what collectors of logs put around the lines of a process: one JSON object a
 * line, "stderr F " and a stamp, the journal's or syslog's front, a pod's name.
 *
 * Sources: Docker's json-file driver (daemon/logger/jsonfilelog), the CRI log format
 * (kubernetes design proposal "kubelet-cri-logging"), journalctl(1) and the "Journal
 * Export Formats" page of systemd, RFC 3164, RFC 5424, klog's header (k8s.io/klog),
 * `kubectl logs --timestamps --prefix`, `docker compose logs`, logcli.
 *
 * Two kinds of layers. Transport carries lines exactly as a process wrote them: they are
 * taken out, parts are joined, sources are told apart. An application's own format (JSON
 * of zap, logrus, slog; klog) is the line itself: it only gets its time in front, and
 * its message is taken out where that is a record of the runtime or the kernel.
 * Transports may nest; the outer time wins. The plan is the head's; a later line that is
 * none of it, but plainly Docker's, CRI's or the journal's JSON, is taken as that: logs
 * are put one behind the other.
 *
 * Lifetime. Everything in a struct unwrap_line is borrowed for the call.
 *
 * Memory is bounded: one line of LIMIT_LINE_BYTES a part that waits for its rest, at
 * most LIMIT_UNWRAP_PARTS of them.
 *
 * Errors. What is no line of the wrapping passes as it is. Counted in diag: lines and
 * entries that are damaged or over LIMIT_LINE_BYTES, lines on which --prefix gave up.
 */
#ifndef PARSERS_UNWRAP_H
#define PARSERS_UNWRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/diag.h"
#include "model/base/slice.h"
#include "parsers/limits.h"
#include "parsers/parser.h"

struct unwrap;
struct unwrap_pattern;

struct unwrap_options {
    const struct unwrap_pattern *pattern; /* --prefix; NULL = none; outlives the unwrap */
    int64_t reference_ns; /* Unix time: stamps without a year are the last before it */
};

/* Which layers there are, outermost first; plain data. */
struct unwrap_plan {
    unsigned char layers[LIMIT_UNWRAP_DEPTH];
    unsigned depth;
    bool has_newlines; /* Docker's texts end with a newline: one without goes on */
};

struct unwrap_line {
    struct slice source; /* pod, container, unit: who said it; empty: nobody tells */
    struct slice scope;  /* tells equal sources apart: their machine; may be empty */
    int64_t pid;         /* -1 = unknown */
    struct slice stamp;  /* its time as text for parsers/stamp.h; empty: unknown */
    struct slice text;   /* without its newline */
    bool is_foreign;     /* no line of the wrapping: as it is, of whoever spoke last */
    uint64_t line;       /* where it began in the wrapped input, from 1; 0: binary */
    uint64_t offset_bytes;
};

typedef void unwrap_taker(void *user, const struct unwrap_line *line);

/*
 * PROBE_CERTAIN with *plan filled; PROBE_NO: not wrapped as far as can be seen;
 * PROBE_NEED_MORE: what is there looks like a wrapping, and is too little to say.
 */
enum probe unwrap_probe(struct slice head, bool is_whole,
                        const struct unwrap_options *options, struct unwrap_plan *plan);

/* Of the outermost layer: "docker", "cri", …; static text. */
const char *unwrap_name(const struct unwrap_plan *plan);

/* `diag` takes what is damaged; it may be NULL. */
struct unwrap *unwrap_create(const struct unwrap_plan *plan,
                             const struct unwrap_options *options, unwrap_taker *take,
                             void *user, struct diag *diag);
void unwrap_feed(struct unwrap *u, struct slice bytes);

/* The input ended: the last line, parts whose rest never came. */
void unwrap_finish(struct unwrap *u);
void unwrap_destroy(struct unwrap *u);

/* For `heapreel formats`: the i-th wrapping; false past the end. Static text. */
struct unwrap_about {
    const char *name, *about, *example;
};
bool unwrap_about(size_t i, struct unwrap_about *out);

/* A plan of one layer, by its number in the list above: for tests and fuzzing. */
struct unwrap_plan unwrap_plan_of(size_t i);

#endif
