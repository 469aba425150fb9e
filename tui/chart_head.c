#include "tui/chart_internal.h"

#define MARK 0x25b2u

/* Which figures the frame has room for, in which words. */
struct figures {
    const char *texts[CHART_VALUES];
    enum role roles[CHART_VALUES];
    unsigned count;
    int cells;
    bool has_peak; /* the greatest value, and when */
};

static void add_figure(struct figures *f, const struct chart *chart, unsigned which,
                       int room)
{
    const struct chart_value *value = &chart->values[which];
    const char *text = value->text;

    if (value->brief[0] != '\0' && f->cells + text_cells(text) + 3 > room)
        text = value->brief;
    if (f->cells + text_cells(text) + 3 > room)
        return;
    f->cells += text_cells(text) + 3;
    f->texts[f->count] = text;
    f->roles[f->count++] = value->role;
    if ((int)which == chart->peak_value && text == value->text)
        f->has_peak = true;
}

/* `peak_first`: the greatest value is told whatever else is not. */
static struct figures figures_of(const struct chart *chart, int cols, bool peak_first)
{
    struct figures f = {0};
    int room = cols - 7 - text_cells(chart->title);

    if (peak_first)
        add_figure(&f, chart, (unsigned)chart->peak_value, room);
    for (unsigned i = 0; i < chart->value_count; i++) {
        unsigned before = f.count;

        if (peak_first && (int)i == chart->peak_value)
            continue;
        add_figure(&f, chart, i, room);
        if (f.count == before)
            break;
    }
    return f;
}

static void draw_head(const struct chart *chart, struct canvas *c, struct rect area,
                      const struct figures *f)
{
    unsigned attrs = chart->is_focused ? ATTR_BOLD : 0;
    int col = area.col + area.cols - 2 - f->cells;

    (void)canvas_putf(c, area.col + 2, area.row, ROLE_TITLE, attrs, " %s ", chart->title);
    for (unsigned i = 0; i < f->count; i++) {
        col = canvas_put(c, col, area.row, ROLE_DIM, 0, i ? "· " : " ");
        col = canvas_putf(c, col, area.row, f->roles[i], 0, "%s ", f->texts[i]);
    }
}

void chart_draw_head(const struct chart *chart, struct canvas *c, struct rect area)
{
    struct figures f = figures_of(chart, area.cols, false);

    draw_head(chart, c, area, &f);
}

bool chart_draw_marks(const struct chart *chart, struct canvas *c, struct rect plot,
                      double top)
{
    const struct plot *p = chart->curves[0].plot;
    int across = raster_dots_across(c->charset);
    bool has_any = false;

    for (int x = 0; x < (int)p->count && x < chart->visible; x++) {
        int col = plot.col + x / across;
        const struct cell *cell = canvas_cell(c, col, plot.row);

        if (!p->columns[x].has || !(p->columns[x].max > top * (1 + 1e-9)))
            continue;
        has_any = true;
        (void)canvas_put_point(c, col, plot.row, ROLE_WARNING, cell ? cell->attrs : 0,
                               MARK);
    }
    return has_any;
}

/* Writes into the first row of curves, with `margin` blanks on both sides, where nothing
 * is drawn yet; else false. */
static bool put_if_free(struct canvas *c, struct rect plot, int col, const char *text,
                        int margin)
{
    int cells = text_cells(text);

    if (col < plot.col || col + cells > plot.col + plot.cols)
        return false;
    for (int i = -margin; i < cells + margin; i++) {
        const struct cell *cell = canvas_cell(c, col + i, plot.row);
        bool is_edge = col + i < plot.col || col + i >= plot.col + plot.cols;

        if (!is_edge && cell && cell->base != ' ')
            return false;
    }
    (void)canvas_put(c, col, plot.row, ROLE_WARNING, 0, text);
    return true;
}

/* Tells the greatest value beside its mark. */
static bool draw_peak(const struct chart *chart, struct canvas *c, struct rect plot)
{
    const char *text = chart->values[chart->peak_value].text;
    int col = plot.col + chart->peak_column / raster_dots_across(c->charset);
    int right = col + 2, left = col - 1 - text_cells(text);

    return put_if_free(c, plot, right, text, 1) || put_if_free(c, plot, left, text, 1) ||
           put_if_free(c, plot, right, text, 0) || put_if_free(c, plot, left, text, 0);
}

void chart_draw_head_with_peak(const struct chart *chart, struct canvas *c,
                               struct rect area, struct rect plot)
{
    struct figures f = figures_of(chart, area.cols, false);

    if (chart->peak_value >= 0 && !f.has_peak && !draw_peak(chart, c, plot))
        f = figures_of(chart, area.cols, true);
    draw_head(chart, c, area, &f);
}
