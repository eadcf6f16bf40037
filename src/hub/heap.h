#pragma once

/*
 * Heap: the channels of a target that may take work, the next one to be chosen on top: fewest commands in flight, and
 * among equals the one used longest ago (DESIGN section 1, mode `any`).
 *
 * Why not a row of lists, one for each count: a channel that finishes must take its place among equals by its last use,
 * which is somewhere in the middle. A heap does both in O(log n), and its keys lie side by side.
 *
 * Invariants: slots[channel->heap_at].channel == channel; a channel outside has heap_at == ALD_HEAP_NOWHERE.
 */

#include "base/defs.h"

struct ald_channel;

#define ALD_HEAP_NOWHERE SIZE_MAX

struct ald_heap_slot {
    uint64_t in_flight;
    uint64_t last_used;
    struct ald_channel *channel;
};

struct ald_heap {
    struct ald_heap_slot *slots;
    size_t n, room;
};

void ald_heap_fini(struct ald_heap *heap);
/* Make room for `n` channels in all, so that adding cannot fail. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_heap_reserve(struct ald_heap *heap, size_t n);
void ald_heap_add(struct ald_heap *heap, struct ald_channel *channel);
/* A channel that is not in it is left alone, here and below. */
void ald_heap_remove(struct ald_heap *heap, struct ald_channel *channel);
/* Its count or its last use has changed. */
void ald_heap_update(struct ald_heap *heap, struct ald_channel *channel);
/* NULL when empty. */
struct ald_channel *ald_heap_top(const struct ald_heap *heap);
void ald_heap_check(const struct ald_heap *heap);
