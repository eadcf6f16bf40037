#include "hub/hub_rig.h"

static void ask(struct rig *rig, uint64_t conn, const char *wire_id, const char *payload)
{
    rig_command_as(rig, conn, wire_id, "", (struct rig_options){.name = "aldis:Outcome", .payload = payload});
}

static bool reply_has(const struct rig *rig, const char *piece)
{
    struct ald_str payload;

    ald_check(rig->last_reply != NULL);
    payload = ald_slice_str(rig->last_reply->payload);
    return ald_str_find(payload, ald_str(piece)) < payload.size;
}

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 2);
}

ALD_TEST(self, a_caller_that_loses_the_hub_reconnects_and_asks_by_id)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_close(&rig, 2);
    rig_caller(&rig, 3);
    ask(&rig, 3, "q1", "{\"id\":\"c1\"}");
    rig_expect(&rig, "1 command c1\n");
    rig_reply_as(&rig, 1, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, "{\"lit\":true}");
    rig_expect(&rig, "3 reply q1 succeeded\n");
    ald_check(reply_has(&rig, "\"outcome\":\"succeeded\""));
    ald_check(reply_has(&rig, "\"payload\":{\"lit\":true}"));
    rig_fini(&rig);
}

ALD_TEST(self, an_outcome_that_is_known_is_told_at_once)
{
    struct rig rig;
    char id[ALD_ID_TEXT + 1] = {0}, payload[128];

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "horn");
    ald_id_format(rig_view(&rig, "c1").id, id);
    snprintf(payload, sizeof(payload), "{\"id\":\"%s\"}", id);
    ask(&rig, 2, "q1", payload);
    rig_expect(&rig, "2 reply c1 refused no_target\n"
                     "2 reply q1 succeeded\n");
    ald_check(reply_has(&rig, "\"cause\":\"no_target\",\"state\":\"submitted\",\"text\":\"no such target\""));
    rig_fini(&rig);
}

ALD_TEST(self, whoever_asks_is_told)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    ask(&rig, 2, "q1", "{\"id\":\"c1\"}");
    ask(&rig, 2, "q2", "{\"id\":\"c1\"}");
    rig_reply(&rig, 1, "c1", ALD_FAILED);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c1 failed agent_failed\n"
                     "2 reply q1 succeeded\n"
                     "2 reply q2 succeeded\n");
    ald_check(reply_has(&rig, "\"outcome\":\"failed\""));
    rig_fini(&rig);
}

ALD_TEST(self, one_who_asks_has_a_deadline_of_its_own)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command_as(&rig, 2, "q1", "",
                   (struct rig_options){.name = "aldis:Outcome", .payload = "{\"id\":\"c1\"}", .ttl = 2 * ALD_SEC});
    rig_advance(&rig, 3 * ALD_SEC);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply q1 expired deadline\n"
                     "2 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(self, questions_push_no_outcome_out_of_history)
{
    struct ald_hub_totals totals;
    struct rig rig;

    rig_init(&rig);
    rig.config.history_max = 2;
    rig_start(&rig);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "horn");
    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof(id), "q%d", i);
        ask(&rig, 2, id, "{\"id\":\"c1\"}");
        ald_check(reply_has(&rig, "\"cause\":\"no_target\""));
    }
    rig_advance(&rig, ALD_MSEC);
    ald_hub_totals(rig.hub, &totals);
    ald_check_int(totals.n_history, 1);
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_REFUSED);
    rig_fini(&rig);
}

ALD_TEST(self, an_unknown_id_is_invalid)
{
    struct ald_command_view view;
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 2, "q1", "{\"id\":\"never\"}");
    ask(&rig, 2, "q2", "{}");
    ask(&rig, 2, "q3", "nonsense");
    ask(&rig, 2, "q4", NULL);
    rig_expect(&rig, "2 reply q1 refused invalid\n"
                     "2 reply q2 refused invalid\n"
                     "2 reply q3 refused invalid\n"
                     "2 reply q4 refused invalid\n");
    rig_advance(&rig, ALD_MSEC);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("q4"), &view), ALD_VIEW_UNKNOWN); /* a question is forgotten */
    rig_fini(&rig);
}

ALD_TEST(self, what_it_does_not_know_is_an_unknown_command)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "");
    rig_expect(&rig, "2 reply c1 refused unknown_command\n");
    rig_fini(&rig);
}

ALD_TEST(self, the_outcome_of_a_fan_out_is_told_with_its_roster)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    ask(&rig, 2, "q1", "{\"id\":\"c1\"}");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "2 status c1 running: a member has ended\n"
                     "2 reply c1 succeeded\n"
                     "2 reply q1 succeeded\n");
    ald_check(reply_has(&rig, "\"roster\":[{\"channel\":"));
    rig_fini(&rig);
}

ALD_TEST(self, a_record_that_is_asked_for_outlives_history)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.history_max = 0;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    ask(&rig, 2, "q1", "{\"id\":\"c1\"}");
    ask(&rig, 2, "q2", "{\"id\":\"c1\"}");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "2 reply c1 succeeded\n"
                     "2 reply q1 succeeded\n"
                     "2 reply q2 succeeded\n");
    rig_fini(&rig);
}

static void take_back(struct rig *rig, uint64_t conn, const char *wire_id, const char *payload)
{
    rig_command_as(rig, conn, wire_id, "", (struct rig_options){.name = "aldis:Cancel", .payload = payload});
}

