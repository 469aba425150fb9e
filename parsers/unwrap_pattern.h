/*
 * The prefix of a log's lines as its owner describes it: --prefix=REGEX, a Perl
 * compatible pattern (pcre2pattern(3)) that is matched at the front of each line. What
 * follows the match is the text; the groups named `time` and `source`, where they took
 * part, are its time and who said it.
 *
 * A line that the pattern does not match passes as it is; so does one on which the match
 * exceeds LIMIT_PATTERN_MATCH, and that is counted.
 *
 * Built without PCRE2, no pattern can be made, and the message says so.
 */
#ifndef PARSERS_UNWRAP_PATTERN_H
#define PARSERS_UNWRAP_PATTERN_H

#include <stdbool.h>

#include "model/base/err.h"
#include "model/base/slice.h"

struct unwrap_pattern;

/* Was it built with PCRE2? */
bool unwrap_pattern_is_built_in(void);

/* NULL with *err filled where it is no pattern; offset_bytes is the place in it. */
struct unwrap_pattern *unwrap_pattern_create(const char *pattern, struct err *err);
void unwrap_pattern_destroy(struct unwrap_pattern *p);

enum pattern_result { PATTERN_NO, PATTERN_MATCH, PATTERN_GAVE_UP };

/* len: of the match; groups that did not take part are empty. */
enum pattern_result unwrap_pattern_match(const struct unwrap_pattern *p,
                                         struct slice line, size_t *len,
                                         struct slice *time, struct slice *source);

#endif
