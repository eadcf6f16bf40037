#include "hub/hub_rig.h"

static uint32_t remembered(const struct rig *rig)
{
    struct ald_hub_totals totals;

    ald_hub_totals(rig->hub, &totals);
    return totals.n_history;
}

ALD_TEST(history, is_bounded_by_count)
{
    struct rig rig;
    struct ald_command_view view;

    rig_init(&rig);
    rig.config.history_max = 3;
    rig_start(&rig);
    rig_caller(&rig, 2);
    for (int i = 0; i < 6; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "nobody");
    }
    rig_advance(&rig, 1);
    ald_check_int(remembered(&rig), 3);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c2"), &view), ALD_VIEW_UNKNOWN);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c3"), &view), 0);
    rig_fini(&rig);
}

ALD_TEST(history, is_bounded_by_age)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "nobody");
    rig_advance(&rig, 300 * ALD_SEC);
    rig_command(&rig, 2, "c2", "nobody");
    rig_advance(&rig, 301 * ALD_SEC);
    ald_check_int(remembered(&rig), 1);
    rig_advance(&rig, 300 * ALD_SEC);
    ald_check_int(remembered(&rig), 0);
    ald_check(ald_hub_deadline(rig.hub) == ALD_NEVER);
    rig_fini(&rig);
}

ALD_TEST(history, counts_the_members_of_a_roster)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.history_max = 2;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 3, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(&rig, 3, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 1);
    ald_check_int(remembered(&rig), 0); /* one and two members are more than two */
    rig_fini(&rig);
}

ALD_TEST(history, forgets_nothing_that_is_in_flight)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.history_max = 0;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    rig_advance(&rig, 30 * ALD_SEC);
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_SENT);
    rig_fini(&rig);
}

ALD_TEST_MAIN(history, ALD_CASE(history, is_bounded_by_count), ALD_CASE(history, is_bounded_by_age),
              ALD_CASE(history, counts_the_members_of_a_roster), ALD_CASE(history, forgets_nothing_that_is_in_flight))
