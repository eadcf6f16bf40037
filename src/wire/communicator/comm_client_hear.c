/*
 * Role party: what a hub says to its program. The dialect answers by itself what every service must answer, and tells
 * commands from events by who sends them: a hub of ours has a sender for each command.
 */

#include <stdio.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

typedef int (*hear_fn)(struct ald_comm *comm, const struct ald_comm_line *line);

/* The sender as one name, in work.made: where an answer goes. Errors: ALDIS_E_NOMEM. */
static int sender_write(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_str *ret_sender)
{
    struct ald_buf *made = &comm->work->made;
    int r;

    ald_buf_cut(made, 0);
    r = ald_buf_push(made, line->head.from_server);
    r = r == 0 ? ald_buf_push(made, ALD_STR(":")) : r;
    r = r == 0 ? ald_buf_push(made, line->head.from_service) : r;
    ald_assert(r <= 0);
    *ret_sender = ald_buf_str(made);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the link itself -------------------------------------------------------------------------------------------- */

static int hear_help(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r = ald_comm_client_commands(comm, 0, line);

    return r < 0 ? ald_trace(r) : 0;
}

/* communicator.md 3: READY is the answer to REGISTER. */
static int hear_ready(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);

    (void)line;
    if (comm->state != ALD_COMM_ASKED) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
        return 0;
    }
    ald_comm_move(comm, ALD_COMM_READY);
    comm->hello_until = ALD_NEVER;
    signal.target = ald_comm_slice_str(comm->name_plain);
    ald_comm_give(comm, &signal);
    return 0;
}

static int hear_alive(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r = ald_comm_alive(comm, line);

    return r < 0 ? ald_trace(r) : 0;
}

/* The hub did not like something; while it thinks about our name, that. */
static int hear_invalid(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_DENIED);
    const struct ald_comm_param *command = ald_comm_find(&line->params, ALD_STR("command"));

    ald_comm_count(comm, ALD_COMMUNICATOR_N_TOLD_INVALID);
    if (comm->state != ALD_COMM_ASKED || !ald_comm_value_is(command, ALD_STR("REGISTER"))) {
        return 0;
    }
    ald_comm_move(comm, ALD_COMM_NEW);
    signal.text = ald_comm_get(comm, line, ALD_STR("message"));
    ald_comm_give(comm, &signal);
    return 0;
}

static int leave_give(struct ald_comm *comm, bool reconnect, bool quits)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (comm->state == ALD_COMM_LEAVING) {
        return 0;
    }
    ald_comm_move(comm, ALD_COMM_LEAVING);
    comm->hello_until = ALD_NEVER;
    comm->client->quits = quits;
    signal.reconnect = reconnect;
    signal.target = ald_comm_slice_str(comm->name_plain);
    ald_comm_give(comm, &signal);
    return 0;
}

static int hear_stop(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    return leave_give(comm, false, false);
}

static int hear_quitting(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    return leave_give(comm, false, true);
}

/* The daemon stops, and somebody will start it again. */
static int hear_disconnecting(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    return leave_give(comm, true, true);
}

/* --- reports ---------------------------------------------------------------------------------------------------- */

static void report_give(struct ald_comm *comm, struct ald_str command, bool is_kept, enum ald_cause cause)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPORT);

    signal.text = command;
    signal.phase = is_kept ? ALD_PHASE_QUEUED : ALD_PHASE_DONE;
    signal.cause = (uint8_t)(is_kept ? ALD_CAUSE_NONE : cause);
    ald_comm_give(comm, &signal);
}

static int hear_report(struct ald_comm *comm, const struct ald_comm_line *line)
{
    bool is_kept = ald_comm_value_is(ald_comm_find(&line->params, ALD_STR("status")), ALD_STR("cached"));

    report_give(comm, ald_comm_get(comm, line, ALD_STR("command")), is_kept, ALD_CAUSE_NO_TARGET);
    return 0;
}

static int hear_unavailable(struct ald_comm *comm, const struct ald_comm_line *line)
{
    report_give(comm, ald_comm_get(comm, line, ALD_STR("unsent_command")), false, ALD_CAUSE_NO_CHANNEL);
    return 0;
}

static int hear_unknown(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str command = ald_comm_get(comm, line, ALD_STR("command"));

    ald_comm_count(comm, ALD_COMMUNICATOR_N_TOLD_INVALID);
    if (ald_str_present(command)) {
        report_give(comm, command, false, ALD_CAUSE_UNKNOWN_COMMAND);
    }
    return 0;
}

/* --- what a hub of ours asks ------------------------------------------------------------------------------------ */

static int question_give(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_asked asked,
                         uint64_t number)
{
    struct ald_signal signal = ald_signal_of(asked == ALD_COMM_ASKED_HEALTH ? ALD_SIGNAL_HEALTH : ALD_SIGNAL_PRIMARY);
    struct ald_str sender;
    int64_t term = 0;
    int r;

    r = sender_write(comm, line, &sender);
    r = r == 0 ? ald_comm_keep(&comm->client->asked, sender) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_ignore(ald_comm_bool_read(ald_comm_get(comm, line, ALD_STR("primary")), &signal.primary)); /* absent: no */
    ald_ignore(ald_comm_int_read(ald_comm_get(comm, line, ALD_STR("term")), &term));               /* absent: 0 */
    signal.id = ald_id_make(0, number);
    signal.term = term > 0 ? (uint64_t)term : 0;
    ald_comm_give(comm, &signal);
    return 0;
}

