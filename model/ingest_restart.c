/* A process that began where another had ended is news to who watches. */
#include <math.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/ingest_internal.h"

/* Unix time of the table's zero, where the source itself says so. */
static bool zero_of(const struct track *t, int64_t *zero_ns)
{
    *zero_ns = t->clock == CLOCK_WALL ? 0 : t->stamp_origin_ns;
    return t->clock == CLOCK_WALL || t->stamp != STAMP_NONE;
}

double ingest_silence(const struct track *before, int64_t before_ns,
                      const struct track *after, int64_t after_ns)
{
    int64_t zero, other_zero, ns;

    if (!zero_of(before, &zero) || !zero_of(after, &other_zero))
        return NAN;
    ns = num_sat_sub_i64(num_sat_add_i64(other_zero, after_ns),
                         num_sat_add_i64(zero, before_ns));
    return ns >= 0 ? (double)ns : NAN; /* stamps are cut down to their steps */
}

void ingest_note_restart(struct ingest *in, struct track *after, int64_t at_ns,
                         double silent_ns)
{
    struct notice n = notice_empty(EVENT_RESTART);
    double silent_s = silent_ns / (double)NS_PER_S;
    struct fact fact = {.name = "silent_s", .number = silent_s};
    struct text message = {0};
    struct event *e;

    if (!in->session->is_streamed || !in->began_run)
        return;
    /* No numbers: processes that turn out to be one close the gap. */
    text_printf(&message, "a new process began");
    if (!isnan(silent_s))
        text_printf(&message, " after the one before it was silent for %.1f s", silent_s);
    else
        text_printf(&message, " where another had ended");
    n.time_kind = MOMENT_CYCLE; /* beside its first record, wherever that is put */
    n.time_ns = at_ns;
    n.message = slice_str(text_str(&message));
    n.facts = &fact;
    n.fact_count = isnan(silent_s) ? (size_t)0 : 1;
    e = session_add_event(in->session, in->source, &n);
    text_finish(&message);
    if (!e)
        return;
    e->process = after->process;
    e->track = after;
}
