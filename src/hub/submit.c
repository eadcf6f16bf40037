#include "hub/submit.h"

#include "hub/alive.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/filters.h"
#include "hub/hop.h"
#include "hub/notes.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/primary.h"
#include "hub/relay.h"
#include "hub/roster.h"
#include "hub/router.h"
#include "hub/self.h"
#include "hub/session.h"
#include "hub/target.h"
#include "hub/who.h"

/* A refusal that no record is kept of: there is nobody to keep it for, or no memory to keep it in. It borrows the
 * command itself, so that it can always be said. */
static void submit_refuse_bare(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal,
                               enum ald_cause cause)
{
    struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);

    reply.party = signal->party;
    reply.id = ald_hub_id(hub, ald_hub_number(hub));
    reply.request = ald_msg_ref(signal->msg);
    reply.outcome = ALD_REFUSED;
    reply.cause = (uint8_t)cause;
    reply.text = ald_str(ald_cause_text(cause));
    ald_hub_count(hub, ALD_N_REFUSED);
    ald_notes_bare(hub, ALD_NOTE_ENDED,
                   &(struct ald_notes_bare){.id = reply.id,
                                            .msg = signal->msg,
                                            .conn = conn,
                                            .party = ald_party_find(conn, signal->party),
                                            .cause = (uint8_t)cause});
    if (!ald_hub_conn_say(hub, conn, &reply)) {
        ald_hub_count(hub, ALD_N_REPLIES_UNDELIVERED);
    }
}

static bool name_fits(struct ald_str name)
{
    return name.size <= ALD_NAME_MAX;
}

static struct ald_route submit_refusal(enum ald_cause cause, const char *text)
{
    return (struct ald_route){.cause = (uint8_t)cause, .text = text};
}

static struct ald_route submit_judge_denied(const struct ald_signal *signal)
{
    if (signal->denied) {
        return submit_refusal(ALD_CAUSE_NOT_ALLOWED, "the sender's credential does not allow this command");
    }
    if (signal->cause != ALD_CAUSE_NONE && signal->cause < ALD_N_CAUSES) {
        return submit_refusal((enum ald_cause)signal->cause,
                              signal->cause == ALD_CAUSE_INVALID ? "the command breaks the schema of its name" : NULL);
    }
    return submit_refusal(ALD_CAUSE_NONE, NULL);
}

struct ald_route ald_submit_judge_form(const struct ald_msg *msg)
{
    bool names_fit = name_fits(msg->name) && name_fits(msg->wire_id) && name_fits(msg->version) &&
                     name_fits(msg->to.hub) && name_fits(msg->to.target) && name_fits(msg->to.channel);

    if (!names_fit) {
        return submit_refusal(ALD_CAUSE_INVALID, "a name is too long");
    }
    if (msg->name.size == 0) {
        return submit_refusal(ALD_CAUSE_INVALID, "the command has no name");
    }
    if (msg->mode > ALD_MODE_ALL) {
        return submit_refusal(ALD_CAUSE_INVALID, "there is no such mode");
    }
    if (msg->filters.size > ALD_FILTERS_MAX) {
        return submit_refusal(ALD_CAUSE_INVALID, "too many filters");
    }
    if (msg->to_kind >= ALD_N_TO_KINDS) {
        return submit_refusal(ALD_CAUSE_INVALID, "there is no such kind of party");
    }
    if (ald_str_present(msg->to.channel) ? msg->mode == ALD_MODE_ALL || msg->mode == ALD_MODE_PRIMARY
                                         : msg->mode == ALD_MODE_CHANNEL) {
        return submit_refusal(ALD_CAUSE_INVALID, "the mode and the address do not go together");
    }
    return submit_refusal(ALD_CAUSE_NONE, NULL);
}

/* What is wrong with where a command is to go. */
static struct ald_route submit_judge_address(const struct ald_msg *msg)
{
    if (msg->to.scope != ALD_SCOPE_ONE && !ald_hop_is_elsewhere(msg)) {
        return submit_refusal(ALD_CAUSE_UNSUPPORTED, "a command goes to one target, not to a scope");
    }
    return submit_refusal(ALD_CAUSE_NONE, NULL);
}

