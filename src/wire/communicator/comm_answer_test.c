/* Commands over a protocol that has none: per-command senders, and ids that services give. */

#include "wire/communicator/comm_test.h"

static void command_tell(uint64_t number, const char *name, const char *payload, const char *written)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND);

    command.id = ald_id_make(0xabcdef0123456789, number);
    command.msg = comm_msg(&world, ALD_COMMAND, name, "b");
    if (payload != NULL) {
        comm_payload(command.msg, payload);
    }
    command.from = ALD_STR("boss");
    check_tells(&command, written);
}

ALD_TEST(comm_answer, a_command_has_a_sender_of_its_own)
{
    struct ald_signal signal;

    open_service("b");
    command_tell(17, "TURN", "{\"to\":\"left\"}", "<N:aldis_17 b/TURN to=left\n");
    comm_feed_only(&world, &end, ALD_STR("<N:b N:aldis_17/DONE v=1\n"));
    ald_check(comm_next(&end, &signal));
    ald_check(ald_id_equal(signal.id, ald_id_make(0xabcdef0123456789, 17)));
    comm_print_signal(&end.heard, &signal);
    ald_signal_clear(&signal);
    check_heard("reply N=17 outcome=succeeded name=DONE payload={\"v\":\"1\"} native=v=1\n");
    comm_hear(&end);
    close_end();
}

ALD_TEST(comm_answer, whatever_comes_for_it_is_an_answer)
{
    open_service("b");
    command_tell(17, "TURN", NULL, "<N:aldis_17 b/TURN\n");
    check_says("aldis_17/UNKNOWN command=TURN\n", "reply N=17 outcome=refused cause=unknown_command\n", "");
    check_says("N:aldis_17/INVALID command=TURN;message=no such side\n",
               "reply N=17 outcome=refused cause=invalid text=no such side\n", "");
    check_says("aldis_17/SERVICE_UNAVAILABLE\n", "reply N=17 outcome=refused cause=no_handler\n", "");
    check_says("aldis_17/TRANSMISSION_REPORT command=TURN;status=failed\n",
               "reply N=17 outcome=refused cause=no_target\n", "");
    check_says("aldis_17/TRANSMISSION_REPORT command=TURN;status=cached\n", "", "");
    check_says("aldis_17/BROKE aldis_error=E1;aldis_message=it broke;aldis_details={\"d\":1};v=1\n",
               "reply N=17 outcome=failed cause=agent_failed text=it broke name=BROKE code=E1 payload={\"v\":\"1\"} "
               "native=v=1 details={\"d\":1}\n",
               "");
    check_says("aldis_17/ALDIS_REPLY aldis_details=no json;aldis_error=\n",
               "reply N=17 outcome=failed cause=agent_failed code= details=\"no json\"\n", "");
    check_says("aldis_17/ALDIS_REPLY aldis_outcome=cancelled;aldis_cause=taken_back;aldis_message=stopped\n",
               "reply N=17 outcome=cancelled cause=taken_back text=stopped\n", "");
    check_says("aldis_17/ALDIS_REPLY aldis_payload=[1,2]\n",
               "reply N=17 outcome=succeeded payload=[1,2] native=aldis_payload=[1,2]\n", "");
    close_end();
}

ALD_TEST(comm_answer, answers_to_nothing_are_counted)
{
    open_service("b");
    check_says("aldis_17/DONE\n", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_STRAY_REPLY], 1);
    check_says("aldis_x/DONE\n", "event name=DONE to=aldis_x hold ttl_ms=60000\n", "");
    check_says("n2:aldis_17/DONE\n", "event name=DONE to=n2:aldis_17 hold ttl_ms=60000\n", "");
    check_says("aldis_99999999999999999999/DONE\n", "event name=DONE to=aldis_99999999999999999999 hold ttl_ms=60000\n",
               "");
    close_end();
}

/* Over what may come in, and what a hub adds. */
enum { COMM_TOO_LARGE = COMM_LINE_MAX + ALD_COMMUNICATOR_HUB_ROOM + 10 };

