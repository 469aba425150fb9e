/*
 * A service watched for a month: feeds the four tables of a live session at full speed, a
 * row a second of simulated time in each, and applies retention once a simulated minute.
 *
 *   bench_month        HEAPREEL_BENCH_LIVE_DAYS sizes it, 30 unless it is set
 *
 * Prints a line of JSON: what the tables take at most, the process at its peak, and the
 * time that a row of one table costs with its retention.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "model/base/num.h"
#include "model/retention.h"
#include "tests/bench/timing.h"

#define SECOND INT64_C(1000000000)
#define DAY_S ((size_t)86400)
#define START (INT64_C(1780000000) * SECOND)
#define COLUMNS_MAX 30

struct feed {
    const char *name;
    unsigned columns;
    double step; /* of its values; 0 = none: each takes eight bytes */
    struct track *track;
};

/* Fractions, so that nearly all cells take the most that they can. */
static double value_of(uint64_t *dice, size_t second, unsigned column)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    if (column % 5 == 4)
        return 4; /* settings, limits, flags */
    return (double)(second % 3600) * 1000 + (double)(*dice >> 44) / 7;
}

static void feed_row(struct feed *f, size_t second, uint64_t *dice)
{
    double values[COLUMNS_MAX];

    for (unsigned i = 0; i < f->columns; i++)
        values[i] = value_of(dice, second, i);
    table_append(f->track->table, START + (int64_t)second * SECOND, values);
}

static size_t tables_bytes(const struct feed *feeds, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += table_memory_bytes(feeds[i].track->table);
    return bytes;
}

/* Feeds them; returns what the tables took at most. */
static size_t run(struct session *s, struct feed *feeds, size_t count, size_t seconds)
{
    const struct retention keep = {RETENTION_FULL_NS, RETENTION_PROFILES_MAX};
    size_t most = 0;
    uint64_t dice = 1;

    for (size_t second = 0; second < seconds; second++) {
        for (size_t i = 0; i < count; i++)
            feed_row(&feeds[i], second, &dice);
        if (second % 60 == 0) {
            size_t bytes;

            retention_apply(s, &keep, START + (int64_t)second * SECOND);
            bytes = tables_bytes(feeds, count);
            most = bytes > most ? bytes : most;
        }
    }
    return most;
}

static void open_feed(struct session *s, struct feed *f)
{
    f->track = session_add_process(s, session_add_source(s, f->name));
    for (unsigned i = 0; i < f->columns; i++)
        (void)table_column(f->track->table, i, f->step);
}

int main(void)
{
    struct feed feeds[] = {
        {"/debug/vars", 30, 0, NULL},
        {"pid", 20, 0, NULL},
        {"cgroup", 20, 0, NULL},
        {"gctrace", 20, 0, NULL},
    };
    const size_t count = sizeof feeds / sizeof feeds[0];
    const char *asked = getenv("HEAPREEL_BENCH_LIVE_DAYS");
    struct session *s = session_create();
    uint64_t days = 30;
    struct rusage usage = {0};
    size_t most;
    int64_t start_ns;

    if (asked && (!num_parse_u64(slice_str(asked), &days) || days == 0 || days > 36500))
        days = 30;
    for (size_t i = 0; i < count; i++)
        open_feed(s, &feeds[i]);
    start_ns = timing_now_ns();
    most = run(s, feeds, count, (size_t)days * DAY_S);
    start_ns = timing_now_ns() - start_ns;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("{\"days\": %" PRIu64
                 ", \"rows\": %zu, \"tables_mib\": %.1f, \"peak_rss_mib\": "
                 "%.1f, \"row_ns\": %.1f}\n",
                 days, (size_t)days * DAY_S * count, (double)most / 1048576,
                 (double)usage.ru_maxrss / 1024,
                 (double)start_ns / (double)((size_t)days * DAY_S * count));
    session_destroy(s);
    return 0;
}
