/*
 * Role party: what a program says to its hub. The protocol has nothing for a caller without a name, nor for what became
 * of a command; the former says nothing at all, for the latter a hub of ours is needed, and any other leaves the command
 * to its deadline.
 */

#include <stdio.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

/* What the dialect deals with itself, and what every service must know (communicator.md 3). */
static const char base_list[] = "ALIVE,DISCONNECTING,HELP,INVALID,PRIMARY,QUITTING,READY,SERVICE_UNAVAILABLE,STOP,"
                                "TRANSMISSION_REPORT,UNKNOWN";

/* --- COMMANDS --------------------------------------------------------------------------------------------------- */

/* The smallest item of `list` behind `last` and before `best` (absent: none yet), or `best`. */
static struct ald_str list_smallest(struct ald_str list, struct ald_str last, struct ald_str best)
{
    struct ald_str item;

    while (ald_comm_list_next(&list, &item)) {
        if (ald_str_compare(item, last) > 0 && (!ald_str_present(best) || ald_str_compare(item, best) < 0)) {
            best = item;
        }
    }
    return best;
}

/* All items of both lists, sorted, each once. */
static int list_merge(struct ald_buf *out, struct ald_str one, struct ald_str other)
{
    struct ald_str last = ALD_STR(""), item;
    int r = 0;

    for (;;) {
        item = list_smallest(other, last, list_smallest(one, last, ALD_STR_NONE));
        if (!ald_str_present(item) || r != 0) {
            break;
        }
        r = last.size > 0 ? ald_buf_push(out, ALD_STR(",")) : 0;
        r = r == 0 ? ald_buf_push(out, item) : r;
        last = item;
    }
    return r < 0 ? ald_trace(r) : r;
}

static bool list_has(struct ald_str list, struct ald_str name)
{
    struct ald_str item;

    while (ald_comm_list_next(&list, &item)) {
        if (ald_str_equal(item, name)) {
            return true;
        }
    }
    return false;
}

int ald_comm_client_commands(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_line *line)
{
    struct ald_comm_head head = {.server = ALD_STR("."), .service = ALD_COMM_DAEMON, .command = ALD_STR("COMMANDS")};
    struct ald_buf *made = &comm->work->made;
    struct ald_comm_edit edits[] = {{ALD_STR("list"), ALD_STR_NONE}};
    int r;

    if (line != NULL) {
        head = ald_comm_head_back(comm, &line->head, head.command);
    }
    head.from_service = ald_comm_slice_str(comm->name);
    ald_buf_cut(made, 0);
    r = list_merge(made, ald_str(base_list), ald_comm_slice_str(comm->client->listed));
    edits[0].value = ald_buf_str(made);
    r = r == 0 ? ald_comm_say(comm, ordinal, &head, edits, ALD_COUNT(edits)) : r;
    if (r > 0) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_TOO_LARGE);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* List `names` from now on. What is new is told at once, unless HELP is still to come for all of it. */
static int names_list(struct ald_comm *comm, uint64_t ordinal, struct ald_str names)
{
    struct ald_comm_client *client = comm->client;
    struct ald_str listed = ald_comm_slice_str(client->listed), rest = names, item;
    struct ald_buf *made = &comm->work->made;
    bool is_new = false;
    int r;

    while (ald_comm_list_next(&rest, &item)) {
        is_new = is_new || (!list_has(listed, item) && !list_has(ald_str(base_list), item));
    }
    if (!is_new) {
        return 0;
    }
    ald_buf_cut(made, 0);
    r = list_merge(made, listed, names);
    r = r == 0 ? ald_comm_keep(&client->listed, ald_buf_str(made)) : r;
    if (r == 0 && comm->state != ALD_COMM_ASKED && comm->state != ALD_COMM_NEW) {
        r = ald_comm_client_commands(comm, ordinal, NULL);
    }
    if (r > 0) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_TOO_LARGE);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the link itself -------------------------------------------------------------------------------------------- */

static void verdict_give(struct ald_comm *comm, enum ald_signal_kind kind, const char *text)
{
    struct ald_signal signal = ald_signal_of(kind);

    signal.target = kind == ALD_SIGNAL_REGISTERED ? ald_comm_slice_str(comm->name_plain) : ALD_STR_NONE;
    signal.text = ald_str(text);
    ald_comm_give(comm, &signal);
}

static int register_say(struct ald_comm *comm, uint64_t ordinal)
{
    const struct ald_comm_head head = {.command = ALD_STR("REGISTER")};
    const struct ald_comm_edit edits[] = {{ALD_STR("service"), ald_slice_str(comm->name)},
                                          {ALD_STR("version"), ALD_STR("1")}};
    int r = ald_comm_say(comm, ordinal, &head, edits, ALD_COUNT(edits));

    return r < 0 ? ald_trace(r) : 0;
}

