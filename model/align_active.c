/*
 * Which processes of a streamed session there is anything new to know of. Counted in
 * calls of align_session, not in time: a recording, read back, makes the same calls.
 */
#include "model/align_internal.h"

/* Ten minutes where it is called each second: longer than sources are apart as a rule. */
#define IDLE_LONG ((uint32_t)600)
/* … and half a minute: a process that was killed says no more. */
#define IDLE_DEAD ((uint32_t)30)

static bool is_new(const struct process *p)
{
    return process_rows(p) != p->aligned_rows;
}

void align_note_rows(struct session *s)
{
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];
        size_t rows = process_rows(p);

        if (rows != p->aligned_rows)
            p->idle_count = 0;
        else if (p->idle_count < UINT32_MAX)
            p->idle_count++;
        p->aligned_rows = rows;
    }
}

bool align_is_pair_active(const struct session *s, const struct process *p,
                          const struct process *q)
{
    bool p_is_new, q_is_new;

    if (!s->is_streamed)
        return true;
    p_is_new = is_new(p);
    q_is_new = is_new(q);
    return (p_is_new || q_is_new) && (p_is_new || p->idle_count < IDLE_LONG) &&
           (q_is_new || q->idle_count < IDLE_LONG);
}

bool align_is_over(const struct session *s, const struct process *p)
{
    return s->is_streamed && p->idle_count >= IDLE_LONG && !is_new(p);
}

bool align_is_silent(const struct process *p)
{
    return !is_new(p) && p->idle_count >= IDLE_DEAD;
}
