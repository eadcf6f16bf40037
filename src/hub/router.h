#pragma once

/*
 * Router: where one message goes now. It only chooses; delivery.h does what it says.
 */

#include "base/defs.h"

struct ald_channel;
struct ald_hub;
struct ald_msg;
struct ald_queue;
struct ald_target;

/* Exactly one of: a cause to refuse; a channel with room and no queue; a queue (for the channel, where one is named). */
struct ald_route {
    uint8_t cause;    /* enum ald_cause */
    const char *text; /* static, or NULL: that of the cause */
    struct ald_target *target;
    struct ald_channel *channel;
    struct ald_queue *queue;
    bool abroad;  /* the target is that of another hub, through which it goes on: hub/hop.h */
    bool flooded; /* and it goes to all daemons */
};

/* For a command in any mode but `all` to somebody here, which waits at the cost of `cost` bytes if it must. */
struct ald_route ald_route_command(struct ald_hub *hub, const struct ald_msg *msg, size_t cost);
/* Through any channel of `target`. */
struct ald_route ald_route_any(struct ald_hub *hub, struct ald_target *target, size_t cost);
/* For a member of a roster, or whoever else has the channel at hand. */
struct ald_route ald_route_channel(struct ald_hub *hub, struct ald_channel *channel, size_t cost);
/* The target that a command in mode `all` is for; a cause when there is none. */
struct ald_route ald_route_target(struct ald_hub *hub, const struct ald_msg *msg);
/* For an event: a cause; or a target, whose channel is NULL when all of them are over their accounts. */
struct ald_route ald_route_event(struct ald_hub *hub, const struct ald_msg *msg);
/* The channel that an event for `target` would be given to now; NULL: none can be told anything. */
struct ald_channel *ald_route_event_channel(struct ald_target *target);
