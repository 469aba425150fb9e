#include "model/units.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "model/base/num.h"

#define S_PER_MIN 60
#define S_PER_HOUR 3600
#define S_PER_DAY 86400

#define DATE_CHARS 10   /* "2026-11-21" */
#define MOMENT_CHARS 19 /* "2026-11-21 01:37:31" */

const char *unit_name(enum unit unit)
{
    static const char *const names[] = {
        [UNIT_BYTES] = "bytes",   [UNIT_BYTES_PER_S] = "bytes/s",
        [UNIT_NS] = "ns",         [UNIT_UNIX_NS] = "ns since 1970",
        [UNIT_RATIO] = "ratio",   [UNIT_OBJECTS] = "objects",
        [UNIT_CYCLES] = "cycles", [UNIT_COUNT] = "count",
        [UNIT_NONE] = "",
    };
    static_assert(COUNT_OF(names) == UNIT_KINDS, "a name for each unit");

    assert(unit < UNIT_KINDS);
    return names[unit];
}

/* One step of a scale: values below `below` are shown divided by `divisor`. */
struct step {
    double below;
    double divisor;
    const char *suffix;
    const char *suffix_ascii; /* NULL: the same */
    const char *suffix_short;
};

#define KIB 1024.0
#define MIB (KIB * KIB)
#define GIB (MIB * KIB)
#define TIB (GIB * KIB)
#define PIB (TIB * KIB)
#define EIB (PIB * KIB)

/* 1023.5 rounds to 1024, which is one of the next prefix. */
#define BYTE_EDGE (1023.5 / 1024.0)

static const struct step byte_steps[] = {
    {1023.5, 1, " B", NULL, "B"},
    {MIB * BYTE_EDGE, KIB, " KiB", NULL, "K"},
    {GIB * BYTE_EDGE, MIB, " MiB", NULL, "M"},
    {TIB * BYTE_EDGE, GIB, " GiB", NULL, "G"},
    {PIB * BYTE_EDGE, TIB, " TiB", NULL, "T"},
    {EIB * BYTE_EDGE, PIB, " PiB", NULL, "P"},
    {INFINITY, EIB, " EiB", NULL, "E"},
};

/* The runtime speaks of pauses in milliseconds down to hundredths. */
static const struct step time_steps[] = {
    {999.5, 1, " ns", NULL, "ns"},
    {9.995e3, 1e3, " µs", " us", "us"},
    {999.5e6, 1e6, " ms", NULL, "ms"},
    {999.5e9, 1e9, " s", NULL, "s"},
    {99.5 * 60e9, 60e9, " min", NULL, "min"},
    {99.5 * 3600e9, 3600e9, " h", NULL, "h"},
    {INFINITY, 86400e9, " d", NULL, "d"},
};

static const struct step count_steps[] = {
    {
        999.5,
        1,
        "",
        NULL,
        "",
    },
    {999.5e3, 1e3, " k", NULL, "k"},
    {999.5e6, 1e6, " M", NULL, "M"},
    {999.5e9, 1e9, " G", NULL, "G"},
    {INFINITY, 1e12, " T", NULL, "T"},
};

static const struct step ratio_steps[] = {
    {INFINITY, 0.01, " %", NULL, "%"},
};

static const struct step *steps_of(enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
    case UNIT_BYTES_PER_S:
        return byte_steps;
    case UNIT_NS:
        return time_steps;
    case UNIT_RATIO:
        return ratio_steps;
    default:
        return count_steps;
    }
}

static const struct step *step_for(enum unit unit, double magnitude)
{
    const struct step *step = steps_of(unit);

    while (magnitude >= step->below && step->below < INFINITY)
        step++;
    return step;
}

/* Digits after the point that make three in all. */
static int decimals_for(const struct step *step, double scaled)
{
    bool is_whole = step->divisor == 1 && scaled == floor(scaled);

    if (is_whole || scaled >= 99.95)
        return 0;
    if (step->divisor == 0.01) /* per cent: 2.1 %, 0.05 % */
        return scaled >= 0.995 || scaled == 0 ? 1 : 2;
    return scaled >= 9.995 ? 1 : 2;
}

/* The first `len` characters of "2026-11-21 01:37:31". 0 is how the runtime writes that
 * there was no such moment yet. */
static const char *format_moment(char out[UNIT_TEXT], double value, int len, bool ascii)
{
    char full[UNIT_RFC3339_TEXT];

    if (!(value > 0)) {
        (void)snprintf(out, UNIT_TEXT, "%s", ascii ? "-" : "–");
        return out;
    }
    (void)unit_format_rfc3339(full, num_i64_of_double(value));
    full[DATE_CHARS] = ' ';
    (void)snprintf(out, UNIT_TEXT, "%.*s%s", len, full, len > DATE_CHARS ? "Z" : "");
    return out;
}

