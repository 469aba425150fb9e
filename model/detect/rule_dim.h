/*
 * What a figure in a rule measures: so that bytes are not compared with seconds.
 */
#ifndef MODEL_DETECT_RULE_DIM_H
#define MODEL_DETECT_RULE_DIM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/units.h"

struct rule_dim {
    int8_t bytes, time; /* exponents */
    bool is_any;        /* of a metric whose unit nobody told: goes with everything */
    bool is_plain;      /* a number as written: goes with everything but times */
    bool is_share;      /* shown in per cent; does not tell figures apart */
};

struct rule_dim rule_dim_of_unit(enum unit unit);
bool rule_dims_agree(struct rule_dim a, struct rule_dim b);

/* Of a sum of both, which agree. */
struct rule_dim rule_dim_sum(struct rule_dim a, struct rule_dim b);
/* Of a product; of a quotient with sign -1. */
struct rule_dim rule_dim_product(struct rule_dim a, struct rule_dim b, int sign);
struct rule_dim rule_dim_per_second(struct rule_dim a);

/* "bytes", "a time", "bytes a second", "a number". */
const char *rule_dim_name(struct rule_dim d);

/* As people read it: value in bytes and seconds. Returns out. */
#define RULE_FIGURE_TEXT (UNIT_TEXT + 2)
const char *rule_dim_format(char out[RULE_FIGURE_TEXT], double value, struct rule_dim d);

/* What a series' values are multiplied with to be bytes and seconds. */
double rule_scale_of_unit(enum unit unit);

#endif
