/*
 * What `detect` prints of one table of numbers.
 *
 * Source: the "DETECT" section of heapreel(1).
 */
#ifndef CLI_DETECT_H
#define CLI_DETECT_H

#include <stdint.h>

#include "model/detect/changepoint.h"
#include "parsers/number_table.h"

struct detect_report {
    const char *path;
    const struct number_table *table;
    const struct cp_input *input;
    const struct cp_result *result;
    uint64_t skipped;
};

void detect_put_json(const struct detect_report *r, struct text *t);
void detect_put_text(const struct detect_report *r, struct text *t, bool ascii);

#endif