/* Who has no name says none, and is heard all the same; so is whoever says a datagram. */
static int register_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool asks = ald_str_present(signal->target) && comm->variant != ALD_COMMUNICATOR_DATAGRAM;
    struct ald_str word;
    int r;

    r = ald_comm_spelled(comm, signal->target, &word);
    if (r == 0 && signal->target.size > 0 && !ald_str_present(word)) {
        verdict_give(comm, ALD_SIGNAL_DENIED, "the protocol has no form for this name");
        return 0;
    }
    r = r == 0 ? ald_comm_keep(&comm->name, word) : r;
    r = r == 0 ? ald_comm_keep(&comm->name_plain, signal->target) : r;
    if (r < 0 || comm->state == ALD_COMM_LEAVING) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (asks && comm->name.size > 0) {
        if (comm->state != ALD_COMM_ASKED) {
            ald_comm_move(comm, ALD_COMM_ASKED);
        }
        r = register_say(comm, signal->ordinal);
        return r < 0 ? ald_trace(r) : 0;
    }
    if (comm->state != ALD_COMM_READY) {
        ald_comm_move(comm, ALD_COMM_READY);
    }
    comm->hello_until = ALD_NEVER;
    verdict_give(comm, ALD_SIGNAL_REGISTERED, NULL);
    return 0;
}

static int unregister_say(struct ald_comm *comm, uint64_t ordinal)
{
    const struct ald_comm_head head = {.command = ALD_STR("UNREGISTER")};
    const struct ald_comm_edit edits[] = {{ALD_STR("service"), ald_comm_slice_str(comm->name)}};
    int r = 0;

    if (comm->name.size > 0 && comm->variant != ALD_COMMUNICATOR_DATAGRAM) {
        r = ald_comm_say(comm, ordinal, &head, edits, ALD_COUNT(edits));
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* communicator.md 3: after UNREGISTER the daemon closes; after QUITTING there is none. */
static int leave_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool is_named = comm->name.size > 0 && comm->variant != ALD_COMMUNICATOR_DATAGRAM;
    int r = comm->client->quits ? 0 : unregister_say(comm, signal->ordinal);

    if (comm->state != ALD_COMM_LEAVING) {
        ald_comm_move(comm, ALD_COMM_LEAVING);
    }
    comm->hello_until = ALD_NEVER;
    if (signal->ok || !is_named) {
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_DONE, "Goodbye");
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- messages --------------------------------------------------------------------------------------------------- */

/* What is added to a message: eight of a command, five of an event. */
enum { ADDED_EDITS = 8, ADDED_NUMBER = 40 };

struct added {
    struct ald_comm_edit edits[ADDED_EDITS];
    size_t n;
    char number[ADDED_NUMBER];
};

static void added_add(struct added *added, struct ald_str name, struct ald_str value)
{
    ald_assert(added->n < ADDED_EDITS);
    added->edits[added->n++] = (struct ald_comm_edit){name, value};
}

/* `5s`, `1.250000s`; `prefix` goes before it. */
static struct ald_str duration_format(struct added *added, const char *prefix, ald_usec duration)
{
    unsigned long long sec = (unsigned long long)(duration / ALD_SEC), usec = (unsigned long long)(duration % ALD_SEC);
    int size = usec == 0 ? snprintf(added->number, ADDED_NUMBER, "%s%llus", prefix, sec)
                         : snprintf(added->number, ADDED_NUMBER, "%s%llu.%06llus", prefix, sec, usec);

    return ald_str_of(added->number, (size_t)size);
}

static void event_add(struct ald_comm *comm, const struct ald_msg *msg, struct added *added)
{
    struct ald_str secret = comm->identity != NULL ? comm->identity->secret : ALD_STR_NONE;
    ald_usec ttl = ALD_MIN(ALD_MAX(msg->ttl, ALD_COMM_CACHE_TTL_MIN), ALD_COMM_CACHE_TTL_MAX);

    if (msg->to.target.size > 0 && (msg->flags & ALD_MSG_HOLD) == 0) { /* by default it would be kept */
        added_add(added, ALD_STR("cache"), (msg->flags & ALD_MSG_TELL_AWAY) != 0 ? ALD_STR("no;reply") : ALD_STR("no"));
    } else if (msg->to.target.size > 0 && msg->ttl != ALD_NEVER && msg->ttl != ALD_COMM_CACHE_TTL) {
        added_add(added, ALD_STR("cache"), duration_format(added, "ttl=", ttl));
    }
    if ((msg->flags & ALD_MSG_REPORT) != 0) {
        added_add(added, ALD_STR("transmission_report"), ALD_STR("failure"));
    }
    if ((msg->flags & ALD_MSG_EVERYONE) != 0) {
        added_add(added, ALD_COMM_EVERYONE, ALD_STR("true"));
    }
    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM && secret.size > 0) {
        added_add(added, ALD_STR("secret_code"), secret);
    }
}

static void command_add(const struct ald_signal *signal, struct added *added)
{
    const struct ald_msg *msg = signal->msg;
    ald_usec ttl = signal->ttl != 0 && signal->ttl != ALD_NEVER ? signal->ttl : msg->ttl;

    added_add(added, ALD_COMM_ID, msg->wire_id);
    if (ttl != ALD_NEVER) {
        added_add(added, ALD_COMM_TTL, duration_format(added, "", ALD_MIN(ttl, (ald_usec)1 << 53)));
    }
    if (msg->mode != ALD_MODE_ANY && msg->mode != ALD_MODE_CHANNEL) {
        added_add(added, ALD_COMM_MODE, ald_str(ald_mode_name((enum ald_mode)msg->mode)));
    }
    if (ald_str_present(msg->to.channel)) {
        added_add(added, ALD_COMM_CHANNEL, msg->to.channel);
    }
    if ((msg->flags & ALD_MSG_IDEMPOTENT) != 0) {
        added_add(added, ALD_COMM_IDEMPOTENT, ALD_STR("true"));
    }
}

/* Outcomes: as ald_comm_write_msg(). */
static int message_write(struct ald_comm *comm, const struct ald_signal *signal, const struct added *added)
{
    struct ald_comm_head head = {.from_service = ald_comm_slice_str(comm->name),
                                 .command = ald_comm_command_of(signal->msg)};
    int r = ald_comm_head_to(comm, &signal->msg->to, &head);

    if (r > 0) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_UNSAYABLE);
    }
    r = r == 0 ? ald_comm_write_msg(comm, signal->ordinal, &head, signal->msg, added->edits, added->n) : r;
    return r < 0 ? ald_trace(r) : r;
}

