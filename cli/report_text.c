/*
 * The report for people: what happened, to what, and what could not be read.
 */
#include <math.h>
#include <string.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_postmortem.h"
#include "cli/report_profiles.h"
#include "cli/report_text_internal.h"
#include "cli/report_wrap.h"
#include "model/base/num.h"
#include "model/base/text.h"

/* Without -v a folder of hundreds of logs still fits a few screens. */
#define SOURCES_SHOWN 16
#define FACT_COLUMN 16

/* The columns of a source beside its path. */
#define SOURCE_CELLS 56
#define FORMAT_CELLS 15 /* "prometheus-json" */

void report_put_heading(const struct report *r, struct text *t, const char *heading)
{
    text_put_str(t, r->is_colored ? "\n\x1b[1m" : "\n");
    common_put_safe(t, heading);
    text_put_str(t, r->is_colored ? "\x1b[0m" : "");
}

void report_put_cells(const struct report *r, struct text *t, const char *untrusted,
                      int cells)
{
    struct text safe = {0};
    int used;

    common_put_safe(&safe, untrusted);
    used = text_cells(text_str(&safe));
    /* What passed the gate once passes it again unchanged. */
    text_put_safe_cells(t, slice_str(text_str(&safe)), cells, !r->is_utf8);
    text_repeat(t, " ", used < cells ? (size_t)(cells - used) : 0);
    text_finish(&safe);
}

void report_trim_line(struct text *t)
{
    while (t->len > 0 && t->ptr[t->len - 1] == ' ')
        t->ptr[--t->len] = '\0';
}

