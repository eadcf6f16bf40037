#pragma once

/*
 * Delivery: the way of one command to one channel, and what comes back.
 *
 * *Sent* begins with the first byte given to the kernel (DESIGN section 1). Until the edge reports that, a command is only
 * handed over: when the connection ends first, it goes back to the front of its queue and may take another channel.
 */

#include "base/defs.h"

struct ald_channel;
struct ald_command;
struct ald_hub;
struct ald_hub_conn;
struct ald_queue;
struct ald_signal;

/* It waits in `queue`, for `channel` if that is not NULL. */
void ald_delivery_queue(struct ald_hub *hub, struct ald_command *command, struct ald_queue *queue,
                        struct ald_channel *channel);
/* `channel` has room. */
void ald_delivery_hand(struct ald_hub *hub, struct ald_command *command, struct ald_channel *channel);
void ald_delivery_begun(struct ald_hub *hub, struct ald_command *command);
/* Take it from wherever it is; its slot is free again. */
void ald_delivery_drop(struct ald_hub *hub, struct ald_command *command);
/* It was handed over and its connection ended before it was begun. */
void ald_delivery_return(struct ald_hub *hub, struct ald_command *command);
/* It was sent, and whoever had it is gone: another attempt if it may have one, else it is lost. `cause` is an ald_cause. */
void ald_delivery_lost(struct ald_hub *hub, struct ald_command *command, uint8_t cause);

/* The command that what an agent says is about, if it is this agent's; both NULL: there is none. */
struct ald_found ald_delivery_find(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_delivery_reply(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_delivery_status(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
