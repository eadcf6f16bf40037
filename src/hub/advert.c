/*
 * A page that is read in part was worth that part (see hub/route_page.c), so whatever is wrong with one is only counted, and
 * what is missing is asked for.
 *
 * Somebody may say of us what we did not: a page of ours from before a restart whose epoch was larger, because the calendar
 * went back; or another hub has our name. In the first case a larger epoch ends it. In the second it would go on for ever,
 * so each answer waits twice as long as the one before.
 */

#include "hub/advert.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/route_feed.h"
#include "hub/self.h"
#include "hub/state.h"
#include "msg/json.h"
#include "msg/json_write.h"

enum {
    ADVERT_CHANGES_MAX = 128, /* in a page that we write: some 4 KiB, and 20 microseconds */
    ADVERT_READ_MAX = 256,    /* in one that we read */
    ADVERT_BYTES_MAX = 256 * 1024,
    ADVERT_FULL = 32 * 1024, /* no further change is put behind so many bytes */
    ADVERT_NODES_MAX = 4 * ADVERT_READ_MAX + 64
};

#define ADVERT_RENEW_PAUSE_MAX (300 * ALD_SEC)

static const struct ald_str advert_name = {"aldis:Route", 11};

static const char *const kind_words[ALD_N_ROUTE_KINDS] = {
    [ALD_ROUTE_TARGET] = "target",
    [ALD_ROUTE_HUB] = "hub",
    [ALD_ROUTE_DAEMON] = "daemon",
};

bool ald_advert_is(const struct ald_msg *msg)
{
    return ald_str_present(msg->to.target) && msg->to.target.size == 0 && msg->to.hub.size == 0 &&
           ald_str_equal(msg->name, advert_name);
}

/* --- written ---------------------------------------------------------------------------------------------------- */

/* Errors: ALDIS_E_NOMEM. */
static int advert_signal(struct ald_hub *hub, struct ald_json_writer *json, struct ald_buf *buf,
                         struct ald_signal *ret_signal)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    int r;

    *ret_signal = ald_signal_of(ALD_SIGNAL_EVENT);
    ald_assert(json->status <= 0); /* the buf has room for the largest page */
    r = ald_self_message(hub, ALD_EVENT, advert_name, json, buf, &msg);
    r = r == 0 ? ald_msg_set(msg, &msg->to.target, ALD_STR("")) : r;
    ald_buf_fini(buf);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    ret_signal->msg = ald_steal(&msg);
    ret_signal->id = ald_hub_id(hub, ald_hub_number(hub));
    return 0;
}

static void page_write_fact(struct ald_json_writer *json, const struct ald_route_fact *fact)
{
    char word[16];

    (void)snprintf(word, sizeof(word), "%c%s", fact->removed ? '-' : '+', kind_words[ald_route_kind_of(fact)]);
    ald_json_write_array(json);
    ald_json_write_u64(json, fact->stamp);
    ald_json_write_str(json, ald_str(word));
    ald_json_write_str(json, ald_route_name_of(fact));
    ald_json_write_end(json);
}

static void page_write_head(struct ald_json_writer *json, const struct ald_route_page *page)
{
    char boot[20];

    (void)snprintf(boot, sizeof(boot), "%016llx", (unsigned long long)page->boot);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "hub", page->hub);
    ald_json_write_member_str(json, "boot", ald_str(boot));
    ald_json_write_member_u64(json, "epoch", page->epoch);
    ald_json_write_member_u64(json, "from", page->from);
    ald_json_write_member_u64(json, "lost", page->lost);
    ald_json_write_name(json, ALD_STR("changes"));
    ald_json_write_array(json);
}

