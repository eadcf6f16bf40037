/* Signals become frames, role hub. What has a serial is a routable frame with that `seq` (link.md 2.7). */

#include "base/digits.h"
#include "base/error.h"
#include "wire/link/link_impl.h"

void ald_link_drop(struct ald_link *link)
{
    ald_link_count(link, ALD_LINK_N_DROPPED_SIGNAL);
}

static const struct ald_link_address the_hub = {.type = ALD_LINK_CONTROLLER, .request = {NULL, 0}};

/* Which of the parties of this connection is meant. */
static struct ald_link_address party_address(const struct ald_link *link, uint32_t party)
{
    if (party == 0) {
        return link->self;
    }
    return (struct ald_link_address){.type = ALD_LINK_INSTANCE, .id = party, .request = ALD_STR_NONE};
}

struct ald_link_address ald_link_asked_for(const struct ald_link *link, const struct ald_msg *request)
{
    struct ald_link_address address = the_hub;

    if (request->native_of == &ald_link && request->native.size > 0) {
        ald_ignore(ald_link_wire_id_read(ald_slice_str(request->native), &address)); /* we wrote it */
    } else if (ald_str_present(request->to.target)) {
        ald_ignore(ald_link_target_read(ald_link_aliases(link), request->to.target, &address)); /* else from the hub */
    }
    return address;
}

/* --- requests and events ------------------------------------------------------------------------------------------- */

/*
 * Who asks: another link party as itself; of anybody else the hub itself, with the number of the command, which its answer
 * brings back. The same of a party whose request has a number that another one has, which is not answered: the party has come
 * back and counts from 1 again (link.md 1.3: a counter of the process; generation A's is the serial).
 */
static struct ald_link_address asker_address(const struct ald_signal *signal, char room[ALD_LINK_ADDRESS_MAX])
{
    const struct ald_msg *msg = signal->msg;
    struct ald_link_address address = the_hub;
    uint64_t number = ald_link_number(signal->id);

    if (signal->kind == ALD_SIGNAL_EVENT && ald_str_present(msg->to.target) && msg->to.target.size == 0) {
        return the_hub; /* who subscribed hears it from there (link.md 4.10), and many classes allow no other source (4.4) */
    }
    if (msg->native_of == &ald_link && !signal->renamed && ald_link_wire_id_read(msg->wire_id, &address) == 0) {
        return address;
    }
    if (signal->kind == ALD_SIGNAL_EVENT) {
        return the_hub;
    }
    address.request = ald_str_of(room, (size_t)(ald_digits_put(room, number) - room));
    return address;
}

bool ald_link_broadcast(const struct ald_msg *msg, struct ald_link_address *ret_address)
{
    static const uint8_t kinds[ALD_N_TO_KINDS] = {
        [ALD_TO_HOSTS] = ALD_LINK_HOST_KIND,
        [ALD_TO_INSTANCES] = ALD_LINK_INSTANCE,
        [ALD_TO_CONTROLS] = ALD_LINK_CONTROL_KIND,
    };

    if (msg->to.scope == ALD_SCOPE_ONE || msg->to_kind >= ALD_N_TO_KINDS || kinds[msg->to_kind] == 0) {
        return false;
    }
    *ret_address =
        (struct ald_link_address){.type = ALD_LINK_BROADCAST, .id = kinds[msg->to_kind], .request = ALD_STR_NONE};
    return true;
}

static struct ald_link_address meant_address(const struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_address address;

    if (signal->kind == ALD_SIGNAL_EVENT && ald_link_broadcast(signal->msg, &address)) {
        return address;
    }
    return party_address(link, signal->party);
}

