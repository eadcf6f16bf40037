#include "hub/hub_rig.h"

static void story_begin(struct rig *rig, uint32_t traits)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", traits);
    rig_agent(rig, 2, "lamp", traits);
    rig_caller(rig, 9);
}

static void fan_out(struct rig *rig, const char *wire_id)
{
    rig_command_as(rig, 9, wire_id, "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
}

/* The outcomes of the members, in order. */
static const char *outcomes_of(const struct rig *rig, const char *id)
{
    static char text[256];
    struct ald_command_view whole = rig_view(rig, id), member;
    uint64_t cursor = 0;

    text[0] = '\0';
    while (ald_hub_next_member(rig->hub, whole.id, &cursor, &member)) {
        strcat(text, ald_outcome_name((enum ald_outcome)member.outcome));
        strcat(text, " ");
    }
    return text;
}

ALD_TEST(roster, the_whole_succeeds_iff_all_do_and_partial_results_stream)
{
    struct rig rig;

    story_begin(&rig, 0);
    fan_out(&rig, "c1");
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n");
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "9 status c1 running: a member has ended\n");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "9 status c1 running: a member has ended\n"
                     "9 reply c1 succeeded\n");
    ald_check_int(rig_view(&rig, "c1").n_members, 2);
    rig_fini(&rig);
}

ALD_TEST(roster, the_final_reply_carries_each_members_end)
{
    struct rig rig;
    char expected[512];

    story_begin(&rig, 0);
    fan_out(&rig, "c1");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, "{\"a\":1}");
    rig_reply_as(&rig, 2, rig_id_of(&rig, 2, "c1"), ALD_FAILED, 0, NULL);
    snprintf(expected, sizeof(expected),
             "[{\"channel\":\"%s\",\"outcome\":\"succeeded\",\"payload\":{\"a\":1}},"
             "{\"channel\":\"%s\",\"outcome\":\"failed\",\"cause\":\"agent_failed\"}]",
             rig.conns[1].channel, rig.conns[2].channel);
    ald_check(rig.last_reply != NULL);
    ald_check_str(ald_slice_str(rig.last_reply->roster), expected);
    ald_check_int(rig.last_reply->outcome, ALD_FAILED);
    ald_check_int(rig.last_reply->cause, ALD_CAUSE_MEMBERS);
    rig_fini(&rig);
}

ALD_TEST(roster, else_it_fails)
{
    struct rig rig;

    story_begin(&rig, 0);
    fan_out(&rig, "c1");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_close(&rig, 2);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "9 status c1 running: a member has ended\n"
                     "9 status c1 running: a member has ended\n"
                     "9 reply c1 failed members\n");
    ald_check_str(ald_str(outcomes_of(&rig, "c1")), "succeeded lost ");
    rig_fini(&rig);
}

ALD_TEST(roster, an_empty_one_is_refused)
{
    struct rig rig;

    story_begin(&rig, 0);
    rig_command(&rig, 9, "k1", "lamp"); /* they stay to finish these */
    rig_command(&rig, 9, "k2", "lamp");
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_say(&rig, 2, ALD_SIGNAL_LEAVE);
    fan_out(&rig, "c1");
    rig_expect(&rig, "1 command k1\n"
                     "2 command k2\n"
                     "9 reply c1 refused empty_roster\n");
    rig_fini(&rig);
}

ALD_TEST(roster, it_expires_at_the_deadline_with_what_there_is)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    fan_out(&rig, "c1");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 61 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "9 status c1 running: a member has ended\n"
                     "2 cancel c1\n"
                     "9 status c1 running: a member has ended\n"
                     "9 reply c1 expired deadline\n");
    ald_check_str(ald_str(outcomes_of(&rig, "c1")), "succeeded expired ");
    rig_fini(&rig);
}

ALD_TEST(roster, it_is_fixed_at_submit)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 9, NULL, 0);
    rig_open(&rig, 3);
    rig.by_hand = true;
    fan_out(&rig, "c1"); /* one unit: the member of the first channel */
    rig_register(&rig, 3, "lamp", 0);
    rig.by_hand = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n");
    ald_check_int(rig_view(&rig, "c1").n_members, 2);
    rig_fini(&rig);
}

ALD_TEST(roster, a_channel_that_leaves_before_its_turn_is_a_member_all_the_same)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 3, "lamp", 0);
    rig_agent(&rig, 9, NULL, 0);
    rig.by_hand = true;
    fan_out(&rig, "c1"); /* one unit: the member of the first channel */
    rig_say(&rig, 3, ALD_SIGNAL_UNREGISTER);
    rig.by_hand = false;
    rig_settle(&rig);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "9 reply c1 failed members\n");
    ald_check_str(ald_str(outcomes_of(&rig, "c1")), "succeeded refused succeeded ");
    rig_fini(&rig);
}

ALD_TEST(roster, cancel_of_the_whole_cancels_the_members)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    fan_out(&rig, "c1");
    rig_cancel(&rig, 9, "c1");
    rig_reply(&rig, 1, "c1", ALD_CANCELLED);
    rig_reply(&rig, 2, "c1", ALD_CANCELLED);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "1 cancel c1\n"
                     "2 cancel c1\n"
                     "9 status c1 running: a member has ended\n"
                     "9 status c1 running: a member has ended\n"
                     "9 reply c1 cancelled taken_back\n");
    rig_fini(&rig);
}

