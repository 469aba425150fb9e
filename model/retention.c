#include "model/retention.h"

#include "model/base/num.h"

static void retire_tables(const struct process *p, int64_t before_ns)
{
    for (size_t i = 0; i < p->track_count; i++) {
        const struct track *t = p->tracks[i];

        table_retire(t->table, num_sat_sub_i64(before_ns, t->origin_ns));
    }
}

/* When the process last gave a row; INT64_MIN: never. */
static int64_t last_row_ns(const struct process *p)
{
    int64_t last_ns = INT64_MIN;

    for (size_t i = 0; i < p->track_count; i++) {
        const struct track *t = p->tracks[i];
        const size_t rows = table_row_count(t->table);
        const int64_t at_ns =
            rows ? num_sat_add_i64(table_row_time(t->table, rows - 1), t->origin_ns)
                 : INT64_MIN;

        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    return last_ns;
}

static size_t bytes_of(const struct process *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < p->track_count; i++)
        bytes += table_memory_bytes(p->tracks[i]->table);
    return bytes;
}

static bool is_forgotten(const struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        if (!table_is_forgotten(p->tracks[i]->table))
            return false;
    }
    return true;
}

/* Of those that went before the time, the first that is not forgotten. */
static struct process *first_gone(const struct session *s, int64_t before_ns)
{
    int64_t first_ns = before_ns;
    struct process *first = NULL;

    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];
        const int64_t last_ns = is_forgotten(p) ? INT64_MAX : last_row_ns(p);

        if (last_ns >= first_ns)
            continue;
        first_ns = last_ns;
        first = p;
    }
    return first;
}

static void forget(struct session *s, struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++)
        table_forget(p->tracks[i]->table);
    s->revision++;
}

static void forget_the_first(struct session *s, int64_t before_ns)
{
    size_t bytes = 0;
    struct process *p;

    for (size_t i = 0; i < s->process_count; i++)
        bytes += bytes_of(s->processes[i]);
    while (bytes > RETENTION_TABLES_BYTES && (p = first_gone(s, before_ns))) {
        bytes -= bytes_of(p);
        forget(s, p);
        bytes += bytes_of(p);
    }
}

void retention_apply(struct session *s, const struct retention *r, int64_t now_ns)
{
    int64_t before_ns = num_sat_sub_i64(now_ns, r->full_ns);

    for (size_t i = 0; i < s->process_count; i++)
        retire_tables(s->processes[i], before_ns);
    forget_the_first(s, before_ns);
    if (profile_store_thin(s->profiles, s, before_ns, r->profiles_max))
        s->revision++;
}
