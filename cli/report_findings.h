/*
 * The findings of a report as JSON. The caller owns what comes back.
 */
#ifndef CLI_REPORT_FINDINGS_H
#define CLI_REPORT_FINDINGS_H

struct event;
struct json_object;
struct process;
struct report;

/* One event. */
struct json_object *report_event_json(const struct report *r, const struct event *e);

/* An array, in order of time. */
struct json_object *report_events_json(const struct report *r);

/* That of the process in the worst state; NULL where nothing is foretold. */
struct json_object *report_forecast_json(const struct report *r);

/* An array: an object for each process that died for want of memory. */
struct json_object *report_postmortem_json(const struct report *r);

/* Adds "verdict" and "story" to the object of a process. */
void report_put_finding_keys(const struct report *r, const struct process *p,
                             struct json_object *object);

#endif
