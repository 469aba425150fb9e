/* A hash by which copies of a kernel message are known again; FNV-1a. */
#ifndef PARSERS_KERNEL_LOG_HASH_H
#define PARSERS_KERNEL_LOG_HASH_H

#include <stdint.h>

#include "model/base/slice.h"

#define KLOG_HASH_PRIME UINT64_C(0x100000001b3)

static inline uint64_t klog_hash_u64(uint64_t hash, uint64_t value)
{
    return (hash ^ value ^ value >> 32) * KLOG_HASH_PRIME;
}

static inline uint64_t klog_hash_bytes(uint64_t hash, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * KLOG_HASH_PRIME;
    return klog_hash_u64(hash, s.len);
}

#endif
