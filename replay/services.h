/*
 * Which sources tell of one service, as their names say: what is polled below one address
 * ("http://h:6060/debug/vars", "http://h:6060/metrics"), a process and its cgroup
 * ("pid:7", "pid:7 cgroup").
 *
 * A process's number may be given again: each new source "pid:7" is a new one, and the
 * cgroup is the last one's. What is asked with a query ("/metrics?target=x") is on its
 * own: the same address may tell of anybody.
 */
#ifndef REPLAY_SERVICES_H
#define REPLAY_SERVICES_H

#include "model/base/slice.h"
#include "model/ingest.h"

struct services;

struct services *services_create(void);
void services_destroy(struct services *s);

/* Of a source that begins. NULL: of none that others could tell of. Valid until
 * services_destroy. */
struct ingest_service *services_of(struct services *s, struct slice source);

#endif
