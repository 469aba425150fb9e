#include "tests/bench/usual.h"

#include <math.h>
#include <stdlib.h>

#define OVERHEAD (8.0 * 1048576)
#define MINUTES 60
#define BUCKETS 30
#define BUCKETS_LEAST 10
#define AHEAD_HOURS 4
#define HOLD_MINUTES 5
#define TREND_Z 2.5758 /* p < 0.01, both sides */

static const char *const names[USUALS] = {
    "80 % of the limit",     "90 % of the limit",   "line of the last hour",
    "Mann-Kendall p < 0.01", "... and Sen's slope",
};

const char *usual_name(enum usual usual)
{
    return names[usual];
}

struct minute {
    double use_sum, use_max, points, floor;
};

struct past {
    struct minute minutes[MINUTES]; /* a ring */
    uint64_t closed;                /* minutes so far */
    struct minute open;
    int held[USUALS]; /* minutes in a row that it has been so */
};

static double minute_use(const struct past *p, uint64_t minute)
{
    const struct minute *m = &p->minutes[minute % MINUTES];

    return m->use_sum / m->points;
}

static uint64_t first_minute(const struct past *p)
{
    return p->closed > MINUTES ? p->closed - MINUTES : 0;
}

/* Least squares over the last hour's minutes, four hours on. */
static bool is_line_there(const struct past *p, double limit)
{
    double n = 0, t = 0, y = 0, tt = 0, ty = 0, slope;

    for (uint64_t m = first_minute(p); m < p->closed; m++) {
        double age = (double)(p->closed - m), use = minute_use(p, m);

        n++;
        t -= age;
        y += use;
        tt += age * age;
        ty -= age * use;
    }
    if (n < BUCKETS_LEAST)
        return false;
    slope = (ty - t * y / n) / (tt - t * t / n);
    return slope > 0 && (y - slope * t) / n + slope * AHEAD_HOURS * MINUTES >= limit;
}

static size_t floors(const struct past *p, double out[BUCKETS])
{
    size_t count = 0;

    for (uint64_t m = first_minute(p); m + 1 < p->closed; m += 2)
        out[count++] =
            fmin(p->minutes[m % MINUTES].floor, p->minutes[(m + 1) % MINUTES].floor);
    return count;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* z of Mann and Kendall's S (values of a heap hardly tie), and Sen's slope a bucket. */
static double trend(const double *values, size_t n, double *slope)
{
    double slopes[BUCKETS * BUCKETS / 2], s = 0, count = (double)n, variance;
    size_t pairs = 0;

    for (size_t i = 1; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            double rise = values[i] - values[k];

            s += (rise > 0) - (rise < 0);
            slopes[pairs++] = rise / (double)(i - k);
        }
    }
    variance = count * (count - 1) * (2 * count + 5) / 18;
    s -= (s > 0) - (s < 0);
    if (s > TREND_Z * sqrt(variance)) {
        qsort(slopes, pairs, sizeof *slopes, compare);
        *slope = slopes[pairs / 2];
    }
    return s / sqrt(variance);
}

static void judge(const struct past *p, double limit, bool is[USUALS])
{
    const struct minute *last = &p->minutes[(p->closed - 1) % MINUTES];
    double values[BUCKETS], slope = 0, use = minute_use(p, p->closed - 1);
    size_t count = floors(p, values);

    is[USUAL_80] = last->use_max >= 0.8 * limit;
    is[USUAL_90] = last->use_max >= 0.9 * limit;
    is[USUAL_LINE] = is_line_there(p, limit);
    is[USUAL_TREND] = count >= BUCKETS_LEAST && trend(values, count, &slope) > TREND_Z;
    /* What is used is so many times the floor, and grows as it does. */
    is[USUAL_SEN] =
        is[USUAL_TREND] &&
        use * (1 + slope * AHEAD_HOURS * BUCKETS / values[count - 1]) >= limit;
}

static void close_minute(struct past *p, double at_s, double limit, double onset_s,
                         struct usual_told told[USUALS])
{
    bool is[USUALS];

    p->minutes[p->closed++ % MINUTES] = p->open;
    judge(p, limit, is);
    for (int i = 0; i < USUALS; i++) {
        int hold = i == USUAL_LINE ? HOLD_MINUTES : 1;

        p->held[i] = is[i] ? p->held[i] + 1 : 0;
        if (p->held[i] != hold)
            continue;
        told[i].alarms++;
        told[i].early += at_s < onset_s;
        if (at_s >= onset_s && isnan(told[i].first_s))
            told[i].first_s = at_s;
    }
}

void usual_watch(const struct track *track, double limit, double hour_s, double onset_s,
                 struct usual_told told[USUALS])
{
    const struct table *t = track->table;
    unsigned use_column, floor_column;
    bool has_rss = table_find_column(t, METRIC_MEM_RSS, &use_column);
    struct past p = {.open = {.floor = INFINITY}};
    double minute_s = hour_s / MINUTES, next_s = 0;

    if (!has_rss && !table_find_column(t, METRIC_HEAP_GOAL, &use_column))
        return;
    if (!table_find_column(t, has_rss ? METRIC_HEAP_ALLOC : METRIC_HEAP_LIVE,
                           &floor_column))
        return;
    for (size_t row = 0; row < table_row_count(t); row++) {
        double at_s = (double)table_row_time(t, row) * 1e-9, use, floor;

        if (row == 0)
            next_s = at_s + minute_s;
        if (at_s >= next_s && p.open.points > 0) {
            close_minute(&p, at_s, limit, onset_s, told);
            p.open = (struct minute){.floor = INFINITY};
            next_s += minute_s * fmax(1, ceil((at_s - next_s) / minute_s));
        }
        if (!table_cell(t, use_column, row, &use) ||
            !table_cell(t, floor_column, row, &floor))
            continue;
        use += has_rss ? 0 : OVERHEAD;
        p.open.points++;
        p.open.use_sum += use;
        p.open.use_max = fmax(p.open.use_max, use);
        p.open.floor = fmin(p.open.floor, floor);
    }
}
