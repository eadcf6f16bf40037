/* Role hub: messages from one to another. */

#include "wire/communicator/comm_test.h"

/* --- what is read ----------------------------------------------------------------------------------------------- */

ALD_TEST(comm_message, receivers_and_scopes_are_read)
{
    open_service("a");
    check_says("b/DATA v=1\n", "event name=DATA to=b hold ttl_ms=60000 payload={\"v\":\"1\"} native=v=1\n", "");
    check_says("N:b/DATA\n", "event name=DATA to=N:b hold ttl_ms=60000\n", "");
    check_says("n2:b/DATA\n", "event name=DATA to=n2:b hold ttl_ms=60000\n", "");
    check_says(".:b/DATA\n", "event name=DATA to=b(.) hold ttl_ms=60000\n", "");
    check_says("?:b/DATA\n", "event name=DATA to=b(?) hold ttl_ms=60000\n", "");
    check_says("*:b/DATA\n", "event name=DATA to=b(*) hold ttl_ms=60000\n", "");
    check_says("./DATA\n", "event name=DATA to=-(.)\n", "");
    check_says("n2:./DATA\n", "event name=DATA to=-(.)\n", "");
    check_says("?/DATA\n", "event name=DATA to=-(?)\n", "");
    check_says("*/DATA\n", "event name=DATA to=-(*)\n", "");
    check_says("*:*/DATA\n", "event name=DATA to=-(*)\n", "");
    check_says("n2:communicatord/ALIVE\n", "event name=ALIVE to=n2:communicatord hold ttl_ms=60000\n", "");
    check_says("?:communicatord/ALIVE\n", "event name=ALIVE to=communicatord(?) hold ttl_ms=60000\n", "");
    check_says("x:DATA\n", "event name=DATA to=x:communicatord hold ttl_ms=60000\n", "");
    check_says("my_2dlamp/turn\n", "event name=turn to=my-lamp hold ttl_ms=60000\n", "");
    close_end();
}

ALD_TEST(comm_message, what_goes_to_nobody_is_counted)
{
    open_service("a");
    check_says("N:*/DATA\nn2:?/X\n?:*/X\n", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_NO_SUCH_SCOPE], 3);
    check_says("a/DATA\nN:a/DATA\n.:a/DATA\n*:a/DATA\n", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_TO_ITSELF], 4);
    check_says("?:a/DATA\n", "event name=DATA to=a(?) hold ttl_ms=60000\n", "");
    check_says("n2:a/DATA\n", "event name=DATA to=n2:a hold ttl_ms=60000\n", "");
    close_end();
}

ALD_TEST(comm_message, cache_and_report_are_read_and_passed_on)
{
    open_service("a");
    check_says("b/DATA cache=no\n", "event name=DATA to=b native=cache=no\n", "");
    check_says("b/DATA cache=\"no;reply\";v=1\n",
               "event name=DATA to=b tell_away payload={\"v\":\"1\"} native=cache=\"no;reply\";v=1\n", "");
    check_says("b/DATA cache=ttl=1h30m\n", "event name=DATA to=b hold ttl_ms=5400000 native=cache=ttl=1h30m\n", "");
    check_says("b/DATA cache=ttl=5s\n", "event name=DATA to=b hold ttl_ms=60000 native=cache=ttl=5s\n", "");
    check_says("b/DATA transmission_report=failure\n",
               "event name=DATA to=b hold report ttl_ms=60000 native=transmission_report=failure\n", "");
    check_says("b/DATA transmission_report=success\n",
               "event name=DATA to=b hold ttl_ms=60000 native=transmission_report=success\n", "");
    check_says("./DATA cache=reply\n", "event name=DATA to=-(.) native=cache=reply\n", "");
    close_end();
}

ALD_TEST(comm_message, everyone_is_asked_for_by_name)
{
    open_service("a");
    check_says("*:b/DATA aldis_everyone=true;v=1\n",
               "event name=DATA to=b(*) hold everyone ttl_ms=60000 payload={\"v\":\"1\"} native=v=1\n", "");
    check_says("a/DATA aldis_everyone=yes\n", "event name=DATA to=a hold everyone ttl_ms=60000\n", "");
    check_says("b/DATA aldis_everyone=perhaps\n", "",
               "N:a/INVALID command=DATA;message=aldis_everyone must be true or false\n");
    close_end();
}

