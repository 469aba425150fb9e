/*
 * Which findings were told: by what they are about, since a watcher that looks at a
 * process again finds the same once more, as other events.
 */
#ifndef CLI_ALARM_TOLD_H
#define CLI_ALARM_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct session;

struct alarm_slot {
    const struct process *process;
    uint64_t hash; /* of the rest; 0: free. That two have the same one will not happen. */
};

/* Zero-initialise. */
struct alarm_told {
    struct alarm_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    size_t joined_count; /* of the session, when it was looked at last */
};

void alarm_told_finish(struct alarm_told *t);

/* False where it is in there already. */
bool alarm_told_add(struct alarm_told *t, const struct event *finding);

/*
 * To be called before the findings of the session are added: processes may have been
 * joined since. Forgets what is not there any more, once that is much.
 */
void alarm_told_settle(struct alarm_told *t, const struct session *s);

#endif
