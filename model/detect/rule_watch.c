#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/rule_eval.h"
#include "model/detect/rule_internal.h"
#include "model/detect/rule_message.h"
#include "model/session.h"

#define NO_METRIC UINT32_MAX

/* A limit that is none: what is written for it is the largest number there is, rounded
 * down to pages. */
#define LIMIT_NONE_BYTES 4611686018427387904.0

/* The last of a series of the set. */
struct heard {
    double value; /* in its own unit */
    double scale; /* … to bytes and seconds */
    enum unit unit;
    uint32_t metric; /* NO_METRIC: no input brought it so far */
    bool has_value;
    int64_t time_ns, pace_ns;
    uint64_t row; /* in which it came */
};

struct watched_rule {
    struct rule_state *when, *clear;
    bool is_true; /* since held_ns, for held_samples */
    int64_t held_ns, held_samples;
    bool is_told;
    bool is_calm; /* told, but not so any longer; since calm_ns, for calm_samples */
    int64_t calm_ns, calm_samples;
    unsigned doublings;
    bool has_looked;
    int64_t looked_ns, pace_ns; /* the last sample, and how long after the one before */
    struct event *event;        /* NULL where the session had no room */
};

/* An "x." metric that rules read. */
struct extra {
    uint32_t metric;
    unsigned series;
};

struct rule_watch {
    const struct rule_set *set;
    struct session *session;
    struct process *process;
    struct heard *heard; /* one a series of the set */
    size_t heard_count;
    unsigned catalogue[METRIC_COUNT]; /* a series of the set + 1; 0: none reads it */
    struct extra *extras;             /* in order of metrics */
    size_t extra_count, extra_capacity;
    size_t names_seen;             /* of the session's registry */
    uint64_t row;                  /* counts from 1 */
    double cgroup_limit, go_limit; /* NaN: not heard of */
    struct watched_rule *rules;
    size_t rule_count;
};

/* Names to numbers. */

/* Is it the series' name, or that with labels behind it? */
static bool is_name_of(struct slice series, struct slice metric)
{
    return slice_starts(metric, series) &&
           (metric.len == series.len || metric.ptr[series.len] == '{');
}

static void add_extra(struct rule_watch *w, uint32_t metric, unsigned series)
{
    w->extras =
        mem_grow(w->extras, &w->extra_capacity, w->extra_count + 1, sizeof *w->extras);
    w->extras[w->extra_count++] = (struct extra){metric, series};
}

/* A live source may bring a name at any time; numbers are given in order, so the list
 * stays sorted. */
static void see_names(struct rule_watch *w)
{
    const struct metric_registry *names = &w->session->metrics;

    for (; w->names_seen < names->count; w->names_seen++) {
        struct slice name = slice_str(names->names[w->names_seen]);

        for (unsigned i = 0; i < w->heard_count; i++) {
            if (!is_name_of(slice_str(w->set->series[i]), name))
                continue;
            add_extra(w, METRIC_COUNT + (uint32_t)w->names_seen, i);
            break;
        }
    }
}

static void see_catalogue(struct rule_watch *w)
{
    for (uint32_t metric = 0; metric < METRIC_COUNT; metric++) {
        for (unsigned i = 0; i < w->heard_count; i++) {
            if (strcmp(w->set->series[i], metric_info(metric)->name) == 0)
                w->catalogue[metric] = i + 1;
        }
    }
}

/* The series of the set + 1; 0 where no rule reads the metric. */
static unsigned series_of(const struct rule_watch *w, uint32_t metric)
{
    size_t low = 0, high = w->extra_count;

    if (metric < METRIC_COUNT)
        return w->catalogue[metric];
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (w->extras[middle].metric < metric)
            low = middle + 1;
        else
            high = middle;
    }
    return low < w->extra_count && w->extras[low].metric == metric
               ? w->extras[low].series + 1
               : 0;
}

/* Figures of a moment. */

static void hear_limit(struct rule_watch *w, const struct feed_value *v)
{
    double limit = v->value > 0 && v->value < LIMIT_NONE_BYTES ? v->value : NAN;

    if (v->metric == METRIC_MEM_LIMIT)
        w->cgroup_limit = limit;
    else if (v->metric == METRIC_MEM_GOMEMLIMIT)
        w->go_limit = limit;
}

static void bind(const struct rule_watch *w, struct heard *h, uint32_t metric)
{
    if (h->metric == metric)
        return;
    h->metric = metric;
    h->unit = metric_unit(&w->session->metrics, metric);
    h->scale = rule_scale_of_unit(h->unit);
}

