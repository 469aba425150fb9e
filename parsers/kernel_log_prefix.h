/*
 * What stands in front of a kernel message, and the time that it tells.
 *
 * Sources: dmesg of util-linux 2.38 (`[  123.456789] `, -T, -d, -H, -x, -r,
 * --time-format=iso) with or without printk's caller (`[  T116]`), /dev/kmsg
 * ("6,1234,5678901234,-;text", Documentation/ABI/testing/dev-kmsg), journalctl -k in
 * its short forms, and syslog (RFC 3164: no year). A stamp without a zone is taken as
 * UTC.
 *
 * The kernel's own time counts from boot; a wall-clock time beside it is preferred, since
 * other inputs can be held against that one. Where the year is not written, it is the
 * last one in which the date does not lie behind the file's last change.
 *
 * Lifetime: all slices borrow from the line.
 */
#ifndef PARSERS_KERNEL_LOG_PREFIX_H
#define PARSERS_KERNEL_LOG_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/record.h"

struct klog_line {
    struct slice text; /* the message */
    struct slice tag;  /* who wrote it: "kernel", "systemd-oomd"; empty: nobody says */
    enum moment_kind time_kind;
    int64_t time_ns;
    bool has_boot; /* the kernel's own stamp is there, whatever time_kind is */
    int64_t boot_ns;
    uint32_t caller; /* the printk caller, by which two reports come apart; 0 = unknown */
    bool is_record;  /* it begins like a record of /dev/kmsg, or as dmesg prints one */
};

/* What is known of the time from outside the line. */
struct klog_calendar {
    bool has_latest;
    int64_t latest_ns; /* Unix time that no line can be (much) later than */
};

/* printk's records have 1 KiB, colours add a little; what is longer is cut. */
#define KLOG_PLAIN_BYTES 4096
struct klog_plain {
    char bytes[KLOG_PLAIN_BYTES];
};

/* The line without the colours of dmesg -L and -H, in `plain` where there were any. */
struct slice klog_without_colours(struct slice line, struct klog_plain *plain);

void klog_peel(struct slice line, const struct klog_calendar *calendar,
               struct klog_line *out);

#endif
