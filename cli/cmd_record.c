#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/dashboard.h"
#include "cli/live_run.h"
#include "model/base/text.h"
#include "model/units.h"

/* What was written, for who wants to know. */
static void say_done(const struct options *o, const struct live_run *r)
{
    char size[UNIT_TEXT];

    if (!o->is_quiet)
        common_complain("%s: %s recorded", o->output,
                        unit_format(size, (double)live_run_bytes(r), UNIT_BYTES, true));
}

int cmd_record(const struct options *o)
{
    struct live_run *r = live_run_create(o);
    int status = EXIT_UNREADABLE;

    if (!r)
        return status;
    /* The file first: sources tell of themselves as they begin. */
    if (live_run_record(r, o->output) && live_run_add_sources(r, o) && live_run(r)) {
        say_done(o, r);
        status = EXIT_OK;
    }
    live_run_destroy(r);
    return status;
}

int cmd_run(const struct options *o)
{
    struct live_run *r;
    const struct child *child = NULL;
    int status = EXIT_UNREADABLE;

    /* With a recording to write, or nobody to look, its output passes through. */
    if (!o->output && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return dashboard(o);
    r = live_run_create(o);
    if (!r)
        return status;
    if (!o->output || live_run_record(r, o->output))
        child = live_run_start(r, o);
    if (child) {
        (void)live_run(r); /* what became of the recording was said */
        status = child_end(child).status;
    }
    live_run_destroy(r);
    return status;
}
