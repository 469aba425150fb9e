#include "parsers/gofatal.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "parsers/cursor.h"
#include "parsers/stamp.h"

/* What the runtime says before it dies. An error that starts with one of these needs no
 * dump to be believed. */
static const struct slice known_errors[] = {
    SLICE_INIT("out of memory"),
    SLICE_INIT("runtime: out of memory"),
    SLICE_INIT("runtime: cannot allocate memory"),
    SLICE_INIT("stack overflow"),
    SLICE_INIT("concurrent map "),
    SLICE_INIT("all goroutines are asleep - deadlock!"),
    SLICE_INIT("failed to reserve page summary memory"),
    SLICE_INIT("thread exhaustion"),
    SLICE_INIT("pageAlloc: out of memory"),
    SLICE_INIT("trace: out of memory"),
    SLICE_INIT("heapdump: out of memory"),
    SLICE_INIT("morestack on g0"),
    SLICE_INIT("unexpected signal during runtime execution"),
    SLICE_INIT("checkmark found unmarked object"),
    SLICE_INIT("sync: unlock of unlocked mutex"),
    SLICE_INIT("sync: Unlock of unlocked RWMutex"),
    SLICE_INIT("sync: RUnlock of unlocked RWMutex"),
};

/* Of whose functions the stack's innermost frames consist. */
static const struct slice runtime_frames[] = {
    SLICE_INIT("runtime."),
    SLICE_INIT("runtime/"),
    SLICE_INIT("internal/runtime/"),
    SLICE_INIT("panic("),
};

static void text_set(struct gofatal_text *t, struct slice s)
{
    s = slice_first(s, sizeof t->bytes);
    t->len = s.len;
    if (s.len)
        memcpy(t->bytes, s.ptr, s.len);
}

static struct slice text_of(const struct gofatal_text *t)
{
    return slice_of(t->bytes, t->len);
}

static struct slice without_cr(struct slice s)
{
    return slice_ends(s, SLICE("\r")) ? slice_first(s, s.len - 1) : s;
}

static void begin(struct gofatal *f, struct slice line, uint64_t offset_bytes,
                  uint64_t number)
{
    struct stamp stamp;

    gofatal_flush(f);
    *f = (struct gofatal){
        .sink = f->sink,
        .diag = f->diag,
        .offset_bytes = offset_bytes,
        .line = number,
        .requested = NAN,
        .in_use = NAN,
        .limit = NAN,
        .limit_threads = NAN,
    };
    if (stamp_parse(line, &stamp)) {
        f->has_stamp = true;
        f->stamp_ns = stamp.unix_ns;
    }
}

/* Some old releases print a size beyond 2^63 as a negative number. */
static double take_size(struct cursor *c)
{
    bool is_negative = cursor_accept(c, SLICE("-"));
    uint64_t value = cursor_u64(c, UINT64_MAX);

    return (double)(is_negative ? 0 - value : value);
}

/* "out of memory: cannot allocate 16777216-byte block (943456256 in use)" */
static bool take_allocation(struct gofatal *f, struct cursor *c)
{
    if (!cursor_accept(c, SLICE("out of memory: cannot allocate ")))
        return false;
    f->requested = take_size(c);
    cursor_expect(c, SLICE("-byte block"));
    if (cursor_accept(c, SLICE(" ("))) {
        f->in_use = take_size(c);
        cursor_expect(c, SLICE(" in use)"));
    }
    return !c->failed;
}

static bool take_preface(struct gofatal *f, struct cursor *c)
{
    if (cursor_accept(c, SLICE("goroutine stack exceeds "))) {
        f->limit = take_size(c);
        cursor_expect(c, SLICE("-byte limit"));
    } else if (cursor_accept(c, SLICE("VirtualAlloc of "))) {
        f->requested = take_size(c);
        cursor_expect(c, SLICE(" bytes failed with errno="));
    } else if (cursor_accept(c, SLICE("program exceeds "))) {
        f->limit_threads = take_size(c);
        cursor_expect(c, SLICE("-thread limit"));
    } else if (!cursor_accept(c, SLICE("cannot allocate memory"))) {
        return take_allocation(f, c);
    }
    return !c->failed;
}

