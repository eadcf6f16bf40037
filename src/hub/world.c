#include "hub/world.h"

#include "hub/channel.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/state.h"
#include "hub/target.h"

void ald_world_init(struct ald_world *world)
{
    /* "A single computer is UP and COMPLETE, count 1" (communicator 6.6). */
    *world = (struct ald_world){.cluster = ALD_CLUSTER_UP | ALD_CLUSTER_COMPLETE,
                                .cluster_named = 1,
                                .cluster_most = 1,
                                .cluster_total = 1,
                                .cluster_live = 1};
}

void ald_world_fini(struct ald_hub *hub)
{
    hub->world.addresses = ald_news_unref(hub->world.addresses);
    hub->world.load = ald_news_unref(hub->world.load);
}

void ald_world_hear(struct ald_hub *hub, struct ald_party *party)
{
    if (party->wants_load || (party->traits & ALD_CAN_NEWS) != 0) {
        ald_bulletin_join(hub, party);
    } else {
        ald_bulletin_part(hub, party);
    }
}

static void party_set_load(struct ald_hub *hub, struct ald_party *party, bool wants)
{
    if (party->wants_load == wants) {
        return;
    }
    party->wants_load = wants;
    if (wants) {
        hub->world.n_wants_load++;
    } else {
        hub->world.n_wants_load--;
    }
    ald_world_hear(hub, party);
}

void ald_world_part(struct ald_hub *hub, struct ald_party *party)
{
    party_set_load(hub, party, false);
    ald_bulletin_part(hub, party);
}

void ald_world_tell(struct ald_hub *hub, const struct ald_news *news)
{
    struct ald_news *copy;

    if (hub->bulletin.n_hearers == 0) {
        return;
    }
    if (ald_news_new(news, &copy) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_NEWS_DROPPED);
        return;
    }
    ald_bulletin_push(hub, copy);
}

static struct ald_news world_clock(const struct ald_hub *hub)
{
    return (struct ald_news){.topic = ALD_TOPIC_CLOCK, .state = hub->world.clock};
}

static struct ald_news world_cluster(const struct ald_hub *hub)
{
    return (struct ald_news){
        .topic = ALD_TOPIC_CLUSTER, .state = hub->world.cluster, .number = hub->world.cluster_total};
}

/*
 * communicator 6.6; told when the state or the total has changed. Neighbours are named, and learnt by the edge. Hubs behind
 * them are known only while a way leads to them, so the most that were there at once are expected to be there again: else
 * each half of a graph that fell apart would call itself whole. Who takes one out for good has it forgotten (6.4).
 */
static void world_count_cluster(struct ald_hub *hub, uint32_t n_live)
{
    struct ald_world *world = &hub->world;
    uint32_t n_total = ALD_MAX(world->cluster_named, world->cluster_most);
    uint32_t quorum = n_total / 2 + 1;
    uint8_t state = (uint8_t)((n_live >= quorum ? ALD_CLUSTER_UP : 0) | (n_live >= n_total ? ALD_CLUSTER_COMPLETE : 0));
    bool is_news = state != world->cluster || n_total != world->cluster_total;
    struct ald_news news;

    world->cluster = state;
    world->cluster_total = n_total;
    world->cluster_live = n_live;
    if (is_news) {
        news = world_cluster(hub);
        ald_world_tell(hub, &news);
    }
}

void ald_world_set_live(struct ald_hub *hub, uint32_t n_live)
{
    hub->world.cluster_most = ALD_MAX(hub->world.cluster_most, n_live);
    world_count_cluster(hub, n_live);
}

void ald_world_forget(struct ald_hub *hub)
{
    hub->world.cluster_most = hub->world.cluster_live;
    world_count_cluster(hub, hub->world.cluster_live);
}

/* The edge knows of so many hubs now. */
static void world_set_named(struct ald_hub *hub, uint32_t n)
{
    if (n < hub->world.cluster_named) {
        hub->world.cluster_most = hub->world.cluster_live;
    }
    hub->world.cluster_named = n;
    world_count_cluster(hub, hub->world.cluster_live);
}

static void world_set_clock(struct ald_hub *hub, uint8_t state)
{
    struct ald_news news;

    if (hub->world.clock != state) {
        hub->world.clock = state;
        news = world_clock(hub);
        ald_world_tell(hub, &news);
    }
}

