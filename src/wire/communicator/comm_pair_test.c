/*
 * Both ends wired back to back, a hub and its service: what one is given to say, the other reads. Each row says one
 * signal and tells what arrives.
 */

#include "wire/communicator/comm_test.h"

static struct comm_end party; /* `end` is the hub's */

static void carry(struct comm_end *from, struct comm_end *to)
{
    comm_feed(&world, to, ald_buf_str(&from->written));
    ald_buf_cut(&from->written, 0);
}

/* Say it at one end; what the other one hears. */
static void check_arrives(struct comm_end *from, struct comm_end *to, struct ald_signal *signal, const char *heard)
{
    comm_emit(&world, from, signal);
    carry(from, to);
    ald_check_str(ald_buf_str(&to->heard), heard);
    ald_buf_cut(&to->heard, 0);
    ald_buf_cut(&from->heard, 0);
    carry(to, from); /* what it answers by itself */
}

static void open_pair(void)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER), verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    comm_open(&world, &party, ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    hello.target = ALD_STR("my-lamp");
    check_arrives(&party, &end, &hello, "register report\nregister target=my-lamp report\n");
    verdict.target = ALD_STR("my-lamp");
    comm_registered(&world, &end, NULL);
    check_arrives(&end, &party, &verdict, "registered target=my-lamp\n");
    /* It answered HELP with its list. */
    check_heard("traits health primary confirm leave report\ncapable text=ALIVE,DISCONNECTING,HELP,INVALID,PRIMARY,"
                "QUITTING,READY,SERVICE_UNAVAILABLE,STOP,TRANSMISSION_REPORT,UNKNOWN\n");
}

static void close_pair(void)
{
    comm_close(&party);
    close_end();
}

static struct ald_signal command_make(const char *wire_id)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND);

    command.id = ald_id_make(9, 17);
    command.msg = comm_msg(&world, ALD_COMMAND, "TURN", "my-lamp");
    ald_check_int(ald_msg_set(command.msg, &command.msg->wire_id, ald_str(wire_id)), 0);
    comm_payload(command.msg, "{\"to\":\"le;ft\\n\",\"n\":[1,{\"a\":null}]}");
    command.ttl = 5 * ALD_SEC;
    return command;
}

#define ARRIVED                                                                                                        \
    "payload={\"n\":\"[1,{\\\"a\\\":null}]\",\"to\":\"le;ft\\n\"} native=n=[1,{\"a\":null}];to=\"le;ft\\n\"\n"

ALD_TEST(comm_pair, commands_go_both_ways)
{
    struct ald_signal command;

    open_pair();
    command = command_make(NULL);
    check_arrives(&end, &party, &command,
                  "command N=17 name=TURN wire=N:aldis_17 to=my-lamp claim=N:aldis_17 " ARRIVED);
    command = command_make("w1");
    command.msg->mode = ALD_MODE_PRIMARY;
    command.msg->flags = ALD_MSG_IDEMPOTENT;
    check_arrives(&party, &end, &command,
                  "command name=TURN wire=w1 to=my-lamp idempotent ttl_ms=5000 mode=primary " ARRIVED);
    close_pair();
}

static struct ald_signal reply_make(enum ald_outcome outcome, enum ald_cause cause, const char *wire_id)
{
    struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);

    reply.outcome = (uint8_t)outcome;
    reply.cause = (uint8_t)cause;
    reply.request = comm_msg(&world, ALD_COMMAND, "TURN", "my-lamp");
    ald_check_int(ald_msg_set(reply.request, &reply.request->wire_id, ald_str(wire_id)), 0);
    return reply;
}

/* Every cause that a reply can have comes through in both directions, whatever the protocol calls it. */
ALD_TEST(comm_pair, outcomes_come_through_whole)
{
    static const uint8_t outcomes[] = {ALD_FAILED, ALD_REFUSED, ALD_CANCELLED, ALD_EXPIRED, ALD_LOST};

    open_pair();
    for (size_t i = 0; i < ALD_COUNT(outcomes); i++) {
        for (int cause = ALD_CAUSE_NONE + 1; cause < ALD_N_CAUSES; cause++) {
            struct ald_signal reply = reply_make((enum ald_outcome)outcomes[i], (enum ald_cause)cause, "w1");
            struct ald_signal heard;

            comm_emit(&world, &end, &reply);
            comm_feed_only(&world, &party, ald_buf_str(&end.written));
            ald_buf_cut(&end.written, 0);
            ald_check(comm_next(&party, &heard));
            ald_check_int(heard.kind, ALD_SIGNAL_REPLY);
            ald_check_int(heard.outcome, outcomes[i]);
            ald_check_int(heard.cause, cause);
            ald_check_str(heard.msg->wire_id, "w1");
            ald_check_str(heard.text, ald_cause_text((enum ald_cause)cause));
            ald_signal_clear(&heard);
            comm_hear(&party);
        }
    }
    close_pair();
}

