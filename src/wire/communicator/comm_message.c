/*
 * A line becomes a message. What the system's own parameters say goes into its members and is not passed on; what cache
 * and report were asked for stays in the native text as well, because a service of this protocol has always seen it
 * (communicator.md 13). All other parameters are payload: once as JSON, for everybody, and once as they stood, which is a
 * slice of the line if that is how a sender would write them.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

int ald_comm_text_reserve(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const struct ald_comm_head *head = &line->head;
    size_t size = head->from_server.size + head->from_service.size + head->server.size + head->service.size;
    uint8_t *room;
    int r;

    for (size_t i = 0; i < line->params.n; i++) {
        const struct ald_comm_param *item = &line->params.items[i];
        bool is_list = item->name.data[0] == 'b' || item->name.data[0] == 'n'; /* of addresses, written once more */

        size += is_list || (item->flags & ALD_COMM_ESCAPED) != 0 ? 3 * item->raw.size : 0; /* nothing is asked thrice */
    }
    /* A service's name is a value sometimes. */
    r = ald_buf_reserve(&comm->work->text, size + 4 * ALD_NAME_MAX, &room);
    ald_assert(r <= 0); /* it may hold four times the longest line */
    return r < 0 ? ald_trace(r) : 0;
}

struct ald_str ald_comm_get(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_str name)
{
    struct ald_str value = ALD_STR_NONE;
    int r = ald_comm_value(ald_comm_find(&line->params, name), &comm->work->text, &value);

    ald_assert(r == 0 || r == ALD_COMM_ABSENT); /* the room was made */
    return value;
}

struct ald_str ald_comm_unspelled(struct ald_comm *comm, struct ald_str word)
{
    struct ald_str name;
    int r = ald_comm_unspell(word, &comm->work->text, &name);

    ald_assert(r == 0); /* the room was made */
    return name;
}

bool ald_comm_name_fits(struct ald_str name)
{
    return name.size <= ALD_NAME_MAX && ald_utf8_valid(name);
}

/* --- payload and native text ------------------------------------------------------------------------------------ */

static int payload_make(struct ald_comm *comm, const struct ald_comm_params *params, struct ald_msg *msg,
                        const char **ret_why)
{
    struct ald_comm_work *work = comm->work;
    struct ald_comm_fault fault;
    int r;

    ald_buf_cut(&work->made, 0);
    r = ald_comm_payload_write(params, &work->scratch, &work->made, &fault);
    switch (r) {
    case 0:
        r = ald_slice_copy(ald_buf_str(&work->made), &msg->payload);
        return r < 0 ? ald_trace(r) : 0;
    case ALD_COMM_ABSENT:
        return 0;
    case ALD_COMM_MALFORMED:
        *ret_why = "aldis_payload is not JSON";
        return ALD_COMM_MALFORMED;
    case ALD_COMM_FULL:
        *ret_why = "the parameters are too large";
        return ALD_COMM_MALFORMED;
    default:
        return ald_trace(r);
    }
}

_Static_assert((int)ALD_COMM_N_OPTIONS <= (int)ALD_COMM_EDITS_MAX, "they may all be left behind at once");

/* The parameters without the options `left`. */
static int native_write(struct ald_comm *comm, const struct ald_comm_params *params, uint32_t left, struct ald_msg *msg)
{
    struct ald_comm_edit edits[ALD_COMM_N_OPTIONS];
    struct ald_buf *made = &comm->work->made;
    size_t n = 0;
    int r;

    for (int i = 0; i < ALD_COMM_N_OPTIONS; i++) {
        if ((left & UINT32_C(1) << i) != 0) {
            edits[n++] = (struct ald_comm_edit){ald_comm_option_name((enum ald_comm_option)i), ALD_STR_NONE};
        }
    }
    ald_buf_cut(made, 0);
    r = ald_comm_edits_write(made, params, edits, n);
    if (r == 0 && ald_buf_size(made) > 0) {
        r = ald_slice_copy(ald_buf_str(made), &msg->native);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0); /* names were read, NULs were not, and there is room for twice the line */
    return 0;
}

static int native_make(struct ald_comm *comm, const struct ald_comm_params *params, uint32_t left, struct ald_msg *msg)
{
    struct ald_slice line = comm->work->line;

    msg->native_of = &ald_communicator;
    if (left != 0 || !params->canonical) {
        return native_write(comm, params, left, msg);
    }
    if (params->n > 0) {
        msg->native = ald_slice_part(line, (size_t)((const uint8_t *)params->text.data - line.data), params->text.size);
    }
    return 0;
}

