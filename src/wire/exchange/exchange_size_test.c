#include "wire/exchange/exchange_test.h"

/* --- names and sizes -------------------------------------------------------------------------------------------- */

ALD_TEST(exchange_size, never_says_its_own_words_for_others)
{
    static const char *const names[] = {"HELLO", "HELLO_COMMAND", "GOOD_BYE", "GOODBYE_COMMAND", "PRIMARY"};
    struct ald_signal signal;
    struct pair pair;

    open_ready(&pair, EXTENDED);
    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        signal = command_make(&pair, names[i]);
        emit_and_clear(&pair, &pair.hub, &signal);
        check_no_frame(&pair.hub);
        check_next(&pair.hub, ALD_ROLE_HUB,
                   "reply id=00000000-0000-4009-8000-000000000009 outcome=refused cause=invalid text=the name is the "
                   "protocol's own wire=w1");
    }
    signal = command_make(&pair, "PRIMARY");
    signal.kind = ALD_SIGNAL_EVENT;
    emit_and_clear(&pair, &pair.hub, &signal);
    check_quiet(&pair.hub);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_RESERVED_NAME], 6);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_DROPPED_SIGNAL], 1);
    close_pair(&pair);
}

ALD_TEST(exchange_size, keeps_only_so_many_signals_that_nobody_asks_for)
{
    struct pair pair;

    open_ready(&pair, EXTENDED);
    for (int i = 0; i < ALD_EXCHANGE_SAID_MAX + 2; i++) {
        struct ald_signal signal = command_make(&pair, "PRIMARY");

        emit_and_clear(&pair, &pair.hub, &signal);
    }
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_DROPPED_SIGNAL], 2);
    close_pair(&pair);
}

ALD_TEST(exchange_size, closes_on_a_message_over_the_limit)
{
    char *bytes = calloc(1, PAIR_MESSAGE_MAX + 1);
    struct pair pair;

    open_ready(&pair, V1);
    pair_feed(&pair, &pair.hub, ald_str_of(bytes, PAIR_MESSAGE_MAX + 1));
    check_next(&pair.hub, ALD_ROLE_HUB, "close 1009 text=Message too large");
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_TOO_LARGE], 1);
    close_pair(&pair);
    free(bytes);
}

ALD_TEST(exchange_size, gives_a_command_back_that_the_peer_would_not_take)
{
    struct ald_signal signal;
    struct pair pair;

    open_ready(&pair, V1);
    signal = command_make(&pair, "DUMMY");
    payload_fill(signal.msg, PAIR_MESSAGE_MAX - 20, 'x');
    emit_and_clear(&pair, &pair.party, &signal);
    check_no_frame(&pair.party);
    check_next(&pair.party, ALD_ROLE_PARTY,
               "reply id=00000000-0000-4009-8000-000000000009 outcome=refused cause=too_large text=the message is too "
               "large wire=w1");
    close_pair(&pair);
}

ALD_TEST(exchange_size, counts_what_escaping_adds)
{
    struct ald_signal signal;
    struct pair pair;

    open_ready(&pair, V1);
    signal = command_make(&pair, "DUMMY");
    payload_fill(signal.msg, PAIR_MESSAGE_MAX / 2, ';');
    emit_and_clear(&pair, &pair.hub, &signal);
    check_no_frame(&pair.hub);
    check_next(&pair.hub, ALD_ROLE_HUB,
               "reply id=00000000-0000-4009-8000-000000000009 outcome=refused cause=too_large text=the message is too "
               "large wire=w1");
    close_pair(&pair);
}