/* What nobody may rely on before it exists is refused, never ignored. */
struct ald_route ald_submit_judge_options(const struct ald_msg *msg)
{
    if ((msg->flags & ALD_MSG_DURABLE) != 0) {
        return submit_refusal(ALD_CAUSE_UNSUPPORTED, "durable commands need a store");
    }
    if (ald_str_present(msg->collapse)) {
        return submit_refusal(ALD_CAUSE_UNSUPPORTED, "collapse keys need a store");
    }
    return submit_refusal(ALD_CAUSE_NONE, NULL);
}

/* Is `name` one of the comma separated `patterns`? */
static bool name_matches(struct ald_str name, struct ald_str patterns)
{
    while (patterns.size > 0) {
        struct ald_str pattern = ald_str_trim(ald_str_pop(&patterns));

        if (pattern.size > 0 && pattern.data[pattern.size - 1] == '*') {
            pattern.size--;
            if (ald_str_starts(name, pattern)) {
                return true;
            }
        } else if (pattern.size > 0 && ald_str_equal(name, pattern)) {
            return true;
        }
    }
    return false;
}

static bool party_is_primary(const struct ald_party *party)
{
    return party->channel != NULL && ald_primary_find(party->channel->target) == party->channel;
}

/* "A rule can say that a command name may only come from the primary channel of its target." (DESIGN section 1) */
struct ald_route ald_submit_judge_sender(const struct ald_hub *hub, const struct ald_party *party,
                                         const struct ald_signal *signal)
{
    bool is_ours = party->peering == ALD_PEERING_NONE; /* else it was judged where it was submitted */
    bool is_guarded = signal->primary_only || (is_ours && name_matches(signal->msg->name, hub->config.primary_only));

    if (is_guarded && !party_is_primary(party)) {
        return submit_refusal(ALD_CAUSE_NOT_ALLOWED, "only the primary channel of its target may send this command");
    }
    return submit_refusal(ALD_CAUSE_NONE, NULL);
}

/* What it costs while it waits, before there is a record that could be asked. */
static size_t submit_cost(const struct ald_msg *msg)
{
    return sizeof(struct ald_command) + ald_msg_cost(msg);
}

/* What is wrong with it now. */
static struct ald_route submit_judge_state(const struct ald_hub *hub, const struct ald_party *party, size_t cost)
{
    uint32_t max =
        party->peering != ALD_PEERING_NONE ? hub->config.peer_in_flight_max : hub->config.caller_in_flight_max;

    if (hub->draining) {
        return submit_refusal(ALD_CAUSE_DRAINING, NULL);
    }
    /*
     * Why it is not rather left unread until there is room: a command that is not read has no deadline here yet, and would end
     * later than its caller was promised; nothing else that the caller says, its goodbye, its cancels, what it acknowledges and what it
     * answers as an agent, would be read either, and where nobody answers it would never be again. Its refusal is an outcome.
     */
    if (party->conn->n_submitted >= max) {
        return submit_refusal(ALD_CAUSE_BUSY, "the caller has too many commands in flight");
    }
    if (party->session != NULL && party->session->full) {
        return submit_refusal(ALD_CAUSE_BUSY, "the caller does not acknowledge what it is told");
    }
    if (ald_hub_n_admitted(hub) >= hub->config.commands_max) {
        return submit_refusal(ALD_CAUSE_BUSY, "the hub has too many commands in flight");
    }
    /* A single command may be larger than all that is allowed, if it comes alone. */
    if (hub->open_bytes > 0 && hub->open_bytes + cost > hub->config.commands_bytes_max) {
        return submit_refusal(ALD_CAUSE_BUSY, "the commands in flight hold too many bytes");
    }
    return submit_refusal(ALD_CAUSE_NONE, NULL);
}

