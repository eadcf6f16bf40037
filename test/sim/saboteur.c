#include "sim/saboteur.h"

#include <string.h>

#include "sim/election.h"
#include "sim/world.h"

static const struct {
    const char *word;
    enum sim_rule rule;
} sabotages[SIM_N_SABOTAGES] = {
#define SIM_X(name, word, rule, text) [SIM_SABOTAGE_##name] = {word, SIM_RULE_##rule},
    SIM_SABOTAGES(SIM_X)
#undef SIM_X
};

const char *sim_sabotage_word(enum sim_sabotage sabotage)
{
    ald_assert(sabotage < SIM_N_SABOTAGES);
    return sabotages[sabotage].word;
}

int sim_sabotage_rule(enum sim_sabotage sabotage)
{
    ald_assert(sabotage < SIM_N_SABOTAGES);
    return (int)sabotages[sabotage].rule;
}

int sim_sabotage_find(const char *word)
{
    for (int n = 0; n < SIM_N_SABOTAGES; n++) {
        if (strcmp(word, sabotages[n].word) == 0) {
            return n;
        }
    }
    return -1;
}

static bool saboteur_strikes(struct sim_world *world, uint32_t in_1000)
{
    if (!sim_chance(world, in_1000)) {
        return false;
    }
    world->saboteur.n_struck++;
    return true;
}

/* The same signal once more, with references of its own. */
static struct ald_signal saboteur_copy(const struct ald_signal *signal)
{
    struct ald_signal copy = *signal;

    if (copy.msg != NULL) {
        ald_msg_ref(copy.msg);
    }
    if (copy.request != NULL) {
        ald_msg_ref(copy.request);
    }
    return copy;
}

static void saboteur_tell(struct sim_link *link, struct ald_msg *request, uint8_t outcome, uint8_t cause)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.request = ald_msg_ref(request);
    signal.outcome = outcome;
    signal.cause = cause;
    sim_edge_say(link, &signal);
}

