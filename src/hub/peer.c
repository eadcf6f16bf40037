#include "hub/peer.h"

#include <stdlib.h>

#include "hub/advert.h"
#include "hub/channel.h"
#include "hub/hop.h"
#include "hub/party.h"
#include "hub/route_feed.h"
#include "hub/route_way.h"
#include "hub/seen.h"
#include "hub/state.h"
#include "hub/target.h"
#include "hub/who.h"

/*
 * How often hubs that no way leads to are looked at; three times in a row, and they are forgotten. It is the same at all
 * hubs, and far longer than a page takes through a graph: see ald_route_map_sweep().
 */
#define GRAPH_SWEEP (60 * ALD_SEC)

/* Own targets that are made facts in one unit. */
enum { GRAPH_WALK_MAX = 8 };

/* How often the same trouble is news: it goes on until somebody does something about it. */
#define PEER_TROUBLE_PAUSE (10 * ALD_SEC)

static const struct ald_str peer_mark = {"hub:", 4};

static struct ald_str peer_id(struct ald_str target)
{
    return ald_str_from(target, peer_mark.size);
}

struct ald_peer *ald_peer_find(const struct ald_hub *hub, struct ald_str id)
{
    char text[ALD_NAME_MAX];
    const struct ald_target *target;

    if (hub->graph.n_peers == 0 || id.size > sizeof(text) - peer_mark.size) {
        return NULL;
    }
    memcpy(text, peer_mark.data, peer_mark.size);
    memcpy(text + peer_mark.size, id.data, id.size);
    target = ald_target_find(hub, ald_str_of(text, peer_mark.size + id.size));
    return target != NULL ? target->peer : NULL;
}

static bool peer_routes(const struct ald_peer *peer)
{
    return peer->peering == ALD_PEERING_ROUTES;
}

/* --- who is let in ---------------------------------------------------------------------------------------------- */

static struct ald_peer_link *peer_link(const struct ald_hub *hub, const struct ald_peer *peer)
{
    ald_list_each (it, &hub->graph.links) {
        struct ald_peer_link *link = ald_list_entry(it, struct ald_peer_link, node);

        if (link->peer == peer) {
            return link;
        }
    }
    return NULL;
}

/* Of two links with a daemon that were dialled from different ends, is this the one that stays? */
static bool link_prevails(const struct ald_hub *hub, const struct ald_greeting *greeting)
{
    return (ald_str_compare(hub->config.id, greeting->hub) < 0) == greeting->dialled;
}

/* See the head of the header. */
static bool greeting_replaces(const struct ald_hub *hub, const struct ald_peer *peer,
                              const struct ald_greeting *greeting)
{
    const struct ald_peer_link *link = peer_link(hub, peer);

    if (link == NULL) {
        return true;
    }
    if (link->dialled != greeting->dialled) {
        return link_prevails(hub, greeting);
    }
    return ald_str_present(greeting->address) && ald_str_equal(greeting->address, peer->address);
}

/* Is it another hub of that name? Only those that say what they drew can be told apart. */
static bool greeting_is_twin(const struct ald_hub *hub, const struct ald_peer *peer,
                             const struct ald_greeting *greeting)
{
    ald_list_each (it, &hub->graph.links) {
        const struct ald_peer_link *link = ald_list_entry(it, const struct ald_peer_link, node);

        if (link->peer == peer && greeting->boot != 0 && link->boot != 0 && link->boot != greeting->boot) {
            return true;
        }
    }
    return false;
}

static enum ald_cause judge_deny(enum ald_cause cause, const char *text, const char **ret_text)
{
    *ret_text = text;
    return cause;
}

static enum ald_cause judge_greeting(const struct ald_hub *hub, const struct ald_greeting *greeting,
                                     const char **ret_text)
{
    const struct ald_peer *peer = ald_peer_find(hub, greeting->hub);
    bool is_linked = peer != NULL && peer->n_links > 0;

    if (ald_str_equal(greeting->hub, hub->config.id)) {
        return judge_deny(ALD_CAUSE_DUPLICATE, "that is the name of this hub", ret_text);
    }
    if (is_linked && peer->peering != greeting->peering) {
        return judge_deny(ALD_CAUSE_DUPLICATE, "a hub of that name is linked in another way", ret_text);
    }
    if (is_linked &&
        (peer_routes(peer) ? greeting_is_twin(hub, peer, greeting) : !greeting_replaces(hub, peer, greeting))) {
        return judge_deny(ALD_CAUSE_DUPLICATE, "a hub of that name is linked already", ret_text);
    }
    if (hub->graph.n_links >= ALD_PEER_LINKS_MAX ||
        (greeting->peering == ALD_PEERING_ROUTES && hub->graph.map.feeds == UINT64_MAX)) {
        return judge_deny(ALD_CAUSE_BUSY, "too many hubs are linked", ret_text);
    }
    return ALD_CAUSE_NONE;
}

