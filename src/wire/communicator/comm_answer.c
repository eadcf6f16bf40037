/*
 * The protocol has no commands: nothing tells which message answers which. So a hub says a command under a sender that
 * exists for it alone, `HUB:aldis_17`, and whatever any service of today says back to its sender is the answer to 17
 * (DESIGN section 3). A service that commands gives its id in `aldis_id`, and finds it in the answer again, beside the
 * outcome.
 *
 * What the protocol has words for is said in them, UNKNOWN, INVALID, SERVICE_UNAVAILABLE and TRANSMISSION_REPORT, because
 * every service has a handler for these; the exact outcome stands beside them, for who knows it.
 */

#include <stdio.h>

#include "base/error.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"
#include "wire/communicator/comm_dialect.h"

/* --- the senders ------------------------------------------------------------------------------------------------ */

static const struct ald_str sender_prefixes[] = {
    [ALD_COMM_ASKED_COMMAND] = {"aldis_", 6},
    [ALD_COMM_ASKED_HEALTH] = {"aldis_health_", 13},
    [ALD_COMM_ASKED_PRIMARY] = {"aldis_primary_", 14},
};

/* The counter of an id, see base/id.h. */
#define NUMBER_MAX ((UINT64_C(1) << 62) - 1)

struct ald_str ald_comm_sender_format(enum ald_comm_asked asked, struct ald_id id,
                                      char room[static ALD_COMM_SENDER_MAX])
{
    int size = snprintf(room, ALD_COMM_SENDER_MAX, "%s%llu", sender_prefixes[asked].data,
                        (unsigned long long)(id.low & NUMBER_MAX));

    return ald_str_of(room, (size_t)size);
}

enum ald_comm_asked ald_comm_sender_read(struct ald_str service, uint64_t *ret_number)
{
    for (int i = 0; i < ALD_COMM_ASKED_NOTHING; i++) {
        uint64_t number;

        if (ald_str_starts(service, sender_prefixes[i]) &&
            ald_str_u64(ald_str_from(service, sender_prefixes[i].size), &number) == 0 && number <= NUMBER_MAX) {
            *ret_number = number;
            return (enum ald_comm_asked)i;
        }
    }
    return ALD_COMM_ASKED_NOTHING;
}

/* --- what an answer says ---------------------------------------------------------------------------------------- */

struct outcome {
    uint8_t outcome, cause;
    bool is_none; /* it is no outcome: something else was said to that sender */
    struct ald_str text;
};

/* In the words of the protocol. */
static const struct word {
    struct ald_str command;
    uint8_t cause;
} outcome_words[] = {
    {{"UNKNOWN", 7}, ALD_CAUSE_UNKNOWN_COMMAND},
    {{"INVALID", 7}, ALD_CAUSE_INVALID},
    {{"SERVICE_UNAVAILABLE", 19}, ALD_CAUSE_NO_HANDLER},
    {{"TRANSMISSION_REPORT", 19}, ALD_CAUSE_NO_TARGET},
};

static const struct word *word_find(struct ald_str command)
{
    for (size_t i = 0; i < ALD_COUNT(outcome_words); i++) {
        if (ald_str_equal(command, outcome_words[i].command)) {
            return &outcome_words[i];
        }
    }
    return NULL;
}

bool ald_comm_is_outcome(struct ald_str command)
{
    return word_find(command) != NULL;
}

static uint8_t cause_default(int outcome)
{
    switch (outcome) {
    case ALD_FAILED:
        return ALD_CAUSE_AGENT_FAILED;
    case ALD_REFUSED:
        return ALD_CAUSE_AGENT_REFUSED;
    case ALD_CANCELLED:
        return ALD_CAUSE_TAKEN_BACK;
    case ALD_EXPIRED:
        return ALD_CAUSE_DEADLINE;
    case ALD_LOST:
        return ALD_CAUSE_LINK_ENDED;
    default:
        return ALD_CAUSE_NONE;
    }
}

/* The exact words, if they are there. */
static bool outcome_exact(struct ald_comm *comm, const struct ald_comm_line *line, struct outcome *outcome)
{
    int found = ald_outcome_find(ald_comm_get(comm, line, ALD_COMM_OUTCOME));
    int cause = ald_cause_find(ald_comm_get(comm, line, ALD_COMM_CAUSE));

    if (found < 0) {
        return false;
    }
    outcome->outcome = (uint8_t)found;
    outcome->cause = found == ALD_SUCCEEDED ? ALD_CAUSE_NONE : cause > 0 ? (uint8_t)cause : cause_default(found);
    return true;
}

