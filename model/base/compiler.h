/*
 * The compiler extensions the program leans on, in one place. gcc and clang have
 * them all; a compiler that lacks one gets an empty definition.
 */
#ifndef MODEL_BASE_COMPILER_H
#define MODEL_BASE_COMPILER_H

#if defined(__GNUC__)
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define NO_RETURN __attribute__((noreturn))
#define NO_INLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define MUST_USE
#define PRINTF_LIKE(at, first)
#define NO_RETURN
#define NO_INLINE
#define ALWAYS_INLINE inline
#define LIKELY(x) (x)
#define UNLIKELY(x) (x)
#endif

/* Twice a uint64_t, where the compiler has it. */
#ifdef __SIZEOF_INT128__
#define HAVE_U128 1
__extension__ typedef unsigned __int128 u128;
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