enum ald_cause ald_peer_judge(const struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal,
                              const char **ret_text)
{
    const struct ald_greeting *greeting = signal->greeting;
    bool is_hub = greeting != NULL && greeting->peering != ALD_PEERING_NONE;

    if (!is_hub) {
        if (party != NULL && party->peering != ALD_PEERING_NONE) {
            return judge_deny(ALD_CAUSE_INVALID, "this connection is that of a hub", ret_text);
        }
        return ald_peer_is_name(signal->target)
                   ? judge_deny(ALD_CAUSE_INVALID, "a name that begins with hub: is that of a hub", ret_text)
                   : ALD_CAUSE_NONE;
    }
    if (!ald_peer_is_name(signal->target) || greeting->hub.size == 0 || greeting->peering > ALD_PEERING_FLOODS ||
        !ald_str_equal(peer_id(signal->target), greeting->hub)) {
        return judge_deny(ALD_CAUSE_INVALID, "the target of a hub is hub: and its id", ret_text);
    }
    if (party != NULL && (party->channel != NULL || party->peering != ALD_PEERING_NONE)) {
        return judge_deny(ALD_CAUSE_INVALID, "this connection is something else already", ret_text);
    }
    return judge_greeting(hub, greeting, ret_text);
}

/* --- links ------------------------------------------------------------------------------------------------------ */

/*
 * Is it surely one of the public internet? Broadcasts for the private network do not go there (communicator 5.3). What is
 * no address of numbers, or none, is taken for private: it was named by whoever runs this network.
 */
static bool address_is_public(struct ald_str address)
{
    unsigned numbers[4] = {0}, n = 0;
    bool has_digit = false;

    for (size_t i = 0; i < address.size && n < 4 && address.data[i] != ':'; i++) {
        char c = address.data[i];

        if (c == '.' && has_digit) {
            n++;
            has_digit = false;
        } else if (c >= '0' && c <= '9') {
            numbers[n] = numbers[n] * 10 + (unsigned)(c - '0');
            has_digit = true;
        } else {
            return false;
        }
        if (n < 4 && numbers[n] > 255) {
            return false;
        }
    }
    if (n != 3 || !has_digit) {
        return false;
    }
    return numbers[0] != 10 && numbers[0] != 127 && numbers[0] != 0 && !(numbers[0] == 192 && numbers[1] == 168) &&
           !(numbers[0] == 172 && numbers[1] >= 16 && numbers[1] < 32) && !(numbers[0] == 169 && numbers[1] == 254) &&
           !(numbers[0] == 100 && numbers[1] >= 64 && numbers[1] < 128);
}

static int peer_new(struct ald_hub *hub, struct ald_target *target, const struct ald_greeting *greeting)
{
    struct ald_peer *peer = malloc(sizeof(*peer) + greeting->address.size + greeting->services.size + 1);

    if (peer == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *peer = (struct ald_peer){.number = ald_hub_number(hub),
                              .target = target,
                              .id = peer_id(target->name),
                              .peering = greeting->peering,
                              .is_public = address_is_public(greeting->address)};
    if (greeting->address.size > 0) {
        memcpy(peer->text, greeting->address.data, greeting->address.size);
        peer->address = ald_str_of(peer->text, greeting->address.size);
    }
    if (greeting->services.size > 0) {
        memcpy(peer->text + greeting->address.size, greeting->services.data, greeting->services.size);
        peer->services = ald_str_of(peer->text + greeting->address.size, greeting->services.size);
    }
    ald_list_push_back(&hub->graph.peers, &peer->node);
    hub->graph.n_peers++;
    target->peer = peer;
    return 0;
}

void ald_peer_free(struct ald_hub *hub, struct ald_peer *peer)
{
    ald_assert(peer->n_links == 0);
    ald_round_pass(hub, &peer->node);
    ald_node_remove(&peer->node);
    peer->target->peer = NULL;
    hub->graph.n_peers--;
    free(peer);
}

static int link_open_feed(struct ald_hub *hub, struct ald_peer_link *link)
{
    struct ald_route_hub *at = NULL;
    int r;

    r = ald_route_map_meet(&hub->graph.map, link->peer->id, &at);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r == ALD_ROUTE_FULL) {
        return 0; /* more hubs than we keep: it is a link all the same, to whoever is there */
    }
    r = ald_route_feed_open(&hub->graph.map, at, &link->slot);
    ald_assert(r == 0); /* it was judged */
    link->has_feed = true;
    return 0;
}

