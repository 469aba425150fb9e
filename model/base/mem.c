#include "model/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
