/*
 * How good the online detector is on series whose truth is known: changes of level,
 * slope, spread and of a sawtooth, spikes, and nothing at all, over five kinds of noise.
 *
 *   bench_online [runs of each case] [points without a change]
 *
 * Sigma is the deviation of a point; of a random walk that of a step. A ramp rises so
 * many sigma in RAMP_POINTS points, a spread grows by so many times itself. Seeds are
 * fixed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/online.h"

#define SEED UINT64_C(20261121)
#define PACE_NS                                                                          \
    INT64_C(1000000000) /* a point a second: the bound is for a week of it               \
                         */
#define BEFORE 600
#define AFTER 2400
#define RAMP_POINTS 50.0
#define NEAR 30 /* points that a place may be off and still be this change's */

enum noise { WHITE, AR_HALF, AR_NINE, WALK, STUDENT, NOISES };

static const char *const noise_names[NOISES] = {"white", "AR(1) 0.5", "AR(1) 0.9",
                                                "random walk", "Student t3"};

enum change { LEVEL, SLOPE, SPREAD, SPIKE, PERIOD, AMPLITUDE, CHANGES };

static const struct {
    const char *name;
    enum event_kind kind;
    double sizes[4];
} changes[CHANGES] = {
    [LEVEL] = {"level", EVENT_LEVEL_SHIFT, {1, 2, 4, 8}},
    [SLOPE] = {"slope", EVENT_SLOPE_CHANGE, {1, 2, 4, 8}},
    [SPREAD] = {"spread", EVENT_VARIANCE_CHANGE, {1, 2, 4, 8}},
    [SPIKE] = {"spike", EVENT_SPIKE, {4, 8, 16, 32}},
    [PERIOD] = {"sawtooth period", EVENT_LEVEL_SHIFT, {1, 2, 4, 8}},
    [AMPLITUDE] = {"sawtooth amplitude", EVENT_LEVEL_SHIFT, {1, 2, 4, 8}},
};

/* Pseudo-random numbers (splitmix64), the same everywhere. */

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static double uniform(uint64_t *state)
{
    return ((double)(next(state) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));

    return radius * cos(2 * 3.14159265358979323846 * uniform(state));
}

/* With variance 1. */
static double student3(uint64_t *state)
{
    double z = normal(state), a = normal(state), b = normal(state), c = normal(state);

    return z / sqrt(a * a + b * b + c * c);
}

struct source {
    enum noise noise;
    uint64_t state;
    double last;
};

static double noise_next(struct source *s)
{
    static const double rho[NOISES] = {[AR_HALF] = 0.5, [AR_NINE] = 0.9};
    double r = rho[s->noise];

    switch (s->noise) {
    case WALK:
        return s->last += normal(&s->state);
    case STUDENT:
        return student3(&s->state);
    default:
        return s->last = r * s->last + sqrt(1 - r * r) * normal(&s->state);
    }
}

/* The value of point i of a series that changes at BEFORE. */
static double changed(struct source *s, enum change change, double size, int i)
{
    double value = noise_next(s);
    bool is_after = i >= BEFORE;

    switch (change) {
    case SLOPE:
        return value + (is_after ? size * (i - BEFORE + 1) / RAMP_POINTS : 0);
    case SPIKE:
        return value + (i == BEFORE ? size : 0);
    case SPREAD:
        return value * (is_after ? 1 + size : 1);
    case PERIOD: /* one value a cycle, in seconds: 2 s, give or take a twentieth */
        return 2 * exp(0.05 * (value + (is_after ? size : 0)));
    case AMPLITUDE: /* peak less floor */
        return 64e6 + 3e6 * (value + (is_after ? size : 0));
    default:
        return value + (is_after ? size : 0);
    }
}

struct online_run {
    int wrong_before; /* told of what was before the change */
    bool is_found;    /* the right kind, at the right place */
    bool is_confused; /* something else was said of it first */
    int delay;        /* points from the change until it was told */
    double place;     /* how far off it was laid */
};

static struct online_options options_of(enum change change)
{
    return (struct online_options){.is_log = change == PERIOD};
}

/* Of a ramp the place is less sure: half of what was seen. */
static bool is_near(double place, int delay, enum change change)
{
    return place <= (change == SLOPE ? fmax(NEAR, delay / 2.0) : fmax(NEAR, delay / 4.0));
}

