#include "model/cells.h"

#include <math.h>

#include "model/pyramid.h"

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Whole steps, or missing; false when the value is neither. */
static bool to_steps(double value, const struct cells_step *step, int32_t *out)
{
    double count = value * step->per_step + 0.5;

    if (isnan(value)) {
        *out = CELLS_MISSING;
        return step->step > 0;
    }
    if (step->step <= 0 || !(count >= 0 && count < 0x1p31))
        return false;
    *out = (int32_t)count;
    return *out * step->step == value;
}

static void become_steps(struct cells *c, struct pool *pool, size_t capacity,
                         size_t index, int32_t same)
{
    c->steps = pool_alloc(pool, capacity * sizeof *c->steps);
    for (size_t i = 0; i < index; i++)
        c->steps[i] = same;
    c->kind = CELLS_STEPS;
}

static void become_doubles(struct cells *c, struct pool *pool, size_t capacity,
                           size_t index, const struct cells_step *step)
{
    double *doubles = pool_alloc(pool, capacity * sizeof *doubles);

    for (size_t i = 0; i < index; i++)
        doubles[i] = cells_get(c, i, step);
    c->doubles = doubles;
    c->kind = CELLS_DOUBLES;
}

void cells_put_slowly(struct cells *c, struct pool *pool, size_t capacity, size_t index,
                      double value, const struct cells_step *step)
{
    int32_t same = 0, whole = 0;

    value = isfinite(value) ? value : NAN;
    if (index == 0 && c->kind == CELLS_SAME)
        c->same = value;
    if (c->kind == CELLS_SAME && is_same(c->same, value))
        return;
    if (to_steps(value, step, &whole)) {
        if (c->kind == CELLS_SAME && to_steps(c->same, step, &same))
            become_steps(c, pool, capacity, index, same);
        if (c->kind == CELLS_STEPS) {
            c->steps[index] = whole;
            return;
        }
    }
    if (c->kind != CELLS_DOUBLES)
        become_doubles(c, pool, capacity, index, step);
    c->doubles[index] = value;
}

double cells_get(const struct cells *c, size_t index, const struct cells_step *step)
{
    switch (c->kind) {
    case CELLS_SAME:
        return c->same;
    case CELLS_STEPS:
        return c->steps[index] == CELLS_MISSING ? NAN : c->steps[index] * step->step;
    case CELLS_DOUBLES:
        break;
    }
    return c->doubles[index];
}

/* Comparisons with a missing cell (NaN) are false, so it changes neither end. */
static struct extent extent_of_doubles(const double *cells, size_t count)
{
    struct extent a = extent_empty(), b = a;

    for (size_t i = 0; i + 1 < count; i += 2) {
        a.min = cells[i] < a.min ? cells[i] : a.min;
        a.max = cells[i] > a.max ? cells[i] : a.max;
        b.min = cells[i + 1] < b.min ? cells[i + 1] : b.min;
        b.max = cells[i + 1] > b.max ? cells[i + 1] : b.max;
    }
    if (count & 1) {
        double last = cells[count - 1];

        a.min = last < a.min ? last : a.min;
        a.max = last > a.max ? last : a.max;
    }
    extent_merge(&a, b);
    return a;
}

static int32_t least_present(const int32_t *steps, size_t count)
{
    int32_t min = INT32_MAX;

    for (size_t i = 0; i < count; i++) {
        int32_t low = steps[i] == CELLS_MISSING ? INT32_MAX : steps[i];

        min = low < min ? low : min;
    }
    return min;
}

static struct extent extent_of_steps(const int32_t *steps, size_t count, double step)
{
    int32_t min = INT32_MAX, max = INT32_MIN;

    for (size_t i = 0; i < count; i++) {
        min = steps[i] < min ? steps[i] : min;
        max = steps[i] > max ? steps[i] : max;
    }
    if (max == CELLS_MISSING)
        return extent_empty();
    if (min == CELLS_MISSING) /* below every count, so it cannot go unseen */
        min = least_present(steps, count);
    return (struct extent){min * step, max * step};
}

struct extent cells_extent(const struct cells *c, size_t from, size_t count,
                           const struct cells_step *step)
{
    if (count == 0 || (c->kind == CELLS_SAME && isnan(c->same)))
        return extent_empty();
    switch (c->kind) {
    case CELLS_SAME:
        return (struct extent){c->same, c->same};
    case CELLS_STEPS:
        return extent_of_steps(c->steps + from, count, step->step);
    case CELLS_DOUBLES:
        break;
    }
    return extent_of_doubles(c->doubles + from, count);
}

size_t cells_present(const struct cells *c, size_t from, size_t count)
{
    size_t present = 0;

    switch (c->kind) {
    case CELLS_SAME:
        return isnan(c->same) ? 0 : count;
    case CELLS_STEPS:
        for (size_t i = from; i < from + count; i++)
            present += c->steps[i] != CELLS_MISSING;
        return present;
    case CELLS_DOUBLES:
        break;
    }
    for (size_t i = from; i < from + count; i++)
        present += c->doubles[i] == c->doubles[i];
    return present;
}
