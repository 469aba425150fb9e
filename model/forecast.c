#include "model/forecast.h"

#include <stdlib.h>

#include "model/base/mem.h"

const char *forecast_end_name(enum forecast_end end)
{
    return end == FORECAST_KILL ? "oom-kill" : "gc-thrash";
}

/* Keeps the newest, and of the others every second one. */
static void thin(struct forecast_log *log)
{
    size_t kept = 0;

    for (size_t i = 1; i < log->count; i += 2)
        log->items[kept++] = log->items[i];
    log->count = kept;
}

void forecast_log_add(struct forecast_log *log, const struct forecast *forecast)
{
    if (log->count == FORECASTS_MAX)
        thin(log);
    log->items = mem_grow(log->items, &log->capacity, log->count + 1, sizeof *log->items);
    log->items[log->count++] = *forecast;
}

void forecast_log_finish(struct forecast_log *log)
{
    free(log->items);
    *log = (struct forecast_log){0};
}

const struct forecast *forecast_at(const struct forecast_log *log, int64_t time_ns)
{
    size_t low = 0, high = log->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (log->items[middle].as_of_ns <= time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low && !log->items[low - 1].is_over ? &log->items[low - 1] : NULL;
}
