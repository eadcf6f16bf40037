/*
 * What may be. Rules that hold always:
 *
 *     nothing is heard twice by the same service, and a unicast by one service only
 *     a command has one outcome, by its deadline and a second, while whoever asked is there
 *     refused: nobody heard it; succeeded and failed: somebody did; expired: not before the deadline
 *     an event that was reported as undelivered was not heard, unless nothing was heard of it (its hub was lost)
 *     an event to one service is heard or reported, while whoever said it is there
 *
 * Rules for what was said when nothing had happened for two seconds, and nothing happened until it was over:
 *
 *     a command to somebody who can be reached succeeds, fails or expires as it was asked to; to nobody, it is refused
 *     an event to somebody who can be reached is heard; to nobody, it is reported
 *     a broadcast is heard by every service of every hub that can be reached
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/world.h"

void graph_fault(struct graph_world *world)
{
    world->last_fault = graph_now(world);
    for (uint32_t i = world->n_said; i-- > 0;) {
        struct graph_said *said = &world->said[i];

        if (said->at + 30 * ALD_SEC < graph_now(world)) {
            break;
        }
        if (said->at + GRAPH_TRANSIT > graph_now(world) || (said->kind == GRAPH_COMMAND && said->n_outcomes == 0)) {
            said->calm = false;
        }
    }
}

uint32_t graph_reach(const struct graph_world *world, const struct graph_hub *from, uint8_t *ret_hops)
{
    uint8_t hops[GRAPH_HUBS_MAX];
    uint32_t reach = (uint32_t)1 << from->index;
    bool more = true;

    memset(hops, 255, sizeof(hops));
    hops[from->index] = 0;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < world->n_links; i++) {
            const struct graph_link *link = &world->links[i];

            for (uint8_t side = 0; side < 2 && link->open; side++) {
                uint32_t here = link->hubs[side]->index, there = link->hubs[1 - side]->index;

                if (hops[here] != 255 && hops[there] > hops[here] + 1) {
                    hops[there] = (uint8_t)(hops[here] + 1);
                    reach |= (uint32_t)1 << there;
                    more = true;
                }
            }
        }
    }
    if (ret_hops != NULL) {
        memcpy(ret_hops, hops, sizeof(hops));
    }
    return reach;
}

void graph_heard(struct graph_world *world, struct graph_service *service, uint32_t number)
{
    struct graph_said *said = &world->said[number];
    bool one = said->kind == GRAPH_COMMAND || said->kind == GRAPH_EVENT;

    graph_tell(world, "#%u is heard by %s at %s", number, service->name, service->hub->id);
    if (number >= world->n_said) {
        graph_break(world, "%s hears what nobody said", service->name);
        return;
    }
    said->n_heard++;
    if (++said->heard[service->index] > 1) {
        graph_break(world, "#%u is heard twice by %s", number, service->name);
    } else if (one && said->n_heard > 1) {
        graph_break(world, "#%u is heard by a second service, %s", number, service->name);
    }
    if (said->n_outcomes > 0 && said->outcome == ALD_REFUSED) {
        graph_break(world, "#%u was refused, and is heard by %s", number, service->name);
    }
    if (one && said->n_reports > 0 && !said->doubted) {
        graph_break(world, "#%u was reported, and is heard by %s", number, service->name);
    }
}

void graph_ended(struct graph_world *world, uint32_t number, const struct ald_signal *reply)
{
    struct graph_said *said = &world->said[number];
    struct ald_str text = reply->msg != NULL ? reply->msg->text : reply->text;

    graph_tell(world, "#%u ends: %s %s %.*s", number, ald_outcome_name((enum ald_outcome)reply->outcome),
               ald_cause_word((enum ald_cause)reply->cause), ALD_STR_ARG(text));
    said->outcome = reply->outcome;
    said->cause = reply->cause;
    said->ended = graph_now(world);
    if (++said->n_outcomes > 1) {
        graph_break(world, "#%u ends twice", number);
        return;
    }
    world->cover->outcomes[reply->outcome]++;
    if (said->ended > said->deadline + ALD_SEC) {
        graph_break(world, "#%u ends late", number);
    }
    switch ((enum ald_outcome)reply->outcome) {
    case ALD_REFUSED:
        if (said->n_heard > 0) {
            graph_break(world, "#%u is refused, and was heard", number);
        }
        break;
    case ALD_SUCCEEDED:
    case ALD_FAILED:
        if (said->n_heard == 0) {
            graph_break(world, "#%u %s, and nobody heard it", number,
                        ald_outcome_name((enum ald_outcome)reply->outcome));
        }
        break;
    case ALD_EXPIRED:
        if (said->ended < said->deadline) {
            graph_break(world, "#%u expires before its deadline", number);
        }
        break;
    default:
        break;
    }
}

void graph_reported(struct graph_world *world, uint32_t number, uint8_t cause)
{
    struct graph_said *said = &world->said[number];

    graph_tell(world, "#%u is reported: %s", number, ald_cause_word((enum ald_cause)cause));
    world->cover->n_reported++;
    said->doubted = cause == ALD_CAUSE_HUB_LOST;
    if (++said->n_reports > 1) {
        graph_break(world, "#%u is reported twice", number);
    } else if (said->n_heard > 0 && !said->doubted) {
        graph_break(world, "#%u is reported, and was heard", number);
    }
}

/* Whoever said it was there until it must have heard what became of it. */
static bool said_is_awaited(const struct graph_said *said)
{
    return said->from->there && said->from->life == said->from_life;
}

