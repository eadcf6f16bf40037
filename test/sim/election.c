#include "sim/election.h"

#include <inttypes.h>
#include <string.h>

#include "sim/world.h"

struct sim_election *sim_election_find(struct sim_hub *hub, const char *target)
{
    struct sim_election *election = hub->elections;

    while (election != NULL && strcmp(election->target, target) != 0) {
        election = election->next;
    }
    return election;
}

static struct sim_election *election_get(struct sim_link *link)
{
    struct sim_election *election = sim_election_find(link->hub, link->party->target);

    if (election == NULL) {
        election = sim_arena_get(&link->world->arena, sizeof(*election));
        election->target = link->party->target;
        election->next = link->hub->elections;
        link->hub->elections = election;
    }
    return election;
}

/*
 * "Demote before promote": whoever was told to lead must have confirmed that it does not any more, or be gone, before the
 * next one is told.
 */
static void election_promote(struct sim_election *election, struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_world *world = link->world;

    sim_note(world, SIM_FACT_TOLD_TO_LEAD, 0, link->party, signal->term, NULL);
    if (signal->term <= election->term) {
        sim_complain(world, SIM_RULE_TERM_GROWS, NULL, "%s is promoted at %s with term %" PRIu64 " after term %" PRIu64,
                     link->party->name, election->target, signal->term, election->term);
    }
    if (election->promoted != NULL && election->promoted != link) {
        sim_complain(world, SIM_RULE_ONE_PRIMARY, NULL, "%s is promoted at %s and %s was not demoted before",
                     link->party->name, election->target, election->promoted->party->name);
    }
    if (election->chosen != NULL && election->chosen != link && !election->chosen->unhealthy) {
        sim_complain(world, SIM_RULE_OPERATOR, NULL, "%s is promoted at %s, where an operator wants %s to lead",
                     link->party->name, election->target, election->chosen->party->name);
    }
    election->chosen = NULL;
    election->term = signal->term;
    link->demoted = false;
    election->promoted = link;
    election->confirmed = NULL;
    election->asked = signal->id;
}

/* One that leads already, or is told to, need not be told again. */
void sim_election_choose(struct sim_link *link)
{
    struct sim_election *election = election_get(link);

    election->chosen = election->promoted != link ? link : NULL;
}

void sim_election_unchoose(struct sim_link *link)
{
    struct sim_election *election = sim_election_find(link->hub, link->party->target);

    if (election != NULL && election->chosen == link) {
        election->chosen = NULL;
    }
}

void sim_election_told(struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_election *election = election_get(link);

    if (signal->primary) {
        election_promote(election, link, signal);
        return;
    }
    sim_note(link->world, SIM_FACT_TOLD_TO_FOLLOW, 0, link->party, 0, NULL);
    if (election->confirmed == link) {
        election->confirmed = NULL;
    }
    if (election->promoted == link) {
        election->asked = signal->id;
        election->demoting = true;
        link->demoted = true;
    }
}

void sim_election_confirmed(struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_election *election = election_get(link);

    sim_note(link->world, SIM_FACT_CONFIRMED, 0, link->party, 0, signal->ok ? "yes" : "no");
    if (election->promoted != link || !ald_id_equal(election->asked, signal->id) || !signal->ok) {
        return;
    }
    if (election->demoting) {
        election->demoting = false;
        election->promoted = NULL;
        return;
    }
    election->confirmed = link;
    election->confirmed_at = sim_now(link->world);
}

void sim_election_ended(struct sim_link *link)
{
    struct sim_election *election = sim_election_find(link->hub, link->party->target);

    if (election == NULL || link->life != link->hub->life) {
        return;
    }
    sim_election_unchoose(link);
    if (election->confirmed == link) {
        election->confirmed = NULL;
    }
}

void sim_election_gone(struct sim_link *link)
{
    struct sim_election *election = sim_election_find(link->hub, link->party->target);

    sim_election_ended(link);
    if (election != NULL && link->life == link->hub->life && election->promoted == link) {
        election->promoted = NULL;
        election->demoting = false;
    }
}

/* Two that believe it at once, with sound links both: nobody could tell them which one is right. */
void sim_election_believed(struct sim_party *party)
{
    struct sim_world *world = party->world;

    for (uint32_t n = 0; n < world->n_parties; n++) {
        const struct sim_party *other = world->parties[n];

        if (other == party || !other->leads || other->link == NULL || strcmp(other->target, party->target) != 0) {
            continue;
        }
        if (other->link->life == party->link->life && sim_link_sound(other->link) && sim_link_sound(party->link)) {
            sim_complain(world, SIM_RULE_ONE_PRIMARY, NULL,
                         "%s leads %s in term %" PRIu64 " while %s leads it in term %" PRIu64, party->name,
                         party->target, party->term, other->name, other->term);
        }
    }
}
