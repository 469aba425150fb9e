/* Which process a source tells of, where others tell of it too, or say its pid. */
#include <string.h>

#include "model/ingest_internal.h"

void ingest_set_service(struct ingest *in, struct ingest_service *service)
{
    in->service = service;
}

static struct process *present_process(const struct ingest *in)
{
    if (in->service && in->service->track)
        return in->service->track->process;
    if (in->gc.count)
        return in->gc.open[in->gc.current].track->process;
    return ingest_process_beside(in);
}

void ingest_set_pid(struct ingest *in, int64_t pid)
{
    struct process *p = present_process(in);

    if (!p) {
        in->next_pid = pid;
    } else if (p->pid < 0) {
        p->pid = pid;
        in->session->revision++;
    } else if (p->pid != pid) {
        in->next_pid = pid;
        in->is_over = true;
    }
}

bool ingest_is_behind(const struct ingest *in)
{
    return in->is_over || (in->service && in->run != in->service->runs);
}

static void settle_process(struct ingest *in, struct process *p)
{
    ingest_name_process(in, p);
    if (p->pid < 0)
        p->pid = in->next_pid;
    in->next_pid = -1;
    in->is_over = false;
}

struct track *ingest_add_process(struct ingest *in)
{
    struct track *track = session_add_process(in->session, in->source);

    in->began_run = true;
    if (track)
        settle_process(in, track->process);
    return track;
}

/* Is the service another process already than the last of which we had a record? */
static bool has_moved_on(const struct ingest *in)
{
    const struct ingest_service *service = in->service;
    int64_t pid;

    if (!service || !service->track || in->run == service->runs)
        return false;
    pid = service->track->process->pid;
    return in->next_pid < 0 || pid < 0 || pid == in->next_pid;
}

struct track *ingest_add_run(struct ingest *in)
{
    struct ingest_service *service = in->service;
    struct track *track;

    if (ingest_is_behind(in))
        memset(in->profiles, 0, sizeof in->profiles); /* of the one before */
    if (has_moved_on(in)) {
        track = session_add_track(in->session, service->track->process, in->source);
        in->began_run = false;
        settle_process(in, track->process);
    } else {
        track = ingest_add_process(in);
    }
    if (!service || !track)
        return track;
    if (in->began_run)
        service->runs++;
    service->track = track;
    in->run = service->runs;
    return track;
}
