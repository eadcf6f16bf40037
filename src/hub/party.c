#include "hub/party.h"

#include <stdlib.h>

#include "hub/capable.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/health.h"
#include "hub/kind.h"
#include "hub/primary.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/subscribe.h"
#include "hub/who.h"
#include "hub/world.h"

const struct ald_state ald_party_states[] = {
    [ALD_PARTY_LIVE] = {"live", ALD_STATE_INITIAL, ALD_TO(ALD_PARTY_AWAY) | ALD_TO(ALD_PARTY_GONE)},
    [ALD_PARTY_AWAY] = {"away", 0, ALD_TO(ALD_PARTY_LIVE) | ALD_TO(ALD_PARTY_GONE)},
    [ALD_PARTY_GONE] = {"gone", ALD_STATE_FINAL, 0},
};

static void party_set_state(struct ald_hub *hub, struct ald_party *party, enum ald_party_state state)
{
    ald_sm_move(&hub->machines[ALD_MACHINE_PARTY], &party->state, (uint8_t)state);
}

struct ald_party *ald_party_find(struct ald_hub_conn *conn, uint32_t number)
{
    if (conn->latest == NULL || conn->latest->number != number) {
        struct ald_party *party = ald_table_find_number(&conn->by_number, number);

        if (party == NULL) {
            return NULL;
        }
        conn->latest = party;
    }
    return conn->latest;
}

int ald_party_attach(struct ald_party *party, struct ald_hub_conn *conn, uint32_t number)
{
    int r;

    r = ald_table_add_number(&conn->by_number, number, party);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_node_remove(&party->node);
    ald_list_push_back(&conn->parties, &party->node);
    party->number = number;
    party->conn = conn;
    conn->n_parties++;
    conn->n_submitted += party->n_submitted;
    conn->n_in_flight += party->n_in_flight;
    if (party->session != NULL) {
        ald_session_attached(party->session, party);
    }
    return 0;
}

static void party_detach(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_hub_conn *conn = party->conn;

    ald_bulletin_wake(hub, party);
    ald_table_remove_number(&conn->by_number, party->number);
    conn->latest = NULL;
    conn->n_parties--;
    conn->n_submitted -= party->n_submitted;
    conn->n_in_flight -= party->n_in_flight;
    party->conn = NULL;
    conn->n_to_leave = ALD_MIN(conn->n_to_leave, conn->n_parties);
    ald_node_remove(&party->node);
    ald_list_push_back(&hub->parties, &party->node);
    if (party->session != NULL) {
        ald_session_detached(party->session, party);
    }
}

int ald_party_new(struct ald_hub *hub, struct ald_hub_conn *conn, uint32_t number, struct ald_party **ret_party)
{
    const uint64_t seed[2] = {ald_rng_next(&hub->rng), ald_rng_next(&hub->rng)};
    struct ald_party *party = malloc(sizeof(*party));
    int r;

    if (party == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *party = (struct ald_party){0};
    ald_node_init(&party->node);
    ald_node_init(&party->work);
    ald_node_init(&party->of_session);
    ald_node_init(&party->of_kind);
    ald_node_init(&party->subscriptions);
    ald_node_init(&party->replays);
    ald_node_init(&party->submitted);
    ald_node_init(&party->finishing);
    ald_node_init(&party->capabilities);
    ald_node_init(&party->hearing);
    ald_table_init(&party->wire_ids, seed);
    r = ald_party_attach(party, conn, number);
    if (r < 0) {
        free(party);
        return ald_trace(r);
    }
    *ret_party = party;
    return 0;
}

struct ald_str ald_party_denial(struct ald_hub *hub, const struct ald_signal *signal)
{
    struct ald_str text = signal->text;

    if (text.size == 0) {
        return ALD_STR("the credential does not allow this target");
    }
    text.size = ALD_MIN(text.size, sizeof(hub->denial));
    memcpy(hub->denial, text.data, text.size);
    return ald_str_of(hub->denial, text.size);
}

/* Whoever is there under another name, or as a caller, stays what it is and may ask for something else; and so do the others of
 * a connection, when one more is denied. */
void ald_party_refuse(struct ald_hub *hub, struct ald_hub_conn *conn, uint32_t number, enum ald_cause cause,
                      struct ald_str text)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_DENIED);

    signal.party = number;
    signal.cause = (uint8_t)cause;
    signal.text = text;
    ald_hub_count(hub, ALD_N_DENIED);
    ald_ignore(ald_hub_conn_say(hub, conn, &signal)); /* a connection that hears nothing ends all the same */
}

