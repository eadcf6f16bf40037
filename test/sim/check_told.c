#include "sim/checker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/election.h"
#include "sim/world.h"

/*
 * What may be said of a command is decided by facts of the simulator alone. Where the hub cannot know better (did the agent
 * receive what was written?) the rule asks only for what it can know.
 */

static const struct {
    const char *word, *text;
} rules[SIM_N_RULES] = {
#define SIM_X(name, word, text) [SIM_RULE_##name] = {word, text},
    SIM_RULES(SIM_X)
#undef SIM_X
};

const char *sim_rule_word(enum sim_rule rule)
{
    return rule < SIM_N_RULES ? rules[rule].word : "none";
}

const char *sim_rule_text(enum sim_rule rule)
{
    return rule < SIM_N_RULES ? rules[rule].text : "nothing is broken";
}

bool sim_broken(const struct sim_world *world)
{
    return world->verdict.rule != SIM_RULE_NONE;
}

void sim_complain(struct sim_world *world, enum sim_rule rule, const struct sim_command *command, const char *format,
                  ...)
{
    struct sim_verdict *verdict = &world->verdict;
    va_list arguments;

    if (sim_broken(world)) {
        return;
    }
    verdict->rule = rule;
    verdict->command = command != NULL ? command->number : 0;
    verdict->at = sim_now(world) - world->start;
    va_start(arguments, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
    va_end(arguments);
}

static bool command_is_question(const struct sim_command *command)
{
    return command->order.about != 0;
}

/* An agent said `outcome`, and the hub heard it, by `at`. */
static bool command_was_answered(const struct sim_command *command, uint8_t outcome, ald_usec at)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->answered != 0 && it->answered <= at && it->reply == outcome) {
            return true;
        }
    }
    return false;
}

/* The agent of one member said `outcome`; the member may have been handed to it more than once, when nothing was written. */
static bool member_answered(const struct sim_command *command, const struct sim_party *party, uint8_t outcome)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->party == party && it->answered != 0 && it->answered < command->deadline && it->reply == outcome) {
            return true;
        }
    }
    return false;
}

/* A member whose agent said something else than `outcome`, which the hub heard; NULL: none did. */
static const struct sim_party *command_find_denier(const struct sim_command *command, uint8_t outcome, ald_usec at)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->answered != 0 && it->answered <= at && it->reply != outcome) {
            return it->party;
        }
    }
    return NULL;
}

/* Members that were handed out: the oldest handing to a party stands for the others. */
static uint32_t command_count_members(const struct sim_command *command)
{
    uint32_t n = 0;

    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        const struct sim_handing *older = it->next;

        while (older != NULL && older->party != it->party) {
            older = older->next;
        }
        n += older == NULL;
    }
    return n;
}

/* A member that was handed out and did not say `outcome`; NULL: all did. */
static const struct sim_party *command_find_dissenter(const struct sim_command *command, uint8_t outcome)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (!member_answered(command, it->party, outcome)) {
            return it->party;
        }
    }
    return NULL;
}

static void check_succeeded(struct sim_world *world, const struct sim_command *command, ald_usec at)
{
    const struct sim_party *dissenter;

    if (command_is_question(command)) {
        return;
    }
    if (!command_was_answered(command, ALD_SUCCEEDED, at)) {
        sim_complain(world, SIM_RULE_AS_SAID, command, "it is told as succeeded, and no agent had said so");
    }
    dissenter = command->order.mode == ALD_MODE_ALL ? command_find_dissenter(command, ALD_SUCCEEDED) : NULL;
    if (dissenter != NULL) {
        sim_complain(world, SIM_RULE_AS_SAID, command, "it is told as succeeded, and %s did not", dissenter->name);
    }
}

/* A member whose agent has it, over a link that is well, and has said nothing yet. */
static const struct sim_party *command_find_open_member(const struct sim_command *command)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->begun != 0 && it->ended == 0 && (it->answered == 0 || it->answered >= command->deadline)) {
            return it->party;
        }
    }
    return NULL;
}

