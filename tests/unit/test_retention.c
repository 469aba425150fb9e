/* What is left of tables and profiles that are retired, against what was put in. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/pyramid.h"
#include "model/retention.h"
#include "tests/unit/support.h"

TestSuite(retention, .fini = test_abort_on_leak);

#define SECOND INT64_C(1000000000)
#define BLOCK PYRAMID_BLOCK_ROWS
#define START (INT64_C(1700000000) * SECOND)

/* One row a second; column 0 is noise with rare spikes, 1 begins late and has gaps. */
static void value_of(size_t row, double *values)
{
    uint64_t seed = row * 2654435761U + 1;

    values[0] = (double)test_random_below(&seed, 1000);
    if (test_random_below(&seed, 5000) == 0)
        values[0] = 1e6 + (double)row;
    values[1] = row < 70000 || row / 3000 % 3 == 1 ? NAN : (double)(row % 977) + 0.25;
}

static void append_rows(struct table *t, size_t count)
{
    double values[2];

    for (size_t row = table_row_count(t), end = row + count; row < end; row++) {
        value_of(row, values);
        table_append(t, START + (int64_t)row * SECOND, values);
    }
}

static struct table *table_of(size_t rows)
{
    struct table *t = table_create();

    (void)table_column(t, 1, 1);
    (void)table_column(t, 2, 0);
    append_rows(t, rows);
    return t;
}

static int64_t time_of(size_t row)
{
    return START + (int64_t)row * SECOND;
}

/* The span says at least what is in it, and no more than `slack` rows around it do. */
static void expect_extent(const struct table *t, unsigned column, size_t from, size_t to,
                          size_t slack)
{
    size_t low = from / slack * slack, high = (to + slack - 1) / slack * slack;
    struct extent inner = extent_empty(), outer = inner, got;
    double values[2];
    bool has;

    high = high < table_row_count(t) ? high : table_row_count(t);
    for (size_t row = low; row < high; row++) {
        struct extent one;

        value_of(row, values);
        one = (struct extent){values[column], values[column]};
        if (isnan(one.min))
            continue;
        extent_merge(&outer, one);
        if (row >= from && row < to)
            extent_merge(&inner, one);
    }
    has = table_extent(t, column, from, to, &got);
    cr_assert(has || inner.min > inner.max, "%zu..%zu lost", from, to);
    if (!has)
        return;
    cr_assert(got.min <= inner.min && got.max >= inner.max, "%zu..%zu: a spike is lost",
              from, to);
    cr_assert(got.min >= outer.min && got.max <= outer.max, "%zu..%zu: of elsewhere",
              from, to);
}

Test(retention, block_aligned_extents_stay)
{
    const size_t rows = 40000;
    struct table *whole = table_of(rows), *t = table_of(rows);
    uint64_t seed = 5;

    table_retire(t, time_of(30000));
    cr_assert(table_first_row(t) > 27000 && table_first_row(t) <= 30000);
    cr_assert_eq(table_row_count(t), rows);
    for (unsigned i = 0; i < 20000; i++) {
        size_t a = test_random_below(&seed, rows / BLOCK + 1) * BLOCK,
               b = test_random_below(&seed, rows / BLOCK + 1) * BLOCK;
        struct extent want, got;
        bool has = table_extent(whole, i % 2, a < b ? a : b, a < b ? b : a, &want);

        cr_assert_eq(table_extent(t, i % 2, a < b ? a : b, a < b ? b : a, &got), has);
        cr_assert(!has || (got.min == want.min && got.max == want.max));
    }
    for (unsigned i = 0; i < 1000; i++) {
        size_t a = test_random_below(&seed, rows), b = a + test_random_below(&seed, 300);

        expect_extent(t, i % 2, a, b < rows ? b : rows, BLOCK);
    }
    cr_assert(table_memory_bytes(t) < table_memory_bytes(whole));
    table_destroy(whole);
    table_destroy(t);
}

