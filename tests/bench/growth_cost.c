/*
 * What the detectors cost: time a row, and memory of one process.
 */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "model/detect/growth.h"
#include "model/detect/inflections.h"
#include "model/detect/pressure.h"
#include "tests/bench/growth_parts.h"
#include "tests/bench/service.h"

/* Of the processor, so that what else runs on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* A run of so many rows, a second each; the limit is too far to be reached. */
static struct session *long_run(int rows, bool grows)
{
    struct session *s = session_create();
    struct service w = {
        .shape = SHAPE_FLAT,
        .pace_s = 1,
        .length_s = rows,
        .level = 200 * SERVICE_MIB,
        .gogc = 100,
        .cycle_s = 5,
        .noise = 0.02,
        .noise_s = 5,
        .overhead = 8 * SERVICE_MIB,
        .per_byte = 1.03,
        .limit = 1e12,
        .leak_per_s = grows ? 1e9 / rows : 0,
        .seed = SEED,
    };

    (void)service_run(&w, s, NULL);
    return s;
}

typedef void *(*detector_create)(struct session *s, struct process *p);

static void *create_growth(struct session *s, struct process *p)
{
    return growth_create(s, p);
}

static void *create_pressure(struct session *s, struct process *p)
{
    return pressure_create(s, p);
}

static void *create_inflections(struct session *s, struct process *p)
{
    return inflections_create(s, p);
}

enum detector { DETECT_GROWTH, DETECT_PRESSURE, DETECT_INFLECTIONS, DETECTORS };

static const struct {
    const char *name;
    detector_create create;
} detectors[DETECTORS] = {
    {"growth", create_growth},
    {"pressure", create_pressure},
    {"inflections", create_inflections},
};

static void detector_row(enum detector which, void *d, const struct feed_row *row)
{
    if (which == DETECT_GROWTH)
        growth_row(d, row);
    else if (which == DETECT_PRESSURE)
        pressure_row(d, row);
    else
        inflections_row(d, row);
}

static void detector_destroy(enum detector which, void *d)
{
    if (which == DETECT_GROWTH)
        growth_destroy(d);
    else if (which == DETECT_PRESSURE)
        pressure_destroy(d);
    else
        inflections_destroy(d);
}

#define COLUMNS_MAX 16

static size_t read_row(const struct table *t, size_t row,
                       struct feed_value values[COLUMNS_MAX])
{
    size_t count = 0;

    for (unsigned i = 0; i < table_column_count(t) && i < COLUMNS_MAX; i++) {
        double value;

        if (table_cell(t, i, row, &value))
            values[count++] = (struct feed_value){table_column_metric(t, i), value};
    }
    return count;
}

/* Bytes that one detector holds at the end of the run; its findings are dropped first. */
static size_t detector_bytes(enum detector which, struct session *s)
{
    const struct table *t = s->processes[0]->tracks[0]->table;
    size_t before = heap_bytes(), after;
    void *d = detectors[which].create(s, s->processes[0]);
    struct feed_value values[COLUMNS_MAX];

    for (size_t row = 0; row < table_row_count(t); row++) {
        struct feed_row r = {.time_ns = table_row_time(t, row), .values = values};

        r.count = read_row(t, row, values);
        detector_row(which, d, &r);
    }
    session_drop_findings(s);
    after = heap_bytes();
    detector_destroy(which, d);
    return after > before ? after - before : 0;
}

static void put_cost(const char *name, int rows, bool grows)
{
    struct session *s = long_run(rows, grows);
    double began_s = cpu_seconds();

    watch_all(s);
    printf("%-10s %9zu rows of %u series, all detectors %6.0f ns a row", name,
           process_rows(s->processes[0]),
           table_column_count(s->processes[0]->tracks[0]->table),
           (cpu_seconds() - began_s) / rows * 1e9);
    session_drop_findings(s);
    for (enum detector d = 0; d < DETECTORS; d++)
        printf("%s %s %zu", d ? "," : ";", detectors[d].name,
               detector_bytes(d, s) / 1024);
    printf(" KiB\n");
    session_destroy(s);
}

void cost_put(int rows)
{
    printf("\ncost (processor time), and what one process's detectors hold\n");
    put_cost("flat", rows, false);
    put_cost("growing", rows, true);
}
