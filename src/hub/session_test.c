#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_RESUME | ALD_CAN_CANCEL);
    rig_caller(rig, 9);
}

ALD_TEST(session, while_a_channel_is_away_what_was_sent_stays_sent)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig_close(&rig, 1);
    rig_advance(&rig, 10 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_SENT);
    rig_come_back(&rig, 1);
    rig_expect(&rig, "");
    rig_reply_as(&rig, 2, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, NULL);
    rig_expect(&rig, "9 reply c1 succeeded\n");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_RESUMED), 1);
    rig_fini(&rig);
}

ALD_TEST(session, what_the_party_did_not_receive_is_said_again)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    rig_close(&rig, 1);
    rig_come_back(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "2 command c2\n");
    ald_check_int(rig.conns[2].serial, 2);
    rig_reply(&rig, 2, "c2", ALD_SUCCEEDED);
    rig_expect(&rig, "9 reply c2 succeeded\n");
    ald_check_int(rig_view(&rig, "c2").n_attempts, 1);
    rig_fini(&rig);
}

ALD_TEST(session, while_a_channel_is_away_new_work_queues)
{
    struct rig rig;

    story_begin(&rig);
    rig_close(&rig, 1);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_expect(&rig, "");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_QUEUED);
    rig_come_back(&rig, 0);
    rig_expect(&rig, "2 command c2\n"
                     "2 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(session, while_a_channel_is_away_any_prefers_live_channels)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig_command(&rig, 9, "c0", "lamp");
    rig_command(&rig, 9, "c1", "lamp");
    rig_reply(&rig, 1, "c0", ALD_SUCCEEDED);
    rig_close(&rig, 1);
    rig_command(&rig, 9, "c2", "lamp"); /* the live one, although it has more in flight */
    rig_expect(&rig, "1 command c0\n"
                     "3 command c1\n"
                     "9 reply c0 succeeded\n"
                     "3 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(session, while_a_channel_is_away_the_deadline_runs_on)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig_close(&rig, 1);
    rig_advance(&rig, 61 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c1 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST(session, if_the_session_ends_the_unwritten_is_queued_again_and_the_written_is_lost)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 9, "written", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
    rig.holds_writes = true;
    rig_command_as(&rig, 9, "unwritten", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
    rig_close(&rig, 1);
    rig_advance(&rig, 301 * ALD_SEC);
    rig_expect(&rig, "1 command written\n"
                     "1 command unwritten\n"
                     "9 reply written lost session_ended\n");
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig_expect(&rig, "3 command unwritten\n");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_ENDED), 1);
    rig_fini(&rig);
}

ALD_TEST(session, an_idempotent_command_has_another_attempt_when_the_session_ends)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT, .ttl = 3600 * ALD_SEC});
    rig_close(&rig, 1);
    rig_advance(&rig, 301 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "3 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(session, what_was_never_written_leaves_no_gap_in_the_serials)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig.holds_writes = true;
    rig_command(&rig, 9, "c2", "lamp");
    rig_close(&rig, 1);
    rig_agent(&rig, 3, "lamp", 0); /* c2 moves there */
    rig.holds_writes = false;
    rig_come_back(&rig, 1);
    rig_command_as(&rig, 9, "c3", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "3 command c2\n"
                     "2 command c3\n");
    ald_check_int(rig.conns[2].serial, 2);
    rig_fini(&rig);
}

ALD_TEST(session, a_caller_that_comes_back_hears_what_was_replied_meanwhile)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig_agent(&rig, 1, NULL, ALD_CAN_RESUME);
    rig_command(&rig, 1, "c1", "lamp");
    rig_close(&rig, 1);
    rig_reply(&rig, 3, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "3 command c1\n");
    rig_come_back(&rig, 0);
    rig_expect(&rig, "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(session, what_was_acknowledged_is_not_said_again)
{
    struct rig rig;
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    acked.serial = 2;
    rig_signal(&rig, 1, &acked);
    rig_close(&rig, 1);
    rig_come_back(&rig, 2);
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(session, one_that_lost_what_it_acknowledged_is_denied_and_it_ends_in_its_time)
{
    struct rig rig;
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    story_begin(&rig);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
    rig_command_as(&rig, 9, "c2", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
    acked.serial = 2;
    rig_signal(&rig, 1, &acked);
    rig_close(&rig, 1);
    rig_come_back(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "2 denied: what it has lost was acknowledged\n");
    rig_advance(&rig, 301 * ALD_SEC);
    rig_expect(&rig, "9 reply c1 lost session_ended\n"
                     "9 reply c2 lost session_ended\n");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_TORN), 1);
    rig_fini(&rig);
}

/* A connection that its peer has given up may bring its words late. */
ALD_TEST(session, one_that_lost_what_it_acknowledged_does_not_take_the_connection_that_has_it)
{
    struct rig rig;
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    acked.serial = 1;
    rig_signal(&rig, 1, &acked);
    rig_come_back(&rig, 0);
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "2 denied: what it has lost was acknowledged\n"
                     "1 command c2\n");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_TORN), 1);
    rig_fini(&rig);
}

