#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 2);
}

ALD_TEST(delivery, a_command_goes_out_and_its_reply_comes_back)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_expect(&rig, "1 command c1\n");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_SENT);
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_expect(&rig, "2 reply c1 succeeded\n");
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_SUCCEEDED);
    rig_fini(&rig);
}

ALD_TEST(delivery, nobody_there_is_refused)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "horn");
    rig_expect(&rig, "2 reply c1 refused no_target\n");
    rig_fini(&rig);
}

ALD_TEST(delivery, expires_at_the_deadline)
{
    struct rig rig;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_advance(&rig, 59 * ALD_SEC);
    rig_expect(&rig, "1 command c1\n");
    rig_advance(&rig, 1 * ALD_SEC + 2 * ALD_MSEC);
    rig_expect(&rig, "2 reply c1 expired deadline\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(delivery, ALD_CASE(delivery, a_command_goes_out_and_its_reply_comes_back),
              ALD_CASE(delivery, nobody_there_is_refused), ALD_CASE(delivery, expires_at_the_deadline))
