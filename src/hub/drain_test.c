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

/* A caller whose session may come back late, and its command to an agent of which the same is true. */
static void late_begin(struct rig *rig)
{
    rig_init(rig);
    rig->resumes_late = true;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_LEAVE | ALD_CAN_RESUME);
    rig_agent(rig, 9, NULL, ALD_CAN_LEAVE | ALD_CAN_RESUME);
    rig_command(rig, 9, "c1", "lamp");
    rig_drain(rig, 5 * ALD_SEC);
    rig_expect(rig, "1 command c1\n");
}

static void late_return(struct rig *rig, uint64_t from, uint64_t to, uint64_t serial)
{
    rig_open(rig, to);
    rig_resume(rig, to, rig->conns[from].session, serial);
}

static void late_gone(struct rig *rig, uint64_t conn)
{
    struct ald_signal ready = ald_signal_of(ALD_SIGNAL_LEAVE);

    ready.ok = true;
    rig_signal(rig, conn, &ready);
    rig_close(rig, conn);
}

ALD_TEST(drain, who_resumes_late_is_told_what_it_waits_for_and_then_goodbye)
{
    struct rig rig;

    late_begin(&rig);
    rig_close(&rig, 9);
    late_return(&rig, 9, 2, 0);
    rig_expect(&rig, "");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 reply c1 succeeded\n"
                     "1 leave reconnect\n"
                     "2 leave reconnect\n");
    late_gone(&rig, 1);
    late_gone(&rig, 2);
    rig_expect(&rig, "1 close stopping\n"
                     "2 close stopping\n");
    ald_check(ald_hub_drained(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(drain, an_agent_that_resumes_late_answers_what_it_has)
{
    struct rig rig;

    late_begin(&rig);
    rig_close(&rig, 1);
    rig_expect(&rig, "");
    late_return(&rig, 1, 2, 1);
    rig_reply_as(&rig, 2, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, NULL);
    rig_expect(&rig, "9 reply c1 succeeded\n"
                     "2 leave reconnect\n"
                     "9 leave reconnect\n");
    rig_fini(&rig);
}

ALD_TEST(drain, it_waits_for_those_whose_answer_came_while_they_were_away)
{
    struct rig rig;

    late_begin(&rig);
    rig_close(&rig, 9);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    late_gone(&rig, 1);
    ald_check(!ald_hub_drained(rig.hub));
    late_return(&rig, 9, 2, 0);
    rig_expect(&rig, "1 leave reconnect\n"
                     "1 close stopping\n"
                     "2 reply c1 succeeded\n"
                     "2 leave reconnect\n");
    late_gone(&rig, 2);
    rig_expect(&rig, "2 close stopping\n");
    ald_check(ald_hub_drained(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(drain, nobody_who_is_away_is_waited_for_longer_than_others)
{
    struct rig rig;

    late_begin(&rig);
    rig_close(&rig, 9);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    late_gone(&rig, 1);
    rig_advance(&rig, 6 * ALD_SEC);
    ald_check(ald_hub_drained(rig.hub));
    rig_open(&rig, 2);
    rig_expect(&rig, "1 leave reconnect\n"
                     "1 close stopping\n"
                     "2 close stopping\n");
    rig_fini(&rig);
}

ALD_TEST(drain, who_has_its_answer_is_not_waited_for)
{
    struct rig rig;

    late_begin(&rig);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_close(&rig, 9); /* without a word, and it has acknowledged nothing */
    rig_close(&rig, 1);
    ald_check(ald_hub_drained(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(drain, who_comes_late_and_is_nobody_is_denied)
{
    struct rig rig;

    late_begin(&rig);
    rig_agent(&rig, 2, "horn", ALD_CAN_RESUME);
    rig_expect(&rig, "2 denied: the hub is stopping\n"
                     "2 close denied\n");
    rig.resumes_late = false;
    rig_open(&rig, 3);
    rig_expect(&rig, "3 close stopping\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(drain, ALD_CASE(drain, what_waits_is_refused_and_what_was_sent_may_finish),
              ALD_CASE(drain, new_work_and_new_connections_are_refused),
              ALD_CASE(drain, in_the_end_everybody_is_cut_and_told),
              ALD_CASE(drain, one_that_does_not_go_after_its_goodbye_is_closed),
              ALD_CASE(drain, what_was_handed_over_and_never_written_is_refused),
              ALD_CASE(drain, a_hub_with_nobody_is_drained_at_once), ALD_CASE(drain, a_fan_out_ends_with_its_members),
              ALD_CASE(drain, who_waits_for_an_outcome_is_told_it), ALD_CASE(drain, a_second_drain_changes_nothing),
              ALD_CASE(drain, a_registration_is_denied),
              ALD_CASE(drain, who_resumes_late_is_told_what_it_waits_for_and_then_goodbye),
              ALD_CASE(drain, an_agent_that_resumes_late_answers_what_it_has),
              ALD_CASE(drain, it_waits_for_those_whose_answer_came_while_they_were_away),
              ALD_CASE(drain, nobody_who_is_away_is_waited_for_longer_than_others),
              ALD_CASE(drain, who_has_its_answer_is_not_waited_for),
              ALD_CASE(drain, who_comes_late_and_is_nobody_is_denied))
