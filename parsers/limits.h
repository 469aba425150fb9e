/*
 * Every bound on what an input can make the program do, with the reason for each.
 */
#ifndef PARSERS_LIMITS_H
#define PARSERS_LIMITS_H

/* Applications dump megabytes on one line; nothing that we read is near this long.
 * The head and the tail of a longer line are still looked at. */
#define LIMIT_LINE_BYTES (1u << 20)
#define LIMIT_LINE_TAIL_BYTES 4096u

/* A parser is recognised on this much of the decoded input. */
#define LIMIT_PROBE_BYTES (64u << 10)

/* Lines that may stand between two pieces of one gc record before it is given up. */
#define LIMIT_GLUED_LINES 50u

/* gc records of different processes that may be torn open at one time. */
#define LIMIT_OPEN_RECORDS 4u

/* Processes of one log that may be alive at one time (go build runs many). */
#define LIMIT_OPEN_PROCESSES 64u

/* Lines after a fatal error that may pass before the frame at fault: the runtime's own
 * stack and 100 frames of two lines each, some of it torn. The rest of a dump, which may
 * be 64 MiB, is text like any other. */
#define LIMIT_FATAL_LINES 256u

/* Of a fatal error's message, function or file name. */
#define LIMIT_FATAL_TEXT_BYTES 256u

/* Samples of scavtrace and its like that wait for the log's first gc record. A log with
 * more of them in front of it has none. */
#define LIMIT_EARLY_SAMPLES 8u

/* Lines of other output in a row within the table of scheddetail=1. */
#define LIMIT_SCHED_FOREIGN_LINES 16u

/* Of a SCHED line that a gc line landed in: 256 processors' queues are 700 bytes. */
#define LIMIT_SCHED_LINE_BYTES 1024u

/* MemStats nests two deep; what an application adds may go a little further. */
#define LIMIT_JSON_DEPTH 64u

/* The largest object of one JSON stream that is put together: `kubectl get pods -o json`
 * of a thousand pods is 5 MiB, /debug/vars of a large service some 100 KiB. */
#define LIMIT_JSON_OBJECT_BYTES (8u << 20)

/* Text in front of a JSON object in its line: a logger's stamp, level and place. */
#define LIMIT_JSON_BEFORE_BYTES 256u

/* Of an object's first key, by which its neighbours are known again. */
#define LIMIT_JSON_KEY_BYTES 64u

/* An unpacked pprof profile. Those of large services reach 100 MiB; what is beyond this
 * is no profile but a bomb. The tables take up to some six times as much. */
#define LIMIT_PPROF_BYTES (UINT64_C(256) << 20)

/* Bytes looked through for the next good field behind damage, in all. */
#define LIMIT_PPROF_SEARCH_BYTES (1u << 20)

/* Java's converters write a dozen sample types. */
#define LIMIT_PPROF_TYPES 64u

/* Go keeps at most 1,024 frames of a stack. */
#define LIMIT_PPROF_DEPTH 16384u

/* Different locations, functions or mappings of a profile: a Go program of a gigabyte has
 * some 3 million call sites. */
#define LIMIT_PPROF_IDS (1u << 22)

/* Samples take 30 bytes or more where they are real. */
#define LIMIT_PPROF_SAMPLES (1u << 23)

/* Names of what stands in objects beside MemStats: as many as a snapshot has extras, of
 * 64 bytes; how deep and long such a name may get; a program's path. */
#define LIMIT_MEMSTATS_NAMES_BYTES (16u << 10)
#define LIMIT_MEMSTATS_PATH_BYTES 512u
#define LIMIT_MEMSTATS_PROGRAM_BYTES 1024u

/* Buckets of a runtime/metrics histogram: the runtime's time histograms have some 160,
 * those of sizes some 70. */
#define LIMIT_HISTOGRAM_BUCKETS 2048u

/* zstd's own command line refuses windows over 128 MiB unless told otherwise; so do
 * we: the window is memory that the input asks for. */
#define LIMIT_ZSTD_WINDOW_LOG 27

/* xz -9 needs 65 MiB to decode. */
#define LIMIT_XZ_MEMORY_BYTES (UINT64_C(160) << 20)

/* Figures of one moment in the text of a kernel file: /proc/vmstat of 6.x has about 200,
 * memory.stat 70. A name is a fixed front and a key. */
#define LIMIT_FIGURES 512u
#define LIMIT_FIGURE_NAME_BYTES 128u

/* One profile in a text form. Those of large services have some ten thousand stacks of
 * some thirty frames; ten and a hundred times that is a damaged or hostile file. */
#define LIMIT_TEXT_PROFILE_SAMPLES (1u << 20)
#define LIMIT_TEXT_PROFILE_STACK_ENTRIES (1u << 25)
#define LIMIT_TEXT_PROFILE_KEYS (1u << 20)          /* functions, locations, symbols */
#define LIMIT_TEXT_PROFILE_STRING_BYTES (64u << 20) /* all names together */
#define LIMIT_TEXT_PROFILE_MODULES (1u << 14)       /* mapped files */

/* GODEBUG=profstackdepth goes to 1024 frames, before inlined calls are expanded. */
#define LIMIT_TEXT_PROFILE_FRAMES 4096u

