#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/world.h"

/*
 * A service says and hears signals itself, as a dialect would. What it is asked is its command's name:
 *
 *     DO      answered soon, well          FAIL    answered soon, with an error of its own
 *     SLOW    answered late                MUTE    never answered
 *
 * The number of what was said stands in the payload.
 */

struct service_answer {
    struct graph_service *service;
    struct ald_id id;
    uint32_t life;
    bool fails;
};

void graph_service_come(struct graph_service *service)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_signal capable = ald_signal_of(ALD_SIGNAL_CAPABLE);

    if (service->there || service->hub->hub == NULL) {
        return;
    }
    graph_fault(service->world);
    service->there = true;
    service->since = graph_now(service->world);
    service->life++;
    service->heard = 0;
    graph_end_open(&service->end, service->name);
    hello.target = ald_str(service->name);
    hello.taken = service->shared ? ALD_TAKEN_SHARE : ALD_TAKEN_REFUSE;
    hello.traits = ALD_CAN_CANCEL | ALD_CAN_STATUS | ALD_CAN_OUTCOME | ALD_CAN_REPORT;
    graph_end_signal(&service->end, &hello);
    capable.text = ALD_STR("NOISE");
    graph_end_signal(&service->end, &capable);
}

void graph_service_gone(struct graph_service *service)
{
    service->there = false;
    service->life++;
    service->end.conn = 0;
}

static uint32_t number_of(const struct ald_msg *msg)
{
    char text[64];

    snprintf(text, sizeof(text), "%.*s", (int)ALD_MIN(msg->payload.size, sizeof(text) - 1),
             (const char *)msg->payload.data);
    return (uint32_t)strtoul(text, NULL, 10);
}

/* Of an event that went far, a hub keeps no payload. */
static uint32_t number_of_id(const struct ald_msg *msg)
{
    uint64_t number = 0;

    return ald_str_u64(ald_str_from(msg->wire_id, 1), &number) == 0 ? (uint32_t)number : UINT32_MAX;
}

static struct ald_msg *service_msg(struct graph_world *world, enum ald_kind kind, uint32_t number)
{
    struct ald_msg *msg = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    char text[32];
    int r = ald_msg_new(world->messages, kind, &msg);

    ald_assert(r == 0);
    snprintf(text, sizeof(text), "%u", number);
    r = ald_slice_copy(ald_str(text), &payload);
    ald_assert(r == 0);
    ald_msg_set_slice(msg, &msg->payload, payload);
    ald_slice_clear(&payload);
    return msg;
}

static void service_answer(void *who, uint64_t what)
{
    struct service_answer *answer = who;
    struct graph_service *service = answer->service;
    struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);

    if (service->there && service->life == answer->life) {
        reply.id = answer->id;
        reply.msg = service_msg(service->world, ALD_REPLY, (uint32_t)what);
        reply.msg->outcome = answer->fails ? ALD_FAILED : ALD_SUCCEEDED;
        reply.msg->cause = answer->fails ? ALD_CAUSE_AGENT_FAILED : ALD_CAUSE_NONE;
        ald_msg_seal(reply.msg);
        graph_end_signal(&service->end, &reply);
    }
    free(answer);
}

static void service_asked(struct graph_service *service, const struct ald_signal *signal)
{
    struct graph_world *world = service->world;
    struct ald_str name = signal->msg->name;
    uint32_t number = number_of(signal->msg);
    struct service_answer *answer;
    ald_usec wait = graph_below(world, 30) * ALD_MSEC;

    graph_heard(world, service, number);
    if (ald_str_equal(name, ALD_STR("MUTE"))) {
        return;
    }
    answer = calloc(1, sizeof(*answer));
    ald_assert(answer != NULL);
    *answer = (struct service_answer){service, signal->id, service->life, ald_str_equal(name, ALD_STR("FAIL"))};
    wait += ald_str_equal(name, ALD_STR("SLOW")) ? 700 * ALD_MSEC : 0;
    sim_clock_at(&world->clock, graph_now(world) + wait, service_answer, answer, number);
}

static void service_written(void *who, uint64_t what)
{
    struct graph_service *service = who;

    if (service->there) {
        graph_end_written(&service->end, what);
    }
}