static int event_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct added added = {.n = 0};
    int r;

    event_add(comm, signal->msg, &added);
    r = message_write(comm, signal, &added);
    return r < 0 ? ald_trace(r) : 0; /* what cannot be said was counted */
}

/* What would be ignored over there is refused here. */
static const char *command_judge(const struct ald_comm *comm, const struct ald_msg *msg)
{
    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM) {
        return "a datagram has no answer";
    }
    if ((msg->flags & ALD_MSG_DURABLE) != 0 || ald_str_present(msg->collapse)) {
        return "the protocol has no form for this option";
    }
    return NULL;
}

static int command_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const char *why = command_judge(comm, signal->msg);
    struct added added = {.n = 0};
    int r;

    if (why != NULL) {
        r = ald_comm_give_refused(comm, signal, ALD_CAUSE_UNSUPPORTED, why);
        return r < 0 ? ald_trace(r) : 0;
    }
    command_add(signal, &added);
    r = message_write(comm, signal, &added);
    if (r > 0) {
        enum ald_cause cause = r == ALD_COMM_FULL ? ALD_CAUSE_TOO_LARGE : ALD_CAUSE_INVALID;

        r = ald_comm_give_refused(
            comm, signal, cause,
            cause == ALD_CAUSE_INVALID
                ? "the protocol has no form for this command: its name must be capitals, digits and '_'"
                : ald_cause_text(cause));
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- questions -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *command; /* NULL: nobody can ask for it */
    const char *words;   /* in which it is answered */
} questions[ALD_N_TOPICS] = {
    [ALD_TOPIC_PRESENCE] = {"SERVICE_STATUS", "STATUS"},
    [ALD_TOPIC_TARGETS] = {"LIST_SERVICES", "SERVICES"},
    [ALD_TOPIC_CLUSTER] = {"CLUSTER_STATUS", "CLUSTER_COMPLETE,CLUSTER_DOWN,CLUSTER_INCOMPLETE,CLUSTER_UP"},
    [ALD_TOPIC_CLOCK] = {"CLOCK_STATUS", "CLOCK_STABLE,CLOCK_UNSTABLE"},
    [ALD_TOPIC_LOAD] = {"REGISTER_FOR_LOADAVG", "LOADAVG"},
    [ALD_TOPIC_ADDRESSES] = {"PUBLIC_IP", "SERVER_PUBLIC_IP"},
};

