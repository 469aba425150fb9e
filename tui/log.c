/* What streams printed: a view of its own, and its last lines below the charts. */
#include <stdio.h>

#include "model/base/text.h"
#include "replay/transcript.h"
#include "tui/header_internal.h"
#include "tui/wrap.h"

/* So much of a source's name tells it from the others. */
#define NAME_COLS 20

/* Lines are wrapped; a stack trace in one line of JSON is not all of the screen. */
#define LINE_ROWS_MAX 12

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

static struct slice name_of(const struct app *app, uint32_t source)
{
    return source < app->session->source_count
               ? header_source_name(app->session->sources[source]->path)
               : SLICE("?");
}

static int put_name(const struct app *app, struct canvas *c, struct rect row,
                    uint32_t source)
{
    struct text safe = {0};
    int col;

    text_put_safe_cells(&safe, name_of(app, source), NAME_COLS,
                        c->charset == CHARSET_ASCII);
    col = canvas_put(c, row.col, row.row, ROLE_KEY, 0, text_str(&safe));
    text_finish(&safe);
    return canvas_put(c, col, row.row, ROLE_DIM, 0, "  ");
}

/* What a line is where `cells` are there for it, as it may be shown. */
static void put_plain(struct text *out, struct slice line, int cells, bool ascii)
{
    struct text plain = {0};

    put_uncoloured(&plain, line);
    text_put_safe_cells(out, slice_of(text_str(&plain), plain.len), cells, ascii);
    text_finish(&plain);
}

/* How lines are laid out. */
struct lines {
    const struct app *app;
    struct canvas *c;
    struct rect area;
    bool has_names, ascii;
    int rows_max; /* of a line */
};

static struct lines lines_in(const struct app *app, struct rect area)
{
    return (struct lines){
        .app = app,
        .area = area,
        .has_names = has_several(app->live.transcript),
        .rows_max = 1,
    };
}

/* A line never takes more than a page, or its front could never be seen. */
static void allow_wrapping(struct lines *l)
{
    l->rows_max = l->area.rows < LINE_ROWS_MAX ? l->area.rows : LINE_ROWS_MAX;
    if (l->rows_max < 1)
        l->rows_max = 1;
}

/* From row `skip` of the line on, `room` rows of it at most; NULL canvas: nothing is
 * drawn. Returns how many rows all of it takes. */
static int draw_line(const struct lines *l, uint64_t number, int at, int skip)
{
    struct transcript_line line = transcript_line(l->app->live.transcript, number);
    int col = l->area.col, rows = 0, cols;
    int end = l->area.row + l->area.rows;
    struct text safe = {0};
    struct slice rest;

    if (l->has_names) {
        struct slice name = name_of(l->app, line.source);

        text_put_safe_cells(&safe, name, NAME_COLS, l->ascii);
        col += text_cells(text_str(&safe)) + 2;
        text_clear(&safe);
        if (l->c && skip == 0)
            (void)put_name(l->app, l->c, (struct rect){l->area.col, at, 0, 1},
                           line.source);
    }
    cols = l->area.col + l->area.cols - col;
    if (cols < 1)
        cols = 1;
    put_plain(&safe, line.text, cols * l->rows_max, l->ascii);
    rest = slice_str(text_str(&safe));
    do {
        struct slice part = l->rows_max == 1 ? rest : wrap_next(&rest, cols);

        if (l->rows_max == 1)
            rest.len = 0;
        if (l->c && rows >= skip && at + rows - skip < end)
            (void)canvas_putf(l->c, col, at + rows - skip, ROLE_TEXT, 0, "%.*s",
                              (int)part.len, part.ptr);
        rows++;
    } while (rest.len > 0 && rows < l->rows_max);
    text_finish(&safe);
    return rows;
}

static int rows_of(const struct lines *l, uint64_t number)
{
    struct lines measured = *l;

    measured.c = NULL;
    return draw_line(&measured, number, 0, 0);
}

/* The first of the lines before `end` that all of them fit on a page, one in any case. */
static uint64_t page_before(const struct lines *l, uint64_t end)
{
    uint64_t first = transcript_first(l->app->live.transcript), at = end;
    int rows = 0;

    while (at > first) {
        rows += rows_of(l, at - 1);
        if (rows > l->area.rows && at < end)
            break;
        at--;
    }
    return at;
}

/* The first end of lines from `first` on that fill a page, or the end of all. */
static uint64_t page_after(const struct lines *l, uint64_t first)
{
    uint64_t end = transcript_end(l->app->live.transcript), at = first;
    int rows = 0;

    while (at < end && rows < l->area.rows)
        rows += rows_of(l, at++);
    return at;
}

/* The lines before `end`, the last one at the bottom, or from the top where there are
 * few or it is the first page. */
