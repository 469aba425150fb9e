/*
 * Writes a heap profile as a large Go service would have it, in the order in which Go
 * writes: period and sample types, then each sample behind the locations and functions
 * that it is the first to need, time, mapping, and all strings last.
 *
 *   bench_profile_make MIB FILE
 *
 * Stacks are walks down a call graph of 60,000 functions, 8 to 100 frames deep, each call
 * site with a few callees of which the first is the usual one; a third of the samples
 * differ from the one before only in the size of the object. The same size gives the same
 * bytes. Prints a line of JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

#define FUNCTIONS 60000u
#define DEPTH_MAX 100u
#define STRINGS_FIXED 11u

struct out {
    unsigned char *bytes;
    size_t len, capacity;
};

struct maker {
    struct out profile, message, inner;
    uint32_t *ids; /* by function, in order of appearance; 0 = not yet written */
    uint32_t stack[DEPTH_MAX], depth;
    uint64_t random;
    uint64_t samples, locations;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint32_t random_below(struct maker *m, uint32_t limit)
{
    m->random += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix(m->random) % limit);
}

static void put_varint(struct out *o, uint64_t value)
{
    o->bytes = mem_grow(o->bytes, &o->capacity, o->len + 10, 1);
    while (value >= 0x80) {
        o->bytes[o->len++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    o->bytes[o->len++] = (unsigned char)value;
}

static void put_number(struct out *o, unsigned field, uint64_t value)
{
    put_varint(o, (uint64_t)field << 3);
    put_varint(o, value);
}

static void put_bytes(struct out *o, unsigned field, const void *bytes, size_t len)
{
    put_varint(o, (uint64_t)field << 3 | 2);
    put_varint(o, len);
    o->bytes = mem_grow(o->bytes, &o->capacity, o->len + len + 1, 1);
    memcpy(o->bytes + o->len, bytes, len);
    o->len += len;
}

static void put_message(struct out *o, unsigned field, struct out *message)
{
    put_bytes(o, field, message->bytes, message->len);
    message->len = 0;
}

static void put_type(struct maker *m, unsigned field, uint64_t type, uint64_t unit)
{
    put_number(&m->message, 1, type);
    put_number(&m->message, 2, unit);
    put_message(&m->profile, field, &m->message);
}

static uint64_t name_of(uint32_t function)
{
    return STRINGS_FIXED + (uint64_t)function * 2;
}

static void put_location(struct maker *m, uint32_t location)
{
    uint32_t id;

    if (m->ids[location] != 0)
        return;
    id = m->ids[location] = (uint32_t)++m->locations;
    put_number(&m->message, 1, id);
    put_number(&m->message, 2, 1);
    put_number(&m->message, 3, 0x400000 + (uint64_t)location * 37);
    put_number(&m->inner, 1, id);
    put_number(&m->inner, 2, 10 + location % 900);
    put_message(&m->message, 4, &m->inner);
    put_message(&m->profile, 4, &m->message);
    put_number(&m->message, 1, id);
    put_number(&m->message, 2, name_of(location));
    put_number(&m->message, 3, name_of(location));
    put_number(&m->message, 4, name_of(location) + 1);
    put_message(&m->profile, 5, &m->message);
}

/* The usual callee as a rule, else one of a few others: about as many different stacks
 * and callers of them as profiles of real services have. */
static uint32_t callee(struct maker *m, uint32_t caller, uint32_t depth)
{
    uint32_t which = random_below(m, 16) ? 0 : random_below(m, 4);

    return (uint32_t)(mix((uint64_t)caller << 20 ^ depth << 4 ^ which) % FUNCTIONS);
}

static void walk(struct maker *m)
{
    m->stack[0] = random_below(m, 40);
    m->depth = 8 + random_below(m, 24) + (random_below(m, 10) ? 0 : random_below(m, 69));
    for (uint32_t i = 1; i < m->depth; i++)
        m->stack[i] = callee(m, m->stack[i - 1], i);
}

static void put_sample(struct maker *m)
{
    uint64_t size = UINT64_C(16) << random_below(m, 10);
    uint64_t count = 1 + 524288 / size, frees = random_below(m, 3) ? count : 0;

    put_varint(&m->inner, count);
    put_varint(&m->inner, count * size);
    put_varint(&m->inner, count - frees);
    put_varint(&m->inner, (count - frees) * size);
    put_message(&m->message, 2, &m->inner);
    for (uint32_t i = m->depth; i > 0; i--)
        put_varint(&m->inner, m->ids[m->stack[i - 1]]);
    put_message(&m->message, 1, &m->inner);
    put_number(&m->inner, 1, 8);
    put_number(&m->inner, 3, size);
    put_message(&m->message, 3, &m->inner);
    put_message(&m->profile, 2, &m->message);
    m->samples++;
}

static void put_strings(struct maker *m)
{
    static const char *const fixed[STRINGS_FIXED] = {
        "",      "space",          "bytes",         "alloc_objects",
        "count", "alloc_space",    "inuse_objects", "inuse_space",
        "bytes", "/usr/bin/large", "go1.26"};
    char text[128];

    for (unsigned i = 0; i < STRINGS_FIXED; i++)
        put_bytes(&m->profile, 6, fixed[i], strlen(fixed[i]));
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        (void)snprintf(text, sizeof text,
                       "example.com/large/service%u/internal.(*T%u).M%u", i % 83, i % 997,
                       i);
        put_bytes(&m->profile, 6, text, strlen(text));
        (void)snprintf(text, sizeof text, "/src/large/service%u/internal/t%u.go", i % 83,
                       i % 997);
        put_bytes(&m->profile, 6, text, strlen(text));
    }
}

static void make(struct maker *m, size_t bytes)
{
    put_type(m, 11, 1, 2);
    put_type(m, 1, 3, 4);
    put_type(m, 1, 5, 2);
    put_type(m, 1, 6, 4);
    put_type(m, 1, 7, 2);
    put_number(&m->profile, 12, 524288);
    while (m->profile.len < bytes) {
        if (m->depth == 0 || random_below(m, 3))
            walk(m);
        for (uint32_t i = 0; i < m->depth; i++)
            put_location(m, m->stack[i]);
        put_sample(m);
    }
    put_number(&m->profile, 9, UINT64_C(1795224952000000000));
    put_number(&m->message, 1, 1);
    put_number(&m->message, 2, 0x400000);
    put_number(&m->message, 3, 0x8000000);
    put_number(&m->message, 5, 9);
    put_number(&m->message, 7, 1);
    put_message(&m->profile, 3, &m->message);
    put_strings(m);
}

int main(int argc, char **argv)
{
    struct maker m = {.ids = mem_alloc_array(FUNCTIONS, sizeof(uint32_t))};
    size_t mib = argc == 3 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    FILE *file;
    int status = 1;

    if (mib == 0)
        return 2;
    make(&m, mib << 20);
    file = fopen(argv[2], "wb");
    if (file) {
        size_t written = fwrite(m.profile.bytes, 1, m.profile.len, file);

        status = fclose(file) == 0 && written == m.profile.len ? 0 : 1;
    }
    (void)printf("{\"bytes\": %zu, \"samples\": %" PRIu64 ", \"locations\": %" PRIu64
                 "}\n",
                 m.profile.len, m.samples, m.locations);
    free(m.profile.bytes);
    free(m.message.bytes);
    free(m.inner.bytes);
    free(m.ids);
    return status;
}
