/*
 * A parser over damaged forms of one input, one after another:
 *
 *     for (struct damage d = damage_cut(&csv_parser, in, 0, in.len); damage_next(&d);)
 *         cr_expect(d.c.ok, "%zu bytes", d.at);
 *
 * Each form sits in a block of exactly its size. The loop has to run to its end, which
 * gives everything back.
 */
#ifndef TESTS_UNIT_DAMAGE_H
#define TESTS_UNIT_DAMAGE_H

#include "tests/unit/collect.h"

struct damage {
    struct collected c; /* what came of this form */
    size_t at;          /* the bytes that are left; the byte with the flipped bit */
    size_t step;        /* between two cuts; may be changed on the way */
    /* Its own. */
    const struct parser_ops *ops;
    struct slice in, bad;
    size_t next, end; /* a cut, or a round */
    size_t front;
    uint64_t *seed; /* NULL: cuts */
    bool has_form;
};

/* Cut off so that `first` … `end` - 1 bytes are left. */
struct damage damage_cut(const struct parser_ops *ops, struct slice in, size_t first,
                         size_t end);

/* `rounds` times one bit flipped, not in the first `front` bytes. */
struct damage damage_flip(const struct parser_ops *ops, struct slice in, size_t front,
                          size_t rounds, uint64_t *seed);

bool damage_next(struct damage *d);

/* Flips one bit behind the first `front` bytes of a test_exact_copy; returns where. */
size_t damage_flip_bit(struct slice copy, size_t front, uint64_t *seed);

#endif
