/*
 * The scavenger: scvg lines up to Go 1.13, scav lines under scavtrace=1 from 1.14 on.
 */
#include <math.h>

#include "parsers/godebug_internal.h"

/* "0 KiB work (bg), 27656 KiB work (eager), 56712 KiB now, 91% util" of 1.21 on, and
 * "16 KiB work, 58912 KiB total, 50% util" before, where 1.15 to 1.18 put a number of
 * their own in front. False: nobody's. */
static bool take_scav(struct cursor *c, struct godebug_figures *f)
{
    double first = godebug_count(c), second, released;

    if (!cursor_accept(c, SLICE(" KiB work"))) {
        if (!cursor_accept(c, SLICE(" ")))
            return false;
        first = godebug_count(c);
        if (!cursor_accept(c, SLICE(" KiB work")))
            return false;
    }
    if (cursor_accept(c, SLICE(" (bg), "))) {
        second = godebug_count(c);
        cursor_expect(c, SLICE(" KiB work (eager), "));
        released = godebug_count(c);
        cursor_expect(c, SLICE(" KiB now, "));
        godebug_put(f, "scav.work", UNIT_BYTES, (first + second) * GODEBUG_KIB);
        godebug_put(f, "scav.work.bg", UNIT_BYTES, first * GODEBUG_KIB);
        godebug_put(f, "scav.work.eager", UNIT_BYTES, second * GODEBUG_KIB);
    } else {
        cursor_expect(c, SLICE(", "));
        released = godebug_count(c);
        cursor_expect(c, SLICE(" KiB total, "));
        godebug_put(f, "scav.work", UNIT_BYTES, first * GODEBUG_KIB);
    }
    godebug_put(f, "scav.returned", UNIT_BYTES, released * GODEBUG_KIB);
    godebug_put(f, "scav.util", UNIT_RATIO, godebug_count(c) / 100);
    cursor_expect(c, SLICE("% util"));
    return true;
}

struct slice godebug_scav(struct godebug *g, const struct godebug_line *line,
                          struct slice at)
{
    struct err err = {0};
    struct cursor c = cursor_init(at, &err);
    struct godebug_figures f = {0};
    struct godebug_place place = godebug_place_of(g, line, at.ptr);

    cursor_expect(&c, SLICE("scav "));
    if (!take_scav(&c, &f))
        return c.rest;
    if (c.failed)
        return godebug_fault(g, line, at, &err);
    godebug_emit(g, "scav", &f, &place);
    return c.rest;
}

/* "inuse: 18, idle: 43, sys: 62, released: 37, consumed: 24 (MB)" */
static void take_sizes(struct cursor *c, double sizes[5])
{
    static const struct slice behind[5] = {
        SLICE_INIT(", idle: "), SLICE_INIT(", sys: "), SLICE_INIT(", released: "),
        SLICE_INIT(", consumed: "), SLICE_INIT(" (MB)")};

    for (size_t i = 0; i < 5; i++) {
        sizes[i] = godebug_count(c) * GODEBUG_MIB;
        cursor_expect(c, behind[i]);
    }
}

/*
 * 1.13 prints the same figures many times a second. Within a cycle all of them would
 * stand at the same time, so those that say nothing new are left out.
 */
static bool is_news(const struct godebug_scvg *s, const double sizes[5])
{
    bool has_changed = !s->has_last || s->work > 0;

    for (size_t i = 0; i < 5; i++)
        has_changed |= sizes[i] > s->last[i] || sizes[i] < s->last[i];
    return has_changed;
}

static void emit_sizes(struct godebug *g, const double sizes[5],
                       const struct godebug_place *place)
{
    struct godebug_scvg *s = &g->scvg;
    struct godebug_figures f = {0};

    if (g->has_cycle && !is_news(s, sizes))
        return;
    godebug_put_metric(&f, METRIC_HEAP_INUSE, sizes[0]);
    godebug_put_metric(&f, METRIC_HEAP_IDLE, sizes[1]);
    godebug_put_metric(&f, METRIC_HEAP_SYS, sizes[2]);
    godebug_put_metric(&f, METRIC_HEAP_RELEASED, sizes[3]);
    godebug_put(&f, "scvg.consumed", UNIT_BYTES, sizes[4]);
    godebug_put(&f, "scav.work", UNIT_BYTES, s->work);
    godebug_emit(g, "scvg", &f, place);
    memcpy(s->last, sizes, sizeof s->last);
    s->has_last = g->is_busy = true;
    s->work = NAN;
}

/* Up to 1.12 a count stands behind it, -1 for debug.FreeOSMemory. */
static bool take_scvg(struct cursor *c)
{
    cursor_expect(c, SLICE("scvg"));
    if (!slice_starts(c->rest, SLICE(":"))) {
        (void)cursor_accept(c, SLICE("-"));
        (void)godebug_count(c);
    }
    return cursor_accept(c, SLICE(": "));
}

static double take_released(struct cursor *c)
{
    double released = godebug_count(c);

    /* A development build of 1.14 printed KB. */
    if (cursor_accept(c, SLICE(" KB released")))
        return released * GODEBUG_KIB;
    cursor_expect(c, SLICE(" MB released"));
    return released * GODEBUG_MIB;
}

struct slice godebug_scvg(struct godebug *g, const struct godebug_line *line,
                          struct slice at)
{
    struct err err = {0};
    struct cursor c = cursor_init(at, &err);
    struct godebug_place place = godebug_place_of(g, line, at.ptr);
    double sizes[5], released;

    if (!take_scvg(&c))
        return slice_after(at, 4); /* "scvg" */
    if (cursor_accept(&c, SLICE("GC forced"))) {
        godebug_periodic(g, line, at.ptr);
    } else if (cursor_accept(&c, SLICE("inuse: "))) {
        take_sizes(&c, sizes);
        if (!c.failed)
            emit_sizes(g, sizes, &place);
    } else {
        released = take_released(&c);
        if (!c.failed)
            g->scvg.work = released + (isnan(g->scvg.work) ? 0 : g->scvg.work);
    }
    return c.failed ? godebug_fault(g, line, at, &err) : c.rest;
}
