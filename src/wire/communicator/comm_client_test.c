/* Role party: a service or caller of a hub, possibly a genuine one. */

#include "wire/communicator/comm_test.h"

static void register_say(const char *name)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.target = ald_str(name);
    comm_emit(&world, &end, &signal);
}

/* A service of the hub `monster`. */
static void open_client(const char *name)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say(name);
    ald_buf_cut(&end.written, 0);
    say("<monster:communicatord READY my_address=10.0.0.1:4042\n");
}

#define BASE                                                                                                           \
    "ALIVE,DISCONNECTING,HELP,INVALID,PRIMARY,QUITTING,READY,SERVICE_UNAVAILABLE,STOP,TRANSMISSION_REPORT,UNKNOWN"

ALD_TEST(comm_client, a_name_is_registered)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say("my-lamp");
    check_written("REGISTER service=my_2dlamp;version=1\n");
    check_heard("");
    check_says("<monster:communicatord HELP\n", "", "<:my_2dlamp monster:communicatord/COMMANDS list=" BASE "\n");
    check_says("<monster:communicatord READY my_address=10.0.0.1:4042\n", "registered target=my-lamp\n", "");
    ald_check(ald_dialect_deadline(end.dialect) == ALD_NEVER);
    check_says("READY\n", "", "");
    close_end();
}

ALD_TEST(comm_client, older_daemons_do_not_say_who_they_are)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say("a");
    ald_buf_cut(&end.written, 0);
    check_says("HELP\nREADY my_address=1\n", "registered target=a\n", "<:a COMMANDS list=" BASE "\n");
    close_end();
}

ALD_TEST(comm_client, who_has_no_name_says_none)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say(NULL);
    check_written("");
    check_heard("registered\n");
    close_end();
}

ALD_TEST(comm_client, a_refusal_is_heard)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say("a");
    ald_buf_cut(&end.written, 0);
    check_says("INVALID command=OTHER;message=x\n", "", "");
    check_says("INVALID command=REGISTER;message=the target is taken\n", "denied text=the target is taken\n", "");
    register_say("b");
    check_written("REGISTER service=b;version=1\n");
    check_says("READY\n", "registered target=b\n", "");
    close_end();

    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say("\x01");
    check_written("");
    check_heard("denied text=the protocol has no form for this name\n");
    close_end();
}

ALD_TEST(comm_client, a_hub_that_says_nothing_is_left)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say("a");
    ald_check_int(ald_dialect_tick(end.dialect, 1010 * ALD_SEC), 0);
    comm_hear(&end);
    check_heard("close code=1002 text=No word that counts in time\n");
    close_end();
}

static void capable_say(const char *names)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CAPABLE);

    signal.text = ald_str(names);
    comm_emit(&world, &end, &signal);
}

ALD_TEST(comm_client, capabilities_are_listed_sorted_and_once)
{
    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    capable_say("TURN,DATA");
    check_written("");
    register_say("a");
    capable_say("DATA,AAA,ZZZ");
    check_written("REGISTER service=a;version=1\n"); /* HELP will come */
    check_says("<m:communicatord HELP\n<m:communicatord READY my_address=1\n", "registered target=a\n",
               "<:a m:communicatord/COMMANDS list=AAA,ALIVE,DATA,DISCONNECTING,HELP,INVALID,PRIMARY,QUITTING,READY,"
               "SERVICE_UNAVAILABLE,STOP,TRANSMISSION_REPORT,TURN,UNKNOWN,ZZZ\n");
    capable_say("DATA,STOP");
    check_written(""); /* nothing new in that */
    capable_say("MORE");
    check_written("<:a .:communicatord/COMMANDS list=AAA,ALIVE,DATA,DISCONNECTING,HELP,INVALID,MORE,PRIMARY,QUITTING,"
                  "READY,SERVICE_UNAVAILABLE,STOP,TRANSMISSION_REPORT,TURN,UNKNOWN,ZZZ\n");
    close_end();
}

ALD_TEST(comm_client, alive_is_answered)
{
    open_client("a");
    check_says("<x:y a/ALIVE serial=12\n", "", "<:a x:y/ABSOLUTELY reply_timestamp=1795226634.692451000;serial=12\n");
    close_end();
}

/* --- scenarios of the reporter, whose script is the hub (communicator.md 13) -------------------------------------- */

