/*
 * Rules: named conditions over series, and what watches a process for them.
 *
 * The language is ours; heapreel-rules(5) is its reference. In short:
 *
 *   CONDITION  CONDITION or CONDITION, CONDITION and CONDITION, not CONDITION,
 *              FIGURE < FIGURE (<= > >= == !=),
 *              CONDITION for SPAN, which binds loosest of all
 *   FIGURE     FIGURE + FIGURE (- * /), -FIGURE, 85%, 20MiB, 100ms, 20MiB/s, limit,
 *              heap.alloc, x.any_name{label="value"}, 'x.any name',
 *              rate(FIGURE over SPAN), delta(FIGURE over SPAN), or without "over",
 *              mean(FIGURE over SPAN), min(…), max(…), quantile(0.9, FIGURE over SPAN)
 *   SPAN       a duration, or "N samples"
 *
 * quantile is of the samples before the present one: a history to compare it with.
 *
 * Shapes. A figure is a double, a condition true, false or missing. What rests on a
 * missing figure (a series that nobody gave, or not for RULE_STALE_NS; a window that is
 * not filled yet; a division by nothing) is missing, and a missing condition is not true.
 * Memory is bytes, times are seconds within expressions, and adding or comparing what
 * does not go together is an error of the rule.
 *
 * A rule is told once its condition held for its span, as of when it began to hold, and
 * closed when it (or its `clear` condition, where it has one) has said otherwise for as
 * long, for RULE_CALM_SAMPLES at least; each time it comes back the calm has to last
 * twice as long, so that a figure at its bound does not flap.
 *
 * An "x." name without labels means one with labels too: the first that the process
 * brings.
 *
 * Memory. A window keeps at most RULE_BUCKETS sums of buckets, not its samples: exact to
 * the bucket. A process costs what the windows of the rules need whose series it has.
 *
 * Lifetime. The set owns copies of all texts and outlives its watches; a watch borrows
 * session and process. The events that it told belong to the session.
 */
#ifndef MODEL_DETECT_RULE_H
#define MODEL_DETECT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"
#include "model/detect/feed.h"
#include "model/units.h"

struct session;
struct process;

/* A watch holds a state a rule and process; a hundred rules are a long file. */
#define RULES_MAX 256
/* A message of three lines; a condition longer than that is several rules. */
#define RULE_TEXT_MAX 1024
#define RULE_NAME_MAX 64
/* Operands and operations of one condition. */
#define RULE_NODES_MAX 64
/* Parentheses and operators that wait for their right side. */
#define RULE_DEPTH_MAX 32
/* Different series in one rule: what an event can show as evidence. */
#define RULE_SERIES_MAX 16
/* … and in all rules together. */
#define RULE_ALL_SERIES_MAX 512
#define RULE_SPAN_SAMPLES_MAX 1000000
#define RULE_SPAN_NS_MAX (INT64_C(30) * 86400 * NS_PER_S)

/* A series says nothing of now when its last value is this old; Prometheus looks back as
 * far. Or three times its own pace, where that is slower. */
#define RULE_STALE_NS (300 * NS_PER_S)

/* A condition that came and went is over after so many samples, and never sooner than
 * this: a collector's cycles come by the hundred. */
#define RULE_CALM_SAMPLES 5
#define RULE_CALM_NS (10 * NS_PER_S)
/* How often the calm that closes an event is doubled: ten seconds become three hours. */
#define RULE_CALM_DOUBLINGS 10

/* The parts of a rule, as its keys in the file are named; RULE_NAME is the section. */
enum rule_key {
    RULE_NAME,
    RULE_WHEN,     /* "when": the condition */
    RULE_CLEAR,    /* "clear": what ends it; empty: the condition no longer holding */
    RULE_KIND,     /* "kind": an event's; empty: "rule" */
    RULE_SEVERITY, /* "severity": empty: "notice" */
    RULE_SERIES,   /* "series": which the event is of; empty: the first there is */
    RULE_MESSAGE,  /* "message": with {heap.alloc}, {limit}, {value}, {bound} in it */
    RULE_ADVICE,   /* "advice" */
    RULE_KEYS,
};
const char *rule_key_name(enum rule_key key);
/* RULE_KEYS where there is none of that name. */
enum rule_key rule_key_of(struct slice name);

struct rule_text {
    struct slice keys[RULE_KEYS];
};

struct rule_error {
    enum rule_key key;
    size_t at, length; /* bytes of that key's text; length 0: at its end */
    char reason[160];  /* may hold a word of the text: not sanitised */
};

struct rule_set;

struct rule_set *rule_set_create(void);
void rule_set_destroy(struct rule_set *set);
size_t rule_set_count(const struct rule_set *set);
/* In the order in which they were added; valid until the next change. */
const char *rule_set_name(const struct rule_set *set, size_t i);

/* Adds one rule. Where it is none, returns false with *err filled, the set as it was. */
MUST_USE bool rule_set_add(struct rule_set *set, const struct rule_text *text,
                           struct rule_error *err);

/* False where there is no rule of that name. */
bool rule_set_remove(struct rule_set *set, struct slice name);

struct rule_watch;

struct rule_watch *rule_watch_create(const struct rule_set *set, struct session *s,
                                     struct process *p);
void rule_watch_row(struct rule_watch *w, const struct feed_row *row);
void rule_watch_destroy(struct rule_watch *w);

#endif
