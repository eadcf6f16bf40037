#include "sim/subscriber.h"

#include <inttypes.h>
#include <stdio.h>

#include "hub/note.h"
#include "hub/view.h"
#include "sim/checker.h"
#include "sim/world.h"

/* What may be on its way when all is well. */
#define SUBSCRIBER_SLACK (3 * ALD_SEC)

#define SUBSCRIBER_NAME "tide"

/* For whom an event is, and what a subscriber wants: all, or one of two. */
static const char *const subscriber_filters[] = {NULL, "north", "south"};

struct sim_published {
    struct sim_published *next;
    uint64_t number;
    ald_wall at; /* 0: the hub has not noted it */
    uint8_t filter;
};

struct sim_subscription {
    struct ald_subscription asked; /* what the hub is shown */
    const struct sim_link *link;   /* without a session it ends with that, */
    uint64_t lineage;              /* else with this */
    uint8_t filter;
    bool answered, removed; /* `removed`: it was asked to end */
    bool begun;             /* `reached` is where it goes on */
    ald_wall reached;       /* it has everything up to there, or knows that it has not */
    ald_wall hole;          /* an event up to there was left out before the answer, */
    ald_wall gap;           /* which says so */
    ald_wall noted;  /* what came up to here was published before it asked; once answered, before the answer came */
    uint64_t missed; /* what the hub had counted as missed */
};

static uint64_t missed_count(const struct sim_hub *hub)
{
    return hub->hub == NULL ? 0
                            : ald_hub_counter(hub->hub, ALD_N_BROADCASTS_MISSED) +
                                  ald_hub_counter(hub->hub, ALD_N_BROADCASTS_DROPPED);
}

static bool filters_meet(uint8_t one, uint8_t other)
{
    return one == 0 || other == 0 || one == other;
}

static bool subscription_lives(const struct sim_party *party)
{
    const struct sim_subscription *subscription = party->subscription;

    if (subscription == NULL || party->link == NULL) {
        return false;
    }
    return party->session != 0 ? subscription->lineage == party->lineage : subscription->link == party->link;
}

/* --- what they say -------------------------------------------------------------------------------------------------- */

static void subscriber_publish(struct sim_party *party)
{
    struct sim_world *world = party->world;
    struct sim_published *published = sim_arena_get(&world->arena, sizeof(*published));
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    char text[24];
    int size, r;

    *published = (struct sim_published){.number = ++world->n_published,
                                        .filter = (uint8_t)sim_below(world, ALD_COUNT(subscriber_filters))};
    *(world->published_last != NULL ? &world->published_last->next : &world->published) = published;
    world->published_last = published;
    size = snprintf(text, sizeof(text), "%" PRIu64, published->number);
    r = ald_msg_new(world->messages, ALD_EVENT, &signal.msg);
    ald_assert(r == 0);
    r = ald_msg_set(signal.msg, &signal.msg->name, ALD_STR(SUBSCRIBER_NAME));
    ald_assert(r == 0);
    r = ald_msg_set(signal.msg, &signal.msg->to.target, ALD_STR(""));
    ald_assert(r == 0);
    r = ald_msg_set(signal.msg, &signal.msg->filters, ald_str(subscriber_filters[published->filter]));
    ald_assert(r == 0);
    r = ald_slice_copy(ald_str_of(text, (size_t)size), &signal.msg->payload);
    ald_assert(r == 0);
    ald_msg_seal(signal.msg);
    sim_note(world, SIM_FACT_PUBLISHES, 0, party, published->number, NULL);
    sim_party_say(party, &signal);
}

static void subscription_say(struct sim_party *party)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);

    signal.subscription = &party->subscription->asked;
    sim_note(party->world, SIM_FACT_SUBSCRIBES, 0, party, 0, party->subscription->removed ? "no more" : "from now on");
    sim_party_say(party, &signal);
}

