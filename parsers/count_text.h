/*
 * Go's count profiles as text: /debug/pprof/goroutine?debug=1, threadcreate,
 * goroutineleak, and those that programs define themselves.
 *
 * Source: printCountProfile in Go's runtime/pprof/pprof.go (1.15 to 1.27).
 *
 * Shapes. "NAME profile: total N"; then records "COUNT @ 0xPC …", most frequent first,
 * each with an optional line "# labels: {…}", which is left out, and the names of its
 * frames in lines that begin with '#'. One type, NAME/count. Several profiles may follow
 * each other. The text has no time.
 *
 * Errors: a record that does not parse is skipped and counted, as is a profile whose
 * records do not add up to its total: it is cut off or damaged.
 */
#ifndef PARSERS_COUNT_TEXT_H
#define PARSERS_COUNT_TEXT_H

#include "parsers/parser.h"

extern const struct parser_ops count_text_parser;

#endif