void graph_service_apply(struct graph_service *service, const struct ald_effect *effect)
{
    struct graph_world *world = service->world;
    const struct ald_signal *signal = &effect->signal;

    if (effect->kind != ALD_EFFECT_SIGNAL) {
        return;
    }
    service->heard = signal->ordinal;
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
        service_asked(service, signal);
        break;
    case ALD_SIGNAL_EVENT:
        graph_heard(world, service, number_of(signal->msg));
        break;
    case ALD_SIGNAL_REPLY:
        graph_ended(world, number_of(signal->request), signal);
        break;
    case ALD_SIGNAL_REPORT:
        graph_reported(world, number_of_id(signal->request), signal->cause);
        break;
    case ALD_SIGNAL_DENIED:
        graph_break(world, "%s is denied its name: %.*s", service->name, ALD_STR_ARG(signal->text));
        break;
    default:
        break;
    }
    sim_clock_at(&world->clock, graph_now(world), service_written, service, signal->ordinal);
}

static void said_address(struct ald_msg *msg, enum graph_kind kind, const char *to)
{
    struct ald_address address = ALD_ADDRESS_NONE;
    const char *colon = strchr(to, ':');
    int r;

    if (kind == GRAPH_BROADCAST || kind == GRAPH_EVERYONE) {
        address.scope = ALD_SCOPE_EVERYWHERE;
    }
    if (kind != GRAPH_BROADCAST) {
        address.target = ald_str(colon != NULL ? colon + 1 : to);
    }
    if (colon != NULL) {
        address.hub = ald_str_of(to, (size_t)(colon - to));
    }
    r = ald_msg_set_address(msg, &msg->to, &address);
    ald_assert(r == 0);
}

/* The numbers of hops to the nearest hub that has the target; 255: none. */
static uint8_t said_hops(const struct graph_world *world, const struct graph_service *from, const char *to)
{
    uint8_t hops[GRAPH_HUBS_MAX];
    uint32_t reach = graph_reach(world, from->hub, hops);
    const char *colon = strchr(to, ':');
    uint8_t best = 255;

    for (uint32_t i = 0; i < world->n_services; i++) {
        const struct graph_service *service = &world->services[i];
        bool named = strcmp(service->name, colon != NULL ? colon + 1 : to) == 0;
        bool there = colon == NULL || ald_str_equal(ald_str(service->hub->id), ald_str_of(to, (size_t)(colon - to)));

        if (named && there && service->there && (reach >> service->hub->index & 1) != 0) {
            best = ALD_MIN(best, hops[service->hub->index]);
        }
    }
    return best;
}

bool graph_service_say(struct graph_service *service, enum graph_kind kind, const char *to, const char *name,
                       ald_usec ttl)
{
    struct graph_world *world = service->world;
    struct ald_signal signal = ald_signal_of(kind == GRAPH_COMMAND ? ALD_SIGNAL_COMMAND : ALD_SIGNAL_EVENT);
    uint32_t number = world->n_said;
    struct graph_said *said = &world->said[number];
    char wire_id[16];
    int r;

    if (!service->there || number == GRAPH_SAID_MAX) {
        return false;
    }
    world->n_said++;
    *said = (struct graph_said){.kind = (uint8_t)kind,
                                .from = service,
                                .from_life = service->life,
                                .name = name,
                                .at = graph_now(world),
                                .deadline = graph_now(world) + ttl};
    snprintf(said->to, sizeof(said->to), "%s", to);
    said->calm = world->last_fault + GRAPH_SETTLE <= said->at;
    said->reach = graph_reach(world, service->hub, NULL);
    said->hops = kind == GRAPH_BROADCAST ? 255 : said_hops(world, service, to);
    graph_tell(world, "#%u %s at %s says %s to %s", number, service->name, service->hub->id, name, to);

    signal.msg = service_msg(world, kind == GRAPH_COMMAND ? ALD_COMMAND : ALD_EVENT, number);
    snprintf(wire_id, sizeof(wire_id), "w%u", number);
    r = ald_msg_set(signal.msg, &signal.msg->name, ald_str(name));
    ald_assert(r == 0);
    r = ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(wire_id));
    ald_assert(r == 0);
    if (kind == GRAPH_COMMAND) {
        signal.msg->ttl = ttl;
    } else {
        signal.msg->flags = ALD_MSG_REPORT | (kind == GRAPH_EVERYONE ? ALD_MSG_EVERYONE : 0);
    }
    said_address(signal.msg, kind, to);
    ald_msg_seal(signal.msg);
    graph_end_signal(&service->end, &signal);
    return true;
}
