/* The figures in the lines of an OOM report, for kernel_log_line.c alone. */
#ifndef PARSERS_KERNEL_LOG_FACTS_H
#define PARSERS_KERNEL_LOG_FACTS_H

#include "parsers/kernel_log_line.h"

void klog_put_pair(struct klog_parsed *p, enum klog_fact fact, unsigned char rank,
                   double value);

/* "memory: usage 51200kB, limit 51200kB, failcnt 37" and its fellows. */
bool klog_parse_usage(struct slice text, struct klog_parsed *p);

/* The lines of Mem-Info. */
bool klog_parse_host(struct slice text, struct klog_parsed *p);

/* "cache:32KB rss:524188KB …" */
void klog_put_old_stats(struct slice text, struct klog_parsed *p);

/* " total-vm:1900620kB, anon-rss:203904kB, …" behind the victim's name. */
void klog_put_kill(struct slice text, struct klog_parsed *p);

#endif