static int tell_message(struct ald_link *link, const struct ald_signal *signal)
{
    char room[ALD_LINK_ADDRESS_MAX];
    const struct ald_link_routable frame = {
        .type = signal->kind == ALD_SIGNAL_EVENT ? ALD_LINK_TYPE_EVENT : ALD_LINK_TYPE_REQUEST,
        .serial = signal->serial,
        .src = asker_address(signal, room),
        .dst = meant_address(link, signal),
        .name = signal->msg->name,
        .data = signal->msg->payload,
        .ordinal = signal->ordinal,
    };
    return ald_link_write_routable(link, &frame);
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

/* What another link's responseError said goes on as it is. */
static int tell_native_error(struct ald_link *link, const struct ald_link_error *error, struct ald_slice data)
{
    const struct ald_link_routable frame = {
        .type = ALD_LINK_TYPE_RESPONSE_ERROR,
        .serial = error->serial,
        .src = error->src,
        .dst = error->dst,
        .data = data,
        .ordinal = error->ordinal,
    };
    return ald_link_write_routable(link, &frame);
}

/* In mode `all`: what became of it on each channel. */
static struct ald_slice roster_of(const struct ald_signal *signal)
{
    return signal->msg != NULL && signal->request->mode == ALD_MODE_ALL ? signal->msg->roster : ALD_SLICE_NONE;
}

/* It was asked for by aldis:CallRequest: of the hub, but for somebody else. */
static bool is_called(const struct ald_msg *request, const struct ald_link_address *asked_for)
{
    return asked_for->type == ALD_LINK_CONTROLLER && ald_str_present(request->to.target) && request->to.target.size > 0;
}

/* In the words of who was called, if it has said any, and what they mean. */
static int tell_called(struct ald_link *link, const struct ald_signal *signal, struct ald_link_error *error)
{
    const struct ald_msg *msg = signal->msg;
    char room[ALD_LINK_TEXT_ROOM];

    ald_link_outcome_write(link, signal, room, error);
    if (msg != NULL && msg->native_of == &ald_link && ald_str_present(msg->text)) {
        error->message = msg->text;
        error->code = msg->code;
    }
    error->outcome = signal->outcome;
    error->cause = signal->cause;
    error->roster = roster_of(signal);
    return ald_link_write_error(link, error);
}

static int tell_reply(struct ald_link *link, const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    struct ald_link_error error = {.serial = signal->serial, .ordinal = signal->ordinal};
    struct ald_link_routable frame = {
        .type = ALD_LINK_TYPE_RESPONSE, .serial = signal->serial, .ordinal = signal->ordinal};
    char room[ALD_LINK_TEXT_ROOM];

    if (signal->request == NULL || ald_link_wire_id_read(signal->request->wire_id, &error.dst) != 0) {
        ald_link_drop(link);
        return 0;
    }
    error.src = ald_link_asked_for(link, signal->request);
    if (signal->outcome == ALD_SUCCEEDED) {
        frame.src = error.src;
        frame.dst = error.dst;
        frame.data = roster_of(signal);
        frame.data = frame.data.size == 0 && msg != NULL ? msg->payload : frame.data;
        return ald_link_write_routable(link, &frame);
    }
    if (is_called(signal->request, &error.src)) {
        return tell_called(link, signal, &error);
    }
    if (msg != NULL && msg->native_of == &ald_link && msg->native.size > 0) {
        return tell_native_error(link, &error, msg->native);
    }
    /* What nobody but the hub has said comes from the hub; a loss in the name of who was lost (link.md 4.7). */
    if (msg == NULL && signal->outcome != ALD_LOST) {
        error.src = the_hub;
    }
    ald_link_outcome_write(link, signal, room, &error);
    return ald_link_write_error(link, &error);
}

/* --- subscriptions ------------------------------------------------------------------------------------------------- */

static int tell_subscribed(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_routable frame = {
        .type = ALD_LINK_TYPE_RESPONSE, .serial = signal->serial, .ordinal = signal->ordinal};
    struct ald_link_error error = {.serial = signal->serial, .ordinal = signal->ordinal, .src = the_hub};
    char room[ALD_LINK_TEXT_ROOM];

    if (signal->request == NULL || ald_link_wire_id_read(signal->request->wire_id, &error.dst) != 0) {
        ald_link_drop(link);
        return 0;
    }
    if (signal->cause != ALD_CAUSE_NONE) {
        bool has_code = signal->cause == ALD_CAUSE_NOT_ALLOWED || signal->cause == ALD_CAUSE_INVALID;
        struct ald_signal refused = *signal;

        /* Only what may not be, or cannot, has a code of its own (link.md 4.10, 4.6). */
        refused.outcome = has_code ? ALD_REFUSED : signal->outcome;
        ald_link_outcome_write(link, &refused, room, &error);
        return ald_link_write_error(link, &error);
    }
    frame.src = the_hub;
    frame.dst = error.dst;
    frame.data = ald_slice_static(signal->ok ? ALD_STR("true") : ALD_STR("false"));
    frame.gap = signal->gap;
    return ald_link_write_routable(link, &frame);
}

/* --- all signals --------------------------------------------------------------------------------------------------- */

/* An event that may not be said is answered as if it had been a request (link.md 4.6); of others nothing is told. The answer
 * needs a serial, so it goes through the hub. */
static int tell_report(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_signal local = ald_signal_of(ALD_SIGNAL_LOCAL);

    if (signal->cause != ALD_CAUSE_NOT_ALLOWED || signal->request == NULL || link->is_old) {
        return 0;
    }
    local.outcome = ALD_REFUSED;
    local.cause = signal->cause;
    local.request = ald_msg_ref(signal->request);
    ald_link_say(link, &local);
    return 0;
}

static int tell_numbered(struct ald_link *link, const struct ald_signal *signal)
{
    if (link->is_old) {
        return ald_link_old_tell(link, signal);
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        return tell_message(link, signal);
    case ALD_SIGNAL_SUBSCRIBED:
        return tell_subscribed(link, signal);
    default:
        return tell_reply(link, signal);
    }
}

static int tell_routable(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_work *work = link->work;
    size_t n = work->outbox.n;
    int r;

    if (link->state != ALD_LINK_READY) {
        ald_link_drop(link);
        return 0;
    }
    if (signal->serial != 0) {
        link->last_out = signal->serial; /* they only rise, but above what somebody who resumed made up */
    }
    r = tell_numbered(link, signal);
    if (r == 0 && work->outbox.n > n) {
        const struct ald_outbox_frame *frame = &work->outbox.frames[n];

        r = ald_link_ping_told(link, signal->serial, frame->head_size + frame->payload.size + frame->tail_size);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_link_tell(struct ald_link *link, ald_usec now, const struct ald_signal *signal)
{
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTERED:
    case ALD_SIGNAL_DENIED:
        return ald_link_tell_verdict(link, now, signal);
    case ALD_SIGNAL_LEAVE:
        return ald_link_tell_leave(link, signal);
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_LOCAL:
    case ALD_SIGNAL_SUBSCRIBED:
        return tell_routable(link, signal);
    case ALD_SIGNAL_REPORT:
        return tell_report(link, signal);
    default:
        ald_link_drop(link);
        return 0;
    }
}
