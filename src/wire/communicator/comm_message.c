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

        size += is_list || (item->flags & ALD_COMM_ESCAPED) != 0 ? 2 * item->raw.size : 0;
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

/* --- what the system's parameters say --------------------------------------------------------------------------- */

/* X(NAME, "name"): those with a meaning here, in any order. */
#define MESSAGE_OPTIONS(X)                                                                                             \
    X(CACHE, "cache")                                                                                                  \
    X(REPORT, "transmission_report")                                                                                   \
    X(SECRET, "secret_code")                                                                                           \
    X(SECURE, "secure_remote")                                                                                         \
    X(MSGID, "broadcast_msgid")                                                                                        \
    X(HOPS, "broadcast_hops")                                                                                          \
    X(TIMEOUT, "broadcast_timeout")                                                                                    \
    X(ORIGINATOR, "broadcast_originator")                                                                              \
    X(INFORMED, "broadcast_informed_neighbors")                                                                        \
    X(EVERYONE, "aldis_everyone")                                                                                      \
    X(ID, "aldis_id")                                                                                                  \
    X(TTL, "aldis_ttl")                                                                                                \
    X(MODE, "aldis_mode")                                                                                              \
    X(CHANNEL, "aldis_channel")                                                                                        \
    X(IDEMPOTENT, "aldis_idempotent")                                                                                  \
    X(OUTCOME, "aldis_outcome")                                                                                        \
    X(CAUSE, "aldis_cause")                                                                                            \
    X(MESSAGE, "aldis_message")                                                                                        \
    X(ERROR, "aldis_error")                                                                                            \
    X(DETAILS, "aldis_details")                                                                                        \
    X(ROSTER, "aldis_roster")

enum option {
#define ALD_X(name, text) OPTION_##name,
    MESSAGE_OPTIONS(ALD_X)
#undef ALD_X
        N_OPTIONS
};
_Static_assert((int)N_OPTIONS <= (int)ALD_COMM_EDITS_MAX, "they may all be taken out at once");

static const struct ald_str option_names[N_OPTIONS] = {
#define ALD_X(name, text) [OPTION_##name] = {text, sizeof(text) - 1},
    MESSAGE_OPTIONS(ALD_X)
#undef ALD_X
};

struct options {
    const struct ald_comm_param *items[N_OPTIONS]; /* NULL: not there */
    uint32_t present;
};
#define OPTION_BIT(name) (UINT32_C(1) << OPTION_##name)

/* What belongs to one link only, and never further. */
#define OPTIONS_OF_LINK                                                                                                \
    (OPTION_BIT(SECRET) | OPTION_BIT(SECURE) | OPTION_BIT(MSGID) | OPTION_BIT(HOPS) | OPTION_BIT(TIMEOUT) |            \
     OPTION_BIT(ORIGINATOR) | OPTION_BIT(INFORMED) | OPTION_BIT(EVERYONE))
#define OPTIONS_OF_COMMAND                                                                                             \
    (OPTION_BIT(CACHE) | OPTION_BIT(REPORT) | OPTION_BIT(ID) | OPTION_BIT(TTL) | OPTION_BIT(MODE) |                    \
     OPTION_BIT(CHANNEL) | OPTION_BIT(IDEMPOTENT))
#define OPTIONS_OF_REPLY                                                                                               \
    (OPTION_BIT(CACHE) | OPTION_BIT(REPORT) | OPTION_BIT(ID) | OPTION_BIT(OUTCOME) | OPTION_BIT(CAUSE) |               \
     OPTION_BIT(MESSAGE) | OPTION_BIT(ERROR) | OPTION_BIT(DETAILS) | OPTION_BIT(ROSTER))

static void options_find(const struct ald_comm_params *params, struct options *options)
{
    *options = (struct options){.present = 0};
    for (size_t i = 0; i < params->n; i++) {
        if (!ald_comm_is_reserved(params->items[i].name)) {
            continue;
        }
        for (int k = 0; k < N_OPTIONS; k++) {
            if (ald_str_equal(params->items[i].name, option_names[k])) {
                options->items[k] = &params->items[i];
                options->present |= UINT32_C(1) << k;
                break;
            }
        }
    }
}

static struct ald_str option_get(struct ald_comm *comm, const struct options *options, enum option option)
{
    struct ald_str value = ALD_STR_NONE;
    int r = ald_comm_value(options->items[option], &comm->work->text, &value);

    ald_assert(r == 0 || r == ALD_COMM_ABSENT); /* the room was made */
    return value;
}

