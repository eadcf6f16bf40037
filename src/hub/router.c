#include "hub/router.h"

#include "hub/channel.h"
#include "hub/party.h"
#include "hub/primary.h"
#include "hub/state.h"
#include "hub/target.h"

static struct ald_route route_refuse(enum ald_cause cause)
{
    return (struct ald_route){.cause = (uint8_t)cause};
}

static struct ald_route route_wait(struct ald_hub *hub, struct ald_route route, size_t cost)
{
    return ald_queue_has_room(hub, route.queue, cost) ? route : route_refuse(ALD_CAUSE_BUSY);
}

/* "What it does not answer goes to the controller: the target named by [hub] controller" (DESIGN section 1). */
struct ald_route ald_route_target(struct ald_hub *hub, const struct ald_msg *msg)
{
    struct ald_str name = msg->to.target;
    struct ald_target *target;

    if (!ald_str_present(name)) {
        name = hub->config.controller;
        if (!ald_str_present(name)) {
            return route_refuse(ALD_CAUSE_UNKNOWN_COMMAND);
        }
    }
    target = ald_target_find_next(hub, name);
    if (target == NULL || target->n_channels == 0 || target->peer != NULL) {
        return route_refuse(ALD_CAUSE_NO_TARGET);
    }
    return (struct ald_route){.target = target};
}

struct ald_route ald_route_channel(struct ald_hub *hub, struct ald_channel *channel, size_t cost)
{
    struct ald_route route = {.target = channel->target, .channel = channel};

    if (channel->state == ALD_CHANNEL_GONE || channel->leaving) {
        return route_refuse(ALD_CAUSE_NO_CHANNEL);
    }
    if (!channel->active) {
        return route_refuse(ALD_CAUSE_NO_ACTIVE);
    }
    if (channel->queue.n == 0 && ald_channel_has_room(hub, channel)) {
        return route;
    }
    route.queue = &channel->queue;
    return route_wait(hub, route, cost);
}

/* The channel that it names; NULL: there is none. */
static struct ald_channel *route_find_named(const struct ald_hub *hub, const struct ald_msg *msg)
{
    struct ald_channel *channel = ald_channel_find(hub, msg->to.channel);

    if (channel == NULL || channel->target->peer != NULL ||
        (ald_str_present(msg->to.target) && !ald_str_equal(channel->target->name, msg->to.target))) {
        return NULL;
    }
    return channel;
}

static struct ald_route route_named(struct ald_hub *hub, const struct ald_msg *msg, size_t cost)
{
    struct ald_channel *channel = route_find_named(hub, msg);

    return channel != NULL ? ald_route_channel(hub, channel, cost) : route_refuse(ALD_CAUSE_NO_CHANNEL);
}

struct ald_route ald_route_any(struct ald_hub *hub, struct ald_target *target, size_t cost)
{
    struct ald_route route = {.target = target};

    if (target->n_active == 0) {
        return route_refuse(ALD_CAUSE_NO_ACTIVE);
    }
    /* Nobody overtakes what waits already. */
    route.channel = target->any.n == 0 ? ald_target_choose(hub, target) : NULL;
    if (route.channel == NULL) {
        route.queue = &target->any;
        return route_wait(hub, route, cost);
    }
    return route;
}

static struct ald_route route_primary(struct ald_hub *hub, struct ald_route route, size_t cost)
{
    struct ald_target *target = route.target;
    struct ald_channel *primary = ald_primary_find(target);

    if (primary == NULL) {
        return route_refuse(ALD_CAUSE_NO_PRIMARY);
    }
    if (target->primary.n == 0 && primary->queue.n == 0 && ald_channel_has_room(hub, primary)) {
        route.channel = primary;
        return route;
    }
    route.queue = &target->primary;
    return route_wait(hub, route, cost);
}

struct ald_route ald_route_command(struct ald_hub *hub, const struct ald_msg *msg, size_t cost)
{
    struct ald_route route;

    if (ald_str_present(msg->to.channel)) {
        return route_named(hub, msg, cost);
    }
    route = ald_route_target(hub, msg);
    if (route.cause != ALD_CAUSE_NONE) {
        return route;
    }
    return msg->mode == ALD_MODE_PRIMARY ? route_primary(hub, route, cost) : ald_route_any(hub, route.target, cost);
}

/* A full channel takes no command more; an event is no command, and takes no slot. Those that are choked leave the heap, and
 * are put back by their connections; so each is passed once. */
struct ald_channel *ald_route_event_channel(struct ald_target *target)
{
    struct ald_channel *channel;

    while ((channel = ald_heap_top(&target->heap)) != NULL && ald_party_is_choked(channel->party)) {
        ald_channel_bench(channel);
    }
    return channel;
}

struct ald_route ald_route_event(struct ald_hub *hub, const struct ald_msg *msg)
{
    struct ald_route route;

    if (ald_str_present(msg->to.channel)) {
        struct ald_channel *channel = route_find_named(hub, msg);

        if (channel != NULL && ald_channel_is_usable(channel) && ald_party_can_wait(channel->party)) {
            return (struct ald_route){.target = channel->target, .channel = channel};
        }
        route = route_named(hub, msg, 0);
        if (route.channel != NULL && ald_party_is_choked(route.channel->party)) {
            route.channel = NULL;
        }
        return route;
    }
    route = ald_route_target(hub, msg);
    if (route.cause != ALD_CAUSE_NONE) {
        return route;
    }
    if (route.target->n_active == 0) {
        return route_refuse(ALD_CAUSE_NO_ACTIVE);
    }
    route.channel = ald_route_event_channel(route.target);
    return route;
}
