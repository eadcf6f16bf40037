#include "hub/bulletin.h"

#include <stdlib.h>

#include "base/error.h"
#include "hub/party.h"
#include "hub/state.h"

enum {
    BULLETIN_ROOM_MIN = 64,
    BULLETIN_REAP_MAX = 16, /* freed in one unit */
    BULLETIN_SKIP_MAX = 64  /* gaps passed in one unit */
};
_Static_assert((ALD_BULLETIN_MAX & (ALD_BULLETIN_MAX - 1)) == 0, "a power of two");

struct ald_bulletin_item {
    struct ald_news *news;
    uint64_t number;
    bool is_latest; /* it stands in `presences` or `latest` */
};

void ald_bulletin_init(struct ald_bulletin *bulletin, const uint64_t seed[2])
{
    *bulletin = (struct ald_bulletin){.room = 0};
    ald_table_init(&bulletin->presences, seed);
    ald_node_init(&bulletin->told);
    ald_node_init(&bulletin->untold);
}

static struct ald_bulletin_item **bulletin_place(const struct ald_bulletin *bulletin, uint64_t number)
{
    return &bulletin->ring[number & (bulletin->room - 1)];
}

/* --- pieces ----------------------------------------------------------------------------------------------------- */

/* Of what a later piece says everything that an earlier one has said. */
static bool news_is_state(const struct ald_news *news)
{
    return news->topic == ALD_TOPIC_PRESENCE || news->topic == ALD_TOPIC_CLOCK || news->topic == ALD_TOPIC_CLUSTER;
}

static struct ald_bulletin_item *latest_find(const struct ald_bulletin *bulletin, const struct ald_news *news)
{
    return news->topic == ALD_TOPIC_PRESENCE ? ald_table_find(&bulletin->presences, news->name)
                                             : bulletin->latest[news->topic];
}

static void latest_remove(struct ald_bulletin *bulletin, struct ald_bulletin_item *item)
{
    if (item->is_latest && item->news->topic == ALD_TOPIC_PRESENCE) {
        ald_table_remove(&bulletin->presences, item->news->name);
    } else if (item->is_latest) {
        bulletin->latest[item->news->topic] = NULL;
    }
    item->is_latest = false;
}

