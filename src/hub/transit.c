#include "hub/transit.h"

#include <stdlib.h>

#include "hub/conn.h"
#include "hub/hold.h"
#include "hub/party.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/submit.h"
#include "hub/who.h"

/* Forgotten in one unit: one costs a tenth of what other units do. */
enum { TRANSIT_UNIT = 16 };

static struct ald_transit *transit_of(struct ald_node *node)
{
    return node != NULL ? ald_list_entry(node, struct ald_transit, node) : NULL;
}

/* --- what is kept ----------------------------------------------------------------------------------------------- */

bool ald_transit_wants(const struct ald_hub *hub, const struct ald_parcel *parcel)
{
    const struct ald_msg *msg = parcel->msg;

    if ((msg->flags & (ALD_MSG_REPORT | ALD_MSG_TELL_AWAY)) != 0) {
        return true;
    }
    return (msg->flags & ALD_MSG_HOLD) != 0 && ald_hold_may(hub, msg);
}

/* The sender, as one of those says it who live as long as the record. */
static bool from_share(struct ald_parcel *parcel)
{
    const struct ald_str lasting[] = {parcel->who->target, parcel->msg->from.target};

    for (size_t i = 0; i < ALD_COUNT(lasting); i++) {
        if (ald_str_present(parcel->from) == ald_str_present(lasting[i]) && ald_str_equal(parcel->from, lasting[i])) {
            parcel->from = lasting[i];
            return true;
        }
    }
    return false;
}

