/*
 * The kernel's log (dmesg, journalctl -k, /var/log/messages, /dev/kmsg), for what it
 * tells of processes killed for memory: reports of the OOM killer, systemd-oomd's kills,
 * and what systemd and the kubelet say of either.
 *
 * Each kill is one notice, EVENT_OOM_KILLED, at the time of its kill line, however many
 * loggers tell it. Its facts: "constraint" (CONSTRAINT_…, "systemd-oomd"), "trigger" and
 * "trigger_pid" (who asked for the memory), "cgroup" (the one that was full), the figures
 * of enum klog_fact under klog_fact_name, "page_bytes" where the report tells it, "tasks"
 * (rows of its table); of systemd-oomd "pressure_percent", "pressure_limit_percent",
 * "pressure_cgroup", "memory_used_bytes" and the like, "killed_processes". Up to
 * LIMIT_OOM_TASKS tasks follow, greatest resident size first.
 *
 * A report whose kill line is missing gives a notice where it names the victim, else a
 * sample of its cgroup's use and limit; either is counted as skipped.
 */
#ifndef PARSERS_KERNEL_LOG_H
#define PARSERS_KERNEL_LOG_H

#include "parsers/parser.h"

extern const struct parser_ops kernel_log_parser;

#endif