ALD_TEST(session, one_that_claims_more_than_was_said_is_denied)
{
    struct rig rig;
    uint64_t session;

    story_begin(&rig);
    session = rig.conns[1].session;
    rig_command(&rig, 9, "c1", "lamp");
    rig_close(&rig, 1);
    rig_come_back(&rig, 2);
    rig_open(&rig, 3);
    rig_resume(&rig, 3, session, 1);
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "1 command c1\n"
                     "2 denied: what it has was never said\n"
                     "3 command c2\n");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_TORN), 1);
    rig_fini(&rig);
}

ALD_TEST(session, an_unknown_one_is_denied)
{
    struct rig rig;

    story_begin(&rig);
    rig_open(&rig, 2);
    rig_resume(&rig, 2, 4711, 0);
    rig_expect(&rig, "2 denied: no such session\n");
    rig_fini(&rig);
}

ALD_TEST(session, resumed_before_its_connection_is_known_to_be_gone_ends_that_first)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig_come_back(&rig, 0);
    rig_expect(&rig, "1 command c1\n"
                     "1 close taken\n");
    rig_close(&rig, 1);
    rig_expect(&rig, "2 command c1\n");
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "9 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(session, nobody_who_writes_other_frames_comes_back_to_it)
{
    struct rig rig;
    struct ald_signal resume = ald_signal_of(ALD_SIGNAL_RESUME);

    story_begin(&rig);
    rig_close(&rig, 1);
    rig_open(&rig, 2);
    resume.session = rig.conns[1].session;
    resume.form = 1;
    rig_signal(&rig, 2, &resume);
    rig_resume(&rig, 2, rig.conns[1].session, 0);
    rig_expect(&rig, "2 denied: no such session\n");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_RESUMED), 1);
    rig_fini(&rig);
}

ALD_TEST(session, a_goodbye_ends_it)
{
    struct rig rig;

    story_begin(&rig);
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_close(&rig, 1);
    rig_come_back(&rig, 0);
    rig_expect(&rig, "1 close left\n"
                     "2 denied: no such session\n");
    rig_fini(&rig);
}

ALD_TEST(session, what_is_told_after_a_goodbye_has_its_place_in_the_count)
{
    struct rig rig;

    story_begin(&rig);
    rig_capable(&rig, 1, "news");
    rig_command(&rig, 9, "c1", "lamp");
    rig_command_as(&rig, 1, "c2", "", (struct rig_options){.name = "nothing"});
    ald_check_int(rig.conns[1].serial, 2);
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_broadcast(&rig, 9, "news");
    ald_check_int(rig.conns[1].serial, 3);
    rig_command_as(&rig, 1, "c3", "", (struct rig_options){.name = "nothing"});
    ald_check_int(rig.conns[1].serial, 4);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    ald_check(strstr(rig.text, "1 event news\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(session, a_goodbye_of_ours_that_is_answered_ends_the_connection)
{
    struct rig rig;
    struct ald_signal ready = ald_signal_of(ALD_SIGNAL_LEAVE);

    story_begin(&rig);
    rig_drain(&rig, ALD_SEC);
    ready.ok = true;
    rig_signal(&rig, 1, &ready);
    ald_check(strstr(rig.text, "1 close stopping\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(session, what_was_received_before_is_not_taken_twice)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 4, NULL, ALD_CAN_RESUME);
    rig_command_as(&rig, 4, "c1", "lamp", (struct rig_options){.serial = 1});
    rig_command_as(&rig, 4, "c1", "lamp", (struct rig_options){.serial = 1});
    rig_expect(&rig, "1 command c1\n");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_REPEATED), 1);
    rig_fini(&rig);
}

/* Commands and events stop at a full window; answers have no other place. */
ALD_TEST(session, one_that_acknowledges_no_answer_is_cut)
{
    struct rig rig;
    char id[8];

    rig_init(&rig);
    rig.config.session_window_bytes_max = 8000;
    rig.config.out_bytes_max = 8000;
    rig_start(&rig);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 1, "bell", ALD_CAN_RESUME);
    for (int i = 0; i < 8; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 1, id, "lamp");
    }
    for (int i = 0; i < 8; i++) {
        ald_check(strstr(rig.text, "1 close slow\n") == NULL || i > 4);
        snprintf(id, sizeof(id), "c%d", i);
        rig_reply(&rig, 2, id, ALD_SUCCEEDED);
    }
    ald_check(strstr(rig.text, "1 close slow\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(session, resumed_twice_before_the_first_is_gone_goes_to_the_latest)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "lamp");
    rig_come_back(&rig, 0);
    rig_open(&rig, 3);
    rig_resume(&rig, 3, rig.conns[1].session, 0);
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 close taken\n"
                     "2 close taken\n"
                     "3 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(session, what_is_said_again_waits_for_a_choked_connection)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 3000;
    rig.config.out_bytes_max = 80000;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    for (int i = 0; i < 8; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 9, id, "lamp");
    }
    rig_close(&rig, 1);
    rig.n_text = 0;
    rig.holds_writes = true;
    rig_come_back(&rig, 0);
    ald_check(strstr(rig.text, "2 command c0\n") != NULL);
    ald_check(strstr(rig.text, "2 command c7\n") == NULL);
    rig.holds_writes = false;
    rig_settle(&rig);
    ald_check(strstr(rig.text, "2 command c7\n") != NULL);
    ald_check_int(rig.conns[2].serial, 8);
    rig_fini(&rig);
}

ALD_TEST(session, a_retry_after_its_end_goes_to_another_session)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT, .ttl = 900 * ALD_SEC});
    rig_close(&rig, 1);
    rig_agent(&rig, 3, "lamp", ALD_CAN_RESUME);
    rig_advance(&rig, 301 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "3 command c1\n");
    ald_check_int(rig.conns[3].serial, 1);
    rig_fini(&rig);
}

