/* What became of everything. The hub is asked about itself here and nowhere else. */

#include <stdio.h>

#include "cuts/inside.h"
#include "cuts/world.h"
#include "hub/view.h"
#include "transport/net.h"
#include "wire/link/link.h"

static bool has_heard(const struct cuts_item *item)
{
    for (size_t i = 0; i < CUTS_CLIENTS; i++) {
        if (item->n_heard[i] > 0) {
            return true;
        }
    }
    return false;
}

/* Where little is taken at once there may be no room for it; and what somebody says that he has heard, and has not, he never
 * answers, and others wait behind that. */
static bool may_fail(const struct cuts_world *world, const struct cuts_item *item)
{
    return world->small &&
           (item->told == CUTS_TOLD_REFUSED || (item->told == CUTS_TOLD_EXPIRED && world->n_excused > 0));
}

static void request_account(struct cuts_world *world, uint32_t number)
{
    const struct cuts_item *item = &world->items[number];
    bool is_done = item->told == CUTS_TOLD_DONE || item->told == CUTS_TOLD_FAILED;

    if (item->n_told == 0) {
        if (!item->orphaned) {
            cuts_complain(world, "a request has no outcome", number);
        }
        return;
    }
    if (item->kind == CUTS_PING) {
        if (item->told != CUTS_TOLD_DONE) {
            cuts_complain(world, "the hub does not answer", number);
        }
        return;
    }
    if (is_done && (!has_heard(item) || (item->told == CUTS_TOLD_FAILED) != (number % 7 == 3))) {
        cuts_complain(world, "its outcome is not what happened", number);
    }
    if (item->told == CUTS_TOLD_REFUSED && has_heard(item)) {
        cuts_complain(world, "it is refused, and was heard", number);
    }
    if (item->told == CUTS_TOLD_EXPIRED && item->lost_at != 0 && item->lost_at < item->said_at + CUTS_DEADLINE) {
        cuts_complain(world, "it was heard, its session is gone, and nobody says so", number);
    }
    if (!is_done && item->must != 0 && !may_fail(world, item)) {
        cuts_complain(world, "a request did not succeed", number);
    }
}

static void event_account(struct cuts_world *world, uint32_t number)
{
    const struct cuts_item *item = &world->items[number];

    for (size_t i = 0; i < CUTS_CLIENTS; i++) {
        if ((item->must & 1U << i) != 0 && item->n_heard[i] == 0 && !world->small) {
            cuts_complain(world, "an event is lost", number);
        }
    }
    if (item->dropped && item->must != 0 && item->kind == CUTS_EVENT && (!world->small || has_heard(item))) {
        cuts_complain(world, "an event is dropped", number);
    }
    if (world->small && item->kind == CUTS_EVENT && item->dst.type != CUTS_HUB && item->must != 0 && !item->dropped &&
        !has_heard(item)) {
        cuts_complain(world, "an event is lost, and was not dropped", number);
    }
}

static uint64_t counted(const struct cuts_world *world, size_t counter)
{
    return ald_edge_dialect_counters(world->edge, ald_edge_dialect_index(&ald_link))[counter];
}

/* Of a wire that was cut nobody knows what it brought, so some of these are bounds. */
static void counters_account(struct cuts_world *world)
{
    static const int never[] = {ALD_LINK_N_BAD_HANDSHAKE,    ALD_LINK_N_BAD_SOURCE,   ALD_LINK_N_DROPPED_SIGNAL,
                                ALD_LINK_N_MALFORMED_JSON,   ALD_LINK_N_REPEATED,     ALD_LINK_N_ODD_SEQUENCE,
                                ALD_LINK_N_REGISTER_REFUSED, ALD_LINK_N_DROPPED_EVENT};
    const struct ald_hub *hub = ald_edge_hub(world->edge);

    if (counted(world, ALD_LINK_N_RESUMED) < world->n_resumed ||
        ald_hub_counter(hub, ALD_N_SESSIONS_RESUMED) < world->n_resumed) {
        cuts_complain(world, "sessions resumed that the hub has not counted", (long)world->n_resumed);
    }
    if (counted(world, ALD_LINK_N_RESUMED) > world->n_cut + world->n_strangers) {
        cuts_complain(world, "the hub counts more returns than there were", (long)counted(world, ALD_LINK_N_RESUMED));
    }
    if (counted(world, ALD_LINK_N_INVALIDATED) < world->n_invalidated) {
        cuts_complain(world, "invalidated sessions that the hub has not counted", (long)world->n_invalidated);
    }
    for (size_t i = 0; i < ALD_COUNT(never); i++) {
        if (counted(world, never[i]) > 0) {
            cuts_complain(world, "the hub counts what nobody did", never[i]);
        }
    }
    if (counted(world, ALD_LINK_N_GAPS) > world->n_kept_on || ald_hub_counter(hub, ALD_N_SIGNALS_REPEATED) > 0) {
        cuts_complain(world, "the hub counts gaps, or what came twice", (long)counted(world, ALD_LINK_N_GAPS));
    }
    if (ald_edge_counters(world->edge)->no_memory > 0 || ald_hub_counter(hub, ALD_N_OUT_OF_MEMORY) > 0) {
        cuts_complain(world, "memory was short", 0);
    }
}

void cuts_account(struct cuts_world *world)
{
    for (uint32_t n = 0; n < world->n_items && world->broken[0] == '\0'; n++) {
        if (world->items[n].kind == CUTS_REQUEST || world->items[n].kind == CUTS_PING) {
            request_account(world, n);
        } else {
            event_account(world, n);
        }
    }
    counters_account(world);
}

void cuts_check_windows(struct cuts_world *world)
{
    size_t most = cuts_inside_window(ald_edge_hub(world->edge));

    if (most > world->config.out_bytes_max) {
        cuts_complain(world, "a window has no end", (long)most);
    }
}

void cuts_check_empty(struct cuts_world *world)
{
    size_t left = cuts_inside_left(ald_edge_hub(world->edge));

    if (left != 0) {
        cuts_complain(world, "something is left in the hub", (long)left);
    }
    if (ald_msg_pool_live(ald_edge_messages(world->edge)) != 0) {
        cuts_complain(world, "messages are left", (long)ald_msg_pool_live(ald_edge_messages(world->edge)));
    }
    if (ald_edge_conns(world->edge) != 0 || ald_net_streams(world->net) != 0) {
        cuts_complain(world, "connections are left", (long)ald_edge_conns(world->edge));
    }
}
