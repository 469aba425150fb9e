/*
 * "Did you mean": the known word nearest to a mistyped one.
 */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/slice.h"

/* Words longer than this are not typing errors of anything we know. */
#define SUGGEST_WORD_MAX 24

/* Letters to insert, delete, replace or swap with their neighbour, to get from one
 * word to the other; SUGGEST_WORD_MAX where either is longer than that. */
unsigned suggest_distance(struct slice a, struct slice b);

/* True when `known` is near enough to what was typed to be worth naming. */
bool suggest_is_near(struct slice typed, struct slice known, unsigned *distance);

/* Is it HOST:PORT, with a path behind it or not: an address that lacks its http://? */
bool suggest_is_address(struct slice typed);
/* … or has another SCHEME://? */
bool suggest_has_scheme(struct slice typed);

#endif
