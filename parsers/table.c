/* The formats, and which of them some bytes are. */
#include "model/base/compiler.h"
#include "parsers/cgroup.h"
#include "parsers/count_text.h"
#include "parsers/csv.h"
#include "parsers/gcstats.h"
#include "parsers/gctrace.h"
#include "parsers/goroutine_dump.h"
#include "parsers/heap_text.h"
#include "parsers/heap_text_java.h"
#include "parsers/jemalloc.h"
#include "parsers/kernel_log.h"
#include "parsers/kubernetes.h"
#include "parsers/memleak.h"
#include "parsers/memstats.h"
#include "parsers/parser.h"
#include "parsers/pprof.h"
#include "parsers/proc_files.h"
#include "parsers/prom_json.h"
#include "parsers/prometheus.h"
#include "parsers/psi.h"
#include "parsers/redis_info.h"
#include "parsers/runtime_metrics.h"
#include "parsers/text_line.h"

#define HTTP_ERROR "an HTTP error text"
#define HTML_PAGE "an HTML page"

/* The magic lines of Go's traces and dumps are shorter. */
#define FOREIGN_NEAR_BYTES 32u

const struct parser_ops *const parser_table[] = {
    &memstats_parser,
    &gcstats_parser,
    &runtime_metrics_parser,
    &pprof_parser,
    &cgroup_parser,
    &psi_parser,
    &proc_parser,
    &kubernetes_parser, /* before kernel_log, whose lines its events quote */
    &redis_info_parser,
    &prometheus_parser,
    &prom_json_parser,
    &csv_parser,
    &kernel_log_parser, /* before gctrace, which takes any log for its own at last */
    &gctrace_parser,
    &heap_text_parser,
    &heap_text_java_parser,
    &count_text_parser,
    &goroutine_dump_parser,
    &jemalloc_parser,
    &memleak_parser,
    NULL,
};

const struct parser_ops *parser_find(struct slice name)
{
    for (size_t i = 0; parser_table[i]; i++) {
        if (slice_eq(slice_str(parser_table[i]->name), name))
            return parser_table[i];
    }
    return NULL;
}

const struct parser_ops *parser_probe(struct slice head, bool is_whole, bool *need_more)
{
    const struct parser_ops *best = NULL;
    enum probe surest = PROBE_NEED_MORE;

    *need_more = false;
    for (size_t i = 0; parser_table[i]; i++) {
        enum probe answer = parser_table[i]->probe(head, is_whole);

        if (answer == PROBE_NEED_MORE)
            *need_more = !is_whole;
        if (answer > surest) {
            surest = answer;
            best = parser_table[i];
        }
    }
    if (surest == PROBE_CERTAIN)
        *need_more = false;
    return *need_more ? NULL : best;
}

/* Bytes that people have beside what is read. */
static const struct {
    struct slice magic;
    const char *name;
    struct slice then; /* and this, a few bytes behind it */
} foreign[] = {
    {SLICE_INIT("\x7f"
                "ELF"),
     "an ELF binary or core dump",
     {0}},
    {SLICE_INIT("!<arch>"), "an ar archive", {0}},
    {SLICE_INIT("PK\x03\x04"), "a zip archive", {0}},
    {SLICE_INIT("\xd4\xc3\xb2\xa1"), "a packet capture", {0}},
    {SLICE_INIT("BZh"), "bzip2, which is not read", {0}},
    {SLICE_INIT("--- threadz "), "a list of threads, which is not about memory", {0}},
    {SLICE_INIT("--- contention"),
     "a contention profile, which is not about memory",
     {0}},
    {SLICE_INIT("--- mutex:"), "a mutex profile, which is not about memory", {0}},
    {SLICE_INIT("go 1."), "a Go execution trace, which is not read yet",
     SLICE_INIT(" trace")},
    {SLICE_INIT("go1."), "a heap dump of runtime/debug, which is not read",
     SLICE_INIT(" heap dump")},
    /* What a web server said instead of the profile that was asked for. */
    {SLICE_INIT("404 page not found"), HTTP_ERROR, {0}},
    {SLICE_INIT("Not Found"), HTTP_ERROR, {0}},
    {SLICE_INIT("Unauthorized"), HTTP_ERROR, {0}},
    {SLICE_INIT("Forbidden"), HTTP_ERROR, {0}},
    {SLICE_INIT("Unknown profile"), HTTP_ERROR, {0}},
    {SLICE_INIT("seconds and debug params are incompatible"), HTTP_ERROR, {0}},
    {SLICE_INIT("profile duration exceeds server's WriteTimeout"), HTTP_ERROR, {0}},
    {SLICE_INIT("Could not enable "), HTTP_ERROR, {0}},
    {SLICE_INIT("upstream connect error"), HTTP_ERROR, {0}},
    {SLICE_INIT("no healthy upstream"), HTTP_ERROR, {0}},
    {SLICE_INIT("<!DOCTYPE html"), HTML_PAGE, {0}},
    {SLICE_INIT("<!doctype html"), HTML_PAGE, {0}},
    {SLICE_INIT("<html"), HTML_PAGE, {0}},
    {SLICE_INIT("<HTML"), HTML_PAGE, {0}},
};

const char *parser_name_foreign(struct slice head)
{
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        struct slice near = slice_first(head, FOREIGN_NEAR_BYTES);

        if (slice_starts(text_probe_start(head), foreign[i].magic) &&
            (foreign[i].then.len == 0 || text_find(near, foreign[i].then) < near.len))
            return foreign[i].name;
    }
    return NULL;
}
