#include "loop/random.h"

#include <errno.h>
#include <sys/random.h>

void ald_random_fill(void *bytes, size_t size)
{
    uint8_t *to = bytes;

    while (size > 0) {
        ssize_t n = getrandom(to, size, 0);

        /* Without randomness there are no ids, no masks and no seeds; only a signal is an excuse. */
        ald_assert(n > 0 || (n < 0 && errno == EINTR));
        if (n > 0) {
            to += n;
            size -= (size_t)n;
        }
    }
}

uint64_t ald_random_seed(void)
{
    uint64_t seed;

    ald_random_fill(&seed, sizeof(seed));
    return seed;
}
