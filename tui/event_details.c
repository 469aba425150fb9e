#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/advice.h"
#include "tui/app_internal.h"
#include "tui/events.h"
#include "tui/wrap.h"

/* A process table of a kernel log is longer than anybody reads. */
#define TASKS_SHOWN 8

/* Where the next line goes. */
struct page {
    struct canvas *c;
    struct rect area;
    int row; /* from the area's top */
};

/* Paragraph: a label in a column of its own, words wrapped beside it. */
static void put_wrapped(struct page *page, const char *label, enum role role,
                        const char *text)
{
    int lead = 10, room = page->area.cols - lead;
    struct slice rest = slice_str(text);

    if (room < 10 || rest.len == 0)
        return;
    if (page->row < page->area.rows)
        (void)canvas_put(page->c, page->area.col, page->area.row + page->row, ROLE_DIM, 0,
                         label);
    while (rest.len > 0 && page->row < page->area.rows) {
        size_t len = wrap_len(rest, room);

        if (len == 0)
            break;
        (void)canvas_putf(page->c, page->area.col + lead, page->area.row + page->row++,
                          role, 0, "%.*s", (int)len, rest.ptr);
        rest = slice_after(rest, len);
        while (rest.len > 0 && rest.ptr[0] == ' ')
            rest = slice_after(rest, 1);
    }
}

static void put_safe(struct text *t, const struct canvas *c, const char *untrusted)
{
    if (c->charset == CHARSET_ASCII)
        text_put_safe_ascii(t, slice_str(untrusted));
    else
        text_put_safe(t, slice_str(untrusted));
}

static void put_untrusted(struct page *page, const char *label, const char *text)
{
    struct text safe = {0};

    if (text)
        put_safe(&safe, page->c, text);
    put_wrapped(page, label, ROLE_TEXT, text_str(&safe));
    text_finish(&safe);
}

static void put_offset(const struct app *app, struct text *t, const char *label,
                       int64_t time_ns)
{
    char offset[UNIT_TEXT];

    (void)unit_format_offset(offset, num_sat_sub_i64(time_ns, app->zero_ns), 2);
    text_printf(t, "%s%s %s", t->len ? " · " : "", label, offset);
}

static void put_times(const struct app *app, struct page *page, const struct event *e)
{
    struct text t = {0};
    int64_t now_ns = app_known_ns(app);
    char wall[UNIT_RFC3339_TEXT];

    if (e->has_time)
        put_offset(app, &t, e->source ? "at" : "began", e->time_ns);
    else
        text_put_str(&t, "when is not known");
    if (e->has_time && app->session->has_wall &&
        strlen(unit_format_rfc3339(wall, e->time_ns)) == 30)
        text_printf(&t, " (%.10s %.11sZ)", wall, wall + 11);
    if (!e->source)
        put_offset(app, &t, "told", e->detected_ns);
    if (e->has_end && e->end_ns <= now_ns)
        put_offset(app, &t, "over since", e->end_ns);
    if (!e->source && e->confidence < 1)
        text_printf(&t, " · confidence %.2f", e->confidence);
    if (e->process && app->session->process_count > 1)
        text_printf(&t, " · process %u", (unsigned)e->process->id);
    put_wrapped(page, "when", ROLE_TEXT, text_str(&t));
    text_finish(&t);
}

static void put_figure(struct text *t, const char *label, double value, enum unit unit,
                       const char *per)
{
    char text[UNIT_TEXT];

    if (isnan(value))
        return;
    text_printf(t, "%s%s %s%s", t->len ? " · " : "", label,
                unit_format(text, value, unit, false), per);
}

static enum unit unit_of(const struct app *app, const struct event *e)
{
    return e->has_series ? metric_unit(&app->session->metrics, e->metric) : UNIT_NONE;
}

static void put_series(const struct app *app, struct page *page, const struct event *e)
{
    enum unit unit = unit_of(app, e);
    struct text t = {0};

    if (e->has_series)
        put_safe(&t, page->c, metric_name(&app->session->metrics, e->metric));
    put_figure(&t, "before", e->before, unit, "");
    put_figure(&t, "after", e->after, unit, "");
    put_figure(&t, "slope", e->slope_per_s, unit, "/s");
    put_wrapped(page, "series", ROLE_TEXT, text_str(&t));
    text_finish(&t);
}

