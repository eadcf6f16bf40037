/* What a session holds until it is acknowledged, and what happens when that is too much. */

#include "hub/hub_rig.h"

static void full_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.session_window_max = 4;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(rig, 9);
}

static void full_acked(struct rig *rig, uint64_t serial)
{
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    acked.serial = serial;
    rig_signal(rig, 1, &acked);
}

ALD_TEST(session_window, a_full_window_takes_no_command_until_it_is_acknowledged)
{
    struct rig rig;

    full_begin(&rig);
    rig.config.channel_queue_max = 3;
    for (int i = 0; i < 7; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 9, id, "lamp");
    }
    rig_expect(&rig, "1 command c0\n"
                     "1 command c1\n"
                     "1 command c2\n"
                     "1 command c3\n"
                     "1 command c4\n"); /* the first one over it */
    full_acked(&rig, 1);
    full_acked(&rig, 2);
    rig_expect(&rig, "");
    full_acked(&rig, 3);
    rig_expect(&rig, "1 command c5\n"
                     "1 command c6\n");
    rig_fini(&rig);
}

ALD_TEST(session_window, what_waits_for_a_full_window_waits_in_a_queue_that_ends)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.session_window_max = 1;
    rig.config.channel_queue_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c0", "lamp");
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "lamp");
    rig_command(&rig, 9, "c3", "lamp");
    rig_expect(&rig, "1 command c0\n"
                     "1 command c1\n"
                     "9 reply c3 refused busy\n");
    rig_fini(&rig);
}

ALD_TEST(session_window, a_full_window_takes_no_event_and_says_so)
{
    struct rig rig;

    full_begin(&rig);
    rig_close(&rig, 1);
    for (int i = 0; i < 7; i++) {
        rig_send_event(&rig, 9, "lamp");
    }
    ald_check_int(rig_count(&rig, ALD_N_EVENTS), 5);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 2);
    ald_check_int(rig_count(&rig, ALD_N_WINDOWS_FULL), 2);
    rig_come_back(&rig, 0);
    ald_check_int(rig.conns[2].serial, 5);
    rig_fini(&rig);
}

ALD_TEST(session_window, who_acknowledges_nothing_may_ask_for_nothing)
{
    struct rig rig;

    full_begin(&rig);
    for (int i = 0; i < 5; i++) {
        rig_send_event(&rig, 9, "lamp");
    }
    rig.n_text = 0;
    rig_command(&rig, 1, "c1", "lamp");
    full_acked(&rig, 6);
    rig_command(&rig, 1, "c2", "lamp");
    rig_expect(&rig, "1 reply c1 refused busy\n"
                     "1 command c2\n");
    rig_fini(&rig);
}

/* Larger than the window and than the account of its connection together (link 2.10). */
ALD_TEST(session_window, the_largest_message_leaves_room_for_others)
{
    static char large[40000];
    struct rig rig;

    memset(large, '1', sizeof(large) - 1);
    rig_init(&rig);
    rig.config.session_window_bytes_max = 8000;
    rig.config.out_bytes_max = 16000;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c0", "lamp");
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.payload = large});
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "1 command c0\n"
                     "1 command c1\n"
                     "1 command c2\n");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, large);
    rig_expect(&rig, "9 reply c1 succeeded\n");
    for (int i = 0; i < 3; i++) { /* but these do not fit */
        rig_command_as(&rig, 9, "c3", "lamp", (struct rig_options){.payload = large});
    }
    ald_check_int(rig_count(&rig, ALD_N_SLOW_CUT), 0);
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_ENDED), 0);
    rig_fini(&rig);
}

ALD_TEST(session_window, all_windows_together_have_an_end)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.session_windows_bytes_max = 4000;
    rig.config.session_window_bytes_sure = 0;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "bell", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    for (int i = 0; i < 8; i++) {
        rig_send_event(&rig, 9, "lamp");
    }
    ald_check(rig_count(&rig, ALD_N_EVENTS_DROPPED) > 0);
    rig_send_event(&rig, 9, "bell");
    ald_check_int(rig.conns[2].serial, 1); /* who has nothing there still gets something */
    full_acked(&rig, rig.conns[1].serial);
    rig.n_text = 0;
    rig_send_event(&rig, 9, "lamp");
    rig_expect(&rig, "1 event\n");
    rig_fini(&rig);
}

ALD_TEST(session_window, who_acknowledges_is_not_starved_by_those_who_do_not)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.session_windows_bytes_max = 4000;
    rig.config.session_window_bytes_sure = 2000;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "bell", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    for (int i = 0; i < 20; i++) {
        rig_send_event(&rig, 9, "bell");
    }
    ald_check(rig_count(&rig, ALD_N_EVENTS_DROPPED) > 0);
    rig.n_text = 0;
    rig_send_event(&rig, 9, "lamp");
    rig_send_event(&rig, 9, "lamp");
    rig_expect(&rig, "1 event\n"
                     "1 event\n");
    for (uint64_t serial = 2; serial < 20; serial++) {
        full_acked(&rig, serial);
        rig_send_event(&rig, 9, "lamp");
        rig_expect(&rig, "1 event\n");
    }
    rig_fini(&rig);
}

/* It is larger than the output may become behind anything else, which there is when a session comes back. */
ALD_TEST(session_window, what_is_said_again_waits_until_there_is_room_for_it)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_max = 1200;
    rig.config.out_bytes_high = 1200;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    rig_close(&rig, 1);
    for (int i = 0; i < 8; i++) {
        rig_send_event(&rig, 9, "lamp");
    }
    rig.holds_writes = true;
    rig_come_back(&rig, 0);
    ald_check(rig.conns[2].serial < 8);
    rig.holds_writes = false;
    rig_settle(&rig);
    ald_check_int(rig.conns[2].serial, 8);
    ald_check_int(rig_count(&rig, ALD_N_SLOW_CUT), 0);
    rig_fini(&rig);
}

/* What is said shows the sender's name until the effects of the step are carried out, which lies in the window. */
ALD_TEST(session_window, what_a_step_says_outlives_the_session_that_ends_in_it)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.session_window_bytes_max = 400;
    rig.config.out_bytes_max = 100;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "bell", 0);
    for (int i = 0; i < 3; i++) {
        rig_send_event(&rig, 2, "lamp");
    }
    rig_expect(&rig, "1 event\n"
                     "1 event\n"
                     "1 event\n"
                     "1 close slow\n");
    ald_check_str(ald_str(rig.last_from), "bell");
    ald_check_int(rig_count(&rig, ALD_N_SESSIONS_ENDED), 1);
    rig_fini(&rig);
}

ALD_TEST_MAIN(session_window, ALD_CASE(session_window, a_full_window_takes_no_command_until_it_is_acknowledged),
              ALD_CASE(session_window, what_waits_for_a_full_window_waits_in_a_queue_that_ends),
              ALD_CASE(session_window, a_full_window_takes_no_event_and_says_so),
              ALD_CASE(session_window, who_acknowledges_nothing_may_ask_for_nothing),
              ALD_CASE(session_window, the_largest_message_leaves_room_for_others),
              ALD_CASE(session_window, all_windows_together_have_an_end),
              ALD_CASE(session_window, who_acknowledges_is_not_starved_by_those_who_do_not),
              ALD_CASE(session_window, what_is_said_again_waits_until_there_is_room_for_it),
              ALD_CASE(session_window, what_a_step_says_outlives_the_session_that_ends_in_it))
