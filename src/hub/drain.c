#include "hub/drain.h"

#include "hub/command.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/hold.h"
#include "hub/state.h"

/* What `hub->drain_at` walks through. */
enum { DRAIN_IDLE, DRAIN_COMMANDS, DRAIN_CONNS };

static void drain_walk(struct ald_hub *hub, uint8_t stage)
{
    hub->drain_stage = stage;
    hub->work.pending = true;
    hub->drain_at = stage == DRAIN_COMMANDS ? hub->open.next : hub->conns.next;
}

void ald_drain_start(struct ald_hub *hub, const struct ald_event *event)
{
    if (hub->draining) {
        ald_hub_count(hub, ALD_N_EVENTS_STALE);
        return;
    }
    hub->draining = true;
    hub->leave_until = event->leave_until;
    ald_hub_alarm_set(hub, &hub->drain_alarm, event->leave_until);
    /* Other hubs hear it before anything is refused for it, so that they know to go another way. */
    ald_list_each (it, &hub->graph.links) {
        struct ald_hub_conn *conn = ald_list_entry(it, struct ald_peer_link, node)->party->conn;

        if (conn != NULL) { /* else it ended, and its channel is still worked off */
            ald_hub_conn_leave(hub, conn, ALD_CLOSE_STOPPING);
        }
    }
    ald_hold_drain(hub);
    drain_walk(hub, DRAIN_COMMANDS);
}

void ald_drain_cut(struct ald_hub *hub)
{
    hub->cutting = true;
    drain_walk(hub, DRAIN_COMMANDS);
}

void ald_drain_pass(struct ald_hub *hub, struct ald_node *node)
{
    if (hub->drain_at == node) {
        hub->drain_at = node->next;
    }
}

static void drain_command(struct ald_hub *hub, struct ald_command *command)
{
    bool is_there = command->place == ALD_PLACE_HANDED || command->place == ALD_PLACE_SENT;

    if (command->roster != NULL && !hub->cutting) {
        return; /* its members decide */
    }
    if (command->watched != NULL && !hub->cutting) {
        return; /* what it asks for may come yet */
    }
    if (is_there || command->roster != NULL) {
        if (hub->cutting) {
            ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_LOST, .cause = ALD_CAUSE_HUB_STOPPED});
        }
        return;
    }
    ald_command_refuse(hub, command, ALD_CAUSE_DRAINING, NULL);
}

static void drain_conn(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    bool is_told = conn->n_to_leave == 0; /* else its goodbye comes first, and its alarm is due */
    bool is_owed =
        conn->n_submitted > 0; /* a roster's reply is still being put together: it ends with the last of them */

    if (hub->cutting && conn->state == ALD_CONN_LEAVING && is_told && !is_owed) {
        ald_hub_conn_close(hub, conn, ALD_CLOSE_STOPPING);
    } else {
        ald_hub_conn_settle(hub, conn);
    }
}

bool ald_drain_work(struct ald_hub *hub)
{
    struct ald_node *at = hub->drain_at;

    if (hub->drain_stage == DRAIN_COMMANDS) {
        if (at == &hub->open) {
            drain_walk(hub, DRAIN_CONNS);
            return true;
        }
        hub->drain_at = at->next;
        drain_command(hub, ald_list_entry(at, struct ald_command, open));
        return true;
    }
    if (hub->drain_stage == DRAIN_CONNS && at != &hub->conns) {
        hub->drain_at = at->next;
        drain_conn(hub, ald_list_entry(at, struct ald_hub_conn, node));
        return true;
    }
    hub->drain_stage = DRAIN_IDLE;
    hub->drain_at = NULL;
    return false;
}
