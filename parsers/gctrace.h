/*
 * What the Go runtime writes to standard error, of every version from 1.0 to 1.27, in the
 * midst of any other text: gctrace lines, and beside them what other GODEBUG settings
 * print (godebug.h) and fatal errors (gofatal.h).
 *
 * Sources and grammar: gctrace_line.h (1.5 on), gctrace_old.h (before), gctrace_fast.h
 * (the ordinary line, fast). A record may start in the middle of a line, be glued to
 * other output or continue on a later line; several processes may share the stream.
 *
 * Time stamps in front of the line, or of the line right above it, go along with the
 * record (stamp.h).
 *
 * What cannot be used, or only in part, is counted: a record whose rest never came
 * within LIMIT_GLUED_LINES lines, a number beyond its range, a line so long that its
 * middle was not looked at.
 */
#ifndef PARSERS_GCTRACE_H
#define PARSERS_GCTRACE_H

#include "parsers/parser.h"

extern const struct parser_ops gctrace_parser;

#endif
