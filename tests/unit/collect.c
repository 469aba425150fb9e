#include "tests/unit/collect.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num_format.h"
#include "tests/unit/support.h"

struct number {
    const char *name;
    size_t offset;
};

/* clang-format off */
#define NUMBER(type, member) {#member, offsetof(struct type, member)}
/* clang-format on */

static const struct number cycle_numbers[] = {
    NUMBER(gc_cycle, cpu_percent),
    NUMBER(gc_cycle, sweepterm_ns),
    NUMBER(gc_cycle, mark_ns),
    NUMBER(gc_cycle, markterm_ns),
    NUMBER(gc_cycle, pause_ns),
    NUMBER(gc_cycle, wall_ns),
    NUMBER(gc_cycle, cpu_stw_ns),
    NUMBER(gc_cycle, cpu_assist_ns),
    NUMBER(gc_cycle, cpu_dedicated_ns),
    NUMBER(gc_cycle, cpu_idle_ns),
    NUMBER(gc_cycle, heap_start),
    NUMBER(gc_cycle, heap_end),
    NUMBER(gc_cycle, heap_live),
    NUMBER(gc_cycle, heap_goal),
    NUMBER(gc_cycle, stacks),
    NUMBER(gc_cycle, globals),
    NUMBER(gc_cycle, procs),
    NUMBER(gc_cycle, objects),
    NUMBER(gc_cycle, mallocs),
    NUMBER(gc_cycle, frees),
    NUMBER(gc_cycle, goroutines),
};

static const struct number snapshot_numbers[] = {
    NUMBER(mem_snapshot, heap_alloc),    NUMBER(mem_snapshot, heap_inuse),
    NUMBER(mem_snapshot, heap_idle),     NUMBER(mem_snapshot, heap_released),
    NUMBER(mem_snapshot, heap_sys),      NUMBER(mem_snapshot, heap_objects),
    NUMBER(mem_snapshot, next_gc),       NUMBER(mem_snapshot, total_alloc),
    NUMBER(mem_snapshot, mallocs),       NUMBER(mem_snapshot, frees),
    NUMBER(mem_snapshot, stack_inuse),   NUMBER(mem_snapshot, stack_sys),
    NUMBER(mem_snapshot, mspan_inuse),   NUMBER(mem_snapshot, mcache_inuse),
    NUMBER(mem_snapshot, buckhash_sys),  NUMBER(mem_snapshot, gc_sys),
    NUMBER(mem_snapshot, other_sys),     NUMBER(mem_snapshot, sys),
    NUMBER(mem_snapshot, num_forced_gc), NUMBER(mem_snapshot, rss),
    NUMBER(mem_snapshot, goroutines),
};

static void put_number(struct text *t, double value)
{
    char digits[NUM_TEXT];

    (void)num_format_double(digits, value);
    text_put_str(t, digits);
}

/* What is missing is left out, so that a row of a test names only what is there. */
static void put_numbers(struct text *t, const void *record, const struct number *list,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value;

        memcpy(&value, (const char *)record + list[i].offset, sizeof value);
        if (isnan(value))
            continue;
        text_printf(t, " %s=", list[i].name);
        put_number(t, value);
    }
}

static void put_named(struct text *t, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    text_put_str(t, name);
    text_put_safe(t, value);
}

void collect_put_cycle(struct text *t, const struct gc_cycle *c)
{
    static const char *const stamps[] = {"none", "before", "own"};

    text_printf(t, "gc %" PRIu32, c->number);
    if (c->era)
        text_printf(t, " %s", c->era);
    if (c->has_start)
        text_printf(t, " start_ns=%" PRId64, c->start_ns);
    put_numbers(t, c, cycle_numbers, COUNT_OF(cycle_numbers));
    if (c->stamp != STAMP_NONE)
        text_printf(t, " %s=%" PRId64 "/%" PRId64, stamps[c->stamp], c->stamp_ns,
                    c->stamp_step_ns);
    text_put_str(t, c->is_forced ? " forced" : "");
    text_put_str(t, c->is_leak_check ? " leak-check" : "");
    text_put_str(t, c->is_partial ? " partial" : "");
}

void collect_put_snapshot(struct text *t, const struct mem_snapshot *s)
{
    text_put_str(t, "mem");
    if (s->has_time)
        text_printf(t, " time_ns=%" PRId64, s->time_ns);
    if (s->has_last_gc)
        text_printf(t, " last_gc_ns=%" PRId64, s->last_gc_ns);
    if (s->has_num_gc)
        text_printf(t, " num_gc=%" PRIu32, s->num_gc);
    put_numbers(t, s, snapshot_numbers, COUNT_OF(snapshot_numbers));
    put_named(t, " program=", s->program);
    for (unsigned i = 0; i < s->extra_count; i++) {
        text_put_str(t, " x.");
        text_put_safe(t, s->extra[i].name);
        text_put_char(t, '=');
        put_number(t, s->extra[i].value);
    }
    for (unsigned i = 0; i < s->pause_count; i++) {
        text_printf(t, " pause@%" PRId64 "=", s->pause_end_ns[i]);
        put_number(t, s->pause_ns[i]);
    }
}