static bool hear(struct rule_watch *w, const struct feed_row *row)
{
    bool has_any = false;

    w->row++;
    for (size_t i = 0; i < row->count; i++) {
        const struct feed_value *v = &row->values[i];
        unsigned series = series_of(w, v->metric);
        struct heard *h = series ? &w->heard[series - 1] : NULL;

        hear_limit(w, v);
        /* Of several with other labels the first is followed. */
        if (!h || (h->metric != NO_METRIC && h->metric != v->metric))
            continue;
        bind(w, h, v->metric);
        if (h->has_value)
            h->pace_ns = num_sat_sub_i64(row->time_ns, h->time_ns);
        h->has_value = true;
        h->time_ns = row->time_ns;
        h->row = w->row;
        h->value = v->value;
        has_any = true;
    }
    return has_any;
}

/* As known by now: never the limit that a kernel log tells of afterwards. */
static double limit_now(const struct rule_watch *w)
{
    if (w->session->is_limit_given)
        return w->session->limit_bytes;
    return isnan(w->cgroup_limit) ? w->go_limit : w->cgroup_limit;
}

/* Which of the rule's series are of this row: bit i for series i. */
static uint32_t fresh_of(const struct rule_watch *w, const struct rule *rule)
{
    uint32_t fresh = 0;

    for (unsigned i = 0; i < rule->series.count; i++)
        fresh |= (uint32_t)(w->heard[rule->all_series[i]].row == w->row) << i;
    return fresh;
}

/* The rule's figures in bytes and seconds. */
static void gather(const struct rule_watch *w, const struct rule *rule,
                   const struct rule_moment *m, double values[RULE_SERIES_MAX])
{
    for (unsigned i = 0; i < rule->series.count; i++) {
        const struct heard *h = &w->heard[rule->all_series[i]];

        values[i] = NAN;
        if (m->fresh & UINT32_C(1) << i ||
            (h->has_value && !rule_is_stale(h->time_ns, h->pace_ns, m->time_ns)))
            values[i] = h->value * h->scale;
    }
}

/* Events. */

static void put_evidence(const struct rule_watch *w, const struct rule *rule,
                         const struct rule_figures *f, struct finding *finding)
{
    finding_number(finding, "value", f->sides.value);
    finding_number(finding, "bound", f->sides.bound);
    for (unsigned i = 0; i < rule->series.count; i++) {
        const struct heard *h = &w->heard[rule->all_series[i]];

        /* The session's name of it, which lives as long as the event. */
        if (h->has_value)
            finding_number(finding, metric_name(&w->session->metrics, h->metric),
                           isnan(f->values[i]) ? NAN : h->value);
    }
    finding_number(finding, "limit_bytes", f->limit);
}

/* Which series the event is of: the rule's choice, else the first that there is. */
static unsigned main_series_of(const struct rule *rule, const struct rule_figures *f)
{
    unsigned i = 0;

    if (rule->main_series < RULE_SERIES_MAX)
        return rule->main_series;
    while (i < rule->series.count && isnan(f->values[i]))
        i++;
    return i;
}

static void put_series(const struct rule_watch *w, const struct rule *rule,
                       const struct rule_figures *f, struct finding *finding)
{
    unsigned i = main_series_of(rule, f);
    const struct heard *h;

    if (i == rule->series.count)
        return;
    h = &w->heard[rule->all_series[i]];
    finding->has_series = h->metric != NO_METRIC;
    finding->metric = h->metric;
    finding->after = isnan(f->values[i]) ? NAN : h->value;
}

static void tell(const struct rule_watch *w, const struct rule *rule,
                 struct watched_rule *state, int64_t now_ns, const struct rule_figures *f)
{
    struct finding finding =
        finding_of(rule->kind, rule->severity, w->process, state->held_ns, now_ns);
    struct text message = {0};

    put_series(w, rule, f, &finding);
    rule_message_put(&message, rule, f);
    finding.message = slice_of(text_str(&message), message.len);
    finding.rule = slice_str(rule->texts[RULE_NAME]);
    finding.advice = slice_str(rule->texts[RULE_ADVICE]);
    put_evidence(w, rule, f, &finding);
    state->event = session_add_finding(w->session, &finding);
    text_finish(&message);
}

static void follow_calm(const struct rule *rule, struct watched_rule *state,
                        int64_t now_ns, bool is_calm)
{
    struct rule_span hold = rule->clear.hold.count ? rule->clear.hold : rule->when.hold;
    int64_t samples = RULE_CALM_SAMPLES, ns = RULE_CALM_NS;

    if (!is_calm) {
        state->is_calm = false;
        return;
    }
    if (!state->is_calm) {
        state->is_calm = true;
        state->calm_ns = now_ns;
        state->calm_samples = 0;
    }
    state->calm_samples++;
    if (hold.is_samples && hold.count > samples)
        samples = hold.count;
    else if (!hold.is_samples && hold.count > ns)
        ns = hold.count;
    ns <<= state->doublings;
    if (state->calm_samples < samples || num_sat_sub_i64(now_ns, state->calm_ns) < ns)
        return;
    if (state->event)
        event_close(state->event, now_ns);
    if (state->doublings < RULE_CALM_DOUBLINGS)
        state->doublings++;
    state->event = NULL;
    state->is_told = state->is_true = state->is_calm = false;
}