/* Outcome: ALD_COMM_MALFORMED, with `*ret_why`. Errors: ALDIS_E_NOMEM. */
static int message_make(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                        struct ald_msg **ret_msg, const char **ret_why)
{
    struct ald_address to = ald_comm_address_of(comm, &line->head);
    struct ald_comm_options options;
    struct ald_msg *msg;
    int r;

    ald_comm_options_find(&line->params, &options);
    r = ald_comm_msg_make(comm, line, kind, &options, &msg, ret_why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (line->head.service.size == 0) { /* to nobody in particular, on our own connection: to us */
        to.target = ald_comm_slice_str(comm->name_plain);
    }
    if (ald_comm_name_fits(to.target) && ald_comm_name_fits(to.hub)) {
        r = ald_msg_set_address(msg, &msg->to, &to);
    }
    if (r < 0) {
        (void)ald_msg_unref(msg);
        return ald_trace(r);
    }
    *ret_msg = msg;
    return 0;
}

static int command_hear(struct ald_comm *comm, const struct ald_comm_line *line, uint64_t number)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    struct ald_str sender;
    const char *why;
    int r;

    r = message_make(comm, line, ALD_COMM_KIND_COMMAND, &signal.msg, &why);
    if (r == ALD_COMM_MALFORMED) {
        return ald_comm_invalid(comm, &line->head, why);
    }
    r = r == 0 ? sender_write(comm, line, &sender) : r;
    r = r == 0 ? ald_msg_set(signal.msg, &signal.msg->wire_id, sender) : r;
    if (r < 0) {
        ald_signal_clear(&signal);
        return ald_trace(r);
    }
    ald_msg_seal(signal.msg);
    signal.id = ald_id_make(0, number);
    signal.ttl = signal.msg->ttl;
    ald_comm_give(comm, &signal);
    return 0;
}

static int event_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    const char *why;
    int r;

    r = message_make(comm, line, ALD_COMM_KIND_EVENT, &signal.msg, &why);
    if (r == ALD_COMM_MALFORMED) {
        return ald_comm_invalid(comm, &line->head, why);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(signal.msg);
    signal.from = signal.msg->from.target;
    signal.ttl = signal.msg->ttl;
    ald_comm_give(comm, &signal);
    return 0;
}

/* --- dispatch --------------------------------------------------------------------------------------------------- */

static const struct {
    struct ald_str command;
    hear_fn hear;
} rows[] = {
    {{"ALIVE", 5}, hear_alive},
    {{"DISCONNECTING", 13}, hear_disconnecting},
    {{"HELP", 4}, hear_help},
    {{"INVALID", 7}, hear_invalid},
    {{"QUITTING", 8}, hear_quitting},
    {{"READY", 5}, hear_ready},
    {{"SERVICE_UNAVAILABLE", 19}, hear_unavailable},
    {{"STOP", 4}, hear_stop},
    {{"TRANSMISSION_REPORT", 19}, hear_report},
    {{"UNKNOWN", 7}, hear_unknown},
};

static hear_fn row_find(struct ald_str command)
{
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        if (ald_str_equal(command, rows[i].command)) {
            return rows[i].hear;
        }
    }
    return NULL;
}

/* Said under a sender of a hub of ours. */
static int asked_hear(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_asked asked,
                      uint64_t number)
{
    bool is_alive = ald_str_equal(line->head.command, ALD_STR("ALIVE"));
    int r;

    if (asked == ALD_COMM_ASKED_COMMAND) {
        r = command_hear(comm, line, number);
    } else if (is_alive == (asked == ALD_COMM_ASKED_HEALTH)) {
        r = question_give(comm, line, asked, number);
    } else {
        r = ald_comm_invalid(comm, &line->head, "that sender asks something else");
    }
    return r < 0 ? ald_trace(r) : 0;
}

static bool is_outcome(const struct ald_comm_line *line)
{
    return ald_comm_find(&line->params, ALD_COMM_ID) != NULL && ald_comm_find(&line->params, ALD_COMM_OUTCOME) != NULL;
}

int ald_comm_client_hear(struct ald_comm *comm, const struct ald_comm_line *line)
{
    uint64_t number = 0;
    enum ald_comm_asked asked = ald_comm_sender_read(line->head.from_service, &number);
    hear_fn hear = row_find(line->head.command);
    int r;

    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM) { /* nobody answers those (communicator.md 14.16) */
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
        return 0;
    }
    if (is_outcome(line)) {
        r = ald_comm_hear_outcome(comm, line);
    } else if (asked != ALD_COMM_ASKED_NOTHING) {
        r = asked_hear(comm, line, asked, number);
    } else if (hear != NULL) {
        r = hear(comm, line);
    } else {
        r = ald_comm_client_news(comm, line);
        r = r == ALD_COMM_ABSENT ? event_hear(comm, line) : r;
    }
    return r < 0 ? ald_trace(r) : 0;
}
