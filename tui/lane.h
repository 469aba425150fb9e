/*
 * Which processes are shown together: one chosen process and all others that ran
 * before or after it without overlapping, so that a service and its restarts make one
 * picture while programs that ran side by side do not.
 *
 * Lifetime. Borrows processes from the session; rebuilt whenever that changes.
 */
#ifndef TUI_LANE_H
#define TUI_LANE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/session.h"

/* More restarts than this in one picture cannot be told apart anyway. */
#define LANE_MAX 256

struct lane_entry {
    struct process *process;
    int64_t from_ns, to_ns; /* inclusive */
};

/* Zero-initialise. Entries are in the order of time. */
struct lane {
    struct lane_entry entries[LANE_MAX];
    size_t count;
};

/* The lane of the chosen process. NULL: of the one with the most rows. */
void lane_build(struct lane *lane, const struct session *s, struct process *chosen);

/* The entry whose process runs at a moment, or the last one that began before it (the
 * first one where none did); NULL in an empty lane. */
const struct lane_entry *lane_at(const struct lane *lane, int64_t time_ns);

/* The process with the most rows; NULL where there is none. */
struct process *lane_busiest(const struct session *s);

#endif
