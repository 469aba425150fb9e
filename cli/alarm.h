/*
 * What happens the moment an event is told of while recording: a line for people, the
 * capture of profiles (the black box), and a command that gets the event as JSON.
 *
 * An event is told once, though what was found may be found again when the watcher looks
 * at a process anew. What inputs and detectors tell of the time before the recorder began
 * is history, and nothing happens.
 *
 * Limits, so that an alarm does no harm to what it is about: profiles are captured once
 * in ALARM_CAPTURE_GAP_NS, the command runs once in ALARM_HOOK_GAP_NS for each kind and
 * ALARM_HOOKS_AN_HOUR times in any hour. What was held back is said once, and counted in
 * the next event that is told ("held_back").
 */
#ifndef CLI_ALARM_H
#define CLI_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "model/base/compiler.h"
#include "model/session.h"

#define ALARM_CAPTURE_GAP_NS (INT64_C(60) * 1000000000)
#define ALARM_HOOK_GAP_NS (INT64_C(60) * 1000000000)
#define ALARM_HOOKS_AN_HOUR 10

struct alarm;

struct alarm_options {
    const struct options *options;
    const struct session *session;
    int64_t since_ns; /* Unix time; what is older is history */
    /* Each may be NULL: nobody does it. */
    void (*say)(void *user, const char *line);
    size_t (*capture)(void *user); /* how many services were asked */
    bool (*run_hook)(void *user, const char *kind, struct slice json);
    void *user;
};

/* Fills o->on_kinds from o->on; the usual kinds where that is NULL. False, after a line
 * that says which kinds there are. */
MUST_USE bool alarm_read_kinds(struct options *o);

/* Borrows what the options name. */
struct alarm *alarm_create(const struct alarm_options *options);
void alarm_destroy(struct alarm *a);

/*
 * Looks at what is new since the last time. has_history: sources gave what was there
 * before anybody looked, and what follows from that is not told. now_ns: monotonic.
 */
void alarm_look(struct alarm *a, bool has_history, int64_t now_ns);

#endif