ALD_TEST(session, what_was_never_written_waits_for_one_that_was_told_goodbye)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.health_interval = 10 * ALD_SEC;
    rig.config.health_failures = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME | ALD_CAN_LEAVE | ALD_CAN_HEALTH);
    rig_caller(&rig, 9);
    rig_advance(&rig, 13 * ALD_SEC);
    rig.holds_writes = true;
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.channel = rig.conns[1].channel});
    rig_answer_health(&rig, 1, false);
    rig_close(&rig, 1);
    rig_expect(&rig, "1 health\n"
                     "1 command c1\n"
                     "1 leave reconnect\n");
    rig.holds_writes = false;
    rig_open(&rig, 2);
    rig_resume(&rig, 2, rig.conns[1].session, 0);
    rig_expect(&rig, "2 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(session, an_event_waits_for_one_that_is_away)
{
    struct rig rig;

    story_begin(&rig);
    rig_send_event(&rig, 9, "lamp");
    rig_close(&rig, 1);
    rig_send_event(&rig, 9, "lamp");
    rig_event_as(&rig, 9, "lamp", (struct rig_options){.channel = rig.conns[1].channel, .name = "named"});
    rig_expect(&rig, "1 event\n");
    rig_come_back(&rig, 1);
    rig_expect(&rig, "2 event\n"
                     "2 event named\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS), 3);
    rig_fini(&rig);
}

ALD_TEST(session, an_event_waits_for_one_whose_link_is_choked)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 2000;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    rig.holds_writes = true;
    for (int i = 0; i < 8; i++) {
        rig_send_event(&rig, 9, "lamp");
    }
    ald_check(rig.conns[1].said < 8);
    rig.holds_writes = false;
    rig_settle(&rig);
    ald_check_int(rig.conns[1].serial, 8);
    rig_fini(&rig);
}

ALD_TEST_MAIN(session, ALD_CASE(session, while_a_channel_is_away_what_was_sent_stays_sent),
              ALD_CASE(session, what_the_party_did_not_receive_is_said_again),
              ALD_CASE(session, while_a_channel_is_away_new_work_queues),
              ALD_CASE(session, while_a_channel_is_away_any_prefers_live_channels),
              ALD_CASE(session, while_a_channel_is_away_the_deadline_runs_on),
              ALD_CASE(session, if_the_session_ends_the_unwritten_is_queued_again_and_the_written_is_lost),
              ALD_CASE(session, an_idempotent_command_has_another_attempt_when_the_session_ends),
              ALD_CASE(session, what_was_never_written_leaves_no_gap_in_the_serials),
              ALD_CASE(session, a_caller_that_comes_back_hears_what_was_replied_meanwhile),
              ALD_CASE(session, what_was_acknowledged_is_not_said_again),
              ALD_CASE(session, one_that_lost_what_it_acknowledged_is_denied_and_it_ends_in_its_time),
              ALD_CASE(session, one_that_lost_what_it_acknowledged_does_not_take_the_connection_that_has_it),
              ALD_CASE(session, one_that_claims_more_than_was_said_is_denied),
              ALD_CASE(session, an_unknown_one_is_denied),
              ALD_CASE(session, resumed_before_its_connection_is_known_to_be_gone_ends_that_first),
              ALD_CASE(session, nobody_who_writes_other_frames_comes_back_to_it), ALD_CASE(session, a_goodbye_ends_it),
              ALD_CASE(session, what_is_told_after_a_goodbye_has_its_place_in_the_count),
              ALD_CASE(session, a_goodbye_of_ours_that_is_answered_ends_the_connection),
              ALD_CASE(session, what_was_received_before_is_not_taken_twice),
              ALD_CASE(session, one_that_acknowledges_no_answer_is_cut),
              ALD_CASE(session, resumed_twice_before_the_first_is_gone_goes_to_the_latest),
              ALD_CASE(session, what_is_said_again_waits_for_a_choked_connection),
              ALD_CASE(session, a_retry_after_its_end_goes_to_another_session),
              ALD_CASE(session, what_was_never_written_waits_for_one_that_was_told_goodbye),
              ALD_CASE(session, an_event_waits_for_one_that_is_away),
              ALD_CASE(session, an_event_waits_for_one_whose_link_is_choked))
