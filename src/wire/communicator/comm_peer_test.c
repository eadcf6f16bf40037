/* Role hub: other daemons, who dial us, whom we dial, and who only gossip. */

#include "wire/communicator/comm_test.h"

#define CONNECT                                                                                                        \
    "<n2:communicatord CONNECT my_address=10.0.0.2:4042;neighbors=10.0.0.1:4042;server_name=n2;services=offsvc;"       \
    "version=1\n"
#define CONNECTED                                                                                                      \
    "register target=hub:n2 leave report peering=2 hub=n2 address=10.0.0.2:4042 services=offsvc "                      \
    "neighbors=10.0.0.1:4042\n"

ALD_TEST(comm_peer, connect_is_a_greeting_and_accept_its_answer)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    check_says(CONNECT, CONNECTED, "");
    comm_registered(&world, &end, "hub:n2");
    check_written("<N:communicatord REGISTER_FOR_LOADAVG\n"
                  "<N:communicatord ACCEPT my_address=10.0.0.1:4042;neighbors=10.0.0.2:4042;server_name=N;"
                  "services=offsvc\n"
                  "<N:communicatord HELP\n");
    ald_check(ald_dialect_deadline(end.dialect) == ALD_NEVER);
    check_says("n1:communicatord/COMMANDS list=HELP\n",
               "event name=COMMANDS to=n1:communicatord claim=n2:- hold ttl_ms=60000 payload={\"list\":\"HELP\"} "
               "native=list=HELP via=n2\n",
               "");
    check_says("N:communicatord/COMMANDS list=HELP,LOADAVG\n", "", "");
    check_says("<n2:communicatord HELP\n", "",
               "n2:communicatord/COMMANDS list=ACCEPT,ALIVE,CLOCK_STATUS,CLUSTER_STATUS,COMMANDS,CONNECT,DISCONNECT,"
               "FORGET,GOSSIP,HELP,INVALID,LEAK,LISTEN_LOADAVG,LIST_SERVICES,LOADAVG,LOG_ROTATE,PUBLIC_IP,QUITTING,"
               "READY,REFUSE,REGISTER,REGISTER_FOR_LOADAVG,RESTART,SERVICE_STATUS,SERVICE_UNAVAILABLE,SHUTDOWN,STOP,"
               "UNKNOWN,UNREGISTER,UNREGISTER_FROM_LOADAVG\n");
    check_says("<n2:communicatord REGISTER_FOR_LOADAVG\n", "ask topic=load ok\n", "");
    close_end();
}

ALD_TEST(comm_peer, and_services_come_in_at_one_door)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_OPEN);
    check_says("a//DATA\n", "", "INVALID command=DATA;message=the receiver is not server:service/, at byte 3\n");
    check_says(CONNECT, CONNECTED, "");
    close_end();
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_OPEN);
    check_says("GOSSIP my_address=10.0.0.2:4042\n", "neighbors ok text=10.0.0.2:4042\n", "<N:communicatord RECEIVED\n");
    close_end();
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_OPEN);
    check_says("REGISTER password=word;service=a;username=me;version=1\n",
               "register report username=me password=word\n"
               "register target=a report username=me password=word\n",
               "");
    close_end();
}

ALD_TEST(comm_peer, credentials_and_lists_are_passed_on)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    check_says("CONNECT heard_of=x,y;my_address=[fc00::2]:4042;neighbors=\"10.0.0.1:4042,  10.0.0.3:4042\\n10.0.0.4\";"
               "password=\"a;b\";server_name=n2;username=u;version=1\n",
               "register target=hub:n2 leave report peering=2 hub=n2 address=[fc00::2]:4042 heard_of=x,y "
               "neighbors=10.0.0.1:4042,10.0.0.3:4042,10.0.0.4 username=u password=a;b\n",
               "");
    close_end();
}