ALD_TEST(comm_client, scenario_14_drops_its_connection_after_quitting)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT), leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say("test_communicator_client");
    check_written("REGISTER service=test_communicator_client;version=1\n");
    check_says("<monster:test_communicator_client communicatord:communicator_test/DATA "
               "filename=/var/log/communicator/communicatord.log\n",
               "event from=test_communicator_client name=DATA to=communicatord:communicator_test "
               "claim=monster:test_communicator_client "
               "payload={\"filename\":\"/var/log/communicator/communicatord.log\"} "
               "native=filename=/var/log/communicator/communicatord.log\n",
               "");
    event.msg = comm_msg(&world, ALD_EVENT, "DONE", "test_communicator_client");
    event.msg->flags = ALD_MSG_HOLD;
    ald_check_int(ald_msg_set(event.msg, &event.msg->to.hub, ALD_STR("monster")), 0);
    check_tells(&event, "<:test_communicator_client monster:test_communicator_client/DONE\n");
    check_says("<monster:test_communicator_client communicatord:communicator_test/QUITTING\n",
               "leave target=test_communicator_client\n", "");
    leave.ok = true;
    check_tells(&leave, "");
    check_heard("close code=1000 text=Goodbye\n");
    event = ald_signal_of(ALD_SIGNAL_EVENT);
    event.msg = comm_msg(&world, ALD_EVENT, "DONE", "x");
    check_tells(&event, "");
    close_end();
}

ALD_TEST(comm_client, scenario_15_unregisters_when_it_is_stopped)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_client("test_communicator_client");
    check_says("<monster:test_communicator_client communicatord:communicator_test/STOP\n",
               "leave target=test_communicator_client\n", "");
    leave.ok = true;
    check_tells(&leave, "UNREGISTER service=test_communicator_client\n");
    check_heard("close code=1000 text=Goodbye\n");
    close_end();
}

ALD_TEST(comm_client, a_daemon_that_stops_will_be_back)
{
    open_client("a");
    check_says("<monster:communicatord DISCONNECTING\nSTOP\n", "leave target=a reconnect\n", "");
    close_end();
}

ALD_TEST(comm_client, its_own_goodbye_is_unregister)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_client("a");
    check_tells(&leave, "UNREGISTER service=a\n");
    check_heard("");
    close_end();

    open_end(ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    register_say(NULL);
    check_heard("registered\n");
    leave = ald_signal_of(ALD_SIGNAL_LEAVE);
    check_tells(&leave, "");
    check_heard("close code=1000 text=Goodbye\n");
    close_end();
}

/* --- messages --------------------------------------------------------------------------------------------------- */

static void check_event(const char *target, uint32_t flags, ald_usec ttl, const char *written)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    event.msg = comm_msg(&world, ALD_EVENT, "DATA", target);
    event.msg->flags = flags;
    event.msg->ttl = ttl;
    check_tells(&event, written);
}

ALD_TEST(comm_client, options_of_events_are_said)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    open_client("a");
    check_event("b", 0, ALD_NEVER, "<:a b/DATA cache=no\n");
    check_event("b", ALD_MSG_HOLD, ALD_NEVER, "<:a b/DATA\n");
    check_event("b", ALD_MSG_HOLD, 90 * ALD_SEC, "<:a b/DATA cache=ttl=90s\n");
    check_event("b", ALD_MSG_HOLD, 1500 * ALD_MSEC, "<:a b/DATA cache=ttl=10s\n");
    check_event("b", ALD_MSG_TELL_AWAY | ALD_MSG_REPORT, ALD_NEVER,
                "<:a b/DATA cache=\"no;reply\";transmission_report=failure\n");
    check_event("b", ALD_MSG_HOLD | ALD_MSG_EVERYONE, ALD_NEVER, "<:a b/DATA aldis_everyone=true\n");
    event.msg = comm_msg(&world, ALD_EVENT, "DATA", NULL);
    event.msg->to.scope = ALD_SCOPE_EVERYWHERE;
    comm_payload(event.msg, "{\"v\":\"x\"}");
    check_tells(&event, "<:a */DATA v=x\n");
    close_end();
}

