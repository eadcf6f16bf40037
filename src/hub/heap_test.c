#include "hub/heap.h"

#include "base/rng.h"
#include "hub/channel.h"
#include "lib/test.h"

enum { N = 200 };

/* What the heap should choose, found the slow way. */
static struct ald_channel *best_of(struct ald_channel *channels, size_t n)
{
    struct ald_channel *best = NULL;

    for (size_t i = 0; i < n; i++) {
        struct ald_channel *it = &channels[i];

        if (it->heap_at == ALD_HEAP_NOWHERE) {
            continue;
        }
        if (best == NULL || it->in_flight < best->in_flight ||
            (it->in_flight == best->in_flight && it->last_used < best->last_used)) {
            best = it;
        }
    }
    return best;
}

ALD_TEST(heap, has_the_fewest_in_flight_on_top_and_the_oldest_among_equals)
{
    static struct ald_channel channels[N];
    struct ald_heap heap = {0};
    struct ald_rng rng;
    uint64_t use = 0;

    ald_rng_init(&rng, 11);
    ald_check_int(ald_heap_reserve(&heap, N), 0);
    for (size_t i = 0; i < N; i++) {
        channels[i] = (struct ald_channel){.heap_at = ALD_HEAP_NOWHERE, .last_used = ++use};
    }
    for (int round = 0; round < 20000; round++) {
        struct ald_channel *channel = &channels[ald_rng_below(&rng, N)];

        switch (ald_rng_below(&rng, 4)) {
        case 0:
            if (channel->heap_at == ALD_HEAP_NOWHERE) {
                ald_heap_add(&heap, channel);
            }
            break;
        case 1:
            ald_heap_remove(&heap, channel);
            break;
        case 2:
            channel->in_flight++;
            channel->last_used = ++use;
            ald_heap_update(&heap, channel);
            break;
        default:
            channel->in_flight -= channel->in_flight > 0 ? 1 : 0;
            ald_heap_update(&heap, channel);
            break;
        }
        ald_check(ald_heap_top(&heap) == best_of(channels, N));
    }
    ald_heap_check(&heap);
    for (size_t i = 0; i < N; i++) {
        ald_heap_remove(&heap, &channels[i]);
    }
    ald_heap_fini(&heap);
}

ALD_TEST(heap, an_empty_one_has_no_top)
{
    struct ald_heap heap = {0};

    ald_check(ald_heap_top(&heap) == NULL);
    ald_heap_fini(&heap);
}

ALD_TEST_MAIN(heap, ALD_CASE(heap, has_the_fewest_in_flight_on_top_and_the_oldest_among_equals),
              ALD_CASE(heap, an_empty_one_has_no_top))