Test(retention, rows_keep_their_numbers)
{
    const size_t rows = 50000;
    struct table *t = table_of(rows);
    size_t first, found;
    double value, values[2];

    table_retire(t, time_of(45000));
    first = table_first_row(t);
    cr_assert_not(table_cell(t, 0, first - 1, &value));
    cr_assert_not(table_cell_before(t, 0, first, &found, &value));
    cr_assert_not(table_cell_from(t, 0, first - 1, &found, &value));
    cr_assert(table_cell(t, 0, first, &value));
    value_of(first, values);
    cr_assert_eq(value, values[0]);
    for (size_t row = 0; row < rows; row += 7) {
        cr_assert_eq(table_row_time(t, row), time_of(row)); /* a row a second: evenly */
        cr_assert_eq(table_lower_bound(t, time_of(row)), row);
        cr_assert_eq(table_lower_bound(t, time_of(row) - 1), row);
    }
    cr_assert_eq(table_lower_bound(t, INT64_MIN), 0);
    cr_assert_eq(table_lower_bound(t, INT64_MAX), rows);
    cr_assert_eq(table_column_points(t, 0), rows);
    append_rows(t, 10000);
    cr_assert_eq(table_row_count(t), rows + 10000);
    cr_assert_eq(table_column_points(t, 0), rows + 10000);
    cr_assert_eq(table_lower_bound(t, time_of(rows + 9000)), rows + 9000);
    cr_assert(table_cell_before(t, 0, rows + 5, &found, &value) && found == rows + 4);
    cr_assert_eq(table_column(t, 3, 0), 2);
    cr_assert_not(table_cell(t, 2, rows, &value));
    table_destroy(t);
}

/* Times of all rows never fall, and each row is found by its time. */
Test(retention, uneven_times)
{
    struct table *t = table_create();
    int64_t time = INT64_MIN, last = INT64_MIN;
    uint64_t seed = 9;
    double one = 1;

    (void)table_column(t, 1, 0);
    for (size_t row = 0; row < 200000; row++) {
        time = row == 20000 ? INT64_MAX / 2 : time + (int64_t)test_random_below(&seed, 5);
        table_append(t, time, &one);
        if (row % 5000 == 0)
            table_retire(t, table_row_time(t, row - row / 50));
    }
    for (size_t row = 0; row < 200000; row++) {
        int64_t at = table_row_time(t, row);
        size_t found = table_lower_bound(t, at);

        cr_assert_geq(at, last);
        cr_assert_leq(found, row);
        cr_assert_eq(table_row_time(t, found), at);
        last = at;
    }
    table_destroy(t);
}

Test(retention, everything_and_twice)
{
    struct table *t = table_create();
    struct extent all, again;
    size_t first;

    table_retire(t, INT64_MAX); /* nothing there */
    (void)table_column(t, 1, 1);
    (void)table_column(t, 2, 0);
    table_retire(t, INT64_MAX);
    append_rows(t, 100000);
    cr_assert(table_extent(t, 0, 0, 100000, &all));
    table_retire(t, INT64_MAX);
    first = table_first_row(t);
    cr_assert(first > 95000 && first < 100000, "the newest chunk stays");
    table_retire(t, INT64_MAX);
    table_retire(t, INT64_MIN);
    cr_assert_eq(table_first_row(t), first);
    cr_assert(table_extent(t, 0, 0, 100000, &again));
    cr_assert(again.min == all.min && again.max == all.max);
    append_rows(t, 100);
    cr_assert_eq(table_row_count(t), 100100);
    table_destroy(t);
}

/* Thirty days of a row a second stay small, and no spike is lost at any zoom. */
Test(retention, a_month)
{
    const size_t rows = 30 * 86400;
    struct table *t = table_of(0);
    size_t most = 0, bytes;
    uint64_t seed = 3;

    for (size_t i = 0; i < rows / 600; i++) {
        append_rows(t, 600);
        table_retire(t, time_of(table_row_count(t)) - 3600 * SECOND);
        bytes = table_memory_bytes(t);
        most = bytes > most ? bytes : most;
        cr_assert(table_row_count(t) - table_first_row(t) < 3600 + 600 + 2048);
    }
    cr_assert(most < (size_t)1500 << 10, "%zu bytes", most);
    for (unsigned i = 0; i < 200; i++) {
        size_t a = test_random_below(&seed, rows - 20000);
        size_t b = a + test_random_below(&seed, (size_t)1 << i % 15) + 1;

        expect_extent(t, i % 2, a, b, 16384);
        a = rows - 90000 + a % 60000;
        expect_extent(t, i % 2, a, a + b % 30000 + 1, BLOCK);
    }
    expect_extent(t, 0, 0, rows, 64);
    for (size_t row = 0; row < rows; row += 9973) {
        cr_assert_eq(table_row_time(t, row), time_of(row));
        cr_assert_eq(table_lower_bound(t, time_of(row)), row);
    }
    table_destroy(t);
}

