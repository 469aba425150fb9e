/*
 * The reports of the OOM killer that are open: lines come in, each goes to the report
 * that it belongs to.
 *
 * Two reports may come interleaved line by line, and nothing in most lines says whose
 * they are. A line goes, in this order, to the report of the same printk caller; to the
 * one whose pid or path it names; to one that does not have such a line yet; and between
 * equals to the last one served, or to the other one as long as the lines that can be
 * told apart alternate.
 *
 * Lifetime: a report owns its texts; it is gone with the next call that takes a line.
 */
#ifndef PARSERS_KERNEL_LOG_REPORT_H
#define PARSERS_KERNEL_LOG_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "parsers/kernel_log_line.h"
#include "parsers/kernel_log_prefix.h"
#include "parsers/limits.h"

struct klog_name {
    size_t len;
    char bytes[LIMIT_OOM_NAME_BYTES];
};

struct klog_path {
    size_t len;
    char bytes[LIMIT_OOM_PATH_BYTES];
};

struct klog_kept_task {
    int64_t pid;
    double total_vm_pages, rss_pages;
    struct klog_name name;
};

/* A line of the log, and where it stands. */
struct klog_place {
    struct klog_line line;
    uint64_t offset_bytes, number;
};

struct klog_report {
    bool is_open;   /* its kill has not come */
    bool is_killed; /* it has: what the group kill still adds is all that may come */
    bool is_group;
    bool has_trigger, has_cgroup_stats, has_table, has_summary, has_sacrifice;
    bool is_memcg, is_global;
    /* Where it began: for the message that it was cut off, and its time. */
    uint64_t offset_bytes, number;
    uint64_t trigger_hash;
    enum moment_kind time_kind; /* of the last line */
    int64_t time_ns;
    bool has_boot;
    int64_t trigger_boot_ns, trigger_time_ns;
    uint32_t caller;
    uint64_t last_line;
    uint64_t served;                 /* when it took its last line, in lines served */
    uint64_t served_count;           /* lines that it took */
    int64_t trigger_pid, victim_pid; /* -1: unknown */
    struct klog_name trigger, victim;
    char constraint[32];
    size_t constraint_len;
    struct klog_path limit_path, path;
    struct klog_columns columns;
    struct klog_kept_task tasks[LIMIT_OOM_TASKS]; /* greatest first */
    size_t task_count;
    uint64_t tasks_seen;
    double facts[KLOG_FACTS]; /* NaN = missing */
    unsigned char ranks[KLOG_FACTS];
};

struct klog_reports {
    struct klog_report slots[LIMIT_OOM_REPORTS];
    struct klog_report *last;
    uint64_t served;
    bool alternates;
};

/* Is there one whose kill is still to come, so that every line has to be looked at? */
bool klog_reports_open(const struct klog_reports *all);

/*
 * Takes a line that is no kill. A report that has to make room for it, or has waited too
 * long, is handed to `lost` first.
 */
typedef void klog_report_lost(void *user, const struct klog_report *report);
void klog_reports_take(struct klog_reports *all, const struct klog_place *at,
                       const struct klog_parsed *p, klog_report_lost *lost, void *user);

/* A line of the kernel's that is of no use went by: of a stack, most often. As long as
 * reports alternate line by line, it was somebody's turn. */
void klog_reports_pass(struct klog_reports *all);

/* The report that a kill belongs to, or NULL: nothing of it is there. */
struct klog_report *klog_reports_of_kill(struct klog_reports *all,
                                         const struct klog_place *at,
                                         const struct klog_parsed *p,
                                         klog_report_lost *lost, void *user);

/* That kill was handed on before: reports that are plainly of it are copies, too. */
void klog_reports_copied(struct klog_reports *all, const struct klog_place *at,
                         const struct klog_parsed *p);

/* Its kill was handed on. */
void klog_report_close(struct klog_report *report);

/* The input ended: the ones that still wait, in the order in which they began. */
void klog_reports_finish(struct klog_reports *all, klog_report_lost *lost, void *user);

struct slice klog_name_text(const struct klog_name *name);
struct slice klog_path_text(const struct klog_path *path);

#endif