ALD_TEST(comm_answer, names_of_other_protocols_may_have_no_form)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND);

    open_service("b");
    command_tell(1, "Class.method", "[1]", "<N:aldis_1 b/Class.method aldis_payload=[1]\n");
    command_tell(2, "a b", NULL, "");
    check_heard("reply N=2 outcome=refused cause=invalid text=the agent's protocol has no form for this name\n");
    command.id = ald_id_make(1, 3);
    command.msg = comm_msg(&world, ALD_COMMAND, "BIG", "b");
    ald_check_int(ald_block_new(COMM_TOO_LARGE, &command.msg->payload.block), 0);
    memset(command.msg->payload.block->data, '1', COMM_TOO_LARGE);
    command.msg->payload.data = command.msg->payload.block->data;
    command.msg->payload.size = COMM_TOO_LARGE;
    check_tells(&command, "");
    check_heard("reply N=3 outcome=refused cause=too_large text=the message is too large\n");
    close_end();
}

ALD_TEST(comm_answer, health_and_primary_have_senders_too)
{
    struct ald_signal health = ald_signal_of(ALD_SIGNAL_HEALTH), primary = ald_signal_of(ALD_SIGNAL_PRIMARY);

    open_service("b");
    health.id = ald_id_make(5, 7);
    check_tells(&health, "<N:aldis_health_7 b/ALIVE\n");
    check_says("N:aldis_health_7/ABSOLUTELY reply_timestamp=1\n", "health N=7 ok healthy\n", "");
    check_says("N:aldis_health_7/ABSOLUTELY aldis_healthy=false;aldis_message=hot\n", "health N=7 ok text=hot\n", "");
    check_says("N:aldis_health_7/UNKNOWN command=ALIVE\n", "health N=7\n", "");
    primary.id = ald_id_make(5, 8);
    primary.primary = true;
    primary.term = 3;
    check_tells(&primary, "<N:aldis_primary_8 b/PRIMARY primary=true;term=3\n");
    check_says("N:aldis_primary_8/PRIMARY primary=true;term=3\n", "primary N=8 ok primary term=3\n", "");
    check_says("N:aldis_primary_8/UNKNOWN command=PRIMARY\n", "primary N=8\n", "");
    close_end();
}

/* --- commands of services --------------------------------------------------------------------------------------- */

ALD_TEST(comm_answer, a_service_commands_with_an_id)
{
    open_service("a");
    check_says("b/TURN aldis_id=x1;to=left\n",
               "command name=TURN wire=x1 to=b ttl_ms=60000 payload={\"to\":\"left\"} native=to=left\n", "");
    check_says("n2:b/TURN aldis_id=x1;aldis_ttl=5s;aldis_mode=all;aldis_idempotent=true;cache=no\n",
               "command name=TURN wire=x1 to=n2:b idempotent ttl_ms=5000 mode=all\n", "");
    check_says("b/TURN aldis_channel=c1;aldis_id=x1\n", "command name=TURN wire=x1 to=b#c1 ttl_ms=60000 mode=channel\n",
               "");
    check_says(".:b/TURN aldis_id=x1\n", "command name=TURN wire=x1 to=N:b ttl_ms=60000\n", "");
    check_says("*:b/TURN aldis_id=x1\n", "command name=TURN wire=x1 to=b ttl_ms=60000\n", "");
    check_says("?:b/TURN aldis_id=x1\n", "command name=TURN wire=x1 to=b(?) ttl_ms=60000\n", "");
    check_says("a/TURN aldis_id=x1\n", "command name=TURN wire=x1 to=a ttl_ms=60000\n", "");
    check_says("WHO aldis_id=x1\n", "command name=WHO wire=x1 ttl_ms=60000\n", "");
    check_says("communicatord/ALDIS_OUTCOME aldis_id=x2;id=x1\n",
               "command name=aldis:Outcome wire=x2 to= ttl_ms=60000 payload={\"id\":\"x1\"} native=id=x1\n", "");
    close_end();
}

ALD_TEST(comm_answer, a_service_takes_its_command_back)
{
    open_service("a");
    check_says("communicatord/ALDIS_CANCEL id=x1\n", "cancel wire=x1\n", "");
    check_says("communicatord/ALDIS_CANCEL aldis_id=x2;id=x1\n",
               "command name=aldis:Cancel wire=x2 to= ttl_ms=60000 payload={\"id\":\"x1\"} native=id=x1\n", "");
    check_says("ALDIS_CANCEL\n", "",
               "N:a/INVALID command=ALDIS_CANCEL;message=the parameter id is missing, or no id\n");
    close_end();
}

