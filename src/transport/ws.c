/*
 * The close handshake (RFC 6455 7, exchange.md 2.12). The first close decides. Once both close frames have passed, or
 * none will, our last words go out and the stream below closes by itself; the owner is told when those words are with
 * the kernel, not when the peer has let go of the connection. Until then what was queued before may still be sent, so
 * the ordinals stay true to the end.
 *
 * Pongs: only the most recent ping needs an answer (5.5.3), so there is at most one pong a turn, and while the peer
 * does not read at all, one in all.
 */

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transport/ws_stream.h"

/* With more than this unsent, a pong waits until it is gone. */
enum { WS_PONG_QUEUE_MAX = 64 * 1024 };

/* Of a message that nobody will hear: what a few frames already on their way may hold. */
enum { WS_FORSAKEN_MAX = 64 * 1024 };

_Static_assert((int)ALD_WS_SHA1_SIZE == SHA_DIGEST_LENGTH, "one SHA-1");

/* Ending. */

/* Doomed, and our close frame is sent or will never be. */
static void ws_finish(struct ald_ws *ws)
{
    ws->stream.state = ALD_STREAM_CLOSING;
    ws->finishing = true;
    ald_stream_deadline(&ws->stream, ws->close_timeout);
    ald_stream_close(ws->lower, ALD_WS_CLOSE_NORMAL, ALD_STR(""));
    if (ald_stream_queued(ws->lower) == 0) {
        ald_stream_end(&ws->stream, false);
    }
}

/* The peer went too far. */
static void ws_refuse(struct ald_ws *ws, enum ald_end_cause cause, uint16_t code, const char *reason)
{
    ald_assert(reason != NULL);
    ald_stream_doom(&ws->stream, cause, code, ald_str(reason), "WebSocket closed with %u: %s", (unsigned)code, reason);
    if (!ws->close_sent) {
        ald_ws_send_close(ws, code, ald_str(reason));
    }
    ws_finish(ws);
}

static void ws_fault(struct ald_ws *ws)
{
    const struct ald_ws_fault *fault = ald_ws_reader_fault(&ws->reader);
    struct ald_net_counters *counters = &ws->stream.net->counters;

    if (fault->code == ALD_WS_CLOSE_TOO_BIG) {
        counters->ws_oversize++;
        ws_refuse(ws, ALD_END_LIMIT, fault->code, fault->reason);
    } else {
        counters->ws_violations++;
        ws_refuse(ws, ALD_END_PROTOCOL, fault->code, fault->reason);
    }
}

static void ws_peer_closed(struct ald_ws *ws, const struct ald_ws_message *message)
{
    ws->stream.end_received = message->close_code;
    if (!ws->close_sent) {
        ald_stream_doom(&ws->stream, ALD_END_PEER, message->close_code, message->control, NULL);
        ald_ws_send_close(ws, message->close_code, message->control); /* 2.12: echo code and reason */
    }
    ws_finish(ws);
}

/* Receiving. */

static void ws_pong_later(struct ald_ws *ws, struct ald_str body)
{
    ald_assert(body.size <= sizeof(ws->pong));
    if (ws->pong_waits) {
        ws->stream.net->counters.ws_pings_merged++;
    }
    memcpy(ws->pong, body.data, body.size);
    ws->pong_size = (uint8_t)body.size;
    ws->pong_waits = true;
    ald_task_push(ws->stream.net->loop, &ws->pong_task);
}

static void ws_pong(void *owner)
{
    struct ald_ws *ws = ald_ws_of(ald_stream_check(owner));

    if (!ws->pong_waits || ws->stream.state != ALD_STREAM_OPEN ||
        (ws->pong_queued && ald_stream_queued(ws->lower) > WS_PONG_QUEUE_MAX)) {
        return;
    }
    ws->pong_waits = false;
    ws->pong_queued = true;
    ald_ws_send_control(ws, ALD_WS_PONG, ald_str_of(ws->pong, ws->pong_size), 0);
}

