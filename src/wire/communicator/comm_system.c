/*
 * Role hub: the commands of the daemon itself (communicator.md 4), one row each. What the hub must decide is a signal to
 * it; what is only about the connection is dealt with here; what a row forbids is answered with INVALID, since nothing
 * that is said may go by without a word or a count.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

typedef int (*hear_fn)(struct ald_comm *comm, const struct ald_comm_line *line);

/* Who may say a command. */
enum {
    FROM_SERVICE = 1,  /* a local service, with or without a name */
    FROM_STRANGER = 2, /* the other end of a link that has no name yet */
    FROM_PEER = 4,     /* that of one that has */
    FROM_LEAVING = 8,  /* somebody who was told, or has said, goodbye */
    FROM_ANYBODY = FROM_SERVICE | FROM_STRANGER | FROM_PEER
};

struct row {
    struct ald_str name;
    uint8_t from;   /* FROM_* */
    bool is_hidden; /* not in our COMMANDS, as it is not in the original's */
    hear_fn hear;   /* NULL: counted, and nothing else */
};

/* --- services --------------------------------------------------------------------------------------------------- */

/* communicator.md 3, and 14.11: each check with an answer. */
static const char *register_judge(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_str *ret_service)
{
    struct ald_str service = ald_comm_get(comm, line, ALD_STR("service"));
    struct ald_str version = ald_comm_get(comm, line, ALD_STR("version"));
    int64_t number;

    *ret_service = service;
    if (!ald_str_present(version) || ald_comm_int_read(version, &number) != 0) {
        return "the parameter version is missing, or not a number";
    }
    if (number != 1) {
        return "only version 1 of the protocol is spoken here";
    }
    if (service.size == 0) {
        return "the parameter service is missing, or empty";
    }
    if (!ald_comm_name_legal(service) || service.size > ALD_NAME_MAX) {
        return "the name of a service has letters, digits and _, up to 255";
    }
    if (ald_str_equal(service, ALD_COMM_DAEMON) || ald_str_starts(service, ALD_STR("aldis_"))) {
        return "the name is the daemon's own";
    }
    return comm->n_asked + 2 <= ALD_COMM_ASKED_MAX ? NULL : "too many registrations at once";
}

/* What it shows to be let in, or NULL. The original knows the parameter `password`, and looks at nothing. */
static const struct ald_greeting *register_shown(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_greeting *greeting = &comm->work->greeting;
    struct ald_str username = ald_comm_get(comm, line, ALD_STR("username"));
    struct ald_str password = ald_comm_get(comm, line, ALD_STR("password"));

    if (username.size == 0 && password.size == 0) {
        return NULL;
    }
    *greeting = (struct ald_greeting){.peering = ALD_PEERING_NONE, .username = username, .password = password};
    return greeting;
}

static int hear_register(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const struct ald_greeting *greeting;
    struct ald_str service;
    const char *why = register_judge(comm, line, &service);
    int r;

    if (why != NULL) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_REGISTER_REFUSED);
        r = ald_comm_invalid(comm, &line->head, why);
        return r < 0 ? ald_trace(r) : 0;
    }
    greeting = register_shown(comm, line);
    ald_comm_introduce(comm, greeting); /* who is there already may ask for another name when this one is denied */
    ald_comm_ask_register(comm, ald_comm_unspelled(comm, service), greeting);
    return 0;
}

/* What it names is not looked at (communicator.md 3): the connection goes, with whatever name it had. */
static int hear_unregister(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_UNREGISTER);

    (void)line;
    if (comm->name.size > 0) {
        signal.target = ald_slice_str(comm->name_plain);
        ald_comm_give(comm, &signal);
    }
    ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_DONE, "Unregistered");
    return 0;
}

static void traits_give(struct ald_comm *comm)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_TRAITS);

    signal.traits = ald_comm_traits(comm);
    ald_comm_give(comm, &signal);
}