ALD_TEST(comm_peer, a_greeting_that_makes_no_sense_is_answered)
{
    static const struct {
        const char *params, *why;
    } rows[] = {
        {"", "the parameter version is missing, or not a number"},
        {" version=abc", "the parameter version is missing, or not a number"},
        {" version=1", "the parameter server_name is missing, or no name"},
        {" server_name=n-2;version=1", "the parameter server_name is missing, or no name"},
        {" server_name=n2;version=1", "the parameter my_address must be an address with a port"},
        {" my_address=zzz;server_name=n2;version=1", "the parameter my_address must be an address with a port"},
        {" my_address=10.0.0.2;server_name=n2;version=1", "the parameter my_address must be an address with a port"},
        {" my_address=10.0.0.2:1;neighbors=zork;server_name=n2;version=1", "the parameter neighbors must be addresses"},
    };

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        char line[120], answer[200];

        snprintf(line, sizeof(line), "CONNECT%s\n", rows[i].params);
        snprintf(answer, sizeof(answer), "INVALID command=CONNECT;message=%s\n", rows[i].why);
        check_says(line, "", answer);
    }
    check_says(CONNECT, CONNECTED, ""); /* it may still get it right */
    close_end();
}

ALD_TEST(comm_peer, another_version_is_refused)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    check_says("CONNECT my_address=10.0.0.2:4042;server_name=n2;version=2\n",
               "close code=4004 text=The other daemon speaks another version\n",
               "<N:communicatord REFUSE conflict=version;message=only version 1 of the protocol is spoken here\n");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_WRONG_VERSION], 1);
    close_end();
}

static void check_refused(enum ald_cause cause, const char *written, const char *heard)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    say(CONNECT);
    comm_denied(&world, &end, cause, "because");
    check_written(written);
    check_heard(heard);
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_CONNECT_REFUSED], 1);
    close_end();
}

ALD_TEST(comm_peer, who_is_denied_is_refused_and_told_why)
{
    check_refused(ALD_CAUSE_DUPLICATE, "<N:communicatord REFUSE conflict=name\n",
                  "close code=4003 text=The hub does not link with that daemon\n");
    check_refused(ALD_CAUSE_DRAINING, "<N:communicatord REFUSE shutdown=true\n",
                  "close code=4002 text=The hub does not link with that daemon\n");
    check_refused(ALD_CAUSE_NOT_ALLOWED, "<N:communicatord REFUSE message=because\n",
                  "close code=4001 text=The hub does not link with that daemon\n");
}

ALD_TEST(comm_peer, nothing_counts_before_connect)
{
    static const char *const lines[] = {"b/DATA v=1\n",
                                        "STOP\n",
                                        "ZORK\n",
                                        "REGISTER service=a;version=1\n",
                                        "LOADAVG avg=1;my_address=10.0.0.1:1;timestamp=1\n",
                                        "*/LOCK\n"};

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    for (size_t i = 0; i < ALD_COUNT(lines); i++) {
        comm_feed(&world, &end, ald_str(lines[i]));
        check_heard("");
        ald_check(ald_str_find(ald_buf_str(&end.written), ALD_STR("a daemon says CONNECT first")) <
                  ald_buf_size(&end.written));
        ald_buf_cut(&end.written, 0);
    }
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_NOT_CONNECTED], ALD_COUNT(lines));
    ald_check(ald_dialect_deadline(end.dialect) == 1010 * ALD_SEC);
    close_end();
}

ALD_TEST(comm_peer, a_link_is_dialled_with_connect)
{
    struct ald_identity identity = comm_identity;

    identity.username = ALD_STR("u");
    identity.password = ALD_STR("p;q");
    comm_world_open(&world);
    comm_open_with(&world, &end, ALD_ROLE_HUB, ALD_COMMUNICATOR_LINK, &identity, &comm_options);
    check_written("<N:communicatord CONNECT my_address=10.0.0.1:4042;neighbors=10.0.0.2:4042;password=\"p;q\";"
                  "server_name=N;services=offsvc;username=u;version=1\n");
    check_says("<n1:communicatord REGISTER_FOR_LOADAVG\n", "", ""); /* the original says so before its ACCEPT */
    check_says("<n1:communicatord ACCEPT my_address=10.0.0.9:4042;server_name=n1\n",
               "register target=hub:n1 leave report peering=2 hub=n1 address=10.0.0.9:4042\n", "");
    comm_registered(&world, &end, "hub:n1");
    check_written("<N:communicatord HELP\n<N:communicatord REGISTER_FOR_LOADAVG\n");
    check_heard("ask topic=load ok\n");
    check_says("<n1:communicatord ACCEPT my_address=10.0.0.9:4042;server_name=n1\n", "",
               "n1:communicatord/INVALID command=ACCEPT;message=a daemon does not say this, or not any more\n");
    close_end();
}

