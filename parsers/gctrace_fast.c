#include "parsers/gctrace_fast.h"

#include <math.h>
#include <string.h>

#include "model/base/compiler.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Sticky: a false step leaves `ok` false, and the caller looks once, at the end. */
struct reader {
    const char *p;
    bool ok;
};

static ALWAYS_INLINE uint64_t load_8(const char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof w);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The high bit of each byte that is no digit; exact up to the first two of them that
 * are ASCII, which is all we ask for. */
static ALWAYS_INLINE uint64_t non_digits(uint64_t w)
{
    uint64_t t = w ^ ('0' * ONES);

    return ((t + (0x80 - 10) * ONES) | t) & HIGHS;
}

/* Eight digits, the first in the lowest byte, by halving: pairs, fours, eights. */
static ALWAYS_INLINE uint64_t eight_digits(uint64_t w)
{
    w = (w & UINT64_C(0x0f0f0f0f0f0f0f0f)) * (1 + (UINT64_C(10) << 8)) >> 8;
    w = (w & UINT64_C(0x00ff00ff00ff00ff)) * (1 + (UINT64_C(100) << 16)) >> 16;
    return (w & UINT64_C(0x0000ffff0000ffff)) * (1 + (UINT64_C(10000) << 32)) >> 32;
}

/* The same for four. */
static ALWAYS_INLINE uint32_t four_digits(uint32_t w)
{
    w = (w & 0x0f0f0f0f) * (1 + (10u << 8)) >> 8;
    return (w & 0x00ff00ff) * (1 + (100u << 16)) >> 16;
}

/* `count` (0 to 8) digits in the low bytes of w. Two shifts each, since one by the
 * whole width is undefined. */
static ALWAYS_INLINE uint32_t digits_value(uint64_t w, unsigned count)
{
    if (LIKELY(count <= 4)) /* nearly always: the predictor knows */
        return four_digits((uint32_t)w << (4 * (4 - count)) << (4 * (4 - count)));
    return (uint32_t)eight_digits(w << (4 * (8 - count)) << (4 * (8 - count)));
}

static ALWAYS_INLINE uint32_t take_int(struct reader *r)
{
    uint64_t w = load_8(r->p), stops = non_digits(w);
    unsigned count;

    if (UNLIKELY(stops == 0 || (stops & 0x80))) { /* over seven digits, or none */
        r->ok = false;
        return 0;
    }
    count = (unsigned)__builtin_ctzll(stops) >> 3;
    r->p += count;
    return digits_value(w, count);
}

/* The high bit of each byte that is a point. */
static ALWAYS_INLINE uint64_t points(uint64_t w)
{
    uint64_t x = w ^ ('.' * ONES);

    return ~(((x & ~HIGHS) + ~HIGHS) | x) & HIGHS;
}

/*
 * "12", "2.7", "0.35", "0.045": a thousandth of the unit is 1. Without a branch on the
 * point, which no predictor could learn; and the end of the number, for which the next
 * one waits, does not wait for it either.
 */
static ALWAYS_INLINE int64_t take_thousandths(struct reader *r)
{
    static const uint32_t scale[8] = {1000, 100, 10, 1, 0, 0, 0, 0};
    uint64_t w = load_8(r->p), stops = non_digits(w), point = points(w), rest, below,
             digits;
    unsigned end_bits, whole_bits, has_point, decimals;

    rest = stops & ~point;
    if (UNLIKELY(rest == 0 || (stops & 0x80))) {
        r->ok = false;
        return 0;
    }
    end_bits = (unsigned)__builtin_ctzll(rest) & 56;
    r->p += end_bits / 8;
    whole_bits = (unsigned)__builtin_ctzll(stops) & 56;
    has_point = whole_bits < end_bits;
    below = (UINT64_C(1) << whole_bits) - 1;
    digits = (w & below) | ((w >> (8 * has_point)) & ~below);
    decimals = (end_bits - whole_bits) / 8 - has_point;
    /* A second point would be among the digits. */
    r->ok &=
        decimals <= 3 && decimals >= has_point && (point & (point - 1) & (rest - 1)) == 0;
    return (int64_t)digits_value(digits, end_bits / 8 - has_point) * scale[decimals & 7];
}

