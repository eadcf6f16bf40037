#include "wire/exchange/exchange_test.h"

/* --- timers ----------------------------------------------------------------------------------------------------- */

ALD_TEST(exchange, hub_waits_for_the_hello_only_so_long)
{
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    pass_until(&pair, &pair.hub, 1010 * ALD_SEC);
    check_next(&pair.hub, ALD_ROLE_HUB,
               "close 1002 text=Hello Command is first expected to initialize the exchange channel");
    check_quiet(&pair.hub);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_HELLO_TIMEOUT], 1);
    ald_check(ald_dialect_deadline(pair.hub.dialect) == ALD_NEVER);
    close_pair(&pair);
}

ALD_TEST(exchange, party_waits_for_the_answer_only_so_long)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    pair_emit(&pair, &pair.party, &hello);
    pass_until(&pair, &pair.party, 1010 * ALD_SEC);
    check_next(&pair.party, ALD_ROLE_PARTY, "close 1002 text=Hello handshake timed out");
    close_pair(&pair);
}

ALD_TEST(exchange, hub_that_never_decides_is_not_the_peers_fault)
{
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:COMMAND;;e:{\"id\":\"h1\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"t\"}}"));
    check_next(&pair.hub, ALD_ROLE_HUB, "register target=t traits+health+primary+confirm+leave");
    pass_until(&pair, &pair.hub, 1010 * ALD_SEC);
    check_next(&pair.hub, ALD_ROLE_HUB, "close 1011 text=Unexpected error while registering channel");
    close_pair(&pair);
}

ALD_TEST(exchange, both_ends_ping_from_the_hello_on)
{
    struct pair pair;

    open_ready(&pair, V1);
    for (ald_usec now = 1005; now <= 1060; now += 5) {
        pass_until(&pair, &pair.hub, now * ALD_SEC);
        check_ping(&pair.hub);
        pass_until(&pair, &pair.party, now * ALD_SEC);
        check_ping(&pair.party);
        ald_dialect_alive(pair.hub.dialect, pair.now);
        ald_dialect_alive(pair.party.dialect, pair.now);
    }
    check_quiet(&pair.hub);
    close_pair(&pair);
}

ALD_TEST(exchange, closes_when_nothing_follows_a_ping)
{
    struct pair pair;

    open_ready(&pair, V1);
    for (ald_usec now = 1005; now < 1020; now += 5) {
        pass_until(&pair, &pair.party, now * ALD_SEC);
        check_ping(&pair.party);
        check_quiet(&pair.party);
    }
    pass_until(&pair, &pair.party, 1020 * ALD_SEC); /* 15 s after the first of them */
    check_next(&pair.party, ALD_ROLE_PARTY, "close 1011 text=No sign of life after a ping");
    check_no_frame(&pair.party);
    ald_check_int(pair.party.counters[ALD_EXCHANGE_N_PONG_TIMEOUT], 1);
    close_pair(&pair);
}

ALD_TEST(exchange, takes_any_message_for_a_sign_of_life)
{
    struct pair pair;

    open_ready(&pair, V1);
    for (ald_usec now = 1005; now <= 1100; now += 5) {
        pass_until(&pair, &pair.hub, now * ALD_SEC);
        check_ping(&pair.hub);
        pair_feed_kind(&pair, &pair.hub, now % 10 == 0 ? ALD_FRAME_PONG : ALD_FRAME_BINARY, ALD_STR(""));
    }
    check_quiet(&pair.hub);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_EMPTY_FRAME], 10);
    close_pair(&pair);
}

ALD_TEST(exchange, takes_no_limit_from_a_zero)
{
    const struct ald_dialect_options options = {.message_max = 1000};
    struct pair pair;

    pair_open_with(&pair, V1, &options);
    ald_check(ald_dialect_deadline(pair.hub.dialect) == ALD_NEVER);
    pair_greet(&pair);
    ald_check(ald_dialect_deadline(pair.hub.dialect) == ALD_NEVER);
    ald_check(ald_dialect_deadline(pair.party.dialect) == ALD_NEVER);
    pair_close(&pair);
}

ALD_TEST(exchange, ticks_too_early_without_effect)
{
    struct pair pair;

    open_ready(&pair, V1);
    ald_check_int(ald_dialect_tick(pair.hub.dialect, 1004 * ALD_SEC), 0);
    check_no_frame(&pair.hub);
    close_pair(&pair);
}

