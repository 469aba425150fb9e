/*
 * The post-mortems of a report as text; as JSON: report_findings.h.
 */
#ifndef CLI_REPORT_POSTMORTEM_H
#define CLI_REPORT_POSTMORTEM_H

struct report;
struct text;

/* One for each process that died for want of memory; nothing where none did. */
void report_put_postmortems(const struct report *r, struct text *t);

#endif
