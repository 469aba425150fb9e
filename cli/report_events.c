/* The report's events: which, in which order, and as lines for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_text_internal.h"
#include "cli/report_wrap.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/advice.h"

/* Goes on until it is closed; others happen at a moment. */
static bool is_lasting(const struct event *e)
{
    switch (e->kind) {
    case EVENT_OOM_KILLED:
    case EVENT_FATAL:
    case EVENT_RESTART:
    case EVENT_FORCED_GC:
    case EVENT_LEVEL_SHIFT:
    case EVENT_SLOPE_CHANGE:
    case EVENT_VARIANCE_CHANGE:
    case EVENT_SPIKE:
        return false;
    default:
        return true;
    }
}

static int64_t last_of(const struct event *e)
{
    if (e->has_end)
        return e->end_ns;
    return is_lasting(e) ? INT64_MAX : e->time_ns;
}

/* What happened before the first record or after the last one is part of the story,
 * unless a window was asked for. */
static bool is_in_window(const struct report *r, const struct event *e)
{
    return !e->has_time ||
           ((r->options->from.kind == TIME_UNSET || last_of(e) >= r->from_ns) &&
            event_known_ns(e) <= r->at_ns);
}

static int compare_events(const void *a, const void *b)
{
    const struct event *const *x = a, *const *y = b;

    if ((*x)->has_time != (*y)->has_time)
        return (*x)->has_time ? -1 : 1;
    if ((*x)->has_time && (*x)->time_ns != (*y)->time_ns)
        return (*x)->time_ns < (*y)->time_ns ? -1 : 1;
    if ((*x)->detected_ns != (*y)->detected_ns)
        return (*x)->detected_ns < (*y)->detected_ns ? -1 : 1;
    /* Of the same source and moment: as they were written. */
    return ((*x)->stated_ns > (*y)->stated_ns) - ((*x)->stated_ns < (*y)->stated_ns);
}

const struct event **report_events(const struct report *r, size_t *count)
{
    const struct session *s = r->session;
    const struct event **list =
        mem_alloc_array(session_event_count(s) + 1, sizeof(struct event *));

    *count = 0;
    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        if (!e->echo_of && is_in_window(r, e))
            list[(*count)++] = e;
    }
    qsort(list, *count, sizeof *list, compare_events);
    return list;
}

/*
 * Without -v a handful of lines that matter: of warnings and worse the first ones, which
 * tell how it began, and the last, which tell how it ended; the last things that inputs
 * told. The rest is a count of each kind.
 */
#define LOUD_FIRST 4
#define LOUD_LAST 8
#define TOLD_LAST 4

struct list {
    const struct event **items;
    size_t count;
    size_t loud, told; /* how many of each there are */
};

static bool is_loud(const struct event *e)
{
    return e->severity >= SEVERITY_WARNING;
}

/* The kernel's log of a host tells of others too. */
static bool is_strangers(const struct report *r, const struct event *e)
{
    return e->kind == EVENT_OOM_KILLED && !e->process && !is_loud(e) &&
           r->session->process_count > 0;
}

static bool is_told(const struct report *r, const struct event *e)
{
    return !is_loud(e) && e->source != NULL && !is_strangers(r, e);
}

static struct list make_list(const struct report *r)
{
    struct list list = {0};

    list.items = report_events(r, &list.count);
    for (size_t i = 0; i < list.count; i++) {
        list.loud += is_loud(list.items[i]);
        list.told += is_told(r, list.items[i]);
    }
    return list;
}

/* index: which of the loud (of the told) ones it is. */
static bool is_shown(const struct report *r, const struct list *list,
                     const struct event *e, size_t index)
{
    if (r->options->is_verbose)
        return true;
    if (is_loud(e))
        return index < LOUD_FIRST || index + LOUD_LAST >= list->loud;
    return is_told(r, e) && index + TOLD_LAST >= list->told;
}

/* The columns in front of the message: as wide as what stands in them. */
struct columns {
    int began, told, kind, series, process;
};

#define SERIES_CELLS_MAX 20
#define MESSAGE_CELLS_MIN 40
/* An event's message where there is no room behind its columns. */
#define MESSAGE_INDENT 4

static void widen(int *column, int cells)
{
    if (cells > *column)
        *column = cells;
}

static const char *began_of(const struct report *r, char out[UNIT_TEXT],
                            const struct event *e)
{
    if (!e->has_time)
        return "?";
    return unit_format_offset(out, num_sat_sub_i64(e->time_ns, r->origin_ns),
                              report_offset_decimals(r));
}

