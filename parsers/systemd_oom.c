#include "parsers/systemd_oom.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/text_line.h"

/* Up to `end`, which is passed; false when it is not there. */
static bool take_until(struct slice *s, struct slice end, struct slice *out)
{
    size_t at = text_find(*s, end);

    if (at == s->len)
        return false;
    *out = slice_first(*s, at);
    *s = slice_after(*s, at + end.len);
    return true;
}

static double number(struct slice s)
{
    double value;

    return num_parse_double(s, &value) && isfinite(value) ? value : NAN;
}

static double bytes(struct slice s)
{
    uint64_t value;

    return unit_parse_size(s, &value) ? (double)value : NAN;
}

/* "for CGROUP being 51.07% > 50.00% for > 20s with reclaim activity" */
static bool parse_pressure(struct slice s, struct systemd_oom *o)
{
    struct slice word;

    if (!take_until(&s, SLICE(" being "), &o->watched))
        return false;
    o->kind = SYSTEMD_OOM_PRESSURE;
    if (!take_until(&s, SLICE("% > "), &word))
        return true;
    o->pressure_percent = number(word);
    if (!take_until(&s, SLICE("% for > "), &word))
        return true;
    o->pressure_limit_percent = number(word);
    if (!take_until(&s, SLICE(" with"), &o->duration))
        o->duration = text_trim(s);
    return true;
}

/* "(A) / total (B) and swap used (C) / total (D) being more than P%" */
static bool parse_swap(struct slice s, struct systemd_oom *o)
{
    double *const figures[] = {&o->memory_used_bytes, &o->memory_total_bytes,
                               &o->swap_used_bytes, &o->swap_total_bytes};
    struct slice word;

    o->kind = SYSTEMD_OOM_SWAP;
    for (size_t i = 0; i < COUNT_OF(figures); i++) {
        if (!take_until(&s, SLICE("("), &word) || !take_until(&s, SLICE(")"), &word))
            return true;
        *figures[i] = bytes(word);
    }
    if (take_until(&s, SLICE("more than "), &word) && take_until(&s, SLICE("%"), &word))
        o->swap_limit_percent = number(word);
    return true;
}

static bool parse_kill(struct slice text, struct systemd_oom *o)
{
    static const struct slice ends[] = {SLICE_INIT(" for killing due to "),
                                        SLICE_INIT(" due to ")};
    struct slice s = text;
    bool is_marked = text_take(&s, SLICE("Marked "));

    if ((!is_marked && !text_take(&s, SLICE("Killed "))) || !s.len || s.ptr[0] != '/' ||
        !take_until(&s, ends[!is_marked], &o->unit))
        return false;
    if (text_take(&s, SLICE("memory pressure for ")))
        return parse_pressure(s, o);
    return text_take(&s, SLICE("memory used ")) && parse_swap(s, o);
}

static bool parse_candidate(struct slice text, struct systemd_oom *o)
{
    struct slice s = text;

    text_skip_blanks(&s);
    if (text_take(&s, SLICE("Path: /"))) {
        o->kind = SYSTEMD_OOM_CANDIDATE;
        o->unit = text_trim((struct slice){s.ptr - 1, s.len + 1});
        return true;
    }
    if (!text_take(&s, SLICE("Current Memory Usage: ")))
        return false;
    o->kind = SYSTEMD_OOM_USAGE;
    o->usage_bytes = bytes(text_trim(s));
    return true;
}

/* "UNIT: systemd-oomd killed 12 process(es) in this unit." and what the service manager
 * says of the kernel's kills. */
static bool parse_unit(struct slice text, struct systemd_oom *o)
{
    static const struct slice by_kernel[] = {
        SLICE_INIT("A process of this unit has been killed by the OOM killer"),
        SLICE_INIT("The kernel OOM killer killed some processes in this unit"),
        SLICE_INIT("Failed with result 'oom-kill'"),
    };
    struct slice s = text, word;

    if (!take_until(&s, SLICE(": "), &o->unit) || o->unit.len == 0 ||
        text_find(o->unit, SLICE(" ")) < o->unit.len)
        return false;
    if (text_take(&s, SLICE("systemd-oomd killed "))) {
        o->kind = SYSTEMD_OOM_COUNTED;
        if (take_until(&s, SLICE(" process"), &word))
            o->processes = number(word);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(by_kernel); i++) {
        if (slice_starts(s, by_kernel[i])) {
            o->kind = SYSTEMD_OOM_BY_KERNEL;
            return true;
        }
    }
    return false;
}

bool systemd_oom_parse(struct slice tag, struct slice text, struct systemd_oom *out)
{
    *out = (struct systemd_oom){
        .pressure_percent = NAN,
        .pressure_limit_percent = NAN,
        .memory_used_bytes = NAN,
        .memory_total_bytes = NAN,
        .swap_used_bytes = NAN,
        .swap_total_bytes = NAN,
        .swap_limit_percent = NAN,
        .processes = NAN,
        .usage_bytes = NAN,
    };
    if (slice_eq(tag, SLICE("systemd-oomd")))
        return parse_kill(text, out) || parse_candidate(text, out);
    if (tag.len == 0 || slice_eq(tag, SLICE("systemd")))
        return parse_unit(text, out) || parse_kill(text, out);
    return false;
}