static void check_link_closed(const char *line, const char *heard)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_LINK);
    ald_buf_cut(&end.written, 0);
    check_says(line, heard, "");
    close_end();
}

ALD_TEST(comm_peer, refuse_says_when_to_try_again)
{
    check_link_closed("REFUSE shutdown=true\n", "close code=4002 text=The other daemon is stopping\n");
    check_link_closed("REFUSE conflict=name\n",
                      "close code=4003 text=The other daemon knows another one of our name\n");
    check_link_closed("REFUSE\n", "close code=4001 text=The other daemon refused us\n");
    check_link_closed("DISCONNECT\n", "close code=1000 text=The other daemon said DISCONNECT\n");
}

ALD_TEST(comm_peer, a_link_that_our_hub_does_not_want_is_disconnected)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_LINK);
    say("ACCEPT my_address=10.0.0.9:4042;server_name=n1\n");
    comm_denied(&world, &end, ALD_CAUSE_DUPLICATE, "there is one already");
    check_written("<N:communicatord DISCONNECT\n");
    check_heard("close code=4003 text=The hub does not link with that daemon\n");
    close_end();
}

ALD_TEST(comm_peer, gossip_is_received)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    world.now += 5 * ALD_SEC;
    check_says("GOSSIP my_address=10.0.0.7:4042\n", "neighbors ok text=10.0.0.7:4042\n", "<N:communicatord RECEIVED\n");
    ald_check(ald_dialect_deadline(end.dialect) == 1015 * ALD_SEC); /* it is to go now */
    check_says("GOSSIP heard_of=x\n", "", "");
    check_says("GOSSIP my_address=zork\n", "",
               "INVALID command=GOSSIP;message=the parameter my_address must be an address with a port: zork\n");
    check_says(CONNECT, CONNECTED, "");
    close_end();
}

ALD_TEST(comm_peer, gossip_is_said_and_ends_when_it_is_received)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_GOSSIP);
    check_written("GOSSIP my_address=10.0.0.1:4042\n");
    check_says("<n9:communicatord HELP\n<n9:communicatord RECEIVED\n",
               "close code=1000 text=The other daemon knows of us\n",
               "n9:communicatord/COMMANDS list=ACCEPT,ALIVE,CLOCK_STATUS,CLUSTER_STATUS,COMMANDS,CONNECT,DISCONNECT,"
               "FORGET,GOSSIP,HELP,INVALID,LEAK,LISTEN_LOADAVG,LIST_SERVICES,LOADAVG,LOG_ROTATE,PUBLIC_IP,QUITTING,"
               "READY,REFUSE,REGISTER,REGISTER_FOR_LOADAVG,RESTART,SERVICE_STATUS,SERVICE_UNAVAILABLE,SHUTDOWN,STOP,"
               "UNKNOWN,UNREGISTER,UNREGISTER_FROM_LOADAVG\n");
    close_end();

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_GOSSIP);
    ald_check_int(ald_dialect_tick(end.dialect, ald_dialect_deadline(end.dialect)), 0);
    comm_hear(&end);
    check_heard("close code=1002 text=No word that counts in time\n");
    close_end();
}

/* --- messages over a link --------------------------------------------------------------------------------------- */

#define WAY                                                                                                            \
    "broadcast_hops=2;broadcast_informed_neighbors=10.0.0.1,10.0.0.2;broadcast_msgid=n1-7;"                            \
    "broadcast_originator=10.0.0.2;broadcast_timeout=1795226644;secure_remote=false"

