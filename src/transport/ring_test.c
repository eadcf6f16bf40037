#include "lib/test.h"

#include <sys/uio.h>

#include "transport/ring.h"

/* A block of its own for each slice, so that a sanitizer sees when one is dropped too early, or never. */
static void ring_say(struct ald_ring *ring, const char *text)
{
    struct ald_slice slice = ALD_SLICE_NONE;

    ald_check_int(ald_slice_copy(ald_str(text), &slice), 0);
    ald_check_int(ald_ring_push(ring, slice), 0);
}

static const char *ring_text(const struct ald_ring *ring)
{
    static char text[256];
    size_t size = 0;

    for (size_t i = 0; i < ring->n_items; i++) {
        const struct ald_slice *slice = ald_ring_at(ring, i);

        ald_check(size + slice->size < sizeof(text));
        memcpy(text + size, slice->data, slice->size);
        size += slice->size;
    }
    ald_check_int(size, ring->n_bytes);
    text[size] = '\0';
    return text;
}

ALD_TEST(ring, gives_bytes_in_the_order_they_came)
{
    struct ald_ring ring = {0};

    ring_say(&ring, "one ");
    ring_say(&ring, "two ");
    ring_say(&ring, "three");
    ald_check_str(ald_str(ring_text(&ring)), "one two three");
    ald_ring_pop(&ring, 2);
    ald_check_str(ald_str(ring_text(&ring)), "e two three");
    ald_ring_pop(&ring, 2 + 4 + 1); /* over the end of two slices */
    ald_check_str(ald_str(ring_text(&ring)), "hree");
    ald_ring_pop(&ring, 4);
    ald_check_int(ring.n_items, 0);
    ald_check(ald_ring_last(&ring) == NULL);
    ald_ring_fini(&ring);
}

ALD_TEST(ring, grows_while_its_front_moves)
{
    struct ald_ring ring = {0};
    char expected[256];

    /* Two in, one out, a hundred times: the circle wraps at every size it has. */
    for (int i = 0; i < 100; i++) {
        ring_say(&ring, "a");
        ring_say(&ring, "b");
        ald_ring_pop(&ring, 1);
    }
    for (int i = 0; i < 100; i++) {
        expected[i] = i % 2 == 0 ? 'a' : 'b';
    }
    expected[100] = '\0';
    ald_check_str(ald_str(ring_text(&ring)), expected);
    ald_ring_pop(&ring, 100);
    ald_check_int(ring.room, 0); /* a large table is given back */
    ald_ring_fini(&ring);
}

ALD_TEST(ring, keeps_a_small_table_when_it_is_empty)
{
    struct ald_ring ring = {0};
    struct ald_slice *items;

    ring_say(&ring, "x");
    items = ring.items;
    ald_ring_pop(&ring, 1);
    ring_say(&ring, "y");
    ald_check(ring.items == items);
    ald_ring_fini(&ring);
}

ALD_TEST(ring, lays_out_no_more_than_there_is_room_for)
{
    struct ald_ring ring = {0};
    struct iovec iov[2];
    size_t bytes = 0;

    ring_say(&ring, "one");
    ald_check_int(ald_ring_iov(&ring, iov, ALD_COUNT(iov), &bytes), 1);
    ald_check_int(bytes, 3);
    ring_say(&ring, "two");
    ring_say(&ring, "three");
    ald_check_int(ald_ring_iov(&ring, iov, ALD_COUNT(iov), &bytes), 2);
    ald_check_int(bytes, 6);
    ald_check(iov[1].iov_len == 3 && memcmp(iov[1].iov_base, "two", 3) == 0);
    ald_ring_drop(&ring);
    ald_check_int(ring.n_bytes, 0);
    ald_ring_fini(&ring);
}

ALD_TEST_MAIN(ring, ALD_CASE(ring, gives_bytes_in_the_order_they_came), ALD_CASE(ring, grows_while_its_front_moves),
              ALD_CASE(ring, keeps_a_small_table_when_it_is_empty),
              ALD_CASE(ring, lays_out_no_more_than_there_is_room_for))
