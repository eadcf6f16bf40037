#include "lib/test.h"

#include <inttypes.h>
#include <stdio.h>

#include "sim/run.h"

/*
 * Show that the checker catches. Each sabotage must be complained of within a few seeds, and every complaint must be the
 * right one: that a broken hub is caught for the wrong reason proves nothing about the rule it breaks.
 */

enum { SABOTEUR_SEEDS = 60, SABOTEUR_CAUGHT = 3 };

static struct sim_cover saboteur_cover;

/* Faults that give the sabotage its occasion and break nothing by themselves. */
static uint64_t saboteur_faults(enum sim_sabotage sabotage)
{
    switch (sabotage) {
    case SIM_SABOTAGE_SKIP_DEMOTION:
    case SIM_SABOTAGE_OLD_TERM:
        return SIM_FAULT_BIT(SIM_FAULT_HEALTH_BAD) | SIM_FAULT_BIT(SIM_FAULT_CUT_IDLE) | SIM_FAULT_BIT(SIM_FAULT_STAYS);
    case SIM_SABOTAGE_LOSE_QUEUED:
        return SIM_FAULT_BIT(SIM_FAULT_TIGHT) | SIM_FAULT_BIT(SIM_FAULT_BURST) | SIM_FAULT_BIT(SIM_FAULT_SLOW);
    case SIM_SABOTAGE_IGNORE_CANCEL:
        return SIM_FAULT_BIT(SIM_FAULT_OPERATOR_CANCEL) | SIM_FAULT_BIT(SIM_FAULT_TIGHT) |
               SIM_FAULT_BIT(SIM_FAULT_BURST) | SIM_FAULT_BIT(SIM_FAULT_SLOW);
    case SIM_SABOTAGE_IGNORE_LEAVE:
        return SIM_FAULT_BIT(SIM_FAULT_OPERATOR_LEAVE);
    case SIM_SABOTAGE_PROMOTE_OTHER:
        return SIM_FAULT_BIT(SIM_FAULT_OPERATOR_PRIMARY);
    case SIM_SABOTAGE_LET_PASS:
        return SIM_FAULT_BIT(SIM_FAULT_DENIED);
    case SIM_SABOTAGE_TELL_STRANGER:
        return SIM_FAULT_BIT(SIM_FAULT_SPY);
    case SIM_SABOTAGE_LATE_SUCCESS:
        return SIM_FAULT_BIT(SIM_FAULT_NEVER) | SIM_FAULT_BIT(SIM_FAULT_SHORT);
    case SIM_SABOTAGE_LIE_SUCCESS:
        return SIM_FAULT_BIT(SIM_FAULT_FAIL);
    default:
        return SIM_FAULT_BIT(SIM_FAULT_FAIL) | SIM_FAULT_BIT(SIM_FAULT_DELAY);
    }
}

/* What the test says when it fails; empty: it is well. A world must be freed before a test may fail. */
static char saboteur_text[sizeof(((struct sim_verdict *)NULL)->text) + 128];

static void saboteur_look(const struct sim_world *world, const struct sim_options *options)
{
    enum sim_rule expected = (enum sim_rule)sim_sabotage_rule(options->sabotage);

    if (world->verdict.rule != expected || (world->saboteur.n_struck == 0 && expected != SIM_RULE_NONE)) {
        snprintf(saboteur_text, sizeof(saboteur_text), "%s in seed %" PRIu64 " is caught as \"%s\", not as \"%s\": %s",
                 sim_sabotage_word(options->sabotage), options->seed, sim_rule_word(world->verdict.rule),
                 sim_rule_word(expected), world->verdict.text);
    }
}

static void saboteur_catch(enum sim_sabotage sabotage)
{
    struct sim_world *world = sim_world_new(&saboteur_cover);
    struct sim_options options = {
        .n_commands = 200, .sabotage = (uint8_t)sabotage, .faults = saboteur_faults(sabotage)};
    uint32_t n_caught = 0;

    saboteur_text[0] = '\0';
    for (options.seed = 1; options.seed <= SABOTEUR_SEEDS && n_caught < SABOTEUR_CAUGHT; options.seed++) {
        if (!sim_run(world, &options)) {
            saboteur_look(world, &options);
            n_caught++;
        }
    }
    sim_world_free(world);
    if (saboteur_text[0] != '\0') {
        fail_msg("%s", saboteur_text);
    }
    if (n_caught < SABOTEUR_CAUGHT) {
        fail_msg("%s was caught %" PRIu32 " times in %d seeds", sim_sabotage_word(sabotage), n_caught, SABOTEUR_SEEDS);
    }
}

