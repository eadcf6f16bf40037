#include "hub/hub_rig.h"

static void story_begin(struct rig *rig, uint32_t mask)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 2);
    rig_watch(rig, mask);
}

ALD_TEST(note, tells_every_arrow_of_a_command)
{
    struct rig rig;

    story_begin(&rig, ALD_NOTE_COMMANDS);
    rig_command(&rig, 2, "c1", "lamp");
    rig_status(&rig, 1, "c1", ALD_PHASE_ACCEPTED);
    rig_status(&rig, 1, "c1", ALD_PHASE_RUNNING);
    rig_status(&rig, 1, "c1", ALD_PHASE_RUNNING);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "* submitted c1 submitted\n"
                     "* phase c1 queued\n"
                     "1 command c1\n"
                     "* phase c1 sent\n"
                     "* phase c1 accepted\n"
                     "2 status c1 accepted\n"
                     "* phase c1 running\n"
                     "2 status c1 running\n"
                     "2 status c1 running\n"
                     "* ended c1 done succeeded\n"
                     "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_nothing_that_was_not_asked_for)
{
    struct rig rig;

    story_begin(&rig, ALD_NOTE_BIT(ALD_NOTE_ENDED));
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_FAILED);
    rig_expect(&rig, "1 command c1\n"
                     "* ended c1 done failed agent_failed\n"
                     "2 reply c1 failed agent_failed\n");
    rig_watch(&rig, 0);
    rig_command(&rig, 2, "c2", "lamp");
    rig_reply(&rig, 1, "c2", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c2\n"
                     "2 reply c2 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_a_refusal_and_a_late_reply)
{
    struct rig rig;

    story_begin(&rig, ALD_NOTE_COMMANDS);
    rig_command(&rig, 2, "c1", "no such");
    rig_expect(&rig, "* submitted c1 submitted\n"
                     "* ended c1 done refused no_target\n"
                     "2 reply c1 refused no_target\n");
    rig_command_as(&rig, 2, "c2", "lamp", (struct rig_options){.ttl = ALD_SEC});
    rig_advance(&rig, 2 * ALD_SEC);
    rig_reply(&rig, 1, "c2", ALD_SUCCEEDED);
    rig_expect(&rig, "* submitted c2 submitted\n"
                     "* phase c2 queued\n"
                     "1 command c2\n"
                     "* phase c2 sent\n"
                     "* ended c2 done expired deadline\n"
                     "2 reply c2 expired deadline\n"
                     "* late c2 done expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_a_refusal_that_no_record_is_kept_of)
{
    struct rig rig;

    story_begin(&rig, ALD_NOTE_EVERYTHING);
    rig_open(&rig, 3);
    rig_command(&rig, 3, "c1", "lamp");
    rig_expect(&rig, "* ended c1 done refused not_allowed\n"
                     "3 reply c1 refused not_allowed\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_the_members_of_a_roster_apart)
{
    struct rig rig;

    story_begin(&rig, ALD_NOTE_EVERYTHING & ~ALD_NOTE_BIT(ALD_NOTE_CHANNEL));
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "* submitted c1 submitted\n"
                     "* phase c1 queued\n"
                     "* member c1 queued\n"
                     "1 command c1\n"
                     "* member c1 sent\n"
                     "* phase c1 sent\n"
                     "* member c1 done succeeded\n"
                     "* ended c1 done succeeded\n"
                     "2 status c1 running: a member has ended\n"
                     "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_an_event_with_its_fate)
{
    struct rig rig;

    story_begin(&rig, ALD_NOTE_EVERYTHING);
    rig_send_event(&rig, 2, "lamp");
    rig_send_event(&rig, 2, "no such");
    rig_send_event(&rig, 2, "");
    rig_expect(&rig, "* event DO delivered\n"
                     "1 event\n"
                     "* event DO dropped no_target\n"
                     "* event DO dropped unknown_command\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_what_becomes_of_a_channel)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.health_interval = 10 * ALD_SEC;
    rig.config.health_failures = 1;
    rig_start(&rig);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_CHANNEL));
    rig_agent(&rig, 1, "lamp", ALD_CAN_HEALTH);
    rig_advance(&rig, 13 * ALD_SEC);
    rig_answer_health(&rig, 1, false);
    rig_close(&rig, 1);
    rig_expect(&rig, "* channel of lamp joined\n"
                     "1 health\n"
                     "* channel of lamp inactive\n"
                     "* channel of lamp leaving\n"
                     "1 close unhealthy\n"
                     "* channel of lamp gone\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_an_election)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_CHANNEL) | ALD_NOTE_BIT(ALD_NOTE_ELECTION));
    rig_agent(&rig, 1, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_answer_primary(&rig, 1, true);
    rig_close(&rig, 1);
    rig_expect(&rig, "* channel of lamp joined\n"
                     "* election of lamp promoting\n"
                     "* channel of lamp promoting\n"
                     "1 primary true term 1\n"
                     "* election of lamp confirmed\n"
                     "* channel of lamp primary\n"
                     "* channel of lamp demoted\n"
                     "* election of lamp none\n"
                     "* channel of lamp gone\n");
    rig_fini(&rig);
}

ALD_TEST(note, tells_a_channel_that_is_away_and_back)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_CHANNEL));
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_close(&rig, 1);
    rig_open(&rig, 2);
    rig_resume(&rig, 2, rig.conns[1].session, 0);
    rig_say(&rig, 2, ALD_SIGNAL_LEAVE);
    rig_expect(&rig, "* channel of lamp joined\n"
                     "* channel of lamp away\n"
                     "* channel of lamp live\n"
                     "* channel of lamp leaving\n"
                     "2 close left\n");
    rig_fini(&rig);
}

static void expect_whole(void *owner, const struct ald_note *note)
{
    unsigned *n = owner;

    ald_check(ald_str_equal(note->target, ALD_STR("lamp")));
    ald_check(ald_str_equal(note->from, ALD_STR("127.0.0.1:9")));
    ald_check(ald_str_equal(note->name, ALD_STR("DO")));
    ald_check_int(note->channel.size, ALD_ID_TEXT);
    ald_check_int(note->n_attempts, 1);
    ald_check_int(note->now - note->submitted, 3 * ALD_SEC);
    ald_check_int(note->last_phase, ALD_PHASE_SENT);
    ald_check(ald_str_equal(ald_slice_str(note->msg->payload), ALD_STR("{\"lit\":true}")));
    ald_check(!ald_str_present(note->text));
    ++*n;
}

ALD_TEST(note, shows_the_whole_of_what_ended)
{
    struct rig rig;
    unsigned n = 0;

    story_begin(&rig, 0);
    ald_hub_watch(rig.hub, ALD_NOTE_BIT(ALD_NOTE_ENDED), expect_whole, &n);
    rig_command(&rig, 2, "c1", "lamp");
    rig_advance(&rig, 3 * ALD_SEC);
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, "{\"lit\":true}");
    ald_check_int(n, 1);
    rig_fini(&rig);
}

ALD_TEST_MAIN(note, ALD_CASE(note, tells_every_arrow_of_a_command),
              ALD_CASE(note, tells_nothing_that_was_not_asked_for), ALD_CASE(note, tells_a_refusal_and_a_late_reply),
              ALD_CASE(note, tells_a_refusal_that_no_record_is_kept_of),
              ALD_CASE(note, tells_the_members_of_a_roster_apart), ALD_CASE(note, tells_an_event_with_its_fate),
              ALD_CASE(note, tells_what_becomes_of_a_channel), ALD_CASE(note, tells_an_election),
              ALD_CASE(note, tells_a_channel_that_is_away_and_back), ALD_CASE(note, shows_the_whole_of_what_ended))
