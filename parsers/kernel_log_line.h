/*
 * One line of a report of the kernel's OOM killer, taken apart.
 *
 * Sources: mm/oom_kill.c, mm/memcontrol.c, mm/show_mem.c and lib/show_mem.c of
 * Linux 2.6.32 to 6.18 (dump_header, dump_tasks, oom_kill_process,
 * mem_cgroup_print_oom_*, __show_mem), and RHEL's variants of the kill line.
 *
 * Figures come as pairs of a fact and a number: in bytes where the fact's name says so,
 * but for those that klog_fact_in_pages names, which the kernel counts in pages of a size
 * that only the whole report tells. What a line does not hold, or not entirely (a
 * kB that was cut off), is missing.
 *
 * Lifetime: slices borrow from the line.
 */
#ifndef PARSERS_KERNEL_LOG_LINE_H
#define PARSERS_KERNEL_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

enum klog_fact {
    /* Of the cgroup: the usage lines. */
    KLOG_USAGE,
    KLOG_LIMIT,
    KLOG_FAILCNT,
    KLOG_SWAP_USAGE,
    KLOG_SWAP_LIMIT,
    KLOG_MEMSW_USAGE,
    KLOG_MEMSW_LIMIT,
    /* … and its statistics. */
    KLOG_CG_ANON,
    KLOG_CG_FILE,
    KLOG_CG_KERNEL,
    KLOG_CG_KERNEL_STACK,
    KLOG_CG_PAGETABLES,
    KLOG_CG_SOCK,
    KLOG_CG_SHMEM,
    KLOG_CG_SLAB,
    KLOG_CG_SLAB_RECLAIMABLE,
    KLOG_CG_HUGE,
    KLOG_CG_SWAP,
    KLOG_CG_INACTIVE_FILE,
    KLOG_CG_ACTIVE_FILE,
    KLOG_CG_UNEVICTABLE,
    /* Of the machine. */
    KLOG_HOST_FREE,
    KLOG_HOST_ACTIVE_ANON,
    KLOG_HOST_INACTIVE_ANON,
    KLOG_HOST_ACTIVE_FILE,
    KLOG_HOST_INACTIVE_FILE,
    KLOG_HOST_UNEVICTABLE,
    KLOG_HOST_SLAB_RECLAIMABLE,
    KLOG_HOST_SLAB_UNRECLAIMABLE,
    KLOG_HOST_SHMEM,
    KLOG_HOST_PAGETABLES,
    KLOG_HOST_RAM,
    KLOG_HOST_SWAP_FREE,
    KLOG_HOST_SWAP_TOTAL,
    /* Of the one that was killed. */
    KLOG_TOTAL_VM,
    KLOG_ANON_RSS,
    KLOG_FILE_RSS,
    KLOG_SHMEM_RSS,
    KLOG_PGTABLES,
    KLOG_OOM_SCORE,
    KLOG_OOM_SCORE_ADJ,
    KLOG_UID,
    KLOG_FACTS,
};

const char *klog_fact_name(enum klog_fact fact); /* "usage_bytes" */
bool klog_fact_in_pages(enum klog_fact fact);

enum klog_kind {
    KLOG_OTHER,
    KLOG_TRIGGER,   /* COMM invoked oom-killer: comm */
    KLOG_CPU,       /* CPU: 1 PID: 116 Comm: …: comm, pid */
    KLOG_CGROUPS,   /* Task in A killed as a result of limit of B: path, limit_path */
    KLOG_MEMORY,    /* memory: usage …: pairs */
    KLOG_MEMORY_2,  /* the lines on swap and kernel memory that follow it */
    KLOG_STATS,     /* Memory cgroup stats for PATH: limit_path, pairs of the old form */
    KLOG_STAT,      /* "anon 1062739968": pairs, or none where the key is not known */
    KLOG_HOST,      /* Mem-Info's lines: pairs */
    KLOG_TABLE,     /* the table's header: columns */
    KLOG_TASK,      /* its rows: left to klog_parse_task, which needs the columns */
    KLOG_SUMMARY,   /* oom-kill:constraint=…: constraint, paths, comm, pid, uid */
    KLOG_SACRIFICE, /* Kill process N (COMM) score S or sacrifice child */
    KLOG_KILL,      /* Killed process N (COMM) … */
    KLOG_GROUP,     /* Tasks in PATH are going to be killed …: path */
    KLOG_REAPED,    /* oom_reaper: reaped process N (COMM) */
    KLOG_SYSTEM,    /* the kubelet's word on a kill: comm, pid */
    KLOG_TORN,      /* a kill line, but no use: `reason` */
};

/* Columns of the table of tasks that are read. The name is always the last. */
enum klog_column { KLOG_COL_OTHER, KLOG_COL_TGID, KLOG_COL_TOTAL_VM, KLOG_COL_RSS };
#define KLOG_COLUMNS 16 /* 2.6.32 prints 8, 6.18 prints 12 */

struct klog_columns {
    unsigned char kind[KLOG_COLUMNS];
    unsigned count; /* without the pid, which is in brackets, and the name; 0: unknown */
};

struct klog_pair {
    enum klog_fact fact;
    unsigned char rank; /* a figure of higher rank says the same better */
    double value;
};
#define KLOG_PAIRS 16

struct klog_parsed {
    enum klog_kind kind;
    struct slice comm;
    int64_t pid; /* -1 = not there */
    struct slice path, limit_path, constraint;
    bool is_memcg, is_global; /* the line itself says by what the kill was called for */
    bool is_bare; /* nothing but the report around it proves that the kernel wrote it */
    const char *reason; /* of a torn line, or of a kill that lacks a figure; or NULL */
    struct klog_columns columns;
    struct klog_pair pairs[KLOG_PAIRS];
    size_t pair_count;
};

/* `text` without what stands before the message. */
void klog_parse(struct slice text, struct klog_parsed *out);

/*
 * "anon 1062739968", with or without blanks in front. Looser than the rest, so it is
 * asked for only where such a line is due.
 */
bool klog_parse_stat(struct slice text, struct klog_parsed *out);

struct klog_task {
    int64_t pid; /* the process's: tgid */
    double total_vm_pages, rss_pages;
    struct slice name;
};

/* A row of the table; without a header (count 0) the first columns are those that every
 * kernel prints first. */
bool klog_parse_task(struct slice text, const struct klog_columns *columns,
                     struct klog_task *out);

#endif