static int hear_commands(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_signal capable = ald_signal_of(ALD_SIGNAL_CAPABLE);
    uint32_t before = ald_comm_traits(comm);
    int r;

    capable.text = ald_comm_get(comm, line, ALD_STR("list"));
    if (!ald_str_present(capable.text)) {
        r = ald_comm_invalid(comm, &line->head, "the parameter list is missing");
        return r < 0 ? ald_trace(r) : 0;
    }
    comm->words |= ald_comm_words_of(capable.text);
    if (comm->variant != ALD_COMMUNICATOR_SERVICE) {
        return 0; /* another daemon gets what its services want by itself */
    }
    ald_comm_introduce(comm, NULL);
    if (ald_comm_traits(comm) != before) {
        traits_give(comm);
    }
    ald_comm_give(comm, &capable);
    return 0;
}

/* --- anybody ---------------------------------------------------------------------------------------------------- */

static int hear_help(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const struct ald_comm_head head = ald_comm_head_back(comm, &line->head, ALD_STR("COMMANDS"));
    struct ald_buf *made = &comm->work->made;
    struct ald_comm_edit edits[] = {{ALD_STR("list"), ALD_STR_NONE}};
    int r;

    ald_buf_cut(made, 0);
    r = ald_comm_system_list(made);
    edits[0].value = ald_buf_str(made);
    r = r == 0 ? ald_comm_say(comm, 0, &head, edits, ALD_COUNT(edits)) : r;
    return r < 0 ? ald_trace(r) : 0;
}

static int hear_alive(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r = ald_comm_alive(comm, line);

    return r < 0 ? ald_trace(r) : 0;
}

/* Of a daemon it answers the ALIVE of its link (comm_peer.c), which any other line would have done; other questions have
 * senders of their own. */
static int hear_absolutely(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    if (!ald_comm_is_peer(comm)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
    }
    return 0;
}

/* A caller takes its command back; with an id it wants an answer to that, and asks the hub (aldis:Cancel). */
static int hear_cancel(struct ald_comm *comm, const struct ald_comm_line *line)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);
    struct ald_str id = ald_comm_get(comm, line, ALD_STR("id"));
    int r;

    if (ald_comm_find(&line->params, ALD_COMM_ID) != NULL) {
        r = ald_comm_forward(comm, line, true);
        return r < 0 ? ald_trace(r) : 0;
    }
    if (id.size == 0 || !ald_utf8_valid(id)) {
        r = ald_comm_invalid(comm, &line->head, "the parameter id is missing, or no id");
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_msg_new(comm->messages, ALD_CANCEL, &msg);
    r = r == 0 ? ald_msg_set(msg, &msg->wire_id, id) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.msg = ald_steal(&msg);
    ald_comm_introduce(comm, NULL);
    ald_comm_give(comm, &signal);
    return 0;
}

/* Nobody answers these, so that two daemons do not go on for ever. */
static int hear_complaint(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    ald_comm_count(comm, ALD_COMMUNICATOR_N_TOLD_INVALID);
    return 0;
}

/* --- questions -------------------------------------------------------------------------------------------------- */

static void ask_give(struct ald_comm *comm, enum ald_topic topic, bool ok, struct ald_str target)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ASK);

    ald_comm_introduce(comm, NULL);
    signal.topic = (uint8_t)topic;
    signal.ok = ok;
    signal.target = target;
    ald_comm_give(comm, &signal);
}

static int hear_clock(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    ask_give(comm, ALD_TOPIC_CLOCK, false, ALD_STR_NONE);
    return 0;
}

static int hear_cluster(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    ask_give(comm, ALD_TOPIC_CLUSTER, false, ALD_STR_NONE);
    return 0;
}

static int hear_public_ip(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    ask_give(comm, ALD_TOPIC_ADDRESSES, false, ALD_STR_NONE);
    return 0;
}

