#include "parsers/gctrace_line.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/stamp.h"

#define DIGITS_MAX 20
#define MS_MAX 1e9                            /* more is a clock that went backwards */
#define SECONDS_MAX 4e9                       /* a century and a quarter */
#define MIB_MAX ((double)(UINT64_C(1) << 44)) /* the address space */
#define NO_GOAL_MIB ((double)(UINT64_C(1) << 42))
#define UNIT_WORDS_MAX 40

/* What may stand behind a number, section by section, and where it leads. */
static const struct {
    enum gctrace_section section;
    struct slice literal;
    enum gctrace_section next;
} separators[] = {
    {GCTRACE_NUMBER, {" @", 2}, GCTRACE_START},
    {GCTRACE_START, {"s ", 2}, GCTRACE_PERCENT},
    {GCTRACE_PERCENT, {"%", 1}, GCTRACE_COLON}, /* "%" and ": " are two writes in 1.26 */
    {GCTRACE_COLON, {": ", 2}, GCTRACE_CLOCK},
    {GCTRACE_CLOCK, {"+", 1}, GCTRACE_CLOCK},
    {GCTRACE_CLOCK, {" ms clock, ", 11}, GCTRACE_CPU},
    {GCTRACE_CPU, {"+", 1}, GCTRACE_CPU},
    {GCTRACE_CPU, {"/", 1}, GCTRACE_CPU},
    {GCTRACE_CPU, {" ms cpu, ", 9}, GCTRACE_HEAP},
    {GCTRACE_HEAP, {"->", 2}, GCTRACE_HEAP},
    {GCTRACE_HEAP, {" MB, ", 5}, GCTRACE_GROUPS},
    {GCTRACE_GROUPS, {" MB goal, ", 10}, GCTRACE_GROUPS},
    {GCTRACE_GROUPS, {" MB stacks, ", 12}, GCTRACE_GROUPS},
    {GCTRACE_GROUPS, {" MB globals, ", 13}, GCTRACE_GROUPS},
    {GCTRACE_GROUPS, {" P", 2}, GCTRACE_DONE},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t count_digits(struct slice s)
{
    size_t n = 0;

    while (n < s.len && is_digit(s.ptr[n]))
        n++;
    return n;
}

/* Digits that are the number's own: a date may have run into it. */
static size_t whole_digits(struct slice s)
{
    size_t n = count_digits(s);

    for (size_t i = 0; i < n; i++) {
        if (stamp_is_here(slice_after(s, i)))
            return i;
    }
    return n;
}

/*
 * How many of the `found` digits behind the point are the number's own. Where a
 * separator follows, all; where something foreign does, two significant digits in all,
 * so the first ones tell: "2.7", "0.35", "0.045".
 */
static size_t ms_decimals(struct slice s, size_t whole, size_t found)
{
    size_t end = whole + 1 + found;

    if (found >= 1 && found <= 3 && end < s.len &&
        (s.ptr[end] == '+' || s.ptr[end] == '/' || s.ptr[end] == ' '))
        return found;
    if (whole != 1 || s.ptr[0] != '0')
        return 1;
    return found && s.ptr[whole + 1] == '0' ? 3 : 2;
}

/* The bytes of the number at the front of s in that section; 0 when there is none. */
static size_t number_len(enum gctrace_section section, struct slice s)
{
    size_t whole = whole_digits(s), found, wanted;

    if (whole == 0 || whole > DIGITS_MAX)
        return 0;
    if (section != GCTRACE_START && section != GCTRACE_CLOCK && section != GCTRACE_CPU)
        return whole;
    if (whole == s.len || s.ptr[whole] != '.')
        return section == GCTRACE_START ? 0 : whole;
    found = whole_digits(slice_after(s, whole + 1));
    wanted = section == GCTRACE_START ? 3 : ms_decimals(s, whole, found);
    return found < wanted ? 0 : whole + 1 + wanted;
}

static bool take_number(struct gctrace_record *r, struct slice *s)
{
    size_t len = number_len(r->section, *s);

    if (len == 0 || !num_parse_double(slice_first(*s, len), &r->number))
        return false;
    *s = slice_after(*s, len);
    return true;
}

static double in_range(struct gctrace_record *r, double value, double max)
{
    if (value <= max)
        return value;
    r->has_bad_number = true;
    return NAN;
}

static double mib(struct gctrace_record *r, double max)
{
    return in_range(r, r->number, max) * (double)MIB_BYTES;
}

/* A number of a list; false when the list is full. */
static bool add(double *list, unsigned *count, unsigned max, double value)
{
    if (*count == max)
        return false;
    list[(*count)++] = value;
    return true;
}

static double ms(struct gctrace_record *r)
{
    if (isnan(in_range(r, r->number, MS_MAX)))
        return NAN;
    /* At most three decimals: whole microseconds, without the rounding of 0.045. */
    return (double)num_i64_of_double(r->number * 1000) * (double)NS_PER_US;
}

static bool store_group(struct gctrace_record *r, struct slice literal)
{
    struct gc_cycle *c = &r->cycle;

    if (slice_eq(literal, SLICE(" P"))) {
        c->procs = in_range(r, r->number, UINT32_MAX);
    } else if (slice_eq(literal, SLICE(" MB goal, "))) {
        c->heap_goal = r->number >= NO_GOAL_MIB ? NAN : r->number * (double)MIB_BYTES;
    } else if (slice_eq(literal, SLICE(" MB stacks, "))) {
        c->stacks = mib(r, MIB_MAX);
        c->era = "go1.18+";
    } else if (slice_eq(literal, SLICE(" MB globals, "))) {
        c->globals = mib(r, MIB_MAX);
    }
    return r->group_count++ < GCTRACE_GROUPS_MAX;
}

/* The number before this separator is known now. False: this is no gctrace line. */
static bool store(struct gctrace_record *r, struct slice literal)
{
    switch (r->section) {
    case GCTRACE_NUMBER:
        r->cycle.number = r->number <= UINT32_MAX ? (uint32_t)r->number : 0;
        return r->cycle.number != 0;
    case GCTRACE_START:
        if (r->number > SECONDS_MAX)
            return false;
        r->cycle.start_ns = num_i64_of_double(r->number * 1000) * NS_PER_MS;
        return true;
    case GCTRACE_PERCENT:
        r->cycle.cpu_percent = r->number;
        return true;
    case GCTRACE_CLOCK:
        return add(r->clock, &r->clock_count, GCTRACE_PHASES_MAX, ms(r));
    case GCTRACE_CPU:
        return add(r->cpu, &r->cpu_count, GCTRACE_CPU_MAX, ms(r));
    case GCTRACE_HEAP:
        return add(r->heap, &r->heap_count, 3, mib(r, MIB_MAX));
    case GCTRACE_GROUPS:
        return store_group(r, literal);
    case GCTRACE_COLON:
        return true;
    case GCTRACE_DONE:
        break;
    }
    return false;
}

/* " (forced)", " (checking for goroutine leaks)", whatever comes next year. */
static bool take_parenthesis(struct gctrace_record *r, struct slice *s)
{
    const char *close;

    if (!slice_starts(*s, SLICE(" (")))
        return false;
    close = memchr(s->ptr, ')', s->len < UNIT_WORDS_MAX ? s->len : UNIT_WORDS_MAX);
    if (!close)
        return false;
    if (slice_starts(*s, SLICE(" (forced)")))
        r->cycle.is_forced = true;
    if (slice_starts(*s, SLICE(" (checking for goroutine leaks)")))
        r->cycle.is_leak_check = true;
    *s = slice_after(*s, (size_t)(close - s->ptr) + 1);
    return true;
}

/* " MB something new, " */
static bool take_unknown_unit(struct gctrace_record *r, struct slice *s)
{
    size_t i = 1;

    if (r->section != GCTRACE_GROUPS || !s->len || s->ptr[0] != ' ')
        return false;
    while (i < s->len && i < UNIT_WORDS_MAX && (s->ptr[i] == ' ' || is_letter(s->ptr[i])))
        i++;
    if (!slice_starts(slice_after(*s, i), SLICE(", ")))
        return false;
    *s = slice_after(*s, i + 2);
    return store_group(r, (struct slice){0});
}

enum taken { TAKEN, NOT_HERE, IMPOSSIBLE };

static enum taken take_separator(struct gctrace_record *r, struct slice *s)
{
    for (size_t i = 0; i < COUNT_OF(separators); i++) {
        if (separators[i].section != r->section ||
            !slice_starts(*s, separators[i].literal))
            continue;
        if (!store(r, separators[i].literal))
            return IMPOSSIBLE;
        *s = slice_after(*s, separators[i].literal.len);
        r->section = separators[i].next;
        return TAKEN;
    }
    if (r->section == GCTRACE_COLON && take_parenthesis(r, s))
        return TAKEN;
    return take_unknown_unit(r, s) ? TAKEN : NOT_HERE;
}

static enum gctrace_step advance(struct gctrace_record *r, struct slice *s)
{
    while (r->section != GCTRACE_DONE) {
        if (r->wants_number) {
            if (!take_number(r, s))
                return GCTRACE_TORN;
        } else {
            enum taken taken = take_separator(r, s);

            if (taken != TAKEN)
                return taken == IMPOSSIBLE ? GCTRACE_REFUSED : GCTRACE_TORN;
        }
        r->token_count++;
        /* Behind a number its separator; behind that the next number, as a rule. */
        r->wants_number = !r->wants_number && r->section != GCTRACE_COLON;
    }
    while (take_parenthesis(r, s))
        ;
    return GCTRACE_COMPLETE;
}

enum gctrace_step gctrace_record_begin(struct gctrace_record *r, struct slice *text)
{
    *r = (struct gctrace_record){.cycle = gc_cycle_empty(), .wants_number = true};
    *text = slice_after(*text, 3);
    if (slice_starts(*text, SLICE("#"))) /* betas of 1.5 */
        *text = slice_after(*text, 1);
    return advance(r, text);
}

/* Plainly somebody else's, or nothing. */
static bool is_foreign(struct slice s)
{
    return s.len == 0 || s.ptr[0] == '\r' || s.ptr[0] == '{' || s.ptr[0] == '[' ||
           s.ptr[0] == '<' || slice_starts(s, SLICE("gc ")) || stamp_is_here(s);
}

/* " ms clock, " is ours wherever it stands; "/" may begin a path, " (" any remark. */
static bool is_telling(const struct gctrace_record *r, struct slice s)
{
    for (size_t i = 0; i < COUNT_OF(separators); i++) {
        if (separators[i].section == r->section && separators[i].literal.len > 2 &&
            slice_starts(s, separators[i].literal))
            return true;
    }
    return false;
}

bool gctrace_record_resume(struct gctrace_record *r, struct slice *text,
                           enum gctrace_step *step)
{
    struct gctrace_record next = *r;
    struct slice rest = *text;

    *step = advance(&next, &rest);
    if (*step == GCTRACE_REFUSED || rest.ptr == text->ptr)
        return false;
    /* One token at the start of a line proves nothing unless what follows is plainly
     * not the line's own. */
    if (next.token_count == r->token_count + 1 && *step != GCTRACE_COMPLETE &&
        !is_telling(r, *text) && !is_foreign(rest))
        return false;
    *r = next;
    *text = rest;
    return true;
}

static void finish_times(struct gctrace_record *r)
{
    struct gc_cycle *c = &r->cycle;
    const double *t = r->clock;
    bool is_five = r->clock_count == 5;

    if (r->section <= GCTRACE_CLOCK || (!is_five && r->clock_count != 3))
        return;
    c->sweepterm_ns = t[0];
    c->mark_ns = is_five ? t[1] + t[2] + t[3] : t[1];
    c->markterm_ns = t[is_five ? 4 : 2];
    c->wall_ns = c->sweepterm_ns + c->mark_ns + c->markterm_ns;
    c->pause_ns = c->sweepterm_ns + c->markterm_ns;
    if (is_five && c->is_forced)
        c->pause_ns = c->wall_ns; /* 1.5: runtime.GC() stopped the world throughout */
}

static void finish_cpu(struct gctrace_record *r)
{
    struct gc_cycle *c = &r->cycle;
    const double *p = r->cpu;

    if (r->section <= GCTRACE_CPU)
        return;
    if (r->cpu_count == 5) {
        c->cpu_stw_ns = p[0] + p[4];
        c->cpu_assist_ns = p[1];
        c->cpu_dedicated_ns = p[2];
        c->cpu_idle_ns = p[3];
    } else if (r->cpu_count == 7) {
        /* 1.5: scanning and installing the write barrier are marking too. */
        c->cpu_stw_ns = p[0] + p[6];
        c->cpu_assist_ns = p[3];
        c->cpu_dedicated_ns = p[1] + p[2] + p[4];
        c->cpu_idle_ns = p[5];
    }
}

static void finish_era(struct gctrace_record *r)
{
    if (r->cycle.is_leak_check)
        r->cycle.era = "go1.26+";
    else if (r->clock_count == 5)
        r->cycle.era = "go1.5";
    else if (!r->cycle.era && !r->cycle.is_partial)
        r->cycle.era = "go1.6-1.17";
}

bool gctrace_record_finish(struct gctrace_record *r)
{
    struct gc_cycle *c = &r->cycle;

    if (r->section <= GCTRACE_START)
        return false;
    c->has_start = true;
    c->is_partial = r->section != GCTRACE_DONE;
    finish_times(r);
    finish_cpu(r);
    c->heap_start = r->heap_count > 0 ? r->heap[0] : NAN;
    c->heap_end = r->heap_count > 1 ? r->heap[1] : NAN;
    c->heap_live = r->heap_count > 2 ? r->heap[2] : NAN;
    finish_era(r);
    return true;
}
