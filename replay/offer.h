/*
 * What is offered to who watches a process: the service that it runs and the log that it
 * writes, where neither is a source yet.
 *
 * Every OFFER_LOOK_NS each process that is watched is asked where it listens
 * (procwatch_ports) and where its standard error goes (procwatch_log). A port that is new
 * is asked once, on this machine's own address, for /debug/vars, /debug/pprof/ and
 * /metrics: one request at a time, each with a short time limit. What answers as expected
 * is an offer; it is one until it is taken or its process has ended.
 *
 * Nothing is asked of a process in another network namespace: there, that port of ours is
 * somebody else's. The user's headers and certificates are for the servers that the user
 * named: they are not sent.
 */
#ifndef REPLAY_OFFER_H
#define REPLAY_OFFER_H

#include <stdbool.h>

#include "replay/live_source.h"
#include "replay/procwatch.h"

struct offers;

#define OFFER_LOOK_NS (10 * INT64_C(1000000000))

struct offer {
    int64_t pid;
    char *source; /* as live_add takes it: "http://127.0.0.1:6060", "/var/log/api.log" */
    char *words;  /* "pid:7 serves http://127.0.0.1:6060/debug/vars" */
};

struct offers_options {
    /* Is the process's service on that port, or that log ("/var/log/api.log",
     * "journal:api.service"), a source already? */
    bool (*has_port)(void *user, int64_t pid, unsigned port);
    bool (*has_log)(void *user, const char *source);
    /* Something is offered from now on. NULL: nobody wants to know. */
    void (*on_offer)(void *user, const struct offer *offer);
    void *user;
};

/* Where this build has no HTTP only logs are offered. The context outlives the offers. */
struct offers *offers_create(const struct live_context *context,
                             const struct offers_options *options);
void offers_destroy(struct offers *o);

/* The process outlives the offers. */
void offers_watch(struct offers *o, const struct procwatch *process);

/* The oldest that stands; NULL: none. Valid until the loop runs or it is dropped. */
const struct offer *offers_first(const struct offers *o);
/* It was taken, or is not wanted: it does not come again. */
void offers_drop_first(struct offers *o);

#endif
