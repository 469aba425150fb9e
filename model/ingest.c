#include "model/ingest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/ingest_internal.h"

static struct slice file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (strcmp(path, "-") == 0)
        return (struct slice){0};
    return slice_str(slash ? slash + 1 : path);
}

struct ingest *ingest_create(struct session *session, struct source *source)
{
    struct ingest *in = mem_alloc(sizeof *in);

    in->session = session;
    in->source = source;
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
    free(in);
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
