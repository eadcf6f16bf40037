/*
 * The wheel counts ticks. A timer lives at the level of the highest group of six bits in which its tick differs from the
 * wheel's, in the slot those bits name; so level 0 holds single ticks, and each level above it spans 64 times more.
 *
 * Laws, which everything below relies on:
 *   - a timer of a lower level is due before every timer of a higher one;
 *   - no level above 0 has anything in the slot the wheel stands in: wheel_enter() empties that one into lower levels;
 *   - a slot has its busy bit exactly while it holds a timer, so the next thing to happen is one bit scan away.
 *
 * A timer beyond the span of all levels (over a century) waits in the last slot of that span and is placed again there.
 */

#include "base/timer.h"

enum { WHEEL_SPAN_BITS = ALD_WHEEL_BITS * ALD_WHEEL_LEVELS };

static struct ald_timer *timer_of(struct ald_node *node)
{
    return ald_list_entry(node, struct ald_timer, node);
}

/* Up, so that no timer fires early. */
static uint64_t tick_of(ald_usec due)
{
    return (due >> ALD_WHEEL_TICK_BITS) + ((due & ((1U << ALD_WHEEL_TICK_BITS) - 1)) != 0 ? 1 : 0);
}

static ald_usec tick_usec(uint64_t tick)
{
    return tick > UINT64_MAX >> ALD_WHEEL_TICK_BITS ? ALD_NEVER : tick << ALD_WHEEL_TICK_BITS;
}

void ald_wheel_init(struct ald_wheel *wheel, ald_usec now)
{
    *wheel = (struct ald_wheel){.tick = now >> ALD_WHEEL_TICK_BITS};
    for (int level = 0; level < ALD_WHEEL_LEVELS; level++) {
        for (int slot = 0; slot < ALD_WHEEL_SLOTS; slot++) {
            ald_node_init(&wheel->slots[level][slot]);
        }
    }
    ald_node_init(&wheel->expired);
}

void ald_timer_init(struct ald_timer *timer)
{
    ald_node_init(&timer->node);
    timer->due = ALD_NEVER;
}

bool ald_timer_running(const struct ald_timer *timer)
{
    return timer->due != ALD_NEVER;
}

static void wheel_place(struct ald_wheel *wheel, struct ald_timer *timer)
{
    uint64_t tick = ALD_MAX(tick_of(timer->due), wheel->tick);
    uint64_t differs = tick ^ wheel->tick;
    unsigned level, slot;

    if (differs >> WHEEL_SPAN_BITS != 0) {
        tick = wheel->tick | ((UINT64_C(1) << WHEEL_SPAN_BITS) - 1);
        differs = tick ^ wheel->tick;
    }
    level = (63 - (unsigned)__builtin_clzll(differs | 1)) / ALD_WHEEL_BITS;
    slot = (unsigned)(tick >> (level * ALD_WHEEL_BITS)) % ALD_WHEEL_SLOTS;

    ald_list_push_back(&wheel->slots[level][slot], &timer->node);
    wheel->busy[level] |= UINT64_C(1) << slot;
}

/* The slot whose only timer is `timer` loses its busy bit with it; the address of the head tells which slot that is. */
static void wheel_displace(struct ald_wheel *wheel, struct ald_timer *timer)
{
    struct ald_node *head = timer->node.next;
    size_t offset = (size_t)((uintptr_t)head - (uintptr_t)wheel->slots);

    if (head == timer->node.prev && offset < sizeof(wheel->slots)) {
        size_t index = offset / sizeof(*head);

        wheel->busy[index / ALD_WHEEL_SLOTS] &= ~(UINT64_C(1) << index % ALD_WHEEL_SLOTS);
    }
    ald_node_remove(&timer->node);
}

void ald_timer_start(struct ald_wheel *wheel, struct ald_timer *timer, ald_usec due)
{
    ald_timer_stop(wheel, timer);
    if (due == ALD_NEVER) {
        return;
    }
    timer->due = due;
    wheel_place(wheel, timer);
    wheel->n_timers++;
}