/* What memory is too short to remember is told beside what comes after it. */
static void latest_add(struct ald_hub *hub, struct ald_bulletin_item *item)
{
    struct ald_bulletin *bulletin = &hub->bulletin;

    if (!news_is_state(item->news)) {
        return;
    }
    if (item->news->topic != ALD_TOPIC_PRESENCE) {
        bulletin->latest[item->news->topic] = item;
        item->is_latest = true;
    } else if (ald_table_add(&bulletin->presences, item->news->name, item) == 0) {
        item->is_latest = true;
    } else {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
}

static void item_free(struct ald_bulletin *bulletin, struct ald_bulletin_item *item)
{
    latest_remove(bulletin, item);
    ald_news_unref(item->news);
    free(item);
}

/* The oldest place is free again. */
static void bulletin_drop_first(struct ald_bulletin *bulletin)
{
    struct ald_bulletin_item **place = bulletin_place(bulletin, bulletin->first);

    if (*place != NULL) {
        item_free(bulletin, *place);
        *place = NULL;
    }
    bulletin->first++;
}

static void bulletin_reap(struct ald_bulletin *bulletin)
{
    for (int n = 0; n < BULLETIN_REAP_MAX && bulletin->first < bulletin->settled; n++) {
        bulletin_drop_first(bulletin);
    }
}

void ald_bulletin_fini(struct ald_bulletin *bulletin)
{
    ald_assert(ald_list_empty(&bulletin->told) && ald_list_empty(&bulletin->untold));
    while (bulletin->first < bulletin->end) {
        bulletin_drop_first(bulletin);
    }
    ald_table_fini(&bulletin->presences);
    free(bulletin->ring);
    bulletin->ring = NULL;
}

/* Room for more places; each keeps its number. */
static int bulletin_grow(struct ald_bulletin *bulletin)
{
    struct ald_bulletin wider = *bulletin;

    wider.room = bulletin->room > 0 ? bulletin->room * 2 : BULLETIN_ROOM_MIN;
    wider.ring = calloc(wider.room, sizeof(struct ald_bulletin_item *));
    if (wider.ring == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (uint64_t number = bulletin->first; number < bulletin->end; number++) {
        *bulletin_place(&wider, number) = *bulletin_place(bulletin, number);
    }
    free(bulletin->ring);
    bulletin->ring = wider.ring;
    bulletin->room = wider.room;
    return 0;
}

static int bulletin_make_room(struct ald_bulletin *bulletin)
{
    int r = 0;

    bulletin_reap(bulletin);
    if (bulletin->end - bulletin->first < bulletin->room) {
        return 0;
    }
    if (bulletin->room < ALD_BULLETIN_MAX) {
        r = bulletin_grow(bulletin);
    } else {
        bulletin_drop_first(bulletin); /* who has not heard it will see that it is gone */
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* It says nothing any more that is true; who has not heard it hears what comes instead. */
static void bulletin_supersede(struct ald_hub *hub, const struct ald_news *news)
{
    struct ald_bulletin *bulletin = &hub->bulletin;
    struct ald_bulletin_item *item = news_is_state(news) ? latest_find(bulletin, news) : NULL;

    if (item == NULL) {
        return;
    }
    if (item->number >= bulletin->settled) {
        ald_hub_count(hub, ALD_N_NEWS_SUPERSEDED);
    }
    *bulletin_place(bulletin, item->number) = NULL;
    item_free(bulletin, item);
}

void ald_bulletin_push(struct ald_hub *hub, struct ald_news *news)
{
    struct ald_bulletin *bulletin = &hub->bulletin;
    struct ald_bulletin_item *item = malloc(sizeof(*item));

    if (item == NULL || bulletin_make_room(bulletin) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_NEWS_DROPPED);
        ald_news_unref(news);
        free(item);
        return;
    }
    bulletin_supersede(hub, news);
    *item = (struct ald_bulletin_item){.news = news, .number = bulletin->end++};
    latest_add(hub, item);
    *bulletin_place(bulletin, item->number) = item;
    ald_list_splice_back(&bulletin->untold, &bulletin->told);
    hub->work.pending = true;
}

/* --- hearers ---------------------------------------------------------------------------------------------------- */

/* If everybody has heard everything, nothing of it is needed any more. */
static void bulletin_settle(struct ald_bulletin *bulletin)
{
    if (ald_list_empty(&bulletin->untold) && bulletin->n_passed == 0) {
        bulletin->settled = bulletin->end;
        bulletin_reap(bulletin);
    }
}

void ald_bulletin_join(struct ald_hub *hub, struct ald_party *party)
{
    if (ald_node_linked(&party->hearing)) {
        return;
    }
    party->hears_next = hub->bulletin.end;
    ald_list_push_back(&hub->bulletin.told, &party->hearing);
    hub->bulletin.n_hearers++;
}

static void hearer_unlink(struct ald_bulletin *bulletin, struct ald_party *party)
{
    if (bulletin->untold.next == &party->hearing) {
        bulletin->run = 0;
    }
    if (party->is_passed) {
        party->is_passed = false;
        bulletin->n_passed--;
    }
    ald_node_remove(&party->hearing);
}

void ald_bulletin_part(struct ald_hub *hub, struct ald_party *party)
{
    if (ald_node_linked(&party->hearing)) {
        hearer_unlink(&hub->bulletin, party);
        hub->bulletin.n_hearers--;
        bulletin_settle(&hub->bulletin);
        hub->work.pending = true; /* there may be something to be freed */
    }
}

void ald_bulletin_wake(struct ald_hub *hub, struct ald_party *party)
{
    if (party->is_passed) {
        hearer_unlink(&hub->bulletin, party);
        ald_list_push_back(&hub->bulletin.untold, &party->hearing);
        hub->work.pending = true;
    }
}

static void hearer_pass_over(struct ald_bulletin *bulletin, struct ald_party *party)
{
    hearer_unlink(bulletin, party);
    ald_list_push_back(&party->conn->unheard, &party->hearing);
    party->is_passed = true;
    bulletin->n_passed++;
}

static void hearer_is_told(struct ald_bulletin *bulletin, struct ald_party *party)
{
    hearer_unlink(bulletin, party);
    party->hears_next = bulletin->end;
    ald_list_push_back(&bulletin->told, &party->hearing);
    bulletin_settle(bulletin);
}

/* With a session that has to catch up, or none to tell it to, nothing of this is waited for. */
static void hearer_misses(struct ald_hub *hub, struct ald_party *party, uint64_t until)
{
    hub->counters[ALD_N_NEWS_MISSED] += until - party->hears_next;
    party->hears_next = until;
}

static bool hearer_wants(const struct ald_party *party, const struct ald_news *news)
{
    return news->topic == ALD_TOPIC_LOAD ? party->wants_load : (party->traits & ALD_CAN_NEWS) != 0;
}

/* The next piece that is there; NULL: none, or not yet. */
static struct ald_bulletin_item *hearer_next(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_bulletin *bulletin = &hub->bulletin;
    struct ald_bulletin_item *item = NULL;

    if (party->hears_next < bulletin->first) {
        hearer_misses(hub, party, bulletin->first);
    }
    for (int n = 0; n < BULLETIN_SKIP_MAX && item == NULL && party->hears_next < bulletin->end; n++) {
        item = *bulletin_place(bulletin, party->hears_next);
        party->hears_next++;
    }
    return item;
}

static void hearer_tell(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);
    struct ald_bulletin_item *item = hearer_next(hub, party);

    if (item != NULL && hearer_wants(party, item->news)) {
        signal.news = ald_news_ref(item->news);
        ald_hub_count(hub, ald_party_offer(hub, party, &signal) ? ALD_N_NEWS_TOLD : ALD_N_NEWS_MISSED);
    }
}

void ald_bulletin_work(struct ald_hub *hub)
{
    struct ald_bulletin *bulletin = &hub->bulletin;
    struct ald_node *node = ald_list_first(&bulletin->untold);
    struct ald_party *party = node != NULL ? ald_list_entry(node, struct ald_party, hearing) : NULL;

    if (bulletin->first < bulletin->settled || party == NULL) {
        bulletin_reap(bulletin);
        return;
    }
    if (party->conn != NULL && ald_hub_conn_hears(party->conn) && party->conn->choked) {
        hearer_pass_over(bulletin, party);
        return;
    }
    if (ald_party_is_choked(party)) {
        hearer_misses(hub, party, bulletin->end);
    } else {
        hearer_tell(hub, party);
    }
    if (party->hears_next == bulletin->end) {
        hearer_is_told(bulletin, party);
    } else if (++bulletin->run >= ALD_BULLETIN_RUN_MAX) {
        bulletin->run = 0;
        ald_node_remove(&party->hearing);
        ald_list_push_back(&bulletin->untold, &party->hearing);
    }
}

/* --- invariants ------------------------------------------------------------------------------------------------- */

struct check_sums {
    uint32_t n_hearers, n_wants_load;
};

static void check_hearers(const struct ald_bulletin *bulletin, const struct ald_node *list, bool is_passed,
                          struct check_sums *sums)
{
    ald_list_each (it, list) {
        const struct ald_party *party = ald_list_entry(it, const struct ald_party, hearing);

        ald_assert(party->is_passed == is_passed);
        ald_assert(party->wants_load || (party->traits & ALD_CAN_NEWS) != 0);
        ald_assert(party->hears_next <= bulletin->end);
        ald_assert(list != &bulletin->told || party->hears_next == bulletin->end);
        ald_assert(party->hears_next >= bulletin->settled);
        sums->n_hearers++;
        sums->n_wants_load += party->wants_load ? 1 : 0;
    }
}

static void check_items(const struct ald_bulletin *bulletin)
{
    size_t n_presences = 0;

    ald_assert(bulletin->first <= bulletin->end && bulletin->settled <= bulletin->end);
    ald_assert(bulletin->end - bulletin->first <= bulletin->room);
    for (uint64_t number = bulletin->first; number < bulletin->end; number++) {
        const struct ald_bulletin_item *item = *bulletin_place(bulletin, number);

        if (item != NULL) {
            ald_assert(item->number == number);
            n_presences += item->is_latest && item->news->topic == ALD_TOPIC_PRESENCE ? 1 : 0;
            ald_assert(!item->is_latest || latest_find(bulletin, item->news) == item);
        }
    }
    ald_assert(bulletin->presences.n_entries == n_presences);
}

void ald_bulletin_check(const struct ald_hub *hub)
{
    const struct ald_bulletin *bulletin = &hub->bulletin;
    struct check_sums sums = {0};
    uint32_t n_passed;

    check_items(bulletin);
    check_hearers(bulletin, &bulletin->told, false, &sums);
    check_hearers(bulletin, &bulletin->untold, false, &sums);
    n_passed = sums.n_hearers;
    ald_list_each (it, &hub->conns) {
        check_hearers(bulletin, &ald_list_entry(it, const struct ald_hub_conn, node)->unheard, true, &sums);
    }
    ald_list_each (it, &hub->work.ended) {
        check_hearers(bulletin, &ald_list_entry(it, const struct ald_hub_conn, node)->unheard, true, &sums);
    }
    ald_assert(sums.n_hearers - n_passed == bulletin->n_passed);
    ald_assert(sums.n_hearers == bulletin->n_hearers);
    ald_assert(sums.n_wants_load == hub->world.n_wants_load);
}
