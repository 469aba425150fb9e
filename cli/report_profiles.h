/*
 * The report's profiles: one object each in JSON, one line each as text.
 */
#ifndef CLI_REPORT_PROFILES_H
#define CLI_REPORT_PROFILES_H

struct json_object;
struct report;
struct text;

/* An array of those in the window, oldest first. The caller owns it. */
struct json_object *report_profiles_json(const struct report *r);

/* Nothing where there are none; the first and the last where they are many. */
void report_put_profiles(const struct report *r, struct text *t);

#endif
