/* What the report begins with: the verdict in a sentence, and the forecast. */
#include <math.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_text_internal.h"
#include "cli/report_wrap.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/story.h"

/* Behind "VERDICT  " and "FORECAST ". */
#define INDENT 9
/* Other processes that are not well, below the worst. */
#define OTHERS_SHOWN 4

enum verdict report_verdict(const struct report *r)
{
    const struct event *because;

    return verdict_of_session(r->session, r->at_ns, &because);
}

static enum verdict verdict_of(const struct report *r, const struct process *p)
{
    const struct event *because;

    return verdict_of_process(r->session, p, r->at_ns, &because);
}

const struct forecast *report_forecast(const struct report *r, const struct process *p)
{
    const struct forecast *f = p ? forecast_at(&p->forecasts, r->at_ns) : NULL;

    return f && isfinite(f->limit_bytes) && isfinite(f->eta_s) ? f : NULL;
}

static double eta_of(const struct report *r, const struct process *p)
{
    const struct forecast *f = report_forecast(r, p);

    return f ? f->eta_s : INFINITY;
}

const struct process *report_worst(const struct report *r)
{
    const struct process *worst = NULL;
    enum verdict of_worst = VERDICT_HEALTHY;

    for (size_t i = 0; i < r->session->process_count; i++) {
        const struct process *p = r->session->processes[i];
        enum verdict verdict = verdict_of(r, p);

        if (!worst || verdict > of_worst ||
            (verdict == of_worst && eta_of(r, p) <= eta_of(r, worst))) {
            worst = p;
            of_worst = verdict;
        }
    }
    return worst;
}

static const char *color_of(enum verdict verdict)
{
    static const char *const colors[] = {
        [VERDICT_HEALTHY] = "\x1b[32m",      [VERDICT_PRESSURE] = "\x1b[33m",
        [VERDICT_LEAK] = "\x1b[33m",         [VERDICT_PRE_OOM] = "\x1b[1;31m",
        [VERDICT_OOM_KILLED] = "\x1b[1;31m",
    };

    return colors[verdict];
}

static int put_word(const struct report *r, struct text *t, enum verdict verdict)
{
    const char *color = r->is_colored ? color_of(verdict) : "";

    text_printf(t, "%s%s%s  ", color, verdict_word(verdict), *color ? "\x1b[0m" : "");
    return INDENT + text_cells(verdict_word(verdict)) + 2;
}

static void put_name(const struct report *r, struct text *t, const struct process *p)
{
    if (r->session->process_count < 2)
        return;
    text_printf(t, "process %u", p->id);
    if (p->name) {
        text_put_str(t, " (");
        common_put_safe(t, p->name);
        text_put_char(t, ')');
    }
    text_put_str(t, ": ");
}

static void put_process(const struct report *r, struct text *t, const struct process *p)
{
    int used = put_word(r, t, verdict_of(r, p));
    struct text story = {0};

    put_name(r, &story, p);
    story_put_verdict(r->session, p, r->at_ns, !r->is_utf8, &story);
    report_put_wrapped(t, text_str(&story), used, INDENT, r->width_cols);
    text_finish(&story);
}

/* A panic is nothing to be judged by, and yet not how a process should end. */
static bool is_worth_a_line(const struct report *r, const struct process *p)
{
    return verdict_of(r, p) != VERDICT_HEALTHY ||
           verdict_fatal_of(r->session, p, r->at_ns) != NULL;
}

static void put_last_words(const struct report *r, struct text *t,
                           const struct process *p)
{
    text_put_str(t, "ended with a fatal error: ");
    common_put_safe(t, verdict_fatal_of(r->session, p, r->at_ns)->message);
}

/* One line each, the latest first. */
static void put_others(const struct report *r, struct text *t,
                       const struct process *worst)
{
    size_t shown = 0, hidden = 0;

    for (size_t i = r->session->process_count; i-- > 0;) {
        const struct process *p = r->session->processes[i];
        struct text line = {0};
        int used;

        if (p == worst || !is_worth_a_line(r, p))
            continue;
        if (shown == OTHERS_SHOWN && !r->options->is_verbose) {
            hidden++;
            continue;
        }
        shown++;
        text_repeat(t, " ", INDENT);
        used = put_word(r, t, verdict_of(r, p));
        put_name(r, &line, p);
        if (verdict_of(r, p) == VERDICT_HEALTHY)
            put_last_words(r, &line, p);
        else
            story_put_brief(r->session, p, r->at_ns,
                            r->width_cols - used - text_cells(text_str(&line)),
                            !r->is_utf8, NULL, &line);
        text_put_safe_cells(t, slice_str(text_str(&line)), r->width_cols - used,
                            !r->is_utf8);
        text_put_char(t, '\n');
        text_finish(&line);
    }
    if (hidden)
        text_printf(t, "%*s%s and %zu more processes that are not well\n", INDENT, "",
                    r->is_utf8 ? "…" : "...", hidden);
}

