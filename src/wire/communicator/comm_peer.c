/*
 * The other daemon of a link (communicator.md 6). Who dialled says CONNECT and waits for ACCEPT; what that one says of
 * itself becomes the greeting of a REGISTER, so that the hub decides who is linked with whom. Until then only what belongs
 * to the handshake is heard.
 */

#include "base/error.h"
#include "msg/json_scan.h"
#include "wire/communicator/comm_dialect.h"

/* The original needs an address in every greeting, and does not look at who says none of its own. */
static struct ald_str address_of(const struct ald_comm *comm)
{
    struct ald_str address = comm->identity != NULL ? comm->identity->address : ALD_STR_NONE;

    return ald_comm_some_address(address);
}

struct ald_str ald_comm_some_address(struct ald_str address)
{
    return address.size > 0 ? address : ALD_STR("127.0.0.1:4042");
}

static struct ald_str some(struct ald_str text)
{
    return text.size > 0 ? text : ALD_STR_NONE;
}

/* --- dialling --------------------------------------------------------------------------------------------------- */

static int connect_say(struct ald_comm *comm)
{
    static const struct ald_identity nobody = {.hub = {NULL, 0}};
    const struct ald_identity *identity = comm->identity != NULL ? comm->identity : &nobody;
    const struct ald_comm_head head = ald_comm_head_own(comm, ALD_STR("CONNECT"));
    const struct ald_comm_edit edits[] = {
        {ALD_STR("my_address"), address_of(comm)},
        {ALD_STR("neighbors"), some(identity->neighbors)},
        {ALD_STR("password"), some(identity->password)},
        {ALD_STR("server_name"), comm->own},
        {ALD_STR("services"), some(identity->services)},
        {ALD_STR("username"), some(identity->username)},
        {ALD_STR("version"), ALD_STR("1")},
    };
    int r = ald_comm_say(comm, 0, &head, edits, ALD_COUNT(edits));

    return r < 0 ? ald_trace(r) : 0;
}

/* communicator.md 6.3: without a sender. The original knows no password there, and does not look at what it does not know. */
static int gossip_say(struct ald_comm *comm)
{
    static const struct ald_identity nobody = {.hub = {NULL, 0}};
    const struct ald_identity *identity = comm->identity != NULL ? comm->identity : &nobody;
    const struct ald_comm_head head = {.command = ALD_STR("GOSSIP")};
    const struct ald_comm_edit edits[] = {{ALD_STR("my_address"), address_of(comm)},
                                          {ALD_STR("password"), some(identity->password)},
                                          {ALD_STR("username"), some(identity->username)}};
    int r = ald_comm_say(comm, 0, &head, edits, ALD_COUNT(edits));

    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_peer_open(struct ald_comm *comm)
{
    int r = comm->variant == ALD_COMMUNICATOR_LINK ? connect_say(comm) : gossip_say(comm);

    return r < 0 ? ald_trace(r) : 0;
}

/* --- greetings -------------------------------------------------------------------------------------------------- */

static struct ald_str greeting_text(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_str name)
{
    struct ald_str text = ald_comm_get(comm, line, name);

    return ald_utf8_valid(text) ? text : ALD_STR_NONE;
}

/* What CONNECT and ACCEPT say alike (communicator.md 6.2); lists that are missing are those of older daemons. Gives what
 * is wrong with it, or NULL. Errors: ALDIS_E_NOMEM. */
static int greeting_read(struct ald_comm *comm, const struct ald_comm_line *line, const char **ret_why)
{
    struct ald_greeting *greeting = &comm->work->greeting;
    struct ald_str name = ald_comm_get(comm, line, ALD_STR("server_name"));
    int r;

    *ret_why = NULL;
    *greeting = (struct ald_greeting){.peering = ALD_PEERING_FLOODS, .dialled = comm->variant == ALD_COMMUNICATOR_LINK};
    if (!ald_comm_name_legal(name) || name.size > ALD_NAME_MAX) {
        *ret_why = "the parameter server_name is missing, or no name";
        return 0;
    }
    greeting->hub = ald_comm_unspelled(comm, name);
    greeting->address = ald_comm_get(comm, line, ALD_STR("my_address"));
    if (!ald_comm_is_address(greeting->address)) {
        *ret_why = "the parameter my_address must be an address with a port";
        return 0;
    }
    greeting->services = greeting_text(comm, line, ALD_STR("services"));
    greeting->heard_of = greeting_text(comm, line, ALD_STR("heard_of"));
    greeting->username = greeting_text(comm, line, ALD_STR("username"));
    greeting->password = greeting_text(comm, line, ALD_STR("password"));
    r = ald_comm_addresses_read(ald_comm_get(comm, line, ALD_STR("neighbors")), ald_comm_is_host, &comm->work->text,
                                &greeting->neighbors);
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_why = r > 0 ? "the parameter neighbors must be addresses" : NULL;
    return 0;
}

/* Ask the hub whether it may be linked: its target is `hub:` and its id (msg/signal.h). */
static int greeting_give(struct ald_comm *comm, struct ald_str name)
{
    const struct ald_greeting *greeting = &comm->work->greeting;
    struct ald_buf *text = &comm->work->text;
    size_t before;
    int r;

    r = ald_comm_keep(&comm->name, name);
    r = r == 0 ? ald_comm_keep(&comm->name_plain, greeting->hub) : r;
    before = ald_buf_size(text);
    r = r == 0 ? ald_buf_push(text, ALD_STR("hub:")) : r;
    r = r == 0 ? ald_buf_push(text, ald_slice_str(comm->name_plain)) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0); /* the room was made */
    ald_comm_move(comm, ALD_COMM_ASKED);
    ald_comm_ask_register(comm, ald_str_from(ald_buf_str(text), before), greeting);
    return 0;
}