static void saboteur_tell_late(void *who, uint64_t what)
{
    struct sim_world *world = who;
    struct sim_link *link = world->saboteur.late_link;

    ald_ignore(what); /* there is one late word at a time */
    if (link != NULL && !link->hub_end && !link->cut) {
        saboteur_tell(link, world->saboteur.late, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    }
    sim_saboteur_fini(&world->saboteur);
}

void sim_saboteur_fini(struct sim_saboteur *saboteur)
{
    saboteur->late = ald_msg_unref(saboteur->late);
    saboteur->late_link = NULL;
}

static bool saboteur_replaces_outcome(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    struct sim_command *command = sim_history_find(world, signal->request);
    bool succeeded = signal->outcome == ALD_SUCCEEDED && command != NULL && command->order.about == 0;

    switch ((enum sim_sabotage)world->saboteur.kind) {
    case SIM_SABOTAGE_LATE_SUCCESS:
        if (signal->outcome != ALD_EXPIRED || world->saboteur.late != NULL || !saboteur_strikes(world, 1000)) {
            return false;
        }
        world->saboteur.late = ald_msg_ref(signal->request);
        world->saboteur.late_link = link;
        sim_clock_at(&world->clock, sim_now(world) + 2 * ALD_SEC, saboteur_tell_late, world, 0);
        ald_signal_clear(signal);
        return true;
    case SIM_SABOTAGE_LIE_SUCCESS:
        signal->outcome =
            signal->outcome == ALD_FAILED && saboteur_strikes(world, 1000) ? ALD_SUCCEEDED : signal->outcome;
        return false;
    case SIM_SABOTAGE_LIE_LOST:
        signal->outcome = succeeded && saboteur_strikes(world, 100) ? ALD_LOST : signal->outcome;
        return false;
    case SIM_SABOTAGE_TELL_STRANGER:
        if (command != NULL && command->order.about != 0 && signal->cause == ALD_CAUSE_NOT_ALLOWED) {
            world->saboteur.n_struck++;
            signal->outcome = ALD_SUCCEEDED;
            signal->cause = ALD_CAUSE_NONE;
        }
        return false;
    case SIM_SABOTAGE_REFUSE_SENT:
        signal->outcome = succeeded && saboteur_strikes(world, 100) ? ALD_REFUSED : signal->outcome;
        return false;
    case SIM_SABOTAGE_CANCEL_UNASKED:
        signal->outcome =
            succeeded && command->taken_back == 0 && saboteur_strikes(world, 100) ? ALD_CANCELLED : signal->outcome;
        return false;
    default:
        return false;
    }
}

static bool saboteur_says_reply(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    struct ald_signal copy;

    switch ((enum sim_sabotage)world->saboteur.kind) {
    case SIM_SABOTAGE_DROP_REPLY:
        if (!saboteur_strikes(world, 100)) {
            return false;
        }
        ald_signal_clear(signal);
        return true;
    case SIM_SABOTAGE_NEVER_ANSWER:
        world->saboteur.n_struck++;
        ald_signal_clear(signal);
        return true;
    case SIM_SABOTAGE_ANSWER_TWICE:
        if (saboteur_strikes(world, 100)) {
            copy = saboteur_copy(signal);
            sim_edge_say(link, &copy);
        }
        return false;
    default:
        return saboteur_replaces_outcome(world, link, signal);
    }
}

static struct sim_link *saboteur_other_channel(const struct sim_link *link)
{
    for (struct sim_link *it = link->hub->links; it != NULL; it = it->next) {
        if (it->registered && sim_link_sound(it) && strcmp(it->party->target, link->party->target) != 0) {
            return it;
        }
    }
    return NULL;
}

/* One that may lead at the same target, and does not. */
static const struct sim_link *saboteur_other_leader(struct sim_hub *hub, struct ald_str channel)
{
    const struct sim_link *chosen = hub->links;

    while (chosen != NULL && !ald_str_equal(channel, ald_str(chosen->channel))) {
        chosen = chosen->next;
    }
    for (const struct sim_link *it = hub->links; it != NULL && chosen != NULL; it = it->next) {
        if (it->registered && sim_link_sound(it) && it->party != chosen->party && sim_party_may_lead(it->party) &&
            !it->party->leads && strcmp(it->party->target, chosen->party->target) == 0) {
            return it;
        }
    }
    return NULL;
}

static bool saboteur_says_command(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    struct sim_command *command = sim_history_find(world, signal->msg);
    struct sim_link *other;
    struct ald_signal copy;

    if (command == NULL || command->admitted == 0) {
        return false;
    }
    switch ((enum sim_sabotage)world->saboteur.kind) {
    case SIM_SABOTAGE_LOSE_QUEUED:
        if (command->admitted == sim_now(world) || !saboteur_strikes(world, 1000)) {
            return false;
        }
        ald_signal_clear(signal);
        return true;
    case SIM_SABOTAGE_WRONG_CHANNEL:
        other = saboteur_other_channel(link);
        if (other == NULL || !saboteur_strikes(world, 100)) {
            return false;
        }
        sim_edge_say(other, signal);
        return true;
    case SIM_SABOTAGE_SEND_TWICE:
        if ((command->order.flags & ALD_MSG_IDEMPOTENT) == 0 && saboteur_strikes(world, 100)) {
            copy = saboteur_copy(signal);
            sim_edge_say(link, &copy);
        }
        return false;
    case SIM_SABOTAGE_EXPIRE_EARLY:
        if (command->link->hub_end || !sim_link_sound(command->link) || !saboteur_strikes(world, 100)) {
            return false;
        }
        copy = saboteur_copy(signal);
        sim_edge_say(link, &copy);
        saboteur_tell(command->link, signal->msg, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
        ald_signal_clear(signal);
        return true;
    default:
        return false;
    }
}

/* An answer that nobody gave. */
static void saboteur_answer(void *who, uint64_t what)
{
    struct ald_signal *answer = who;
    struct sim_link *link = (struct sim_link *)(uintptr_t)what;

    sim_edge_signal(link, answer);
}

static bool saboteur_says_primary(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    const struct sim_election *election = sim_election_find(link->hub, link->party->target);
    struct ald_signal *answer;

    if (world->saboteur.kind == SIM_SABOTAGE_OLD_TERM && signal->primary && election != NULL && election->term != 0) {
        world->saboteur.n_struck++;
        signal->term = election->term;
        return false;
    }
    if (world->saboteur.kind != SIM_SABOTAGE_SKIP_DEMOTION || signal->primary || !link->party->leads) {
        return false;
    }
    world->saboteur.n_struck++;
    answer = sim_arena_get(&world->arena, sizeof(*answer));
    *answer = ald_signal_of(ALD_SIGNAL_PRIMARY);
    answer->id = signal->id;
    answer->ok = true;
    sim_clock_at(&world->clock, sim_now(world), saboteur_answer, answer, (uint64_t)(uintptr_t)link);
    ald_signal_clear(signal);
    return true;
}

static bool saboteur_says_event(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    struct ald_signal copy;
    bool is_published = ald_str_present(signal->msg->to.target) && signal->msg->to.target.size == 0;

    if (world->saboteur.kind == SIM_SABOTAGE_DROP_EVENT && is_published && saboteur_strikes(world, 100)) {
        ald_signal_clear(signal);
        return true;
    }
    if (world->saboteur.kind == SIM_SABOTAGE_EVENT_TWICE && is_published && saboteur_strikes(world, 100)) {
        copy = saboteur_copy(signal);
        sim_edge_say(link, &copy);
    }
    return false;
}

bool sim_saboteur_say(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    if (world->saboteur.kind == SIM_SABOTAGE_NONE) {
        return false;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REPLY:
        return saboteur_says_reply(world, link, signal);
    case ALD_SIGNAL_COMMAND:
        return saboteur_says_command(world, link, signal);
    case ALD_SIGNAL_PRIMARY:
        return saboteur_says_primary(world, link, signal);
    case ALD_SIGNAL_EVENT:
        return saboteur_says_event(world, link, signal);
    case ALD_SIGNAL_SUBSCRIBED:
        if (world->saboteur.kind == SIM_SABOTAGE_HIDE_GAP && signal->gap != 0) {
            world->saboteur.n_struck++;
            signal->gap = 0;
        }
        return false;
    case ALD_SIGNAL_CANCEL:
        /* Of what it has lost it loses all traces. */
        if (world->saboteur.kind != SIM_SABOTAGE_LOSE_QUEUED || sim_history_handing(link->party, signal->id) != NULL) {
            return false;
        }
        ald_signal_clear(signal);
        return true;
    default:
        return false;
    }
}

bool sim_saboteur_hear(struct sim_world *world, struct sim_link *link, struct ald_signal *signal)
{
    if (world->saboteur.kind == SIM_SABOTAGE_REFUSE_ALL && signal->kind == ALD_SIGNAL_COMMAND) {
        world->saboteur.n_struck++;
        saboteur_tell(link, signal->msg, ALD_REFUSED, ALD_CAUSE_BUSY);
        return true;
    }
    if (world->saboteur.kind == SIM_SABOTAGE_LET_PASS && signal->denied) {
        world->saboteur.n_struck++;
        signal->denied = false;
        return false;
    }
    if (world->saboteur.kind == SIM_SABOTAGE_IGNORE_REPLY && signal->kind == ALD_SIGNAL_REPLY) {
        return saboteur_strikes(world, 300);
    }
    return false;
}

bool sim_saboteur_ask(struct sim_hub *hub, struct ald_event *event)
{
    static const uint8_t ignored[SIM_N_SABOTAGES] = {
        [SIM_SABOTAGE_IGNORE_CANCEL] = ALD_EVENT_CANCEL,
        [SIM_SABOTAGE_IGNORE_LEAVE] = ALD_EVENT_CHANNEL_LEAVE,
    };
    struct sim_world *world = hub->world;
    const struct sim_link *other;

    if (world->saboteur.kind == SIM_SABOTAGE_PROMOTE_OTHER && event->kind == ALD_EVENT_CHANNEL_PRIMARY) {
        other = saboteur_other_leader(hub, event->text);
        event->text = other != NULL ? ald_str(other->channel) : event->text;
        world->saboteur.n_struck += other != NULL;
    }
    if (ignored[world->saboteur.kind] == 0 || event->kind != ignored[world->saboteur.kind]) {
        return false;
    }
    world->saboteur.n_struck++;
    return true;
}

bool sim_saboteur_note(struct sim_hub *hub)
{
    return hub->world->saboteur.kind == SIM_SABOTAGE_DROP_NOTE && saboteur_strikes(hub->world, 500);
}
