/* Two hubs, one of which calls the other. */

#include "lib/exchange_pair.h"
#include "lib/test.h"
#include "wire/exchange/exchange_impl.h"

static const struct ald_identity deck = {.hub = {"deck", 4}, .address = {"10.0.0.1:4042", 13}};
static const struct ald_identity bridge = {.hub = {"bridge", 6}};

/* `hub` is who was called, `party` who calls. */
static void link_open_as(struct pair *pair, const struct ald_identity *called, uint32_t variant)
{
    const struct ald_identity *const identities[] = {called, &deck};
    struct pair_end *const ends[] = {&pair->hub, &pair->party};

    *pair = (struct pair){.now = 1000 * ALD_SEC};
    ald_check_int(ald_msg_pool_new(16, &pair->messages), 0);
    for (size_t i = 0; i < 2; i++) {
        const struct ald_dialect_facts facts = {
            .role = ALD_ROLE_HUB,
            .options = &pair_options,
            .messages = pair->messages,
            .counters = ends[i]->counters,
            .spare = &pair->spare,
            .seed = 7 + i,
            .now = pair->now,
            .identity = identities[i],
            .variant = i == 0 ? variant : variant | ALD_EXCHANGE_HUB,
        };

        ald_check_int(ald_exchange.open(&facts, &ends[i]->dialect), 0);
    }
}

static void link_open(struct pair *pair)
{
    link_open_as(pair, &bridge, ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED);
}

/* Both have heard who the other is. */
static void link_greet(struct pair *pair)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_signal heard = {0};

    link_open(pair);
    ald_check_int((int)pair_carry(pair, &pair->party, &pair->hub), 1);
    ald_check(pair_next(&pair->hub, &heard));
    verdict.target = heard.target;
    heard = pair_say(pair, &pair->hub, &pair->party, &verdict);
    ald_check_int(heard.kind, ALD_SIGNAL_REGISTER);
}

ALD_TEST(link, both_hear_who_the_other_is)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_signal heard = {0};
    struct pair pair;

    link_open(&pair);
    ald_check_int((int)pair_carry(&pair, &pair.party, &pair.hub), 1);
    ald_check(pair_next(&pair.hub, &heard));
    ald_check_int(heard.kind, ALD_SIGNAL_REGISTER);
    ald_check_str(heard.target, "hub:deck");
    ald_check_int(heard.greeting->peering, ALD_PEERING_ROUTES);
    ald_check_str(heard.greeting->hub, "deck");
    ald_check_str(heard.greeting->address, "10.0.0.1:4042");
    ald_check((heard.traits & ALD_CAN_HEALTH) == 0 && (heard.traits & ALD_CAN_PRIMARY) == 0);

    verdict.target = heard.target;
    heard = pair_say(&pair, &pair.hub, &pair.party, &verdict);
    ald_check_int(heard.kind, ALD_SIGNAL_REGISTER);
    ald_check_str(heard.target, "hub:bridge");
    ald_check_str(heard.greeting->hub, "bridge");
    ald_check(!ald_str_present(heard.greeting->address));
    pair_close(&pair);
}

ALD_TEST(link, the_callers_own_verdict_is_no_frame_and_a_denial_ends_it)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_signal heard = {0};
    struct pair pair;

    link_greet(&pair);
    pair_emit(&pair, &pair.party, &verdict);
    ald_check_int((int)pair_carry(&pair, &pair.party, &pair.hub), 0);
    verdict = ald_signal_of(ALD_SIGNAL_DENIED);
    pair_emit(&pair, &pair.party, &verdict);
    ald_check(pair_next(&pair.party, &heard));
    ald_check_int(heard.kind, ALD_SIGNAL_CLOSE);
    ald_check_int(heard.code, 1008);
    pair_close(&pair);
}

ALD_TEST(link, a_command_brings_its_way_and_takes_it_along)
{
    const struct ald_address to = {.hub = ALD_STR("far"), .target = ALD_STR("lamp")};
    const struct ald_travel travel = {.hub = ALD_STR("origin"), .hops = 3};
    struct ald_signal said = ald_signal_of(ALD_SIGNAL_COMMAND);
    struct ald_signal heard;
    struct pair pair;

    link_greet(&pair);
    ald_check_int(ald_msg_new(pair.messages, ALD_COMMAND, &said.msg), 0);
    ald_check_int(ald_msg_set(said.msg, &said.msg->name, ALD_STR("BLINK")), 0);
    ald_check_int(ald_msg_set_address(said.msg, &said.msg->to, &to), 0);
    ald_msg_seal(said.msg);
    said.id = ald_id_make(1, 2);
    said.ttl = 1500 * ALD_MSEC;
    said.from = ALD_STR("oven");
    said.travel = &travel;
    heard = pair_say(&pair, &pair.party, &pair.hub, &said);
    ald_check_int(heard.kind, ALD_SIGNAL_COMMAND);
    ald_check_str(heard.travel->hub, "origin");
    ald_check_int((int)heard.travel->hops, 3);
    ald_check_str(heard.msg->from.target, "oven");
    ald_check_str(heard.msg->to.hub, "far");
    ald_check_int((int)(heard.msg->ttl / ALD_MSEC), 1500);
    ald_signal_clear(&heard);

    said.travel = NULL; /* one of its own */
    heard = pair_say(&pair, &pair.hub, &pair.party, &said);
    ald_check_str(heard.travel->hub, "bridge");
    ald_check_int((int)heard.travel->hops, 0);
    ald_signal_clear(&heard);
    ald_signal_clear(&said);
    pair_close(&pair);
}

