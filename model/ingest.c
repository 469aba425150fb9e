#include "model/ingest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/ingest_internal.h"

static struct slice file_name(const char *path)
{
    if (strcmp(path, "-") == 0)
        return (struct slice){0};
    return slice_base_name(slice_str(path));
}

struct ingest *ingest_create(struct session *session, struct source *source)
{
    struct ingest *in = mem_alloc(sizeof *in);

    in->session = session;
    in->source = source;
    in->pid = -1;
    in->next_pid = -1;
    in->sink = (struct sink){
        .user = in,
        .gc_cycle = ingest_gc_cycle,
        .mem_snapshot = ingest_mem_snapshot,
        .sample = ingest_sample,
        .notice = ingest_notice,
        .profile = ingest_profile,
        .file_name = file_name(source->path),
        .has_mtime = source->has_mtime,
        .mtime_ns = source->mtime_ns,
    };
    return in;
}

void ingest_destroy(struct ingest *in)
{
    if (!in)
        return;
    ingest_samples_finish(&in->samples);
    free(in->row);
    free(in->name);
    free(in);
}

void ingest_name_process(const struct ingest *in, struct process *p)
{
    process_name(p, slice_str(in->name));
    if (p->pid < 0)
        p->pid = in->pid;
}

void ingest_set_name(struct ingest *in, struct slice name, int64_t pid)
{
    free(in->name);
    in->name = name.len ? mem_dup_slice(name) : NULL;
    in->pid = pid;
    for (unsigned i = 0; i < in->gc.count; i++)
        ingest_name_process(in, in->gc.open[i].track->process);
    if (in->mem.track)
        ingest_name_process(in, in->mem.track->process);
}

void ingest_set_moment(struct ingest *in, int64_t unix_ns)
{
    in->has_moment = true;
    in->moment_ns = unix_ns;
}

static struct process *process_of_samples(const struct sample_streams *s)
{
    for (unsigned i = 0; i < s->instance_count; i++) {
        const struct sample_instance *instance = &s->instances[i];

        if (instance->subject == SUBJECT_PROCESS && instance->count)
            return instance->lives[instance->count - 1].process;
    }
    return NULL;
}

struct process *ingest_process_beside(const struct ingest *in)
{
    for (unsigned i = 0; i < PROFILE_KINDS; i++) {
        const struct profile_tracks *p = &in->profiles[i];

        if (p->timed || p->untimed)
            return (p->timed ? p->timed : p->untimed)->process;
    }
    return in->mem.track ? in->mem.track->process : process_of_samples(&in->samples);
}

const struct sink *ingest_sink(struct ingest *in)
{
    return &in->sink;
}

void ingest_clear_row(struct ingest *in, const struct table *t)
{
    size_t need = table_column_count(t) + 1;

    in->row = mem_grow(in->row, &in->row_capacity, need, sizeof *in->row);
    for (size_t i = 0; i < need; i++)
        in->row[i] = NAN;
}

double ingest_offheap(double rss, double sys, double released)
{
    return rss - (sys - released);
}
