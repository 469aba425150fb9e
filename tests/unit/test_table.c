/* Tables against plain arrays. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/table.h"
#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(table, .fini = test_abort_on_leak);

#define COLUMNS 9

/* What a column's values look like; each kind is stored in its own way. */
enum kind { ANY, STEPS, SAME, MISSING, SPARSE, SWITCHING, LATE, HUGE, NEGATIVE };

static const double steps[COLUMNS] = {
    [STEPS] = 1048576, [SAME] = 1, [SPARSE] = 1000, [SWITCHING] = 1000,
    [LATE] = 1,        [HUGE] = 1, [NEGATIVE] = 1};

/* The rows as they were put in. */
struct model {
    size_t rows;
    int64_t *times;
    double *cells[COLUMNS];
};

static double value_of(enum kind kind, size_t row, size_t rows, uint64_t *seed)
{
    double whole = (double)test_random_below(seed, 5000);

    switch (kind) {
    case ANY:
        return (double)(int64_t)test_random(seed) / 1e6;
    case STEPS:
        return test_random_below(seed, 50) ? whole * 1048576 : NAN;
    case SAME:
        return 7;
    case MISSING:
        return row % 3 ? NAN : (double)INFINITY;
    case SPARSE:
        return test_random_below(seed, 700) ? NAN : whole * 1000;
    case SWITCHING: /* whole steps for long, then something between them */
        return row / 500 % 2 && test_random_below(seed, 40) == 0 ? whole + 0.25
                                                                 : whole * 1000;
    case LATE:
        return row < rows / 3 ? NAN : whole;
    case HUGE: /* beyond what a whole step can hold */
        return (double)((uint64_t)1 << test_random_below(seed, 63));
    case NEGATIVE:
        return test_random_below(seed, 3) ? -whole : 0;
    }
    return NAN;
}

static void model_make(struct model *m, size_t rows, uint64_t seed)
{
    int64_t time = (int64_t)test_random_below(&seed, 1000) - 500;

    *m = (struct model){.rows = rows, .times = malloc((rows + 1) * sizeof(int64_t))};
    cr_assert(m->times);
    for (unsigned c = 0; c < COLUMNS; c++) {
        m->cells[c] = malloc((rows + 1) * sizeof(double));
        cr_assert(m->cells[c]);
    }
    for (size_t i = 0; i < rows; i++) {
        /* Many rows at one time, and jumps. */
        time += test_random_below(&seed, 4) ? 0 : (int64_t)test_random_below(&seed, 1000);
        m->times[i] = time;
        for (unsigned c = 0; c < COLUMNS; c++)
            m->cells[c][i] = value_of((enum kind)c, i, rows, &seed);
    }
}

static void model_free(struct model *m)
{
    free(m->times);
    for (unsigned c = 0; c < COLUMNS; c++)
        free(m->cells[c]);
}

/* The column that comes late is added to the table only where it has its first value. */
static struct table *table_of(const struct model *m)
{
    struct table *t = table_create();

    for (size_t i = 0; i < m->rows; i++) {
        double row[COLUMNS];
        unsigned order = 0;

        for (unsigned c = 0; c < COLUMNS; c++) {
            if (c != LATE)
                (void)table_column(t, c, steps[c]);
        }
        if (i >= m->rows / 3)
            (void)table_column(t, LATE, steps[LATE]);
        for (; order < table_column_count(t); order++)
            row[order] = m->cells[table_column_metric(t, order)][i];
        table_append(t, m->times[i], row);
    }
    return t;
}

static unsigned column_of(const struct table *t, uint32_t metric)
{
    unsigned column = 0;

    cr_assert(table_find_column(t, metric, &column), "column %u", metric);
    return column;
}

/* Returns how many of its cells are there. */
static size_t expect_column(const struct table *t, const struct model *m, unsigned kind)
{
    unsigned column = column_of(t, kind);
    size_t points = 0;

    for (size_t i = 0; i < m->rows; i++) {
        double got = NAN, want = m->cells[kind][i];
        bool has = table_cell(t, column, i, &got);

        cr_assert(has ? got == want : !isfinite(want),
                  "kind %u row %zu of %zu: %g not %g", kind, i, m->rows, got, want);
        points += has;
    }
    cr_assert_eq(table_column_points(t, column), points, "kind %u of %zu", kind, m->rows);
    return points;
}