ALD_TEST(exchange_size, has_room_for_what_a_hub_adds)
{
    struct ald_signal signal, heard;
    struct pair pair;

    open_ready(&pair, EXTENDED);
    signal = reply_make(&pair, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    signal.msg = msg_make(&pair, ALD_REPLY, "x", "DUMMY");
    payload_fill(signal.msg, PAIR_MESSAGE_MAX - 40, 'x'); /* as much as an agent could say it in */
    emit_and_clear(&pair, &pair.hub, &signal);
    ald_check_int(pair_carry(&pair, &pair.hub, &pair.party), 1);
    ald_check(pair_next(&pair.party, &heard));
    ald_check_int(heard.outcome, ALD_SUCCEEDED);
    ald_signal_clear(&heard);
    close_pair(&pair);
}

ALD_TEST(exchange_size, tells_of_a_reply_that_is_too_large)
{
    struct ald_signal signal;
    struct pair pair;

    open_ready(&pair, V1);
    signal = reply_make(&pair, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    signal.msg = msg_make(&pair, ALD_REPLY, "x", "DUMMY");
    payload_fill(signal.msg, PAIR_MESSAGE_MAX, 'x');
    emit_and_clear(&pair, &pair.hub, &signal);
    check_frame(&pair.hub, "t:REPLY;;et:DUMMY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\","
                           "\"errorDetails\":\"the message is too large\"}");
    close_pair(&pair);
}

ALD_TEST(exchange_size, leaves_out_a_roster_that_is_too_large_and_keeps_the_outcome)
{
    struct ald_signal signal;
    struct pair pair;

    open_ready(&pair, EXTENDED);
    signal = reply_make(&pair, ALD_FAILED, ALD_CAUSE_MEMBERS);
    signal.phase = ALD_PHASE_RUNNING;
    signal.msg = msg_make(&pair, ALD_REPLY, "x", "DUMMY");
    payload_fill(signal.msg, PAIR_MESSAGE_MAX + ALD_EXCHANGE_HUB_ROOM, 'x');
    signal.msg->roster = signal.msg->payload;
    signal.msg->payload = ALD_SLICE_NONE;
    emit_and_clear(&pair, &pair.hub, &signal);
    check_frame(&pair.hub, "t:REPLY;;et:DUMMY;;e:{\"commandId\":\"w1\",\"type\":\"DUMMY\",\"commandStatus\":\"ERROR\","
                           "\"errorDetails\":\"not every member of the roster succeeded\",\"outcome\":\"failed\","
                           "\"cause\":\"members\",\"state\":\"running\",\"truncated\":true}");
    close_pair(&pair);
}

ALD_TEST(exchange_size, refuses_a_name_over_the_limit)
{
    char text[400];
    struct pair pair;

    open_ready(&pair, V1);
    (void)snprintf(text, sizeof(text), "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"%0256d\"}", 0);
    pair_feed(&pair, &pair.hub, ald_str(text));
    check_quiet(&pair.hub);
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_INVALID_FIELD], 1);
    (void)snprintf(text, sizeof(text), "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"%0255d\"}", 0);
    pair_feed(&pair, &pair.hub, ald_str(text));
    ald_check_int(pair.hub.counters[ALD_EXCHANGE_N_INVALID_FIELD], 1);
    ald_check_int(inside(&pair.hub)->work->n_said, 1);
    close_pair(&pair);
}

/* --- payloads --------------------------------------------------------------------------------------------------- */

ALD_TEST(exchange_size, passes_payloads_by_reference)
{
    const struct ald_str text = ALD_STR("t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"X\",\"payload\":{\"a\":1}}");
    struct ald_slice bytes = ALD_SLICE_NONE;
    struct ald_signal signal;
    struct ald_frame frame;
    struct pair pair;

    open_ready(&pair, V1);
    ald_check_int(ald_slice_copy(text, &bytes), 0);
    ald_check_int(ald_dialect_feed(pair.hub.dialect, pair.now, ALD_FRAME_BINARY, bytes), 0);
    ald_check(pair_next(&pair.hub, &signal));
    ald_check(signal.msg->payload.block == bytes.block);

    signal.id = ald_id_make(1, 1);
    pair_emit(&pair, &pair.hub, &signal);
    ald_check_int(ald_dialect_drain(pair.hub.dialect, &frame), 0);
    ald_check_int(frame.n_parts, 3);
    ald_check(frame.parts[0].block == NULL && frame.parts[2].block == NULL);
    ald_check(frame.parts[1].block == bytes.block);
    ald_check(frame.parts[1].data == bytes.data + ald_str_find(text, ALD_STR("{\"a\"")));
    check_no_frame(&pair.hub);

    ald_signal_clear(&signal);
    ald_check_int(bytes.block->refs, 1);
    ald_slice_clear(&bytes);
    close_pair(&pair);
}

ALD_TEST(exchange_size, copies_only_what_an_old_peer_would_damage)
{
    struct ald_signal signal;
    struct ald_frame frame;
    struct pair pair;

    for (int i = 0; i < 2; i++) {
        open_ready(&pair, i == 0 ? V1 : EXTENDED);
        signal = command_make(&pair, "X");
        payload_set(signal.msg, ALD_STR("\";;\""));
        pair_emit(&pair, &pair.hub, &signal);
        ald_check_int(ald_dialect_drain(pair.hub.dialect, &frame), 0);
        ald_check_int(frame.n_parts, i == 0 ? 1 : 3);
        ald_signal_clear(&signal);
        close_pair(&pair);
    }
}

ALD_TEST(exchange_size, repairs_a_payload_that_is_not_utf8)
{
    struct pair pair;

    open_ready(&pair, V1);
    pair_feed(&pair, &pair.hub, ALD_STR("t:COMMAND;;e:{\"id\":\"\xff\",\"type\":\"X\",\"payload\":{\"a\":\"\xff\"}}"));
    check_next(&pair.hub, ALD_ROLE_HUB,
               "command wire=\xef\xbf\xbd name=X ttl_ms=60000 payload={\"a\":\"\xef\xbf\xbd\"}");
    close_pair(&pair);
}

