/*
 * Finds the lines of a log that may tell of a process killed for memory, at memory speed:
 * a host's log holds a gigabyte of others for each of them.
 */
#ifndef PARSERS_KERNEL_LOG_SCAN_H
#define PARSERS_KERNEL_LOG_SCAN_H

#include <stdint.h>

/*
 * The first place in [p, end) that holds one of "oom-k", "oomd", "oom_r", "oom.g", "OOM",
 * "Kill process ", "Killed proc", "Killed /", "Marked /", "y: usage ", "p stats for " or
 * "l_vm "; `end` when there is none. Adds the newlines passed on the way to *newlines.
 */
const char *klog_scan(const char *p, const char *end, uint64_t *newlines);

#endif
