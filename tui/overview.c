#include "tui/app_internal.h"

#include <math.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "tui/events.h"

/* Below this width charts stand alone in their row. */
#define PAIR_LEAST_COLS 76

/* From this width on, what every series says at the playhead stands on the right. */
#define SIDE_LEAST_COLS 150
#define SIDE_COLS 44

/* Frame included: nine rows of the heap's curve and four of the others are the least
 * that can be read. Below that, charts are dropped, not squeezed. */
#define HEAP_LEAST_ROWS 11
#define SMALL_LEAST_ROWS 6
#define SMALL_GOOD_ROWS 8
#define SMALL_MOST_ROWS 9

/* Whether a panel shows what belongs to another: its own, and where that other one is not
 * on the screen, what is serious. */
static bool shows(const struct app *app, enum panel_id id, enum panel_id owner,
                  bool is_serious)
{
    if (id == owner)
        return true;
    return is_serious && id == app->first_panel && !(app->panel_mask >> owner & 1);
}

/* Pixel column of a moment; that of view_column_of but for rounding, and without its
 * search, since there may be thousands of findings. */
static int column_near(const struct view *v, int64_t time_ns, int width)
{
    double part;

    if (time_ns < v->from_ns || time_ns >= v->to_ns)
        return -1;
    part = (double)num_sat_sub_i64(time_ns, v->from_ns) / (double)view_span(v);
    return part < 1 ? (int)(part * width) : width - 1;
}

static void add_marks(struct app *app, struct chart *chart, enum panel_id id, int width)
{
    size_t known = told_known(&app->told, app_known_ns(app)), count = 0;

    app->marks = mem_grow(app->marks, &app->mark_capacity, known + 1, sizeof *app->marks);
    for (size_t i = 0; i < known; i++) {
        const struct told *told = &app->told.items[i];
        const struct event *e = told->event;
        struct chart_mark mark = {.severity = e->severity};

        /* Deaths have a sign of their own, in every chart. */
        if (!told->is_shown || !e->process || !e->has_time ||
            e->kind == EVENT_OOM_KILLED || e->kind == EVENT_FATAL ||
            !shows(app, id, panel_of_event(e), e->severity >= SEVERITY_WARNING))
            continue;
        mark.onset = column_near(&app->view, e->time_ns, width);
        mark.told = column_near(&app->view, told->known_ns, width);
        mark.label = event_kind_name(e->kind);
        if (mark.onset >= 0 || mark.told >= 0)
            app->marks[count++] = mark;
    }
    chart->marks = app->marks;
    chart->mark_count = count;
}

/* Pixel column of a moment so many seconds after another; it may lie anywhere. */
static double column_after(const struct view *v, int64_t time_ns, double later_s,
                           int width)
{
    double ns = (double)num_sat_sub_i64(time_ns, v->from_ns);

    return (ns + later_s * (double)NS_PER_S) / (double)view_span(v) * width;
}

static void add_cone(const struct app *app, struct chart *chart, const struct forecast *f,
                     int width)
{
    const struct view *v = &app->view;

    chart->limit = f->limit_bytes;
    chart->cone = (struct chart_cone){
        .has = true,
        .from_x = column_after(v, f->as_of_ns, 0, width),
        .from = f->need_bytes,
        .low_x = column_after(v, f->as_of_ns, f->eta_low_s, width),
        .mid_x = column_after(v, f->as_of_ns, f->eta_s, width),
        .high_x = column_after(v, f->as_of_ns, f->eta_high_s, width),
        .limit = f->limit_bytes,
    };
}

static bool has_segments(const struct app *app, enum panel_id id)
{
    return app->has_segments && app->segment_panel == id && !app->is_loading;
}

/* The pieces of the chosen chart's series, brought into pixel columns. */
static void add_segments(struct app *app, struct panel_scene *scene, struct chart *chart,
                         enum panel_id id)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    struct series series;
    size_t count = 0;

    if (!has_segments(app, id) || !now ||
        !panel_main_series(id, app->session, now->process, &series))
        return;
    segments_refresh(&app->segments, &series);
    app->pieces = mem_grow(app->pieces, &app->piece_capacity, app->segments.count + 1,
                           sizeof *app->pieces);
    for (size_t i = 0; i < app->segments.count; i++) {
        const struct segment *s = &app->segments.items[i];

        app->pieces[count++] = (struct chart_segment){
            .from_x = column_after(&app->view, s->from_ns, 0, scene->width),
            .to_x = column_after(&app->view, s->to_ns, 0, scene->width),
            .from = s->from,
            .to = s->to,
            .noise = s->noise,
        };
    }
    scene->segment = segments_at(&app->segments, app->clock.position_ns);
    chart->segments = app->pieces;
    chart->segment_count = count;
}

