/* Are these bytes a table with a line of names? For csv.c. */
#ifndef PARSERS_CSV_PROBE_H
#define PARSERS_CSV_PROBE_H

#include "parsers/parser.h"

enum probe csv_probe(struct slice head, bool is_whole);

/* Lines in front of the names and between rows that mean nothing: "# …", "sep=;". */
bool csv_is_comment(struct slice line);

#endif
