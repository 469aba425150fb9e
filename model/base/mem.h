/*
 * Memory that is there or ends the program. Sizes that an input asks for meet a
 * limit before they meet these functions, so running out really means that; a
 * program, unlike a library, has nobody to return it to.
 */
#ifndef MODEL_BASE_MEM_H
#define MODEL_BASE_MEM_H

#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

/* Zeroed. Free with free(). */
void *mem_alloc(size_t bytes);
void *mem_alloc_array(size_t count, size_t bytes);

/*
 * Makes room for `need` items in *items, at least doubling, and returns the array
 * (moved or not). *capacity is in items. What is new is not zeroed.
 */
void *mem_grow(void *items, size_t *capacity, size_t need, size_t item_bytes);

/*
 * Asks the kernel for huge pages under a large block that is about to be filled: looking
 * things up in 100 MiB at random is twice as fast then, and so is filling it. A wish;
 * does nothing for small blocks.
 */
void mem_wish_huge(void *block, size_t bytes);

/* mem_grow with that wish. */
void *mem_grow_huge(void *items, size_t *capacity, size_t need, size_t item_bytes);

char *mem_dup_text(const char *text);
char *mem_dup_slice(struct slice text); /* with a NUL behind it */

/*
 * `hook` runs before the message on exhausted memory; the terminal registers the
 * function that gives the screen back. NULL takes it away.
 */
void mem_on_exhausted(void (*hook)(void));
NO_RETURN void mem_exhausted(void);

#endif
