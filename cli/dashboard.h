/*
 * The dashboard on a terminal: what is loaded, what is live, the screen and the keys on
 * one loop.
 */
#ifndef CLI_DASHBOARD_H
#define CLI_DASHBOARD_H

#include "cli/options.h"

/* The sources that the options name, or (for run) the program. The exit status. */
int dashboard(const struct options *o);

#endif
