/*
 * The search of scan.h with 32 lanes and a table look-up in each: a byte's halves pick
 * the set of pairs that it may be the first (second) byte of, eight sets in all, and a
 * pair is there where the sets of two neighbours meet. It costs the same however many
 * pairs there are; comparing with each of them is what the plain search pays for.
 *
 * Compiled for any x86-64 and entered only where the processor has AVX2.
 */
#include <stdbool.h>

#include "parsers/scan_pairs.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include "model/base/compiler.h"

#define AVX2 __attribute__((target("avx2,popcnt")))
#define AVX2_INLINE static ALWAYS_INLINE AVX2
#define STRIDE 64
#define HALF 32
#define TURNS_MAX 127 /* a lane counts at most two newlines a turn */

/* The sets. Their bytes are chosen so that the halves of two members of one set never
 * make up a third byte, but for the harmless "v'" and "v`". */
#define GC 0x01         /* "gc" */
#define COLON 0x02      /* "c:" "e:" "n:" */
#define R_COLON 0x04    /* "r:" */
#define SCAVENGER 0x08  /* "v " "vg" */
#define UPPER_G 0x10    /* "GC" */
#define UPPER_S 0x20    /* "SC" */
#define AT 0x40         /* " @" */
#define FINALIZERS 0x80 /* "kf" */

/* Indexed by a byte's low half, and by its high one. Bytes from 0x80 on find nothing:
 * the look-up by the low half answers 0 for them. */
/* clang-format off */
#define FIRST_LOW AT, 0, R_COLON, COLON | UPPER_S, 0, COLON, SCAVENGER, GC | UPPER_G, \
                  0, 0, 0, FINALIZERS, 0, 0, COLON, 0
#define FIRST_HIGH 0, 0, AT, 0, UPPER_G, UPPER_S, GC | COLON | FINALIZERS, \
                   R_COLON | SCAVENGER, 0, 0, 0, 0, 0, 0, 0, 0
#define SECOND_LOW SCAVENGER | AT, 0, 0, GC | UPPER_G | UPPER_S, 0, 0, FINALIZERS, \
                   SCAVENGER, 0, 0, COLON | R_COLON, 0, 0, 0, 0, 0
#define SECOND_HIGH 0, 0, SCAVENGER, COLON | R_COLON, UPPER_G | UPPER_S | AT, 0, \
                    GC | SCAVENGER | FINALIZERS, 0, 0, 0, 0, 0, 0, 0, 0, 0
/* clang-format on */

static const unsigned char tables[4][HALF] __attribute__((aligned(HALF))) = {
    {FIRST_LOW, FIRST_LOW},
    {FIRST_HIGH, FIRST_HIGH},
    {SECOND_LOW, SECOND_LOW},
    {SECOND_HIGH, SECOND_HIGH},
};

bool scan_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

AVX2_INLINE __m256i load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

AVX2_INLINE __m256i look_up(__m256i low, __m256i high, __m256i bytes)
{
    __m256i halves =
        _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));

    return _mm256_and_si256(_mm256_shuffle_epi8(low, bytes),
                            _mm256_shuffle_epi8(high, halves));
}

AVX2_INLINE uint32_t bits(__m256i lanes)
{
    return (uint32_t)_mm256_movemask_epi8(lanes);
}

AVX2_INLINE uint64_t newlines_of(__m256i a, __m256i b)
{
    __m256i newline = _mm256_set1_epi8('\n');

    return bits(_mm256_cmpeq_epi8(a, newline)) |
           (uint64_t)bits(_mm256_cmpeq_epi8(b, newline)) << HALF;
}

AVX2_INLINE uint64_t pairs_of(__m256i a, __m256i b)
{
    __m256i zero = _mm256_setzero_si256();

    return ~(bits(_mm256_cmpeq_epi8(a, zero)) | (uint64_t)bits(_mm256_cmpeq_epi8(b, zero))
                                                    << HALF);
}

AVX2_INLINE uint64_t sum(__m256i counts)
{
    __m256i sums = _mm256_sad_epu8(counts, _mm256_setzero_si256());

    return (uint64_t)_mm256_extract_epi64(sums, 0) +
           (uint64_t)_mm256_extract_epi64(sums, 1) +
           (uint64_t)_mm256_extract_epi64(sums, 2) +
           (uint64_t)_mm256_extract_epi64(sums, 3);
}

/* The first of the pairs of a stride that is of a mark; *before is set to the bits in
 * front of it. */
static const char *first_mark(const char *lower, const char *p, const char *end,
                              uint64_t pairs, uint64_t *before, enum scan_mark *mark)
{
    for (; pairs; pairs &= pairs - 1) {
        const char *at = p + __builtin_ctzll(pairs);
        const char *found = scan_mark_around(lower, at, end, mark);

        if (found) {
            *before = (pairs & -pairs) - 1;
            return found;
        }
    }
    return NULL;
}

AVX2 const char *scan_mark_avx2(const char *p, const char *end, uint64_t *newlines,
                                enum scan_mark *mark)
{
    const __m256i first_low = load(tables[0]), first_high = load(tables[1]);
    const __m256i second_low = load(tables[2]), second_high = load(tables[3]);
    const __m256i newline = _mm256_set1_epi8('\n');
    const char *lower = p, *found;
    uint64_t before;

    while (end - p > STRIDE) {
        __m256i counts = _mm256_setzero_si256();

        for (unsigned turn = 0; turn < TURNS_MAX && end - p > STRIDE;
             turn++, p += STRIDE) {
            __m256i a = load(p), b = load(p + HALF);
            __m256i pair_a =
                _mm256_and_si256(look_up(first_low, first_high, a),
                                 look_up(second_low, second_high, load(p + 1)));
            __m256i pair_b =
                _mm256_and_si256(look_up(first_low, first_high, b),
                                 look_up(second_low, second_high, load(p + HALF + 1)));
            __m256i either = _mm256_or_si256(pair_a, pair_b);

            if (UNLIKELY(!_mm256_testz_si256(either, either))) {
                found =
                    first_mark(lower, p, end, pairs_of(pair_a, pair_b), &before, mark);
                if (found) {
                    before &= newlines_of(a, b);
                    *newlines += sum(counts) + (uint64_t)__builtin_popcountll(before);
                    return found;
                }
            }
            counts = _mm256_sub_epi8(counts, _mm256_cmpeq_epi8(a, newline));
            counts = _mm256_sub_epi8(counts, _mm256_cmpeq_epi8(b, newline));
        }
        *newlines += sum(counts);
    }
    found = scan_pairs_slowly(lower, p, end, end, newlines, mark);
    if (found)
        return found;
    *mark = SCAN_NONE;
    return end;
}

#else

bool scan_has_avx2(void)
{
    return false;
}

const char *scan_mark_avx2(const char *p, const char *end, uint64_t *newlines,
                           enum scan_mark *mark)
{
    return scan_mark_plain(p, end, newlines, mark);
}

#endif
