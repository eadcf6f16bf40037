#pragma once

/*
 * Histogram: how often each duration came, in buckets that grow with the value, so that every one is known to within 1.6 %
 * whether it is a microsecond or an hour, in a fixed amount of memory and without sorting anything.
 *
 * Below 128 each value has a bucket; from there on each power of two is divided into 64. What lies over the last bucket counts
 * in it; the largest value is kept exactly.
 *
 * Threading: none of its own; histograms of several threads are added up.
 */

#include "base/defs.h"

enum {
    ALD_HISTOGRAM_FINE_BITS = 6, /* 64 buckets to a power of two: 1/64 of the value at most */
    ALD_HISTOGRAM_BITS = 40,     /* microseconds: twelve days */
    ALD_HISTOGRAM_BUCKETS = (ALD_HISTOGRAM_BITS - ALD_HISTOGRAM_FINE_BITS + 1) << ALD_HISTOGRAM_FINE_BITS,
};

struct ald_histogram {
    uint64_t buckets[ALD_HISTOGRAM_BUCKETS];
    uint64_t n;
    uint64_t sum;
    uint64_t max;
};

void ald_histogram_add(struct ald_histogram *histogram, uint64_t value);
/* Add everything that `other` (borrows) holds. */
void ald_histogram_merge(struct ald_histogram *histogram, const struct ald_histogram *other);
/*
 * The value that `permyriad` of ten thousand are not over: 5000 the median, 9990 that of 99.9 %. It is the upper end of its
 * bucket, so it errs upwards; 0 when nothing was added.
 */
uint64_t ald_histogram_at(const struct ald_histogram *histogram, unsigned permyriad);
/* The arithmetic mean, rounded down; 0 when nothing was added. */
uint64_t ald_histogram_mean(const struct ald_histogram *histogram);
