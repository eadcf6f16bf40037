#pragma once

/*
 * Queue: commands that wait, in order, with their account. Intrusive, so that waiting allocates nothing.
 *
 * Invariants: n and bytes are those of the list; hub->n_queued and hub->queued_bytes are the sums over all queues.
 */

#include "base/list.h"

struct ald_hub;
struct ald_command;

struct ald_queue {
    struct ald_node list;         /* of ald_command.place */
    struct ald_node while_served; /* of ald_command.while_served: those of them that do not wait without a channel */
    uint32_t n;
    size_t bytes;
};

void ald_queue_init(struct ald_queue *queue);

/* May one more command of `cost` bytes wait here? The caps are those of the queue and of all queues together. */
bool ald_queue_has_room(const struct ald_hub *hub, const struct ald_queue *queue, size_t cost);

/* The caps are not asked: what was admitted once and comes back is never turned away. */
void ald_queue_push_back(struct ald_hub *hub, struct ald_queue *queue, struct ald_command *command);
void ald_queue_push_front(struct ald_hub *hub, struct ald_queue *queue, struct ald_command *command);
void ald_queue_remove(struct ald_hub *hub, struct ald_command *command);
/* NULL when empty; it stays where it is. */
struct ald_command *ald_queue_first(const struct ald_queue *queue);
/* The same of those that wait only while their target is served (ALD_MSG_WHILE_SERVED). */
struct ald_command *ald_queue_first_while_served(const struct ald_queue *queue);
