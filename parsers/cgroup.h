/*
 * What a memory cgroup tells of itself: the files of its folder (v1 and v2), and
 * samples of them as JSON, an object a line.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of Linux
 * 3.10 to 6.18. For JSON the recorders' habit: the files' names are the keys,
 * {"time":"…","memory.current":1,"memory.stat":{"anon":1},"memory.events.oom_kill":0},
 * nested or with dots; time (or timestamp, ts) in RFC 3339 or Unix s, ms, µs or ns; a
 * text "cgroup", "path", "container", "pod" or "name" tells several cgroups apart.
 *
 * Shapes. mem.cgroup is memory.current or memory.usage_in_bytes, mem.limit memory.max or
 * memory.limit_in_bytes, and where neither is there hierarchical_memory_limit; "max" and
 * 2^62 or more is no limit, and left out. x.cgroup.working_set is the use less
 * (total_)inactive_file, as Kubernetes counts it. The rest has its own name:
 * x.cgroup.stat.anon, x.cgroup.events.oom_kill, x.cgroup.failcnt, …. Bytes and counts.
 * A sample's shape is "cgroup", or the name of the one file that it comes from.
 *
 * Reads by the rules of parsers/proc_files.h. A JSON line that is broken or has no such
 * key is skipped and counted, with its place.
 */
#ifndef PARSERS_CGROUP_H
#define PARSERS_CGROUP_H

#include "parsers/parser.h"

extern const struct parser_ops cgroup_parser;

#endif
