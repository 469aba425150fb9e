#include "parsers/gctrace.h"

#include <math.h>

#include "model/base/compiler.h"
#include "parsers/gctrace_fast.h"
#include "parsers/gctrace_line.h"
#include "parsers/gctrace_old.h"
#include "parsers/gctrace_probe.h"
#include "parsers/godebug.h"
#include "parsers/limits.h"
#include "parsers/lines.h"
#include "parsers/scan.h"
#include "parsers/stamp.h"

/* A record whose rest is still to come. */
struct open_record {
    struct gctrace_record record;
    uint64_t line, offset_bytes; /* where it began */
    unsigned waited_lines;
    char text[DIAG_EXCERPT];
    size_t text_len;
};

struct gctrace {
    const struct sink *sink;
    struct diag *diag;
    struct lines lines;
    struct open_record open[LIMIT_OPEN_RECORDS];
    unsigned open_count;
    /* The last line of the run before this one. */
    bool has_stamp;
    struct stamp stamp;
    struct godebug godebug; /* the lines beside the gc records */
};

/* A line of a run, and where it stands. */
struct here {
    const struct lines_run *run;
    struct slice line; /* without its newline */
    uint64_t number;   /* from 1 */
    bool is_start;     /* false: the front of this line is gone */
};

static uint64_t offset_of(const struct here *h, const char *p)
{
    return h->run->offset_bytes + (uint64_t)(p - h->run->bytes.ptr);
}

static void skip(struct gctrace *g, const struct here *h, struct slice at,
                 const char *reason)
{
    diag_skip(g->diag, offset_of(h, at.ptr), h->number, at, reason);
}

static void set_stamp(struct gc_cycle *c, const struct stamp *s, enum stamp_kind kind)
{
    c->stamp = kind;
    c->stamp_ns = s->unix_ns;
    c->stamp_step_ns = s->step_ns;
}

/* Does the runtime write such lines right before a gc line? */
static bool is_companion(struct slice line)
{
    static const struct slice fronts[] = {
        SLICE_INIT("pacer: "), SLICE_INIT("scav "),     SLICE_INIT("scvg"),
        SLICE_INIT("scan: "),  SLICE_INIT("GC forced"), SLICE_INIT("SCHED "),
    };

    for (size_t i = 0; i < COUNT_OF(fronts); i++) {
        if (slice_starts(line, fronts[i]))
            return true;
    }
    return false;
}

/*
 * The stamp of the nearest line before `line` that is no companion of a gc line; `above`
 * is where the line right above begins, NULL when that is to be found out. False where
 * that line has none; *is_open where there was no such line in [start, line).
 */
static bool stamp_above(const char *start, const char *line, const char *above,
                        struct stamp *stamp, bool *is_open)
{
    *is_open = false;
    while (line > start) {
        struct slice text;

        if (!above)
            above = scan_line_start(start, line - 1);
        text = (struct slice){above, (size_t)(line - 1 - above)};
        if (!is_companion(text))
            return stamp_parse(text, stamp);
        line = above;
        above = NULL;
    }
    *is_open = true;
    return false;
}

/* From the line's own front, else from the nearest line above that a service wrote. */
static void find_stamp(const struct gctrace *g, const struct lines_run *run,
                       const char *line, const char *above, const char *record,
                       struct gc_cycle *c)
{
    struct stamp stamp;
    bool is_open;

    c->stamp = STAMP_NONE;
    if (record > line &&
        stamp_parse((struct slice){line, (size_t)(record - line)}, &stamp)) {
        set_stamp(c, &stamp, STAMP_OWN);
    } else if (stamp_above(run->bytes.ptr, line, above, &stamp, &is_open)) {
        set_stamp(c, &stamp, STAMP_BEFORE);
    } else if (is_open && g->has_stamp) {
        set_stamp(c, &g->stamp, STAMP_BEFORE);
    }
}

