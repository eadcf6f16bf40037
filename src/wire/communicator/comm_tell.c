/*
 * Role hub: what the hub says becomes lines. A message keeps the receiver that its sender wrote (communicator.md 15), and
 * gets the sender that the hub knows; between two peers of this protocol its parameters are shared by reference.
 */

#include <stdio.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

/* --- events and commands ---------------------------------------------------------------------------------------- */

/* What a link to another daemon adds: six for the way, one for everybody, one for a command. */
enum { TRAVEL_EDITS = 8, TRAVEL_NUMBER = 24 };

struct travelling {
    struct ald_comm_edit edits[TRAVEL_EDITS];
    size_t n;
    char hops[TRAVEL_NUMBER], until[TRAVEL_NUMBER];
};

static void travelling_add(struct travelling *travelling, struct ald_str name, struct ald_str value)
{
    ald_assert(travelling->n < TRAVEL_EDITS);
    travelling->edits[travelling->n++] = (struct ald_comm_edit){name, value};
}

static struct ald_str number_format(char room[static TRAVEL_NUMBER], uint64_t number)
{
    int size = snprintf(room, TRAVEL_NUMBER, "%llu", (unsigned long long)number);

    return ald_str_of(room, (size_t)size);
}

/* A broadcast that says no end is taken for 10 seconds (communicator.md 1.5). */
static uint64_t travel_until(const struct ald_comm *comm, const struct ald_travel *travel)
{
    ald_wall until = travel->until != 0 ? travel->until : ald_comm_wall(comm) + 10 * ALD_SEC;

    return until / ALD_SEC;
}

static void travelling_make(struct ald_comm *comm, const struct ald_signal *signal, struct travelling *travelling)
{
    const struct ald_travel *travel = signal->travel;
    struct ald_str address = comm->identity != NULL ? comm->identity->address : ALD_STR_NONE;

    if (!ald_comm_is_peer(comm)) {
        return;
    }
    if ((signal->msg->flags & ALD_MSG_EVERYONE) != 0) {
        travelling_add(travelling, ALD_COMM_EVERYONE, ALD_STR("true"));
    }
    if (signal->kind == ALD_SIGNAL_COMMAND) { /* a daemon that has no such service says so then (communicator.md 5.6) */
        travelling_add(travelling, ALD_STR("transmission_report"), ALD_STR("failure"));
    }
    if (travel == NULL || travel->id.size == 0) {
        return;
    }
    travelling_add(travelling, ALD_STR("broadcast_msgid"), travel->id);
    travelling_add(travelling, ALD_STR("broadcast_hops"),
                   number_format(travelling->hops, (uint64_t)travel->daemons + 1)); /* this link is one */
    travelling_add(travelling, ALD_STR("broadcast_timeout"),
                   number_format(travelling->until, travel_until(comm, travel)));
    travelling_add(travelling, ALD_STR("broadcast_originator"),
                   ald_str_present(address) ? ald_comm_address_ip(address) : ALD_STR("127.0.0.1"));
    travelling_add(travelling, ALD_STR("broadcast_informed_neighbors"),
                   ald_str_present(travel->informed) ? travel->informed : ALD_STR(""));
    travelling_add(travelling, ALD_STR("secure_remote"), ALD_STR("false"));
}

/*
 * Who submitted it. What a caller without a name claims to be, and the hub lets pass, is said as it was claimed, with its
 * server; nobody else's claim is looked at.
 */
static int head_from(struct ald_comm *comm, const struct ald_signal *signal, struct ald_comm_head *head)
{
    const struct ald_address *claim = &signal->msg->from;
    bool is_claim = signal->msg->native_of == &ald_communicator && ald_str_equal(signal->from, claim->target);
    struct ald_str hub = ALD_STR_NONE;
    int r;

    if (signal->from.size == 0) {
        return 0;
    }
    if (signal->travel != NULL && signal->travel->hub.size > 0) {
        hub = signal->travel->hub;
    } else if (is_claim) {
        hub = claim->hub;
    }
    r = ald_comm_spelled(comm, signal->from, &head->from_service);
    if (r == 0 && ald_str_present(head->from_service)) {
        r = ald_comm_spelled(comm, hub, &head->from_server);
        head->from_server = r == 0 && ald_str_present(head->from_server) ? head->from_server : comm->own;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* Outcomes: as ald_comm_write_msg(). */
static int message_write(struct ald_comm *comm, const struct ald_signal *signal, struct ald_comm_head *head)
{
    struct travelling travelling = {.n = 0};
    int r;

    head->command = ald_comm_command_of(signal->msg);
    r = ald_comm_head_to(comm, &signal->msg->to, head);
    if (r == 0 && ald_comm_is_peer(comm) && ald_comm_is_order(head)) {
        r = ALD_COMM_ILLEGAL; /* of another protocol's party: a daemon obeys whatever comes over a link */
    }
    if (r > 0) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_UNSAYABLE);
    }
    travelling_make(comm, signal, &travelling);
    r = r == 0 ? ald_comm_write_msg(comm, signal->ordinal, head, signal->msg, travelling.edits, travelling.n) : r;
    return r < 0 ? ald_trace(r) : r;
}

