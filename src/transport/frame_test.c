#include "lib/test.h"

#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/frame.h"

struct pair {
    struct ald_stream *near, *far;
    char heard[8192];
    size_t n_heard;
};

static void far_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct pair *pair = owner;

    (void)stream;
    ald_check(pair->n_heard + chunk->bytes.size <= sizeof(pair->heard));
    memcpy(pair->heard + pair->n_heard, chunk->bytes.data, chunk->bytes.size);
    pair->n_heard += chunk->bytes.size;
}

static const struct ald_stream_callbacks near_callbacks = {.opened = NULL};
static const struct ald_stream_callbacks far_callbacks = {.received = far_received};

static void accepted(void *owner, struct ald_listener *listener, struct ald_stream *stream)
{
    struct pair *pair = owner;

    (void)listener;
    pair->far = stream;
    ald_stream_own(stream, &far_callbacks, pair);
}

/* A dialect's scratch is overwritten by its next frame, long before the stream has written this one. */
ALD_TEST(frame, keeps_scratch_of_any_size_and_shares_the_rest)
{
    static const struct ald_listener_callbacks callbacks = {.accepted = accepted};
    const struct ald_place place = {.bottom = ALD_BOTTOM_INPROC, .name = "frame"};
    struct ald_block *block = NULL;
    struct ald_listener *listener = NULL;
    struct ald_loop *loop = NULL;
    struct ald_net *net = NULL;
    struct pair pair = {.near = NULL};
    struct ald_frame frame = {.kind = ALD_FRAME_BYTES, .n_parts = 3};
    char scratch[3000];

    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_net_new(loop, &net), 0);
    ald_check_int(ald_listen(net, &(struct ald_listen_spec){.place = place}, &callbacks, &pair, &listener, NULL), 0);
    ald_check_int(ald_dial(net, &(struct ald_dial_spec){.place = place}, &near_callbacks, &pair, &pair.near), 0);
    ald_check_int(ald_block_new(2000, &block), 0);
    memset(scratch, 's', sizeof(scratch));
    memset(block->data, 'b', block->size);
    frame.parts[0] = (struct ald_slice){NULL, (uint8_t *)scratch, 2000};
    frame.parts[1] = (struct ald_slice){block, block->data, block->size};
    frame.parts[2] = (struct ald_slice){NULL, (uint8_t *)scratch + 2000, 10};
    ald_check_int(ald_frame_push(pair.near, &frame), 0);
    ald_check(block->refs > 1); /* shared, not copied */
    memset(scratch, '?', sizeof(scratch));
    for (int i = 0; i < 100 && pair.n_heard < 4010; i++) {
        ald_loop_turn(loop, 10 * ALD_MSEC);
    }
    ald_check_int(pair.n_heard, 4010);
    for (size_t i = 0; i < pair.n_heard; i++) {
        ald_check(pair.heard[i] == (i >= 2000 && i < 4000 ? 'b' : 's'));
    }
    ald_stream_free(pair.near);
    ald_stream_free(pair.far);
    ald_listener_close(listener);
    ald_block_unref(block);
    ald_net_free(net);
    ald_loop_free(loop);
}

ALD_TEST_MAIN(frame, ALD_CASE(frame, keeps_scratch_of_any_size_and_shares_the_rest))