ALD_TEST(comm_peer, the_way_of_a_message_is_read)
{
    open_peer();
    check_says("<n1:a1 N:b/DATA " WAY ";v=2\n",
               "event name=DATA to=N:b claim=n1:a1 hold ttl_ms=60000 payload={\"v\":\"2\"} native=v=2 via=n1 id=n1-7 "
               "informed=10.0.0.1,10.0.0.2 hops=2 until=1795226644\n",
               "");
    check_says(
        "<n1:a1 */DATA " WAY "\n",
        "event name=DATA to=-(*) claim=n1:a1 via=n1 id=n1-7 informed=10.0.0.1,10.0.0.2 hops=2 until=1795226644\n", "");
    check_says("b/DATA v=1\n",
               "event name=DATA to=b claim=n2:- hold ttl_ms=60000 payload={\"v\":\"1\"} native=v=1 via=n2\n", "");
    check_says("<n1:a1 *:b/DATA aldis_everyone=true\n",
               "event name=DATA to=b(*) claim=n1:a1 hold everyone ttl_ms=60000 via=n1\n", "");
    close_end();
}

ALD_TEST(comm_peer, a_way_that_makes_no_sense_is_answered)
{
    static const struct {
        const char *params, *why;
    } rows[] = {
        {"broadcast_msgid=", "broadcast_msgid is no id"},
        {"broadcast_msgid=q-1", "broadcast_hops must be a small number"},
        {"broadcast_hops=x;broadcast_msgid=q-1", "broadcast_hops must be a small number"},
        {"broadcast_hops=-1;broadcast_msgid=q-1", "broadcast_hops must be a small number"},
        {"broadcast_hops=1;broadcast_msgid=q-1", "broadcast_timeout must be a time in seconds"},
        {"broadcast_hops=1;broadcast_msgid=q-1;broadcast_timeout=soon", "broadcast_timeout must be a time in seconds"},
        {"broadcast_hops=1;broadcast_msgid=q-1;broadcast_timeout=5",
         "broadcast_informed_neighbors must be addresses without ports"},
        {"broadcast_hops=1;broadcast_informed_neighbors=zork;broadcast_msgid=q-1;broadcast_timeout=5",
         "broadcast_informed_neighbors must be addresses without ports"},
    };

    open_peer();
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        char line[160], answer[160];

        snprintf(line, sizeof(line), "<n1:a1 b/FOO %s\n", rows[i].params);
        snprintf(answer, sizeof(answer), "n1:a1/INVALID command=FOO;message=%s\n", rows[i].why);
        check_says(line, "", answer);
    }
    close_end();
}

static struct ald_signal event_make(const char *name, const struct ald_address *to)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    event.msg = comm_msg(&world, ALD_EVENT, name, NULL);
    ald_check_int(ald_msg_set_address(event.msg, &event.msg->to, to), 0);
    comm_payload(event.msg, "{\"v\":1}");
    event.from = ALD_STR("a1");
    return event;
}

ALD_TEST(comm_peer, the_way_of_a_message_is_written)
{
    const struct ald_travel travel = {.hub = ALD_STR("n1"),
                                      .id = ALD_STR("n1-7"),
                                      .informed = ALD_STR("10.0.0.1,10.0.0.2"),
                                      .hops = 7,
                                      .daemons = 2,
                                      .until = UINT64_C(1795226644000000)};
    const struct ald_travel ours = {.id = ALD_STR("N-1")};
    struct ald_signal event;

    open_peer();
    event = event_make("DATA", &(struct ald_address){.hub = ALD_STR("n2"), .target = ALD_STR("b2")});
    event.travel = &travel;
    check_tells(&event, "<n1:a1 n2:b2/DATA broadcast_hops=3;broadcast_informed_neighbors=10.0.0.1,10.0.0.2;"
                        "broadcast_msgid=n1-7;broadcast_originator=10.0.0.1;broadcast_timeout=1795226644;"
                        "secure_remote=false;v=1\n");
    event = event_make("DATA", &(struct ald_address){.scope = ALD_SCOPE_NETWORK});
    event.travel = &ours;
    check_tells(&event, "<N:a1 ?/DATA broadcast_hops=1;broadcast_informed_neighbors=;broadcast_msgid=N-1;"
                        "broadcast_originator=10.0.0.1;broadcast_timeout=1795226644;secure_remote=false;v=1\n");
    event = event_make("DATA", &(struct ald_address){.target = ALD_STR("b2"), .scope = ALD_SCOPE_NETWORK});
    event.msg->flags |= ALD_MSG_EVERYONE;
    check_tells(&event, "<N:a1 *:b2/DATA aldis_everyone=true;v=1\n");
    close_end();
}

