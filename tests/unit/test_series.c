/* What views ask of a series, against a plain walk over its points. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/session.h"
#include "tests/unit/support.h"

TestSuite(series, .fini = test_abort_on_leak);

#define ORIGIN INT64_C(1795224952000000000)

/* One process with heap.live in column 0; every third cell is missing. */
static struct session *session_of(size_t rows, uint64_t seed, struct series *series)
{
    struct session *s = session_create();
    struct track *t = session_add_process(s, session_add_source(s, "log"));

    t->origin_ns = ORIGIN;
    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    for (size_t i = 0; i < rows; i++) {
        double value =
            test_random_below(&seed, 3) ? (double)test_random_below(&seed, 500) : NAN;

        table_append(t->table, (int64_t)(i / 2 * 10), &value);
    }
    if (!session_series(s, s->processes[0], METRIC_HEAP_LIVE, series))
        *series =
            (struct series){s->processes[0], t, 0, METRIC_HEAP_LIVE, UNIT_BYTES, ""};
    return s;
}

static struct span_values plain_span(const struct series *s, int64_t from, int64_t to)
{
    const struct table *t = s->track->table;
    struct span_values v = {0};

    for (size_t i = 0; i < table_row_count(t); i++) {
        int64_t at = table_row_time(t, i) + s->track->origin_ns;
        double value;

        if (at < from || at >= to || !table_cell(t, s->column, i, &value))
            continue;
        if (!v.has)
            v = (struct span_values){true, value, value, value, value, at, at};
        v.min = value < v.min ? value : v.min;
        v.max = value > v.max ? value : v.max;
        v.last = value;
        v.last_ns = at;
    }
    return v;
}

/* The greatest value, and the first moment that has it. */
static void expect_greatest(const struct series *s, int64_t from, int64_t to,
                            const struct span_values *want)
{
    const struct table *t = s->track->table;
    double value, cell;
    int64_t at_ns;

    cr_assert_eq(series_greatest(s, from, to, &value, &at_ns), want->has);
    if (!want->has)
        return;
    cr_assert_eq(value, want->max);
    for (size_t i = 0; i < table_row_count(t); i++) {
        int64_t row_ns = table_row_time(t, i) + s->track->origin_ns;

        if (row_ns >= from && table_cell(t, s->column, i, &cell) && cell == value) {
            cr_assert_eq(at_ns, row_ns);
            return;
        }
    }
    cr_assert_fail("%g is nowhere", value);
}

Test(series, any_span)
{
    for (uint64_t seed = 1; seed < 40; seed++) {
        size_t rows = seed * 17;
        struct series series;
        struct session *s = session_of(rows, seed, &series);
        uint64_t dice = seed;

        for (size_t round = 0; round < 200; round++) {
            int64_t span = (int64_t)rows * 5 + 40;
            int64_t from = ORIGIN - 20 + (int64_t)test_random_below(&dice, (size_t)span);
            int64_t to = from + (int64_t)test_random_below(&dice, (size_t)span);
            struct span_values want = plain_span(&series, from, to);
            struct span_values got = series_span(&series, from, to);

            cr_assert_eq(got.has, want.has, "seed %llu", (unsigned long long)seed);
            cr_assert(!want.has ||
                          (got.min == want.min && got.max == want.max &&
                           got.first == want.first && got.last == want.last &&
                           got.first_ns == want.first_ns && got.last_ns == want.last_ns),
                      "seed %llu [%lld, %lld)", (unsigned long long)seed, (long long)from,
                      (long long)to);
            expect_greatest(&series, from, to, &want);
        }
        session_destroy(s);
    }
}

Test(series, value_at_any_time)
{
    struct series series;
    struct session *s = session_of(500, 9, &series);
    double value, want = NAN;
    int64_t value_ns;

    cr_expect_not(series_value_at(&series, INT64_MIN, &value, &value_ns));
    cr_expect_not(series_value_at(&series, ORIGIN - 1, &value, &value_ns));
    for (int64_t at = ORIGIN; at < ORIGIN + 2600; at++) {
        struct span_values v = plain_span(&series, ORIGIN, at + 1);
        bool has = series_value_at(&series, at, &value, &value_ns);

        want = v.last;
        cr_assert_eq(has, v.has, "at %lld", (long long)(at - ORIGIN));
        cr_assert(!has || (value == v.last && value_ns == v.last_ns), "at %lld",
                  (long long)(at - ORIGIN));
    }
    cr_expect(series_value_at(&series, INT64_MAX, &value, &value_ns) && value == want);
    session_destroy(s);
}

