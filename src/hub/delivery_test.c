#include "hub/hub_rig.h"

/* Two agents of one target and a caller. */
static void story_begin(struct rig *rig, uint32_t traits)
{
    rig_start(rig);
    rig_agent(rig, 1, "lamp", traits);
    rig_agent(rig, 2, "lamp", traits);
    rig_caller(rig, 3);
}

static void story_of_one(struct rig *rig, uint32_t traits)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", traits);
    rig_caller(rig, 3);
}

ALD_TEST(delivery, a_command_goes_out_and_its_reply_comes_back)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_SENT);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 succeeded\n");
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_SUCCEEDED);
    ald_check_int(rig_count(&rig, ALD_N_SUCCEEDED), 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, an_agents_error_is_failed_and_its_refusal_is_refused)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_FAILED);
    rig_command(&rig, 3, "c2", "lamp");
    rig_reply(&rig, 1, "c2", ALD_REFUSED);
    rig_command(&rig, 3, "c3", "lamp");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c3"), ALD_FAILED, ALD_CAUSE_AGENT_BROKE, NULL);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 failed agent_failed\n"
                     "1 command c2\n"
                     "3 reply c2 refused agent_refused\n"
                     "1 command c3\n"
                     "3 reply c3 failed agent_broke\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, a_reply_with_an_outcome_no_agent_can_give_is_failed_as_broken)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_LOST);
    rig_command(&rig, 3, "c2", "lamp");
    rig_reply(&rig, 1, "c2", 200);
    rig_command(&rig, 3, "c3", "lamp");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c3"), ALD_FAILED, 250, NULL);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 failed agent_broke\n"
                     "1 command c2\n"
                     "3 reply c2 failed agent_broke\n"
                     "1 command c3\n"
                     "3 reply c3 failed agent_broke\n");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_INVALID), 3);
    rig_fini(&rig);
}

ALD_TEST(delivery, a_result_that_its_caller_cannot_be_told_is_no_success)
{
    static char large[3002];
    struct rig rig;

    memset(large, ' ', sizeof(large) - 1);
    large[0] = '1';
    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig.message_max = 3000;
    rig_caller(&rig, 3);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, large);
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_FAILED);
    rig_command(&rig, 3, "c2", "lamp");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c2"), ALD_SUCCEEDED, 0, "1");
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 failed too_large\n"
                     "1 command c2\n"
                     "3 reply c2 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, an_agent_that_passes_commands_on_may_lose_one)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_LOST, ALD_CAUSE_SESSION_ENDED, NULL);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 lost session_ended\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, sent_begins_with_the_first_byte_given_to_the_kernel)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig.holds_writes = true;
    rig_command(&rig, 3, "c1", "lamp");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_QUEUED);
    ald_check_int(rig_view(&rig, "c1").n_attempts, 0);
    rig_write(&rig, 1, 2, 1); /* the first is the answer to its registration */
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_SENT);
    ald_check_int(rig_view(&rig, "c1").n_attempts, 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, before_that_it_may_move_to_another_channel)
{
    struct rig rig;

    rig_init(&rig);
    story_begin(&rig, 0);
    rig.holds_writes = true;
    rig_command(&rig, 3, "c1", "lamp");
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n");
    ald_check(rig_story_has(&rig, "c1", "moved"));
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "3 reply c1 succeeded\n");
    ald_check_int(rig_view(&rig, "c1").n_attempts, 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, what_moves_keeps_its_order_and_goes_first)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 3;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 3);
    rig.holds_writes = true;
    rig_command(&rig, 3, "c1", "lamp");
    rig_command(&rig, 3, "c2", "lamp");
    rig_command(&rig, 3, "c3", "lamp");
    rig_command(&rig, 3, "c4", "lamp");
    rig_close(&rig, 1);
    rig_agent(&rig, 2, "lamp", 0);
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "1 command c3\n"
                     "2 command c1\n"
                     "2 command c2\n"
                     "2 command c3\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, what_was_sent_and_not_acknowledged_is_lost)
{
    struct rig rig;

    rig_init(&rig);
    story_begin(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, idempotent_allows_another_attempt)
{
    struct rig rig;

    rig_init(&rig);
    story_begin(&rig, 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT});
    rig_close(&rig, 1);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "3 reply c1 succeeded\n");
    ald_check_int(rig_view(&rig, "c1").n_attempts, 2);
    rig_fini(&rig);
}

ALD_TEST(delivery, the_state_is_the_furthest_of_all_attempts)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT, .ttl = ALD_SEC});
    rig_close(&rig, 1);
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_QUEUED);
    rig_advance(&rig, 2 * ALD_SEC);
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_EXPIRED);
    ald_check_int(rig.last_phase, ALD_PHASE_SENT);
    rig_fini(&rig);
}