static void check_command(struct graph_world *world, uint32_t number, const struct graph_said *said)
{
    bool reachable = said->hops != 255;

    if (said_is_awaited(said) && said->n_outcomes != 1) {
        graph_break(world, "#%u never ends", number);
        return;
    }
    if (!said->calm || !said_is_awaited(said)) {
        return;
    }
    if (!reachable                        ? said->outcome != ALD_REFUSED
        : strcmp(said->name, "MUTE") == 0 ? said->outcome != ALD_EXPIRED
        : strcmp(said->name, "FAIL") == 0 ? said->outcome != ALD_FAILED
                                          : said->outcome != ALD_SUCCEEDED) {
        graph_break(world, "#%u %s to %s at %s, when nothing was wrong and it was %u hops away, is %s (%s)", number,
                    said->name, said->to, said->from->hub->id, said->hops,
                    ald_outcome_name((enum ald_outcome)said->outcome), ald_cause_word((enum ald_cause)said->cause));
    }
}

static void check_event(struct graph_world *world, uint32_t number, const struct graph_said *said)
{
    bool reachable = said->hops != 255;

    if (said_is_awaited(said) && said->n_heard == 0 && said->n_reports == 0) {
        graph_break(world, "#%u, an event to %s, is neither heard nor reported", number, said->to);
        return;
    }
    if (!said->calm || !said_is_awaited(said)) {
        return;
    }
    if (reachable && said->n_heard != 1) {
        graph_break(world, "#%u, an event to %s, %u hops away when nothing was wrong, is heard %u times", number,
                    said->to, said->hops, said->n_heard);
    } else if (!reachable && said->n_reports != 1) {
        graph_break(world, "#%u, an event to %s, who cannot be reached, is reported %u times", number, said->to,
                    said->n_reports);
    }
}

static void check_broadcast(struct graph_world *world, uint32_t number, const struct graph_said *said)
{
    if (!said->calm) {
        return;
    }
    for (uint32_t i = 0; i < world->n_services; i++) {
        const struct graph_service *service = &world->services[i];
        bool meant = said->kind == GRAPH_BROADCAST || strcmp(service->name, said->to) == 0;

        meant = meant && service->there && service->since <= said->at;
        if (meant && (said->reach >> service->hub->index & 1) != 0 && said->heard[i] != 1) {
            graph_break(world, "#%u, to everyone, when nothing was wrong, is not heard by %s at %s", number,
                        service->name, service->hub->id);
        }
    }
}

void graph_check(struct graph_world *world)
{
    struct graph_cover *cover = world->cover;

    for (uint32_t i = 0; i < world->n_said; i++) {
        const struct graph_said *said = &world->said[i];

        cover->n_said++;
        cover->kinds[said->kind]++;
        cover->n_calm += said->calm;
        cover->hops[said->hops < GRAPH_HUBS_MAX ? said->hops : GRAPH_HUBS_MAX]++;
        switch ((enum graph_kind)said->kind) {
        case GRAPH_COMMAND:
            check_command(world, i, said);
            break;
        case GRAPH_EVENT:
            check_event(world, i, said);
            break;
        default:
            check_broadcast(world, i, said);
            break;
        }
    }
}