/* Nobody here has it: who else? A channel is looked for where its target is. */
static struct ald_route submit_route_elsewhere(struct ald_hub *hub, const struct ald_msg *msg,
                                               const struct ald_travel *travel, struct ald_route route)
{
    struct ald_route elsewhere;

    if (hub->graph.n_links == 0) {
        return route;
    }
    elsewhere = ald_hop_command(hub, msg, travel, submit_cost(msg));
    return elsewhere.cause == ALD_CAUSE_NONE || elsewhere.text != NULL ? elsewhere : route;
}

/* The edge's verdict comes first: who may not send it learns nothing else. */
static struct ald_route submit_route(struct ald_hub *hub, const struct ald_party *party,
                                     const struct ald_signal *signal, const struct ald_travel *travel)
{
    const struct ald_msg *msg = signal->msg;
    struct ald_route route = submit_judge_denied(signal);

    if (route.cause == ALD_CAUSE_NONE) {
        route = ald_submit_judge_form(msg);
    }
    if (route.cause == ALD_CAUSE_NONE) {
        route = submit_judge_address(msg);
    }
    if (route.cause == ALD_CAUSE_NONE) {
        route = ald_submit_judge_options(msg);
    }
    if (route.cause == ALD_CAUSE_NONE) {
        route = ald_submit_judge_sender(hub, party, signal);
    }
    if (route.cause == ALD_CAUSE_NONE) {
        route = submit_judge_state(hub, party, submit_cost(msg));
    }
    if (route.cause != ALD_CAUSE_NONE) {
        return route;
    }
    if (ald_hop_is_loop(hub, party, travel)) {
        return submit_refusal(ALD_CAUSE_DUPLICATE, "it came back to where it began");
    }
    if (ald_hop_is_abroad(hub, msg) || ald_hop_skips_us(hub, msg, travel)) {
        return ald_hop_command(hub, msg, travel, submit_cost(msg));
    }
    if (ald_self_is_meant(msg)) {
        return route;
    }
    if (ald_alive_is_meant(hub, msg)) {
        return route;
    }
    route = msg->mode == ALD_MODE_ALL ? ald_route_target(hub, msg) : ald_route_command(hub, msg, submit_cost(msg));
    if (route.cause == ALD_CAUSE_NO_TARGET || route.cause == ALD_CAUSE_NO_CHANNEL) {
        return submit_route_elsewhere(hub, msg, travel, route);
    }
    return route;
}

