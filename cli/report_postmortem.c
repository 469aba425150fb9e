#include "cli/report_postmortem.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_text_internal.h"
#include "cli/report_wrap.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/postmortem.h"
#include "model/detect/story.h"

/* A host's log can tell of hundreds of deaths; the last ones matter. */
#define SHOWN_MAX 3

#define NAME_CELLS 28
#define BAR_CELLS 20

static const char *part_words(enum postmortem_part part, bool is_host_wide)
{
    static const char *const words[] = {
        [PART_LIVE] = "live heap",
        [PART_GARBAGE] = "garbage not yet collected",
        [PART_SINCE] = "allocated since (estimated)",
        [PART_FREE] = "free heap not given back",
        [PART_STACKS] = "goroutine stacks",
        [PART_RUNTIME] = "Go's own structures",
        [PART_OFFHEAP] = "off Go's heap",
        [PART_UNSEEN] = "since the last record",
        [PART_PAGE_CACHE] = "page cache",
        [PART_KERNEL] = "the kernel's",
        [PART_NEIGHBOURS] = "other processes",
    };

    static_assert(COUNT_OF(words) == PART_KINDS, "words for each");
    return is_host_wide && part == PART_NEIGHBOURS ? "the host's other processes"
                                                   : words[part];
}

static void put_padded(struct text *t, const char *ours, int cells)
{
    int pad = cells - text_cells(ours);

    text_put_str(t, ours);
    text_repeat(t, " ", pad > 0 ? (size_t)pad : 0);
}

static void put_right(struct text *t, const char *ours, int cells)
{
    int pad = cells - text_cells(ours);

    text_repeat(t, " ", pad > 0 ? (size_t)pad : 0);
    text_put_str(t, ours);
}

static void put_bar(const struct report *r, struct text *t, double share)
{
    int cells = share < 1 ? (int)(share * BAR_CELLS + 0.5) : BAR_CELLS;

    if (cells <= 0)
        return;
    text_put_str(t, "  ");
    text_repeat(t, r->is_utf8 ? "█" : "#", (size_t)cells);
}

static void put_parts(const struct report *r, struct text *t, const struct postmortem *m)
{
    char bytes[UNIT_TEXT], share[UNIT_TEXT];

    if (isnan(m->total_bytes))
        return;
    text_printf(t, "  what the %s went to\n",
                unit_format(bytes, m->total_bytes, UNIT_BYTES, !r->is_utf8));
    for (enum postmortem_part i = 0; i < PART_KINDS; i++) {
        double of = m->parts[i] / m->total_bytes;

        /* A trifle says nothing, but that stacks or neighbours were one does. */
        if (!(m->parts[i] > 0))
            continue;
        text_put_str(t, "    ");
        put_padded(t, part_words(i, m->is_host_wide), NAME_CELLS);
        put_right(t, unit_format(bytes, m->parts[i], UNIT_BYTES, !r->is_utf8), 10);
        put_right(t, unit_format(share, of, UNIT_RATIO, !r->is_utf8), 8);
        put_bar(r, t, of);
        text_put_char(t, '\n');
    }
}

/* So little of its own size in all that time is no growth. */
#define STEADY_SHARE 0.03

/* … and bytes that are so little of all. */
#define TRIFLE_SHARE 0.005

static bool is_steady(const struct postmortem *m, const struct postmortem_trend *trend,
                      enum unit unit)
{
    double window_s = (double)num_sat_sub_i64(m->end_ns, m->from_ns) / (double)NS_PER_S;
    double growth = fabs(trend->slope_per_s * window_s);

    return growth <= STEADY_SHARE * fabs(trend->last) ||
           (unit == UNIT_BYTES && growth <= TRIFLE_SHARE * m->total_bytes);
}

static void put_trend(const struct report *r, struct text *t, const struct postmortem *m,
                      const struct postmortem_trend *trend)
{
    enum unit unit = metric_unit(&r->session->metrics, trend->metric);
    char value[UNIT_TEXT], rate[STORY_RATE_TEXT];
    struct text name = {0}, growth = {0};

    story_put_subject(r->session, trend->metric, !r->is_utf8, &name);
    text_put_str(t, "    ");
    put_padded(t, text_str(&name), NAME_CELLS);
    put_right(t, unit_format(value, trend->first, unit, !r->is_utf8), 10);
    put_right(t, unit_format(value, trend->last, unit, !r->is_utf8), 12);
    /* Of rates and shares the growth is no figure that anybody thinks in. */
    if (is_steady(m, trend, unit))
        text_put_str(&growth, "steady");
    else if (!isnan(trend->slope_per_s) && unit != UNIT_BYTES_PER_S && unit != UNIT_RATIO)
        text_printf(&growth, "%s%s", trend->slope_per_s < 0 ? "-" : "+",
                    story_rate(rate, trend->slope_per_s, unit, !r->is_utf8));
    put_right(t, text_str(&growth), 16);
    report_trim_line(t);
    text_put_char(t, '\n');
    text_finish(&name);
    text_finish(&growth);
}