/* --- handshake -------------------------------------------------------------------------------------------------- */

ALD_TEST(exchange, refused_hello_hears_why_before_the_door_shuts)
{
    struct ald_signal denied = ald_signal_of(ALD_SIGNAL_DENIED);
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:COMMAND;;e:{\"id\":\"h1\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"t\"}}"));
    check_next(&pair.hub, ALD_ROLE_HUB, "register target=t traits+health+primary+confirm+leave");
    denied.text = ALD_STR("not you");
    denied.ordinal = 3;
    pair_emit(&pair, &pair.hub, &denied);
    check_frame(&pair.hub, "t:REPLY;;et:HELLO;;e:{\"commandId\":\"h1\",\"type\":\"HELLO\",\"commandStatus\":\"ERROR\","
                           "\"errorDetails\":\"not you\"}");
    check_next(&pair.hub, ALD_ROLE_HUB, "close 1008 text=Hello refused");
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_HELLO_REFUSED], 1);
    close_pair(&pair);
}

ALD_TEST(exchange, party_that_was_refused_may_ask_again)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_signal denied = ald_signal_of(ALD_SIGNAL_DENIED);
    struct ald_signal heard;
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    heard = pair_say(&pair, &pair.party, &pair.hub, &hello);
    ald_check_int(heard.target.size, ALD_ID_TEXT); /* a fresh name, as the stock connector proposes */
    denied.text = ALD_STR("not now");
    heard = pair_say(&pair, &pair.hub, &pair.party, &denied);
    ald_check_int(heard.kind, ALD_SIGNAL_DENIED);
    ald_check_str(heard.text, "not now");
    pair_emit(&pair, &pair.party, &hello);
    check_one_frame(&pair.party);
    close_pair(&pair);
}

ALD_TEST(exchange, refuses_a_second_hello_while_it_thinks)
{
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:COMMAND;;e:{\"id\":\"h1\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"t\"}}"));
    check_next(&pair.hub, ALD_ROLE_HUB, "register target=t traits+health+primary+confirm+leave");
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:COMMAND;;e:{\"id\":\"h2\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"u\"}}"));
    check_quiet(&pair.hub);
    check_frame(&pair.hub, "t:REPLY;;et:HELLO;;e:{\"commandId\":\"h2\",\"type\":\"HELLO\",\"commandStatus\":\"ERROR\","
                           "\"errorDetails\":\"refused (busy): a queue is full\"}");
    close_pair(&pair);
}

ALD_TEST(exchange, party_hears_commands_before_its_hello_is_answered)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_signal healthy = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct pair pair;

    pair_open(&pair, V1);
    ald_buf_init(&scratch, 1000);
    pair_emit(&pair, &pair.party, &hello);
    ald_check(pair_carry(&pair, &pair.party, &pair.hub) == 1);
    pair_feed(&pair, &pair.party, ALD_STR("t:COMMAND;;e:{\"id\":\"k1\",\"type\":\"HEALTH_CHECK\",\"payload\":{}}"));
    check_next(&pair.party, ALD_ROLE_PARTY, "health id=22222222-2222-4222-8000-000000000003");
    healthy.ok = healthy.healthy = true;
    pair_emit(&pair, &pair.party, &healthy);
    check_frame(&pair.party, "t:REPLY;;et:HEALTH_CHECK;;e:{\"commandId\":\"k1\",\"type\":\"HEALTH_CHECK\","
                             "\"commandStatus\":\"SUCCEEDED\",\"payload\":{\"healthy\":true}}");
    close_pair(&pair);
}

ALD_TEST(exchange, says_nothing_to_who_has_not_said_hello)
{
    struct ald_signal command;
    struct pair pair;

    pair_open(&pair, EXTENDED);
    ald_buf_init(&scratch, 1000);
    command = command_make(&pair, "DUMMY");
    emit_and_clear(&pair, &pair.hub, &command);
    check_no_frame(&pair.hub);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_DROPPED_SIGNAL], 1);
    close_pair(&pair);
}

ALD_TEST(exchange, says_and_hears_nothing_after_a_close)
{
    struct ald_signal command;
    struct pair pair;

    open_ready(&pair, V1);
    pair_feed(&pair, &pair.hub, ALD_STR("x"));
    pair_feed(&pair, &pair.hub, ALD_STR("y"));
    check_next(&pair.hub, ALD_ROLE_HUB, "close 1002 text=Exchange message unknown");
    check_quiet(&pair.hub);
    command = command_make(&pair, "DUMMY");
    emit_and_clear(&pair, &pair.hub, &command);
    check_no_frame(&pair.hub);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_UNKNOWN_FRAME], 1);
    close_pair(&pair);
}