/* What an input told was known when it happened. */
static const char *told_of(const struct report *r, char out[UNIT_TEXT],
                           const struct event *e)
{
    if (!e->has_time || e->source)
        return "";
    return unit_format_offset(out, num_sat_sub_i64(e->detected_ns, r->origin_ns),
                              report_offset_decimals(r));
}

static const char *series_of(const struct report *r, const struct event *e)
{
    return e->has_series ? metric_name(&r->session->metrics, e->metric) : "";
}

static void put_process_of(const struct report *r, char out[UNIT_TEXT],
                           const struct event *e)
{
    out[0] = '\0';
    if (e->process && r->session->process_count > 1)
        (void)snprintf(out, UNIT_TEXT, "#%u", e->process->id);
}

static void measure(const struct report *r, struct columns *c, const struct event *e)
{
    char text[UNIT_TEXT];
    struct text series = {0};

    widen(&c->began, text_cells(began_of(r, text, e)));
    widen(&c->told, text_cells(told_of(r, text, e)));
    widen(&c->kind, text_cells(event_kind_name(e->kind)));
    common_put_safe(&series, series_of(r, e));
    widen(&c->series, text_cells(text_str(&series)));
    put_process_of(r, text, e);
    widen(&c->process, text_cells(text));
    text_finish(&series);
}

static const char *color_of(enum severity severity)
{
    return severity == SEVERITY_CRITICAL  ? "\x1b[1;31m"
           : severity == SEVERITY_WARNING ? "\x1b[33m"
                                          : "";
}

static void put_severity(const struct report *r, struct text *t, enum severity severity)
{
    const char *color = r->is_colored ? color_of(severity) : "";

    text_printf(t, "%s%-8s%s", color, severity_name(severity), *color ? "\x1b[0m" : "");
}

static void put_cell(struct text *t, const char *ours, int cells)
{
    int pad = cells - text_cells(ours);

    if (cells == 0)
        return;
    text_put_str(t, "  ");
    text_put_str(t, ours);
    text_repeat(t, " ", pad > 0 ? (size_t)pad : 0);
}

static int columns_cells(const struct columns *c)
{
    const int widths[] = {8, c->kind, c->began, c->told, c->process, c->series};
    int total = 0;

    for (size_t i = 0; i < COUNT_OF(widths); i++)
        total += widths[i] ? widths[i] + 2 : 0;
    return total;
}

static void put_event(const struct report *r, struct text *t, const struct columns *c,
                      const struct event *e)
{
    char text[UNIT_TEXT];
    struct text message = {0};
    int used = columns_cells(c) + 2;

    text_put_str(t, "  ");
    put_severity(r, t, e->severity);
    put_cell(t, event_kind_name(e->kind), c->kind);
    put_cell(t, began_of(r, text, e), c->began);
    put_cell(t, told_of(r, text, e), c->told);
    put_process_of(r, text, e);
    put_cell(t, text, c->process);
    if (c->series) {
        text_put_str(t, "  ");
        report_put_cells(r, t, series_of(r, e), c->series);
    }
    common_put_safe(&message, e->message);
    if (is_strangers(r, e))
        text_put_str(&message, "; that was none of these processes");
    if (r->width_cols - used < MESSAGE_CELLS_MIN) {
        report_trim_line(t);
        text_put_char(t, '\n');
        text_repeat(t, " ", MESSAGE_INDENT);
        used = MESSAGE_INDENT;
    } else {
        text_put_str(t, "  ");
    }
    report_put_wrapped(t, text_str(&message), used, used, r->width_cols);
    text_finish(&message);
}

/* Where columns stand below it, their names. */
static void put_titles(const struct report *r, struct text *t, const struct columns *c,
                       bool has_lines)
{
    struct text line = {0};

    if (has_lines) {
        text_repeat(&line, " ", c->kind > 4 ? (size_t)c->kind + 6 : 10);
        put_cell(&line, "began", c->began);
        put_cell(&line, c->told ? "told" : "", c->told);
    }
    report_put_heading(r, t, "EVENTS");
    text_put_str(t, text_str(&line));
    report_trim_line(t);
    text_put_char(t, '\n');
    text_finish(&line);
}

/* What is not shown, by kind; other processes' kills by themselves. */
struct rest {
    size_t kinds[EVENT_KINDS];
    size_t strangers, total;
};

