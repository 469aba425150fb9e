/*
 * All profiles of a session over one interned set of functions, frames and stacks: a
 * profile is then a sparse vector of values, and top, diff and growth over time are sums
 * over vectors.
 *
 * A stack is a node of a tree that grows from the root frame to the leaf, so stacks
 * share what their callers have in common. Nodes, frames and functions are numbered from
 * 0 in order of appearance and live as long as the store.
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/profile_record.h"

struct process;
struct profile_store;
struct source;

struct profile_store *profile_store_create(void);
void profile_store_destroy(struct profile_store *store);

/* The profiles of `from` become those of `into`. */
void profile_store_move(struct profile_store *store, struct process *into,
                        const struct process *from);

#endif
