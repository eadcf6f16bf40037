#pragma once

/*
 * Stream: one connection, whatever it is made of: tcp, unix or inproc at the bottom, tls and ws stacked upon it.
 *
 * The owner hears of everything through callbacks and pushes what it has to say; nothing blocks and nothing is refused.
 * A byte stream carries chunks of any size; a message stream (ws on top) carries one whole message a chunk.
 *
 * Lifetime:   from the call that gave it (ald_dial(), a listener's `accepted`, ald_ws_accept()) to ald_stream_free().
 *             The owner may call anything here in any callback, ald_stream_free() included.
 * Threading:  the loop's thread only.
 * Invariants: `opened` comes at most once and first; `closed` comes exactly once and last, never inside a call of the
 *             owner's, unless the owner frees the stream before. After ald_stream_free() nothing comes. No ordinal is
 *             given to the kernel after `closed` without having been told. What a peer wrote before it ended its side
 *             is received before `ended` and `closed`, also by an owner that pauses in between (communicator.md 14.5).
 */

#include <sys/types.h>

#include "base/block.h"
#include "base/defs.h"
#include "base/str.h"

struct ald_budget;
struct ald_net;
struct ald_stream;

/* What a chunk is. Byte streams carry BYTES only, message streams the others only. */
enum ald_chunk_kind {
    ALD_CHUNK_BYTES,
    ALD_CHUNK_BINARY,
    ALD_CHUNK_TEXT, /* when received: checked to be UTF-8 */
    ALD_CHUNK_PING, /* pushed only: pings that arrive are answered by the stream itself */
    ALD_CHUNK_PONG, /* received only */
};

struct ald_chunk {
    enum ald_chunk_kind kind;
    /* Borrowed for the call: take a reference (ald_slice_ref(), ald_slice_part()) to keep bytes, or copy small ones. */
    struct ald_slice bytes;
    /* The receiver may overwrite the bytes, for instance to unmask them in place: nobody else can see them. */
    bool writable;
};

/* Why a stream ended. X(NAME, text). */
#define ALD_ENDS(X)                                                                                                    \
    X(LOCAL, "closed by us")                                                                                           \
    X(PEER, "closed by the peer")                                                                                      \
    X(BROKEN, "connection broken")                                                                                     \
    X(TIMEOUT, "timed out")                                                                                            \
    X(PROTOCOL, "the peer broke the protocol")                                                                         \
    X(LIMIT, "the peer passed a limit")                                                                                \
    X(TLS, "TLS failed")                                                                                               \
    X(REFUSED, "connection refused")                                                                                   \
    X(RESOLVE, "host name cannot be resolved")                                                                         \
    X(HTTP, "the WebSocket upgrade was answered with an error")                                                        \
    X(NOMEM, "out of memory or descriptors")

enum ald_end_cause {
#define ALD_X(name, text) ALD_END_##name,
    ALD_ENDS(ALD_X)
#undef ALD_X
        ALD_END_COUNT
};

/* Close codes are those of RFC 6455 7.4.1, named in wire/ws/ws_frame.h. */
struct ald_end {
    enum ald_end_cause cause;
    /*
     * The close that decided, the first one of both sides (exchange.md 2.12): ours if the cause is LOCAL, PROTOCOL or
     * LIMIT, the peer's if it is PEER. On byte streams what ald_stream_close() was given, else 1006. `reason` is its
     * text.
     */
    uint16_t code;
    struct ald_str reason;
    /* The code of the close frame that arrived (an echo too): 1005 if it had none, 1006 if no close frame arrived. */
    uint16_t received;
    int http_status;  /* with ALD_END_HTTP: what the server answered, else 0 */
    const char *text; /* one line for a log, never NULL: the cause and what the system or OpenSSL said */
};

const char *ald_end_name(enum ald_end_cause cause); /* "LOCAL" ... */

/* A callback that is NULL is not called. All borrow what they are given. */
struct ald_stream_callbacks {
    /* The handshakes of the whole stack are done. What was pushed before was kept and goes out now. */
    void (*opened)(void *owner, struct ald_stream *stream);
    void (*received)(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk);
    /*
     * Of the messages pushed with an ordinal, those up to `begun` have had their first byte given to the kernel (for
     * inproc: to the peer's end), those up to `done` their last. Called when one of them changed, at most once a flush.
     */
    void (*written)(void *owner, struct ald_stream *stream, uint64_t begun, uint64_t done);
    /*
     * Nothing that was pushed waits any more: it has been given to the kernel. Or, on byte streams, the peer does not
     * receive any more and it was dropped, which `written` tells apart; what the peer said before is still to be
     * received, so an owner that paused for want of room resumes.
     */
    void (*drained)(void *owner, struct ald_stream *stream);
    /*
     * Byte streams: the peer has ended its side (FIN, close_notify) and may still listen, as `nc -N` does. Nothing more
     * will be received. What is pushed goes out as ever, and it is the owner who closes, when it has answered what was
     * asked. How long it takes for that it bounds itself: a TCP peer that is gone altogether looks the same until
     * something is written to it. Where the system can tell that nobody listens (unix), `closed` comes at once instead.
     * With NULL the stream closes by itself: what was pushed until then goes out within `close_timeout`, and `closed`
     * says PEER; or BROKEN, when the peer did not take it.
     */
    void (*ended)(void *owner, struct ald_stream *stream);
    void (*closed)(void *owner, struct ald_stream *stream, const struct ald_end *end);
};

