/*
 * Runs a decoder over a whole input, in pieces and with a room of the test's choice.
 * Pieces and output sit in blocks of exactly their size.
 */
#ifndef TESTS_UNIT_UNPACK_H
#define TESTS_UNIT_UNPACK_H

#include "parsers/decode.h"

struct cuts {
    size_t first; /* bytes of the first piece */
    size_t rest;  /* … and of each after it; at least 1 */
    size_t room;
};

#define CUTS_WHOLE ((struct cuts){SIZE_MAX, SIZE_MAX, DECODE_PIECE_BYTES})

struct unpacked {
    char *ptr; /* give it back with unpacked_finish */
    size_t len, capacity;
    bool ok; /* every step and the finish */
    struct err err;
};

/* Stops decoding, as if all were well, once `limit` bytes came out. */
struct unpacked unpack(const struct decoder_ops *ops, struct slice packed,
                       struct cuts cuts, size_t limit);
void unpacked_finish(struct unpacked *u);

/* What came out is the front of `plain`. */
bool unpacked_is_prefix(const struct unpacked *u, struct slice plain);
bool unpacked_is(const struct unpacked *u, struct slice plain);

#endif
