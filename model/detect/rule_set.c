#include <assert.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/rule_internal.h"
#include "model/detect/rule_lex.h"
#include "model/detect/rule_message.h"
#include "model/metric.h"

static const char *const key_names[] = {
    [RULE_NAME] = "",           [RULE_WHEN] = "when",         [RULE_CLEAR] = "clear",
    [RULE_KIND] = "kind",       [RULE_SEVERITY] = "severity", [RULE_SERIES] = "series",
    [RULE_MESSAGE] = "message", [RULE_ADVICE] = "advice",
};
static_assert(COUNT_OF(key_names) == RULE_KEYS, "a name for each key");

const char *rule_key_name(enum rule_key key)
{
    return key_names[key];
}

enum rule_key rule_key_of(struct slice name)
{
    for (size_t i = RULE_NAME + 1; i < RULE_KEYS; i++) {
        if (slice_eq(name, slice_str(key_names[i])))
            return (enum rule_key)i;
    }
    return RULE_KEYS;
}

/* Series. */

bool rule_series_is_known(struct slice name, enum unit *unit)
{
    for (uint32_t i = 0; i < METRIC_COUNT; i++) {
        if (slice_eq(name, slice_str(metric_info(i)->name))) {
            *unit = metric_info(i)->unit;
            return true;
        }
    }
    *unit = UNIT_NONE;
    return slice_starts(name, SLICE("x.")) && name.len > 2;
}

unsigned rule_series_add(struct rule_series *series, struct slice name)
{
    for (unsigned i = 0; i < series->count; i++) {
        if (slice_eq(name, slice_str(series->names[i])))
            return i;
    }
    if (series->count == RULE_SERIES_MAX)
        return RULE_SERIES_MAX;
    series->names[series->count] = mem_dup_slice(name);
    return series->count++;
}

void rule_series_finish(struct rule_series *series)
{
    for (unsigned i = 0; i < series->count; i++)
        free(series->names[i]);
    series->count = 0;
}

/* A rule out of its texts. */

static bool fail(struct rule_error *err, enum rule_key key, const struct rule_text *text,
                 const char *reason)
{
    err->key = key;
    rule_error_set(err, 0, text->keys[key].len, "%s", reason);
    return false;
}

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return name.len > 0;
}

static bool check_texts(const struct rule_set *set, const struct rule_text *text,
                        struct rule_error *err)
{
    if (!is_name(text->keys[RULE_NAME]))
        return fail(err, RULE_NAME, text,
                    "a rule's name is of letters, digits, '-', '_' and '.'");
    if (text->keys[RULE_NAME].len > RULE_NAME_MAX)
        return fail(err, RULE_NAME, text, "the name is longer than 64 bytes");
    for (size_t i = 0; i < set->count; i++) {
        if (slice_eq(text->keys[RULE_NAME], slice_str(set->rules[i]->texts[RULE_NAME])))
            return fail(err, RULE_NAME, text, "there is a rule of that name already");
    }
    if (set->count == RULES_MAX)
        return fail(err, RULE_NAME, text, "more than 256 rules");
    if (text->keys[RULE_WHEN].len == 0)
        return fail(err, RULE_NAME, text, "the rule has no condition: when = …");
    for (size_t i = 0; i < RULE_KEYS; i++) {
        if (text->keys[i].len > RULE_TEXT_MAX)
            return fail(err, (enum rule_key)i, text, "longer than 1024 bytes");
    }
    return true;
}

/* A rule may say of what it found that it is of a kind, but not what an input must tell.
 */
static bool take_kind(struct rule *rule, const struct rule_text *text,
                      struct rule_error *err)
{
    struct slice name = text->keys[RULE_KIND];

    rule->kind = name.len ? event_kind_of(name) : EVENT_RULE;
    if (rule->kind == EVENT_KINDS)
        return fail(err, RULE_KIND, text,
                    "no such kind of event; heapreel-rules(5) lists them");
    if (rule->kind == EVENT_OOM_KILLED || rule->kind == EVENT_FATAL ||
        rule->kind == EVENT_RESTART)
        return fail(err, RULE_KIND, text, "only an input can tell this, no rule");
    return true;
}

static bool take_severity(struct rule *rule, const struct rule_text *text,
                          struct rule_error *err)
{
    struct slice name = text->keys[RULE_SEVERITY];

    rule->severity = SEVERITY_NOTICE;
    if (name.len == 0)
        return true;
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++) {
        if (slice_eq(name, slice_str(severity_name((enum severity)i)))) {
            rule->severity = (enum severity)i;
            return true;
        }
    }
    return fail(err, RULE_SEVERITY, text,
                "a severity is info, notice, warning or critical");
}