static void put_trends(const struct report *r, struct text *t, const struct postmortem *m)
{
    char length[UNIT_TEXT];
    struct text title = {0};

    if (m->trend_count == 0)
        return;
    text_printf(&title, "  the last %s",
                unit_format_duration(length, num_sat_sub_i64(m->end_ns, m->from_ns)));
    put_padded(t, text_str(&title), NAME_CELLS + 4);
    put_right(t, "first", 10);
    put_right(t, "last", 12);
    put_right(t, "growth", 16);
    text_put_char(t, '\n');
    for (size_t i = 0; i < m->trend_count; i++) {
        /* Less than nothing off the heap: of what Go has mapped not all is resident. */
        if (m->trends[i].metric != METRIC_MEM_OFFHEAP || m->trends[i].last > 0)
            put_trend(r, t, m, &m->trends[i]);
    }
    text_finish(&title);
}

static void put_sentence(const struct report *r, struct text *t, const char *safe)
{
    text_put_str(t, "  ");
    report_put_wrapped(t, safe, 2, 2, r->width_cols);
}

static void put_head(const struct report *r, struct text *t, const struct postmortem *m)
{
    bool is_kill = m->death->kind == EVENT_OOM_KILLED;
    char offset[UNIT_TEXT], bytes[UNIT_TEXT];
    struct text line = {0};

    report_put_heading(r, t, "POST-MORTEM");
    text_printf(&line, "  process %u", m->process->id);
    if (m->process->name) {
        text_put_char(&line, ' ');
        common_put_safe(&line, m->process->name);
    }
    text_printf(&line, ", %s", is_kill ? "killed" : "out of memory");
    if (m->death->has_time || m->trend_count > 0)
        text_printf(&line, " at %s",
                    unit_format_offset(offset, num_sat_sub_i64(m->end_ns, r->origin_ns),
                                       report_offset_decimals(r)));
    if (!isnan(m->limit_bytes))
        text_printf(&line, "; limit %s",
                    unit_format(bytes, m->limit_bytes, UNIT_BYTES, !r->is_utf8));
    if (!isnan(m->cgroup_bytes))
        text_printf(&line, ", cgroup %s",
                    unit_format(bytes, m->cgroup_bytes, UNIT_BYTES, !r->is_utf8));
    if (!isnan(m->rss_bytes))
        text_printf(&line, ", %s %s", is_kill ? "resident" : "in use",
                    unit_format(bytes, m->rss_bytes, UNIT_BYTES, !r->is_utf8));
    report_put_wrapped(t, text_str(&line), (int)strlen("POST-MORTEM"), 2, r->width_cols);
    text_finish(&line);
}

/* Was it told, and what would have helped? */
static void put_lesson(const struct report *r, struct text *t, const struct postmortem *m)
{
    char before[UNIT_TEXT], at[UNIT_TEXT];
    struct text line = {0};

    if (m->warning) {
        text_printf(
            &line, "told %s before, at %s",
            unit_format_duration(before,
                                 num_sat_sub_i64(m->end_ns, m->warning->detected_ns)),
            unit_format_offset(at, num_sat_sub_i64(m->warning->detected_ns, r->origin_ns),
                               report_offset_decimals(r)));
        put_sentence(r, t, text_str(&line));
    }
    text_clear(&line);
    text_printf(&line, "what to do: %s", postmortem_advice(m->cause));
    put_sentence(r, t, text_str(&line));
    text_finish(&line);
}

static void put_postmortem(const struct report *r, struct text *t,
                           const struct postmortem *m)
{
    struct text conclusion = {0};

    put_head(r, t, m);
    postmortem_put_conclusion(r->session, m, !r->is_utf8, &conclusion);
    put_sentence(r, t, text_str(&conclusion));
    put_parts(r, t, m);
    put_trends(r, t, m);
    put_lesson(r, t, m);
    text_finish(&conclusion);
}

void report_put_postmortems(const struct report *r, struct text *t)
{
    size_t dead = 0, seen = 0;
    struct postmortem m;

    for (size_t i = 0; i < r->session->process_count; i++)
        dead += postmortem_find(r->session, r->session->processes[i], &m) &&
                m.end_ns <= r->at_ns;
    for (size_t i = 0; i < r->session->process_count; i++) {
        if (!postmortem_find(r->session, r->session->processes[i], &m) ||
            m.end_ns > r->at_ns)
            continue;
        if (r->options->is_verbose || seen + SHOWN_MAX >= dead)
            put_postmortem(r, t, &m);
        seen++;
    }
    if (dead > SHOWN_MAX && !r->options->is_verbose)
        text_printf(t, "\n  %s and %zu before; -v has them all\n",
                    r->is_utf8 ? "…" : "...", dead - SHOWN_MAX);
}
