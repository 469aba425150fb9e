/* Stories of a collector that works too hard. */
#include "model/detect/evidence.h"
#include "model/detect/story_internal.h"
#include "model/detect/story_teller.h"

static const char *ordinal_suffix(size_t n)
{
    if (n / 10 % 10 == 1)
        return "th";
    return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
}

static void put_pressure(struct teller *t, const struct event *e)
{
    struct text *out = teller_clause(t, 0);
    bool is_over = story_is_over(e, t->at_ns);
    double now, before;
    char value[UNIT_TEXT];

    if (evidence_number(e, "gc_cpu_fraction", &now))
        text_printf(out, "GC %s %s of the CPU", is_over ? "took" : "takes",
                    unit_format(value, now, UNIT_RATIO, t->ascii));
    else
        story_put_name(out, slice_str(e->message), t->ascii);
    text_put_str(out, is_over ? " from " : " since ");
    teller_put_offset(t, out, e->time_ns);
    if (is_over) {
        text_put_str(out, " to ");
        teller_put_offset(t, out, e->end_ns);
    }
    if (!t->is_brief && evidence_number(e, "gc_cpu_fraction_before", &before))
        text_printf(out, " (%s before)",
                    unit_format(value, before, UNIT_RATIO, t->ascii));
}

static void put_cycles(struct teller *t, const struct event *e)
{
    char value[UNIT_TEXT];
    double now, before;
    struct text *out;

    if (!evidence_number(e, "cycles_per_s", &now))
        return;
    out = teller_clause(t, 2);
    text_printf(out, "%s cycles/s", unit_format(value, now, UNIT_COUNT, t->ascii));
    if (!t->is_brief && evidence_number(e, "cycles_per_s_before", &before))
        text_printf(out, " (%s before)",
                    unit_format(value, before, UNIT_COUNT, t->ascii));
}

/* Below that goroutines did not have to mark for what they allocate. */
#define ASSISTS_NOTABLE 0.05

static void put_assists(struct teller *t, const struct event *e)
{
    char share[UNIT_TEXT];
    double now;

    if (evidence_number(e, "assist_share", &now) && now >= ASSISTS_NOTABLE)
        text_printf(teller_clause(t, 3), "%s of marking by assists",
                    unit_format(share, now, UNIT_RATIO, t->ascii));
}

/* So much more live heap than before is growth, and not only pressure. */
#define HEAP_RISE 1.25

/* The soft limit that the collector ran against. */
static bool find_soft_limit(const struct teller *t, const struct event *e, double *limit)
{
    if (evidence_number(e, "limit_bytes", limit) ||
        teller_last(t, METRIC_MEM_GOMEMLIMIT, t->at_ns, limit))
        return true;
    *limit = t->session->limit_bytes;
    return t->session->is_limit_given;
}

static void put_heap_beside(struct teller *t, const struct event *e)
{
    double before, now, limit;
    struct text *out;

    if (!teller_recent(t, METRIC_HEAP_LIVE, e->time_ns, &before) ||
        !teller_recent(t, METRIC_HEAP_LIVE, t->at_ns, &now))
        return;
    out = teller_clause(t, 1);
    text_put_str(out, "live heap ");
    if (now > before * HEAP_RISE && !t->is_brief) {
        teller_put_bytes(t, out, before);
        text_put_str(out, " to ");
    }
    teller_put_bytes(t, out, now);
    if (e->kind == EVENT_GC_THRASH && find_soft_limit(t, e, &limit)) {
        text_put_str(out, t->is_brief ? " of " : ", too near to GOMEMLIMIT (");
        teller_put_bytes(t, out, limit);
        text_put_str(out, t->is_brief ? "" : ")");
    } else if (now <= before * HEAP_RISE && !t->is_brief) {
        text_put_str(out, " as before: pressure, not retention");
    }
}

void teller_pressure(struct teller *t, const struct event *e)
{
    size_t count = story_count(t->session, t->process, e->kind, t->at_ns);

    put_pressure(t, e);
    put_cycles(t, e);
    put_assists(t, e);
    put_heap_beside(t, e);
    if (count > 1)
        text_printf(teller_clause(t, 3), "the %zu%s time", count, ordinal_suffix(count));
}