/* What happened while nobody looked counts for neither side. */
static void notice_gap(struct watched_rule *state, int64_t now_ns)
{
    if (state->has_looked && rule_is_stale(state->looked_ns, state->pace_ns, now_ns))
        state->is_true = state->is_calm = false;
    if (state->has_looked)
        state->pace_ns = num_sat_sub_i64(now_ns, state->looked_ns);
    state->has_looked = true;
    state->looked_ns = now_ns;
}

static bool follow_truth(const struct rule *rule, struct watched_rule *state,
                         int64_t now_ns, bool is_true)
{
    if (!is_true) {
        state->is_true = false;
        return false;
    }
    if (!state->is_true) {
        state->is_true = true;
        state->held_ns = now_ns;
        state->held_samples = 0;
    }
    state->held_samples++;
    return rule_has_held(rule->when.hold, state->held_ns, state->held_samples, now_ns);
}

static uint32_t mask_of(const struct rule_program *program)
{
    return program->count ? program->nodes[program->count - 1].mask : 0;
}

static void look(struct rule_watch *w, const struct rule *rule,
                 struct watched_rule *state, int64_t now_ns)
{
    double values[RULE_SERIES_MAX];
    struct rule_moment moment = {now_ns, values, 0, limit_now(w)};
    struct rule_sides sides = {NAN, NAN}, ignored;
    enum unit units[RULE_SERIES_MAX];
    bool is_true, is_clear;

    moment.fresh = fresh_of(w, rule);
    if (!(moment.fresh & (mask_of(&rule->when) | mask_of(&rule->clear))))
        return;
    gather(w, rule, &moment, values);
    notice_gap(state, now_ns);
    is_true = rule_eval(&rule->when, state->when, &moment, &sides) == 1;
    is_clear = rule->clear.count
                   ? rule_eval(&rule->clear, state->clear, &moment, &ignored) == 1
                   : !is_true;
    if (state->is_told) {
        follow_calm(rule, state, now_ns, is_clear);
        return;
    }
    if (!follow_truth(rule, state, now_ns, is_true))
        return;
    state->is_told = true;
    state->is_calm = false;
    for (unsigned i = 0; i < rule->series.count; i++)
        units[i] = w->heard[rule->all_series[i]].unit;
    tell(w, rule, state, now_ns,
         &(struct rule_figures){values, units, moment.limit, sides});
}

void rule_watch_row(struct rule_watch *w, const struct feed_row *row)
{
    see_names(w);
    if (!hear(w, row))
        return;
    for (size_t i = 0; i < w->rule_count; i++)
        look(w, w->set->rules[i], &w->rules[i], row->time_ns);
}

struct rule_watch *rule_watch_create(const struct rule_set *set, struct session *s,
                                     struct process *p)
{
    struct rule_watch *w = mem_alloc(sizeof *w);

    *w = (struct rule_watch){.set = set,
                             .session = s,
                             .process = p,
                             .heard_count = set->series_count,
                             .cgroup_limit = NAN,
                             .go_limit = NAN,
                             .rule_count = set->count};
    w->heard = mem_alloc_array(w->heard_count, sizeof *w->heard);
    for (size_t i = 0; i < w->heard_count; i++)
        w->heard[i] = (struct heard){.metric = NO_METRIC, .scale = 1, .unit = UNIT_NONE};
    w->rules = mem_alloc_array(w->rule_count, sizeof *w->rules);
    for (size_t i = 0; i < w->rule_count; i++) {
        const struct rule *rule = set->rules[i];

        w->rules[i].when = mem_alloc_array(rule->when.states, sizeof(struct rule_state));
        w->rules[i].clear =
            mem_alloc_array(rule->clear.states, sizeof(struct rule_state));
    }
    see_catalogue(w);
    return w;
}

void rule_watch_destroy(struct rule_watch *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->rule_count; i++) {
        rule_states_finish(w->rules[i].when, w->set->rules[i]->when.states);
        rule_states_finish(w->rules[i].clear, w->set->rules[i]->clear.states);
        free(w->rules[i].when);
        free(w->rules[i].clear);
    }
    free(w->rules);
    free(w->extras);
    free(w->heard);
    free(w);
}
