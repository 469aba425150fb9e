#include "model/event.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/finding.h"
#include "model/record.h"

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[] = {
        [EVENT_OOM_KILLED] = "oom-killed",
        [EVENT_FATAL] = "fatal",
        [EVENT_RESTART] = "restart",
        [EVENT_FORCED_GC] = "forced-gc",
        [EVENT_LEVEL_SHIFT] = "level-shift",
        [EVENT_SLOPE_CHANGE] = "slope-change",
        [EVENT_VARIANCE_CHANGE] = "variance-change",
        [EVENT_SPIKE] = "spike",
        [EVENT_LEAK] = "leak",
        [EVENT_PRE_OOM] = "pre-oom",
        [EVENT_GC_PRESSURE] = "gc-pressure",
        [EVENT_GC_THRASH] = "gc-thrash",
        [EVENT_GOAL_FROZEN] = "goal-frozen",
        [EVENT_HEAP_SPIKE] = "heap-spike",
        [EVENT_PAUSE_OUTLIER] = "pause-outlier",
        [EVENT_ASSIST_SPIKE] = "assist-spike",
        [EVENT_GOROUTINE_GROWTH] = "goroutine-growth",
        [EVENT_OFFHEAP_GROWTH] = "offheap-growth",
        [EVENT_FRAGMENTATION] = "fragmentation",
        [EVENT_RULE] = "rule",
    };

    static_assert(COUNT_OF(names) == EVENT_KINDS, "a name for each");
    return names[kind];
}

enum event_kind event_kind_of(struct slice name)
{
    enum event_kind kind = 0;

    while (kind < EVENT_KINDS && !slice_eq(name, slice_str(event_kind_name(kind))))
        kind++;
    return kind;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"info", "notice", "warning", "critical"};

    return names[severity];
}

int64_t event_known_ns(const struct event *e)
{
    return e->source ? e->time_ns : e->detected_ns;
}

static enum severity severity_of(enum event_kind kind)
{
    switch (kind) {
    case EVENT_OOM_KILLED:
    case EVENT_FATAL:
        return SEVERITY_CRITICAL;
    case EVENT_RESTART:
        return SEVERITY_NOTICE;
    default:
        return SEVERITY_INFO;
    }
}

static char *dup_or_null(struct slice text)
{
    return text.len ? mem_dup_slice(text) : NULL;
}

static void copy_facts(struct event *e, const struct fact *facts, size_t count)
{
    size_t capacity = 0;

    for (size_t i = 0; i < count; i++) {
        const struct fact *fact = &facts[i];

        e->evidence =
            mem_grow(e->evidence, &capacity, e->evidence_count + 1, sizeof *e->evidence);
        e->evidence[e->evidence_count++] = (struct evidence){
            .name = fact->name,
            .text = fact->is_text ? mem_dup_slice(fact->text) : NULL,
            .number = fact->number,
        };
    }
}

static void copy_tasks(struct event *e, const struct notice *n)
{
    size_t capacity = 0;

    for (size_t i = 0; i < n->task_count; i++) {
        e->tasks = mem_grow(e->tasks, &capacity, e->task_count + 1, sizeof *e->tasks);
        e->tasks[e->task_count++] = (struct event_task){
            .pid = n->tasks[i].pid,
            .name = mem_dup_slice(n->tasks[i].name),
            .rss_bytes = n->tasks[i].rss_bytes,
        };
    }
}

struct event *event_create(const struct notice *n)
{
    struct event *e = mem_alloc(sizeof *e);

    *e = (struct event){
        .kind = n->kind,
        .severity = severity_of(n->kind),
        .stated_ns = n->time_ns,
        .stated_kind = (int)n->time_kind,
        .pid = n->pid,
        .program = dup_or_null(n->program),
        .instance = dup_or_null(n->instance),
        .limit_bytes = n->limit_bytes,
        .rss_bytes = n->rss_bytes,
        .before = NAN,
        .after = NAN,
        .slope_per_s = NAN,
        .confidence = 1,
        .message = mem_dup_slice(n->message),
    };
    copy_facts(e, n->facts, n->fact_count);
    copy_tasks(e, n);
    return e;
}

struct event *event_of_finding(const struct finding *f)
{
    struct event *e = mem_alloc(sizeof *e);

    *e = (struct event){
        .kind = f->kind,
        .severity = f->severity,
        .process = f->process,
        .has_time = true,
        .time_ns = f->began_ns,
        .detected_ns = f->detected_ns,
        .has_series = f->has_series,
        .metric = f->metric,
        .before = f->before,
        .after = f->after,
        .slope_per_s = f->slope_per_s,
        .rule = dup_or_null(f->rule),
        .advice = dup_or_null(f->advice),
        .pid = -1,
        .limit_bytes = NAN,
        .rss_bytes = NAN,
        .confidence = f->confidence,
        .message = mem_dup_slice(f->message),
    };
    copy_facts(e, f->facts, f->fact_count);
    return e;
}

void event_close(struct event *e, int64_t end_ns)
{
    e->has_end = true;
    e->end_ns = end_ns;
}

void event_destroy(struct event *e)
{
    for (size_t i = 0; i < e->evidence_count; i++)
        free(e->evidence[i].text);
    for (size_t i = 0; i < e->task_count; i++)
        free(e->tasks[i].name);
    free(e->evidence);
    free(e->tasks);
    free(e->program);
    free(e->instance);
    free(e->message);
    free(e->rule);
    free(e->advice);
    free(e);
}
