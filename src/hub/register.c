/*
 * A registration is judged first, then everything that it needs is made, then it takes effect, which cannot fail any more.
 */

#include "hub/register.h"

#include "hub/channel.h"
#include "hub/kind.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/target.h"
#include "hub/who.h"
#include "hub/world.h"

/* Why a registration cannot be; without a cause it can. */
struct denial {
    enum ald_cause cause;
    struct ald_str text;
};

static struct denial deny(enum ald_cause cause, struct ald_str text)
{
    return (struct denial){cause, text};
}

/* Whoever replaces means one predecessor of its own kind: a name that several share is not theirs to take, nor is one of somebody
 * who speaks something else. */
static struct denial register_judge_replaced(const struct ald_hub_conn *conn, const struct ald_party *party,
                                             const struct ald_target *target, uint32_t n)
{
    if (n > 1) {
        return deny(ALD_CAUSE_DUPLICATE, ALD_STR("the target is shared by several"));
    }
    ald_list_each (it, &target->channels) {
        const struct ald_channel *channel = ald_list_entry(it, const struct ald_channel, target_node);

        if (channel->party != party && !ald_str_equal(channel->who->dialect, conn->dialect)) {
            return deny(ALD_CAUSE_DUPLICATE, ALD_STR("the target is taken by a party of another protocol"));
        }
    }
    return deny(ALD_CAUSE_NONE, ALD_STR_NONE);
}

static struct denial register_judge_taken(const struct ald_hub *hub, const struct ald_hub_conn *conn,
                                          const struct ald_party *party, const struct ald_signal *signal)
{
    const struct ald_target *target = ald_target_find(hub, signal->target);
    uint32_t n = target != NULL ? target->n_channels : 0;

    if (n > 0 && party != NULL && party->channel != NULL && party->channel->target == target) {
        n--;
    }
    if (n == 0 || signal->taken == ALD_TAKEN_SHARE || target->peer != NULL) {
        return deny(ALD_CAUSE_NONE, ALD_STR_NONE);
    }
    if (signal->taken == ALD_TAKEN_REPLACE) {
        return register_judge_replaced(conn, party, target, n);
    }
    return deny(ALD_CAUSE_DUPLICATE, ALD_STR("the target is taken"));
}

static bool name_is_valid(struct ald_str name)
{
    return name.size > 0 && name.size <= ALD_NAME_MAX && ald_utf8_valid(name);
}

/* The session that a REGISTER joins: that of party 0 of the connection; NULL: none. */
static struct ald_session *register_shared(struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    const struct ald_party *first = ald_party_find(conn, 0);
    bool asks = signal->party != 0 && (signal->traits & ALD_CAN_RESUME) != 0 && signal->ttl == 0;

    return asks && first != NULL ? first->session : NULL;
}

static struct denial register_judge(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    const struct ald_party *party = ald_party_find(conn, signal->party);
    const struct ald_session *shared = register_shared(conn, signal);
    struct denial denial;
    const char *text = NULL;

    if (signal->denied) {
        return deny(ALD_CAUSE_NOT_ALLOWED, ald_party_denial(hub, signal));
    }
    if (hub->draining) {
        return deny(ALD_CAUSE_DRAINING, ALD_STR("the hub is stopping"));
    }
    if (conn->state != ALD_CONN_OPEN) {
        return deny(ALD_CAUSE_DRAINING, ALD_STR("the connection is leaving"));
    }
    if (signal->principal.size > ALD_NAME_MAX) {
        return deny(ALD_CAUSE_INVALID, ALD_STR("the principal's name is too long"));
    }
    if (party == NULL && conn->n_parties >= ALD_CONN_PARTIES_MAX) {
        return deny(ALD_CAUSE_BUSY, ALD_STR("too many parties on one connection"));
    }
    if (party == NULL && ald_session_returns_on(conn)) {
        return deny(ALD_CAUSE_INVALID, ALD_STR("the connection is taking up a session"));
    }
    if (shared != NULL && !ald_session_may_be_joined(shared)) {
        return deny(ALD_CAUSE_NO_CHANNEL, ALD_STR("the session is over, or not all of it is back"));
    }
    denial.cause = ald_peer_judge(hub, party, signal, &text);
    denial.text = ald_str(text);
    if (!ald_str_present(signal->target) || denial.cause != ALD_CAUSE_NONE) {
        return denial;
    }
    return name_is_valid(signal->target) ? register_judge_taken(hub, conn, party, signal)
                                         : deny(ALD_CAUSE_INVALID, ALD_STR("not a valid target name"));
}

/* What a registration needs, made before anything is changed. */
struct registration {
    struct ald_party *party;
    struct ald_who *who;
    struct ald_target *target;
    struct ald_channel *channel;
    struct ald_peer_link *link;
    bool is_new;
};

static bool signal_is_of_hub(const struct ald_signal *signal)
{
    return signal->greeting != NULL && signal->greeting->peering != ALD_PEERING_NONE;
}

