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

static int reply_give(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_id id, struct ald_str wire_id)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    struct outcome outcome;
    const char *why;
    int r;

    outcome_read(comm, line, &outcome);
    if (outcome.is_none) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
        return 0;
    }
    r = ald_comm_msg_make(comm, line, ALD_COMM_KIND_REPLY, &msg, &why);
    if (r == ALD_COMM_MALFORMED) {
        return ald_comm_invalid(comm, &line->head, why);
    }
    r = r == 0 ? reply_fill(comm, line, &outcome, msg) : r;
    r = r == 0 ? ald_msg_set(msg, &msg->wire_id, wire_id) : r;
    r = r == 0 ? ald_msg_set(msg, &msg->from.channel, utf8_or_none(ald_comm_get(comm, line, ALD_COMM_CHANNEL))) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.id = id;
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.text = msg->text;
    signal.channel = msg->from.channel;
    signal.msg = ald_steal(&msg);
    ald_comm_give(comm, &signal);
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
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    int r;

    r = ald_msg_new(comm->messages, ALD_REPLY, &msg);
    r = r == 0 ? ald_msg_set(msg, &msg->text, ald_str(text)) : r;
    r = r == 0 ? ald_msg_set(msg, &msg->wire_id, command->msg->wire_id) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    msg->outcome = ALD_REFUSED;
    msg->cause = (uint8_t)cause;
    ald_msg_seal(msg);
    signal.id = command->id;
    signal.outcome = ALD_REFUSED;
    signal.cause = (uint8_t)cause;
    signal.text = msg->text;
    signal.msg = ald_steal(&msg);
    ald_comm_give(comm, &signal);
    return 0;
}

/* --- saying an outcome ------------------------------------------------------------------------------------------ */

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
    return ald_comm_command_legal(name) && word_find(name) == NULL;
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

static void refused_say(struct saying *saying, const struct verdict *verdict)
{
    switch ((enum ald_cause)verdict->cause) {
    case ALD_CAUSE_UNKNOWN_COMMAND:
        saying->head.command = ALD_STR("UNKNOWN");
        saying_add(saying, ALD_STR("command"), verdict->request->name);
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
        saying_add(saying, ALD_STR("unsent_command"), verdict->request->name);
        break;
    default:
        saying->head.command = ALD_STR("INVALID");
        saying_add(saying, ALD_STR("command"), verdict->request->name);
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
        saying_add(saying, ALD_STR("command"), verdict->request->name);
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
