/*
 * How a fuzz target cuts its input: by numbers that the input's own first bytes and
 * its length choose. Those bytes are fed as well, so a recorded trace is a seed as it
 * is, and a small change to the front tries other cuts.
 */
#ifndef TESTS_FUZZ_FUZZ_CUTS_H
#define TESTS_FUZZ_FUZZ_CUTS_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer, or fuzz_main_replay.c in its place, calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_cuts {
    uint64_t state;
};

static inline struct fuzz_cuts fuzz_cuts_of(const uint8_t *data, size_t size)
{
    struct fuzz_cuts cuts = {size};

    for (size_t i = 0; i < 16 && i < size; i++)
        cuts.state = (cuts.state ^ data[i]) * UINT64_C(0x100000001b3);
    return cuts;
}

/* The next piece's length: mostly a few bytes, now and then thousands. */
static inline size_t fuzz_cuts_next(struct fuzz_cuts *cuts)
{
    uint64_t z = cuts->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return 1 + (size_t)(z >> 8) % ((size_t)1 << z % 14);
}

#endif
