/*
 * A bump allocator for what lives as long as its owner, or goes in the order in which it
 * came: column chunks. Slabs double up to 4 MiB; the large ones ask the kernel for huge
 * pages, since faulting in 4 KiB pages one by one costs a fifth of the time that loading
 * a big log takes.
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
    size_t slab_max;    /* no slab need be larger; 0 = 4 MiB */
    size_t age;         /* of what is allocated now; may only grow */
};

/* 64-byte aligned, not zeroed; lives until pool_finish, or until its age is released. */
void *pool_alloc(struct pool *p, size_t bytes);

/* Frees the slabs that hold nothing of this age or a later one, but the newest. */
void pool_release(struct pool *p, size_t before_age);
void pool_finish(struct pool *p);

#endif
