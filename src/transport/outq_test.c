#include "lib/test.h"

#include "transport/outq.h"

enum { TAIL = 2048, MORE = 3000 }; /* of the first block, and of the others */

struct queue {
    struct ald_block_pool *pool, *pool_more;
    struct ald_outq outq;
};

static void queue_open(struct queue *queue)
{
    ald_check_int(ald_block_pool_new(TAIL, 8, &queue->pool), 0);
    ald_check_int(ald_block_pool_new(MORE, 8, &queue->pool_more), 0);
    ald_outq_init(&queue->outq, queue->pool, queue->pool_more);
}

static void queue_close(struct queue *queue)
{
    ald_outq_fini(&queue->outq);
    ald_check_int(ald_block_pool_live(queue->pool), 0);
    ald_check_int(ald_block_pool_live(queue->pool_more), 0);
    ald_block_pool_free(queue->pool);
    ald_block_pool_free(queue->pool_more);
}

static void queue_push(struct queue *queue, size_t size, uint64_t ordinal)
{
    struct ald_slice slice = ALD_SLICE_NONE;
    char *bytes = malloc(size + 1);

    ald_check(bytes != NULL);
    memset(bytes, (int)('a' + ordinal), size);
    ald_check_int(ald_slice_copy(ald_str_of(bytes, size), &slice), 0);
    ald_check_int(ald_outq_push(&queue->outq, ALD_STR(""), &slice, 1, ordinal), 0);
    ald_slice_clear(&slice);
    free(bytes);
}

ALD_TEST(outq, tells_what_was_begun_and_done_at_every_byte)
{
    static const struct {
        uint64_t begun, done;
    } after[] = {{0, 0}, {3, 0}, {3, 0}, {3, 3}, {7, 3}, {7, 7}, {8, 8}};
    struct queue queue;

    /* Three messages of 3, 2 and 1 bytes, popped a byte at a time. */
    queue_open(&queue);
    queue_push(&queue, 3, 3);
    queue_push(&queue, 2, 7);
    queue_push(&queue, 1, 8);
    ald_check_int(ald_outq_size(&queue.outq), 6);
    for (size_t i = 1; i < ALD_COUNT(after); i++) {
        bool changed = ald_outq_pop(&queue.outq, 1);

        ald_check_int(queue.outq.begun, after[i].begun);
        ald_check_int(queue.outq.done, after[i].done);
        ald_check_int(changed, after[i].begun != after[i - 1].begun || after[i].done != after[i - 1].done);
    }
    queue_close(&queue);
}

ALD_TEST(outq, joins_pushes_of_one_message)
{
    struct queue queue;

    queue_open(&queue);
    queue_push(&queue, 10, 1);
    queue_push(&queue, 10, 1);
    queue_push(&queue, 0, 1);
    ald_check(ald_outq_pop(&queue.outq, 10));
    ald_check_int(queue.outq.begun, 1);
    ald_check_int(queue.outq.done, 0);
    ald_check(ald_outq_pop(&queue.outq, 10));
    ald_check_int(queue.outq.done, 1);
    queue_close(&queue);
}

ALD_TEST(outq, marks_nothing_for_bytes_without_an_ordinal)
{
    struct queue queue;

    queue_open(&queue);
    queue_push(&queue, 10, 0);
    queue_push(&queue, 10, 1);
    ald_check(!ald_outq_pop(&queue.outq, 10)); /* the first byte of 1 is still here */
    ald_check_int(queue.outq.begun, 0);
    ald_check(ald_outq_pop(&queue.outq, 1));
    ald_check_int(queue.outq.begun, 1);
    queue_close(&queue);
}

ALD_TEST(outq, has_empty_messages_done_without_a_byte)
{
    struct queue queue;

    queue_open(&queue);
    queue_push(&queue, 0, 1);
    ald_check(ald_outq_pop(&queue.outq, 0));
    ald_check_int(queue.outq.begun, 1);
    ald_check_int(queue.outq.done, 1);
    queue_push(&queue, 4, 2);
    queue_push(&queue, 0, 3);
    ald_check(!ald_outq_pop(&queue.outq, 0));
    ald_check(ald_outq_pop(&queue.outq, 4));
    ald_check_int(queue.outq.done, 3);
    queue_close(&queue);
}

ALD_TEST(outq, copies_small_slices_together_and_refers_to_large_ones)
{
    struct queue queue;
    struct ald_slice large = ALD_SLICE_NONE;
    char bytes[ALD_STREAM_COPY_MAX + 1] = "";

    queue_open(&queue);
    for (uint64_t i = 1; i <= 20; i++) {
        queue_push(&queue, 10, i);
    }
    ald_check_int(queue.outq.ring.n_items, 1); /* one run of bytes */
    ald_check_int(ald_slice_copy(ald_str_of(bytes, sizeof(bytes)), &large), 0);
    ald_check_int(ald_outq_push(&queue.outq, ALD_STR("head"), &large, 1, 21), 0);
    ald_check_int(queue.outq.ring.n_items, 2); /* the head went to the run */
    ald_check_int(large.block->refs, 2);
    queue_push(&queue, 10, 22);
    ald_check_int(queue.outq.ring.n_items, 3);
    ald_check(ald_outq_pop(&queue.outq, ald_outq_size(&queue.outq)));
    ald_check_int(large.block->refs, 1);
    ald_check_int(ald_block_pool_live(queue.pool), 0); /* idle, it holds no block */
    ald_slice_clear(&large);
    queue_close(&queue);
}

