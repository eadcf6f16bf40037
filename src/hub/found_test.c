/* What the simulator found, each kept as the shortest story that shows it. */

#include "hub/hub_rig.h"

ALD_TEST(found, history_forgets_by_age_also_when_nobody_speaks)
{
    struct ald_hub_totals totals;
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c1", "nobody");
    rig_advance(&rig, ALD_SEC);
    rig_command(&rig, 9, "c2", "nobody"); /* the second one is watched only after the first is forgotten */
    rig_close(&rig, 9);
    rig_advance(&rig, rig.config.history_age + 2 * ALD_SEC);
    ald_hub_totals(rig.hub, &totals);
    ald_check_int(totals.n_history, 0);
    ald_check(ald_hub_deadline(rig.hub) == ALD_NEVER);
    rig_fini(&rig);
}

ALD_TEST(found, a_session_is_not_told_of_what_ended_before_it_was_begun)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    rig.holds_writes = true;
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.ttl = ALD_SEC});
    rig_advance(&rig, 2 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c1 expired deadline\n");
    rig_close(&rig, 1);
    rig.holds_writes = false;
    rig_open(&rig, 2);
    rig_resume(&rig, 2, rig.conns[1].session, 0);
    rig_expect(&rig, "");
    rig_command(&rig, 9, "c2", "lamp");
    rig_expect(&rig, "2 command c2\n");
    ald_check_int(rig.conns[2].serial, 1); /* and it sees no gap */
    rig_fini(&rig);
}

ALD_TEST(found, a_session_that_comes_back_after_our_goodbye_is_given_work)
{
    struct ald_signal unwell = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct rig rig;

    rig_init(&rig);
    rig.config.health_interval = 10 * ALD_SEC;
    rig.config.health_failures = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME | ALD_CAN_HEALTH | ALD_CAN_LEAVE);
    rig_caller(&rig, 9);
    rig_advance(&rig, 13 * ALD_SEC);
    unwell.id = rig.conns[1].health;
    unwell.ok = true;
    rig_signal(&rig, 1, &unwell);
    rig_close(&rig, 1);
    rig.n_text = 0;
    rig_open(&rig, 2);
    rig_resume(&rig, 2, rig.conns[1].session, 0);
    rig_command(&rig, 9, "c1", "lamp");
    ald_check(strstr(rig.text, "2 command c1\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(found, what_may_have_run_is_never_refused)
{
    const struct rig_options again = {.flags = ALD_MSG_IDEMPOTENT};
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_caller(&rig, 9);
    rig_command_as(&rig, 9, "c1", "lamp", again);
    rig_close(&rig, 1); /* nobody knows whether it ran there */
    rig_reply_as(&rig, 2, rig_id_of(&rig, 2, "c1"), ALD_REFUSED, 0, NULL);
    rig_expect(&rig, "1 command c1\n"
                     "2 command c1\n"
                     "9 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(found, what_may_have_run_is_not_cancelled_while_it_waits_again)
{
    const struct rig_options again = {.flags = ALD_MSG_IDEMPOTENT};
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 9);
    rig_command_as(&rig, 9, "c1", "lamp", again);
    rig_close(&rig, 1);
    rig_cancel(&rig, 9, "c1");
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

/* Its alarm has not gone off yet when the reply comes in the instant of the deadline. */
ALD_TEST(found, a_member_that_answers_at_the_deadline_is_late_for_the_whole)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 9);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL, .ttl = ALD_SEC});
    rig_expect(&rig, "1 command c1\n");
    rig.now += ALD_SEC;
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, ALD_SEC);
    ald_check(strstr(rig.text, "9 reply c1 expired deadline\n") != NULL);
    ald_check(strstr(rig.text, "failed") == NULL);
    rig_fini(&rig);
}

ALD_TEST(found, a_drain_that_runs_out_of_time_tells_the_outcome_of_a_roster)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1; /* so that every unit of work can come between two others */
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_agent(&rig, 9, "deck", ALD_CAN_LEAVE);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig.n_text = 0;
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_DRAIN, .leave_until = rig.now + ALD_SEC});
    rig_advance(&rig, 3 * ALD_SEC);
    ald_check(strstr(rig.text, "9 reply c1 lost hub_stopped\n") != NULL);
    ald_check(rig.conns[9].closed_by_hub);
    ald_check(strstr(rig.text, "9 reply c1") < strstr(rig.text, "9 close"));
    rig_fini(&rig);
}

ALD_TEST(found, history_holds_a_bounded_number_of_bytes)
{
    static char large[30000];
    struct ald_hub_totals totals;
    struct rig rig;

    memset(large, ' ', sizeof(large) - 2);
    large[0] = '1';
    rig_init(&rig);
    rig.config.history_bytes_max = 100000;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 9);
    for (int i = 0; i < 20; i++) {
        char wire_id[8];

        snprintf(wire_id, sizeof(wire_id), "c%d", i);
        rig_command_as(&rig, 9, wire_id, "lamp",
                       (struct rig_options){.mode = i % 2 == 0 ? ALD_MODE_ALL : ALD_MODE_ANY});
        rig_reply_as(&rig, 1, rig_id_of(&rig, 1, wire_id), ALD_SUCCEEDED, 0, large);
    }
    rig_advance(&rig, ALD_SEC);
    ald_hub_totals(rig.hub, &totals);
    ald_check(totals.n_history >= 2 && totals.n_history <= 6);
    rig_fini(&rig);
}

ALD_TEST(found, terms_grow_over_a_restart)
{
    uint64_t last = 0;

    for (int life = 1; life <= 2; life++) {
        struct ald_target_view view;
        struct rig rig;

        rig_init(&rig);
        rig.config.wall = (1700000000 + (uint64_t)life) * ALD_SEC;
        rig_start(&rig);
        rig_agent(&rig, 1, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
        ald_check_int(ald_hub_find_target(rig.hub, ALD_STR("lamp"), &view), 0);
        ald_check(view.term > last);
        last = view.term;
        rig_fini(&rig);
    }
}

ALD_TEST_MAIN(found, ALD_CASE(found, history_forgets_by_age_also_when_nobody_speaks),
              ALD_CASE(found, a_session_is_not_told_of_what_ended_before_it_was_begun),
              ALD_CASE(found, a_session_that_comes_back_after_our_goodbye_is_given_work),
              ALD_CASE(found, what_may_have_run_is_never_refused),
              ALD_CASE(found, what_may_have_run_is_not_cancelled_while_it_waits_again),
              ALD_CASE(found, a_member_that_answers_at_the_deadline_is_late_for_the_whole),
              ALD_CASE(found, a_drain_that_runs_out_of_time_tells_the_outcome_of_a_roster),
              ALD_CASE(found, history_holds_a_bounded_number_of_bytes), ALD_CASE(found, terms_grow_over_a_restart))
