/* Profiles: into the session's store, their totals into series. */
#include "model/ingest_internal.h"

const char *ingest_profile(void *user, const struct profile_record *p)
{
    struct ingest *in = user;

    (void)p;
    in->source->records++;
    return NULL;
}