/* False when the record could not be used, which is then counted. */
static bool hand_on(struct gctrace *g, const struct gc_cycle *c, uint64_t offset_bytes,
                    uint64_t line)
{
    const char *reason;

    if (UNLIKELY(g->godebug.is_busy))
        godebug_before_cycle(&g->godebug);
    reason = g->sink->gc_cycle(g->sink->user, c);
    if (UNLIKELY(g->godebug.is_busy))
        godebug_after_cycle(&g->godebug, c->number);
    if (reason)
        diag_skip(g->diag, offset_bytes, line, (struct slice){0}, reason);
    return !reason;
}

static void drop_open(struct gctrace *g, unsigned i)
{
    g->open[i] = g->open[--g->open_count];
}

static const char *fault_of(const struct gctrace_record *r)
{
    if (r->cycle.is_partial)
        return "gc record cut off: its rest is missing";
    if (r->section != GCTRACE_DONE)
        return "gc record without a time";
    return r->has_bad_number ? "number out of range" : NULL;
}

static void close_open(struct gctrace *g, unsigned i)
{
    struct open_record *o = &g->open[i];
    struct slice text = {o->text, o->text_len};
    bool is_used = true;
    const char *fault;

    if (gctrace_record_finish(&o->record))
        is_used = hand_on(g, &o->record.cycle, o->offset_bytes, o->line);
    fault = fault_of(&o->record);
    if (is_used && fault) /* counted once is enough */
        diag_skip(g->diag, o->offset_bytes, o->line, text, fault);
    drop_open(g, i);
}

/* One process writes its lines one after the other, so the next cycle's line means
 * that the rest of this one will not come. */
static void close_superseded(struct gctrace *g, const struct gctrace_record *newer)
{
    for (unsigned i = g->open_count; i-- > 0;) {
        const struct gctrace_record *r = &g->open[i].record;

        if (r->section > GCTRACE_NUMBER && newer->section > GCTRACE_NUMBER &&
            newer->cycle.number == r->cycle.number + 1)
            close_open(g, i);
    }
}

static void open_record(struct gctrace *g, const struct here *h, const char *at,
                        const struct gctrace_record *r)
{
    struct slice text = {at, (size_t)(h->line.ptr + h->line.len - at)};
    struct open_record *o;

    close_superseded(g, r);
    if (g->open_count == LIMIT_OPEN_RECORDS)
        close_open(g, 0);
    o = &g->open[g->open_count++];
    text = slice_first(text, sizeof o->text);
    *o = (struct open_record){.record = *r,
                              .line = h->number,
                              .offset_bytes = offset_of(h, at),
                              .text_len = text.len};
    memcpy(o->text, text.ptr, text.len);
    find_stamp(g, h->run, h->line.ptr, NULL, at, &o->record.cycle);
    if (r->section == GCTRACE_DONE)
        close_open(g, g->open_count - 1);
}