const char *unit_format(char out[UNIT_TEXT], double value, enum unit unit, bool ascii)
{
    double magnitude = fabs(value);
    const struct step *step = step_for(unit, magnitude);
    double scaled = magnitude / step->divisor;
    const char *suffix = ascii && step->suffix_ascii ? step->suffix_ascii : step->suffix;
    const char *per_s = unit == UNIT_BYTES_PER_S ? "/s" : "";

    if (unit == UNIT_UNIX_NS)
        return format_moment(out, value, MOMENT_CHARS, ascii);
    if (isnan(value)) {
        (void)snprintf(out, UNIT_TEXT, "%s", ascii ? "-" : "–");
    } else if (isinf(value)) {
        (void)snprintf(out, UNIT_TEXT, value < 0 ? "-inf" : "inf");
    } else if (scaled >= 1e6) {
        (void)snprintf(out, UNIT_TEXT, "%.2e%s%s", value / step->divisor, suffix, per_s);
    } else {
        (void)snprintf(out, UNIT_TEXT, "%s%.*f%s%s", value < 0 ? "-" : "",
                       decimals_for(step, scaled), scaled, suffix, per_s);
    }
    return out;
}

const char *unit_format_short(char out[UNIT_TEXT], double value, enum unit unit)
{
    double magnitude = fabs(value);
    const struct step *step = step_for(unit, magnitude);
    const char *per_s = unit == UNIT_BYTES_PER_S ? "/s" : "";
    int digits = magnitude / step->divisor >= 999.5 ? 4 : 3;

    if (unit == UNIT_UNIX_NS)
        return format_moment(out, value, DATE_CHARS, true);
    if (isnan(value))
        (void)snprintf(out, UNIT_TEXT, "-");
    else if (value == 0)
        (void)snprintf(out, UNIT_TEXT, "0");
    else
        (void)snprintf(out, UNIT_TEXT, "%.*g%s%s", digits, value / step->divisor,
                       step->suffix_short, per_s);
    return out;
}

const char *unit_format_offset(char out[UNIT_TEXT], int64_t ns, int decimals)
{
    static const int64_t powers[] = {1,      10,      100,      1000,      10000,
                                     100000, 1000000, 10000000, 100000000, 1000000000};
    uint64_t magnitude = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint64_t s = magnitude / (uint64_t)NS_PER_S, part = magnitude % (uint64_t)NS_PER_S;
    uint64_t day = s / S_PER_DAY, hour = s / S_PER_HOUR % 24, min = s / S_PER_MIN % 60;
    char sign = ns < 0 ? '-' : '+';
    int len;

    assert(decimals >= 0 && decimals <= 9);
    s %= S_PER_MIN;
    if (day > 0)
        len =
            snprintf(out, UNIT_TEXT, "%c%llud%02u:%02u:%02u", sign,
                     (unsigned long long)day, (unsigned)hour, (unsigned)min, (unsigned)s);
    else if (hour > 0)
        len = snprintf(out, UNIT_TEXT, "%c%u:%02u:%02u", sign, (unsigned)hour,
                       (unsigned)min, (unsigned)s);
    else
        len = snprintf(out, UNIT_TEXT, "%c%u:%02u", sign, (unsigned)min, (unsigned)s);
    /* Cut, not rounded: a playhead never shows a second that it has not reached. */
    if (decimals > 0)
        (void)snprintf(out + len, (size_t)(UNIT_TEXT - len), ".%0*u", decimals,
                       (unsigned)(part / (uint64_t)powers[9 - decimals]));
    return out;
}

const char *unit_format_duration(char out[UNIT_TEXT], int64_t ns)
{
    uint64_t magnitude = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint64_t s = magnitude / (uint64_t)NS_PER_S;
    uint64_t rest = magnitude % (uint64_t)NS_PER_S;
    const char *sign = ns < 0 ? "-" : "";

    if (magnitude < UINT64_C(59950000000))
        return unit_format(out, (double)ns, UNIT_NS, true);
    s += rest >= (uint64_t)NS_PER_S / 2;
    if (s < S_PER_HOUR)
        (void)snprintf(out, UNIT_TEXT, "%s%um%02us", sign, (unsigned)(s / S_PER_MIN),
                       (unsigned)(s % S_PER_MIN));
    else if (s < S_PER_DAY)
        (void)snprintf(out, UNIT_TEXT, "%s%uh%02um", sign, (unsigned)(s / S_PER_HOUR),
                       (unsigned)(s / S_PER_MIN % 60));
    else
        (void)snprintf(out, UNIT_TEXT, "%s%ud%02uh", sign, (unsigned)(s / S_PER_DAY),
                       (unsigned)(s / S_PER_HOUR % 24));
    return out;
}