ALD_TEST(exchange, legacy_asks_for_a_reconnection_by_closing)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);
    struct pair pair;

    open_ready(&pair, 0);
    leave.reconnect = true;
    pair_emit(&pair, &pair.hub, &leave);
    check_no_frame(&pair.hub);
    check_next(&pair.hub, ALD_ROLE_HUB, "close 1011 text=");
    close_pair(&pair);
}

ALD_TEST(exchange, legacy_answers_a_plain_hello_in_kind)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct pair pair;

    pair_open(&pair, 0);
    ald_buf_init(&scratch, 1000);
    pair_feed(&pair, &pair.hub,
              ALD_STR("command: {\"id\":\"h1\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"t\"}}"));
    check_next(&pair.hub, ALD_ROLE_HUB, "register target=t traits+primary");
    verdict.target = ALD_STR("t");
    pair_emit(&pair, &pair.hub, &verdict);
    check_frame(&pair.hub,
                "reply: {\"commandId\":\"h1\",\"type\":\"HELLO\",\"commandStatus\":\"SUCCEEDED\",\"payload\":{"
                "\"targetId\":\"t\"}}");
    close_pair(&pair);
}

/* --- questions -------------------------------------------------------------------------------------------------- */

ALD_TEST(exchange, forgets_the_oldest_of_too_many_questions)
{
    struct ald_signal health = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct pair pair;

    open_ready(&pair, V1);
    for (uint64_t n = 1; n <= ALD_EXCHANGE_QUESTIONS_MAX + 1; n++) {
        health.id = ald_id_make(7, n);
        pair_emit(&pair, &pair.hub, &health);
        check_one_frame(&pair.hub);
    }
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:REPLY;;e:{\"commandId\":\"00000000-0000-4007-8000-000000000001\",\"type\":\"HEALTH_CHECK\","
                      "\"commandStatus\":\"SUCCEEDED\",\"payload\":{\"healthy\":true}}"));
    check_next(&pair.hub, ALD_ROLE_HUB,
               "reply id=00000000-0000-4007-8000-000000000001 outcome=succeeded "
               "wire=00000000-0000-4007-8000-000000000001 name=HEALTH_CHECK payload={\"healthy\":true}");
    pair_feed(&pair, &pair.hub,
              ALD_STR("t:REPLY;;e:{\"commandId\":\"00000000-0000-4007-8000-000000000002\",\"type\":\"HEALTH_CHECK\","
                      "\"commandStatus\":\"SUCCEEDED\",\"payload\":{\"healthy\":true}}"));
    check_next(&pair.hub, ALD_ROLE_HUB, "health id=00000000-0000-4007-8000-000000000002 ok healthy");
    close_pair(&pair);
}

ALD_TEST(exchange, answers_the_question_that_is_named_and_else_the_latest)
{
    struct ald_signal healthy = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct ald_frame frame;
    struct pair pair;

    open_ready(&pair, V1);
    for (int n = 1; n <= 3; n++) {
        char text[100];
        struct ald_signal asked;

        (void)snprintf(text, sizeof(text),
                       "t:COMMAND;;e:{\"id\":\"00000000-0000-4000-8000-00000000000%d\",\"type\":\"HEALTH_CHECK\"}", n);
        pair_feed(&pair, &pair.party, ald_str(text));
        ald_check(pair_next(&pair.party, &asked));
    }
    healthy.ok = healthy.healthy = true;
    healthy.id = ald_id_make(0, 1);
    pair_emit(&pair, &pair.party, &healthy);
    ald_check(pair_drain(&pair.party, &scratch, &frame));
    ald_check(ald_str_find(ald_buf_str(&scratch), ALD_STR("000000000001")) < ald_buf_size(&scratch));
    pair_emit(&pair, &pair.party, &healthy); /* once is enough */
    check_no_frame(&pair.party);
    ald_check_int(pair.party.counters[ALD_EXCHANGE_N_DROPPED_SIGNAL], 1);
    healthy.id = (struct ald_id){0};
    pair_emit(&pair, &pair.party, &healthy);
    ald_check(pair_drain(&pair.party, &scratch, &frame));
    ald_check(ald_str_find(ald_buf_str(&scratch), ALD_STR("000000000003")) < ald_buf_size(&scratch));
    close_pair(&pair);
}

