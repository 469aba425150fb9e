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

/* What happened, the last of it where it is much; nothing where nothing did. */
void report_put_events(const struct report *r, struct text *t);

/* The table of series of each process. */
void report_put_processes(const struct report *r, struct text *t);

#endif
