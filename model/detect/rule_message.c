#include "model/detect/rule_message.h"

#include "model/detect/rule_lex.h"

/* The next {…} of the message at or behind *at: its inside, and *at behind it. */
static bool next_brace(struct slice message, size_t *at, struct slice *before,
                       struct slice *inside)
{
    size_t open = *at, close;

    while (open < message.len && message.ptr[open] != '{')
        open++;
    close = open;
    /* {x.name{label="a"}}: labels have braces of their own. */
    for (int depth = 0; close < message.len; close++) {
        if (message.ptr[close] == '{')
            depth++;
        else if (message.ptr[close] == '}' && --depth == 0)
            break;
    }
    *before = slice_of(message.ptr + *at, open - *at);
    if (open == message.len || close == message.len) {
        *before = slice_after(message, *at);
        *at = message.len;
        return false;
    }
    *inside = slice_of(message.ptr + open + 1, close - open - 1);
    *at = close + 1;
    return true;
}

static bool is_word(struct slice inside)
{
    return slice_eq(inside, SLICE("limit")) || slice_eq(inside, SLICE("value")) ||
           slice_eq(inside, SLICE("bound"));
}

bool rule_message_check(struct slice message, struct rule_series *series,
                        struct rule_error *err)
{
    struct slice before, inside;
    size_t at = 0;
    enum unit unit;

    while (next_brace(message, &at, &before, &inside)) {
        size_t from = at - inside.len - 2;

        if (is_word(inside))
            continue;
        if (!rule_series_is_known(inside, &unit)) {
            rule_error_set(err, from, inside.len + 2,
                           "braces hold a series, {limit}, {value} or {bound}");
            return false;
        }
        if (rule_series_add(series, inside) == RULE_SERIES_MAX) {
            rule_error_set(err, from, inside.len + 2, "the rule has more than %d series",
                           RULE_SERIES_MAX);
            return false;
        }
    }
    return true;
}

static void put_figure(struct text *t, double value, struct rule_dim dim)
{
    char figure[RULE_FIGURE_TEXT];

    text_put_str(t, rule_dim_format(figure, value, dim));
}

static void put_inside(struct text *t, struct slice inside, const struct rule *rule,
                       const struct rule_figures *f)
{
    if (slice_eq(inside, SLICE("limit")))
        put_figure(t, f->limit, rule_dim_of_unit(UNIT_BYTES));
    else if (slice_eq(inside, SLICE("value")))
        put_figure(t, f->sides.value, rule->when.headline_value);
    else if (slice_eq(inside, SLICE("bound")))
        put_figure(t, f->sides.bound, rule->when.headline_bound);
    for (unsigned i = 0; i < rule->series.count; i++) {
        if (slice_eq(inside, slice_str(rule->series.names[i])))
            put_figure(t, f->values[i], rule_dim_of_unit(f->units[i]));
    }
}

static void put_condition(struct text *t, const struct rule *rule,
                          const struct rule_figures *f)
{
    text_put_str(t, rule->texts[RULE_WHEN]);
    text_put_str(t, ": ");
    put_figure(t, f->sides.value, rule->when.headline_value);
    text_put_str(t, " against ");
    put_figure(t, f->sides.bound, rule->when.headline_bound);
}

void rule_message_put(struct text *t, const struct rule *rule,
                      const struct rule_figures *f)
{
    struct slice message = slice_str(rule->texts[RULE_MESSAGE]), before, inside;
    size_t at = 0;

    if (message.len == 0) {
        put_condition(t, rule, f);
        return;
    }
    while (next_brace(message, &at, &before, &inside)) {
        text_put(t, before);
        put_inside(t, inside, rule, f);
    }
    text_put(t, before);
}
