/* What only live sources have to say: gaps, troubles and ends. */
#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/record.h"
#include "model/session.h"

void source_set_trouble(struct source *source, struct slice why, int64_t unix_ns)
{
    if (!source->trouble && why.len == 0)
        return;
    free(source->trouble);
    source->trouble = why.len ? mem_dup_slice(why) : NULL;
    source->trouble_ns = unix_ns;
}

void source_forgive(struct source *source)
{
    free(source->unreadable);
    source->unreadable = NULL;
    source->is_foreign = false;
}

static void add_gap(struct track *t, int64_t unix_ns)
{
    size_t count = table_column_count(t->table);
    double *row = mem_alloc_array(count + 1, sizeof *row);

    for (size_t i = 0; i < count; i++)
        row[i] = NAN;
    table_append(t->table, unix_ns, row);
    t->has_gaps = true;
    free(row);
}

/* Only of the youngest process: those before it have ended. */
static struct process *last_process(const struct session *s, const struct source *source)
{
    for (size_t i = s->process_count; i-- > 0;) {
        struct process *p = s->processes[i];

        for (size_t k = 0; k < p->track_count; k++) {
            if (p->tracks[k]->source == source)
                return p;
        }
    }
    return NULL;
}

void session_add_gap(struct session *s, const struct source *source, int64_t unix_ns)
{
    struct process *p = last_process(s, source);

    for (size_t i = 0; p && i < p->track_count; i++) {
        if (p->tracks[i]->source == source && p->tracks[i]->clock == CLOCK_WALL &&
            table_row_count(p->tracks[i]->table))
            add_gap(p->tracks[i], unix_ns);
    }
    s->revision++;
}

/* The youngest: numbers are given again. */
static struct process *process_of_pid(const struct session *s, int64_t pid)
{
    for (size_t i = s->process_count; pid >= 0 && i-- > 0;) {
        if (s->processes[i]->pid == pid)
            return s->processes[i];
    }
    return NULL;
}

void session_end_process(struct session *s, const struct source *source, int64_t pid,
                         struct slice how, bool is_oom_kill, int64_t unix_ns)
{
    struct process *known = process_of_pid(s, pid);
    struct process *p = known ? known : last_process(s, source);
    struct notice notice = notice_empty(EVENT_OOM_KILLED);

    if (p && p->end == END_UNKNOWN)
        p->end = END_EXIT;
    if (p && !p->has_end) {
        p->has_end = true;
        p->end_ns = unix_ns;
    }
    s->revision++;
    if (!is_oom_kill)
        return;
    if (p && p->end == END_EXIT)
        p->end = END_UNKNOWN; /* the notice says better */
    notice.time_kind = MOMENT_WALL;
    notice.time_ns = unix_ns;
    notice.message = how;
    if (p) {
        notice.pid = p->pid;
        notice.program = slice_str(p->name);
    }
    (void)session_add_event(s, source, &notice);
}
