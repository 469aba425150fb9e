#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/cp_internal.h"

void cp_found_add(struct cp_founds *f, size_t at, double confidence)
{
    f->items = mem_grow(f->items, &f->capacity, f->count + 1, sizeof *f->items);
    f->items[f->count++] = (struct cp_found){at, confidence, false};
}

static int compare(const void *a, const void *b)
{
    const struct cp_found *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

void cp_founds_sort(struct cp_founds *f)
{
    if (f->count > 1)
        qsort(f->items, f->count, sizeof *f->items, compare);
}

void cp_founds_finish(struct cp_founds *f)
{
    free(f->items);
    *f = (struct cp_founds){0};
}