ALD_TEST(comm_answer, options_that_mean_nothing_are_refused)
{
    static const struct {
        const char *line, *why;
    } rows[] = {
        {"b/X aldis_id=1;aldis_ttl=soon\n", "aldis_ttl is no duration"},
        {"b/X aldis_id=1;aldis_mode=most\n", "aldis_mode must be any, primary, channel or all"},
        {"b/X aldis_id=1;aldis_idempotent=2\n", "aldis_idempotent must be true or false"},
        {"./X aldis_id=1\n", "a command goes to one service"},
    };

    open_service("a");
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        char answer[400];

        snprintf(
            answer, sizeof(answer),
            "N:a/INVALID aldis_cause=invalid;aldis_id=1;aldis_message=%s;aldis_outcome=refused;command=X;message=%s\n",
            rows[i].why, rows[i].why);
        check_says(rows[i].line, "", answer);
    }
    close_end();
}

/* The answer to `line` of a service. */
static void check_answered(const char *line, struct ald_signal *reply, const char *written)
{
    struct ald_signal command;

    comm_feed_only(&world, &end, ald_str(line));
    do {
        ald_check(comm_next(&end, &command));
    } while (command.kind != ALD_SIGNAL_COMMAND);
    reply->request = ald_msg_ref(command.msg);
    ald_signal_clear(&command);
    check_tells(reply, written);
}

static struct ald_signal reply_of(enum ald_outcome outcome, enum ald_cause cause)
{
    struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);

    reply.outcome = (uint8_t)outcome;
    reply.cause = (uint8_t)cause;
    return reply;
}

static struct ald_signal reply_said(enum ald_outcome outcome, enum ald_cause cause, const char *name)
{
    struct ald_signal reply = reply_of(outcome, cause);

    ald_check_int(ald_msg_new(world.messages, ALD_REPLY, &reply.msg), 0);
    ald_check_int(ald_msg_set(reply.msg, &reply.msg->name, ald_str(name)), 0);
    reply.msg->outcome = (uint8_t)outcome;
    reply.msg->cause = (uint8_t)cause;
    return reply;
}

/* Its caller would else wait until its deadline. */
ALD_TEST(comm_answer, whatever_is_refused_of_a_command_has_its_id)
{
    open_service("a");
    check_says("b/X aldis_id=\n", "", "N:a/INVALID command=X;message=aldis_id is no id\n");
    check_says("b/X aldis_id=1;aldis_payload={\n", "",
               "N:a/INVALID aldis_cause=invalid;aldis_id=1;aldis_message=aldis_payload is not "
               "JSON;aldis_outcome=refused;command=X;message=aldis_payload is not JSON\n");
    check_says("n2:*/X aldis_id=1\n", "",
               "N:a/INVALID aldis_cause=invalid;aldis_id=1;aldis_message=a command goes to one "
               "service;aldis_outcome=refused;command=X;message=a command goes to one service\n");
    check_says("n2:communicatord/STOP aldis_id=1\n", "",
               "N:a/INVALID aldis_cause=invalid;aldis_id=1;aldis_message=only at the daemon "
               "itself;aldis_outcome=refused;command=STOP;message=only at the daemon itself\n");
    check_says("n2:STOP aldis_id=1\n", "",
               "N:a/INVALID aldis_cause=invalid;aldis_id=1;aldis_message=only at the daemon "
               "itself;aldis_outcome=refused;command=STOP;message=only at the daemon itself\n");
    /* An order that is said to be refused is not obeyed. */
    check_says(
        "STOP aldis_id=1\n", "",
        "N:a/INVALID aldis_cause=invalid;aldis_id=1;aldis_message=an order is no command with an outcome: it has "
        "no aldis_id;aldis_outcome=refused;command=STOP;message=an order is no command with an outcome: it has "
        "no aldis_id\n");
    /* What the next line is has nothing to do with it. */
    check_says("b/X aldis_payload={\n", "", "N:a/INVALID command=X;message=aldis_payload is not JSON\n");
    close_end();
}

ALD_TEST(comm_answer, a_command_to_a_hub_that_leaves_is_refused_with_its_id)
{
    struct ald_signal goodbye = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_service("a");
    say("COMMANDS list=DISCONNECTING\n");
    goodbye.reconnect = true;
    comm_emit(&world, &end, &goodbye);
    ald_buf_cut(&end.written, 0);
    check_says("b/X aldis_id=1\n", "",
               "<N:communicatord QUITTING\n"
               "N:a/SERVICE_UNAVAILABLE aldis_cause=draining;aldis_id=1;aldis_message=the hub is "
               "stopping and takes no new work;aldis_outcome=refused\n");
    check_says("b/X\n", "", "");
    close_end();
}

