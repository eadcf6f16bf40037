#include "hub/queue.h"

#include "hub/command.h"
#include "hub/state.h"

void ald_queue_init(struct ald_queue *queue)
{
    *queue = (struct ald_queue){0};
    ald_node_init(&queue->list);
    ald_node_init(&queue->while_served);
}

bool ald_queue_has_room(const struct ald_hub *hub, const struct ald_queue *queue, size_t cost)
{
    const struct ald_hub_config *config = &hub->config;
    /* A single command may be larger than all that may wait here, if it comes alone: the largest of link are (link 2.10). */
    bool comes_alone = queue->n == 0 && config->channel_queue_bytes_max > 0;

    return queue->n < config->channel_queue_max &&
           (comes_alone || queue->bytes + cost <= config->channel_queue_bytes_max) &&
           hub->queued_bytes + cost <= config->queue_bytes_max;
}

static void queue_account(struct ald_hub *hub, struct ald_queue *queue, struct ald_command *command)
{
    size_t cost = ald_command_cost(command);

    ald_assert(command->queue == NULL);
    command->queue = queue;
    if ((command->msg->flags & ALD_MSG_WHILE_SERVED) != 0) {
        ald_list_push_back(&queue->while_served, &command->while_served);
    }
    queue->n++;
    queue->bytes += cost;
    hub->n_queued++;
    hub->queued_bytes += cost;
}

void ald_queue_push_back(struct ald_hub *hub, struct ald_queue *queue, struct ald_command *command)
{
    queue_account(hub, queue, command);
    ald_list_push_back(&queue->list, &command->place_node);
}

void ald_queue_push_front(struct ald_hub *hub, struct ald_queue *queue, struct ald_command *command)
{
    queue_account(hub, queue, command);
    ald_list_push_front(&queue->list, &command->place_node);
}

void ald_queue_remove(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_queue *queue = command->queue;
    size_t cost = ald_command_cost(command);

    ald_assert(queue != NULL);
    ald_assert(queue->n > 0);
    ald_assert(queue->bytes >= cost);
    ald_node_remove(&command->place_node);
    ald_node_remove(&command->while_served);
    command->queue = NULL;
    queue->n--;
    queue->bytes -= cost;
    hub->n_queued--;
    hub->queued_bytes -= cost;
}

struct ald_command *ald_queue_first(const struct ald_queue *queue)
{
    struct ald_node *node = ald_list_first(&queue->list);

    return node != NULL ? ald_list_entry(node, struct ald_command, place_node) : NULL;
}

struct ald_command *ald_queue_first_while_served(const struct ald_queue *queue)
{
    struct ald_node *node = ald_list_first(&queue->while_served);

    return node != NULL ? ald_list_entry(node, struct ald_command, while_served) : NULL;
}