static void outcome_read(struct ald_comm *comm, const struct ald_comm_line *line, struct outcome *outcome)
{
    const struct word *word = word_find(line->head.command);

    *outcome = (struct outcome){.outcome = ALD_SUCCEEDED, .text = ald_comm_get(comm, line, ALD_COMM_MESSAGE)};
    if (!ald_str_present(outcome->text) && word != NULL) {
        outcome->text = ald_comm_get(comm, line, ALD_STR("message"));
    }
    if (outcome_exact(comm, line, outcome)) {
        return;
    }
    if (word != NULL) {
        /* That a message waits for its receiver is no outcome of it (communicator.md 5.6). */
        outcome->is_none = word->cause == ALD_CAUSE_NO_TARGET &&
                           !ald_str_equal(ald_comm_get(comm, line, ALD_STR("status")), ALD_STR("failed"));
        outcome->outcome = ALD_REFUSED;
        outcome->cause = word->cause;
    } else if (ald_str_present(ald_comm_get(comm, line, ALD_COMM_ERROR))) {
        outcome->outcome = ALD_FAILED;
        outcome->cause = ALD_CAUSE_AGENT_FAILED;
    }
}

/* JSON as it was said, or what was said as a JSON string. */
static int json_set(struct ald_comm *comm, struct ald_str text, struct ald_slice *slice)
{
    struct ald_buf *made = &comm->work->made;
    struct ald_json_writer json;
    struct ald_json_scan scan;
    int r;

    if (!ald_str_present(text)) {
        return 0;
    }
    ald_buf_cut(made, 0);
    ald_json_write_init(&json, made, ALD_JSON_COMPACT);
    if (ald_json_check(text, ALD_JSON_STRICT, &scan) == 0) {
        ald_json_write_raw(&json, text);
    } else {
        ald_json_write_str(&json, text);
    }
    r = ald_json_write_done(&json);
    ald_assert(r <= 0); /* it may hold eight times the longest line */
    r = r == 0 ? ald_slice_copy(ald_buf_str(made), slice) : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* A name, or nothing: what is none says nothing to anybody. */
static struct ald_str utf8_or_none(struct ald_str text)
{
    return ald_utf8_valid(text) ? text : ALD_STR_NONE;
}

static int reply_fill(struct ald_comm *comm, const struct ald_comm_line *line, const struct outcome *outcome,
                      struct ald_msg *msg)
{
    bool is_word = word_find(line->head.command) != NULL || ald_str_equal(line->head.command, ALD_COMM_REPLY);
    int r = 0;

    msg->outcome = outcome->outcome;
    msg->cause = outcome->cause;
    if (is_word) {
        r = ald_msg_set(msg, &msg->name, ALD_STR_NONE);
    }
    if (outcome->outcome != ALD_SUCCEEDED && outcome->outcome != ALD_FAILED) {
        ald_slice_clear(&msg->payload);
        ald_slice_clear(&msg->native);
        msg->native_of = NULL;
    }
    r = r == 0 ? ald_msg_set(msg, &msg->text, utf8_or_none(outcome->text)) : r;
    r = r == 0 ? ald_msg_set(msg, &msg->code, utf8_or_none(ald_comm_get(comm, line, ALD_COMM_ERROR))) : r;
    r = r == 0 ? json_set(comm, ald_comm_get(comm, line, ALD_COMM_DETAILS), &msg->details) : r;
    r = r == 0 ? json_set(comm, ald_comm_get(comm, line, ALD_COMM_ROSTER), &msg->roster) : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* The message of an answer without anything that is in the line. */
static int reply_bare(struct ald_comm *comm, enum ald_outcome outcome, enum ald_cause cause, struct ald_str text,
                      struct ald_str wire_id, struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    int r;

    r = ald_msg_new(comm->messages, ALD_REPLY, &msg);
    r = r == 0 ? ald_msg_set(msg, &msg->text, text) : r;
    r = r == 0 ? ald_msg_set(msg, &msg->wire_id, wire_id) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    msg->outcome = (uint8_t)outcome;
    msg->cause = (uint8_t)cause;
    *ret_msg = ald_steal(&msg);
    return 0;
}

/* An answer that cannot be read is one: whoever waits for it hears that it came, and what is wrong with it. */
static int reply_spoilt(struct ald_comm *comm, const struct ald_comm_line *line, const char *why,
                        struct ald_str wire_id, struct ald_msg **ret_msg)
{
    char text[160];
    int size = snprintf(text, sizeof(text), "the answer cannot be read: %s", why);
    int r = ald_comm_invalid(comm, &line->head, why);

    r = r == 0 ? reply_bare(comm, ALD_FAILED, ALD_CAUSE_AGENT_FAILED,
                            ald_str_of(text, ALD_MIN((size_t)size, sizeof(text) - 1)), wire_id, ret_msg)
               : r;
    r = r == 0 ? ald_msg_set(*ret_msg, &(*ret_msg)->code, ALD_STR("invalid")) : r;
    return r < 0 ? ald_trace(r) : 0;
}

static void reply_push(struct ald_comm *comm, struct ald_id id, struct ald_msg *msg)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    ald_msg_seal(msg);
    signal.id = id;
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.text = msg->text;
    signal.channel = msg->from.channel;
    signal.msg = msg;
    ald_comm_give(comm, &signal);
}

static int reply_give(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_id id, struct ald_str wire_id)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_comm_options options;
    struct outcome outcome;
    const char *why;
    int r;

    outcome_read(comm, line, &outcome);
    if (outcome.is_none) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
        return 0;
    }
    ald_comm_options_find(&line->params, &options);
    r = ald_comm_msg_make(comm, line, ALD_COMM_KIND_REPLY, &options, &msg, &why);
    if (r == ALD_COMM_MALFORMED) {
        r = reply_spoilt(comm, line, why, wire_id, &msg);
    } else {
        r = r == 0 ? reply_fill(comm, line, &outcome, msg) : r;
        r = r == 0 ? ald_msg_set(msg, &msg->wire_id, wire_id) : r;
        r = r == 0 ? ald_msg_set(msg, &msg->from.channel, utf8_or_none(ald_comm_get(comm, line, ALD_COMM_CHANNEL))) : r;
    }
    if (r < 0) {
        return ald_trace(r);
    }
    reply_push(comm, id, ald_steal(&msg));
    return 0;
}

