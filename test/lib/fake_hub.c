#include "lib/fake_hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "transport/frame.h"
#include "transport/ws.h"
#include "wire/ws/ws_upgrade.h"

static void conn_take_all(struct fake_conn *conn);

static void conn_end(struct fake_conn *conn)
{
    conn->dialect = ald_dialect_free(conn->dialect);
    conn->stream = ald_stream_free(conn->stream);
    if (!conn->upgraded) {
        ald_http_parser_fini(&conn->parser);
        conn->upgraded = true;
    }
    conn->registered = false;
}

static void conn_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end)
{
    struct fake_conn *conn = owner;

    conn->closed_by_peer = end->cause == ALD_END_PEER;
    conn->code = end->code;
    conn_end(conn);
}

static void conn_push_frames(struct fake_conn *conn)
{
    static const enum ald_chunk_kind chunks[] = {
        [ALD_FRAME_BYTES] = ALD_CHUNK_BYTES, [ALD_FRAME_TEXT] = ALD_CHUNK_TEXT, [ALD_FRAME_BINARY] = ALD_CHUNK_BINARY,
        [ALD_FRAME_PING] = ALD_CHUNK_PING,   [ALD_FRAME_PONG] = ALD_CHUNK_PONG,
    };
    struct ald_frame frame;

    while (conn->dialect != NULL && ald_dialect_drain(conn->dialect, &frame) == 0) {
        ald_stream_push(conn->stream, chunks[frame.kind], frame.parts, frame.n_parts, frame.ordinal);
    }
}

void fake_hub_say(struct fake_conn *conn, struct ald_signal *signal)
{
    ald_check(conn->dialect != NULL);
    signal->ordinal = ++conn->ordinal;
    if (conn->hub->manner == FAKE_LINK && conn->registered && signal->kind != ALD_SIGNAL_REGISTERED &&
        signal->kind != ALD_SIGNAL_LEAVE) {
        signal->serial = ++conn->hub->serial_out;
    }
    ald_check_int(ald_dialect_emit(conn->dialect, ald_loop_now(conn->hub->loop), signal), 0);
    conn_push_frames(conn);
    conn_take_all(conn);
}

/* --- what comes --------------------------------------------------------------------------------------------------- */

/* What a hub that has sessions adds. */
static void session_begin(struct fake_hub *hub, const struct ald_signal *hello, struct ald_signal *answer)
{
    if (hub->manner != FAKE_LINK) {
        return;
    }
    if (hello->kind == ALD_SIGNAL_REGISTER) {
        hub->serial_in = hub->serial_out = 0;
        hub->knows_session = true;
        snprintf(hub->session_target, sizeof(hub->session_target), "%.*s", ALD_STR_ARG(hello->target));
    }
    answer->target = ald_str(hub->session_target);
    answer->session = 1;
    answer->ttl = hub->options.session_timeout;
    answer->serial = hub->serial_in;
}

/* It came before, in its session. */
static bool session_repeats(struct fake_hub *hub, const struct ald_signal *signal)
{
    if (hub->manner != FAKE_LINK || signal->kind == ALD_SIGNAL_RESUME || signal->kind == ALD_SIGNAL_ACKED) {
        return false;
    }
    if (signal->serial != 0 && signal->serial <= hub->serial_in) {
        hub->n_repeated++;
        return true;
    }
    hub->serial_in = ALD_MAX(hub->serial_in, signal->serial);
    return false;
}

static void conn_hello(struct fake_conn *conn, const struct ald_signal *hello)
{
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_REGISTERED);
    enum fake_manner manner = conn->hub->manner;
    char target[ALD_NAME_MAX];

    if (manner == FAKE_DEAF) {
        return;
    }
    if (manner == FAKE_RUDE) {
        ald_stream_abort(conn->stream);
        return;
    }
    if (manner == FAKE_FAMILY && !ald_str_present(hello->target)) {
        answer.target = ALD_STR_NONE; /* a caller: nothing is said of it */
    } else if (manner == FAKE_DENIES) {
        answer.kind = ALD_SIGNAL_DENIED;
        answer.text = ALD_STR("this name is not for you");
    } else if (hello->kind == ALD_SIGNAL_RESUME && !conn->hub->knows_session) {
        answer.kind = ALD_SIGNAL_DENIED;
    } else {
        answer.target = ald_str_of(target, hello->target.size);
        memcpy(target, hello->target.size > 0 ? hello->target.data : "", hello->target.size);
        answer.channel = ALD_STR("channel-1");
        conn->registered = true;
        session_begin(conn->hub, hello, &answer);
    }
    fake_hub_say(conn, &answer);
    if (manner == FAKE_FICKLE) {
        ald_stream_close(conn->stream, 1011, ALD_STR("changed my mind"));
    }
}

