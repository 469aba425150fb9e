#include "parsers/godebug.h"

#include <math.h>

#include "model/base/num.h"
#include "parsers/godebug_internal.h"
#include "parsers/stamp.h"

/* Where what is put here already has its name, its value is replaced: a lost gc line
 * must not make a sample grow. */
static void put(struct godebug_figures *f, struct sample_value value)
{
    unsigned i = 0;

    if (!isfinite(value.value))
        return;
    while (i < f->count && (f->values[i].metric != value.metric ||
                            !slice_eq(f->values[i].name, value.name)))
        i++;
    if (i < GODEBUG_FIGURES)
        f->values[i] = value;
    if (i == f->count && i < GODEBUG_FIGURES)
        f->count++;
}

void godebug_put(struct godebug_figures *f, const char *name, enum unit unit,
                 double value)
{
    put(f, (struct sample_value){METRIC_COUNT, slice_str(name), unit, value});
}

void godebug_put_metric(struct godebug_figures *f, enum metric metric, double value)
{
    put(f, (struct sample_value){
               .metric = metric, .unit = metric_info(metric)->unit, .value = value});
}

double godebug_count(struct cursor *c)
{
    return (double)cursor_u64(c, GODEBUG_COUNT_MAX);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t float_len(struct slice s)
{
    static const struct slice words[] = {SLICE_INIT("NaN"), SLICE_INIT("+Inf"),
                                         SLICE_INIT("-Inf")};
    size_t i = 0;

    for (size_t k = 0; k < COUNT_OF(words); k++) {
        if (slice_starts(s, words[k]))
            return words[k].len;
    }
    while (i < s.len &&
           (is_digit(s.ptr[i]) || s.ptr[i] == '.' || s.ptr[i] == 'e' ||
            ((s.ptr[i] == '+' || s.ptr[i] == '-') && (i == 0 || s.ptr[i - 1] == 'e'))))
        i++;
    return i;
}

double godebug_float(struct cursor *c)
{
    size_t len = c->failed ? 0 : float_len(c->rest);
    double value = NAN;

    if (!num_parse_double(slice_first(c->rest, len), &value)) {
        cursor_fail(c, "expected a number");
        return NAN;
    }
    c->rest = slice_after(c->rest, len);
    return value;
}

#define DELTA_MAX 8 /* "\u2206" is six */

void godebug_delta(struct cursor *c, struct slice literal)
{
    for (size_t i = 0; !c->failed && i <= DELTA_MAX && i <= c->rest.len; i++) {
        if (slice_starts(slice_after(c->rest, i), literal)) {
            c->rest = slice_after(c->rest, i + literal.len);
            return;
        }
    }
    cursor_expect(c, literal); /* for its message */
}

struct godebug_place godebug_place_of(const struct godebug *g,
                                      const struct godebug_line *line, const char *at)
{
    struct godebug_place place = {
        .offset_bytes = line->offset_bytes + (uint64_t)(at - line->text.ptr),
        .line = line->number,
    };
    struct stamp stamp;

    /* Once there are gc records they say when it was. */
    if (!g->has_cycle && line->is_start && stamp_parse(line->text, &stamp)) {
        place.has_stamp = true;
        place.stamp_ns = stamp.unix_ns;
    }
    return place;
}

struct slice godebug_fault(struct godebug *g, const struct godebug_line *line,
                           struct slice at, const struct err *err)
{
    size_t into = err->offset_bytes < at.len ? (size_t)err->offset_bytes : at.len;
    struct slice rest = slice_after(at, into);

    diag_skip(g->diag, line->offset_bytes + (uint64_t)(rest.ptr - line->text.ptr),
              line->number, rest, err->reason);
    /* What stands here now may be another line's. */
    return into ? rest : slice_after(at, 2);
}

static void hand_on(struct godebug *g, const char *shape, const struct godebug_figures *f,
                    const struct godebug_place *place, enum moment_kind kind,
                    int64_t time_ns)
{
    struct sample s = sample_empty();
    const char *reason;

    if (f->count == 0)
        return;
    s.shape = slice_str(shape);
    s.time_kind = kind;
    s.time_ns = time_ns;
    s.values = f->values;
    s.count = f->count;
    reason = g->sink->sample(g->sink->user, &s);
    if (reason)
        diag_skip(g->diag, place->offset_bytes, place->line, (struct slice){0}, reason);
}

/* Without gc records, by the log's own stamps, or one after the other. */
static void hand_on_alone(struct godebug *g, const char *shape,
                          const struct godebug_figures *f,
                          const struct godebug_place *place)
{
    hand_on(g, shape, f, place, place->has_stamp ? MOMENT_WALL : MOMENT_UNKNOWN,
            place->stamp_ns);
}

static void settle_early(struct godebug *g)
{
    for (unsigned i = 0; i < g->early_count; i++) {
        const struct godebug_held *e = &g->early[i];

        if (g->is_alone)
            hand_on_alone(g, e->shape, &e->figures, &e->place);
        else
            hand_on(g, e->shape, &e->figures, &e->place, MOMENT_CYCLE, 0);
    }
    g->early_count = 0;
}

void godebug_emit(struct godebug *g, const char *shape, const struct godebug_figures *f,
                  const struct godebug_place *place)
{
    if (g->has_cycle) {
        hand_on(g, shape, f, place, MOMENT_CYCLE, 0);
        return;
    }
    if (!g->is_alone && g->early_count < LIMIT_EARLY_SAMPLES) {
        g->early[g->early_count++] = (struct godebug_held){shape, *f, *place};
        return;
    }
    g->is_alone = true;
    settle_early(g);
    hand_on_alone(g, shape, f, place);
}

void godebug_emit_at(struct godebug *g, const char *shape,
                     const struct godebug_figures *f, const struct godebug_place *place,
                     int64_t time_ns)
{
    hand_on(g, shape, f, place, MOMENT_PROCESS, time_ns);
}

void godebug_periodic(struct godebug *g, const struct godebug_line *line, const char *at)
{
    g->has_periodic = g->is_busy = true;
    g->periodic_place = godebug_place_of(g, line, at);
}

static void settle_periodic(struct godebug *g)
{
    struct godebug_figures f = {0};

    if (!g->has_periodic)
        return;
    g->has_periodic = false;
    godebug_put(&f, "gc.periodic", UNIT_CYCLES, ++g->periodic);
    godebug_emit(g, "forced", &f, &g->periodic_place);
}

void godebug_before_cycle(struct godebug *g)
{
    gofatal_flush(&g->fatal); /* a dump ends there */
}

void godebug_after_cycle(struct godebug *g, uint32_t number)
{
    if (number == 1)
        g->periodic = 0;
    g->has_cycle = true;
    g->is_alone = false;
    settle_early(g);
    godebug_pacer_settle(g);
    settle_periodic(g);
    godebug_sched_settle(g);
    g->scvg.has_last = false;
    g->is_busy = g->periodic > 0; /* the next process begins at 0 */
}

/* Does nothing but what a log shipper puts there stand in front? */
static bool is_first(const struct godebug_line *line, struct slice at)
{
    return line->is_start && (at.ptr == line->text.ptr ||
                              at.ptr == line->text.ptr + stamp_skip(line->text));
}

static struct slice take_forced(struct godebug *g, const struct godebug_line *line,
                                struct slice at)
{
    struct slice rest = slice_after(at, sizeof "GC forced" - 1);

    if (is_first(line, at) && (rest.len == 0 || slice_eq(rest, SLICE("\r"))))
        godebug_periodic(g, line, at.ptr);
    return rest;
}

/* "init internal/godebug @0.45 ms, 0.11 ms clock, 10384 bytes, 164 allocs" */
static struct slice take_init(struct godebug *g, const struct godebug_line *line,
                              struct slice at)
{
    const char *sign = memchr(at.ptr, '@', at.len); /* it is there: the mark */
    struct slice text = slice_after(at, (size_t)(sign - at.ptr) + 1);
    struct err err = {0};
    struct cursor c = cursor_init(text, &err);
    struct godebug_figures f = {0};
    struct godebug_place place = godebug_place_of(g, line, at.ptr);
    double start = godebug_float(&c), clock, bytes, allocs;
    int64_t end_ns;

    cursor_expect(&c, SLICE(" ms, "));
    clock = godebug_float(&c);
    cursor_expect(&c, SLICE(" ms clock, "));
    bytes = godebug_count(&c);
    cursor_expect(&c, SLICE(" bytes, "));
    allocs = godebug_count(&c);
    cursor_expect(&c, SLICE(" allocs"));
    if (c.failed) /* "init web @home" is prose */
        return isnan(start) ? text : godebug_fault(g, line, text, &err);
    end_ns = num_i64_of_double((start + clock) * (double)NS_PER_MS);
    if (end_ns < g->init_ns) /* another process */
        g->init_bytes = g->init_allocs = 0;
    g->init_ns = end_ns;
    godebug_put(&f, "init.bytes", UNIT_BYTES, g->init_bytes += bytes);
    godebug_put(&f, "init.allocs", UNIT_OBJECTS, g->init_allocs += allocs);
    godebug_emit_at(g, "init", &f, &place, end_ns);
    return c.rest;
}

/* "checkfinalizers: queue: 0 finalizers + 0 cleanups" */
static struct slice take_finalizers(struct godebug *g, const struct godebug_line *line,
                                    struct slice at)
{
    struct err err = {0};
    struct cursor c = cursor_init(at, &err);
    struct godebug_figures f = {0};
    struct godebug_place place = godebug_place_of(g, line, at.ptr);

    cursor_expect(&c, SLICE("checkfinalizers: "));
    if (!cursor_accept(&c, SLICE("queue: ")))
        return c.rest; /* the details of a finding */
    godebug_put(&f, "finalizers.queued", UNIT_COUNT, godebug_count(&c));
    cursor_expect(&c, SLICE(" finalizers + "));
    godebug_put(&f, "cleanups.queued", UNIT_COUNT, godebug_count(&c));
    cursor_expect(&c, SLICE(" cleanups"));
    if (c.failed)
        return godebug_fault(g, line, at, &err);
    godebug_emit(g, "finalizers", &f, &place);
    return c.rest;
}

/* "a+b+c=d", of which d, or "d". */
static double take_sum(struct cursor *c)
{
    double value = godebug_count(c);
    bool is_sum = false;

    while (cursor_accept(c, SLICE("+"))) {
        is_sum = true;
        (void)godebug_count(c);
    }
    if (!is_sum)
        return value;
    cursor_expect(c, SLICE("="));
    return godebug_count(c);
}

/* "scan: total 369+16216+0=16585 objs, 985+0=985 spans", "scan: total 16568 objs" */
static struct slice take_scan(struct godebug *g, const struct godebug_line *line,
                              struct slice at)
{
    struct err err = {0};
    struct cursor c = cursor_init(at, &err);
    struct godebug_figures f = {0};
    struct godebug_place place = godebug_place_of(g, line, at.ptr);

    cursor_expect(&c, SLICE("scan: total "));
    godebug_put(&f, "scan.total_objs", UNIT_OBJECTS, take_sum(&c));
    cursor_expect(&c, SLICE(" objs"));
    if (cursor_accept(&c, SLICE(", "))) {
        godebug_put(&f, "scan.spans", UNIT_COUNT, take_sum(&c));
        cursor_expect(&c, SLICE(" spans"));
    }
    if (c.failed)
        return godebug_fault(g, line, at, &err);
    godebug_emit(g, "scan", &f, &place);
    return c.rest;
}

static struct slice take_fatal(struct godebug *g, const struct godebug_line *line,
                               enum scan_mark mark, struct slice at)
{
    uint64_t offset = line->offset_bytes + (uint64_t)(at.ptr - line->text.ptr);

    if (!is_first(line, at))
        return slice_after(at, sizeof "panic: " - 1);
    g->is_busy = true;
    if (mark == SCAN_RUNTIME)
        gofatal_runtime(&g->fatal, line->text, at, offset, line->number);
    else if (mark == SCAN_FATAL_ERROR)
        gofatal_error(&g->fatal, line->text, at, offset, line->number);
    else
        gofatal_panic(&g->fatal, line->text, at, offset, line->number);
    /* No other mark belongs into such a line, but one of a gc record that was torn. */
    return slice_after(at, sizeof "panic: " - 1);
}

struct slice godebug_take(struct godebug *g, const struct godebug_line *line,
                          enum scan_mark mark, struct slice at)
{
    switch (mark) {
    case SCAN_PACER:
        return godebug_pacer(g, line, at);
    case SCAN_SCAV:
        return godebug_scav(g, line, at);
    case SCAN_SCVG:
        return godebug_scvg(g, line, at);
    case SCAN_SCHED:
        return godebug_sched(g, line, at);
    case SCAN_GC_FORCED:
        return take_forced(g, line, at);
    case SCAN_SCAN:
        return take_scan(g, line, at);
    case SCAN_FINALIZERS:
        return take_finalizers(g, line, at);
    case SCAN_INIT:
        return take_init(g, line, at);
    case SCAN_RUNTIME:
    case SCAN_FATAL_ERROR:
    case SCAN_PANIC:
        return take_fatal(g, line, mark, at);
    case SCAN_NONE:
    case SCAN_GC:
        break;
    }
    return slice_after(at, at.len < 2 ? at.len : 2);
}

void godebug_line(struct godebug *g, const struct godebug_line *line)
{
    if (g->sched.is_detail || g->sched.torn_len)
        godebug_sched_line(g, line);
    if (g->fatal.stage != GOFATAL_NONE)
        gofatal_line(&g->fatal,
                     slice_after(line->text, line->is_start ? stamp_skip(line->text)
                                                            : line->text.len));
}

void godebug_open(struct godebug *g, const struct sink *sink, struct diag *diag)
{
    g->sink = g->fatal.sink = sink;
    g->diag = g->fatal.diag = diag;
    g->is_busy = true; /* for the first of them */
    g->scvg.work = NAN;
    g->sched.last_ms = -1;
}

void godebug_finish(struct godebug *g)
{
    godebug_pacer_settle(g);
    settle_periodic(g);
    godebug_sched_finish(g);
    g->is_alone = !g->has_cycle;
    settle_early(g);
    gofatal_flush(&g->fatal);
}
