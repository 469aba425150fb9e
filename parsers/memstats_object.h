/*
 * One JSON object that is a MemStats snapshot or holds one: as Go writes it, spelt in
 * another way, one level down under "memstats" (expvar) or any other key.
 *
 * Numbers that stand beside it become extras: "queue", in nested objects "pool.size".
 * Where several objects inside are MemStats, the first is taken.
 *
 * Lifetime. `snapshot` borrows from this and from the text that was parsed.
 */
#ifndef PARSERS_MEMSTATS_OBJECT_H
#define PARSERS_MEMSTATS_OBJECT_H

#include <stdbool.h>

#include "model/record.h"
#include "parsers/json.h"
#include "parsers/limits.h"
#include "parsers/memstats_fields.h"
#include "parsers/pause_ring.h"

/* Objects in objects that are looked into for numbers. */
#define MEMSTATS_LEVELS 4

/* What a member was last time: keys come in the same order again and again. */
struct memstats_habit {
    const struct memstats_field *field;
    size_t len;
    char key[24];
};

struct memstats_object {
    struct mem_snapshot snapshot;
    bool has_lost_extras; /* there were more than a snapshot has room for */
    bool is_malformed;    /* it is no JSON */
    /* The rest is its own. */
    double alloc;
    struct snapshot_extra extra[SNAPSHOT_EXTRA_MAX];
    struct pause_ring ring, list;
    size_t pause_count, pause_end_count;
    char names[LIMIT_MEMSTATS_NAMES_BYTES]; /* of extras in nested objects */
    size_t names_len;
    char program[LIMIT_MEMSTATS_PROGRAM_BYTES];
    struct memstats_habit habits[64];
    unsigned member;
    /* By depth of the object: how much of `path` stands in front of its keys. */
    char path[LIMIT_MEMSTATS_PATH_BYTES];
    size_t path_len[MEMSTATS_LEVELS + 1];
    unsigned stats_depth; /* of the object that is a MemStats; 0: not seen yet */
    const char *reason;
};

/*
 * NULL, or why it is of no use, or not all of it; *at is where in `text`. It starts with
 * a "{"; what follows the object is an error unless `is_open_ended`.
 */
const char *memstats_object_parse(struct memstats_object *m, struct slice text,
                                  bool is_open_ended, const char **at);

#endif