void gofatal_runtime(struct gofatal *f, struct slice line, struct slice text,
                     uint64_t offset_bytes, uint64_t number)
{
    struct slice message = without_cr(slice_after(text, sizeof "runtime: " - 1));
    struct gofatal next = {
        .requested = NAN, .in_use = NAN, .limit = NAN, .limit_threads = NAN};
    struct err err;
    struct cursor c = cursor_init(message, &err);

    /* The runtime says many things under that name, and goes on. */
    if (!take_preface(&next, &c))
        return;
    begin(f, line, offset_bytes, number);
    f->requested = next.requested;
    f->in_use = next.in_use;
    f->limit = next.limit;
    f->limit_threads = next.limit_threads;
    f->stage = GOFATAL_PREFACE;
    f->is_sure = true;
    text_set(&f->preface, message);
}

static bool is_known(struct slice error)
{
    return slice_starts_any(error, known_errors, COUNT_OF(known_errors));
}

void gofatal_error(struct gofatal *f, struct slice line, struct slice text,
                   uint64_t offset_bytes, uint64_t number)
{
    struct slice error = without_cr(slice_after(text, sizeof "fatal error: " - 1));

    if (f->stage != GOFATAL_PREFACE)
        begin(f, line, offset_bytes, number);
    f->stage = GOFATAL_ERROR;
    f->is_sure |= is_known(error);
    f->waited_lines = 0;
    text_set(&f->error, error);
}

void gofatal_panic(struct gofatal *f, struct slice line, struct slice text,
                   uint64_t offset_bytes, uint64_t number)
{
    begin(f, line, offset_bytes, number);
    f->stage = GOFATAL_ERROR;
    f->is_panic = true;
    text_set(&f->error, without_cr(slice_after(text, sizeof "panic: " - 1)));
}

/* "goroutine 5 [chan receive]:", "goroutine 1 gp=0x… m=2 mp=0x… [running]:" */
static bool take_goroutine(struct gofatal *f, struct slice text)
{
    const char *open, *close;
    struct err err;
    struct cursor c = cursor_init(text, &err);
    uint64_t number;

    cursor_expect(&c, SLICE("goroutine "));
    number = cursor_u64(&c, UINT64_MAX);
    cursor_expect(&c, SLICE(" "));
    open = c.failed || !c.rest.len ? NULL : memchr(c.rest.ptr, '[', c.rest.len);
    if (!open)
        return false;
    close = c.rest.ptr + c.rest.len - 1;
    while (close > open && *close != ']')
        close--;
    if (close == open)
        return false;
    f->goroutine = number;
    f->has_goroutine = true;
    text_set(&f->state, slice_of(open + 1, (size_t)(close - open - 1)));
    return true;
}

static bool is_runtime(struct slice frame)
{
    return slice_starts_any(frame, runtime_frames, COUNT_OF(runtime_frames));
}

/* "main.(*T).run(0x1, {0x2, ...})" without its arguments, which hold no parenthesis. */
static struct slice function_of(struct slice frame)
{
    size_t i = frame.len;

    while (i > 0 && frame.ptr[i - 1] != '(')
        i--;
    return slice_first(frame, i ? i - 1 : frame.len);
}

/* "\t./d.go:42 +0x249 fp=…": up to the blank. */
static struct slice file_of(struct slice text)
{
    size_t i = 0;

    text = slice_after(text, 1);
    while (i < text.len && !slice_starts(slice_after(text, i), SLICE(" +0x")) &&
           text.ptr[i] != '\t')
        i++;
    return slice_first(text, i);
}

static void drop(struct gofatal *f)
{
    f->stage = GOFATAL_NONE;
}

static void take_frame(struct gofatal *f, struct slice text)
{
    if (text.len == 0 || slice_starts(text, SLICE("created by "))) {
        gofatal_flush(f);
    } else if (f->is_panic && !f->is_sure &&
               slice_starts(text, SLICE("runtime/debug."))) {
        drop(f); /* printed by one who recovered */
    } else if (text.ptr[0] != '\t') {
        f->is_sure = true;
        if (is_runtime(text))
            return;
        text_set(&f->function, function_of(text));
        f->stage = GOFATAL_FILE;
    }
}

