#include "model/detect/verdict.h"

#include <stddef.h>
#include <string.h>

#include "model/detect/evidence.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_HEALTHY] = "healthy",
        [VERDICT_PRESSURE] = "pressure",
        [VERDICT_LEAK] = "leak",
        [VERDICT_PRE_OOM] = "pre-oom",
        [VERDICT_OOM_KILLED] = "oom-killed",
    };

    return names[verdict];
}

const char *verdict_word(enum verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_HEALTHY] = "healthy",
        [VERDICT_PRESSURE] = "PRESSURE",
        [VERDICT_LEAK] = "LEAK",
        [VERDICT_PRE_OOM] = "PRE-OOM",
        [VERDICT_OOM_KILLED] = "OOM-KILLED",
    };

    return words[verdict];
}

/* What Go's runtime says when it gets no more: throw and fatal in malloc.go, mem_*.go and
 * mpagealloc.go. */
static bool is_want_of_memory(const char *words)
{
    return words && (strstr(words, "out of memory") || strstr(words, "cannot allocate") ||
                     strstr(words, "failed to reserve"));
}

bool verdict_is_starved(const struct event *e)
{
    if (e->severity < SEVERITY_CRITICAL)
        return false;
    return e->kind == EVENT_OOM_KILLED ||
           (e->kind == EVENT_FATAL && (is_want_of_memory(e->message) ||
                                       is_want_of_memory(evidence_text(e, "error"))));
}

/* What merely happened, or is worth a glance, condemns nobody. */
static enum verdict verdict_of_event(const struct event *e)
{
    if (e->severity < SEVERITY_WARNING)
        return VERDICT_HEALTHY;
    if (verdict_is_starved(e))
        return VERDICT_OOM_KILLED;
    switch (e->kind) {
    case EVENT_OOM_KILLED:
        return VERDICT_OOM_KILLED;
    case EVENT_PRE_OOM:
        return VERDICT_PRE_OOM;
    case EVENT_LEAK:
    case EVENT_GOROUTINE_GROWTH:
    case EVENT_OFFHEAP_GROWTH:
        return VERDICT_LEAK;
    case EVENT_GC_PRESSURE:
    case EVENT_GC_THRASH:
    case EVENT_ASSIST_SPIKE:
    case EVENT_PAUSE_OUTLIER:
    case EVENT_GOAL_FROZEN:
        return VERDICT_PRESSURE;
    default:
        return VERDICT_HEALTHY;
    }
}

enum verdict verdict_of_process(const struct session *s, const struct process *p,
                                int64_t at_ns, const struct event **because)
{
    enum verdict worst = VERDICT_HEALTHY;

    *because = NULL;
    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        if (e->process != p || e->echo_of || event_known_ns(e) > at_ns)
            continue;
        if (verdict_of_event(e) > worst) {
            worst = verdict_of_event(e);
            *because = e;
        }
    }
    return worst;
}

enum verdict verdict_of_session(const struct session *s, int64_t at_ns,
                                const struct event **because)
{
    enum verdict worst = VERDICT_HEALTHY;

    *because = NULL;
    for (size_t i = 0; i < s->process_count; i++) {
        const struct event *event;
        enum verdict v = verdict_of_process(s, s->processes[i], at_ns, &event);

        if (v > worst) {
            worst = v;
            *because = event;
        }
    }
    /* A kernel log by itself: those whom it tells of are no processes of the session. */
    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = s->events[i];

        if (!e->process && !e->echo_of && e->time_ns <= at_ns &&
            verdict_of_event(e) > worst) {
            worst = verdict_of_event(e);
            *because = e;
        }
    }
    return worst;
}

const struct event *verdict_fatal_of(const struct session *s, const struct process *p,
                                     int64_t at_ns)
{
    for (size_t i = s->event_count; i-- > 0;) {
        const struct event *e = s->events[i];

        if (e->process == p && e->kind == EVENT_FATAL && !e->echo_of &&
            e->time_ns <= at_ns)
            return e;
    }
    return NULL;
}