/* Let its views be its own. Errors: ALDIS_E_NOMEM. */
static int transit_own(struct ald_transit *transit)
{
    struct ald_travel *travel = &transit->travel;
    bool shares_from = from_share(&transit->parcel);
    size_t size = (shares_from ? 0 : transit->parcel.from.size) + ald_travel_size(travel);
    char *room;

    if (size > 0) {
        transit->texts = malloc(size);
        if (transit->texts == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    room = transit->texts;
    if (!shares_from) {
        transit->parcel.from = ald_str_keep(transit->parcel.from, &room);
    }
    ald_travel_keep(travel, &room);
    return 0;
}

/* Keep `parcel` (shares). Errors: ALDIS_E_NOMEM. */
static int transit_keep(struct ald_transit *transit, const struct ald_parcel *parcel)
{
    int r;

    transit->parcel = *parcel;
    transit->texts = NULL;
    transit->travel = parcel->travel != NULL ? *parcel->travel : (struct ald_travel){.hops = 0};
    if (parcel->travel != NULL) {
        transit->parcel.travel = &transit->travel;
    }
    transit->parcel.onward = &transit->travel; /* its way is needed no more when it is put there */
    r = transit_own(transit);
    if (r < 0) {
        transit->parcel.msg = NULL;
        return ald_trace(r);
    }
    transit->parcel.msg = ald_msg_ref(parcel->msg);
    transit->parcel.who = ald_who_ref(parcel->who);
    return 0;
}

/* Gives a record; `parcel` may be NULL. Errors: ALDIS_E_NOMEM. */
static int transit_new(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_transit **ret_transit)
{
    struct ald_transit *transit = ald_pool_get(&hub->transits);
    int r;

    if (transit == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_node_init(&transit->node);
    transit->first = transit->last = 0;
    transit->parcel.msg = NULL;
    r = parcel != NULL ? transit_keep(transit, parcel) : 0;
    if (r < 0) {
        ald_pool_put(&hub->transits, transit);
        return ald_trace(r);
    }
    *ret_transit = transit;
    return 0;
}

struct ald_transit *ald_transit_free(struct ald_hub *hub, struct ald_transit *transit)
{
    if (transit == NULL) {
        return NULL;
    }
    ald_node_remove(&transit->node);
    if (transit->parcel.msg != NULL) {
        ald_msg_unref(transit->parcel.msg);
        ald_who_unref(transit->parcel.who);
        free(transit->texts);
    }
    ald_pool_put(&hub->transits, transit);
    return NULL;
}

/* --- saying ----------------------------------------------------------------------------------------------------- */

/* Events that are only counted make a run until something else is said between them; most connections have one at most. */
static void run_store(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_transit *transit = NULL;

    if (conn->run_last > conn->done && transit_new(hub, NULL, &transit) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* they will not even be counted */
    }
    if (transit != NULL) {
        transit->first = conn->run_first;
        transit->last = conn->run_last;
        ald_list_push_back(&conn->transits, &transit->node);
    }
    conn->run_first = conn->run_last = 0;
}

/* The latest thing said is one of them. */
static void run_add(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    if (conn->run_last == 0 || conn->run_last + 1 != conn->said) {
        run_store(hub, conn);
        conn->run_first = conn->said;
    }
    conn->run_last = conn->said;
}

/* It has been said as the latest thing. */
static void transit_depart(struct ald_hub *hub, struct ald_hub_conn *conn, struct ald_transit *transit)
{
    run_store(hub, conn);
    transit->first = transit->last = conn->said;
    ald_list_push_back(&conn->transits, &transit->node);
    ald_hub_conn_charge(hub, conn, sizeof(*transit) + transit->parcel.from.size + ald_travel_size(&transit->travel));
}

/* Into the window, from where it is taken when it could not be said. */
static bool transit_tell_session(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                                 struct ald_transit *transit)
{
    struct ald_kept *kept;

    if (!ald_party_offer(hub, party, signal)) {
        ald_transit_free(hub, transit);
        return false;
    }
    kept = ald_list_entry(party->session->window.prev, struct ald_kept, node);
    ald_assert(kept->kind == ALD_KEPT_SIGNAL);
    ald_container(kept, struct ald_kept_signal, kept)->transit = transit;
    return true;
}

static bool transit_say(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                        struct ald_transit *transit)
{
    struct ald_hub_conn *conn = party->conn;

    ald_party_number(party, signal);
    if (!ald_hub_conn_say(hub, conn, signal)) {
        ald_transit_free(hub, transit);
        return false;
    }
    if (transit != NULL) {
        transit_depart(hub, conn, transit);
    } else {
        run_add(hub, conn);
    }
    return true;
}

/* What it is told waits in the window of a session, also while it is away or choked, as long as that has room. */
static bool has_window(const struct ald_party *party)
{
    return party->session != NULL && !party->session->over;
}

/* When memory is short it goes all the same, and is only counted if it does not arrive. */
static bool transit_send(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                         const struct ald_parcel *parcel)
{
    struct ald_transit *transit = NULL;

    if (parcel != NULL && ald_transit_wants(hub, parcel) && transit_new(hub, parcel, &transit) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    return has_window(party) ? transit_tell_session(hub, party, signal, transit)
                             : transit_say(hub, party, signal, transit);
}

bool ald_transit_offer(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                       const struct ald_parcel *parcel)
{
    if (!has_window(party) && ald_party_is_choked(party)) {
        ald_signal_clear(signal);
        return false;
    }
    return transit_send(hub, party, signal, parcel);
}

bool ald_transit_press(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                       const struct ald_parcel *parcel)
{
    ald_assert(party->session == NULL);
    return transit_send(hub, party, signal, parcel);
}

/* --- taken, or not ---------------------------------------------------------------------------------------------- */

bool ald_transit_written(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_transit *transit = transit_of(ald_list_first(&conn->transits));

    for (int n = 0; transit != NULL && transit->last <= conn->done; n++) {
        if (n == TRANSIT_UNIT) {
            return true;
        }
        ald_transit_free(hub, transit);
        transit = transit_of(ald_list_first(&conn->transits));
    }
    return false;
}

/* Of the events with these ordinals the last ones are not written. */
static void count_untaken(struct ald_hub *hub, const struct ald_hub_conn *conn, uint64_t first, uint64_t last)
{
    hub->counters[ALD_N_EVENTS_UNTAKEN] += last - ALD_MAX(first - 1, conn->done);
}

bool ald_transit_work_hold(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_transit *transit = transit_of(ald_list_first(&conn->transits));

    if (conn->run_last > conn->done) {
        count_untaken(hub, conn, conn->run_first, conn->run_last);
    }
    conn->run_first = conn->run_last = 0;
    if (transit == NULL) {
        return false;
    }
    if (transit->last <= conn->done) {
        ald_transit_free(hub, transit);
        return true;
    }
    count_untaken(hub, conn, transit->first, transit->last);
    if (transit->parcel.msg == NULL || ald_submit_event_wait(hub, &transit->parcel)) {
        ald_transit_free(hub, transit);
    } else {
        ald_node_remove(&transit->node);
        ald_list_push_back(&conn->untaken, &transit->node);
    }
    return true;
}

/* Takes the record: what it shows may be in the effects of this step. */
static void transit_again(struct ald_hub *hub, struct ald_transit *transit)
{
    ald_node_remove(&transit->node);
    ald_submit_event_again(hub, &transit->parcel);
    ald_list_push_back(&hub->transits_spent, &transit->node);
}

void ald_transit_reap(struct ald_hub *hub)
{
    while (!ald_list_empty(&hub->transits_spent)) {
        ald_transit_free(hub, transit_of(hub->transits_spent.next));
    }
}

bool ald_transit_work_fate(struct ald_hub *hub, struct ald_hub_conn *conn)
{
    struct ald_transit *transit = transit_of(ald_list_first(&conn->untaken));

    if (transit == NULL) {
        return false;
    }
    transit_again(hub, transit);
    return true;
}

void ald_transit_unsaid(struct ald_hub *hub, struct ald_kept_signal *kept)
{
    if (kept->signal.kind != ALD_SIGNAL_EVENT) {
        return;
    }
    ald_hub_count(hub, ALD_N_EVENTS_UNTAKEN);
    if (kept->transit != NULL && !ald_submit_event_wait(hub, &kept->transit->parcel)) {
        transit_again(hub, ald_steal(&kept->transit));
    }
}

void ald_transit_check(const struct ald_hub_conn *conn)
{
    uint64_t last = 0;

    ald_list_each (it, &conn->transits) {
        const struct ald_transit *transit = ald_list_entry(it, const struct ald_transit, node);

        ald_assert(transit->first > last);
        ald_assert(transit->last >= transit->first && transit->last <= conn->said);
        ald_assert(transit->parcel.msg == NULL || transit->last == transit->first);
        last = transit->last;
    }
    ald_assert(conn->run_last == 0 || (conn->run_first > last && conn->run_first <= conn->run_last));
    ald_assert(conn->run_last <= conn->said);
    ald_assert(ald_list_empty(&conn->untaken) || conn->state == ALD_CONN_ENDED);
}
