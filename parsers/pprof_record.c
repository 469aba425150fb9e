/* The tables of a whole profile as a record: names, kind, and what leads nowhere. */
#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/pprof_tables.h"

struct faults {
    uint64_t first, count;
};

static void note(struct faults *f, uint64_t offset)
{
    if (f->count == 0 || offset < f->first)
        f->first = offset;
    f->count++;
}

static struct slice string_at(const struct pprof_tables *t, uint32_t index)
{
    uint32_t from;

    if (index >= t->string_count || !t->text) /* all of them may be empty */
        return (struct slice){0};
    from = index ? t->string_ends[index - 1] : 0;
    return slice_of(t->text + from, t->string_ends[index] - from);
}

static struct slice checked_string(const struct pprof_tables *t, uint32_t index,
                                   uint64_t offset, struct faults *bad)
{
    if (index >= t->string_count && index != 0)
        note(bad, offset);
    return string_at(t, index);
}

static void name_functions(const struct pprof_tables *t, struct pprof_output *out,
                           struct faults *bad, struct faults *missing)
{
    out->functions = mem_alloc_array(t->function_count, sizeof *out->functions);
    for (size_t i = 0; i < t->function_count; i++) {
        const struct pprof_function *f = &t->functions[i];

        if (!f->is_defined)
            note(missing, f->offset);
        out->functions[i].name = checked_string(t, f->name, f->offset, bad);
        out->functions[i].file = checked_string(t, f->file, f->offset, bad);
    }
}

static void name_mappings(const struct pprof_tables *t, struct pprof_output *out,
                          struct faults *bad, struct faults *missing)
{
    out->mappings = mem_alloc_array(t->mapping_count, sizeof *out->mappings);
    for (size_t i = 0; i < t->mapping_count; i++) {
        if (!t->mappings[i].is_defined)
            note(missing, t->mappings[i].offset);
        out->mappings[i] =
            checked_string(t, t->mappings[i].file, t->mappings[i].offset, bad);
    }
}

static void name_types(const struct pprof_tables *t, struct pprof_output *out,
                       struct faults *bad)
{
    out->types = mem_alloc_array(t->type_count, sizeof *out->types);
    for (size_t i = 0; i < t->type_count; i++) {
        out->types[i].type = checked_string(t, t->types[i].type, 0, bad);
        out->types[i].unit = checked_string(t, t->types[i].unit, 0, bad);
    }
}

/* Locations that samples refer to but nothing defines become frames without a name. */
static void settle_locations(struct pprof_tables *t, struct faults *missing)
{
    size_t undefined = 0;

    for (size_t i = 0; i < t->location_count; i++) {
        struct profile_location *l = &t->locations[i];

        if (l->line_count != PPROF_UNDEFINED &&
            (l->line_count > t->line_count ||
             l->first_line > t->line_count - l->line_count))
            l->line_count = PPROF_UNDEFINED;
        undefined += l->line_count == PPROF_UNDEFINED;
        if (l->mapping >= t->mapping_count)
            l->mapping = UINT32_MAX;
    }
    for (size_t i = 0; undefined && i < t->stack_count; i++) {
        const struct profile_location *l = &t->locations[t->stacks[i]];

        if (l->line_count == PPROF_UNDEFINED)
            note(missing, l->address);
    }
    for (size_t i = 0; undefined && i < t->location_count; i++) {
        if (t->locations[i].line_count == PPROF_UNDEFINED)
            t->locations[i] = (struct profile_location){.mapping = UINT32_MAX};
    }
}

/* Go calls it "bytes": the size of the objects that the sample counts. */
static void settle_labels(struct pprof_tables *t)
{
    static const struct slice bytes = SLICE_INIT("bytes");
    uint32_t key = t->first_key;

    if (key != 0 && !slice_eq(string_at(t, key), bytes)) {
        for (size_t i = 0; i < t->sample_count; i++)
            t->samples[i].object_bytes = 0;
    }
    for (size_t i = 0; i < t->label_count; i++) {
        const struct pprof_label *l = &t->labels[i];

        if (l->key != key && slice_eq(string_at(t, l->key), bytes))
            key = l->key;
        if (l->key == key && key != 0)
            t->samples[l->sample].object_bytes = l->number;
    }
}