ALD_TEST(exchange_size, holds_as_many_frames_as_it_may)
{
    struct pair pair;

    open_ready(&pair, V1);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < ALD_DIALECT_FRAMES; i++) {
            struct ald_signal signal = command_make(&pair, "X");

            payload_fill(signal.msg, 2000, 'x');
            emit_and_clear(&pair, &pair.hub, &signal);
        }
        ald_check_int(pair_carry(&pair, &pair.hub, &pair.party), ALD_DIALECT_FRAMES);
        for (int i = 0; i < ALD_EXCHANGE_SAID_MAX; i++) {
            struct ald_signal signal;

            ald_check(pair_next(&pair.party, &signal));
            ald_signal_clear(&signal);
        }
    }
    close_pair(&pair);
}

ALD_TEST(exchange_size, costs_a_few_hundred_bytes_when_idle)
{
    struct pair pair;
    struct ald_signal signal;

    open_ready(&pair, V1);
    signal = command_make(&pair, "X");
    emit_and_clear(&pair, &pair.hub, &signal);
    ald_check(inside(&pair.hub)->work != NULL); /* there is a frame in it */
    ald_check_int(pair_carry(&pair, &pair.hub, &pair.party), 1);
    ald_check(inside(&pair.hub)->work == NULL && inside(&pair.hub)->questions == NULL);
    ald_check(inside(&pair.party)->work != NULL); /* there is a signal in it */
    ald_check(pair_next(&pair.party, &signal));
    ald_signal_clear(&signal);
    ald_check(inside(&pair.party)->work != NULL); /* what it shows is good until the next call */
    check_quiet(&pair.party);
    ald_check(inside(&pair.party)->work == NULL);
    ald_check_int(pair.spare.n, 2);
    ald_check(sizeof(struct ald_exchange) <= 320);
    close_pair(&pair);
}

ALD_TEST(exchange_size, keeps_the_reason_of_a_close_while_it_waits)
{
    struct pair pair;

    open_ready(&pair, V1);
    pair_feed(&pair, &pair.hub, ALD_STR("t:REPLY;;e:{\"commandId\":}"));
    check_no_frame(&pair.hub);
    ald_check(inside(&pair.hub)->work != NULL);
    check_next(&pair.hub, ALD_ROLE_HUB, "close 1007 text=Malformed JSON: a value must begin here");
    close_pair(&pair);
}

ALD_TEST(exchange_size, gives_large_scratch_back_at_once)
{
    struct ald_signal signal;
    struct ald_frame frame;
    struct pair pair;

    open_ready(&pair, V1);
    signal = command_make(&pair, "X");
    payload_fill(signal.msg, 100000, 'x');
    ((char *)(uintptr_t)signal.msg->payload.data)[5] = ';';
    ((char *)(uintptr_t)signal.msg->payload.data)[6] = ';';
    emit_and_clear(&pair, &pair.hub, &signal);
    ald_check_int(ald_dialect_drain(pair.hub.dialect, &frame), 0);
    ald_check(inside(&pair.hub)->work->out.room > 100000);
    check_no_frame(&pair.hub);
    ald_check(inside(&pair.hub)->work == NULL);
    ald_check_int(((const struct ald_exchange_work *)pair.spare.objects[pair.spare.n - 1])->out.room, 0);
    close_pair(&pair);
}

ALD_TEST_MAIN(exchange_size, ALD_CASE(exchange_size, never_says_its_own_words_for_others),
              ALD_CASE(exchange_size, keeps_only_so_many_signals_that_nobody_asks_for),
              ALD_CASE(exchange_size, closes_on_a_message_over_the_limit),
              ALD_CASE(exchange_size, gives_a_command_back_that_the_peer_would_not_take),
              ALD_CASE(exchange_size, counts_what_escaping_adds), ALD_CASE(exchange_size, has_room_for_what_a_hub_adds),
              ALD_CASE(exchange_size, tells_of_a_reply_that_is_too_large),
              ALD_CASE(exchange_size, leaves_out_a_roster_that_is_too_large_and_keeps_the_outcome),
              ALD_CASE(exchange_size, refuses_a_name_over_the_limit),
              ALD_CASE(exchange_size, passes_payloads_by_reference),
              ALD_CASE(exchange_size, copies_only_what_an_old_peer_would_damage),
              ALD_CASE(exchange_size, repairs_a_payload_that_is_not_utf8),
              ALD_CASE(exchange_size, holds_as_many_frames_as_it_may),
              ALD_CASE(exchange_size, costs_a_few_hundred_bytes_when_idle),
              ALD_CASE(exchange_size, keeps_the_reason_of_a_close_while_it_waits),
              ALD_CASE(exchange_size, gives_large_scratch_back_at_once))