/* The original writes them to its log. They are told as well, to who knows the word SERVICES. */
static int hear_list_services(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    ask_give(comm, ALD_TOPIC_TARGETS, false, ALD_STR_NONE);
    return 0;
}

/* The address in what STATUS calls another daemon (communicator.md 3); absent: it is a service. */
static struct ald_str remote_address(struct ald_str service)
{
    static const struct ald_str marks[] = {{"remote communicator (in): ", 26}, {"remote communicator (out): ", 27}};

    for (size_t i = 0; i < ALD_COUNT(marks); i++) {
        if (ald_str_starts(service, marks[i])) {
            return ald_str_from(service, marks[i].size);
        }
    }
    return ALD_STR_NONE;
}

/* The answer calls it as the question did: the name may be one that no service could have. */
static void presence_ask(struct ald_comm *comm, struct ald_str service, struct ald_str address)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ASK);

    ald_comm_introduce(comm, NULL);
    signal.topic = ald_str_present(address) ? ALD_TOPIC_HUB : ALD_TOPIC_PRESENCE;
    signal.target = ald_str_present(address) ? address : ald_comm_unspelled(comm, service);
    signal.text = service;
    ald_comm_give(comm, &signal);
}

static int hear_service_status(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str service = ald_comm_get(comm, line, ALD_STR("service")), address;
    int r;

    if (service.size == 0 || service.size > ALD_NAME_MAX || !ald_utf8_valid(service)) {
        r = ald_comm_invalid(comm, &line->head, "the parameter service is missing, or no name");
        return r < 0 ? ald_trace(r) : 0;
    }
    address = remote_address(service);
    presence_ask(comm, service, address);
    return 0;
}

static int hear_load_register(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    if (ald_comm_is_peer(comm) && !comm->known) {
        comm->wants_load = true; /* the original says so before its ACCEPT (communicator.md 6.2) */
        return 0;
    }
    ask_give(comm, ALD_TOPIC_LOAD, true, ALD_STR_NONE);
    return 0;
}

static int hear_load_unregister(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    comm->wants_load = false;
    if (comm->known) {
        ask_give(comm, ALD_TOPIC_LOAD, false, ALD_STR_NONE);
    }
    return 0;
}

/* Every neighbour was asked when it was linked, so there is nothing more to ask for; but it is checked, since what is
 * wrong with it ended the original (communicator.md 14). */
static int hear_load_listen(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str ips = ald_comm_get(comm, line, ALD_STR("ips")), list;
    int r;

    ald_buf_cut(&comm->work->made, 0);
    r = ald_comm_addresses_read(ips, ald_comm_is_host, &comm->work->made, &list);
    if (r > 0 || (r == 0 && ips.size == 0)) {
        r = ald_comm_invalid(comm, &line->head, "the parameter ips must be addresses, with commas between them");
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- operations ------------------------------------------------------------------------------------------------- */

static void operate_give(struct ald_comm *comm, enum ald_operation operation, struct ald_str text, bool ok)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_OPERATE);

    ald_comm_introduce(comm, NULL);
    signal.operation = (uint8_t)operation;
    signal.text = text;
    signal.ok = ok;
    ald_comm_give(comm, &signal);
}

static int hear_stop(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    operate_give(comm, ALD_OPERATE_STOP, ALD_STR_NONE, false);
    return 0;
}

static int hear_shutdown(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    operate_give(comm, ALD_OPERATE_SHUTDOWN, ALD_STR_NONE, false);
    return 0;
}

static int hear_log_rotate(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    operate_give(comm, ALD_OPERATE_ROTATE_LOGS, ALD_STR_NONE, false);
    return 0;
}

/* communicator.md 6.4: with broadcast_hops it has been told to everybody by whoever began it. A hub that is no neighbour of this
 * protocol has no address here; it is forgotten by its name. */
