#define _DEFAULT_SOURCE /* madvise */

#include "model/base/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "model/base/mem.h"

#define POOL_ALIGN ((size_t)64)
#define POOL_SLAB_MIN ((size_t)16 << 10)
#define POOL_SLAB_MAX ((size_t)4 << 20)
#define POOL_HUGE ((size_t)2 << 20)

struct pool_slab {
    struct pool_slab *older;
    size_t bytes;
    size_t age; /* of the last that was allocated from it */
};

static size_t round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

static void add_slab(struct pool *p, size_t need)
{
    size_t want = p->slab_bytes ? p->slab_bytes * 2 : POOL_SLAB_MIN;
    size_t most = p->slab_max ? p->slab_max : POOL_SLAB_MAX;
    struct pool_slab *slab;

    if (want > most)
        want = most;
    if (want < need + POOL_ALIGN)
        want = need + POOL_ALIGN;
    want = round_up(want, want >= POOL_HUGE ? POOL_HUGE : POOL_ALIGN);
    slab = aligned_alloc(want >= POOL_HUGE ? POOL_HUGE : POOL_ALIGN, want);
    if (!slab)
        mem_exhausted();
#ifdef MADV_HUGEPAGE
    if (want >= POOL_HUGE)
        (void)madvise(slab, want, MADV_HUGEPAGE); /* a wish; refusal costs only time */
#endif
    slab->older = p->slabs;
    slab->bytes = want;
    p->slabs = slab;
    p->next = (char *)slab + POOL_ALIGN;
    p->left_bytes = want - POOL_ALIGN;
    p->slab_bytes = want;
    p->total_bytes += want;
}

void *pool_alloc(struct pool *p, size_t bytes)
{
    void *at;

    if (bytes > SIZE_MAX / 4)
        mem_exhausted();
    bytes = round_up(bytes, POOL_ALIGN);
    if (bytes > p->left_bytes)
        add_slab(p, bytes);
    at = p->next;
    p->next += bytes;
    p->left_bytes -= bytes;
    p->slabs->age = p->age;
    return at;
}

void pool_release(struct pool *p, size_t before_age)
{
    struct pool_slab **link = p->slabs ? &p->slabs->older : NULL;

    while (link && *link) {
        struct pool_slab *slab = *link;

        if (slab->age >= before_age) {
            link = &slab->older;
            continue;
        }
        *link = slab->older;
        p->total_bytes -= slab->bytes;
        free(slab);
    }
}

void pool_finish(struct pool *p)
{
    while (p->slabs) {
        struct pool_slab *older = p->slabs->older;

        free(p->slabs);
        p->slabs = older;
    }
    *p = (struct pool){0};
}