/* Is a truth, false where nothing is said. */
static bool option_truth(struct ald_comm *comm, const struct options *options, enum option option, bool *ret_truth)
{
    struct ald_str text = option_get(comm, options, option);

    *ret_truth = false;
    return !ald_str_present(text) || ald_comm_bool_read(text, ret_truth) == 0;
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

/* The parameters without those of `removed`. */
static int native_write(struct ald_comm *comm, const struct ald_comm_params *params, uint32_t removed,
                        struct ald_msg *msg)
{
    struct ald_comm_edit edits[N_OPTIONS];
    struct ald_buf *made = &comm->work->made;
    size_t n = 0;
    int r;

    for (int k = 0; k < N_OPTIONS; k++) {
        if ((removed & UINT32_C(1) << k) != 0) {
            edits[n++] = (struct ald_comm_edit){option_names[k], ALD_STR_NONE};
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

static int native_make(struct ald_comm *comm, const struct ald_comm_params *params, uint32_t removed,
                       struct ald_msg *msg)
{
    struct ald_slice line = comm->work->line;

    msg->native_of = &ald_communicator;
    if (removed != 0 || !params->canonical) {
        return native_write(comm, params, removed, msg);
    }
    if (params->n > 0) {
        msg->native = ald_slice_part(line, (size_t)((const uint8_t *)params->text.data - line.data), params->text.size);
    }
    return 0;
}

/* --- sender and receiver ---------------------------------------------------------------------------------------- */

static bool name_fits(struct ald_str name)
{
    return name.size <= ALD_NAME_MAX && ald_utf8_valid(name);
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
    if (!name_fits(from.target) || !name_fits(from.hub)) {
        return 0; /* nobody is called so: it is as good as nothing */
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

static uint32_t options_removed(enum ald_comm_kind kind)
{
    return OPTIONS_OF_LINK | (kind == ALD_COMM_KIND_COMMAND ? OPTIONS_OF_COMMAND
                              : kind == ALD_COMM_KIND_REPLY ? OPTIONS_OF_REPLY
                                                            : 0);
}

static int msg_fill(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                    const struct options *options, struct ald_msg *msg, const char **ret_why)
{
    int r;

    if (line->head.command.size == 0 || !name_fits(line->head.command)) {
        *ret_why = line->head.command.size == 0 ? "there is no command" : "the command is no name";
        return ALD_COMM_MALFORMED;
    }
    r = ald_msg_set(msg, &msg->name, line->head.command);
    r = r == 0 ? from_set(comm, &line->head, msg) : r;
    r = r == 0 ? payload_make(comm, &line->params, msg, ret_why) : r;
    r = r == 0 ? native_make(comm, &line->params, options->present & options_removed(kind), msg) : r;
    return r < 0 ? ald_trace(r) : r;
}

static int msg_make(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                    const struct options *options, struct ald_msg **ret_msg, const char **ret_why)
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

int ald_comm_msg_make(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                      struct ald_msg **ret_msg, const char **ret_why)
{
    struct options options;
    int r;

    options_find(&line->params, &options);
    r = msg_make(comm, line, kind, &options, ret_msg, ret_why);
    return r < 0 ? ald_trace(r) : r;
}

/* --- events and commands ---------------------------------------------------------------------------------------- */

/* A message that is being forwarded. */
struct forwarding {
    const struct ald_comm_line *line;
    struct options options;
    struct ald_msg *msg; /* open */
    const char *why;     /* what is wrong with it */
    bool everyone;
};

static int forward_fail(struct forwarding *forwarding, const char *why)
{
    forwarding->why = why;
    return ALD_COMM_MALFORMED;
}

/* A number that no clock and no count of hubs is over. */
static bool number_get(struct ald_comm *comm, const struct options *options, enum option option, int64_t max,
                       int64_t *ret_number)
{
    struct ald_str text = option_get(comm, options, option);

    return ald_str_present(text) && ald_comm_int_read(text, ret_number) == 0 && *ret_number >= 0 && *ret_number <= max;
}

/* How a message came here. What is missing or cannot be read has ended the original (communicator.md 5.3). Only a link to
 * another hub is believed. */
static int travel_read(struct ald_comm *comm, struct forwarding *forwarding, struct ald_travel *travel)
{
    const struct options *options = &forwarding->options;
    struct ald_str informed = option_get(comm, options, OPTION_INFORMED);
    int64_t hops = 0, until = 0;
    int r;

    *travel = (struct ald_travel){.id = option_get(comm, options, OPTION_MSGID)};
    if (!ald_str_present(travel->id)) {
        return 0;
    }
    if (travel->id.size == 0 || travel->id.size > ALD_NAME_MAX || !ald_utf8_valid(travel->id)) {
        return forward_fail(forwarding, "broadcast_msgid is no id");
    }
    if (!number_get(comm, options, OPTION_HOPS, 1000, &hops)) {
        return forward_fail(forwarding, "broadcast_hops must be a small number");
    }
    if (!number_get(comm, options, OPTION_TIMEOUT, INT64_C(1) << 40, &until)) {
        return forward_fail(forwarding, "broadcast_timeout must be a time in seconds");
    }
    r = ald_comm_addresses_read(informed, ald_comm_is_ip, &comm->work->text, &travel->informed);
    if (r != 0 || !ald_str_present(informed)) {
        return r < 0 ? ald_trace(r)
                     : forward_fail(forwarding, "broadcast_informed_neighbors must be addresses without ports");
    }
    travel->hops = (uint32_t)hops;
    travel->until = (ald_wall)until * ALD_SEC;
    return 0;
}

/* communicator.md 5.5, 5.6. Only who is one target can be waited for. */
static void event_flags(struct ald_comm *comm, struct forwarding *forwarding)
{
    const struct options *options = &forwarding->options;
    struct ald_comm_cache cache = ald_comm_cache_read(option_get(comm, options, OPTION_CACHE));
    struct ald_msg *msg = forwarding->msg;

    if (ald_str_equal(option_get(comm, options, OPTION_REPORT), ALD_STR("failure"))) {
        msg->flags |= ALD_MSG_REPORT;
    }
    if (!ald_str_present(msg->to.target)) {
        return;
    }
    if (cache.keep) {
        msg->flags |= ALD_MSG_HOLD;
        msg->ttl = cache.ttl;
    } else if (cache.reply) {
        msg->flags |= ALD_MSG_TELL_AWAY;
    }
}

/* The id of a neighbour's command is one only together with who says it. */
static int wire_id_set(struct ald_comm *comm, const struct forwarding *forwarding, struct ald_str id)
{
    const struct ald_comm_head *head = &forwarding->line->head;
    struct ald_buf *made = &comm->work->made;
    struct ald_msg *msg = forwarding->msg;
    int r;

    if (!ald_comm_is_hub(comm) || !ald_comm_is_peer(comm)) {
        r = ald_msg_set(msg, &msg->wire_id, id);
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_buf_cut(made, 0);
    r = ald_buf_pushf(made, "%.*s:%.*s/%.*s", ALD_STR_ARG(head->from_server), ALD_STR_ARG(head->from_service),
                      ALD_STR_ARG(id));
    r = r == 0 ? ald_msg_set(msg, &msg->wire_id, ald_buf_str(made)) : r;
    ald_assert(r <= 0); /* names and ids are short */
    return r < 0 ? ald_trace(r) : 0;
}

static int command_options(struct ald_comm *comm, struct forwarding *forwarding)
{
    const struct options *options = &forwarding->options;
    struct ald_str id = option_get(comm, options, OPTION_ID), ttl = option_get(comm, options, OPTION_TTL),
                   mode = option_get(comm, options, OPTION_MODE);
    struct ald_msg *msg = forwarding->msg;
    bool idempotent;
    int r;

    if (id.size == 0 || id.size > ALD_NAME_MAX || !ald_utf8_valid(id)) {
        return forward_fail(forwarding, "aldis_id is no id");
    }
    msg->ttl = comm->options.reply_timeout;
    if (ald_str_present(ttl) && ald_comm_duration_read(ttl, &msg->ttl) != 0) {
        return forward_fail(forwarding, "aldis_ttl is no duration");
    }
    if (ald_str_present(mode) && ald_mode_find(mode) < 0) {
        return forward_fail(forwarding, "aldis_mode must be any, primary, channel or all");
    }
    msg->mode = (uint8_t)(ald_str_present(mode)              ? ald_mode_find(mode)
                          : ald_str_present(msg->to.channel) ? ALD_MODE_CHANNEL /* whoever names one means that one */
                                                             : ALD_MODE_ANY);
    if (!option_truth(comm, options, OPTION_IDEMPOTENT, &idempotent)) {
        return forward_fail(forwarding, "aldis_idempotent must be true or false");
    }
    msg->flags |= idempotent ? ALD_MSG_IDEMPOTENT : 0;
    r = wire_id_set(comm, forwarding, id);
    return r < 0 ? ald_trace(r) : 0;
}

static int command_address(struct ald_comm *comm, struct forwarding *forwarding, struct ald_address *to)
{
    struct ald_str channel = option_get(comm, &forwarding->options, OPTION_CHANNEL);

    if (to->scope != ALD_SCOPE_ONE && !ald_str_present(to->target)) {
        return forward_fail(forwarding, "a command goes to one service");
    }
    if (to->scope == ALD_SCOPE_HERE) {
        to->hub = comm->identity != NULL ? comm->identity->hub : ALD_STR_NONE;
    }
    to->scope = ALD_SCOPE_ONE; /* `*` and `?` with a service: wherever it is */
    if (ald_str_present(channel)) {
        if (!name_fits(channel)) {
            return forward_fail(forwarding, "aldis_channel is no channel");
        }
        to->channel = channel;
    }
    return 0;
}

/* Our own words for what a hub of aldis is asked (docs: aldis:Outcome, aldis:Cancel), which have a colon. */
static struct ald_str hub_command_find(struct ald_str command)
{
    return ald_str_equal(command, ALD_STR("ALDIS_OUTCOME"))  ? ALD_STR("aldis:Outcome")
           : ald_str_equal(command, ALD_STR("ALDIS_CANCEL")) ? ALD_STR("aldis:Cancel")
                                                             : ALD_STR_NONE;
}

static int forward_address(struct ald_comm *comm, struct forwarding *forwarding, bool to_controller)
{
    struct ald_address to = to_controller ? ALD_ADDRESS_NONE : ald_comm_address_of(comm, &forwarding->line->head);
    struct ald_str own = hub_command_find(forwarding->line->head.command);
    struct ald_msg *msg = forwarding->msg;
    int r = 0;

    if (msg->kind == ALD_COMMAND && to_controller && ald_str_present(own)) {
        to.target = ALD_STR("");
        r = ald_msg_set(msg, &msg->name, own);
    } else if (msg->kind == ALD_COMMAND && !to_controller) {
        r = command_address(comm, forwarding, &to);
    }
    if (r == 0 && (!name_fits(to.target) || !name_fits(to.hub))) {
        return forward_fail(forwarding, "the receiver is no name");
    }
    r = r == 0 ? ald_msg_set_address(msg, &msg->to, &to) : r;
    return r < 0 ? ald_trace(r) : r;
}

static int forward_read(struct ald_comm *comm, struct forwarding *forwarding, bool to_controller)
{
    struct ald_msg *msg = forwarding->msg;
    bool everyone;
    int r;

    r = forward_address(comm, forwarding, to_controller);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (!option_truth(comm, &forwarding->options, OPTION_EVERYONE, &everyone)) {
        return forward_fail(forwarding, "aldis_everyone must be true or false");
    }
    if (msg->kind == ALD_COMMAND) {
        r = command_options(comm, forwarding);
    } else {
        event_flags(comm, forwarding);
        msg->flags |= everyone && ald_str_present(msg->to.target) ? ALD_MSG_EVERYONE : 0;
        msg->flags |= to_controller ? ALD_MSG_REPORT : 0; /* whoever says what nobody knows is told */
    }
    r = r == 0 ? travel_read(comm, forwarding, &comm->work->travel) : r;
    return r < 0 ? ald_trace(r) : r;
}

static void forward_give(struct ald_comm *comm, struct forwarding *forwarding)
{
    struct ald_msg *msg = forwarding->msg;
    struct ald_signal signal = ald_signal_of(msg->kind == ALD_COMMAND ? ALD_SIGNAL_COMMAND : ALD_SIGNAL_EVENT);

    ald_msg_seal(msg);
    signal.ttl = msg->ttl;
    signal.msg = ald_steal(&forwarding->msg);
    if (ald_comm_is_hub(comm) && ald_comm_is_peer(comm)) {
        comm->work->travel.hub = msg->from.hub;
        signal.travel = &comm->work->travel;
    }
    ald_comm_introduce(comm);
    ald_comm_give(comm, &signal);
}

int ald_comm_forward(struct ald_comm *comm, const struct ald_comm_line *line, bool to_controller)
{
    struct forwarding forwarding = {.line = line};
    bool asks, answers;
    int r;

    options_find(&line->params, &forwarding.options);
    /* With an outcome beside it, the id is that of an answer on its way to somebody else. */
    answers = forwarding.options.items[OPTION_OUTCOME] != NULL;
    asks = forwarding.options.items[OPTION_ID] != NULL && !answers && comm->variant != ALD_COMMUNICATOR_DATAGRAM;
    r = msg_make(comm, line, asks ? ALD_COMM_KIND_COMMAND : ALD_COMM_KIND_EVENT, &forwarding.options, &forwarding.msg,
                 &forwarding.why);
    r = r == 0 ? forward_read(comm, &forwarding, to_controller) : r;
    if (r == 0) {
        forward_give(comm, &forwarding);
    } else if (r > 0) {
        r = ald_comm_invalid(comm, &line->head, forwarding.why);
    }
    ald_msg_unref(forwarding.msg);
    return r < 0 ? ald_trace(r) : 0;
}
