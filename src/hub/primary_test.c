#include "hub/hub_rig.h"

enum { CONFIRMS = ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_LEAVE };

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", CONFIRMS);
    rig_answer_primary(rig, 1, true);
    rig_agent(rig, 2, "lamp", CONFIRMS);
    rig_answer_primary(rig, 2, true);
    rig_expect(rig, "1 primary true term 1\n"
                    "2 primary false term 1\n");
}

static const char *primary_of(const struct rig *rig, const char *target)
{
    struct ald_target_view view;

    ald_check_int(ald_hub_find_target(rig->hub, ald_str(target), &view), 0);
    for (uint64_t i = 1; i < RIG_CONNS; i++) {
        static char text[8];

        if (rig->conns[i].channel[0] != '\0' && ald_str_equal(view.primary, ald_str(rig->conns[i].channel))) {
            snprintf(text, sizeof(text), "%d", (int)i);
            return text;
        }
    }
    return "none";
}

ALD_TEST(primary, parties_that_cannot_confirm_are_no_candidates)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", ALD_CAN_PRIMARY);
    rig_expect(&rig, "2 primary false term 0\n");
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "none");
    rig_agent(&rig, 3, "lamp", CONFIRMS);
    rig_expect(&rig, "3 primary true term 1\n");
    rig_fini(&rig);
}

ALD_TEST(primary, it_is_shown_only_when_confirmed)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "none");
    rig_answer_primary(&rig, 1, true);
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "1");
    rig_fini(&rig);
}

ALD_TEST(primary, election_is_sticky_and_newcomers_are_told)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", CONFIRMS);
    rig_expect(&rig, "3 primary false term 1\n");
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "1");
    rig_fini(&rig);
}

ALD_TEST(primary, the_oldest_candidate_follows_one_that_is_gone_with_a_larger_term)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", CONFIRMS);
    rig_close(&rig, 1);
    rig_answer_primary(&rig, 2, true);
    rig_expect(&rig, "3 primary false term 1\n"
                     "2 primary true term 2\n");
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "2");
    rig_fini(&rig);
}

ALD_TEST(primary, one_that_leaves_is_demoted_before_the_next_is_promoted)
{
    struct rig rig;

    story_begin(&rig);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c1", "lamp"); /* keeps it here */
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_expect(&rig, "1 command c1\n"
                     "1 primary false term 1\n");
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "none");
    rig_answer_primary(&rig, 1, true);
    rig_expect(&rig, "2 primary true term 2\n");
    rig_fini(&rig);
}

ALD_TEST(primary, one_that_does_not_step_down_is_ended_before_the_next_is_promoted)
{
    struct rig rig;

    story_begin(&rig);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c1", "lamp");
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_answer_primary(&rig, 1, false);
    rig_expect(&rig, "1 command c1\n"
                     "1 primary false term 1\n");
    rig_advance(&rig, 6 * ALD_SEC);
    rig_expect(&rig, "1 close left\n");
    rig_close(&rig, 1);
    rig_expect(&rig, "2 primary true term 2\n"
                     "9 reply c1 lost link_ended\n");
    rig_fini(&rig);
}

ALD_TEST(primary, one_that_does_not_confirm_is_demoted_and_passed_over)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    rig_agent(&rig, 2, "lamp", CONFIRMS);
    rig_answer_primary(&rig, 1, false);
    rig_expect(&rig, "1 primary true term 1\n"
                     "2 primary false term 1\n"
                     "1 primary false term 1\n");
    rig_answer_primary(&rig, 1, true);
    rig_expect(&rig, "2 primary true term 2\n");
    ald_check_int(rig_count(&rig, ALD_N_PROMOTIONS_FAILED), 1);
    rig_fini(&rig);
}

ALD_TEST(primary, silence_is_no_confirmation)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    rig_agent(&rig, 2, "lamp", CONFIRMS);
    rig_advance(&rig, 11 * ALD_SEC);
    rig_expect(&rig, "1 primary true term 1\n"
                     "2 primary false term 1\n"
                     "1 primary false term 1\n");
    rig_advance(&rig, 10 * ALD_SEC);
    rig_expect(&rig, "1 leave reconnect\n");
    rig_advance(&rig, 6 * ALD_SEC);
    rig_expect(&rig, "1 close mute\n");
    rig_close(&rig, 1);
    rig_expect(&rig, "2 primary true term 2\n");
    rig_fini(&rig);
}

ALD_TEST(primary, when_all_were_tried_they_rest_and_are_tried_again)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    rig_answer_primary(&rig, 1, false);
    rig_answer_primary(&rig, 1, true);
    rig_expect(&rig, "1 primary true term 1\n"
                     "1 primary false term 1\n");
    rig_advance(&rig, 11 * ALD_SEC);
    rig_answer_primary(&rig, 1, true);
    rig_expect(&rig, "1 primary true term 2\n");
    ald_check_str(ald_str(primary_of(&rig, "lamp")), "1");
    rig_fini(&rig);
}

ALD_TEST(primary, a_newcomer_ends_the_rest)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    rig_answer_primary(&rig, 1, false);
    rig_answer_primary(&rig, 1, true);
    rig_agent(&rig, 2, "lamp", CONFIRMS);
    rig_expect(&rig, "1 primary true term 1\n"
                     "1 primary false term 1\n"
                     "2 primary true term 2\n");
    rig_fini(&rig);
}

ALD_TEST(primary, an_answer_to_an_old_question_is_stray)
{
    struct rig rig;
    struct ald_id old;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    old = rig.conns[1].primary;
    rig_answer_primary(&rig, 1, false);
    rig.conns[1].primary = old;
    rig_answer_primary(&rig, 1, true); /* not a demotion confirmed */
    rig_expect(&rig, "1 primary true term 1\n"
                     "1 primary false term 1\n");
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_STRAY), 1);
    rig_fini(&rig);
}

ALD_TEST(primary, a_target_that_vanished_and_returns_gets_a_larger_term)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", CONFIRMS);
    rig_close(&rig, 1);
    rig_agent(&rig, 2, "lamp", CONFIRMS);
    rig_expect(&rig, "1 primary true term 1\n"
                     "2 primary true term 2\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(primary, ALD_CASE(primary, parties_that_cannot_confirm_are_no_candidates),
              ALD_CASE(primary, it_is_shown_only_when_confirmed),
              ALD_CASE(primary, election_is_sticky_and_newcomers_are_told),
              ALD_CASE(primary, the_oldest_candidate_follows_one_that_is_gone_with_a_larger_term),
              ALD_CASE(primary, one_that_leaves_is_demoted_before_the_next_is_promoted),
              ALD_CASE(primary, one_that_does_not_step_down_is_ended_before_the_next_is_promoted),
              ALD_CASE(primary, one_that_does_not_confirm_is_demoted_and_passed_over),
              ALD_CASE(primary, silence_is_no_confirmation),
              ALD_CASE(primary, when_all_were_tried_they_rest_and_are_tried_again),
              ALD_CASE(primary, a_newcomer_ends_the_rest), ALD_CASE(primary, an_answer_to_an_old_question_is_stray),
              ALD_CASE(primary, a_target_that_vanished_and_returns_gets_a_larger_term))
