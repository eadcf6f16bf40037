#include "hub/heap.h"

#include <stdlib.h>

#include "base/error.h"
#include "hub/channel.h"

enum { HEAP_ROOM_MIN = 4 };

void ald_heap_fini(struct ald_heap *heap)
{
    ald_assert(heap->n == 0);
    free(heap->slots);
    *heap = (struct ald_heap){0};
}

int ald_heap_reserve(struct ald_heap *heap, size_t n)
{
    size_t room = ALD_MAX(heap->room, (size_t)HEAP_ROOM_MIN);
    struct ald_heap_slot *slots;

    if (n <= heap->room) {
        return 0;
    }
    while (room < n) {
        room *= 2;
    }
    slots = realloc(heap->slots, room * sizeof(*slots));
    if (slots == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    heap->slots = slots;
    heap->room = room;
    return 0;
}

static bool slot_before(const struct ald_heap_slot *a, const struct ald_heap_slot *b)
{
    return a->in_flight != b->in_flight ? a->in_flight < b->in_flight : a->last_used < b->last_used;
}

static void heap_put(struct ald_heap *heap, size_t at, struct ald_heap_slot slot)
{
    heap->slots[at] = slot;
    slot.channel->heap_at = at;
}

/* `slot` belongs at `at` or above; what it passes moves down. */
static void heap_rise(struct ald_heap *heap, size_t at, struct ald_heap_slot slot)
{
    while (at > 0) {
        size_t above = (at - 1) / 2;

        if (!slot_before(&slot, &heap->slots[above])) {
            break;
        }
        heap_put(heap, at, heap->slots[above]);
        at = above;
    }
    heap_put(heap, at, slot);
}

/* `slot` belongs at `at` or below; what it passes moves up. */
static void heap_sink(struct ald_heap *heap, size_t at, struct ald_heap_slot slot)
{
    for (;;) {
        size_t below = 2 * at + 1;

        if (below >= heap->n) {
            break;
        }
        if (below + 1 < heap->n && slot_before(&heap->slots[below + 1], &heap->slots[below])) {
            below++;
        }
        if (!slot_before(&heap->slots[below], &slot)) {
            break;
        }
        heap_put(heap, at, heap->slots[below]);
        at = below;
    }
    heap_put(heap, at, slot);
}

static void heap_place(struct ald_heap *heap, size_t at, struct ald_heap_slot slot)
{
    if (at > 0 && slot_before(&slot, &heap->slots[(at - 1) / 2])) {
        heap_rise(heap, at, slot);
    } else {
        heap_sink(heap, at, slot);
    }
}

static struct ald_heap_slot slot_of(struct ald_channel *channel)
{
    return (struct ald_heap_slot){channel->in_flight, channel->last_used, channel};
}

void ald_heap_add(struct ald_heap *heap, struct ald_channel *channel)
{
    ald_assert(channel->heap_at == ALD_HEAP_NOWHERE);
    ald_assert(heap->n < heap->room);
    heap->n++;
    heap_rise(heap, heap->n - 1, slot_of(channel));
}

void ald_heap_remove(struct ald_heap *heap, struct ald_channel *channel)
{
    size_t at = channel->heap_at;

    if (at == ALD_HEAP_NOWHERE) {
        return;
    }
    ald_assert(heap->slots[at].channel == channel);
    heap->n--;
    if (at < heap->n) {
        heap_place(heap, at, heap->slots[heap->n]);
    }
    channel->heap_at = ALD_HEAP_NOWHERE;
}

void ald_heap_update(struct ald_heap *heap, struct ald_channel *channel)
{
    if (channel->heap_at != ALD_HEAP_NOWHERE) {
        heap_place(heap, channel->heap_at, slot_of(channel));
    }
}

struct ald_channel *ald_heap_top(const struct ald_heap *heap)
{
    return heap->n > 0 ? heap->slots[0].channel : NULL;
}

void ald_heap_check(const struct ald_heap *heap)
{
    ald_assert(heap->n <= heap->room);
    for (size_t at = 0; at < heap->n; at++) {
        const struct ald_heap_slot *slot = &heap->slots[at];

        ald_assert(slot->channel->heap_at == at);
        ald_assert(slot->channel->in_flight == slot->in_flight);
        ald_assert(slot->channel->last_used == slot->last_used);
        ald_assert(at == 0 || !slot_before(slot, &heap->slots[(at - 1) / 2]));
    }
}
