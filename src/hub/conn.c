#include "hub/conn.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/drain.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/transit.h"

const struct ald_state ald_conn_states[] = {
    [ALD_CONN_OPEN] = {"open", ALD_STATE_INITIAL,
                       ALD_TO(ALD_CONN_LEAVING) | ALD_TO(ALD_CONN_CLOSING) | ALD_TO(ALD_CONN_ENDED)},
    [ALD_CONN_LEAVING] = {"leaving", 0, ALD_TO(ALD_CONN_CLOSING) | ALD_TO(ALD_CONN_ENDED)},
    [ALD_CONN_CLOSING] = {"closing", 0, ALD_TO(ALD_CONN_ENDED)},
    [ALD_CONN_ENDED] = {"ended", ALD_STATE_FINAL, 0},
};

/* What is shown of a peer to people; an edge that says more says it in vain. */
enum { CONN_TEXT_MAX = 255 };

static const char *const close_texts[] = {
    [ALD_CLOSE_LEFT] = "goodbye",
    [ALD_CLOSE_UNHEALTHY] = "health checks failed",
    [ALD_CLOSE_MUTE] = "it did not say that it heard whether it is primary",
    [ALD_CLOSE_SLOW] = "the peer does not read what it is sent",
    [ALD_CLOSE_REPLACED] = "another connection took the name",
    [ALD_CLOSE_DENIED] = "the registration was denied",
    [ALD_CLOSE_TAKEN] = "its session goes on on another connection",
    [ALD_CLOSE_FULL] = "too many connections",
    [ALD_CLOSE_STOPPING] = "the hub is stopping",
};

static void conn_set_state(struct ald_hub *hub, struct ald_hub_conn *conn, enum ald_conn_state state)
{
    ald_sm_move(&hub->machines[ALD_MACHINE_CONN], &conn->state, (uint8_t)state);
}

static struct ald_str conn_copy(char *place, struct ald_str text)
{
    struct ald_str copy = ald_str_of(place, ALD_MIN(text.size, (size_t)CONN_TEXT_MAX));

    if (copy.size > 0) {
        memcpy(place, text.data, copy.size);
    }
    return copy;
}

static void conn_init(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_event *event)
{
    const uint64_t seed[2] = {ald_rng_next(&hub->rng), ald_rng_next(&hub->rng)};

    *conn = (struct ald_hub_conn){.number = event->conn, .edge = event->edge, .moved = hub->now};
    conn->message_max = event->message_max;
    conn->resumes_late = event->resumes_late;
    conn->peer = conn_copy(conn->text, event->peer);
    conn->dialect = conn_copy(conn->text + conn->peer.size, event->dialect);
    ald_node_init(&conn->node);
    ald_node_init(&conn->work_begun);
    ald_node_init(&conn->work_bench);
    ald_node_init(&conn->work_leave);
    ald_node_init(&conn->handed);
    ald_node_init(&conn->transits);
    ald_node_init(&conn->untaken);
    ald_node_init(&conn->benched);
    ald_node_init(&conn->resaying);
    ald_node_init(&conn->unheard);
    ald_node_init(&conn->parties);
    ald_table_init(&conn->by_number, seed);
    ald_hub_alarm_init(&conn->stall, ALD_ALARM_STALL);
    ald_hub_alarm_init(&conn->leave, ALD_ALARM_LEAVE);
}

