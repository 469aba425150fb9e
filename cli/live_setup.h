/*
 * What the command line says of live sources, and the clocks of this machine.
 */
#ifndef CLI_LIVE_SETUP_H
#define CLI_LIVE_SETUP_H

#include "cli/options.h"
#include "replay/live.h"

/* Without anyone who is told of anything. */
struct live_options live_setup(const struct options *o);

/* The files of --header-file, --cacert, --cert and --key read. False after a message. */
bool live_setup_check(const struct options *o);

/* Starts the program that the options name: NULL after a message. */
struct child *live_setup_start(struct live *live, const struct options *o,
                               bool passes_through);

/* Monotonic, and goes on while the machine sleeps: what live_setup gives as now_ns. */
int64_t live_setup_now_ns(void *unused);

#endif
