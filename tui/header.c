#include "tui/app_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/base/num.h"

#define ITEM_TEXT 160

/* Room for " · process 12/34", and the most that a name takes. */
#define PROCESS_COLS 16
#define NAME_COLS 40

/* Parts of a line, joined by dots; a part that finds no room is left out (false). */
struct line {
    struct canvas *c;
    int row, col, end;
    bool is_first;
};

PRINTF_LIKE(3, 4)
static bool put_item(struct line *line, enum role role, const char *format, ...)
{
    char item[ITEM_TEXT];
    int lead = line->is_first ? 0 : 3;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(item, sizeof item, format, args);
    va_end(args);
    if (line->col + lead + text_cells(item) > line->end)
        return false;
    if (!line->is_first)
        line->col = canvas_put(line->c, line->col, line->row, ROLE_DIM, 0, " · ");
    line->col = canvas_put(line->c, line->col, line->row, role, 0, item);
    line->is_first = false;
    return true;
}

/* The last `parts` components of a path. */
static struct slice path_tail(const char *path, int parts)
{
    struct slice s = slice_str(path);
    size_t at = s.len;

    while (at > 1 && s.ptr[at - 1] == '/')
        at--;
    s.len = at;
    for (; at > 0; at--)
        if (s.ptr[at - 1] == '/' && --parts == 0)
            break;
    return slice_after(s, at);
}

static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

/* One source by its path's end, several by the folder that holds them all. */
static void put_title(const struct session *s, struct text *out)
{
    const char *path = s->source_count ? s->sources[0]->path : "";
    size_t len = folder_len(path);
    bool same = len > 0;

    for (size_t i = 1; i < s->source_count; i++)
        same = same && folder_len(s->sources[i]->path) == len &&
               memcmp(s->sources[i]->path, path, len) == 0;
    if (s->source_count > 1 && same) {
        struct slice folder = slice_of(path, len);
        size_t at = len;

        while (at > 0 && folder.ptr[at - 1] != '/')
            at--;
        text_put(out, slice_after(folder, at));
        text_put_char(out, '/');
    } else if (strcmp(path, "-") == 0) {
        text_put_str(out, "standard input");
    } else {
        text_put(out, path_tail(path, 2));
    }
}

static bool value_now(const struct app *app, uint32_t metric, int64_t time_ns,
                      double *value)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    struct series s;
    int64_t at_ns;

    return now && session_series(app->session, now->process, metric, &s) &&
           series_value_at(&s, time_ns, value, &at_ns);
}

/* Which of several processes is shown; true where it need not be said again. */
static bool put_process(const struct app *app, struct line *line)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);

    return !now || app->session->process_count < 2 ||
           put_item(line, ROLE_TEXT, "process %u/%zu", (unsigned)now->process->id,
                    app->session->process_count);
}

/* The file, the process, its Go. Returns whether there was room for the process. */
static bool draw_identity(const struct app *app, struct canvas *c, int row, int col,
                          int end)
{
    struct line line = {c, row, col, end, true};
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    const struct session *s = app->session;
    struct text name = {0}, safe = {0};
    size_t sources = 0;
    double cycles;
    int room = end - col;
    bool is_process_told;

    /* Which process is shown matters more than a long name's end. */
    if (s->process_count > 1 && room > PROCESS_COLS + 12)
        room -= PROCESS_COLS;
    put_title(s, &name);
    text_put_safe_cells(&safe, slice_of(text_str(&name), name.len),
                        room > NAME_COLS ? NAME_COLS : room, c->charset == CHARSET_ASCII);
    (void)put_item(&line, ROLE_STRONG, "%s", text_str(&safe));
    text_finish(&name);
    text_finish(&safe);
    is_process_told = put_process(app, &line);
    if (now && process_go_version(now->process))
        (void)put_item(&line, ROLE_TEXT, "%s", process_go_version(now->process));
    for (size_t i = 0; i < s->source_count; i++)
        sources += s->sources[i]->unreadable == NULL;
    if (sources > 1)
        (void)put_item(&line, ROLE_TEXT, "%zu sources", sources);
    if (value_now(app, METRIC_GC_CYCLES, INT64_MAX, &cycles))
        (void)put_item(&line, ROLE_TEXT, "%.0f cycles", cycles);
    return is_process_told;
}

/* How fine times are shown: as fine as the window lets one see. */
static int decimals_of(const struct app *app)
{
    int64_t span_ns = view_span(&app->view);

    if (span_ns < 10 * NS_PER_MS)
        return 6;
    if (span_ns < NS_PER_S)
        return 4;
    return span_ns < 3600 * NS_PER_S ? 2 : 1;
}

