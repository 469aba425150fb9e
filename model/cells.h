/*
 * One column of one chunk of a table, in the least memory that keeps every value
 * exactly: nothing while all are the same (or all are missing), four bytes a cell
 * while each is a whole number of the column's steps (a MiB, a microsecond), else
 * eight. What a GC trace prints is nearly all of the first two kinds, and the kernel
 * clears fresh pages no faster than we read the log, so half the memory is a quarter
 * of the time.
 */
#ifndef MODEL_CELLS_H
#define MODEL_CELLS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/pool.h"
#include "model/table.h"

enum cells_kind { CELLS_SAME, CELLS_STEPS, CELLS_DOUBLES };

#define CELLS_MISSING INT32_MIN /* among steps; NaN among doubles */

/* Zero-initialised it holds no cells. */
struct cells {
    enum cells_kind kind;
    double same;
    int32_t *steps;
    double *doubles;
};

/* How a column counts; step 0: its values follow no step. */
struct cells_step {
    double step, per_step; /* per_step = 1 / step */
};

/*
 * Where the cell cannot simply be stored: the first one, or one that the kind cannot
 * hold. `capacity` is what the chunk has room for.
 */
void cells_put_slowly(struct cells *c, struct pool *pool, size_t capacity, size_t index,
                      double value, const struct cells_step *step);

static ALWAYS_INLINE uint64_t cells_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Cell `index`; all before it are there. NaN is missing, and so is an infinity, which
 * has no place on a chart. */
static ALWAYS_INLINE void cells_put(struct cells *c, struct pool *pool, size_t capacity,
                                    size_t index, double value,
                                    const struct cells_step *step)
{
    if (c->kind == CELLS_STEPS) {
        double count = value * step->per_step + 0.5;

        if (LIKELY(count >= 0 && count < 0x1p31)) {
            int32_t whole = (int32_t)count;

            c->steps[index] = whole;
            if (LIKELY(whole * step->step == value))
                return;
        }
    } else if (c->kind == CELLS_DOUBLES) {
        c->doubles[index] = value - value == 0 ? value : NAN;
        return;
    } else if (LIKELY(index && cells_bits(c->same) == cells_bits(value))) {
        return; /* by its bits, since a missing cell equals no other */
    }
    cells_put_slowly(c, pool, capacity, index, value, step);
}

/* NaN where it is missing. */
double cells_get(const struct cells *c, size_t index, const struct cells_step *step);

/* Least and greatest of [from, from + count); the empty extent where all are missing. */
struct extent cells_extent(const struct cells *c, size_t from, size_t count,
                           const struct cells_step *step);

/* How many of [from, from + count) are not missing. */
size_t cells_present(const struct cells *c, size_t from, size_t count);

#endif