ALD_TEST(exchange, party_takes_no_reply_for_an_answer_to_the_hubs_own_question)
{
    struct pair pair;

    open_ready(&pair, V1);
    pair_feed(&pair, &pair.party,
              ALD_STR("t:COMMAND;;e:{\"id\":\"00000000-0000-4000-8000-000000000001\",\"type\":\"HEALTH_CHECK\"}"));
    check_next(&pair.party, ALD_ROLE_PARTY, "health id=00000000-0000-4000-8000-000000000001");
    pair_feed(&pair, &pair.party,
              ALD_STR("t:REPLY;;e:{\"commandId\":\"00000000-0000-4000-8000-000000000001\",\"type\":\"X\","
                      "\"commandStatus\":\"SUCCEEDED\"}"));
    check_next(&pair.party, ALD_ROLE_PARTY,
               "reply id=00000000-0000-4000-8000-000000000001 outcome=succeeded "
               "wire=00000000-0000-4000-8000-000000000001 name=X");
    close_pair(&pair);
}

/* --- what a plain caller is told -------------------------------------------------------------------------------- */

struct told {
    enum ald_outcome outcome;
    enum ald_cause cause;
    const char *v1;
    const char *legacy;
};

static const struct told tolds[] = {
    {ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND,
     "t:REPLY;;et:UNKNOWN;;e:{\"commandId\":\"w1\",\"type\":\"UNKNOWN\",\"commandStatus\":\"ERROR\",\"errorDetails\":"
     "\"Command unknown\",\"payload\":{}}",
     "reply: {\"commandId\":\"w1\",\"type\":\"UNKNOWN\",\"commandStatus\":\"ERROR\",\"errorDetails\":\"Command "
     "unknown\","
     "\"payload\":{}}"},
    {ALD_REFUSED, ALD_CAUSE_NO_HANDLER,
     "t:REPLY;;et:NO_REPLY;;e:{\"commandId\":\"w1\",\"type\":\"NO_REPLY\",\"commandStatus\":\"ERROR\",\"errorDetails\":"
     "\"No handler found for command type 'DUMMY'. Ignoring\",\"payload\":{}}",
     "reply: {\"commandId\":\"w1\",\"type\":\"IGNORED_REPLY\",\"commandStatus\":\"ERROR\"}"},
    {ALD_REFUSED, ALD_CAUSE_NO_TARGET,
     "t:REPLY;;et:DUMMY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":"
     "\"refused (no_target): no such target\"}",
     "reply: {\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":\"refused "
     "(no_target): no "
     "such target\"}"},
    {ALD_EXPIRED, ALD_CAUSE_DEADLINE,
     "t:REPLY;;et:DUMMY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":"
     "\"expired (deadline): the deadline came first\"}",
     "reply: {\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":\"expired "
     "(deadline): the "
     "deadline came first\"}"},
    {ALD_LOST, ALD_CAUSE_LINK_ENDED,
     "t:REPLY;;et:DUMMY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":"
     "\"lost (link_ended): the link to the agent ended after the command was sent\"}",
     "reply: {\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":\"lost "
     "(link_ended): the "
     "link to the agent ended after the command was sent\"}"},
    {ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK,
     "t:REPLY;;et:DUMMY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":"
     "\"cancelled (taken_back): the caller took the command back\"}",
     "reply: {\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\",\"errorDetails\":\"cancelled "
     "(taken_back): "
     "the caller took the command back\"}"},
};

ALD_TEST(exchange, tells_a_plain_caller_outcome_and_cause)
{
    for (size_t i = 0; i < 2 * ALD_COUNT(tolds); i++) {
        const struct told *told = &tolds[i / 2];
        struct ald_signal signal;
        struct pair pair;

        open_ready(&pair, i % 2 == 0 ? V1 : 0);
        signal = reply_make(&pair, told->outcome, told->cause);
        emit_and_clear(&pair, &pair.hub, &signal);
        check_frame(&pair.hub, i % 2 == 0 ? told->v1 : told->legacy);
        close_pair(&pair);
    }
}