/* Of a path the end tells most: what is too long loses its front. */
static void put_path(const struct report *r, struct text *t, const char *path, int cells)
{
    const char *dots = r->is_utf8 ? "…" : "...";
    struct text safe = {0};
    struct slice rest;
    int used;

    common_put_safe(&safe, path);
    rest = slice_of(text_str(&safe), safe.len);
    used = text_cells(rest.ptr);
    if (used > cells) {
        while (rest.len > 0 && used > cells - text_cells(dots)) {
            uint32_t code_point = 0;
            size_t len = text_decode(rest, &code_point);

            used -= text_cells_of(code_point);
            rest = slice_after(rest, len ? len : 1);
        }
        text_put_str(t, dots);
        used += text_cells(dots);
    }
    text_put(t, rest);
    text_repeat(t, " ", used < cells ? (size_t)(cells - used) : 0);
    text_finish(&safe);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static uint64_t count_records(const struct session *s)
{
    uint64_t records = 0;

    for (size_t i = 0; i < s->source_count; i++)
        records += s->sources[i]->records;
    return records;
}

static void put_wall_span(const struct report *r, struct text *t)
{
    char from[UNIT_RFC3339_TEXT], to[UNIT_RFC3339_TEXT];
    bool same_day;

    unit_format_rfc3339(from, r->from_ns);
    unit_format_rfc3339(to, r->to_ns);
    same_day = strncmp(from, to, 10) == 0;
    text_printf(t, "%.10s %.8s %s ", from, from + 11, r->is_utf8 ? "–" : "-");
    if (!same_day)
        text_printf(t, "%.10s ", to);
    text_printf(t, "%.8s UTC", to + 11);
}

static void put_span(const struct report *r, struct text *t)
{
    const char *dot = r->is_utf8 ? "·" : "-";
    size_t processes = r->session->process_count;
    uint64_t records = count_records(r->session);
    struct text line = {0}, more = {0};
    char length[UNIT_TEXT];

    unit_format_duration(length, num_sat_sub_i64(r->to_ns, r->from_ns));
    /* The window ends one past its last record. */
    text_printf(&line, "%s %s ", r->to_ns - r->from_ns > 1 ? length : "a moment", dot);
    if (r->session->has_wall)
        put_wall_span(r, &line);
    else
        text_put_str(&line, "no wall clock known (--start gives it)");
    text_printf(&line, " %s %zu process%s", dot, processes, processes == 1 ? "" : "es");
    text_printf(&more, " %s %llu record%s", dot, (unsigned long long)records,
                plural(records));
    if (text_cells(text_str(&line)) + text_cells(text_str(&more)) <= r->width_cols)
        text_put_str(&line, text_str(&more));
    text_printf(t, "%s\n", text_str(&line));
    text_finish(&line);
    text_finish(&more);
}

static void put_headline(const struct report *r, struct text *t)
{
    const struct session *s = r->session;
    struct text name = {0};

    for (size_t i = 0; i < s->source_count && i < 3; i++) {
        text_put_str(&name, i ? ", " : "");
        common_put_safe(&name, s->sources[i]->path);
    }
    if (s->source_count > 3)
        text_printf(&name, " and %zu more", s->source_count - 3);
    if (r->is_colored)
        text_put_str(t, "\x1b[1m");
    text_put_safe_cells(t, slice_of(text_str(&name), name.len), r->width_cols,
                        !r->is_utf8);
    text_put_str(t, r->is_colored ? "\x1b[0m\n" : "\n");
    text_finish(&name);
}

/* The greatest value of any of some metrics, of any process. */
struct peak {
    bool has;
    struct series series;
    double value;
    int64_t time_ns;
};

/* The first time at which the series is at its greatest: halving the span costs the
 * pyramid a few steps where a scan would cost every row. */
static int64_t time_of_peak(const struct series *s, int64_t from_ns, int64_t to_ns,
                            double peak)
{
    while (to_ns - from_ns > 1) {
        int64_t middle_ns = from_ns + (to_ns - from_ns) / 2;
        struct span_values v = series_span(s, from_ns, middle_ns);

        if (v.has && v.max >= peak)
            to_ns = middle_ns;
        else
            from_ns = middle_ns;
    }
    return from_ns;
}

static struct peak find_peak(const struct report *r, const uint32_t *metrics,
                             size_t count)
{
    struct peak peak = {0};

    for (size_t i = 0; i < r->session->process_count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct series series;
            struct span_values v;

            if (!session_series(r->session, r->session->processes[i], metrics[j],
                                &series))
                continue;
            v = series_span(&series, r->from_ns, r->to_ns);
            if (!v.has || (peak.has && v.max <= peak.value))
                continue;
            peak = (struct peak){true, series, v.max, 0};
        }
    }
    if (peak.has)
        peak.time_ns = time_of_peak(&peak.series, r->from_ns, r->to_ns, peak.value);
    return peak;
}

static void put_fact(struct text *t, const char *name)
{
    text_printf(t, "  %-*s", FACT_COLUMN, name);
}

/* On a narrow line the offset has to do. */
static void put_when(const struct report *r, struct text *t, const struct peak *peak)
{
    char offset[UNIT_TEXT], wall[UNIT_RFC3339_TEXT];

    unit_format_offset(offset, num_sat_sub_i64(peak->time_ns, r->origin_ns),
                       report_offset_decimals(r));
    text_printf(t, " at %s", offset);
    if (r->session->has_wall && r->width_cols >= WIDE_COLS)
        text_printf(t, " (%.8s)", unit_format_rfc3339(wall, peak->time_ns) + 11);
    if (r->session->process_count > 1)
        text_printf(t, " in process %u", peak->series.process->id);
}

static void put_heap_peak(const struct report *r, struct text *t)
{
    static const uint32_t metrics[] = {METRIC_HEAP_INUSE, METRIC_HEAP_ALLOC,
                                       METRIC_HEAP_START, METRIC_HEAP_END};
    struct peak peak = find_peak(r, metrics, COUNT_OF(metrics));
    double limit = r->session->limit_bytes;
    char value[UNIT_TEXT], of[UNIT_TEXT], share[UNIT_TEXT];

    if (!peak.has)
        return;
    put_fact(t, "heap peak");
    text_put_str(t, unit_format(value, peak.value, UNIT_BYTES, !r->is_utf8));
    put_when(r, t, &peak);
    if (!isnan(limit))
        text_printf(t, ", %s of the %s limit",
                    unit_format(share, peak.value / limit, UNIT_RATIO, !r->is_utf8),
                    unit_format(of, limit, UNIT_BYTES, !r->is_utf8));
    if (r->width_cols >= WIDE_COLS)
        text_printf(t, " (%s)", peak.series.name);
    text_put_char(t, '\n');
}

