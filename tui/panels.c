#include "tui/panels.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "model/base/num.h"

struct curve_spec {
    const char *label; /* in front of the figure; NULL: no figure */
    enum plot_kind kind;
    enum role role;
    bool is_dotted;
    uint32_t metrics[PLOT_PARTS]; /* in the order in which one moment has them */
    unsigned metric_count;
    uint32_t fallback; /* where none of them is known; METRIC_COUNT: nothing */
};

struct panel_spec {
    const char *title;
    enum unit unit;
    struct curve_spec curves[CHART_CURVES]; /* figures in this order */
    unsigned curve_count;
    unsigned char draw_order[CHART_CURVES];
    const char *empty;
};

#define ONE(kind, role, metric)                                                          \
    {                                                                                    \
        {                                                                                \
            "last", kind, role, false, {metric}, 1, METRIC_COUNT                         \
        }                                                                                \
    }

static const struct panel_spec specs[] = {
    [PANEL_HEAP] =
        {"Heap",
         UNIT_BYTES,
         {{"in use",
           PLOT_LINE,
           ROLE_IN_USE,
           false,
           {METRIC_HEAP_START, METRIC_HEAP_END, METRIC_HEAP_LIVE, METRIC_HEAP_ALLOC},
           4,
           METRIC_HEAP_INUSE},
          {"live", PLOT_LINE, ROLE_LIVE, false, {METRIC_HEAP_LIVE}, 1, METRIC_COUNT},
          {"goal",
           PLOT_STEPS_AFTER,
           ROLE_GOAL,
           true,
           {METRIC_HEAP_GOAL},
           1,
           METRIC_COUNT}},
         3,
         /* The goal lies behind, the floor on top of the sawtooth that touches it. */
         {2, 0, 1},
         "no heap sizes in these sources"},
    [PANEL_ASSIST] = {"Assist CPU",
                      UNIT_NS,
                      ONE(PLOT_BARS, ROLE_ASSIST, METRIC_GC_CPU_ASSIST),
                      1,
                      {0},
                      "no assist times in these sources"},
    [PANEL_PAUSE] = {"Pause",
                     UNIT_NS,
                     ONE(PLOT_BARS, ROLE_PAUSE, METRIC_GC_PAUSE),
                     1,
                     {0},
                     "no pauses in these sources"},
    [PANEL_SHARE] = {"GC share of CPU",
                     UNIT_RATIO,
                     ONE(PLOT_BARS, ROLE_SHARE, METRIC_GC_CPU_FRACTION),
                     1,
                     {0},
                     "no GC CPU times in these sources"},
    [PANEL_ALLOC] = {"Allocation",
                     UNIT_BYTES_PER_S,
                     ONE(PLOT_LINE, ROLE_ALLOC, METRIC_ALLOC_RATE),
                     1,
                     {0},
                     "no allocation rates in these sources"},
    [PANEL_RSS] =
        {"Resident memory",
         UNIT_BYTES,
         {{"RSS", PLOT_LINE, ROLE_OTHER, false, {METRIC_MEM_RSS}, 1, METRIC_COUNT},
          {"cgroup", PLOT_LINE, ROLE_GOAL, false, {METRIC_MEM_CGROUP}, 1, METRIC_COUNT}},
         2,
         {1, 0},
         "no resident memory in these sources"},
    [PANEL_OBJECTS] = {"Objects",
                       UNIT_OBJECTS,
                       ONE(PLOT_LINE, ROLE_OTHER, METRIC_HEAP_OBJECTS),
                       1,
                       {0},
                       "no object counts in these sources"},
    [PANEL_GOROUTINES] = {"Goroutines",
                          UNIT_COUNT,
                          ONE(PLOT_LINE, ROLE_OTHER, METRIC_SCHED_GOROUTINES),
                          1,
                          {0},
                          "no goroutine counts in these sources"},
    [PANEL_INTERVAL] = {"Time between cycles",
                        UNIT_NS,
                        ONE(PLOT_LINE, ROLE_OTHER, METRIC_GC_INTERVAL),
                        1,
                        {0},
                        "no GC cycles in these sources"},
};
static_assert(COUNT_OF(specs) == PANEL_COUNT, "a row for each panel");

