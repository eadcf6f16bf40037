#include "hub/hold.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/router.h"
#include "hub/state.h"
#include "hub/submit.h"
#include "hub/target.h"
#include "hub/transit.h"

static struct ald_expected *hold_find(const struct ald_hub *hub, struct ald_str name)
{
    return ald_table_find(&hub->expected_by_name, name);
}

static int expected_new(struct ald_hub *hub, struct ald_str name, struct ald_expected **ret_expected)
{
    struct ald_expected *expected = malloc(sizeof(*expected) + name.size);
    int r;

    if (expected == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *expected = (struct ald_expected){.n = 0};
    memcpy(expected->text, name.data, name.size);
    expected->name = ald_str_of(expected->text, name.size);
    ald_node_init(&expected->node);
    ald_node_init(&expected->held);
    ald_round_init(&expected->round, ALD_ROUND_HELD);
    r = ald_table_add(&hub->expected_by_name, expected->name, expected);
    if (r < 0) {
        free(expected);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_list_push_back(&hub->expected, &expected->node);
    *ret_expected = expected;
    return 0;
}

static void expected_free(struct ald_hub *hub, struct ald_expected *expected)
{
    ald_table_remove(&hub->expected_by_name, expected->name);
    ald_node_remove(&expected->node);
    free(expected);
}

/* Its round, if it has been called, finds it empty and comes here again. */
static void expected_settle(struct ald_hub *hub, struct ald_expected *expected)
{
    if (!expected->listed && expected->n == 0 && !ald_node_linked(&expected->round.node)) {
        expected_free(hub, expected);
    }
}

static int hold_list(struct ald_hub *hub, struct ald_str name)
{
    struct ald_expected *expected = hold_find(hub, name);
    int r;

    if (expected == NULL) {
        r = expected_new(hub, name, &expected);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    expected->listed = true;
    return 0;
}

/* What memory is too short for is not expected, counted; the rest is. */
void ald_hold_expect(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_str names = event->text;

    ald_list_each (it, &hub->expected) {
        ald_list_entry(it, struct ald_expected, node)->listed = false;
    }
    for (int n = 0; names.size > 0; n++) {
        struct ald_str name = ald_str_trim(ald_str_pop(&names));

        if (name.size > ALD_NAME_MAX || n >= ALD_HOLD_EXPECTED_MAX) {
            ald_hub_count(hub, ALD_N_EXPECTED_DROPPED);
        } else if (name.size > 0 && hold_list(hub, name) < 0) {
            ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
            ald_hub_count(hub, ALD_N_EXPECTED_DROPPED);
        }
    }
    ald_list_each (it, &hub->expected) {
        expected_settle(hub, ald_list_entry(it, struct ald_expected, node));
    }
}

bool ald_hold_expects(const struct ald_hub *hub, struct ald_str name)
{
    const struct ald_expected *expected = hold_find(hub, name);

    return expected != NULL && expected->listed;
}

struct ald_str ald_hold_target(const struct ald_hub *hub, const struct ald_msg *msg)
{
    if (ald_str_present(msg->to.channel)) {
        return ALD_STR_NONE;
    }
    return ald_str_present(msg->to.target) ? msg->to.target : hub->config.controller;
}

bool ald_hold_may(const struct ald_hub *hub, const struct ald_msg *msg)
{
    struct ald_str target = hub->expected_by_name.n_entries > 0 ? ald_hold_target(hub, msg) : ALD_STR_NONE;

    return (msg->flags & ALD_MSG_HOLD) != 0 && ald_str_present(target) && ald_hold_expects(hub, target);
}

bool ald_hold_has(const struct ald_hub *hub, struct ald_str name)
{
    const struct ald_expected *expected = hub->n_held > 0 ? hold_find(hub, name) : NULL;

    return expected != NULL && expected->n > 0;
}

static bool hold_has_room(const struct ald_hub *hub, const struct ald_expected *expected, size_t cost)
{
    const struct ald_hub_config *config = &hub->config;

    return hub->n_held < config->hold_max && expected->n < config->hold_target_max &&
           hub->held_bytes + cost <= config->hold_bytes_max && expected->bytes + cost <= config->hold_target_bytes_max;
}

/* In the order in which they came: what comes back stands before what came later, of which there is little. */
static void hold_queue(struct ald_expected *expected, struct ald_parcel_stored *stored)
{
    struct ald_node *before = expected->held.prev;

    while (before != &expected->held &&
           ald_list_entry(before, struct ald_parcel_stored, node)->parcel.number > stored->parcel.number) {
        before = before->prev;
    }
    ald_list_push_before(before->next, &stored->node);
}

int ald_hold_keep(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_str name)
{
    struct ald_expected *expected = hold_find(hub, name);
    struct ald_parcel_stored *stored;
    int r;

    if (expected == NULL || (!expected->listed && expected->n == 0)) {
        return ALD_HOLD_UNEXPECTED;
    }
    ald_submit_compact(hub, parcel->msg);
    if (!hold_has_room(hub, expected, ald_parcel_cost(parcel))) {
        return ALD_HOLD_FULL;
    }
    r = ald_parcel_store(parcel, &stored);
    if (r < 0) {
        return ald_trace(r);
    }
    stored->expected = expected;
    hold_queue(expected, stored);
    ald_hub_alarm_set(hub, &stored->alarm, parcel->until);
    expected->n++;
    expected->bytes += stored->cost;
    hub->n_held++;
    hub->held_bytes += stored->cost;
    ald_parcel_held(hub, parcel);
    return 0;
}

/* It waits no more; whoever took it out discards it. */
static void hold_release(struct ald_hub *hub, struct ald_parcel_stored *stored)
{
    struct ald_expected *expected = stored->expected;

    ald_hub_alarm_stop(hub, &stored->alarm);
    ald_node_remove(&stored->node);
    expected->n--;
    expected->bytes -= stored->cost;
    hub->n_held--;
    hub->held_bytes -= stored->cost;
}

static void hold_drop(struct ald_hub *hub, struct ald_parcel_stored *stored, enum ald_cause cause)
{
    hold_release(hub, stored);
    ald_parcel_dropped(hub, &stored->parcel, cause);
    ald_parcel_discard(hub, stored);
}

void ald_hold_wake(struct ald_hub *hub, const struct ald_target *target)
{
    struct ald_expected *expected = hold_find(hub, target->name);

    if (expected != NULL && expected->n > 0) {
        ald_round_call(hub, &expected->round);
    }
}

void ald_hold_expired(struct ald_hub *hub, struct ald_parcel_stored *stored)
{
    struct ald_expected *expected = stored->expected;

    ald_hub_count(hub, ALD_N_EVENTS_EXPIRED);
    hold_drop(hub, stored, ALD_CAUSE_DEADLINE);
    expected_settle(hub, expected);
}

void ald_hold_drain(struct ald_hub *hub)
{
    ald_list_each (it, &hub->expected) {
        struct ald_expected *expected = ald_list_entry(it, struct ald_expected, node);

        if (expected->n > 0) {
            ald_round_call(hub, &expected->round);
        }
    }
}

/* False: nobody can be told now. */
static bool hold_tell(struct ald_hub *hub, struct ald_parcel_stored *stored)
{
    struct ald_target *target = ald_target_find(hub, stored->expected->name);
    struct ald_channel *channel = target != NULL ? ald_route_event_channel(target) : NULL;
    struct ald_signal signal;

    if (channel == NULL) {
        return false;
    }
    hold_release(hub, stored);
    signal = ald_parcel_signal(&stored->parcel);
    if (ald_transit_offer(hub, channel->party, &signal, &stored->parcel)) {
        ald_parcel_delivered(hub, &stored->parcel, channel);
    } else {
        ald_parcel_dropped(hub, &stored->parcel, ALD_CAUSE_BUSY); /* memory is short, or it was cut for this one */
    }
    ald_parcel_discard(hub, stored);
    return true;
}

bool ald_hold_work(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_expected *expected = ald_container(round, struct ald_expected, round);
    struct ald_node *node = ald_list_first(&expected->held);

    if (node == NULL) {
        return false;
    }
    if (hub->draining) {
        hold_drop(hub, ald_list_entry(node, struct ald_parcel_stored, node), ALD_CAUSE_DRAINING);
        return true;
    }
    return hold_tell(hub, ald_list_entry(node, struct ald_parcel_stored, node));
}

void ald_hold_ended(struct ald_hub *hub, struct ald_round *round)
{
    expected_settle(hub, ald_container(round, struct ald_expected, round));
}

void ald_hold_fini(struct ald_hub *hub)
{
    struct ald_node *node, *held;

    while ((node = ald_list_first(&hub->expected)) != NULL) {
        struct ald_expected *expected = ald_list_entry(node, struct ald_expected, node);

        while ((held = ald_list_first(&expected->held)) != NULL) {
            struct ald_parcel_stored *stored = ald_list_entry(held, struct ald_parcel_stored, node);

            hold_release(hub, stored);
            ald_parcel_discard(hub, stored);
        }
        ald_node_remove(&expected->round.node);
        expected_free(hub, expected);
    }
}

static void expected_check(const struct ald_expected *expected)
{
    uint32_t n = 0;
    size_t bytes = 0;

    ald_list_each (it, &expected->held) {
        const struct ald_parcel_stored *stored = ald_list_entry(it, const struct ald_parcel_stored, node);

        ald_assert(stored->expected == expected);
        ald_assert(ald_timer_running(&stored->alarm.timer));
        n++;
        bytes += stored->cost;
    }
    ald_assert(n == expected->n);
    ald_assert(bytes == expected->bytes);
    ald_assert(expected->listed || n > 0 || ald_node_linked(&expected->round.node));
}

void ald_hold_check(const struct ald_hub *hub)
{
    uint32_t n = 0, n_expected = 0;
    size_t bytes = 0;

    ald_list_each (it, &hub->expected) {
        const struct ald_expected *expected = ald_list_entry(it, const struct ald_expected, node);

        ald_assert(hold_find(hub, expected->name) == expected);
        expected_check(expected);
        n += expected->n;
        bytes += expected->bytes;
        n_expected++;
    }
    ald_assert(n == hub->n_held);
    ald_assert(bytes == hub->held_bytes);
    ald_assert(n <= hub->config.hold_max);
    ald_assert(n_expected == hub->expected_by_name.n_entries);
}
