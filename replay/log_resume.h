/*
 * A log that two recorders read one after the other. The second begins at the log's front
 * again: what the first had read already is recognised by its last lines, and left out.
 *
 * What the second reads of the time before it is held until those lines are found, or
 * until it is sure that they are not there: the log was replaced meanwhile.
 */
#ifndef REPLAY_LOG_RESUME_H
#define REPLAY_LOG_RESUME_H

#include <stdbool.h>

#include "model/base/slice.h"
#include "model/base/text.h"

/* Zero-initialise. */
struct log_resume {
    struct text tail; /* the last lines that were read */
    struct text held;
    bool is_waiting; /* for them to come again */
};

void log_resume_finish(struct log_resume *r);

/* These bytes went into the log's stream. */
void log_resume_passed(struct log_resume *r, struct slice bytes);

/* The log began anew. */
void log_resume_forget(struct log_resume *r);

/* Another recorder begins to read it. False where too little is known to wait for. */
bool log_resume_wait(struct log_resume *r);

/* False where that would be too much: it has to do with what is there. */
bool log_resume_hold(struct log_resume *r, struct slice bytes);

/* What is held behind those lines, valid until the next call; false where they are not
 * there. */
bool log_resume_find(const struct log_resume *r, struct slice *rest);

#endif