/* Deadlines and limits; ald_stream_options_init() sets the defaults given here. A deadline of 0 is none. */
struct ald_stream_options {
    ald_usec connect_timeout; /* 10 s: finding and trying all addresses; each but the last gets half of what is left */
    ald_usec tls_timeout;     /* 10 s: the TLS handshake, from the first byte possible */
    ald_usec ws_timeout;      /* 10 s: the WebSocket upgrade, on the dialing side */
    ald_usec close_timeout;   /* 10 s (exchange.md 2.12): from ald_stream_close() to the end of everything */
    size_t message_max;       /* 13,107,200 (exchange.md 2.5): the largest message that is put together */
    size_t frame_max;         /* as message_max: the largest single frame taken, for peers that never fragment */
    size_t fragment_size;     /* 65,536 (exchange.md 2.5): longer messages are sent in frames of this payload */
    unsigned keepalive;       /* 60 s of silence before TCP asks, 0: never; on by default like the reference's (2.11) */
    bool lan_only;            /* no: dial nothing beyond this machine and private networks (communicator.md 2.1) */
    struct ald_budget *budget; /* NULL; borrowed until ald_stream_free(): charged for messages that are put together */
};

void ald_stream_options_init(struct ald_stream_options *options);

/* Change who is called back; how a listener's stream gets its owner, and how one passes from a door to a connection. */
void ald_stream_own(struct ald_stream *stream, const struct ald_stream_callbacks *callbacks, void *owner);

/* A slice of at most this size is copied when it is pushed, so it may be scratch of the owner's; see outq.h for why. */
enum { ALD_STREAM_COPY_MAX = 1024 };

/*
 * Queue one message, the concatenation of `slices`. Shares them (a large slice by reference, a small one by copy). What
 * is queued in a turn is written at its end with one system call. `ordinal` is 0 or greater than every one before, and
 * comes back through `written`; on a byte stream pushing again with the last ordinal continues the same message.
 * Never refuses: the owner keeps the account and stops pushing (ald_stream_queued()). After the stream closed, or was
 * told to, it does nothing; if memory is short the stream ends with ALD_END_NOMEM.
 */
void ald_stream_push(struct ald_stream *stream, enum ald_chunk_kind kind, const struct ald_slice *slices,
                     size_t n_slices, uint64_t ordinal);
/* The same for bytes that are copied whatever their size: for what the owner has on its stack. */
void ald_stream_push_copy(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str bytes, uint64_t ordinal);
/* Bytes not yet given to the kernel, with the overhead of the framings. */
size_t ald_stream_queued(const struct ald_stream *stream);
/* The peer takes nothing any more and what is pushed is dropped, though what it wrote before may still come. Known of a
 * stream of bytes that nothing stands on. */
bool ald_stream_mute(const struct ald_stream *stream);
/* Bytes that the kernel has and the peer has not, as far as that is known: how slow a reader is whose kernel hides it. */
size_t ald_stream_undelivered(const struct ald_stream *stream);

/*
 * Take nothing from the peer until resumed: not one chunk more is received. Both may be repeated without harm. When
 * sending fails meanwhile and something is still to be received, the owner has a second to resume.
 */
void ald_stream_pause(struct ald_stream *stream);
void ald_stream_resume(struct ald_stream *stream);

/*
 * Close in order: what was pushed goes out, then the close frame with `code` and `reason` (borrows; cut to 123 bytes;
 * a code that may not travel is left out with its reason), TLS's close_notify and FIN, and the peer's answers are
 * awaited, all within `close_timeout`. Nothing more is received or pushed. Only the first close counts. Before `opened`
 * it ends the dial at once. It ends as ALD_END_LOCAL however the peer goes, also after `ended`; as ALD_END_TIMEOUT if it
 * does not.
 */
void ald_stream_close(struct ald_stream *stream, uint16_t code, struct ald_str reason);
/* End at once, dropping what is queued; the peer sees a broken connection. */
void ald_stream_abort(struct ald_stream *stream);
/*
 * Give the stream back; no callback comes any more. One that was told to close goes on closing by itself, within its
 * deadline; any other is aborted. NULL is fine; returns NULL.
 */
struct ald_stream *ald_stream_free(struct ald_stream *stream);

bool ald_stream_opened(const struct ald_stream *stream);
struct ald_net *ald_stream_net(const struct ald_stream *stream);
/* When bytes last came from the peer, half a message too; 0: never. A slow sender of a large message is alive. */
ald_usec ald_stream_heard(const struct ald_stream *stream);

/* What is known of the other end. Asked for when somebody needs it; streams do not keep it. */
struct ald_peer {
    char address[136]; /* "127.0.0.1:4711", "[::1]:4711", a socket's path or "" for an unnamed one, "inproc:NAME" */
    bool loopback;     /* on this machine, as far as the bottom can tell */
    bool has_ids;      /* unix: who the kernel says connected */
    pid_t pid;
    uid_t uid;
    gid_t gid;
    bool tls;
    bool tls_verified;    /* it sent a certificate, and that was proved */
    char tls_version[12]; /* "TLSv1.3" */
    char tls_cipher[48];
    char tls_subject[256]; /* of its certificate, RFC 2253 text; "" when it sent none or it does not fit */
    char tls_common_name[128];
    char tls_sni[256]; /* server side: the name the client asked for */
};

void ald_stream_peer(const struct ald_stream *stream, struct ald_peer *ret_peer);