void ald_timer_stop(struct ald_wheel *wheel, struct ald_timer *timer)
{
    if (!ald_timer_running(timer)) {
        return;
    }
    ald_assert(wheel->n_timers > 0);
    wheel_displace(wheel, timer);
    timer->due = ALD_NEVER;
    wheel->n_timers--;
}

/* The first tick at which a slot has to be looked at; UINT64_MAX when all are free. */
static uint64_t wheel_next(const struct ald_wheel *wheel)
{
    for (unsigned level = 0; level < ALD_WHEEL_LEVELS; level++) {
        unsigned shift = level * ALD_WHEEL_BITS;

        if (wheel->busy[level] != 0) {
            uint64_t slot = (uint64_t)__builtin_ctzll(wheel->busy[level]);

            return (wheel->tick >> shift >> ALD_WHEEL_BITS << ALD_WHEEL_BITS | slot) << shift;
        }
    }
    return UINT64_MAX;
}

/* Empty a slot into `ret_list`. */
static void wheel_take(struct ald_wheel *wheel, unsigned level, unsigned slot, struct ald_node *ret_list)
{
    struct ald_node *node;

    ald_node_init(ret_list);
    while ((node = ald_list_pop_front(&wheel->slots[level][slot])) != NULL) {
        ald_list_push_back(ret_list, node);
    }
    wheel->busy[level] &= ~(UINT64_C(1) << slot);
}

/* Stand at `tick`, up to which nothing is due, and place anew what waited in the coarse slots that begin there. */
static void wheel_enter(struct ald_wheel *wheel, uint64_t tick)
{
    wheel->tick = tick;
    for (unsigned level = ALD_WHEEL_LEVELS - 1; level > 0; level--) {
        unsigned slot = (unsigned)(tick >> (level * ALD_WHEEL_BITS)) % ALD_WHEEL_SLOTS;
        struct ald_node moved, *node;

        if ((wheel->busy[level] >> slot & 1) == 0) {
            continue;
        }
        wheel_take(wheel, level, slot, &moved);
        while ((node = ald_list_pop_front(&moved)) != NULL) {
            wheel_place(wheel, timer_of(node));
        }
    }
}

/* Leave the tick the wheel stands in: what is in its slot is due, but for what was beyond the span. */
static void wheel_expire(struct ald_wheel *wheel)
{
    uint64_t tick = wheel->tick;
    struct ald_node due, *node;

    wheel_take(wheel, 0, (unsigned)tick % ALD_WHEEL_SLOTS, &due);
    wheel_enter(wheel, tick + 1);
    while ((node = ald_list_pop_front(&due)) != NULL) {
        if (tick_of(timer_of(node)->due) > tick) {
            wheel_place(wheel, timer_of(node));
        } else {
            ald_list_push_back(&wheel->expired, node);
        }
    }
}

/* All the way to the tick of `now`, before anything is popped: a timer restarted in the past then waits for the next. */
static void wheel_advance(struct ald_wheel *wheel, uint64_t until)
{
    while (wheel->tick <= until) {
        uint64_t next = wheel_next(wheel);

        if (next > until) {
            wheel_enter(wheel, until + 1);
        } else if (next > wheel->tick) {
            wheel_enter(wheel, next);
        } else {
            wheel_expire(wheel);
        }
    }
}

ald_usec ald_wheel_deadline(const struct ald_wheel *wheel)
{
    const struct ald_node *first = ald_list_first(&wheel->expired);

    if (first != NULL) {
        return ald_list_entry(first, const struct ald_timer, node)->due;
    }
    return tick_usec(wheel_next(wheel));
}

struct ald_timer *ald_wheel_pop(struct ald_wheel *wheel, ald_usec now)
{
    struct ald_node *node;

    wheel_advance(wheel, now >> ALD_WHEEL_TICK_BITS);
    node = ald_list_first(&wheel->expired);
    if (node == NULL) {
        return NULL;
    }
    ald_timer_stop(wheel, timer_of(node));
    return timer_of(node);
}