const char *panel_title(enum panel_id id)
{
    return specs[id].title;
}

static struct plot_parts parts_of(const struct curve_spec *curve, const struct session *s,
                                  const struct process *p)
{
    struct plot_parts parts = {0};

    for (unsigned i = 0; i < curve->metric_count; i++)
        if (session_series(s, p, curve->metrics[i], &parts.series[parts.count]))
            parts.count++;
    if (parts.count == 0 && curve->fallback != METRIC_COUNT &&
        session_series(s, p, curve->fallback, &parts.series[0]))
        parts.count = 1;
    return parts;
}

bool panel_has_data(enum panel_id id, const struct session *s, const struct process *p)
{
    for (unsigned i = 0; i < specs[id].curve_count; i++)
        if (parts_of(&specs[id].curves[i], s, p).count > 0)
            return true;
    return false;
}

/*
 * gctrace tells a cycle's goal when the cycle is over, a MemStats snapshot tells the
 * next one's: the same series, but it holds before its moment in the one and after it
 * in the other.
 */
static enum plot_kind kind_of(const struct curve_spec *curve,
                              const struct plot_parts *parts)
{
    unsigned column;

    if (curve->kind == PLOT_STEPS_AFTER && parts->count > 0 &&
        table_find_column(parts->series[0].track->table, METRIC_HEAP_START, &column))
        return PLOT_STEPS_BEFORE;
    return curve->kind;
}

static void make_plot(struct plot *plot, const struct curve_spec *curve,
                      const struct panel_scene *scene)
{
    enum plot_kind kind = curve->kind;

    for (size_t i = 0; i < scene->lane->count; i++) {
        struct plot_parts parts =
            parts_of(curve, scene->session, scene->lane->entries[i].process);

        if (i == 0) {
            kind = kind_of(curve, &parts);
            plot_begin(plot, kind, scene->width);
        }
        plot_add(plot, &parts, scene->view, scene->rowmaps);
    }
    if (scene->lane->count == 0)
        plot_begin(plot, kind, scene->width);
    plot_end(plot);
}

static void refresh_plots(const struct panel_spec *spec, struct panel *panel,
                          const struct panel_scene *scene)
{
    const struct process *head =
        scene->lane->count ? scene->lane->entries[0].process : NULL;

    if (panel->width == scene->width && panel->from_ns == scene->view->from_ns &&
        panel->to_ns == scene->view->to_ns && panel->lane_head == head &&
        panel->revision == scene->session->revision)
        return;
    for (unsigned i = 0; i < spec->curve_count; i++)
        make_plot(&panel->plots[i], &spec->curves[i], scene);
    panel->width = scene->width;
    panel->from_ns = scene->view->from_ns;
    panel->to_ns = scene->view->to_ns;
    panel->lane_head = head;
    panel->revision = scene->session->revision;
}

/* The latest value of a curve at or before a moment. */
static bool curve_at(const struct curve_spec *curve, const struct session *s,
                     const struct process *p, int64_t time_ns, double *value)
{
    struct plot_parts parts = parts_of(curve, s, p);
    int64_t best_ns = INT64_MIN, value_ns;
    bool has = false;
    double v;

    for (size_t i = 0; i < parts.count; i++) {
        if (!series_value_at(&parts.series[i], time_ns, &v, &value_ns) ||
            value_ns < best_ns)
            continue;
        best_ns = value_ns;
        *value = v;
        has = true;
    }
    return has;
}

enum role panel_role(enum panel_id id)
{
    return specs[id].curves[0].role;
}

bool panel_figure(enum panel_id id, const struct session *s, const struct lane *lane,
                  int64_t time_ns, bool is_ascii, char out[CHART_VALUE_TEXT])
{
    const struct lane_entry *now = lane_at(lane, time_ns);
    char text[UNIT_TEXT];
    double value;

    if (!now || !curve_at(&specs[id].curves[0], s, now->process, time_ns, &value))
        return false;
    (void)snprintf(out, CHART_VALUE_TEXT, "%s",
                   unit_format(text, value, specs[id].unit, is_ascii));
    return true;
}