static void ws_pong_came(struct ald_ws *ws, struct ald_str body)
{
    struct ald_slice copy = ALD_SLICE_NONE;

    if (ald_slice_copy(body, &copy) < 0) {
        return; /* a sign of life that comes without its bytes is of no use, and there will be another */
    }
    ald_stream_tell_received(&ws->stream, ALD_CHUNK_PONG, copy, true);
    ald_slice_clear(&copy);
}

static void ws_message(struct ald_ws *ws, struct ald_ws_message *message, bool writable)
{
    switch (message->opcode) {
    case ALD_WS_TEXT:
    case ALD_WS_BINARY:
        ald_stream_tell_received(&ws->stream, message->opcode == ALD_WS_TEXT ? ALD_CHUNK_TEXT : ALD_CHUNK_BINARY,
                                 message->payload, writable);
        ald_slice_clear(&message->payload);
        break;
    case ALD_WS_PING:
        ws_pong_later(ws, message->control);
        break;
    case ALD_WS_PONG:
        ws_pong_came(ws, message->control);
        break;
    default:
        ws_peer_closed(ws, message);
        break;
    }
}

/* What the reader holds of an unfinished message comes out of the shared budget. Tells whether that sufficed. Of a stream
 * that nobody hears any more, only the peer's close is of interest. */
static bool ws_charge(struct ald_ws *ws)
{
    size_t held = ald_ws_reader_held(&ws->reader);

    if (ws->budget == NULL) {
        return !ws->stream.given_up || held <= WS_FORSAKEN_MAX;
    }
    ald_assert(ws->budget->used >= ws->charged);
    ws->budget->used = ws->budget->used - ws->charged + held;
    ws->charged = held;
    return held == 0 || ws->budget->used <= ws->budget->max;
}

/* Take the next message out of `*bytes`. Tells whether there may be another. */
static bool ws_step(struct ald_ws *ws, struct ald_slice *bytes, bool writable)
{
    struct ald_ws_message message;
    size_t used = 0;
    int r;

    r = ald_ws_reader_next(&ws->reader, bytes->block, (uint8_t *)bytes->data, bytes->size, &used, &message);
    if (r < 0) {
        ws_refuse(ws, ALD_END_NOMEM, ALD_WS_CLOSE_INTERNAL, "Out of memory");
        return false;
    }
    if (r == ALD_WS_READER_BROKEN) {
        ws_fault(ws);
        return false;
    }
    bytes->data += used;
    bytes->size -= used;
    if (!ws_charge(ws)) {
        ws->stream.net->counters.ws_no_budget++;
        if (r == 0) {
            ald_slice_clear(&message.payload);
        }
        ws_refuse(ws, ALD_END_LIMIT, ALD_WS_CLOSE_LATER, "No room for the message now");
        return false;
    }
    if (r == ALD_WS_READER_HUNGRY) {
        return false;
    }
    ws_message(ws, &message, writable);
    return true;
}

/* Frames can be taken: of a close of ours the echo is still awaited, whatever comes before it is dropped. */
static bool ws_takes(const struct ald_ws *ws)
{
    return (ald_stream_live(&ws->stream) && !ws->stream.paused) ||
           (ws->stream.state == ALD_STREAM_CLOSING && !ws->finishing);
}

static void ws_frames(struct ald_ws *ws, struct ald_slice *bytes, bool writable)
{
    while (bytes->size > 0 && ws_takes(ws) && ws_step(ws, bytes, writable)) {
    }
}

void ald_ws_take(struct ald_ws *ws, struct ald_slice bytes, bool writable)
{
    struct ald_slice copy = ALD_SLICE_NONE;

    if (ws->dialing != NULL && !ws->ready) {
        size_t used = ald_ws_dialing_take(ws, ald_slice_str(bytes));

        bytes.data += used;
        bytes.size -= used;
    }
    /* The reader unmasks in place and makes slices of the block. */
    if (bytes.size > 0 && (bytes.block == NULL || (!writable && ws->role == ALD_WS_SERVER))) {
        if (ald_slice_copy(ald_slice_str(bytes), &copy) < 0) {
            ald_stream_fail(&ws->stream, ALD_END_NOMEM, NULL);
            return;
        }
        bytes = copy;
        writable = true;
    }
    ws_frames(ws, &bytes, writable);
    if (bytes.size > 0 && !ald_stream_ended(&ws->stream) && !ws->finishing) {
        ws->in = ald_slice_ref(bytes);
        ws->in_writable = writable;
    }
    ald_slice_clear(&copy);
}

