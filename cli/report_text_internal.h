/*
 * What the files of the text report share.
 */
#ifndef CLI_REPORT_TEXT_INTERNAL_H
#define CLI_REPORT_TEXT_INTERNAL_H

struct report;
struct text;

/* From this width on there is room for what is good to know, but not vital. */
#define WIDE_COLS 100

/* A blank line, then the heading, bold where colour is on; no line feed after it. */
void report_put_heading(const struct report *r, struct text *t, const char *heading);

/* Untrusted text in exactly that many cells, cut or filled up. */
void report_put_cells(const struct report *r, struct text *t, const char *untrusted,
                      int cells);

/* Takes blanks off the end: they show in diffs and pastes. */
void report_trim_line(struct text *t);

/* The verdict on the worst process with its story, others that are not well below. */
void report_put_verdict(const struct report *r, struct text *t);

/* How much of recordings the verdict does not know of, unless that is next to nothing. */
void report_put_lost(const struct report *r, struct text *t);

/* Of the worst process; nothing where nothing is foretold. */
void report_put_forecast(const struct report *r, struct text *t);

/* What happened and what was found: what matters in lines, the rest as a count; nothing
 * where nothing did. */
void report_put_events(const struct report *r, struct text *t);

/* What to do about what goes on. */
void report_put_advice(const struct report *r, struct text *t);

/* The table of series of each process. */
void report_put_processes(const struct report *r, struct text *t);

#endif