/* "The whole succeeds iff all do, is refused when the roster is empty, expires at the deadline, and else fails" (DESIGN
 * section 1). */
static void check_failed(struct sim_world *world, const struct sim_command *command, ald_usec at)
{
    if (command->order.mode == ALD_MODE_ALL) {
        const struct sim_party *open = at >= command->deadline ? command_find_open_member(command) : NULL;

        if (open != NULL) {
            sim_complain(world, SIM_RULE_AS_SAID, command,
                         "it is told as failed, and its deadline came while %s was at work on it", open->name);
        }
        if (command_count_members(command) >= command->n_roster && command->n_roster > 0 &&
            command_find_dissenter(command, ALD_SUCCEEDED) == NULL) {
            sim_complain(world, SIM_RULE_AS_SAID, command, "it is told as failed, and every member succeeded");
        }
    } else if (!command_was_answered(command, ALD_FAILED, at)) {
        sim_complain(world, SIM_RULE_AS_SAID, command, "it is told as failed, and no agent had said so");
    }
}

static void check_refused(struct sim_world *world, struct sim_command *command, uint8_t cause, ald_usec at)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->executed != 0) {
            sim_complain(world, SIM_RULE_REFUSED_UNSEEN, command, "it is told as refused, and %s had received it",
                         it->party->name);
            return;
        }
    }
    if (command_was_answered(command, ALD_REFUSED, at)) {
        return;
    }
    /* Whether its reason was true can only be seen when it is said. */
    if (at == sim_now(world)) {
        sim_check_refused(world, command, cause);
    }
}

static void check_cancelled(struct sim_world *world, const struct sim_command *command, ald_usec at)
{
    if (command->taken_back == 0 || command->taken_back > at) {
        sim_complain(world, SIM_RULE_CANCELLED_TRULY, command, "it is told as cancelled, and nobody had taken it back");
        return;
    }
    if (command->order.mode == ALD_MODE_ALL) {
        const struct sim_party *denier = command_find_denier(command, ALD_CANCELLED, at);

        if (denier != NULL) {
            sim_complain(world, SIM_RULE_AS_SAID, command, "all of it is told as cancelled, and %s said otherwise",
                         denier->name);
        }
        return;
    }
    if (command_was_answered(command, ALD_CANCELLED, at)) {
        return;
    }
    if (command->n_received > 0) {
        sim_complain(world, SIM_RULE_CANCELLED_UNSEEN, command,
                     "it is told as cancelled, an agent had received it, and none had confirmed that it stopped");
    }
}

/* Something waited for an agent that had nothing to do. */
static const struct sim_link *command_idle_channel(const struct sim_world *world, const struct sim_command *command,
                                                   ald_usec at)
{
    const char *target = sim_history_target(command->link->hub, command);

    if (target == NULL || command->order.mode != ALD_MODE_ANY || command->n_handings > 0 ||
        command->admitted + ALD_SEC > at) {
        return NULL;
    }
    for (const struct sim_link *it = command->link->hub->links; it != NULL; it = it->next) {
        bool can = it->registered && !it->leaving && !it->unhealthy && !it->hub_closing && !it->hub_end && !it->cut;

        if (can && strcmp(it->party->target, target) == 0 && it->in_flight == 0 && it->idle_since + ALD_SEC < at &&
            it->pipes[SIM_DOWN].waiting_bytes == 0 && !it->pipes[SIM_DOWN].stalled) {
            return it;
        }
    }
    ald_ignore(world); /* links say all that is asked here */
    return NULL;
}

static void check_expired(struct sim_world *world, const struct sim_command *command, ald_usec at)
{
    const struct sim_link *idle;

    if (at < command->deadline) {
        sim_complain(world, SIM_RULE_NOT_EARLY, command, "it is told as expired %" PRIu64 " us before its deadline",
                     command->deadline - at);
        return;
    }
    /* Long after, as when its caller asks, it cannot be seen any more who was idle then. */
    idle = at <= command->deadline + ALD_SEC ? command_idle_channel(world, command, at) : NULL;
    if (idle != NULL) {
        sim_complain(world, SIM_RULE_IDLE_QUEUE, command,
                     "it expired in the queue while %s had nothing to do for %" PRIu64 " ms", idle->party->name,
                     (at - idle->idle_since) / ALD_MSEC);
    }
}

