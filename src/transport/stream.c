#include "transport/stream_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ws/ws_frame.h"

static const struct ald_stream_callbacks nobody;

static const char *const end_texts[] = {
#define ALD_X(name, text) [ALD_END_##name] = (text),
    ALD_ENDS(ALD_X)
#undef ALD_X
};
static const char *const end_names[] = {
#define ALD_X(name, text) [ALD_END_##name] = #name,
    ALD_ENDS(ALD_X)
#undef ALD_X
};
_Static_assert(ALD_COUNT(end_texts) == ALD_END_COUNT, "every end has a text");

enum { STREAM_TEXT_MAX = 300, STREAM_NO_CAUSE = 0xff };
_Static_assert((int)ALD_END_COUNT < (int)STREAM_NO_CAUSE, "a cause fits in a byte, beside none");

const char *ald_end_name(enum ald_end_cause cause)
{
    ald_assert(cause < ALD_END_COUNT);
    return end_names[cause];
}

void ald_stream_options_init(struct ald_stream_options *options)
{
    *options = (struct ald_stream_options){
        .connect_timeout = 10 * ALD_SEC,
        .tls_timeout = 10 * ALD_SEC,
        .ws_timeout = 10 * ALD_SEC,
        .close_timeout = 10 * ALD_SEC,
        .message_max = 200 * 65536,
        .frame_max = 200 * 65536,
        .fragment_size = 65536,
        .keepalive = 60,
    };
}

struct ald_stream *ald_stream_check(void *owner)
{
    struct ald_stream *stream = owner;

    ald_assert(stream != NULL && stream->magic == ALD_STREAM_MAGIC);
    return stream;
}

/* Beginning and end. */

static void stream_tell_end(struct ald_stream *stream)
{
    struct ald_end end = {
        .cause = stream->end_cause,
        .code = stream->end_code,
        .received = stream->end_received,
        .http_status = stream->http_status,
        .text = stream->end_text != NULL ? stream->end_text : end_texts[stream->end_cause],
        .reason = stream->end_reason != NULL ? ald_str_of(stream->end_reason, stream->end_reason_size) : ALD_STR(""),
    };

    if (stream->callbacks->closed != NULL) {
        stream->callbacks->closed(stream->owner, stream, &end);
    }
}

static void stream_ending(void *owner)
{
    struct ald_stream *stream = ald_stream_check(owner);

    ald_assert(ald_stream_ended(stream));
    if (stream->state == ALD_STREAM_ENDED) {
        stream->state = ALD_STREAM_TOLD;
        stream_tell_end(stream);
    }
    /* Given up in that callback, it has pushed this task again; destroying cancels that. */
    if (stream->given_up) {
        stream->ops->destroy(stream);
    }
}

void ald_stream_init(struct ald_stream *stream, const struct ald_stream_ops *ops, struct ald_net *net,
                     void (*late)(void *owner))
{
    *stream = (struct ald_stream){
        .magic = ALD_STREAM_MAGIC,
        .state = ALD_STREAM_OPENING,
        .end_cause = STREAM_NO_CAUSE,
        .end_received = ALD_WS_CLOSE_ABNORMAL,
        .ops = ops,
        .callbacks = &nobody,
        .net = net,
    };
    ald_list_push_back(&net->streams, &stream->node);
    ald_alarm_init(&stream->alarm, late, stream);
    ald_task_init(&stream->end_task, stream_ending, stream);
}

void ald_stream_fini(struct ald_stream *stream)
{
    ald_alarm_stop(stream->net->loop, &stream->alarm);
    ald_task_cancel(&stream->end_task);
    ald_node_remove(&stream->node);
    free(stream->end_reason);
    free(stream->end_text);
    stream->magic = 0;
}

void ald_stream_deadline(struct ald_stream *stream, ald_usec after)
{
    struct ald_loop *loop = stream->net->loop;

    ald_alarm_start(loop, &stream->alarm, after == 0 ? ALD_NEVER : ald_loop_now(loop) + after);
}

