/*
 * A kill, with what its report says of it, as a notice in plain words; and what becomes
 * of a report that names nobody.
 *
 * Pages become bytes here: what the kill line says in kB over what the table says in
 * pages is the size of a page; where one of them is missing it is 4 KiB.
 */
#ifndef PARSERS_KERNEL_LOG_NOTICE_H
#define PARSERS_KERNEL_LOG_NOTICE_H

#include "model/base/text.h"
#include "model/record.h"
#include "parsers/kernel_log_report.h"
#include "parsers/systemd_oom.h"

struct klog_kill {
    const struct klog_parsed *line; /* NULL: it is lost, the report says whom it meant */
    const struct klog_report *report; /* NULL: nothing of it is there */
    enum moment_kind time_kind;
    int64_t time_ns;
};

/* Hands the notice to the sink; what the sink says. `message` is scratch. */
const char *klog_notice_kill(const struct sink *sink, const struct klog_kill *kill,
                             struct text *message);

/* The cgroup of a kill: its task's, else the one that was full; empty: unknown. */
struct slice klog_notice_path(const struct klog_report *report);

/* Only the cgroup's own figures are left of a report: a sample of it. *is_used: there
 * were any. */
const char *klog_notice_cgroup(const struct sink *sink, const struct klog_report *report,
                               bool *is_used);

/* candidate_bytes: what oomd said that the cgroup held; NaN: nothing. */
const char *klog_notice_systemd(const struct sink *sink, const struct klog_line *line,
                                const struct systemd_oom *o, double candidate_bytes,
                                struct text *message);

#endif
