#include "model/align.h"

#include "model/align_internal.h"
#include "model/base/num.h"
#include "model/source_time.h"

/* The last record is as old as the file; those before it are a second apart. */
static void place_by_file(const struct session *s, struct track *t)
{
    size_t rows = table_row_count(t->table);
    int64_t time_ns;

    if (rows && !t->is_gathered && !t->is_fixed && source_time(t->source, &time_ns)) {
        t->origin_ns = num_sat_sub_i64(time_ns, table_row_time(t->table, rows - 1));
        t->is_fixed = s->is_streamed; /* or each row would move those before it */
    }
}

static void place_by_own_clock(const struct session *s, struct track *t)
{
    if (t->clock == CLOCK_WALL) {
        t->origin_ns = 0;
    } else if (t->clock == CLOCK_MATCHED || t->clock == CLOCK_FITTED) {
        return;
    } else if (t->stamp != STAMP_NONE) {
        t->origin_ns = t->stamp_origin_ns;
        t->clock = CLOCK_STAMPS;
    } else if (t->clock == CLOCK_FILE) {
        place_by_file(s, t);
    } else if (s->has_start && t->clock != CLOCK_NONE) {
        t->origin_ns = num_sat_add_i64(s->start_ns, t->base_ns);
        t->clock = CLOCK_START;
    }
}

bool align_is_placed(const struct track *t)
{
    if (t->beside)
        return align_is_placed(t->beside);
    return t->clock == CLOCK_WALL || t->clock == CLOCK_MATCHED ||
           t->clock == CLOCK_FITTED || t->clock == CLOCK_STAMPS ||
           t->clock == CLOCK_START || t->clock == CLOCK_FILE;
}

typedef void track_visitor(struct session *s, struct track *t, void *user);

static void each_track(struct session *s, track_visitor *visit, void *user)
{
    for (size_t i = 0; i < s->process_count; i++) {
        for (size_t k = 0; k < s->processes[i]->track_count; k++)
            visit(s, s->processes[i]->tracks[k], user);
    }
}

static void visit_own_clock(struct session *s, struct track *t, void *user)
{
    bool *has_wall = user;

    place_by_own_clock(s, t);
    *has_wall = *has_wall || align_is_placed(t);
}

/* The nearest earlier placed track of the same log tells where the others stand. */
struct neighbours {
    int64_t from_ns; /* where what nothing is known of is put */
    bool has_wall;
};

static const struct track *placed_neighbour(const struct session *s,
                                            const struct track *t)
{
    const struct track *best = NULL;

    for (size_t i = 0; i < s->process_count; i++) {
        for (size_t k = 0; k < s->processes[i]->track_count; k++) {
            const struct track *other = s->processes[i]->tracks[k];

            if (other->source != t->source || !align_is_placed(other) ||
                other->clock == CLOCK_WALL)
                continue;
            if (!best || other->base_ns <= t->base_ns)
                best = other;
        }
    }
    return best;
}

/* On a log's own clock, the last of what it tells. */
static int64_t log_end(const struct session *s, const struct source *source)
{
    int64_t end_ns = INT64_MIN;

    for (size_t i = 0; i < s->process_count; i++) {
        for (size_t k = 0; k < s->processes[i]->track_count; k++) {
            const struct track *t = s->processes[i]->tracks[k];
            size_t rows = table_row_count(t->table);
            int64_t at_ns;

            if (t->source != source || rows == 0 || t->clock == CLOCK_WALL)
                continue;
            at_ns = num_sat_add_i64(t->base_ns, table_row_time(t->table, rows - 1));
            end_ns = at_ns > end_ns ? at_ns : end_ns;
        }
    }
    return end_ns;
}

static void visit_rest(struct session *s, struct track *t, void *user)
{
    const struct neighbours *n = user;
    const struct track *other;

    if (align_is_placed(t))
        return;
    other = n->has_wall ? placed_neighbour(s, t) : NULL;
    if (other)
        t->origin_ns = num_sat_add_i64(other->origin_ns,
                                       num_sat_sub_i64(t->base_ns, other->base_ns));
    /* What a log held when somebody came to watch is no younger than that. */
    else if (s->is_streamed && n->has_wall && t->source->has_mtime)
        t->origin_ns = num_sat_add_i64(
            num_sat_sub_i64(t->source->mtime_ns, log_end(s, t->source)), t->base_ns);
    else
        t->origin_ns = num_sat_add_i64(n->from_ns, t->base_ns);
}

