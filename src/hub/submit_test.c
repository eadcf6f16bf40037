#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.id = ALD_STR("here");
    rig->config.caller_in_flight_max = 2;
    rig->config.commands_max = 3;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 2);
}

ALD_TEST(submit, durable_is_refused_until_there_is_a_store_never_ignored)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_DURABLE});
    rig_expect(&rig, "2 reply c1 refused unsupported\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_collapse_key_is_refused_until_there_is_a_store)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.collapse = "k"});
    rig_expect(&rig, "2 reply c1 refused unsupported\n");
    ald_check_str(rig_view(&rig, "c1").text, "collapse keys need a store");
    rig_fini(&rig);
}

ALD_TEST(submit, a_rule_can_say_that_a_name_may_only_come_from_the_primary_channel_of_its_target)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.primary_only = ALD_STR("NIGHTLY, db.*");
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "deck", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_agent(&rig, 3, "deck", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_caller(&rig, 4);
    rig.n_text = 0;
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.name = "NIGHTLY"}); /* not confirmed yet */
    rig_answer_primary(&rig, 2, true);
    rig_command_as(&rig, 2, "c2", "lamp", (struct rig_options){.name = "NIGHTLY"});
    rig_command_as(&rig, 3, "c3", "lamp", (struct rig_options){.name = "db.clean"});
    rig_command_as(&rig, 4, "c4", "lamp", (struct rig_options){.name = "db."});
    rig_command_as(&rig, 4, "c5", "lamp", (struct rig_options){.name = "NIGHTLY2"});
    rig_expect(&rig, "2 reply c1 refused not_allowed\n"
                     "1 command c2\n"
                     "3 reply c3 refused not_allowed\n"
                     "4 reply c4 refused not_allowed\n"
                     "1 command c5\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_party_may_speak_for_somebody_whose_command_it_is_then)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    const struct rig_options plain = {0}, asking = {.name = "aldis:Outcome", .payload = "{\"id\":\"c1\"}"};
    struct rig rig;

    story_begin(&rig);
    signal.msg = rig_msg(&rig, ALD_COMMAND, "c1");
    rig_fill(signal.msg, "lamp", &plain);
    ald_msg_seal(signal.msg);
    signal.principal = ALD_STR("clerk");
    rig_signal(&rig, 2, &signal);
    ald_check_str(rig_view(&rig, "c1").principal, "clerk");

    signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    signal.msg = rig_msg(&rig, ALD_COMMAND, "c2");
    rig_fill(signal.msg, "", &asking);
    ald_msg_seal(signal.msg);
    signal.principal = ALD_STR("somebody else");
    rig_signal(&rig, 2, &signal);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c2 refused not_allowed\n");
    rig_fini(&rig);
}

ALD_TEST(submit, the_edge_can_say_that_a_command_may_only_come_from_a_primary_channel)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "deck", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_answer_primary(&rig, 2, true);
    rig_caller(&rig, 3);
    rig.n_text = 0;
    rig.guards = true;
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 3, "c2", "lamp");
    rig_send_event(&rig, 3, "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c2 refused not_allowed\n");
    rig_fini(&rig);
}

ALD_TEST(submit, commands_in_flight_hold_a_bounded_number_of_bytes)
{
    static char large[4000];
    struct rig rig;

    memset(large, ' ', sizeof(large) - 2);
    large[0] = '1';
    rig_init(&rig);
    rig.config.commands_bytes_max = 10000;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.payload = large});
    rig_command_as(&rig, 2, "c2", "lamp", (struct rig_options){.payload = large});
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c2 refused busy\n");
    ald_check_str(rig_view(&rig, "c2").text, "the commands in flight hold too many bytes");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_command_as(&rig, 2, "c3", "lamp", (struct rig_options){.payload = large});
    rig_expect(&rig, "2 reply c1 succeeded\n"
                     "1 command c3\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_scope_is_refused)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.scope = ALD_SCOPE_EVERYWHERE});
    rig_expect(&rig, "2 reply c1 refused unsupported\n");
    rig_fini(&rig);
}