ALD_TEST(comm_answer, an_answer_that_cannot_be_read_is_a_failure_at_once)
{
    open_service("b");
    command_tell(17, "TURN", NULL, "<N:aldis_17 b/TURN\n");
    check_says("N:aldis_17/DONE aldis_payload={\n",
               "reply N=17 outcome=failed cause=agent_failed text=the answer cannot be read: aldis_payload is not JSON "
               "code=invalid\n",
               "N:b/INVALID command=DONE;message=aldis_payload is not JSON\n");
    close_end();
}

ALD_TEST(comm_answer, a_cancel_that_is_refused_is_said)
{
    struct ald_signal refused = ald_signal_of(ALD_SIGNAL_CANCEL);

    open_service("a");
    ald_check_int(ald_msg_new(world.messages, ALD_COMMAND, &refused.request), 0);
    ald_check_int(ald_msg_set(refused.request, &refused.request->wire_id, ALD_STR("x1")), 0);
    refused.denied = true;
    refused.text = ALD_STR("it goes on");
    check_tells(&refused, "N:a/INVALID command=ALDIS_CANCEL;id=x1;message=it goes on\n");
    close_end();
}

ALD_TEST(comm_answer, a_question_to_the_hub_fails_under_the_name_that_was_asked)
{
    struct ald_signal reply = reply_of(ALD_REFUSED, ALD_CAUSE_INVALID);

    open_service("a");
    reply.text = ALD_STR("no such command is known");
    check_answered("communicatord/ALDIS_OUTCOME aldis_id=x2;id=x1\n", &reply,
                   "<N:communicatord N:a/INVALID aldis_cause=invalid;aldis_id=x2;aldis_message=no such command is "
                   "known;aldis_outcome=refused;command=ALDIS_OUTCOME;message=no such command is known\n");
    close_end();
}

ALD_TEST(comm_answer, success_brings_the_reply)
{
    struct ald_signal reply;

    open_service("a");
    reply = reply_said(ALD_SUCCEEDED, ALD_CAUSE_NONE, "DONE");
    comm_payload(reply.msg, "{\"v\":1}");
    check_answered("lamp/TURN aldis_id=x1\n", &reply, "<N:lamp N:a/DONE aldis_id=x1;aldis_outcome=succeeded;v=1\n");
    reply = reply_said(ALD_SUCCEEDED, ALD_CAUSE_NONE, "STOP"); /* it would be obeyed */
    check_answered("n2:my_2dlamp/TURN aldis_id=x1\n", &reply,
                   "<n2:my_2dlamp N:a/ALDIS_REPLY aldis_id=x1;aldis_outcome=succeeded\n");
    reply = reply_said(ALD_SUCCEEDED, ALD_CAUSE_NONE, "signal");
    comm_payload(reply.msg, "[1,2]");
    reply.channel = ALD_STR("c1");
    check_answered("lamp/TURN aldis_id=x1\n", &reply,
                   "<N:lamp N:a/ALDIS_REPLY aldis_channel=c1;aldis_id=x1;aldis_outcome=succeeded;"
                   "aldis_payload=[1,2]\n");
    close_end();
}