bool panel_heap_peak(const struct session *s, struct process *p, int64_t time_ns,
                     double *value)
{
    struct plot_parts parts = parts_of(&specs[PANEL_HEAP].curves[0], s, p);
    double peak = NAN;

    for (size_t i = 0; i < parts.count; i++) {
        struct span_values v =
            series_span(&parts.series[i], INT64_MIN, num_sat_add_i64(time_ns, 1));

        if (v.has && !(peak >= v.max))
            peak = v.max;
    }
    if (isnan(peak))
        return false;
    *value = peak;
    return true;
}

PRINTF_LIKE(3, 4)
static void add_value(struct chart *chart, enum role role, const char *format, ...)
{
    va_list args;

    assert(chart->value_count < CHART_VALUES);
    va_start(args, format);
    (void)vsnprintf(chart->values[chart->value_count].text, CHART_VALUE_TEXT, format,
                    args);
    va_end(args);
    chart->values[chart->value_count].brief[0] = '\0';
    chart->values[chart->value_count++].role = role;
}

/* The greatest value in the part of the window that is drawn, and when it was. */
static bool greatest_shown(const struct curve_spec *curve,
                           const struct panel_scene *scene, int visible, double *value,
                           int64_t *at_ns)
{
    const struct view *v = scene->view;
    int64_t to_ns = visible < 0               ? v->from_ns
                    : visible >= scene->width ? v->to_ns
                                              : view_time_at(v, visible, scene->width);
    bool has = false;

    for (size_t i = 0; i < scene->lane->count; i++) {
        struct plot_parts parts =
            parts_of(curve, scene->session, scene->lane->entries[i].process);

        for (size_t k = 0; k < parts.count; k++) {
            double here;
            int64_t here_ns;

            if (!series_greatest(&parts.series[k], v->from_ns, to_ns, &here, &here_ns) ||
                (has && here <= *value))
                continue;
            has = true;
            *value = here;
            *at_ns = here_ns;
        }
    }
    return has;
}

/* Offsets as fine as the window lets one see, and no finer. */
static int decimals_of(const struct view *v)
{
    int64_t span_ns = view_span(v);

    if (span_ns < 10 * NS_PER_MS)
        return 6;
    if (span_ns < NS_PER_S)
        return 4;
    return span_ns < 3600 * NS_PER_S ? 1 : 0;
}

/* "max 11.0 ms at +0:00.0". */
static void add_peak(enum panel_id id, const struct panel_scene *scene,
                     struct chart *chart)
{
    char text[UNIT_TEXT], offset[UNIT_TEXT];
    double max;
    int64_t at_ns;

    if (!greatest_shown(&specs[id].curves[0], scene, chart->visible, &max, &at_ns))
        return;
    (void)unit_format(text, max, specs[id].unit, scene->is_ascii);
    (void)unit_format_offset(offset, num_sat_sub_i64(at_ns, chart->zero_ns),
                             decimals_of(scene->view));
    chart->peak_value = (int)chart->value_count;
    chart->peak_column = view_column_of(scene->view, at_ns, scene->width);
    add_value(chart, ROLE_TEXT, "max %s at %s", text, offset);
    (void)snprintf(chart->values[chart->peak_value].brief, CHART_VALUE_TEXT, "max %s",
                   text);
}

static void add_cycle_rate(struct chart *chart, const struct panel_scene *scene,
                           const struct process *p)
{
    struct series s;
    double interval_ns;
    int64_t at_ns;

    if (!session_series(scene->session, p, METRIC_GC_INTERVAL, &s) ||
        !series_value_at(&s, scene->position_ns, &interval_ns, &at_ns) ||
        interval_ns <= 0)
        return;
    add_value(chart, ROLE_TEXT, "%.3g cycles/s", (double)NS_PER_S / interval_ns);
}

