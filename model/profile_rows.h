/*
 * The values of a profile in few bytes. A row is, as variable-length numbers (7 bits a
 * byte, lowest first): how many nodes lie between it and the one before, with a bit below
 * it for each value that is not 0 when there are at most PROFILE_MASK_TYPES types; then
 * these values (all of them where there are more types), with the sign in the lowest bit.
 */
#ifndef MODEL_PROFILE_ROWS_H
#define MODEL_PROFILE_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Go's heap has four. With more, the bits would cost more than the zeros. */
#define PROFILE_MASK_TYPES 8

/* Zero-initialise, then set type_count. */
struct profile_encoder {
    unsigned char *bytes;
    size_t len, capacity;
    size_t type_count;
    uint32_t next; /* the least node that the next row may have */
};

/* Nodes ascend. */
void profile_encode(struct profile_encoder *e, uint32_t node, const int64_t *values);

#endif