static void conn_write_down(struct fake_conn *conn, const struct ald_signal *signal)
{
    struct fake_hub *hub = conn->hub;
    struct fake_heard *heard = &hub->heard[hub->n_heard];

    ald_check(hub->n_heard < FAKE_HEARD_MAX);
    *heard = (struct fake_heard){
        .conn = conn,
        .kind = (enum ald_signal_kind)signal->kind,
        .id = signal->id,
        .msg = signal->msg != NULL ? ald_msg_ref(signal->msg) : NULL,
        .serial = signal->serial,
        .outcome = signal->outcome,
        .cause = signal->cause,
        .phase = signal->phase,
        .ok = signal->ok,
        .healthy = signal->healthy,
        .primary = signal->primary,
        .term = signal->term,
    };
    snprintf(heard->text, sizeof(heard->text), "%.*s", ALD_STR_ARG(signal->text));
    hub->n_heard++;
}

static void conn_take_all(struct fake_conn *conn)
{
    struct ald_signal signal;
    uint16_t code = 0;

    while (conn->dialect != NULL && ald_dialect_next(conn->dialect, &signal) == 0) {
        if (session_repeats(conn->hub, &signal)) {
            ald_signal_clear(&signal);
            continue;
        }
        conn_write_down(conn, &signal);
        if (signal.kind == ALD_SIGNAL_REGISTER || signal.kind == ALD_SIGNAL_RESUME) {
            conn_hello(conn, &signal);
        } else if (signal.kind == ALD_SIGNAL_CLOSE) {
            code = signal.code;
        }
        ald_signal_clear(&signal);
    }
    conn_push_frames(conn);
    if (code != 0 && conn->stream != NULL) {
        ald_stream_close(conn->stream, code, ALD_STR_NONE);
    }
}

static void conn_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct fake_conn *conn = owner;

    if (chunk->kind == ALD_CHUNK_PING || chunk->kind == ALD_CHUNK_PONG || conn->dialect == NULL) {
        return;
    }
    ald_check_int(
        ald_dialect_feed(conn->dialect, ald_loop_now(conn->hub->loop), ald_frame_kind_of(chunk->kind), chunk->bytes),
        0);
    conn_take_all(conn);
}

static const struct ald_stream_callbacks conn_callbacks = {.received = conn_received, .closed = conn_closed};

/* --- the door ----------------------------------------------------------------------------------------------------- */

static const struct ald_dialect_type *hub_dialect(const struct fake_hub *hub)
{
    return hub->manner == FAKE_FAMILY ? &ald_communicator : hub->manner == FAKE_LINK ? &ald_link : &ald_exchange;
}

static void door_open_dialect(struct fake_conn *conn, uint32_t variant)
{
    static const struct ald_identity identity = {.hub = ALD_STR("fake")};
    const struct ald_dialect_facts facts = {
        .role = ALD_ROLE_HUB,
        .identity = &identity,
        .options = &conn->hub->options,
        .messages = conn->hub->messages,
        .counters = conn->hub->counters,
        .seed = 7,
        .now = ald_loop_now(conn->hub->loop),
        .variant = variant,
    };

    ald_check_int(hub_dialect(conn->hub)->open(&facts, &conn->dialect), 0);
    conn_push_frames(conn);
}

static void door_upgrade(struct fake_conn *conn, struct ald_str rest)
{
    const struct ald_http_request *request = ald_http_parser_request(&conn->parser);
    const struct ald_ws_refusal *refusal;
    struct ald_http_field field;
    struct ald_http_fields fields = {&field, 0};
    struct ald_ws_upgrade upgrade;
    struct ald_accept accept;
    struct ald_stream *stream = NULL;

    ald_check_int(hub_dialect(conn->hub)->accept(request, &accept), 0);
    ald_check_int(ald_ws_upgrade_check(request, &upgrade, &refusal), 0);
    if (conn->hub->manner == FAKE_PLAIN) {
        accept.variant &= ~(uint32_t)ALD_EXCHANGE_EXTENDED;
    } else if (accept.header_name != NULL) {
        field = (struct ald_http_field){ald_str(accept.header_name), ald_str(accept.header_value)};
        fields.n = 1;
    }
    ald_check_int(
        ald_ws_accept(conn->stream, upgrade.key, ALD_STR_NONE, fields, rest, NULL, &conn_callbacks, conn, &stream), 0);
    conn->stream = stream;
    ald_http_parser_fini(&conn->parser);
    conn->upgraded = true;
    door_open_dialect(conn, accept.variant);
}