ALD_TEST(roster, of_which_a_part_was_taken_back_has_failed)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    fan_out(&rig, "c1");
    rig_cancel(&rig, 9, "c1");
    rig_reply(&rig, 1, "c1", ALD_CANCELLED);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED); /* it was done before the cancel came */
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "1 cancel c1\n"
                     "2 cancel c1\n"
                     "9 status c1 running: a member has ended\n"
                     "9 status c1 running: a member has ended\n"
                     "9 reply c1 failed members\n");
    ald_check_str(ald_str(outcomes_of(&rig, "c1")), "cancelled succeeded ");
    rig_fini(&rig);
}

ALD_TEST(roster, a_member_waits_its_turn_like_any_command)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 9, NULL, 0);
    rig_command(&rig, 9, "k1", "lamp");
    fan_out(&rig, "c1");
    rig_reply(&rig, 1, "k1", ALD_SUCCEEDED);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command k1\n"
                     "9 reply k1 succeeded\n"
                     "1 command c1\n"
                     "9 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(roster, members_count_against_the_limit_of_commands)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.commands_max = 2;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 9, NULL, 0);
    fan_out(&rig, "c1");
    rig_expect(&rig, "9 reply c1 refused busy\n");
    rig_fini(&rig);
}

ALD_TEST(roster, payloads_beyond_a_mebibyte_are_left_out_and_said_to_be)
{
    struct rig rig;
    static char large[700 * 1024];
    struct ald_str roster;

    memset(large, '1', sizeof(large) - 1);
    story_begin(&rig, 0);
    fan_out(&rig, "c1");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, large);
    rig_reply_as(&rig, 2, rig_id_of(&rig, 2, "c1"), ALD_SUCCEEDED, 0, large);
    roster = ald_slice_str(rig.last_reply->roster);
    ald_check(ald_str_find(roster, ALD_STR("\"truncated\":true")) < roster.size);
    ald_check(roster.size > sizeof(large) && roster.size < 2 * sizeof(large));
    rig_fini(&rig);
}

ALD_TEST(roster, history_forgets_it_with_its_members)
{
    struct rig rig;
    struct ald_command_view view;

    story_begin(&rig, 0);
    fan_out(&rig, "c1");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 601 * ALD_SEC);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c1"), &view), ALD_VIEW_UNKNOWN);
    rig_fini(&rig);
}

ALD_TEST(roster, one_taken_back_while_it_is_made_is_made_all_the_same)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_CANCEL);
    rig_agent(&rig, 2, "lamp", ALD_CAN_CANCEL);
    rig_agent(&rig, 9, NULL, 0);
    rig.by_hand = true;
    fan_out(&rig, "c1");
    rig_cancel(&rig, 9, "c1");
    rig.by_hand = false;
    rig_settle(&rig);
    rig_reply(&rig, 1, "c1", ALD_CANCELLED);
    rig_expect(&rig, "1 command c1\n"
                     "1 cancel c1\n"
                     "9 reply c1 cancelled taken_back\n");
    ald_check_str(ald_str(outcomes_of(&rig, "c1")), "cancelled cancelled ");
    rig_fini(&rig);
}

ALD_TEST(roster, members_that_are_still_to_be_made_count)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.commands_max = 4;
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 3, "lamp", 0);
    rig_caller(&rig, 9);
    rig.by_hand = true;
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_command(&rig, 9, "c2", "lamp");
    ald_check_int(rig_view(&rig, "c2").outcome, ALD_REFUSED);
    ald_check_int(rig_view(&rig, "c2").cause, ALD_CAUSE_BUSY);
    rig_fini(&rig);
}

ALD_TEST_MAIN(roster, ALD_CASE(roster, the_whole_succeeds_iff_all_do_and_partial_results_stream),
              ALD_CASE(roster, the_final_reply_carries_each_members_end), ALD_CASE(roster, else_it_fails),
              ALD_CASE(roster, an_empty_one_is_refused),
              ALD_CASE(roster, it_expires_at_the_deadline_with_what_there_is), ALD_CASE(roster, it_is_fixed_at_submit),
              ALD_CASE(roster, a_channel_that_leaves_before_its_turn_is_a_member_all_the_same),
              ALD_CASE(roster, cancel_of_the_whole_cancels_the_members),
              ALD_CASE(roster, of_which_a_part_was_taken_back_has_failed),
              ALD_CASE(roster, a_member_waits_its_turn_like_any_command),
              ALD_CASE(roster, members_count_against_the_limit_of_commands),
              ALD_CASE(roster, payloads_beyond_a_mebibyte_are_left_out_and_said_to_be),
              ALD_CASE(roster, history_forgets_it_with_its_members),
              ALD_CASE(roster, one_taken_back_while_it_is_made_is_made_all_the_same),
              ALD_CASE(roster, members_that_are_still_to_be_made_count))
