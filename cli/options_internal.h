/*
 * The tables behind the command line: what may be typed, what takes it, and the words
 * that help prints about it. One row serves the parser, the help and the check that an
 * option goes with a command.
 */
#ifndef CLI_OPTIONS_INTERNAL_H
#define CLI_OPTIONS_INTERNAL_H

#include "cli/options.h"
#include "model/base/slice.h"

#define ON(command) (1u << (command))
#define ON_DATA                                                                          \
    (ON(COMMAND_OPEN) | ON(COMMAND_REPORT) | ON(COMMAND_CHECK) | ON(COMMAND_SNAPSHOT) |  \
     ON(COMMAND_EXPORT))
#define ON_LIVE (ON(COMMAND_RECORD) | ON(COMMAND_RUN))
#define ON_ALL                                                                           \
    (ON_DATA | ON_LIVE | ON(COMMAND_DETECT) | ON(COMMAND_FORMATS) | ON(COMMAND_HELP) |   \
     ON(COMMAND_VERSION))

struct option_row {
    const char *name;     /* "limit" */
    char letter;          /* 'q'; 0 = none */
    const char *argument; /* "SIZE"; NULL = takes none */
    unsigned commands;    /* ON(…) of the commands that it goes with */
    /* False when the value makes no sense; then `wants` says what would. */
    bool (*take)(struct options *o, const char *value);
    const char *wants; /* "a size such as 512MiB or 2G" */
    const char *help;  /* one line */
};

extern const struct option_row option_rows[]; /* ends with a NULL name */

#define SOURCE_TEXT                                                                      \
    "A SOURCE is a file, a folder (everything in it that is recognised, on one\n"        \
    "timeline) or - for standard input. Compression, wrapping and time stamps are\n"     \
    "found out.\n"

struct command_row {
    const char *name;
    bool wants_source;
    const char *usage;   /* after "heapreel " */
    const char *summary; /* one line for the list of commands; NULL = not in it */
    const char *text;    /* more, for help COMMAND; may be "" */
};

extern const struct command_row command_rows[]; /* indexed by enum command */

/* The command of that name; COMMAND_KINDS when there is none. */
enum command options_find_command(struct slice name);

#endif