static void take_header(struct gofatal *f, struct slice text)
{
    if (take_goroutine(f, text)) {
        /* debug.PrintStack leaves no empty line, the runtime does. */
        if (f->is_panic && !f->is_after_blank)
            drop(f);
        else
            f->stage = GOFATAL_FRAMES;
    } else if (!f->is_panic && slice_eq(text, SLICE("runtime stack:"))) {
        f->is_sure = true;
    }
}

void gofatal_line(struct gofatal *f, struct slice text)
{
    text = without_cr(text);
    switch (f->stage) {
    case GOFATAL_PREFACE:
        break;
    case GOFATAL_ERROR:
        take_header(f, text);
        break;
    case GOFATAL_FRAMES:
        take_frame(f, text);
        break;
    case GOFATAL_FILE:
        if (text.len && text.ptr[0] == '\t')
            text_set(&f->file, file_of(text));
        gofatal_flush(f);
        break;
    case GOFATAL_NONE:
        break;
    }
    f->is_after_blank = text.len == 0;
    if (f->stage != GOFATAL_NONE && ++f->waited_lines > LIMIT_FATAL_LINES)
        gofatal_flush(f);
}

/* "stack overflow in goroutine 1: main.deep", "Go runtime: out of memory: cannot …" */
static void put_message(const struct gofatal *f, struct text *t)
{
    struct slice error = text_of(f->error.len ? &f->error : &f->preface);

    if (!isnan(f->requested))
        error = text_of(&f->preface);
    if (f->is_panic)
        text_put_str(t, "panic: ");
    else if (!isnan(f->requested) || !f->has_goroutine)
        text_put_str(t, "Go runtime: ");
    if (slice_starts(error, SLICE("runtime: "))) /* said already */
        error = f->is_panic ? error : slice_after(error, sizeof "runtime: " - 1);
    text_put(t, error);
    if (!f->has_goroutine || !isnan(f->requested))
        return;
    text_printf(t, " in goroutine %llu", (unsigned long long)f->goroutine);
    if (f->function.len) {
        text_put_str(t, ": ");
        text_put(t, text_of(&f->function));
    }
}

static void add_text(struct fact *facts, size_t *count, const char *name,
                     const struct gofatal_text *text)
{
    if (text->len)
        facts[(*count)++] =
            (struct fact){.name = name, .is_text = true, .text = text_of(text)};
}

static void add_number(struct fact *facts, size_t *count, const char *name, double value)
{
    if (!isnan(value))
        facts[(*count)++] = (struct fact){.name = name, .number = value};
}

static void hand_on(struct gofatal *f)
{
    struct notice n = notice_empty(EVENT_FATAL);
    struct fact facts[9];
    struct text message = {0};
    const char *reason;

    put_message(f, &message);
    n.message = slice_of(message.ptr, message.len);
    n.time_kind = f->has_stamp ? MOMENT_WALL : MOMENT_CYCLE;
    n.time_ns = f->stamp_ns;
    add_text(facts, &n.fact_count, "error", f->error.len ? &f->error : &f->preface);
    if (f->has_goroutine)
        add_number(facts, &n.fact_count, "goroutine", (double)f->goroutine);
    add_text(facts, &n.fact_count, "goroutine_state", &f->state);
    add_text(facts, &n.fact_count, "function", &f->function);
    add_text(facts, &n.fact_count, "file", &f->file);
    add_number(facts, &n.fact_count, "requested_bytes", f->requested);
    add_number(facts, &n.fact_count, "in_use_bytes", f->in_use);
    add_number(facts, &n.fact_count, "limit_bytes", f->limit);
    add_number(facts, &n.fact_count, "limit_threads", f->limit_threads);
    n.facts = facts;
    reason = f->sink->notice(f->sink->user, &n);
    if (reason)
        diag_skip(f->diag, f->offset_bytes, f->line, n.message, reason);
    text_finish(&message);
}

void gofatal_flush(struct gofatal *f)
{
    bool is_dead =
        f->is_panic ? f->stage >= GOFATAL_FRAMES : f->is_sure || f->has_goroutine;

    if (f->stage != GOFATAL_NONE && is_dead)
        hand_on(f);
    f->stage = GOFATAL_NONE;
}
