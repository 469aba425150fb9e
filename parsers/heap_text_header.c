#include "parsers/heap_text_header.h"

#include "model/base/compiler.h"
#include "parsers/text_line.h"

static const struct {
    struct slice name;
    enum profile_kind kind;
    bool is_sampled, is_halved, may_have_allocations;
} dialects[] = {
    {SLICE_INIT("heap"), PROFILE_HEAP, true, true, true},
    {SLICE_INIT("heap_v2"), PROFILE_HEAP, true, false, true},
    {SLICE_INIT("heapz_v2"), PROFILE_HEAP, true, false, true},
    {SLICE_INIT("heapprofile"), PROFILE_HEAP, false, false, true},
    {SLICE_INIT("growth"), PROFILE_OTHER, false, false, false},
    {SLICE_INIT("growthz"), PROFILE_OTHER, false, false, false},
    {SLICE_INIT("fragmentation"), PROFILE_OTHER, false, false, false},
    {SLICE_INIT("fragmentationz"), PROFILE_OTHER, false, false, false},
};

static const struct profile_type four_types[] = {
    {SLICE_INIT("alloc_objects"), SLICE_INIT("count")},
    {SLICE_INIT("alloc_space"), SLICE_INIT("bytes")},
    {SLICE_INIT("inuse_objects"), SLICE_INIT("count")},
    {SLICE_INIT("inuse_space"), SLICE_INIT("bytes")},
};

static const struct profile_type two_types[] = {
    {SLICE_INIT("objects"), SLICE_INIT("count")},
    {SLICE_INIT("space"), SLICE_INIT("bytes")},
};

bool heap_text_is_header(struct slice line)
{
    return slice_starts(line, SLICE("heap profile:"));
}

static bool set_dialect(struct heap_text_header *h, struct slice name, int64_t rate)
{
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        if (!slice_eq(dialects[i].name, name))
            continue;
        h->kind = dialects[i].kind;
        h->is_sampled = dialects[i].is_sampled;
        h->rate = !h->is_sampled ? 1 : dialects[i].is_halved ? rate / 2 : rate;
        h->has_allocations = h->has_allocations && dialects[i].may_have_allocations;
        return true;
    }
    return false;
}

static bool is_two_columns(const struct heap_counts *c)
{
    return (c->alloc_objects == c->inuse_objects || c->alloc_objects == 0) &&
           (c->alloc_bytes == c->inuse_bytes || c->alloc_bytes == 0);
}

const char *heap_text_header_parse(struct slice line, struct heap_text_header *header,
                                   const char **at)
{
    struct slice name;
    int64_t rate = 0;
    size_t slash;

    *header = (struct heap_text_header){0};
    *at = line.ptr;
    if (!text_take(&line, SLICE("heap profile:")))
        return "expected \"heap profile:\"";
    if (!heap_counts_take(&line, &header->total) || !text_take(&line, SLICE("@"))) {
        *at = line.ptr;
        return "malformed header of a heap profile";
    }
    line = text_trim(line);
    slash = text_find(line, SLICE("/"));
    name = slice_first(line, slash);
    *at = line.ptr;
    line = slice_after(line, slash);
    if (text_take(&line, SLICE("/")) && (!text_take_i64(&line, &rate) || line.len)) {
        *at = line.ptr;
        return "malformed sampling rate";
    }
    header->has_allocations = !is_two_columns(&header->total);
    return set_dialect(header, name, rate) ? NULL : "unknown kind of heap profile";
}

const struct profile_type *heap_text_types(const struct heap_text_header *header,
                                           size_t *count)
{
    *count = header->has_allocations ? COUNT_OF(four_types) : COUNT_OF(two_types);
    return header->has_allocations ? four_types : two_types;
}

static bool take_pair(const struct heap_text_header *header, int64_t objects,
                      int64_t bytes, int64_t values[2], int64_t *object_bytes)
{
    if (objects == 0 && bytes != 0)
        return false;
    if (objects != 0)
        *object_bytes = bytes / objects;
    if (header->is_sampled)
        profile_unsample(header->rate, &objects, &bytes);
    values[0] = objects;
    values[1] = bytes;
    return true;
}

bool heap_text_values(const struct heap_text_header *header,
                      const struct heap_counts *counts, int64_t values[4],
                      int64_t *object_bytes)
{
    *object_bytes = 0;
    if (!header->has_allocations)
        return take_pair(header, counts->inuse_objects, counts->inuse_bytes, values,
                         object_bytes);
    return take_pair(header, counts->alloc_objects, counts->alloc_bytes, values,
                     object_bytes) &&
           take_pair(header, counts->inuse_objects, counts->inuse_bytes, values + 2,
                     object_bytes);
}