ALD_TEST(comm_client, commands_are_said_and_answered)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND);

    open_client("a");
    command.msg = comm_msg(&world, ALD_COMMAND, "TURN", "lamp");
    ald_check_int(ald_msg_set(command.msg, &command.msg->wire_id, ALD_STR("w1")), 0);
    ald_check_int(ald_msg_set(command.msg, &command.msg->to.hub, ALD_STR("n2")), 0);
    command.msg->mode = ALD_MODE_ALL;
    command.msg->flags = ALD_MSG_IDEMPOTENT;
    command.ttl = 1500 * ALD_MSEC;
    comm_payload(command.msg, "{\"to\":\"left\"}");
    check_tells(&command, "<:a n2:lamp/TURN aldis_id=w1;aldis_idempotent=true;aldis_mode=all;aldis_ttl=1.500000s;"
                          "to=left\n");
    check_says("<n2:lamp m:a/DONE aldis_id=w1;aldis_outcome=succeeded;v=1\n",
               "reply outcome=succeeded name=DONE wire=w1 claim=n2:lamp payload={\"v\":\"1\"} native=v=1\n", "");
    check_says("<m:communicatord m:a/TRANSMISSION_REPORT aldis_cause=deadline;aldis_id=w1;aldis_message=late;"
               "aldis_outcome=expired;command=TURN;status=failed\n",
               "reply outcome=expired cause=deadline text=late wire=w1 claim=m:communicatord\n", "");
    command = ald_signal_of(ALD_SIGNAL_COMMAND);
    command.msg = comm_msg(&world, ALD_COMMAND, "TURN", "lamp");
    command.msg->flags = ALD_MSG_DURABLE;
    ald_check_int(ald_msg_set(command.msg, &command.msg->wire_id, ALD_STR("w2")), 0);
    check_tells(&command, "");
    check_heard("reply outcome=refused cause=unsupported text=the protocol has no form for this option wire=w2\n");
    close_end();
}

ALD_TEST(comm_client, the_hub_itself_is_asked_by_names_of_its_own)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND), cancel = ald_signal_of(ALD_SIGNAL_CANCEL);

    open_client("a");
    command.msg = comm_msg(&world, ALD_COMMAND, "aldis:Outcome", "");
    ald_check_int(ald_msg_set(command.msg, &command.msg->wire_id, ALD_STR("w2")), 0);
    comm_payload(command.msg, "{\"id\":\"w1\"}");
    check_tells(&command, "<:a communicatord/ALDIS_OUTCOME aldis_id=w2;id=w1\n");
    cancel.request = comm_msg(&world, ALD_COMMAND, "TURN", "lamp");
    ald_check_int(ald_msg_set(cancel.request, &cancel.request->wire_id, ALD_STR("w1")), 0);
    check_tells(&cancel, "<:a communicatord/ALDIS_CANCEL id=w1\n");
    close_end();
}

ALD_TEST(comm_client, commands_are_heard_and_answered)
{
    static const struct {
        enum ald_outcome outcome;
        enum ald_cause cause;
        const char *written;
    } rows[] = {
        {ALD_SUCCEEDED, ALD_CAUSE_NONE, "<:a m:aldis_17/DONE aldis_outcome=succeeded\n"},
        {ALD_FAILED, ALD_CAUSE_AGENT_FAILED,
         "<:a m:aldis_17/ALDIS_REPLY aldis_cause=agent_failed;aldis_error=agent_failed;aldis_message=the agent "
         "answered "
         "with an error;aldis_outcome=failed\n"},
        {ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND,
         "<:a m:aldis_17/UNKNOWN aldis_cause=unknown_command;aldis_message=nobody here knows this command;"
         "aldis_outcome=refused;command=TURN\n"},
        {ALD_REFUSED, ALD_CAUSE_NO_HANDLER,
         "<:a m:aldis_17/SERVICE_UNAVAILABLE aldis_cause=no_handler;aldis_message=the agent has no handler for this "
         "command;aldis_outcome=refused;destination_service=a;unsent_command=TURN\n"},
        {ALD_REFUSED, ALD_CAUSE_INVALID,
         "<:a m:aldis_17/INVALID aldis_cause=invalid;aldis_message=the command is not valid;aldis_outcome=refused;"
         "command=TURN;message=the command is not valid\n"},
    };
    struct ald_signal command;

    open_client("a");
    comm_feed_only(&world, &end, ALD_STR("<m:aldis_17 a/TURN to=left\n"));
    ald_check(comm_next(&end, &command));
    comm_print_signal(&end.heard, &command);
    check_heard(
        "command N=17 name=TURN wire=m:aldis_17 to=a claim=m:aldis_17 payload={\"to\":\"left\"} native=to=left\n");
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);

        reply.request = ald_msg_ref(command.msg);
        reply.msg = comm_msg(&world, ALD_REPLY, "DONE", NULL);
        reply.msg->outcome = (uint8_t)rows[i].outcome;
        reply.msg->cause = (uint8_t)rows[i].cause;
        check_tells(&reply, rows[i].written);
    }
    ald_signal_clear(&command);
    close_end();
}

