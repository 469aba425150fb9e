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
    /* The file first, since sources tell of themselves as they begin; what is there is
     * replaced only once they have. */
    if (live_run_record(r, o->output) && live_run_add_sources(r, o) && live_run(r)) {
        say_done(o, r);
        status = EXIT_OK;
    }
    live_run_destroy(r);
    return status;
}

/* A status speaks for itself; 137 may be many things. */
static void say_how_it_was_killed(const struct options *o, const struct child *child)
{
    struct text words = {0};

    child_put_end(&words, child);
    if (!o->is_quiet && slice_starts(slice_of(words.ptr, words.len), SLICE("killed")))
        common_complain("%s: %s", o->sources[0], text_str(&words));
    text_finish(&words);
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
        if (child_end(child).has_ended)
            say_how_it_was_killed(o, child);
        status = child_end(child).status;
    }
    live_run_destroy(r);
    return status;
}
