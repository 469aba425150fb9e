#include "tests/unit/made.h"

#include <assert.h>

#include "model/finding.h"

#define LINES_MAX 16

struct session *made_session(const struct made_line *lines, size_t count, size_t seconds)
{
    struct session *s = session_create();
    struct track *t = session_add_process(s, session_add_source(s, "made"));

    assert(count <= LINES_MAX);
    for (size_t i = 0; i < count; i++)
        (void)table_column(t->table, lines[i].metric, 0);
    for (size_t row = 0; row < seconds; row++) {
        double values[LINES_MAX];

        for (size_t i = 0; i < count; i++) {
            int64_t grown_s = (int64_t)row - lines[i].since_s;

            values[i] =
                lines[i].start + (grown_s > 0 ? lines[i].per_s * (double)grown_s : 0);
        }
        table_append(t->table, (int64_t)row * MADE_S, values);
    }
    return s;
}

struct finding made_finding(const struct session *s, enum event_kind kind,
                            enum severity severity, uint32_t metric, int64_t began_s,
                            int64_t detected_s)
{
    struct finding f = finding_of(kind, severity, s->processes[0], began_s * MADE_S,
                                  detected_s * MADE_S);

    f.has_series = metric < METRIC_COUNT;
    f.metric = f.has_series ? metric : 0;
    f.message = SLICE("what was found");
    return f;
}

struct event *made_kill_with(struct session *s, int64_t at_s, const struct notice *notice)
{
    struct event *e = session_add_event(s, s->sources[0], notice);

    e->process = s->processes[0];
    e->has_time = true;
    e->time_ns = at_s * MADE_S;
    s->processes[0]->end = END_OOM_KILLED;
    s->processes[0]->has_end = true;
    s->processes[0]->end_ns = e->time_ns;
    return e;
}

struct event *made_kill(struct session *s, int64_t at_s, double limit_bytes,
                        double rss_bytes)
{
    struct notice notice = notice_empty(EVENT_OOM_KILLED);

    notice.limit_bytes = limit_bytes;
    notice.rss_bytes = rss_bytes;
    notice.message = SLICE("the kernel killed it");
    return made_kill_with(s, at_s, &notice);
}