ALD_TEST(comm_client, health_and_primary_are_the_programs_to_answer)
{
    struct ald_signal health = ald_signal_of(ALD_SIGNAL_HEALTH), primary = ald_signal_of(ALD_SIGNAL_PRIMARY);

    open_client("a");
    check_says("<m:aldis_health_7 a/ALIVE\n", "health N=7\n", "");
    health.ok = true;
    health.text = ALD_STR("hot");
    check_tells(&health, "<:a m:aldis_health_7/ABSOLUTELY aldis_healthy=false;aldis_message=hot\n");
    check_says("<m:aldis_primary_8 a/PRIMARY primary=true;term=3\n", "primary N=8 primary term=3\n", "");
    primary.ok = primary.primary = true;
    check_tells(&primary, "<:a m:aldis_primary_8/PRIMARY primary=true\n");
    check_says("<m:aldis_primary_8 a/ALIVE\n", "",
               "<:a m:aldis_primary_8/INVALID command=ALIVE;message=that sender asks something else\n");
    close_end();
}

ALD_TEST(comm_client, reports_are_heard)
{
    open_client("a");
    check_says("TRANSMISSION_REPORT command=DATA;status=cached\n", "report phase=2 text=DATA\n", "");
    check_says("TRANSMISSION_REPORT command=DATA;status=failed\n", "report cause=no_target phase=6 text=DATA\n", "");
    check_says("SERVICE_UNAVAILABLE destination_service=off;unsent_command=DATA\n",
               "report cause=no_channel phase=6 text=DATA\n", "");
    check_says("UNKNOWN command=FOO\n", "report cause=unknown_command phase=6 text=FOO\n", "");
    check_says("UNKNOWN\n", "", "");
    close_end();
}

/* --- news ------------------------------------------------------------------------------------------------------- */

static void check_asks(enum ald_topic topic, bool ok, const char *target, const char *written)
{
    struct ald_signal ask = ald_signal_of(ALD_SIGNAL_ASK);

    ask.topic = (uint8_t)topic;
    ask.ok = ok;
    ask.target = ald_str(target);
    check_tells(&ask, written);
}

ALD_TEST(comm_client, questions_are_listed_and_asked)
{
    open_client("a");
    say("HELP\n");
    check_asks(ALD_TOPIC_CLOCK, false, NULL,
               "<:a .:communicatord/COMMANDS list=ALIVE,CLOCK_STABLE,CLOCK_UNSTABLE,DISCONNECTING,HELP,INVALID,PRIMARY,"
               "QUITTING,READY,SERVICE_UNAVAILABLE,STOP,TRANSMISSION_REPORT,UNKNOWN\n"
               "<:a communicatord/CLOCK_STATUS\n");
    check_asks(ALD_TOPIC_CLOCK, false, NULL, "<:a communicatord/CLOCK_STATUS\n");
    check_says("CLOCK_STABLE cache=no;clock_resolution=verified\n", "news topic=clock state=1 ok\n", "");
    check_says("./CLOCK_UNSTABLE clock_error=invalid\n", "news topic=clock state=3\n", "");
    capable_say("STATUS,LOADAVG");
    ald_buf_cut(&end.written, 0);
    check_asks(ALD_TOPIC_PRESENCE, false, "my-lamp", "<:a communicatord/SERVICE_STATUS service=my_2dlamp\n");
    check_asks(ALD_TOPIC_LOAD, true, NULL, "<:a communicatord/REGISTER_FOR_LOADAVG\n");
    check_asks(ALD_TOPIC_LOAD, false, NULL, "<:a communicatord/UNREGISTER_FROM_LOADAVG\n");
    check_asks(ALD_TOPIC_HUB, false, NULL, "");
    close_end();
}