static int ask_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    uint8_t topic = signal->topic;
    bool ends = topic == ALD_TOPIC_LOAD && !signal->ok;
    struct ald_comm_head head = {.from_service = ald_comm_slice_str(comm->name), .service = ALD_COMM_DAEMON};
    struct ald_comm_edit edits[] = {{ALD_STR("service"), ALD_STR_NONE}};
    int r;

    if (topic >= ALD_N_TOPICS || questions[topic].command == NULL || comm->variant == ALD_COMMUNICATOR_DATAGRAM) {
        ald_comm_drop(comm);
        return 0;
    }
    head.command = ends ? ALD_STR("UNREGISTER_FROM_LOADAVG") : ald_str(questions[topic].command);
    r = names_list(comm, signal->ordinal, ald_str(questions[topic].words));
    r = r == 0 && topic == ALD_TOPIC_PRESENCE ? ald_comm_spelled(comm, signal->target, &edits[0].value) : r;
    comm->client->topics |= ends || topic == ALD_TOPIC_LOAD ? 0 : UINT32_C(1) << topic;
    r = r == 0 ? ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits)) : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* HEALTH or PRIMARY, answered to the sender that asked. */
static int answer_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool is_health = signal->kind == ALD_SIGNAL_HEALTH;
    struct ald_str asked = ald_comm_slice_str(comm->client->asked);
    size_t colon = ald_str_find(asked, ALD_STR(":"));
    struct ald_comm_head head = {.from_service = ald_comm_slice_str(comm->name), .command = ALD_STR("INVALID")};
    const struct ald_comm_edit edits[] = {
        {ALD_COMM_HEALTHY, is_health && signal->ok && !signal->healthy ? ALD_STR("false") : ALD_STR_NONE},
        {ALD_COMM_MESSAGE, signal->text},
        {ALD_STR("primary"), is_health || !signal->ok ? ALD_STR_NONE
                             : signal->primary        ? ALD_STR("true")
                                                      : ALD_STR("false")},
    };
    int r;

    if (!ald_str_present(asked)) {
        ald_comm_drop(comm);
        return 0;
    }
    if (signal->ok) {
        head.command = is_health ? ALD_STR("ABSOLUTELY") : ALD_STR("PRIMARY");
    }
    head.server = ald_str_of(asked.data, colon);
    head.service = ald_str_from(asked, colon + 1);
    r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    return r < 0 ? ald_trace(r) : 0;
}

static int operate_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    static const char *const commands[ALD_N_OPERATIONS] = {
        [ALD_OPERATE_STOP] = "STOP",
        [ALD_OPERATE_SHUTDOWN] = "SHUTDOWN",
        [ALD_OPERATE_ROTATE_LOGS] = "LOG_ROTATE",
        [ALD_OPERATE_FORGET] = "FORGET",
    };
    const struct ald_comm_head head = {.from_service = ald_comm_slice_str(comm->name),
                                       .service = ALD_COMM_DAEMON,
                                       .command = ald_str(commands[signal->operation])};
    const struct ald_comm_edit edits[] = {
        {ALD_STR("ip"), signal->operation == ALD_OPERATE_FORGET ? signal->text : ALD_STR_NONE}};
    int r = comm->variant != ALD_COMMUNICATOR_DATAGRAM
                ? ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits))
                : 0;

    return r < 0 ? ald_trace(r) : 0;
}

static int cancel_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_msg *about = signal->msg != NULL ? signal->msg : signal->request;
    const struct ald_comm_head head = {
        .from_service = ald_comm_slice_str(comm->name), .service = ALD_COMM_DAEMON, .command = ALD_STR("ALDIS_CANCEL")};
    const struct ald_comm_edit edits[] = {{ALD_STR("id"), about != NULL ? about->wire_id : ALD_STR_NONE}};
    int r;

    if (about == NULL || comm->variant == ALD_COMMUNICATOR_DATAGRAM) {
        ald_comm_drop(comm);
        return 0;
    }
    r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_client_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    int r = ald_comm_scratch_begin(comm);

    if (r < 0) {
        return ald_trace(r);
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTER:
        return register_tell(comm, signal);
    case ALD_SIGNAL_UNREGISTER:
        return unregister_say(comm, signal->ordinal);
    case ALD_SIGNAL_CAPABLE:
        return names_list(comm, signal->ordinal, signal->text);
    case ALD_SIGNAL_ASK:
        return ask_tell(comm, signal);
    case ALD_SIGNAL_COMMAND:
        return command_tell(comm, signal);
    case ALD_SIGNAL_EVENT:
        return event_tell(comm, signal);
    case ALD_SIGNAL_REPLY:
        return ald_comm_tell_reply(comm, signal);
    case ALD_SIGNAL_CANCEL:
        return cancel_tell(comm, signal);
    case ALD_SIGNAL_HEALTH:
    case ALD_SIGNAL_PRIMARY:
        return answer_tell(comm, signal);
    case ALD_SIGNAL_OPERATE:
        return operate_tell(comm, signal);
    case ALD_SIGNAL_LEAVE:
        return leave_tell(comm, signal);
    default: /* no form for it: statuses, sessions */
        ald_comm_drop(comm);
        return 0;
    }
}
