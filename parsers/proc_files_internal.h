/*
 * What the modules that read the kernel's text files share: which files there are, what
 * a line of each may look like, and the snapshot that lines add up to.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst,
 * Documentation/accounting/psi.rst and filesystems/proc.rst of Linux 3.10 to 6.18.
 */
#ifndef PARSERS_PROC_FILES_INTERNAL_H
#define PARSERS_PROC_FILES_INTERNAL_H

#include "parsers/figures.h"
#include "parsers/parser.h"
#include "parsers/text_parser.h"

enum proc_kind {
    PROC_NUMBER,   /* one integer, or "max" */
    PROC_KEYED,    /* "key 123" */
    PROC_PRESSURE, /* "some avg10=0.10 avg60=2.00 avg300=3.85 total=15" */
    PROC_STATUS,   /* "VmRSS:\t    6716 kB" */
    PROC_ROLLUP,   /* "Rss:   29948 kB" behind a line that ends in "[rollup]" */
    PROC_SMAPS,    /* the same for each mapping */
    PROC_MEMINFO,  /* "MemTotal:   15666184 kB" */
    PROC_STATM,    /* seven integers, in pages */
    PROC_STAT,     /* "26231 (vim) R 5392 …" */
};

struct proc_file {
    struct slice name; /* without folders, but for /proc/pressure; also the shape */
    enum proc_kind kind;
    enum subject subject;
    struct slice prefix; /* of its values' names; all of the name of a PROC_NUMBER */
    uint32_t metric;     /* of a PROC_NUMBER, or METRIC_COUNT */
    enum unit unit;      /* of a PROC_NUMBER */
};

enum proc_known { /* rows that are asked for by name */
                  PROC_FILE_CGROUP_STAT,
                  PROC_FILE_EVENTS,
                  PROC_FILE_OOM_CONTROL,
                  PROC_FILE_CGROUP_PRESSURE,
                  PROC_FILE_PRESSURE,
                  PROC_FILE_STATUS,
                  PROC_FILE_ROLLUP,
                  PROC_FILE_SMAPS,
                  PROC_FILE_MEMINFO,
                  PROC_FILE_STATM,
                  PROC_FILE_STAT,
                  PROC_FILE_VMSTAT,
};

extern const struct proc_file proc_files_table[];
extern const size_t proc_files_count;

/* By a path that ends in the file's name; NULL. */
const struct proc_file *proc_file_of_path(struct slice path);

/* By a name that somebody gave to a copy ("incident-memory.current.txt"); only files
 * that their content does not tell. */
const struct proc_file *proc_file_in_name(struct slice name);

/* By a dotted path of JSON keys ("memory.stat.anon"): the file, and *key what follows
 * it. NULL. */
const struct proc_file *proc_file_of_keys(struct slice path, struct slice *key);

enum proc_shape {
    SHAPE_NONE,
    SHAPE_NUMBER,
    SHAPE_KEYED,
    SHAPE_PRESSURE,
    SHAPE_COLON,
    SHAPE_MAPPING,
    SHAPE_STATM,
    SHAPE_STAT,
};

enum proc_shape proc_shape_of(struct slice line);

/* May a line of this shape stand in this file? */
bool proc_file_accepts(const struct proc_file *file, enum proc_shape shape);

/* The file that a line of such a shape is from, where the line before it was from
 * `current` (or NULL); NULL when it does not tell. */
const struct proc_file *proc_file_of_line(struct slice line, enum proc_shape shape,
                                          const struct proc_file *current);

/* "Key:" or "key " in front of a line. */
struct slice proc_key_of(struct slice line);

/* The next word of *line, taken off it; empty at the end. */
struct slice proc_take_word(struct slice *line);

/* The figures of one moment, from one file or several. */
#define PROC_DIR_MAX 256
#define PROC_NAME_MAX 64
struct proc_snapshot {
    bool has_content;
    uint64_t seen;                /* bit i: of row i of the table */
    const struct proc_file *file; /* of the last line */
    size_t from;                  /* its first value */
    bool has_time;
    int64_t time_ns;
    uint64_t offset_bytes, line; /* of its first line */
    char dir[PROC_DIR_MAX];
    size_t dir_len;
    char program[PROC_NAME_MAX];
    size_t program_len;
    int64_t pid; /* -1 */
    uint64_t mapping_start;
    char mapping[PROC_NAME_MAX]; /* what its resident bytes are counted under */
    size_t mapping_len;
    struct figures figures;
};

/* What proc_snapshot_take answers where the line begins the next snapshot. */
extern const char proc_begins_next[];

/* Takes a line of that file: NULL, proc_begins_next, or why it is of no use. */
const char *proc_snapshot_take(struct proc_snapshot *s, const struct proc_file *file,
                               struct slice line);

/* One value of a file: `key` is empty in a PROC_NUMBER. False when it is there already.
 */
bool proc_snapshot_put(struct proc_snapshot *s, const struct proc_file *file,
                       struct slice key, double value);

/* "some" or "full" and "avg10", "avg60", "avg300" (in per cent) or "total" (µs). */
const char *proc_snapshot_put_pressure(struct proc_snapshot *s,
                                       const struct proc_file *file, struct slice share,
                                       struct slice key, struct slice number);

/* What follows from the values: working set, a limit from memory.stat. */
void proc_snapshot_derive(struct proc_snapshot *s);

/* An integer, maybe below 0; "max" and what cgroup v1 writes for "no limit" are NaN. */
bool proc_number(struct slice text, double *value);

/* The parser's state, which the rows "cgroup", "psi" and "proc" share. */
struct proc_files {
    struct text_parser text;
    const struct proc_file *named;  /* by the input's own name */
    const struct proc_file *header; /* by "==> memory.stat <==" */
    bool is_unread;                 /* under a header of a file that we do not read */
    bool is_of_cgroup;              /* the input's own name says so */
    bool has_time;
    int64_t time_ns;
    uint64_t given, orphan_numbers;
    char dir[PROC_DIR_MAX]; /* of the header */
    size_t dir_len;
    struct proc_snapshot snapshot;
};

struct proc_place {
    uint64_t offset_bytes, line;
};

/* Hands on what was gathered. */
void proc_files_flush(struct proc_files *p);
void proc_snapshot_begin(struct proc_snapshot *s, const struct proc_place *at);

/* A JSON object on one line (cgroup.c). */
void cgroup_take_json(struct proc_files *p, struct slice line,
                      const struct proc_place *at);
/* Has this JSON text, whole or not, a key of a cgroup file? */
bool cgroup_has_json_key(struct slice text);

bool proc_files_open(void *state, const struct sink *sink, struct diag *diag);
bool proc_files_finish(void *state, struct err *err);
void proc_files_close(void *state);

/* As parser_ops.probe, for the row that reads this kind of subject first. */
enum proc_row { PROC_ROW_CGROUP, PROC_ROW_PSI, PROC_ROW_PROC };
enum probe proc_files_probe(struct slice head, bool is_whole, enum proc_row row);

#endif