ALD_TEST(comm_peer, commands_go_over_a_link_and_their_answers_come_back)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND), heard, reply = ald_signal_of(ALD_SIGNAL_REPLY);

    open_peer();
    command.id = ald_id_make(3, 5);
    command.msg = comm_msg(&world, ALD_COMMAND, "TURN", "lamp");
    ald_check_int(ald_msg_set(command.msg, &command.msg->to.hub, ALD_STR("n2")), 0);
    check_tells(&command, "<N:aldis_5 n2:lamp/TURN transmission_report=failure\n");
    check_says("<n2:lamp N:aldis_5/DONE v=1\n",
               "reply N=5 outcome=succeeded name=DONE claim=n2:lamp payload={\"v\":\"1\"} native=v=1\n", "");
    check_says("<n2:communicatord N:aldis_5/TRANSMISSION_REPORT command=TURN;status=failed\n",
               "reply N=5 outcome=refused cause=no_target claim=n2:communicatord\n", "");

    comm_feed_only(&world, &end, ALD_STR("<n3:c N:lamp/TURN aldis_id=7\n"));
    ald_check(comm_next(&end, &heard));
    comm_print_signal(&end.heard, &heard);
    check_heard("command name=TURN wire=n3:c/7 to=N:lamp claim=n3:c ttl_ms=60000 via=n3\n");
    reply.request = ald_msg_ref(heard.msg);
    reply.outcome = ALD_SUCCEEDED;
    ald_signal_clear(&heard);
    check_tells(&reply, "<N:communicatord n3:c/ALDIS_REPLY aldis_id=7;aldis_outcome=succeeded\n");
    close_end();
}

ALD_TEST(comm_peer, what_became_of_a_message_is_told_to_who_said_it)
{
    struct ald_signal report = ald_signal_of(ALD_SIGNAL_REPORT), heard;

    open_peer();
    comm_feed_only(&world, &end, ALD_STR("<n3:c N:zz/DATA transmission_report=failure\n"));
    ald_check(comm_next(&end, &heard));
    report.request = ald_msg_ref(heard.msg);
    report.cause = ALD_CAUSE_NO_TARGET;
    ald_signal_clear(&heard);
    check_tells(&report, "<N:communicatord n3:c/TRANSMISSION_REPORT command=DATA;status=failed\n");
    close_end();
}

ALD_TEST(comm_peer, load_is_news_for_the_hub)
{
    open_peer();
    check_says("<n2:communicatord LOADAVG avg=0.56;my_address=10.0.0.2:4042;timestamp=1795226634.692451503\n",
               "news topic=load name=10.0.0.2:4042 hub=n2 load_percent=56 since=1795226634\n", "");
    check_says("LOADAVG avg=-1;my_address=10.0.0.2:4042;timestamp=1\n", "", "");
    check_says("LOADAVG avg=abc;my_address=10.0.0.2:4042;timestamp=1\n", "",
               "n2:communicatord/INVALID command=LOADAVG;message=the parameter avg must be a number\n");
    check_says("LOADAVG avg=4e105;my_address=10.0.0.2:4042;timestamp=1\n", "",
               "n2:communicatord/INVALID command=LOADAVG;message=the parameter avg must be a number\n");
    check_says("LOADAVG avg=1;my_address=bad;timestamp=1\n", "",
               "n2:communicatord/INVALID command=LOADAVG;message=the parameter my_address must be an address\n");
    check_says("LOADAVG avg=1;my_address=10.0.0.2;timestamp=soon\n", "",
               "n2:communicatord/INVALID command=LOADAVG;message=the parameter timestamp must be a time in seconds\n");
    close_end();
}

