/*
 * One function a command: options in, exit status out.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

int cmd_open(const struct options *o);
int cmd_report(const struct options *o);
int cmd_check(const struct options *o);
int cmd_snapshot(const struct options *o);
int cmd_export(const struct options *o);
int cmd_detect(const struct options *o);
int cmd_formats(const struct options *o);
int cmd_record(const struct options *o);
int cmd_run(const struct options *o);
int cmd_help(const struct options *o);

#endif
