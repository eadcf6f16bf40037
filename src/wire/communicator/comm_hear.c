/*
 * Role hub: who is a line for (communicator.md 5.2)? The daemon itself, one of the senders that exist for one command
 * each, or somebody else, to whom the hub finds the way.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

/* --- who we are to the hub -------------------------------------------------------------------------------------- */

uint32_t ald_comm_traits(const struct ald_comm *comm)
{
    uint32_t traits = ALD_CAN_REPORT;

    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM) {
        return 0;
    }
    if (ald_comm_is_peer(comm)) {
        return traits | ALD_CAN_LEAVE;
    }
    traits |= ald_comm_knows(comm, ALD_COMM_BIT(ALIVE)) ? ALD_CAN_HEALTH : 0;
    traits |= ald_comm_knows(comm, ALD_COMM_BIT(PRIMARY)) ? ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY : 0;
    traits |= ald_comm_knows(comm, ALD_COMM_BIT(DISCONNECTING)) ? ALD_CAN_LEAVE : 0;
    traits |= ald_comm_knows(comm, ALD_COMM_BITS_NEWS) ? ALD_CAN_NEWS : 0;
    return traits;
}

void ald_comm_ask_register(struct ald_comm *comm, struct ald_str target, const struct ald_greeting *greeting)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    if (comm->n_asked == ALD_COMM_ASKED_MAX) {
        ald_comm_drop(comm);
        return;
    }
    if (ald_str_present(target)) {
        comm->asked |= UINT32_C(1) << comm->n_asked;
    }
    comm->n_asked++;
    comm->known = true;
    signal.target = target;
    signal.greeting = greeting;
    signal.taken = ald_comm_is_peer(comm) ? ALD_TAKEN_SHARE : ALD_TAKEN_REFUSE;
    signal.traits = ald_comm_traits(comm);
    ald_comm_give(comm, &signal);
}

void ald_comm_introduce(struct ald_comm *comm, const struct ald_greeting *greeting)
{
    if (ald_comm_is_hub(comm) && !comm->known) {
        ald_comm_ask_register(comm, ALD_STR_NONE, greeting);
    }
}

/* --- whom a line is for ----------------------------------------------------------------------------------------- */

bool ald_comm_is_here(const struct ald_comm *comm, struct ald_str server)
{
    return server.size == 0 || ald_str_equal(server, ALD_STR(".")) || ald_str_equal(server, ALD_STR("*")) ||
           ald_str_equal(server, comm->own);
}

/* communicator.md 4: of whichever server. Who names no service means the daemon. */
static bool means_daemon(const struct ald_comm_head *head)
{
    return head->service.size == 0 || ald_str_equal(head->service, ALD_COMM_DAEMON);
}

/* communicator.md 4. `?` is not us. */
static bool is_for_daemon(const struct ald_comm *comm, const struct ald_comm_head *head)
{
    return ald_comm_is_here(comm, head->server) && means_daemon(head);
}

/* With `?` and `*` for a service there is no server but any; such a message has no receiver (5.2). With `.` the server
 * is not looked at. */
static bool has_no_scope(const struct ald_comm_head *head)
{
    return (ald_str_equal(head->service, ALD_STR("?")) || ald_str_equal(head->service, ALD_STR("*"))) &&
           head->server.size > 0 && !ald_str_equal(head->server, ALD_STR("*"));
}

/* What a service says to its own name goes to nobody (5.2), unless it commands itself. */
static bool is_to_itself(const struct ald_comm *comm, const struct ald_comm_line *line)
{
    return comm->variant == ALD_COMMUNICATOR_SERVICE && comm->name.size > 0 &&
           ald_str_equal(line->head.service, ald_slice_str(comm->name)) && ald_comm_is_here(comm, line->head.server) &&
           ald_comm_find(&line->params, ALD_COMM_ID) == NULL && ald_comm_find(&line->params, ALD_COMM_EVERYONE) == NULL;
}

/* What services and daemons obey (communicator.md 3, 6.5). */
static bool is_order(struct ald_str command)
{
    static const struct ald_str orders[] = {{"STOP", 4},   {"QUITTING", 8},    {"SHUTDOWN", 8},   {"RESTART", 7},
                                            {"FORGET", 6}, {"DISCONNECT", 10}, {"LOG_ROTATE", 10}};

    for (size_t i = 0; i < ALD_COUNT(orders); i++) {
        if (ald_str_equal(command, orders[i])) {
            return true;
        }
    }
    return false;
}

bool ald_comm_is_order(const struct ald_comm_head *head)
{
    return means_daemon(head) && is_order(head->command);
}

