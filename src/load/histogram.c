#include "load/histogram.h"

static size_t bucket_of(uint64_t value)
{
    unsigned shift;
    size_t bucket;

    if (value < (uint64_t)2 << ALD_HISTOGRAM_FINE_BITS) {
        return (size_t)value;
    }
    shift = 63 - (unsigned)__builtin_clzll(value) - ALD_HISTOGRAM_FINE_BITS;
    bucket = ((size_t)shift << ALD_HISTOGRAM_FINE_BITS) + (size_t)(value >> shift);
    return ALD_MIN(bucket, (size_t)ALD_HISTOGRAM_BUCKETS - 1);
}

/* The largest value that falls into `bucket`. */
static uint64_t bucket_end(size_t bucket)
{
    size_t shift;

    if (bucket < (size_t)2 << ALD_HISTOGRAM_FINE_BITS) {
        return bucket;
    }
    shift = (bucket >> ALD_HISTOGRAM_FINE_BITS) - 1;
    return (((uint64_t)bucket - (shift << ALD_HISTOGRAM_FINE_BITS) + 1) << shift) - 1;
}

void ald_histogram_add(struct ald_histogram *histogram, uint64_t value)
{
    histogram->buckets[bucket_of(value)]++;
    histogram->n++;
    histogram->sum += value;
    histogram->max = ALD_MAX(histogram->max, value);
}

void ald_histogram_merge(struct ald_histogram *histogram, const struct ald_histogram *other)
{
    for (size_t i = 0; i < ALD_HISTOGRAM_BUCKETS; i++) {
        histogram->buckets[i] += other->buckets[i];
    }
    histogram->n += other->n;
    histogram->sum += other->sum;
    histogram->max = ALD_MAX(histogram->max, other->max);
}

uint64_t ald_histogram_at(const struct ald_histogram *histogram, unsigned permyriad)
{
    /* The rank that is asked for, from 1, rounded up: the 99.9 % of ten values are all ten. */
    uint64_t rank = (histogram->n * permyriad + 9999) / 10000;
    uint64_t seen = 0;

    ald_assert(permyriad <= 10000);
    if (histogram->n == 0) {
        return 0;
    }
    for (size_t i = 0; i < ALD_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= ALD_MAX(rank, (uint64_t)1)) {
            return ALD_MIN(bucket_end(i), histogram->max);
        }
    }
    return histogram->max;
}

uint64_t ald_histogram_mean(const struct ald_histogram *histogram)
{
    return histogram->n == 0 ? 0 : histogram->sum / histogram->n;
}