/* "01:37:31.12Z", with the date in front where there is room. */
static void wall_text(char out[UNIT_RFC3339_TEXT], int64_t time_ns, int decimals,
                      bool has_date)
{
    char full[UNIT_RFC3339_TEXT];
    size_t from = has_date ? 0 : 11, to;

    (void)unit_format_rfc3339(full, time_ns);
    to = 20 + (size_t)decimals;
    if (strlen(full) != 30) { /* years beyond four digits have no place here */
        out[0] = '\0';
        return;
    }
    full[10] = ' ';
    (void)snprintf(out, UNIT_RFC3339_TEXT, "%.*sZ", (int)(to - from), full + from);
}

/* Where in time, and how fast; returns the column where it begins. */
static int draw_time(const struct app *app, struct canvas *c, int row)
{
    bool ascii = c->charset == CHARSET_ASCII;
    int decimals = decimals_of(app), end = c->cols - 1, cells;
    int64_t span_ns = num_sat_sub_i64(app->clock.to_ns, app->clock.from_ns);
    int64_t offset_ns = num_sat_sub_i64(app->clock.position_ns, app->clock.from_ns);
    char offset[UNIT_TEXT], length[UNIT_TEXT], wall[UNIT_RFC3339_TEXT] = "";
    char line[ITEM_TEXT];
    const char *state = ascii ? "|| " : "‖ ";

    if (c->cols >= 70 && app->session->has_wall)
        wall_text(wall, app->clock.position_ns, decimals, c->cols >= 116);
    (void)unit_format_offset(
        offset, num_sat_sub_i64(app->clock.position_ns, app->zero_ns), decimals);
    (void)unit_format_offset(length, num_sat_sub_i64(app->clock.to_ns, app->zero_ns),
                             decimals);
    if (app->clock.is_playing)
        state = "▶ ";
    else if (app->clock.is_following)
        state = "● ";
    (void)snprintf(line, sizeof line, "%s%s%s / %s  %s%s%4.0f %%", wall,
                   wall[0] ? "  " : "", offset, length + (length[0] == '+'), state,
                   clock_speed_name(&app->clock, ascii),
                   span_ns > 0 ? 100.0 * (double)offset_ns / (double)span_ns : 100.0);
    cells = text_cells(line);
    (void)canvas_put(c, end - cells, row, ROLE_STRONG, 0, line);
    return end - cells;
}

static void put_progress(const struct app *app, struct line *line)
{
    const struct loader_progress *p = &app->progress;
    char done[UNIT_TEXT];
    int filled, cells = 20;
    double part;

    (void)unit_format(done, (double)p->bytes_done, UNIT_BYTES,
                      line->c->charset == CHARSET_ASCII);
    if (p->bytes_total == 0) {
        (void)put_item(line, ROLE_BAR, "reading, %s so far", done);
        return;
    }
    part = (double)p->bytes_done / (double)p->bytes_total;
    if (!(part < 1))
        part = 1;
    filled = (int)(part * cells);
    line->col = canvas_put(line->c, line->col, line->row, ROLE_TEXT, 0, "loading ");
    for (int i = 0; i < cells; i++)
        line->col += canvas_put_point(line->c, line->col, line->row,
                                      i < filled ? ROLE_BAR : ROLE_DIM, 0,
                                      i < filled ? 0x2588 : 0x2591);
    line->col = canvas_putf(line->c, line->col, line->row, ROLE_TEXT, 0, " %.0f %% of %s",
                            part * 100,
                            unit_format(done, (double)p->bytes_total, UNIT_BYTES,
                                        line->c->charset == CHARSET_ASCII));
    line->is_first = false;
}

static void put_peak(const struct app *app, struct line *line)
{
    double peak, limit = app->session->limit_bytes;
    char text[UNIT_TEXT], limit_text[UNIT_TEXT];
    bool ascii = line->c->charset == CHARSET_ASCII;
    enum role role = ROLE_TEXT;

    if (!panel_heap_peak(app->session, &app->lane, app->clock.position_ns, &peak))
        return;
    (void)unit_format(text, peak, UNIT_BYTES, ascii);
    if (!(limit > 0)) {
        (void)put_item(line, role, "heap peaked at %s", text);
        return;
    }
    if (peak >= limit)
        role = ROLE_CRITICAL;
    else if (peak >= limit * 0.9)
        role = ROLE_WARNING;
    (void)put_item(line, role, "heap peaked at %s, %.0f %% of the %s limit", text,
                   peak / limit * 100, unit_format(limit_text, limit, UNIT_BYTES, ascii));
}

