/*
 * One session for several parties of a connection (link 1.2, 2.7): a host, party 0, and what it runs, parties 1 and 2.
 */

#include "hub/hub_rig.h"

static void host_join(struct rig *rig, uint64_t conn, uint32_t party, const char *target)
{
    rig_register_kind(rig, conn, party, target, ALD_CAN_RESUME | ALD_CAN_CANCEL, ALD_PARTY_INSTANCE);
}

static void host_say(struct rig *rig, uint64_t conn, uint32_t party, enum ald_signal_kind kind)
{
    struct ald_signal signal = ald_signal_of(kind);

    signal.party = party;
    rig_signal(rig, conn, &signal);
}

static void host_acked(struct rig *rig, uint64_t conn, uint64_t serial)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ACKED);

    signal.serial = serial;
    rig_signal(rig, conn, &signal);
}

static void story_start(struct rig *rig)
{
    rig_start(rig);
    rig->tells_parties = true;
    rig_agent(rig, 1, "4", ALD_CAN_RESUME | ALD_CAN_CANCEL | ALD_CAN_LEAVE);
    host_join(rig, 1, 1, "instance-7");
    host_join(rig, 1, 2, "instance-8");
    rig_expect(rig, "(1) 1 registered\n"
                    "(2) 1 registered\n");
    rig_caller(rig, 9);
}

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    story_start(rig);
}

ALD_TEST(session_shared, all_its_parties_have_one_count)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    ald_check_int(rig.conns[1].serial, 1);
    rig_command(&rig, 9, "c2", "4");
    rig_command(&rig, 9, "c3", "instance-8");
    ald_check_int(rig.conns[1].serial, 3);
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_JOINED), 2);
    rig_expect(&rig, "(1) 1 command c1\n"
                     "1 command c2\n"
                     "(2) 1 command c3\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, what_any_of_them_said_before_is_not_taken_twice)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig_command_as(&rig, 1, "c1", "lamp", (struct rig_options){.party = 1, .serial = 1});
    rig_command_as(&rig, 1, "c2", "lamp", (struct rig_options){.party = 2, .serial = 1});
    rig_command_as(&rig, 1, "c3", "lamp", (struct rig_options){.party = 0, .serial = 2});
    rig_expect(&rig, "3 command c1\n"
                     "3 command c3\n");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_REPEATED), 1);
    rig_fini(&rig);
}

ALD_TEST(session_shared, what_its_dialect_dealt_with_counts_as_well)
{
    struct rig rig;
    struct ald_signal taken = ald_signal_of(ALD_SIGNAL_TAKEN);

    story_begin(&rig);
    taken.serial = 5;
    rig_signal(&rig, 1, &taken);
    rig_send_event(&rig, 9, "4");
    rig_event_as(&rig, 1, "4", (struct rig_options){.party = 2, .serial = 5});
    rig_close(&rig, 1);
    rig_come_back(&rig, 1);
    ald_check_int(rig.conns[2].heard_by_hub, 5);
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_REPEATED), 1);
    rig_fini(&rig);
}

ALD_TEST(session_shared, all_are_away_together_and_come_back_under_their_numbers)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command(&rig, 9, "c2", "4");
    rig_command(&rig, 9, "c3", "instance-8");
    rig_close(&rig, 1);
    rig_advance(&rig, 10 * ALD_SEC);
    rig_command(&rig, 9, "c4", "instance-7");
    rig_expect(&rig, "(1) 1 command c1\n"
                     "1 command c2\n"
                     "(2) 1 command c3\n");
    rig_come_back(&rig, 1);
    rig_expect(&rig, "(2) 2 registered\n"
                     "(1) 2 registered\n"
                     "2 command c2\n"
                     "(2) 2 command c3\n"
                     "(1) 2 command c4\n");
    ald_check_int(rig.conns[2].serial, 4);
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_RESUMED), 1);
    rig_reply_of(&rig, 2, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, "{}");
    rig_reply_of(&rig, 2, 2, rig_id_of(&rig, 2, "c3"), ALD_SUCCEEDED, 0, "{}");
    rig_expect(&rig, "9 reply c1 succeeded\n"
                     "9 reply c3 succeeded\n");
    rig_fini(&rig);
}

static void answer_frame(struct rig *rig, uint64_t conn, uint32_t party, uint64_t told)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.party = party;
    signal.answers = told;
    signal.msg = rig_msg(rig, ALD_REPLY, NULL);
    signal.msg->outcome = ALD_SUCCEEDED;
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

