#include "parsers/pprof_tables.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/limits.h"
#include "parsers/pprof_internal.h"

const char pprof_twice[] = "id defined twice";

static const char too_many[] = "more ids than a profile may have";

void pprof_tables_finish(struct pprof_tables *t)
{
    free(t->types);
    free(t->functions);
    free(t->mappings);
    free(t->locations);
    free(t->lines);
    free(t->samples);
    free(t->stacks);
    free(t->values);
    free(t->labels);
    free(t->text);
    free(t->string_ends);
    pprof_ids_finish(&t->function_ids);
    pprof_ids_finish(&t->location_ids);
    pprof_ids_finish(&t->mapping_ids);
    *t = (struct pprof_tables){0};
}

const char *pprof_take_type(struct pprof_tables *t, struct slice message,
                            const unsigned char **at)
{
    struct proto c = proto_init(message);
    struct pprof_type type = {0};
    struct proto_field f;

    while (proto_next(&c, &f)) {
        if (f.number == 1)
            type.type = pprof_string_index(pprof_number(&c, &f));
        else if (f.number == 2)
            type.unit = pprof_string_index(pprof_number(&c, &f));
    }
    if (t->type_count >= LIMIT_PPROF_TYPES)
        (void)proto_fail(&c, c.p, "more sample types than a profile may have");
    if (c.reason)
        type = (struct pprof_type){UINT32_MAX, UINT32_MAX};
    if (t->type_count < LIMIT_PPROF_TYPES) {
        /* A damaged one keeps its place, or the values would change their meaning. */
        t->types =
            mem_grow(t->types, &t->type_capacity, t->type_count + 1, sizeof *t->types);
        t->types[t->type_count++] = type;
    }
    return pprof_fault(&c, at);
}

uint32_t pprof_refer_to_location(struct pprof_tables *t, struct proto *c, uint64_t id)
{
    uint32_t index = pprof_ids_get(&t->location_ids, id);

    if (index == PPROF_NO_INDEX) {
        (void)proto_fail(c, c->p, too_many);
        return 0;
    }
    if (index < t->location_count)
        return index;
    t->locations = mem_grow(t->locations, &t->location_capacity, t->location_count + 1,
                            sizeof *t->locations);
    t->locations[t->location_count++] = (struct profile_location){
        .address = t->offset, .line_count = PPROF_UNDEFINED, .mapping = UINT32_MAX};
    return index;
}

static uint32_t refer_to_mapping(struct pprof_tables *t, struct proto *c, uint64_t id)
{
    uint32_t index = pprof_ids_get(&t->mapping_ids, id);

    if (index == PPROF_NO_INDEX) {
        (void)proto_fail(c, c->p, too_many);
        return 0;
    }
    if (index < t->mapping_count)
        return index;
    t->mappings = mem_grow(t->mappings, &t->mapping_capacity, t->mapping_count + 1,
                           sizeof *t->mappings);
    t->mappings[t->mapping_count++] =
        (struct pprof_mapping){.file = 0, .offset = t->offset};
    return index;
}

const char *pprof_take_mapping(struct pprof_tables *t, struct slice message,
                               const unsigned char **at)
{
    struct proto c = proto_init(message);
    struct pprof_mapping mapping = {.offset = t->offset, .is_defined = true};
    struct proto_field f;
    uint64_t id = 0;
    uint32_t index;

    while (proto_next(&c, &f)) {
        if (f.number == 1)
            id = pprof_number(&c, &f);
        else if (f.number == 5)
            mapping.file = pprof_string_index(pprof_number(&c, &f));
    }
    if (!c.reason && id == 0)
        (void)proto_fail(&c, (const unsigned char *)message.ptr, "mapping without an id");
    if (c.reason)
        return pprof_fault(&c, at);
    index = refer_to_mapping(t, &c, id);
    if (c.reason)
        return pprof_fault(&c, at);
    *at = (const unsigned char *)message.ptr;
    if (t->mappings[index].is_defined)
        return pprof_twice;
    t->mappings[index] = mapping;
    return NULL;
}

static uint32_t refer_to_function(struct pprof_tables *t, struct proto *c, uint64_t id)
{
    uint32_t index = pprof_ids_get(&t->function_ids, id);

    if (index == PPROF_NO_INDEX) {
        (void)proto_fail(c, c->p, too_many);
        return 0;
    }
    if (index < t->function_count)
        return index;
    t->functions = mem_grow(t->functions, &t->function_capacity, t->function_count + 1,
                            sizeof *t->functions);
    t->functions[t->function_count++] = (struct pprof_function){.offset = t->offset};
    return index;
}