ALD_TEST(delivery, attempts_have_a_limit)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.attempts_max = 2;
    rig_start(&rig);
    rig_caller(&rig, 3);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT});
    rig_close(&rig, 1);
    rig_agent(&rig, 2, "lamp", 0);
    rig_close(&rig, 2);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "3 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, a_reply_after_the_outcome_goes_into_the_story_and_a_counter_never_to_the_caller)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_advance(&rig, 61 * ALD_SEC);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 expired deadline\n");
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_LATE), 1);
    ald_check(rig_story_has(&rig, "c1", "late reply"));
    rig_fini(&rig);
}

ALD_TEST(delivery, a_second_reply_is_late_too)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(&rig, 1, "c1", ALD_FAILED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 succeeded\n");
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_LATE), 1);
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_SUCCEEDED);
    rig_fini(&rig);
}

ALD_TEST(delivery, a_reply_from_whom_it_was_not_sent_to_is_stray)
{
    struct rig rig;

    rig_init(&rig);
    story_begin(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply_as(&rig, 2, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, NULL);
    rig_reply_as(&rig, 1, (struct ald_id){0, 0}, ALD_SUCCEEDED, 0, NULL);
    rig_expect(&rig, "1 command c1\n");
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_STRAY), 2);
    rig_fini(&rig);
}

/* As a dialect says it whose answers name a command as its caller does. */
static void reply_by_name(struct rig *rig, uint64_t conn, const char *wire_id, const char *payload)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.msg = rig_msg(rig, ALD_REPLY, wire_id);
    signal.msg->outcome = ALD_SUCCEEDED;
    signal.msg->payload = ald_slice_static(ald_str(payload));
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

ALD_TEST(delivery, of_two_with_one_name_at_an_agent_the_second_is_answered_by_its_id)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 8);
    rig_caller(&rig, 9);
    rig_command(&rig, 8, "c1", "lamp");
    rig_command(&rig, 9, "c1", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "1 command c1 renamed\n");
    reply_by_name(&rig, 1, "c1", "\"first\"");
    reply_by_name(&rig, 1, "c1", "\"again\"");
    rig_expect(&rig, "8 reply c1 succeeded\n");
    ald_check_str(ald_slice_str(rig.last_reply->payload), "\"first\"");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "9 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, two_with_one_name_at_two_agents_keep_it)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "horn", 0);
    rig_caller(&rig, 8);
    rig_caller(&rig, 9);
    rig_command(&rig, 8, "c1", "lamp");
    rig_command(&rig, 9, "c1", "horn");
    reply_by_name(&rig, 1, "c1", "1");
    reply_by_name(&rig, 2, "c1", "2");
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "8 reply c1 succeeded\n"
                     "9 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, a_reply_proves_that_its_command_was_sent)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig.holds_writes = true;
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 succeeded\n");
    ald_check(rig_story_has(&rig, "c1", "sent"));
    rig_fini(&rig);
}

ALD_TEST(delivery, on_expiry_the_hub_sends_a_cancel_where_the_dialect_has_one)
{
    struct rig rig;

    story_of_one(&rig, ALD_CAN_CANCEL);
    rig_command(&rig, 3, "c1", "lamp");
    rig_advance(&rig, 61 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "1 cancel c1\n"
                     "3 reply c1 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, a_timely_reply_over_a_live_link_wins)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.ttl = 5 * ALD_SEC});
    rig.now += 5 * ALD_SEC - 1; /* the wheel may be asked later than this */
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, a_reply_at_the_deadline_is_late)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.ttl = 5 * ALD_SEC});
    rig.now += 5 * ALD_SEC;
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 expired deadline\n");
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_LATE), 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, deadlines_are_60_s_where_the_caller_says_none)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_advance(&rig, 60 * ALD_SEC - 1);
    rig_expect(&rig, "1 command c1\n");
    rig_advance(&rig, 2 * ALD_MSEC);
    rig_expect(&rig, "3 reply c1 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, deadlines_are_at_most_deadline_max)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.ttl = ALD_NEVER - 1});
    ald_check(rig_view(&rig, "c1").deadline == rig.now + 24 * 3600 * ALD_SEC);
    rig_fini(&rig);
}

ALD_TEST(delivery, states_may_be_skipped_but_never_go_back)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_status(&rig, 1, "c1", ALD_PHASE_RUNNING);
    rig_status(&rig, 1, "c1", ALD_PHASE_ACCEPTED);
    rig_status(&rig, 1, "c1", ALD_PHASE_RUNNING);
    rig_status(&rig, 1, "c1", ALD_PHASE_QUEUED);
    rig_expect(&rig, "1 command c1\n"
                     "3 status c1 running\n"
                     "3 status c1 running\n");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_RUNNING);
    ald_check_int(rig_count(&rig, ALD_N_STATUSES), 2);
    ald_check_int(rig_count(&rig, ALD_N_STATUSES_DROPPED), 2);
    rig_fini(&rig);
}

