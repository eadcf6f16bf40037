#include "sim/checker.h"

#include <string.h>

#include "sim/election.h"
#include "sim/world.h"

/*
 * A refusal is a claim about the world: there is no such target, the queue is full, the hub is stopping. Each claim is held
 * against the simulator's own account, which counts generously where the hub may count more (members of rosters), so that
 * only a refusal without any reason is complained of.
 */

static bool link_serves(const struct sim_link *link, const char *target)
{
    return link->registered && !link->hub_end && !link->hub_closing && !link->leaving &&
           strcmp(link->party->target, target) == 0;
}

bool sim_check_duplicate(const struct sim_hub *hub, const struct sim_command *command)
{
    for (const struct sim_command *it = hub->open; it != NULL; it = it->open_next) {
        if (it != command && it->caller == command->caller && strcmp(it->wire_id, command->wire_id) == 0) {
            return true;
        }
    }
    return false;
}

uint32_t sim_check_count_channels(const struct sim_hub *hub, const char *target)
{
    uint32_t n = 0;

    for (const struct sim_link *it = hub->links; it != NULL && target != NULL; it = it->next) {
        /* A session's channel is away; another one may be gone and not yet worked off. */
        bool away =
            it->hub_end && ((it->party->traits & ALD_CAN_RESUME) != 0 || it->ended_at + ALD_SEC > sim_now(it->world));

        n += it->registered && (!it->hub_end || away) && strcmp(it->party->target, target) == 0;
    }
    return n;
}

static bool target_is_served(const struct sim_hub *hub, const char *target, bool well)
{
    for (const struct sim_link *it = hub->links; it != NULL && target != NULL; it = it->next) {
        if (link_serves(it, target) && !(well && (it->unhealthy || it->demoted))) {
            return true;
        }
    }
    return false;
}

static bool channel_is_there(const struct sim_hub *hub, const struct sim_command *command, bool well)
{
    const char *target = sim_history_target(hub, command);

    for (const struct sim_link *it = hub->links; it != NULL && target != NULL; it = it->next) {
        if (link_serves(it, target) && strcmp(it->channel, command->channel) == 0 &&
            !(well && (it->unhealthy || it->demoted))) {
            return true;
        }
    }
    return false;
}

/* It is told to step down, and if it does not it is sent away before it hears of it. */
static bool channel_is_demoted(const struct sim_hub *hub, const struct sim_command *command)
{
    for (const struct sim_link *it = hub->links; it != NULL; it = it->next) {
        if (it->demoted && strcmp(it->channel, command->channel) == 0) {
            return true;
        }
    }
    return false;
}

static bool primary_is_there(struct sim_hub *hub, const char *target)
{
    const struct sim_election *election = target != NULL ? sim_election_find(hub, target) : NULL;

    return election != NULL && election->confirmed != NULL && link_serves(election->confirmed, target) &&
           !election->confirmed->unhealthy;
}

/* What the hub has to keep in mind of the open commands, counted generously. */
struct load {
    uint32_t n_all, n_caller, n_target;
    size_t target_bytes, all_bytes;
};

static struct load load_count(const struct sim_hub *hub, const struct sim_command *command)
{
    const char *target = sim_history_target(hub, command);
    uint32_t own = 1 + command->n_roster; /* refused, it is not open any more */
    struct load load = {own, own, own, own * command->cost, own * command->cost};

    for (const struct sim_command *it = hub->open; it != NULL; it = it->open_next) {
        uint32_t n = 1 + it->n_roster;

        load.n_all += n;
        load.n_caller += it->caller == command->caller ? n : 0;
        load.all_bytes += n * it->cost;
        if (sim_history_target(hub, it) != NULL && target != NULL && strcmp(sim_history_target(hub, it), target) == 0) {
            load.n_target += n;
            load.target_bytes += n * it->cost;
        }
    }
    return load;
}

static bool hub_is_busy(const struct sim_hub *hub, const struct sim_command *command)
{
    const struct ald_hub_config *config = &hub->config;
    struct load load = load_count(hub, command);

    return load.n_all > config->commands_max || load.n_caller > config->caller_in_flight_max ||
           load.n_target > config->channel_queue_max || 2 * load.target_bytes > config->channel_queue_bytes_max ||
           2 * load.all_bytes > config->queue_bytes_max;
}