static void take_line(struct pprof_tables *t, struct proto *c, struct slice message)
{
    struct proto p = proto_init(message);
    struct profile_line line = {0};
    struct proto_field f;
    uint64_t id = 0, number = 0;

    while (proto_next(&p, &f)) {
        if (f.number == 1)
            id = pprof_number(&p, &f);
        else if (f.number == 2)
            number = pprof_number(&p, &f);
    }
    if (p.reason)
        (void)proto_fail(c, p.fault, p.reason);
    if (p.reason || id == 0)
        return; /* no function: as good as no line */
    line.function = refer_to_function(t, c, id);
    if (c->reason)
        return;
    line.line = number < UINT32_MAX ? (uint32_t)number : 0;
    t->lines = mem_grow(t->lines, &t->line_capacity, t->line_count + 1, sizeof *t->lines);
    t->lines[t->line_count++] = line;
}

static void take_location_field(struct pprof_tables *t, struct proto *c,
                                const struct proto_field *f, uint64_t *id,
                                struct profile_location *location)
{
    uint64_t mapping;

    switch (f->number) {
    case 1:
        *id = pprof_number(c, f);
        break;
    case 2:
        mapping = pprof_number(c, f);
        if (!c->reason && mapping != 0)
            location->mapping = refer_to_mapping(t, c, mapping);
        break;
    case 3:
        location->address = pprof_number(c, f);
        break;
    case 4:
        if (f->wire == PROTO_BYTES)
            take_line(t, c, f->bytes);
        else
            (void)proto_fail(c, c->p, pprof_wrong_kind);
        break;
    default:
        break;
    }
}

const char *pprof_take_location(struct pprof_tables *t, struct slice message,
                                const unsigned char **at)
{
    struct proto c = proto_init(message);
    size_t lines = t->line_count;
    struct profile_location location = {.first_line = (uint32_t)lines,
                                        .mapping = UINT32_MAX};
    struct proto_field f;
    uint64_t id = 0;
    uint32_t index;

    while (proto_next(&c, &f))
        take_location_field(t, &c, &f, &id, &location);
    if (!c.reason && id == 0)
        (void)proto_fail(&c, (const unsigned char *)message.ptr,
                         "location without an id");
    if (c.reason) {
        t->line_count = lines;
        return pprof_fault(&c, at);
    }
    index = pprof_refer_to_location(t, &c, id);
    if (c.reason)
        return pprof_fault(&c, at);
    *at = (const unsigned char *)message.ptr;
    if (t->locations[index].line_count != PPROF_UNDEFINED) {
        t->line_count = lines;
        return pprof_twice;
    }
    location.line_count = (uint32_t)(t->line_count - lines);
    t->locations[index] = location;
    return NULL;
}

const char *pprof_take_function(struct pprof_tables *t, struct slice message,
                                const unsigned char **at)
{
    struct proto c = proto_init(message);
    struct pprof_function function = {.offset = t->offset, .is_defined = true};
    struct proto_field f;
    uint64_t id = 0;
    uint32_t system_name = 0, index;

    while (proto_next(&c, &f)) {
        if (f.number == 1)
            id = pprof_number(&c, &f);
        else if (f.number == 2)
            function.name = pprof_string_index(pprof_number(&c, &f));
        else if (f.number == 3)
            system_name = pprof_string_index(pprof_number(&c, &f));
        else if (f.number == 4)
            function.file = pprof_string_index(pprof_number(&c, &f));
    }
    if (!c.reason && id == 0)
        (void)proto_fail(&c, (const unsigned char *)message.ptr,
                         "function without an id");
    if (c.reason)
        return pprof_fault(&c, at);
    if (function.name == 0)
        function.name = system_name;
    index = refer_to_function(t, &c, id);
    if (c.reason)
        return pprof_fault(&c, at);
    *at = (const unsigned char *)message.ptr;
    if (t->functions[index].is_defined)
        return pprof_twice;
    t->functions[index] = function;
    return NULL;
}

const char *pprof_take_string(struct pprof_tables *t, struct slice string)
{
    t->text = mem_grow_huge(t->text, &t->text_capacity, t->text_len + string.len, 1);
    if (string.len)
        memcpy(t->text + t->text_len, string.ptr, string.len);
    t->text_len += string.len;
    t->string_ends = mem_grow(t->string_ends, &t->string_capacity, t->string_count + 1,
                              sizeof *t->string_ends);
    t->string_ends[t->string_count++] = (uint32_t)t->text_len;
    return NULL;
}

struct pprof_mark pprof_tables_mark(const struct pprof_tables *t, uint64_t offset)
{
    return (struct pprof_mark){
        .types = t->type_count,
        .functions = t->function_count,
        .locations = t->location_count,
        .mappings = t->mapping_count,
        .lines = t->line_count,
        .samples = t->sample_count,
        .stacks = t->stack_count,
        .values = t->value_count,
        .labels = t->label_count,
        .strings = t->string_count,
        .offset = offset,
    };
}

void pprof_tables_return(struct pprof_tables *t, const struct pprof_mark *mark)
{
    t->type_count = mark->types;
    t->function_count = mark->functions;
    t->location_count = mark->locations;
    t->mapping_count = mark->mappings;
    t->line_count = mark->lines;
    t->sample_count = mark->samples;
    t->stack_count = mark->stacks;
    t->value_count = mark->values;
    t->label_count = mark->labels;
    t->string_count = mark->strings;
}
