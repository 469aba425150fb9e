#include "tests/bench/growth_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/watch.h"

void list_add(struct list *l, double value)
{
    if (isnan(value))
        return;
    l->items = mem_grow(l->items, &l->capacity, l->count + 1, sizeof *l->items);
    l->items[l->count++] = value;
}

void list_finish(struct list *l)
{
    free(l->items);
    *l = (struct list){0};
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

double list_quantile(struct list *l, double share)
{
    if (l->count == 0)
        return NAN;
    qsort(l->items, l->count, sizeof *l->items, compare);
    return l->items[(size_t)(share * (double)(l->count - 1) + 0.5)];
}

double list_mean(const struct list *l)
{
    double sum = 0;

    for (size_t i = 0; i < l->count; i++)
        sum += l->items[i];
    return l->count ? sum / (double)l->count : NAN;
}

void put_figure(int width, double value, int decimals, const char *unit)
{
    char text[32] = "-";

    if (!isnan(value))
        (void)snprintf(text, sizeof text, "%.*f%s", decimals, value, unit);
    printf(" %*s", width, text);
}

void put_bias(int width, double percent)
{
    char text[32] = "-";

    if (!isnan(percent))
        (void)snprintf(text, sizeof text, "%+.1f %%", percent);
    printf(" %*s", width, text);
}

void watch_all(struct session *s)
{
    struct watch *w = watch_create(s, NULL);

    while (watch_advance(w, SIZE_MAX))
        continue;
    watch_destroy(w);
}
