#include "model/event.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/record.h"

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[] = {
        [EVENT_OOM_KILLED] = "oom-killed",
        [EVENT_FATAL] = "fatal",
        [EVENT_RESTART] = "restart",
        [EVENT_FORCED_GC] = "forced-gc",
    };

    return names[kind];
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"info", "notice", "warning", "critical"};

    return names[severity];
}

static enum severity severity_of(enum event_kind kind)
{
    switch (kind) {
    case EVENT_OOM_KILLED:
    case EVENT_FATAL:
        return SEVERITY_CRITICAL;
    case EVENT_RESTART:
        return SEVERITY_NOTICE;
    case EVENT_FORCED_GC:
    case EVENT_KINDS:
        break;
    }
    return SEVERITY_INFO;
}

static char *dup_or_null(struct slice text)
{
    return text.len ? mem_dup_slice(text) : NULL;
}

static void copy_facts(struct event *e, const struct notice *n)
{
    size_t capacity = 0;

    for (size_t i = 0; i < n->fact_count; i++) {
        const struct fact *fact = &n->facts[i];

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
        .confidence = 1,
        .message = mem_dup_slice(n->message),
    };
    copy_facts(e, n);
    copy_tasks(e, n);
    return e;
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
    free(e);
}
