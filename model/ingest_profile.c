/* Profiles: into the session's store, their totals into series. */
#include <string.h>

#include "model/base/text.h"
#include "model/ingest_internal.h"
#include "model/source_time.h"

static struct track *open_track(struct ingest *in, const struct profile_record *p)
{
    struct process *process = ingest_process_beside(in);
    struct track *track = process ? session_add_track(in->session, process, in->source)
                                  : ingest_add_run(in);
    int64_t file_ns;

    if (!track)
        return NULL;
    if (p->has_time)
        track->clock = CLOCK_WALL;
    else
        track->clock = source_time(in->source, &file_ns) ? CLOCK_FILE : CLOCK_NONE;
    return track;
}

static bool column_of(struct ingest *in, struct table *table,
                      const struct profile_record *p, size_t type, unsigned *column)
{
    struct text name = {0};
    uint32_t metric;
    bool ok;

    text_printf(&name, "profile.%s.", profile_kind_name(p->kind));
    if (p->types[type].type.len)
        text_put(&name, p->types[type].type);
    else /* its name was cut off */
        text_printf(&name, "value_%zu", type + 1);
    ok = metric_register(&in->session->metrics, slice_of(name.ptr, name.len),
                         profile_unit(p->types[type]), &metric);
    if (ok)
        *column = table_column(table, metric, 0);
    text_finish(&name);
    return ok;
}

static bool append_totals(struct ingest *in, struct track *track,
                          const struct profile_record *p, const struct profile *kept)
{
    unsigned columns[PROFILE_TYPES_MAX];
    bool has[PROFILE_TYPES_MAX], all = true;

    for (size_t i = 0; i < kept->type_count; i++) {
        has[i] = column_of(in, track->table, p, i, &columns[i]);
        all = all && has[i];
    }
    ingest_clear_row(in, track->table);
    for (size_t i = 0; i < kept->type_count; i++) {
        if (has[i])
            in->row[columns[i]] = (double)kept->totals[i];
    }
    table_append(track->table, kept->table_ns, in->row);
    return all;
}

static const char *take(struct ingest *in, const struct profile_record *p)
{
    struct profile_store *store = in->session->profiles;
    struct track **track =
        p->has_time ? &in->profiles[p->kind].timed : &in->profiles[p->kind].untimed;
    size_t had = profile_store_count(store);
    const char *reason;
    int64_t table_ns;

    /* Where there are other records as well, they tell of it. */
    if (ingest_is_behind(in) && !in->mem.track && in->samples.count == 0)
        memset(in->profiles, 0, sizeof in->profiles);
    if (!*track)
        *track = open_track(in, p);
    if (!*track)
        return INGEST_TOO_MANY;
    /* Without a time the last is as old as the file, those before it a second apart. */
    table_ns =
        p->has_time ? p->time_ns : (int64_t)table_row_count((*track)->table) * NS_PER_S;
    reason = profile_store_add(store, p, *track, table_ns);
    if (profile_store_count(store) == had)
        return reason;
    if (p->mapping_count > 0)
        process_name((*track)->process, slice_base_name(p->mappings[0]));
    in->source->records++;
    in->session->revision++;
    if (!append_totals(in, *track, p, profile_store_at(store, had)) && !reason)
        reason = INGEST_TOO_MANY_NAMES;
    return reason;
}

const char *ingest_profile(void *user, const struct profile_record *p)
{
    struct ingest *in = user;
    struct profile_record timed;

    if (p->has_time || !in->has_moment)
        return take(in, p);
    timed = *p;
    timed.has_time = true;
    timed.time_ns = in->moment_ns;
    return take(in, &timed);
}