static struct online_run run(enum noise noise, enum change change, double size,
                             uint64_t seed)
{
    struct source source = {.noise = noise, .state = seed};
    struct online_options options = options_of(change);
    struct online *o = mem_alloc(sizeof *o);
    struct online_run r = {0};

    online_init(o, &options);
    for (int i = 0; i < BEFORE + AFTER && !r.is_found; i++) {
        struct inflection found;
        double value = changed(&source, change, size, i);

        if (!online_add(o, i * PACE_NS, value, &found))
            continue;
        r.place = fabs((double)found.began_ns / (double)PACE_NS - BEFORE);
        r.delay = i - BEFORE;
        if (i < BEFORE)
            r.wrong_before++;
        else if (found.kind == changes[change].kind && is_near(r.place, r.delay, change))
            r.is_found = true;
        else
            r.is_confused = true;
    }
    free(o);
    return r;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* What a ramp takes to be told at best: (3 h s2 / b2)^(1/3) points. */
static double ramp_least(enum noise noise, double size)
{
    static const double long_run[NOISES] = {1, 3, 19, NAN, 1};
    double slope = size / RAMP_POINTS, bound = 2 * log(7 * 86400.0) + 10;

    return cbrt(3 * bound * long_run[noise] / (slope * slope));
}

static void put_row(enum noise noise, enum change change, double size, int runs)
{
    double *delays = mem_alloc_array((size_t)runs, sizeof *delays);
    double *places = mem_alloc_array((size_t)runs, sizeof *places);
    size_t found = 0;
    int confused = 0, wrong = 0;

    for (int i = 0; i < runs; i++) {
        struct online_run r = run(noise, change, size,
                                  SEED + (uint64_t)i * 7919 + change * UINT64_C(1000003));

        wrong += r.wrong_before;
        confused += r.is_confused;
        if (!r.is_found)
            continue;
        delays[found] = r.delay;
        places[found++] = r.place;
    }
    printf("%-19s %-12s %4g  %5.0f %%", changes[change].name, noise_names[noise], size,
           100.0 * (double)found / runs);
    if (found) {
        double delay = median(delays, found);

        printf(" %7.0f %7.0f", delay, median(places, found));
        if (change == SLOPE && noise != WALK)
            printf(" %7.2f", delay / ramp_least(noise, size));
        else
            printf(" %7s", "");
    } else {
        printf(" %7s %7s %7s", "-", "-", "");
    }
    printf(" %6.0f %% %6d\n", 100.0 * confused / runs, wrong);
    free(delays);
    free(places);
}

static void put_changes(int runs)
{
    printf("\n%d runs a row: %d points, then a change, then %d more\n", runs, BEFORE,
           AFTER);
    printf("%-19s %-12s %4s  %7s %7s %7s %7s %8s %6s\n", "change", "noise", "size",
           "found", "delay", "off by", "/ t*", "confused", "before");
    for (enum change c = 0; c < CHANGES; c++) {
        for (enum noise n = 0; n < NOISES; n++) {
            if (c >= PERIOD && n != WHITE && n != AR_HALF)
                continue;
            for (size_t k = 0; k < COUNT_OF(changes[c].sizes); k++)
                put_row(n, c, changes[c].sizes[k], runs);
        }
    }
}

static const char *const kind_names[] = {"level", "slope", "spread", "spike"};

static void put_quiet_row(const char *name, const int told[4], int points)
{
    printf("%-24s", name);
    for (int k = 0; k < 4; k++)
        printf(" %7.2f", told[k] * 1e5 / points);
    printf("\n");
}

static double wave(struct source *s, int i, int period)
{
    return 20 * sin(2 * 3.14159265358979323846 * i / period) + normal(&s->state);
}

static void put_quiet(int points)
{
    static const int periods[] = {1440, 5760, 17280};

    printf("\nfalse alarms per 100,000 points, out of %d points\n%-24s", points, "noise");
    for (size_t k = 0; k < COUNT_OF(kind_names); k++)
        printf(" %7s", kind_names[k]);
    printf("\n");
    for (int n = 0; n < NOISES + (int)COUNT_OF(periods); n++) {
        struct source source = {.noise = n < NOISES ? (enum noise)n : WHITE,
                                .state = SEED};
        struct online_options options = {0};
        struct online *o = mem_alloc(sizeof *o);
        int told[4] = {0};
        char name[40];

        online_init(o, &options);
        for (int i = 0; i < points; i++) {
            struct inflection found;
            double value =
                n < NOISES ? noise_next(&source) : wave(&source, i, periods[n - NOISES]);

            if (online_add(o, i * PACE_NS, value, &found))
                told[found.kind - EVENT_LEVEL_SHIFT]++;
        }
        if (n < NOISES)
            snprintf(name, sizeof name, "%s", noise_names[n]);
        else
            snprintf(name, sizeof name, "wave of %d, 20 sigma", periods[n - NOISES]);
        put_quiet_row(name, told, points);
        free(o);
    }
}

/* A series with everything in it. */
static double mixed(struct source *s, int i)
{
    double value = noise_next(s);

    value += (i / 700 % 2) * 6.0;
    value += i % 2100 > 1500 ? (i % 2100 - 1500) * 0.05 : 0;
    return value * (i / 2500 % 2 ? 3 : 1) + (i % 997 == 0 ? 40 : 0);
}

struct told {
    int at;
    struct inflection what;
};

static size_t all_of_mixed(int points, double scale, double shift, struct told *told,
                           size_t room)
{
    struct source source = {.noise = AR_HALF, .state = SEED};
    struct online_options options = {0};
    struct online *o = mem_alloc(sizeof *o);
    size_t count = 0;

    online_init(o, &options);
    for (int i = 0; i < points; i++) {
        struct inflection found;

        if (online_add(o, i * PACE_NS, scale * mixed(&source, i) + shift, &found) &&
            count < room)
            told[count++] = (struct told){i, found};
    }
    free(o);
    return count;
}

static void put_properties(void)
{
    static const struct {
        double scale, shift;
    } maps[] = {{4096, 0}, {1, 1e6}, {1048576, 5e8}, {-3, 17}, {1e-9, 0}};
    struct told a[512], b[512];
    size_t count = all_of_mixed(20000, 1, 0, a, COUNT_OF(a)), same = 0, prefix_same = 0;

    for (size_t m = 0; m < COUNT_OF(maps); m++) {
        size_t n = all_of_mixed(20000, maps[m].scale, maps[m].shift, b, COUNT_OF(b));
        bool is_same = n == count;

        for (size_t i = 0; is_same && i < n; i++)
            is_same = a[i].at == b[i].at && a[i].what.kind == b[i].what.kind &&
                      a[i].what.began_ns == b[i].what.began_ns;
        same += is_same;
    }
    for (int cut = 1000; cut < 20000; cut += 1000) {
        size_t n = all_of_mixed(cut, 1, 0, b, COUNT_OF(b)), i = 0;

        while (i < n && a[i].at == b[i].at && a[i].what.statistic == b[i].what.statistic)
            i++;
        prefix_same += i == n && (n == count || a[n].at >= cut);
    }
    printf("\ninvariance: a*y + b gives the same %zu inflections in %zu of %zu maps\n",
           count, same, COUNT_OF(maps));
    printf("causality: a prefix gives the same as the whole by then in %zu of 19 cuts\n",
           prefix_same);
}

/* Of the processor, so that what else runs on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void put_cost(const char *name, int points, enum noise noise)
{
    struct source source = {.noise = noise, .state = SEED};
    struct online_options options = {0};
    struct online *o = mem_alloc(sizeof *o);
    double *values = mem_alloc_array((size_t)points, sizeof *values);
    double begin_s, took_s;
    int told = 0;

    for (int i = 0; i < points; i++)
        values[i] = name ? 7 : noise_next(&source);
    online_init(o, &options);
    begin_s = cpu_seconds();
    for (int i = 0; i < points; i++) {
        struct inflection found;

        told += online_add(o, i * PACE_NS, values[i], &found);
    }
    took_s = cpu_seconds() - begin_s;
    printf("%-12s %9d points  %6.3f us a point  %d told\n",
           name ? name : noise_names[noise], points, took_s / points * 1e6, told);
    free(values);
    free(o);
}

static void put_costs(void)
{
    printf("\ncost of all detectors of a series together, processor time; %zu bytes a "
           "series\n",
           sizeof(struct online));
    for (int points = 100000; points <= 10000000; points *= 10) {
        put_cost("constant", points, WHITE);
        for (enum noise n = 0; n < NOISES; n++)
            put_cost(NULL, points, n);
    }
}

static int argument(const char *text, int otherwise)
{
    uint64_t value;

    if (!text || !num_parse_u64(slice_str(text), &value) || value < 1 ||
        value > 100000000)
        return otherwise;
    return (int)value;
}

int main(int argc, char **argv)
{
    int runs = argument(argc > 1 ? argv[1] : NULL, 100);
    int quiet = argument(argc > 2 ? argv[2] : NULL, 1000000);

    printf("online detection: seed %llu, a point a second\n", (unsigned long long)SEED);
    put_changes(runs);
    put_quiet(quiet);
    put_properties();
    put_costs();
    return 0;
}