static void visit_earliest(struct session *s, struct track *t, void *user)
{
    struct neighbours *n = user;
    int64_t from;

    (void)s;
    if (!align_is_placed(t) || table_row_count(t->table) == 0)
        return;
    from = num_sat_add_i64(table_row_time(t->table, 0), t->origin_ns);
    if (!n->has_wall || from < n->from_ns)
        n->from_ns = from;
    n->has_wall = true;
}

/* Rows that are dropped after weeks must not move what was put beside them. */
static void keep_earliest(struct session *s, struct neighbours *n)
{
    if (!s->is_streamed || !n->has_wall)
        return;
    if (!s->has_earliest || n->from_ns < s->earliest_ns)
        s->earliest_ns = n->from_ns;
    s->has_earliest = true;
    n->from_ns = s->earliest_ns;
}

/* Lines beside gc records have no clock of their own. */
static void visit_beside(struct session *s, struct track *t, void *user)
{
    (void)s;
    (void)user;
    if (!t->beside)
        return;
    t->clock = t->beside->clock;
    t->origin_ns = t->beside->origin_ns;
}

/* A file that was copied after the incident is younger than all that it tells. */
#define FILE_LATE_NS (INT64_C(60) * NS_PER_S)

static bool is_by_change(const struct track *t)
{
    struct slice name = slice_base_name(slice_str(t->source->path));
    int64_t named_ns;
    bool is_day;

    return t->clock == CLOCK_FILE && !source_time_of_name(name, &named_ns, &is_day);
}

/* The last moment that anything with a clock of its own tells of. */
static bool last_moment(const struct session *s, int64_t *to_ns)
{
    bool has = false;

    for (size_t i = 0; i < s->process_count; i++) {
        for (size_t k = 0; k < s->processes[i]->track_count; k++) {
            const struct track *t = s->processes[i]->tracks[k];
            size_t rows = table_row_count(t->table);
            int64_t at_ns;

            if (rows == 0 || !align_is_placed(t) || t->clock == CLOCK_FILE)
                continue;
            at_ns = num_sat_add_i64(table_row_time(t->table, rows - 1), t->origin_ns);
            *to_ns = !has || at_ns > *to_ns ? at_ns : *to_ns;
            has = true;
        }
    }
    return has;
}

/* What has no time but that of its file's last change is put at the end of all else, when
 * that change came later, and has no clock. */
static void clamp_files(struct session *s)
{
    int64_t last_ns = 0;

    if (!last_moment(s, &last_ns))
        return;
    for (size_t i = 0; i < s->process_count; i++) {
        for (size_t k = 0; k < s->processes[i]->track_count; k++) {
            struct track *t = s->processes[i]->tracks[k];
            size_t rows = table_row_count(t->table);

            if (rows == 0 || !is_by_change(t) ||
                num_sat_add_i64(table_row_time(t->table, rows - 1), t->origin_ns) <=
                    num_sat_add_i64(last_ns, FILE_LATE_NS))
                continue;
            t->origin_ns = num_sat_sub_i64(last_ns, table_row_time(t->table, rows - 1));
            t->clock = CLOCK_NONE;
        }
    }
}

void align_session(struct session *s)
{
    struct neighbours n = {0};
    bool has_wall = false;

    align_match(s);
    align_goals(s);
    each_track(s, visit_own_clock, &has_wall);
    each_track(s, visit_beside, NULL);
    each_track(s, visit_earliest, &n);
    keep_earliest(s, &n);
    each_track(s, visit_rest, &n);
    each_track(s, visit_beside, NULL);
    if (s->has_wall != has_wall)
        s->revision++;
    s->has_wall = has_wall;
    if (!align_is_strict(s))
        clamp_files(s);
    align_join(s);
    if (!align_is_strict(s))
        align_gather(s);
    if (s->is_streamed)
        align_note_rows(s);
    align_deaths(s);
    align_limit(s);
}
