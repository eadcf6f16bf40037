#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.channel_in_flight_max = 1;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_LEAVE);
    rig_caller(rig, 9);
    rig_command(rig, 9, "c1", "lamp");
    rig_command(rig, 9, "c2", "lamp");
    rig_drain(rig, 5 * ALD_SEC);
    rig_expect(rig, "1 command c1\n"
                    "9 reply c2 refused draining\n");
}

ALD_TEST(drain, what_waits_is_refused_and_what_was_sent_may_finish)
{
    struct rig rig;

    story_begin(&rig);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "9 reply c1 succeeded\n"
                     "1 leave reconnect\n"
                     "9 close stopping\n");
    ald_check(!ald_hub_drained(rig.hub));
    rig_close(&rig, 9);
    rig_close(&rig, 1);
    ald_check(ald_hub_drained(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(drain, new_work_and_new_connections_are_refused)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c3", "lamp");
    rig_open(&rig, 4);
    rig_expect(&rig, "9 reply c3 refused draining\n"
                     "4 close stopping\n");
    rig_fini(&rig);
}

ALD_TEST(drain, in_the_end_everybody_is_cut_and_told)
{
    struct rig rig;

    story_begin(&rig);
    rig_advance(&rig, 6 * ALD_SEC);
    rig_expect(&rig, "9 reply c1 lost hub_stopped\n"
                     "1 leave reconnect\n"
                     "9 close stopping\n"
                     "1 close stopping\n");
    rig_close(&rig, 1);
    rig_close(&rig, 9);
    ald_check(ald_hub_drained(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(drain, one_that_does_not_go_after_its_goodbye_is_closed)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_LEAVE);
    rig_drain(&rig, 60 * ALD_SEC);
    rig_expect(&rig, "1 leave reconnect\n");
    rig_advance(&rig, 6 * ALD_SEC);
    rig_expect(&rig, "1 close stopping\n");
    rig_fini(&rig);
}

ALD_TEST(drain, what_was_handed_over_and_never_written_is_refused)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_caller(&rig, 9);
    rig.holds_writes = true;
    rig_command(&rig, 9, "c1", "lamp");
    rig_drain(&rig, 60 * ALD_SEC);
    rig_close(&rig, 1);
    ald_check(strstr(rig.text, "9 reply c1 refused draining\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(drain, a_hub_with_nobody_is_drained_at_once)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    ald_check(!ald_hub_drained(rig.hub));
    rig_drain(&rig, 60 * ALD_SEC);
    ald_check(ald_hub_drained(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(drain, a_fan_out_ends_with_its_members)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 9, NULL, 0);
    rig_command_as(&rig, 9, "k", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_drain(&rig, 60 * ALD_SEC);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED); /* the other member never ran */
    ald_check(strstr(rig.text, "9 reply c1 failed members\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(drain, who_waits_for_an_outcome_is_told_it)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command_as(&rig, 9, "q1", "", (struct rig_options){.name = "aldis:Outcome", .payload = "{\"id\":\"c1\"}"});
    rig_drain(&rig, 5 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n");
    rig_advance(&rig, 6 * ALD_SEC);
    ald_check(strstr(rig.text, "9 reply c1 lost hub_stopped\n") != NULL);
    ald_check(strstr(rig.text, "9 reply q1 ") != NULL);
    rig_fini(&rig);
}

ALD_TEST(drain, a_second_drain_changes_nothing)
{
    struct rig rig;

    story_begin(&rig);
    rig_drain(&rig, 500 * ALD_SEC);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_STALE), 1);
    rig_advance(&rig, 6 * ALD_SEC);
    ald_check(strstr(rig.text, "9 reply c1 lost hub_stopped\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(drain, a_registration_is_denied)
{
    struct rig rig;

    story_begin(&rig);
    rig_register(&rig, 1, "horn", 0);
    rig_expect(&rig, "1 denied: the hub is stopping\n"); /* and is what it was, for as long as it goes on */
    rig_fini(&rig);
}

ALD_TEST_MAIN(drain, ALD_CASE(drain, what_waits_is_refused_and_what_was_sent_may_finish),
              ALD_CASE(drain, new_work_and_new_connections_are_refused),
              ALD_CASE(drain, in_the_end_everybody_is_cut_and_told),
              ALD_CASE(drain, one_that_does_not_go_after_its_goodbye_is_closed),
              ALD_CASE(drain, what_was_handed_over_and_never_written_is_refused),
              ALD_CASE(drain, a_hub_with_nobody_is_drained_at_once), ALD_CASE(drain, a_fan_out_ends_with_its_members),
              ALD_CASE(drain, who_waits_for_an_outcome_is_told_it), ALD_CASE(drain, a_second_drain_changes_nothing),
              ALD_CASE(drain, a_registration_is_denied))
