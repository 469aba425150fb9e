/*
 * Wall-clock time stamps in front of log lines.
 *
 * Sources: RFC 3339 and ISO 8601 as loggers write it ("T" or a blank, fraction after
 * a point or a comma, then "Z", "+01:00", "+0100", "+01", " +0100", " CET" or nothing),
 * and Go's log package ("2026/11/21 02:03:57.853114"). A leading "[", "<6>" or "time="
 * is passed over. A stamp without a zone is taken as UTC: a log that leaves it out
 * cannot tell.
 */
#ifndef PARSERS_STAMP_H
#define PARSERS_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"

struct stamp {
    int64_t unix_ns;
    int64_t step_ns; /* the stamp's own resolution: 1 s, 1 ms, … */
    size_t len;      /* bytes of the line up to behind the stamp */
};

/* At the front of a line; false when there is none. */
bool stamp_parse(struct slice line, struct stamp *out);

/*
 * Where the text of a line begins: behind stamp, one blank and, where a container
 * runtime wrote it, "stderr F ".
 */
size_t stamp_skip(struct slice line);

/* Does a date and time stand here? For text that ran into other text. */
bool stamp_is_here(struct slice text);

#endif