static int hear_forget(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str ip = ald_comm_get(comm, line, ALD_STR("ip"));
    struct ald_str name = ald_comm_get(comm, line, ALD_STR("server_name"));
    int r;

    if (!ald_str_present(ip) && ald_comm_name_legal(name) && name.size <= ALD_NAME_MAX && !ald_comm_is_peer(comm)) {
        operate_give(comm, ALD_OPERATE_FORGET, ald_comm_unspelled(comm, name), false);
        return 0;
    }
    if (!ald_comm_is_host(ip)) {
        r = ald_comm_invalid_about(comm, &line->head, "the parameter ip must be an address", ip);
        return r < 0 ? ald_trace(r) : 0;
    }
    operate_give(comm, ALD_OPERATE_FORGET, ip, ald_comm_find(&line->params, ALD_STR("broadcast_hops")) != NULL);
    return 0;
}

/* --- the table -------------------------------------------------------------------------------------------------- */

#define ROW(word, who, hidden, function)                                                                               \
    {                                                                                                                  \
        .name = {#word, sizeof(#word) - 1}, .from = (who), .is_hidden = (hidden), .hear = (function)                   \
    }

/* In the byte order of their names, as COMMANDS lists them. */
static const struct row rows[] = {
    ROW(ABSOLUTELY, FROM_ANYBODY | FROM_LEAVING, true, hear_absolutely),
    ROW(ACCEPT, FROM_STRANGER, false, ald_comm_hear_accept),
    ROW(ALDIS_CANCEL, FROM_SERVICE, true, hear_cancel),
    ROW(ALIVE, FROM_ANYBODY, false, hear_alive),
    ROW(CLOCK_STATUS, FROM_SERVICE | FROM_PEER, false, hear_clock),
    ROW(CLUSTER_STATUS, FROM_SERVICE | FROM_PEER, false, hear_cluster),
    ROW(COMMANDS, FROM_ANYBODY, false, hear_commands),
    ROW(CONNECT, FROM_STRANGER, false, ald_comm_hear_connect),
    ROW(DISCONNECT, FROM_STRANGER | FROM_PEER | FROM_LEAVING, false, ald_comm_hear_disconnect),
    ROW(FORGET, FROM_SERVICE | FROM_PEER, false, hear_forget),
    ROW(GOSSIP, FROM_STRANGER, false, ald_comm_hear_gossip),
    ROW(HELP, FROM_ANYBODY, false, hear_help),
    ROW(INVALID, FROM_ANYBODY | FROM_LEAVING, false, hear_complaint),
    ROW(LEAK, FROM_ANYBODY, false, NULL), /* nobody who may read our standard error asks over a socket */
    ROW(LISTEN_LOADAVG, FROM_SERVICE, false, hear_load_listen),
    ROW(LIST_SERVICES, FROM_SERVICE | FROM_PEER, false, hear_list_services),
    ROW(LOADAVG, FROM_PEER, false, ald_comm_hear_loadavg),
    ROW(LOG_ROTATE, FROM_SERVICE | FROM_PEER, false, hear_log_rotate),
    ROW(PUBLIC_IP, FROM_SERVICE | FROM_PEER, false, hear_public_ip),
    ROW(QUITTING, FROM_ANYBODY | FROM_LEAVING, false, NULL),
    ROW(READY, FROM_ANYBODY, false, NULL),
    ROW(RECEIVED, FROM_STRANGER | FROM_PEER, true, ald_comm_hear_received),
    ROW(REFUSE, FROM_STRANGER, false, ald_comm_hear_refuse),
    ROW(REGISTER, FROM_SERVICE, false, hear_register),
    ROW(REGISTER_FOR_LOADAVG, FROM_ANYBODY, false, hear_load_register),
    ROW(RESTART, FROM_ANYBODY, false, NULL),
    ROW(SERVICE_STATUS, FROM_SERVICE | FROM_PEER, false, hear_service_status),
    ROW(SERVICE_UNAVAILABLE, FROM_ANYBODY | FROM_LEAVING, false, NULL),
    ROW(SHUTDOWN, FROM_SERVICE | FROM_PEER, false, hear_shutdown),
    ROW(STOP, FROM_SERVICE | FROM_PEER, false, hear_stop),
    ROW(TRANSMISSION_REPORT, FROM_PEER | FROM_LEAVING, true, NULL), /* the daemon itself asks for none */
    ROW(UNKNOWN, FROM_ANYBODY | FROM_LEAVING, false, hear_complaint),
    ROW(UNREGISTER, FROM_SERVICE | FROM_LEAVING, false, hear_unregister),
    ROW(UNREGISTER_FROM_LOADAVG, FROM_ANYBODY, false, hear_load_unregister),
};

int ald_comm_system_list(struct ald_buf *out)
{
    size_t before = ald_buf_size(out);
    int r = 0;

    for (size_t i = 0; r == 0 && i < ALD_COUNT(rows); i++) {
        if (!rows[i].is_hidden) {
            r = ald_buf_size(out) > before ? ald_buf_push(out, ALD_STR(",")) : 0;
            r = r == 0 ? ald_buf_push(out, rows[i].name) : r;
        }
    }
    ald_assert(r <= 0);
    return r < 0 ? ald_trace(r) : 0;
}

static const struct row *row_find(struct ald_str command)
{
    size_t low = 0, high = ALD_COUNT(rows);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ald_str_compare(command, rows[middle].name);

        if (order == 0) {
            return &rows[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static uint8_t speaker_of(const struct ald_comm *comm)
{
    if (comm->state == ALD_COMM_LEAVING) {
        return FROM_LEAVING;
    }
    if (comm->variant == ALD_COMMUNICATOR_SERVICE) {
        return FROM_SERVICE;
    }
    return comm->state == ALD_COMM_NEW || !comm->known ? FROM_STRANGER : FROM_PEER;
}

static int row_forbidden(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r;

    switch (speaker_of(comm)) {
    case FROM_LEAVING:
        ald_comm_count(comm, ALD_COMMUNICATOR_N_WHILE_LEAVING);
        r = ald_comm_quitting(comm, line);
        break;
    case FROM_STRANGER:
        ald_comm_count(comm, ALD_COMMUNICATOR_N_NOT_CONNECTED);
        r = ald_comm_invalid(comm, &line->head, "a daemon says CONNECT first");
        break;
    case FROM_PEER:
        r = ald_comm_invalid(comm, &line->head, "a daemon does not say this, or not any more");
        break;
    default:
        r = ald_comm_invalid(comm, &line->head, "only daemons say this, at their own door");
        break;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* What the daemon does of itself has no outcome that anybody could wait for, and an order is not to be obeyed by one who is
 * told that it was refused. */
static bool row_is_order(const struct row *row)
{
    return row->hear == hear_stop || row->hear == hear_shutdown || row->hear == hear_log_rotate ||
           row->hear == hear_forget;
}

int ald_comm_system(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const struct row *row = row_find(line->head.command);
    uint8_t speaker = speaker_of(comm);
    int r = 0;

    if (row != NULL && row->is_hidden && (row->from & speaker) == 0) {
        row = NULL; /* nobody hears of it who may not say it: it is as unknown as any other */
    }
    if (row == NULL && (speaker & (FROM_SERVICE | FROM_PEER)) != 0) {
        r = ald_comm_forward(comm, line, true);
    } else if (row == NULL || (row->from & speaker) == 0) {
        r = row_forbidden(comm, line);
    } else if (ald_str_present(comm->work->asked) && row_is_order(row)) {
        r = ald_comm_invalid(comm, &line->head, "an order is no command with an outcome: it has no aldis_id");
    } else if (row->hear == NULL) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
    } else {
        r = row->hear(comm, line);
    }
    return r < 0 ? ald_trace(r) : 0;
}
