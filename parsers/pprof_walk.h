/*
 * Do some bytes look like the fields of a pprof profile? Stricter than reading one: it
 * serves to recognise a profile, and to find the next good field behind damage.
 */
#ifndef PARSERS_PPROF_WALK_H
#define PARSERS_PPROF_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "parsers/proto.h"

enum pprof_number {
    PPROF_SAMPLE_TYPE = 1,
    PPROF_SAMPLE,
    PPROF_MAPPING,
    PPROF_LOCATION,
    PPROF_FUNCTION,
    PPROF_STRING,
    PPROF_DROP_FRAMES,
    PPROF_KEEP_FRAMES,
    PPROF_TIME,
    PPROF_DURATION,
    PPROF_PERIOD_TYPE,
    PPROF_PERIOD,
    PPROF_COMMENT,
    PPROF_DEFAULT_TYPE,
    PPROF_DOC_URL,
};

struct pprof_walk {
    unsigned fields; /* whole ones */
    uint32_t seen;   /* a bit for each number among them */
    bool is_bad;     /* what follows them is no field of a profile */
    bool is_cut;     /* … is the beginning of one */
};

/* At most `most` fields. */
struct pprof_walk pprof_walk(struct slice bytes, unsigned most);

/* Has the profile such a field, and of this wire type? */
bool pprof_is_field(const struct proto_field *f);

#endif