static void caller_of(struct rig *rig, uint64_t conn, const char *principal)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.traits = ALD_CAN_STATUS | ALD_CAN_OUTCOME;
    signal.principal = ald_str(principal);
    rig_open(rig, conn);
    rig_signal(rig, conn, &signal);
}

ALD_TEST(self, a_caller_that_lost_the_hub_takes_back_what_is_queued)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.channel_in_flight_max = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 2, "c2", "lamp");
    rig_close(&rig, 2);
    rig_caller(&rig, 3);
    take_back(&rig, 3, "q1", "{\"id\":\"c2\"}");
    rig_expect(&rig, "1 command c1\n"
                     "3 reply q1 succeeded\n");
    ald_check(reply_has(&rig, "\"outcome\":\"cancelled\",\"cause\":\"taken_back\""));
    ald_check(rig_story_has(&rig, "c2", "taken back over another connection"));
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

ALD_TEST(self, what_is_sent_is_asked_back_and_its_state_told)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_CANCEL);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    rig_close(&rig, 2);
    rig_caller(&rig, 3);
    ask(&rig, 3, "q1", "{\"id\":\"c1\"}");
    take_back(&rig, 3, "q2", "{\"id\":\"c1\"}");
    rig_expect(&rig, "1 command c1\n"
                     "1 cancel c1\n"
                     "3 reply q2 succeeded\n");
    ald_check(reply_has(&rig, "\"state\":\"sent\"}"));
    rig_reply(&rig, 1, "c1", ALD_CANCELLED);
    rig_expect(&rig, "3 reply q1 succeeded\n");
    ald_check(reply_has(&rig, "\"outcome\":\"cancelled\""));
    take_back(&rig, 3, "q3", "{\"id\":\"c1\"}");
    rig_expect(&rig, "3 reply q3 succeeded\n");
    ald_check(reply_has(&rig, "\"outcome\":\"cancelled\""));
    rig_fini(&rig);
}

ALD_TEST(self, nobody_takes_back_what_is_not_known)
{
    struct rig rig;

    story_begin(&rig);
    take_back(&rig, 2, "q1", "{\"id\":\"q1\"}");
    take_back(&rig, 2, "q2", "{\"id\":\"c1\"}");
    take_back(&rig, 2, "q3", "{\"id\":7}");
    take_back(&rig, 2, "q4", NULL);
    rig_expect(&rig, "2 reply q1 refused invalid\n"
                     "2 reply q2 refused invalid\n"
                     "2 reply q3 refused invalid\n"
                     "2 reply q4 refused invalid\n");
    rig_fini(&rig);
}

ALD_TEST(self, another_principal_is_told_nothing_and_takes_nothing_back)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_CANCEL);
    caller_of(&rig, 2, "anna");
    caller_of(&rig, 3, "bert");
    caller_of(&rig, 4, "anna");
    rig_caller(&rig, 5);
    rig_command(&rig, 2, "c1", "lamp");
    take_back(&rig, 3, "q1", "{\"id\":\"c1\"}");
    ask(&rig, 3, "q2", "{\"id\":\"c1\"}");
    take_back(&rig, 5, "q3", "{\"id\":\"c1\"}");
    take_back(&rig, 4, "q4", "{\"id\":\"c1\"}");
    rig_expect(&rig, "1 command c1\n"
                     "3 reply q1 refused not_allowed\n"
                     "3 reply q2 refused not_allowed\n"
                     "5 reply q3 refused not_allowed\n"
                     "1 cancel c1\n"
                     "4 reply q4 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(self, of_several_under_one_id_each_principal_means_its_own)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    caller_of(&rig, 2, "anna");
    caller_of(&rig, 3, "bert");
    rig_command(&rig, 2, "c1", "lamp");
    rig_command(&rig, 3, "c1", "no such");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "3 reply c1 refused no_target\n"
                     "2 reply c1 succeeded\n");
    ask(&rig, 2, "q1", "{\"id\":\"c1\"}");
    ald_check(reply_has(&rig, "\"outcome\":\"succeeded\""));
    ask(&rig, 3, "q2", "{\"id\":\"c1\"}");
    ald_check(reply_has(&rig, "\"outcome\":\"refused\""));
    rig_fini(&rig);
}

ALD_TEST_MAIN(self, ALD_CASE(self, a_caller_that_loses_the_hub_reconnects_and_asks_by_id),
              ALD_CASE(self, an_outcome_that_is_known_is_told_at_once), ALD_CASE(self, whoever_asks_is_told),
              ALD_CASE(self, one_who_asks_has_a_deadline_of_its_own),
              ALD_CASE(self, questions_push_no_outcome_out_of_history), ALD_CASE(self, an_unknown_id_is_invalid),
              ALD_CASE(self, what_it_does_not_know_is_an_unknown_command),
              ALD_CASE(self, the_outcome_of_a_fan_out_is_told_with_its_roster),
              ALD_CASE(self, a_record_that_is_asked_for_outlives_history),
              ALD_CASE(self, a_caller_that_lost_the_hub_takes_back_what_is_queued),
              ALD_CASE(self, what_is_sent_is_asked_back_and_its_state_told),
              ALD_CASE(self, nobody_takes_back_what_is_not_known),
              ALD_CASE(self, another_principal_is_told_nothing_and_takes_nothing_back),
              ALD_CASE(self, of_several_under_one_id_each_principal_means_its_own))