static int refuse_say(struct ald_comm *comm, uint64_t ordinal, struct ald_str conflict, bool shutdown,
                      struct ald_str message)
{
    const struct ald_comm_head head = ald_comm_head_own(comm, ALD_STR("REFUSE"));
    const struct ald_comm_edit edits[] = {
        {ALD_STR("conflict"), conflict},
        {ALD_STR("message"), message},
        {ALD_STR("shutdown"), shutdown ? ALD_STR("true") : ALD_STR_NONE},
    };
    int r = ald_comm_say(comm, ordinal, &head, edits, ALD_COUNT(edits));

    ald_comm_count(comm, ALD_COMMUNICATOR_N_CONNECT_REFUSED);
    return r < 0 ? ald_trace(r) : 0;
}

/* The original says nothing, and is asked again every minute. */
static int version_refuse(struct ald_comm *comm)
{
    int r;

    ald_comm_count(comm, ALD_COMMUNICATOR_N_WRONG_VERSION);
    r = refuse_say(comm, 0, ALD_STR("version"), false, ALD_STR("only version 1 of the protocol is spoken here"));
    ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_VERSION, "The other daemon speaks another version");
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_hear_connect(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str version = ald_comm_get(comm, line, ALD_STR("version"));
    const char *why = NULL;
    int64_t number = 0;
    int r;

    if (comm->variant != ALD_COMMUNICATOR_REMOTE) {
        why = "who was called does not say CONNECT";
    } else if (ald_comm_int_read(version, &number) != 0) {
        why = "the parameter version is missing, or not a number";
    } else if (number != 1) {
        r = version_refuse(comm);
        return r < 0 ? ald_trace(r) : 0;
    }
    r = why == NULL ? greeting_read(comm, line, &why) : 0;
    if (r == 0) {
        r = why != NULL ? ald_comm_invalid(comm, &line->head, why)
                        : greeting_give(comm, ald_comm_get(comm, line, ALD_STR("server_name")));
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_hear_accept(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const char *why = comm->variant != ALD_COMMUNICATOR_LINK ? "nobody here said CONNECT" : NULL;
    int r = why == NULL ? greeting_read(comm, line, &why) : 0;

    if (r == 0) {
        r = why != NULL ? ald_comm_invalid(comm, &line->head, why)
                        : greeting_give(comm, ald_comm_get(comm, line, ALD_STR("server_name")));
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_hear_refuse(struct ald_comm *comm, const struct ald_comm_line *line)
{
    int r;

    if (comm->variant != ALD_COMMUNICATOR_LINK) {
        r = ald_comm_invalid(comm, &line->head, "nobody here said CONNECT");
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_comm_count(comm, ALD_COMMUNICATOR_N_CONNECT_REFUSED);
    if (ald_comm_find(&line->params, ALD_STR("shutdown")) != NULL) {
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_SHUTDOWN, "The other daemon is stopping");
    } else if (ald_comm_value_is(ald_comm_find(&line->params, ALD_STR("conflict")), ALD_STR("name"))) {
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_NAME, "The other daemon knows another one of our name");
    } else {
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_REFUSED, "The other daemon refused us");
    }
    return 0;
}

/* --- the verdict ------------------------------------------------------------------------------------------------ */

static int accept_say(struct ald_comm *comm, const struct ald_signal *signal)
{
    static const struct ald_identity nobody = {.hub = {NULL, 0}};
    static const struct ald_greeting nothing = {.peering = ALD_PEERING_NONE};
    const struct ald_identity *identity = comm->identity != NULL ? comm->identity : &nobody;
    const struct ald_greeting *greeting = signal->greeting != NULL ? signal->greeting : &nothing;
    const struct ald_comm_head head = ald_comm_head_own(comm, ALD_STR("ACCEPT"));
    const struct ald_comm_edit edits[] = {
        {ALD_STR("heard_of"), some(greeting->heard_of)},
        {ALD_STR("my_address"), address_of(comm)},
        {ALD_STR("neighbors"), some(identity->neighbors)},
        {ALD_STR("server_name"), comm->own},
        {ALD_STR("services"), some(greeting->services.size > 0 ? greeting->services : identity->services)},
    };
    int r = ald_comm_say(comm, signal->ordinal, &head, edits, ALD_COUNT(edits));

    return r < 0 ? ald_trace(r) : 0;
}

static void load_ask(struct ald_comm *comm)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ASK);

    if (comm->wants_load) {
        signal.topic = ALD_TOPIC_LOAD;
        signal.ok = true;
        ald_comm_give(comm, &signal);
    }
}