static const char *take_cycle(void *user, const struct gc_cycle *cycle)
{
    struct collected *c = user;

    c->cycles =
        mem_grow(c->cycles, &c->cycle_capacity, c->cycle_count + 1, sizeof *c->cycles);
    c->cycles[c->cycle_count++] = *cycle;
    return NULL;
}

static const char *take_snapshot(void *user, const struct mem_snapshot *snapshot)
{
    struct collected *c = user;

    collect_put_snapshot(&c->snapshots, snapshot);
    text_put_char(&c->snapshots, '\n');
    c->snapshot_count++;
    return NULL;
}

void collect_put_sample(struct text *t, const struct sample *s)
{
    static const char *const subjects[] = {"process", "cgroup", "host", "neighbour"};
    static const char *const times[] = {"unknown", "wall", "cycle", "process", "boot"};

    text_put_str(t, "sample ");
    text_put_safe(t, s->shape);
    text_printf(t, " %s", subjects[s->subject]);
    put_named(t, " instance=", s->instance);
    text_printf(t, " %s=%" PRId64, times[s->time_kind], s->time_ns);
    if (s->pid >= 0)
        text_printf(t, " pid=%" PRId64, s->pid);
    put_named(t, " program=", s->program);
    put_named(t, " go=", s->go_version);
    for (size_t i = 0; i < s->count; i++) {
        const struct sample_value *v = &s->values[i];

        text_put_char(t, ' ');
        if (v->metric < METRIC_COUNT) {
            text_put_str(t, metric_info(v->metric)->name);
        } else {
            text_put_str(t, "x.");
            text_put_safe(t, v->name);
            if (v->unit != UNIT_NONE)
                text_printf(t, "(%s)", unit_name(v->unit));
        }
        text_put_char(t, '=');
        put_number(t, v->value);
    }
}

void collect_put_notice(struct text *t, const struct notice *n)
{
    static const char *const times[] = {"unknown", "wall", "cycle", "process", "boot"};

    text_printf(t, "notice %s %s=%" PRId64, event_kind_name(n->kind), times[n->time_kind],
                n->time_ns);
    if (n->pid >= 0)
        text_printf(t, " pid=%" PRId64, n->pid);
    put_named(t, " program=", n->program);
    put_named(t, " instance=", n->instance);
    if (!isnan(n->limit_bytes)) {
        text_put_str(t, " limit=");
        put_number(t, n->limit_bytes);
    }
    if (!isnan(n->rss_bytes)) {
        text_put_str(t, " rss=");
        put_number(t, n->rss_bytes);
    }
    put_named(t, " message=", n->message);
    for (size_t i = 0; i < n->fact_count; i++) {
        text_printf(t, " %s=", n->facts[i].name);
        if (n->facts[i].is_text)
            text_put_safe(t, n->facts[i].text);
        else
            put_number(t, n->facts[i].number);
    }
    for (size_t i = 0; i < n->task_count; i++) {
        text_printf(t, " task:%" PRId64 ":", n->tasks[i].pid);
        text_put_safe(t, n->tasks[i].name);
        text_put_char(t, ':');
        put_number(t, n->tasks[i].rss_bytes);
    }
}

static void put_profile_sample(struct text *t, const struct profile_record *p, size_t i)
{
    const struct profile_sample *s = &p->samples[i];

    for (size_t k = 0; k < p->type_count; k++)
        text_printf(t, " %" PRId64, p->values[i * p->type_count + k]);
    if (s->object_bytes)
        text_printf(t, " of %" PRId64, s->object_bytes);
    text_put_str(t, " @");
    for (uint32_t k = 0; k < s->location_count; k++) {
        const struct profile_location *l =
            &p->locations[p->stacks[s->first_location + k]];

        text_printf(t, " %" PRIx64, l->address);
        for (uint32_t j = 0; j < l->line_count; j++) {
            const struct profile_line *line = &p->lines[l->first_line + j];

            text_put_char(t, '|');
            text_put_safe(t, p->functions[line->function].name);
            text_put_char(t, ' ');
            text_put_safe(t, p->functions[line->function].file);
            text_printf(t, ":%" PRIu32, line->line);
        }
    }
    text_put_char(t, '\n');
}