/* What was kept while the stream was opening or paused. */
static void ws_go_on(void *owner)
{
    struct ald_ws *ws = ald_ws_of(ald_stream_check(owner));
    struct ald_slice held;

    if (ws->stream.state == ALD_STREAM_OPENING && ws->role == ALD_WS_SERVER) {
        ald_ws_ready(ws);
    }
    held = ws->in;
    ws->in = ALD_SLICE_NONE;
    if (held.size > 0) {
        ald_ws_take(ws, held, ws->in_writable);
    }
    ald_slice_clear(&held);
    if (ws_takes(ws)) {
        ald_stream_resume(ws->lower);
    }
}

void ald_ws_ready(struct ald_ws *ws)
{
    ws->ready = true;
    ald_stream_deadline(&ws->stream, 0);
    if (ws->stream.paused) {
        ald_stream_pause(ws->lower);
    }
    ald_backlog_play(&ws->backlog, &ws->stream);
    ald_stream_tell_opened(&ws->stream);
}

/* What the stream below says. */

static void lower_opened(void *owner, struct ald_stream *lower ALD_UNUSED)
{
    struct ald_ws *ws = ald_ws_of(ald_stream_check(owner));

    if (ws->dialing != NULL) {
        ald_stream_deadline(&ws->stream, ws->ws_timeout);
        ald_ws_dialing_start(ws);
    }
}

static void lower_received(void *owner, struct ald_stream *lower ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct ald_ws *ws = ald_ws_of(ald_stream_check(owner));

    ald_assert(ws->in.size == 0);
    ws->stream.heard = ald_loop_now(ws->stream.net->loop);
    ald_ws_take(ws, chunk->bytes, chunk->writable);
}

static void lower_written(void *owner, struct ald_stream *lower ALD_UNUSED, uint64_t begun, uint64_t done)
{
    struct ald_ws *ws = ald_ws_of(ald_stream_check(owner));

    if (ws->pong_waits && !ald_stream_ended(&ws->stream)) {
        ald_task_push(ws->stream.net->loop, &ws->pong_task);
    }
    ald_stream_tell_written(&ws->stream, begun, done);
}

static void lower_drained(void *owner, struct ald_stream *lower ALD_UNUSED)
{
    struct ald_ws *ws = ald_ws_of(ald_stream_check(owner));

    if (ws->finishing) {
        ald_stream_end(&ws->stream, false);
    }
    if (ald_stream_ended(&ws->stream)) {
        return;
    }
    ws->pong_queued = false;
    if (ws->pong_waits) {
        ald_task_push(ws->stream.net->loop, &ws->pong_task);
    }
    if (ws->ready) {
        ald_stream_tell_drained(&ws->stream);
    }
}

static void lower_closed(void *owner, struct ald_stream *lower ALD_UNUSED, const struct ald_end *end)
{
    struct ald_stream *stream = ald_stream_check(owner);

    if (stream->state == ALD_STREAM_CLOSING && end->cause == ALD_END_TIMEOUT) {
        ald_stream_fail_late(stream, end->text);
    } else if (stream->state == ALD_STREAM_CLOSING) {
        ald_stream_end(stream, false);
    } else if (end->cause == ALD_END_PEER) {
        ald_stream_fail(stream, ALD_END_BROKEN,
                        stream->state == ALD_STREAM_OPEN ? "the peer ended the WebSocket without a close frame"
                                                         : "the WebSocket upgrade was cut off");
    } else {
        ald_stream_fail_as(stream, end);
    }
}

static const struct ald_stream_callbacks lower_callbacks = {
    .opened = lower_opened,
    .received = lower_received,
    .written = lower_written,
    .drained = lower_drained,
    .closed = lower_closed,
};

/* The vtable. */

