/*
 * Heap profiles as text: Go's /debug/pprof/heap?debug=1 with the MemStats below it, and
 * what tcmalloc and gperftools write.
 *
 * Source: writeHeapInternal in Go's runtime/pprof/pprof.go (1.15 to 1.27); the legacy
 * formats of github.com/google/pprof (profile/legacy_profile.go describes them).
 *
 * Shapes. First "heap profile: N: BYTES [N: BYTES] @ KIND/RATE", in use and allocated;
 * then records "N: BYTES [N: BYTES] @ 0xPC …", raw as sampled, each with the names of
 * its frames behind it in lines that begin with '#' (Go only). KIND says how the
 * sampling is undone:
 *
 *     heap/R                  one in R/2 bytes (Go writes twice its rate)
 *     heap_v2/R, heapz_v2/R   one in R bytes
 *     heapprofile             exact
 *     growth(z), fragmentation(z)  exact; other memory than the heap's objects
 *
 * Where both pairs of the header agree, or the second is 0, there are two columns,
 * called objects and space; else four, from alloc_objects to inuse_space.
 *
 * The snapshot below the records is handed on in front of its profile, whose time is its
 * LastGC: in-use figures are as of the end of a cycle. Several profiles may follow each
 * other. jeprof's "--- symbol" section may stand in front.
 *
 * Errors: a record that does not parse is skipped and counted, as is a profile whose
 * records do not add up to its header: it is cut off or damaged.
 */
#ifndef PARSERS_HEAP_TEXT_H
#define PARSERS_HEAP_TEXT_H

#include "parsers/parser.h"

extern const struct parser_ops heap_text_parser;

#endif