static void draw_lines(const struct lines *l, uint64_t end)
{
    const struct transcript *t = l->app->live.transcript;
    uint64_t first = transcript_first(t), from = end;
    int rows = 0, skip = 0, at = l->area.row;

    while (from > first && rows < l->area.rows)
        rows += rows_of(l, --from);
    if (rows > l->area.rows && end > page_after(l, first))
        skip = rows - l->area.rows;
    for (uint64_t i = from; i < end && at < l->area.row + l->area.rows; i++) {
        at += draw_line(l, i, at, skip) - skip;
        skip = 0;
    }
    if (first >= end)
        (void)canvas_put(l->c, l->area.col, l->area.row, ROLE_DIM, 0,
                         transcript_end(t) > first ? "nothing, up to here"
                                                   : "nothing was printed yet");
}

/* As the last frame laid them out. */
static struct lines lines_of_view(const struct app *app)
{
    struct lines l = lines_in(app, (struct rect){0, 0, app->log.cols, app->log.rows});

    l.ascii = app->log.is_ascii;
    allow_wrapping(&l);
    return l;
}

/* Where the view's end is: that of what is known, or where it was scrolled to. */
static uint64_t shown_end(const struct app *app)
{
    const struct log_place *log = &app->log;
    const struct lines l = lines_of_view(app);
    uint64_t known = known_end(app);
    uint64_t least = page_after(&l, transcript_first(app->live.transcript));
    uint64_t end = log->is_scrolled ? log->end : known;

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

/* The next page begins where this one ends. */
static void scroll_page(struct app *app, bool down)
{
    const struct lines l = lines_of_view(app);
    uint64_t end = shown_end(app), last = transcript_end(app->live.transcript), next;
    int rows = 0;

    if (!down) {
        scroll(app, end - page_before(&l, end), false);
        return;
    }
    for (next = end; next < last; next++) {
        rows += rows_of(&l, next);
        if (rows > l.area.rows && next > end)
            break;
    }
    scroll(app, next > end ? next - end : 1, true);
}

bool log_key(struct app *app, uint32_t key)
{
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
        scroll_page(app, key == KEYCODE_PAGE_DOWN);
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
    struct lines lines;
    uint64_t known, end;

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " Log ");
    if (!log_exists(app)) {
        (void)canvas_put(c, inside.col, inside.row, ROLE_DIM, 0,
                         "there is no log: live sessions and their recordings have one");
        return;
    }
    app->log.rows = inside.rows > 0 ? inside.rows : 0;
    app->log.cols = inside.cols;
    app->log.is_ascii = c->charset == CHARSET_ASCII;
    known = known_end(app);
    end = shown_end(app);
    app->log.is_scrolled = app->log.is_scrolled && end < known;
    draw_tail(c, area, known - end, transcript_end(app->live.transcript) - known);
    lines = lines_of_view(app);
    lines.c = c;
    lines.area = inside;
    draw_lines(&lines, end);
}

/* The program whose output the session has: it runs, or a recording of one that ran. Its
 * streams are named as replay/child.c does. Empty: none. */
static struct slice program_of(const struct app *app)
{
    const struct slice streams[] = {SLICE(" stderr"), SLICE(" stdout")};
    const struct session *s = app->session;

    if (app->live.child)
        return slice_base_name(slice_str(app->live.child));
    for (size_t i = 0; !app->live.is_live && i < s->source_count; i++) {
        struct slice name = slice_str(s->sources[i]->path);

        for (size_t k = 0; k < sizeof streams / sizeof streams[0]; k++)
            if (name.len > streams[k].len &&
                slice_eq(slice_after(name, name.len - streams[k].len), streams[k]))
                return slice_first(name, name.len - streams[k].len);
    }
    return slice_of(NULL, 0);
}

int log_pane_rows(const struct app *app, int rows)
{
    int wanted;

    if (rows < PANE_LEAST_ROWS || !log_exists(app) || program_of(app).len == 0)
        return 0;
    wanted = 4 + (rows - PANE_LEAST_ROWS) / 4;
    return wanted < PANE_MOST_ROWS ? wanted : PANE_MOST_ROWS;
}

void log_draw_pane(const struct app *app, struct canvas *c, struct rect area)
{
    struct lines lines = lines_in(
        app, (struct rect){area.col + 1, area.row + 1, area.cols - 2, area.rows - 1});
    struct text name = {0};
    int col = area.col + 1;

    text_put_safe_cells(&name, program_of(app), area.cols - 6,
                        c->charset == CHARSET_ASCII);
    col += canvas_put_point(c, col, area.row, ROLE_DIM, 0, 0x2500);
    col = canvas_putf(c, col, area.row, ROLE_TITLE, 0, " %s ", text_str(&name));
    text_finish(&name);
    canvas_fill(c, (struct rect){col, area.row, area.col + area.cols - 1 - col, 1},
                ROLE_DIM, 0, 0x2500);
    lines.c = c;
    lines.ascii = c->charset == CHARSET_ASCII;
    draw_lines(&lines, known_end(app));
}