ALD_TEST(comm_peer, operations_are_told_on)
{
    struct ald_signal operate = ald_signal_of(ALD_SIGNAL_OPERATE);

    open_peer();
    operate.operation = ALD_OPERATE_SHUTDOWN;
    check_tells(&operate, "<N:communicatord SHUTDOWN\n");
    operate = ald_signal_of(ALD_SIGNAL_OPERATE);
    operate.operation = ALD_OPERATE_FORGET;
    operate.text = ALD_STR("10.0.0.7:4042");
    check_tells(&operate, "<N:communicatord *:communicatord/FORGET broadcast_hops=1;ip=10.0.0.7:4042\n");
    check_says("<n2:communicatord *:communicatord/FORGET broadcast_hops=1;ip=10.0.0.7:4042\n",
               "operate operation=3 ok text=10.0.0.7:4042\n", "");
    check_says("<n2:communicatord SHUTDOWN\n", "operate operation=1\n", "");
    close_end();
}

/* A party of another protocol can call any target and any name. */
ALD_TEST(comm_peer, an_order_is_told_to_no_daemon_on_a_partys_behalf)
{
    static const char *const targets[] = {"communicatord", ""};
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    open_peer();
    for (size_t i = 0; i < ALD_COUNT(targets); i++) {
        event = ald_signal_of(ALD_SIGNAL_EVENT);
        event.from = ALD_STR("boss");
        event.msg = comm_msg(&world, ALD_EVENT, "STOP", targets[i]);
        check_tells(&event, "");
    }
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_UNSAYABLE], 2);
    event = ald_signal_of(ALD_SIGNAL_EVENT);
    event.from = ALD_STR("boss");
    event.msg = comm_msg(&world, ALD_EVENT, "STOP", "c");
    check_tells(&event, "<N:boss c/STOP\n");
    close_end();
}

ALD_TEST(comm_peer, disconnect_is_a_goodbye_both_ways)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_peer();
    check_says("<n2:communicatord DISCONNECT\nb/DATA\n", "leave reconnect\n", "<N:communicatord QUITTING\n");
    close_end();

    open_peer();
    check_tells(&leave, "<N:communicatord DISCONNECT\n");
    check_says("<n2:communicatord DISCONNECT\n", "close code=1000 text=The other daemon said DISCONNECT\n", "");
    close_end();
}

/* --- datagrams -------------------------------------------------------------------------------------------------- */

ALD_TEST(comm_peer, datagrams_are_events_and_never_answered)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_DATAGRAM);
    check_says("<h:ed_signal b/PING v=1",
               "register\nevent name=PING to=b claim=h:ed_signal hold ttl_ms=60000 payload={\"v\":\"1\"} native=v=1\n",
               "");
    check_says("b/PING v=a\nb", "event name=PING to=b hold ttl_ms=60000 payload={\"v\":\"a\\nb\"} native=v=a\\nb\n",
               "");
    check_says("STOP", "", "");
    check_says("communicatord/LOG_ROTATE\n", "", "");
    check_says("aldis_7/DONE", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_NOT_BY_DATAGRAM], 3);
    check_says("b/PING v", "", "");
    check_says("", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_MALFORMED], 1);
    ald_check_int(end.n_frames, 0);
    ald_check(ald_dialect_deadline(end.dialect) == ALD_NEVER);
    close_end();
}

ALD_TEST(comm_peer, datagrams_show_the_secret)
{
    struct ald_identity identity = comm_identity;

    identity.secret = ALD_STR("s;t");
    comm_world_open(&world);
    comm_open_with(&world, &end, ALD_ROLE_HUB, ALD_COMMUNICATOR_DATAGRAM, &identity, &comm_options);
    check_says("b/PING", "", "");
    check_says("b/PING secret_code=s", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_WRONG_SECRET], 2);
    check_says("b/PING secret_code=\"s;t\";v=1",
               "register\nevent name=PING to=b hold ttl_ms=60000 payload={\"v\":\"1\"} native=v=1\n", "");
    close_end();
}

