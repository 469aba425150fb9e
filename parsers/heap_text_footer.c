#include "parsers/heap_text_footer.h"

#include <math.h>
#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/memstats_fields.h"
#include "parsers/text_line.h"

#define NO_GOAL 0x1p62

/* Lines with two values, and what these are called elsewhere. */
static const struct pair {
    struct slice key, first, second;
} pairs[] = {
    {SLICE_INIT("Stack"), SLICE_INIT("StackInuse"), SLICE_INIT("StackSys")},
    {SLICE_INIT("MSpan"), SLICE_INIT("MSpanInuse"), SLICE_INIT("MSpanSys")},
    {SLICE_INIT("MCache"), SLICE_INIT("MCacheInuse"), SLICE_INIT("MCacheSys")},
};

void heap_text_footer_begin(struct heap_text_footer *f)
{
    f->snapshot = mem_snapshot_empty();
    f->snapshot.extra = f->extra;
    f->alloc = NAN;
    f->pause_count = f->pause_end_count = 0;
}

static bool parse_number(struct slice text, double *value)
{
    uint64_t whole;

    if (num_parse_u64(text, &whole)) {
        *value = (double)whole;
        return true;
    }
    return num_parse_double(text, value) && isfinite(*value);
}

static void add_extra(struct heap_text_footer *f, struct slice name, double value)
{
    if (f->snapshot.extra_count < HEAP_TEXT_EXTRAS)
        f->extra[f->snapshot.extra_count++] = (struct snapshot_extra){name, value};
}

static void set_num_gc(struct mem_snapshot *s, double value)
{
    s->has_num_gc = value >= 0 && value <= UINT32_MAX;
    s->num_gc = s->has_num_gc ? (uint32_t)value : 0;
}

static void set_last_gc(struct mem_snapshot *s, struct slice text)
{
    uint64_t ns;

    s->has_last_gc = num_parse_u64(text, &ns) && ns > 0 && ns <= INT64_MAX;
    s->last_gc_ns = s->has_last_gc ? (int64_t)ns : 0;
}

static const char *take_number(struct heap_text_footer *f, struct slice key,
                               struct slice text)
{
    const struct memstats_field *field = memstats_field(key);
    double value;

    /* A foreign name has nothing to live in once its line is gone. */
    if (field->kind == MEMSTATS_OTHER && !slice_eq(key, SLICE("MaxRSS")))
        return NULL;
    if (!parse_number(text, &value))
        return "malformed number";
    switch (field->kind) {
    case MEMSTATS_DOUBLE:
        memcpy((char *)&f->snapshot + field->offset, &value, sizeof value);
        break;
    case MEMSTATS_ALLOC:
        f->alloc = value;
        break;
    case MEMSTATS_NUM_GC:
        set_num_gc(&f->snapshot, value);
        break;
    case MEMSTATS_LAST_GC:
        set_last_gc(&f->snapshot, text);
        add_extra(f, field->name, value);
        break;
    case MEMSTATS_OTHER:
        add_extra(f, SLICE("MaxRSS"), value);
        break;
    case MEMSTATS_EXTRA:
        add_extra(f, field->name, value);
        break;
    default:
        break;
    }
    return NULL;
}

static const char *take_pair(struct heap_text_footer *f, const struct pair *pair,
                             struct slice value)
{
    size_t slash = text_find(value, SLICE("/"));
    const char *reason;

    if (slash == value.len)
        return "expected two values";
    reason = take_number(f, pair->first, text_trim(slice_first(value, slash)));
    return reason
               ? reason
               : take_number(f, pair->second, text_trim(slice_after(value, slash + 1)));
}

/* "[1 2 3]"; how many, or false where one is no number or there are too many. */
static bool take_ring(struct heap_text_footer *f, struct slice value, bool is_end,
                      unsigned *count)
{
    uint64_t ns;

    *count = 0;
    if (!text_take(&value, SLICE("[")))
        return false;
    while (!text_take(&value, SLICE("]"))) {
        text_skip_blanks(&value);
        if (*count == PAUSE_RING || !text_take_u64(&value, &ns) || ns > INT64_MAX)
            return false;
        if (is_end)
            f->ring.end_ns[(*count)++] = (int64_t)ns;
        else
            f->ring.ns[(*count)++] = (double)ns;
    }
    return true;
}

static const char *take_value(struct heap_text_footer *f, struct slice key,
                              struct slice value)
{
    switch (memstats_field(key)->kind) {
    case MEMSTATS_PAUSE_NS:
        return take_ring(f, value, false, &f->pause_count) ? NULL : "malformed list";
    case MEMSTATS_PAUSE_END:
        return take_ring(f, value, true, &f->pause_end_count) ? NULL : "malformed list";
    case MEMSTATS_IGNORED:
        return NULL;
    default:
        break;
    }
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (slice_eq(pairs[i].key, key))
            return take_pair(f, &pairs[i], value);
    }
    return take_number(f, key, value);
}

const char *heap_text_footer_take(struct heap_text_footer *f, struct slice line)
{
    size_t equals = text_find(line, SLICE(" = "));
    struct slice key = line;

    if (!text_take(&key, SLICE("# ")) || equals == line.len)
        return "expected \"# Name = value\"";
    key = slice_of(key.ptr, (size_t)(line.ptr + equals - key.ptr));
    return take_value(f, key, text_trim(slice_after(line, equals + 3)));
}

static void unroll_rings(struct heap_text_footer *f)
{
    struct mem_snapshot *s = &f->snapshot;

    if (f->pause_count != PAUSE_RING || f->pause_end_count != PAUSE_RING ||
        !s->has_num_gc)
        return;
    s->pause_count = pause_ring_unroll(&f->ring, s->num_gc, &f->list);
    s->pause_ns = f->list.ns;
    s->pause_end_ns = f->list.end_ns;
}

const struct mem_snapshot *heap_text_footer_settle(struct heap_text_footer *f)
{
    struct mem_snapshot *s = &f->snapshot;

    if (isnan(s->heap_alloc))
        s->heap_alloc = f->alloc;
    if (s->next_gc >= NO_GOAL)
        s->next_gc = NAN;
    unroll_rings(f);
    return isnan(s->heap_alloc) || (isnan(s->sys) && isnan(s->heap_sys)) ? NULL : s;
}
