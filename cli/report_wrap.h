/*
 * Sentences in lines of a width.
 */
#ifndef CLI_REPORT_WRAP_H
#define CLI_REPORT_WRAP_H

struct text;

/* A line is never cut shorter than this, however little room there is. */
#define WRAP_CELLS_MIN 16

/*
 * Text that has passed the gate, broken at blanks, and a line feed. The first line starts
 * where first_cells are used up already, the others are indented.
 */
void report_put_wrapped(struct text *t, const char *safe, int first_cells, int indent,
                        int width_cols);

#endif
