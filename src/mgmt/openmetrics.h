#pragma once

/*
 * OpenMetrics: metrics as text, for whoever scrapes them (OpenMetrics 1.0), or in the older form of Prometheus
 * (text format 0.0.4), which differs in the names of counters, in what may be a type, and in the end.
 *
 *     ald_metrics_family(&metrics, "aldis_elections", ALD_METRIC_COUNTER, NULL, "Elections of a primary channel.");
 *     ald_metrics_value(&metrics, NULL, 0, n);
 *     r = ald_metrics_done(&metrics);
 *
 * Failure is sticky: after the first one nothing more is written, and only ald_metrics_done() tells.
 *
 * Lifetime: on the stack; it borrows the buf, and the family's name until the next family.
 */

#include "base/buf.h"

enum ald_metric_type { ALD_METRIC_COUNTER, ALD_METRIC_GAUGE, ALD_METRIC_HISTOGRAM, ALD_METRIC_INFO };

struct ald_metric_label {
    const char *name;
    struct ald_str value; /* UTF-8 */
};

struct ald_metrics {
    struct ald_buf *out;
    bool open; /* OpenMetrics, not the older form */
    int status;
    const char *family;
    enum ald_metric_type type;
};

void ald_metrics_init(struct ald_metrics *metrics, struct ald_buf *out, bool open);

/*
 * Begin a family. `name` is that of OpenMetrics: without `_total`, `_bucket` and the like, and ends in `_` and `unit` when
 * there is one (section "Unit").
 */
void ald_metrics_family(struct ald_metrics *metrics, const char *name, enum ald_metric_type type, const char *unit,
                        struct ald_str help);

/* One sample of the family: of a counter, a gauge, or an info (whose value is 1). */
void ald_metrics_value(struct ald_metrics *metrics, const struct ald_metric_label *labels, size_t n_labels,
                       uint64_t value);
/* The same, in millionths. */
void ald_metrics_micro(struct ald_metrics *metrics, const struct ald_metric_label *labels, size_t n_labels,
                       uint64_t micro);

/* One histogram of the family: `counts` has one more element than `bounds` (in millionths), and is not cumulative. */
struct ald_metric_histogram {
    const uint64_t *bounds;
    const uint64_t *counts;
    size_t n_bounds;
    uint64_t sum_micro;
};
void ald_metrics_histogram(struct ald_metrics *metrics, const struct ald_metric_label *label,
                           const struct ald_metric_histogram *histogram);

/* The end. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_metrics_done(struct ald_metrics *metrics);

/*
 * Is the answer to be OpenMetrics? It is, unless the Accept header (absent: anything) likes `text/plain` better (RFC 9110
 * section 12.5.1): a scraper that knows OpenMetrics names it, and a person with a browser reads plain text.
 */
bool ald_metrics_open_wanted(struct ald_str accept);
const char *ald_metrics_type(bool open);