/* The hub ended a later link of the same session, or the party said goodbye there. */
static bool session_was_ended(const struct sim_handing *handing)
{
    for (const struct sim_link *it = handing->link->hub->links; it != NULL; it = it->next) {
        if (it->party == handing->party && it->lineage == handing->lineage && (it->hub_closing || it->leaving)) {
            return true;
        }
    }
    return false;
}

/*
 * A session whose window is full is over (hub/session.h), also while its party is away: a party that is a caller as well
 * has answers waiting there. The simulator does not see the window; but it cannot be full unless what the party was answered
 * since the command was sent comes near to it.
 */
static bool window_may_be_full(struct sim_world *world, const struct sim_handing *handing, ald_usec at)
{
    size_t bytes = 0;

    for (uint32_t number = 1; number <= world->n_commands; number++) {
        const struct sim_command *command = sim_history_get(world, number);

        if (command != NULL && command->caller == handing->party && command->n_told > 0 &&
            command->told_at >= handing->begun && command->told_at <= at) {
            bytes += command->cost;
        }
    }
    return 2 * bytes >= handing->link->hub->config.out_bytes_max;
}

/*
 * The link over which it was sent has ended, and nobody can come back for it: "while a channel is away, what was sent stays
 * sent" (DESIGN section 1). What the hub ended itself, and who said goodbye, may be given up at once.
 */
static bool handing_is_lost(struct sim_world *world, const struct sim_handing *handing, ald_usec at)
{
    const struct sim_party *party = handing->party;
    const struct sim_link *link = handing->link;
    ald_usec away = ALD_MIN(party->session_ttl, link->hub->config.session_max);

    if (handing->lineage != party->lineage) {
        return true;
    }
    if (handing->ended == 0 || handing->ended > at) {
        return false;
    }
    return (party->traits & ALD_CAN_RESUME) == 0 || party->taken == ALD_TAKEN_REPLACE || session_was_ended(handing) ||
           link->leaving || handing->ended + away <= at || window_may_be_full(world, handing, at);
}

/* A hub that stops must tell before it knows whether what it has just handed over is still being written. */
static void check_lost(struct sim_world *world, const struct sim_command *command, ald_usec at)
{
    bool stops = command->link->hub->leave_until != 0;

    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        bool begun = it->begun != 0 && it->begun <= at;

        if (stops || (begun && handing_is_lost(world, it, at))) {
            return;
        }
    }
    sim_complain(world, SIM_RULE_LOST_TRULY, command,
                 "it is told as lost, and no link over which it was sent had ended");
}

/* An earlier attempt than `handing` was sent, and nobody knows what became of it: "it never ran" would be a guess. */
static bool handing_has_doubt_before(const struct sim_handing *handing)
{
    for (const struct sim_handing *it = handing->next; it != NULL; it = it->next) {
        if (it->begun != 0 && it->answered == 0) {
            return true;
        }
    }
    return false;
}

/*
 * A reply that the hub heard in time, on the link that it gave the command to, decides. In mode `all` it decides a member, and
 * whoever took a command back is told of the reply all the same.
 */
static void check_timely(struct sim_world *world, const struct sim_command *command, uint8_t outcome, ald_usec at)
{
    if (command->order.mode == ALD_MODE_ALL) {
        return;
    }
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        bool decides =
            it->answered != 0 && it->answered < command->deadline && it->answered <= at && !it->answered_late;
        bool doubt = outcome == ALD_LOST && (it->reply == ALD_REFUSED || it->reply == ALD_CANCELLED) &&
                     handing_has_doubt_before(it);

        if (decides && it->reply != outcome && !doubt) {
            sim_complain(world, SIM_RULE_TIMELY, command,
                         "it is told as %s, and %s had replied %s in time over a live link", ald_outcome_name(outcome),
                         it->party->name, ald_outcome_name(it->reply));
            return;
        }
    }
}

