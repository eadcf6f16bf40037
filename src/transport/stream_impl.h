#pragma once

/*
 * What every stream is made of, for the files of transport: the part they share and what each of them must bring.
 *
 * Ending is one path for all: whatever goes wrong calls ald_stream_end(), the first one counts, and a task tells the
 * owner when no frame of the stream is on the stack. Freeing is one path too: a stream that was given up is destroyed
 * by the same task, after its end. So inside any callback every stream's memory is there; what must be checked after
 * one is only whether the stream is still live (ald_stream_live()).
 *
 * A filter owns the stream below it: it is that one's owner and gives it up when it is destroyed.
 */

#include "base/list.h"
#include "loop/loop.h"
#include "transport/net_impl.h"
#include "transport/stream.h"

enum ald_stream_state {
    ALD_STREAM_OPENING,
    ALD_STREAM_OPEN,
    ALD_STREAM_CLOSING, /* told to close, or closing for a reason of its own; nothing more is received or pushed */
    ALD_STREAM_ENDED,   /* the owner will be told at the end of the turn */
    ALD_STREAM_TOLD,
};

/* Everything runs inside a call of the owner's or of the stream below, and must not call the owner back from `push`. */
struct ald_stream_ops {
    bool messages; /* a message stream, not a byte stream */
    /* Queue `head`, which is copied, and then `slices`. Not called once the stream is CLOSING. */
    void (*push)(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str head,
                 const struct ald_slice *slices, size_t n_slices, uint64_t ordinal);
    size_t (*queued)(const struct ald_stream *stream);
    size_t (*undelivered)(const struct ald_stream *stream); /* NULL: not known */
    void (*pause)(struct ald_stream *stream);
    void (*resume)(struct ald_stream *stream);
    /* Begin the orderly close of a stream that is OPEN; the state is CLOSING already. */
    void (*close)(struct ald_stream *stream, uint16_t code, struct ald_str reason);
    /* Its owner is gone while it still closes: give back what it lent. NULL: it lent nothing. */
    void (*forsake)(struct ald_stream *stream);
    /* Let go of everything that could call back; what is queued is dropped. Called for every stream that ends. */
    void (*release)(struct ald_stream *stream, bool broken);
    /* Free what release() left, and the memory itself. No task of the stream's may wait any more. */
    void (*destroy)(struct ald_stream *stream);
    void (*peer)(const struct ald_stream *stream, struct ald_peer *peer);
};

struct ald_stream {
    uint32_t magic;
    uint8_t state; /* enum ald_stream_state */
    bool paused;
    bool mute;     /* sending failed; what the peer wrote before is still to be read */
    bool inner;    /* a filter owns it */
    bool below;    /* a filter owns it or did: not it is counted but what stands on it */
    bool given_up; /* destroyed when it has ended */
    uint8_t end_cause;
    uint16_t end_code;
    uint16_t end_received;
    uint16_t http_status;
    const struct ald_stream_ops *ops;
    const struct ald_stream_callbacks *callbacks; /* never NULL */
    void *owner;
    struct ald_net *net;
    ald_usec heard;         /* when bytes last came */
    struct ald_node node;   /* in net->streams */
    struct ald_alarm alarm; /* the deadline of whatever is under way: connect, handshake, close */
    struct ald_task end_task;
    char *end_reason; /* NULL: none, or memory was short */
    size_t end_reason_size;
    char *end_text; /* the same */
};

/* A checked cast for what travels through an owner's pointer. */
#define ALD_STREAM_MAGIC UINT32_C(0xa1d57e4d)
struct ald_stream *ald_stream_check(void *owner);

/* Make `filter` the owner of `lower` (takes). */
void ald_stream_put_under(struct ald_stream *lower, const struct ald_stream_callbacks *callbacks,
                          struct ald_stream *filter);

void ald_stream_init(struct ald_stream *stream, const struct ald_stream_ops *ops, struct ald_net *net,
                     void (*late)(void *owner));
/* Takes no callbacks from anybody any more; for ops.destroy(). */
void ald_stream_fini(struct ald_stream *stream);

/* Chunks may still be delivered. */
static inline bool ald_stream_live(const struct ald_stream *stream)
{
    return stream->state == ALD_STREAM_OPEN && !stream->given_up;
}
static inline bool ald_stream_ended(const struct ald_stream *stream)
{
    return stream->state >= ALD_STREAM_ENDED;
}

/*
 * How long a paused owner may leave unread what came over a connection that is gone for sending. It resumes when others
 * have room, which takes turns; who holds work for this peer should not learn much later that it cannot be done.
 */
#define ALD_STREAM_PATIENCE (1 * ALD_SEC)

/* Start the stream's deadline `after` from now; 0: there is none. */
void ald_stream_deadline(struct ald_stream *stream, ald_usec after);

/* What the parts of a stack tell the one above. Each does nothing when the stream is in no state to say it. */
void ald_stream_tell_opened(struct ald_stream *stream);
/* Borrows `bytes`. */
void ald_stream_tell_received(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_slice bytes,
                              bool writable);
void ald_stream_tell_written(struct ald_stream *stream, uint64_t begun, uint64_t done);
void ald_stream_tell_drained(struct ald_stream *stream);
/* Tells whether the owner wanted to know; it may have closed or freed the stream then. */
ALD_NODISCARD bool ald_stream_tell_ended(struct ald_stream *stream);

/*
 * Remember what the end will be told to have been: the first call wins. `format` is a line for the log; NULL: the text
 * of the cause.
 */
void ald_stream_doom(struct ald_stream *stream, enum ald_end_cause cause, uint16_t code, struct ald_str reason,
                     const char *format, ...) ALD_PRINTF(5, 6);
/* It has ended, for the reason it was doomed for. */
void ald_stream_end(struct ald_stream *stream, bool broken);
/* Both at once for the common case, without a close code. `format` as above. */
void ald_stream_fail(struct ald_stream *stream, enum ald_end_cause cause, const char *format, ...) ALD_PRINTF(3, 4);
/* A deadline passed. A close that was under way keeps its code and reason. */
void ald_stream_fail_late(struct ald_stream *stream, const char *text);
/* End `upper` as the stream below it ended: for filters. */
void ald_stream_fail_as(struct ald_stream *upper, const struct ald_end *end);

/* Push `head`, which is copied whatever its size, and then `slices`, as one message. */
void ald_stream_push_parts(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str head,
                           const struct ald_slice *slices, size_t n_slices, uint64_t ordinal);

/* Destroy all streams of a net, none of which may still have an owner. */
void ald_streams_destroy(struct ald_net *net);