/* --- sender and receiver ---------------------------------------------------------------------------------------- */

/* The daemon itself, and the senders of its commands: what comes from them is believed. */
static bool is_reserved(struct ald_str service)
{
    return ald_str_equal(service, ALD_COMM_DAEMON) || ald_str_starts(service, ALD_STR("aldis_"));
}

/* Who says it. Of its own service a hub knows that itself (communicator.md 3); of others it is what they say. */
static int from_set(struct ald_comm *comm, const struct ald_comm_head *head, struct ald_msg *msg)
{
    bool is_ours = ald_comm_is_hub(comm) && comm->variant == ALD_COMMUNICATOR_SERVICE && comm->name.size > 0;
    struct ald_address from = ALD_ADDRESS_NONE;
    int r;

    if (is_ours) {
        return 0;
    }
    if (ald_comm_name_legal(head->from_service)) {
        from.target = ald_comm_unspelled(comm, head->from_service);
    }
    if (ald_comm_name_legal(head->from_server)) {
        from.hub = ald_comm_unspelled(comm, head->from_server);
    } else if (ald_comm_is_peer(comm)) {
        from.hub = ald_comm_slice_str(comm->name_plain);
    }
    if (!ald_comm_name_fits(from.target) || !ald_comm_name_fits(from.hub) ||
        (!ald_comm_is_peer(comm) && ald_comm_is_hub(comm) && is_reserved(head->from_service))) {
        return 0; /* nobody is called so, or not who says it: it is as good as nothing */
    }
    r = ald_msg_set_address(msg, &msg->from, &from);
    return r < 0 ? ald_trace(r) : 0;
}

static enum ald_scope scope_of(struct ald_str word)
{
    switch (ald_comm_is_scope(word) ? word.data[0] : 0) {
    case '.':
        return ALD_SCOPE_HERE;
    case '?':
        return ALD_SCOPE_NETWORK;
    case '*':
        return ALD_SCOPE_EVERYWHERE;
    default:
        return ALD_SCOPE_ONE;
    }
}

/* communicator.md 5.1, 5.2. A daemon is addressed as the target of its own name. */
struct ald_address ald_comm_address_of(struct ald_comm *comm, const struct ald_comm_head *head)
{
    struct ald_address to = ALD_ADDRESS_NONE;

    to.scope = scope_of(head->service);
    if (to.scope != ALD_SCOPE_ONE) {
        return to; /* with `.` the server is not looked at, with the others it is none */
    }
    to.target = head->service.size > 0 ? ald_comm_unspelled(comm, head->service) : ALD_COMM_DAEMON;
    to.scope = scope_of(head->server);
    if (to.scope == ALD_SCOPE_ONE && head->server.size > 0) {
        to.hub = ald_comm_unspelled(comm, head->server);
    }
    return to;
}

/* --- the message ------------------------------------------------------------------------------------------------ */

static int msg_fill(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                    const struct ald_comm_options *options, struct ald_msg *msg, const char **ret_why)
{
    int r;

    if (line->head.command.size == 0 || !ald_comm_name_fits(line->head.command)) {
        *ret_why = line->head.command.size == 0 ? "there is no command" : "the command is no name";
        return ALD_COMM_MALFORMED;
    }
    r = ald_msg_set(msg, &msg->name, line->head.command);
    r = r == 0 ? from_set(comm, &line->head, msg) : r;
    r = r == 0 ? payload_make(comm, &line->params, msg, ret_why) : r;
    r = r == 0 ? native_make(comm, &line->params, ald_comm_options_left(options, kind), msg) : r;
    return r < 0 ? ald_trace(r) : r;
}

int ald_comm_msg_make(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                      const struct ald_comm_options *options, struct ald_msg **ret_msg, const char **ret_why)
{
    static const enum ald_kind kinds[] = {
        [ALD_COMM_KIND_EVENT] = ALD_EVENT, [ALD_COMM_KIND_COMMAND] = ALD_COMMAND, [ALD_COMM_KIND_REPLY] = ALD_REPLY};
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    int r;

    r = ald_msg_new(comm->messages, kinds[kind], &msg);
    r = r == 0 ? msg_fill(comm, line, kind, options, msg, ret_why) : r;
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_msg = ald_steal(&msg);
    return 0;
}