/* Where processes of the picture were ended by force. */
static void add_ends(const struct app *app, struct chart *chart, int width)
{
    for (size_t i = 0; i < app->lane.count && chart->end_count < CHART_ENDS; i++) {
        const struct process *p = app->lane.entries[i].process;

        if (!p->has_end || (p->end != END_OOM_KILLED && p->end != END_FATAL))
            continue;
        chart->ends[chart->end_count++] =
            p->end_ns + 1 == app->view.to_ns
                ? width - 1
                : view_column_of(&app->view, p->end_ns, width);
    }
}

static void draw_panel(struct app *app, struct canvas *c, struct rect area,
                       enum panel_id id, bool is_focused)
{
    struct panel_scene scene = {.session = app->session,
                                .lane = &app->lane,
                                .view = &app->view,
                                .rowmaps = &app->rowmaps,
                                .position_ns = app->clock.position_ns,
                                .width = chart_width(area.cols, c->charset),
                                .is_ascii = c->charset == CHARSET_ASCII};
    struct chart chart = {.limit = NAN,
                          .view = &app->view,
                          .zero_ns = app->zero_ns,
                          .is_film = app->clock.is_playing,
                          .is_whole = app->is_enlarged,
                          .is_focused = is_focused};
    const struct forecast *forecast;

    chart.playhead = view_column_of(&app->view, app->clock.position_ns, scene.width);
    chart.visible = app->clock.is_playing ? chart.playhead + 1 : scene.width;
    /* What has come since it was frozen stands where room was left for a forecast. */
    if (app->live_time.is_frozen)
        chart.visible = view_column_of(&app->view, app->clock.to_ns, scene.width) + 1;
    if (id == PANEL_HEAP || id == PANEL_RSS)
        chart.limit = app->session->limit_bytes;
    add_ends(app, &chart, scene.width);
    add_marks(app, &chart, id, scene.width);
    forecast = app_forecast(app);
    if (forecast && (id == PANEL_HEAP || id == PANEL_RSS) &&
        shows(app, id, panel_of_metric(forecast->metric), true)) {
        scene.forecast = forecast;
        add_cone(app, &chart, forecast, scene.width);
    }
    add_segments(app, &scene, &chart, id);
    panel_fill(id, &app->panels[id], &scene, &chart);
    chart_draw(&chart, c, area, &app->raster);
}

struct layout {
    bool is_single; /* one chart at a time */
    int per_row;
    int small_rows; /* how many rows of charts stand below the heap's */
    int small_height;
    int heap_height;
    bool has_strip; /* a line with the figures of charts that found no room */
};

static struct layout layout_of(int cols, int rows, unsigned panel_count)
{
    struct layout l = {.per_row = cols >= PAIR_LEAST_COLS ? 2 : 1};
    int others = (int)panel_count - 1, heap_least = rows * 45 / 100, spare;
    int wanted = (others + l.per_row - 1) / l.per_row;

    if (heap_least < HEAP_LEAST_ROWS)
        heap_least = HEAP_LEAST_ROWS;
    /* A second row of small charts only where they need not be the least. */
    if (rows >= heap_least + SMALL_LEAST_ROWS) {
        l.small_rows = (rows - heap_least) / SMALL_GOOD_ROWS;
        if (l.small_rows == 0)
            l.small_rows = 1;
    }
    if (l.small_rows > wanted)
        l.small_rows = wanted;
    l.is_single = l.small_rows == 0 && others > 0;
    l.has_strip = l.small_rows * l.per_row < others && rows > HEAP_LEAST_ROWS;
    spare = rows - heap_least - l.small_rows * SMALL_LEAST_ROWS;
    l.small_height = SMALL_LEAST_ROWS + spare / (l.small_rows + 2);
    if (l.small_height > SMALL_MOST_ROWS)
        l.small_height = SMALL_MOST_ROWS;
    l.heap_height = rows - l.small_rows * l.small_height - l.has_strip;
    return l;
}

/* The figures of panels that are not drawn, as many as there is room for. */
static void draw_strip(const struct app *app, struct canvas *c, struct rect area,
                       const enum panel_id *ids, unsigned count)
{
    int col = area.col + 1;

    for (unsigned i = 0; i < count; i++) {
        char figure[CHART_VALUE_TEXT];
        const char *title = panel_title(ids[i]);

        if (!panel_figure(ids[i], app->session, &app->lane, app->clock.position_ns,
                          c->charset == CHARSET_ASCII, figure) ||
            col + text_cells(title) + text_cells(figure) + 4 > area.col + area.cols)
            continue;
        if (col > area.col + 1)
            col = canvas_put(c, col, area.row, ROLE_DIM, 0, " · ");
        col = canvas_putf(c, col, area.row, ROLE_DIM, 0, "%s ", title);
        col = canvas_put(c, col, area.row, panel_role(ids[i]), 0, figure);
    }
}