void sim_check_outcome(struct sim_world *world, struct sim_command *command, uint8_t outcome, uint8_t cause,
                       ald_usec at)
{
    switch ((enum ald_outcome)outcome) {
    case ALD_SUCCEEDED:
        check_succeeded(world, command, at);
        break;
    case ALD_FAILED:
        check_failed(world, command, at);
        break;
    case ALD_REFUSED:
        check_refused(world, command, cause, at);
        break;
    case ALD_CANCELLED:
        check_cancelled(world, command, at);
        break;
    case ALD_EXPIRED:
        check_expired(world, command, at);
        break;
    case ALD_LOST:
        check_lost(world, command, at);
        break;
    case ALD_OUTCOME_NONE:
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "its outcome is told and is none");
        break;
    }
    if (!command_is_question(command)) {
        check_timely(world, command, outcome, at);
    }
    if (command->order.must_succeed && outcome != ALD_SUCCEEDED) {
        sim_complain(world, world->faults_used == 0 ? SIM_RULE_FAULTLESS : SIM_RULE_HEALED, command,
                     "it is %s (%s), and nothing was wrong", ald_outcome_name(outcome), ald_cause_word(cause));
    }
}

/* The agent's own answer, not that of another command. */
static void check_reply_is_its_own(struct sim_world *world, struct sim_command *command,
                                   const struct ald_signal *signal)
{
    if (signal->msg == NULL || command_is_question(command) || signal->msg->payload.size == 0 ||
        command->order.mode == ALD_MODE_ALL) {
        return;
    }
    if (sim_history_find(world, signal->msg) != command) {
        sim_complain(world, SIM_RULE_AS_SAID, command, "it is told with the reply of another command");
    }
}

void sim_check_told(struct sim_world *world, struct sim_command *command, struct sim_link *link,
                    const struct ald_signal *signal)
{
    if (command->n_told > 0) {
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "it was told as %s and is told as %s now",
                     ald_outcome_name(command->outcome), ald_outcome_name(signal->outcome));
    }
    if (link->party != command->caller || command->life != link->life || link->lineage != command->link->lineage) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command, "its outcome is told to %s, who did not ask",
                     link->party->name);
    }
    if (link == command->link && !command->unread && sim_now(world) > command->deadline + ALD_SEC) {
        sim_complain(world, SIM_RULE_IN_TIME, command, "it is told as %s %" PRIu64 " ms after its deadline",
                     ald_outcome_name(signal->outcome), (sim_now(world) - command->deadline) / ALD_MSEC);
    }
    if (command->order.denied && (signal->outcome != ALD_REFUSED || signal->cause != ALD_CAUSE_NOT_ALLOWED)) {
        sim_complain(world, SIM_RULE_DENIED, command, "the edge denied it, and it is told as %s (%s)",
                     ald_outcome_name(signal->outcome), ald_cause_word(signal->cause));
    }
    check_reply_is_its_own(world, command, signal);
    sim_check_outcome(world, command, signal->outcome, signal->cause, sim_now(world));
}

/* What was said to it does not fit its kernel as a whole, so the hub counts it as output; in the window of a session an
 * outcome may come after events, which are said when there is room again. */
bool sim_check_may_wait(const struct sim_command *command)
{
    const struct sim_link *link = command->link;

    return (link->party->traits & ALD_CAN_RESUME) != 0 && link->pushed > link->done;
}

void sim_check_overdue(struct sim_world *world, struct sim_command *command)
{
    const struct sim_link *link = command->link;

    command->unread = sim_check_may_wait(command);
    if (!command->unread && link->hub->hub != NULL && command->life == link->hub->life && !link->hub_end &&
        !link->hub_closing) {
        sim_complain(world, SIM_RULE_IN_TIME, command, "a second after its deadline no outcome has been told");
    }
}