static int compare_doubles(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* All values of the series, in order; returns how many. */
static size_t plain_values(const struct series *s, double *out)
{
    const struct table *t = s->track->table;
    size_t n = 0;

    for (size_t i = 0; i < table_row_count(t); i++)
        n += table_cell(t, s->column, i, &out[n]);
    return n;
}

static struct summary plain_summary(double *values, size_t n)
{
    struct summary s = {.points = n};

    if (n == 0)
        return s;
    s.first = values[0];
    s.last = values[n - 1];
    for (size_t i = 0; i < n; i++)
        s.mean += values[i] / (double)n;
    qsort(values, n, sizeof *values, compare_doubles);
    s.min = values[0];
    s.max = values[n - 1];
    s.p50 = values[(n + 1) / 2 - 1];
    s.p99 = values[(n * 99 + 99) / 100 - 1];
    return s;
}

static bool is_same(const struct summary *a, const struct summary *b)
{
    return a->points == b->points && a->first == b->first && a->last == b->last &&
           a->min == b->min && a->max == b->max && a->p50 == b->p50 && a->p99 == b->p99 &&
           fabs(a->mean - b->mean) <= 1e-9 * fabs(b->mean);
}

static void expect_summary(size_t rows, uint64_t seed)
{
    struct series series;
    struct session *s = session_of(rows, seed, &series);
    double *values = calloc(rows + 1, sizeof *values);
    struct summary got = series_summary(&series), want;

    cr_assert(values);
    want = plain_summary(values, plain_values(&series, values));
    cr_expect(is_same(&got, &want), "%zu rows", rows);
    free(values);
    session_destroy(s);
}

Test(series, summary_is_exact)
{
    for (size_t rows = 0; rows < 400; rows++)
        expect_summary(rows, rows + 1);
    expect_summary(30000, 77);
}

/* Rising, falling, all the same, two values: what a selection by pivots may trip on. */
Test(series, summary_of_orders_that_are_hard_to_sort)
{
    for (unsigned shape = 0; shape < 4; shape++) {
        struct session *s = session_create();
        struct track *t = session_add_process(s, session_add_source(s, "log"));
        struct series series;
        struct summary got;
        size_t n = 200000;

        (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
        for (size_t i = 0; i < n; i++) {
            double v = (double)(shape == 0   ? i
                                : shape == 1 ? n - 1 - i
                                : shape == 2 ? 5
                                             : i % 2);

            table_append(t->table, (int64_t)i, &v);
        }
        cr_assert(session_series(s, s->processes[0], METRIC_HEAP_LIVE, &series));
        got = series_summary(&series);
        cr_expect_eq(got.p50, shape < 2 ? 99999 : shape == 2 ? 5 : 0, "shape %u", shape);
        cr_expect_eq(got.p99, shape < 2 ? 197999 : shape == 2 ? 5 : 1, "shape %u", shape);
        session_destroy(s);
    }
}

Test(series, best_source_and_order)
{
    struct session *s = session_create();
    struct source *source = session_add_source(s, "log");
    struct track *few = session_add_process(s, source);
    struct process *p = few->process;
    struct track *many = session_add_track(s, p, source);
    struct series series;
    uint32_t extra, next = 0;
    double row[2] = {1, 2};

    cr_assert(metric_register(&s->metrics, SLICE("zebra"), UNIT_NONE, &extra));
    (void)table_column(few->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(few->table, extra, 0);
    (void)table_column(many->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(many->table, METRIC_HEAP_GOAL, 0);
    cr_expect_not(session_series(s, p, METRIC_HEAP_LIVE, &series), "no values yet");
    table_append(few->table, 0, row);
    cr_expect(session_series(s, p, METRIC_HEAP_LIVE, &series) && series.track == few);
    row[1] = NAN;
    table_append(many->table, 0, row);
    cr_expect(session_series(s, p, METRIC_HEAP_LIVE, &series) && series.track == few,
              "the earlier one among equals");
    table_append(many->table, 1, row);
    cr_expect(session_series(s, p, METRIC_HEAP_LIVE, &series) && series.track == many);
    cr_expect_str_eq(series.name, "heap.live");
    cr_expect_eq(series.unit, UNIT_BYTES);
    cr_expect(session_next_series(s, p, &next, &series) &&
              series.metric == METRIC_HEAP_LIVE);
    cr_expect(session_next_series(s, p, &next, &series) &&
                  strcmp(series.name, "x.zebra") == 0,
              "heap.goal has no value");
    cr_expect_not(session_next_series(s, p, &next, &series));
    session_destroy(s);
}
