/*
 * The files of a folder and of the folders below it.
 */
#ifndef REPLAY_FOLDER_LIST_H
#define REPLAY_FOLDER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/compiler.h"

#define FOLDER_FILES_MAX 4096 /* of one folder: an incident has dozens */
#define FOLDER_DEPTH_MAX 8u   /* folders in a folder: a cluster's dump has three */

/* Zeroed: empty. */
struct folder_list {
    char **paths; /* in the order of their names */
    size_t count, capacity;
};

/* Hidden files and links to folders are left out. False (errno) where there is no folder,
 * or none that can be read. */
MUST_USE bool folder_list_read(struct folder_list *l, const char *path);
void folder_list_finish(struct folder_list *l);

#endif
