/* Is this the log of a kernel? For kernel_log.c alone. */
#ifndef PARSERS_KERNEL_LOG_PROBE_H
#define PARSERS_KERNEL_LOG_PROBE_H

#include "parsers/parser.h"

enum probe klog_probe(struct slice head, bool is_whole);

#endif