/*
 * A computer that is gone says nothing, and neither does a process that was stopped: TCP alone notices after minutes. Any
 * byte is a sign of life. A link that is silent is asked for one with ALIVE, which every daemon answers on the connection
 * that it came by, and which changes nothing there (communicator.md 4).
 */
int ald_comm_peer_look(struct ald_comm *comm)
{
    const struct ald_comm_head head = ald_comm_head_own(comm, ALD_STR("ALIVE"));
    ald_usec interval = comm->options.alive_interval;
    uint64_t n_silent = (comm->now - ALD_MIN(comm->heard, comm->now)) / interval;
    int r = 0;

    if (comm->state != ALD_COMM_READY) {
        comm->alive_at = ALD_NEVER; /* whoever leaves has a time limit of its own */
    } else if (n_silent >= comm->options.alive_failures) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_SILENT);
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_SILENT, "The other daemon gives no sign of life");
    } else {
        comm->alive_at = comm->heard + (n_silent + 1) * interval;
        r = n_silent > 0 ? ald_comm_say(comm, 0, &head, NULL, 0) : 0;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* The order of each side is that of the original (communicator.md 6.2). */
int ald_comm_tell_linked(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_comm_head help = ald_comm_head_own(comm, ALD_STR("HELP"));
    const struct ald_comm_head load = ald_comm_head_own(comm, ALD_STR("REGISTER_FOR_LOADAVG"));
    bool dialled = comm->variant == ALD_COMMUNICATOR_LINK;
    int r;

    if (comm->state != ALD_COMM_ASKED) {
        return 0;
    }
    ald_comm_move(comm, ALD_COMM_READY);
    comm->hello_until = ALD_NEVER;
    comm->heard = ALD_MAX(comm->heard, comm->now);
    comm->alive_at = comm->options.alive_interval > 0 ? comm->now + comm->options.alive_interval : ALD_NEVER;
    r = ald_comm_say(comm, signal->ordinal, dialled ? &help : &load, NULL, 0);
    if (r == 0 && !dialled) {
        r = accept_say(comm, signal);
    }
    r = r == 0 ? ald_comm_say(comm, signal->ordinal, dialled ? &load : &help, NULL, 0) : r;
    load_ask(comm);
    return r < 0 ? ald_trace(r) : 0;
}

/* A link that we dialled is not refused but ended, which makes the other daemon wait as well. */
int ald_comm_tell_refused(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_comm_head goodbye = ald_comm_head_own(comm, ALD_STR("DISCONNECT"));
    bool is_name = signal->cause == ALD_CAUSE_DUPLICATE, is_stop = signal->cause == ALD_CAUSE_DRAINING;
    int r;

    if (comm->variant == ALD_COMMUNICATOR_LINK) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_CONNECT_REFUSED);
        r = ald_comm_say(comm, signal->ordinal, &goodbye, NULL, 0);
    } else {
        r = refuse_say(comm, signal->ordinal, is_name ? ALD_STR("name") : ALD_STR_NONE, is_stop,
                       is_name || is_stop ? ALD_STR_NONE : signal->text);
    }
    ald_comm_close(comm,
                   is_name   ? ALD_COMMUNICATOR_CLOSE_NAME
                   : is_stop ? ALD_COMMUNICATOR_CLOSE_SHUTDOWN
                             : ALD_COMMUNICATOR_CLOSE_REFUSED,
                   "The hub does not link with that daemon");
    return r < 0 ? ald_trace(r) : 0;
}