static void subscriber_ask(struct sim_party *party, ald_wall since, uint8_t filter)
{
    struct sim_world *world = party->world;
    struct sim_subscription *subscription = sim_arena_get(&world->arena, sizeof(*subscription));

    *subscription = (struct sim_subscription){
        .asked = {.name = ALD_STR(SUBSCRIBER_NAME),
                  .filters = ald_str(subscriber_filters[filter]),
                  .since = since,
                  .action = sim_chance(world, 500) ? ALD_SUBSCRIBE_ADD : ALD_SUBSCRIBE_REPLACE},
        .link = party->link,
        .lineage = party->lineage,
        .filter = filter,
        .begun = since != 0 && since != UINT64_MAX,
        .reached = since != UINT64_MAX ? since : 0,
        .noted = ald_hub_noted(party->hub->hub),
        .missed = missed_count(party->hub),
    };
    party->subscription = subscription;
    subscription_say(party);
}

/* It wants no more: what still comes until the answer comes in its order. */
static void subscriber_take_back(struct sim_party *party)
{
    struct sim_world *world = party->world;
    struct sim_subscription *subscription = sim_arena_get(&world->arena, sizeof(*subscription));

    *subscription = *party->subscription;
    subscription->asked.action = ALD_SUBSCRIBE_REMOVE;
    subscription->asked.filters = ALD_STR_NONE;
    subscription->removed = true;
    party->subscription = subscription;
    subscription_say(party);
}

/* Some time: all there is, nothing, or a moment that may lie before what the hub remembers. */
static ald_wall subscriber_since(struct sim_world *world, const struct sim_hub *hub)
{
    uint64_t kind = sim_below(world, 10);

    return kind < 2   ? 0
           : kind < 4 ? UINT64_MAX
                      : hub->config.wall + (sim_now(world) - world->start) - sim_below(world, 20 * ALD_SEC);
}

void sim_subscriber_act(struct sim_party *party)
{
    struct sim_world *world = party->world;

    if (!sim_party_ready(party) || party->hub->hub == NULL) {
        return;
    }
    if (sim_chance(world, 700)) {
        subscriber_publish(party);
    } else if (!subscription_lives(party)) {
        subscriber_ask(party, subscriber_since(world, party->hub),
                       (uint8_t)sim_below(world, ALD_COUNT(subscriber_filters)));
    } else if (party->subscription->answered && !party->subscription->removed && sim_chance(world, 300)) {
        subscriber_take_back(party);
    }
}

void sim_subscriber_ready(struct sim_party *party)
{
    const struct sim_subscription *subscription = party->subscription;

    if (subscription != NULL && !subscription->removed && !subscription_lives(party) && party->hub->hub != NULL) {
        subscriber_ask(party, subscription->begun ? subscription->reached : 0, subscription->filter);
    }
}

/* --- what they hear ------------------------------------------------------------------------------------------------- */

static struct sim_published *published_find(const struct sim_world *world, const struct ald_msg *msg)
{
    struct sim_published *it = world->published;
    uint64_t number;

    if (!ald_str_equal(msg->name, ALD_STR(SUBSCRIBER_NAME)) || ald_str_u64(ald_slice_str(msg->payload), &number) != 0) {
        return NULL;
    }
    while (it != NULL && it->number != number) {
        it = it->next;
    }
    return it;
}

/* The latest that it should have heard, and was not told that it has not, later than `after` and before `until`; NULL: none. */
static const struct sim_published *published_between(const struct sim_world *world,
                                                     const struct sim_subscription *subscription, ald_wall after,
                                                     ald_wall until)
{
    const struct sim_published *found = NULL;

    for (const struct sim_published *it = world->published; it != NULL; it = it->next) {
        if (it->at > ALD_MAX(after, subscription->gap) && it->at < until &&
            filters_meet(it->filter, subscription->filter) && (found == NULL || it->at > found->at)) {
            found = it;
        }
    }
    return found;
}

