/*
 * Profiles in pprof's protobuf form, unpacked (the gzip that nearly all are in is undone
 * by a decoder before): heap, allocs, goroutine, CPU and any other sample types.
 *
 * Source: profile.proto of github.com/google/pprof; what writes it: runtime/pprof of Go
 * 1.15 to 1.27 (proto.go, protomem.go), pprof itself, Datadog's fast delta encoder.
 *
 * Errors. One record a file, at its end, or at the place from where it is beyond use. A
 * message that is damaged inside is skipped and counted. Where the fields themselves do
 * not follow each other any more, that is an error with its offset, and reading goes on
 * at the next place from where on they do; names whose number can have shifted are left
 * out. A file that was cut off before its string table, which Go writes last, has totals
 * and addresses but no names. A second profile behind the first (`cat a b`) is an error:
 * its numbers mean other things than those of the first, which is kept.
 */
#ifndef PARSERS_PPROF_H
#define PARSERS_PPROF_H

#include "parsers/parser.h"

extern const struct parser_ops pprof_parser;

#endif
