#include "model/detect/watch_internal.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/feed.h"
#include "model/detect/growth.h"
#include "model/detect/inflections.h"
#include "model/detect/pressure.h"
#include "model/detect/rule.h"
#include "model/units.h"

/* So many at a time: only a number that is neither few nor all. */
#define CATCH_UP_ROWS 65536

struct watch {
    struct session *session;
    const struct rule_set *rules;
    struct watched_process *processes;
    size_t process_count, process_capacity, awake_count;
    uint64_t revision; /* of the session when the plan was made */
    bool has_plan;
    struct feed_value *values;
    size_t value_capacity;
};

static void wake(struct watch *w, struct watched_process *p)
{
    p->growth = growth_create(w->session, p->process);
    p->pressure = pressure_create(w->session, p->process);
    p->inflections = inflections_create(w->session, p->process);
    p->rules = w->rules ? rule_watch_create(w->rules, w->session, p->process) : NULL;
    p->is_awake = true;
    w->awake_count++;
}

static void put_to_sleep(struct watch *w, struct watched_process *p)
{
    if (!p->is_awake)
        return;
    growth_destroy(p->growth);
    pressure_destroy(p->pressure);
    inflections_destroy(p->inflections);
    rule_watch_destroy(p->rules);
    p->is_awake = false;
    w->awake_count--;
}

/* Who has been silent for so long when another begins does not speak again as a rule. */
#define SILENT_NS (INT64_C(3600) * NS_PER_S)

static void put_silent_to_sleep(struct watch *w, int64_t now_ns)
{
    for (size_t i = 0; i < w->process_count; i++) {
        struct watched_process *p = &w->processes[i];

        if (p->is_awake && num_sat_sub_i64(now_ns, p->heard_ns) > SILENT_NS)
            put_to_sleep(w, p);
    }
}

/* Detectors take some hundred KiB a process, and a crash loop leaves thousands of them
 * behind: the one that was silent longest makes room. */
static void make_room(struct watch *w, int64_t now_ns)
{
    struct watched_process *oldest = NULL;

    if (w->session->is_streamed)
        put_silent_to_sleep(w, now_ns);
    if (w->awake_count < WATCH_AWAKE_MAX)
        return;
    for (size_t i = 0; i < w->process_count; i++) {
        struct watched_process *p = &w->processes[i];

        if (p->is_awake && (!oldest || p->heard_ns < oldest->heard_ns))
            oldest = p;
    }
    if (oldest)
        put_to_sleep(w, oldest);
}

static void forget(struct watch *w)
{
    for (size_t i = 0; i < w->process_count; i++) {
        put_to_sleep(w, &w->processes[i]);
        watch_plan_finish(&w->processes[i]);
    }
    w->process_count = 0;
}

static void take_process(struct watch *w, const struct watched_process *plan)
{
    w->processes = mem_grow(w->processes, &w->process_capacity, w->process_count + 1,
                            sizeof *w->processes);
    w->processes[w->process_count] = *plan;
    w->process_count++;
}

/* Is what was planned still so, but for processes that came since? */
static bool is_plan_good(const struct watch *w)
{
    if (w->session->process_count < w->process_count)
        return false;
    for (size_t i = 0; i < w->process_count; i++) {
        if (w->processes[i].process != w->session->processes[i] ||
            !watch_plan_is_same(&w->processes[i]))
            return false;
    }
    return true;
}

static void take_new(struct watch *w)
{
    for (size_t i = w->process_count; i < w->session->process_count; i++) {
        struct watched_process plan = watch_plan(w->session->processes[i]);

        take_process(w, &plan);
    }
}

/* Looks at all again where anything changed. */
static void plan_all(struct watch *w)
{
    if (!w->has_plan || !is_plan_good(w)) {
        forget(w);
        session_drop_findings(w->session);
    }
    take_new(w);
}

static void drop_process(struct watch *w, struct watched_process *p)
{
    put_to_sleep(w, p);
    session_drop_findings_of(w->session, p->process);
    watch_plan_finish(p);
}

/* Two that were watched apart are looked at as one, from the beginning. */
static void mark_joined(struct watch *w, const struct watched_process *gone)
{
    const struct process *into =
        gone->track_count ? gone->tracks[0].track->process : NULL;

    for (size_t i = 0; gone->has_heard && i < w->process_count; i++)
        w->processes[i].is_stale |= w->processes[i].process == into;
}

/* Processes keep their order; joins close the gaps. */
static void find_gone(struct watch *w)
{
    const struct session *s = w->session;
    size_t at = 0;

    for (size_t i = 0; i < w->process_count; i++) {
        struct watched_process *p = &w->processes[i];

        p->is_gone = at == s->process_count || p->process != s->processes[at];
        at += !p->is_gone;
    }
}

static void drop_gone(struct watch *w)
{
    size_t kept = 0;

    find_gone(w);
    for (size_t i = 0; i < w->process_count; i++) {
        if (w->processes[i].is_gone)
            mark_joined(w, &w->processes[i]);
    }
    for (size_t i = 0; i < w->process_count; i++) {
        if (w->processes[i].is_gone)
            drop_process(w, &w->processes[i]);
        else
            w->processes[kept++] = w->processes[i];
    }
    w->process_count = kept;
}