/* Does an open record go on here? */
static bool resume(struct gctrace *g, struct slice *text, const struct open_record *but)
{
    for (unsigned i = 0; i < g->open_count; i++) {
        enum gctrace_step step;

        if (&g->open[i] == but || !gctrace_record_resume(&g->open[i].record, text, &step))
            continue;
        g->open[i].waited_lines = 0;
        if (step == GCTRACE_COMPLETE)
            close_open(g, i);
        return true;
    }
    return false;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

/* Does nothing but what a log shipper puts there stand before it? */
static bool is_first(const struct here *h, const char *at)
{
    return h->is_start && (at == h->line.ptr || at == h->line.ptr + stamp_skip(h->line));
}

/*
 * "gc 12 objects" is prose, "gc 5" and then a date or a bracket is a record that was
 * torn before its "@"; so is a "gc " with nothing around it.
 */
static bool is_torn_start(const struct here *h, const char *at,
                          const struct gctrace_record *r, struct slice rest)
{
    if (r->section > GCTRACE_NUMBER)
        return true;
    if (at > h->line.ptr && is_word(at[-1]))
        return false;
    if (r->wants_number)
        return rest.len && rest.ptr[0] != '\r'
                   ? rest.ptr[0] == '{' || stamp_is_here(rest) ||
                         (slice_starts(rest, SLICE("gc ")) && is_first(h, at))
                   : is_first(h, at);
    return rest.len == 0 || (rest.ptr[0] != ' ' && rest.ptr[0] != '.' &&
                             rest.ptr[0] != ',' && rest.ptr[0] != ')');
}

/* At "gc " of a 1.5+ line; returns what is left of the line. */
static struct slice take_new(struct gctrace *g, const struct here *h, struct slice at)
{
    struct slice rest = at;
    struct gctrace_record r;
    enum gctrace_step step = gctrace_record_begin(&r, &rest);

    if (step == GCTRACE_REFUSED && r.section <= GCTRACE_START) {
        skip(g, h, at, "gc record whose number or time is out of range");
        return slice_after(at, 2);
    }
    if (step == GCTRACE_TORN && !is_torn_start(h, at.ptr, &r, rest))
        return slice_after(at, 2);
    open_record(g, h, at.ptr, &r);
    if (step == GCTRACE_REFUSED)
        close_open(g, g->open_count - 1);
    return rest;
}

static struct slice take_old(struct gctrace *g, const struct here *h, struct slice at)
{
    struct gc_cycle cycle;
    struct err err = {0};

    if (!gctrace_old(at, &cycle, &err)) {
        skip(g, h, slice_after(at, (size_t)err.offset_bytes), err.reason);
        return slice_after(at, 2);
    }
    find_stamp(g, h->run, h->line.ptr, NULL, at.ptr, &cycle);
    (void)hand_on(g, &cycle, offset_of(h, at.ptr), h->number);
    return slice_after(at, at.len);
}

static void age_open(struct gctrace *g)
{
    for (unsigned i = g->open_count; i-- > 0;) {
        if (g->open[i].waited_lines++ > LIMIT_GLUED_LINES)
            close_open(g, i);
    }
}

/* Open records go on at a line's start, or behind what a log shipper put there. */
static struct slice resume_line(struct gctrace *g, const struct here *h)
{
    struct slice rest = h->line;

    if (!h->is_start || !g->open_count)
        return rest;
    if (!resume(g, &rest, NULL)) {
        rest = slice_after(rest, stamp_skip(rest));
        (void)resume(g, &rest, NULL);
    }
    return rest;
}

/* At "gc" and a blank or a digit; returns what is left of the line. */
static struct slice take_gc(struct gctrace *g, const struct here *h, struct slice found)
{
    struct slice rest = gctrace_old_is_here(found) ? take_old(g, h, found)
                        : found.ptr[2] == ' '      ? take_new(g, h, found)
                                                   : slice_after(found, 2);

    /* Where one record broke off another may go on. */
    if (g->open_count > 1)
        (void)resume(g, &rest, &g->open[g->open_count - 1]);
    return rest;
}

static void take_line(struct gctrace *g, const struct here *h)
{
    struct godebug_line line = {
        .text = h->line,
        .offset_bytes = offset_of(h, h->line.ptr),
        .number = h->number,
        .is_start = h->is_start,
    };
    struct slice rest;
    uint64_t none = 0;

    age_open(g);
    if (godebug_wants_lines(&g->godebug))
        godebug_line(&g->godebug, &line);
    rest = resume_line(g, h);
    while (rest.len) {
        const char *end = rest.ptr + rest.len;
        enum scan_mark mark;
        const char *at = scan_mark(rest.ptr, end, &none, &mark);
        struct slice found = {at, (size_t)(end - at)};

        if (mark == SCAN_NONE)
            return;
        rest = mark == SCAN_GC ? take_gc(g, h, found)
                               : godebug_take(&g->godebug, &line, mark, found);
    }
}

/*
 * Ordinary lines, one after the other: `at` is the record in the line that starts at
 * `line`. Returns where the first line that is not ordinary starts.
 */
static const char *take_fast(struct gctrace *g, const struct lines_run *run,
                             const char *line, const char *at, uint64_t *newlines)
{
    const char *end = run->bytes.ptr + run->bytes.len, *above = NULL, *next;
    struct gc_cycle cycle;

    while (end - at >= GCTRACE_FAST_ROOM && (next = gctrace_fast(at, &cycle))) {
        find_stamp(g, run, line, above, at, &cycle);
        (void)hand_on(g, &cycle, run->offset_bytes + (uint64_t)(at - run->bytes.ptr),
                      run->first_line + *newlines);
        ++*newlines;
        above = line;
        at = line = next;
    }
    return line;
}

/* What stands above the first line of the next run. */
static void remember_stamp(struct gctrace *g, const struct lines_run *run)
{
    const char *start = run->bytes.ptr, *end = start + run->bytes.len;
    struct stamp stamp;
    bool is_open, has_stamp;

    if (run->is_head || run->cut_bytes || end == start || end[-1] != '\n') {
        g->has_stamp = false; /* no whole line, or the last one */
        return;
    }
    has_stamp = stamp_above(start, end, NULL, &stamp, &is_open);
    if (is_open)
        return;
    g->has_stamp = has_stamp;
    g->stamp = stamp;
}

static const char *take_slow(struct gctrace *g, const struct lines_run *run,
                             const char *line, uint64_t *newlines)
{
    const char *end = run->bytes.ptr + run->bytes.len, *stop = scan_line_end(line, end);
    struct here h = {.run = run,
                     .line = {line, (size_t)(stop - line)},
                     .number = run->first_line + *newlines,
                     .is_start = line > run->bytes.ptr || run->cut_bytes == 0};

    take_line(g, &h);
    if (stop == end)
        return end;
    ++*newlines;
    return stop + 1;
}

/* Does each line have to be looked at, whatever is in it? */
static bool wants_lines(const struct gctrace *g)
{
    return g->open_count || godebug_wants_lines(&g->godebug);
}

static uint64_t take_run(void *user, const struct lines_run *run)
{
    struct gctrace *g = user;
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    if (run->cut_bytes)
        diag_skip(g->diag, run->offset_bytes, run->first_line, run->bytes,
                  "line over 1 MiB: its middle was not looked at");
    while (p < end) {
        const char *at, *line = p;

        if (!wants_lines(g)) {
            enum scan_mark mark;

            at = scan_mark(p, end, &newlines, &mark);
            if (mark == SCAN_NONE)
                break;
            p = line = scan_line_start(p, at);
            if (mark == SCAN_GC)
                p = take_fast(g, run, line, at, &newlines);
        }
        if (p == line)
            p = take_slow(g, run, line, &newlines);
    }
    remember_stamp(g, run);
    return newlines;
}

static bool gctrace_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct gctrace *g = state;

    g->sink = sink;
    g->diag = diag;
    godebug_open(&g->godebug, sink, diag);
    return true;
}

