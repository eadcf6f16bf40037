#include "hub/hub_rig.h"

static void register_as(struct rig *rig, uint64_t conn, uint32_t party, const char *target, enum ald_taken taken)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.party = party;
    signal.target = ald_str(target);
    signal.taken = (uint8_t)taken;
    signal.principal = ALD_STR("someone");
    rig_signal(rig, conn, &signal);
}

static uint32_t channels_of(const struct rig *rig, const char *target)
{
    struct ald_target_view view;

    return ald_hub_find_target(rig->hub, ald_str(target), &view) == 0 ? view.n_channels : 0;
}

ALD_TEST(party, several_share_a_target)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_open(&rig, 1);
    rig_open(&rig, 2);
    register_as(&rig, 1, 0, "lamp", ALD_TAKEN_SHARE);
    register_as(&rig, 2, 0, "lamp", ALD_TAKEN_SHARE);
    ald_check_int(channels_of(&rig, "lamp"), 2);
    ald_check_str(rig_channel(&rig, 1).principal, "someone");
    rig_fini(&rig);
}

ALD_TEST(party, a_taken_target_is_refused_where_the_dialect_says_so)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_open(&rig, 1);
    rig_open(&rig, 2);
    register_as(&rig, 1, 0, "lamp", ALD_TAKEN_REFUSE);
    register_as(&rig, 2, 0, "lamp", ALD_TAKEN_REFUSE);
    rig_expect(&rig, "2 denied: the target is taken\n"
                     "2 close denied\n");
    rig_close(&rig, 1);
    rig_open(&rig, 3);
    register_as(&rig, 3, 0, "lamp", ALD_TAKEN_REFUSE);
    rig_expect(&rig, "");
    ald_check_int(channels_of(&rig, "lamp"), 1);
    rig_fini(&rig);
}

ALD_TEST(party, a_taken_target_is_replaced_where_the_dialect_says_so)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_open(&rig, 1);
    rig_open(&rig, 2);
    register_as(&rig, 1, 0, "lamp", ALD_TAKEN_REPLACE);
    rig_command(&rig, 9, "c1", "lamp");
    register_as(&rig, 2, 0, "lamp", ALD_TAKEN_REPLACE);
    rig_command(&rig, 9, "c2", "lamp");
    rig_close(&rig, 1);
    rig_expect(&rig, "1 command c1\n"
                     "1 close replaced\n"
                     "2 command c2\n"
                     "9 reply c1 lost link_ended\n");
    ald_check_int(channels_of(&rig, "lamp"), 1);
    rig_fini(&rig);
}

ALD_TEST(party, a_name_that_several_share_is_not_replaced)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    for (uint64_t i = 1; i <= 3; i++) {
        rig_open(&rig, i);
    }
    register_as(&rig, 1, 0, "lamp", ALD_TAKEN_SHARE);
    register_as(&rig, 2, 0, "lamp", ALD_TAKEN_SHARE);
    register_as(&rig, 3, 0, "lamp", ALD_TAKEN_REPLACE);
    rig_expect(&rig, "3 denied: the target is shared by several\n"
                     "3 close denied\n");
    rig_fini(&rig);
}

ALD_TEST(party, a_second_registration_moves_it_to_the_new_target)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_register(&rig, 1, "horn", 0);
    ald_check_int(channels_of(&rig, "lamp"), 0);
    ald_check_int(channels_of(&rig, "horn"), 1);
    rig_command(&rig, 9, "c2", "lamp");
    rig_command(&rig, 9, "c3", "horn");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED); /* what it had it may finish */
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c2 refused no_target\n"
                     "1 command c3\n"
                     "9 reply c1 succeeded\n");
    rig_fini(&rig);
}