static void pass(ald_usec time)
{
    world.now += time;
    if (ald_dialect_deadline(end.dialect) <= world.now) {
        ald_check_int(ald_dialect_tick(end.dialect, world.now), 0);
        comm_hear(&end);
    }
}

/* A link over which nothing comes is asked, and given up when that brings nothing either. */
ALD_TEST(comm_peer, a_silent_link_is_asked_for_a_sign_of_life)
{
    static const struct ald_dialect_options options = {.alive_interval = 30 * ALD_SEC, .alive_failures = 3};

    comm_world_open(&world);
    comm_open_with(&world, &end, ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE, &comm_identity, &options);
    say(CONNECT);
    ald_check(ald_dialect_deadline(end.dialect) == ALD_NEVER); /* whoever is not linked has another limit */
    comm_registered(&world, &end, "hub:n2");
    ald_buf_cut(&end.written, 0);
    pass(20 * ALD_SEC);
    ald_dialect_alive(end.dialect, world.now); /* half a line is enough */
    pass(20 * ALD_SEC);
    check_written("");
    pass(20 * ALD_SEC);
    check_written("<N:communicatord ALIVE\n");
    check_says("<n2:communicatord N:communicatord/ABSOLUTELY reply_timestamp=1\n", "", "");
    ald_dialect_alive(end.dialect, world.now);
    for (int i = 0; i < 2; i++) {
        pass(30 * ALD_SEC);
        check_written("<N:communicatord ALIVE\n");
        check_heard("");
    }
    pass(30 * ALD_SEC);
    check_heard("close code=1006 text=The other daemon gives no sign of life\n");
    ald_check(ald_dialect_deadline(end.dialect) == ALD_NEVER);
    close_end();
}

ALD_TEST_MAIN(
    comm_peer, ALD_CASE(comm_peer, a_silent_link_is_asked_for_a_sign_of_life),
    ALD_CASE(comm_peer, connect_is_a_greeting_and_accept_its_answer),
    ALD_CASE(comm_peer, and_services_come_in_at_one_door), ALD_CASE(comm_peer, credentials_and_lists_are_passed_on),
    ALD_CASE(comm_peer, a_greeting_that_makes_no_sense_is_answered), ALD_CASE(comm_peer, another_version_is_refused),
    ALD_CASE(comm_peer, who_is_denied_is_refused_and_told_why), ALD_CASE(comm_peer, nothing_counts_before_connect),
    ALD_CASE(comm_peer, a_link_is_dialled_with_connect), ALD_CASE(comm_peer, refuse_says_when_to_try_again),
    ALD_CASE(comm_peer, a_link_that_our_hub_does_not_want_is_disconnected), ALD_CASE(comm_peer, gossip_is_received),
    ALD_CASE(comm_peer, gossip_is_said_and_ends_when_it_is_received), ALD_CASE(comm_peer, the_way_of_a_message_is_read),
    ALD_CASE(comm_peer, a_way_that_makes_no_sense_is_answered), ALD_CASE(comm_peer, the_way_of_a_message_is_written),
    ALD_CASE(comm_peer, commands_go_over_a_link_and_their_answers_come_back),
    ALD_CASE(comm_peer, what_became_of_a_message_is_told_to_who_said_it), ALD_CASE(comm_peer, load_is_news_for_the_hub),
    ALD_CASE(comm_peer, operations_are_told_on), ALD_CASE(comm_peer, an_order_is_told_to_no_daemon_on_a_partys_behalf),
    ALD_CASE(comm_peer, disconnect_is_a_goodbye_both_ways),
    ALD_CASE(comm_peer, datagrams_are_events_and_never_answered), ALD_CASE(comm_peer, datagrams_show_the_secret))
