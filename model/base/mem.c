#define _DEFAULT_SOURCE /* madvise */

#include "model/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A process has one terminal and one way to die of hunger: the third, and last,
 * mutable global beside the signal flag and the curses state. */
static void (*exhausted_hook)(void);

void mem_on_exhausted(void (*hook)(void))
{
    exhausted_hook = hook;
}

void mem_exhausted(void)
{
    if (exhausted_hook)
        exhausted_hook();
    (void)fputs("heapreel: out of memory\n", stderr);
    exit(3);
}

void *mem_alloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);

    if (!p)
        mem_exhausted();
    return p;
}

void *mem_alloc_array(size_t count, size_t bytes)
{
    void *p = calloc(count ? count : 1, bytes ? bytes : 1);

    if (!p)
        mem_exhausted();
    return p;
}

void *mem_grow(void *items, size_t *capacity, size_t need, size_t item_bytes)
{
    size_t want = *capacity ? *capacity : 8;

    if (need <= *capacity)
        return items;
    while (want < need)
        want = want > SIZE_MAX / 2 ? need : want * 2;
    if (want > SIZE_MAX / item_bytes)
        mem_exhausted();
    items = realloc(items, want * item_bytes);
    if (!items)
        mem_exhausted();
    *capacity = want;
    return items;
}

/* Below this there is not one huge page in it as a rule. */
#define HUGE_BYTES_MIN ((size_t)4 << 20)

void mem_wish_huge(void *block, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t before = (size_t)((uintptr_t)block & (page - 1));

    /* All of the mapping that it lies in: with one part of it treated differently,
     * realloc could not let it grow in place any more. */
    if (bytes >= HUGE_BYTES_MIN)
        (void)madvise((char *)block - before, (before + bytes + page - 1) & ~(page - 1),
                      MADV_HUGEPAGE);
#else
    (void)block;
    (void)bytes;
#endif
}

void *mem_grow_huge(void *items, size_t *capacity, size_t need, size_t item_bytes)
{
    size_t had = *capacity;

    items = mem_grow(items, capacity, need, item_bytes);
    if (*capacity != had)
        mem_wish_huge(items, *capacity * item_bytes);
    return items;
}

char *mem_dup_text(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = mem_alloc(bytes);

    memcpy(copy, text, bytes);
    return copy;
}

char *mem_dup_slice(struct slice text)
{
    char *copy = mem_alloc(text.len + 1);

    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}