static void stream_doom(struct ald_stream *stream, enum ald_end_cause cause, uint16_t code, struct ald_str reason,
                        const char *format, va_list arguments)
{
    char text[STREAM_TEXT_MAX];

    if (stream->end_cause != STREAM_NO_CAUSE) {
        return;
    }
    stream->end_cause = (uint8_t)cause;
    stream->end_code = code;
    if (reason.size > 0) {
        stream->end_reason = malloc(reason.size);
        if (stream->end_reason != NULL) {
            memcpy(stream->end_reason, reason.data, reason.size);
            stream->end_reason_size = reason.size;
        }
    }
    if (format != NULL) {
        vsnprintf(text, sizeof(text), format, arguments);
        stream->end_text = strdup(text);
    }
}

void ald_stream_doom(struct ald_stream *stream, enum ald_end_cause cause, uint16_t code, struct ald_str reason,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    stream_doom(stream, cause, code, reason, format, arguments);
    va_end(arguments);
}

static void stream_count(struct ald_stream *stream)
{
    struct ald_net_counters *counters = &stream->net->counters;

    if (stream->below) {
        return;
    }
    counters->closed++;
    switch (stream->end_cause) {
    case ALD_END_BROKEN:
        counters->broken++;
        break;
    case ALD_END_TIMEOUT:
        counters->timeouts++;
        break;
    case ALD_END_REFUSED:
    case ALD_END_RESOLVE:
    case ALD_END_HTTP:
        counters->refused++;
        break;
    case ALD_END_NOMEM:
        counters->no_memory++;
        break;
    default:
        break;
    }
}

void ald_stream_end(struct ald_stream *stream, bool broken)
{
    if (ald_stream_ended(stream)) {
        return;
    }
    ald_assert(stream->end_cause != STREAM_NO_CAUSE);
    stream->state = ALD_STREAM_ENDED;
    ald_alarm_stop(stream->net->loop, &stream->alarm);
    stream_count(stream);
    stream->ops->release(stream, broken);
    ald_task_push(stream->net->loop, &stream->end_task);
}

void ald_stream_fail(struct ald_stream *stream, enum ald_end_cause cause, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    stream_doom(stream, cause, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), format, arguments);
    va_end(arguments);
    ald_stream_end(stream, true);
}

void ald_stream_fail_late(struct ald_stream *stream, const char *text)
{
    if (stream->end_cause == ALD_END_LOCAL) {
        stream->end_cause = ALD_END_TIMEOUT;
        free(stream->end_text);
        stream->end_text = strdup(text);
    }
    ald_stream_fail(stream, ALD_END_TIMEOUT, "%s", text);
}

void ald_stream_fail_as(struct ald_stream *upper, const struct ald_end *end)
{
    ald_stream_doom(upper, end->cause, end->code, end->reason, "%s", end->text);
    ald_stream_end(upper, true);
}

void ald_streams_destroy(struct ald_net *net)
{
    struct ald_node *node;

    while ((node = ald_list_first(&net->streams)) != NULL) {
        struct ald_stream *stream = ald_list_entry(node, struct ald_stream, node);

        /* What a filter owns is destroyed after it. */
        if (stream->inner) {
            ald_node_remove(node);
            ald_list_push_back(&net->streams, node);
            continue;
        }
        ald_assert(stream->given_up);
        ald_stream_abort(stream);
        stream->ops->destroy(stream);
    }
}

/* What a stack tells upwards. */

void ald_stream_tell_opened(struct ald_stream *stream)
{
    if (stream->state != ALD_STREAM_OPENING) {
        return;
    }
    stream->state = ALD_STREAM_OPEN;
    if (!stream->below) {
        stream->net->counters.opened++;
    }
    if (stream->callbacks->opened != NULL) {
        stream->callbacks->opened(stream->owner, stream);
    }
}

void ald_stream_tell_received(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_slice bytes,
                              bool writable)
{
    const struct ald_chunk chunk = {kind, bytes, writable};

    stream->heard = ald_loop_now(stream->net->loop);
    if (ald_stream_live(stream) && stream->callbacks->received != NULL) {
        stream->callbacks->received(stream->owner, stream, &chunk);
    }
}

void ald_stream_tell_written(struct ald_stream *stream, uint64_t begun, uint64_t done)
{
    if (!ald_stream_ended(stream) && stream->callbacks->written != NULL) {
        stream->callbacks->written(stream->owner, stream, begun, done);
    }
}

void ald_stream_tell_drained(struct ald_stream *stream)
{
    if (!ald_stream_ended(stream) && stream->callbacks->drained != NULL) {
        stream->callbacks->drained(stream->owner, stream);
    }
}

