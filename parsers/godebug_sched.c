/*
 * schedtrace=MS, and the table that scheddetail=1 puts under each of its lines.
 *
 * The runtime holds no lock over the whole line, so a gc line can land inside it; the
 * header then goes on in the line after that one.
 */
#include <assert.h>

#include "model/base/num.h"
#include "parsers/godebug_internal.h"
#include "parsers/stamp.h"

#define MS_MAX (UINT64_C(1) << 42)
#define STATUS_SCAN 0x1000 /* being scanned: the rest tells its state */
#define STATUS_IDLE 0
#define STATUS_WAITING 4
#define STATUS_DEAD 6

static const struct {
    struct slice key;
    uint32_t metric;
    const char *name;
} keys[] = {
    {SLICE_INIT("gomaxprocs"), METRIC_SCHED_PROCS, NULL},
    {SLICE_INIT("idleprocs"), METRIC_COUNT, "sched.idleprocs"},
    {SLICE_INIT("threads"), METRIC_SCHED_THREADS, NULL},
    {SLICE_INIT("spinningthreads"), METRIC_COUNT, "sched.spinning"},
    {SLICE_INIT("needspinning"), METRIC_COUNT, "sched.needspinning"},
    {SLICE_INIT("idlethreads"), METRIC_COUNT, "sched.idlethreads"},
    {SLICE_INIT("runqueue"), METRIC_COUNT, "sched.runqueue"},
};

/* What goroutines wait for that has to do with memory, by the runtime's words. */
static const struct {
    struct slice reason;
    unsigned slot;
} waits[] = {
    {SLICE_INIT("GC assist wait"), 0},     {SLICE_INIT("GC assist marking"), 0},
    {SLICE_INIT("GC sweep wait"), 1},      {SLICE_INIT("GC scavenge wait"), 2},
    {SLICE_INIT("GC worker (idle)"), 3},   {SLICE_INIT("wait for GC cycle"), 4},
    {SLICE_INIT("garbage collection"), 5}, {SLICE_INIT("GC weak to strong wait"), 5},
    {SLICE_INIT("finalizer wait"), 6},     {SLICE_INIT("cleanup wait"), 7},
};

static const char *const wait_names[] = {
    "sched.waiting.gc_assist",      "sched.waiting.gc_sweep", "sched.waiting.gc_scavenge",
    "sched.waiting.gc_worker_idle", "sched.waiting.gc_cycle", "sched.waiting.gc",
    "sched.waiting.finalizer",      "sched.waiting.cleanup",
};
static_assert(COUNT_OF(wait_names) == COUNT_OF(((struct godebug_sched *)NULL)->waiting),
              "a wait without a counter");

struct header {
    struct godebug_figures figures;
    double local_queue;
    uint64_t ms;
    bool is_whole;  /* up to where its era ends */
    bool is_detail; /* a table follows */
};

static void put_key(struct godebug_figures *f, struct slice key, double value)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!slice_eq(keys[i].key, key))
            continue;
        if (keys[i].name)
            godebug_put(f, keys[i].name, UNIT_COUNT, value);
        else
            godebug_put_metric(f, keys[i].metric, value);
    }
}

/* The bytes up to one of these, or all. */
static struct slice word_until(struct slice s, char a, char b)
{
    size_t i = 0;

    while (i < s.len && s.ptr[i] != a && s.ptr[i] != b)
        i++;
    return slice_first(s, i);
}

/* "[0 0]" of old, "[ 0 0 ]" of 1.25: the queues of the processors. */
static void take_queues(struct cursor *c, struct header *h)
{
    while (!c->failed && !cursor_accept(c, SLICE("]"))) {
        if (!cursor_accept(c, SLICE(" ")))
            h->local_queue += godebug_count(c);
    }
    h->is_whole = !c->failed;
}

/* "SCHED 25ms: gomaxprocs=2 idleprocs=0 …": false where it breaks off. A number at the
 * very end may go on, so it is taken only with what ends it. */