ALD_TEST(comm_message, only_a_daemon_is_believed_where_a_message_has_been)
{
    open_service("a");
    check_says("b/FOO broadcast_hops=1;broadcast_informed_neighbors=10.0.0.1;broadcast_msgid=x-1;"
               "broadcast_originator=10.0.0.1;broadcast_timeout=5;secure_remote=false;v=1\n",
               "event name=FOO to=b hold ttl_ms=60000 payload={\"v\":\"1\"} native=v=1\n", "");
    check_says("x/FOO broadcast_msgid=q-1\n", "",
               "N:a/INVALID command=FOO;message=broadcast_hops must be a small number\n");
    close_end();
}

/* Who names no service means the daemon there just as well. */
ALD_TEST(comm_message, no_daemon_elsewhere_is_ordered_about)
{
    static const char refused[] = "N:a/INVALID command=FORGET;message=only at the daemon itself\n";

    open_service("a");
    check_says("n2:communicatord/FORGET ip=10.0.0.7\n", "", refused);
    check_says("n2:FORGET ip=10.0.0.7\n", "", refused);
    check_says("?:FORGET ip=10.0.0.7\n", "", refused);
    check_says("{\"server\":\"n2\",\"command\":\"FORGET\"}\n", "", refused);
    check_says("n2:b/FORGET\n", "event name=FORGET to=n2:b hold ttl_ms=60000\n", ""); /* it is a service's to obey */
    close_end();
}

ALD_TEST(comm_message, json_is_as_good_as_text)
{
    open_service("a");
    check_says("{\"service\":\"b\",\"command\":\"DATA\",\"parameters\":{\"v\":\"x;y\",\"w\":-3,\"f\":2.5,\"b\":false,"
               "\"z\":null}}\n",
               "event name=DATA to=b hold ttl_ms=60000 "
               "payload={\"b\":\"false\",\"f\":\"2.500000\",\"v\":\"x;y\",\"w\":\"-3\",\"z\":\"\"} "
               "native=b=false;f=2.500000;v=\"x;y\";w=-3;z=\n",
               "");
    close_end();
}

ALD_TEST(comm_message, parameters_are_put_in_order)
{
    open_service("a");
    check_says("b/DATA z=1;a=2;z=3;\r\n",
               "event name=DATA to=b hold ttl_ms=60000 payload={\"a\":\"2\",\"z\":\"3\"} native=a=2;z=3\n", "");
    close_end();
}

/* Canonical parameters are a part of what was fed: nothing is copied. */
ALD_TEST(comm_message, parameters_are_shared)
{
    struct ald_signal signal;
    struct ald_slice chunk = ALD_SLICE_NONE;

    open_service("a");
    ald_check_int(ald_slice_copy(ALD_STR("b/DATA a=1;v=2\n"), &chunk), 0);
    ald_check_int(ald_dialect_feed(end.dialect, world.now, ALD_FRAME_BYTES, chunk), 0);
    ald_check(comm_next(&end, &signal));
    ald_check(signal.msg->native.block == chunk.block);
    ald_check(signal.msg->native_of == &ald_communicator);
    ald_signal_clear(&signal);
    ald_slice_clear(&chunk);
    comm_hear(&end);
    close_end();
}

ALD_TEST(comm_message, bytes_may_come_one_by_one)
{
    static const char line[] = "b/DATA v=\"a;\\\\\"\r\nALIVE serial=1\n";

    open_service("a");
    for (size_t i = 0; i + 1 < sizeof(line); i++) {
        comm_feed(&world, &end, ald_str_of(line + i, 1));
    }
    check_heard("event name=DATA to=b hold ttl_ms=60000 payload={\"v\":\"a;\\\\\"} native=v=\"a;\\\\\"\n");
    check_written("N:a/ABSOLUTELY reply_timestamp=1795226634.692451000;serial=1\n");
    close_end();
}

ALD_TEST(comm_message, signals_are_heard_between_two_lines)
{
    struct ald_signal signal, event = ald_signal_of(ALD_SIGNAL_EVENT);

    open_service("a");
    comm_feed_only(&world, &end, ALD_STR("b/ONE\nALIVE serial=1\nb/TWO\n"));
    ald_check(comm_next(&end, &signal));
    ald_check_str(signal.msg->name, "ONE");
    event.msg = ald_msg_ref(signal.msg);
    event.from = ALD_STR("b");
    ald_signal_clear(&signal);
    ald_check_int(ald_dialect_emit(end.dialect, world.now, &event), 0);
    comm_drain(&end);
    ald_signal_clear(&event);
    check_written("<N:b b/ONE\n"); /* the answer to what stands behind it is not there yet */
    comm_hear(&end);
    check_heard("event name=TWO to=b hold ttl_ms=60000\n");
    check_written("N:a/ABSOLUTELY reply_timestamp=1795226634.692451000;serial=1\n");
    close_end();
}