/* Shares. */
static void world_keep(struct ald_news **place, struct ald_news *news)
{
    struct ald_news *before = *place;

    *place = ald_news_ref(news);
    ald_news_unref(before);
}

static bool news_is_ours(const struct ald_hub *hub, const struct ald_news *news)
{
    return news->hub.size == 0 || ald_str_equal(news->hub, hub->config.id);
}

/* Shares. */
static void world_pass_on(struct ald_hub *hub, struct ald_news *news)
{
    bool is_heard = news->topic == ALD_TOPIC_LOAD ? hub->world.n_wants_load > 0 : hub->bulletin.n_hearers > 0;

    if (is_heard) {
        ald_bulletin_push(hub, ald_news_ref(news));
    }
}

void ald_world_event(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_news *news = event->news;

    if (news == NULL) {
        ald_hub_count(hub, ALD_N_EVENTS_STALE);
        return;
    }
    switch ((enum ald_topic)news->topic) {
    case ALD_TOPIC_CLUSTER:
        world_set_named(hub, ALD_MAX(news->number, 1U));
        break;
    case ALD_TOPIC_CLOCK:
        world_set_clock(hub, news->state);
        break;
    case ALD_TOPIC_ADDRESSES:
        world_keep(&hub->world.addresses, news);
        break;
    case ALD_TOPIC_LOAD:
        if (news_is_ours(hub, news)) {
            world_keep(&hub->world.load, news);
        }
        world_pass_on(hub, news);
        break;
    case ALD_TOPIC_HUB:
    case ALD_TOPIC_PRESENCE:
    case ALD_TOPIC_UNREACHABLE:
    case ALD_TOPIC_INTRUSION:
        world_pass_on(hub, news);
        break;
    case ALD_TOPIC_TARGETS:
    case ALD_N_TOPICS:
        break; /* nothing that happens */
    }
}

static struct ald_news news_of_channel(const struct ald_hub *hub, const struct ald_channel *channel,
                                       enum ald_presence state)
{
    return (struct ald_news){
        .topic = ALD_TOPIC_PRESENCE,
        .state = (uint8_t)state,
        .since = channel->since_wall,
        .name = channel->target->name,
        .hub = hub->config.id,
    };
}

void ald_world_came(struct ald_hub *hub, const struct ald_channel *channel)
{
    struct ald_news news = news_of_channel(hub, channel, ALD_PRESENCE_UP);

    if (channel->party->peering == ALD_PEERING_NONE) {
        ald_world_tell(hub, &news);
    }
}

/* Only who gave its name up has an end that is known: `down_since` stands nowhere else (communicator 3, STATUS). */
void ald_world_went(struct ald_hub *hub, const struct ald_channel *channel)
{
    struct ald_news news = news_of_channel(hub, channel, ALD_PRESENCE_DOWN);

    if (channel->party->peering == ALD_PEERING_NONE) {
        news.until = channel->party->state == ALD_PARTY_GONE ? 0 : hub->wall;
        ald_world_tell(hub, &news);
    }
}

/* Takes `news`; NULL: memory was too short for it. */
static void world_answer(struct ald_hub *hub, struct ald_party *party, struct ald_news *news)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);

    if (news == NULL) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_NEWS_DROPPED);
        return;
    }
    signal.news = news;
    signal.ok = true;
    ald_hub_count(hub, ALD_N_NEWS_TOLD);
    ald_party_say(hub, party, &signal);
}

static struct ald_news *news_copy(const struct ald_news *news)
{
    struct ald_news *copy;

    return ald_news_new(news, &copy) == 0 ? copy : NULL;
}

/* A target whose channels are all away is down; `unknown` is "a name with no connection" (communicator 3). */
static struct ald_news *news_of_presence(const struct ald_hub *hub, struct ald_str name, struct ald_str asked)
{
    const struct ald_target *target = ald_target_find(hub, name);
    struct ald_news news = {.topic = ALD_TOPIC_PRESENCE, .state = ALD_PRESENCE_UNKNOWN, .name = name};
    const struct ald_channel *first;

