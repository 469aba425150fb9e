/*
 * Where the memory cgroup of a process is in the file system.
 *
 * Source: cgroups(7), cgroup_namespaces(7); /proc/N/mountinfo as of proc.rst.
 *
 * Where the memory controller is one of v1 its hierarchy is taken, else that of v2. A
 * cgroup without memory files belongs to the nearest above that has them. One beyond our
 * namespace
 * ("/../…") cannot be reached: what is mounted is taken instead, which in a container is
 * the container's own.
 */
#ifndef REPLAY_CGROUP_PATH_H
#define REPLAY_CGROUP_PATH_H

#include <stdbool.h>

#include "model/base/slice.h"

struct cgroup_path {
    char *folder; /* to free; without `root`; NULL: none was found */
    bool is_v1;
};

/* `cgroup` is what /proc/N/cgroup holds, `mountinfo` what our own /proc/self/mountinfo
 * does (may be empty). `root` stands in front of every path that is looked at. */
struct cgroup_path cgroup_path_find(const char *root, struct slice cgroup,
                                    struct slice mountinfo);

#endif
