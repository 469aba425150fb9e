#include "parsers/unwrap_table.h"

#include "model/base/compiler.h"

typedef bool peel_line(struct peel_context *c, struct slice line, struct peeled *out);

static const struct wrapping_row {
    struct unwrap_about about;
    peel_line *peel; /* NULL: not line by line */
} rows[] = {
    [WRAPPING_DOCKER] = {{"docker", "Docker's json-file logs",
                          "{\"log\":\"gc 1 @…\\n\",\"stream\":\"stderr\","
                          "\"time\":\"2026-11-21T02:03:57.853Z\"}"},
                         peel_json},
    [WRAPPING_JOURNALD_JSON] = {{"journald-json", "journalctl -o json",
                                 "{\"__REALTIME_TIMESTAMP\":\"1795226637853114\","
                                 "\"_PID\":\"12\",\"MESSAGE\":\"gc 1 @…\"}"},
                                peel_json},
    [WRAPPING_CRI] = {{"cri", "logs of containerd and CRI-O",
                       "2026-11-21T02:03:57.853114123Z stderr F gc 1 @…"},
                      peel_cri},
    [WRAPPING_KUBECTL] = {{"kubectl", "kubectl logs --prefix, with --timestamps or not",
                           "[pod/api-7d9/api] 2026-11-21T02:03:57.853Z gc 1 @…"},
                          peel_kubectl},
    [WRAPPING_LOGCLI] = {{"logcli", "logcli query",
                          "2026-11-21T02:03:57Z {pod=\"api-7d9\"} gc 1 @…"},
                         peel_logcli},
    [WRAPPING_COMPOSE] = {{"compose", "docker compose logs", "api-1  | gc 1 @…"},
                          peel_compose},
    [WRAPPING_JOURNALD] = {{"journald", "journalctl -o short-precise, short-iso, …",
                            "Nov 21 02:03:57.853114 host api[12]: gc 1 @…"},
                           peel_syslog},
    [WRAPPING_SYSLOG] = {{"syslog", "syslog (RFC 3164, RFC 5424), journalctl",
                          "<34>1 2026-11-21T02:03:57.853Z host api 12 - - gc 1 @…"},
                         peel_syslog},
    [WRAPPING_JSON] = {{"json", "exports of log stores, shippers: text, time in fields",
                        "{\"@timestamp\":\"2026-11-21T02:03:57.853Z\","
                        "\"kubernetes\":{\"pod_name\":\"api\"},\"message\":\"gc 1 @…\"}"},
                       peel_json},
    [WRAPPING_APP_JSON] = {{"json", "JSON lines of zap, logrus, slog",
                            "{\"level\":\"info\",\"ts\":1795226637.853,"
                            "\"msg\":\"gc 1 @…\"}"},
                           peel_json},
    [WRAPPING_KLOG] = {{"klog", "lines of klog and glog",
                        "I1121 02:03:57.853114   12 gc.go:7] gc 1 @…"},
                       peel_klog},
    [WRAPPING_EXPORT] = {{"journald-export", "journalctl -o export",
                          "__REALTIME_TIMESTAMP=1795226637853114"},
                         NULL},
    [WRAPPING_PREFIX] = {{"prefix", "any other front, as --prefix=REGEX describes it",
                          "--prefix='\\[(?<time>[^]]*)\\] (?<source>\\w+): '"},
                         peel_pattern},
};
_Static_assert(COUNT_OF(rows) == WRAPPINGS, "a row for each wrapping");

bool unwrap_peel(struct peel_context *c, enum wrapping wrapping, struct slice line,
                 struct peeled *out)
{
    return rows[wrapping].peel && rows[wrapping].peel(c, line, out);
}

const char *unwrap_name(const struct unwrap_plan *plan)
{
    return plan->depth ? rows[plan->layers[0]].about.name : "none";
}

bool unwrap_about(size_t i, struct unwrap_about *out)
{
    if (i >= WRAPPINGS)
        return false;
    *out = rows[i].about;
    return true;
}

struct unwrap_plan unwrap_plan_of(size_t i)
{
    return (struct unwrap_plan){
        .layers = {(unsigned char)(i % WRAPPINGS)},
        .depth = 1,
        .has_newlines = true,
    };
}

void peel_finish(struct peel_context *c)
{
    text_finish(&c->text);
    text_finish(&c->source);
}

bool peel_is_record(struct slice text)
{
    static const struct slice signs[] = {
        SLICE_INIT("gc "),
        SLICE_INIT("gc"),
        SLICE_INIT("scav"),
        SLICE_INIT("scvg"),
        SLICE_INIT("pacer: "),
        SLICE_INIT("SCHED "),
        SLICE_INIT("runtime: "),
        SLICE_INIT("fatal error: "),
        SLICE_INIT("panic: "),
        SLICE_INIT("goroutine "),
        SLICE_INIT("{"),
        SLICE_INIT("["),
        SLICE_INIT("Out of memory"),
        SLICE_INIT("Memory cgroup"),
        SLICE_INIT("Killed process"),
        SLICE_INIT("oom-kill:"),
    };

    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (slice_starts(text, signs[i]) &&
            (i != 1 || (text.len > 2 && text.ptr[2] >= '0' && text.ptr[2] <= '9')))
            return true;
    }
    return false;
}
