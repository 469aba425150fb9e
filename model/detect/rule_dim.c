#include "model/detect/rule_dim.h"

#include <stdio.h>

struct rule_dim rule_dim_of_unit(enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
        return (struct rule_dim){.bytes = 1};
    case UNIT_BYTES_PER_S:
        return (struct rule_dim){.bytes = 1, .time = -1};
    case UNIT_NS:
    case UNIT_UNIX_NS:
        return (struct rule_dim){.time = 1};
    case UNIT_RATIO:
        return (struct rule_dim){.is_share = true};
    case UNIT_NONE:
        return (struct rule_dim){.is_any = true};
    default:
        return (struct rule_dim){0};
    }
}

double rule_scale_of_unit(enum unit unit)
{
    return unit == UNIT_NS || unit == UNIT_UNIX_NS ? 1.0 / (double)NS_PER_S : 1;
}

static bool is_time(struct rule_dim d)
{
    return d.bytes == 0 && d.time == 1;
}

bool rule_dims_agree(struct rule_dim a, struct rule_dim b)
{
    if (a.is_any || b.is_any || (a.bytes == b.bytes && a.time == b.time))
        return true;
    return (a.is_plain && !is_time(b)) || (b.is_plain && !is_time(a));
}

struct rule_dim rule_dim_sum(struct rule_dim a, struct rule_dim b)
{
    struct rule_dim sum = a.is_plain || (a.is_any && !b.is_plain) ? b : a;

    sum.is_any = a.is_any || b.is_any;
    sum.is_plain = a.is_plain && b.is_plain;
    sum.is_share = a.is_share || b.is_share;
    return sum;
}

/* Exponents are held: sixty factors of bytes are no quantity, but no overflow either. */
static int8_t held(int exponent)
{
    return (int8_t)(exponent < -100 ? -100 : exponent > 100 ? 100 : exponent);
}

struct rule_dim rule_dim_product(struct rule_dim a, struct rule_dim b, int sign)
{
    struct rule_dim product = {
        .bytes = held(a.bytes + sign * b.bytes),
        .time = held(a.time + sign * b.time),
        .is_any = a.is_any || b.is_any,
        .is_plain = a.is_plain && b.is_plain,
    };
    bool has_none = product.bytes == 0 && product.time == 0;

    /* 1.2 times a share is one, and so is a quotient of two figures of a kind; people
     * read 2.5 as 250 %. A number of twos is none. */
    product.is_share =
        has_none && (a.is_share || b.is_share || (sign < 0 && (a.bytes || a.time)));
    return product;
}

struct rule_dim rule_dim_per_second(struct rule_dim a)
{
    a.time = held(a.time - 1);
    a.is_share = false;
    return a;
}

const char *rule_dim_name(struct rule_dim d)
{
    if (d.bytes == 1 && d.time == 0)
        return "bytes";
    if (d.bytes == 1 && d.time == -1)
        return "bytes a second";
    if (is_time(d))
        return "a time";
    if (d.bytes == 0 && d.time == -1)
        return "a number a second";
    if (d.bytes == 0 && d.time == 0)
        return "a number";
    return "a product";
}

const char *rule_dim_format(char out[RULE_FIGURE_TEXT], double value, struct rule_dim d)
{
    char text[UNIT_TEXT];

    if (is_time(d))
        unit_format(text, value * (double)NS_PER_S, UNIT_NS, true);
    else if (d.bytes == 1 && d.time <= 0)
        unit_format(text, value, UNIT_BYTES, true);
    else
        unit_format(text, value, d.is_share ? UNIT_RATIO : UNIT_COUNT, true);
    (void)snprintf(out, RULE_FIGURE_TEXT, "%s%s", text, d.time == -1 ? "/s" : "");
    return out;
}
