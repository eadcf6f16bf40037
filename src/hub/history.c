#include "hub/history.h"

#include "hub/record.h"
#include "hub/roster.h"
#include "hub/self.h"
#include "hub/state.h"

static struct ald_record *history_oldest(const struct ald_hub *hub)
{
    struct ald_node *node = ald_list_first(&hub->history);

    return node != NULL ? ald_list_entry(node, struct ald_record, history) : NULL;
}

static bool history_is_over(const struct ald_hub *hub, const struct ald_record *oldest)
{
    return hub->n_history > hub->config.history_max || hub->history_bytes > hub->config.history_bytes_max ||
           hub->now - oldest->ended >= hub->config.history_age;
}

void ald_history_watch(struct ald_hub *hub)
{
    const struct ald_record *oldest = history_oldest(hub);

    if (oldest == NULL) {
        ald_hub_alarm_stop(hub, &hub->history_alarm);
    } else if (!ald_timer_running(&hub->history_alarm.timer)) {
        ald_hub_alarm_set(hub, &hub->history_alarm, oldest->ended + hub->config.history_age);
    }
}

void ald_history_charge(struct ald_hub *hub, struct ald_command *command, size_t bytes)
{
    command->record->charged += bytes;
    if (ald_node_linked(&command->record->history)) {
        hub->history_bytes += bytes;
    }
}

void ald_history_add(struct ald_hub *hub, struct ald_command *command)
{
    size_t reply = command->reply != NULL ? ald_msg_cost(command->reply) : 0;
    struct ald_record *record = command->record;

    record->ended = command->ended;
    record->weight = 1 + (command->roster != NULL ? ald_roster_size(command->roster) : 0);
    if (ald_self_is_question(command->msg)) {
        ald_list_push_back(&hub->asides, &record->history);
        return;
    }
    ald_history_charge(hub, command, ald_command_cost(command) + reply);
    ald_list_push_back(&hub->history, &record->history);
    hub->history_bytes += record->charged;
    hub->n_history += record->weight;
    ald_history_watch(hub);
}

void ald_history_settle(struct ald_hub *hub, struct ald_command *command)
{
    if (ald_command_is_ripe(command) && !ald_node_linked(&command->ripe)) {
        ald_list_push_back(&hub->ripe, &command->ripe);
    }
}

/*
 * A busy hub forgets a record whenever a command ends, ten thousand commands after it was last touched, so each of its
 * lines would be waited for in turn, and again when the memory serves the next command. So the one that is forgotten next
 * is fetched now. Only time is saved by this.
 */
enum { HISTORY_LINE = 64 };

static void history_fetch_next(const struct ald_hub *hub, const struct ald_record *record)
{
    const struct ald_node *next = record->history.next;

    if (next == &hub->history) {
        return;
    }
    record = ald_list_entry(next, const struct ald_record, history);
    for (size_t at = 0; at < offsetof(struct ald_record, total); at += HISTORY_LINE) {
        __builtin_prefetch((const char *)record + at, 1);
    }
}

static bool record_is_pinned(const struct ald_record *record)
{
    return record->command != NULL && record->command->pins > 0;
}

static void history_forget(struct ald_hub *hub, struct ald_record *record)
{
    history_fetch_next(hub, record);
    ald_node_remove(&record->history);
    hub->n_history -= record->weight;
    hub->history_bytes -= record->charged;
    if (!record_is_pinned(record)) {
        ald_command_forget(hub, record);
    }
}

static bool history_is_forgotten(const struct ald_command *command)
{
    return command->outcome != ALD_OUTCOME_NONE && !ald_node_linked(&command->record->history);
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
        ald_command_forget(hub, command->record);
    } else {
        ald_history_settle(hub, command);
    }
}

static unsigned history_trim_asides(struct ald_hub *hub, unsigned n_max)
{
    struct ald_node *node;

    while (n_max > 0 && (node = ald_list_pop_front(&hub->asides)) != NULL) {
        struct ald_record *record = ald_list_entry(node, struct ald_record, history);

        if (!record_is_pinned(record)) {
            ald_command_forget(hub, record);
        }
        n_max--;
    }
    return n_max;
}

static void history_pack(struct ald_hub *hub, unsigned n_max)
{
    while (n_max > 0 && !ald_list_empty(&hub->ripe)) {
        ald_command_pack(hub, ald_list_entry(hub->ripe.next, struct ald_command, ripe));
        n_max--;
    }
}

void ald_history_trim(struct ald_hub *hub, unsigned n_max)
{
    struct ald_record *oldest;

    history_pack(hub, n_max);
    n_max = history_trim_asides(hub, n_max);
    oldest = history_oldest(hub);
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
    const struct ald_record *oldest = history_oldest(hub);

    return (oldest != NULL && history_is_over(hub, oldest)) || !ald_list_empty(&hub->asides);
}
