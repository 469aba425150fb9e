/*
 * A place in one record, with a sticky error, so that a parser reads like the grammar
 * and is checked once: after the first failure every call does nothing and gives 0.
 */
#ifndef PARSERS_CURSOR_H
#define PARSERS_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/err.h"
#include "model/base/slice.h"

struct cursor {
    struct slice rest;
    const char *start;
    struct err *err; /* its offset counts from the front of the record */
    bool failed;
};

struct cursor cursor_init(struct slice text, struct err *err);

/* Decimal digits, at most `max`: "expected a number", "number too large". */
uint64_t cursor_u64(struct cursor *c, uint64_t max);

/* Exactly this text. */
void cursor_expect(struct cursor *c, struct slice literal);

/* Takes the text when it stands here; an expected fork of the grammar, no failure. */
bool cursor_accept(struct cursor *c, struct slice literal);

void cursor_fail(struct cursor *c, const char *reason);

#endif