int ald_peer_link_new(struct ald_hub *hub, struct ald_target *target, const struct ald_signal *signal,
                      struct ald_peer_link **ret_link)
{
    struct ald_peer_link *link = malloc(sizeof(*link));
    int r = 0;

    if (link == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *link = (struct ald_peer_link){.dialled = signal->greeting->dialled, .boot = signal->greeting->boot};
    ald_node_init(&link->node);
    ald_node_init(&link->work);
    if (target->peer != NULL && target->peer->n_links == 0) {
        ald_peer_free(hub, target->peer); /* what it said before may be wrong by now */
    }
    if (target->peer == NULL) {
        r = peer_new(hub, target, signal->greeting);
    }
    if (r == 0) {
        link->peer = target->peer;
        r = peer_routes(link->peer) ? link_open_feed(hub, link) : 0;
    }
    if (r < 0) {
        free(link);
        return ald_trace(r);
    }
    *ret_link = link;
    return 0;
}

void ald_peer_link_discard(struct ald_hub *hub, struct ald_peer_link *link)
{
    if (link->has_feed) {
        ald_route_feed_close(&hub->graph.map, link->slot);
    }
    ald_node_remove(&link->node);
    ald_node_remove(&link->work);
    free(link);
}

static void peer_tell_news(struct ald_hub *hub, const struct ald_peer *peer, enum ald_hub_news state)
{
    const struct ald_news news = {.topic = ALD_TOPIC_HUB,
                                  .state = (uint8_t)state,
                                  .hub = peer->id,
                                  .name = peer->address,
                                  .detail = peer->dialled ? ALD_STR("out") : ALD_STR("in"),
                                  .since = peer->since};

    ald_world_tell(hub, &news);
}

static bool trouble_is_news(const struct ald_hub *hub, ald_usec *told)
{
    if (*told != 0 && hub->now - *told < PEER_TROUBLE_PAUSE) {
        return false;
    }
    *told = hub->now;
    return true;
}

void ald_peer_tell_loops(struct ald_hub *hub, const struct ald_party *party)
{
    if (party->link != NULL && trouble_is_news(hub, &party->link->loops_told)) {
        peer_tell_news(hub, party->link->peer, ALD_HUB_LOOPS);
    }
}

void ald_peer_tell_twin(struct ald_hub *hub, struct ald_peer *peer)
{
    if (trouble_is_news(hub, &peer->twin_told)) {
        peer_tell_news(hub, peer, ALD_HUB_TWIN);
    }
}

/* The former link of a daemon, when another one takes its place. */
static void peer_drop_others(struct ald_hub *hub, const struct ald_peer_link *link)
{
    ald_list_each (it, &hub->graph.links) {
        struct ald_peer_link *other = ald_list_entry(it, struct ald_peer_link, node);

        if (other->peer == link->peer && other != link && other->party->conn != NULL) {
            ald_hub_conn_close(hub, other->party->conn, ALD_CLOSE_REPLACED);
        }
    }
}

void ald_peer_joined(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_graph *graph = &hub->graph;
    struct ald_peer_link *link = channel->party->link;
    struct ald_peer *peer = link->peer;

    link->party = channel->party;
    channel->party->conn->link = link;
    ald_list_push_back(&graph->links, &link->node);
    graph->n_links++;
    peer->n_links++;
    peer->left = false;
    peer->dialled = link->dialled;
    graph->is_open = graph->is_open || peer_routes(peer);
    if (peer->n_links == 1) {
        peer->since = hub->wall;
        ald_hub_count(hub, ALD_N_HUBS_LINKED);
        peer_tell_news(hub, peer, ALD_HUB_LINKED);
    } else if (!peer_routes(peer)) {
        peer_drop_others(hub, link);
    }
    ald_peer_usable(hub, channel->target);
    ald_graph_changed(hub);
}

/* Memory was short for something that must not be left out. */
static void graph_sweep_soon(struct ald_hub *hub)
{
    ald_hub_alarm_set(hub, &hub->graph.sweep, hub->now + ALD_SEC);
}

/* That we are linked is a fact while somebody there can be given something. */
void ald_peer_usable(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_graph *graph = &hub->graph;
    struct ald_peer *peer = target->peer;
    enum ald_route_kind kind = peer_routes(peer) ? ALD_ROUTE_HUB : ALD_ROUTE_DAEMON;
    uint64_t version = graph->map.version;

    if (ald_route_map_own(&graph->map, kind, peer->id, target->n_active > 0) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        graph_sweep_soon(hub); /* and try again */
    }
    if (target->n_active == 0) {
        ald_target_wake(hub, target); /* what waits there goes another way */
    }
    if (graph->map.version != version) {
        ald_graph_changed(hub);
    }
}

static void link_ask_orphans(struct ald_hub *hub)
{
    ald_list_each (it, &hub->graph.map.hubs) {
        const struct ald_route_hub *at = ald_list_entry(it, const struct ald_route_hub, node);

        if (ald_route_hub_is_orphan(at)) {
            ald_advert_ask(hub, at->id, UINT64_MAX);
        }
    }
}

void ald_peer_parted(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_peer_link *link = ald_steal(&channel->party->link);
    struct ald_peer *peer = link->peer;

    if (channel->party->conn != NULL) {
        channel->party->conn->link = NULL;
    }
    peer->left = peer->left || channel->leaving || hub->draining;
    hub->graph.n_links--;
    peer->n_links--;
    ald_peer_link_discard(hub, link);
    ald_peer_usable(hub, channel->target);
    if (peer->n_links == 0) {
        ald_hub_count(hub, peer->left ? ALD_N_HUBS_LEFT : ALD_N_HUBS_BROKE);
        peer_tell_news(hub, peer, peer->left ? ALD_HUB_LEFT : ALD_HUB_BROKE);
    }
    link_ask_orphans(hub);
    ald_graph_changed(hub);
}

void ald_peer_wake(struct ald_hub *hub, struct ald_peer_link *link)
{
    if (link->has_feed && ald_node_linked(&link->node)) {
        ald_work_add(hub, &hub->work.links, &link->work);
    }
}

bool ald_peer_link_work(struct ald_hub *hub, struct ald_peer_link *link)
{
    return link->has_feed && ald_advert_tell(hub, link);
}

/* --- our own targets -------------------------------------------------------------------------------------------- */

static void target_say(struct ald_hub *hub, const struct ald_target *target, bool present)
{
    struct ald_graph *graph = &hub->graph;

    if (target->peer != NULL) {
        return;
    }
    if (ald_route_map_own(&graph->map, ALD_ROUTE_TARGET, target->name, present) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        graph->walks_again = true;
        graph_sweep_soon(hub); /* and walk again */
    }
}

static void graph_wake_links(struct ald_hub *hub)
{
    ald_list_each (it, &hub->graph.links) {
        ald_peer_wake(hub, ald_list_entry(it, struct ald_peer_link, node));
    }
}

void ald_peer_target_comes(struct ald_hub *hub, const struct ald_target *target)
{
    if (hub->graph.is_open) {
        target_say(hub, target, true);
        graph_wake_links(hub);
    }
}

void ald_peer_target_goes(struct ald_hub *hub, const struct ald_target *target)
{
    if (hub->graph.is_open) {
        target_say(hub, target, false);
        graph_wake_links(hub);
    }
}

/* The targets that were there before anybody was linked, some at a time; false: that was all. Their numbers grow. */
static bool graph_walk(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;
    const struct ald_target *at = ald_table_find_number(&hub->targets_by_number, graph->walked);
    const struct ald_node *node = at != NULL ? at->node.next : hub->targets.next;

    for (int n = 0; n < GRAPH_WALK_MAX && node != &hub->targets; node = node->next) {
        const struct ald_target *target = ald_list_entry(node, const struct ald_target, node);

        if (target->number > graph->walked) {
            graph->walked = target->number;
            if (target->n_channels > 0) {
                target_say(hub, target, true);
            }
            n++;
        }
    }
    if (node == &hub->targets) {
        graph->walked = UINT64_MAX;
    }
    graph_wake_links(hub);
    return graph->walked != UINT64_MAX;
}

/* --- the graph -------------------------------------------------------------------------------------------------- */

int ald_graph_init(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;
    const uint64_t *seed = hub->targets_by_name.seed;
    const struct ald_route_limits limits = {.hubs_max = hub->config.hubs_max,
                                            .links_max = ALD_PEER_LINKS_MAX,
                                            .facts_max = hub->config.hub_targets_max,
                                            .all_max = hub->config.route_facts_max};
    int r;

    ald_node_init(&graph->peers);
    ald_node_init(&graph->links);
    ald_node_init(&graph->work);
    ald_node_init(&graph->seen);
    ald_table_init(&graph->seen_by_id, seed);
    ald_hub_alarm_init(&graph->sweep, ALD_ALARM_SWEEP);
    ald_hub_alarm_init(&graph->renew, ALD_ALARM_RENEW);
    graph->greeting = (struct ald_greeting){.peering = ALD_PEERING_ROUTES, .hub = hub->config.id};
    graph->last_broadcast = hub->wall / ALD_MSEC; /* so that none has the number of one before a restart */
    graph->renew_pause = ALD_SEC;
    r = ald_route_map_init(&graph->map, &limits, seed, hub->config.id, hub->boot, hub->wall);
    return r < 0 ? ald_trace(r) : 0;
}

void ald_graph_fini(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;

    for (size_t i = 0; graph->events != NULL && i < ALD_PEER_EVENTS_MAX; i++) {
        ald_msg_unref(graph->events[i].msg);
    }
    free(graph->events);
    free(graph->nodes);
    ald_seen_fini(hub);
    ald_route_map_fini(&graph->map);
}

void ald_graph_changed(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;

    graph->reaps = true;
    ald_work_add(hub, &hub->work.graph, &graph->work);
    graph_wake_links(hub);
}

void ald_graph_sweep_later(struct ald_hub *hub)
{
    ald_usec due = hub->now + (hub->graph.n_events > 0 ? ALD_PEER_EVENT_DOUBT : GRAPH_SWEEP);

    if (!ald_timer_running(&hub->graph.sweep.timer) || due < hub->graph.sweep.timer.due) {
        ald_hub_alarm_set(hub, &hub->graph.sweep, due);
    }
}

/* Those that a way leads to are live, and everybody hears of it who is to (communicator 6.6). */
static void graph_count(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;

    ald_world_set_live(hub, ald_route_way_count(&graph->map));
    graph->counted = graph->map.version;
    ald_graph_sweep_later(hub);
    graph_wake_links(hub); /* who returns is told of anew */
}

bool ald_graph_work(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;

    if (graph->counted != graph->map.version) {
        graph_count(hub);
        return true;
    }
    if (graph->is_open && graph->walked != UINT64_MAX) {
        ald_ignore(graph_walk(hub)); /* there may be more of another kind */
        return true;
    }
    graph->reaps = graph->reaps && ald_route_map_reap(&graph->map);
    return graph->reaps;
}

void ald_graph_swept(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;

    ald_list_each (it, &graph->peers) {
        ald_peer_usable(hub, ald_list_entry(it, struct ald_peer, node)->target);
    }
    if (graph->walks_again) {
        graph->walks_again = false;
        graph->walked = 0;
    }
    ald_seen_trim(hub);
    ald_hop_forget(hub, hub->now - ALD_MIN(hub->now, GRAPH_SWEEP));
    if (ald_route_map_sweep(&graph->map) || graph->n_seen > 0 || graph->n_events > 0) {
        ald_graph_sweep_later(hub);
    }
    ald_graph_changed(hub);
}

static void check_links(const struct ald_hub *hub)
{
    uint32_t n = 0, n_linked = 0;

    ald_list_each (it, &hub->graph.links) {
        const struct ald_peer_link *link = ald_list_entry(it, const struct ald_peer_link, node);

        ald_assert(link->party->link == link);
        ald_assert(link->party->channel->target == link->peer->target);
        ald_assert(link->party->peering == link->peer->peering);
        n++;
    }
    ald_assert(n == hub->graph.n_links);
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);

        ald_assert(peer->target->peer == peer);
        ald_assert(peer->n_links == peer->target->n_channels);
        n_linked += peer->n_links;
    }
    ald_assert(n_linked == n);
}

void ald_graph_check(const struct ald_hub *hub)
{
    check_links(hub);
    ald_seen_check(hub);
    ald_route_map_check(&hub->graph.map);
}
