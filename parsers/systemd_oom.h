/*
 * What systemd and systemd-oomd say of units killed for memory.
 *
 * Sources: src/oom/oomd-manager.c and src/core/unit.c, src/core/service.c of systemd 247
 * to 258 (the wording of 249's "Killed …" became "Marked … for killing" later; "A process
 * of this unit has been killed by the OOM killer" became "The kernel OOM killer killed
 * some processes in this unit").
 *
 * Lifetime: slices borrow from the line.
 */
#ifndef PARSERS_SYSTEMD_OOM_H
#define PARSERS_SYSTEMD_OOM_H

#include <stdbool.h>

#include "model/base/slice.h"

enum systemd_oom_kind {
    SYSTEMD_OOM_NONE,
    SYSTEMD_OOM_PRESSURE,  /* oomd killed a cgroup: pressure for too long */
    SYSTEMD_OOM_SWAP,      /* … memory and swap used up */
    SYSTEMD_OOM_COUNTED,   /* … so many processes of a unit: `processes` */
    SYSTEMD_OOM_BY_KERNEL, /* the kernel killed in this unit */
    SYSTEMD_OOM_CANDIDATE, /* a cgroup that oomd considers: unit */
    SYSTEMD_OOM_USAGE,     /* … its memory: usage_bytes */
};

/* Numbers are NaN where the line has none. */
struct systemd_oom {
    enum systemd_oom_kind kind;
    struct slice unit;     /* a cgroup's path or the name of a unit */
    struct slice watched;  /* the cgroup whose pressure it was */
    struct slice duration; /* "20s" */
    double pressure_percent, pressure_limit_percent;
    double memory_used_bytes, memory_total_bytes, swap_used_bytes, swap_total_bytes;
    double swap_limit_percent;
    double processes;
    double usage_bytes;
};

/* `tag`: who wrote the line, as klog_peel found it. */
bool systemd_oom_parse(struct slice tag, struct slice text, struct systemd_oom *out);

#endif
