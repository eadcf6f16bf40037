#include "hub/hub_rig.h"

/* Small accounts, so that a few signals fill them: a signal with a short message costs under 1,100 bytes. */
static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.out_bytes_high = 3000;
    rig->config.out_bytes_max = 8000;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_LEAVE);
    rig_caller(rig, 2);
}

/* An agent that cannot write its replies does not read either. */
ALD_TEST(conn, an_agent_over_its_account_gets_no_command_until_it_drains_but_is_read)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "lamp");
    }
    rig_expect(&rig, "1 command c0\n"
                     "1 command c1\n"
                     "1 command c2\n"
                     "1 command c3\n");
    ald_check_int(rig_view(&rig, "c4").phase, ALD_PHASE_QUEUED); /* no further command is sent to it */
    rig_write(&rig, 1, 5, 2);
    rig_expect(&rig, "");
    rig_write(&rig, 1, 5, 5);
    rig_expect(&rig, "1 command c4\n");
    ald_check_int(rig_count(&rig, ALD_N_PAUSED), 0);
    rig_fini(&rig);
}

ALD_TEST(conn, a_caller_over_its_account_is_not_read_until_it_drains)
{
    struct rig rig;

    story_begin(&rig);
    for (int i = 0; i < 4; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "lamp");
    }
    rig.n_text = 0;
    rig.holds_writes = true;
    for (int i = 0; i < 4; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_reply(&rig, 1, id, ALD_SUCCEEDED);
    }
    rig_expect(&rig, "2 reply c0 succeeded\n"
                     "2 reply c1 succeeded\n"
                     "2 reply c2 succeeded\n"
                     "2 reply c3 succeeded\n"
                     "2 pause\n");
    rig_write(&rig, 2, rig.conns[2].said, rig.conns[2].said);
    rig_expect(&rig, "2 resume\n");
    rig_fini(&rig);
}

ALD_TEST(conn, another_channel_takes_what_a_choked_one_cannot)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig.holds_writes = true;
    for (int i = 0; i < 12; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "lamp");
    }
    rig.n_text = 0;
    rig_write(&rig, 3, rig.conns[3].said, rig.conns[3].said);
    rig_settle(&rig);
    ald_check(strstr(rig.text, "3 command c8\n") == rig.text);
    rig_fini(&rig);
}

ALD_TEST(conn, replies_are_never_dropped)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    for (int i = 0; i < 4; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "horn"); /* refused at once: each is a reply */
    }
    for (int i = 0; i < 4; i++) {
        char line[64];

        snprintf(line, sizeof(line), "2 reply c%d refused no_target\n", i);
        ald_check(strstr(rig.text, line) != NULL);
    }
    rig_fini(&rig);
}

ALD_TEST(conn, a_caller_that_does_not_read_is_cut_and_the_outcome_kept)
{
    struct rig rig;

    story_begin(&rig);
    for (int i = 0; i < 9; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "lamp");
    }
    rig.holds_writes = true;
    for (int i = 0; i < 9; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_reply(&rig, 1, id, ALD_SUCCEEDED);
    }
    ald_check(strstr(rig.text, "2 close slow\n") != NULL);
    ald_check_int(rig_view(&rig, "c8").outcome, ALD_SUCCEEDED);
    ald_check_int(rig_count(&rig, ALD_N_SLOW_CUT), 1);
    ald_check(rig_count(&rig, ALD_N_REPLIES_UNDELIVERED) > 0);
    rig_fini(&rig);
}

ALD_TEST(conn, events_may_be_dropped_and_are_counted)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    for (int i = 0; i < 10; i++) {
        rig_send_event(&rig, 2, "lamp");
    }
    ald_check(rig_count(&rig, ALD_N_EVENTS) > 0);
    ald_check(rig_count(&rig, ALD_N_EVENTS_DROPPED) > 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS) + rig_count(&rig, ALD_N_EVENTS_DROPPED), 10);
    ald_check(strstr(rig.text, "close") == NULL);
    rig_fini(&rig);
}

ALD_TEST(conn, output_that_does_not_move_is_cut)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
    rig_advance(&rig, 29 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n");
    rig_advance(&rig, 2 * ALD_SEC);
    rig_expect(&rig, "1 close slow\n");
    rig_fini(&rig);
}

