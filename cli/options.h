/*
 * The command line, parsed: what was asked for, in the program's own terms.
 *
 * Source: the "Commands" and "Options" sections of heapreel(1), which is generated
 * from man/heapreel.1.scd.
 *
 * Lifetime. Strings point into argv; `sources`, `pattern` and `rules` are allocated and
 * freed by options_finish.
 *
 * Errors. options_parse prints one line to standard error, which says what is wrong
 * and what would be right, and returns false; the program then ends with EXIT_USAGE.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/event.h"
#include "replay/time_arg.h"

struct parser_ops;
struct rule_set;
struct unwrap_pattern;

/* The exit status of the program. */
#define EXIT_OK 0
#define EXIT_FINDINGS 1 /* check only */
#define EXIT_USAGE 2
#define EXIT_UNREADABLE 3

enum command {
    COMMAND_OPEN,
    COMMAND_REPORT,
    COMMAND_CHECK,
    COMMAND_SNAPSHOT,
    COMMAND_EXPORT,
    COMMAND_DETECT,
    COMMAND_RECORD,
    COMMAND_RUN,
    COMMAND_FORMATS,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_KINDS,
};

enum color_when { COLOR_AUTO, COLOR_NEVER, COLOR_ALWAYS };

enum export_format { EXPORT_UNSET, EXPORT_CSV, EXPORT_NDJSON, EXPORT_OPENMETRICS };

struct options {
    enum command command;
    const char **sources; /* as given, ends with NULL; for help: the command asked for */
    size_t source_count;

    /* Every command. */
    double limit_bytes;              /* --limit; NaN = not given */
    struct time_arg from, to;        /* --from, --to */
    bool has_start;                  /* --start … */
    int64_t start_ns;                /* … Unix time */
    const struct parser_ops *format; /* --format; NULL = recognise */
    const char *prefix;              /* --prefix; NULL = not given … */
    struct unwrap_pattern *pattern;  /* … and ready to use */
    const char *rules_path;          /* --rules; NULL = not given */
    struct rule_set *rules; /* the default ones and those; of commands with data */
    enum color_when color;
    bool is_quiet;
    bool is_verbose;

    /* report, check, detect */
    bool is_json;

    /* check */
    enum severity fail_on; /* SEVERITY_WARNING where it is not given */

    /* export */
    enum export_format export_format;

    /* record, run */
    const char *output; /* -o; NULL = not given */
    int64_t for_ns;     /* --for; 0 = until stopped */
    double keep_bytes;  /* --keep=SIZE; 0 = not given */
    int64_t keep_ns;    /* --keep=DURATION; 0 = not given */
    bool is_watched;    /* --watch, or what asks for it: --on, --exec */
    const char *on;     /* --on; NULL = not given */
    uint32_t on_kinds; /* … as bits, 1 << EVENT_…; the usual ones where it is not given */
    const char *hook; /* --exec; NULL = not given */

    /* open, record */
    int64_t every_ns;    /* --every; 1 s where it is not given */
    int64_t profiles_ns; /* --profiles; 0 = none */
    const char *header_file, *ca_file, *cert_file, *key_file; /* NULL = not given */
    int64_t detail_ns; /* --detail: what is older is kept in the pyramid alone */

    /* open, snapshot */
    bool has_size;
    int size_cols, size_rows; /* 1 to OPTIONS_SIZE_MAX each */
    struct time_arg at;
    const char *view; /* NULL = not given; which exist is the screen's business */
    const char *keys; /* NULL = not given */
    bool is_play;
    bool has_speed;
    int speed_log2; /* CLOCK_SPEED_LOG2_MIN to CLOCK_SPEED_LOG2_MAX */
};

/* A screen larger than this is a typing error; it bounds what is allocated. */
#define OPTIONS_SIZE_MAX 2000

MUST_USE bool options_parse(struct options *o, int argc, char **argv);
void options_finish(struct options *o);

#endif
