/*
 * A bump allocator for what lives as long as its owner: column chunks. Slabs double
 * up to 4 MiB; the large ones ask the kernel for huge pages, since faulting in 4 KiB
 * pages one by one costs a fifth of the time that loading a big log takes.
 */
#ifndef MODEL_BASE_POOL_H
#define MODEL_BASE_POOL_H

#include <stddef.h>

struct pool_slab;

/* Zero-initialise. */
struct pool {
    struct pool_slab *slabs;
    char *next;
    size_t left_bytes;
    size_t slab_bytes;  /* of the newest slab */
    size_t total_bytes; /* of all slabs */
};

/* 64-byte aligned, not zeroed; lives until pool_finish. */
void *pool_alloc(struct pool *p, size_t bytes);
void pool_finish(struct pool *p);

#endif
