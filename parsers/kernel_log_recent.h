/*
 * Kills that were handed on a while ago, so that the same one told again by a second
 * logger, by systemd or by the kubelet is one event.
 */
#ifndef PARSERS_KERNEL_LOG_RECENT_H
#define PARSERS_KERNEL_LOG_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/kernel_log_report.h"

struct klog_recent_kill {
    uint64_t hash; /* of all that its line says; 0: none */
    int64_t pid;
    enum moment_kind time_kind;
    int64_t time_ns;
    bool has_boot;
    int64_t boot_ns;
};

struct klog_recent_unit {
    bool is_used, by_kernel;
    enum moment_kind time_kind;
    int64_t time_ns;
    uint64_t line;
    struct klog_path path; /* may be empty: a kill line says no cgroup */
};

struct klog_recent {
    struct klog_recent_kill kills[LIMIT_OOM_RECENT];
    uint64_t kill_count;
    struct klog_recent_unit units[LIMIT_OOM_RECENT_PATHS];
    uint64_t unit_count;
};

/* Has this kill been handed on? */
bool klog_recent_has(const struct klog_recent *r, const struct klog_place *at,
                     const struct klog_parsed *kill);

/* Has one of that pid, at about that time? */
bool klog_recent_has_pid(const struct klog_recent *r, const struct klog_place *at,
                         int64_t pid);
void klog_recent_add(struct klog_recent *r, const struct klog_place *at,
                     const struct klog_parsed *kill);

/*
 * Was one handed on, moments ago, in a cgroup that is or lies in `unit` (a path, or a
 * unit's name)? by_kernel: the kernel's kills count, too, also those of which no cgroup
 * is known; else only those of systemd-oomd.
 */
bool klog_recent_has_unit(const struct klog_recent *r, const struct klog_place *at,
                          struct slice unit, bool by_kernel);
void klog_recent_add_unit(struct klog_recent *r, const struct klog_place *at,
                          struct slice path, bool by_kernel);

#endif
