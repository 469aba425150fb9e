/*
 * Is this a log with the Go runtime's lines in it?
 *
 * CERTAIN once a gc record or one of the lines of godebug.h is in the head, whatever else
 * is: nobody else writes them. LIKELY for 64 KiB of text without any, since megabytes of
 * other output may come first.
 */
#ifndef PARSERS_GCTRACE_PROBE_H
#define PARSERS_GCTRACE_PROBE_H

#include "parsers/parser.h"

enum probe gctrace_probe(struct slice head, bool is_whole);

#endif
