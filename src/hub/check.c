#include "hub/hub.h"

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/hold.h"
#include "hub/party.h"
#include "hub/record.h"
#include "hub/roster.h"
#include "hub/session.h"
#include "hub/spread.h"
#include "hub/state.h"
#include "hub/series.h"
#include "hub/subscribe.h"
#include "hub/target.h"

struct check_sums {
    uint32_t n_queued;
    size_t queued_bytes;
};

static void check_parties(const struct ald_hub *hub, const struct ald_node *parties)
{
    ald_list_each (it, parties) {
        ald_party_check(hub, ald_list_entry(it, const struct ald_party, node));
    }
}

static void check_conns(const struct ald_hub *hub)
{
    uint32_t n = 0;

    ald_list_each (it, &hub->conns) {
        const struct ald_hub_conn *conn = ald_list_entry(it, const struct ald_hub_conn, node);

        ald_assert(conn->state != ALD_CONN_ENDED);
        ald_assert(ald_hub_conn_find(hub, conn->number) == conn);
        ald_hub_conn_check(hub, conn);
        check_parties(hub, &conn->parties);
        n++;
    }
    ald_assert(hub->conns_by_number.n_entries == n);
    ald_list_each (it, &hub->work.ended) {
        const struct ald_hub_conn *conn = ald_list_entry(it, const struct ald_hub_conn, node);

        ald_assert(conn->state == ALD_CONN_ENDED);
        check_parties(hub, &conn->parties);
        n++;
    }
    ald_assert(hub->n_conns == n);
    check_parties(hub, &hub->parties);
}

static void check_sum(struct check_sums *sums, const struct ald_queue *queue)
{
    sums->n_queued += queue->n;
    sums->queued_bytes += queue->bytes;
}

static void check_targets(const struct ald_hub *hub, struct check_sums *sums)
{
    uint32_t n = 0;

    ald_list_each (it, &hub->targets) {
        const struct ald_target *target = ald_list_entry(it, const struct ald_target, node);

        ald_target_check(hub, target);
        check_sum(sums, &target->any);
        check_sum(sums, &target->primary);
        n++;
    }
    ald_assert(hub->n_targets == n);
    ald_assert(hub->targets_by_name.n_entries == n);
    ald_assert(hub->targets_by_number.n_entries == n);
}

static void check_channels(const struct ald_hub *hub, struct check_sums *sums)
{
    uint32_t n = 0;

    ald_list_each (it, &hub->channels) {
        const struct ald_channel *channel = ald_list_entry(it, const struct ald_channel, node);

        ald_assert(channel->state != ALD_CHANNEL_GONE);
        ald_channel_check(hub, channel);
        check_sum(sums, &channel->queue);
        n++;
    }
    ald_assert(hub->n_channels == n);
    ald_assert(hub->channels_by_number.n_entries == n);
    ald_list_each (it, &hub->channels_gone) {
        const struct ald_channel *channel = ald_list_entry(it, const struct ald_channel, node);

        ald_assert(channel->state == ALD_CHANNEL_GONE);
        ald_channel_check(hub, channel);
        check_sum(sums, &channel->queue);
    }
}

static void check_sessions(const struct ald_hub *hub)
{
    size_t bytes = 0, n_owed = 0;

    ald_list_each (it, &hub->all_sessions) {
        const struct ald_session *session = ald_list_entry(it, const struct ald_session, node);

        bytes += ald_session_check(hub, session);
        n_owed += session->n_owed;
    }
    ald_assert(n_owed == hub->n_owed);
    ald_assert(bytes == hub->window_bytes);
}

static void check_command(const struct ald_hub *hub, const struct ald_command *command)
{
    ald_command_check(hub, command);
    if (command->roster != NULL) {
        ald_roster_check(hub, command->roster);
    }
}

static void check_commands(const struct ald_hub *hub)
{
    uint64_t number = 0;
    uint32_t n_open = 0, n_history = 0;
    size_t open_bytes = 0, charged = 0, n_records = 0, n_commands = 0;

    ald_list_each (it, &hub->in_order) {
        const struct ald_record *record = ald_list_entry(it, const struct ald_record, order);

        ald_assert(record->number > number);
        number = record->number;
        n_records++;
        ald_record_check(hub, record);
        if (record->command != NULL) {
            n_commands++;
            check_command(hub, record->command);
        }
    }
    ald_assert(hub->records.n_live == n_records);
    ald_assert(hub->commands.n_live == n_commands);
    ald_assert(hub->commands_by_number.n_entries == n_records);
    ald_list_each (it, &hub->open) {
        const struct ald_command *command = ald_list_entry(it, const struct ald_command, open);

        ald_assert(command->outcome == ALD_OUTCOME_NONE);
        n_open++;
        open_bytes += command->whole == NULL ? ald_command_cost(command) : 0;
    }
    ald_assert(hub->n_open == n_open);
    ald_list_each (it, &hub->history) {
        const struct ald_record *record = ald_list_entry(it, const struct ald_record, history);

        n_history += record->weight;
        charged += record->charged;
    }
    ald_assert(hub->n_history == n_history);
    ald_assert(hub->history_bytes == charged);
    ald_assert(hub->open_bytes == open_bytes);
}

void ald_hub_check(const struct ald_hub *hub)
{
    struct check_sums sums = {0, 0};

    check_conns(hub);
    check_targets(hub, &sums);
    check_channels(hub, &sums);
    check_commands(hub);
    check_sessions(hub);
    ald_round_check(hub);
    ald_hold_check(hub);
    ald_bulletin_check(hub);
    ald_spread_check(hub);
    ald_series_check(hub);
    ald_subscribe_check(hub);
    ald_assert(sums.n_queued == hub->n_queued);
    ald_assert(sums.queued_bytes == hub->queued_bytes);
    ald_assert(hub->work.pending || !ald_work_is_there(hub));
    ald_assert(hub->effects == NULL);
}
