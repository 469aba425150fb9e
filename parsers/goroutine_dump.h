/*
 * Stacks of all goroutines as the runtime prints them: /debug/pprof/goroutine?debug=2,
 * what a panic and SIGQUIT leave on standard error.
 *
 * Source: goroutineheader and traceback in Go's runtime/traceback.go, Stack in
 * runtime/debug/stack.go (1.15 to 1.27).
 *
 * Shapes. "goroutine ID [STATE, …]:" (before the bracket possibly gp=, m=, mp=; labels in
 * the bracket in 1.26, behind it in 1.27), then for each frame "FUNCTION(ARGUMENTS)" and,
 * behind a tab, "FILE:LINE +0xOFFSET" (and fp=, sp=, pc=). "created by …" with its place
 * ends a stack and is no frame of it. Text of other kinds in between is not looked at.
 *
 * A dump becomes a profile, goroutine/count, in which equal stacks are one sample, and
 * in front of it a sample of the shape "goroutines": how many there are, how many in
 * which state, how many of them leaked, how long the longest waits. It ends with the
 * input or where an ID comes for the second time: the next dump of the same process.
 * Goroutine 0 is a thread's own stack and not counted.
 */
#ifndef PARSERS_GOROUTINE_DUMP_H
#define PARSERS_GOROUTINE_DUMP_H

#include "parsers/parser.h"

extern const struct parser_ops goroutine_dump_parser;

#endif