static void put_live_heap(const struct report *r, struct text *t)
{
    static const uint32_t metric = METRIC_HEAP_LIVE;
    struct peak peak = find_peak(r, &metric, 1);
    struct span_values v;
    char first[UNIT_TEXT], last[UNIT_TEXT], most[UNIT_TEXT];

    if (!peak.has)
        return;
    v = series_span(&peak.series, r->from_ns, r->to_ns);
    put_fact(t, "live heap");
    text_printf(t, "%s to %s, %s at most",
                unit_format(first, v.first, UNIT_BYTES, !r->is_utf8),
                unit_format(last, v.last, UNIT_BYTES, !r->is_utf8),
                unit_format(most, peak.value, UNIT_BYTES, !r->is_utf8));
    put_when(r, t, &peak);
    text_put_char(t, '\n');
}

static void put_greatest(const struct report *r, struct text *t, const char *name,
                         uint32_t metric)
{
    struct peak peak = find_peak(r, &metric, 1);
    char value[UNIT_TEXT];

    if (!peak.has)
        return;
    put_fact(t, name);
    text_put_str(t, unit_format(value, peak.value, peak.series.unit, !r->is_utf8));
    put_when(r, t, &peak);
    text_put_char(t, '\n');
}

static void put_gc_share(const struct report *r, struct text *t)
{
    static const uint32_t metric = METRIC_GC_CPU_FRACTION;
    struct peak peak = find_peak(r, &metric, 1);
    struct summary sum;
    char mean[UNIT_TEXT], most[UNIT_TEXT];

    if (!peak.has)
        return;
    sum = series_summary_span(&peak.series, r->from_ns, r->to_ns);
    put_fact(t, "GC CPU share");
    text_printf(t, "%s on average, %s at most",
                unit_format(mean, sum.mean, UNIT_RATIO, !r->is_utf8),
                unit_format(most, peak.value, UNIT_RATIO, !r->is_utf8));
    put_when(r, t, &peak);
    text_put_char(t, '\n');
}

static void put_facts(const struct report *r, struct text *t)
{
    struct text facts = {0};

    put_heap_peak(r, &facts);
    put_live_heap(r, &facts);
    put_greatest(r, &facts, "longest pause", METRIC_GC_PAUSE);
    put_gc_share(r, &facts);
    put_greatest(r, &facts, "allocation", METRIC_ALLOC_RATE);
    if (facts.len)
        text_printf(t, "\n%s", text_str(&facts));
    text_finish(&facts);
}

static int path_cells(const struct report *r)
{
    const struct session *s = r->session;
    int widest = 8, most = r->width_cols - SOURCE_CELLS;

    for (size_t i = 0; i < s->source_count; i++) {
        struct text safe = {0};
        int cells;

        common_put_safe(&safe, s->sources[i]->path);
        cells = text_cells(text_str(&safe));
        widest = cells > widest ? cells : widest;
        text_finish(&safe);
    }
    return widest < most ? widest : most;
}

static void put_source(const struct report *r, struct text *t,
                       const struct source *source, int cells)
{
    const char *none = r->is_utf8 ? "–" : "-";
    const char *format = source->format ? source->format : none;
    uint64_t damaged = source->diag.skipped + source->diag.errors;
    const char *packed = source->compression ? source->compression : none;

    text_put_str(t, "  ");
    put_path(r, t, source->path, cells);
    if (source->unreadable) {
        struct text reason = {0};

        common_put_safe(&reason, source->unreadable);
        text_put_str(t, "  not read: ");
        text_put_safe_cells(t, slice_str(text_str(&reason)), r->width_cols - cells - 14,
                            !r->is_utf8);
        text_put_char(t, '\n');
        text_finish(&reason);
        return;
    }
    text_put_str(t, "  ");
    report_put_cells(r, t, format, FORMAT_CELLS);
    text_put_char(t, ' ');
    report_put_cells(r, t, packed, 7);
    text_printf(t, " %9llu %8llu  ", (unsigned long long)source->records,
                (unsigned long long)damaged);
    text_printf(t, "%s\n", clock_kind_name(report_source_clock(r->session, source)));
}

