#include <inttypes.h>
#include <string.h>

#include "sim/world.h"

/* What a caller is told when it asks what became of a command. */

/* The word that `name` has in the object: enough of a reader for what the hub itself writes. */
static struct ald_str answer_word(struct ald_str payload, struct ald_str name)
{
    size_t at = ald_str_find(payload, name);
    struct ald_str rest;

    if (at == payload.size) {
        return ALD_STR_NONE;
    }
    rest = ald_str_from(payload, at + name.size);
    rest.size = ald_str_find(rest, ALD_STR("\""));
    return rest;
}

static bool answer_is_open(const struct ald_signal *signal)
{
    return signal->msg != NULL &&
           !ald_str_present(answer_word(ald_slice_str(signal->msg->payload), ALD_STR("\"outcome\":\"")));
}

static void answer_check_known(struct sim_world *world, const struct sim_command *question, struct sim_command *about,
                               const struct ald_signal *signal)
{
    struct ald_str payload = signal->msg != NULL ? ald_slice_str(signal->msg->payload) : ALD_STR_NONE;
    int outcome = ald_outcome_find(answer_word(payload, ALD_STR("\"outcome\":\"")));
    int cause = ald_cause_find(answer_word(payload, ALD_STR("\"cause\":\"")));
    uint8_t known = about->told_at != 0 ? about->outcome : about->viewed;

    if (outcome <= ALD_OUTCOME_NONE) {
        sim_complain(world, SIM_RULE_ANSWERED, about,
                     "its caller asked what became of it, and the answer names no outcome");
        return;
    }
    if (known != ALD_OUTCOME_NONE && known != outcome) {
        sim_complain(world, SIM_RULE_ANSWERED, about, "it was told as %s, and its caller is answered that it was %s",
                     ald_outcome_name(known), ald_outcome_name(outcome));
    }
    if (known == ALD_OUTCOME_NONE) {
        about->viewed = (uint8_t)outcome;
        sim_check_outcome(world, about, (uint8_t)outcome, (uint8_t)ALD_MAX(cause, 0), sim_now(world));
    }
    if (question->caller == about->caller) {
        sim_history_heard(world, about, (uint8_t)outcome, true);
    }
}

/* What the hub has had to remember so far, members of rosters counted. */
static uint32_t answer_count_records(const struct sim_world *world)
{
    uint32_t n = 0;

    for (uint32_t number = 0; number < world->n_commands; number++) {
        n += 1 + world->commands[number]->n_roster;
    }
    return n;
}

/* What takes a command back is answered at once, with its state; what was queued has its outcome by then. */
static void answer_check_state(struct sim_world *world, const struct sim_command *about, struct ald_str payload)
{
    if (ald_phase_find(answer_word(payload, ALD_STR("\"state\":\""))) < 0) {
        sim_complain(world, SIM_RULE_ANSWERED, about, "it is taken back, and the answer names no state");
    } else if (about->n_handings == 0 && about->order.mode != ALD_MODE_ALL) {
        sim_complain(world, SIM_RULE_ANSWERED, about, "it was taken back while it was queued, and is open");
    }
}

void sim_check_answer(struct sim_world *world, const struct sim_command *question, const struct ald_signal *signal)
{
    struct sim_command *about = sim_history_get(world, question->order.about);
    const struct ald_hub_config *config = &world->hubs[0].config;
    bool may_forget;

    if (signal->outcome == ALD_SUCCEEDED && !sim_party_is_same(question->caller, about->caller)) {
        sim_complain(world, SIM_RULE_ANSWERED, about, "%s is told what became of it, who did not submit it",
                     question->caller->name);
        return;
    }
    if (signal->outcome == ALD_SUCCEEDED && question->order.takes_back && answer_is_open(signal)) {
        answer_check_state(world, about, ald_slice_str(signal->msg->payload));
        return;
    }
    if (signal->outcome == ALD_SUCCEEDED) {
        answer_check_known(world, question, about, signal);
        return;
    }
    /* The hub forgets by age and by count; a hub of another life never knew; and a question over a new link may overtake
     * the command that it is about. */
    may_forget = about->life != question->life || about->admitted == 0 || about->admitted > question->admitted ||
                 config->history_max < answer_count_records(world) ||
                 about->deadline + config->history_age / 2 < sim_now(world) ||
                 (about->n_told > 0 && about->told_at + config->history_age < sim_now(world) + ALD_SEC);
    if (signal->outcome == ALD_REFUSED && signal->cause == ALD_CAUSE_INVALID && !may_forget) {
        sim_complain(world, SIM_RULE_ANSWERED, about,
                     "its caller asked what became of it, and the hub does not know it");
    }
}
