#include "tui/events.h"

#include <stdio.h>

#include "model/base/mem.h"
#include "tui/app_internal.h"

/* With fewer rows than this there is no room for details; with more they get a third. */
#define DETAILS_LEAST_ROWS 15
#define DETAILS_MOST_ROWS 16

bool app_is_list(const struct app *app)
{
    return app->shown == VIEW_EVENTS ||
           (app->shown == VIEW_OVERVIEW && app->lane.count == 0 &&
            app->session->event_count > 0);
}

/* Which of what is known at the playhead the list shows, and where the chosen one is. */
static void refresh_rows(struct app *app)
{
    struct event_list *list = &app->list;
    size_t known = told_known(&app->told, app_known_ns(app));
    bool has_chosen = false;

    list->rows = mem_grow(list->rows, &list->capacity, known, sizeof *list->rows);
    list->count = 0;
    for (size_t i = 0; i < known; i++) {
        const struct event *e = app->told.items[i].event;

        if (e->severity < list->least)
            continue;
        if (e == list->chosen) {
            list->row = list->count;
            has_chosen = true;
        }
        list->rows[list->count++] = i;
    }
    if ((!list->chosen && list->count) || list->row >= list->count)
        list->row = list->count ? list->count - 1 : 0;
    if (!has_chosen && list->chosen && list->count)
        list->chosen = app->told.items[list->rows[list->row]].event;
}

static void move_to(struct app *app, size_t row)
{
    struct event_list *list = &app->list;

    if (list->count == 0)
        return;
    list->row = row < list->count ? row : list->count - 1;
    list->chosen = app->told.items[list->rows[list->row]].event;
}

static void move_by(struct app *app, size_t by, bool down)
{
    size_t row = app->list.row;

    move_to(app, down ? row + by : (row > by ? row - by : 0));
}

static void go_there(struct app *app)
{
    struct told told;

    if (app->list.count == 0)
        return;
    told = app->told.items[app->list.rows[app->list.row]];
    if (app->lane.count)
        app->shown = VIEW_OVERVIEW;
    app_go_to_told(app, &told);
}

bool events_key(struct app *app, uint32_t key)
{
    size_t page = app->list.page ? app->list.page : 1;

    refresh_rows(app);
    switch (key) {
    case 'j':
    case KEYCODE_DOWN:
    case 'k':
    case KEYCODE_UP:
        move_by(app, 1, key == 'j' || key == KEYCODE_DOWN);
        return true;
    case KEYCODE_PAGE_DOWN:
    case KEYCODE_PAGE_UP:
        move_by(app, page, key == KEYCODE_PAGE_DOWN);
        return true;
    case 'g':
    case KEYCODE_HOME:
        move_to(app, 0);
        return true;
    case 'G':
    case KEYCODE_END:
        move_to(app, SIZE_MAX);
        return true;
    case KEYCODE_ENTER:
        go_there(app);
        return true;
    default:
        return false;
    }
}

void events_filter(struct app *app)
{
    switch (app->list.least) {
    case SEVERITY_WARNING:
        app->list.least = SEVERITY_CRITICAL;
        break;
    case SEVERITY_CRITICAL:
        app->list.least = SEVERITY_INFO;
        break;
    default:
        app->list.least = SEVERITY_WARNING;
        break;
    }
}

void events_choose(struct app *app, const struct told *told)
{
    app->list.chosen = told->event;
}

static const char *filter_name(enum severity least)
{
    if (least == SEVERITY_CRITICAL)
        return "critical ones";
    return least == SEVERITY_WARNING ? "warnings and worse" : "all";
}

static void draw_frame(const struct app *app, struct canvas *c, struct rect area)
{
    size_t later = app->told.count - told_known(&app->told, app_known_ns(app));
    char tail[96];
    int cells;

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " What happened ");
    (void)snprintf(tail, sizeof tail, later ? " %s · %zu told later " : " %s ",
                   filter_name(app->list.least), later);
    cells = text_cells(tail);
    if (cells + 20 < area.cols)
        (void)canvas_put(c, area.col + area.cols - 2 - cells, area.row, ROLE_DIM, 0,
                         tail);
}