static void take_header(struct cursor *c, struct header *h)
{
    cursor_expect(c, SLICE("SCHED "));
    h->ms = cursor_u64(c, MS_MAX);
    cursor_expect(c, SLICE("ms:"));
    while (!c->failed && !h->is_whole) {
        struct slice key;
        double value;

        cursor_expect(c, SLICE(" "));
        if (cursor_accept(c, SLICE("["))) {
            take_queues(c, h);
            return;
        }
        key = word_until(c->rest, '=', ' ');
        if (slice_eq(key, SLICE("gcwaiting"))) {
            h->is_whole = h->is_detail = true;
            return;
        }
        if (!c->failed)
            c->rest = slice_after(c->rest, key.len);
        cursor_expect(c, SLICE("="));
        value = godebug_count(c);
        if (!c->failed && slice_starts(c->rest, SLICE(" ")))
            put_key(&h->figures, key, value);
    }
}

static void emit(struct godebug *g, struct godebug_figures *f,
                 const struct godebug_place *place, uint64_t ms)
{
    struct godebug_sched *s = &g->sched;
    int64_t now_ms = (int64_t)ms, time_ns = now_ms * NS_PER_MS;

    /* Its clock ran backwards: another process, whose first gc line is to come. */
    if (g->has_cycle && now_ms < s->last_ms && !s->held.shape) {
        s->held = (struct godebug_held){"sched", *f, *place};
        s->held_ns = time_ns;
        g->is_busy = true;
    } else {
        godebug_sched_settle(g);
        godebug_emit_at(g, "sched", f, place, time_ns);
    }
    s->last_ms = now_ms;
}

void godebug_sched_settle(struct godebug *g)
{
    struct godebug_held *held = &g->sched.held;

    if (!held->shape)
        return;
    godebug_emit_at(g, held->shape, &held->figures, &held->place, g->sched.held_ns);
    held->shape = NULL;
}

static void close_table(struct godebug *g)
{
    struct godebug_sched *s = &g->sched;
    struct godebug_figures *f = &s->table.figures;

    if (!s->is_detail)
        return;
    s->is_detail = false;
    godebug_put(f, "sched.runqueue.local", UNIT_COUNT, s->local_queue);
    godebug_put_metric(f, METRIC_SCHED_GOROUTINES, s->goroutines);
    for (size_t i = 0; i < COUNT_OF(wait_names); i++)
        godebug_put(f, wait_names[i], UNIT_COUNT, s->waiting[i]);
    emit(g, f, &s->table.place, (uint64_t)(s->table_ns / NS_PER_MS));
}

static void take_whole(struct godebug *g, struct header *h,
                       const struct godebug_place *place)
{
    struct godebug_sched *s = &g->sched;

    close_table(g);
    if (!h->is_detail) {
        godebug_put(&h->figures, "sched.runqueue.local", UNIT_COUNT, h->local_queue);
        emit(g, &h->figures, place, h->ms);
        return;
    }
    s->is_detail = true;
    s->foreign_lines = 0;
    s->table = (struct godebug_held){"sched", h->figures, *place};
    s->table_ns = (int64_t)h->ms * NS_PER_MS;
    s->goroutines = s->local_queue = 0;
    memset(s->waiting, 0, sizeof s->waiting);
}

static void cut_off(struct godebug *g)
{
    if (g->sched.torn_len)
        diag_skip(g->diag, g->sched.place.offset_bytes, g->sched.place.line,
                  slice_of(g->sched.torn, g->sched.torn_len),
                  "schedtrace line cut off: its rest is missing");
    g->sched.torn_len = 0;
}

struct slice godebug_sched(struct godebug *g, const struct godebug_line *line,
                           struct slice at)
{
    struct err err = {0};
    struct cursor c = cursor_init(at, &err);
    struct godebug_sched *s = &g->sched;
    struct header h = {0};
    struct godebug_place place = godebug_place_of(g, line, at.ptr);
    struct slice front;
    uint64_t none = 0;
    enum scan_mark mark;