/* Of a kernel log by itself: whom it tells of is no process of the session. */
static void put_strangers(const struct report *r, struct text *t)
{
    const struct event *because;
    int used = put_word(r, t, verdict_of_session(r->session, r->at_ns, &because));
    struct text line = {0};

    if (because)
        common_put_safe(&line, because->message);
    else
        text_put_str(&line, "nothing to judge");
    report_put_wrapped(t, text_str(&line), used, INDENT, r->width_cols);
    text_finish(&line);
}

void report_put_verdict(const struct report *r, struct text *t)
{
    const struct process *worst = report_worst(r);
    enum verdict verdict = report_verdict(r);

    text_printf(t, "%sVERDICT%s  ", r->is_colored ? "\x1b[1m" : "",
                r->is_colored ? "\x1b[0m" : "");
    if (!worst || verdict_of(r, worst) < verdict) {
        put_strangers(r, t);
        return;
    }
    if (verdict == VERDICT_HEALTHY && r->session->process_count > 1) {
        (void)put_word(r, t, verdict);
        text_printf(t, "all %zu processes\n", r->session->process_count);
        put_others(r, t, NULL);
        return;
    }
    put_process(r, t, worst);
    put_others(r, t, worst);
}

/* A part in a hundred is a minute or so in as many: no verdict hangs on it. */
#define LOST_SHARE 100

void report_put_lost(const struct report *r, struct text *t)
{
    for (size_t i = 0; i < r->session->source_count; i++) {
        const struct source *source = r->session->sources[i];
        struct text line = {0};

        if (source->lost_parts == 0 ||
            source->lost_parts < source->part_count / LOST_SHARE)
            continue;
        text_repeat(t, " ", INDENT);
        text_printf(&line, "%llu of %llu parts of ",
                    (unsigned long long)source->lost_parts,
                    (unsigned long long)source->part_count);
        common_put_safe(&line, source->path);
        text_put_str(&line, " could not be read to their end: what they held is not "
                            "judged");
        report_put_wrapped(t, text_str(&line), INDENT, INDENT, r->width_cols);
        text_finish(&line);
    }
}

static void put_bytes(const struct report *r, struct text *t, double bytes)
{
    char value[UNIT_TEXT];

    text_put_str(t, unit_format(value, bytes, UNIT_BYTES, !r->is_utf8));
}

/* The moment that is foretold, as an offset; far away the length of time has to do. */
#define OFFSET_MAX_S 8.64e5

static void put_moment(const struct report *r, struct text *t, const struct forecast *f)
{
    char offset[UNIT_TEXT];
    int64_t eta_ns = num_i64_of_double(f->eta_s * (double)NS_PER_S);

    if (!(f->eta_s < OFFSET_MAX_S))
        return;
    text_printf(t, ", at %s",
                unit_format_offset(
                    offset,
                    num_sat_sub_i64(num_sat_add_i64(f->as_of_ns, eta_ns), r->origin_ns),
                    f->eta_s < 60 ? 1 : 0));
}

static const char *seconds(char out[UNIT_TEXT], double s)
{
    return isfinite(s)
               ? unit_format_duration(out, num_i64_of_double(s * (double)NS_PER_S))
               : "open end";
}

void report_put_forecast(const struct report *r, struct text *t)
{
    const struct process *p = report_worst(r);
    const struct forecast *f = report_forecast(r, p);
    char as_of[UNIT_TEXT], eta[UNIT_TEXT], low[UNIT_TEXT], high[UNIT_TEXT];
    struct text line = {0};

    /* The dead have no future; what was foretold is in the JSON and the post-mortem. */
    if (!f || verdict_of(r, p) == VERDICT_OOM_KILLED)
        return;
    unit_format_offset(as_of, num_sat_sub_i64(f->as_of_ns, r->origin_ns),
                       report_offset_decimals(r));
    text_printf(&line, "as of %s %s needs ", as_of,
                f->end == FORECAST_THRASH ? "the live heap" : "the next peak");
    put_bytes(r, &line, f->need_bytes);
    text_put_str(&line, f->eta_s > 0 ? " and reaches the " : ": it is at the ");
    put_bytes(r, &line, f->limit_bytes);
    text_printf(&line, " limit (%s)", f->limit_source ? f->limit_source : "?");
    if (f->eta_s > 0) {
        text_printf(&line, " in %s (80 %%: %s to %s)", seconds(eta, f->eta_s),
                    seconds(low, f->eta_low_s), seconds(high, f->eta_high_s));
        put_moment(r, &line, f);
    }
    text_printf(t, "%sFORECAST%s ", r->is_colored ? "\x1b[1m" : "",
                r->is_colored ? "\x1b[0m" : "");
    report_put_wrapped(t, text_str(&line), INDENT, INDENT, r->width_cols);
    text_finish(&line);
}
