#include "parsers/profile_builder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "parsers/limits.h"

/* Keys of the tables: no padding, so that equal ones have equal bytes. */
struct function_key {
    uint32_t name, file;
};

struct location_key {
    uint64_t address;
    uint32_t function; /* INTERN_NONE: no name */
    uint32_t line;
};

static void set_bounds(struct profile_builder *b)
{
    const size_t keys = LIMIT_TEXT_PROFILE_KEYS;

    b->strings = (struct intern){.max_bytes = LIMIT_TEXT_PROFILE_STRING_BYTES,
                                 .max_count = LIMIT_TEXT_PROFILE_KEYS};
    b->functions = (struct intern){.max_bytes = keys * sizeof(struct function_key),
                                   .max_count = LIMIT_TEXT_PROFILE_KEYS};
    b->locations = (struct intern){.max_bytes = keys * sizeof(struct location_key),
                                   .max_count = LIMIT_TEXT_PROFILE_KEYS};
    b->symbols = (struct intern){.max_bytes = keys * sizeof(uint64_t),
                                 .max_count = LIMIT_TEXT_PROFILE_KEYS};
    b->modules = (struct intern){.max_bytes = LIMIT_TEXT_PROFILE_STRING_BYTES,
                                 .max_count = LIMIT_TEXT_PROFILE_MODULES};
    b->stack_keys = (struct intern){
        .max_bytes = (size_t)LIMIT_TEXT_PROFILE_STACK_ENTRIES * sizeof(uint32_t),
        .max_count = LIMIT_TEXT_PROFILE_SAMPLES};
    b->is_ready = true;
}

void profile_builder_begin(struct profile_builder *b, size_t type_count, bool merges)
{
    if (!b->is_ready)
        set_bounds(b);
    intern_clear(&b->strings);
    intern_clear(&b->functions);
    intern_clear(&b->locations);
    intern_clear(&b->symbols);
    intern_clear(&b->modules);
    intern_clear(&b->stack_keys);
    b->type_count = type_count;
    b->merges = merges;
    b->has_overflow = b->is_too_deep = false;
    b->range_count = b->stack_count = b->open_count = b->address_count = 0;
    b->sample_count = b->value_count = 0;
}

void profile_builder_set_types(struct profile_builder *b, size_t type_count)
{
    assert(b->sample_count == 0);
    b->type_count = type_count;
}

static void push_location(struct profile_builder *b, const struct location_key *key)
{
    uint32_t location;

    if (b->open_count == LIMIT_TEXT_PROFILE_FRAMES) {
        b->is_too_deep = true;
        return;
    }
    if (b->stack_count + b->open_count == LIMIT_TEXT_PROFILE_STACK_ENTRIES ||
        (location = intern_put(&b->locations, key, sizeof *key)) == INTERN_NONE) {
        b->has_overflow = true;
        return;
    }
    b->stacks = mem_grow(b->stacks, &b->stack_capacity,
                         b->stack_count + b->open_count + 1, sizeof *b->stacks);
    b->stacks[b->stack_count + b->open_count++] = location;
}

static uint32_t put_function(struct profile_builder *b, const struct profile_frame *frame)
{
    struct function_key key = {
        .name = intern_put(&b->strings, frame->name.ptr, frame->name.len),
        .file = intern_put(&b->strings, frame->file.ptr, frame->file.len),
    };
    uint32_t function = INTERN_NONE;

    if (key.name != INTERN_NONE && key.file != INTERN_NONE)
        function = intern_put(&b->functions, &key, sizeof key);
    b->has_overflow |= function == INTERN_NONE;
    return function;
}

static uint32_t put_module(struct profile_builder *b, struct slice module)
{
    return module.len ? intern_put(&b->modules, module.ptr, module.len) : INTERN_NONE;
}

void profile_builder_address(struct profile_builder *b, uint64_t address)
{
    if (b->address_count == LIMIT_TEXT_PROFILE_FRAMES) {
        b->is_too_deep = true;
        return;
    }
    b->addresses = mem_grow(b->addresses, &b->address_capacity, b->address_count + 1,
                            sizeof *b->addresses);
    b->addresses[b->address_count++] = address;
}