ALD_TEST(conn, output_that_moves_slowly_is_not)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
    for (int i = 0; i < 10; i++) {
        rig_advance(&rig, 20 * ALD_SEC);
        rig_write(&rig, 1, 2, 1); /* bytes of a large one moved, it did not end */
    }
    rig_expect(&rig, "1 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(conn, one_message_may_be_larger_than_the_account)
{
    struct rig rig;
    static char large[20000];

    memset(large, '1', sizeof(large) - 1);
    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.payload = large});
    rig_expect(&rig, "1 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(conn, too_many_are_refused)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.connections_max = 2;
    rig_start(&rig);
    rig_open(&rig, 1);
    rig_open(&rig, 2);
    rig_open(&rig, 3);
    rig_expect(&rig, "3 close full\n");
    rig_close(&rig, 3); /* of a connection that is not known: counted, nothing else */
    ald_check_int(rig_count(&rig, ALD_N_CONNECTIONS_REFUSED), 1);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_STALE), 1);
    rig_close(&rig, 2);
    rig_open(&rig, 4);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

ALD_TEST(conn, a_goodbye_waits_for_what_is_in_flight)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_expect(&rig, "1 command c1\n");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 close left\n"
                     "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(conn, a_goodbye_waits_no_longer_than_its_time)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_advance(&rig, 6 * ALD_SEC);
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 close left\n"
                     "2 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(conn, what_a_stranger_says_is_counted_and_nothing_else)
{
    struct rig rig;

    story_begin(&rig);
    for (int kind = 0; kind < 40; kind++) {
        struct ald_signal signal = {.kind = (uint8_t)kind, .party = 77};

        rig_open(&rig, 5);
        rig_signal(&rig, 5, &signal);
        rig_close(&rig, 5);
        rig_signal(&rig, 5, &signal);
    }
    rig_event(&rig, (struct ald_event){.kind = 200, .conn = 1});
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_STALE), 40);
    rig_fini(&rig);
}

ALD_TEST(conn, the_edges_report_beyond_the_truth_is_cut_to_it)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    rig_write(&rig, 1, 1000, 2000);
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_QUEUED);
    rig_fini(&rig);
}

ALD_TEST(conn, the_end_of_one_with_many_in_flight_is_worked_off_in_slices)
{
    struct rig rig;
    size_t n_steps = 0;

    rig_init(&rig);
    rig.config.step_work = 4;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    for (int i = 0; i < 100; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "lamp");
    }
    rig.n_text = 0;
    rig.by_hand = true;
    rig_close(&rig, 1);
    while (ald_hub_deadline(rig.hub) <= rig.now) {
        rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_TICK});
        n_steps++;
    }
    ald_check(n_steps >= 25);
    ald_check_int(rig_count(&rig, ALD_N_LOST), 100);
    rig_fini(&rig);
}

ALD_TEST_MAIN(conn, ALD_CASE(conn, an_agent_over_its_account_gets_no_command_until_it_drains_but_is_read),
              ALD_CASE(conn, a_caller_over_its_account_is_not_read_until_it_drains),
              ALD_CASE(conn, another_channel_takes_what_a_choked_one_cannot), ALD_CASE(conn, replies_are_never_dropped),
              ALD_CASE(conn, a_caller_that_does_not_read_is_cut_and_the_outcome_kept),
              ALD_CASE(conn, events_may_be_dropped_and_are_counted), ALD_CASE(conn, output_that_does_not_move_is_cut),
              ALD_CASE(conn, output_that_moves_slowly_is_not),
              ALD_CASE(conn, one_message_may_be_larger_than_the_account), ALD_CASE(conn, too_many_are_refused),
              ALD_CASE(conn, a_goodbye_waits_for_what_is_in_flight),
              ALD_CASE(conn, a_goodbye_waits_no_longer_than_its_time),
              ALD_CASE(conn, what_a_stranger_says_is_counted_and_nothing_else),
              ALD_CASE(conn, the_edges_report_beyond_the_truth_is_cut_to_it),
              ALD_CASE(conn, the_end_of_one_with_many_in_flight_is_worked_off_in_slices))