/* A long recording that turns live gives its memory back, and so does a late column. */
Test(retention, a_long_past)
{
    struct table *t = table_of(1000000);
    size_t before = table_memory_bytes(t);
    struct extent got;
    double values[3] = {1, 2, 77};

    table_retire(t, time_of(999000));
    cr_assert(table_memory_bytes(t) < before / 3);
    (void)table_column(t, 3, 0);
    for (size_t row = 1000000; row < 1010000; row++)
        table_append(t, time_of(row), values);
    table_retire(t, INT64_MAX);
    cr_assert_not(table_extent(t, 2, 0, 999936, &got));
    cr_assert(table_extent(t, 2, 1000000, 1000001, &got) && got.max == 77);
    cr_assert(table_extent(t, 2, 0, 1010000, &got) && got.min == 77);
    expect_extent(t, 0, 5000, 6000, 1024);
    table_destroy(t);
}

static struct track *track_of(struct session *s, size_t rows)
{
    struct track *track = session_add_process(s, session_add_source(s, "live"));

    (void)table_column(track->table, METRIC_HEAP_LIVE, 1);
    (void)table_column(track->table, METRIC_HEAP_GOAL, 0);
    append_rows(track->table, rows);
    track->origin_ns = -START;
    return track;
}

/* Charts and read-outs go on where the cells are gone. */
Test(retention, series_of_old_times)
{
    const struct retention keep = {3600 * SECOND, 10};
    struct session *s = session_create();
    struct track *track = track_of(s, 20000);
    struct series series;
    struct summary before, after;
    struct span_values v;
    struct extent block;
    double value;
    int64_t at_ns;

    cr_assert(session_series(s, track->process, METRIC_HEAP_LIVE, &series));
    before = series_summary(&series);
    retention_apply(s, &keep, 20000 * SECOND);
    cr_assert(table_first_row(track->table) > 13000);
    cr_assert(table_first_row(track->table) <= 16400);
    cr_assert(session_series(s, track->process, METRIC_HEAP_LIVE, &series));
    after = series_summary(&series);
    cr_assert(after.points == before.points && after.min == before.min &&
              after.max == before.max && after.last == before.last);
    v = series_span(&series, 640 * SECOND, 704 * SECOND);
    cr_assert(table_extent(track->table, series.column, 640, 704, &block));
    cr_assert(v.has && v.min == block.min && v.max == block.max);
    cr_assert(v.first == block.max && v.last == block.max);
    cr_assert(series_value_at(&series, 650 * SECOND, &value, &at_ns));
    cr_assert(value == block.max && at_ns == 650 * SECOND);
    after = series_summary_span(&series, 640 * SECOND, 704 * SECOND);
    cr_assert(after.points == 1 && after.min == block.min && after.max == block.max);
    cr_assert_not(series_value_at(&series, -SECOND, &value, &at_ns));
    session_destroy(s);
}

static void add_profile(struct session *s, const struct track *track, int64_t time_ns)
{
    const struct profile_record record = {.kind = PROFILE_HEAP};

    cr_assert_null(profile_store_add(s->profiles, &record, track, time_ns));
}

Test(retention, profiles_thin_with_age)
{
    const struct retention keep = {3600 * SECOND, 100};
    struct session *s = session_create();
    struct track *track = track_of(s, 10);
    const struct profile **list;
    size_t count;
    struct finding leak = finding_of(EVENT_LEAK, SEVERITY_WARNING, track->process,
                                     86390 * SECOND, 86395 * SECOND);

    track->origin_ns = 0;
    cr_assert(session_add_finding(s, &leak));
    for (int64_t minute = 0; minute <= 5 * 1440; minute++) {
        add_profile(s, track, minute * 60 * SECOND);
        retention_apply(s, &keep, minute * 60 * SECOND);
        cr_assert(profile_store_count(s->profiles) <= 100 + 61);
    }
    list = profile_store_list(s->profiles, NULL, &count);
    cr_assert_eq(count, 161);
    cr_assert_eq(profile_time(list[0]), 0, "the first stays");
    for (size_t i = 0; i < 61; i++)
        cr_assert_eq(profile_time(list[100 + i]),
                     (5 * 1440 - 60 + (int64_t)i) * 60 * SECOND);
    for (size_t i = 0; i < count && list[i]; i++) {
        if (profile_time(list[i]) == 86400 * SECOND)
            break;
        cr_assert(profile_time(list[i]) < 86400 * SECOND, "the leak's own profile stays");
    }
    cr_assert(profile_time(list[99]) - profile_time(list[90]) <
              profile_time(list[20]) - profile_time(list[11]));
    free(list);
    session_destroy(s);
}

