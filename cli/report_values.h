/*
 * Values for the report's JSON. The caller owns what comes back until it is put into an
 * object; NULL is null.
 */
#ifndef CLI_REPORT_VALUES_H
#define CLI_REPORT_VALUES_H

#include <json-c/json.h>
#include <stdint.h>

#include "model/base/slice.h"

struct report;

void value_put(struct json_object *object, const char *key, struct json_object *value);

/* NULL is null. Untrusted text becomes valid, harmless UTF-8 first. */
struct json_object *value_text(const char *untrusted);
struct json_object *value_slice(struct slice untrusted);

/* Null where it is not finite. */
struct json_object *value_double(double value);

struct json_object *value_seconds(int64_t ns);
/* Seconds since the session's first record. */
struct json_object *value_offset(const struct report *r, int64_t ns);
/* RFC 3339; null where no wall clock is known. */
struct json_object *value_wall(const struct report *r, int64_t ns);

#endif