/* Of generation A of link: the answer says neither our id nor which of its parties was asked. */
ALD_TEST(session_shared, an_answer_may_name_the_frame_of_its_command)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command(&rig, 9, "c2", "4");
    rig_command(&rig, 9, "c3", "instance-8");
    host_acked(&rig, 1, 3);
    rig_close(&rig, 1);
    rig_come_back(&rig, 3);
    rig.n_text = 0;
    answer_frame(&rig, 2, 0, 3);
    answer_frame(&rig, 2, 0, 1);
    answer_frame(&rig, 2, 2, 2);
    rig_expect(&rig, "9 reply c3 succeeded\n"
                     "9 reply c1 succeeded\n"
                     "9 reply c2 succeeded\n");
    answer_frame(&rig, 2, 0, 1);
    answer_frame(&rig, 2, 0, 77);
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_STRAY), 2);
    rig_fini(&rig);
}

/* Another session's frames have numbers of their own. */
ALD_TEST(session_shared, an_answer_names_a_frame_of_its_own_session)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", ALD_CAN_RESUME);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_agent(&rig, 4, "other", 0);
    rig_expect(&rig, "(1) 1 command c1\n");
    answer_frame(&rig, 3, 0, 1);
    answer_frame(&rig, 4, 0, 1);
    rig_expect(&rig, "");
    answer_frame(&rig, 1, 0, 1);
    rig_expect(&rig, "9 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, all_end_together_when_it_is_not_resumed)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 9, "c1", "instance-7", (struct rig_options){.ttl = 3600 * ALD_SEC});
    rig_command_as(&rig, 9, "c2", "4", (struct rig_options){.ttl = 3600 * ALD_SEC});
    rig_close(&rig, 1);
    rig.n_text = 0;
    rig_advance(&rig, 301 * ALD_SEC);
    ald_check(strstr(rig.text, "9 reply c1 lost session_ended\n") != NULL);
    ald_check(strstr(rig.text, "9 reply c2 lost session_ended\n") != NULL);
    rig_come_back(&rig, 0);
    ald_check(strstr(rig.text, "2 denied: no such session\n") != NULL);
    rig_command(&rig, 9, "c3", "instance-8");
    ald_check(strstr(rig.text, "9 reply c3 refused no_target\n") != NULL);
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_ENDED), 1);
    rig_fini(&rig);
}

ALD_TEST(session_shared, a_party_that_ends_loses_what_was_written_to_it_and_nobody_else_does)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command(&rig, 9, "c2", "instance-8");
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    rig_expect(&rig, "(1) 1 command c1\n"
                     "(2) 1 command c2\n"
                     "9 reply c1 lost session_ended\n");
    rig_command(&rig, 9, "c3", "instance-7");
    rig_reply_of(&rig, 1, 2, rig_id_of(&rig, 1, "c2"), ALD_SUCCEEDED, 0, "{}");
    rig_expect(&rig, "9 reply c3 refused no_target\n"
                     "9 reply c2 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, the_number_of_a_party_that_ended_may_be_used_again)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7"); /* it stays in the window */
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    host_join(&rig, 1, 1, "instance-9");
    rig_command(&rig, 9, "c2", "instance-9");
    rig_expect(&rig, "(1) 1 command c1\n"
                     "9 reply c1 lost session_ended\n"
                     "(1) 1 registered\n"
                     "(1) 1 command c2\n");
    ald_check_int(rig.conns[1].serial, 2);
    host_acked(&rig, 1, 2);
    rig_reply_of(&rig, 1, 1, rig_id_of(&rig, 1, "c2"), ALD_SUCCEEDED, 0, "{}");
    rig_expect(&rig, "9 reply c2 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, what_was_for_a_party_that_ended_is_not_said_again)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command(&rig, 9, "c2", "instance-8");
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    rig_close(&rig, 1);
    rig.n_text = 0;
    rig_come_back(&rig, 0);
    rig_expect(&rig, "(2) 2 registered\n"
                     "(2) 2 command c2\n");
    ald_check_int(rig.conns[2].serial, 2);
    rig_fini(&rig);
}

ALD_TEST(session_shared, what_waited_for_a_party_that_ended_is_dropped_and_counted)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 3000;
    rig.config.out_bytes_max = 80000;
    story_start(&rig);
    rig.holds_writes = true;
    for (int i = 0; i < 8; i++) {
        rig_send_event(&rig, 9, "instance-7");
    }
    rig_send_event(&rig, 9, "4");
    rig.n_text = 0;
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 event\n");
    ald_check(rig_count(&rig, ALD_N_UNSAID_DROPPED) > 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS), 9);
    rig_fini(&rig);
}

