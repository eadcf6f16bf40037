#include "hub/hub_rig.h"

static void story_begin(struct rig *rig, uint32_t in_flight_max)
{
    rig_init(rig);
    rig->config.channel_in_flight_max = in_flight_max;
    rig->config.channel_queue_max = 2;
    rig_start(rig);
    rig_caller(rig, 9);
}

ALD_TEST(router, any_takes_the_channel_with_the_fewest_commands_in_flight)
{
    struct rig rig;

    story_begin(&rig, 8);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    rig_agent(&rig, 2, "lamp", 0);
    rig_command(&rig, 9, "c3", "lamp");
    rig_command(&rig, 9, "c4", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_command(&rig, 9, "c5", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "2 command c3\n"
                     "2 command c4\n"
                     "9 reply c1 succeeded\n"
                     "1 command c5\n");
    rig_fini(&rig);
}

ALD_TEST(router, any_takes_the_least_recently_used_first_among_equals)
{
    struct rig rig;

    story_begin(&rig, 8);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 3, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    rig_command(&rig, 9, "c3", "lamp");
    rig_reply(&rig, 3, "c3", ALD_SUCCEEDED);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(&rig, 2, "c2", ALD_SUCCEEDED);
    rig_command(&rig, 9, "c4", "lamp");
    rig_command(&rig, 9, "c5", "lamp");
    rig_command(&rig, 9, "c6", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "2 command c2\n"
                     "3 command c3\n"
                     "9 reply c3 succeeded\n"
                     "9 reply c1 succeeded\n"
                     "9 reply c2 succeeded\n"
                     "1 command c4\n"
                     "2 command c5\n"
                     "3 command c6\n");
    rig_fini(&rig);
}

ALD_TEST(router, health_checks_do_not_count)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.health_interval = 30 * ALD_SEC;
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", ALD_CAN_HEALTH);
    rig_agent(&rig, 2, "lamp", 0);
    rig_advance(&rig, 38 * ALD_SEC);
    rig_expect(&rig, "1 health\n");
    ald_check_int(rig_channel(&rig, 1).in_flight, 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_expect(&rig, "1 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(router, in_flight_full_means_queue_and_queue_full_means_refused_busy)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    rig_command(&rig, 9, "c3", "lamp");
    rig_command(&rig, 9, "c4", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c4 refused busy\n");
    ald_check_int(rig_count(&rig, ALD_N_REFUSED_BUSY), 1);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(&rig, 1, "c2", ALD_SUCCEEDED);
    rig_expect(&rig, "9 reply c1 succeeded\n"
                     "1 command c2\n"
                     "9 reply c2 succeeded\n"
                     "1 command c3\n");
    rig_fini(&rig);
}

ALD_TEST(router, a_queue_is_full_in_bytes_as_well)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig.config.channel_queue_bytes_max = 4000;
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", 0);
    for (int i = 0; i < 10; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 9, id, "lamp");
    }
    ald_check(rig_count(&rig, ALD_N_REFUSED_BUSY) > 0);
    ald_check(rig_count(&rig, ALD_N_REFUSED_BUSY) < 9);
    rig_fini(&rig);
}

ALD_TEST(router, a_command_larger_than_its_queue_may_wait_alone)
{
    static char large[10000];
    struct rig rig;

    memset(large, '1', sizeof(large) - 1);
    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig.config.channel_queue_bytes_max = 4000;
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c0", "lamp");
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.payload = large});
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "1 command c0\n"
                     "9 reply c2 refused busy\n");
    rig_reply(&rig, 1, "c0", ALD_SUCCEEDED);
    rig_expect(&rig, "9 reply c0 succeeded\n"
                     "1 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(router, all_queues_together_are_full_too)
{
    struct rig rig;
    struct ald_hub_totals totals;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig.config.queue_bytes_max = 1;
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c2 refused busy\n");
    ald_hub_totals(rig.hub, &totals);
    ald_check_int(totals.queued_bytes, 0);
    rig_fini(&rig);
}

ALD_TEST(router, a_target_nobody_registered_is_refused)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_command(&rig, 9, "c1", "lamp");
    rig_expect(&rig, "9 reply c1 refused no_target\n");
    rig_fini(&rig);
}

ALD_TEST(router, a_target_with_no_active_channel_is_refused)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE); /* it stays to finish c1 */
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c2 refused no_active_channel\n");
    rig_fini(&rig);
}

ALD_TEST(router, primary_with_none_confirmed_is_refused)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_agent(&rig, 2, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_expect(&rig, "9 reply c1 refused no_primary\n"
                     "2 primary true term 1\n"
                     "9 reply c2 refused no_primary\n");
    rig_fini(&rig);
}