static void door_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct fake_conn *conn = owner;
    struct ald_str bytes = ald_slice_str(chunk->bytes);
    size_t used;
    int r;

    if (conn->hub->manner == FAKE_MUTE) {
        return;
    }
    if (conn->hub->manner == FAKE_CANNED) {
        ald_check_int(ald_buf_push(&conn->request, bytes), 0);
        if (ald_str_find(ald_buf_str(&conn->request), ALD_STR("\r\n\r\n")) < ald_buf_size(&conn->request)) {
            ald_stream_push_copy(stream, ALD_CHUNK_BYTES, ald_str(conn->hub->canned), 0);
            ald_stream_close(stream, 0, ALD_STR_NONE);
        }
        return;
    }
    while ((r = ald_http_parser_collect(&conn->parser, bytes, &used)) == ALD_HTTP_PARSER_HEAD) {
        bytes = ald_str_from(bytes, used);
    }
    if (r == 0) {
        door_upgrade(conn, ald_str_from(bytes, used));
    } else {
        ald_check_int(r, ALD_HTTP_PARSER_HUNGRY);
    }
}

static const struct ald_stream_callbacks door_callbacks = {.received = door_received, .closed = conn_closed};

static void door_accepted(void *owner, struct ald_listener *listener ALD_UNUSED, struct ald_stream *stream)
{
    struct fake_hub *hub = owner;
    struct fake_conn *conn = &hub->conns[hub->n_conns];

    ald_check(hub->n_conns < FAKE_CONNS_MAX);
    hub->n_conns++;
    *conn = (struct fake_conn){.hub = hub, .stream = stream};
    ald_http_parser_init_request(&conn->parser, 0);
    ald_buf_init(&conn->request, 64 * ALD_KIB);
    if (hub->manner == FAKE_FAMILY) {
        ald_http_parser_fini(&conn->parser);
        conn->upgraded = true;
        ald_stream_own(stream, &conn_callbacks, conn);
        door_open_dialect(conn, ALD_COMMUNICATOR_SERVICE);
        return;
    }
    ald_stream_own(stream, &door_callbacks, conn);
}

void fake_hub_open(struct fake_hub *hub, struct ald_net *net, enum fake_manner manner, bool unix_socket)
{
    static const struct ald_listener_callbacks callbacks = {.accepted = door_accepted};
    struct ald_listen_spec spec = {.place = {ALD_BOTTOM_TCP, "127.0.0.1", 0}};
    char path[120];

    *hub = (struct fake_hub){.loop = ald_net_loop(net), .net = net, .manner = manner};
    hub->options = (struct ald_dialect_options){
        .hello_timeout = 60 * ALD_SEC,
        .reply_timeout = 60 * ALD_SEC,
        .ping_interval = 60 * ALD_SEC,
        .pong_timeout = 60 * ALD_SEC,
        .message_max = 13107200,
        .session_timeout = 60 * ALD_SEC,
    };
    ald_check_int(ald_msg_pool_new(16, &hub->messages), 0);
    if (unix_socket && manner != FAKE_LINK) {
        snprintf(hub->folder, sizeof(hub->folder), "/tmp/aldis_fake_XXXXXX");
        ald_check(mkdtemp(hub->folder) != NULL);
        snprintf(path, sizeof(path), "%s/hub.sock", hub->folder);
        spec.place = (struct ald_place){ALD_BOTTOM_UNIX, path, 0};
    }
    ald_check_int(ald_listen(net, &spec, &callbacks, hub, &hub->listener, NULL), 0);
    snprintf(hub->url, sizeof(hub->url), "%s%s",
             manner == FAKE_FAMILY ? "cd://"
             : manner == FAKE_LINK ? "link+ws://"
             : unix_socket         ? "unix:"
                                   : "ws://",
             ald_listener_address(hub->listener));
}

void fake_hub_deafen(struct fake_hub *hub)
{
    hub->listener = ald_listener_close(hub->listener);
}

void fake_hub_forget(struct fake_hub *hub)
{
    for (size_t i = 0; i < hub->n_heard; i++) {
        hub->heard[i].msg = ald_msg_unref(hub->heard[i].msg);
    }
    hub->n_heard = 0;
    while (hub->n_conns > 0 && hub->conns[hub->n_conns - 1].stream == NULL) {
        ald_buf_fini(&hub->conns[--hub->n_conns].request);
    }
}

