#include "hub/round.h"

#include "hub/hold.h"
#include "hub/relay.h"
#include "hub/spread.h"
#include "hub/state.h"
#include "hub/subscribe.h"

void ald_round_init(struct ald_round *round, enum ald_round_kind kind)
{
    *round = (struct ald_round){.kind = (uint8_t)kind};
    ald_node_init(&round->node);
}

void ald_round_call(struct ald_hub *hub, struct ald_round *round)
{
    if (!ald_node_linked(&round->node)) {
        round->number = ald_hub_number(hub);
        ald_work_add(hub, &hub->work.rounds, &round->node);
    }
}

static bool round_unit(struct ald_hub *hub, struct ald_round *round)
{
    switch ((enum ald_round_kind)round->kind) {
    case ALD_ROUND_SPREAD:
        return ald_spread_work(hub, round);
    case ALD_ROUND_HELD:
        return ald_hold_work(hub, round);
    case ALD_ROUND_REPLAY:
        return ald_subscribe_work(hub, round);
    case ALD_ROUND_RELAY:
        return ald_relay_work(hub, round);
    case ALD_ROUND_COMMAND:
        return ald_relay_work_command(hub, round);
    }
    return false;
}

static void round_ended(struct ald_hub *hub, struct ald_round *round)
{
    switch ((enum ald_round_kind)round->kind) {
    case ALD_ROUND_SPREAD:
        ald_spread_ended(hub, round);
        break;
    case ALD_ROUND_HELD:
        ald_hold_ended(hub, round);
        break;
    case ALD_ROUND_REPLAY:
        ald_subscribe_ended(hub, round);
        break;
    case ALD_ROUND_RELAY:
        ald_relay_ended(hub, round);
        break;
    case ALD_ROUND_COMMAND:
        ald_relay_ended_command(hub, round);
        break;
    }
}

static void round_end(struct ald_hub *hub, struct ald_round *round)
{
    hub->walk = (struct ald_round_walk){0};
    ald_node_remove(&round->node);
    round_ended(hub, round);
}

static struct ald_round *round_first(const struct ald_hub *hub)
{
    return ald_list_entry(hub->work.rounds.next, struct ald_round, node);
}

void ald_round_work(struct ald_hub *hub)
{
    struct ald_round *round = round_first(hub);

    if (!round_unit(hub, round)) {
        round_end(hub, round);
    }
}

void ald_round_fini(struct ald_hub *hub)
{
    while (!ald_list_empty(&hub->work.rounds)) {
        round_end(hub, round_first(hub));
    }
}

void ald_round_begin(struct ald_hub *hub, struct ald_node *list)
{
    hub->walk = (struct ald_round_walk){.begun = true, .list = list, .at = list != NULL ? list->next : NULL};
}

struct ald_node *ald_round_next(struct ald_hub *hub)
{
    struct ald_node *node = hub->walk.at;

    if (node == hub->walk.list) {
        return NULL;
    }
    hub->walk.at = node->next;
    return node;
}

void ald_round_pass(struct ald_hub *hub, const struct ald_node *node)
{
    if (hub->walk.at == node) {
        hub->walk.at = node->next;
    }
}

void ald_round_forget(struct ald_hub *hub, const struct ald_node *list)
{
    if (hub->walk.list == list) {
        ald_round_begin(hub, NULL);
    }
}

void ald_round_check(const struct ald_hub *hub)
{
    const struct ald_round_walk *walk = &hub->walk;
    uint64_t number = 0;
    bool is_there = walk->at == walk->list;

    ald_list_each (it, &hub->work.rounds) {
        const struct ald_round *round = ald_list_entry(it, const struct ald_round, node);

        ald_assert(round->number > number);
        number = round->number;
    }
    ald_assert(!walk->begun || !ald_list_empty(&hub->work.rounds));
    ald_assert(walk->list == NULL || walk->begun);
    if (walk->list != NULL) {
        ald_list_each (it, walk->list) {
            is_there = is_there || it == walk->at;
        }
    }
    ald_assert(is_there);
}
