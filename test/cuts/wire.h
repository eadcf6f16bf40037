#pragma once

/*
 * Wire: one connection of a client with the hub, byte by byte. The hub's end is a stream at the bottom of its real stack (HTTP
 * door, WebSocket, connection, dialect); the client's end is here, with WebSocket framing of its own (RFC 6455).
 *
 *     client --up--> [ on its way ] --carry--> hub's stream
 *     hub's stream --> [ with the kernel, as far as there is room ] --carry--> client
 *
 * Either end may be gone without the other knowing.
 */

#include "base/buf.h"
#include "base/list.h"
#include "transport/stream.h"

struct ald_listener;
struct ald_net;
struct cuts_pipe;
struct cuts_wire;

struct cuts_wire_ops {
    /* A message, or a control frame that is not a ping: those are answered here. */
    void (*heard)(void *owner, struct cuts_wire *wire, struct ald_str text);
    /* The hub has ended it; `code` is that of its close frame, 1006: there was none. */
    void (*ended)(void *owner, struct cuts_wire *wire, uint16_t code);
    /* It was pinged, and has answered. NULL: nobody cares. */
    void (*pinged)(void *owner);
    /* Something is wrong with what came. */
    void (*broken)(void *owner, const char *what, long number);
};

/* Where a message of the client ends, in bytes of everything that it said. */
struct cuts_mark {
    uint64_t end;
    int64_t serial; /* 0: it has none */
};

struct cuts_wire {
    struct ald_node node; /* of the world's */
    const struct cuts_wire_ops *ops;
    void *owner;
    struct cuts_pipe *pipe; /* NULL: the hub has let go of it */
    struct ald_buf up, down;
    uint64_t n_said, n_given, n_taken,
        n_read;  /* up: said, given to the hub; down: taken by the kernel, read by the client */
    size_t room; /* bytes that the kernel still takes */
    bool left;   /* the client has given it up: nothing is read, and what is on its way may arrive or not */
    bool told_ended;
    bool upgraded;
    bool closing;  /* we have sent a close frame */
    uint16_t code; /* of the hub's close frame */
    struct ald_buf in, message;
    struct cuts_mark marks[1024];
    size_t n_marks, n_delivered; /* marks; and of them, what the hub has been given whole */
    int64_t delivered;           /* the last serial of them */
    uint32_t mask;
    bool mute; /* pings are not answered */
};

/* Gives a wire to the listener of a door: the client has sent its upgrade. */
struct cuts_wire *cuts_wire_new(struct ald_net *net, struct ald_listener *listener, const struct cuts_wire_ops *ops,
                                void *owner);
void cuts_wire_free(struct cuts_wire *wire);

/* The client says a text message. */
void cuts_wire_say(struct cuts_wire *wire, struct ald_str text, int64_t serial);
void cuts_wire_close(struct cuts_wire *wire, uint16_t code);

/* Carry up to `size` bytes; how many were. */
size_t cuts_wire_carry_up(struct cuts_wire *wire, size_t size);
size_t cuts_wire_carry_down(struct cuts_wire *wire, size_t size);
/* The kernel takes so many bytes more. */
void cuts_wire_allow(struct cuts_wire *wire, size_t size);
/* The hub's system finds out that the connection is gone. */
void cuts_wire_break(struct cuts_wire *wire);
