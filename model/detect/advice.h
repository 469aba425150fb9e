/*
 * What to do about a finding: where to look next, which knob helps, which only hides it.
 */
#ifndef MODEL_DETECT_ADVICE_H
#define MODEL_DETECT_ADVICE_H

#include "model/event.h"

/* The rule's own advice where it has one (not sanitised), else what fits the kind and the
 * series; NULL where there is nothing to say. Lives as long as the event. */
const char *event_advice(const struct event *e);

#endif
