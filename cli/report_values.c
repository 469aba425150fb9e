#include "cli/report_values.h"

#include <math.h>

#include "cli/report_internal.h"
#include "model/base/num.h"
#include "model/base/num_format.h"
#include "model/base/text.h"

void value_put(struct json_object *object, const char *key, struct json_object *value)
{
    (void)json_object_object_add(object, key, value);
}

struct json_object *value_slice(struct slice untrusted)
{
    struct text safe = {0};
    struct json_object *value;

    text_put_safe(&safe, untrusted);
    value = json_object_new_string_len(text_str(&safe), (int)safe.len);
    text_finish(&safe);
    return value;
}

struct json_object *value_text(const char *untrusted)
{
    return untrusted ? value_slice(slice_str(untrusted)) : NULL;
}

struct json_object *value_double(double value)
{
    char text[NUM_TEXT];

    if (!isfinite(value))
        return NULL;
    (void)num_format_double(text, value);
    return json_object_new_double_s(value, text);
}

struct json_object *value_seconds(int64_t ns)
{
    char text[NUM_TEXT];

    (void)num_format_seconds(text, ns);
    return json_object_new_double_s((double)ns / (double)NS_PER_S, text);
}

struct json_object *value_offset(const struct report *r, int64_t ns)
{
    return value_seconds(num_sat_sub_i64(ns, r->origin_ns));
}

struct json_object *value_wall(const struct report *r, int64_t ns)
{
    char text[UNIT_RFC3339_TEXT];

    if (!r->session->has_wall || !r->has_records)
        return NULL;
    return json_object_new_string(unit_format_rfc3339(text, ns));
}
