/*
 * A message for somebody else is on its way to the hub: where to, with what options, and, from another daemon, where it
 * has been. An option that means nothing refuses it, because what its sender wanted is then unknown.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

static struct ald_str option_get(struct ald_comm *comm, const struct ald_comm_options *options,
                                 enum ald_comm_option option)
{
    struct ald_str value = ALD_STR_NONE;
    int r = ald_comm_value(options->items[option], &comm->work->text, &value);

    ald_assert(r == 0 || r == ALD_COMM_ABSENT); /* the room was made */
    return value;
}

/* Is a truth, false where nothing is said. */
static bool option_truth(struct ald_comm *comm, const struct ald_comm_options *options, enum ald_comm_option option,
                         bool *ret_truth)
{
    struct ald_str text = option_get(comm, options, option);

    *ret_truth = false;
    return !ald_str_present(text) || ald_comm_bool_read(text, ret_truth) == 0;
}

/* A message that is being forwarded. */
struct forwarding {
    const struct ald_comm_line *line;
    struct ald_comm_options options;
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
static bool number_get(struct ald_comm *comm, const struct ald_comm_options *options, enum ald_comm_option option,
                       int64_t max, int64_t *ret_number)
{
    struct ald_str text = option_get(comm, options, option);

    return ald_str_present(text) && ald_comm_int_read(text, ret_number) == 0 && *ret_number >= 0 && *ret_number <= max;
}

/* How a message came here. What is missing or cannot be read has ended the original (communicator.md 5.3). Only a link to
 * another hub is believed. */
static int travel_read(struct ald_comm *comm, struct forwarding *forwarding, struct ald_travel *travel)
{
    const struct ald_comm_options *options = &forwarding->options;
    struct ald_str informed = option_get(comm, options, ALD_COMM_OPTION_INFORMED);
    int64_t hops = 0, until = 0;
    int r;

    *travel = (struct ald_travel){.id = option_get(comm, options, ALD_COMM_OPTION_MSGID)};
    if (!ald_str_present(travel->id)) {
        return 0;
    }
    if (travel->id.size == 0 || travel->id.size > ALD_NAME_MAX || !ald_utf8_valid(travel->id)) {
        return forward_fail(forwarding, "broadcast_msgid is no id");
    }
    if (!number_get(comm, options, ALD_COMM_OPTION_HOPS, 1000, &hops)) {
        return forward_fail(forwarding, "broadcast_hops must be a small number");
    }
    if (!number_get(comm, options, ALD_COMM_OPTION_TIMEOUT, INT64_C(1) << 40, &until)) {
        return forward_fail(forwarding, "broadcast_timeout must be a time in seconds");
    }
    r = ald_comm_addresses_read(informed, ald_comm_is_ip, &comm->work->text, &travel->informed);
    if (r != 0 || !ald_str_present(informed)) {
        return r < 0 ? ald_trace(r)
                     : forward_fail(forwarding, "broadcast_informed_neighbors must be addresses without ports");
    }
    travel->hops = travel->daemons = (uint32_t)hops; /* those before the last daemon are all that is known */
    travel->until = (ald_wall)until * ALD_SEC;
    return 0;
}

/* communicator.md 5.5, 5.6. Only who is one target can be waited for. */
static void event_flags(struct ald_comm *comm, struct forwarding *forwarding)
{
    const struct ald_comm_options *options = &forwarding->options;
    struct ald_comm_cache cache = ald_comm_cache_read(option_get(comm, options, ALD_COMM_OPTION_CACHE));
    struct ald_msg *msg = forwarding->msg;

    if (ald_str_equal(option_get(comm, options, ALD_COMM_OPTION_REPORT), ALD_STR("failure"))) {
        msg->flags |= ALD_MSG_REPORT;
    }
    if (!ald_str_present(msg->to.target)) {
        return;
    }
    if (cache.keep) {
        msg->flags |= ALD_MSG_HOLD;
        msg->ttl = cache.says_ttl || comm->options.hold_ttl == 0 ? cache.ttl : comm->options.hold_ttl;
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
    const struct ald_comm_options *options = &forwarding->options;
    struct ald_str id = option_get(comm, options, ALD_COMM_OPTION_ID),
                   ttl = option_get(comm, options, ALD_COMM_OPTION_TTL),
                   mode = option_get(comm, options, ALD_COMM_OPTION_MODE);
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
    if (!option_truth(comm, options, ALD_COMM_OPTION_IDEMPOTENT, &idempotent)) {
        return forward_fail(forwarding, "aldis_idempotent must be true or false");
    }
    msg->flags |= idempotent ? ALD_MSG_IDEMPOTENT : 0;
    r = wire_id_set(comm, forwarding, id);
    return r < 0 ? ald_trace(r) : 0;
}

static int command_address(struct ald_comm *comm, struct forwarding *forwarding, struct ald_address *to)
{
    struct ald_str channel = option_get(comm, &forwarding->options, ALD_COMM_OPTION_CHANNEL);

    if (to->scope != ALD_SCOPE_ONE && !ald_str_present(to->target)) {
        return forward_fail(forwarding, "a command goes to one service");
    }
    if (to->scope == ALD_SCOPE_HERE) {
        to->hub = comm->identity != NULL ? comm->identity->hub : ALD_STR_NONE;
    }
    if (to->scope != ALD_SCOPE_NETWORK) {
        to->scope = ALD_SCOPE_ONE; /* `*` with a service: wherever it is; `?`: but not here */
    }
    if (ald_str_present(channel)) {
        if (!ald_comm_name_fits(channel)) {
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
    if (r == 0 && (!ald_comm_name_fits(to.target) || !ald_comm_name_fits(to.hub))) {
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
    if (!option_truth(comm, &forwarding->options, ALD_COMM_OPTION_EVERYONE, &everyone)) {
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
    ald_comm_introduce(comm, NULL);
    ald_comm_give(comm, &signal);
}

/* In JSON it may be anything; what has a blank or a line end in it could be said in no line. */
static bool command_is_one_word(struct ald_str command)
{
    for (size_t i = 0; i < command.size; i++) {
        if ((unsigned char)command.data[i] <= ' ') {
            return false;
        }
    }
    return true;
}

int ald_comm_forward(struct ald_comm *comm, const struct ald_comm_line *line, bool to_controller)
{
    struct forwarding forwarding = {.line = line};
    bool asks, answers;
    int r;

    ald_comm_options_find(&line->params, &forwarding.options);
    /* With an outcome beside it, the id is that of an answer on its way to somebody else. */
    answers = forwarding.options.items[ALD_COMM_OPTION_OUTCOME] != NULL;
    asks =
        forwarding.options.items[ALD_COMM_OPTION_ID] != NULL && !answers && comm->variant != ALD_COMMUNICATOR_DATAGRAM;
    if (!command_is_one_word(line->head.command)) {
        r = ald_comm_invalid(comm, &line->head, "the command is not one word");
        return r < 0 ? ald_trace(r) : 0;
    }
    if (answers && ald_comm_is_hub(comm) && !ald_comm_is_peer(comm)) {
        r = ald_comm_invalid(comm, &line->head, "aldis_outcome is for the hub to say");
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_comm_msg_make(comm, line, asks ? ALD_COMM_KIND_COMMAND : ALD_COMM_KIND_EVENT, &forwarding.options,
                          &forwarding.msg, &forwarding.why);
    r = r == 0 ? forward_read(comm, &forwarding, to_controller) : r;
    if (r == 0) {
        forward_give(comm, &forwarding);
    } else if (r > 0) {
        r = ald_comm_invalid(comm, &line->head, forwarding.why);
    }
    ald_msg_unref(forwarding.msg);
    return r < 0 ? ald_trace(r) : 0;
}
