/*
 * One located error, owned by the caller. Each layer adds its own base to the
 * offset on the way up, so that at the top it counts from the start of the decoded
 * input; the source's name is added there, once.
 */
#ifndef MODEL_BASE_ERR_H
#define MODEL_BASE_ERR_H

#include <stdint.h>

#include "model/base/compiler.h"

struct err {
    uint64_t offset_bytes; /* from the front of what was parsed */
    uint64_t line;         /* from 1; 0 in binary formats */
    char reason[120];      /* "number too large": lower case, no full stop */
};

/* Fills *err; a longer reason is cut. */
void err_set(struct err *err, uint64_t offset_bytes, uint64_t line, const char *format,
             ...) PRINTF_LIKE(4, 5);

#endif
