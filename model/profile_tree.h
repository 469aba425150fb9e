/*
 * Stacks as nodes of a tree that grows from the outermost caller: what stacks have in
 * common is there once.
 *
 * Most nodes have one child, and that one is found without a hash table: it stands in the
 * node. Only further children are in the table.
 */
#ifndef MODEL_PROFILE_TREE_H
#define MODEL_PROFILE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"

/* In the frame of a node: a caller has the same symbol. */
#define PROFILE_REPEATS (UINT32_C(1) << 31)

struct profile_node {
    uint32_t parent;
    uint32_t frame; /* and PROFILE_REPEATS */
    uint32_t child; /* the first that it had; 0 = none */
};

struct profile_tree {
    struct profile_node *nodes; /* nodes[0] is the root */
    size_t count, capacity;
    uint32_t *slots; /* numbers of second and later children; 0 = free; 2^n, half full */
    size_t slot_count, slots_used;
};

void profile_tree_init(struct profile_tree *t);
void profile_tree_finish(struct profile_tree *t);
size_t profile_tree_bytes(const struct profile_tree *t);

/* The child of `parent` with this frame when it is not its first one; 0 = there is none.
 */
uint32_t profile_tree_find(const struct profile_tree *t, uint32_t parent, uint32_t frame);
uint32_t profile_tree_add(struct profile_tree *t, uint32_t parent, uint32_t frame,
                          bool repeats);

static inline uint32_t profile_tree_child(const struct profile_tree *t, uint32_t parent,
                                          uint32_t frame)
{
    uint32_t child = t->nodes[parent].child;

    if (child == 0 || LIKELY((t->nodes[child].frame & ~PROFILE_REPEATS) == frame))
        return child;
    return profile_tree_find(t, parent, frame);
}

#endif