/* The numbers and times of rows stay, and more may come, however many there were. */
Test(retention, a_table_is_forgotten)
{
    static const size_t counts[] = {1,    63,   64,   65,   1023, 1024,
                                    1025, 2048, 4095, 4096, 4097, 100000};

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        const size_t rows = counts[i];
        struct table *t = table_of(rows);
        struct extent extent;
        double value;

        if (i % 2)
            table_retire(t, time_of(rows / 2));
        table_forget(t);
        table_forget(t); /* again: nothing */
        table_retire(t, time_of(rows));
        cr_expect(table_is_forgotten(t));
        cr_expect_lt(table_memory_bytes(t), 12000 + rows / 64, "%zu: %zu bytes", rows,
                     table_memory_bytes(t));
        cr_assert_eq(table_row_count(t), rows);
        for (size_t row = 0; row < rows; row++) {
            cr_assert_eq(table_row_time(t, row), time_of(row), "%zu of %zu", row, rows);
            cr_assert_eq(table_lower_bound(t, time_of(row)), row, "%zu of %zu", row,
                         rows);
            cr_assert_not(table_cell(t, 0, row, &value));
        }
        cr_expect_eq(table_lower_bound(t, time_of(rows)), rows);
        cr_expect_not(table_extent(t, 0, 0, rows, &extent));
        cr_expect_eq(table_column_points(t, 0), 0);
        append_rows(t, 5000);
        cr_expect_not(table_is_forgotten(t));
        for (size_t row = 0; row < rows + 5000; row++) {
            double values[2];

            value_of(row, values);
            cr_assert_eq(table_row_time(t, row), time_of(row));
            cr_assert_eq(table_lower_bound(t, time_of(row)), row);
            if (row < rows)
                continue;
            cr_assert(table_cell(t, 0, row, &value));
            cr_assert_eq(value, values[0]);
        }
        expect_extent(t, 0, rows, rows + 5000, 1);
        cr_expect_eq(table_column_points(t, 0), 5000);
        table_retire(t, time_of(rows + 5000));
        table_forget(t);
        cr_expect_eq(table_row_time(t, rows), time_of(rows));
        table_destroy(t);
    }
}

/* A crash loop: what went first is forgotten, what runs is not. */
Test(retention, tables_of_many_processes_are_bounded)
{
    const struct retention keep = {3600 * SECOND, RETENTION_PROFILES_MAX};
    struct session *s = session_create();
    struct source *source = session_add_source(s, "x");
    const size_t runs = 600, rows = 1200;
    size_t bytes = 0;

    for (size_t run = 0; run < runs; run++) {
        struct track *t = session_add_process(s, source);

        t->clock = CLOCK_WALL;
        for (unsigned i = 0; i < 10; i++)
            (void)table_column(t->table, i, 0);
        for (size_t row = run * rows; row < (run + 1) * rows; row++) {
            double values[10];

            for (unsigned i = 0; i < 10; i++)
                values[i] = (double)row / 7 + i;
            table_append(t->table, time_of(row), values);
        }
        retention_apply(s, &keep, time_of((run + 1) * rows));
    }
    for (size_t run = 0; run < runs; run++) {
        const struct table *t = s->processes[run]->tracks[0]->table;

        bytes += table_memory_bytes(t);
        cr_expect_eq(table_row_time(t, 0), time_of(run * rows));
        cr_expect_eq(table_row_time(t, rows - 1), time_of((run + 1) * rows - 1));
    }
    cr_expect_leq(bytes, RETENTION_TABLES_BYTES);
    cr_expect(table_is_forgotten(s->processes[0]->tracks[0]->table));
    for (size_t run = runs - 3; run < runs; run++)
        cr_expect_not(table_is_forgotten(s->processes[run]->tracks[0]->table));
    session_destroy(s);
}