void ald_party_deny(struct ald_hub *hub, struct ald_hub_conn *conn, uint32_t number, enum ald_cause cause,
                    struct ald_str text)
{
    ald_party_refuse(hub, conn, number, cause, text);
    if (conn->n_parties == 0 || (number == 0 && ald_party_find(conn, 0) == NULL)) {
        ald_hub_conn_close(hub, conn, ALD_CLOSE_DENIED);
    }
}

void ald_party_say_registered(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);

    signal.principal = party->who->principal;
    if (party->channel != NULL) {
        signal.target = party->who->target;
        signal.channel = ald_str_of(party->channel->id, ALD_ID_TEXT);
    }
    if (party->peering != ALD_PEERING_NONE) {
        signal.greeting = &hub->graph.greeting;
    }
    if (party->session != NULL && !party->session->over) {
        signal.session = party->session->number;
        signal.ttl = party->session->ttl;
        signal.serial = party->session->serial_in;
    }
    ald_party_say(hub, party, &signal);
}

void ald_party_unregister(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);

    if (party != NULL && ald_party_is_joined(party)) {
        ald_party_end(hub, party, ALD_CAUSE_SESSION_ENDED);
        return;
    }
    if (party == NULL || party->channel == NULL) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    ald_channel_part(hub, party->channel);
}

uint32_t ald_party_traits(uint8_t peering, uint32_t traits)
{
    const uint32_t others = ALD_CAN_HEALTH | ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_RESUME;

    return peering != ALD_PEERING_NONE ? traits & ~others : traits;
}

void ald_party_set_traits(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);

    if (party == NULL) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    party->traits = ald_party_traits(party->peering, signal->traits);
    ald_world_hear(hub, party);
    if (party->channel != NULL) {
        ald_primary_update(hub, party->channel);
        ald_health_start(hub, party->channel);
    }
}

/* One of several parties only gives its name up; the last one takes the connection with it, and so does the one whose session
 * others joined. */
void ald_party_leave(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    bool is_whole = party != NULL ? ald_party_is_whole(party) : conn->n_parties <= 1;

    if (party != NULL && ald_party_is_joined(party)) {
        ald_party_end(hub, party, ALD_CAUSE_SESSION_ENDED);
        return;
    }
    if (party != NULL && party->session != NULL) {
        ald_session_over(hub, party->session);
    }
    if (party != NULL && party->channel != NULL) {
        if (is_whole) {
            ald_channel_set_leaving(hub, party->channel);
        } else {
            ald_channel_part(hub, party->channel);
        }
    }
    if (is_whole && signal->ok && party != NULL && party->session != NULL) {
        ald_hub_conn_dismiss(hub, conn);
    } else if (is_whole) {
        ald_hub_conn_left(hub, conn);
    }
}

bool ald_party_is_joined(const struct ald_party *party)
{
    return party->session != NULL && party->session->first != party;
}

bool ald_party_is_whole(const struct ald_party *party)
{
    return party->conn->n_parties <= 1 || (party->session != NULL && party->session->n_parties > 1);
}

bool ald_party_hears(const struct ald_party *party)
{
    if (party->conn != NULL && ald_hub_conn_hears(party->conn)) {
        return true;
    }
    return party->session != NULL && !party->session->over && party->state != ALD_PARTY_GONE;
}

bool ald_party_is_choked(const struct ald_party *party)
{
    if (party->conn == NULL || !ald_hub_conn_hears(party->conn) || party->conn->choked) {
        return true;
    }
    return party->session != NULL && ald_session_is_choked(party->session);
}

bool ald_party_can_wait(const struct ald_party *party)
{
    return party->session != NULL && !party->session->over && party->state != ALD_PARTY_GONE && !party->session->full;
}