static void put_sources(const struct report *r, struct text *t)
{
    const struct session *s = r->session;
    int cells = path_cells(r);
    size_t shown = s->source_count;

    if (!r->options->is_verbose && shown > SOURCES_SHOWN)
        shown = SOURCES_SHOWN;
    report_put_heading(r, t, "SOURCES");
    text_repeat(t, " ", cells > 7 ? (size_t)(cells - 7) : 0);
    text_printf(t, "    %-*s packed    records  damaged  clock\n", FORMAT_CELLS,
                "format");
    for (size_t i = 0; i < shown; i++)
        put_source(r, t, s->sources[i], cells);
    if (shown < s->source_count)
        text_printf(t, "  %s and %zu more; -v lists them all\n", r->is_utf8 ? "…" : "...",
                    s->source_count - shown);
}

static void put_reason(const struct report *r, struct text *t,
                       const struct source *source, const struct diag_reason *reason)
{
    struct text line = {0};

    common_put_safe(&line, source->path);
    text_put_str(&line, ": ");
    common_put_safe(&line, reason->reason);
    text_printf(&line, " (%llu)", (unsigned long long)reason->count);
    text_put_str(t, "  ");
    report_put_wrapped(t, text_str(&line), 2, 4, r->width_cols);
    text_finish(&line);
}

static void put_damage(const struct report *r, struct text *t)
{
    bool has_heading = false;

    for (size_t i = 0; i < r->session->source_count; i++) {
        const struct source *source = r->session->sources[i];

        if (source->diag.reason_count == 0)
            continue;
        if (!has_heading) {
            report_put_heading(r, t, "DAMAGE");
            text_put_str(t, "  (what could not be used; the rest of the input was)\n");
        }
        has_heading = true;
        for (unsigned j = 0; j < source->diag.reason_count; j++) {
            put_reason(r, t, source, &source->diag.reasons[j]);
        }
    }
}

/* How live sources ended, or why they gave nothing more. */
static void put_troubles(const struct report *r, struct text *t)
{
    for (size_t i = 0; i < r->session->source_count; i++) {
        const struct source *source = r->session->sources[i];

        if (!source->trouble)
            continue;
        text_put_str(t, "  ");
        common_put_safe(t, source->path);
        text_put_str(t, ": ");
        common_put_safe(t, source->trouble);
        text_put_char(t, '\n');
    }
}

/* What could not be read has been said already, where messages go. */
static bool has_readable(const struct session *s)
{
    for (size_t i = 0; i < s->source_count; i++) {
        /* What a recording held and could not be read has failed with it. */
        if (source_has_failed(s->sources[i]) && s->sources[i]->part_count)
            return false;
        if (!s->sources[i]->unreadable)
            return true;
    }
    return false;
}

void report_put_text(const struct report *r, struct text *t)
{
    if (!r->has_records && r->session->event_count == 0) {
        if (has_readable(r->session))
            text_put_str(t, "no records found; 'heapreel formats' lists what is read\n");
        put_troubles(r, t);
        return;
    }
    report_put_verdict(r, t);
    report_put_lost(r, t);
    report_put_forecast(r, t);
    text_put_char(t, '\n');
    put_headline(r, t);
    if (r->has_records) {
        put_span(r, t);
        put_facts(r, t);
    }
    report_put_events(r, t);
    report_put_advice(r, t);
    report_put_postmortems(r, t);
    put_sources(r, t);
    put_troubles(r, t);
    report_put_processes(r, t);
    report_put_profiles(r, t);
    put_damage(r, t);
}