void fake_hub_close(struct fake_hub *hub)
{
    fake_hub_deafen(hub);
    for (size_t i = 0; i < hub->n_conns; i++) {
        conn_end(&hub->conns[i]);
        ald_buf_fini(&hub->conns[i].request);
    }
    for (size_t i = 0; i < hub->n_heard; i++) {
        hub->heard[i].msg = ald_msg_unref(hub->heard[i].msg);
    }
    if (hub->folder[0] != '\0') {
        rmdir(hub->folder);
    }
    hub->messages = ald_msg_pool_free(hub->messages);
}

/* --- for the test ------------------------------------------------------------------------------------------------- */

const struct fake_heard *fake_hub_heard(const struct fake_hub *hub, enum ald_signal_kind kind, size_t n)
{
    for (size_t i = 0; i < hub->n_heard; i++) {
        if (hub->heard[i].kind == kind && n-- == 0) {
            return &hub->heard[i];
        }
    }
    return NULL;
}

const struct fake_heard *fake_hub_wait(struct fake_hub *hub, enum ald_signal_kind kind, size_t n)
{
    fake_hub_until(hub, fake_hub_heard(hub, kind, n) != NULL);
    return fake_hub_heard(hub, kind, n);
}

static struct ald_msg *fake_msg(struct fake_hub *hub, enum ald_kind kind, const char *payload)
{
    struct ald_slice slice = ALD_SLICE_NONE;
    struct ald_msg *msg = NULL;

    ald_check_int(ald_msg_new(hub->messages, kind, &msg), 0);
    if (payload != NULL) {
        ald_check_int(ald_slice_copy(ald_str(payload), &slice), 0);
        ald_msg_set_slice(msg, &msg->payload, slice);
        ald_slice_clear(&slice);
    }
    return msg;
}

void fake_hub_answer(struct fake_hub *hub, const struct fake_heard *command, enum ald_outcome outcome,
                     enum ald_cause cause, const char *payload)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    struct ald_msg *reply = fake_msg(hub, ALD_REPLY, payload);

    reply->outcome = (uint8_t)outcome;
    reply->cause = (uint8_t)cause;
    ald_msg_seal(reply);
    signal.msg = reply;
    signal.request = command->msg;
    signal.outcome = (uint8_t)outcome;
    signal.cause = (uint8_t)cause;
    signal.phase = ALD_PHASE_RUNNING;
    signal.text = ald_str(ald_cause_text(cause));
    fake_hub_say(command->conn, &signal);
    ald_msg_unref(reply);
}

void fake_hub_status(struct fake_hub *hub, const struct fake_heard *command, enum ald_phase phase)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);
    struct ald_msg *status = fake_msg(hub, ALD_STATUS, NULL);

    status->phase = (uint8_t)phase;
    ald_msg_seal(status);
    signal.msg = status;
    signal.request = command->msg;
    signal.phase = (uint8_t)phase;
    fake_hub_say(command->conn, &signal);
    ald_msg_unref(status);
}

struct ald_id fake_hub_command(struct fake_conn *conn, const char *name, const char *payload, ald_usec ttl)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    struct ald_msg *command = fake_msg(conn->hub, ALD_COMMAND, payload);

    ald_check_int(ald_msg_set(command, &command->name, ald_str(name)), 0);
    ald_msg_seal(command);
    signal.id = ald_id_make(0x1234567812345678, ++conn->hub->n_ids);
    signal.msg = command;
    signal.ttl = ttl;
    fake_hub_say(conn, &signal);
    ald_msg_unref(command);
    return signal.id;
}

void fake_hub_event(struct fake_conn *conn, const char *name, const char *payload)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    struct ald_msg *event = fake_msg(conn->hub, ALD_EVENT, payload);

    ald_check_int(ald_msg_set(event, &event->name, ald_str(name)), 0);
    ald_msg_seal(event);
    signal.msg = event;
    fake_hub_say(conn, &signal);
    ald_msg_unref(event);
}

void fake_hub_heartbeat(struct fake_conn *conn)
{
    ald_check_int(ald_dialect_tick(conn->dialect, ald_dialect_deadline(conn->dialect)), 0);
    conn_push_frames(conn);
}

void fake_hub_part(struct fake_conn *conn)
{
    const char *reason;
    uint16_t code;

    ald_check(conn->dialect->ops->part(conn->dialect, ALD_PARTING_LEFT, &code, &reason));
    conn_push_frames(conn);
    ald_stream_close(conn->stream, code, ald_str(reason));
}

void fake_hub_drop(struct fake_conn *conn)
{
    if (conn->stream != NULL) {
        ald_stream_abort(conn->stream);
    }
}

struct fake_conn *fake_hub_conn(struct fake_hub *hub)
{
    for (size_t i = 0; i < hub->n_conns; i++) {
        if (hub->conns[i].registered) {
            return &hub->conns[i];
        }
    }
    return NULL;
}
