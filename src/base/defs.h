#pragma once

/*
 * What every file of aldis may take for granted: fixed-width types, time, asserts, and the macros that make ownership
 * visible. Nothing here allocates or talks to the system.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aldis/errors.h"

#define ALD_NODISCARD __attribute__((warn_unused_result))
#define ALD_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define ALD_UNUSED __attribute__((unused))

#define ALD_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define ALD_MAX(a, b) ((a) > (b) ? (a) : (b))

/* The struct of `type` whose `member` is at `pointer`. */
#define ald_container(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Monotonic microseconds: only differences mean something. */
typedef uint64_t ald_usec;
/* Calendar microseconds since 1970-01-01T00:00:00Z: for people, never for deadlines. */
typedef uint64_t ald_wall;

#define ALD_MSEC ((ald_usec)1000)
#define ALD_SEC ((ald_usec)1000000)
#define ALD_NEVER ((ald_usec)UINT64_MAX)

#define ALD_KIB ((size_t)1024)
#define ALD_MIB ((size_t)1024 * 1024)

/*
 * A local declared `ALD_AUTO(ald_x_unref) struct ald_x *x = NULL;` is released at the end of its scope, on every path.
 * The destructor takes the pointer, accepts NULL, and was announced with ALD_DEFINE_CLEANUP().
 */
#define ALD_DEFINE_CLEANUP(type, destroy)                                   \
    static inline ALD_UNUSED void destroy##_auto(type *pointer)             \
    {                                                                       \
        (void)destroy(*pointer);                                            \
    }                                                                       \
    _Static_assert(sizeof(type) == sizeof(void *), "cleanup is for pointers")
#define ALD_AUTO(destroy) __attribute__((cleanup(destroy##_auto)))

/* Move a pointer out of `*from`, leaving NULL: how an owner hands over. */
#define ald_steal(from)                     \
    __extension__({                         \
        __typeof__(*(from)) ald_it = *(from); \
        *(from) = NULL;                     \
        ald_it;                             \
    })

/* Drop a result on purpose; say why in a comment. */
#define ald_ignore(expression)                                   \
    do {                                                         \
        __typeof__(expression) ald_dropped ALD_UNUSED = (expression); \
    } while (0)

/*
 * Stay on in releases: a stopped daemon is better than a wrong one. For our own mistakes only; no byte from outside may
 * reach one. Prints through the sink of base/error.h, then aborts.
 */
#define ald_assert(fact) ((fact) ? (void)0 : ald_panic(#fact, __FILE__, __LINE__))
_Noreturn void ald_panic(const char *fact, const char *file, int line);
