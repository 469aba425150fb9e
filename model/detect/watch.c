#include "model/detect/watch.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/feed.h"
#include "model/detect/growth.h"
#include "model/detect/inflections.h"
#include "model/detect/pressure.h"
#include "model/detect/rule.h"

struct watched_track {
    const struct track *track;
    int64_t origin_ns;
    size_t next_row;
};

struct watched_process {
    struct process *process;
    struct watched_track *tracks;
    size_t track_count, track_capacity;
    uint32_t *owners; /* of each metric: which track it is taken from, + 1; 0: none yet */
    size_t owner_count;
    int64_t heard_ns; /* the last row's time */
    bool has_heard;
    bool is_awake; /* has its detectors: */
    struct growth *growth;
    struct pressure *pressure;
    struct inflections *inflections;
    struct rule_watch *rules; /* NULL: there are none */
};

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

/* The plan: which tables are looked at, and where in time they stand. */

static bool is_watched(const struct track *t)
{
    return !(t->is_gathered && t->is_piece);
}

static struct watched_process plan_process(struct process *p)
{
    struct watched_process w = {.process = p};

    for (size_t i = 0; i < p->track_count; i++) {
        const struct track *t = p->tracks[i];

        if (!is_watched(t))
            continue;
        w.tracks =
            mem_grow(w.tracks, &w.track_capacity, w.track_count + 1, sizeof *w.tracks);
        w.tracks[w.track_count++] = (struct watched_track){t, t->origin_ns, 0};
    }
    return w;
}

static void finish_plan(struct watched_process *w)
{
    free(w->tracks);
    free(w->owners);
}

/* The same tables in the same places? */
static bool is_same_plan(const struct watched_process *old,
                         const struct watched_process *new)
{
    if (old->process != new->process || old->track_count != new->track_count)
        return false;
    for (size_t i = 0; i < old->track_count; i++) {
        if (old->tracks[i].track != new->tracks[i].track ||
            old->tracks[i].origin_ns != new->tracks[i].origin_ns)
            return false;
    }
    return true;
}

/*
 * How well a source knows a metric. Who has the most points would be the better question,
 * but the answer lies in the future: what was told at a moment must not depend on it.
 * gctrace knows each cycle, but the goal that it prints is past and its rate is in MiB.
 */
static unsigned rank_of(const struct track *t, uint32_t metric)
{
    struct slice format = slice_str(t->source->format ? t->source->format : "");

    if (slice_eq(format, SLICE("gctrace")))
        return metric == METRIC_HEAP_GOAL || metric == METRIC_ALLOC_RATE ? 1 : 4;
    if (slice_eq(format, SLICE("memstats")))
        return 3;
    return 2;
}

/* Is the metric taken from this track? Of equals the first to speak keeps it. */
static bool owns(struct watched_process *p, size_t track, uint32_t metric)
{
    uint32_t owner;

    if (metric >= p->owner_count) {
        size_t capacity = p->owner_count;

        p->owners = mem_grow(p->owners, &capacity, (size_t)metric + 1, sizeof *p->owners);
        memset(p->owners + p->owner_count, 0,
               (capacity - p->owner_count) * sizeof *p->owners);
        p->owner_count = capacity;
    }
    owner = p->owners[metric];
    if (owner == track + 1)
        return true;
    if (owner && rank_of(p->tracks[track].track, metric) <=
                     rank_of(p->tracks[owner - 1].track, metric))
        return false;
    p->owners[metric] = (uint32_t)track + 1;
    return true;
}

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

/* Detectors take some hundred KiB a process, and a crash loop leaves thousands of them
 * behind: the one that was silent longest makes room. */
static void make_room(struct watch *w)
{
    struct watched_process *oldest = NULL;

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
        finish_plan(&w->processes[i]);
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
    if (!w->has_plan || w->session->process_count < w->process_count)
        return false;
    for (size_t i = 0; i < w->process_count; i++) {
        struct watched_process now = plan_process(w->session->processes[i]);
        bool is_same = is_same_plan(&w->processes[i], &now);

        finish_plan(&now);
        if (!is_same)
            return false;
    }
    return true;
}

static void make_plan(struct watch *w)
{
    if (w->has_plan && w->revision == w->session->revision)
        return;
    if (!is_plan_good(w)) {
        forget(w);
        session_drop_findings(w->session);
    }
    for (size_t i = w->process_count; i < w->session->process_count; i++) {
        struct watched_process plan = plan_process(w->session->processes[i]);

        take_process(w, &plan);
    }
    w->has_plan = true;
}

/* The rows, in the order of time. */

static bool next_time(const struct watched_track *t, int64_t *time_ns)
{
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

    w->values =
        mem_grow(w->values, &w->value_capacity, (size_t)count + 1, sizeof *w->values);
    for (unsigned i = 0; i < count; i++) {
        uint32_t metric = table_column_metric(table, i);
        double value;

        if (table_cell(table, i, t->next_row, &value) &&
            owns(p, (size_t)(t - p->tracks), metric))
            w->values[row.count++] = (struct feed_value){metric, value};
    }
    row.values = w->values;
    if (p->has_heard && p->heard_ns > time_ns)
        row.time_ns = p->heard_ns;
    p->heard_ns = row.time_ns;
    p->has_heard = true;
    if (row.count) {
        if (!p->is_awake) {
            make_room(w);
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