ALD_TEST(outq, spreads_a_long_copy_over_blocks)
{
    struct queue queue;
    char bytes[TAIL + 2 * MORE + 5];

    queue_open(&queue);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7);
    }
    ald_check_int(ald_outq_push(&queue.outq, ald_str_of(bytes, sizeof(bytes)), NULL, 0, 1), 0);
    ald_check_int(queue.outq.ring.n_items, 4);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        ald_check_int(*(const char *)ald_ring_at(&queue.outq.ring, 0)->data, bytes[i]);
        (void)ald_outq_pop(&queue.outq, 1);
    }
    ald_check_int(queue.outq.done, 1);
    queue_close(&queue);
}

/* Wherever in a block they begin, and also where they do not fit into it. */
ALD_TEST(outq, puts_the_parts_of_a_message_behind_each_other)
{
    static const char text[] = "head of it, the first part, the second, and a last one";
    const struct ald_slice parts[] = {
        ald_slice_static(ald_str_of(text + 4, 20)),
        ALD_SLICE_NONE,
        ald_slice_static(ald_str_of(text + 24, sizeof(text) - 24)),
    };
    const char fill[TAIL + 1] = "";
    struct queue queue;

    for (size_t before = TAIL - sizeof(text) - 2; before <= sizeof(fill); before++) {
        queue_open(&queue);
        ald_check_int(ald_outq_push(&queue.outq, ald_str_of(fill, before), NULL, 0, 1), 0);
        ald_check_int(ald_outq_push(&queue.outq, ald_str_of(text, 4), parts, ALD_COUNT(parts), 2), 0);
        ald_check_int(ald_outq_size(&queue.outq), before + sizeof(text));
        ald_check(ald_outq_pop(&queue.outq, before));
        ald_check_int(queue.outq.done, 1);
        for (size_t i = 0; i < sizeof(text); i++) {
            ald_check_int(*(const char *)ald_ring_at(&queue.outq.ring, 0)->data, text[i]);
            (void)ald_outq_pop(&queue.outq, 1);
        }
        ald_check_int(queue.outq.done, 2);
        queue_close(&queue);
    }
}

ALD_TEST(outq, drops_what_waits_and_can_go_on)
{
    struct queue queue;

    queue_open(&queue);
    for (uint64_t i = 1; i <= 100; i++) {
        queue_push(&queue, 100, i);
    }
    ald_check(ald_outq_pop(&queue.outq, 150));
    ald_check_int(queue.outq.begun, 2);
    ald_outq_drop(&queue.outq);
    ald_check_int(ald_outq_size(&queue.outq), 0);
    ald_check_int(queue.outq.begun, 2); /* nothing of it was given away */
    ald_check_int(queue.outq.done, 1);
    queue_close(&queue);
}

/* `n` messages, all popped at once. Returns the marks there is room for then. */
static size_t queue_flush(struct queue *queue, uint64_t *ordinal, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        queue_push(queue, 1, ++*ordinal);
    }
    ald_check(ald_outq_pop(&queue->outq, n));
    ald_check_int(queue->outq.done, *ordinal);
    return queue->outq.marks_room;
}

ALD_TEST(outq, keeps_the_marks_of_bursts_until_there_are_none)
{
    uint64_t ordinal = 0;
    struct queue queue;
    size_t calm = 0;

    queue_open(&queue);
    ald_check_int(queue_flush(&queue, &ordinal, 100), 128);
    for (int i = 0; i < 10; i++) {
        ald_check_int(queue_flush(&queue, &ordinal, 1), 128);
        ald_check_int(queue_flush(&queue, &ordinal, 50), 128);
    }
    while (queue_flush(&queue, &ordinal, 1) > 8) {
        ald_check(++calm < 10);
    }
    ald_check(calm > 0);
    queue_close(&queue);
}

ALD_TEST_MAIN(outq, ALD_CASE(outq, tells_what_was_begun_and_done_at_every_byte),
              ALD_CASE(outq, joins_pushes_of_one_message), ALD_CASE(outq, marks_nothing_for_bytes_without_an_ordinal),
              ALD_CASE(outq, has_empty_messages_done_without_a_byte),
              ALD_CASE(outq, copies_small_slices_together_and_refers_to_large_ones),
              ALD_CASE(outq, spreads_a_long_copy_over_blocks),
              ALD_CASE(outq, puts_the_parts_of_a_message_behind_each_other),
              ALD_CASE(outq, drops_what_waits_and_can_go_on),
              ALD_CASE(outq, keeps_the_marks_of_bursts_until_there_are_none))