static bool take_series(struct rule *rule, const struct rule_text *text,
                        struct rule_error *err)
{
    struct slice name = text->keys[RULE_SERIES];
    enum unit unit;

    rule->main_series = RULE_SERIES_MAX;
    if (name.len == 0)
        return true;
    if (!rule_series_is_known(name, &unit))
        return fail(err, RULE_SERIES, text, "no such series");
    rule->main_series = rule_series_add(&rule->series, name);
    if (rule->main_series == RULE_SERIES_MAX)
        return fail(err, RULE_SERIES, text, "the rule has more than 16 series");
    return true;
}

static bool take_condition(struct rule *rule, enum rule_key key,
                           const struct rule_text *text, struct rule_error *err)
{
    struct rule_program *program = key == RULE_WHEN ? &rule->when : &rule->clear;

    if (text->keys[key].len == 0)
        return true;
    err->key = key;
    if (!rule_parse(text->keys[key], program, &rule->series, err))
        return false;
    if (rule->series.count == 0)
        return fail(err, key, text, "a condition of no series");
    return true;
}

static bool take_message(struct rule *rule, const struct rule_text *text,
                         struct rule_error *err)
{
    err->key = RULE_MESSAGE;
    return rule_message_check(text->keys[RULE_MESSAGE], &rule->series, err);
}

/* The set's numbers for the rule's series; the rule's own are few, the set's many. */
static bool join_series(struct rule_set *set, struct rule *rule)
{
    size_t before = set->series_count;

    for (unsigned i = 0; i < rule->series.count; i++) {
        size_t k = 0;

        while (k < set->series_count &&
               strcmp(set->series[k], rule->series.names[i]) != 0)
            k++;
        if (k == RULE_ALL_SERIES_MAX) {
            while (set->series_count > before)
                free(set->series[--set->series_count]);
            return false;
        }
        if (k == set->series_count) {
            set->series = mem_grow(set->series, &set->series_capacity,
                                   set->series_count + 1, sizeof *set->series);
            set->series[set->series_count++] = mem_dup_text(rule->series.names[i]);
        }
        rule->all_series[i] = (unsigned)k;
    }
    return true;
}

static void destroy_rule(struct rule *rule)
{
    for (size_t i = 0; i < RULE_KEYS; i++)
        free(rule->texts[i]);
    rule_series_finish(&rule->series);
    rule_program_finish(&rule->when);
    rule_program_finish(&rule->clear);
    free(rule);
}

bool rule_set_add(struct rule_set *set, const struct rule_text *text,
                  struct rule_error *err)
{
    struct rule *rule;

    *err = (struct rule_error){0};
    if (!check_texts(set, text, err))
        return false;
    rule = mem_alloc(sizeof *rule);
    if (!take_condition(rule, RULE_WHEN, text, err) ||
        !take_condition(rule, RULE_CLEAR, text, err) || !take_kind(rule, text, err) ||
        !take_severity(rule, text, err) || !take_series(rule, text, err) ||
        !take_message(rule, text, err) ||
        (!join_series(set, rule) &&
         !fail(err, RULE_WHEN, text, "all rules together have more than 512 series"))) {
        destroy_rule(rule);
        return false;
    }
    for (size_t i = 0; i < RULE_KEYS; i++)
        rule->texts[i] = mem_dup_slice(text->keys[i]);
    set->rules = mem_grow(set->rules, &set->capacity, set->count + 1, sizeof *set->rules);
    set->rules[set->count++] = rule;
    return true;
}

/* Series that no rule reads any longer stay known: rules are removed while a file is
 * read, a few at most. */
bool rule_set_remove(struct rule_set *set, struct slice name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!slice_eq(name, slice_str(set->rules[i]->texts[RULE_NAME])))
            continue;
        destroy_rule(set->rules[i]);
        memmove(set->rules + i, set->rules + i + 1,
                (set->count - i - 1) * sizeof(struct rule *));
        set->count--;
        return true;
    }
    return false;
}

struct rule_set *rule_set_create(void)
{
    return mem_alloc(sizeof(struct rule_set));
}

void rule_set_destroy(struct rule_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        destroy_rule(set->rules[i]);
    for (size_t i = 0; i < set->series_count; i++)
        free(set->series[i]);
    free(set->rules);
    free(set->series);
    free(set);
}

size_t rule_set_count(const struct rule_set *set)
{
    return set->count;
}

const char *rule_set_name(const struct rule_set *set, size_t i)
{
    return set->rules[i]->texts[RULE_NAME];
}