static bool gctrace_feed(void *state, struct slice bytes, struct err *err)
{
    struct gctrace *g = state;

    (void)err; /* nothing a log holds is beyond use */
    lines_feed(&g->lines, bytes, take_run, g);
    return true;
}

static bool gctrace_finish(void *state, struct err *err)
{
    struct gctrace *g = state;

    (void)err;
    lines_finish(&g->lines, take_run, g);
    while (g->open_count)
        close_open(g, 0);
    godebug_finish(&g->godebug);
    return true;
}

static void gctrace_close(void *state)
{
    struct gctrace *g = state;

    lines_close(&g->lines);
}

const struct parser_ops gctrace_parser = {
    .name = "gctrace",
    .about = "gctrace lines of Go 1.0 to 1.27, other GODEBUG output and fatal errors",
    .sign =
        "\"gc N @\", \"gcN(procs):\", \"pacer: \", \"scav \" or \"SCHED \" somewhere in "
        "a line, or a Go program's \"fatal error: \"",
    .example =
        "gc 69 @30.408s 0%: 0.047+2.0+0.003 ms clock, 0.095+0.10/0.17/1.5+0.007 ms "
        "cpu, 331->331->183 MB, 335 MB goal, 0 MB stacks, 0 MB globals, 2 P",
    .growth = PARSER_LINES,
    .state_bytes = sizeof(struct gctrace),
    .probe = gctrace_probe,
    .open = gctrace_open,
    .feed = gctrace_feed,
    .finish = gctrace_finish,
    .close = gctrace_close,
};
