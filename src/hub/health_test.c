#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.health_interval = 30 * ALD_SEC;
    rig->config.health_failures = 2;
    rig_start(rig);
    rig_caller(rig, 9);
    rig_agent(rig, 1, "lamp", ALD_CAN_HEALTH | ALD_CAN_LEAVE);
}

ALD_TEST(health, the_first_check_comes_after_a_jittered_interval)
{
    struct rig rig;

    story_begin(&rig);
    rig_advance(&rig, 22 * ALD_SEC);
    rig_expect(&rig, "");
    rig_advance(&rig, 16 * ALD_SEC);
    rig_expect(&rig, "1 health\n");
    rig_fini(&rig);
}

ALD_TEST(health, ten_channels_are_not_asked_at_once)
{
    struct rig rig;

    story_begin(&rig);
    for (uint64_t i = 2; i <= 8; i++) {
        rig_agent(&rig, i, "lamp", ALD_CAN_HEALTH);
    }
    rig_advance(&rig, 30 * ALD_SEC);
    ald_check(rig_count(&rig, ALD_N_HEALTH_CHECKS) > 0);
    ald_check(rig_count(&rig, ALD_N_HEALTH_CHECKS) < 8);
    rig_fini(&rig);
}

ALD_TEST(health, failures_in_a_row_evict_at_the_threshold)
{
    struct rig rig;

    story_begin(&rig);
    rig_advance(&rig, 38 * ALD_SEC);
    rig_answer_health(&rig, 1, false);
    ald_check_int(rig_channel(&rig, 1).health_failures, 1);
    ald_check(rig_channel(&rig, 1).active);
    rig_advance(&rig, 38 * ALD_SEC);
    rig_answer_health(&rig, 1, false);
    ald_check(!rig_channel(&rig, 1).active);
    rig_command(&rig, 9, "c1", "lamp");
    rig_advance(&rig, 6 * ALD_SEC);
    rig_expect(&rig, "1 health\n"
                     "1 health\n"
                     "1 leave reconnect\n"
                     "9 reply c1 refused no_active_channel\n"
                     "1 close unhealthy\n");
    ald_check_int(rig_count(&rig, ALD_N_HEALTH_EVICTIONS), 1);
    rig_fini(&rig);
}

ALD_TEST(health, silence_is_a_failure)
{
    struct rig rig;

    story_begin(&rig);
    rig_advance(&rig, 49 * ALD_SEC);
    ald_check_int(rig_channel(&rig, 1).health_failures, 1);
    rig_fini(&rig);
}

ALD_TEST(health, a_good_answer_resets)
{
    struct rig rig;

    story_begin(&rig);
    rig_advance(&rig, 38 * ALD_SEC);
    rig_answer_health(&rig, 1, false);
    rig_advance(&rig, 38 * ALD_SEC);
    rig_answer_health(&rig, 1, true);
    ald_check_int(rig_channel(&rig, 1).health_failures, 0);
    ald_check(rig_channel(&rig, 1).health_last == rig.now);
    rig_expect(&rig, "1 health\n"
                     "1 health\n");
    rig_fini(&rig);
}

ALD_TEST(health, a_good_answer_after_the_eviction_makes_it_active_again)
{
    struct rig rig;

    story_begin(&rig);
    rig_advance(&rig, 38 * ALD_SEC);
    rig_answer_health(&rig, 1, false);
    rig_advance(&rig, 48 * ALD_SEC);
    ald_check(!rig_channel(&rig, 1).active);
    rig_answer_health(&rig, 1, true); /* too late to stay, and yet it is healthy */
    ald_check(rig_channel(&rig, 1).active);
    ald_check(rig_channel(&rig, 1).leaving);
    rig_fini(&rig);
}

ALD_TEST(health, one_slow_channel_never_delays_another)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 2, "lamp", ALD_CAN_HEALTH);
    for (int i = 0; i < 120; i++) {
        rig_advance(&rig, 1 * ALD_SEC);
        rig_answer_health(&rig, 2, true);
    }
    ald_check_int(rig_channel(&rig, 2).health_failures, 0);
    ald_check(rig_channel(&rig, 2).health_last >= rig.now - 40 * ALD_SEC);
    rig_fini(&rig);
}

ALD_TEST(health, of_a_party_that_cannot_answer_is_passive)
{
    struct rig rig;

    story_begin(&rig);
    rig_close(&rig, 1);
    rig_agent(&rig, 2, "lamp", 0);
    rig_advance(&rig, 300 * ALD_SEC);
    rig_expect(&rig, "");
    ald_check(rig_channel(&rig, 2).active);
    rig_fini(&rig);
}

ALD_TEST(health, an_answer_to_no_question_is_stray)
{
    struct rig rig;

    story_begin(&rig);
    rig_answer_health(&rig, 1, true);
    rig_answer_health(&rig, 9, true);
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_STRAY), 2);
    rig_fini(&rig);
}

ALD_TEST_MAIN(health, ALD_CASE(health, the_first_check_comes_after_a_jittered_interval),
              ALD_CASE(health, ten_channels_are_not_asked_at_once),
              ALD_CASE(health, failures_in_a_row_evict_at_the_threshold), ALD_CASE(health, silence_is_a_failure),
              ALD_CASE(health, a_good_answer_resets),
              ALD_CASE(health, a_good_answer_after_the_eviction_makes_it_active_again),
              ALD_CASE(health, one_slow_channel_never_delays_another),
              ALD_CASE(health, of_a_party_that_cannot_answer_is_passive),
              ALD_CASE(health, an_answer_to_no_question_is_stray))
