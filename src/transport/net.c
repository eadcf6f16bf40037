#include "transport/net_impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/block.h"
#include "base/error.h"
#include "loop/random.h"
#include "transport/stream_impl.h"

enum {
    /* One read takes this much: large messages cost few system calls, and an idle loop holds one. Half of it made a call of
     * 1 KiB a tenth dearer where many are in flight; twice as much would keep the others waiting for 3 ms. */
    NET_READ_SIZE = 128 * 1024,
    NET_READ_KEPT = 16,
    /* Small, because each connection that is being written to has one; 50,000 of them at once are 100 MB. */
    NET_TAIL_SIZE = 2 * 1024,
    NET_TAIL_KEPT = 512,
    /* Who has more to say than that is written to in pieces of this size: a place in the vector of the system call costs as
     * much as a kilobyte. What is left free in the last one of a slow reader is mostly never touched. */
    NET_TAIL_MORE_SIZE = 16 * 1024,
    NET_TAIL_MORE_KEPT = 128,
};

int ald_net_new(struct ald_loop *loop, struct ald_net **ret_net)
{
    ALD_AUTO(ald_net_free) struct ald_net *net = calloc(1, sizeof(*net));
    int r;

    ald_assert(loop != NULL);
    if (net == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    net->loop = loop;
    ald_node_init(&net->streams);
    ald_node_init(&net->inprocs);
    net->reserve_fd = -1;
    r = ald_block_pool_new(NET_READ_SIZE, NET_READ_KEPT, &net->read_pool);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_block_pool_new(NET_TAIL_SIZE, NET_TAIL_KEPT, &net->tail_pool);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_block_pool_new(NET_TAIL_MORE_SIZE, NET_TAIL_MORE_KEPT, &net->tail_pool_more);
    if (r < 0) {
        return ald_trace(r);
    }
    net->reserve_fd =
        open("/dev/null", O_RDONLY | O_CLOEXEC); /* without one, callers wait instead of being turned away */
    *ret_net = ald_steal(&net);
    return 0;
}

struct ald_net *ald_net_free(struct ald_net *net)
{
    if (net == NULL) {
        return NULL;
    }
    ald_assert(net->n_listeners == 0 && net->n_udps == 0);
    ald_streams_destroy(net);
    ald_assert(net->n_bottoms == 0);

    (void)ald_block_unref(net->read_block);
    (void)ald_block_pool_free(net->read_pool);
    (void)ald_block_pool_free(net->tail_pool);
    (void)ald_block_pool_free(net->tail_pool_more);
    if (net->reserve_fd >= 0) {
        close(net->reserve_fd);
    }
    free(net);
    return NULL;
}

struct ald_loop *ald_net_loop(const struct ald_net *net)
{
    return net->loop;
}

const struct ald_net_counters *ald_net_counters(const struct ald_net *net)
{
    return &net->counters;
}

size_t ald_net_streams(const struct ald_net *net)
{
    return net->n_bottoms;
}

/* What a unix socket has taken is with the peer, who can read it when we are gone. */
bool ald_net_delivers(const struct ald_net *net)
{
    ald_list_each (it, &net->streams) {
        const struct ald_stream *stream = ald_list_entry(it, const struct ald_stream, node);
        struct ald_peer peer;

        if (!stream->given_up || ald_stream_ended(stream)) {
            continue;
        }
        ald_stream_peer(stream, &peer);
        if (!peer.has_ids && ald_stream_undelivered(stream) > 0) {
            return true;
        }
    }
    return false;
}

int ald_net_room(struct ald_net *net, bool rewind, uint8_t **ret_data, size_t *ret_size)
{
    int r;

    if (net->read_block != NULL && rewind && net->read_block->refs == 1) {
        net->read_used = 0;
    }
    if (net->read_block != NULL && net->read_block->size - net->read_used < ALD_NET_ROOM_MIN) {
        net->read_block = ald_block_unref(net->read_block);
    }
    if (net->read_block == NULL) {
        r = ald_block_pool_get(net->read_pool, &net->read_block);
        if (r < 0) {
            return ald_trace(r);
        }
        net->read_used = 0;
    }
    *ret_data = net->read_block->data + net->read_used;
    *ret_size = net->read_block->size - net->read_used;
    return 0;
}

struct ald_slice ald_net_filled(struct ald_net *net, size_t size)
{
    const uint8_t *data = net->read_block->data + net->read_used;

    net->read_used += size;
    return ald_slice_of(net->read_block, data, size);
}

void ald_net_random(struct ald_net *net, uint8_t *bytes, size_t size)
{
    ald_assert(size <= sizeof(net->random));
    if (size > net->random_left) {
        ald_random_fill(net->random, sizeof(net->random));
        net->random_left = sizeof(net->random);
    }
    net->random_left -= size;
    memcpy(bytes, net->random + net->random_left, size);
}