ALD_TEST(link, a_broadcast_is_known_again)
{
    const struct ald_address to = {.target = ALD_STR("oven"), .scope = ALD_SCOPE_EVERYWHERE};
    const struct ald_travel travel = {
        .id = ALD_STR("origin-17"), .informed = ALD_STR("10.0.0.1,10.0.0.2"), .hops = 1, .until = 1795226633 * ALD_SEC};
    struct ald_signal said = ald_signal_of(ALD_SIGNAL_EVENT);
    struct ald_signal heard;
    struct pair pair;

    link_greet(&pair);
    ald_check_int(ald_msg_new(pair.messages, ALD_EVENT, &said.msg), 0);
    ald_check_int(ald_msg_set(said.msg, &said.msg->name, ALD_STR("NOISE")), 0);
    ald_check_int(ald_msg_set_address(said.msg, &said.msg->to, &to), 0);
    said.msg->flags = ALD_MSG_EVERYONE | ALD_MSG_REPORT;
    ald_msg_seal(said.msg);
    said.travel = &travel;
    heard = pair_say(&pair, &pair.hub, &pair.party, &said);
    ald_check_int(heard.kind, ALD_SIGNAL_EVENT);
    ald_check_str(heard.travel->id, "origin-17");
    ald_check_str(heard.travel->informed, "10.0.0.1,10.0.0.2");
    ald_check(heard.travel->until == 1795226633 * ALD_SEC);
    ald_check_int((int)heard.msg->to.scope, ALD_SCOPE_EVERYWHERE);
    ald_check_str(heard.msg->to.target, "oven");
    ald_check_int((int)heard.msg->flags, ALD_MSG_EVERYONE | ALD_MSG_REPORT);
    ald_signal_clear(&heard);
    ald_signal_clear(&said);
    pair_close(&pair);
}

ALD_TEST(link, a_hub_may_say_what_an_agent_may_not)
{
    struct ald_signal said = ald_signal_of(ALD_SIGNAL_REPLY);
    struct ald_signal heard;
    struct pair pair;
    char id[ALD_ID_TEXT];

    link_greet(&pair);
    ald_id_format(ald_id_make(1, 2), id);
    ald_check_int(ald_msg_new(pair.messages, ALD_COMMAND, &said.request), 0);
    ald_check_int(ald_msg_set(said.request, &said.request->wire_id, ald_str_of(id, sizeof(id))), 0);
    ald_check_int(ald_msg_set(said.request, &said.request->name, ALD_STR("BLINK")), 0);
    ald_msg_seal(said.request);
    said.outcome = ALD_LOST;
    said.cause = ALD_CAUSE_LINK_ENDED;
    said.phase = ALD_PHASE_SENT;
    heard = pair_say(&pair, &pair.hub, &pair.party, &said);
    ald_check_int(heard.kind, ALD_SIGNAL_REPLY);
    ald_check_int(heard.outcome, ALD_LOST);
    ald_check_int(heard.cause, ALD_CAUSE_LINK_ENDED);
    ald_check(ald_id_equal(heard.id, ald_id_make(1, 2)));
    ald_signal_clear(&heard);
    ald_signal_clear(&said);
    pair_close(&pair);
}

ALD_TEST(link, who_says_another_name_than_its_own_is_refused)
{
    struct ald_signal heard = {0};
    struct pair pair;

    pair_open(&pair, ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED);
    pair.hub.dialect = ald_dialect_free(pair.hub.dialect);
    pair_end_open(&pair, &pair.hub, ALD_ROLE_HUB, ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, &pair_options);
    ((struct ald_exchange *)pair.hub.dialect)->identity = &bridge;
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:COMMAND;;et:HELLO;;e:{\"id\":\"1\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"hub:a\","
                      "\"hub\":\"b\"}}"));
    ald_check(pair_next(&pair.hub, &heard));
    ald_check_int(heard.kind, ALD_SIGNAL_CLOSE);
    ald_check_int(heard.code, 1008);
    pair_close(&pair);
}

ALD_TEST(link, a_hub_that_speaks_the_plain_protocol_is_left)
{
    struct ald_signal heard = {0};
    struct pair pair;

    link_open_as(&pair, &bridge, ALD_EXCHANGE_V1);
    ald_check(pair_next(&pair.party, &heard));
    ald_check_int(heard.kind, ALD_SIGNAL_CLOSE);
    pair_close(&pair);
}

ALD_TEST_MAIN(link, ALD_CASE(link, both_hear_who_the_other_is),
              ALD_CASE(link, the_callers_own_verdict_is_no_frame_and_a_denial_ends_it),
              ALD_CASE(link, a_command_brings_its_way_and_takes_it_along), ALD_CASE(link, a_broadcast_is_known_again),
              ALD_CASE(link, a_hub_may_say_what_an_agent_may_not),
              ALD_CASE(link, who_says_another_name_than_its_own_is_refused),
              ALD_CASE(link, a_hub_that_speaks_the_plain_protocol_is_left))