ALD_TEST(router, primary_goes_to_the_confirmed_one_and_waits_for_it)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_answer_primary(&rig, 2, true);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 primary true term 1\n"
                     "2 command c1\n"
                     "9 reply c1 succeeded\n"
                     "2 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(router, what_waits_for_the_primary_waits_for_the_next_confirmed_one)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_answer_primary(&rig, 1, true);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_close(&rig, 1);
    rig_agent(&rig, 2, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_expect(&rig, "1 primary true term 1\n"
                     "1 command c1\n"
                     "9 reply c1 lost link_ended\n"
                     "2 primary true term 2\n");
    rig_answer_primary(&rig, 2, true);
    rig_expect(&rig, "2 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(router, channel_goes_to_that_channel_and_waits_for_it)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.channel = rig.conns[2].channel});
    rig_command_as(&rig, 9, "c2", "lamp",
                   (struct rig_options){.mode = ALD_MODE_CHANNEL, .channel = rig.conns[2].channel});
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 command c1\n"
                     "9 reply c1 succeeded\n"
                     "2 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(router, an_unknown_channel_or_one_of_another_target_is_refused)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.channel = "7"});
    rig_command_as(&rig, 9, "c2", "horn", (struct rig_options){.channel = rig.conns[1].channel});
    rig_expect(&rig, "9 reply c1 refused no_channel\n"
                     "9 reply c2 refused no_channel\n");
    rig_fini(&rig);
}

ALD_TEST(router, a_channel_that_goes_refuses_what_waited_for_it)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c2 refused no_channel\n"
                     "9 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(router, a_freed_slot_pulls_its_own_queue_then_the_primary_one_then_any)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_answer_primary(&rig, 1, true);
    rig_command(&rig, 9, "c0", "lamp");
    rig_command(&rig, 9, "any", "lamp");
    rig_command_as(&rig, 9, "primary", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_command_as(&rig, 9, "own", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_reply(&rig, 1, "c0", ALD_SUCCEEDED);
    rig_reply(&rig, 1, "own", ALD_SUCCEEDED);
    rig_reply(&rig, 1, "primary", ALD_SUCCEEDED);
    rig_expect(&rig, "1 primary true term 1\n"
                     "1 command c0\n"
                     "9 reply c0 succeeded\n"
                     "1 command own\n"
                     "9 reply own succeeded\n"
                     "1 command primary\n"
                     "9 reply primary succeeded\n"
                     "1 command any\n");
    rig_fini(&rig);
}

ALD_TEST(router, what_the_hub_does_not_answer_goes_to_the_controller)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.controller = ALD_STR("lamp");
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_command_as(&rig, 9, "c1", NULL, (struct rig_options){.no_target = true});
    rig_agent(&rig, 1, "lamp", 0);
    rig_command_as(&rig, 9, "c2", NULL, (struct rig_options){.no_target = true});
    rig_expect(&rig, "9 reply c1 refused no_target\n"
                     "1 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(router, without_a_controller_it_is_an_unknown_command)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_command_as(&rig, 9, "c1", NULL, (struct rig_options){.no_target = true});
    rig_expect(&rig, "9 reply c1 refused unknown_command\n");
    rig_fini(&rig);
}

ALD_TEST(router, an_event_reaches_one_channel_or_is_dropped_and_counted)
{
    struct rig rig;

    story_begin(&rig, 1);
    rig_send_event(&rig, 9, "lamp");
    rig_agent(&rig, 1, "lamp", 0);
    rig_send_event(&rig, 9, "lamp");
    rig_command(&rig, 9, "c1", "lamp");
    rig_send_event(&rig, 9, "lamp"); /* a full channel takes events still */
    rig_expect(&rig, "1 event\n"
                     "1 command c1\n"
                     "1 event\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS), 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(router, a_channel_that_leaves_or_is_inactive_is_refused)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.health_interval = 30 * ALD_SEC;
    rig.config.health_failures = 1;
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", ALD_CAN_HEALTH | ALD_CAN_LEAVE);
    rig_command_as(&rig, 9, "k", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_advance(&rig, 4 * ALD_SEC);
    rig_expect(&rig, "1 command k\n"
                     "9 reply c1 refused no_channel\n");
    rig_advance(&rig, 34 * ALD_SEC);
    rig_answer_health(&rig, 2, false);
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.channel = rig.conns[2].channel});
    ald_check(strstr(rig.text, "9 reply c2 refused no_channel\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(router, an_event_may_name_its_channel)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    struct rig_options options = {0};

    story_begin(&rig, 1);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    options.channel = rig.conns[2].channel;
    signal.msg = rig_msg(&rig, ALD_EVENT, NULL);
    rig_fill(signal.msg, "lamp", &options);
    ald_msg_seal(signal.msg);
    rig_signal(&rig, 9, &signal);
    rig_expect(&rig, "2 event\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(router, ALD_CASE(router, any_takes_the_channel_with_the_fewest_commands_in_flight),
              ALD_CASE(router, any_takes_the_least_recently_used_first_among_equals),
              ALD_CASE(router, health_checks_do_not_count),
              ALD_CASE(router, in_flight_full_means_queue_and_queue_full_means_refused_busy),
              ALD_CASE(router, a_queue_is_full_in_bytes_as_well),
              ALD_CASE(router, a_command_larger_than_its_queue_may_wait_alone),
              ALD_CASE(router, all_queues_together_are_full_too),
              ALD_CASE(router, a_target_nobody_registered_is_refused),
              ALD_CASE(router, a_target_with_no_active_channel_is_refused),
              ALD_CASE(router, primary_with_none_confirmed_is_refused),
              ALD_CASE(router, primary_goes_to_the_confirmed_one_and_waits_for_it),
              ALD_CASE(router, what_waits_for_the_primary_waits_for_the_next_confirmed_one),
              ALD_CASE(router, channel_goes_to_that_channel_and_waits_for_it),
              ALD_CASE(router, an_unknown_channel_or_one_of_another_target_is_refused),
              ALD_CASE(router, a_channel_that_goes_refuses_what_waited_for_it),
              ALD_CASE(router, a_freed_slot_pulls_its_own_queue_then_the_primary_one_then_any),
              ALD_CASE(router, what_the_hub_does_not_answer_goes_to_the_controller),
              ALD_CASE(router, without_a_controller_it_is_an_unknown_command),
              ALD_CASE(router, an_event_reaches_one_channel_or_is_dropped_and_counted),
              ALD_CASE(router, a_channel_that_leaves_or_is_inactive_is_refused),
              ALD_CASE(router, an_event_may_name_its_channel))
