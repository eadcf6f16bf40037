/*
 * The linker's --wrap sends every call of malloc() to __wrap_malloc() and leaves the original under __real_malloc(). That
 * works under the sanitizers too, whose interceptors are then the originals.
 */

#include "lib/alloc_fail.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static atomic_uint_fast64_t alloc_count;
static atomic_uint_fast64_t alloc_fatal; /* the count of the one that fails; 0: none */

void ald_alloc_fail_at(uint64_t n)
{
    atomic_store(&alloc_fatal, atomic_load(&alloc_count) + n);
}

bool ald_alloc_fail_off(void)
{
    uint64_t fatal = atomic_exchange(&alloc_fatal, 0);

    return fatal != 0 && atomic_load(&alloc_count) >= fatal;
}

uint64_t ald_alloc_count(void)
{
    return atomic_load(&alloc_count);
}

static bool alloc_fails(void)
{
    if (atomic_fetch_add(&alloc_count, 1) + 1 != atomic_load(&alloc_fatal)) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return alloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return alloc_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return alloc_fails() ? NULL : __real_realloc(memory, size);
}