/* What a number is in says the end of its name. */
static const struct {
    const char *ending;
    enum unit unit;
} endings[] = {
    {"_bytes_per_s", UNIT_BYTES_PER_S}, {"_bytes", UNIT_BYTES},
    {"_fraction", UNIT_RATIO},          {"_share", UNIT_RATIO},
    {"_fraction_before", UNIT_RATIO},   {"_fraction_now", UNIT_RATIO},
    {"_share_before", UNIT_RATIO},      {"_ns", UNIT_NS},
};

/* The series' own figures are in its unit. */
static bool put_own(struct text *t, const char *name, double value, enum unit unit)
{
    bool is_slope = strncmp(name, "slope", 5) == 0;
    char text[UNIT_TEXT];

    if (unit == UNIT_NONE || (!is_slope && strcmp(name, "level") != 0))
        return false;
    text_printf(t, "%s%s", unit_format(text, value, unit, false), is_slope ? "/s" : "");
    return true;
}

static void put_number(struct text *t, const char *name, double value, enum unit unit)
{
    size_t len = strlen(name);
    char text[UNIT_TEXT];

    if (put_own(t, name, value, unit))
        return;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t ending = strlen(endings[i].ending);

        if (len > ending && strcmp(name + len - ending, endings[i].ending) == 0) {
            text_put_str(t, unit_format(text, value, endings[i].unit, false));
            return;
        }
    }
    /* Counts and ids to the last digit. */
    if (value == floor(value) && fabs(value) < 1e15)
        text_printf(t, "%.0f", value);
    else
        text_printf(t, "%.4g", value);
}

static void put_evidence(const struct app *app, struct page *page, const struct event *e)
{
    enum unit unit = unit_of(app, e);
    struct text t = {0};

    for (size_t i = 0; i < e->evidence_count; i++) {
        const struct evidence *evidence = &e->evidence[i];

        if (!evidence->text && isnan(evidence->number))
            continue;
        text_printf(&t, "%s%s ", t.len ? " · " : "", evidence->name);
        if (evidence->text)
            put_safe(&t, page->c, evidence->text);
        else
            put_number(&t, evidence->name, evidence->number, unit);
    }
    put_wrapped(page, "evidence", ROLE_TEXT, text_str(&t));
    text_finish(&t);
}

static void put_tasks(struct page *page, const struct event *e)
{
    struct text t = {0};

    for (size_t i = 0; i < e->task_count && i < TASKS_SHOWN; i++) {
        char rss[UNIT_TEXT];

        text_put_str(&t, t.len ? " · " : "");
        put_safe(&t, page->c, e->tasks[i].name);
        text_printf(&t, " (%lld) %s", (long long)e->tasks[i].pid,
                    unit_format(rss, e->tasks[i].rss_bytes, UNIT_BYTES, false));
    }
    if (e->task_count > TASKS_SHOWN)
        text_printf(&t, " · %zu more", e->task_count - TASKS_SHOWN);
    put_wrapped(page, "tasks", ROLE_TEXT, text_str(&t));
    text_finish(&t);
}

void event_details_draw(const struct app *app, struct canvas *c, struct rect area,
                        const struct event *e)
{
    struct rect inside = rect_inset(area, 1), clip = c->clip;
    struct page page = {c, {inside.col + 1, inside.row, inside.cols - 2, inside.rows}, 0};

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_putf(c, area.col + 2, area.row, severity_role(e->severity), 0,
                      " %s %s %s ", severity_sign(e->severity),
                      severity_name(e->severity), event_kind_name(e->kind));
    c->clip = inside;
    put_untrusted(&page, "", e->message);
    put_times(app, &page, e);
    put_series(app, &page, e);
    put_untrusted(&page, "advice", event_advice(e));
    put_untrusted(&page, "rule", e->rule);
    put_evidence(app, &page, e);
    put_tasks(&page, e);
    c->clip = clip;
}
