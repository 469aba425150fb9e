#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report_internal.h"

int cmd_report(const struct options *o)
{
    struct session *s = common_load(o);
    int status = common_status(s);
    struct report r;

    common_report_damage(o, s);
    if (report_begin(&r, o, s))
        report_print(&r);
    else
        status = EXIT_USAGE;
    session_destroy(s);
    return status;
}
