#include "model/detect/story.h"

#include <assert.h>
#include <math.h>

#include "model/base/num.h"
#include "model/detect/story_internal.h"
#include "model/detect/story_teller.h"
#include "model/detect/verdict.h"

struct text *teller_clause(struct teller *t, int rank)
{
    assert(t->count < CLAUSES_MAX);
    t->clauses[t->count].rank = rank;
    return &t->clauses[t->count++].text;
}

void teller_put_bytes(const struct teller *t, struct text *out, double bytes)
{
    char value[UNIT_TEXT];

    text_put_str(out, unit_format(value, bytes, UNIT_BYTES, t->ascii));
}

void teller_put_offset(const struct teller *t, struct text *out, int64_t time_ns)
{
    char offset[UNIT_TEXT];

    text_put_str(out, story_offset(offset, t->session, time_ns));
}

double teller_seconds(int64_t from_ns, int64_t to_ns)
{
    return (double)num_sat_sub_i64(to_ns, from_ns) / (double)NS_PER_S;
}

/* So few rows foretell nothing, and nobody expects them to. */
#define ROWS_MIN 10

static void tell_death(struct teller *t, const struct event *kill)
{
    const struct event *growth = story_growth(t->session, t->process, kill->time_ns);
    const struct event *told = story_warning(t->session, t->process, kill->time_ns);
    struct text *out = teller_clause(t, 0);
    char lead[UNIT_TEXT];

    text_put_str(out, kill->kind == EVENT_FATAL ? "out of memory"
                      : t->is_brief             ? "killed"
                                                : "killed for want of memory");
    if (isfinite(kill->limit_bytes)) {
        text_put_str(out, " at its ");
        teller_put_bytes(t, out, kill->limit_bytes);
        text_put_str(out, " limit");
    }
    if (kill->has_time) {
        text_put_str(out, t->is_brief ? ", " : " at ");
        teller_put_offset(t, out, kill->time_ns);
    }
    if (told)
        text_printf(
            teller_clause(t, 1), "told %s before",
            story_seconds(lead, teller_seconds(told->detected_ns, kill->time_ns)));
    else if (growth)
        text_printf(
            teller_clause(t, 1), "growth told %s before",
            story_seconds(lead, teller_seconds(growth->detected_ns, kill->time_ns)));
    else if (process_rows(t->process) >= ROWS_MIN)
        text_put_str(teller_clause(t, 4), "nothing foretold it");
    if (growth && story_is_over(growth, kill->time_ns))
        teller_waves(t);
    else if (growth)
        teller_growth(t, growth, true);
}

static void put_peak(struct teller *t)
{
    static const uint32_t metrics[] = {METRIC_MEM_CGROUP, METRIC_MEM_RSS,
                                       METRIC_HEAP_INUSE, METRIC_HEAP_START};
    double limit = t->session->limit_bytes;
    struct span_values v = {0};
    struct series series = {0};

    for (size_t i = 0; i < COUNT_OF(metrics) && !v.has; i++) {
        if (!session_series(t->session, t->process, metrics[i], &series))
            continue;
        v = series_span(&series, INT64_MIN,
                        t->at_ns == INT64_MAX ? INT64_MAX : t->at_ns + 1);
    }
    if (v.has) {
        struct text *out = teller_clause(t, 1);

        story_put_subject(t->session, series.metric, t->ascii, out);
        text_put_str(out, t->is_brief ? " " : " at most ");
        teller_put_bytes(t, out, v.max);
        if (isfinite(limit)) {
            text_put_str(out, t->is_brief ? " of " : " of the ");
            teller_put_bytes(t, out, limit);
            text_put_str(out, t->is_brief ? "" : " limit");
        }
    }
}

/* The last fatal error that was no want of memory. */
static bool put_fatal(struct teller *t)
{
    const struct event *fatal = verdict_fatal_of(t->session, t->process, t->at_ns);

    if (fatal) {
        struct text *out = teller_clause(t, 0);

        text_put_str(
            out, t->is_brief ? "" : "ended with a fatal error, not for want of memory: ");
        story_put_name(out, slice_str(fatal->message), t->ascii);
    }
    return fatal != NULL;
}

