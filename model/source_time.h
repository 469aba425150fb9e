/*
 * When a source was written, as its name or its file system tells: for records that
 * carry no time themselves.
 *
 * Names. The first of these in the file's name (folders do not count) that lies in the
 * years 2001 to 2099, UTC unless a zone is written:
 *   a date with a time of day   20261121-013624, 2026-11-21T01:36:24.5Z, 2026-11-21_01.36
 *   a Unix time                 1644509272 s, …272337 ms, …337470 µs, …470000 ns
 *   a date alone                20261121, 2026-11-21: the time of the last change where
 *                               that was on this day, else its beginning
 */
#ifndef MODEL_SOURCE_TIME_H
#define MODEL_SOURCE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"

struct source;

/* By the name, else by the last change; false where there is neither. */
bool source_time(const struct source *source, int64_t *unix_ns);

/* By the name alone; *is_day: it gives nothing finer than the day. */
bool source_time_of_name(struct slice name, int64_t *unix_ns, bool *is_day);

#endif