static void ws_push(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str head,
                    const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    struct ald_ws *ws = ald_ws_of(stream);

    if (!ws->ready) {
        if (ald_backlog_push(&ws->backlog, kind, head, slices, n_slices, ordinal) < 0) {
            ald_stream_fail(stream, ALD_END_NOMEM, NULL);
        }
    } else if (kind == ALD_CHUNK_PING) {
        struct ald_str body = n_slices > 0 ? ald_slice_str(slices[0]) : head;

        ald_assert(body.size <= ALD_WS_CONTROL_MAX && n_slices <= 1);
        ald_ws_send_control(ws, ALD_WS_PING, body, ordinal);
    } else {
        ald_ws_send(ws, kind == ALD_CHUNK_TEXT ? ALD_WS_TEXT : ALD_WS_BINARY, head, slices, n_slices, ordinal);
    }
}

static size_t ws_queued(const struct ald_stream *stream)
{
    const struct ald_ws *ws = ald_container(stream, const struct ald_ws, stream);

    return ald_stream_queued(ws->lower) + ws->backlog.n_bytes;
}

/* During the upgrade the pause is only remembered: it goes on. */
static void ws_pause(struct ald_stream *stream)
{
    struct ald_ws *ws = ald_ws_of(stream);

    if (ws->ready) {
        ald_task_cancel(&ws->go_on);
        ald_stream_pause(ws->lower);
    }
}

static void ws_resume(struct ald_stream *stream)
{
    struct ald_ws *ws = ald_ws_of(stream);

    if (ws->ready) {
        ald_task_push(stream->net->loop, &ws->go_on);
    }
}

static void ws_close(struct ald_stream *stream, uint16_t code, struct ald_str reason)
{
    struct ald_ws *ws = ald_ws_of(stream);

    ald_ws_send_close(ws, code, reason);
    ald_stream_deadline(stream, ws->close_timeout);
    ald_task_push(stream->net->loop, &ws->go_on); /* the echo may lie in what a pause held back */
}

static void ws_uncharge(struct ald_ws *ws)
{
    if (ws->budget != NULL) {
        ws->budget->used -= ws->charged;
        ws->charged = 0;
    }
}

static void ws_forsake(struct ald_stream *stream)
{
    struct ald_ws *ws = ald_ws_of(stream);

    ws_uncharge(ws);
    ws->budget = NULL;
}

static void ws_release(struct ald_stream *stream, bool broken)
{
    struct ald_ws *ws = ald_ws_of(stream);

    if (broken) {
        ald_stream_abort(ws->lower);
    }
    ald_task_cancel(&ws->go_on);
    ald_task_cancel(&ws->pong_task);
    ald_backlog_drop(&ws->backlog);
    ws_uncharge(ws);
}

static void ws_destroy(struct ald_stream *stream)
{
    struct ald_ws *ws = ald_ws_of(stream);

    ald_assert(!ald_task_waiting(&ws->go_on) && !ald_task_waiting(&ws->pong_task));
    ald_ws_reader_fini(&ws->reader);
    ald_slice_clear(&ws->in);
    ws->dialing = ald_ws_dialing_free(ws->dialing);
    ald_stream_free(ws->lower);
    ald_stream_fini(stream);
    free(ws);
}

static void ws_peer(const struct ald_stream *stream, struct ald_peer *peer)
{
    const struct ald_ws *ws = ald_container(stream, const struct ald_ws, stream);

    ws->lower->ops->peer(ws->lower, peer);
}

static size_t ws_undelivered(const struct ald_stream *stream)
{
    return ald_stream_undelivered(ald_container(stream, const struct ald_ws, stream)->lower);
}

static const struct ald_stream_ops ws_ops = {
    .messages = true,
    .push = ws_push,
    .queued = ws_queued,
    .undelivered = ws_undelivered,
    .pause = ws_pause,
    .resume = ws_resume,
    .close = ws_close,
    .forsake = ws_forsake,
    .release = ws_release,
    .destroy = ws_destroy,
    .peer = ws_peer,
};

