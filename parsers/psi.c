#include "parsers/psi.h"

#include "parsers/proc_files_internal.h"

static enum probe psi_probe(struct slice head, bool is_whole)
{
    return proc_files_probe(head, is_whole, PROC_ROW_PSI);
}

const struct parser_ops psi_parser = {
    .name = "psi",
    .about = "memory pressure: /proc/pressure/memory, memory.pressure of a cgroup",
    .sign = "a line that starts with \"some avg10=\" or \"full avg10=\"",
    .example = "some avg10=0.10 avg60=2.00 avg300=3.85 total=15",
    .state_bytes = sizeof(struct proc_files),
    .probe = psi_probe,
    .open = proc_files_open,
    .feed = text_parser_feed,
    .finish = proc_files_finish,
    .close = proc_files_close,
};