    if (at.len < 7 || at.ptr[6] < '0' || at.ptr[6] > '9')
        return slice_after(at, 6); /* "SCHED " in prose */
    take_header(&c, &h);
    if (h.is_whole) {
        take_whole(g, &h, &place);
        return c.rest;
    }
    front = slice_of(
        at.ptr, (size_t)(scan_mark(at.ptr + 6, at.ptr + at.len, &none, &mark) - at.ptr));
    if (mark != SCAN_GC || front.len > sizeof s->torn)
        return godebug_fault(g, line, at, &err);
    cut_off(g);
    memcpy(s->torn, front.ptr, front.len);
    s->torn_len = front.len;
    s->place = place;
    return slice_after(at, front.len);
}

/* The rest of a header that a gc line landed in. */
static void join(struct godebug *g, struct slice text)
{
    struct godebug_sched *s = &g->sched;
    struct err err = {0};
    struct header h = {0};
    struct cursor c;

    if (text.len > sizeof s->torn - s->torn_len) {
        cut_off(g);
        return;
    }
    if (text.len)
        memcpy(s->torn + s->torn_len, text.ptr, text.len);
    c = cursor_init(slice_of(s->torn, s->torn_len + text.len), &err);
    take_header(&c, &h);
    if (!h.is_whole) {
        cut_off(g);
        return;
    }
    s->torn_len = 0;
    take_whole(g, &h, &s->place);
}

/* "G18: status=4(GC worker (active)) m=0 lockedm=nil" behind "G" */
static bool take_goroutine(struct godebug_sched *s, struct slice text)
{
    struct err err;
    struct cursor c = cursor_init(text, &err);
    uint64_t status;

    (void)godebug_count(&c);
    cursor_expect(&c, SLICE(": status="));
    status = cursor_u64(&c, UINT32_MAX) & ~(uint64_t)STATUS_SCAN;
    cursor_expect(&c, SLICE("("));
    if (c.failed)
        return false;
    s->goroutines += status != STATUS_IDLE && status != STATUS_DEAD;
    for (size_t i = 0; status == STATUS_WAITING && i < COUNT_OF(waits); i++) {
        if (slice_starts(c.rest, waits[i].reason) &&
            slice_starts(slice_after(c.rest, waits[i].reason.len), SLICE(")")))
            s->waiting[waits[i].slot]++;
    }
    return true;
}

/* "P0: status=1 schedtick=0 syscalltick=0 m=0 runqsize=0 …" behind "P" */
static bool take_processor(struct godebug_sched *s, struct slice text)
{
    static const struct slice key = SLICE_INIT(" runqsize=");
    struct err err;
    struct cursor c = cursor_init(text, &err);

    (void)godebug_count(&c);
    cursor_expect(&c, SLICE(": status="));
    while (!c.failed && c.rest.len && !slice_starts(c.rest, key))
        c.rest = slice_after(c.rest, 1);
    cursor_expect(&c, key);
    if (c.failed)
        return false;
    s->local_queue += godebug_count(&c);
    return true;
}

static bool take_row(struct godebug_sched *s, struct slice text)
{
    while (text.len && text.ptr[0] == ' ')
        text = slice_after(text, 1);
    if (text.len < 2 || text.ptr[1] < '0' || text.ptr[1] > '9')
        return false;
    if (text.ptr[0] == 'G')
        return take_goroutine(s, slice_after(text, 1));
    if (text.ptr[0] == 'P')
        return take_processor(s, slice_after(text, 1));
    return text.ptr[0] == 'M';
}

void godebug_sched_line(struct godebug *g, const struct godebug_line *line)
{
    struct godebug_sched *s = &g->sched;
    struct slice text = line->text;

    if (line->is_start)
        text = slice_after(text, stamp_skip(text));
    if (s->torn_len) {
        join(g, text);
        return;
    }
    if (take_row(s, text))
        s->foreign_lines = 0;
    else if (s->foreign_lines++ == LIMIT_SCHED_FOREIGN_LINES)
        close_table(g);
}

void godebug_sched_finish(struct godebug *g)
{
    cut_off(g);
    close_table(g);
    godebug_sched_settle(g);
}