void profile_builder_frame(struct profile_builder *b, const struct profile_frame *frame)
{
    struct location_key key = {
        .address = frame->address,
        .function = put_function(b, frame),
        .line = frame->line,
    };

    b->address_count = 0;
    push_location(b, &key);
}

static void push_addresses(struct profile_builder *b)
{
    for (size_t i = 0; i < b->address_count; i++) {
        struct location_key key = {b->addresses[i], INTERN_NONE, 0};

        push_location(b, &key);
    }
    b->address_count = 0;
}

void profile_builder_drop(struct profile_builder *b)
{
    b->open_count = b->address_count = 0;
    b->is_too_deep = false;
}

/* The sample with the same stack; as many as there are where it is new. */
static size_t find_equal(struct profile_builder *b, int64_t object_bytes)
{
    const uint32_t *open = b->open_count ? b->stacks + b->stack_count : NULL;
    uint32_t number;

    if (!b->merges)
        return b->sample_count;
    /* Formats that merge have no object sizes. */
    assert(object_bytes == 0);
    number = intern_put(&b->stack_keys, open, b->open_count * sizeof *open);
    /* Full: from here on numbers would no longer be those of samples. */
    b->merges = number != INTERN_NONE;
    return b->merges ? number : b->sample_count;
}

static void add_values(struct profile_builder *b, size_t sample, const int64_t *values)
{
    int64_t *at = b->values + sample * b->type_count;

    for (size_t i = 0; i < b->type_count; i++)
        at[i] = num_sat_add_i64(at[i], values[i]);
}

static void append_sample(struct profile_builder *b, const int64_t *values,
                          int64_t object_bytes)
{
    b->samples = mem_grow(b->samples, &b->sample_capacity, b->sample_count + 1,
                          sizeof *b->samples);
    b->samples[b->sample_count++] = (struct profile_sample){
        .first_location = (uint32_t)b->stack_count,
        .location_count = (uint32_t)b->open_count,
        .object_bytes = object_bytes,
    };
    b->values = mem_grow(b->values, &b->value_capacity, b->value_count + b->type_count,
                         sizeof *b->values);
    memcpy(b->values + b->value_count, values, b->type_count * sizeof *values);
    b->value_count += b->type_count;
    b->stack_count += b->open_count;
}

const char *profile_builder_sample(struct profile_builder *b, const int64_t *values,
                                   int64_t object_bytes)
{
    const char *lost;
    size_t equal;

    push_addresses(b);
    lost = b->has_overflow  ? "profile too large: frames left out"
           : b->is_too_deep ? "stack too deep: its root left out"
                            : NULL;
    if (b->sample_count == LIMIT_TEXT_PROFILE_SAMPLES) {
        profile_builder_drop(b);
        return "profile too large: samples left out";
    }
    equal = find_equal(b, object_bytes);
    if (equal < b->sample_count)
        add_values(b, equal, values);
    else
        append_sample(b, values, object_bytes);
    profile_builder_drop(b);
    b->has_overflow = false;
    return lost;
}

void profile_builder_symbol(struct profile_builder *b, uint64_t address,
                            const struct profile_frame *frame)
{
    size_t had = b->symbols.count;
    uint32_t number = intern_put(&b->symbols, &address, sizeof address);

    if (number == INTERN_NONE || number < had)
        return;
    b->places = mem_grow(b->places, &b->place_capacity, had + 1, sizeof *b->places);
    b->places[number] = (struct profile_place){put_function(b, frame), frame->line};
}

void profile_builder_range(struct profile_builder *b, uint64_t start, uint64_t end,
                           struct slice module)
{
    uint32_t name = put_module(b, module);

    if (name == INTERN_NONE || start >= end ||
        b->range_count == LIMIT_TEXT_PROFILE_MODULES)
        return;
    b->ranges =
        mem_grow(b->ranges, &b->range_capacity, b->range_count + 1, sizeof *b->ranges);
    b->ranges[b->range_count] =
        (struct profile_range){start, end, name, (uint32_t)b->range_count};
    b->range_count++;
}

