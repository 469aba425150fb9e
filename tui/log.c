/* What streams printed: a view of its own, and its last lines below the charts. */
#include <stdio.h>

#include "model/base/text.h"
#include "replay/transcript.h"
#include "tui/header_internal.h"

/* So much of a source's name tells it from the others. */
#define NAME_COLS 20

/* The overview gives lines of it room where the charts have enough. */
#define PANE_LEAST_ROWS 30
#define PANE_MOST_ROWS 8

bool log_exists(const struct app *app)
{
    const struct transcript *t = app->live.transcript;

    return t && (app->live.is_live || transcript_end(t) > 0);
}

/* The line after the last one that was printed by the moment at the playhead. */
static uint64_t known_end(const struct app *app)
{
    /* Times of lines are Unix times; a session that has none of these is shown whole. */
    if (!app->has_data || !app->session->has_wall)
        return transcript_end(app->live.transcript);
    return transcript_after(app->live.transcript, app_known_ns(app));
}

static bool has_several(const struct transcript *t)
{
    uint64_t end = transcript_end(t);

    for (uint64_t i = transcript_first(t) + 1; i < end; i++)
        if (transcript_line(t, i).source != transcript_line(t, i - 1).source)
            return true;
    return false;
}

/* Colours that a program gives its lines are meant for its own terminal: without them
 * the line reads as it was meant. All other escapes are shown as what they are. */
static void put_uncoloured(struct text *out, struct slice line)
{
    while (line.len > 0) {
        size_t len = 2;

        if (line.len < 3 || line.ptr[0] != '\033' || line.ptr[1] != '[') {
            text_put_char(out, line.ptr[0]);
            line = slice_after(line, 1);
            continue;
        }
        while (len < line.len && line.ptr[len] >= 0x20 && line.ptr[len] < 0x40)
            len++;
        if (len == line.len || line.ptr[len] != 'm') {
            text_put(out, slice_first(line, len));
            line = slice_after(line, len);
        } else {
            line = slice_after(line, len + 1);
        }
    }
}

static int put_name(const struct app *app, struct canvas *c, struct rect row,
                    uint32_t source)
{
    struct text safe = {0};
    struct slice name = SLICE("?");
    int col;

    if (source < app->session->source_count)
        name = header_source_name(app->session->sources[source]->path);
    text_put_safe_cells(&safe, name, NAME_COLS, c->charset == CHARSET_ASCII);
    col = canvas_put(c, row.col, row.row, ROLE_KEY, 0, text_str(&safe));
    text_finish(&safe);
    return canvas_put(c, col, row.row, ROLE_DIM, 0, "  ");
}

static void draw_line(const struct app *app, struct canvas *c, struct rect row,
                      struct transcript_line line, bool has_name)
{
    struct text plain = {0}, safe = {0};
    int col = has_name ? put_name(app, c, row, line.source) : row.col;

    put_uncoloured(&plain, line.text);
    text_put_safe_cells(&safe, slice_of(text_str(&plain), plain.len),
                        row.col + row.cols - col, c->charset == CHARSET_ASCII);
    (void)canvas_put(c, col, row.row, ROLE_TEXT, 0, text_str(&safe));
    text_finish(&plain);
    text_finish(&safe);
}

/* The lines before `end`, the last one at the bottom, or from the top where there are
 * few. */
static void draw_lines(const struct app *app, struct canvas *c, struct rect area,
                       uint64_t end)
{
    const struct transcript *t = app->live.transcript;
    uint64_t first = transcript_first(t), room = area.rows > 0 ? (uint64_t)area.rows : 0;
    bool has_names = has_several(t);

    if (end > first + room)
        first = end - room;
    for (uint64_t i = first; i < end; i++)
        draw_line(app, c,
                  (struct rect){area.col, area.row + (int)(i - first), area.cols, 1},
                  transcript_line(t, i), has_names);
    if (first >= end)
        (void)canvas_put(c, area.col, area.row, ROLE_DIM, 0,
                         transcript_end(t) > first ? "nothing, up to here"
                                                   : "nothing was printed yet");
}

