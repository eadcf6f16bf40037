#include <string.h>

#include "sim/world.h"

/* What a party may say that makes no sense: answers to no question, ids nobody gave out, words meant for the other side. */

#define STRANGE_ID "nobody knows this one"

bool sim_strange_is(const struct ald_msg *msg)
{
    return msg != NULL && ald_str_equal(msg->wire_id, ALD_STR(STRANGE_ID));
}

static struct ald_msg *strange_message(struct sim_world *world, enum ald_kind kind)
{
    struct ald_msg *msg = NULL;
    int r = ald_msg_new(world->messages, kind, &msg);

    ald_assert(r == 0);
    r = ald_msg_set(msg, &msg->wire_id, ALD_STR(STRANGE_ID));
    ald_assert(r == 0);
    msg->outcome = kind == ALD_REPLY ? ALD_SUCCEEDED : ALD_OUTCOME_NONE;
    msg->phase = ALD_PHASE_RUNNING;
    ald_msg_seal(msg);
    return msg;
}

static struct ald_id strange_id(struct sim_world *world)
{
    struct ald_id none = {0, 0};

    return sim_chance(world, 500) ? none : ald_id_make(ald_rng_next(&world->rng), sim_below(world, 1000));
}

void sim_strange_say(struct sim_party *party)
{
    static const enum ald_signal_kind kinds[] = {
        ALD_SIGNAL_REPLY,   ALD_SIGNAL_STATUS, ALD_SIGNAL_CANCEL,     ALD_SIGNAL_HEALTH,
        ALD_SIGNAL_PRIMARY, ALD_SIGNAL_ACKED,  ALD_SIGNAL_REGISTERED, ALD_SIGNAL_DENIED,
        ALD_SIGNAL_RESUME,  ALD_SIGNAL_TRAITS, ALD_SIGNAL_COMMAND,
    };
    struct sim_world *world = party->world;
    struct ald_signal signal = ald_signal_of(kinds[sim_below(world, ALD_COUNT(kinds))]);

    if (party->link == NULL || party->session != 0) {
        return;
    }
    signal.id = strange_id(world);
    signal.ok = true;
    signal.healthy = sim_chance(world, 500);
    signal.primary = sim_chance(world, 500);
    signal.term = sim_below(world, 10);
    signal.serial = signal.kind == ALD_SIGNAL_ACKED ? sim_below(world, 100) : 0;
    signal.session = signal.kind == ALD_SIGNAL_RESUME ? ald_rng_next(&world->rng) : 0;
    signal.traits = party->traits;
    switch ((enum ald_signal_kind)signal.kind) {
    case ALD_SIGNAL_REPLY:
        signal.msg = strange_message(world, ALD_REPLY);
        break;
    case ALD_SIGNAL_STATUS:
        signal.msg = strange_message(world, ALD_STATUS);
        break;
    case ALD_SIGNAL_CANCEL:
        signal.msg = strange_message(world, ALD_CANCEL);
        break;
    case ALD_SIGNAL_COMMAND:
        /* A number that the dialect never announced. */
        signal.party = 7;
        signal.msg = strange_message(world, ALD_COMMAND);
        break;
    default:
        break;
    }
    sim_link_push(party->link, SIM_UP, &signal, NULL);
}