static bool refusal_is_to_stranger(const struct sim_command *command)
{
    const struct sim_command *about = sim_history_get(command->caller->world, command->order.about);

    return about != NULL && !sim_party_is_same(about->caller, command->caller);
}

/* It takes back what an agent has that knows no cancel. */
static bool refusal_is_of_cancel(const struct sim_command *command)
{
    const struct sim_command *about = sim_history_get(command->caller->world, command->order.about);

    return command->order.takes_back && about != NULL && about->handings != NULL &&
           (about->handings->party->traits & ALD_CAN_CANCEL) == 0;
}

/* NULL, or what is wrong about the reason. */
static const char *refusal_is_wrong(const struct sim_command *command, uint8_t cause)
{
    struct sim_hub *hub = command->link->hub;
    const char *target = sim_history_target(hub, command);

    switch ((enum ald_cause)cause) {
    case ALD_CAUSE_NO_TARGET:
    case ALD_CAUSE_EMPTY_ROSTER:
        return target_is_served(hub, target, false) ? "its target is there" : NULL;
    case ALD_CAUSE_NO_CHANNEL:
        return channel_is_there(hub, command, false) && !channel_is_demoted(hub, command) ? "its channel is there"
                                                                                          : NULL;
    case ALD_CAUSE_NO_ACTIVE:
        if (command->order.mode == ALD_MODE_CHANNEL) {
            return channel_is_there(hub, command, true) ? "its channel is active" : NULL;
        }
        return target_is_served(hub, target, true) ? "its target has an active channel" : NULL;
    case ALD_CAUSE_NO_PRIMARY:
        return primary_is_there(hub, target) ? "its target has a confirmed primary" : NULL;
    case ALD_CAUSE_BUSY:
        return hub_is_busy(hub, command) ? NULL : "no limit is reached";
    case ALD_CAUSE_DUPLICATE:
        return command->duplicate ? NULL : "its id is not in use";
    case ALD_CAUSE_DRAINING:
    case ALD_CAUSE_HUB_STOPPED:
        return hub->leave_until != 0 ? NULL : "the hub is not stopping";
    case ALD_CAUSE_NOT_ALLOWED:
        return command->order.denied || refusal_is_to_stranger(command) ? NULL : "nobody denied it";
    case ALD_CAUSE_UNSUPPORTED:
        return (command->order.flags & ALD_MSG_DURABLE) != 0 || refusal_is_of_cancel(command)
                   ? NULL
                   : "it asks for nothing special";
    case ALD_CAUSE_INVALID:
        return command->order.about != 0 ? NULL : "nothing is wrong with it"; /* sim_check_answer() judges that one */
    case ALD_CAUSE_UNKNOWN_COMMAND:
        return target == NULL || (target[0] == '\0' && command->order.about == 0) ? NULL : "no agent said so";
    default:
        return "that is no reason here";
    }
}

/* It is judged when the step is over. */
void sim_check_refused(struct sim_world *world, struct sim_command *command, uint8_t cause)
{
    struct sim_hub *hub = command->link->hub;

    if (sim_broken(world)) {
        return; /* it may have been told before, and be in the list */
    }
    command->refused_as = cause;
    command->refused_next = hub->refused;
    hub->refused = command;
}

void sim_check_refusals(struct sim_world *world, struct sim_hub *hub)
{
    while (hub->refused != NULL) {
        struct sim_command *command = hub->refused;
        /* Whoever comes back with a session hears of what was true before. */
        bool is_fresh = command->told_link == NULL || command->told_link == command->link;
        const char *wrong = is_fresh ? refusal_is_wrong(command, command->refused_as) : NULL;

        hub->refused = command->refused_next;
        if (wrong != NULL) {
            sim_complain(world, SIM_RULE_REFUSED_TRULY, command, "it is refused as %s, and %s",
                         ald_cause_word((enum ald_cause)command->refused_as), wrong);
        }
    }
}
