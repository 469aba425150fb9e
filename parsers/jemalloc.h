/*
 * jemalloc's heap profiles (jeprof.*.heap).
 *
 * Source: prof_dump_impl in jemalloc's src/prof_data.c (version 5).
 *
 * Shapes. "heap_v2/R", one in R bytes sampled; then the totals "  t*: N: BYTES [N:
 * BYTES]", in use and allocated, and the same of each thread, "  t3: …"; then for each
 * stack "@ 0xPC …" and again its t* and threads. The threads repeat what t* says and are
 * left out. The second pair is 0 unless the program ran with prof_accum, and then there
 * are two columns, objects and space, as in parsers/heap_text.h. MAPPED_LIBRARIES and
 * /proc/PID/maps follow. jeprof's "--- symbol" section may stand in front.
 *
 * Errors: as in parsers/heap_text.h.
 */
#ifndef PARSERS_JEMALLOC_H
#define PARSERS_JEMALLOC_H

#include "parsers/parser.h"

extern const struct parser_ops jemalloc_parser;

#endif