ALD_TEST(delivery, a_status_goes_to_callers_that_take_it_only)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_agent(&rig, 4, NULL, 0);
    rig_command(&rig, 4, "c1", "lamp");
    rig_status(&rig, 1, "c1", ALD_PHASE_ACCEPTED);
    rig_expect(&rig, "1 command c1\n");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_ACCEPTED);
    ald_check_int(rig_count(&rig, ALD_N_STATUSES_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, a_status_after_the_outcome_is_dropped)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_status(&rig, 1, "c1", ALD_PHASE_RUNNING);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 succeeded\n");
    ald_check_int(rig_count(&rig, ALD_N_STATUSES_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, the_outcome_of_a_caller_that_has_gone_is_kept)
{
    struct rig rig;

    story_of_one(&rig, 0);
    rig_command(&rig, 3, "c1", "lamp");
    rig_close(&rig, 3);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n");
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_SUCCEEDED);
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_UNDELIVERED), 1);
    rig_fini(&rig);
}

ALD_TEST(delivery, if_the_last_channel_goes_what_waits_waits_for_a_new_one)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 3);
    rig_command(&rig, 3, "c1", "lamp");
    rig_command(&rig, 3, "c2", "lamp");
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 lost link_ended\n");
    ald_check_int(rig_view(&rig, "c2").phase, ALD_PHASE_QUEUED);
    rig_agent(&rig, 2, "lamp", 0);
    rig_expect(&rig, "2 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, what_waits_for_a_new_one_expires)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 3);
    rig_command(&rig, 3, "c1", "lamp");
    rig_command(&rig, 3, "c2", "lamp");
    rig_close(&rig, 1);
    rig_advance(&rig, 61 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 lost link_ended\n"
                     "3 reply c2 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, a_story_keeps_its_first_and_its_last_lines)
{
    struct rig rig;
    struct ald_command_view view;

    rig_init(&rig);
    rig.config.attempts_max = 30;
    rig_start(&rig);
    rig_caller(&rig, 3);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command_as(&rig, 3, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT});
    for (int i = 0; i < 12; i++) {
        rig_close(&rig, 1);
        rig_agent(&rig, 1, "lamp", 0);
    }
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c1"), &view), 0);
    ald_check_int(view.n_story, ALD_STORY_MAX);
    ald_check(view.n_story_dropped > 0);
    ald_check_str(ald_str(view.story[0].text), "submitted");
    ald_check_str(ald_str(view.story[ALD_STORY_MAX - 1].text), "sent");
    ald_check_int(view.story[ALD_STORY_MAX - 1].attempt, 13);
    ald_check_str(view.story[ALD_STORY_MAX - 1].channel, rig.conns[1].channel);
    rig_fini(&rig);
}

ALD_TEST_MAIN(delivery, ALD_CASE(delivery, a_command_goes_out_and_its_reply_comes_back),
              ALD_CASE(delivery, an_agents_error_is_failed_and_its_refusal_is_refused),
              ALD_CASE(delivery, a_reply_with_an_outcome_no_agent_can_give_is_failed_as_broken),
              ALD_CASE(delivery, a_result_that_its_caller_cannot_be_told_is_no_success),
              ALD_CASE(delivery, an_agent_that_passes_commands_on_may_lose_one),
              ALD_CASE(delivery, sent_begins_with_the_first_byte_given_to_the_kernel),
              ALD_CASE(delivery, before_that_it_may_move_to_another_channel),
              ALD_CASE(delivery, what_moves_keeps_its_order_and_goes_first),
              ALD_CASE(delivery, what_was_sent_and_not_acknowledged_is_lost),
              ALD_CASE(delivery, idempotent_allows_another_attempt),
              ALD_CASE(delivery, the_state_is_the_furthest_of_all_attempts), ALD_CASE(delivery, attempts_have_a_limit),
              ALD_CASE(delivery, a_reply_after_the_outcome_goes_into_the_story_and_a_counter_never_to_the_caller),
              ALD_CASE(delivery, a_second_reply_is_late_too),
              ALD_CASE(delivery, a_reply_from_whom_it_was_not_sent_to_is_stray),
              ALD_CASE(delivery, of_two_with_one_name_at_an_agent_the_second_is_answered_by_its_id),
              ALD_CASE(delivery, two_with_one_name_at_two_agents_keep_it),
              ALD_CASE(delivery, a_reply_proves_that_its_command_was_sent),
              ALD_CASE(delivery, on_expiry_the_hub_sends_a_cancel_where_the_dialect_has_one),
              ALD_CASE(delivery, a_timely_reply_over_a_live_link_wins),
              ALD_CASE(delivery, a_reply_at_the_deadline_is_late),
              ALD_CASE(delivery, deadlines_are_60_s_where_the_caller_says_none),
              ALD_CASE(delivery, deadlines_are_at_most_deadline_max),
              ALD_CASE(delivery, states_may_be_skipped_but_never_go_back),
              ALD_CASE(delivery, a_status_goes_to_callers_that_take_it_only),
              ALD_CASE(delivery, a_status_after_the_outcome_is_dropped),
              ALD_CASE(delivery, the_outcome_of_a_caller_that_has_gone_is_kept),
              ALD_CASE(delivery, if_the_last_channel_goes_what_waits_waits_for_a_new_one),
              ALD_CASE(delivery, what_waits_for_a_new_one_expires),
              ALD_CASE(delivery, a_story_keeps_its_first_and_its_last_lines))