static void ws_late(void *owner)
{
    struct ald_stream *stream = ald_stream_check(owner);

    ald_stream_fail_late(stream, stream->state == ALD_STREAM_OPENING
                                     ? "the WebSocket upgrade took too long"
                                     : "closed by us, but the peer did not answer in time");
}

/* Beginning. */

int ald_ws_new(struct ald_stream *lower, enum ald_ws_role role, const struct ald_stream_options *options,
               struct ald_ws **ret_ws)
{
    struct ald_ws *ws = calloc(1, sizeof(*ws));

    ald_assert(!lower->ops->messages);
    if (ws == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_stream_init(&ws->stream, &ws_ops, lower->net, ws_late);
    ald_ws_reader_init(&ws->reader, role, options->frame_max, options->message_max);
    ald_task_init(&ws->go_on, ws_go_on, &ws->stream);
    ald_task_init(&ws->pong_task, ws_pong, &ws->stream);
    ws->role = role;
    ws->budget = options->budget;
    ws->fragment_size = options->fragment_size;
    ws->ws_timeout = options->ws_timeout;
    ws->close_timeout = options->close_timeout;
    ws->lower = lower;
    ald_stream_put_under(lower, &lower_callbacks, &ws->stream);
    *ret_ws = ws;
    return 0;
}

void ald_ws_accept_make(struct ald_str key, char accept[ALD_WS_ACCEPT_TEXT])
{
    char source[ALD_WS_ACCEPT_SOURCE];
    uint8_t hash[ALD_WS_SHA1_SIZE];
    unsigned size = sizeof(hash);

    ald_ws_accept_source(key, source);
    /* It fails only where SHA-1 was taken out of OpenSSL, which leaves no WebSocket. */
    ald_assert(EVP_Digest(source, sizeof(source), hash, &size, EVP_sha1(), NULL) == 1 && size == sizeof(hash));
    ald_ws_accept_format(hash, accept);
}

int ald_ws_accept(struct ald_stream *lower, struct ald_str key, struct ald_str protocol, struct ald_http_fields fields,
                  struct ald_str rest, const struct ald_stream_options *options,
                  const struct ald_stream_callbacks *callbacks, void *owner, struct ald_stream **ret_stream)
{
    struct ald_stream_options defaults;
    struct ald_slice held = ALD_SLICE_NONE;
    struct ald_ws *ws = NULL;
    struct ald_buf head;
    char accept[ALD_WS_ACCEPT_TEXT];
    int r;

    ald_stream_options_init(&defaults);
    ald_ws_accept_make(key, accept);
    ald_buf_init(&head, ALD_HTTP_FIELDS_MAX);
    r = ald_ws_upgrade_write_accept(&head, accept, protocol, fields);
    if (r == 0 && rest.size > 0) {
        r = ald_slice_copy(rest, &held);
    }
    if (r == 0) {
        r = ald_ws_new(lower, ALD_WS_SERVER, options != NULL ? options : &defaults, &ws);
    }
    if (r == 0) {
        ald_stream_push_copy(lower, ALD_CHUNK_BYTES, ald_buf_str(&head), 0);
        ald_stream_pause(lower);
        ws->in = held;
        ws->in_writable = true;
        ald_stream_own(&ws->stream, callbacks, owner);
        ald_task_push(lower->net->loop, &ws->go_on);
        *ret_stream = &ws->stream;
    } else {
        ald_slice_clear(&held);
    }
    ald_buf_fini(&head);
    return r > 0 ? ALD_WS_ACCEPT_UNFIT : r;
}

void ald_ws_set_message_max(struct ald_stream *stream, size_t message_max)
{
    struct ald_ws *ws = ald_ws_of(stream);

    if (stream->ops == &ws_ops) {
        ws->reader.decoder.frame_max = message_max;
        ws->reader.decoder.message_max = message_max;
    }
}

struct ald_str ald_ws_header(const struct ald_stream *stream, struct ald_str name)
{
    const struct ald_ws *ws = ald_container(stream, const struct ald_ws, stream);

    if (stream->ops != &ws_ops || ws->dialing == NULL) {
        return ALD_STR_NONE;
    }
    return ald_ws_dialing_header(ws->dialing, name);
}