void collect_put_profile(struct text *t, const struct profile_record *p)
{
    text_printf(t, "profile %s", profile_kind_name(p->kind));
    if (p->has_time)
        text_printf(t, " time_ns=%" PRId64, p->time_ns);
    text_printf(t, " duration_ns=%" PRId64 " period=%" PRId64, p->duration_ns, p->period);
    for (size_t i = 0; i < p->type_count; i++) {
        text_put_str(t, i == p->default_type ? " *" : " ");
        text_put_safe(t, p->types[i].type);
        text_put_char(t, '/');
        text_put_safe(t, p->types[i].unit);
    }
    for (size_t i = 0; i < p->mapping_count; i++) {
        text_put_str(t, " map=");
        text_put_safe(t, p->mappings[i]);
    }
    text_put_char(t, '\n');
    for (size_t i = 0; i < p->sample_count; i++)
        put_profile_sample(t, p, i);
}

static const char *take_sample(void *user, const struct sample *sample)
{
    struct collected *c = user;

    collect_put_sample(&c->others, sample);
    text_put_char(&c->others, '\n');
    c->other_count++;
    return NULL;
}

static const char *take_notice(void *user, const struct notice *notice)
{
    struct collected *c = user;

    collect_put_notice(&c->others, notice);
    text_put_char(&c->others, '\n');
    c->other_count++;
    return NULL;
}

static const char *take_profile(void *user, const struct profile_record *profile)
{
    struct collected *c = user;

    collect_put_profile(&c->others, profile);
    c->other_count++;
    return NULL;
}

static bool feed_all(const struct parser_ops *ops, void *state, struct slice in,
                     struct pieces pieces)
{
    size_t want = pieces.first;
    struct err err;
    bool ok = true;

    while (ok && in.len) {
        struct slice part = slice_first(in, want ? want : 1);
        struct slice piece = test_exact_copy(part.ptr, part.len);

        ok = ops->feed(state, piece, &err);
        test_free(piece);
        in = slice_after(in, part.len);
        want =
            pieces.seed ? 1 + test_random_below(&pieces.seed, pieces.rest) : pieces.rest;
    }
    return ok && ops->finish(state, &err);
}

void collect(struct collected *c, const struct parser_ops *ops, struct slice in,
             struct pieces pieces)
{
    collect_named(c, ops, (struct slice){0}, in, pieces);
}

void collect_named(struct collected *c, const struct parser_ops *ops,
                   struct slice file_name, struct slice in, struct pieces pieces)
{
    struct sink sink = {
        .user = c,
        .gc_cycle = take_cycle,
        .mem_snapshot = take_snapshot,
        .sample = take_sample,
        .notice = take_notice,
        .profile = take_profile,
        .file_name = file_name,
    };
    void *state = mem_alloc(ops->state_bytes);

    *c = (struct collected){0};
    c->ok = ops->open(state, &sink, &c->diag) && feed_all(ops, state, in, pieces);
    ops->close(state);
    free(state);
}

struct collected collect_whole(const struct parser_ops *ops, struct slice in)
{
    struct collected c;

    collect(&c, ops, in, PIECES_WHOLE);
    return c;
}

void collected_finish(struct collected *c)
{
    free(c->cycles);
    text_finish(&c->snapshots);
    text_finish(&c->others);
    *c = (struct collected){0};
}

static void put_all(struct text *t, const struct collected *c)
{
    for (size_t i = 0; i < c->cycle_count; i++) {
        collect_put_cycle(t, &c->cycles[i]);
        text_put_char(t, '\n');
    }
    text_put_str(t, text_str(&c->snapshots));
    text_put_str(t, text_str(&c->others));
    text_printf(t, "ok %d, %" PRIu64 " skipped, %" PRIu64 " errors\n", c->ok,
                c->diag.skipped, c->diag.errors);
    for (unsigned i = 0; i < c->diag.kept_count; i++)
        text_printf(t, "line %" PRIu64 " offset %" PRIu64 " %s: %s\n",
                    c->diag.kept[i].line, c->diag.kept[i].offset_bytes,
                    c->diag.kept[i].reason, c->diag.kept[i].excerpt);
}

bool collected_same(const struct collected *a, const struct collected *b,
                    char why[COLLECT_WHY])
{
    struct text x = {0}, y = {0};
    const char *p, *q;
    size_t at = 0, line = 0;
    bool is_same;

    put_all(&x, a);
    put_all(&y, b);
    p = text_str(&x);
    q = text_str(&y);
    for (; p[at] && p[at] == q[at]; at++)
        line = p[at] == '\n' ? at + 1 : line;
    is_same = p[at] == q[at];
    (void)snprintf(why, COLLECT_WHY, "\"%.200s\" but \"%.200s\"", p + line, q + line);
    text_finish(&x);
    text_finish(&y);
    return is_same;
}
