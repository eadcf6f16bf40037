#include "sim/operator.h"

#include "sim/election.h"
#include "sim/world.h"

static int operator_ask(struct sim_hub *hub, enum ald_event_kind kind, const char *text, bool reconnect)
{
    struct ald_event event = {.kind = (uint8_t)kind, .text = ald_str(text), .reconnect = reconnect};

    if (!sim_saboteur_ask(hub, &event)) {
        sim_edge_ask(hub, &event);
    }
    return event.result;
}

static const char *operator_word(int result)
{
    return result == 0 ? "yes" : result == ALD_ASK_UNKNOWN ? "unknown" : "conflict";
}

/* As far as the history knows. A fan-out has an outcome before it is told. */
static bool command_is_open(const struct sim_command *command)
{
    const struct sim_link *link = command->link;

    return command->open && command->order.mode != ALD_MODE_ALL && !link->hub_end && !link->hub_closing &&
           !command->shares_id;
}

/* What has an outcome that waits for its caller to read is open to the history; the hub must show it then. */
static bool command_has_ended(struct sim_world *world, const struct sim_hub *hub, const struct sim_command *command)
{
    return sim_check_may_wait(command) && sim_check_ended(world, hub, command);
}

void sim_operator_cancel(struct sim_world *world, struct sim_command *command)
{
    struct sim_hub *hub = &world->hubs[0];
    bool is_queued = command->n_handings == 0;
    int result;

    if (hub->hub == NULL) {
        return;
    }
    sim_history_taken_back(world, command, hub, NULL);
    result = operator_ask(hub, ALD_EVENT_CANCEL, command->wire_id, false);
    sim_note(world, SIM_FACT_OPERATOR_CANCELS, command->number, NULL, 0, operator_word(result));
    if (!command_is_open(command) || (result == 0 && !is_queued)) {
        return;
    }
    if (result != ALD_ASK_UNKNOWN && command_has_ended(world, hub, command)) {
        return;
    }
    if (result != 0) {
        sim_complain(world, SIM_RULE_OPERATOR, command, "it has no outcome, and an operator who cancels it is told: %s",
                     operator_word(result));
    } else {
        sim_complain(world, SIM_RULE_OPERATOR, command, "an operator cancelled it while it was queued, and it is open");
    }
}

/* A session's channel is the same on each of its links. */
static void operator_mark_leaving(struct sim_link *link)
{
    for (struct sim_link *it = link->hub->links; it != NULL; it = it->next) {
        if (it->party == link->party && it->lineage == link->lineage) {
            it->leaving = true;
        }
    }
}

/* A step looks at the time first: a health check that is due may fail before the operator is heard. */
static bool link_is_well(const struct sim_link *link)
{
    return link->registered && !link->hub_end && !link->hub_closing && !link->leaving && !link->unhealthy &&
           !link->demoted;
}

void sim_operator_leave(struct sim_link *link, bool reconnect)
{
    struct sim_world *world = link->world;
    bool is_well = link_is_well(link);
    int result;

    if (link->hub->hub == NULL || link->life != link->hub->life || link->channel[0] == '\0') {
        return;
    }
    operator_mark_leaving(link);
    result = operator_ask(link->hub, ALD_EVENT_CHANNEL_LEAVE, link->channel, reconnect);
    sim_note(world, SIM_FACT_OPERATOR_SENDS, 0, link->party, 0, operator_word(result));
    if (result == 0) {
        sim_election_ended(link);
        link->sent_away = sim_now(world);
    } else if (is_well && !link->hub_closing) {
        sim_complain(world, SIM_RULE_OPERATOR, NULL, "%s is there, and an operator who sends it away is told: %s",
                     link->party->name, operator_word(result));
    }
}

/* One that is about to step down is no candidate; whether it is one that answers slowly only the hub knows. */
static bool link_may_lead(const struct sim_link *link)
{
    return link_is_well(link) && sim_party_may_lead(link->party);
}

void sim_operator_primary(struct sim_link *link)
{
    struct sim_world *world = link->world;
    int result;

    if (link->hub->hub == NULL || link->life != link->hub->life || link->channel[0] == '\0') {
        return;
    }
    sim_election_choose(link);
    result = operator_ask(link->hub, ALD_EVENT_CHANNEL_PRIMARY, link->channel, false);
    sim_note(world, SIM_FACT_OPERATOR_CHOOSES, 0, link->party, 0, operator_word(result));
    if (result != 0) {
        sim_election_unchoose(link);
    }
    if (result != 0 && link_may_lead(link)) { /* and does still: the step may have ended it */
        sim_complain(world, SIM_RULE_OPERATOR, NULL, "%s may lead, and an operator who wants it is told: %s",
                     link->party->name, operator_word(result));
    }
}
