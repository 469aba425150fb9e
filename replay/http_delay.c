/*
 * What is said while figures are late. A server is asked one thing at a time, so one slow
 * answer, or a trace that somebody asked for, keeps all others waiting: without a word
 * the figures would stand still and look well, and the chart would join both sides.
 */
#include <string.h>

#include "model/base/num.h"
#include "model/units.h"
#include "replay/http_internal.h"

/* Figures are late so many periods after they were due: three after the last ones … */
#define PATIENCE_PERIODS 2
/* … but not sooner than this, since a busy machine pauses for some of a second. */
#define PATIENCE_NS_MIN (2 * NS_PER_S)

static int64_t late_periods(const struct endpoint *e)
{
    const int64_t period_ns = e->pace.period_ns;

    return period_ns > INT64_MAX / PATIENCE_PERIODS ? INT64_MAX
                                                    : period_ns * PATIENCE_PERIODS;
}

static int64_t patience_of(const struct endpoint *e)
{
    const int64_t ns = late_periods(e);

    return ns < PATIENCE_NS_MIN ? PATIENCE_NS_MIN : ns;
}

static bool is_trace(const struct http *h)
{
    return h->is_capture && h->asked == PLACE_TRACE;
}

/* When it is to be told that this one waits; INT64_MAX: it need not be. */
static int64_t late_at(const struct http *h, const struct endpoint *e)
{
    const int64_t since_ns =
        e->pace.next_ns > h->asked_ns ? e->pace.next_ns : h->asked_ns;

    if (!e->is_polled || e->source == 0 || e->is_in_trouble || e->is_late)
        return INT64_MAX;
    /* How long a trace takes is known before: a long one is told at once. */
    if (is_trace(h) && h->asked_seconds * NS_PER_S > late_periods(e))
        return since_ns;
    return num_sat_add_i64(since_ns, patience_of(e));
}

int64_t http_delay_next(const struct http *h)
{
    int64_t next_ns = INT64_MAX;

    for (enum http_place p = 0; p < PLACES; p++) {
        const int64_t at_ns = late_at(h, &h->ends[p]);

        next_ns = at_ns < next_ns ? at_ns : next_ns;
    }
    return next_ns;
}

static void put_why(const struct http *h, struct text *why, enum http_place waiting)
{
    const int64_t s = (live_now_ns(&h->context) - h->asked_ns) / NS_PER_S;

    if (is_trace(h)) {
        text_printf(why, "an execution trace of %u s is being taken", h->asked_seconds);
        return;
    }
    text_printf(why, "no answer for %lld s", (long long)s);
    if (waiting != h->asked) {
        text_put_str(why, " from ");
        http_put_url(h, why, true, h->asked);
    }
}

static void give_trouble(struct http *h, struct endpoint *e, const struct text *why)
{
    e->is_late = true;
    live_give(&h->context, e->source, ENTRY_TROUBLE, 0, slice_of(why->ptr, why->len));
}

void http_delay_tell(struct http *h)
{
    const int64_t now_ns = live_now_ns(&h->context);

    for (enum http_place p = 0; p < PLACES; p++) {
        struct text why = {0};

        if (late_at(h, &h->ends[p]) > now_ns)
            continue;
        put_why(h, &why, p);
        give_trouble(h, &h->ends[p], &why);
        text_finish(&why);
    }
}

void http_delay_answered(struct http *h, enum http_place place)
{
    struct endpoint *e = &h->ends[place];
    const int64_t late_ns = num_sat_sub_i64(live_now_ns(&h->context), e->pace.next_ns);
    struct text why = {0};

    if (!e->has_given || e->is_in_trouble || e->is_late || late_ns < patience_of(e))
        return;
    text_printf(&why, "no figures for %lld s",
                (long long)(num_sat_add_i64(late_ns, e->pace.period_ns) / NS_PER_S));
    give_trouble(h, e, &why);
    text_finish(&why);
}