/* Sessions that go on for weeks: only what changed is looked at again. */
static void plan_changed(struct watch *w)
{
    drop_gone(w);
    for (size_t i = 0; i < w->process_count; i++) {
        struct watched_process *p = &w->processes[i];

        if (!p->is_stale && (watch_plan_is_same(p) || watch_plan_follow(p)))
            continue;
        drop_process(w, p);
        *p = watch_plan(p->process);
    }
    take_new(w);
}

static void make_plan(struct watch *w)
{
    if (w->has_plan && w->revision == w->session->revision)
        return;
    if (w->session->is_streamed)
        plan_changed(w);
    else
        plan_all(w);
    w->has_plan = true;
}

/* The rows, in the order of time. */

static bool next_time(struct watched_track *t, int64_t *time_ns)
{
    size_t first = table_first_row(t->track->table);

    if (t->next_row < first)
        t->next_row = first; /* retired before anyone came to see them */
    if (t->next_row >= table_row_count(t->track->table))
        return false;
    *time_ns =
        num_sat_add_i64(table_row_time(t->track->table, t->next_row), t->origin_ns);
    return true;
}

/* The table whose next row is the earliest, and until when it stays that. */
static struct watched_track *earliest(struct watched_process *p, int64_t *until_ns)
{
    struct watched_track *first = NULL;
    int64_t first_ns = INT64_MAX;

    *until_ns = INT64_MAX;
    for (size_t i = 0; i < p->track_count; i++) {
        int64_t time_ns;

        if (!next_time(&p->tracks[i], &time_ns))
            continue;
        if (!first || time_ns < first_ns) {
            *until_ns = first_ns;
            first = &p->tracks[i];
            first_ns = time_ns;
        } else if (time_ns < *until_ns) {
            *until_ns = time_ns;
        }
    }
    return first;
}

static void look(struct watched_process *p, const struct feed_row *row)
{
    growth_row(p->growth, row);
    pressure_row(p->pressure, row);
    inflections_row(p->inflections, row);
    if (p->rules)
        rule_watch_row(p->rules, row);
}

/* Live sources report at different paces: a row may tell of a moment before the last. */
static void feed(struct watch *w, struct watched_process *p, struct watched_track *t,
                 int64_t time_ns)
{
    const struct table *table = t->track->table;
    unsigned count = table_column_count(table);
    struct feed_row row = {.time_ns = time_ns};

    if (p->has_heard && p->heard_ns > time_ns)
        row.time_ns = p->heard_ns;
    else if (!p->has_heard)
        p->began_ns = time_ns;
    w->values =
        mem_grow(w->values, &w->value_capacity, (size_t)count + 1, sizeof *w->values);
    for (unsigned i = 0; i < count; i++) {
        uint32_t metric = table_column_metric(table, i);
        double value;

        if (table_cell(table, i, t->next_row, &value) &&
            watch_owns(p, (size_t)(t - p->tracks), metric, row.time_ns))
            w->values[row.count++] = (struct feed_value){metric, value};
    }
    row.values = w->values;
    p->heard_ns = row.time_ns;
    p->has_heard = true;
    if (row.count) {
        if (!p->is_awake) {
            make_room(w, row.time_ns);
            wake(w, p);
        }
        look(p, &row);
    }
    t->next_row++;
}

static size_t advance_process(struct watch *w, struct watched_process *p, size_t rows)
{
    size_t done = 0;

    while (done < rows) {
        int64_t until_ns, time_ns;
        struct watched_track *t = earliest(p, &until_ns);

        if (!t)
            break;
        while (done < rows && next_time(t, &time_ns) && time_ns <= until_ns) {
            feed(w, p, t, time_ns);
            done++;
        }
    }
    return done;
}

bool watch_advance(struct watch *w, size_t rows)
{
    size_t done = 0;

    make_plan(w);
    for (size_t i = 0; i < w->process_count && done < rows; i++)
        done += advance_process(w, &w->processes[i], rows - done);
    w->revision = w->session->revision;
    return done == rows;
}

void watch_catch_up(struct watch *w)
{
    while (watch_advance(w, CATCH_UP_ROWS))
        ;
}

double watch_progress(const struct watch *w)
{
    size_t seen = 0, all = 0;

    for (size_t i = 0; i < w->process_count; i++) {
        for (size_t k = 0; k < w->processes[i].track_count; k++) {
            const struct watched_track *t = &w->processes[i].tracks[k];

            seen += t->next_row;
            all += table_row_count(t->track->table);
        }
    }
    return all ? (double)seen / (double)all : 1;
}

struct watch *watch_create(struct session *session, const struct rule_set *rules)
{
    struct watch *w = mem_alloc(sizeof *w);

    w->session = session;
    w->rules = rules;
    return w;
}

void watch_destroy(struct watch *w)
{
    if (!w)
        return;
    forget(w);
    free(w->processes);
    free(w->values);
    free(w);
}
