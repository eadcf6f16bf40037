#include "hub/kept.h"

#include <stdlib.h>

#include "hub/command.h"
#include "hub/hop.h"
#include "hub/state.h"
#include "hub/transit.h"
#include "hub/who.h"

struct ald_command *ald_kept_command(struct ald_kept *kept)
{
    switch ((enum ald_kept_kind)kept->kind) {
    case ALD_KEPT_COMMAND:
        return ald_container(kept, struct ald_command, kept_command);
    case ALD_KEPT_CANCEL:
        return ald_container(kept, struct ald_command, kept_cancel);
    case ALD_KEPT_REPLY:
        return ald_container(kept, struct ald_command, kept_reply);
    case ALD_KEPT_SIGNAL:
        break;
    }
    return NULL;
}

bool ald_kept_is_pointless(struct ald_kept *kept)
{
    const struct ald_command *command = ald_kept_command(kept);

    if (kept->serial != 0 || command == NULL || command->outcome == ALD_OUTCOME_NONE) {
        return false;
    }
    return kept->kind == ALD_KEPT_COMMAND || (kept->kind == ALD_KEPT_CANCEL && command->n_attempts == 0);
}

static size_t msg_cost(const struct ald_msg *msg)
{
    return msg != NULL ? ald_msg_cost(msg) : 0;
}

static size_t command_cost(const struct ald_command *command)
{
    return sizeof(*command) + msg_cost(command->msg);
}

static size_t texts_cost(const struct ald_kept_signal *kept)
{
    const struct ald_signal *signal = &kept->signal;
    size_t travel = signal->travel == &kept->travel ? ald_travel_size(&kept->travel) : 0;

    return kept->texts != NULL ? signal->from.size + signal->channel.size + signal->text.size + travel : 0;
}

static size_t signal_cost(const struct ald_kept_signal *kept)
{
    return sizeof(*kept) + texts_cost(kept) + msg_cost(kept->signal.msg) + msg_cost(kept->signal.request);
}

size_t ald_kept_cost(const struct ald_kept *kept)
{
    const struct ald_command *command;

    switch ((enum ald_kept_kind)kept->kind) {
    case ALD_KEPT_COMMAND:
        return command_cost(ald_container(kept, const struct ald_command, kept_command));
    case ALD_KEPT_CANCEL:
        return command_cost(ald_container(kept, const struct ald_command, kept_cancel));
    case ALD_KEPT_REPLY:
        command = ald_container(kept, const struct ald_command, kept_reply);
        return command_cost(command) + msg_cost(command->reply);
    case ALD_KEPT_SIGNAL:
        break;
    }
    return signal_cost(ald_container(kept, const struct ald_kept_signal, kept));
}

/* The time left is told anew each time; a command whose time is over is told as such, never as one without a limit. */
static struct ald_signal kept_command_signal(const struct ald_hub *hub, const struct ald_command *command)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    const struct ald_command *asked = command->whole != NULL ? command->whole : command;

    signal.msg = ald_msg_ref(command->msg);
    signal.id = command->id;
    signal.renamed = command->is_renamed;
    signal.ttl = asked->deadline > hub->now ? asked->deadline - hub->now : 0;
    signal.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
    signal.from = command->from->target;
    if (command->is_abroad || ald_str_present(command->from->onward.hub)) {
        signal.travel = &command->from->onward;
    }
    return signal;
}

static struct ald_signal kept_cancel_signal(const struct ald_command *command)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);

    signal.id = command->id;
    signal.request = ald_msg_ref(command->msg);
    signal.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
    return signal;
}

int ald_kept_own(struct ald_kept_signal *kept)
{
    struct ald_signal *signal = &kept->signal;
    const struct ald_travel *travel = signal->kind == ALD_SIGNAL_EVENT ? signal->travel : NULL;
    size_t size;
    char *room;

    kept->travel = travel != NULL ? *travel : (struct ald_travel){.hops = 0};
    kept->texts = NULL;
    size = signal->from.size + signal->channel.size + signal->text.size + ald_travel_size(&kept->travel);
    room = kept->room;
    if (size > sizeof(kept->room)) {
        room = kept->texts = malloc(size);
        if (room == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    signal->from = ald_str_keep(signal->from, &room);
    signal->channel = ald_str_keep(signal->channel, &room);
    signal->text = ald_str_keep(signal->text, &room);
    ald_travel_keep(&kept->travel, &room);
    if (travel != NULL) {
        signal->travel = &kept->travel;
    }
    return 0;
}

void ald_kept_discard(struct ald_hub *hub, struct ald_kept_signal *kept)
{
    ald_signal_clear(&kept->signal);
    ald_transit_free(hub, kept->transit);
    ald_list_push_back(&hub->kept_spent, &kept->kept.node);
}

void ald_kept_reap(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&hub->kept_spent)) != NULL) {
        struct ald_kept_signal *kept = ald_list_entry(node, struct ald_kept_signal, kept.node);

        free(kept->texts);
        ald_pool_put(&hub->kept, kept);
    }
}

struct ald_signal ald_kept_signal_of(struct ald_hub *hub, struct ald_kept *kept)
{
    struct ald_signal signal;

    switch ((enum ald_kept_kind)kept->kind) {
    case ALD_KEPT_COMMAND:
        return kept_command_signal(hub, ald_container(kept, struct ald_command, kept_command));
    case ALD_KEPT_CANCEL:
        return kept_cancel_signal(ald_container(kept, struct ald_command, kept_cancel));
    case ALD_KEPT_REPLY:
        signal = ald_command_reply_signal(ald_container(kept, struct ald_command, kept_reply));
        ald_hop_place(hub, ald_container(kept, struct ald_command, kept_reply), &signal);
        return signal;
    case ALD_KEPT_SIGNAL:
        break;
    }
    signal = ald_container(kept, struct ald_kept_signal, kept)->signal;
    signal.msg = signal.msg != NULL ? ald_msg_ref(signal.msg) : NULL;
    signal.request = signal.request != NULL ? ald_msg_ref(signal.request) : NULL;
    if (signal.kind == ALD_SIGNAL_NEWS) {
        ald_news_ref(signal.news);
    }
    return signal;
}
