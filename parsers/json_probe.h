/*
 * Recognising formats that are JSON objects: alone, in an array, one after another, one
 * a line, behind a logger's stamp.
 */
#ifndef PARSERS_JSON_PROBE_H
#define PARSERS_JSON_PROBE_H

#include <stdbool.h>

#include "model/base/slice.h"
#include "parsers/parser.h"

/* Is this text, from a "{" on and maybe cut off, of the format? */
typedef bool json_probe_sign(struct slice text);

/*
 * CERTAIN: the first object is of the format. LIKELY: a later one, or one behind other
 * text in its line. NEED_MORE: the first object is not all there.
 */
enum probe json_probe(struct slice head, bool is_whole, json_probe_sign *is_ours);

/* Does a string of one of these spellings (see json_is_spelling) stand in the text? `b`
 * may be empty. Strings inside strings, with their quotes escaped, are none. */
bool json_probe_has_key(struct slice text, struct slice a, struct slice b);

/* Without blanks and NULs in front. */
struct slice json_probe_skip_blanks(struct slice s);

#endif