static void subscription_hears(struct sim_party *party, const struct sim_published *published)
{
    struct sim_subscription *subscription = party->subscription;
    const struct sim_published *left_out;

    if (!filters_meet(published->filter, subscription->filter)) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL, "%s hears event %" PRIu64 ", which is not for its filter",
                     party->name, published->number);
    }
    if (published->at <= subscription->reached) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL,
                     "%s hears event %" PRIu64 " again, or of a time it did not ask for", party->name,
                     published->number);
    }
    left_out = subscription->begun ? published_between(party->world, subscription, subscription->reached, published->at)
                                   : NULL;
    if (left_out != NULL && !subscription->answered) {
        subscription->hole = ALD_MAX(subscription->hole, left_out->at);
    } else if (left_out != NULL && missed_count(party->hub) == subscription->missed) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL, "%s hears event %" PRIu64 ", and never heard %" PRIu64,
                     party->name, published->number, left_out->number);
    }
    subscription->begun = true;
    subscription->reached = published->at;
}

bool sim_subscriber_event(struct sim_party *party, const struct ald_signal *signal)
{
    const struct sim_published *published = published_find(party->world, signal->msg);

    if (published == NULL) {
        return false;
    }
    sim_note(party->world, SIM_FACT_HEARS_PUBLISHED, 0, party, published->number, NULL);
    if (!subscription_lives(party)) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL, "%s hears event %" PRIu64 ", who has not subscribed",
                     party->name, published->number);
        return true;
    }
    subscription_hears(party, published);
    return true;
}

void sim_subscriber_answer(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_subscription *subscription = party->subscription;
    const struct sim_published *left_out;

    if (!subscription_lives(party)) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL, "%s is answered what it did not ask", party->name);
        return;
    }
    if (subscription->removed) {
        party->subscription = NULL;
        return;
    }
    left_out = subscription->begun
                   ? published_between(party->world, subscription, subscription->reached, subscription->noted + 1)
                   : NULL;
    if (left_out != NULL) {
        subscription->hole = ALD_MAX(subscription->hole, left_out->at);
    }
    if (signal->cause != ALD_CAUSE_NONE || signal->gap < subscription->hole) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL,
                     "%s was left out of what it asked for, and is not told so", party->name);
    }
    sim_note(party->world, SIM_FACT_SUBSCRIBED, 0, party, 0, signal->gap != 0 ? "with a gap" : "with all there was");
    subscription->answered = true;
    subscription->gap = signal->gap;
    if (party->hub->hub != NULL) { /* else it has crashed since it said so, and the subscription ends with the link */
        subscription->noted = ald_hub_noted(party->hub->hub);
    }
}

/* --- what there is to hear -------------------------------------------------------------------------------------------- */

void sim_subscriber_note(struct sim_hub *hub, const struct ald_note *note)
{
    bool is_published = ald_str_present(note->to.target) && note->to.target.size == 0 && note->msg != NULL &&
                        (ald_str_equal(note->change, ALD_STR("spread")) || note->cause == ALD_CAUSE_BUSY);
    struct sim_published *published = is_published ? published_find(hub->world, note->msg) : NULL;

    if (published != NULL) {
        published->at = note->at;
    }
}

static void party_check(const struct sim_party *party)
{
    const struct sim_world *world = party->world;
    const struct sim_subscription *subscription = party->subscription;
    ald_wall now = party->hub->config.wall + (sim_now(world) - world->start);
    const struct sim_published *left_out;

    if (!sim_party_ready(party) || !subscription_lives(party) || subscription->removed || !subscription->answered ||
        party->link->pipes[SIM_DOWN].deaf || missed_count(party->hub) != subscription->missed) {
        return;
    }
    left_out = published_between(world, subscription, subscription->begun ? subscription->reached : subscription->noted,
                                 now - SUBSCRIBER_SLACK);
    if (left_out != NULL) {
        sim_complain(party->world, SIM_RULE_SUBSCRIBED, NULL, "%s never heard event %" PRIu64, party->name,
                     left_out->number);
    }
}

void sim_subscriber_check(struct sim_world *world)
{
    for (uint32_t n = 0; n < world->n_parties; n++) {
        if (world->parties[n]->hub != NULL && world->parties[n]->hub->hub != NULL) {
            party_check(world->parties[n]);
        }
    }
}
