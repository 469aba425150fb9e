#include "model/retention.h"

#include "model/base/num.h"

static void retire_tables(const struct process *p, int64_t before_ns)
{
    for (size_t i = 0; i < p->track_count; i++) {
        const struct track *t = p->tracks[i];

        table_retire(t->table, num_sat_sub_i64(before_ns, t->origin_ns));
    }
}

void retention_apply(struct session *s, const struct retention *r, int64_t now_ns)
{
    int64_t before_ns = num_sat_sub_i64(now_ns, r->full_ns);

    for (size_t i = 0; i < s->process_count; i++)
        retire_tables(s->processes[i], before_ns);
    if (profile_store_thin(s->profiles, s, before_ns, r->profiles_max))
        s->revision++;
}
