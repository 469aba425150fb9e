/* Which of the open reports a line may belong to, for kernel_log_report.c. */
#ifndef PARSERS_KERNEL_LOG_FIT_H
#define PARSERS_KERNEL_LOG_FIT_H

#include "parsers/kernel_log_report.h"

/* How well a line fits a report, worst first. */
enum klog_fit {
    KLOG_FIT_NONE,    /* it has such a line, or is past that, or another CPU wrote it */
    KLOG_FIT_MAY,     /* nothing speaks against it */
    KLOG_FIT_CONTENT, /* it holds something that the line tells */
    KLOG_FIT_NAMED,   /* the line names the same victim or cgroup */
};

enum klog_fit klog_fit(const struct klog_report *r, const struct klog_place *at,
                       const struct klog_parsed *p);

bool klog_same_path(const struct klog_path *path, struct slice text);

#endif