/* Why it goes nowhere, NULL: it does. */
static const char *forward_judge(const struct ald_comm *comm, const struct ald_comm_line *line)
{
    if (ald_comm_is_hub(comm) && ald_comm_is_order(&line->head)) { /* what is for us was taken out before */
        return "only at the daemon itself";
    }
    /* Of a message nobody hears what nobody is meant by; whoever commands waits for an answer. */
    return ald_str_present(comm->work->asked) && has_no_scope(&line->head) ? "a command goes to one service" : NULL;
}

static int forward_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const char *why = forward_judge(comm, line);
    int r;

    if (why != NULL) {
        r = ald_comm_invalid(comm, &line->head, why);
        return r < 0 ? ald_trace(r) : 0;
    }
    if (has_no_scope(&line->head)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_NO_SUCH_SCOPE);
        return 0;
    }
    if (is_to_itself(comm, line)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_TO_ITSELF);
        return 0;
    }
    r = ald_comm_forward(comm, line, false);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- by the kind of connection ---------------------------------------------------------------------------------- */

/* communicator.md 2.3. */
static bool secret_is_shown(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str wanted = comm->identity != NULL ? comm->identity->secret : ALD_STR_NONE;
    const struct ald_comm_param *shown = ald_comm_find(&line->params, ALD_STR("secret_code"));

    return wanted.size == 0 || ald_comm_value_is(shown, wanted);
}

/* What can be anybody's says nothing to the daemon itself, and gets no answer (DESIGN section 4). */
static int datagram_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    uint64_t number;
    int r;

    if (!secret_is_shown(comm, line)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_WRONG_SECRET);
        return 0;
    }
    if (is_for_daemon(comm, &line->head) || is_order(line->head.command) ||
        (ald_comm_is_here(comm, line->head.server) &&
         ald_comm_sender_read(line->head.service, &number) != ALD_COMM_ASKED_NOTHING)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_NOT_BY_DATAGRAM);
        return 0;
    }
    r = forward_hear(comm, line);
    return r < 0 ? ald_trace(r) : 0;
}

/* A link is nobody's before it has a name; a temporary one never gets any. */
static bool is_heard_out(struct ald_comm *comm)
{
    return comm->variant == ALD_COMMUNICATOR_SERVICE || comm->state == ALD_COMM_READY ||
           comm->state == ALD_COMM_LEAVING || (comm->state == ALD_COMM_ASKED && comm->known);
}

static int other_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r;

    if (comm->state == ALD_COMM_LEAVING) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_WHILE_LEAVING);
        r = ald_comm_quitting(comm, line);
    } else if (!is_heard_out(comm)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_NOT_CONNECTED);
        r = ald_comm_invalid(comm, &line->head, "a daemon says CONNECT first");
    } else {
        r = forward_hear(comm, line);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int stream_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    enum ald_comm_asked asked = ALD_COMM_ASKED_NOTHING;
    uint64_t number = 0;
    int r;

    if (ald_comm_is_here(comm, line->head.server)) {
        asked = ald_comm_sender_read(line->head.service, &number);
    }
    if (asked != ALD_COMM_ASKED_NOTHING) {
        r = ald_comm_hear_answer(comm, line, asked, number);
    } else if (is_for_daemon(comm, &line->head)) {
        r = ald_comm_system(comm, line);
    } else {
        r = other_hear(comm, line);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* At a door for both: who says this first is a daemon. */
static bool is_of_daemon(const struct ald_comm *comm, const struct ald_comm_head *head)
{
    return is_for_daemon(comm, head) &&
           (ald_str_equal(head->command, ALD_STR("CONNECT")) || ald_str_equal(head->command, ALD_STR("GOSSIP")));
}

int ald_comm_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r;

    if (comm->variant == ALD_COMMUNICATOR_OPEN) {
        comm->variant = is_of_daemon(comm, &line->head) ? ALD_COMMUNICATOR_REMOTE : ALD_COMMUNICATOR_SERVICE;
    }
    r = comm->variant == ALD_COMMUNICATOR_DATAGRAM ? datagram_hear(comm, line) : stream_hear(comm, line);

    if (r < 0) {
        return ald_trace(r);
    }
    /* A service may stay without a name, if it says something that means anything. */
    if (comm->state == ALD_COMM_NEW && comm->variant == ALD_COMMUNICATOR_SERVICE && !comm->work->invalid) {
        comm->hello_until = ALD_NEVER;
        ald_comm_move(comm, ALD_COMM_READY);
        if (comm->admits) {
            ald_comm_introduce(comm, NULL);
        }
    }
    return 0;
}
