/*
 * A program that panics before its first collection leaves a log with nothing but its
 * last words: a process without a single record. Who it was, the sources that watched it
 * from outside know.
 */
#include "model/align_internal.h"
#include "model/base/num.h"

/* Words are written, and a process is gone, within this time of each other. */
#define WORDS_SLACK_NS (INT64_C(2) * NS_PER_S)

static bool has_only_words(const struct process *p)
{
    return p->end == END_FATAL && process_rows(p) == 0;
}

/* When it spoke them; false where they were old when somebody began to look. */
static bool spoke_at(const struct session *s, const struct process *p, int64_t *at_ns)
{
    for (size_t i = s->event_count; i-- > 0;) {
        const struct event *e = s->events[i];

        if (e->process != p || e->kind != EVENT_FATAL || e->stated_kind != MOMENT_WALL)
            continue;
        *at_ns = e->stated_ns;
        return true;
    }
    return false;
}

static bool share_a_log(const struct process *p, const struct process *q)
{
    for (size_t i = 0; i < p->track_count; i++) {
        if (p->tracks[i]->source == q->tracks[0]->source)
            return true;
    }
    return false;
}

static bool is_watched(const struct process *p)
{
    return p->track_count > 0 && p->tracks[0]->subject == SUBJECT_PROCESS &&
           align_is_placed(p->tracks[0]) && process_rows(p) > 0 && p->end != END_FATAL &&
           p->end != END_OOM_KILLED;
}

/* Numbers of processes are given again. */
static bool was_alive(const struct process *p, int64_t at_ns)
{
    int64_t from_ns, to_ns;

    return process_span(p, &from_ns, &to_ns) &&
           at_ns >= num_sat_sub_i64(from_ns, WORDS_SLACK_NS) &&
           (!p->has_end || at_ns <= num_sat_add_i64(p->end_ns, WORDS_SLACK_NS));
}

static bool ended_then(const struct process *p, int64_t at_ns)
{
    return p->has_end && num_sat_sub_i64(p->end_ns, at_ns) <= WORDS_SLACK_NS &&
           num_sat_sub_i64(at_ns, p->end_ns) <= WORDS_SLACK_NS;
}

/* A log that names no process: whoever ended just then, where only one did. */
static bool could_have_spoken(const struct process *p, const struct process *q,
                              int64_t at_ns)
{
    if (!is_watched(p) || share_a_log(p, q))
        return false;
    return q->pid >= 0 ? p->pid == q->pid && was_alive(p, at_ns) : ended_then(p, at_ns);
}

static struct process *speaker_of(const struct session *s, const struct process *q)
{
    struct process *found = NULL;
    int64_t at_ns;

    if (!spoke_at(s, q, &at_ns))
        return NULL;
    for (size_t i = 0; i < s->process_count; i++) {
        if (!could_have_spoken(s->processes[i], q, at_ns))
            continue;
        if (found && q->pid < 0)
            return NULL;
        found = s->processes[i]; /* the youngest of that number */
    }
    return found;
}

void align_words(struct session *s)
{
    for (size_t i = 0; s->is_streamed && i < s->process_count;) {
        struct process *q = s->processes[i];
        struct process *p =
            has_only_words(q) && !align_is_over(s, q) ? speaker_of(s, q) : NULL;

        if (p)
            session_join(s, p, q);
        else
            i++;
    }
}