ALD_TEST(party, one_that_gives_its_name_up_finishes_what_it_has)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_caller(&rig, 9);
    rig_agent(&rig, 1, "lamp", 0);
    rig_command(&rig, 9, "c1", "lamp");
    rig_say(&rig, 1, ALD_SIGNAL_UNREGISTER);
    rig_say(&rig, 1, ALD_SIGNAL_UNREGISTER);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "1 command c1\n"
                     "9 reply c1 succeeded\n");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_INVALID), 1);
    ald_check_int(channels_of(&rig, "lamp"), 0);
    rig_fini(&rig);
}

ALD_TEST(party, several_speak_on_one_connection)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    rig_init(&rig);
    rig_start(&rig);
    rig_open(&rig, 1);
    register_as(&rig, 1, 1, "lamp", ALD_TAKEN_SHARE);
    register_as(&rig, 1, 2, "horn", ALD_TAKEN_SHARE);
    signal.party = 1;
    rig_signal(&rig, 1, &signal); /* one of two leaves: the connection stays */
    rig_expect(&rig, "");
    ald_check_int(channels_of(&rig, "lamp"), 0);
    ald_check_int(channels_of(&rig, "horn"), 1);
    rig_fini(&rig);
}

ALD_TEST(party, too_many_on_one_connection_are_denied)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_open(&rig, 1);
    for (uint32_t i = 0; i < 1025; i++) {
        register_as(&rig, 1, i, NULL, ALD_TAKEN_SHARE);
    }
    rig_expect(&rig, "1 denied: too many parties on one connection\n");
    rig_fini(&rig);
}

ALD_TEST(party, a_name_that_is_none_is_denied)
{
    struct rig rig;
    static char large[300];

    memset(large, 'x', sizeof(large) - 1);
    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "", 0);
    rig_agent(&rig, 2, large, 0);
    rig_agent(&rig, 3, "\xff", 0);
    rig_expect(&rig, "1 denied: not a valid target name\n"
                     "1 close denied\n"
                     "2 denied: not a valid target name\n"
                     "2 close denied\n"
                     "3 denied: not a valid target name\n"
                     "3 close denied\n");
    ald_check_int(rig_count(&rig, ALD_N_DENIED), 3);
    rig_fini(&rig);
}

ALD_TEST(party, traits_may_change)
{
    struct rig rig;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_TRAITS);

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    signal.traits = ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY;
    rig_signal(&rig, 1, &signal);
    rig_expect(&rig, "1 primary true term 1\n");
    rig_fini(&rig);
}

ALD_TEST(party, one_that_is_denied_another_name_stays_what_it_is)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_agent(&rig, 3, "horn", 0);
    register_as(&rig, 2, 0, "lamp", ALD_TAKEN_REFUSE);
    register_as(&rig, 3, 0, "lamp", ALD_TAKEN_REFUSE);
    rig_expect(&rig, "2 denied: the target is taken\n"
                     "3 denied: the target is taken\n");
    ald_check_int(channels_of(&rig, "horn"), 1);
    register_as(&rig, 2, 0, "bell", ALD_TAKEN_REFUSE);
    rig_command(&rig, 2, "c1", "horn");
    rig_command(&rig, 3, "c2", "bell");
    rig_expect(&rig, "3 command c1\n"
                     "2 command c2\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(party, ALD_CASE(party, several_share_a_target),
              ALD_CASE(party, a_taken_target_is_refused_where_the_dialect_says_so),
              ALD_CASE(party, a_taken_target_is_replaced_where_the_dialect_says_so),
              ALD_CASE(party, a_name_that_several_share_is_not_replaced),
              ALD_CASE(party, a_second_registration_moves_it_to_the_new_target),
              ALD_CASE(party, one_that_gives_its_name_up_finishes_what_it_has),
              ALD_CASE(party, several_speak_on_one_connection), ALD_CASE(party, too_many_on_one_connection_are_denied),
              ALD_CASE(party, a_name_that_is_none_is_denied), ALD_CASE(party, traits_may_change),
              ALD_CASE(party, one_that_is_denied_another_name_stays_what_it_is))
