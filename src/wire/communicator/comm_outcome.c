/*
 * Saying what became of a command, to a service that gave one and to a hub that did. The protocol's own words for it come
 * first, because every service has handlers for these; the exact ones stand beside them.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

enum { SAYING_EDITS = 12 };

struct saying {
    struct ald_comm_head head;
    struct ald_comm_edit edits[SAYING_EDITS];
    size_t n;
    const struct ald_msg *payload; /* NULL: nothing but the edits is said */
    uint64_t ordinal;
};

static void saying_add(struct saying *saying, struct ald_str name, struct ald_str value)
{
    ald_assert(saying->n < SAYING_EDITS);
    if (ald_str_present(value)) {
        saying->edits[saying->n++] = (struct ald_comm_edit){name, value};
    }
}

/* Commands that every service obeys, or that mean an outcome themselves: an agent's reply may not be called so. */
static bool reply_name_is_free(struct ald_str name)
{
    static const char *const taken[] = {
        "ABSOLUTELY", "ALIVE", "COMMANDS", "DISCONNECTING", "HELP",   "LEAK", "LOG_ROTATE",
        "QUITTING",   "READY", "RESTART",  "SHUTDOWN",      "STATUS", "STOP", "PRIMARY",
    };

    for (size_t i = 0; i < ALD_COUNT(taken); i++) {
        if (ald_str_equal(name, ald_str(taken[i]))) {
            return false;
        }
    }
    return ald_comm_command_legal(name) && !ald_comm_is_outcome(name);
}

/* What an outcome is to be said of: the same for both roles. */
struct verdict {
    uint8_t outcome, cause;
    struct ald_str text;
    const struct ald_msg *msg;     /* what the agent said, or NULL */
    const struct ald_msg *request; /* the command */
};

static struct verdict verdict_of(const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    struct verdict verdict = {.outcome = signal->outcome,
                              .cause = signal->cause,
                              .text = signal->text,
                              .msg = msg,
                              .request = signal->request};

    if (msg != NULL && verdict.outcome == ALD_OUTCOME_NONE) { /* a party speaks through the message alone */
        verdict.outcome = msg->outcome;
        verdict.cause = msg->cause;
    }
    if (msg != NULL && ald_str_present(msg->text)) {
        verdict.text = msg->text;
    }
    if (!ald_str_present(verdict.text) && verdict.outcome != ALD_SUCCEEDED) {
        verdict.text = ald_str(ald_cause_text((enum ald_cause)verdict.cause));
    }
    return verdict;
}

/* The command as its sender knows it: ours for the hub itself have other names there (comm_forward.c). */
static struct ald_str command_named(const struct verdict *verdict)
{
    return ald_comm_command_of(verdict->request);
}

static void refused_say(struct saying *saying, const struct verdict *verdict)
{
    switch ((enum ald_cause)verdict->cause) {
    case ALD_CAUSE_UNKNOWN_COMMAND:
        saying->head.command = ALD_STR("UNKNOWN");
        saying_add(saying, ALD_STR("command"), command_named(verdict));
        break;
    case ALD_CAUSE_NO_TARGET:
    case ALD_CAUSE_NO_CHANNEL:
    case ALD_CAUSE_NO_ACTIVE:
    case ALD_CAUSE_NO_PRIMARY:
    case ALD_CAUSE_EMPTY_ROSTER:
    case ALD_CAUSE_NO_HANDLER:
    case ALD_CAUSE_BUSY:
    case ALD_CAUSE_DRAINING:
        saying->head.command = ALD_STR("SERVICE_UNAVAILABLE");
        saying_add(saying, ALD_STR("destination_service"), verdict->request->to.target);
        saying_add(saying, ALD_STR("unsent_command"), command_named(verdict));
        break;
    default:
        saying->head.command = ALD_STR("INVALID");
        saying_add(saying, ALD_STR("command"), command_named(verdict));
        saying_add(saying, ALD_STR("message"), verdict->text);
        break;
    }
}

static void verdict_say(struct saying *saying, const struct verdict *verdict)
{
    const struct ald_msg *msg = verdict->msg;

    switch ((enum ald_outcome)verdict->outcome) {
    case ALD_SUCCEEDED:
    case ALD_FAILED:
        saying->payload = msg;
        saying->head.command = msg != NULL && verdict->outcome == ALD_SUCCEEDED && reply_name_is_free(msg->name)
                                   ? msg->name
                                   : ALD_COMM_REPLY;
        break;
    case ALD_REFUSED:
        refused_say(saying, verdict);
        break;
    default:
        saying->head.command = ALD_STR("TRANSMISSION_REPORT");
        saying_add(saying, ALD_STR("command"), command_named(verdict));
        saying_add(saying, ALD_STR("status"), ALD_STR("failed"));
        break;
    }
    saying_add(saying, ALD_COMM_OUTCOME, ald_str(ald_outcome_name((enum ald_outcome)verdict->outcome)));
    if (verdict->outcome == ALD_SUCCEEDED) {
        return;
    }
    saying_add(saying, ALD_COMM_CAUSE, ald_str(ald_cause_word((enum ald_cause)verdict->cause)));
    saying_add(saying, ALD_COMM_MESSAGE, verdict->text);
    if (verdict->outcome == ALD_FAILED) {
        saying_add(saying, ALD_COMM_ERROR,
                   msg != NULL && ald_str_present(msg->code) ? msg->code : ald_str(ald_cause_word(verdict->cause)));
    }
}