static void tell_health(struct teller *t)
{
    size_t rows = process_rows(t->process);
    char value[UNIT_TEXT];
    double now;

    if (put_fatal(t) && rows < ROWS_MIN)
        return;
    if (rows < ROWS_MIN) {
        text_printf(teller_clause(t, 0), "too little to tell: %zu record%s", rows,
                    rows == 1 ? "" : "s");
        return;
    }
    if (!t->is_brief)
        text_put_str(teller_clause(t, 0), "nothing grows beyond load and warm-up");
    if (teller_recent(t, METRIC_HEAP_LIVE, t->at_ns, &now) && now > 0) {
        struct text *out = teller_clause(t, 0);

        text_put_str(out, "live heap ");
        teller_put_bytes(t, out, now);
    }
    put_peak(t);
    if (teller_middle(t, METRIC_GC_CPU_FRACTION, INT64_MIN, t->at_ns, &now))
        text_printf(teller_clause(t, 2), "GC %s of the CPU",
                    unit_format(value, now, UNIT_RATIO, t->ascii));
}

static void tell(struct teller *t)
{
    const struct event *because, *e;

    switch (verdict_of_process(t->session, t->process, t->at_ns, &because)) {
    case VERDICT_OOM_KILLED:
        tell_death(t, because);
        break;
    case VERDICT_PRE_OOM:
    case VERDICT_LEAK:
        e = story_growth(t->session, t->process, t->at_ns);
        teller_growth(t, e ? e : because, false);
        break;
    case VERDICT_PRESSURE:
        e = story_pressure(t->session, t->process, t->at_ns);
        teller_pressure(t, e ? e : because);
        break;
    case VERDICT_HEALTHY:
        tell_health(t);
        break;
    }
}

static struct teller begin(const struct session *s, const struct process *p,
                           int64_t at_ns, bool ascii)
{
    struct teller t = {
        .session = s, .process = p, .at_ns = at_ns, .now_ns = at_ns, .ascii = ascii};
    int64_t from_ns, to_ns;

    if (process_span(p, &from_ns, &to_ns) && to_ns < at_ns)
        t.now_ns = to_ns;
    return t;
}

static void finish(struct teller *t)
{
    for (size_t i = 0; i < t->count; i++)
        text_finish(&t->clauses[i].text);
}

void story_put_verdict(const struct session *s, const struct process *p, int64_t at_ns,
                       bool ascii, struct text *out)
{
    struct teller t = begin(s, p, at_ns, ascii);

    tell(&t);
    for (size_t i = 0; i < t.count; i++)
        text_printf(out, "%s%s", i ? "; " : "", text_str(&t.clauses[i].text));
    finish(&t);
}

#define DOT_CELLS 3

/* Which clauses fit, the most important first. */
static unsigned choose(const struct teller *t, int width_cols)
{
    unsigned chosen = 0;
    int used = -DOT_CELLS;

    for (int rank = 0; rank < CLAUSES_MAX; rank++) {
        for (size_t i = 0; i < t->count; i++) {
            int cells = text_cells(text_str(&t->clauses[i].text)) + DOT_CELLS;

            if (t->clauses[i].rank != rank || used + cells > width_cols)
                continue;
            chosen |= 1u << i;
            used += cells;
        }
    }
    return chosen;
}

/* The most important one. */
static const struct text *first_of(const struct teller *t)
{
    const struct clause *first = &t->clauses[0];

    for (size_t i = 1; i < t->count; i++) {
        if (t->clauses[i].rank < first->rank)
            first = &t->clauses[i];
    }
    return &first->text;
}

void story_put_brief(const struct session *s, const struct process *p, int64_t at_ns,
                     int width_cols, bool ascii, struct blame_memo *memo,
                     struct text *out)
{
    struct teller t = begin(s, p, at_ns, ascii);
    unsigned chosen;
    bool is_first = true;

    t.is_brief = true;
    t.memo = memo;
    tell(&t);
    chosen = choose(&t, width_cols);
    for (size_t i = 0; i < t.count; i++) {
        if (!(chosen & 1u << i))
            continue;
        text_printf(out, "%s%s",
                    is_first ? ""
                    : ascii  ? " - "
                             : " · ",
                    text_str(&t.clauses[i].text));
        is_first = false;
    }
    if (is_first && t.count > 0 && width_cols > 0)
        text_put_safe_cells(out, slice_str(text_str(first_of(&t))), width_cols, ascii);
    finish(&t);
}
