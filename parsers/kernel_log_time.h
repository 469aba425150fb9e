/* Pieces of the times that stand in front of kernel messages, for kernel_log_prefix.c. */
#ifndef PARSERS_KERNEL_LOG_TIME_H
#define PARSERS_KERNEL_LOG_TIME_H

#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

/* These take what they name from the front of *s, which stays when it is not there. */

/* "123.456789" */
MUST_USE bool klog_take_seconds(struct slice *s, int64_t *ns);

/* "00:05:14", with or without a fraction: ns since midnight. */
MUST_USE bool klog_take_clock(struct slice *s, int64_t *ns);

/* 1 to 12 of a month's name at the front of `word`; 0: none that is known. */
int klog_month_of(struct slice word);

/* Unix ns of a date without a year: the last such that is not more than a day (a zone, a
 * clock that runs ahead) behind `latest_ns`, which is not negative. */
int64_t klog_latest_date(int64_t latest_ns, int month, int day, int64_t clock_ns);

#endif
