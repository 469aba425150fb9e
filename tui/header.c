#include "tui/header_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/base/num.h"

#define ITEM_TEXT 512

/* Room for " · process 12/34", and the most that a name takes. */
#define PROCESS_COLS 16
#define NAME_COLS 40

bool header_put(struct header_line *line, enum role role, const char *format, ...)
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

struct slice header_source_name(const char *path)
{
    const char *address = strstr(path, "://");

    if (address)
        return slice_str(address + 3);
    return strncmp(path, "unix:", 5) == 0 ? slice_str(path)
                                          : slice_base_name(slice_str(path));
}

static bool is_file(const char *path)
{
    struct slice name = header_source_name(path);

    return name.len == slice_base_name(slice_str(path)).len && !strstr(path, "://");
}

/* Of what is shown, where several processes are: the first source that tells of it; else
 * that of the first source that could be read. */
static const char *first_path(const struct session *s, const struct process *shown)
{
    const struct source *first = NULL;

    for (size_t i = 0; shown && s->process_count > 1 && i < shown->track_count; i++) {
        const struct source *source = shown->tracks[i]->source;

        if (!first || source->index < first->index)
            first = source;
    }
    if (first)
        return first->path;
    for (size_t i = 0; i < s->source_count; i++)
        if (!s->sources[i]->unreadable)
            return s->sources[i]->path;
    return s->source_count ? s->sources[0]->path : "";
}

/* One source by its path's end, several by the folder that holds them all. */
static void put_title(const struct session *s, const struct process *shown,
                      struct text *out)
{
    const char *path = first_path(s, shown);
    size_t len = folder_len(path);
    bool same = len > 0 && is_file(path);

    for (size_t i = 0; i < s->source_count; i++)
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
    } else if (!is_file(path)) {
        text_put_str(out, path);
    } else {
        text_put(out, path_tail(path, 2));
    }
}

bool header_value(const struct app *app, uint32_t metric, int64_t time_ns, double *value)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    struct series s;
    int64_t at_ns;

    return now && session_series(app->session, now->process, metric, &s) &&
           series_value_at(&s, time_ns, value, &at_ns);
}

/* Which of several processes is shown; true where it need not be said again. */
bool header_put_process(const struct app *app, struct header_line *line)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);

    return !now || app->session->process_count < 2 ||
           header_put(line, ROLE_TEXT, "process %u/%zu", (unsigned)now->process->id,
                      app->session->process_count);
}

/* The file, the process, its Go. Returns whether there was room for the process. */
static bool draw_identity(const struct app *app, struct canvas *c, int row, int col,
                          int end)
{
    struct header_line line = {c, row, col, end, true};
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
    put_title(s, now ? now->process : NULL, &name);
    text_put_safe_cells(&safe, slice_of(text_str(&name), name.len),
                        room > NAME_COLS ? NAME_COLS : room, c->charset == CHARSET_ASCII);
    (void)header_put(&line, ROLE_STRONG, "%s", text_str(&safe));
    text_finish(&name);
    text_finish(&safe);
    is_process_told = header_put_process(app, &line);
    if (now && process_go_version(now->process))
        (void)header_put(&line, ROLE_TEXT, "%s", process_go_version(now->process));
    for (size_t i = 0; i < s->source_count; i++)
        sources += s->sources[i]->unreadable == NULL;
    if (sources > 1)
        (void)header_put(&line, ROLE_TEXT, "%zu sources", sources);
    if (header_value(app, METRIC_GC_CYCLES,
                     app->live_time.is_frozen ? app->clock.to_ns : INT64_MAX, &cycles))
        (void)header_put(&line, ROLE_TEXT, "%.0f cycles", cycles);
    return is_process_told;
}

/* How fine times are shown: as fine as the window lets one see. */
int header_decimals(const struct app *app)
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
    int decimals = header_decimals(app), end = c->cols - 1, cells;
    int64_t span_ns = num_sat_sub_i64(app->clock.to_ns, app->clock.from_ns);
    int64_t offset_ns = num_sat_sub_i64(app->clock.position_ns, app->clock.from_ns);
    char offset[UNIT_TEXT], length[UNIT_TEXT], wall[UNIT_RFC3339_TEXT] = "";
    char line[ITEM_TEXT];
    const char *state = ascii ? "|| " : "‖ ", *live = header_live_state(app, ascii);
    char speed[32];

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
    (void)snprintf(speed, sizeof speed, "%s%s%4.0f %%", state,
                   clock_speed_name(&app->clock, ascii),
                   span_ns > 0 ? 100.0 * (double)offset_ns / (double)span_ns : 100.0);
    (void)snprintf(line, sizeof line, "%s%s%s / %s  %s", wall, wall[0] ? "  " : "",
                   offset, length + (length[0] == '+'), live ? live : speed);
    cells = text_cells(line);
    (void)canvas_put(c, end - cells, row, ROLE_STRONG, 0, line);
    return end - cells;
}

static int draw_waiting(struct canvas *c, int row)
{
    static const char words[] = "waiting for data";
    int col = c->cols - 1 - text_cells(words);

    (void)canvas_put(c, col, row, ROLE_STRONG, 0, words);
    return col;
}

void header_draw(struct app *app, struct canvas *c, struct rect area)
{
    int end = c->cols - 1, col = area.col + 1;

    if (app->has_data)
        end = draw_time(app, c, area.row) - 2;
    else if (app->live.is_live)
        end = draw_waiting(c, area.row) - 2;
    if (end - col >= 50)
        col = canvas_put(c, col, area.row, ROLE_TITLE, 0, "heapreel") + 2;
    header_draw_facts(app, c, area.row + 1, draw_identity(app, c, area.row, col, end));
}