/* Where the view's end is: that of what is known, or where it was scrolled to. */
static uint64_t shown_end(const struct app *app)
{
    const struct log_place *log = &app->log;
    uint64_t known = known_end(app), first = transcript_first(app->live.transcript);
    uint64_t least = first + log->page, end = log->is_scrolled ? log->end : known;

    /* The page is full as long as there is enough to fill it. */
    if (end < least)
        end = least;
    return end < known ? end : known;
}

static void scroll(struct app *app, uint64_t by, bool down)
{
    struct log_place *log = &app->log;
    uint64_t end = shown_end(app);

    if (down)
        log->end = by < UINT64_MAX - end ? end + by : UINT64_MAX;
    else
        log->end = end > by ? end - by : 0;
    log->is_scrolled = log->end < known_end(app);
}

bool log_key(struct app *app, uint32_t key)
{
    uint64_t page = app->log.page ? app->log.page : 1;

    if (!log_exists(app))
        return false;
    switch (key) {
    case 'j':
    case KEYCODE_DOWN:
    case 'k':
    case KEYCODE_UP:
        scroll(app, 1, key == 'j' || key == KEYCODE_DOWN);
        return true;
    case KEYCODE_PAGE_DOWN:
    case KEYCODE_PAGE_UP:
        scroll(app, page, key == KEYCODE_PAGE_DOWN);
        return true;
    case 'g':
    case KEYCODE_HOME:
    case 'G':
    case KEYCODE_END:
        scroll(app, UINT64_MAX, key == 'G' || key == KEYCODE_END);
        return true;
    default:
        return false;
    }
}

static void draw_tail(struct canvas *c, struct rect area, uint64_t below, uint64_t later)
{
    char tail[96];
    int cells;

    if (below > 0)
        (void)snprintf(tail, sizeof tail, " %llu more below ", (unsigned long long)below);
    else if (later > 0)
        (void)snprintf(tail, sizeof tail, " %llu printed later ",
                       (unsigned long long)later);
    else
        return;
    cells = text_cells(tail);
    if (cells + 10 < area.cols)
        (void)canvas_put(c, area.col + area.cols - 2 - cells, area.row, ROLE_DIM, 0,
                         tail);
}

void log_draw(struct app *app, struct canvas *c, struct rect area)
{
    struct rect inside = rect_inset(area, 1);
    uint64_t known, end;

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " Log ");
    if (!log_exists(app)) {
        (void)canvas_put(c, inside.col, inside.row, ROLE_DIM, 0,
                         "there is no log: it is of live sessions");
        return;
    }
    app->log.page = inside.rows > 0 ? (size_t)inside.rows : 0;
    known = known_end(app);
    end = shown_end(app);
    app->log.is_scrolled = app->log.is_scrolled && end < known;
    draw_tail(c, area, known - end, transcript_end(app->live.transcript) - known);
    draw_lines(app, c, inside, end);
}

int log_pane_rows(const struct app *app, int rows)
{
    int wanted;

    if (!app->live.child || !log_exists(app) || rows < PANE_LEAST_ROWS)
        return 0;
    wanted = 4 + (rows - PANE_LEAST_ROWS) / 4;
    return wanted < PANE_MOST_ROWS ? wanted : PANE_MOST_ROWS;
}

void log_draw_pane(const struct app *app, struct canvas *c, struct rect area)
{
    struct text name = {0};
    int col = area.col + 1;

    text_put_safe_cells(&name, slice_base_name(slice_str(app->live.child)), area.cols - 6,
                        c->charset == CHARSET_ASCII);
    col += canvas_put_point(c, col, area.row, ROLE_DIM, 0, 0x2500);
    col = canvas_putf(c, col, area.row, ROLE_TITLE, 0, " %s ", text_str(&name));
    text_finish(&name);
    canvas_fill(c, (struct rect){col, area.row, area.col + area.cols - 1 - col, 1},
                ROLE_DIM, 0, 0x2500);
    draw_lines(app, c,
               (struct rect){area.col + 1, area.row + 1, area.cols - 2, area.rows - 1},
               known_end(app));
}
