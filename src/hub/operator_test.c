#include "hub/hub_rig.h"

enum { CANDIDATE = ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY };

static void story_begin(struct rig *rig, uint32_t traits)
{
    rig_init(rig);
    rig->config.channel_in_flight_max = 1;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", traits);
    rig_caller(rig, 2);
}

ALD_TEST(operator, takes_back_what_is_queued_at_once)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 2, "c2", "lamp");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, "c2"), 0);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c2 cancelled taken_back\n");
    ald_check(rig_story_has(&rig, "c2", "an operator takes it back"));
    rig_fini(&rig);
}

ALD_TEST(operator, asks_for_what_is_sent)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, "c1"), 0);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, "c1"), 0);
    rig_reply(&rig, 1, "c1", ALD_CANCELLED);
    rig_expect(&rig, "1 command c1\n"
                     "1 cancel c1\n"
                     "2 reply c1 cancelled taken_back\n");
    rig_fini(&rig);
}

ALD_TEST(operator, is_told_of_what_is_unknown_and_what_has_ended)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, "c1"), ALD_ASK_CONFLICT);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, "c2"), ALD_ASK_UNKNOWN);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, ""), ALD_ASK_UNKNOWN);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, "c1"), ALD_ASK_UNKNOWN);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, NULL), ALD_ASK_UNKNOWN);
    rig_fini(&rig);
}

ALD_TEST(operator, takes_back_a_fan_out_with_its_members)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command_as(&rig, 2, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    ald_check_int(rig_ask(&rig, ALD_EVENT_CANCEL, "c2"), 0);
    rig_expect(&rig, "1 command c1\n"
                     "2 status c2 running: a member has ended\n"
                     "2 reply c2 cancelled taken_back\n");
    rig_fini(&rig);
}

ALD_TEST(operator, sends_a_channel_away_which_finishes_first)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_LEAVE);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    ald_check(rig_channel(&rig, 1).leaving);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), ALD_ASK_CONFLICT);
    rig_command(&rig, 2, "c2", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "1 leave\n"
                     "2 reply c2 refused no_active_channel\n"
                     "1 close left\n"
                     "2 reply c1 succeeded\n");
    rig_close(&rig, 1);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), ALD_ASK_UNKNOWN);
    rig_fini(&rig);
}

ALD_TEST(operator, cuts_a_channel_that_does_not_leave)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_LEAVE);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_advance(&rig, rig.config.leave_timeout + ALD_SEC);
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 leave\n"
                     "1 close left\n"
                     "2 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

enum { ANSWERS = ALD_CAN_LEAVE | ALD_CAN_READY | ALD_CAN_RESUME };

ALD_TEST(operator, waits_for_the_ready_of_whoever_says_it)
{
    struct rig rig;
    struct ald_signal ready = ald_signal_of(ALD_SIGNAL_LEAVE);

    story_begin(&rig, ANSWERS);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "1 leave\n"
                     "2 reply c1 succeeded\n");
    rig_command_as(&rig, 1, "c2", "",
                   (struct rig_options){.name = "nothing"}); /* what it says in its last moments is heard */
    ready.ok = true;
    rig_signal(&rig, 1, &ready);
    ald_check(strstr(rig.text, "1 close left\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(operator, waits_for_the_answers_of_who_is_ready)
{
    struct rig rig;
    struct ald_signal ready = ald_signal_of(ALD_SIGNAL_LEAVE);

    story_begin(&rig, ANSWERS);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    ready.ok = true;
    rig_signal(&rig, 1, &ready);
    rig_expect(&rig, "1 command c1\n"
                     "1 leave\n");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 close left\n"
                     "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(operator, cuts_who_is_never_ready)
{
    struct rig rig;

    story_begin(&rig, ANSWERS);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_advance(&rig, rig.config.leave_timeout + ALD_SEC);
    rig_expect(&rig, "1 leave\n"
                     "1 close left\n");
    rig_fini(&rig);
}

ALD_TEST(operator, waits_for_no_ready_of_who_says_goodbye_himself)
{
    struct rig rig;

    story_begin(&rig, ANSWERS);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_expect(&rig, "1 leave\n"
                     "1 close left\n");
    rig_fini(&rig);
}

ALD_TEST(operator, says_whether_the_channel_may_come_back)
{
    struct rig rig;
    struct ald_event event = {.kind = ALD_EVENT_CHANNEL_LEAVE, .reconnect = true};

    story_begin(&rig, ALD_CAN_LEAVE);
    event.text = ald_str(rig.conns[1].channel);
    rig_event(&rig, event);
    rig_expect(&rig, "1 leave reconnect\n");
    rig_fini(&rig);
}

ALD_TEST(operator, sends_one_of_several_parties_away_alone)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    story_begin(&rig, ALD_CAN_LEAVE);
    signal.party = 1;
    signal.target = ALD_STR("bell");
    rig_signal(&rig, 1, &signal);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_command(&rig, 2, "c1", "bell");
    rig_command(&rig, 2, "c2", "lamp");
    rig_expect(&rig, "2 reply c1 refused no_target\n"
                     "1 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(operator, ends_the_session_of_a_channel_that_is_away)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_RESUME);
    rig_command(&rig, 2, "c1", "lamp");
    rig_close(&rig, 1);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c1 lost session_ended\n");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), ALD_ASK_UNKNOWN);
    rig_fini(&rig);
}

ALD_TEST(operator, has_the_former_primary_step_down_first)
{
    struct rig rig;

    story_begin(&rig, CANDIDATE);
    rig_answer_primary(&rig, 1, true);
    rig_agent(&rig, 3, "lamp", CANDIDATE);
    rig_agent(&rig, 4, "lamp", CANDIDATE);
    rig_expect(&rig, "1 primary true term 1\n"
                     "3 primary false term 1\n"
                     "4 primary false term 1\n");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[1].channel), 0);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[4].channel), 0);
    rig_expect(&rig, "1 primary false term 1\n");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[1].channel), ALD_ASK_CONFLICT);
    rig_answer_primary(&rig, 1, true);
    rig_answer_primary(&rig, 4, true);
    rig_expect(&rig, "4 primary true term 2\n");
    ald_check(rig_channel(&rig, 4).primary);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[1].channel), 0);
    rig_answer_primary(&rig, 4, true);
    rig_expect(&rig, "4 primary false term 2\n"
                     "1 primary true term 3\n");
    rig_fini(&rig);
}

