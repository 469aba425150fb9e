/*
 * What a session keeps that never ends: all of the last hour or so, and of what is older
 * the pyramid of each table, and profiles that grow further apart with age. Where that is
 * more than RETENTION_TABLES_BYTES, the curves of the processes that went first are
 * forgotten: when those lived, and what was told and found of them, is not. Events and
 * findings have limits of their own.
 *
 * Source: none; the figures are measured by tests/bench/month.c.
 */
#ifndef MODEL_RETENTION_H
#define MODEL_RETENTION_H

#include <stddef.h>
#include <stdint.h>

#include "model/session.h"

#define RETENTION_FULL_NS (INT64_C(3600) * 1000000000)
#define RETENTION_PROFILES_MAX ((size_t)256)
/* More than the tables of several services that run for ever; a crash loop's would grow
 * without end. */
#define RETENTION_TABLES_BYTES ((size_t)16 << 20)

struct retention {
    int64_t full_ns;     /* younger rows and profiles are kept, all of them */
    size_t profiles_max; /* how many older profiles are */
};

/*
 * Cheap when there is little to do, so that it may be called every minute. Pointers to
 * profiles and lists of them are invalid afterwards; row numbers stay.
 */
void retention_apply(struct session *s, const struct retention *r, int64_t now_ns);

#endif