void ald_submit_compact(struct ald_hub *hub, struct ald_msg *msg)
{
    if (msg->refs == 1 && ald_msg_compact(msg) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
}

static void submit_place(struct ald_hub *hub, struct ald_command *command, const struct ald_route *route)
{
    if (route->cause != ALD_CAUSE_NONE) {
        ald_command_refuse(hub, command, (enum ald_cause)route->cause, route->text);
        return;
    }
    if (command->is_duplicate) {
        ald_command_refuse(hub, command, ALD_CAUSE_DUPLICATE, NULL);
        return;
    }
    if (hub->now >= command->deadline) {
        ald_command_expired(hub, command); /* it had no time left when it came */
        return;
    }
    if (route->target == NULL) { /* nothing else was found for it */
        ald_self_answer(hub, command);
        return;
    }
    command->target = route->target;
    command->target->n_commands++;
    command->is_abroad = route->abroad;
    if (route->abroad) {
        ald_hub_count(hub, route->flooded ? ALD_N_COMMANDS_FLOODED : ALD_N_COMMANDS_ABROAD);
    }
    if (command->mode == ALD_MODE_ALL && !route->abroad) {
        ald_roster_start(hub, command);
    } else if (route->queue != NULL) {
        ald_delivery_queue(hub, command, route->queue, route->channel);
    } else {
        ald_delivery_hand(hub, command, route->channel);
    }
    command->is_flooded =
        route->flooded && command->place == ALD_PLACE_HANDED; /* one that waits is for that daemon alone */
    if (command->is_flooded) {
        command->flooded_at = ald_hub_number(hub);
        ald_relay_command(hub, command);
    }
}

bool ald_submit_is_sound(const struct ald_signal *signal, enum ald_kind kind)
{
    return signal->msg != NULL && signal->msg->sealed && signal->msg->kind == kind;
}

/* Who says it: the party itself, or who it speaks for; of a hub, whoever it says. NULL: memory is short. */
static struct ald_who *submit_who(const struct ald_party *party, const struct ald_signal *signal,
                                  const struct ald_travel *travel)
{
    struct ald_who *who = party->who;

    if (travel != NULL) {
        return ald_who_new_far(who, signal->msg->from.target, signal->principal, travel, &who) == 0 ? who : NULL;
    }
    if (!ald_str_present(signal->principal)) {
        return ald_who_ref(who);
    }
    return ald_who_new(who->target, signal->principal, who->peer, who->dialect, &who) == 0 ? who : NULL;
}

/* Every daemon that it reaches on several ways knows it again, and so do we. NULL: memory is short. */
static struct ald_who *submit_flooded_who(struct ald_hub *hub, struct ald_who *who, const struct ald_travel *travel)
{
    char room[ALD_RELAY_ID_MAX], list[ALD_RELAY_INFORMED_MAX];
    bool is_known = travel != NULL && travel->id.size > 0;
    struct ald_str id = is_known ? travel->id : ald_relay_id(hub, room);
    struct ald_str informed = ald_relay_informed(hub, is_known ? travel->informed : ALD_STR_NONE, list);
    struct ald_who *known = NULL;

    if (who != NULL && ald_who_new_known(who, id, informed, &known) < 0) {
        known = NULL;
    }
    ald_who_unref(who);
    return known;
}

static void submit_note_loop(struct ald_hub *hub, const struct ald_party *party, const struct ald_travel *travel)
{
    if (ald_hop_is_loop(hub, party, travel)) {
        ald_hub_count(hub, ALD_N_LOOPED);
        ald_peer_tell_loops(hub, party);
    }
}

void ald_submit_command(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    ALD_AUTO(ald_who_unref) struct ald_who *from = NULL;
    struct ald_party *party = ald_party_find(conn, signal->party);
    const struct ald_travel *travel;
    struct ald_command *command;
    struct ald_route route;

    if (!ald_submit_is_sound(signal, ALD_COMMAND)) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    ald_hub_count(hub, ALD_N_SUBMITTED);
    if (party == NULL) {
        submit_refuse_bare(hub, conn, signal, ALD_CAUSE_NOT_ALLOWED);
        return;
    }
    travel = ald_hop_travel(hub, party, signal);
    if (!ald_relay_take(hub, travel)) {
        return; /* it came another way before, and has its outcome there */
    }
    submit_note_loop(hub, party, travel);
    route = submit_route(hub, party, signal, travel);
    if (route.queue != NULL) {
        ald_submit_compact(hub, signal->msg);
    }
    from = submit_who(party, signal, travel);
    if (route.flooded) {
        from = submit_flooded_who(hub, ald_steal(&from), travel);
    }
    if (from == NULL || ald_command_new(hub, party, from, signal->msg, &command) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_REFUSED_BUSY);
        submit_refuse_bare(hub, conn, signal, ALD_CAUSE_BUSY);
        return;
    }
    if (command->msg->to.channel.size > 0) {
        command->mode = ALD_MODE_CHANNEL;
    }
    ald_notes_command(hub, ALD_NOTE_SUBMITTED, command, command->msg);
    if (signal->denied) {
        ald_hub_count(hub, ALD_N_COMMANDS_DENIED);
        ald_command_write(hub, command, ALD_LINE_DENIED);
    }
    if (signal->request != NULL && route.cause != ALD_CAUSE_NONE && route.cause == signal->cause) {
        ald_command_end(hub, command,
                        &(struct ald_end){.outcome = ALD_REFUSED, .cause = route.cause, .reply = signal->request});
        return;
    }
    submit_place(hub, command, &route);
}