static void expect_cells(const struct table *t, const struct model *m)
{
    size_t numbers = m->rows;

    cr_assert_eq(table_row_count(t), m->rows);
    for (size_t i = 0; i < m->rows; i++)
        cr_assert_eq(table_row_time(t, i), m->times[i], "row %zu of %zu", i, m->rows);
    for (unsigned kind = 0; kind < COLUMNS && m->rows; kind++)
        numbers += expect_column(t, m, kind);
    cr_expect_eq(table_stored_numbers(t), numbers);
}

/* Sizes around the ends of blocks, chunks and the pyramid's levels. */
static const size_t sizes[] = {0,    1,     2,     63,    64,   65,   127,
                               128,  129,   1023,  1024,  1025, 8191, 8192,
                               8193, 16383, 16384, 16385, 40000};

Test(table, keeps_every_cell)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct model m;
        struct table *t;

        model_make(&m, sizes[i], i + 1);
        t = table_of(&m);
        expect_cells(t, &m);
        table_destroy(t);
        model_free(&m);
    }
}

static bool plain_extent(const double *cells, size_t from, size_t to, struct extent *out)
{
    bool has = false;

    for (; from < to; from++) {
        double v = cells[from];

        if (!isfinite(v))
            continue;
        out->min = has && out->min < v ? out->min : v;
        out->max = has && out->max > v ? out->max : v;
        has = true;
    }
    return has;
}

static void expect_extents(const struct table *t, const struct model *m, uint64_t seed)
{
    for (size_t round = 0; round < 400; round++) {
        uint64_t first = seed;
        size_t a = test_random_below(&seed, m->rows + 1), b;
        enum kind kind = (enum kind)test_random_below(&seed, COLUMNS);
        struct extent want = {0}, got = {0};
        bool has, expected;

        b = a + test_random_below(&seed, m->rows + 1 - a);
        if (round % 4 == 0)
            a = a / 64 * 64, b = b / 64 * 64;
        b = b < a ? a : b;
        expected = plain_extent(m->cells[kind], a, b, &want);
        has = table_extent(t, column_of(t, kind), a, b, &got);
        cr_assert_eq(has, expected, "seed %llu kind %u [%zu, %zu) of %zu",
                     (unsigned long long)first, kind, a, b, m->rows);
        cr_assert(!has || (got.min == want.min && got.max == want.max),
                  "seed %llu kind %u [%zu, %zu) of %zu: %g…%g not %g…%g",
                  (unsigned long long)first, kind, a, b, m->rows, got.min, got.max,
                  want.min, want.max);
    }
}

/* The extents of a table while it grows are those of the finished one's front. */
Test(table, extent_of_any_range)
{
    for (size_t i = 1; i < COUNT_OF(sizes); i++) {
        struct model m;
        struct table *t;

        model_make(&m, sizes[i], i + 100);
        t = table_of(&m);
        expect_extents(t, &m, i);
        table_destroy(t);
        model_free(&m);
    }
}

/* Enough rows for four levels. */
Test(table, extent_in_a_large_table)
{
    struct table *t = table_create();
    size_t rows = 700000;
    double *cells = malloc(rows * sizeof *cells);
    uint64_t seed = 3;

    cr_assert(cells);
    (void)table_column(t, 0, 1);
    for (size_t i = 0; i < rows; i++) {
        /* Empty for hundreds of thousands of rows: whole levels begin late. */
        cells[i] = i < 300000 ? NAN : (double)test_random_below(&seed, 1000000);
        table_append(t, (int64_t)i, &cells[i]);
    }
    for (size_t round = 0; round < 600; round++) {
        size_t a = test_random_below(&seed, rows),
               b = a + test_random_below(&seed, rows - a);
        struct extent want = {0}, got = {0};
        bool expected = plain_extent(cells, a, b, &want);

        cr_assert_eq(table_extent(t, 0, a, b, &got), expected, "[%zu, %zu)", a, b);
        cr_assert(!expected || (got.min == want.min && got.max == want.max), "[%zu, %zu)",
                  a, b);
    }
    table_destroy(t);
    free(cells);
}