static int by_start(const void *x, const void *y)
{
    const struct profile_range *a = x, *b = y;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Of the range that holds an address; they are sorted and do not overlap as a rule. */
static uint32_t module_at(const struct profile_builder *b, uint64_t address)
{
    size_t low = 0, high = b->range_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (b->ranges[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && address < b->ranges[low - 1].end ? b->ranges[low - 1].name
                                                       : UINT32_MAX;
}

static struct profile_place place_of(const struct profile_builder *b,
                                     const struct location_key *key)
{
    uint32_t symbol = INTERN_NONE;

    if (key->function == INTERN_NONE)
        symbol = intern_find(&b->symbols, &key->address, sizeof key->address);
    return symbol == INTERN_NONE ? (struct profile_place){key->function, key->line}
                                 : b->places[symbol];
}

static void fill_functions(struct profile_builder *b, struct profile_record *record)
{
    b->out_functions = mem_grow(b->out_functions, &b->out_function_capacity,
                                b->functions.count, sizeof *b->out_functions);
    for (uint32_t i = 0; i < b->functions.count; i++) {
        struct function_key key;

        memcpy(&key, intern_get(&b->functions, i).ptr, sizeof key);
        b->out_functions[i] = (struct profile_function){
            intern_get(&b->strings, key.name), intern_get(&b->strings, key.file)};
    }
    record->functions = b->out_functions;
    record->function_count = b->functions.count;
}

static void fill_locations(struct profile_builder *b, struct profile_record *record)
{
    size_t count = b->locations.count, lines = 0;

    b->out_lines =
        mem_grow(b->out_lines, &b->out_line_capacity, count, sizeof *b->out_lines);
    b->out_locations = mem_grow(b->out_locations, &b->out_location_capacity, count,
                                sizeof *b->out_locations);
    for (uint32_t i = 0; i < count; i++) {
        struct location_key key;
        struct profile_place place;

        memcpy(&key, intern_get(&b->locations, i).ptr, sizeof key);
        place = place_of(b, &key);
        b->out_locations[i] = (struct profile_location){
            .address = key.address,
            .first_line = (uint32_t)lines,
            .line_count = place.function != INTERN_NONE,
            .mapping = module_at(b, key.address),
        };
        if (place.function != INTERN_NONE)
            b->out_lines[lines++] = (struct profile_line){place.function, place.line};
    }
    record->lines = b->out_lines;
    record->line_count = lines;
    record->locations = b->out_locations;
    record->location_count = count;
}

static void fill_modules(struct profile_builder *b, struct profile_record *record)
{
    b->out_modules = mem_grow(b->out_modules, &b->out_module_capacity, b->modules.count,
                              sizeof *b->out_modules);
    for (uint32_t i = 0; i < b->modules.count; i++)
        b->out_modules[i] = intern_get(&b->modules, i);
    record->mappings = b->out_modules;
    record->mapping_count = b->modules.count;
}

void profile_builder_fill(struct profile_builder *b, struct profile_record *record)
{
    if (b->range_count)
        qsort(b->ranges, b->range_count, sizeof *b->ranges, by_start);
    fill_functions(b, record);
    fill_locations(b, record);
    fill_modules(b, record);
    record->stacks = b->stacks;
    record->stack_count = b->stack_count;
    record->samples = b->samples;
    record->sample_count = b->sample_count;
    record->values = b->values;
}

void profile_builder_finish(struct profile_builder *b)
{
    intern_finish(&b->strings);
    intern_finish(&b->functions);
    intern_finish(&b->locations);
    intern_finish(&b->symbols);
    intern_finish(&b->modules);
    intern_finish(&b->stack_keys);
    free(b->places);
    free(b->ranges);
    free(b->addresses);
    free(b->stacks);
    free(b->samples);
    free(b->values);
    free(b->out_functions);
    free(b->out_lines);
    free(b->out_locations);
    free(b->out_modules);
    *b = (struct profile_builder){0};
}

/* Towards zero, as Go converts; what lies beyond the range is held at its ends. */
static int64_t whole(double x)
{
    return num_i64_of_double(trunc(x));
}

void profile_unsample(int64_t rate, int64_t *count, int64_t *bytes)
{
    double seen, scale;

    if (*count == 0 || *bytes == 0) {
        *count = *bytes = 0;
        return;
    }
    if (rate <= 1)
        return;
    seen = (double)*bytes / (double)*count;
    scale = 1 / (1 - exp(-seen / (double)rate));
    if (!isfinite(scale))
        return;
    *count = whole((double)*count * scale);
    *bytes = whole((double)*bytes * scale);
}