/* The name of a count profile: by convention an import path. */
#define LIMIT_COUNT_NAME_BYTES 256u

/* Different states of the goroutines of one dump: the runtime has about 50 words. */
#define LIMIT_GOROUTINE_STATES 64u
#define LIMIT_GOROUTINE_STATE_BYTES 64u

/* Reports of the kernel's OOM killer that may be open at one time. A lock in the kernel
 * lets one be written at a time; rings read late and merged logs mix two, or three. */
#define LIMIT_OOM_REPORTS 4u

/* Lines that belong to no report before an open one is given up: longer than any stack or
 * list of zones in the midst of one. */
#define LIMIT_OOM_FOREIGN_LINES 2000u

/* Tasks of a report that are kept, greatest first: a host runs thousands, and one or two
 * dozen hold its memory. */
#define LIMIT_OOM_TASKS 32u

/* Text of a report. printk cuts its records at 1 KiB, so no path of a cgroup is longer; a
 * task's name has 15 bytes, a few more where a logger escaped them. */
#define LIMIT_OOM_PATH_BYTES 1024u
#define LIMIT_OOM_NAME_BYTES 64u

/* Kills that are remembered so that a second logger's copy of the same is known. */
#define LIMIT_OOM_RECENT 1024u

/* … with the cgroup, for what systemd says of the same a moment later. */
#define LIMIT_OOM_RECENT_PATHS 16u

/* Docker's JSON inside syslog inside a pod's log, and no further. */
#define LIMIT_UNWRAP_DEPTH 3u

/* Lines of different streams that wait for their rest at one time: containers have two
 * streams each, and collectors hardly ever cut the lines of many at once. */
#define LIMIT_UNWRAP_PARTS 16u

/* Sources of one wrapped log that are followed at one time: the pods of a namespace. The
 * one that was silent longest makes room; coming back it is a new one. */
#define LIMIT_CHANNELS 256u

/* A binary field of a journal's export. systemd allows 768 MiB for core dumps; none of
 * those is ours, and a length that lies costs this much at most. */
#define LIMIT_JOURNAL_FIELD_BYTES (64u << 20)

/* Work that --prefix may do on one line: PCRE2's own limit is ten million, which is
 * seconds for a pattern that backtracks. */
#define LIMIT_PATTERN_MATCH 100000u
#define LIMIT_PATTERN_HEAP_KIB 1024u

/* etcd refuses objects over 1.5 MiB; pretty-printed they grow up to fivefold. */
#define LIMIT_KUBERNETES_OBJECT_BYTES (8u << 20)

/* Containers of one pod, helpers and all: a handful, a few dozen in odd cases. */
#define LIMIT_KUBERNETES_CONTAINERS 32u

/* Ends of containers that are remembered, to tell of each once. */
#define LIMIT_KUBERNETES_ENDS 512u

/* A compressed file inside a compressed file, and no further. */
#define LIMIT_DECODE_DEPTH 2u

/* Series of one Prometheus input: a large server's whole federation; and the bytes of all
 * their names and labels. More are skipped and counted. */
#define LIMIT_PROMETHEUS_SERIES (256u << 10)
#define LIMIT_PROMETHEUS_KEYS_BYTES (64u << 20)

/* Name and labels of one series; Prometheus itself is unhappy long before. */
#define LIMIT_PROMETHEUS_KEY_BYTES (16u << 10)

/* Labels of one series: Kubernetes puts some thirty on a container's. */
#define LIMIT_PROMETHEUS_LABELS 64u

/* Processes, containers and hosts that one Prometheus input may tell of. */
#define LIMIT_PROMETHEUS_INSTANCES 4096u

/* A name after # TYPE that is remembered until its samples come. */
#define LIMIT_PROMETHEUS_NAME_BYTES 512u

/* One string or number of a Prometheus answer: a label's value, an error's text. */
#define LIMIT_PROM_JSON_TOKEN_BYTES (64u << 10)

/* Points of one line of a VictoriaMetrics export, whose times come after all of its
 * values: twelve days at a second's step. */
#define LIMIT_PROM_JSON_POINTS (1u << 20)

/* Numbers kept of an object under a runtime metric that is no histogram. */
#define LIMIT_RUNTIME_OTHERS 8u

/* Their names; longer ones are no names. */
#define LIMIT_RUNTIME_OTHER_BYTES 64u

/* Columns of a CSV: as many as a session can name. */
#define LIMIT_CSV_COLUMNS 4096u

/* The name of a column; longer ones are prose. */
#define LIMIT_CSV_NAME_BYTES 1024u

/* Numbers of a table that is searched for change points: 1 GiB of them, and as much again
 * while they are searched. */
#define LIMIT_NUMBER_TABLE_VALUES (UINT64_C(1) << 27)

/* A file of rules: 256 rules of 1 KiB, which is more than anybody writes by hand. */
#define LIMIT_RULES_BYTES (256u << 10)

/* Lines over which one key of a rule goes: 1 KiB in lines of 32 bytes. */
#define LIMIT_RULE_KEY_LINES 32u

/* Of what is wrong with a file of rules so much is told; the rest is counted. */
#define LIMIT_RULES_FAULTS 10u

#endif
