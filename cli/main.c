#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"

#ifndef HEAPREEL_VERSION
#define HEAPREEL_VERSION "unknown"
#endif

static int cmd_version(const struct options *o)
{
    (void)o;
    (void)puts("heapreel " HEAPREEL_VERSION);
    return EXIT_OK;
}

static int (*const commands[COMMAND_KINDS])(const struct options *) = {
    [COMMAND_OPEN] = cmd_open,       [COMMAND_REPORT] = cmd_report,
    [COMMAND_CHECK] = cmd_check,     [COMMAND_SNAPSHOT] = cmd_snapshot,
    [COMMAND_EXPORT] = cmd_export,   [COMMAND_DETECT] = cmd_detect,
    [COMMAND_FORMATS] = cmd_formats, [COMMAND_HELP] = cmd_help,
    [COMMAND_VERSION] = cmd_version, [COMMAND_RECORD] = cmd_record,
    [COMMAND_RUN] = cmd_run,
};

/* A reader that has seen enough ends us quietly, even when whoever started us has
 * SIGPIPE ignored. */
static void end_on_closed_pipe(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGPIPE, &action, NULL);
}

/* A full disk shows only when the last bytes are written. */
static int close_output(int status)
{
    bool had_error = ferror(stdout) != 0;

    if (fflush(stdout) == 0 && !had_error)
        return status;
    common_complain("standard output: %s", strerror(errno));
    return EXIT_UNREADABLE;
}

int main(int argc, char **argv)
{
    struct options o;
    int status = EXIT_USAGE;

    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_NUMERIC, "C");
    end_on_closed_pipe();
    if (options_parse(&o, argc, argv))
        status = commands[o.command](&o);
    options_finish(&o);
    return close_output(status);
}
