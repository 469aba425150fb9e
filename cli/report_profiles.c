#include "cli/report_profiles.h"

#include <stdlib.h>

#include "cli/report_internal.h"
#include "cli/report_text_internal.h"
#include "cli/report_values.h"
#include "model/base/num.h"
#include "model/base/text.h"

#define TOP_COUNT 10
/* As text without -v: the first and last of so many. */
#define SHOWN_FIRST 3
#define SHOWN_LAST 5

/* The profiles in the window; an array for free(). */
static const struct profile **in_window(const struct report *r, size_t *count)
{
    size_t all;
    const struct profile **list = profile_store_list(r->session->profiles, NULL, &all);

    *count = 0;
    for (size_t i = 0; i < all; i++) {
        int64_t time_ns = profile_time(list[i]);

        if (time_ns >= r->from_ns && time_ns < r->to_ns)
            list[(*count)++] = list[i];
    }
    return list;
}

/* What a profile is about: of a heap, what is in use. */
static size_t type_of(const struct report *r, const struct profile *p)
{
    size_t type = p->default_type;

    if (p->kind == PROFILE_HEAP)
        (void)profile_find_type(r->session->profiles, p, SLICE("inuse_space"), &type);
    return type;
}

static struct json_object *of_top(const struct report *r, const struct profile *p)
{
    const struct profile_store *store = r->session->profiles;
    struct json_object *top = json_object_new_array();
    struct profile_entry entries[TOP_COUNT];
    size_t count = profile_top(store, p, type_of(r, p), entries, TOP_COUNT);

    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_new_object();

        value_put(entry, "function",
                  value_slice(profile_symbol_name(store, entries[i].symbol)));
        value_put(entry, "flat", json_object_new_int64(entries[i].flat));
        value_put(entry, "cum", json_object_new_int64(entries[i].cum));
        (void)json_object_array_add(top, entry);
    }
    return top;
}

static struct json_object *of_totals(const struct report *r, const struct profile *p)
{
    struct json_object *totals = json_object_new_array();

    for (size_t i = 0; i < p->type_count; i++) {
        struct profile_type type = profile_type_of(r->session->profiles, p, i);
        struct json_object *total = json_object_new_object();

        value_put(total, "type", value_slice(type.type));
        value_put(total, "unit", value_slice(type.unit));
        value_put(total, "value", json_object_new_int64(p->totals[i]));
        (void)json_object_array_add(totals, total);
    }
    return totals;
}

static struct json_object *of_profile(const struct report *r, const struct profile *p)
{
    struct json_object *object = json_object_new_object();
    char wall[UNIT_RFC3339_TEXT];
    int64_t time_ns = profile_time(p);
    struct profile_type type = profile_type_of(r->session->profiles, p, type_of(r, p));
    size_t inuse;
    bool has_inuse =
        profile_find_type(r->session->profiles, p, SLICE("inuse_space"), &inuse);

    unit_format_rfc3339(wall, time_ns);
    value_put(object, "t", r->session->has_wall ? json_object_new_string(wall) : NULL);
    value_put(object, "offset_s", value_seconds(num_sat_sub_i64(time_ns, r->origin_ns)));
    value_put(object, "process", json_object_new_uint64(p->track->process->id));
    value_put(object, "kind", json_object_new_string(profile_kind_name(p->kind)));
    value_put(object, "duration_s",
              p->duration_ns ? value_seconds(p->duration_ns) : NULL);
    value_put(object, "samples", json_object_new_uint64(p->sample_count));
    value_put(object, "inuse_bytes",
              has_inuse ? json_object_new_int64(p->totals[inuse]) : NULL);
    value_put(object, "totals", of_totals(r, p));
    value_put(object, "type", value_slice(type.type)); /* of the figures in "top" */
    value_put(object, "unit", value_slice(type.unit));
    value_put(object, "top", of_top(r, p));
    return object;
}

struct json_object *report_profiles_json(const struct report *r)
{
    struct json_object *profiles = json_object_new_array();
    size_t count;
    const struct profile **list = in_window(r, &count);

    for (size_t i = 0; i < count; i++)
        (void)json_object_array_add(profiles, of_profile(r, list[i]));
    free(list);
    return profiles;
}

static void put_top_function(const struct report *r, struct text *t,
                             const struct profile *p, int cells)
{
    size_t type = type_of(r, p);
    double total = (double)p->totals[type];
    struct profile_entry top;
    char share[UNIT_TEXT];

    if (profile_top(r->session->profiles, p, type, &top, 1) == 0)
        return;
    unit_format(share, (double)top.flat / total, UNIT_RATIO, !r->is_utf8);
    if (total > 0)
        text_printf(t, "%8s  ", share);
    text_put_safe_cells(t, profile_symbol_name(r->session->profiles, top.symbol),
                        cells > 8 ? cells : 8, !r->is_utf8);
}

#define FIXED_CELLS 65 /* of what stands before the function's name */

static void put_profile(const struct report *r, struct text *t, const struct profile *p)
{
    const struct profile_store *store = r->session->profiles;
    size_t type = type_of(r, p);
    struct profile_type named = profile_type_of(store, p, type);
    char offset[UNIT_TEXT], total[UNIT_TEXT];
    struct text name = {0};

    unit_format_offset(offset, num_sat_sub_i64(profile_time(p), r->origin_ns),
                       report_offset_decimals(r));
    unit_format(total, (double)p->totals[type], profile_unit(named), !r->is_utf8);
    text_put_safe_cells(&name, named.type.len ? named.type : SLICE("unnamed"), 16,
                        !r->is_utf8);
    text_printf(t, "  %-12s %-9s  %s", offset, profile_kind_name(p->kind),
                text_str(&name));
    text_repeat(t, " ", (size_t)(17 - text_cells(text_str(&name))));
    text_printf(t, "%10s  ", total);
    put_top_function(r, t, p, r->width_cols - FIXED_CELLS);
    text_put_char(t, '\n');
    text_finish(&name);
}

void report_put_profiles(const struct report *r, struct text *t)
{
    size_t count, hidden = 0;
    const struct profile **list = in_window(r, &count);

    if (!r->options->is_verbose && count > SHOWN_FIRST + SHOWN_LAST + 1)
        hidden = count - SHOWN_FIRST - SHOWN_LAST;
    if (count) {
        report_put_heading(r, t, "PROFILES");
        text_put_str(t,
                     "     kind       type                  total       top function\n");
    }
    for (size_t i = 0; i < count; i++) {
        if (hidden && i == SHOWN_FIRST) {
            text_printf(t, "  %s %zu more; -v lists them all\n", r->is_utf8 ? "…" : "...",
                        hidden);
            i += hidden;
        }
        put_profile(r, t, list[i]);
    }
    free(list);
}
