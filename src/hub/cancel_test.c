#include "hub/hub_rig.h"

static void story_begin(struct rig *rig, uint32_t traits)
{
    rig_init(rig);
    rig->config.channel_in_flight_max = 1;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", traits);
    rig_caller(rig, 2);
    rig_command(rig, 2, "c1", "lamp");
    rig_expect(rig, "1 command c1\n");
}

ALD_TEST(cancel, of_a_queued_command_is_immediate)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_command(&rig, 2, "c2", "lamp");
    rig_cancel(&rig, 2, "c2");
    rig_expect(&rig, "2 reply c2 cancelled taken_back\n");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, of_a_sent_one_it_asks_and_the_reply_decides)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_cancel(&rig, 2, "c1");
    rig_cancel(&rig, 2, "c1");
    rig_expect(&rig, "1 cancel c1\n");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, of_a_sent_one_it_asks_and_the_confirmation_decides)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_cancel(&rig, 2, "c1");
    rig_reply(&rig, 1, "c1", ALD_CANCELLED);
    rig_expect(&rig, "1 cancel c1\n"
                     "2 reply c1 cancelled taken_back\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, of_a_sent_one_it_asks_and_the_deadline_decides)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_cancel(&rig, 2, "c1");
    rig_advance(&rig, 61 * ALD_SEC);
    rig_expect(&rig, "1 cancel c1\n"
                     "2 reply c1 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, where_the_dialect_cannot_cancel_it_is_refused_and_the_command_goes_on)
{
    struct rig rig;

    story_begin(&rig, 0);
    rig_cancel(&rig, 2, "c1");
    rig_expect(&rig, "2 status c1 sent: the agent's protocol cannot cancel; the command goes on\n");
    ald_check_int(rig_count(&rig, ALD_N_CANCELS_REFUSED), 1);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 reply c1 succeeded\n");
    ald_check(rig_story_has(&rig, "c1", "cancel refused"));
    rig_fini(&rig);
}

ALD_TEST(cancel, that_is_refused_is_said_to_who_takes_no_statuses)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, NULL, ALD_CAN_REPORT);
    rig_command(&rig, 2, "c1", "lamp");
    rig_cancel(&rig, 2, "c1");
    rig_expect(&rig, "1 command c1\n"
                     "2 cancel c1 refused\n");
    rig_command_as(&rig, 2, "q1", "", (struct rig_options){.name = "aldis:Cancel", .payload = "{\"id\":\"c1\"}"});
    rig_expect(&rig, "2 cancel c1 refused\n"
                     "2 reply q1 refused unsupported\n");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, of_one_handed_over_is_decided_when_it_is_written)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_CANCEL);
    rig_caller(&rig, 2);
    rig.holds_writes = true;
    rig_command(&rig, 2, "c1", "lamp");
    rig_cancel(&rig, 2, "c1");
    rig_expect(&rig, "1 command c1\n");
    rig_write(&rig, 1, 2, 2);
    rig_expect(&rig, "1 cancel c1\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, of_one_handed_over_and_never_written_takes_it_back)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_CANCEL);
    rig_agent(&rig, 3, "lamp", ALD_CAN_CANCEL);
    rig_caller(&rig, 2);
    rig.holds_writes = true;
    rig_command(&rig, 2, "c1", "lamp");
    rig_cancel(&rig, 2, "c1");
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c1 cancelled taken_back\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, an_idempotent_command_that_was_asked_back_is_not_tried_again)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_CANCEL);
    rig_agent(&rig, 3, "lamp", ALD_CAN_CANCEL);
    rig_caller(&rig, 2);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT});
    rig_cancel(&rig, 2, "c1");
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 cancel c1\n"
                     "2 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(cancel, of_what_is_not_the_callers_or_has_ended_is_stray)
{
    struct rig rig;

    story_begin(&rig, ALD_CAN_CANCEL);
    rig_caller(&rig, 3);
    rig_cancel(&rig, 3, "c1");
    rig_cancel(&rig, 2, "nothing");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_cancel(&rig, 2, "c1");
    rig_expect(&rig, "2 reply c1 succeeded\n");
    ald_check_int(rig_count(&rig, ALD_N_CANCELS_STRAY), 3);
    rig_fini(&rig);
}

ALD_TEST_MAIN(cancel, ALD_CASE(cancel, of_a_queued_command_is_immediate),
              ALD_CASE(cancel, of_a_sent_one_it_asks_and_the_reply_decides),
              ALD_CASE(cancel, of_a_sent_one_it_asks_and_the_confirmation_decides),
              ALD_CASE(cancel, of_a_sent_one_it_asks_and_the_deadline_decides),
              ALD_CASE(cancel, that_is_refused_is_said_to_who_takes_no_statuses),
              ALD_CASE(cancel, where_the_dialect_cannot_cancel_it_is_refused_and_the_command_goes_on),
              ALD_CASE(cancel, of_one_handed_over_is_decided_when_it_is_written),
              ALD_CASE(cancel, of_one_handed_over_and_never_written_takes_it_back),
              ALD_CASE(cancel, an_idempotent_command_that_was_asked_back_is_not_tried_again),
              ALD_CASE(cancel, of_what_is_not_the_callers_or_has_ended_is_stray))