static int event_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct ald_comm_head head = {.command = ALD_STR_NONE};
    int r = head_from(comm, signal, &head);

    r = r == 0 ? message_write(comm, signal, &head) : r;
    return r < 0 ? ald_trace(r) : 0; /* what cannot be said was counted */
}

static int command_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    char room[ALD_COMM_SENDER_MAX];
    struct ald_comm_head head = {.from_server = comm->own,
                                 .from_service = ald_comm_sender_format(ALD_COMM_ASKED_COMMAND, signal->id, room)};
    int r;

    comm->boot = signal->id.high;
    r = message_write(comm, signal, &head);
    switch (r) {
    case 0:
        return 0;
    case ALD_COMM_FULL:
        r = ald_comm_give_refused(comm, signal, ALD_CAUSE_TOO_LARGE, ald_cause_text(ALD_CAUSE_TOO_LARGE));
        return r < 0 ? ald_trace(r) : 0;
    case ALD_COMM_ILLEGAL:
        r = ald_comm_give_refused(comm, signal, ALD_CAUSE_INVALID, "the agent's protocol has no form for this name");
        return r < 0 ? ald_trace(r) : 0;
    case ALD_COMM_MALFORMED:
        r = ald_comm_give_refused(comm, signal, ALD_CAUSE_INVALID, "the payload is not JSON");
        return r < 0 ? ald_trace(r) : 0;
    default:
        return ald_trace(r);
    }
}

/* --- reports ---------------------------------------------------------------------------------------------------- */

/* Whom a message came from: nobody in particular on its own connection, but somebody behind a daemon. */
static int report_head(struct ald_comm *comm, const struct ald_signal *signal, struct ald_comm_head *head)
{
    const struct ald_msg *request = signal->request;
    int r;

    *head = ald_comm_head_own(comm, ALD_STR_NONE);
    if (signal->target.size > 0) { /* another hub has found it out */
        r = ald_comm_spelled(comm, signal->target, &head->from_server);
        if (r < 0) {
            return ald_trace(r);
        }
        head->from_server = ald_str_present(head->from_server) ? head->from_server : comm->own;
    }
    if (!ald_comm_is_peer(comm) || request->from.target.size == 0) {
        return 0;
    }
    r = ald_comm_head_to(comm, &request->from, head);
    return r < 0 ? ald_trace(r) : 0;
}