static void draw_single(struct app *app, struct canvas *c, struct rect area,
                        const enum panel_id *ids, unsigned count)
{
    enum panel_id others[PANEL_COUNT];
    unsigned other_count = 0, focus = app->focus < count ? app->focus : 0;

    for (unsigned i = 0; i < count; i++)
        if (i != focus)
            others[other_count++] = ids[i];
    app->first_panel = ids[focus];
    app->panel_mask = 1u << ids[focus];
    draw_panel(app, c, (struct rect){area.col, area.row, area.cols, area.rows - 1},
               ids[focus], false);
    draw_strip(app, c, (struct rect){area.col, area.row + area.rows - 1, area.cols, 1},
               others, other_count);
}

static void draw_grid(struct app *app, struct canvas *c, struct rect area,
                      const enum panel_id *ids, unsigned count, const struct layout *l)
{
    unsigned next = 1, focus = app->is_focus_shown ? app->focus : PANEL_COUNT;
    int row = area.row + l->heap_height;

    app->first_panel = ids[0];
    app->panel_mask = 0;
    for (unsigned i = 0; i < count && i < 1 + (unsigned)(l->small_rows * l->per_row); i++)
        app->panel_mask |= 1u << ids[i];
    draw_panel(app, c, (struct rect){area.col, area.row, area.cols, l->heap_height},
               ids[0], focus == 0);
    for (int i = 0; i < l->small_rows; i++, row += l->small_height) {
        int left = l->per_row;
        int col = area.col;

        /* The last chart of an odd number has its row to itself. */
        if ((unsigned)left > count - next)
            left = (int)(count - next);
        for (; left > 0; left--, next++) {
            int cols = (area.col + area.cols - col) / left;

            draw_panel(app, c, (struct rect){col, row, cols, l->small_height}, ids[next],
                       focus == next);
            col += cols;
        }
    }
    if (l->has_strip)
        draw_strip(app, c, (struct rect){area.col, row, area.cols, 1}, &ids[next],
                   count - next);
}

static void draw_side_row(const struct app *app, struct canvas *c, struct rect row,
                          const struct series *series)
{
    struct text name = {0};
    char value_text[UNIT_TEXT];
    double value = NAN;
    int64_t value_ns;
    int cells;

    (void)series_value_at(series, app->clock.position_ns, &value, &value_ns);
    cells = text_cells(
        unit_format(value_text, value, series->unit, c->charset == CHARSET_ASCII));
    text_put_safe_cells(&name, slice_str(series->name), row.cols - 1 - cells,
                        c->charset == CHARSET_ASCII);
    (void)canvas_put(c, row.col, row.row, ROLE_DIM, 0, text_str(&name));
    (void)canvas_put(c, row.col + row.cols - cells, row.row, ROLE_TEXT, 0, value_text);
    text_finish(&name);
}

/* Every series of the process at the playhead, as many as there is room for. */
static void draw_side(const struct app *app, struct canvas *c, struct rect area)
{
    const struct session *s = app->session;
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    uint32_t metric, end = METRIC_COUNT + (uint32_t)s->metrics.count;
    struct rect row = {area.col + 2, area.row + 1, area.cols - 4, 1};
    struct series series, last;
    int room = area.rows - 2, left_out = 0;

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " At the playhead ");
    for (metric = 0; now && metric < end && left_out < 2; metric++) {
        if (!session_series(s, now->process, metric, &series))
            continue;
        /* The last row is kept until it is known whether more would follow. */
        if (--room < 1) {
            last = series;
            left_out++;
            continue;
        }
        draw_side_row(app, c, row, &series);
        row.row++;
    }
    if (left_out == 1)
        draw_side_row(app, c, row, &last);
    else if (left_out > 1)
        (void)canvas_put(c, row.col, row.row, ROLE_DIM, 0, "more: heapreel report -v");
}

static void draw_charts(struct app *app, struct canvas *c, struct rect area)
{
    enum panel_id ids[PANEL_COUNT];
    unsigned count = app_panels(app, ids);
    struct layout layout;
    int pane;

    if (app->focus >= count)
        app->focus = 0;
    app->segment_panel = ids[app->focus];
    if (area.cols >= SIDE_LEAST_COLS && app->has_data) {
        draw_side(app, c,
                  (struct rect){area.col + area.cols - SIDE_COLS, area.row, SIDE_COLS,
                                area.rows});
        area.cols -= SIDE_COLS;
    }
    pane = events_pane_rows(app, area.rows);
    area.rows -= pane;
    if (pane > 0)
        events_draw_pane(app, c,
                         (struct rect){area.col, area.row + area.rows, area.cols, pane});
    layout = layout_of(area.cols, area.rows, count);
    if (app->is_enlarged || layout.is_single)
        draw_single(app, c, area, ids, count);
    else
        draw_grid(app, c, area, ids, count, &layout);
}

void overview_draw(struct app *app, struct canvas *c, struct rect area)
{
    int pane = log_pane_rows(app, c->rows);

    area.rows -= pane;
    if (pane > 0)
        log_draw_pane(app, c,
                      (struct rect){area.col, area.row + area.rows, area.cols, pane});
    if (app->live.is_live && !app->has_data)
        waiting_draw(app, c, area);
    else
        draw_charts(app, c, area);
}
