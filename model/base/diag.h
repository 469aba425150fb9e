/*
 * What went wrong with one source: counted per reason, the first few kept with
 * their place. Parsing goes on; nothing is dropped silently.
 */
#ifndef MODEL_BASE_DIAG_H
#define MODEL_BASE_DIAG_H

#include <stdint.h>

#include "model/base/err.h"
#include "model/base/slice.h"

#define DIAG_KEPT 16    /* entries with their place; the rest is only counted */
#define DIAG_REASONS 32 /* distinct reasons counted; the last slot takes the rest */
#define DIAG_EXCERPT 48 /* bytes of the input shown, before escaping */

struct diag_entry {
    uint64_t offset_bytes; /* in the decoded input */
    uint64_t line;         /* from 1; 0 in binary formats */
    char reason[120];
    char excerpt[DIAG_EXCERPT * 4 + 4]; /* escaped; "" when none */
};

struct diag_reason {
    char reason[120];
    uint64_t count;
};

/* Zero-initialise. Owns nothing. */
struct diag {
    uint64_t skipped; /* records that could not be used, or only in part */
    uint64_t errors;  /* faults of the stream as a whole: truncated, corrupt */
    struct diag_entry kept[DIAG_KEPT];
    unsigned kept_count;
    struct diag_reason reasons[DIAG_REASONS];
    unsigned reason_count;
};

/* A record that cannot be used, or only in part: one more in `skipped`. */
void diag_skip(struct diag *d, uint64_t offset_bytes, uint64_t line, struct slice excerpt,
               const char *reason);

/* The stream itself is damaged from here on: one more in `errors`. */
void diag_error(struct diag *d, const struct err *err);

/* Everything that `from` holds, as if it had been counted in *to. */
void diag_merge(struct diag *to, const struct diag *from);

#endif
