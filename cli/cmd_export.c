#include <stdio.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/export_internal.h"
#include "model/base/num.h"

#define FLUSH_BYTES (64u << 10)

bool export_flush(struct export *e, bool is_last)
{
    bool ok;

    if (e->out.len < FLUSH_BYTES && !is_last)
        return true;
    ok = fwrite(text_str(&e->out), 1, e->out.len, stdout) == e->out.len;
    text_clear(&e->out);
    return ok;
}

void export_rows(const struct export *e, const struct track *track, size_t *row,
                 size_t *end)
{
    const struct table *t = track->table;

    *row = 0;
    *end = table_row_count(t);
    if (e->from_ns != INT64_MIN)
        *row = table_lower_bound(t, num_sat_sub_i64(e->from_ns, track->origin_ns));
    if (e->to_ns != INT64_MAX)
        *end = table_lower_bound(t, num_sat_sub_i64(e->to_ns, track->origin_ns));
}

static bool put_openmetrics(struct export *e, const struct options *o)
{
    uint64_t dropped = 0;
    bool ok = export_openmetrics(e, &dropped);

    if (o->is_quiet)
        return ok;
    if (!e->session->has_wall)
        common_complain("no wall clock known: time stamps count from the first record; "
                        "--start gives one");
    if (dropped > 0)
        common_complain("%llu values left out: OpenMetrics allows one for each moment",
                        (unsigned long long)dropped);
    return ok;
}

int cmd_export(const struct options *o)
{
    struct session *s = common_load(o);
    struct export e = {.session = s};
    int64_t last_ns;
    int status = common_status(s);

    common_report_damage(o, s);
    (void)session_span(s, &e.origin_ns, &last_ns);
    if (!common_window(o, s, &e.from_ns, &e.to_ns))
        status = EXIT_USAGE;
    else if (o->export_format == EXPORT_OPENMETRICS)
        (void)put_openmetrics(&e, o);
    else
        (void)export_long(&e, o->export_format);
    text_finish(&e.out);
    session_destroy(s);
    return status;
}
