#include "model/profile.h"

#include <stdlib.h>

#include "model/base/mem.h"

struct profile_store {
    size_t count;
};

const char *profile_kind_name(enum profile_kind kind)
{
    static const char *const names[] = {
        [PROFILE_HEAP] = "heap",           [PROFILE_ALLOCS] = "allocs",
        [PROFILE_GOROUTINE] = "goroutine", [PROFILE_CPU] = "cpu",
        [PROFILE_OTHER] = "other",
    };

    return names[kind];
}

struct profile_store *profile_store_create(void)
{
    return mem_alloc(sizeof(struct profile_store));
}

void profile_store_destroy(struct profile_store *store)
{
    free(store);
}

void profile_store_move(struct profile_store *store, struct process *into,
                        const struct process *from)
{
    (void)store;
    (void)into;
    (void)from;
}
