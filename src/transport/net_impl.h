#pragma once

/*
 * The inside of a net, for the files of transport.
 */

#include "base/list.h"
#include "transport/net.h"

struct ald_block;
struct ald_slice;

struct ald_net {
    struct ald_loop *loop;
    struct ald_net_counters counters;
    struct ald_block_pool *read_pool;      /* what is received lands in these */
    struct ald_block_pool *tail_pool;      /* small output is gathered in these: the first of a connection */
    struct ald_block_pool *tail_pool_more; /* and all others */
    struct ald_block *read_block;          /* the one being filled, or NULL */
    size_t read_used;
    struct ald_node streams; /* every stream, filters and what they stand on included */
    struct ald_node inprocs; /* listeners of inproc, by name */
    size_t n_bottoms;
    size_t n_listeners;
    size_t n_udps;       /* receivers and senders of datagrams */
    uint8_t random[256]; /* fetched ahead: a mask key a frame is too little for a system call */
    size_t random_left;
    int reserve_fd; /* given up for a moment when descriptors run out, so that a caller can be turned away; or -1 */
};

/*
 * Room to receive into, at least ALD_NET_ROOM_MIN bytes. All connections of a loop fill one block, one behind the
 * other: none holds memory while it is idle, and short messages of many share a block. With `rewind` (only from a
 * descriptor's callback, when nobody can hold borrowed bytes) a block that nobody kept a slice of is filled from its
 * start again. Errors: ALDIS_E_NOMEM.
 */
enum { ALD_NET_ROOM_MIN = 16 * 1024 };
ALD_NODISCARD int ald_net_room(struct ald_net *net, bool rewind, uint8_t **ret_data, size_t *ret_size);
/* The first `size` bytes of the room are filled. Returns a slice of them with a reference, which the caller drops. */
struct ald_slice ald_net_filled(struct ald_net *net, size_t size);

/* Random bytes of the system's, at most 256; none is given twice. */
void ald_net_random(struct ald_net *net, uint8_t *bytes, size_t size);
