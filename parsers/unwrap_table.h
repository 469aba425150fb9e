/* The wrappings by number: what unwrap.c and unwrap_probe.c share. */
#ifndef PARSERS_UNWRAP_TABLE_H
#define PARSERS_UNWRAP_TABLE_H

#include "parsers/unwrap_internal.h"

/* One layer off one line; false when the line is not of that wrapping. */
bool unwrap_peel(struct peel_context *c, enum wrapping wrapping, struct slice line,
                 struct peeled *out);

#endif