void ald_party_say(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal)
{
    if (party->conn == NULL) {
        ald_signal_clear(signal);
        return;
    }
    signal->party = party->number;
    ald_ignore(ald_hub_conn_say(hub, party->conn, signal)); /* what is said about a link that is gone means nothing */
}

void ald_party_say_goodbye(struct ald_hub *hub, struct ald_party *party, bool reconnect)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (party->channel != NULL) {
        signal.target = party->who->target;
        ald_channel_set_leaving(hub, party->channel);
    }
    if ((party->traits & ALD_CAN_LEAVE) != 0) {
        signal.reconnect = reconnect;
        ald_party_say(hub, party, &signal);
    }
}

void ald_party_number(struct ald_party *party, struct ald_signal *signal)
{
    signal->party = party->number;
    if (party->session != NULL) {
        signal->serial = ++party->session->serial_out;
    }
}

void ald_party_tell(struct ald_hub *hub, struct ald_party *party, struct ald_kept *kept)
{
    struct ald_signal signal;

    if (party->session != NULL && !party->session->over) {
        ald_session_tell(hub, party, kept);
        return;
    }
    kept->ordinal = UINT64_MAX;
    if (party->conn != NULL) {
        signal = ald_kept_signal_of(hub, kept);
        ald_party_number(party, &signal);
        if (ald_hub_conn_say(hub, party->conn, &signal)) {
            kept->ordinal = party->conn->said;
        }
    }
}

void ald_party_untell(struct ald_hub *hub, struct ald_kept *kept)
{
    if (ald_node_linked(&kept->node)) {
        ald_session_untell(hub, kept);
    }
}

/* An event waits where there is a session (link 4.10: "events to a dropped-but-alive session are buffered"); a status is out of
 * date by then. */
static bool party_takes(struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal)
{
    if (party->session == NULL || party->session->over || signal->kind != ALD_SIGNAL_EVENT) {
        return !ald_party_is_choked(party);
    }
    if (!ald_party_can_wait(party)) {
        ald_hub_count(hub, ALD_N_WINDOWS_FULL);
        return false;
    }
    return true;
}

bool ald_party_offer(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal)
{
    if (!party_takes(hub, party, signal)) {
        ald_signal_clear(signal);
        return false;
    }
    return ald_party_keep(hub, party, signal);
}

bool ald_party_keep(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal)
{
    struct ald_kept_signal *kept;

    if (party->session == NULL || party->session->over) {
        ald_party_number(party, signal);
        ald_party_say(hub, party, signal);
        return party->conn != NULL && ald_hub_conn_hears(party->conn);
    }
    kept = ald_pool_get(&hub->kept);
    if (kept == NULL) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_signal_clear(signal);
        return false;
    }
    ald_kept_init(&kept->kept, ALD_KEPT_SIGNAL);
    kept->signal = *signal;
    kept->transit = NULL;
    if (ald_kept_own(kept) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_pool_put(&hub->kept, kept);
        ald_signal_clear(signal);
        return false;
    }
    ald_party_tell(hub, party, &kept->kept);
    return true;
}

void ald_party_part(struct ald_hub *hub, struct ald_party *party, uint8_t lost_cause)
{
    party_set_state(hub, party, ALD_PARTY_GONE);
    party->lost_cause = lost_cause;
    ald_world_part(hub, party);
    ald_kind_part(hub, party);
    if (party->channel != NULL) {
        ald_channel_part(hub, party->channel);
    }
}

bool ald_party_work_gone(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_node *channel = ald_list_pop_front(&party->finishing);
    struct ald_node *node = ald_list_first(&party->submitted);

    if (channel != NULL) {
        ald_work_add(hub, &hub->work.gone, &ald_list_entry(channel, struct ald_channel, party_node)->work);
        return true;
    }
    if (node != NULL) {
        ald_command_orphan(hub, ald_list_entry(node, struct ald_command, caller_node));
        return true;
    }
    return ald_subscribe_part(hub, party) || ald_capable_part(hub, party);
}