static void leave_out(const struct report *r, struct rest *rest, const struct event *e)
{
    rest->total++;
    if (is_strangers(r, e))
        rest->strangers++;
    else
        rest->kinds[e->kind]++;
}

/* "… and 14 more: 6 level-shift, 5 slope-change, 3 spike; -v lists them". */
static void put_rest(const struct report *r, struct text *t, const struct rest *rest,
                     bool is_all)
{
    const char *comma = "";
    struct text line = {0};

    if (rest->total == 0)
        return;
    if (is_all)
        text_put_str(&line, "side notes only: ");
    else
        text_printf(&line, "%s and %zu more: ", r->is_utf8 ? "…" : "...", rest->total);
    for (size_t i = 0; i < EVENT_KINDS; i++) {
        if (rest->kinds[i] == 0)
            continue;
        text_printf(&line, "%s%zu %s", comma, rest->kinds[i],
                    event_kind_name((enum event_kind)i));
        comma = ", ";
    }
    if (rest->strangers > 0)
        text_printf(&line, "%s%zu oom-killed of other processes", comma, rest->strangers);
    text_put_str(&line, "; -v lists them");
    text_put_str(t, "  ");
    report_put_wrapped(t, text_str(&line), 2, 4, r->width_cols);
    text_finish(&line);
}

void report_put_events(const struct report *r, struct text *t)
{
    struct list list = make_list(r);
    bool *shown = mem_alloc_array(list.count + 1, sizeof *shown);
    size_t loud = 0, told = 0;
    struct rest rest = {0};
    struct columns columns = {.began = 5};

    for (size_t i = 0; i < list.count; i++) {
        const struct event *e = list.items[i];

        shown[i] = is_shown(r, &list, e,
                            is_loud(e)      ? loud++
                            : is_told(r, e) ? told++
                                            : 0);
        if (shown[i])
            measure(r, &columns, e);
        else
            leave_out(r, &rest, e);
    }
    if (columns.series > SERIES_CELLS_MAX)
        columns.series = SERIES_CELLS_MAX;
    if (list.count)
        put_titles(r, t, &columns, rest.total < list.count);
    for (size_t i = 0; i < list.count; i++) {
        if (shown[i])
            put_event(r, t, &columns, list.items[i]);
    }
    put_rest(r, t, &rest, rest.total == list.count);
    free(shown);
    free(list.items);
}

/* More advice than that is none. */
#define ADVICE_SHOWN 3

static bool is_dead(const struct report *r, const struct process *p)
{
    return p && (p->end == END_OOM_KILLED || p->end == END_FATAL) &&
           (!p->has_end || p->end_ns <= r->at_ns);
}

/* What to do now: nothing about what is over, and of the dead the post-mortem speaks. */
static bool is_to_do(const struct report *r, const struct event *e)
{
    bool is_death = e->kind == EVENT_OOM_KILLED || e->kind == EVENT_FATAL;

    return is_loud(e) && !(e->has_end && e->end_ns <= r->at_ns) &&
           (is_death ? !e->process : !is_dead(r, e->process));
}

/* What kills first, then what keeps growing. */
#define URGENCIES 3

static int urgency_of(const struct event *e)
{
    if (e->severity == SEVERITY_CRITICAL)
        return 0;
    return e->kind == EVENT_LEAK ? 1 : 2;
}

static bool is_given(const char *const *given, size_t count, const char *advice)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(given[i], advice) == 0)
            return true;
    }
    return false;
}

static void put_advice(const struct report *r, struct text *t, const struct event *e,
                       const char *advice)
{
    struct text line = {0};

    text_printf(&line, "%s: ", event_kind_name(e->kind));
    common_put_safe(&line, advice);
    text_put_str(t, "  ");
    report_put_wrapped(t, text_str(&line), 2, 4, r->width_cols);
    text_finish(&line);
}

void report_put_advice(const struct report *r, struct text *t)
{
    const char *given[ADVICE_SHOWN];
    size_t count = 0;
    struct list list = make_list(r);

    for (size_t i = 0; i < URGENCIES * list.count && count < ADVICE_SHOWN; i++) {
        const struct event *e = list.items[i % list.count];
        const char *advice = event_advice(e);

        if (urgency_of(e) != (int)(i / list.count) || !is_to_do(r, e) || !advice ||
            is_given(given, count, advice))
            continue;
        if (count == 0) {
            report_put_heading(r, t, "WHAT TO DO");
            text_put_char(t, '\n');
        }
        given[count++] = advice;
        put_advice(r, t, e, advice);
    }
    free(list.items);
}
