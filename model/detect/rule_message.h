/*
 * The words of a rule's event: its message with the figures of the moment in it.
 */
#ifndef MODEL_DETECT_RULE_MESSAGE_H
#define MODEL_DETECT_RULE_MESSAGE_H

#include "model/base/text.h"
#include "model/detect/rule_eval.h"
#include "model/detect/rule_internal.h"

/* What can stand in for {…}: figures in bytes and seconds, NaN where they are missing. */
struct rule_figures {
    const double *values;   /* of the rule's series … */
    const enum unit *units; /* … which are of these units */
    double limit;
    struct rule_sides sides;
};

/* Adds the series that the message names to the rule's. False with *err filled, all but
 * its key, where something in braces is nothing that we know. */
MUST_USE bool rule_message_check(struct slice message, struct rule_series *series,
                                 struct rule_error *err);

/* Without a message of its own: the condition and both sides of its comparison. */
void rule_message_put(struct text *t, const struct rule *rule,
                      const struct rule_figures *figures);

#endif
