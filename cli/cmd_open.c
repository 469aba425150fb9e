#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/dashboard.h"
#include "cli/live_setup.h"
#include "cli/screen.h"

int cmd_open(const struct options *o)
{
    if (!screen_view_exists(o))
        return EXIT_USAGE;
    if (!isatty(STDOUT_FILENO)) {
        common_complain("standard output is not a terminal; try heapreel report");
        return EXIT_USAGE;
    }
    if (!live_setup_check(o))
        return EXIT_UNREADABLE;
    return dashboard(o);
}