ALD_TEST(exchange, cuts_a_long_reason_short_between_characters)
{
    struct ald_signal signal;
    struct ald_frame frame;
    struct pair pair;
    char text[2000];

    open_ready(&pair, V1);
    memset(text, 'e', sizeof(text));
    text[499] = (char)0xc3; /* the cut goes through this character */
    text[500] = (char)0xa9;
    signal = reply_make(&pair, ALD_REFUSED, ALD_CAUSE_AGENT_REFUSED);
    signal.text = ald_str_of(text, sizeof(text));
    emit_and_clear(&pair, &pair.hub, &signal);
    ald_check(pair_drain(&pair.hub, &scratch, &frame));
    ald_check(ald_buf_size(&scratch) < 700);
    ald_check(ald_utf8_valid(ald_buf_str(&scratch)));
    close_pair(&pair);
}

ALD_TEST(exchange, passes_on_what_the_agent_said_of_its_failure)
{
    struct ald_signal signal;
    struct pair pair;

    open_ready(&pair, V1);
    signal = reply_make(&pair, ALD_FAILED, ALD_CAUSE_AGENT_FAILED);
    signal.msg = msg_make(&pair, ALD_REPLY, "x", "DUMMY_REPLY");
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->text, ALD_STR("boom")), 0);
    payload_set(signal.msg, ALD_STR("{\"a\":1}"));
    emit_and_clear(&pair, &pair.hub, &signal);
    check_frame(&pair.hub,
                "t:REPLY;;et:DUMMY_REPLY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY_REPLY\",\"commandStatus\":"
                "\"ERROR\",\"errorDetails\":\"boom\",\"payload\":{\"a\":1}}");
    close_pair(&pair);
}

ALD_TEST(exchange, drops_what_the_protocol_cannot_say)
{
    static const enum ald_signal_kind kinds[] = {ALD_SIGNAL_UNREGISTER, ALD_SIGNAL_TRAITS,  ALD_SIGNAL_RESUME,
                                                 ALD_SIGNAL_ACKED,      ALD_SIGNAL_STATUS,  ALD_SIGNAL_CANCEL,
                                                 ALD_SIGNAL_REPLY,      ALD_SIGNAL_REGISTER};
    struct pair pair;

    open_ready(&pair, V1);
    for (size_t i = 0; i < ALD_COUNT(kinds); i++) {
        struct ald_signal signal = ald_signal_of(kinds[i]);

        pair_emit(&pair, &pair.hub, &signal);
        check_no_frame(&pair.hub);
        ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_DROPPED_SIGNAL], i + 1);
    }
    close_pair(&pair);
}

ALD_TEST_MAIN(exchange, ALD_CASE(exchange, hub_waits_for_the_hello_only_so_long),
              ALD_CASE(exchange, party_waits_for_the_answer_only_so_long),
              ALD_CASE(exchange, hub_that_never_decides_is_not_the_peers_fault),
              ALD_CASE(exchange, both_ends_ping_from_the_hello_on),
              ALD_CASE(exchange, closes_when_nothing_follows_a_ping),
              ALD_CASE(exchange, takes_any_message_for_a_sign_of_life), ALD_CASE(exchange, takes_no_limit_from_a_zero),
              ALD_CASE(exchange, ticks_too_early_without_effect),
              ALD_CASE(exchange, refused_hello_hears_why_before_the_door_shuts),
              ALD_CASE(exchange, party_that_was_refused_may_ask_again),
              ALD_CASE(exchange, refuses_a_second_hello_while_it_thinks),
              ALD_CASE(exchange, party_hears_commands_before_its_hello_is_answered),
              ALD_CASE(exchange, says_nothing_to_who_has_not_said_hello),
              ALD_CASE(exchange, says_and_hears_nothing_after_a_close),
              ALD_CASE(exchange, legacy_asks_for_a_reconnection_by_closing),
              ALD_CASE(exchange, legacy_answers_a_plain_hello_in_kind),
              ALD_CASE(exchange, forgets_the_oldest_of_too_many_questions),
              ALD_CASE(exchange, answers_the_question_that_is_named_and_else_the_latest),
              ALD_CASE(exchange, party_takes_no_reply_for_an_answer_to_the_hubs_own_question),
              ALD_CASE(exchange, tells_a_plain_caller_outcome_and_cause),
              ALD_CASE(exchange, cuts_a_long_reason_short_between_characters),
              ALD_CASE(exchange, passes_on_what_the_agent_said_of_its_failure),
              ALD_CASE(exchange, drops_what_the_protocol_cannot_say))
