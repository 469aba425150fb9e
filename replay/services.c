#include "replay/services.h"

#include <stdlib.h>

#include "model/base/mem.h"

struct named {
    char *name;
    struct ingest_service *service;
};

struct services {
    struct named *list;
    size_t count, capacity;
};

struct services *services_create(void)
{
    return mem_alloc(sizeof(struct services));
}

void services_destroy(struct services *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        free(s->list[i].name);
        free(s->list[i].service);
    }
    free(s->list);
    free(s);
}

static bool is_process(struct slice source)
{
    return slice_starts(source, SLICE("pid:"));
}

static bool is_polled(struct slice source)
{
    return slice_starts(source, SLICE("http://")) ||
           slice_starts(source, SLICE("https://")) ||
           slice_starts(source, SLICE("unix:"));
}

/* Where the first `part` begins; the whole length where there is none. */
static size_t find(struct slice s, struct slice part)
{
    for (size_t at = 0; at < s.len; at++) {
        if (slice_starts(slice_after(s, at), part))
            return at;
    }
    return s.len;
}

/* What all sources of a service have in front; empty: others cannot tell of it. */
static struct slice name_of(struct slice source)
{
    static const struct slice metrics = SLICE_INIT("/metrics");

    if (is_process(source))
        return slice_first(source, find(source, SLICE(" ")));
    if (!is_polled(source) || find(source, SLICE("?")) < source.len)
        return SLICE("");
    if (slice_ends(source, metrics))
        return slice_first(source, source.len - metrics.len);
    return slice_first(source, find(source, SLICE("/debug/")));
}

static struct ingest_service *add(struct services *s, struct slice name)
{
    s->list = mem_grow(s->list, &s->capacity, s->count + 1, sizeof *s->list);
    s->list[s->count] = (struct named){
        .name = mem_dup_slice(name),
        .service = mem_alloc(sizeof(struct ingest_service)),
    };
    s->list[s->count].service->is_one = is_process(name);
    return s->list[s->count++].service;
}

struct ingest_service *services_of(struct services *s, struct slice source)
{
    const struct slice name = name_of(source);
    const bool begins = is_process(source) && name.len == source.len;

    if (name.len == 0)
        return NULL;
    for (size_t i = s->count; !begins && i-- > 0;) {
        if (slice_eq(slice_str(s->list[i].name), name))
            return s->list[i].service;
    }
    return add(s, name);
}