ALD_TEST(operator, may_change_his_mind_while_one_is_promoted)
{
    struct rig rig;

    story_begin(&rig, CANDIDATE);
    rig_agent(&rig, 3, "lamp", CANDIDATE);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[3].channel), 0);
    rig_answer_primary(&rig, 1, true);
    rig_answer_primary(&rig, 3, true);
    rig_expect(&rig, "1 primary true term 1\n"
                     "3 primary false term 1\n"
                     "1 primary false term 1\n"
                     "3 primary true term 2\n");
    rig_fini(&rig);
}

ALD_TEST(operator, cuts_an_election_s_rest_short)
{
    struct rig rig;

    story_begin(&rig, CANDIDATE);
    rig_answer_primary(&rig, 1, false);
    rig_answer_primary(&rig, 1, true);
    rig_expect(&rig, "1 primary true term 1\n"
                     "1 primary false term 1\n");
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[1].channel), 0);
    rig_answer_primary(&rig, 1, true);
    rig_expect(&rig, "1 primary true term 2\n");
    ald_check(rig_channel(&rig, 1).primary);
    rig_fini(&rig);
}

ALD_TEST(operator, cannot_promote_whoever_cannot_confirm)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_PRIMARY);
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_PRIMARY, rig.conns[1].channel), ALD_ASK_CONFLICT);
    rig_fini(&rig);
}

ALD_TEST(operator, has_what_waits_for_a_channel_refused_when_it_is_sent_away)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_LEAVE);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command_as(&rig, 2, "c2", "lamp",
                   (struct rig_options){.channel = rig.conns[1].channel, .mode = ALD_MODE_CHANNEL});
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, rig.conns[1].channel), 0);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c2 refused no_channel\n"
                     "1 leave\n");
    rig_fini(&rig);
}

static void operate(struct rig *rig, uint64_t conn, uint8_t operation)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_OPERATE);

    signal.operation = operation;
    rig_signal(rig, conn, &signal);
}

ALD_TEST(operator, a_party_that_may_not_operate_the_hub_is_told_so)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig.denies = true;
    operate(&rig, 1, ALD_OPERATE_STOP);
    rig_expect(&rig, "1 operate denied\n");
    ald_check_int(rig_count(&rig, ALD_N_OPERATIONS_DENIED), 1);
    operate(&rig, 1, ALD_N_OPERATIONS);
    rig_open(&rig, 2);
    operate(&rig, 2, ALD_OPERATE_STOP); /* nobody */
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_INVALID), 2);
    rig_fini(&rig);
}

ALD_TEST_MAIN(operator, ALD_CASE(operator, takes_back_what_is_queued_at_once),
              ALD_CASE(operator, asks_for_what_is_sent),
              ALD_CASE(operator, is_told_of_what_is_unknown_and_what_has_ended),
              ALD_CASE(operator, takes_back_a_fan_out_with_its_members),
              ALD_CASE(operator, sends_a_channel_away_which_finishes_first),
              ALD_CASE(operator, cuts_a_channel_that_does_not_leave),
              ALD_CASE(operator, waits_for_the_ready_of_whoever_says_it),
              ALD_CASE(operator, waits_for_the_answers_of_who_is_ready), ALD_CASE(operator, cuts_who_is_never_ready),
              ALD_CASE(operator, waits_for_no_ready_of_who_says_goodbye_himself),
              ALD_CASE(operator, says_whether_the_channel_may_come_back),
              ALD_CASE(operator, sends_one_of_several_parties_away_alone),
              ALD_CASE(operator, ends_the_session_of_a_channel_that_is_away),
              ALD_CASE(operator, has_the_former_primary_step_down_first),
              ALD_CASE(operator, may_change_his_mind_while_one_is_promoted),
              ALD_CASE(operator, cuts_an_election_s_rest_short),
              ALD_CASE(operator, cannot_promote_whoever_cannot_confirm),
              ALD_CASE(operator, has_what_waits_for_a_channel_refused_when_it_is_sent_away),
              ALD_CASE(operator, a_party_that_may_not_operate_the_hub_is_told_so))
