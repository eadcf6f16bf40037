#include "hub/history.h"

#include "hub/command.h"
#include "hub/roster.h"
#include "hub/self.h"
#include "hub/state.h"

static struct ald_command *history_oldest(const struct ald_hub *hub)
{
    struct ald_node *node = ald_list_first(&hub->history);

    return node != NULL ? ald_list_entry(node, struct ald_command, history) : NULL;
}

static bool history_is_over(const struct ald_hub *hub, const struct ald_command *oldest)
{
    return hub->n_history > hub->config.history_max || hub->history_bytes > hub->config.history_bytes_max ||
           hub->now - oldest->ended >= hub->config.history_age;
}

void ald_history_watch(struct ald_hub *hub)
{
    const struct ald_command *oldest = history_oldest(hub);

    if (oldest == NULL) {
        ald_hub_alarm_stop(hub, &hub->history_alarm);
    } else if (!ald_timer_running(&hub->history_alarm.timer)) {
        ald_hub_alarm_set(hub, &hub->history_alarm, oldest->ended + hub->config.history_age);
    }
}

static uint32_t history_weight(const struct ald_command *command)
{
    return 1 + (command->roster != NULL ? ald_roster_size(command->roster) : 0);
}

void ald_history_charge(struct ald_hub *hub, struct ald_command *command, size_t bytes)
{
    command->remembered += bytes;
    if (ald_node_linked(&command->history)) {
        hub->history_bytes += bytes;
    }
}

void ald_history_add(struct ald_hub *hub, struct ald_command *command)
{
    size_t reply = command->reply != NULL ? ald_msg_cost(command->reply) : 0;

    if (ald_self_is_question(command->msg)) {
        ald_list_push_back(&hub->asides, &command->history);
        return;
    }
    ald_history_charge(hub, command, ald_command_cost(command) + reply);
    ald_list_push_back(&hub->history, &command->history);
    hub->history_bytes += command->remembered;
    hub->n_history += history_weight(command);
    ald_history_watch(hub);
}

/*
 * A busy hub forgets a command whenever one ends, ten thousand commands after it was last touched, so each of its lines
 * would be waited for in turn, and again when the memory serves the next command. So the one that is forgotten next is
 * fetched now, what it points at one command later, when the pointers are there. Only time is saved by this.
 */
enum { HISTORY_LINE = 64, HISTORY_MSG_LINES = 8 };

static void history_fetch(const void *memory, size_t size)
{
    for (size_t at = 0; at < size; at += HISTORY_LINE) {
        __builtin_prefetch((const char *)memory + at, 1);
    }
}

static void history_fetch_next(const struct ald_hub *hub, const struct ald_command *command)
{
    const struct ald_node *next = command->history.next, *after = next->next;

    if (next == &hub->history || after == &hub->history) {
        return;
    }
    command = ald_list_entry(next, const struct ald_command, history);
    history_fetch(command->msg, HISTORY_MSG_LINES * HISTORY_LINE);
    if (command->reply != NULL) {
        history_fetch(command->reply, HISTORY_MSG_LINES * HISTORY_LINE);
    }
    command = ald_list_entry(after, const struct ald_command, history);
    history_fetch(command, offsetof(struct ald_command, story));
}

static void history_forget(struct ald_hub *hub, struct ald_command *command)
{
    history_fetch_next(hub, command);
    ald_node_remove(&command->history);
    hub->n_history -= history_weight(command);
    hub->history_bytes -= command->remembered;
    if (command->pins == 0) {
        ald_command_free(hub, command);
    }
}

static bool history_is_forgotten(const struct ald_command *command)
{
    return command->outcome != ALD_OUTCOME_NONE && command->whole == NULL && !ald_node_linked(&command->history);
}

/* A member of a roster lives in the memory of the whole, so that one must stay too. */
void ald_history_pin(struct ald_hub *hub, struct ald_command *command)
{
    command->pins++;
    if (command->whole != NULL) {
        ald_history_pin(hub, command->whole);
    }
}

void ald_history_unpin(struct ald_hub *hub, struct ald_command *command)
{
    ald_assert(command->pins > 0);
    command->pins--;
    if (command->whole != NULL) {
        ald_history_unpin(hub, command->whole);
    } else if (command->pins == 0 && history_is_forgotten(command)) {
        ald_command_free(hub, command);
    }
}

static unsigned history_trim_asides(struct ald_hub *hub, unsigned n_max)
{
    struct ald_node *node;

    while (n_max > 0 && (node = ald_list_pop_front(&hub->asides)) != NULL) {
        struct ald_command *command = ald_list_entry(node, struct ald_command, history);

        if (command->pins == 0) {
            ald_command_free(hub, command);
        }
        n_max--;
    }
    return n_max;
}

void ald_history_trim(struct ald_hub *hub, unsigned n_max)
{
    struct ald_command *oldest = history_oldest(hub);

    n_max = history_trim_asides(hub, n_max);
    if (oldest == NULL || !history_is_over(hub, oldest)) {
        return; /* nearly every time */
    }
    while (oldest != NULL && n_max > 0 && history_is_over(hub, oldest)) {
        history_forget(hub, oldest);
        oldest = history_oldest(hub);
        n_max--;
    }
    ald_history_watch(hub);
}

bool ald_history_is_over(const struct ald_hub *hub)
{
    const struct ald_command *oldest = history_oldest(hub);

    return (oldest != NULL && history_is_over(hub, oldest)) || !ald_list_empty(&hub->asides);
}
