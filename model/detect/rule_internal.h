/*
 * A rule as it is worked with: its conditions as programs for a stack.
 */
#ifndef MODEL_DETECT_RULE_INTERNAL_H
#define MODEL_DETECT_RULE_INTERNAL_H

#include "model/detect/rule.h"
#include "model/detect/rule_dim.h"
#include "model/event.h"

enum rule_op {
    RULE_OP_NUMBER,
    RULE_OP_SERIES,
    RULE_OP_LIMIT,
    RULE_OP_NEGATE,
    RULE_OP_ADD,
    RULE_OP_SUBTRACT,
    RULE_OP_MULTIPLY,
    RULE_OP_DIVIDE,
    RULE_OP_LESS,
    RULE_OP_LESS_EQUAL,
    RULE_OP_MORE,
    RULE_OP_MORE_EQUAL,
    RULE_OP_EQUAL,
    RULE_OP_UNEQUAL,
    RULE_OP_NOT,
    RULE_OP_AND,
    RULE_OP_OR,
    RULE_OP_FOR,
    RULE_OP_RATE, /* from here on: functions */
    RULE_OP_DELTA,
    RULE_OP_MEAN,
    RULE_OP_MIN,
    RULE_OP_MAX,
    RULE_OP_QUANTILE,
};

/* A length of time, or so many samples. */
struct rule_span {
    bool is_samples;
    int64_t count; /* samples or ns; 0: none was given */
};

struct rule_node {
    enum rule_op op;
    double number;   /* the constant; the quantile's share */
    unsigned series; /* of the rule's */
    uint32_t mask;   /* bit i: rests on the rule's series i */
    struct rule_span span;
    unsigned state;      /* of FOR, RATE and those behind it: which of the program's */
    struct rule_dim dim; /* of a figure */
    bool is_headline;    /* the comparison whose sides {value} and {bound} are */
};

/* In the order in which a stack needs them: operands first. */
struct rule_program {
    struct rule_node *nodes;
    unsigned count;
    unsigned states;
    struct rule_span hold;          /* of a "for" over the whole condition */
    struct rule_dim headline_value; /* of the headline's sides */
    struct rule_dim headline_bound;
};

/* Which series a rule reads, by name. */
struct rule_series {
    char *names[RULE_SERIES_MAX];
    unsigned count;
};

/*
 * Reads a condition; its series are added to *series. False with *err filled (all but its
 * key) where it is none.
 */
MUST_USE bool rule_parse(struct slice text, struct rule_program *program,
                         struct rule_series *series, struct rule_error *err);
void rule_program_finish(struct rule_program *program);

/* The number of that series, added where it is new; RULE_SERIES_MAX where it is full. */
unsigned rule_series_add(struct rule_series *series, struct slice name);
void rule_series_finish(struct rule_series *series);

/* Is it a name from the catalogue, or one that an input may bring ("x.…")? */
bool rule_series_is_known(struct slice name, enum unit *unit);

struct rule {
    char *texts[RULE_KEYS]; /* "" where the file says nothing */
    enum event_kind kind;
    enum severity severity;
    struct rule_series series;
    unsigned main_series; /* which the event is of; RULE_SERIES_MAX: the first */
    struct rule_program when, clear;      /* clear: count 0 where there is none */
    unsigned all_series[RULE_SERIES_MAX]; /* of the set's */
};

struct rule_set {
    struct rule **rules;
    size_t count, capacity;
    /* The series of all rules, each once. */
    char **series;
    size_t series_count, series_capacity;
};

#endif