/* --- what is written -------------------------------------------------------------------------------------------- */

/* What a hub makes of `line` of one service, for another. */
static void check_relayed(const char *line, const char *from, const char *written)
{
    struct comm_end sender;
    struct ald_signal signal;

    comm_open(&world, &sender, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    comm_feed_only(&world, &sender, ald_str(line));
    while (comm_next(&sender, &signal) && signal.kind != ALD_SIGNAL_EVENT) {
        ald_signal_clear(&signal);
    }
    signal.from = ald_str(from);
    check_tells(&signal, written);
    comm_hear(&sender);
    comm_close(&sender);
}

ALD_TEST(comm_message, receivers_stay_as_they_were_written)
{
    open_service("b");
    check_relayed("b/DATA v=1\n", "a", "<N:a b/DATA v=1\n");
    check_relayed("N:b/DATA v=2\n", "a", "<N:a N:b/DATA v=2\n");
    check_relayed(".:b/DATA v=3\n", "a", "<N:a .:b/DATA v=3\n");
    check_relayed("*:b/DATA\n", "a", "<N:a *:b/DATA\n");
    check_relayed("./DATA v=1\n", "a", "<N:a ./DATA v=1\n");
    check_relayed("*/DATA z=\"a;b\"\n", "a", "<N:a */DATA z=\"a;b\"\n");
    check_relayed("b/data cache=no;z=\\n\n", "my-lamp", "<N:my_2dlamp b/data cache=no;z=\\n\n");
    close_end();
}

ALD_TEST(comm_message, a_claim_is_said_if_the_hub_lets_it_pass)
{
    open_service("b");
    check_relayed("<x:y b/DATA\n", "y", "<x:y b/DATA\n");
    check_relayed("<:y b/DATA\n", "y", "<N:y b/DATA\n");
    check_relayed("<x:y b/DATA\n", "a", "<N:a b/DATA\n");
    check_relayed("<x:y b/DATA\n", NULL, "b/DATA\n");
    close_end();
}

ALD_TEST(comm_message, other_protocols_payloads_are_spread)
{
    static const struct {
        const char *payload, *written;
    } rows[] = {
        {"{\"b\":1,\"a\":\"x;y\",\"n\":null,\"t\":[1,{}]}", "<N:boss b/TURN a=\"x;y\";b=1;n=;t=[1,{}]\n"},
        {"{\"cache\":1}", "<N:boss b/TURN aldis_payload={\"cache\":1}\n"},
        {"[1]", "<N:boss b/TURN aldis_payload=[1]\n"},
        {"{}", "<N:boss b/TURN aldis_payload={}\n"},
        {NULL, "<N:boss b/TURN\n"},
    };

    open_service("b");
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

        event.msg = comm_msg(&world, ALD_EVENT, "TURN", "b");
        if (rows[i].payload != NULL) {
            comm_payload(event.msg, rows[i].payload);
        }
        event.from = ALD_STR("boss");
        check_tells(&event, rows[i].written);
    }
    close_end();
}

