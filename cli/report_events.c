/* The report's events: which, in which order, and as lines for people. */
#include <stdlib.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_text_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"

/* Without -v; a host's kernel log can tell of hundreds. */
#define EVENTS_SHOWN 12

/* What happened before the first record or after the last one is part of the story,
 * unless a window was asked for. */
static bool is_in_window(const struct report *r, const struct event *e)
{
    const struct options *o = r->options;

    return !e->has_time || ((o->from.kind == TIME_UNSET || e->time_ns >= r->from_ns) &&
                            (o->to.kind == TIME_UNSET || e->time_ns <= r->to_ns));
}

static int compare_events(const void *a, const void *b)
{
    const struct event *const *x = a, *const *y = b;

    if ((*x)->has_time != (*y)->has_time)
        return (*x)->has_time ? -1 : 1;
    if ((*x)->has_time && (*x)->time_ns != (*y)->time_ns)
        return (*x)->time_ns < (*y)->time_ns ? -1 : 1;
    /* Of the same source and moment: as they were written. */
    return ((*x)->stated_ns > (*y)->stated_ns) - ((*x)->stated_ns < (*y)->stated_ns);
}

const struct event **report_events(const struct report *r, size_t *count)
{
    const struct session *s = r->session;
    const struct event **list = mem_alloc_array(s->event_count, sizeof(struct event *));

    *count = 0;
    for (size_t i = 0; i < s->event_count; i++) {
        if (!s->events[i]->echo_of && is_in_window(r, s->events[i]))
            list[(*count)++] = s->events[i];
    }
    qsort(list, *count, sizeof *list, compare_events);
    return list;
}

const char *report_advice(const struct event *e)
{
    if (e->kind == EVENT_OOM_KILLED && e->severity == SEVERITY_CRITICAL)
        return "compare the heap's growth with RSS and the limit: what the heap does not "
               "explain is stacks, off-heap memory or the page cache; the last heap "
               "profile before the end names who holds the heap";
    if (e->kind == EVENT_OOM_KILLED)
        return "no process of these sources fits this kill; name one by its pid to be "
               "sure";
    if (e->kind == EVENT_FATAL)
        return "the goroutine that died is named in the log, with its stack below it";
    return NULL;
}

static void put_event(const struct report *r, struct text *t, const struct event *e)
{
    char offset[UNIT_TEXT];
    struct text line = {0};

    if (e->has_time)
        unit_format_offset(offset, num_sat_sub_i64(e->time_ns, r->origin_ns),
                           report_offset_decimals(r));
    text_printf(&line, "  %-8s  %-10s  ", severity_name(e->severity),
                e->has_time ? offset : "?");
    text_printf(&line, "%s", event_kind_name(e->kind));
    if (e->process && r->session->process_count > 1)
        text_printf(&line, " process %u", e->process->id);
    text_put_str(&line, "  ");
    common_put_safe(&line, e->message);
    text_printf(t, "%s\n", text_str(&line));
    text_finish(&line);
}

void report_put_events(const struct report *r, struct text *t)
{
    size_t count, shown;
    const struct event **list = report_events(r, &count);

    if (count) {
        report_put_heading(r, t, "EVENTS");
        text_put_char(t, '\n');
    }
    shown = r->options->is_verbose || count <= EVENTS_SHOWN ? count : EVENTS_SHOWN;
    if (shown < count)
        text_printf(t, "  %zu earlier events: -v shows them\n", count - shown);
    /* The last ones tell how it ended. */
    for (size_t i = count - shown; i < count; i++)
        put_event(r, t, list[i]);
    free(list);
}
