/*
 * Fuzzes one parser, PARSER ("gctrace"). Cut anywhere, the input must give the same
 * records, the same faults and the same verdict as in one piece; that is compared by a
 * hash of everything that is handed on.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/parser.h"
#include "tests/fuzz/fuzz_cuts.h"

#ifndef FILE_NAME
#define FILE_NAME "" /* of formats that are told by nothing else */
#endif

struct digest {
    uint64_t hash;
    uint64_t records;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void put_u64(struct digest *d, uint64_t value)
{
    d->hash = (d->hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    d->hash ^= d->hash >> 29;
}

static void put_double(struct digest *d, double value)
{
    uint64_t bits = 1; /* any NaN is as good as another */

    if (!isnan(value))
        memcpy(&bits, &value, sizeof bits);
    put_u64(d, bits);
}

static void put_bytes(struct digest *d, struct slice s)
{
    put_u64(d, s.len);
    for (size_t i = 0; i < s.len; i++)
        put_u64(d, (unsigned char)s.ptr[i]);
}

static void put_doubles(struct digest *d, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_double(d, values[i]);
}

static const char *put_cycle(void *user, const struct gc_cycle *c)
{
    struct digest *d = user;
    const double values[] = {
        c->cpu_percent, c->sweepterm_ns,  c->mark_ns,
        c->markterm_ns, c->pause_ns,      c->wall_ns,
        c->cpu_stw_ns,  c->cpu_assist_ns, c->cpu_dedicated_ns,
        c->cpu_idle_ns, c->heap_start,    c->heap_end,
        c->heap_live,   c->heap_goal,     c->stacks,
        c->globals,     c->procs,         c->objects,
        c->mallocs,     c->frees,         c->goroutines,
    };

    d->records++;
    put_u64(d, c->number);
    put_bytes(d, slice_str(c->era));
    put_u64(d, c->has_start);
    put_u64(d, c->is_forced);
    put_u64(d, c->is_leak_check);
    put_u64(d, c->is_partial);
    if (c->has_start)
        put_u64(d, (uint64_t)c->start_ns);
    put_u64(d, c->stamp);
    if (c->stamp != STAMP_NONE) {
        put_u64(d, (uint64_t)c->stamp_ns);
        put_u64(d, (uint64_t)c->stamp_step_ns);
    }
    put_doubles(d, values, COUNT_OF(values));
    return NULL;
}

static void put_snapshot_lists(struct digest *d, const struct mem_snapshot *s)
{
    require(s->extra_count <= SNAPSHOT_EXTRA_MAX);
    put_bytes(d, s->program);
    put_doubles(d, s->pause_ns, s->pause_count);
    for (unsigned i = 0; i < s->pause_count; i++)
        put_u64(d, (uint64_t)s->pause_end_ns[i]);
    for (unsigned i = 0; i < s->extra_count; i++) {
        put_bytes(d, s->extra[i].name);
        put_double(d, s->extra[i].value);
    }
}

static const char *put_snapshot(void *user, const struct mem_snapshot *s)
{
    struct digest *d = user;
    const double values[] = {
        s->heap_alloc,   s->heap_inuse, s->heap_idle,   s->heap_released, s->heap_sys,
        s->heap_objects, s->next_gc,    s->total_alloc, s->mallocs,       s->frees,
        s->stack_inuse,  s->stack_sys,  s->mspan_inuse, s->mcache_inuse,  s->buckhash_sys,
        s->gc_sys,       s->other_sys,  s->sys,         s->num_forced_gc, s->rss,
        s->goroutines,
    };

    d->records++;
    put_u64(d, s->has_time);
    if (s->has_time)
        put_u64(d, (uint64_t)s->time_ns);
    put_u64(d, s->has_last_gc);
    if (s->has_last_gc)
        put_u64(d, (uint64_t)s->last_gc_ns);
    put_u64(d, s->has_num_gc);
    if (s->has_num_gc)
        put_u64(d, s->num_gc);
    put_doubles(d, values, COUNT_OF(values));
    put_snapshot_lists(d, s);
    return NULL;
}

static const char *put_sample(void *user, const struct sample *s)
{
    struct digest *d = user;

    d->records++;
    put_bytes(d, s->shape);
    put_u64(d, s->subject);
    put_bytes(d, s->instance);
    put_u64(d, s->time_kind);
    put_u64(d, (uint64_t)s->time_ns);
    put_u64(d, (uint64_t)s->pid);
    put_bytes(d, s->program);
    put_bytes(d, s->go_version);
    for (size_t i = 0; i < s->count; i++) {
        require(s->values[i].metric <= METRIC_COUNT && s->values[i].unit < UNIT_KINDS);
        put_u64(d, s->values[i].metric);
        put_double(d, s->values[i].value);
        if (s->values[i].metric == METRIC_COUNT)
            put_bytes(d, s->values[i].name);
    }
    return NULL;
}

static const char *put_notice(void *user, const struct notice *n)
{
    struct digest *d = user;

    require(n->kind < EVENT_KINDS);
    d->records++;
    put_u64(d, n->kind);
    put_u64(d, n->time_kind);
    put_u64(d, (uint64_t)n->time_ns);
    put_u64(d, (uint64_t)n->pid);
    put_bytes(d, n->program);
    put_bytes(d, n->instance);
    put_double(d, n->limit_bytes);
    put_double(d, n->rss_bytes);
    put_bytes(d, n->message);
    for (size_t i = 0; i < n->fact_count; i++) {
        put_bytes(d, slice_str(n->facts[i].name));
        if (n->facts[i].is_text)
            put_bytes(d, n->facts[i].text);
        else
            put_double(d, n->facts[i].number);
    }
    for (size_t i = 0; i < n->task_count; i++) {
        put_u64(d, (uint64_t)n->tasks[i].pid);
        put_bytes(d, n->tasks[i].name);
        put_double(d, n->tasks[i].rss_bytes);
    }
    return NULL;
}

/* Every index is in range, as the record promises. */
static void check_profile(const struct profile_record *p)
{
    require(p->kind < PROFILE_KINDS);
    require(p->type_count == 0 || p->default_type < p->type_count);
    for (size_t i = 0; i < p->line_count; i++)
        require(p->lines[i].function < p->function_count);
    for (size_t i = 0; i < p->location_count; i++) {
        const struct profile_location *l = &p->locations[i];

        require(l->line_count <= p->line_count &&
                l->first_line <= p->line_count - l->line_count);
        require(l->mapping == UINT32_MAX || l->mapping < p->mapping_count);
    }
    for (size_t i = 0; i < p->stack_count; i++)
        require(p->stacks[i] < p->location_count);
    for (size_t i = 0; i < p->sample_count; i++)
        require(p->samples[i].location_count <= p->stack_count &&
                p->samples[i].first_location <=
                    p->stack_count - p->samples[i].location_count);
}

static const char *put_profile(void *user, const struct profile_record *p)
{
    struct digest *d = user;

    check_profile(p);
    d->records++;
    put_u64(d, p->kind);
    put_u64(d, p->has_time);
    put_u64(d, (uint64_t)p->time_ns);
    put_u64(d, (uint64_t)p->duration_ns);
    put_u64(d, (uint64_t)p->period);
    for (size_t i = 0; i < p->type_count; i++) {
        put_bytes(d, p->types[i].type);
        put_bytes(d, p->types[i].unit);
    }
    for (size_t i = 0; i < p->function_count; i++) {
        put_bytes(d, p->functions[i].name);
        put_bytes(d, p->functions[i].file);
    }
    for (size_t i = 0; i < p->location_count; i++)
        put_u64(d, p->locations[i].address);
    for (size_t i = 0; i < p->sample_count; i++)
        put_u64(d, (uint64_t)p->samples[i].object_bytes);
    for (size_t i = 0; i < p->sample_count * p->type_count; i++)
        put_u64(d, (uint64_t)p->values[i]);
    return NULL;
}

static void put_diag(struct digest *d, const struct diag *diag)
{
    put_u64(d, diag->skipped);
    put_u64(d, diag->errors);
    for (unsigned i = 0; i < diag->kept_count; i++) {
        put_u64(d, diag->kept[i].offset_bytes);
        put_u64(d, diag->kept[i].line);
        put_bytes(d, slice_str(diag->kept[i].reason));
        put_bytes(d, slice_str(diag->kept[i].excerpt));
    }
}

/* Feeds all of it, each piece in a block of its own that is gone after the call. */
static bool feed(const struct parser_ops *ops, void *state, struct slice in,
                 struct fuzz_cuts *cuts, struct err *err)
{
    bool ok = true;

    while (ok && in.len > 0) {
        struct slice part = slice_first(in, cuts ? fuzz_cuts_next(cuts) : in.len);
        char *piece = mem_alloc(part.len);

        memcpy(piece, part.ptr, part.len);
        ok = ops->feed(state, slice_of(piece, part.len), err);
        free(piece);
        in = slice_after(in, part.len);
    }
    return ok && ops->finish(state, err);
}

static struct digest parse(const struct parser_ops *ops, struct slice in,
                           struct fuzz_cuts *cuts)
{
    struct digest d = {0};
    struct diag *diag = mem_alloc(sizeof *diag);
    struct sink sink = {
        .user = &d,
        .gc_cycle = put_cycle,
        .mem_snapshot = put_snapshot,
        .sample = put_sample,
        .notice = put_notice,
        .profile = put_profile,
        .file_name = SLICE(FILE_NAME),
    };
    struct err err = {0};
    void *state = mem_alloc(ops->state_bytes);

    require(ops->open(state, &sink, diag));
    if (!feed(ops, state, in, cuts, &err)) {
        put_u64(&d, err.offset_bytes);
        put_u64(&d, err.line);
        put_bytes(&d, slice_str(err.reason));
    }
    ops->close(state);
    put_diag(&d, diag);
    free(state);
    free(diag);
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct parser_ops *ops = parser_find(slice_str(PARSER));
    struct slice in = slice_of((const char *)data, size);
    struct fuzz_cuts cuts = fuzz_cuts_of(data, size);
    struct digest whole, cut;

    require(ops != NULL);
    (void)ops->probe(in, true);
    (void)ops->probe(slice_first(in, size / 2), false);
    whole = parse(ops, in, NULL);
    cut = parse(ops, in, &cuts);
    require(whole.records == cut.records);
    require(whole.hash == cut.hash);
    return 0;
}
