/*
 * What a detector says: the shape in which findings become events of the session.
 *
 * Everything in it is as known at detected_ns and never changes afterwards, except that
 * the event may be closed (event_close) when its cause ends. Texts are borrowed for the
 * call and copied.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"
#include "model/record.h"

#define FINDING_FACTS 24

struct finding {
    enum event_kind kind;
    enum severity severity;
    struct process *process;
    bool has_series;
    uint32_t metric; /* of that series; before, after and slope are in its unit */
    int64_t began_ns, detected_ns;     /* session time; began <= detected */
    double before, after, slope_per_s; /* NaN = says nothing */
    double confidence;                 /* 0..1 */
    struct slice rule, advice;         /* empty: none */
    struct slice message;              /* in plain words, without severity and kind */
    struct fact facts[FINDING_FACTS];
    size_t fact_count;
};

/* Nothing known but what is given: no series, NaN figures, confidence 1. */
struct finding finding_of(enum event_kind kind, enum severity severity,
                          struct process *process, int64_t began_ns, int64_t detected_ns);

/* One more piece of evidence: a number whose name says the unit, or a text. */
void finding_number(struct finding *f, const char *name, double value);
void finding_text(struct finding *f, const char *name, struct slice text);

struct event *event_of_finding(const struct finding *f);

/* The cause is gone since then. */
void event_close(struct event *e, int64_t end_ns);

#endif
