#include "cli/alarm_told.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/session.h"

/* A session has 2 * SESSION_FINDINGS_MAX at most. */
#define TOLD_MAX ((size_t)8 * SESSION_FINDINGS_MAX)
#define CAPACITY_FIRST 64

/* The figures of splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash += value + UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

static const struct process *settled(const struct process *p)
{
    while (p && p->joined_into)
        p = p->joined_into;
    return p;
}

static struct alarm_slot slot_of(const struct event *e)
{
    uint64_t hash = mix(0, (uint64_t)e->kind);

    hash = mix(hash, e->has_series ? (uint64_t)e->metric + 1 : 0);
    hash = mix(hash, (uint64_t)e->time_ns);
    for (const char *c = e->rule; c && *c; c++)
        hash = mix(hash, (uint64_t)(unsigned char)*c);
    return (struct alarm_slot){settled(e->process), hash ? hash : 1};
}

void alarm_told_finish(struct alarm_told *t)
{
    free(t->slots);
    *t = (struct alarm_told){0};
}

/* Processes are kept for as long as the session is, so that their places tell them apart
 * when their numbers close up. */
static bool put(struct alarm_told *t, struct alarm_slot slot)
{
    size_t mask = t->capacity - 1;
    size_t at = (size_t)mix(slot.hash, (uint64_t)(uintptr_t)slot.process) & mask;

    while (t->slots[at].hash) {
        if (t->slots[at].hash == slot.hash && t->slots[at].process == slot.process)
            return false;
        at = (at + 1) & mask;
    }
    t->slots[at] = slot;
    t->count++;
    return true;
}

/* All again, in a table of that size. */
static void rebuild(struct alarm_told *t, size_t capacity)
{
    struct alarm_told next = {.capacity = capacity, .joined_count = t->joined_count};

    next.slots = mem_alloc_array(capacity, sizeof *next.slots);
    for (size_t i = 0; i < t->capacity; i++) {
        struct alarm_slot slot = t->slots[i];

        slot.process = settled(slot.process);
        if (slot.hash)
            (void)put(&next, slot);
    }
    alarm_told_finish(t);
    *t = next;
}

bool alarm_told_add(struct alarm_told *t, const struct event *finding)
{
    if (2 * (t->count + 1) > t->capacity)
        rebuild(t, t->capacity ? 2 * t->capacity : CAPACITY_FIRST);
    return put(t, slot_of(finding));
}

/* What is in there and in the session as well. */
static void forget_the_rest(struct alarm_told *t, const struct session *s)
{
    struct alarm_told next = {.joined_count = t->joined_count};

    for (size_t i = 0; i < s->finding_count; i++) {
        /* What is not new was told. */
        if (!put(t, slot_of(s->findings[i])))
            (void)alarm_told_add(&next, s->findings[i]);
    }
    alarm_told_finish(t);
    *t = next;
}

void alarm_told_settle(struct alarm_told *t, const struct session *s)
{
    if (t->capacity && t->joined_count != s->joined_count)
        rebuild(t, t->capacity);
    t->joined_count = s->joined_count;
    if (t->count > TOLD_MAX)
        forget_the_rest(t, s);
}