static int conn_new(struct ald_hub *hub, const struct ald_event *event)
{
    size_t texts =
        ALD_MIN(event->peer.size, (size_t)CONN_TEXT_MAX) + ALD_MIN(event->dialect.size, (size_t)CONN_TEXT_MAX);
    struct ald_hub_conn *conn = malloc(sizeof(*conn) + texts + 1);
    int r;

    if (conn == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    conn_init(hub, conn, event);
    r = ald_table_add_number(&hub->conns_by_number, conn->number, conn);
    if (r < 0) {
        free(conn);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_list_push_back(&hub->conns, &conn->node);
    hub->n_conns++;
    return 0;
}

static void conn_refuse(struct ald_hub *hub, const struct ald_event *event, enum ald_close_cause cause)
{
    struct ald_effect *effect = ald_hub_effect(hub, event->conn, event->edge, ALD_EFFECT_CLOSE);

    effect->cause = (uint8_t)cause;
    effect->text = close_texts[cause];
    ald_hub_count(hub, ALD_N_CONNECTIONS_REFUSED);
}

void ald_hub_conn_open(struct ald_hub *hub, const struct ald_event *event)
{
    if (ald_hub_conn_find(hub, event->conn) != NULL) {
        ald_hub_count(hub, ALD_N_EVENTS_STALE);
        return;
    }
    ald_hub_count(hub, ALD_N_CONNECTIONS_OPENED);
    if (hub->draining && (!event->resumes_late || hub->cutting || ald_hub_drained(hub))) {
        conn_refuse(hub, event, ALD_CLOSE_STOPPING);
        return;
    }
    if (hub->n_conns >= hub->config.connections_max) {
        conn_refuse(hub, event, ALD_CLOSE_FULL);
        return;
    }
    if (conn_new(hub, event) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        conn_refuse(hub, event, ALD_CLOSE_FULL);
    }
}

struct ald_hub_conn *ald_hub_conn_find(const struct ald_hub *hub, uint64_t number)
{
    struct ald_hub_conn *conn = hub->conns_recent[number % ALD_HUB_CONNS_RECENT];

    return conn != NULL && conn->number == number ? conn : ald_table_find_number(&hub->conns_by_number, number);
}

static void conn_forget(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_hub_conn **recent = &hub->conns_recent[conn->number % ALD_HUB_CONNS_RECENT];

    ald_table_remove_number(&hub->conns_by_number, conn->number);
    if (*recent == conn) {
        *recent = NULL;
    }
}

void ald_hub_conn_free(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    ald_assert(ald_list_empty(&conn->parties));
    ald_assert(ald_list_empty(&conn->handed));
    ald_assert(ald_list_empty(&conn->unheard));

    while (!ald_list_empty(&conn->transits)) {
        ald_transit_free(hub, ald_list_entry(conn->transits.next, struct ald_transit, node));
    }
    while (!ald_list_empty(&conn->untaken)) {
        ald_transit_free(hub, ald_list_entry(conn->untaken.next, struct ald_transit, node));
    }
    while (!ald_list_empty(&conn->benched)) {
        ald_node_remove(conn->benched.next);
    }
    while (!ald_list_empty(&conn->resaying)) {
        ald_node_remove(conn->resaying.next);
    }
    if (conn->state != ALD_CONN_ENDED) {
        conn_forget(hub, conn);
    }
    ald_hub_alarm_stop(hub, &conn->stall);
    ald_hub_alarm_stop(hub, &conn->leave);
    ald_node_remove(&conn->node);
    ald_node_remove(&conn->work_begun);
    ald_node_remove(&conn->work_bench);
    ald_node_remove(&conn->work_leave);
    ald_table_fini(&conn->by_number);
    hub->n_conns--;
    free(conn);
}

static struct ald_conn_lump *conn_lump(struct ald_hub_conn *conn, uint8_t i)
{
    return &conn->lumps[(conn->first_lump + i) % ALD_CONN_LUMPS];
}

/* A lump is closed when it holds its share of the high mark; the last one takes whatever comes. */
static void conn_charge(const struct ald_hub *hub, struct ald_hub_conn *conn, size_t cost)
{
    struct ald_conn_lump *lump = conn->n_lumps > 0 ? conn_lump(conn, conn->n_lumps - 1) : NULL;

    if (lump == NULL ||
        (conn->n_lumps < ALD_CONN_LUMPS && lump->bytes >= hub->config.out_bytes_high / ALD_CONN_LUMPS)) {
        lump = conn_lump(conn, conn->n_lumps);
        lump->bytes = 0;
        conn->n_lumps++;
    }
    lump->last = conn->said;
    lump->bytes += cost;
    conn->out_bytes += cost;
}

static void conn_credit(struct ald_hub_conn *conn)
{
    while (conn->n_lumps > 0 && conn_lump(conn, 0)->last <= conn->done) {
        conn->out_bytes -= conn_lump(conn, 0)->bytes;
        conn->first_lump = (uint8_t)((conn->first_lump + 1) % ALD_CONN_LUMPS);
        conn->n_lumps--;
    }
}

static void conn_choke(const struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (!conn->choked && conn->out_bytes > hub->config.out_bytes_high) {
        conn->choked = true;
        ald_node_remove(&conn->work_bench);
    }
}

/* As in the window of a session (session.c): the largest messages leave room for others. */
enum { CONN_SHARE = 2 };

static size_t conn_share(const struct ald_hub *hub, size_t cost)
{
    return ALD_MIN(cost, ALD_MAX(hub->config.out_bytes_max / CONN_SHARE, (size_t)1));
}

bool ald_hub_conn_has_room(const struct ald_hub *hub, const struct ald_hub_conn *conn, size_t cost)
{
    /* A single message may be larger than the whole account, if it comes first. */
    return conn->out_bytes == 0 || conn->out_bytes + conn_share(hub, cost) <= hub->config.out_bytes_max;
}

void ald_hub_conn_wait(struct ald_hub_conn *conn)
{
    ald_assert(conn->out_bytes > 0);
    conn->choked = true;
    ald_node_remove(&conn->work_bench);
}

void ald_hub_conn_charge(struct ald_hub *hub, struct ald_hub_conn *conn, size_t cost)
{
    conn_charge(hub, conn, cost);
    conn_choke(hub, conn);
}

/* Somebody asked for it, rather than that others had something to say. */
static bool said_for_the_asking(const struct ald_signal *said)
{
    switch ((enum ald_signal_kind)said->kind) {
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_STATUS:
    case ALD_SIGNAL_REPORT:
        return true;
    case ALD_SIGNAL_NEWS:
        return said->ok;
    default:
        return false;
    }
}

/*
 * "A party over its account is not read until it drains" (DESIGN section 2): who fills it with answers to its own commands
 * may not ask for more. What others send it is no reason to stop hearing it. An agent that does one thing after the other
 * cannot read while its replies cannot be written, so were they not read here, neither side would ever move again.
 */
static void conn_pause(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *said)
{
    if (!conn->choked || conn->paused || conn->n_in_flight > 0 || !said_for_the_asking(said)) {
        return;
    }
    conn->paused = true;
    ald_hub_effect(hub, conn->number, conn->edge, ALD_EFFECT_PAUSE);
    ald_hub_count(hub, ALD_N_PAUSED);
}

/* Somebody goes on when it is choked no more. */
static bool conn_has_waiting(const struct ald_hub_conn *conn)
{
    return !ald_list_empty(&conn->benched) || !ald_list_empty(&conn->resaying) || !ald_list_empty(&conn->unheard);
}

static void conn_unchoke(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (!conn->choked || conn->out_bytes > hub->config.out_bytes_high / 2 || !ald_hub_conn_hears(conn)) {
        return;
    }
    conn->choked = false;
    if (conn->paused) {
        conn->paused = false;
        ald_hub_effect(hub, conn->number, conn->edge, ALD_EFFECT_RESUME);
    }
    if (conn->link != NULL) {
        ald_peer_wake(hub, conn->link);
    }
    if (conn_has_waiting(conn)) {
        ald_work_add(hub, &hub->work.bench, &conn->work_bench);
    }
}

static size_t signal_cost(const struct ald_signal *signal)
{
    size_t cost = ALD_CONN_SIGNAL_COST + (signal->msg != NULL ? ald_msg_cost(signal->msg) : 0);

    if (signal->kind == ALD_SIGNAL_NEWS) {
        cost += signal->news->name.size + signal->news->hub.size + signal->news->detail.size;
    }
    return cost;
}

/* The watch over moving output is set once and looks again when it goes off, so that writing costs nothing. */
static void conn_watch(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (!ald_timer_running(&conn->stall.timer)) {
        ald_hub_alarm_set(hub, &conn->stall, conn->moved + hub->config.stall_timeout);
    }
}

bool ald_hub_conn_say(struct ald_hub *hub, struct ald_hub_conn *conn, struct ald_signal *signal)
{
    size_t cost = conn_share(hub, signal_cost(signal));

    if (!ald_hub_conn_hears(conn)) {
        ald_signal_clear(signal);
        return false;
    }
    if (!ald_hub_conn_has_room(hub, conn, cost)) {
        ald_signal_clear(signal);
        ald_hub_conn_close(hub, conn, ALD_CLOSE_SLOW);
        return false;
    }
    if (conn->done == conn->said) {
        conn->moved = hub->now;
    }
    signal->ordinal = ++conn->said;
    ald_hub_effect(hub, conn->number, conn->edge, ALD_EFFECT_SIGNAL)->signal = *signal;
    conn_charge(hub, conn, cost);
    conn_watch(hub, conn);
    conn_choke(hub, conn);
    conn_pause(hub, conn, signal);
    return true;
}

static struct ald_command *conn_first_handed(const struct ald_hub_conn *conn)
{
    struct ald_node *node = ald_list_first(&conn->handed);

    return node != NULL ? ald_list_entry(node, struct ald_command, place_node) : NULL;
}

/* The oldest command said and not taken for sent, when its first byte is written. */
static struct ald_command *conn_first_begun(const struct ald_hub_conn *conn)
{
    struct ald_command *command = conn_first_handed(conn);

    return command != NULL && command->kept_command.ordinal <= conn->begun ? command : NULL;
}

void ald_hub_conn_written(struct ald_hub *hub, struct ald_hub_conn *conn, uint64_t begun, uint64_t done)
{
    hub->conns_recent[conn->number % ALD_HUB_CONNS_RECENT] = conn;
    conn->begun = ALD_MAX(conn->begun, ALD_MIN(ALD_MAX(begun, done), conn->said));
    conn->done = ALD_MAX(conn->done, ALD_MIN(done, conn->said));
    conn->moved = hub->now;
    conn_credit(conn);
    conn_unchoke(hub, conn);
    if (ald_transit_written(hub, conn) || conn_first_begun(conn) != NULL) {
        ald_work_add(hub, &hub->work.begun, &conn->work_begun);
    }
}

bool ald_hub_conn_work_begun(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_command *command = conn_first_begun(conn);

    if (command != NULL) {
        ald_delivery_begun(hub, command);
    }
    return ald_transit_written(hub, conn) || conn_first_begun(conn) != NULL;
}

bool ald_hub_conn_work_bench(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_node *session = ald_list_pop_front(&conn->resaying);
    struct ald_node *channel = ald_list_pop_front(&conn->benched);
    struct ald_node *hearer = ald_list_first(&conn->unheard);

    if (session != NULL) {
        ald_session_wake(hub, ald_list_entry(session, struct ald_session, wait));
    }
    if (channel != NULL) {
        ald_channel_ready(hub, ald_list_entry(channel, struct ald_channel, bench));
    }
    if (hearer != NULL) {
        ald_bulletin_wake(hub, ald_list_entry(hearer, struct ald_party, hearing));
    }
    return !conn->choked && conn_has_waiting(conn);
}

/* Output waits: has a byte of it moved for so long? */
void ald_hub_conn_stalled(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (conn->done == conn->said || !ald_hub_conn_hears(conn)) {
        return;
    }
    if (hub->now - conn->moved >= hub->config.stall_timeout) {
        ald_hub_conn_close(hub, conn, ALD_CLOSE_SLOW);
    } else {
        conn_watch(hub, conn);
    }
}

void ald_hub_conn_close(struct ald_hub *hub, struct ald_hub_conn *conn, enum ald_close_cause cause)
{
    struct ald_effect *effect;

    if (!ald_hub_conn_hears(conn)) {
        return;
    }
    conn_set_state(hub, conn, ALD_CONN_CLOSING);
    conn->close_cause = (uint8_t)cause;
    ald_hub_alarm_stop(hub, &conn->stall);
    ald_hub_alarm_stop(hub, &conn->leave);
    ald_node_remove(&conn->work_leave);

    effect = ald_hub_effect(hub, conn->number, conn->edge, ALD_EFFECT_CLOSE);
    effect->cause = (uint8_t)cause;
    effect->text = close_texts[cause];
    if (cause == ALD_CLOSE_SLOW) {
        ald_hub_count(hub, ALD_N_SLOW_CUT);
    }
}

static bool conn_is_idle(const struct ald_hub_conn *conn)
{
    return conn->n_in_flight == 0 && conn->n_submitted == 0;
}

void ald_hub_conn_leave(struct ald_hub *hub, struct ald_hub_conn *conn, enum ald_close_cause cause)
{
    ald_usec due = hub->now + hub->config.leave_timeout;

    if (conn->state != ALD_CONN_OPEN) {
        return;
    }
    conn_set_state(hub, conn, ALD_CONN_LEAVING);
    conn->close_cause = (uint8_t)cause;
    conn->n_to_leave = conn->n_parties;
    if (conn->n_to_leave == 0) {
        ald_hub_conn_close(hub, conn, cause);
        return;
    }
    ald_hub_alarm_set(hub, &conn->leave, hub->draining ? ALD_MIN(due, hub->leave_until) : due);
    ald_work_add(hub, &hub->work.leaving, &conn->work_leave);
}

void ald_hub_conn_send_away(struct ald_hub *hub, struct ald_hub_conn *conn, bool reconnect)
{
    conn->for_good = !reconnect;
    ald_hub_conn_leave(hub, conn, ALD_CLOSE_LEFT);
}

static void conn_leave_one(struct ald_hub *hub, struct ald_hub_conn *conn, struct ald_party *party)
{
    if (!conn->left) {
        if ((party->traits & ALD_CAN_LEAVE) != 0) {
            conn->told_leave = true;
            conn->awaits_ready = conn->awaits_ready || (party->traits & ALD_CAN_READY) != 0;
        }
        ald_party_say_goodbye(hub, party, !conn->for_good);
    } else if (party->channel != NULL) {
        ald_channel_set_leaving(hub, party->channel);
    }
}

/* Tell one party; after the last one, a connection where nobody knows what a goodbye is ends at once. */
bool ald_hub_conn_work_leave(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_node *node = conn->n_to_leave > 0 ? ald_list_pop_front(&conn->parties) : NULL;
    struct ald_party *party;

    if (node != NULL) {
        party = ald_list_entry(node, struct ald_party, node);
        ald_list_push_back(&conn->parties, node);
        conn->n_to_leave--;
        conn_leave_one(hub, conn, party);
    }
    if (conn->n_to_leave == 0 && conn->left) {
        ald_hub_conn_settle(hub, conn);
    } else if (conn->n_to_leave == 0 && !conn->told_leave) {
        ald_hub_conn_close(hub, conn, (enum ald_close_cause)conn->close_cause);
    }
    return conn->n_to_leave > 0 && ald_hub_conn_hears(conn);
}

void ald_hub_conn_left(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (conn->state == ALD_CONN_OPEN) {
        conn_set_state(hub, conn, ALD_CONN_LEAVING);
        conn->close_cause = ALD_CLOSE_LEFT;
        ald_hub_alarm_set(hub, &conn->leave, hub->now + hub->config.leave_timeout);
        conn->left = true;
        if (conn->n_parties > 1) {
            conn->n_to_leave = conn->n_parties;
            ald_work_add(hub, &hub->work.leaving, &conn->work_leave);
        }
        ald_hub_conn_settle(hub, conn);
    } else if (conn->state == ALD_CONN_LEAVING && conn->awaits_ready) {
        conn->awaits_ready = false; /* both said it at once: it has nothing more to say either */
        ald_hub_conn_settle(hub, conn);
    }
}

void ald_hub_conn_dismiss(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (conn->state != ALD_CONN_LEAVING || conn->left) {
        return;
    }
    conn->awaits_ready = false;
    if (conn->n_in_flight == 0 || conn->close_cause != ALD_CLOSE_LEFT) {
        ald_hub_conn_close(hub, conn, (enum ald_close_cause)conn->close_cause);
    } /* else it answers yet what it was sent: its `ready` speaks of what it asked itself (link.md 3.5) */
}

/*
 * It leaves, and nothing but its work kept it. Who was told goodbye and answers that has more to say than its answers: what comes
 * first of its `ready`, its end and the time that it has ends it (link.md 3.5).
 */
static bool conn_is_done(const struct ald_hub *hub, const struct ald_hub_conn *conn)
{
    return conn->state == ALD_CONN_LEAVING &&
           (hub->cutting || (conn->close_cause == ALD_CLOSE_LEFT && !conn->awaits_ready));
}

void ald_hub_conn_settle(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (!conn_is_idle(conn) || conn->n_to_leave > 0) {
        return;
    }
    if (conn_is_done(hub, conn)) {
        ald_hub_conn_close(hub, conn, (enum ald_close_cause)conn->close_cause);
    } else if (conn->state == ALD_CONN_OPEN && hub->draining) {
        ald_hub_conn_leave(hub, conn, ALD_CLOSE_STOPPING);
    }
}

void ald_hub_conn_ended(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    conn->was_closed = conn->state == ALD_CONN_CLOSING;
    conn_set_state(hub, conn, ALD_CONN_ENDED);
    ald_hub_count(hub, ALD_N_CONNECTIONS_CLOSED);
    conn_forget(hub, conn);
    ald_hub_alarm_stop(hub, &conn->stall);
    ald_hub_alarm_stop(hub, &conn->leave);
    ald_drain_pass(hub, &conn->node);
    ald_node_remove(&conn->node);
    ald_node_remove(&conn->work_begun);
    ald_node_remove(&conn->work_bench);
    ald_node_remove(&conn->work_leave);
    ald_work_add(hub, &hub->work.ended, &conn->node);
}

/* What was begun is sent; the rest goes back, the last one first, so that in the end the first stands in front again. */
static void conn_return(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_command *begun = conn_first_begun(conn);

    if (begun != NULL) {
        ald_delivery_begun(hub, begun);
    } else {
        ald_delivery_return(hub, ald_list_entry(conn->handed.prev, struct ald_command, place_node));
    }
}

bool ald_hub_conn_work_ended(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_node *node;

    if (!ald_list_empty(&conn->handed)) {
        conn_return(hub, conn);
        return true;
    }
    if (ald_transit_work_hold(hub, conn)) {
        return true;
    }
    node = ald_list_first(&conn->parties);
    if (node != NULL) {
        ald_party_work_ended(hub, ald_list_entry(node, struct ald_party, node));
        return true;
    }
    if (ald_transit_work_fate(hub, conn)) {
        return true;
    }
    ald_hub_conn_free(hub, conn);
    return false;
}

void ald_hub_conn_check(const struct ald_hub *hub, const struct ald_hub_conn *conn)
{
    size_t bytes = 0;
    uint32_t n_parties = 0;
    uint64_t ordinal = 0;

    ald_assert(conn->done <= conn->begun);
    ald_assert(conn->begun <= conn->said);
    for (uint8_t i = 0; i < conn->n_lumps; i++) {
        bytes += conn->lumps[(conn->first_lump + i) % ALD_CONN_LUMPS].bytes;
    }
    ald_assert(bytes == conn->out_bytes);
    ald_assert(conn->choked || conn->out_bytes <= hub->config.out_bytes_high || !ald_hub_conn_hears(conn));
    ald_assert(conn->choked || !conn->paused);
    ald_list_each (it, &conn->handed) {
        const struct ald_command *command = ald_list_entry(it, const struct ald_command, place_node);

        ald_assert(command->place == ALD_PLACE_HANDED);
        ald_assert(command->kept_command.ordinal > ordinal || command->kept_command.ordinal == UINT64_MAX);
        ordinal = command->kept_command.ordinal;
    }
    ald_list_each (it, &conn->parties) {
        n_parties++;
    }
    ald_assert(n_parties == conn->n_parties);
    ald_transit_check(conn);
}
