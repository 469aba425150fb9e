/*
 * What there is to tell of a session, in the order in which a watcher would have been
 * told. What was known at a moment is thus the front of the list.
 *
 * Moments are held within the recording, so that its end knows everything: the kernel's
 * line about a kill comes after the last record. An event whose moment nobody knows
 * stands in front, as it might have been at any time.
 *
 * Lifetime. Borrows the session's events; made anew when the session changed.
 */
#ifndef TUI_TOLD_H
#define TUI_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/session.h"
#include "tui/lane.h"

struct told {
    const struct event *event;
    int64_t known_ns;
    bool is_shown;  /* of a process on the screen, or of nobody that is known */
    uint32_t order; /* among the session's events */
};

/* Zero-initialise. */
struct told_list {
    struct told *items;
    size_t count, capacity;
};

/* All events but those that another source told already; those of the lane's processes
 * are marked. */
void told_build(struct told_list *list, const struct session *s, const struct lane *lane,
                int64_t from_ns, int64_t to_ns);
void told_finish(struct told_list *list);

/* How many of the list were known at that moment. */
size_t told_known(const struct told_list *list, int64_t at_ns);

/*
 * Of what is shown and at least as severe, the first that was told after that moment, or
 * the last before it. Of several of one moment, the worst. NULL where there is none.
 */
const struct told *told_next(const struct told_list *list, int64_t at_ns,
                             enum severity least);
const struct told *told_previous(const struct told_list *list, int64_t at_ns,
                                 enum severity least);

#endif
