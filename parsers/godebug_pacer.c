/*
 * gcpacertrace=1. In the order of a cycle: how it starts ("assist ratio"), how marking
 * ended ("U% CPU", up to Go 1.17 "H_m_prev"), the gc line, then, when it is done, the
 * sweep.
 */
#include "parsers/godebug_internal.h"

/* Up to 1.17: every key in this order. Names are those of the quantities that 1.18 and
 * later print as well, where there are such. */
static const struct {
    struct slice key;
    bool has_delta; /* a delta sign behind it, or what became of one */
    const char *name;
    enum unit unit;
    double scale;
} old_keys[] = {
    {SLICE_INIT("H_m_prev"), false, "pacer.live_prev", UNIT_BYTES, 1},
    {SLICE_INIT("h_t"), false, "pacer.trigger_ratio", UNIT_NONE, 1},
    {SLICE_INIT("H_T"), false, "pacer.trigger", UNIT_BYTES, 1},
    {SLICE_INIT("h_a"), false, "pacer.live_end_ratio", UNIT_NONE, 1},
    {SLICE_INIT("H_a"), false, "pacer.live_end", UNIT_BYTES, 1},
    {SLICE_INIT("h_g"), false, "pacer.goal_ratio", UNIT_NONE, 1},
    {SLICE_INIT("H_g"), false, "pacer.goal", UNIT_BYTES, 1},
    {SLICE_INIT("u_a"), false, "pacer.cpu_percent", UNIT_NONE, 100},
    {SLICE_INIT("u_g"), false, "pacer.cpu_goal_percent", UNIT_NONE, 100},
    {SLICE_INIT("W_a"), false, "pacer.scan.total", UNIT_BYTES, 1},
    {SLICE_INIT("goal"), true, "pacer.goal_error", UNIT_NONE, 1},
    {SLICE_INIT("actual"), true, "pacer.actual_error", UNIT_NONE, 1},
    {SLICE_INIT("u_a/u_g"), false, NULL, UNIT_NONE, 1}, /* follows from the others */
};

/* "(scan 0 MB in 3->4 MB) workers=0++2.500000e-001": behind the scan are heap and goal,
 * which the gc line has too. */
static void take_start(struct cursor *c, struct godebug_figures *f)
{
    godebug_put(f, "pacer.assist_ratio", UNIT_NONE, godebug_float(c));
    cursor_expect(c, SLICE(" (scan "));
    godebug_put(f, "pacer.scan.estimate", UNIT_BYTES, godebug_count(c) * GODEBUG_MIB);
    cursor_expect(c, SLICE(" MB in "));
    (void)godebug_count(c);
    cursor_expect(c, SLICE("->"));
    (void)godebug_count(c);
    cursor_expect(c, SLICE(" MB) workers="));
    godebug_put(f, "pacer.workers.dedicated", UNIT_COUNT, godebug_count(c));
    cursor_expect(c, SLICE("+"));
    godebug_put(f, "pacer.workers.fraction", UNIT_RATIO, godebug_float(c));
}

/* "64% CPU (25 exp.) for 309808+2152+151594 B work (151594 B exp.) in 4030464 B ->
 * 4882432 B (∆goal 688128, cons/mark 0)" */
static void take_end(struct cursor *c, struct godebug_figures *f)
{
    double heap, stacks, globals;

    godebug_put(f, "pacer.cpu_percent", UNIT_NONE, godebug_count(c));
    cursor_expect(c, SLICE("% CPU ("));
    godebug_put(f, "pacer.cpu_goal_percent", UNIT_NONE, godebug_count(c));
    cursor_expect(c, SLICE(" exp.) for "));
    heap = godebug_count(c);
    cursor_expect(c, SLICE("+"));
    stacks = godebug_count(c);
    cursor_expect(c, SLICE("+"));
    globals = godebug_count(c);
    cursor_expect(c, SLICE(" B work ("));
    godebug_put(f, "pacer.scan.heap", UNIT_BYTES, heap);
    godebug_put(f, "pacer.scan.stacks", UNIT_BYTES, stacks);
    godebug_put(f, "pacer.scan.globals", UNIT_BYTES, globals);
    godebug_put(f, "pacer.scan.total", UNIT_BYTES, heap + stacks + globals);
    godebug_put(f, "pacer.scan.expected", UNIT_BYTES, godebug_count(c));
    cursor_expect(c, SLICE(" B exp.) in "));
    godebug_put(f, "pacer.trigger", UNIT_BYTES, godebug_count(c));
    cursor_expect(c, SLICE(" B -> "));
    godebug_put(f, "pacer.live_end", UNIT_BYTES, godebug_count(c));
    cursor_expect(c, SLICE(" B ("));
    godebug_delta(c, SLICE("goal "));
    godebug_put(f, "pacer.goal_delta", UNIT_BYTES, godebug_float(c));
    cursor_expect(c, SLICE(", cons/mark "));
    godebug_put(f, "pacer.cons_mark", UNIT_NONE, godebug_float(c));
    cursor_expect(c, SLICE(")"));
    (void)cursor_accept(c, SLICE("[controller reset]")); /* 1.18, 1.19 */
}

