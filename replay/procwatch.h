/*
 * A process of this machine, looked at once a second through /proc and its cgroup,
 * without any cooperation. Two sources of documents: the process ("pid:7": status,
 * smaps_rollup, stat, oom_score as parsers/proc_files.h reads them, of one moment) and
 * its cgroup ("pid:7 cgroup": memory.current, memory.max, memory.stat, memory.events,
 * memory.pressure or their v1 names, as parsers/cgroup.h reads them).
 *
 * Another user's smaps_rollup may not be read: it is left out, not a trouble; so it is
 * for a while where it takes long. When the process is gone, has exited or has given its
 * number to another there is an END of both. Watched by name it waits for the next of
 * that name, which has sources of its own ("pid:8"); where there is none yet a TROUBLE
 * says so before the END.
 */
#ifndef REPLAY_PROCWATCH_H
#define REPLAY_PROCWATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/err.h"
#include "replay/live_source.h"

struct procwatch;

/* "pid:7" or "name:api-server" (comm or base name of argv[0]; of several the youngest).
 * NULL with the reason: malformed, or no such process. `root` stands in front of /proc
 * and /sys: "" but in tests. */
struct procwatch *procwatch_start(const struct live_context *context,
                                  const char *spelling, int64_t period_ns,
                                  const char *root, struct err *err);
void procwatch_stop(struct procwatch *p);

/* -1: it waits for one of its name, or has ended. */
int64_t procwatch_pid(const struct procwatch *p);

/* Where somebody listens on TCP, and where on this machine to ask. */
#define PROCWATCH_HOST_MAX 64
struct procwatch_port {
    unsigned port;
    char host[PROCWATCH_HOST_MAX]; /* as in a URL: "127.0.0.1", "[::1]" */
};

/* At most `max` ports, in order; returns how many. None of a container that has a network
 * of its own. */
size_t procwatch_ports(const struct procwatch *p, struct procwatch_port *ports,
                       size_t max);
/* Does it listen there? unix_socket NULL: on that port. */
bool procwatch_listens(const struct procwatch *p, unsigned port, const char *unix_socket);
/* Its stderr where that is a regular file: the path to free; else NULL. */
char *procwatch_log(const struct procwatch *p);
/* The unit in whose name its stderr goes to systemd's journal: to free; else NULL. */
char *procwatch_unit(const struct procwatch *p);

#endif
