/*
 * Sixteen bytes at a time: one SSE2 register on any x86-64, one NEON register on ARM.
 */
#ifndef PARSERS_SCAN_LANES_H
#define PARSERS_SCAN_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SCAN_LANES 16

typedef unsigned char scan_bytes __attribute__((vector_size(SCAN_LANES)));
typedef uint64_t scan_words __attribute__((vector_size(SCAN_LANES)));

static inline scan_bytes scan_load(const char *p)
{
    scan_bytes v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline bool scan_any(scan_bytes v)
{
    scan_words w = (scan_words)v;

    return (w[0] | w[1]) != 0;
}

static inline uint64_t scan_sum(scan_bytes v)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < SCAN_LANES; i++)
        total += v[i];
    return total;
}

#endif