static bool has_type(const struct pprof_output *out, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(out->types[i].type, slice_str(name)))
            return true;
    }
    return false;
}

static bool has_bytes(const struct pprof_output *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(out->types[i].unit, SLICE("bytes")))
            return true;
    }
    return false;
}

/* A heap file and an allocs file of Go differ in nothing but the default type. */
static enum profile_kind kind_of(const struct pprof_output *out, size_t count,
                                 size_t default_type)
{
    if (has_type(out, count, "inuse_space") || has_type(out, count, "inuse_objects"))
        return slice_starts(out->types[default_type].type, SLICE("alloc_"))
                   ? PROFILE_ALLOCS
                   : PROFILE_HEAP;
    if (has_type(out, count, "cpu"))
        return PROFILE_CPU;
    if (has_type(out, count, "goroutine"))
        return PROFILE_GOROUTINE;
    if (!has_bytes(out, count))
        return PROFILE_OTHER;
    return slice_starts(out->types[default_type].type, SLICE("alloc")) ? PROFILE_ALLOCS
                                                                       : PROFILE_HEAP;
}

/* Where none is named it is the last, as in pprof. */
static size_t default_type_of(const struct pprof_tables *t,
                              const struct pprof_output *out)
{
    struct slice wanted = string_at(t, t->default_type);

    for (size_t i = 0; wanted.len && i < t->type_count; i++) {
        if (slice_eq(out->types[i].type, wanted))
            return i;
    }
    return t->type_count - 1;
}

static void fill_record(const struct pprof_tables *t, const struct pprof_output *out,
                        struct profile_record *record)
{
    size_t default_type = default_type_of(t, out);

    *record = (struct profile_record){
        .kind = kind_of(out, t->type_count, default_type),
        .has_time = t->time_ns > 0,
        .time_ns = t->time_ns > 0 ? t->time_ns : 0,
        .duration_ns = t->duration_ns > 0 ? t->duration_ns : 0,
        .period = t->period > 0 ? t->period : 0,
        .types = out->types,
        .type_count = t->type_count,
        .default_type = default_type,
        .functions = out->functions,
        .function_count = t->function_count,
        .lines = t->lines,
        .line_count = t->line_count,
        .locations = t->locations,
        .location_count = t->location_count,
        .mappings = out->mappings,
        .mapping_count = t->mapping_count,
        .stacks = t->stacks,
        .stack_count = t->stack_count,
        .samples = t->samples,
        .sample_count = t->sample_count,
        .values = t->values,
    };
}

static void tell(const struct faults *f, const char *reason, pprof_complaint *complain,
                 void *user)
{
    if (f->count)
        complain(user, f->first, f->count, reason);
}

bool pprof_tables_record(struct pprof_tables *t, struct pprof_output *out,
                         struct profile_record *record, pprof_complaint *complain,
                         void *user)
{
    struct faults names = {0}, functions = {0}, mappings = {0}, locations = {0};

    *out = (struct pprof_output){0};
    if (t->type_count == 0) {
        complain(user, 0, 1, "no sample types");
        return false;
    }
    if (t->has_samples && t->width != t->type_count) {
        complain(user, 0, 1, "number of values is not that of sample types");
        return false;
    }
    name_types(t, out, &names);
    name_functions(t, out, &names, &functions);
    name_mappings(t, out, &names, &mappings);
    settle_locations(t, &locations);
    settle_labels(t);
    if (t->string_count == 0)
        complain(user, 0, 1, "no names: the string table is missing");
    else
        tell(&names, "name that is not in the string table", complain, user);
    tell(&functions, "function that is not in the profile", complain, user);
    tell(&mappings, "mapping that is not in the profile", complain, user);
    tell(&locations, "location that is not in the profile", complain, user);
    /* Without names an address says more than a function that has none. */
    for (size_t i = 0; t->string_count == 0 && i < t->location_count; i++)
        t->locations[i].line_count = 0;
    fill_record(t, out, record);
    return true;
}

void pprof_output_finish(struct pprof_output *out)
{
    free(out->types);
    free(out->functions);
    free(out->mappings);
    *out = (struct pprof_output){0};
}
