#include "sim/checker.h"

#include <inttypes.h>
#include <string.h>

#include "sim/election.h"
#include "sim/world.h"

/* Who may be given a command, and how often. */

static void check_addressee(struct sim_world *world, const struct sim_handing *handing)
{
    const struct sim_command *command = handing->command;
    const struct sim_link *link = handing->link;
    const char *target = sim_history_target(link->hub, command);
    const struct sim_election *election;

    if (!link->registered || target == NULL || strcmp(target, link->party->target) != 0) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command, "it is for %s, and is handed to %s, who serves %s",
                     target != NULL ? target : "nobody", link->party->name,
                     link->registered ? link->party->target : "nothing");
        return;
    }
    if (command->order.mode == ALD_MODE_CHANNEL && strcmp(command->channel, link->channel) != 0) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command, "it is for channel %s, and is handed to channel %s",
                     command->channel, link->channel);
    }
    election = sim_election_find(link->hub, link->party->target);
    if (command->order.mode == ALD_MODE_PRIMARY && (election == NULL || election->confirmed != link)) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command,
                     "it is for the primary, and is handed to %s, who has not confirmed it", link->party->name);
    }
}

/* How often it was sent, at all or over one link: a party of which the hub still has a former link is two channels, and so two
 * members of a roster. */
static uint32_t command_count_sent(const struct sim_command *command, const struct sim_link *link)
{
    uint32_t n = 0;

    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        n += (link == NULL || it->link == link) && it->begun != 0;
    }
    return n;
}

/* Of those whose caller is gone the history does not hear the end, but it comes at the deadline. */
static void check_in_flight(struct sim_world *world, const struct sim_handing *handing)
{
    uint32_t n_max = handing->link->hub->config.channel_in_flight_max;
    uint32_t n = 0;

    if (handing->link->in_flight <= n_max) {
        return;
    }
    for (const struct sim_handing *it = handing->party->handings; it != NULL; it = it->party_next) {
        n += it->link == handing->link && !it->shut && it->command->deadline > sim_now(world);
    }
    if (n > n_max) {
        sim_complain(world, SIM_RULE_BOUNDED, handing->command,
                     "%s has %" PRIu32 " commands in flight, the limit is %" PRIu32, handing->party->name, n, n_max);
    }
}

void sim_check_handed(struct sim_world *world, struct sim_handing *handing)
{
    const struct sim_command *command = handing->command;
    const struct sim_hub *hub = handing->link->hub;
    bool all = command->order.mode == ALD_MODE_ALL;
    uint32_t n_begun = command_count_sent(command, all ? handing->link : NULL);

    check_addressee(world, handing);
    if (command->order.denied) {
        sim_complain(world, SIM_RULE_DENIED, command, "the edge denied it, and it is handed to %s",
                     handing->party->name);
    }
    if (handing->link->sent_away != 0) {
        sim_complain(world, SIM_RULE_OPERATOR, command, "it is handed to %s, whom an operator has sent away",
                     handing->party->name);
    }
    if (command->life != handing->link->life) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command, "it is handed out by a hub that never took it");
    }
    if (command->n_told > 0 && command->told_at < sim_now(world)) {
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "it is handed to %s after it was told as %s",
                     handing->party->name, ald_outcome_name(command->outcome));
    }
    if (n_begun > 0 && !(command->order.flags & ALD_MSG_IDEMPOTENT)) {
        sim_complain(world, SIM_RULE_ONCE, command, "it is not idempotent, and is handed out again after it was sent");
    }
    if (n_begun >= hub->config.attempts_max) {
        sim_complain(world, SIM_RULE_ONCE, command, "it is handed out again after %" PRIu32 " attempts", n_begun);
    }
    check_in_flight(world, handing);
}

/* The agent of some attempt confirmed that it stopped; an earlier attempt may still be on its way. */
static bool command_was_stopped(const struct sim_command *command)
{
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->answered != 0 && it->reply == ALD_CANCELLED) {
            return true;
        }
    }
    return false;
}

void sim_check_received(struct sim_world *world, struct sim_handing *handing)
{
    const struct sim_command *command = handing->command;
    bool all = command->order.mode == ALD_MODE_ALL;
    bool told = command->n_told > 0;

    if (handing->n_received > 1 || (command->n_received > 1 && !all && !(command->order.flags & ALD_MSG_IDEMPOTENT))) {
        sim_complain(world, SIM_RULE_ONCE, command, "%s receives it, which is the second time that an agent does",
                     handing->party->name);
    }
    if (told && !all && command->outcome == ALD_REFUSED) {
        sim_complain(world, SIM_RULE_REFUSED_UNSEEN, command, "%s receives it after it was told as refused",
                     handing->party->name);
    }
    if (told && !all && command->outcome == ALD_CANCELLED && !command_was_stopped(command)) {
        sim_complain(world, SIM_RULE_CANCELLED_UNSEEN, command, "%s receives it after it was told as cancelled",
                     handing->party->name);
    }
}