/* --- gossip ----------------------------------------------------------------------------------------------------- */

static int gossip_answer(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_str address)
{
    struct ald_greeting *greeting = &comm->work->greeting;
    const struct ald_comm_head head = ald_comm_head_own(comm, ALD_STR("RECEIVED"));
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEIGHBORS);
    int r;

    *greeting = (struct ald_greeting){.peering = ALD_PEERING_NONE};
    greeting->username = greeting_text(comm, line, ALD_STR("username"));
    greeting->password = greeting_text(comm, line, ALD_STR("password"));
    signal.greeting = greeting;
    signal.text = address;
    signal.ok = true;
    ald_comm_give(comm, &signal);
    if (comm->options.hello_timeout > 0) { /* who gossiped goes, or says CONNECT after all */
        comm->hello_until = comm->now + comm->options.hello_timeout;
    }
    r = ald_comm_say(comm, 0, &head, NULL, 0);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_hear_gossip(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str address = ald_comm_get(comm, line, ALD_STR("my_address"));
    int r = 0;

    if (comm->variant != ALD_COMMUNICATOR_REMOTE) {
        r = ald_comm_invalid(comm, &line->head, "who was called does not say GOSSIP");
    } else if (ald_comm_is_address(address)) {
        r = gossip_answer(comm, line, address);
    } else if (ald_str_present(address) || ald_comm_find(&line->params, ALD_STR("heard_of")) == NULL) {
        r = ald_comm_invalid_about(comm, &line->head, "the parameter my_address must be an address with a port",
                                   address);
    } else { /* services that somebody heard of: the original does not do anything with them either */
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_hear_received(struct ald_comm *comm, const struct ald_comm_line *line)
{
    (void)line;
    if (comm->variant == ALD_COMMUNICATOR_GOSSIP) {
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_DONE, "The other daemon knows of us");
    } else {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
    }
    return 0;
}

/* Of one processor; a machine with more than this many tasks waiting does not tell anybody. */
#define LOAD_MAX 1e6

/* --- the end of a link, and load -------------------------------------------------------------------------------- */

int ald_comm_hear_disconnect(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    (void)line;
    if (comm->state == ALD_COMM_NEW || comm->state == ALD_COMM_LEAVING) {
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_DONE, "The other daemon said DISCONNECT");
        return 0;
    }
    ald_comm_move(comm, ALD_COMM_LEAVING);
    comm->hello_until = ALD_NEVER;
    signal.reconnect = true;
    ald_comm_give(comm, &signal);
    return 0;
}

bool ald_comm_load_read(struct ald_str text, double *ret_load)
{
    struct ald_json_scan scan;

    return ald_json_check(text, ALD_JSON_STRICT, &scan) == 0 && scan.value.type == ALD_JSON_NUMBER &&
           ald_json_double(scan.value, ret_load) == 0 && *ret_load <= LOAD_MAX;
}

static int load_give(struct ald_comm *comm, const struct ald_news *heard)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);
    struct ald_news *news = NULL;
    int r = ald_news_new(heard, &news);

    if (r < 0) {
        return ald_trace(r);
    }
    signal.topic = ALD_TOPIC_LOAD;
    signal.news = news;
    ald_comm_give(comm, &signal);
    return 0;
}

/* Each of its parameters has ended the original (communicator.md 14). */
int ald_comm_hear_loadavg(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_news news = {.topic = ALD_TOPIC_LOAD, .hub = ald_comm_slice_str(comm->name_plain)};
    struct ald_comm_time time;
    int r;

    news.name = ald_comm_get(comm, line, ALD_STR("my_address"));
    if (!ald_comm_load_read(ald_comm_get(comm, line, ALD_STR("avg")), &news.load)) {
        r = ald_comm_invalid(comm, &line->head, "the parameter avg must be a number");
    } else if (!ald_comm_is_host(news.name)) {
        r = ald_comm_invalid(comm, &line->head, "the parameter my_address must be an address");
    } else if (ald_comm_time_read(ald_comm_get(comm, line, ALD_STR("timestamp")), &time) != 0 || time.sec > INT64_C(1)
                                                                                                                << 40) {
        r = ald_comm_invalid(comm, &line->head, "the parameter timestamp must be a time in seconds");
    } else if (news.load < 0) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_IGNORED);
        r = 0;
    } else {
        news.since = (ald_wall)time.sec * ALD_SEC + time.nsec / 1000;
        r = load_give(comm, &news);
    }
    return r < 0 ? ald_trace(r) : 0;
}