bool ald_stream_tell_ended(struct ald_stream *stream)
{
    if (!ald_stream_live(stream) || stream->callbacks->ended == NULL) {
        return false;
    }
    stream->callbacks->ended(stream->owner, stream);
    return true;
}

/* What owners say. */

void ald_stream_own(struct ald_stream *stream, const struct ald_stream_callbacks *callbacks, void *owner)
{
    ald_assert(!stream->given_up);
    stream->callbacks = callbacks != NULL ? callbacks : &nobody;
    stream->owner = owner;
}

void ald_stream_put_under(struct ald_stream *lower, const struct ald_stream_callbacks *callbacks,
                          struct ald_stream *filter)
{
    ald_stream_own(lower, callbacks, filter);
    lower->inner = true;
    lower->below = true;
}

void ald_stream_push_parts(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str head,
                           const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    ald_assert((kind != ALD_CHUNK_BYTES) == stream->ops->messages && kind != ALD_CHUNK_PONG);
    if (stream->state <= ALD_STREAM_OPEN) {
        stream->ops->push(stream, kind, head, slices, n_slices, ordinal);
    }
}

void ald_stream_push(struct ald_stream *stream, enum ald_chunk_kind kind, const struct ald_slice *slices,
                     size_t n_slices, uint64_t ordinal)
{
    ald_stream_push_parts(stream, kind, ALD_STR(""), slices, n_slices, ordinal);
}

void ald_stream_push_copy(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str bytes, uint64_t ordinal)
{
    ald_stream_push_parts(stream, kind, bytes, NULL, 0, ordinal);
}

bool ald_stream_mute(const struct ald_stream *stream)
{
    return stream->mute;
}

size_t ald_stream_queued(const struct ald_stream *stream)
{
    return stream->ops->queued(stream);
}

size_t ald_stream_undelivered(const struct ald_stream *stream)
{
    return stream->ops->undelivered != NULL ? stream->ops->undelivered(stream) : 0;
}

void ald_stream_pause(struct ald_stream *stream)
{
    if (!stream->paused && stream->state <= ALD_STREAM_OPEN) {
        stream->paused = true;
        stream->ops->pause(stream);
    }
}

void ald_stream_resume(struct ald_stream *stream)
{
    if (stream->paused && stream->state <= ALD_STREAM_OPEN) {
        stream->paused = false;
        stream->ops->resume(stream);
    }
}

void ald_stream_close(struct ald_stream *stream, uint16_t code, struct ald_str reason)
{
    if (stream->state == ALD_STREAM_OPENING) {
        ald_stream_doom(stream, ALD_END_LOCAL, code, reason, NULL);
        ald_stream_end(stream, true);
    } else if (stream->state == ALD_STREAM_OPEN) {
        ald_stream_doom(stream, ALD_END_LOCAL, code, reason, NULL);
        stream->state = ALD_STREAM_CLOSING;
        stream->ops->close(stream, code, reason);
    }
}

void ald_stream_abort(struct ald_stream *stream)
{
    ald_stream_fail(stream, ALD_END_LOCAL, NULL);
}

struct ald_stream *ald_stream_free(struct ald_stream *stream)
{
    if (stream == NULL) {
        return NULL;
    }
    ald_assert(!stream->given_up);
    stream->callbacks = &nobody;
    stream->owner = NULL;
    stream->given_up = true;
    stream->inner = false;
    if (stream->state < ALD_STREAM_CLOSING) {
        ald_stream_abort(stream);
    }
    if (stream->ops->forsake != NULL) {
        stream->ops->forsake(stream);
    }
    if (ald_stream_ended(stream)) {
        ald_task_push(stream->net->loop, &stream->end_task);
    }
    return NULL;
}

bool ald_stream_opened(const struct ald_stream *stream)
{
    return stream->state == ALD_STREAM_OPEN;
}

struct ald_net *ald_stream_net(const struct ald_stream *stream)
{
    return stream->net;
}

ald_usec ald_stream_heard(const struct ald_stream *stream)
{
    return stream->heard;
}

void ald_stream_peer(const struct ald_stream *stream, struct ald_peer *ret_peer)
{
    *ret_peer = (struct ald_peer){0};
    stream->ops->peer(stream, ret_peer);
}