Test(table, lower_bound_of_any_time)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct model m;
        struct table *t;
        uint64_t seed = i + 7;

        model_make(&m, sizes[i], i + 200);
        t = table_of(&m);
        for (size_t round = 0; round < 300; round++) {
            int64_t span = m.rows ? m.times[m.rows - 1] - m.times[0] : 0;
            int64_t time = (m.rows ? m.times[0] : 0) - 2 +
                           (int64_t)test_random_below(&seed, (size_t)span + 5);
            size_t want = 0;

            if (m.rows && round % 2)
                time = m.times[test_random_below(&seed, m.rows)];
            while (want < m.rows && m.times[want] < time)
                want++;
            cr_assert_eq(table_lower_bound(t, time), want, "%zu rows, time %lld", m.rows,
                         (long long)time);
            for (int far = 0; far < 2; far++) {
                size_t block = far ? TABLE_FAR_ROWS : 64;
                size_t row = table_lower_block(t, time, far);

                cr_assert(row % block == 0 && row <= want && want - row <= 2 * block,
                          "%zu rows, time %lld: block at %zu, row %zu", m.rows,
                          (long long)time, row, want);
            }
        }
        cr_expect_eq(table_lower_bound(t, INT64_MIN), 0);
        cr_expect_eq(table_lower_bound(t, INT64_MAX), m.rows);
        table_destroy(t);
        model_free(&m);
    }
}

Test(table, seeks_a_cell_within_its_limit)
{
    struct table *t = table_create();
    size_t rows = 3 * TABLE_SEEK_ROWS, row;
    double value;

    (void)table_column(t, 5, 0);
    for (size_t i = 0; i < rows; i++) {
        value = i == 10 || i == rows - 10 ? (double)i : NAN;
        table_append(t, (int64_t)i, &value);
    }
    cr_expect(table_cell_before(t, 0, 11, &row, &value) && row == 10 && value == 10);
    cr_expect(table_cell_before(t, 0, 10 + TABLE_SEEK_ROWS, &row, &value) && row == 10);
    cr_expect_not(table_cell_before(t, 0, 11 + TABLE_SEEK_ROWS, &row, &value));
    cr_expect_not(table_cell_before(t, 0, 10, &row, &value));
    cr_expect_not(table_cell_before(t, 0, 0, &row, &value));
    cr_expect(table_cell_from(t, 0, 10, &row, &value) && row == 10);
    cr_expect(table_cell_from(t, 0, 0, &row, &value) && row == 10);
    cr_expect(table_cell_from(t, 0, rows - 9 - TABLE_SEEK_ROWS, &row, &value) &&
              row == rows - 10);
    cr_expect_not(table_cell_from(t, 0, rows - 10 - TABLE_SEEK_ROWS, &row, &value));
    cr_expect_not(table_cell_from(t, 0, rows - 9, &row, &value));
    cr_expect_not(table_cell_from(t, 0, rows, &row, &value));
    table_destroy(t);
}

Test(table, time_never_runs_backwards)
{
    struct table *t = table_create();
    static const int64_t times[] = {5, 3, INT64_MIN, 7, 6, INT64_MAX, 0};
    static const int64_t kept[] = {5, 5, 5, 7, 7, INT64_MAX, INT64_MAX};

    for (size_t i = 0; i < COUNT_OF(times); i++)
        table_append(t, times[i], NULL);
    for (size_t i = 0; i < COUNT_OF(times); i++)
        cr_expect_eq(table_row_time(t, i), kept[i], "row %zu", i);
    table_destroy(t);
}

/* At most 1.3 × 8 bytes a number, with nothing in the values that could be saved on. */
Test(table, memory_of_a_full_table)
{
    struct table *t = table_create();
    uint64_t seed = 1;
    double row[20], numbers;

    for (uint32_t c = 0; c < COUNT_OF(row); c++)
        (void)table_column(t, c, 0);
    for (size_t i = 0; i < 100000; i++) {
        for (size_t c = 0; c < COUNT_OF(row); c++)
            row[c] = (double)test_random(&seed);
        table_append(t, (int64_t)i, row);
    }
    numbers = (double)table_stored_numbers(t);
    cr_expect_eq(table_stored_numbers(t), 100000u * 21);
    cr_expect_lt((double)table_memory_bytes(t), numbers * 8 * 1.3,
                 "%.3f × 8 bytes a number", (double)table_memory_bytes(t) / numbers / 8);
    table_destroy(t);
}

/* A crash loop makes thousands of tables with a few rows each. */
Test(table, memory_of_many_tiny_tables)
{
    size_t bytes = 0;

    for (size_t i = 0; i < 4096; i++) {
        struct table *t = table_create();
        double row[26];

        for (uint32_t c = 0; c < COUNT_OF(row); c++) {
            (void)table_column(t, c, 0);
            row[c] = (double)(i + c) / 3;
        }
        for (int k = 0; k < 3; k++)
            table_append(t, k, row);
        bytes += table_memory_bytes(t);
        table_destroy(t);
    }
    cr_expect_lt(bytes, (size_t)128 << 20, "%zu bytes", bytes);
}
