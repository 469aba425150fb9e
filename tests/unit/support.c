#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK 1
#endif
#endif

#ifdef HAS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#endif

struct slice test_exact_copy(const char *bytes, size_t len)
{
    char *copy = malloc(len);

    if (!copy && len > 0)
        abort();
    if (len > 0)
        memcpy(copy, bytes, len);
    return slice_of(copy, len);
}

void test_free(struct slice copy)
{
    /* The cast drops the const that only readers of the slice owe. */
    free((void *)(uintptr_t)copy.ptr);
}

void test_abort_on_leak(void)
{
#ifdef HAS_LEAK_CHECK
    if (__lsan_do_recoverable_leak_check()) {
        (void)fputs("the test leaks, see above\n", stderr);
        abort();
    }
#endif
}

uint64_t test_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

size_t test_random_below(uint64_t *seed, size_t limit)
{
    return (size_t)(test_random(seed) % limit);
}
