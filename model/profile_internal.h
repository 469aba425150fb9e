/* What profile.c, profile_add.c and profile_top.c share. */
#ifndef MODEL_PROFILE_INTERNAL_H
#define MODEL_PROFILE_INTERNAL_H

#include "model/profile.h"
#include "model/profile_names.h"
#include "model/profile_rows.h"
#include "model/profile_tree.h"

struct profile_store {
    struct profile_texts symbols, files;
    struct profile_texts labels;   /* names and units of types */
    struct profile_keys types;     /* label, label */
    struct profile_keys functions; /* symbol, file */
    /* Function, line, 0; without a function: UINT32_MAX, symbol, address. */
    struct profile_keys frames;
    struct profile_tree tree;
    struct profile **profiles;
    size_t count, capacity;
    size_t profile_bytes; /* of all profiles */
};

#endif