/* --- role hub: what comes for our senders ----------------------------------------------------------------------- */

static void health_give(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_id id)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_HEALTH);
    bool healthy = true;

    signal.id = id;
    signal.ok = ald_str_equal(line->head.command, ALD_STR("ABSOLUTELY"));
    ald_ignore(ald_comm_bool_read(ald_comm_get(comm, line, ALD_COMM_HEALTHY), &healthy)); /* who says nothing is well */
    signal.healthy = signal.ok && healthy;
    signal.text = ald_comm_get(comm, line, ALD_COMM_MESSAGE);
    ald_comm_give(comm, &signal);
}

static void primary_give(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_id id)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_PRIMARY);
    int64_t term = 0;

    signal.id = id;
    signal.ok = word_find(line->head.command) == NULL;
    ald_ignore(ald_comm_bool_read(ald_comm_get(comm, line, ALD_STR("primary")), &signal.primary)); /* the hub knows */
    ald_ignore(ald_comm_int_read(ald_comm_get(comm, line, ALD_STR("term")), &term));               /* what it asked */
    signal.term = term > 0 ? (uint64_t)term : 0;
    ald_comm_give(comm, &signal);
}

int ald_comm_hear_answer(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_asked asked,
                         uint64_t number)
{
    struct ald_id id;
    int r = 0;

    if (comm->boot == 0) { /* nothing was ever asked here */
        ald_comm_count(comm, ALD_COMMUNICATOR_N_STRAY_REPLY);
        return 0;
    }
    id = ald_id_make(comm->boot, number);
    switch (asked) {
    case ALD_COMM_ASKED_HEALTH:
        health_give(comm, line, id);
        break;
    case ALD_COMM_ASKED_PRIMARY:
        primary_give(comm, line, id);
        break;
    default:
        r = reply_give(comm, line, id, ALD_STR_NONE);
        break;
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_hear_outcome(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r = reply_give(comm, line, (struct ald_id){0}, ald_comm_get(comm, line, ALD_COMM_ID));

    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_give_refused(struct ald_comm *comm, const struct ald_signal *command, enum ald_cause cause,
                          const char *text)
{
    struct ald_msg *msg = NULL;
    int r = reply_bare(comm, ALD_REFUSED, cause, ald_str(text), command->msg->wire_id, &msg);

    if (r < 0) {
        return ald_trace(r);
    }
    reply_push(comm, command->id, msg);
    return 0;
}