#define SABOTEUR_TEST(name, sentence)                                                                                  \
    ALD_TEST(saboteur, sentence)                                                                                       \
    {                                                                                                                  \
        saboteur_catch(SIM_SABOTAGE_##name);                                                                           \
    }

/* X(sabotage, what the test says) */
#define SABOTEUR_TESTS(X)                                                                                              \
    X(DROP_REPLY, a_dropped_reply_is_caught)                                                                           \
    X(ANSWER_TWICE, a_second_answer_is_caught)                                                                         \
    X(SKIP_DEMOTION, a_skipped_demotion_is_caught)                                                                     \
    X(REFUSE_ALL, refusing_everything_is_caught)                                                                       \
    X(LOSE_QUEUED, losing_what_is_queued_is_caught)                                                                    \
    X(WRONG_CHANNEL, delivery_to_the_wrong_channel_is_caught)                                                          \
    X(LATE_SUCCESS, a_late_reply_told_as_success_is_caught)                                                            \
    X(SEND_TWICE, sending_twice_what_is_not_idempotent_is_caught)                                                      \
    X(NEVER_ANSWER, never_answering_is_caught)                                                                         \
    X(EXPIRE_EARLY, expiring_early_is_caught)                                                                          \
    X(LIE_SUCCESS, a_failure_told_as_success_is_caught)                                                                \
    X(LIE_LOST, a_success_told_as_lost_is_caught)                                                                      \
    X(IGNORE_REPLY, an_ignored_reply_is_caught)                                                                        \
    X(REFUSE_SENT, refusing_what_ran_is_caught)                                                                        \
    X(CANCEL_UNASKED, cancelling_what_nobody_took_back_is_caught)                                                      \
    X(OLD_TERM, a_term_that_does_not_grow_is_caught)                                                                   \
    X(IGNORE_CANCEL, an_operator_s_cancel_that_is_ignored_is_caught)                                                   \
    X(IGNORE_LEAVE, a_channel_sent_away_that_stays_is_caught)                                                          \
    X(PROMOTE_OTHER, promoting_another_than_was_chosen_is_caught)                                                      \
    X(LET_PASS, letting_pass_what_was_denied_is_caught)                                                                \
    X(TELL_STRANGER, telling_a_stranger_is_caught)                                                                     \
    X(DROP_EVENT, an_event_that_a_subscriber_misses_is_caught)                                                         \
    X(EVENT_TWICE, an_event_that_a_subscriber_hears_twice_is_caught)                                                   \
    X(HIDE_GAP, a_gap_that_a_subscriber_is_not_told_of_is_caught)                                                      \
    X(DROP_NOTE, an_outcome_without_a_note_is_caught)

SABOTEUR_TESTS(SABOTEUR_TEST)

ALD_TEST(saboteur, the_same_worlds_without_it_are_well)
{
    struct sim_world *world = sim_world_new(&saboteur_cover);

    saboteur_text[0] = '\0';
    for (int sabotage = 1; sabotage < SIM_N_SABOTAGES; sabotage++) {
        struct sim_options options = {.n_commands = 200, .faults = saboteur_faults((enum sim_sabotage)sabotage)};

        for (options.seed = 1; options.seed <= 2; options.seed++) {
            sim_run(world, &options);
            saboteur_look(world, &options);
        }
    }
    sim_world_free(world);
    if (saboteur_text[0] != '\0') {
        fail_msg("%s", saboteur_text);
    }
}

#define SABOTEUR_CASE(name, sentence) ALD_CASE(saboteur, sentence),

ALD_TEST_MAIN(saboteur, SABOTEUR_TESTS(SABOTEUR_CASE) ALD_CASE(saboteur, the_same_worlds_without_it_are_well))