/* "77536.239", with exactly three decimals: more bytes than one load holds. */
static ALWAYS_INLINE int64_t take_seconds(struct reader *r)
{
    uint32_t whole = take_int(r);
    uint64_t w = load_8(r->p + 1);

    r->ok &= *r->p == '.' && (non_digits(w) & 0x808080) == 0;
    r->p += 4;
    return ((int64_t)whole * 1000 + digits_value(w, 3)) * NS_PER_MS;
}

static ALWAYS_INLINE void expect(struct reader *r, const char *literal, size_t len)
{
    r->ok &= memcmp(r->p, literal, len) == 0;
    r->p += len;
}
#define EXPECT(r, literal) expect(r, literal, sizeof(literal) - 1)

static ALWAYS_INLINE double take_ms(struct reader *r)
{
    return (double)take_thousandths(r) * (double)NS_PER_US;
}

static ALWAYS_INLINE double take_mib(struct reader *r)
{
    return (double)take_int(r) * (double)MIB_BYTES;
}

static ALWAYS_INLINE bool is_at(const struct reader *r, const char *literal, size_t len)
{
    return memcmp(r->p, literal, len) == 0;
}
#define IS_AT(r, literal) is_at(r, literal, sizeof(literal) - 1)

static ALWAYS_INLINE void take_head(struct reader *r, struct gc_cycle *c)
{
    EXPECT(r, "gc ");
    c->number = take_int(r);
    r->ok &= c->number != 0;
    EXPECT(r, " @");
    c->start_ns = take_seconds(r);
    EXPECT(r, "s ");
    c->cpu_percent = (double)take_int(r);
    EXPECT(r, "%: ");
}

static ALWAYS_INLINE void take_times(struct reader *r, struct gc_cycle *c)
{
    double stw;

    c->sweepterm_ns = take_ms(r);
    EXPECT(r, "+");
    c->mark_ns = take_ms(r);
    EXPECT(r, "+");
    c->markterm_ns = take_ms(r);
    EXPECT(r, " ms clock, ");
    stw = take_ms(r);
    EXPECT(r, "+");
    c->cpu_assist_ns = take_ms(r);
    EXPECT(r, "/");
    c->cpu_dedicated_ns = take_ms(r);
    EXPECT(r, "/");
    c->cpu_idle_ns = take_ms(r);
    EXPECT(r, "+");
    c->cpu_stw_ns = stw + take_ms(r);
    EXPECT(r, " ms cpu, ");
}

static ALWAYS_INLINE void take_sizes(struct reader *r, struct gc_cycle *c)
{
    c->heap_start = take_mib(r);
    EXPECT(r, "->");
    c->heap_end = take_mib(r);
    EXPECT(r, "->");
    c->heap_live = take_mib(r);
    EXPECT(r, " MB, ");
    c->heap_goal = take_mib(r);
    EXPECT(r, " MB goal, ");
    c->stacks = c->globals = NAN;
    c->era = "go1.6-1.17";
}

static ALWAYS_INLINE void take_tail(struct reader *r, struct gc_cycle *c)
{
    uint32_t number = take_int(r);

    if (LIKELY(IS_AT(r, " MB stacks, "))) {
        c->era = "go1.18+";
        c->stacks = (double)number * (double)MIB_BYTES;
        EXPECT(r, " MB stacks, ");
        c->globals = take_mib(r);
        EXPECT(r, " MB globals, ");
        number = take_int(r);
    }
    c->procs = (double)number;
    EXPECT(r, " P");
    c->is_forced = *r->p == ' ';
    if (UNLIKELY(c->is_forced))
        EXPECT(r, " (forced)");
    EXPECT(r, "\n");
}

const char *gctrace_fast(const char *p, struct gc_cycle *c)
{
    struct reader r = {p, true};

    take_head(&r, c);
    if (UNLIKELY(!r.ok))
        return NULL;
    take_times(&r, c);
    /* Without this the rest could run on past the room that the caller left. */
    if (UNLIKELY(!r.ok))
        return NULL;
    take_sizes(&r, c);
    take_tail(&r, c);
    if (UNLIKELY(!r.ok))
        return NULL;
    c->has_start = true;
    c->is_leak_check = c->is_partial = false;
    c->pause_ns = c->sweepterm_ns + c->markterm_ns;
    c->wall_ns = c->pause_ns + c->mark_ns;
    c->objects = c->mallocs = c->frees = c->goroutines = NAN;
    c->stamp = STAMP_NONE;
    return r.p;
}
