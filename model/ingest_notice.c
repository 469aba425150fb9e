/* Notices become events of the session; what they say of a process is kept with it. */
#include "model/ingest_internal.h"

const char *ingest_notice(void *user, const struct notice *n)
{
    struct ingest *in = user;
    struct event *e = session_add_event(in->session, in->source, n);
    int64_t table_ns = 0;
    struct track *last;

    if (!e)
        return "more events than a session holds";
    in->source->records++;
    last = ingest_last_cycle(in, &table_ns);
    /* The runtime writes into the log of the process itself. */
    if (!last && n->kind == EVENT_FATAL)
        last = ingest_add_process(in);
    else if (n->time_kind == MOMENT_CYCLE)
        e->track = last;
    if (!last || (!e->track && n->kind != EVENT_FATAL))
        return NULL;
    e->process = last->process;
    if (e->track)
        e->stated_ns = table_ns;
    if (n->kind == EVENT_FATAL)
        last->process->end = END_FATAL;
    return NULL;
}
