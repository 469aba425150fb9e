/*
 * An event's evidence by name. Names of detectors' evidence that stories and advice look
 * for are listed in story.h.
 */
#ifndef MODEL_DETECT_EVIDENCE_H
#define MODEL_DETECT_EVIDENCE_H

#include <stdbool.h>

#include "model/event.h"

/* False where the event has no such number, or it is not finite. */
bool evidence_number(const struct event *e, const char *name, double *value);

/* NULL where it has no such text; not sanitised. */
const char *evidence_text(const struct event *e, const char *name);

#endif
