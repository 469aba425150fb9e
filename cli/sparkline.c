#include "cli/sparkline.h"

#include "cli/common.h"
#include "model/base/num.h"
#include "model/base/text.h"

static const char *level_text(unsigned level, bool ascii)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const marks[] = {".", ":", "-", "=", "+", "*", "#", "@"};

    return ascii ? marks[level] : blocks[level];
}

static unsigned level_of(double value, double low, double high)
{
    double share = high > low ? (value - low) / (high - low) : 0;

    if (share >= 1)
        return 7;
    return share > 0 ? (unsigned)(share * 8) : 0;
}

const char *sparkline_mark(double value, double most, bool ascii)
{
    return level_text(level_of(value, 0, most), ascii);
}

void sparkline_put(struct text *t, const struct series *series, int64_t from_ns,
                   int64_t to_ns, int cells, bool ascii)
{
    struct span_values whole = series_span(series, from_ns, to_ns);
    double low = whole.min > 0 && !common_is_counter(series->metric) ? 0 : whole.min;
    int64_t span_ns = num_sat_sub_i64(to_ns, from_ns);
    int64_t step_ns = cells > 0 ? span_ns / cells : 0, over_ns;
    bool has_level = false;
    unsigned level = 0;

    if (!whole.has || cells <= 0)
        return;
    over_ns = span_ns - step_ns * cells;
    for (int i = 0; i < cells; i++) {
        int64_t start = from_ns + step_ns * i + over_ns * i / cells;
        int64_t end = from_ns + step_ns * (i + 1) + over_ns * (i + 1) / cells;
        struct span_values v = {0};

        if (start < end)
            v = series_span(series, start, end);
        if (v.has)
            level = level_of(v.max, low, whole.max);
        /* Between two samples the last one stands; before the first and after the
         * last there is nothing to show. */
        has_level |= v.has;
        if (has_level && start <= whole.last_ns)
            text_put_str(t, level_text(level, ascii));
        else
            text_put_char(t, ' ');
    }
}