ALD_TEST(comm_client, every_kind_of_news_is_heard)
{
    open_client("a");
    check_says("<N:communicatord STATUS cache=no;server_name=N;service=my_2dlamp;status=up;up_since=5\n",
               "news topic=presence state=1 name=my-lamp hub=N since=5\n", "");
    check_says("STATUS server=N;service=b;status=down;down_since=6\n",
               "news topic=presence state=2 name=b hub=N until=6\n", "");
    check_says("./CLUSTER_UP neighbors_count=3\n", "news topic=cluster state=1 number=3\n", "");
    check_says("./CLUSTER_COMPLETE neighbors_count=3\n", "news topic=cluster state=3 number=3\n", "");
    check_says("./CLUSTER_DOWN neighbors_count=x\n", "news topic=cluster state=2\n", "");
    check_says("./NEW_REMOTE_CONNECTION server_name=n2\n", "news topic=hub hub=n2\n", "");
    check_says("./HANGUP server_name=n2\n", "news topic=hub state=2 hub=n2\n", "");
    check_says("./DISCONNECTED server_name=n2\n", "news topic=hub state=1 hub=n2\n", "");
    check_says("<N:communicatord LOADAVG avg=0.5;my_address=10.0.0.1:4042;timestamp=7.5\n",
               "news topic=load name=10.0.0.1:4042 hub=N load_percent=50 since=7\n", "");
    check_says("./UNREACHABLE who=10.0.0.2:4042\n", "news topic=unreachable name=10.0.0.2:4042\n", "");
    check_says("SERVER_PUBLIC_IP secure_ip=1.2.3.4:4043\n", "news topic=addresses detail=1.2.3.4:4043\n", "");
    check_says("SERVICES list=a,b\n", "news topic=targets detail=a,b\n", "");
    check_says("*/BLOCK reason=r;uri=10.0.0.2\n", "news topic=intrusion name=10.0.0.2 detail=r\n", "");
    check_says("STATUS status=up\n", "event name=STATUS to=a payload={\"status\":\"up\"} native=status=up\n", "");
    close_end();
}

/* --- datagrams -------------------------------------------------------------------------------------------------- */

ALD_TEST(comm_client, datagrams_are_events_with_the_secret)
{
    struct ald_identity identity = {.secret = ALD_STR("s3")};
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT), command = ald_signal_of(ALD_SIGNAL_COMMAND);
    char large[1200];

    comm_world_open(&world);
    comm_open_with(&world, &end, ALD_ROLE_PARTY, ALD_COMMUNICATOR_DATAGRAM, &identity, &comm_options);
    register_say("ed_signal");
    check_written("");
    check_heard("registered target=ed_signal\n");
    event.msg = comm_msg(&world, ALD_EVENT, "PING", "b");
    event.msg->flags = ALD_MSG_HOLD;
    comm_payload(event.msg, "{\"v\":\"1\"}");
    check_tells(&event, "<:ed_signal b/PING secret_code=s3;v=1");
    memset(large, '1', sizeof(large));
    memcpy(large, "\"", 1);
    memcpy(large + sizeof(large) - 2, "\"", 2);
    event = ald_signal_of(ALD_SIGNAL_EVENT);
    event.msg = comm_msg(&world, ALD_EVENT, "PING", "b");
    comm_payload(event.msg, large);
    check_tells(&event, "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_TOO_LARGE], 1);
    command.msg = comm_msg(&world, ALD_COMMAND, "TURN", "b");
    check_tells(&command, "");
    check_heard("reply outcome=refused cause=unsupported text=a datagram has no answer\n");
    check_says("HELP", "", "");
    close_end();
}

ALD_TEST_MAIN(comm_client, ALD_CASE(comm_client, a_name_is_registered),
              ALD_CASE(comm_client, older_daemons_do_not_say_who_they_are),
              ALD_CASE(comm_client, who_has_no_name_says_none), ALD_CASE(comm_client, a_refusal_is_heard),
              ALD_CASE(comm_client, a_hub_that_says_nothing_is_left),
              ALD_CASE(comm_client, capabilities_are_listed_sorted_and_once), ALD_CASE(comm_client, alive_is_answered),
              ALD_CASE(comm_client, scenario_14_drops_its_connection_after_quitting),
              ALD_CASE(comm_client, scenario_15_unregisters_when_it_is_stopped),
              ALD_CASE(comm_client, a_daemon_that_stops_will_be_back),
              ALD_CASE(comm_client, its_own_goodbye_is_unregister), ALD_CASE(comm_client, options_of_events_are_said),
              ALD_CASE(comm_client, commands_are_said_and_answered),
              ALD_CASE(comm_client, the_hub_itself_is_asked_by_names_of_its_own),
              ALD_CASE(comm_client, commands_are_heard_and_answered),
              ALD_CASE(comm_client, health_and_primary_are_the_programs_to_answer),
              ALD_CASE(comm_client, reports_are_heard), ALD_CASE(comm_client, questions_are_listed_and_asked),
              ALD_CASE(comm_client, every_kind_of_news_is_heard),
              ALD_CASE(comm_client, datagrams_are_events_with_the_secret))