ALD_TEST(session_shared, unwritten_when_both_party_and_link_end_is_queued_again)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    rig_command(&rig, 9, "c1", "instance-7");
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    rig_expect(&rig, "(1) 1 command c1\n");
    rig_close(&rig, 1);
    rig_agent(&rig, 3, "instance-7", 0);
    rig_expect(&rig, "3 command c1\n");
    ald_check_int(rig_view(&rig, "c1").n_attempts, 0);
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_fini(&rig);
}

ALD_TEST(session_shared, written_after_its_party_ended_is_lost)
{
    struct rig rig;

    story_begin(&rig);
    rig.holds_writes = true;
    rig_command(&rig, 9, "c1", "instance-7");
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "(1) 1 command c1\n"
                     "9 reply c1 lost session_ended\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, the_goodbye_of_the_first_is_that_of_all)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_command(&rig, 9, "c2", "instance-8");
    rig_expect(&rig, "(1) 1 command c1\n"
                     "9 reply c2 refused no_active_channel\n");
    rig_reply_of(&rig, 1, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, "{}");
    rig_expect(&rig, "1 close left\n"
                     "9 reply c1 succeeded\n");
    rig_close(&rig, 1);
    rig_come_back(&rig, 0);
    rig_expect(&rig, "2 denied: no such session\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, the_goodbye_of_another_is_its_own)
{
    struct rig rig;

    story_begin(&rig);
    host_say(&rig, 1, 2, ALD_SIGNAL_LEAVE);
    rig_command(&rig, 9, "c1", "instance-8");
    rig_command(&rig, 9, "c2", "instance-7");
    rig_expect(&rig, "9 reply c1 refused no_target\n"
                     "(1) 1 command c2\n");
    rig_close(&rig, 1);
    rig_come_back(&rig, 1);
    rig_expect(&rig, "(1) 2 registered\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, whoever_takes_the_name_of_the_first_takes_the_connection)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    story_begin(&rig);
    rig_open(&rig, 3);
    signal.target = ALD_STR("4");
    signal.taken = ALD_TAKEN_REPLACE;
    rig_signal(&rig, 3, &signal);
    rig_expect(&rig, "1 close replaced\n");
    rig_close(&rig, 1);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command(&rig, 9, "c2", "4");
    rig_expect(&rig, "9 reply c1 refused no_target\n"
                     "3 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, whoever_takes_the_name_of_another_takes_nothing_else)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    story_begin(&rig);
    rig_open(&rig, 3);
    signal.target = ALD_STR("instance-7");
    signal.taken = ALD_TAKEN_REPLACE;
    rig_signal(&rig, 3, &signal);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command(&rig, 9, "c2", "instance-8");
    rig_expect(&rig, "3 command c1\n"
                     "(2) 1 command c2\n");
    rig_close(&rig, 1);
    rig_come_back(&rig, 1);
    rig_expect(&rig, "(2) 2 registered\n");
    rig_fini(&rig);
}

/* Somebody takes a name `n` steps of one unit of work after the session began to go, or to come back. */
static void take_a_name_in_slices(struct rig *rig, const char *name, int n, bool comes_back)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    rig_init(rig);
    rig->config.step_work = 1;
    story_start(rig);
    rig_open(rig, 3);
    if (comes_back) {
        rig_close(rig, 1);
    }
    rig->by_hand = true;
    if (comes_back) {
        rig_come_back(rig, 0);
    } else {
        rig_close(rig, 1);
    }
    for (int i = 0; i < n; i++) {
        rig_step(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
    }
    signal.target = ald_str(name);
    signal.taken = ALD_TAKEN_REPLACE;
    rig_signal(rig, 3, &signal);
    rig->by_hand = false;
    rig_settle(rig);
}

enum { SLICES = 24 };

ALD_TEST(session_shared, a_name_that_is_taken_while_all_go_away_keeps_nobody_from_coming_back)
{
    for (int n = 0; n < SLICES; n++) {
        struct rig rig;

        take_a_name_in_slices(&rig, n % 2 == 0 ? "instance-7" : "instance-8", n / 2, false);
        rig_come_back(&rig, 0);
        rig.n_text = 0;
        rig_command(&rig, 9, "c1", "4");
        rig_expect(&rig, "2 command c1\n");
        ald_check_int(rig_count(&rig, ALD_N_SESSIONS_RESUMED), 1);
        rig_fini(&rig);
    }
}

ALD_TEST(session_shared, a_name_that_is_taken_while_all_go_away_does_not_keep_the_session)
{
    for (int n = 0; n < SLICES; n++) {
        struct rig rig;

        take_a_name_in_slices(&rig, n % 2 == 0 ? "instance-7" : "instance-8", n / 2, false);
        rig_advance(&rig, 301 * ALD_SEC);
        ald_check_int(rig_count(&rig, ALD_N_SESSIONS_ENDED), 1);
        rig_fini(&rig);
    }
}

ALD_TEST(session_shared, a_name_that_is_taken_while_they_come_back_keeps_nobody_from_it)
{
    for (int n = 0; n < SLICES; n++) {
        struct rig rig;

        take_a_name_in_slices(&rig, n % 2 == 0 ? "instance-7" : "instance-8", n / 2, true);
        ald_check_int(rig_count(&rig, ALD_N_SESSIONS_RESUMED), 1);
        rig.n_text = 0;
        rig_command(&rig, 9, "c1", "4");
        rig_expect(&rig, "2 command c1\n");
        rig_fini(&rig);
    }
}

ALD_TEST(session_shared, an_operator_may_send_one_party_away)
{
    struct rig rig;
    struct ald_channel_view view = {0};
    char id[ALD_ID_TEXT + 1];
    uint64_t cursor = 0;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR("instance-7"), &cursor, &view));
    snprintf(id, sizeof(id), "%.*s", ALD_STR_ARG(view.id));
    ald_check_int(rig_ask(&rig, ALD_EVENT_CHANNEL_LEAVE, id), 0);
    rig_command(&rig, 9, "c2", "instance-8");
    rig_expect(&rig, "(1) 1 command c1\n"
                     "9 reply c1 lost session_ended\n"
                     "(2) 1 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, a_party_with_a_time_of_its_own_has_a_session_of_its_own)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    uint64_t session;

    story_begin(&rig);
    session = rig.conns[1].session;
    signal.party = 3;
    signal.target = ALD_STR("lamp");
    signal.traits = ALD_CAN_RESUME;
    signal.ttl = 20 * ALD_SEC;
    rig_signal(&rig, 1, &signal);
    ald_check(rig.conns[1].session != session);
    rig_fini(&rig);
}

ALD_TEST(session_shared, it_does_not_come_back_where_somebody_is)
{
    struct rig rig;
    uint64_t session;

    story_begin(&rig);
    session = rig.conns[1].session;
    rig_close(&rig, 1);
    rig_open(&rig, 2);
    rig_register_kind(&rig, 2, 2, "lamp", 0, ALD_PARTY_HOST);
    rig_resume(&rig, 2, session, 0);
    rig_expect(&rig, "(2) 2 registered\n"
                     "2 denied: this connection cannot take the session\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, coming_back_in_slices_and_cut_in_between_it_comes_back_whole)
{
    /* With one unit of work a step, the link is cut after each number of steps. */
    for (int n = 0; n < 12; n++) {
        struct rig rig;
        uint64_t session;

        rig_init(&rig);
        rig.config.step_work = 1;
        story_start(&rig);
        rig_command(&rig, 9, "c1", "instance-7");
        rig_command(&rig, 9, "c2", "4");
        session = rig.conns[1].session;
        rig_close(&rig, 1);
        rig.n_text = 0;
        rig_open(&rig, 2);
        rig.by_hand = true;
        rig_resume(&rig, 2, session, 0);
        for (int i = 0; i < n; i++) {
            rig_step(&rig, (struct ald_event){.kind = ALD_EVENT_TICK});
        }
        rig_close(&rig, 2);
        rig.by_hand = false;
        rig_settle(&rig);
        rig.n_text = 0;
        rig_open(&rig, 3);
        rig_resume(&rig, 3, session, 0);
        ald_check(strstr(rig.text, "(1) 3 command c1\n3 command c2\n") != NULL);
        ald_check_int(rig.conns[3].serial, 2);
        rig_command(&rig, 9, "c3", "instance-8");
        ald_check(strstr(rig.text, "(2) 3 command c3\n") != NULL);
        rig_fini(&rig);
    }
}

ALD_TEST(session_shared, nobody_comes_in_while_it_comes_back)
{
    struct rig rig;
    uint64_t session;

    rig_init(&rig);
    rig.config.step_work = 1;
    story_start(&rig);
    session = rig.conns[1].session;
    rig_close(&rig, 1);
    rig_open(&rig, 2);
    rig.by_hand = true;
    rig_resume(&rig, 2, session, 0);
    host_join(&rig, 2, 1, "instance-7");
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check(strstr(rig.text, "(1) 2 denied: the connection is taking up a session\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(session_shared, what_a_dialect_says_itself_has_its_place_in_the_count)
{
    struct rig rig;
    struct ald_signal local = ald_signal_of(ALD_SIGNAL_LOCAL);

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "4");
    local.party = 1;
    local.text = ALD_STR("answered here");
    rig_signal(&rig, 1, &local);
    ald_check_int(rig.conns[1].serial, 2);
    rig_close(&rig, 1);
    rig_come_back(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "(1) 1 local\n"
                     "(2) 2 registered\n"
                     "(1) 2 registered\n"
                     "(1) 2 local\n");
    rig_fini(&rig);
}

ALD_TEST(session_shared, its_end_while_parties_are_gone_already_leaves_nothing_behind)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_command_as(&rig, 1, "c2", "4", (struct rig_options){.party = 2});
    host_say(&rig, 1, 1, ALD_SIGNAL_UNREGISTER);
    host_say(&rig, 1, 2, ALD_SIGNAL_UNREGISTER);
    rig_close(&rig, 1);
    rig_advance(&rig, 301 * ALD_SEC);
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_ENDED), 1);
    rig_fini(&rig);
}

ALD_TEST(session_shared, a_party_that_is_denied_costs_the_others_nothing)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    story_begin(&rig);
    rig_agent(&rig, 3, "instance-9", 0);
    signal.party = 9;
    signal.target = ALD_STR("instance-9");
    signal.traits = ALD_CAN_RESUME;
    signal.taken = ALD_TAKEN_REFUSE;
    rig_signal(&rig, 1, &signal);
    rig_command(&rig, 9, "c1", "instance-7");
    rig_expect(&rig, "(9) 1 denied: the target is taken\n"
                     "(1) 1 command c1\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(session_shared, ALD_CASE(session_shared, all_its_parties_have_one_count),
              ALD_CASE(session_shared, what_any_of_them_said_before_is_not_taken_twice),
              ALD_CASE(session_shared, what_its_dialect_dealt_with_counts_as_well),
              ALD_CASE(session_shared, all_are_away_together_and_come_back_under_their_numbers),
              ALD_CASE(session_shared, an_answer_may_name_the_frame_of_its_command),
              ALD_CASE(session_shared, an_answer_names_a_frame_of_its_own_session),
              ALD_CASE(session_shared, all_end_together_when_it_is_not_resumed),
              ALD_CASE(session_shared, a_party_that_ends_loses_what_was_written_to_it_and_nobody_else_does),
              ALD_CASE(session_shared, the_number_of_a_party_that_ended_may_be_used_again),
              ALD_CASE(session_shared, what_was_for_a_party_that_ended_is_not_said_again),
              ALD_CASE(session_shared, what_waited_for_a_party_that_ended_is_dropped_and_counted),
              ALD_CASE(session_shared, unwritten_when_both_party_and_link_end_is_queued_again),
              ALD_CASE(session_shared, written_after_its_party_ended_is_lost),
              ALD_CASE(session_shared, the_goodbye_of_the_first_is_that_of_all),
              ALD_CASE(session_shared, the_goodbye_of_another_is_its_own),
              ALD_CASE(session_shared, whoever_takes_the_name_of_the_first_takes_the_connection),
              ALD_CASE(session_shared, whoever_takes_the_name_of_another_takes_nothing_else),
              ALD_CASE(session_shared, a_name_that_is_taken_while_all_go_away_keeps_nobody_from_coming_back),
              ALD_CASE(session_shared, a_name_that_is_taken_while_all_go_away_does_not_keep_the_session),
              ALD_CASE(session_shared, a_name_that_is_taken_while_they_come_back_keeps_nobody_from_it),
              ALD_CASE(session_shared, an_operator_may_send_one_party_away),
              ALD_CASE(session_shared, a_party_with_a_time_of_its_own_has_a_session_of_its_own),
              ALD_CASE(session_shared, it_does_not_come_back_where_somebody_is),
              ALD_CASE(session_shared, coming_back_in_slices_and_cut_in_between_it_comes_back_whole),
              ALD_CASE(session_shared, nobody_comes_in_while_it_comes_back),
              ALD_CASE(session_shared, what_a_dialect_says_itself_has_its_place_in_the_count),
              ALD_CASE(session_shared, its_end_while_parties_are_gone_already_leaves_nothing_behind),
              ALD_CASE(session_shared, a_party_that_is_denied_costs_the_others_nothing))
