/*
 * Compressed inputs for tests, made by the libraries' own compressors; UTF-16 by the
 * C library's iconv.
 */
#ifndef TESTS_UNIT_PACK_H
#define TESTS_UNIT_PACK_H

#include <stdbool.h>

#include "model/base/slice.h"

struct pack_ops {
    const char *name; /* as in struct decoder_ops */
    bool can_repeat;  /* two of them in a row are one stream */
    bool has_check;   /* damage is noticed, and so is every cut */
    /* In a block of its own size; for test_free. */
    struct slice (*pack)(struct slice plain);
};

/* For the formats of this build, ending with a NULL name. UTF-16 is there twice,
 * little and big endian. */
extern const struct pack_ops pack_table[];

/* NULL where the build has no such format. */
const struct pack_ops *pack_find(const char *name);

struct slice pack_join(struct slice a, struct slice b);

/* `blocks` × 1 MiB of zeros as one zstd frame. */
struct slice pack_zstd_zeros(unsigned blocks);

#ifdef HAVE_LZMA
/* Makes the first block of an .xz stream ask for a dictionary of 1 GiB. */
void pack_xz_want_gib(struct slice packed);
#endif

#endif
