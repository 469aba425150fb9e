#include "model/ingest.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/ingest_internal.h"

struct ingest *ingest_create(struct session *session, struct source *source)
{
    struct ingest *in = mem_alloc(sizeof *in);

    in->session = session;
    in->source = source;
    in->sink = (struct sink){in, ingest_gc_cycle, ingest_mem_snapshot};
    return in;
}

void ingest_destroy(struct ingest *in)
{
    if (!in)
        return;
    free(in->row);
    free(in);
}

const struct sink *ingest_sink(struct ingest *in)
{
    return &in->sink;
}