/* It had its time, and whoever was there was told that the hub stops. */
static bool conn_was_stopped(const struct ald_hub_conn *conn)
{
    return conn->was_closed && conn->close_cause == ALD_CLOSE_STOPPING;
}

static bool party_may_resume(const struct ald_hub *hub, const struct ald_party *party)
{
    const struct ald_session *session = party->session;

    if (session == NULL || session->over) {
        return false;
    }
    return !hub->draining || (session->resumes_late && !hub->cutting && !conn_was_stopped(party->conn));
}

void ald_party_end(struct ald_hub *hub, struct ald_party *party, uint8_t lost_cause)
{
    struct ald_hub_conn *conn = party->conn;

    if (conn != NULL) {
        party_detach(hub, party);
        ald_hub_conn_settle(hub, conn);
    }
    ald_session_leave(hub, party);
    ald_party_part(hub, party, lost_cause);
    party->is_parting = true;
    ald_work_add(hub, &hub->work.parting, &party->work);
}

bool ald_party_work_parting(struct ald_hub *hub, struct ald_party *party)
{
    if (ald_party_work_gone(hub, party)) {
        return true;
    }
    party->is_parting = false;
    ald_party_settle(hub, party);
    return false;
}

/* All of a session are away when the last one is. */
static void party_work_away(struct ald_hub *hub, struct ald_party *party)
{
    if (ald_session_rewind(hub, party->session, party->conn->begun)) {
        return;
    }
    party_detach(hub, party);
    party_set_state(hub, party, ALD_PARTY_AWAY);
    if (party->channel != NULL && party->channel->state == ALD_CHANNEL_LIVE) {
        ald_channel_away(hub, party->channel);
    }
    if (party->session->n_here == 0) {
        ald_session_away(hub, party->session);
    }
}

void ald_party_work_ended(struct ald_hub *hub, struct ald_party *party)
{
    if (party->state == ALD_PARTY_LIVE && party_may_resume(hub, party)) {
        party_work_away(hub, party);
        return;
    }
    if (party->state == ALD_PARTY_LIVE) {
        ald_party_part(hub, party, party->peering != ALD_PEERING_NONE ? ALD_CAUSE_HUB_LOST : ALD_CAUSE_LINK_ENDED);
        return;
    }
    if (ald_party_work_gone(hub, party)) {
        return;
    }
    party_detach(hub, party);
    if (party->session != NULL) {
        ald_session_over(hub, party->session);
        ald_session_leave(hub, party);
    }
    ald_party_settle(hub, party);
}

void ald_party_settle(struct ald_hub *hub, struct ald_party *party)
{
    if (party->state == ALD_PARTY_GONE && party->conn == NULL && party->n_channels == 0 && party->n_submitted == 0 &&
        party->session == NULL && party->n_kept == 0 && !party->is_parting) {
        ald_party_free(hub, party);
    }
}

void ald_party_free(struct ald_hub *hub, struct ald_party *party)
{
    ald_assert(party->n_channels == 0);
    ald_assert(party->n_submitted == 0);

    ald_world_part(hub, party);
    ald_kind_part(hub, party);
    while (ald_subscribe_part(hub, party) || ald_capable_part(hub, party)) {
    }
    if (party->session != NULL) {
        ald_session_undo(hub, party);
    }
    if (party->conn != NULL) {
        party_detach(hub, party);
    }
    ald_node_remove(&party->node);
    ald_node_remove(&party->work);
    ald_table_fini(&party->wire_ids);
    ald_who_unref(party->who);
    free(party);
}

void ald_party_check(const struct ald_hub *hub, const struct ald_party *party)
{
    uint32_t n = 0;

    ald_list_each (it, &party->submitted) {
        const struct ald_command *command = ald_list_entry(it, const struct ald_command, caller_node);

        ald_assert(command->caller == party);
        ald_assert(command->outcome == ALD_OUTCOME_NONE || command->roster != NULL);
        n++;
    }
    ald_assert(n == party->n_submitted);
    ald_assert(party->wire_ids.n_entries <= n);
    ald_assert((party->state == ALD_PARTY_LIVE) ? party->conn != NULL : true);
    ald_capable_check(hub, party);
}