static int report_delivery(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_msg *request = signal->request;
    bool is_kept = signal->phase == ALD_PHASE_QUEUED;
    /* What happened at another hub says which that was. */
    const struct ald_comm_edit report[] = {
        {ALD_COMM_MESSAGE, ald_str_present(signal->from) ? signal->text : ALD_STR_NONE},
        {ALD_STR("command"), request->name},
        {ALD_STR("status"), is_kept ? ALD_STR("cached") : ALD_STR("failed")},
    };
    struct ald_comm_edit away[] = {{ALD_STR("unsent_command"), request->name},
                                   {ALD_STR("destination_service"), ALD_STR_NONE}};
    struct ald_comm_head head;
    int r = report_head(comm, signal, &head);

    /* communicator.md 5.5, 5.6: only of services that are known to come and go, and first. */
    if (r == 0 && !is_kept && (request->flags & ALD_MSG_TELL_AWAY) != 0 && signal->cause != ALD_CAUSE_NO_TARGET) {
        r = ald_comm_spelled(comm, request->to.target, &away[1].value);
        head.command = ALD_STR("SERVICE_UNAVAILABLE");
        r = r == 0 ? ald_comm_say(comm, signal->ordinal, &head, away, ALD_COUNT(away)) : r;
    }
    if (r == 0 && (request->flags & ALD_MSG_REPORT) != 0) {
        head.command = ALD_STR("TRANSMISSION_REPORT");
        r = ald_comm_say(comm, signal->ordinal, &head, report, ALD_COUNT(report));
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* A message to the daemon that neither it nor a controller knows (communicator.md 4: UNKNOWN). */
static int report_unknown(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_msg *request = signal->request;
    struct ald_comm_head sender = {.command = ALD_STR_NONE}, head;
    struct ald_comm_edit edits[] = {{ALD_STR("command"), request->name}, {ALD_STR("message"), ALD_STR_NONE}};
    bool is_barred = signal->cause == ALD_CAUSE_NOT_ALLOWED || signal->cause == ALD_CAUSE_INVALID ||
                     signal->cause == ALD_CAUSE_TOO_LARGE || signal->cause == ALD_CAUSE_UNSUPPORTED;
    int r;

    if (signal->phase == ALD_PHASE_QUEUED) {
        return 0;
    }
    r = ald_comm_spelled(comm, request->from.hub, &sender.from_server);
    r = r == 0 ? ald_comm_spelled(comm, request->from.target, &sender.from_service) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    head = ald_comm_head_back(comm, &sender, is_barred ? ALD_STR("INVALID") : ALD_STR("UNKNOWN"));
    edits[1].value = is_barred ? ald_str(ald_cause_text((enum ald_cause)signal->cause)) : ALD_STR_NONE;
    ald_comm_count(comm, is_barred ? ALD_COMMUNICATOR_N_INVALID : ALD_COMMUNICATOR_N_UNKNOWN);
    r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    return r < 0 ? ald_trace(r) : 0;
}

static int report_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_msg *request = signal->request;
    int r;

    if (request == NULL) {
        ald_comm_drop(comm);
        return 0;
    }
    r = !ald_str_present(request->to.target) && request->to.scope == ALD_SCOPE_ONE ? report_unknown(comm, signal)
                                                                                   : report_delivery(comm, signal);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the link itself -------------------------------------------------------------------------------------------- */

/* Was the oldest question about a name? The hub answers in order. */
static bool asked_pop(struct ald_comm *comm)
{
    bool was_named = (comm->asked & 1) != 0;

    if (comm->n_asked > 0) {
        comm->n_asked--;
        comm->asked >>= 1;
    }
    return was_named;
}

/* communicator.md 3: HELP and READY at once. Clients want an address in it, whatever it is. */
static int registered_say(struct ald_comm *comm, uint64_t ordinal)
{
    struct ald_str address = comm->identity != NULL ? comm->identity->address : ALD_STR_NONE;
    const struct ald_comm_edit edits[] = {
        {ALD_STR("my_address"), ald_str_present(address) ? address : ALD_STR("127.0.0.1:4042")}};
    struct ald_comm_head help = ald_comm_head_own(comm, ALD_STR("HELP"));
    struct ald_comm_head ready = ald_comm_head_own(comm, ALD_STR("READY"));
    int r = ald_comm_say(comm, ordinal, &help, NULL, 0);

    r = r == 0 ? ald_comm_say(comm, ordinal, &ready, edits, ALD_COUNT(edits)) : r;
    return r < 0 ? ald_trace(r) : 0;
}

static int registered_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct ald_str word;
    int r;

    (void)asked_pop(comm);
    comm->confirmed = comm->known = true;
    ald_comm_greeted(comm);
    if (ald_comm_is_peer(comm)) {
        r = ald_comm_tell_linked(comm, signal);
        return r < 0 ? ald_trace(r) : 0;
    }
    if (!ald_str_present(signal->target)) {
        return 0;
    }
    r = ald_comm_spelled(comm, signal->target, &word);
    r = r == 0 ? ald_comm_keep(&comm->name, word) : r;
    r = r == 0 ? ald_comm_keep(&comm->name_plain, signal->target) : r;
    comm->hello_until = ALD_NEVER;
    if (comm->state == ALD_COMM_NEW) {
        ald_comm_move(comm, ALD_COMM_READY);
    }
    r = r == 0 ? registered_say(comm, signal->ordinal) : r;
    return r < 0 ? ald_trace(r) : 0;
}

static int quitting_say(struct ald_comm *comm, uint64_t ordinal)
{
    struct ald_comm_head head = ald_comm_head_own(comm, ALD_STR("QUITTING"));
    int r = comm->told_quit ? 0 : ald_comm_say(comm, ordinal, &head, NULL, 0);

    comm->told_quit = true;
    return r < 0 ? ald_trace(r) : 0;
}

/* A command that nobody takes any more: its caller hears that at once. */
static int quitting_refuse(struct ald_comm *comm, const struct ald_comm_head *line)
{
    const struct ald_comm_head head = ald_comm_head_back(comm, line, ALD_STR("SERVICE_UNAVAILABLE"));
    const struct ald_comm_edit edits[] = {
        {ALD_COMM_CAUSE, ald_str(ald_cause_word(ALD_CAUSE_DRAINING))},
        {ALD_COMM_ID, comm->work->asked},
        {ALD_COMM_MESSAGE, ald_str(ald_cause_text(ALD_CAUSE_DRAINING))},
        {ALD_COMM_OUTCOME, ald_str(ald_outcome_name(ALD_REFUSED))},
    };
    int r = ald_comm_say(comm, 0, &head, edits, ALD_COUNT(edits));

    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_quitting(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r = quitting_say(comm, 0);

    r = r == 0 && ald_str_present(comm->work->asked) ? quitting_refuse(comm, &line->head) : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* A registration that cannot be is told (communicator.md 14.11), and may be tried again. */
static int denied_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_comm_head nobody = {.command = ALD_STR_NONE};
    bool was_named = asked_pop(comm);
    const struct ald_comm_edit edits[] = {
        {ALD_STR("command"), was_named ? ALD_STR("REGISTER") : ALD_STR_NONE},
        {ALD_STR("message"), ald_str_present(signal->text) ? signal->text : ALD_STR("refused")},
    };
    struct ald_comm_head head = ald_comm_head_back(comm, &nobody, ALD_STR("INVALID"));
    int r;

    comm->known = comm->confirmed;
    ald_comm_count(comm, ALD_COMMUNICATOR_N_REGISTER_REFUSED);
    if (ald_comm_is_peer(comm)) {
        r = ald_comm_tell_refused(comm, signal);
    } else if (signal->cause == ALD_CAUSE_DRAINING) {
        r = quitting_say(comm, signal->ordinal);
    } else {
        r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int question_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool is_health = signal->kind == ALD_SIGNAL_HEALTH;
    char sender[ALD_COMM_SENDER_MAX], term[TRAVEL_NUMBER];
    struct ald_comm_head head = {
        .from_server = comm->own,
        .from_service =
            ald_comm_sender_format(is_health ? ALD_COMM_ASKED_HEALTH : ALD_COMM_ASKED_PRIMARY, signal->id, sender),
        .service = ald_comm_slice_str(comm->name),
        .command = is_health ? ALD_STR("ALIVE") : ALD_STR("PRIMARY"),
    };
    const struct ald_comm_edit edits[] = {
        {ALD_STR("primary"), is_health         ? ALD_STR_NONE
                             : signal->primary ? ALD_STR("true")
                                               : ALD_STR("false")},
        {ALD_STR("term"), !is_health && signal->term > 0 ? number_format(term, signal->term) : ALD_STR_NONE},
    };
    int r;

    comm->boot = signal->id.high;
    r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    return r < 0 ? ald_trace(r) : 0;
}

/* communicator.md 6.5: a service that does not know that word is closed without one, by whoever asked. */
static int leave_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool for_good = !signal->reconnect && ald_comm_knows(comm, ALD_COMM_BIT(QUITTING));
    struct ald_comm_head head = ald_comm_head_own(comm, for_good ? ALD_STR("QUITTING") : ALD_STR("DISCONNECTING"));
    int r = 0;

    if (signal->ok || comm->state == ALD_COMM_LEAVING) {
        return 0;
    }
    ald_comm_move(comm, ALD_COMM_LEAVING);
    comm->hello_until = ALD_NEVER;
    if (ald_comm_is_peer(comm)) {
        head.command = ALD_STR("DISCONNECT");
    } else if (!for_good && !ald_comm_knows(comm, ALD_COMM_BIT(DISCONNECTING))) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_NOT_LISTED);
        return 0;
    }
    comm->told_quit = for_good;
    r = ald_comm_say(comm, signal->ordinal, &head, NULL, 0);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- operations ------------------------------------------------------------------------------------------------- */

static const struct ald_str operation_names[ALD_N_OPERATIONS] = {
    [ALD_OPERATE_STOP] = {"STOP", 4},
    [ALD_OPERATE_SHUTDOWN] = {"SHUTDOWN", 8},
    [ALD_OPERATE_ROTATE_LOGS] = {"LOG_ROTATE", 10},
    [ALD_OPERATE_FORGET] = {"FORGET", 6},
};

/* To another daemon: do it too. What is to be forgotten goes to all at once, and is marked as told (communicator.md 6.4). */
static int operate_pass(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool is_forget = signal->operation == ALD_OPERATE_FORGET;
    struct ald_comm_head head = ald_comm_head_own(comm, operation_names[signal->operation]);
    const struct ald_comm_edit edits[] = {{ALD_STR("broadcast_hops"), is_forget ? ALD_STR("1") : ALD_STR_NONE},
                                          {ALD_STR("ip"), is_forget ? signal->text : ALD_STR_NONE}};
    int r;

    if (is_forget) {
        head.server = ALD_STR("*");
        head.service = ALD_COMM_DAEMON;
    }
    r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    return r < 0 ? ald_trace(r) : 0;
}

static int operate_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_comm_head nobody = {.command = ALD_STR_NONE};
    const struct ald_comm_edit edits[] = {{ALD_STR("command"), operation_names[signal->operation]},
                                          {ALD_STR("message"), ald_str(ald_cause_text(ALD_CAUSE_NOT_ALLOWED))}};
    struct ald_comm_head head = ald_comm_head_back(comm, &nobody, ALD_STR("INVALID"));
    int r = 0;

    if (signal->denied) {
        r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    } else if (ald_comm_is_peer(comm)) {
        r = operate_pass(comm, signal);
    } else {
        ald_comm_drop(comm);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* A caller wanted its command back, and cannot have it. */
static int cancel_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_comm_head nobody = {.command = ALD_STR_NONE};
    const struct ald_comm_head head = ald_comm_head_back(comm, &nobody, ALD_STR("INVALID"));
    const struct ald_comm_edit edits[] = {
        {ALD_STR("command"), ALD_STR("ALDIS_CANCEL")},
        {ALD_STR("id"), signal->request != NULL ? signal->request->wire_id : ALD_STR_NONE},
        {ALD_STR("message"), signal->text}};
    int r = 0;

    if (signal->denied && !ald_comm_is_peer(comm)) {
        r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    } else {
        ald_comm_drop(comm); /* there is no form for it */
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int link_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        return registered_tell(comm, signal);
    case ALD_SIGNAL_DENIED:
        return denied_tell(comm, signal);
    case ALD_SIGNAL_HEALTH:
    case ALD_SIGNAL_PRIMARY:
        return question_tell(comm, signal);
    case ALD_SIGNAL_LEAVE:
        return leave_tell(comm, signal);
    case ALD_SIGNAL_OPERATE:
        return operate_tell(comm, signal);
    case ALD_SIGNAL_CANCEL:
        return cancel_tell(comm, signal);
    default: /* no form for it: statuses */
        ald_comm_drop(comm);
        return 0;
    }
}

int ald_comm_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    int r = ald_comm_scratch_begin(comm);

    if (r < 0) {
        return ald_trace(r);
    }
    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM || comm->variant == ALD_COMMUNICATOR_GOSSIP) {
        if (signal->kind != ALD_SIGNAL_REGISTERED) {
            ald_comm_drop(comm);
        }
        return 0;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_EVENT:
        r = event_tell(comm, signal);
        break;
    case ALD_SIGNAL_COMMAND:
        r = command_tell(comm, signal);
        break;
    case ALD_SIGNAL_REPLY:
        r = ald_comm_tell_outcome(comm, signal);
        break;
    case ALD_SIGNAL_REPORT:
        r = report_tell(comm, signal);
        break;
    case ALD_SIGNAL_NEWS:
        r = ald_comm_tell_news(comm, signal);
        break;
    default:
        r = link_tell(comm, signal);
        break;
    }
    return r < 0 ? ald_trace(r) : 0;
}
