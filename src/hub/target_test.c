/* What waits for a target without a channel, and what does not (ALD_MSG_WHILE_SERVED). */

#include "hub/hub_rig.h"

static const struct rig_options while_served = {.flags = ALD_MSG_WHILE_SERVED};

static void story_begin(struct rig *rig, uint32_t step_work)
{
    rig_init(rig);
    rig->config.step_work = step_work;
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(rig, 9);
}

ALD_TEST(target, who_may_come_back_is_waited_for)
{
    struct rig rig;

    story_begin(&rig, 256);
    rig_close(&rig, 1);
    rig_command_as(&rig, 9, "c1", "lamp", while_served);
    rig_advance(&rig, 10 * ALD_SEC);
    rig_come_back(&rig, 0);
    rig_expect(&rig, "2 command c1\n");
    rig_fini(&rig);
}

ALD_TEST(target, without_a_channel_only_those_wait_that_have_a_deadline_for_it)
{
    for (uint32_t step_work = 1; step_work <= 256; step_work += 255) {
        struct rig rig;

        story_begin(&rig, step_work);
        rig_close(&rig, 1);
        rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
        rig_command_as(&rig, 9, "c2", "lamp",
                       (struct rig_options){.flags = ALD_MSG_WHILE_SERVED, .ttl = 3600 * ALD_SEC});
        rig_command_as(&rig, 9, "c3", "lamp", (struct rig_options){.ttl = 3600 * ALD_SEC});
        rig_command_as(&rig, 9, "c4", "lamp",
                       (struct rig_options){.flags = ALD_MSG_WHILE_SERVED, .ttl = 3600 * ALD_SEC});
        rig_advance(&rig, 301 * ALD_SEC);
        rig_expect(&rig, "9 reply c2 refused no_target\n"
                         "9 reply c4 refused no_target\n");
        rig_agent(&rig, 3, "lamp", 0);
        rig_expect(&rig, "3 command c1\n"
                         "3 command c3\n");
        rig_fini(&rig);
    }
}

ALD_TEST(target, what_was_never_written_does_not_wait_for_somebody_else)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 9);
    rig.holds_writes = true;
    rig_command_as(&rig, 9, "c1", "lamp", while_served);
    rig_command(&rig, 9, "c2", "lamp");
    rig_close(&rig, 1);
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 command c1\n"
                     "1 command c2\n"
                     "9 reply c1 refused no_target\n");
    rig_agent(&rig, 2, "lamp", 0);
    rig_expect(&rig, "2 command c2\n");
    rig_fini(&rig);
}

ALD_TEST(target, the_last_that_does_not_wait_leaves_nothing_behind)
{
    struct rig rig;
    struct ald_target_view view;

    story_begin(&rig, 1);
    rig_close(&rig, 1);
    rig_command_as(&rig, 9, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_WHILE_SERVED, .ttl = 3600 * ALD_SEC});
    rig_advance(&rig, 301 * ALD_SEC);
    rig_expect(&rig, "9 reply c1 refused no_target\n");
    ald_check(ald_hub_find_target(rig.hub, ALD_STR("lamp"), &view) != 0);
    rig_fini(&rig);
}

ALD_TEST_MAIN(target, ALD_CASE(target, who_may_come_back_is_waited_for),
              ALD_CASE(target, without_a_channel_only_those_wait_that_have_a_deadline_for_it),
              ALD_CASE(target, what_was_never_written_does_not_wait_for_somebody_else),
              ALD_CASE(target, the_last_that_does_not_wait_leaves_nothing_behind))