static void draw_rows(struct app *app, struct canvas *c, struct rect inside)
{
    struct event_list *list = &app->list;
    size_t room = inside.rows > 0 ? (size_t)inside.rows : 0;

    list->page = room;
    if (list->count == 0) {
        (void)canvas_put(c, inside.col, inside.row, ROLE_DIM, 0,
                         app->is_watching ? "nothing yet" : "nothing, up to here");
        return;
    }
    /* It scrolls only where the chosen row would be outside. */
    if (list->row < list->top)
        list->top = list->row;
    if (list->row >= list->top + room)
        list->top = list->row - room + (room > 0);
    if (list->top + room > list->count)
        list->top = list->count > room ? list->count - room : 0;
    for (size_t i = 0; i < room && list->top + i < list->count; i++) {
        size_t row = list->top + i;

        event_row_draw(app, c,
                       (struct rect){inside.col, inside.row + (int)i, inside.cols, 1},
                       app->told.items[list->rows[row]].event,
                       row == list->row ? EVENT_ROW_CHOSEN : EVENT_ROW_PLAIN);
    }
}

void events_draw(struct app *app, struct canvas *c, struct rect area)
{
    struct rect list = area, details = area;

    refresh_rows(app);
    if (area.rows >= DETAILS_LEAST_ROWS && app->list.count > 0) {
        details.rows =
            area.rows / 2 < DETAILS_MOST_ROWS ? area.rows / 2 : DETAILS_MOST_ROWS;
        list.rows -= details.rows;
        details.row += list.rows;
        event_details_draw(app, c, details,
                           app->told.items[app->list.rows[app->list.row]].event);
    }
    draw_frame(app, c, list);
    draw_rows(app, c,
              (struct rect){list.col + 1, list.row + 1, list.cols - 2, list.rows - 2});
}

/* The overview's pane. */

int events_pane_rows(const struct app *app, int rows)
{
    static const struct {
        int rows, lines;
    } steps[] = {{46, 5}, {34, 3}, {14, 1}};

    for (size_t i = 0; app->told.count && i < COUNT_OF(steps); i++)
        if (rows >= steps[i].rows)
            return steps[i].lines;
    return 0;
}

/* Of two events that were known, is `a` the one to keep where there is room for one? */
static bool matters_more(const struct told *a, const struct told *b)
{
    if (a->event->severity != b->event->severity)
        return a->event->severity > b->event->severity;
    return a->known_ns > b->known_ns || (a->known_ns == b->known_ns && a > b);
}

#define PANE_ROWS 8

/* The most important ones that were known, in the order in which they were told. */
static size_t pick(const struct app *app, const struct told *picked[PANE_ROWS],
                   size_t room)
{
    size_t known = told_known(&app->told, app_known_ns(app)), count = 0;

    for (size_t i = 0; i < known && room > 0; i++) {
        const struct told *told = &app->told.items[i];
        size_t least = 0;

        if (!told->is_shown)
            continue;
        if (count < room) {
            picked[count++] = told;
            continue;
        }
        for (size_t k = 1; k < count; k++)
            if (matters_more(picked[least], picked[k]))
                least = k;
        if (!matters_more(told, picked[least]))
            continue;
        for (size_t k = least; k + 1 < count; k++)
            picked[k] = picked[k + 1];
        picked[count - 1] = told;
    }
    return count;
}

void events_draw_pane(const struct app *app, struct canvas *c, struct rect area)
{
    const struct told *picked[PANE_ROWS] = {0};
    size_t room = area.rows < PANE_ROWS ? (size_t)area.rows : PANE_ROWS;
    size_t count = pick(app, picked, room);

    for (size_t i = 0; i < count; i++) {
        bool is_latest = i + 1 == count && area.rows > 1;

        event_row_draw(app, c,
                       (struct rect){area.col + 1, area.row + (int)i, area.cols - 2, 1},
                       picked[i]->event, is_latest ? EVENT_ROW_LATEST : EVENT_ROW_PLAIN);
    }
}
