/*
 * A table of rows in time order: one shared time column (int64 ns) and a double
 * column for each metric. Rows are only ever appended.
 *
 * Shapes. A cell is missing or a finite double, kept exactly; what it takes in memory
 * depends on its neighbours (cells.h). Chunks double from 64 rows to 8,192, so that a
 * log of a thousand short-lived processes stays small and a long one is not copied.
 *
 * The pyramid. For every 64 rows of a column, and again for every 16 of those and so
 * on, the least and the greatest value are kept as the rows arrive. So the range of
 * any span of time costs the same at a thousand rows and at a hundred million, and no
 * spike is lost at any zoom.
 *
 * Retirement. Of a session that runs for ever the old rows lose their cells and times,
 * not their numbers: the pyramid goes on knowing the least and greatest value of their
 * blocks, and an index when each block began. The oldest blocks are known in 16s, 256s,
 * …, so that ten times the rows take a little more memory, not ten times as much.
 *
 * Lifetime. The table owns everything; pointers into it live until the next append.
 */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"

struct table;

struct table *table_create(void);
void table_destroy(struct table *t);

/*
 * The column of a metric, added (all missing so far) where the table has none. `step`
 * is what its values are as a rule whole multiples of (MIB_BYTES, NS_PER_US), so that
 * they can be kept in half the memory; 0 where there is no such thing. It changes no
 * value.
 */
unsigned table_column(struct table *t, uint32_t metric, double step);

/* False when the table has no such column. */
bool table_find_column(const struct table *t, uint32_t metric, unsigned *column);
unsigned table_column_count(const struct table *t);
uint32_t table_column_metric(const struct table *t, unsigned column);

/*
 * Appends a row. `values` has one double a column, in column order; NaN or an
 * infinity is a missing cell. A time before the last row's is held at that (callers
 * that care split or count before).
 */
void table_append(struct table *t, int64_t time_ns, const double *values);

/*
 * Retires rows that lie before the time, in whole chunks (2,048 rows at most): they lose
 * their cells and times, and what those took is given back. The newest chunk stays.
 */
void table_retire(struct table *t, int64_t before_ns);

/*
 * Forgets what all rows were, so that the table takes next to nothing: their number and
 * times stay, the latter a little less exactly, and more may be appended.
 */
void table_forget(struct table *t);
bool table_is_forgotten(const struct table *t); /* or never held anything */

/* The first row that is not retired; 0 while none is. */
size_t table_first_row(const struct table *t);

/* Retired rows count, so that a row keeps its number. */
size_t table_row_count(const struct table *t);
/* Of a retired row: evenly between the times at which its block and the next began. */
int64_t table_row_time(const struct table *t, size_t row);
/* False where the cell is missing; of a retired row it is. */
bool table_cell(const struct table *t, unsigned column, size_t row, double *value);

/* How many cells of the column are not missing, or were not when they were retired. */
size_t table_column_points(const struct table *t, unsigned column);

/* Everything the table was given: times and values that are not missing. */
size_t table_stored_numbers(const struct table *t);
size_t table_memory_bytes(const struct table *t);

/* The first row at or after `time_ns`; the row count where there is none. */
size_t table_lower_bound(const struct table *t, int64_t time_ns);

/*
 * As table_lower_bound, but back to where a block of 64 (`far`: 1,024) rows begins, two
 * blocks at most: known without a look at a single row, each of which may lie on a page
 * that no cache holds.
 */
#define TABLE_FAR_ROWS ((size_t)1024)
size_t table_lower_block(const struct table *t, int64_t time_ns, bool far);

struct extent {
    double min, max;
};

/*
 * Least and greatest value of the rows [from, to); false when all are missing. Of retired
 * rows, those of all blocks that the span touches: no less than the span's own.
 */
bool table_extent(const struct table *t, unsigned column, size_t from, size_t to,
                  struct extent *out);

/*
 * The nearest row before `row` (exclusive), or at or after it, whose cell is there.
 * Looks at most TABLE_SEEK_ROWS rows far, so a frame's cost stays bounded, and not among
 * retired rows.
 */
#define TABLE_SEEK_ROWS 4096
bool table_cell_before(const struct table *t, unsigned column, size_t row,
                       size_t *found_row, double *value);
bool table_cell_from(const struct table *t, unsigned column, size_t row,
                     size_t *found_row, double *value);

#endif