ALD_TEST(comm_answer, failures_are_told_in_the_words_of_the_protocol)
{
    struct ald_signal reply;

    open_service("a");
    reply = reply_said(ALD_FAILED, ALD_CAUSE_AGENT_FAILED, NULL);
    ald_check_int(ald_msg_set(reply.msg, &reply.msg->code, ALD_STR("E1")), 0);
    ald_check_int(ald_msg_set(reply.msg, &reply.msg->text, ALD_STR("it broke")), 0);
    ald_check_int(ald_slice_copy(ALD_STR("{\"d\":1}"), &reply.msg->details), 0);
    check_answered(
        "lamp/TURN aldis_id=x1\n", &reply,
        "<N:lamp N:a/ALDIS_REPLY aldis_cause=agent_failed;aldis_details={\"d\":1};aldis_error=E1;aldis_id=x1;"
        "aldis_message=it broke;aldis_outcome=failed\n");
    reply = reply_of(ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND);
    check_answered("lamp/TURN aldis_id=x1\n", &reply,
                   "<N:communicatord N:a/UNKNOWN aldis_cause=unknown_command;aldis_id=x1;aldis_message=nobody here "
                   "knows this command;aldis_outcome=refused;command=TURN\n");
    reply = reply_of(ALD_REFUSED, ALD_CAUSE_NO_TARGET);
    check_answered("lamp/TURN aldis_id=x1\n", &reply,
                   "<N:communicatord N:a/SERVICE_UNAVAILABLE aldis_cause=no_target;aldis_id=x1;aldis_message=no such "
                   "target;aldis_outcome=refused;destination_service=lamp;unsent_command=TURN\n");
    reply = reply_of(ALD_REFUSED, ALD_CAUSE_NOT_ALLOWED);
    check_answered("lamp/TURN aldis_id=x1\n", &reply,
                   "<N:communicatord N:a/INVALID aldis_cause=not_allowed;aldis_id=x1;aldis_message=the sender may not "
                   "do this;aldis_outcome=refused;command=TURN;message=the sender may not do this\n");
    reply = reply_of(ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    check_answered("lamp/TURN aldis_id=x1\n", &reply,
                   "<N:communicatord N:a/TRANSMISSION_REPORT aldis_cause=deadline;aldis_id=x1;aldis_message=the "
                   "deadline came first;aldis_outcome=expired;command=TURN;status=failed\n");
    close_end();
}

ALD_TEST(comm_answer, a_caller_without_a_name_is_answered_on_its_connection)
{
    struct ald_signal reply;

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    reply = reply_said(ALD_SUCCEEDED, ALD_CAUSE_NONE, "DONE");
    check_answered("lamp/TURN aldis_id=x1\n", &reply, "<N:lamp DONE aldis_id=x1;aldis_outcome=succeeded\n");
    reply = reply_said(ALD_SUCCEEDED, ALD_CAUSE_NONE, "DONE");
    check_answered("<x:y lamp/TURN aldis_id=x1\n", &reply, "<N:lamp x:y/DONE aldis_id=x1;aldis_outcome=succeeded\n");
    close_end();
}

ALD_TEST(comm_answer, an_answer_that_is_too_large_is_told_as_such)
{
    struct ald_signal reply;

    open_service("a");
    reply = reply_said(ALD_SUCCEEDED, ALD_CAUSE_NONE, "DONE");
    ald_check_int(ald_block_new(COMM_TOO_LARGE, &reply.msg->payload.block), 0);
    memset(reply.msg->payload.block->data, '1', COMM_TOO_LARGE);
    reply.msg->payload.data = reply.msg->payload.block->data;
    reply.msg->payload.size = COMM_TOO_LARGE;
    check_answered("lamp/TURN aldis_id=x1\n", &reply,
                   "<N:lamp N:a/ALDIS_REPLY aldis_cause=too_large;aldis_error=too_large;aldis_id=x1;aldis_message=the "
                   "message is too large;aldis_outcome=failed\n");
    close_end();
}

/* An outcome is the hub's to say, or another daemon's; a stranger could else make one up. */
ALD_TEST(comm_answer, outcomes_are_not_for_services_to_say)
{
    open_service("a");
    check_says("c/DONE aldis_id=x1;aldis_outcome=succeeded;v=1\n", "",
               "N:a/INVALID command=DONE;message=aldis_outcome is for the hub to say\n");
    close_end();
}

ALD_TEST_MAIN(comm_answer, ALD_CASE(comm_answer, a_command_has_a_sender_of_its_own),
              ALD_CASE(comm_answer, whatever_comes_for_it_is_an_answer),
              ALD_CASE(comm_answer, answers_to_nothing_are_counted),
              ALD_CASE(comm_answer, names_of_other_protocols_may_have_no_form),
              ALD_CASE(comm_answer, health_and_primary_have_senders_too),
              ALD_CASE(comm_answer, a_service_commands_with_an_id),
              ALD_CASE(comm_answer, a_service_takes_its_command_back),
              ALD_CASE(comm_answer, options_that_mean_nothing_are_refused),
              ALD_CASE(comm_answer, whatever_is_refused_of_a_command_has_its_id),
              ALD_CASE(comm_answer, a_command_to_a_hub_that_leaves_is_refused_with_its_id),
              ALD_CASE(comm_answer, an_answer_that_cannot_be_read_is_a_failure_at_once),
              ALD_CASE(comm_answer, a_cancel_that_is_refused_is_said),
              ALD_CASE(comm_answer, a_question_to_the_hub_fails_under_the_name_that_was_asked),
              ALD_CASE(comm_answer, success_brings_the_reply),
              ALD_CASE(comm_answer, failures_are_told_in_the_words_of_the_protocol),
              ALD_CASE(comm_answer, a_caller_without_a_name_is_answered_on_its_connection),
              ALD_CASE(comm_answer, an_answer_that_is_too_large_is_told_as_such),
              ALD_CASE(comm_answer, outcomes_are_not_for_services_to_say))