/* "+11.8 MiB/s ± 2.00 MiB": what the piece of the series at the playhead does. */
static void add_segment(enum panel_id id, const struct panel_scene *scene,
                        struct chart *chart)
{
    const struct segment *s = scene->segment;
    enum unit unit = specs[id].unit, rate = unit == UNIT_BYTES ? UNIT_BYTES_PER_S : unit;
    char slope[UNIT_TEXT], noise[UNIT_TEXT], mean[UNIT_TEXT];
    double seconds, per_s;

    if (!s)
        return;
    seconds = (double)num_sat_sub_i64(s->to_ns, s->from_ns) / (double)NS_PER_S;
    per_s = seconds > 0 ? (s->to - s->from) / seconds : 0;
    (void)unit_format(slope, fabs(per_s), rate, scene->is_ascii);
    (void)unit_format(noise, s->noise, unit, scene->is_ascii);
    (void)unit_format(mean, (s->from + s->to) / 2, unit, scene->is_ascii);
    /* A line that climbs by less than its own spread is a level. */
    if (fabs(s->to - s->from) <= s->noise)
        add_value(chart, ROLE_SEGMENT, "segment %s \u00b1 %s", mean, noise);
    else
        add_value(chart, ROLE_SEGMENT, "segment %c%s%s \u00b1 %s", per_s < 0 ? '-' : '+',
                  slope, rate == unit ? "/s" : "", noise);
}

static void add_need(const struct panel_scene *scene, struct chart *chart)
{
    const struct forecast *f = scene->forecast;
    char need[UNIT_TEXT];

    if (!f)
        return;
    (void)unit_format(need, f->need_bytes, UNIT_BYTES, scene->is_ascii);
    add_value(chart, ROLE_FORECAST, "need %s at next peak", need);
    (void)snprintf(chart->values[chart->value_count - 1].brief, CHART_VALUE_TEXT,
                   "need %s", need);
}

static void add_values(enum panel_id id, const struct panel_scene *scene,
                       struct chart *chart)
{
    const struct lane_entry *now = lane_at(scene->lane, scene->position_ns);
    const struct panel_spec *spec = &specs[id];
    char text[UNIT_TEXT];

    add_segment(id, scene, chart);
    for (unsigned i = 0; now && i < spec->curve_count; i++) {
        const struct curve_spec *curve = &spec->curves[i];
        double value = NAN;

        if (parts_of(curve, scene->session, now->process).count == 0)
            continue;
        (void)curve_at(curve, scene->session, now->process, scene->position_ns, &value);
        add_value(chart, curve->role, "%s %s", curve->label,
                  unit_format(text, value, spec->unit, scene->is_ascii));
    }
    add_need(scene, chart);
    if (id != PANEL_HEAP)
        add_peak(id, scene, chart);
    if (id == PANEL_SHARE && now)
        add_cycle_rate(chart, scene, now->process);
}

static bool has_data(const struct panel_spec *spec, const struct panel_scene *scene)
{
    for (size_t i = 0; i < scene->lane->count; i++)
        if (panel_has_data((enum panel_id)(spec - specs), scene->session,
                           scene->lane->entries[i].process))
            return true;
    return false;
}

void panel_fill(enum panel_id id, struct panel *panel, const struct panel_scene *scene,
                struct chart *chart)
{
    const struct panel_spec *spec = &specs[id];

    refresh_plots(spec, panel, scene);
    chart->title = spec->title;
    chart->unit = spec->unit;
    chart->empty = has_data(spec, scene) ? "nothing in this window" : spec->empty;
    chart->curve_count = spec->curve_count;
    chart->value_count = 0;
    chart->peak_value = -1;
    for (unsigned i = 0; i < spec->curve_count; i++) {
        unsigned which = spec->draw_order[i];

        chart->curves[i] =
            (struct chart_curve){&panel->plots[which], spec->curves[which].role,
                                 spec->curves[which].is_dotted};
    }
    add_values(id, scene, chart);
}

void panel_finish(struct panel *panel)
{
    for (size_t i = 0; i < CHART_CURVES; i++)
        plot_finish(&panel->plots[i]);
}
