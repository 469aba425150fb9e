/*
 * All profiles of a session over one interned set of functions, frames and stacks: a
 * profile is then a sparse vector of values, and top, diff and growth over time are sums
 * over vectors.
 *
 * Shapes
 *   symbol    a function's name; what `go tool pprof -top` has a line for. A frame
 * without one has "[file of its mapping]", as there, or "<unknown>" function  symbol and
 * source file frame     function and line; without a function: symbol and address node a
 * stack: the node of the caller's stack, and a frame. PROFILE_ROOT is the empty one, and
 * a node's parent always has a lower number profile   for each stack that has any, a
 * value of each of its types. Stacks that differ only in the size of their objects are
 * one All are numbered from 0 in order of appearance.
 *
 * Lifetime. Everything lives as long as the store, a profile until the store is thinned;
 * slices until the next profile is added. Memory: 12 bytes a node and 8 more for every
 * second child of a node, some 24 a frame, the names, and of a profile what its values
 * take as variable-length numbers.
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/profile_record.h"
#include "model/units.h"

struct process;
struct profile_store;
struct session;
struct track;

/* What one session holds of each: enough for years of profiles, and memory that is there.
 */
#define PROFILE_NODES_MAX (UINT32_C(1) << 26)
#define PROFILE_FRAMES_MAX (UINT32_C(1) << 24)
#define PROFILES_MAX (UINT32_C(1) << 20)
#define PROFILE_TYPES_MAX 64
/* Frames that the stacks of one profile have in all, inlined ones too: bounds the time
 * that an input can take. */
#define PROFILE_STEPS_MAX (UINT64_C(1) << 29)

struct profile {
    enum profile_kind kind;
    const struct track *track; /* with its totals: tells its process and clock */
    int64_t table_ns;          /* its time in that track's table */
    int64_t duration_ns;       /* 0 = a moment */
    int64_t period;            /* 0 = unknown */
    size_t type_count, default_type;
    size_t sample_count;       /* as the input had them */
    size_t row_count;          /* stacks with a value other than 0 */
    const uint32_t *types;     /* for profile_type_of */
    const int64_t *totals;     /* of each type; held at the ends of the range */
    const unsigned char *rows; /* for profile_rows */
    size_t rows_bytes;
    uint32_t nodes_end; /* all of its nodes have lower numbers */
};

struct profile_store *profile_store_create(void);
void profile_store_destroy(struct profile_store *store);

/* Takes a copy of all that the record says. NULL, or why not all of it (static text). */
const char *profile_store_add(struct profile_store *store,
                              const struct profile_record *record,
                              const struct track *track, int64_t table_ns);

/* The profiles of `from` become those of `into`: they do, since their tracks have. */
void profile_store_move(struct profile_store *store, struct process *into,
                        const struct process *from);

/* How many, in order of appearance. */
size_t profile_store_count(const struct profile_store *store);
const struct profile *profile_store_at(const struct profile_store *store, size_t index);

/*
 * Those of a process (NULL: all), oldest first: a list for free(), NULL when there are
 * none. Session times move until all sources are settled, and the order with them.
 */
const struct profile **profile_store_list(const struct profile_store *store,
                                          const struct process *process, size_t *count);
int64_t profile_time(const struct profile *p); /* session time */

/*
 * Leaves `keep` of the profiles before that session time: the first of each kind, those
 * right after events, and of the others the fewer the older they are. Returns how many
 * went. What stacks and names are known stay, since a program has only so many.
 */
size_t profile_store_thin(struct profile_store *store, const struct session *s,
                          int64_t before_ns, size_t keep);

/* Everything that the store allocated, in bytes; …of this profile alone. */
size_t profile_store_bytes(const struct profile_store *store);
size_t profile_bytes(const struct profile *p);

struct profile_type profile_type_of(const struct profile_store *store,
                                    const struct profile *p, size_t type);
/* The index of the type with this name; false when it has none such. */
bool profile_find_type(const struct profile_store *store, const struct profile *p,
                       struct slice name, size_t *type);

/* The unit of its values; counts of objects are told from other counts. */
enum unit profile_unit(struct profile_type type);

/* Nodes, frames, names. */
#define PROFILE_ROOT UINT32_C(0)

struct profile_frame {
    uint32_t symbol;
    uint32_t function; /* UINT32_MAX: there is only an address */
    uint32_t line;     /* 0 = unknown */
    uint64_t address;  /* 0 where there is a function */
};

size_t profile_node_count(const struct profile_store *store);
size_t profile_symbol_count(const struct profile_store *store);
uint32_t profile_node_parent(const struct profile_store *store, uint32_t node);
uint32_t profile_node_frame(const struct profile_store *store, uint32_t node);
/* Does a caller, at any depth, have the same symbol? Then this node's values are part of
 * that one's sum already. */
bool profile_node_repeats(const struct profile_store *store, uint32_t node);
struct profile_frame profile_frame_of(const struct profile_store *store, uint32_t frame);
struct slice profile_symbol_name(const struct profile_store *store, uint32_t symbol);
struct slice profile_function_file(const struct profile_store *store, uint32_t function);

/*
 * The values of a profile, nodes ascending:
 *   struct profile_rows rows = profile_rows(p);
 *   while (profile_rows_next(&rows)) …rows.node, rows.values[type]…
 */
struct profile_rows {
    const unsigned char *at, *end;
    size_t type_count;
    uint32_t node, next;
    int64_t values[PROFILE_TYPES_MAX];
};
struct profile_rows profile_rows(const struct profile *p);
bool profile_rows_next(struct profile_rows *rows);

/*
 * The symbols with the greatest flat values, as `go tool pprof -top` counts: flat is what
 * a function has itself, cum also what it called has, once a stack however often it is on
 * it; inlined functions count as any. Ties: the greater cum, then the name. At most
 * `count` of them; returns how many.
 */
struct profile_entry {
    uint32_t symbol;
    int64_t flat, cum;
};
size_t profile_top(const struct profile_store *store, const struct profile *p,
                   size_t type, struct profile_entry *out, size_t count);

#endif