ALD_TEST(comm_message, what_cannot_be_said_is_counted)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    open_service("b");
    event.msg = comm_msg(&world, ALD_EVENT, "a b", "b");
    check_tells(&event, "");
    event = ald_signal_of(ALD_SIGNAL_EVENT);
    event.msg = comm_msg(&world, ALD_EVENT, "X", "\x01");
    check_tells(&event, "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_UNSAYABLE], 2);
    event = ald_signal_of(ALD_SIGNAL_STATUS);
    check_tells(&event, "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_DROPPED_SIGNAL], 1);
    close_end();
}

/* A large native text goes out by reference. */
ALD_TEST(comm_message, large_parameters_are_not_copied)
{
    static char line[70 * 1024] = "b/DATA v=";
    struct comm_end sender;
    struct ald_signal signal;
    struct ald_frame frame;

    memset(line + strlen(line), 'x', 60 * 1024);
    strcat(line, "\n");
    open_service("b");
    comm_open(&world, &sender, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    comm_feed_only(&world, &sender, ald_str(line));
    ald_check(comm_next(&sender, &signal)); /* its introduction */
    ald_check(comm_next(&sender, &signal));
    ald_check_int(ald_dialect_emit(end.dialect, world.now, &signal), 0);
    ald_check_int(ald_dialect_drain(end.dialect, &frame), 0);
    ald_check_int(frame.n_parts, 3);
    ald_check(frame.parts[1].block == signal.msg->native.block);
    ald_check_str(ald_slice_str(frame.parts[2]), "\n");
    comm_drain(&end);
    ald_signal_clear(&signal);
    comm_hear(&sender);
    comm_close(&sender);
    close_end();
}

/* --- reports ---------------------------------------------------------------------------------------------------- */

static void check_reported(const char *line, uint8_t phase, enum ald_cause cause, const char *written)
{
    struct ald_signal report = ald_signal_of(ALD_SIGNAL_REPORT), signal;

    comm_feed_only(&world, &end, ald_str(line));
    ald_check(comm_next(&end, &signal));
    report.request = ald_msg_ref(signal.msg);
    report.phase = phase;
    report.cause = (uint8_t)cause;
    ald_signal_clear(&signal);
    check_tells(&report, written);
}

ALD_TEST(comm_message, reports_say_what_became_of_a_message)
{
    open_service("a");
    check_reported("off/DATA transmission_report=failure\n", ALD_PHASE_QUEUED, ALD_CAUSE_NONE,
                   "<N:communicatord TRANSMISSION_REPORT command=DATA;status=cached\n");
    check_reported("N:nosvc/DATA transmission_report=failure\n", ALD_PHASE_DONE, ALD_CAUSE_NO_TARGET,
                   "<N:communicatord TRANSMISSION_REPORT command=DATA;status=failed\n");
    check_reported("off/DATA cache=\"no;reply\"\n", ALD_PHASE_DONE, ALD_CAUSE_NO_ACTIVE,
                   "<N:communicatord SERVICE_UNAVAILABLE destination_service=off;unsent_command=DATA\n");
    check_reported("off/DATA cache=\"no;reply\";transmission_report=failure\n", ALD_PHASE_DONE, ALD_CAUSE_NO_ACTIVE,
                   "<N:communicatord SERVICE_UNAVAILABLE destination_service=off;unsent_command=DATA\n"
                   "<N:communicatord TRANSMISSION_REPORT command=DATA;status=failed\n");
    check_reported("zz/DATA cache=\"no;reply\";transmission_report=failure\n", ALD_PHASE_DONE, ALD_CAUSE_NO_TARGET,
                   "<N:communicatord TRANSMISSION_REPORT command=DATA;status=failed\n");
    check_reported("b/DATA\n", ALD_PHASE_DONE, ALD_CAUSE_NO_TARGET, ""); /* nobody asked */
    check_reported("FOO\n", ALD_PHASE_DONE, ALD_CAUSE_NOT_ALLOWED,
                   "N:a/INVALID command=FOO;message=the sender may not do this\n");
    close_end();
}

ALD_TEST_MAIN(comm_message, ALD_CASE(comm_message, receivers_and_scopes_are_read),
              ALD_CASE(comm_message, what_goes_to_nobody_is_counted),
              ALD_CASE(comm_message, cache_and_report_are_read_and_passed_on),
              ALD_CASE(comm_message, everyone_is_asked_for_by_name),
              ALD_CASE(comm_message, only_a_daemon_is_believed_where_a_message_has_been),
              ALD_CASE(comm_message, no_daemon_elsewhere_is_ordered_about),
              ALD_CASE(comm_message, json_is_as_good_as_text), ALD_CASE(comm_message, parameters_are_put_in_order),
              ALD_CASE(comm_message, parameters_are_shared), ALD_CASE(comm_message, bytes_may_come_one_by_one),
              ALD_CASE(comm_message, signals_are_heard_between_two_lines),
              ALD_CASE(comm_message, receivers_stay_as_they_were_written),
              ALD_CASE(comm_message, a_claim_is_said_if_the_hub_lets_it_pass),
              ALD_CASE(comm_message, other_protocols_payloads_are_spread),
              ALD_CASE(comm_message, what_cannot_be_said_is_counted),
              ALD_CASE(comm_message, large_parameters_are_not_copied),
              ALD_CASE(comm_message, reports_say_what_became_of_a_message))
