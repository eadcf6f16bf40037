#pragma once

/*
 * Failing allocations on purpose: link `ald_alloc_fail`, and malloc(), calloc() and realloc() of everything that is
 * linked statically pass through here. Shared libraries (cmocka, libuv, OpenSSL) keep their own.
 *
 *     for (uint64_t n = 1;; n++) {
 *         ald_alloc_fail_at(n);
 *         scenario();
 *         if (!ald_alloc_fail_off()) {
 *             break;
 *         }
 *     }
 *
 * runs a scenario failing its first allocation, then its second, and so on until it needs no further one.
 *
 * Threading: allocations may come from any thread; the functions below belong to one of them.
 */

#include <stdbool.h>
#include <stdint.h>

/* The `n`-th allocation from now fails, and only that one; `n` counts from 1. */
void ald_alloc_fail_at(uint64_t n);
/* No allocation fails any more. Returns whether the one of the last ald_alloc_fail_at() did. */
bool ald_alloc_fail_off(void);
/* Allocations asked for since the program started, those that failed included. */
uint64_t ald_alloc_count(void);