ALD_TEST(submit, another_hub_is_refused_and_this_one_is_not)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.hub = "there"});
    rig_command_as(&rig, 2, "c2", "lamp", (struct rig_options){.hub = "here"});
    rig_expect(&rig, "2 reply c1 refused no_target\n"
                     "1 command c2\n");
    ald_check_str(rig_view(&rig, "c1").text, "no such hub");
    rig_fini(&rig);
}

ALD_TEST(submit, a_name_that_is_too_long_or_missing_is_invalid)
{
    struct rig rig;
    static char large[400];

    memset(large, 'x', sizeof(large) - 1);
    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.name = large});
    rig_command_as(&rig, 2, "c2", large, (struct rig_options){0});
    rig_command_as(&rig, 2, "c3", "lamp", (struct rig_options){.name = ""});
    rig_expect(&rig, "2 reply c1 refused invalid\n"
                     "2 reply c2 refused invalid\n"
                     "2 reply c3 refused invalid\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_mode_that_does_not_fit_the_address_is_invalid)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_CHANNEL});
    rig_command_as(&rig, 2, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_ALL, .channel = rig.conns[1].channel});
    rig_command_as(&rig, 2, "c3", "lamp", (struct rig_options){.mode = 77});
    rig_expect(&rig, "2 reply c1 refused invalid\n"
                     "2 reply c2 refused invalid\n"
                     "2 reply c3 refused invalid\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_wire_id_in_flight_is_a_duplicate_for_the_same_caller_only)
{
    struct rig rig;

    story_begin(&rig);
    rig_caller(&rig, 3);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 3, "c1", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c1 refused duplicate\n"
                     "1 command c1 renamed\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_wire_id_may_be_used_again_when_its_command_has_ended)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_command(&rig, 2, "c1", "lamp");
    rig_cancel(&rig, 2, "c1");
    rig_reply(&rig, 1, "c1", ALD_FAILED);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c1 succeeded\n"
                     "1 command c1\n"
                     "2 status c1 sent: the agent's protocol cannot cancel; the command goes on\n"
                     "2 reply c1 failed agent_failed\n");
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_FAILED); /* the newest of several */
    rig_fini(&rig);
}

ALD_TEST(submit, each_caller_cancels_its_own_where_wire_ids_are_the_same)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_caller(&rig, 3);
    rig_caller(&rig, 4);
    rig_command(&rig, 2, "k", "lamp");
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 3, "c1", "lamp");
    rig_command(&rig, 4, "c1", "lamp");
    rig_cancel(&rig, 3, "c1");
    rig_cancel(&rig, 2, "c1");
    rig_cancel(&rig, 4, "c1");
    rig_expect(&rig, "1 command k\n"
                     "3 reply c1 cancelled taken_back\n"
                     "2 reply c1 cancelled taken_back\n"
                     "4 reply c1 cancelled taken_back\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_caller_with_too_many_in_flight_is_refused_busy)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 2, "c2", "lamp");
    rig_command(&rig, 2, "c3", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "2 reply c3 refused busy\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_hub_with_too_many_in_flight_refuses_busy)
{
    struct rig rig;

    story_begin(&rig);
    rig_caller(&rig, 3);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 2, "c2", "lamp");
    rig_command(&rig, 3, "c3", "lamp");
    rig_command(&rig, 3, "c4", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "1 command c3\n"
                     "3 reply c4 refused busy\n");
    rig_fini(&rig);
}

ALD_TEST(submit, who_never_registered_may_not_command)
{
    struct rig rig;

    story_begin(&rig);
    rig_open(&rig, 3);
    rig_command(&rig, 3, "c1", "lamp");
    rig_expect(&rig, "3 reply c1 refused not_allowed\n");
    rig_fini(&rig);
}

ALD_TEST(submit, a_command_without_time_left_expires_and_is_not_sent)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    const struct rig_options options = {0};

    story_begin(&rig);
    signal.msg = rig_msg(&rig, ALD_COMMAND, "c1");
    rig_fill(signal.msg, "lamp", &options);
    signal.msg->ttl = 0;
    ald_msg_seal(signal.msg);
    rig_signal(&rig, 2, &signal);
    rig_expect(&rig, "2 reply c1 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(submit, what_is_no_command_is_invalid_and_counted)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    story_begin(&rig);
    rig_say(&rig, 2, ALD_SIGNAL_COMMAND);
    rig_say(&rig, 2, ALD_SIGNAL_EVENT);
    signal.msg = rig_msg(&rig, ALD_REPLY, "c1");
    ald_msg_seal(signal.msg);
    rig_signal(&rig, 2, &signal);
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_INVALID), 3);
    rig_fini(&rig);
}