/* Up to the last fact that was written; NULL: all were. */
static const struct ald_route_fact *page_write(struct ald_json_writer *json, const struct ald_buf *buf,
                                               const struct ald_route_hub *at, unsigned slot)
{
    struct ald_route_page page = ald_route_feed_page(at, slot);
    const struct ald_route_fact *fact = ald_route_feed_fact(at, slot), *last = NULL;

    page_write_head(json, &page);
    for (int n = 0; fact != NULL && n < ADVERT_CHANGES_MAX && ald_buf_size(buf) < ADVERT_FULL; n++) {
        page_write_fact(json, fact);
        last = fact;
        fact = ald_route_feed_after(fact);
    }
    ald_json_write_end(json);
    ald_json_write_member_u64(json, "to", fact != NULL ? last->stamp : page.to);
    ald_json_write_end(json);
    return fact != NULL ? last : NULL;
}

bool ald_advert_tell(struct ald_hub *hub, struct ald_peer_link *link)
{
    struct ald_route_map *map = &hub->graph.map;
    struct ald_route_hub *at = ald_route_feed_next(map, link->slot);
    const struct ald_route_fact *last;
    struct ald_json_writer json;
    struct ald_signal signal;
    struct ald_buf buf;

    if (at == NULL || ald_party_is_choked(link->party)) {
        return false; /* it is looked at again when something changes, or when it may be told more */
    }
    ald_buf_init(&buf, ADVERT_BYTES_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    last = page_write(&json, &buf, at, link->slot);
    if (advert_signal(hub, &json, &buf, &signal) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_alarm_set(hub, &hub->graph.sweep, hub->now + ALD_SEC); /* which looks again */
        return false;
    }
    if (!ald_party_offer(hub, link->party, &signal)) {
        return false;
    }
    ald_hub_count(hub, ALD_N_ADVERTS_TOLD);
    ald_route_feed_told(map, at, link->slot, last);
    return true;
}

/*
 * What it says of itself is older than what is known of it, or somebody else's: its calendar went back over a restart. It is
 * told so, by a page without changes, and begins with something larger.
 */
static void advert_tell_itself(struct ald_hub *hub, struct ald_peer_link *link, const struct ald_route_hub *at)
{
    const struct ald_route_page page = {.hub = at->id, .boot = at->boot, .epoch = at->epoch};
    struct ald_json_writer json;
    struct ald_signal signal;
    struct ald_buf buf;

    ald_buf_init(&buf, ADVERT_BYTES_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    page_write_head(&json, &page);
    ald_json_write_end(&json);
    ald_json_write_member_u64(&json, "to", 0);
    ald_json_write_end(&json);
    if (advert_signal(hub, &json, &buf, &signal) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* it hears it with its next page */
        return;
    }
    ald_party_say(hub, link->party, &signal);
}

static void advert_ask_link(struct ald_hub *hub, struct ald_peer_link *link, struct ald_str hub_id)
{
    struct ald_json_writer json;
    struct ald_signal signal;
    struct ald_buf buf;

    ald_buf_init(&buf, ADVERT_BYTES_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "ask", hub_id);
    ald_json_write_end(&json);
    if (advert_signal(hub, &json, &buf, &signal) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* whatever it tells next is a gap, and asks again */
        return;
    }
    ald_hub_count(hub, ALD_N_ADVERTS_ASKED);
    ald_party_say(hub, link->party, &signal);
}

void ald_advert_ask(struct ald_hub *hub, struct ald_str hub_id, uint64_t slots)
{
    ald_list_each (it, &hub->graph.links) {
        struct ald_peer_link *link = ald_list_entry(it, struct ald_peer_link, node);

        if (link->has_feed && (slots >> link->slot & 1) != 0 && link->party->conn != NULL &&
            ald_hub_conn_hears(link->party->conn)) {
            advert_ask_link(hub, link, hub_id);
        }
    }
}

/* --- read ------------------------------------------------------------------------------------------------------- */

/* Where a name is decoded: of a longer one there is no use, so it never grows. */
struct advert_room {
    uint8_t bytes[8 * ALD_NAME_MAX];
    struct ald_buf buf;
};

static struct ald_buf *room_lend(struct advert_room *room)
{
    room->buf = (struct ald_buf){.data = room->bytes, .room = sizeof(room->bytes), .max = sizeof(room->bytes)};
    return &room->buf;
}

/* Text of at most ALD_NAME_MAX bytes, in `room` where it had to be decoded; false: it is not that. */
static bool text_read(const struct ald_json_node *node, struct ald_buf *room, struct ald_str *ret_text)
{
    ald_buf_cut(room, 0);
    return node != NULL && node->type == ALD_JSON_STRING && ald_json_text(ald_json_value(node), room, ret_text) == 0 &&
           ret_text->size <= ALD_NAME_MAX;
}

static bool number_read(const struct ald_json_node *object, struct ald_str name, uint64_t *ret_number)
{
    return ald_json_u64(ald_json_value(ald_json_find(object, name)), ret_number) == 0;
}

static bool boot_read(const struct ald_json_node *object, uint64_t *ret_boot)
{
    struct ald_json_value value = ald_json_value(ald_json_find(object, ALD_STR("boot")));
    struct ald_str text = value.type == ALD_JSON_STRING ? ald_json_inner(value) : ALD_STR("");

    *ret_boot = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *digit = memchr("0123456789abcdef", text.data[i], 16);

        if (digit == NULL) {
            return false;
        }
        *ret_boot = *ret_boot << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    return text.size == 16;
}

static bool page_read(const struct ald_json_node *root, struct ald_buf *room, struct ald_route_page *ret_page)
{
    return text_read(ald_json_find(root, ALD_STR("hub")), room, &ret_page->hub) && boot_read(root, &ret_page->boot) &&
           number_read(root, ALD_STR("epoch"), &ret_page->epoch) &&
           number_read(root, ALD_STR("from"), &ret_page->from) && number_read(root, ALD_STR("to"), &ret_page->to) &&
           number_read(root, ALD_STR("lost"), &ret_page->lost);
}

/* "+target" and the like. */
static bool word_read(const struct ald_json_node *node, enum ald_route_kind *ret_kind, bool *ret_present)
{
    struct ald_json_value value = ald_json_value(node);
    struct ald_str word = value.type == ALD_JSON_STRING ? ald_json_inner(value) : ALD_STR("");

    if (word.size == 0 || (word.data[0] != '+' && word.data[0] != '-')) {
        return false;
    }
    *ret_present = word.data[0] == '+';
    for (int kind = 0; kind < ALD_N_ROUTE_KINDS; kind++) {
        if (ald_str_equal(ald_str_from(word, 1), ald_str(kind_words[kind]))) {
            *ret_kind = (enum ald_route_kind)kind;
            return true;
        }
    }
    return false;
}

/* One `[stamp, "+target", "name"]`. Outcomes and errors as of ald_route_page_change(). */
static int change_take(struct ald_hub *hub, struct ald_route_hub *at, const struct ald_route_page *page,
                       const struct ald_json_node *change, struct ald_buf *room)
{
    enum ald_route_kind kind;
    struct ald_str name;
    uint64_t stamp;
    bool present;
    int r;

    if (change->type != ALD_JSON_ARRAY || change->n_inside != 3 ||
        ald_json_u64(ald_json_value(ald_json_at(change, 0)), &stamp) != 0 ||
        !word_read(ald_json_at(change, 1), &kind, &present) || !text_read(ald_json_at(change, 2), room, &name)) {
        return ALD_ROUTE_INVALID;
    }
    r = ald_route_page_change(&hub->graph.map, at, page, stamp, kind, name, present);
    if (r == ALD_ROUTE_FULL) {
        ald_hub_count(hub, ALD_N_ADVERTS_OVER);
        return 0;
    }
    return r < 0 ? ald_trace(r) : r;
}

/* Errors: ALDIS_E_NOMEM. */
static int changes_take(struct ald_hub *hub, struct ald_route_hub *at, const struct ald_route_page *page,
                        const struct ald_json_node *root)
{
    struct advert_room room;
    struct ald_buf *buf = room_lend(&room);
    int r = 0;

    ald_json_each(change, ald_json_find(root, ALD_STR("changes")))
    {
        if (r == 0) {
            r = change_take(hub, at, page, change, buf);
        }
    }
    return r < 0 ? ald_trace(r) : r;
}

static void advert_invalid(struct ald_hub *hub)
{
    ald_hub_count(hub, ALD_N_ADVERTS_INVALID);
}

/* Is there a link with a hub of that name that drew something else at its start than the page is from? */
static bool page_is_of_twin(const struct ald_hub *hub, const struct ald_peer *peer, const struct ald_route_page *page)
{
    ald_list_each (it, &hub->graph.links) {
        const struct ald_peer_link *link = ald_list_entry(it, const struct ald_peer_link, node);

        if (link->peer == peer && link->boot != 0 && link->boot != page->boot) {
            return true;
        }
    }
    return false;
}

/* What it says of itself tells whether it is who another link is. */
static bool link_is_itself(struct ald_hub *hub, struct ald_peer_link *link, const struct ald_route_page *page)
{
    if (!ald_str_equal(page->hub, link->peer->id) || link->boot == page->boot) {
        return true;
    }
    if (page_is_of_twin(hub, link->peer, page)) {
        ald_hub_count(hub, ALD_N_HUB_CONFLICTS);
        ald_peer_tell_twin(hub, link->peer);
        ald_hub_conn_close(hub, link->party->conn, ALD_CLOSE_DENIED);
        return false;
    }
    link->boot = page->boot;
    return true;
}

/*
 * Somebody else tells of a hub that we are linked with, newer than what it says itself, and not of it: then there are two of
 * that name. What is older is a page about the time before its last start, which is still on its way somewhere.
 */
static void page_find_twin(struct ald_hub *hub, const struct ald_peer_link *link, const struct ald_route_page *page)
{
    const struct ald_route_hub *at = ald_route_map_find(&hub->graph.map, page->hub);
    struct ald_peer *peer = ald_peer_find(hub, page->hub);

    if (peer == NULL || peer == link->peer || at == NULL || page->epoch <= at->epoch || page->boot == at->boot) {
        return;
    }
    if (page_is_of_twin(hub, peer, page)) {
        ald_hub_count(hub, ALD_N_HUB_CONFLICTS);
        ald_peer_tell_twin(hub, peer);
    }
}

/* Older than what is known of it: see advert_tell_itself(). */
static bool page_is_outbid(struct ald_hub *hub, const struct ald_peer_link *link, const struct ald_route_page *page,
                           const struct ald_route_hub **ret_at)
{
    const struct ald_route_hub *at = ald_route_map_find(&hub->graph.map, page->hub);

    if (at == NULL || at->epoch == 0 || !ald_str_equal(page->hub, link->peer->id)) {
        return false;
    }
    *ret_at = at;
    return page->epoch < at->epoch || (page->epoch == at->epoch && page->boot != at->boot);
}

/* About ourselves: an echo, or what we did not say. */
static void advert_self(struct ald_hub *hub, const struct ald_route_page *page)
{
    struct ald_graph *graph = &hub->graph;
    const struct ald_route_hub *self = graph->map.self;

    if (page->epoch < self->epoch || (page->epoch == self->epoch && page->boot == self->boot)) {
        return;
    }
    ald_hub_count(hub, ALD_N_HUB_CONFLICTS);
    if (page->epoch >= UINT64_MAX / 2) {
        advert_invalid(hub);
        return;
    }
    graph->renew_epoch = ALD_MAX(graph->renew_epoch, page->epoch);
    if (!ald_timer_running(&graph->renew.timer)) {
        ald_hub_alarm_set(hub, &graph->renew, ALD_MAX(hub->now, graph->renewed));
    }
}

void ald_advert_renew(struct ald_hub *hub)
{
    struct ald_graph *graph = &hub->graph;

    if (hub->now >= graph->renewed + 2 * ADVERT_RENEW_PAUSE_MAX) {
        graph->renew_pause = ALD_SEC; /* the last one was long ago */
    }
    graph->renewed = hub->now + graph->renew_pause;
    graph->renew_pause = ALD_MIN(2 * graph->renew_pause, ADVERT_RENEW_PAUSE_MAX);
    ald_route_map_renew(&graph->map, ALD_MAX(graph->renew_epoch, graph->map.self->epoch) + 1);
    graph->renew_epoch = 0;
    ald_graph_changed(hub);
}

/* Its changes are made, as far as they can be. */
static void advert_apply(struct ald_hub *hub, struct ald_peer_link *link, struct ald_route_hub *at,
                         const struct ald_route_page *page, const struct ald_json_node *root)
{
    struct ald_route_map *map = &hub->graph.map;
    uint64_t unheard;
    int r = changes_take(hub, at, page, root);

    if (r == 0) {
        ald_route_page_close(map, at, page, link->slot);
    } else if (r < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        advert_ask_link(hub, link, at->id);
    } else {
        advert_invalid(hub);
    }
    unheard = ald_route_map_take_unheard(at);
    if (unheard != 0) {
        ald_advert_ask(hub, at->id, unheard);
    }
    ald_graph_changed(hub);
}

static void advert_page(struct ald_hub *hub, struct ald_peer_link *link, const struct ald_json_node *root)
{
    struct ald_route_page page = {.epoch = 0};
    const struct ald_route_hub *known;
    struct ald_route_hub *at;
    struct advert_room room;
    int r;

    if (!page_read(root, room_lend(&room), &page)) {
        advert_invalid(hub);
    } else if (!link_is_itself(hub, link, &page)) {
        ald_assert(!ald_hub_conn_hears(link->party->conn)); /* it was cut for that */
    } else if (page_is_outbid(hub, link, &page, &known)) {
        advert_tell_itself(hub, link, known);
    } else {
        page_find_twin(hub, link, &page);
        r = ald_route_page_open(&hub->graph.map, &page, link->slot, &at);
        if (r == 0) {
            advert_apply(hub, link, at, &page, root);
        } else if (r < 0) {
            ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
            advert_ask_link(hub, link, page.hub);
        } else if (r == ALD_ROUTE_GAP) {
            advert_ask_link(hub, link, page.hub);
        } else if (r == ALD_ROUTE_SELF) {
            advert_self(hub, &page);
        } else if (r == ALD_ROUTE_FULL) {
            ald_hub_count(hub, ALD_N_ADVERTS_OVER);
        } else if (r == ALD_ROUTE_INVALID) {
            advert_invalid(hub);
        }
        if (hub->graph.map.version != hub->graph.counted) {
            ald_graph_changed(hub);
        }
    }
}

static void advert_read(struct ald_hub *hub, struct ald_peer_link *link, const struct ald_json_node *root)
{
    const struct ald_json_node *ask = ald_json_find(root, ALD_STR("ask"));
    struct advert_room room;
    struct ald_str id;

    if (ask == NULL) {
        advert_page(hub, link, root);
        return;
    }
    if (text_read(ask, room_lend(&room), &id)) {
        ald_route_feed_restart(&hub->graph.map, link->slot, id);
        ald_peer_wake(hub, link);
    } else {
        advert_invalid(hub);
    }
}

/* Room for the tape, made with the first advert that comes. */
static struct ald_json_node *advert_nodes(struct ald_hub *hub)
{
    if (hub->graph.nodes == NULL) {
        hub->graph.nodes = malloc(ADVERT_NODES_MAX * sizeof(hub->graph.nodes[0]));
    }
    return hub->graph.nodes;
}

void ald_advert_take(struct ald_hub *hub, struct ald_peer_link *link, const struct ald_msg *msg)
{
    struct ald_json_node *nodes;
    struct ald_json json;

    ald_hub_count(hub, ALD_N_ADVERTS_HEARD);
    if (msg->payload.size > ADVERT_BYTES_MAX) {
        advert_invalid(hub);
        return;
    }
    nodes = advert_nodes(hub);
    if (nodes == NULL) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* what follows is a gap, and is asked for */
        return;
    }
    ald_json_init_lent(&json, nodes, ADVERT_NODES_MAX);
    if (ald_json_parse(&json, ald_slice_str(msg->payload), ALD_JSON_STRICT, NULL) != 0 ||
        ald_json_root(&json)->type != ALD_JSON_OBJECT) {
        advert_invalid(hub);
    } else {
        advert_read(hub, link, ald_json_root(&json));
    }
    ald_json_fini(&json);
}