static void take_old_end(struct cursor *c, struct godebug_figures *f)
{
    double live_end = 0, goal = 0;

    for (size_t i = 0; i < COUNT_OF(old_keys); i++) {
        double value;

        if (i)
            cursor_expect(c, SLICE(" "));
        cursor_expect(c, old_keys[i].key);
        if (old_keys[i].has_delta)
            godebug_delta(c, SLICE("="));
        else
            cursor_expect(c, SLICE("="));
        value = godebug_float(c);
        if (c->failed)
            return;
        if (old_keys[i].name)
            godebug_put(f, old_keys[i].name, old_keys[i].unit, value * old_keys[i].scale);
        if (slice_eq(old_keys[i].key, SLICE("H_a")))
            live_end = value;
        if (slice_eq(old_keys[i].key, SLICE("H_g")))
            goal = value;
    }
    godebug_put(f, "pacer.goal_delta", UNIT_BYTES, live_end - goal);
}

/* "2MB; allocated 0MB during sweep; swept 596 pages at 0.0008 pages/byte", of which old
 * releases say less. */
static void take_sweep(struct cursor *c, struct godebug_figures *f)
{
    godebug_put(f, "pacer.sweep.heap", UNIT_BYTES, godebug_count(c) * GODEBUG_MIB);
    cursor_expect(c, SLICE("MB; allocated "));
    godebug_put(f, "pacer.sweep.allocated", UNIT_BYTES, godebug_count(c) * GODEBUG_MIB);
    if (!cursor_accept(c, SLICE("MB of spans; swept ")))
        cursor_expect(c, SLICE("MB during sweep; swept "));
    godebug_put(f, "pacer.sweep.pages", UNIT_COUNT, godebug_count(c));
    cursor_expect(c, SLICE(" pages"));
    if (cursor_accept(c, SLICE(" at "))) {
        godebug_put(f, "pacer.sweep.pages_per_byte", UNIT_NONE, godebug_float(c));
        cursor_expect(c, SLICE(" pages/byte"));
    }
}

void godebug_pacer_settle(struct godebug *g)
{
    struct godebug_held *held = &g->pacer;

    if (!held->shape)
        return;
    godebug_emit(g, held->shape, &held->figures, &held->place);
    *held = (struct godebug_held){0};
    g->pacer_has_start = g->pacer_has_end = false;
}

/* Start and end of a cycle make up one sample. A start where there is one means that
 * the gc line between was lost. */
static void hold(struct godebug *g, const struct godebug_figures *f,
                 const struct godebug_place *place, bool is_start)
{
    struct godebug_held *held = &g->pacer;

    if (is_start ? held->shape != NULL : g->pacer_has_end)
        godebug_pacer_settle(g);
    if (!held->shape)
        *held = (struct godebug_held){.shape = "pacer", .place = *place};
    for (unsigned i = 0; i < f->count; i++)
        godebug_put(&held->figures, f->values[i].name.ptr, f->values[i].unit,
                    f->values[i].value);
    g->pacer_has_start |= is_start;
    g->pacer_has_end |= !is_start;
    g->is_busy = true;
}

struct slice godebug_pacer(struct godebug *g, const struct godebug_line *line,
                           struct slice at)
{
    struct err err = {0};
    struct cursor c = cursor_init(at, &err);
    struct godebug_figures f = {0};
    struct godebug_place place = godebug_place_of(g, line, at.ptr);
    bool is_start = false, is_sweep = false;

    cursor_expect(&c, SLICE("pacer: "));
    if (cursor_accept(&c, SLICE("assist ratio="))) {
        is_start = true;
        take_start(&c, &f);
    } else if (cursor_accept(&c, SLICE("sweep done at heap size "))) {
        is_sweep = true;
        take_sweep(&c, &f);
    } else if (slice_starts(c.rest, SLICE("H_m_prev="))) {
        take_old_end(&c, &f);
    } else if (c.rest.len && c.rest.ptr[0] >= '0' && c.rest.ptr[0] <= '9') {
        take_end(&c, &f);
    } else {
        return c.rest; /* prose */
    }
    if (c.failed)
        return godebug_fault(g, line, at, &err);
    if (is_sweep)
        godebug_emit(g, "sweep", &f, &place);
    else
        hold(g, &f, &place, is_start);
    return c.rest;
}
