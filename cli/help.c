#include <stdio.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options_internal.h"
#include "cli/suggest.h"
#include "model/base/text.h"

/* Where the explanations of options and commands begin. */
#define COLUMN 24

static void put_row(struct text *t, const char *left, const char *right)
{
    int pad = COLUMN - text_cells(left);

    text_put_str(t, left);
    text_repeat(t, " ", pad > 1 ? (size_t)pad : 2);
    text_put_str(t, right);
    text_put_char(t, '\n');
}

static void put_options(struct text *t, enum command command)
{
    for (const struct option_row *row = option_rows; row->name; row++) {
        struct text left = {0};

        if (!(row->commands & ON(command)))
            continue;
        if (row->letter)
            text_printf(&left, "  -%c, --%s", row->letter, row->name);
        else
            text_printf(&left, "      --%s", row->name);
        if (row->argument)
            text_printf(&left, "=%s", row->argument);
        put_row(t, text_str(&left), row->help);
        text_finish(&left);
    }
}

static void put_command(struct text *t, enum command command)
{
    const struct command_row *row = &command_rows[command];

    text_printf(t, "Usage: heapreel %s\n\n", row->usage);
    if (row->summary)
        text_printf(t, "%s: %s.\n", row->name, row->summary);
    if (*row->text)
        text_printf(t, "%s", row->text);
    text_put_str(t, "\nOptions:\n");
    put_options(t, command);
    if (row->wants_source)
        text_put_str(t,
                     "\nSIZE: 512MiB, 2G, 1073741824. TIME: RFC 3339, +90s, 1h30m, -5m "
                     "(from the end).\n");
}

static void put_overview(struct text *t)
{
    text_put_str(
        t, "heapreel shows what the heap of a Go program did, out of GC logs, metrics,\n"
           "profiles and kernel logs.\n\n"
           "Usage: heapreel [COMMAND] [OPTION…] SOURCE…\n\nCommands:\n");
    for (size_t i = 0; i < COMMAND_KINDS; i++) {
        struct text left = {0};

        if (!command_rows[i].summary)
            continue;
        text_printf(&left, "  %s", command_rows[i].name);
        put_row(t, text_str(&left), command_rows[i].summary);
        text_finish(&left);
    }
    text_put_str(t, "\n" SOURCE_TEXT "\nOptions of the dashboard:\n");
    put_options(t, COMMAND_OPEN);
    text_put_str(
        t,
        "\nExit status: 0 done, 1 check has findings, 2 the command line is wrong, 3 an\n"
        "input could not be read.\nExamples:\n"
        "  heapreel gctrace.log memstats.ndjson\n"
        "  zcat app.log.gz | heapreel report -\n"
        "  heapreel help report\n");
}

static int refuse_topic(const char *topic)
{
    for (size_t i = 0; i < COMMAND_KINDS; i++) {
        unsigned distance;

        if (suggest_is_near(slice_str(topic), slice_str(command_rows[i].name),
                            &distance)) {
            common_complain("no help on '%s'; did you mean '%s'?", topic,
                            command_rows[i].name);
            return EXIT_USAGE;
        }
    }
    common_complain("no help on '%s'; 'heapreel help' lists the commands there are",
                    topic);
    return EXIT_USAGE;
}

int cmd_help(const struct options *o)
{
    enum command command = COMMAND_KINDS;
    struct text t = {0};

    if (o->source_count > 0) {
        command = options_find_command(slice_str(o->sources[0]));
        if (command == COMMAND_KINDS)
            return refuse_topic(o->sources[0]);
        put_command(&t, command);
    } else {
        put_overview(&t);
    }
    common_print(&t);
    text_finish(&t);
    return EXIT_OK;
}
