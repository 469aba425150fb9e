/*
 * What the export formats share: rows in, a bounded buffer of text out.
 */
#ifndef CLI_EXPORT_INTERNAL_H
#define CLI_EXPORT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "model/base/text.h"
#include "model/session.h"

struct export
{
    const struct session *session;
    int64_t from_ns, to_ns; /* the window [from, to) */
    int64_t origin_ns;      /* the session's first record */
    struct text out;
};

/* Writes the buffer to standard output when it is large (or, is_last, at all). False
 * when that failed; there is no use in going on then. */
MUST_USE bool export_flush(struct export *e, bool is_last);

/* The rows of a track inside the window: [*row, *end). */
void export_rows(const struct export *e, const struct track *track, size_t *row,
                 size_t *end);

/* One value a line, all series of all processes in order of time. */
bool export_long(struct export *e, enum export_format format);

/* Families in catalogue order. *dropped counts points that share their time with the
 * one before, which the format does not allow. */
bool export_openmetrics(struct export *e, uint64_t *dropped);

#endif
