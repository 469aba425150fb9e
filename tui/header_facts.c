#include "tui/header_internal.h"

static void put_progress(const struct app *app, struct header_line *line)
{
    const struct loader_progress *p = &app->progress;
    char done[UNIT_TEXT];
    int filled, cells = 20;
    double part;

    (void)unit_format(done, (double)p->bytes_done, UNIT_BYTES,
                      line->c->charset == CHARSET_ASCII);
    if (p->bytes_total == 0) {
        (void)header_put(line, ROLE_BAR, "reading, %s so far", done);
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

static void put_peak(const struct app *app, struct header_line *line)
{
    double peak, limit = app->session->limit_bytes;
    char text[UNIT_TEXT], limit_text[UNIT_TEXT];
    bool ascii = line->c->charset == CHARSET_ASCII;
    enum role role = ROLE_TEXT;
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);

    if (!now ||
        !panel_heap_peak(app->session, now->process, app->clock.position_ns, &peak))
        return;
    (void)unit_format(text, peak, UNIT_BYTES, ascii);
    if (!(limit > 0)) {
        (void)header_put(line, role, "heap peaked at %s", text);
        return;
    }
    if (peak >= limit)
        role = ROLE_CRITICAL;
    else if (peak >= limit * 0.9)
        role = ROLE_WARNING;
    (void)header_put(line, role, "heap peaked at %s, %.0f %% of the %s limit", text,
                     peak / limit * 100,
                     unit_format(limit_text, limit, UNIT_BYTES, ascii));
}

struct damage {
    uint64_t skipped, errors;
    size_t unreadable;
};

static struct damage damage_of(const struct session *s)
{
    struct damage d = {0};

    for (size_t i = 0; i < s->source_count; i++) {
        d.skipped += s->sources[i]->diag.skipped;
        d.errors += s->sources[i]->diag.errors;
        d.unreadable += source_has_failed(s->sources[i]);
    }
    return d;
}

static void put_damage(const struct damage *d, struct header_line *line)
{
    if (d->unreadable > 0)
        (void)header_put(line, ROLE_WARNING, "%zu source%s unreadable", d->unreadable,
                         d->unreadable == 1 ? "" : "s");
    if (d->errors > 0)
        (void)header_put(line, ROLE_WARNING, "%llu error%s",
                         (unsigned long long)d->errors, d->errors == 1 ? "" : "s");
    if (d->skipped > 0)
        (void)header_put(line, ROLE_WARNING, "%llu record%s skipped",
                         (unsigned long long)d->skipped, d->skipped == 1 ? "" : "s");
}

/* Cells that a story should leave for what was damaged. */
static int damage_cells(const struct damage *d)
{
    return 24 * ((d->unreadable > 0) + (d->errors > 0) + (d->skipped > 0));
}

/* How sources of one process were brought onto one clock, where that is in doubt. */
static void put_clocks(const struct app *app, struct header_line *line)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);
    bool is_matched = false, is_fitted = false, is_adrift = false;

    if (!now)
        return;
    if (!app->session->has_wall) {
        (void)header_put(line, ROLE_DIM,
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
        (void)header_put(line, ROLE_WARNING,
                         "a source without a wall clock is placed by guess");
    else if (is_fitted)
        (void)header_put(line, ROLE_DIM, "clocks fitted by GC goals");
    else if (is_matched)
        (void)header_put(line, ROLE_DIM, "clocks matched by GC number");
}

void header_draw_facts(struct app *app, struct canvas *c, int row, bool is_process_told)
{
    struct header_line line = {c, row, 1, header_put_recording(app, c, row), true};
    struct damage damage = damage_of(app->session);
    char text[UNIT_TEXT];
    double value;

    if (app->is_loading)
        put_progress(app, &line);
    else if (app->is_watching)
        (void)header_put(&line, ROLE_BAR, "watching %.0f %%", 100 * app->watched);
    if (!app->has_data) {
        if (!app->live.is_live)
            (void)header_put(&line, ROLE_DIM,
                             app->is_loading ? "nothing recognised yet"
                                             : "nothing to show");
        header_put_live(app, &line);
        put_damage(&damage, &line);
        return;
    }
    if (!is_process_told)
        (void)header_put_process(app, &line);
    header_put_verdict(app, &line,
                       damage_cells(&damage) +
                           header_live_cells(app, c->charset == CHARSET_ASCII));
    header_put_live(app, &line);
    put_peak(app, &line);
    put_damage(&damage, &line);
    if (header_value(app, METRIC_GC_CYCLES, app->clock.position_ns, &value))
        (void)header_put(&line, ROLE_TEXT, "gc #%.0f", value);
    if (header_value(app, METRIC_GC_PAUSE, app->clock.position_ns, &value))
        (void)header_put(&line, ROLE_TEXT, "last pause %s",
                         unit_format(text, value, UNIT_NS, c->charset == CHARSET_ASCII));
    put_clocks(app, &line);
}