/* Of an answer that cannot be said whole, what can always be said: that it could not be. */
static int saying_fall_back(struct ald_comm *comm, const struct saying *whole, struct ald_str id)
{
    const struct ald_comm_edit edits[] = {
        {ALD_COMM_ID, id},
        {ALD_COMM_OUTCOME, ALD_STR("failed")},
        {ALD_COMM_ERROR, ALD_STR("too_large")},
        {ALD_COMM_CAUSE, ald_str(ald_cause_word(ALD_CAUSE_TOO_LARGE))},
        {ALD_COMM_MESSAGE, ald_str(ald_cause_text(ALD_CAUSE_TOO_LARGE))},
    };
    struct ald_comm_head head = whole->head;
    int r;

    head.command = ALD_COMM_REPLY;
    r = ald_comm_write(comm, whole->ordinal, &head, NULL, edits, ALD_COUNT(edits), ALD_COMM_AS_READ);
    if (r > 0) {
        ald_comm_drop(comm); /* an id or a sender that nobody could have sent */
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int saying_write(struct ald_comm *comm, struct saying *saying, struct ald_str id)
{
    const struct ald_msg *msg = saying->payload;
    int r;

    saying_add(saying, ALD_COMM_ID, id);
    if (msg != NULL) {
        saying_add(saying, ALD_COMM_DETAILS, ald_comm_slice_str(msg->details));
        saying_add(saying, ALD_COMM_ROSTER, ald_comm_slice_str(msg->roster));
        r = ald_comm_write_msg(comm, saying->ordinal, &saying->head, msg, saying->edits, saying->n);
    } else {
        r = ald_comm_write(comm, saying->ordinal, &saying->head, NULL, saying->edits, saying->n, ALD_COMM_AS_READ);
    }
    if (r > 0) {
        r = saying_fall_back(comm, saying, id);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* Who commanded, and the id that it gave; a neighbour's is behind its name (see comm_message.c). */
static int caller_find(struct ald_comm *comm, const struct ald_msg *request, struct ald_comm_head *head,
                       struct ald_str *ret_id)
{
    size_t slash = ald_str_find(request->wire_id, ALD_STR("/"));
    int r;

    *ret_id = request->wire_id;
    if (comm->variant == ALD_COMMUNICATOR_SERVICE && comm->name.size > 0) {
        head->server = comm->own;
        head->service = ald_slice_str(comm->name);
        return 0;
    }
    if (ald_comm_is_peer(comm) && slash < request->wire_id.size) {
        *ret_id = ald_str_from(request->wire_id, slash + 1);
    }
    r = ald_comm_head_to(comm, &request->from, head);
    if (r > 0) {
        head->server = head->service = ALD_STR_NONE;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* An answer comes from whoever was commanded, if that one said anything. */
static int answerer_find(struct ald_comm *comm, const struct ald_signal *signal, struct ald_comm_head *head)
{
    const struct ald_address *to = &signal->request->to;
    struct ald_str hub, target;
    int r = 0;

    head->from_server = comm->own;
    head->from_service = ALD_COMM_DAEMON;
    if (signal->msg == NULL || to->target.size == 0) {
        return 0;
    }
    r = ald_comm_spelled(comm, to->target, &target);
    r = r == 0 && to->hub.size > 0 ? ald_comm_spelled(comm, to->hub, &hub) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    if (ald_str_present(target) && (to->hub.size == 0 || ald_str_present(hub))) {
        head->from_server = to->hub.size > 0 ? hub : comm->own;
        head->from_service = target;
    }
    return 0;
}

int ald_comm_tell_outcome(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct saying saying = {.ordinal = signal->ordinal};
    struct verdict verdict = verdict_of(signal);
    struct ald_str id;
    int r;

    if (signal->request == NULL || comm->variant == ALD_COMMUNICATOR_DATAGRAM) {
        ald_comm_drop(comm);
        return 0;
    }
    verdict_say(&saying, &verdict);
    saying_add(&saying, ALD_COMM_CHANNEL, signal->channel);
    r = answerer_find(comm, signal, &saying.head);
    r = r == 0 ? caller_find(comm, signal->request, &saying.head, &id) : r;
    r = r == 0 ? saying_write(comm, &saying, id) : r;
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_tell_reply(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct saying saying = {.ordinal = signal->ordinal};
    struct verdict verdict = verdict_of(signal);
    struct ald_str to;
    size_t colon;
    int r;

    if (signal->request == NULL) {
        ald_comm_drop(comm);
        return 0;
    }
    to = signal->request->wire_id;
    colon = ald_str_find(to, ALD_STR(":"));
    verdict_say(&saying, &verdict);
    saying.head.from_service = ald_comm_slice_str(comm->name);
    saying.head.server = ald_str_of(to.data, colon < to.size ? colon : 0);
    saying.head.service = ald_str_from(to, colon < to.size ? colon + 1 : 0);
    r = saying_write(comm, &saying, ALD_STR_NONE);
    return r < 0 ? ald_trace(r) : 0;
}
