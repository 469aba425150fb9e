/*
 * check: what report finds, for scripts. One line a finding that is at or above
 * --fail-on, "SEVERITY KIND OFFSET SERIES message"; the exit status tells whether there
 * were any.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report_internal.h"
#include "model/base/num.h"
#include "model/base/text.h"

/* Fields are told apart by blanks: a name that holds some has them escaped. */
static void put_field(struct text *t, const char *untrusted)
{
    struct text safe = {0};

    common_put_safe(&safe, untrusted);
    for (size_t i = 0; i < safe.len; i++) {
        if (safe.ptr[i] == ' ')
            text_put_str(t, "\\x20");
        else
            text_put_char(t, safe.ptr[i]);
    }
    text_finish(&safe);
}

static void put_finding(const struct report *r, struct text *t, const struct event *e)
{
    char offset[UNIT_TEXT] = "?";

    if (e->has_time)
        unit_format_offset(offset, num_sat_sub_i64(e->time_ns, r->origin_ns),
                           report_offset_decimals(r));
    text_printf(t, "%s %s %s ", severity_name(e->severity), event_kind_name(e->kind),
                offset);
    put_field(t, e->has_series ? metric_name(&r->session->metrics, e->metric) : "-");
    text_put_char(t, ' ');
    if (e->process && r->session->process_count > 1)
        text_printf(t, "process %u: ", e->process->id);
    common_put_safe(t, e->message);
    text_put_char(t, '\n');
}

/* Prints them unless JSON is asked for; returns how many fail the check. */
static size_t check(const struct report *r)
{
    size_t count, failing = 0;
    const struct event **list = report_events(r, &count);
    struct text t = {0};

    for (size_t i = 0; i < count; i++) {
        bool fails = list[i]->severity >= r->options->fail_on;

        failing += fails;
        if (fails || r->options->is_verbose)
            put_finding(r, &t, list[i]);
    }
    if (!r->options->is_json)
        (void)fwrite(text_str(&t), 1, t.len, stdout);
    text_finish(&t);
    free(list);
    return failing;
}

int cmd_check(const struct options *o)
{
    struct session *s = common_load(o);
    int status = common_status(s);
    struct report r;

    common_report_damage(o, s);
    if (!report_begin(&r, o, s)) {
        status = EXIT_USAGE;
    } else {
        /* An input that could not be read may have held the finding that was not made:
         * that goes before what was found. */
        if (check(&r) > 0 && status == EXIT_OK)
            status = EXIT_FINDINGS;
        if (o->is_json)
            report_print(&r);
    }
    session_destroy(s);
    return status;
}
