#pragma once

/*
 * Poison: tell AddressSanitizer which kept memory nobody may touch, so that a use after a put is caught although the
 * memory never went back to free(). Without the sanitizer it is nothing at all.
 */

#include "base/defs.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

void __asan_poison_memory_region(void const volatile *start, size_t size);
void __asan_unpoison_memory_region(void const volatile *start, size_t size);
int __asan_address_is_poisoned(void const volatile *address);

#define ald_poison(start, size) __asan_poison_memory_region((start), (size))
#define ald_unpoison(start, size) __asan_unpoison_memory_region((start), (size))
#define ald_poisoned(address) (__asan_address_is_poisoned(address) != 0)

#else

#define ald_poison(start, size) ((void)(start), (void)(size))
#define ald_unpoison(start, size) ((void)(start), (void)(size))
#define ald_poisoned(address) ((void)(address), false)

#endif
