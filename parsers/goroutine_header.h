/*
 * The line in front of a goroutine's stack. parsers/goroutine_dump.h names the source
 * and shows its forms.
 */
#ifndef PARSERS_GOROUTINE_HEADER_H
#define PARSERS_GOROUTINE_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

struct goroutine_header {
    uint64_t id;
    struct slice state;   /* "chan receive"; in the line */
    bool is_leaked;       /* the leak profile found that nothing can wake it */
    int64_t wait_minutes; /* 0 where the line has none */
};

/* Does the line begin as one, damaged or not? */
bool goroutine_header_is(struct slice line);

MUST_USE bool goroutine_header_parse(struct slice line, struct goroutine_header *header);

#endif