ALD_TEST(submit, what_waits_does_not_pin_a_read_buffer)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    const struct rig_options options = {0};
    struct ald_block *block = NULL;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(ald_block_new(65536, &block), 0);
    memcpy(block->data, "{}", 2);
    signal.msg = rig_msg(&rig, ALD_COMMAND, "c2");
    rig_fill(signal.msg, "lamp", &options);
    signal.msg->payload = ald_slice_of(block, block->data, 2);
    ald_msg_seal(signal.msg);
    rig_signal(&rig, 2, &signal);
    ald_check_int(block->refs, 1); /* ours */
    ald_block_unref(block);
    rig_fini(&rig);
}

ALD_TEST(submit, what_the_edge_denies_is_refused_before_anything_else)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig.denies = true;
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 2, "c2", "no such");
    rig_send_event(&rig, 2, "lamp");
    rig_expect(&rig, "2 reply c1 refused not_allowed\n"
                     "2 reply c2 refused not_allowed\n");
    ald_check(rig_story_has(&rig, "c1", "denied"));
    ald_check_str(rig_view(&rig, "c1").text, "the sender's credential does not allow this command");
    ald_check_int(rig_count(&rig, ALD_N_COMMANDS_DENIED), 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DENIED), 1);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(submit, what_the_edge_denies_is_not_registered)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig.denies = true;
    rig_agent(&rig, 1, "lamp", 0);
    rig_expect(&rig, "1 denied: the credential does not allow this target\n"
                     "1 close denied\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(submit, ALD_CASE(submit, durable_is_refused_until_there_is_a_store_never_ignored),
              ALD_CASE(submit, a_collapse_key_is_refused_until_there_is_a_store),
              ALD_CASE(submit, a_rule_can_say_that_a_name_may_only_come_from_the_primary_channel_of_its_target),
              ALD_CASE(submit, a_party_may_speak_for_somebody_whose_command_it_is_then),
              ALD_CASE(submit, the_edge_can_say_that_a_command_may_only_come_from_a_primary_channel),
              ALD_CASE(submit, commands_in_flight_hold_a_bounded_number_of_bytes), ALD_CASE(submit, a_scope_is_refused),
              ALD_CASE(submit, another_hub_is_refused_and_this_one_is_not),
              ALD_CASE(submit, a_name_that_is_too_long_or_missing_is_invalid),
              ALD_CASE(submit, a_mode_that_does_not_fit_the_address_is_invalid),
              ALD_CASE(submit, a_wire_id_in_flight_is_a_duplicate_for_the_same_caller_only),
              ALD_CASE(submit, a_wire_id_may_be_used_again_when_its_command_has_ended),
              ALD_CASE(submit, each_caller_cancels_its_own_where_wire_ids_are_the_same),
              ALD_CASE(submit, a_caller_with_too_many_in_flight_is_refused_busy),
              ALD_CASE(submit, a_hub_with_too_many_in_flight_refuses_busy),
              ALD_CASE(submit, who_never_registered_may_not_command),
              ALD_CASE(submit, a_command_without_time_left_expires_and_is_not_sent),
              ALD_CASE(submit, what_is_no_command_is_invalid_and_counted),
              ALD_CASE(submit, what_waits_does_not_pin_a_read_buffer),
              ALD_CASE(submit, what_the_edge_denies_is_refused_before_anything_else),
              ALD_CASE(submit, what_the_edge_denies_is_not_registered))
