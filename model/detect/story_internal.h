/* What the files of stories and post-mortems share. */
#ifndef MODEL_DETECT_STORY_INTERNAL_H
#define MODEL_DETECT_STORY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/detect/verdict.h"
#include "model/session.h"

struct text;

/* "RSS": the shorter word where there is one; NULL where not. */
const char *story_brief_subject(uint32_t metric);

/* "goroutines grow", "live heap grows". */
bool story_is_plural(uint32_t metric);

/* Through the gate that the output needs. */
void story_put_name(struct text *t, struct slice untrusted, bool ascii);

/* "4.1 s", "14 s", "2m10s", "3h05m"; less than nothing is 0. */
const char *story_seconds(char out[UNIT_TEXT], double seconds);

/* "+0:20.1": as the events' list shows it, with the digits that the session's length
 * makes worth while. */
const char *story_offset(char out[UNIT_TEXT], const struct session *s, int64_t time_ns);

/* Is it over at that moment? */
bool story_is_over(const struct event *e, int64_t at_ns);

/*
 * What grows: the event of severity warning or above to tell of, known by at_ns; NULL
 * where there is none. What goes on before what is over; of what goes on a pre-oom before
 * a leak before others; what names the cause (goroutines, memory off the heap) before
 * what shows it (the heap, RSS); the latest of equals.
 */
const struct event *story_growth(const struct session *s, const struct process *p,
                                 int64_t at_ns);
/* Where the first of them began. False where there was none. */
bool story_first_onset(const struct session *s, const struct process *p, int64_t at_ns,
                       int64_t *onset_ns);
/* The same of growth of that series alone, as long as it goes on. */
const struct event *story_growth_of(const struct session *s, const struct process *p,
                                    uint32_t metric, int64_t at_ns);
/* The same of pressure: thrash first. */
const struct event *story_pressure(const struct session *s, const struct process *p,
                                   int64_t at_ns);
/* How many of its kind there were. */
size_t story_count(const struct session *s, const struct process *p, enum event_kind kind,
                   int64_t at_ns);

/* The first pre-oom that was told before that moment; NULL where none was. */
const struct event *story_warning(const struct session *s, const struct process *p,
                                  int64_t before_ns);

#endif