static int registration_session(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal,
                                struct ald_party *party)
{
    struct ald_session *shared = register_shared(conn, signal);
    int r;

    if ((signal->traits & ALD_CAN_RESUME) == 0 || party->session != NULL || signal_is_of_hub(signal)) {
        return 0;
    }
    if (shared != NULL) {
        ald_session_join(shared, party);
        ald_hub_count(hub, ALD_N_SESSIONS_JOINED);
        return 0;
    }
    r = ald_session_new(hub, party, signal);
    return r < 0 ? ald_trace(r) : 0;
}

static int registration_make(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal,
                             struct registration *made)
{
    int r;

    r = ald_who_new(signal->target, signal->principal, conn->peer, conn->dialect, &made->who);
    if (r < 0) {
        return ald_trace(r);
    }
    if (made->party == NULL) {
        r = ald_party_new(hub, conn, signal->party, &made->party);
        if (r < 0) {
            return ald_trace(r);
        }
        made->is_new = true;
    }
    r = registration_session(hub, conn, signal, made->party);
    if (r < 0) {
        return ald_trace(r);
    }
    if (!ald_str_present(signal->target)) {
        return 0;
    }
    r = ald_target_get(hub, signal->target, &made->target);
    if (r < 0) {
        return ald_trace(r);
    }
    if (signal_is_of_hub(signal)) {
        r = ald_peer_link_new(hub, made->target, signal, &made->link);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    r = ald_channel_new(hub, made->party, made->target, &made->channel);
    return r < 0 ? ald_trace(r) : 0;
}

static void registration_undo(struct ald_hub *hub, struct registration *made)
{
    if (made->link != NULL) {
        ald_peer_link_discard(hub, made->link);
    }
    if (made->target != NULL) {
        ald_target_settle(hub, made->target);
    }
    if (made->is_new) {
        ald_party_free(hub, made->party);
    }
    ald_who_unref(made->who);
}

/* The channel that has the name goes, and with it the connection, if it is that one's only party, or all others of it share
 * its session. One that joined a session goes alone. */
static void registration_replace(struct ald_hub *hub, const struct registration *made)
{
    struct ald_node *node = ald_list_first(&made->target->channels);
    struct ald_party *party;

    if (node == NULL) {
        return;
    }
    party = ald_list_entry(node, struct ald_channel, target_node)->party;
    if (party == made->party) {
        return;
    }
    if (ald_party_is_joined(party)) {
        ald_party_say_goodbye(hub, party, false);
        ald_party_end(hub, party, ALD_CAUSE_SESSION_ENDED);
        return;
    }
    ald_channel_part(hub, party->channel);
    if (party->conn != NULL && ald_party_is_whole(party)) {
        ald_hub_conn_close(hub, party->conn, ALD_CLOSE_REPLACED);
    }
    if (party->session != NULL) {
        ald_session_over(hub, party->session);
    }
}

static void registration_commit(struct ald_hub *hub, const struct ald_signal *signal, struct registration *made)
{
    struct ald_party *party = made->party;

    if (party->channel != NULL) {
        ald_channel_part(hub, party->channel);
    }
    ald_who_unref(party->who);
    party->who = made->who;
    party->peering = signal_is_of_hub(signal) ? signal->greeting->peering : (uint8_t)ALD_PEERING_NONE;
    party->traits = ald_party_traits(party->peering, signal->traits);
    party->who->peering = party->peering;
    party->link = made->link;
    ald_world_hear(hub, party);
    ald_hub_count(hub, ALD_N_REGISTERED);
    if (made->channel == NULL) {
        ald_kind_join(hub, party, signal->party_kind);
        ald_party_say_registered(hub, party);
        return;
    }
    if (signal->taken == ALD_TAKEN_REPLACE && made->link == NULL) {
        registration_replace(hub, made);
    }
    made->channel->who = ald_who_ref(made->who);
    party->channel = made->channel;
    ald_kind_join(hub, party, signal->party_kind);
    ald_party_say_registered(hub, party);
    ald_channel_join(hub, made->channel);
}

void ald_register(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct denial denial = register_judge(hub, conn, signal);
    struct registration made = {.party = ald_party_find(conn, signal->party)};

    if (denial.cause == ALD_CAUSE_NONE && registration_make(hub, conn, signal, &made) < 0) {
        registration_undo(hub, &made);
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        denial = deny(ALD_CAUSE_BUSY, ALD_STR("memory is short"));
    }
    if (denial.cause != ALD_CAUSE_NONE && register_shared(conn, signal) != NULL) {
        /* Somebody that a host speaks for is not worth the host. */
        ald_party_refuse(hub, conn, signal->party, denial.cause, denial.text);
        return;
    }
    if (denial.cause != ALD_CAUSE_NONE) {
        ald_party_deny(hub, conn, signal->party, denial.cause, denial.text);
        return;
    }
    registration_commit(hub, signal, &made);
}