    if (target != NULL && target->n_channels > 0) {
        first = ald_list_entry(target->channels.next, const struct ald_channel, target_node);
        news = news_of_channel(hub, first, target->n_live > 0 ? ALD_PRESENCE_UP : ALD_PRESENCE_DOWN);
    }
    news.detail = asked;
    return news_copy(&news);
}

/* Of the hub that is linked and called at `address`, or has no address and is called so. */
static struct ald_news *news_of_hub(const struct ald_hub *hub, struct ald_str address, struct ald_str asked)
{
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);
        struct ald_str name = ald_str_present(peer->address) ? peer->address : peer->id;
        const struct ald_news news = {.topic = ALD_TOPIC_HUB,
                                      .state = ALD_HUB_LINKED,
                                      .hub = peer->id,
                                      .name = peer->address,
                                      .detail = asked,
                                      .since = peer->since};

        if (peer->n_links > 0 && ald_str_equal(name, address)) {
            return news_copy(&news);
        }
    }
    return news_of_presence(hub, ALD_STR(""), asked);
}

/* Names with a comma inside are nobody's in a grammar that separates by commas. */
static bool target_is_told(const struct ald_target *target)
{
    return target->n_live > 0 && target->peer == NULL && ald_str_find(target->name, ALD_STR(",")) == target->name.size;
}

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int names_add(struct ald_buf *names, struct ald_str name)
{
    size_t before = ald_buf_size(names);
    int r = before > 0 ? ald_buf_push_byte(names, ',') : 0;

    if (r == 0) {
        r = ald_buf_push(names, name);
    }
    if (r != 0) {
        ald_buf_cut(names, before);
    }
    return r;
}

static struct ald_news *news_of_targets(const struct ald_hub *hub)
{
    struct ald_news news = {.topic = ALD_TOPIC_TARGETS};
    struct ald_news *copy = NULL;
    struct ald_buf names;
    int r = 0;

    ald_buf_init(&names, ALD_WORLD_TARGETS_MAX);
    ald_list_each (it, &hub->targets) {
        const struct ald_target *target = ald_list_entry(it, const struct ald_target, node);

        if (r == 0 && target_is_told(target)) {
            r = names_add(&names, target->name);
        }
    }
    news.detail = ald_buf_str(&names);
    copy = r < 0 ? NULL : news_copy(&news);
    ald_buf_fini(&names);
    return copy;
}

static void world_ask_load(struct ald_hub *hub, struct ald_party *party, bool wants)
{
    party_set_load(hub, party, wants);
    if (wants && hub->world.load != NULL) {
        world_answer(hub, party, ald_news_ref(hub->world.load));
    }
}

/* What only happens is no question, and presence is somebody's. */
static bool ask_is_sound(const struct ald_signal *signal)
{
    return signal->topic < ALD_N_TOPICS && signal->target.size <= ALD_NAME_MAX &&
           (ald_str_present(signal->target) || (signal->topic != ALD_TOPIC_PRESENCE && signal->topic != ALD_TOPIC_HUB));
}

void ald_world_ask(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_news news;

    if (party == NULL || !ask_is_sound(signal)) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    switch ((enum ald_topic)signal->topic) {
    case ALD_TOPIC_PRESENCE:
        world_answer(hub, party, news_of_presence(hub, signal->target, signal->text));
        break;
    case ALD_TOPIC_HUB:
        world_answer(hub, party, news_of_hub(hub, signal->target, signal->text));
        break;
    case ALD_TOPIC_TARGETS:
        world_answer(hub, party, news_of_targets(hub));
        break;
    case ALD_TOPIC_CLUSTER:
        news = world_cluster(hub);
        world_answer(hub, party, news_copy(&news));
        break;
    case ALD_TOPIC_CLOCK:
        news = world_clock(hub);
        world_answer(hub, party, news_copy(&news));
        break;
    case ALD_TOPIC_ADDRESSES:
        news = (struct ald_news){.topic = ALD_TOPIC_ADDRESSES};
        world_answer(hub, party, hub->world.addresses != NULL ? ald_news_ref(hub->world.addresses) : news_copy(&news));
        break;
    case ALD_TOPIC_LOAD:
        world_ask_load(hub, party, signal->ok);
        break;
    default:
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        break;
    }
}
