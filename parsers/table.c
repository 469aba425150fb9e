/* The formats, and which of them some bytes are. */
#include "model/base/compiler.h"
#include "parsers/cgroup.h"
#include "parsers/csv.h"
#include "parsers/gcstats.h"
#include "parsers/count_text.h"
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
#include "parsers/runtime_metrics.h"
#include "parsers/redis_info.h"

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

const char *parser_name_foreign(struct slice head)
{
    static const struct {
        struct slice magic;
        const char *name;
    } known[] = {
        {{"\x7f"
          "ELF",
          4},
         "an ELF binary or core dump"},
        {{"!<arch>", 7}, "an ar archive"},
        {{"PK\x03\x04", 4}, "a zip archive"},
        {{"\xd4\xc3\xb2\xa1", 4}, "a packet capture"},
        {{"BZh", 3}, "bzip2, which is not read"},
        {{"--- threadz ", 12}, "a list of threads, which is not about memory"},
        {{"--- contention", 14}, "a contention profile, which is not about memory"},
        {{"--- mutex:", 10}, "a mutex profile, which is not about memory"},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (slice_starts(head, known[i].magic))
            return known[i].name;
    }
    return NULL;
}
