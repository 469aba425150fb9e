/*
 * Figures of processes and of the machine as /proc tells them: status, smaps_rollup,
 * smaps, statm, stat, oom_score, meminfo, vmstat. One reading, or many one after
 * another, each told by a key, an address or a file that comes again.
 *
 * Source: Documentation/filesystems/proc.rst of Linux 3.10 to 6.18.
 *
 * Shapes. A reading may have its time in front: of its lines ("2026-11-21T01:02:03Z
 * VmRSS: …", "1795224984.5 …") or on a line of its own (parsers/moment_text.h). Several
 * files may share an input, as `head`, `tail` and `grep` put them together: "==>
 * /proc/1/status <==" or "/proc/1/status:VmRSS: …"; those of one moment and one process
 * become one sample. Bytes, counts, ns; pages are taken as 4 KiB, ticks as 10 ms.
 *   status        mem.rss, sched.threads, x.proc.VmHWM, x.proc.RssAnon, …
 *   smaps_rollup  mem.rss, x.proc.Pss, x.proc.LazyFree, …
 *   smaps         the same, added up; x.smaps.go.heap, x.smaps.file, … resident bytes
 *   statm, stat   mem.rss, x.proc.statm.size, …; sched.threads, x.proc.majflt, …
 *   meminfo       x.meminfo.MemAvailable, …, x.meminfo.slab_share
 *   vmstat        x.vmstat.oom_kill, …
 * A sample's shape is the file's name, "proc" or "host" where several make it up.
 *
 * A line that does not fit is skipped and counted, with its place; the other lines of
 * its reading stay. A lone number says nothing by itself: what it is must come from a
 * header or the input's own name, else the input is refused.
 */
#ifndef PARSERS_PROC_FILES_H
#define PARSERS_PROC_FILES_H

#include "parsers/parser.h"

extern const struct parser_ops proc_parser;

#endif