ALD_TEST(comm_pair, replies_go_both_ways)
{
    struct ald_signal command, reply;

    open_pair();
    command = command_make(NULL); /* so that the hub has asked something here */
    check_arrives(&end, &party, &command,
                  "command N=17 name=TURN wire=N:aldis_17 to=my-lamp claim=N:aldis_17 " ARRIVED);
    reply = reply_make(ALD_FAILED, ALD_CAUSE_AGENT_BROKE, "N:aldis_17");
    ald_check_int(ald_msg_new(world.messages, ALD_REPLY, &reply.msg), 0);
    ald_check_int(ald_msg_set(reply.msg, &reply.msg->code, ALD_STR("E1")), 0);
    ald_check_int(ald_msg_set(reply.msg, &reply.msg->text, ALD_STR("it broke; badly\n")), 0);
    ald_check_int(ald_slice_copy(ALD_STR("{\"d\":[1]}"), &reply.msg->details), 0);
    comm_payload(reply.msg, "[]");
    check_arrives(&party, &end, &reply,
                  "reply N=17 outcome=failed cause=agent_broke text=it broke; badly\n code=E1 payload=[] "
                  "native=aldis_payload=[] details={\"d\":[1]}\n");
    reply = reply_make(ALD_SUCCEEDED, ALD_CAUSE_NONE, "w1");
    ald_check_int(ald_msg_new(world.messages, ALD_REPLY, &reply.msg), 0);
    ald_check_int(ald_slice_copy(ALD_STR("[{\"channel\":\"1\"}]"), &reply.msg->roster), 0);
    check_arrives(&end, &party, &reply,
                  "reply outcome=succeeded wire=w1 claim=N:my-lamp roster=[{\"channel\":\"1\"}]\n");
    close_pair();
}

ALD_TEST(comm_pair, questions_and_goodbyes_go_both_ways)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_HEALTH);

    open_pair();
    signal.id = ald_id_make(9, 18);
    check_arrives(&end, &party, &signal, "health N=18\n");
    signal = ald_signal_of(ALD_SIGNAL_HEALTH);
    signal.ok = signal.healthy = true;
    check_arrives(&party, &end, &signal, "health N=18 ok healthy\n");
    signal = ald_signal_of(ALD_SIGNAL_PRIMARY);
    signal.id = ald_id_make(9, 19);
    signal.primary = true;
    signal.term = 7;
    check_arrives(&end, &party, &signal, "primary N=19 primary term=7\n");
    signal = ald_signal_of(ALD_SIGNAL_PRIMARY);
    signal.ok = signal.primary = true;
    check_arrives(&party, &end, &signal, "primary N=19 ok primary\n");
    signal = ald_signal_of(ALD_SIGNAL_LEAVE);
    signal.reconnect = true;
    check_arrives(&end, &party, &signal, "leave target=my-lamp reconnect\n");
    signal = ald_signal_of(ALD_SIGNAL_LEAVE);
    signal.ok = true;
    comm_emit(&world, &party, &signal);
    ald_check_str(ald_buf_str(&party.heard), "close code=1000 text=Goodbye\n");
    close_pair();
}

/* A bulk of commands that cannot be said come back one by one, up to a bound. */
ALD_TEST(comm_pair, what_comes_back_is_bounded)
{
    struct ald_signal heard;
    size_t n = 0;

    open_pair();
    for (int i = 0; i < 1000; i++) {
        struct ald_signal command = command_make(NULL);

        ald_check_int(ald_msg_set(command.msg, &command.msg->name, ALD_STR("a b")), 0);
        ald_check_int(ald_dialect_emit(end.dialect, world.now, &command), 0);
        ald_signal_clear(&command);
    }
    while (comm_next(&end, &heard)) {
        ald_check_int(heard.kind, ALD_SIGNAL_REPLY);
        ald_signal_clear(&heard);
        n++;
    }
    ald_check_int(n, ALD_COMM_SAID_MAX);
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_DROPPED_SIGNAL], 1000 - ALD_COMM_SAID_MAX);
    close_pair();
}

ALD_TEST_MAIN(comm_pair, ALD_CASE(comm_pair, commands_go_both_ways), ALD_CASE(comm_pair, outcomes_come_through_whole),
              ALD_CASE(comm_pair, replies_go_both_ways), ALD_CASE(comm_pair, questions_and_goodbyes_go_both_ways),
              ALD_CASE(comm_pair, what_comes_back_is_bounded))