/* How the process ended, where that is known: what one looks for first. */
static void put_end(const struct app *app, struct line *line)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    char offset[UNIT_TEXT];
    const struct process *p;

    if (!now || !now->process->has_end)
        return;
    p = now->process;
    (void)unit_format_offset(offset, num_sat_sub_i64(p->end_ns, app->zero_ns),
                             decimals_of(app));
    if (p->end == END_OOM_KILLED)
        (void)put_item(line, ROLE_CRITICAL, "OOM-killed at %s", offset);
    else if (p->end == END_FATAL)
        (void)put_item(line, ROLE_CRITICAL, "died of a fatal error at %s", offset);
}

static void put_damage(const struct app *app, struct line *line)
{
    const struct session *s = app->session;
    uint64_t skipped = 0, errors = 0;
    size_t unreadable = 0;

    for (size_t i = 0; i < s->source_count; i++) {
        skipped += s->sources[i]->diag.skipped;
        errors += s->sources[i]->diag.errors;
        unreadable += source_has_failed(s->sources[i]);
    }
    if (unreadable > 0)
        (void)put_item(line, ROLE_WARNING, "%zu source%s unreadable", unreadable,
                       unreadable == 1 ? "" : "s");
    if (errors > 0)
        (void)put_item(line, ROLE_WARNING, "%llu error%s", (unsigned long long)errors,
                       errors == 1 ? "" : "s");
    if (skipped > 0)
        (void)put_item(line, ROLE_WARNING, "%llu record%s skipped",
                       (unsigned long long)skipped, skipped == 1 ? "" : "s");
}

/* How sources of one process were brought onto one clock, where that is in doubt. */
static void put_clocks(const struct app *app, struct line *line)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    bool is_matched = false, is_fitted = false, is_adrift = false;

    if (!now)
        return;
    if (!app->session->has_wall) {
        (void)put_item(line, ROLE_DIM,
                       "no wall clock: times count from the process's start");
        return;
    }
    for (size_t i = 0; i < now->process->track_count; i++) {
        enum clock_kind kind = now->process->tracks[i]->clock;

        is_matched = is_matched || kind == CLOCK_MATCHED;
        is_fitted = is_fitted || kind == CLOCK_FITTED;
        is_adrift = is_adrift || kind == CLOCK_NONE || kind == CLOCK_PROCESS;
    }
    if (is_adrift)
        (void)put_item(line, ROLE_WARNING,
                       "a source without a wall clock is placed by guess");
    else if (is_fitted)
        (void)put_item(line, ROLE_DIM, "clocks fitted by GC goals");
    else if (is_matched)
        (void)put_item(line, ROLE_DIM, "clocks matched by GC number");
}

static void draw_facts(const struct app *app, struct canvas *c, int row,
                       bool is_process_told)
{
    struct line line = {c, row, 1, c->cols - 1, true};
    char text[UNIT_TEXT];
    double value;

    if (app->is_loading)
        put_progress(app, &line);
    if (!app->has_data) {
        (void)put_item(&line, ROLE_DIM,
                       app->is_loading ? "nothing recognised yet" : "nothing to show");
        put_damage(app, &line);
        return;
    }
    if (!is_process_told)
        (void)put_process(app, &line);
    put_end(app, &line);
    put_peak(app, &line);
    put_damage(app, &line);
    if (value_now(app, METRIC_GC_CYCLES, app->clock.position_ns, &value))
        (void)put_item(&line, ROLE_TEXT, "gc #%.0f", value);
    if (value_now(app, METRIC_GC_PAUSE, app->clock.position_ns, &value))
        (void)put_item(&line, ROLE_TEXT, "last pause %s",
                       unit_format(text, value, UNIT_NS, c->charset == CHARSET_ASCII));
    put_clocks(app, &line);
}

void header_draw(const struct app *app, struct canvas *c, struct rect area)
{
    int end = c->cols - 1, col = area.col + 1;

    if (app->has_data)
        end = draw_time(app, c, area.row) - 2;
    if (end - col >= 50)
        col = canvas_put(c, col, area.row, ROLE_TITLE, 0, "heapreel") + 2;
    draw_facts(app, c, area.row + 1, draw_identity(app, c, area.row, col, end));
}
