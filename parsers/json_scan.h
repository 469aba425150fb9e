/*
 * Sixty-four bytes of JSON at a time: which of them mean something to brackets and
 * strings. One bit a byte, the first byte is bit 0.
 *
 * Source of the idea: Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).
 */
#ifndef PARSERS_JSON_SCAN_H
#define PARSERS_JSON_SCAN_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define JSON_SCAN_BYTES 64

struct json_masks {
    uint64_t quotes, backslashes, newlines;
    uint64_t brackets; /* of both kinds, opening and closing */
};

#if defined(__SSE2__)
static inline void json_scan_16(const char *p, unsigned at, struct json_masks *m)
{
    __m128i v, folded;

    memcpy(&v, p, sizeof v);
    /* "[" and "]" become "{" and "}"; nothing else becomes them. */
    folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
    m->quotes |=
        (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')))
        << at;
    m->backslashes |=
        (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')))
        << at;
    m->newlines |=
        (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')))
        << at;
    m->brackets |= (uint64_t)(unsigned)_mm_movemask_epi8(
                       _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
                                    _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'))))
                   << at;
}
#else
static inline void json_scan_16(const char *p, unsigned at, struct json_masks *m)
{
    for (unsigned i = 0; i < 16; i++) {
        m->quotes |= (uint64_t)(p[i] == '"') << (at + i);
        m->backslashes |= (uint64_t)(p[i] == '\\') << (at + i);
        m->newlines |= (uint64_t)(p[i] == '\n') << (at + i);
        m->brackets |= (uint64_t)((p[i] | 0x20) == '{' || (p[i] | 0x20) == '}')
                       << (at + i);
    }
}
#endif

/* Of sixteen bytes those that are no plain text inside a string: quotes, backslashes,
 * control characters. */
#if defined(__SSE2__)
static inline unsigned json_scan_odd_16(const char *p)
{
    __m128i v, control;

    memcpy(&v, p, sizeof v);
    control = _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8(31)), _mm_set1_epi8(31));
    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                           _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')))));
}
#else
static inline unsigned json_scan_odd_16(const char *p)
{
    unsigned odd = 0;

    for (unsigned i = 0; i < 16; i++)
        odd |= (unsigned)(p[i] == '"' || p[i] == '\\' || (unsigned char)p[i] < 32) << i;
    return odd;
}
#endif

static inline struct json_masks json_scan(const char *p)
{
    struct json_masks m = {0};

    for (unsigned at = 0; at < JSON_SCAN_BYTES; at += 16)
        json_scan_16(p + at, at, &m);
    return m;
}

/* Of the quotes' bits, what lies inside strings: from each opening quote to in front of
 * the closing one. `is_string`: the first byte does. */
static inline uint64_t json_scan_strings(uint64_t quotes, int is_string)
{
    uint64_t inside = quotes;

    for (unsigned shift = 1; shift < 64; shift *= 2)
        inside ^= inside << shift;
    return is_string ? ~inside : inside;
}

#endif
